//! Changing a gig: the form of `write`, filled in with what the gig says; what each account's post would become; and the saving of it.
//!
//! The form holds the revision that it was filled in from. Where the gig has changed since, nothing is saved and the person looks again:
//! nobody's change is lost to another's.

use super::form::{Fault, Fields};
use super::write::{self, Page, Rehearsed, Typed, frame};
use super::{Preview, no_such};
use crate::clock::Timestamp;
use crate::gig::heard::{Decision, Version};
use crate::gig::{Gig, Revision, Terms};
use crate::id::GigId;
use crate::intake::Decided;
use crate::web::page::{self, Next};
use crate::web::signed::Poster;
use crate::web::visitor::Visitor;
use crate::web::{Public, Shared};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const TITLE: &str = "Change a gig";

/// The form, filled in.
pub async fn show(State(public): State<Shared>, visitor: Visitor, poster: Poster, Path(id): Path<String>) -> Response {
    let gig = match own(&public, &visitor, &poster, &id).await {
        Ok(gig) => gig,
        Err(refused) => return *refused,
    };
    match public.gigs.zone(gig.poster).await {
        Ok(zone) => form(&public, &visitor, &gig, Fields::of(&gig, &zone)).await,
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// The form again, with all that was typed in it.
pub async fn change(
    State(public): State<Shared>,
    visitor: Visitor,
    poster: Poster,
    Path(id): Path<String>,
    typed: Typed,
) -> Response {
    match typed_for(&public, &visitor, &poster, &id, typed).await {
        Ok((gig, fields)) => form(&public, &visitor, &gig, fields).await,
        Err(refused) => *refused,
    }
}

/// What each account's post would become.
pub async fn preview(
    State(public): State<Shared>,
    visitor: Visitor,
    poster: Poster,
    Path(id): Path<String>,
    typed: Typed,
) -> Response {
    let (gig, fields) = match typed_for(&public, &visitor, &poster, &id, typed).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let now = public.clock.now();
    let decided = match read(&public, &gig, &fields, now) {
        Ok(terms) => Decision::Edit(Box::new(terms)).on(&Version::of(&gig), now),
        Err(wrong) => return wrong.on(&public, &visitor, &gig, fields).await,
    };
    let changed = match decided {
        Ok(version) => Gig { revision: gig.revision.next(), ..version.on(&gig) },
        Err(why) => return Wrong::Whole(why).on(&public, &visitor, &gig, fields).await,
    };
    match public.intake.amiss(&changed, Some(&gig.terms)).await {
        Ok(None) => {}
        Ok(Some(why)) => return Wrong::Whole(why.said).on(&public, &visitor, &gig, fields).await,
        Err(fault) => return page::unreadable(&visitor, &fault),
    }
    match public.gigs.rewritten(&changed).await {
        Ok(Preview { gig, says, skips }) => {
            let place = format!("/gigs/{}", gig.id);
            let mut rehearsed = Rehearsed::new(&public, frame(&visitor, TITLE), fields, &gig, says, skips);
            (rehearsed.again, rehearsed.verb) = (format!("{place}/edit"), "Save it");
            rehearsed.frame.back = rehearsed.again.clone();
            rehearsed.place = place;
            page::html(StatusCode::OK, &rehearsed)
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// Writes it down, and leads back to where it stands.
pub async fn save(
    State(public): State<Shared>,
    visitor: Visitor,
    poster: Poster,
    Path(id): Path<String>,
    typed: Typed,
) -> Response {
    let (gig, fields) = match typed_for(&public, &visitor, &poster, &id, typed).await {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    if let Some((said, wait)) = write::unfit(&public) {
        let page = filled(&public, &visitor, &gig, fields, Vec::new(), Some(said)).await;
        return write::wait_with(page, wait);
    }
    let decision = match read(&public, &gig, &fields, public.clock.now()) {
        Ok(terms) => Decision::Edit(Box::new(terms)),
        Err(wrong) => return wrong.on(&public, &visitor, &gig, fields).await,
    };
    match public.intake.decide(gig.id, Some(gig.revision), &decision).await {
        Ok(Decided::Done(gig) | Decided::Same(gig)) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, format!("{}/gigs/{}", visitor.root, gig.id))]).into_response()
        }
        Ok(Decided::Outdated(_)) => outdated(&visitor, gig.id),
        Ok(Decided::Refused(why)) => Wrong::Whole(why.said).on(&public, &visitor, &gig, fields).await,
        Ok(Decided::Unknown) => no_such(&visitor),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// Another's gig is answered like one that is not there.
async fn own(public: &Public, visitor: &Visitor, Poster(person): &Poster, id: &str) -> Result<Gig, Box<Response>> {
    let Ok(id) = id.parse::<GigId>() else { return Err(Box::new(no_such(visitor))) };
    match public.ledger.gig(id).await {
        Ok(Some(record)) if record.gig.poster == person.id => Ok(record.gig),
        Ok(_) => Err(Box::new(no_such(visitor))),
        Err(fault) => Err(Box::new(page::unreadable(visitor, &fault))),
    }
}

/// What was typed, of the gig as it still is.
async fn typed_for(
    public: &Public,
    visitor: &Visitor,
    poster: &Poster,
    id: &str,
    typed: Typed,
) -> Result<(Gig, Fields), Box<Response>> {
    let fields = write::whole(visitor, typed)?;
    let gig = own(public, visitor, poster, id).await?;
    match fields.revision.parse().map(Revision) {
        Ok(read) if read == gig.revision => Ok((gig, fields)),
        Ok(_) | Err(_) => Err(Box::new(outdated(visitor, gig.id))),
    }
}

fn outdated(visitor: &Visitor, gig: GigId) -> Response {
    let words = "The gig has changed since you opened this form, so nothing was saved. Go back, where your browser still has what you \
                 typed, look at the gig as it is now, and change it there.";
    let next = Next::to(visitor, "See the gig as it is now", &format!("/gigs/{gig}"));
    page::notice_leading(visitor, StatusCode::CONFLICT, "Nothing was changed", words, next)
}

/// What keeps it from being saved.
enum Wrong {
    Fields(Vec<Fault>),
    Whole(String),
}

impl Wrong {
    async fn on(self, public: &Public, visitor: &Visitor, gig: &Gig, fields: Fields) -> Response {
        let page = match self {
            Self::Fields(faults) => filled(public, visitor, gig, fields, faults, None).await,
            Self::Whole(why) => {
                let trouble = Some(format!("It cannot be saved like this: {why}."));
                filled(public, visitor, gig, fields, Vec::new(), trouble).await
            }
        };
        page::html(StatusCode::UNPROCESSABLE_ENTITY, &page)
    }
}

/// What the gig would say. A closing day that was not touched stays what it is to the second, be it over or not.
fn read(public: &Public, gig: &Gig, fields: &Fields, now: Timestamp) -> Result<Terms, Wrong> {
    let keeps_day = fields.closes == Fields::of(gig, &fields.zone).closes;
    let mut typed = fields.clone();
    if keeps_day {
        typed.closes.clear();
    }
    let mut sighting = typed.read(&public.taxonomy, now).map_err(Wrong::Fields)?;
    if keeps_day {
        sighting.closes = gig.terms.closes;
    }
    sighting.native.clone_from(&gig.native);
    public.intake.terms_of(&sighting, gig).map_err(|why| Wrong::Whole(why.said))
}

async fn form(public: &Public, visitor: &Visitor, gig: &Gig, fields: Fields) -> Response {
    page::html(StatusCode::OK, &filled(public, visitor, gig, fields, Vec::new(), None).await)
}

async fn filled(
    public: &Public,
    visitor: &Visitor,
    gig: &Gig,
    fields: Fields,
    faults: Vec<Fault>,
    trouble: Option<String>,
) -> Page {
    let mut page = Page::new(public, frame(visitor, TITLE), fields, gig.poster).await;
    (page.faults, page.trouble) = (faults, trouble);
    page.place = format!("/gigs/{}/preview", gig.id);
    page.heading = TITLE;
    page.frame.back = format!("/gigs/{}/edit", gig.id);
    page
}
