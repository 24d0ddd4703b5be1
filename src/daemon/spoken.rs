//! Moments and spans as one would say them.

use crate::clock::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::time::Duration;

thread_local! {
    /// That of whoever reads what is being put into words.
    static ZONE: RefCell<TimeZone> = const { RefCell::new(TimeZone::UTC) };
}

/// Puts into words what `say` says for a reader in this zone. A zone is of no interest to what is told, only to how its moments are
/// written: so it is not handed through every sentence.
pub fn in_zone<T>(zone: TimeZone, say: impl FnOnce() -> T) -> T {
    let before = ZONE.replace(zone);
    let said = say();
    ZONE.set(before);
    said
}

/// By the reader's clock.
pub fn local(at: Timestamp) -> jiff::Zoned {
    at.to_jiff().to_zoned(ZONE.with_borrow(TimeZone::clone))
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// In the largest unit that says enough: `40 seconds`, `5 minutes`, `3 hours`, `2 days`.
pub fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..5400 => ((seconds + MINUTE / 2) / MINUTE, "minute"),
        5400..129_600 => ((seconds + HOUR / 2) / HOUR, "hour"),
        _ => ((seconds + DAY / 2) / DAY, "day"),
    };
    counted(usize::try_from(count).unwrap_or(usize::MAX), unit)
}

/// `1 gig`, `2 gigs`.
pub fn counted(count: usize, unit: &str) -> String {
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// `in 5 minutes`, `3 hours ago`, `now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    if at == Timestamp::NEVER {
        return "never".to_owned();
    }
    let (ahead, behind) = (at.since(now), now.since(at));
    match (ahead.as_secs(), behind.as_secs()) {
        (0, 0) => "now".to_owned(),
        (0, _) => format!("{} ago", span(behind)),
        _ => format!("in {}", span(ahead)),
    }
}

/// To the minute, in the reader's zone, with the day where it is another one: `14:05 UTC`, `22 November, 07:00 UTC`.
pub fn exact(at: Timestamp, now: Timestamp) -> String {
    let day = |at: Timestamp| local(at).date();
    let near = at.since(now).max(now.since(at)) < Duration::from_secs(180 * DAY);
    let form = match (day(at) == day(now), near) {
        (true, _) => "%H:%M %Z",
        (false, true) => "%-d %B, %H:%M %Z",
        (false, false) => "%-d %B %Y, %H:%M %Z",
    };
    local(at).strftime(form).to_string()
}

/// Both: `14:05 UTC (in 5 minutes)`.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", exact(at, now), relative(at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn a_moment_is_said_by_the_clock_and_by_its_distance() {
        for (seconds, said) in [
            (0, "12:00 UTC (now)"),
            (1, "12:00 UTC (in 1 second)"),
            (300, "12:05 UTC (in 5 minutes)"),
            (11 * 3600, "23:00 UTC (in 11 hours)"),
            (19 * 3600, "22 November, 07:00 UTC (in 19 hours)"),
            (400 * 86_400, "26 December 2027, 12:00 UTC (in 400 days)"),
        ] {
            assert_eq!(moment(NOON.plus(Duration::from_secs(seconds)), NOON), said);
        }
        assert_eq!(moment(NOON.minus(Duration::from_hours(2)), NOON), "10:00 UTC (2 hours ago)");
        assert_eq!(relative(Timestamp::NEVER, NOON), "never");
    }

    #[test]
    fn a_moment_is_told_by_the_readers_clock_and_day() {
        let zone = |name: &str| TimeZone::get(name).unwrap();
        let late = NOON.plus(Duration::from_hours(5));
        assert_eq!(in_zone(zone("Europe/Berlin"), || exact(late, NOON)), "18:00 CET");
        assert_eq!(in_zone(zone("Asia/Tokyo"), || exact(late, NOON)), "22 November, 02:00 JST");
        assert_eq!(exact(late, NOON), "17:00 UTC", "and the next reader has their own");
    }
}
