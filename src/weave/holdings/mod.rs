//! What is kept under somebody's name beside what was said and done: their accounts and ways in, gigs, links, hires, and what they asked for or
//! were asked into.
//!
//! Most of it has no index by person: it is gone through in the rare moment in which somebody wants to see all that is held.

use super::{Unanswered, Weave};
use crate::clock::Timestamp;
use crate::engagement::Vouch;
use crate::id::{AccountId, ActorId, Code, GigId, PersonId};
use crate::person::Account;
use crate::ports::StoreError;
use crate::referral::{Interest, Via};
use crate::store::{Hire, Invite, SignIn, Unsent};
use crate::trust::Party;
use serde::Serialize;

#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Holdings {
    /// The accounts that they linked to post by, with their settings, those that they unlinked included.
    pub accounts: Vec<Account>,
    /// The handles of the accounts whose picture is kept.
    pub pictures: Vec<String>,
    /// Until when links hold, as they have been told.
    pub ends_told: Vec<Timestamp>,
    /// The browsers in which they are signed in.
    pub sign_ins: Vec<SignIn>,
    /// Tokens of programs that act for them; only hashes are kept.
    pub tokens: usize,
    /// Invitations to post here that bear their name.
    pub invites: Vec<Invite>,
    /// What is still to be told to them, or of them to a poster.
    pub notices: Vec<Waiting>,
    /// The gigs that they said they would do.
    pub interests: Vec<Wanted>,
    /// Their own links to gigs.
    pub links: Vec<OwnLink>,
    /// What they were hired for, as the posters say.
    pub hires: Vec<Hired>,
    /// Whom they say to have hired.
    pub hired: Vec<Hired>,
    /// The communities that they are invited to.
    pub invitations: Vec<Invited>,
    /// Whom they invited to one.
    pub invited: Vec<Invited>,
    /// How many accounts of others reshare their gigs.
    pub relayed_by: usize,
    pub shows_circle: bool,
    /// The keys by which their word is known elsewhere.
    pub issuers: Vec<String>,
    /// Vouches in posts, by them and for them, with those that are undone.
    pub vouches: Vec<Vouch>,
    /// How many gigs their accounts have announced or reshared, or were to.
    pub announced: usize,
    /// The gigs that they posted, newest first.
    pub gigs: Vec<Posted>,
    /// How many more of them were here, of which only that is kept.
    pub gone: usize,
}

/// A notice that somebody has not been sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// "you", or the name of a poster.
    pub to: String,
    /// The handle of an account, or the title of a gig.
    pub about: String,
    pub news: &'static str,
    pub at: Timestamp,
    pub due: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// The gig's; nothing once it is no longer on record.
    pub title: Option<String>,
    #[serde(flatten)]
    pub interest: Interest,
}

/// A link to a gig that counts for whoever passes it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnLink {
    pub gig: GigId,
    pub title: Option<String>,
    pub code: Code,
    /// As far as they have been written down.
    pub visits: u64,
    pub interested: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hired {
    pub title: Option<String>,
    /// By name, or "you", or "somebody".
    pub who: String,
    #[serde(flatten)]
    pub hire: Hire,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invited {
    pub to: String,
    /// By name, or "you", or "somebody".
    pub whom: String,
    /// Nothing where it was the operator.
    pub by: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Posted {
    pub id: GigId,
    pub title: String,
    pub state: &'static str,
    pub came: Timestamp,
    /// Its page, under the address of this gigcast.
    pub page: String,
}

impl Weave {
    /// What is kept under the names of one node: `parties` are all of them.
    pub(super) async fn holdings(&self, node: Party, parties: &[Party]) -> Result<Holdings, Unanswered> {
        let mut held = match node {
            Party::Person(person) => self.holdings_of_person(person).await?,
            Party::Actor(_) => Holdings::default(),
        };
        for one in parties {
            for hire in self.ledger.hires_of(*one).await? {
                let by = Party::Person(hire.poster);
                held.hires.push(self.hired(node, by, hire).await?);
            }
        }
        let invitations = self.ledger.invitations(|one| {
            parties.contains(&one.whom) || one.by.is_some_and(|by| parties.contains(&Party::Person(by)))
        });
        for one in invitations.await? {
            let Some(to) = self.ledger.community(one.to).await? else { continue };
            let by = match one.by {
                Some(by) => Some(self.as_called(node, Party::Person(by)).await?),
                None => None,
            };
            let invited = Invited { to: to.name, whom: self.as_called(node, one.whom).await?, by, at: one.at };
            if parties.contains(&one.whom) {
                held.invitations.push(invited);
            } else {
                held.invited.push(invited);
            }
        }
        held.issuers = self.ledger.issuers_of(parties).await?;
        let actors: Vec<ActorId> = parties
            .iter()
            .filter_map(|party| match party {
                Party::Actor(actor) => Some(*actor),
                Party::Person(_) => None,
            })
            .collect();
        held.vouches = self.ledger.vouches_with(&actors).await?;
        Ok(held)
    }

    async fn holdings_of_person(&self, me: PersonId) -> Result<Holdings, Unanswered> {
        let ledger = &self.ledger;
        let mut held = Holdings {
            accounts: ledger.accounts_of(me).await?,
            sign_ins: ledger.sign_ins_of(me).await?,
            tokens: ledger.tokens_of(me).await?,
            invites: ledger.invites_of(me).await?,
            relayed_by: ledger.relays_of(me).await?.len(),
            shows_circle: ledger.shows_circle(me).await?,
            gone: ledger.removed_of(me).await?,
            ..Holdings::default()
        };
        let identities = ledger.identities_of(me).await?;
        let mut known: Vec<(AccountId, &str)> =
            identities.iter().map(|one| (one.account, one.handle.as_str())).collect();
        known.extend(held.accounts.iter().map(|one| (one.id, one.handle.as_str())));
        known.sort_unstable();
        known.dedup_by_key(|(id, _)| *id);
        for (account, handle) in &known {
            if ledger.has_avatar(*account).await? {
                held.pictures.push((*handle).to_owned());
            }
            held.ends_told.extend(ledger.end_told(*account).await?);
        }
        let ids: Vec<AccountId> = known.iter().map(|(id, _)| *id).collect();
        held.announced = ledger.announced_by(&ids).await?;
        for Unsent { notice, due, .. } in ledger.notices_with(me).await? {
            let to = self.as_called(Party::Person(me), Party::Person(notice.person)).await?;
            let (about, news) = (notice.about.name().to_owned(), notice.news.kind());
            held.notices.push(Waiting { to, about, news, at: notice.at, due });
        }
        for interest in ledger.interests_by(me).await? {
            held.interests.push(Wanted { title: self.title(interest.gig).await?, interest });
        }
        for (gig, code) in ledger.links_of(me).await? {
            let visits = ledger.visits_by(gig, Via::Link(me)).await?;
            let interested = ledger.interests(gig).await?.iter().filter(|one| one.via == Via::Link(me)).count();
            held.links.push(OwnLink { gig, title: self.title(gig).await?, code, visits, interested });
        }
        for hire in ledger.hires_by(me).await? {
            let whom = hire.whom;
            held.hired.push(self.hired(Party::Person(me), whom, hire).await?);
        }
        let posted = ledger.gigs_of(me, 0, usize::MAX).await?.into_iter().map(|record| record.gig);
        held.gigs = posted
            .map(|gig| Posted {
                id: gig.id,
                state: gig.status.word(),
                came: gig.first_seen,
                page: format!("/g/{}", gig.id),
                title: gig.terms.title,
            })
            .collect();
        Ok(held)
    }

    async fn hired(&self, me: Party, who: Party, hire: Hire) -> Result<Hired, Unanswered> {
        Ok(Hired { title: self.title(hire.gig).await?, who: self.as_called(me, who).await?, hire })
    }

    async fn title(&self, gig: GigId) -> Result<Option<String>, StoreError> {
        Ok(self.ledger.gig(gig).await?.map(|record| record.gig.terms.title))
    }

    /// As this one calls that one.
    async fn as_called(&self, me: Party, whom: Party) -> Result<String, Unanswered> {
        let whom = self.ask(|woven| woven.joined.node(whom)).await?;
        Ok(self.or_unnamed(whom, me).await?.name)
    }
}

#[cfg(test)]
pub(crate) mod tests;
