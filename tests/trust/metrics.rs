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

/// `candidates`: score, tie breaker, whether relevant. A higher score is better, a lower tie breaker goes first; who has 0 is not ranked.
pub fn measure(candidates: impl Iterator<Item = (f64, u64, bool)> + Clone) -> Scores {
    let mut relevant: Vec<(f64, u64)> =
        candidates.clone().filter(|(.., is_relevant)| *is_relevant).map(|(score, lot, _)| (score, lot)).collect();
    relevant.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut others, mut won) = (0, 0.0);
    // How many of the others go just before each relevant one.
    let mut before = vec![0; relevant.len() + 1];
    for (score, lot, _) in candidates.filter(|(.., is_relevant)| !is_relevant) {
        others += 1;
        before[relevant.partition_point(|one| one.0 > score || (one.0.total_cmp(&score).is_eq() && one.1 < lot))] += 1;
        let above = relevant.partition_point(|one| one.0 > score);
        let tied = relevant[above..].partition_point(|one| one.0 >= score);
        won += count(above) + 0.5 * count(tied);
    }
    let auc = if others == 0 { 1.0 } else { won / count(others) / count(relevant.len()) };
    let (mut first, mut gain, mut hits, mut ahead) = (0.0, 0.0, 0, 0);
    for (at, (score, _)) in relevant.iter().enumerate() {
        ahead += before[at];
        let rank = count(at + ahead + 1);
        if *score <= 0.0 {
            break;
        }
        if at == 0 {
            first = 1.0 / rank;
        }
        if rank <= 10.0 {
            gain += 1.0 / (rank + 1.0).log2();
            hits += 1;
        }
    }
    let best = relevant.len().min(10);
    let ideal: f64 = (1..=best).map(|rank| 1.0 / (count(rank) + 1.0).log2()).sum();
    [auc, first, gain / ideal, count(hits) / count(best)]
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
    // In order: other 3, relevant 2, other 1, and one relevant that is not ranked, tied with an other.
    let list = [(3.0, 0, false), (2.0, 0, true), (1.0, 0, false), (0.0, 2, true), (0.0, 1, false)];
    let [auc_found, mrr, ndcg, recall] = measure(list.into_iter());
    let gain = 1.0 / 3.0_f64.log2();
    for (found, expected) in [(auc_found, 2.5 / 6.0), (mrr, 0.5), (ndcg, gain / (1.0 + gain)), (recall, 0.5)] {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
    let pairs = [(1.0, true), (0.0, true), (0.0, false), (-1.0, false)];
    assert!((auc(&pairs) - 0.875).abs() < 1e-12);
    assert!((average_precision(&pairs) - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
}
