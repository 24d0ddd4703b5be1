//! A whole gigcast but for its store, which lives in memory, and its loops: tests call the steps themselves.

use crate::peer::Peer;
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{self, Live};
use gigcast::daemon::backfeed::{Backfeed, Budget};
use gigcast::daemon::{announce::Announce, deliver, deliver::Deliver};
use gigcast::engagement::VouchWords;
use gigcast::failure::Failure;
use gigcast::fitness::Fitness;
use gigcast::gig::{Gig, Sighting};
use gigcast::grants::{Sessions, Speaking, Terms};
use gigcast::id::{DeliveryId, PersonId, SourceId};
use gigcast::intake::{Intake, Origin, Taken};
use gigcast::networks;
use gigcast::outbox::backoff::Schedule;
use gigcast::outbox::{Announcement, Delivery};
use gigcast::person::{Account, Audience, Grant, GrantState, Pace, Person};
use gigcast::plan::relay::Relay;
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{Entered, Request, Response, Seen, Wire};
use gigcast::post::{Post, Receipt};
use gigcast::profile::EngagementKind;
use gigcast::secret::Secret;
use gigcast::store::layout::Aside;
use gigcast::store::{Heard, Ledger, memory::MemoryStore};
use gigcast::vault::{Expected, Vault};
use gigcast::wire;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::Notify;

/// For one request, as in a config.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer than an answer takes even on a busy machine: a look that is missed comes a minute later.
const LOOK_AFTER: Duration = Duration::from_secs(6);
/// After so long nothing comes any more.
const PATIENCE: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

pub const PUBLIC_URL: &str = "https://gigs.example";

pub struct Gigcast {
    pub clock: Arc<dyn Clock>,
    pub ledger: Ledger,
    pub sessions: Arc<Sessions>,
    /// The bare client, for what people do at their own servers.
    pub client: Arc<dyn Wire>,
    intake: Intake,
    announce: Announce,
    pub deliver: Arc<Deliver>,
    backfeed: Arc<Backfeed>,
    /// Another handle on the vault that the sessions use.
    vault: Vault,
    _dir: TempDir,
}

/// A gig whose post has a link, a card and tags, and letters of more than one byte before them.
pub fn sighting(native: &str) -> Sighting {
    Sighting {
        native: native.into(),
        title: Some("Rüst backend for a café".into()),
        body: Some("Three weeks of work on the till. You bring Rust and patience.".into()),
        url: Some(format!("https://acme.example/jobs/{native}")),
        tags: vec!["rust".into(), "backend".into()],
        remote: Some(true),
        language: Some("en".into()),
        ..Sighting::default()
    }
}

impl Gigcast {
    pub async fn new(peer: &Peer) -> Self {
        Self::through(peer, |client| client).await
    }

    /// One whose own requests pass through a wire of the test's making.
    pub async fn through(peer: &Peer, wrap: impl FnOnce(Arc<dyn Wire>) -> Arc<dyn Wire>) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let settings = wire::Settings {
            trusted_origins: [&peer.url].into_iter().chain(&peer.directory).cloned().collect(),
            connect_timeout: Duration::from_secs(5),
            total_timeout: TOTAL_TIMEOUT,
            user_agent: "gigcast-tests".into(),
        };
        let client: Arc<dyn Wire> = Arc::new(wire::Client::new(settings, Arc::clone(&clock)).expect("a client"));
        let dir = tempfile::tempdir().expect("a temporary folder");
        let vault = Vault::unlock(dir.path(), &|_| None, Expected::New).expect("a new vault");
        let again = Vault::unlock(dir.path(), &|_| None, Expected::Existing(vault.key_id())).expect("the same vault");
        let ledger = Ledger::new(Arc::new(MemoryStore::new()));
        let wire = wrap(Arc::clone(&client));
        let sessions = Arc::new(Sessions::new(networks(peer), ledger.clone(), vault, wire, Arc::clone(&clock)));
        let taxonomy = Arc::new(Taxonomy::builtin().clone());
        let fitness = Arc::new(Fitness::new(Arc::clone(&clock), Duration::from_mins(10), 0));
        let intake = Intake {
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            taxonomy: Arc::clone(&taxonomy),
            fitness: Arc::clone(&fitness),
            bell: Arc::new(Notify::new()),
        };
        let deliver = Arc::new(Deliver {
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            sessions: Arc::clone(&sessions),
            quotas: Arc::default(),
            taxonomy,
            speech: Arc::default(),
            settings: Live::new(deliver::Settings {
                backoff: Schedule::new(vec![Duration::from_millis(300); 3]),
                look_after: vec![LOOK_AFTER],
                total_timeout: TOTAL_TIMEOUT,
                edit_quiet: Duration::ZERO,
                worth_saying_for: Duration::from_hours(14 * 24),
                max_in_flight: 8,
                max_in_flight_per_host: 4,
                public_url: Some(PUBLIC_URL.into()),
                first_backfeed: Duration::ZERO,
            }),
            epoch: ledger.begin().await.expect("a store in memory"),
            fitness,
            bell: Arc::new(Notify::new()),
            to_plan: Arc::clone(&intake.bell),
            tasks: tokio_util::task::TaskTracker::new(),
            slots: std::sync::Mutex::default(),
            meters: Arc::default(),
            traces: Arc::default(),
        });
        let hour = Duration::from_hours(1);
        let backfeed = Arc::new(Backfeed {
            ledger: ledger.clone(),
            weave: gigcast::weave::Weave::new(
                ledger.clone(),
                Arc::clone(&clock),
                Arc::new(Taxonomy::builtin().clone()),
            ),
            clock: Arc::clone(&clock),
            sessions: Arc::clone(&sessions),
            quotas: Arc::default(),
            words: Live::new(VouchWords::builtin().clone()),
            rules: Live::new(config::Backfeed {
                ages: vec![config::AgeBand { younger_than: hour, every: Duration::from_secs(1) }],
                budget_per_host_per_15m: 10_000,
                vouch_reread: 24 * hour,
            }),
            budget: Budget::new(10_000),
            fitness: Arc::clone(&deliver.fitness),
            bell: Arc::new(Notify::new()),
            tasks: tokio_util::task::TaskTracker::new(),
            stop: tokio_util::sync::CancellationToken::new(),
            state: std::sync::Mutex::default(),
        });
        let announce = Announce { deliver: Arc::clone(&deliver), last: std::sync::atomic::AtomicU64::new(0) };
        Self { clock, ledger, sessions, client, intake, announce, deliver, backfeed, vault: again, _dir: dir }
    }

    /// Links an account for Acme, who posts without pause.
    pub async fn link(&self, network: &str, entered: &Entered) -> Account {
        self.link_for(Person::poster("Acme", self.clock.now()), network, entered).await
    }

    /// Links an account for somebody who relays what Acme posts with it.
    pub async fn link_to_relay(&self, name: &str, network: &str, entered: &Entered) -> Account {
        let (person, since) = (Person::poster(name, self.clock.now()), self.clock.now());
        self.ledger.welcome(&person).await.expect("a store in memory");
        let account = self.link_for(person, network, entered).await;
        let relay = Relay { poster: acme(), person: account.owner, account: account.id, categories: Vec::new(), since };
        self.ledger.switch_relay_on(&relay).await.expect("a store in memory");
        account
    }

    async fn link_for(&self, owner: Person, network: &str, entered: &Entered) -> Account {
        let pace = Pace {
            posts_per_day: 50,
            gap: Duration::ZERO,
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".into(),
            worth_saying_for: None,
        };
        let terms = Terms { owner, pace, audience: Audience::default() };
        self.sessions.link(network, entered, terms).await.unwrap_or_else(|e| panic!("cannot be linked: {e}"))
    }

    pub async fn take(&self, sighting: &Sighting) -> Gig {
        let origin = Origin { source: SourceId::of(&[b"real"]), name: "real".into(), poster: acme(), category: None };
        match self.intake.take(sighting, &origin, Heard::News).await.expect("a store in memory") {
            Taken::New(gig) => gig,
            other => panic!("no new gig: {other:?}"),
        }
    }

    /// Steps until it is so.
    pub async fn steps_until(&self, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = self.clock.now().plus(PATIENCE);
        while !is_so().await {
            assert!(
                self.clock.now() < deadline,
                "{what} did not come about; the deliveries: {:#?}",
                self.story().await
            );
            self.announce.step().await.expect("a store in memory");
            let idle = self.deliver.step().await.expect("a store in memory");
            self.backfeed.step().await.expect("a store in memory");
            let soon = self.clock.now().plus(POLL);
            let until = idle.next_due.map_or(soon, |due| due.min(soon));
            tokio::select! {
                () = self.deliver.bell.notified() => {}
                () = self.clock.sleep_until(until) => {}
            }
        }
        assert_eq!(self.deliver.fitness.fault(), None);
    }

    /// Steps until the gig stands on the account and nothing is open. Answers what the network gave back.
    pub async fn announced(&self, gig: &Gig, account: &Account) -> Receipt {
        let announcement = async || self.announcement(gig, account).await.filter(|a| a.open.is_none());
        self.steps_until("the announcement", async || announcement().await.is_some()).await;
        let settled = announcement().await.expect("it was there");
        settled.said.unwrap_or_else(|| panic!("it ended unsaid: {:?}", settled.given_up)).receipt
    }

    /// Steps until this person's deed under the gig is on record by name, as backfeed read it.
    pub async fn on_record(&self, gig: &Gig, kind: EngagementKind, handle: &str) {
        let what = format!("the {} by {handle} on record", kind.word());
        let is_so = async || {
            for deed in self.ledger.engagements(gig.id).await.expect("a store in memory") {
                let actor = self.ledger.actor(deed.actor).await.expect("a store in memory");
                if deed.kind == kind && actor.is_some_and(|actor| actor.handle == handle) {
                    return true;
                }
            }
            false
        };
        self.steps_until(&what, is_so).await;
    }

    pub async fn announcement(&self, gig: &Gig, account: &Account) -> Option<Announcement> {
        self.ledger.announcement(gig.id, account.id).await.expect("a store in memory")
    }

    /// The one delivery that an announcement has had.
    pub async fn only_delivery(&self, gig: &Gig, account: &Account) -> Delivery {
        assert_eq!(self.announcement(gig, account).await.map(|a| a.step), Some(1), "one step");
        let id = DeliveryId::from_step(gig.id, account.id, 1);
        self.ledger.delivery(id).await.expect("a store in memory").expect("a first step has a delivery")
    }

    pub async fn post_of(&self, delivery: &Delivery) -> Post {
        self.ledger.post(delivery.id).await.expect("a store in memory").expect("its text is frozen")
    }

    /// Every delivery that has not come to a good end.
    async fn story(&self) -> Vec<Delivery> {
        let mut all = Vec::new();
        for aside in [Aside::Held, Aside::Dead] {
            all.extend(self.ledger.set_aside(aside, 10).await.expect("a store in memory"));
        }
        for account in self.ledger.accounts().await.expect("a store in memory") {
            all.extend(self.ledger.waiting_in(account.id, 10).await.expect("a store in memory"));
        }
        all
    }

    pub async fn needs_relink(&self, account: &Account) -> bool {
        let known = self.ledger.account(account.id).await.expect("a store in memory").expect("it is linked");
        matches!(known.grant, GrantState::NeedsRelink { .. })
    }

    pub async fn speaking(&self, account: &Account) -> Speaking {
        self.sessions.open(account).await.unwrap_or_else(|e| panic!("{} cannot speak: {e}", account.handle))
    }

    /// Asks the network until someone has done this to the post: what others index comes a moment later.
    pub async fn engaged(&self, account: &Account, receipt: &Receipt, kind: EngagementKind) -> Vec<Seen> {
        let speaking = self.speaking(account).await;
        let deadline = self.clock.now().plus(PATIENCE);
        loop {
            let page = speaking.network.engagements(speaking.session(), receipt, kind, None).await;
            let page = page.unwrap_or_else(|e| panic!("{}: {e}", kind.word()));
            if !page.seen.is_empty() {
                return page.seen;
            }
            assert!(self.clock.now() < deadline, "no {} was seen", kind.word());
            self.clock.sleep_until(self.clock.now().plus(POLL)).await;
        }
    }

    /// Asks the network until it says that the post is gone.
    pub async fn gone(&self, account: &Account, receipt: &Receipt) {
        let speaking = self.speaking(account).await;
        let deadline = self.clock.now().plus(PATIENCE);
        loop {
            match speaking.network.counts(speaking.session(), receipt).await {
                Err(Failure::Permanent(_)) => return,
                Err(failure) => panic!("{failure}"),
                Ok(_) => assert!(self.clock.now() < deadline, "it is still counted"),
            }
            self.clock.sleep_until(self.clock.now().plus(POLL)).await;
        }
    }

    /// What the vault holds for the account.
    pub async fn grant(&self, account: &Account) -> Grant {
        let sealed = self.ledger.grant(account.id).await.expect("a store in memory").expect("a linked account has one");
        self.vault.open(account.id, &sealed).expect("it was sealed with this key")
    }

    /// Makes the stored token one that the network does not take, as if it had ended before its time.
    pub async fn spoil_access(&self, account: &Account) {
        self.keep_grant(account, Grant { access: Secret::new("ended"), ..self.grant(account).await }).await;
    }

    pub async fn keep_grant(&self, account: &Account, grant: Grant) {
        let sealed = self.vault.seal(account.id, &grant).expect("it can be sealed");
        let before = self.ledger.grant(account.id).await.expect("a store in memory").expect("a grant is kept");
        self.ledger.renew_grant(account.id, &before, sealed).await.expect("a store in memory");
    }

    /// A request as people send it, outside of gigcast.
    pub async fn send(&self, request: Request) -> Response {
        self.client.send(request).await.unwrap_or_else(|e| panic!("{e}"))
    }
}

/// Every network, which finds accounts by this peer.
pub fn networks(peer: &Peer) -> networks::Networks {
    let defaults = config::NetworkSettings::default();
    networks::registry(&match &peer.directory {
        Some(directory) => defaults.with("bluesky", "directory", directory).with("bluesky", "resolver", &peer.url),
        None => defaults,
    })
}

fn acme() -> PersonId {
    PersonId::from_name("Acme")
}
