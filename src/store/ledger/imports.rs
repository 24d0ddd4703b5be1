//! Vouches that were signed elsewhere and brought here by whom they are about, and who their issuers are here.
//!
//! What is brought is kept, and says nothing until it is known whose word it is: the operator names the issuer as somebody on record, or an instance that is
//! believed saw it ([`Sight`]). Then it is evidence like any other, by that party, written and struck in the batch that keeps or drops it. When its time is over it goes, and its evidence with it.

use super::Ledger;
use super::evidence::{Piece, record, strike};
use super::sights::Sight;
use crate::clock::Timestamp;
use crate::id::{ActorId, PersonId};
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use crate::trust::{Deed, Level, Party};
use serde::{Deserialize, Serialize};

/// So many are kept of one person.
pub const MOST: usize = 500;

/// A vouch with the signature of its issuer, which was checked when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// As its issuer wrote it.
    pub id: String,
    /// A DID.
    pub issuer: String,
    /// Whom it is about, and who brought it.
    pub subject: PersonId,
    pub category: String,
    pub level: Level,
    pub from: Timestamp,
    pub until: Timestamp,
    pub brought: Timestamp,
    /// Whose word it is here; nobody's until its issuer is known.
    pub by: Option<Party>,
    /// What an instance saw of it, where one signed it. It lies beside.
    #[serde(skip)]
    pub seen: Option<Sight>,
}

impl Record for Import {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownIssuer {
    pub(super) issuer: String,
    pub(super) party: Party,
}

impl Record for KnownIssuer {
    const VERSION: u8 = 1;
}

/// What came of a vouch that was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It is evidence, by this party.
    Counts(Party),
    /// Nobody here is known to be its issuer.
    Kept,
    /// It was here.
    Known,
    /// Whoever said it does not wish to be named here.
    Unnamed,
    /// Whoever said it took it back here.
    TakenBack,
    /// There are [`MOST`] of theirs.
    Full,
}

impl Import {
    fn key(&self) -> layout::Key {
        layout::import(self.subject, &self.issuer, &self.id)
    }

    /// By which its evidence is known: no other has this source.
    pub fn source(&self) -> String {
        match &self.seen {
            None => format!("{} by {}", self.id, self.issuer),
            // Where it is to be read, and by whose account.
            Some(sight) => format!("{}#{},{}", sight.post, self.issuer, self.id),
        }
    }

    /// Where it says that its author has taken it back: one of these is there.
    pub(super) fn taken_back_keys(&self) -> Vec<layout::Key> {
        match &self.seen {
            None => vec![layout::word_taken_back(&self.issuer, &self.id)],
            Some(sight) => sight.by.iter().map(|by| layout::taken_back(*by, &sight.post)).collect(),
        }
    }

    pub(super) fn piece(&self) -> Piece {
        let category = Some(self.category.clone());
        Piece { deed: Deed::Vouch(self.level), category, at: self.from, source: self.source() }
    }

    fn sight_key(&self) -> layout::Key {
        layout::sight(self.subject, &self.issuer, &self.id)
    }

    fn write(&self, batch: &mut Batch) {
        layout::put(batch, self.key(), self, None);
        if let Some(sight) = &self.seen {
            layout::put(batch, self.sight_key(), sight, None);
        }
        if let Some(by) = self.by {
            record(batch, by, Party::Person(self.subject), &self.piece());
        }
    }

    fn erase(&self, batch: &mut Batch) {
        batch.delete.extend([self.key(), self.sight_key()]);
        if let Some(by) = self.by {
            strike(batch, by, Party::Person(self.subject), &self.piece());
        }
    }
}

impl Ledger {
    /// Keeps a vouch that was checked; whose word it is, is found here.
    pub async fn keep_import(&self, import: &Import) -> Result<TakenIn, StoreError> {
        loop {
            let mut batch = Batch::default();
            let by = if let Some(sight) = &import.seen {
                if !self.unnamed_among(sight.by.iter().copied()).await?.is_empty() {
                    return Ok(TakenIn::Unnamed);
                }
                batch.expect.extend(sight.by.iter().map(|actor| (layout::wish(Party::Actor(*actor)), None)));
                self.author_of(sight).await?
            } else {
                let known = self.read::<KnownIssuer>(&layout::known_issuer(&import.issuer)).await?;
                let (head, by) = known.map_or((None, None), |read| (Some(read.head), Some(read.value.party)));
                batch.expect.push((layout::known_issuer(&import.issuer), head));
                by
            };
            if self.store.get(&import.key()).await?.is_some() {
                return Ok(TakenIn::Known);
            }
            if self.is_taken_back(import).await? {
                return Ok(TakenIn::TakenBack);
            }
            batch.expect.extend(import.taken_back_keys().into_iter().map(|key| (key, None)));
            if self.keys(&layout::imports_of(import.subject), MOST).await?.len() == MOST {
                return Ok(TakenIn::Full);
            }
            batch.expect.push((import.key(), None));
            Import { by, ..import.clone() }.write(&mut batch);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(by.map_or(TakenIn::Kept, TakenIn::Counts));
            }
        }
    }

    /// From now on the issuer of this name is this party: what it signed counts as their word. Answers about whom it counts now.
    pub async fn know_issuer(&self, issuer: &str, party: Party) -> Result<Vec<PersonId>, StoreError> {
        let mut counts = Vec::new();
        loop {
            let (key, mut batch, mut about) = (layout::known_issuer(issuer), Batch::default(), Vec::new());
            let known = self.read::<KnownIssuer>(&key).await?;
            let was_known = known.as_ref().is_some_and(|known| known.value.party == party);
            batch.expect.push((key.clone(), known.map(|known| known.head)));
            layout::put(&mut batch, key, &KnownIssuer { issuer: issuer.to_owned(), party }, None);
            for (key, _) in self.keys(&layout::imports(), usize::MAX).await? {
                let Some(read) = self.read::<Import>(&key).await? else { continue };
                let import = self.with_sight(read.value).await?;
                // Whoever took such a word back is not made to say it again. What an instance saw is the word of whoever wrote it.
                if import.issuer != issuer || import.by == Some(party) || import.seen.is_some() {
                    continue;
                }
                batch.expect.push((key.to_vec(), Some(read.head)));
                if let Some(before) = import.by {
                    strike(&mut batch, before, Party::Person(import.subject), &import.piece());
                }
                about.push(import.subject);
                // The former author was a mistake, so their taking-back does not bind the new one.
                batch.delete.extend(import.taken_back_keys());
                Import { by: Some(party), ..import }.write(&mut batch);
            }
            // What was brought while this looked is found by the next look; what is brought from then on finds the issuer known.
            if was_known && about.is_empty() {
                self.barrier().await?;
                return Ok(counts);
            }
            if self.store.commit(batch).await? == Commit::Applied {
                self.tied();
                counts.append(&mut about);
            }
        }
    }

    /// The keys by which these are known as issuers of vouches elsewhere.
    pub async fn issuers_of(&self, parties: &[Party]) -> Result<Vec<String>, StoreError> {
        let known: Vec<KnownIssuer> = self.list(&layout::known_issuers(), usize::MAX).await?;
        Ok(known.into_iter().filter(|known| parties.contains(&known.party)).map(|known| known.issuer).collect())
    }

    /// What this person brought, newest first.
    pub async fn imports_of(&self, subject: PersonId) -> Result<Vec<Import>, StoreError> {
        let mut imports = self.imports(&layout::imports_of(subject)).await?;
        imports.sort_by(|a, b| (b.from, &b.id).cmp(&(a.from, &a.id)));
        Ok(imports)
    }

    async fn imports(&self, prefix: &[u8]) -> Result<Vec<Import>, StoreError> {
        let mut imports = Vec::new();
        for import in self.list::<Import>(prefix, usize::MAX).await? {
            imports.push(self.with_sight(import).await?);
        }
        Ok(imports)
    }

    /// Drops one that this person brought. Answers what it was.
    pub async fn drop_import(&self, subject: PersonId, issuer: &str, id: &str) -> Result<Option<Import>, StoreError> {
        let key = layout::import(subject, issuer, id);
        loop {
            let Some(read) = self.read::<Import>(&key).await? else { return Ok(None) };
            let import = self.with_sight(read.value).await?;
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), Some(read.head)));
            import.erase(&mut batch);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Some(import));
            }
        }
    }

    /// Drops all whose time is over. Answers how many.
    pub async fn drop_ended_imports(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut dropped = 0;
        for import in self.list::<Import>(&layout::imports(), usize::MAX).await? {
            if import.until <= now && self.drop_import(import.subject, &import.issuer, &import.id).await?.is_some() {
                dropped += 1;
            }
        }
        Ok(dropped)
    }

    /// Adds to a batch that one party is another in all that was brought. The evidence of it is moved with all other.
    pub(super) async fn move_imports(&self, batch: &mut Batch, was: Party, is: Party) -> Result<(), StoreError> {
        for import in self.imports(&layout::imports()).await? {
            let subject = match is {
                Party::Person(person) if was == Party::Person(import.subject) => person,
                _ => import.subject,
            };
            let by = if import.by == Some(was) { Some(is) } else { import.by };
            if subject != import.subject {
                batch.delete.extend([import.key(), import.sight_key()]);
            }
            if (subject, by) != (import.subject, import.by) {
                // Its evidence is moved with all other.
                let moved = Import { subject, by, ..import };
                layout::put(batch, moved.key(), &moved, None);
                if let Some(sight) = &moved.seen {
                    layout::put(batch, moved.sight_key(), sight, None);
                }
            }
        }
        for known in self.list::<KnownIssuer>(&layout::known_issuers(), usize::MAX).await? {
            if known.party == was {
                let key = layout::known_issuer(&known.issuer);
                layout::put(batch, key, &KnownIssuer { party: is, ..known }, None);
            }
        }
        Ok(())
    }

    /// Adds to a batch that this party neither brought a vouch nor is the issuer of one. The evidence of it goes with all other.
    pub(super) async fn forget_imports(&self, batch: &mut Batch, party: Party) -> Result<usize, StoreError> {
        let mut forgot = 0;
        let known = self.list::<KnownIssuer>(&layout::known_issuers(), usize::MAX).await?;
        let theirs: Vec<KnownIssuer> = known.into_iter().filter(|known| known.party == party).collect();
        let signers: Vec<ActorId> = theirs.iter().map(|known| Sight::signer(&known.issuer)).collect();
        for import in self.imports(&layout::imports()).await? {
            let mut seen = import.seen.iter().flat_map(|sight| &sight.by);
            let is_author = seen.any(|actor| Party::Actor(*actor) == party || signers.contains(actor));
            if Party::Person(import.subject) == party || import.by == Some(party) || is_author {
                import.erase(batch);
                forgot += 1;
            }
        }
        batch.delete.extend(theirs.iter().map(|known| layout::known_issuer(&known.issuer)));
        Ok(forgot)
    }
}
