//! JSON Feed, versions 1.0 and 1.1, with our own extension `_gig`.
//!
//! Read here and not through `feed-rs`, which drops extensions, ends a feed at its first item with a numeric id, and
//! does not know `expired`. The format is small; each item is read by itself, so that a bad one stops no other.

use super::{Found, native};
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::{Pay, PayUnit, Sighting, Status, pay};
use crate::ports::Refused;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Reads a feed, or says what is wrong with it as the end of a sentence.
pub(super) fn read(url: &str, body: &[u8]) -> Result<Found, String> {
    let document: Value =
        serde_json::from_slice(body).map_err(|e| format!("it is not a JSON Feed that can be read: {e}"))?;
    let version = document["version"].as_str().ok_or("it is no JSON Feed: it has no `version`")?;
    if !version.contains("jsonfeed.org/version/1") {
        let version: String = version.chars().take(60).collect();
        return Err(format!("its `version` is `{version}`, and not that of a JSON Feed"));
    }
    let items = document["items"].as_array().ok_or("it is no JSON Feed: it has no `items`")?;
    let base = Url::parse(url).ok();
    let ended = document["expired"].as_bool().unwrap_or_default();
    let mut found = Found { format: "json", ended, ..Found::default() };
    for (at, item) in items.iter().enumerate() {
        // A number is a common mistake and as good an id; a blank one is none.
        let id = match &item["id"] {
            Value::String(id) => native(Some(id), None, None, None),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        };
        let read = id.clone().ok_or_else(|| "it has no `id`".to_owned());
        match read.and_then(|id| sighting(id, item, base.as_ref(), text(&document, "language"))) {
            Ok(sighting) => found.sightings.push(sighting),
            Err(said) => {
                let what = id.unwrap_or_else(|| format!("item {}", at + 1));
                found.refused.push(Refused { what, why: Why::new(said) });
            }
        }
    }
    Ok(found)
}

fn text(object: &Value, key: &str) -> Option<String> {
    object[key].as_str().map(str::to_owned)
}

/// What cannot be read is left out, except a status and a closing time: they decide whether a gig is announced, so
/// there it is better to say nothing than the wrong thing.
fn sighting(id: String, item: &Value, base: Option<&Url>, feed_language: Option<String>) -> Result<Sighting, String> {
    let gig = &item["_gig"];
    let status = match &gig["status"] {
        Value::Null => None,
        word => Some(Status::deserialize(word).map_err(|e| format!("`_gig.status` cannot be read: {e}"))?),
    };
    let closes = match &gig["expires_at"] {
        Value::Null => None,
        time => Some(
            time.as_str()
                .and_then(Timestamp::parse_rfc3339)
                .ok_or("`_gig.expires_at` should be a time such as 2026-12-31T18:00:00Z")?,
        ),
    };
    let address = |key| text(item, key).map(|a| base.and_then(|b| b.join(&a).ok()).map_or(a, Url::into));
    // The page that an item is about, where there is one, is where to apply.
    let (url, apply_url) = match (address("url"), address("external_url")) {
        (None, external) => (external, None),
        both => both,
    };
    let time = |key| text(item, key).as_deref().and_then(Timestamp::parse_rfc3339);
    Ok(Sighting {
        native: id,
        title: text(item, "title"),
        body: text(item, "content_html").or(text(item, "content_text")).or(text(item, "summary")),
        url,
        apply_url,
        category: text(gig, "category"),
        tags: item["tags"].as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        pay: budget(&gig["budget"]),
        remote: gig["remote"].as_bool(),
        language: text(item, "language").or(feed_language),
        published: time("date_published").or(time("date_modified")),
        closes,
        status,
        ..Sighting::default()
    })
}

/// `{"min": 300, "max": 400, "currency": "EUR", "unit": "TOTAL"}`, either bound alone, or a text as people write pay.
fn budget(budget: &Value) -> Option<Pay> {
    if let Value::String(text) = budget {
        return pay::parse(text);
    }
    let whole = |key: &str| {
        let number = &budget[key];
        // `300.0` is a whole number too; cents are not ours to round away.
        number.as_u64().or_else(|| number.as_f64().filter(|n| n.fract() == 0.0)?.to_string().parse().ok())
    };
    let currency = budget["currency"].as_str()?.to_owned();
    let per = match budget["unit"].as_str().map(str::to_ascii_lowercase).as_deref() {
        None | Some("total") => PayUnit::Project,
        Some(unit) => pay::unit(unit)?,
    };
    pay::sane(match (whole("min"), whole("max")) {
        (Some(min), Some(max)) if min != max => Pay::Range { min, max, currency, per },
        (Some(amount), _) | (_, Some(amount)) if per == PayUnit::Project => Pay::Fixed { amount, currency },
        (Some(amount), _) | (_, Some(amount)) => Pay::Rate { amount, currency, per },
        (None, None) => return None,
    })
}
