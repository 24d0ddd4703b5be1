//! What once went wrong, each as the story that showed it.

use super::world;
use crate::support::fake_network::{FakeNetwork, Fault, SERVER, entered, profile};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::failure::{Failure, Scope, Why};
use gigcast::gig::{Sighting, Status};
use gigcast::grants::Terms;
use gigcast::id::GigId;
use gigcast::outbox::LaneHold;
use gigcast::person::{Audience, GrantState, Pace, Person};
use gigcast::ports::{Commit, Entered};
use gigcast::store::Change;
use gigcast::store::volatile::VolatileStore;
use std::sync::Arc;
use std::time::Duration;

async fn posted(world: &World, native: &str) {
    world.take(&sighting(native)).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
}

/// Steps once, and lets what was begun go as far as it can.
async fn begin(world: &World) {
    world.announce.step().await.unwrap();
    world.deliver.step().await.unwrap();
    yields().await;
}

async fn yields() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn calls_of(world: &World, verb: &str) -> usize {
    world.network.calls().iter().filter(|(said, ..)| *said == verb).count()
}

async fn restarted(world: &World, store: &VolatileStore, dir: &tempfile::TempDir) -> World {
    World::start(Arc::new(store.clone()), Arc::clone(&world.network), world.clock.clone(), dir.path()).await.unwrap()
}

/// A world on a store that can be cut off and reopened.
async fn volatile() -> (World, VolatileStore, tempfile::TempDir) {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (VolatileStore::new(), tempfile::tempdir().unwrap());
    let world = World::start(Arc::new(store.clone()), network, clock, dir.path()).await.unwrap();
    (world, store, dir)
}

#[tokio::test]
async fn a_wait_that_is_over_when_it_is_asked_for_is_no_leave_to_ask_again_at_once() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Limited(Duration::ZERO); 3]);
    posted(&world, "1").await;
    assert_eq!(calls_of(&world, "create"), 1);
    world.run_for(Duration::from_mins(5)).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn an_edit_does_not_wait_for_the_posters_own_pace_of_new_posts() {
    let (world, _dir) = world().await;
    world.link("ana", Pace { posts_per_day: 1, ..brisk() }).await;
    posted(&world, "1").await;
    posted(&world, "2").await;
    world.becomes("1", Status::Filled).await;
    world.run_for(Duration::from_secs(1)).await.unwrap();
    assert_eq!((world.network.posts().len(), world.network.posts()[0].edits), (1, 1));
    world.run_for(Duration::from_hours(24)).await.unwrap();
    assert_eq!(world.network.posts().len(), 2);
}

#[tokio::test]
async fn a_limit_of_the_network_holds_edits_even_while_posts_wait_for_the_pace() {
    let (world, _dir) = world().await;
    world.link("ana", Pace { posts_per_day: 2, ..brisk() }).await;
    for native in ["1", "2", "3"] {
        posted(&world, native).await;
    }
    world.network.fail_next([Fault::Limited(Duration::from_hours(1))]);
    world.becomes("1", Status::Filled).await;
    world.becomes("2", Status::Filled).await;
    world.run_for(Duration::from_mins(59)).await.unwrap();
    assert_eq!(calls_of(&world, "edit"), 1);
    world.run_for(Duration::from_mins(2)).await.unwrap();
    assert_eq!(calls_of(&world, "edit"), 3);
}

#[tokio::test]
async fn posts_whose_answers_are_lost_keep_the_gap_too() {
    let (world, _dir) = world().await;
    world.link("ana", Pace { gap: Duration::from_mins(25), ..brisk() }).await;
    world.network.fail_next([Fault::LostAfter, Fault::LostAfter]);
    for native in ["1", "2"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.run_for(Duration::from_mins(24)).await.unwrap();
    assert_eq!(calls_of(&world, "create"), 1);
    world.run_for(Duration::from_mins(40)).await.unwrap();
    assert_eq!(world.network.posts().len(), 2);
}

#[tokio::test]
async fn a_crash_between_linking_again_and_what_follows_leaves_nothing_held() {
    let (world, store, dir) = volatile().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked]);
    posted(&world, "1").await;
    posted(&world, "2").await;
    world.clock.advance(Duration::from_mins(1));
    world.link("ana", brisk()).await;
    let world = restarted(&world, &store.reopen(), &dir).await;
    world.run_for(Duration::from_mins(5)).await.unwrap();
    assert!(world.is_delivered("1", &account).await && world.is_delivered("2", &account).await);
}

#[tokio::test]
async fn an_account_linked_again_while_its_old_grant_dies_is_not_held() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.stall(SERVER);
    world.network.fail_next([Fault::Revoked]);
    world.take(&sighting("1")).await.unwrap();
    begin(&world).await;
    assert_eq!(calls_of(&world, "create"), 1);
    world.clock.advance(Duration::from_secs(5));
    let again = world.link("ana", brisk()).await;
    world.deliver.relinked(&again).await.unwrap();
    world.network.release();
    world.run_for(Duration::from_mins(5)).await.unwrap();
    assert_eq!(world.ledger.account(account.id).await.unwrap().unwrap().grant, GrantState::Linked);
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn a_pause_outlives_a_grant_that_dies_and_is_renewed() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.stall(SERVER);
    world.network.fail_next([Fault::Revoked]);
    world.take(&sighting("1")).await.unwrap();
    begin(&world).await;
    let mut turn = world.ledger.turn(account.id).await.unwrap();
    turn.lane.hold(LaneHold::Paused);
    assert_eq!(world.ledger.end_turn(&turn, Change::default()).await, Ok(Commit::Applied));
    world.network.release();
    world.settle().await.unwrap();
    world.clock.advance(Duration::from_secs(5));
    let again = world.link("ana", brisk()).await;
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert_eq!(world.network.posts().len(), 0);
    assert_eq!(world.ledger.turn(account.id).await.unwrap().lane.hold, Some(LaneHold::Paused));
}

#[tokio::test]
async fn two_hundred_accounts_on_a_host_that_hangs_keep_no_one_else_waiting() {
    let (world, _dir) = world().await;
    for n in 0..200 {
        world.link(&format!("slow{n}"), brisk()).await;
    }
    world.network.stall(SERVER);
    world.take(&sighting("1")).await.unwrap();
    begin(&world).await;
    world.clock.advance(Duration::from_secs(1));
    let entered = Entered { server: "https://quick.example".into(), ..entered("quick") };
    let owner = Person::poster("Acme", NOON);
    let terms = Terms { owner, pace: brisk(), audience: Audience::default() };
    world.deliver.sessions.link("fake", &entered, terms).await.unwrap();
    world.take(&sighting("2")).await.unwrap();
    begin(&world).await;
    assert_eq!(world.network.posts_of("quick").len(), 1);
}

#[tokio::test]
async fn an_edit_cut_off_by_a_crash_is_made_again_and_not_taken_for_made() {
    let (world, store, dir) = volatile().await;
    world.link("ana", brisk()).await;
    posted(&world, "1").await;
    world.network.stall(SERVER);
    world.take(&Sighting { title: Some("Second thought".into()), ..sighting("1") }).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    begin(&world).await;
    assert_eq!(calls_of(&world, "edit"), 1);
    let store = store.reopen();
    let after = restarted(&world, &store, &dir).await;
    // Of the first run nothing is left that could still arrive.
    world.network.fail_next([Fault::LostBefore]);
    world.network.release();
    yields().await;
    after.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(after.network.posts()[0].post.text.starts_with("Second thought"), "{:?}", after.network.calls());
}

#[tokio::test]
async fn a_decision_on_what_has_changed_meanwhile_is_made_again() {
    let (world, _dir) = world().await;
    posted(&world, "1").await;
    let before = world.gig("1").await;
    world.becomes("1", Status::Filled).await;
    let stale = world.ledger.take_in(&before, Some(&before), &[], Vec::new(), NOON).await;
    assert_eq!(stale, Ok(Commit::Conflict));
    assert_eq!(world.gig("1").await.gig.status, Status::Filled);
    // A name that has come to stand for another gig since is no less a change.
    let mut other = before.clone();
    other.gig.id = GigId::from_source(origin().source, "2");
    let name = [7; 32];
    for (stands_for, expected) in [(None, Commit::Applied), (None, Commit::Conflict)] {
        other.gig.id = GigId::from_source(origin().source, if expected == Commit::Applied { "2" } else { "3" });
        let took = world.ledger.take_in(&other, None, &[(name, stands_for)], Vec::new(), NOON).await;
        assert_eq!(took, Ok(expected));
    }
}

#[tokio::test]
async fn on_a_doubtful_clock_a_new_gig_is_not_skipped_as_closed() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.clock.jump_to(NOON.plus(Duration::from_hours(72)));
    let closes = Some(NOON.plus(Duration::from_hours(24)));
    world.take(&Sighting { closes, ..sighting("1") }).await.unwrap();
    world.settle().await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn a_clock_that_was_ahead_keeps_no_later_gig_waiting_until_then() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    world.clock.jump_to(NOON.plus(Duration::from_hours(72)));
    world.take(&sighting("1")).await.unwrap();
    world.announce.step().await.unwrap();
    world.clock.jump_to(NOON);
    posted(&world, "2").await;
    assert_eq!(world.network.posts().len(), 1, "{}", world.clock.now());
}

#[tokio::test]
async fn a_limit_on_renewing_is_obeyed_in_full() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    let until = NOON.plus(Duration::from_hours(1));
    world.network.fail_next([Fault::Revoked]);
    world.network.fail_next_renewal(Failure::RateLimited { until, scope: Scope::Account, why: Why::new("later") });
    posted(&world, "1").await;
    world.run_for(Duration::from_mins(59)).await.unwrap();
    assert_eq!(calls_of(&world, "create"), 1);
    world.run_for(Duration::from_mins(2)).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn a_renewal_that_ends_late_does_not_replace_what_was_linked_anew() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    let before = world.ledger.grant(account.id).await.unwrap().unwrap();
    world.link("ana", brisk()).await;
    let anew = world.ledger.grant(account.id).await.unwrap().unwrap();
    let late = world.ledger.renew_grant(account.id, &before, b"renewed".to_vec()).await;
    assert_eq!((late, world.ledger.grant(account.id).await), (Ok(Commit::Conflict), Ok(Some(anew.clone()))));
    let in_time = world.ledger.renew_grant(account.id, &anew, b"renewed".to_vec()).await;
    assert_eq!((in_time, world.ledger.grant(account.id).await), (Ok(Commit::Applied), Ok(Some(b"renewed".to_vec()))));
}

#[tokio::test]
async fn what_waits_for_its_account_follows_its_gig_and_is_said_once() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked, Fault::Revoked]);
    posted(&world, "1").await;
    posted(&world, "2").await;
    world.take(&Sighting { title: Some("Second thought".into()), ..sighting("1") }).await.unwrap();
    let closes = Some(NOON.plus(Duration::from_hours(1)));
    world.take(&Sighting { closes, ..sighting("2") }).await.unwrap();
    world.run_for(Duration::from_hours(2)).await.unwrap();
    let again = world.link("ana", brisk()).await;
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    let again = world.link("ana", brisk()).await;
    world.deliver.relinked(&again).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    let posts = world.network.posts();
    assert_eq!(posts.len(), 1, "the second closed meanwhile");
    assert!(posts[0].post.text.starts_with("Second thought"));
    assert_eq!(posts[0].edits, 0, "it says what it should from the beginning");
}
