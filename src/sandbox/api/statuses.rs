//! Posting, editing, deleting, boosting, liking; and who did so.

use super::paging::{Newer, page, paged};
use super::{Answer, Caller, KeysIgnored, Params, Refusal, id_from};
use crate::sandbox::Place;
use crate::sandbox::render::Writer;
use crate::sandbox::world::{Draft, Edition, Id, KeyRule, Refused, Status, Visibility, World};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/api/v1/statuses", post(create))
        .route("/api/v1/statuses/{id}", get(one).put(edit).delete(delete))
        .route("/api/v1/statuses/{id}/source", get(source))
        .route("/api/v1/statuses/{id}/history", get(history))
        .route("/api/v1/statuses/{id}/context", get(context))
        .route("/api/v1/statuses/{id}/reblog", post(boost))
        .route("/api/v1/statuses/{id}/unreblog", post(unboost))
        .route("/api/v1/statuses/{id}/favourite", post(favourite))
        .route("/api/v1/statuses/{id}/unfavourite", post(unfavourite))
        .route("/api/v1/statuses/{id}/reblogged_by", get(boosters))
        .route("/api/v1/statuses/{id}/favourited_by", get(likers))
        .route("/api/v1/statuses/{id}/quotes", get(quotes))
}

const SAYS: &[&str] = &["write:statuses"];
const READS: &[&str] = &["read:statuses"];

/// Everything that an edit may change; what is left out is empty.
fn edition(params: &Params) -> Result<Edition, Refusal> {
    for beyond in ["media_ids", "poll[options]", "scheduled_at", "quoted_status_id"] {
        if params.one(beyond).is_some_and(|value| !value.is_empty()) {
            return Err(Refusal::invalid(format!("Validation failed: the sandbox takes no {beyond}")));
        }
    }
    let language = params.one("language").filter(|l| !l.is_empty());
    if language.is_some_and(|l| l.len() > 35 || !l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')) {
        return Err(Refusal::invalid("Validation failed: Language is not a language code"));
    }
    let spoiler_text = params.one("spoiler_text").unwrap_or_default().to_owned();
    Ok(Edition {
        text: params.one("status").unwrap_or_default().to_owned(),
        sensitive: params.is_true("sensitive") || !spoiler_text.is_empty(),
        spoiler_text,
        language: language.map(str::to_owned),
    })
}

fn visibility(params: &Params) -> Result<Visibility, Refusal> {
    match params.one("visibility") {
        None | Some("") => Ok(Visibility::Public),
        Some(name) => Visibility::named(name)
            .ok_or_else(|| Refusal::invalid(format!("Validation failed: {name} is not a visibility"))),
    }
}

async fn create(
    State(place): State<Arc<Place>>,
    caller: Caller,
    ignored: Option<Extension<KeysIgnored>>,
    headers: HeaderMap,
    params: Params,
) -> Answer {
    let me = caller.person(SAYS)?;
    let draft = Draft {
        edition: edition(&params)?,
        visibility: visibility(&params)?,
        in_reply_to: params.one("in_reply_to_id").filter(|id| !id.is_empty()).map(id_from).transpose()?,
        app: caller.app(),
        key: headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned),
        key_rule: if ignored.is_some() { KeyRule::Ignored } else { KeyRule::Honoured },
    };
    let (mut world, now) = (place.world(), place.now());
    let id = world.post(me, draft, now)?;
    shown(&place, &world, me, id)
}

async fn edit(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    let (me, id) = (caller.person(SAYS)?, id_from(&id)?);
    let (mut world, now) = (place.world(), place.now());
    let mut edition = edition(&params)?;
    if edition.language.is_none() {
        edition.language.clone_from(&world.own(me, id)?.current().language);
    }
    world.edit(me, id, edition, now)?;
    shown(&place, &world, me, id)
}

/// The answer carries the text as it was written, so that a client can offer it again.
async fn delete(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let (me, id) = (caller.person(SAYS)?, id_from(&id)?);
    let mut world = place.world();
    let mut before = place.writer(&world, Some(me)).status(world.own(me, id)?);
    let gone = world.delete(me, id)?;
    before["text"] = gone.current().text.clone().into();
    Ok(Json(before))
}

async fn one(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = place.world();
    let status = world.visible(caller.viewer(), id_from(&id)?)?;
    Ok(Json(place.writer(&world, caller.viewer()).status(status)))
}

async fn source(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let (me, id) = (caller.person(READS)?, id_from(&id)?);
    let world = place.world();
    Ok(Json(Writer::source(world.own(me, id)?)))
}

async fn history(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = place.world();
    let status = world.visible(caller.viewer(), id_from(&id)?)?;
    let writer = place.writer(&world, caller.viewer());
    Ok(Json(status.versions().iter().map(|version| writer.edit(status, version)).collect()))
}

async fn context(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let world = place.world();
    let (above, below) = world.thread(caller.viewer(), id_from(&id)?)?;
    // Strangers see less of a long thread, as on Mastodon.
    let most = if caller.viewer().is_some() { 4096 } else { 60 };
    let writer = place.writer(&world, caller.viewer());
    let written =
        |statuses: Vec<&Status>| statuses.into_iter().take(most).map(|s| writer.status(s)).collect::<Vec<_>>();
    Ok(Json(json!({ "ancestors": written(above), "descendants": written(below) })))
}

async fn boost(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer {
    let (me, id, how) = (caller.person(SAYS)?, id_from(&id)?, visibility(&params)?);
    let (mut world, now) = (place.world(), place.now());
    let wrapper = world.boost(me, id, how, now)?;
    shown(&place, &world, me, wrapper)
}

async fn unboost(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let (me, id) = (caller.person(SAYS)?, id_from(&id)?);
    let mut world = place.world();
    let original = world.unboost(me, id)?;
    shown(&place, &world, me, original)
}

async fn favourite(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let (me, id) = (caller.person(&["write:favourites"])?, id_from(&id)?);
    let (mut world, now) = (place.world(), place.now());
    let liked = world.favourite(me, id, now)?;
    shown(&place, &world, me, liked)
}

async fn unfavourite(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let (me, id) = (caller.person(&["write:favourites"])?, id_from(&id)?);
    let mut world = place.world();
    let unliked = world.unfavourite(me, id)?;
    shown(&place, &world, me, unliked)
}

async fn boosters(
    State(place): State<Arc<Place>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    people(&place, &caller, &id, &params, "reblogged_by", |status| &status.boosts)
}

async fn likers(
    State(place): State<Arc<Place>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    people(&place, &caller, &id, &params, "favourited_by", |status| &status.favourites)
}

/// Nobody quotes here yet.
async fn quotes(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let me = caller.person(READS)?;
    place.world().visible(Some(me), id_from(&id)?)?;
    Ok(Json(json!([])))
}

/// Whoever boosted or liked, the latest first, by pages whose ids are the boosts' and likes' own.
fn people(
    place: &Place,
    caller: &Caller,
    id: &str,
    params: &Params,
    name: &str,
    who: impl Fn(&Status) -> &BTreeMap<Id, Id>,
) -> Result<Response, Refusal> {
    let page = page(params, 40, 80)?;
    let world = place.world();
    let status = world.visible(caller.viewer(), id_from(id)?)?;
    let writer = place.writer(&world, caller.viewer());
    let rows = page.cut(who(status).iter().rev().map(|(id, person)| (*id, *person)));
    let rows = rows.into_iter().map(|(id, person)| (id, writer.account_of(person))).collect();
    let at = format!("{}/api/v1/statuses/{}/{name}", place.url, status.id);
    Ok(paged(rows, page, Newer::Since, &at, ""))
}

fn shown(place: &Place, world: &World, me: Id, id: Id) -> Answer {
    let status = world.status(id).ok_or(Refused::NotFound)?;
    Ok(Json(place.writer(world, Some(me)).status(status)))
}
