//! kepi, a server of unknown make that speaks Mastodon's client API and pays no heed to idempotency keys.

use crate::lossy::Lossy;
use crate::ours::{Gigcast, PUBLIC_URL, sighting};
use crate::peer::{Owner, Peer};
use gigcast::outbox::{Hold, State};
use gigcast::person::Account;
use gigcast::ports::{Auth, Entered, Request, Response};
use gigcast::profile::{EngagementKind, Idempotency, ReadBack, Support};
use gigcast::secret::Secret;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What it calls itself, without its port.
const DOMAIN: &str = "127.0.0.1";
const CALLBACK: &str = "http://127.0.0.1:7777/callback";

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_gig_is_posted_with_a_token_from_its_oauth_and_the_booster_is_named() {
    let peer = Peer::kepi();
    let ours = Gigcast::new(&peer).await;
    let alice = Human::at(&peer, &ours, "alice").await;
    let bob = Human::at(&peer, &ours, "bob").await;
    let account = alice.link().await;
    let gig = ours.take(&sighting("till")).await;
    let receipt = ours.announced(&gig, &account).await;

    let profile = ours.sessions.known_profile(&account).await.expect("a store in memory");
    assert_eq!(profile.idempotency, Idempotency::None, "what it does with keys is not known");
    assert_eq!((profile.read_back, profile.edit, profile.delete), (ReadBack::ByRecentPosts, Support::No, Support::No));

    let delivery = ours.only_delivery(&gig, &account).await;
    let link = format!("{PUBLIC_URL}/g/{}?v={}", gig.id, delivery.id.code());
    let statuses = alice.statuses().await;
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    assert_eq!(statuses[0]["id"].as_str(), Some(&*receipt.id));
    assert_eq!(statuses[0]["visibility"], "public");
    assert!(statuses[0]["content"].as_str().is_some_and(|content| content.contains(&link)), "{}", statuses[0]);

    bob.post(&format!("/api/v1/statuses/{}/reblog", receipt.id), &[]).await;
    let seen = ours.engaged(&account, &receipt, EngagementKind::Reshare).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].actor.handle, format!("bob@{DOMAIN}"));
    ours.on_record(&gig, EngagementKind::Reshare, &format!("bob@{DOMAIN}")).await;

    // The profile is right to give it no credit: the same key makes two posts.
    for _ in 0..2 {
        let said = [("status", "twice"), ("visibility", "public")];
        let key = ("idempotency-key", "the-same");
        alice.send(Request::post(alice.url("/api/v1/statuses")).form(pairs(&said)).header(key.0, key.1)).await;
    }
    assert_eq!(alice.statuses().await.len(), 3);
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_lost_answer_is_looked_up_and_the_gig_is_not_said_twice() {
    let peer = Peer::kepi();
    let sent = Arc::new(AtomicUsize::new(0));
    let ours = Gigcast::through(&peer, |client| Lossy::once(client, "/api/v1/statuses", &sent)).await;
    let alice = Human::at(&peer, &ours, "alice").await;
    let account = alice.link().await;
    let gig = ours.take(&sighting("till")).await;
    let receipt = ours.announced(&gig, &account).await;

    let delivery = ours.only_delivery(&gig, &account).await;
    let outcomes: Vec<&str> = delivery.tries.iter().map(|one| &*one.outcome).collect();
    assert_eq!(outcomes, ["unknown", "found"]);
    assert_eq!(sent.load(Ordering::SeqCst), 1, "it was sent once");
    let statuses = alice.statuses().await;
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    assert_eq!(statuses[0]["id"].as_str(), Some(&*receipt.id));
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_revoked_token_holds_the_account_until_it_is_linked_again() {
    let peer = Peer::kepi();
    let ours = Gigcast::new(&peer).await;
    let mut alice = Human::at(&peer, &ours, "alice").await;
    let account = alice.link().await;
    alice.revoke().await;
    let gig = ours.take(&sighting("till")).await;
    ours.steps_until("that the account needs its person", async || ours.needs_relink(&account).await).await;
    assert_eq!(ours.only_delivery(&gig, &account).await.state, State::Held(Hold::Relink));

    alice = Human::at(&peer, &ours, "alice").await;
    let again = alice.link().await;
    assert_eq!(again.id, account.id, "it is the same account");
    ours.deliver.relinked(&again).await.expect("a store in memory");
    ours.announced(&gig, &account).await;
    assert_eq!(alice.statuses().await.len(), 1);
}

/// A person at the server, with a token they gave to an app of their own.
struct Human<'a> {
    ours: &'a Gigcast,
    server: String,
    owner: Owner,
    app: Value,
    token: Secret,
}

impl<'a> Human<'a> {
    /// The authorization code flow as a browser walks it: sign in, consent, and the app exchanges the code.
    async fn at(peer: &Peer, ours: &'a Gigcast, name: &str) -> Self {
        let owner = peer.owner(name).clone();
        let mut human = Self { ours, server: peer.url.clone(), owner, app: Value::Null, token: Secret::default() };
        let app = [("client_name", "gigcast"), ("redirect_uris", CALLBACK), ("scopes", "read write")];
        human.app = human.post("/api/v1/apps", &app).await;
        let (id, secret) = human.app();
        let asked = [
            ("client_id", id),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", "read write"),
            ("state", "xyz"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let mut browser = Browser { human: &human, cookies: BTreeMap::new() };
        browser.look("/accounts/login/").await;
        let (user, password) = (&*browser.human.owner.name, &*browser.human.owner.password);
        browser.submit("/accounts/login/", &[("username", user), ("password", password), ("next", "/")]).await;
        let authorize = url::Url::parse_with_params(&human.url("/oauth/authorize"), asked).expect("an address");
        let page = authorize.as_str().trim_start_matches(&human.server);
        browser.look(page).await;
        let consent: Vec<_> = asked.into_iter().chain([("allow", "Authorize")]).collect();
        let back = browser.submit(page, &consent).await;
        let back = url::Url::parse(back.header("location").expect("it sends us back")).expect("an address");
        let answered: BTreeMap<_, _> = back.query_pairs().collect();
        assert_eq!(answered.get("state").map(|s| &**s), Some("xyz"), "{answered:?}");
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", id),
            ("client_secret", secret),
            ("redirect_uri", CALLBACK),
            ("code", &answered["code"]),
            ("code_verifier", VERIFIER),
        ];
        let token = human.post("/oauth/token", &exchange).await;
        human.token = Secret::new(token["access_token"].as_str().expect("a token"));
        human
    }

    /// What the app is known by.
    fn app(&self) -> (&str, &str) {
        let field = |name: &str| self.app[name].as_str().expect("an app has an id and a secret");
        (field("client_id"), field("client_secret"))
    }

    async fn revoke(&self) {
        let (id, secret) = self.app();
        let fields = [("client_id", id), ("client_secret", secret), ("token", self.token.expose())];
        let answer = self.ours.send(Request::post(self.url("/oauth/revoke")).form(pairs(&fields))).await;
        assert!(answer.is_success(), "{} {}", answer.status, answer.excerpt);
    }

    /// Gives gigcast the token.
    async fn link(&self) -> Account {
        let entered = Entered { server: self.server.clone(), identifier: String::new(), secret: self.token.clone() };
        let account = self.ours.link("mastodon", &entered).await;
        assert_eq!(account.native, self.owner.id);
        assert_eq!(account.handle, format!("@{}@{DOMAIN}", self.owner.name));
        account
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        self.send(Request::post(self.url(path)).form(pairs(fields))).await
    }

    /// What the account has said, as the server lists it.
    async fn statuses(&self) -> Vec<Value> {
        let listed = self.send(Request::get(self.url(&format!("/api/v1/accounts/{}/statuses", self.owner.id)))).await;
        listed.as_array().expect("a list").clone()
    }

    async fn send(&self, request: Request) -> Value {
        let auth = if self.token.is_empty() { Auth::None } else { Auth::Bearer(self.token.clone()) };
        let answer = self.ours.send(request.auth(auth)).await;
        assert!(answer.is_success(), "{} {}", answer.status, answer.excerpt);
        serde_json::from_slice(&answer.body).expect("JSON")
    }
}

/// As much of one as a login form needs.
struct Browser<'a> {
    human: &'a Human<'a>,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn look(&mut self, page: &str) -> Response {
        self.walk(Request::get(self.human.url(page))).await
    }

    async fn submit(&mut self, page: &str, fields: &[(&str, &str)]) -> Response {
        let mut fields = pairs(fields);
        fields.push(("csrfmiddlewaretoken".into(), self.cookies["csrftoken"].clone()));
        self.walk(Request::post(self.human.url(page)).form(fields)).await
    }

    async fn walk(&mut self, request: Request) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = self.human.ours.send(request.header("cookie", cookies.join("; "))).await;
        assert!(answer.status < 400, "{} {}", answer.status, answer.excerpt);
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            if let Some((name, value)) = value.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        answer
    }
}

fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
