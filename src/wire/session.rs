//! The wire of one account: adds its credential, and only towards its own server.
//!
//! Network files write `Auth::Session` and never see the token. A bug in one of them, or a server that hands out addresses
//! elsewhere, can therefore not carry it to a stranger. Where a grant is bound to a key, each request is proven here, too.

use crate::clock::BoxFuture;
use crate::failure::{Failure, Why};
use crate::ports::{Auth, Request, Response, Wire};
use crate::secret::Secret;
use crate::wire::oauth::Prover;
use std::fmt;
use std::sync::Arc;
use url::{Origin, Url};

/// Sees each answer that came, before the caller does.
pub type OnAnswer = Arc<dyn Fn(&Response) + Send + Sync>;

pub struct SessionWire {
    inner: Arc<dyn Wire>,
    server: String,
    access: Secret,
    prover: Option<Prover>,
    on_answer: OnAnswer,
}

impl SessionWire {
    /// `server` is the origin that the account belongs to, as in `Account::server`.
    pub fn new(inner: Arc<dyn Wire>, server: impl Into<String>, access: Secret) -> Self {
        Self { inner, server: server.into(), access, prover: None, on_answer: Arc::new(|_| ()) }
    }

    /// For a grant that is bound to a key; [`OAuth::prover`](crate::wire::oauth::OAuth::prover) makes what signs for it.
    #[must_use]
    pub fn bound(mut self, prover: Prover) -> Self {
        self.prover = Some(prover);
        self
    }

    /// So that the pacer learns what the rate headers say, whoever asked.
    #[must_use]
    pub fn on_answer(mut self, see: OnAnswer) -> Self {
        self.on_answer = see;
        self
    }

    /// Whether the request is to carry the grant. It does so only towards the account's own server.
    fn carries_grant(&self, request: &Request) -> Result<bool, Failure> {
        if request.auth != Auth::Session {
            return Ok(false);
        }
        let own = origin(&self.server);
        if own.is_none() || own != origin(&request.url) {
            return Err(Failure::Permanent(Why::new(format!(
                "the grant of this account is for {} only, and the request was for another server",
                self.server
            ))));
        }
        Ok(true)
    }

    /// Sends a request as it is, and shows the answer to whoever looks on.
    async fn pass(&self, request: Request) -> Result<Response, Failure> {
        let answer = self.inner.send(request).await?;
        (self.on_answer)(&answer);
        Ok(answer)
    }

    /// Once more when the server refused nothing but our proof: it has then done nothing, and has said what it wants.
    async fn prove_and_pass(&self, request: Request, prover: &Prover) -> Result<Response, Failure> {
        let proven = || {
            let proof = prover.prove(request.method, &request.url, Some(&self.access))?;
            Ok(request.clone().auth(Auth::Dpop { token: self.access.clone(), proof }))
        };
        let answer = self.pass(proven()?).await?;
        if prover.wants_another(&request.url, &answer) {
            let answer = self.pass(proven()?).await?;
            prover.hear(&request.url, &answer);
            return Ok(answer);
        }
        Ok(answer)
    }
}

fn origin(url: &str) -> Option<Origin> {
    Url::parse(url).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

impl Wire for SessionWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async move {
            match (&self.prover, self.carries_grant(&request)?) {
                (_, false) => self.pass(request).await,
                (None, true) => self.pass(request.auth(Auth::Bearer(self.access.clone()))).await,
                (Some(prover), true) => self.prove_and_pass(request, prover).await,
            }
        })
    }
}

impl fmt::Debug for SessionWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionWire").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use bytes::Bytes;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Keeps what it was asked, and answers 200.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<Auth>>);

    impl Wire for Recorder {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            self.0.lock().unwrap().push(request.auth);
            Box::pin(async {
                Ok(Response {
                    status: 200,
                    headers: Vec::new(),
                    body: Bytes::new(),
                    received: Timestamp::EPOCH,
                    allowance: None,
                    retry_after: None,
                    excerpt: String::new(),
                })
            })
        }
    }

    fn wire() -> (Arc<Recorder>, SessionWire) {
        let inner = Arc::new(Recorder::default());
        (inner.clone(), SessionWire::new(inner, "https://social.example", Secret::new("tok-123")))
    }

    #[tokio::test]
    async fn the_grant_goes_to_its_own_server() {
        let (inner, wire) = wire();
        for url in ["https://social.example/api/v1/statuses", "https://SOCIAL.example:443/"] {
            wire.send(Request::get(url).auth(Auth::Session)).await.unwrap();
        }
        assert_eq!(*inner.0.lock().unwrap(), vec![Auth::Bearer(Secret::new("tok-123")); 2]);
    }

    #[tokio::test]
    async fn the_grant_goes_nowhere_else() {
        let (inner, wire) = wire();
        for url in [
            "http://social.example/",
            "https://social.example:8443/",
            "https://social.example./",
            "https://social.example.evil.example/",
            "https://social.example@evil.example/",
            "not a url",
        ] {
            let refused = wire.send(Request::get(url).auth(Auth::Session)).await.unwrap_err();
            assert!(matches!(refused, Failure::Permanent(_)) && !refused.to_string().contains("tok-123"), "{refused}");
        }
        assert!(inner.0.lock().unwrap().is_empty(), "nothing left");
    }

    #[tokio::test]
    async fn requests_without_the_grant_pass_as_they_are_and_each_answer_is_seen() {
        let (inner, wire) = wire();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        let wire = wire.on_answer(Arc::new(move |answer| {
            assert_eq!(answer.status, 200);
            count.fetch_add(1, Ordering::Relaxed);
        }));
        wire.send(Request::get("https://elsewhere.example/")).await.unwrap();
        wire.send(Request::get("https://social.example/").auth(Auth::Session)).await.unwrap();
        assert_eq!(inner.0.lock().unwrap()[0], Auth::None);
        assert_eq!(seen.load(Ordering::Relaxed), 2);
        assert!(!format!("{wire:?}").contains("tok-123"));
    }
}
