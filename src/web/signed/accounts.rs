//! `/accounts`: a card for each linked account, with its health in words and what one can do; below, a form for each network.

use super::super::page::{self, Frame, Next};
use super::super::people::{hue_of, initials};
use super::super::visitor::{Look, Visitor};
use super::super::words::{coded, web_address};
use super::super::{Public, Shared};
use super::health::{self, Facts, Health};
use super::link::{Door, Tried, doors};
use super::who::{self, SignedIn, go};
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::outbox::LaneHold;
use crate::person::{Account, GrantState, Identity, Person, Role};
use crate::ports::StoreError;
use crate::store::WayIn;
use crate::store::layout::Aside;
use crate::web::filled::Filled;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;
use tracing::{info, warn};

/// So many gigs that wait are counted at most.
const MOST: usize = 1000;
/// The longest address that mail takes.
const EMAIL_BYTES: usize = 254;

#[derive(Template)]
#[template(path = "signed/accounts.html")]
struct Page {
    frame: Frame,
    person: Person,
    may_post: bool,
    cards: Vec<Card>,
    /// Accounts that say who they are, and speak for nobody.
    identities: Vec<Identity>,
    /// Without any one of these something else would still let them in.
    may_disown: bool,
    doors: Vec<Door>,
    is_local: bool,
    email: String,
    wrong_email: Option<&'static str>,
}

/// An account on the page.
#[derive(Debug)]
struct Card {
    id: AccountId,
    network: String,
    handle: String,
    url: Option<String>,
    face: Face,
    health: Health,
    audience: String,
    pace: String,
    mode: &'static str,
    is_paused: bool,
    may_relink: bool,
    needs_relink: bool,
}

/// The account's picture, or what stands for it.
#[derive(Debug)]
struct Face {
    is_kept: bool,
    initials: String,
    hue: u8,
}

/// Where an account's card stands.
pub fn place(id: AccountId) -> String {
    format!("/accounts#{id}")
}

pub async fn show(State(public): State<Shared>, visitor: Visitor, signed: SignedIn) -> Response {
    page(&public, &visitor, &signed.person, None).await
}

/// The page; after something was typed that led nowhere, with that and the reason beside it.
pub async fn page(public: &Public, visitor: &Visitor, person: &Person, tried: Option<&Tried>) -> Response {
    let status = tried.map_or(StatusCode::OK, |tried| tried.status);
    shown(public, visitor, person, tried, None)
        .await
        .map_or_else(|fault| page::unreadable(visitor, &fault), |shown| page::html(status, &shown))
}

async fn shown(
    public: &Public,
    visitor: &Visitor,
    person: &Person,
    tried: Option<&Tried>,
    wrong_email: Option<(&str, &'static str)>,
) -> Result<Page, StoreError> {
    let mut frame = Frame::new(visitor, "Accounts");
    "/accounts".clone_into(&mut frame.back);
    let doors = doors(public, tried);
    let accounts = linked(public, person).await?;
    let mut held: BTreeMap<AccountId, usize> = BTreeMap::new();
    if !accounts.is_empty() {
        for delivery in public.ledger.set_aside(Aside::Held, MOST).await? {
            *held.entry(delivery.account).or_default() += 1;
        }
    }
    let now = public.clock.now();
    let mut cards = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let network = doors.iter().find(|door| door.id == account.network);
        let held = held.get(&account.id).copied().unwrap_or_default();
        cards.push(card(public, account, network.map(|door| door.name.as_str()), held, now).await?);
    }
    let mut identities = public.ledger.identities_of(person.id).await?;
    let may_disown = identities.len() > 1;
    identities.retain(|identity| accounts.iter().all(|account| account.id != identity.account));
    Ok(Page {
        frame,
        may_post: person.role == Role::Poster,
        cards,
        identities,
        may_disown,
        doors,
        is_local: public.home.is_local(),
        email: wrong_email.map_or_else(|| person.email.clone().unwrap_or_default(), |(typed, _)| typed.to_owned()),
        wrong_email: wrong_email.map(|(_, words)| words),
        person: person.clone(),
    })
}

/// A person's accounts, in the order in which they read; what was unlinked is theirs no more.
async fn linked(public: &Public, person: &Person) -> Result<Vec<Account>, StoreError> {
    let mut accounts = public.ledger.accounts_of(person.id).await?;
    accounts.retain(|account| !matches!(account.grant, GrantState::Revoked { .. }));
    accounts.sort_by(|a, b| (&a.network, a.handle.to_lowercase()).cmp(&(&b.network, b.handle.to_lowercase())));
    Ok(accounts)
}

async fn card(
    public: &Public,
    account: &Account,
    network: Option<&str>,
    held: usize,
    now: Timestamp,
) -> Result<Card, StoreError> {
    let lane = public.ledger.lane_of(account).await?;
    let waiting = public.ledger.count_waiting(account.id, MOST).await? + held;
    // A grant that cannot be opened shows itself in the account's state; here it only has no end.
    let ends = public.posters.ends(account).await.ok().flatten();
    let name = account.handle.trim_start_matches('@');
    Ok(Card {
        id: account.id,
        network: network.unwrap_or(&account.network).to_owned(),
        handle: account.handle.clone(),
        url: web_address(&account.url),
        face: Face {
            is_kept: public.ledger.has_avatar(account.id).await?,
            initials: initials(name),
            hue: hue_of(account.id.as_bytes()[0]),
        },
        health: health::of(&Facts { account, lane: &lane, waiting, ends, now }),
        audience: health::audience(&account.audience, &public.taxonomy),
        pace: health::pace(&account.pace),
        mode: health::mode(account.mode),
        is_paused: lane.hold == Some(LaneHold::Paused),
        may_relink: network.is_some(),
        needs_relink: matches!(account.grant, GrantState::NeedsRelink { .. }),
    })
}

/// The account that an address names, where it is this person's; of others' nothing is told, not even that they are there.
pub async fn owned(public: &Public, visitor: &Visitor, signed: &SignedIn, written: &str) -> Result<Account, Response> {
    let account = match written.parse::<AccountId>() {
        Ok(id) => public.ledger.account(id).await.map_err(|fault| page::unreadable(visitor, &fault))?,
        Err(_) => None,
    };
    let is_theirs =
        |account: &Account| account.owner == signed.person.id && !matches!(account.grant, GrantState::Revoked { .. });
    account.filter(is_theirs).ok_or_else(|| {
        warn!(event = "web.not_theirs", person.id = %signed.person.id, reason = "not_theirs", "An account that is not theirs was asked for: nothing was done");
        let next = Next { label: "Your accounts", address: format!("{}/accounts", visitor.root) };
        let words = "None of your accounts goes by this address. It may have been unlinked.";
        page::notice_leading(visitor, StatusCode::NOT_FOUND, "Not among your accounts", words, next)
    })
}

pub async fn pause(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    public.posters.pause(&account).await.map_err(|fault| page::unreadable(&visitor, &fault))?;
    info!(event = "account.paused", account.id = %account.id, network.id = account.network.as_str(), "{} is paused by {}", account.handle, signed.person.name);
    Ok(go(&public, &place(account.id)))
}

pub async fn resume(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    public.posters.resume(&account).await.map_err(|fault| page::unreadable(&visitor, &fault))?;
    info!(event = "account.resumed", account.id = %account.id, network.id = account.network.as_str(), "{} goes on, says {}", account.handle, signed.person.name);
    Ok(go(&public, &place(account.id)))
}

// ---- unlinking

#[derive(Template)]
#[template(path = "signed/unlink.html")]
struct Unlinking {
    frame: Frame,
    account: Account,
    network: String,
    waiting: usize,
    /// It is the only account that says who they are.
    is_last: bool,
    /// Whether an invitation could bring them back, were nothing left to sign in with.
    may_post: bool,
}

pub async fn ask_unlink(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    let asked = unlinking(&public, &visitor, &signed, account).await;
    Ok(page::html(StatusCode::OK, &asked.map_err(|fault| page::unreadable(&visitor, &fault))?))
}

async fn unlinking(
    public: &Public,
    visitor: &Visitor,
    signed: &SignedIn,
    account: Account,
) -> Result<Unlinking, StoreError> {
    let held = public.ledger.set_aside(Aside::Held, MOST).await?;
    let held = held.iter().filter(|delivery| delivery.account == account.id).count();
    let others = public.ledger.identities_of(signed.person.id).await?;
    let network = public.posters.networks().into_iter().find(|offer| offer.id == account.network);
    Ok(Unlinking {
        frame: Frame::new(visitor, format!("Unlink {}", account.handle)),
        waiting: public.ledger.count_waiting(account.id, MOST).await? + held,
        is_last: others.iter().all(|identity| identity.account == account.id),
        may_post: signed.person.role == Role::Poster,
        network: network.map_or_else(|| account.network.clone(), |offer| offer.name),
        account,
    })
}

pub async fn unlink(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let account = owned(&public, &visitor, &signed, &id).await?;
    let next = Next { label: "Your accounts", address: format!("{}/accounts", visitor.root) };
    Ok(match public.posters.unlink(&account).await {
        Ok(unlinked) => {
            let unreadable = |fault| page::unreadable(&visitor, &fault);
            let known = public.ledger.identity(account.id).await.map_err(unreadable)?;
            let goes_on = known.is_some_and(|known| known.person == signed.person.id);
            let said = unlinked.said + if goes_on { " You go on signing in with it." } else { "" };
            let told = page::notice_leading(&visitor, StatusCode::OK, "Unlinked", said, next);
            who::stay(&public, &signed, told).await.map_err(unreadable)?
        }
        Err(trouble) => {
            warn!(event = "account.unlink_failed", account.id = %account.id, reason = "unlink", "{} could not be unlinked: {trouble}", account.handle);
            let words = format!("{} could not be unlinked: {trouble}. Try again in a minute.", account.handle);
            page::notice_leading(&visitor, StatusCode::SERVICE_UNAVAILABLE, "Not unlinked", words, next)
        }
    })
}

// ---- signing in

/// Ends signing in by an account that posts nothing.
pub async fn disown(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Response> {
    let Ok(account) = id.parse::<AccountId>() else { return Ok(go(&public, "/accounts")) };
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return Err(answer);
    }
    let unreadable = |fault| page::unreadable(&visitor, &fault);
    match public.ledger.disown(signed.person.id, account).await.map_err(unreadable)? {
        WayIn::Closed => {
            info!(event = "account.disowned", account.id = %account, person.id = %signed.person.id, "{} signs in by one account less", signed.person.name);
            who::stay(&public, &signed, go(&public, "/accounts")).await.map_err(unreadable)
        }
        WayIn::Kept => {
            let words = "Either you do not sign in with it, or it is linked, or nothing else lets you in. Unlink it where it is \
                         linked; where nothing else lets you in, link another first.";
            Ok(page::refused(&visitor, "Nothing was changed", words, Next::to(&visitor, "Your accounts", "/accounts")))
        }
    }
}

// ---- where notices go

#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    email: String,
}

pub async fn email(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(typed): Filled<Typed>,
) -> Response {
    let typed = typed.email.trim();
    let wrong = wrong_address(typed);
    let written = match wrong {
        None => {
            let email = (!typed.is_empty()).then(|| typed.to_owned());
            public.ledger.revise_person(signed.person.id, |person| person.email.clone_from(&email)).await.map(|()| None)
        }
        Some(words) => {
            let typed: String = typed.chars().take(EMAIL_BYTES).collect();
            shown(&public, &visitor, &signed.person, None, Some((&typed, words))).await.map(Some)
        }
    };
    match written {
        Ok(None) => go(&public, "/accounts#notices"),
        Ok(Some(page)) => page::html(StatusCode::UNPROCESSABLE_ENTITY, &page),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// Empty is right: then nothing is mailed. Whether an address takes mail, only mail can tell.
fn wrong_address(typed: &str) -> Option<&'static str> {
    let is_plain =
        typed.len() <= EMAIL_BYTES && typed.chars().all(|c| c.is_alphanumeric() || "@.!#$%&'*+-/=?^_`{|}~".contains(c));
    match typed.split_once('@') {
        _ if typed.is_empty() => None,
        Some((name, domain))
            if is_plain
                && !name.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.') =>
        {
            None
        }
        _ => Some("This is no e-mail address: it should be as in ann@acme.example."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_for_mail_is_plain_or_empty() {
        for right in ["", "ann@acme.example", "a.b+c@mail.acme.example", "änn@acme.example"] {
            assert_eq!(wrong_address(right), None, "{right}");
        }
        for wrong in [
            "ann",
            "@acme.example",
            "ann@acme",
            "a@b@c.example",
            "ann@acme.example\r\nBcc: x@y.example",
            "a b@c.example",
            "<a@c.example>",
        ] {
            assert!(wrong_address(wrong).is_some(), "{wrong}");
        }
    }
}
