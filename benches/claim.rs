//! What one turn costs (claim, an answer at once, outcome), whatever else the store holds: it must not grow with the
//! number of settled deliveries. `MILLION=1` adds a million.
//!
//! A turn is the daemon's own step on one due lane, with a network that answers without a wire.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use gigcast::clock::SystemClock;
use gigcast::ports::Store;
use gigcast::store::Heard;
use gigcast::store::memory::MemoryStore;
use gigcast::store::sled::SledStore;
use std::sync::Arc;
use std::time::Duration;
use support::stock::{self, Instantly};
use support::{CACHE_BYTES, Steps, origin, setting, sighting};
use tokio::runtime::Runtime;

async fn assemble(store: Arc<dyn Store>, dir: &std::path::Path) -> Steps {
    let networks = [("instant".to_owned(), Arc::new(Instantly::default()) as _)].into();
    let clock = Arc::new(SystemClock::default());
    let steps = Steps::assemble(store, networks, Arc::new(stock::NoWire), clock, dir).await.expect("the store works");
    steps.link("instant", "https://instant.example", "one").await;
    steps
}

/// The time that one turn takes; what leads up to it is not counted.
async fn turn(steps: &Steps, n: usize) -> Duration {
    steps.intake.take(&sighting(n), &origin(), Heard::News).await.expect("the store works");
    steps.announce.step().await.expect("the store works");
    let clock = &steps.deliver.clock;
    while steps.ledger.next_wake().await.expect("the store works").is_some_and(|wake| wake > clock.now()) {
        tokio::task::yield_now().await;
    }
    let began = clock.monotonic();
    steps.deliver.step().await.expect("the store works");
    while steps.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    clock.monotonic().saturating_sub(began)
}

fn turns(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime starts");
    let sizes = [1_000, 100_000].into_iter().chain((setting("MILLION", 0) == 1).then_some(1_000_000));
    for size in sizes {
        for kind in ["memory", "sled"] {
            let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the disk has room");
            let store: Arc<dyn Store> = match kind {
                "memory" => Arc::new(MemoryStore::new()),
                _ => Arc::new(SledStore::open(dir.path(), CACHE_BYTES).expect("a fresh store opens").store),
            };
            runtime.block_on(stock::settled(&store, size));
            let steps = runtime.block_on(assemble(store, dir.path()));
            let mut n = 0;
            c.bench_function(&format!("turn/{kind}/{size}"), |b| {
                b.iter_custom(|times| {
                    runtime.block_on(async {
                        let mut took = Duration::ZERO;
                        for _ in 0..times {
                            n += 1;
                            took += turn(&steps, n).await;
                            // The lane remembers the posts of a day, as many as its pace allows; a bench makes no more of them.
                            stock::forget_posted(&steps, n).await;
                        }
                        took
                    })
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(5));
    targets = turns
}
criterion_main!(benches);
