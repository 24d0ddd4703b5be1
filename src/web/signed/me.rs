//! `/me`: what a person offers, and the address of their own feed.
//!
//! The address is shown by the answer that makes it and by no other page, since only its hash is kept.

use super::relays;
use super::rules::{Typed, Wrongs};
use super::settings::Kind;
use super::who::{SignedIn, fresh_token, go};
use crate::community::Community;
use crate::person::Audience;
use crate::ports::StoreError;
use crate::secret::Secret;
use crate::store::{Availability, FeedAddress, Statements};
use crate::weave::Stands;
use crate::web::filled::Filled;
use crate::web::hiring::{self, HireLine};
use crate::web::page::{self, Frame};
use crate::web::visitor::{Look, Visitor};
use crate::web::words::Moment;
use crate::web::{Public, Shared, own_feed};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, http::HeaderValue};
use tracing::info;

#[derive(Template)]
#[template(path = "signed/me.html")]
struct Page {
    frame: Frame,
    person: String,
    kinds: Vec<Kind>,
    typed: Typed,
    wrongs: Wrongs,
    availability: Availability,
    is_saved: bool,
    /// Since when there is a feed.
    feed: Option<Moment>,
    fresh: Option<Fresh>,
    relays: Vec<relays::Line>,
    /// The communities that they are in, and those that they are invited to.
    communities: Vec<Community>,
    inviting: Vec<Community>,
    /// What they are said to be hired for, and have said nothing of.
    hires: Vec<HireLine>,
}

/// Addresses that have just been made.
struct Fresh {
    atom: String,
    json: String,
    opml: String,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&String> {
        self.wrongs.get(field)
    }
}

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/me", get(show).post(save))
        .route("/me/feed", post(make_feed))
        .route("/me/feed/end", post(end_feed))
        .route("/me/feeds.opml", get(opml))
}

pub async fn show(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    shown(&public, &visitor, &signed, None).await
}

async fn shown(public: &Public, visitor: &Visitor, signed: &SignedIn, fresh: Option<&Secret>) -> Response {
    let said = match public.ledger.statements(signed.person.id).await {
        Ok(said) => said.unwrap_or_else(|| Statements::nothing(public.clock.now())),
        Err(fault) => return page::unreadable(visitor, &fault),
    };
    let typed = Typed {
        categories: said.categories,
        languages: said.languages.join(", "),
        places: said.places.join(", "),
        tags: said.skills.join(", "),
        ..Typed::default()
    };
    match page(public, visitor, signed, typed, said.availability).await {
        Ok(mut page) => {
            page.is_saved = visitor.page.ends_with("?saved");
            let at = |token, extension| own_feed::address(public.home.base(), token, extension);
            page.fresh =
                fresh.map(|token| Fresh { atom: at(token, "atom"), json: at(token, "json"), opml: at(token, "opml") });
            page::html(StatusCode::OK, &page)
        }
        Err(fault) => page::unreadable(visitor, &fault),
    }
}

async fn page(
    public: &Public,
    visitor: &Visitor,
    signed: &SignedIn,
    typed: Typed,
    availability: Availability,
) -> Result<Page, StoreError> {
    let feed = public.ledger.feed_of(signed.person.id).await?;
    let mut hires = hiring::of_person(public, signed.person.id).await?;
    hires.retain(|hire| hire.stands == Stands::Said);
    let now = public.clock.now();
    let mut frame = Frame::new(visitor, "You");
    "/me".clone_into(&mut frame.back);
    Ok(Page {
        frame,
        person: signed.person.id.to_string(),
        kinds: Kind::all(&public.taxonomy, &typed.categories),
        typed,
        wrongs: Wrongs::new(),
        availability,
        is_saved: false,
        feed: feed.map(|FeedAddress { made, .. }| Moment::new(made, now)),
        fresh: None,
        relays: relays::of(public, signed.person.id).await?,
        communities: own_feed::communities(&public.ledger, signed.person.id).await?,
        hires,
        inviting: public.ledger.invitations_of(signed.person.id).await?,
    })
}

async fn save(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(pairs): Filled<Vec<(String, String)>>,
) -> Response {
    let chosen = pairs.iter().find(|(name, _)| name == "availability").map_or("", |(_, word)| word.as_str());
    let availability = Availability::ALL.into_iter().find(|one| one.word() == chosen).unwrap_or_default();
    let typed = Typed::sent(pairs);
    let offer = match typed.read_offer(&public.taxonomy) {
        Ok(offer) => offer,
        Err(wrongs) => {
            return match page(&public, &visitor, &signed, typed, availability).await {
                Ok(page) => page::html(StatusCode::UNPROCESSABLE_ENTITY, &Page { wrongs, ..page }),
                Err(fault) => page::unreadable(&visitor, &fault),
            };
        }
    };
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    let Audience { categories, languages, places, tags: skills, .. } = offer;
    let revised = public.clock.now();
    let said = Statements { categories, skills, languages, places, availability, revised };
    if let Err(fault) = public.weave.state(signed.person.id, &said).await {
        return page::unreadable(&visitor, &fault);
    }
    info!(event = "person.stated", person.id = %signed.person.id, "{} said what work they offer", signed.person.name);
    go(&public, "/me?saved")
}

/// Makes a new address, which ends the one there was, and shows it this once.
async fn make_feed(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    let token = match fresh_token() {
        Ok(token) => token,
        Err(fault) => return page::unreadable(&visitor, &fault),
    };
    if let Err(fault) = public.ledger.readdress_feed(signed.person.id, Some(&token), public.clock.now()).await {
        return page::unreadable(&visitor, &fault);
    }
    info!(event = "feed.readdressed", person.id = %signed.person.id, "{} has a new address for their feed", signed.person.name);
    let mut response = shown(&public, &visitor, &signed, Some(&token)).await;
    response.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}

async fn end_feed(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    if let Err(fault) = public.ledger.readdress_feed(signed.person.id, None, public.clock.now()).await {
        return page::unreadable(&visitor, &fault);
    }
    info!(event = "feed.ended", person.id = %signed.person.id, "{} ended the address of their feed", signed.person.name);
    go(&public, "/me")
}

async fn opml(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    match own_feed::opml(&public, public.home.base(), signed.person.id, None).await {
        Ok(list) => list,
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}
