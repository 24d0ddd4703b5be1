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

#[derive(Deserialize)]
struct Document {
    version: String,
    items: Vec<Value>,
    language: Option<String>,
    #[serde(default)]
    expired: bool,
}

#[derive(Deserialize)]
struct Item {
    id: Option<Value>,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    content_html: Option<String>,
    content_text: Option<String>,
    summary: Option<String>,
    date_published: Option<String>,
    date_modified: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    language: Option<String>,
    #[serde(default, rename = "_gig")]
    gig: Extension,
}

/// What a gig has and an article has not. Texts and sums that cannot be read are left out; a status or closing time that
/// cannot be read refuses the item, since they decide whether it is announced.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Extension {
    budget: Value,
    remote: Option<bool>,
    expires_at: Option<String>,
    category: Option<String>,
    status: Option<Status>,
}

/// Reads a feed, or says what is wrong with it as the end of a sentence.
pub(super) fn read(url: &str, body: &[u8]) -> Result<Found, String> {
    let document: Document =
        serde_json::from_slice(body).map_err(|e| format!("it is not a JSON Feed that can be read: {e}"))?;
    if !document.version.contains("jsonfeed.org/version/1") {
        let version: String = document.version.chars().take(60).collect();
        return Err(format!("its `version` is `{version}`, and not that of a JSON Feed"));
    }
    let base = Url::parse(url).ok();
    let mut found = Found { format: "json", ended: document.expired, ..Found::default() };
    for (at, item) in document.items.into_iter().enumerate() {
        let id = match &item["id"] {
            Value::String(id) => id.trim().to_owned(),
            Value::Number(id) => id.to_string(),
            _ => String::new(),
        };
        match sighting(&id, item, base.as_ref(), document.language.as_deref()) {
            Ok(sighting) => found.sightings.push(sighting),
            Err(said) => {
                let what = if id.is_empty() { format!("item {}", at + 1) } else { id };
                found.refused.push(Refused { what, why: Why::new(said) });
            }
        }
    }
    Ok(found)
}

fn sighting(id: &str, item: Value, base: Option<&Url>, feed_language: Option<&str>) -> Result<Sighting, String> {
    let item: Item = serde_json::from_value(item).map_err(|e| format!("the item cannot be read: {e}"))?;
    let whole = |address: Option<String>| address.map(|a| base.and_then(|b| b.join(&a).ok()).map_or(a, Url::into));
    // The page that an item is about, where there is one, is where to apply.
    let (url, apply_url) = match (whole(item.url), whole(item.external_url)) {
        (None, external) => (external, None),
        both => both,
    };
    let closes = item.gig.expires_at.as_deref().map(|at| {
        Timestamp::parse_rfc3339(at)
            .ok_or_else(|| "`_gig.expires_at` should be a time such as 2026-12-31T18:00:00Z".to_owned())
    });
    let at = |text: Option<String>| text.as_deref().and_then(Timestamp::parse_rfc3339);
    Ok(Sighting {
        native: item.id.and_then(|_| native(Some(id), None, None, None)).ok_or("it has no `id`")?,
        title: item.title,
        body: item.content_html.or(item.content_text).or(item.summary),
        url,
        apply_url,
        category: item.gig.category,
        tags: item.tags,
        pay: budget(&item.gig.budget),
        remote: item.gig.remote,
        language: item.language.or(feed_language.map(str::to_owned)),
        published: at(item.date_published).or(at(item.date_modified)),
        closes: closes.transpose()?,
        status: item.gig.status,
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
