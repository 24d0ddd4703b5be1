//! Bluesky's own PDS and `AppView`: the record under our key, who answered it, and what becomes of a session.

use crate::lossy::Lossy;
use crate::ours::{Gigcast, PUBLIC_URL, sighting};
use crate::peer::{Owner, Peer};
use gigcast::engagement::{Mentioned, VouchWords, read_vouches};
use gigcast::failure::{Failure, Why};
use gigcast::grants::Trouble;
use gigcast::id::ActorId;
use gigcast::outbox::{Hold, State};
use gigcast::person::{Account, Grant};
use gigcast::ports::{Auth, Counts, Entered, Request, Reshared};
use gigcast::profile::EngagementKind;
use gigcast::secret::Secret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_gig_becomes_one_record_and_those_who_answer_it_are_named() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let alice = Human::at(&peer, &ours, "alice").await;
    let account = link_alice(&peer, &ours, &alice.app_password("gigcast").await).await;
    let gig = ours.take(&sighting("till")).await;
    let receipt = ours.announced(&gig, &account).await;

    let delivery = ours.only_delivery(&gig, &account).await;
    assert_eq!(Some(&receipt.id), delivery.stamp.chosen_id.as_ref(), "it stands under the key we chose");
    assert_eq!(delivery.tries.len(), 1, "it was said at the first try: {:?}", delivery.tries);
    let records = alice.posts().await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(
        (records[0]["uri"].as_str(), records[0]["cid"].as_str()),
        (Some(&*receipt.uri), receipt.version.as_deref())
    );
    let post = ours.post_of(&delivery).await;
    let link = format!("{PUBLIC_URL}/g/{}?v={}", gig.id, delivery.id.code());
    let record = &records[0]["value"];
    assert_eq!(record["text"].as_str(), Some(&*post.text));
    assert_eq!(record["createdAt"].as_str(), Some(&*delivery.stamp.opened.to_string()));
    assert_eq!(record["langs"], json!(["en"]));
    assert_eq!(record["embed"]["external"]["uri"].as_str(), Some(&*link));
    assert_eq!(record["embed"]["external"]["title"].as_str(), Some("Rüst backend for a café"));
    let facets: Vec<(&str, &Value)> =
        record["facets"].as_array().expect("facets").iter().map(|f| marked(record, f)).collect();
    assert!(facets.iter().any(|(_, feature)| feature["uri"] == *link), "{facets:?}");
    for (shown, feature) in &facets {
        match feature["tag"].as_str() {
            Some(tag) => assert_eq!(*shown, format!("#{tag}")),
            None => assert!(shown.starts_with("gigs.example"), "{shown}"),
        }
    }
    assert!(facets.iter().any(|(_, feature)| feature["tag"].is_string()), "{facets:?}");

    // The same again changes nothing, and it is found where it was put.
    let before = alice.commit().await;
    let speaking = ours.speaking(&account).await;
    let (network, session) = (&speaking.network, speaking.session());
    assert_eq!(network.create(session, &post, &delivery.stamp).await.unwrap(), receipt);
    assert_eq!(network.find(session, &post, &delivery.stamp).await.unwrap(), Some(receipt.clone()));
    assert_eq!(alice.commit().await, before, "an identical put makes no commit");

    // Another record does not get under the key.
    let mut other = post.clone();
    other.text.push('!');
    let refused = network.create(session, &other, &delivery.stamp).await.unwrap_err();
    assert_eq!(refused.class(), "permanent", "{refused}");
    assert_eq!(alice.commit().await, before, "nothing was overwritten");

    // Bob passes it on and answers.
    let bob = Human::at(&peer, &ours, "bob").await;
    let carol = peer.owner("carol");
    let of = json!({ "uri": receipt.uri, "cid": receipt.version });
    bob.put("app.bsky.feed.repost", json!({ "subject": of })).await;
    bob.put("app.bsky.feed.like", json!({ "subject": of })).await;
    let embed = json!({ "$type": "app.bsky.embed.record", "record": of });
    bob.put("app.bsky.feed.post", json!({ "text": "Good people", "embed": embed })).await;
    let mention = json!({
        "index": { "byteStart": 12, "byteEnd": 23 },
        "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": carol.id }],
    });
    let vouch =
        json!({ "text": "I vouch for @carol.test", "facets": [mention], "reply": { "root": of, "parent": of } });
    bob.put("app.bsky.feed.post", vouch).await;

    for kind in [EngagementKind::Reshare, EngagementKind::Quote, EngagementKind::Reply] {
        let seen = ours.engaged(&account, &receipt, kind).await;
        let who: Vec<(&str, &str)> = seen.iter().map(|s| (&*s.actor.uri, &*s.actor.handle)).collect();
        assert_eq!(who, [(&*bob.owner.id, "bob.test")], "{}", kind.word());
        if kind == EngagementKind::Reply {
            let words = seen[0].words.as_ref().expect("a reply has words");
            let names: Vec<Mentioned> =
                words.mentions.iter().map(|m| Mentioned { written: m.written.clone(), actor: m.actor.id }).collect();
            let vouched = read_vouches(&words.text, &names, seen[0].actor.id, VouchWords::builtin());
            let whom: Vec<ActorId> = vouched.iter().map(|one| one.whom).collect();
            assert_eq!(whom, [ActorId::from_uri("bluesky", &carol.id)], "{words:?}");
        }
    }
    let counts = network.counts(session, &receipt).await.unwrap();
    assert_eq!(counts, Counts { reshares: Some(1), quotes: Some(1), replies: Some(1), likes: Some(1) });

    // And so it stands on record.
    for kind in [EngagementKind::Reshare, EngagementKind::Quote, EngagementKind::Reply] {
        ours.on_record(&gig, kind, "bob.test").await;
    }
    let vouches = ours.ledger.vouches(gig.id).await.expect("a store in memory");
    let named: Vec<(ActorId, ActorId)> = vouches.iter().map(|vouch| (vouch.by, vouch.whom)).collect();
    let actor = |id: &str| ActorId::from_uri("bluesky", id);
    assert_eq!(named, [(actor(&bob.owner.id), actor(&carol.id))]);

    // Gone is gone, and taking it away again is no failure.
    for _ in 0..2 {
        network.delete(session, &receipt).await.unwrap();
    }
    assert_eq!(alice.posts().await, Vec::<Value>::new());
    assert_eq!(network.find(session, &post, &delivery.stamp).await.unwrap(), None);
    ours.gone(&account, &receipt).await;
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_lost_answer_is_followed_by_the_same_record_and_no_second_one() {
    let peer = Peer::bluesky();
    let sent = Arc::new(AtomicUsize::new(0));
    let ours = Gigcast::through(&peer, |client| Lossy::once(client, "/xrpc/com.atproto.repo.putRecord", &sent)).await;
    let alice = Human::at(&peer, &ours, "alice").await;
    let account = link_alice(&peer, &ours, &alice.app_password("gigcast").await).await;
    let gig = ours.take(&sighting("till")).await;
    let receipt = ours.announced(&gig, &account).await;

    assert_eq!(outcomes(&ours.only_delivery(&gig, &account).await.tries), ["unknown", "delivered"]);
    assert_eq!(sent.load(Ordering::SeqCst), 2, "it was put twice");
    let records = alice.posts().await;
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["uri"].as_str(), Some(&*receipt.uri));
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_session_is_renewed_and_a_revoked_password_holds_the_account_until_it_is_linked_again() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let alice = Human::at(&peer, &ours, "alice").await;
    let account = link_alice(&peer, &ours, &alice.app_password("first").await).await;
    let linked = ours.grant(&account).await;
    assert!(linked.expires.is_some_and(|ends| ends > ours.clock.now()), "the token says when it ends");

    // Before it ends, by its own word.
    ours.keep_grant(&account, Grant { expires: Some(ours.clock.now()), ..linked.clone() }).await;
    let gig = ours.take(&sighting("till")).await;
    ours.announced(&gig, &account).await;
    let renewed = ours.grant(&account).await;
    // Two access tokens of one second are the same; refresh tokens never are.
    assert_ne!(renewed.refresh, linked.refresh);
    assert!(renewed.expires.is_some_and(|ends| ends > ours.clock.now()), "it says anew when it ends");
    assert_eq!(renewed.password, linked.password);

    // When the network refuses it in the middle of a delivery.
    ours.spoil_access(&account).await;
    let gig = ours.take(&sighting("chairs")).await;
    ours.announced(&gig, &account).await;
    assert_eq!(outcomes(&ours.only_delivery(&gig, &account).await.tries), ["delivered"]);
    assert_ne!(ours.grant(&account).await.refresh, renewed.refresh);

    // A refresh token that has ended: the password makes a new session.
    let whole = ours.grant(&account).await;
    ours.spoil_access(&account).await;
    alice.end_session(whole.refresh.as_ref().expect("a session has one")).await;
    let stale = ours.speaking(&account).await;
    ours.sessions.renew(&account, &stale, &Why::new("the token is too old")).await.unwrap_or_else(|e| panic!("{e}"));

    // The password itself is taken back.
    alice.revoke_app_password("first").await;
    ours.spoil_access(&account).await;
    let gig = ours.take(&sighting("shelves")).await;
    ours.steps_until("that the account needs its person", async || ours.needs_relink(&account).await).await;
    assert_eq!(ours.only_delivery(&gig, &account).await.state, State::Held(Hold::Relink));
    let stale = ours.speaking(&account).await;
    let trouble = ours.sessions.renew(&account, &stale, &Why::new("the token is too old")).await.err();
    assert!(matches!(trouble, Some(Trouble::Refused(Failure::RelinkNeeded(_)))), "{trouble:?}");

    // Linked again, it goes on, once.
    let again = link_alice(&peer, &ours, &alice.app_password("second").await).await;
    assert_eq!(again.id, account.id, "it is the same account");
    ours.deliver.relinked(&again).await.expect("a store in memory");
    ours.announced(&gig, &account).await;
    assert_eq!(alice.posts().await.len(), 3);

    // A paused account is for its person, too.
    alice.ask("com.atproto.server.deactivateAccount", json!({})).await;
    let late = ours.take(&sighting("lamps")).await;
    ours.steps_until("that the paused account needs its person", async || ours.needs_relink(&account).await).await;
    assert_eq!(ours.only_delivery(&late, &account).await.state, State::Held(Hold::Relink));
}

#[tokio::test]
#[ignore = "needs the peers: tests/run brings and starts them"]
async fn a_gig_is_reposted_once_by_who_relays_it_and_is_on_record_as_theirs() {
    let peer = Peer::bluesky();
    let ours = Gigcast::new(&peer).await;
    let (alice, bob) = (Human::at(&peer, &ours, "alice").await, Human::at(&peer, &ours, "bob").await);
    let account = link_alice(&peer, &ours, &alice.app_password("gigcast-relayed").await).await;
    let secret = bob.app_password("gigcast-relays").await;
    let entered = Entered { server: peer.url.clone(), identifier: "@bob.test".into(), secret };
    let relaying = ours.link_to_relay("Bob", "bluesky", &entered).await;
    let before = bob.records("app.bsky.feed.repost").await.len();

    let gig = ours.take(&sighting("relayed")).await;
    let receipt = ours.announced(&gig, &account).await;
    let said = async || ours.announcement(&gig, &relaying).await.and_then(|announcement| announcement.said);
    ours.steps_until("the repost", async || said().await.is_some()).await;
    let made = said().await.expect("it was there").receipt;
    let records = bob.records("app.bsky.feed.repost").await;
    assert_eq!(records.len(), before + 1, "{records:?}");
    let record = records.iter().find(|record| record["uri"].as_str() == Some(&*made.uri)).expect("it stands there");
    assert_eq!(record["value"]["subject"], json!({ "uri": receipt.uri, "cid": receipt.version }));

    // The same again changes nothing, and it is found where it was put.
    let delivery = ours.only_delivery(&gig, &relaying).await;
    assert_eq!(Some(&made.id), delivery.stamp.chosen_id.as_ref());
    let (commit, speaking) = (bob.commit().await, ours.speaking(&relaying).await);
    let (network, session) = (&speaking.network, speaking.session());
    assert_eq!(network.reshare(session, &receipt, &delivery.stamp).await.unwrap(), Reshared::Now(made.clone()));
    assert_eq!(network.find_reshare(session, &receipt, &delivery.stamp).await.unwrap(), Some(made.clone()));
    assert_eq!(bob.commit().await, commit, "an identical put makes no commit");
    ours.on_record(&gig, EngagementKind::Reshare, "bob.test").await;

    // It is taken back, and taking it back once more is a success.
    for _ in 0..2 {
        network.unreshare(session, &made).await.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(bob.records("app.bsky.feed.repost").await.len(), before);
    }
    assert_eq!(network.find_reshare(session, &receipt, &delivery.stamp).await.unwrap(), None);
}

async fn link_alice(peer: &Peer, ours: &Gigcast, app_password: &Secret) -> Account {
    let entered = Entered { server: peer.url.clone(), identifier: "@alice.test".into(), secret: app_password.clone() };
    let account = ours.link("bluesky", &entered).await;
    assert_eq!((&*account.native, &*account.handle), (&*peer.owner("alice").id, "alice.test"));
    assert_eq!(account.server, peer.url);
    account
}

fn outcomes(tries: &[gigcast::outbox::Try]) -> Vec<&str> {
    tries.iter().map(|one| &*one.outcome).collect()
}

/// The words of the text that a facet marks, and what it makes of them.
fn marked<'a>(record: &'a Value, facet: &'a Value) -> (&'a str, &'a Value) {
    let text = record["text"].as_str().expect("a post has a text");
    let offset = |name: &str| usize::try_from(facet["index"][name].as_u64().expect("an offset")).expect("a short text");
    (&text[offset("byteStart")..offset("byteEnd")], &facet["features"][0])
}

/// A person at their own server, with an app of their own, by raw XRPC.
struct Human<'a> {
    ours: &'a Gigcast,
    server: String,
    owner: Owner,
    access: Secret,
}

impl<'a> Human<'a> {
    async fn at(peer: &Peer, ours: &'a Gigcast, name: &str) -> Self {
        let owner = peer.owner(name).clone();
        let mut human = Self { ours, server: peer.url.clone(), owner, access: Secret::default() };
        let entered = json!({ "identifier": human.owner.name, "password": human.owner.password });
        let session =
            human.call(Request::post(human.at_method("com.atproto.server.createSession")).json(&entered)).await;
        human.access = Secret::new(session["accessJwt"].as_str().expect("a session has a token"));
        human
    }

    fn at_method(&self, method: &str) -> String {
        format!("{}/xrpc/{method}", self.server)
    }

    async fn call(&self, request: Request) -> Value {
        let answer = self.ours.send(request).await;
        assert!(answer.is_success(), "{} {}", answer.status, answer.excerpt);
        serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
    }

    async fn ask(&self, method: &str, body: Value) -> Value {
        self.call(Request::post(self.at_method(method)).json(&body).auth(Auth::Bearer(self.access.clone()))).await
    }

    async fn put(&self, collection: &str, mut record: Value) {
        record["$type"] = collection.into();
        record["createdAt"] = self.ours.clock.now().to_string().into();
        let body = json!({ "repo": self.owner.id, "collection": collection, "record": record });
        self.ask("com.atproto.repo.createRecord", body).await;
    }

    /// Every post in the repository.
    async fn posts(&self) -> Vec<Value> {
        self.records("app.bsky.feed.post").await
    }

    async fn records(&self, collection: &str) -> Vec<Value> {
        let query = format!("?repo={}&collection={collection}&limit=100", self.owner.id);
        let listed = self.call(Request::get(self.at_method("com.atproto.repo.listRecords") + &query)).await;
        listed["records"].as_array().expect("a list").clone()
    }

    /// What the repository's last change was.
    async fn commit(&self) -> Value {
        let query = format!("?did={}", self.owner.id);
        self.call(Request::get(self.at_method("com.atproto.sync.getLatestCommit") + &query)).await
    }

    async fn app_password(&self, name: &str) -> Secret {
        let made = self.ask("com.atproto.server.createAppPassword", json!({ "name": name })).await;
        Secret::new(made["password"].as_str().expect("it is shown once"))
    }

    async fn revoke_app_password(&self, name: &str) {
        self.ask("com.atproto.server.revokeAppPassword", json!({ "name": name })).await;
    }

    async fn end_session(&self, refresh: &Secret) {
        let request = Request::post(self.at_method("com.atproto.server.deleteSession"));
        self.call(request.auth(Auth::Bearer(refresh.clone()))).await;
    }
}
