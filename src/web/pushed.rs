//! Where others push gigs to: `POST /hooks/<source>` for programs that sign, `/websub/<token>` for the hubs of feeds.
//!
//! A body is verified as it came, before anyone reads it, and answered for once what it brought is durable. Strangers are told nothing:
//! neither which sources there are nor what was wrong with a signature.

use super::Shared;
use super::problem::Problem;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::ports::{BoxFuture, StoreError};
use crate::pushing::Pushed;
use crate::sources::hook::Turned;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::json;
use std::fmt;
use std::time::Duration;
use url::form_urlencoded;

/// The longest message that a hook takes.
const MESSAGE_BYTES: usize = 1024 * 1024;

/// The longest that the reading of a body may take.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A longer challenge is not sent back.
const CHALLENGE_BYTES: usize = 1024;

/// Who takes what is pushed.
pub trait Pushes: Send + Sync + fmt::Debug {
    fn has_hook(&self, name: &str) -> bool;

    /// Takes a message to a hook. When this answers, what it brought is durable.
    fn receive<'a>(
        &'a self,
        name: &'a str,
        headers: &'a HeaderMap,
        body: Bytes,
    ) -> BoxFuture<'a, Result<Received, NotTaken>>;

    /// Whether we meant what a hub says we asked for.
    fn confirm<'a>(&'a self, token: &'a str, intention: &'a Intention) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Whether we ever gave a hub this address.
    fn is_callback(&self, token: &str) -> bool;

    /// The most that a hub may send at once.
    fn most_bytes(&self) -> usize;

    /// Takes what a hub sends of a feed. When this answers, what it brought is durable.
    fn distribute<'a>(
        &'a self,
        token: &'a str,
        signature: Option<&'a str>,
        pushed: Pushed,
    ) -> BoxFuture<'a, Result<Taking, StoreError>>;
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub gigs: usize,
    /// What in it is no gig, and why.
    pub refused: Vec<(String, String)>,
    /// It had been taken before.
    pub again: bool,
}

#[derive(Debug)]
pub enum NotTaken {
    /// There is no such hook.
    Unknown,
    Turned(Turned),
    /// It was signed, and cannot be read.
    Unreadable(Why),
    /// Nothing can be written down.
    Unfit {
        until: Timestamp,
    },
    Store(StoreError),
}

impl From<StoreError> for NotTaken {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

/// What a hub says that we want of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intention {
    pub topic: String,
    pub intent: Intent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    Subscribe {
        lease: Option<Duration>,
    },
    Unsubscribe,
    /// It is not, or no longer, given to us.
    Denied {
        reason: String,
    },
}

/// What became of what a hub sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    Taken,
    /// This subscription is over: the hub may forget it.
    Over,
    Unknown,
    Unfit {
        until: Timestamp,
    },
}

/// What anyone is told for whom there is nothing here.
fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}

pub async fn post(State(public): State<Shared>, Path(name): Path<String>, request: Request) -> Response {
    match received(&public, &name, request).await {
        Ok(received) => {
            let refused: Vec<_> =
                received.refused.iter().map(|(what, why)| json!({ "item": what, "why": why })).collect();
            let told = json!({ "gigs": received.gigs, "refused": refused, "again": received.again });
            ([(header::CONTENT_TYPE, "application/json")], told.to_string()).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn received(public: &super::Public, name: &str, request: Request) -> Result<Received, Problem> {
    if !public.pushes.has_hook(name) {
        return Err(nothing());
    }
    let (head, body) = request.into_parts();
    is_json(&head.headers)?;
    let body = read(&head.headers, body, MESSAGE_BYTES).await?;
    let now = public.clock.now();
    public.pushes.receive(name, &head.headers, body).await.map_err(|not| match not {
        NotTaken::Unknown => nothing(),
        NotTaken::Turned(Turned::Unsigned) => {
            Problem::new(StatusCode::UNAUTHORIZED, "the signature is missing or wrong")
        }
        NotTaken::Turned(Turned::OutOfTime) => {
            Problem::new(StatusCode::BAD_REQUEST, "its time lies more than five minutes from ours: sign it anew")
        }
        NotTaken::Unreadable(why) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.said),
        NotTaken::Unfit { until } => unfit(until, now),
        NotTaken::Store(fault) => Problem::store(&fault),
    })
}

fn unfit(until: Timestamp, now: Timestamp) -> Problem {
    let said = "nothing can be written down at the moment, so nothing is taken in; send it again later";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, said).retry_after(until.since(now))
}

/// `application/json`, or a kind of it such as `application/ld+json`.
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let essence = content_type(headers).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json") {
        return Ok(());
    }
    let said = "a message is sent as JSON: set `Content-Type: application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, said).header(header::ACCEPT, "application/json"))
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

/// The body as it came, byte for byte.
async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Bytes, Problem> {
    let too_long = || {
        let said = format!("this may be {} KiB long, and is longer", most / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, said)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_long());
    }
    let whole = async {
        let (mut whole, mut parts) = (Vec::new(), body.into_data_stream());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body ended before its end"))?;
            if whole.len() + part.len() > most {
                return Err(too_long());
            }
            whole.extend_from_slice(&part);
        }
        Ok(Bytes::from(whole))
    };
    tokio::time::timeout(BODY_TIME, whole).await.unwrap_or_else(|_| {
        let said = format!("the body took longer than {} s to arrive; send it again", BODY_TIME.as_secs());
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, said))
    })
}

/// A hub asks whether we meant it (WebSub, section 5.3), or says that we shall not have it (5.2).
pub async fn confirm(State(public): State<Shared>, Path(token): Path<String>, uri: Uri) -> Response {
    let Some((intention, challenge)) = intention(uri.query().unwrap_or_default()) else {
        return nothing().into_response();
    };
    match public.pushes.confirm(&token, &intention).await {
        Ok(true) => {
            // Never as a page: the words are the hub's.
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge.unwrap_or_default()).into_response()
        }
        Ok(false) => nothing().into_response(),
        Err(fault) => Problem::store(&fault).into_response(),
    }
}

/// What the query says, and the challenge that is to be sent back. Nothing when a part is missing or is there twice.
fn intention(query: &str) -> Option<(Intention, Option<String>)> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let one = |key: &str| {
        let mut found = pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_ref());
        let value = found.next()?;
        found.next().is_none().then(|| value.to_owned())
    };
    let topic = one("hub.topic")?;
    let challenge =
        one("hub.challenge").filter(|challenge| !challenge.is_empty() && challenge.len() <= CHALLENGE_BYTES);
    let intent = match one("hub.mode")?.as_str() {
        "denied" => {
            return Some((
                Intention { topic, intent: Intent::Denied { reason: one("hub.reason").unwrap_or_default() } },
                None,
            ));
        }
        "subscribe" => {
            let lease = one("hub.lease_seconds").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
            Intent::Subscribe { lease }
        }
        "unsubscribe" => Intent::Unsubscribe,
        _ => return None,
    };
    Some((Intention { topic, intent }, Some(challenge?)))
}

/// A hub sends what is new (WebSub, section 7).
pub async fn distribute(State(public): State<Shared>, Path(token): Path<String>, request: Request) -> Response {
    if !public.pushes.is_callback(&token) {
        return nothing().into_response();
    }
    let (head, body) = request.into_parts();
    let body = match read(&head.headers, body, public.pushes.most_bytes()).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    let now = public.clock.now();
    let mut signatures = head.headers.get_all("x-hub-signature").iter();
    let signature = signatures.next().and_then(|value| value.to_str().ok()).filter(|_| signatures.next().is_none());
    let pushed = Pushed { content_type: content_type(&head.headers).to_owned(), body, received: now };
    match public.pushes.distribute(&token, signature, pushed).await {
        Ok(Taking::Taken) => StatusCode::ACCEPTED.into_response(),
        Ok(Taking::Over) => Problem::new(StatusCode::GONE, "this subscription is over: forget it").into_response(),
        Ok(Taking::Unknown) => nothing().into_response(),
        Ok(Taking::Unfit { until }) => unfit(until, now).into_response(),
        Err(fault) => Problem::store(&fault).into_response(),
    }
}
