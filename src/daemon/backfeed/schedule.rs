//! When a post is read again, by its age; and what in its counts is worth reading the lists for.

use crate::clock::Timestamp;
use crate::config::Backfeed;
use crate::ports::Counts;
use crate::profile::{EngagementKind, Identity, Profile};
use std::time::Duration;

/// The place of the age band that a post of this age is in; the number of bands when it is older than all.
pub fn band(rules: &Backfeed, age: Duration) -> u16 {
    let young_enough = rules.ages.iter().position(|band| age < band.younger_than);
    u16::try_from(young_enough.unwrap_or(rules.ages.len())).unwrap_or(u16::MAX)
}

/// When a post is looked at next: by its band, but no later than the end of that band, where its lists are read once more.
/// Nothing when it is older than all bands and no vouch rests on it.
pub fn next_due(rules: &Backfeed, posted: Timestamp, cited: bool, now: Timestamp) -> Option<Timestamp> {
    let age = now.since(posted);
    match rules.ages.iter().find(|band| age < band.younger_than) {
        Some(band) => Some(now.plus(band.every).min(posted.plus(band.younger_than))),
        None => cited.then(|| now.plus(rules.vouch_reread)),
    }
}

/// The kinds of engagement whose people the network names.
pub fn named_kinds(profile: &Profile) -> Vec<EngagementKind> {
    let kinds = profile.engagement.kinds.iter();
    kinds.filter(|heard| heard.by == Identity::Named).map(|heard| heard.kind).collect()
}

/// Whether a count moved whose people can be named. Likes alone are no reason to read lists.
pub fn moved(kinds: &[EngagementKind], before: Counts, after: Counts) -> bool {
    kinds.iter().any(|kind| count(before, *kind) != count(after, *kind))
}

fn count(counts: Counts, kind: EngagementKind) -> Option<u32> {
    match kind {
        EngagementKind::Reshare => counts.reshares,
        EngagementKind::Quote => counts.quotes,
        EngagementKind::Reply => counts.replies,
        EngagementKind::Like => counts.likes,
    }
}

/// The wait after so many failures in a row: two minutes, doubled each time, six hours at most.
pub fn backoff(failures: u16) -> Duration {
    let doubled = Duration::from_mins(2).saturating_mul(1 << u32::from(failures.saturating_sub(1).min(16)));
    doubled.min(Duration::from_hours(6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::AgeBand;

    const POSTED: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn rules() -> Backfeed {
        let minutes = |m| Duration::from_mins(m);
        Backfeed {
            ages: vec![
                AgeBand { younger_than: minutes(60), every: minutes(25) },
                AgeBand { younger_than: minutes(600), every: minutes(120) },
            ],
            budget_per_host_per_15m: 60,
            vouch_reread: Duration::from_hours(720),
        }
    }

    fn due_after(minutes: u64, cited: bool) -> Option<u128> {
        let due = next_due(&rules(), POSTED, cited, POSTED.plus(Duration::from_mins(minutes)))?;
        Some(due.since(POSTED).as_millis() / 60_000)
    }

    #[test]
    fn a_post_is_read_by_its_age_and_at_the_end_of_each_band() {
        assert_eq!(due_after(0, false), Some(25));
        assert_eq!(due_after(25, false), Some(50));
        assert_eq!(due_after(50, false), Some(60), "the end of its band, not 75");
        assert_eq!(due_after(60, false), Some(180));
        assert_eq!(due_after(599, false), Some(600));
        assert_eq!(due_after(600, false), None);
        assert_eq!(due_after(600, true), Some(600 + 720 * 60));
        let bands: Vec<_> = [0, 59, 60, 599, 600].map(|m| band(&rules(), Duration::from_mins(m))).into();
        assert_eq!(bands, [0, 0, 1, 1, 2]);
    }

    #[test]
    fn likes_alone_are_no_reason_to_read_lists() {
        let kinds = [EngagementKind::Reshare, EngagementKind::Reply];
        let before = Counts { reshares: Some(1), quotes: None, replies: Some(0), likes: Some(3) };
        assert!(!moved(&kinds, before, Counts { likes: Some(9), ..before }));
        assert!(moved(&kinds, before, Counts { replies: Some(1), ..before }));
        assert!(moved(&kinds, before, Counts { reshares: Some(0), ..before }), "an undone one moves it as well");
    }

    #[test]
    fn failures_are_waited_out_ever_longer_up_to_six_hours() {
        let minutes: Vec<_> = [1, 2, 3, 8, 9, 40_000].map(|n| backoff(n).as_secs() / 60).into();
        assert_eq!(minutes, [2, 4, 8, 256, 360, 360]);
    }
}
