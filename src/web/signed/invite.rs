//! An invitation to post: an address that the operator hands out, good for once.
//!
//! Opening it changes nothing, since mail scanners and previews open addresses; its form uses it up. A freelancer who accepts it while
//! signed in becomes that poster, and keeps the way they came in; who is somebody's poster already is signed in as the new one instead.
//! The page says which of the two it will be, and its form whom it said it of.

use super::super::page::{self, Frame, Next};
use super::super::visitor::{Look, Visitor};
use super::super::words::Moment;
use super::super::{Public, Shared};
use super::who::{SignedIn, cookie_of, fresh_token, go};
use crate::id::PersonId;
use crate::person::{Person, Role};
use crate::ports::StoreError;
use crate::secret::Secret;
use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use tracing::{info, warn};

#[derive(Template)]
#[template(path = "signed/invite.html")]
struct Page {
    frame: Frame,
    name: String,
    until: Moment,
    now: Option<Now>,
    action: String,
}

/// Who is signed in with this browser until now.
#[derive(Debug)]
struct Now {
    id: String,
    /// A freelancer's accounts as people write them; a poster's name.
    called: String,
    becomes: bool,
}

#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    /// Of whom the page spoke.
    #[serde(default)]
    now: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(token): Path<Secret>,
) -> Response {
    shown(&public, &visitor, signed.as_ref(), &token).await.unwrap_or_else(|fault| page::unreadable(&visitor, &fault))
}

async fn shown(
    public: &Public,
    visitor: &Visitor,
    signed: Option<&SignedIn>,
    token: &Secret,
) -> Result<Response, StoreError> {
    let now = public.clock.now();
    let Some(invite) = public.ledger.invite(token, now).await? else { return Ok(used_up(public, visitor)) };
    let mut frame = Frame::new(visitor, format!("An invitation for {}", invite.name));
    let action = std::mem::replace(&mut frame.back, "/".to_owned());
    let until = Moment::new(invite.until, now);
    let now = match signed.filter(|signed| signed.person.id != PersonId::from_name(&invite.name)) {
        Some(signed) => Some(Now::of(public, &signed.person).await?),
        None => None,
    };
    let page = Page { action: format!("{}{action}", frame.root), name: invite.name, until, now, frame };
    Ok(page::html(StatusCode::OK, &page))
}

impl Now {
    async fn of(public: &Public, person: &Person) -> Result<Self, StoreError> {
        let becomes = person.role == Role::Freelancer;
        let known = if becomes { public.ledger.identities_of(person.id).await? } else { Vec::new() };
        let handles: Vec<String> = known.into_iter().map(|identity| identity.handle).collect();
        let called = if handles.is_empty() { person.name.clone() } else { handles.join(", ") };
        Ok(Self { id: person.id.to_string(), called, becomes })
    }
}

pub async fn accept(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(token): Path<Secret>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    // What cannot be read spoke of nobody.
    let sent = sent.map(|Form(sent)| sent).unwrap_or_default();
    accepted(&public, &visitor, signed, &token, &sent).await.unwrap_or_else(|fault| page::unreadable(&visitor, &fault))
}

async fn accepted(
    public: &Public,
    visitor: &Visitor,
    signed: Option<SignedIn>,
    token: &Secret,
    sent: &Sent,
) -> Result<Response, StoreError> {
    let freelancer = signed.as_ref().map(|signed| &signed.person).filter(|person| person.role == Role::Freelancer);
    // Someone signed in, or out, in another tab since they read the page: they read what it would be now.
    if freelancer.is_some_and(|person| person.id.to_string() != sent.now) {
        return shown(public, visitor, signed.as_ref(), token).await;
    }
    let (fresh, was) = (fresh_token()?, freelancer.map(|person| person.id));
    let Some(person) = public.ledger.accept_invite(token, &fresh, was, public.clock.now()).await? else {
        return Ok(used_up(public, visitor));
    };
    info!(event = "invite.accepted", person.id = %person.id, poster = person.name.as_str(), "{} accepted the invitation and may post", person.name);
    if let Some(was) = freelancer {
        info!(event = "person.renamed", person.id = %was.id, "{} is {} from now on", was.name, person.name);
    }
    if let Some(signed) = signed {
        public.ledger.end_sign_in(&signed.token).await?;
    }
    let mut response = go(public, "/accounts");
    response.headers_mut().append(header::SET_COOKIE, cookie_of(public, &fresh));
    Ok(response)
}

fn used_up(public: &Public, visitor: &Visitor) -> Response {
    warn!(
        event = "invite.over",
        reason = "invite_over",
        "An invitation that is used up, over or unknown was opened, and nothing was done"
    );
    let words = "This invitation is used up, is over, or was never made: each one counts once and for a few days. Ask whoever \
                 sent it for a new one. If you have accepted it before, just sign in.";
    let next = Next { label: "Sign in", address: format!("{}/sign-in", super::home::root(&public.home)) };
    let mut visitor = visitor.clone();
    "/".clone_into(&mut visitor.page);
    page::notice_leading(&visitor, StatusCode::GONE, "This invitation does not work", words, next)
}
