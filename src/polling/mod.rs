//! When a source is looked at next: pure, from how its looks went, what it asks for and what its operator allows.
//!
//! Where gigs arrive, the wait becomes half as long; where nothing changes, a quarter longer, look by look. So a busy source is read soon
//! after it moved, a silent one costs little, and neither ever leaves the bounds. What a source asks for only ever delays.

use crate::clock::Timestamp;
use crate::id::{SourceId, digest};
use crate::outbox::backoff::{Dice, asked_to_wait};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The bounds of a source's pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What it begins with.
    pub usual: Duration,
    /// It is never looked at sooner than this after a look.
    pub floor: Duration,
    /// Nor later, as long as looks bring an answer and it does not ask for more.
    pub ceiling: Duration,
    /// The longest wait after looks that failed.
    pub backoff_max: Duration,
}

/// How often the usual pace may be exceeded where gigs arrive.
const QUICKEST: u32 = 4;

impl Limits {
    /// Around `usual`: up to four times as often, but no more than `floor` allows; as rarely as `ceiling`, or as `usual` where that is rarer.
    pub fn around(usual: Duration, floor: Duration, ceiling: Duration, backoff_max: Duration) -> Self {
        let usual = usual.max(floor);
        let floor = floor.max(usual / QUICKEST);
        Self { usual, floor, ceiling: ceiling.max(usual), backoff_max: backoff_max.max(usual) }
    }

    /// Always the same wait, but after failures.
    pub const fn fixed(every: Duration, backoff_max: Duration) -> Self {
        Self { usual: every, floor: every, ceiling: every, backoff_max }
    }
}

/// The hours and days, in UTC, at which a source asks not to be looked at (`skipHours` and `skipDays` of RSS). None by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Skips {
    /// A bit for each hour, the lowest for midnight.
    hours: u32,
    /// A bit for each day, the lowest for Monday.
    days: u8,
}

const HOUR: u64 = 3_600_000;
const HOURS_A_WEEK: u64 = 7 * 24;
/// 1970 began on a Thursday.
const FIRST_DAY: u64 = 3;

impl Skips {
    /// Hours from 0 to 23, days from Monday (0) to Sunday (6); others are left out. A source that skips all there is skips nothing.
    pub fn of(hours: impl IntoIterator<Item = u8>, days: impl IntoIterator<Item = u8>) -> Self {
        let hours = hours.into_iter().filter(|hour| *hour < 24).fold(0u32, |bits, hour| bits | 1 << hour);
        let days = days.into_iter().filter(|day| *day < 7).fold(0u8, |bits, day| bits | 1 << day);
        let (all_hours, all_days) = (hours == (1 << 24) - 1, days == (1 << 7) - 1);
        Self { hours: if all_hours { 0 } else { hours }, days: if all_days { 0 } else { days } }
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// The first moment from `at` on that is not skipped. Hours are left whole: whoever waits comes back somewhere within the first
    /// one that is open, as deep in it as `at` was in its own, so that not all come as the hour strikes.
    pub fn open_from(self, at: Timestamp) -> Timestamp {
        let skipped = |hour: u64| {
            let day = (hour / 24 + FIRST_DAY) % 7;
            self.hours >> (hour % 24) & 1 == 1 || self.days >> day & 1 == 1
        };
        let hour = at.as_millis() / HOUR;
        let ahead = (0..HOURS_A_WEEK).find(|ahead| !skipped(hour.saturating_add(*ahead))).unwrap_or(0);
        at.plus(Duration::from_millis(ahead * HOUR))
    }
}

/// The pace a source has found, and how that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rhythm {
    /// The present wait between two looks; nothing before the first.
    pub wait: Option<Duration>,
    /// Looks in a row that brought nothing new.
    pub quiet: u16,
    /// Looks in a row that failed.
    pub failures: u16,
    pub bound: Bound,
    /// As its last answer said.
    pub skips: Skips,
}

/// What the next look waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Bound {
    /// Its own pace.
    #[default]
    Pace,
    /// The source asked for more.
    Asked,
    /// Its looks fail.
    Backoff,
}

/// How a look went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// It was the first that brought an answer: it says nothing of what comes when.
    First,
    News,
    Nothing,
    Failed,
    /// We were told to wait until then.
    Refused(Timestamp),
}

/// What an answer asks for. Looks that fail have none, and keep what the last one said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asks {
    pub not_before: Option<Timestamp>,
    pub skips: Skips,
}

/// When the next look is due, and the rhythm from then on. No sooner than the floor, no later than the ceiling unless looks fail or the
/// source asks for more; the same for the same arguments.
pub fn next_look(
    rhythm: Rhythm,
    looked: Looked,
    limits: &Limits,
    asks: Asks,
    dice: Dice,
    now: Timestamp,
) -> (Timestamp, Rhythm) {
    let bounded = |wait: Duration| wait.clamp(limits.floor, limits.ceiling);
    // A rhythm that was found within other bounds is brought into these.
    let before = bounded(rhythm.wait.unwrap_or(limits.usual));
    let slower = || (bounded(before + before / 4), rhythm.quiet.saturating_add(1));
    let ((wait, quiet), failures) = match looked {
        Looked::First => ((bounded(limits.usual), 0), 0),
        Looked::News => ((bounded(before / 2), 0), 0),
        Looked::Nothing => (slower(), 0),
        Looked::Failed => ((before, rhythm.quiet), rhythm.failures.saturating_add(1)),
        Looked::Refused(_) => (slower(), rhythm.failures.saturating_add(1)),
    };
    let own = match looked {
        Looked::Failed => {
            let doubled = wait.saturating_mul(1 << u32::from(failures.min(16)));
            let longest = limits.backoff_max.max(wait);
            spread(doubled.min(longest), dice, longest)
        }
        _ => spread(wait, dice, limits.ceiling),
    };
    let own_due = now.plus(own.max(limits.floor));
    let asked = match looked {
        Looked::Refused(until) => Some(asked_to_wait(until, now)),
        _ => asks.not_before,
    };
    let failed = matches!(looked, Looked::Failed | Looked::Refused(_));
    let skips = if failed { rhythm.skips } else { asks.skips };
    let due = skips.open_from(asked.map_or(own_due, |asked| asked.max(own_due)));
    let bound = match looked {
        _ if due > own_due => Bound::Asked,
        Looked::Failed => Bound::Backoff,
        Looked::First | Looked::News | Looked::Nothing | Looked::Refused(_) => Bound::Pace,
    };
    (due, Rhythm { wait: Some(wait), quiet, failures, bound, skips })
}

/// Up to a tenth longer, so that those that came together part, but not beyond the longest: there it is up to a tenth shorter.
fn spread(wait: Duration, dice: Dice, longest: Duration) -> Duration {
    let later = dice.spread(wait / 10);
    if wait + wait / 10 <= longest {
        wait + later
    } else {
        longest.saturating_sub(longest / 10).min(wait) + later.min(longest / 10)
    }
}

/// A throw for one look: another for each source and each moment, and the same for both.
pub fn dice(source: SourceId, at: Timestamp) -> Dice {
    let hash = digest("look", &[source.as_bytes(), &at.as_millis().to_be_bytes()]);
    Dice(hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// So many sources are looked at at once after a start; beyond them, each adds this much to the time over which all are spread.
const AT_ONCE: usize = 32;
const EACH: Duration = Duration::from_millis(300);

/// How long after a start a source waits that has been due since before, when `overdue` are: by its hash, so that each has its place,
/// and no longer than the usual wait of one.
pub fn after_start(source: SourceId, overdue: usize, usual: Duration) -> Duration {
    let more = u32::try_from(overdue.saturating_sub(AT_ONCE)).unwrap_or(u32::MAX);
    dice(source, Timestamp::EPOCH).spread(EACH.saturating_mul(more).min(usual))
}

#[cfg(test)]
mod tests;
