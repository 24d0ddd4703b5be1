//! The circle on real networks: how well it foretells whom people go on to vouch for, and whom they warn of.

use super::metrics::{Mean, Place, Scores, auc, average_precision, measure, places};
use super::networks::{Said, Split, adv_hash, lot, otc_hash, otc_time, rows};
use super::{assert_near, graph, number, party};
use gigcast::trust::{CommunityOrder, Graph, Parameters, Party, Query, Standing, Workspace};
use std::collections::{BTreeMap, BTreeSet};

const VARIANTS: usize = 5;
/// Parts of a standing, as the ranking might go by them.
fn variants(standing: &Standing, in_degree: f64) -> [f64; VARIANTS] {
    let defaults = Parameters::default();
    let wary = standing.circle - defaults.caution * standing.caution;
    let community = defaults.community * standing.community;
    [standing.circle, wary, wary + community, standing.total, in_degree]
}
const CIRCLE: usize = 0;
const WARY: usize = 1;
const WITH_COMMUNITY: usize = 2;
const EVERYTHING: usize = 3;
const IN_DEGREE: usize = 4;

struct Setting {
    graph: Graph,
    community: CommunityOrder,
    roots: usize,
    people: BTreeSet<u32>,
    /// What each person said: about whom, and whether it was positive.
    said: BTreeMap<u32, BTreeMap<u32, bool>>,
    in_degree: BTreeMap<u32, f64>,
    parameters: Parameters,
}

fn setting(known: &[Said]) -> Setting {
    let mut said: BTreeMap<u32, BTreeMap<u32, bool>> = BTreeMap::new();
    let mut in_degree: BTreeMap<u32, f64> = BTreeMap::new();
    let mut people = BTreeSet::new();
    for one in known {
        people.extend([one.by, one.about]);
        said.entry(one.by).or_default().insert(one.about, one.weight > 0.0);
        if one.weight > 0.0 {
            *in_degree.entry(one.about).or_default() += 1.0;
        }
    }
    let graph = graph(&rows(known));
    let roots: Vec<Party> = people
        .iter()
        .filter(|person| graph.vouches_of(party(**person)) >= 5 && lot(**person).is_multiple_of(16))
        .map(|person| party(*person))
        .collect();
    let parameters = Parameters::default();
    let community = CommunityOrder::of(&graph, &roots, None, &parameters, &mut Workspace::default());
    Setting { graph, community, roots: roots.len(), people, said, in_degree, parameters }
}

struct Answers {
    all: [Mean; VARIANTS],
    unprompted: [Mean; VARIANTS],
}

impl Setting {
    fn counts(&self) -> (usize, usize, usize) {
        let signs: Vec<bool> = self.said.values().flat_map(BTreeMap::values).copied().collect();
        let positive = signs.iter().filter(|positive| **positive).count();
        (self.people.len(), positive, signs.len() - positive)
    }

    fn has_said(&self, by: u32, about: u32) -> bool {
        self.said.get(&by).is_some_and(|said| said.contains_key(&about))
    }

    /// Whom would each person's circle pick, of those they have said nothing about; and whom did they come to vouch for?
    fn ask(&self, held_back: &[Said], asked: &[usize]) -> Answers {
        let mut relevant: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for one in held_back.iter().filter(|one| one.weight > 0.0) {
            if self.in_degree.contains_key(&one.about) && !self.has_said(one.by, one.about) && one.by != one.about {
                relevant.entry(one.by).or_default().insert(one.about);
            }
        }
        let mut workspace = Workspace::default();
        let unheard: BTreeMap<u32, Standing> = {
            let nobody = self.graph.circle(&Query::of(party(u32::MAX)), &self.parameters, &mut workspace);
            let standing = |person: &u32| nobody.standing(party(*person), Some(&self.community));
            self.in_degree.keys().map(|person| (*person, standing(person))).collect()
        };
        let candidates: Vec<u32> = self.in_degree.keys().copied().collect();
        let lots: Vec<u64> = candidates.iter().map(|person| lot(*person)).collect();
        let usual: Vec<[f64; VARIANTS]> =
            candidates.iter().map(|person| variants(&unheard[person], self.in_degree[person])).collect();
        let at: BTreeMap<u32, usize> = candidates.iter().enumerate().map(|(at, person)| (*person, at)).collect();
        let mut answers = Answers { all: [Mean::default(); VARIANTS], unprompted: [Mean::default(); VARIANTS] };
        for (asker, relevant) in relevant {
            if self.graph.vouches_of(party(asker)) < 3 {
                continue;
            }
            let circle = self.graph.circle(&Query::of(party(asker)), &self.parameters, &mut workspace);
            let mut scores = usual.clone();
            for heard in circle.heard(Some(&self.community)) {
                if let Some(at) = at.get(&number(heard.party)) {
                    scores[*at] = variants(&heard.standing, usual[*at][IN_DEGREE]);
                }
            }
            // Not the asker, and nobody the asker has spoken of.
            let mut is_candidate = vec![true; candidates.len()];
            for spoken_of in self.said[&asker].keys().chain([&asker]).filter_map(|person| at.get(person)) {
                is_candidate[*spoken_of] = false;
            }
            let list: Vec<usize> = (0..candidates.len()).filter(|at| is_candidate[*at]).collect();
            let wanted: Vec<usize> = (0..list.len()).filter(|at| relevant.contains(&candidates[list[*at]])).collect();
            for &variant in asked {
                let scored: Vec<(f64, u64)> =
                    list.iter().map(|at| (scores[*at][variant].max(0.0), lots[*at])).collect();
                let places = places(&scored, &wanted);
                let is_unprompted = |at: usize| !self.has_said(candidates[list[at]], asker);
                let all: Vec<Place> = places.iter().map(|(_, place)| *place).collect();
                let unprompted: Vec<Place> =
                    places.iter().filter(|(at, _)| is_unprompted(*at)).map(|(_, place)| *place).collect();
                for (places, means) in [(all, &mut answers.all), (unprompted, &mut answers.unprompted)] {
                    if !places.is_empty() {
                        means[variant].add(measure(&places, list.len()), places.len());
                    }
                }
            }
        }
        answers
    }

    /// Of pairs that came to speak of each other, what the circle thought: its score, and whether the word was positive.
    fn signs(&self, held_back: &[Said], caution: f64) -> Vec<(f64, bool)> {
        let parameters = Parameters { caution, ..Parameters::default() };
        let mut workspace = Workspace::default();
        let mut by_asker: BTreeMap<u32, Vec<&Said>> = BTreeMap::new();
        for one in held_back.iter().filter(|one| self.people.contains(&one.by) && self.people.contains(&one.about)) {
            by_asker.entry(one.by).or_default().push(one);
        }
        let mut pairs = Vec::new();
        for (asker, said) in by_asker {
            let circle = self.graph.circle(&Query::of(party(asker)), &parameters, &mut workspace);
            pairs.extend(said.iter().map(|one| {
                let standing = circle.standing(party(one.about), None);
                (standing.circle - caution * standing.caution, one.weight > 0.0)
            }));
        }
        pairs
    }
}

fn ask(split: &Split, variants: &[usize]) -> (Setting, Answers) {
    let setting = setting(&split.known);
    let answers = setting.ask(&split.held_back, variants);
    (setting, answers)
}

#[track_caller]
fn assert_scores(name: &str, found: &Mean, expected: Scores) {
    for (measure, (found, expected)) in ["AUC", "MRR", "NDCG", "Recall"].iter().zip(found.scores().iter().zip(expected))
    {
        let rounded = (found * 1000.0).round() / 1000.0;
        assert!((rounded - expected).abs() < 1e-9, "{name}, {measure}: {found} where {expected} was expected");
    }
}

fn asked(mean: &Mean) -> (usize, usize) {
    (mean.questions, mean.relevant)
}

#[test]
fn on_otc_by_time_the_circle_foretells_what_it_was_measured_to() {
    let (setting, answers) = ask(&otc_time(), &[CIRCLE, WARY, WITH_COMMUNITY, EVERYTHING, IN_DEGREE]);
    assert_eq!((setting.counts(), setting.roots), ((4863, 26005, 2468), 59));
    assert_eq!((asked(&answers.all[CIRCLE]), asked(&answers.unprompted[CIRCLE])), ((320, 2357), (310, 2217)));
    for (variant, all, unprompted) in [
        (CIRCLE, [0.865, 0.282, 0.179, 0.210], [0.859, 0.254, 0.156, 0.188]),
        (WARY, [0.859, 0.283, 0.180, 0.211], [0.854, 0.255, 0.157, 0.189]),
        (WITH_COMMUNITY, [0.897, 0.291, 0.185, 0.212], [0.893, 0.261, 0.161, 0.190]),
        (EVERYTHING, [0.898, 0.316, 0.199, 0.230], [0.893, 0.244, 0.153, 0.186]),
        (IN_DEGREE, [0.868, 0.199, 0.106, 0.127], [0.863, 0.174, 0.091, 0.109]),
    ] {
        assert_scores(&format!("variant {variant}"), &answers.all[variant], all);
        assert_scores(&format!("variant {variant}, unprompted"), &answers.unprompted[variant], unprompted);
    }
}

#[test]
fn on_otc_by_hash_the_circle_foretells_what_it_was_measured_to() {
    let (setting, answers) = ask(&otc_hash(), &[CIRCLE, EVERYTHING]);
    assert_eq!((setting.counts(), setting.roots), ((5639, 25588, 2819), 59));
    assert_eq!((asked(&answers.all[CIRCLE]), asked(&answers.unprompted[CIRCLE])), ((1207, 4751), (718, 1518)));
    for (variant, all, unprompted) in [
        (CIRCLE, [0.893, 0.213, 0.137, 0.175], [0.884, 0.145, 0.110, 0.162]),
        (EVERYTHING, [0.869, 0.360, 0.273, 0.340], [0.838, 0.127, 0.098, 0.147]),
    ] {
        assert_scores(&format!("variant {variant}"), &answers.all[variant], all);
        assert_scores(&format!("variant {variant}, unprompted"), &answers.unprompted[variant], unprompted);
    }
}

#[test]
fn on_advogato_the_circle_foretells_what_it_was_measured_to() {
    let (setting, answers) = ask(&adv_hash(), &[CIRCLE, WITH_COMMUNITY, EVERYTHING, IN_DEGREE]);
    assert_eq!((setting.counts(), setting.roots), ((4804, 47890, 0), 120));
    assert_eq!((asked(&answers.all[CIRCLE]), asked(&answers.unprompted[CIRCLE])), ((1957, 10896), (1740, 7740)));
    for (variant, all, unprompted) in [
        (CIRCLE, [0.903, 0.378, 0.277, 0.333], [0.902, 0.316, 0.231, 0.299]),
        (WITH_COMMUNITY, [0.909, 0.374, 0.275, 0.331], [0.910, 0.316, 0.230, 0.299]),
        (EVERYTHING, [0.915, 0.448, 0.340, 0.401], [0.912, 0.274, 0.202, 0.275]),
        (IN_DEGREE, [0.811, 0.165, 0.090, 0.104], [0.828, 0.175, 0.106, 0.129]),
    ] {
        assert_scores(&format!("variant {variant}"), &answers.all[variant], all);
        assert_scores(&format!("variant {variant}, unprompted"), &answers.unprompted[variant], unprompted);
    }
}

#[test]
fn warnings_foretell_warnings() {
    for (split, pairs, negative, wary, unwary, precision) in
        [(otc_time(), 3149, 390, 0.692, 0.617, 0.330), (otc_hash(), 6877, 694, 0.857, 0.739, 0.462)]
    {
        let setting = setting(&split.known);
        let signs = setting.signs(&split.held_back, Parameters::default().caution);
        assert_eq!((signs.len(), signs.iter().filter(|(_, positive)| !positive).count()), (pairs, negative));
        assert_near(auc(&signs), wary, 3);
        assert_near(average_precision(&signs), precision, 3);
        assert_near(auc(&setting.signs(&split.held_back, 0.0)), unwary, 3);
    }
}

#[test]
fn single_questions_have_the_answers_that_were_worked_out() {
    let setting_of = |split: Split| setting(&split.known);
    let mut workspace = Workspace::default();
    for (setting, poster, first) in [
        (setting_of(otc_time()), 1412, [(1810, 0.008_446), (2642, 0.007_731), (2625, 0.006_709)]),
        (setting_of(adv_hash()), 26, [(49, 0.041_615), (53, 0.037_415), (11, 0.032_733)]),
    ] {
        let circle = setting.graph.circle(&Query::of(party(poster)), &setting.parameters, &mut workspace);
        let ranking = circle.rank(Some(&setting.community), |_| true, 3);
        let found: Vec<u32> = ranking.others.iter().map(|one| number(one.party)).collect();
        assert_eq!(found, first.map(|(person, _)| person));
        for (candidate, (_, total)) in ranking.others.iter().zip(first) {
            assert_near(candidate.standing.total, total, 6);
        }
        if poster == 1412 {
            let best = ranking.others[0].standing;
            for (found, expected) in [
                (best.circle, 0.007_671),
                (best.help, 0.000_675),
                (best.community, 0.002_463),
                (best.caution, 0.000_073),
            ] {
                assert_near(found, expected, 6);
            }
        }
    }
}
