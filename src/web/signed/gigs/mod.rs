//! A poster's own gigs: written in a form, looked at as each account would post them, posted, and followed to each account.
//!
//! What a form holds goes the way of the API: the same reader, the same intake, durable before the answer. A page that a gig goes
//! wrong on keeps everything that was typed.

mod edit;
pub mod form;
mod interested;
mod own;
mod write;

use crate::clock::Timestamp;
use crate::gig::{Gig, Sighting};
use crate::id::PersonId;
use crate::ports::{BoxFuture, StoreError};
use crate::store::GigRecord;
use crate::web::Shared;
use crate::web::filled::at_most;
use crate::web::page::{self, Next};
use crate::web::visitor::Visitor;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use std::fmt;
use std::time::Duration;

/// What these pages ask of the daemon, beyond the ledger and the intake.
pub trait Gigs: Send + Sync + fmt::Debug {
    /// What each of the poster's accounts would say of a gig, were it posted now. The second `Err` says why it is no gig.
    fn preview<'a>(&'a self, poster: PersonId, sighting: &'a Sighting) -> Answer<'a, Result<Preview, String>>;

    /// What would become of what each of its poster's accounts has said of a gig, were it so.
    fn rewritten<'a>(&'a self, gig: &'a Gig) -> Answer<'a, Preview>;

    /// Where each of these gigs stands on each of the poster's accounts, in the order of the gigs.
    fn places<'a>(&'a self, poster: PersonId, records: &'a [GigRecord]) -> Answer<'a, Vec<Vec<Place>>>;

    /// In which zone a poster's days are, as their first account has it.
    fn zone(&self, poster: PersonId) -> Answer<'_, String>;

    /// How long a new post may wait on an account that says nothing of it.
    fn worth_saying_for(&self) -> Duration;
}

type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

#[derive(Debug, Clone)]
pub struct Preview {
    /// As it would be meant.
    pub gig: Gig,
    pub says: Vec<Says>,
    pub skips: Vec<Skips>,
}

/// One account, and the very text it would post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    pub network: String,
    pub handle: String,
    pub text: String,
    pub length: u32,
    pub limit: u32,
    /// What is counted: `characters`.
    pub unit: &'static str,
    /// A sentence: when it leaves, or what it waits for.
    pub when: String,
    /// What its person has to do before it leaves.
    pub todo: Option<Todo>,
}

/// One account that would say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skips {
    pub network: String,
    pub handle: String,
    /// As the end of a sentence.
    pub why: String,
}

/// Where a gig stands on one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub network: String,
    pub handle: String,
    pub stage: Stage,
    /// The post, once it is out.
    pub post: Option<String>,
    /// When it went out.
    pub since: Option<Timestamp>,
    /// Sentences: what it waits for or how it ended; empty where there is nothing to say beyond the stage.
    pub said: String,
    pub todo: Option<Todo>,
}

/// In one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Out,
    /// By itself: until a time, for a limit, for an answer.
    Waits,
    /// Until its poster does something.
    NeedsYou,
    /// The audience rules of the account, or its network's limits, leave it out.
    Skipped,
    /// The account was linked after the gig came in.
    Later,
    /// It was no longer wanted when its turn came.
    Dropped,
    Failed,
}

impl Stage {
    pub fn word(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Waits => "waits",
            Self::NeedsYou => "needs you",
            Self::Skipped | Self::Later => "left out",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Self::Out => "✓",
            Self::Waits => "…",
            Self::NeedsYou => "!",
            Self::Skipped | Self::Later | Self::Dropped => "–",
            Self::Failed => "✕",
        }
    }

    /// The class of its colour.
    pub fn class(self) -> &'static str {
        match self {
            Self::Out => "out",
            Self::Waits | Self::NeedsYou => "waits",
            Self::Skipped | Self::Later | Self::Dropped => "quiet",
            Self::Failed => "failed",
        }
    }
}

/// What only its person can do for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Todo {
    Relink,
    Resume,
    Approve,
    /// See whether the post is there, and tell whoever runs gigcast.
    Look,
}

impl Todo {
    /// The page where it is done.
    pub fn page(self) -> Option<&'static str> {
        match self {
            Self::Relink | Self::Resume => Some("/accounts"),
            Self::Approve => Some("/review"),
            Self::Look => None,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Relink => "Re-link it, and what waits goes out",
            Self::Resume => "Resume it, and what waits goes out",
            Self::Approve => "Look at it and approve it",
            Self::Look => "See whether the post is there, and tell whoever runs this gigcast",
        }
    }
}

/// Another's gig is answered like one that is not there.
pub fn no_such(visitor: &Visitor) -> Response {
    let words = "None of your gigs stands at this address. Your gigs are all listed at /gigs.";
    let next = Next::to(visitor, "See your gigs", "/gigs");
    page::notice_leading(visitor, StatusCode::NOT_FOUND, "No such gig of yours", words, next)
}

/// A form with the longest description that is kept, each of its signs written as nine.
const FORM_BYTES: usize = 256 * 1024;

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/gigs", get(own::list).post(write::post))
        .route("/gigs/new", get(write::blank).post(write::change))
        .route("/gigs/preview", post(write::preview))
        .route("/gigs/{id}", get(own::one).post(edit::save))
        .route("/gigs/{id}/edit", get(edit::show).post(edit::change))
        .route("/gigs/{id}/preview", post(edit::preview))
        .route("/gigs/{id}/decide", post(own::decide))
        .route("/gigs/{id}/hires", post(super::hires::claim))
        .layer(at_most(FORM_BYTES))
}
