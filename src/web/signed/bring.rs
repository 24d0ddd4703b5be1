//! Vouches of elsewhere, brought by whom they are about: the form on `/me/record`, and the button that drops one.

use super::circle::fault;
use super::who::{SignedIn, go};
use crate::credential::WebDid;
use crate::credential::brought::FILE_BYTES;
use crate::store::Import;
use crate::trust::Level;
use crate::weave::{Became, Brought};
use crate::web::page::{self, Next};
use crate::web::visitor::Visitor;
use crate::web::words::{Moment, count, web_address};
use crate::web::{Public, Shared};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use std::collections::BTreeSet;
use tracing::info;

/// In a form, a sign of a file may take three.
const FORM_BYTES: usize = 3 * FILE_BYTES + 1024;
/// So many reasons are told; who brings more mistakes sees the rest after mending these.
const TOLD: usize = 10;

/// A vouch that was brought, as its person sees it.
pub struct Line {
    pub said: String,
    pub until: Moment,
    pub counts: bool,
    /// Who saw it and where, where it is an instance that signed it.
    pub seen: Option<Seen>,
    pub issuer: String,
    pub id: String,
}

pub struct Seen {
    pub by: String,
    pub post: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Typed {
    #[serde(default)]
    vouches: String,
}

#[derive(Debug, Deserialize)]
struct Dropped {
    issuer: String,
    id: String,
}

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/me/bring", post(bring).layer(DefaultBodyLimit::max(FORM_BYTES)))
        .route("/me/bring/drop", post(drop_one))
}

/// What somebody brought. Whether it counts is what the record says: whose word it is may have taken it back.
pub fn lines(public: &Public, imports: &[Import], counting: &BTreeSet<String>) -> Vec<Line> {
    let now = public.clock.now();
    let line = |import: &Import| {
        let kind = public.taxonomy.label(&import.category).unwrap_or(&import.category);
        Line {
            said: format!("{}: {kind}", words(import.level)),
            until: Moment::new(import.until, now),
            counts: counting.contains(&import.source()),
            seen: import.seen.as_ref().map(|sight| Seen::of(&import.issuer, &sight.post)),
            issuer: import.issuer.clone(),
            id: import.id.clone(),
        }
    };
    imports.iter().map(line).collect()
}

impl Seen {
    fn of(issuer: &str, post: &str) -> Self {
        let by = issuer.parse().map_or_else(|_| issuer.to_owned(), |host: WebDid| host.authority());
        Self { by, post: web_address(post) }
    }
}

fn words(level: Level) -> &'static str {
    match level {
        Level::KnowsTheWork => "Knows your work",
        Level::WorkedWith => "Worked with you",
        Level::WouldHireAgain => "Would hire you again",
    }
}

async fn bring(State(public): State<Shared>, visitor: Visitor, signed: SignedIn, Form(typed): Form<Typed>) -> Response {
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    let me = signed.person.id;
    match public.weave.bring(me, typed.vouches.trim().as_bytes(), &public.vouch_keys).await {
        Ok(Ok(all)) => {
            let taken = all.iter().filter(|one| !matches!(one.became, Became::Refused(_))).count();
            info!(event = "vouch.brought", person.id = %me, "{} brought {} of elsewhere; {} taken in", signed.person.name, count(all.len(), "vouch", "vouches"), count(taken, "was", "were"));
            let status = if taken == 0 { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            told(&visitor, status, told_of(&all))
        }
        Ok(Err(refused)) => {
            told(&visitor, StatusCode::UNPROCESSABLE_ENTITY, format!("Nothing was taken in: {refused}."))
        }
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

fn told(visitor: &Visitor, status: StatusCode, words: String) -> Response {
    let next = Next { label: "All that is held about you", address: format!("{}/me/record", visitor.root) };
    page::notice_leading(visitor, status, "Vouches that you brought", words, next)
}

/// In a sentence for each sort, and one for each that was refused.
fn told_of(all: &[Brought]) -> String {
    let of = |became: &Became| all.iter().filter(|one| one.became == *became).count();
    let mut words = format!(
        "{} in what you brought. {} from now on; {} kept until it is known here whose word that is.",
        count(all.len(), "vouch", "vouches"),
        count(of(&Became::Counts), "counts", "count"),
        count(of(&Became::Kept), "is", "are")
    );
    let refused = all.iter().filter_map(|one| match &one.became {
        Became::Refused(why) => Some(format!(" The one at place {} was refused: {why}.", one.at)),
        Became::Counts | Became::Kept => None,
    });
    words.extend(refused.take(TOLD));
    words
}

async fn drop_one(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Form(asked): Form<Dropped>,
) -> Response {
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    let me = signed.person.id;
    match public.weave.drop_import(me, &asked.issuer, &asked.id).await {
        Ok(was_there) => {
            if was_there {
                info!(event = "vouch.dropped", person.id = %me, "{} dropped a vouch that they had brought", signed.person.name);
            }
            go(&public, "/me/record")
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_that_were_refused_the_first_ten_are_told_with_their_place() {
        let refused = (2..=13).map(|at| Brought { at, became: Became::Refused(format!("reason {at}")) });
        let all: Vec<Brought> = [Brought { at: 1, became: Became::Counts }].into_iter().chain(refused).collect();
        let told = told_of(&all);
        assert!(told.starts_with("13 vouches in what you brought. 1 counts from now on; 0 are kept"), "{told}");
        let places: Vec<usize> =
            (1..=13).filter(|at| told.contains(&format!(" The one at place {at} was refused: reason {at}."))).collect();
        assert_eq!(places, (2..12).collect::<Vec<_>>());
    }
}
