//! A post as a record. The server reads nothing into the text: links and tags are facets, the card is ours to fill.

use crate::post::{Feature, Post, Stamp};
use serde_json::{Value, json};

/// The same record for every try: its time is when the delivery opened.
pub(super) fn of(post: &Post, stamp: &Stamp) -> Value {
    let mut record = json!({
        "$type": "app.bsky.feed.post",
        "text": post.text,
        "createdAt": stamp.opened.to_string(),
    });
    let facets: Vec<Value> = post
        .facets
        .iter()
        .map(|facet| {
            let feature = match &facet.feature {
                Feature::Link(uri) => json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }),
                Feature::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
            };
            json!({ "index": { "byteStart": facet.start, "byteEnd": facet.end }, "features": [feature] })
        })
        .collect();
    if !facets.is_empty() {
        record["facets"] = facets.into();
    }
    if let Some(language) = &post.language {
        record["langs"] = json!([language]);
    }
    if let Some(card) = &post.card {
        record["embed"] = json!({
            "$type": "app.bsky.embed.external",
            "external": { "uri": card.url, "title": card.title, "description": card.description },
        });
    }
    record
}
