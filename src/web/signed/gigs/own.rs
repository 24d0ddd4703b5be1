//! A poster's own gigs: all of them newest first, and one of them with where it stands on each account.

use super::{Place, Stage, no_such};
use crate::clock::Timestamp;
use crate::gig::heard::Decision;
use crate::gig::{Gig, Revision, Status};
use crate::id::GigId;
use crate::intake::Decided;
use crate::plan::rings;
use crate::ports::StoreError;
use crate::store::{GigRecord, Heard, Hiring, Ledger};
use crate::weave::Stands;
use crate::web::card::Said;
use crate::web::filled::Filled;
use crate::web::first::First;
use crate::web::hiring::{self, HireLine};
use crate::web::page::{self, Frame, Next};
use crate::web::people::People;
use crate::web::referred::{self, Referred};
use crate::web::signed::{Poster, fault};
use crate::web::visitor::{Look, Visitor};
use crate::web::vouching::{self, Vouchable};
use crate::web::words::{Moment, clock_time, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// Gigs on one page.
const ON_A_PAGE: usize = 24;

/// Handles suggested where the poster says whom they hired.
const SUGGESTED: usize = 50;

/// Beyond this nobody pages; a number in an address may be anything.
const DEEPEST: usize = 100_000;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    /// How many newer gigs to pass over. Text, so that a mistyped number is the first page and no error.
    from: Option<String>,
}

#[derive(Template)]
#[template(path = "signed/gigs.html")]
struct Listed {
    frame: Frame,
    lines: Vec<Line>,
    is_first: bool,
    older: Option<usize>,
}

/// One gig in the list.
struct Line {
    id: String,
    said: Said,
    ribbon: &'static str,
    is_open: bool,
    came: Moment,
    /// Who goes first, while the others wait.
    ring: Option<String>,
    places: Vec<Place>,
    /// What stands where no account has anything to say of it.
    nowhere: &'static str,
}

#[derive(Template)]
#[template(path = "signed/gigs_one.html")]
struct One {
    frame: Frame,
    id: String,
    said: Said,
    ribbon: &'static str,
    is_open: bool,
    is_urgent: bool,
    /// Who goes first, while the others wait.
    ring: Option<String>,
    revision: u32,
    came: Moment,
    openings: Option<u32>,
    paragraphs: Vec<String>,
    places: Vec<Standing>,
    nowhere: &'static str,
    /// The slug of its kind of work.
    category: Option<String>,
    people: People,
    hires: Vec<HireLine>,
    /// Whether it is asked by itself whom the poster hired: of an open gig for one person, that is said where it is filled.
    asks_whom: bool,
    /// A name that was refused, to be mended.
    whom: String,
    /// Handles of those who carried it, whom a poster may have hired.
    carriers: Vec<String>,
    /// By which ways people came to its page.
    ways: Vec<referred::Way>,
    interests: Vec<(Moment, referred::Told)>,
}

/// A place with its times in words.
struct Standing {
    place: Place,
    since: Option<Moment>,
}

pub async fn list(
    State(public): State<Shared>,
    visitor: Visitor,
    poster: Poster,
    First(asked): First<Asked>,
) -> Response {
    let from = asked.from.as_deref().and_then(|from| from.parse().ok()).unwrap_or(0).min(DEEPEST);
    match listed(&public, &visitor, &poster, from).await {
        Ok(page) => page::html(StatusCode::OK, &page),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn listed(
    public: &Public,
    visitor: &Visitor,
    Poster(person): &Poster,
    from: usize,
) -> Result<Listed, StoreError> {
    let mut records = public.ledger.gigs_of(person.id, from, ON_A_PAGE + 1).await?;
    let older = (records.len() > ON_A_PAGE).then_some(from + ON_A_PAGE);
    records.truncate(ON_A_PAGE);
    let (places, now) = (public.gigs.places(person.id, &records).await?, public.clock.now());
    let mut lines = Vec::new();
    for (record, mut places) in records.into_iter().zip(places) {
        places.retain(|place| place.stage != Stage::Later);
        lines.push(Line {
            id: record.gig.id.to_string(),
            said: Said::of(&record.gig, &person.name, now),
            ribbon: ribbon(record.gig.status),
            is_open: record.gig.status == Status::Open,
            came: Moment::new(record.gig.first_seen, now),
            ring: ring(&public.ledger, &record.gig, now).await?,
            nowhere: nowhere(&record),
            places,
        });
    }
    Ok(Listed { frame: Frame::new(visitor, "Your gigs"), lines, is_first: from == 0, older })
}

pub async fn one(State(public): State<Shared>, visitor: Visitor, poster: Poster, Path(id): Path<String>) -> Response {
    let found = match id.parse::<GigId>() {
        Ok(id) => shown(&public, &visitor, &poster, id).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => no_such(&visitor),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

#[derive(Debug, Deserialize)]
pub struct Typed {
    decision: String,
    /// Which revision the page showed.
    revision: u32,
    /// Whom the poster hired, where they say so.
    #[serde(default)]
    by: String,
}

/// Fills, withdraws or opens a gig again, and leads back to its page.
pub async fn decide(
    State(public): State<Shared>,
    visitor: Visitor,
    Poster(person): Poster,
    Path(id): Path<String>,
    Filled(typed): Filled<Typed>,
) -> Response {
    let back = || Next::with_typed(&visitor, "Back to your gig", &format!("/gigs/{id}"), ("whom", &typed.by), "decide");
    let answer = |status, title: &str, words: &str| page::notice_leading(&visitor, status, title, words, back());
    let none = || no_such(&visitor);
    let decision = match typed.decision.as_str() {
        "fill" => Decision::Fill,
        "withdraw" => Decision::Withdraw,
        "reopen" => Decision::Reopen,
        _ => {
            return answer(
                StatusCode::BAD_REQUEST,
                "Nothing was changed",
                "That is no decision that this page offers.",
            );
        }
    };
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    let Ok(gig_id) = id.parse::<GigId>() else { return none() };
    let gig = match public.ledger.gig(gig_id).await {
        Ok(Some(record)) if record.gig.poster == person.id => record.gig,
        Ok(_) => return none(),
        Err(fault) => return page::unreadable(&visitor, &fault),
    };
    let mut hired = None;
    if matches!(decision, Decision::Fill) && !typed.by.trim().is_empty() {
        hired = match hiring::meant(&public, &gig, &typed.by).await {
            Ok(Ok(whom)) => Some(whom),
            Ok(Err(why)) => {
                return answer(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was changed", &format!("{why}."));
            }
            Err(fault) => return page::unreadable(&visitor, &fault),
        };
    }
    match public.intake.decide(gig_id, Some(Revision(typed.revision)), &decision).await {
        Ok(Decided::Done(gig) | Decided::Same(gig)) => {
            if let Some(whom) = hired {
                match hiring::hire(&public, &gig, whom).await {
                    Ok(Hiring::Denied(_)) => return answer(StatusCode::OK, "It is filled", hiring::DENIED),
                    Ok(_) => {}
                    Err(fault) => return page::unreadable(&visitor, &fault),
                }
            }
            Redirect::to(&format!("{}/gigs/{id}", visitor.root)).into_response()
        }
        Ok(Decided::Outdated(_)) => {
            let words =
                "The gig has changed since you opened its page, so nothing was decided. Look at it as it is now.";
            answer(StatusCode::CONFLICT, "Nothing was changed", words)
        }
        Ok(Decided::Refused(why)) => {
            answer(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was changed", &format!("It cannot be done: {why}."))
        }
        Ok(Decided::Unknown) => none(),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn shown(
    public: &Public,
    visitor: &Visitor,
    Poster(person): &Poster,
    id: GigId,
) -> Result<Option<One>, StoreError> {
    // Another's gig is answered like one that is not there: whose it is, is nobody's business here.
    let Some(record) = public.ledger.gig(id).await?.filter(|record| record.gig.poster == person.id) else {
        return Ok(None);
    };
    let (records, now) = ([record], public.clock.now());
    let places = public.gigs.places(person.id, &records).await?.pop().unwrap_or_default();
    let [record] = &records;
    let gig = &record.gig;
    let said = Said::of(gig, &person.name, now);
    let mut people = People::of(&public.ledger, gig, 1, now).await?;
    vouching::offer(public, visitor, gig, &mut people).await.map_err(fault)?;
    let referred = Referred::of(&public.ledger, id, &public.visits.waiting(id)).await?;
    let mut carriers: Vec<String> = people.carriers.iter().map(|carrier| carrier.face.handle.clone()).collect();
    let vouched_for = people.carriers.iter().flat_map(|carrier| &carrier.vouched_for);
    carriers.extend(vouched_for.map(|(_, face)| face.handle.clone()));
    carriers.sort();
    carriers.dedup();
    carriers.truncate(SUGGESTED);
    Ok(Some(One {
        frame: Frame::new(visitor, said.title.clone()),
        id: id.to_string(),
        ribbon: ribbon(gig.status),
        is_open: gig.status == Status::Open,
        ring: ring(&public.ledger, gig, now).await?,
        is_urgent: gig.terms.urgency.is_urgent() && gig.status == Status::Open,
        revision: gig.revision.0,
        came: Moment::new(gig.first_seen, now),
        openings: gig.terms.openings.filter(|n| *n > 1),
        paragraphs: crate::web::gig::paragraphs(gig),
        places: places.into_iter().map(|place| Standing::of(place, now)).collect(),
        nowhere: nowhere(record),
        category: gig.terms.category.clone().filter(|slug| public.taxonomy.label(slug).is_some()),
        hires: hiring::of_gig(public, gig, true).await?,
        asks_whom: gig.status != Status::Open || gig.terms.openings.is_some_and(|n| n > 1),
        whom: visitor.typed("whom"),
        ways: referred.ways,
        interests: referred.interests.into_iter().map(|told| (Moment::new(told.at.0, now), told)).collect(),
        carriers,
        people,
        said,
    }))
}

impl Standing {
    fn of(mut place: Place, now: Timestamp) -> Self {
        place.post = place.post.as_deref().and_then(web_address);
        Self { since: place.since.map(|since| Moment::new(since, now)), place }
    }
}

async fn ring(ledger: &Ledger, gig: &Gig, now: Timestamp) -> Result<Option<String>, StoreError> {
    let Some(ring) = gig.terms.ring.as_ref().filter(|_| gig.status == Status::Open) else { return Ok(None) };
    let at = ring.widens(gig.first_seen, now);
    if at <= now {
        return Ok(None);
    }
    let community = ledger.first_community(Some(ring)).await?.map(|community| community.name);
    Ok(Some(rings::line(ring, community.as_deref(), &clock_time(at, now))))
}

fn ribbon(status: Status) -> &'static str {
    match status {
        Status::Open => "Open",
        Status::Filled => "Filled",
        Status::Expired => "Expired",
        Status::Withdrawn => "Withdrawn",
    }
}

fn nowhere(record: &GigRecord) -> &'static str {
    match record.heard {
        Heard::Baseline => "It was there when its source was first looked at, so it is not announced.",
        Heard::News => {
            "None of your accounts announces it. Those that you link announce the gigs that come in from then on."
        }
    }
}
