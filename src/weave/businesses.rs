//! The graph among businesses: whom a business speaks for, who speaks for it, and the people they share.
//!
//! A business is a poster. What is told here was said in public: vouches, hires and what a business is known for; no warning is ever part of it.

use super::answer::Named;
use super::{Unanswered, Weave};
use crate::id::PersonId;
use crate::person::Role;
use crate::trust::{Admission, Evidence, Kind, Party};
use std::collections::{BTreeMap, BTreeSet};

/// Businesses that are told.
const MOST: usize = 24;
/// People named of those whom two businesses share.
const MOST_SHARED: usize = 5;

/// One business near another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Business {
    pub who: Named,
    /// The one asked about speaks for this one.
    pub is_vouched_for: bool,
    /// This one speaks for the one asked about.
    pub vouches: bool,
    /// People whom both speak for.
    pub shared: Vec<Named>,
    pub shared_more: usize,
}

impl Weave {
    /// The businesses around this one: those that speak for each other first, then by name.
    pub async fn businesses(&self, person: PersonId) -> Result<Vec<Business>, Unanswered> {
        let me = Party::Person(person);
        let mine = self.spoken_for_by(me).await?;
        let speak_for_me = self.speak_for(me).await?;
        let mut near: BTreeMap<PersonId, (bool, bool)> = BTreeMap::new();
        for (parties, is_mine) in [(&mine, true), (&speak_for_me, false)] {
            for party in parties {
                let Party::Person(id) = party else { continue };
                let is_business = self.ledger.person(*id).await?.is_some_and(|one| one.role == Role::Poster);
                if is_business && *party != me {
                    let known = near.entry(*id).or_default();
                    (known.0, known.1) = (known.0 || is_mine, known.1 || !is_mine);
                }
            }
        }
        let mut named = Vec::new();
        for (id, (is_vouched_for, vouches)) in near {
            named.extend(self.named(Party::Person(id)).await?.map(|who| (id, who, is_vouched_for, vouches)));
        }
        named.sort_by_cached_key(|(id, who, is_mine, is_theirs)| {
            (!(*is_mine && *is_theirs), who.name.to_lowercase(), *id)
        });
        let mut businesses = Vec::new();
        for (id, who, is_vouched_for, vouches) in named.into_iter().take(MOST) {
            let theirs = self.spoken_for_by(Party::Person(id)).await?;
            let both: Vec<Party> = mine.intersection(&theirs).copied().collect();
            let (mut shared, all) = (Vec::new(), both.len());
            for party in both {
                if shared.len() == MOST_SHARED {
                    break;
                }
                shared.extend(self.named(party).await?);
            }
            let shared_more = all - shared.len();
            businesses.push(Business { who, is_vouched_for, vouches, shared, shared_more });
        }
        Ok(businesses)
    }

    /// Whom this party speaks for, as nodes of the network.
    async fn spoken_for_by(&self, party: Party) -> Result<BTreeSet<Party>, Unanswered> {
        let mut evidence = Vec::new();
        for one in self.ask(|woven| woven.aliases(party).1).await? {
            evidence.extend(self.ledger.evidence_by(one).await?);
        }
        self.nodes(&evidence, |piece| piece.about).await
    }

    /// Who speaks for this party.
    async fn speak_for(&self, party: Party) -> Result<BTreeSet<Party>, Unanswered> {
        let mut evidence = Vec::new();
        for one in self.ask(|woven| woven.aliases(party).1).await? {
            evidence.extend(self.ledger.evidence_about(one).await?);
        }
        self.nodes(&evidence, |piece| piece.by).await
    }

    async fn nodes(
        &self,
        evidence: &[Evidence],
        of: impl Fn(&Evidence) -> Party,
    ) -> Result<BTreeSet<Party>, Unanswered> {
        let speaks = |piece: &&Evidence| {
            piece.deed.kind() == Kind::Explicit && piece.admission == Admission::Counts && piece.by != piece.about
        };
        self.ask(|woven| evidence.iter().filter(speaks).map(|piece| woven.joined.node(of(piece))).collect()).await
    }
}
