//! All that is held about one party, for that party's own eyes.

use super::answer::Piece;
use super::holdings::Holdings;
use super::question::address;
use super::{Named, Unanswered, Weave, told};
use crate::clock::Timestamp;
use crate::community::Member;
use crate::engagement::Engagement;
use crate::id::{ActorId, PersonId};
use crate::person::{Actor, Identity, Person};
use crate::plan::relay::Relay;
use crate::store::{FeedAddress, Forgot, Import, NotForgotten, Sight, Statements, Wish};
use crate::trust::{Deed, Evidence, Kind, Party};
use serde::Serialize;
use std::cmp::Reverse;

/// Everything on record of somebody. Whoever else stands in it is named only where they may be.
#[derive(Debug, Clone, Serialize)]
pub struct Held {
    pub id: String,
    pub person: Option<Person>,
    /// That they asked not to be named.
    pub wish: Option<Wish>,
    /// The accounts that show who they are.
    pub identities: Vec<Identity>,
    /// The accounts of theirs that were seen under posts here.
    pub actors: Vec<Actor>,
    pub statements: Option<Statements>,
    /// Since when they have a feed of their own.
    pub feed_since: Option<Timestamp>,
    /// Whether a key was made that their vouches are signed with. The key itself is sealed.
    pub vouch_key: bool,
    /// The communities that they are in, or were taken out of.
    pub communities: Vec<Belonging>,
    /// Whose gigs their accounts reshare, as they said.
    pub relays: Vec<Relaying>,
    /// The vouches of elsewhere that they brought.
    pub imports: Vec<Import>,
    /// Where instances say that they saw some of these, and whose they are.
    pub sights: Vec<Sight>,
    #[serde(flatten)]
    pub holdings: Holdings,
    /// What others said of them and did for their gigs.
    pub about: Vec<Piece>,
    /// What they said and did, also where nobody else had part in it.
    pub by: Vec<Piece>,
    /// What they said on pages here and in posts, and may take back.
    pub words: Vec<OwnWord>,
    /// What they did under posts of gigs, with how their replies begin.
    pub deeds: Vec<Engagement>,
}

/// That somebody is in a community, or was taken out of it and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Belonging {
    pub to: String,
    pub member: Member,
}

/// That somebody has an account of theirs reshare a poster's gigs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Relaying {
    pub of: String,
    pub with: String,
    pub relay: Relay,
}

/// Something that somebody said of another, and may take back here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnWord {
    pub said: String,
    pub about: Party,
    pub deed: Deed,
    pub category: Option<String>,
    /// The post that it stands in; nothing where it was said on a page.
    pub post: Option<String>,
}

impl Weave {
    /// All that is held about this party and the accounts that are known to be theirs.
    pub async fn held(&self, party: Party) -> Result<Held, Unanswered> {
        let (node, parties) = self.ask(|woven| woven.aliases(party)).await?;
        let mut held = Held {
            id: node.to_string(),
            person: None,
            wish: self.ledger.wish(node).await?,
            identities: Vec::new(),
            actors: Vec::new(),
            statements: None,
            feed_since: None,
            vouch_key: false,
            communities: Vec::new(),
            relays: Vec::new(),
            imports: Vec::new(),
            sights: Vec::new(),
            holdings: self.holdings(node, &parties).await?,
            about: Vec::new(),
            by: Vec::new(),
            words: Vec::new(),
            deeds: Vec::new(),
        };
        if let Party::Person(person) = node {
            held.person = self.ledger.person(person).await?;
            held.identities = self.ledger.identities_of(person).await?;
            held.imports = self.ledger.imports_of(person).await?;
            held.sights = held.imports.iter().filter_map(|import| import.seen.clone()).collect();
            held.statements = self.ledger.statements(person).await?;
            held.feed_since = self.ledger.feed_of(person).await?.map(|FeedAddress { made, .. }| made);
            let known = self.ledger.memberships_of(person).await?.into_iter();
            held.communities = known.map(|(community, member)| Belonging { to: community.name, member }).collect();
            held.relays = self.relays_of(person).await?;
            held.vouch_key = self.ledger.vouch_key(crate::credential::Signer::Person(person)).await?.is_some();
        }
        let (mut about, mut by) = (Vec::new(), Vec::new());
        let mut actors: Vec<ActorId> = Vec::new();
        for one in &parties {
            about.extend(self.ledger.evidence_about(*one).await?);
            by.extend(self.ledger.evidence_by(*one).await?);
            if let Party::Actor(actor) = *one {
                held.actors.extend(self.ledger.actor(actor).await?);
                actors.push(actor);
            }
        }
        // Of what was read from posts, vouches are all that anybody says of another.
        let is_word = |one: &&Evidence| match one.deed {
            Deed::Vouch(_) => true,
            Deed::Referrer | Deed::Dispute(..) | Deed::Credit(_) => one.by == node,
            Deed::Hired | Deed::Completed | Deed::Reshare | Deed::Quote | Deed::Reply => false,
        };
        for one in by.iter().filter(is_word) {
            let said = self.told_to(node, vec![one.clone()]).await?.swap_remove(0).said;
            let post = matches!(one.by, Party::Actor(_)).then(|| one.source.clone());
            held.words.push(OwnWord { said, about: one.about, deed: one.deed, category: one.category.clone(), post });
        }
        about.retain(|one| !parties.contains(&one.by));
        held.about = self.told_to(node, about).await?;
        held.by = self.told_to(node, by).await?;
        held.deeds = self.ledger.deeds_by(&actors).await?;
        Ok(held)
    }

    async fn relays_of(&self, person: PersonId) -> Result<Vec<Relaying>, Unanswered> {
        let mut relays = Vec::new();
        for account in self.ledger.accounts_of(person).await? {
            for relay in self.ledger.relays_by(account.id).await? {
                let of = self.ledger.person(relay.poster).await?.map_or_else(String::new, |poster| poster.name);
                relays.push(Relaying { of, with: account.handle.clone(), relay });
            }
        }
        Ok(relays)
    }

    /// Forgets whoever that is, with every account that is known to be theirs.
    pub async fn forget(
        &self,
        party: Party,
        handle: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Forgot, NotForgotten>, Unanswered> {
        match self.ask(|woven| woven.aliases(party).0).await? {
            Party::Person(person) => Ok(self.ledger.forget_person(person, now).await?),
            Party::Actor(actor) => Ok(Ok(self.ledger.forget_actor(actor, handle, now).await?)),
        }
    }

    /// Newest first, in words to one of the two.
    pub(super) async fn told_to(&self, me: Party, mut evidence: Vec<Evidence>) -> Result<Vec<Piece>, Unanswered> {
        evidence.sort_by_key(|one| Reverse(one.at));
        let mut pieces = Vec::new();
        for one in evidence {
            let (by_node, about_node) = self.ask(|woven| (woven.aliases(one.by).0, woven.aliases(one.about).0)).await?;
            let (by, mut about) = (self.or_unnamed(by_node, me).await?, self.or_unnamed(about_node, me).await?);
            if by_node == about_node {
                "yourself".clone_into(&mut about.name);
            }
            let is_of_a_gig = matches!(one.deed, Deed::Reshare | Deed::Quote | Deed::Reply);
            let said = if by_node == about_node && is_of_a_gig {
                let owner = Named { name: "your own".to_owned(), ..about.clone() };
                told::piece(&one, &by, &owner, &self.taxonomy)
            } else {
                told::piece(&one, &by, &about, &self.taxonomy)
            };
            let warns = one.deed.kind() == Kind::Negative;
            pieces.push(Piece { at: one.at, by, about, said, source: address(&one.source), warns });
        }
        Ok(pieces)
    }
}
