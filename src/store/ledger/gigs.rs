//! Gigs, the names they are known by, the sources they come from, and the story of each.
//!
//! Taking a gig in is one batch: the gig, its names, its story so far, and the note that this revision is still to be planned. So a
//! gig that was answered for is planned sooner or later, whatever happens in between.

use super::Ledger;
use super::shelves::reshelve;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::heard::Version;
use crate::gig::rings::Ring;
use crate::gig::{Gig, Republish, Revision, Status, Urgency};
use crate::id::{AccountId, GigId, PersonId, SourceId};
use crate::polling::Rhythm;
use crate::ports::{Batch, Commit, Cursor, StoreError};
use crate::store::layout::{self, Record};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GigRecord {
    pub gig: Gig,
    pub heard: Heard,
    /// What its source last said, where a person has decided otherwise.
    pub source_says: Option<Version>,
    /// When its source made what it last said, where it tells; what it made before that is no news.
    pub said_at: Option<Timestamp>,
}

impl GigRecord {
    /// The gig as its source alone would have it.
    pub fn as_said(&self) -> Gig {
        self.source_says.as_ref().map_or_else(|| self.gig.clone(), |said| said.on(&self.gig))
    }

    /// After its source says this: what a person decided stays where the source says nothing new.
    #[must_use]
    pub fn followed(&self, said: &Version, poster: PersonId, now: Timestamp) -> Self {
        let ours = Version::of(&self.gig);
        let before = self.source_says.as_ref().unwrap_or(&ours);
        let after = ours.follow(before, said);
        self.revised(&after, (after != *said).then(|| said.clone()), poster, now)
    }

    /// After a person decided that it is so.
    #[must_use]
    pub fn decided(&self, decided: &Version, now: Timestamp) -> Self {
        // What its own poster handed in has no other source than its poster.
        let by_hand = self.gig.source == SourceId::by_hand(self.gig.poster);
        let said = self.source_says.clone().unwrap_or_else(|| Version::of(&self.gig));
        self.revised(decided, (!by_hand && said != *decided).then_some(said), self.gig.poster, now)
    }

    /// After its closing day: the source's, or the one that a person gave it.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Self {
        let after = Version { status: Status::Expired, ..Version::of(&self.gig) };
        let said = self.source_says.clone().map(|said| {
            let same_day = said.terms.closes == after.terms.closes && said.status == Status::Open;
            if same_day { Version { status: Status::Expired, ..said } } else { said }
        });
        self.revised(&after, said.filter(|said| *said != after), self.gig.poster, now)
    }

    fn revised(&self, after: &Version, source_says: Option<Version>, poster: PersonId, now: Timestamp) -> Self {
        let same = after.reads_as(&Version::of(&self.gig)) && poster == self.gig.poster;
        let gig = Gig { poster, ..after.on(&self.gig) };
        let gig = if same { gig } else { Gig { revision: gig.revision.next(), revised: now, ..gig } };
        Self { gig, heard: self.heard, source_says, said_at: self.said_at }
    }
}

/// Whether a gig was news when it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heard {
    News,
    /// It was there when its source was first looked at, and is not announced.
    Baseline,
}

impl Record for GigRecord {
    const VERSION: u8 = 5;
}

#[derive(Serialize, Deserialize)]
pub(super) struct Named(pub(super) GigId);

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
    /// Whether it may be posted elsewhere is no longer what it was.
    Republish {
        may: Republish,
    },
    /// No longer among all that its source lists, at so many looks in a row.
    Dropped {
        source: String,
        looks: u16,
        revision: Revision,
        status: Status,
    },
    /// Its closing day has passed.
    Closed {
        revision: Revision,
    },
    /// A person filled, withdrew, re-opened or edited it; the word for what they did.
    Decided {
        verb: String,
        revision: Revision,
        status: Status,
    },
    /// How soon it is to be said is no longer what it was.
    Urgency {
        now: Urgency,
    },
    /// Who says it first is no longer who did.
    Ring {
        now: Option<Ring>,
    },
    /// A post of it came out, and this account does not reshare it as its person's relay would have it.
    NotRelayed {
        account: AccountId,
        why: Why,
    },
}

impl Tale {
    /// That it is said sooner or later, or on other accounts first, and reads the same.
    pub fn said_otherwise(before: &Gig, now: &Gig) -> Self {
        if before.terms.ring == now.terms.ring {
            Self::Urgency { now: now.terms.urgency }
        } else {
            Self::Ring { now: now.terms.ring.clone() }
        }
    }

    /// The revision that it made, and the state of the gig in it.
    pub fn revised(&self) -> Option<(Revision, Status)> {
        match self {
            Self::Revised { revision, status }
            | Self::Dropped { revision, status, .. }
            | Self::Decided { revision, status, .. } => Some((*revision, *status)),
            Self::Closed { revision } => Some((*revision, Status::Expired)),
            Self::Seen { .. }
            | Self::Baseline
            | Self::Announced { .. }
            | Self::Skipped { .. }
            | Self::NotRelayed { .. }
            | Self::Republish { .. }
            | Self::Urgency { .. }
            | Self::Ring { .. }
            | Self::SeenAlso { .. } => None,
        }
    }
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
    /// The last look, whatever came of it.
    pub looked: Option<Timestamp>,
    /// The next look.
    pub due: Option<Timestamp>,
    pub rhythm: Rhythm,
    /// Why the last one failed.
    pub trouble: Option<String>,
    /// It said that it is gone for good.
    pub ended: bool,
    /// Since when it lacks most of what it listed before: too much at once to be believed.
    pub emptied: Option<Timestamp>,
    /// What it turned out to be, when it last said so.
    pub found: Option<String>,
}

impl SourceState {
    /// As it stands by a clock that now says `now`, when an earlier one was ahead: what waited so long after its last look waits as long
    /// from now. Nothing when it fits.
    pub fn set_back(&self, now: Timestamp) -> Option<Self> {
        let looked = self.looked.filter(|looked| *looked > now)?;
        let ahead = looked.since(now);
        let mut state = self.clone();
        (state.looked, state.due) = (Some(now), self.due.map(|due| due.minus(ahead)));
        (state.seen, state.emptied) = (self.seen.map(|at| at.min(now)), self.emptied.map(|at| at.min(now)));
        Some(state)
    }
}

impl Record for SourceState {
    const VERSION: u8 = 3;
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
    pub at: Timestamp,
    key: Bytes,
}

impl Unplanned {
    /// What no other note has.
    pub fn name(&self) -> &[u8] {
        &self.key
    }
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
        let closing = |gig: &Gig| gig.terms.closes.filter(|_| gig.status == Status::Open);
        if let Some(at) = before.and_then(|before| closing(&before.gig)) {
            batch.delete.push(layout::closing(at, gig.id));
        }
        if let Some(at) = closing(gig) {
            batch.put.push((layout::closing(at, gig.id), Vec::new()));
        }
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
            batch.put.push((layout::unplanned(now, self.next_told(), gig.id), Vec::new()));
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
            .filter_map(|(key, _)| layout::read_unplanned(&key).map(|(at, gig)| Unplanned { gig, at, key }))
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
        let key = layout::source(id);
        // A cursor may be long enough to lie apart: what only the old one needed is litter now.
        let old = self.store.get(&key).await?;
        layout::put(&mut batch, key, state, old.as_ref());
        self.note_seen_again(&mut batch, id, state).await?;
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
