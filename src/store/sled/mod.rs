//! sled behind a wrapper, because by itself it does not keep its word at a power cut (docs/decisions/0002-sled-behind-a-wrapper.md).
//!
//! One tree; one thread that owns all writes ([`writer`]); an opening that clears what a crash left behind ([`open`]).
//!
//! Reads run on the caller's own thread: the pages they need are in the cache or in the kernel's, a miss costs one read of some
//! kilobytes, and the lock they take is held by the writer only while it changes pages in memory, never while it syncs. Long
//! scans give way to other tasks every so often.
//!
//! Not used, on purpose: subscribers (one slow reader stops every writer), merge operators, generated ids (they jump after a
//! crash), `flush_async` (it has deadlocked) and compression (it can never be switched again).

mod compact;
mod open;
mod writer;

pub use compact::{CompactError, Compacted, compact};
pub use open::{OpenError, Opened, RESERVE_BYTES};

use crate::ports::{Batch, BoxFuture, Commit, Store, StoreError, StoreVitals};
use ::sled::Db;
use bytes::Bytes;
use open::Claim;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use writer::{Asked, QUEUE, Writer};

/// After so many rows a scan lets other tasks run.
const ROWS_PER_TURN: usize = 256;

/// The embedded store. Dropping it ends it as [`SledStore::close`] does, and cannot say how it went.
pub struct SledStore {
    db: Db,
    queue: Option<mpsc::Sender<Asked>>,
    writer: Option<JoinHandle<()>>,
    /// The first failure, which every later call repeats: after a failed sync nobody knows what the disk holds.
    failed: Arc<OnceLock<StoreError>>,
    syncs: Arc<AtomicU64>,
    /// Microseconds that they took together.
    syncing_us: Arc<AtomicU64>,
    dir: PathBuf,
    /// Last, so that it is given up when all else is closed.
    claim: Option<Claim>,
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl SledStore {
    /// `file` is our own handle on sled's file `db`.
    fn start(db: Db, file: File, dir: PathBuf, claim: Claim) -> io::Result<Self> {
        let (queue, asked) = mpsc::channel(QUEUE);
        let failed = Arc::new(OnceLock::new());
        let syncs = Arc::new(AtomicU64::new(0));
        let syncing_us = Arc::new(AtomicU64::new(0));
        let clocked = (Arc::clone(&syncs), Arc::clone(&syncing_us));
        let writer = Writer::new(db.clone(), file, asked, Arc::clone(&failed), clocked);
        let writer = std::thread::Builder::new().name("store-writer".into()).spawn(move || writer.run())?;
        Ok(Self { db, queue: Some(queue), writer: Some(writer), failed, syncs, syncing_us, dir, claim: Some(claim) })
    }

    /// Writes and answers what is queued, then ends. Waits for the writer's thread: call it where blocking is allowed.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.end();
        self.usable()
    }

    /// Deletes the reserve file, when the disk is full and the process is about to end: the next opening needs room.
    pub fn give_up_reserve(&self) -> io::Result<()> {
        open::give_up_reserve(&self.dir)
    }

    /// How often the disk was waited for since the opening: many commits share one sync.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    fn end(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            self.fail(StoreError::Io("its writer panicked".into()));
        }
    }

    fn usable(&self) -> Result<(), StoreError> {
        self.failed.get().map_or(Ok(()), |failure| Err(failure.clone()))
    }

    fn fail(&self, failure: StoreError) -> StoreError {
        self.failed.get_or_init(|| failure).clone()
    }

    /// Why the writer did not answer.
    fn silence(&self) -> StoreError {
        self.failed.get().cloned().unwrap_or(StoreError::Closed)
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.end();
    }
}

impl Store for SledStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(async move {
            self.usable()?;
            let found = self.db.get(key).map_err(|e| self.fail(said(&e)))?;
            Ok(found.map(|value| Bytes::copy_from_slice(&value)))
        })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        Box::pin(async move {
            self.usable()?;
            let mut rows = Vec::new();
            if from >= until {
                return Ok(rows);
            }
            for row in self.db.range(from..until).take(limit) {
                let (key, value) = row.map_err(|e| self.fail(said(&e)))?;
                rows.push((Bytes::copy_from_slice(&key), Bytes::copy_from_slice(&value)));
                if rows.len() % ROWS_PER_TURN == 0 {
                    tokio::task::yield_now().await;
                }
            }
            Ok(rows)
        })
    }

    /// A commit whose future is dropped may still be written: ask the store, not the memory of having asked.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            self.usable()?;
            batch.check_sizes()?;
            let (answer, answered) = oneshot::channel();
            let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
            queue.send(Asked { batch, answer }).await.map_err(|_| self.silence())?;
            answered.await.map_err(|_| self.silence())?
        })
    }

    /// A batch with nothing in it: the writer reaches it only when all it wrote before has been synced.
    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.commit(Batch::default()).await.map(|_| ()) })
    }

    fn vitals(&self) -> StoreVitals {
        let syncing = Duration::from_micros(self.syncing_us.load(Ordering::Relaxed));
        StoreVitals { bytes: self.db.size_on_disk().ok(), syncs: self.syncs(), syncing }
    }

    fn free_bytes(&self) -> Option<u64> {
        open::free_bytes(&self.dir)
    }
}

fn said(error: &::sled::Error) -> StoreError {
    StoreError::Io(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str) -> Batch {
        Batch { put: vec![(key.into(), b"v".to_vec())], ..Batch::default() }
    }

    #[tokio::test]
    async fn after_a_sync_that_failed_every_call_repeats_the_failure() {
        let dir = tempfile::tempdir().unwrap();
        let claim = Claim::take(dir.path()).unwrap();
        let db = ::sled::Config::new().path(dir.path()).open().unwrap();
        // A device that cannot be synced stands in for a disk that fails to.
        let cannot_sync = File::open("/dev/null").unwrap();
        let store = SledStore::start(db, cannot_sync, dir.path().to_owned(), claim).unwrap();

        let failure = store.commit(put("k")).await.unwrap_err();
        assert!(matches!(failure, StoreError::Io(_)), "{failure:?}");
        assert_eq!(store.commit(put("l")).await, Err(failure.clone()));
        assert_eq!(store.get(b"k").await, Err(failure.clone()));
        assert_eq!(store.scan(b"a", b"z", 9).await, Err(failure.clone()));
        assert_eq!(store.barrier().await, Err(failure.clone()));
        assert_eq!(store.close(), Err(failure));
    }

    #[tokio::test]
    async fn what_waits_in_the_queue_is_written_before_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::open(dir.path(), 1 << 20).unwrap().store;
        let (answer, answered) = oneshot::channel();
        store.queue.as_ref().unwrap().send(Asked { batch: put("k"), answer }).await.unwrap();
        store.close().unwrap();
        assert_eq!(answered.await.unwrap(), Ok(Commit::Applied));
    }
}
