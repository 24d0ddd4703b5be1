//! Rate limits as Mastodon has them: windows that begin at multiples of their length, the tightest one told in each answer.

use crate::clock::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// One limit: so many requests in each window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub requests: u32,
    pub window: Duration,
}

impl Limit {
    pub const fn new(requests: u32, window: Duration) -> Self {
        Self { requests, window }
    }
}

/// The limits in force; the default is Mastodon's.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Everything, per token, and together for all who send none.
    pub all: Limit,
    /// Reads that name a page.
    pub paged: Limit,
    /// Posting, editing, boosting.
    pub says: Limit,
    /// Deleting, and taking boosts back.
    pub takes_back: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            all: Limit::new(300, Duration::from_mins(5)),
            paged: Limit::new(300, Duration::from_mins(15)),
            says: Limit::new(300, Duration::from_hours(3)),
            takes_back: Limit::new(30, Duration::from_mins(30)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    All,
    Paged,
    Says,
    TakesBack,
}

impl Family {
    /// The narrower family that a request belongs to besides `All`.
    pub(super) fn of(verb: &http::Method, path: &str, query: &str) -> Option<Self> {
        const PAGES: [&str; 4] = ["page=", "min_id=", "max_id=", "since_id="];
        let ends = |ending| path.ends_with(ending);
        match verb.as_str() {
            "GET" => query.split('&').any(|q| PAGES.iter().any(|page| q.starts_with(page))).then_some(Self::Paged),
            "POST" if ends("/unreblog") => Some(Self::TakesBack),
            "POST" if ends("/statuses") || ends("/reblog") => Some(Self::Says),
            "PUT" => Some(Self::Says),
            "DELETE" => Some(Self::TakesBack),
            _ => None,
        }
    }
}

/// What an answer says about the tightest window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    pub limit: u32,
    pub remaining: u32,
    pub reset: Timestamp,
    pub exceeded: bool,
}

/// Who has asked how often in the current windows.
#[derive(Debug, Default)]
pub(super) struct Counts(HashMap<(String, Family), (Timestamp, u32)>);

impl Counts {
    pub(super) fn count(&mut self, who: &str, family: Option<Family>, limits: &Limits, now: Timestamp) -> Quota {
        let all = self.one(who, Family::All, limits.all, now);
        let narrow = family.map(|family| {
            let limit = match family {
                Family::All => limits.all,
                Family::Paged => limits.paged,
                Family::Says => limits.says,
                Family::TakesBack => limits.takes_back,
            };
            self.one(who, family, limit, now)
        });
        match narrow {
            Some(narrow) if (narrow.exceeded, all.remaining) >= (all.exceeded, narrow.remaining) => narrow,
            _ => all,
        }
    }

    fn one(&mut self, who: &str, family: Family, limit: Limit, now: Timestamp) -> Quota {
        let window = u64::try_from(limit.window.as_millis()).unwrap_or(u64::MAX).max(1);
        let begin = Timestamp::from_millis(now.as_millis() / window * window);
        let (counted_from, counted) = self.0.entry((who.to_owned(), family)).or_insert((begin, 0));
        if *counted_from != begin {
            (*counted_from, *counted) = (begin, 0);
        }
        *counted = counted.saturating_add(1);
        Quota {
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(*counted),
            reset: begin.plus(limit.window),
            exceeded: *counted > limit.requests,
        }
    }
}

/// ISO 8601 in UTC with six digits, as Mastodon writes the reset.
pub(super) fn reset_words(at: Timestamp) -> String {
    format!("{:.6}", at.to_jiff())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn a_window_begins_at_a_multiple_of_its_length_and_ends_for_all_at_once() {
        let (mut counts, limits) = (Counts::default(), Limits::default());
        let quota = counts.count("t", None, &limits, NOON.plus(Duration::from_secs(61)));
        assert_eq!((quota.limit, quota.remaining), (300, 299));
        assert_eq!(reset_words(quota.reset), "2026-11-21T12:05:00.000000Z");
        for _ in 0..299 {
            assert!(!counts.count("t", None, &limits, NOON.plus(Duration::from_secs(299))).exceeded);
        }
        assert!(counts.count("t", None, &limits, NOON.plus(Duration::from_secs(299))).exceeded);
        assert!(!counts.count("another", None, &limits, NOON.plus(Duration::from_secs(299))).exceeded);
        assert!(!counts.count("t", None, &limits, NOON.plus(Duration::from_mins(5))).exceeded);
    }

    #[test]
    fn the_tightest_limit_is_the_one_that_is_told() {
        let (mut counts, limits) = (Counts::default(), Limits::default());
        let quota = counts.count("t", Some(Family::TakesBack), &limits, NOON);
        assert_eq!((quota.limit, quota.remaining), (30, 29));
        assert_eq!(counts.count("t", None, &limits, NOON).limit, 300);
        let tight = Limits { all: Limit::new(2, Duration::from_mins(5)), ..limits };
        let quota = counts.count("t", Some(Family::TakesBack), &tight, NOON);
        assert!(quota.exceeded, "the wide limit is spent while the narrow one has room: {quota:?}");
    }

    #[test]
    fn requests_are_told_apart_by_what_they_do() {
        let of = |verb: &str, path, query| Family::of(&verb.parse().unwrap(), path, query);
        assert_eq!(of("POST", "/api/v1/statuses", ""), Some(Family::Says));
        assert_eq!(of("POST", "/api/v1/statuses/1/favourite", ""), None);
        assert_eq!(of("POST", "/api/v1/statuses/1/unreblog", ""), Some(Family::TakesBack));
        assert_eq!(of("DELETE", "/api/v1/statuses/1", ""), Some(Family::TakesBack));
        assert_eq!(of("GET", "/api/v1/notifications", "limit=4&min_id=3"), Some(Family::Paged));
        assert_eq!(of("GET", "/api/v1/notifications", "limit=4"), None);
    }
}
