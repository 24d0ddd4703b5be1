//! The words that we put into a post ourselves, per language: `config/labels.toml`.
//!
//! A post in which a Spanish text is followed by "closes 3 December" reads as if a machine had made it. So the words, the dates and the sums
//! are those of the gig's own language. Words alone would not do: each language has its order, so what is kept is how a whole looks,
//! with names in braces for what goes in.

use crate::gig::PayUnit;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const BUILTIN: &str = include_str!("../../config/labels.toml");

/// Spoken where nothing else is known, so that it must be there.
const LAST: &str = "en";

/// The labels of all languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrasebook(BTreeMap<String, Labels>);

/// Those of one language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    closes: String,
    date: String,
    date_with_year: String,
    /// Where the first of a month is written in its own way: `1er`.
    first_day: Option<String>,
    months: [String; 12],
    pub remote: String,
    more_places: String,
    per: Units,
    sum_with_sign: String,
    sum_with_code: String,
    pub thousands: String,
    rate: String,
    pub barter: String,
    pub unpaid: String,
    pub filled: String,
    pub expired: String,
    pub withdrawn: String,
    pub changed: String,
    pub reopened: String,
    opening: String,
    pub gig: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    hour: String,
    day: String,
    week: String,
    month: String,
    year: String,
    project: String,
}

/// What is wrong in a file of labels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    #[error("the labels can't be read: {0}")]
    Toml(String),
    #[error("`[{LAST}]` is missing: it is spoken where no other language is known")]
    NoLast,
    #[error("`[{0}]` is no language: name it by its tag of two or three letters, as in `[pt]`")]
    Language(String),
    #[error("`{key}` in `[{language}]` should hold {wanted}, and nothing else in braces: `{written}`")]
    Braces { language: String, key: &'static str, wanted: String, written: String },
    #[error("`{key}` in `[{language}]` is empty")]
    Empty { language: String, key: &'static str },
}

impl Phrasebook {
    pub fn parse(text: &str) -> Result<Self, LabelsError> {
        let languages: BTreeMap<String, Labels> =
            toml::from_str(text).map_err(|e| LabelsError::Toml(e.to_string().trim().to_owned()))?;
        if !languages.contains_key(LAST) {
            return Err(LabelsError::NoLast);
        }
        for (language, labels) in &languages {
            if !matches!(language.len(), 2 | 3) || !language.bytes().all(|b| b.is_ascii_lowercase()) {
                return Err(LabelsError::Language(language.clone()));
            }
            labels.sound(language)?;
        }
        Ok(Self(languages))
    }

    /// The one compiled in.
    pub fn builtin() -> &'static Self {
        static PARSED: LazyLock<Phrasebook> =
            LazyLock::new(|| Phrasebook::parse(BUILTIN).expect("a test parses the labels that are compiled in"));
        &PARSED
    }

    /// Those of the first of these languages that is known here, with its tag; English where none is.
    pub fn speak<'w>(&self, wanted: impl IntoIterator<Item = &'w str>) -> (&str, &Labels) {
        let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
        let known = wanted.into_iter().find_map(|tag| self.0.get_key_value(&primary(tag)));
        let (tag, labels) = known
            .or_else(|| self.0.get_key_value(LAST))
            .unwrap_or_else(|| unreachable!("`parse` lets no book without English through"));
        (tag, labels)
    }

    pub fn english(&self) -> &Labels {
        self.speak([LAST]).1
    }
}

impl Labels {
    /// Each pattern holds all its names, each word says something.
    fn sound(&self, language: &str) -> Result<(), LabelsError> {
        let patterns: [(&'static str, &str, &[&str]); 8] = [
            ("closes", &self.closes, &["date"]),
            ("date", &self.date, &["day", "month"]),
            ("date_with_year", &self.date_with_year, &["day", "month", "year"]),
            ("more_places", &self.more_places, &["places", "count"]),
            ("sum_with_sign", &self.sum_with_sign, &["sum", "currency"]),
            ("sum_with_code", &self.sum_with_code, &["sum", "currency"]),
            ("rate", &self.rate, &["sum", "unit"]),
            ("opening", &self.opening, &["news", "title"]),
        ];
        for (key, written, names) in patterns {
            let bare = names.iter().fold(written.to_owned(), |bare, name| bare.replacen(&format!("{{{name}}}"), "", 1));
            let all = names.iter().all(|name| written.contains(&format!("{{{name}}}")));
            if !all || bare.contains(['{', '}', '\n']) {
                let wanted = names.iter().map(|name| format!("{{{name}}}")).collect::<Vec<_>>().join(" and ");
                let (language, written) = (language.to_owned(), written.to_owned());
                return Err(LabelsError::Braces { language, key, wanted, written });
            }
        }
        let Units { hour, day, week, month, year, project } = &self.per;
        let words: [(&'static str, &str); 15] = [
            ("remote", &self.remote),
            ("per.hour", hour),
            ("per.day", day),
            ("per.week", week),
            ("per.month", month),
            ("per.year", year),
            ("per.project", project),
            ("barter", &self.barter),
            ("unpaid", &self.unpaid),
            ("filled", &self.filled),
            ("expired", &self.expired),
            ("withdrawn", &self.withdrawn),
            ("changed", &self.changed),
            ("reopened", &self.reopened),
            ("gig", &self.gig),
        ];
        let months = self.months.iter().map(|month| ("months", month.as_str()));
        match words.into_iter().chain(months).find(|(_, word)| word.trim().is_empty()) {
            Some((key, _)) => Err(LabelsError::Empty { language: language.to_owned(), key }),
            None => Ok(()),
        }
    }

    pub fn closes(&self, date: &str) -> String {
        self.closes.replace("{date}", date)
    }

    /// A day as this language writes it; with its year where that does not go without saying.
    pub fn date(&self, day: Date, year: Year) -> String {
        let pattern = match year {
            Year::Said => &self.date_with_year,
            Year::Unsaid => &self.date,
        };
        let number = match &self.first_day {
            Some(first) if day.day() == 1 => first.clone(),
            _ => day.day().to_string(),
        };
        let month = usize::try_from(day.month() - 1).ok().and_then(|nth| self.months.get(nth));
        let month = month.map(String::as_str).unwrap_or_default();
        let year = day.year().to_string();
        filled(pattern, &[("day", &number), ("month", month), ("year", &year)])
    }

    pub fn more_places(&self, places: &str, count: usize) -> String {
        filled(&self.more_places, &[("places", places), ("count", &count.to_string())])
    }

    pub fn per(&self, unit: PayUnit) -> &str {
        match unit {
            PayUnit::Hour => &self.per.hour,
            PayUnit::Day => &self.per.day,
            PayUnit::Week => &self.per.week,
            PayUnit::Month => &self.per.month,
            PayUnit::Year => &self.per.year,
            PayUnit::Project => &self.per.project,
        }
    }

    pub fn rate(&self, sum: &str, unit: PayUnit) -> String {
        filled(&self.rate, &[("sum", sum), ("unit", self.per(unit))])
    }

    /// A sum of money: with the sign where there is one for it, else with the code.
    pub fn sum(&self, sum: &str, sign: Option<&str>, code: &str) -> String {
        match sign {
            Some(sign) => filled(&self.sum_with_sign, &[("sum", sum), ("currency", sign)]),
            None => filled(&self.sum_with_code, &[("sum", sum), ("currency", code)]),
        }
    }

    pub fn opening(&self, news: &str, title: &str) -> String {
        filled(&self.opening, &[("news", news), ("title", title)])
    }
}

/// Whether a date says its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year {
    Said,
    Unsaid,
}

/// The pattern with what each name stands for. What goes in is never looked through again: a title may hold braces.
fn filled(pattern: &str, names: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let named = names.iter().find_map(|(name, value)| {
            let after = from.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, after))
        });
        let Some((value, after)) = named else { break };
        out.push_str(value);
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_labels_that_are_compiled_in_speak_at_least_five_languages() {
        let book = Phrasebook::parse(BUILTIN).unwrap();
        for tag in ["en", "es", "fr", "de", "pt"] {
            assert_eq!(book.speak([tag]).0, tag);
        }
    }

    #[test]
    fn the_first_known_language_speaks_and_at_last_english() {
        let book = Phrasebook::builtin();
        for (wanted, speaks) in
            [(&["pt-BR"][..], "pt"), (&["fi", "DE_at"], "de"), (&["fi"], "en"), (&[], "en"), (&["es", "de"], "es")]
        {
            assert_eq!(book.speak(wanted.iter().copied()).0, speaks, "{wanted:?}");
        }
    }

    #[test]
    fn each_language_writes_a_day_in_its_own_way() {
        for (tag, third, first) in [
            ("en", "3 December", "1 May 2027"),
            ("es", "3 de diciembre", "1 de mayo de 2027"),
            ("fr", "3 décembre", "1er mai 2027"),
            ("de", "3. Dezember", "1. Mai 2027"),
            ("pt", "3 de dezembro", "1 de maio de 2027"),
        ] {
            let labels = Phrasebook::builtin().speak([tag]).1;
            assert_eq!(labels.date(date(2026, 12, 3), Year::Unsaid), third);
            assert_eq!(labels.date(date(2027, 5, 1), Year::Said), first);
        }
    }

    #[test]
    fn what_goes_in_is_not_looked_through_again() {
        assert_eq!(Phrasebook::builtin().english().opening("Filled", "{news} {title}"), "Filled: {news} {title}");
    }

    #[test]
    fn a_bad_file_is_told_by_language_and_key() {
        let with = |from: &str, to: &str| Phrasebook::parse(&BUILTIN.replacen(from, to, 1)).unwrap_err().to_string();
        for (from, to, said) in [
            ("closes {date}", "closes", "`closes` in `[en]` should hold {date}"),
            ("{day} {month}\"", "{day} {mont}\"", "`date` in `[en]`"),
            ("barter = \"Barter\"", "barter = \" \"", "`barter` in `[en]` is empty"),
            ("[en]", "[english]", "`[en]` is missing"),
            ("[es]", "[spanish]", "`[spanish]` is no language"),
            ("gig = \"A gig\"", "gigs = \"A gig\"", "unknown field `gigs`"),
            ("\"January\", ", "", "months"),
        ] {
            let told = with(from, to);
            assert!(told.contains(said), "{told}");
        }
    }
}
