//! The form of a gig: what was typed, as it was typed, and what it means.
//!
//! What is typed becomes a written gig by the same reader as a file or the API's JSON; the form only says how its fields make up
//! those of a written gig, and keeps every one of them so that nothing has to be typed twice.

use crate::clock::Timestamp;
use crate::community::Community;
use crate::gig::address::is_mail_address;
use crate::gig::pay::CODES;
use crate::gig::rings::{COMMUNITY, Ring};
use crate::gig::{Gig, Pay, PayUnit, Sighting, Terms, normalise, pay};
use crate::id::PersonId;
use crate::networks;
use crate::person::{Account, GrantState};
use crate::plan::taxonomy::Taxonomy;
use crate::sources::written::{self, WrittenError};
use crate::store::Ledger;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a form's gigs are called at their source, before their random part.
const NATIVE: &str = "form:";

/// Bytes of the random part.
const FORM_ID_BYTES: usize = 16;

/// Every field as it was typed; an empty one was left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Fields {
    /// Which filling in of the form this is: sent twice, it is one gig.
    pub form: String,
    /// Of a gig that is changed: the one that the form was filled in from.
    pub revision: String,
    pub title: String,
    pub organisation: String,
    pub description: String,
    pub apply: String,
    pub category: String,
    /// Separated by commas.
    pub skills: String,
    /// `paid`, `barter`, `unpaid`, or empty.
    pub pay: String,
    pub least: String,
    /// Empty when the pay is no range.
    pub most: String,
    pub currency: String,
    pub per: String,
    /// `yes` or empty.
    pub remote: String,
    /// Separated by semicolons, as a place may have a comma in it.
    pub places: String,
    pub language: String,
    /// A date; its whole day counts, in `zone`.
    pub closes: String,
    pub zone: String,
    pub openings: String,
    /// `yes` or empty.
    pub urgent: String,
    /// Handles of the poster's own accounts, separated by commas.
    pub first: String,
    /// How long these go alone, as in `6h`.
    pub widen_after: String,
}

/// What is wrong with a field, said beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The name of the input.
    pub field: &'static str,
    /// What stands before the input.
    pub label: &'static str,
    /// Goes on from the label: `is missing: ...`.
    pub said: String,
}

/// Inputs with their labels, in the order of the form.
const LABELS: [(&str, &str); 13] = [
    ("title", "Title"),
    ("organisation", "Organisation"),
    ("description", "Description"),
    ("apply", "How to apply"),
    ("category", "Kind of work"),
    ("skills", "Skills"),
    ("pay", "Pay"),
    ("places", "Place"),
    ("language", "Language"),
    ("closes", "Closes"),
    ("openings", "Openings"),
    ("first", "First on or to"),
    ("widen_after", "Everywhere else after"),
];

/// A fault of the input called `field`; of one without a label, of the whole form.
/// The way to apply as its field takes it: a mail address goes without its scheme, and one that says more keeps it.
fn typed_apply(apply_url: &str) -> &str {
    apply_url.strip_prefix("mailto:").filter(|rest| is_mail_address(rest)).unwrap_or(apply_url)
}

fn fault(field: &str, said: impl Into<String>) -> Fault {
    let (field, label) = LABELS.into_iter().find(|(name, _)| *name == field).unwrap_or(("", "The gig"));
    Fault { field, label, said: said.into() }
}

impl Fields {
    /// A form that nobody has typed in yet.
    pub fn blank(organisation: &str, zone: &str) -> Result<Self, getrandom::Error> {
        let mut id = [0u8; FORM_ID_BYTES];
        getrandom::fill(&mut id)?;
        Ok(Self {
            form: format!("{:032x}", u128::from_be_bytes(id)),
            organisation: organisation.to_owned(),
            zone: zone.to_owned(),
            ..Self::default()
        })
    }

    /// As a gig says it already.
    pub fn of(gig: &Gig, zone: &str) -> Self {
        let Terms {
            title,
            description,
            category,
            skills,
            pay,
            place,
            language,
            organisation,
            closes,
            openings,
            urgency,
            ring,
            ..
        } = &gig.terms;
        let mut fields = Self {
            form: format!("{:032x}", u128::from_be_bytes([0; FORM_ID_BYTES])),
            revision: gig.revision.0.to_string(),
            title: title.clone(),
            organisation: organisation.clone().unwrap_or_default(),
            description: description.clone(),
            apply: typed_apply(&gig.terms.apply_url).to_owned(),
            category: category.clone().unwrap_or_default(),
            skills: skills.join(", "),
            remote: if place.remote { "yes".to_owned() } else { String::new() },
            places: place.locations.join("; "),
            language: language.clone().unwrap_or_default(),
            zone: zone.to_owned(),
            openings: openings.map(|n| n.to_string()).unwrap_or_default(),
            first: ring.as_ref().map(|ring| ring.first.join(", ")).unwrap_or_default(),
            widen_after: ring.as_ref().map(Ring::written).unwrap_or_default(),
            urgent: if urgency.is_urgent() { "yes".to_owned() } else { String::new() },
            ..Self::default()
        };
        let day = |at: Timestamp| at.to_jiff().to_zoned(fields.zone()).date().to_string();
        fields.closes = closes.filter(|at| *at != Timestamp::NEVER).map(day).unwrap_or_default();
        let mut paid = |least: u64, most: Option<u64>, currency: &str, per: PayUnit| {
            "paid".clone_into(&mut fields.pay);
            fields.least = least.to_string();
            fields.most = most.map(|most| most.to_string()).unwrap_or_default();
            currency.clone_into(&mut fields.currency);
            per.word().clone_into(&mut fields.per);
        };
        match pay {
            None => {}
            Some(Pay::Fixed { amount, currency }) => paid(*amount, None, currency, PayUnit::Project),
            Some(Pay::Rate { amount, currency, per }) => paid(*amount, None, currency, *per),
            Some(Pay::Range { min, max, currency, per }) => paid(*min, Some(*max), currency, *per),
            Some(Pay::Barter) => "barter".clone_into(&mut fields.pay),
            Some(Pay::Unpaid) => "unpaid".clone_into(&mut fields.pay),
        }
        fields
    }

    /// Whether it came from a form of ours.
    pub fn is_whole(&self) -> bool {
        self.form.len() == 2 * FORM_ID_BYTES && self.form.bytes().all(|b| b.is_ascii_hexdigit())
    }

    /// What was typed, by the names of the inputs.
    pub fn typed(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all: [(&'static str, &str); 22] = [
            ("form", &self.form),
            ("revision", &self.revision),
            ("title", &self.title),
            ("organisation", &self.organisation),
            ("description", &self.description),
            ("apply", &self.apply),
            ("category", &self.category),
            ("skills", &self.skills),
            ("pay", &self.pay),
            ("least", &self.least),
            ("most", &self.most),
            ("currency", &self.currency),
            ("per", &self.per),
            ("remote", &self.remote),
            ("places", &self.places),
            ("language", &self.language),
            ("closes", &self.closes),
            ("zone", &self.zone),
            ("openings", &self.openings),
            ("urgent", &self.urgent),
            ("first", &self.first),
            ("widen_after", &self.widen_after),
        ];
        all.into_iter().filter(|(_, typed)| !typed.is_empty())
    }

    /// The gig that it means, or every field that is at fault, in the order of the form.
    pub fn read(&self, taxonomy: &Taxonomy, now: Timestamp) -> Result<Sighting, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut fields = Map::new();
        let mut put = |field: &str, value: Value| drop(fields.insert(field.to_owned(), value));
        for (field, typed) in [
            ("title", &self.title),
            ("organisation", &self.organisation),
            ("description", &self.description),
            ("apply", &self.apply),
            ("category", &self.category),
            ("language", &self.language),
            ("widen_after", &self.widen_after),
        ] {
            if !typed.trim().is_empty() {
                put(field, typed.trim().into());
            }
        }
        if !self.category.is_empty() && taxonomy.label(&self.category).is_none() {
            faults.push(fault("category", "should be one of the list"));
        }
        put("id", format!("{NATIVE}{}", self.form).into());
        put("skills", parted(&self.skills, [',', '\n']));
        put("locations", parted(&self.places, [';', '\n']));
        put("remote", (!self.remote.is_empty()).into());
        put("first", parted(&self.first, [',', '\n']));
        put("urgent", (!self.urgent.is_empty()).into());
        match self.pay() {
            Ok(Some(pay)) => put("pay", pay.into()),
            Ok(None) => {}
            Err(said) => faults.push(fault("pay", said)),
        }
        match self.closes(now) {
            Ok(Some(at)) => put("closes", at.to_string().into()),
            Ok(None) => {}
            Err(said) => faults.push(fault("closes", said)),
        }
        match Some(self.openings.trim()).filter(|typed| !typed.is_empty()).map(str::parse::<u32>) {
            None => {}
            Some(Ok(openings @ 1..)) => put("openings", openings.into()),
            Some(_) => faults.push(fault("openings", "should be a whole number, 1 or more")),
        }
        match written::from_fields(fields) {
            Ok(gig) if faults.is_empty() => return Ok(gig.sighting(None)),
            Ok(_) => {}
            Err(wrongs) => faults.extend(wrongs.into_iter().map(|wrong| self.beside(wrong))),
        }
        faults.sort_by_key(|fault| LABELS.iter().position(|(field, _)| *field == fault.field));
        Err(faults)
    }

    /// The same fault, beside the input that it is about.
    fn beside(&self, wrong: WrittenError) -> Fault {
        match wrong.field.as_deref() {
            Some("locations") => fault("places", wrong.said),
            // A form has no other field for the gig's page.
            Some("apply") if self.apply.trim().is_empty() => {
                fault("apply", "is missing: give a web address, or an e-mail address")
            }
            Some(field) => fault(field, wrong.said),
            None => fault("", wrong.said),
        }
    }

    /// Pay in the words that a written gig has it in; what is wrong with it, as the end of a sentence.
    fn pay(&self) -> Result<Option<String>, &'static str> {
        let [least, most, currency, per] =
            [&self.least, &self.most, &self.currency, &self.per].map(|typed| typed.trim());
        let has_sum = !least.is_empty() || !most.is_empty();
        let text = match self.pay.as_str() {
            "" if !has_sum => return Ok(None),
            kind @ ("barter" | "unpaid") if !has_sum => kind.to_owned(),
            "barter" | "unpaid" => return Err("says a sum as well: empty the sum, or choose that it is paid"),
            "paid" | "" if least.is_empty() => return Err("should say how much: a whole sum such as 300 or 1,200"),
            "paid" | "" => {
                let range = if most.is_empty() { String::new() } else { format!(" - {most}") };
                let per = if per.is_empty() { String::new() } else { format!(" per {per}") };
                format!("{least}{range} {currency}{per}")
            }
            _ => return Err("should be one of the list"),
        };
        match pay::parse(&text) {
            Some(_) => Ok(Some(text)),
            None if currency.is_empty() => Err("should say in which currency"),
            None => Err("should be whole sums such as 300 or 1,200, the smaller one first"),
        }
    }

    /// The last moment of the day, where the poster's day is.
    fn closes(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let typed = self.closes.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let date = (typed.len() == 10).then(|| typed.parse::<Date>().ok()).flatten();
        let end = date.and_then(|date| date.at(23, 59, 59, 999_000_000).to_zoned(self.zone()).ok());
        let Some(end) = end.map(|end| Timestamp::from_jiff(end.timestamp())) else {
            return Err("should be a date such as 2026-12-12".to_owned());
        };
        if end <= now {
            return Err("is a day that has passed already".to_owned());
        }
        Ok(Some(end))
    }

    /// Where the day of `closes` is; an unknown name is UTC.
    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The first day that it may close, for the picker.
    pub fn today(&self, now: Timestamp) -> String {
        now.to_jiff().to_zoned(self.zone()).date().to_string()
    }
}

fn parted(typed: &str, marks: [char; 2]) -> Value {
    typed.split(marks).map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// Kinds of work, each first one with those below it.
#[derive(Debug)]
pub struct Group {
    pub label: String,
    pub choices: Vec<Choice>,
}

#[derive(Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

impl Choice {
    fn new(value: &str, label: &str, chosen: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned(), is_chosen: value == chosen }
    }
}

/// Who may go first with a gig of this poster: each of their accounts, and each community that they are in. What cannot be read is not offered, and may
/// be typed all the same.
pub async fn firsts(ledger: &Ledger, poster: PersonId) -> Vec<Choice> {
    let mut accounts = ledger.accounts_of(poster).await.unwrap_or_default();
    accounts.retain(|account| !matches!(account.grant, GrantState::Revoked { .. }));
    accounts.sort_by_key(|account| account.handle.to_lowercase());
    let networks = networks::profiles();
    let accounts = accounts.into_iter().map(|Account { network, handle, .. }| {
        let name = networks.get(&network).map_or_else(|| network.clone(), |profile| profile.name.to_string());
        Choice { value: handle, label: name, is_chosen: false }
    });
    let communities = ledger.communities_of(poster).await.unwrap_or_default().into_iter();
    let communities = communities.map(|(Community { slug, name, .. }, _)| Choice {
        value: format!("{COMMUNITY}{slug}"),
        label: name,
        is_chosen: false,
    });
    accounts.chain(communities).collect()
}

pub fn kinds(taxonomy: &Taxonomy, chosen: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for category in taxonomy.categories() {
        if category.slug.contains('/') {
            // Parents stand before their children.
            if let Some(group) = groups.last_mut() {
                group.choices.push(Choice::new(&category.slug, &category.label, chosen));
            }
        } else {
            let general = format!("{}, in general", category.label);
            let choices = vec![Choice::new(&category.slug, &general, chosen)];
            groups.push(Group { label: category.label.clone(), choices });
        }
    }
    groups
}

/// Those that most posters want come first.
pub fn currencies(chosen: &str) -> Vec<Choice> {
    let first = ["EUR", "USD", "GBP", "CHF"];
    let rest = CODES.iter().copied().filter(|code| !first.contains(code));
    first.into_iter().chain(rest).map(|code| Choice::new(code, code, chosen)).collect()
}

pub fn ways_to_pay(chosen: &str) -> Vec<Choice> {
    [("", "Not said"), ("paid", "Paid"), ("barter", "Barter"), ("unpaid", "Unpaid")]
        .map(|(value, label)| Choice::new(value, label, chosen))
        .into()
}

pub fn units(chosen: &str) -> Vec<Choice> {
    [
        ("project", "for all of it"),
        ("hour", "an hour"),
        ("day", "a day"),
        ("week", "a week"),
        ("month", "a month"),
        ("year", "a year"),
    ]
    .map(|(value, label)| Choice::new(value, label, if chosen.is_empty() { "project" } else { chosen }))
    .into()
}

/// In which most gigs are written; the API and files take any other.
pub fn languages(chosen: &str) -> Vec<Choice> {
    let spoken = [
        ("ar", "العربية"),
        ("bg", "Български"),
        ("bn", "বাংলা"),
        ("ca", "Català"),
        ("cs", "Čeština"),
        ("da", "Dansk"),
        ("de", "Deutsch"),
        ("el", "Ελληνικά"),
        ("en", "English"),
        ("es", "Español"),
        ("et", "Eesti"),
        ("eu", "Euskara"),
        ("fa", "فارسی"),
        ("fi", "Suomi"),
        ("fr", "Français"),
        ("ga", "Gaeilge"),
        ("he", "עברית"),
        ("hi", "हिन्दी"),
        ("hr", "Hrvatski"),
        ("hu", "Magyar"),
        ("id", "Bahasa Indonesia"),
        ("is", "Íslenska"),
        ("it", "Italiano"),
        ("ja", "日本語"),
        ("ko", "한국어"),
        ("lt", "Lietuvių"),
        ("lv", "Latviešu"),
        ("nl", "Nederlands"),
        ("no", "Norsk"),
        ("pl", "Polski"),
        ("pt", "Português"),
        ("ro", "Română"),
        ("ru", "Русский"),
        ("sk", "Slovenčina"),
        ("sl", "Slovenščina"),
        ("sr", "Српски"),
        ("sv", "Svenska"),
        ("sw", "Kiswahili"),
        ("th", "ไทย"),
        ("tr", "Türkçe"),
        ("uk", "Українська"),
        ("ur", "اردو"),
        ("vi", "Tiếng Việt"),
        ("zh", "中文"),
    ];
    let mut choices: Vec<Choice> = spoken.map(|(tag, name)| Choice::new(tag, name, chosen)).into();
    if !choices.iter().any(|choice| choice.is_chosen) && normalise::language(chosen).is_some() {
        choices.push(Choice::new(chosen, chosen, chosen));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_apply_stands_in_its_field_as_it_may_be_sent_again() {
        assert_eq!(typed_apply("mailto:jobs@acme.example"), "jobs@acme.example");
        for whole in ["mailto:jobs@acme.example?subject=Logo", "https://acme.example/apply"] {
            assert_eq!(typed_apply(whole), whole);
        }
    }
}
