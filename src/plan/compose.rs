//! A gig as a post, fitted to one network.
//!
//! Every field has a rank: title, pay, place, closing day, organisation, link, tags, description. Title and link are
//! always there. Each other field is tried in that order and stays if the whole still fits, measured the network's own way; so
//! the small network loses the description first and the pay last. Nothing is ever cut inside a word, a link or a letter.
//!
//! ```text
//! Illustrator for a children's book
//! €1,200 · Remote · closes 3 December
//! Acme Press
//!
//! Twelve spreads in watercolour. We print in March.
//!
//! https://gigs.example/g/gig_0123456789abcdef?v=01234567
//! #Illustration #ChildrensBooks
//! ```
//!
//! A gig that is no longer open says so in its first word, keeps its link, and leaves the tags, which call for new readers.

use super::cut::{Sentence, first_sentences, sentences, shorten};
use super::length::{fits, measure, unit_word};
use super::taxonomy::Taxonomy;
use super::{clean, terms};
use crate::gig::{Gig, Status};
use crate::id::Code;
use crate::post::{Facet, Feature, LinkCard, Post};
use crate::profile::{Card, LinkCost, Profile};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use unicode_segmentation::UnicodeSegmentation;

/// The one link of a post: the gig's page with the delivery's code, or the apply address where there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `https:`, `http:` or `mailto:`.
    pub url: String,
    pub code: Option<Code>,
}

/// The network's limit has no room for a title and the link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{network} takes {max} {unit}, and the shortest post for this gig needs {needed}: \
     its link must be shorter (set `public_url`), or this account can't announce it"
)]
pub struct TooSmall {
    pub network: String,
    pub max: u32,
    pub needed: u32,
    pub unit: &'static str,
}

/// More tags look like spam, and some networks treat them so.
const MOST_TAGS: usize = 5;

/// A longer skill is a sentence, a shorter one a riddle.
const TAG_LETTERS: RangeInclusive<usize> = 2..=30;

/// Graphemes of a title, however much the network takes: a longer one is a description.
const TITLE_LETTERS: usize = 250;

/// Graphemes of an address that are shown where the whole stands behind them.
const SHOWN_LINK: usize = 32;

/// Graphemes of a card's title and of its description: what clients show of them.
const CARD_LINE: usize = 200;

pub fn compose(gig: &Gig, link: &Link, profile: &Profile, taxonomy: &Taxonomy) -> Result<Post, TooSmall> {
    let takes = |draft: &Draft<'_>| takes(draft, profile);
    let mut draft = headed(gig, state(gig.status), link, profile, taxonomy)?;
    draft.keep_facts(gig, profile);
    if let Some(name) = organisation(gig) {
        draft.keep_if(|d| d.organisation = name, takes);
    }
    for tag in tags(gig, taxonomy) {
        draft.keep_if(|d| d.tags.push(tag), takes);
    }
    let said = description(gig);
    let body = first_sentences(&said, |body| takes(&Draft { body: clean::defuse(body), ..draft.clone() }));
    draft.body = body.map(|body| clean::defuse(&body)).unwrap_or_default();

    let card = (profile.card == Card::ByUs).then(|| card(gig, link, taxonomy, &said));
    Ok(draft.post(gig, link, card))
}

/// What is replied to a post whose gig has changed since it was told as `before`: short, since the post stands right above it.
pub fn follow_up(
    gig: &Gig,
    before: Status,
    link: &Link,
    profile: &Profile,
    taxonomy: &Taxonomy,
) -> Result<Post, TooSmall> {
    let news = match (gig.status, before) {
        (Status::Open, Status::Open) => Some("Changed"),
        (Status::Open, _) => Some("Open again"),
        (ended, _) => state(ended),
    };
    let mut draft = headed(gig, news, link, profile, taxonomy)?;
    if gig.status == Status::Open {
        draft.keep_facts(gig, profile);
    }
    Ok(draft.post(gig, link, None))
}

/// A draft that holds what must be said, and not a word more.
fn headed<'a>(
    gig: &Gig,
    news: Option<&str>,
    link: &'a Link,
    profile: &Profile,
    taxonomy: &Taxonomy,
) -> Result<Draft<'a>, TooSmall> {
    let draft = Draft::of(link, profile.text.link);
    let headed = |words: &str| Draft { head: opening(news, words), ..draft.clone() };
    let title = title(gig, taxonomy);
    let words = shorten(&title, |words| takes(&headed(words), profile)).unwrap_or_else(|| stand_in(gig, taxonomy));
    let draft = headed(&words);
    if takes(&draft, profile) {
        return Ok(draft);
    }
    Err(TooSmall {
        network: profile.name.clone().into_owned(),
        max: profile.text.max,
        needed: measure(&draft.text(), &profile.text),
        unit: unit_word(profile.text.unit),
    })
}

fn takes(draft: &Draft<'_>, profile: &Profile) -> bool {
    fits(&draft.text(), &profile.text) && letters(&draft.head) <= TITLE_LETTERS
}

fn letters(text: &str) -> usize {
    text.graphemes(true).count()
}

/// What the post will say, field by field.
#[derive(Clone)]
struct Draft<'a> {
    head: String,
    facts: Vec<String>,
    /// Empty where it is not said; so is `body`.
    organisation: String,
    body: String,
    /// What is read of the link, and what it leads to.
    shown: Cow<'a, str>,
    url: &'a str,
    tags: Vec<String>,
}

impl<'a> Draft<'a> {
    fn of(link: &'a Link, cost: LinkCost) -> Self {
        Self {
            head: String::new(),
            facts: Vec::new(),
            organisation: String::new(),
            body: String::new(),
            shown: shown(&link.url, cost),
            url: &link.url,
            tags: Vec::new(),
        }
    }

    fn keep_if(&mut self, change: impl FnOnce(&mut Self), takes: impl Fn(&Self) -> bool) {
        let mut changed = self.clone();
        change(&mut changed);
        if takes(&changed) {
            *self = changed;
        }
    }

    fn keep_facts(&mut self, gig: &Gig, profile: &Profile) {
        for fact in terms::facts(gig) {
            self.keep_if(|draft| draft.facts.push(clean::defuse(&fact)), |draft| takes(draft, profile));
        }
    }

    fn post(&self, gig: &Gig, link: &Link, card: Option<LinkCard>) -> Post {
        let (text, facets) = self.written();
        let language = gig.terms.language.clone();
        Post { text, facets, card, language, link: link.url.clone(), code: link.code.clone() }
    }

    fn text(&self) -> String {
        self.written().0
    }

    fn written(&self) -> (String, Vec<Facet>) {
        let mut text = self.head.clone();
        for (gap, words) in [("\n", &self.facts.join(" · ")), ("\n", &self.organisation), ("\n\n", &self.body)] {
            if !words.is_empty() {
                text.push_str(gap);
                text.push_str(words);
            }
        }
        text.push_str("\n\n");
        let mut facets = vec![append(&mut text, &self.shown, Feature::Link(self.url.to_owned()))];
        for (nth, tag) in self.tags.iter().enumerate() {
            text.push(if nth == 0 { '\n' } else { ' ' });
            facets.push(append(&mut text, &format!("#{tag}"), Feature::Tag(tag.clone())));
        }
        (text, facets)
    }
}

fn append(text: &mut String, words: &str, feature: Feature) -> Facet {
    let offset = |text: &String| u32::try_from(text.len()).unwrap_or(u32::MAX);
    let start = offset(text);
    text.push_str(words);
    Facet { start, end: offset(text), feature }
}

/// What is read of the link. An e-mail address stands without its scheme; behind other words an address is named by its
/// host and the beginning of its path.
fn shown(url: &str, cost: LinkCost) -> Cow<'_, str> {
    if let Some(address) = url.strip_prefix("mailto:") {
        return Cow::Borrowed(address.split('?').next().unwrap_or(address));
    }
    if cost != LinkCost::Hidden {
        return Cow::Borrowed(url);
    }
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let whole = bare.split(['?', '#']).next().unwrap_or(bare).trim_end_matches('/');
    let named = whole.strip_prefix("www.").unwrap_or(whole);
    let host = letters(named.split('/').next().unwrap_or(named));
    if letters(named) <= SHOWN_LINK {
        Cow::Borrowed(named)
    } else if host < SHOWN_LINK {
        let kept: String = named.graphemes(true).take(SHOWN_LINK - 1).collect();
        Cow::Owned(kept.trim_end_matches('/').to_owned() + "…")
    } else {
        // The end of a host says whose it is; a long beginning may pretend.
        let kept: String = named.graphemes(true).take(host).skip(host - (SHOWN_LINK - 2)).collect();
        let labels = kept.split_once('.').map_or(kept.as_str(), |(_, labels)| labels);
        Cow::Owned(format!("…{labels}…"))
    }
}

fn title(gig: &Gig, taxonomy: &Taxonomy) -> String {
    let written = clean::line(&gig.terms.title);
    let words = if written.chars().any(char::is_alphanumeric) { written } else { stand_in(gig, taxonomy) };
    clean::defuse(&words)
}

/// Said in place of a title that is empty, or whose first word alone is longer than the network takes.
fn stand_in(gig: &Gig, taxonomy: &Taxonomy) -> String {
    let category = gig.terms.category.as_deref().and_then(|slug| taxonomy.label(slug));
    category.map_or_else(|| "A gig".to_owned(), |label| format!("A gig: {label}"))
}

/// What stands before the title of a gig in this state.
fn state(status: Status) -> Option<&'static str> {
    match status {
        Status::Open => None,
        Status::Filled => Some("Filled"),
        Status::Expired => Some("Expired"),
        Status::Withdrawn => Some("Withdrawn"),
    }
}

fn opening(news: Option<&str>, title: &str) -> String {
    news.map_or_else(|| title.to_owned(), |news| format!("{news}: {title}"))
}

/// Not said twice where the title already names it.
fn organisation(gig: &Gig) -> Option<String> {
    let name = clean::line(gig.terms.organisation.as_deref()?);
    let named = clean::line(&gig.terms.title).to_lowercase().contains(&name.to_lowercase());
    (!name.is_empty() && !named).then(|| clean::defuse(&name))
}

/// The description without a first sentence that only repeats the title.
fn description(gig: &Gig) -> Vec<Sentence> {
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let mut said = sentences(&gig.terms.description);
    if said.first().is_some_and(|first| bare(&first.text) == bare(&gig.terms.title)) {
        said.remove(0);
        if let Some(first) = said.first_mut() {
            first.gap = "";
        }
    }
    said
}

/// The category's own, then the skills, each once whatever its case. None for a gig that is no longer open.
fn tags(gig: &Gig, taxonomy: &Taxonomy) -> Vec<String> {
    if gig.status != Status::Open {
        return Vec::new();
    }
    let category = gig.terms.category.as_deref().map(|slug| taxonomy.hashtags(slug)).unwrap_or_default();
    let mut tags: Vec<String> = Vec::new();
    for tag in category.iter().cloned().chain(gig.terms.skills.iter().filter_map(|skill| tag(skill))) {
        if tags.len() < MOST_TAGS && !tags.iter().any(|other| other.to_lowercase() == tag.to_lowercase()) {
            tags.push(tag);
        }
    }
    tags
}

/// `motion graphics` becomes `MotionGraphics`: capitals let screen readers find the words. Nothing where letters would be
/// lost on the way (`C++`), or where no network would take it (`2026`).
fn tag(skill: &str) -> Option<String> {
    let skill = clean::line(skill);
    let skill = skill.strip_prefix('#').unwrap_or(&skill);
    let parts = |c: char| matches!(c, ' ' | '-' | '_' | '/' | '.' | '&' | '\'' | '’');
    let whole = skill.chars().all(|c| c.is_alphanumeric() || parts(c));
    let words: String = skill.replace(['\'', '’'], "").split(parts).map(capitalised).collect();
    let fits = TAG_LETTERS.contains(&words.chars().count()) && words.chars().any(char::is_alphabetic);
    (whole && fits).then_some(words)
}

/// `rust` becomes `Rust`; `iOS` and `UX` have capitals of their own.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) if !word.chars().any(char::is_uppercase) => first.to_uppercase().chain(letters).collect(),
        _ => word.to_owned(),
    }
}

/// Nothing parses a card's text, so its signs need no joiner.
fn card(gig: &Gig, link: &Link, taxonomy: &Taxonomy, said: &[Sentence]) -> LinkCard {
    let fits = |line: &str| letters(line) <= CARD_LINE;
    let title = title(gig, taxonomy).replace('\u{2060}', "");
    let mut facts = terms::facts(gig);
    facts.extend(said.first().map(|first| first.text.clone()));
    let description = facts.join(" · ");
    LinkCard {
        url: link.url.clone(),
        title: opening(state(gig.status), &shorten(&title, fits).unwrap_or_else(|| stand_in(gig, taxonomy))),
        description: shorten(&description, fits).unwrap_or_default(),
    }
}
