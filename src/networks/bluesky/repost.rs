//! Reposts: a record of its own that names another's post, in the version that was seen. We choose its key, so that putting it again makes no second one.

use super::{look_up, put as put_record, record_key, remove as remove_record};
use crate::failure::{Failure, Why};
use crate::networks::exchange::{of_this_post, of_this_reshare};
use crate::ports::Session;
use crate::post::{Receipt, Stamp};
use serde_json::json;

const COLLECTION: &str = "app.bsky.feed.repost";

pub(super) async fn put(s: Session<'_>, of: &Receipt, stamp: &Stamp) -> Result<Receipt, Failure> {
    let Some(cid) = &of.version else {
        return Err(Failure::Permanent(Why::new("the post's version is not known, and a repost must name it")));
    };
    let record = json!({
        "$type": COLLECTION,
        "subject": { "uri": of.uri, "cid": cid },
        "createdAt": stamp.opened.to_string(),
    });
    let made = put_record(s, COLLECTION, stamp, record).await.map_err(of_this_post)?;
    Ok(seen_at(of, made))
}

pub(super) async fn find(s: Session<'_>, of: &Receipt, stamp: &Stamp) -> Result<Option<Receipt>, Failure> {
    let rkey = record_key(stamp);
    let found = look_up(s, COLLECTION, &rkey).await?;
    Ok(found.map(|found| {
        let made = Receipt { id: rkey, uri: found.uri, url: None, version: Some(found.cid), at: stamp.opened };
        seen_at(of, made)
    }))
}

pub(super) async fn remove(s: Session<'_>, at: &Receipt) -> Result<(), Failure> {
    remove_record(s, COLLECTION, &at.id).await.map_err(of_this_reshare)
}

/// A repost has no page: what people look at is the post.
fn seen_at(of: &Receipt, made: Receipt) -> Receipt {
    Receipt { url: of.url.clone(), ..made }
}
