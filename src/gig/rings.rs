//! Rings: on which accounts of its poster, or to which community, a gig goes first, and how much later to everyone.
//!
//! A gig goes first to those who are nearest, and widens only while it is still to be had. Accounts and communities are named as their poster
//! names them, since a gig is written before anyone asks which there are; `plan::rings` finds the accounts, `intake` the community.

use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    /// The accounts that go first: handles, or ids. Or one community, as [`COMMUNITY`] and its name.
    pub first: Vec<String>,
    /// How long they go alone, from the moment the gig came in.
    pub widen_after: Duration,
}

/// More accounts than this do not go first: they would be nearly all.
pub const FIRST_ACCOUNTS: usize = 16;

/// Stands before the name of a community, as in its address. No handle and no id begins so.
pub const COMMUNITY: &str = "community/";

const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Which of the two parts of a ring is at fault, and how: a sentence that goes on from the part's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingFault {
    First(&'static str),
    WidenAfter(&'static str),
}

impl Ring {
    /// What two fields mean together; nothing when neither was written.
    pub fn of(first: &[String], widen_after: Option<Duration>) -> Result<Option<Self>, RingFault> {
        let first: Vec<String> = first.iter().map(|name| written_name(name)).filter(|name| !name.is_empty()).collect();
        let is_community = |name: &String| name.starts_with(COMMUNITY);
        match widen_after {
            None if first.is_empty() => Ok(None),
            None => Err(RingFault::WidenAfter(
                "is missing: say how long those that go first go alone, as in \"6h\" or \"2d\"",
            )),
            Some(_) if first.is_empty() => Err(RingFault::First(
                "is missing: name the accounts of yours that go first, or a community, or leave out `widen_after`",
            )),
            Some(_) if first.len() > 1 && first.iter().any(is_community) => Err(RingFault::First(
                "should be one community, or accounts: what a community is shown first goes to no account meanwhile",
            )),
            Some(_) if first.iter().any(|name| name == COMMUNITY) => {
                Err(RingFault::First("should name the community as its address does: `community/<name>`"))
            }
            Some(_) if first.len() > FIRST_ACCOUNTS => Err(RingFault::First("should be at most 16 accounts")),
            Some(after) if !(SHORTEST..=LONGEST).contains(&after) => {
                Err(RingFault::WidenAfter("should be between one minute and 30 days, as in \"6h\" or \"2d\""))
            }
            Some(widen_after) => Ok(Some(Self { first, widen_after })),
        }
    }

    /// The community that goes first, by its name; nothing where accounts do.
    pub fn community(&self) -> Option<&str> {
        self.first.iter().find_map(|name| name.strip_prefix(COMMUNITY))
    }

    /// How long the first go alone, as it is written: `6h`, `1d12h`.
    pub fn written(&self) -> String {
        let mut left = self.widen_after.as_secs();
        let mut text = String::new();
        for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
            if left >= seconds {
                let _ = write!(text, "{}{unit}", left / seconds);
                left %= seconds;
            }
        }
        text
    }

    /// When the others follow a gig that came in then. A clock that was ahead makes nobody wait longer than that.
    pub fn widens(&self, first_seen: Timestamp, now: Timestamp) -> Timestamp {
        first_seen.min(now).plus(self.widen_after)
    }
}

/// A community may be named by the path of its page.
fn written_name(name: &str) -> String {
    let name = name.trim();
    let path = name.trim_start_matches('/').to_lowercase();
    path.strip_prefix(COMMUNITY).map_or_else(|| name.to_owned(), |own| format!("{COMMUNITY}{}", own.trim_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_ring_is_both_its_parts_or_none() {
        assert_eq!(Ring::of(&[], None), Ok(None));
        assert_eq!(Ring::of(&named(&[" ", ""]), None), Ok(None), "what is empty names nobody");
        let ring = Ring::of(&named(&[" @acme@one.example "]), Some(HOUR)).unwrap().unwrap();
        assert_eq!(ring.first, ["@acme@one.example"]);
        assert!(matches!(Ring::of(&named(&["@acme"]), None), Err(RingFault::WidenAfter(_))));
        assert!(matches!(Ring::of(&[], Some(HOUR)), Err(RingFault::First(_))));
    }

    #[test]
    fn a_community_goes_first_alone_and_is_named_as_its_address_is() {
        let of = |names: &[&str]| Ring::of(&named(names), Some(HOUR));
        for written in ["community/bern", "/community/bern/", "Community/Bern"] {
            assert_eq!(of(&[written]).unwrap().unwrap().community(), Some("bern"), "{written}");
        }
        assert_eq!(of(&["@community/bern"]).unwrap().unwrap().community(), None);
        for wrong in [&["community/bern", "@acme"][..], &["community/bern", "community/basel"], &["community/"]] {
            assert!(matches!(of(wrong), Err(RingFault::First(_))), "{wrong:?}");
        }
    }

    #[test]
    fn its_time_is_written_largest_unit_first() {
        let written = |minutes| Ring { first: Vec::new(), widen_after: Duration::from_mins(minutes) }.written();
        assert_eq!(
            [written(360), written(36 * 60), written(90), written(24 * 60 + 1)],
            ["6h", "1d12h", "1h30m", "1d1m"]
        );
    }

    #[test]
    fn a_time_that_is_none_and_a_list_that_is_all_are_refused() {
        let first = named(&["@acme"]);
        assert!(matches!(Ring::of(&first, Some(Duration::from_secs(59))), Err(RingFault::WidenAfter(_))));
        assert!(matches!(Ring::of(&first, Some(LONGEST + HOUR)), Err(RingFault::WidenAfter(_))));
        assert!(Ring::of(&first, Some(LONGEST)).is_ok());
        let many = vec!["@acme".to_owned(); FIRST_ACCOUNTS + 1];
        assert!(matches!(Ring::of(&many, Some(HOUR)), Err(RingFault::First(_))));
    }

    #[test]
    fn it_widens_by_the_time_the_gig_came_in_and_never_by_a_clock_that_was_ahead() {
        let ring = Ring { first: named(&["@acme"]), widen_after: HOUR };
        let noon = Timestamp::from_millis(1_795_262_400_000);
        assert_eq!(ring.widens(noon, noon.plus(HOUR * 5)), noon.plus(HOUR));
        assert_eq!(ring.widens(noon.plus(HOUR * 90), noon), noon.plus(HOUR));
    }
}
