//! Sessions: an app password makes one, which is then renewed for as long as the server lets us.
//!
//! Making one is limited to a few a day, so it happens when an account is linked and when renewing fails, never for a post.

use super::answers::{Resolved, SessionAnswer};
use super::identity::{Identity, Registrar};
use super::{error_name, procedure, refused};
use crate::base64url;
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::networks::exchange::{address, host, origin, read};
use crate::person::Grant;
use crate::ports::{Auth, Entered, Linked, Recognised, Request, Response, Wire};
use crate::secret::Secret;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Where most accounts live: for those who enter an e-mail address and no server.
const USUAL_SERVER: &str = "https://bsky.social";
/// A session is renewed this long before it ends.
const MARGIN: Duration = Duration::from_mins(5);

pub(super) async fn link(registrar: &Registrar, wire: &dyn Wire, entered: &Entered) -> Result<Linked, Failure> {
    let identifier = entered.identifier.trim().trim_start_matches('@');
    if identifier.is_empty() || entered.secret.is_empty() {
        return Err(Failure::Permanent(Why::new(
            "enter the account's handle, as in acme.example, and an app password",
        )));
    }
    // The password is shown to the account's own server and to no other, unless another was entered.
    let server = if !entered.server.trim().is_empty() {
        origin(&entered.server)?
    } else if identifier.contains('@') {
        USUAL_SERVER.to_owned()
    } else {
        registrar.named(wire, identifier).await?.1
    };
    let answer = open(wire, &server, identifier, &entered.secret).await?;
    let who = registrar.by_did(wire, &answer.did).await?;
    vouched_for(wire, &server, &who, &answer.access).await?;
    let who = Recognised { url: format!("https://bsky.app/profile/{}", who.did), ..who.into() };
    Ok(Linked { who, grant: answer.grant(Some(entered.secret.clone())) })
}

/// A server can claim any account; the account's own server knows whether the session is one of its sessions. Some servers only open them
/// for others.
async fn vouched_for(wire: &dyn Wire, server: &str, who: &Identity, access: &Secret) -> Result<(), Failure> {
    if who.pds == server {
        return Ok(());
    }
    let request = Request::get(address(&who.pds, &["xrpc", "com.atproto.server.getSession"], &[])?);
    let response = wire.send(request.auth(Auth::Bearer(access.clone()))).await?;
    let whose = if response.is_success() { read::<Resolved>(&response).ok().map(|session| session.did) } else { None };
    match (whose, response.status) {
        (Some(did), _) if did == who.did => Ok(()),
        (None, 429 | 500..=599) => Err(refused(&response)),
        _ => Err(Failure::Permanent(Why::new(format!(
            "{} says that this is the account {}, which lives at {} and is not known there by this session",
            host(server),
            who.did,
            host(&who.pds)
        )))),
    }
}

pub(super) async fn refresh(wire: &dyn Wire, server: &str, grant: &Grant) -> Result<Grant, Failure> {
    let dead = || Failure::RelinkNeeded(Why::new("the session has ended: link the account again with an app password"));
    let token = grant.refresh.as_ref().ok_or_else(dead)?;
    let url = address(server, &["xrpc", "com.atproto.server.refreshSession"], &[])?;
    let response = wire.send(Request::post(url).auth(Auth::Bearer(token.clone()))).await?;
    if response.is_success() {
        return Ok(living(&response)?.grant(grant.password.clone()));
    }
    let ended = matches!(error_name(&response).as_deref(), Some("ExpiredToken" | "InvalidToken"));
    let failure = refused(&response);
    let Some(password) = grant.password.as_ref().filter(|_| ended) else { return Err(failure) };
    // The token says whose it was; whether it is true, the password decides.
    let whose = claims(token).and_then(|claims| claims.sub).ok_or_else(dead)?;
    Ok(open(wire, server, &whose, password).await?.grant(Some(password.clone())))
}

async fn open(wire: &dyn Wire, server: &str, identifier: &str, password: &Secret) -> Result<SessionAnswer, Failure> {
    let body = json!({ "identifier": identifier, "password": password.expose() });
    let response = wire.send(procedure(server, "com.atproto.server.createSession", &body)?).await?;
    if response.is_success() { living(&response) } else { Err(refused(&response)) }
}

/// A session may be given for an account that is paused: it can do nothing with it.
fn living(response: &Response) -> Result<SessionAnswer, Failure> {
    let answer: SessionAnswer = read(response)?;
    if answer.active == Some(false) {
        return Err(Failure::RelinkNeeded(Why::new("the network has closed or paused this account")));
    }
    Ok(answer)
}

impl SessionAnswer {
    fn grant(&self, password: Option<Secret>) -> Grant {
        let ends = claims(&self.access).and_then(|claims| claims.exp);
        Grant {
            access: self.access.clone(),
            refresh: Some(self.refresh.clone()),
            password,
            expires: ends.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)).minus(MARGIN)),
            authorized: None,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    exp: Option<u64>,
    sub: Option<String>,
}

/// What a token says of itself. It is not verified: the server that made it will.
fn claims(token: &Secret) -> Option<Claims> {
    let payload = token.expose().split('.').nth(1)?;
    serde_json::from_slice(&base64url::decode(payload)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_is_none_says_nothing() {
        for token in ["", "opaque", "a.b", "a.%%.c", "a.Zm9v.c"] {
            assert!(claims(&Secret::new(token)).is_none(), "{token}");
        }
    }
}
