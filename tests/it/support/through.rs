//! A store of which a test changes one thing: all else goes through to the one behind it.

use bytes::Bytes;
use gigcast::ports::{Batch, BoxFuture, Commit, Store, StoreError, StoreVitals};
use std::ops::Deref;

/// What a test makes different; what it does not say goes through.
pub trait Alters: Send + Sync {
    fn behind(&self) -> &dyn Store;

    fn got<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.behind().get(key)
    }

    fn scanned<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        self.behind().scan(from, until, limit)
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        self.behind().commit(batch)
    }

    fn synced(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.behind().barrier()
    }

    fn free(&self) -> Option<u64> {
        self.behind().free_bytes()
    }

    fn lives(&self) -> StoreVitals {
        self.behind().vitals()
    }
}

/// The store that it makes.
#[derive(Debug, Clone, Default)]
pub struct Through<T>(pub T);

impl<T> Deref for Through<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Alters> Store for Through<T> {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.got(key)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        self.scanned(from, until, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        self.committed(batch)
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.synced()
    }

    fn free_bytes(&self) -> Option<u64> {
        self.free()
    }

    fn vitals(&self) -> StoreVitals {
        self.lives()
    }
}
