//! The log's closed list: every line says one of its events, at its level, with its fields; and docs/LOGGING.md shows the list.

use super::code::{Source, sources, words};
use super::{assert_none, assert_shows};
use gigcast::events::{EVENTS, Event, reference};
use std::collections::HashSet;

const MACROS: [&str; 5] = ["error!", "warn!", "info!", "debug!", "trace!"];
/// The journal's own, which adds the fields of a delivery: `line!(info, "delivery.queued", ..)`.
const LINE: &str = "line!";

/// One line of the log, where it is said.
#[derive(Debug)]
struct Said {
    place: String,
    level: String,
    event: Option<String>,
    fields: Vec<String>,
}

/// The log macros of a file, tests left out. Of the journal's `line!` those fields that it adds are not told.
fn said(source: &Source) -> Vec<Said> {
    let mut found = Vec::new();
    for name in MACROS.iter().chain([&LINE]) {
        let calls = words(&source.code, &name[..name.len() - 1]).collect::<Vec<_>>();
        for at in calls.into_iter().filter(|at| source.code[at + name.len() - 1..].starts_with("!(")) {
            let number = source.code[..at].matches('\n').count();
            let lines: Vec<&str> = source.text.lines().skip(number).collect();
            let text = lines.join("\n");
            let Some(begins) = text.find(&format!("{name}(")) else { continue };
            let mut arguments = arguments(&text[begins + name.len() + 1..]);
            let mut level = name.trim_end_matches('!').to_owned();
            let mut event = None;
            if *name == LINE && arguments.len() > 1 {
                level = arguments.remove(0);
                event = quoted(&arguments.remove(0));
            }
            let mut fields = Vec::new();
            for argument in arguments.iter().take_while(|argument| !argument.starts_with('"')) {
                let (field, value) = argument.split_once('=').unwrap_or((argument, ""));
                match field.trim().trim_start_matches(['%', '?']) {
                    "event" => event = quoted(value),
                    field => fields.push(field.to_owned()),
                }
            }
            found.push(Said { place: format!("{}:{}", source.path, number + 1), level, event, fields });
        }
    }
    found
}

fn quoted(text: &str) -> Option<String> {
    Some(text.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// What stands between the commas, up to the parenthesis that closes the call.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut one, mut depth, mut inside, mut escaped) = (Vec::new(), String::new(), 0_u32, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '(' | '[' | '{' if !inside => depth += 1,
            ')' | ']' | '}' if !inside && depth == 0 => break,
            ')' | ']' | '}' if !inside => depth -= 1,
            ',' if !inside && depth == 0 => {
                all.push(std::mem::take(&mut one).trim().to_owned());
                continue;
            }
            _ => {}
        }
        one.push(c);
    }
    all.push(one.trim().to_owned());
    all.retain(|argument| !argument.is_empty());
    all
}

fn violations(lines: &[Said], events: &[Event]) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in lines {
        let Some(name) = &line.event else {
            wrong.push(format!("{} says a line without a name: `event = \"..\"`, out of src/events.rs", line.place));
            continue;
        };
        let Some(event) = events.iter().find(|event| event.name == name) else {
            wrong.push(format!("{} says `{name}`, which is not in src/events.rs", line.place));
            continue;
        };
        if event.level.word() != line.level {
            wrong.push(format!("{} says `{name}` as {}; it is {}", line.place, line.level, event.level.word()));
        }
        for field in line.fields.iter().filter(|field| !event.fields.split(' ').any(|listed| listed == *field)) {
            wrong.push(format!("{}: `{name}` has no field `{field}` in src/events.rs", line.place));
        }
    }
    let names: HashSet<&str> = lines.iter().filter_map(|line| line.event.as_deref()).collect();
    let unsaid = events.iter().filter(|event| !names.contains(event.name));
    wrong.extend(unsaid.map(|event| format!("src/events.rs lists `{}`, and no line says it", event.name)));
    wrong
}

#[test]
fn every_line_of_the_log_is_one_of_the_closed_list() {
    let lines: Vec<Said> = sources().iter().flat_map(said).collect();
    assert!(lines.len() > 100, "only {} lines were found", lines.len());
    assert_none(&violations(&lines, EVENTS));
}

#[test]
fn the_page_of_the_log_shows_the_closed_list() {
    assert_shows("docs/LOGGING.md", "src/events.rs by UPDATE_DOCS=1 cargo test --test tidy log", &reference());
}

#[test]
fn a_line_without_a_name_with_a_wrong_one_or_with_more_fields_is_told() {
    let text = "//! x\nfn a() {\n    info!(\"nothing\");\n    warn!(event = \"gig.new\", source, \"weight\");\n    \
                info!(event = \"gig.new\", gig.id = %f(a, \"b\"), odd, \"{}\", b);\n    info!(event = \"gig.odd\", \"?\");\n}\n\
                #[cfg(test)]\nmod tests { fn b() { info!(\"free\"); } }";
    let lines = said(&Source::new(super::Page { path: "src/a.rs".to_owned(), text: text.to_owned() }));
    let listed = [EVENTS.iter().find(|event| event.name == "gig.new").copied().unwrap(), EVENTS[0]];
    let wrong = violations(&lines, &listed).join("\n");
    for told in
        ["without a name", "as warn; it is info", "no field `odd`", "`gig.odd`, which is not", "no line says it"]
    {
        assert!(wrong.contains(told), "{told}: {wrong}");
    }
    assert_eq!(wrong.lines().count(), 5, "{wrong}");
}
