//! The things that a page describes (schema.org), whichever syntax they were written in: which of them are jobs, and which only lead to one.
//!
//! Contexts are not read: `http`, `https`, a slash more or none at all say the same, and a wrong one is never meant.

use serde_json::{Map, Value};
use std::collections::HashMap;

pub(super) type Thing = Map<String, Value>;

#[derive(Debug, Default)]
pub(super) struct Things<'a> {
    pub postings: Vec<&'a Thing>,
    /// Addresses that a list names, as they are written.
    pub leads: Vec<String>,
    by_id: HashMap<&'a str, &'a Thing>,
}

impl<'a> Things<'a> {
    pub(super) fn of(documents: &'a [Value]) -> Self {
        let mut things = Self::default();
        for document in documents {
            things.walk(document, Place::Open);
        }
        things
    }

    fn walk(&mut self, value: &'a Value, place: Place) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.walk(value, place)),
            Value::Object(thing) => self.meet(thing, place),
            _ => {}
        }
    }

    fn meet(&mut self, thing: &'a Thing, place: Place) {
        if let Some(Value::String(id)) = thing.get("@id").filter(|_| thing.len() > 1) {
            self.by_id.entry(id).or_insert(thing);
        }
        let within = if place == Place::Posting || is_a(thing, "BreadcrumbList") {
            Place::Posting
        } else if is_a(thing, "JobPosting") {
            self.postings.push(thing);
            Place::Posting
        } else {
            if is_a(thing, "ListItem") {
                self.lead(thing);
            }
            place
        };
        if let (Place::Open, Some(Value::Array(listed))) = (within, thing.get("itemListElement")) {
            self.leads.extend(listed.iter().filter_map(|item| item.as_str().map(str::to_owned)));
        }
        thing.values().for_each(|value| self.walk(value, within));
    }

    /// An entry of a list names its page itself, or is (or describes) the thing that does.
    fn lead(&mut self, entry: &Thing) {
        let named = match entry.get("item") {
            Some(Value::String(address)) => Some(address),
            Some(Value::Object(item)) if is_a(item, "JobPosting") => None,
            Some(Value::Object(item)) => item.get("url").or(item.get("@id")).and_then(as_text),
            _ => entry.get("url").and_then(as_text),
        };
        self.leads.extend(named.cloned());
    }

    /// Where a value only names a thing that stands elsewhere on the page, that thing; of a list, the first.
    pub(super) fn thing(&self, value: &'a Value) -> Option<&'a Thing> {
        match value {
            Value::Array(values) => values.iter().find_map(|value| self.thing(value)),
            Value::Object(thing) if thing.len() == 1 => match thing.get("@id") {
                Some(Value::String(id)) => self.by_id.get(id.as_str()).copied(),
                _ => Some(thing),
            },
            Value::Object(thing) => Some(thing),
            _ => None,
        }
    }

    /// What of the value people would read: a text, a number, what a thing is called; of a list, the first. Never blank.
    pub(super) fn text(&self, value: &'a Value) -> Option<String> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(values) => return values.iter().find_map(|value| self.text(value)),
            Value::Object(_) => {
                let thing = self.thing(value)?;
                return ["@value", "name", "value"].iter().find_map(|key| self.text(thing.get(*key)?));
            }
            Value::Bool(_) | Value::Null => return None,
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn text_of(&self, thing: &'a Thing, key: &str) -> Option<String> {
        self.text(thing.get(key)?)
    }

    /// Each text of a list, or the only one.
    pub(super) fn texts_of(&self, thing: &'a Thing, key: &str) -> Vec<String> {
        each(thing.get(key)).filter_map(|value| self.text(value)).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Open,
    /// Inside of one job, or of something else whose lists lead to none.
    Posting,
}

/// The values of a list, or the only one.
pub(super) fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(values)) => values.iter(),
        Some(value) => std::slice::from_ref(value).iter(),
        None => [].iter(),
    }
}

fn as_text(value: &Value) -> Option<&String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Among the thing's types, by its last part: `https://schema.org/JobPosting` and `schema:JobPosting` are `JobPosting`.
pub(super) fn is_a(thing: &Thing, kind: &str) -> bool {
    each(thing.get("@type"))
        .filter_map(Value::as_str)
        .any(|own| own.trim().rsplit(['/', '#', ':']).next().is_some_and(|name| name.eq_ignore_ascii_case(kind)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn jobs_are_found_wherever_they_stand_and_once_each() {
        let page = [json!({"@graph": [
            {"@type": "WebPage", "mainEntity": {"@type": ["Thing", "http://schema.org/JobPosting"], "title": "One"}},
            [{"@type": "schema:jobPosting", "title": "Two", "relatedTo": {"@type": "JobPosting", "title": "In another"}}],
        ]})];
        let titles: Vec<_> =
            Things::of(&page).postings.iter().map(|p| p["title"].as_str().unwrap().to_owned()).collect();
        assert_eq!(titles, ["One", "Two"]);
    }

    #[test]
    fn lists_lead_to_pages_and_breadcrumbs_do_not() {
        let page = [json!([
            {"@type": "ItemList", "itemListElement": [
                {"@type": "ListItem", "url": "/1"}, {"@type": "ListItem", "item": "/2"},
                {"@type": "ListItem", "item": {"@type": "WebPage", "@id": "/3"}}, "/4",
            ]},
            {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": "/"}]},
        ])];
        assert_eq!(Things::of(&page).leads, ["/4", "/1", "/2", "/3"]);
    }

    #[test]
    fn what_is_only_named_is_looked_up_on_the_page() {
        let page =
            [json!([{"@type": "JobPosting", "hiringOrganization": {"@id": "#us"}}, {"@id": "#us", "name": "Acme"}])];
        let things = Things::of(&page);
        assert_eq!(things.text_of(things.postings[0], "hiringOrganization").as_deref(), Some("Acme"));
        let circle = [json!({"@id": "#a", "name": {"@id": "#a"}})];
        assert!(Things::of(&circle).thing(&json!({"@id": "#b"})).is_none());
    }
}
