//! Where a gig is looked for: among the open ones, and among those of its kind of work, which includes every kind above it.
//!
//! Each gig stands on its shelves by a key without a value, written and taken away in the same breath as the gig itself, so that a page
//! of one kind costs what it shows, however many others there are.

use super::{GigRecord, Ledger};
use crate::clock::Timestamp;
use crate::gig::{Gig, Status};
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Key, Record, Shelf};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether the gigs of a store from before there were shelves have been put on them.
#[derive(Serialize, Deserialize)]
pub(super) struct Filled;

impl Record for Filled {
    const VERSION: u8 = 1;
}

const FILLED_AT_ONCE: usize = 256;

impl Ledger {
    /// Gigs on a shelf newest first, from the `skip`th on.
    pub async fn gigs_on(&self, shelf: Shelf<'_>, skip: usize, limit: usize) -> Result<Vec<GigRecord>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::shelf(shelf), skip.saturating_add(limit)).await?.iter().skip(skip) {
            if let Some(id) = layout::read_on_shelf(key) {
                found.extend(self.gig(id).await?);
            }
        }
        Ok(found)
    }

    /// Gigs that have ended since, those that ended last first.
    pub async fn ended_since(&self, since: Timestamp, limit: usize) -> Result<Vec<GigRecord>, StoreError> {
        let mut found = self.gigs_on(Shelf::Ended, 0, limit).await?;
        found.retain(|record| record.gig.status != Status::Open && record.gig.revised >= since);
        Ok(found)
    }

    /// Puts the gigs of an older store on their shelves; once, before anything else is written.
    pub async fn fill_shelves(&self) -> Result<(), StoreError> {
        let done = layout::meta("shelves");
        if self.store.get(&done).await?.is_some() {
            return Ok(());
        }
        let mut from = 0;
        loop {
            let some = self.newest_gigs(from, FILLED_AT_ONCE).await?;
            let keys = some.iter().flat_map(|record| shelves(&record.gig)).map(|key| (key, Vec::new()));
            let mut batch = Batch { put: keys.collect(), ..Batch::default() };
            let is_last = some.len() < FILLED_AT_ONCE;
            if is_last {
                layout::put(&mut batch, done.clone(), &Filled, None);
            }
            self.store.commit(batch).await?;
            if is_last {
                return Ok(());
            }
            from += FILLED_AT_ONCE;
        }
    }
}

/// Moves a gig from the shelves it stood on to those it belongs on now.
pub(super) fn reshelve(batch: &mut Batch, before: Option<&Gig>, after: &Gig) {
    let (was, is) = (before.map(shelves).unwrap_or_default(), shelves(after));
    batch.delete.extend(was.difference(&is).cloned());
    batch.put.extend(is.difference(&was).map(|key| (key.clone(), Vec::new())));
}

/// Takes a gig off all its shelves.
pub(super) fn unshelve(batch: &mut Batch, gig: &Gig) {
    batch.delete.extend(shelves(gig));
}

fn shelves(gig: &Gig) -> BTreeSet<Key> {
    let slug = gig.terms.category.as_deref().unwrap_or_default();
    let above = slug.match_indices('/').map(|(end, _)| &slug[..end]);
    let mut on: Vec<Shelf<'_>> = above
        .chain([slug])
        .filter(|kind| !kind.is_empty())
        .flat_map(|kind| [Shelf::AllOf(kind), Shelf::OpenOf(kind)])
        .collect();
    on.extend([Shelf::Open, Shelf::Ended]);
    let belongs = |shelf: &Shelf<'_>| {
        // What we may read and not show stands on no shelf.
        let stands = match shelf {
            Shelf::AllOf(_) => true,
            Shelf::Open | Shelf::OpenOf(_) => gig.status == Status::Open,
            Shelf::Ended => gig.status != Status::Open,
        };
        gig.republish.is_allowed() && stands
    };
    let key = |shelf| {
        let at = if matches!(shelf, Shelf::Ended) { gig.revised } else { gig.first_seen };
        layout::on_shelf(shelf, at, gig.id)
    };
    on.into_iter().filter(belongs).map(key).collect()
}
