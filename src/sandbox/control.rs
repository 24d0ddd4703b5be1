//! What Mastodon does not have and tests need: new people with a token at hand, all posts at a glance, faults on and off.

use super::api::{Answer, Params, Refusal, ready_token};
use super::faults::Fault;
use super::world::{Id, Indexing, Status, World};
use super::{Place, pages};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/sandbox/people", post(add_person))
        .route("/sandbox/posts", get(posts))
        .route("/sandbox/faults", get(list_faults).post(add_fault).delete(clear_faults))
        .route("/sandbox/act", post(pages::act))
}

/// `username`, and if wanted `display_name`, `note`, `noindex`. A name that already lives here gets another token.
async fn add_person(State(place): State<Arc<Place>>, params: Params) -> Answer {
    let username = params.need("username")?;
    let one = |name| params.one(name).unwrap_or_default();
    let indexing = if params.is_true("noindex") { Indexing::Refused } else { Indexing::Allowed };
    let known = place.world().person_named(username).map(|person| person.id);
    let id = match known {
        Some(id) => id,
        None => place.world().join(username, one("display_name"), one("note"), indexing, place.now())?,
    };
    let token = ready_token(&place, id);
    let acct = place.world().person(id).map(|person| person.username.clone());
    Ok(Json(json!({ "id": id.to_string(), "acct": acct, "token": token })))
}

/// Oldest first, deleted ones last. `creates` counts posts ever made: what must happen exactly once is counted here. `holds` is how many requests a
/// fault holds just now.
async fn posts(State(place): State<Arc<Place>>) -> Json<Value> {
    let world = place.world();
    let mut said: Vec<&Status> = world.newest().filter(|status| status.boost_of.is_none()).collect();
    said.reverse();
    let there: Vec<Value> = said.iter().map(|status| post_json(&world, status, false)).collect();
    let gone = world.gone().iter().map(|status| post_json(&world, status, true));
    Json(json!({
        "creates": there.len() + world.gone().len(),
        "deletes": world.gone().len(),
        "holds": place.holds.load(Ordering::Acquire),
        "posts": there.iter().cloned().chain(gone).collect::<Vec<_>>(),
    }))
}

fn post_json(world: &World, status: &Status, deleted: bool) -> Value {
    let acct = |id: &Id| world.person(*id).map(|person| person.username.clone());
    let said = status.current();
    json!({
        "id": status.id.to_string(),
        "acct": acct(&status.author),
        "text": said.text,
        "language": said.language,
        "visibility": status.visibility.as_str(),
        "created_at": status.at.to_string(),
        "edits": status.versions().len() - 1,
        "in_reply_to_id": status.in_reply_to.map(|id| id.to_string()),
        "idempotency_key": status.key,
        "boosted_by": status.boosts.values().filter_map(acct).collect::<Vec<_>>(),
        "favourited_by": status.favourites.values().filter_map(acct).collect::<Vec<_>>(),
        "deleted": deleted,
    })
}

async fn list_faults(State(place): State<Arc<Place>>) -> Json<Value> {
    Json(json!(place.faults().list()))
}

async fn add_fault(State(place): State<Arc<Place>>, body: Bytes) -> Answer {
    let fault: Fault = serde_json::from_slice(&body).map_err(|e| Refusal::invalid(format!("not a fault: {e}")))?;
    fault.check().map_err(Refusal::invalid)?;
    let mut faults = place.faults();
    faults.add(fault);
    Ok(Json(json!(faults.list())))
}

async fn clear_faults(State(place): State<Arc<Place>>) -> StatusCode {
    place.faults().clear();
    place.cleared.notify_waiters();
    StatusCode::NO_CONTENT
}
