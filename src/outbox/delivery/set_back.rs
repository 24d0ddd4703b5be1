//! What a delivery still owes to a clock that was ahead and has been set back.

use super::{Delivery, SETTLING, Terms, Wait};
use crate::clock::Timestamp;
use crate::outbox::backoff::LONGEST_ASKED;
use std::time::Duration;

/// What is due at once may be due so far ahead: the moments of a burst lie one behind the other.
const AT_ONCE: Duration = Duration::from_mins(1);

/// The delivery as it stands by a clock that now says `now`: due no later than the rule it waits for could have made it, and sent no
/// later than now, since "not there" is believed by the time of the last send. Its state stays what it was.
///
/// What is due at once goes to `now` itself: whoever asks for several, in the order of their due times, gives each a later one.
#[must_use]
pub fn set_back(delivery: &Delivery, terms: Terms<'_>, now: Timestamp) -> Delivery {
    let mut d = delivery.clone();
    d.last_sent = d.last_sent.map(|sent| sent.min(now));
    let longest = match d.wait {
        Wait::Nothing if d.due <= now.plus(AT_ONCE) => return d,
        Wait::Nothing => Duration::ZERO,
        Wait::Quiet => terms.edit_quiet,
        // So long as it was to wait when it was opened, by the clock of then.
        Wait::Ring => d.due.since(d.stamp.opened),
        Wait::Backoff => terms.backoff.longest(),
        Wait::RateLimited => LONGEST_ASKED,
        Wait::LookUp => {
            let listed = terms.look_after.iter().max().copied().unwrap_or_default();
            listed.max(terms.backoff.longest()).max(terms.total_timeout + SETTLING * 2)
        }
        Wait::Person => return d,
    };
    d.due = d.due.min(now.plus(longest));
    d.ring =
        d.ring.map(|ring| if d.wait == Wait::Ring { d.due } else { ring.min(now.plus(ring.since(d.stamp.opened))) });
    d
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{delivery, profile};
    use super::*;
    use crate::clock::WallClock;
    use crate::outbox::Verb;
    use crate::outbox::backoff::Schedule;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
    const DAY: Duration = Duration::from_hours(24);
    const MINUTE: Duration = Duration::from_mins(1);

    /// How long something still waits that was to wait until `due`.
    fn waits(wait: Wait, due: Timestamp) -> Duration {
        let (profile, backoff) = (profile(), Schedule::new(vec![MINUTE, 10 * MINUTE]));
        let look_after = [MINUTE, 30 * MINUTE];
        let terms = Terms {
            profile: &profile,
            backoff: &backoff,
            look_after: &look_after,
            total_timeout: MINUTE / 2,
            edit_quiet: 2 * MINUTE,
            clock: WallClock::Sound,
        };
        let mut d = delivery(Verb::Create);
        (d.state, d.wait, d.due, d.last_sent) = (State::Queued, wait, due, Some(due));
        let after = set_back(&d, terms, NOON);
        assert!(wait == Wait::Person || after.last_sent <= Some(NOON.max(due.min(NOON))));
        after.due.since(NOON)
    }

    #[test]
    fn nothing_waits_longer_than_its_own_rule_could_ever_make_it() {
        let ahead = NOON.plus(90 * DAY);
        assert_eq!(waits(Wait::Nothing, ahead), Duration::ZERO);
        assert_eq!(waits(Wait::Quiet, ahead), 2 * MINUTE);
        assert_eq!(waits(Wait::Backoff, ahead), 12 * MINUTE);
        assert_eq!(waits(Wait::LookUp, ahead), 30 * MINUTE);
        assert_eq!(waits(Wait::RateLimited, ahead), 30 * DAY);
    }

    #[test]
    fn what_its_rule_could_have_made_stays_as_it_is() {
        for (wait, by) in [
            (Wait::Nothing, MINUTE),
            (Wait::Backoff, 12 * MINUTE),
            (Wait::LookUp, 30 * MINUTE),
            (Wait::RateLimited, 30 * DAY),
        ] {
            assert_eq!(waits(wait, NOON.plus(by)), by, "{wait:?}");
        }
        assert_eq!(waits(Wait::Person, Timestamp::NEVER), Timestamp::NEVER.since(NOON));
    }
}
