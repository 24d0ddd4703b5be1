//! Gigs, the names they are known by, the sources they come from, and the story of each.
//!
//! Taking a gig in is one batch: the gig, its names, its story so far, and the note that this revision is still to be planned. So a
//! gig that was answered for is planned sooner or later, whatever happens in between.

use super::Ledger;
use super::shelves::reshelve;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::{Gig, Revision, Status};
use crate::id::{AccountId, GigId, PersonId, SourceId};
use crate::ports::{Batch, Commit, Cursor, StoreError};
use crate::store::layout::{self, Record};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GigRecord {
    pub gig: Gig,
    pub heard: Heard,
}

/// Whether a gig was news when it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    News,
    /// It was there when its source was first looked at, and is not announced.
    Baseline,
}

impl Record for GigRecord {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
struct Named(GigId);

impl Record for Named {
    const VERSION: u8 = 1;
}

/// One thing that happened to a gig, for `why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    pub at: Timestamp,
    pub tale: Tale,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tale {
    /// First seen at this source.
    Seen {
        source: String,
    },
    /// There when its source was first looked at.
    Baseline,
    Revised {
        revision: Revision,
        status: Status,
    },
    /// This account takes it.
    Announced {
        account: AccountId,
    },
    Skipped {
        account: AccountId,
        why: Why,
    },
    /// Seen again under another name; still one gig.
    SeenAlso {
        source: String,
    },
}

impl Record for Story {
    const VERSION: u8 = 1;
}

/// What is known of a source between looks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceState {
    pub cursor: Cursor,
    /// The last look that brought an answer.
    pub seen: Option<Timestamp>,
    /// The next look.
    pub due: Option<Timestamp>,
    /// Looks that failed since.
    pub failures: u16,
    /// Why the last one failed.
    pub trouble: Option<String>,
    /// It said that it is gone for good.
    pub ended: bool,
}

impl Record for SourceState {
    const VERSION: u8 = 1;
}

/// An item that could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedItem {
    pub what: String,
    pub why: Why,
    pub at: Timestamp,
}

impl Record for RefusedItem {
    const VERSION: u8 = 1;
}

/// A gig that is to be planned, with the note that says so.
#[derive(Debug, Clone)]
pub struct Unplanned {
    pub gig: GigId,
    key: Bytes,
}

impl Ledger {
    pub async fn gig(&self, id: GigId) -> Result<Option<GigRecord>, StoreError> {
        Ok(self.read(&layout::gig(id)).await?.map(|read| read.value))
    }

    /// The gig that goes by this name, by whatever source it was first seen.
    pub async fn gig_named(&self, alias: &[u8; 32]) -> Result<Option<GigId>, StoreError> {
        Ok(self.read::<Named>(&layout::alias(alias)).await?.map(|read| read.value.0))
    }

    /// Gigs newest first, from the `skip`th on.
    pub async fn newest_gigs(&self, skip: usize, limit: usize) -> Result<Vec<GigRecord>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::gigs_by_time(), skip.saturating_add(limit)).await?.iter().skip(skip) {
            if let Some(id) = key.get(9..).and_then(|id| id.try_into().ok()).map(GigId::from_bytes) {
                found.extend(self.gig(id).await?);
            }
        }
        Ok(found)
    }

    /// One poster's gigs newest first, from the `skip`th on. Reads no others.
    pub async fn gigs_of(&self, poster: PersonId, skip: usize, limit: usize) -> Result<Vec<GigRecord>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::gigs_of(poster), skip.saturating_add(limit)).await?.iter().skip(skip) {
            if let Some(id) = layout::read_gig_of(key) {
                found.extend(self.gig(id).await?);
            }
        }
        Ok(found)
    }

    /// Takes a gig in as it now is, with what happened to it; planned later when it is news. `before` is what was on record when that
    /// was decided, and each name comes with the gig it stood for then: `Conflict` when either is no longer so.
    pub async fn take_in(
        &self,
        record: &GigRecord,
        before: Option<&GigRecord>,
        aliases: &[([u8; 32], Option<GigId>)],
        tales: Vec<Tale>,
        now: Timestamp,
    ) -> Result<Commit, StoreError> {
        let gig = &record.gig;
        let key = layout::gig(gig.id);
        let old = self.read::<GigRecord>(&key).await?;
        if old.as_ref().map(|old| &old.value) != before {
            return Ok(Commit::Conflict);
        }
        let mut batch = Batch::default();
        layout::put(&mut batch, key.clone(), record, old.as_ref().map(|old| &old.head));
        batch.expect.push((key, old.map(|old| old.head)));
        batch.put.push((layout::gig_by_time(gig.first_seen, gig.id), Vec::new()));
        reshelve(&mut batch, before.map(|before| &before.gig), gig);
        batch.put.push((layout::gig_of(gig.poster, gig.first_seen, gig.id), Vec::new()));
        // A source may have been given to another poster, with all that it brings.
        if let Some(before) = before.map(|before| &before.gig).filter(|before| before.poster != gig.poster) {
            batch.delete.push(layout::gig_of(before.poster, before.first_seen, before.id));
        }
        for (alias, stood_for) in aliases {
            let key = layout::alias(alias);
            let old = self.read::<Named>(&key).await?;
            if old.as_ref().map(|old| old.value.0) != *stood_for {
                return Ok(Commit::Conflict);
            }
            layout::put(&mut batch, key.clone(), &Named(gig.id), None);
            batch.expect.push((key, old.map(|old| old.head)));
        }
        for tale in tales {
            layout::put(&mut batch, self.story_key(gig.id, now), &Story { at: now, tale }, None);
        }
        if record.heard == Heard::News {
            let n = self.told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            batch.put.push((layout::unplanned(now, n, gig.id), Vec::new()));
        }
        self.store.commit(batch).await
    }

    pub async fn story(&self, gig: GigId) -> Result<Vec<Story>, StoreError> {
        self.list(&layout::story_of(gig), usize::MAX).await
    }

    /// Gigs that wait to be planned, in the order they came.
    pub async fn unplanned(&self, limit: usize) -> Result<Vec<Unplanned>, StoreError> {
        let keys = self.keys(&layout::unplanned_all(), limit).await?;
        Ok(keys
            .into_iter()
            .filter_map(|(key, _)| layout::read_unplanned(&key).map(|gig| Unplanned { gig, key }))
            .collect())
    }

    /// A gig is planned: its note goes, its skips stay.
    pub async fn planned(&self, note: &Unplanned, tales: Vec<Tale>, now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.delete.push(note.key.to_vec());
        for tale in tales {
            layout::put(&mut batch, self.story_key(note.gig, now), &Story { at: now, tale }, None);
        }
        self.store.commit(batch).await.map(drop)
    }

    pub async fn source_state(&self, id: SourceId) -> Result<SourceState, StoreError> {
        Ok(self.read(&layout::source(id)).await?.map(|read| read.value).unwrap_or_default())
    }

    /// What a look left: the source's state and the items it could not read. All its gigs are taken in before.
    pub async fn note_look(
        &self,
        id: SourceId,
        state: &SourceState,
        refused: &[RefusedItem],
    ) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::source(id), state, None);
        for item in refused {
            layout::put(&mut batch, layout::refused(id, &item.what), item, None);
        }
        self.store.commit(batch).await.map(drop)
    }

    pub async fn refused(&self, id: SourceId, limit: usize) -> Result<Vec<RefusedItem>, StoreError> {
        self.list(&layout::refused_of(id), limit).await
    }

    /// An item that was refused before and is fine now.
    pub async fn unrefuse(&self, id: SourceId, what: &str) -> Result<(), StoreError> {
        let key = layout::refused(id, what);
        if self.store.get(&key).await?.is_some() {
            let batch = Batch { delete: vec![key], ..Batch::default() };
            self.store.commit(batch).await?;
        }
        Ok(())
    }
}
