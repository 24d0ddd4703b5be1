//! The rules of the house, as tests.
//!
//! What a review would have to repeat stands here once: which file may import which (`layers`), how a file looks (`habits`), what the
//! pages promise (`pages`, `tables`), what the log may say (`events`), and which crates may come in (`crates`). Each rule is a function from what was read to a list of
//! sentences, empty when all is well; beside it stands a test that gives it something bad, since a rule that cannot fail guards nothing.

#![allow(clippy::unwrap_used)] // an unwrap that fails is a test that fails

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/crates.rs"]
mod crates;
#[path = "tidy/dashboard.rs"]
mod dashboard;
#[path = "tidy/events.rs"]
mod events;
#[path = "tidy/habits.rs"]
mod habits;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/metrics.rs"]
mod metrics;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/tables.rs"]
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project, under its path from the root.
struct Page {
    path: String,
    text: String,
}

impl Page {
    /// `is_a("md")`: by the ending of its name.
    fn is_a(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == ending)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All text files under `below`, sorted by path; what a build or a run leaves behind is no part of the project.
fn read_all(below: &str) -> Vec<Page> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            let left_behind = ["target", ".git", "data", "node_modules", "__pycache__"];
            if left_behind.iter().any(|skipped| name == *skipped) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(Page { path: from_root(&path), text });
            }
        }
    }
    assert!(!found.is_empty(), "there is nothing under {below}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// All at once: who mends one wants to see the others.
fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// What a page shows of a list in the code: between the mark that says what makes it and the one that ends it; the rest is written by hand.
/// With `UPDATE_DOCS` set it is made, else it must be what the code says.
fn assert_shows(page: &str, mark: &str, made: &str) {
    const END: &str = "\n<!-- until here -->";
    let path = root().join(page);
    let text = fs::read_to_string(&path).unwrap();
    let mark = format!("<!-- Made from {mark} -->\n\n");
    let (before, rest) = text.split_once(&mark).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let now = format!("{before}{mark}{made}{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &now).unwrap();
    } else {
        assert!(text == now, "{page} is not what the code says: run UPDATE_DOCS=1 cargo test --test tidy");
    }
}
