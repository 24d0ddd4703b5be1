//! How a vouch is read from what someone wrote (docs/decisions/0006).
//!
//! A vouch is an act, so it must look like one. It opens a line, in words that pledge one's own name, and the people vouched for
//! follow at once:
//!
//! ```text
//! vouch   = [mention ...] opening mention [joiner mention ...] [ending]
//! opening = "I vouch for" | "#vouch" | ...      config/vouch.toml, per language and level
//! joiner  = "," ["and"] | "and" | "&" | "+"
//! ending  = "again" | ...                       where the words stand around the people: "I would hire @bo again"
//! ```
//!
//! The opening says the level: knows the work (bare), has worked with them, would hire them again. Of two lines that vouch for one person the later one
//! holds. An ending must follow the people and end what is said: behind "again" stands no further word.
//!
//! Mentions before the opening are those that a reply begins with; nobody is vouched for by being answered. Nothing is read
//! from lines that quote (they begin with `>`, so with no opening), from questions, from a name that could mean two people, or from one with an apostrophe
//! behind it (`@bo's sister`). What is missed can be said again;
//! what is wrongly taken for a vouch would put words in somebody's mouth, so in doubt it is none.

use super::Vouch;
use crate::id::ActorId;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const BUILTIN: &str = include_str!("../../config/vouch.toml");

/// Someone named in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentioned {
    /// As it stands in the text, with its `@`.
    pub written: String,
    pub actor: ActorId,
}

/// The phrases of all languages, longest first, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchWords {
    openings: Vec<Opening>,
    joiners: Vec<String>,
}

/// What stands before the people, and behind them where that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Opening {
    before: String,
    behind: Option<String>,
    level: u8,
}

/// What is wrong in a file of vouch words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VouchWordsError {
    #[error("the vouch words can't be read: {0}")]
    Toml(String),
    #[error("no language is given: add a table as `[en]`")]
    NoLanguage,
    #[error("`{0}` has no openings: without one nobody can vouch in it")]
    NoOpening(String),
    #[error(
        "`{phrase}` in `{language}` can't be used: words only, no line break, not empty; in `worked` and `again` one ` @ ` may stand where \
         the people do"
    )]
    Phrase { language: String, phrase: String },
    #[error("`{phrase}` is there twice in `{language}`")]
    Twice { language: String, phrase: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    openings: Vec<String>,
    #[serde(default)]
    worked: Vec<String>,
    #[serde(default)]
    again: Vec<String>,
    #[serde(default)]
    joiners: Vec<String>,
}

impl VouchWords {
    pub fn parse(text: &str) -> Result<Self, VouchWordsError> {
        let languages: BTreeMap<String, Language> =
            toml::from_str(text).map_err(|e| VouchWordsError::Toml(e.to_string()))?;
        if languages.is_empty() {
            return Err(VouchWordsError::NoLanguage);
        }
        let (mut openings, mut joiners) = (Vec::new(), Vec::new());
        for (language, said) in languages {
            if said.openings.is_empty() {
                return Err(VouchWordsError::NoOpening(language));
            }
            let levels = [
                (Vouch::KNOWS_THE_WORK, &said.openings),
                (Vouch::WORKED_WITH, &said.worked),
                (Vouch::WOULD_HIRE_AGAIN, &said.again),
            ];
            let mut known = Vec::new();
            for (level, written) in levels {
                for phrase in written {
                    let opening = opening(&language, phrase, level)?;
                    let same = |one: &Opening| (&one.before, &one.behind) == (&opening.before, &opening.behind);
                    if known.iter().any(same) {
                        return Err(VouchWordsError::Twice { language, phrase: phrase.clone() });
                    }
                    known.push(opening);
                }
            }
            openings.extend(known);
            joiners.extend(phrases(&language, &said.joiners)?);
        }
        // So that "#vouch for" is tried before "#vouch"; of one opening the one that asks for more behind the people.
        let length = |one: &Opening| (one.before.len(), one.behind.as_ref().map_or(0, String::len));
        openings.sort_by(|a, b| length(b).cmp(&length(a)).then_with(|| a.before.cmp(&b.before)));
        Ok(Self { openings, joiners: longest_first(joiners) })
    }

    /// The ones compiled in.
    pub fn builtin() -> &'static Self {
        static PARSED: LazyLock<VouchWords> =
            LazyLock::new(|| VouchWords::parse(BUILTIN).expect("a test parses the words that are compiled in"));
        &PARSED
    }
}

fn phrases(language: &str, written: &[String]) -> Result<Vec<String>, VouchWordsError> {
    let mut found: Vec<String> = Vec::new();
    for phrase in written {
        let plain = words_only(language, phrase, phrase)?;
        if found.contains(&plain) {
            return Err(VouchWordsError::Twice { language: language.to_owned(), phrase: phrase.clone() });
        }
        found.push(plain);
    }
    Ok(found)
}

fn opening(language: &str, phrase: &str, level: u8) -> Result<Opening, VouchWordsError> {
    let (before, behind) = match phrase.split_once(" @ ") {
        Some((before, behind)) if level > Vouch::KNOWS_THE_WORK => (before, Some(behind)),
        _ => (phrase, None),
    };
    let behind = behind.map(|behind| words_only(language, behind, phrase)).transpose()?;
    Ok(Opening { before: words_only(language, before, phrase)?, behind, level })
}

fn words_only(language: &str, words: &str, phrase: &str) -> Result<String, VouchWordsError> {
    let plain = plain(words);
    if plain.is_empty() || plain.contains('@') || phrase.contains('\n') || !plain.chars().any(char::is_alphabetic) {
        return Err(VouchWordsError::Phrase { language: language.to_owned(), phrase: phrase.to_owned() });
    }
    Ok(plain)
}

/// So that "and for" is tried before "and".
fn longest_first(mut phrases: Vec<String>) -> Vec<String> {
    phrases.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    phrases.dedup();
    phrases
}

/// One whom a text vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vouched {
    pub whom: ActorId,
    /// As in [`Vouch`].
    pub level: u8,
}

/// Whom the author vouches for and at which level, in the order they are named, each once, never the author.
///
/// `text` is the author's own words as plain text with its lines kept; `mentions` says who is meant by each name in it.
pub fn read_vouches(text: &str, mentions: &[Mentioned], author: ActorId, words: &VouchWords) -> Vec<Vouched> {
    let names = Names::of(mentions);
    let mut vouched: Vec<Vouched> = Vec::new();
    for line in text.lines().map(plain) {
        let Some((level, whom)) = pledged(&line, &names, words) else { continue };
        for whom in whom.into_iter().filter(|whom| *whom != author) {
            match vouched.iter_mut().find(|known| known.whom == whom) {
                Some(known) => known.level = level,
                None => vouched.push(Vouched { whom, level }),
            }
        }
    }
    vouched
}

/// At which level a line vouches, and for whom.
fn pledged(line: &str, names: &Names, words: &VouchWords) -> Option<(u8, Vec<ActorId>)> {
    let said = after_leading_mentions(line);
    words.openings.iter().find_map(|opening| {
        let rest = said.strip_prefix(opening.before.as_str())?.strip_prefix(' ')?;
        let (found, rest) = names_first_in(rest, names, words);
        let ended = match &opening.behind {
            None => Some(rest),
            // A name ends where it does not go on, so what follows is set apart from it.
            Some(behind) => rest.trim_start_matches(PAUSES).strip_prefix(behind.as_str()).filter(|rest| {
                let next = rest.trim_start().chars().next();
                next.is_none_or(|next| !next.is_alphanumeric() && next != '@' && next != '#')
            }),
        };
        // "I vouch for @bo?" asks.
        let asks = |rest: &str| rest.trim_start().starts_with(['?', '？', '¿']);
        (!found.is_empty() && ended.is_some_and(|rest| !asks(rest))).then_some((opening.level, found))
    })
}

fn names_first_in<'a>(mut rest: &'a str, names: &Names, words: &VouchWords) -> (Vec<ActorId>, &'a str) {
    let mut found = Vec::new();
    while let Some((actor, after)) = names.first_in(rest) {
        found.extend(actor);
        rest = after;
        match after_joiner(after, &words.joiners) {
            Some(next) if names.first_in(next).is_some() => rest = next,
            _ => break,
        }
    }
    (found, rest)
}

/// What may stand between the people and an ending.
const PAUSES: [char; 8] = [' ', ',', '.', ';', ':', '-', '–', '—'];

/// What is compared: lower case, single spaces, straight apostrophes, nothing unseen.
fn plain(text: &str) -> String {
    let seen: String = text
        .chars()
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'),
        )
        .map(|c| if matches!(c, '’' | '‘' | '′' | 'ʼ' | '`' | '´' | '＇') { '\'' } else { c })
        .collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// A reply begins with those it answers, known to us or not.
fn after_leading_mentions(line: &str) -> &str {
    let mut rest = line;
    while rest.starts_with('@') {
        let end = rest.find(' ').unwrap_or(rest.len());
        rest = rest[end..].trim_start_matches([' ', ',', ':']);
    }
    rest
}

/// What follows the longest of these phrases that the text begins with.
fn after_phrase<'a>(text: &'a str, phrases: &[String]) -> Option<&'a str> {
    phrases.iter().find_map(|phrase| text.strip_prefix(phrase.as_str())?.strip_prefix(' '))
}

fn after_joiner<'a>(text: &'a str, joiners: &[String]) -> Option<&'a str> {
    let text = text.trim_start();
    let (comma, rest) = match text.strip_prefix([',', '&', '+', '、']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    after_phrase(rest, joiners).or(comma.then_some(rest))
}

/// Who is meant by each name; nobody where two people have been written alike.
struct Names(Vec<(String, Option<ActorId>)>);

impl Names {
    fn of(mentions: &[Mentioned]) -> Self {
        let mut names: BTreeMap<String, Option<ActorId>> = BTreeMap::new();
        for mention in mentions {
            let known = names.entry(plain(&mention.written)).or_insert(Some(mention.actor));
            if *known != Some(mention.actor) {
                *known = None;
            }
        }
        let mut names: Vec<_> = names.into_iter().filter(|(written, _)| written.len() > 1).collect();
        names.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        Self(names)
    }

    /// The name that the text begins with, and what follows it.
    fn first_in<'a>(&self, text: &'a str) -> Option<(Option<ActorId>, &'a str)> {
        self.0.iter().find_map(|(written, actor)| {
            let after = text.strip_prefix(written.as_str())?;
            ends_a_name(after).then_some((*actor, after))
        })
    }
}

/// `@bo` is not the beginning of `@bobby`, `@bo.example` or `@bo@elsewhere.example`; a full stop may follow it. Behind an apostrophe somebody or something
/// else is meant: `@bo's sister`, `@jonas' letters`.
fn ends_a_name(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.' | '-') => next.next().is_none_or(|c| !c.is_alphanumeric()),
        Some(c) => !c.is_alphanumeric() && !matches!(c, '_' | '@' | '\''),
        None => true,
    }
}
