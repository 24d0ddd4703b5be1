//! Whom a poster's circle would pick, in order; apart from them whom the poster knows anyway, and who helped and is a stranger.

use super::circle::{Circle, Standing};
use super::community::Community;
use super::evidence::Kind;
use super::graph::Node;
use super::party::Party;
use std::cmp::Reverse;

/// Someone who may be picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub party: Party,
    pub standing: Standing,
}

/// Someone who helped the poster and has no place in the circle: "trust their word?"
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stranger {
    pub party: Party,
    /// In full vouches.
    pub help: f64,
}

/// All best first, and none whose standing is 0 or less.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// The poster vouches for them.
    pub known: Vec<Candidate>,
    pub others: Vec<Candidate>,
    /// Whether they are candidates or not: most help first.
    pub strangers: Vec<Stranger>,
}

impl Circle<'_> {
    /// Everyone of whom a voice or a warning was heard, in no order; the poster too.
    pub fn heard<'c>(&'c self, community: Option<&'c Community>) -> impl Iterator<Item = Candidate> + 'c {
        self.judged(self.touched(), community)
            .map(|(node, standing)| Candidate { party: self.graph.party(node), standing })
    }

    /// The best `top` of those who offer the work; the poster, and whom the poster disputes, are never among them.
    pub fn rank(&self, community: Option<&Community>, offers: impl Fn(Party) -> bool, top: usize) -> Ranking {
        let may_be_ranked = |node: &Node| self.may_be_ranked(*node) && offers(self.graph.party(*node));
        let mut found: Vec<(Node, Standing)> = self
            .judged(self.touched(), community)
            .filter(|(node, standing)| standing.total > 0.0 && may_be_ranked(node))
            .collect();
        // Of those whom no voice reached only the first can matter: they differ in the community's order alone.
        let order = community.map(Community::order).unwrap_or_default();
        let unheard = order.iter().filter(|node| !self.is_touched(**node) && may_be_ranked(node)).take(top);
        let unheard: Vec<Node> = unheard.copied().collect();
        found.extend(self.judged(&unheard, community).filter(|(_, standing)| standing.total > 0.0));
        let (known, others) = found.into_iter().partition(|(_, standing)| standing.distance == Some(1));
        Ranking { known: self.best(known, top), others: self.best(others, top), strangers: self.strangers() }
    }

    fn judged<'c>(
        &'c self,
        nodes: &'c [Node],
        community: Option<&'c Community>,
    ) -> impl Iterator<Item = (Node, Standing)> + 'c {
        let measure = self.contact_measure();
        nodes.iter().map(move |&node| {
            let known = community.map_or(0.0, |community| community.score(node));
            (node, self.judge(self.marked(node), known, measure))
        })
    }

    /// Who reshared, quoted or answered the poster's gigs and is not in the circle, most help first.
    pub fn strangers(&self) -> Vec<Stranger> {
        let Some(poster) = self.poster else { return Vec::new() };
        let mut strangers: Vec<Stranger> = self
            .weights(self.graph.list(poster, Kind::Help))
            .into_iter()
            .filter(|(node, _)| self.marked(*node).steps().is_none() && self.may_be_ranked(*node))
            .map(|(node, help)| Stranger { party: self.graph.party(node), help })
            .collect();
        strangers.sort_by(|a, b| b.help.total_cmp(&a.help).then(a.party.cmp(&b.party)));
        strangers
    }

    fn best(&self, mut found: Vec<(Node, Standing)>, top: usize) -> Vec<Candidate> {
        let order = |(a, x): &(Node, Standing), (b, y): &(Node, Standing)| {
            let by_standing = y.total.total_cmp(&x.total).then_with(|| Reverse(x.vouchers).cmp(&Reverse(y.vouchers)));
            by_standing.then_with(|| self.graph.party(*a).cmp(&self.graph.party(*b)))
        };
        if found.len() > top && top > 0 {
            found.select_nth_unstable_by(top - 1, order);
        }
        found.truncate(top);
        found.sort_unstable_by(order);
        found.into_iter().map(|(node, standing)| Candidate { party: self.graph.party(node), standing }).collect()
    }

    /// Not the poster, nobody the poster disputes, nobody left out of the question, nobody who was forgotten.
    fn may_be_ranked(&self, node: Node) -> bool {
        let disputed = self.poster.is_some_and(|poster| self.weight(poster, Kind::Negative, node) > 0.0);
        Some(node) != self.poster && !self.is_left_out(node) && !disputed && self.graph.is_there(node)
    }
}
