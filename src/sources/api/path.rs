//! How a config names a place in JSON: `jobs`, `data.items[0].title`. Fields by name, list items by number, separated by dots; the empty path
//! is the whole. A text with such paths in braces is a template: `https://jobs.example/{id}`.
//!
//! That is all of it, on purpose: what cannot be said so is a job for a program that writes gigs into a folder.

use crate::sources::reading::{shown, text};
use serde_json::Value;
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) struct Path {
    written: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    At(usize),
}

impl Path {
    /// Reads a path, or says as a clause what is wrong with it.
    pub(in crate::sources) fn parse(written: &str) -> Result<Self, String> {
        let written = written.trim();
        let wrong = || {
            format!(
                "`{written}` is no path: write names separated by dots, and numbers in brackets, as in `data.items[0].title`"
            )
        };
        let mut steps = Vec::new();
        for (nth, part) in written.split('.').filter(|_| !written.is_empty()).enumerate() {
            let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
            // Only the very first place may be a number alone: `[0].title`.
            if name.is_empty() && (nth > 0 || rest.is_empty()) || name.contains([']', '{', '}']) {
                return Err(wrong());
            }
            if !name.is_empty() {
                steps.push(Step::Field(name.to_owned()));
            }
            while !rest.is_empty() {
                let inside = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(wrong)?;
                steps.push(Step::At(inside.0.parse().map_err(|_| wrong())?));
                rest = inside.1;
            }
        }
        Ok(Self { written: written.to_owned(), steps })
    }

    /// What stands there, or what was found on the way instead.
    pub(in crate::sources) fn find<'a>(&self, within: &'a Value) -> Result<&'a Value, String> {
        let (mut value, mut behind) = (within, String::new());
        for step in &self.steps {
            let (next, name) = match step {
                Step::Field(name) => (value.get(name), name.clone()),
                Step::At(at) => (value.get(*at), format!("[{at}]")),
            };
            let Some(next) = next else {
                let place = if behind.is_empty() { "it".to_owned() } else { format!("`{behind}`") };
                return Err(format!("there is no `{name}`: {place} is {}", shown(value)));
            };
            if !behind.is_empty() && matches!(step, Step::Field(_)) {
                behind.push('.');
            }
            behind.push_str(&name);
            value = next;
        }
        Ok(value)
    }

    pub(in crate::sources) fn written(&self) -> &str {
        &self.written
    }
}

/// Where a field of a gig comes from: a path, or a template with paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) enum Field {
    Path(Path),
    Template { written: String, pieces: Vec<Piece> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) enum Piece {
    Words(String),
    Path(Path),
}

impl Field {
    pub(in crate::sources) fn parse(written: &str) -> Result<Self, String> {
        if !written.contains(['{', '}']) {
            return Path::parse(written).map(Self::Path);
        }
        let wrong = || format!("`{written}` is no template: each path in it stands between `{{` and `}}`");
        let (mut pieces, mut rest) = (Vec::new(), written);
        while let Some((words, after)) = rest.split_once('{') {
            let (path, behind) = after.split_once('}').ok_or_else(wrong)?;
            if words.contains('}') || path.trim().is_empty() {
                return Err(wrong());
            }
            pieces.extend((!words.is_empty()).then(|| Piece::Words(words.to_owned())));
            pieces.push(Piece::Path(Path::parse(path)?));
            rest = behind;
        }
        if rest.contains('}') {
            return Err(wrong());
        }
        pieces.extend((!rest.is_empty()).then(|| Piece::Words(rest.to_owned())));
        Ok(Self::Template { written: written.to_owned(), pieces })
    }

    /// What the item says here. A template of which a part is empty says nothing.
    pub(in crate::sources) fn read<'a>(&self, item: &'a Value) -> Result<Cow<'a, Value>, String> {
        match self {
            Self::Path(path) => path.find(item).map(Cow::Borrowed),
            Self::Template { pieces, .. } => {
                let mut said = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Words(words) => said.push_str(words),
                        Piece::Path(path) => match text(path.find(item)?) {
                            Some(words) => said.push_str(&words),
                            None => return Ok(Cow::Owned(Value::Null)),
                        },
                    }
                }
                Ok(Cow::Owned(Value::String(said)))
            }
        }
    }

    pub(in crate::sources) fn written(&self) -> &str {
        match self {
            Self::Path(path) => path.written(),
            Self::Template { written, .. } => written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_through_fields_and_lists() {
        let value = json!({"data": {"jobs": [{"title": "Logo"}]}, "a b": 1});
        let find = |path: &str| Path::parse(path).unwrap().find(&value).cloned();
        assert_eq!(find("data.jobs[0].title"), Ok(json!("Logo")));
        assert_eq!(find("a b"), Ok(json!(1)));
        assert_eq!(find("").as_ref(), Ok(&value));
        assert_eq!(Path::parse("[0][1]").unwrap().find(&json!([[1, 2]])), Ok(&json!(2)));
    }

    #[test]
    fn a_path_that_leads_nowhere_says_what_is_there() {
        let value = json!({"data": {"jobs": "none"}});
        let miss = |path: &str| Path::parse(path).unwrap().find(&value).unwrap_err();
        assert_eq!(miss("jobs"), "there is no `jobs`: it is an object with data");
        assert_eq!(miss("data.list"), "there is no `list`: `data` is an object with jobs");
        assert_eq!(miss("data.jobs[2]"), "there is no `[2]`: `data.jobs` is the text \"none\"");
    }

    #[test]
    fn what_is_no_path_and_no_template_is_refused() {
        for wrong in [".", "a.", ".a", "a..b", "a[", "a[x]", "a[0]b", "a]", "a.[0]", "[-1]"] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["{", "a}", "{a", "{}", "{a}}", "{a[}"] {
            assert!(Field::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_template_is_filled_whole_or_says_nothing() {
        let field = Field::parse("{min}-{max} USD/year").unwrap();
        let said = |item: Value| field.read(&item).map(Cow::into_owned);
        assert_eq!(said(json!({"min": 1, "max": "2"})), Ok(json!("1-2 USD/year")));
        assert_eq!(said(json!({"min": 1, "max": null})), Ok(Value::Null));
        assert!(said(json!({"min": 1})).is_err(), "the field itself is missing");
    }
}
