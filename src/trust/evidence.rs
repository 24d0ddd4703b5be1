//! What people did for and against each other, and what it adds up to for one pair on one day.
//!
//! An *explicit* piece is something one party did for another; only the first can make or raise it. A *negative* one is a warning, first hand.
//! *Help* is what someone did with a gig of another: it makes no edge, and so never makes a stranger known.
//!
//! Several pieces of one sort add up like a square root, newest first: nine reshares are three times one, and the tenth is nothing more.
//! Undone or forgotten evidence is simply not given here, and then it is as if it had never been.

use super::affinity::affinity;
use super::flood::Admission;
use super::parameters::Weighing;
use super::party::Party;
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// Pieces of one sort that count for one pair.
const MOST_PIECES: usize = 9;
const DAY_MILLIS: u64 = 86_400_000;

/// One thing on record, by whom and about whom, with the post or page that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Who did it, as seen: for help the one who reshared, quoted or replied.
    pub by: Party,
    /// Whom it is about: for help the poster whose gig it was.
    pub about: Party,
    /// The slug of the gig's category.
    pub category: Option<String>,
    pub deed: Deed,
    pub at: Timestamp,
    /// The address that it was read from.
    pub source: String,
    pub admission: Admission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// They were hired: so says whoever hired them.
    Hired,
    /// They were hired for the work and did it: so say both.
    Completed,
    Vouch(Level),
    /// "Trust their word."
    Referrer,
    Dispute(Dispute, Over),
    Reshare,
    Quote,
    Reply,
    /// A business is good to work for.
    Credit(Credit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    KnowsTheWork = 1,
    WorkedWith = 2,
    WouldHireAgain = 3,
}

/// How bad it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispute {
    Mild,
    Grave,
}

/// What a dispute is over. It weighs the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    Unpaid,
    NoShow,
    BadWork,
}

/// What a business is known for among those who worked for it, or beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    PaysOnTime,
    GoodBriefs,
}

/// What a deed does in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An edge to whom it is about.
    Explicit,
    /// A warning of whom it is about.
    Negative,
    /// Help for whom it is about: no edge.
    Help,
}

/// What is counted together. Hiring and completing are one sort: the same work, seen twice. The two disputes are two: a mild one must not push a grave one back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Hired,
    Vouch,
    Referrer,
    MildDispute,
    GraveDispute,
    Reshare,
    Quote,
    Reply,
    Credit,
}

impl Level {
    pub fn from_number(level: u8) -> Option<Self> {
        [Self::KnowsTheWork, Self::WorkedWith, Self::WouldHireAgain].into_iter().find(|one| *one as u8 == level)
    }
}

impl Deed {
    pub fn kind(self) -> Kind {
        match self {
            Self::Hired | Self::Completed | Self::Vouch(_) | Self::Referrer | Self::Credit(_) => Kind::Explicit,
            Self::Dispute(..) => Kind::Negative,
            Self::Reshare | Self::Quote | Self::Reply => Kind::Help,
        }
    }

    /// Whether it speaks for somebody's work. That a business pays on time says nothing of any work that it does.
    pub fn is_of_work(self) -> bool {
        self.kind() == Kind::Explicit && !matches!(self, Self::Credit(_))
    }

    fn sort(self) -> Sort {
        match self {
            Self::Hired | Self::Completed => Sort::Hired,
            Self::Vouch(_) => Sort::Vouch,
            Self::Referrer => Sort::Referrer,
            Self::Dispute(Dispute::Mild, _) => Sort::MildDispute,
            Self::Dispute(Dispute::Grave, _) => Sort::GraveDispute,
            Self::Reshare => Sort::Reshare,
            Self::Quote => Sort::Quote,
            Self::Reply => Sort::Reply,
            Self::Credit(_) => Sort::Credit,
        }
    }

    /// In full vouches, when it has just happened.
    pub fn base(self, weighing: &Weighing) -> f64 {
        match self {
            Self::Hired | Self::Completed => weighing.hired,
            Self::Vouch(level) => weighing.vouch * (f64::from(level as u8) / 3.0).sqrt(),
            // Nobody knows how a business pays who has not worked with it.
            Self::Credit(_) => Self::Vouch(Level::WorkedWith).base(weighing),
            Self::Referrer => weighing.referrer,
            Self::Dispute(Dispute::Grave, _) => weighing.dispute,
            Self::Dispute(Dispute::Mild, _) => weighing.mild_dispute,
            Self::Reshare => weighing.reshare,
            Self::Quote => weighing.quote,
            Self::Reply => weighing.reply,
        }
    }

    fn half_life_days(self, weighing: &Weighing) -> f64 {
        match self.kind() {
            Kind::Explicit => weighing.explicit_days,
            Kind::Negative => weighing.negative_days,
            Kind::Help => weighing.help_days,
        }
    }
}

/// The time that ages are counted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf(Timestamp);

impl AsOf {
    /// The UTC day that has begun: all questions of one day get the same answers.
    pub fn day_of(now: Timestamp) -> Self {
        Self(Timestamp::from_millis(now.as_millis() / DAY_MILLIS * DAY_MILLIS))
    }

    /// Zero for what lies ahead, as today's evidence does.
    pub fn age_days(self, at: Timestamp) -> f64 {
        self.0.since(at).div_duration_f64(Duration::from_millis(DAY_MILLIS))
    }
}

/// What the evidence of one kind in one category adds up to for one pair, in full vouches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum<'a> {
    pub kind: Kind,
    pub category: Option<&'a str>,
    pub weight: f64,
}

/// All evidence of one pair, weighed. The order in which it is given does not matter.
pub fn sums<'a>(evidence: &'a [Evidence], as_of: AsOf, weighing: &Weighing) -> Vec<Sum<'a>> {
    let mut sums: BTreeMap<(Kind, Option<&str>), f64> = BTreeMap::new();
    for (piece, weight) in weighed(evidence, as_of, weighing) {
        *sums.entry((piece.deed.kind(), piece.category.as_deref())).or_default() += weight;
    }
    sums.into_iter().map(|((kind, category), weight)| Sum { kind, category, weight }).collect()
}

/// The piece of this kind that would count most for the category asked if it stood alone, of equal ones the newest: what an explanation cites. Beside others
/// the newest counts most, whatever work it is about; whoever asks about one kind of work wants to read of that.
pub fn heaviest<'a>(
    evidence: &'a [Evidence],
    kind: Kind,
    asked: Option<&str>,
    as_of: AsOf,
    weighing: &Weighing,
) -> Option<&'a Evidence> {
    let pieces = weighed(evidence, as_of, weighing).into_iter().map(|(piece, _)| piece);
    let alone = |piece: &Evidence| piece.deed.base(weighing) * faded(piece, as_of, weighing);
    let tilted = pieces.filter(|piece| piece.deed.kind() == kind).map(|piece| {
        let weight = alone(piece) * affinity(asked, piece.category.as_deref(), weighing);
        (piece, weight)
    });
    let heavier = tilted.max_by(|(a, x), (b, y)| x.total_cmp(y).then_with(|| order(b).cmp(&order(a))));
    heavier.map(|(piece, _)| piece)
}

/// Newest first; what else stands here only makes the order total.
fn order(piece: &Evidence) -> impl Ord + use<'_> {
    (Reverse(piece.at), piece.deed, piece.category.as_deref(), piece.source.as_str())
}

fn weighed<'a>(evidence: &'a [Evidence], as_of: AsOf, weighing: &Weighing) -> Vec<(&'a Evidence, f64)> {
    let mut pieces: Vec<&Evidence> = evidence.iter().filter(|piece| piece.admission == Admission::Counts).collect();
    pieces.sort_by(|a, b| a.deed.sort().cmp(&b.deed.sort()).then_with(|| order(a).cmp(&order(b))));
    let mut weighed = Vec::with_capacity(pieces.len());
    for sort in pieces.chunk_by(|a, b| a.deed.sort() == b.deed.sort()) {
        let counted = sort.iter().enumerate().filter(|(at, piece)| !is_superseded(piece, &sort[..*at]));
        let (mut rank, mut root) = (0.0_f64, 0.0);
        for (_, piece) in counted.take(MOST_PIECES) {
            rank += 1.0;
            let fresh = piece.deed.base(weighing) * (rank.sqrt() - root);
            root = rank.sqrt();
            weighed.push((*piece, fresh * faded(piece, as_of, weighing)));
        }
    }
    weighed
}

/// What of a piece is left by now.
fn faded(piece: &Evidence, as_of: AsOf, weighing: &Weighing) -> f64 {
    0.5_f64.powf(as_of.age_days(piece.at) / piece.deed.half_life_days(weighing))
}

/// A vouch stands until the same party says another for the same kind of work: the latest level wins.
fn is_superseded(piece: &Evidence, newer: &[&Evidence]) -> bool {
    matches!(piece.deed, Deed::Vouch(_)) && newer.iter().any(|one| one.category == piece.category)
}
