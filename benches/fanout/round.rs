//! One round of gigcast: a fresh data directory, linked accounts, gigs on record; then the real daemon, from its start until the
//! last delivery is durable.

use super::Task;
use super::counting::{CountingStore, Unmetered};
use super::support::{self, CACHE_BYTES, Steps, proc, setting, sighting};
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{self, Live};
use gigcast::courier::Courier;
use gigcast::daemon::backfeed::{Backfeed, Budget};
use gigcast::daemon::notify::Notify;
use gigcast::daemon::push::{Reachable, Subscribe};
use gigcast::daemon::upkeep::Upkeep;
use gigcast::daemon::watch::Watch;
use gigcast::daemon::{Daemon, Pulse};
use gigcast::engagement::VouchWords;
use gigcast::grants::PushKey;
use gigcast::networks::Networks;
use gigcast::ports::{Network, Store, Wire};
use gigcast::store::Heard;
use gigcast::store::sled::SledStore;
use gigcast::weave::Weave;
use gigcast::wire::{Client, Settings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does it, and says what it took as JSON.
pub fn run(task: &Task) -> Value {
    // Lines are made as in the daemon, and thrown away.
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(std::io::sink).init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(gigcast::daemon::threads())
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(round(task))
}

async fn round(task: &Task) -> Value {
    let dir = tempfile::tempdir_in(&task.dir).expect("the disk has room");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let settings = Settings {
        trusted_origins: task.origins.clone(),
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(30),
        user_agent: super::AGENT.into(),
    };
    let wire: Arc<dyn Wire> = Arc::new(Client::new(settings, Arc::clone(&clock)).expect("a wire can be set up"));
    let opened = SledStore::open(dir.path(), CACHE_BYTES).expect("a fresh store opens");
    let store = Arc::new(CountingStore::over(Arc::new(opened.store)));
    let network = Arc::new(Unmetered::new());
    let networks: Networks = [("mastodon".to_owned(), Arc::clone(&network) as Arc<dyn Network>)].into();
    let steps = Steps::assemble(
        Arc::clone(&store) as Arc<dyn Store>,
        networks,
        Arc::clone(&wire),
        Arc::clone(&clock),
        dir.path(),
    )
    .await
    .expect("the store works");

    for n in 0..task.accounts {
        steps.link("mastodon", task.origin_of(n), &super::token(n)).await;
    }
    for n in 0..task.gigs {
        steps.intake.take(&sighting(n), &support::origin(), Heard::News).await.expect("the store works");
    }
    let daemon = daemon(&steps, &wire);

    let reads = store.reads.load(Ordering::Relaxed);
    let commits = store.commits.load(Ordering::Relaxed);
    let syncs = store.inner.syncs();
    store.take_rows();
    let written = proc::written_bytes();
    let cpu = proc::cpu();
    let began = clock.monotonic();
    let running = {
        let daemon = Arc::clone(&daemon);
        tokio::spawn(async move { daemon.run(Duration::from_secs(5)).await })
    };
    let wanted = (task.gigs * task.accounts) as u64;
    let (mut looks, mut out) = (0, 0);
    while network.created.load(Ordering::Relaxed) < wanted {
        pause(&clock, 2).await;
        looks += 1;
        out += steps.deliver.in_flight();
    }
    while steps.deliver.in_flight() > 0 {
        pause(&clock, 1).await;
    }
    let took = clock.monotonic().saturating_sub(began);
    let (user, system) = proc::cpu();
    let ms = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e3;
    let mut report = json!({
        "seconds": took.as_secs_f64(),
        "deliveries": wanted,
        "in_flight": out as f64 / f64::from(looks.max(1)),
        "reads": store.reads.load(Ordering::Relaxed) - reads,
        "commits": store.commits.load(Ordering::Relaxed) - commits,
        "syncs": store.inner.syncs() - syncs,
        "rows": store.take_rows().into_iter().map(|(kind, rows)| json!([kind, rows.put, rows.deleted, rows.bytes])).collect::<Vec<_>>(),
        "written_bytes": proc::written_bytes() - written,
        "user_ms": ms(cpu.0, user),
        "system_ms": ms(cpu.1, system),
        "peak_kib": proc::peak_kib(),
        "threads": proc::cpu_by_thread().into_iter().take(4).map(|(name, spent)| format!("{name} {} ms", spent.as_millis())).collect::<Vec<_>>(),
    });

    let minutes = setting("IDLE_MINUTES", 0);
    let mut idle = Vec::new();
    for _ in 0..minutes {
        idle.push(proc::resident_kib());
        pause(&clock, 60_000).await;
    }
    if minutes > 0 {
        idle.push(proc::resident_kib());
        report["idle_kib"] = json!(idle);
    }
    daemon.stop.cancel();
    running.await.expect("the daemon does not panic").expect("the store works");
    report
}

async fn pause(clock: &Arc<dyn Clock>, millis: u64) {
    let until = clock.now().plus(Duration::from_millis(millis));
    while clock.now() < until {
        clock.sleep_until(until).await;
    }
}

/// The whole of it, but for listeners; it watches no source, since the gigs are there already.
fn daemon(steps: &Steps, wire: &Arc<dyn Wire>) -> Arc<Daemon> {
    let deliver = Arc::clone(&steps.deliver);
    let bell = || Arc::new(tokio::sync::Notify::new());
    let watch = Watch {
        intake: steps.intake.clone(),
        wire: Arc::clone(wire),
        watched: Live::default(),
        bell: bell(),
        tasks: deliver.tasks.clone(),
        agenda: std::sync::Mutex::default(),
    };
    let stop = CancellationToken::new();
    let backfeed = Backfeed {
        ledger: deliver.ledger.clone(),
        weave: Weave::new(deliver.ledger.clone(), Arc::clone(&deliver.clock), Arc::clone(&deliver.taxonomy)),
        clock: Arc::clone(&deliver.clock),
        sessions: Arc::clone(&deliver.sessions),
        quotas: Arc::clone(&deliver.quotas),
        words: Live::new(VouchWords::builtin().clone()),
        rules: Live::new(config::Backfeed {
            ages: vec![config::AgeBand { younger_than: Duration::from_hours(1), every: Duration::from_hours(1) }],
            budget_per_host_per_15m: 60,
            vouch_reread: Duration::from_hours(24),
        }),
        budget: Budget::new(60),
        fitness: Arc::clone(&deliver.fitness),
        bell: bell(),
        tasks: deliver.tasks.clone(),
        stop: stop.clone(),
        state: std::sync::Mutex::default(),
    };
    let upkeep = Upkeep {
        deliver: Arc::clone(&deliver),
        bell: bell(),
        times: std::sync::Mutex::default(),
        access_from: std::sync::Mutex::default(),
        visits: Arc::default(),
        interests_kept: Duration::from_hours(180 * 24),
        keep: gigcast::config::Keep::default(),
    };
    let notify = Notify {
        ledger: deliver.ledger.clone(),
        clock: Arc::clone(&deliver.clock),
        courier: Live::new(Courier { wire: Arc::clone(wire), webhook: None, mailer: None, operator: None, base: None }),
        backoff: Notify::schedule(),
        bell: bell(),
    };
    let watch = Arc::new(watch);
    let subscribe = Subscribe {
        watch: Arc::clone(&watch),
        key: Arc::new(PushKey::passing().expect("there is chance")),
        reach: Reachable { public_url: None, trusted_origins: Vec::new() },
        bell: bell(),
        busy: std::sync::Mutex::default(),
    };
    Arc::new(Daemon {
        clock: Arc::clone(&deliver.clock),
        fitness: Arc::clone(&deliver.fitness),
        tasks: deliver.tasks.clone(),
        deliver,
        announce: Arc::clone(&steps.announce),
        watch,
        subscribe: Arc::new(subscribe),
        backfeed: Arc::new(backfeed),
        upkeep: Arc::new(upkeep),
        notify: Arc::new(notify),
        pulse: Arc::new(Pulse::default()),
        patience: gigcast::daemon::Patience::default(),
        stop,
    })
}
