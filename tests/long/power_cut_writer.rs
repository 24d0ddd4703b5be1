//! The program that `tests/long/power-cut` cuts the power of. Not a test by itself: without `POWER_CUT_DIR` it says so and ends.
//!
//! `POWER_CUT_DIR`   where the store lies
//! `POWER_CUT_STORE` `wrapped` (the store gigcast uses) or `plain` (sled, with its own `flush` for a sync)
//! `POWER_CUT_ACKS`  absent: write for ever, and print each number once it was said to be durable.
//!                   A file of such numbers: open the store and see that each of them is there, whole, and none is torn.
//!
//! Number n is one batch of three rows in far-apart places of the tree, one of which replaces what an earlier number wrote, so
//! that the log grows, pages split, and old segments are used again.

use bytes::Bytes;
use gigcast::ports::{Batch, Commit, Store, VALUE_BYTES};
use gigcast::store::sled::SledStore;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Commits in flight, so that the writer thread has groups to make.
const CALLERS: usize = 32;
/// How many places the replaced rows have.
const SLOTS: u64 = 512;

const INTACT: u8 = 0;
const LOST: u8 = 1;
const CANNOT_OPEN: u8 = 2;

fn main() -> ExitCode {
    let Some(dir) = std::env::var_os("POWER_CUT_DIR") else {
        println!("power_cut_writer is run by tests/long/power-cut (root, a loop device); nothing to test here");
        return ExitCode::SUCCESS;
    };
    let dir = Path::new(&dir);
    let wrapped = match std::env::var("POWER_CUT_STORE").as_deref() {
        Ok("wrapped") => true,
        Ok("plain") => false,
        other => panic!("POWER_CUT_STORE is wrapped or plain, not {other:?}"),
    };
    let Some(acks) = std::env::var_os("POWER_CUT_ACKS") else {
        if wrapped {
            write_wrapped(dir);
        } else {
            write_plain(dir);
        }
        return ExitCode::SUCCESS;
    };
    let acks = std::fs::read_to_string(acks).expect("the file of acknowledged numbers");
    // The cut may have come in the middle of a line: only what ends in one counts.
    let acks: Vec<u64> = acks.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')?.parse().ok()).collect();
    ExitCode::from(if wrapped { verify_wrapped(dir, &acks) } else { verify_plain(dir, &acks) })
}

/// The rows of number `n`: a log row, one found by a scattered key, and the slot it replaces.
fn rows(n: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    let scattered = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut value = n.to_be_bytes().to_vec();
    // Mostly short, and each eighth the longest there may be.
    let bytes = if n.is_multiple_of(8) { VALUE_BYTES } else { 8 + usize::try_from(scattered % 700).expect("small") };
    value.resize(bytes, n.to_le_bytes()[0]);
    vec![
        ([b"a".as_slice(), &n.to_be_bytes()].concat(), value.clone()),
        ([b"s".as_slice(), &scattered.to_be_bytes()].concat(), value.clone()),
        ([b"u".as_slice(), &(n % SLOTS).to_be_bytes()].concat(), value),
    ]
}

fn acknowledge(n: u64) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{n}\n").as_bytes()).and_then(|()| out.flush()).expect("stdout takes the number");
}

fn write_wrapped(dir: &Path) {
    let store = Arc::new(SledStore::open(dir, CACHE_BYTES).expect("the store opens").store);
    let next = Arc::new(AtomicU64::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let callers: Vec<_> = std::iter::repeat_with(|| {
            let (store, next) = (Arc::clone(&store), Arc::clone(&next));
            async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let outcome = store.commit(Batch { put: rows(n), ..Batch::default() }).await;
                    assert_eq!(outcome, Ok(Commit::Applied));
                    acknowledge(n);
                }
            }
        })
        .take(CALLERS)
        .collect();
        futures_util::future::join_all(callers).await;
    });
}

fn write_plain(dir: &Path) {
    let db = plain(dir).expect("the store opens");
    for n in 0.. {
        let mut batch = ::sled::Batch::default();
        for (key, value) in rows(n) {
            batch.insert(key, value);
        }
        db.apply_batch(batch).expect("written");
        db.flush().expect("flushed");
        acknowledge(n);
    }
}

fn plain(dir: &Path) -> ::sled::Result<::sled::Db> {
    ::sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(Some(500)).open()
}

fn verify_wrapped(dir: &Path, acks: &[u64]) -> u8 {
    let store = match SledStore::open(dir, CACHE_BYTES) {
        Ok(opened) => opened.store,
        Err(e) => {
            println!("cannot open: {e}");
            return CANNOT_OPEN;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    verify(acks, |key| runtime.block_on(store.get(key)).map_err(|e| e.to_string()))
}

fn verify_plain(dir: &Path, acks: &[u64]) -> u8 {
    match plain(dir) {
        Ok(db) => verify(acks, |key| {
            db.get(key).map(|value| value.map(|v| Bytes::copy_from_slice(&v))).map_err(|e| e.to_string())
        }),
        Err(e) => {
            println!("cannot open: {e}");
            CANNOT_OPEN
        }
    }
}

/// Looks at every acknowledged number, and a little beyond: what was under way may be there or not, but never in part.
fn verify(acks: &[u64], get: impl Fn(&[u8]) -> Result<Option<Bytes>, String>) -> u8 {
    let (mut lost, mut torn, mut stale, mut unreadable) = (0_u64, 0_u64, 0_u64, 0_u64);
    let end = acks.iter().max().map_or(0, |n| n + 1);
    let acknowledged: std::collections::HashSet<u64> = acks.iter().copied().collect();
    for n in 0..end + CALLERS as u64 * 2 {
        let wanted = rows(n);
        // The slot is looked at below; here the two rows that nothing replaces.
        let found = wanted[..2].iter().map(|(key, value)| get(key).map(|found| found.as_deref() == Some(value)));
        match found.collect::<Result<Vec<bool>, _>>() {
            Ok(there) if there == [true, true] => {}
            Ok(there) if there == [false, false] => lost += u64::from(acknowledged.contains(&n)),
            Ok(_) => torn += 1,
            Err(_) => unreadable += 1,
        }
    }
    // Each slot holds an acknowledged number or one that was under way, never one from before the last acknowledged.
    for slot in 0..SLOTS.min(end) {
        let last = acks.iter().filter(|n| *n % SLOTS == slot).max();
        match (last, get(&[b"u".as_slice(), &slot.to_be_bytes()].concat())) {
            (_, Err(_)) => unreadable += 1,
            (None, Ok(_)) => {}
            (Some(last), Ok(found)) => {
                let held = found.and_then(|value| Some(u64::from_be_bytes(value.get(..8)?.try_into().ok()?)));
                stale += u64::from(held.is_none_or(|held| held < *last));
            }
        }
    }
    println!("acknowledged {} lost {lost} torn {torn} stale slots {stale} unreadable {unreadable}", acks.len());
    if lost + torn + stale + unreadable == 0 { INTACT } else { LOST }
}
