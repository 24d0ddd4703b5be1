//! Somebody's vouches as files that hold without us: those they gave, in their own name, and those they got, in the name of the instance
//! that saw them.
//!
//! Only what stands is signed, and only what was said here: what was brought from elsewhere has the signature of whoever vouches for it, and ours would
//! lend it a trust that nobody gave us. What cannot be signed is left out, and counted: a vouch for no kind of work, or one where somebody has no name
//! that means anything elsewhere.

use super::{Unanswered, Weave};
use crate::credential::{Basis, Did, Level, Party as Name, Seen, Signer, SigningKey, Vouch};
use crate::grants::VouchKeys;
use crate::id::PersonId;
use crate::person::Indexing;
use crate::ports::StoreError;
use crate::store::Import;
use crate::trust::{self, Admission, Deed, Evidence, Party};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a vouch holds elsewhere, from when it was said. It cannot be taken back there, so it has to end by itself.
const HOLDS: Duration = Duration::from_hours(730 * 24);
/// Of each sort, newest first.
const MOST: usize = 1000;

/// Signed credentials, each a document by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Portable {
    /// Newest first.
    pub given: Vec<String>,
    pub received: Vec<String>,
    /// How many could not be signed.
    pub left_out: usize,
}

impl Portable {
    /// One JSON array of all.
    pub fn file(&self) -> String {
        let all: Vec<&str> = self.given.iter().chain(&self.received).map(String::as_str).collect();
        format!("[{}]\n", all.join(",\n"))
    }
}

/// A vouch on record, and whether there is work of its kind behind it that one gave the other.
struct Standing {
    evidence: Evidence,
    level: trust::Level,
    hired: bool,
}

impl Weave {
    /// The vouches of this party, signed now; nothing when nobody is known by that id.
    pub async fn portable(&self, party: Party, keys: &VouchKeys) -> Result<Option<Portable>, Unanswered> {
        let (node, parties) = self.ask(|woven| woven.aliases(party)).await?;
        if self.named(node).await?.is_none() {
            return Ok(None);
        }
        let (mut about, mut by) = (Vec::new(), Vec::new());
        for one in parties {
            about.extend(self.ledger.evidence_about(one).await?);
            by.extend(self.ledger.evidence_by(one).await?);
        }
        let mut portable = Portable::default();
        // Whoever has not signed in has no key here.
        if let Party::Person(me) = node {
            let given = self.standing(by).await?;
            if !given.is_empty() {
                let key = keys.of(Signer::Person(me)).await?;
                for one in given {
                    let signed = self.signed(&one, Did::Key(key.public()), &key, None, keys).await?;
                    portable.take(signed, Sort::Given);
                }
            }
        }
        let received = self.standing(about).await?;
        if !received.is_empty() {
            let (issuer, key) = keys.instance().await?;
            for one in received {
                let by = self.name(one.evidence.by, keys).await?;
                let by = by.filter(|_| keys.may_sign(&one.evidence.source));
                let seen = by.map(|by| Seen { by, post: one.evidence.source.clone() });
                let signed = match seen {
                    Some(seen) => self.signed(&one, issuer.clone(), &key, Some(seen), keys).await?,
                    None => None,
                };
                portable.take(signed, Sort::Received);
            }
        }
        Ok(Some(portable))
    }

    /// The vouches that count and were said here, newest first: the last word for each kind of work, and none for oneself.
    async fn standing(&self, mut evidence: Vec<Evidence>) -> Result<Vec<Standing>, Unanswered> {
        evidence.sort_by_key(|one| Reverse(one.at));
        let nodes: Vec<(Party, Party)> = self
            .ask(|woven| evidence.iter().map(|one| (woven.joined.node(one.by), woven.joined.node(one.about))).collect())
            .await?;
        let gave_work = |deed| matches!(deed, Deed::Hired | Deed::Completed);
        let work = evidence.iter().zip(&nodes).filter(|(one, _)| gave_work(one.deed));
        let work: BTreeSet<_> = work.map(|(one, pair)| (*pair, one.category.clone())).collect();
        let brought = self.brought(nodes.iter().map(|(_, about)| *about)).await?;
        let mut said = BTreeSet::new();
        let mut standing = Vec::new();
        for (evidence, pair) in evidence.into_iter().zip(nodes) {
            let Deed::Vouch(level) = evidence.deed else { continue };
            let counts = evidence.admission == Admission::Counts && pair.0 != pair.1;
            let of = (pair, evidence.category.clone());
            if counts && !brought.contains(&evidence.source) && said.insert(of.clone()) && standing.len() < MOST {
                standing.push(Standing { evidence, level, hired: work.contains(&of) });
            }
        }
        Ok(standing)
    }

    /// The sources of what was brought about any of these.
    async fn brought(&self, about: impl Iterator<Item = Party>) -> Result<BTreeSet<String>, StoreError> {
        let mut sources = BTreeSet::new();
        for party in about.collect::<BTreeSet<_>>() {
            // Nobody but people here brings anything.
            let Party::Person(subject) = party else { continue };
            sources.extend(self.ledger.imports_of(subject).await?.iter().map(Import::source));
        }
        Ok(sources)
    }

    async fn signed(
        &self,
        one: &Standing,
        issuer: Did,
        key: &SigningKey,
        seen: Option<Seen>,
        keys: &VouchKeys,
    ) -> Result<Option<String>, StoreError> {
        let now = self.clock.now();
        let (Some(subject), Some(category)) =
            (self.name(one.evidence.about, keys).await?, one.evidence.category.clone())
        else {
            return Ok(None);
        };
        let (valid_from, valid_until) = (one.evidence.at, one.evidence.at.plus(HOLDS));
        if valid_until <= now {
            return Ok(None);
        }
        let (level, basis) = one.pledged();
        let vouch = Vouch { issuer, subject, category, level, basis, valid_from, valid_until, seen };
        Ok(vouch.into_credential().sign(key, now).ok())
    }

    /// By which name this party is known elsewhere: a DID or an https address of theirs; else, for people here, the key they sign with.
    async fn name(&self, party: Party, keys: &VouchKeys) -> Result<Option<Name>, StoreError> {
        let first = |names: &[&str]| names.iter().filter(|name| keys.may_sign(name)).find_map(|name| name.parse().ok());
        match party {
            Party::Actor(id) => {
                let actor = self.ledger.actor(id).await?.filter(|actor| actor.indexing == Indexing::Allowed);
                Ok(actor.and_then(|actor| first(&[&actor.uri, actor.url.as_deref().unwrap_or_default()])))
            }
            Party::Person(id) => self.name_of_person(id, keys).await,
        }
    }

    async fn name_of_person(&self, id: PersonId, keys: &VouchKeys) -> Result<Option<Name>, StoreError> {
        let may_be_named = self.ledger.wish(Party::Person(id)).await?.is_none();
        if !may_be_named || self.ledger.person(id).await?.is_none() {
            return Ok(None);
        }
        for known in self.ledger.identities_of(id).await? {
            if let Some(name) = [&known.native, &known.url]
                .into_iter()
                .filter(|name| keys.may_sign(name))
                .find_map(|name| name.parse().ok())
            {
                return Ok(Some(name));
            }
        }
        let key = keys.of(Signer::Person(id)).await?.public();
        Ok(Did::Key(key).to_string().parse().ok())
    }
}

enum Sort {
    Given,
    Received,
}

impl Portable {
    fn take(&mut self, signed: Option<String>, sort: Sort) {
        match (signed, sort) {
            (Some(document), Sort::Given) => self.given.push(document),
            (Some(document), Sort::Received) => self.received.push(document),
            (None, _) => self.left_out += 1,
        }
    }
}

impl Standing {
    /// No more is claimed than is on record: that somebody was hired stands there by itself.
    fn pledged(&self) -> (Level, Basis) {
        let (level, basis) = match self.level {
            trust::Level::KnowsTheWork => (Level::KnowsTheWork, Basis::Word),
            trust::Level::WorkedWith => (Level::WorkedWith, Basis::Worked),
            trust::Level::WouldHireAgain => (Level::WouldHireAgain, Basis::Word),
        };
        (level, if self.hired { Basis::Hired } else { basis })
    }
}
