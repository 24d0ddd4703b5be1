//! What the tables of the pages promise: beside each fault and each bad input stands the test that tries it, and that test is there.
//!
//! Two ways to name one: its name and where it is, as in "`a_word_for_oneself_is_none` (tests/trust/edges.rs)"; or, in a table of tests below `tests/it`, the file and how
//! the name begins, as in "`kill.rs` (`killed_while_..`)".

use super::code::is_word;
use super::{Page, assert_none, read_all};

/// Below it lie the files that a table names without their folder.
const BELOW: &str = "tests/it/";

/// A test that a page names, and the line that does.
#[derive(Debug, PartialEq, Eq)]
struct Cited {
    line: usize,
    file: String,
    /// How its name begins; all of it where it does not end in two dots.
    begins: String,
    is_whole: bool,
}

/// In the rows of tables.
fn cited(page: &Page) -> Vec<Cited> {
    let rows = page.text.lines().enumerate().filter(|(_, line)| line.starts_with('|'));
    rows.flat_map(|(at, line)| cited_in(line).into_iter().map(move |(file, name)| cite(at + 1, &file, name))).collect()
}

fn cite(line: usize, file: &str, name: &str) -> Cited {
    let begins = name.trim_end_matches('.');
    Cited { line, file: file.to_owned(), begins: begins.to_owned(), is_whole: begins == name }
}

fn cited_in(row: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for (at, _) in row.match_indices("` (") {
        let named = row[..at].rsplit('`').next().unwrap_or_default();
        let beside = row[at + 3..].split(')').next().unwrap_or_default();
        if is_test(named) && is_rust(beside.trim_matches('`')) {
            found.push((beside.trim_matches('`').to_owned(), named));
        } else if is_rust(named) {
            let file = if named.starts_with("src/") || named.starts_with("tests/") {
                named.to_owned()
            } else {
                format!("{BELOW}{named}")
            };
            found.extend(
                beside.split('`').skip(1).step_by(2).filter(|name| is_test(name)).map(|name| (file.clone(), name)),
            );
        }
    }
    found
}

/// A sentence, or the beginning of one.
fn is_test(name: &str) -> bool {
    let bare = name.trim_end_matches('.');
    bare.contains('_') && bare.starts_with(|c: char| c.is_ascii_lowercase()) && bare.chars().all(is_word)
}

fn is_rust(path: &str) -> bool {
    path.strip_suffix(".rs").is_some_and(|path| path.chars().all(|c| is_word(c) || "/-".contains(c)))
}

/// `text` is asked for a file's text by its path.
fn missing(page: &Page, text: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut missing = Vec::new();
    for Cited { line, file, begins, is_whole } in cited(page) {
        let wanted = if is_whole { format!("fn {begins}(") } else { format!("fn {begins}") };
        if !text(&file).is_some_and(|text| text.contains(&wanted)) {
            let dots = if is_whole { "" } else { ".." };
            missing.push(format!("{}:{line} names the test {begins}{dots}, and it is not in {file}", page.path));
        }
    }
    missing
}

#[test]
fn tests_that_a_table_names_are_there() {
    let all = read_all("");
    let text = |path: &str| all.iter().find(|page| page.path == path).map(|page| page.text.clone());
    let pages: Vec<&Page> = all.iter().filter(|page| page.is_a("md")).collect();
    let of = |name: &str| pages.iter().find(|page| page.path == name).map_or(0, |page| cited(page).len());
    // Three pages live by it; were nothing found in one, the rule would have gone blind.
    for (page, least) in [("docs/TRUST.md", 12), ("docs/CREDENTIALS.md", 8), ("docs/TESTING.md", 12)] {
        assert!(of(page) >= least, "{page} names {} tests", of(page));
    }
    for page in pages {
        assert_none(&missing(page, text));
    }
}

mod can_fail {
    use super::*;

    fn page(text: &str) -> Page {
        Page { path: "docs/A.md".to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_test_that_is_not_there_is_told() {
        let text = |path: &str| (path == "tests/it/kill.rs").then(|| "fn killed_while_it_sends() {}".to_owned());
        let row = "| a | `kill.rs` (`killed_while_..`: words, `killed_never`) and `x.rs`; `killed_while_it` (tests/it/kill.rs) | `why` (no test) |";
        let told = missing(&page(&format!("`killed_never` (tests/it/kill.rs)\n{row}")), text);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("docs/A.md:2 names the test killed_never,"), "{told:?}");
        assert!(told[1].contains("killed_while_it, and it is not in tests/it/kill.rs"), "{told:?}");
        let elsewhere = "| `src/a.rs` (`gone_for_good`) | `a_b` (src/a.rs) |";
        assert_eq!(missing(&page(elsewhere), |_| None).len(), 2);
        assert_eq!(missing(&page(elsewhere), |_| Some("fn gone_for_good() fn a_b()".to_owned())), Vec::<String>::new());
    }
}
