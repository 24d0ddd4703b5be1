//! What people do on their pages, as the lanes take it.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use futures_util::FutureExt;
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::desk::posters::Reception;
use gigcast::grants::Linking;
use gigcast::id::{AccountId, PersonId};
use gigcast::outbox::State;
use gigcast::person::{Account, Pace, Person, QuietHours};
use gigcast::plan::relay::Relay;
use gigcast::store::memory::MemoryStore;
use gigcast::web::signed::Posters;
use std::sync::Arc;
use std::time::Duration;

async fn world(dir: &tempfile::TempDir) -> (World, Reception) {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let world = World::start(Arc::new(MemoryStore::new()), network, clock, dir.path()).await.unwrap();
    let deliver = Arc::clone(&world.deliver);
    let sessions = Arc::clone(&deliver.sessions);
    let linking = Linking::new(sessions, Arc::clone(&deliver) as _, "http://127.0.0.1:8420", brisk());
    (world, Reception { deliver, linking: Arc::new(linking) })
}

#[tokio::test]
async fn what_waits_for_a_pace_goes_out_once_its_person_wants_another() {
    let dir = tempfile::tempdir().unwrap();
    let (world, reception) = world(&dir).await;
    let slow = Pace { gap: Duration::from_hours(6), ..brisk() };
    let account = world.link("acme", slow).await;
    for gig in ["1", "2"] {
        world.take(&sighting(gig)).await.unwrap();
        world.run_for(Duration::from_mins(1)).await.unwrap();
    }
    assert!(world.is_delivered("1", &account).await && !world.is_delivered("2", &account).await);

    world.ledger.revise_account(account.id, |account: &mut Account| account.pace = brisk()).await.unwrap();
    world.settle().await.unwrap();
    assert!(!world.is_delivered("2", &account).await, "nobody has told the lane");
    reception.revised(&account).await.unwrap();
    world.settle().await.unwrap();
    assert!(world.is_delivered("2", &account).await);
    assert_eq!(world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_new_pace_does_not_wake_what_is_paused() {
    let dir = tempfile::tempdir().unwrap();
    let (world, reception) = world(&dir).await;
    let account = world.link("acme", brisk()).await;
    reception.pause(&account).await.unwrap();
    world.take(&sighting("1")).await.unwrap();
    reception.revised(&account).await.unwrap();
    world.deliver.relinked(&account).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(!world.is_delivered("1", &account).await);
    reception.resume(&account).await.unwrap();
    world.settle().await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn the_last_post_stays_known_however_long_ago() {
    let dir = tempfile::tempdir().unwrap();
    let (world, _reception) = world(&dir).await;
    let account = world.link("acme", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_hours(24 * 90)).await.unwrap();
    assert_eq!(world.ledger.turn(account.id).await.unwrap().lane.posted, [NOON]);
}

#[tokio::test]
async fn a_relay_that_ends_is_seen_to_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (world, reception) = world(&dir).await;
    world.link("acme", brisk()).await;
    let ann = Person::freelancer(AccountId::of(&[b"ann"]), "Ann", NOON);
    world.ledger.welcome(&ann).await.unwrap();
    let morning = QuietHours { from: 11 * 60, until: 13 * 60 };
    let account = world.link_for(ann.clone(), "ann", Pace { quiet: Some(morning), ..brisk() }).await.unwrap();
    let poster = PersonId::from_name("Acme");
    let relay = Relay { poster, person: ann.id, account: account.id, categories: Vec::new(), since: NOON };
    world.ledger.switch_relay_on(&relay).await.unwrap();
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_hours(2)).await.unwrap();
    world.clock.advance(Duration::from_hours(22));
    world.take(&sighting("2")).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
    assert_eq!(world.network.reshares_of("ann").len(), 1, "the second waits for the end of her quiet hours");

    let is_rung = || world.intake.bell.notified().now_or_never().is_some();
    let _ = is_rung();
    assert!(world.ledger.take_relay_back(poster, account.id, world.clock.now()).await.unwrap());
    reception.relay_ended(&account, poster).await.unwrap();
    assert!(matches!(world.delivery("2", &account).await.state, State::Dropped(_)), "what waits goes out of the queue");
    assert!(is_rung(), "what is out is looked at now, and not when the next gig comes");
    world.settle().await.unwrap();
    assert_eq!(world.network.reshares_of("ann").len(), 0);
}
