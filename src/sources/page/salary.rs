//! `baseSalary` in its many shapes: a number, a text, a `MonetaryAmount` with a number, a text, a range or a `QuantitativeValue` in it.
//!
//! Where it isn't said per what, or in which currency, nothing is: a yearly wage announced as the price of a gig would be wrong by far.

use super::things::{Thing, Things};
use crate::gig::{Pay, PayUnit, pay};
use serde_json::Value;

/// Nothing when it is not wholly understood.
pub(super) fn read<'a>(things: &Things<'a>, posting: &'a Thing) -> Option<Pay> {
    let currency = things.text_of(posting, "salaryCurrency");
    super::things::each(posting.get("baseSalary")).find_map(|salary| {
        let mut said = Said { currency: currency.clone(), ..Said::default() };
        said.take(things, salary, 0);
        said.pay()
    })
}

/// What was said so far; what stands further in overrules it.
#[derive(Debug, Default)]
struct Said {
    currency: Option<String>,
    unit: Option<String>,
    amount: Option<Value>,
    min: Option<Value>,
    max: Option<Value>,
}

impl Said {
    fn take<'a>(&mut self, things: &Things<'a>, value: &'a Value, depth: u8) {
        let Some(thing) = things.thing(value).filter(|_| depth < 4) else {
            self.amount = Some(value.clone());
            return;
        };
        for (place, keys) in
            [(&mut self.currency, ["currency", "priceCurrency"]), (&mut self.unit, ["unitText", "unitCode"])]
        {
            if let Some(text) = keys.iter().find_map(|key| things.text_of(thing, key)) {
                *place = Some(text);
            }
        }
        for (place, key) in [(&mut self.min, "minValue"), (&mut self.max, "maxValue")] {
            if let Some(amount) = thing.get(key).filter(|amount| !amount.is_null()) {
                *place = Some(amount.clone());
            }
        }
        if let Some(inner) = thing.get("value").or(thing.get("price")).filter(|inner| !inner.is_null()) {
            self.take(things, inner, depth + 1);
        }
    }

    fn pay(self) -> Option<Pay> {
        let written = |amount: Option<Value>| match amount? {
            Value::Number(number) => number.as_f64().filter(|n| *n > 0.0).map(|_| number.to_string()),
            Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty() && text != "0"),
            _ => None,
        };
        let amounts = match (written(self.min), written(self.max), written(self.amount)) {
            (Some(min), Some(max), _) if min != max => format!("{min} - {max}"),
            (Some(one), _, _) | (_, Some(one), _) | (_, _, Some(one)) => one,
            (None, None, None) => return None,
        };
        let amounts = without_fraction(&amounts);
        let currency = self.currency.unwrap_or_default();
        if let Some(written) = self.unit {
            return pay::parse(&format!("{amounts} {currency} per {}", unit(&written)?.word()));
        }
        // A text may say itself per what it is: then it cannot be per hour and per year as well.
        let text = format!("{amounts} {currency}");
        let says_unit = ["hour", "year"].iter().any(|unit| pay::parse(&format!("{text} {unit}")).is_none());
        pay::parse(&text).filter(|_| says_unit)
    }
}

/// `300.0` is a whole number too, as programs write them.
fn without_fraction(amounts: &str) -> String {
    let whole = |word: &str| match word.split_once('.') {
        Some((whole, fraction))
            if !fraction.is_empty() && fraction.len() != 3 && fraction.bytes().all(|b| b == b'0') =>
        {
            whole.to_owned()
        }
        _ => word.to_owned(),
    };
    amounts.split(' ').map(whole).collect::<Vec<_>>().join(" ")
}

/// Google's words, UN/CEFACT codes, and what people write instead of either.
fn unit(written: &str) -> Option<PayUnit> {
    let low = written.trim().to_lowercase();
    let word = low.strip_prefix("per ").or_else(|| low.strip_prefix('/')).unwrap_or(&low).trim();
    Some(match word {
        "hur" => PayUnit::Hour,
        "wee" => PayUnit::Week,
        "mon" => PayUnit::Month,
        "ann" | "yearly salary" | "per annum" | "annum" => PayUnit::Year,
        "fixed" | "total" | "once" | "one-time" | "assignment" | "contract" => PayUnit::Project,
        word => pay::unit(word)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pay(posting: &Value) -> Option<Pay> {
        let documents = [posting.clone()];
        let things = Things::of(&documents);
        read(&things, documents[0].as_object().unwrap())
    }

    #[test]
    fn every_shape_of_a_salary_is_read() {
        let rate = |amount, per| Some(Pay::Rate { amount, currency: "EUR".into(), per });
        let range = |per| Some(Pay::Range { min: 300, max: 400, currency: "EUR".into(), per });
        for (salary, meant) in [
            (
                json!({"currency": "EUR", "value": {"minValue": 300, "maxValue": 400, "unitText": "PROJECT"}}),
                range(PayUnit::Project),
            ),
            (
                json!({"currency": "EUR", "value": {"minValue": "300", "maxValue": "400.00", "unitText": "Hourly"}}),
                range(PayUnit::Hour),
            ),
            (json!({"currency": "EUR", "minValue": 300, "maxValue": 400, "unitText": "WEEK"}), range(PayUnit::Week)),
            (json!({"currency": "EUR", "value": {"value": 300.0, "unitText": "DAY"}}), rate(300, PayUnit::Day)),
            (json!({"currency": "EUR", "value": {"value": "300 - 400", "unitCode": "MON"}}), range(PayUnit::Month)),
            (json!({"currency": "EUR", "value": "52,000", "unitText": "per year"}), rate(52_000, PayUnit::Year)),
            (
                json!({"currency": "EUR", "value": 300, "unitText": "FIXED"}),
                Some(Pay::Fixed { amount: 300, currency: "EUR".into() }),
            ),
            (json!({"priceCurrency": "EUR", "price": 300, "unitText": "HOUR"}), rate(300, PayUnit::Hour)),
            (json!("€300 - €400 per hour"), range(PayUnit::Hour)),
            (json!([{"currency": "EUR"}, "€300 per day"]), rate(300, PayUnit::Day)),
            (json!("300 - 400 € per project"), range(PayUnit::Project)),
            (
                json!({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0, "value": 300, "unitText": "HOUR"}}),
                rate(300, PayUnit::Hour),
            ),
        ] {
            assert_eq!(pay(&json!({"baseSalary": salary})), meant, "{salary}");
        }
        assert_eq!(pay(&json!({"baseSalary": "300/hour", "salaryCurrency": "EUR"})), rate(300, PayUnit::Hour));
    }

    #[test]
    fn what_lacks_its_unit_or_currency_or_has_cents_is_not_said() {
        for salary in [
            json!(50_000),
            json!({"currency": "EUR", "value": 50_000}),
            json!({"value": 50, "unitText": "HOUR"}),
            json!({"currency": "EUR", "value": {"value": 12.5, "unitText": "HOUR"}}),
            json!({"currency": "EUR", "value": {"value": 12, "unitText": "fortnight"}}),
            json!({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0, "unitText": "HOUR"}}),
            json!("competitive"),
            json!("€300 - €400"),
            json!(null),
        ] {
            assert_eq!(pay(&json!({"baseSalary": salary, "title": "x"})), None, "{salary}");
        }
    }
}
