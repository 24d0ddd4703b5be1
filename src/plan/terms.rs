//! A gig's terms in words: pay, place, the day it closes. Nothing is said of what the source left out.

use super::clean;
use crate::clock::Timestamp;
use crate::gig::{Gig, Pay, Place, Status, Terms};
use jiff::tz::TimeZone;
use std::time::Duration;

/// More places than these are counted, not named.
const PLACES_NAMED: usize = 3;

/// What stands in the line under the title, most wanted first: pay, place, closing day.
pub fn facts(gig: &Gig) -> Vec<String> {
    let Terms { pay: offered, place: at, closes, .. } = &gig.terms;
    let day = closes.filter(|_| gig.status == Status::Open).and_then(|closes| closing_day(closes, gig.revised));
    [offered.as_ref().map(pay), place(at), day].into_iter().flatten().collect()
}

/// As in `€300–400 per project`.
pub fn pay(pay: &Pay) -> String {
    match pay {
        Pay::Fixed { amount, currency } => money(*amount, currency),
        Pay::Rate { amount, currency, per } => format!("{} per {}", money(*amount, currency), per.word()),
        Pay::Range { min, max, currency, per } if min == max => format!("{} per {}", money(*min, currency), per.word()),
        Pay::Range { min, max, currency, per } => {
            let (low, high) = (min.min(max), min.max(max));
            format!("{}–{} per {}", money(*low, currency), grouped(*high), per.word())
        }
        Pay::Barter => "Barter".to_owned(),
        Pay::Unpaid => "Unpaid".to_owned(),
    }
}

/// A sign where it can mean only one currency here, else the code.
fn money(amount: u64, currency: &str) -> String {
    let currency = clean::line(currency).to_uppercase();
    let amount = grouped(amount);
    match currency.as_str() {
        "EUR" => format!("€{amount}"),
        "GBP" => format!("£{amount}"),
        "USD" => format!("${amount}"),
        "" => amount,
        code => format!("{code} {amount}"),
    }
}

/// Digits in threes.
fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut written = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

/// As in `Remote, Berlin`; nothing when neither is known.
pub fn place(place: &Place) -> Option<String> {
    let named: Vec<String> = place.locations.iter().map(|at| clean::line(at)).filter(|at| !at.is_empty()).collect();
    let mut words: Vec<&str> = Vec::new();
    let already = named.iter().any(|at| at.to_lowercase().starts_with("remote"));
    if place.remote && !already {
        words.push("Remote");
    }
    words.extend(named.iter().take(PLACES_NAMED).map(String::as_str));
    let more = named.len().saturating_sub(PLACES_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!words.is_empty()).then(|| words.join(", ") + &more)
}

/// The last day on which it is open, in UTC: a gig that closes at midnight closes with the day before. The year is
/// named when it is not the one in which the gig was last revised.
fn closing_day(closes: Timestamp, revised: Timestamp) -> Option<String> {
    if closes == Timestamp::NEVER {
        return None;
    }
    let day = |at: Timestamp| at.to_jiff().to_zoned(TimeZone::UTC);
    let last = day(closes.minus(Duration::from_secs(1)));
    let with_year = last.year() != day(revised).year();
    Some(last.strftime(if with_year { "closes %-d %B %Y" } else { "closes %-d %B" }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::PayUnit;

    #[test]
    fn pay_is_said_as_people_write_it() {
        let eur = || "EUR".to_owned();
        for (offered, words) in [
            (Pay::Fixed { amount: 1200, currency: eur() }, "€1,200"),
            (Pay::Fixed { amount: 950, currency: "chf".to_owned() }, "CHF 950"),
            (Pay::Rate { amount: 35, currency: "GBP".to_owned(), per: PayUnit::Hour }, "£35 per hour"),
            (
                Pay::Range { min: 45_000, max: 1_060_000, currency: eur(), per: PayUnit::Year },
                "€45,000–1,060,000 per year",
            ),
            (Pay::Range { min: 400, max: 400, currency: eur(), per: PayUnit::Project }, "€400 per project"),
            (Pay::Barter, "Barter"),
            (Pay::Unpaid, "Unpaid"),
        ] {
            assert_eq!(pay(&offered), words);
        }
    }

    #[test]
    fn places_are_named_until_there_are_too_many() {
        let at =
            |remote, names: &[&str]| place(&Place { remote, locations: names.iter().map(|&n| n.to_owned()).collect() });
        assert_eq!(at(false, &[]), None);
        assert_eq!(at(true, &[]).as_deref(), Some("Remote"));
        assert_eq!(at(true, &["Berlin"]).as_deref(), Some("Remote, Berlin"));
        assert_eq!(at(true, &["Remote (EU)"]).as_deref(), Some("Remote (EU)"));
        assert_eq!(at(false, &["A", "B", "C", "D", "E"]).as_deref(), Some("A, B, C and 2 more"));
    }

    #[test]
    fn the_closing_day_is_the_last_open_one() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let revised = at("2026-11-21T09:00:00Z");
        assert_eq!(closing_day(at("2026-12-03T18:00:00Z"), revised).as_deref(), Some("closes 3 December"));
        assert_eq!(closing_day(at("2026-12-03T00:00:00Z"), revised).as_deref(), Some("closes 2 December"));
        assert_eq!(closing_day(at("2027-01-03T18:00:00Z"), revised).as_deref(), Some("closes 3 January 2027"));
        assert_eq!(closing_day(Timestamp::NEVER, revised), None);
    }
}
