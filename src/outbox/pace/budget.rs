//! What is left of a lane's limits at a moment, for whoever looks: nothing is taken by asking.

use super::{LONG, day_around, name, spread, zone_of};
use crate::clock::Timestamp;
use crate::outbox::Lane;
use crate::person::Pace;
use crate::profile::Quota;

/// So many of so many are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub left: u32,
    pub of: u32,
}

/// New posts that the poster's own pace still lets out today, in the account's own day.
pub fn posts_today(pace: &Pace, lane: &Lane, now: Timestamp) -> Left {
    let (today, tomorrow) = day_around(&zone_of(pace), now);
    let posted = lane.posted.iter().filter(|at| **at >= today && **at < tomorrow).count();
    let of = pace.posts_per_day;
    Left { left: of.saturating_sub(u32::try_from(posted).unwrap_or(u32::MAX)), of }
}

/// What a documented limit lets through at once; nothing for one over a short window, which only its limiter counts.
pub fn at_once(quota: &Quota, lane: &Lane, now: Timestamp) -> Option<Left> {
    if quota.per < LONG {
        return None;
    }
    let (burst, spacing) = spread(quota);
    let name = name(quota);
    let used = lane.used_until.iter().find(|(of, _)| *of == name).map_or(now, |(_, until)| *until);
    // Each that was taken fills one spacing, and each spacing that passes frees one.
    let taken = used.since(now).as_millis().div_ceil(spacing.as_millis().max(1));
    let left = u128::from(burst.get()).saturating_sub(taken);
    Some(Left { left: u32::try_from(left).unwrap_or(0), of: burst.get() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Scope;
    use crate::id::AccountId;
    use crate::outbox::pace::{Counted, May, Quotas};
    use crate::profile::Action;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn what_is_left_of_a_limit_is_what_the_limit_then_lets_through() {
        let quota = Quota { action: Action::Write, scope: Scope::Account, max: 40, per: Duration::from_hours(3) };
        let mut lane = Lane::new(AccountId::from_native("fake", "https://x.example", "1"));
        let (quotas, who) = (Quotas::default(), Counted { account: lane.account, server: "x.example" });
        let ask = |lane: &mut Lane, now| quotas.ask(std::slice::from_ref(&quota), &[Action::Write], who, lane, now);
        let mut now = NOON;
        for _ in 0..3 {
            let told = at_once(&quota, &lane, now).unwrap();
            assert_eq!(told.of, 10, "a quarter of it may go at once");
            for _ in 0..told.left {
                assert_eq!(ask(&mut lane, now), May::Now);
            }
            assert!(matches!(ask(&mut lane, now), May::NotBefore(..)), "and no more than it told");
            assert_eq!(at_once(&quota, &lane, now).unwrap().left, 0);
            now = now.plus(Duration::from_mins(20));
        }
        let short = Quota { per: Duration::from_mins(5), ..quota.clone() };
        assert_eq!(at_once(&short, &lane, now), None);
    }
}
