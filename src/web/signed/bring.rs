//! Vouches of elsewhere, brought by whom they are about: the form on `/me/record`, and the button that drops one.

use super::circle::fault;
use super::who::{SignedIn, go};
use crate::credential::WebDid;
use crate::credential::brought::FILE_BYTES;
use crate::ports::StoreError;
use crate::store::Import;
use crate::trust::Level;
use crate::weave::{Became, Brought};
use crate::web::filled::{Filled, at_most};
use crate::web::page::{self, Next};
use crate::web::visitor::Visitor;
use crate::web::words::{Moment, count, web_address};
use crate::web::{Public, Shared};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tracing::info;

/// In a form, a sign of a file may take three.
const FORM_BYTES: usize = 3 * FILE_BYTES + 1024;
/// So many reasons are told; who brings more mistakes sees the rest after mending these.
const TOLD: usize = 10;
/// So many places in the file are named of those that were refused for one reason.
const PLACES: usize = 5;
/// Signs of a key that are shown: enough to tell it from another.
const SIGNS_AS: usize = 18;

/// A vouch that was brought, as its person sees it.
pub struct Line {
    pub said: String,
    pub until: Moment,
    /// What it weighs here, as the end of a sentence.
    pub stands: &'static str,
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
    Router::new().route("/me/bring", post(bring).layer(at_most(FORM_BYTES))).route("/me/bring/drop", post(drop_one))
}

/// What somebody brought. Whether it counts is what the record says: whose word it is may have taken it back.
pub async fn lines(public: &Public, imports: &[Import], counting: &BTreeSet<String>) -> Result<Vec<Line>, StoreError> {
    let (now, mut lines) = (public.clock.now(), Vec::new());
    for import in imports {
        let kind = public.taxonomy.label(&import.category).unwrap_or(&import.category);
        let stands = if counting.contains(&import.source()) {
            "counts"
        } else if public.ledger.is_taken_back(import).await? {
            "taken back by whoever said it"
        } else if import.seen.is_some() {
            "kept; counts while that gigcast is believed here and the author known"
        } else {
            "kept; counts once somebody here is known by that key"
        };
        lines.push(Line {
            said: format!("{} {}: {kind}", whose(public, import).await?, words(import.level)),
            until: Moment::new(import.until, now),
            stands,
            seen: import.seen.as_ref().map(|sight| Seen::of(&import.issuer, &sight.post)),
            issuer: import.issuer.clone(),
            id: import.id.clone(),
        });
    }
    Ok(lines)
}

/// Whose vouch it is, at the beginning of a sentence.
async fn whose(public: &Public, import: &Import) -> Result<String, StoreError> {
    match import.by {
        Some(party) => Ok(capital(&public.weave.called_by(party).await?)),
        None if import.seen.is_some() => Ok("Somebody who is not known here".to_owned()),
        None => {
            let signs: String = import.issuer.chars().take(SIGNS_AS).collect();
            let more = if signs == import.issuer { "" } else { "…" };
            Ok(format!("Somebody who signs as {signs}{more}"))
        }
    }
}

/// The beginning of a sentence; a name begins as it does.
fn capital(called: &str) -> String {
    called.strip_prefix("somebody").map_or_else(|| called.to_owned(), |rest| format!("Somebody{rest}"))
}

impl Seen {
    fn of(issuer: &str, post: &str) -> Self {
        let by = issuer.parse().map_or_else(|_| issuer.to_owned(), |host: WebDid| host.authority());
        Self { by, post: web_address(post) }
    }
}

fn words(level: Level) -> &'static str {
    match level {
        Level::KnowsTheWork => "knows your work",
        Level::WorkedWith => "worked with you",
        Level::WouldHireAgain => "would hire you again",
    }
}

async fn bring(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(typed): Filled<Typed>,
) -> Response {
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

/// In a sentence for each sort, and one for each reason for which some were refused.
fn told_of(all: &[Brought]) -> String {
    let of = |became: &Became| all.iter().filter(|one| one.became == *became).count();
    let mut words = format!(
        "{} in what you brought. {} from now on; {} kept until it is known here whose word that is.",
        count(all.len(), "vouch", "vouches"),
        count(of(&Became::Counts), "counts", "count"),
        count(of(&Became::Kept), "is", "are")
    );
    // In the order of the file, by the first that each reason met.
    let mut refused: Vec<(&str, Vec<usize>)> = Vec::new();
    for one in all {
        let Became::Refused(why) = &one.became else { continue };
        match refused.iter_mut().find(|(known, _)| known == why) {
            Some((_, places)) => places.push(one.at),
            None => refused.push((why, vec![one.at])),
        }
    }
    words.extend(refused.iter().take(TOLD).map(|(why, places)| match places[..] {
        [at] => format!(" The one at place {at} was refused: {why}."),
        _ => format!(" {} were refused, those at places {}: {why}.", places.len(), placed(places)),
    }));
    let more: usize = refused.iter().skip(TOLD).map(|(_, places)| places.len()).sum();
    if more > 0 {
        let were = if more == 1 { "was" } else { "were" };
        let _ = write!(words, " And {more} more {were} refused for other reasons.");
    }
    words
}

/// `2, 3 and 5`, or `2, 3, 4, 5, 6 and 13 more`.
fn placed(places: &[usize]) -> String {
    let mut named: Vec<String> = places.iter().take(PLACES).map(ToString::to_string).collect();
    let last = match places.len() - named.len() {
        0 => named.pop().unwrap_or_default(),
        more => format!("{more} more"),
    };
    format!("{} and {last}", named.join(", "))
}

async fn drop_one(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(asked): Filled<Dropped>,
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

    fn refused(at: usize, why: &str) -> Brought {
        Brought { at, became: Became::Refused(why.to_owned()) }
    }

    #[test]
    fn of_many_reasons_for_a_refusal_ten_are_told_with_their_place_and_the_others_counted() {
        let all: Vec<Brought> = [Brought { at: 1, became: Became::Counts }]
            .into_iter()
            .chain((2..=13).map(|at| refused(at, &format!("reason {at}"))))
            .collect();
        let told = told_of(&all);
        assert!(told.starts_with("13 vouches in what you brought. 1 counts from now on; 0 are kept"), "{told}");
        let places: Vec<usize> =
            (1..=13).filter(|at| told.contains(&format!(" The one at place {at} was refused: reason {at}."))).collect();
        assert_eq!(places, (2..12).collect::<Vec<_>>());
        assert!(told.ends_with(" And 2 more were refused for other reasons."), "{told}");
    }

    #[test]
    fn those_that_were_refused_for_one_reason_are_told_together() {
        let all: Vec<Brought> = (1..=18).map(|at| refused(at, "it is about somebody else")).collect();
        let told = told_of(&all);
        assert_eq!(told.matches("somebody else").count(), 1, "{told}");
        let end = " 18 were refused, those at places 1, 2, 3, 4, 5 and 13 more: it is about somebody else.";
        assert!(told.ends_with(end), "{told}");
        let three = [refused(1, "it ended"), refused(4, "it ended"), refused(6, "it ended")];
        assert!(told_of(&three).ends_with(" 3 were refused, those at places 1, 4 and 6: it ended."));
    }
}
