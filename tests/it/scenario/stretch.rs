//! Several posts of one lane in one turn: the commit that settles one claims the next.

use crate::support::fake_network::{FakeNetwork, SERVER, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::outbox::{Hold, State};
use gigcast::person::{Account, Mode};
use gigcast::ports::{Batch, Store};
use gigcast::store::layout;
use gigcast::store::volatile::VolatileStore;
use std::sync::Arc;
use std::time::Duration;

async fn world() -> (World, VolatileStore, tempfile::TempDir) {
    let (clock, store) = (ManualClock::at(NOON), VolatileStore::new());
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(Arc::new(store.clone()), network, clock, dir.path()).await.unwrap();
    (world, store, dir)
}

/// Gigs enough wait on one account.
async fn with_waiting(world: &World, gigs: usize) -> Account {
    let account = world.link("ana", brisk()).await;
    for n in 0..gigs {
        world.take(&sighting(&n.to_string())).await.unwrap();
    }
    world.announce.step().await.unwrap();
    // They fall due in the order they came, a millisecond apart; by now all of them are.
    world.clock.advance(Duration::from_secs(1));
    account
}

/// Starts the turn of the only lane, and stops where its first request is out.
async fn first_is_out(world: &World) {
    world.network.stall(SERVER);
    world.deliver.step().await.unwrap();
    while world.network.calls().is_empty() {
        tokio::task::yield_now().await;
    }
}

async fn turn_ends(world: &World) {
    world.network.release();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_costs_one_commit_and_a_lane_gives_its_slot_up_after_thirty_two() {
    let learning_the_profile = 1;
    for (gigs, turns) in [(1, 1), (5, 1), (32, 1), (33, 2), (64, 2)] {
        let (world, store, _dir) = world().await;
        with_waiting(&world, gigs).await;
        let before = store.commits();
        world.settle().await.unwrap();
        assert_eq!(world.network.posts().len(), gigs);
        assert_eq!(
            store.commits() - before,
            u64::try_from(gigs + turns + learning_the_profile).unwrap(),
            "{gigs} gigs"
        );
        assert_eq!(world.ledger.audit().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn gigs_that_are_planned_together_cost_each_account_one_commit() {
    for (gigs, batches) in [(1, 1), (16, 1), (17, 2)] {
        let (world, store, _dir) = world().await;
        world.link("ana", brisk()).await;
        world.link("bo", brisk()).await;
        for n in 0..gigs {
            world.take(&sighting(&n.to_string())).await.unwrap();
        }
        let before = store.commits();
        world.announce.step().await.unwrap();
        let notes = gigs;
        assert_eq!(store.commits() - before, 2 * batches + notes, "{gigs} gigs on two accounts");
        assert_eq!(world.ledger.audit().await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn gigs_that_are_planned_together_leave_in_the_order_they_came() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 20).await;
    let waiting = world.ledger.waiting_in(account.id, 99).await.unwrap();
    let moments: Vec<_> = waiting.iter().map(|delivery| delivery.due).collect();
    let mut came = Vec::new();
    for n in 0..20 {
        came.push(world.gig(&n.to_string()).await.gig.id);
    }
    assert_eq!(waiting.iter().map(|delivery| delivery.gig).collect::<Vec<_>>(), came);
    assert!(moments.is_sorted_by(|earlier, later| earlier < later), "{moments:?}");
}

#[tokio::test]
async fn a_gig_that_was_noted_twice_is_planned_once_and_its_later_words_stand() {
    let (world, _store, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.take(&sighting("0")).await.unwrap();
    let mut later = sighting("0");
    later.title = Some("Logo for the night shift".into());
    world.take(&later).await.unwrap();
    assert_eq!(world.ledger.unplanned(9).await.unwrap().len(), 2);
    world.settle().await.unwrap();
    assert!(world.is_delivered("0", &account).await);
    assert_eq!(world.network.posts().len(), 1);
    assert!(world.ledger.unplanned(9).await.unwrap().is_empty());
    assert_eq!(world.ledger.audit().await, Ok(Vec::new()));
}

#[tokio::test]
async fn after_the_word_to_stop_nothing_more_of_the_lane_leaves() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 3).await;
    first_is_out(&world).await;
    world.deliver.tasks.close();
    turn_ends(&world).await;
    assert_eq!(world.network.posts().len(), 1);
    let states = [world.delivery("0", &account).await.state, world.delivery("1", &account).await.state];
    assert!(matches!(states, [State::Delivered(_), State::Queued]), "{states:?}");
}

#[tokio::test]
async fn what_was_done_to_the_lane_while_one_was_out_holds_for_the_next() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 3).await;
    first_is_out(&world).await;
    let mut turn = world.ledger.turn(account.id).await.unwrap();
    turn.lane.hold(gigcast::outbox::LaneHold::Paused);
    world.ledger.end_turn(&turn, gigcast::store::Change::default()).await.unwrap();
    turn_ends(&world).await;
    world.settle().await.unwrap();
    assert_eq!(world.network.posts().len(), 1, "it is paused");
    assert!(world.is_delivered("0", &account).await);
}

#[tokio::test]
async fn an_account_that_goes_into_review_while_one_is_out_has_the_next_looked_at() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 2).await;
    first_is_out(&world).await;
    world.ledger.revise_account(account.id, |account| account.mode = Mode::Review).await.unwrap();
    turn_ends(&world).await;
    world.settle().await.unwrap();
    assert_eq!(world.network.posts().len(), 1);
    assert_eq!(world.delivery("1", &account).await.state, State::Held(Hold::Review));
}

#[tokio::test]
async fn a_fault_of_ours_over_the_next_one_costs_the_answered_one_nothing() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 2).await;
    first_is_out(&world).await;
    world.network.panic_next("choose_id");
    turn_ends(&world).await;
    assert!(world.is_delivered("0", &account).await, "{:?}", world.delivery("0", &account).await.state);
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
    assert_eq!(world.network.posts().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_read_of_the_next_one_costs_the_answered_one_nothing() {
    let (world, store, _dir) = world().await;
    let account = with_waiting(&world, 2).await;
    let next = world.delivery("1", &account).await.gig;
    first_is_out(&world).await;
    let broken = Batch { put: vec![(layout::gig(next), b"?".to_vec())], ..Batch::default() };
    store.commit(broken).await.unwrap();
    turn_ends(&world).await;
    assert!(world.is_delivered("0", &account).await, "{:?}", world.delivery("0", &account).await.state);
    assert!(world.deliver.step().await.is_ok());
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(world.deliver.fitness.fault().is_some(), "a turn of its own meets it");
}

#[tokio::test]
async fn a_failed_one_ends_the_turn_and_its_lane_decides_anew() {
    let (world, _store, _dir) = world().await;
    let account = with_waiting(&world, 2).await;
    world.network.fail_next([crate::support::fake_network::Fault::Busy]);
    first_is_out(&world).await;
    turn_ends(&world).await;
    assert_eq!(world.network.calls().len(), 1);
    world.run_for(Duration::from_mins(10)).await.unwrap();
    assert!(world.is_delivered("0", &account).await && world.is_delivered("1", &account).await);
}
