//! Everyone's posts: all of them, those with a tag, those of whom one follows (here: all, boosts included).

use super::paging::{Newer, kept, page, paged};
use super::{Caller, Params, Refusal};
use crate::sandbox::Place;
use crate::sandbox::world::{Status, Visibility};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/api/v1/timelines/public", get(public))
        .route("/api/v1/timelines/home", get(home))
        .route("/api/v1/timelines/tag/{tag}", get(tagged))
}

async fn public(State(place): State<Arc<Place>>, caller: Caller, params: Params) -> Result<Response, Refusal> {
    shown(&place, &caller, &params, "public", said_in_public)
}

async fn home(State(place): State<Arc<Place>>, caller: Caller, params: Params) -> Result<Response, Refusal> {
    let me = caller.person(&["read:statuses"])?;
    shown(&place, &caller, &params, "home", |s| s.visibility != Visibility::Direct || s.author == me)
}

async fn tagged(
    State(place): State<Arc<Place>>,
    caller: Caller,
    Path(tag): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let tag = tag.to_lowercase();
    let list = |name| params.all(name).map(str::to_lowercase).collect::<Vec<_>>();
    let (any, all, none) = (list("any"), list("all"), list("none"));
    let encoded: String = url::form_urlencoded::byte_serialize(tag.as_bytes()).collect();
    shown(&place, &caller, &params, &format!("tag/{encoded}"), |s| {
        said_in_public(s)
            && (s.tags.contains(&tag) || any.iter().any(|t| s.tags.contains(t)))
            && all.iter().all(|t| s.tags.contains(t))
            && !none.iter().any(|t| s.tags.contains(t))
    })
}

fn said_in_public(status: &Status) -> bool {
    status.visibility == Visibility::Public && status.boost_of.is_none()
}

fn shown(
    place: &Place,
    caller: &Caller,
    params: &Params,
    name: &str,
    fits: impl Fn(&Status) -> bool,
) -> Result<Response, Refusal> {
    let page = page(params, 20, 40)?;
    // Nobody lives elsewhere and nobody posts pictures.
    let nothing = params.is_true("remote") || params.is_true("only_media");
    let world = place.world();
    let writer = place.writer(&world, caller.viewer());
    let fitting = world.newest().filter(|s| !nothing && fits(s) && world.may_see(caller.viewer(), s));
    let rows = page.cut(fitting.map(|status| (status.id, status)));
    let rows = rows.into_iter().map(|(id, status)| (id, writer.status(status))).collect();
    let at = format!("{}/api/v1/timelines/{name}", place.url);
    Ok(paged(rows, page, Newer::Min, &at, &kept(params, &["local", "remote", "any", "all", "none"])))
}
