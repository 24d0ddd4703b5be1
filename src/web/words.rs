//! Times and counts as a reader takes them in: "closes in 3 days", "2 people". The exact time stands behind the words.

use crate::clock::Timestamp;
use jiff::tz::TimeZone;
use std::fmt;
use std::time::Duration;

/// A moment for a `<time>` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// As in `in 3 days`.
    pub words: String,
    /// As in `12 December 2026, 18:00 UTC`.
    pub exact: String,
    /// As a program reads it.
    pub machine: String,
}

impl Moment {
    /// Seen from `now`: `in 3 days` or `3 days ago`.
    pub fn new(at: Timestamp, now: Timestamp) -> Self {
        let words = match (at > now, span(at.since(now).max(now.since(at)))) {
            (true, Some(span)) => format!("in {span}"),
            (false, Some(span)) => format!("{span} ago"),
            (true, None) => "in less than a minute".to_owned(),
            (false, None) => "just now".to_owned(),
        };
        Self { words, exact: exact(at), machine: at.to_string() }
    }

    /// `closes in 3 days`, `closed 3 days ago`; nothing for what never closes.
    pub fn closing(at: Timestamp, now: Timestamp) -> Option<Self> {
        let verb = if at > now { "closes" } else { "closed" };
        let moment = Self::new(at, now);
        (at != Timestamp::NEVER).then(|| Self { words: format!("{verb} {}", moment.words), ..moment })
    }
}

pub fn exact(at: Timestamp) -> String {
    at.to_jiff().to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// The time of day when it is today's, else with its day.
pub fn clock_time(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_jiff().to_zoned(TimeZone::UTC), now.to_jiff().to_zoned(TimeZone::UTC));
    at.strftime(if at.date() == now.date() { "%H:%M UTC" } else { "%-d %B, %H:%M UTC" }).to_string()
}

/// In hours until there are two days of them, in days until there are two months; nothing below a minute.
fn span(time: Duration) -> Option<String> {
    let minutes = time.as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return None,
        1..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        2880..86_400 => (minutes / 1440, "day"),
        86_400..1_051_200 => (minutes / 43_800, "month"),
        _ => (minutes / 525_600, "year"),
    };
    Some(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
}

/// How long something lasts, as in `14 days`: what is short enough not to be named is.
pub fn lasting(time: Duration) -> String {
    span(time).unwrap_or_else(|| "less than a minute".to_owned())
}

/// As in `1 account`, `3 accounts`.
pub fn count<N: fmt::Display + PartialEq + From<u8>>(n: N, one: &str, many: &str) -> String {
    let what = if n == N::from(1) { one } else { many };
    format!("{n} {what}")
}

/// To the second, for what follows each other closely.
pub fn to_the_second(at: Timestamp) -> String {
    at.to_jiff().to_zoned(TimeZone::UTC).strftime("%-d %B %Y, %H:%M:%S UTC").to_string()
}

/// How an address on the web may stand in a link; nothing for anything else that a stranger wrote.
pub fn web_address(written: &str) -> Option<String> {
    let url = url::Url::parse(written).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Text for a page, with what stands in backquotes as code.
pub fn coded(text: &str) -> String {
    text.split('`').enumerate().fold(String::new(), |mut markup, (n, part)| {
        let code = n % 2 == 1;
        markup.push_str(if code { "<code>" } else { "" });
        escape(part, &mut markup);
        markup.push_str(if code { "</code>" } else { "" });
        markup
    })
}

/// Adds text to markup.
pub fn escape(text: &str, markup: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            other => markup.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn times_are_said_from_where_the_reader_stands() {
        for (seconds, words) in [
            (30, "less than a minute"),
            (60, "1 minute"),
            (119 * 60, "1 hour"),
            (3 * 3600, "3 hours"),
            (47 * 3600, "47 hours"),
            (3 * 86_400, "3 days"),
            (59 * 86_400, "59 days"),
            (70 * 86_400, "2 months"),
            (800 * 86_400, "2 years"),
        ] {
            let later = NOON.plus(Duration::from_secs(seconds));
            assert_eq!(Moment::closing(later, NOON).unwrap().words, format!("closes in {words}"));
        }
        let past = Moment::closing(NOON, NOON.plus(Duration::from_hours(50))).unwrap();
        assert_eq!((past.words.as_str(), past.exact.as_str()), ("closed 2 days ago", "21 November 2026, 12:00 UTC"));
        assert_eq!(Moment::new(NOON, NOON).words, "just now");
        assert_eq!(Moment::closing(Timestamp::NEVER, NOON), None);
    }

    #[test]
    fn a_clock_time_has_its_day_only_when_that_is_not_today() {
        assert_eq!(clock_time(NOON, NOON), "12:00 UTC");
        assert_eq!(clock_time(NOON.plus(Duration::from_hours(14)), NOON), "22 November, 02:00 UTC");
    }

    #[test]
    fn only_addresses_on_the_web_become_links() {
        assert!(web_address("https://social.example/@bo/1").is_some());
        for written in ["javascript:alert(1)", "data:text/html,x", "/relative", "at://did:plc:x/y/z"] {
            assert_eq!(web_address(written), None, "{written}");
        }
    }
}
