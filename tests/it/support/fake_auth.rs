//! An authorization server and what it guards, reached over a wire that ends in memory. It hands out marked tokens, turns refresh tokens over,
//! takes the reuse of an old one for a theft, and fails in the way that the test says.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use super::answers::answer;
use super::fake_network::SERVER;
use gigcast::clock::{BoxFuture, Clock, ManualClock};
use gigcast::failure::{Failure, Why};
use gigcast::grants::Answer;
use gigcast::oauth::{AuthServer, ClientFrom, Door, IssParameter, Lifetimes, TokenKind};
use gigcast::ports::{Auth, Body, Request, Response, Wire};
use gigcast::secret::Secret;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use url::Url;

pub const ISSUER: &str = "https://auth.fake.example";
pub const SCOPES: [&str; 2] = ["read", "write"];
/// So long an access token lives.
pub const LIVES: Duration = Duration::from_hours(1);

/// What the token endpoint does with its next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trick {
    /// Does it; the answer is lost.
    LostAfter,
    /// Does not do it; no answer comes.
    LostBefore,
    /// Does not do it and answers 500.
    Broken,
    /// Does it and leaves the old refresh token in force, of which the answer says nothing.
    NoRefreshToken,
    /// Grants less than was asked.
    Less,
    /// Does it; the answer comes late.
    Slow,
}

#[derive(Debug, Default)]
struct Inner {
    codes: HashMap<String, (String, String)>,
    /// Access tokens that are good, and whose.
    good: HashMap<String, String>,
    /// Refresh tokens that are good, and the access token beside each.
    refresh: HashMap<String, String>,
    used: HashSet<String>,
    clients: HashSet<String>,
    tricks: VecDeque<Trick>,
    n: u32,
    counts: HashMap<&'static str, u32>,
    /// Who is signed in there.
    who: String,
    avatar: Vec<u8>,
}

#[derive(Debug)]
pub struct FakeAuth {
    clock: ManualClock,
    /// What every token holds.
    mark: String,
    inner: Mutex<Inner>,
}

pub fn door() -> Door {
    Door {
        auth: AuthServer {
            issuer: ISSUER.into(),
            authorize: format!("{ISSUER}/authorize"),
            token: format!("{ISSUER}/token"),
            revoke: Some(format!("{ISSUER}/revoke")),
            push: None,
            iss: IssParameter::Always,
            tokens: TokenKind::Bearer,
            lifetimes: Lifetimes::default(),
            extra: Vec::new(),
        },
        client: ClientFrom::Registration,
        scopes: SCOPES.map(str::to_owned).to_vec(),
        server: SERVER.into(),
        hint: None,
        expects: None,
    }
}

impl FakeAuth {
    pub fn new(clock: ManualClock, mark: &str) -> Self {
        let inner = Inner { who: "ana".into(), avatar: b"\x89PNG\r\n\x1a\npicture".to_vec(), ..Inner::default() };
        Self { clock, mark: mark.into(), inner: Mutex::new(inner) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn play(&self, tricks: impl IntoIterator<Item = Trick>) {
        self.inner().tricks.extend(tricks);
    }

    pub fn signed_in(&self, who: &str) {
        self.inner().who = who.into();
    }

    pub fn shows(&self, avatar: &[u8]) {
        self.inner().avatar = avatar.to_vec();
    }

    /// How often this was asked: `token`, `refresh`, `revoke`, `register`.
    pub fn asked(&self, what: &'static str) -> u32 {
        self.inner().counts.get(what).copied().unwrap_or_default()
    }

    pub fn live_tokens(&self) -> usize {
        self.inner().good.len()
    }

    /// Nothing that was handed out is good any more.
    pub fn revoke_all(&self) {
        let mut inner = self.inner();
        inner.good.clear();
        inner.refresh.clear();
    }

    pub fn forget_clients(&self) {
        self.inner().clients.clear();
    }

    /// What the browser brings back when its person says yes.
    pub fn agree(&self, url: &str) -> Answer {
        let asked: HashMap<String, String> = Url::parse(url).unwrap().query_pairs().into_owned().collect();
        let mut inner = self.inner();
        assert!(inner.clients.contains(&asked["client_id"]), "the server knows us");
        assert_eq!(asked["code_challenge_method"], "S256");
        inner.n += 1;
        let code = format!("{}-code-{}", self.mark, inner.n);
        let who = inner.who.clone();
        inner.codes.insert(code.clone(), (asked["redirect_uri"].clone(), who));
        Answer {
            state: Some(Secret::new(&*asked["state"])),
            code: Some(Secret::new(code)),
            iss: Some(ISSUER.into()),
            ..Answer::default()
        }
    }

    pub fn refuse(&self, url: &str, error: &str) -> Answer {
        Answer {
            code: None,
            error: Some(error.into()),
            error_description: Some("<b>so</b> it\nis".into()),
            ..self.agree(url)
        }
    }

    fn hand_out(&self, inner: &mut Inner, who: &str) -> (String, String) {
        inner.n += 1;
        let (access, refresh) =
            (format!("{}-access-{}", self.mark, inner.n), format!("{}-refresh-{}", self.mark, inner.n));
        inner.good.insert(access.clone(), who.into());
        inner.refresh.insert(refresh.clone(), access.clone());
        (access, refresh)
    }

    fn token(&self, form: &HashMap<String, String>) -> Result<(u16, Value), Failure> {
        let mut inner = self.inner();
        let lost = || Err(Failure::Unknown(Why::new("the answer was lost")));
        if !inner.clients.contains(&form["client_id"]) {
            return Ok((401, json!({ "error": "invalid_client" })));
        }
        if form["grant_type"] == "client_credentials" {
            return Ok((200, json!({ "access_token": "ours", "token_type": "Bearer" })));
        }
        *inner.counts.entry("token").or_default() += 1;
        let trick = inner.tricks.pop_front();
        match trick {
            Some(Trick::LostBefore) => return lost(),
            Some(Trick::Broken) => return Ok((500, json!({ "error": "oops" }))),
            _ => {}
        }
        let invalid = || Ok((400, json!({ "error": "invalid_grant" })));
        let (access, refresh) = if form["grant_type"] == "authorization_code" {
            let Some((redirect, who)) = inner.codes.remove(&form["code"]) else { return invalid() };
            assert_eq!(redirect, form["redirect_uri"]);
            assert!(!form["code_verifier"].is_empty());
            self.hand_out(&mut inner, &who)
        } else {
            *inner.counts.entry("refresh").or_default() += 1;
            let old = form["refresh_token"].clone();
            if inner.used.contains(&old) {
                // Somebody has stolen it: nobody is to have anything.
                inner.good.clear();
                inner.refresh.clear();
                return invalid();
            }
            let Some(access) = inner.refresh.get(&old).cloned() else { return invalid() };
            let Some(who) = inner.good.remove(&access) else { return invalid() };
            let (access, new) = self.hand_out(&mut inner, &who);
            if trick == Some(Trick::NoRefreshToken) {
                inner.refresh.remove(&new);
                inner.refresh.insert(old.clone(), access.clone());
                (access, old)
            } else {
                inner.refresh.remove(&old);
                inner.used.insert(old);
                (access, new)
            }
        };
        if trick == Some(Trick::LostAfter) {
            return lost();
        }
        let scope = if trick == Some(Trick::Less) { "read" } else { "read write" };
        let mut said = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": LIVES.as_secs(), "scope": scope,
        });
        if trick != Some(Trick::NoRefreshToken) {
            said["refresh_token"] = refresh.into();
        }
        Ok((200, said))
    }

    fn revoke(&self, form: &HashMap<String, String>) -> (u16, Value) {
        let mut inner = self.inner();
        *inner.counts.entry("revoke").or_default() += 1;
        let token = &form["token"];
        let access = inner.refresh.remove(token).unwrap_or_else(|| token.clone());
        inner.good.remove(&access);
        (200, json!({}))
    }

    fn guarded(&self, auth: &Auth) -> (u16, Value) {
        let inner = self.inner();
        let who = match auth {
            Auth::Bearer(token) => inner.good.get(token.expose()),
            Auth::None | Auth::Session | Auth::Header { .. } | Auth::Dpop { .. } => None,
        };
        match who {
            Some(who) => (200, json!({ "id": who, "avatar": format!("{SERVER}/{who}.png") })),
            None => (401, json!({ "error": "the token is not good" })),
        }
    }

    async fn answer(&self, request: Request) -> Result<Response, Failure> {
        let is_late = self.inner().tricks.pop_front_if(|trick| *trick == Trick::Slow).is_some();
        let answer = self.done(request);
        if is_late {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        answer
    }

    fn done(&self, request: Request) -> Result<Response, Failure> {
        let form: HashMap<String, String> = match &request.body {
            Body::Form(fields) => fields.iter().cloned().collect(),
            Body::Empty | Body::Json(_) => HashMap::new(),
        };
        let path = request.url.strip_prefix(ISSUER).or_else(|| request.url.strip_prefix(SERVER)).unwrap();
        let (status, body) = match path {
            "/token" => self.token(&form)?,
            "/revoke" => self.revoke(&form),
            "/register" => {
                let mut inner = self.inner();
                *inner.counts.entry("register").or_default() += 1;
                let id = format!("client-{}", inner.counts["register"]);
                inner.clients.insert(id.clone());
                (200, json!({ "client_id": id }))
            }
            "/me" => self.guarded(&request.auth),
            "/ana.png" | "/bo.png" => return Ok(self.response(200, self.inner().avatar.clone())),
            _ => (404, json!({})),
        };
        Ok(self.response(status, body.to_string().into_bytes()))
    }

    fn response(&self, status: u16, body: Vec<u8>) -> Response {
        Response { received: self.clock.now(), ..answer(status, &[("content-type", "application/json")], body) }
    }
}

impl Wire for FakeAuth {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(self.answer(request))
    }
}
