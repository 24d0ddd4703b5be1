//! What must hold on any graph, tried on thousands.

use super::{Row, explicit, graph, help, number, party, today, warning};
use gigcast::clock::Timestamp;
use gigcast::trust::{
    Admission, CommunityOrder, Deed, Dispute, Evidence, Graph, Joined, Kind, Level, Over, Parameters, Query, Standing,
    Weighing, Workspace,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};

/// Honest people have even numbers and fakes odd ones, so that the fakes stand between them in every order.
const PEOPLE: u32 = 12;
const POSTER: u32 = 0;

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    // No file of failed cases: a test leaves nothing behind. What failed is printed, shrunk.
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&strategy, test).unwrap_or_else(|failure| panic!("{failure}"));
}

fn honest() -> impl Strategy<Value = u32> {
    (0..PEOPLE).prop_map(|n| 2 * n)
}

fn fake() -> impl Strategy<Value = u32> {
    (0..PEOPLE).prop_map(|n| 2 * n + 1)
}

fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.577), Just(1.0), 0.001..4.0]
}

fn vouch() -> impl Strategy<Value = gigcast::trust::Sum<'static>> {
    weight().prop_map(explicit)
}

fn any_sum() -> impl Strategy<Value = gigcast::trust::Sum<'static>> {
    prop_oneof![6 => vouch(), 2 => weight().prop_map(warning), 1 => weight().prop_map(help)]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((honest(), honest(), any_sum()), 0..50)
}

/// With all that a poster may ask, and a prune that bites now and then.
fn parameters() -> impl Strategy<Value = Parameters> {
    prop_oneof![Just(0.0), Just(1e-5), Just(0.02)].prop_map(|prune| Parameters { prune, ..Parameters::default() })
}

fn standings(graph: &Graph, parameters: &Parameters) -> BTreeMap<u32, Standing> {
    let mut workspace = Workspace::default();
    let circle = graph.circle(&Query::of(party(POSTER)), parameters, &mut workspace);
    (0..PEOPLE).map(|n| (2 * n, circle.standing(party(2 * n), None))).collect()
}

/// All that someone's word can travel to, of either sign.
fn reach(rows: &[Row], from: u32) -> BTreeSet<u32> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(one) = open.pop() {
        for (_, about, _) in rows.iter().filter(|(by, _, sum)| *by == one && sum.kind != Kind::Help) {
            if reached.insert(*about) {
                open.push(*about);
            }
        }
    }
    reached
}

#[test]
fn fakes_behind_someone_change_neither_them_nor_anyone_they_do_not_reach() {
    let bought = || vec((fake(), any_sum()), 0..8);
    let among = || vec((fake(), prop_oneof![3 => fake(), 1 => honest()], any_sum()), 0..40);
    run(4000, (rows(), honest(), bought(), among(), parameters()), |(rows, seller, bought, among, parameters)| {
        let mut added: Vec<Row> = bought.into_iter().map(|(fake, sum)| (seller, fake, sum)).collect();
        // The fakes vouch for the seller too, and for honest people; what they did for the poster's gigs is another matter.
        let among = among.into_iter().filter(|(.., sum)| sum.kind != Kind::Help);
        added.extend(among.chain((0..PEOPLE).map(|n| (2 * n + 1, seller, explicit(1.0)))));
        let (before, attacked) = (graph(&rows), [rows.clone(), added.clone()].concat());
        let reached = reach(&attacked, seller);
        let mut live = before.clone();
        let mut pairs: BTreeMap<(u32, u32), Vec<gigcast::trust::Sum<'static>>> = BTreeMap::new();
        for (by, about, sum) in added.iter().filter(|(.., sum)| sum.kind != Kind::Help) {
            let sums = pairs.entry((*by, *about)).or_default();
            sums.retain(|one| one.kind != sum.kind);
            sums.push(*sum);
        }
        for ((by, about), sums) in pairs {
            live.set(party(by), party(about), &sums).unwrap();
        }
        let was = standings(&before, &parameters);
        for attacked in [graph(&attacked), live] {
            let is = standings(&attacked, &parameters);
            prop_assert_eq!(was[&seller].circle.to_bits(), is[&seller].circle.to_bits());
            for (who, was) in was.iter().filter(|(who, _)| !reached.contains(who) && **who != seller) {
                prop_assert_eq!(was.circle.to_bits(), is[who].circle.to_bits(), "{}", who);
                prop_assert_eq!(was.caution.to_bits(), is[who].caution.to_bits(), "{}", who);
                // A poster of whom nothing was known is known to stand at 0 as soon as anyone vouches for them.
                prop_assert!(*who == POSTER || was.distance == is[who].distance, "{}", who);
            }
        }
        Ok(())
    });
}

#[test]
fn strangers_who_reshare_change_nothing() {
    let strangers = vec((fake(), 0.1..1000.0), 1..30);
    let vouches = vec((fake(), prop_oneof![fake(), honest()], any_sum()), 0..20);
    run(4000, (rows(), strangers, vouches, parameters()), |(rows, strangers, vouches, parameters)| {
        let mut crowd = rows.clone();
        crowd.extend(strangers.into_iter().map(|(stranger, weight)| (stranger, POSTER, help(weight))));
        crowd.extend(vouches.into_iter().filter(|(.., sum)| sum.kind != Kind::Help));
        let (was, is) = (standings(&graph(&rows), &parameters), standings(&graph(&crowd), &parameters));
        for (who, was) in was {
            for (was, is) in [(was.total, is[&who].total), (was.help, is[&who].help), (was.circle, is[&who].circle)] {
                prop_assert_eq!(was.to_bits(), is.to_bits(), "{}", who);
            }
        }
        Ok(())
    });
}

#[test]
fn a_voice_never_grows_on_its_way() {
    run(1000, (rows(), parameters()), |(rows, parameters)| {
        let mut layers: BTreeMap<u8, f64> = BTreeMap::new();
        for standing in standings(&graph(&rows), &parameters).into_values() {
            if let Some(distance) = standing.distance {
                *layers.entry(distance).or_default() += standing.voice;
            }
        }
        for (distance, voice) in layers {
            prop_assert!(voice <= parameters.damping.powi(i32::from(distance)) + 1e-12, "{} at {}", voice, distance);
        }
        Ok(())
    });
}

#[test]
fn who_is_vouched_for_more_never_loses_by_it() {
    let parameters = Parameters { prune: 0.0, ..Parameters::default() };
    run(1000, (rows(), any::<prop::sample::Index>(), weight()), |(rows, which, more)| {
        let vouches: Vec<&Row> = rows.iter().filter(|(.., sum)| sum.kind == Kind::Explicit).collect();
        if vouches.is_empty() {
            return Ok(());
        }
        let (by, about, _) = *which.get(&vouches);
        let raised = [rows.clone(), vec![(*by, *about, explicit(more))]].concat();
        let (was, is) = (standings(&graph(&rows), &parameters), standings(&graph(&raised), &parameters));
        prop_assert!(is[about].circle >= was[about].circle - 1e-15, "{} {}", was[about].circle, is[about].circle);
        Ok(())
    });
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let deed = prop::sample::select(vec![
        Deed::Hired,
        Deed::Completed,
        Deed::Vouch(Level::KnowsTheWork),
        Deed::Vouch(Level::WouldHireAgain),
        Deed::Referrer,
        Deed::Dispute(Dispute::Mild, Over::BadWork),
        Deed::Dispute(Dispute::Grave, Over::BadWork),
        Deed::Reshare,
        Deed::Quote,
        Deed::Reply,
    ]);
    let category = prop::sample::select(vec![None, Some("design/brand"), Some("design"), Some("writing")]);
    // Some of it lies ahead of the day that is asked about.
    let at = (0..500_u64).prop_map(|days| Timestamp::from_millis(1_795_262_400_000 + 86_400_000 - days * 80_000_000));
    (honest(), honest(), deed, category, at, 0..3_u8).prop_map(|(by, about, deed, category, at, source)| Evidence {
        by: party(by),
        about: party(about),
        category: category.map(str::to_owned),
        deed,
        at,
        source: format!("https://social.example/{source}"),
        admission: Admission::Counts,
    })
}

#[test]
fn a_graph_that_grew_is_the_graph_that_was_built_at_once_in_whatever_order() {
    let asked = prop::sample::select(vec![None, Some("design/brand")]);
    run(500, (vec(evidence(), 0..60), vec(any::<prop::sample::Index>(), 60), asked), |(evidence, order, category)| {
        let weighing = Weighing::default();
        let built = |evidence: &[Evidence]| {
            Graph::build(evidence.iter().cloned(), &Joined::default(), today(), weighing.clone()).unwrap()
        };
        let mut shuffled = evidence.clone();
        for (at, other) in (1..shuffled.len()).zip(&order) {
            shuffled.swap(at, other.index(at + 1));
        }
        // One event after the other: all that is on record of its pair by then.
        let mut grown = Graph::new(today(), weighing.clone());
        let mut record: BTreeMap<(u32, u32), Vec<Evidence>> = BTreeMap::new();
        for piece in &shuffled {
            let pair = record.entry((number(piece.by), number(piece.about))).or_default();
            pair.push(piece.clone());
            grown.apply(piece.by, piece.about, pair).unwrap();
        }
        let answers = |graph: &Graph| {
            let parameters = Parameters::default();
            let mut workspace = Workspace::default();
            let query = Query { category, ..Query::of(party(POSTER)) };
            let circle = graph.circle(&query, &parameters, &mut workspace);
            (0..PEOPLE).map(|n| circle.standing(party(2 * n), None)).collect::<Vec<_>>()
        };
        let expected = answers(&built(&evidence));
        let bits = |standings: &[Standing]| standings.iter().map(|one| one.total.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&expected), bits(&answers(&built(&shuffled))), "built at once, the order leaves no trace");
        for (expected, found) in expected.iter().zip(answers(&grown)) {
            prop_assert!((expected.total - found.total).abs() < 1e-12, "{} {}", expected.total, found.total);
            prop_assert_eq!((expected.vouchers, expected.distance), (found.vouchers, found.distance));
        }
        for n in 0..PEOPLE {
            prop_assert_eq!(built(&evidence).degree_of(party(2 * n)), grown.degree_of(party(2 * n)));
        }
        Ok(())
    });
}

#[test]
fn as_many_are_counted_as_would_be_ranked() {
    run(2000, (rows(), honest(), parameters()), |(rows, root, parameters)| {
        let (graph, mut workspace) = (graph(&rows), Workspace::default());
        let community = CommunityOrder::of(&graph, &[party(root)], None, &parameters, &mut workspace);
        let circle = graph.circle(&Query::of(party(POSTER)), &parameters, &mut workspace);
        let offers = |one| !number(one).is_multiple_of(3);
        for community in [None, Some(&community)] {
            let ranking = circle.rank(community, offers, usize::MAX);
            prop_assert_eq!(circle.count(community, offers), (ranking.known.len(), ranking.others.len()));
        }
        Ok(())
    });
}
