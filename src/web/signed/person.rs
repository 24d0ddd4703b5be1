//! The page of one person: what others said of them, what they said of others, and, for whoever is signed in, where they stand in one's circle and
//! a word of one's own ([`saying`](super::saying)).
//!
//! A warning is shown to the one who gave it and to the one it is about, and to nobody else: nobody meets a stranger's bad word here.

use super::circle::{Shown, fault};
use super::gigs::form::{self, Group};
use super::saying::{self, Own};
use super::{SignedIn, business, offering, relays};
use crate::clock::Timestamp;
use crate::trust::Party;
use crate::weave::{OnRecord, Piece, Stands, Unanswered};
use crate::web::hiring::{self, HireLine};
use crate::web::page::{self, Frame};
use crate::web::paging::Paging;
use crate::web::people::Face;
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{Moment, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

/// Pieces of each sort on one page, newest first.
const SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "signed/person.html")]
struct Page {
    frame: Frame,
    id: String,
    face: Face,
    /// The accounts that they have linked.
    accounts: Vec<Face>,
    about: Vec<Line>,
    by: Vec<Line>,
    /// What a visitor may say; nothing for strangers and for themselves.
    kinds: Option<Vec<Group>>,
    /// What the visitor has said already, and which of it there is to take back.
    own: Vec<Own>,
    is_taken_back: bool,
    is_own: bool,
    /// What one was hired for, on one's own page.
    hires: Vec<HireLine>,
    /// What they say that they offer, for those who are shown it.
    offering: Vec<(&'static str, String)>,
    /// Where they stand in the visitor's circle.
    place: Option<Shown>,
    /// What is told of those who post gigs.
    business: Option<business::Told>,
    /// How a visitor may relay the gigs of a business.
    relay: Option<relays::Panel>,
    /// Of what others said and what they said themselves.
    paging: Paging,
}

#[derive(Clone)]
struct Line {
    said: String,
    when: Moment,
    source: Option<String>,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match shown(&public, &visitor, signed.as_ref(), &id, query.as_deref()).await {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => nobody(&visitor),
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

pub fn nobody(visitor: &Visitor) -> Response {
    let words = "Nobody is on record at this address, or they do not wish to be listed.";
    page::notice(visitor, StatusCode::NOT_FOUND, "Nobody here", words)
}

async fn shown(
    public: &Public,
    visitor: &Visitor,
    signed: Option<&SignedIn>,
    id: &str,
    query: Option<&str>,
) -> Result<Option<Page>, Unanswered> {
    let Some(party) = Party::parse(id) else { return Ok(None) };
    let Some(OnRecord { who, accounts, about, by }) = public.weave.on_record(party).await? else { return Ok(None) };
    let me = signed.map(|signed| signed.person.id.to_string());
    let (is_own, now) = (me.as_deref() == Some(who.id.as_str()), public.clock.now());
    let mine = |piece: &&Piece| me.as_deref() == Some(piece.by.id.as_str());
    let may_see = |piece: &&Piece| !piece.warns || is_own || mine(piece);
    let seen =
        |pieces: &[Piece]| -> Vec<Line> { pieces.iter().filter(may_see).map(|one| Line::of(one, now)).collect() };
    let (others, theirs) = (seen(&about), seen(&by));
    let paging = Paging::of(query, &format!("/people/{}", who.id), &[others.len(), theirs.len()], SHOWN);
    Ok(Some(Page {
        frame: Frame::new(visitor, who.name.clone()),
        face: Face::from(&who),
        accounts: accounts.iter().map(Face::from).collect(),
        own: match signed.filter(|_| !is_own) {
            Some(signed) => {
                let words = public.weave.words_between(signed.person.id, party).await?;
                words.into_iter().map(|said| Own::of(said, now)).collect()
            }
            None => Vec::new(),
        },
        is_taken_back: saying::has_taken_back(visitor),
        about: paging.rows(&others).to_vec(),
        by: paging.rows(&theirs).to_vec(),
        paging,
        kinds: (me.is_some() && !is_own).then(|| form::kinds(&public.taxonomy, "")),
        is_own,
        hires: match signed.filter(|_| is_own) {
            Some(signed) => hiring::of_person(public, signed.person.id).await?,
            None => Vec::new(),
        },
        offering: match Party::parse(&who.id) {
            Some(party) => offering::stated(public, party, signed).await?,
            None => Vec::new(),
        },
        place: match signed.filter(|_| !is_own) {
            Some(signed) => public.weave.place(signed.person.id, party).await?.map(Shown::of),
            None => None,
        },
        relay: match (signed, Party::parse(&who.id)) {
            (Some(signed), Some(Party::Person(poster))) => relays::panel(public, &signed.person, poster).await?,
            _ => None,
        },
        business: match Party::parse(&who.id) {
            Some(Party::Person(person)) => business::told(public, person, is_own).await?,
            Some(Party::Actor(_)) | None => None,
        },
        id: who.id,
    }))
}

impl Page {
    /// Whether the visitor trusts their word, which is said once.
    fn trusts(&self) -> bool {
        self.own.iter().any(|one| one.undo == Some("no-referrer"))
    }
}

impl Line {
    fn of(piece: &Piece, now: Timestamp) -> Self {
        let source = piece.source.as_deref().and_then(web_address);
        Self { said: piece.said.clone(), when: Moment::new(piece.at, now), source }
    }
}
