//! One request, one answer or one failure. Nothing is ever sent a second time down here: repeating is the outbox's
//! decision, which knows what may be repeated.
//!
//! The class of a failure says how far the request got. Until a connection stood, nothing can have been accepted:
//! `Transient`. From then on it may have been, whatever broke: `Unknown`.

use super::guard::{OnlyPrivate, PublicOnly, Reach, Refused, Trusted};
use super::outgoing::{body, carried, headers, headers_after_redirect, method};
use super::quota;
use crate::clock::{BoxFuture, Clock, Timestamp};
use crate::failure::{Failure, Why};
use crate::ports::{Follow, Method, Request, Response, Wire};
use crate::redact;
use crate::secret::Secret;
use bytes::BytesMut;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, LOCATION};
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Origins (scheme, host, port) that may be private addresses and plain http. Empty unless the operator writes some.
    pub trusted_origins: Vec<String>,
    /// For name, connection and TLS together. Shorter than `total_timeout`, or what was surely not sent passes for unknown.
    pub connect_timeout: Duration,
    /// For everything, redirects and the whole body included.
    pub total_timeout: Duration,
    pub user_agent: String,
}

/// Why there can be no client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWire {
    #[error(
        "wire.trusted_origins: `{0}` is no origin; write scheme, host and port and nothing else, as in http://127.0.0.1:3000"
    )]
    Origin(String),
    #[error("wire.user_agent: `{0}` cannot stand in a header; use plain ASCII")]
    UserAgent(String),
    #[error("the HTTP client could not be set up: {0}; are the system's CA certificates installed?")]
    Setup(String),
}

/// The bare client. A [`SessionWire`](super::SessionWire) before it turns `Auth::Session` into a credential.
pub struct Client {
    /// Resolves names to public addresses only.
    public: reqwest::Client,
    /// For trusted origins. A client of its own, since a resolver is not told which port it resolves for.
    trusted: reqwest::Client,
    origins: Trusted,
    total_timeout: Duration,
    clock: Arc<dyn Clock>,
}

/// Servers close idle connections, some after five seconds. A request written into one that is just closing ends as
/// Unknown, so we close first.
const IDLE: Duration = Duration::from_secs(4);

impl Client {
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, BadWire> {
        // Fails only when one is installed already, by an earlier client.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let origins = Trusted::new(&settings.trusted_origins).map_err(BadWire::Origin)?;
        let agent =
            HeaderValue::from_str(&settings.user_agent).map_err(|_| BadWire::UserAgent(settings.user_agent.clone()))?;
        let builder = || {
            reqwest::Client::builder()
                .user_agent(agent.clone())
                .connect_timeout(settings.connect_timeout)
                .pool_idle_timeout(IDLE)
                .retry(reqwest::retry::never())
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
        };
        let setup = |error: reqwest::Error| BadWire::Setup(root(&error));
        Ok(Self {
            public: builder().dns_resolver(PublicOnly).build().map_err(setup)?,
            trusted: builder().build().map_err(setup)?,
            origins,
            total_timeout: settings.total_timeout,
            clock,
        })
    }

    async fn exchange(&self, request: &Request) -> Result<Response, Failure> {
        let (mut url, mut reach) = self.origins.check(&request.url).map_err(|why| not_gone_to(&why))?;
        let secrets = carried(request);
        if !secrets.is_empty() && url.scheme() == "http" && reach == Reach::Public {
            return Err(permanent(format!("a credential would go to {} unencrypted; use https", host(&url))));
        }
        let mut headers = headers(request)?;
        let most = match (request.follow, request.method) {
            (Follow::Upto(most), Method::Get) => Some(most),
            _ => None,
        };
        let (mut hops, mut moved, mut for_good) = (0, None, true);
        loop {
            let client = if reach == Reach::Trusted { &self.trusted } else { &self.public };
            let mut sending = client.request(method(request.method), url.clone()).headers(headers.clone());
            if let Some(body) = body(&request.body) {
                sending = sending.body(body);
            }
            let answer = sending.send().await.map_err(|error| broken(&error, &url))?;
            let received = self.clock.now();
            let (Some(most), Some(location)) = (most, location(&answer)) else {
                let read = read(answer, received, &url, request.max_bytes, &secrets).await?;
                return Ok(Response { moved, ..read });
            };
            if hops == most {
                return Err(permanent(format!("{} redirects once more after {most} redirects", host(&url))));
            }
            hops += 1;
            for_good &= matches!(answer.status(), StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            (url, reach) = self.hop(&url, reach, location)?;
            if for_good {
                moved = Some(url.to_string());
            }
            headers = headers_after_redirect(&headers);
        }
    }

    /// Where a redirect leads, checked like any other address.
    fn hop(&self, from: &Url, reach: Reach, location: &HeaderValue) -> Result<(Url, Reach), Failure> {
        let refused = |why: String| permanent(format!("{} redirects to where we do not go: {why}", host(from)));
        let to = location.to_str().ok().and_then(|to| from.join(to).ok());
        let to = to.ok_or_else(|| refused("its Location is no address".to_owned()))?;
        if from.scheme() == "https" && to.scheme() != "https" {
            return Err(refused(format!("{} without encryption", host(&to))));
        }
        let reach = self.origins.reach(&to, reach).map_err(|why| refused(why.to_string()))?;
        Ok((to, reach))
    }
}

impl Wire for Client {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async move {
            let answer = tokio::time::timeout(self.total_timeout, self.exchange(&request)).await;
            answer.unwrap_or_else(|_| {
                let host = Url::parse(&request.url).map_or_else(|_| "the server".to_owned(), |url| host(&url));
                let limit = self.total_timeout.as_millis();
                Err(Failure::Unknown(Why::new(format!("no complete answer from {host} within {limit} ms"))))
            })
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origins", &self.origins).finish_non_exhaustive()
    }
}

fn not_gone_to(refused: &Refused) -> Failure {
    let why = Why::new(refused.to_string());
    Failure::Permanent(match refused {
        Refused::Private(host) => why.with_visitors_words(not_public(host)),
        Refused::Malformed(_) | Refused::Scheme(_) | Refused::Userinfo(_) => why,
    })
}

/// To a stranger: where we do not look, not how that could be changed.
fn not_public(host: &str) -> String {
    format!("{host} is not a server on the public internet, and gigcast looks at no other")
}

fn permanent(said: String) -> Failure {
    Failure::Permanent(Why::new(said))
}

/// Host and port: all of a URL that a reason shows, since paths and queries may hold codes.
fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or("an address without a host");
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

fn location(answer: &reqwest::Response) -> Option<&HeaderValue> {
    let moves = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    answer.headers().get(LOCATION).filter(|_| moves)
}

/// The body is counted as it arrives and after unpacking, so that neither a long answer nor a small packed one fills memory.
async fn read(
    mut answer: reqwest::Response,
    received: Timestamp,
    url: &Url,
    max_bytes: usize,
    secrets: &[Secret],
) -> Result<Response, Failure> {
    let status = answer.status();
    let headers = lower_case(answer.headers());
    let mut body = BytesMut::new();
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            Failure::Unknown(Why::new(format!(
                "the answer of {} ({}) broke off: {}",
                host(url),
                status.as_u16(),
                root(&error)
            )))
        })?;
        let Some(chunk) = chunk else { break };
        if body.len() + chunk.len() > max_bytes {
            let said = format!("the answer of {} ({}) is longer than {max_bytes} bytes", host(url), status.as_u16());
            return Err(Failure::Unknown(Why::new(said)));
        }
        body.extend_from_slice(&chunk);
    }
    let known: Vec<&Secret> = secrets.iter().collect();
    Ok(Response {
        status: status.as_u16(),
        allowance: quota::allowance(&headers, received),
        retry_after: quota::retry_after(&headers, received),
        excerpt: if status.is_success() { String::new() } else { redact::excerpt(&body, &known) },
        headers,
        body: body.freeze(),
        received,
        moved: None,
    })
}

fn lower_case(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// What went wrong before the head of an answer was here.
fn broken(error: &reqwest::Error, url: &Url) -> Failure {
    let host = host(url);
    if error.is_builder() {
        return permanent(format!("the request to {host} cannot be written: {}", root(error)));
    }
    if causes(error).any(<dyn Error>::is::<OnlyPrivate>) {
        let why = Why::new(format!("{host} leads to private addresses only; that is for wire.trusted_origins"));
        return Failure::Permanent(why.with_visitors_words(not_public(&host)));
    }
    if !error.is_connect() {
        return Failure::Unknown(Why::new(format!("no answer from {host}: {}", root(error))));
    }
    let refused = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    let refused = refused.map(io::Error::kind).any(|kind| kind == io::ErrorKind::ConnectionRefused);
    let said = if error.is_timeout() {
        format!("no connection to {host} came about in time")
    } else if error.is_dns() {
        format!("the name of {host} could not be resolved: {}", root(error))
    } else if refused {
        format!("{host} refused the connection")
    } else {
        format!("no connection to {host}: {}", root(error))
    };
    Failure::Transient(Why::new(said))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}

/// The innermost cause in its own words. The outer ones repeat the URL.
fn root(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "without a reason".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn client(trusted: &[&str]) -> Result<Client, BadWire> {
        let settings = Settings {
            trusted_origins: trusted.iter().map(|&origin| origin.to_owned()).collect(),
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(4),
            user_agent: "gigcast/0".to_owned(),
        };
        Client::new(settings, Arc::new(ManualClock::at(Timestamp::EPOCH)))
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_for_good_even_when_the_url_looked_public() {
        let url: Url = "http://localhost:1/?token=hunter2".parse().unwrap();
        let error = client(&[]).unwrap().public.get(url.clone()).send().await.unwrap_err();
        let failure = broken(&error, &url);
        assert!(matches!(failure, Failure::Permanent(_)), "{failure}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }

    #[test]
    fn a_redirect_never_gives_up_encryption() {
        let client = client(&["http://127.0.0.1:3000"]).unwrap();
        let hop = |from: &str, to: &'static str| {
            client
                .hop(&from.parse().unwrap(), Reach::Trusted, &HeaderValue::from_static(to))
                .map(|(url, _)| url.to_string())
        };
        for to in ["http://social.example/", "http://127.0.0.1:3000/"] {
            let refused = hop("https://social.example/feed", to).unwrap_err();
            assert!(matches!(refused, Failure::Permanent(_)), "{refused}");
        }
        assert_eq!(hop("http://social.example/feed", "https://social.example/").unwrap(), "https://social.example/");
        assert_eq!(hop("https://social.example/a/feed", "../b?c").unwrap(), "https://social.example/b?c");
    }

    #[test]
    fn a_public_server_cannot_redirect_to_an_origin_that_only_the_operator_may_name() {
        let client = client(&["http://127.0.0.1:3000"]).unwrap();
        let from: Url = "http://social.example/feed".parse().unwrap();
        let inside = HeaderValue::from_static("http://127.0.0.1:3000/");
        assert!(client.hop(&from, Reach::Public, &inside).is_err());
        assert!(client.hop(&from, Reach::Trusted, &inside).is_ok());
    }

    #[test]
    fn settings_that_cannot_be_kept_are_named() {
        assert_eq!(client(&["localhost:80"]).unwrap_err(), BadWire::Origin("localhost:80".to_owned()));
        let shown = client(&["http://h/path"]).unwrap_err().to_string();
        assert!(shown.contains("wire.trusted_origins") && shown.contains("http://h/path"), "{shown}");
    }
}
