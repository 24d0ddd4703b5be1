//! The disk is nearly full, as the store itself says: nothing is taken or sent, and it goes on by itself.

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::through::{Alters, Through};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::upkeep::Upkeep;
use gigcast::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use gigcast::store::memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A store on a disk that is as full as the test says.
#[derive(Debug, Clone, Default)]
struct Filling {
    store: MemoryStore,
    free: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
}

impl Alters for Filling {
    fn behind(&self) -> &dyn Store {
        &self.store
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        self.commits.fetch_add(1, Ordering::AcqRel);
        self.store.commit(batch)
    }

    fn free(&self) -> Option<u64> {
        Some(self.free.load(Ordering::Acquire))
    }
}

#[tokio::test]
async fn a_disk_that_fills_up_stops_everything_and_room_sets_it_going_by_itself() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (Filling::default(), tempfile::tempdir().unwrap());
    store.free.store(u64::MAX, Ordering::Release);
    let world = World::start(Arc::new(Through(store.clone())), network, clock, dir.path()).await.unwrap();
    let upkeep = Upkeep {
        deliver: Arc::clone(&world.deliver),
        bell: Arc::default(),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::default(),
        interests_kept: std::time::Duration::from_hours(180 * 24),
        keep: gigcast::config::Keep::default(),
    };
    let account = world.link("ana", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.announce.step().await.unwrap();

    // The floor of this world is one MiB.
    store.free.store((1 << 20) - 1, Ordering::Release);
    upkeep.step().await.unwrap();
    let written = store.commits.load(Ordering::Acquire);
    let due = world.deliver.step().await.unwrap().next_due;
    assert!(due.is_some_and(|due| due > world.clock.now()), "it looks again by itself");
    world.settle().await.unwrap();
    upkeep.step().await.unwrap();
    assert_eq!(
        (world.network.calls().len(), store.commits.load(Ordering::Acquire)),
        (0, written),
        "nothing is written"
    );

    store.free.store(1 << 20, Ordering::Release);
    world.clock.advance(Duration::from_secs(5));
    upkeep.step().await.unwrap();
    world.settle().await.unwrap();
    assert!(world.is_delivered("1", &account).await);
}
