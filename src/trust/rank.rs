//! Whom a poster's circle would pick, in order; apart from them whom the poster knows anyway, and who helped and is a stranger.

use super::circle::{Circle, Mark, Standing};
use super::community::CommunityOrder;
use super::evidence::Kind;
use super::graph::{Graph, Node};
use super::party::Party;
use std::cmp::Ordering;

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
    pub fn heard<'c>(&'c self, community: Option<&'c CommunityOrder>) -> impl Iterator<Item = Candidate> + 'c {
        self.judged(self.marks().iter().map(|mark| mark.node), community)
    }

    /// The best `top` of those who offer the work; the poster, and whom the poster disputes, are never among them.
    pub fn rank(&self, community: Option<&CommunityOrder>, offers: impl Fn(Party) -> bool, top: usize) -> Ranking {
        let disputed = self.disputed();
        let may_be_ranked = |node: Node| self.may_be_ranked(node, &disputed) && offers(self.graph.party(node));
        let (mut known, mut others) = (self.best(top), self.best(top));
        for mark in self.marks() {
            let node = mark.node;
            let total = self.total_of(mark, thought_of(community, node));
            let list = if mark.steps() == Some(1) { &mut known } else { &mut others };
            if total > 0.0 && total >= list.least && may_be_ranked(node) {
                list.take(Ranked { total, vouchers: mark.vouchers, node });
            }
        }
        // People no voice reached differ only in community score, so the first `top` of that order are enough.
        for node in self.unheard(community).filter(|node| may_be_ranked(*node)).take(top) {
            let mark = self.marked(node);
            let total = self.total_of(mark, thought_of(community, node));
            if total > 0.0 {
                others.take(Ranked { total, vouchers: 0, node });
            }
        }
        let candidates = |best: Best<'_>| self.judged(best.in_order(), community).collect();
        Ranking { known: candidates(known), others: candidates(others), strangers: self.strangers() }
    }

    /// How many there are to be ranked: those whom the poster vouches for, then the others. Whereas the best so many are found by looking closely at few,
    /// this looks at each.
    pub fn count(&self, community: Option<&CommunityOrder>, offers: impl Fn(Party) -> bool) -> (usize, usize) {
        let disputed = self.disputed();
        let is_ranked = |mark: &Mark, node: Node| {
            self.total_of(mark, thought_of(community, node)) > 0.0
                && self.may_be_ranked(node, &disputed)
                && offers(self.graph.party(node))
        };
        let heard = self.marks().iter().filter(|mark| is_ranked(mark, mark.node));
        let (known, heard): (Vec<&Mark>, Vec<&Mark>) = heard.partition(|mark| mark.steps() == Some(1));
        let unheard = self.unheard(community).filter(|node| is_ranked(self.marked(*node), *node));
        (known.len(), heard.len() + unheard.count())
    }

    /// Those in the community's order whom no voice reached.
    fn unheard<'c>(&'c self, community: Option<&'c CommunityOrder>) -> impl Iterator<Item = Node> + 'c {
        let order = community.map(CommunityOrder::order).unwrap_or_default().iter().copied();
        order.filter(|node| self.marked(*node).node != *node)
    }

    fn judged<'c>(
        &'c self,
        nodes: impl Iterator<Item = Node> + 'c,
        community: Option<&'c CommunityOrder>,
    ) -> impl Iterator<Item = Candidate> + 'c {
        let measure = self.contact_measure();
        nodes.map(move |node| Candidate {
            party: self.graph.party(node),
            standing: self.judge(self.marked(node), thought_of(community, node), measure),
        })
    }

    /// Who reshared, quoted or answered the poster's gigs and is not in the circle, most help first.
    pub fn strangers(&self) -> Vec<Stranger> {
        let Some(poster) = self.poster else { return Vec::new() };
        let disputed = self.disputed();
        let mut strangers: Vec<Stranger> = self
            .weights(self.graph.list(poster, Kind::Help))
            .into_iter()
            .filter(|(node, _)| self.marked(*node).steps().is_none() && self.may_be_ranked(*node, &disputed))
            .map(|(node, help)| Stranger { party: self.graph.party(node), help })
            .collect();
        strangers.sort_by(|a, b| b.help.total_cmp(&a.help).then(a.party.cmp(&b.party)));
        strangers
    }

    fn best(&self, top: usize) -> Best<'_> {
        Best { graph: self.graph, top, found: Vec::new(), least: 0.0 }
    }

    /// Whom the poster disputes, in order: mostly nobody.
    fn disputed(&self) -> Vec<Node> {
        let Some(poster) = self.poster else { return Vec::new() };
        let warnings = self.weights(self.graph.list(poster, Kind::Negative)).into_iter();
        warnings.filter(|(_, weight)| *weight > 0.0).map(|(node, _)| node).collect()
    }

    /// Not the poster, nobody the poster disputes, nobody left out of the question.
    fn may_be_ranked(&self, node: Node, disputed: &[Node]) -> bool {
        Some(node) != self.poster && !self.is_left_out(node) && disputed.binary_search(&node).is_err()
    }
}

/// What the ranking needs of each, before only the best are looked at closely.
struct Ranked {
    total: f64,
    vouchers: u32,
    node: Node,
}

/// The best so many of any number, without keeping the others.
struct Best<'g> {
    graph: &'g Graph,
    top: usize,
    found: Vec<Ranked>,
    /// Who has less than this is not among them.
    least: f64,
}

impl Best<'_> {
    fn take(&mut self, one: Ranked) {
        self.found.push(one);
        if self.found.len() >= self.top.max(1).saturating_mul(2) {
            self.thin_out();
        }
    }

    fn thin_out(&mut self) {
        if self.top > 0 && self.found.len() > self.top {
            let graph = self.graph;
            let (_, last, _) = self.found.select_nth_unstable_by(self.top - 1, |a, b| a.order(b, graph));
            self.least = last.total;
        }
        self.found.truncate(self.top);
    }

    fn in_order(mut self) -> impl Iterator<Item = Node> {
        self.thin_out();
        self.found.sort_unstable_by(|a, b| a.order(b, self.graph));
        self.found.into_iter().map(|ranked| ranked.node)
    }
}

impl Ranked {
    /// Best first.
    fn order(&self, other: &Self, graph: &Graph) -> Ordering {
        let by_standing = other.total.total_cmp(&self.total).then(other.vouchers.cmp(&self.vouchers));
        by_standing.then_with(|| graph.party(self.node).cmp(&graph.party(other.node)))
    }
}

fn thought_of(community: Option<&CommunityOrder>, node: Node) -> f64 {
    community.map_or(0.0, |community| community.score(node))
}
