//! A whole gigcast without loops: steps that the test calls, a clock that it moves, a network that it breaks.

use super::fake_network::{FakeNetwork, entered};
use gigcast::clock::{Clock, ManualClock, Timestamp};
use gigcast::config::Live;
use gigcast::daemon::announce::Announce;
use gigcast::daemon::deliver::{Deliver, Settings};
use gigcast::failure::{Failure, Why};
use gigcast::fitness::Fitness;
use gigcast::gig::{Sighting, Status};
use gigcast::grants::{Linking, Queues, Sessions, Terms};
use gigcast::id::{GigId, PersonId, SourceId};
use gigcast::intake::{Intake, Origin, Taken};
use gigcast::networks::Networks;
use gigcast::outbox::backoff::Schedule;
use gigcast::outbox::pace::Quotas;
use gigcast::outbox::{Delivery, State};
use gigcast::person::{Account, Audience, Pace, Person};
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{BoxFuture, Network, Request, Response, Store, StoreError, Wire};
use gigcast::store::{GigRecord, Heard, Ledger};
use gigcast::telemetry::trace::Traces;
use gigcast::vault::{Expected, Vault};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

pub const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
pub const BASE: &str = "https://gigs.example";
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Made-up networks need no wire.
#[derive(Debug)]
pub struct NoWire;

impl Wire for NoWire {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("there is no wire in this test"))) })
    }
}

pub struct World {
    pub clock: ManualClock,
    pub network: Arc<FakeNetwork>,
    pub ledger: Ledger,
    pub fitness: Arc<Fitness>,
    pub intake: Intake,
    pub deliver: Arc<Deliver>,
    pub linking: Arc<Linking>,
    pub announce: Announce,
}

/// A pace that slows nothing.
pub fn brisk() -> Pace {
    Pace {
        posts_per_day: 200,
        gap: Duration::ZERO,
        quiet: None,
        windows: Vec::new(),
        zone: "UTC".into(),
        worth_saying_for: None,
    }
}

pub fn sighting(native: &str) -> Sighting {
    Sighting {
        native: native.into(),
        title: Some(format!("Logo for bakery {native}")),
        url: Some(format!("https://acme.example/gigs/{native}")),
        body: Some("A warm, hand-drawn logo.".into()),
        ..Sighting::default()
    }
}

pub fn origin() -> Origin {
    Origin {
        source: SourceId::of(&[b"board"]),
        name: "board".into(),
        poster: PersonId::from_name("Acme"),
        category: None,
    }
}

impl World {
    /// Starts on what a store holds: fresh, or left by an earlier run. `dir` keeps the vault's key.
    pub async fn start(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: &Path,
    ) -> Result<Self, StoreError> {
        Self::start_on(store, network, clock, dir, Arc::new(NoWire)).await
    }

    /// The same, on a wire that leads somewhere.
    pub async fn start_on(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: &Path,
        wire: Arc<dyn Wire>,
    ) -> Result<Self, StoreError> {
        Box::pin(Self::start_traced(store, network, clock, dir, wire, Arc::default())).await
    }

    /// The same, with other networks beside the made-up one.
    pub async fn start_among(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: &Path,
        wire: Arc<dyn Wire>,
        others: Networks,
    ) -> Result<Self, StoreError> {
        Box::pin(Self::start_whole(store, network, clock, dir, wire, Arc::default(), others)).await
    }

    /// The same, telling of what has ended.
    pub async fn start_traced(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: &Path,
        wire: Arc<dyn Wire>,
        traces: Arc<Traces>,
    ) -> Result<Self, StoreError> {
        Box::pin(Self::start_whole(store, network, clock, dir, wire, traces, Networks::new())).await
    }

    async fn start_whole(
        store: Arc<dyn Store>,
        network: Arc<FakeNetwork>,
        clock: ManualClock,
        dir: &Path,
        wire: Arc<dyn Wire>,
        traces: Arc<Traces>,
        others: Networks,
    ) -> Result<Self, StoreError> {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ledger = Ledger::new(store);
        let epoch = ledger.begin().await?;
        let vault = Vault::unlock(dir, &|_| None, Expected::New).expect("a vault opens");
        let mut networks = others;
        for id in ["fake", "other"] {
            networks.insert(id.to_owned(), Arc::clone(&network) as Arc<dyn Network>);
        }
        let sessions = Sessions::new(networks, ledger.clone(), vault, wire, Arc::clone(&shared));
        let fitness = Arc::new(Fitness::new(Arc::clone(&shared), Duration::from_mins(10), 1 << 20));
        let taxonomy = Arc::new(Taxonomy::builtin().clone());
        let intake = Intake {
            ledger: ledger.clone(),
            clock: Arc::clone(&shared),
            taxonomy: Arc::clone(&taxonomy),
            fitness: Arc::clone(&fitness),
            bell: Arc::new(Notify::new()),
        };
        let settings = Settings {
            backoff: Schedule::new([30, 120, 600, 3_600].map(Duration::from_secs).to_vec()),
            look_after: [15, 120, 600].map(Duration::from_secs).to_vec(),
            total_timeout: TIMEOUT,
            edit_quiet: Duration::ZERO,
            worth_saying_for: Duration::from_hours(14 * 24),
            max_in_flight: 32,
            max_in_flight_per_host: 8,
            public_url: Some("https://gigs.example".into()),
            first_backfeed: Duration::from_mins(5),
        };
        let deliver = Arc::new(Deliver {
            ledger: ledger.clone(),
            clock: shared,
            sessions: Arc::new(sessions),
            quotas: Arc::new(Quotas::default()),
            taxonomy,
            speech: Arc::default(),
            settings: Live::new(settings),
            epoch,
            fitness: Arc::clone(&fitness),
            bell: Arc::new(Notify::new()),
            to_plan: Arc::clone(&intake.bell),
            tasks: TaskTracker::new(),
            slots: std::sync::Mutex::default(),
            meters: Arc::default(),
            traces,
        });
        deliver.recover().await?;
        let announce = Announce { deliver: Arc::clone(&deliver), last: 0.into() };
        announce.tell_again().await?;
        let queues: Arc<dyn Queues> = Arc::<Deliver>::clone(&deliver);
        let linking = Arc::new(Linking::new(Arc::clone(&deliver.sessions), queues, BASE, brisk()));
        Ok(Self { clock, network, ledger, fitness, intake, deliver, linking, announce })
    }

    pub async fn link(&self, name: &str, pace: Pace) -> Account {
        self.try_link(name, pace).await.expect("the account links")
    }

    /// The same network's other id: what is told of it is told apart.
    pub async fn link_on_other(&self, name: &str) -> Account {
        let terms = Terms { owner: Person::poster("Acme", NOON), pace: brisk(), audience: Audience::default() };
        self.deliver.sessions.link("other", &entered(name), terms).await.expect("the account links")
    }

    pub async fn try_link(&self, name: &str, pace: Pace) -> Result<Account, gigcast::grants::Trouble> {
        self.link_for(Person::poster("Acme", NOON), name, pace).await
    }

    /// An account of somebody's.
    pub async fn link_for(&self, owner: Person, name: &str, pace: Pace) -> Result<Account, gigcast::grants::Trouble> {
        let terms = Terms { owner, pace, audience: Audience::default() };
        self.deliver.sessions.link("fake", &entered(name), terms).await
    }

    pub async fn take(&self, sighting: &Sighting) -> Result<Taken, StoreError> {
        self.intake.take(sighting, &origin(), Heard::News).await
    }

    /// Steps until nothing is due and nothing is in flight.
    pub async fn settle(&self) -> Result<(), StoreError> {
        loop {
            self.announce.step().await?;
            self.deliver.step().await?;
            while self.deliver.in_flight() > 0 {
                tokio::task::yield_now().await;
            }
            if let Some(fault) = self.fitness.fault() {
                return Err(fault);
            }
            let now = self.clock.now();
            let due = self.ledger.next_wake().await?.is_some_and(|wake| wake <= now);
            if self.fitness.unfit_until(now).is_some() || (!due && self.is_planned().await?) {
                return Ok(());
            }
        }
    }

    /// Whether every gig that came in, every post that came out, and every relay that ended was looked at.
    async fn is_planned(&self) -> Result<bool, StoreError> {
        let ledger = &self.ledger;
        let is_looked_at = ledger.unplanned(1).await?.is_empty() && ledger.to_relay(1).await?.is_empty();
        Ok(is_looked_at && ledger.to_unreshare(1).await?.is_empty())
    }

    /// Steps, moves the clock to what is due next, and steps again, until nothing waits or so much time has passed.
    pub async fn run_for(&self, span: Duration) -> Result<(), StoreError> {
        let end = self.clock.now().plus(span);
        loop {
            self.settle().await?;
            match self.ledger.next_wake().await? {
                Some(wake) if wake <= end => self.clock.advance_to(wake),
                _ => break,
            }
        }
        self.clock.advance_to(end);
        self.settle().await?;
        assert_eq!(self.ledger.audit().await?, Vec::<String>::new(), "the outbox is sound");
        Ok(())
    }

    pub async fn gig(&self, native: &str) -> GigRecord {
        let id = GigId::from_source(origin().source, native);
        self.ledger.gig(id).await.expect("the store reads").expect("the gig is on record")
    }

    /// The last delivery opened for a gig on an account.
    pub async fn delivery(&self, native: &str, account: &Account) -> Delivery {
        let gig = GigId::from_source(origin().source, native);
        let announcement = self.ledger.announcement(gig, account.id).await.expect("the store reads");
        let step = announcement.expect("it is announced there").step;
        let id = gigcast::id::DeliveryId::from_step(gig, account.id, step);
        self.ledger.delivery(id).await.expect("the store reads").expect("the delivery is on record")
    }

    pub async fn is_delivered(&self, native: &str, account: &Account) -> bool {
        matches!(self.delivery(native, account).await.state, State::Delivered(_))
    }

    /// From now on a change of a gig waits so long for the next one.
    pub fn quiet(&mut self, edit_quiet: Duration) {
        let settings = Settings { edit_quiet, ..Settings::clone(&self.deliver.settings) };
        let before = &self.deliver;
        let deliver = Arc::new(Deliver {
            ledger: before.ledger.clone(),
            clock: Arc::clone(&before.clock),
            sessions: Arc::clone(&before.sessions),
            quotas: Arc::clone(&before.quotas),
            taxonomy: Arc::clone(&before.taxonomy),
            speech: Arc::clone(&before.speech),
            settings: Live::new(settings),
            epoch: before.epoch,
            fitness: Arc::clone(&before.fitness),
            bell: Arc::clone(&before.bell),
            to_plan: Arc::clone(&before.to_plan),
            tasks: TaskTracker::new(),
            slots: std::sync::Mutex::default(),
            meters: Arc::default(),
            traces: Arc::clone(&before.traces),
        });
        self.announce = Announce { deliver: Arc::clone(&deliver), last: 0.into() };
        self.deliver = deliver;
    }

    /// The source now says this of it.
    pub async fn becomes(&self, native: &str, status: Status) {
        let changed = Sighting { status: Some(status), ..sighting(native) };
        self.take(&changed).await.expect("the store takes it");
    }
}
