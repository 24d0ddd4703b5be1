//! Signing in with an account that one has, and signing out.

use super::super::page::{self, Frame};
use super::super::visitor::{Look, Visitor};
use super::super::{Public, Shared, look};
use super::cookie::Cookie;
use super::link::{self, Tried};
use super::who::{SignedIn, go};
use crate::grants::For;
use crate::web::filled::Filled;
use crate::web::first::First;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use tracing::info;

#[derive(Template)]
#[template(path = "signed/sign_in.html")]
struct Page {
    frame: Frame,
    doors: Vec<link::Door>,
    back: String,
    is_local: bool,
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    back: String,
}

#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    network: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    back: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    First(asked): First<Asked>,
) -> Response {
    if signed.is_some() {
        return go(&public, look::within(&asked.back, "/me"));
    }
    page::html(StatusCode::OK, &page(&public, &visitor, &asked.back, None))
}

fn page(public: &Public, visitor: &Visitor, back: &str, tried: Option<&Tried>) -> Page {
    let mut frame = Frame::new(visitor, "Sign in");
    "/sign-in".clone_into(&mut frame.back);
    Page {
        frame,
        doors: link::doors(public, tried),
        back: look::within(back, "").to_owned(),
        is_local: public.home.is_local(),
    }
}

pub async fn begin(
    State(public): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    Filled(typed): Filled<Typed>,
) -> Response {
    match link::depart(&public, &visitor, &headers, (&typed.network, &typed.name), For::SignIn, &typed.back).await {
        Ok(onward) => onward,
        Err(tried) => page::html(tried.status, &page(&public, &visitor, &typed.back, Some(&tried))),
    }
}

pub async fn out(State(public): State<Shared>, visitor: Visitor, signed: Option<SignedIn>) -> Response {
    if let Some(signed) = signed
        && let Err(fault) = public.ledger.end_sign_in(&signed.token).await
    {
        return page::unreadable(&visitor, &fault);
    }
    leave(&public)
}

/// Ends every sign-in of this person, in this browser and all others.
pub async fn out_everywhere(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    let person = &signed.person;
    match public.ledger.end_sign_ins(|sign_in| sign_in.person == person.id).await {
        Ok(ended) => {
            info!(event = "sign_in.ended", person.id = %person.id, sign_ins = ended, "{} signed out everywhere", person.name);
            leave(&public)
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

fn leave(public: &Public) -> Response {
    let mut response = go(public, "/");
    response.headers_mut().append(header::SET_COOKIE, Cookie::SignIn.clear(&public.home));
    response
}
