//! Communities on pages: all of them (`/communities`), and each with its gigs, its members and the way in (`/community/<name>`).

use super::card::{Card, posters};
use super::feeds::{Of, links};
use super::page::{self, Frame};
use super::shelf::{self, Which};
use super::signed::gigs::form::{self, Group};
use super::signed::{SignedIn, fault};
use super::visitor::{Look, Visitor};
use super::words::{Moment, clock_time, count};
use super::{Public, Shared};
use crate::clock::Timestamp;
use crate::community::{Community, Door, Leaving, MOST_VOUCHES, Member, Rank, Shown};
use crate::gig::head_start::Reader;
use crate::gig::{Gig, Status};
use crate::id::{CommunityId, PersonId};
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::trust::Party;
use crate::weave::Unanswered;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

/// Gigs on its page, and in a list of communities none.
const GIGS: usize = 24;
/// Gigs of its kind of work that are looked through for those of its members.
const LOOKED_AT: usize = 1000;

/// A community with those who are in it now.
#[derive(Debug)]
pub struct Gathering {
    pub community: Community,
    pub members: Vec<Member>,
    inside: BTreeSet<PersonId>,
    /// Its own name, as whoever reads here is within it.
    within: [String; 1],
}

impl Gathering {
    /// The one at this address.
    pub async fn at(ledger: &Ledger, slug: &str) -> Result<Option<Self>, StoreError> {
        let Some(community) = ledger.community(CommunityId::from_slug(slug)).await? else { return Ok(None) };
        let members = ledger.members_of(community.id).await?;
        let inside = members.iter().filter(|member| member.is_inside()).map(|member| member.person).collect();
        let within = [community.slug.clone()];
        Ok(Some(Self { community, members, inside, within }))
    }

    /// Whether this gig is one of its: in its kind of work, from one of its members.
    pub fn has(&self, gig: &Gig) -> bool {
        self.inside.contains(&gig.poster) && self.community.is_about(gig.terms.category.as_deref())
    }

    /// Whoever reads its page or its feed: what goes first to it is shown there, and anyone may read all of it.
    pub fn reader(&self, now: Timestamp) -> Reader<'_> {
        Reader { now, within: &self.within }
    }

    /// Its gigs newest first, of so many as are looked through.
    pub async fn gigs(
        &self,
        ledger: &Ledger,
        which: Which,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<Gig>, StoreError> {
        let (kind, reader) = (Some(self.community.category.as_str()), self.reader(now));
        let shelf = shelf::browse(ledger, 0, which, kind, LOOKED_AT, reader).await?;
        Ok(shelf.gigs.into_iter().filter(|gig| self.has(gig)).take(most).collect())
    }

    fn is_steward(&self, person: PersonId) -> bool {
        self.members.iter().any(|member| member.person == person && member.is_steward())
    }
}

#[derive(Template)]
#[template(path = "communities.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    kinds: Vec<Group>,
    /// A name that was refused, to be mended.
    name: String,
}

struct Line {
    name: String,
    slug: String,
    kind: String,
    members: String,
}

pub async fn list(State(public): State<Shared>, visitor: Visitor) -> Response {
    match listed(&public, &visitor).await {
        Ok(list) => page::html(StatusCode::OK, &list),
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

async fn listed(public: &Public, visitor: &Visitor) -> Result<List, StoreError> {
    let mut lines = Vec::new();
    for community in public.ledger.communities().await? {
        let members = public.ledger.members_of(community.id).await?;
        let inside = members.iter().filter(|member| member.is_inside()).count();
        lines.push(Line {
            kind: label(public, &community),
            name: community.name,
            slug: community.slug,
            members: match inside {
                0 => "nobody is in it any more".to_owned(),
                inside => count(inside, "member", "members"),
            },
        });
    }
    let mut frame = Frame::new(visitor, "Communities");
    "Groups of people who know each other's work, each in one kind of work.".clone_into(&mut frame.description);
    frame.canonical = Some(format!("{}/communities", visitor.base));
    Ok(List { frame, lines, kinds: form::kinds(&public.taxonomy, ""), name: visitor.typed("name") })
}

fn label(public: &Public, community: &Community) -> String {
    public.taxonomy.label(&community.category).unwrap_or(&community.category).to_owned()
}

#[derive(Template)]
#[template(path = "community.html")]
struct Page {
    frame: Frame,
    name: String,
    slug: String,
    about: Vec<String>,
    kind: String,
    category: String,
    vouches: u8,
    most_vouches: u8,
    entry: String,
    /// Each with the words for its head start, empty where everyone is shown it.
    cards: Vec<(Card, String)>,
    named: Vec<Face>,
    /// "and 3 who do not wish to be named"; or how many there are, where none does.
    others: String,
    stands: Stands,
    /// For its stewards alone.
    steward: Option<Keeping>,
    /// As it was typed.
    told: String,
    /// What was refused, to be mended.
    whom: String,
    why: String,
}

/// What the visitor may do.
enum Stands {
    SignedOut,
    Inside {
        is_steward: bool,
        is_named: bool,
        leaving: Leaving,
    },
    MayEnter {
        why: String,
    },
    Outside {
        why: String,
    },
    /// Nobody is in it, and they may not come in.
    Closed,
}

struct Face {
    id: String,
    name: String,
    is_steward: bool,
}

struct Keeping {
    /// Who is awaited: their party, how they are called, and since when.
    invited: Vec<(String, String, Moment)>,
    members: Vec<Face>,
    removed: Vec<(Face, String)>,
}

pub async fn show(State(public): State<Shared>, visitor: Visitor, Path(name): Path<String>) -> Response {
    match shown(&public, &visitor, &name).await {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => nowhere(&visitor),
        Err(unanswered) => page::unreadable(&visitor, &fault(unanswered)),
    }
}

pub fn nowhere(visitor: &Visitor) -> Response {
    let words = "No community goes by this name. Those there are stand at /communities.";
    page::notice(visitor, StatusCode::NOT_FOUND, "No such community", words)
}

async fn shown(public: &Public, visitor: &Visitor, slug: &str) -> Result<Option<Page>, Unanswered> {
    let Some(gathering) = Gathering::at(&public.ledger, slug).await? else { return Ok(None) };
    let now = public.clock.now();
    let gigs = gathering.gigs(&public.ledger, Which::Open, GIGS, now).await?;
    let names = posters(&public.ledger, &gigs).await?;
    let mut cards = Vec::new();
    for gig in &gigs {
        let card = Card::of(&public.ledger, gig, &names[&gig.poster], now).await?;
        cards.push((card, head_start(gig, now)));
    }
    let (named, others) = named(public, &gathering).await?;
    let signed = visitor.signed.as_deref();
    let stands = match signed {
        None if gathering.inside.is_empty() && gathering.community.vouches > 0 => Stands::Closed,
        None => Stands::SignedOut,
        Some(SignedIn { person, .. }) => stands(public, &gathering, person.id).await?,
    };
    let steward = match signed.filter(|signed| gathering.is_steward(signed.person.id)) {
        Some(_) => Some(keeping(public, &gathering).await?),
        None => None,
    };
    let mut frame = Frame::new(visitor, gathering.community.name.clone());
    frame.canonical = Some(format!("{}/community/{slug}", visitor.base));
    frame.feeds = links(&visitor.base, Of::Community(&gathering));
    let community = &gathering.community;
    Ok(Some(Page {
        frame,
        name: community.name.clone(),
        slug: community.slug.clone(),
        about: community.about.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
        kind: label(public, community),
        category: community.category.clone(),
        vouches: community.vouches,
        most_vouches: MOST_VOUCHES,
        entry: if gathering.inside.is_empty() { NOBODY.to_owned() } else { entry(community) },
        cards,
        named,
        others,
        stands,
        steward,
        told: community.about.clone(),
        whom: visitor.typed("whom"),
        why: visitor.typed("why"),
    }))
}

fn head_start(gig: &Gig, now: Timestamp) -> String {
    let ends = shown_to_all(gig, now);
    ends.map_or_else(String::new, |ends| format!("Here first; everyone sees it at {}", clock_time(ends, now)))
}

/// When everyone is shown an open gig that goes first to a community; nothing once they are.
pub fn shown_to_all(gig: &Gig, now: Timestamp) -> Option<Timestamp> {
    let start = gig.head_start().filter(|start| gig.status == Status::Open && start.is_on(now))?;
    Some(start.ends)
}

/// Said of one that everybody has left.
const NOBODY: &str = "Nobody is in it any more.";

fn entry(community: &Community) -> String {
    match community.vouches {
        0 => "Anyone who is signed in may come in.".to_owned(),
        1 => "One comes in when a member vouches for their work in it, or a steward invites them.".to_owned(),
        n => format!("One comes in when {n} members vouch for their work in it, or a steward invites them."),
    }
}

async fn stands(public: &Public, gathering: &Gathering, who: PersonId) -> Result<Stands, Unanswered> {
    Ok(match public.weave.door(&gathering.community, who).await? {
        Door::Inside(rank) => {
            let is_named = gathering.members.iter().any(|one| one.person == who && one.shown == Shown::Named);
            let leaving = Leaving::of(&gathering.members, who);
            Stands::Inside { is_steward: rank == Rank::Steward, is_named, leaving }
        }
        Door::Invited => Stands::MayEnter { why: "A steward has invited you.".to_owned() },
        Door::Vouched(by) if by.is_empty() => Stands::MayEnter { why: "It is open to everyone.".to_owned() },
        Door::Vouched(by) => {
            let why = format!("{} vouched for your work.", people(public, gathering, &by).await?);
            Stands::MayEnter { why }
        }
        Door::Missing { .. } | Door::Removed { .. } if gathering.inside.is_empty() => Stands::Closed,
        Door::Missing { have, more } => {
            let still = match more {
                1 => "one more member has to".to_owned(),
                n => format!("{n} more members have to"),
            };
            let why = if have.is_empty() {
                let needed = count(more, "member has to vouch", "members have to vouch");
                let kind = label(public, &gathering.community);
                format!(
                    "{needed} for your work in {kind}, or a steward has to invite you. Nobody inside has vouched for your work in {kind} yet."
                )
            } else {
                let by = people(public, gathering, &have).await?;
                format!("{by} vouched for your work; {still}, or a steward has to invite you.")
            };
            Stands::Outside { why }
        }
        Door::Removed { why } => Stands::Outside {
            why: format!(
                "A steward took you out of this community ({why}). An invitation of a steward brings you back."
            ),
        },
    })
}

/// Members by name, where they wish to be named; the others as a number.
async fn people(public: &Public, gathering: &Gathering, who: &[PersonId]) -> Result<String, StoreError> {
    let mut names = Vec::new();
    for person in who {
        let is_named = gathering.members.iter().any(|one| one.person == *person && one.shown == Shown::Named);
        if is_named && let Some(name) = name_of(&public.ledger, *person).await? {
            names.push(name);
        }
    }
    let rest = who.len() - names.len();
    if rest > 0 {
        let word = if names.is_empty() { "member" } else { "other member" };
        names.push(count(rest, word, &format!("{word}s")));
    }
    Ok(match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    })
}

/// Nothing for somebody who asks not to be listed anywhere.
async fn name_of(ledger: &Ledger, person: PersonId) -> Result<Option<String>, StoreError> {
    if ledger.wish(Party::Person(person)).await?.is_some() {
        return Ok(None);
    }
    Ok(ledger.person(person).await?.map(|person| person.name))
}

async fn named(public: &Public, gathering: &Gathering) -> Result<(Vec<Face>, String), StoreError> {
    let (mut named, mut unnamed) = (Vec::new(), 0);
    for member in gathering.members.iter().filter(|member| member.is_inside()) {
        let name = if member.shown == Shown::Named || member.is_steward() {
            name_of(&public.ledger, member.person).await?
        } else {
            None
        };
        match name {
            Some(name) => named.push(Face { id: member.person.to_string(), name, is_steward: member.is_steward() }),
            None => unnamed += 1,
        }
    }
    named.sort_by(|one, other| (!one.is_steward, &one.name).cmp(&(!other.is_steward, &other.name)));
    let others = match (named.is_empty(), unnamed) {
        (true, 0) => NOBODY.to_owned(),
        (false, 0) => String::new(),
        (true, n) => format!("{}, who do not say so here.", count(n, "member", "members")),
        (false, n) => format!("And {n} more, who do not say so here."),
    };
    Ok((named, others))
}

async fn keeping(public: &Public, gathering: &Gathering) -> Result<Keeping, StoreError> {
    let mut keeping = Keeping { invited: Vec::new(), members: Vec::new(), removed: Vec::new() };
    for one in public.ledger.invitations_to(gathering.community.id).await? {
        let name = public.weave.called_by(one.whom).await?;
        keeping.invited.push((one.whom.to_string(), name, Moment::new(one.at, public.clock.now())));
    }
    for member in &gathering.members {
        let name = public.ledger.person(member.person).await?.map_or_else(|| "somebody".to_owned(), |one| one.name);
        let face = Face { id: member.person.to_string(), name, is_steward: member.is_steward() };
        match &member.rank {
            Rank::Removed { why, .. } => keeping.removed.push((face, why.clone())),
            Rank::Steward | Rank::Member => keeping.members.push(face),
        }
    }
    keeping.members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(keeping)
}
