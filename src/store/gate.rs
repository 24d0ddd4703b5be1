//! A store of which a true copy can be taken while others write to it.
//!
//! A scan is no snapshot: what is read late may belong to a later moment than what was read early. So a copy is taken as one moves house
//! while people live in it: first all rows, then, in rounds, the rows that changed meanwhile, and the last few of those with the door shut.
//! What was copied then is the store as it stood at that one moment. The door is shut for as long as the commits under way
//! take, and twice a round; commits that come meanwhile wait, and none is refused.
//!
//! Why that is so: a key that no commit named since the copy began was read as it still is. A key that one named is read again after that
//! commit ended. Keys are noted before their commit begins, and a round takes up the noted keys only while no commit is under way.

use crate::ports::{Batch, BoxFuture, Commit, Store, StoreError, StoreVitals};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{RwLock, RwLockWriteGuard};

/// So many changed rows are read with the door shut: some milliseconds' worth.
const LAST_FEW: usize = 1_000;
/// After so many rounds the rest is read with the door shut, however much it is.
const ROUNDS: u32 = 20;

/// One row as it was read; nothing stands there where there is no value.
pub type Row = (Bytes, Option<Bytes>);

pub struct Gate {
    store: Arc<dyn Store>,
    /// Each commit holds it ajar.
    door: RwLock<()>,
    /// Keys that were written since the copy under way began; nothing while none is.
    changed: Mutex<Option<BTreeSet<Vec<u8>>>>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl Gate {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, door: RwLock::new(()), changed: Mutex::new(None) }
    }

    /// Begins a copy; nothing while another is under way. All that was written before is in it.
    pub async fn copy(self: &Arc<Self>) -> Result<Option<Copying>, StoreError> {
        let _shut = self.shut().await?;
        let mut changed = self.changed();
        if changed.is_some() {
            return Ok(None);
        }
        *changed = Some(BTreeSet::new());
        Ok(Some(Copying { gate: Arc::clone(self), from: Some(vec![0]), rounds: 0 }))
    }

    /// No commit is under way as long as this is held. One whose caller no longer listens may still be queued in the store: the barrier stands
    /// behind it.
    async fn shut(&self) -> Result<RwLockWriteGuard<'_, ()>, StoreError> {
        let shut = self.door.write().await;
        self.store.barrier().await?;
        Ok(shut)
    }

    fn changed(&self) -> MutexGuard<'_, Option<BTreeSet<Vec<u8>>>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, batch: &Batch) {
        if let Some(changed) = self.changed().as_mut() {
            changed.extend(batch.put.iter().map(|(key, _)| key.clone()));
            changed.extend(batch.delete.iter().cloned());
        }
    }
}

/// A copy under way. Dropped early, it is given up.
pub struct Copying {
    gate: Arc<Gate>,
    /// Where the rows go on; nothing once all have been read.
    from: Option<Vec<u8>>,
    rounds: u32,
}

impl fmt::Debug for Copying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copying")
    }
}

impl Copying {
    /// The next rows of the copy; a later word on a key takes the place of an earlier one. Nothing once the copy is whole.
    pub async fn next(&mut self, at_most: usize) -> Result<Option<Vec<Row>>, StoreError> {
        let store = &self.gate.store;
        if let Some(from) = &self.from {
            let page = store.scan(from, &[u8::MAX], at_most).await?;
            if let Some((last, _)) = page.last() {
                let behind = [last.as_ref(), &[0]].concat();
                self.from = Some(behind);
                return Ok(Some(page.into_iter().map(|(key, value)| (key, Some(value))).collect()));
            }
            self.from = None;
        }
        if self.rounds > ROUNDS {
            return Ok(None);
        }
        let shut = self.gate.shut().await?;
        let keys = self.gate.changed().replace(BTreeSet::new()).unwrap_or_default();
        self.rounds += 1;
        if keys.len() > LAST_FEW && self.rounds < ROUNDS {
            drop(shut);
            return read(&**store, keys).await.map(Some);
        }
        self.rounds = ROUNDS + 1;
        // With the door shut: nothing is written between the first of these and the last.
        read(&**store, keys).await.map(Some)
    }
}

async fn read(store: &dyn Store, keys: BTreeSet<Vec<u8>>) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        let value = store.get(&key).await?;
        rows.push((key.into(), value));
    }
    Ok(rows)
}

impl Drop for Copying {
    fn drop(&mut self) {
        *self.gate.changed() = None;
    }
}

impl Store for Gate {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.store.get(key)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        self.store.scan(from, until, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            let _ajar = self.door.read().await;
            self.note(&batch);
            self.store.commit(batch).await
        })
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.barrier()
    }

    fn free_bytes(&self) -> Option<u64> {
        self.store.free_bytes()
    }

    fn vitals(&self) -> StoreVitals {
        self.store.vitals()
    }
}
