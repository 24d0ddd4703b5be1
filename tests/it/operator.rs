//! What an operator decides about a delivery that nobody else can settle.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use crate::support::read_log::{Logging, quiet};
use gigcast::clock::Timestamp;
use gigcast::config::Config;
use gigcast::daemon::assemble::{Assembled, assemble};
use gigcast::daemon::desk::operator::{Desk, LastScan};
use gigcast::gig::{Revision, Sighting};
use gigcast::id::{AccountId, DeliveryId, GigId, PersonId, SourceId};
use gigcast::intake::Origin;
use gigcast::outbox::{Announcement, Hold, State, Verb, Wanted};
use gigcast::person::{Account, Audience, Changed, Ended, GrantState, Mode, Policy};
use gigcast::store::gate::Gate;
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Change, Heard, Ledger};
use gigcast::web::admin::answers::Which;
use gigcast::web::admin::{FollowAsked, Operator, Refusal, Seen, Tail};
use gigcast::web::approval::{Approval, Declined};
use jiff::tz::TimeZone;
use std::path::PathBuf;
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
        let config = Box::new(quiet(&dir));
        let assembled = assemble(&config, &|_| None, Tail::default()).await.unwrap();
        let daemon = Arc::clone(&assembled.daemon);
        let health = Arc::clone(&assembled.public.health);
        let since = daemon.clock.now();
        let (linking, weave) = (Arc::clone(&assembled.linking), assembled.public.weave.clone());
        let vouch_keys = assembled.public.vouch_keys.clone();
        let gate = Arc::new(Gate::new(Arc::new(MemoryStore::new())));
        let data_dir = PathBuf::new();
        let reload = Arc::clone(&assembled.reload);
        let desk = Desk {
            daemon,
            health,
            linking,
            weave,
            vouch_keys,
            free_floor_bytes: 1,
            gate,
            data_dir,
            since,
            reload,
            scanned: LastScan::default(),
        };
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
        policy: gigcast::person::Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
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
    let advice = office.desk.why(&office.delivery.to_string(), TimeZone::UTC).await.unwrap().advice;
    assert!(advice[0].contains("--there <its address>") && advice[0].contains("--not-there"), "{advice:?}");
    office.desk.release(office.delivery, Seen::NotThere).await.unwrap();
    assert_eq!(office.state().await, State::Queued);
    assert_eq!(office.desk.deliveries(Which::Waiting).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_log_too_slowly_is_told_what_was_missed_and_slows_nobody() {
    const LINES: usize = 40_000;
    let gigcast = Logging::start().await;
    let tail = &gigcast.tail;
    let mut reader = gigcast.asked("follow=true", "").await;
    let mut head = [0; 12];
    reader.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.0 200");

    // Far more than the kernel holds for a reader who does not read.
    let long = "x".repeat(1000);
    let push = |n: usize| tail.push(&format!("line {n} {long}"));
    // The first is waited for, so that it has an id to come back with however the rest falls.
    push(0);
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("data: line 0 ") {
        assert!(reader.read_buf(&mut heard).await.unwrap() > 0, "it was let go too early");
    }
    (1..LINES).for_each(push);
    let mut other = TcpStream::connect(gigcast.address).await.unwrap();
    other.write_all(format!("GET /healthz HTTP/1.0\r\nhost: {}\r\n\r\n", gigcast.address).as_bytes()).await.unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");

    // It reads at last, up to where it was cut off, and comes back for the rest.
    reader.read_to_end(&mut heard).await.unwrap();
    let heard = String::from_utf8(heard).unwrap();
    assert!(heard.ends_with("\n\n") && heard.contains("event: cut\n"), "{}", &heard[heard.len().saturating_sub(300)..]);
    let last = heard.lines().rfind(|line| line.starts_with("id: ")).unwrap();
    let mut again = gigcast.asked("follow=true", &format!("last-event-{last}\r\n")).await;
    // Its head says that it was let in; from then on the end of gigcast ends it in order.
    again.read_exact(&mut head).await.unwrap();
    gigcast.stop.cancel();
    let mut rest = String::new();
    again.read_to_string(&mut rest).await.unwrap();
    gigcast.running.await.unwrap().unwrap();
    let lines = |heard: &str| heard.lines().filter(|line| line.starts_with("data: line ")).count();
    let told = rest.lines().find_map(|line| line.strip_prefix("data: {\"level\":\"warn\"")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&format!("{{\"level\":\"warn\"{told}")).unwrap();
    let missed = usize::try_from(told["missed"].as_u64().unwrap()).unwrap();
    assert!(missed > 0);
    assert_eq!(lines(&heard) + lines(&rest) + missed, LINES, "each line is had once, or told as missed");
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

#[tokio::test]
async fn a_post_that_waits_for_approval_is_listed_shown_and_decided_by_its_id() {
    let office = Office::open().await;
    let ledger = &office.assembled.public.ledger;
    let account = ledger.accounts().await.unwrap().remove(0);
    ledger.revise_account(account.id, |account| account.mode = Mode::Review).await.unwrap();
    let source = SourceId::of(&[b"board"]);
    let origin = Origin { source, name: "board".into(), poster: account.owner, category: None };
    for native in ["1", "2"] {
        let sighting = Sighting {
            native: native.into(),
            title: Some(format!("Logo {native}")),
            url: Some(format!("https://acme.example/{native}")),
            ..Sighting::default()
        };
        office.assembled.public.intake.take(&sighting, &origin, Heard::News).await.unwrap();
    }
    office.assembled.daemon.announce.step().await.unwrap();
    assert_eq!(office.desk.accounts().await.unwrap()[0].in_review, 2);

    let held = office.desk.deliveries(Which::Held).await.unwrap();
    let id = |title: &str| -> DeliveryId { held.iter().find(|line| line.title == title).unwrap().id.parse().unwrap() };
    let (one, two) = (id("Logo 1"), id("Logo 2"));
    let line = held.iter().find(|line| line.title == "Logo 1").unwrap();
    assert_eq!(line.said, "It waits for its poster's approval.");
    assert!(line.advice.as_ref().unwrap().contains(&format!("gigcast approve {one}")), "{line:?}");

    let shown = office.desk.review(one).await.unwrap();
    assert!(shown.text.starts_with("Logo 1\n") && shown.link == "https://acme.example/1", "{shown:?}");
    let stale = office.desk.approve(one, Approval { version: "0-00000000".into() }).await.unwrap_err();
    assert!(matches!(&stale, Refusal::Refused(said) if said.contains("has changed since you read it")), "{stale:?}");
    let said = office.desk.approve(one, Approval { version: shown.version }).await.unwrap().said;
    assert!(said.starts_with("Approved for @acme@social.example, "), "{said}");
    assert_eq!(ledger.delivery(one).await.unwrap().unwrap().state, State::Queued);
    let again = office.desk.review(one).await.unwrap_err();
    assert!(matches!(&again, Refusal::Refused(said) if said.starts_with("It does not wait for approval any more.")));

    office.desk.decline(two, Declined { why: "not ours".into() }).await.unwrap();
    let State::Dropped(why) = ledger.delivery(two).await.unwrap().unwrap().state else { panic!("it was declined") };
    assert_eq!(why.said, "declined by its person: not ours");
    let told = office.desk.why(&one.to_string(), TimeZone::UTC).await.unwrap();
    assert!(
        told.chapters[0].told.iter().any(|told| told.said == "Its person approved the text of revision 1."),
        "{told:?}"
    );
    assert_eq!(ledger.audit().await, Ok(Vec::new()));
}

#[tokio::test]
async fn how_an_account_follows_its_gigs_is_set_in_part_and_shown() {
    let office = Office::open().await;
    let ledger = &office.assembled.public.ledger;
    let policy = async || ledger.accounts().await.unwrap()[0].policy;
    let before = policy().await;
    let asked = FollowAsked { changed: Some(Changed::DeleteAndRepost), ended: None };
    let done = office.desk.follow("@acme@social.example", asked).await.unwrap();
    assert!(done.said.contains("deleted and made anew"), "{}", done.said);
    assert_eq!(policy().await, Policy { changed: Changed::DeleteAndRepost, ..before });
    office.desk.follow(&done.id, FollowAsked { changed: None, ended: Some(Ended::Delete) }).await.unwrap();
    assert_eq!(policy().await, Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete });
    let lines = office.desk.accounts().await.unwrap();
    assert!(lines[0].follows.ends_with("When a gig has ended, the post is deleted."), "{}", lines[0].follows);
    let told = office.desk.why(&done.id, TimeZone::UTC).await.unwrap();
    assert!(told.chapters[0].told.iter().any(|told| told.said == lines[0].follows), "{told:?}");
}
