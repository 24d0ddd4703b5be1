//! Where a ranking could go wrong at its edges: nobody, nothing, oneself, too much.

use super::evidence::piece;
use super::{Row, assert_near, circle_of, explicit, graph, help, number, party, today, warning};
use gigcast::id::{ActorId, PersonId};
use gigcast::trust::{
    Applied, Candidate, CommunityOrder, Deed, Evidence, Graph, Joined, Kind, Level, Parameters, Party, Query, Refused,
    Sum, Weighing, Words, Workspace, roots,
};

fn numbers(list: &[Candidate]) -> Vec<u32> {
    list.iter().map(|one| number(one.party)).collect()
}

fn vouched(pairs: &[(u32, u32)]) -> Vec<Row> {
    pairs.iter().map(|(by, about)| (*by, *about, explicit(1.0))).collect()
}

#[test]
fn who_knows_nobody_is_shown_what_the_community_thinks() {
    let mut rows = vouched(&[(1, 10), (1, 11), (2, 10), (10, 12)]);
    rows.push((30, 31, help(1.0)));
    let graph = graph(&rows);
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let community = CommunityOrder::of(&graph, &[party(1), party(2)], None, &parameters, &mut workspace);
    // Not on record, on record without a vouch, and known only as one who was helped.
    for poster in [99, 12, 31] {
        let circle = graph.circle(&Query::of(party(poster)), &parameters, &mut workspace);
        assert!(circle.heard(None).all(|one| one.party == party(poster)));
        let ranking = circle.rank(Some(&community), |_| true, 10);
        assert!(ranking.known.is_empty());
        let expected: Vec<u32> = [10, 11, 12].into_iter().filter(|one| *one != poster).collect();
        assert_eq!(numbers(&ranking.others), expected);
        assert_eq!(ranking.others[0].standing.words, Words::KnownInCommunity);
        assert_eq!(circle.standing(party(77), Some(&community)).words, Words::NotKnown);
        assert!(circle.rank(None, |_| true, 10).others.is_empty());
        assert!(circle.explain(party(10)).paths.is_empty());
    }
}

#[test]
fn a_word_for_oneself_is_none() {
    let mut alone = graph(&vouched(&[(1, 1), (1, 2), (2, 2)]));
    alone.set(party(2), party(2), &[explicit(9.0)]).unwrap();
    assert_eq!((alone.degree_of(party(1)), alone.degree_of(party(2)), alone.edges()), (1, 0, 1));
}

#[test]
fn a_vouch_that_is_taken_back_is_as_if_it_had_never_been() {
    let mut graph = Graph::new(today(), Weighing::default());
    let vouch = [piece(Deed::Vouch(Level::WouldHireAgain), 0)];
    graph.apply(party(1), party(2), &vouch).unwrap();
    graph.apply(party(1), party(3), &vouch).unwrap();
    graph.apply(party(1), party(2), &vouch).unwrap();
    assert_eq!((graph.degree_of(party(1)), graph.edges()), (2, 2));
    graph.apply(party(1), party(2), &[]).unwrap();
    assert_eq!((graph.degree_of(party(1)), graph.vouches_of(party(1)), graph.edges()), (1, 1, 1));
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
    assert_eq!(circle.standing(party(2), None).distance, None);
    assert_near(circle_of(&circle, 3), 0.85 / 3.0, 9);
}

#[test]
fn a_vouch_that_has_faded_away_is_no_edge() {
    // 0.577 halves ten times in 1,800 days, to less than a thousandth.
    let build = |days_ago| {
        let old = piece(Deed::Vouch(Level::KnowsTheWork), days_ago);
        Graph::build([old], &Joined::default(), today(), Weighing::default()).unwrap()
    };
    assert_eq!((build(1_600).edges(), build(1_800).edges(), build(1_800).degree_of(party(1))), (1, 0, 0));
    let mut live = Graph::new(today(), Weighing::default());
    live.apply(party(1), party(2), &[piece(Deed::Vouch(Level::KnowsTheWork), 1_800)]).unwrap();
    assert_eq!((live.edges(), live.degree_of(party(1))), (0, 0));
}

#[test]
fn two_accounts_of_one_person_are_one_node_until_they_are_unlinked() {
    let [first, second] = [50_u8, 51].map(|n| ActorId::of(&[&[n]]));
    let person = PersonId::of(&[b"ada"]);
    let by = |actor: ActorId| Evidence { by: Party::Actor(actor), ..piece(Deed::Vouch(Level::WouldHireAgain), 0) };
    let evidence = [by(first), by(second), Evidence { about: Party::Actor(second), ..by(first) }];
    let build = |accounts: &[ActorId]| {
        let joined: Joined = accounts.iter().map(|account| (*account, person)).collect();
        Graph::build(evidence.clone(), &joined, today(), Weighing::default()).unwrap()
    };

    let one = build(&[first, second]);
    assert_eq!(one.edges(), 1, "what one account says of the other is said of oneself");
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let circle = one.circle(&Query::of(Party::Person(person)), &parameters, &mut workspace);
    assert_near(circle_of(&circle, 2), 0.85 / 3.0, 9);

    let two = build(&[first]);
    assert_eq!((two.edges(), two.degree_of(Party::Person(person)), two.degree_of(Party::Actor(second))), (3, 2, 1));
}

#[test]
fn nobody_becomes_known_by_nothing() {
    let mut graph = graph(&vouched(&[(1, 2)]));
    let was = graph.bytes();
    for (by, about) in [(3, 4), (1, 5), (6, 2)] {
        graph.set(party(by), party(about), &[]).unwrap();
    }
    assert_eq!((graph.bytes(), graph.edges()), (was, 1));
}

#[test]
fn who_is_forgotten_takes_all_paths_along() {
    let rows = vouched(&[(1, 2), (2, 3), (3, 4), (1, 5), (5, 4), (2, 1)]);
    let mut graph = graph(&rows);
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    for (by, about) in [(1, 2), (2, 3), (2, 1)] {
        graph.set(party(by), party(about), &[]).unwrap();
    }
    assert_eq!((graph.degree_of(party(1)), graph.degree_of(party(2)), graph.edges()), (1, 0, 3));
    let community = CommunityOrder::of(&graph, &[party(1)], None, &parameters, &mut workspace);
    let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
    let ranking = circle.rank(Some(&community), |_| true, 10);
    assert_eq!((numbers(&ranking.known), numbers(&ranking.others)), (vec![5], vec![4]));
    // Someone of that name who comes later brings nothing of before along.
    graph.set(party(1), party(2), &[explicit(1.0)]).unwrap();
    let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
    assert_eq!(circle.standing(party(3), None).distance, None);
    assert_near(circle_of(&circle, 2), 0.85 / 3.0, 9);
}

#[test]
fn nothing_but_warnings_is_an_empty_ranking_and_no_error() {
    let rows = [(1, 2, warning(1.0)), (1, 3, warning(0.5)), (2, 3, warning(1.0))];
    let graph = graph(&rows);
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
    assert_eq!(circle.rank(None, |_| true, 10), gigcast::trust::Ranking::default());
    let warned = circle.standing(party(2), None);
    assert_eq!(warned.words, Words::CircleWarns);
    assert_near(warned.caution, 0.85 / 3.0, 9);
    assert_near(circle.standing(party(3), None).caution, 0.85 / 3.0 * 0.5, 9);
}

#[test]
fn whom_the_poster_disputes_is_left_out_and_whom_others_dispute_is_not() {
    let mut rows = vouched(&[(1, 2), (1, 3), (2, 4), (2, 5), (3, 4), (3, 5)]);
    rows.extend([(1, 4, warning(0.01)), (3, 5, warning(0.01)), (4, 1, help(1.0)), (6, 1, help(1.0))]);
    rows.push((1, 6, warning(0.01)));
    let graph = graph(&rows);
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let ranking = graph.circle(&Query::of(party(1)), &parameters, &mut workspace).rank(None, |_| true, 10);
    assert_eq!((numbers(&ranking.known), numbers(&ranking.others)), (vec![2, 3], vec![5]));
    assert!(ranking.strangers.is_empty(), "nor is anybody asked to trust them");
}

#[test]
fn a_hub_that_is_hardly_heard_is_ranked_and_not_asked() {
    let mut rows = vouched(&[(1, 2), (2, 3)]);
    rows.extend((100..200).map(|one| (3, one, explicit(1.0))));
    let graph = graph(&rows);
    let mut workspace = Workspace::default();
    // 3 has 0.85 squared / 9 = 0.0803 of the voice, and 100 edges.
    for (prune, heard) in [(0.000_81, 0), (0.000_80, 100)] {
        let parameters = Parameters { prune, ..Parameters::default() };
        let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
        let ranking = circle.rank(None, |_| true, 1000);
        assert_eq!(number(ranking.others[0].party), 3);
        assert_eq!(ranking.others.len(), 1 + heard);
    }
}

#[test]
fn of_equal_standings_more_vouchers_go_first_and_then_the_id() {
    let mut rows = vec![(1, 2, explicit(1.0)), (1, 3, explicit(1.0))];
    // 10 and 11 have one half from each side, 12 and 9 the whole from one.
    for (by, about, weight) in [(2, 11, 0.25), (3, 11, 0.25), (2, 10, 0.25), (3, 10, 0.25), (2, 12, 0.5), (2, 9, 0.5)] {
        rows.push((by, about, explicit(weight)));
    }
    let graph = graph(&rows);
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
    assert_eq!(numbers(&circle.rank(None, |_| true, 10).others), [10, 11, 9, 12]);
    for top in 0..4 {
        assert_eq!(numbers(&circle.rank(None, |_| true, top).others), &[10, 11, 9, 12][..top]);
    }
}

#[test]
fn a_weight_that_is_no_number_is_refused_with_whom_it_is_about_and_changes_nothing() {
    for weight in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0] {
        let mut graph = graph(&vouched(&[(1, 2)]));
        let refused = graph.set(party(1), party(2), &[explicit(0.5), warning(weight)]).unwrap_err();
        assert!(matches!(refused, Refused::Weight { about, .. } if about == party(2)));
        assert!(refused.to_string().contains(&party(2).to_string()), "{refused}");
        let rows = [(party(1), party(2), explicit(weight))];
        assert!(Graph::of_sums(rows, today(), Weighing::default()).is_err());
        let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
        let circle = graph.circle(&Query::of(party(1)), &parameters, &mut workspace);
        assert_near(circle_of(&circle, 2), 0.85 / 3.0, 9);
    }
}

#[test]
fn categories_are_counted_and_refused_when_they_are_free_text() {
    let names: Vec<String> = (0..70_000).map(|n| format!("c{n}")).collect();
    let rows = names
        .iter()
        .map(|name| (party(1), party(2), Sum { kind: Kind::Explicit, category: Some(name.as_str()), weight: 1.0 }));
    assert_eq!(Graph::of_sums(rows, today(), Weighing::default()).unwrap_err(), Refused::TooManyCategories);
}

#[test]
fn evidence_in_other_kinds_of_work_counts_less_and_is_never_left_out() {
    let vouch = |about: u32, category: &str| Evidence {
        about: party(about),
        category: Some(category.to_owned()),
        ..piece(Deed::Vouch(Level::WouldHireAgain), 0)
    };
    let evidence = [vouch(2, "design/brand"), vouch(3, "design/ux-ui"), vouch(4, "writing"), vouch(4, "design/brand")];
    let graph = Graph::build(evidence, &Joined::default(), today(), Weighing::default()).unwrap();
    let (parameters, mut workspace) = (Parameters::default(), Workspace::default());
    let mut asked = |category| {
        let query = Query { category, ..Query::of(party(1)) };
        let circle = graph.circle(&query, &parameters, &mut workspace);
        [2, 3, 4].map(|who| circle_of(&circle, who))
    };
    // Of equal age the order is by category: design/brand is the first piece for 4.
    let second = 2.0_f64.sqrt() - 1.0;
    let within = |weights: [f64; 3]| weights.map(|weight| 0.85 * weight / weights.iter().sum::<f64>().max(3.0));
    for (category, weights) in [
        (None, [1.0, 1.0, 1.0 + second]),
        (Some("design/brand"), [1.0, 0.75, 1.0 + 0.5 * second]),
        (Some("writing"), [0.5, 0.5, 0.5 + second]),
        (Some("care"), [0.5, 0.5, 0.5 + 0.5 * second]),
    ] {
        for (found, expected) in asked(category).into_iter().zip(within(weights)) {
            assert_near(found, expected, 9);
        }
    }
}

#[test]
fn the_roots_of_a_community_are_those_listed_or_posters_who_vouch_for_five() {
    let mut rows = Vec::new();
    for poster in 1..=200 {
        let vouches = if u32::is_multiple_of(poster, 2) { 5 } else { 4 };
        rows.extend((0..vouches).map(|n| (poster, 1000 + n, explicit(1.0))));
    }
    let graph = graph(&rows);
    let posters: Vec<Party> = (1..=199).map(party).collect();
    let found = roots(&graph, &[], &posters);
    assert_eq!(found.len(), 99);
    assert!(found.iter().all(|root| number(*root).is_multiple_of(2)) && !found.is_sorted(), "in no one's own order");
    let mut others = posters.clone();
    others.reverse();
    others.extend(posters);
    assert_eq!(roots(&graph, &[], &others), found);
    assert_eq!(roots(&graph, &[party(7)], &others), [party(7)]);
}

#[test]
fn a_workspace_remembers_nothing_of_the_last_walk_nor_of_another_graph() {
    let large = graph(&vouched(&[(1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]));
    let small = graph(&vouched(&[(3, 1)]));
    let parameters = Parameters::default();
    let mut used = Workspace::default();
    for (graph, poster) in [(&large, 1), (&small, 3), (&large, 5), (&small, 1), (&large, 1)] {
        let mut fresh = Workspace::default();
        let first = graph.circle(&Query::of(party(poster)), &parameters, &mut used);
        let second = graph.circle(&Query::of(party(poster)), &parameters, &mut fresh);
        for who in 1..8 {
            assert_eq!(first.standing(party(who), None), second.standing(party(who), None));
        }
    }
}

#[test]
fn an_event_says_whether_anything_became_less() {
    let mut graph = Graph::new(today(), Weighing::default());
    let vouch =
        |category: &str, level| Evidence { category: Some(category.to_owned()), ..piece(Deed::Vouch(level), 0) };
    let (design, code) = (vouch("design", Level::WorkedWith), vouch("code", Level::WorkedWith));
    let mut told = |evidence: &[Evidence]| graph.apply(party(1), party(2), evidence).unwrap();
    for (evidence, applied) in [
        (vec![design.clone()], Applied::NoLess),
        (vec![design.clone()], Applied::NoLess),
        (vec![vouch("design", Level::WouldHireAgain)], Applied::NoLess),
        (vec![design.clone()], Applied::Less),
        (vec![code], Applied::Less),
        (vec![design], Applied::Less),
        (vec![], Applied::Less),
        (vec![], Applied::NoLess),
    ] {
        assert_eq!(told(&evidence), applied, "{evidence:?}");
    }
}
