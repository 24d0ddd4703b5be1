//! The demo's page, `/demo`: the whole way of a gig in one view, from the feed that offers it to the people who vouch under it.
//!
//! Only `gigcast demo` serves it, beside all other pages. What moves is rendered here, part by part; a small script listens and puts
//! each part that changed into its place. Without the script the page shows the state when it was loaded.

mod view;

use super::headers;
use super::live;
use super::page::{self, Frame};
use super::visitor::{Look, Visitor};
use super::{FORM_BYTES, Public, Shared};
use crate::id::PersonId;
use crate::ports::{BoxFuture, StoreError};
use crate::web::admin::Operator;
use askama::Template;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use view::Parts;

const STYLE: &str = include_str!("demo.css");

/// How often it is looked for changes while someone watches.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

/// What the page reads from, and whom it asks to break something.
#[derive(Debug, Clone)]
pub struct Demo {
    pub public: Public,
    pub operator: Arc<dyn Operator>,
    pub stage: Arc<dyn Stage>,
    /// Ends what listens.
    pub stop: CancellationToken,
}

/// The networks that the demo plays, and the switch to break them.
pub trait Stage: Send + Sync + fmt::Debug {
    /// Their places in this list name them below.
    fn venues(&self) -> Vec<Venue>;
    fn break_network(&self, venue: usize, how: Trouble) -> BoxFuture<'_, Result<(), String>>;
    /// Ends all trouble, and links again what was revoked.
    fn mend(&self) -> BoxFuture<'_, Result<(), String>>;
    /// What was last done, and what to look for; nothing while nothing was.
    fn told(&self) -> Option<String>;
}

/// A server of those the demo plays, and the one account that is linked there.
#[derive(Debug, Clone)]
pub struct Venue {
    /// Its front page, where one may act as anyone.
    pub url: String,
    /// As in `the harbour`.
    pub town: &'static str,
    pub handle: String,
    pub poster: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The server asks for patience at the next post.
    AsksToWait,
    /// It takes the next post, and its answer never arrives.
    LosesAnswers,
    /// It no longer knows the grant.
    RevokesAccess,
}

/// To be merged into the public router.
pub fn router(demo: Demo) -> Router {
    Router::new()
        .route("/demo", get(show))
        .route("/demo/live", get(live))
        .route("/demo/break", post(break_network))
        .route("/demo/mend", post(mend))
        .route("/demo/be", post(be))
        .route("/live.js", get(live::script))
        .route("/demo.css", get(async || live::file("text/css; charset=utf-8", STYLE)))
        .with_state(Arc::new(demo))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn(headers::guard_live))
}

#[derive(Template)]
#[template(path = "demo/page.html")]
struct Page {
    frame: Frame,
    parts: Parts,
    venues: Vec<Venue>,
    posters: Vec<&'static str>,
    own_pages: Vec<OwnPage>,
}

/// Where a business's own circle is shown.
struct OwnPage {
    id: PersonId,
    name: &'static str,
}

async fn show(State(demo): State<Arc<Demo>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let shared: Shared = Arc::new(demo.public.clone());
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &shared).await;
    match rendered(&demo, &visitor).await {
        Ok(page) => page::html(StatusCode::OK, &page),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn rendered(demo: &Demo, visitor: &Visitor) -> Result<Page, StoreError> {
    let mut frame = Frame::new(visitor, "The demo");
    frame.feeds = super::feeds::links(&visitor.base, super::feeds::Of::All);
    let venues = demo.stage.venues();
    let posters = posters(&venues);
    let own_pages = posters.iter().map(|name| OwnPage { id: PersonId::from_name(name), name }).collect();
    Ok(Page { frame, parts: view::parts(demo).await?, venues, posters, own_pages })
}

/// The businesses, each once, in the order of their venues.
fn posters(venues: &[Venue]) -> Vec<&'static str> {
    let mut posters: Vec<&'static str> = venues.iter().map(|venue| venue.poster).collect();
    posters.dedup();
    posters
}

/// The parts of the page, as long as somebody watches.
async fn live(State(demo): State<Arc<Demo>>) -> Response {
    live::changes(Arc::clone(&demo.public.clock), LOOKS_EVERY, demo.stop.clone(), move || {
        let demo = Arc::clone(&demo);
        async move { view::parts(&demo).await.ok().map(Parts::by_id) }
    })
}

#[derive(Debug, Deserialize)]
struct Wish {
    venue: usize,
    how: Trouble,
}

async fn break_network(State(demo): State<Arc<Demo>>, headers: HeaderMap, Form(wish): Form<Wish>) -> Response {
    if is_from_elsewhere(&headers) {
        return elsewhere();
    }
    back(demo.stage.break_network(wish.venue, wish.how).await)
}

async fn mend(State(demo): State<Arc<Demo>>, headers: HeaderMap) -> Response {
    if is_from_elsewhere(&headers) {
        return elsewhere();
    }
    back(demo.stage.mend().await)
}

#[derive(Debug, Deserialize)]
struct Role {
    /// By place in the list of [`posters`].
    poster: usize,
}

/// On to an invitation of that business, as the operator would give it.
async fn be(State(demo): State<Arc<Demo>>, headers: HeaderMap, Form(role): Form<Role>) -> Response {
    if is_from_elsewhere(&headers) {
        return elsewhere();
    }
    match posters(&demo.stage.venues()).get(role.poster) {
        Some(name) => match demo.operator.invite(name).await {
            Ok(invitation) => Redirect::to(&invitation.url).into_response(),
            Err(refusal) => refusal.into_response(),
        },
        None => (StatusCode::NOT_FOUND, "There is no such business in the demo.\n").into_response(),
    }
}

fn back(done: Result<(), String>) -> Response {
    match done {
        Ok(()) => Redirect::to("/demo#try").into_response(),
        Err(said) => (StatusCode::UNPROCESSABLE_ENTITY, said + "\n").into_response(),
    }
}

/// Another site in the same browser may send forms here, and must not break anything by it. Programs say nothing and may.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    said("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

fn elsewhere() -> Response {
    (StatusCode::FORBIDDEN, "The demo is broken from its own page only.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn the_page_of_another_site_breaks_nothing() {
        let from = |site: &'static str| {
            is_from_elsewhere(&HeaderMap::from_iter([(
                header::HeaderName::from_static("sec-fetch-site"),
                header::HeaderValue::from_static(site),
            )]))
        };
        assert!(from("cross-site") && from("same-site"), "another port is another site here");
        assert!(!from("same-origin") && !from("none") && !is_from_elsewhere(&HeaderMap::new()));
    }
}
