//! A store that lives as long as the process: for dry runs and tests.
//!
//! A sorted map behind a mutex. Nothing waits under the lock, so each verb is done within one poll.

use crate::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A clone is another handle on the same rows.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(async move { Ok(self.rows().get(key)) })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        Box::pin(async move { Ok(self.rows().scan(from, until, limit)) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            batch.check_sizes()?;
            let mut rows = self.rows();
            if !rows.meet(&batch) {
                return Ok(Commit::Conflict);
            }
            rows.apply(batch);
            Ok(Commit::Applied)
        })
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Rows in byte order, and what the port's words mean on them.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(BTreeMap<Vec<u8>, Bytes>);

impl Rows {
    pub(super) fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.0.get(key).cloned()
    }

    pub(super) fn scan(&self, from: &[u8], until: &[u8], limit: usize) -> Vec<(Bytes, Bytes)> {
        // The map panics on a range that ends before it begins; to the port that is merely empty.
        if from >= until {
            return Vec::new();
        }
        self.0
            .range::<[u8], _>((std::ops::Bound::Included(from), std::ops::Bound::Excluded(until)))
            .take(limit)
            .map(|(key, value)| (Bytes::copy_from_slice(key), value.clone()))
            .collect()
    }

    pub(super) fn meet(&self, batch: &Batch) -> bool {
        batch.expect.iter().all(|(key, expected)| self.0.get(key) == expected.as_ref())
    }

    pub(super) fn apply(&mut self, batch: Batch) {
        for key in &batch.delete {
            self.0.remove(key);
        }
        for (key, value) in batch.put {
            self.0.insert(key, value.into());
        }
    }
}
