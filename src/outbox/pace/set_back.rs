//! What a lane still owes to a clock that was ahead and has been set back.

use super::{May, courtesy};
use crate::clock::Timestamp;
use crate::outbox::Class;
use crate::outbox::backoff::LONGEST_ASKED;
use crate::outbox::lane::{Lane, LaneWait, MOMENT};
use crate::person::Pace;
use crate::profile::Quota;
use std::time::Duration;

/// The lane as it stands by a clock that now says `now`: parked no longer than the rule it waits for could have parked it, and what it
/// remembers to have done was done by now at the latest. Stored quotas are bounded where they are asked.
///
/// The poster's own pace is simply asked anew. Of a wait that the network asked for no one can tell how much of it was meant: it is
/// kept, up to the longest there is.
#[must_use]
pub fn set_back(lane: &Lane, pace: &Pace, quotas: &[Quota], now: Timestamp) -> Lane {
    let mut lane = lane.clone();
    lane.posted.iter_mut().for_each(|at| *at = now.min(*at));
    lane.recent.iter_mut().for_each(|(at, _)| *at = now.min(*at));
    let asked = |class| match courtesy(pace, &lane, class, now) {
        May::Now => Duration::ZERO,
        May::NotBefore(until, _) => until.since(now),
    };
    let shut = asked(Class::Create);
    let longest = match lane.why {
        LaneWait::Nothing => Duration::ZERO,
        LaneWait::Gap | LaneWait::DayFull | LaneWait::QuietHours | LaneWait::Window => asked(Class::Urgent),
        LaneWait::Quota => quotas.iter().map(|quota| quota.per).max().unwrap_or_default(),
        LaneWait::RateLimited => LONGEST_ASKED,
        LaneWait::Host | LaneWait::Mishap => MOMENT,
    };
    lane.shut_until = lane.shut_until.min(now.plus(shut));
    lane.not_before = lane.not_before.min(now.plus(longest));
    lane
}
