//! An invitation to post: an address that the operator hands out, good for once.
//!
//! Opening it changes nothing, since mail scanners and previews open addresses; its form uses it up.

use super::super::page::{self, Frame, Next};
use super::super::visitor::{Look, Visitor};
use super::super::words::Moment;
use super::super::{Public, Shared};
use super::who::{SignedIn, cookie_of, fresh_token, go};
use crate::ports::StoreError;
use crate::secret::Secret;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use tracing::{info, warn};

#[derive(Template)]
#[template(path = "signed/invite.html")]
struct Page {
    frame: Frame,
    name: String,
    until: Moment,
    /// Who is signed in with this browser until now.
    instead_of: Option<String>,
    action: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(token): Path<Secret>,
) -> Response {
    let now = public.clock.now();
    match public.ledger.invite(&token, now).await {
        Ok(Some(invite)) => {
            let mut frame = Frame::new(&visitor, format!("An invitation for {}", invite.name));
            let action = std::mem::replace(&mut frame.back, "/".to_owned());
            let instead_of = signed.map(|signed| signed.person.name).filter(|name| *name != invite.name);
            let until = Moment::new(invite.until, now);
            let page = Page { action: format!("{}{action}", frame.root), name: invite.name, until, instead_of, frame };
            page::html(StatusCode::OK, &page)
        }
        Ok(None) => used_up(&public, &visitor),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

pub async fn accept(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(token): Path<Secret>,
) -> Response {
    accepted(&public, &visitor, signed, &token).await.unwrap_or_else(|fault| page::unreadable(&visitor, &fault))
}

async fn accepted(
    public: &Public,
    visitor: &Visitor,
    signed: Option<SignedIn>,
    token: &Secret,
) -> Result<Response, StoreError> {
    let fresh = fresh_token()?;
    let Some(person) = public.ledger.accept_invite(token, &fresh, public.clock.now()).await? else {
        return Ok(used_up(public, visitor));
    };
    if let Some(signed) = signed {
        public.ledger.end_sign_in(&signed.token).await?;
    }
    info!(person.id = %person.id, poster = person.name.as_str(), "{} accepted the invitation and may post", person.name);
    let mut response = go(public, "/accounts");
    response.headers_mut().append(header::SET_COOKIE, cookie_of(public, &fresh));
    Ok(response)
}

fn used_up(public: &Public, visitor: &Visitor) -> Response {
    warn!(reason = "invite_over", "An invitation that is used up, over or unknown was opened, and nothing was done");
    let words = "This invitation is used up, is over, or was never made: each one counts once and for a few days. Ask whoever \
                 sent it for a new one. If you have accepted it before, just sign in.";
    let next = Next { label: "Sign in", address: format!("{}/sign-in", super::home::root(&public.home)) };
    let mut visitor = visitor.clone();
    "/".clone_into(&mut visitor.page);
    page::notice_leading(&visitor, StatusCode::GONE, "This invitation does not work", words, next)
}
