//! The gig as people and programs write it: one shape for TOML files, JSON files and the API alike.
//!
//! ```toml
//! title = "Logo for a bakery"
//! apply = "jobs@acme.example"      # or a web address
//! pay = "EUR 300"                  # or { min = 300, max = 400, currency = "EUR", per = "project" }, "barter", "unpaid"
//! closes = 2026-12-12              # the end of that day in UTC, or a time such as 2026-12-12T18:00:00+01:00
//! ```
//!
//! Unlike a feed, which is read as well as it can be, a gig that was written for us is taken whole or refused whole:
//! its writer is there to mend it, so every error names the field, and the line where there is one.

use crate::clock::Timestamp;
use crate::config;
use crate::gig::normalise::{self, DESCRIPTION_GRAPHEMES, LOCATIONS, SKILLS, TITLE_GRAPHEMES, WORD_GRAPHEMES};
use crate::gig::rings::{Ring, RingFault};
use crate::gig::{Pay, PayUnit, Republish, Sighting, Status, Terms, Urgency, address, pay, plain};
use crate::id::digest;
use serde::de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::fmt;
use std::time::Duration;
use unicode_segmentation::UnicodeSegmentation;

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenGig {
    /// What its writer calls it: the same id is the same gig. Files go by their name instead.
    pub id: Option<String>,
    pub title: Option<String>,
    /// Plain text or HTML.
    pub description: Option<String>,
    /// Where to apply: a web address, or a mail address.
    #[serde(deserialize_with = "apply")]
    pub apply: Option<String>,
    /// The page of the gig.
    #[serde(deserialize_with = "page")]
    pub url: Option<String>,
    pub category: Option<String>,
    pub skills: Vec<String>,
    #[serde(deserialize_with = "written_pay")]
    pub pay: Option<Pay>,
    pub remote: Option<bool>,
    pub locations: Vec<String>,
    /// As in `de` or `en-GB`.
    #[serde(deserialize_with = "language")]
    pub language: Option<String>,
    pub organisation: Option<String>,
    #[serde(deserialize_with = "closes")]
    pub closes: Option<Timestamp>,
    pub openings: Option<u32>,
    pub status: Option<Status>,
    /// Its posts do not wait for quiet hours or posting windows.
    pub urgent: bool,
    /// Its poster's accounts that say it first: handles, or ids. Or a community that sees it first: `community/<name>`.
    pub first: Vec<String>,
    /// How long they go alone.
    #[serde(deserialize_with = "wait")]
    pub widen_after: Option<Duration>,
}

/// Every field, in the order in which an error lists them.
pub const FIELDS: &[&str] = &[
    "id",
    "title",
    "description",
    "apply",
    "url",
    "category",
    "skills",
    "pay",
    "remote",
    "locations",
    "language",
    "organisation",
    "closes",
    "openings",
    "status",
    "urgent",
    "first",
    "widen_after",
];

/// What is wrong with a gig, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct WrittenError {
    pub field: Option<String>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// What is wrong and what to write instead, without field and line.
    pub said: String,
}

impl fmt::Display for WrittenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "`{field}` ")?;
        }
        f.write_str(&self.said)
    }
}

/// Reads a gig from the text of a TOML file.
pub fn from_toml(text: &str) -> Result<WrittenGig, WrittenError> {
    match toml::from_str::<WrittenGig>(text) {
        Ok(gig) => gig.complete(),
        Err(error) => {
            let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            let entries = toml::from_str::<toml::Table>(text).unwrap_or_default();
            let faults = entries.into_iter().filter_map(|(field, value)| {
                let alone = toml::Table::from_iter([(field.clone(), value)]);
                WrittenGig::deserialize(alone).err().map(|e| (field, e.message().to_owned()))
            });
            Err(blame(faults.collect(), text, line, error.message()))
        }
    }
}

/// Reads a gig from JSON: a file, or the body of a request.
pub fn from_json(text: &str) -> Result<WrittenGig, WrittenError> {
    match serde_json::from_str::<WrittenGig>(text) {
        Ok(gig) => gig.complete(),
        Err(error) => {
            let line = Some(error.line()).filter(|line| *line > 0);
            let entries = serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap_or_default();
            let faults = entries.into_iter().filter_map(|(field, value)| {
                let alone = serde_json::Value::Object(serde_json::Map::from_iter([(field.clone(), value)]));
                WrittenGig::deserialize(alone).err().map(|e| (field, e.to_string()))
            });
            let whole = error.to_string();
            // The position at its end is said in our own way.
            let said = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(said, _)| said);
            Err(blame(faults.collect(), text, line, said))
        }
    }
}

/// A gig as it would be written here, with the fields in `change` in place of its own: a field that is `null` is taken away (RFC 7396).
/// What its id, its page or its state is cannot be changed so.
pub fn changed(terms: &Terms, change: &str, format: Written) -> Result<WrittenGig, WrittenError> {
    let unreadable = |said: String| WrittenError { field: None, line: None, said };
    let change: serde_json::Map<String, serde_json::Value> = match format {
        Written::Json => serde_json::from_str(change).map_err(|error| unreadable(error.to_string()))?,
        Written::Toml => {
            let table: toml::Table = toml::from_str(change).map_err(|error| unreadable(error.message().to_owned()))?;
            let value = |(key, value): (String, toml::Value)| match value {
                toml::Value::Datetime(at) => (key, at.to_string().into()),
                other => (key, serde_json::to_value(other).unwrap_or_default()),
            };
            table.into_iter().map(value).collect()
        }
    };
    if let Some(field) = ["id", "url", "status"].into_iter().find(|field| change.contains_key(*field)) {
        let said = "cannot be changed here: leave it out".to_owned();
        return Err(WrittenError { field: Some(field.to_owned()), line: None, said });
    }
    let pay = terms.pay.as_ref().map(|pay| match pay {
        Pay::Barter => "barter".into(),
        Pay::Unpaid => "unpaid".into(),
        Pay::Fixed { amount, currency } => json!({ "amount": amount, "currency": currency, "per": "project" }),
        Pay::Rate { amount, currency, per } => json!({ "amount": amount, "currency": currency, "per": per }),
        Pay::Range { min, max, currency, per } => json!({ "min": min, "max": max, "currency": currency, "per": per }),
    });
    let whole = json!({
        "title": terms.title,
        "description": terms.description,
        "apply": terms.apply_url,
        "category": terms.category,
        "skills": terms.skills,
        "pay": pay,
        "remote": terms.place.remote,
        "locations": terms.place.locations,
        "language": terms.language,
        "organisation": terms.organisation,
        "closes": terms.closes.map(|at| at.to_string()),
        "openings": terms.openings,
        "urgent": terms.urgency.is_urgent(),
        "first": terms.ring.as_ref().map(|ring| ring.first.clone()),
        "widen_after": terms.ring.as_ref().map(Ring::written),
    });
    let mut whole = whole.as_object().cloned().unwrap_or_default();
    whole.extend(change);
    whole.retain(|_, value| !value.is_null());
    from_json(&serde_json::Value::Object(whole).to_string())
}

/// How a gig is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Toml,
    Json,
}

/// Reads a gig from fields that came apart, as those of a form do. Every field that is at fault is named, in the order of
/// [`FIELDS`]; each once.
pub fn from_fields(mut fields: serde_json::Map<String, serde_json::Value>) -> Result<WrittenGig, Vec<WrittenError>> {
    let alone = |(field, value): (&String, &serde_json::Value)| {
        let alone = serde_json::Map::from_iter([(field.clone(), value.clone())]);
        let error = WrittenGig::deserialize(serde_json::Value::Object(alone)).err()?;
        Some(blame(vec![(field.clone(), error.to_string())], "", None, ""))
    };
    let mut wrongs: Vec<WrittenError> = fields.iter().filter_map(alone).collect();
    fields.retain(|field, _| !wrongs.iter().any(|wrong| wrong.field.as_ref() == Some(field)));
    let gig = WrittenGig::deserialize(serde_json::Value::Object(fields))
        .map_err(|error| vec![WrittenError { field: None, line: None, said: error.to_string() }])?;
    for wrong in gig.wrongs() {
        if !wrongs.iter().any(|known| known.field == wrong.field) {
            wrongs.push(wrong);
        }
    }
    wrongs.sort_by_key(|wrong| FIELDS.iter().position(|field| Some(*field) == wrong.field.as_deref()));
    if wrongs.is_empty() { Ok(gig) } else { Err(wrongs) }
}

/// Parsers know the line and not the field: so each field that was written is read alone, and those that fail are at fault.
fn blame(faults: Vec<(String, String)>, text: &str, line: Option<usize>, otherwise: &str) -> WrittenError {
    let written = line.and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
    let written = written.trim_start_matches(|c: char| !c.is_alphanumeric());
    let at = faults.iter().position(|(field, _)| written.starts_with(field.as_str())).unwrap_or(0);
    match faults.into_iter().nth(at) {
        Some((field, _)) if !FIELDS.contains(&field.as_str()) => {
            WrittenError { said: unknown(&field), field: Some(field.chars().take(60).collect()), line }
        }
        Some((field, said)) => WrittenError { field: Some(field), line, said },
        None => WrittenError { field: None, line, said: otherwise.lines().collect::<Vec<_>>().join(" ") },
    }
}

fn unknown(field: &str) -> String {
    let near = FIELDS.iter().min_by_key(|known| strsim::damerau_levenshtein(known, field));
    match near.filter(|known| strsim::damerau_levenshtein(known, field) <= 1 + known.len() / 3) {
        Some(near) => format!("is no field of a gig; did you mean `{near}`?"),
        None => format!("is no field of a gig; these are: {}", FIELDS.join(", ")),
    }
}

impl WrittenGig {
    fn complete(self) -> Result<Self, WrittenError> {
        match self.wrongs().into_iter().next() {
            Some(wrong) => Err(wrong),
            None => Ok(self),
        }
    }

    /// What no gig can do without, and what would have to be cut: whoever wrote it is there to cut it better.
    fn wrongs(&self) -> Vec<WrittenError> {
        let mut wrongs = Vec::new();
        let mut wrong = |field: &str, said: String| {
            wrongs.push(WrittenError { field: Some(field.to_owned()), line: None, said });
        };
        let title = plain::line(self.title.as_deref().unwrap_or_default());
        if title.is_empty() {
            wrong("title", "is missing: say in a few words what is wanted".to_owned());
        }
        if self.apply.is_none() && self.url.is_none() {
            let said = "is missing: give a web or mail address to apply at, or the gig's page as `url`";
            wrong("apply", said.to_owned());
        }
        if self.id.as_ref().is_some_and(|id| id.trim().is_empty() || id.len() > 200) {
            wrong("id", "should be between 1 and 200 bytes long".to_owned());
        }
        if self.openings == Some(0) {
            wrong("openings", "should be at least 1; a gig that is taken has `status` \"filled\"".to_owned());
        }
        match Ring::of(&self.first, self.widen_after) {
            Ok(_) => {}
            Err(RingFault::First(said)) => wrong("first", said.to_owned()),
            Err(RingFault::WidenAfter(said)) => wrong("widen_after", said.to_owned()),
        }
        let is_long = |text: &str, most: usize| text.len() > most && text.graphemes(true).nth(most).is_some();
        let long = |most: usize| format!("is longer than {most} characters: shorten it");
        if is_long(&title, TITLE_GRAPHEMES) {
            wrong("title", long(TITLE_GRAPHEMES));
        }
        if is_long(&plain::text(self.description.as_deref().unwrap_or_default()), DESCRIPTION_GRAPHEMES) {
            wrong("description", long(DESCRIPTION_GRAPHEMES));
        }
        if is_long(self.organisation.as_deref().unwrap_or_default().trim(), WORD_GRAPHEMES) {
            wrong("organisation", long(WORD_GRAPHEMES));
        }
        for (field, words, most) in [("skills", &self.skills, SKILLS), ("locations", &self.locations, LOCATIONS)] {
            if words.len() > most {
                wrong(field, format!("should be at most {most}, and these are {}", words.len()));
            } else if words.iter().any(|word| is_long(word.trim(), WORD_GRAPHEMES)) {
                wrong(field, format!("has one that is longer than {WORD_GRAPHEMES} characters: shorten it"));
            }
        }
        wrongs
    }

    /// As a source saw it. Without a name or an id, the gig goes by its title and address: written again with other
    /// words in these, it is another gig.
    pub fn sighting(self, name: Option<&str>) -> Sighting {
        let native = name.map(str::to_owned).or(self.id).unwrap_or_else(|| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            let (title, apply, url) = (part(&self.title), part(&self.apply), part(&self.url));
            let hash = digest("written", &[title.as_bytes(), apply.as_bytes(), url.as_bytes()]);
            hash[..16].iter().fold("hash:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
        });
        Sighting {
            native,
            title: self.title,
            body: self.description,
            url: self.url,
            apply_url: self.apply,
            organisation: self.organisation,
            category: self.category,
            tags: self.skills,
            pay: self.pay,
            remote: self.remote,
            locations: self.locations,
            language: self.language,
            published: None,
            closes: self.closes,
            updated: None,
            openings: self.openings,
            status: self.status,
            republish: Republish::Allowed,
            urgency: if self.urgent { Urgency::Urgent } else { Urgency::Usual },
            ring: Ring::of(&self.first, self.widen_after).ok().flatten(),
        }
    }
}

fn apply<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let written = String::deserialize(from)?;
    let written = written.trim();
    let url = if address::is_mail_address(written) { format!("mailto:{written}") } else { written.to_owned() };
    address::publishable(&url).map(Some).map_err(D::Error::custom)
}

fn wait<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let written = String::deserialize(from)?;
    let hint = "should be a time with its unit, such as \"6h\", \"90m\" or \"2d\"";
    config::duration(written.trim()).map(Some).ok_or_else(|| D::Error::custom(hint))
}

fn page<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    address::publishable(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

fn language<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let written = String::deserialize(from)?;
    match normalise::language(&written) {
        Some(_) => Ok(Some(written)),
        None => Err(D::Error::custom("should be a language tag such as `de` or `en-GB`")),
    }
}

const PAY_HINT: &str =
    "should be such as \"EUR 300\", \"$40/hour\", \"300-400 EUR\", \"barter\" or \"unpaid\", in whole units";

fn written_pay<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Pay>, D::Error> {
    struct Read;
    impl<'de> Visitor<'de> for Read {
        type Value = Pay;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("pay such as \"EUR 300\", or a table of `amount` (or `min` and `max`), `currency` and `per`")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Pay, E> {
            pay::parse(text).ok_or_else(|| E::custom(PAY_HINT))
        }

        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Pay, M::Error> {
            PayTable::deserialize(MapAccessDeserializer::new(map))?.pay().map_err(M::Error::custom)
        }
    }
    from.deserialize_any(Read).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayTable {
    amount: Option<u64>,
    min: Option<u64>,
    max: Option<u64>,
    currency: String,
    per: Option<PayUnit>,
}

impl PayTable {
    fn pay(self) -> Result<Pay, &'static str> {
        let (currency, per) = (self.currency, self.per.unwrap_or(PayUnit::Project));
        let pay = match (self.amount, self.min, self.max) {
            (Some(amount), None, None) if per == PayUnit::Project => Pay::Fixed { amount, currency },
            (Some(amount), None, None) => Pay::Rate { amount, currency, per },
            (None, Some(min), Some(max)) => Pay::Range { min, max, currency, per },
            _ => return Err("should have either `amount`, or both `min` and `max`"),
        };
        pay::sane(pay).ok_or("should have a currency of three letters, a sum above 0, and `min` no larger than `max`")
    }
}

fn closes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    struct Read;
    impl<'de> Visitor<'de> for Read {
        type Value = Timestamp;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a date such as 2026-12-12, or a time such as 2026-12-12T18:00:00Z")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
            end_of(text).ok_or_else(|| {
                E::custom("should be a date such as 2026-12-12, or a time with its offset such as 2026-12-12T18:00:00Z")
            })
        }

        /// TOML has dates of its own, and hands them over as a map.
        fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Timestamp, M::Error> {
            let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
            self.visit_str(&date.to_string())
        }
    }
    from.deserialize_any(Read).map(Some)
}

/// A time with its offset; or a date, whose last moment in UTC is meant.
fn end_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    Timestamp::parse_rfc3339(text).or_else(|| {
        // A bare date only: the calendar library would read the date of a time without offset, too.
        let date = (text.len() == 10).then(|| text.parse::<jiff::civil::Date>().ok()).flatten()?;
        let end = date.at(23, 59, 59, 999_000_000).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp::from_jiff(end.timestamp()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGO: &str = r#"
title = "Logo for a bakery"
description = "SVG and PNG."
apply = "jobs@acme.example"
category = "design"
skills = ["logo", "svg"]
pay = { min = 300, max = 400, currency = "EUR" }
remote = true
closes = 2026-12-12
openings = 1
"#;

    #[test]
    fn a_gig_reads_the_same_from_toml_and_json() {
        let json = r#"{"title": "Logo for a bakery", "description": "SVG and PNG.", "apply": "mailto:jobs@acme.example",
            "category": "design", "skills": ["logo", "svg"], "pay": "300-400 EUR", "remote": true,
            "closes": "2026-12-12", "openings": 1}"#;
        let gig = from_toml(LOGO).unwrap();
        assert_eq!(gig, from_json(json).unwrap());
        assert_eq!(gig.closes.unwrap().to_string(), "2026-12-12T23:59:59.999Z", "the whole day counts");
        assert_eq!(gig.apply.as_deref(), Some("mailto:jobs@acme.example"));
    }

    #[test]
    fn each_mistake_is_named_with_its_field_and_line() {
        for (wrong, right, field, line, said) in [
            ("titel", "title", "titel", Some(2), "did you mean `title`?"),
            ("\"jobs@acme.example\"", "\"ask Jo\"", "apply", Some(4), "whole address"),
            ("[\"logo\", \"svg\"]", "\"logo\"", "skills", Some(6), "expected a sequence"),
            ("min = 300", "min = 500", "pay", Some(7), "no larger than `max`"),
            ("min = 300", "mim = 300", "pay", Some(7), "mim"),
            ("true", "\"yes\"", "remote", Some(8), "expected a boolean"),
            ("2026-12-12", "2026-12-12T18:00:00", "closes", Some(9), "offset"),
            ("2026-12-12", "\"next week\"", "closes", Some(9), "a date such as"),
            ("openings = 1", "openings = 0", "openings", None, "at least 1"),
        ] {
            let text = if right == "title" { LOGO.replace(right, wrong) } else { LOGO.replace(wrong, right) };
            let error = from_toml(&text).unwrap_err();
            assert_eq!((error.field.as_deref(), error.line), (Some(field), line), "{error}");
            assert!(error.said.contains(said), "{error}");
        }
    }

    #[test]
    fn json_mistakes_are_named_alike() {
        let error =
            from_json("{\n\"title\": \"Logo\",\n\"apply\": \"https://x.example\",\n\"pay\": \"lots\"\n}").unwrap_err();
        assert_eq!((error.field.as_deref(), error.line), (Some("pay"), Some(4)), "{error}");
        assert_eq!(error.to_string(), format!("line 4: `pay` {PAY_HINT}"));
        let error = from_json("{\n\"title\": \"Logo\",\n\"tags\": []\n}").unwrap_err();
        assert_eq!((error.field.as_deref(), error.line), (Some("tags"), Some(3)), "{error}");
        let error = from_json("{\n\"title\": ").unwrap_err();
        assert_eq!((error.field, error.line), (None, Some(2)), "{}", error.said);
    }

    #[test]
    fn of_two_mistakes_the_field_and_the_line_are_of_one() {
        let error = from_toml("titel = 'Logo'\nopenings = 'many'").unwrap_err();
        assert_eq!((error.field.as_deref(), error.line), (Some("openings"), Some(2)), "{error}");
        let error = from_json("{\n\"skills\": 1,\n\"closes\": \"soon\"\n}").unwrap_err();
        assert_eq!((error.field.as_deref(), error.line), (Some("skills"), Some(2)), "{error}");
    }

    #[test]
    fn what_no_gig_can_do_without_is_asked_for() {
        assert_eq!(from_toml("apply = 'https://x.example'").unwrap_err().field.as_deref(), Some("title"));
        assert_eq!(from_toml("title = 'Logo'").unwrap_err().field.as_deref(), Some("apply"));
        assert!(from_toml("title = 'Logo'\nurl = 'https://x.example'").is_ok());
        assert!(from_toml("title = 'Logo").unwrap_err().line.is_some());
    }

    #[test]
    fn what_would_have_to_be_cut_is_refused() {
        let words = |n: usize| "word ".repeat(n);
        for (field, value) in [
            ("title", serde_json::json!(words(61))),
            ("title", serde_json::json!("<p></p>")),
            ("description", serde_json::json!(words(4001))),
            ("organisation", serde_json::json!(words(21))),
            ("skills", serde_json::json!(vec!["svg"; 51])),
            ("locations", serde_json::json!([words(21)])),
            ("language", serde_json::json!("German")),
        ] {
            let mut gig = serde_json::json!({ "title": "Logo", "apply": "https://x.example" });
            gig[field] = value;
            assert_eq!(from_json(&gig.to_string()).unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn of_fields_that_came_apart_each_wrong_one_is_named_once() {
        let serde_json::Value::Object(fields) = serde_json::json!({
            "title": " ", "apply": "ask Jo", "pay": "lots", "openings": 0, "skills": ["svg"], "titel": "Logo",
        }) else {
            unreachable!("it is written as an object");
        };
        let wrongs = from_fields(fields.clone()).unwrap_err();
        let named: Vec<&str> = wrongs.iter().filter_map(|wrong| wrong.field.as_deref()).collect();
        assert_eq!(named, ["titel", "title", "apply", "pay", "openings"]);
        assert!(wrongs[0].said.contains("did you mean `title`?"), "{}", wrongs[0]);
        let sound = serde_json::Map::from_iter([
            ("title".to_owned(), "Logo".into()),
            ("apply".to_owned(), "jobs@acme.example".into()),
        ]);
        assert_eq!(
            from_fields(sound.clone()),
            from_json(&serde_json::Value::Object(sound).to_string()).map_err(|e| vec![e])
        );
    }

    #[test]
    fn without_a_name_a_gig_goes_by_its_id_and_then_by_what_it_says() {
        let gig = |id: &str| from_toml(&format!("{id}\ntitle = 'Logo'\napply = 'https://x.example'")).unwrap();
        assert_eq!(gig("id = '81'").sighting(Some("file")).native, "file");
        assert_eq!(gig("id = '81'").sighting(None).native, "81");
        let unnamed = gig("").sighting(None).native;
        assert_eq!(unnamed, gig("description = 'more'").sighting(None).native);
        assert!(unnamed.starts_with("hash:"));
    }

    #[test]
    fn a_gig_is_urgent_while_it_is_said_to_be_and_a_change_of_something_else_leaves_it_so() {
        let urgent = |gig: WrittenGig| gig.sighting(None).urgency == Urgency::Urgent;
        assert!(urgent(from_toml(&format!("{LOGO}urgent = true\n")).unwrap()));
        assert!(!urgent(from_toml(LOGO).unwrap()));
        assert_eq!(from_toml(&format!("{LOGO}urgent = \"very\"\n")).unwrap_err().field.as_deref(), Some("urgent"));
        let terms = Terms { urgency: Urgency::Urgent, ..crate::plan::samples::gig().terms };
        let after = |change| urgent(changed(&terms, change, Written::Json).unwrap());
        assert!(after(r#"{ "title": "Another" }"#));
        assert!(!after(r#"{ "urgent": false }"#) && !after(r#"{ "urgent": null }"#));
    }
}
