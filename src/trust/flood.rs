//! One actor cannot fill the record: past a day's measure what they do is written down and counts for nothing.

use super::evidence::{Deed, Kind};

/// Vouches, and all else that someone says of another, of one actor on one UTC day.
pub const STATEMENTS_A_DAY: u32 = 50;
/// Reshares, quotes and replies of one actor on one UTC day.
pub const ENGAGEMENTS_A_DAY: u32 = 200;

/// Whether a piece of evidence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Counts,
    /// On record, with weight 0.
    PastMeasure,
}

/// `earlier` is how many of the same sort (statements, or engagements) this actor has on record since midnight UTC.
pub fn admit(deed: Deed, earlier: u32) -> Admission {
    let measure = match deed.kind() {
        Kind::Explicit | Kind::Negative => STATEMENTS_A_DAY,
        Kind::Help => ENGAGEMENTS_A_DAY,
    };
    if earlier < measure { Admission::Counts } else { Admission::PastMeasure }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Level;
    use super::*;

    #[test]
    fn ten_thousand_vouches_in_a_day_count_as_fifty() {
        let day = (0..10_000).map(|earlier| admit(Deed::Vouch(Level::KnowsTheWork), earlier));
        assert_eq!(day.filter(|one| *one == Admission::Counts).count(), 50);
    }

    #[test]
    fn engagements_have_a_wider_measure() {
        assert_eq!(admit(Deed::Reshare, 199), Admission::Counts);
        assert_eq!(admit(Deed::Reshare, 200), Admission::PastMeasure);
    }
}
