//! The picture of an account, as it was when the account was linked. Served by us, so that no page asks another site for anything.

use super::super::Shared;
use crate::id::AccountId;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Pictures that hold nothing but a picture.
const KINDS: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

pub async fn show(State(public): State<Shared>, Path(written): Path<String>) -> Response {
    let Ok(account) = written.parse::<AccountId>() else { return StatusCode::NOT_FOUND.into_response() };
    match public.ledger.avatar(account).await {
        Ok(Some(avatar)) if KINDS.contains(&avatar.kind.as_str()) => {
            let headers = [(header::CONTENT_TYPE, avatar.kind.as_str()), (header::CACHE_CONTROL, "private, max-age=3600")];
            (headers, avatar.bytes).into_response()
        }
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
