//! Two people about one hire: the poster says whom they hired and takes it back; the one who was hired says whether it is so.

use super::who::go;
use super::{Poster, SignedIn, gigs};
use crate::id::GigId;
use crate::store::{HireAnswer, Hiring};
use crate::trust::Party;
use crate::web::filled::Filled;
use crate::web::page::Next;
use crate::web::visitor::Visitor;
use crate::web::{Shared, hiring, page};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tracing::info;

#[derive(Debug, Deserialize)]
pub struct Claimed {
    word: String,
    /// A handle, a name or an id.
    whom: String,
}

/// `hire` or `take-back`, of the poster of this gig.
pub async fn claim(
    State(public): State<Shared>,
    visitor: Visitor,
    Poster(person): Poster,
    Path(id): Path<String>,
    Filled(typed): Filled<Claimed>,
) -> Response {
    let back = || {
        let typed = if typed.word == "hire" { typed.whom.as_str() } else { "" };
        Next::with_typed(&visitor, "Back to your gig", &format!("/gigs/{id}"), ("whom", typed), "work")
    };
    let refused = |words: &str| page::refused(&visitor, "Nothing was said", words, back());
    let none = || gigs::no_such(&visitor);
    let Ok(gig_id) = id.parse::<GigId>() else { return none() };
    let gig = match public.ledger.gig(gig_id).await {
        Ok(Some(record)) if record.gig.poster == person.id => record.gig,
        Ok(_) => return none(),
        Err(fault) => return page::unreadable(&visitor, &fault),
    };
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    let takes_back = match typed.word.as_str() {
        "hire" => false,
        "take-back" => true,
        _ => return refused("That is nothing that this page offers to say."),
    };
    let done = if takes_back {
        let Some(whom) = Party::parse(&typed.whom) else { return refused("Nobody is on record as hired by that id.") };
        public.weave.unhire(gig_id, whom).await
    } else {
        match hiring::meant(&public, &gig, &typed.whom).await {
            Ok(Ok(whom)) => hiring::hire(&public, &gig, whom).await,
            Ok(Err(why)) => return refused(&format!("{why}.")),
            Err(fault) => return page::unreadable(&visitor, &fault),
        }
    };
    match done {
        Ok(Hiring::Denied(_)) => return refused(hiring::DENIED),
        Ok(Hiring::Unknown) => return refused("Nobody is on record as hired by that id."),
        Ok(Hiring::Same(_)) => {}
        Ok(Hiring::Done(hire)) => {
            let does = if takes_back { "takes back that they hired" } else { "says that they hired" };
            info!(event = "hire.said", gig.id = %gig_id, person.id = %person.id, about = %hire.whom, "{} {does} {} for {id}", person.name, hire.whom);
        }
        Err(fault) => return page::unreadable(&visitor, &fault),
    }
    go(&public, &format!("/gigs/{id}"))
}

#[derive(Debug, Deserialize)]
pub struct Answered {
    word: String,
    /// As whom they were hired: the person or one of their accounts.
    whom: String,
}

/// `confirm`, `deny` or `nothing`, of the one who was hired.
pub async fn answer(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    Filled(typed): Filled<Answered>,
) -> Response {
    let back = || Next::to(&visitor, "Back to your page", &format!("/people/{}#work", signed.person.id));
    let refused = |words: &str| page::refused(&visitor, "Nothing was said", words, back());
    let nothing = || {
        let words = "Nobody says that you were hired for this. Your own page lists what you were hired for.";
        page::notice_leading(&visitor, StatusCode::NOT_FOUND, "No such work of yours", words, back())
    };
    let (Ok(id), Some(whom)) = (id.parse::<GigId>(), Party::parse(&typed.whom)) else { return nothing() };
    let me = &signed.person;
    match public.weave.is_theirs(whom, me.id).await {
        Ok(true) => {}
        Ok(false) => return nothing(),
        Err(fault) => return page::unreadable(&visitor, &fault),
    }
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    let now = public.clock.now();
    let (answer, does) = match typed.word.as_str() {
        "confirm" => (HireAnswer::Confirmed(now), "confirms to have been hired"),
        "deny" => (HireAnswer::Denied(now), "denies to have been hired"),
        "nothing" => (HireAnswer::Open, "says nothing any more of having been hired"),
        _ => return refused("That is nothing that this page offers to say."),
    };
    match public.weave.answer_hire(id, whom, answer).await {
        Ok(Hiring::Done(_)) => {
            info!(event = "hire.said", gig.id = %id, person.id = %me.id, "{} {does} for {id}", me.name);
        }
        Ok(Hiring::Same(_) | Hiring::Denied(_)) => {}
        Ok(Hiring::Unknown) => return nothing(),
        Err(fault) => return page::unreadable(&visitor, &fault),
    }
    go(&public, &format!("/people/{}#work", me.id))
}
