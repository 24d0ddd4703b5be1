//! A clock that was ahead and has been set back: nothing waits until the old time comes again.

use super::{world, world_of};
use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::upkeep::Upkeep;
use gigcast::failure::Scope;
use gigcast::person::Pace;
use gigcast::profile::{Action, Profile, Quota};
use gigcast::store::volatile::VolatileStore;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

fn upkeep(world: &World) -> Upkeep {
    Upkeep {
        deliver: Arc::clone(&world.deliver),
        bell: Arc::default(),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::default(),
        interests_kept: std::time::Duration::from_hours(180 * 24),
        keep: gigcast::config::Keep::default(),
    }
}

/// Takes these in while the clock is a month ahead; then sets it back.
async fn a_month_ahead(world: &World, natives: &[&str]) {
    let upkeep = upkeep(world);
    world.clock.jump_to(NOON.plus(24 * 30 * HOUR));
    upkeep.step().await.unwrap();
    for native in natives {
        world.take(&sighting(native)).await.unwrap();
    }
    world.settle().await.unwrap();
    world.clock.jump_to(NOON);
    upkeep.step().await.unwrap();
}

fn titles(world: &World) -> Vec<String> {
    world.network.posts().iter().map(|p| p.post.text.lines().next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn the_posters_own_pace_is_counted_by_the_new_time() {
    let (world, _dir) = world().await;
    let pace = Pace { gap: 25 * MINUTE, posts_per_day: 3, ..brisk() };
    world.link("ana", pace).await;
    a_month_ahead(&world, &["1", "2", "3", "4"]).await;
    world.run_for(24 * MINUTE).await.unwrap();
    let by_the_old_time = world.network.calls().len();
    assert_eq!(by_the_old_time, 1, "the gap counts from now");
    world.run_for(13 * HOUR).await.unwrap();
    let expected: Vec<String> = (1..=4).map(|n| format!("Logo for bakery {n}")).collect();
    assert_eq!(titles_ever(&world), expected, "in the order they came; the fourth on the next day");
}

/// The network kept the time of the wrong clock, so its own `from` says nothing here.
fn titles_ever(world: &World) -> Vec<String> {
    world.clock.jump_to(world.clock.now().plus(24 * 60 * HOUR));
    titles(world)
}

#[tokio::test]
async fn a_failed_try_is_repeated_within_the_schedule_of_the_new_time() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::Busy]);
    a_month_ahead(&world, &["1"]).await;
    world.run_for(2 * HOUR).await.unwrap();
    assert!(world.is_delivered("1", &account).await, "{:?}", world.delivery("1", &account).await);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_believed_by_the_new_time() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.fail_next([Fault::LostBefore]);
    a_month_ahead(&world, &["1"]).await;
    world.fitness.confirm_clock();
    world.run_for(2 * HOUR).await.unwrap();
    assert!(world.is_delivered("1", &account).await, "{:?}", world.delivery("1", &account).await);
    assert_eq!(world.network.posts().len(), 1);
}

#[tokio::test]
async fn a_documented_quota_is_waited_for_by_one_window_and_never_overrun() {
    for per in [5 * MINUTE, 3 * HOUR] {
        let quota = Quota { action: Action::Write, scope: Scope::Account, max: 4, per };
        let (world, _dir) = world_of(Profile { quotas: vec![quota].into(), ..profile() }).await;
        world.link("ana", brisk()).await;
        a_month_ahead(&world, &["1", "2", "3"]).await;
        assert_eq!(world.network.calls().len(), 1);
        world.run_for(per).await.unwrap();
        assert!(world.network.calls().len() > 1, "{per:?}");
        world.run_for(per).await.unwrap();
        assert_eq!(world.network.calls().len(), 3, "{per:?}");
    }
}

#[tokio::test]
async fn a_start_after_the_clock_was_set_back_finds_the_waits_too_long_as_well() {
    let clock = ManualClock::at(NOON.plus(24 * 30 * HOUR));
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (VolatileStore::new(), tempfile::tempdir().unwrap());
    let start = |store: VolatileStore| World::start(Arc::new(store), Arc::clone(&network), clock.clone(), dir.path());
    let world = start(store.clone()).await.unwrap();
    world.link("ana", Pace { gap: 25 * MINUTE, ..brisk() }).await;
    world.take(&sighting("1")).await.unwrap();
    world.take(&sighting("2")).await.unwrap();
    world.settle().await.unwrap();
    clock.jump_to(NOON);
    let world = start(store.reopen()).await.unwrap();
    world.run_for(26 * MINUTE).await.unwrap();
    assert_eq!(network.calls().len(), 2);
}
