//! What a machine and its networks do to a gigcast that runs for years, one file for each part of the world.
//!
//! Each story asserts the same four things: nothing is lost, nothing is there twice, readiness tells the truth all the way
//! through, and `why` says the reason in words while it lasts.

mod backlog;
mod clocks;
mod disk;
mod hosts;

use crate::support::desk::Seat;
use crate::support::fake_network::{FakeNetwork, Stood, entered, profile};
use crate::support::through::{Alters, Through};
use crate::support::world::{NOON, World, origin, sighting};
use bytes::Bytes;
use gigcast::clock::{Clock, ManualClock};
use gigcast::grants::Terms;
use gigcast::id::GigId;
use gigcast::person::{Account, Audience, Pace, Person};
use gigcast::ports::{Batch, BoxFuture, Commit, Entered, Store, StoreError};
use gigcast::store::memory::MemoryStore;
use gigcast::web::admin::Operator;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// The daemon's loops step at least so often.
const HOP: Duration = Duration::from_secs(15);

/// A store on a disk that fills up, or takes no writes any more, when the test says so; it keeps what it holds.
#[derive(Debug, Clone)]
struct Disk {
    store: MemoryStore,
    free: Arc<AtomicU64>,
    read_only: Arc<AtomicBool>,
    /// The most rows that were ever read at once.
    widest: Arc<AtomicUsize>,
}

impl Disk {
    fn with_room() -> Self {
        let (read_only, widest) = (Arc::default(), Arc::default());
        Self { store: MemoryStore::new(), free: Arc::new(u64::MAX.into()), read_only, widest }
    }

    /// The floor of these worlds is one MiB.
    fn fill(&self) {
        self.free.store((1 << 20) - 1, Ordering::Release);
    }

    fn empty(&self) {
        self.free.store(u64::MAX, Ordering::Release);
    }

    fn take_writes(&self, takes: bool) {
        self.read_only.store(!takes, Ordering::Release);
    }
}

impl Alters for Disk {
    fn behind(&self) -> &dyn Store {
        &self.store
    }

    fn scanned<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        Box::pin(async move {
            let rows = self.store.scan(from, until, limit).await?;
            self.widest.fetch_max(rows.len(), Ordering::AcqRel);
            Ok(rows)
        })
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        if self.read_only.load(Ordering::Acquire) {
            let refused = StoreError::Io("Read-only file system (os error 30)".to_owned());
            return Box::pin(async { Err(refused) });
        }
        self.store.commit(batch)
    }

    fn free(&self) -> Option<u64> {
        Some(self.free.load(Ordering::Acquire))
    }
}

/// A daemon whose loops the test turns, and the disk it stands on.
struct Stage {
    seat: Seat,
    disk: Disk,
}

impl Stage {
    async fn set() -> Self {
        let (disk, clock) = (Disk::with_room(), ManualClock::at(NOON));
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        let dir = tempfile::tempdir().unwrap();
        let seat = Seat::on(Arc::new(Through(disk.clone())), network, clock, dir, String::new()).await;
        Self { seat, disk }
    }

    /// As after a stop and a start.
    async fn restarted(self) -> Self {
        Self { seat: self.seat.restarted().await, disk: self.disk }
    }

    fn world(&self) -> &World {
        &self.seat.world
    }

    fn network(&self) -> &FakeNetwork {
        &self.world().network
    }

    async fn link(&self, host: &str, name: &str, pace: Pace) -> Account {
        let entered = Entered { server: format!("https://{host}"), ..entered(name) };
        let terms = Terms { owner: Person::poster("Acme", NOON), pace, audience: Audience::default() };
        self.world().deliver.sessions.link("fake", &entered, terms).await.unwrap()
    }

    async fn take(&self, native: &str) {
        self.world().take(&sighting(native)).await.unwrap();
    }

    fn beat(&self) {
        self.seat.desk.daemon.pulse.beat(&self.world().clock);
    }

    /// What every loop of the daemon does when it is its turn.
    async fn turn(&self) -> Result<(), StoreError> {
        let kept = self.seat.desk.daemon.upkeep.step().await;
        self.beat();
        let ended = self.world().settle().await.and(kept.map(drop));
        if let Err(fault) = &ended {
            self.world().fitness.break_down(fault);
        }
        ended
    }

    /// The same, while requests hang: as much as can happen without their answers.
    async fn turn_with_some_out(&self) {
        self.beat();
        self.world().announce.step().await.unwrap();
        for _ in 0..10 {
            self.world().deliver.step().await.unwrap();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The loops turn as time passes. Answers all that readiness had to complain of, at any turn.
    async fn pass(&self, span: Duration) -> BTreeSet<String> {
        let clock = &self.world().clock;
        let (end, mut said) = (clock.now().plus(span), BTreeSet::new());
        loop {
            self.turn().await.unwrap();
            said.extend(self.ailments().await);
            let now = clock.now();
            if now >= end {
                return said;
            }
            let wake = self.world().ledger.next_wake().await.unwrap().filter(|wake| *wake > now);
            clock.advance_to(wake.map_or(end, |wake| wake.min(end)).min(now.plus(HOP)));
        }
    }

    /// What `readyz` says; nothing when it is ready.
    async fn ailments(&self) -> Vec<String> {
        self.seat.desk.health.ailments().await
    }

    /// What `gigcast why` says of the delivery of a gig on an account.
    async fn why(&self, native: &str, account: &Account) -> String {
        let id = self.world().delivery(native, account).await.id.to_string();
        let told = self.seat.desk.why(&id, TimeZone::UTC).await.unwrap();
        let lines = told.chapters.iter().flat_map(|chapter| &chapter.told).map(|told| told.said.clone());
        lines.chain(told.advice.clone()).collect::<Vec<_>>().join("\n")
    }

    /// Nothing is lost and nothing is there twice: the outbox is sound, each account shows each of these gigs once, and each record names
    /// the post that stands there.
    async fn each_stands_once(&self, accounts: &[Account], natives: &[String]) {
        let (ledger, network) = (&self.world().ledger, self.network());
        assert_eq!(ledger.audit().await.unwrap(), Vec::<String>::new(), "the outbox is sound");
        assert_eq!(network.amiss(), Vec::<String>::new());
        let (mut stood, mut of_each) = (0, BTreeMap::<String, Vec<Stood>>::new());
        let all = network.posts();
        let in_all = all.len();
        for post in all.into_iter().filter(|post| !post.deleted) {
            of_each.entry(post.account.clone()).or_default().push(post);
        }
        for account in accounts {
            let posts = of_each.remove(&account.native).unwrap_or_default();
            for native in natives {
                let title = format!("Logo for bakery {native}");
                let there = posts.iter().filter(|post| post.post.text.lines().next() == Some(title.as_str()));
                let there: Vec<&str> = there.map(|post| post.id.as_str()).collect();
                let gig = GigId::from_source(origin().source, native);
                let announcement = ledger.announcement(gig, account.id).await.unwrap().unwrap();
                let said = announcement.said.unwrap_or_else(|| panic!("lost: {native} on {}", account.native));
                assert_eq!(
                    there,
                    [said.receipt.id],
                    "{native} on {}: one post, and the record names it",
                    account.native
                );
            }
            stood += natives.len();
        }
        assert_eq!(in_all, stood, "no post that the record does not know");
    }

    /// When posts were asked for through these accounts, and how often.
    fn asked(&self, accounts: &[Account]) -> Vec<Duration> {
        let ours = |native: &str| accounts.iter().any(|account| account.native == native);
        let calls = self.network().calls();
        let creates = calls.iter().filter(|(verb, _, native)| *verb == "create" && ours(native));
        creates.map(|(_, at, _)| at.since(NOON)).collect()
    }
}

fn natives(numbers: std::ops::RangeInclusive<usize>) -> Vec<String> {
    numbers.map(|n| n.to_string()).collect()
}

fn nothing() -> BTreeSet<String> {
    BTreeSet::new()
}
