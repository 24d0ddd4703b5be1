//! `/forget`: for whoever is on record and does not want to sign in. A code that they post in public shows that the account is theirs; then they see
//! what is held about it, and may have it taken away.
//!
//! The code counts for the browser that it was given to, and for an hour: whoever reads the post can do nothing with it.

use super::cookie::Cookie;
use super::posters::Offer;
use super::record::{self, Sure};
use super::who::{fresh_token, go};
use crate::failure::{Failure, Why};
use crate::store::{NotForgotten, Proof};
use crate::trust::Party;
use crate::web::filled::Filled;
use crate::web::page::{self, Frame, Next};
use crate::web::visitor::{Look, Visitor};
use crate::web::{Public, Shared};
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use std::time::Duration;
use tracing::info;

/// How long a code and what it showed count.
const HOLDS: Duration = Duration::from_hours(1);
/// Letters and digits of a code.
const CODE_CHARS: usize = 16;
const HANDLE_CHARS: usize = 256;
/// So long the account is looked at before a code is given. One whose server takes longer is one that cannot be asked.
const LOOKED_AT: Duration = Duration::from_secs(10);

#[derive(Template)]
#[template(path = "signed/forget.html")]
struct Page {
    frame: Frame,
    /// Each with whether it was chosen before.
    networks: Vec<(bool, String, String)>,
    handle: String,
    code: Option<String>,
    wrong: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    /// Empty where the handle is to tell.
    #[serde(default)]
    network: String,
    handle: String,
}

pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/forget/record", get(show_record))
        .route("/forget/record.json", get(export))
        .route("/forget/forget", post(forget))
        .route("/forget/again", post(again))
}

async fn proof(public: &Public, visitor: &Visitor, headers: &HeaderMap) -> Result<Option<Proof>, Response> {
    let Some(token) = Cookie::Proof.read(&public.home, headers) else { return Ok(None) };
    public.ledger.proof(&token, public.clock.now()).await.map_err(|fault| page::unreadable(visitor, &fault))
}

/// What the page holds beside what it always says.
#[derive(Default)]
struct Asked {
    proof: Option<Proof>,
    typed: Typed,
    wrong: Option<String>,
}

fn asked(public: &Public, visitor: &Visitor, asked: Asked) -> Response {
    let Asked { proof, typed, wrong } = asked;
    let networks = public.posters.networks().into_iter();
    let networks = networks.map(|offer| (offer.id == typed.network, offer.id, offer.name)).collect();
    let mut frame = Frame::new(visitor, "What is held about you");
    "/forget".clone_into(&mut frame.back);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (handle, code) = proof.map(|proof| (proof.handle, proof.code)).unzip();
    page::html(status, &Page { frame, networks, handle: handle.unwrap_or(typed.handle), code, wrong })
}

pub async fn show(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Result<Response, Response> {
    let proof = proof(&public, &visitor, &headers).await?;
    if proof.as_ref().is_some_and(|proof| proof.shown.is_some()) {
        return Ok(go(&public, "/forget/record"));
    }
    Ok(asked(&public, &visitor, Asked { proof, ..Asked::default() }))
}

/// Gives a code for the account that was named.
pub async fn begin(State(public): State<Shared>, visitor: Visitor, Filled(typed): Filled<Typed>) -> Response {
    let handle = typed.handle.trim().to_owned();
    let network = match network_of(&public.posters.networks(), &typed.network, &handle) {
        Ok(offer) => offer,
        Err(wrong) => return asked(&public, &visitor, Asked { typed, wrong: Some(wrong), ..Asked::default() }),
    };
    if let Some(response) = page::unwritable(&public, &visitor) {
        return response;
    }
    let now = public.clock.now();
    let (token, code) = match (fresh_token(), fresh_token()) {
        (Ok(token), Ok(code)) => (token, code),
        (Err(fault), _) | (_, Err(fault)) => return page::unreadable(&visitor, &fault),
    };
    let code: String = code.expose().chars().take(CODE_CHARS).collect();
    let code = format!("gigcast-{code}");
    // Whoever could not be looked at later is told before they have posted anything.
    let named = network.asks.named(&handle);
    let looked = tokio::time::timeout(LOOKED_AT, public.posters.says(&network.id, &named, &code)).await;
    let slow = || Err(Failure::Transient(Why::new(format!("its server took longer than {} s", LOOKED_AT.as_secs()))));
    if let Err(failure) = looked.unwrap_or_else(|_| slow()) {
        let wrong = unseen(&network, &failure);
        if matches!(failure, Failure::Permanent(_)) {
            return asked(&public, &visitor, Asked { typed, wrong: Some(wrong), ..Asked::default() });
        }
    }
    let proof = Proof { network: network.id, handle, code, until: now.plus(HOLDS), shown: None };
    if let Err(fault) = public.ledger.keep_proof(&token, &proof, now).await {
        return page::unreadable(&visitor, &fault);
    }
    let mut response = go(&public, "/forget");
    response.headers_mut().append(header::SET_COOKIE, Cookie::Proof.set(&public.home, &token, HOLDS));
    response
}

/// Looks for the code among what the account said in public.
pub async fn look(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Result<Response, Response> {
    let (Some(token), Some(proof)) =
        (Cookie::Proof.read(&public.home, &headers), proof(&public, &visitor, &headers).await?)
    else {
        let wrong = Some("A code holds for an hour, and yours does not hold any more. Ask for a new one.".to_owned());
        return Ok(asked(&public, &visitor, Asked { wrong, ..Asked::default() }));
    };
    let offer = public.posters.networks().into_iter().find(|offer| offer.id == proof.network);
    let Some(network) = offer else { return Ok(go(&public, "/forget")) };
    let wrong = match public.posters.says(&network.id, &network.asks.named(&proof.handle), &proof.code).await {
        Ok(Some(actor)) => {
            let shown = Proof { shown: Some(actor.id), handle: actor.handle, ..proof };
            let kept = public.ledger.keep_proof(&token, &shown, public.clock.now()).await;
            kept.map_err(|fault| page::unreadable(&visitor, &fault))?;
            info!(event = "proof.shown", actor = %actor.id, "Somebody showed that {} is theirs, to see what is held about it", actor.id);
            return Ok(go(&public, "/forget/record"));
        }
        Ok(None) => "The code is in none of the newest public posts of this account yet. Post it, wait a moment, and look again.".to_owned(),
        Err(failure) => unseen(&network, &failure),
    };
    Ok(asked(&public, &visitor, Asked { proof: Some(proof), wrong: Some(wrong), ..Asked::default() }))
}

/// The network of an account: the chosen one where the handle is one there, else the only one where it could be. A sentence where there is none.
fn network_of(networks: &[Offer], chosen: &str, handle: &str) -> Result<Offer, String> {
    if !chosen.is_empty() && networks.iter().all(|offer| offer.id != chosen) {
        return Err("gigcast does not speak that network. Choose one from the list.".to_owned());
    }
    let is_sane = handle.chars().count() <= HANDLE_CHARS && !handle.chars().any(char::is_control);
    let fits: Vec<&Offer> = networks.iter().filter(|offer| is_sane && offer.asks.takes(handle)).collect();
    match (fits.iter().find(|offer| offer.id == chosen), &fits[..]) {
        (Some(offer), _) | (None, [offer]) => Ok((*offer).clone()),
        (None, []) => Err("Write the handle in full, as in @ann@social.example or ann.bsky.social, or the address of your page there.".to_owned()),
        (None, _) => {
            let names: Vec<&str> = fits.iter().map(|offer| offer.name.as_str()).collect();
            Err(format!("It could be a handle on {}. Choose the network it is on.", names.join(" or on ")))
        }
    }
}

/// That an account could not be looked at: to its visitor in their words, to the operator in the log in ours.
fn unseen(network: &Offer, failure: &Failure) -> String {
    info!(
        event = "proof.unseen",
        network.id = network.id.as_str(),
        reason = failure.class(),
        "An account on {} that somebody says is theirs could not be looked at: {}",
        network.name,
        failure.why()
    );
    let why = failure.why().for_visitors();
    match failure {
        Failure::Permanent(_) => format!("The account could not be looked at: {why}. You can sign in with it instead."),
        _ => format!("The account could not be looked at just now: {why}. Try again in a few minutes."),
    }
}

async fn shown(public: &Public, visitor: &Visitor, headers: &HeaderMap) -> Result<(Party, Proof), Response> {
    let proof = proof(public, visitor, headers).await?;
    match proof.and_then(|proof| Some((Party::Actor(proof.shown?), proof))) {
        Some(shown) => Ok(shown),
        None => Err(go(public, "/forget")),
    }
}

async fn show_record(
    State(public): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Response> {
    let (party, _) = shown(&public, &visitor, &headers).await?;
    Ok(record::shown(&public, &visitor, party, "/forget", query.as_deref()).await)
}

async fn export(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Result<Response, Response> {
    let (party, _) = shown(&public, &visitor, &headers).await?;
    Ok(record::exported(&public, &visitor, party).await)
}

async fn forget(
    State(public): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    Filled(sure): Filled<Sure>,
) -> Result<Response, Response> {
    let (party, proof) = shown(&public, &visitor, &headers).await?;
    if !sure.is_sure() {
        return Err(record::unsure(&visitor, Next::to(&visitor, "Back to what is held", "/forget/record")));
    }
    if let Some(response) = page::unwritable(&public, &visitor) {
        return Err(response);
    }
    let forgot = public.weave.forget(party, Some(&proof.handle), public.clock.now()).await;
    match forgot.map_err(|unanswered| page::unreadable(&visitor, &super::circle::fault(unanswered)))? {
        Ok(forgot) => {
            info!(event = "person.forgotten", about = %party, "Somebody asked to be forgotten, and is");
            let ended = end(&public, &visitor, &headers).await;
            Ok(ended.unwrap_or_else(|| with_cookie_cleared(&public, record::forgotten(&visitor, forgot))))
        }
        Err(NotForgotten::StillLinked(_) | NotForgotten::Unknown) => {
            let words = "This account is linked here to post gigs. Sign in with it, unlink it, and forget yourself on your own page.";
            Ok(page::notice(&visitor, StatusCode::CONFLICT, "This account is linked here", words))
        }
    }
}

/// Another account.
async fn again(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Response {
    let ended = end(&public, &visitor, &headers).await;
    ended.unwrap_or_else(|| with_cookie_cleared(&public, go(&public, "/forget")))
}

/// What this browser showed counts no more. An answer only where that could not be written.
async fn end(public: &Public, visitor: &Visitor, headers: &HeaderMap) -> Option<Response> {
    let token = Cookie::Proof.read(&public.home, headers)?;
    public.ledger.drop_proof(&token).await.err().map(|fault| page::unreadable(visitor, &fault))
}

fn with_cookie_cleared(public: &Public, mut response: Response) -> Response {
    response.headers_mut().append(header::SET_COOKIE, Cookie::Proof.clear(&public.home));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asks::FoundBy;
    use crate::ports::{Asked, Asks};

    fn offer(id: &str, found_by: FoundBy) -> Offer {
        let asked = Asked { label: "Account", help: "As people write it." };
        Offer { id: id.to_owned(), name: id.to_uppercase(), asks: Asks { name: asked, found_by, secret: asked } }
    }

    #[test]
    fn the_network_of_a_handle_is_the_chosen_one_or_the_only_one_where_it_could_be() {
        let all = [offer("masto", FoundBy::Server), offer("pix", FoundBy::Server), offer("sky", FoundBy::Handle)];
        let network = |chosen: &str, handle: &str| network_of(&all, chosen, handle).map(|offer| offer.id);
        assert_eq!(network("", "ann.sky.example"), Ok("sky".to_owned()));
        assert_eq!(network("pix", "@ann@social.example"), Ok("pix".to_owned()));
        assert_eq!(network("masto", "@ann@social.example"), Ok("masto".to_owned()));
        assert_eq!(network("masto", "ann.sky.example"), Ok("sky".to_owned()), "the handle tells");
        let two = network("", "@ann@social.example").unwrap_err();
        assert_eq!(two, "It could be a handle on MASTO or on PIX. Choose the network it is on.");
        assert!(network("none", "ann.sky.example").unwrap_err().contains("does not speak that network"));
        let name = |chars: usize| format!("@{}@social.example", "a".repeat(chars - "@@social.example".len()));
        assert_eq!(network("pix", &name(HANDLE_CHARS)), Ok("pix".to_owned()));
        for handle in ["ann", &name(HANDLE_CHARS + 1), "@a\u{7}nn@social.example"] {
            assert!(network("pix", handle).unwrap_err().contains("in full"), "{handle:?}");
        }
    }
}
