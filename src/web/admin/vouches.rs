//! The operator's side of vouches that were signed elsewhere: bringing a file for somebody, and saying who signs by a key.

use super::{Admin, answer, read};
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BringAsked {
    /// A person here, whom the vouches are about: a handle, a name or an id.
    pub person: String,
    /// What the file holds.
    pub file: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerAsked {
    /// A `did:key`.
    pub issuer: String,
    /// Who signs by it: a handle, a name or an id.
    pub who: String,
}

pub(super) fn routes() -> Router<Admin> {
    Router::new().route("/api/vouches/bring", post(bring)).route("/api/vouches/issuer", post(issuer))
}

async fn bring(State(admin): State<Admin>, asked: Result<Json<BringAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.bring(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn issuer(State(admin): State<Admin>, asked: Result<Json<IssuerAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.know_issuer(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}
