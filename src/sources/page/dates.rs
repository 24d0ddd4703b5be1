//! Dates as pages write them: RFC 3339 and its relatives, mail dates, seconds since 1970, and what people of several countries write.
//!
//! A date that could mean two days (`05/06/2026`) is none: to say nothing is honest, a wrong day is not. A time without an offset is read as UTC.

use crate::clock::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// What a date alone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first moment of that day in UTC.
    Begin,
    /// The last one: what holds through a day holds to its end.
    End,
}

/// How months begin in English, Spanish, French, German, Italian, Dutch and Portuguese; the longer come first.
const MONTHS: &[(&str, i8)] = &[
    ("jan", 1),
    ("ene", 1),
    ("gen", 1),
    ("jän", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("mar", 3),
    ("mär", 3),
    ("maa", 3),
    ("mrt", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("juin", 6),
    ("jun", 6),
    ("giu", 6),
    ("juil", 7),
    ("jul", 7),
    ("lug", 7),
    ("aug", 8),
    ("ago", 8),
    ("aoû", 8),
    ("aou", 8),
    ("sep", 9),
    ("set", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("nov", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
];

/// Reads a text or a number; nothing when it is no date, or more than one.
pub fn read(value: &Value, edge: Edge) -> Option<Timestamp> {
    match value {
        Value::String(text) => of_text(text, edge),
        Value::Number(number) => of_epoch(number.as_i64()?),
        _ => None,
    }
}

fn of_text(text: &str, edge: Edge) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > 64 {
        return None;
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return after_1970(at);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) && matches!(text.len(), 10 | 13) {
        return of_epoch(text.parse().ok()?);
    }
    let english_mail = jiff::fmt::rfc2822::parse(text).ok();
    if let Some(mail) = english_mail {
        return after_1970(mail.timestamp());
    }
    let (date, time) = clock_behind(text);
    let date = iso(date).or_else(|| in_numbers(date)).or_else(|| in_words(date))?;
    on(date, time, edge)
}

/// What has ten digits counts seconds, what has more milliseconds.
fn of_epoch(number: i64) -> Option<Timestamp> {
    let at = if number >= 100_000_000_000 {
        jiff::Timestamp::from_millisecond(number)
    } else {
        jiff::Timestamp::from_second(number)
    };
    // Before 2000 it is no date of a gig: more likely a year, or a day's number.
    at.ok().filter(|at| at.as_second() > 946_684_800).and_then(after_1970)
}

fn after_1970(at: jiff::Timestamp) -> Option<Timestamp> {
    (at.as_second() >= 0).then(|| Timestamp::from_jiff(at))
}

/// Midnight without an offset is how many programs write a date.
fn on(date: Date, time: Option<jiff::civil::Time>, edge: Edge) -> Option<Timestamp> {
    let time = time.filter(|time| *time != jiff::civil::Time::midnight());
    let at = match (time, edge) {
        (Some(time), _) => DateTime::from_parts(date, time),
        (None, Edge::Begin) => date.at(0, 0, 0, 0),
        (None, Edge::End) => date.at(23, 59, 59, 999_000_000),
    };
    after_1970(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Parts `18:00`, `18:00:00` and the like from the date before it.
fn clock_behind(text: &str) -> (&str, Option<jiff::civil::Time>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let before = &text[..colon];
    let hour = before
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let time = text[hour..].trim_end_matches(|c: char| !c.is_ascii_digit());
    let time = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    match time.parse() {
        Ok(time) => (text[..hour].trim_end_matches(['T', 't', ' ', ',']), Some(time)),
        Err(_) => (text, None),
    }
}

fn iso(text: &str) -> Option<Date> {
    let is_iso = matches!(text.len(), 8 | 10) && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    is_iso.then(|| text.parse().ok()).flatten()
}

/// `2026/12/31`, `31.12.2026`, and `12/31/2026` or `31/12/2026` where only one of both can be.
fn in_numbers(text: &str) -> Option<Date> {
    let mark = ['/', '.', '-'].into_iter().find(|mark| text.matches(*mark).count() == 2)?;
    let parts: Vec<i16> = text.split(mark).map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let small = |n: i16| i8::try_from(n).ok();
    let (year, month, day) = match parts[..] {
        [year, month, day] if year >= 1000 => (year, month, day),
        // With dots, the day comes first wherever dates are written with dots.
        [day, month, year] if mark == '.' || day > 12 || day == month => (year, month, day),
        [month, day, year] if day > 12 => (year, month, day),
        _ => return None,
    };
    (year >= 1000).then(|| Date::new(year, small(month)?, small(day)?).ok()).flatten()
}

/// `December 31, 2026`, `31. Dezember 2026`, `31 de diciembre de 2026`: one month's name, one day, one year, and nothing that counts beside them.
fn in_words(text: &str) -> Option<Date> {
    let low = text.to_lowercase();
    let (mut year, mut month, mut day) = (None, None, None);
    for word in low.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
        if let Ok(number) = digits.parse::<i16>() {
            let place = if number >= 1000 { &mut year } else { &mut day };
            if place.replace(number).is_some() {
                return None;
            }
        } else if let (None, Some((_, named))) = (month, MONTHS.iter().find(|(begin, _)| word.starts_with(begin))) {
            month = Some(*named);
        }
    }
    Date::new(year?, month?, i8::try_from(day?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn closes(text: &str) -> Option<String> {
        read(&Value::from(text), Edge::End).map(|at| at.to_string())
    }

    #[test]
    fn a_time_is_read_as_it_is_written_in_many_places() {
        for (written, meant) in [
            ("2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00.000Z"),
            ("2026-12-31T18:00:00+0100", "2026-12-31T17:00:00.000Z"),
            ("2026-12-31T18:00Z", "2026-12-31T18:00:00.000Z"),
            ("2026-12-31T18:00:00", "2026-12-31T18:00:00.000Z"),
            ("2026-12-31 18:00:00", "2026-12-31T18:00:00.000Z"),
            ("31.12.2026, 9:30 Uhr", "2026-12-31T09:30:00.000Z"),
            ("Thu, 31 Dec 2026 18:00:00 GMT", "2026-12-31T18:00:00.000Z"),
            ("1798740000", "2026-12-31T18:00:00.000Z"),
            ("1798740000000", "2026-12-31T18:00:00.000Z"),
        ] {
            assert_eq!(closes(written).as_deref(), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_date_alone_holds_to_its_end_in_whatever_language() {
        for written in [
            "2026-12-31",
            "20261231",
            "2026-12-31T00:00",
            "2026-12-31T00:00:00",
            "2026/12/31",
            "31.12.2026",
            "31/12/2026",
            "12/31/2026",
            "December 31, 2026",
            "Dec 31st, 2026",
            "31. Dezember 2026",
            "31 décembre 2026",
            "jueves, 31 de diciembre de 2026",
            "31 dicembre 2026",
        ] {
            assert_eq!(closes(written).as_deref(), Some("2026-12-31T23:59:59.999Z"), "{written}");
        }
        assert_eq!(read(&Value::from("31 Dec 2026"), Edge::Begin).unwrap().to_string(), "2026-12-31T00:00:00.000Z");
        assert_eq!(closes("2026-12-31T00:00:00Z").as_deref(), Some("2026-12-31T00:00:00.000Z"), "it said midnight");
    }

    #[test]
    fn what_could_be_two_days_or_none_is_no_date() {
        for written in [
            "05/06/2026",
            "2026",
            "soon",
            "",
            "31/31/2026",
            "30.02.2026",
            "0000-00-00",
            "12/26",
            "1969-12-31T00:00:00Z",
            "1 2 May 2026",
        ] {
            assert_eq!(closes(written), None, "{written}");
        }
        assert_eq!(read(&Value::from(2026), Edge::End), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "([0-9]{1,4}|[-/.:, TZ+é]|[a-zä]{3,9}){0,8}", noise in any::<String>(), number in any::<i64>()) {
            let _ = (closes(&text), closes(&noise), read(&Value::from(number), Edge::Begin));
        }
    }
}
