//! The ledger: typed verbs over the few verbs of a store. What a record means is said here and nowhere else.
//!
//! Each verb is one batch, durable when it answers. Whoever decides on what was read names it as an expectation, so that of two who
//! decide on the same record one is told `Conflict` and reads again.

mod access;
mod anew;
mod announcing;
mod audit;
mod by_actor;
pub mod catalogue;
mod communities;
mod engagements;
mod evidence;
mod forgetting;
mod gigs;
mod hires;
mod imports;
mod listings;
mod notices;
mod people;
mod pushes;
mod referrals;
mod relays;
mod restored;
mod retention;
mod sealed;
mod seen;
mod settled;
mod shelves;
mod sights;
mod statements;
mod switches;
mod taken_back;
#[cfg(test)]
pub(crate) mod tests;
mod turns;
mod unreshare;

pub use access::{Avatar, Cleared, Invite, Owned, SignIn, WayIn};
pub use anew::Anew;
pub use announcing::{Followed, ToAnnounce};
pub use communities::{Grouping, Invitation};
pub use engagements::{Deed, DueWatch, End, Ended, Listed, News, PostOf, Reading, Watched, Watching};
pub use evidence::Word;
pub use forgetting::{Forgot, NotForgotten, Proof, Wish};
pub use gigs::{GigRecord, Heard, RefusedItem, SourceState, Story, Tale, Unplanned};
pub use hires::{Audience, Hire, HireAnswer, Hiring};
pub use imports::{Import, TakenIn};
pub use listings::Listing;
pub use notices::{Kept, Told, Unsent};
pub use people::GrantNoted;
pub use pushes::{Left, Subscription};
pub use referrals::InterestKept;
pub use relays::{Original, ToRelay, nearest};
pub use restored::Restored;
pub use retention::{Removals, Removed, Run};
pub use sealed::{KeyName, SealedFor};
pub use settled::SettledPage;
pub use sights::Sight;
pub use statements::{Availability, FeedAddress, Statements};
pub use switches::{Switch, SwitchOf, held_by};
pub use turns::{Change, Turn, Wake};
pub use unreshare::ToUnreshare;

use crate::clock::Timestamp;
use crate::outbox::Epoch;
use crate::ports::{Batch, Commit, Store, StoreError, StoreVitals};
use crate::store::layout::{self, Found, Record};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use tokio::sync::OnceCell;

#[derive(Clone)]
pub struct Ledger {
    store: Arc<dyn Store>,
    /// Parts the stories told in one millisecond.
    told: Arc<AtomicU32>,
    /// How often it changed which account is whose.
    ties: Arc<AtomicU64>,
    /// Read once: it is written while nobody else has the store.
    restored: Arc<OnceCell<Option<Restored>>>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledger")
    }
}

/// A record as it was read, with the bytes of its head: what a decision expects to find unchanged.
#[derive(Debug, Clone)]
pub struct Read<R> {
    pub value: R,
    pub head: Bytes,
}

/// So many keys are read at once.
const PAGE: usize = 256;

#[derive(Serialize, Deserialize)]
struct Counter(u64);

impl Record for Counter {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub fn new(store: Arc<dyn Store>) -> Self {
        let (told, ties) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU64::new(0)));
        Self { store, told, ties, restored: Arc::new(OnceCell::new()) }
    }

    /// Begins a new run: every claim of an older epoch is from a run that is over.
    pub async fn begin(&self) -> Result<Epoch, StoreError> {
        let key = layout::meta("epoch");
        loop {
            let old = self.read::<Counter>(&key).await?;
            let epoch = Epoch(old.as_ref().map_or(0, |old| old.value.0) + 1);
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), old.map(|old| old.head)));
            layout::put(&mut batch, key.clone(), &Counter(epoch.0), None);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(epoch);
            }
        }
    }

    /// The run that this store is in, or was in last.
    pub async fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(Epoch(self.read::<Counter>(&layout::meta("epoch")).await?.map_or(0, |epoch| epoch.value.0)))
    }

    /// Changes whenever an account begins or ceases to be somebody's, or all that is known of somebody is forgotten, in this run.
    pub fn ties(&self) -> u64 {
        self.ties.load(Ordering::Acquire)
    }

    fn tied(&self) {
        self.ties.fetch_add(1, Ordering::AcqRel);
    }

    /// Answers once all that was read before is durable.
    pub async fn barrier(&self) -> Result<(), StoreError> {
        self.store.barrier().await
    }

    pub fn store_vitals(&self) -> StoreVitals {
        self.store.vitals()
    }

    pub fn free_bytes(&self) -> Option<u64> {
        self.store.free_bytes()
    }

    /// Removes parts that no record points to any more; at most `limit` records' worth. Answers how many it removed.
    pub async fn sweep(&self, limit: usize) -> Result<usize, StoreError> {
        let litter = layout::litter();
        let found = self.store.scan(&litter, &layout::end_of(&litter), limit).await?;
        for (key, _) in &found {
            let parts = layout::parts_of(&key[1..]);
            let mut batch = Batch::default();
            for (part, _) in self.store.scan(&parts, &layout::end_of(&parts), usize::MAX).await? {
                batch.delete.push(part.to_vec());
            }
            batch.delete.push(key.to_vec());
            self.store.commit(batch).await?;
        }
        Ok(found.len())
    }

    async fn read<R: Record>(&self, key: &[u8]) -> Result<Option<Read<R>>, StoreError> {
        // Between reading a head and its parts, both may have been replaced; then the parts no longer fit, and the head is read again.
        let mut tries = 0;
        loop {
            let Some(head) = self.store.get(key).await? else { return Ok(None) };
            match self.open::<R>(key, &head).await {
                Ok(value) => return Ok(Some(Read { value, head })),
                Err(error) => {
                    tries += 1;
                    if tries == 3 || self.store.get(key).await?.as_ref() == Some(&head) {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn open<R: Record>(&self, key: &[u8], head: &Bytes) -> Result<R, StoreError> {
        match layout::read::<R>(key, head)? {
            Found::Here(record) => Ok(record),
            Found::Apart { blob, bytes, hash } => {
                let prefix = layout::parts_of(&blob);
                let parts = self.store.scan(&prefix, &layout::end_of(&prefix), usize::MAX).await?;
                let joined: Vec<u8> = parts.iter().flat_map(|(_, part)| part.iter().copied()).collect();
                layout::join(key, &joined, bytes, &hash)
            }
        }
    }

    /// All records under a prefix, in the order of their keys, at most `limit`.
    async fn list<R: Record>(&self, prefix: &[u8], limit: usize) -> Result<Vec<R>, StoreError> {
        let mut records = Vec::new();
        for (key, head) in self.keys(prefix, limit).await? {
            match self.open(&key, &head).await {
                Ok(record) => records.push(record),
                Err(error) => match self.read::<R>(&key).await? {
                    Some(read) => records.push(read.value),
                    None if self.store.get(&key).await?.is_none() => {}
                    None => return Err(error),
                },
            }
        }
        Ok(records)
    }

    /// All keys under a prefix with their heads, page by page.
    async fn keys(&self, prefix: &[u8], limit: usize) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        let (mut from, until) = (prefix.to_vec(), layout::end_of(prefix));
        let mut all: Vec<(Bytes, Bytes)> = Vec::new();
        while all.len() < limit {
            let page = self.store.scan(&from, &until, PAGE.min(limit - all.len())).await?;
            let Some((last, _)) = page.last() else { break };
            from = last.to_vec();
            from.push(0);
            all.extend(page);
        }
        Ok(all)
    }

    /// Parts what happened in one millisecond.
    fn next_told(&self) -> u32 {
        self.told.fetch_add(1, Ordering::Relaxed)
    }

    fn story_key(&self, gig: crate::id::GigId, at: Timestamp) -> layout::Key {
        layout::story(gig, at, self.next_told())
    }
}
