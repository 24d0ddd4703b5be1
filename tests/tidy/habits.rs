//! How a file looks: short, with a head that says what it is for, finished, and named with the field's words.

use super::code::{Source, is_word, sources, words};
use super::{Page, assert_none, read_all};

const MOST_LINES: usize = 600;

/// Names that say nothing.
const EMPTY_FILES: [&str; 6] = ["utils", "util", "types", "helpers", "common", "misc"];
const EMPTY_ENDINGS: [&str; 5] = ["Manager", "Helper", "Util", "Utils", "Handler"];
const EMPTY_VERBS: [&str; 3] = ["get_", "do_", "process"];
/// Named by others: the trait of a crate asks for them.
const NAMED_BY_OTHERS: [&str; 1] = ["process_token"];

/// Places of the machine that something was written on. In two parts, so that this file may say them.
const SOMEONES_PLACES: [(&str, &str); 5] =
    [("/wo", "rk/"), ("../sha", "red"), ("/ro", "ot/"), ("/ho", "me/"), ("/Use", "rs/")];

/// Where packages come from is a matter of whoever installs them; a lock file with addresses in it would decide it for all.
const REGISTRIES: [(&str, &str); 5] =
    [("npmjs", ".org"), ("npmmirror", ".com"), ("pypi", ".org"), ("pythonhosted", ".org"), ("static.crates", ".io")];

fn too_long(page: &Page) -> Option<String> {
    let lines = page.text.lines().count();
    (lines > MOST_LINES).then(|| format!("{} has {lines} lines; split it by subject", page.path))
}

fn without_a_head(source: &Source) -> Option<String> {
    (!source.text.starts_with("//! "))
        .then(|| format!("{} does not begin by saying what it is for (`//! ...`)", source.path))
}

fn undone(page: &Page) -> Vec<String> {
    let marks = [("TO", "DO"), ("FIX", "ME"), ("unimplemented", "!"), ("to", "do!")];
    told(page, &marks, "do it or leave it out")
}

fn someones_places(page: &Page) -> Vec<String> {
    told(page, &SOMEONES_PLACES, "the project stands alone")
}

fn registries(page: &Page) -> Vec<String> {
    told(page, &REGISTRIES, "packages are named by name and version, not by address")
}

fn told(page: &Page, marks: &[(&str, &str)], why: &str) -> Vec<String> {
    let marks = marks.iter().map(|(a, b)| format!("{a}{b}"));
    let lines = |mark: String| {
        page.text.lines().enumerate().filter(move |(_, line)| line.contains(&mark)).map(|(n, line)| (n, line.trim()))
    };
    marks.flat_map(lines).map(|(n, line)| format!("{}:{} says `{line}`: {why}", page.path, n + 1)).collect()
}

fn unwraps(source: &Source) -> Vec<String> {
    let calls = source.code.match_indices(".unwrap()");
    calls
        .map(|(at, _)| format!("{} unwraps: say in an `expect` why it cannot happen", source.place(&source.code, at)))
        .collect()
}

/// The reason stands on the same line or the one before, as a comment or as `reason = "..."`.
fn allows_without_a_reason(page: &Page) -> Vec<String> {
    let lines: Vec<&str> = page.text.lines().collect();
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let allows = ["#[allow(", "#![allow(", "#[expect(", "#![expect("].iter().any(|mark| code.starts_with(mark));
        let before = n.checked_sub(1).map_or("", |n| lines[n].trim_start());
        let said = code.contains("//")
            || code.contains("reason = ")
            || (before.starts_with("//") && !before.starts_with("///"));
        if allows && !said {
            found.push(format!("{}:{} allows something and does not say why", page.path, n + 1));
        }
    }
    found
}

fn empty_names(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let file = source.module.last().map_or("", String::as_str);
    if EMPTY_FILES.contains(&file) {
        found.push(format!("{} is named after no subject", source.path));
    }
    for at in words(&source.code, "fn") {
        let name = name_behind(&source.code, at + 2);
        if EMPTY_VERBS.iter().any(|verb| name.starts_with(verb)) && !NAMED_BY_OTHERS.contains(&name) {
            found.push(format!("{}: the name `{name}` says nothing of what it does", source.place(&source.code, at)));
        }
    }
    for kind in ["struct", "enum", "trait"] {
        for at in words(&source.code, kind) {
            let name = name_behind(&source.code, at + kind.len());
            if EMPTY_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
                found.push(format!("{}: the name `{name}` says nothing of what it is", source.place(&source.code, at)));
            }
        }
    }
    found
}

fn name_behind(code: &str, at: usize) -> &str {
    let rest = code[at..].trim_start();
    &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
}

#[test]
fn files_are_short_and_begin_by_saying_what_they_are_for() {
    let pages = read_all("src");
    assert_none(&pages.iter().filter_map(too_long).collect::<Vec<_>>());
    assert_none(&sources().iter().filter_map(without_a_head).collect::<Vec<_>>());
}

#[test]
fn nothing_in_src_is_left_undone() {
    assert_none(&read_all("src").iter().flat_map(undone).collect::<Vec<_>>());
}

#[test]
fn nothing_unwraps_outside_tests() {
    assert_none(&sources().iter().flat_map(unwraps).collect::<Vec<_>>());
}

#[test]
fn what_is_allowed_says_why() {
    let pages = ["src", "tests"].iter().flat_map(|folder| read_all(folder));
    let rust = pages.filter(|page| page.is_a("rs"));
    assert_none(&rust.flat_map(|page| allows_without_a_reason(&page)).collect::<Vec<_>>());
}

#[test]
fn names_say_something() {
    assert_none(&sources().iter().flat_map(empty_names).collect::<Vec<_>>());
}

#[test]
fn nothing_points_to_the_machine_it_was_written_on() {
    let pages = read_all("");
    assert_none(&pages.iter().flat_map(someones_places).collect::<Vec<_>>());
    assert_none(&pages.iter().flat_map(registries).collect::<Vec<_>>());
}

mod can_fail {
    use super::super::code::tests::source;
    use super::*;

    fn page(text: &str) -> Page {
        Page { path: "src/a.rs".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_that_is_too_long_or_has_no_head_is_told() {
        assert!(too_long(&page(&"x\n".repeat(600))).is_none());
        assert!(too_long(&page(&"x\n".repeat(601))).is_some());
        assert!(without_a_head(&source("src/a.rs", "//! What it is for.\n")).is_none());
        assert!(without_a_head(&source("src/a.rs", "use x;\n//! Too late.\n")).is_some());
    }

    #[test]
    fn what_is_left_undone_is_told() {
        assert_eq!(undone(&page(concat!("// TO", "DO: later\nlet x = to", "do!();\n// all is done"))).len(), 2);
    }

    #[test]
    fn a_place_of_someones_machine_is_told() {
        assert_eq!(someones_places(&page(concat!("see /ho", "me/ann/gigcast\nsee docs/homes/x\n"))).len(), 1);
        assert_eq!(registries(&page(concat!("\"resolved\": \"https://registry.npmjs", ".org/x\"\nnpm ci"))).len(), 1);
    }

    #[test]
    fn an_unwrap_is_told_unless_it_is_in_a_test_or_a_comment() {
        let text =
            "fn a() { x.unwrap(); y.unwrap_or(1); } // z.unwrap()\n#[cfg(test)]\nmod tests { fn b() { x.unwrap(); } }";
        assert_eq!(unwraps(&source("src/a.rs", text)).len(), 1);
    }

    #[test]
    fn an_allow_without_a_reason_is_told() {
        let found = |text: &str| allows_without_a_reason(&page(text)).len();
        assert_eq!(found("#[allow(x)] // real time comes in here\nfn a() {}"), 0);
        assert_eq!(found("// Real time comes in here.\n#[allow(x)]\nfn a() {}"), 0);
        assert_eq!(found("#[expect(x, reason = \"real time\")]\nfn a() {}"), 0);
        assert_eq!(found("/// What it does.\n#[allow(x)]\nfn a() {}"), 1, "a doc comment is no reason");
        assert_eq!(found("#![allow(x)]\n"), 1);
    }

    #[test]
    fn a_name_that_says_nothing_is_told() {
        let found = |path: &str, text: &str| empty_names(&source(path, text)).len();
        assert_eq!(found("src/a.rs", "fn get_x() {} struct LaneManager; fn processed() {} fn target_of() {}"), 3);
        assert_eq!(found("src/store/utils.rs", "fn open() {} struct Ledger;"), 1);
    }
}
