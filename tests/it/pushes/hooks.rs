//! Signed messages: each scheme with its published vector, and each way in which a message may be wrong.

use super::{Office, START};
use crate::sources::{fixtures, wait};
use crate::support::site::Answer;
use gigcast::clock::ManualClock;
use gigcast::config::{Config, ConfigFile, HookConfig, HookScheme};
use gigcast::daemon::check;
use gigcast::daemon::desk::story::source::{Way, of_source};
use gigcast::daemon::push::Reachable;
use gigcast::daemon::sources::sources;
use gigcast::gig::{Pay, Status};
use gigcast::plan::Taxonomy;
use gigcast::secret::Secret;
use gigcast::signature::{Hash, hex, mac};
use gigcast::sources::hook::{Door, Turned};
use gigcast::store::memory::MemoryStore;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::web::admin::answers::Verdict;
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Bytes 0 to 31, as in the vector.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Of the vector in GitHub's documentation of webhooks.
const GITHUB_SECRET: &str = "It's a Secret to Everybody";

const DESK: &str = r#"
[[source]]
name = "desk"
kind = "hook"
poster = "Acme"
secret_env = "DESK_SECRET"
items = "data"
[source.fields]
id = "external_id"
title = "title"
description = "body"
url = "url"
pay = "budget"
tags = "tags"
closes = "expires_at"
status = "state"
"#;

const ISSUES: &str = r#"
[[source]]
name = "Issues & more"
kind = "hook"
poster = "Acme"
scheme = "github"
secret_env = "ISSUES_SECRET"
items = "issue"
[source.fields]
id = "id"
title = "title"
description = "body"
url = "html_url"
tags = "labels"
published = "created_at"
"#;

pub(super) fn secret(name: &str) -> Option<String> {
    match name {
        "DESK_SECRET" => Some(SECRET.to_owned()),
        "ISSUES_SECRET" => Some(GITHUB_SECRET.to_owned()),
        _ => None,
    }
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixtures("hook").join(name)).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    let text = gigcast::base64url::encode(bytes).replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    text + &padding
}

fn key() -> Vec<u8> {
    (0..32).collect()
}

/// As a sender would sign it with the shared secret.
fn signed(id: &str, seconds: u64, body: &[u8]) -> [(String, String); 4] {
    let time = seconds.to_string();
    let tag = mac(Hash::Sha256, &key(), &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    with(id, &time, &format!("v1,{}", base64(&tag)))
}

fn with(id: &str, time: &str, signature: &str) -> [(String, String); 4] {
    [
        ("content-type", "application/json"),
        ("webhook-id", id),
        ("webhook-timestamp", time),
        ("webhook-signature", signature),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn map(headers: &[(String, String)]) -> HeaderMap {
    let header =
        |(name, value): &(String, String)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
    headers.iter().map(header).collect()
}

fn seconds() -> u64 {
    START.as_millis() / 1000
}

impl Office {
    async fn send(&self, headers: &[(String, String)], body: &[u8]) -> Answer {
        self.post("/hooks/desk", &borrowed(headers), body).await
    }
}

fn door(scheme: HookScheme, secret: &str) -> Result<Door, String> {
    let config = HookConfig { scheme, secret_env: "S".into(), items: String::new(), fields: [].into() };
    Door::new(&config, Some(&Secret::new(secret))).map_err(|why| why.said)
}

// ---- signatures

#[test]
fn the_published_vectors_of_each_scheme_pass() {
    let ours = br#"{"type":"gig.post.sent","timestamp":"2026-11-21T10:00:00Z","data":{"gig":"81"}}"#;
    let headers = with("msg_gigcast0001", "1795000000", "v1,fA0X8nCohRxxNi7xtU34uMMefId9ZDspP4Z9y/7ypkE=");
    door(HookScheme::Standard, SECRET).unwrap().admit(&map(&headers), ours, START).unwrap();

    // In the reference libraries of Standard Webhooks.
    let headers = with("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let then = gigcast::clock::Timestamp::from_millis(1_614_265_330_000);
    let standard = door(HookScheme::Standard, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    standard.admit(&map(&headers), br#"{"test": 2432232314}"#, then).unwrap();
    assert_eq!(standard.admit(&map(&headers), br#"{"test": 2432232315}"#, then), Err(Turned::Unsigned));

    let tag = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let github = door(HookScheme::GitHub, GITHUB_SECRET).unwrap();
    let headers = map(&[("x-hub-signature-256".to_owned(), tag.to_owned())]);
    github.admit(&headers, b"Hello, World!", START).unwrap();
    assert_eq!(github.admit(&headers, b"Hello, World?", START), Err(Turned::Unsigned));
    for other in [&tag[7..], &tag.replace("sha256", "sha1"), &tag.replace('=', ""), "", &tag.replace("e17", "e18")] {
        let headers = map(&[("x-hub-signature-256".to_owned(), other.to_owned())]);
        assert_eq!(github.admit(&headers, b"Hello, World!", START), Err(Turned::Unsigned), "{other}");
    }
}

#[test]
fn a_senders_own_key_signs_too_and_old_and_new_keys_pass_together() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let public = format!("whpk_{}", base64(pair.public_key().as_ref()));
    let message = format!("msg_1.{}.{{}}", seconds());
    let tag = format!("v1a,{}", base64(pair.sign(message.as_bytes()).as_ref()));
    let time = seconds().to_string();
    let asymmetric = door(HookScheme::Standard, &public).unwrap();
    asymmetric.admit(&map(&with("msg_1", &time, &tag)), b"{}", START).unwrap();
    assert_eq!(asymmetric.admit(&map(&with("msg_2", &time, &tag)), b"{}", START), Err(Turned::Unsigned));
    let mislabelled = tag.replace("v1a", "v1");
    assert_eq!(asymmetric.admit(&map(&with("msg_1", &time, &mislabelled)), b"{}", START), Err(Turned::Unsigned));
    let symmetric = door(HookScheme::Standard, SECRET).unwrap();
    assert_eq!(symmetric.admit(&map(&with("msg_1", &time, &tag)), b"{}", START), Err(Turned::Unsigned));

    // Several signatures from them, and several keys with us.
    let several = format!("v2,AAAA v1,{} {tag}", base64(&[1; 32]));
    asymmetric.admit(&map(&with("msg_1", &time, &several)), b"{}", START).unwrap();
    let both = door(HookScheme::Standard, &format!("{SECRET} {public}")).unwrap();
    both.admit(&map(&with("msg_1", &time, &tag)), b"{}", START).unwrap();
    both.admit(&map(&signed("msg_1", seconds(), b"{}")), b"{}", START).unwrap();
    // Not without end: each costs work.
    let many = format!("{} {tag}", ["v1a,AAAA"; 8].join(" "));
    assert_eq!(asymmetric.admit(&map(&with("msg_1", &time, &many)), b"{}", START), Err(Turned::Unsigned));
}

#[test]
fn a_secret_that_is_none_is_told_without_being_shown() {
    for (scheme, wrong) in [
        (HookScheme::Standard, "hunter2hunter2hunter2hunter2"),
        (HookScheme::Standard, "whsec_hunter2!"),
        (HookScheme::Standard, "whsec_aHVudGVyMg=="),
        (HookScheme::Standard, "whpk_aHVudGVyMg=="),
        (HookScheme::Standard, "whsk_aHVudGVyMg=="),
        (HookScheme::GitHub, "hunter2"),
    ] {
        let said = door(scheme, wrong).unwrap_err();
        assert!(said.starts_with("in S: ") && !said.contains("hunter2") && !said.contains("aHVud"), "{said}");
    }
    let config =
        HookConfig { scheme: HookScheme::GitHub, secret_env: "S".into(), items: String::new(), fields: [].into() };
    assert!(Door::new(&config, None).unwrap_err().said.contains("environment variable S"));
}

#[test]
fn what_is_not_signed_as_it_should_be_does_not_pass() {
    let door = door(HookScheme::Standard, SECRET).unwrap();
    let good = signed("msg_1", seconds(), b"{}");
    door.admit(&map(&good), b"{}", START).unwrap();
    for missing in 1..4 {
        let mut headers = good.to_vec();
        headers.remove(missing);
        assert_eq!(door.admit(&map(&headers), b"{}", START), Err(Turned::Unsigned), "without {:?}", good[missing]);
        headers.extend([good[missing].clone(), good[missing].clone()]);
        let mut twice = map(&headers);
        twice.append(good[missing].0.parse::<HeaderName>().unwrap(), good[missing].1.parse().unwrap());
        assert_eq!(door.admit(&twice, b"{}", START), Err(Turned::Unsigned), "{:?} twice", good[missing]);
    }
    let signature = &good[3].1;
    let time = &good[2].1;
    for (id, time, signature) in [
        ("msg_2", time.as_str(), signature.as_str()),
        ("msg_1", "1795000001", signature),
        ("msg_1", "-1795000000", signature),
        ("msg_1", "1795000000.0", signature),
        ("msg_1", "99999999999999999999999", signature),
        ("msg_1", "", signature),
        ("", time, signature),
        ("msg_1", time, ""),
        ("msg_1", time, "v1"),
        ("msg_1", time, "v1,"),
        ("msg_1", time, "v1,not base64!"),
        ("msg_1", time, &signature.replace("v1,", "v0,")),
        ("msg_1", time, &signature[..20]),
    ] {
        assert_eq!(
            door.admit(&map(&with(id, time, signature)), b"{}", START),
            Err(Turned::Unsigned),
            "{id} {time} {signature}"
        );
    }
    // What was signed as one id, time and body must not pass as others.
    let shifted = signed("msg_1", 5, b"1795000000.{}");
    let moved = with("msg_1.5", "1795000000", &shifted[3].1);
    assert_eq!(door.admit(&map(&moved), b"{}", START), Err(Turned::Unsigned));
}

#[test]
fn five_minutes_are_borne_and_no_more() {
    let door = door(HookScheme::Standard, SECRET).unwrap();
    let at = |seconds: u64| door.admit(&map(&signed("msg_1", seconds, b"{}")), b"{}", START).map(drop);
    assert_eq!((at(seconds() - 300), at(seconds() + 300)), (Ok(()), Ok(())));
    for wrong in [seconds() - 301, seconds() + 301, 0, u64::MAX] {
        assert_eq!(at(wrong), Err(Turned::OutOfTime), "{wrong}");
    }
}

// ---- by HTTP

#[tokio::test]
async fn a_signed_message_is_a_gig_once_and_follows_its_source() {
    let office = Office::open(DESK).await;
    let body = fixture("gig-seen.json");
    let first = office.send(&signed("msg_1", seconds(), &body), &body).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json(), serde_json::json!({ "gigs": 1, "refused": [], "again": false }));
    let gigs = office.gigs().await;
    assert_eq!(gigs[0].terms.title, "Logo for a bakery");
    assert_eq!(gigs[0].terms.pay, Some(Pay::Fixed { amount: 400, currency: "EUR".into() }));
    assert_eq!(gigs[0].terms.skills, ["svg", "logo"]);

    // Sent again as senders do, with another time and so another signature.
    let again = office.send(&signed("msg_1", seconds() + 60, &body), &body).await;
    assert_eq!((again.status, again.json()["again"].as_bool()), (200, Some(true)));
    let filled = String::from_utf8(body.clone()).unwrap().replace("\"open\"", "\"filled\"");
    office.send(&signed("msg_2", seconds(), filled.as_bytes()), filled.as_bytes()).await;
    assert_eq!(office.gigs().await[0].status, Status::Filled);
    // The first message once more: it has been taken, and opens nothing.
    let replayed = office.send(&signed("msg_1", seconds(), &body), &body).await;
    assert_eq!((replayed.status, office.gigs().await[0].status), (200, Status::Filled));
    assert_eq!(office.gigs().await.len(), 1);
    assert_eq!(office.state("desk").await.seen, Some(START));
}

#[tokio::test]
async fn an_older_message_that_comes_late_undoes_no_newer_one() {
    let dated = DESK.replace("status = \"state\"", "status = \"state\"\nupdated = \"changed_at\"");
    let item = |title: &str, changed: Option<&str>| {
        let mut item =
            serde_json::json!({ "external_id": "81", "title": title, "url": "https://acme.example/gigs/81" });
        item["changed_at"] = changed.into();
        item
    };
    let envelope = |at: Option<&str>, item: serde_json::Value| {
        let mut body = serde_json::json!({ "type": "gig.seen", "data": item });
        if let Some(at) = at {
            body["timestamp"] = at.into();
        }
        body.to_string().into_bytes()
    };
    let (ten, eleven) = (Some("2026-11-18T10:00:00Z"), Some("2026-11-18T11:00:00Z"));
    // By the item's own time, by the envelope's, and by that of the sending.
    for (config, [first, late, next]) in [
        (dated.as_str(), [(None, eleven, 9), (None, ten, 0), (None, eleven, 0)]),
        (DESK, [(eleven, None, 9), (ten, None, 0), (eleven, None, 0)]),
        (DESK, [(None, None, 0), (None, None, 9), (None, None, 0)]),
    ] {
        let office = Office::open(config).await;
        let send = async |id: &str, title: &str, (at, changed, seconds_earlier): (Option<&str>, Option<&str>, u64)| {
            let body = envelope(at, item(title, changed));
            let answer = office.send(&signed(id, seconds() - seconds_earlier, &body), &body).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            office.gigs().await[0].terms.title.clone()
        };
        assert_eq!(send("msg_2", "Two logos", first).await, "Two logos");
        assert_eq!(send("msg_1", "One logo", late).await, "Two logos", "older than what is known");
        assert_eq!(send("msg_3", "Three logos", next).await, "Three logos");
    }
}

#[tokio::test]
async fn a_message_is_known_after_a_restart_and_forgotten_after_a_week() {
    let store = Arc::new(MemoryStore::new());
    let open = async || Office::reopen(DESK, store.clone(), ManualClock::at(START), Arc::default(), None).await;
    let body = fixture("gig-seen.json");
    assert_eq!(open().await.send(&signed("msg_1", seconds(), &body), &body).await.json()["gigs"], 1);
    let office = open().await;
    assert_eq!(office.send(&signed("msg_1", seconds(), &body), &body).await.json()["again"], true);
    assert_eq!(office.ledger.forget_messages(START, 10).await.unwrap(), 0);
    assert_eq!(office.ledger.forget_messages(START.plus(Duration::from_millis(1)), 10).await.unwrap(), 1);
    assert_eq!(office.send(&signed("msg_1", seconds(), &body), &body).await.json()["again"], false);
    assert_eq!(office.gigs().await.len(), 1, "and even so it is one gig");
}

#[tokio::test]
async fn each_wrong_message_is_refused_and_a_stranger_is_told_nothing() {
    let office = Office::open(DESK).await;
    let body = fixture("gig-seen.json");
    let good = signed("msg_1", seconds(), &body);
    let kind = |kind: &str| {
        let mut headers = good.to_vec();
        headers[0].1 = kind.to_owned();
        headers
    };
    let cut = fixture("cut-short.json");
    let list = br#"{"data": 7}"#.to_vec();
    let untitled = br#"{"data": {"external_id": "9", "url": "https://acme.example/9"}}"#.to_vec();
    let odd =
        br#"{"data": {"external_id": "9", "url": "https://acme.example/9", "title": "x", "state": "maybe"}}"#.to_vec();
    let long = vec![b'x'; 1024 * 1024 + 1];
    let mut told = String::new();
    for (name, headers, body) in [
        ("no signature", good[..1].to_vec(), &body),
        ("another body", signed("msg_1", seconds(), b"{}").to_vec(), &body),
        ("too old", signed("msg_1", seconds() - 301, &body).to_vec(), &body),
        ("too new", signed("msg_1", seconds() + 301, &body).to_vec(), &body),
        ("a form", kind("application/x-www-form-urlencoded"), &body),
        ("no content type", good[1..].to_vec(), &body),
        ("too long", good.to_vec(), &long),
        ("half of it", signed("msg_1", seconds(), &cut).to_vec(), &cut),
        ("a number for an item", signed("msg_1", seconds(), &list).to_vec(), &list),
        ("no title", signed("msg_1", seconds(), &untitled).to_vec(), &untitled),
        ("a status of no kind", signed("msg_1", seconds(), &odd).to_vec(), &odd),
    ] {
        let answer = office.send(&headers, body).await;
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
        writeln!(told, "{name}\n  {} {}", answer.status, answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
    assert!(office.gigs().await.is_empty(), "none of it came in");
    let state = office.state("desk").await;
    assert!(state.trouble.unwrap().contains("fields.status") && state.rhythm.failures == 4);
    // What was wrong is not held against the next one, and its id was not used up.
    assert_eq!(office.send(&good, &body).await.json()["gigs"], 1);
    assert_eq!(office.state("desk").await.trouble, None);

    for unknown in ["/hooks/nobody", "/hooks/Desk", "/hooks/desk%20", "/hooks/..%2fdesk"] {
        let answer = office.post(unknown, &borrowed(&good), &body).await;
        assert_eq!(
            (answer.status, answer.json()["detail"].as_str()),
            (404, Some("there is nothing at this address")),
            "{unknown}"
        );
    }
    assert_eq!(office.get("/hooks/desk").await.status, 405);
}

#[tokio::test]
async fn a_message_about_something_else_is_taken_and_told() {
    let office = Office::open(&format!("{DESK}{ISSUES}")).await;
    let send = async |name: &str| {
        let body = fixture(name);
        let tag = format!("sha256={}", hex(&mac(Hash::Sha256, GITHUB_SECRET.as_bytes(), &[&body])));
        let headers = [("content-type", "application/json"), ("x-github-delivery", "1"), ("x-hub-signature-256", &tag)];
        office.post("/hooks/Issues%20&%20more", &headers, &body).await
    };
    let ping = send("github-ping.json").await;
    assert_eq!((ping.status, ping.json()["gigs"].as_u64()), (200, Some(0)), "{}", ping.body);
    assert_eq!(
        office.refused("Issues & more").await,
        ["a message: none of the fields that the mapping names is in it"]
    );
    assert_eq!(send("github-issue.json").await.json()["gigs"], 1);
    assert_eq!(send("github-issue.json").await.json()["again"], true, "the same body is the same message");
    assert_eq!(office.titles().await, ["Translate our menu into Portuguese"]);
    assert!(office.refused("Issues & more").await.is_empty(), "the mapping fits after all");
}

#[tokio::test]
async fn of_many_items_the_good_ones_are_taken_and_the_others_are_told() {
    let office = Office::open(DESK).await;
    let item = |id: u32, title: &str| serde_json::json!({ "external_id": id, "title": title, "url": format!("https://acme.example/{id}") });
    let items = [item(1, "One"), item(2, ""), item(3, "<p></p>"), item(4, "Four")];
    let body = serde_json::json!({ "data": items }).to_string();
    let answer = office.send(&signed("msg_1", seconds(), body.as_bytes()), body.as_bytes()).await;
    assert_eq!((answer.status, answer.json()["gigs"].as_u64()), (200, Some(2)), "{}", answer.body);
    let refused: Vec<String> = answer.json()["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["item"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(refused, ["2", "3"]);
    assert_eq!(office.titles().await, ["Four", "One"]);
    let many = serde_json::json!({ "data": vec![item(1, "One"); 501] }).to_string();
    let answer = office.send(&signed("msg_2", seconds(), many.as_bytes()), many.as_bytes()).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("more than 500 items"), "{}", answer.body);
}

#[tokio::test]
async fn without_room_a_sender_is_asked_to_come_again() {
    let office = Office::open(DESK).await;
    office.fitness.note_room(Some(1));
    let body = fixture("gig-seen.json");
    assert_eq!(
        office.send(&signed("msg_1", seconds(), b"other"), &body).await.status,
        401,
        "strangers learn nothing of that"
    );
    let answer = office.send(&signed("msg_1", seconds(), &body), &body).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    office.fitness.note_room(Some(1 << 30));
    assert_eq!(office.send(&signed("msg_1", seconds(), &body), &body).await.json()["gigs"], 1);
}

#[tokio::test]
async fn whenever_the_power_goes_the_message_sent_again_makes_one_gig() {
    let open = async |store: VolatileStore| {
        Office::reopen(DESK, Arc::new(store), ManualClock::at(START), Arc::default(), None).await
    };
    let body = fixture("gig-seen.json");
    let message = signed("msg_1", seconds(), &body);
    let store = VolatileStore::new();
    let office = open(store.clone()).await;
    let before = store.commits();
    assert_eq!(office.send(&message, &body).await.status, 200);
    let commits = store.commits() - before;
    let after = open(store.reopen()).await;
    assert_eq!(after.gigs().await.len(), 1, "what was answered for is on disk");
    assert_eq!(after.send(&message, &body).await.json()["again"], true);

    for at in 1..=commits {
        for stop in Stop::ALL {
            let store = VolatileStore::new();
            let office = open(store.clone()).await;
            store.stop_at(store.commits() + at, stop);
            assert_eq!(office.send(&message, &body).await.status, 503, "commit {at}, {stop:?}");
            let after = open(store.reopen()).await;
            let again = after.send(&message, &body).await;
            assert_eq!((again.status, after.gigs().await.len()), (200, 1), "commit {at}, {stop:?}: {}", again.body);
        }
    }
}

#[tokio::test]
async fn why_tells_where_messages_go_and_what_was_wrong_with_the_last() {
    let office = Office::open(DESK).await;
    let cut = fixture("cut-short.json");
    office.send(&signed("msg_1", seconds(), &cut), &cut).await;
    let state = office.state("desk").await;
    let way = Way::PostedTo("https://gigs.example/hooks/desk");
    let limits = gigcast::polling::Limits::fixed(Duration::from_hours(1), Duration::from_hours(1));
    let told = of_source("desk", way, &[], &limits, &state, &[], START);
    let said: Vec<&str> = told.chapters[0].told.iter().map(|told| told.said.as_str()).collect();
    assert_eq!(
        said,
        [
            "It was read.",
            "It could not be read 1 time since: the body is not JSON that can be read: EOF while parsing a string at line 1 \
             column 59.",
            "It is not looked at: messages are posted to https://gigs.example/hooks/desk.",
        ]
    );
}

#[tokio::test]
async fn a_hook_is_never_looked_at() {
    let office = Office::open(DESK).await;
    office.pass(Duration::from_hours(48)).await;
    assert!(office.web.asked.lock().unwrap().is_empty());
    assert_eq!(office.state("desk").await, gigcast::store::SourceState::default());
}

#[test]
fn check_says_where_messages_go_and_what_is_wrong_with_the_set_up() {
    let check = |text: &str| {
        let config = Config::parse(&[ConfigFile { name: "test", text }], []).unwrap();
        let opened = sources(&config, Taxonomy::builtin(), &|name| secret(name)).map_err(|wrong| wrong.to_string())?;
        let reach = Reachable { public_url: None, trusted_origins: Vec::new() };
        let checked = wait(check::source(&opened[0], &super::Web::default(), &reach));
        assert_eq!(checked.verdict, Verdict::Fine);
        Ok::<_, String>(checked.said)
    };
    let at = |rest: &str| format!("[server]\npublic_url = 'https://gigs.example/cast'\n{rest}");
    assert_eq!(
        check(&at(DESK)).unwrap(),
        "it is not looked at: messages signed by Standard Webhooks are posted to https://gigs.example/cast/hooks/desk"
    );
    assert_eq!(
        check(&at(ISSUES)).unwrap(),
        "it is not looked at: messages signed as GitHub signs (`X-Hub-Signature-256`) are posted to \
         https://gigs.example/cast/hooks/Issues%20&%20more"
    );
    for (from, to, told) in [
        ("DESK_SECRET", "NO_SECRET", "the environment variable NO_SECRET, and that is not set"),
        ("title = \"title\"", "", "`fields.title` is missing"),
        ("items = \"data\"", "items = \"data..x\"", "`items`"),
    ] {
        let wrong = check(&DESK.replace(from, to)).unwrap_err();
        assert!(wrong.starts_with("the source `desk`") && wrong.contains(told), "{wrong}");
    }
}
