//! Time. Everything that needs it asks a [`Clock`], so that tests move it by hand and no test sleeps.
//!
//! Stored times are milliseconds since 1970 in UTC. Zones exist only where a person's day does (quiet hours) and where a person reads.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Never: what waits for a person waits until then.
    pub const NEVER: Self = Self(u64::MAX);
    pub const EPOCH: Self = Self(0);

    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }

    /// As an instant of the calendar library; times beyond its range stop at its end.
    pub fn to_jiff(self) -> jiff::Timestamp {
        i64::try_from(self.0)
            .ok()
            .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
            .unwrap_or(jiff::Timestamp::MAX)
    }

    /// Times before 1970 become 1970.
    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self(u64::try_from(at.as_millisecond()).unwrap_or(0))
    }

    /// Reads RFC 3339, as in `2026-11-21T09:00:00Z`.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(Self::from_jiff)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds; `never` for [`Timestamp::NEVER`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NEVER { f.write_str("never") } else { write!(f, "{:.3}", self.to_jiff()) }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub trait Clock: Send + Sync + fmt::Debug {
    /// What a calendar would say.
    fn now(&self) -> Timestamp;
    /// Time since the process began, which no one can set: against it a jump of the wall clock shows.
    fn monotonic(&self) -> Duration;
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()>;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl Default for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place where real time comes in
    fn default() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place where real time comes in
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::EPOCH.plus(since)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    #[allow(clippy::disallowed_methods)] // the one place where real time comes in
    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()> {
        // At most a minute at a time: a wall clock that is set forward must not leave us asleep.
        let wait = until.since(self.now()).min(Duration::from_mins(1));
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that moves only when told to: for tests, and for dry runs at another time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    at: Arc<Mutex<(Timestamp, Duration)>>,
}

impl ManualClock {
    pub fn at(now: Timestamp) -> Self {
        Self { at: Arc::new(Mutex::new((now, Duration::ZERO))) }
    }

    /// Time passes.
    pub fn advance(&self, by: Duration) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.0 = at.0.plus(by);
        at.1 += by;
    }

    /// Time passes until `to`; nothing happens when that is past.
    pub fn advance_to(&self, to: Timestamp) {
        self.advance(to.since(self.now()));
    }

    /// Someone sets the wall clock; no time passes.
    pub fn jump_to(&self, to: Timestamp) {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).0 = to;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn monotonic(&self) -> Duration {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Never wakes by itself: tests call steps, and steps do not sleep.
    fn sleep_until(&self, _until: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// Whether the wall clock may be believed; when not, nothing is expired or concluded from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WallClock {
    Sound,
    Doubtful,
}

/// Notices when the wall clock jumps against the monotonic one; from then on nothing rash is done (promise 11).
#[derive(Debug, Clone, Copy)]
pub struct Drift {
    wall: Timestamp,
    monotonic: Duration,
}

impl Drift {
    pub fn start(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// How far the wall clock is from where it should be, when that is more than `tolerated`.
    pub fn jumped(&self, clock: &dyn Clock, tolerated: Duration) -> Option<Duration> {
        let expected = self.wall.plus(clock.monotonic().saturating_sub(self.monotonic));
        let now = clock.now();
        let off = now.since(expected).max(expected.since(now));
        (off > tolerated).then_some(off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn a_time_is_written_and_read_as_rfc_3339() {
        assert_eq!(NOON.to_string(), "2026-11-21T12:00:00.000Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-21T13:00:00+01:00"), Some(NOON));
        assert_eq!(Timestamp::NEVER.to_string(), "never");
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::NEVER.plus(Duration::from_secs(1)), Timestamp::NEVER);
        assert_eq!(Timestamp::EPOCH.minus(Duration::from_secs(1)), Timestamp::EPOCH);
        assert_eq!(Timestamp::EPOCH.since(NOON), Duration::ZERO);
    }

    #[test]
    fn a_jump_is_noticed_both_ways_and_passing_time_is_not() {
        for (jump, noticed) in
            [(NOON.plus(Duration::from_hours(24)), true), (NOON.minus(Duration::from_hours(1)), true)]
        {
            let clock = ManualClock::at(NOON);
            let drift = Drift::start(&clock);
            clock.advance(Duration::from_hours(2));
            assert_eq!(drift.jumped(&clock, Duration::from_mins(10)), None);
            clock.jump_to(jump);
            assert_eq!(drift.jumped(&clock, Duration::from_mins(10)).is_some(), noticed);
        }
    }
}
