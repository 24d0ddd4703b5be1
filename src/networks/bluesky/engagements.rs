//! Who reposted, quoted and replied, as the AppView of the account's PDS sees it.

use super::answers::{Node, PostView, Posts, ProfileView, Profiles, RepostedBy, Thread};
use super::{ask, post_url, query};
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::id::ActorId;
use crate::person::{Actor, Indexing};
use crate::ports::{API_BYTES, Mention, Page, Seen, Session, Words};
use crate::post::Receipt;
use crate::profile::EngagementKind;
use std::collections::BTreeMap;

/// Replies to replies are read this deep; two levels of JSON each, and the reader of JSON stops at 128.
const DEPTH: &str = "40";
/// How many people one look-up may name, and how many look-ups one page is worth.
const ASKED_AT_ONCE: usize = 25;
const MOST_LOOK_UPS: usize = 4;
pub(super) const NAME_CHARS: usize = 100;

pub(super) async fn page(
    s: Session<'_>,
    of: &Receipt,
    kind: EngagementKind,
    from: Option<&str>,
) -> Result<Page, Failure> {
    let mut parameters = vec![("uri", of.uri.as_str()), ("limit", "100")];
    parameters.extend(from.map(|cursor| ("cursor", cursor)));
    match kind {
        EngagementKind::Reshare => {
            let request = query(&s.account.server, "app.bsky.feed.getRepostedBy", &parameters)?;
            let listed: RepostedBy = ask(s, request).await?;
            let seen = listed.reposted_by.iter().filter(|who| who.did != s.account.native);
            let seen = seen.map(|who| Seen { actor: actor(s, who), at: None, words: None }).collect();
            Ok(Page { seen, next: listed.cursor })
        }
        EngagementKind::Quote => {
            let listed: Posts = ask(s, query(&s.account.server, "app.bsky.feed.getQuotes", &parameters)?).await?;
            let others = listed.posts.into_iter().filter(|post| post.author.did != s.account.native).collect();
            Ok(Page { seen: said(s, others).await?, next: listed.cursor })
        }
        EngagementKind::Reply => {
            let parameters = [("uri", of.uri.as_str()), ("depth", DEPTH), ("parentHeight", "0")];
            let mut request = query(&s.account.server, "app.bsky.feed.getPostThread", &parameters)?;
            // A whole conversation comes at once.
            request.max_bytes = 4 * API_BYTES;
            let thread: Thread = ask(s, request).await?;
            let mut posts = Vec::new();
            // The account's own among them: it may vouch for somebody there.
            thread.thread.replies.into_iter().for_each(|reply| gather(reply, &mut posts));
            Ok(Page { seen: said(s, posts).await?, next: None })
        }
        EngagementKind::Like => Err(Failure::Permanent(Why::new("likes are counted here, not listed"))),
    }
}

/// Every post below this one, itself first.
fn gather(node: Node, into: &mut Vec<PostView>) {
    into.extend(node.post);
    node.replies.into_iter().for_each(|reply| gather(reply, into));
}

/// What people said, with whom they name.
async fn said(s: Session<'_>, posts: Vec<PostView>) -> Result<Vec<Seen>, Failure> {
    let named = look_up(s, posts.iter().flat_map(mentions).map(|(_, did)| did)).await?;
    let seen = posts.iter().map(|post| Seen {
        actor: actor(s, &post.author),
        at: post.indexed_at.as_deref().and_then(Timestamp::parse_rfc3339),
        words: Some(Words {
            uri: post.uri.clone(),
            url: post.uri.rsplit_once('/').map(|(_, rkey)| post_url(&post.author.did, rkey)),
            text: post.record.text.clone(),
            mentions: mentions(post)
                .map(|(written, did)| Mention {
                    written: written.to_owned(),
                    actor: named.get(did).cloned().unwrap_or_else(|| stranger(s, written, did)),
                })
                .collect(),
        }),
    });
    Ok(seen.collect())
}

/// Who is named: the slice of the text as it stands, and the person it stands for. A slice that is none, or is no `@name`, is passed over.
fn mentions(post: &PostView) -> impl Iterator<Item = (&str, &str)> {
    post.record.facets.iter().filter_map(|facet| {
        let did = facet.features.iter().find_map(|feature| feature.did.as_deref())?;
        let written = post.record.text.get(facet.index.byte_start..facet.index.byte_end)?;
        written.starts_with('@').then_some((written, did))
    })
}

/// A mention gives no more than a DID; name, handle and wishes are in the profile.
async fn look_up<'a>(s: Session<'_>, dids: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, Actor>, Failure> {
    let mut wanted: Vec<&str> = dids.collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut named = BTreeMap::new();
    for some in wanted.chunks(ASKED_AT_ONCE).take(MOST_LOOK_UPS) {
        let parameters: Vec<_> = some.iter().map(|did| ("actors", *did)).collect();
        let request = query(&s.account.server, "app.bsky.actor.getProfiles", &parameters)?;
        let found: Profiles = ask(s, request).await?;
        named.extend(found.profiles.iter().map(|who| (who.did.clone(), actor(s, who))));
    }
    Ok(named)
}

/// Someone named of whom no more is known: counted, until the profile says that more is allowed.
fn stranger(s: Session<'_>, written: &str, did: &str) -> Actor {
    let handle = written.trim_start_matches('@');
    Actor {
        id: ActorId::from_uri(&s.account.network, did),
        network: s.account.network.clone(),
        uri: did.to_owned(),
        handle: handle.to_owned(),
        name: handle.chars().take(NAME_CHARS).collect(),
        url: Some(profile_url(did)),
        indexing: Indexing::Refused,
    }
}

fn actor(s: Session<'_>, who: &ProfileView) -> Actor {
    let name = who.display_name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&who.handle);
    // The wish not to be shown to those who have no account: what we make may be read by anyone.
    let refused = who.labels.iter().any(|label| label.val == "!no-unauthenticated" && !label.neg);
    Actor {
        id: ActorId::from_uri(&s.account.network, &who.did),
        network: s.account.network.clone(),
        uri: who.did.clone(),
        handle: who.handle.clone(),
        name: name.chars().take(NAME_CHARS).collect(),
        url: Some(profile_url(&who.did)),
        indexing: if refused { Indexing::Refused } else { Indexing::Allowed },
    }
}

pub(super) fn profile_url(did: &str) -> String {
    format!("https://bsky.app/profile/{did}")
}
