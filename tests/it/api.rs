//! Gigs by HTTP: what comes in, what is told of a bad request, and that nothing is answered for before it is durable.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::site::{Answer, Site, TOKEN, logo};
use crate::support::through::{Alters, Through};
use gigcast::ports::{BoxFuture, Store, StoreError};
use gigcast::store::Ledger;
use gigcast::store::memory::MemoryStore;
use gigcast::store::volatile::{Stop, VolatileStore};
use serde_json::{Value, json};
use std::fmt::Write as _;

async fn site() -> Site {
    Site::over(MemoryStore::new(), Some("https://gigs.example")).await
}

async fn post(site: &Site, headers: &[(&str, &str)], body: &str) -> Answer {
    site.ask("POST", "/api/v1/gigs", headers, body.as_bytes()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn bearer() -> (&'static str, &'static str) {
    const BEARER: &str = "Bearer gct_0123456789abcdef";
    assert!(BEARER.ends_with(TOKEN));
    ("authorization", BEARER)
}

#[tokio::test]
async fn a_gig_comes_in_by_the_api_and_can_be_read_there() {
    let site = site().await;
    let created = post(&site, &[bearer(), JSON], &logo().to_string()).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let said = created.json();
    let id = said["id"].as_str().unwrap();
    let expected = json!({ "id": id, "url": format!("https://gigs.example/g/{id}"), "revision": 1, "status": "open" });
    assert_eq!(said, expected);
    assert_eq!(created.header("location"), Some(format!("https://gigs.example/api/v1/gigs/{id}").as_str()));

    let same = post(&site, &[bearer(), JSON], &logo().to_string()).await;
    assert_eq!((same.status, same.json()), (200, expected));
    let mut changed = logo();
    changed["pay"] = "EUR 300".into();
    let revised = post(&site, &[bearer(), JSON], &changed.to_string()).await;
    assert_eq!((revised.status, &revised.json()["id"], &revised.json()["revision"]), (200, &json!(id), &json!(2)));

    let read = site.get(&format!("/api/v1/gigs/{id}")).await.json();
    assert_eq!((&read["title"], &read["poster"]), (&json!("Logo for a bakery"), &json!("Acme")));
    assert_eq!(read["pay"], json!({ "fixed": { "amount": 300, "currency": "EUR" } }));
}

#[tokio::test]
async fn the_same_key_is_the_same_gig() {
    let site = site().await;
    let mut gig = logo();
    gig.as_object_mut().unwrap().remove("id");
    let sent = |key: &'static str, gig: &Value| {
        let (site, gig) = (&site, gig.to_string());
        async move { post(site, &[bearer(), JSON, ("idempotency-key", key)], &gig).await }
    };
    let first = sent("k 1", &gig).await;
    let again = sent("k 1", &gig).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.json()["id"], again.json()["id"]);
    gig["title"] = "Logo for two bakeries".into();
    assert_eq!(sent("k 1", &gig).await.json()["id"], first.json()["id"], "other words under one key are a revision");
    assert_ne!(sent("k 2", &gig).await.json()["id"], first.json()["id"]);
    gig["id"] = "81".into();
    assert_ne!(sent("k 1", &gig).await.json()["id"], first.json()["id"], "its own id comes first");
}

#[tokio::test]
async fn each_bad_request_is_told_what_is_wrong_with_it() {
    let site = site().await;
    let long = "x".repeat(257 * 1024);
    let long_key = "k".repeat(201);
    let gig = logo().to_string();
    let with = |field: &str, value: Value| {
        let mut gig = logo();
        gig[field] = value;
        serde_json::to_string_pretty(&gig).unwrap()
    };
    let cases = [
        ("no token", vec![JSON], gig.clone()),
        ("another scheme", vec![JSON, ("authorization", "Basic abc")], gig.clone()),
        ("a token of nobody", vec![JSON, ("authorization", "Bearer gct_wrong")], gig.clone()),
        ("no content type", vec![bearer()], gig.clone()),
        ("another content type", vec![bearer(), ("content-type", "application/toml")], gig.clone()),
        ("a key too long", vec![bearer(), JSON, ("idempotency-key", &long_key)], gig.clone()),
        ("an empty key", vec![bearer(), JSON, ("idempotency-key", " ")], gig.clone()),
        ("a key with a tab in it", vec![bearer(), JSON, ("idempotency-key", "a\tb")], gig.clone()),
        ("no body", vec![bearer(), JSON], String::new()),
        ("half a body", vec![bearer(), JSON], gig[..40].to_owned()),
        ("a list", vec![bearer(), JSON], format!("[{gig}]")),
        ("too long", vec![bearer(), JSON], long),
        ("an unknown field", vec![bearer(), JSON], with("titel", json!("x"))),
        ("no title", vec![bearer(), JSON], with("title", json!(" "))),
        ("a title of nothing but markup", vec![bearer(), JSON], with("title", json!("<p></p>"))),
        ("pay of no kind", vec![bearer(), JSON], with("pay", json!("lots"))),
        ("an address that is a script", vec![bearer(), JSON], with("apply", json!("javascript:alert(1)"))),
        ("a closing time without offset", vec![bearer(), JSON], with("closes", json!("2026-12-12T18:00:00"))),
        ("a number for text", vec![bearer(), JSON], with("title", json!(7))),
        ("no openings", vec![bearer(), JSON], with("openings", json!(0))),
        ("another status", vec![bearer(), JSON], with("status", json!("gone"))),
    ];
    let mut told = String::new();
    for (name, headers, body) in cases {
        let answer = post(&site, &headers, &body).await;
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
        assert!(!answer.body.contains("gct_"), "{name}: {}", answer.body);
        writeln!(told, "{name}\n  {} {}", answer.status, answer.body).unwrap();
        for shown in ["www-authenticate", "accept"] {
            if let Some(value) = answer.header(shown) {
                writeln!(told, "  {shown}: {value}").unwrap();
            }
        }
    }
    let bytes = site.ask("POST", "/api/v1/gigs", &[bearer(), JSON], b"{\"title\": \"\xff\"}").await;
    writeln!(told, "not UTF-8\n  {} {}", bytes.status, bytes.body).unwrap();
    insta::assert_snapshot!(told);
    assert!(site.ledger.newest_gigs(0, 10).await.unwrap().is_empty(), "none of it came in");
}

#[tokio::test]
async fn without_room_nothing_is_taken_in() {
    let site = site().await;
    site.fitness.note_room(Some(Site::FLOOR - 1));
    let answer = post(&site, &[bearer(), JSON], &logo().to_string()).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert_eq!(site.get("/readyz").await.status, 503);
    site.fitness.note_room(Some(Site::FLOOR));
    assert_eq!(post(&site, &[bearer(), JSON], &logo().to_string()).await.status, 201);
}

#[tokio::test]
async fn what_was_answered_for_survives_a_loss_of_power() {
    let store = VolatileStore::new();
    let site = Site::over(store.clone(), None).await;
    let before = store.commits();
    let answer = post(&site, &[bearer(), JSON], &logo().to_string()).await;
    assert_eq!(answer.status, 201);
    let id = answer.json()["id"].as_str().unwrap().parse().unwrap();
    assert!(Ledger::new(std::sync::Arc::new(store.reopen())).gig(id).await.unwrap().is_some());

    for stop in Stop::ALL {
        let store = VolatileStore::new();
        let site = Site::over(store.clone(), None).await;
        store.stop_at(before + 1, stop);
        let answer = post(&site, &[bearer(), JSON], &logo().to_string()).await;
        assert_eq!(answer.status, 503, "{stop:?}: {}", answer.body);
        assert!(answer.header("retry-after").is_some());
    }
}

/// A store in memory whose disk never says that it is done with what others wrote.
#[derive(Default)]
struct NeverSynced(MemoryStore);

impl Alters for NeverSynced {
    fn behind(&self) -> &dyn Store {
        &self.0
    }

    fn synced(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Err(StoreError::Closed) })
    }
}

#[tokio::test]
async fn a_gig_that_was_only_read_is_not_answered_for_before_it_is_durable() {
    let site = Site::over(Through::<NeverSynced>::default(), None).await;
    assert_eq!(post(&site, &[bearer(), JSON], &logo().to_string()).await.status, 201, "its own commit is durable");
    let again = post(&site, &[bearer(), JSON], &logo().to_string()).await;
    assert_eq!(again.status, 503, "{}", again.body);
}

#[tokio::test]
async fn a_gig_is_changed_only_by_whoever_names_the_revision_they_have_read() {
    let site = site().await;
    let id = post(&site, &[bearer(), JSON], &logo().to_string()).await.json()["id"].as_str().unwrap().to_owned();
    let place = format!("/api/v1/gigs/{id}");
    assert_eq!(site.get(&place).await.header("etag"), Some("\"1\""));
    let patched = async |headers: &[(&str, &str)], body: &str| {
        let headers = [headers, &[JSON]].concat();
        site.ask("PATCH", &place, &headers, body.as_bytes()).await
    };
    let filled = r#"{"status":"filled"}"#;
    assert_eq!(patched(&[("if-match", "\"1\"")], filled).await.status, 401);
    assert_eq!(patched(&[bearer()], filled).await.status, 428);
    let outdated = patched(&[bearer(), ("if-match", "\"7\"")], filled).await;
    assert_eq!(outdated.status, 412);
    assert!(outdated.body.contains("revision 1"), "{}", outdated.body);
    let done = patched(&[bearer(), ("if-match", "\"1\"")], filled).await;
    assert_eq!(
        (done.status, done.header("etag"), done.json()["status"].clone()),
        (200, Some("\"2\""), json!("filled"))
    );
    assert_eq!(patched(&[bearer(), ("if-match", "\"1\"")], filled).await.status, 412, "read before it was filled");
    let edit = r#"{"pay":"EUR 900","language":null}"#;
    let done = patched(&[bearer(), ("if-match", "\"2\"")], edit).await;
    assert_eq!((done.status, &done.json()["revision"]), (200, &json!(3)), "{}", done.body);
    let read = site.get(&place).await.json();
    assert_eq!(read["pay"], json!({ "fixed": { "amount": 900, "currency": "EUR" } }));
    assert_eq!((&read["title"], &read["status"]), (&json!("Logo for a bakery"), &json!("filled")));
    for (body, status, part) in [
        (r#"{"status":"lost"}"#, 422, "withdrawn"),
        (r#"{"status":"open","title":"x"}"#, 422, "alone"),
        (r#"{"id":"other"}"#, 422, "cannot be changed"),
        (r#"{"pay":"a lot"}"#, 422, "pay"),
        (r#"{"title":null}"#, 422, "title"),
        ("[]", 400, "object"),
    ] {
        let refused = patched(&[bearer(), ("if-match", "\"3\"")], body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.body);
        assert!(refused.body.contains(part), "{body}: {}", refused.body);
    }
    assert_eq!(patched(&[bearer(), ("if-match", "*")], r#"{"status":"open"}"#).await.json()["revision"], json!(4));
}
