//! Answers in the shape in which pages and programs get them: people by name, and each step of a path with the piece of evidence it rests on.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom somebody's circle would pick, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoseCircle {
    pub poster: String,
    /// The label of the kind of work; nothing when all kinds were asked for.
    pub category: Option<String>,
    /// The poster vouches for them.
    pub known: Vec<Pick>,
    pub picks: Vec<Pick>,
    /// They helped with the poster's gigs, and nobody in the circle speaks for them.
    pub strangers: Vec<Carrier>,
    /// How many more there are behind those of each list.
    #[serde(default)]
    pub more_known: usize,
    #[serde(default)]
    pub more_picks: usize,
    #[serde(default)]
    pub more_strangers: usize,
}

/// What leaving one person out of the walk changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub poster: String,
    pub category: Option<String>,
    /// Who was left out.
    pub who: Named,
    /// Those whose place or words are not what they were, in the order in which they stood.
    pub moved: Vec<Moved>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub who: Named,
    pub was: Placed,
    /// Nothing for those who are heard of no more.
    pub is: Option<Placed>,
}

/// Where somebody stands in a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// From 1; nothing for those whom the poster knows anyway.
    pub place: Option<usize>,
    pub words: String,
}

/// Somebody who may be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// By which they are asked about: the id of a person or an actor.
    pub id: String,
    pub name: String,
    pub handle: Option<String>,
    /// Their own page on their network.
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    pub who: Named,
    /// Their place in this circle, in words: "trusted by your circle".
    pub words: String,
    /// Whether these words say that the circle trusts them.
    #[serde(default)]
    pub trusted: bool,
    /// How many whom the circle hears speak for them: vouch for them, have hired them, trust their word.
    pub vouchers: usize,
    /// Whether the poster whose circle it is is one of these.
    #[serde(default)]
    pub is_own_word: bool,
    pub paths: Vec<PathTold>,
    /// How many in the circle warn of them.
    pub warnings: usize,
    /// Whether the poster is one of these.
    #[serde(default)]
    pub is_own_warning: bool,
}

impl Pick {
    /// Whether word of them comes by way of the circle; of others the community alone knows.
    pub fn is_heard(&self) -> bool {
        !self.paths.is_empty()
    }

    /// How many speak for them and how many warn of them, beside the poster.
    pub fn others(&self) -> (usize, usize) {
        let beside = |all: usize, is_own: bool| all - usize::from(is_own).min(all);
        (beside(self.vouchers, self.is_own_word), beside(self.warnings, self.is_own_warning))
    }
}

/// How word of somebody reaches the poster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathTold {
    pub steps: Vec<StepTold>,
    /// Of all that the circle says for them, what came this way; in percent.
    pub share_percent: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTold {
    /// "Bob vouched for Alice in Illustration, 12 May 2026".
    pub said: String,
    /// Where that is to be read.
    pub source: Option<String>,
}

/// Somebody who carried a poster's gigs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    pub who: Named,
    /// "reshared your gigs 3 times".
    pub did: String,
}

/// Those who stand at one distance from a poster.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RingTold {
    /// Best standing first.
    pub people: Vec<Ringed>,
    /// Those who are not named, for their number or by their wish.
    pub more: usize,
}

/// Somebody in a ring.
#[derive(Debug, Clone, PartialEq)]
pub struct Ringed {
    pub who: Named,
    /// How much of the poster's voice they have, of 1.
    pub voice: f64,
    /// The id of whoever lent most of it, one step nearer to the poster.
    pub by: Option<String>,
}

/// All that is on record of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnRecord {
    pub who: Named,
    /// The accounts by which they are known, beside the one that they are named by.
    pub accounts: Vec<Named>,
    /// What others said of them and did for their gigs, newest first.
    pub about: Vec<Piece>,
    /// What they said of others and did for their gigs, newest first.
    pub by: Vec<Piece>,
}

/// One thing on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    pub at: Timestamp,
    pub by: Named,
    pub about: Named,
    /// As in a path.
    pub said: String,
    pub source: Option<String>,
    /// A warning: shown to those whom it concerns, never to strangers.
    pub warns: bool,
}
