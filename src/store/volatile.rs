//! A store that loses power when told to: what the crash tests stand on.
//!
//! It keeps two images. A commit is first seen by every reader, then yields, then becomes durable, as on a real machine, where
//! the page cache answers before the disk has synced. At a chosen commit it stops; from then on every call fails with `Closed`,
//! as if the process were gone, and [`VolatileStore::reopen`] gives the store that a restart would find.
//!
//! A sweep runs once without a stop, reads [`VolatileStore::commits`], and then runs again for each commit and each [`Stop`]:
//! that covers the moment between a commit and the request it allows (`Unanswered`), and the one between an answer from
//! outside and its commit (`Before`).

use super::memory::Rows;
use crate::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// At which point of a commit the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Before anything of it is kept, or seen.
    Before,
    /// Once readers have seen it, but before the sync: all that was not synced is gone.
    Unsynced,
    /// Once it is durable, but before its caller hears so.
    Unanswered,
}

impl Stop {
    pub const ALL: [Self; 3] = [Self::Before, Self::Unsynced, Self::Unanswered];
}

/// A clone is another handle on the same store.
#[derive(Debug, Clone, Default)]
pub struct VolatileStore {
    images: Arc<Mutex<Images>>,
}

#[derive(Debug, Default)]
struct Images {
    durable: Rows,
    /// What readers see.
    visible: Rows,
    /// Seen but not durable, in order.
    unsynced: Vec<Batch>,
    /// How many commits have begun, conflicts and checks among them.
    commits: u64,
    stop: Option<(u64, Stop)>,
    stopped: bool,
}

impl VolatileStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops at commit number `commit`, the first one being 1. Counted from the opening of this store.
    pub fn stop_at(&self, commit: u64, stop: Stop) {
        self.images().stop = Some((commit, stop));
    }

    /// How many commits were asked for since it was opened.
    pub fn commits(&self) -> u64 {
        self.images().commits
    }

    pub fn has_stopped(&self) -> bool {
        self.images().stopped
    }

    /// What a restart finds: the durable image, nothing else. This one is stopped by it, if it was not already.
    #[must_use]
    pub fn reopen(&self) -> Self {
        let mut images = self.images();
        images.stopped = true;
        let found = Images { durable: images.durable.clone(), visible: images.durable.clone(), ..Images::default() };
        Self { images: Arc::new(Mutex::new(found)) }
    }

    fn images(&self) -> MutexGuard<'_, Images> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Result<MutexGuard<'_, Images>, StoreError> {
        let images = self.images();
        if images.stopped { Err(StoreError::Closed) } else { Ok(images) }
    }

    /// The part of a commit that readers see.
    fn begin(&self, batch: Batch) -> Result<(u64, Commit), StoreError> {
        let mut images = self.running()?;
        images.commits += 1;
        let number = images.commits;
        images.stop_here(number, Stop::Before)?;
        if !images.visible.meet(&batch) {
            return Ok((number, Commit::Conflict));
        }
        images.visible.apply(batch.clone());
        images.unsynced.push(batch);
        Ok((number, Commit::Applied))
    }

    /// The part of a commit that survives. Like a real sync it takes along whatever else is waiting.
    fn finish(&self, number: u64) -> Result<(), StoreError> {
        let mut images = self.running()?;
        images.stop_here(number, Stop::Unsynced)?;
        images.sync();
        images.stop_here(number, Stop::Unanswered)
    }
}

impl Images {
    fn stop_here(&mut self, number: u64, stop: Stop) -> Result<(), StoreError> {
        if self.stop == Some((number, stop)) {
            self.stopped = true;
            return Err(StoreError::Closed);
        }
        Ok(())
    }

    fn sync(&mut self) {
        for batch in self.unsynced.drain(..) {
            self.durable.apply(batch);
        }
    }
}

impl Store for VolatileStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(async move { Ok(self.running()?.visible.get(key)) })
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        Box::pin(async move { Ok(self.running()?.visible.scan(from, until, limit)) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            batch.check_sizes()?;
            let (number, commit) = self.begin(batch)?;
            // Whoever reads now sees what is not yet durable.
            tokio::task::yield_now().await;
            self.finish(number)?;
            Ok(commit)
        })
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.running()?.sync();
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str) -> Batch {
        Batch { put: vec![(key.into(), b"v".to_vec())], ..Batch::default() }
    }

    async fn present(store: &VolatileStore, key: &str) -> bool {
        store.get(key.as_bytes()).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn what_was_answered_is_there_after_every_kind_of_stop() {
        for stop in Stop::ALL {
            let store = VolatileStore::new();
            store.stop_at(2, stop);
            assert_eq!(store.commit(put("first")).await, Ok(Commit::Applied));
            assert_eq!(store.commit(put("second")).await, Err(StoreError::Closed));
            assert!(store.has_stopped());

            let found = store.reopen();
            assert!(present(&found, "first").await, "{stop:?}");
            assert_eq!(present(&found, "second").await, stop == Stop::Unanswered, "{stop:?}");
            assert_eq!(found.commits(), 0);
            assert_eq!(found.commit(put("third")).await, Ok(Commit::Applied), "a restart can write again");
        }
    }

    #[tokio::test]
    async fn after_the_stop_every_call_says_closed() {
        let store = VolatileStore::new();
        store.stop_at(1, Stop::Before);
        assert_eq!(store.commit(put("k")).await, Err(StoreError::Closed));
        assert_eq!(store.get(b"k").await, Err(StoreError::Closed));
        assert_eq!(store.scan(b"", b"z", 9).await, Err(StoreError::Closed));
        assert_eq!(store.commit(put("k")).await, Err(StoreError::Closed));
        assert_eq!(store.barrier().await, Err(StoreError::Closed));
    }

    #[tokio::test]
    async fn a_reader_may_see_what_the_power_cut_then_takes() {
        let store = VolatileStore::new();
        store.stop_at(1, Stop::Unsynced);
        let writer = store.commit(put("k"));
        let reader = async { present(&store, "k").await };
        let (written, seen) = tokio::join!(writer, reader);
        assert!(seen, "seen before it was durable");
        assert_eq!(written, Err(StoreError::Closed));
        assert!(!present(&store.reopen(), "k").await);
    }

    #[tokio::test]
    async fn a_barrier_makes_what_was_seen_durable() {
        let store = VolatileStore::new();
        store.stop_at(1, Stop::Unsynced);
        let writer = store.commit(put("k"));
        let reader = async {
            assert!(present(&store, "k").await);
            store.barrier().await
        };
        let (written, barrier) = tokio::join!(writer, reader);
        assert_eq!((written, barrier), (Err(StoreError::Closed), Ok(())));
        assert!(present(&store.reopen(), "k").await);
    }

    #[tokio::test]
    async fn commits_are_counted_so_that_a_sweep_knows_its_length() {
        let store = VolatileStore::new();
        store.commit(put("a")).await.unwrap();
        store.commit(Batch { expect: vec![(b"a".to_vec(), None)], ..put("b") }).await.unwrap();
        assert_eq!(store.commits(), 2);
    }
}
