//! What counts against a documented limit: each request that leaves, and nothing that does not.

use super::world_of;
use crate::support::fake_network::{Fault, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::failure::Scope;
use gigcast::outbox::State;
use gigcast::profile::{Action, Profile, Quota};
use std::time::Duration;

const WINDOW: Duration = Duration::from_mins(5);

fn limited(action: Action, max: u32) -> Profile {
    Profile { quotas: vec![Quota { action, scope: Scope::Account, max, per: WINDOW }].into(), ..profile() }
}

/// When each of these calls came, in seconds.
fn seconds_of(world: &World, verb: &str) -> Vec<u64> {
    let calls = world.network.calls();
    calls.iter().filter(|(said, ..)| *said == verb).map(|(_, at, _)| at.since(NOON).as_secs()).collect()
}

#[tokio::test]
async fn a_post_sent_again_with_a_renewed_grant_counts_twice() {
    // Two may leave at once, and then one each 50 seconds.
    let (world, _dir) = world_of(limited(Action::Write, 8)).await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked]);
    world.network.grant_next_renewal();
    world.take(&sighting("1")).await.unwrap();
    world.take(&sighting("2")).await.unwrap();
    world.run_for(WINDOW).await.unwrap();
    assert!(world.is_delivered("1", &account).await && world.is_delivered("2", &account).await);
    assert_eq!(seconds_of(&world, "create"), [0, 0, 50]);
    let lane = world.ledger.turn(account.id).await.unwrap().lane;
    assert_eq!(lane.recent.iter().filter(|(_, action)| *action == Action::Write).count(), 3, "and are remembered");
}

#[tokio::test]
async fn a_renewed_grant_is_no_leave_to_overrun_a_limit() {
    let (world, _dir) = world_of(limited(Action::Write, 4)).await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Revoked]);
    world.network.grant_next_renewal();
    world.take(&sighting("1")).await.unwrap();
    world.run_for(WINDOW).await.unwrap();
    assert_eq!(seconds_of(&world, "create"), [0, 100]);
    assert!(world.is_delivered("1", &account).await);
}

#[tokio::test]
async fn a_look_counts_and_is_remembered() {
    let (world, _dir) = world_of(limited(Action::ReadPage, 4)).await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::LostAfter]);
    world.take(&sighting("1")).await.unwrap();
    world.run_for(WINDOW).await.unwrap();
    assert_eq!(seconds_of(&world, "find"), [15]);
    let lane = world.ledger.turn(account.id).await.unwrap().lane;
    assert!(lane.recent.contains(&(NOON.plus(Duration::from_secs(15)), Action::ReadPage)), "{:?}", lane.recent);
}

#[tokio::test]
async fn what_cannot_be_said_at_all_takes_nothing_from_a_limit() {
    let mut profile = limited(Action::Write, 8);
    profile.text.max = 1;
    let (world, _dir) = world_of(profile).await;
    let account = world.link("ana", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    assert!(matches!(world.delivery("1", &account).await.state, State::Dead(_)));
    assert_eq!(world.ledger.turn(account.id).await.unwrap().lane.recent, []);
}
