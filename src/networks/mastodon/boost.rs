//! Boosts: another's post shown among one's own. A server makes one of each post and account, however often it is asked.
//!
//! A server knows a post by an id of its own: one that was made elsewhere is found by its address first, and fetched where the server has not seen it.

use super::answers::{Results, Status};
use super::{answer, ask};
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::networks::exchange::{address, of_this_post, read};
use crate::ports::{Request, Session};
use crate::post::{Receipt, Stamp};

pub(super) async fn boost(s: Session<'_>, of: &Receipt) -> Result<Receipt, Failure> {
    let here = match known_here(s, of).await.map_err(not_begun).map_err(of_this_post)? {
        Here::As(id) => id,
        Here::Seen(status) if status.reblogged == Some(true) => return Ok(receipt(of, status.id, of.at)),
        Here::Seen(status) => status.id,
        Here::No => {
            let said = "the account's server does not find the post on the server that it was made on";
            return Err(Failure::Transient(Why::new(said)));
        }
    };
    let url = address(&s.account.server, &["api", "v1", "statuses", &here, "reblog"], &[])?;
    let response = answer(s, Request::post(url)).await.map_err(of_this_post)?;
    // That it can be read makes it a success: pages for people begin with 200 as well.
    read::<Status>(&response)?;
    Ok(receipt(of, here, response.received))
}

pub(super) async fn find(s: Session<'_>, of: &Receipt, stamp: &Stamp) -> Result<Option<Receipt>, Failure> {
    let status = match known_here(s, of).await? {
        Here::As(id) => {
            let url = address(&s.account.server, &["api", "v1", "statuses", &id], &[])?;
            match ask::<Status>(s, Request::get(url)).await {
                Ok(status) => status,
                // A boost goes with its post.
                Err(Failure::Permanent(_)) => return Ok(None),
                Err(failure) => return Err(failure),
            }
        }
        Here::Seen(status) => *status,
        Here::No => {
            return Err(Failure::Unknown(Why::new(
                "the account's server does not find the post that was to be boosted",
            )));
        }
    };
    match status.reblogged {
        Some(true) => Ok(Some(receipt(of, status.id, stamp.opened))),
        Some(false) => Ok(None),
        None => Err(Failure::Unknown(Why::new("the server does not say whether this account boosts the post"))),
    }
}

/// How the account's own server knows a post.
enum Here {
    /// Made on it: by the id that we have.
    As(String),
    Seen(Box<Status>),
    No,
}

async fn known_here(s: Session<'_>, of: &Receipt) -> Result<Here, Failure> {
    let server = &s.account.server;
    if of.uri.strip_prefix(server.as_str()).is_some_and(|rest| rest.starts_with('/')) {
        return Ok(Here::As(of.id.clone()));
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
    if let Some(status) = found {
        return Ok(Here::Seen(Box::new(status)));
    }
    // Some write another host into addresses than they are reached at: then it is theirs all the same. An id alone proves nothing.
    let url = address(server, &["api", "v1", "statuses", &of.id], &[])?;
    match ask::<Status>(s, Request::get(url)).await {
        Ok(status) if status.uri == of.uri => Ok(Here::Seen(Box::new(status))),
        Ok(_) | Err(Failure::Permanent(_)) => Ok(Here::No),
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
