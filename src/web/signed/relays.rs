//! Relays on people's pages: the form on a business's page by which somebody has an account of theirs reshare its gigs, and the list of one's own.
//!
//! One switch for each business and account, off until its person turns it, and off again at once by a button on either page.

use super::accounts::owned;
use super::person::nobody;
use super::settings::Kind;
use super::who::{SignedIn, go};
use crate::id::PersonId;
use crate::networks;
use crate::person::{Account, GrantState, Mode, Person, Role};
use crate::plan::relay::{self, Relay};
use crate::ports::StoreError;
use crate::profile::Support;
use crate::trust::Party;
use crate::web::filled::Filled;
use crate::web::page::{self, Next};
use crate::web::visitor::Visitor;
use crate::web::words::Moment;
use crate::web::{Public, Shared};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;
use tracing::info;

/// What a business's page offers to somebody who is signed in.
pub struct Panel {
    pub on: Vec<Line>,
    pub ways: Vec<Way>,
    pub kinds: Vec<Kind>,
}

/// An account of one's own that could reshare.
pub struct Way {
    pub id: String,
    pub handle: String,
    pub network: String,
    /// Why nothing would come of it now; empty where something would.
    pub but: String,
}

/// A relay that is on.
pub struct Line {
    pub poster: String,
    pub poster_name: String,
    pub account: String,
    pub handle: String,
    /// Behind "gigs".
    pub kinds: String,
    pub since: Moment,
    /// Where to go afterwards, where that is not the business's page.
    pub from: &'static str,
    /// Whether the network lets what was reshared be taken back.
    pub takes_back: bool,
}

/// Nothing for those who are no business, and for oneself.
pub async fn panel(public: &Public, me: &Person, poster: PersonId) -> Result<Option<Panel>, StoreError> {
    if me.id == poster || business(public, poster).await?.is_none() {
        return Ok(None);
    }
    let mut there = BTreeSet::new();
    for account in linked(public, poster).await? {
        there.insert(account.network);
    }
    let (mut on, mut ways) = (Vec::new(), Vec::new());
    for account in linked(public, me.id).await? {
        let Some(network) = reshares(&account) else { continue };
        if let Some(relay) = public.ledger.relay(poster, account.id).await?.filter(|relay| relay.person == me.id) {
            on.extend(line(public, &relay, &account, "").await?);
        }
        let but = match (there.contains(&account.network), account.mode) {
            (_, Mode::Review) => "asks you before each post, so it cannot relay".to_owned(),
            (false, Mode::Auto) => format!("they have no account on {network} yet"),
            (true, Mode::Auto) => String::new(),
        };
        ways.push(Way { id: account.id.to_string(), handle: account.handle, network, but });
    }
    Ok(Some(Panel { on, ways, kinds: Kind::all(&public.taxonomy, &[]) }))
}

/// All that somebody relays.
pub async fn of(public: &Public, me: PersonId) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    for account in linked(public, me).await? {
        for relay in public.ledger.relays_by(account.id).await?.iter().filter(|relay| relay.person == me) {
            lines.extend(line(public, relay, &account, "me").await?);
        }
    }
    lines.sort_by_key(|line| line.poster_name.to_lowercase());
    Ok(lines)
}

async fn line(
    public: &Public,
    relay: &Relay,
    account: &Account,
    from: &'static str,
) -> Result<Option<Line>, StoreError> {
    let poster = public.ledger.person(relay.poster).await?;
    Ok(poster.map(|poster| Line {
        poster: poster.id.to_string(),
        poster_name: poster.name,
        account: account.id.to_string(),
        handle: account.handle.clone(),
        kinds: relay::kinds(relay, &public.taxonomy),
        since: Moment::new(relay.since, public.clock.now()),
        from,
        takes_back: reshares(account).is_some(),
    }))
}

async fn linked(public: &Public, person: PersonId) -> Result<Vec<Account>, StoreError> {
    let mut accounts = public.ledger.accounts_of(person).await?;
    accounts.retain(|account| !matches!(account.grant, GrantState::Revoked { .. }));
    accounts.sort_by_key(|account| (account.network.clone(), account.handle.to_lowercase()));
    Ok(accounts)
}

/// The network's name, where it has a reshare of its own.
fn reshares(account: &Account) -> Option<String> {
    let profile = networks::profiles().get(&account.network)?;
    (profile.reshare == Support::Yes).then(|| profile.name.to_string())
}

async fn business(public: &Public, id: PersonId) -> Result<Option<Person>, StoreError> {
    Ok(public.ledger.person(id).await?.filter(|person| person.role == Role::Poster))
}

/// What a form asks for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Act {
    #[default]
    Begin,
    /// What is out stays.
    End,
    /// And what was reshared is taken back.
    TakeBack,
}

/// What was sent: an account, kinds of work, and whether to begin or to end.
#[derive(Debug, Default)]
struct Sent {
    account: String,
    categories: Vec<String>,
    act: Act,
    /// Where to go afterwards, where that is not the business's page.
    to_me: bool,
}

impl Sent {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "account" => sent.account = value,
                "categories" => sent.categories.push(value),
                "act" => {
                    sent.act = match value.as_str() {
                        "off" => Act::End,
                        "back" => Act::TakeBack,
                        _ => Act::Begin,
                    }
                }
                "from" => sent.to_me = value == "me",
                _ => {}
            }
        }
        // A kind says its parts.
        let chosen = sent.categories.clone();
        let has_parent =
            |slug: &String| slug.split_once('/').is_some_and(|(kind, _)| chosen.iter().any(|one| one == kind));
        sent.categories.retain(|slug| !has_parent(slug));
        sent.categories.dedup();
        sent
    }
}

/// Switches a relay on, gives it other kinds of work, or switches it off, with or without what it reshared.
pub async fn switch(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(id): Path<String>,
    Filled(pairs): Filled<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let sent = Sent::of(pairs);
    let unread = |fault: StoreError| page::unreadable(&visitor, &fault);
    let Some(Party::Person(poster)) = Party::parse(&id) else { return Err(nobody(&visitor)) };
    let account = owned(&public, &visitor, &signed, &sent.account).await?;
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return Err(answer);
    }
    let back = if sent.to_me { "/me#relays".to_owned() } else { format!("/people/{id}#relay") };
    let ended = match sent.act {
        Act::Begin => None,
        Act::End => Some(public.ledger.switch_relay_off(poster, account.id).await),
        Act::TakeBack => Some(public.ledger.take_relay_back(poster, account.id, public.clock.now()).await),
    };
    if let Some(was_on) = ended {
        if was_on.map_err(unread)? {
            // From here on nothing leaves; what waits is taken out of the queue as well.
            public.posters.relay_ended(&account, poster).await.map_err(unread)?;
            let out = if sent.act == Act::TakeBack { "is taken back" } else { "stays" };
            info!(event = "relay.off", person.id = %signed.person.id, account.id = %account.id, about = %poster, "{} relays nothing of theirs any more with {}; what it reshared {out}", signed.person.name, account.handle);
        }
        return Ok(go(&public, &back));
    }
    let Some(business) = business(&public, poster).await.map_err(unread)? else { return Err(nobody(&visitor)) };
    if let Err(why) = fits(&public, &signed.person, &business, &account, &sent.categories) {
        let next = Next { label: "Back to their page", address: format!("{}/people/{id}#relay", visitor.root) };
        return Err(page::notice_leading(&visitor, StatusCode::UNPROCESSABLE_ENTITY, "Nothing is relayed", why, next));
    }
    let (person, since) = (signed.person.id, public.clock.now());
    let relay = Relay { poster, person, account: account.id, categories: sent.categories, since };
    let on = public.ledger.switch_relay_on(&relay).await.map_err(unread)?;
    let kinds = relay::kinds(&on, &public.taxonomy);
    info!(event = "relay.on", person.id = %person, account.id = %account.id, about = %poster, "{} relays what {} posts with {}: gigs {kinds}", signed.person.name, business.name, account.handle);
    Ok(go(&public, &back))
}

/// Why it cannot be.
fn fits(public: &Public, me: &Person, business: &Person, account: &Account, kinds: &[String]) -> Result<(), String> {
    let handle = &account.handle;
    if me.id == business.id {
        return Err("These are your own gigs: your accounts announce them anyway.".to_owned());
    }
    if reshares(account).is_none() {
        return Err(format!(
            "{handle} is on a network that has no reshare of its own, so nothing can be relayed there."
        ));
    }
    if account.mode == Mode::Review {
        return Err(format!(
            "{handle} asks you before each post, and a relay asks nobody. Change that in its settings, or relay with another account."
        ));
    }
    if let Some(unknown) = kinds.iter().find(|slug| public.taxonomy.label(slug).is_none()) {
        return Err(format!(
            "There is no kind of work called `{}` here. Choose among those of the form.",
            crate::redact::name(unknown)
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_work_says_its_parts() {
        let pairs = ["design/brand", "design", "legal"].map(|slug| ("categories".to_owned(), slug.to_owned()));
        let sent = Sent::of(pairs.into_iter().chain([("act".to_owned(), "on".to_owned())]).collect());
        assert_eq!((sent.categories, sent.act), (vec!["design".to_owned(), "legal".to_owned()], Act::Begin));
    }
}
