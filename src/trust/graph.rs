//! Who vouches for whom, warns of whom and helped whom, as sums of one day.
//!
//! Parties get dense numbers, and each has one sorted list: the explicit edges, then the warnings, then who helped. An event changes one
//! pair, found by binary search. A graph that is built at once numbers its parties in their own order, so that equal evidence gives equal bits.

use super::Refused;
use super::evidence::{AsOf, Evidence, Kind, Sum, sums};
use super::parameters::Weighing;
use super::party::{Joined, Party};
use std::collections::{BTreeMap, HashMap};
use std::mem::size_of;

/// Explicit edges below this have faded away.
const LEAST_WEIGHT: f64 = 0.001;
pub(super) const MOST_CATEGORIES: usize = u16::MAX as usize;

/// One party in this graph.
pub(super) type Node = u32;

/// Sixteen bytes: what one kind of evidence in one category adds up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    pub to: Node,
    pub category: u16,
    kind: Kind,
    pub weight: f64,
}

impl Edge {
    fn key(&self) -> (Kind, Node, u16) {
        (self.kind, self.to, self.category)
    }
}

/// What is known on one day.
#[derive(Debug, Clone)]
pub struct Graph {
    as_of: AsOf,
    weighing: Weighing,
    parties: Vec<Party>,
    nodes: HashMap<Party, Node>,
    /// Sorted by kind, whom and category.
    edges: Vec<Vec<Edge>>,
    /// How many others each party vouches for and warns of.
    degrees: Vec<u32>,
    /// Place 0 is for evidence without one.
    categories: Vec<Option<String>>,
    category_places: HashMap<String, u16>,
}

/// What became of what one pair's evidence adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    NoLess,
    /// Something of it is gone or weighs less than before.
    Less,
}

impl Graph {
    /// A graph of nobody.
    pub fn new(as_of: AsOf, weighing: Weighing) -> Self {
        Self {
            as_of,
            weighing,
            parties: Vec::new(),
            nodes: HashMap::new(),
            edges: Vec::new(),
            degrees: Vec::new(),
            categories: vec![None],
            category_places: HashMap::new(),
        }
    }

    /// All evidence on record, in any order.
    pub fn build(
        evidence: impl IntoIterator<Item = Evidence>,
        joined: &Joined,
        as_of: AsOf,
        weighing: Weighing,
    ) -> Result<Self, Refused> {
        let mut pairs: BTreeMap<(Party, Party), Vec<Evidence>> = BTreeMap::new();
        for piece in evidence {
            pairs.entry((joined.node(piece.by), joined.node(piece.about))).or_default().push(piece);
        }
        let weighed: Vec<_> = pairs.iter().map(|(pair, evidence)| (*pair, sums(evidence, as_of, &weighing))).collect();
        let sums = weighed.iter().flat_map(|((by, about), sums)| sums.iter().map(move |sum| (*by, *about, *sum)));
        Self::of_sums(sums, as_of, weighing.clone())
    }

    /// From sums that are worked out already, in any order; those of one pair, kind and category add up.
    pub fn of_sums<'a>(
        sums: impl IntoIterator<Item = (Party, Party, Sum<'a>)>,
        as_of: AsOf,
        weighing: Weighing,
    ) -> Result<Self, Refused> {
        let sums: Vec<_> = sums.into_iter().filter(|(by, about, _)| by != about).collect();
        let mut graph = Self::new(as_of, weighing);
        let mut parties: Vec<Party> = sums.iter().flat_map(|(by, about, _)| [*by, *about]).collect();
        parties.sort_unstable();
        parties.dedup();
        for party in parties {
            graph.number(party)?;
        }
        for (by, about, sum) in sums {
            check(by, about, &sum)?;
            let (owner, edge) = graph.edge(by, about, &sum)?;
            graph.edges[owner as usize].push(edge);
        }
        for node in 0..graph.edges.len() {
            graph.tidy(node);
        }
        Ok(graph)
    }

    /// Sets what one pair's evidence adds up to: `evidence` is *all* that is on record by the one about the other, none if there is none any more.
    /// So an event that is heard twice, or in another order, changes nothing.
    pub fn apply(&mut self, by: Party, about: Party, evidence: &[Evidence]) -> Result<Applied, Refused> {
        let sums = sums(evidence, self.as_of, &self.weighing);
        self.set(by, about, &sums)
    }

    /// As [`Graph::apply`], from sums that are worked out already, each kind and category once.
    pub fn set(&mut self, by: Party, about: Party, sums: &[Sum<'_>]) -> Result<Applied, Refused> {
        let mut applied = Applied::NoLess;
        if by == about {
            return Ok(applied);
        }
        sums.iter().try_for_each(|sum| check(by, about, sum))?;
        // Nobody becomes known by nothing.
        if sums.is_empty() && (self.node(by).is_none() || self.node(about).is_none()) {
            return Ok(applied);
        }
        let (from, to) = (self.number(by)?, self.number(about)?);
        for kind in [Kind::Explicit, Kind::Negative, Kind::Help] {
            let (owner, other) = if kind == Kind::Help { (to, from) } else { (from, to) };
            let mut new = Vec::new();
            for sum in sums.iter().filter(|sum| sum.kind == kind && sum.weight > 0.0) {
                new.push(Edge { to: other, category: self.place(sum.category)?, kind, weight: sum.weight });
            }
            new.sort_unstable_by_key(Edge::key);
            if is_faded(&new) {
                new.clear();
            }
            let list = &mut self.edges[owner as usize];
            let start = list.partition_point(|edge| (edge.kind, edge.to) < (kind, other));
            let old = list[start..].iter().take_while(|edge| (edge.kind, edge.to) == (kind, other)).count();
            let is_less =
                |edge: &Edge| !new.iter().any(|one| one.category == edge.category && one.weight >= edge.weight);
            if list[start..start + old].iter().any(is_less) {
                applied = Applied::Less;
            }
            let counts = |edges: usize| u32::from(edges > 0 && kind != Kind::Help);
            self.degrees[owner as usize] += counts(new.len());
            self.degrees[owner as usize] -= counts(old);
            if list.len() + new.len() > list.capacity() {
                // By an eighth and not to the double: most lists are short-lived, the next day builds them anew.
                list.reserve_exact(new.len().max(list.len() / 8));
            }
            list.splice(start..start + old, new);
        }
        Ok(applied)
    }

    /// The day whose sums these are. On another the graph is built anew.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    pub fn weighing(&self) -> &Weighing {
        &self.weighing
    }

    /// Sums that are held: one for each pair, kind and category.
    pub fn edges(&self) -> usize {
        self.edges.iter().map(Vec::len).sum()
    }

    /// Memory held, in bytes, as far as it can be told from outside the allocator.
    pub fn bytes(&self) -> usize {
        let lists: usize = self.edges.iter().map(|list| list.capacity() * size_of::<Edge>()).sum();
        let per_node = size_of::<Vec<Edge>>() * self.edges.capacity()
            + size_of::<u32>() * self.degrees.capacity()
            + size_of::<Party>() * self.parties.capacity();
        // A hash map of the standard library keeps a byte beside each entry, and a seventh of its room free.
        let index = (self.nodes.capacity() * 8 / 7) * (size_of::<(Party, Node)>() + 1);
        lists + per_node + index
    }

    /// How many others this party vouches for and warns of; 0 when it is not known.
    pub fn degree_of(&self, party: Party) -> u32 {
        self.node(party).map_or(0, |node| self.degree(node))
    }

    /// How many others this party vouches for.
    pub fn vouches_of(&self, party: Party) -> usize {
        self.node(party).map_or(0, |node| self.list(node, Kind::Explicit).chunk_by(|a, b| a.to == b.to).count())
    }

    pub(super) fn len(&self) -> usize {
        self.parties.len()
    }

    pub(super) fn node(&self, party: Party) -> Option<Node> {
        self.nodes.get(&party).copied()
    }

    pub(super) fn party(&self, node: Node) -> Party {
        self.parties[node as usize]
    }

    pub(super) fn degree(&self, node: Node) -> u32 {
        self.degrees[node as usize]
    }

    pub(super) fn categories(&self) -> &[Option<String>] {
        &self.categories
    }

    /// One kind of a party's edges, sorted by whom and category.
    pub(super) fn list(&self, node: Node, kind: Kind) -> &[Edge] {
        let list = &self.edges[node as usize];
        // Most lists hold edges of the first kind alone: then nothing has to be searched.
        let until = |is_before: fn(Kind, Kind) -> bool| match list.last() {
            Some(last) if !is_before(last.kind, kind) => list.partition_point(|edge| is_before(edge.kind, kind)),
            _ => list.len(),
        };
        let end = until(|edge, kind| edge <= kind);
        let start = if kind == Kind::Explicit { 0 } else { until(|edge, kind| edge < kind) };
        &list[start..end]
    }

    fn number(&mut self, party: Party) -> Result<Node, Refused> {
        if let Some(node) = self.nodes.get(&party) {
            return Ok(*node);
        }
        // The last number stands for nobody.
        let node = Node::try_from(self.parties.len()).ok().filter(|node| *node < Node::MAX);
        let node = node.ok_or(Refused::TooManyPeople)?;
        self.nodes.insert(party, node);
        self.parties.push(party);
        self.edges.push(Vec::new());
        self.degrees.push(0);
        Ok(node)
    }

    fn place(&mut self, category: Option<&str>) -> Result<u16, Refused> {
        let Some(slug) = category else { return Ok(0) };
        if let Some(place) = self.category_places.get(slug) {
            return Ok(*place);
        }
        let place = u16::try_from(self.categories.len()).map_err(|_| Refused::TooManyCategories)?;
        self.category_places.insert(slug.to_owned(), place);
        self.categories.push(Some(slug.to_owned()));
        Ok(place)
    }

    /// Whose list it stands in, and how: help stands with the one who was helped.
    fn edge(&mut self, by: Party, about: Party, sum: &Sum<'_>) -> Result<(Node, Edge), Refused> {
        let (from, to) = (self.number(by)?, self.number(about)?);
        let (owner, other) = if sum.kind == Kind::Help { (to, from) } else { (from, to) };
        Ok((owner, Edge { to: other, category: self.place(sum.category)?, kind: sum.kind, weight: sum.weight }))
    }

    /// Sorts a list that was only filled, adds up what belongs together, and drops what has faded.
    fn tidy(&mut self, node: usize) {
        let mut list = std::mem::take(&mut self.edges[node]);
        list.sort_by_key(Edge::key);
        list.dedup_by(|next, kept| {
            let same = next.key() == kept.key();
            if same {
                kept.weight += next.weight;
            }
            same
        });
        list.retain(|edge| edge.weight > 0.0);
        let mut kept = Vec::with_capacity(list.len());
        for pair in list.chunk_by(|a, b| (a.kind, a.to) == (b.kind, b.to)).filter(|pair| !is_faded(pair)) {
            kept.extend_from_slice(pair);
        }
        kept.shrink_to_fit();
        self.degrees[node] = degree(&kept);
        self.edges[node] = kept;
    }
}

/// The edges of one pair and kind.
fn is_faded(pair: &[Edge]) -> bool {
    let weight: f64 = pair.iter().map(|edge| edge.weight).sum();
    pair.first().is_some_and(|edge| edge.kind == Kind::Explicit) && weight < LEAST_WEIGHT
}

fn degree(list: &[Edge]) -> u32 {
    let pairs = list.chunk_by(|a, b| (a.kind, a.to) == (b.kind, b.to)).filter(|pair| pair[0].kind != Kind::Help);
    u32::try_from(pairs.count()).unwrap_or(u32::MAX)
}

fn check(by: Party, about: Party, sum: &Sum<'_>) -> Result<(), Refused> {
    let weight = sum.weight;
    if weight.is_finite() && weight >= 0.0 { Ok(()) } else { Err(Refused::Weight { by, about, weight }) }
}
