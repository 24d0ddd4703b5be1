//! Rust source as the rules look at it: what is code, what is text in it, and what is there only for tests.
//!
//! Not a parser: it knows comments, strings, characters, braces and paths, which is all that the rules ask about.

use super::{Page, read_all};
use std::collections::HashSet;

/// One file of `src`. Both views have the lines of the file; what a view does not show is blank in it.
pub struct Source {
    pub path: String,
    pub text: String,
    /// Without comments, without what stands in strings, without what is only for tests.
    pub code: String,
    /// What stands in strings, and nothing else.
    pub strings: String,
    /// Its place below the crate: `["outbox", "lane"]`; empty for `lib.rs` and `main.rs`.
    pub module: Vec<String>,
    /// Modules that it declares for tests alone.
    test_modules: Vec<String>,
}

/// All of `src`. Files that are modules for tests alone have no code.
pub fn sources() -> Vec<Source> {
    without_test_files(read_all("src").into_iter().filter(|page| page.is_a("rs")).map(Source::new).collect())
}

fn without_test_files(mut sources: Vec<Source>) -> Vec<Source> {
    let tests: HashSet<Vec<String>> = sources
        .iter()
        .flat_map(|source| source.test_modules.iter().map(|name| [source.module.clone(), vec![name.clone()]].concat()))
        .collect();
    for source in &mut sources {
        if (1..=source.module.len()).any(|n| tests.contains(&source.module[..n])) {
            source.code.clear();
            source.strings.clear();
        }
    }
    sources
}

impl Source {
    pub fn new(page: Page) -> Self {
        let (code, strings) = views(&page.text);
        let (spans, test_modules) = test_spans(&code);
        let module = page.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module = match module {
            "lib" | "main" => Vec::new(),
            path => path.split('/').map(str::to_owned).collect(),
        };
        Self {
            code: blanked(&code, &spans),
            strings: blanked(&strings, &spans),
            path: page.path,
            text: page.text,
            module,
            test_modules,
        }
    }

    /// The words of `view` at `at`, told as a reader finds them.
    pub fn place(&self, view: &str, at: usize) -> String {
        format!("{}:{}", self.path, view[..at].matches('\n').count() + 1)
    }

    /// All paths that begin with `root`, groups opened up: `std::{fs, io::Read}` is `fs` and `io::Read`.
    pub fn paths_from(&self, root: &str) -> Vec<(usize, Vec<String>)> {
        let mut found = Vec::new();
        for at in words(&self.code, root) {
            let inside = self.code[..at].trim_end_matches("::");
            let begins = inside.len() == at || !inside.ends_with(is_word);
            if let Some(rest) = self.code[at + root.len()..].strip_prefix("::")
                && begins
            {
                let mut paths = Vec::new();
                open_up(rest, &[], &mut paths);
                found.extend(paths.into_iter().map(|path| (at, path)));
            }
        }
        found
    }

    /// All paths into this crate, also those that climb there by `super`.
    pub fn paths_into_crate(&self) -> Vec<(usize, Vec<String>)> {
        let mut found = self.paths_from("crate");
        for (at, path) in self.paths_from("super") {
            let climbs = 1 + path.iter().take_while(|part| *part == "super").count();
            if let Some(above) = self.module.len().checked_sub(climbs) {
                found.push((at, [&self.module[..above], &path[climbs - 1..]].concat()));
            }
        }
        found
    }
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `word` stands as a word of its own.
pub fn words<'a>(view: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    view.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !view[..*at].ends_with(is_word) && !view[at + word.len()..].starts_with(is_word))
}

/// Reads a path or a group of paths; answers what is left behind it.
fn open_up<'a>(text: &'a str, above: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            if rest.is_empty() {
                return rest;
            }
            if let Some(behind) = rest.strip_prefix('}') {
                return behind;
            }
            let before = rest.len();
            rest = open_up(rest, above, found);
            rest = rest.trim_start_matches(|c: char| c != ',' && c != '}');
            assert!(rest.len() < before, "a path that cannot be read: {}", &text[..text.len().min(80)]);
        }
    }
    let ends = text.find(|c: char| !is_word(c) && c != '*').unwrap_or(text.len());
    let path = [above, &[text[..ends].to_owned()]].concat();
    let rest = &text[ends..];
    match rest.strip_prefix("::") {
        // A turbofish is no path.
        Some(below) if !below.starts_with('<') => open_up(below, &path, found),
        _ => {
            found.push(path);
            rest
        }
    }
}

/// The text as code without comments and strings, and as strings alone.
fn views(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let mut at = 0;
    while at < chars.len() {
        let (end, kind) = match chars[at] {
            '/' if starts(at, "//") => {
                (chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n), Kind::Comment)
            }
            '/' if starts(at, "/*") => (behind_block(&chars, at), Kind::Comment),
            '"' => (behind_string(&chars, at), Kind::String),
            'r' if at == 0
                || !is_word(chars[at - 1])
                || (chars[at - 1] == 'b' && (at < 2 || !is_word(chars[at - 2]))) =>
            {
                match behind_raw(&chars, at) {
                    Some(end) => (end, Kind::String),
                    None => (at + 1, Kind::Code),
                }
            }
            '\'' if chars.get(at + 1) == Some(&'\\') => {
                let closing = chars[(at + 3).min(chars.len())..].iter().position(|c| *c == '\'');
                (closing.map_or(chars.len(), |n| at + 3 + n + 1), Kind::String)
            }
            '\'' if chars.get(at + 2) == Some(&'\'') => (at + 3, Kind::String),
            _ => (at + 1, Kind::Code),
        };
        let end = end.min(chars.len());
        for c in &chars[at..end] {
            show(&mut code, *c, kind == Kind::Code);
            show(&mut strings, *c, kind == Kind::String);
        }
        at = end;
    }
    (code, strings)
}

/// A blank is as long as what it hides, so that all views agree on every place.
fn show(view: &mut String, c: char, seen: bool) {
    if seen || c == '\n' {
        view.push(c);
    } else {
        view.extend(std::iter::repeat_n(' ', c.len_utf8()));
    }
}

#[derive(PartialEq)]
enum Kind {
    Code,
    Comment,
    String,
}

fn behind_block(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn behind_string(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn behind_raw(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return None;
    }
    (open + 1..chars.len())
        .find(|at| chars[*at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes)
        .map(|at| at + 1 + hashes)
}

/// What `#[cfg(test)]` stands before, from and until; and the modules among it that are files of their own.
fn test_spans(code: &str) -> (Vec<(usize, usize)>, Vec<String>) {
    let mark = "#[cfg(test)]";
    let (mut spans, mut modules) = (Vec::new(), Vec::new());
    for (from, _) in code.match_indices(mark) {
        let item = from + mark.len();
        let Some(first) = code[item..].find(['{', ';']).map(|at| item + at) else { continue };
        if code[first..].starts_with(';') {
            spans.push((from, first + 1));
            let declared = code[item..first].split_whitespace().collect::<Vec<_>>();
            if let [.., "mod", name] = declared[..] {
                modules.push(name.to_owned());
            }
            continue;
        }
        let mut depth = 0;
        let close = code[first..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0
        });
        spans.push((from, close.map_or(code.len(), |(at, _)| first + at + 1)));
    }
    (spans, modules)
}

fn blanked(view: &str, spans: &[(usize, usize)]) -> String {
    let mut shown = String::with_capacity(view.len());
    for (at, c) in view.char_indices() {
        show(&mut shown, c, !spans.iter().any(|(from, until)| (*from..*until).contains(&at)));
    }
    shown
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn source(path: &str, text: &str) -> Source {
        Source::new(Page { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn comments_strings_and_code_are_told_apart() {
        let text = r##"let a = "x // y\" z"; // "grün" crate::no
/* in /* nested */ crate::no */ let b = ('"', 'é', b'\'', r#"raw "crate::no"#); fn f<'a>(x: &'a str) {}"##;
        let source = source("src/a.rs", text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.code.lines().count(), 2);
        assert!(source.code.contains("fn f<'a>(x: &'a str) {}") && source.code.contains("let b ="), "{}", source.code);
        assert!(!source.code.contains("crate::no") && !source.code.contains('é'), "{}", source.code);
        assert!(
            source.strings.contains("x // y\\\" z") && source.strings.contains("raw \"crate::no"),
            "{}",
            source.strings
        );
        assert!(!source.strings.contains("nested") && !source.strings.contains("grün"), "{}", source.strings);
    }

    #[test]
    fn what_is_only_for_tests_is_no_code() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n use crate::x;\n fn b() { if true {} }\n}\nfn c() {}\n#[cfg(test)]\npub(super) mod samples;\n";
        let parent = source("src/plan/mod.rs", text);
        assert!(!parent.code.contains("crate::x") && parent.code.contains("fn c() {}"), "{}", parent.code);
        let files =
            vec![parent, source("src/plan/samples.rs", "use crate::x;"), source("src/plan/cut.rs", "use crate::x;")];
        let read = without_test_files(files);
        assert!(read[1].code.is_empty(), "a file that is a module for tests");
        assert!(!read[2].code.is_empty());
    }

    #[test]
    fn groups_are_opened_and_super_is_followed_to_the_crate() {
        let source = source(
            "src/outbox/lane.rs",
            "use crate::{clock::{Clock, Timestamp as T}, id::AccountId};\nuse super::super::wire;\nuse super::Verb;\nfn f(a: crate::store::Ledger) { x::crate_like::y(); std::mem::take::<u8>(a); }",
        );
        let paths: Vec<String> = source.paths_into_crate().iter().map(|(_, path)| path.join("::")).collect();
        let expected = ["clock::Clock", "clock::Timestamp", "id::AccountId", "store::Ledger", "wire", "outbox::Verb"];
        assert_eq!(paths, expected);
        assert_eq!(source.paths_from("std")[0].1.join("::"), "mem::take");
        assert!(source.place(&source.code, source.paths_from("std")[0].0).ends_with("lane.rs:4"));
    }
}
