//! What a source lists: which of its gigs were there at the last complete look, and how often the others were missed.

use super::Ledger;
use crate::clock::Timestamp;
use crate::gig::Status;
use crate::id::{GigId, SourceId};
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One gig of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Listing {
    /// Complete looks in a row that did not see it.
    pub missed: u16,
    /// What was concluded from that.
    pub gone: Option<Status>,
}

impl Record for Listing {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub async fn listed(&self, source: SourceId) -> Result<BTreeMap<GigId, Listing>, StoreError> {
        let mut listed = BTreeMap::new();
        for (key, head) in self.keys(&layout::list_of(source), usize::MAX).await? {
            if let Some(gig) = layout::read_on_list(source, &key) {
                listed.insert(gig, self.open(&key, &head).await?);
            }
        }
        Ok(listed)
    }

    pub async fn note_listed(&self, source: SourceId, changes: &[(GigId, Listing)]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (gig, listing) in changes {
            layout::put(&mut batch, layout::on_list(source, *gig), listing, None);
        }
        if changes.is_empty() { Ok(()) } else { self.store.commit(batch).await.map(drop) }
    }

    /// The open gigs that close first, with the time at which they do.
    pub async fn closing(&self, limit: usize) -> Result<Vec<(Timestamp, GigId)>, StoreError> {
        let keys = self.keys(&layout::closings(), limit).await?;
        Ok(keys.iter().filter_map(|(key, _)| layout::read_closing(key)).collect())
    }
}
