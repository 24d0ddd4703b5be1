//! `/me/record`: all that is held about whoever looks, and the buttons that end it.

use super::bring;
use super::circle::fault;
use super::me::cannot_write;
use super::who::{SignedIn, go};
use crate::community::Rank;
use crate::store::{Forgot, NotForgotten, Wish, Word};
use crate::trust::{Deed, Dispute, Level, Over, Party};
use crate::weave::{Held, OwnWord, Piece};
use crate::web::page::{self, Frame, Next};
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{Moment, count, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::collections::BTreeSet;
use tracing::info;

/// Pieces shown of each sort, newest first; the file holds all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "signed/record.html")]
struct Page {
    frame: Frame,
    /// What the forms of this page begin with.
    action: &'static str,
    is_signed: bool,
    is_unlisted: bool,
    /// They asked to be forgotten once, and have come back.
    is_forgotten: bool,
    held: Vec<(&'static str, Vec<String>)>,
    about: Vec<Line>,
    by: Vec<Line>,
    words: Vec<Taken>,
    brought: Vec<bring::Line>,
}

struct Line {
    said: String,
    when: Moment,
    source: Option<String>,
}

/// A word of one's own with what takes it back.
struct Taken {
    said: String,
    about: String,
    sort: &'static str,
    category: String,
    /// The post that it stands in; empty where it was said on a page.
    post: String,
}

#[derive(Debug, Deserialize)]
struct Withdrawn {
    about: String,
    sort: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    post: String,
}

#[derive(Debug, Deserialize)]
pub struct Sure {
    #[serde(default)]
    sure: String,
}

impl Sure {
    pub fn is_sure(&self) -> bool {
        self.sure == "yes"
    }
}

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/me/record", get(show))
        .route("/me/record.json", get(export))
        .route("/me/withdraw", post(withdraw))
        .route("/me/unlist", post(unlist))
        .route("/me/relist", post(relist))
        .route("/me/forget", post(forget))
}

async fn show(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    shown(&public, &visitor, Party::Person(signed.person.id), "/me").await
}

/// The page for a party that has shown who it is; its forms go to addresses that begin with `action`.
pub async fn shown(public: &Public, visitor: &Visitor, party: Party, action: &'static str) -> Response {
    let held = match public.weave.held(party).await {
        Ok(held) => held,
        Err(unanswered) => return page::unreadable(visitor, &fault(unanswered)),
    };
    let counting = match party {
        Party::Person(_) if !held.imports.is_empty() => match public.ledger.evidence_about(party).await {
            Ok(evidence) => evidence.into_iter().map(|one| one.source).collect(),
            Err(fault) => return page::unreadable(visitor, &fault),
        },
        _ => BTreeSet::new(),
    };
    let is_forgotten = match party {
        Party::Person(person) => match public.ledger.has_been_forgotten(person).await {
            Ok(is_forgotten) => is_forgotten,
            Err(fault) => return page::unreadable(visitor, &fault),
        },
        Party::Actor(_) => false,
    };
    let now = public.clock.now();
    let mut frame = Frame::new(visitor, "All that is held about you");
    frame.back = format!("{action}/record");
    let lines = |pieces: &[Piece]| {
        let line = |piece: &Piece| Line {
            said: piece.said.clone(),
            when: Moment::new(piece.at, now),
            source: piece.source.as_deref().and_then(web_address),
        };
        pieces.iter().take(SHOWN).map(line).collect()
    };
    let page = Page {
        frame,
        action,
        is_signed: matches!(party, Party::Person(_)),
        is_unlisted: held.wish == Some(Wish::Unlisted),
        is_forgotten,
        about: lines(&held.about),
        by: lines(&held.by),
        brought: bring::lines(public, &held.imports, &counting),
        words: held.words.iter().map(Taken::of).collect(),
        held: by_name(&facts(&held)),
    };
    page::html(StatusCode::OK, &page)
}

/// What has one name stands in one row.
fn by_name(facts: &[(&'static str, String)]) -> Vec<(&'static str, Vec<String>)> {
    let row = |same: &[(&'static str, String)]| (same[0].0, same.iter().map(|(_, value)| value.clone()).collect());
    facts.chunk_by(|(one, _), (next, _)| one == next).map(row).collect()
}

/// What is held, each with its name; those of one name stand together.
fn facts(held: &Held) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Known here as", held.id.clone())];
    if let Some(person) = &held.person {
        facts.push(("Name", person.name.clone()));
        facts.push(("Here since", crate::web::words::exact(person.since)));
        facts.push(("Email", person.email.clone().unwrap_or_else(|| "none".to_owned())));
        facts.push(("Signed in", count(held.sign_ins, "browser", "browsers")));
        let key = if held.vouch_key { "made, and sealed in the vault" } else { "none yet" };
        facts.push(("Key that signs your vouches", key.to_owned()));
        let made = |since| format!("made {}; only its hash is kept", crate::web::words::exact(since));
        let feed = held.feed_since.map_or_else(|| "none".to_owned(), made);
        facts.push(("Address of your feed", feed));
    }
    for identity in &held.identities {
        facts.push(("Account that you sign in by", format!("{} ({})", identity.handle, identity.url)));
    }
    for actor in &held.actors {
        facts.push(("Seen under posts", format!("{}, {} ({})", actor.handle, actor.name, actor.uri)));
    }
    if let Some(said) = &held.statements {
        let lists = [
            ("Kinds of work that you offer", &said.categories),
            ("Your skills", &said.skills),
            ("Your languages", &said.languages),
            ("Your places", &said.places),
        ];
        facts
            .extend(lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(what, list)| (what, list.join(", "))));
        facts.push(("Availability", said.availability.words().to_owned()));
    }
    for belonging in &held.communities {
        facts.push(match &belonging.member.rank {
            Rank::Steward => ("Community that you look after", belonging.to.clone()),
            Rank::Member => ("Community that you are in", belonging.to.clone()),
            Rank::Removed { why, .. } => ("Community that took you out", format!("{}: {why}", belonging.to)),
        });
    }
    for one in &held.relays {
        facts.push(("Whose gigs you relay", format!("{}, with {}", one.of, one.with)));
    }
    facts.push(("What you did under posts", count(held.deeds.len(), "deed", "deeds")));
    for deed in held.deeds.iter().filter(|deed| deed.words.is_some()).take(SHOWN) {
        facts.push(("How a reply of yours begins", deed.words.clone().unwrap_or_default()));
    }
    facts.retain(|(_, value)| !value.is_empty());
    facts
}

impl Taken {
    fn of(word: &OwnWord) -> Self {
        let sort = match word.deed {
            Deed::Referrer => "referrer",
            Deed::Dispute(..) => "warning",
            _ => "vouch",
        };
        let category = word.category.clone().unwrap_or_default();
        let post = word.post.clone().unwrap_or_default();
        Self { said: word.said.clone(), about: word.about.to_string(), sort, category, post }
    }
}

async fn export(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    exported(&public, &visitor, Party::Person(signed.person.id)).await
}

pub async fn exported(public: &Public, visitor: &Visitor, party: Party) -> Response {
    match public.weave.held(party).await {
        Ok(held) => {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"gigcast-record.json\""),
                (header::CACHE_CONTROL, "private, no-store"),
            ];
            let text = serde_json::to_string_pretty(&held).expect("a record is made of texts, numbers and times");
            (headers, text + "\n").into_response()
        }
        Err(unanswered) => page::unreadable(visitor, &fault(unanswered)),
    }
}

async fn withdraw(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Form(typed): Form<Withdrawn>,
) -> Response {
    let deed = match typed.sort.as_str() {
        "vouch" => Some(Deed::Vouch(Level::KnowsTheWork)),
        "referrer" => Some(Deed::Referrer),
        "warning" => Some(Deed::Dispute(Dispute::Mild, Over::BadWork)),
        _ => None,
    };
    let (Some(deed), Some(about)) = (deed, Party::parse(&typed.about)) else {
        let words = "That is nothing that your record offers to take back.";
        let back = Next::to(&visitor, "Back to your record", "/me/record");
        return page::refused(&visitor, "Nothing was taken back", words, back);
    };
    if let Some(response) = cannot_write(&public, &visitor) {
        return response;
    }
    let category = Some(typed.category).filter(|slug| !slug.is_empty());
    let (by, at) = (signed.person.id, public.clock.now());
    let done = if typed.post.is_empty() {
        public.weave.unsay(&Word { by, about, deed, category, at, source: String::new() }).await
    } else {
        public.weave.take_back(by, about, &typed.post).await
    };
    match done {
        Ok(_) => {
            info!(event = "word.withdrawn", person.id = %by, about = %about, "{} took back a word", signed.person.name);
            go(&public, "/me/record")
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn unlist(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    if let Some(response) = cannot_write(&public, &visitor) {
        return response;
    }
    match public.ledger.unlist(signed.person.id, public.clock.now()).await {
        Ok(_) => {
            info!(event = "person.unlisted", person.id = %signed.person.id, "Somebody asked not to be named any more");
            go(&public, "/me/record")
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn relist(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    if let Some(response) = cannot_write(&public, &visitor) {
        return response;
    }
    match public.ledger.relist(signed.person.id).await {
        Ok(()) => {
            info!(event = "person.relisted", person.id = %signed.person.id, "{} may be named again", signed.person.name);
            go(&public, "/me/record")
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn forget(State(public): State<Shared>, visitor: Visitor, signed: SignedIn, Form(sure): Form<Sure>) -> Response {
    if !sure.is_sure() {
        return unsure(&visitor, Next::to(&visitor, "Back to your record", "/me/record"));
    }
    if let Some(response) = cannot_write(&public, &visitor) {
        return response;
    }
    let id = signed.person.id;
    match public.ledger.forget_person(id, public.clock.now()).await {
        Ok(Ok(forgot)) => {
            info!(event = "person.forgotten", about = %id, "Somebody asked to be forgotten, and is");
            let visitor = Visitor { signed: None, ..visitor };
            let mut response = forgotten(&visitor, forgot);
            let cleared = super::cookie::Cookie::SignIn.clear(&public.home);
            response.headers_mut().append(header::SET_COOKIE, cleared);
            response
        }
        Ok(Err(NotForgotten::StillLinked(handles))) => {
            let words = format!(
                "These accounts of yours are still linked: {}. Unlink them first, so that their networks are told too. \
                 Nothing has been taken away yet.",
                handles.join(", ")
            );
            let next = Next { label: "Your accounts", address: format!("{}/accounts", visitor.root) };
            page::notice_leading(&visitor, StatusCode::CONFLICT, "Accounts are still linked", words, next)
        }
        Ok(Err(NotForgotten::Unknown)) => go(&public, "/"),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

pub fn unsure(visitor: &Visitor, back: Next) -> Response {
    let words = "Nothing was taken away. Tick the box beside the button to say that you mean it: it cannot be undone.";
    page::refused(visitor, "Are you sure?", words, back)
}

pub fn forgotten(visitor: &Visitor, forgot: Forgot) -> Response {
    let words = format!(
        "What was held about you is gone: {} and {} are taken away, and {} of yours stay as a number without a name. What is \
         left is a hash of your address, so that nothing is collected about you again. Posts that you made yourself are yours to \
         delete.",
        count(forgot.evidence, "piece of the record", "pieces of the record"),
        count(forgot.vouches, "vouch", "vouches"),
        count(forgot.deeds, "deed", "deeds")
    );
    page::notice(visitor, StatusCode::OK, "Forgotten", words)
}
