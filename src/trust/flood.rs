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
    /// On record, with weight 0. The first of a day is to be told.
    PastMeasure {
        first: bool,
    },
}

/// `earlier` is how many of the same sort (statements, or engagements) this actor has on record since midnight UTC.
pub fn admit(deed: Deed, earlier: u32) -> Admission {
    let measure = match deed.kind() {
        Kind::Explicit | Kind::Negative => STATEMENTS_A_DAY,
        Kind::Help => ENGAGEMENTS_A_DAY,
    };
    if earlier < measure { Admission::Counts } else { Admission::PastMeasure { first: earlier == measure } }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Level;
    use super::*;

    #[test]
    fn ten_thousand_vouches_in_a_day_count_as_fifty_and_are_told_once() {
        let day: Vec<Admission> = (0..10_000).map(|earlier| admit(Deed::Vouch(Level::KnowsTheWork), earlier)).collect();
        let of = |wanted: Admission| day.iter().filter(|one| **one == wanted).count();
        assert_eq!(of(Admission::Counts), 50);
        assert_eq!(of(Admission::PastMeasure { first: true }), 1);
    }

    #[test]
    fn engagements_have_a_wider_measure() {
        assert_eq!(admit(Deed::Reshare, 199), Admission::Counts);
        assert_eq!(admit(Deed::Reshare, 200), Admission::PastMeasure { first: true });
        assert_eq!(admit(Deed::Reply, 201), Admission::PastMeasure { first: false });
    }
}
