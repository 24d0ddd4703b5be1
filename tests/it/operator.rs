//! What an operator decides about a delivery that nobody else can settle.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use gigcast::clock::Timestamp;
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::{Assembled, assemble};
use gigcast::daemon::operator::Desk;
use gigcast::gig::Revision;
use gigcast::id::{AccountId, DeliveryId, GigId, PersonId};
use gigcast::outbox::{Announcement, Hold, State, Verb, Wanted};
use gigcast::person::{Account, Audience, GrantState, Mode};
use gigcast::store::{Change, Ledger};
use gigcast::web::admin::answers::Which;
use gigcast::web::admin::{Operator, Refusal, Seen, Tail};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A daemon that is not running, with one delivery that waits for a person.
struct Office {
    _dir: TempDir,
    assembled: Assembled,
    desk: Desk,
    delivery: DeliveryId,
}

impl Office {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[store]\ndata_dir = \"{}\"\n",
            dir.path().join("data").display()
        );
        let config = Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap();
        let assembled = assemble(&config, &|_| None, Tail::default()).await.unwrap();
        let daemon = Arc::clone(&assembled.daemon);
        let health = Arc::clone(&assembled.public.health);
        let since = daemon.clock.now();
        let desk = Desk { daemon, health, linking: Arc::clone(&assembled.linking), free_floor_bytes: 1, since };
        let delivery = held(&assembled.public.ledger, &config, since).await;
        Self { _dir: dir, assembled, desk, delivery }
    }

    async fn state(&self) -> State {
        self.assembled.public.ledger.delivery(self.delivery).await.unwrap().unwrap().state
    }
}

async fn held(ledger: &Ledger, config: &Config, now: Timestamp) -> DeliveryId {
    let account = Account {
        id: AccountId::from_native("mastodon", "http://127.0.0.1:1", "1"),
        owner: PersonId::from_name("Acme"),
        network: "mastodon".to_owned(),
        server: "http://127.0.0.1:1".to_owned(),
        native: "1".to_owned(),
        handle: "@acme@social.example".to_owned(),
        url: "https://social.example/@acme".to_owned(),
        linked: now,
        grant: GrantState::Linked,
        mode: Mode::Auto,
        pace: config.pace.clone(),
        audience: Audience::default(),
    };
    // No grant: the network cannot be asked about anything.
    ledger.link(&account, Vec::new()).await.unwrap();
    let mut announcement = Announcement::new(GigId::of(&[b"g"]), account.id, Wanted::Revision(Revision::FIRST));
    let opened = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, now);
    let id = opened.id;
    let turn = ledger.turn(account.id).await.unwrap();
    let change = Change { opened: Some(opened.clone()), ..Change::default() };
    ledger.end_turn(&turn, change).await.unwrap();
    let turn = ledger.turn_with(account.id, id).await.unwrap();
    let mut waits = opened;
    waits.state = State::Held(Hold::Unconfirmed);
    let change = Change { delivery: Some(waits), announcement: Some(announcement), ..Change::default() };
    ledger.end_turn(&turn, change).await.unwrap();
    id
}

#[tokio::test]
async fn a_post_that_is_there_is_taken_for_delivered_at_the_address_given() {
    let office = Office::open().await;
    let held = office.desk.deliveries(Which::Held).await.unwrap();
    assert_eq!((held.len(), held[0].id.clone()), (1, office.delivery.to_string()));

    let there = |address: &str| Seen::There { address: address.to_owned() };
    let refused = office.desk.release(office.delivery, there("somewhere")).await.unwrap_err();
    assert!(matches!(&refused, Refusal::Refused(said) if said.contains("`somewhere` is no address")), "{refused:?}");

    office.desk.release(office.delivery, there("https://social.example/@acme/42")).await.unwrap();
    let State::Delivered(receipt) = office.state().await else { panic!("it should be delivered") };
    assert_eq!((receipt.id.as_str(), receipt.url.as_deref()), ("42", Some("https://social.example/@acme/42")));
    assert!(office.desk.deliveries(Which::Held).await.unwrap().is_empty());
    let again = office.desk.release(office.delivery, Seen::NotThere).await.unwrap_err();
    assert!(
        matches!(&again, Refusal::Refused(said) if said.ends_with("It stands at https://social.example/@acme/42."))
    );
}

#[tokio::test]
async fn a_post_that_is_not_there_is_queued_anew() {
    let office = Office::open().await;
    let advice = office.desk.why(&office.delivery.to_string()).await.unwrap().advice;
    assert!(advice[0].contains("--there <its address>") && advice[0].contains("--not-there"), "{advice:?}");
    office.desk.release(office.delivery, Seen::NotThere).await.unwrap();
    assert_eq!(office.state().await, State::Queued);
    assert_eq!(office.desk.deliveries(Which::Waiting).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_log_too_slowly_is_told_what_was_missed_and_slows_nobody() {
    const LINES: usize = 40_000;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[store]\ndata_dir = \"{}\"\n",
        data.display()
    );
    let config = Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap();
    let tail = Tail::default();
    let assembled = assemble(&config, &|_| None, tail.clone()).await.unwrap();
    let (address, stop) = (assembled.admin_at, assembled.daemon.stop.clone());
    let running = tokio::spawn(assembled.run());
    let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
    let asked = format!(
        "GET /api/logs?follow=true HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n",
        token.trim()
    );
    let mut reader = TcpStream::connect(address).await.unwrap();
    reader.write_all(asked.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    reader.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.0 200");

    // Far more than the kernel holds for a reader who does not read.
    let long = "x".repeat(1000);
    for n in 0..LINES {
        tail.push(&format!("line {n} {long}"));
    }
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(format!("GET /healthz HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");

    stop.cancel();
    let mut heard = String::new();
    reader.read_to_string(&mut heard).await.unwrap();
    running.await.unwrap().unwrap();
    let lines: Vec<&str> = heard.lines().filter(|line| line.starts_with("line ")).collect();
    let missed: u64 = heard
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["missed"].as_u64())
        .sum();
    assert!(missed > 0, "{} lines were heard", lines.len());
    assert!(lines.len() + usize::try_from(missed).unwrap() <= LINES, "{} and {missed}", lines.len());
}

#[tokio::test]
async fn what_is_not_known_is_told_with_where_to_look() {
    let office = Office::open().await;
    let unknown = DeliveryId::of(&[b"none"]);
    let refused = office.desk.release(unknown, Seen::NotThere).await.unwrap_err();
    assert_eq!(refused, Refusal::Unknown(format!("there is no delivery {unknown}")));
    let gig = GigId::of(&[b"none"]);
    let refused = office.desk.gig(gig).await.unwrap_err();
    assert_eq!(refused, Refusal::Unknown(format!("there is no gig {gig}; `gigcast gigs` lists them")));
}
