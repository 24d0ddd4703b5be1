//! A gig's terms in words: pay, place, the day it closes. Nothing is said of what the source left out.

use super::clean;
use super::labels::{Labels, Year};
use crate::clock::Timestamp;
use crate::gig::zones::{self, Heard};
use crate::gig::{Gig, Pay, Place, Status, Terms};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

/// More places than these are counted, not named.
const PLACES_NAMED: usize = 3;

/// What stands in the line under the title, most wanted first: pay, place, closing day by the calendar of `zone`. Nothing where the gig does
/// not say.
pub fn facts(gig: &Gig, labels: &Labels, zone: &TimeZone) -> [Option<String>; 3] {
    let Terms { pay: offered, place: at, .. } = &gig.terms;
    let day = closing(gig, labels, zone).map(|day| labels.closes(&day));
    [offered.as_ref().map(|offered| pay(offered, labels)), place(at, labels), day]
}

/// The same in one line.
pub fn line(gig: &Gig, labels: &Labels, zone: &TimeZone) -> String {
    facts(gig, labels, zone).into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// As in `€300–400 per project`.
pub fn pay(pay: &Pay, labels: &Labels) -> String {
    let grouped = |amount: u64| grouped(amount, &labels.thousands);
    let money = |amount: &str, currency: &str| money(amount, currency, labels);
    match pay {
        Pay::Fixed { amount, currency } => money(&grouped(*amount), currency),
        Pay::Rate { amount, currency, per } => labels.rate(&money(&grouped(*amount), currency), *per),
        Pay::Range { min, max, currency, per } if min == max => labels.rate(&money(&grouped(*min), currency), *per),
        Pay::Range { min, max, currency, per } => {
            let (low, high) = (min.min(max), min.max(max));
            labels.rate(&money(&format!("{}–{}", grouped(*low), grouped(*high)), currency), *per)
        }
        Pay::Barter => labels.barter.clone(),
        Pay::Unpaid => labels.unpaid.clone(),
    }
}

/// A sign where it can mean only one currency here, else the code.
fn money(amount: &str, currency: &str, labels: &Labels) -> String {
    let currency = clean::line(currency).to_uppercase();
    match currency.as_str() {
        "EUR" => labels.sum(amount, Some("€"), &currency),
        "GBP" => labels.sum(amount, Some("£"), &currency),
        "USD" => labels.sum(amount, Some("$"), &currency),
        "" => amount.to_owned(),
        code => labels.sum(amount, None, code),
    }
}

/// Digits in threes.
fn grouped(amount: u64, mark: &str) -> String {
    let digits = amount.to_string();
    let mut written = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            written.push_str(mark);
        }
        written.push(digit);
    }
    written
}

/// As in `Remote, Berlin (UTC+1 – UTC+3)`; nothing when neither is known. Zones are told where no place tells them and a few letters do: an
/// overlap needs words.
pub fn place(place: &Place, labels: &Labels) -> Option<String> {
    let told = |at: &String| zones::read(at) != Heard::Nothing;
    let zones = place.zones.filter(|zones| zones.overlap_minutes.is_none() && !place.locations.iter().any(told));
    match (named(place, labels), zones.map(|zones| zones.span())) {
        (Some(named), Some(span)) => Some(format!("{named} ({span})")),
        (named, span) => named.or(span),
    }
}

fn named(place: &Place, labels: &Labels) -> Option<String> {
    let named: Vec<String> = place.locations.iter().map(|at| clean::line(at)).filter(|at| !at.is_empty()).collect();
    let mut words: Vec<&str> = Vec::new();
    let already = |at: &String| {
        let at = at.to_lowercase();
        at.starts_with("remote") || at.starts_with(&labels.remote.to_lowercase())
    };
    // A source that writes only "Remote" means the same; one that adds to it, as in "Remote (EU)", is left its words.
    let bare = |at: &&String| place.remote && at.eq_ignore_ascii_case("remote");
    let named: Vec<&String> = named.iter().filter(|at| !bare(at)).collect();
    if place.remote && !named.iter().any(|at| already(at)) {
        words.push(&labels.remote);
    }
    // "and 1 more" says less than its name.
    let count = if named.len() == PLACES_NAMED + 1 { named.len() } else { PLACES_NAMED };
    words.extend(named.iter().take(count).map(|at| at.as_str()));
    let (more, words) = (named.len().saturating_sub(count), words.join(", "));
    if more > 0 { Some(labels.more_places(&words, more)) } else { (!words.is_empty()).then_some(words) }
}

/// The day on which an open gig closes; with the year when it is not the one in which the gig was last revised.
pub fn closing(gig: &Gig, labels: &Labels, zone: &TimeZone) -> Option<String> {
    let closes = gig.terms.closes.filter(|_| gig.status == Status::Open)?;
    let last = closing_day(closes, zone)?;
    let year = if last.year() == day(gig.revised, zone).year() { Year::Unsaid } else { Year::Said };
    Some(labels.date(last, year))
}

/// The last day on which it is open: a gig that closes at midnight closes with the day before.
///
/// A bare date was written for one day, wherever its reader is; sources keep it as the last moment of that day in UTC. So that moment is said as
/// that day in every zone.
fn closing_day(closes: Timestamp, zone: &TimeZone) -> Option<Date> {
    const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;
    if closes == Timestamp::NEVER {
        return None;
    }
    let bare_date = closes.as_millis() % DAY_MILLIS == DAY_MILLIS - 1;
    let zone = if bare_date { TimeZone::UTC } else { zone.clone() };
    Some(day(closes.minus(Duration::from_secs(1)), &zone))
}

fn day(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_jiff().to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::PayUnit;
    use crate::plan::labels::Phrasebook;
    use crate::plan::samples;

    fn english() -> &'static Labels {
        Phrasebook::builtin().english()
    }

    fn labels(tag: &'static str) -> &'static Labels {
        Phrasebook::builtin().speak([tag]).1
    }

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
            assert_eq!(pay(&offered, english()), words);
        }
    }

    #[test]
    fn each_language_says_pay_place_and_day_in_its_own_way() {
        let mut gig = samples::gig();
        gig.terms.pay = Some(Pay::Range { min: 1200, max: 1500, currency: "EUR".to_owned(), per: PayUnit::Month });
        gig.terms.place.locations = ["A", "B", "C", "D", "E"].map(str::to_owned).to_vec();
        for (tag, words) in [
            ("en", "€1,200–1,500 per month · Remote, A, B, C and 2 more · closes 3 December"),
            ("es", "1.200–1.500 € al mes · En remoto, A, B, C y 2 más · hasta el 3 de diciembre"),
            ("fr", "1\u{202f}200–1\u{202f}500 € par mois · À distance, A, B, C et 2 autres · jusqu’au 3 décembre"),
            ("de", "1.200–1.500 € pro Monat · Ortsunabhängig, A, B, C und 2 weitere · bis 3. Dezember"),
            ("pt", "1.200–1.500 € por mês · Remoto, A, B, C e mais 2 · até 3 de dezembro"),
        ] {
            assert_eq!(line(&gig, labels(tag), &TimeZone::UTC), words);
        }
    }

    #[test]
    fn places_are_named_until_there_are_too_many() {
        let at = |remote, names: &[&str]| {
            place(&Place { remote, locations: names.iter().map(|&n| n.to_owned()).collect(), zones: None }, english())
        };
        assert_eq!(at(false, &[]), None);
        assert_eq!(at(true, &[]).as_deref(), Some("Remote"));
        assert_eq!(at(true, &["Berlin"]).as_deref(), Some("Remote, Berlin"));
        assert_eq!(at(true, &["Remote (EU)"]).as_deref(), Some("Remote (EU)"));
        assert_eq!(at(true, &["remote", "EU"]).as_deref(), Some("Remote, EU"));
        assert_eq!(at(false, &["A", "B", "C", "D"]).as_deref(), Some("A, B, C, D"));
        assert_eq!(at(false, &["A", "B", "C", "D", "E"]).as_deref(), Some("A, B, C and 2 more"));
        let german = Place { remote: true, locations: vec!["Remote".to_owned()], zones: None };
        assert_eq!(place(&german, labels("de")).as_deref(), Some("Ortsunabhängig"));
    }

    #[test]
    fn zones_are_told_beside_the_place_unless_it_tells_them_itself() {
        let at = |name: &str, overlap_minutes| {
            let zones = Some(zones::Zones { from_minutes: 60, to_minutes: 180, overlap_minutes });
            place(&Place { remote: true, locations: vec![name.to_owned()], zones }, english()).unwrap()
        };
        assert_eq!(at("Berlin", None), "Remote, Berlin (UTC+1 – UTC+3)");
        assert_eq!(at("Remote (UTC+1 to UTC+3)", None), "Remote (UTC+1 to UTC+3)");
        assert_eq!(at("Berlin", Some(240)), "Remote, Berlin", "that takes words");
    }

    #[test]
    fn the_closing_day_is_the_last_open_one_by_the_accounts_calendar() {
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let said = |closes, zone: &str| {
            let mut gig = samples::gig();
            (gig.terms.closes, gig.revised) = (Some(closes), at("2026-11-21T09:00:00Z"));
            closing(&gig, english(), &TimeZone::get(zone).unwrap())
        };
        for (closes, zone, day) in [
            ("2026-12-03T18:00:00Z", "UTC", "3 December"),
            ("2026-12-03T00:00:00Z", "UTC", "2 December"),
            ("2026-12-03T23:30:00Z", "Europe/Berlin", "4 December"),
            ("2026-12-03T23:00:00Z", "Europe/Berlin", "3 December"),
            ("2026-12-04T03:00:00Z", "America/New_York", "3 December"),
            ("2026-12-03T23:59:59.999Z", "Europe/Berlin", "3 December"),
            ("2026-12-03T23:59:59.999Z", "America/New_York", "3 December"),
            ("2027-01-01T02:00:00Z", "America/New_York", "31 December"),
            ("2027-01-03T18:00:00Z", "UTC", "3 January 2027"),
        ] {
            assert_eq!(said(at(closes), zone).as_deref(), Some(day), "{closes} {zone}");
        }
        assert_eq!(said(Timestamp::NEVER, "UTC"), None);
    }
}
