//! The wire of one account: adds its credential, and only towards its own server.
//!
//! Network files write `Auth::Session` and never see the token. A bug in one of them, or a server that hands out addresses
//! elsewhere, can therefore not carry it to a stranger. Where a grant is bound to a key, each request is proven here, too.

use crate::clock::BoxFuture;
use crate::failure::{Failure, Why};
use crate::ports::{Auth, Method, Request, Response, Wire};
use crate::secret::Secret;
use crate::wire::oauth::Prover;
use std::fmt;
use std::sync::Arc;
use url::{Origin, Url};

/// Sees each answer that came, and to which method, before the caller does.
pub type OnAnswer = Arc<dyn Fn(Method, &Response) + Send + Sync>;

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
        Self { inner, server: server.into(), access, prover: None, on_answer: Arc::new(|_, _| ()) }
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
        let method = request.method;
        let answer = self.inner.send(request).await?;
        (self.on_answer)(method, &answer);
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
    use crate::clock::{ManualClock, Timestamp};
    use crate::wire::oauth::{OAuth, SigningKey};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Keeps what it was asked, and answers 200.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<Auth>>);

    impl Wire for Recorder {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            self.0.lock().unwrap().push(request.auth);
            Box::pin(async { Ok(Response::saying(200, "")) })
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
        let wire = wire.on_answer(Arc::new(move |method, answer| {
            assert_eq!((method, answer.status), (Method::Get, 200));
            count.fetch_add(1, Ordering::Relaxed);
        }));
        wire.send(Request::get("https://elsewhere.example/")).await.unwrap();
        wire.send(Request::get("https://social.example/").auth(Auth::Session)).await.unwrap();
        assert_eq!(inner.0.lock().unwrap()[0], Auth::None);
        assert_eq!(seen.load(Ordering::Relaxed), 2);
        assert!(!format!("{wire:?}").contains("tok-123"));
    }

    /// Answers what a test has written down, and keeps the requests.
    struct Script(Mutex<std::collections::VecDeque<Response>>, Mutex<Vec<Request>>);

    impl Wire for Script {
        fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            self.1.lock().unwrap().push(request);
            let answer = self.0.lock().unwrap().pop_front().expect("an answer");
            Box::pin(async { Ok(answer) })
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        Response::saying(status, "").under(headers)
    }

    fn bound(oauth: &OAuth, key: &Secret, answers: Vec<Response>) -> (Arc<Script>, SessionWire) {
        let inner = Arc::new(Script(Mutex::new(answers.into()), Mutex::default()));
        let wire = SessionWire::new(inner.clone(), "https://social.example", Secret::new("tok-123"));
        (inner, wire.bound(oauth.prover(key).unwrap()))
    }

    /// The claims of each request's proof.
    fn claims(inner: &Script) -> Vec<serde_json::Value> {
        let asked = inner.1.lock().unwrap();
        let proof = |request: &Request| match &request.auth {
            Auth::Dpop { token, proof } => {
                assert_eq!(*token, Secret::new("tok-123"));
                let claims = proof.expose().split('.').nth(1).unwrap();
                serde_json::from_slice(&crate::base64url::decode(claims).unwrap()).unwrap()
            }
            other => panic!("not bound: {other:?}"),
        };
        asked.iter().map(proof).collect()
    }

    fn oauth() -> (OAuth, Secret) {
        let oauth = OAuth::new(Arc::new(ManualClock::at(Timestamp::EPOCH)), None);
        (oauth, SigningKey::generate().1)
    }

    const WANTS_NONCE: (&str, &str) = ("www-authenticate", "DPoP error=\"use_dpop_nonce\"");

    #[tokio::test]
    async fn a_bound_grant_is_proven_with_each_request() {
        let (oauth, key) = oauth();
        let refused = answer(401, &[WANTS_NONCE, ("dpop-nonce", "n-1")]);
        let (inner, wire) = bound(&oauth, &key, vec![refused, answer(200, &[("dpop-nonce", "n-2")])]);
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        let wire = wire.on_answer(Arc::new(move |_, _| {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let request = || Request::post("https://social.example/xrpc/a?b=c").auth(Auth::Session);
        assert_eq!(wire.send(request()).await.unwrap().status, 200);
        assert_eq!(seen.load(Ordering::Relaxed), 2, "whoever counts requests has to know of both");
        let claims_of_both = claims(&inner);
        assert_eq!(claims_of_both[0]["nonce"], serde_json::Value::Null);
        assert_eq!(claims_of_both[1]["nonce"], "n-1");
        assert_eq!(claims_of_both[1]["htu"], "https://social.example/xrpc/a");
        assert_eq!(claims_of_both[1]["ath"].as_str().unwrap().len(), 43);

        // The next session of the same account does not pay again.
        let (inner, wire) = bound(&oauth, &key, vec![answer(200, &[])]);
        wire.send(request()).await.unwrap();
        assert_eq!(claims(&inner)[0]["nonce"], "n-2");
        assert!(!format!("{wire:?}{:?}", inner.1.lock().unwrap()).contains("tok-123"));
    }

    #[tokio::test]
    async fn a_refused_proof_is_made_again_once_and_other_refusals_are_handed_on() {
        let (oauth, key) = oauth();
        let wanted = |nonce| answer(401, &[WANTS_NONCE, ("dpop-nonce", nonce)]);
        let dead = answer(401, &[("www-authenticate", "DPoP error=\"invalid_token\""), ("dpop-nonce", "n-9")]);
        for (answers, asked) in
            [(vec![wanted("n-1"), wanted("n-2")], 2), (vec![dead], 1), (vec![answer(503, &[("dpop-nonce", "n-3")])], 1)]
        {
            let last = answers.last().unwrap().status;
            let (inner, wire) = bound(&oauth, &key, answers);
            let said = wire.send(Request::get("https://social.example/").auth(Auth::Session)).await.unwrap();
            assert_eq!((said.status, claims(&inner).len()), (last, asked));
        }
    }

    #[tokio::test]
    async fn a_bound_grant_goes_nowhere_else_either() {
        let (oauth, key) = oauth();
        let (inner, wire) = bound(&oauth, &key, vec![answer(200, &[])]);
        assert!(wire.send(Request::get("https://evil.example/").auth(Auth::Session)).await.is_err());
        assert!(inner.1.lock().unwrap().is_empty());
        wire.send(Request::get("https://evil.example/")).await.unwrap();
        assert_eq!(inner.1.lock().unwrap()[0].auth, Auth::None);
    }
}
