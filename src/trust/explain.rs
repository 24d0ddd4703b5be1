//! Why someone stands where they stand: by whom, by which path, and how much of it is whose.
//!
//! A path is a list of pairs. The evidence of each stays in the store: `heaviest` finds the piece to cite among what is on record for the pair.

use super::circle::{Circle, Speaker};
use super::evidence::Kind;
use super::graph::Node;
use super::party::Party;
use std::cmp::Ordering;

/// Paths that are told.
const MOST_PATHS: usize = 3;

/// One step of a path: `by` vouches for `whom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub by: Party,
    pub whom: Party,
    /// In full vouches, as it counts for the category asked.
    pub weight: f64,
    /// What `whom` did for `by`'s gigs, where `by` is the poster: "reshared your gigs 3 times" is evidence of help.
    pub help: f64,
}

/// From the poster to the one who is explained, by their heaviest voices.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub steps: Vec<Step>,
    /// Who speaks for them: the last one before them; the poster, if they know each other.
    pub voucher: Party,
    /// What this voucher added, of all that the circle says for them.
    pub share_percent: f64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explanation {
    /// At most three, heaviest first, each by way of another first contact.
    pub paths: Vec<Path>,
    /// Who in the circle speaks for them, the poster included.
    pub vouchers: u32,
    /// Whether the poster is one of these.
    pub is_own: bool,
    /// Who in the circle warns of them. For the poster's eyes alone.
    pub warners: Vec<Party>,
}

impl Circle<'_> {
    /// Why this party is heard of; empty for those who are not.
    pub fn explain(&self, party: Party) -> Explanation {
        let Some(whom) = self.graph.node(party) else { return Explanation::default() };
        let mark = self.marked(whom);
        let mut paths: Vec<Path> = Vec::new();
        let mut contacts: Vec<Node> = Vec::new();
        let lenders = self.lenders(whom);
        let is_own = lenders.iter().any(|(speaker, _)| Some(speaker.node) == self.poster);
        for (speaker, addition) in lenders {
            if paths.len() == MOST_PATHS {
                break;
            }
            let nodes = self.path_to(&speaker, whom);
            // Nodes begin with the poster, so the second is the first contact.
            if !contacts.contains(&nodes[1]) {
                contacts.push(nodes[1]);
                let steps = nodes.windows(2).map(|pair| self.step(pair[0], pair[1])).collect();
                let share_percent = 100.0 * addition / mark.circle;
                paths.push(Path { steps, voucher: self.graph.party(speaker.node), share_percent });
            }
        }
        let mut warners: Vec<Party> = self
            .speakers()
            .iter()
            .filter(|speaker| self.warning(speaker, whom) > 0.0)
            .map(|speaker| self.graph.party(speaker.node))
            .collect();
        warners.sort_unstable();
        Explanation { paths, vouchers: mark.vouchers, is_own, warners }
    }

    /// Who lent this party most of its voice, of those one step nearer to the poster; nothing for those who have none.
    pub fn lent_by(&self, party: Party) -> Option<Party> {
        let whom = self.graph.node(party)?;
        let distance = self.marked(whom).steps()?.checked_sub(1)?;
        self.best_lender(whom, distance).map(|node| self.graph.party(node))
    }

    /// Who added to this score, heaviest first, of equal ones the smaller party.
    fn lenders(&self, whom: Node) -> Vec<(Speaker, f64)> {
        let mut lenders: Vec<(Speaker, f64)> = self.additions(whom, self.speakers()).collect();
        lenders.sort_by(|a, b| self.heavier_first(a, b));
        lenders
    }

    fn additions(&self, whom: Node, speakers: &[Speaker]) -> impl Iterator<Item = (Speaker, f64)> {
        let additions = speakers.iter().map(move |speaker| (*speaker, self.addition(speaker, whom)));
        additions.filter(|(_, addition)| *addition > 0.0)
    }

    fn heavier_first(&self, (a, x): &(Speaker, f64), (b, y): &(Speaker, f64)) -> Ordering {
        y.total_cmp(x).then_with(|| self.graph.party(a.node).cmp(&self.graph.party(b.node)))
    }

    /// The nodes from the poster by way of this speaker: behind each its best lender of the layer before.
    fn path_to(&self, speaker: &Speaker, whom: Node) -> Vec<Node> {
        let mut back = vec![whom, speaker.node];
        let (mut node, mut distance) = (speaker.node, speaker.distance);
        while distance > 0 {
            distance -= 1;
            node = self.best_lender(node, distance).expect("whoever has a voice was lent it by the layer before");
            back.push(node);
        }
        back.reverse();
        back
    }

    /// Who of this layer speaks for them most.
    fn best_lender(&self, whom: Node, distance: u8) -> Option<Node> {
        // Speakers stand layer by layer, as they spoke.
        let all = self.speakers();
        let layer =
            all.partition_point(|one| one.distance < distance)..all.partition_point(|one| one.distance <= distance);
        let best = self.additions(whom, &all[layer]).min_by(|a, b| self.heavier_first(a, b));
        best.map(|(speaker, _)| speaker.node)
    }

    fn step(&self, by: Node, whom: Node) -> Step {
        let help = if Some(by) == self.poster { self.weight(by, Kind::Help, whom) } else { 0.0 };
        let weight = self.weight(by, Kind::Explicit, whom);
        Step { by: self.graph.party(by), whom: self.graph.party(whom), weight, help }
    }
}
