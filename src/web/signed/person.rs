//! The page of one person: what others said of them, what they said of others, and, for whoever is signed in, a word of one's own.
//!
//! A warning is shown to the one who gave it and to the one it is about, and to nobody else: nobody meets a stranger's bad word here.

use super::SignedIn;
use super::circle::fault;
use super::gigs::form::{self, Group};
use super::who::go;
use crate::clock::Timestamp;
use crate::store::Word;
use crate::trust::{Deed, Level, Party};
use crate::weave::{OnRecord, Piece, Stands, Unanswered};
use crate::web::hiring::{self, HireLine};
use crate::web::page::{self, Frame};
use crate::web::people::Face;
use crate::web::visitor::{Look, Visitor};
use crate::web::words::{Moment, web_address};
use crate::web::{Public, Shared};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tracing::info;

/// Pieces shown of each sort, newest first.
const SHOWN: usize = 100;

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
    /// What the visitor has said already.
    own: Vec<Line>,
    is_own: bool,
    /// What one was hired for, on one's own page.
    hires: Vec<HireLine>,
}

struct Line {
    said: String,
    when: Moment,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Typed {
    word: String,
    #[serde(default)]
    category: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: Option<SignedIn>,
    Path(id): Path<String>,
) -> Response {
    match shown(&public, &visitor, signed.as_ref(), &id).await {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => nobody(&visitor),
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

fn nobody(visitor: &Visitor) -> Response {
    let words = "Nobody is on record at this address, or they do not wish to be listed.";
    page::notice(visitor, StatusCode::NOT_FOUND, "Nobody here", words)
}

async fn shown(
    public: &Public,
    visitor: &Visitor,
    signed: Option<&SignedIn>,
    id: &str,
) -> Result<Option<Page>, Unanswered> {
    let Some(party) = Party::parse(id) else { return Ok(None) };
    let Some(OnRecord { who, accounts, about, by }) = public.weave.on_record(party).await? else { return Ok(None) };
    let me = signed.map(|signed| signed.person.id.to_string());
    let (is_own, now) = (me.as_deref() == Some(who.id.as_str()), public.clock.now());
    let mine = |piece: &&Piece| me.as_deref() == Some(piece.by.id.as_str());
    let may_see = |piece: &&Piece| !piece.warns || is_own || mine(piece);
    let lines = |pieces: &[Piece]| pieces.iter().filter(may_see).take(SHOWN).map(|one| Line::of(one, now)).collect();
    Ok(Some(Page {
        frame: Frame::new(visitor, who.name.clone()),
        face: Face::from(&who),
        accounts: accounts.iter().map(Face::from).collect(),
        own: about.iter().filter(mine).map(|one| Line::of(one, now)).collect(),
        about: lines(&about),
        by: lines(&by),
        kinds: (me.is_some() && !is_own).then(|| form::kinds(&public.taxonomy, "")),
        is_own,
        hires: match signed.filter(|_| is_own) {
            Some(signed) => hiring::of_person(public, signed.person.id).await?,
            None => Vec::new(),
        },
        id: who.id,
    }))
}

impl Line {
    fn of(piece: &Piece, now: Timestamp) -> Self {
        let source = piece.source.as_deref().and_then(web_address);
        Self { said: piece.said.clone(), when: Moment::new(piece.at, now), source }
    }
}

/// Takes somebody's word for another, or takes it back.
pub async fn say(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Response {
    let refused = |words: &str| page::notice(&visitor, StatusCode::UNPROCESSABLE_ENTITY, "Nothing was said", words);
    let (deed, takes_back) = match typed.word.as_str() {
        "know" => (Deed::Vouch(Level::KnowsTheWork), false),
        "worked" => (Deed::Vouch(Level::WorkedWith), false),
        "again" => (Deed::Vouch(Level::WouldHireAgain), false),
        "nothing" => (Deed::Vouch(Level::KnowsTheWork), true),
        "referrer" => (Deed::Referrer, false),
        "no-referrer" => (Deed::Referrer, true),
        _ => return refused("That is nothing that this page offers to say."),
    };
    let category = Some(typed.category).filter(|slug| !slug.is_empty() && deed != Deed::Referrer);
    if category.as_deref().is_some_and(|slug| public.taxonomy.label(slug).is_none()) {
        return refused("There is no such kind of work here. Choose one from the list.");
    }
    if matches!(deed, Deed::Vouch(_)) && category.is_none() {
        return refused("A vouch is for a kind of work. Choose one from the list.");
    }
    let Some(about) = Party::parse(&id) else { return nobody(&visitor) };
    let record = match public.weave.on_record(about).await {
        Ok(Some(record)) => record,
        Ok(None) => return nobody(&visitor),
        Err(unanswered) => return page::unreadable(&visitor, &fault(unanswered)),
    };
    let me = &signed.person;
    if record.who.id == me.id.to_string() {
        return refused("That is you. Others vouch for you; a word for oneself counts for nobody.");
    }
    if public.fitness.unfit_until(public.clock.now()).is_some() {
        let words = "Nothing can be written down at the moment. Try again in a few minutes.";
        return page::notice(&visitor, StatusCode::SERVICE_UNAVAILABLE, "Not at the moment", words);
    }
    let source = format!("{}/people/{}", public.home.base(), me.id);
    let word = Word { by: me.id, about, deed, category, at: public.clock.now(), source };
    let said = if takes_back { public.weave.unsay(&word).await.map(drop) } else { public.weave.say(&word).await };
    if let Err(fault) = said {
        return page::unreadable(&visitor, &fault);
    }
    let (name, whom) = (&me.name, &record.who.name);
    match (deed, takes_back) {
        (Deed::Referrer, false) => info!(person.id = %me.id, about = %id, "{name} trusts the word of {whom}"),
        (Deed::Referrer, true) => info!(person.id = %me.id, about = %id, "{name} trusts the word of {whom} no more"),
        (_, false) => info!(person.id = %me.id, about = %id, "{name} vouches for {whom} here"),
        (_, true) => info!(person.id = %me.id, about = %id, "{name} vouches for {whom} here no more"),
    }
    go(&public, &format!("/people/{id}"))
}
