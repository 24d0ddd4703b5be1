//! What the operator may ask of a running gigcast, and what is sent along. The daemon answers.

use super::super::approval::{Approval, Declined, Waiting};
use super::answers::{
    AccountLine, Checked, DeliveryLine, Done, Explanation, GigLine, GigView, Invitation, LinkBegun, LinkStands,
    NewToken, Planned, PutRight, Status, When, Which,
};
use super::communities::{CommunityAsked, CommunityLine, CommunityView};
use super::vouches::{BringAsked, IssuerAsked};
use crate::id::{DeliveryId, GigId};
use crate::person::{Changed, Ended};
use crate::ports::{BoxFuture, StoreError};
use crate::secret::Secret;
use crate::store::Forgot;
use crate::weave::{Brought, Cut, OnRecord, Portable, WhoseCircle};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
use tokio::sync::mpsc::Receiver;

pub type Answer<'a, T> = BoxFuture<'a, Result<T, Refusal>>;

pub trait Operator: Send + Sync + fmt::Debug {
    fn status(&self) -> Answer<'_, Status>;
    /// Newest first.
    fn gigs(&self, limit: usize) -> Answer<'_, Vec<GigLine>>;
    fn gig(&self, id: GigId) -> Answer<'_, GigView>;
    fn accounts(&self) -> Answer<'_, Vec<AccountLine>>;
    fn deliveries(&self, which: Which) -> Answer<'_, Vec<DeliveryLine>>;
    /// A person has looked whether a post is there.
    fn release(&self, id: DeliveryId, seen: Seen) -> Answer<'_, Done>;
    /// What waits for its person, with the text that it would have.
    fn review(&self, id: DeliveryId) -> Answer<'_, Waiting>;
    fn approve(&self, id: DeliveryId, asked: Approval) -> Answer<'_, Done>;
    fn decline(&self, id: DeliveryId, asked: Declined) -> Answer<'_, Done>;
    /// `what` is the id of a gig, a delivery, an account or a person, a handle, a poster's name, or the name of a source; times are told
    /// in `zone`.
    fn why<'a>(&'a self, what: &'a str, zone: TimeZone) -> Answer<'a, Explanation>;
    fn link(&self, asked: LinkAsked) -> Answer<'_, Done>;
    /// In a browser, while a terminal waits.
    fn begin_link(&self, asked: BeginLinkAsked) -> Answer<'_, LinkBegun>;
    fn link_stands(&self, attempt: Secret) -> Answer<'_, LinkStands>;
    fn paste_code(&self, asked: PasteAsked) -> Answer<'_, Done>;
    /// An address by which somebody becomes this poster, once.
    fn invite<'a>(&'a self, poster: &'a str) -> Answer<'a, Invitation>;
    /// `what` is an account's id or handle, here and with `follow`.
    fn unlink<'a>(&'a self, what: &'a str) -> Answer<'a, Done>;
    fn pause(&self, asked: PauseAsked) -> Answer<'_, Done>;
    fn resume(&self, asked: PauseAsked) -> Answer<'_, Done>;
    /// What waits by our own schedule goes now, and what was given up is opened anew. `what` is a delivery, a gig or an account.
    fn retry<'a>(&'a self, what: &'a str) -> Answer<'a, PutRight>;
    /// What is surely not out is dropped. `what` is a delivery or a gig.
    fn cancel<'a>(&'a self, what: &'a str, asked: CancelAsked) -> Answer<'a, PutRight>;
    /// What was given up in a span of time is opened anew, or merely counted.
    fn replay(&self, asked: ReplayAsked) -> Answer<'_, PutRight>;
    /// Reads the configuration again: all of it is applied that can be, or nothing.
    fn reload(&self) -> Answer<'_, PutRight>;
    /// Starts nothing new, and answers once all that was on its way has ended; then the daemon ends.
    fn drain(&self) -> Answer<'_, Done>;
    /// How what an account has said follows its gigs.
    fn follow<'a>(&'a self, what: &'a str, asked: FollowAsked) -> Answer<'a, Done>;
    fn plan(&self, asked: PlanAsked) -> Answer<'_, Vec<Planned>>;
    fn post(&self, asked: PostAsked) -> Answer<'_, Done>;
    fn decide(&self, id: GigId, asked: DecideAsked) -> Answer<'_, Done>;
    /// Whom a poster's circle would pick for a kind of work.
    fn who(&self, asked: WhoAsked) -> Answer<'_, WhoseCircle>;
    /// What leaving somebody out of the walk changes of that.
    fn cut(&self, asked: WhoAsked) -> Answer<'_, Cut>;
    /// All that is on record of somebody. `what` is a handle, a poster's name, or the id of a person or an actor.
    fn person<'a>(&'a self, what: &'a str) -> Answer<'a, OnRecord>;
    /// The vouches of the same, signed, for them to take along.
    fn vouches<'a>(&'a self, what: &'a str) -> Answer<'a, Portable>;
    fn communities(&self) -> Answer<'_, Vec<CommunityLine>>;
    /// By its name in addresses.
    fn community<'a>(&'a self, slug: &'a str) -> Answer<'a, CommunityView>;
    fn change_communities(&self, asked: CommunityAsked) -> Answer<'_, Done>;
    /// Takes in vouches that were signed elsewhere, for whom they are about.
    fn bring(&self, asked: BringAsked) -> Answer<'_, Vec<Brought>>;
    /// Says who signs by a key of elsewhere.
    fn know_issuer(&self, asked: IssuerAsked) -> Answer<'_, Done>;
    /// Forgets the same: nothing that names them stays, and nothing is collected of them again.
    fn forget<'a>(&'a self, what: &'a str) -> Answer<'a, Forgot>;
    fn token<'a>(&'a self, poster: &'a str) -> Answer<'a, NewToken>;
    /// A backup of the store as it stands, piece by piece. Its last piece says that it is whole.
    fn backup(&self, asked: BackupAsked) -> Answer<'_, Receiver<Bytes>>;
    fn confirm_clock(&self) -> Answer<'_, Done>;
    /// In the OpenMetrics text format.
    fn metrics(&self) -> Answer<'_, String>;
    /// Reaches every source and account without posting anything.
    fn check(&self) -> Answer<'_, Vec<Checked>>;
}

/// What a person saw when they looked for a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    There { address: String },
    NotThere,
}

#[derive(Debug, Deserialize)]
pub struct LinkAsked {
    pub network: String,
    pub poster: String,
    /// Empty where the network needs none.
    #[serde(default)]
    pub server: String,
    #[serde(default)]
    pub identifier: String,
    pub secret: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginLinkAsked {
    pub network: String,
    pub poster: String,
    #[serde(default)]
    pub server: String,
    #[serde(default)]
    pub identifier: String,
    pub answer: AnswerTo,
}

/// Where the answer of the server is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerTo {
    /// The browser brings it to us.
    Browser,
    /// The person copies a code.
    Terminal,
}

#[derive(Debug, Deserialize)]
pub struct StandsAsked {
    pub attempt: Secret,
}

#[derive(Debug, Deserialize)]
pub struct PasteAsked {
    pub attempt: Secret,
    pub code: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteAsked {
    pub poster: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAsked {
    pub poster: String,
    #[serde(default)]
    pub category: Option<String>,
    pub top: usize,
    /// Who is left out, where that is the question.
    #[serde(default)]
    pub cut: Option<String>,
}

/// What is not given stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowAsked {
    pub changed: Option<Changed>,
    pub ended: Option<Ended>,
}

/// What is paused or resumed, and by whom and why, as far as they say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseAsked {
    pub what: PauseOf,
    #[serde(default)]
    pub by: Option<String>,
    #[serde(default)]
    pub why: Option<String>,
}

/// As it is named by whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseOf {
    All,
    Network(String),
    Host(String),
    Source(String),
    /// By its id or its handle.
    Account(String),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAsked {
    #[serde(default)]
    pub why: Option<String>,
}

/// Which of the deliveries that were given up are meant: those whose last try was in this span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayAsked {
    pub since: When,
    /// Up to now, when it is not given.
    #[serde(default)]
    pub until: Option<When>,
    #[serde(default)]
    pub network: Option<String>,
    /// An account's id or handle.
    #[serde(default)]
    pub account: Option<String>,
    pub replay: Replaying,
}

/// Whether anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replaying {
    CountOnly,
    Now,
}

/// A gig as a file holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its name without the ending: the gig goes by it, unless it names itself.
    pub name: String,
    pub format: Format,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Toml,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAsked {
    pub gig: Planning,
    /// Only for this poster's accounts; for everybody's when not given.
    pub poster: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Planning {
    File(WrittenFile),
    /// Every item of the feed at this address.
    Feed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostAsked {
    pub gig: WrittenFile,
    pub poster: String,
    /// In place of what the file says: who goes first, and how long they go alone, as in `6h`.
    #[serde(default)]
    pub first: Vec<String>,
    #[serde(default)]
    pub widen_after: Option<String>,
}

/// What a person decides about a gig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecideAsked {
    Fill,
    /// It is filled by this person: a handle, a name or an id.
    FillBy(String),
    Withdraw,
    Reopen,
    /// The fields to change.
    Edit(WrittenFile),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupAsked {
    /// With the vault's key: whoever has the file can speak for every account.
    pub with_key: bool,
}

/// Why something was not answered, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Unknown(String),
    Refused(String),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, said) = match self {
            Self::Unknown(said) => (StatusCode::NOT_FOUND, said),
            Self::Refused(said) => (StatusCode::UNPROCESSABLE_ENTITY, said),
            Self::Store(fault) => (StatusCode::SERVICE_UNAVAILABLE, format!("the store failed: {fault}")),
        };
        (status, Json(serde_json::json!({ "error": said }))).into_response()
    }
}
