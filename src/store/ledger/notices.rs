//! Notices that are still to be sent, each until every way has taken it or has been given up.

use super::{Ledger, Read};
use crate::clock::Timestamp;
use crate::notice::Notice;
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub notice: Notice,
    /// The ways that have taken it.
    pub taken: Vec<String>,
    /// Rounds in which some way did not.
    pub tries: u16,
    pub due: Timestamp,
}

impl Record for Unsent {
    const VERSION: u8 = 1;
}

/// An [`Unsent`] with its place in the store.
#[derive(Debug)]
pub struct Kept {
    key: layout::Key,
    read: Read<Unsent>,
}

impl Kept {
    pub fn unsent(&self) -> &Unsent {
        &self.read.value
    }
}

impl Ledger {
    /// Adds to a batch that this is to be told.
    pub(super) fn tell(&self, batch: &mut Batch, notice: Notice) {
        let key = layout::notice(notice.at, self.next_told());
        let due = notice.at;
        layout::put(batch, key, &Unsent { notice, taken: Vec::new(), tries: 0, due }, None);
    }

    /// All that is still to be sent, oldest first.
    pub async fn unsent(&self) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for (key, _) in self.keys(&layout::notices(), usize::MAX).await? {
            if let Some(read) = self.read(&key).await? {
                kept.push(Kept { key: key.to_vec(), read });
            }
        }
        Ok(kept)
    }

    /// Writes down how a round ended; nothing more to do when `after` is nothing.
    pub async fn note_sent(&self, kept: Kept, after: Option<Unsent>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        match after {
            Some(unsent) => layout::put(&mut batch, kept.key.clone(), &unsent, Some(&kept.read.head)),
            None => layout::remove(&mut batch, kept.key.clone(), Some(&kept.read.head)),
        }
        batch.expect.push((kept.key, Some(kept.read.head)));
        self.store.commit(batch).await.map(drop)
    }
}
