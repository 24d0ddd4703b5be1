//! What the community as a whole thinks: for posters who know nobody yet, and for people beyond three steps.
//!
//! The mean of some circles, so it inherits their strength: each root is fooled for itself, and none counts more than the others. It is worked out now
//! and then (at most once an hour), and kept.

use super::circle::{Query, Workspace};
use super::graph::{Graph, Node};
use super::parameters::Parameters;
use super::party::Party;

/// Roots, where the operator lists none.
const MOST_ROOTS: usize = 128;
/// Vouches that make somebody a root.
const LEAST_VOUCHES: usize = 5;

/// The order of a community in one category. It belongs to the graph it was worked out on: a graph that is built anew wants a new one.
#[derive(Debug, Clone, Default)]
pub struct CommunityOrder {
    /// By node; who came later has none yet.
    scores: Vec<f64>,
    /// Those above 0, highest first, then by party.
    order: Vec<Node>,
}

impl CommunityOrder {
    /// The mean of what these roots think. Roots that nobody knows count as having no opinion.
    pub fn of(
        graph: &Graph,
        roots: &[Party],
        category: Option<&str>,
        parameters: &Parameters,
        workspace: &mut Workspace,
    ) -> Self {
        let mut scores = vec![0.0; graph.len()];
        let count: f64 = roots.iter().map(|_| 1.0).sum();
        for &poster in roots {
            let circle = graph.circle(&Query { poster, category, without: None }, parameters, workspace);
            for mark in circle.marks() {
                scores[mark.node as usize] += (mark.circle - parameters.caution * mark.caution).max(0.0) / count;
            }
        }
        let mut order: Vec<Node> = (0..).take(scores.len()).filter(|node| scores[*node as usize] > 0.0).collect();
        order.sort_by(|a, b| {
            let by_score = scores[*b as usize].total_cmp(&scores[*a as usize]);
            by_score.then_with(|| graph.party(*a).cmp(&graph.party(*b)))
        });
        Self { scores, order }
    }

    pub(super) fn score(&self, node: Node) -> f64 {
        self.scores.get(node as usize).copied().unwrap_or_default()
    }

    pub(super) fn order(&self) -> &[Node] {
        &self.order
    }
}

/// Whose circles make the community: those whom the operator lists, or else the posters of this instance who have an account linked (`posters`)
/// and vouch for at least five; at most 128, in an order that nobody can choose for themselves.
pub fn roots(graph: &Graph, listed: &[Party], posters: &[Party]) -> Vec<Party> {
    if !listed.is_empty() {
        return listed.to_vec();
    }
    let mut roots: Vec<Party> =
        posters.iter().copied().filter(|poster| graph.vouches_of(*poster) >= LEAST_VOUCHES).collect();
    roots.sort_by_key(|poster| (fnv1a64(poster.to_string().as_bytes()), *poster));
    roots.dedup();
    roots.truncate(MOST_ROOTS);
    roots
}

/// The 64 bit hash of Fowler, Noll and Vo, variant 1a: the same everywhere, for an order without meaning.
pub fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_others_use() {
        assert_eq!(fnv1a64(b"6>2"), 0x3dfe_9218_1443_cae5);
        assert_eq!(fnv1a64(b""), 0xcbf2_9ce4_8422_2325);
    }
}
