//! Readers of single values: from what was written to what it means, or a clause that says what it must be.

use super::Smtp;
use super::schema;
use super::written::Value;
use super::{AgeBand, FirstLook};
use crate::gig::employment::Employment;
use crate::notice::is_email;
use crate::person::PostingWindow;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// A value's meaning, or the clause that a message ends with.
pub(super) type Meaning<T> = Result<T, String>;

/// The schema has let only lists through where lists belong; this keeps the readers total.
fn list(value: &Value) -> Meaning<impl Iterator<Item = &Value>> {
    match value {
        Value::List(items) => Ok(items.iter().map(|item| &item.value)),
        Value::Text(_) | Value::Whole(_) | Value::Fraction(_) | Value::Table(_) | Value::Other(_) => {
            Err("it must be a list".into())
        }
    }
}

/// Ten years: beyond it, adding to the present may leave what clocks can hold.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

const DURATION: &str = "it must be a duration with its unit, such as \"500ms\", \"30s\", \"15m\", \"1h30m\" or \"7d\"";

/// The schema has let only texts through where texts belong; this keeps the readers total.
fn as_text(value: &Value) -> Meaning<&str> {
    match value {
        Value::Text(text) => Ok(text.trim()),
        Value::Whole(_) | Value::Fraction(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => {
            Err("it must be text in quotes".into())
        }
    }
}

/// A text, or nothing when it is empty.
pub(super) fn optional(value: &Value) -> Meaning<Option<String>> {
    Ok(Some(as_text(value)?).filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Reads `meaning`, unless the text is empty.
pub(super) fn unless_empty<T>(meaning: impl Fn(&Value) -> Meaning<T>) -> impl Fn(&Value) -> Meaning<Option<T>> {
    move |value| match optional(value)? {
        None => Ok(None),
        Some(_) => meaning(value).map(Some),
    }
}

pub(super) fn whole<N: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl Fn(&Value) -> Meaning<N> {
    move |value| {
        let meant = match value {
            Value::Whole(number) if range.contains(number) => N::try_from(*number).ok(),
            Value::Whole(_)
            | Value::Text(_)
            | Value::Fraction(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Other(_) => None,
        };
        meant.ok_or_else(|| format!("it must be a whole number from {} to {}", range.start(), range.end()))
    }
}

/// A number that may have a fraction, in a range that `allowed` says in words.
pub(super) fn fraction(allowed: &'static str, is_allowed: impl Fn(f64) -> bool) -> impl Fn(&Value) -> Meaning<f64> {
    move |value| {
        let number = match value {
            Value::Fraction(written) => written.replace('_', "").parse().ok(),
            // Few enough digits to be the same number.
            Value::Whole(number) => i32::try_from(*number).ok().map(f64::from),
            Value::Text(_) | Value::List(_) | Value::Table(_) | Value::Other(_) => None,
        };
        let meant = number.filter(|number: &f64| number.is_finite() && *number <= MOST && is_allowed(*number));
        meant.ok_or_else(|| format!("it must be {allowed}"))
    }
}

/// Beyond it sums of weights say nothing any more.
const MOST: f64 = 1_000_000.0;

/// Any number of names, none of them empty.
pub(super) fn names(value: &Value) -> Meaning<Vec<String>> {
    let name = |value| match optional(value)? {
        Some(name) => Ok(name),
        None => Err("none of its names may be empty".to_owned()),
    };
    list(value)?.map(name).collect()
}

/// Whole MiB, as bytes.
pub(super) fn mib<N: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl Fn(&Value) -> Meaning<N> {
    const MIB: i64 = 1024 * 1024;
    move |value| {
        let count: i64 = whole(range.clone())(value)?;
        count.checked_mul(MIB).and_then(|bytes| N::try_from(bytes).ok()).ok_or_else(|| "it must be less".to_owned())
    }
}

/// A duration, which may be none at all.
pub(super) fn duration(value: &Value) -> Meaning<Duration> {
    duration_of(as_text(value)?).filter(|length| *length <= LONGEST).ok_or_else(|| DURATION.to_owned())
}

/// A duration above zero.
pub(super) fn wait(value: &Value) -> Meaning<Duration> {
    let duration = duration(value)?;
    if duration.is_zero() { Err("it must be more than nothing".into()) } else { Ok(duration) }
}

/// At least one duration above zero.
pub(super) fn waits(value: &Value) -> Meaning<Vec<Duration>> {
    let waits = list(value)?.map(wait).collect::<Meaning<Vec<_>>>()?;
    if waits.is_empty() { Err("it must name at least one duration".into()) } else { Ok(waits) }
}

/// At least one duration above zero, each longer than the one before.
pub(super) fn rising_waits(value: &Value) -> Meaning<Vec<Duration>> {
    let waits = waits(value)?;
    if waits.is_sorted_by(|a, b| a < b) { Ok(waits) } else { Err("each must be longer than the one before".into()) }
}

/// Numbers, each with its unit, the largest unit first: `1h30m`. Our own, since here a day is always 24 hours long.
pub(super) fn duration_of(text: &str) -> Option<Duration> {
    const UNITS_MILLIS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = text;
    let mut units = UNITS_MILLIS.iter();
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = &rest[..rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len())];
        // Going on from the last unit keeps them in order and each at most once.
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        millis = millis.checked_add(number.checked_mul(*length)?)?;
        rest = &rest[unit.len()..];
    }
    (!text.is_empty()).then_some(Duration::from_millis(millis))
}

pub(super) fn address(value: &Value) -> Meaning<SocketAddr> {
    as_text(value)?
        .parse()
        .map_err(|_| "it must be an IP address and a port, such as \"127.0.0.1:8420\" or \"[::1]:8420\"".into())
}

/// The primary part of a language tag.
pub(super) fn language(value: &Value) -> Meaning<String> {
    crate::gig::normalise::language(as_text(value)?)
        .ok_or_else(|| "it must be a language tag, such as \"de\" or \"pt-BR\"".into())
}

/// Someone's e-mail address.
pub(super) fn email(value: &Value) -> Meaning<String> {
    let text = as_text(value)?;
    if is_email(text) {
        Ok(text.to_owned())
    } else {
        Err("it must be an e-mail address, such as \"gigs@acme.example\"".into())
    }
}

/// Where mail is handed in.
pub(super) fn smtp(value: &Value) -> Meaning<Smtp> {
    Smtp::parse(as_text(value)?).ok_or_else(|| {
        "it must be the address of a mail server without a password, such as \"smtps://user@mail.example:465\" or \
         \"smtp://127.0.0.1:25\"; the password goes into GIGCAST_SMTP_PASSWORD"
            .into()
    })
}

pub(super) fn path(value: &Value) -> Meaning<PathBuf> {
    match as_text(value)? {
        "" => Err("it must be a path".into()),
        text => Ok(text.into()),
    }
}

/// An http(s) address with a host and without a user: credentials do not belong in addresses.
fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && plain).then_some(url)
}

/// Origin and optional path, without a slash at the end.
pub(super) fn base_url(value: &Value) -> Meaning<String> {
    let text = as_text(value)?;
    web_url(text)
        .filter(|url| url.query().is_none() && url.fragment().is_none() && !text.ends_with('/'))
        .map(|url| url.as_str().trim_end_matches('/').to_owned())
        .ok_or_else(|| {
            "it must be http or https, a host and an optional path, without a slash at the end, such as \
             \"https://gigs.example\""
                .into()
        })
}

/// The address of a page or a feed.
pub(super) fn page_url(value: &Value) -> Meaning<String> {
    web_url(as_text(value)?).map(String::from).ok_or_else(|| {
        "it must be an http or https address without user and password, such as \"https://acme.example/gigs.xml\""
            .into()
    })
}

/// Scheme, host and port, and nothing else; as browsers write an origin.
pub(super) fn origins(value: &Value) -> Meaning<Vec<String>> {
    let origin = |item: &Value| {
        let text = as_text(item)?;
        web_url(text)
            .filter(|url| {
                url.path() == "/" && url.query().is_none() && url.fragment().is_none() && !text.ends_with('/')
            })
            .map(|url| url.origin().ascii_serialization())
            .ok_or_else(|| {
                "each must be scheme, host and port and nothing else, such as \"http://127.0.0.1:3000\"".to_owned()
            })
    };
    list(value)?.map(origin).collect()
}

/// Names of hosts in lower case, with their port where it is not that of https.
pub(super) fn hosts(value: &Value) -> Meaning<Vec<String>> {
    let host = |item: &Value| {
        let text = as_text(item)?;
        web_url(&format!("https://{text}"))
            .filter(|url| url.domain().is_some() && url.as_str() == format!("https://{text}/"))
            .map(|_| text.to_owned())
            .ok_or_else(|| {
                "each must be the name of a host in lower case, with its port if it is not 443, such as \"gigs.example\""
                    .to_owned()
            })
    };
    list(value)?.map(host).collect()
}

/// Addresses of machines, without a port.
pub(super) fn ips(value: &Value) -> Meaning<Vec<IpAddr>> {
    let ip = |item: &Value| {
        as_text(item)?
            .parse()
            .map_err(|_| "each must be the address of a machine, such as \"127.0.0.1\" or \"::1\"".to_owned())
    };
    list(value)?.map(ip).collect()
}

/// For a header: what could end it or its comment is refused.
pub(super) fn contact(value: &Value) -> Meaning<Option<String>> {
    let contact = optional(value)?;
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '\\');
    match contact {
        Some(text) if !text.chars().all(fits) || !(text.contains('@') || text.contains("://")) => {
            Err("it must be an e-mail address or the address of a page, in ASCII without spaces and parentheses".into())
        }
        contact => Ok(contact),
    }
}

pub(super) fn zone(value: &Value) -> Meaning<String> {
    let name = as_text(value)?;
    if let Ok(zone) = jiff::tz::db().get(name) {
        // The database knows names in any case; what is stored is the proper one.
        return Ok(zone.iana_name().unwrap_or(name).to_owned());
    }
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
    let must = "it must be the IANA name of a time zone, such as \"Europe/Berlin\"";
    Err(schema::nearest(name, known.iter().map(String::as_str))
        .map_or_else(|| must.to_owned(), |near| format!("{must}; did you mean \"{near}\"?")))
}

/// A time of day, as minutes since midnight.
pub(super) fn time_of_day(value: &Value) -> Meaning<u16> {
    let minutes = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        let (hours, minutes): (u16, u16) = (two_digits(hours) && two_digits(minutes))
            .then(|| Some((hours.parse().ok()?, minutes.parse().ok()?)))
            .flatten()?;
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    minutes(as_text(value)?).ok_or_else(|| "it must be a time of day from \"00:00\" to \"23:59\"".into())
}

/// Days and hours in which posts may leave.
pub(super) fn windows(value: &Value) -> Meaning<Vec<PostingWindow>> {
    list(value)?.map(|window| PostingWindow::parse(as_text(window)?)).collect()
}

pub(super) fn first_look(value: &Value) -> Meaning<FirstLook> {
    let text = as_text(value)?;
    let newest = |count: &str| count.trim().parse().ok().filter(|count| *count > 0).map(FirstLook::Newest);
    match text {
        "none" => Some(FirstLook::None),
        "all" => Some(FirstLook::All),
        _ => text.strip_prefix("newest ").and_then(newest),
    }
    .ok_or_else(|| "it must be \"none\", \"all\" or \"newest\" with a number, as in \"newest 3\"".into())
}

/// One of a few words.
pub(super) fn word<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&Value) -> Meaning<T> {
    move |value| {
        let text = as_text(value)?;
        words.iter().find(|(word, _)| *word == text).map(|(_, meant)| *meant).ok_or_else(|| {
            let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            format!("it must be one of {}", known.join(", "))
        })
    }
}

/// Kinds of employment by their words; none means all.
pub(super) fn employment(value: &Value) -> Meaning<Vec<Employment>> {
    let kind = |item: &Value| {
        let word = as_text(item)?;
        Employment::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind).ok_or_else(|| {
            let known: Vec<String> = Employment::WORDS.iter().map(|(known, _)| format!("\"{known}\"")).collect();
            format!("each must be one of {}", known.join(", "))
        })
    };
    list(value)?.map(kind).collect()
}

/// The name of a query parameter, or nothing.
pub(super) fn parameter(value: &Value) -> Meaning<Option<String>> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
    match optional(value)? {
        Some(name) if !name.chars().all(fits) => {
            Err("it must be the name of a query parameter, such as \"page\"".into())
        }
        name => Ok(name),
    }
}

/// The name of an environment variable.
pub(super) fn variable(value: &Value) -> Meaning<String> {
    let name = as_text(value)?;
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !name.is_empty() && name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        Err("it must be the name of an environment variable in capitals, such as \"BOARD_TOKEN\"; the secret itself stands there".into())
    }
}

/// The name of an HTTP header.
pub(super) fn header_name(value: &Value) -> Meaning<String> {
    let name = as_text(value)?;
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(name.to_owned())
    } else {
        Err("it must be the name of a header, such as \"Authorization\"".into())
    }
}

/// Bands of age, youngest first.
pub(super) fn ages(value: &Value) -> Meaning<Vec<AgeBand>> {
    let band = |item: &Value| {
        let must = || "each must be a table such as { younger_than = \"1h\", every = \"5m\" }".to_owned();
        let Value::Table(table) = item else { return Err(must()) };
        let part = |key| table.get(key).ok_or_else(must).and_then(|field| wait(&field.value));
        Ok(AgeBand { younger_than: part("younger_than")?, every: part("every")? })
    };
    let bands = list(value)?.map(band).collect::<Meaning<Vec<_>>>()?;
    if bands.is_empty() {
        Err("it must name at least one age".into())
    } else if bands.is_sorted_by(|a, b| a.younger_than < b.younger_than) {
        Ok(bands)
    } else {
        Err("each `younger_than` must be longer than the one before".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn a_duration_is_numbers_with_units_largest_first() {
        for (written, millis) in
            [("0s", 0), ("500ms", 500), ("30s", 30_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("1m1ms", 60_001)]
        {
            assert_eq!(duration(&text(written)), Ok(Duration::from_millis(millis)), "{written}");
        }
        for written in [
            "",
            "30",
            "s",
            "1.5h",
            "-1s",
            "30m1h",
            "1h1h",
            "1w",
            "1 h",
            "99999999999999999999d",
            "300000000000d",
            "3651d",
        ] {
            assert!(duration(&text(written)).is_err(), "{written}");
        }
    }

    #[test]
    fn a_time_of_day_has_two_digits_each_and_ends_before_midnight() {
        assert_eq!(time_of_day(&text("22:05")), Ok(1325));
        for written in ["24:00", "7:00", "22:60", "22", "+1:00", "22:0é"] {
            assert!(time_of_day(&text(written)).is_err(), "{written}");
        }
    }

    #[test]
    fn a_public_url_is_an_origin_with_an_optional_path() {
        assert_eq!(base_url(&text("https://Gigs.Example")), Ok("https://gigs.example".into()));
        assert_eq!(base_url(&text("http://localhost:80/a")), Ok("http://localhost/a".into()));
        for written in [
            "gigs.example",
            "https://gigs.example/",
            "https://gigs.example/a/",
            "ftp://gigs.example",
            "https://bo:word@gigs.example",
            "https://gigs.example?a",
            "https://gigs.example#a",
        ] {
            assert!(base_url(&text(written)).is_err(), "{written}");
        }
    }

    #[test]
    fn an_instance_is_named_by_its_host_and_in_one_spelling() {
        let hosts = |written| hosts(&Value::List(vec![super::super::written::Field::bare(text(written))]));
        for written in ["gigs.example", "gigs.example:8443", "localhost:3000", "xn--fa-hia.example"] {
            assert_eq!(hosts(written), Ok(vec![written.into()]));
        }
        for written in [
            "https://gigs.example",
            "Gigs.example",
            "gigs.example/",
            "127.0.0.1",
            "[::1]",
            "a.example:443",
            "a@b.example",
            "",
        ] {
            assert!(hosts(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_trusted_origin_is_nothing_but_an_origin() {
        let origins = |written| origins(&Value::List(vec![super::super::written::Field::bare(text(written))]));
        assert_eq!(origins("http://127.0.0.1:3000"), Ok(vec!["http://127.0.0.1:3000".into()]));
        assert_eq!(origins("https://Host.Example:443"), Ok(vec!["https://host.example".into()]));
        for written in
            ["http://a.example/", "http://a.example/x", "127.0.0.1:3000", "http://", "http://a.example?x", "*"]
        {
            assert!(origins(written).is_err(), "{written}");
        }
    }

    #[test]
    fn a_contact_cannot_break_out_of_its_header() {
        assert_eq!(contact(&text("it@acme.example")), Ok(Some("it@acme.example".into())));
        assert_eq!(contact(&text("")), Ok(None));
        for written in ["it@acme.example\r\nX: y", "it@acme.example)", "me", "it @acme.example", "ït@acme.example"] {
            assert!(contact(&text(written)).is_err(), "{written}");
        }
    }

    #[test]
    fn a_first_look_names_how_many() {
        assert_eq!(first_look(&text("newest 3")), Ok(FirstLook::Newest(3)));
        for written in ["newest", "newest 0", "newest -1", "newest3", "some", ""] {
            assert!(first_look(&text(written)).is_err(), "{written}");
        }
    }
}
