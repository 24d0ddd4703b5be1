//! Vouches that somebody takes with them, and the document by which others check those that we signed (docs/CREDENTIALS.md).

use super::SignedIn;
use super::circle::fault;
use crate::credential::instance;
use crate::trust::Party;
use crate::web::Shared;
use crate::web::page;
use crate::web::visitor::Visitor;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tracing::info;

/// All vouches that the visitor gave and got, in one file. Nobody takes another's.
pub async fn download(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let me = &signed.person;
    if id != me.id.to_string() {
        let words = "These are somebody else's vouches. You can take your own with you, from your own page.";
        return page::notice(&visitor, StatusCode::FORBIDDEN, "Not yours", words);
    }
    // It dates what it signs, and may have to keep a new key first.
    if public.fitness.unfit_until(public.clock.now()).is_some() {
        let words = "Nothing can be signed at the moment. Try again in a few minutes.";
        return page::not_now(&visitor, words);
    }
    match public.weave.portable(Party::Person(me.id), &public.vouch_keys).await {
        Ok(found) => {
            let portable = found.unwrap_or_default();
            let count = portable.given.len() + portable.received.len();
            let left_out = portable.left_out;
            info!(event = "vouch.exported", person.id = %me.id, "{} takes {} along; {left_out} could not be signed", me.name, crate::web::words::count(count, "vouch", "vouches"));
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"vouches.json\""),
            ];
            (headers, portable.file()).into_response()
        }
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

/// By which key the instance signs; asked for by verifiers, also by those that run in a browser.
pub async fn document(State(public): State<Shared>, visitor: Visitor) -> Response {
    match public.vouch_keys.document().await {
        Ok(Some(document)) => {
            let headers = [
                (header::CONTENT_TYPE, instance::MEDIA_TYPE),
                (header::CACHE_CONTROL, "public, max-age=300"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, document).into_response()
        }
        Ok(None) => {
            let words = "This gigcast has no public name under which others could look up its key.";
            page::notice(&visitor, StatusCode::NOT_FOUND, "Nothing here", words)
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}
