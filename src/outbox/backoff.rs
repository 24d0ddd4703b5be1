//! When a failed delivery is tried again: a list of delays from the config, and jitter that only ever delays.

use crate::clock::Timestamp;
use std::time::Duration;

/// What is waited where a network asks for a wait that is over already.
const UNSAID: Duration = Duration::from_mins(1);

/// The longest that anything asked of us is kept; whoever means more can say it again.
pub const LONGEST_ASKED: Duration = Duration::from_hours(30 * 24);

/// Until when to wait when asked to wait until `until`. A moment that has passed (its clock is behind ours, or it said nothing but
/// "later") is no leave to ask again at once.
#[must_use]
pub fn asked_to_wait(until: Timestamp, now: Timestamp) -> Timestamp {
    if until > now { until.min(now.plus(LONGEST_ASKED)) } else { now.plus(UNSAID) }
}

/// The delays after the first, second, ... failed try. When they are used up, there is no further try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// A number from outside the core, so that the core itself never throws any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice(pub u64);

impl Dice {
    /// From 0 up to `span`, spread by this throw.
    pub fn spread(self, span: Duration) -> Duration {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(self.0 % (millis + 1))
    }
}

impl Schedule {
    pub fn new(delays: Vec<Duration>) -> Self {
        Self(delays)
    }

    /// The delay after so many failed tries (1 is the first), up to a fifth longer; nothing when the tries are used up.
    pub fn delay(&self, failed: u16, dice: Dice) -> Option<Duration> {
        let base = *self.0.get(usize::from(failed).checked_sub(1)?)?;
        Some(base + dice.spread(base / 5))
    }

    /// The longest delay there can be, jitter included.
    pub fn longest(&self) -> Duration {
        self.0.iter().max().map_or(Duration::ZERO, |base| *base + *base / 5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_only_delays_and_by_a_fifth_at_most() {
        let schedule = Schedule::new(vec![Duration::from_secs(30), Duration::from_mins(2)]);
        for throw in [0, 1, 5_999, 6_000, 6_001, u64::MAX] {
            let delay = schedule.delay(1, Dice(throw)).expect("there is a first delay");
            assert!((Duration::from_secs(30)..=Duration::from_secs(36)).contains(&delay), "{delay:?}");
        }
        assert_eq!(schedule.delay(2, Dice(0)), Some(Duration::from_mins(2)));
    }

    #[test]
    fn no_one_is_waited_for_longer_than_the_longest_wait() {
        let now = Timestamp::from_millis(1_795_262_400_000);
        assert_eq!(asked_to_wait(now.plus(Duration::from_mins(5)), now), now.plus(Duration::from_mins(5)));
        assert_eq!(asked_to_wait(now, now), now.plus(UNSAID));
        assert_eq!(asked_to_wait(Timestamp::NEVER, now), now.plus(LONGEST_ASKED));
    }

    #[test]
    fn the_schedule_ends() {
        let schedule = Schedule::new(vec![Duration::from_secs(30)]);
        assert_eq!(schedule.delay(2, Dice(0)), None);
        assert_eq!(schedule.delay(0, Dice(0)), None);
    }
}
