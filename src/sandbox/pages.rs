//! What a person sees: the timeline, where one may act as anyone; and the page that asks whether a client may post for them.
//!
//! Plain forms, no script. One form at the top says who one is; every button on the page belongs to it.

use super::api::{Params, Refusal};
use super::html;
use super::world::{App, Asked, Draft, Edition, Id, Indexing, KeyRule, Person, Refused, Status, Visibility, World};
use super::{Lively, Place};
use crate::clock::Timestamp;
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/", get(home))
        .route("/@{username}", get(profile))
        .route("/@{username}/{id}", get(one_post))
        .route("/users/{username}", get(profile))
        .route("/users/{username}/statuses/{id}", get(one_post))
        .route("/tags/{tag}", get(tag))
        .route("/sandbox/apps", get(apps).post(take_back))
        .route("/sandbox/style.css", get(style))
        .route("/sandbox/avatars/{file}", get(avatar))
}

/// Of conversations, on one page; older ones are a link away.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "sandbox/timeline.html")]
struct Timeline<'a> {
    heading: String,
    lead: String,
    is_home: bool,
    lively: bool,
    people: Vec<Choice<'a>>,
    conversations: Vec<Vec<Card<'a>>>,
    /// The oldest conversation shown, when there are more behind it.
    older: Option<Id>,
}

struct Choice<'a> {
    username: &'a str,
    name: &'a str,
    chosen: bool,
}

/// One post as the page shows it.
struct Card<'a> {
    id: Id,
    author: &'a Person,
    initials: String,
    hue: usize,
    /// How deep in its conversation; deeper ones are not set in further.
    depth: usize,
    at: Timestamp,
    ago: String,
    edited: Option<(Timestamp, String)>,
    spoiler_text: &'a str,
    html: String,
    language: &'a str,
    boosted_by: String,
    liked_by: String,
    private: bool,
    noindex: bool,
}

#[derive(Template)]
#[template(path = "sandbox/authorize.html")]
struct Authorize<'a> {
    app: &'a str,
    website: Option<&'a str>,
    scopes: Vec<&'static str>,
    people: Vec<Choice<'a>>,
    /// What the form carries on, unseen.
    carried: Vec<(&'static str, &'a str)>,
    /// Host and port; nothing when the code is shown instead.
    leads_to: Option<String>,
}

/// Who lets which client act for them.
#[derive(Template)]
#[template(path = "sandbox/apps.html")]
struct Apps<'a> {
    given: Vec<Given<'a>>,
}

struct Given<'a> {
    person: &'a Person,
    app: &'a App,
}

#[derive(Template)]
#[template(path = "sandbox/notice.html")]
struct Notice<'a> {
    heading: &'a str,
    words: &'a str,
    code: Option<&'a str>,
}

async fn home(State(place): State<Arc<Place>>, params: Params) -> Response {
    let lead = "A small social network on this machine. Nothing you do here leaves it.";
    timeline(&place, &params, ("The sandbox", lead), true, |_| true)
}

async fn profile(State(place): State<Arc<Place>>, Path(username): Path<String>, params: Params) -> Response {
    let Some(person) = place.world().person_named(&username).cloned() else { return nothing_here() };
    timeline(&place, &params, (&person.display_name, &person.note), false, |status| status.author == person.id)
}

async fn one_post(State(place): State<Arc<Place>>, Path((_, id)): Path<(String, String)>, params: Params) -> Response {
    let Some(id) = id.parse().ok().filter(|id| place.world().visible(None, *id).is_ok()) else { return nothing_here() };
    timeline(&place, &params, ("One conversation", ""), false, |status| status.id == id)
}

async fn tag(State(place): State<Arc<Place>>, Path(tag): Path<String>, params: Params) -> Response {
    let tag = tag.to_lowercase();
    timeline(&place, &params, (&format!("#{tag}"), ""), false, |status| status.tags.contains(&tag))
}

async fn apps(State(place): State<Arc<Place>>) -> Response {
    let world = place.world();
    let known = |(person, app): &(Id, Id)| {
        Some(Given {
            person: world.person(*person)?,
            app: world.grants.app(*app).filter(|app| app.id != place.own_app.id)?,
        })
    };
    let given = world.grants.given().iter().filter_map(known).collect();
    page_response(StatusCode::OK, &Apps { given }, None)
}

async fn take_back(State(place): State<Arc<Place>>, params: Params) -> Response {
    let mut world = place.world();
    let person = params.one("person").and_then(|name| world.person_named(name)).map(|person| person.id);
    let app = params.one("app").and_then(|id| id.parse::<Id>().ok());
    let (Some(person), Some(app)) = (person, app) else {
        return notice(
            StatusCode::BAD_REQUEST,
            "That did not work",
            "Whose link to which app? Choose one from the list.",
            None,
        );
    };
    world.grants.take_back(person, app);
    Redirect::to("/sandbox/apps").into_response()
}

fn nothing_here() -> Response {
    let words = "Perhaps it was deleted. The timeline shows what there is.";
    notice(StatusCode::NOT_FOUND, "Nothing lives at this address", words, None)
}

/// Conversations that hold a fitting post, those with the latest beginning first.
fn timeline(
    place: &Place,
    params: &Params,
    (heading, lead): (&str, &str),
    is_home: bool,
    fits: impl Fn(&Status) -> bool,
) -> Response {
    let (world, now) = (place.world(), place.now());
    let before = params.one("before").and_then(|id| id.parse::<Id>().ok());
    let fitting = world.newest().filter(|s| s.boost_of.is_none() && fits(s) && world.may_see(None, s));
    let all: BTreeSet<Id> = fitting.map(|status| root(&world, status)).collect();
    let mut roots = all.into_iter().rev().skip_while(|root| before.is_some_and(|before| *root >= before));
    let shown: Vec<Id> = roots.by_ref().take(SHOWN).collect();
    let older = roots.next().and(shown.last().copied());
    let conversations = shown.iter().map(|root| conversation(&world, place, *root, now)).collect();
    let page = Timeline {
        heading: heading.to_owned(),
        lead: lead.to_owned(),
        is_home,
        lively: matches!(place.lively, Lively::Yes { .. }),
        people: choices(&world, params.one("as").unwrap_or("lena")),
        conversations,
        older,
    };
    page_response(StatusCode::OK, &page, None)
}

/// Where its conversation begins, as far up as strangers may see.
fn root(world: &World, status: &Status) -> Id {
    let up = |s: &&Status| s.in_reply_to.and_then(|to| world.visible(None, to).ok());
    std::iter::successors(Some(status), up).last().map_or(status.id, |root| root.id)
}

fn conversation<'a>(world: &'a World, place: &Place, root: Id, now: Timestamp) -> Vec<Card<'a>> {
    let Ok((_, below)) = world.thread(None, root) else { return Vec::new() };
    let all = world.status(root).into_iter().chain(below);
    all.filter_map(|status| card(world, place, status, root, now)).collect()
}

fn card<'a>(world: &'a World, place: &Place, status: &'a Status, root: Id, now: Timestamp) -> Option<Card<'a>> {
    let author = world.person(status.author)?;
    let said = status.current();
    let up = |s: &&Status| s.in_reply_to.and_then(|to| world.status(to));
    let depth = std::iter::successors(Some(status), up).take_while(|s| s.id != root).count();
    let named = |ids: &mut dyn Iterator<Item = &Id>| {
        ids.filter_map(|id| world.person(*id)).map(|p| p.display_name.as_str()).collect::<Vec<_>>()
    };
    Some(Card {
        id: status.id,
        author,
        initials: initials(&author.display_name),
        hue: hue(&author.username),
        depth: depth.min(3),
        at: status.at,
        ago: ago(now.since(status.at)),
        edited: status.edited_at().map(|at| (at, ago(now.since(at)))),
        spoiler_text: &said.spoiler_text,
        html: html::content(&said.text, world, &place.url),
        language: said.language.as_deref().unwrap_or_default(),
        boosted_by: in_words(&named(&mut status.boosts.values())),
        liked_by: in_words(&named(&mut status.favourites.values())),
        private: status.visibility == Visibility::Private,
        noindex: author.indexing == Indexing::Refused,
    })
}

fn choices<'a>(world: &'a World, chosen: &str) -> Vec<Choice<'a>> {
    world
        .people()
        .map(|p| Choice { username: &p.username, name: &p.display_name, chosen: p.username == chosen })
        .collect()
}

/// A, B and C; from the ninth on they are counted.
fn in_words(names: &[&str]) -> String {
    const NAMED: usize = 8;
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} others", names[..NAMED].join(", "), names.len() - NAMED),
    }
}

fn ago(passed: Duration) -> String {
    let (number, unit) = match passed.as_secs() {
        0..60 => return "just now".into(),
        seconds @ 60..3600 => (seconds / 60, "minute"),
        seconds @ 3600..86400 => (seconds / 3600, "hour"),
        seconds => (seconds / 86400, "day"),
    };
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}

fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).take(2).collect()
}

const HUES: [&str; 8] = ["#5b6770", "#7a5c3e", "#4d6a8a", "#7b4f72", "#56703f", "#8a4f4a", "#3f6f6b", "#6a5a94"];

/// The same person has the same colour everywhere; it stands in the stylesheet under the same number.
fn hue(username: &str) -> usize {
    username.bytes().fold(4, |sum, byte| (sum * 37 + usize::from(byte)) % 9973) % HUES.len()
}

/// A form was sent: someone posts, boosts, likes or answers; then back to where it happened.
pub(super) async fn act(State(place): State<Arc<Place>>, params: Params) -> Response {
    match acted(&place, &params) {
        Ok((who, at)) => {
            let at = at.map_or_else(String::new, |id| format!("#p-{id}"));
            Redirect::to(&format!("/?as={who}{at}")).into_response()
        }
        Err(refusal) => notice(refusal.status, "That did not work", &refusal.error, None),
    }
}

fn acted(place: &Place, params: &Params) -> Result<(String, Option<Id>), Refusal> {
    let (mut world, now) = (place.world(), place.now());
    let person =
        world.person_named(params.need("as")?).ok_or_else(|| Refusal::invalid("as: nobody of that name lives here"))?;
    let (me, who) = (person.id, person.username.clone());
    let (verb, at) = params.need("do")?.split_once(':').unwrap_or((params.need("do")?, "new"));
    let id = || at.parse().map_err(|_| Refusal::from(Refused::NotFound));
    let said = |in_reply_to| Draft {
        edition: Edition {
            text: params.one(&format!("text-{at}")).or(params.one("text")).unwrap_or_default().to_owned(),
            ..Edition::default()
        },
        visibility: Visibility::Public,
        in_reply_to,
        app: None,
        key: None,
        key_rule: KeyRule::Honoured,
    };
    let at = match verb {
        "post" => world.post(me, said(None), now)?,
        "reply" => world.post(me, said(Some(id()?)), now)?,
        "boost" => {
            world.boost(me, id()?, Visibility::Public, now)?;
            id()?
        }
        "unboost" => world.unboost(me, id()?)?,
        "like" => world.favourite(me, id()?, now)?,
        "unlike" => world.unfavourite(me, id()?)?,
        other => {
            return Err(Refusal::invalid(format!("do: {other} is none of post, reply, boost, unboost, like, unlike")));
        }
    };
    Ok((who, Some(at)))
}

/// May this client post for you, and who are you?
pub(super) fn authorize(place: &Place, asked: &Asked, params: &Params) -> Response {
    const CARRIED: [&str; 7] =
        ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];
    let world = place.world();
    let back = url::Url::parse(&asked.redirect_uri).ok().filter(url::Url::has_host);
    let page = Authorize {
        app: &asked.app.name,
        website: asked.app.website.as_deref(),
        scopes: in_plain_words(asked),
        people: choices(&world, "acme"),
        carried: CARRIED.into_iter().filter_map(|name| Some((name, params.one(name)?))).collect(),
        leads_to: back.as_ref().map(|back| back[url::Position::BeforeHost..url::Position::AfterPort].to_owned()),
    };
    // Browsers hold a form to its policy even where it is redirected to.
    let origin = back.map(|back| back.origin().ascii_serialization());
    page_response(StatusCode::OK, &page, origin.as_deref())
}

fn in_plain_words(asked: &Asked) -> Vec<&'static str> {
    let words = [
        (&["read", "read:accounts", "profile"][..], "See your profile"),
        (&["read", "read:statuses"], "Read posts as you see them"),
        (&["read", "read:notifications"], "See your notifications"),
        (&["read", "read:search"], "Find posts by their address"),
        (&["write", "write:statuses"], "Post, edit, boost and delete in your name"),
        (&["write", "write:favourites"], "Like posts in your name"),
    ];
    let granted = asked.scopes.list();
    let covered = words.into_iter().filter(|(scopes, _)| granted.iter().any(|scope| scopes.contains(&scope.as_str())));
    covered.map(|(_, words)| words).collect()
}

/// For clients without an address to return to: the code, to be carried over by hand.
pub(super) fn code(code: Option<&str>) -> Response {
    match code {
        Some(_) => notice(
            StatusCode::OK,
            "Copy this code",
            "Paste it where you were asked for it. It is good once, for ten minutes.",
            code,
        ),
        None => notice(StatusCode::OK, "You said no", "Nothing was linked. You can close this page.", None),
    }
}

pub(super) fn not_asked_well(refusal: Refusal) -> Response {
    let words = refusal.description.unwrap_or(&refusal.error);
    notice(refusal.status, "This request cannot be granted", words, None)
}

fn notice(status: StatusCode, heading: &str, words: &str, code: Option<&str>) -> Response {
    page_response(status, &Notice { heading, words, code }, None)
}

fn page_response(status: StatusCode, page: &impl Template, form_to: Option<&str>) -> Response {
    let Ok(html) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
        form_to.unwrap_or_default()
    );
    let mut answer = (status, Html(html)).into_response();
    let headers = answer.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../templates/sandbox/style.css"))
}

/// Initials on a colour; of whoever does not live here, a question mark.
async fn avatar(State(place): State<Arc<Place>>, Path(file): Path<String>) -> Response {
    let username = file.strip_suffix(".svg").unwrap_or(&file);
    let name = place.world().person_named(username).map(|person| person.display_name.clone());
    let svg = format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" role="img"><title>{name}</title>"#,
            r##"<rect width="96" height="96" fill="{fill}"/><text x="48" y="60" fill="#fff" text-anchor="middle" "##,
            r#"font-family="system-ui, sans-serif" font-weight="600" font-size="36">{initials}</text></svg>"#
        ),
        name = html::escape(name.as_deref().unwrap_or("nobody")),
        fill = HUES[hue(username)],
        initials = html::escape(&name.as_deref().map_or_else(|| "?".into(), initials)),
    );
    ([(header::CONTENT_TYPE, "image/svg+xml"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], svg).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_until_there_are_too_many() {
        assert_eq!(in_words(&["A"]), "A");
        assert_eq!(in_words(&["A", "B", "C"]), "A, B and C");
        assert!(in_words(&["A"; 90]).ends_with("A and 82 others"));
    }

    #[test]
    fn a_while_is_told_in_the_largest_unit_that_fits() {
        let told = |seconds| ago(Duration::from_secs(seconds));
        assert_eq!((told(59), told(60), told(7300)), ("just now".into(), "1 minute ago".into(), "2 hours ago".into()));
        assert_eq!(told(200_000), "2 days ago");
    }
}
