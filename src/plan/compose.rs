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
//!
//! An operator's [`Template`] changes only how the fields are put together. Which of them are there is found out in the same way, so that it
//! fits every network, too; should it not do so even with title and link alone, the post is put together as above.

use super::cut::{Sentence, first_sentences, sentences, shorten};
use super::labels::Labels;
use super::length::{fits, measure, unit_word};
use super::manner::Manner;
use super::taxonomy::Taxonomy;
use super::template::{Said, Template};
use super::{clean, reword, terms};
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

pub fn compose(gig: &Gig, link: &Link, profile: &Profile, manner: &Manner<'_>) -> Result<Post, TooSmall> {
    let shaped = manner.template.and_then(|template| {
        let (shaped, head) = shaped(gig, link, profile, manner, Some(template)).ok()?;
        // Its checks at load let none through that loses the link or the title, but by what a field says. Should one slip by, the post must not suffer.
        let has_link = shaped.facets.iter().any(|facet| matches!(facet.feature, Feature::Link(_)));
        (has_link && shaped.text.contains(&head)).then_some(shaped)
    });
    shaped.map_or_else(|| Ok(self::shaped(gig, link, profile, manner, None)?.0), Ok)
}

/// The post, and the words of its first line.
fn shaped(
    gig: &Gig,
    link: &Link,
    profile: &Profile,
    manner: &Manner<'_>,
    template: Option<&Template>,
) -> Result<(Post, String), TooSmall> {
    let taxonomy = manner.taxonomy;
    let takes = |draft: &Draft<'_>| takes(draft, profile);
    let draft = Draft { template, ..Draft::of(link, profile.text.link) };
    let mut draft = headed(draft, gig, state(gig.status, manner.labels), profile, manner)?;
    draft.keep_facts(gig, profile, manner);
    if let Some(name) = organisation(gig) {
        draft.keep_if(|d| d.organisation = name, takes);
    }
    for tag in tags(gig, taxonomy) {
        draft.keep_if(|d| d.tags.push(tag), takes);
    }
    let said = description(gig);
    let body = first_sentences(&said, |body| takes(&Draft { body: clean::defuse(body), ..draft.clone() }));
    draft.body = body.map(|body| clean::defuse(&body)).unwrap_or_default();

    let card = (profile.card == Card::ByUs).then(|| card(gig, link, manner, &said));
    Ok((draft.post(gig, link, profile.text.link, card), draft.head))
}

/// What is replied to a post whose gig has changed since it was told as `before`: short, since the post stands right above it.
pub fn follow_up(
    gig: &Gig,
    before: Status,
    link: &Link,
    profile: &Profile,
    manner: &Manner<'_>,
) -> Result<Post, TooSmall> {
    let news = match (gig.status, before) {
        (Status::Open, Status::Open) => Some(manner.labels.changed.as_str()),
        (Status::Open, _) => Some(manner.labels.reopened.as_str()),
        (ended, _) => state(ended, manner.labels),
    };
    let mut draft = headed(Draft::of(link, profile.text.link), gig, news, profile, manner)?;
    if gig.status == Status::Open {
        draft.keep_facts(gig, profile, manner);
    }
    Ok(draft.post(gig, link, profile.text.link, None))
}

/// The draft with what must be said, and not a word more.
fn headed<'a>(
    draft: Draft<'a>,
    gig: &Gig,
    news: Option<&str>,
    profile: &Profile,
    manner: &Manner<'_>,
) -> Result<Draft<'a>, TooSmall> {
    let headed = |words: &str| Draft { head: opening(news, words, manner.labels), ..draft.clone() };
    let title = title(gig, manner);
    let words = shorten(&title, |words| takes(&headed(words), profile)).unwrap_or_else(|| stand_in(gig, manner));
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
    /// Pay, place, closing day; empty where it is not said, as all that follows.
    facts: [String; 3],
    organisation: String,
    body: String,
    /// What is read of the link, and what it leads to.
    shown: Cow<'a, str>,
    url: &'a str,
    tags: Vec<String>,
    template: Option<&'a Template>,
}

impl<'a> Draft<'a> {
    fn of(link: &'a Link, cost: LinkCost) -> Self {
        Self {
            head: String::new(),
            facts: Default::default(),
            organisation: String::new(),
            body: String::new(),
            shown: shown(&link.url, cost),
            url: &link.url,
            tags: Vec::new(),
            template: None,
        }
    }

    fn keep_if(&mut self, change: impl FnOnce(&mut Self), takes: impl Fn(&Self) -> bool) {
        let mut changed = self.clone();
        change(&mut changed);
        if takes(&changed) {
            *self = changed;
        }
    }

    fn keep_facts(&mut self, gig: &Gig, profile: &Profile, manner: &Manner<'_>) {
        for (nth, fact) in terms::facts(gig, manner.labels, &manner.zone).into_iter().enumerate() {
            if let Some(fact) = fact {
                self.keep_if(|draft| draft.facts[nth] = clean::defuse(&fact), |draft| takes(draft, profile));
            }
        }
    }

    fn post(&self, gig: &Gig, link: &Link, cost: LinkCost, card: Option<LinkCard>) -> Post {
        let (text, facets) = if self.template.is_none() {
            self.written()
        } else {
            let text = self.text();
            let facets = reword::facets(&text, self.url, &self.shown, cost);
            (text, facets)
        };
        let language = gig.terms.language.clone();
        Post { text, facets, card, language, link: link.url.clone(), code: link.code.clone() }
    }

    fn text(&self) -> String {
        match self.template {
            None => self.written().0,
            Some(template) => self.shaped(template),
        }
    }

    fn line_of_facts(&self) -> String {
        let said: Vec<&str> = self.facts.iter().map(String::as_str).filter(|fact| !fact.is_empty()).collect();
        said.join(" · ")
    }

    fn shaped(&self, template: &Template) -> String {
        let [pay, place, closes] = &self.facts;
        template.render(&Said {
            title: &self.head,
            facts: &self.line_of_facts(),
            pay,
            place,
            closes,
            organisation: &self.organisation,
            description: &self.body,
            tags: &self.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" "),
            link: &self.shown,
        })
    }

    fn written(&self) -> (String, Vec<Facet>) {
        let mut text = self.head.clone();
        for (gap, words) in [("\n", &self.line_of_facts()), ("\n", &self.organisation), ("\n\n", &self.body)] {
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

fn title(gig: &Gig, manner: &Manner<'_>) -> String {
    let written = clean::line(&gig.terms.title);
    let words = if written.chars().any(char::is_alphanumeric) { written } else { stand_in(gig, manner) };
    clean::defuse(&words)
}

/// Said in place of a title that is empty, or whose first word alone is longer than the network takes.
fn stand_in(gig: &Gig, manner: &Manner<'_>) -> String {
    let category = gig.terms.category.as_deref().and_then(|slug| manner.taxonomy.label(slug));
    let gig = &manner.labels.gig;
    category.map_or_else(|| gig.clone(), |label| manner.labels.opening(gig, label))
}

/// What stands before the title of a gig in this state.
fn state(status: Status, labels: &Labels) -> Option<&str> {
    match status {
        Status::Open => None,
        Status::Filled => Some(&labels.filled),
        Status::Expired => Some(&labels.expired),
        Status::Withdrawn => Some(&labels.withdrawn),
    }
}

fn opening(news: Option<&str>, title: &str, labels: &Labels) -> String {
    news.map_or_else(|| title.to_owned(), |news| labels.opening(news, title))
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
fn card(gig: &Gig, link: &Link, manner: &Manner<'_>, said: &[Sentence]) -> LinkCard {
    let fits = |line: &str| letters(line) <= CARD_LINE;
    let title = title(gig, manner).replace('\u{2060}', "");
    let facts = terms::facts(gig, manner.labels, &manner.zone).into_iter().flatten();
    let facts: Vec<String> = facts.chain(said.first().map(|first| first.text.clone())).collect();
    let description = facts.join(" · ");
    let words = shorten(&title, fits).unwrap_or_else(|| stand_in(gig, manner));
    LinkCard {
        url: link.url.clone(),
        title: opening(state(gig.status, manner.labels), &words, manner.labels),
        description: shorten(&description, fits).unwrap_or_default(),
    }
}
