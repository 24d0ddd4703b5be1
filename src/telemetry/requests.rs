//! Every request that leaves, timed: by network and purpose for monitoring, and as a span where it belongs to a trace.
//!
//! A network file knows nothing of it. Who sets out to do something says so around it ([`on`]); the wire that stands before the client
//! then knows what each request is for. What it says goes with the task, and no further: a request of a task without one is `other`.

use super::Meters;
use super::trace::Traces;
use super::trace::span::{Kind, Outcome, Place, Span, SpanId};
use crate::clock::{BoxFuture, Clock, Timestamp};
use crate::failure::Failure;
use crate::ports::{Method, Request, Response, Wire};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use url::Url;

/// What requests are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A post is made, changed or deleted.
    Deliver,
    /// A post is looked for whose answer was lost.
    LookUp,
    /// Who reshared, replied and vouched is read.
    Backfeed,
    /// A grant is renewed.
    Renew,
    /// A server is asked for its ways and limits.
    Learn,
    /// A source is looked at.
    Source,
    /// An account is linked, or unlinked: finding its server, registering there, exchanging the code.
    Link,
    /// Somebody shows who they are: by signing in, or by a code that they posted.
    SignIn,
    /// All else: hubs, notices, checks.
    Other,
}

impl Purpose {
    pub fn word(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::LookUp => "look_up",
            Self::Backfeed => "backfeed",
            Self::Renew => "renew",
            Self::Learn => "learn",
            Self::Source => "source",
            Self::Link => "link",
            Self::SignIn => "sign_in",
            Self::Other => "other",
        }
    }
}

/// What a task has set out to do.
#[derive(Debug, Clone)]
struct Errand {
    purpose: Purpose,
    network: Arc<str>,
    under: Option<Under>,
}

/// The span that requests stand under, and how many there were.
#[derive(Debug, Clone)]
struct Under {
    place: Place,
    so_far: Arc<AtomicU32>,
}

tokio::task_local! {
    static ERRAND: Errand;
}

/// Does `work`, whose requests are for this, on this network (none: `""`). What it is part of already, it stays part of.
pub async fn on<F: Future>(purpose: Purpose, network: &str, work: F) -> F::Output {
    let under = ERRAND.try_with(|errand| errand.under.clone()).ok().flatten();
    ERRAND.scope(Errand { purpose, network: network.into(), under }, work).await
}

/// The same, with requests that stand under this span.
pub async fn under<F: Future>(place: Option<Place>, purpose: Purpose, network: &str, work: F) -> F::Output {
    let under = place.map(|place| Under { place, so_far: Arc::default() });
    ERRAND.scope(Errand { purpose, network: network.into(), under }, work).await
}

/// The wire of the whole daemon, which stands before the client.
pub struct Observed {
    pub inner: Arc<dyn Wire>,
    pub clock: Arc<dyn Clock>,
    pub meters: Arc<Meters>,
    pub traces: Arc<Traces>,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observed")
    }
}

impl Wire for Observed {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async move {
            let errand = ERRAND.try_with(Clone::clone).ok();
            let (purpose, network) =
                errand.as_ref().map_or((Purpose::Other, ""), |errand| (errand.purpose, &*errand.network));
            let under = errand.as_ref().and_then(|errand| errand.under.as_ref());
            let about = under.filter(|_| self.traces.is_on()).map(|under| (under, About::of(&request)));
            let (start, begun) = (self.clock.now(), self.clock.monotonic());
            let answer = self.inner.send(request).await;
            let took = self.clock.monotonic().saturating_sub(begun);
            self.meters.request(network, purpose.word(), took);
            if let Some((under, about)) = about {
                self.traces.tell(|| Some(about.span(under, network, purpose, (start, start.plus(took)), &answer)));
            }
            answer
        })
    }
}

/// What a span tells of a request: never its path or query, which may hold codes.
struct About {
    method: &'static str,
    host: Option<String>,
    port: Option<u16>,
}

impl About {
    fn of(request: &Request) -> Self {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let url = Url::parse(&request.url).ok();
        let host = url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
        Self { method, host, port: url.and_then(|url| url.port_or_known_default()) }
    }

    fn span(
        self,
        under: &Under,
        network: &str,
        purpose: Purpose,
        (start, end): (Timestamp, Timestamp),
        answer: &Result<Response, Failure>,
    ) -> Span {
        let Under { place, so_far } = under;
        let nth = so_far.fetch_add(1, Ordering::AcqRel);
        let mut attributes = vec![
            ("http.request.method", self.method.into()),
            ("gigcast.network.id", network.into()),
            ("gigcast.request.purpose", purpose.word().into()),
        ];
        attributes.extend(self.host.map(|host| ("server.address", host.into())));
        attributes.extend(self.port.map(|port| ("server.port", port.into())));
        let wrong = match answer {
            Ok(answer) => {
                attributes.push(("http.response.status_code", answer.status.into()));
                (answer.status >= 400).then(|| answer.status.to_string())
            }
            Err(failure) => Some(failure.class().to_owned()),
        };
        let outcome = if wrong.is_some() { Outcome::Failed } else { Outcome::Fine };
        attributes.extend(wrong.map(|wrong| ("error.type", wrong.into())));
        Span {
            place: Place { trace: place.trace, span: SpanId::request(place.span, nth, start) },
            under: Some(place.span),
            name: self.method.to_owned(),
            kind: Kind::Client,
            start,
            end,
            attributes,
            moments: Vec::new(),
            outcome,
        }
    }
}
