//! Seven people, by hand.

use super::{Row, assert_near, circle_of, explicit, graph, help, number, party, warning};
use gigcast::trust::{Graph, Parameters, Query, Words, Workspace};

const P: u32 = 1;
const BOB: u32 = 2;
const CAROL: u32 = 3;
const DAN: u32 = 4;
const ALICE: u32 = 5;
const EVE: u32 = 6;
const FRANK: u32 = 7;
const STRANGER: u32 = 20;

fn rows() -> Vec<Row> {
    let vouches = [
        (P, BOB, 1.0),
        (P, CAROL, 0.5),
        (P, DAN, 1.0),
        (BOB, ALICE, 0.8),
        (BOB, EVE, 0.4),
        (CAROL, ALICE, 0.5),
        (DAN, EVE, 0.8),
        (ALICE, FRANK, 1.0),
        (ALICE, BOB, 0.8),
    ];
    let mut rows: Vec<Row> = vouches.iter().map(|(by, about, weight)| (*by, *about, explicit(*weight))).collect();
    rows.push((CAROL, EVE, warning(1.0)));
    rows
}

fn asking<T>(graph: &Graph, answer: impl FnOnce(&gigcast::trust::Circle<'_>) -> T) -> T {
    answer(&graph.circle(&Query::of(party(P)), &Parameters::default(), &mut Workspace::default()))
}

const SCORES: [(u32, f64); 6] =
    [(BOB, 0.283_333), (DAN, 0.283_333), (CAROL, 0.141_667), (ALICE, 0.084_292), (EVE, 0.096_333), (FRANK, 0.023_883)];

#[test]
fn voices_carry_as_far_as_worked_out_by_hand() {
    asking(&graph(&rows()), |circle| {
        for (who, score) in SCORES {
            assert_near(circle_of(circle, who), score, 6);
        }
        let eve = circle.standing(party(EVE), None);
        assert_near(eve.caution, 0.040_139, 6);
        assert_near(eve.total, 0.016_056, 6);
    });
}

#[test]
fn friends_that_someone_makes_behind_them_change_nothing_not_a_bit() {
    let (s1, s2, z, mallory) = (30, 31, 32, 33);
    let mut attacked = rows();
    for (by, about) in
        [(EVE, s1), (EVE, s2), (EVE, ALICE), (s1, EVE), (s1, s2), (s1, mallory), (s2, EVE), (s2, s1), (z, EVE)]
    {
        attacked.push((by, about, explicit(1.0)));
    }
    let before = asking(&graph(&rows()), |circle| SCORES.map(|(who, _)| circle_of(circle, who)));
    let after = asking(&graph(&attacked), |circle| SCORES.map(|(who, _)| circle_of(circle, who)));
    assert_eq!(before[4].to_bits(), after[4].to_bits());
    assert_near(after[4], 0.096_333, 6);
    for ((who, _), (before, after)) in SCORES.iter().zip(before.iter().zip(after)) {
        // Alice stands as far from P as Eve, who does vouch for her now, and what she is given she lends on.
        if ![ALICE, FRANK].contains(who) {
            assert_eq!(before.to_bits(), after.to_bits(), "{who}");
        }
    }
}

#[test]
fn help_makes_known_voices_louder_and_no_stranger_known() {
    let mut helped = rows();
    helped.extend([(BOB, P, help(0.3)), (ALICE, P, help(0.2)), (STRANGER, P, help(5.0))]);
    asking(&graph(&helped), |circle| {
        for (who, score) in [(BOB, 0.291_833), (ALICE, 0.091_885), (EVE, 0.097_297), (FRANK, 0.025_488)] {
            let standing = circle.standing(party(who), None);
            assert_near(standing.circle + standing.help, score, 6);
        }
        let ranking = circle.rank(None, |_| true, 10);
        let strangers: Vec<(u32, f64)> =
            ranking.strangers.iter().map(|stranger| (number(stranger.party), stranger.help)).collect();
        assert_eq!(strangers, [(STRANGER, 5.0)]);
        assert!(!ranking.others.iter().chain(&ranking.known).any(|one| number(one.party) == STRANGER));
    });
}

#[test]
fn those_whom_the_poster_knows_stand_apart_from_those_whom_the_circle_would_pick() {
    asking(&graph(&rows()), |circle| {
        let ranking = circle.rank(None, |_| true, 10);
        let names = |list: &[gigcast::trust::Candidate]| list.iter().map(|one| number(one.party)).collect::<Vec<_>>();
        assert_eq!(names(&ranking.known), [BOB, DAN, CAROL], "of equal ones the first by id");
        assert_eq!(names(&ranking.others), [ALICE, FRANK, EVE]);
        let only_frank = circle.rank(None, |party| number(party) == FRANK, 10);
        assert_eq!((names(&only_frank.known), names(&only_frank.others)), (vec![], vec![FRANK]));
        assert_eq!(names(&circle.rank(None, |_| true, 2).others), [ALICE, FRANK]);
    });
}

#[test]
fn a_path_names_the_heaviest_voices_and_each_by_another_first_contact() {
    asking(&graph(&rows()), |circle| {
        let why = circle.explain(party(FRANK));
        let steps: Vec<(u32, u32)> =
            why.paths[0].steps.iter().map(|step| (number(step.by), number(step.whom))).collect();
        assert_eq!(steps, [(P, BOB), (BOB, ALICE), (ALICE, FRANK)]);
        assert_near(why.paths[0].share_percent, 100.0, 9);

        let why = circle.explain(party(ALICE));
        let vouchers: Vec<u32> = why.paths.iter().map(|path| number(path.voucher)).collect();
        assert_eq!((vouchers, why.vouchers), (vec![BOB, CAROL], 2));
        assert_near(why.paths[0].share_percent, 76.190_476, 6);

        let eve = circle.explain(party(EVE));
        assert_eq!(eve.warners.iter().map(|warner| number(*warner)).collect::<Vec<_>>(), [CAROL]);
        let known = circle.explain(party(BOB));
        assert_eq!((number(known.paths[0].voucher), known.paths[0].steps.len()), (P, 1));
    });
}

#[test]
fn what_someone_would_be_without_another_is_what_they_are_when_the_other_is_forgotten() {
    let whole = graph(&rows());
    for cut in [BOB, CAROL, DAN, ALICE, STRANGER] {
        let mut workspace = Workspace::default();
        let parameters = Parameters::default();
        let query = Query { without: Some(party(cut)), ..Query::of(party(P)) };
        let without = whole.circle(&query, &parameters, &mut workspace);
        let rows: Vec<Row> = rows().into_iter().filter(|(by, about, _)| *by != cut && *about != cut).collect();
        asking(&graph(&rows), |forgotten| {
            for who in [BOB, CAROL, DAN, ALICE, EVE, FRANK] {
                let (a, b) = (without.standing(party(who), None), forgotten.standing(party(who), None));
                assert!((a.total - b.total).abs() < 1e-12 && a.distance == b.distance, "{who} without {cut}");
            }
        });
        assert!(!without.rank(None, |_| true, 10).known.iter().any(|one| number(one.party) == cut));
    }
}

#[test]
fn everyone_gets_the_words_that_fit_first() {
    asking(&graph(&rows()), |circle| {
        for (who, words) in [
            (BOB, Words::YouKnowThem),
            (ALICE, Words::StronglyTrusted),
            (EVE, Words::OpinionsDiffer),
            (FRANK, Words::Trusted),
            (99, Words::NotKnown),
        ] {
            assert_eq!(circle.standing(party(who), None).words, words, "{who}");
        }
    });
    let mut warned = rows();
    warned.push((DAN, FRANK, warning(1.0)));
    asking(&graph(&warned), |circle| {
        assert_eq!(circle.standing(party(FRANK), None).words, Words::CircleWarns);
        assert!(!circle.rank(None, |_| true, 10).others.iter().any(|one| number(one.party) == FRANK));
    });
}
