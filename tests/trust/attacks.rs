//! Fakes and rings on real networks: what counts is how many honest people are fooled, never how many fakes there are.

use super::metrics::count;
use super::networks::{Said, advogato, advogato_ring, lot, otc_all};
use super::{Row, assert_near, circle_of, explicit, graph, number, party};
use gigcast::trust::{CommunityOrder, Graph, Parameters, Query, Workspace};
use std::collections::{BTreeMap, BTreeSet};

const FIRST_FAKE: u32 = 1_000_001;

/// Only vouches count here: no help, no community, no warnings.
fn circle_alone() -> Parameters {
    Parameters { help: 0.0, community: 0.0, caution: 0.0, ..Parameters::default() }
}

fn vouches(said: &[Said]) -> Vec<Row> {
    said.iter().filter(|one| one.weight > 0.0).map(|one| (one.by, one.about, explicit(one.weight))).collect()
}

/// So many fakes, each of whom vouches for the next twenty in a circle, and for the first.
fn fakes(count: u32) -> Vec<Row> {
    let mut edges = BTreeSet::new();
    for fake in 0..count {
        edges.extend((1..=20.min(count - 1)).map(|ahead| (fake, (fake + ahead) % count)));
        edges.insert((fake, 0));
    }
    edges.retain(|(by, about)| by != about);
    edges.into_iter().map(|(by, about)| (FIRST_FAKE + by, FIRST_FAKE + about, explicit(1.0))).collect()
}

/// The posters that are attacked, each with the contacts of whom the first are fooled.
fn attacked(rows: &[Row]) -> Vec<(u32, Vec<u32>)> {
    let mut contacts: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (by, about, _) in rows {
        contacts.entry(*by).or_default().insert(*about);
    }
    let posters = contacts.iter().filter(|(poster, whom)| whom.len() >= 5 && lot(**poster).is_multiple_of(23)).take(50);
    posters
        .map(|(poster, whom)| {
            let mut whom: Vec<u32> = whom.iter().copied().filter(|one| contacts.contains_key(one)).collect();
            whom.sort_by_key(|one| (lot(*one) % 997, *one));
            (*poster, whom)
        })
        .collect()
}

/// Mean share of the first hundred, and of all that is given, that fakes hold; and the score of the first fake for each poster.
fn outcome(graph: &mut Graph, posters: &[(u32, Vec<u32>)], fakes: u32, fooled: usize) -> (f64, f64, Vec<f64>) {
    let parameters = circle_alone();
    let mut workspace = Workspace::default();
    let (mut of_hundred, mut of_mass, mut first) = (0.0, 0.0, Vec::new());
    for (poster, contacts) in posters {
        let deceived: Vec<(u32, u32)> =
            contacts.iter().take(fooled).zip((0..fakes).cycle()).map(|(by, fake)| (*by, FIRST_FAKE + fake)).collect();
        for (by, fake) in &deceived {
            graph.set(party(*by), party(*fake), &[explicit(1.0)]).unwrap();
        }
        let circle = graph.circle(&Query::of(party(*poster)), &parameters, &mut workspace);
        let list = circle.rank(None, |_| true, usize::MAX).others;
        let is_fake = |number: u32| number >= FIRST_FAKE;
        let hundred = list.iter().take(100);
        let total: f64 = list.iter().map(|one| one.standing.circle).sum();
        let fake: f64 = list.iter().filter(|one| is_fake(number(one.party))).map(|one| one.standing.circle).sum();
        of_hundred += count(hundred.clone().filter(|one| is_fake(number(one.party))).count()) / count(hundred.len());
        of_mass += fake / total;
        first.push(circle_of(&circle, FIRST_FAKE));
        for (by, fake) in &deceived {
            graph.set(party(*by), party(*fake), &[]).unwrap();
        }
    }
    let posters = count(posters.len());
    (of_hundred / posters, of_mass / posters, first)
}

#[test]
fn what_fakes_get_depends_on_whom_they_fool_and_not_on_how_many_they_are() {
    let rows = vouches(&otc_all());
    let posters = attacked(&rows);
    assert_eq!(posters.len(), 50);
    let mut scores_with_one_fooled: Vec<Vec<f64>> = Vec::new();
    for (number_of_fakes, expected) in [
        (1, vec![(1, 0.006, 0.012)]),
        (10, vec![(1, 0.022, 0.022)]),
        (100, vec![(1, 0.018, 0.022)]),
        (1000, vec![(1, 0.018, 0.022), (3, 0.072, 0.068), (10, 0.165, 0.150)]),
        (10_000, vec![(1, 0.018, 0.022)]),
    ] {
        let mut graph = graph(&[rows.clone(), fakes(number_of_fakes)].concat());
        for (fooled, of_hundred, of_mass) in expected {
            let (hundred, mass, first) = outcome(&mut graph, &posters, number_of_fakes, fooled);
            println!("{number_of_fakes} fakes, {fooled} fooled: {hundred:.3} of the first hundred, {mass:.3} of all");
            assert_near(hundred, of_hundred, 3);
            assert_near(mass, of_mass, 3);
            if fooled == 1 {
                assert_near(first.iter().sum::<f64>() / count(first.len()), 0.007_233, 6);
                scores_with_one_fooled.push(first);
            }
        }
    }
    for scores in &scores_with_one_fooled {
        let bits = |scores: &[f64]| scores.iter().map(|score| score.to_bits()).collect::<Vec<_>>();
        assert_eq!(
            bits(scores),
            bits(&scores_with_one_fooled[0]),
            "ten thousand fakes gave the first one more than one did"
        );
    }
}

#[test]
fn a_ring_that_deceived_a_real_site_counts_for_next_to_nothing() {
    let rows = vouches(&advogato());
    let ring = advogato_ring();
    let roots = [120, 66, 141, 16];
    let graph = graph(&rows);
    let roots_as_parties: Vec<_> = roots.iter().map(|root| party(*root)).collect();
    let mut workspace = Workspace::default();
    let parameters = circle_alone();
    let community = CommunityOrder::of(&graph, &roots_as_parties, None, &parameters, &mut workspace);
    let nobody = graph.circle(&Query::of(party(u32::MAX)), &parameters, &mut workspace);

    let mut in_degree: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, about, _) in &rows {
        *in_degree.entry(*about).or_default() += 1.0;
    }
    in_degree.retain(|person, _| !roots.contains(person));
    assert_eq!((ring.len(), in_degree.len()), (147, 4356));

    let mut ranked: Vec<(f64, u32)> =
        in_degree.keys().map(|person| (nobody.standing(party(*person), Some(&community)).community, *person)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(lot(a.1).cmp(&lot(b.1))));
    let heard: Vec<usize> =
        (1..).zip(&ranked).filter(|(_, (score, one))| *score > 0.0 && ring.contains(one)).map(|(at, _)| at).collect();
    assert_eq!(heard, [1923]);

    let mut counted: Vec<(f64, u32)> = in_degree.iter().map(|(person, degree)| (*degree, *person)).collect();
    counted.sort_by(|a, b| b.0.total_cmp(&a.0).then(lot(a.1).cmp(&lot(b.1))));
    assert_eq!(counted.iter().take(100).filter(|(_, one)| ring.contains(one)).count(), 24);
}
