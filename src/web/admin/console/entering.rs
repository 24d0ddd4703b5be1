//! In and out of the console. What is wrong with a token or a code is said in words that tell nobody which of them exist.

use super::door::{self, CODE_LIVES, Door};
use super::{Console, Head, Known, html, parts};
use crate::secret::Secret;
use crate::web::admin::Refusal;
use crate::web::admin::answers::{ConsoleDoor, When};
use crate::web::admin::guard::TOKEN_FILE;
use crate::web::visitor::Look;
use askama::Template;
use axum::Extension;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::{info, warn};

#[derive(Template)]
#[template(path = "admin/door.html")]
struct DoorPage {
    head: Head,
    token_file: &'static str,
    wrong: Option<&'static str>,
}

/// The form for the token.
pub(super) fn ask(headers: &HeaderMap, status: StatusCode, wrong: Option<&'static str>) -> Response {
    let head = Head { inside: false, ..Head::new(headers, "Sign in", "/") };
    html(status, &DoorPage { head, token_file: TOKEN_FILE, wrong })
}

/// An address at the host by which we were asked, that lets one browser in.
pub(super) fn address(door: &Door, headers: &HeaderMap) -> Result<ConsoleDoor, Refusal> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| Refusal::Refused("the request names no host".to_owned()))?;
    let code = door.code().ok_or_else(|| Refusal::Refused("the system gave no random bytes; try again".to_owned()))?;
    let until = When(door.clock.now().plus(CODE_LIVES));
    Ok(ConsoleDoor { url: format!("http://{host}/enter?code={}", code.expose()), until })
}

#[derive(Debug, Deserialize)]
pub(super) struct Code {
    #[serde(default)]
    code: Secret,
}

pub(super) async fn by_code(State(console): State<Console>, Query(asked): Query<Code>, headers: HeaderMap) -> Response {
    match console.door.use_code(&asked.code) {
        Some(key) => entered(&headers, &key),
        None if asked.code.is_empty() => Redirect::to("/").into_response(),
        None => turned_away(
            &headers,
            "This address was used already, or is older than five minutes. Ask for another with `gigcast console`, or paste the \
             token here.",
        ),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    token: Secret,
}

pub(super) async fn by_token(State(console): State<Console>, headers: HeaderMap, Form(asked): Form<Token>) -> Response {
    let token = Secret::new(asked.token.expose().trim());
    let key = console.admin.guard.opens(&token).then(|| console.door.let_in()).flatten();
    match key {
        Some(key) => entered(&headers, &key),
        None => turned_away(&headers, "This is not the token. Each start of gigcast makes a new one."),
    }
}

fn entered(headers: &HeaderMap, key: &Secret) -> Response {
    info!(event = "console.entered", "A browser was let into the console");
    ([(header::SET_COOKIE, door::cookie(headers, key))], Redirect::to("/")).into_response()
}

fn turned_away(headers: &HeaderMap, said: &'static str) -> Response {
    warn!(event = "console.turned_away", "A browser was not let into the console: {said}");
    ask(headers, StatusCode::UNAUTHORIZED, Some(said))
}

pub(super) async fn leave(
    State(console): State<Console>,
    Extension(Known(key)): Extension<Known>,
    headers: HeaderMap,
) -> Response {
    console.door.leave(&key);
    info!(event = "console.left", "A browser signed out of the console");
    ([(header::SET_COOKIE, door::cookie(&headers, &Secret::default()))], Redirect::to("/")).into_response()
}
