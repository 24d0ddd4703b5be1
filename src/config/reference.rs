//! `docs/CONFIG.md`, made from the comments of `default.toml`: what is read by people and what is obeyed are one text.

use super::schema::TEMPLATE;
use std::fmt::Write as _;

/// A section as it stands in `default.toml`.
#[derive(Debug, PartialEq, Eq)]
struct Chapter {
    /// As an operator writes it: `[server]`, `[[source]]`.
    heading: String,
    about: String,
    keys: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    about: String,
    /// As it is written.
    default: String,
}

/// The reference of all keys, as Markdown.
pub fn reference() -> String {
    let (preface, chapters) = read(super::DEFAULT);
    let mut page = String::from(
        "<!-- Made from config/default.toml. To change it, change that file and run UPDATE_DOCS=1 cargo test config. -->\n\n\
         # Configuration\n\n",
    );
    page.push_str(&preface);
    for chapter in &chapters {
        let _ = write!(page, "\n## `{}`\n\n{}\n\n", chapter.heading, chapter.about);
        page.push_str("| Key | Default | What it means |\n|---|---|---|\n");
        for key in &chapter.keys {
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = writeln!(page, "| `{}` | `{}` | {} |", key.name, cell(&key.default), cell(&key.about));
        }
    }
    page
}

/// The opening comment with its lines kept, and every section. The layout is our own: a comment stands right above what it is about.
fn read(text: &str) -> (String, Vec<Chapter>) {
    let mut preface = String::new();
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut about: Vec<&str> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix('#') {
            about.push(comment.strip_prefix(' ').unwrap_or(comment));
        } else if line.is_empty() {
            // Only the opening comment has nothing right below it.
            for line in about.drain(..) {
                preface.push_str(line);
                preface.push('\n');
            }
        } else if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let block = name.strip_prefix(TEMPLATE).and_then(|rest| rest.strip_prefix('.'));
            let heading = block.map_or_else(|| format!("[{name}]"), |block| format!("[[{block}]]"));
            chapters.push(Chapter { heading, about: about.join(" "), keys: Vec::new() });
            about.clear();
        } else if let (Some((name, first)), Some(chapter)) = (line.split_once(" = "), chapters.last_mut()) {
            let mut default = first.to_owned();
            if first == "[" {
                for line in lines.by_ref().take_while(|line| *line != "]") {
                    default.push_str(line.trim());
                    default.push(' ');
                }
                default.truncate(default.trim_end_matches([',', ' ']).len());
                default.push(']');
            }
            chapter.keys.push(Entry { name: name.to_owned(), about: about.join(" "), default });
            about.clear();
        }
    }
    (preface, chapters)
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::super::written::{Field, Table, Value};
    use super::*;

    fn section(field: &Field) -> &Table {
        let Value::Table(section) = &field.value else { panic!("a key stands outside of any section") };
        section
    }

    /// Every key of the defaults, as the reader of TOML sees them.
    fn keys() -> Vec<String> {
        let (defaults, _) = schema::defaults();
        let mut keys = Vec::new();
        for (name, field) in &defaults {
            let inner = section(field).iter().filter(|(_, field)| matches!(field.value, Value::Table(_)));
            if name == TEMPLATE {
                for (block, field) in inner {
                    keys.extend(section(field).keys().map(|key| format!("[[{block}]] {key}")));
                }
            } else if section(field).values().all(|field| matches!(field.value, Value::Table(_))) {
                for (part, field) in inner {
                    keys.extend(section(field).keys().map(|key| format!("[{name}.{part}] {key}")));
                }
            } else {
                keys.extend(section(field).keys().map(|key| format!("[{name}] {key}")));
            }
        }
        keys.sort();
        keys
    }

    #[test]
    fn every_key_and_every_section_has_a_comment() {
        let (preface, chapters) = read(super::super::DEFAULT);
        assert!(preface.contains("GIGCAST__SECTION__KEY"));
        let mut documented = Vec::new();
        for chapter in &chapters {
            assert!(chapter.about.len() > 10, "{} needs a comment", chapter.heading);
            for key in &chapter.keys {
                assert!(key.about.len() > 10, "{} {} needs a comment", chapter.heading, key.name);
                documented.push(format!("{} {}", chapter.heading, key.name));
            }
        }
        documented.sort();
        assert_eq!(documented, keys());
    }
}
