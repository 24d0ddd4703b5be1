//! What a question of trust costs: 100,000 people, a million edges, and one core. Beside it petgraph's `PageRank`, which gives everyone the same order.
//!
//! `PageRank` there looks at every edge for every person, so it is asked on smaller graphs of the same rule; the circle is asked on these too.

use gigcast::clock::{Clock, SystemClock, Timestamp};
use gigcast::id::{ActorId, ID_BYTES};
use gigcast::trust::{AsOf, CommunityOrder, Graph, Kind, Parameters, Party, Query, Sum, Weighing, Workspace, roots};
use petgraph::algo::page_rank;
use petgraph::graph::{DiGraph, NodeIndex};
use rustix::time::{ClockId, clock_gettime};
use std::collections::HashSet;
use std::hint::black_box;
use std::time::Duration;

const PEOPLE: u32 = 100_000;
const EDGES: usize = 1_000_000;
const QUESTIONS: usize = 20_000;
const EVENTS: usize = 200_000;
const TOP: usize = 50;
const RANK_ROUNDS: usize = 20;

/// `splitmix64`, so that everyone makes the same graph.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, and not including, 1.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit
    fn unit(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `n`, low ones more often.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it is below n, and not negative
    fn skewed(&mut self, n: u32) -> u32 {
        (self.unit().powi(2) * f64::from(n)) as u32
    }
}

fn party(number: u32) -> Party {
    let mut bytes = [0; ID_BYTES];
    bytes[ID_BYTES - 4..].copy_from_slice(&number.to_be_bytes());
    Party::Actor(ActorId::from_bytes(bytes))
}

fn vouch(weight: f64) -> Sum<'static> {
    Sum { kind: Kind::Explicit, category: None, weight }
}

/// Few vouch for many and few are vouched for by many, and they are not the same people.
fn network(dice: &mut Dice, people: u32, edges: usize) -> Vec<(u32, u32, f64)> {
    let (mut drawn, mut seen, mut kept) = (0, HashSet::new(), Vec::new());
    while drawn < edges {
        let (by, j) = (dice.skewed(people), dice.skewed(people));
        let about = u32::try_from((7919 * u64::from(j) + 13) % u64::from(people)).expect("it is below a u32");
        if by != about {
            drawn += 1;
            let weight = 0.2 + 0.8 * dice.unit();
            if seen.insert((by, about)) {
                kept.push((by, about, weight));
            }
        }
    }
    kept
}

fn graph_of(network: &[(u32, u32, f64)]) -> Graph {
    let sums = network.iter().map(|(by, about, weight)| (party(*by), party(*about), vouch(*weight)));
    Graph::of_sums(sums, AsOf::day_of(Timestamp::EPOCH), Weighing::default()).expect("all weights are finite")
}

fn some_with_three_vouches(dice: &mut Dice, graph: &Graph, people: u32, count: usize) -> Vec<Party> {
    let mut found = Vec::new();
    while found.len() < count {
        let one = party(u32::try_from(dice.roll() % u64::from(people)).expect("it is below a u32"));
        if graph.degree_of(one) >= 3 {
            found.push(one);
        }
    }
    found
}

/// What the processor has spent on this thread: a question takes tens of microseconds, and whatever else the machine does in a slice of milliseconds
/// would be the slowest of a hundred.
fn on_this_core() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or_default())
}

/// How long the middle one and the slowest of a hundred take.
fn ask(graph: &Graph, posters: &[Party], community: Option<&CommunityOrder>) -> (Duration, Duration) {
    let parameters = Parameters::default();
    let mut workspace = Workspace::default();
    let mut times: Vec<Duration> = posters
        .iter()
        .map(|poster| {
            let began = on_this_core();
            let circle = graph.circle(&Query::of(*poster), &parameters, &mut workspace);
            black_box(circle.rank(community, |_| true, TOP));
            on_this_core().saturating_sub(began)
        })
        .collect();
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn large(clock: &SystemClock) {
    let mut dice = Dice(7);
    let network = network(&mut dice, PEOPLE, EDGES);
    let began = clock.monotonic();
    let mut graph = graph_of(&network);
    let built = clock.monotonic().saturating_sub(began);
    println!("{PEOPLE} people, {} edges, built in {built:.0?}", graph.edges());
    println!("  memory: {:.1} bytes an edge, all of it", ratio(graph.bytes(), graph.edges()));

    let posters = some_with_three_vouches(&mut dice, &graph, PEOPLE, QUESTIONS);
    ask(&graph, &posters, None); // warms the caches
    let (p50, p99) = ask(&graph, &posters, None);
    println!("  circle with its best {TOP}: p50 {:.1} us, p99 {:.1} us", micros(p50), micros(p99));

    let roots = roots(&graph, &[], &posters);
    let began = clock.monotonic();
    let community = CommunityOrder::of(&graph, &roots, None, &Parameters::default(), &mut Workspace::default());
    let worked_out = clock.monotonic().saturating_sub(began);
    let (p50, p99) = ask(&graph, &posters, Some(&community));
    println!("  with the community's order: p50 {:.1} us, p99 {:.1} us", micros(p50), micros(p99));
    println!("  community of {} roots, once an hour: {worked_out:.1?}", roots.len());

    let events: Vec<(u32, u32, f64)> = (0..EVENTS)
        .map(|_| (dice.skewed(PEOPLE), (dice.skewed(PEOPLE) * 7 + 13) % PEOPLE, 0.2 + 0.8 * dice.unit()))
        .collect();
    let began = on_this_core();
    for (by, about, weight) in &events {
        graph.set(party(*by), party(*about), &[vouch(*weight)]).expect("all weights are finite");
    }
    let each = on_this_core().saturating_sub(began) / u32::try_from(EVENTS).expect("it is a small number");
    println!("  event: {:.2} us", micros(each));
    println!("  memory after {EVENTS} events: {:.1} bytes an edge", ratio(graph.bytes(), graph.edges()));
}

#[allow(clippy::cast_precision_loss)] // for people to read
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}

fn beside_page_rank(clock: &SystemClock, people: u32) {
    let mut dice = Dice(7);
    let network = network(&mut dice, people, 10 * people as usize);
    let graph = graph_of(&network);
    let posters = some_with_three_vouches(&mut dice, &graph, people, QUESTIONS / 10);
    let (p50, p99) = ask(&graph, &posters, None);

    let mut theirs = DiGraph::<(), f64>::new();
    for _ in 0..people {
        theirs.add_node(());
    }
    for (by, about, weight) in &network {
        theirs.add_edge(NodeIndex::new(*by as usize), NodeIndex::new(*about as usize), *weight);
    }
    let began = clock.monotonic();
    black_box(page_rank(&theirs, 0.85_f64, RANK_ROUNDS));
    let ranked = clock.monotonic().saturating_sub(began);
    println!(
        "{people} people, {} edges: circle p50 {:.1} us, p99 {:.1} us; PageRank of {RANK_ROUNDS} rounds {ranked:.1?}, {:.0} circles (p50)",
        network.len(),
        micros(p50),
        micros(p99),
        ranked.as_secs_f64() / p50.as_secs_f64()
    );
}

fn main() {
    let clock = SystemClock::default();
    large(&clock);
    for people in [500, 1_000, 2_000] {
        beside_page_rank(&clock, people);
    }
}
