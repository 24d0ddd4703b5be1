//! What holds for every key, as text: by it two readings of a configuration are told apart, key by key.

use super::schema::TEMPLATE;
use super::written::{Table, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// By its whole name, as in `outbox.backoff`; a block by what it is named after, as in `source.desk`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, Written>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    whole: String,
    /// Short, and without what may be a password.
    shown: String,
}

/// A key that holds something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub key: String,
    /// Nothing where it was not there: a block that is new.
    pub was: Option<String>,
    /// Nothing where it is not there any more.
    pub is: Option<String>,
}

/// As a clause.
impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, was, is } = self;
        match (was, is) {
            (Some(was), Some(is)) if was == is => write!(f, "{key} is {is}"),
            (Some(was), Some(is)) => write!(f, "{key} is {is}, and was {was}"),
            (None, _) => write!(f, "{key} is new"),
            (Some(_), None) => write!(f, "{key} is gone"),
        }
    }
}

impl Keys {
    /// The highest layer first.
    pub(super) fn of(layers: &[Table], defaults: &Table) -> Self {
        let mut keys = Self::default();
        for layer in [defaults].into_iter().chain(layers.iter().rev()) {
            for (name, field) in layer.iter().filter(|(name, _)| *name != TEMPLATE) {
                match &field.value {
                    // A list of blocks is taken whole from the highest layer that has one.
                    Value::List(blocks) => keys.blocks(name, blocks.iter().map(|block| &block.value)),
                    value => keys.note(name, value),
                }
            }
        }
        keys
    }

    fn note(&mut self, name: &str, value: &Value) {
        if let Value::Table(table) = value {
            for (key, field) in table {
                self.note(&format!("{name}.{key}"), &field.value);
            }
            return;
        }
        self.0.insert(name.to_owned(), Written { whole: whole(value), shown: value.shown() });
    }

    fn blocks<'a>(&mut self, name: &str, blocks: impl Iterator<Item = &'a Value>) {
        self.0.retain(|key, _| !key.starts_with(&format!("{name}.")));
        for (n, block) in blocks.enumerate() {
            let Value::Table(table) = block else { continue };
            let called = ["name", "of"].iter().find_map(|key| match &table.get(*key)?.value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            });
            let called = called.unwrap_or_else(|| (n + 1).to_string());
            let shown = "written otherwise".to_owned();
            self.0.insert(format!("{name}.{called}"), Written { whole: whole(block), shown });
        }
    }

    /// What `newer` says otherwise.
    pub fn changes(&self, newer: &Self) -> Vec<Changed> {
        let names: BTreeSet<&String> = self.0.keys().chain(newer.0.keys()).collect();
        let shown = |keys: &Self, name: &String| keys.0.get(name).map(|written| written.shown.clone());
        names
            .into_iter()
            .filter(|name| self.0.get(*name).map(|w| &w.whole) != newer.0.get(*name).map(|w| &w.whole))
            .map(|name| Changed { key: name.clone(), was: shown(self, name), is: shown(newer, name) })
            .collect()
    }

    /// Takes over what `newer` says of this key.
    pub fn adopt(&mut self, key: &str, newer: &Self) {
        match newer.0.get(key) {
            Some(written) => drop(self.0.insert(key.to_owned(), written.clone())),
            None => drop(self.0.remove(key)),
        }
    }
}

/// All of a value, its kind included, so that two that differ are never written alike.
fn whole(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Whole(number) => number.to_string(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| whole(&item.value)).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) => {
            let fields = table.iter().map(|(key, field)| format!("{key:?} = {}", whole(&field.value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Fraction(text) | Value::Other(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ConfigFile, read};
    use super::*;

    fn keys(text: &str) -> Keys {
        read(&[ConfigFile { name: "test", text }], []).unwrap_or_else(|wrong| panic!("{wrong}")).keys
    }

    fn changes(from: &str, to: &str) -> Vec<String> {
        let changed = keys(from).changes(&keys(to));
        changed.into_iter().map(|c| format!("{} {:?} {:?}", c.key, c.was, c.is)).collect()
    }

    #[test]
    fn what_is_said_otherwise_is_named_with_what_it_was() {
        assert_eq!(changes("[outbox]\nmax_in_flight = 128\n", ""), Vec::<String>::new(), "that is the default");
        assert_eq!(
            changes(
                "[outbox]\nmax_in_flight = 9\nmax_in_flight_per_host = 2\n[pace]\nzone = \"Europe/Berlin\"\n",
                "[outbox]\nmax_in_flight_per_host = 2"
            ),
            [
                "outbox.max_in_flight Some(\"9\") Some(\"128\")",
                "pace.zone Some(\"\\\"Europe/Berlin\\\"\") Some(\"\\\"UTC\\\"\")"
            ]
        );
        assert_eq!(
            changes("[network.bluesky]\ndirectory = \"https://a.example\"\n", "").len(),
            1,
            "a section within a section has keys as well"
        );
    }

    #[test]
    fn a_block_is_known_by_its_name_wherever_it_stands() {
        let source = |name: &str, path: &str| {
            format!("[[source]]\nname = \"{name}\"\nkind = \"folder\"\npath = \"{path}\"\nposter = \"Acme\"\n")
        };
        let (one, two) = (source("one", "a"), source("two", "b"));
        assert_eq!(changes(&format!("{one}{two}"), &format!("{two}{one}")), Vec::<String>::new());
        assert_eq!(
            changes(&one, &two),
            ["source.one Some(\"written otherwise\") None", "source.two None Some(\"written otherwise\")"]
        );
        assert_eq!(changes(&one, &source("one", "c")).len(), 1);
    }

    #[test]
    fn what_was_not_adopted_is_still_a_change() {
        let (mut old, new) = (keys(""), keys("[outbox]\nmax_in_flight = 40\n[store]\ncache_mib = 99\n"));
        old.adopt("outbox.max_in_flight", &new);
        let left: Vec<String> = old.changes(&new).into_iter().map(|changed| changed.key).collect();
        assert_eq!(left, ["store.cache_mib"]);
    }
}
