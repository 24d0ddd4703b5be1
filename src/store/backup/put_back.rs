//! Putting what a backup holds into a store that holds nothing.

use super::{BackupError, Entry, Reader};
use crate::ports::{Batch, Store, StoreError};
use crate::secret::Secret;
use std::collections::BTreeMap;
use std::io::Read;

/// So many rows share a sync.
const AT_ONCE: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes all rows, and answers the vault's key file where it is in the backup. What fails midway leaves a store that must not be used.
pub async fn put_back(from: &mut Reader<impl Read>, store: &dyn Store) -> Result<Option<Secret>, PutBackError> {
    let mut key_file = None;
    let mut waiting: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
    loop {
        let entry = from.entry()?;
        let is_end = entry.is_none();
        match entry {
            Some(Entry::Row { key, value }) => drop(waiting.insert(key, Some(value))),
            Some(Entry::Gone { key }) => drop(waiting.insert(key, None)),
            Some(Entry::KeyFile(key)) => key_file = Some(key),
            None => {}
        }
        if waiting.len() >= AT_ONCE || (is_end && !waiting.is_empty()) {
            let mut batch = Batch::default();
            for (key, value) in std::mem::take(&mut waiting) {
                match value {
                    Some(value) => batch.put.push((key, value)),
                    None => batch.delete.push(key),
                }
            }
            store.commit(batch).await?;
        }
        if is_end {
            return Ok(key_file);
        }
    }
}
