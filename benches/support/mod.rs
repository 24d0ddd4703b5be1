//! What the benchmarks share: a poster, gigs as a source would show them, and a daemon's steps over any store and network.

#![allow(dead_code)] // each benchmark is a crate of its own and uses a part

pub mod proc;
pub mod stock;

use gigcast::clock::{Clock, Timestamp};
use gigcast::config::Live;
use gigcast::daemon::announce::Announce;
use gigcast::daemon::deliver::{Deliver, Settings};
use gigcast::fitness::Fitness;
use gigcast::gig::{Pay, Sighting};
use gigcast::grants::{Sessions, Terms};
use gigcast::id::SourceId;
use gigcast::intake::{Intake, Origin};
use gigcast::networks::Networks;
use gigcast::outbox::backoff::Schedule;
use gigcast::outbox::pace::Quotas;
use gigcast::person::{Audience, Pace, Person};
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{Entered, Store, StoreError, Wire};
use gigcast::secret::Secret;
use gigcast::store::Ledger;
use gigcast::vault::{Expected, Vault};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub const PUBLIC_URL: &str = "https://gigs.example";
/// As in the config's defaults.
pub const IN_FLIGHT: usize = 128;
pub const IN_FLIGHT_PER_HOST: usize = 8;
pub const CACHE_BYTES: u64 = 64 << 20;

/// A number from the environment, for those who want a larger or a shorter run.
pub fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|written| written.parse().ok()).unwrap_or(otherwise)
}

pub fn owner() -> Person {
    Person::poster("Acme", Timestamp::EPOCH)
}

pub fn origin() -> Origin {
    Origin { source: SourceId::from_name("board"), name: "board".into(), poster: owner().id, category: None }
}

/// A gig of the usual size: about sixty words.
pub fn sighting(n: usize) -> Sighting {
    Sighting {
        native: n.to_string(),
        title: Some(format!("Illustrator for a children's book, volume {n}")),
        url: Some(format!("https://acme.example/gigs/{n}")),
        body: Some(
            "<p>Twelve spreads in watercolour, or a digital style close to it. We print in March.</p><p>Please send \
             three pieces that you are proud of, and your day rate. You keep your originals, and your name stands on the \
             cover.</p>"
                .into(),
        ),
        organisation: Some("Acme Press".into()),
        tags: vec!["illustration".into(), "watercolour".into(), "children's books".into()],
        pay: Some(Pay::Fixed { amount: 1200, currency: "EUR".into() }),
        remote: Some(true),
        language: Some("en".into()),
        ..Sighting::default()
    }
}

/// A pace that slows nothing: these measure the machine, not the courtesy.
pub fn brisk() -> Pace {
    Pace {
        posts_per_day: u32::MAX,
        gap: Duration::ZERO,
        quiet: None,
        windows: Vec::new(),
        zone: "UTC".into(),
        worth_saying_for: None,
    }
}

/// The steps of a daemon, without the loops around them.
pub struct Steps {
    pub ledger: Ledger,
    pub intake: Intake,
    pub deliver: Arc<Deliver>,
    pub announce: Arc<Announce>,
}

impl Steps {
    /// On whatever the store holds; `dir` keeps the vault's key.
    pub async fn assemble(
        store: Arc<dyn Store>,
        networks: Networks,
        wire: Arc<dyn Wire>,
        clock: Arc<dyn Clock>,
        dir: &Path,
    ) -> Result<Self, StoreError> {
        let ledger = Ledger::new(store);
        let epoch = ledger.begin().await?;
        let vault = Vault::unlock(dir, &|_| None, Expected::New).expect("a vault opens in a fresh directory");
        let fitness = Arc::new(Fitness::new(Arc::clone(&clock), Duration::from_mins(10), 1 << 20));
        let taxonomy = Arc::new(Taxonomy::builtin().clone());
        let intake = Intake {
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            taxonomy: Arc::clone(&taxonomy),
            fitness: Arc::clone(&fitness),
            bell: Arc::new(Notify::new()),
        };
        let settings = Settings {
            backoff: Schedule::new(vec![Duration::from_secs(30)]),
            look_after: vec![Duration::from_secs(15)],
            total_timeout: Duration::from_secs(30),
            edit_quiet: Duration::ZERO,
            worth_saying_for: Duration::from_hours(14 * 24),
            max_in_flight: setting("IN_FLIGHT", IN_FLIGHT),
            max_in_flight_per_host: setting("IN_FLIGHT_PER_HOST", IN_FLIGHT_PER_HOST),
            public_url: Some(PUBLIC_URL.into()),
            first_backfeed: Duration::from_mins(5),
        };
        let deliver = Arc::new(Deliver {
            sessions: Arc::new(Sessions::new(networks, ledger.clone(), vault, wire, Arc::clone(&clock))),
            ledger: ledger.clone(),
            clock,
            quotas: Arc::new(Quotas::default()),
            taxonomy,
            speech: Arc::default(),
            settings: Live::new(settings),
            epoch,
            fitness,
            bell: Arc::new(Notify::new()),
            to_plan: Arc::clone(&intake.bell),
            tasks: TaskTracker::new(),
            slots: std::sync::Mutex::default(),
            meters: Arc::default(),
            traces: Arc::default(),
        });
        let announce = Arc::new(Announce { deliver: Arc::clone(&deliver), last: 0.into() });
        Ok(Self { ledger, intake, deliver, announce })
    }

    pub async fn link(&self, network: &str, server: &str, name: &str) {
        let entered = Entered { server: server.into(), identifier: name.into(), secret: Secret::new(name) };
        let terms = Terms { owner: owner(), pace: brisk(), audience: Audience::default() };
        self.deliver.sessions.link(network, &entered, terms).await.expect("the account links");
    }
}
