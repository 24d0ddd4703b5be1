//! To a person's own server and back: signing in, linking, linking again; and linking by a token that is typed in.
//!
//! A form of ours may lead to our own pages alone (`form-action 'self'`), and that stays so: it answers with a page that leads on by
//! itself, and has a link for browsers that do not. What comes back is told in plain words, logged with a reason, and leaves
//! everything as it was unless all of it was right.

use super::super::page::{self, Frame, Next};
use super::super::visitor::{Look, Visitor};
use super::super::words::web_address;
use super::super::{Public, Shared, look};
use super::accounts;
use super::cookie::Cookie;
use super::posters::Offer;
use super::who::{self, SignedIn, fresh_token, go};
use crate::grants::{Answer, Begun, Finished, For, LinkError, Trouble};
use crate::person::{Account, Role};
use crate::ports::{Entered, FoundBy, Named};
use crate::secret::Secret;
use crate::web::filled::Filled;
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tracing::{error, info, warn};

/// An attempt lives so long, and its cookie with it.
const ATTEMPT: Duration = Duration::from_mins(10);
/// Other servers may take so long, all of them together.
const PATIENCE: Duration = Duration::from_secs(50);
/// The longest handle or server that anyone has.
const NAME_CHARS: usize = 300;

/// A network in a form, with what was typed there before and what was wrong with it.
#[derive(Debug)]
pub struct Door {
    pub id: String,
    pub name: String,
    pub label: &'static str,
    pub help: &'static str,
    pub secret_label: &'static str,
    pub secret_help: &'static str,
    /// Whether a server may be named beside the handle.
    pub by_handle: bool,
    pub typed: String,
    pub typed_server: String,
    pub wrong: Option<String>,
    pub wrong_by_hand: Option<String>,
}

/// What was typed into one network's form, and why it led nowhere.
#[derive(Debug)]
pub struct Tried {
    pub status: StatusCode,
    network: String,
    typed: String,
    server: String,
    way: Way,
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Browser,
    ByHand,
}

#[derive(Template)]
#[template(path = "signed/onward.html")]
struct Onward {
    frame: Frame,
    server: String,
    url: String,
    purpose: &'static str,
}

pub fn doors(public: &Public, tried: Option<&Tried>) -> Vec<Door> {
    let door = |offer: Offer| {
        let tried = tried.filter(|tried| tried.network == offer.id);
        let words = |way| tried.filter(|tried| tried.way == way).map(|tried| tried.words.clone());
        Door {
            label: offer.asks.name.label,
            help: offer.asks.name.help,
            secret_label: offer.asks.secret.label,
            secret_help: offer.asks.secret.help,
            by_handle: offer.asks.found_by == FoundBy::Handle,
            typed: tried.map_or_else(String::new, |tried| tried.typed.clone()),
            typed_server: tried.map_or_else(String::new, |tried| tried.server.clone()),
            wrong: words(Way::Browser),
            wrong_by_hand: words(Way::ByHand),
            id: offer.id,
            name: offer.name,
        }
    };
    public.posters.networks().into_iter().map(door).collect()
}

/// Sends the browser on to the server of the account that was named; `typed` is a network and what stood in its field.
pub async fn depart(
    public: &Public,
    visitor: &Visitor,
    headers: &HeaderMap,
    typed: (&str, &str),
    purpose: For,
    back: &str,
) -> Result<Response, Tried> {
    let (network, name) = typed;
    let (offer, named) = named(public, network, name, Way::Browser)?;
    leave(public, visitor, headers, &offer.id, &named, purpose, back).await.map_err(|error| {
        told(&error, &offer.id, "begin");
        Tried::of(&error, network, name, Way::Browser)
    })
}

/// The network, and what was typed as it understands it.
fn named(public: &Public, network: &str, name: &str, way: Way) -> Result<(Offer, Named), Tried> {
    let wrong = |words: String| Tried {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        network: network.to_owned(),
        typed: name.chars().take(NAME_CHARS).collect(),
        server: String::new(),
        way,
        words,
    };
    let offer = public.posters.networks().into_iter().find(|offer| offer.id == network);
    let Some(offer) = offer else { return Err(wrong("gigcast does not speak that network.".to_owned())) };
    let (asked, length) = (offer.asks.name, name.trim().chars().count());
    if length == 0 {
        return Err(wrong("This is still empty.".to_owned()));
    }
    if length > NAME_CHARS || name.chars().any(char::is_control) {
        return Err(wrong(format!("This is no server and no handle. {}", asked.help)));
    }
    let named = offer.asks.named(name);
    Ok((offer, named))
}

async fn leave(
    public: &Public,
    visitor: &Visitor,
    headers: &HeaderMap,
    network: &str,
    named: &Named,
    purpose: For,
    back: &str,
) -> Result<Response, LinkError> {
    let words = match &purpose {
        For::SignIn => "It asks whether gigcast may know who you are, and nothing else.",
        For::Link(_) | For::Relink(..) => "It asks whether gigcast may post for you.",
    };
    let browser = match Cookie::Link.read(&public.home, headers).and_then(|held| parted(&held)) {
        // Begun twice in one browser, both can be finished.
        Some((browser, _)) => browser,
        None => fresh_token()?,
    };
    let begun = public.posters.begin(network, named, purpose, browser.clone());
    let Begun { url, server, .. } = within_time(begun).await??;
    if web_address(&url).is_none() {
        let why = crate::failure::Why::new(format!("{server} sent an address that is none"));
        return Err(crate::failure::Failure::Permanent(why).into());
    }
    let mut frame = Frame::new(visitor, format!("On to {server}"));
    "/accounts".clone_into(&mut frame.back);
    let mut response = page::html(StatusCode::OK, &Onward { frame, server, url, purpose: words });
    let held = joined(&browser, look::within(back, ""));
    response.headers_mut().append(header::SET_COOKIE, Cookie::Link.set(&public.home, &held, ATTEMPT));
    Ok(response)
}

/// The cookie holds what binds the attempt, and where to go afterwards.
fn joined(browser: &Secret, back: &str) -> Secret {
    let back: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
    Secret::new(format!("{}.{back}", browser.expose()))
}

fn parted(held: &Secret) -> Option<(Secret, String)> {
    let (browser, back) = held.expose().split_once('.')?;
    let is_ours = browser.len() == 64 && browser.bytes().all(|b| b.is_ascii_hexdigit());
    let back =
        url::form_urlencoded::parse(back.as_bytes()).next().map_or_else(String::new, |(back, _)| back.into_owned());
    is_ours.then(|| (Secret::new(browser), back))
}

async fn within_time<T>(work: impl Future<Output = T>) -> Result<T, LinkError> {
    tokio::time::timeout(PATIENCE, work).await.map_err(|_| {
        let why = crate::failure::Why::new(format!("no answer came within {} seconds", PATIENCE.as_secs()));
        crate::failure::Failure::Transient(why).into()
    })
}

impl Tried {
    fn of(error: &LinkError, network: &str, typed: &str, way: Way) -> Self {
        Self {
            status: status(error),
            network: network.to_owned(),
            typed: typed.to_owned(),
            server: String::new(),
            way,
            words: error.for_visitors(),
        }
    }
}

fn status(error: &LinkError) -> StatusCode {
    match error {
        LinkError::Trouble(Trouble::Store(_)) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn told(error: &LinkError, network: &str, step: &'static str) {
    let (reason, words) = (error.reason(), error.words());
    if let LinkError::Trouble(Trouble::Store(fault)) = error {
        error!(event = "store.failed", reason, step, "Linking failed with the store: {fault}");
    } else {
        warn!(
            event = "link.failed",
            network.id = network,
            reason,
            step,
            "Someone could not sign in or link an account: {words}"
        );
    }
}

// ---- linking

#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    network: String,
    #[serde(default)]
    name: String,
}

pub async fn begin(
    State(public): State<Shared>,
    visitor: Visitor,
    SignedIn { person, .. }: SignedIn,
    headers: HeaderMap,
    Filled(typed): Filled<Typed>,
) -> Response {
    let purpose = For::Link(person.clone());
    let went = depart(&public, &visitor, &headers, (&typed.network, &typed.name), purpose, "/accounts").await;
    match went {
        Ok(onward) => onward,
        Err(tried) => accounts::page(&public, &visitor, &person, Some(&tried)).await,
    }
}

/// Links an account again, on the server where it is.
pub async fn again(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = accounts::owned(&public, &visitor, &signed, &id).await?;
    let Some(named) = renamed(&public, &account) else { return Ok(go(&public, "/accounts")) };
    let purpose = For::Relink(signed.person.clone(), account.clone());
    let went = leave(&public, &visitor, &headers, &account.network, &named, purpose, "/accounts").await;
    went.map_err(|error| {
        told(&error, &account.network, "relink");
        failed(&public, &visitor, &error)
    })
}

fn renamed(public: &Public, account: &Account) -> Option<Named> {
    let offer = public.posters.networks().into_iter().find(|offer| offer.id == account.network)?;
    let named = offer.asks.named(&account.handle);
    Some(match offer.asks.found_by {
        FoundBy::Handle => named,
        FoundBy::Server => Named { server: account.server.clone(), ..named },
    })
}

#[derive(Debug, Deserialize)]
pub struct TypedByHand {
    #[serde(default)]
    network: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    server: String,
    #[serde(default)]
    secret: Secret,
}

pub async fn enter(
    State(public): State<Shared>,
    visitor: Visitor,
    SignedIn { person, .. }: SignedIn,
    Filled(typed): Filled<TypedByHand>,
) -> Response {
    let tried = match entered(&public, &typed) {
        Ok((offer, entered)) => match within_time(public.posters.enter(&offer.id, &entered, &person)).await {
            Ok(Ok(account)) => return go(&public, &accounts::place(account.id)),
            Ok(Err(error)) | Err(error) => {
                told(&error, &offer.id, "enter");
                Tried::of(&error, &typed.network, &typed.name, Way::ByHand)
            }
        },
        Err(tried) => tried,
    };
    let tried = Tried { server: typed.server.chars().take(NAME_CHARS).collect(), ..tried };
    accounts::page(&public, &visitor, &person, Some(&tried)).await
}

fn entered(public: &Public, typed: &TypedByHand) -> Result<(Offer, Entered), Tried> {
    let (offer, named) = named(public, &typed.network, &typed.name, Way::ByHand)?;
    let secret = typed.secret.expose().trim();
    if secret.is_empty() || secret.len() > 4096 {
        let words = format!("The {} is missing. {}", offer.asks.secret.label.to_lowercase(), offer.asks.secret.help);
        return Err(Tried { words, ..Tried::of(&LinkError::Denied, &typed.network, &typed.name, Way::ByHand) });
    }
    let server = if named.server.is_empty() { typed.server.trim() } else { &named.server };
    let server = match server {
        "" => String::new(),
        origin if origin.contains("://") => origin.to_owned(),
        domain => format!("https://{domain}"),
    };
    Ok((offer, Entered { server, identifier: named.identifier, secret: Secret::new(secret) }))
}

// ---- the way back

/// The query that a server sends the browser back with.
#[derive(Debug, Default, Deserialize)]
pub struct Came {
    state: Option<Secret>,
    code: Option<Secret>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

pub async fn callback(
    State(public): State<Shared>,
    mut visitor: Visitor,
    signed: Option<SignedIn>,
    headers: HeaderMap,
    at: Option<Path<String>>,
    came: Result<Query<Came>, QueryRejection>,
) -> Response {
    // The address holds a code: no page repeats it.
    "/accounts".clone_into(&mut visitor.page);
    let Came { state, code, iss, error, error_description } = came.map_or_else(|_| Came::default(), |Query(came)| came);
    let answer = Answer { state, code, iss, error, error_description, at: at.map(|Path(at)| at) };
    let (browser, back) = Cookie::Link.read(&public.home, &headers).and_then(|held| parted(&held)).unzip();
    let own = Shared::clone(&public);
    let person = signed.as_ref().map(|signed| signed.person.id);
    // By itself: a browser that gives up waiting does not stop it between being granted and being kept.
    let work = tokio::spawn(async move { own.posters.finish(answer, browser, person).await });
    let finished = match within_time(work).await {
        Ok(Ok(finished)) => finished,
        Ok(Err(_)) => return failed(&public, &visitor, &LinkError::UnknownState),
        Err(late) => Err(late),
    };
    let back = back.as_deref().unwrap_or_default();
    match finished {
        Ok(Finished::SignedIn(person)) => {
            match who::sign_in(&public, person.id, signed.map(|signed| signed.token.clone())).await {
                Ok(cookie) => {
                    info!(event = "sign_in.done", person.id = %person.id, "{} signed in", person.name);
                    let home = if person.role == Role::Poster { "/accounts" } else { "/me" };
                    with_cookie(go(&public, look::within(back, home)), cookie)
                }
                Err(fault) => page::unreadable(&visitor, &fault),
            }
        }
        Ok(Finished::Linked(account)) => go(&public, &accounts::place(account.id)),
        Ok(Finished::Terminal(account)) => {
            let words =
                format!("{} is linked. You can close this page; the terminal goes on by itself.", account.handle);
            page::notice(&visitor, StatusCode::OK, "Linked", words)
        }
        Err(error) => {
            told(&error, "", "callback");
            failed(&public, &visitor, &error)
        }
    }
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// What happened, what to do, and the way to do it.
fn failed(public: &Public, visitor: &Visitor, error: &LinkError) -> Response {
    let (path, label) = match visitor.signed {
        Some(_) => ("/accounts", "Back to your accounts"),
        None => ("/sign-in", "Back to signing in"),
    };
    let next = Next { label, address: format!("{}{path}", super::home::root(&public.home)) };
    let status = match error {
        LinkError::Trouble(_) => status(error),
        _ => StatusCode::BAD_REQUEST,
    };
    page::notice_leading(visitor, status, "That was not finished", error.for_visitors(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_of_an_attempt_holds_its_binding_and_the_way_back() {
        let browser = Secret::new("0f".repeat(32));
        let held = joined(&browser, "/accounts?a=b;c#d");
        assert!(held.expose().bytes().all(|b| b.is_ascii_graphic() && b != b';' && b != b','), "{}", held.expose());
        assert_eq!(parted(&held), Some((browser, "/accounts?a=b;c#d".to_owned())));
        for other in ["", ".", "ab.%2F", "no"] {
            assert_eq!(parted(&Secret::new(other)), None, "{other}");
        }
    }
}
