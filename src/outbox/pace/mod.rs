//! May this account act now? Every limit in one answer: now, or not before a moment, and why.
//!
//! Three kinds of limit meet here. The poster's courtesy (posts a day, gap, quiet hours, posting windows) is counted in the account's own day and zone.
//! Documented quotas over less than an hour are kept by governor, which computes from an instant we feed it and sleeps nowhere; it forgets with
//! the process, so a lane remembers its last requests and they are replayed. Quotas over an hour and more are one stored time
//! each. A quota of N per window W is kept as a burst of N/4 and N*3/4 spread over W, so that no window of that
//! length, wherever it begins, ever holds more than N.

pub mod budget;
mod set_back;
pub mod stated;

pub use set_back::set_back;

use super::lane::{Lane, LaneWait, RECENT_KEPT};
use super::{Class, Delivery, Verb};
use crate::clock::Timestamp;
use crate::failure::Scope;
use crate::id::{AccountId, digest};
use crate::person::{Pace, PostingWindow, QuietHours};
use crate::profile::{Action, Quota};
use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota as Cells, RateLimiter};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{ToSpan, civil};
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Windows from here on are stored; shorter ones live in governor.
const LONG: Duration = Duration::from_hours(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    Now,
    NotBefore(Timestamp, LaneWait),
}

// ---- the poster's courtesy

/// Whether a new post may leave, by the poster's own pace. Edits and deletes follow the truth and are not slowed by it; an urgent
/// post is slowed by all of it but the hours.
pub fn courtesy(pace: &Pace, lane: &Lane, class: Class, now: Timestamp) -> May {
    if !class.is_new_post() {
        return May::Now;
    }
    let zone = zone_of(pace);
    if class == Class::Create {
        if let Some(until) = pace.quiet.and_then(|quiet| quiet_until(quiet, &zone, now)) {
            return May::NotBefore(until, LaneWait::QuietHours);
        }
        if let Some(opens) = opens_at(&pace.windows, &zone, now) {
            return May::NotBefore(opens, LaneWait::Window);
        }
    }
    if let Some(last) = lane.posted.iter().max()
        && last.plus(pace.gap) > now
    {
        return May::NotBefore(last.plus(pace.gap), LaneWait::Gap);
    }
    let (today, tomorrow) = day_around(&zone, now);
    let posted = lane.posted.iter().filter(|at| **at >= today && **at < tomorrow).count();
    if posted >= usize::try_from(pace.posts_per_day).unwrap_or(usize::MAX) {
        return May::NotBefore(tomorrow, LaneWait::DayFull);
    }
    May::Now
}

/// An unknown zone is refused where it is entered; should one slip through, UTC is better than silence.
fn zone_of(pace: &Pace) -> TimeZone {
    TimeZone::get(&pace.zone).unwrap_or(TimeZone::UTC)
}

/// The end of the quiet hours that `now` is in; nothing outside of them.
///
/// Where the clocks change, quiet wins: of a time that comes twice the first begins the quiet and the second ends it, and a
/// time that is skipped is the moment of the change.
fn quiet_until(quiet: QuietHours, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    [today.yesterday().ok()?, today].into_iter().find_map(|day| {
        let last_day = if quiet.from < quiet.until { day } else { day.tomorrow().ok()? };
        let begins = instant(zone, day, quiet.from, Reading::Earlier)?;
        let ends = instant(zone, last_day, quiet.until, Reading::Later)?;
        (begins <= now && now < ends).then_some(ends)
    })
}

/// When the next posting window opens; nothing while one is open, or where there are none.
///
/// Where the clocks change, what is closed wins: of a time that comes twice the second opens and the first closes.
fn opens_at(windows: &[PostingWindow], zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = now.to_jiff().to_zoned(zone.clone()).date();
    let mut first: Option<Timestamp> = None;
    for ahead in -1..=8i64 {
        let day = today.checked_add(ahead.days()).ok()?;
        let weekday = u8::try_from(day.weekday().to_monday_zero_offset()).ok()?;
        for window in windows.iter().filter(|window| window.opens_on(weekday)) {
            let last_day = if window.from < window.until { day } else { day.tomorrow().ok()? };
            let opens = instant(zone, day, window.from, Reading::Later)?;
            let closes = instant(zone, last_day, window.until, Reading::Earlier)?;
            if opens <= now && now < closes {
                return None;
            }
            if opens > now && opens < closes {
                first = Some(first.map_or(opens, |first| first.min(opens)));
            }
        }
    }
    first
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Earlier,
    Later,
}

fn instant(zone: &TimeZone, day: civil::Date, minute: u16, reading: Reading) -> Option<Timestamp> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let wall = day.to_datetime(civil::Time::new(hour, minute, 0, 0).ok()?);
    let ambiguous = zone.to_ambiguous_zoned(wall);
    let skipped = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
    let at = match reading {
        // The later reading of a skipped time lies behind the change, so the change is the last one before it.
        _ if skipped => {
            return zone
                .preceding(ambiguous.later().ok()?.timestamp())
                .next()
                .map(|t| Timestamp::from_jiff(t.timestamp()));
        }
        Reading::Earlier => ambiguous.earlier().ok()?,
        Reading::Later => ambiguous.later().ok()?,
    };
    Some(Timestamp::from_jiff(at.timestamp()))
}

/// The day of the zone that `now` is in: its first moment, and the next day's.
fn day_around(zone: &TimeZone, now: Timestamp) -> (Timestamp, Timestamp) {
    let here = now.to_jiff().to_zoned(zone.clone());
    let start = here.start_of_day().map_or(now, |start| Timestamp::from_jiff(start.timestamp()));
    let end = here
        .checked_add(1.day())
        .and_then(|next| next.start_of_day())
        .map_or(now.plus(Duration::from_hours(24)), |next| Timestamp::from_jiff(next.timestamp()));
    (start, end)
}

// ---- documented quotas

/// The instant we feed to governor.
#[derive(Debug, Clone, Default)]
struct Fed(Arc<AtomicU64>);

impl GovernorClock for Fed {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::Acquire))
    }
}

/// Milliseconds since 1970, as governor counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Duration::from_millis(self.0.saturating_sub(earlier.0)).into()
    }

    fn saturating_sub(&self, by: Nanos) -> Self {
        let by: Duration = by.into();
        Self(self.0.saturating_sub(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl std::ops::Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, by: Nanos) -> Self {
        let by: Duration = by.into();
        Self(self.0.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX)))
    }
}

struct Window {
    limiter: RateLimiter<u64, HashMapStateStore<u64>, Fed, NoOpMiddleware<Moment>>,
    /// What is added to the wall clock for it: as much as that was set back.
    ahead: Duration,
    /// Up to when each key has used it, as the limiter has it: that one cannot be asked without taking.
    used_until: HashMap<u64, Moment>,
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("ahead", &self.ahead).finish_non_exhaustive()
    }
}

/// Who is counted: an account, and the host it lives on.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    pub account: AccountId,
    pub server: &'a str,
}

/// The documented quotas of all networks, one keyed limiter per distinct quota.
#[derive(Debug, Default)]
pub struct Quotas {
    clock: Fed,
    windows: Mutex<HashMap<Quota, Window>>,
}

impl Quotas {
    /// Takes one action of each kind from every quota that counts it; the long windows first, so that a refusal wastes no short cell.
    ///
    /// On `NotBefore` the lane is as it was, but for what a clock that was ahead has left in it.
    pub fn ask(&self, quotas: &[Quota], actions: &[Action], who: Counted<'_>, lane: &mut Lane, now: Timestamp) -> May {
        for quota in counting(quotas, actions).filter(|quota| quota.per >= LONG) {
            bound_stored(quota, &mut lane.used_until, now);
        }
        let mut used = lane.used_until.clone();
        for quota in counting(quotas, actions).filter(|quota| quota.per >= LONG) {
            match take_stored(quota, &mut used, now) {
                Ok(()) => {}
                Err(until) => return May::NotBefore(until, LaneWait::Quota),
            }
        }
        let mut short: Vec<&Quota> = counting(quotas, actions).filter(|quota| quota.per < LONG).collect();
        short.sort_by_key(|quota| std::cmp::Reverse(quota.per));
        for quota in short {
            if let Err(wait) = self.take_fed(quota, who, now) {
                return May::NotBefore(now.plus(self.bounded(quota, wait)), LaneWait::Quota);
            }
        }
        lane.used_until = used;
        for action in actions {
            remember(lane, now, *action);
        }
        May::Now
    }

    /// After a restart: counts again what a lane remembers to have done.
    pub fn replay(&self, quotas: &[Quota], who: Counted<'_>, lane: &Lane) {
        for (at, action) in &lane.recent {
            for quota in counting(quotas, std::slice::from_ref(action)).filter(|quota| quota.per < LONG) {
                // A refusal here means that the window is full already, which is all that matters.
                let _ = self.take_fed(quota, who, *at);
            }
        }
    }

    /// Forgets what no longer counts, so that memory stays with the accounts in use.
    pub fn tidy(&self, now: Timestamp) {
        for window in self.windows().values_mut() {
            let moment = Moment(now.plus(window.ahead).as_millis());
            self.clock.0.store(moment.0, Ordering::Release);
            window.used_until.retain(|_, until| *until > moment);
            window.limiter.retain_recent();
            window.limiter.shrink_to_fit();
        }
    }

    fn take_fed(&self, quota: &Quota, who: Counted<'_>, at: Timestamp) -> Result<(), Duration> {
        let mut windows = self.windows();
        let window = windows.entry(quota.clone()).or_insert_with(|| {
            let (burst, spacing) = spread(quota);
            let cells = Cells::with_period(spacing).expect("a spacing is never zero").allow_burst(burst);
            let limiter = RateLimiter::new(cells, HashMapStateStore::default(), self.clock.clone());
            Window { limiter, ahead: Duration::ZERO, used_until: HashMap::new() }
        });
        // The lock is held while the clock is fed and read: two accounts may not see each other's instant.
        let moment = Moment(at.plus(window.ahead).as_millis());
        self.clock.0.store(moment.0, Ordering::Release);
        let key = key(quota, who);
        let taken = window.limiter.check_key(&key);
        if taken.is_ok() {
            let until = window.used_until.entry(key).or_insert(moment);
            *until = Moment(until.0.max(moment.0)) + spread(quota).1.into();
        }
        taken.map_err(|refused| refused.wait_time_from(moment).max(Duration::from_millis(1)))
    }

    /// Under a clock that only goes on, no wait is longer than the window itself. What is longer was counted by a clock that has been
    /// set back since: from here on this window's time runs ahead of it, so that a whole window is waited for and no more.
    fn bounded(&self, quota: &Quota, wait: Duration) -> Duration {
        if let Some(window) = self.windows().get_mut(quota) {
            window.ahead += wait.saturating_sub(quota.per);
        }
        wait.min(quota.per)
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Quota, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The burst, and the time for each further one, such that burst + per/time is never more than the quota.
fn spread(quota: &Quota) -> (NonZeroU32, Duration) {
    let max = quota.max.max(1);
    let burst = (max / 4).max(1);
    let rest = (max - burst).max(1);
    let millis = u64::try_from(quota.per.as_millis()).unwrap_or(u64::MAX).div_ceil(u64::from(rest)).max(1);
    // A quota of one leaves no rest: the next comes a whole window later, and a moment.
    let millis = if max == 1 { millis + 1 } else { millis };
    (NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN), Duration::from_millis(millis))
}

/// As in [`Quotas::bounded`]: a stored time that no clock that only goes on could have written is made the latest that makes
/// sure of a whole window.
fn bound_stored(quota: &Quota, used: &mut [(u64, Timestamp)], now: Timestamp) {
    let (burst, spacing) = spread(quota);
    let latest = now.plus(quota.per + spacing * (burst.get() - 1));
    let name = name(quota);
    used.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, until)| *until = latest.min(*until));
}

/// The same rule as governor's, on a stored time: the moment up to which the quota is used.
fn take_stored(quota: &Quota, used: &mut Vec<(u64, Timestamp)>, now: Timestamp) -> Result<(), Timestamp> {
    let (burst, spacing) = spread(quota);
    let name = name(quota);
    let at = used.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
        used.push((name, Timestamp::EPOCH));
        used.len() - 1
    });
    let until = used[at].1.max(now);
    let tolerance = spacing * (burst.get() - 1);
    if until.since(now) > tolerance {
        return Err(until.minus(tolerance));
    }
    used[at].1 = until.plus(spacing);
    Ok(())
}

fn counting<'a>(quotas: &'a [Quota], actions: &'a [Action]) -> impl Iterator<Item = &'a Quota> {
    quotas.iter().filter(|quota| actions.contains(&quota.action))
}

fn remember(lane: &mut Lane, now: Timestamp, action: Action) {
    lane.recent.retain(|(at, _)| at.plus(LONG) > now);
    if lane.recent.len() == RECENT_KEPT {
        lane.recent.remove(0);
    }
    lane.recent.push((now, action));
}

/// What a delivery of this kind counts as.
pub fn actions_of(delivery: &Delivery) -> &'static [Action] {
    match delivery.verb {
        Verb::Create | Verb::Reply | Verb::Edit | Verb::Reshare => &[Action::Write, Action::Request],
        Verb::Delete | Verb::Repost | Verb::Unreshare => &[Action::Delete, Action::Request],
    }
}

/// Notes that a post left, and forgets what no day that it can still be in holds: the longest has 25 hours.
pub fn note_post(lane: &mut Lane, now: Timestamp) {
    lane.posted.retain(|at| at.plus(Duration::from_hours(26)) > now);
    lane.posted.push(now);
}

fn name(quota: &Quota) -> u64 {
    let record = format!("{:?} {:?} {} {}", quota.action, quota.scope, quota.max, quota.per.as_millis());
    number(&digest("quota", &[record.as_bytes()]))
}

fn key(quota: &Quota, who: Counted<'_>) -> u64 {
    match quota.scope {
        Scope::Account => number(&digest("account", &[who.account.as_bytes()])),
        Scope::App | Scope::Host => number(&digest("host", &[who.server.as_bytes()])),
    }
}

fn number(hash: &[u8; 32]) -> u64 {
    u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
}

#[cfg(test)]
mod tests;
