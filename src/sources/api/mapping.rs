//! From an item of someone's JSON to an offer, by the paths that the config gives; and what is wrong with those paths, told by what
//! stands there instead.

use super::headline::{self, Headline};
use super::path::Field;
use crate::failure::Why;
use crate::gig::employment::Employment;
use crate::gig::{Sighting, Status, pay};
use crate::sources::offer::Offer;
use crate::sources::reading::{Day, says_remote, shown, text, texts, time, truth};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Where each field of a gig comes from; only those that the config names.
#[derive(Debug)]
pub(in crate::sources) struct Mapping(BTreeMap<String, Field>);

/// What a path finds over all items of a list.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sources) struct Miss {
    /// As the config calls it: `fields.title`.
    pub key: String,
    pub said: String,
    pub weight: Weight,
}

/// Whether items can become gigs without this field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Weight {
    Needed,
    Useful,
}

impl Mapping {
    pub(in crate::sources) fn parse(fields: &BTreeMap<String, String>) -> Result<Self, Why> {
        let read = |(name, written): (&String, &String)| match Field::parse(written) {
            Ok(field) => Ok((name.clone(), field)),
            Err(wrong) => Err(Why::new(format!("`fields.{name}`: {wrong}"))),
        };
        let mapping = Self(fields.iter().map(read).collect::<Result<_, _>>()?);
        let lacks = |names: &[&str]| !names.iter().any(|name| mapping.0.contains_key(*name));
        for (names, why) in [
            (&["title", "headline"][..], "`fields.title` is missing: a gig has one"),
            (
                &["url", "apply"],
                "`fields.url` is missing: a gig has a page, or an address to apply at as `fields.apply`",
            ),
            (&["id", "url"], "`fields.id` is missing: without it a gig could not be found again"),
        ] {
            if lacks(names) {
                return Err(Why::new(why));
            }
        }
        Ok(mapping)
    }

    /// What an item says. Nothing when it has none of the fields (some lists begin with a legal notice) or offers nothing.
    pub(in crate::sources) fn offer(&self, item: &Value) -> Result<Option<Offer>, String> {
        if self.0.values().all(|field| field.read(item).is_err()) {
            return Ok(None);
        }
        let headline = match self.text(item, "headline") {
            // A comment that was deleted has no text left.
            None if self.0.contains_key("headline") && !self.0.contains_key("title") => return Ok(None),
            None => Headline::default(),
            Some(written) => match headline::read(&written)? {
                Some(headline) => headline,
                None => return Ok(None),
            },
        };
        let title = self.text(item, "title").or(Some(headline.title)).filter(|title| !title.is_empty());
        let url = self.text(item, "url");
        let locations = match self.value(item, "location").map(|value| texts(&value)).unwrap_or_default() {
            none if none.is_empty() => headline.locations,
            some => some,
        };
        let closes = self.value(item, "closes").filter(|value| !is_blank(value));
        let closes = match &closes {
            None => None,
            // A gig must not outlive its end by a mistake in reading it.
            Some(value) => Some(time(value, Day::Ends).ok_or_else(|| self.instead("closes", &shown(value)))?),
        };
        let status = match self.value(item, "status").filter(|value| !is_blank(value)) {
            None => None,
            // Nor may it be taken for open when it says something else.
            Some(value) => Some(status(&value).ok_or_else(|| self.instead("status", &shown(&value)))?),
        };
        let remote = self.value(item, "remote").and_then(|value| truth(&value)).or(headline.remote);
        let kinds = self.value(item, "employment").map(|value| texts(&value)).unwrap_or_default();
        let sighting = Sighting {
            native: self.text(item, "id").or_else(|| url.clone()).ok_or_else(|| self.lacks(item, "id"))?,
            title: Some(title.ok_or_else(|| self.lacks(item, "title"))?),
            body: self.text(item, "description"),
            url,
            apply_url: self.text(item, "apply"),
            organisation: self.text(item, "organisation").or(headline.organisation),
            tags: self.value(item, "tags").map(|value| texts(&value)).unwrap_or_default(),
            pay: self.text(item, "pay").and_then(|said| pay::parse(&said)).or(headline.pay),
            remote: remote.or_else(|| locations.iter().any(|place| says_remote(place)).then_some(true)),
            locations,
            language: self.text(item, "language"),
            published: self.value(item, "published").and_then(|value| time(&value, Day::Begins)),
            closes,
            updated: self.value(item, "updated").and_then(|value| time(&value, Day::Begins)),
            status,
            ..Sighting::default()
        };
        let employment = kinds.iter().find_map(|kind| Employment::read(kind)).or(headline.employment);
        Ok(Some(Offer { sighting, employment }))
    }

    /// The fields that no item has, or in which every item has something else than is wanted.
    pub(in crate::sources) fn misses(&self, items: &[Value]) -> Vec<Miss> {
        // What has none of the fields is something else than an item.
        let items: Vec<&Value> =
            match items.iter().filter(|item| self.0.values().any(|f| f.read(item).is_ok())).collect::<Vec<_>>() {
                none if none.is_empty() => items.iter().collect(),
                some => some,
            };
        let mut misses = Vec::new();
        for (name, field) in &self.0 {
            let (mut absent, mut unreadable, mut fine) = (None, None, false);
            for item in &items {
                match field.read(item) {
                    Err(said) => absent = absent.or(Some(said)),
                    Ok(value) if is_blank(&value) || is_readable(name, &value) => fine = true,
                    Ok(value) => unreadable = unreadable.or_else(|| Some(shown(&value))),
                }
            }
            let said = match (fine, unreadable, absent) {
                (false, Some(found), _) => self.instead(name, &found),
                (false, None, Some(absent)) => {
                    format!("`fields.{name}` is `{}`, and in no item is anything there: {absent}", field.written())
                }
                _ => continue,
            };
            let weight = match name.as_str() {
                "id" | "title" | "url" | "headline" => Weight::Needed,
                _ => Weight::Useful,
            };
            misses.push(Miss { key: format!("fields.{name}"), said, weight });
        }
        misses
    }

    /// What an item that could not be read is called.
    pub(in crate::sources) fn name(&self, item: &Value) -> Option<String> {
        self.text(item, "id").or_else(|| self.text(item, "url"))
    }

    fn value<'a>(&self, item: &'a Value, name: &str) -> Option<Cow<'a, Value>> {
        self.0.get(name)?.read(item).ok()
    }

    fn text(&self, item: &Value, name: &str) -> Option<String> {
        text(&*self.value(item, name)?)
    }

    fn lacks(&self, item: &Value, name: &str) -> String {
        match self.0.get(name).map(|field| field.read(item)) {
            Some(Ok(value)) => self.instead(name, &shown(&value)),
            Some(Err(absent)) => format!("`fields.{name}`: {absent}"),
            None => format!("it says nothing that could be its {name}"),
        }
    }

    fn instead(&self, name: &str, found: &str) -> String {
        let written = self.0.get(name).map_or("", Field::written);
        format!("`fields.{name}` is `{written}`, and {} belongs there; found is {found}", wanted(name))
    }
}

fn status(value: &Value) -> Option<Status> {
    let word = text(value)?;
    [Status::Open, Status::Filled, Status::Expired, Status::Withdrawn]
        .into_iter()
        .find(|status| status.word().eq_ignore_ascii_case(&word))
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn is_readable(name: &str, value: &Value) -> bool {
    match name {
        "published" | "closes" | "updated" => time(value, Day::Begins).is_some(),
        "status" => status(value).is_some(),
        "location" | "tags" | "employment" => value.as_array().is_some_and(Vec::is_empty) || !texts(value).is_empty(),
        "remote" => value.is_boolean() || text(value).is_some(),
        _ => text(value).is_some(),
    }
}

fn wanted(name: &str) -> &'static str {
    match name {
        "published" | "closes" | "updated" => "a time (such as 2026-12-31T18:00:00Z, or seconds since 1970)",
        "status" => "\"open\", \"filled\", \"expired\" or \"withdrawn\"",
        "location" | "tags" | "employment" => "a text or a list of texts",
        "remote" => "true or false, or a text",
        _ => "a text",
    }
}
