//! The picture of an account, as it was when the account was linked. Served by us, so that no page asks another site for anything; and to
//! its person alone, since that it is here says that the account is linked here.

use super::super::{Public, Shared};
use super::who::SignedIn;
use crate::id::{AccountId, PersonId};
use crate::ports::StoreError;
use crate::store::Avatar;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Pictures that hold nothing but a picture.
const KINDS: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

pub async fn show(State(public): State<Shared>, signed: Option<SignedIn>, Path(written): Path<String>) -> Response {
    let (Ok(account), Some(signed)) = (written.parse::<AccountId>(), signed) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match theirs(&public, signed.person.id, account).await {
        Ok(Some(avatar)) if KINDS.contains(&avatar.kind.as_str()) => {
            let headers =
                [(header::CONTENT_TYPE, avatar.kind.as_str()), (header::CACHE_CONTROL, "private, max-age=3600")];
            (headers, avatar.bytes).into_response()
        }
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn theirs(public: &Public, person: PersonId, account: AccountId) -> Result<Option<Avatar>, StoreError> {
    match public.ledger.account(account).await? {
        Some(linked) if linked.owner == person => public.ledger.avatar(account).await,
        _ => Ok(None),
    }
}
