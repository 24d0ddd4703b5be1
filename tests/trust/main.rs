//! The ranking against numbers that were worked out before it was written: a toy that can be followed by hand, real networks of trust, attacks on them,
//! and properties that must hold on any graph.

#![allow(clippy::unwrap_used)] // an unwrap that fails is a test that fails

mod attacks;
mod edges;
mod evidence;
mod metrics;
mod networks;
mod properties;
mod reference;
mod toy;

use gigcast::clock::Timestamp;
use gigcast::id::{ActorId, ID_BYTES};
use gigcast::trust::{AsOf, Circle, Graph, Kind, Party, Sum, Weighing};

/// The party of this number; parties are ordered as their numbers.
fn party(number: u32) -> Party {
    let mut bytes = [0; ID_BYTES];
    bytes[ID_BYTES - 4..].copy_from_slice(&number.to_be_bytes());
    Party::Actor(ActorId::from_bytes(bytes))
}

fn number(party: Party) -> u32 {
    let Party::Actor(id) = party else { panic!("{party} is no party of the tests") };
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn explicit(weight: f64) -> Sum<'static> {
    Sum { kind: Kind::Explicit, category: None, weight }
}

fn warning(weight: f64) -> Sum<'static> {
    Sum { kind: Kind::Negative, category: None, weight }
}

fn help(weight: f64) -> Sum<'static> {
    Sum { kind: Kind::Help, category: None, weight }
}

/// By whom, about whom, what.
type Row = (u32, u32, Sum<'static>);

fn graph(rows: &[Row]) -> Graph {
    let rows = rows.iter().map(|(by, about, sum)| (party(*by), party(*about), *sum));
    Graph::of_sums(rows, today(), Weighing::default()).unwrap()
}

fn today() -> AsOf {
    AsOf::day_of(Timestamp::from_millis(1_795_262_400_000))
}

fn circle_of(circle: &Circle<'_>, number: u32) -> f64 {
    circle.standing(party(number), None).circle
}

#[track_caller]
fn assert_near(found: f64, expected: f64, decimals: i32) {
    // A hair more than half a unit: the numbers were rounded, and so are ours.
    let most = 0.500_001 * 10_f64.powi(-decimals);
    assert!((found - expected).abs() <= most, "{found} where {expected} was expected");
}
