//! Who reshared a gig and who vouched for whom under it, as a page may tell it.
//!
//! Whoever does not wish to be listed is counted and never named; a vouch that such a person is part of is counted alike. A page names so
//! many as it may weigh, and leads to those before and behind them. For the picture at most [`READ`] people are read, each is one read of
//! the store.

use super::picture::cascade::{Carrier, Deeds};
use super::vouching::{Vouchable, Vouched};
use super::words::{Moment, count, web_address};
use crate::clock::Timestamp;
use crate::engagement::{Engagement, Vouch};
use crate::gig::Gig;
use crate::id::{ActorId, GigId};
use crate::person::{Actor, Indexing, shown_handle};
use crate::ports::StoreError;
use crate::profile::EngagementKind;
use crate::redact;
use crate::store::Ledger;
use crate::weave::Named;
use std::collections::{BTreeMap, BTreeSet};
use unicode_segmentation::UnicodeSegmentation;

/// People read for the picture and its counts.
const READ: usize = 300;

/// Resharers and vouches on one page: with their links they weigh half a kilobyte each, and a page no more than sixty.
const RESHARERS: usize = 40;
const VOUCHES: usize = 20;

/// Further pages are not looked for; whoever reads the record has all of them.
const PAGES: usize = 1000;

/// So many colours an avatar may have.
const HUES: u8 = 8;

#[derive(Debug, Default)]
pub struct People {
    pub resharers: Vec<Resharer>,
    /// Those who are counted only, in words; empty when there are none.
    pub more_resharers: String,
    pub vouches: Vec<Vouching>,
    pub more_vouches: String,
    pub likes: u32,
    /// Which of the pages of people this is, from 1.
    pub page: usize,
    /// Which of all of them stand on it.
    pub resharers_told: Told,
    pub vouches_told: Told,
    /// Everyone who did something with it, for the picture, in the order in which they came.
    pub carriers: Vec<Carrier>,
    /// Those of them who are counted only.
    pub unnamed: usize,
    /// Whom the poster vouched for under it, for the picture too, as far as they may be named.
    pub by_poster: Vec<(ActorId, Face)>,
    /// What the visitor may vouch for here.
    pub vouching: Option<Vouched>,
}

/// Which part of a list stands on a page: those from `first` to `last`, counted from 1, of `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    page: usize,
    pages: usize,
    first: usize,
    last: usize,
    all: usize,
}

impl Told {
    /// As in `41 to 80 of 120`; empty where all of them stand on one page.
    pub fn said(&self) -> String {
        if self.pages < 2 { String::new() } else { format!("{} to {} of {}", self.first, self.last, self.all) }
    }

    pub fn page_before(&self) -> Option<usize> {
        (self.page > 1).then(|| self.page - 1)
    }

    pub fn page_behind(&self) -> Option<usize> {
        (self.page < self.pages).then(|| self.page + 1)
    }
}

#[derive(Debug, Clone)]
pub struct Face {
    /// Of the actor or person: where their page here is.
    pub id: String,
    pub name: String,
    pub handle: String,
    pub url: Option<String>,
    pub initials: String,
    pub hue: u8,
}

#[derive(Debug)]
pub struct Resharer {
    pub face: Face,
    pub verb: &'static str,
    pub when: Moment,
    pub evidence: Option<String>,
    pub vouch: Vouchable,
}

#[derive(Debug)]
pub struct Vouching {
    pub by: Face,
    pub whom: Face,
    pub when: Moment,
    pub evidence: Option<String>,
    /// For the one who is vouched for.
    pub vouch: Vouchable,
}

/// How many, for a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub resharers: usize,
    pub vouched_for: usize,
}

impl Tally {
    pub async fn of(ledger: &Ledger, gig: &Gig) -> Result<Self, StoreError> {
        let engagements = deeds_of_others(ledger, gig).await?;
        let vouches = ledger.vouches(gig.id).await?;
        let whom: BTreeSet<ActorId> = vouches.iter().filter(|v| v.undone.is_none()).map(|v| v.whom).collect();
        Ok(Self { resharers: reshares(&engagements).len(), vouched_for: whom.len() })
    }
}

impl People {
    /// Those on one page of them, counted from 1; the last where there are fewer.
    pub async fn of(ledger: &Ledger, gig: &Gig, page: usize, now: Timestamp) -> Result<Self, StoreError> {
        let own = ledger.actors_of(gig.poster).await?;
        let engagements = deeds_of_others(ledger, gig).await?;
        let vouches: Vec<Vouch> = ledger.vouches(gig.id).await?.into_iter().filter(|v| v.undone.is_none()).collect();
        let reshares = reshares(&engagements);
        let (told_reshares, resharers_told) = rows(&reshares, page, RESHARERS);
        let (told_vouches, vouches_told) = rows(&vouches, page, VOUCHES);
        let page = resharers_told.page.max(vouches_told.page);
        let here = told_vouches.iter().flat_map(|v| [v.by, v.whom]).chain(told_reshares.iter().map(|deed| deed.actor));
        // A vouch says more than a reshare: where not all can be drawn, its people are.
        let wanted = vouches.iter().flat_map(|v| [v.by, v.whom]).chain(reshares.iter().map(|deed| deed.actor));
        let wanted = wanted.chain(engagements.iter().filter(|deed| carries(deed)).map(|deed| deed.actor));
        let faces = faces(ledger, here.chain(wanted)).await?;
        let mut told =
            Self { likes: likes(ledger, gig.id).await?, page, resharers_told, vouches_told, ..Self::default() };
        let (by_poster, by_others): (Vec<&Vouch>, Vec<&Vouch>) =
            vouches.iter().partition(|vouch| own.contains(&vouch.by));
        (told.carriers, told.unnamed) = carriers(&engagements, &by_others, &faces);
        for vouch in by_poster {
            vouch_for(&mut told.by_poster, vouch.whom, &faces);
        }
        for deed in told_reshares {
            if let Some(face) = faces.get(&deed.actor) {
                told.resharers.push(Resharer {
                    face: face.clone(),
                    verb: if deed.kind == EngagementKind::Quote { "quoted it" } else { "reshared it" },
                    when: Moment::new(deed.at.unwrap_or(deed.first_seen), now),
                    evidence: deed.evidence.as_deref().and_then(web_address),
                    vouch: Vouchable::No,
                });
            }
        }
        for vouch in told_vouches {
            if let (Some(by), Some(whom)) = (faces.get(&vouch.by), faces.get(&vouch.whom)) {
                told.vouches.push(Vouching {
                    by: by.clone(),
                    whom: whom.clone(),
                    when: Moment::new(vouch.said, now),
                    evidence: web_address(&vouch.evidence),
                    vouch: Vouchable::No,
                });
            }
        }
        told.more_resharers = more(told.resharers.len(), told_reshares.len(), "person", "people");
        told.more_vouches = more(told.vouches.len(), told_vouches.len(), "vouch", "vouches");
        Ok(told)
    }
}

/// What a query asks for: which page of the people.
pub fn page_in(query: Option<&str>) -> usize {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == "people").and_then(|(_, page)| page.parse().ok()).unwrap_or(1)
}

/// Those on one page, counted from 1; the last of them where there are fewer, so that the shorter of two lists goes on standing beside the longer.
fn rows<T>(all: &[T], page: usize, on_a_page: usize) -> (&[T], Told) {
    let pages = all.len().div_ceil(on_a_page).clamp(1, PAGES);
    let page = page.clamp(1, pages);
    let rows = all.chunks(on_a_page).nth(page - 1).unwrap_or_default();
    let before = (page - 1) * on_a_page;
    (rows, Told { page, pages, first: before + 1, last: before + rows.len(), all: all.len() })
}

/// Whether somebody did this with the gig themselves, where others see it.
fn carries(deed: &Engagement) -> bool {
    deed.kind != EngagementKind::Like && deed.undone.is_none()
}

/// Everyone who carried a gig on, answered it or vouched under it, each once, by their first deed; then how many of them are not named. A vouch for someone
/// who is not named is left out.
fn carriers(engagements: &[Engagement], vouches: &[&Vouch], faces: &BTreeMap<ActorId, Face>) -> (Vec<Carrier>, usize) {
    let mut deeds: Vec<&Engagement> = engagements.iter().filter(|deed| carries(deed)).collect();
    deeds.sort_by_key(|deed| (deed.at.unwrap_or(deed.first_seen), deed.id));
    let come = deeds.iter().map(|deed| (deed.actor, Some(deed.account)));
    let (mut carriers, mut places) = (Vec::<Carrier>::new(), BTreeMap::new());
    for (actor, account) in come.chain(vouches.iter().map(|vouch| (vouch.by, None))) {
        places.entry(actor).or_insert_with(|| {
            let face = faces.get(&actor)?.clone();
            carriers.push(Carrier { face, account, deeds: Deeds::default(), vouched_for: Vec::new() });
            Some(carriers.len() - 1)
        });
    }
    for deed in deeds {
        if let Some(Some(place)) = places.get(&deed.actor) {
            let done = &mut carriers[*place].deeds;
            match deed.kind {
                EngagementKind::Reshare => done.reshared = true,
                EngagementKind::Quote => done.quoted = true,
                EngagementKind::Reply => done.answered = true,
                EngagementKind::Like => {}
            }
        }
    }
    for vouch in vouches {
        if let Some(Some(place)) = places.get(&vouch.by) {
            vouch_for(&mut carriers[*place].vouched_for, vouch.whom, faces);
        }
    }
    (carriers, places.values().filter(|place| place.is_none()).count())
}

/// Adds somebody to those whom one vouches for: each once, however often it is said, and nobody who is not named.
fn vouch_for(vouched_for: &mut Vec<(ActorId, Face)>, whom: ActorId, faces: &BTreeMap<ActorId, Face>) {
    if let Some(face) = faces.get(&whom)
        && vouched_for.iter().all(|(known, _)| *known != whom)
    {
        vouched_for.push((whom, face.clone()));
    }
}

/// Likes are numbers that the networks keep; each post's is the last one that was read back.
async fn likes(ledger: &Ledger, gig: GigId) -> Result<u32, StoreError> {
    let mut likes = 0u32;
    for announcement in ledger.announcements(gig).await? {
        if let Some(said) = announcement.said
            && let Some(watched) = ledger.watched(said.created_by).await?
        {
            likes = likes.saturating_add(watched.counts.and_then(|counts| counts.likes).unwrap_or(0));
        }
    }
    Ok(likes)
}

/// What is counted and not named.
fn more(named: usize, all: usize, one: &str, many: &str) -> String {
    match (named, all - named) {
        (_, 0) => String::new(),
        (0, rest) => format!("{}, not named here.", count(rest, one, many)),
        (_, rest) => format!("And {} more, not named here.", count(rest, one, many)),
    }
}

/// What others did with a gig; what its poster did with it themselves carries it nowhere.
pub async fn deeds_of_others(ledger: &Ledger, gig: &Gig) -> Result<Vec<Engagement>, StoreError> {
    let own = ledger.actors_of(gig.poster).await?;
    let mut deeds = ledger.engagements(gig.id).await?;
    deeds.retain(|deed| !own.contains(&deed.actor));
    Ok(deeds)
}

/// One deed of each who passed it on, in the order in which they did.
pub fn reshares(engagements: &[Engagement]) -> Vec<&Engagement> {
    let passed_on = |deed: &&Engagement| {
        matches!(deed.kind, EngagementKind::Reshare | EngagementKind::Quote) && deed.undone.is_none()
    };
    let mut deeds: Vec<&Engagement> = engagements.iter().filter(passed_on).collect();
    deeds.sort_by_key(|deed| (deed.at.unwrap_or(deed.first_seen), deed.id));
    let mut seen = BTreeSet::new();
    deeds.retain(|deed| seen.insert(deed.actor));
    deeds
}

/// Those of them who may be named, up to the limit.
pub async fn faces(
    ledger: &Ledger,
    wanted: impl Iterator<Item = ActorId>,
) -> Result<BTreeMap<ActorId, Face>, StoreError> {
    let (mut faces, mut read) = (BTreeMap::new(), BTreeSet::new());
    for id in wanted {
        if read.len() == READ {
            break;
        }
        if read.insert(id)
            && let Some(actor) = ledger.actor(id).await?
            && actor.indexing == Indexing::Allowed
        {
            faces.insert(id, Face::of(&actor));
        }
    }
    Ok(faces)
}

impl Face {
    fn of(actor: &Actor) -> Self {
        let (name, handle) = (redact::name(&actor.name), shown_handle(&redact::name(&actor.handle)));
        let name = if name.is_empty() { handle.clone() } else { name };
        Self {
            id: actor.id.to_string(),
            initials: initials(&name),
            url: actor.url.as_deref().and_then(web_address),
            handle,
            hue: hue_of(actor.id.as_bytes()[0]),
            name,
        }
    }
}

impl From<&Named> for Face {
    fn from(named: &Named) -> Self {
        Self {
            id: named.id.clone(),
            name: named.name.clone(),
            handle: named.handle.clone().unwrap_or_default(),
            url: named.url.as_deref().and_then(web_address),
            initials: initials(&named.name),
            // Letters of an id are as even as its bytes.
            hue: hue_of(named.id.bytes().last().unwrap_or_default()),
        }
    }
}

/// A colour, from one byte of an id.
pub fn hue_of(byte: u8) -> u8 {
    byte % HUES
}

/// Of the first and the last word that begin with a letter or digit; of a name that has none, its first sign.
pub fn initials(name: &str) -> String {
    let firsts: Vec<&str> = name
        .split_whitespace()
        .filter_map(|word| word.graphemes(true).next())
        .filter(|first| first.starts_with(char::is_alphanumeric))
        .collect();
    let chosen = match firsts.as_slice() {
        [] => name.graphemes(true).next().unwrap_or("?").to_owned(),
        [one] => (*one).to_owned(),
        [first, .., last] => format!("{first}{last}"),
    };
    // A grapheme may be as long as its writer likes.
    if chosen.len() > 32 { "?".to_owned() } else { chosen.to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, letters) in
            [("Bo Lindqvist", "BL"), ("ada", "A"), ("Ana (she) de la Cruz", "AC"), ("🎨", "🎨"), ("李 小龙", "李小")]
        {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn pages_follow_each_other_and_end() {
        let all: Vec<usize> = (0..5).collect();
        let shown = |page| rows(&all, page, 2).0;
        assert_eq!((shown(0), shown(1), shown(3), shown(4)), (&[0, 1][..], &[0, 1][..], &[4][..], &[4][..]));
        let told = |page| rows(&all, page, 2).1;
        assert_eq!([told(1).said(), told(2).said(), told(3).said()], ["1 to 2 of 5", "3 to 4 of 5", "5 to 5 of 5"]);
        assert_eq!((told(1).page_before(), told(2).page_before(), told(3).page_behind()), (None, Some(1), None));
        assert_eq!(rows(&all, 1, 5).1.said(), "", "all of them stand there");
        assert_eq!((page_in(None), page_in(Some("v=x&people=7")), page_in(Some("people=-1"))), (1, 7, 1));
    }

    #[test]
    fn whoever_is_not_named_is_counted() {
        assert_eq!(more(3, 3, "person", "people"), "");
        assert_eq!(more(0, 1, "person", "people"), "1 person, not named here.");
        assert_eq!(more(3, 5, "person", "people"), "And 2 people more, not named here.");
    }
}
