//! The four ways out of the core: sources are looked at, networks spoken to, the wire carries both, the store remembers.
//!
//! Each trait fits one screen. An adapter implements one of them, imports none of its siblings, and leaves every decision
//! (when, whether, how often) to the core.

pub use crate::asks::{Asked, Asks, Entered, FoundBy, Linked, Named, Recognised};
pub use crate::clock::BoxFuture;

use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::gig::Sighting;
use crate::oauth::{Door, OAuthClient, Purpose, Us};
use crate::person::{Account, Actor, Grant};
use crate::polling::Skips;
use crate::post::{Post, Receipt, Stamp};
use crate::profile::{EngagementKind, Profile};
use crate::pushing::{Pushed, Pushing};
use crate::secret::Secret;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

// ---- sources

/// Where gigs come from. One look; scheduling is the daemon's business.
pub trait Source: Send + Sync {
    fn look<'a>(&'a self, wire: &'a dyn Wire, since: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>>;

    /// Reads what was pushed to us in place of a look. Whoever calls has made sure that the source sent it.
    fn read_pushed(&self, _: &Pushed) -> Result<Look, Failure> {
        Err(Failure::Permanent(Why::new("nothing is pushed to a source of this kind")))
    }
}

/// What a source wants to be told at its next look (an `ETag`, a file's time); opaque to all others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor(pub BTreeMap<String, String>);

/// What one look saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// Oldest first, but for those at the beginning that are [`belated`](Self::belated).
    pub sightings: Vec<Sighting>,
    /// So many sightings, from the first one on, were there at the first look already, which could not read all:
    /// they are part of the baseline, and no news.
    pub belated: usize,
    /// Items that could not be read at all, each with its reason; they stop nothing else.
    pub refused: Vec<Refused>,
    /// What was refused at an earlier look and stands there no more, as it was called then.
    pub cleared: Vec<String>,
    pub cursor: Cursor,
    /// The source asked not to be looked at before.
    pub not_before: Option<Timestamp>,
    /// When it asks not to be looked at at all.
    pub skips: Skips,
    /// What it turned out to be, where only a look can tell: for people who ask.
    pub found: Option<String>,
    /// The source said it is gone for good (410): it is not looked at again.
    pub ended: bool,
    pub complete: Completeness,
    pub pushing: Pushing,
}

/// What it means that a gig is not in a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Completeness {
    /// Nothing: feeds scroll, pages are cut short, and what has not changed is not sent again.
    #[default]
    Partial,
    /// The source lists all that is open, and this look saw all of it: what is missing is gone. Items that were refused are there.
    Complete,
    /// Nothing has changed since the last complete look, whose items are not repeated.
    AsBefore,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What it is, in the source's own terms: an item's id, a file's path.
    pub what: String,
    pub why: Why,
}

// ---- networks

/// One network's verbs. Everything the core must know is in its [`Profile`]; a verb that the profile denies is never called.
pub trait Network: Send + Sync {
    /// What holds before a server has been asked.
    fn profile(&self) -> &Profile;

    /// What a person is asked for, where one can sign in with an account of this network and link it on a page.
    fn asks(&self) -> Option<Asks> {
        None
    }

    /// Reads one server's own limits and ways. `server` is its origin: scheme, host, port.
    fn learn<'a>(&'a self, wire: &'a dyn Wire, server: &'a str) -> BoxFuture<'a, Result<Profile, Failure>>;

    /// Turns what a person entered into a verified link, by a harmless call.
    fn link<'a>(&'a self, wire: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>>;

    /// Finds the authorization server of the account that a person named, and what is to be asked there for this purpose.
    fn discover<'a>(
        &'a self,
        _wire: &'a dyn Wire,
        _named: &'a Named,
        _purpose: Purpose,
        _us: &'a Us,
    ) -> BoxFuture<'a, Result<Door, Failure>> {
        unsupported("link in a browser")
    }

    /// Makes us known to the door's server, where each server wants that (`ClientFrom::Registration`).
    fn register<'a>(
        &'a self,
        _wire: &'a dyn Wire,
        _door: &'a Door,
        _us: &'a Us,
    ) -> BoxFuture<'a, Result<OAuthClient, Failure>> {
        unsupported("register with a server")
    }

    /// Whose grant it is, by a harmless call on a wire that carries it; and that this server may speak for them. `subject` is what the token
    /// answer said (`sub`), where it did.
    fn recognise<'a>(
        &'a self,
        _wire: &'a dyn Wire,
        _door: &'a Door,
        _subject: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Recognised, Failure>> {
        unsupported("recognise an account")
    }

    /// Whose account it is that this person named, if it has lately said these words in public: asked without any grant, of the server that
    /// the account itself is on. Nothing where no such post of theirs is found.
    fn says<'a>(
        &'a self,
        _wire: &'a dyn Wire,
        _named: &'a Named,
        _words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        unsupported("look at what somebody said in public")
    }

    /// Renews a grant. `RelinkNeeded` when only the person can.
    fn refresh<'a>(
        &'a self,
        wire: &'a dyn Wire,
        server: &'a str,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Grant, Failure>>;

    /// The record key for this delivery, on networks that let us choose it. Called once; the answer is stored.
    fn choose_id(&self, _stamp: &Stamp) -> Option<String> {
        None
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>>;

    fn edit<'a>(
        &'a self,
        _: Session<'a>,
        _: &'a Receipt,
        _: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        unsupported("edit")
    }

    /// Deleting what is already gone is a success.
    fn delete<'a>(&'a self, _: Session<'a>, _: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        unsupported("delete")
    }

    fn reply<'a>(
        &'a self,
        _: Session<'a>,
        _: &'a Receipt,
        _: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        unsupported("reply")
    }

    /// Looks for the post of this delivery among what the account has said. Never makes anything.
    fn find<'a>(
        &'a self,
        _: Session<'a>,
        _: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        unsupported("find")
    }

    /// Shows another account's post among what this account says, by the network's own means. One that it reshares already stays as it is, and is a
    /// success: the answer says so, wherever a network keeps one reshare of each post and account, since it is its person's own. A refusal says nothing about the grant: the post may be gone, or its author may have shut this account out.
    fn reshare<'a>(
        &'a self,
        _: Session<'a>,
        _of: &'a Receipt,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Reshared, Failure>> {
        unsupported("reshare")
    }

    /// Ends a reshare that [`reshare`](Self::reshare) made, by its receipt. Ending what has ended already, or whose post is gone, is a success.
    fn unreshare<'a>(&'a self, _: Session<'a>, _: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        unsupported("take a reshare back")
    }

    /// Looks whether this account reshares that post. Never makes anything.
    fn find_reshare<'a>(
        &'a self,
        _: Session<'a>,
        _of: &'a Receipt,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        unsupported("find a reshare")
    }

    /// How often each post was reshared, quoted, replied to and liked: the cheap sign that something moved.
    /// Here `Permanent` says one thing only: the post is gone.
    fn counts<'a>(&'a self, _: Session<'a>, _: &'a Receipt) -> BoxFuture<'a, Result<Counts, Failure>> {
        unsupported("counts")
    }

    /// One page of who did this to that post; `from` is the `next` of the page before.
    fn engagements<'a>(
        &'a self,
        _: Session<'a>,
        _: &'a Receipt,
        _: EngagementKind,
        _from: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Failure>> {
        unsupported("engagements")
    }
}

/// What came of a reshare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reshared {
    /// It is ours.
    Now(Receipt),
    /// The account reshared that post before, by its person's own hand, and nothing was sent.
    Already(Receipt),
}

fn unsupported<T>(verb: &'static str) -> BoxFuture<'static, Result<T, Failure>> {
    Box::pin(async move { Err(Failure::Permanent(Why::new(format!("this network has no way to {verb}")))) })
}

/// All that a network file is given: who speaks, the server's own profile, and a wire that adds the grant by itself.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    pub account: &'a Account,
    pub profile: &'a Profile,
    pub wire: &'a dyn Wire,
}

impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("account", &self.account.id).finish_non_exhaustive()
    }
}

/// Nothing where the network does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    pub reshares: Option<u32>,
    pub quotes: Option<u32>,
    pub replies: Option<u32>,
    pub likes: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    pub seen: Vec<Seen>,
    /// Where the next page begins; nothing at the end.
    pub next: Option<String>,
}

/// Who did it, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub actor: Actor,
    /// When the network says it happened; many do not.
    pub at: Option<Timestamp>,
    /// The reply or quote itself.
    pub words: Option<Words>,
}

/// A reply or quote: its address, its own words without what it quotes, and whom it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub uri: String,
    pub url: Option<String>,
    /// Plain text, lines kept; a mention stands in it as the network writes it.
    pub text: String,
    pub mentions: Vec<Mention>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// As it stands in the text, with its `@`.
    pub written: String,
    pub actor: Actor,
}

// ---- wire

/// The only way out. Before the request leaves: `Transient` (or `Permanent` for an address we refuse); once it may have left: `Unknown`.
pub trait Wire: Send + Sync {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>>;
}

#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
    pub auth: Auth,
    pub follow: Follow,
    /// A longer answer is cut off and refused.
    pub max_bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Empty,
    Json(Vec<u8>),
    Form(Vec<(String, String)>),
}

/// Says of which kind it is, never what is in it.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Json(_) => "Json",
            Self::Form(_) => "Form",
        })
    }
}

/// Which credential the request carries. A network file never holds one that is stored: it says which is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    None,
    /// The account's own, added by the session's wire, and only towards the account's own server.
    Session,
    /// One that has just been entered or is being renewed.
    Bearer(Secret),
    /// A header of the caller's own choice, with a value that is a credential.
    Header {
        name: String,
        value: Secret,
    },
    /// One that is bound to a key, with the proof for this very request that we hold it.
    Dpop {
        token: Secret,
        proof: Secret,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    No,
    /// At most so many redirects, each address checked anew, credentials dropped. Of a `GET` only: other methods get
    /// the redirect as their answer, since a write must not be made again elsewhere.
    Upto(u8),
}

/// What an API answer may weigh.
pub const API_BYTES: usize = 2 * 1024 * 1024;

impl Request {
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
            auth: Auth::None,
            follow: Follow::No,
            max_bytes: API_BYTES,
        }
    }

    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::Post, url)
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Body::Json(body.to_string().into_bytes());
        self
    }

    #[must_use]
    pub fn form(mut self, fields: Vec<(String, String)>) -> Self {
        self.body = Body::Form(fields);
        self
    }

    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }
}

/// Shows where it goes, never what it carries: bodies may hold passwords.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// When its first byte was here, by our clock.
    pub received: Timestamp,
    /// What the rate headers said, in whatever dialect; read once, by the wire.
    pub allowance: Option<Allowance>,
    /// `Retry-After`, as an instant.
    pub retry_after: Option<Timestamp>,
    /// Of any answer but a 2xx: its words with credentials masked and markup taken out, one line. The only part of a
    /// body that may stand in a [`Why`](crate::failure::Why); empty for a 2xx.
    pub excerpt: String,
    /// Where it is for good, when redirects were followed: as far as all of them, from the first on, said that they are permanent.
    pub moved: Option<String>,
}

/// What is left of a server's present window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    pub limit: Option<u32>,
    pub remaining: Option<u32>,
    /// When the window begins anew.
    pub reset: Timestamp,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Until when a refusal for asking too much holds: the later of what the headers say, else a minute.
    pub fn wait_until(&self) -> Timestamp {
        let reset = self.allowance.map(|a| a.reset);
        self.retry_after.max(reset).unwrap_or(self.received.plus(Duration::from_mins(1)))
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Bodies may hold fresh tokens, so they are not shown.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

// ---- store

/// Few verbs over keys in byte order; meaning lives once, in `store::Ledger`.
pub trait Store: Send + Sync {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// Keys from `from` (included) until `until` (excluded), in order. No snapshot: a decision is re-checked by expectation.
    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>>;

    /// All or nothing; answers only when it is durable.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>>;

    /// Answers once all that could be read before the call is durable.
    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>>;

    /// For monitoring: what it takes, and how it waits for its disk.
    fn vitals(&self) -> StoreVitals {
        StoreVitals::default()
    }

    /// Bytes free where the store lives; nothing where that has no meaning.
    fn free_bytes(&self) -> Option<u64> {
        None
    }
}

/// How a store is, since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreVitals {
    /// What it takes on the disk; nothing where it has none.
    pub bytes: Option<u64>,
    /// How often the disk was waited for, and how long in all.
    pub syncs: u64,
    pub syncing: Duration,
}

/// The largest value a store takes. Longer texts are blobs in parts.
pub const VALUE_BYTES: usize = 4096;

/// The longest key a store takes. Keys are integers, hashes and short names, never what a stranger wrote.
pub const KEY_BYTES: usize = 512;

/// What is written together. Deletes come first, then puts in their order: a key that is in both ends up put, and of two
/// puts the later one stays. A batch with nothing to write is a check of its expectations alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// What must hold for the rest to be written; nothing means absent.
    pub expect: Vec<(Vec<u8>, Option<Bytes>)>,
    pub put: Vec<(Vec<u8>, Vec<u8>)>,
    pub delete: Vec<Vec<u8>>,
}

impl Batch {
    /// Every store asks this first, so that an oversized record is refused before anything of its batch is written.
    pub fn check_sizes(&self) -> Result<(), StoreError> {
        for (key, value) in &self.put {
            if key.len() > KEY_BYTES {
                return Err(StoreError::KeyTooLong { bytes: key.len() });
            }
            if value.len() > VALUE_BYTES {
                return Err(StoreError::TooLarge { bytes: value.len() });
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    Applied,
    /// Something expected no longer held; nothing was written.
    Conflict,
}

/// Our own disk. Any of these ends the process (exit 75): a restart recovers, going on might not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the store could not read or write: {0}")]
    Io(String),
    #[error("the store holds a record it cannot read, under key {key}: {why}")]
    Unreadable { key: String, why: String },
    #[error("a record of {bytes} bytes is larger than the store takes ({VALUE_BYTES})")]
    TooLarge { bytes: usize },
    #[error("a key of {bytes} bytes is longer than the store takes ({KEY_BYTES})")]
    KeyTooLong { bytes: usize },
    #[error("the store is closed")]
    Closed,
}
