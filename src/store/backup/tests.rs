//! A backup is of one moment, whole or refused.

use super::*;
use crate::ports::{Batch, Store};
use crate::secret::Secret;
use crate::store::gate::Gate;
use crate::store::memory::MemoryStore;
use crate::store::volatile::VolatileStore;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

fn header() -> Header {
    Header { gigcast: "0.1.0".into(), store: 1, epoch: 7, taken: Timestamp::from_millis(1_795_262_400_000) }
}

fn put(key: &[u8], value: u64) -> Batch {
    Batch { put: vec![(key.to_vec(), value.to_be_bytes().to_vec())], ..Batch::default() }
}

async fn gate_of(rows: u32) -> (Arc<Gate>, MemoryStore) {
    let store = MemoryStore::new();
    for n in 0..rows {
        store.commit(put(&[&[9], n.to_be_bytes().as_slice()].concat(), n.into())).await.unwrap();
    }
    (Arc::new(Gate::new(Arc::new(store.clone()))), store)
}

async fn taken(gate: &Arc<Gate>, key: Option<&Secret>) -> Vec<u8> {
    let (to, mut pieces) = mpsc::channel(1);
    let header = header();
    let taking = async {
        take(gate.copy().await.unwrap().unwrap(), &header, key, &to).await.unwrap();
        drop(to);
    };
    let mut file = Vec::new();
    let writing = async {
        while let Some(piece) = pieces.recv().await {
            file.extend(piece);
        }
    };
    tokio::join!(taking, writing);
    file
}

fn rows(file: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    let mut reader = Reader::open(file).unwrap();
    while let Some(entry) = reader.entry().unwrap() {
        match entry {
            Entry::Row { key, value } => drop(rows.insert(key, value)),
            Entry::Gone { key } => drop(rows.remove(&key)),
            Entry::KeyFile(_) => {}
        }
    }
    rows
}

#[tokio::test]
async fn a_backup_holds_every_row_and_says_what_it_is() {
    let (gate, store) = gate_of(1_000).await;
    let file = taken(&gate, None).await;
    let checked = check(file.as_slice()).unwrap();
    assert_eq!((checked.header, checked.entries, checked.has_key), (header(), 1_000, false));
    let all = store.scan(&[0], &[0xff], usize::MAX).await.unwrap();
    let all: BTreeMap<Vec<u8>, Vec<u8>> = all.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
    assert_eq!(rows(&file), all);
}

#[tokio::test]
async fn the_key_stands_in_it_only_when_asked_for() {
    let (gate, _) = gate_of(1).await;
    let key = Secret::new("0123456789abcdef");
    assert!(!taken(&gate, None).await.windows(16).any(|bytes| bytes == key.expose().as_bytes()));
    let with_key = taken(&gate, Some(&key)).await;
    assert!(check(with_key.as_slice()).unwrap().has_key);
}

/// Two counters at the two ends of the keys are always raised together: a copy in which they differ never was.
#[tokio::test]
async fn a_backup_is_of_one_moment_however_much_is_written_meanwhile() {
    let (gate, _) = gate_of(2_000).await;
    let (first, last) = (vec![1], vec![0xfe]);
    let both = |n: u64| Batch {
        put: vec![(first.clone(), n.to_be_bytes().to_vec()), (last.clone(), n.to_be_bytes().to_vec())],
        // One that came and went is in no copy, whenever it is looked at.
        delete: vec![[&[8], (n - 1).to_be_bytes().as_slice()].concat()],
        ..Batch::default()
    };
    gate.commit(both(1)).await.unwrap();
    let (to, mut pieces) = mpsc::channel(1);
    let taking = async {
        take(gate.copy().await.unwrap().unwrap(), &header(), None, &to).await.unwrap();
        drop(to);
    };
    let mut file = Vec::new();
    let writing = async {
        let mut n = 1;
        while let Some(piece) = pieces.recv().await {
            file.extend(piece);
            for _ in 0..3 {
                n += 1;
                let mut batch = both(n);
                batch.put.push(([&[8], n.to_be_bytes().as_slice()].concat(), Vec::new()));
                gate.commit(batch).await.unwrap();
            }
        }
        n
    };
    let ((), written) = tokio::join!(taking, writing);
    assert!(written > 10, "much was written meanwhile");
    let rows = rows(&file);
    assert_eq!(rows.get(&first), rows.get(&last));
    assert_ne!(rows.get(&first), Some(&1_u64.to_be_bytes().to_vec()), "what was written meanwhile is in it");
    assert_eq!(rows.keys().filter(|key| key[0] == 8).count(), 1);
}

/// Over a store whose readers see what is not durable yet.
#[tokio::test]
async fn what_a_backup_holds_is_durable() {
    let store = VolatileStore::new();
    let gate = Arc::new(Gate::new(Arc::new(store.clone())));
    gate.commit(put(b"k", 1)).await.unwrap();
    let file = taken(&gate, None).await;
    assert_eq!(rows(&file).len(), store.reopen().scan(&[0], &[0xff], 9).await.unwrap().len());
}

#[tokio::test]
async fn one_backup_is_taken_at_a_time_and_one_given_up_is_out_of_the_way() {
    let (gate, _) = gate_of(10).await;
    let first = gate.copy().await.unwrap();
    assert!(first.is_some() && gate.copy().await.unwrap().is_none());
    drop(first);
    let again = gate.copy().await.unwrap().unwrap();

    let (to, pieces) = mpsc::channel::<Bytes>(1);
    drop(pieces);
    assert!(matches!(take(again, &header(), None, &to).await, Err(Untaken::Unwanted)));
}

#[tokio::test]
async fn a_file_with_any_byte_lost_or_changed_is_no_backup() {
    let (gate, _) = gate_of(3).await;
    let file = taken(&gate, None).await;
    for length in 0..file.len() {
        let cut = check(&file[..length]).unwrap_err();
        assert!(matches!(cut, BackupError::CutShort | BackupError::Other), "{length}: {cut}");
    }
    for at in 0..file.len() {
        let mut other = file.clone();
        other[at] ^= 0x40;
        assert!(check(other.as_slice()).is_err(), "byte {at}");
    }
    let longer = [file.as_slice(), b"\n"].concat();
    assert!(matches!(check(longer.as_slice()), Err(BackupError::Damaged(_))));
}

#[test]
fn a_backup_of_a_newer_format_is_refused_by_its_number() {
    let file = [MAGIC, &2_u16.to_be_bytes()].concat();
    let said = check(file.as_slice()).unwrap_err().to_string();
    assert!(said.contains("made by a newer gigcast") && said.contains('2'), "{said}");
}
