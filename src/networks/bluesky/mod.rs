//! Bluesky, on the account's own PDS (AT Protocol), linked in a browser or by app password.
//!
//! We choose a post's record key ourselves, once, and put the record under it only if nothing is there: the same put again changes
//! nothing, however late. Everything in the record comes from what was frozen when the delivery opened, so it is the same record too.
//! Reads of the wider network (`app.bsky.*`) also go to the PDS, with no word about which AppView should answer: a PDS knows its own
//! and hands them on, signed; naming one here would tie us to one operator.

mod answers;
mod engagements;
mod identity;
mod oauth;
mod record;
mod repost;
mod said;
mod session;
mod tid;

use super::exchange::{address, by_status, read, words};
use crate::clock::Timestamp;
use crate::failure::{Failure, Native, Scope, Why};
use crate::oauth::{Door, Purpose, Us};
use crate::person::{Actor, Grant};
use crate::ports::{
    Asked, Asks, Auth, BoxFuture, Counts, Entered, FoundBy, Linked, Named, Network, Page, Recognised, Request,
    Reshared, Response, Session, Wire,
};
use crate::post::{Post, Receipt, Stamp};
use crate::profile::{
    Action, Card, EngagementKind, GrantShape, Heard, Idempotency, Identity, LinkCost, Listening, Profile, Quota,
    ReadBack, Support, TextLimit, Unit,
};
use answers::{Found, Posts, Put, Refusal};
use identity::Registrar;
pub use oauth::client_metadata;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::Duration;

static PROFILE: Profile = Profile {
    id: Cow::Borrowed("bluesky"),
    name: Cow::Borrowed("Bluesky"),
    docs: Cow::Borrowed("https://docs.bsky.app/docs/advanced-guides/rate-limits"),
    checked: Cow::Borrowed("2026-11-21"),
    text: TextLimit { max: 300, unit: Unit::Graphemes, link: LinkCost::Hidden, max_bytes: Some(3000) },
    card: Card::ByUs,
    // Reposts and quotes hold on to the version they saw, and apps take posts as unchangeable: a change is said in a reply.
    edit: Support::No,
    delete: Support::Yes,
    reply: Support::Yes,
    reshare: Support::Yes,
    idempotency: Idempotency::ClientChosenId,
    read_back: ReadBack::ByKey,
    engagement: Listening {
        kinds: Cow::Borrowed(&[
            Heard { kind: EngagementKind::Reshare, by: Identity::Named },
            Heard { kind: EngagementKind::Quote, by: Identity::Named },
            Heard { kind: EngagementKind::Reply, by: Identity::Named },
            Heard { kind: EngagementKind::Like, by: Identity::Counted },
        ]),
        push: Support::No,
    },
    // 5000 points an hour and 35 000 a day; a put costs two.
    quotas: Cow::Borrowed(&[
        Quota { action: Action::Write, scope: Scope::Account, max: 2500, per: Duration::from_hours(1) },
        Quota { action: Action::Write, scope: Scope::Account, max: 17_500, per: Duration::from_hours(24) },
        Quota { action: Action::Request, scope: Scope::Host, max: 3000, per: Duration::from_mins(5) },
    ]),
    grant: GrantShape::Refreshing { lives: Duration::from_hours(2) },
    price: None,
};

const COLLECTION: &str = "app.bsky.feed.post";

#[derive(Debug, Clone)]
pub struct Bluesky {
    registrar: Registrar,
}

impl Bluesky {
    /// `directory` holds the `did:plc` identities, `resolver` says where a handle points; addresses without a slash at the end.
    pub fn new(directory: &str, resolver: &str) -> Self {
        Self { registrar: Registrar { directory: directory.to_owned(), resolver: resolver.to_owned() } }
    }
}

impl Network for Bluesky {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn asks(&self) -> Option<Asks> {
        Some(Asks {
            name: Asked { label: "Your handle", help: "As in ann.bsky.social, or your own domain." },
            found_by: FoundBy::Handle,
            secret: Asked {
                label: "App password",
                help: "Bluesky gives one under Settings, Privacy and security, App passwords. Not the password you sign in with.",
            },
        })
    }

    /// The limits are the protocol's own, the same on every server.
    fn learn<'a>(&'a self, _: &'a dyn Wire, _: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async { Ok(PROFILE.clone()) })
    }

    fn link<'a>(&'a self, wire: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(session::link(&self.registrar, wire, entered))
    }

    fn says<'a>(
        &'a self,
        wire: &'a dyn Wire,
        named: &'a Named,
        words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        Box::pin(said::says(&self.registrar, wire, &self.profile().id, &named.identifier, words))
    }

    fn discover<'a>(
        &'a self,
        wire: &'a dyn Wire,
        named: &'a Named,
        purpose: Purpose,
        us: &'a Us,
    ) -> BoxFuture<'a, Result<Door, Failure>> {
        Box::pin(oauth::discover(&self.registrar, wire, named, purpose, us))
    }

    fn recognise<'a>(
        &'a self,
        wire: &'a dyn Wire,
        door: &'a Door,
        subject: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Recognised, Failure>> {
        Box::pin(oauth::recognise(&self.registrar, wire, door, subject))
    }

    fn refresh<'a>(
        &'a self,
        wire: &'a dyn Wire,
        server: &'a str,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Grant, Failure>> {
        Box::pin(session::refresh(wire, server, grant))
    }

    fn choose_id(&self, stamp: &Stamp) -> Option<String> {
        Some(tid::of(stamp))
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move { put(s, COLLECTION, stamp, record::of(post, stamp)).await })
    }

    fn delete<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move { remove(s, COLLECTION, &at.id).await })
    }

    /// What we reply to is a gig's own post, which stands at the root of its thread.
    fn reply<'a>(
        &'a self,
        s: Session<'a>,
        to: &'a Receipt,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move {
            let Some(cid) = &to.version else {
                return Err(Failure::Permanent(Why::new("the post's version is not known, and a reply must name it")));
            };
            let mut record = record::of(post, stamp);
            let parent = json!({ "uri": to.uri, "cid": cid });
            record["reply"] = json!({ "root": parent, "parent": parent });
            put(s, COLLECTION, stamp, record).await
        })
    }

    fn find<'a>(
        &'a self,
        s: Session<'a>,
        _: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(async move {
            let rkey = record_key(stamp);
            Ok(look_up(s, COLLECTION, &rkey).await?.map(|found| receipt(s, rkey, found.uri, found.cid, stamp.opened)))
        })
    }

    fn reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Reshared, Failure>> {
        // One that its person made is a record of its own, under another key.
        Box::pin(async move { repost::put(s, of, stamp).await.map(Reshared::Now) })
    }

    fn unreshare<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(repost::remove(s, at))
    }

    fn find_reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(repost::find(s, of, stamp))
    }

    fn counts<'a>(&'a self, s: Session<'a>, of: &'a Receipt) -> BoxFuture<'a, Result<Counts, Failure>> {
        Box::pin(counts(s, of))
    }

    fn engagements<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        kind: EngagementKind,
        from: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(engagements::page(s, of, kind, from))
    }
}

fn query(server: &str, method: &str, parameters: &[(&str, &str)]) -> Result<Request, Failure> {
    Ok(Request::get(address(server, &["xrpc", method], parameters)?))
}

fn procedure(server: &str, method: &str, body: &Value) -> Result<Request, Failure> {
    Ok(Request::post(address(server, &["xrpc", method], &[])?).json(body))
}

/// Sends one request as the account; anything but a success is a failure of its class.
async fn answer(s: Session<'_>, request: Request) -> Result<Response, Failure> {
    let response = s.wire.send(request.auth(Auth::Session)).await?;
    if response.is_success() { Ok(response) } else { Err(refused(&response)) }
}

async fn ask<T: DeserializeOwned>(s: Session<'_>, request: Request) -> Result<T, Failure> {
    read(&answer(s, request).await?)
}

/// The documented name of an error, where the answer carries one.
fn error_name(response: &Response) -> Option<String> {
    serde_json::from_slice::<Refusal>(&response.body).ok().map(|refusal| refusal.error)
}

/// The name first, since an expired session is a 400 here; else the status.
fn refused(response: &Response) -> Failure {
    let name = error_name(response);
    let native = Native::new(response.status, name.as_deref(), &words(response));
    match name.as_deref() {
        // The caller renews the session once before it troubles a person.
        Some("ExpiredToken" | "InvalidToken") if response.status < 500 => {
            Failure::RelinkNeeded(Why::new("the session has ended").with_native(native))
        }
        Some("AccountTakedown" | "AccountDeactivated" | "AccountSuspended") if response.status < 500 => {
            Failure::RelinkNeeded(Why::new("the network has closed or paused this account").with_native(native))
        }
        _ => by_status(response, Scope::Account, native),
    }
}

/// The key under which this delivery's record stands. It was stored when the delivery opened; computed anew it is the same.
fn record_key(stamp: &Stamp) -> String {
    stamp.chosen_id.clone().unwrap_or_else(|| tid::of(stamp))
}

/// Puts the record where nothing must be yet. The same record being there already is a success.
async fn put(s: Session<'_>, collection: &str, stamp: &Stamp, record: Value) -> Result<Receipt, Failure> {
    let rkey = record_key(stamp);
    let body = json!({
        "repo": s.account.native,
        "collection": collection,
        "rkey": rkey,
        "swapRecord": null,
        "record": record,
    });
    let request = procedure(&s.account.server, "com.atproto.repo.putRecord", &body)?;
    let response = s.wire.send(request.auth(Auth::Session)).await?;
    if response.is_success() {
        let made: Put = read(&response)?;
        return Ok(receipt(s, rkey, made.uri, made.cid, stamp.opened));
    }
    if error_name(&response).as_deref() != Some("InvalidSwap") {
        return Err(refused(&response));
    }
    // Something is there. Other PDS software may say so of our own record too.
    match look_up(s, collection, &rkey).await? {
        Some(found) if found.is(&record) => Ok(receipt(s, rkey, found.uri, found.cid, stamp.opened)),
        _ => Err(refused(&response)),
    }
}

/// Removes the record under this key. Where none is, that is a success.
async fn remove(s: Session<'_>, collection: &str, rkey: &str) -> Result<(), Failure> {
    let body = json!({ "repo": s.account.native, "collection": collection, "rkey": rkey });
    answer(s, procedure(&s.account.server, "com.atproto.repo.deleteRecord", &body)?).await.map(|_| ())
}

/// The record under this key, or nothing.
async fn look_up(s: Session<'_>, collection: &str, rkey: &str) -> Result<Option<Found>, Failure> {
    let parameters = [("repo", s.account.native.as_str()), ("collection", collection), ("rkey", rkey)];
    let request = query(&s.account.server, "com.atproto.repo.getRecord", &parameters)?;
    let response = s.wire.send(request.auth(Auth::Session)).await?;
    if response.is_success() {
        return read(&response).map(Some);
    }
    if error_name(&response).as_deref() == Some("RecordNotFound") { Ok(None) } else { Err(refused(&response)) }
}

fn receipt(s: Session<'_>, rkey: String, uri: String, cid: String, at: Timestamp) -> Receipt {
    let url = Some(post_url(&s.account.native, &rkey));
    Receipt { id: rkey, uri, url, version: Some(cid), at }
}

fn post_url(did: &str, rkey: &str) -> String {
    format!("https://bsky.app/profile/{did}/post/{rkey}")
}

/// What the AppView counts. It leaves out what it has not seen yet as well as what is gone, and a PDS may have none to ask: so the PDS itself
/// is asked whether the post is still there.
async fn counts(s: Session<'_>, of: &Receipt) -> Result<Counts, Failure> {
    let request = query(&s.account.server, "app.bsky.feed.getPosts", &[("uris", &of.uri)])?;
    let posts = match ask::<Posts>(s, request).await {
        Ok(found) => found.posts,
        Err(Failure::Permanent(_)) => Vec::new(),
        Err(failure) => return Err(failure),
    };
    if let Some(post) = posts.iter().find(|post| post.uri == of.uri) {
        return Ok(Counts {
            reshares: post.repost_count,
            quotes: post.quote_count,
            replies: post.reply_count,
            likes: post.like_count,
        });
    }
    match look_up(s, COLLECTION, &of.id).await? {
        Some(_) => Ok(Counts::default()),
        None => Err(Failure::Permanent(Why::new("the post is gone"))),
    }
}
