//! The console, `/` on the operator's side: what waits and for what, who is needed, what went wrong, and the buttons to put it right.
//!
//! All of it is what [`Operator`](super::Operator) answers, as the command line asks it: page and command cannot differ. The page is rendered
//! here, part by part; a small script puts each part that changed into its place. Without it the page shows the state when it was loaded.

mod chart;
mod deeds;
mod door;
mod entering;
mod log;
mod parts;
mod replay;

pub use door::Door;

use super::answers::{DoableVerb, Explanation};
use super::stream;
use super::{Admin, Refusal};
use crate::secret::Secret;
use crate::web::words::to_the_second;
use crate::web::{headers, live, look, visitor::Look};
use askama::Template;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use door::Said;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tracing::warn;

const SCRIPT: &str = include_str!("console.js");
const STYLE: &str = include_str!("console.css");

/// How often it is looked for changes while someone watches.
const LOOKS_EVERY: Duration = Duration::from_secs(2);
/// Forms here hold a token, or an address and a reason.
const FORM_BYTES: usize = 8 * 1024;

/// What the pages of the console are made of.
#[derive(Debug, Clone)]
struct Console {
    admin: Admin,
    door: Arc<Door>,
}

/// The key of the browser that asks, which has been found to be ours.
#[derive(Debug, Clone)]
struct Known(Secret);

/// What the command line asks for on behalf of a browser.
pub(super) fn asked_for(door: &Arc<Door>) -> Router<Admin> {
    let door = Arc::clone(door);
    Router::new()
        .route("/api/console", post(async move |headers: HeaderMap| super::answer(entering::address(&door, &headers))))
}

/// What a browser asks.
pub(super) fn routes(admin: &Admin, door: &Arc<Door>) -> Router<Admin> {
    let console = Console { admin: admin.clone(), door: Arc::clone(door) };
    let pages: Router<Admin> = Router::new()
        .route("/", get(show))
        .route("/live", get(live))
        .route("/replay", get(replay::count))
        .route("/why", get(look_up))
        .route("/why/{what}", get(why))
        .route("/leave", post(entering::leave))
        .merge(deeds::routes())
        .route_layer(from_fn_with_state(console.clone(), known))
        .with_state(console.clone());
    let log = Router::new()
        .route("/log", get(stream::logs))
        .route_layer(from_fn_with_state(console.clone(), known))
        .with_state(admin.clone());
    let open = Router::new()
        .route("/enter", get(entering::by_code).post(entering::by_token))
        .route("/look", post(choose_look))
        .with_state(console);
    let files = Router::new()
        .route("/live.js", get(live::script))
        .route("/console.js", get(async || live::file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/console.css", get(async || live::file("text/css; charset=utf-8", STYLE)))
        .route("/style.css", get(look::style));
    pages
        .merge(log)
        .merge(open)
        .layer(from_fn(headers::tell_no_one))
        .layer(from_fn(headers::keep_nowhere))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(CsrfLayer::new().with_rejection_response(|error: ProtectionError| from_elsewhere(&error)))
        .merge(files)
        .layer(from_fn(headers::guard_live))
}

/// Lets only those browsers on that were let in; the others are shown the door.
async fn known(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let key = door::key_of(request.headers()).filter(|key| console.door.knows(key));
    let Some(key) = key else { return entering::ask(request.headers(), StatusCode::UNAUTHORIZED, None) };
    request.extensions_mut().insert(Known(key));
    next.run(request).await
}

/// Another site in the same browser may send forms here, and must not move anything by it.
fn from_elsewhere(error: &ProtectionError) -> Response {
    warn!(
        event = "web.cross_site",
        reason = "cross_site",
        "A form that another site sent to the console was refused, and changed nothing ({:?})",
        error.kind()
    );
    let said =
        "This was sent by another website, in your name, so nothing was done. Open the console and press its button.\n";
    (StatusCode::FORBIDDEN, said).into_response()
}

/// What every page of the console begins with.
#[derive(Debug)]
struct Head {
    title: String,
    look: Look,
    style: String,
    back: String,
    /// Whether the browser is in.
    inside: bool,
}

impl Head {
    fn new(headers: &HeaderMap, title: impl Into<String>, back: impl Into<String>) -> Self {
        let (look, style) = (Look::from_cookies(headers), look::style_address(""));
        Self { title: title.into(), look, style, back: back.into(), inside: true }
    }
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        // A template fails only when its values refuse to be written, and text does not.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Template)]
#[template(path = "admin/page.html")]
struct Page {
    head: Head,
    parts: live::Parts,
    said: Option<Said>,
    level: String,
    lines: Vec<log::Written>,
    networks: Vec<String>,
}

impl Page {
    fn part(&self, id: &str) -> &str {
        self.parts.get(id).map_or("", String::as_str)
    }
}

#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(default)]
    level: String,
}

async fn show(
    State(console): State<Console>,
    Extension(Known(key)): Extension<Known>,
    Query(shown): Query<Shown>,
    headers: HeaderMap,
) -> Response {
    let level = log::level(&shown.level);
    let back = if level.is_empty() { "/".to_owned() } else { format!("/?level={level}") };
    match parts::read(&console.admin).await {
        Ok(parts) => html(
            StatusCode::OK,
            &Page {
                head: Head::new(&headers, "Console", back),
                parts,
                said: console.door.noted(&key),
                lines: log::last(&console.admin.tail, level),
                level: level.to_owned(),
                networks: crate::networks::ids(),
            },
        ),
        Err(refusal) => unanswered(&headers, refusal),
    }
}

/// The parts of the console, as long as somebody watches.
async fn live(State(console): State<Console>) -> Response {
    let (clock, stop) = (Arc::clone(&console.door.clock), console.admin.stop.clone());
    live::changes(clock, LOOKS_EVERY, stop, move || {
        let admin = console.admin.clone();
        async move { parts::read(&admin).await.ok() }
    })
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    what: String,
}

/// The path of the story of something.
fn why_address(what: &str) -> String {
    let mut path = url::Url::parse("http://console/").expect("this is an address");
    if let Ok(mut segments) = path.path_segments_mut() {
        segments.extend(["why", what]);
    }
    path.path().to_owned()
}

async fn look_up(Query(asked): Query<Asked>) -> Redirect {
    match asked.what.trim() {
        "" => Redirect::to("/"),
        what => Redirect::to(&why_address(what)),
    }
}

#[derive(Template)]
#[template(path = "admin/why.html")]
struct Story {
    head: Head,
    what: String,
    story: Explanation,
    said: Option<Said>,
}

impl Story {
    /// As in `21 November 2026, 12:00:01 UTC`; `Now` for what has no time.
    fn when(at: Option<&super::answers::When>) -> (String, String) {
        at.map_or_else(|| ("Now".to_owned(), String::new()), |at| (to_the_second(at.0), at.0.to_string()))
    }

    fn coded(text: &str) -> String {
        parts::coded(text)
    }
}

async fn why(
    State(console): State<Console>,
    Extension(Known(key)): Extension<Known>,
    Path(what): Path<String>,
    headers: HeaderMap,
) -> Response {
    match console.admin.operator.why(&what, TimeZone::UTC).await {
        Ok(story) => {
            let (head, said) = (Head::new(&headers, "Why", why_address(&what)), console.door.noted(&key));
            html(StatusCode::OK, &Story { head, what, story, said })
        }
        Err(refusal) => unanswered(&headers, refusal),
    }
}

#[derive(Template)]
#[template(path = "admin/notice.html")]
struct Notice {
    head: Head,
    words: String,
}

/// A question without an answer, in its own words.
fn unanswered(headers: &HeaderMap, refusal: Refusal) -> Response {
    let (status, title) = match refusal {
        Refusal::Unknown(_) => (StatusCode::NOT_FOUND, "Nothing is known of it"),
        Refusal::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "That was not answered"),
        Refusal::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "Not at the moment"),
    };
    html(status, &Notice { head: Head::new(headers, title, "/"), words: parts::coded(&words(refusal)) })
}

/// As a sentence.
fn words(refusal: Refusal) -> String {
    let said = match refusal {
        Refusal::Unknown(said) | Refusal::Refused(said) => said,
        Refusal::Store(fault) => format!("the store failed: {fault}"),
    };
    let mut letters = said.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[derive(Debug, Deserialize)]
struct Choice {
    look: String,
    #[serde(default)]
    back: String,
}

async fn choose_look(axum::Form(choice): axum::Form<Choice>) -> Response {
    let word = Look::from_word(&choice.look).unwrap_or_default().word();
    let kept = format!("{}={word}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", crate::web::visitor::LOOK_COOKIE);
    let mut response = Redirect::to(look::within(&choice.back, "/")).into_response();
    if let Ok(kept) = HeaderValue::try_from(kept) {
        response.headers_mut().append(header::SET_COOKIE, kept);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_for_has_an_address_of_its_own() {
        assert_eq!(why_address("@acme@social.example"), "/why/@acme@social.example");
        assert_eq!(why_address("a/b ?#\"<"), "/why/a%2Fb%20%3F%23%22%3C");
    }

    #[test]
    fn a_refusal_is_a_sentence() {
        assert_eq!(words(Refusal::Unknown("there is no gig".to_owned())), "There is no gig");
    }

    #[tokio::test]
    async fn the_look_that_is_chosen_is_kept_and_leads_back_to_where_it_was_chosen() {
        for (look, kept) in [("dark", "dark"), ("\r\nset-cookie: x=y", Look::default().word())] {
            let response = choose_look(axum::Form(Choice { look: look.to_owned(), back: "/log".to_owned() })).await;
            let said = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            assert_eq!((response.status(), said(header::LOCATION)), (StatusCode::SEE_OTHER, "/log"));
            let cookie = format!(
                "{}={kept}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly",
                crate::web::visitor::LOOK_COOKIE
            );
            assert_eq!(said(header::SET_COOKIE), cookie);
        }
    }
}
