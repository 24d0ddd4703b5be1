//! What the pages promise: a link leads somewhere, a file or function that is named exists, and the pages that people look for are there.

use super::code::sources;
use super::{Page, assert_none, read_all, root};
use std::path::Path;

/// The first folders of paths that a page may name.
const FOLDERS: [&str; 7] = ["src/", "tests/", "docs/", "config/", "benches/", "packaging/", ".ci/"];

const WANTED: [&str; 9] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "docs/ARCHITECTURE.md",
    "docs/GLOSSARY.md",
    "docs/TESTING.md",
    "tests/run",
    ".ci/run",
];

fn pages() -> Vec<Page> {
    read_all("").into_iter().filter(|page| page.is_a("md")).collect()
}

/// The text outside of blocks of code, with the number of each line.
fn prose(page: &Page) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    page.text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// `exists` is asked for a path from the root.
fn dead_links(page: &Page, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut dead = Vec::new();
    for (n, line) in prose(page) {
        for (at, _) in line.match_indices("](") {
            let target = line[at + 2..].split([')', ' ', '#']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
            if !exists(&plain(&folder.join(target))) {
                dead.push(format!("{}:{} links to {target}, which is not there", page.path, n + 1));
            }
        }
    }
    dead
}

/// Without `.` and `..`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.iter().filter_map(|part| part.to_str()) {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Paths in backquotes. One with a gap to fill (`src/networks/<id>.rs`) is passed over.
fn missing_files(page: &Page, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut missing = Vec::new();
    for (n, line) in prose(page) {
        for named in line.split('`').skip(1).step_by(2) {
            let is_path =
                FOLDERS.iter().any(|folder| named.starts_with(folder)) && !named.contains(['<', '*', '{', ' ']);
            if is_path && !exists(named) {
                missing.push(format!("{}:{} names {named}, which is not there", page.path, n + 1));
            }
        }
    }
    missing
}

/// Functions in backquotes, as in `Ledger::end_turn`: the last part must be a function somewhere.
fn missing_functions(page: &Page, is_function: impl Fn(&str) -> bool) -> Vec<String> {
    let mut missing = Vec::new();
    for (n, line) in prose(page) {
        for named in line.split('`').skip(1).step_by(2) {
            let Some((_, last)) = named.rsplit_once("::") else { continue };
            let looks_so = last.starts_with(|c: char| c.is_ascii_lowercase()) && last.chars().all(super::code::is_word);
            if looks_so && !is_function(last) {
                missing.push(format!("{}:{} names {named}, and there is no such function", page.path, n + 1));
            }
        }
    }
    missing
}

/// The first heading is what is to come, and each line of it stands under a kind of change.
fn shape_of_changelog(text: &str) -> Result<(), String> {
    let mut headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    if headings.next() != Some("[Unreleased]") {
        return Err("CHANGELOG.md: the first heading is `## [Unreleased]`".to_owned());
    }
    let kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
    match text.lines().filter_map(|line| line.strip_prefix("### ")).find(|kind| !kinds.contains(kind)) {
        Some(other) => Err(format!("CHANGELOG.md: `{other}` is none of {}", kinds.join(", "))),
        None => Ok(()),
    }
}

fn exists(path: &str) -> bool {
    root().join(path).exists()
}

#[test]
fn links_lead_somewhere_and_named_files_are_there() {
    for page in pages() {
        assert_none(&dead_links(&page, exists));
        assert_none(&missing_files(&page, exists));
    }
}

#[test]
fn functions_that_the_architecture_names_are_there() {
    let sources = sources();
    let is_function = |name: &str| sources.iter().any(|source| source.code.contains(&format!("fn {name}")));
    let page = pages().into_iter().find(|page| page.path == "docs/ARCHITECTURE.md").expect("it is wanted");
    assert_none(&missing_functions(&page, is_function));
}

#[test]
fn the_pages_that_people_look_for_are_there() {
    let missing: Vec<String> =
        WANTED.iter().filter(|path| !exists(path)).map(|path| format!("{path} is missing")).collect();
    assert_none(&missing);
    let changelog = read_all("").into_iter().find(|page| page.path == "CHANGELOG.md").expect("it is wanted");
    assert_eq!(shape_of_changelog(&changelog.text), Ok(()));
}

/// Asked for a path from the root, `mode` answers the bits of who may do what.
fn without_run_bit(pages: &[Page], mode: impl Fn(&str) -> u32) -> Vec<String> {
    let scripts = pages.iter().filter(|page| page.text.starts_with("#!/"));
    let without = scripts.filter(|page| mode(&page.path) & 0o111 == 0);
    without.map(|page| format!("{} has no run bit: chmod +x", page.path)).collect()
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &str| root().join(path).metadata().expect("it was just read").permissions().mode();
    assert_none(&without_run_bit(&read_all(""), mode));
}

mod can_fail {
    use super::*;

    fn page(text: &str) -> Page {
        Page { path: "docs/A.md".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_dead_link_is_told() {
        let there = |path: &str| ["README.md", "docs/B.md"].contains(&path);
        let text = "[a](../README.md) [b](B.md#part) [c](https://c.example/x) [d](#here)\n```\n[e](no.md)\n```\n[f](no.md) [g](../B.md)";
        let dead = dead_links(&page(text), there);
        assert_eq!(dead.len(), 2, "{dead:?}");
        assert!(dead[0].starts_with("docs/A.md:5 links to no.md"), "{dead:?}");
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let there = |path: &str| path == "src/id.rs";
        let text = "`src/id.rs`, `src/networks/<id>.rs`, `tests/run --quick`, `src/ids.rs`";
        assert_eq!(missing_files(&page(text), there).len(), 1);
    }

    #[test]
    fn a_function_that_is_not_there_is_told() {
        let there = |name: &str| name == "end_turn";
        assert_eq!(
            missing_functions(&page("`Ledger::end_turn` `State::Unknown` `end_turn` `Ledger::finish`"), there).len(),
            1
        );
    }

    #[test]
    fn a_script_that_cannot_be_run_is_told() {
        let script = [page("#!/usr/bin/env bash\n"), page("# A page\n")];
        assert_eq!(without_run_bit(&script, |_| 0o100_755).len(), 0);
        assert_eq!(without_run_bit(&script, |_| 0o100_644).len(), 1);
    }

    #[test]
    fn a_changelog_of_another_shape_is_told() {
        assert!(shape_of_changelog("# C\n## [Unreleased]\n### Added\n- x\n## [0.1.0]\n### Fixed\n").is_ok());
        assert!(shape_of_changelog("# C\n## [0.1.0]\n").is_err());
        assert!(shape_of_changelog("# C\n## [Unreleased]\n### Improved\n").is_err());
    }
}
