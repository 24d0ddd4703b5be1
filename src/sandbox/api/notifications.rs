//! What befell a person's posts.

use super::paging::{Newer, kept, page, paged};
use super::{Answer, Caller, Params, Refusal, id_from};
use crate::sandbox::Place;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new().route("/api/v1/notifications", get(list)).route("/api/v1/notifications/{id}", get(one))
}

async fn list(State(place): State<Arc<Place>>, caller: Caller, params: Params) -> Result<Response, Refusal> {
    let me = caller.person(&["read:notifications"])?;
    let page = page(&params, 40, 80)?;
    let by = params.one("account_id").map(id_from).transpose()?;
    let wanted: Vec<&str> = params.all("types").collect();
    let unwanted: Vec<&str> = params.all("exclude_types").collect();
    let world = place.world();
    let writer = place.writer(&world, Some(me));
    let shown = world.notifications_to(me).filter(|n| {
        (wanted.is_empty() || wanted.contains(&n.event.as_str()))
            && !unwanted.contains(&n.event.as_str())
            && by.is_none_or(|by| n.by == by)
    });
    let rows = page.cut(shown.map(|n| (n.id, n)));
    let rows = rows.into_iter().map(|(id, n)| (id, writer.notification(n))).collect();
    let at = format!("{}/api/v1/notifications", place.url);
    Ok(paged(rows, page, Newer::Min, &at, &kept(&params, &["types", "exclude_types", "account_id"])))
}

async fn one(State(place): State<Arc<Place>>, caller: Caller, Path(id): Path<String>) -> Answer {
    let me = caller.person(&["read:notifications"])?;
    let id = id_from(&id)?;
    let world = place.world();
    let notification = world.notifications_to(me).find(|n| n.id == id).ok_or_else(Refusal::not_found)?;
    Ok(Json(place.writer(&world, Some(me)).notification(notification)))
}
