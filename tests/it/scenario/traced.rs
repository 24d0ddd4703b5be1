//! One trace per gig, from its sighting to its last receipt, across restarts; and nobody waits for whoever collects them.

use crate::support::collector::{Collector, Mood, Span, amiss};
use crate::support::fake_network::{FakeNetwork, Fault, SERVER, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::failure::{Failure, Why};
use gigcast::gig::{Sighting, Status};
use gigcast::ports::{BoxFuture, Request, Response, Store, Wire};
use gigcast::store::memory::MemoryStore;
use gigcast::telemetry::trace::{GATHERED, Traces};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

struct NoWire;

impl Wire for NoWire {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("there is no wire in this test"))) })
    }
}

/// What outlives a run.
struct House {
    store: Arc<dyn Store>,
    network: Arc<FakeNetwork>,
    clock: ManualClock,
    dir: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
        Self { store: Arc::new(MemoryStore::new()), network, clock, dir: tempfile::tempdir().unwrap() }
    }

    async fn run(&self, collector: &Collector) -> World {
        self.run_telling(collector.traces(Arc::new(self.clock.clone()))).await
    }

    async fn run_telling(&self, traces: Traces) -> World {
        let (store, network, clock): (_, _, ManualClock) =
            (Arc::clone(&self.store), Arc::clone(&self.network), self.clock.clone());
        let dir: &Path = self.dir.path();
        World::start_traced(store, network, clock, dir, Arc::new(NoWire), Arc::new(traces)).await.unwrap()
    }
}

async fn send(world: &World) {
    world.clock.advance(GATHERED);
    world.deliver.traces.step().await;
}

/// The trace of a gig, by what is told of its own sighting.
async fn trace_of(world: &World, native: &str, spans: &[Span]) -> Vec<Span> {
    let id = world.gig(native).await.gig.id.to_string();
    let root = spans.iter().find(|span| span.name == "gig" && span.says("gigcast.gig.id") == id);
    let trace = &root.unwrap_or_else(|| panic!("{id} has no trace in {spans:#?}")).trace;
    spans.iter().filter(|span| span.trace == *trace).cloned().collect()
}

fn told(trace: &[Span], name: &str, key: &str) -> BTreeSet<String> {
    trace.iter().filter(|span| span.name == name).map(|span| span.says(key)).collect()
}

fn words(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(ToString::to_string).collect()
}

/// Two networks, an answer that is lost, a stop while a request is out, a change, an end; and all of it in one trace for each gig.
async fn lives(house: &House, collector: &Collector) -> World {
    let world = house.run(collector).await;
    world.link("acme", brisk()).await;
    world.link_on_other("acme-too").await;
    house.network.fail_next([Fault::LostAfter]);
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    world.take(&sighting("2")).await.unwrap();
    house.clock.advance(Duration::from_millis(5));
    house.network.stall(SERVER);
    world.announce.step().await.unwrap();
    world.deliver.step().await.unwrap();
    while house.network.calls().len() < 4 {
        tokio::task::yield_now().await;
    }
    send(&world).await;

    // The same store in another run, while two requests of the first one are out.
    house.clock.advance(Duration::from_secs(20));
    let world = house.run(collector).await;
    house.network.release();
    world.run_for(Duration::from_mins(30)).await.unwrap();
    let changed = Sighting { title: Some("Logo and menu for bakery 1".into()), ..sighting("1") };
    world.take(&changed).await.unwrap();
    world.run_for(Duration::from_mins(10)).await.unwrap();
    house.network.fail_next([Fault::Limited(Duration::from_mins(3)), Fault::Busy]);
    let filled = Sighting { status: Some(Status::Filled), ..changed };
    world.take(&filled).await.unwrap();
    world.run_for(Duration::from_hours(2)).await.unwrap();
    send(&world).await;
    world
}

#[tokio::test]
async fn a_root_that_a_kill_took_is_told_by_the_next_run() {
    let (house, collector) = (House::new(), Collector::start(Mood::Takes).await);
    let world = house.run(&collector).await;
    world.link("acme", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    // Nothing was sent yet: what waited is gone with the run.
    drop(world);
    house.clock.advance(Duration::from_secs(20));
    let world = house.run(&collector).await;
    let filled = Sighting { status: Some(Status::Filled), ..sighting("1") };
    world.take(&filled).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    send(&world).await;
    let spans = collector.spans();
    let trace = trace_of(&world, "1", &spans).await;
    let root = trace.iter().find(|span| span.name == "gig").unwrap();
    assert_eq!((root.says("gigcast.accounts"), root.says("gigcast.gig.status")), ("1".into(), "open".into()));
    assert_eq!(told(&trace, "plan", "gigcast.gig.status"), words(&["filled"]));
    // What was settled before the kill is not told again; what came after it hangs where it belongs.
    assert!(trace.iter().any(|span| span.name.starts_with("deliver")), "{trace:#?}");
    assert_eq!(amiss(&spans), Vec::<String>::new());

    // An hour later the collector may have dropped the trace: it gets no stump of it.
    house.clock.advance(Duration::from_hours(2));
    let other = Collector::start(Mood::Takes).await;
    send(&house.run(&other).await).await;
    assert_eq!(other.spans().len(), 0);
}

#[tokio::test]
async fn a_gig_has_one_trace_from_its_sighting_to_its_last_receipt_whatever_happens_between() {
    let (house, collector) = (House::new(), Collector::start(Mood::Takes).await);
    let world = lives(&house, &collector).await;
    let spans = collector.spans();
    assert_eq!(amiss(&spans), Vec::<String>::new());
    assert_eq!(spans.iter().map(|span| &span.trace).collect::<BTreeSet<_>>().len(), 2);

    let first = trace_of(&world, "1", &spans).await;
    assert_eq!(told(&first, "deliver post", "gigcast.network.id"), words(&["fake", "other"]));
    assert_eq!(told(&first, "deliver post", "gigcast.delivery.outcome"), words(&["delivered"]));
    assert!(told(&first, "attempt", "gigcast.attempt.outcome").is_superset(&words(&["unknown", "delivered"])));
    assert_eq!(told(&first, "look up", "gigcast.attempt.outcome"), words(&["found"]));
    assert_eq!(told(&first, "plan", "gigcast.gig.status"), words(&["open", "filled"]));
    let limited = first.iter().find(|span| span.says("gigcast.attempt.outcome") == "rate_limited").unwrap();
    assert_eq!(limited.says("gigcast.wait.reason"), "rate_limited");
    assert_eq!(limited.says("error.type"), "rate_limited");
    assert!(told(&first, "attempt", "gigcast.wait.reason").contains("backoff"));
    let last = first.iter().filter(|span| span.name.starts_with("deliver ")).map(|span| span.end).max();
    assert!(first.iter().all(|span| Some(span.end) <= last), "the last receipt is the end of it");

    let second = trace_of(&world, "2", &spans).await;
    assert!(told(&second, "attempt", "gigcast.attempt.outcome").contains("interrupted"), "{second:#?}");
    let body = collector.bodies().concat();
    assert!(!body.contains("bakery") && !body.contains("refused the connection"), "no text of a gig or of a server");
}

#[tokio::test]
async fn what_waited_and_is_not_wanted_any_more_ends_in_the_trace_and_in_the_counts() {
    let (house, collector) = (House::new(), Collector::start(Mood::Takes).await);
    let world = house.run(&collector).await;
    world.link("acme", brisk()).await;
    house.network.fail_next([Fault::Busy]);
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    world.becomes("1", Status::Withdrawn).await;
    world.settle().await.unwrap();
    send(&world).await;
    let spans = collector.spans();
    assert_eq!(amiss(&spans), Vec::<String>::new());
    assert_eq!(told(&spans, "deliver post", "gigcast.delivery.outcome"), words(&["dropped"]));
    assert_eq!(world.deliver.meters.counts().outcomes[&("fake".to_owned(), "dropped")], 1);
}

/// What the network was asked in a life whose traces go to this collector.
async fn asked(mood: Mood) -> (Vec<(&'static str, gigcast::clock::Timestamp, String)>, usize) {
    let (house, collector) = (House::new(), Collector::start(mood).await);
    let world = lives(&house, &collector).await;
    (house.network.calls(), world.network.standing("acme").len())
}

#[tokio::test]
async fn a_collector_that_wants_nothing_changes_nothing() {
    let well = asked(Mood::Takes).await;
    assert!(well.0.len() > 8, "{well:?}");
    for mood in [Mood::Answers(429, 30), Mood::Answers(503, 0), Mood::Answers(400, 0)] {
        assert_eq!(asked(mood).await, well, "{mood:?}");
    }
    let house = House::new();
    let nobody = Collector { endpoint: "http://127.0.0.1:9".to_owned(), ..Collector::start(Mood::Takes).await };
    lives(&house, &nobody).await;
    assert_eq!(house.network.calls(), well.0);
}
