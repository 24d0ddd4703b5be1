//! What the world sees: pages, feeds, the API and health on one listener; the operator's side on another.
//!
//! Everything is rendered here: no page needs a script, and none holds anything from another site. What a stranger wrote is
//! escaped by the templates, stands in `<bdi>` or `dir="auto"` so that it cannot turn the rest around, and is cut by the intake.

mod api;
mod board;
mod card;
mod community;
mod feeds;
mod filled;
mod first;
mod gig;
mod headers;
mod health;
mod hiring;
mod interest;
mod job_posting;
mod live;
mod look;
mod own_feed;
mod page;
mod paging;
mod people;
mod picture;
mod posted;
mod problem;
pub mod referred;
mod shelf;
mod visitor;
pub mod visits;
mod vouching;
pub mod words;

pub mod admin;
pub mod approval;
pub mod demo;
pub mod pushed;
pub mod signed;

pub use health::ALIVE;

use crate::clock::Clock;
use crate::fitness::Fitness;
use crate::grants::VouchKeys;
use crate::intake::Intake;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::BoxFuture;
use crate::store::Ledger;
use crate::weave::Weave;
use approval::Reviews;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use problem::Problem;
use signed::{Home, Posters, Tries};
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::error;
use visitor::{Look, Visitor};

/// What the public side reads from. It writes only through the intake.
#[derive(Debug, Clone)]
pub struct Public {
    pub ledger: Ledger,
    pub intake: Intake,
    pub taxonomy: Arc<Taxonomy>,
    pub clock: Arc<dyn Clock>,
    pub fitness: Arc<Fitness>,
    /// Where the world sees us, without a slash at the end; nothing when none is configured.
    pub public_url: Option<String>,
    pub health: Arc<dyn Health>,
    /// Where people sign in, and what their pages ask for.
    pub home: Home,
    pub posters: Arc<dyn Posters>,
    pub tries: Arc<Tries>,
    pub gigs: Arc<dyn signed::gigs::Gigs>,
    pub weave: Weave,
    /// What vouches leave with.
    pub vouch_keys: VouchKeys,
    /// What waits for its person's word.
    pub reviews: Arc<dyn Reviews>,
    /// What takes in what is pushed to us.
    pub pushes: Arc<dyn pushed::Pushes>,
    /// Who came to gigs' pages by which way, as far as the store does not know it yet.
    pub visits: Arc<visits::Visits>,
}

/// Whether the daemon does what it is there for.
pub trait Health: Send + Sync + fmt::Debug {
    /// What is wrong, each in one sentence; empty when all is well.
    fn ailments(&self) -> BoxFuture<'_, Vec<String>>;
}

type Shared = Arc<Public>;

/// Forms here hold a word and an address.
const FORM_BYTES: usize = 8 * 1024;

/// Everything the public listener answers. Where `public_url` has a path, the proxy before us takes that path off.
pub fn router(public: Public) -> Router {
    let root = public.public_url.as_deref().map(visitor::root).unwrap_or_default();
    let public = Arc::new(public);
    Router::new()
        .merge(signed::router(&public))
        .route("/", get(board::front))
        .route("/c/{parent}", get(board::parent))
        .route("/c/{parent}/{child}", get(board::child))
        .route("/g/{id}", get(gig::show))
        .route("/feeds/all.atom", get(feeds::all_atom))
        .route("/feeds/all.json", get(feeds::all_json))
        .route("/feeds/c/{*category}", get(feeds::category))
        .route("/feeds/community/{name}", get(feeds::community))
        .route("/communities", get(community::list))
        .route("/community/{name}", get(community::show))
        .route("/feeds/me/{file}", get(own_feed::show))
        .route("/api/v1/gigs", post(api::post))
        .route("/api/v1/gigs/{id}", get(api::get).patch(api::patch))
        .route("/api/v1/gigs/{id}/interests", get(api::interests))
        .route("/hooks/{source}", post(pushed::post))
        .route("/websub/{token}", get(pushed::confirm).post(pushed::distribute))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/look", post(look::choose))
        .route("/style.css", get(look::style))
        .route("/robots.txt", get(robots))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_that_way)
        .layer(from_fn_with_state(Arc::clone(&public), signed::recognise))
        .with_state(public)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(root.clone(), headers::limit))
        .layer(CatchPanicLayer::custom(move |panic: Box<dyn Any + Send>| broken(&root, &*panic)))
        .layer(from_fn(headers::guard))
}

async fn nothing_here(visitor: Visitor, uri: Uri) -> Response {
    if uri.path().starts_with("/api/") {
        let said = "there is nothing at this address: gigs go to /api/v1/gigs";
        return Problem::new(StatusCode::NOT_FOUND, said).into_response();
    }
    let words = "Nothing stands at this address. The front page shows the gigs that are open now.";
    page::notice(&visitor, StatusCode::NOT_FOUND, "Nothing here", words)
}

async fn not_that_way(visitor: Visitor, method: Method, uri: Uri) -> Response {
    if uri.path().starts_with("/hooks/") || uri.path().starts_with("/websub/") {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address takes another method").into_response();
    }
    if uri.path().starts_with("/api/") {
        let said = "this address takes another method: POST to /api/v1/gigs, GET or PATCH for /api/v1/gigs/<id>";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, said).into_response();
    }
    let words = if matches!(method, Method::GET | Method::HEAD) {
        "There is nothing to read at this address: a form leads to it."
    } else {
        "This address is for reading only."
    };
    page::notice(&visitor, StatusCode::METHOD_NOT_ALLOWED, "Not that way", words)
}

fn broken(root: &str, panic: &(dyn Any + Send)) -> Response {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
    error!(
        event = "web.fault",
        "A page could not be made, by a fault in gigcast: {}",
        said.unwrap_or("it does not say which")
    );
    let visitor = Visitor {
        base: String::new(),
        root: root.to_owned(),
        look: Look::default(),
        page: "/".to_owned(),
        signed: None,
    };
    let words = "This page could not be made, by a fault of ours that is now in the log. Others still work.";
    page::notice(&visitor, StatusCode::INTERNAL_SERVER_ERROR, "Our fault", words)
}

async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /api/\nDisallow: /hooks/\nDisallow: /websub/\nDisallow: /look\nDisallow: /feeds/me/\nDisallow: /me\nDisallow: /forget\nDisallow: /accounts\nDisallow: /review\nDisallow: /g/*/interest/\nDisallow: /invite/\nDisallow: /link\n"
}
