//! The OAuth client against an authorization server that is certified to follow the standards.
//!
//! What the server publishes of itself becomes the value that the client reads; sign-in and consent are its own forms, sent as a browser
//! would send them.

use crate::peer::Peer;
use gigcast::clock::{Clock, ManualClock, SystemClock, Timestamp};
use gigcast::failure::Failure;
use gigcast::oauth::{AuthServer, Authorized, ClientAuth, IssParameter, Lifetimes, OAuthClient, TokenKind};
use gigcast::ports::{Auth, Request, Response, Wire};
use gigcast::secret::Secret;
use gigcast::wire::oauth::{OAuth, SigningKey, Started, Tokens};
use gigcast::wire::{Client, SessionWire, Settings};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const CALLBACK: &str = "http://127.0.0.1:7777/callback";
/// What the start script gives to clients that have one.
const CLIENT_SECRET: &str = "a secret+/of:any%kind";
const SKEW: Duration = Duration::from_mins(2);

/// A client at the server, with the clock it goes by.
struct Site {
    peer: Peer,
    wire: Arc<dyn Wire>,
    oauth: OAuth,
    server: AuthServer,
}

/// Where a link stands once the browser is back.
struct Back {
    started: Started,
    code: Secret,
}

impl Site {
    async fn new(settings: &[(&str, &str)]) -> Self {
        Self::by(Arc::new(SystemClock::default()), settings).await
    }

    async fn by(clock: Arc<dyn Clock>, settings: &[(&str, &str)]) -> Self {
        let (signing, _) = SigningKey::generate();
        let jwks = json!({ "keys": [signing.jwk()] }).to_string();
        let settings: Vec<_> =
            settings.iter().copied().chain([("SIGNING_JWKS", &*jwks), ("REDIRECT_URI", CALLBACK)]).collect();
        let peer = Peer::oidc_provider(&settings);
        let settings = Settings {
            trusted_origins: vec![peer.url.clone()],
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(30),
            user_agent: "gigcast-tests".into(),
        };
        let wire: Arc<dyn Wire> = Arc::new(Client::new(settings, Arc::clone(&clock)).expect("a client"));
        let document = wire.send(Request::get(format!("{}/.well-known/openid-configuration", peer.url))).await;
        let document: Value = serde_json::from_slice(&document.expect("an answer").body).expect("JSON");
        Self { oauth: OAuth::new(clock, Some(signing)), server: described(&document), peer, wire }
    }

    /// The same, asked of for tokens that are bound to a key.
    fn binding(mut self) -> Self {
        self.server.tokens = TokenKind::Dpop;
        self
    }

    /// The same, which does not let requests be pushed.
    fn unpushed(mut self) -> Self {
        self.server.push = None;
        self
    }

    /// A browser's way from the address we made to the address that it comes back to.
    async fn back(&self, client: &OAuthClient) -> Back {
        let scopes = ["openid", "offline_access", "post"].map(str::to_owned);
        let started = self.oauth.start(&*self.wire, &self.server, client, CALLBACK, &scopes, Some("alice")).await;
        let started = started.expect("it begins");
        let mut browser = Browser { site: self, cookies: BTreeMap::new() };
        let login = browser.look(&started.url).await;
        let resume = browser.submit(&login, &[("prompt", "login"), ("login", "alice"), ("password", "any")]).await;
        let consent = browser.look(&resume).await;
        let resume = browser.submit(&consent, &[("prompt", "consent")]).await;
        let back = Url::parse(&browser.look(&resume).await).expect("an address");
        assert!(back.as_str().starts_with(CALLBACK), "{back}");
        let answer: BTreeMap<_, _> = back.query_pairs().collect();
        assert_eq!(answer["state"], started.state.expose());
        assert_eq!(answer["iss"], self.server.issuer);
        Back { code: Secret::new(&*answer["code"]), started }
    }

    async fn exchange(&self, client: &OAuthClient, back: &Back) -> Result<Tokens, Failure> {
        let Back { started, code } = back;
        self.oauth.exchange(&*self.wire, &self.server, client, CALLBACK, started, code).await
    }

    /// A whole link.
    async fn link(&self, client: &OAuthClient) -> (Authorized, Tokens) {
        let back = self.back(client).await;
        let tokens = self.exchange(client, &back).await.expect("tokens");
        assert_eq!(tokens.scopes, ["openid", "offline_access", "post"]);
        let had = Authorized {
            server: self.server.clone(),
            client: client.clone(),
            scopes: tokens.scopes.clone(),
            dpop: back.started.dpop,
            ends: None,
        };
        (had, tokens)
    }

    async fn refresh(&self, had: &Authorized, tokens: &Tokens) -> Result<Tokens, Failure> {
        self.oauth.refresh(&*self.wire, had, tokens.refresh.as_ref().expect("a refresh token")).await
    }

    /// What the resource says to this token.
    async fn me(&self, had: &Authorized, tokens: &Tokens) -> Response {
        let mut wire = SessionWire::new(Arc::clone(&self.wire), &*self.peer.url, tokens.access.clone());
        if let Some(key) = &had.dpop {
            wire = wire.bound(self.oauth.prover(key).expect("a key"));
        }
        wire.send(Request::get(format!("{}/me", self.peer.url)).auth(Auth::Session)).await.expect("an answer")
    }

    async fn knows_alice(&self, had: &Authorized, tokens: &Tokens) {
        let me = self.me(had, tokens).await;
        assert_eq!((me.status, &me.body[..]), (200, &br#"{"sub":"alice"}"#[..]), "{}", me.excerpt);
    }

    /// Links, asks the resource, renews, and asks again.
    async fn whole_way(&self, client: &OAuthClient) {
        let (had, tokens) = self.link(client).await;
        assert_eq!(had.dpop.is_some(), self.server.tokens == TokenKind::Dpop);
        assert!(tokens.expires.is_some() && tokens.token_kind == self.server.tokens);
        self.knows_alice(&had, &tokens).await;
        let renewed = self.refresh(&had, &tokens).await.expect("new tokens");
        assert!(renewed.access != tokens.access && renewed.refresh != tokens.refresh, "both are new");
        self.knows_alice(&had, &renewed).await;
    }
}

/// The client's value for what the server says of itself.
fn described(document: &Value) -> AuthServer {
    let field = |name: &str| document[name].as_str().unwrap_or_else(|| panic!("no {name}: {document}")).to_owned();
    let supports = |name: &str, value: &str| document[name].as_array().is_some_and(|all| all.contains(&json!(value)));
    assert!(
        supports("code_challenge_methods_supported", "S256") && supports("dpop_signing_alg_values_supported", "ES256")
    );
    AuthServer {
        issuer: field("issuer"),
        authorize: field("authorization_endpoint"),
        token: field("token_endpoint"),
        revoke: Some(field("revocation_endpoint")),
        push: Some(field("pushed_authorization_request_endpoint")),
        iss: if document["authorization_response_iss_parameter_supported"] == true {
            IssParameter::Always
        } else {
            IssParameter::Perhaps
        },
        tokens: TokenKind::Bearer,
        lifetimes: Lifetimes::default(),
        extra: vec![("prompt".into(), "consent".into())],
    }
}

fn client(name: &str, auth: ClientAuth) -> OAuthClient {
    OAuthClient { id: format!("gigcast-{name}"), auth, redirects: vec![CALLBACK.into()] }
}

fn public() -> OAuthClient {
    client("public", ClientAuth::None)
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

/// As much of one as the server's forms need.
struct Browser<'a> {
    site: &'a Site,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn look(&mut self, url: &str) -> String {
        self.walk(Request::get(url)).await
    }

    async fn submit(&mut self, url: &str, fields: &[(&str, &str)]) -> String {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.walk(Request::post(url).form(fields)).await
    }

    /// Where the answer sends us.
    async fn walk(&mut self, request: Request) -> String {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = Url::parse(&request.url).expect("an address");
        let answer = self.site.wire.send(request.header("cookie", cookies.join("; "))).await.expect("an answer");
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            if let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        let to = answer.header("location").unwrap_or_else(|| panic!("{url}: {} {}", answer.status, answer.excerpt));
        url.join(to).expect("an address").into()
    }
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn each_kind_of_client_gets_its_tokens_and_renews_them() {
    let site = Site::new(&[]).await.unpushed();
    assert_eq!(site.server.iss, IssParameter::Always);
    let secret = || Secret::new(CLIENT_SECRET);
    site.whole_way(&public()).await;
    site.whole_way(&client("basic", ClientAuth::Basic(secret()))).await;
    site.whole_way(&client("post", ClientAuth::Post(secret()))).await;
    site.whole_way(&client("signed", ClientAuth::Assertion)).await;
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn each_kind_of_client_may_push_its_request() {
    let site = Site::new(&[]).await;
    let secret = || Secret::new(CLIENT_SECRET);
    site.whole_way(&client("pushed", ClientAuth::None)).await;
    site.whole_way(&client("basic", ClientAuth::Basic(secret()))).await;
    site.whole_way(&client("post", ClientAuth::Post(secret()))).await;
    site.whole_way(&client("signed", ClientAuth::Assertion)).await;
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn tokens_bound_to_a_key_work_with_that_key_alone() {
    let site = Site::new(&[]).await.binding();
    site.whole_way(&client("bound", ClientAuth::None)).await;
    site.whole_way(&client("all", ClientAuth::Assertion)).await;

    let known = client("bound", ClientAuth::None);
    let (had, tokens) = site.link(&known).await;
    let (_, other) = site.link(&known).await;
    site.knows_alice(&had, &tokens).await;
    assert_eq!(site.me(&had, &other).await.status, 401, "another token's key");
    let unbound = Authorized { dpop: None, ..had };
    assert_eq!(site.me(&unbound, &tokens).await.status, 401, "no key");
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_clock_that_is_two_minutes_off_keeps_nobody_out() {
    for off in [now().plus(SKEW), now().minus(SKEW)] {
        let clock = ManualClock::at(off);
        let site = Site::by(Arc::new(clock), &[]).await.binding();
        site.whole_way(&client("all", ClientAuth::Assertion)).await;
    }
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn whoever_brings_the_code_without_the_verifier_gets_nothing() {
    let site = Site::new(&[]).await;
    let mut back = site.back(&public()).await;
    let verifier = std::mem::replace(&mut back.started.verifier, Secret::new("w".repeat(43)));
    let failure = site.exchange(&public(), &back).await.expect_err("a wrong verifier");
    assert_eq!(failure.class(), "permanent");
    assert_eq!(failure.why().native.as_ref().and_then(|native| native.code.as_deref()), Some("invalid_grant"));
    back.started.verifier = verifier;
    site.exchange(&public(), &back).await.expect("the right one");
    let failure = site.exchange(&public(), &back).await.expect_err("the code is used up");
    assert_eq!(failure.class(), "permanent");
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_wrong_secret_is_told_from_a_dead_grant() {
    let site = Site::new(&[]).await;
    let (mut had, tokens) = site.link(&client("basic", ClientAuth::Basic(Secret::new(CLIENT_SECRET)))).await;
    had.client.auth = ClientAuth::Basic(Secret::new("another"));
    let failure = site.refresh(&had, &tokens).await.expect_err("a wrong secret");
    assert_eq!(failure.class(), "relink_needed");
    assert_eq!(failure.why().native.as_ref().and_then(|native| native.code.as_deref()), Some("invalid_client"));
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_refresh_token_that_was_used_ends_the_grant_and_says_so() {
    let site = Site::new(&[]).await;
    let (had, first) = site.link(&public()).await;
    let second = site.refresh(&had, &first).await.expect("new tokens");
    let failure = site.refresh(&had, &first).await.expect_err("it was used");
    assert_eq!(failure.class(), "relink_needed");
    let failure = site.refresh(&had, &second).await.expect_err("the server has dropped the whole grant");
    assert_eq!(failure.class(), "relink_needed");
    assert!(!failure.to_string().contains(second.refresh.expect("one").expose()), "it is not told");
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_token_that_has_ended_is_renewed() {
    let site = Site::new(&[("ACCESS_TTL", "2")]).await.binding();
    let (had, tokens) = site.link(&client("all", ClientAuth::Assertion)).await;
    let ends = tokens.expires.expect("it ends");
    assert!(ends <= now().plus(Duration::from_secs(2)), "{ends}");
    // Until the second in which it ends is over for the server, too.
    SystemClock::default().sleep_until(ends.plus(Duration::from_secs(1))).await;
    let refused = site.me(&had, &tokens).await;
    assert_eq!(refused.status, 401, "it has ended");
    let renewed = site.refresh(&had, &tokens).await.expect("new tokens");
    site.knows_alice(&had, &renewed).await;
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn what_is_given_back_is_worth_nothing() {
    let site = Site::new(&[]).await.binding();
    let (had, tokens) = site.link(&client("all", ClientAuth::Assertion)).await;
    site.knows_alice(&had, &tokens).await;
    site.oauth.revoke(&*site.wire, &had, &tokens.access, tokens.refresh.as_ref()).await.expect("it is given back");
    assert_eq!(site.me(&had, &tokens).await.status, 401);
    let failure = site.refresh(&had, &tokens).await.expect_err("it is given back");
    assert_eq!(failure.class(), "relink_needed");
}
