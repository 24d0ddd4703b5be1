//! The time in which a gig is a community's alone, and who is shown what meanwhile.
//!
//! All of it follows from the gig and the clock: nothing is switched when the time is over, so nothing can be forgotten, by a restart or otherwise.

use super::{Gig, Status};
use crate::clock::Timestamp;
use std::time::Duration;

/// How long a gig goes to its first community alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadStart {
    /// When everyone else is shown it.
    pub ends: Timestamp,
    pub lasts: Duration,
}

/// A clock that was ahead of ours by more than this gave a gig its time: then nobody is kept waiting for it.
const AHEAD: Duration = Duration::from_mins(10);

impl HeadStart {
    pub fn is_on(self, now: Timestamp) -> bool {
        now < self.ends && self.ends.minus(self.lasts) <= now.plus(AHEAD)
    }
}

impl Gig {
    /// Nothing for a gig that no community is shown first.
    pub fn head_start(&self) -> Option<HeadStart> {
        let ring = self.terms.ring.as_ref().filter(|ring| ring.community().is_some())?;
        Some(HeadStart { ends: self.first_seen.plus(ring.widen_after), lasts: ring.widen_after })
    }

    /// Whether it ended while its community alone was shown it: nobody else is told of it then, not even that it is over.
    pub fn ended_unseen(&self) -> bool {
        self.status != Status::Open && self.head_start().is_some_and(|start| self.revised < start.ends)
    }

    /// The community that alone is shown it, by its name; nothing once everyone is.
    pub fn only_for(&self, now: Timestamp) -> Option<&str> {
        let is_held = self.ended_unseen() || self.head_start().is_some_and(|start| start.is_on(now));
        self.terms.ring.as_ref().and_then(|ring| ring.community()).filter(|_| is_held)
    }
}

/// Whoever looks at gigs, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub now: Timestamp,
    /// The communities whose head starts they are shown, by their names.
    pub within: &'a [String],
}

impl Reader<'_> {
    /// Of whom nothing is known.
    pub fn anyone(now: Timestamp) -> Self {
        Self { now, within: &[] }
    }

    pub fn sees(&self, gig: &Gig) -> bool {
        gig.only_for(self.now).is_none_or(|name| self.within.iter().any(|own| own == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::Terms;
    use crate::gig::rings::Ring;
    use crate::plan::samples::{self, NOW};

    const HOUR: Duration = Duration::from_hours(1);

    fn first_for(name: &str) -> Gig {
        let ring = Ring { first: vec![name.to_owned()], widen_after: HOUR * 6 };
        let gig = samples::gig();
        Gig { terms: Terms { ring: Some(ring), ..gig.terms.clone() }, first_seen: NOW, revised: NOW, ..gig }
    }

    #[test]
    fn a_gig_is_its_communitys_alone_until_its_time_is_over() {
        let gig = first_for("community/bern");
        assert_eq!(gig.only_for(NOW), Some("bern"));
        assert_eq!(gig.only_for(NOW.plus(HOUR * 6).minus(Duration::from_millis(1))), Some("bern"));
        assert_eq!(gig.only_for(NOW.plus(HOUR * 6)), None);
        assert_eq!(first_for("@acme@one.example").only_for(NOW), None, "what an account says first is public");
    }

    #[test]
    fn its_members_see_it_and_others_do_not() {
        let (gig, own, other) = (first_for("community/bern"), ["bern".to_owned()], ["basel".to_owned()]);
        assert!(Reader { now: NOW, within: &own }.sees(&gig));
        assert!(!Reader { now: NOW, within: &other }.sees(&gig));
        assert!(!Reader::anyone(NOW).sees(&gig));
        assert!(Reader::anyone(NOW.plus(HOUR * 6)).sees(&gig));
    }

    #[test]
    fn what_ended_in_its_time_stays_untold_and_what_opens_again_does_not() {
        let ended = Gig { status: Status::Filled, revised: NOW.plus(HOUR), ..first_for("community/bern") };
        assert_eq!(ended.only_for(NOW.plus(HOUR * 90)), Some("bern"));
        let later = Gig { revised: NOW.plus(HOUR * 7), ..ended.clone() };
        assert_eq!(later.only_for(NOW.plus(HOUR * 90)), None, "everyone had seen it");
        let again = Gig { status: Status::Open, ..ended };
        assert_eq!([HOUR * 2, HOUR * 6].map(|after| again.only_for(NOW.plus(after)).is_some()), [true, false]);
    }

    #[test]
    fn a_clock_that_was_ahead_hides_nothing_and_one_that_was_mended_a_little_shows_nothing() {
        let gig = first_for("community/bern");
        assert_eq!(gig.only_for(NOW.minus(HOUR * 24)), None);
        assert_eq!(gig.only_for(NOW.minus(Duration::from_secs(2))), Some("bern"));
    }
}
