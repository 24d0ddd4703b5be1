//! The settings of an account as a form holds them, read field by field: what was typed is kept, and what is wrong stands beside it.

use super::health::{clock, hours};
use crate::base64url;
use crate::id::digest;
use crate::person::{Account, Audience, Changed, Ended, Mode, Pace, PayKind, Policy, PostingWindow, QuietHours};
use crate::plan::taxonomy::Taxonomy;
use crate::redact;
use std::collections::BTreeMap;
use std::time::Duration;

/// Entries of one list, and characters of one entry.
const LISTED: usize = 50;
const ENTRY_CHARS: usize = 80;
/// Characters of one field.
const TYPED_CHARS: usize = 1000;
const POSTS_A_DAY: std::ops::RangeInclusive<u32> = 1..=1000;
const A_DAY: u64 = 24 * 60;
const HOURS_A_YEAR: u64 = 365 * 24;

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// Of the settings that the form was filled with.
    pub version: String,
    pub categories: Vec<String>,
    pub pay: Vec<String>,
    pub languages: String,
    pub places: String,
    pub tags: String,
    pub not_tags: String,
    pub posts_per_day: String,
    pub gap_minutes: String,
    pub quiet_from: String,
    pub quiet_until: String,
    /// Separated by semicolons.
    pub windows: String,
    pub zone: String,
    /// Empty for what holds for every account.
    pub worth_hours: String,
    pub mode: String,
    pub changed: String,
    pub ended: String,
}

/// What is wrong, by the name of its field.
pub type Wrongs = BTreeMap<&'static str, String>;

/// What a person may decide about an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub audience: Audience,
    pub pace: Pace,
    pub mode: Mode,
    /// Where these two are not chosen, they stay as they are.
    pub changed: Option<Changed>,
    pub ended: Option<Ended>,
}

pub const PAY: [(PayKind, &str, &str); 4] = [
    (PayKind::Paid, "paid", "Paid"),
    (PayKind::Barter, "barter", "Barter"),
    (PayKind::Unpaid, "unpaid", "Unpaid"),
    (PayKind::Unsaid, "unsaid", "Silent about pay"),
];

impl Rules {
    pub fn of(account: &Account) -> Self {
        let Policy { changed, ended } = account.policy;
        Self {
            audience: account.audience.clone(),
            pace: account.pace.clone(),
            mode: account.mode,
            changed: Some(changed),
            ended: Some(ended),
        }
    }

    /// Names exactly these, so that a form tells which ones its person had before them.
    pub fn version(&self) -> String {
        let written = format!("{self:?}");
        base64url::encode(&digest("settings", &[written.as_bytes()])[..12])
    }

    pub fn rule(self, account: &mut Account) {
        let Self { audience, pace, mode, changed, ended } = self;
        (account.audience, account.pace, account.mode) = (audience, pace, mode);
        account.policy.changed = changed.unwrap_or(account.policy.changed);
        account.policy.ended = ended.unwrap_or(account.policy.ended);
    }
}

impl Typed {
    /// As the account has it now.
    pub fn of(account: &Account) -> Self {
        let Audience { categories, languages, places, pay, tags, not_tags } = &account.audience;
        let pace = &account.pace;
        let quiet =
            |end: fn(&QuietHours) -> u16| pace.quiet.as_ref().map_or_else(String::new, |quiet| clock(end(quiet)));
        let pay = PAY.iter().filter(|(kind, ..)| pay.contains(kind)).map(|(_, word, _)| (*word).to_owned());
        Self {
            version: Rules::of(account).version(),
            categories: categories.clone(),
            pay: pay.collect(),
            languages: languages.join(", "),
            places: places.join(", "),
            tags: tags.join(", "),
            not_tags: not_tags.join(", "),
            posts_per_day: pace.posts_per_day.to_string(),
            gap_minutes: gap_written(pace.gap),
            quiet_from: quiet(|quiet| quiet.from),
            quiet_until: quiet(|quiet| quiet.until),
            windows: pace.windows.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            zone: pace.zone.clone(),
            worth_hours: pace.worth_saying_for.map_or_else(String::new, |worth| hours(worth).to_string()),
            mode: mode_word(account.mode).to_owned(),
            changed: account.policy.changed.word().to_owned(),
            ended: account.policy.ended.word().to_owned(),
        }
    }

    /// As a browser sent it.
    pub fn sent(pairs: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in pairs {
            // One more than may be: so that whoever reads it sees that it was too long.
            let value: String = value.trim().chars().take(TYPED_CHARS + 1).collect();
            match name.as_str() {
                "categories" => typed.categories.push(value),
                "pay" => typed.pay.push(value),
                "languages" => typed.languages = value,
                "places" => typed.places = value,
                "tags" => typed.tags = value,
                "not_tags" => typed.not_tags = value,
                "posts_per_day" => typed.posts_per_day = value,
                "gap_minutes" => typed.gap_minutes = value,
                "quiet_from" => typed.quiet_from = value,
                "quiet_until" => typed.quiet_until = value,
                "windows" => typed.windows = value,
                "zone" => typed.zone = value,
                "worth_hours" => typed.worth_hours = value,
                "mode" => typed.mode = value,
                "version" => typed.version = value,
                "changed" => typed.changed = value,
                "ended" => typed.ended = value,
                _ => {}
            }
        }
        typed
    }

    /// What it means; or all that is wrong with it.
    pub fn read(&self, taxonomy: &Taxonomy) -> Result<Rules, Wrongs> {
        let mut wrongs = Wrongs::new();
        let audience = Audience {
            categories: self.read_categories(taxonomy, &mut wrongs),
            languages: listed("languages", &self.languages, &mut wrongs, language),
            places: listed("places", &self.places, &mut wrongs, |place| Ok(place.to_owned())),
            pay: self.read_pay(&mut wrongs),
            tags: listed("tags", &self.tags, &mut wrongs, tag),
            not_tags: listed("not_tags", &self.not_tags, &mut wrongs, tag),
        };
        if let Some(both) = audience.tags.iter().find(|tag| audience.not_tags.contains(tag)) {
            wrongs.insert(
                "not_tags",
                format!("“{both}” stands in both lists of tags, so no gig could pass: leave it in one."),
            );
        }
        let pace = Pace {
            posts_per_day: number("posts_per_day", &self.posts_per_day, POSTS_A_DAY, &mut wrongs),
            gap: self.read_gap(&mut wrongs),
            quiet: self.read_quiet(&mut wrongs),
            windows: self.read_windows(&mut wrongs),
            zone: zone(&self.zone).unwrap_or_else(|words| {
                wrongs.insert("zone", words);
                String::new()
            }),
            worth_saying_for: (!self.worth_hours.is_empty())
                .then(|| Duration::from_hours(number("worth_hours", &self.worth_hours, 1..=HOURS_A_YEAR, &mut wrongs))),
        };
        if let Some(shut) = pace.windows.iter().find(|window| pace.quiet.is_some_and(|quiet| window.lies_in(quiet))) {
            let said = format!(
                "“{shut}” lies wholly in the quiet hours, so nothing could leave in it. Change one of the two."
            );
            wrongs.insert("windows", said);
        }
        let mode = [Mode::Auto, Mode::Review].into_iter().find(|mode| mode_word(*mode) == self.mode);
        if mode.is_none() {
            wrongs.insert("mode", "Choose one of the two.".to_owned());
        }
        let changed = Changed::ALL.into_iter().find(|changed| changed.word() == self.changed);
        let ended = Ended::ALL.into_iter().find(|ended| ended.word() == self.ended);
        for (field, typed, is_read) in
            [("changed", &self.changed, changed.is_some()), ("ended", &self.ended, ended.is_some())]
        {
            if !is_read && !typed.is_empty() {
                wrongs.insert(field, "Choose one of the three.".to_owned());
            }
        }
        match mode {
            Some(mode) if wrongs.is_empty() => Ok(Rules { audience, pace, mode, changed, ended }),
            _ => Err(wrongs),
        }
    }

    /// What somebody says that they offer, in the fields that an audience has; or all that is wrong with it.
    pub fn read_offer(&self, taxonomy: &Taxonomy) -> Result<Audience, Wrongs> {
        let mut wrongs = Wrongs::new();
        let offer = Audience {
            categories: self.read_categories(taxonomy, &mut wrongs),
            languages: listed("languages", &self.languages, &mut wrongs, language),
            places: listed("places", &self.places, &mut wrongs, |place| Ok(place.to_owned())),
            tags: listed("tags", &self.tags, &mut wrongs, tag),
            ..Audience::default()
        };
        if wrongs.is_empty() { Ok(offer) } else { Err(wrongs) }
    }

    fn read_categories(&self, taxonomy: &Taxonomy, wrongs: &mut Wrongs) -> Vec<String> {
        if let Some(unknown) = self.categories.iter().find(|slug| taxonomy.label(slug).is_none()) {
            wrongs.insert(
                "categories",
                format!("“{unknown}” is no kind of work that gigcast knows. Choose from the list."),
            );
        }
        // A parent says its children already.
        let has_parent = |slug: &&String| {
            slug.split_once('/').is_some_and(|(parent, _)| self.categories.iter().any(|other| other == parent))
        };
        self.categories.iter().filter(|slug| !has_parent(slug)).cloned().collect()
    }

    fn read_pay(&self, wrongs: &mut Wrongs) -> Vec<PayKind> {
        let known = |word: &String| PAY.iter().find(|(_, known, _)| known == word).map(|(kind, ..)| *kind);
        if self.pay.iter().any(|word| known(word).is_none()) {
            wrongs.insert("pay", "That is no kind of pay. Choose from the list.".to_owned());
        }
        self.pay.iter().filter_map(known).collect()
    }

    /// Whole minutes, or seconds with an `s`: a gap that the form could not say would be lost by saving it.
    fn read_gap(&self, wrongs: &mut Wrongs) -> Duration {
        match self.gap_minutes.strip_suffix('s').map(|seconds| seconds.trim_end().parse::<u64>()) {
            Some(Ok(seconds)) if seconds <= A_DAY * 60 => Duration::from_secs(seconds),
            Some(_) => {
                wrongs.insert("gap_minutes", "Write minutes as in 20, or seconds as in 30s; a day at most.".to_owned());
                Duration::ZERO
            }
            None => Duration::from_mins(number("gap_minutes", &self.gap_minutes, 0..=A_DAY, wrongs)),
        }
    }

    fn read_windows(&self, wrongs: &mut Wrongs) -> Vec<PostingWindow> {
        let mut windows = Vec::new();
        if let Some(said) = too_long(&self.windows) {
            wrongs.insert("windows", said);
            return windows;
        }
        for typed in self.windows.split([';', '\n']).map(str::trim).filter(|typed| !typed.is_empty()) {
            if let Ok(window) = PostingWindow::parse(typed) {
                windows.push(window);
            } else {
                let said = format!("“{typed}” is no posting window. Write days and hours, as in mon-fri 09:00-17:00.");
                wrongs.insert("windows", said);
            }
        }
        if windows.len() > LISTED {
            wrongs.insert("windows", format!("These are {}; at most {LISTED} can be kept.", windows.len()));
        }
        windows
    }

    fn read_quiet(&self, wrongs: &mut Wrongs) -> Option<QuietHours> {
        let mut end = |field: &'static str, typed: &str| match typed {
            "" => None,
            typed => time_of_day(typed).or_else(|| {
                wrongs.insert(field, format!("“{typed}” is no time of day. Write it as 22:00, or leave both empty."));
                None
            }),
        };
        let ends = (end("quiet_from", &self.quiet_from), end("quiet_until", &self.quiet_until));
        match ends {
            (Some(from), Some(until)) if from == until => {
                wrongs.insert(
                    "quiet_until",
                    "The quiet hours end when they begin. Choose another time, or leave both empty.".to_owned(),
                );
                None
            }
            (Some(from), Some(until)) => Some(QuietHours { from, until }),
            (Some(_), None) if self.quiet_until.is_empty() => {
                wrongs.insert("quiet_until", "Say when the quiet hours end, or leave both empty.".to_owned());
                None
            }
            (None, Some(_)) if self.quiet_from.is_empty() => {
                wrongs.insert("quiet_from", "Say when the quiet hours begin, or leave both empty.".to_owned());
                None
            }
            _ => None,
        }
    }
}

fn gap_written(gap: Duration) -> String {
    match gap.as_secs() {
        seconds if seconds % 60 == 0 => (seconds / 60).to_string(),
        seconds => format!("{seconds}s"),
    }
}

pub fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "auto",
        Mode::Review => "review",
    }
}

/// Entries between commas, each once.
fn listed(
    field: &'static str,
    typed: &str,
    wrongs: &mut Wrongs,
    meaning: impl Fn(&str) -> Result<String, String>,
) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    if let Some(said) = too_long(typed) {
        wrongs.insert(field, said);
        return entries;
    }
    for entry in typed.split([',', '\n']).map(redact::line).filter(|entry| !entry.is_empty()) {
        let read = match entry.chars() {
            chars if chars.clone().count() > ENTRY_CHARS => {
                Err(format!("“{}…” is too long: put commas between the entries.", chars.take(20).collect::<String>()))
            }
            _ => meaning(&entry),
        };
        match read {
            Ok(entry) if entries.contains(&entry) => {}
            Ok(entry) => entries.push(entry),
            Err(words) => {
                wrongs.insert(field, words);
                return entries;
            }
        }
    }
    if entries.len() > LISTED {
        wrongs.insert(field, format!("These are {}; at most {LISTED} can be kept.", entries.len()));
    }
    entries
}

/// A list of which the end was left out would be saved as another than was meant.
fn too_long(typed: &str) -> Option<String> {
    let is_long = typed.chars().count() > TYPED_CHARS;
    is_long.then(|| format!("This is longer than {TYPED_CHARS} letters, and nothing of it was saved: write less."))
}

fn language(typed: &str) -> Result<String, String> {
    let tag = typed.to_lowercase();
    if (2..=3).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_lowercase()) {
        return Ok(tag);
    }
    Err(format!("“{typed}” is no language code. Write two or three letters, as in de, en, pt."))
}

fn tag(typed: &str) -> Result<String, String> {
    Ok(typed.trim_start_matches('#').to_lowercase()).and_then(|tag| match tag.as_str() {
        "" => Err(format!("“{typed}” holds no word.")),
        _ => Ok(tag),
    })
}

fn number<N>(field: &'static str, typed: &str, within: std::ops::RangeInclusive<N>, wrongs: &mut Wrongs) -> N
where
    N: std::str::FromStr + PartialOrd + Copy + std::fmt::Display,
{
    match typed.parse::<N>() {
        Ok(number) if within.contains(&number) => number,
        _ => {
            wrongs.insert(field, format!("Write a whole number from {} to {}.", within.start(), within.end()));
            *within.start()
        }
    }
}

/// `22:00` and, as some browsers send it, `22:00:00`.
fn time_of_day(typed: &str) -> Option<u16> {
    let mut parts = typed.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("00"));
    let is_plain = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if ![hour, minute, second].into_iter().all(is_plain) || parts.next().is_some() {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// The proper IANA name, however it was typed.
fn zone(typed: &str) -> Result<String, String> {
    let known = (!typed.is_empty()).then(|| jiff::tz::db().get(typed).ok()).flatten();
    let known = known.and_then(|zone| zone.iana_name().map(str::to_owned));
    known.ok_or_else(|| format!("“{typed}” is no time zone. Write its IANA name, as in Europe/Berlin; the list helps."))
}

/// Names to choose from; others are known all the same.
pub fn zones() -> Vec<String> {
    let areas = ["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];
    let names = jiff::tz::db().available().map(|zone| zone.as_str().to_owned());
    let mut names: Vec<String> = names.filter(|name| areas.iter().any(|area| name.starts_with(area))).collect();
    names.insert(0, "UTC".to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        let pairs = [("posts_per_day", "6"), ("gap_minutes", "30"), ("zone", "europe/berlin"), ("mode", "review")];
        Typed::sent(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn wrong(change: impl FnOnce(&mut Typed)) -> Wrongs {
        let mut typed = typed();
        change(&mut typed);
        typed.read(Taxonomy::builtin()).unwrap_err()
    }

    #[test]
    fn a_form_says_what_an_account_is_for() {
        let typed = Typed {
            categories: vec!["design/brand".into(), "design".into(), "legal".into()],
            pay: vec!["paid".into(), "unsaid".into()],
            languages: "DE, en,, de".into(),
            places: "Berlin, remote".into(),
            tags: "#SVG, logo".into(),
            quiet_from: "22:00".into(),
            quiet_until: "07:30:00".into(),
            ..typed()
        };
        let rules = typed.read(Taxonomy::builtin()).unwrap();
        assert_eq!(rules.audience.categories, ["design", "legal"], "a parent says its children");
        assert_eq!(rules.audience.languages, ["de", "en"]);
        assert_eq!(rules.audience.places, ["Berlin", "remote"]);
        assert_eq!(rules.audience.pay, [PayKind::Paid, PayKind::Unsaid]);
        assert_eq!(rules.audience.tags, ["svg", "logo"]);
        assert_eq!(rules.pace.quiet, Some(QuietHours { from: 1320, until: 450 }));
        assert_eq!((rules.pace.zone.as_str(), rules.pace.gap), ("Europe/Berlin", Duration::from_mins(30)));
        assert_eq!(rules.pace.worth_saying_for, None, "as every account");
        assert_eq!(rules.mode, Mode::Review);
        assert_eq!((rules.changed, rules.ended), (None, None), "what was not asked stays as it is");
        let chosen = Typed { changed: "repost".into(), ended: "delete".into(), worth_hours: "36".into(), ..typed };
        let rules = chosen.read(Taxonomy::builtin()).unwrap();
        assert_eq!(rules.pace.worth_saying_for, Some(Duration::from_hours(36)));
        assert_eq!((rules.changed, rules.ended), (Some(Changed::DeleteAndRepost), Some(Ended::Delete)));
    }

    #[test]
    fn each_wrong_field_is_named() {
        assert!(wrong(|typed| typed.posts_per_day = "0".into())["posts_per_day"].contains("from 1 to 1000"));
        assert!(wrong(|typed| typed.gap_minutes = "-5".into()).contains_key("gap_minutes"));
        assert!(wrong(|typed| typed.worth_hours = "0".into())["worth_hours"].contains("from 1 to 8760"));
        assert!(wrong(|typed| typed.worth_hours = "2 days".into()).contains_key("worth_hours"));
        assert!(wrong(|typed| typed.zone = "Mars/Base".into())["zone"].contains("“Mars/Base”"));
        assert!(wrong(|typed| typed.zone = String::new()).contains_key("zone"));
        assert!(wrong(|typed| typed.languages = "german".into())["languages"].contains("“german”"));
        assert!(wrong(|typed| typed.categories = vec!["nonsense".into()]).contains_key("categories"));
        assert!(wrong(|typed| typed.pay = vec!["gold".into()]).contains_key("pay"));
        assert!(wrong(|typed| typed.mode = "maybe".into()).contains_key("mode"));
        assert!(wrong(|typed| typed.changed = "edit".into()).contains_key("changed"));
        assert!(wrong(|typed| typed.ended = "leave".into()).contains_key("ended"));
        assert!(wrong(|typed| typed.places = "x".repeat(200)).contains_key("places"));
        assert!(wrong(|typed| typed.tags = "#".into()).contains_key("tags"));
        assert!(wrong(|typed| (typed.tags, typed.not_tags) = ("svg".into(), "SVG".into())).contains_key("not_tags"));
        let all = wrong(|typed| (typed.zone, typed.mode) = ("x".into(), "x".into()));
        assert_eq!(all.into_keys().collect::<Vec<_>>(), ["mode", "zone"], "all at once");
    }

    #[test]
    fn nothing_that_was_typed_is_left_out_in_silence() {
        let sent = |field: &str, value: String| {
            let pairs = [("posts_per_day", "6"), ("gap_minutes", "30"), ("zone", "UTC"), ("mode", "auto")];
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Typed::sent(pairs.into_iter().chain([(field.to_owned(), value)]).collect()).read(Taxonomy::builtin())
        };
        let long: Vec<String> = (0..40).map(|n| format!("a-tag-of-thirty-letters-or-so-{n:02}")).collect();
        assert!(sent("not_tags", long.join(", ")).unwrap_err()["not_tags"].contains("1000"));
        assert_eq!(sent("not_tags", long[..20].join(", ")).unwrap().audience.not_tags.len(), 20);
        let windows = |n| vec!["mon 09:00-17:00"; n].join(";");
        assert!(sent("windows", windows(51)).unwrap_err()["windows"].contains("at most 50"));
        assert_eq!(sent("windows", windows(50)).unwrap().pace.windows.len(), 50);
    }

    #[test]
    fn a_gap_is_read_as_it_was_written_to_the_second() {
        for (written, gap) in [("0", 0), ("20", 1200), ("1s", 1), ("90s", 90), ("1440", 86_400), ("86400s", 86_400)] {
            let gap = Duration::from_secs(gap);
            let rules = Typed { gap_minutes: written.into(), ..typed() }.read(Taxonomy::builtin()).unwrap();
            assert_eq!(rules.pace.gap, gap, "{written}");
            let again = Typed { gap_minutes: gap_written(gap), ..typed() }.read(Taxonomy::builtin()).unwrap();
            assert_eq!(again.pace.gap, gap, "{written}");
        }
        for nonsense in ["s", "-1s", "86401s", "1m", "1.5"] {
            assert!(wrong(|typed| typed.gap_minutes = nonsense.into()).contains_key("gap_minutes"), "{nonsense}");
        }
    }

    #[test]
    fn quiet_hours_have_two_ends() {
        for (from, until, field) in [
            ("22:00", "", "quiet_until"),
            ("", "07:00", "quiet_from"),
            ("24:00", "07:00", "quiet_from"),
            ("22:00", "7 am", "quiet_until"),
            ("22:00", "22:00", "quiet_until"),
            ("22:00:00:00", "07:00", "quiet_from"),
        ] {
            let wrongs = wrong(|typed| (typed.quiet_from, typed.quiet_until) = (from.into(), until.into()));
            assert_eq!(wrongs.into_keys().collect::<Vec<_>>(), [field], "{from} {until}");
        }
    }

    #[test]
    fn a_window_in_which_it_is_always_quiet_is_told() {
        let hours = |typed: &mut Typed, windows: &str| {
            (typed.quiet_from, typed.quiet_until, typed.windows) = ("22:00".into(), "07:00".into(), windows.into());
        };
        let wrongs = wrong(|typed| hours(typed, "mon-fri 09:00-17:00; sat 23:00-06:00"));
        assert!(wrongs["windows"].contains("“sat 23:00-06:00” lies wholly in the quiet hours"), "{wrongs:?}");
    }

    #[test]
    fn zones_are_offered_by_their_names() {
        let zones = zones();
        assert!(zones.len() > 300 && zones.contains(&"Europe/Berlin".to_owned()), "{}", zones.len());
    }
}
