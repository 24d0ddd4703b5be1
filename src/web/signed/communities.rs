//! Founding a community, coming in, leaving, and what its stewards do.

use super::SignedIn;
use super::circle::fault;
use super::who::go;
use crate::community::{
    ABOUT_CHARS, Act, Community, Door, Entry, FOUNDED_BY_ONE, Leaving, MOST_VOUCHES, Member, NAME_CHARS, Rank, Shown,
    WHY_CHARS,
};
use crate::id::{CommunityId, PersonId};
use crate::ports::{Commit, StoreError};
use crate::redact;
use crate::store::Grouping;
use crate::trust::Party;
use crate::weave::{Meant, Unanswered};
use crate::web::community::nowhere;
use crate::web::filled::Filled;
use crate::web::page::Next;
use crate::web::visitor::Visitor;
use crate::web::{Shared, page};
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tracing::info;

#[derive(Debug, Deserialize)]
pub struct Founding {
    name: String,
    #[serde(default)]
    category: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    act: String,
    /// Somebody's handle, name or id.
    whom: String,
    why: String,
    name: String,
    about: String,
    vouches: String,
    /// `yes` or empty.
    named: String,
    /// That one leaves though something comes of it: `yes` or empty.
    sure: String,
}

/// Why nothing was done: a sentence, or the store.
enum Undone {
    Said(String),
    Nowhere,
    Fault(StoreError),
}

impl From<StoreError> for Undone {
    fn from(fault: StoreError) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unanswered> for Undone {
    fn from(unanswered: Unanswered) -> Self {
        Self::Fault(fault(unanswered))
    }
}

fn said<T>(words: impl Into<String>) -> Result<T, Undone> {
    Err(Undone::Said(words.into()))
}

impl Undone {
    fn on(self, visitor: &Visitor, back: Next) -> Response {
        match self {
            Self::Said(words) => page::refused(visitor, "Nothing was changed", words, back),
            Self::Nowhere => nowhere(visitor),
            Self::Fault(fault) => page::unreadable(visitor, &fault),
        }
    }
}

/// Founds one; whoever does is its first steward.
pub async fn found(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Filled(typed): Filled<Founding>,
) -> Response {
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    match founded(&public, &signed, &typed).await {
        Ok(community) => go(&public, &format!("/community/{}", community.slug)),
        Err(undone) => {
            let typed = ("name", typed.name.as_str());
            undone.on(&visitor, Next::with_typed(&visitor, "Back to the communities", "/communities", typed, "found"))
        }
    }
}

/// A name that can be shown, or why it is none.
fn name(typed: &str) -> Result<String, Undone> {
    let name = redact::line(typed);
    if name.chars().count() < 2 || name.chars().count() > NAME_CHARS {
        return said(format!("A community needs a name of 2 to {NAME_CHARS} characters."));
    }
    Ok(name)
}

async fn founded(public: &Shared, signed: &SignedIn, typed: &Founding) -> Result<Community, Undone> {
    let (name, me) = (name(&typed.name)?, &signed.person);
    if public.taxonomy.label(&typed.category).is_none() {
        return said("A community is in one kind of work. Choose it from the list.");
    }
    let own = public.ledger.communities_of(me.id).await?;
    if own.iter().filter(|(_, member)| member.is_steward()).count() >= FOUNDED_BY_ONE {
        return said(format!(
            "You are a steward of {FOUNDED_BY_ONE} communities already. Hand one of them on before you start another."
        ));
    }
    let now = public.clock.now();
    let community = Community::new(&name, &typed.category, now);
    let founder = Member { person: me.id, rank: Rank::Steward, since: now, entry: Entry::Founder, shown: Shown::Named };
    let is_new = public.ledger.found_community(&community, Some(founder)).await? == Commit::Applied;
    if !is_new && !founded_anew(public, &community, me.id).await? {
        return said(format!(
            "There is a community at this address already: {}/community/{}. Give yours another name.",
            public.home.base(),
            community.slug
        ));
    }
    info!(event = "community.founded", community.id = %community.id, person.id = %me.id, "{} starts the community {}", me.name, community.name);
    Ok(community)
}

/// Takes over one of this address that nobody is in any more. Answers whether nobody was.
async fn founded_anew(public: &Shared, community: &Community, me: PersonId) -> Result<bool, Undone> {
    let enter = Act::Enter(Entry::Founder, Shown::Named);
    let entered = public.ledger.act_in_community(community.id, me, &enter, community.founded).await?;
    if !matches!(entered, Grouping::Done(_)) {
        return Ok(false);
    }
    // What it was before is of those who were in it.
    for one in public.ledger.invitations_to(community.id).await? {
        public.ledger.uninvite_from_community(community.id, one.whom).await?;
    }
    let begin = |known: &mut Community| *known = Community { turn: known.turn, ..community.clone() };
    public.ledger.revise_community(community.id, begin).await?;
    Ok(true)
}

/// What somebody does in it, by the name of the button.
pub async fn act(
    State(public): State<Shared>,
    visitor: Visitor,
    signed: SignedIn,
    Path(slug): Path<String>,
    Filled(typed): Filled<Typed>,
) -> Response {
    if let Some(answer) = page::unwritable(&public, &visitor) {
        return answer;
    }
    match acted(&public, &signed, &slug, &typed).await {
        Ok(()) => go(&public, &format!("/community/{slug}")),
        Err(undone) => undone.on(&visitor, typed.back(&visitor, &slug)),
    }
}

impl Typed {
    /// To the part of the community's page where it was typed.
    fn back(&self, visitor: &Visitor, slug: &str) -> Next {
        let (label, path) = ("Back to the community", format!("/community/{slug}"));
        match self.act.as_str() {
            "invite" => Next::with_typed(visitor, label, &path, ("whom", &self.whom), "invite"),
            "remove" => Next::with_typed(visitor, label, &path, ("why", &self.why), "members"),
            "save" => Next::to(visitor, label, &format!("{path}#says")),
            _ => Next::to(visitor, label, &path),
        }
    }
}

async fn acted(public: &Shared, signed: &SignedIn, slug: &str, typed: &Typed) -> Result<(), Undone> {
    let Some(community) = public.ledger.community(CommunityId::from_slug(slug)).await? else {
        return Err(Undone::Nowhere);
    };
    let me = signed.person.id;
    match typed.act.as_str() {
        "join" => return join(public, signed, &community, typed).await,
        "leave" => {
            let leaving = Leaving::of(&public.ledger.members_of(community.id).await?, me);
            if leaving != Leaving::GoesOn && typed.sure != "yes" {
                return said(format!("{} If you mean it, say so beside the button.", leaving.words()));
            }
            return done(public, &community, me, &Act::Leave, "community.left", "leaves").await;
        }
        "name" => return show(public, &community, me, Shown::Named).await,
        "count" => return show(public, &community, me, Shown::Counted).await,
        "step-down" => {
            return done(public, &community, me, &Act::StepDown, "community.steward", "is its steward no more").await;
        }
        _ => {}
    }
    let members = public.ledger.members_of(community.id).await?;
    if !members.iter().any(|member| member.person == me && member.is_steward()) {
        return said("Only its stewards do that.");
    }
    match typed.act.as_str() {
        "invite" => invite(public, me, &community, &typed.whom).await,
        "uninvite" => uninvite(public, me, &community, &typed.whom).await,
        "save" => save(public, me, &community, typed).await,
        "appoint" => {
            let whom = member(&typed.whom)?;
            done(public, &community, whom, &Act::Appoint, "community.steward", "is its steward now").await
        }
        "remove" => {
            let (whom, why) = (member(&typed.whom)?, redact::line(&typed.why));
            if whom == me {
                return said("To go yourself, leave it.");
            }
            if why.is_empty() || why.chars().count() > WHY_CHARS {
                return said(format!("Say why, in at most {WHY_CHARS} characters. It is kept, and they are told."));
            }
            let act = Act::Remove { why };
            done(public, &community, whom, &act, "community.removed", "is taken out").await
        }
        _ => said("That is nothing that this page offers."),
    }
}

fn member(typed: &str) -> Result<PersonId, Undone> {
    typed.parse().or_else(|_| said("Choose a member from the list."))
}

async fn join(public: &Shared, signed: &SignedIn, community: &Community, typed: &Typed) -> Result<(), Undone> {
    let entry = match public.weave.door(community, signed.person.id).await? {
        Door::Invited => Entry::Invited,
        Door::Vouched(by) => Entry::Vouched(u8::try_from(by.len()).unwrap_or(u8::MAX)),
        Door::Inside(_) => return Ok(()),
        Door::Missing { .. } | Door::Removed { .. } => {
            return said("You cannot come in yet. Its page says what is missing.");
        }
    };
    let shown = if typed.named.is_empty() { Shown::Counted } else { Shown::Named };
    done(public, community, signed.person.id, &Act::Enter(entry, shown), "community.entered", "comes in").await
}

async fn show(public: &Shared, community: &Community, me: PersonId, shown: Shown) -> Result<(), Undone> {
    match public.ledger.act_in_community(community.id, me, &Act::Show(shown), public.clock.now()).await? {
        Grouping::Done(_) => Ok(()),
        Grouping::Refused(why) => said(format!("That cannot be: {why}.")),
        Grouping::Unknown => Err(Undone::Nowhere),
    }
}

/// Does it, and tells the log. Who is in a community is known to its stewards; so the log has ids and no names.
async fn done(
    public: &Shared,
    community: &Community,
    who: PersonId,
    act: &Act,
    event: &'static str,
    told: &str,
) -> Result<(), Undone> {
    match public.ledger.act_in_community(community.id, who, act, public.clock.now()).await? {
        Grouping::Done(_) => {
            let name = &community.name;
            match event {
                "community.entered" => {
                    info!(event = "community.entered", community.id = %community.id, person.id = %who, "{name}: {who} {told}");
                }
                "community.left" => {
                    info!(event = "community.left", community.id = %community.id, person.id = %who, "{name}: {who} {told}");
                }
                "community.removed" => {
                    info!(event = "community.removed", community.id = %community.id, person.id = %who, "{name}: {who} {told}");
                }
                _ => {
                    info!(event = "community.steward", community.id = %community.id, person.id = %who, "{name}: {who} {told}");
                }
            }
            Ok(())
        }
        Grouping::Refused(why) => said(format!("That cannot be: {why}.")),
        Grouping::Unknown => Err(Undone::Nowhere),
    }
}

async fn invite(public: &Shared, by: PersonId, community: &Community, whom: &str) -> Result<(), Undone> {
    let whom = whom.trim();
    let party = match public.weave.called(whom).await? {
        Meant::One(party) => party,
        Meant::Nobody => {
            return said(format!(
                "Nobody on record goes by `{}`. Give a handle with its server, the name of somebody who has signed in here, or an id; \
                 whoever signs in is on record from then on.",
                redact::name(whom)
            ));
        }
        Meant::Several => {
            return said(format!("More than one on record goes by `{}`: give an id.", redact::name(whom)));
        }
    };
    if let Party::Person(person) = party
        && public.ledger.members_of(community.id).await?.iter().any(|one| one.person == person && one.is_inside())
    {
        return said("They are inside already.");
    }
    public.ledger.invite_to_community(community.id, party, Some(by), public.clock.now()).await?;
    info!(event = "community.invited", community.id = %community.id, person.id = %by, "{}: {party} is invited", community.name);
    Ok(())
}

async fn uninvite(public: &Shared, by: PersonId, community: &Community, whom: &str) -> Result<(), Undone> {
    let Some(whom) = Party::parse(whom) else { return said("Nobody is invited by that id.") };
    // Whoever came in meanwhile is inside: there is nothing left to take back.
    if public.ledger.uninvite_from_community(community.id, whom).await? {
        info!(event = "community.uninvited", community.id = %community.id, person.id = %by, "{}: {whom} is invited no more", community.name);
    }
    Ok(())
}

async fn save(public: &Shared, by: PersonId, community: &Community, typed: &Typed) -> Result<(), Undone> {
    let (name, about) = (name(&typed.name)?, redact::text(&typed.about));
    if about.chars().count() > ABOUT_CHARS {
        return said(format!("What it is should be said in at most {ABOUT_CHARS} characters."));
    }
    let vouches = match typed.vouches.trim().parse::<u8>() {
        Ok(vouches) if vouches <= MOST_VOUCHES => vouches,
        _ => return said(format!("The vouches should be a whole number from 0 to {MOST_VOUCHES}.")),
    };
    let change = |community: &mut Community| {
        name.clone_into(&mut community.name);
        about.clone_into(&mut community.about);
        community.vouches = vouches;
    };
    if public.ledger.revise_community(community.id, change).await?.is_none() {
        return Err(Undone::Nowhere);
    }
    info!(event = "community.changed", community.id = %community.id, person.id = %by, "{name}: a steward changed what it says or asks for");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_shown() {
        let is_one = |typed: &str| name(typed).ok();
        let long = "é".repeat(NAME_CHARS);
        for (typed, taken) in
            [("  Bo ", Some("Bo")), (&long, Some(long.as_str())), (" B ", None), ("Il\u{7}o", Some("Il o"))]
        {
            assert_eq!(is_one(typed).as_deref(), taken, "{typed:?}");
        }
        assert_eq!(is_one(&format!("{long}é")), None, "one too long");
    }
}
