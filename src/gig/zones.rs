//! In which time zones the work is to be done: `UTC+1 to UTC+3`, `CET ± 2 hours`, `overlap of 4 hours with US Eastern`.
//!
//! Strict on purpose, as pay is: a part of a text that names a zone is read when each word of it is understood, else nothing is said of
//! zones at all. The text itself stands among the gig's places all the same. "EMEA hours" names no zone, and `IST` names three.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where the clocks are west of this, or east of that, nobody lives.
const WEST: i16 = -12 * 60;
const EAST: i16 = 14 * 60;
/// What is longer is no line about a place.
const LINE_BYTES: usize = 300;

/// Offsets from UTC in minutes. A zone with summer time goes by its winter time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    pub from_minutes: i16,
    /// Never less than `from_minutes`.
    pub to_minutes: i16,
    /// Where one may be anywhere that shares so much of the working day with these zones.
    pub overlap_minutes: Option<u16>,
}

impl Zones {
    fn between(from: i16, to: i16) -> Option<Self> {
        // "CET to EST" goes west; from Asia to America, which way round is meant nobody can tell.
        if from > to && from - to > 12 * 60 {
            return None;
        }
        let (from_minutes, to_minutes) = (from.min(to), from.max(to));
        let are_there = from_minutes >= WEST && to_minutes <= EAST;
        are_there.then_some(Self { from_minutes, to_minutes, overlap_minutes: None })
    }

    /// The offsets alone: `UTC+1 – UTC+3`, in no language.
    pub fn span(&self) -> String {
        let (from, to) = (offset(self.from_minutes), offset(self.to_minutes));
        if from == to { from } else { format!("{from} – {to}") }
    }
}

/// In English, as in `4 hours of overlap with UTC−5`.
impl fmt::Display for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.overlap_minutes {
            Some(60) => f.write_str("1 hour of overlap with ")?,
            Some(minutes) if minutes % 60 == 0 => write!(f, "{} hours of overlap with ", minutes / 60)?,
            Some(minutes) => write!(f, "{minutes} minutes of overlap with ")?,
            None => {}
        }
        f.write_str(&offset(self.from_minutes))?;
        if self.from_minutes < self.to_minutes { write!(f, " to {}", offset(self.to_minutes)) } else { Ok(()) }
    }
}

fn offset(minutes: i16) -> String {
    let sign = match minutes {
        0 => return "UTC".to_owned(),
        ..0 => '−',
        1.. => '+',
    };
    let (hours, minutes) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    if minutes == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{minutes:02}") }
}

/// What the places say, else the lines of the description that begin with a word for it.
pub fn of(places: &[String], description: &str) -> Option<Zones> {
    let of_place = |line: &&str| {
        let head = line.split_once(':').map(|(head, _)| head.trim().to_lowercase());
        head.is_some_and(|head| HEADS.contains(&head.as_str()))
    };
    match together(places.iter().map(String::as_str)) {
        Heard::Nothing => match together(description.lines().filter(of_place)) {
            Heard::Plain(zones) => Some(zones),
            Heard::Nothing | Heard::Unclear => None,
        },
        Heard::Plain(zones) => Some(zones),
        Heard::Unclear => None,
    }
}

/// How a line begins that says where, or when, one works.
const HEADS: &[&str] = &[
    "location",
    "locations",
    "where",
    "time zone",
    "time zones",
    "timezone",
    "timezones",
    "overlap",
    "remote",
    "working hours",
];

/// What a text says of zones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Nothing,
    /// It names one, in words that are not wholly understood.
    Unclear,
    Plain(Zones),
}

/// Texts that contradict each other are unclear.
fn together<'t>(texts: impl IntoIterator<Item = &'t str>) -> Heard {
    texts.into_iter().map(read).fold(Heard::Nothing, Heard::and)
}

impl Heard {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, said) | (said, Self::Nothing) => said,
            (Self::Plain(one), Self::Plain(other)) if one == other => self,
            _ => Self::Unclear,
        }
    }
}

/// One place, or one line.
pub fn read(text: &str) -> Heard {
    if text.len() > LINE_BYTES {
        return Heard::Nothing;
    }
    let names = |tokens: &[Token]| tokens.iter().any(|token| matches!(token, Token::Zone(..)));
    let adds = |tokens: &[Token]| tokens.iter().any(|token| matches!(token, Token::Margin | Token::Overlap));
    let (mut parts, mut loose): (Vec<Vec<Token>>, Vec<Token>) = (Vec::new(), Vec::new());
    for part in text.split([',', ';', '|', '·', '(', ')', '[', ']', '\n']) {
        let tokens = tokens(part);
        match parts.last_mut() {
            // "GMT-5 (± 3h)" and "4 hours of overlap, CET" are said in one breath.
            Some(before) if adds(&tokens) && !names(&tokens) && names(before) => before.extend(tokens),
            _ if adds(&tokens) && !names(&tokens) => loose.extend(tokens),
            _ if names(&tokens) => parts.push([std::mem::take(&mut loose), tokens].concat()),
            _ => parts.push(tokens),
        }
    }
    parts.extend((!loose.is_empty() && parts.iter().any(|part| names(part))).then(|| vec![Token::Unknown, NOWHERE]));
    let speaks_of = |wanted: Token| parts.iter().flatten().any(|token| *token == wanted);
    let about = if speaks_of(Token::Time) {
        About::Time
    } else if speaks_of(Token::Remote) {
        About::Remote
    } else {
        About::Place
    };
    parts
        .iter()
        .filter(|part| names(part))
        .map(|part| plain(part, about).map_or(Heard::Unclear, Heard::Plain))
        .fold(Heard::Nothing, Heard::and)
}

/// What the whole text is about: `PT` is also Portugal, and `EST` Estonia.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum About {
    Place,
    Remote,
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// Its offset, and what a text must be about for it to be one when it stands by itself.
    Zone(i16, Named),
    /// `+2` by itself, in minutes.
    Signed(i16),
    /// `4`, `4h`, `4+`, in minutes, taken for hours.
    Hours(u16),
    Margin,
    /// Also "to".
    Dash,
    And,
    Slash,
    Between,
    Within,
    Overlap,
    Time,
    Remote,
    Filler,
    Unknown,
}

/// An offset that there is not: what holds it is unclear.
const NOWHERE: Token = Token::Zone(i16::MAX / 2, Named::Surely);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// With an offset in digits, as an IANA name, or in full.
    Surely,
    Short,
    /// Two letters.
    Shorter,
}

fn plain(part: &[Token], about: About) -> Option<Zones> {
    let said: Vec<Token> =
        part.iter().copied().filter(|token| !matches!(token, Token::Filler | Token::Time | Token::Remote)).collect();
    let bounds = |token: Option<&Token>| matches!(token, Some(Token::Zone(..) | Token::Signed(_)));
    // A dash that stands between no two zones parts words, as in "Remote - UTC+1".
    let means = |at: usize| {
        !matches!(said[at], Token::Dash | Token::And)
            || (bounds(at.checked_sub(1).and_then(|at| said.get(at))) && bounds(said.get(at + 1)))
    };
    let said: Vec<Token> = (0..said.len()).filter(|at| means(*at)).map(|at| said[at]).collect();
    let (overlap, rest) = match said.as_slice() {
        [Token::Hours(least), Token::Overlap, rest @ ..]
        | [Token::Overlap, Token::Hours(least), rest @ ..]
        | [rest @ .., Token::Hours(least), Token::Overlap]
        | [rest @ .., Token::Overlap, Token::Hours(least)] => (Some(*least), rest),
        rest => (None, rest),
    };
    let rest = match rest {
        [Token::Within, rest @ ..] if !matches!(rest, [Token::Hours(_), ..]) => rest,
        rest => rest,
    };
    let hours = |margin: u16| i16::try_from(margin).ok().filter(|margin| *margin <= 12 * 60);
    let zones = match rest {
        [Token::Zone(zone, named)] => {
            let needed = match named {
                Named::Surely => About::Place,
                Named::Short => About::Remote,
                Named::Shorter => About::Time,
            };
            if overlap.is_none() && about < needed {
                return None;
            }
            Zones::between(*zone, *zone)
        }
        [Token::Zone(zone, _), Token::Margin, Token::Hours(margin)]
        | [Token::Margin | Token::Within, Token::Hours(margin), Token::Zone(zone, _)] => {
            let margin = hours(*margin)?;
            Zones::between(zone - margin, zone + margin)
        }
        [Token::Zone(from, _), Token::Dash, Token::Zone(to, _) | Token::Signed(to)]
        | [Token::Zone(from, _), Token::Slash, Token::Signed(to)]
        | [Token::Between, Token::Zone(from, _), Token::Dash | Token::And, Token::Zone(to, _) | Token::Signed(to)] => {
            Zones::between(*from, *to)
        }
        [Token::Zone(zone, _), Token::Signed(one), Token::Dash | Token::Slash, Token::Signed(other)]
            if one.signum() * other.signum() <= 0 =>
        {
            Zones::between(zone + one.min(other), zone + one.max(other))
        }
        _ => None,
    }?;
    let least = overlap.filter(|least| (1..=12 * 60).contains(least));
    (least == overlap).then_some(Zones { overlap_minutes: least, ..zones })
}

fn tokens(part: &str) -> Vec<Token> {
    let written = part.replace(['−', '–', '—', '‒'], "-").replace("+/-", "±").replace("+-", "±").replace("-/+", "±");
    let mut tokens = Vec::new();
    let mut rest = written.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, bytes) = match first {
            '±' => (Token::Margin, first.len_utf8()),
            '+' | '-' => match clock(&rest[1..]) {
                Some((minutes, bytes)) => (Token::Signed(if first == '-' { -minutes } else { minutes }), 1 + bytes),
                None if first == '-' => (Token::Dash, 1),
                None => (Token::Unknown, 1),
            },
            '0'..='9' => duration(rest),
            ':' | '.' | '!' => (Token::Filler, 1),
            '/' => (Token::Slash, 1),
            _ => name(rest).unwrap_or_else(|| word(rest)),
        };
        tokens.push(token);
        rest = rest[bytes..].trim_start();
    }
    tokens
}

/// Hours and minutes of an offset, with the bytes they take: `5`, `05:30`, `0530`, `5.5`.
fn clock(text: &str) -> Option<(i16, usize)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let (hours, minutes, bytes) = match digits {
        1 | 2 => {
            let after = &text[digits..];
            if after.starts_with(".5") {
                (number(0, digits)?, 30, digits + 2)
            } else if let Some(minutes) = after.strip_prefix(':') {
                let minutes = minutes.bytes().take_while(u8::is_ascii_digit).count();
                (number(0, digits)?, number(digits + 1, digits + 3).filter(|_| minutes == 2)?, digits + 3)
            } else {
                (number(0, digits)?, 0, digits)
            }
        }
        4 => (number(0, 2)?, number(2, 4)?, 4),
        _ => return None,
    };
    let ends = text[bytes..].chars().next().is_none_or(|next| !next.is_alphanumeric() && next != ':');
    // "-3h" is an offset written with its unit.
    let (ends, bytes) = match unit(&text[bytes..]) {
        Some(length) if !ends => (true, bytes + length),
        _ => (ends, bytes),
    };
    (ends && hours <= 14 && minutes % 15 == 0 && minutes < 60).then_some((hours * 60 + minutes, bytes))
}

/// `4`, `4h`, `4+ hours`, `2.5 hrs`; the unit may also follow as a word, and is told by no other.
fn duration(text: &str) -> (Token, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = text[..digits].parse::<u16>().ok().filter(|hours| *hours <= 24);
    let (half, mut bytes) = if text[digits..].starts_with(".5") { (30, digits + 2) } else { (0, digits) };
    if text[bytes..].starts_with('+') && !text[bytes + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        bytes += 1;
    }
    bytes += unit(&text[bytes..]).unwrap_or(0);
    let ends = !text[bytes..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '%' | '.'));
    match whole {
        Some(hours) if ends => (Token::Hours(hours * 60 + half), bytes),
        _ => {
            let word = text.chars().take_while(|c| !c.is_whitespace()).map(char::len_utf8).sum();
            (Token::Unknown, word)
        }
    }
}

fn unit(text: &str) -> Option<usize> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    ["h", "hr", "hrs", "hour", "hours"].iter().any(|unit| text[..letters].eq_ignore_ascii_case(unit)).then_some(letters)
}

/// A zone by its name, with the bytes that it takes.
fn name(text: &str) -> Option<(Token, usize)> {
    for (phrase, minutes) in PHRASES {
        let long = text.get(..phrase.len()).filter(|begins| begins.eq_ignore_ascii_case(phrase));
        if long.is_some() && !text[phrase.len()..].starts_with(char::is_alphanumeric) {
            return Some((Token::Zone(*minutes, Named::Surely), phrase.len()));
        }
    }
    let long = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_')).count();
    if let Some(minutes) = AREAS.iter().any(|area| text.starts_with(area)).then(|| winter(&text[..long])).flatten() {
        return Some((Token::Zone(minutes, Named::Surely), long));
    }
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (short, after) = text.split_at(letters);
    if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return matches!(short, "UTC" | "GMT").then_some((Token::Unknown, letters));
    }
    if matches!(short, "UTC" | "GMT" | "utc" | "gmt" | "Utc" | "Gmt") {
        let spaces = after.len() - after.trim_start().len();
        let signed = after[spaces..].starts_with(['+', '-']).then(|| after[spaces + 1..].trim_start());
        if let Some((minutes, bytes)) = signed.and_then(clock) {
            let sign = if after[spaces..].starts_with('-') { -1 } else { 1 };
            let gap = after.len() - spaces - 1 - signed.map_or(0, str::len);
            return Some((Token::Zone(sign * minutes, Named::Surely), letters + spaces + 1 + gap + bytes));
        }
        // An offset that there is not must not pass for none.
        if signed.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit())) {
            return Some((NOWHERE, letters));
        }
        return Some((Token::Zone(0, Named::Short), letters));
    }
    let (_, minutes) = SHORT.iter().find(|(name, _)| *name == short)?;
    let named = if letters == 2 { Named::Shorter } else { Named::Short };
    Some((Token::Zone(*minutes, named), letters))
}

/// The offset of an IANA zone, in winter where it has summer time: the lesser of two.
fn winter(name: &str) -> Option<i16> {
    const MIDDLE_OF_JANUARY: i64 = 1_768_435_200;
    const HALF_A_YEAR: i64 = 181 * 24 * 60 * 60;
    let zone = TimeZone::get(name).ok()?;
    let at = |second| Some(zone.to_offset(Timestamp::from_second(second).ok()?).seconds() / 60);
    let minutes = at(MIDDLE_OF_JANUARY)?.min(at(MIDDLE_OF_JANUARY + HALF_A_YEAR)?);
    i16::try_from(minutes).ok()
}

/// The word that a text begins with.
fn word(text: &str) -> (Token, usize) {
    let bytes = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if bytes == 0 {
        return (Token::Unknown, text.chars().next().map_or(1, char::len_utf8));
    }
    let token = match text[..bytes].to_ascii_lowercase().as_str() {
        "to" | "through" => Token::Dash,
        "and" => Token::And,
        "within" => Token::Within,
        "between" | "from" => Token::Between,
        "overlap" | "overlapping" => Token::Overlap,
        "time" | "times" | "timezone" | "timezones" | "zone" | "zones" | "tz" | "hour" | "hours" | "hrs" => Token::Time,
        "remote" | "remotely" => Token::Remote,
        word if FILLERS.contains(&word) => Token::Filler,
        _ => Token::Unknown,
    };
    (token, bytes)
}

/// Words that change nothing about a zone.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "at",
    "be",
    "based",
    "business",
    "candidates",
    "daily",
    "day",
    "fully",
    "in",
    "is",
    "least",
    "location",
    "locations",
    "min",
    "minimum",
    "must",
    "of",
    "only",
    "per",
    "required",
    "the",
    "team",
    "where",
    "with",
    "work",
    "working",
    "you",
    "your",
    "our",
    "eu",
    "europe",
    "us",
    "usa",
    "uk",
    "americas",
    "america",
    "latam",
    "emea",
    "apac",
    "africa",
    "asia",
    "north",
    "south",
    "latin",
    "canada",
    "standard",
];

/// Those that mean one offset to whoever hires. `IST`, `BST` and `AST` do not.
const SHORT: &[(&str, i16)] = &[
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("ET", -300),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PT", -480),
    ("PST", -480),
    ("PDT", -420),
];

const PHRASES: &[(&str, i16)] = &[
    ("cet/cest", 60),
    ("est/edt", -300),
    ("pst/pdt", -480),
    ("central european summer time", 120),
    ("central european time", 60),
    ("eastern european time", 120),
    ("western european time", 0),
    ("greenwich mean time", 0),
    ("eastern standard time", -300),
    ("eastern daylight time", -240),
    ("eastern time", -300),
    ("us eastern", -300),
    ("central standard time", -360),
    ("central time", -360),
    ("us central", -360),
    ("mountain time", -420),
    ("us mountain", -420),
    ("pacific standard time", -480),
    ("pacific daylight time", -420),
    ("pacific time", -480),
    ("us pacific", -480),
];

const AREAS: &[&str] = &["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];

#[cfg(test)]
#[path = "zones_tests.rs"]
mod tests;
