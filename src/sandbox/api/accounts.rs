//! People, and what each of them said.

use super::paging::{Newer, kept, page, paged};
use super::{Answer, Caller, Params, Refusal, id_from};
use crate::sandbox::Place;
use crate::sandbox::world::Visibility;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/api/v1/accounts/verify_credentials", get(verify))
        .route("/api/v1/accounts/lookup", get(lookup))
        .route("/api/v1/accounts/{id}", get(one))
        .route("/api/v1/accounts/{id}/statuses", get(statuses))
}

async fn verify(State(place): State<Arc<Place>>, caller: Caller) -> Answer {
    let me = caller.person(&["read:accounts", "profile"])?;
    let world = place.world();
    let person = world.person(me).ok_or_else(Refusal::not_found)?;
    Ok(Json(place.writer(&world, Some(me)).own_account(person)))
}

async fn lookup(State(place): State<Arc<Place>>, caller: Caller, params: Params) -> Answer {
    let world = place.world();
    let person = world.person_named(params.need("acct")?).ok_or_else(Refusal::not_found)?;
    Ok(Json(place.writer(&world, caller.viewer()).account(person)))
}

async fn one(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = place.world();
    let person = world.person(id_from(&id)?).ok_or_else(Refusal::not_found)?;
    Ok(Json(place.writer(&world, caller.viewer()).account(person)))
}

async fn statuses(
    State(place): State<Arc<Place>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let page = page(&params, 20, 40)?;
    let world = place.world();
    let person = world.person(id_from(&id)?).ok_or_else(Refusal::not_found)?;
    let tagged = params.one("tagged").map(str::to_lowercase);
    let (no_boosts, no_replies) = (params.is_true("exclude_reblogs"), params.is_true("exclude_replies"));
    let writer = place.writer(&world, caller.viewer());
    let shown = world.newest().filter(|status| {
        status.author == person.id
            && world.may_see(caller.viewer(), status)
            && !(no_boosts && status.boost_of.is_some())
            && !(no_replies && status.in_reply_to.is_some())
            && tagged.as_ref().is_none_or(|tag| status.tags.contains(tag))
            && (status.visibility != Visibility::Direct || caller.viewer() == Some(person.id))
    });
    let none_pinned = params.is_true("pinned") || params.is_true("only_media");
    let rows = page.cut(shown.filter(|_| !none_pinned).map(|status| (status.id, status)));
    let rows = rows.into_iter().map(|(id, status)| (id, writer.status(status))).collect();
    let at = format!("{}/api/v1/accounts/{}/statuses", place.url, person.id);
    Ok(paged(rows, page, Newer::Min, &at, &kept(&params, &["exclude_reblogs", "exclude_replies", "tagged"])))
}
