//! The only reader of rate headers. Every dialect becomes one [`Allowance`] or one instant, here and nowhere else.
//!
//! Servers agree on three numbers (limit, remaining, reset) and on nothing about how to write them: four spellings of the
//! names, and resets as seconds left, Unix seconds, Unix milliseconds or a calendar date. A reset that is past, or further away
//! than any window runs, is a misunderstanding and is not believed: then the caller's own minute holds.
//! A stated `Retry-After` is a plain request, and is kept in full.

use crate::clock::Timestamp;
use crate::outbox::backoff::LONGEST_ASKED as LONGEST;
use crate::ports::Allowance;
use std::time::Duration;

/// `Retry-After: 0` is an invitation, but not to a tight loop.
const SHORTEST: Duration = Duration::from_secs(1);

/// Numbers from here on are a date, not a wait: 2001 in Unix seconds, and thirty years as a wait.
const UNIX_SECONDS_FROM: Duration = Duration::from_secs(1_000_000_000);

/// Numbers from here on are Unix milliseconds: 1973, and as seconds the year 5138.
const UNIX_MILLIS_FROM: Duration = Duration::from_secs(100_000_000_000);

/// What is left of the present window. Header names are in lower case.
pub fn allowance(headers: &[(String, String)], received: Timestamp) -> Option<Allowance> {
    let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let triple = |prefix: &str| {
        let of = |what: &str| value(&format!("{prefix}-{what}"));
        window(of("limit"), of("remaining"), of("reset"), received)
    };
    value("ratelimit")
        .and_then(|combined| tightest(combined, received))
        .or_else(|| ["ratelimit", "x-ratelimit", "x-rate-limit"].into_iter().find_map(triple))
}

/// When a server that asked for patience may be asked again.
pub fn retry_after(headers: &[(String, String)], received: Timestamp) -> Option<Timestamp> {
    let (_, written) = headers.iter().find(|(name, _)| name == "retry-after")?;
    let stated = instant(written, received)?;
    // A date that is past says only that two clocks differ.
    let asked = stated >= received;
    asked.then(|| stated.clamp(received.plus(SHORTEST), received.plus(LONGEST)))
}

fn window(limit: Option<&str>, remaining: Option<&str>, reset: Option<&str>, received: Timestamp) -> Option<Allowance> {
    let reset = instant(reset?, received)?;
    let believed = reset > received && reset <= received.plus(LONGEST);
    let allowance = Allowance { limit: limit.and_then(count), remaining: remaining.and_then(count), reset };
    let says_something = allowance.limit.is_some() || allowance.remaining.is_some();
    (believed && says_something).then_some(allowance)
}

/// One header for all: `limit=100, remaining=50, reset=5`, or the newer `"burst";r=50;t=5, "day";r=900;t=60000` with one
/// item per window, of which the one with the least left binds.
fn tightest(combined: &str, received: Timestamp) -> Option<Allowance> {
    let named = combined.trim_start().starts_with('"');
    let items = if named { combined.split(',').collect() } else { vec![combined] };
    let windows = items.into_iter().filter_map(|item| {
        let field = |names: [&str; 2]| {
            item.split([',', ';']).filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| {
                names.iter().any(|name| key.trim().eq_ignore_ascii_case(name)).then_some(value)
            })
        };
        window(field(["limit", "q"]), field(["remaining", "r"]), field(["reset", "t"]), received)
    });
    windows.min_by_key(|w| (w.remaining.unwrap_or(u32::MAX), std::cmp::Reverse(w.reset)))
}

/// A whole number; what follows a comma or semicolon (`100, 100;w=60`) is the policy behind it. Below zero is none left.
fn count(written: &str) -> Option<u32> {
    let number = written.split([',', ';', '.']).next()?.trim();
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if digits.len() < number.len() { Some(0) } else { Some(digits.parse().unwrap_or(u32::MAX)) }
}

/// An instant in whichever way it was written: seconds from now (with a fraction or not), Unix seconds, Unix milliseconds,
/// RFC 3339 with any number of digits, or an HTTP date.
fn instant(written: &str, received: Timestamp) -> Option<Timestamp> {
    let written = written.trim();
    if let Some(number) = duration(written) {
        return Some(if number >= UNIX_MILLIS_FROM {
            Timestamp::from_millis(number.as_secs())
        } else if number >= UNIX_SECONDS_FROM {
            Timestamp::EPOCH.plus(number)
        } else {
            received.plus(number)
        });
    }
    Timestamp::parse_rfc3339(written)
        .or_else(|| jiff::fmt::rfc2822::parse(written).ok().map(|at| Timestamp::from_jiff(at.timestamp())))
}

/// A number that is neither negative, nor infinite, nor none at all, nor one with a policy behind it (`60;w=60`).
fn duration(written: &str) -> Option<Duration> {
    let number = written.split([',', ';']).next()?.trim();
    number.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:00:00Z.
    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(pairs: &[(&str, &str)]) -> Option<Allowance> {
        allowance(&headers(pairs), NOON)
    }

    fn left(limit: u32, remaining: u32, seconds: u64) -> Allowance {
        let reset = NOON.plus(Duration::from_secs(seconds));
        Allowance { limit: Some(limit), remaining: Some(remaining), reset }
    }

    #[test]
    fn every_dialect_says_the_same() {
        let dialects: &[&[(&str, &str)]] = &[
            // Bluesky: Unix seconds, and a policy beside it.
            &[
                ("ratelimit-limit", "3000"),
                ("ratelimit-remaining", "2998"),
                ("ratelimit-reset", "1795262700"),
                ("ratelimit-policy", "3000;w=300"),
            ],
            // The IETF draft: seconds left, and the policy behind the limit.
            &[("ratelimit-limit", "3000, 3000;w=300"), ("ratelimit-remaining", "2998"), ("ratelimit-reset", "300")],
            &[("ratelimit", "limit=3000, remaining=2998, reset=300")],
            &[("ratelimit", "limit=3000;remaining=2998;reset=300")],
            &[("ratelimit", "\"default\";q=3000;r=2998;t=300")],
            // Mastodon: a calendar date with six digits.
            &[
                ("x-ratelimit-limit", "3000"),
                ("x-ratelimit-remaining", "2998"),
                ("x-ratelimit-reset", "2026-11-21T12:05:00.000000Z"),
            ],
            &[
                ("x-ratelimit-limit", "3000"),
                ("x-ratelimit-remaining", "2998"),
                ("x-ratelimit-reset", "2026-11-21T13:05:00+01:00"),
            ],
            // Others: Unix milliseconds, seconds with a fraction, an HTTP date.
            &[("x-ratelimit-limit", "3000"), ("x-ratelimit-remaining", "2998"), ("x-ratelimit-reset", "1795262700000")],
            &[("x-ratelimit-limit", "3000"), ("x-ratelimit-remaining", "2998.0"), ("x-ratelimit-reset", " 300.0 ")],
            &[
                ("x-ratelimit-limit", "3000"),
                ("x-ratelimit-remaining", "2998"),
                ("x-ratelimit-reset", "Sat, 21 Nov 2026 12:05:00 GMT"),
            ],
            &[("x-rate-limit-limit", "3000"), ("x-rate-limit-remaining", "2998"), ("x-rate-limit-reset", "1795262700")],
        ];
        for dialect in dialects {
            assert_eq!(read(dialect), Some(left(3000, 2998, 300)), "{dialect:?}");
        }
    }

    #[test]
    fn the_limit_is_never_taken_for_the_reset() {
        assert_eq!(read(&[("x-ratelimit-limit", "300"), ("x-ratelimit-remaining", "0")]), None);
        let swapped = [("x-ratelimit-reset", "60"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-limit", "300")];
        assert_eq!(read(&swapped), Some(left(300, 0, 60)), "the order of headers says nothing");
        let near = [("x-ratelimit-limit", "300"), ("x-ratelimit-limit-reset", "5"), ("x-ratelimit-reset-after", "7")];
        assert_eq!(read(&near), None, "only the exact names count");
    }

    #[test]
    fn of_several_windows_the_one_with_the_least_left_binds() {
        assert_eq!(read(&[("ratelimit", "\"day\";r=900;t=60000, \"burst\";r=0;t=5")]).unwrap().remaining, Some(0));
        let both = read(&[("ratelimit", "\"burst\";r=0;t=5, \"day\";r=0;t=60000")]).unwrap();
        assert_eq!(both.reset, NOON.plus(Duration::from_mins(1000)));
    }

    #[test]
    fn a_reset_that_makes_no_sense_is_not_believed() {
        for reset in [
            "0",
            "-5",
            "NaN",
            "inf",
            "1e400",
            "soon",
            "",
            "1795262399",              // a second ago
            "1795262400",              // now
            "2026-11-21T11:59:59Z",    // a second ago, spelled out
            "99999999",                // three years, as a wait
            "4102444800",              // 2100
            "99999999999999999999999", // overflows
            "1795262700000000",        // microseconds
            "2099-01-01T00:00:00Z",
            "2026-11-21 12:05:00 soon", // no date at all
        ] {
            let window = [("x-ratelimit-limit", "300"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
            assert_eq!(read(&window), None, "{reset:?}");
        }
    }

    #[test]
    fn counts_are_bounded_and_may_be_missing() {
        let with = |remaining| {
            read(&[("x-ratelimit-remaining", remaining), ("x-ratelimit-limit", "9"), ("x-ratelimit-reset", "60")])
                .unwrap()
                .remaining
        };
        assert_eq!(with("-1"), Some(0));
        assert_eq!(with("99999999999"), Some(u32::MAX));
        assert_eq!((with("many"), with("NaN"), with("")), (None, None, None));
        assert_eq!(read(&[("x-ratelimit-reset", "60")]), None, "a reset alone limits nothing");
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_broken_family_does_not_hide_a_whole_one() {
        let mixed = [
            ("ratelimit-limit", "1"),
            ("ratelimit-remaining", "0"),
            ("x-ratelimit-limit", "300"),
            ("x-ratelimit-remaining", "299"),
            ("x-ratelimit-reset", "60"),
        ];
        assert_eq!(read(&mixed), Some(left(300, 299, 60)));
    }

    #[test]
    fn patience_that_is_asked_for_is_kept_in_full() {
        let day = 24 * 3600;
        for (written, seconds) in [
            ("120", 120.0),
            ("1.5", 1.5),
            ("0", 1.0),
            ("0.2", 1.0),
            ("86401", 86_401.0),
            ("2592000", 30.0 * f64::from(day)),
            ("Sat, 21 Nov 2026 14:00:00 GMT", 7200.0),
            ("2026-11-21T12:00:30.000Z", 30.0),
            ("1795262460", 60.0),
            ("99999999", 30.0 * f64::from(day)),
            ("4102444800", 30.0 * f64::from(day)),
        ] {
            let expected = NOON.plus(Duration::from_secs_f64(seconds));
            assert_eq!(retry_after(&headers(&[("retry-after", written)]), NOON), Some(expected), "{written}");
        }
    }

    #[test]
    fn patience_that_cannot_be_read_leaves_it_to_the_caller() {
        for written in
            ["", "soon", "-1", "NaN", "inf", "Sat, 21 Nov 2026 11:00:00 GMT", "Sat, 31 Feb 2026 11:00:00 GMT"]
        {
            assert_eq!(retry_after(&headers(&[("retry-after", written)]), NOON), None, "{written:?}");
        }
        assert_eq!(retry_after(&[], NOON), None);
    }
}
