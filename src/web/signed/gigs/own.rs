//! A poster's own gigs: all of them newest first, and one of them with where it stands on each account.

use super::{Place, Stage};
use crate::clock::Timestamp;
use crate::gig::Status;
use crate::id::GigId;
use crate::ports::StoreError;
use crate::store::{GigRecord, Heard};
use crate::web::card::Said;
use crate::web::page::{self, Frame};
use crate::web::people::People;
use crate::web::signed::Poster;
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{Moment, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// Gigs on one page.
const ON_A_PAGE: usize = 24;

/// Beyond this nobody pages; a number in an address may be anything.
const DEEPEST: usize = 100_000;

#[derive(Debug, Deserialize)]
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
    came: Moment,
    openings: Option<u32>,
    paragraphs: Vec<String>,
    places: Vec<Standing>,
    nowhere: &'static str,
    people: People,
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
    Query(asked): Query<Asked>,
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
    let line = |(record, mut places): (GigRecord, Vec<Place>)| {
        places.retain(|place| place.stage != Stage::Later);
        Line {
            id: record.gig.id.to_string(),
            said: Said::of(&record.gig, &person.name, now),
            ribbon: ribbon(record.gig.status),
            is_open: record.gig.status == Status::Open,
            came: Moment::new(record.gig.first_seen, now),
            nowhere: nowhere(&record),
            places,
        }
    };
    Ok(Listed {
        frame: Frame::new(visitor, "Your gigs"),
        lines: records.into_iter().zip(places).map(line).collect(),
        is_first: from == 0,
        older,
    })
}

pub async fn one(State(public): State<Shared>, visitor: Visitor, poster: Poster, Path(id): Path<String>) -> Response {
    let found = match id.parse::<GigId>() {
        Ok(id) => shown(&public, &visitor, &poster, id).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => {
            let words = "None of your gigs stands at this address. Your gigs are all listed at /gigs.";
            page::notice(&visitor, StatusCode::NOT_FOUND, "No such gig of yours", words)
        }
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
    Ok(Some(One {
        frame: Frame::new(visitor, said.title.clone()),
        id: id.to_string(),
        ribbon: ribbon(gig.status),
        is_open: gig.status == Status::Open,
        came: Moment::new(gig.first_seen, now),
        openings: gig.terms.openings.filter(|n| *n > 1),
        paragraphs: crate::web::gig::paragraphs(gig),
        places: places.into_iter().map(|place| Standing::of(place, now)).collect(),
        nowhere: nowhere(record),
        people: People::of(&public.ledger, id, now).await?,
        said,
    }))
}

impl Standing {
    fn of(mut place: Place, now: Timestamp) -> Self {
        place.post = place.post.as_deref().and_then(web_address);
        Self { since: place.since.map(|since| Moment::new(since, now)), place }
    }
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
