//! Wrappers that count what passes through them and change nothing: a store, and a network whose quotas are out of the way.

use bytes::Bytes;
use gigcast::clock::BoxFuture;
use gigcast::failure::Failure;
use gigcast::networks::mastodon::Mastodon;
use gigcast::person::Grant;
use gigcast::ports::{Batch, Commit, Entered, Linked, Network, Session, Store, StoreError, Wire};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::Profile;
use gigcast::store::catalogue::Kind;
use gigcast::store::sled::SledStore;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug)]
pub struct CountingStore {
    pub inner: Arc<SledStore>,
    pub reads: AtomicU64,
    pub commits: AtomicU64,
    rows: Mutex<BTreeMap<&'static str, Rows>>,
}

/// What was asked to be written of one kind of row; sled has its own price on top.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rows {
    pub put: u64,
    pub deleted: u64,
    /// Keys and values of what was put, keys of what was deleted.
    pub bytes: u64,
}

impl CountingStore {
    pub fn over(inner: Arc<SledStore>) -> Self {
        Self { inner, reads: AtomicU64::new(0), commits: AtomicU64::new(0), rows: Mutex::default() }
    }

    /// By kind of row, since it was last asked.
    pub fn take_rows(&self) -> BTreeMap<&'static str, Rows> {
        std::mem::take(&mut *self.rows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, batch: &Batch) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut row = |key: &[u8], value: Option<&[u8]>| {
            let of = rows.entry(Kind::of(key).map_or("?", |kind| kind.name)).or_default();
            of.bytes += (key.len() + value.map_or(0, <[u8]>::len)) as u64;
            if value.is_some() { of.put += 1 } else { of.deleted += 1 }
        };
        for (key, value) in &batch.put {
            row(key, Some(value));
        }
        for key in &batch.delete {
            row(key, None);
        }
    }
}

impl Store for CountingStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.get(key)
    }

    fn scan<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.scan(from, until, limit)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.count(&batch);
        self.inner.commit(batch)
    }

    fn barrier(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.inner.barrier()
    }

    fn free_bytes(&self) -> Option<u64> {
        self.inner.free_bytes()
    }
}

/// Mastodon as it is, but for its quotas: three hundred requests in five minutes would be all there is to measure.
#[derive(Debug)]
pub struct Unmetered {
    profile: Profile,
    /// Posts that were answered.
    pub created: AtomicU64,
}

impl Unmetered {
    pub fn new() -> Self {
        Self { profile: without_quotas(Mastodon.profile().clone()), created: AtomicU64::new(0) }
    }
}

fn without_quotas(profile: Profile) -> Profile {
    Profile { quotas: Vec::new().into(), ..profile }
}

impl Network for Unmetered {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn learn<'a>(&'a self, wire: &'a dyn Wire, server: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async move { Mastodon.learn(wire, server).await.map(without_quotas) })
    }

    fn link<'a>(&'a self, wire: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Mastodon.link(wire, entered)
    }

    fn refresh<'a>(
        &'a self,
        wire: &'a dyn Wire,
        server: &'a str,
        grant: &'a Grant,
    ) -> BoxFuture<'a, Result<Grant, Failure>> {
        Mastodon.refresh(wire, server, grant)
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move {
            let receipt = Mastodon.create(s, post, stamp).await;
            self.created.fetch_add(1, Ordering::Relaxed);
            receipt
        })
    }
}
