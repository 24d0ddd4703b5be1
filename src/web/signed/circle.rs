//! Somebody's circle; and, for those who post gigs, whom it would pick for a kind of work, and why: people in order, each with the path by which word of
//! them comes.

use super::SignedIn;
use super::gigs::form::{self, Group};
use crate::person::{Person, Role};
use crate::ports::StoreError;
use crate::weave::{Carrier, Eyes, Pick, Question, RingTold, StepTold, Unanswered, WhoseCircle};
use crate::web::first::First;
use crate::web::page::{self, Frame, Next};
use crate::web::people::Face;
use crate::web::picture::Drawing;
use crate::web::picture::rings::{self, Ring, Someone};
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{count, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tracing::error;
use url::form_urlencoded;

/// People of each list on one page.
const SHOWN: usize = 20;

/// Further pages are not looked for.
const PAGES: usize = 500;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    category: String,
    #[serde(default)]
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "signed/circle.html")]
struct Page {
    frame: Frame,
    kinds: Vec<Group>,
    /// The kind of work that was asked for, in words; empty for all kinds.
    kind: String,
    /// Nothing while nobody is in the circle.
    rings: Option<Pictured>,
    /// For those who post gigs: the others see who is around them, and no more.
    picked: Option<Picked>,
}

/// Whom the circle would pick, and whom else the poster knows or might.
struct Picked {
    /// With their places in one order of all: whom the circle speaks for, and whom the community alone knows.
    picks: Vec<Shown>,
    around: Vec<Shown>,
    known: Vec<Shown>,
    strangers: Vec<Stranger>,
    /// How many more there are behind those of each list; empty when all are shown.
    more_picks: String,
    more_known: String,
    more_strangers: String,
    /// Which page of all three lists this is, and where others are.
    page: usize,
    before: Option<String>,
    behind: Option<String>,
}

/// The circle, drawn and in words.
pub struct Pictured {
    pub drawing: Drawing,
    pub rows: Vec<Row>,
    /// How many are not named; empty when all are.
    pub more: String,
}

/// One who is drawn.
pub struct Row {
    pub id: String,
    pub name: String,
    pub steps: &'static str,
    /// Empty where whoever speaks for them is not named.
    pub by: String,
}

pub struct Shown {
    /// Where they stand in one order of all.
    place: Option<usize>,
    id: String,
    face: Face,
    pub words: String,
    /// Whether they stand in the colour of trust.
    pub trusted: bool,
    pub vouchers: String,
    pub warnings: String,
    pub paths: Vec<Vec<Step>>,
}

/// One step of a path; `source` is where it is to be read.
pub struct Step {
    pub said: String,
    pub source: Option<String>,
}

struct Stranger {
    id: String,
    face: Face,
    did: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    First(asked): First<Asked>,
) -> Response {
    if !asked.category.is_empty() && public.taxonomy.label(&asked.category).is_none() {
        let words = "There is no such kind of work here. Choose one from the list on the page of your circle.";
        let next = Next::to(&visitor, "Back to your circle", "/circle");
        return page::notice_leading(&visitor, StatusCode::NOT_FOUND, "No such kind of work", words, next);
    }
    match shown(&public, &visitor, &signed.person, asked).await {
        Ok(page) => page::html(StatusCode::OK, &page),
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

/// As a fault of the store: evidence that cannot be woven is one that was written wrongly.
pub fn fault(unanswered: Unanswered) -> StoreError {
    match unanswered {
        Unanswered::Store(fault) => fault,
        Unanswered::Evidence(refused) => {
            error!(event = "trust.refused", "The trust network cannot be woven: {refused}");
            StoreError::Unreadable { key: "evidence".to_owned(), why: refused.to_string() }
        }
    }
}

/// Who offers what is told to those who post gigs and to nobody else, so whom a circle would pick is theirs to ask; everyone sees who is around them.
async fn shown(public: &Public, visitor: &Visitor, person: &Person, asked: Asked) -> Result<Page, Unanswered> {
    let category = Some(asked.category.clone()).filter(|slug| !slug.is_empty());
    let rings = public.weave.rings(person.id, category.as_deref(), rings::MOST, Eyes::Own).await?;
    let (kinds, rings) = (form::kinds(&public.taxonomy, &asked.category), pictured(&rings, None));
    let kind = category.as_deref().and_then(|slug| public.taxonomy.label(slug)).unwrap_or_default().to_owned();
    let title = match person.role {
        Role::Poster => "Who would my circle pick?",
        Role::Freelancer => "Your circle",
    };
    let picked = match person.role {
        Role::Poster => Some(picked(public, visitor, person, category, asked.page.as_deref()).await?),
        Role::Freelancer => None,
    };
    Ok(Page { frame: Frame::new(visitor, title), kinds, kind, rings, picked })
}

async fn picked(
    public: &Public,
    visitor: &Visitor,
    person: &Person,
    category: Option<String>,
    page: Option<&str>,
) -> Result<Picked, Unanswered> {
    let slug: String = form_urlencoded::byte_serialize(category.as_deref().unwrap_or_default().as_bytes()).collect();
    let at = |page: usize| format!("{}/circle?category={slug}&page={page}", visitor.root);
    let question = Question { poster: person.id, category, top: SHOWN, without: None };
    let mut page = page.and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, PAGES);
    let mut circle = public.weave.whom_behind(&question, (page - 1) * SHOWN).await?;
    if page > 1 && longest(&circle) == 0 {
        // Beyond the last page stands the last one.
        page = longest(&public.weave.whom(&question).await?).div_ceil(SHOWN).clamp(1, PAGES);
        circle = public.weave.whom_behind(&question, (page - 1) * SHOWN).await?;
    }
    let is_more = circle.more_picks + circle.more_known + circle.more_strangers > 0;
    let (picks, around): (Vec<_>, Vec<_>) =
        ((page - 1) * SHOWN + 1..).zip(circle.picks).partition(|(_, pick)| pick.is_heard());
    let placed = |picks: Vec<(usize, Pick)>| {
        picks.into_iter().map(|(place, pick)| Shown { place: Some(place), ..Shown::of(pick) }).collect()
    };
    Ok(Picked {
        picks: placed(picks),
        around: placed(around),
        known: circle.known.into_iter().map(Shown::of).collect(),
        strangers: circle.strangers.into_iter().map(Stranger::of).collect(),
        more_picks: and_more(circle.more_picks),
        more_known: and_more(circle.more_known),
        more_strangers: and_more(circle.more_strangers),
        page,
        before: (page > 1).then(|| at(page - 1)),
        behind: (is_more && page < PAGES).then(|| at(page + 1)),
    })
}

/// How many are in the longest of its lists, from where it begins.
fn longest(circle: &WhoseCircle) -> usize {
    let picks = circle.picks.len() + circle.more_picks;
    let known = circle.known.len() + circle.more_known;
    picks.max(known).max(circle.strangers.len() + circle.more_strangers)
}

fn and_more(people: usize) -> String {
    match people {
        0 => String::new(),
        more => format!("And {} more.", count(more, "person", "people")),
    }
}

/// Drawn for the poster themselves, or for others under the poster's name.
pub fn pictured(told: &[RingTold; 3], name: Option<&str>) -> Option<Pictured> {
    let mut rings: [Ring; 3] = Default::default();
    let mut rows = Vec::new();
    let mut before: &[_] = &[];
    let first = if name.is_none() { "you speak for them" } else { "one step away" };
    let steps = [first, "two steps away", "three steps away"];
    for ((ring, told), steps) in rings.iter_mut().zip(told).zip(steps) {
        ring.more = told.more;
        for one in &told.people {
            let by = before.iter().position(|lender: &crate::weave::Ringed| Some(&lender.who.id) == one.by.as_ref());
            let name = by.map(|place| before[place].who.name.clone()).unwrap_or_default();
            rows.push(Row { id: one.who.id.clone(), name: one.who.name.clone(), steps, by: name });
            ring.people.push(Someone { face: Face::from(&one.who), voice: one.voice, by });
        }
        before = &told.people;
    }
    let more: usize = rings.iter().map(|ring| ring.more).sum();
    let more = if more == 0 {
        String::new()
    } else {
        format!("And {} more, not named here.", count(more, "person", "people"))
    };
    let pictured = || Pictured { drawing: rings::drawn(&rings, name), rows, more };
    rings.iter().any(|ring| !ring.is_empty()).then(pictured)
}

impl Shown {
    pub fn of(pick: Pick) -> Self {
        let step = |StepTold { said, source }| Step { said, source: source.as_deref().and_then(web_address) };
        let (speak, warn) = pick.others();
        Self {
            vouchers: said_by(pick.is_own_word, speak, ["speaks for them", "speak for them"]),
            warnings: said_by(pick.is_own_warning, warn, ["warns of them", "warn of them"]),
            face: Face::from(&pick.who),
            place: None,
            id: pick.who.id,
            words: pick.words,
            trusted: pick.trusted,
            paths: pick.paths.into_iter().map(|path| path.steps.into_iter().map(step).collect()).collect(),
        }
    }
}

/// That whoever reads it and so many others in their circle say something, as one says it and as many do.
fn said_by(is_own: bool, others: usize, [one, many]: [&str; 2]) -> String {
    match (is_own, others) {
        (false, 0) => String::new(),
        (true, 0) => format!("You {many}."),
        (false, 1) => format!("One person in your circle {one}."),
        (true, 1) => format!("You and one person in your circle {many}."),
        (false, n) => format!("{n} people in your circle {many}."),
        (true, n) => format!("You and {n} people in your circle {many}."),
    }
}

impl Stranger {
    fn of(carrier: Carrier) -> Self {
        Self { face: Face::from(&carrier.who), id: carrier.who.id, did: carrier.did }
    }
}
