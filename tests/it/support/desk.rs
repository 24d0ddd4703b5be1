//! An operator's desk over a world of steps: the whole daemon, of which the test calls each part.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use super::fake_network::FakeNetwork;
use super::world::{World, origin};
use gigcast::clock::{Clock, ManualClock};
use gigcast::config::{self, Config, ConfigFile, Live};
use gigcast::courier::Courier;
use gigcast::daemon::announce::Announce;
use gigcast::daemon::backfeed::{Backfeed, Budget};
use gigcast::daemon::desk::operator::{Desk, LastScan};
use gigcast::daemon::health::Vitals;
use gigcast::daemon::notify::Notify;
use gigcast::daemon::push::{Reachable, Subscribe};
use gigcast::daemon::reload::Reload;
use gigcast::daemon::sources::sources;
use gigcast::daemon::upkeep::Upkeep;
use gigcast::daemon::watch::Watch;
use gigcast::daemon::{Daemon, Patience, Pulse};
use gigcast::engagement::VouchWords;
use gigcast::failure::{Failure, Why};
use gigcast::grants::{PushKey, VouchKeys};
use gigcast::ports::{BoxFuture, Request, Response, Store, Wire};
use gigcast::store::memory::MemoryStore;
use gigcast::vault::{Expected, Vault};
use gigcast::weave::Weave;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Nothing in these tests is fetched.
#[derive(Debug)]
struct NoWire;

impl Wire for NoWire {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("there is no wire in this test"))) })
    }
}

/// A world, and the desk of whoever runs it.
pub struct Seat {
    pub world: World,
    pub desk: Desk,
    pub store: Arc<dyn Store>,
    pub dir: TempDir,
    sources: String,
}

impl Seat {
    /// `sources` are written as in a configuration; `@DIR` in them is a directory of the test's own.
    pub async fn take(clock: ManualClock, sources: &str) -> Self {
        let network = Arc::new(FakeNetwork::new(super::fake_network::profile(), clock.clone()));
        let (store, dir) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
        Self::on(store, network, clock, dir, sources.to_owned()).await
    }

    /// Over a store and a network of the test's own.
    pub async fn on(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: TempDir,
        sources: String,
    ) -> Self {
        let world = World::start(Arc::clone(&store), network, clock, dir.path()).await.unwrap();
        let mut desk = desk(&world, dir.path(), &sources).await;
        desk.gate = Arc::new(gigcast::store::gate::Gate::new(Arc::clone(&store)));
        Self { world, desk, store, dir, sources }
    }

    /// As after a stop and a start: all that is only in memory is gone.
    pub async fn restarted(self) -> Self {
        let Self { world, store, dir, sources, .. } = self;
        let (network, clock) = (Arc::clone(&world.network), world.clock.clone());
        Self::on(store, network, clock, dir, sources).await
    }

    /// Looks at the sources that are due, until none is out.
    pub async fn look(&self) {
        let watch = &self.desk.daemon.watch;
        watch.step().await.unwrap();
        while watch.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

async fn desk(world: &World, dir: &Path, written: &str) -> Desk {
    let text = written.replace("@DIR", &dir.display().to_string());
    let config =
        Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap_or_else(|wrong| panic!("{wrong}"));
    let (deliver, ledger) = (Arc::clone(&world.deliver), world.ledger.clone());
    let clock: Arc<dyn Clock> = Arc::clone(&deliver.clock);
    let wire: Arc<dyn Wire> = Arc::new(NoWire);
    let weave = Weave::new(ledger.clone(), Arc::clone(&clock), Arc::clone(&deliver.taxonomy));
    let watched = sources(&config, &deliver.taxonomy, &|_| None).unwrap_or_else(|wrong| panic!("{wrong}"));
    for source in &config.source {
        world.intake.welcome(&source.poster).await.unwrap();
    }
    let watch = Arc::new(Watch {
        intake: world.intake.clone(),
        wire: Arc::clone(&wire),
        watched: Live::new(watched),
        bell: Arc::default(),
        tasks: deliver.tasks.clone(),
        agenda: std::sync::Mutex::default(),
    });
    let stop = CancellationToken::new();
    let backfeed = Backfeed {
        ledger: ledger.clone(),
        weave: weave.clone(),
        clock: Arc::clone(&clock),
        sessions: Arc::clone(&deliver.sessions),
        quotas: Arc::clone(&deliver.quotas),
        words: Live::new(VouchWords::builtin().clone()),
        rules: Live::new(config::Backfeed {
            ages: vec![config::AgeBand { younger_than: Duration::from_hours(1), every: Duration::from_hours(1) }],
            budget_per_host_per_15m: 60,
            vouch_reread: Duration::from_hours(24),
        }),
        budget: Budget::new(60),
        fitness: Arc::clone(&world.fitness),
        bell: Arc::default(),
        tasks: deliver.tasks.clone(),
        stop: stop.clone(),
        state: std::sync::Mutex::default(),
    };
    let upkeep = Upkeep {
        deliver: Arc::clone(&deliver),
        bell: Arc::default(),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::default(),
        interests_kept: std::time::Duration::from_hours(180 * 24),
        keep: gigcast::config::Keep::default(),
    };
    let notify = Notify {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        courier: Live::new(Courier {
            wire: Arc::clone(&wire),
            webhook: None,
            mailer: None,
            operator: None,
            base: None,
        }),
        backoff: Notify::schedule(),
        bell: Arc::default(),
    };
    let subscribe = Subscribe {
        watch: Arc::clone(&watch),
        key: Arc::new(PushKey::passing().unwrap()),
        reach: Reachable { public_url: None, trusted_origins: Vec::new() },
        bell: Arc::default(),
        busy: std::sync::Mutex::default(),
    };
    let pulse = Arc::new(Pulse::default());
    let health = Arc::new(Vitals {
        ledger: ledger.clone(),
        clock: Arc::clone(&clock),
        fitness: Arc::clone(&world.fitness),
        pulse: Arc::clone(&pulse),
    });
    let daemon = Arc::new(Daemon {
        clock: Arc::clone(&clock),
        fitness: Arc::clone(&world.fitness),
        tasks: deliver.tasks.clone(),
        announce: Arc::new(Announce { deliver: Arc::clone(&deliver), last: 0.into() }),
        deliver,
        watch,
        subscribe: Arc::new(subscribe),
        backfeed: Arc::new(backfeed),
        upkeep: Arc::new(upkeep),
        notify: Arc::new(notify),
        pulse,
        stop,
        patience: Patience::default(),
    });
    let vault = Vault::unlock(dir, &|_| None, Expected::New).unwrap();
    let vouch_keys = VouchKeys::new(ledger, Arc::new(vault), None);
    let since = clock.now();
    let gate = Arc::new(gigcast::store::gate::Gate::new(Arc::new(gigcast::store::memory::MemoryStore::new())));
    let (linking, data_dir) = (Arc::clone(&world.linking), std::path::PathBuf::new());
    let reload = Arc::new(Reload::new(Arc::clone(&daemon), Arc::clone(&linking)));
    Desk {
        daemon,
        health,
        linking,
        weave,
        vouch_keys,
        free_floor_bytes: 1,
        gate,
        data_dir,
        since,
        reload,
        scanned: LastScan::default(),
    }
}

/// The gig of the world's own source, by the name it goes by there.
pub fn gig(native: &str) -> gigcast::id::GigId {
    gigcast::id::GigId::from_source(origin().source, native)
}
