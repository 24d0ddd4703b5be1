//! Which keys there are, and of which kind: read from `default.toml` itself, so that it can't drift from what is documented.
//!
//! A `[template.x]` of the defaults stands for the blocks `[[x]]`, of which there may be any number; the tables in a list are
//! like the first one there.

use super::error::{Hint, Problem, Wrong};
use super::written::{self, Field, Table, Value};
use std::collections::BTreeMap;

/// The section of `default.toml` whose tables describe blocks.
pub(super) const TEMPLATE: &str = "template";

#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Fraction,
    List(Box<Kind>),
    Table(BTreeMap<String, Kind>),
    /// `[[x]]`, any number of times.
    Blocks(BTreeMap<String, Kind>),
}

#[derive(Debug)]
pub(super) struct Schema(BTreeMap<String, Kind>);

/// The defaults, and what they say about every file that is laid over them.
pub(super) fn defaults() -> (Table, Schema) {
    let mut table =
        written::from_file("default.toml", super::DEFAULT).expect("the compiled-in defaults are TOML: tests read them");
    place_as_default(&mut table);
    let mut keys = kinds(&table);
    if let Some(Kind::Table(templates)) = keys.remove(TEMPLATE) {
        keys.extend(templates.into_iter().filter_map(|(name, kind)| match kind {
            Kind::Table(keys) => Some((name, Kind::Blocks(keys))),
            Kind::Text | Kind::Whole | Kind::Fraction | Kind::List(_) | Kind::Blocks(_) => None,
        }));
    }
    (table, Schema(keys))
}

fn place_as_default(table: &mut Table) {
    for field in table.values_mut() {
        field.place = super::Place::Default;
        if let Value::Table(inner) = &mut field.value {
            place_as_default(inner);
        }
    }
}

fn kinds(table: &Table) -> BTreeMap<String, Kind> {
    table.iter().map(|(key, field)| (key.clone(), kind(&field.value))).collect()
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Whole(_) => Kind::Whole,
        Value::Fraction(_) => Kind::Fraction,
        // An empty list is one of texts.
        Value::List(items) => Kind::List(Box::new(items.first().map_or(Kind::Text, |item| kind(&item.value)))),
        Value::Table(table) => Kind::Table(kinds(table)),
        Value::Text(_) | Value::Other(_) => Kind::Text,
    }
}

impl Kind {
    /// As a message says it.
    fn wanted(&self) -> &'static str {
        match self {
            Self::Text => "text in quotes",
            Self::Whole => "a whole number",
            Self::Fraction => "a number",
            Self::List(_) => "a list in brackets",
            Self::Table(_) => "a table",
            Self::Blocks(_) => "a block under a heading in two brackets",
        }
    }
}

impl Schema {
    /// The kind of the key at this path, if there is one.
    pub(super) fn kind(&self, path: &[String]) -> Option<&Kind> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.0.get(first)?, |kind, key| match kind {
            Kind::Table(keys) => keys.get(key),
            Kind::Text | Kind::Whole | Kind::Fraction | Kind::List(_) | Kind::Blocks(_) => None,
        })
    }

    /// What of `table` has a known key and the right kind; all else becomes a problem.
    pub(super) fn admit(&self, table: Table, problems: &mut Vec<Problem>) -> Table {
        self.admit_table(&self.0, "", table, problems)
    }

    fn admit_table(
        &self,
        keys: &BTreeMap<String, Kind>,
        path: &str,
        table: Table,
        problems: &mut Vec<Problem>,
    ) -> Table {
        let mut admitted = Table::new();
        for (key, field) in table {
            let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Some(kind) = keys.get(&key) {
                if let Some(field) = self.admit_field(kind, &here, field, problems) {
                    admitted.insert(key, field);
                }
            } else {
                let wrong = Wrong::Unknown(self.hint(keys, path, &key));
                problems.push(Problem { key: here, place: field.place, wrong });
            }
        }
        admitted
    }

    fn admit_field(&self, kind: &Kind, path: &str, field: Field, problems: &mut Vec<Problem>) -> Option<Field> {
        let Field { place, value } = field;
        let value = match (kind, value) {
            (Kind::Text, value @ Value::Text(_))
            | (Kind::Whole, value @ Value::Whole(_))
            | (Kind::Fraction, value @ (Value::Fraction(_) | Value::Whole(_))) => value,
            (Kind::Table(keys), Value::Table(table)) => Value::Table(self.admit_table(keys, path, table, problems)),
            (Kind::List(of), Value::List(items)) => {
                let before = problems.len();
                let items = items.into_iter().filter_map(|item| self.admit_field(of, path, item, problems)).collect();
                // What is left of a torn list would only yield problems that are none.
                if problems.len() > before {
                    return None;
                }
                Value::List(items)
            }
            (Kind::Blocks(keys), Value::List(blocks)) => {
                let whole = |block: Field| {
                    let before = problems.len();
                    let Value::Table(table) = block.value else { return refuse(kind, path, block, problems) };
                    let value = Value::Table(self.admit_table(keys, path, table, problems));
                    // So with a block; the others are read all the same.
                    (problems.len() == before).then_some(Field { place: block.place, value })
                };
                Value::List(blocks.into_iter().filter_map(whole).collect())
            }
            (kind, value) => return refuse(kind, path, Field { place, value }, problems),
        };
        Some(Field { place, value })
    }

    /// Keys of the same section come first, then the one section that has this very key, then keys like it anywhere.
    fn hint(&self, keys: &BTreeMap<String, Kind>, path: &str, key: &str) -> Hint {
        if let Some(near) = nearest(key, keys.keys().map(String::as_str)) {
            return Hint::Near(near.to_owned());
        }
        let others: Vec<(&str, &str)> = self
            .0
            .iter()
            .filter_map(|(section, kind)| match kind {
                Kind::Table(keys) if section != path => Some((section, keys)),
                Kind::Table(_) | Kind::Blocks(_) | Kind::Text | Kind::Whole | Kind::Fraction | Kind::List(_) => None,
            })
            .flat_map(|(section, keys)| keys.keys().map(|key| (section.as_str(), key.as_str())))
            .collect();
        let mut homes = others.iter().filter(|(_, other)| *other == key);
        if let (Some((section, _)), None) = (homes.next(), homes.next()) {
            return Hint::BelongsIn((*section).to_owned());
        }
        let near = nearest(key, others.iter().map(|(_, other)| *other));
        match near.and_then(|near| others.iter().find(|(_, other)| *other == near)) {
            Some((section, near)) => Hint::Near(format!("{section}.{near}")),
            None => Hint::Known(keys.keys().cloned().collect()),
        }
    }
}

fn refuse(kind: &Kind, path: &str, field: Field, problems: &mut Vec<Problem>) -> Option<Field> {
    let found = match field.value {
        Value::Text(_) => format!("the text {}", field.value.shown()),
        Value::List(_) => format!("the list {}", field.value.shown()),
        Value::Whole(_) | Value::Fraction(_) | Value::Table(_) | Value::Other(_) => field.value.shown(),
    };
    let wrong = Wrong::Kind { wanted: kind.wanted(), found };
    problems.push(Problem { key: path.to_owned(), place: field.place, wrong });
    None
}

/// The likeliest of `known`, when one is like `written` at all.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::normalized_damerau_levenshtein(&written.to_lowercase(), &word.to_lowercase()), word))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}
