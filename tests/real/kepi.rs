//! kepi, a server of unknown make that speaks Mastodon's client API and pays no heed to idempotency keys.

use crate::browser::{Browser, pairs};
use crate::lossy::Lossy;
use crate::ours::{Gigcast, PUBLIC_URL, networks, sighting};
use crate::peer::{Owner, Peer};
use gigcast::oauth::{Authorized, ClientAuth, ClientFrom, Purpose, Us};
use gigcast::outbox::{Hold, State};
use gigcast::person::Account;
use gigcast::ports::{Auth, Entered, Named, Request};
use gigcast::profile::{EngagementKind, Idempotency, ReadBack, Support};
use gigcast::secret::Secret;
use gigcast::wire::SessionWire;
use gigcast::wire::oauth::OAuth;
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
async fn a_gig_is_boosted_by_who_relays_it_and_is_on_record_as_theirs() {
    let peer = Peer::kepi();
    let ours = Gigcast::new(&peer).await;
    let (alice, bob) = (Human::at(&peer, &ours, "alice").await, Human::at(&peer, &ours, "bob").await);
    let account = alice.link().await;
    let entered = Entered { server: bob.server.clone(), identifier: String::new(), secret: bob.token.clone() };
    let relaying = ours.link_to_relay("Bob", "mastodon", &entered).await;
    let gig = ours.take(&sighting("relayed")).await;
    let receipt = ours.announced(&gig, &account).await;
    let boosted = async || ours.announcement(&gig, &relaying).await.is_some_and(|one| one.said.is_some());
    ours.steps_until("the boost", boosted).await;
    let seen = ours.engaged(&account, &receipt, EngagementKind::Reshare).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].actor.handle, format!("bob@{DOMAIN}"));
    ours.on_record(&gig, EngagementKind::Reshare, &format!("bob@{DOMAIN}")).await;
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

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn an_account_is_linked_in_a_browser() {
    let peer = Peer::kepi();
    let ours = Gigcast::new(&peer).await;
    let (network, wire) = (&networks(&peer)["mastodon"], &*ours.client);
    let us = Us { base: "http://127.0.0.1:7777".into(), redirect: CALLBACK.into() };
    let named = Named { server: peer.url.clone(), identifier: String::new() };
    let door = network.discover(wire, &named, Purpose::Link, &us).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(door.auth.authorize, format!("{}/oauth/authorize", peer.url), "it does not describe itself");
    assert_eq!(
        (&door.client, &*door.scopes),
        (&ClientFrom::Registration, &["read".to_owned(), "write".to_owned()][..])
    );

    let client = network.register(wire, &door, &us).await.unwrap_or_else(|e| panic!("{e}"));
    assert!(matches!(&client.auth, ClientAuth::Post(secret) if !secret.is_empty()), "{client:?}");
    let oauth = OAuth::new(Arc::clone(&ours.clock), None);
    let started = oauth.start(wire, &door.auth, &client, &us.redirect, &door.scopes, None).await.unwrap();
    let back = Browser::new(&ours).agrees_at_kepi(&peer.url, &started.url, peer.owner("alice")).await;
    let answered: BTreeMap<_, _> = back.query_pairs().collect();
    assert_eq!(answered["state"], started.state.expose());
    let code = Secret::new(&*answered["code"]);
    let tokens = oauth.exchange(wire, &door.auth, &client, &us.redirect, &started, &code).await;
    let tokens = tokens.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(tokens.scopes, door.scopes);

    let session = |access: &Secret| SessionWire::new(Arc::clone(&ours.client), &*door.server, access.clone());
    let who = network.recognise(&session(&tokens.access), &door, None).await.unwrap_or_else(|e| panic!("{e}"));
    let alice = peer.owner("alice");
    assert_eq!((&who.native, &*who.handle), (&alice.id, &*format!("@alice@{DOMAIN}")));
    assert_eq!(who.server, peer.url);

    // Its tokens end, unlike Mastodon's.
    assert!(tokens.expires.is_some_and(|ends| ends > ours.clock.now()));
    let (server, scopes) = (door.auth.clone(), tokens.scopes);
    let had = Authorized { server, client, scopes, dpop: None, ends: None };
    let refresh = tokens.refresh.expect("a refresh token");
    let renewed = oauth.refresh(wire, &had, &refresh).await.unwrap_or_else(|e| panic!("{e}"));
    network.recognise(&session(&renewed.access), &door, None).await.unwrap_or_else(|e| panic!("{e}"));
    let again = renewed.refresh.expect("another refresh token");
    oauth.revoke(wire, &had, &renewed.access, Some(&again)).await.unwrap_or_else(|e| panic!("{e}"));
    let refused = network.recognise(&session(&renewed.access), &door, None).await.unwrap_err();
    assert_eq!(refused.class(), "relink_needed", "{refused}");
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
        let authorize = url::Url::parse_with_params(&human.url("/oauth/authorize"), asked).expect("an address");
        let back = Browser::new(ours).agrees_at_kepi(&human.server, authorize.as_str(), &human.owner).await;
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
