//! Subscribing to hubs, by a clock that the test moves: what is asked, what is confirmed, what is taken, and when it ends.

use super::{BASE, Office, START, Web};
use crate::support::answers::answer;
use gigcast::clock::ManualClock;
use gigcast::config::Rights;
use gigcast::failure::{Failure, Why};
use gigcast::gig::Republish;
use gigcast::pushing::Pushed;
use gigcast::signature::{Hash, hex, mac};
use gigcast::sources::feed::Feed;
use gigcast::sources::licensed::Licensed;
use gigcast::sources::profile::of_address;
use gigcast::store::memory::MemoryStore;
use gigcast::web::admin::answers::Verdict;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

const FEED: &str = "https://acme.example/feed.json";
const TOPIC: &str = "https://acme.example/own.json";
const HUB: &str = "https://hub.example/";

const CONFIG: &str = r#"
[[source]]
name = "feed"
url = "https://acme.example/feed.json"
poster = "Acme"
"#;

fn item(id: &str) -> Value {
    json!({ "id": id, "title": format!("Logo {id}"), "url": format!("https://acme.example/{id}"), "content_text": "Warm." })
}

fn feed(hub: Option<&str>, items: &[&str]) -> String {
    let hubs: Vec<Value> = hub.into_iter().map(|url| json!({ "type": "WebSub", "url": url })).collect();
    let items: Vec<Value> = items.iter().map(|id| item(id)).collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "feed_url": TOPIC, "hubs": hubs, "items": items })
        .to_string()
}

fn web() -> Arc<Web> {
    let web = Arc::<Web>::default();
    web.says(FEED, [Ok(answer(200, &[], feed(Some(HUB), &["1"])))]);
    web.says(HUB, [Ok(answer(202, &[], ""))]);
    web
}

async fn open(web: &Arc<Web>) -> Office {
    Office::reopen(CONFIG, Arc::new(MemoryStore::new()), ManualClock::at(START), Arc::clone(web), Some(BASE)).await
}

impl Office {
    /// The path of the callback that the hub was given last.
    fn callback(&self) -> String {
        let callback = self.web.field(HUB, "hub.callback").expect("the hub was asked");
        callback.strip_prefix(BASE).expect("it is below our own address").to_owned()
    }

    async fn verify(&self, callback: &str, pairs: &[(&str, &str)]) -> (u16, String) {
        let mut url = Url::parse("http://x/").unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        let answer = self.get(&format!("{callback}?{}", url.query().unwrap())).await;
        (answer.status, answer.body)
    }

    async fn confirm(&self, callback: &str, mode: &str, topic: &str) -> (u16, String) {
        let pairs =
            [("hub.mode", mode), ("hub.topic", topic), ("hub.challenge", "ch-1 <b>"), ("hub.lease_seconds", "36000")];
        self.verify(callback, &pairs).await
    }

    /// What the hub sends, signed with the secret that it was given.
    async fn push(&self, callback: &str, hash: Hash, word: &str, body: &str) -> u16 {
        let secret = self.web.field(HUB, "hub.secret").unwrap();
        let tag = format!("{word}={}", hex(&mac(hash, secret.as_bytes(), &[body.as_bytes()])));
        let headers = [("content-type", "application/feed+json"), ("x-hub-signature", tag.as_str())];
        self.post(callback, &headers, body.as_bytes()).await.status
    }
}

/// A feed that has been looked at, and whose hub has confirmed for ten hours.
async fn subscribed() -> (Office, String) {
    let web = web();
    let office = open(&web).await;
    office.settle().await;
    let callback = office.callback();
    assert_eq!(office.confirm(&callback, "subscribe", TOPIC).await, (200, "ch-1 <b>".to_owned()));
    (office, callback)
}

#[tokio::test]
async fn a_feed_that_names_a_hub_is_subscribed_to_as_the_standard_has_it() {
    let web = web();
    let office = open(&web).await;
    office.settle().await;
    let field = |name| web.field(HUB, name).unwrap();
    assert_eq!((web.asked(FEED), web.asked(HUB)), (1, 1));
    assert_eq!(
        (field("hub.mode"), field("hub.topic"), field("hub.lease_seconds")),
        ("subscribe".into(), TOPIC.into(), "864000".into())
    );
    assert!(field("hub.callback").starts_with("https://gigs.example/websub/src_"));
    assert_eq!(field("hub.secret").len(), 64);
    assert!(!field("hub.callback").contains(&field("hub.secret")));
    assert!(office.told("feed").await.contains("has not confirmed that yet"));

    let callback = office.callback();
    let answer = office
        .get(&format!("{callback}?hub.mode=subscribe&hub.topic={TOPIC}&hub.challenge=abc&hub.lease_seconds=36000"))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "abc"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let told = office.told("feed").await;
    assert!(told.contains("pushes it until 2026-11-18T21:06:40"), "{told}");
    assert_eq!(office.subscription("feed").await.unwrap().until, Some(START.plus(Duration::from_hours(10))));
}

#[tokio::test]
async fn a_challenge_is_sent_back_only_where_topic_and_address_are_what_was_asked() {
    let web = web();
    let office = open(&web).await;
    office.settle().await;
    let callback = office.callback();
    let other = format!("{}0", &callback[..callback.len() - 1]);
    let other = if other == callback { format!("{}1", &callback[..callback.len() - 1]) } else { other };
    for (callback, mode, topic) in [
        (&callback, "subscribe", "https://acme.example/other.json"),
        (&callback, "subscribe", FEED),
        (&callback, "unsubscribe", TOPIC),
        (&callback, "publish", TOPIC),
        (&other, "subscribe", TOPIC),
        (&"/websub/x".to_owned(), "subscribe", TOPIC),
    ] {
        let (status, body) = office.confirm(callback, mode, topic).await;
        assert!(status == 404 && !body.contains("ch-1"), "{callback} {mode} {topic}: {status} {body}");
    }
    let twice = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.topic", TOPIC), ("hub.challenge", "x")];
    assert_eq!(office.verify(&callback, &twice).await.0, 404);
    let long = "x".repeat(1025);
    for challenge in ["", &long] {
        let pairs = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.challenge", challenge)];
        assert_eq!(office.verify(&callback, &pairs).await.0, 404);
    }
    assert_eq!(office.get(&callback).await.status, 404);
    assert_eq!(office.subscription("feed").await.unwrap().until, None, "none of it subscribed us");
}

#[tokio::test]
async fn what_the_hub_pushes_is_news_at_once_and_the_feed_is_looked_at_seldom() {
    let (office, callback) = subscribed().await;
    for (n, (hash, word)) in
        [(Hash::Sha256, "sha256"), (Hash::Sha1, "sha1"), (Hash::Sha384, "sha384"), (Hash::Sha512, "SHA512")]
            .into_iter()
            .enumerate()
    {
        let body = feed(Some(HUB), &[&format!("new-{n}"), "1"]);
        assert_eq!(office.push(&callback, hash, word, &body).await, 202, "{word}");
    }
    assert_eq!(office.titles().await, ["Logo 1", "Logo new-0", "Logo new-1", "Logo new-2", "Logo new-3"]);
    let records = office.ledger.newest_gigs(0, 10).await.unwrap();
    let news = records.iter().filter(|record| record.heard == gigcast::store::Heard::News).count();
    assert_eq!(news, 4, "what was there at the first look is no news by being pushed");
    assert_eq!(office.push(&callback, Hash::Sha256, "sha256", &feed(Some(HUB), &["new-0"])).await, 202);
    assert_eq!(office.gigs().await.len(), 5);

    office.pass(Duration::from_hours(7)).await;
    assert_eq!(office.web.asked(FEED), 1, "it is pushed, and not looked at every hour");
    assert!(office.told("feed").await.contains("something came 7 hours ago"), "{}", office.told("feed").await);
}

#[tokio::test]
async fn what_the_hub_did_not_sign_is_passed_over() {
    let (office, callback) = subscribed().await;
    let body = feed(Some(HUB), &["forged"]);
    let good = hex(&mac(Hash::Sha256, office.web.field(HUB, "hub.secret").unwrap().as_bytes(), &[body.as_bytes()]));
    for signature in ["", "sha256=", "sha256=00", &format!("sha1={good}"), &good, &format!("sha256={}", "0".repeat(64))]
    {
        let headers = [("content-type", "application/feed+json"), ("x-hub-signature", signature)];
        let status = office.post(&callback, &headers, body.as_bytes()).await.status;
        assert_eq!(status, 202, "the standard has it so: {signature}");
    }
    assert_eq!(office.post(&callback, &[], body.as_bytes()).await.status, 202);
    assert_eq!(office.titles().await, ["Logo 1"]);
    assert_eq!(office.refused("feed").await, ["a push without the hub's signature: it is passed over"]);
    let good = format!("sha256={good}");
    let twice = [("x-hub-signature", good.as_str()), ("x-hub-signature", good.as_str())];
    office.post(&callback, &twice, body.as_bytes()).await;
    assert_eq!(office.titles().await, ["Logo 1"], "which of two is meant nobody knows");
    assert_eq!(office.post("/websub/x", &[("x-hub-signature", &good)], body.as_bytes()).await.status, 404);
    assert_eq!(office.post(&callback, &[], &vec![b' '; 64 * 1024 + 1]).await.status, 413);
}

#[test]
fn the_terms_of_a_service_hold_for_what_is_pushed_too() {
    let feed = Box::new(Feed::at("https://remotive.com/feed").unwrap());
    let licensed = Licensed::under(feed, of_address("https://remotive.com/feed"), Rights::Source);
    let body = self::feed(Some(HUB), &["1"]).into();
    let look = licensed.read_pushed(&Pushed { content_type: String::new(), body, received: START }).unwrap();
    assert!(matches!(look.sightings[0].republish, Republish::Refused(_)));
}

#[tokio::test]
async fn a_push_that_cannot_be_read_has_the_feed_itself_looked_at() {
    let (office, callback) = subscribed().await;
    office.pass(Duration::from_hours(2)).await;
    assert_eq!(office.web.asked(FEED), 1);
    assert_eq!(office.push(&callback, Hash::Sha256, "sha256", "<html>hub in trouble</html>").await, 202);
    assert!(office.refused("feed").await[0].starts_with("what the hub pushed: "));
    assert_eq!(office.gigs().await.len(), 1);
    office.settle().await;
    assert_eq!(office.web.asked(FEED), 2, "its own pace is over");
    office.push(&callback, Hash::Sha256, "sha256", "<html>hub in trouble</html>").await;
    office.settle().await;
    assert_eq!(office.web.asked(FEED), 2, "and that is not to be hurried by anyone");
    assert_eq!(office.post(&callback.replace("-1-", "-2-"), &[], &vec![b' '; 64 * 1024 + 1]).await.status, 404);
}

#[tokio::test]
async fn a_lease_is_renewed_before_it_ends_under_the_same_address() {
    let (office, callback) = subscribed().await;
    office.pass(Duration::from_mins(8 * 60 - 1)).await;
    assert_eq!(office.web.asked(HUB), 1);
    office.pass(Duration::from_mins(1)).await;
    assert_eq!((office.web.asked(HUB), office.callback()), (2, callback.clone()));
    let body = feed(Some(HUB), &["2"]);
    assert_eq!(office.push(&callback, Hash::Sha256, "sha256", &body).await, 202, "it goes on meanwhile");
    assert_eq!(office.titles().await, ["Logo 1", "Logo 2"]);
    assert_eq!(office.confirm(&callback, "subscribe", TOPIC).await.0, 200);
    let until = office.subscription("feed").await.unwrap().until;
    assert_eq!(until, Some(START.plus(Duration::from_hours(18))), "ten hours from the confirmation on");
}

#[tokio::test]
async fn a_lease_that_nobody_renews_ends_and_the_feed_is_looked_at_as_ever() {
    let (office, callback) = subscribed().await;
    office.web.says(HUB, [Ok(answer(500, &[], "the hub is ill"))]);
    office.pass(Duration::from_hours(8)).await;
    assert_eq!(office.web.asked(HUB), 2);
    let told = office.told("feed").await;
    assert!(told.contains("pushes it until") && told.contains("the hub answers 500: the hub is ill"), "{told}");
    for _ in 0..12 {
        office.pass(Duration::from_mins(10)).await;
    }
    assert_eq!(office.subscription("feed").await.unwrap().until, None);
    assert_eq!(office.web.asked(FEED), 2, "at once, since its own pace is over");
    assert!(office.told("feed").await.contains("looked at as ever"));
    // A quiet feed is looked at a quarter more seldom each time.
    office.pass(Duration::from_hours(2)).await;
    assert_eq!(office.web.asked(FEED), 3);
    assert_eq!(office.post(&callback, &[], b"{}").await.status, 410, "the hub may forget it");
    // The hub is well again, and so are we.
    office.web.says(HUB, [Ok(answer(202, &[], ""))]);
    office.pass(Duration::from_hours(24)).await;
    assert_eq!(office.confirm(&callback, "subscribe", TOPIC).await.0, 200);
    assert!(office.told("feed").await.contains("pushes it until"));
}

#[tokio::test]
async fn a_hub_that_denies_is_believed_and_the_feed_is_looked_at_as_ever() {
    let (office, callback) = subscribed().await;
    office.pass(Duration::from_hours(2)).await;
    assert_eq!(office.web.asked(FEED), 1);
    let denied = |topic| [("hub.mode", "denied"), ("hub.topic", topic), ("hub.reason", "you are\nnot welcome")];
    assert_eq!(office.verify(&callback, &denied(FEED)).await.0, 404, "that is not what we asked for");
    assert_eq!(office.verify(&callback, &denied(TOPIC)).await, (200, String::new()));
    office.settle().await;
    assert_eq!(office.web.asked(FEED), 2);
    let told = office.told("feed").await;
    assert!(told.contains("the hub denies the subscription and says: you arenot welcome"), "{told}");
    assert_eq!(office.push(&callback, Hash::Sha256, "sha256", &feed(None, &["2"])).await, 410);
    office.pass(Duration::from_hours(23)).await;
    assert_eq!(office.web.asked(HUB), 1);
    office.pass(Duration::from_hours(1)).await;
    assert_eq!(office.web.asked(HUB), 2, "a day later it is asked again");
}

#[tokio::test]
async fn a_hub_that_cannot_be_asked_costs_nothing_but_the_push() {
    for (answers, told) in [
        (Ok(answer(400, &[], "no such topic")), "the hub answers 400: no such topic"),
        (Err(Failure::Transient(Why::new("connection refused"))), "connection refused"),
        (Ok(answer(302, &[("location", "https://elsewhere.example/")], "")), "the hub answers 302"),
        (Ok(answer(308, &[("location", HUB)], "")), "sends us on too often"),
        (Ok(answer(307, &[("location", "http://127.0.0.1:9/")], "")), "not reached by https"),
    ] {
        let web = web();
        web.says(HUB, [answers]);
        let office = open(&web).await;
        office.settle().await;
        assert!(office.told("feed").await.contains(told), "{}", office.told("feed").await);
        assert_eq!(web.asked("http://127.0.0.1:9/"), 0);
        assert_eq!(office.confirm(&office.callback(), "subscribe", TOPIC).await.0, 404, "it refused");
        office.pass(Duration::from_mins(90)).await;
        assert_eq!(web.asked(FEED), 2, "the feed is looked at by its own pace");
    }
}

#[tokio::test]
async fn a_lost_answer_and_a_hub_that_has_moved_are_borne() {
    let web = web();
    web.says(HUB, [Ok(answer(307, &[("location", "/new")], ""))]);
    web.says("https://hub.example/new", [Err(Failure::Unknown(Why::new("the connection broke")))]);
    let office = open(&web).await;
    office.settle().await;
    assert_eq!(web.asked("https://hub.example/new"), 1);
    assert_eq!(office.confirm(&office.callback(), "subscribe", TOPIC).await.0, 200, "it had been taken");
}

#[tokio::test]
async fn what_hinders_a_subscription_is_said_and_nothing_is_asked() {
    let store = Arc::new(MemoryStore::new());
    let web = web();
    let office = Office::reopen(CONFIG, store.clone(), ManualClock::at(START), Arc::clone(&web), None).await;
    office.settle().await;
    assert!(office.told("feed").await.contains("`server.public_url` is empty"));
    let watched = &office.watch.watched[0];
    let checked = gigcast::daemon::check::source(watched, &*web, &office.subscribe.reach).await;
    assert!(checked.verdict == Verdict::Fine && checked.said.contains("`server.public_url` is empty"), "{checked:?}");
    // Once there is one, it is asked without a new look.
    let office = Office::reopen(CONFIG, store, ManualClock::at(START), Arc::clone(&web), Some(BASE)).await;
    office.settle().await;
    assert_eq!((web.asked(FEED), web.asked(HUB)), (2, 1), "one look was that of `check`");

    for hub in ["http://hub.example/", "http://127.0.0.1:3000/hub"] {
        let web = self::web();
        web.says(FEED, [Ok(answer(200, &[], feed(Some(hub), &["1"])))]);
        let trusting = format!("[wire]\ntrusted_origins = ['http://127.0.0.1:3000']\n{CONFIG}");
        let office = Office::reopen(
            &trusting,
            Arc::new(MemoryStore::new()),
            ManualClock::at(START),
            Arc::clone(&web),
            Some(BASE),
        )
        .await;
        office.settle().await;
        assert_eq!(web.asked(hub), 0, "a stranger's feed does not lead us there");
        assert!(office.told("feed").await.contains("is not subscribed to there"), "{}", office.told("feed").await);
    }
}

#[tokio::test]
async fn a_restart_keeps_the_subscription_and_its_pace() {
    let store = Arc::new(MemoryStore::new());
    let (web, clock) = (web(), ManualClock::at(START));
    let office = Office::reopen(CONFIG, store.clone(), clock.clone(), Arc::clone(&web), Some(BASE)).await;
    office.settle().await;
    let callback = office.callback();
    office.confirm(&callback, "subscribe", TOPIC).await;
    clock.advance(Duration::from_hours(2));
    let again = Office::reopen(CONFIG, store.clone(), clock.clone(), Arc::clone(&web), Some(BASE)).await;
    again.settle().await;
    assert_eq!((web.asked(FEED), web.asked(HUB)), (1, 1));
    assert_eq!(again.push(&callback, Hash::Sha256, "sha256", &feed(Some(HUB), &["2"])).await, 202);
    assert_eq!(again.titles().await, ["Logo 1", "Logo 2"]);

    let moved =
        Office::reopen(CONFIG, store.clone(), clock.clone(), Arc::clone(&web), Some("https://new.example")).await;
    moved.settle().await;
    assert!(web.field(HUB, "hub.callback").unwrap().starts_with("https://new.example/websub/"), "the hub has to know");
    let gone = Office::reopen(CONFIG, store, clock, Arc::clone(&web), None).await;
    gone.settle().await;
    assert_eq!(web.asked(FEED), 2, "nobody can push it any more, so it is looked at");
}

#[tokio::test]
async fn a_feed_that_changes_its_hub_leaves_the_old_one() {
    let (office, callback) = subscribed().await;
    office.web.says("https://other.example/", [Ok(answer(202, &[], ""))]);
    office.web.says(FEED, [Ok(answer(200, &[], feed(Some("https://other.example/"), &["1"])))]);
    for _ in 0..13 {
        office.confirm(&callback, "subscribe", TOPIC).await;
        office.pass(Duration::from_hours(1)).await;
    }
    assert_eq!(office.web.field(HUB, "hub.mode").as_deref(), Some("unsubscribe"));
    assert_eq!(format!("{BASE}{callback}"), office.web.field(HUB, "hub.callback").unwrap());
    assert_eq!(office.confirm(&callback, "unsubscribe", FEED).await.0, 404);
    assert_eq!(office.confirm(&callback, "unsubscribe", TOPIC).await, (200, "ch-1 <b>".to_owned()));
    assert_eq!(office.confirm(&callback, "unsubscribe", TOPIC).await.0, 404, "once");
    let new = office.web.field("https://other.example/", "hub.callback").unwrap();
    assert_ne!(new, format!("{BASE}{callback}"));
    assert_eq!(office.confirm(new.strip_prefix(BASE).unwrap(), "subscribe", TOPIC).await.0, 200);
    assert_eq!(office.post(&callback, &[], b"{}").await.status, 410);
}
