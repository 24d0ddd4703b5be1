//! The Mastodon API over the world: one file per family of endpoints, and what they share.

mod accounts;
mod instance;
mod notifications;
mod oauth;
mod paging;
mod params;
mod statuses;
mod timelines;

pub(super) use oauth::{own_app, ready_token};
pub(super) use params::Params;

use super::world::{App, Denied, Id, Refused, Token};
use super::{Place, faults::Kind};
use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) type Answer = Result<axum::Json<Value>, Refusal>;

/// Everything under limits and faults.
pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .merge(instance::router())
        .merge(oauth::router())
        .merge(accounts::router())
        .merge(statuses::router())
        .merge(notifications::router())
        .merge(timelines::router())
}

/// An answer that says no: `{"error": ...}`, and for OAuth a description beside the code.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub error: String,
    pub description: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), description: None }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Record not found")
    }

    pub(super) fn invalid(error: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error)
    }

    pub(super) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn revoked() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "The access token was revoked")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = match self.description {
            Some(description) => json!({ "error": self.error, "error_description": description }),
            None => json!({ "error": self.error }),
        };
        (self.status, axum::Json(body)).into_response()
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::not_found(),
            Refused::Forbidden => Self::new(StatusCode::FORBIDDEN, "This action is not allowed"),
            Refused::Invalid(words) => Self::invalid(words),
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        let (status, error, description) = match denied {
            Denied::InvalidClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Client authentication failed: the client or its secret is unknown.",
            ),
            Denied::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The authorization code is spent, expired, or was given for another client, address or verifier.",
            ),
            Denied::InvalidRedirect => {
                (StatusCode::BAD_REQUEST, "invalid_request", "The redirect URI is none of those the client registered.")
            }
            Denied::InvalidRequest => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "A parameter is missing or has a value that is not taken here.",
            ),
            Denied::InvalidScope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "A scope is unknown, or was not registered by the client.")
            }
            Denied::UnauthorizedClient => {
                (StatusCode::FORBIDDEN, "unauthorized_client", "The token was given to another client.")
            }
        };
        Self { status, error: error.into(), description: Some(description) }
    }
}

/// Who asks: by token, or nobody in particular. A dead token is refused even where none is needed.
#[derive(Debug)]
pub(super) struct Caller(Option<(Token, Option<App>)>);

impl Caller {
    pub(super) fn viewer(&self) -> Option<Id> {
        self.0.as_ref().and_then(|(token, _)| token.person)
    }

    fn app(&self) -> Option<(String, Option<String>)> {
        self.0.as_ref().and_then(|(_, app)| app.as_ref()).map(|app| (app.name.clone(), app.website.clone()))
    }

    fn token(&self) -> Result<&Token, Refusal> {
        let (token, _) =
            self.0.as_ref().ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "The access token is invalid"))?;
        Ok(token)
    }

    /// The person who asks, once the token allows one of these scopes.
    pub(super) fn person(&self, scopes: &[&str]) -> Result<Id, Refusal> {
        let token = self.token()?;
        let person = token.person.ok_or_else(|| Refusal::invalid("This method requires an authenticated user"))?;
        if scopes.iter().any(|scope| token.scopes.covers(scope)) {
            Ok(person)
        } else {
            Err(Refusal::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes"))
        }
    }
}

impl FromRequestParts<Arc<Place>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut request::Parts, place: &Arc<Place>) -> Result<Self, Refusal> {
        let Some(word) = bearer(&parts.headers) else { return Ok(Self(None)) };
        let world = place.world();
        match world.grants.token(word) {
            Some(token) if token.revoked => Err(Refusal::revoked()),
            Some(token) => Ok(Self(Some((token.clone(), world.grants.app(token.app).cloned())))),
            None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "The access token is invalid")),
        }
    }
}

/// The token that a request carries.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, word) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(word)
}

/// Put into a request's extensions while keys are to be ignored.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeysIgnored;

impl KeysIgnored {
    pub(super) const FAULT: Kind = Kind::KeyIgnored;
}

/// An id from a path or a parameter; what cannot be one is simply not there.
fn id_from(text: &str) -> Result<Id, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}
