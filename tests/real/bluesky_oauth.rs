//! Linking at Bluesky's own server in a browser: pushed requests, bound tokens, and exactly the scopes that gigcast asks for.

use crate::browser::Browser;
use crate::ours::{Gigcast, networks};
use crate::peer::{Owner, Peer};
use gigcast::failure::Failure;
use gigcast::id::{AccountId, DeliveryId, GigId, PersonId};
use gigcast::oauth::{Authorized, ClientFrom, Door, OAuthClient, Purpose, Us};
use gigcast::person::{Account, Audience, GrantState, Mode, Pace};
use gigcast::ports::{Auth, Named, Network, Recognised, Request, Response, Session, Wire};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::EngagementKind;
use gigcast::secret::Secret;
use gigcast::wire::SessionWire;
use gigcast::wire::oauth::{OAuth, Started, Tokens};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn an_account_is_linked_by_its_handle_and_speaks_with_a_bound_grant() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let alice = peer.owner("alice");
    let linking = Linking::new(&peer, &ours, "@Alice.test", "", Purpose::Link).await;
    let door = &linking.door;
    assert_eq!((&*door.server, &*door.auth.issuer), (&*peer.url, &*peer.url));
    assert_eq!((door.expects.as_deref(), door.hint.as_deref()), (Some(&*alice.id), Some("alice.test")));

    let (started, tokens) = linking.agreed(alice).await;
    assert_eq!(tokens.scopes, door.scopes, "it granted what was asked, in the same spelling");
    assert_eq!(tokens.subject.as_deref(), Some(&*alice.id));
    assert!(tokens.expires.is_some_and(|ends| ends > ours.clock.now()), "it says when the token ends");
    let key = started.dpop.expect("it is bound to a key");
    let wire = linking.speaking(&tokens.access, &key);
    let who = linking.recognised(&wire, &tokens).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((&*who.native, &*who.handle, &*who.server), (&*alice.id, "alice.test", &*peer.url));

    // All that gigcast does, it may do.
    let account = account(&who);
    let network = &linking.network;
    let session = Session { account: &account, profile: network.profile(), wire: &wire };
    let (post, stamp) = delivery(&ours, &**network);
    let receipt = network.create(session, &post, &stamp).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(network.create(session, &post, &stamp).await, Ok(receipt.clone()), "the same again is the same");
    assert_eq!(network.find(session, &post, &stamp).await, Ok(Some(receipt.clone())));
    seen(&ours, session, &**network, &receipt).await;
    for kind in [EngagementKind::Reshare, EngagementKind::Quote, EngagementKind::Reply] {
        let page = network.engagements(session, &receipt, kind, None).await;
        assert!(page.as_ref().is_ok_and(|page| page.seen.is_empty()), "{}: {page:?}", kind.word());
    }
    let profiles = format!("{}/xrpc/app.bsky.actor.getProfiles?actors={}", peer.url, alice.id);
    assert_eq!(ask(&wire, Request::get(profiles)).await.status, 200);

    // And nothing beside.
    let like = json!({ "repo": alice.id, "collection": "app.bsky.feed.like", "record": {
        "$type": "app.bsky.feed.like", "createdAt": ours.clock.now().to_string(),
        "subject": { "uri": receipt.uri, "cid": receipt.version },
    }});
    let like = Request::post(format!("{}/xrpc/com.atproto.repo.createRecord", peer.url)).json(&like);
    for beside in [like, Request::get(format!("{}/xrpc/app.bsky.notification.listNotifications", peer.url))] {
        let answer = ask(&wire, beside).await;
        assert_eq!(answer.status, 403, "{}", answer.excerpt);
    }
    network.delete(session, &receipt).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(network.find(session, &post, &stamp).await, Ok(None));

    // It is renewed, each time with another refresh token; given back, it is dead.
    let had = linking.authorized(&tokens, &key);
    let refresh = tokens.refresh.expect("a refresh token");
    let renewed = linking.oauth.refresh(&*ours.client, &had, &refresh).await.unwrap_or_else(|e| panic!("{e}"));
    let next = renewed.refresh.clone().expect("another refresh token");
    assert_ne!(next, refresh);
    let wire = linking.speaking(&renewed.access, &key);
    let session = Session { wire: &wire, ..session };
    network.create(session, &post, &stamp).await.unwrap_or_else(|e| panic!("{e}"));
    linking.oauth.revoke(&*ours.client, &had, &renewed.access, Some(&next)).await.unwrap_or_else(|e| panic!("{e}"));
    let refused = linking.oauth.refresh(&*ours.client, &had, &next).await.unwrap_err();
    assert_eq!(refused.class(), "relink_needed", "{refused}");
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn to_sign_in_tells_who_it_is_and_allows_nothing() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let bob = peer.owner("bob");
    // Only the server is named: whose account it is turns out there.
    let linking = Linking::new(&peer, &ours, "", &peer.url, Purpose::SignIn).await;
    assert_eq!(linking.door.expects, None);
    let (started, tokens) = linking.agreed(bob).await;
    let key = started.dpop.expect("it is bound to a key");
    let wire = linking.speaking(&tokens.access, &key);
    let who = linking.recognised(&wire, &tokens).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((&*who.native, &*who.handle), (&*bob.id, "bob.test"));

    let account = account(&who);
    let (post, stamp) = delivery(&ours, &*linking.network);
    let session = Session { account: &account, profile: linking.network.profile(), wire: &wire };
    let refused = linking.network.create(session, &post, &stamp).await.unwrap_err();
    assert_eq!(refused.class(), "relink_needed", "{refused}");

    // The grant is bound to its key: with another it is nobody's.
    let (other, _) = linking.agreed(bob).await;
    let stolen = linking.speaking(&tokens.access, &other.dpop.expect("a key"));
    let session = format!("{}/xrpc/com.atproto.server.getSession", peer.url);
    assert_eq!(ask(&stolen, Request::get(session)).await.status, 401);

    // A server is not believed about those whose document leads elsewhere.
    let mut elsewhere = linking.door.clone();
    elsewhere.auth.issuer = "https://entry.example".into();
    let refused = linking.network.recognise(&wire, &elsewhere, Some(&bob.id)).await.unwrap_err();
    assert_eq!(refused.class(), "permanent", "{refused}");
    let gone = linking.network.recognise(&wire, &linking.door, Some("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")).await;
    assert_eq!(gone.unwrap_err().class(), "permanent");
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_handle_that_nobody_has_opens_no_door() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let named = Named { server: String::new(), identifier: "nobody.test".into() };
    let refused = networks(&peer)["bluesky"].discover(&*ours.client, &named, Purpose::Link, &us()).await.unwrap_err();
    assert_eq!(refused.class(), "permanent", "{refused}");
    assert!(refused.to_string().contains("there is no account with the handle nobody.test"), "{refused}");
}

fn us() -> Us {
    let base = "http://127.0.0.1:7777".to_owned();
    Us { redirect: format!("{base}/link/callback"), base }
}

/// One door, and what goes through it.
struct Linking<'a> {
    ours: &'a Gigcast,
    network: Arc<dyn Network>,
    oauth: OAuth,
    door: Door,
    client: OAuthClient,
}

impl<'a> Linking<'a> {
    async fn new(peer: &Peer, ours: &'a Gigcast, identifier: &str, server: &str, purpose: Purpose) -> Self {
        let network = Arc::clone(&networks(peer)["bluesky"]);
        let named = Named { server: server.into(), identifier: identifier.into() };
        let door = network.discover(&*ours.client, &named, purpose, &us()).await.unwrap_or_else(|e| panic!("{e}"));
        let ClientFrom::Document(client) = door.client.clone() else { panic!("no registration is needed: {door:?}") };
        Self { ours, network, oauth: OAuth::new(Arc::clone(&ours.clock), None), door, client }
    }

    /// The person signs in and agrees, and we get the tokens.
    async fn agreed(&self, owner: &Owner) -> (Started, Tokens) {
        let (wire, door, redirect) = (&*self.ours.client, &self.door, us().redirect);
        let started = self.oauth.start(wire, &door.auth, &self.client, &redirect, &door.scopes, door.hint.as_deref());
        let started = started.await.unwrap_or_else(|e| panic!("{e}"));
        let back = Browser::new(self.ours).agrees_at_bluesky(&started.url, owner).await;
        assert!(back.as_str().starts_with(&redirect), "{back}");
        let answered: BTreeMap<_, _> = back.query_pairs().collect();
        assert_eq!((&*answered["state"], &*answered["iss"]), (started.state.expose(), &*door.auth.issuer));
        let code = Secret::new(&*answered["code"]);
        let tokens = self.oauth.exchange(wire, &door.auth, &self.client, &redirect, &started, &code).await;
        (started, tokens.unwrap_or_else(|e| panic!("{e}")))
    }

    fn speaking(&self, access: &Secret, key: &Secret) -> SessionWire {
        let prover = self.oauth.prover(key).expect("a key");
        SessionWire::new(Arc::clone(&self.ours.client), &*self.door.server, access.clone()).bound(prover)
    }

    async fn recognised(&self, wire: &SessionWire, tokens: &Tokens) -> Result<Recognised, Failure> {
        self.network.recognise(wire, &self.door, tokens.subject.as_deref()).await
    }

    fn authorized(&self, tokens: &Tokens, key: &Secret) -> Authorized {
        Authorized {
            server: self.door.auth.clone(),
            client: self.client.clone(),
            scopes: tokens.scopes.clone(),
            dpop: Some(key.clone()),
            ends: None,
        }
    }
}

async fn ask(wire: &SessionWire, request: Request) -> Response {
    wire.send(request.auth(Auth::Session)).await.unwrap_or_else(|e| panic!("{e}"))
}

/// Waits until the `AppView` has seen the post.
async fn seen(ours: &Gigcast, session: Session<'_>, network: &dyn Network, receipt: &Receipt) {
    let deadline = ours.clock.now().plus(Duration::from_mins(2));
    while network.counts(session, receipt).await.unwrap_or_else(|e| panic!("{e}")).reshares.is_none() {
        assert!(ours.clock.now() < deadline, "it was never seen");
        ours.clock.sleep_until(ours.clock.now().plus(Duration::from_millis(100))).await;
    }
}

fn account(who: &Recognised) -> Account {
    Account {
        id: AccountId::of(&[b"alice"]),
        owner: PersonId::from_name("Acme"),
        network: "bluesky".into(),
        server: who.server.clone(),
        native: who.native.clone(),
        handle: who.handle.clone(),
        url: who.url.clone(),
        linked: gigcast::clock::Timestamp::EPOCH,
        grant: GrantState::Linked,
        policy: gigcast::person::Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
        mode: Mode::Auto,
        pace: Pace {
            posts_per_day: 50,
            gap: Duration::ZERO,
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".into(),
            worth_saying_for: None,
        },
        audience: Audience::default(),
    }
}

fn delivery(ours: &Gigcast, network: &dyn Network) -> (Post, Stamp) {
    let id = DeliveryId::from_step(GigId::of(&[b"gig"]), AccountId::of(&[b"alice"]), 1);
    let post = Post {
        text: "Gig: Rust backend, 3 weeks".into(),
        facets: Vec::new(),
        card: None,
        language: Some("en".into()),
        link: "https://gigs.example/g/1".into(),
        code: None,
    };
    let mut stamp = Stamp { key: id.idempotency_key(), opened: ours.clock.now(), chosen_id: None, first_sent: None };
    stamp.chosen_id = network.choose_id(&stamp);
    (post, stamp)
}
