//! Somebody's circle; and, for those who post gigs, whom it would pick for a kind of work, and why: people in order, each with the path by which word of
//! them comes.

use super::SignedIn;
use super::gigs::form::{self, Group};
use crate::person::{Person, Role};
use crate::ports::StoreError;
use crate::weave::{Carrier, Pick, Question, RingTold, StepTold, Unanswered};
use crate::web::page::{self, Frame, Next};
use crate::web::people::Face;
use crate::web::picture::Drawing;
use crate::web::picture::rings::{self, Ring, Someone};
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{count, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tracing::error;
use url::form_urlencoded;

/// People of each list on one page.
const SHOWN: usize = 20;

/// Further pages are not looked for.
const PAGES: usize = 500;

#[derive(Debug, Deserialize)]
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
    /// Whether they post gigs: the others see who is around them, and no more.
    may_pick: bool,
    kinds: Vec<Group>,
    /// The kind of work that was asked for, in words; empty for all kinds.
    kind: String,
    /// Nothing while nobody is in the circle.
    rings: Option<Pictured>,
    picks: Vec<Shown>,
    known: Vec<Shown>,
    strangers: Vec<Stranger>,
    /// How many more there are behind those of each list; empty when all are shown.
    more_picks: String,
    more_known: String,
    more_strangers: String,
    /// Which page of all three lists this is, and where others are.
    page: usize,
    /// The number of the first pick on it.
    first: usize,
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
    Query(asked): Query<Asked>,
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
    let rings = public.weave.rings(person.id, category.as_deref(), rings::MOST).await?;
    let (kinds, rings) = (form::kinds(&public.taxonomy, &asked.category), pictured(&rings, None));
    let kind = category.as_deref().and_then(|slug| public.taxonomy.label(slug)).unwrap_or_default().to_owned();
    if person.role == Role::Freelancer {
        return Ok(Page {
            frame: Frame::new(visitor, "Your circle"),
            may_pick: false,
            kinds,
            kind,
            rings,
            picks: Vec::new(),
            known: Vec::new(),
            strangers: Vec::new(),
            more_picks: String::new(),
            more_known: String::new(),
            more_strangers: String::new(),
            page: 1,
            first: 1,
            before: None,
            behind: None,
        });
    }
    let question = Question { poster: person.id, category, top: SHOWN, without: None };
    let page = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, PAGES);
    let skip = (page - 1) * SHOWN;
    let circle = public.weave.whom_behind(&question, skip).await?;
    let slug: String = form_urlencoded::byte_serialize(asked.category.as_bytes()).collect();
    let at = |page: usize| format!("{}/circle?category={slug}&page={page}", visitor.root);
    let is_more = circle.more_picks + circle.more_known + circle.more_strangers > 0;
    Ok(Page {
        frame: Frame::new(visitor, "Who would my circle pick?"),
        may_pick: true,
        kinds,
        kind,
        rings,
        picks: circle.picks.into_iter().map(Shown::of).collect(),
        known: circle.known.into_iter().map(Shown::of).collect(),
        strangers: circle.strangers.into_iter().map(Stranger::of).collect(),
        more_picks: and_more(circle.more_picks),
        more_known: and_more(circle.more_known),
        more_strangers: and_more(circle.more_strangers),
        page,
        first: skip + 1,
        before: (page > 1).then(|| at(page - 1)),
        behind: (is_more && page < PAGES).then(|| at(page + 1)),
    })
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
    let first = if name.is_none() { "you vouch for them" } else { "one step away" };
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
        Self {
            face: Face::from(&pick.who),
            id: pick.who.id,
            words: pick.words,
            trusted: pick.trusted,
            vouchers: match pick.vouchers {
                0 => String::new(),
                1 => "One person in your circle vouches for them.".to_owned(),
                n => format!("{n} people in your circle vouch for them."),
            },
            warnings: match pick.warnings {
                0 => String::new(),
                1 => "One person in your circle warns of them.".to_owned(),
                n => format!("{n} people in your circle warn of them."),
            },
            paths: pick.paths.into_iter().map(|path| path.steps.into_iter().map(step).collect()).collect(),
        }
    }
}

impl Stranger {
    fn of(carrier: Carrier) -> Self {
        Self { face: Face::from(&carrier.who), id: carrier.who.id, did: carrier.did }
    }
}
