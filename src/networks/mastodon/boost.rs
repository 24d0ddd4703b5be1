//! Boosts: another's post shown among one's own. A server makes one of each post and account, however often it is asked.
//!
//! A server knows a post by an id of its own: one that was made elsewhere is found by its address first, and fetched where the server has not seen it.

use super::answers::{Results, Status};
use super::{answer, ask, refused};
use crate::clock::Timestamp;
use crate::failure::{Failure, Scope, Why};
use crate::networks::exchange::{address, of_this_post, of_this_reshare, read};
use crate::ports::{Auth, Request, Reshared, Session};
use crate::post::{Receipt, Stamp};

/// It is looked at first: the server would say yes to a second one as well, and what its person boosted by hand has to be told from what we did.
pub(super) async fn boost(s: Session<'_>, of: &Receipt) -> Result<Reshared, Failure> {
    let Some(seen) = known_here(s, of).await.map_err(not_begun).map_err(of_this_post)? else {
        let said = "the account's server does not find the post on the server that it was made on";
        return Err(Failure::Transient(Why::new(said)));
    };
    if seen.reblogged == Some(true) {
        return Ok(Reshared::Already(receipt(of, seen.id, of.at)));
    }
    let url = address(&s.account.server, &["api", "v1", "statuses", &seen.id, "reblog"], &[])?;
    let response = answer(s, Request::post(url)).await.map_err(of_this_post)?;
    // That it can be read makes it a success: pages for people begin with 200 as well.
    read::<Status>(&response)?;
    Ok(Reshared::Now(receipt(of, seen.id, response.received)))
}

/// A server says yes as well where nothing is boosted any more. A boost goes with its post.
pub(super) async fn unboost(s: Session<'_>, at: &Receipt) -> Result<(), Failure> {
    let url = address(&s.account.server, &["api", "v1", "statuses", &at.id, "unreblog"], &[])?;
    let response = s.wire.send(Request::post(url).auth(Auth::Session)).await?;
    match response.status {
        404 | 410 => Ok(()),
        200..=299 => read::<Status>(&response).map(|_| ()),
        _ => Err(of_this_reshare(refused(&response, Scope::Account))),
    }
}

pub(super) async fn find(s: Session<'_>, of: &Receipt, stamp: &Stamp) -> Result<Option<Receipt>, Failure> {
    let status = match known_here(s, of).await {
        Ok(Some(status)) => status,
        Ok(None) => {
            return Err(Failure::Unknown(Why::new(
                "the account's server does not find the post that was to be boosted",
            )));
        }
        // A boost goes with its post.
        Err(Failure::Permanent(_)) if is_made_here(s, of) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    match status.reblogged {
        Some(true) => Ok(Some(receipt(of, status.id, stamp.opened))),
        Some(false) => Ok(None),
        None => Err(Failure::Unknown(Why::new("the server does not say whether this account boosts the post"))),
    }
}

/// By the id that we have, and no other.
fn is_made_here(s: Session<'_>, of: &Receipt) -> bool {
    of.uri.strip_prefix(s.account.server.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// The post as the account's own server knows it; nothing where it does not.
async fn known_here(s: Session<'_>, of: &Receipt) -> Result<Option<Status>, Failure> {
    let server = &s.account.server;
    let by_id = address(server, &["api", "v1", "statuses", &of.id], &[])?;
    if is_made_here(s, of) {
        return ask::<Status>(s, Request::get(by_id)).await.map(Some);
    }
    let query = [("q", of.uri.as_str()), ("type", "statuses"), ("resolve", "true"), ("limit", "5")];
    let found: Result<Results, Failure> =
        ask(s, Request::get(address(server, &["api", "v2", "search"], &query)?)).await;
    let found = match found {
        Ok(found) => found.statuses.into_iter().find(|status| status.uri == of.uri),
        // Not every server has a search.
        Err(Failure::Permanent(_)) => None,
        Err(failure) => return Err(failure),
    };
    if found.is_some() {
        return Ok(found);
    }
    // Some write another host into addresses than they are reached at: then it is theirs all the same. An id alone proves nothing.
    match ask::<Status>(s, Request::get(by_id)).await {
        Ok(status) => Ok(Some(status).filter(|status| status.uri == of.uri)),
        Err(Failure::Permanent(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Nothing was to be done yet but look, so there is nothing to doubt.
fn not_begun(failure: Failure) -> Failure {
    match failure {
        Failure::Unknown(why) => Failure::Transient(why),
        other => other,
    }
}

/// A boost has no page: what people look at is the post. It is taken back by the post's own id.
fn receipt(of: &Receipt, id: String, at: Timestamp) -> Receipt {
    Receipt { id, uri: of.uri.clone(), url: of.url.clone(), version: None, at }
}
