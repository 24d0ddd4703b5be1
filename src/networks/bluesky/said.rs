//! What somebody said in public, asked by anyone of the server that the account's identity names: how an account shows that it is theirs
//! without signing in.

use super::engagements::{NAME_CHARS, profile_url};
use super::identity::Registrar;
use crate::failure::Failure;
use crate::id::ActorId;
use crate::networks::exchange::{address, document};
use crate::person::{Actor, Indexing};
use crate::ports::Wire;
use serde::Deserialize;

/// Posts that are looked through, newest first.
const NEWEST: &str = "20";

#[derive(Deserialize)]
struct Records {
    #[serde(default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    value: Said,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    text: String,
}

pub(super) async fn says(
    registrar: &Registrar,
    wire: &dyn Wire,
    network: &str,
    name: &str,
    words: &str,
) -> Result<Option<Actor>, Failure> {
    let (did, pds) = registrar.named(wire, name).await?;
    let asked = [("repo", did.as_str()), ("collection", "app.bsky.feed.post"), ("limit", NEWEST)];
    let posts = address(&pds, &["xrpc", "com.atproto.repo.listRecords"], &asked)?;
    let posts = document::<Records>(wire, posts).await?.map(|found| found.records).unwrap_or_default();
    let found = posts.iter().any(|post| post.value.text.contains(words));
    Ok(found.then(|| Actor {
        id: ActorId::from_uri(network, &did),
        network: network.to_owned(),
        handle: name.to_owned(),
        name: name.chars().take(NAME_CHARS).collect(),
        url: Some(profile_url(&did)),
        uri: did,
        indexing: Indexing::Allowed,
    }))
}
