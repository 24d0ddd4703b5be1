//! Who was hired for what, by name: as the pages of a gig and of a person tell it.

use super::Weave;
use super::answer::Named;
use crate::clock::Timestamp;
use crate::id::{GigId, PersonId};
use crate::ports::StoreError;
use crate::store::{Hire, HireAnswer, Hiring};
use crate::trust::Party;
use serde::{Deserialize, Serialize};

/// One hire, as it may be told to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HireTold {
    pub gig: GigId,
    /// As it was written down: what answers and takings back name.
    pub key: String,
    pub poster: Named,
    /// Nothing for someone who does not wish to be named.
    pub whom: Option<Named>,
    pub at: Timestamp,
    pub stands: Stands,
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// The poster alone.
    Said,
    /// Both.
    Confirmed,
    /// The one who was hired says that it is not so.
    Denied,
}

/// Why nobody can be put down as hired by what was typed; as the beginning of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotHired {
    #[error(
        "Nobody on record goes by `{0}`: give a handle with its server, the name of somebody who has signed in here, or an id. On record is \
         whoever has signed in here, reshared, answered or was vouched for"
    )]
    Nobody(String),
    #[error("More than one on record goes by `{0}`: give an id, as their page has it in its address")]
    Several(String),
    #[error("Nobody is hired by themselves")]
    Themselves,
}

/// Whom a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    One(Party),
    Nobody,
    /// Two people go by it.
    Several,
}

impl Weave {
    /// A poster says whom they hired.
    pub async fn hire(&self, hire: &Hire) -> Result<Hiring, StoreError> {
        let hiring = self.ledger.hire(hire).await?;
        self.heard_of(&hiring).await?;
        Ok(hiring)
    }

    /// Whoever was hired says whether it is so.
    pub async fn answer_hire(&self, gig: GigId, whom: Party, answer: HireAnswer) -> Result<Hiring, StoreError> {
        let hiring = self.ledger.answer_hire(gig, whom, answer).await?;
        self.heard_of(&hiring).await?;
        Ok(hiring)
    }

    /// The poster takes it back.
    pub async fn unhire(&self, gig: GigId, whom: Party) -> Result<Hiring, StoreError> {
        let hiring = self.ledger.unhire(gig, whom).await?;
        self.heard_of(&hiring).await?;
        Ok(hiring)
    }

    async fn heard_of(&self, hiring: &Hiring) -> Result<(), StoreError> {
        match hiring {
            Hiring::Done(hire) => self.heard(Party::Person(hire.poster), hire.whom).await,
            Hiring::Same(_) | Hiring::Denied(_) | Hiring::Unknown => Ok(()),
        }
    }

    /// Whom a gig's poster hired, for the poster's own eyes: denials included.
    pub async fn hires_for(&self, gig: GigId) -> Result<Vec<HireTold>, StoreError> {
        self.hires_told(self.ledger.hires_for(gig).await?).await
    }

    /// The same for everyone's eyes: no denials, and nobody who is not to be named.
    pub async fn public_hires_for(&self, gig: GigId) -> Result<Vec<HireTold>, StoreError> {
        let mut hires = self.hires_for(gig).await?;
        hires.retain(|hire| hire.stands != Stands::Denied && hire.whom.is_some());
        Ok(hires)
    }

    /// What this person was hired for, by whichever of their accounts; newest first.
    pub async fn hires_of(&self, person: PersonId) -> Result<Vec<HireTold>, StoreError> {
        let mut hires = Vec::new();
        for party in self.parties_of(person).await? {
            hires.extend(self.ledger.hires_of(party).await?);
        }
        hires.sort_by_key(|hire| std::cmp::Reverse(hire.at));
        self.hires_told(hires).await
    }

    /// Whether this party is this person, by any of their accounts.
    pub async fn is_theirs(&self, party: Party, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.parties_of(person).await?.contains(&party))
    }

    /// Whom the poster means by this, to be put down as hired.
    pub async fn whom_to_hire(&self, poster: PersonId, what: &str) -> Result<Result<Party, NotHired>, StoreError> {
        let shown = || crate::gig::plain::cut(what.trim().to_owned(), 100);
        Ok(match self.called(what).await? {
            Meant::Nobody => Err(NotHired::Nobody(shown())),
            Meant::Several => Err(NotHired::Several(shown())),
            Meant::One(party) if self.is_theirs(party, poster).await? => Err(NotHired::Themselves),
            Meant::One(party) => Ok(party),
        })
    }

    /// Whom a handle, a name or an id means. Names are compared letter by letter, but for their case: what only looks alike is somebody else.
    pub async fn called(&self, what: &str) -> Result<Meant, StoreError> {
        let what = what.trim();
        if let Some(party) = Party::parse(what) {
            return Ok(if self.named(party).await?.is_some() { Meant::One(party) } else { Meant::Nobody });
        }
        if let Some(poster) = self.ledger.person(PersonId::from_name(what)).await? {
            return Ok(Meant::One(Party::Person(poster.id)));
        }
        let wanted = bare(what);
        if wanted.is_empty() {
            return Ok(Meant::Nobody);
        }
        let (mut found, mut theirs, mut named) = (Vec::new(), Vec::new(), Vec::new());
        for person in self.ledger.persons().await? {
            if person.name.trim().to_lowercase() == what.to_lowercase() {
                named.push(Party::Person(person.id));
            }
            if self.ledger.identities_of(person.id).await?.iter().any(|known| bare(&known.handle) == wanted) {
                found.push(Party::Person(person.id));
                theirs.extend(self.parties_of(person.id).await?);
            }
        }
        // An account that somebody here has linked is that person.
        let seen = self.ledger.actors_called(what).await?.into_iter().map(|actor| Party::Actor(actor.id));
        found.extend(seen.filter(|actor| !theirs.contains(actor)));
        // A handle is one person's; a name is whoever chose it, so it counts where nobody has the handle, and among people of this house alone.
        if found.is_empty() {
            for party in named {
                found.extend(self.named(party).await?.map(|_| party));
            }
        }
        Ok(match found[..] {
            [] => Meant::Nobody,
            [one] => Meant::One(one),
            [_, _, ..] => Meant::Several,
        })
    }

    async fn hires_told(&self, hires: Vec<Hire>) -> Result<Vec<HireTold>, StoreError> {
        let mut told = Vec::new();
        for hire in hires {
            let Some(poster) = self.named(Party::Person(hire.poster)).await? else { continue };
            let stands = match hire.answer {
                HireAnswer::Open => Stands::Said,
                HireAnswer::Confirmed(_) => Stands::Confirmed,
                HireAnswer::Denied(_) => Stands::Denied,
            };
            let whom = self.named(hire.whom).await?;
            told.push(HireTold { gig: hire.gig, key: hire.whom.to_string(), poster, whom, at: hire.at, stands });
        }
        Ok(told)
    }

    /// The accounts of a person, as the networks name them.
    pub(super) async fn accounts_of(&self, party: Party) -> Result<Vec<Party>, StoreError> {
        let Party::Person(person) = party else { return Ok(Vec::new()) };
        Ok(self.parties_of(person).await?.split_off(1))
    }

    async fn parties_of(&self, person: PersonId) -> Result<Vec<Party>, StoreError> {
        let mut parties = vec![Party::Person(person)];
        for known in self.ledger.identities_of(person).await? {
            parties.extend(known.actors().map(Party::Actor));
        }
        Ok(parties)
    }
}

fn bare(handle: &str) -> String {
    handle.trim().trim_start_matches('@').to_lowercase()
}
