//! The walk: whose voice carries how far from one poster.
//!
//! Layer by layer, each who has a voice divides a part of it among the people they vouch for. What makes the result proof against support that people make for
//! themselves is one comparison: x speaks only of those who stand at least as far from the poster as x does. So a score is the same, bit for bit,
//! whatever is reachable only through its owner. The work is bounded by pruning, never by the size of the graph: one [`Workspace`] is
//! used again and again, and cleared through the list of what it touched.
//!
//! What a walk costs is waiting for memory: each edge leads somewhere else in a large graph. So marks stand side by side in the order in which people
//! were heard of, found by a small table of places; and the lists of a layer are found before the first is read, so that the processor fetches many at once.

use super::affinity::affinity;
use super::community::CommunityOrder;
use super::evidence::Kind;
use super::graph::{Edge, Graph, Node};
use super::parameters::Parameters;
use super::party::Party;
use super::words::Words;

const NOBODY: Node = Node::MAX;
/// Of whom nobody spoke. The poster's own distance is 0.
const UNHEARD: u8 = u8::MAX;

/// Whose circle, and in which kind of work.
#[derive(Debug, Clone, Copy)]
pub struct Query<'q> {
    pub poster: Party,
    /// The slug of a category; without one all evidence counts fully.
    pub category: Option<&'q str>,
    /// As if this party had never been on record: what is someone's standing without them?
    pub without: Option<Party>,
}

impl Query<'_> {
    /// In all kinds of work.
    pub fn of(poster: Party) -> Self {
        Self { poster, category: None, without: None }
    }
}

/// What a walk has found out about one node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub node: Node,
    pub circle: f64,
    pub voice: f64,
    pub caution: f64,
    pub help: f64,
    /// How many speakers vouch for them.
    pub vouchers: u32,
    pub distance: u8,
}

/// Of whom nothing was found out.
static UNTOUCHED: Mark = Mark::of(NOBODY);

impl Mark {
    const fn of(node: Node) -> Self {
        Self { node, circle: 0.0, voice: 0.0, caution: 0.0, help: 0.0, vouchers: 0, distance: UNHEARD }
    }

    pub fn steps(&self) -> Option<u8> {
        (self.distance != UNHEARD).then_some(self.distance)
    }
}

/// Who lent a voice on, and how much of it goes with each full vouch and each full warning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaker {
    pub node: Node,
    pub distance: u8,
    pub lent: f64,
    warned: f64,
}

/// The room that walks need, used again by the next one. Its size is that of the largest graph it has seen.
#[derive(Debug, Default)]
pub struct Workspace {
    /// By node: where its mark stands, counted from 1; 0 for those that no walk came to.
    places: Vec<u32>,
    /// In the order in which they were touched.
    marks: Vec<Mark>,
    speakers: Vec<Speaker>,
    layer: Vec<Node>,
    next: Vec<Node>,
}

impl Workspace {
    fn clear(&mut self, nodes: usize) {
        for mark in self.marks.drain(..) {
            self.places[mark.node as usize] = 0;
        }
        self.speakers.clear();
        self.layer.clear();
        self.next.clear();
        if self.places.len() < nodes {
            self.places.resize(nodes, 0);
        }
    }

    fn mark(&mut self, node: Node) -> &mut Mark {
        let place = &mut self.places[node as usize];
        if *place == 0 {
            self.marks.push(Mark::of(node));
            *place =
                u32::try_from(self.marks.len()).expect("nodes are counted in 32 bits, and the last stands for nobody");
        }
        &mut self.marks[*place as usize - 1]
    }

    fn marked(&self, node: Node) -> &Mark {
        let place = self.places[node as usize] as usize;
        place.checked_sub(1).map_or(&UNTOUCHED, |place| &self.marks[place])
    }
}

/// What one poster's people say, by those who have a say. It stays in the workspace until the next walk.
#[derive(Debug)]
pub struct Circle<'a> {
    pub(super) graph: &'a Graph,
    pub(super) parameters: &'a Parameters,
    pub(super) poster: Option<Node>,
    without: Node,
    /// By the place of each category in the graph.
    affinities: Vec<f64>,
    work: &'a mut Workspace,
}

/// What is known of one party, from one poster's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// How much of the poster's voice speaks for them.
    pub circle: f64,
    /// How much of it reached them by a shortest way, for them to lend on.
    pub voice: f64,
    pub help: f64,
    pub community: f64,
    pub caution: f64,
    /// What the ranking goes by.
    pub total: f64,
    pub vouchers: u32,
    /// Steps from the poster; nothing for those outside the circle.
    pub distance: Option<u8>,
    pub words: Words,
}

impl Graph {
    /// Walks from a poster. One who is not known has an empty circle. The day is that of the graph.
    pub fn circle<'a>(
        &'a self,
        query: &Query<'_>,
        parameters: &'a Parameters,
        workspace: &'a mut Workspace,
    ) -> Circle<'a> {
        workspace.clear(self.len());
        let tilt = |of: &Option<String>| affinity(query.category, of.as_deref(), self.weighing());
        let node = |party: Party| self.node(party);
        let mut circle = Circle {
            graph: self,
            parameters,
            poster: node(query.poster),
            without: query.without.and_then(node).unwrap_or(NOBODY),
            affinities: self.categories().iter().map(tilt).collect(),
            work: workspace,
        };
        if let Some(poster) = circle.poster {
            circle.walk(poster);
            circle.hear_helpers(poster);
        }
        circle
    }
}

impl Circle<'_> {
    fn walk(&mut self, poster: Node) {
        let start = self.work.mark(poster);
        (start.voice, start.distance) = (1.0, 0);
        self.work.layer.push(poster);
        for distance in 0..self.parameters.steps {
            let mut layer = std::mem::take(&mut self.work.layer);
            // The poster always speaks. Who is too faint for it need not be sorted either.
            if distance > 0 {
                layer.retain(|&node| self.speaks(node));
                layer.sort_unstable();
            }
            // All lists are found before the first is read: none of these trips to memory waits for another.
            let graph = self.graph;
            let lists =
                layer.iter().map(|&node| (node, graph.list(node, Kind::Explicit), graph.list(node, Kind::Negative)));
            for (speaker, vouches, warnings) in lists.collect::<Vec<_>>() {
                self.speak(speaker, vouches, warnings, distance);
            }
            layer.clear();
            self.work.layer = std::mem::replace(&mut self.work.next, layer);
        }
    }

    /// A hub that is hardly heard is not asked about all it knows.
    fn speaks(&self, node: Node) -> bool {
        self.marked(node).voice >= self.parameters.prune * f64::from(self.degree(node))
    }

    fn speak(&mut self, speaker: Node, vouches: &[Edge], warnings: &[Edge], distance: u8) {
        if self.degree(speaker) == 0 {
            return;
        }
        let voice = self.marked(speaker).voice;
        let (floor, damping) = (self.parameters.floor, self.parameters.damping);
        let lent = damping * voice / self.total(vouches).max(floor);
        for (whom, weight) in by_whom(vouches, &self.affinities, self.without) {
            if Some(whom) == self.poster {
                continue;
            }
            let mark = self.work.mark(whom);
            let first_heard = mark.distance == UNHEARD;
            if first_heard {
                mark.distance = distance + 1;
            }
            if mark.distance >= distance {
                let addition = lent * weight;
                mark.circle += addition;
                mark.vouchers += 1;
                if mark.distance == distance + 1 {
                    mark.voice += addition;
                }
            }
            if first_heard {
                self.work.next.push(whom);
            }
        }
        let warned = damping * voice / self.total(warnings).max(floor);
        for (whom, weight) in by_whom(warnings, &self.affinities, self.without) {
            self.work.mark(whom).caution += warned * weight;
        }
        self.work.speakers.push(Speaker { node: speaker, distance, lent, warned });
    }

    /// The sum of these edges, as they count for the category asked.
    pub(super) fn total(&self, edges: &[Edge]) -> f64 {
        by_whom(edges, &self.affinities, self.without).map(|(_, weight)| weight).sum()
    }

    pub(super) fn weights(&self, edges: &[Edge]) -> Vec<(Node, f64)> {
        by_whom(edges, &self.affinities, self.without).collect()
    }

    /// What one speaker's words add to someone's score.
    pub(super) fn addition(&self, speaker: &Speaker, whom: Node) -> f64 {
        if Some(whom) == self.poster || self.marked(whom).distance < speaker.distance {
            return 0.0;
        }
        speaker.lent * self.weight(speaker.node, Kind::Explicit, whom)
    }

    /// What one speaker's warning adds to someone's caution.
    pub(super) fn warning(&self, speaker: &Speaker, whom: Node) -> f64 {
        speaker.warned * self.weight(speaker.node, Kind::Negative, whom)
    }

    pub(super) fn weight(&self, by: Node, kind: Kind, whom: Node) -> f64 {
        let list = self.graph.list(by, kind);
        let start = list.partition_point(|edge| edge.to < whom);
        let end = start + list[start..].iter().take_while(|edge| edge.to == whom).count();
        self.total(&list[start..end])
    }

    fn degree(&self, node: Node) -> u32 {
        let mut degree = self.graph.degree(node);
        if self.without != NOBODY {
            for kind in [Kind::Explicit, Kind::Negative] {
                let gone = self.graph.list(node, kind).binary_search_by_key(&self.without, |edge| edge.to).is_ok();
                degree -= u32::from(gone);
            }
        }
        degree
    }

    pub(super) fn marked(&self, node: Node) -> &Mark {
        self.work.marked(node)
    }

    pub(super) fn mark(&mut self, node: Node) -> &mut Mark {
        self.work.mark(node)
    }

    /// Of all that were touched, in the order in which they were.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.work.marks
    }

    pub(super) fn is_left_out(&self, node: Node) -> bool {
        node == self.without
    }

    pub(super) fn speakers(&self) -> &[Speaker] {
        &self.work.speakers
    }

    /// What an average direct contact of the poster has: the measure for words. 0 when there is none.
    pub(super) fn contact_measure(&self) -> f64 {
        let Some(poster) = self.poster else { return 0.0 };
        let contacts = self.weights(self.graph.list(poster, Kind::Explicit));
        let total: f64 = contacts.iter().map(|(_, weight)| weight).sum();
        let count: f64 = contacts.iter().map(|_| 1.0).sum();
        if count == 0.0 { 0.0 } else { self.parameters.damping * total / total.max(self.parameters.floor) / count }
    }

    /// What is known of this party. One who is not on record has a standing of nothing.
    pub fn standing(&self, party: Party, community: Option<&CommunityOrder>) -> Standing {
        let node = self.graph.node(party);
        let mark = node.map_or(&UNTOUCHED, |node| self.marked(node));
        let known = node.and_then(|node| community.map(|community| community.score(node))).unwrap_or_default();
        self.judge(mark, known, self.contact_measure())
    }

    pub(super) fn total_of(&self, mark: &Mark, community: f64) -> f64 {
        mark.circle + mark.help + self.parameters.community * community - self.parameters.caution * mark.caution
    }

    pub(super) fn judge(&self, mark: &Mark, community: f64, measure: f64) -> Standing {
        Standing {
            circle: mark.circle,
            voice: mark.voice,
            help: mark.help,
            community,
            caution: mark.caution,
            total: self.total_of(mark, community),
            vouchers: mark.vouchers,
            distance: mark.steps(),
            words: Words::of(mark, community, measure, self.parameters),
        }
    }
}

/// Each of whom these edges speak once, with what all their categories add up to.
fn by_whom<'e>(edges: &'e [Edge], affinities: &'e [f64], without: Node) -> impl Iterator<Item = (Node, f64)> + 'e {
    let mut edges = edges.iter().filter(move |edge| edge.to != without).peekable();
    std::iter::from_fn(move || {
        let first = edges.next()?;
        let mut weight = first.weight * affinities[usize::from(first.category)];
        while let Some(more) = edges.next_if(|edge| edge.to == first.to) {
            weight += more.weight * affinities[usize::from(more.category)];
        }
        Some((first.to, weight))
    })
}
