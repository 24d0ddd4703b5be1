//! What the JSON of strangers says, one value at a time: numbers written as text, text as numbers, dates in every shape.

use crate::clock::Timestamp;
use crate::gig::{Pay, PayUnit, pay};
use serde_json::Value;

/// The end of the year 9999: a later time is a mistake.
const LAST_MILLIS: u64 = 253_402_300_799_999;
/// So many seconds since 1970 are in the year 5138; more are milliseconds.
const MOST_SECONDS: u64 = 100_000_000_000;

/// Text that is not blank; a number is as good.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// One text or several: a list, a text, or objects that have a name.
pub(super) fn texts(value: &Value) -> Vec<String> {
    let one =
        |value: &Value| text(value).or_else(|| ["name", "label", "text"].iter().find_map(|key| text(&value[key])));
    match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    }
}

pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" => Some(true),
            "false" | "no" => Some(false),
            text => says_remote(text).then_some(true),
        },
        _ => None,
    }
}

/// Whether a place or a kind of workplace says that one works from anywhere.
pub(super) fn says_remote(written: &str) -> bool {
    let written = written.to_lowercase();
    let mut words = written.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word == "remote")
        && !["not remote", "no remote", "non-remote"].iter().any(|no| written.contains(no))
}

/// Which moment of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Begins,
    Ends,
}

/// Seconds or milliseconds since 1970, RFC 3339, a time without an offset (taken as UTC), or a date.
pub(super) fn time(value: &Value, day: Day) -> Option<Timestamp> {
    let millis = |number: u64| if number < MOST_SECONDS { number.saturating_mul(1000) } else { number };
    let at = match value {
        Value::Number(number) => Timestamp::from_millis(millis(number.as_u64()?)),
        Value::String(written) => {
            let written = written.trim();
            let bare = written.strip_suffix(" UTC").unwrap_or(written).replacen(' ', "T", 1);
            let whole = match (bare.len(), day) {
                (10, Day::Begins) => format!("{bare}T00:00:00Z"),
                (10, Day::Ends) => format!("{bare}T23:59:59.999Z"),
                _ => format!("{bare}Z"),
            };
            Timestamp::parse_rfc3339(written).or_else(|| Timestamp::parse_rfc3339(&whole))?
        }
        _ => return None,
    };
    (at.as_millis() > 0 && at.as_millis() <= LAST_MILLIS).then_some(at)
}

/// A whole number of money; cents are not ours to round away.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0)?.to_string().parse().ok()).filter(|n| *n > 0)
}

/// A range or a sum for a length of time. Nothing without a unit: a salary must not pass for the price of a project.
pub(super) fn salary(min: &Value, max: &Value, currency: &Value, per: Option<PayUnit>) -> Option<Pay> {
    let (currency, per) = (text(currency)?, per?);
    pay::sane(match (whole(min), whole(max)) {
        (Some(min), Some(max)) if min != max => Pay::Range { min, max, currency, per },
        (Some(amount), _) | (_, Some(amount)) => Pay::Rate { amount, currency, per },
        (None, None) => return None,
    })
}

/// The parts that are there, separated by commas: `Berlin, Germany`.
pub(super) fn place(parts: &[&Value]) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    for part in parts.iter().filter_map(|part| text(part)) {
        if !said.contains(&part) {
            said.push(part);
        }
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// What stands where something else was wanted, for people: `the text "Logo"`, `a list of 3`.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing (null)".to_owned(),
        Value::Bool(truth) => format!("`{truth}`"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let short: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("the text \"{short}{more}\"")
        }
        Value::Array(values) => format!("a list of {}", values.len()),
        Value::Object(fields) if fields.is_empty() => "an object without fields".to_owned(),
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().take(12).map(|name| name.chars().take(30).collect()).collect();
            let more = if fields.len() > 12 { ", …" } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_is_read_in_every_shape_that_job_apis_have() {
        let at = |value: Value| time(&value, Day::Begins).map(|at| at.to_string());
        for written in [
            json!("2026-11-21T09:00:00Z"),
            json!("2026-11-21T10:00:00+01:00"),
            json!("2026-11-21T09:00:00"),
            json!("2026-11-21 09:00:00 UTC"),
            json!(1_795_251_600),
            json!(1_795_251_600_000_u64),
        ] {
            assert_eq!(at(written.clone()).as_deref(), Some("2026-11-21T09:00:00.000Z"), "{written}");
        }
        assert_eq!(at(json!("2026-11-21")).as_deref(), Some("2026-11-21T00:00:00.000Z"));
        assert_eq!(time(&json!("2026-11-21"), Day::Ends).unwrap().to_string(), "2026-11-21T23:59:59.999Z");
        for none in [json!("soon"), json!(null), json!(0), json!(-5), json!(u64::MAX), json!("21.11.2026"), json!([])] {
            assert_eq!(at(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn remote_is_a_word_of_its_own_and_can_be_denied() {
        assert!(says_remote("Remote - EU") && says_remote("Berlin or remote"));
        assert!(!says_remote("Remoteville") && !says_remote("Berlin (not remote)") && !says_remote(""));
    }

    #[test]
    fn a_salary_without_a_unit_or_a_currency_is_not_told() {
        let (min, max, eur) = (json!(50000), json!(60000.0), json!("EUR"));
        let year = Some(PayUnit::Year);
        let range = Pay::Range { min: 50_000, max: 60_000, currency: "EUR".into(), per: PayUnit::Year };
        assert_eq!(salary(&min, &max, &eur, year), Some(range));
        assert_eq!(salary(&min, &max, &eur, None), None);
        assert_eq!(salary(&min, &max, &json!(null), year), None);
        assert_eq!(salary(&json!(0), &json!(0), &eur, year), None);
        assert_eq!(salary(&json!(12.5), &json!(null), &eur, year), None);
    }
}
