//! A gig goes first to the accounts that its poster chose, and to the others only later, if it is still to be had.

use super::world;
use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::desk::rehearsal::Would;
use gigcast::gig::heard::Decision;
use gigcast::gig::rings::Ring;
use gigcast::gig::{Sighting, Status};
use gigcast::intake::{Decided, Taken};
use gigcast::outbox::{Hold, State, Wait};
use gigcast::person::{Account, Mode, Pace, PostingWindow};
use gigcast::store::Tale;
use gigcast::store::memory::MemoryStore;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// First on this account, and six hours later on the others.
fn first_on(native: &str, account: &Account) -> Sighting {
    ringed(native, &account.handle, 6)
}

fn ringed(native: &str, handle: &str, hours: u32) -> Sighting {
    let ring = Ring { first: vec![handle.to_owned()], widen_after: HOUR * hours };
    Sighting { ring: Some(ring), ..sighting(native) }
}

/// Hours since noon at which posts were made.
fn left(world: &World) -> Vec<u64> {
    world.network.calls().iter().map(|(_, at, _)| at.since(NOON).as_secs() / 3600).collect()
}

async fn takes(world: &World, sighting: &Sighting) {
    assert!(!matches!(world.take(sighting).await.unwrap(), Taken::Refused(_)));
    world.run_for(Duration::from_secs(1)).await.unwrap();
}

async fn two() -> (World, Account, Account, tempfile::TempDir) {
    let (world, dir) = world().await;
    let (ana, ben) = (world.link("ana", brisk()).await, world.link("ben", brisk()).await);
    (world, ana, ben, dir)
}

#[tokio::test]
async fn a_gig_goes_first_to_the_chosen_account_and_to_the_others_when_its_time_has_come() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &first_on("1", &ana)).await;
    assert!(world.is_delivered("1", &ana).await);
    let waits = world.delivery("1", &ben).await;
    assert_eq!((waits.state, waits.wait, waits.due), (State::Queued, Wait::Ring, NOON.plus(HOUR * 6)));
    takes(&world, &sighting("2")).await;
    assert!(world.is_delivered("2", &ben).await, "what waits for its ring keeps nothing else waiting");
    world.run_for(HOUR * 7).await.unwrap();
    assert!(world.is_delivered("1", &ben).await);
    assert_eq!(left(&world), [0, 0, 0, 6]);
}

#[tokio::test]
async fn what_is_filled_or_withdrawn_before_it_widens_never_goes_out_on_the_others() {
    for status in [Status::Filled, Status::Withdrawn] {
        let (world, ana, ben, _dir) = two().await;
        takes(&world, &first_on("1", &ana)).await;
        world.run_for(HOUR).await.unwrap();
        let ended = Sighting { status: Some(status), ..first_on("1", &ana) };
        takes(&world, &ended).await;
        assert!(matches!(world.delivery("1", &ben).await.state, State::Dropped(_)), "{status:?}");
        world.run_for(HOUR * 24).await.unwrap();
        let created = world.network.calls().iter().filter(|(verb, ..)| *verb == "create").count();
        assert_eq!(created, 1, "{status:?}");
    }
}

#[tokio::test]
async fn a_gig_that_is_open_again_before_it_widens_waits_as_before() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &first_on("1", &ana)).await;
    takes(&world, &Sighting { status: Some(Status::Filled), ..first_on("1", &ana) }).await;
    takes(&world, &Sighting { status: Some(Status::Open), ..first_on("1", &ana) }).await;
    assert_eq!(world.delivery("1", &ben).await.due, NOON.plus(HOUR * 6));
    world.run_for(HOUR * 7).await.unwrap();
    assert!(world.is_delivered("1", &ben).await);
}

#[tokio::test]
async fn a_restart_in_between_changes_nothing() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
    let start = || World::start(Arc::<MemoryStore>::clone(&store), Arc::clone(&network), clock.clone(), dir.path());
    let world = start().await.unwrap();
    let (ana, ben) = (world.link("ana", brisk()).await, world.link("ben", brisk()).await);
    world.take(&first_on("1", &ana)).await.unwrap();
    drop(world);
    let world = start().await.unwrap();
    world.run_for(HOUR * 2).await.unwrap();
    assert!(world.is_delivered("1", &ana).await);
    drop(world);
    let world = start().await.unwrap();
    world.deliver.clock_was_set_back().await.unwrap();
    world.run_for(HOUR * 3).await.unwrap();
    assert_eq!(world.delivery("1", &ben).await.state, State::Queued, "five hours are not six");
    world.run_for(HOUR * 2).await.unwrap();
    assert!(world.is_delivered("1", &ben).await);
    assert_eq!(left(&world), [0, 6]);
}

#[tokio::test]
async fn a_later_word_on_the_ring_applies_to_what_still_waits_and_is_no_new_revision() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &first_on("1", &ana)).await;
    let before = world.gig("1").await.gig;
    takes(&world, &ringed("1", &ana.handle, 2)).await;
    assert_eq!(world.delivery("1", &ben).await.due, NOON.plus(HOUR * 2), "sooner");
    takes(&world, &ringed("1", &ana.handle, 9)).await;
    assert_eq!(world.delivery("1", &ben).await.due, NOON.plus(HOUR * 9), "later");
    let mut terms = world.gig("1").await.gig.terms;
    terms.ring = None;
    let edit = Decision::Edit(Box::new(terms));
    assert!(matches!(world.intake.decide(before.id, None, &edit).await.unwrap(), Decided::Done(_)));
    world.settle().await.unwrap();
    assert!(world.is_delivered("1", &ben).await, "at once");
    let record = world.gig("1").await;
    assert_eq!(record.gig.revision, before.revision);
    let story = world.ledger.story(before.id).await.unwrap();
    assert_eq!(story.iter().filter(|told| matches!(told.tale, Tale::Ring { .. })).count(), 3);
}

#[tokio::test]
async fn an_approval_before_it_widens_makes_nothing_leave_sooner() {
    let (world, ana, ben, _dir) = two().await;
    world.ledger.revise_account(ben.id, |account| account.mode = Mode::Review).await.unwrap();
    takes(&world, &first_on("1", &ana)).await;
    let held = world.delivery("1", &ben).await;
    assert_eq!((&held.state, held.ring), (&State::Held(Hold::Review), Some(NOON.plus(HOUR * 6))));
    let profile = profile();
    let gig = world.gig("1").await.gig;
    let event = gigcast::outbox::Event::Approved { revision: gig.revision };
    let after = gigcast::outbox::next(
        &held,
        event,
        world.deliver.terms(&profile),
        world.clock.now(),
        gigcast::outbox::backoff::Dice(0),
    );
    assert_eq!((after.state, after.wait, after.due), (State::Queued, Wait::Ring, NOON.plus(HOUR * 6)));
}

#[tokio::test]
async fn an_account_that_is_nobodys_is_refused_by_name_and_one_that_was_unlinked_since_is_not() {
    let (world, ana, _ben, _dir) = two().await;
    let Taken::Refused(why) = world.take(&ringed("1", "@nobody", 6)).await.unwrap() else { panic!("it is refused") };
    assert!(why.said.contains("@nobody") && why.said.contains(&ana.handle), "{}", why.said);
    takes(&world, &first_on("2", &ana)).await;
    let gig = world.gig("2").await.gig;
    let mut terms = gig.terms.clone();
    terms.ring = Some(Ring { first: vec!["@nobody".to_owned()], widen_after: HOUR });
    let edit = Decision::Edit(Box::new(terms));
    assert!(matches!(world.intake.decide(gig.id, None, &edit).await.unwrap(), Decided::Refused(_)));
}

#[tokio::test]
async fn a_plan_shows_when_the_others_follow() {
    let (world, ana, ben, _dir) = two().await;
    let now = world.clock.now();
    let source = crate::support::world::origin().source;
    let gig = world.deliver.as_meant(&first_on("1", &ana), ana.owner, source, now).unwrap();
    let voices = world.deliver.voices(&gig, vec![ana.clone(), ben], now).await.unwrap();
    let when: Vec<&str> = voices
        .iter()
        .map(|voice| match &voice.would {
            Would::Say(saying) => saying.when.as_str(),
            Would::Skip(why) => panic!("{why}"),
        })
        .collect();
    assert_eq!(when[0], "It goes out at once.");
    assert!(when[1].contains("18:00") && when[1].contains(&ana.handle) && when[1].contains("unless"), "{}", when[1]);
}

#[tokio::test]
async fn an_account_that_was_unlinked_is_not_named_first_and_what_named_it_before_goes_on() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &first_on("1", &ana)).await;
    world.ledger.unlink(&ana, world.clock.now()).await.unwrap();
    let Taken::Refused(refused) = world.take(&first_on("2", &ana)).await.unwrap() else { panic!("it is taken") };
    let said = refused.said;
    assert!(said.contains("@ana@fake.example, which was unlinked: link it again, or leave it out"), "{said}");
    // The gig that named her before may still change, and goes out when its time has come.
    let title = Some("Logo and a sign for bakery 1".into());
    takes(&world, &Sighting { title, ..first_on("1", &ana) }).await;
    world.run_for(HOUR * 7).await.unwrap();
    assert!(world.is_delivered("1", &ben).await);
    let standing = world.network.standing(&ben.native);
    assert!(standing.len() == 1 && standing[0].post.text.contains("and a sign"), "{standing:?}");
    world.link("ana", brisk()).await;
    takes(&world, &first_on("2", &ana)).await;
}

const DAY: Duration = Duration::from_hours(24);

/// Without a ring any more, as its poster has it.
async fn goes_to_all(world: &World, native: &str) {
    let gig = world.gig(native).await.gig;
    let mut terms = gig.terms.clone();
    terms.ring = None;
    let edit = Decision::Edit(Box::new(terms));
    assert!(matches!(world.intake.decide(gig.id, None, &edit).await.unwrap(), Decided::Done(_)));
    world.settle().await.unwrap();
}

#[tokio::test]
async fn what_waits_for_its_ring_longer_than_it_is_worth_saying_goes_out_when_that_ends() {
    let (world, _dir) = world().await;
    let sooner = Pace { worth_saying_for: Some(HOUR * 36), ..brisk() };
    let (ana, ben, cy) =
        (world.link("ana", brisk()).await, world.link("ben", brisk()).await, world.link("cy", sooner).await);
    takes(&world, &ringed("1", &ana.handle, 20 * 24)).await;
    world.run_for(DAY * 21).await.unwrap();
    for account in [&ben, &cy] {
        assert!(world.is_delivered("1", account).await, "{:?}", world.delivery("1", account).await.state);
    }
    assert_eq!(left(&world), [0, 20 * 24, 20 * 24]);
}

#[tokio::test]
async fn behind_its_ring_a_gig_is_worth_saying_as_long_as_any_other_whatever_its_source_says_meanwhile() {
    let weekdays = |worth: Duration| Pace {
        windows: vec![PostingWindow::parse("mon-fri 09:00-17:00").unwrap()],
        worth_saying_for: Some(worth),
        ..brisk()
    };
    let (world, _dir) = world().await;
    // The ring ends on a Saturday noon: 45 hours before the window of both.
    let ana = world.link("ana", brisk()).await;
    let (ben, cy) = (world.link("ben", weekdays(HOUR * 44)).await, world.link("cy", weekdays(HOUR * 46)).await);
    takes(&world, &ringed("1", &ana.handle, 7 * 24)).await;
    world.run_for(DAY * 8).await.unwrap();
    let title = Some("Logo and a sign for bakery 1".into());
    takes(&world, &Sighting { title, ..ringed("1", &ana.handle, 7 * 24) }).await;
    world.run_for(DAY * 2).await.unwrap();
    assert!(matches!(world.delivery("1", &ben).await.state, State::Dropped(_)));
    assert!(world.is_delivered("1", &cy).await, "{:?}", world.delivery("1", &cy).await.state);
}

#[tokio::test]
async fn a_ring_that_its_poster_ends_late_ends_at_once_and_nothing_of_it_is_lost() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &ringed("1", &ana.handle, 20 * 24)).await;
    world.run_for(DAY * 16).await.unwrap();
    goes_to_all(&world, "1").await;
    assert!(world.is_delivered("1", &ben).await, "{:?}", world.delivery("1", &ben).await.state);
}

#[tokio::test]
async fn a_change_that_was_approved_does_not_wait_for_a_ring_that_came_after_the_post() {
    let (world, ana, ben, _dir) = two().await;
    takes(&world, &sighting("1")).await;
    world.ledger.revise_account(ben.id, |account| account.mode = Mode::Review).await.unwrap();
    let title = Some("Logo and a sign for bakery 1".to_owned());
    let changed = |sighting| Sighting { title: title.clone(), ..sighting };
    takes(&world, &changed(sighting("1"))).await;
    assert_eq!(world.delivery("1", &ben).await.state, State::Held(Hold::Review));
    takes(&world, &changed(first_on("1", &ana))).await;
    let held = world.delivery("1", &ben).await;
    assert_eq!((&held.state, held.ring), (&State::Held(Hold::Review), None));
}
