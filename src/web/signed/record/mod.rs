//! `/me/record`: all that is held about whoever looks, and the buttons that end it.

mod facts;

use super::bring;
use super::circle::fault;
use super::who::{SignedIn, go};
use crate::clock::Timestamp;
use crate::store::{Forgot, NotForgotten, Wish, Word};
use crate::trust::{Credit, Deed, Dispute, Level, Over, Party};
use crate::weave::{OwnWord, Piece, Posted};
use crate::web::filled::Filled;
use crate::web::page::{self, Frame, Next};
use crate::web::paging::Paging;
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{Moment, count, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::collections::BTreeSet;
use tracing::info;

/// Of each list on one page, newest first; the file holds all.
const SHOWN: usize = 40;

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
    gigs: Vec<Gig>,
    /// How many they posted, in words; empty for none.
    posted: String,
    about: Vec<Line>,
    by: Vec<Line>,
    words: Vec<Taken>,
    brought: Vec<bring::Line>,
    /// Of all lists together.
    paging: Paging,
}

/// One that they posted.
struct Gig {
    page: String,
    title: String,
    state: &'static str,
    came: Moment,
}

impl Gig {
    fn of(posted: &Posted, now: Timestamp) -> Self {
        let (page, title) = (posted.page.clone(), posted.title.clone());
        Self { page, title, state: posted.state, came: Moment::new(posted.came, now) }
    }
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

async fn show(State(public): State<Shared>, visitor: Visitor, signed: SignedIn, RawQuery(query): RawQuery) -> Response {
    shown(&public, &visitor, Party::Person(signed.person.id), "/me", query.as_deref()).await
}

/// The page for a party that has shown who it is; its forms go to addresses that begin with `action`.
pub async fn shown(
    public: &Public,
    visitor: &Visitor,
    party: Party,
    action: &'static str,
    query: Option<&str>,
) -> Response {
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
        pieces.iter().map(line).collect::<Vec<Line>>()
    };
    let facts = facts::by_name(facts::of(&held));
    let gigs = &held.holdings.gigs;
    let longest_fact = facts.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let lists = [longest_fact, gigs.len(), held.about.len(), held.by.len(), held.words.len(), held.imports.len()];
    let paging = Paging::of(query, &format!("{action}/record"), &lists, SHOWN);
    let brought = match bring::lines(public, paging.rows(&held.imports), &counting).await {
        Ok(brought) => brought,
        Err(fault) => return page::unreadable(visitor, &fault),
    };
    let page = Page {
        frame,
        action,
        is_signed: matches!(party, Party::Person(_)),
        is_unlisted: held.wish == Some(Wish::Unlisted),
        is_forgotten,
        about: lines(paging.rows(&held.about)),
        by: lines(paging.rows(&held.by)),
        brought,
        words: paging.rows(&held.words).iter().map(Taken::of).collect(),
        posted: if gigs.is_empty() { String::new() } else { count(gigs.len(), "gig", "gigs") },
        gigs: paging.rows(gigs).iter().map(|posted| Gig::of(posted, now)).collect(),
        held: facts::rows(&facts, &paging),
        paging,
    };
    page::html(StatusCode::OK, &page)
}

impl Taken {
    fn of(word: &OwnWord) -> Self {
        let sort = match word.deed {
            Deed::Referrer => "referrer",
            Deed::Dispute(..) => "warning",
            Deed::Credit(Credit::PaysOnTime) => "pays",
            Deed::Credit(Credit::GoodBriefs) => "briefs",
            Deed::Vouch(_) | Deed::Hired | Deed::Completed | Deed::Reshare | Deed::Quote | Deed::Reply => "vouch",
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
    Filled(typed): Filled<Withdrawn>,
) -> Response {
    // Which word of its sort was said does not matter.
    let deed = match typed.sort.as_str() {
        "vouch" => Some(Deed::Vouch(Level::KnowsTheWork)),
        "referrer" => Some(Deed::Referrer),
        "warning" => Some(Deed::Dispute(Dispute::Mild, Over::BadWork)),
        "pays" => Some(Deed::Credit(Credit::PaysOnTime)),
        "briefs" => Some(Deed::Credit(Credit::GoodBriefs)),
        _ => None,
    };
    let (Some(deed), Some(about)) = (deed, Party::parse(&typed.about)) else {
        let words = "That is nothing that your record offers to take back.";
        let back = Next::to(&visitor, "Back to your record", "/me/record");
        return page::refused(&visitor, "Nothing was taken back", words, back);
    };
    if let Some(response) = page::unwritable(&public, &visitor) {
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
    if let Some(response) = page::unwritable(&public, &visitor) {
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
    if let Some(response) = page::unwritable(&public, &visitor) {
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

async fn forget(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(sure): Filled<Sure>,
) -> Response {
    if !sure.is_sure() {
        return unsure(&visitor, Next::to(&visitor, "Back to your record", "/me/record"));
    }
    if let Some(response) = page::unwritable(&public, &visitor) {
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
