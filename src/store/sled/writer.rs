//! The one thread that writes.
//!
//! It takes whatever queued while the last sync ran, writes it as one atomic batch, syncs once, then answers each caller. As
//! nobody else writes, what it has just read cannot change under it: sled's transactions would only cost.
//!
//! A caller that is alone never waits for another. While many are under way, those just answered are about to ask again, and a
//! group that waits a moment for them costs all of them less: each one has a price of its own (two writes, a sync, a dozen threads
//! woken, readers kept out while pages change), and measured, callers then hear sooner (docs/BENCHMARKS.md).

use super::said;
use crate::clock::{Clock, SystemClock};
use crate::ports::{Batch, Commit, StoreError};
use ::sled::Db;
use bytes::Bytes;
use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How many commits may wait; the next caller waits for a place.
pub(super) const QUEUE: usize = 1024;
/// How many commits share a sync at most.
const GROUP: usize = 256;
/// A group takes no further commit once it has so many rows: readers are kept out while pages change, and a row costs some microseconds.
const ROWS: usize = 1024;
/// After a group of so many, the next is given a moment to gather.
const COMPANY: usize = 4;
/// The moment: about what a sync takes.
const MOMENT: Duration = Duration::from_micros(500);

/// One caller's commit.
pub(super) struct Asked {
    pub(super) batch: Batch,
    pub(super) answer: oneshot::Sender<Result<Commit, StoreError>>,
}

impl Asked {
    fn rows(&self) -> usize {
        self.batch.put.len() + self.batch.delete.len()
    }
}

pub(super) struct Writer {
    db: Db,
    /// Our own handle on sled's file, for two reasons: sled's `flush` is not a sync on Linux (it leaves the file's size behind),
    /// and the kernel reports a failed write-back once per handle, so sled's own background sync cannot swallow it.
    file: File,
    queue: mpsc::Receiver<Asked>,
    failed: Arc<OnceLock<StoreError>>,
    syncs: Arc<AtomicU64>,
    syncing_us: Arc<AtomicU64>,
    clock: SystemClock,
}

impl Writer {
    pub(super) fn new(
        db: Db,
        file: File,
        queue: mpsc::Receiver<Asked>,
        failed: Arc<OnceLock<StoreError>>,
        (syncs, syncing_us): (Arc<AtomicU64>, Arc<AtomicU64>),
    ) -> Self {
        Self { db, file, queue, failed, syncs, syncing_us, clock: SystemClock::default() }
    }

    /// Until every sender is gone and the queue is empty, or until the disk fails.
    pub(super) fn run(mut self) {
        let mut group = Vec::with_capacity(GROUP);
        let mut company = 0;
        while let Some(first) = self.queue.blocking_recv() {
            let mut rows = first.rows();
            group.push(first);
            if company >= COMPANY {
                std::thread::sleep(MOMENT);
            }
            while group.len() < GROUP
                && rows < ROWS
                && let Ok(next) = self.queue.try_recv()
            {
                rows += next.rows();
                group.push(next);
            }
            company = group.len();
            let (batches, answers): (Vec<_>, Vec<_>) = group.drain(..).map(|asked| (asked.batch, asked.answer)).unzip();
            match self.write(batches) {
                Ok(outcomes) => {
                    for (answer, outcome) in answers.into_iter().zip(outcomes) {
                        // A caller that no longer listens is no trouble of ours.
                        let _ = answer.send(Ok(outcome));
                    }
                }
                Err(failure) => {
                    // Known to all before the first of them hears of it; those still queued learn it from there.
                    let failure = self.failed.get_or_init(|| failure).clone();
                    for answer in answers {
                        let _ = answer.send(Err(failure.clone()));
                    }
                    return;
                }
            }
        }
    }

    /// Each batch is judged on the tree as the batches before it leave it; one that conflicts leaves nothing.
    fn write(&self, batches: Vec<Batch>) -> Result<Vec<Commit>, StoreError> {
        let mut pending = HashMap::new();
        let mut outcomes = Vec::with_capacity(batches.len());
        for batch in batches {
            if !self.meets(&pending, &batch)? {
                outcomes.push(Commit::Conflict);
                continue;
            }
            pending.extend(batch.delete.into_iter().map(|key| (key, None)));
            pending.extend(batch.put.into_iter().map(|(key, value)| (key, Some(value))));
            outcomes.push(Commit::Applied);
        }
        // With nothing to write all that can be read is durable already: each group before this one was synced.
        if !pending.is_empty() {
            self.apply(pending).map_err(|e| said(&e))?;
        }
        Ok(outcomes)
    }

    fn meets(&self, pending: &HashMap<Vec<u8>, Option<Vec<u8>>>, batch: &Batch) -> Result<bool, StoreError> {
        for (key, expected) in &batch.expect {
            let expected = expected.as_ref().map(Bytes::as_ref);
            let met = match pending.get(key) {
                Some(found) => found.as_deref() == expected,
                None => self.db.get(key).map_err(|e| said(&e))?.as_deref() == expected,
            };
            if !met {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn apply(&self, rows: HashMap<Vec<u8>, Option<Vec<u8>>>) -> ::sled::Result<()> {
        let mut whole = ::sled::Batch::default();
        for (key, value) in rows {
            match value {
                Some(value) => whole.insert(key, value),
                None => whole.remove(key),
            }
        }
        self.db.apply_batch(whole)?;
        let started = self.clock.monotonic();
        self.db.flush()?;
        self.file.sync_data()?;
        let took = self.clock.monotonic().saturating_sub(started).as_micros();
        self.syncing_us.fetch_add(u64::try_from(took).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
