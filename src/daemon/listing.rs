//! From what a complete look did not see to what is gone.
//!
//! Boards simply lose a job that is filled, so its absence says something; but a board that answers with an empty page says it of all
//! its jobs at once. So an absence is believed only after a number of looks, and never when most of a source vanishes in one.

use crate::gig::Status;
use crate::id::GigId;
use crate::store::Listing;
use std::collections::{BTreeMap, BTreeSet};

/// So many may vanish in one look, however few there were.
const FEW: usize = 3;

/// What a look saw of a source's whole list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    Exactly(BTreeSet<GigId>),
    /// What it saw the last time.
    AsBefore,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Listings to write down.
    pub changes: Vec<(GigId, Listing)>,
    /// Missed often enough to be gone.
    pub gone: Vec<GigId>,
    /// More than half, and more than a few, vanished at once: nothing is concluded.
    pub emptied: bool,
}

/// Pure. `means` is what it means to be gone, `after` how many looks that takes.
pub fn compare(listed: &BTreeMap<GigId, Listing>, seen: &Seen, means: Status, after: u16) -> Compared {
    let mut compared = Compared::default();
    let there = |id: &GigId, listing: &Listing| match seen {
        Seen::Exactly(seen) => seen.contains(id),
        Seen::AsBefore => listing.missed == 0,
    };
    let known: Vec<_> = listed.iter().filter(|(_, listing)| listing.gone.is_none() && listing.missed == 0).collect();
    let vanished = known.iter().filter(|(id, listing)| !there(id, listing)).count();
    compared.emptied = vanished > FEW && vanished * 2 > known.len();
    for (id, listing) in listed {
        if there(id, listing) {
            if *listing != Listing::default() {
                compared.changes.push((*id, Listing::default()));
            }
        } else if listing.gone.is_none() && !compared.emptied {
            let missed = listing.missed.saturating_add(1);
            let gone = (missed >= after).then_some(means);
            compared.changes.push((*id, Listing { missed, gone }));
            compared.gone.extend(gone.map(|_| *id));
        }
    }
    if let Seen::Exactly(seen) = seen {
        let new = seen.iter().filter(|id| !listed.contains_key(id));
        compared.changes.extend(new.map(|id| (*id, Listing::default())));
    }
    compared
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> GigId {
        GigId::of(&[&[n]])
    }

    fn seen(ids: impl IntoIterator<Item = u8>) -> Seen {
        Seen::Exactly(ids.into_iter().map(id).collect())
    }

    /// Looks one after the other; who was concluded to be gone at each, and whether it was believed.
    fn looks(looks: &[Seen]) -> (Vec<usize>, Vec<bool>) {
        let mut listed = BTreeMap::new();
        let (mut gone, mut emptied) = (Vec::new(), Vec::new());
        for seen in looks {
            let compared = compare(&listed, seen, Status::Filled, 3);
            listed.extend(compared.changes);
            gone.push(compared.gone.len());
            emptied.push(compared.emptied);
        }
        (gone, emptied)
    }

    #[test]
    fn what_is_missed_three_times_in_a_row_is_gone_and_once() {
        let (gone, _) = looks(&[seen([1, 2]), seen([1]), seen([1]), seen([1]), seen([1])]);
        assert_eq!(gone, [0, 0, 0, 1, 0]);
        let (gone, _) = looks(&[seen([1, 2]), seen([1]), seen([1]), seen([1, 2]), seen([1]), seen([1])]);
        assert_eq!(gone, [0; 6], "it was seen in between");
        let (gone, _) = looks(&[seen([1, 2]), seen([1]), Seen::AsBefore, Seen::AsBefore]);
        assert_eq!(gone, [0, 0, 0, 1], "nothing has changed, so it is still not there");
    }

    #[test]
    fn a_source_that_empties_at_once_concludes_nothing_however_long_it_lasts() {
        let (gone, emptied) = looks(&[seen(0..7), seen(0..3), seen(0..3), seen(0..3), Seen::AsBefore]);
        assert_eq!((gone.iter().sum::<usize>(), &emptied[1..4]), (0, &[true; 3][..]));
        let (gone, emptied) = looks(&[seen(0..8), seen(0..4), seen(0..4), seen(0..4)]);
        assert_eq!((gone.iter().sum::<usize>(), emptied), (4, vec![false; 4]), "half is not more than half");
        let (gone, _) = looks(&[seen(0..3), seen([]), seen([]), seen([])]);
        assert_eq!(gone.iter().sum::<usize>(), 3, "three are few");
    }

    #[test]
    fn what_comes_back_counts_from_the_beginning() {
        let mut listed: BTreeMap<_, _> = [(id(1), Listing { missed: 3, gone: Some(Status::Filled) })].into();
        let compared = compare(&listed, &seen([1]), Status::Filled, 3);
        assert_eq!(compared.changes, [(id(1), Listing::default())]);
        listed.extend(compared.changes);
        assert_eq!(compare(&listed, &seen([]), Status::Filled, 3).gone, []);
    }
}
