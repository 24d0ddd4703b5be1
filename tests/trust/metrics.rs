//! How well an order foretells whom people will vouch for: AUC, MRR, NDCG and Recall at ten, the mean over all who ask.

/// AUC, MRR, NDCG@10, Recall@10 (hits of at most ten).
pub type Scores = [f64; 4];

/// Adds up the measures of many questions.
#[derive(Debug, Default, Clone, Copy)]
pub struct Mean {
    sum: Scores,
    pub questions: usize,
    pub relevant: usize,
}

impl Mean {
    pub fn add(&mut self, scores: Scores, relevant: usize) {
        for (sum, score) in self.sum.iter_mut().zip(scores) {
            *sum += score;
        }
        self.questions += 1;
        self.relevant += relevant;
    }

    pub fn scores(&self) -> Scores {
        self.sum.map(|sum| sum / count(self.questions))
    }
}

pub fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}

/// Where one relevant candidate stands among all: how many go before it, how many score higher, how many the same.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    score: f64,
    before: usize,
    above: usize,
    tied: usize,
}

/// The places of the relevant ones, in the order of the ranking, each with its number. `candidates`: score and tie breaker.
/// A higher score is better, a lower tie breaker goes first.
pub fn places(candidates: &[(f64, u64)], relevant: &[usize]) -> Vec<(usize, Place)> {
    let mut order = relevant.to_vec();
    order.sort_by(|a, b| candidates[*b].0.total_cmp(&candidates[*a].0).then(candidates[*a].1.cmp(&candidates[*b].1)));
    let sorted: Vec<(f64, u64)> = order.iter().map(|at| candidates[*at]).collect();
    // How many candidates go just before each, and how many score just higher; summed up below.
    let (mut before, mut above, mut tied) =
        (vec![0; sorted.len() + 1], vec![0; sorted.len() + 1], vec![0; sorted.len()]);
    for &(score, lot) in candidates {
        let mut at = 0;
        while at < sorted.len() && (sorted[at].0 > score || (sorted[at].0 >= score && sorted[at].1 < lot)) {
            at += 1;
        }
        before[at] += 1;
        // Of equal scores the tie breaker has put some on either side.
        let (mut first, mut last) = (at, at);
        while first > 0 && sorted[first - 1].0 <= score {
            first -= 1;
        }
        while last < sorted.len() && sorted[last].0 >= score {
            last += 1;
        }
        tied[first..last].iter_mut().for_each(|tied| *tied += 1);
        above[last] += 1;
    }
    let (mut ahead, mut higher) = (0, 0);
    let mut places = Vec::new();
    for (n, at) in order.into_iter().enumerate() {
        ahead += before[n];
        higher += above[n];
        // Each has counted itself: as one who goes before the next, and as tied.
        places.push((at, Place { score: sorted[n].0, before: ahead - 1, above: higher, tied: tied[n] - 1 }));
    }
    places
}

/// `among` so many candidates. Who scores 0 is not ranked.
pub fn measure(places: &[Place], among: usize) -> Scores {
    let (mut won, mut first, mut gain, mut hits) = (0.0, 0.0, 0.0, 0);
    for place in places {
        won += count(among - 1 - place.above - place.tied) + 0.5 * count(place.tied);
        let rank = count(place.before + 1);
        if place.score > 0.0 {
            first = f64::max(first, 1.0 / rank);
            if rank <= 10.0 {
                gain += 1.0 / (rank + 1.0).log2();
                hits += 1;
            }
        }
    }
    // Of two relevant ones each has won once against the other, or half and half.
    won -= count(places.len() * (places.len() - 1) / 2);
    let best = places.len().min(10);
    let ideal: f64 = (1..=best).map(|rank| 1.0 / (count(rank) + 1.0).log2()).sum();
    [won / count(among - places.len()) / count(places.len()), first, gain / ideal, count(hits) / count(best)]
}

/// How often a positive one scores above a negative one, ties half.
pub fn auc(pairs: &[(f64, bool)]) -> f64 {
    let mut negative: Vec<f64> = pairs.iter().filter(|(_, positive)| !positive).map(|(score, _)| *score).collect();
    negative.sort_by(f64::total_cmp);
    let (mut won, mut positives) = (0.0, 0.0);
    for (score, _) in pairs.iter().filter(|(_, positive)| *positive) {
        let below = negative.partition_point(|other| other < score);
        let tied = negative[below..].partition_point(|other| other <= score);
        won += count(below) + 0.5 * count(tied);
        positives += 1.0;
    }
    won / positives / count(negative.len())
}

/// Average precision of finding the negative ones, lowest score first; equal scores are taken at once.
pub fn average_precision(pairs: &[(f64, bool)]) -> f64 {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = count(sorted.iter().filter(|(_, positive)| !positive).count());
    let (mut seen, mut found, mut sum) = (0.0, 0.0, 0.0);
    for tied in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let negative = count(tied.iter().filter(|(_, positive)| !positive).count());
        seen += count(tied.len());
        found += negative;
        sum += negative / all * found / seen;
    }
    sum
}

#[test]
fn the_measures_are_right_where_they_can_be_counted_by_hand() {
    // In order: an other with 3, a relevant one with 2, an other with 1, and a relevant one that is not ranked, tied with an other.
    let list = [(3.0, 0), (2.0, 0), (1.0, 0), (0.0, 2), (0.0, 1)];
    let places: Vec<Place> = places(&list, &[3, 1]).into_iter().map(|(_, place)| place).collect();
    let [auc_found, mrr, ndcg, recall] = measure(&places, list.len());
    let gain = 1.0 / 3.0_f64.log2();
    for (found, expected) in [(auc_found, 2.5 / 6.0), (mrr, 0.5), (ndcg, gain / (1.0 + gain)), (recall, 0.5)] {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    let pairs = [(1.0, true), (0.0, true), (0.0, false), (-1.0, false)];
    assert!((auc(&pairs) - 0.875).abs() < 1e-12);
    assert!((average_precision(&pairs) - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
}
