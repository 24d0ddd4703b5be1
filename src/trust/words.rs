//! The words for a standing. The number behind them is a place in one poster's circle and never a percentage of anything, so people are given words.

use super::circle::Mark;
use super::parameters::Parameters;
use std::fmt;

/// Of those who are warned of by more than this share of all that is said, opinions differ.
const CONTESTED: f64 = 0.15;
/// "Strongly" takes a share below this.
const HARDLY_CONTESTED: f64 = 0.10;
/// In average direct contacts of the poster.
const STRONGLY: f64 = 0.10;
const TRUSTED: f64 = 0.01;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Words {
    YouKnowThem,
    CircleWarns,
    OpinionsDiffer,
    StronglyTrusted,
    Trusted,
    SomeTrust,
    KnownInCommunity,
    NotKnown,
}

impl Words {
    /// `measure` is what an average direct contact of the poster has; 0 when there is none.
    pub(super) fn of(mark: &Mark, community: f64, measure: f64, parameters: &Parameters) -> Self {
        let net = mark.circle - parameters.caution * mark.caution;
        let said = mark.circle + mark.caution;
        let share = if said > 0.0 { mark.caution / said } else { 0.0 };
        let reaches = |contacts: f64| mark.circle > 0.0 && net >= contacts * measure;
        if mark.steps() == Some(1) {
            Self::YouKnowThem
        } else if net < 0.0 {
            Self::CircleWarns
        } else if share >= CONTESTED {
            Self::OpinionsDiffer
        } else if reaches(STRONGLY) && mark.vouchers >= 2 && share < HARDLY_CONTESTED {
            Self::StronglyTrusted
        } else if reaches(TRUSTED) {
            Self::Trusted
        } else if mark.circle > 0.0 {
            Self::SomeTrust
        } else if community > 0.0 {
            Self::KnownInCommunity
        } else {
            Self::NotKnown
        }
    }
}

impl Words {
    /// Whether they say that the circle trusts somebody; the others say that it does not, or cannot tell.
    pub fn is_trust(self) -> bool {
        matches!(self, Self::YouKnowThem | Self::StronglyTrusted | Self::Trusted | Self::SomeTrust)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::YouKnowThem => "you know them",
            Self::CircleWarns => "your circle warns",
            Self::OpinionsDiffer => "opinions differ",
            Self::StronglyTrusted => "strongly trusted by your circle",
            Self::Trusted => "trusted by your circle",
            Self::SomeTrust => "some trust in your circle",
            Self::KnownInCommunity => "known to others here, not in your circle",
            Self::NotKnown => "not known here",
        })
    }
}
