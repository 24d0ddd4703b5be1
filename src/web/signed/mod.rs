//! Pages for those who are signed in.

pub mod gigs;

use super::Shared;
use super::visitor::Visitor;
use crate::person::Person;
use crate::secret::Secret;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

/// A signed-in person who may post.
#[derive(Debug, Clone)]
pub struct Poster(pub Person);

impl FromRequestParts<Shared> for Poster {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Self, Response> {
        let _ = Visitor::from_request_parts(parts, public).await;
        let cookie = parts.headers.get(header::COOKIE).and_then(|c| c.to_str().ok()).unwrap_or_default();
        let token = cookie.split("; ").find_map(|c| c.strip_prefix("gigcast=")).map(Secret::new);
        if let Some(token) = token
            && let Ok(Some(sign_in)) = public.ledger.sign_in(&token).await
            && let Ok(Some(person)) = public.ledger.person(sign_in.person).await
        {
            return Ok(Self(person));
        }
        Err(Redirect::to("/sign-in").into_response())
    }
}
