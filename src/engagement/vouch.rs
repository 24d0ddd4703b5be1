//! How a vouch is read from what someone wrote (docs/decisions/0006).
//!
//! A vouch is an act, so it must look like one. It opens a line, in words that pledge one's own name, and the people vouched for
//! follow at once:
//!
//! ```text
//! vouch   = [mention ...] opening mention [joiner mention ...]
//! opening = "I vouch for" | "#vouch" | ...      config/vouch.toml, per language
//! joiner  = "," ["and"] | "and" | "&" | "+"
//! ```
//!
//! Mentions before the opening are those that a reply begins with; nobody is vouched for by being answered. Nothing is read
//! from lines that quote (they begin with `>`, so with no opening), from questions, or from a name that could mean two people. What is missed can be said again;
//! what is wrongly taken for a vouch would put words in somebody's mouth, so in doubt it is none.

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
    openings: Vec<String>,
    joiners: Vec<String>,
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
    #[error("`{phrase}` in `{language}` can't be used: words only, no `@`, no line break, not empty")]
    Phrase { language: String, phrase: String },
    #[error("`{phrase}` is there twice in `{language}`")]
    Twice { language: String, phrase: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    openings: Vec<String>,
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
            openings.extend(phrases(&language, &said.openings)?);
            joiners.extend(phrases(&language, &said.joiners)?);
        }
        Ok(Self { openings: longest_first(openings), joiners: longest_first(joiners) })
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
        let (language, phrase) = (language.to_owned(), phrase.clone());
        let plain = plain(&phrase);
        if plain.is_empty() || plain.contains('@') || phrase.contains('\n') || !plain.chars().any(char::is_alphabetic) {
            return Err(VouchWordsError::Phrase { language, phrase });
        }
        if found.contains(&plain) {
            return Err(VouchWordsError::Twice { language, phrase });
        }
        found.push(plain);
    }
    Ok(found)
}

/// So that "#vouch for" is tried before "#vouch".
fn longest_first(mut phrases: Vec<String>) -> Vec<String> {
    phrases.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    phrases.dedup();
    phrases
}

/// Whom the author vouches for, in the order they are named, each once, never the author.
///
/// `text` is the author's own words as plain text with its lines kept; `mentions` says who is meant by each name in it.
pub fn read_vouches(text: &str, mentions: &[Mentioned], author: ActorId, words: &VouchWords) -> Vec<ActorId> {
    let names = Names::of(mentions);
    let mut vouched = Vec::new();
    for line in text.lines().map(plain) {
        for actor in names_after_opening(&line, &names, words) {
            if actor != author && !vouched.contains(&actor) {
                vouched.push(actor);
            }
        }
    }
    vouched
}

fn names_after_opening(line: &str, names: &Names, words: &VouchWords) -> Vec<ActorId> {
    let said = after_leading_mentions(line);
    let Some(mut rest) = after_phrase(said, &words.openings) else { return Vec::new() };
    let mut found = Vec::new();
    while let Some((actor, after)) = names.first_in(rest) {
        found.extend(actor);
        rest = after;
        match after_joiner(after, &words.joiners) {
            Some(next) if names.first_in(next).is_some() => rest = next,
            _ => break,
        }
    }
    // "I vouch for @bo?" asks.
    if rest.trim_start().starts_with(['?', '？', '¿']) { Vec::new() } else { found }
}

/// What is compared: lower case, single spaces, straight apostrophes, nothing unseen.
fn plain(text: &str) -> String {
    let seen: String = text
        .chars()
        .filter(
            |c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'),
        )
        .map(|c| if matches!(c, '’' | 'ʼ' | '`' | '´') { '\'' } else { c })
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

/// `@bo` is not the beginning of `@bobby`, `@bo.example` or `@bo@elsewhere.example`; a full stop may follow it.
fn ends_a_name(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        Some('.' | '-') => next.next().is_none_or(|c| !c.is_alphanumeric()),
        Some(c) => !c.is_alphanumeric() && c != '_' && c != '@',
        None => true,
    }
}
