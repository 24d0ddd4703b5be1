//! A copy of a store that is written to meanwhile: what went since is not in it, it ends however much is written, and nobody waits for it
//! longer than the last few rows take.

use crate::support::through::{Alters, Through};
use bytes::Bytes;
use futures_util::FutureExt;
use gigcast::clock::Timestamp;
use gigcast::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use gigcast::store::backup::{BackupError, Header, Reader, take};
use gigcast::store::gate::{Copying, Gate};
use gigcast::store::memory::MemoryStore;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, OnceLock, Weak};

fn rows(first: u8, count: u32) -> Batch {
    let row = |n: u32| ([&[first], n.to_be_bytes().as_slice()].concat(), vec![1]);
    Batch { put: (0..count).map(row).collect(), ..Batch::default() }
}

fn gone(first: u8, n: u32) -> Batch {
    Batch { delete: vec![[&[first], n.to_be_bytes().as_slice()].concat()], ..Batch::default() }
}

/// A store that tries, at each row that is read by its key, whether others may write meanwhile.
#[derive(Default)]
struct Tried {
    rows: MemoryStore,
    gate: OnceLock<Weak<Gate>>,
    let_in: Mutex<Vec<bool>>,
}

impl Tried {
    fn behind_a_gate() -> (Arc<Through<Self>>, Arc<Gate>) {
        let this = Arc::new(Through::<Self>::default());
        let gate = Arc::new(Gate::new(Arc::clone(&this) as Arc<dyn Store>));
        this.gate.set(Arc::downgrade(&gate)).unwrap();
        (this, gate)
    }
}

impl Alters for Tried {
    fn behind(&self) -> &dyn Store {
        &self.rows
    }

    fn got<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let gate = self.gate.get().and_then(Weak::upgrade).unwrap();
        let written = tokio::task::unconstrained(gate.commit(rows(7, 1))).now_or_never();
        self.let_in.lock().unwrap().push(written.is_some());
        self.rows.get(key)
    }
}

async fn begun(gate: &Arc<Gate>) -> Copying {
    gate.copy().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_row_that_goes_while_a_copy_is_taken_is_not_in_it() {
    let gate = Arc::new(Gate::new(Arc::new(MemoryStore::new())));
    gate.commit(rows(9, 3)).await.unwrap();
    let mut copying = begun(&gate).await;
    let mut copied = std::collections::BTreeMap::new();
    let mut first = true;
    while let Some(page) = copying.next(2).await.unwrap() {
        copied.extend(page);
        if std::mem::take(&mut first) {
            gate.commit(gone(9, 0)).await.unwrap();
        }
    }
    let there: Vec<_> = copied.into_iter().filter(|(_, value)| value.is_some()).map(|(key, _)| key[4]).collect();
    assert_eq!(there, [1, 2]);
}

#[tokio::test]
async fn only_the_last_few_rows_are_read_with_the_door_shut() {
    let (store, gate) = Tried::behind_a_gate();
    let mut copying = begun(&gate).await;
    gate.commit(rows(9, 1_500)).await.unwrap();
    while copying.next(10_000).await.unwrap().is_some() {}
    let let_in = store.let_in.lock().unwrap().clone();
    // All of the many that were read again, and then the one that was written meanwhile.
    assert_eq!(let_in.iter().filter(|open| **open).count(), 1_500);
    assert_eq!(let_in.last(), Some(&false));
    assert!(gate.commit(rows(7, 1)).now_or_never().is_some(), "and it stands open afterwards");
}

#[tokio::test]
async fn a_copy_ends_however_much_is_written_meanwhile() {
    let gate = Arc::new(Gate::new(Arc::new(MemoryStore::new())));
    let mut copying = begun(&gate).await;
    for calls in 0.. {
        assert!(calls < 100, "it would go on for ever");
        gate.commit(rows(9, 1_500)).await.unwrap();
        if copying.next(10_000).await.unwrap().is_none() {
            break;
        }
    }
}

#[tokio::test]
async fn a_reader_who_is_slow_to_take_the_end_keeps_nobody_from_a_backup() {
    let gate = Arc::new(Gate::new(Arc::new(MemoryStore::new())));
    gate.commit(rows(9, 3)).await.unwrap();
    let copying = begun(&gate).await;
    let (to, mut pieces) = tokio::sync::mpsc::channel(1);
    let header = Header { gigcast: "0.1.0".into(), store: 1, epoch: 1, taken: Timestamp::from_millis(0) };
    let taking = tokio::spawn(async move { take(copying, &header, None, &to).await });
    // The head is taken; the rows lie there to be taken, and the end waits for room behind them.
    pieces.recv().await.unwrap();
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(!taking.is_finished());
    assert!(gate.copy().await.unwrap().is_some());
    while pieces.recv().await.is_some() {}
    taking.await.unwrap().unwrap();
}

/// A disk that fails.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk failed"))
    }
}

#[test]
fn a_file_that_is_no_backup_is_told_from_one_that_cannot_be_read() {
    assert!(
        matches!(Reader::open(Failing).unwrap_err(), BackupError::Io(cause) if cause.to_string() == "the disk failed")
    );
    assert!(matches!(Reader::open(&b"gigcast"[..]).unwrap_err(), BackupError::Other));
    assert!(matches!(Reader::open(&b"something else altogether"[..]).unwrap_err(), BackupError::Other));
}

/// A store that writes what was asked of it only once somebody waits for all of it, and answers nobody before.
#[derive(Debug, Default)]
struct Queueing {
    rows: MemoryStore,
    queue: Mutex<Vec<Batch>>,
}

impl Alters for Queueing {
    fn behind(&self) -> &dyn Store {
        &self.rows
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        Box::pin(async move {
            self.queue.lock().unwrap().push(batch);
            std::future::pending().await
        })
    }

    fn synced(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let queue = std::mem::take(&mut *self.queue.lock().unwrap());
            for batch in queue {
                self.rows.commit(batch).await?;
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn what_was_asked_before_a_copy_is_in_it_though_nobody_waits_for_its_answer_any_more() {
    let gate = Arc::new(Gate::new(Arc::new(Through::<Queueing>::default())));
    assert!(gate.commit(rows(9, 3)).now_or_never().is_none(), "whoever asked has gone");
    let mut copying = begun(&gate).await;
    assert_eq!(copying.next(10).await.unwrap().map(|page| page.len()), Some(3));
}
