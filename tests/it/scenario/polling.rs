//! Ten thousand sources on one process, for a day: each in its time, few at once, fewer at one host, and never all together.

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::through::{Alters, Through};
use crate::support::watching;
use crate::support::world::{NOON, World};
use gigcast::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use gigcast::config::FirstLook;
use gigcast::daemon::agenda::{LOOKS, LOOKS_PER_HOST};
use gigcast::daemon::watch::{Watch, Watched};
use gigcast::failure::Failure;
use gigcast::gig::Sighting;
use gigcast::id::{PersonId, SourceId};
use gigcast::intake::Origin;
use gigcast::polling::Limits;
use gigcast::ports::{Batch, Commit, Cursor, Look, Source, Store, StoreError, Wire};
use gigcast::store::memory::MemoryStore;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// What is in the air, and what was seen of it.
#[derive(Default)]
struct Air {
    /// Looks that wait for their answer, by when it comes.
    out: BTreeMap<(Timestamp, usize), oneshot::Sender<()>>,
    at_host: BTreeMap<String, usize>,
    most: usize,
    most_at_host: usize,
    /// When each source was looked at.
    looks: Vec<Vec<Timestamp>>,
    /// Those that were since this was last taken.
    begun: Vec<usize>,
}

/// A source whose answers take a while. A busy one shows another gig at each look.
struct Slow {
    n: usize,
    host: String,
    takes: Duration,
    busy: bool,
    shown: AtomicU64,
    clock: ManualClock,
    air: Arc<Mutex<Air>>,
}

impl Source for Slow {
    fn look<'a>(&'a self, _: &'a dyn Wire, _: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            {
                let (mut air, now) = (self.air.lock().unwrap(), self.clock.now());
                air.out.insert((now.plus(self.takes), self.n), answer);
                air.looks[self.n].push(now);
                air.begun.push(self.n);
                let here = air.at_host.entry(self.host.clone()).or_default();
                *here += 1;
                let here = *here;
                air.most_at_host = air.most_at_host.max(here);
                air.most = air.most.max(air.out.len());
            }
            let _ = answered.await;
            *self.air.lock().unwrap().at_host.entry(self.host.clone()).or_default() -= 1;
            if !self.busy {
                return Ok(Look::default());
            }
            let shown = self.shown.fetch_add(1, Ordering::AcqRel);
            let title = Some(format!("Logo {shown}"));
            let url = Some(format!("https://{}/{}", self.host, self.n));
            let sighting = Sighting { native: self.n.to_string(), title, url, ..Sighting::default() };
            Ok(Look { sightings: vec![sighting], ..Look::default() })
        })
    }
}

const SOURCES: usize = 10_000;
/// Of which so many show something new at each look, ...
const BUSY: usize = 100;
/// ... and so many are boards of one host that wants two seconds between looks.
const BOARDS: usize = 400;

fn watched(n: usize, clock: &ManualClock, air: &Arc<Mutex<Air>>) -> Watched {
    let board = n % (SOURCES / BOARDS) == 1;
    let host = if board { "boards.example".to_owned() } else { format!("host-{}.example", n % 3_000) };
    let (usual, floor) = if board { (60 * MINUTE, 30 * MINUTE) } else { (60 * MINUTE, 15 * MINUTE) };
    let name = format!("source {n}");
    let source = Slow {
        n,
        host: host.clone(),
        takes: SECOND * u32::try_from(n % 5 + 1).unwrap(),
        busy: n.is_multiple_of(SOURCES / BUSY),
        shown: AtomicU64::new(0),
        clock: clock.clone(),
        air: Arc::clone(air),
    };
    let poster = PersonId::from_name("Acme");
    Watched {
        origin: Origin { source: SourceId::from_name(&name), name, poster, category: None },
        address: Some(format!("https://{host}/{n}")),
        first_look: FirstLook::None,
        limits: Limits::around(usual, floor, 360 * MINUTE, 1440 * MINUTE),
        apart: if board { 2 * SECOND } else { Duration::ZERO },
        ..watching::watched(Box::new(source))
    }
}

/// Lets all tasks go on until each look that is out waits for its answer.
async fn settled(watch: &Watch, air: &Mutex<Air>) {
    while watch.in_flight() != air.lock().unwrap().out.len() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn ten_thousand_sources_are_each_looked_at_in_time_for_a_day_and_never_all_at_once() {
    let (clock, dir) = (ManualClock::at(NOON), tempfile::tempdir().unwrap());
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let world = World::start(Arc::new(MemoryStore::default()), network, clock.clone(), dir.path()).await.unwrap();
    let air = Arc::new(Mutex::new(Air { looks: vec![Vec::new(); SOURCES], ..Air::default() }));
    let watch = watching::watch(&world.intake, (0..SOURCES).map(|n| watched(n, &clock, &air)).collect());
    let end = NOON.plus(Duration::from_hours(24));
    let (mut late, mut dues) = (Duration::ZERO, vec![None; SOURCES]);
    while clock.now() < end {
        let idle = watch.step().await.unwrap();
        settled(&watch, &air).await;
        for n in std::mem::take(&mut air.lock().unwrap().begun) {
            late = late.max(dues[n].map_or(Duration::ZERO, |due| clock.now().since(due)));
        }
        // To the second: what ends or comes due within it is one step.
        let next = air.lock().unwrap().out.first_key_value().map(|((at, _), _)| *at);
        let next = next.into_iter().chain(idle.next_due).min().unwrap();
        clock.advance_to(next.max(clock.now().plus(SECOND)));
        let now = clock.now();
        let mut ended = Vec::new();
        while let Some(answer) = air.lock().unwrap().out.first_entry().filter(|look| look.key().0 <= now) {
            let ((_, n), answer) = answer.remove_entry();
            ended.push(n);
            answer.send(()).unwrap();
        }
        settled(&watch, &air).await;
        for n in ended {
            dues[n] = world.ledger.source_state(watch.watched[n].origin.source).await.unwrap().due;
        }
    }

    let air = air.lock().unwrap();
    assert!(air.most <= LOOKS, "{} at once", air.most);
    assert!(air.most_at_host <= LOOKS_PER_HOST, "{} at one host", air.most_at_host);
    assert!(late <= MINUTE, "one was {late:?} late");
    for (n, looks) in air.looks.iter().enumerate() {
        assert!(looks[0].since(NOON) <= 60 * MINUTE, "the first look at {n} came after {:?}", looks[0].since(NOON));
        let limits = watch.watched[n].limits;
        let waits = looks.windows(2).map(|two| two[1].since(two[0]));
        let (least, most) = (waits.clone().min().unwrap(), waits.max().unwrap());
        assert!(least >= limits.floor && most <= limits.ceiling + 2 * MINUTE, "{n}: {least:?} to {most:?}");
    }
    let boards: Vec<usize> = (0..SOURCES).filter(|n| watch.watched[*n].apart > Duration::ZERO).collect();
    let mut at_boards: Vec<_> = boards.iter().flat_map(|n| air.looks[*n].iter().copied()).collect();
    at_boards.sort_unstable();
    assert!(at_boards.windows(2).all(|two| two[1].since(two[0]) >= 2 * SECOND));

    let mut minutes = vec![0usize; 24 * 60 + 1];
    for look in air.looks.iter().flatten() {
        minutes[usize::try_from(look.since(NOON).as_secs() / 60).unwrap()] += 1;
    }
    let (all, most) = (minutes.iter().sum::<usize>(), minutes.iter().max().copied().unwrap());
    assert!(most < 4 * all / minutes.len(), "{all} looks, {most} in one minute");
    let often = |busy: bool| {
        let of = |n: &usize| n.is_multiple_of(SOURCES / BUSY) == busy;
        let looks: Vec<usize> = (0..SOURCES).filter(of).map(|n| air.looks[n].len()).collect();
        looks.iter().sum::<usize>() / looks.len()
    };
    assert!(often(true) > 70 && often(false) < 13, "{} and {} looks a day", often(true), often(false));
}

#[tokio::test]
async fn a_clock_that_was_ahead_and_is_set_back_keeps_no_source_waiting_for_the_old_time() {
    for restarted in [false, true] {
        let (clock, dir) = (ManualClock::at(NOON.plus(Duration::from_hours(24 * 400))), tempfile::tempdir().unwrap());
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        let world = World::start(Arc::new(MemoryStore::default()), network, clock.clone(), dir.path()).await.unwrap();
        let air = Arc::new(Mutex::new(Air { looks: vec![Vec::new(); 1], ..Air::default() }));
        let watch = || watching::watch(&world.intake, vec![watched(0, &clock, &air)]);
        let mut watching = watch();
        watching.step().await.unwrap();
        settled(&watching, &air).await;
        let ((_, _), answer) = air.lock().unwrap().out.pop_first().unwrap();
        answer.send(()).unwrap();
        settled(&watching, &air).await;
        clock.jump_to(NOON);
        if restarted {
            watching = watch();
        }
        let idle = watching.step().await.unwrap();
        let wait = idle.next_due.unwrap().since(NOON);
        assert!(wait > 50 * MINUTE && wait <= 66 * MINUTE, "{wait:?}");
        let state = world.ledger.source_state(watching.watched[0].origin.source).await.unwrap();
        assert_eq!((state.looked, state.seen), (Some(NOON), Some(NOON)));
    }
}

/// A store that answers the look that is out while somebody waits for a commit of theirs, once it is told to.
#[derive(Default)]
struct Meanwhile {
    store: MemoryStore,
    armed: Mutex<Option<Arc<Mutex<Air>>>>,
}

impl Alters for Meanwhile {
    fn behind(&self) -> &dyn Store {
        &self.store
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            let air = self.armed.lock().unwrap().take();
            if let Some(air) = air {
                let ((_, _), answer) = air.lock().unwrap().out.pop_first().unwrap();
                answer.send(()).unwrap();
                for _ in 0..1_000 {
                    tokio::task::yield_now().await;
                }
            }
            self.store.commit(batch).await
        })
    }
}

#[tokio::test]
async fn a_look_that_ends_while_the_agenda_is_set_back_is_not_the_last() {
    let (clock, dir) = (ManualClock::at(NOON.plus(Duration::from_hours(24 * 400))), tempfile::tempdir().unwrap());
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let store = Arc::new(Through::<Meanwhile>::default());
    let world = World::start(Arc::clone(&store) as Arc<dyn Store>, network, clock.clone(), dir.path()).await.unwrap();
    let air = Arc::new(Mutex::new(Air { looks: vec![Vec::new(); 3], ..Air::default() }));
    let watch = watching::watch(&world.intake, [2, 0].map(|n| watched(n, &clock, &air)).into());
    watch.step().await.unwrap();
    settled(&watch, &air).await;
    // The first stays out; of the second it is written down when it is due, by the clock that is ahead.
    let key = *air.lock().unwrap().out.keys().find(|(_, n)| *n == 0).unwrap();
    let answer = air.lock().unwrap().out.remove(&key).unwrap();
    answer.send(()).unwrap();
    settled(&watch, &air).await;
    clock.jump_to(NOON);
    *store.armed.lock().unwrap() = Some(Arc::clone(&air));
    watch.step().await.unwrap();
    assert_eq!((watch.in_flight(), store.armed.lock().unwrap().is_none()), (0, true), "it ended meanwhile");
    clock.advance(80 * MINUTE);
    watch.step().await.unwrap();
    settled(&watch, &air).await;
    assert_eq!(air.lock().unwrap().looks[2].len(), 2, "it is looked at again");
}
