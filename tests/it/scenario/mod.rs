//! The promises of the design, each as a story with a clock moved by hand.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod brought_back;
mod collecting;
mod console;
mod copying;
mod crash_sweep;
mod defects;
mod ends;
mod faults;
mod following;
mod foretold;
mod gauges;
mod gone;
mod hired;
mod limits;
mod linking;
mod lives;
mod measured;
mod mishaps;
mod notices;
mod overtaken;
mod polling;
mod promises;
mod quotas;
mod relay;
mod relay_boost;
mod relay_let_be;
mod relay_many;
mod relay_nearest;
mod relay_remade;
mod relay_unboost;
mod relay_unreshare;
mod renewing;
mod reposts;
mod reread;
mod restored;
mod retained;
mod review;
mod right;
mod rings;
mod room;
mod rotation;
mod secrets;
mod set_back;
mod shown;
mod stretch;
mod too_late;
mod traced;
mod unfit;
mod unlinked;
mod untouched;
mod urgent;
mod woken;

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World};
use gigcast::clock::ManualClock;
use gigcast::profile::Profile;
use gigcast::store::memory::MemoryStore;
use std::sync::Arc;

/// A world that ends with the test, and the directory its vault lives in.
async fn world_of(profile: Profile) -> (World, tempfile::TempDir) {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile, clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(Arc::new(MemoryStore::new()), network, clock, dir.path()).await.unwrap();
    (world, dir)
}

async fn world() -> (World, tempfile::TempDir) {
    world_of(profile()).await
}
