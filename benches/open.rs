//! How long an opening takes with many settled deliveries: sled alone, the store around it, and all that the daemon does until its
//! first step is over. Beside each other in one run, best of three each.

#![allow(clippy::cast_precision_loss)] // sizes, to be printed in MiB

mod support;

use gigcast::clock::{Clock, SystemClock};
use gigcast::ports::Store;
use gigcast::store::sled::SledStore;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::stock::{self, Instantly};
use support::{CACHE_BYTES, Steps, setting};
use tokio::runtime::Runtime;

fn main() {
    if std::env::args().skip(1).any(|word| word == "--list" || word == "--test") {
        return;
    }
    let count = setting("DELIVERIES", 100_000);
    let runtime = Runtime::new().expect("a runtime starts");
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the disk has room");
    let clock = SystemClock::default();
    let began = clock.monotonic();
    let store = Arc::new(SledStore::open(dir.path(), CACHE_BYTES).expect("a fresh store opens").store);
    runtime.block_on(stock::settled(&(Arc::clone(&store) as Arc<dyn Store>), count));
    println!(
        "open: {count} settled deliveries, written in {:.1} s",
        clock.monotonic().saturating_sub(began).as_secs_f64()
    );
    close(store);

    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..setting("ROUNDS", 3) {
        took[0].push(timed(&clock, || {
            drop(sled::Config::new().path(dir.path()).cache_capacity(CACHE_BYTES).open().expect("sled opens it"));
        }));
        took[1].push(timed(&clock, || close(open(dir.path()))));
        took[2].push(timed(&clock, || {
            let store = open(dir.path());
            runtime.block_on(first_step(Arc::clone(&store) as Arc<dyn Store>, dir.path()));
            close(store);
        }));
    }
    for (name, took) in ["sled alone", "the store", "the daemon, first step over"].iter().zip(&took) {
        println!("{name:<28} {:>7.0} ms best, {:>7.0} ms worst", best(took), worst(took));
    }
    let more = best(&took[2]) - best(&took[0]);
    println!("the daemon takes {more:.0} ms more than sled alone (at most 1000 is the aim)");
    println!(
        "on disk: {:.0} MiB",
        std::fs::metadata(dir.path().join("db")).map_or(0.0, |file| file.len() as f64 / 1_048_576.0)
    );
    println!("peak memory: {:.0} MiB (the writing included)", support::proc::peak_kib() as f64 / 1024.0);
}

fn open(dir: &Path) -> Arc<SledStore> {
    Arc::new(SledStore::open(dir, CACHE_BYTES).expect("the store opens").store)
}

/// Closing is timed as well: sled's own does it too.
fn close(store: Arc<SledStore>) {
    Arc::into_inner(store).expect("no one else holds it").close().expect("it closes");
}

async fn first_step(store: Arc<dyn Store>, dir: &Path) {
    let networks = [("instant".to_owned(), Arc::new(Instantly::default()) as _)].into();
    let clock = Arc::new(SystemClock::default());
    let steps = Steps::assemble(store, networks, Arc::new(stock::NoWire), clock, dir).await.expect("the store works");
    steps.deliver.recover().await.expect("the store works");
    steps.announce.step().await.expect("the store works");
    steps.deliver.step().await.expect("the store works");
}

fn timed(clock: &SystemClock, what: impl FnOnce()) -> Duration {
    let began = clock.monotonic();
    what();
    clock.monotonic().saturating_sub(began)
}

fn best(took: &[Duration]) -> f64 {
    took.iter().min().map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

fn worst(took: &[Duration]) -> f64 {
    took.iter().max().map_or(0.0, |took| took.as_secs_f64() * 1e3)
}
