//! Pay as people write it: `EUR 300`, `$40/hour`, `300-400 €`, `barter`.
//!
//! Strict on purpose: a text with one word that is not understood is not read as pay at all. To say nothing is
//! honest, a wrong sum is not; and the text itself still stands in the gig's description.

use super::{Pay, PayUnit};

/// The signs that mean one currency to most of their readers. A bare `$` is the US dollar.
const SIGNS: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("ca$", "CAD"),
    ("c$", "CAD"),
    ("au$", "AUD"),
    ("a$", "AUD"),
    ("nz$", "NZD"),
    ("r$", "BRL"),
    ("zł", "PLN"),
    ("€", "EUR"),
    ("$", "USD"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₴", "UAH"),
    ("₪", "ILS"),
    ("₩", "KRW"),
    ("₦", "NGN"),
    ("₱", "PHP"),
    ("₫", "VND"),
];

/// ISO 4217 codes read in running text. Any other three letters are taken for a word.
pub const CODES: &[&str] = &[
    "AED", "ARS", "AUD", "BDT", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP", "EUR", "GBP",
    "GHS", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD",
    "PEN", "PHP", "PKR", "PLN", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD",
    "UYU", "VND", "ZAR",
];

/// Words that change nothing.
const FILLERS: &[&str] = &["per", "a", "an", "fixed", "price", "total", "budget", "pro", "par", "por", "al"];

enum Part<'a> {
    Amount(u64),
    Dash,
    Slash,
    Word(&'a str),
    Sign(&'static str),
}

/// Nothing when it is not wholly understood.
pub fn parse(text: &str) -> Option<Pay> {
    let text = text.trim().to_lowercase();
    match text.as_str() {
        "barter" | "trade" | "exchange" | "swap" | "tausch" | "im tausch" | "trueque" | "intercambio" | "troc"
        | "échange" | "troca" | "permuta" => return Some(Pay::Barter),
        "unpaid" | "volunteer" | "voluntary" | "unbezahlt" | "ehrenamtlich" | "no remunerado" | "voluntariado"
        | "bénévole" | "non rémunéré" | "não remunerado" | "voluntário" => return Some(Pay::Unpaid),
        _ => {}
    }
    let (mut amounts, mut currency, mut per, mut ranged) = (Vec::new(), None, None, false);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (part, after) = next(rest)?;
        rest = after.trim_start();
        match part {
            Part::Amount(amount) => amounts.push(amount),
            Part::Dash | Part::Word("to") => ranged = true,
            Part::Sign(code) => agree(&mut currency, code.to_owned())?,
            Part::Slash => {}
            // In French it is a year: "par an" at the end, where English has "an hour".
            Part::Word("an") if rest.is_empty() => agree(&mut per, PayUnit::Year)?,
            Part::Word(word) if FILLERS.contains(&word) => {}
            Part::Word(word) => match unit(word) {
                Some(unit) => agree(&mut per, unit)?,
                None => agree(&mut currency, code(word)?)?,
            },
        }
    }
    let pay = match (amounts.as_slice(), ranged) {
        ([amount], false) => match per {
            None | Some(PayUnit::Project) => Pay::Fixed { amount: *amount, currency: currency? },
            Some(per) => Pay::Rate { amount: *amount, currency: currency?, per },
        },
        ([min, max], true) => {
            Pay::Range { min: *min, max: *max, currency: currency?, per: per.unwrap_or(PayUnit::Project) }
        }
        _ => return None,
    };
    sane(pay)
}

/// Pay that could be meant: something is paid, the least is not the most, the currency looks like one.
pub fn sane(pay: Pay) -> Option<Pay> {
    let checked = |currency: String| {
        let currency = currency.trim().to_ascii_uppercase();
        (currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase())).then_some(currency)
    };
    Some(match pay {
        Pay::Fixed { amount, currency } if amount > 0 => Pay::Fixed { amount, currency: checked(currency)? },
        Pay::Rate { amount, currency, per } if amount > 0 => Pay::Rate { amount, currency: checked(currency)?, per },
        Pay::Range { min, max, currency, per } if max > 0 && min <= max => {
            Pay::Range { min, max, currency: checked(currency)?, per }
        }
        Pay::Barter => Pay::Barter,
        Pay::Unpaid => Pay::Unpaid,
        Pay::Fixed { .. } | Pay::Rate { .. } | Pay::Range { .. } => return None,
    })
}

/// The unit that a word means: `hour`, `hourly`, `hr`.
pub fn unit(word: &str) -> Option<PayUnit> {
    Some(match word {
        "hour" | "hours" | "hourly" | "hr" | "h" | "hora" | "heure" | "stunde" | "std" => PayUnit::Hour,
        "day" | "daily" | "día" | "dia" | "jour" | "tag" => PayUnit::Day,
        "week" | "weekly" | "wk" | "semana" | "semaine" | "woche" => PayUnit::Week,
        "month" | "monthly" | "mo" | "mes" | "mês" | "mois" | "monat" => PayUnit::Month,
        "year" | "yearly" | "annual" | "annually" | "yr" | "año" | "ano" | "jahr" => PayUnit::Year,
        "project" | "gig" | "job" | "proyecto" | "projeto" | "projet" | "projekt" => PayUnit::Project,
        _ => return None,
    })
}

fn code(word: &str) -> Option<String> {
    let code = word.to_ascii_uppercase();
    CODES.contains(&code.as_str()).then_some(code)
}

/// Said twice is well when it is the same both times.
fn agree<T: PartialEq>(said: &mut Option<T>, now: T) -> Option<()> {
    match said {
        Some(before) if *before != now => None,
        _ => {
            *said = Some(now);
            Some(())
        }
    }
}

fn next(text: &str) -> Option<(Part<'_>, &str)> {
    if let Some((sign, code)) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign)) {
        return Some((Part::Sign(code), &text[sign.len()..]));
    }
    let first = text.chars().next()?;
    let after = &text[first.len_utf8()..];
    match first {
        '-' | '–' | '—' => Some((Part::Dash, after)),
        '/' | ':' => Some((Part::Slash, after)),
        '0'..='9' => amount(text).map(|(amount, rest)| (Part::Amount(amount), rest)),
        _ => {
            let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
            (end > 0).then(|| (Part::Word(&text[..end]), &text[end..]))
        }
    }
}

/// A whole number, its thousands parted or not, `k` for a thousand, and cents only when they are nought.
fn amount(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let mut number = text[..first].to_owned();
    let (mut rest, mut parted) = (&text[first..], None);
    while let Some(mark) =
        rest.chars().next().filter(|c| matches!(c, ',' | '.' | '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}'))
    {
        let group = &rest[mark.len_utf8()..];
        match digits(group) {
            3 if first <= 3 && parted.is_none_or(|before| before == mark) => {
                parted = Some(mark);
                number.push_str(&group[..3]);
                rest = &group[3..];
            }
            1 | 2 if matches!(mark, ',' | '.') && group.bytes().take_while(u8::is_ascii_digit).all(|b| b == b'0') => {
                rest = &group[digits(group)..];
                break;
            }
            0 if mark.is_whitespace() => break,
            _ => return None,
        }
    }
    let number: u64 = number.parse().ok()?;
    match rest.strip_prefix('k') {
        Some(after) if !after.starts_with(char::is_alphabetic) => Some((number.checked_mul(1000)?, after)),
        _ => Some((number, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(amount: u64, currency: &str) -> Pay {
        Pay::Fixed { amount, currency: currency.to_owned() }
    }

    fn rate(amount: u64, currency: &str, per: PayUnit) -> Pay {
        Pay::Rate { amount, currency: currency.to_owned(), per }
    }

    fn range(min: u64, max: u64, currency: &str, per: PayUnit) -> Pay {
        Pay::Range { min, max, currency: currency.to_owned(), per }
    }

    #[test]
    fn pay_is_read_as_people_write_it() {
        for (text, pay) in [
            ("EUR 300", Some(fixed(300, "EUR"))),
            ("300 €", Some(fixed(300, "EUR"))),
            ("$1,200.00 fixed", Some(fixed(1200, "USD"))),
            ("1.500 EUR", Some(fixed(1500, "EUR"))),
            ("CHF 1'500", Some(fixed(1500, "CHF"))),
            ("2 000 zł", Some(fixed(2000, "PLN"))),
            ("$40/hour", Some(rate(40, "USD", PayUnit::Hour))),
            ("40 USD an hour", Some(rate(40, "USD", PayUnit::Hour))),
            ("£300 daily", Some(rate(300, "GBP", PayUnit::Day))),
            ("300-400 €", Some(range(300, 400, "EUR", PayUnit::Project))),
            ("€40 - €50 per hour", Some(range(40, 50, "EUR", PayUnit::Hour))),
            ("US$60k – US$80k / year", Some(range(60_000, 80_000, "USD", PayUnit::Year))),
            ("40 € pro Stunde", Some(rate(40, "EUR", PayUnit::Hour))),
            ("1.500-2.000 € al mes", Some(range(1500, 2000, "EUR", PayUnit::Month))),
            ("38 000 € par an", Some(rate(38_000, "EUR", PayUnit::Year))),
            ("R$ 90 por hora", Some(rate(90, "BRL", PayUnit::Hour))),
            ("400 €/jour", Some(rate(400, "EUR", PayUnit::Day))),
            ("barter", Some(Pay::Barter)),
            ("Im Tausch", Some(Pay::Barter)),
            ("não remunerado", Some(Pay::Unpaid)),
            (" Unpaid ", Some(Pay::Unpaid)),
        ] {
            assert_eq!(parse(text), pay, "{text}");
        }
    }

    #[test]
    fn what_is_not_wholly_understood_is_not_pay() {
        for text in [
            "",
            "competitive",
            "300",
            "EUR",
            "300 EUR plus tips",
            "$12.50/hour",
            "300 EUR or 350 USD",
            "400-300 €",
            "€0",
            "30 400 50 €",
            "1,500.000 €",
            "EUR 99999999999999999999999",
            "10 hours",
            "-300 €",
            "€40 per hour per day",
            "1,2,3 €",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn pay_that_cannot_be_meant_is_dropped() {
        let range = |min, max, currency: &str| Pay::Range { min, max, currency: currency.into(), per: PayUnit::Hour };
        assert_eq!(sane(range(50, 40, "EUR")), None);
        assert_eq!(sane(range(40, 50, "euro")), None);
        assert_eq!(sane(range(40, 50, "eur")), Some(range(40, 50, "EUR")));
    }
}
