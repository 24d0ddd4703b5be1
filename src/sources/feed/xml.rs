//! RSS (0.9 to 2.0) and Atom, through `feed-rs`.
//!
//! Its parser knows the dozens of ways in which feeds are broken, resolves no external entity and expands none of a
//! feed's own. Its sanitiser stays off: sightings are kept as written, and `normalise` is the only reader.

use super::{Found, charset, native, skips};
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::Sighting;
use crate::polling::Skips;
use crate::ports::Refused;
use feed_rs::model::{Entry, FeedType};
use feed_rs::parser;

/// Reads a feed whose charset the server named, or what is wrong with it.
pub(super) fn read(url: &str, body: &[u8], named: Option<&str>) -> Result<Found, String> {
    let text = charset::decode(body, named);
    let body = text.as_bytes();
    let feed = parser::Builder::new()
        .base_uri(Some(url))
        .sanitize_content(false)
        // An id that the parser invents could not be told from a real one, and changes with the title: we make our own.
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(body)
        .map_err(|e| {
            format!("it is not a feed that can be read: {}", e.to_string().chars().take(200).collect::<String>())
        })?;
    let format = if feed.feed_type == FeedType::Atom { "atom" } else { "rss" };
    let skips = if format == "rss" { skips::read(&text) } else { Skips::default() };
    let mut found = Found { format, ttl_minutes: feed.ttl.map(u64::from), skips, ..Found::default() };
    for (at, entry) in feed.entries.into_iter().enumerate() {
        match sighting(entry, format, feed.language.as_deref()) {
            Some(sighting) => found.sightings.push(sighting),
            None => found.refused.push(Refused {
                what: format!("item {}", at + 1),
                why: Why::new("it has no id, no link, no title and no text"),
            }),
        }
    }
    Ok(found)
}

fn sighting(entry: Entry, format: &str, feed_language: Option<&str>) -> Option<Sighting> {
    let title = entry.title.map(|t| t.content);
    let is_text = |kind: &str| kind.starts_with("text/") || kind.contains("xhtml");
    let content = entry.content.filter(|c| is_text(c.content_type.as_str())).and_then(|c| c.body);
    let body = content.filter(|b| !b.trim().is_empty()).or(entry.summary.map(|s| s.content));
    let link =
        entry.links.into_iter().find(|l| l.target.is_none() && matches!(l.rel.as_deref(), None | Some("alternate")));
    // A guid is the permanent link of an item unless it says otherwise, and one that does not look like it need not.
    let permalink = (format == "rss" && entry.id.starts_with("http")).then(|| entry.id.clone());
    let url = link.map(|l| l.href).filter(|l| !l.is_empty()).or(permalink);
    let published = entry.published.or(entry.updated).and_then(|at| u64::try_from(at.timestamp_millis()).ok());
    Some(Sighting {
        native: native(Some(&entry.id), url.as_deref(), title.as_deref(), body.as_deref())?,
        title,
        body,
        url,
        tags: entry.categories.into_iter().map(|c| c.label.unwrap_or(c.term)).collect(),
        language: entry.language.as_deref().or(feed_language).map(str::to_owned),
        published: published.map(Timestamp::from_millis),
        ..Sighting::default()
    })
}
