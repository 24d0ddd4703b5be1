//! Writing a gig: the form, how it will look, and the posting of it.

use super::form::{self, Choice, Fault, Fields, Group};
use super::{Preview, Says, Skips};
use crate::gig::Gig;
use crate::id::PersonId;
use crate::intake::{Origin, REMOVED, Taken};
use crate::ports::StoreError;
use crate::store::Heard;
use crate::web::card::Said;
use crate::web::page::{self, Frame};
use crate::web::signed::Poster;
use crate::web::visitor::{Look, Visitor};
use crate::web::words::Moment;
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;
use tracing::error;

pub(super) type Typed = Result<Form<Fields>, FormRejection>;

#[derive(Template)]
#[template(path = "signed/gigs_new.html")]
pub(super) struct Page {
    pub frame: Frame,
    pub heading: &'static str,
    /// Where the form goes.
    pub place: String,
    fields: Fields,
    pub faults: Vec<Fault>,
    /// Why it cannot be posted now, though nothing is wrong with it.
    pub trouble: Option<String>,
    kinds: Vec<Group>,
    ways_to_pay: Vec<Choice>,
    currencies: Vec<Choice>,
    units: Vec<Choice>,
    languages: Vec<Choice>,
    firsts: Vec<Choice>,
    today: String,
}

impl Page {
    pub(super) async fn new(public: &Public, frame: Frame, fields: Fields, poster: PersonId) -> Self {
        Self {
            firsts: form::firsts(&public.ledger, poster).await,
            heading: "Write a gig",
            place: "/gigs/preview".to_owned(),
            faults: Vec::new(),
            trouble: None,
            kinds: form::kinds(&public.taxonomy, &fields.category),
            ways_to_pay: form::ways_to_pay(&fields.pay),
            currencies: form::currencies(&fields.currency),
            units: form::units(&fields.per),
            languages: form::languages(&fields.language),
            today: fields.today(public.clock.now()),
            fields,
            frame,
        }
    }

    /// What is wrong with an input, to be said beside it.
    fn fault(&self, field: &str) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.field == field)
    }
}

#[derive(Template)]
#[template(path = "signed/gigs_preview.html")]
pub(super) struct Rehearsed {
    pub frame: Frame,
    /// Where the form goes, and where it is typed in again.
    pub place: String,
    pub again: String,
    /// On the button.
    pub verb: &'static str,
    fields: Fields,
    trouble: Option<String>,
    said: Said,
    apply: String,
    closes: Option<Moment>,
    paragraphs: Vec<String>,
    says: Vec<Says>,
    skips: Vec<Skips>,
}

impl Rehearsed {
    pub(super) fn new(
        public: &Public,
        frame: Frame,
        fields: Fields,
        gig: &Gig,
        says: Vec<Says>,
        skips: Vec<Skips>,
    ) -> Self {
        let now = public.clock.now();
        Self {
            frame,
            place: "/gigs".to_owned(),
            again: "/gigs/new".to_owned(),
            verb: "Post it",
            trouble: unfit(public).map(|(said, _)| said),
            said: Said::of(gig, &fields.organisation, now),
            apply: gig.terms.apply_url.trim_start_matches("mailto:").to_owned(),
            closes: gig.terms.closes.and_then(|at| Moment::closing(at, now)),
            paragraphs: crate::web::gig::paragraphs(gig),
            fields,
            says,
            skips,
        }
    }
}

/// A form to type in.
pub async fn blank(State(public): State<Shared>, visitor: Visitor, Poster(person): Poster) -> Response {
    let zone = match public.gigs.zone(person.id).await {
        Ok(zone) => zone,
        Err(fault) => return page::unreadable(&visitor, &fault),
    };
    let Ok(fields) = Fields::blank(&person.name, &zone) else {
        let words =
            "The system gave no random bytes, so this form could not be told from another. Try again in a minute.";
        return page::not_now(&visitor, words);
    };
    let trouble = unfit(&public).map(|(said, _)| said);
    let page = Page::new(&public, frame(&visitor, "Write a gig"), fields, person.id).await;
    page::html(StatusCode::OK, &Page { trouble, ..page })
}

/// The form again, with all that was typed in it.
pub async fn change(State(public): State<Shared>, visitor: Visitor, Poster(person): Poster, typed: Typed) -> Response {
    match whole(&visitor, typed) {
        Ok(fields) => {
            let page = Page::new(&public, frame(&visitor, "Write a gig"), fields, person.id).await;
            page::html(StatusCode::OK, &page)
        }
        Err(refused) => *refused,
    }
}

/// What each account would say of it.
pub async fn preview(State(public): State<Shared>, visitor: Visitor, Poster(person): Poster, typed: Typed) -> Response {
    let fields = match whole(&visitor, typed) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    let now = public.clock.now();
    let sighting = match fields.read(&public.taxonomy, now) {
        Ok(sighting) => sighting,
        Err(faults) => return Again::of(&public, &visitor, person.id, fields).faulty(faults).await,
    };
    let Preview { gig, says, skips } = match public.gigs.preview(person.id, &sighting).await {
        Ok(Ok(preview)) => preview,
        Ok(Err(why)) => return Again::of(&public, &visitor, person.id, fields).refused(why).await,
        Err(fault) => return Again::of(&public, &visitor, person.id, fields).unwritten(&fault).await,
    };
    let mut rehearsed = Rehearsed::new(&public, frame(&visitor, "How it will look"), fields, &gig, says, skips);
    rehearsed.said = Said::of(&gig, &person.name, now);
    page::html(StatusCode::OK, &rehearsed)
}

/// Takes it in, and leads to where it stands. Twice the same is once.
pub async fn post(State(public): State<Shared>, visitor: Visitor, Poster(person): Poster, typed: Typed) -> Response {
    let fields = match whole(&visitor, typed) {
        Ok(fields) => fields,
        Err(refused) => return *refused,
    };
    if let Some((said, wait)) = unfit(&public) {
        return Again::of(&public, &visitor, person.id, fields).later(said, wait).await;
    }
    let sighting = match fields.read(&public.taxonomy, public.clock.now()) {
        Ok(sighting) => sighting,
        Err(faults) => return Again::of(&public, &visitor, person.id, fields).faulty(faults).await,
    };
    match taken_in(&public, person.id, &sighting).await {
        Ok(Taken::New(gig) | Taken::Revised(gig) | Taken::Same(gig)) => {
            let place = format!("{}/gigs/{}", visitor.root, gig.id);
            (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
        }
        Ok(Taken::Refused(why)) => Again::of(&public, &visitor, person.id, fields).refused(why.said).await,
        Ok(Taken::Removed(_)) => Again::of(&public, &visitor, person.id, fields).refused(REMOVED.to_owned()).await,
        Err(fault) => Again::of(&public, &visitor, person.id, fields).unwritten(&fault).await,
    }
}

async fn taken_in(public: &Public, poster: PersonId, sighting: &crate::gig::Sighting) -> Result<Taken, StoreError> {
    let taken = public.intake.take(sighting, &Origin::by_hand(poster), Heard::News).await?;
    if matches!(taken, Taken::Same(_)) {
        // This was read, not written: the first of two clicks may still be waiting for the disk.
        public.ledger.barrier().await?;
    }
    Ok(taken)
}

pub(super) fn frame(visitor: &Visitor, title: &str) -> Frame {
    let mut frame = Frame::new(visitor, title);
    // These pages answer to a form: they cannot be gone back to by their address.
    "/gigs/new".clone_into(&mut frame.back);
    frame
}

/// What a form of ours sent; anything else is told so on a page.
pub(super) fn whole(visitor: &Visitor, typed: Typed) -> Result<Fields, Box<Response>> {
    let (status, words) = match typed {
        Ok(Form(fields)) if fields.is_whole() => return Ok(fields),
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "This gig is longer than any that is kept. Go back, where your browser still has what you typed, and shorten it.",
        ),
        Ok(_) | Err(_) => (
            StatusCode::BAD_REQUEST,
            "This did not come whole from the form for gigs. Go back, where your browser may still have what you typed, and \
             send it once more.",
        ),
    };
    Err(Box::new(page::notice(visitor, status, "This could not be read", words)))
}

/// The form once more, with all that was typed in it.
struct Again<'a> {
    public: &'a Public,
    visitor: &'a Visitor,
    poster: PersonId,
    fields: Fields,
}

impl<'a> Again<'a> {
    fn of(public: &'a Public, visitor: &'a Visitor, poster: PersonId, fields: Fields) -> Self {
        Self { public, visitor, poster, fields }
    }

    async fn page(self) -> Page {
        Page::new(self.public, frame(self.visitor, "Write a gig"), self.fields, self.poster).await
    }

    async fn faulty(self, faults: Vec<Fault>) -> Response {
        page::html(StatusCode::UNPROCESSABLE_ENTITY, &Page { faults, ..self.page().await })
    }

    async fn refused(self, why: String) -> Response {
        let trouble = Some(format!("It cannot be posted like this: {why}."));
        page::html(StatusCode::UNPROCESSABLE_ENTITY, &Page { trouble, ..self.page().await })
    }

    async fn unwritten(self, fault: &StoreError) -> Response {
        error!(event = "store.failed", "A gig could not be taken in from its form, since the store failed: {fault}");
        let said = "It cannot be written down at the moment. What you typed is kept here: post it again in a minute; should the \
                    first try have arrived after all, it stays one gig.";
        self.later(said.to_owned(), Duration::from_mins(1)).await
    }

    async fn later(self, said: String, wait: Duration) -> Response {
        wait_with(Page { trouble: Some(said), ..self.page().await }, wait)
    }
}

/// Why nothing is taken in, and for how long at least; nothing when all is well.
pub(super) fn unfit(public: &Public) -> Option<(String, Duration)> {
    let now = public.clock.now();
    let until = public.fitness.unfit_until(now)?;
    let said = "The disk of this gigcast is nearly full, so no gig is taken in until there is room. What you typed is kept \
                here: post it later from this page.";
    Some((said.to_owned(), until.since(now)))
}

/// The form, for later.
pub(super) fn wait_with(page: Page, wait: Duration) -> Response {
    let mut response = page::html(StatusCode::SERVICE_UNAVAILABLE, &page);
    let seconds = HeaderValue::from(wait.as_secs().clamp(1, 3600));
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}
