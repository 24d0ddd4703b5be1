//! A gig as schema.org's JobPosting, which search engines read out of a page.
//!
//! It stands inside a script element, where a stranger's `</script>` would end it: so everything that means something to an
//! HTML parser is written as an escape of JSON.

use crate::clock::Timestamp;
use crate::gig::{Gig, Pay, PayUnit, Status};
use serde_json::{Value, json};

/// JSON that may stand in a script element as it is.
pub fn json_ld(gig: &Gig, poster: &str, url: &str, category: Option<&str>) -> String {
    let terms = &gig.terms;
    let mut job = json!({
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": terms.title,
        "description": paragraphs(if terms.description.is_empty() { &terms.title } else { &terms.description }),
        "datePosted": terms.published.unwrap_or(gig.first_seen).to_string(),
        "employmentType": "CONTRACTOR",
        "hiringOrganization": {
            "@type": "Organization",
            "name": terms.organisation.as_deref().unwrap_or(poster),
        },
        "identifier": { "@type": "PropertyValue", "name": "gigcast", "value": gig.id.to_string() },
        "url": url,
        "directApply": false,
    });
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            job[key] = value;
        }
    };
    put("validThrough", valid_through(gig).map(|at| at.to_string().into()));
    put("baseSalary", terms.pay.as_ref().and_then(salary));
    put("skills", (!terms.skills.is_empty()).then(|| terms.skills.join(", ").into()));
    put("occupationalCategory", category.map(Value::from));
    put("totalJobOpenings", terms.openings.map(Value::from));
    let places = |kind: &str| -> Option<Value> {
        let place = |name: &String| json!({ "@type": kind, "name": name, "address": name });
        let area = |name: &String| json!({ "@type": kind, "name": name });
        let list: Vec<Value> = match kind {
            "Place" => terms.place.locations.iter().map(place).collect(),
            _ => terms.place.locations.iter().map(area).collect(),
        };
        (!list.is_empty()).then(|| list.into())
    };
    if terms.place.remote {
        put("jobLocationType", Some("TELECOMMUTE".into()));
        put("applicantLocationRequirements", places("AdministrativeArea"));
    } else {
        put("jobLocation", places("Place"));
    }
    unbreakable(&job.to_string())
}

/// An offer that has ended was valid until it did.
fn valid_through(gig: &Gig) -> Option<Timestamp> {
    let closes = gig.terms.closes.filter(|at| *at != Timestamp::NEVER);
    match gig.status {
        Status::Open => closes,
        Status::Filled | Status::Expired | Status::Withdrawn => {
            Some(closes.map_or(gig.revised, |at| at.min(gig.revised)))
        }
    }
}

/// Pay for a length of time only: a price for the whole has no unit that search engines know.
fn salary(pay: &Pay) -> Option<Value> {
    let value = |unit: PayUnit| json!({ "@type": "QuantitativeValue", "unitText": unit.word().to_uppercase() });
    let (currency, value) = match pay {
        Pay::Rate { amount, currency, per } if *per != PayUnit::Project => {
            let mut value = value(*per);
            value["value"] = (*amount).into();
            (currency, value)
        }
        Pay::Range { min, max, currency, per } if *per != PayUnit::Project => {
            let mut value = value(*per);
            (value["minValue"], value["maxValue"]) = ((*min).into(), (*max).into());
            (currency, value)
        }
        Pay::Fixed { .. } | Pay::Rate { .. } | Pay::Range { .. } | Pay::Barter | Pay::Unpaid => return None,
    };
    Some(json!({ "@type": "MonetaryAmount", "currency": currency, "value": value }))
}

/// The field holds HTML, so plain text is written as such.
fn paragraphs(text: &str) -> String {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>");
    text.split("\n\n").map(|paragraph| format!("<p>{}</p>", escape(paragraph))).collect()
}

fn unbreakable(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => written.push_str("\\u003c"),
            '>' => written.push_str("\\u003e"),
            '&' => written.push_str("\\u0026"),
            '\u{2028}' => written.push_str("\\u2028"),
            '\u{2029}' => written.push_str("\\u2029"),
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_it_means_anything_to_html() {
        let escaped = unbreakable(&json!({ "title": "</script><!-- & \u{2028}" }).to_string());
        assert!(!escaped.contains(['<', '>', '&', '\u{2028}']), "{escaped}");
        let read: Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read["title"], "</script><!-- & \u{2028}");
    }

    #[test]
    fn a_price_for_the_whole_is_no_salary() {
        let eur = || "EUR".to_owned();
        assert_eq!(salary(&Pay::Fixed { amount: 300, currency: eur() }), None);
        assert_eq!(salary(&Pay::Range { min: 300, max: 400, currency: eur(), per: PayUnit::Project }), None);
        let hourly = salary(&Pay::Range { min: 40, max: 50, currency: eur(), per: PayUnit::Hour }).unwrap();
        assert_eq!(
            hourly["value"],
            json!({ "@type": "QuantitativeValue", "unitText": "HOUR", "minValue": 40, "maxValue": 50 })
        );
    }

    #[test]
    fn a_description_is_html_that_shows_the_plain_text() {
        assert_eq!(paragraphs("a < b\nc\n\nd & e"), "<p>a &lt; b<br>c</p><p>d &amp; e</p>");
    }
}
