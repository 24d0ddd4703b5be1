//! What every backend must do, one case a function.

#![deny(dead_code)] // a case that is not listed in `every_backend!` would never run

use super::Backend;
use bytes::Bytes;
use futures_util::future::join_all;
use gigcast::ports::{Batch, Commit, KEY_BYTES, Store, StoreError, VALUE_BYTES};
use std::sync::Arc;

pub(crate) fn put(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Batch {
    Batch { put: vec![(key.as_ref().to_vec(), value.as_ref().to_vec())], ..Batch::default() }
}

fn delete(key: impl AsRef<[u8]>) -> Batch {
    Batch { delete: vec![key.as_ref().to_vec()], ..Batch::default() }
}

trait Expecting {
    fn expecting(self, key: &str, value: Option<&str>) -> Self;
}

impl Expecting for Batch {
    fn expecting(mut self, key: &str, value: Option<&str>) -> Self {
        self.expect.push((key.into(), value.map(|v| Bytes::copy_from_slice(v.as_bytes()))));
        self
    }
}

async fn applied(store: &Arc<dyn Store>, batch: Batch) {
    assert_eq!(store.commit(batch).await, Ok(Commit::Applied));
}

async fn conflicts(store: &Arc<dyn Store>, batch: Batch) {
    assert_eq!(store.commit(batch).await, Ok(Commit::Conflict));
}

pub(crate) async fn value(store: &Arc<dyn Store>, key: impl AsRef<[u8]>) -> Option<String> {
    let found = store.get(key.as_ref()).await.unwrap();
    found.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

async fn keys(store: &Arc<dyn Store>, from: &[u8], until: &[u8], limit: usize) -> Vec<Vec<u8>> {
    store.scan(from, until, limit).await.unwrap().into_iter().map(|(key, _)| key.to_vec()).collect()
}

/// Rows `a` to `e`, each with its own name as value.
async fn five(store: &Arc<dyn Store>) {
    for key in ["c", "a", "e", "b", "d"] {
        applied(store, put(key, key)).await;
    }
}

pub async fn an_absent_key_is_nothing(b: impl Backend) {
    let store = b.store();
    assert_eq!(store.get(b"k").await, Ok(None));
    assert_eq!(store.scan(b"", b"\xff", 10).await, Ok(vec![]));
}

pub async fn keys_come_in_the_order_of_their_bytes(b: impl Backend) {
    let store = b.store();
    let sorted: [&[u8]; 7] = [b"\0", b"\0\0", b"\0\xff", b"B", b"a", b"a\0", b"\xfe"];
    for i in [4, 0, 6, 2, 5, 1, 3] {
        applied(&store, put(sorted[i], "v")).await;
    }
    assert_eq!(keys(&store, b"", b"\xff", 99).await, sorted);
}

pub async fn a_range_has_its_start_and_lacks_its_end(b: impl Backend) {
    let store = b.store();
    five(&store).await;
    assert_eq!(keys(&store, b"b", b"d", 99).await, [b"b", b"c"]);
    assert_eq!(keys(&store, b"aa", b"cc", 99).await, [b"b", b"c"]);
    assert_eq!(keys(&store, b"e", b"e\0", 99).await, [b"e"]);
    let rows = store.scan(b"b", b"c", 99).await.unwrap();
    assert_eq!(rows, [(Bytes::from("b"), Bytes::from("b"))]);
}

pub async fn a_range_that_ends_before_it_begins_is_empty(b: impl Backend) {
    let store = b.store();
    five(&store).await;
    assert!(keys(&store, b"d", b"b", 99).await.is_empty());
    assert!(keys(&store, b"c", b"c", 99).await.is_empty());
}

pub async fn a_scan_stops_at_its_limit(b: impl Backend) {
    let store = b.store();
    five(&store).await;
    assert_eq!(keys(&store, b"a", b"z", 2).await, [b"a", b"b"]);
    assert!(keys(&store, b"a", b"z", 0).await.is_empty());
}

pub async fn a_long_scan_is_whole(b: impl Backend) {
    let store = b.store();
    let sorted: Vec<Vec<u8>> = (0..1000_u32).map(|i| i.to_be_bytes().to_vec()).collect();
    let rows = sorted.iter().rev().map(|key| (key.clone(), vec![7; 100])).collect();
    applied(&store, Batch { put: rows, ..Batch::default() }).await;
    assert_eq!(keys(&store, b"", b"\xff", 5000).await, sorted);
}

pub async fn a_met_expectation_lets_the_batch_through(b: impl Backend) {
    let store = b.store();
    applied(&store, put("k", "old")).await;
    applied(&store, put("k", "new").expecting("k", Some("old"))).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("new"));
}

pub async fn a_missed_expectation_writes_nothing(b: impl Backend) {
    let store = b.store();
    applied(&store, put("k", "old")).await;
    let mut batch = put("other", "v").expecting("k", Some("older"));
    batch.delete.push(b"k".to_vec());
    conflicts(&store, batch).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("old"));
    assert_eq!(value(&store, "other").await, None);
}

pub async fn absence_can_be_expected(b: impl Backend) {
    let store = b.store();
    applied(&store, put("k", "first").expecting("k", None)).await;
    conflicts(&store, put("k", "second").expecting("k", None)).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("first"));
    // An empty value is a value.
    applied(&store, put("empty", "")).await;
    conflicts(&store, put("k", "third").expecting("empty", None)).await;
    conflicts(&store, put("k", "third").expecting("absent", Some(""))).await;
}

pub async fn one_missed_expectation_among_many_stops_all(b: impl Backend) {
    let store = b.store();
    five(&store).await;
    conflicts(&store, put("f", "f").expecting("a", Some("a")).expecting("b", Some("x")).expecting("z", None)).await;
    assert_eq!(value(&store, "f").await, None);
}

pub async fn deletes_come_first_then_puts(b: impl Backend) {
    let store = b.store();
    applied(&store, put("k", "old")).await;
    let mut both = put("k", "new");
    both.delete.push(b"k".to_vec());
    applied(&store, both).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("new"));
}

pub async fn of_two_puts_the_later_one_stays(b: impl Backend) {
    let store = b.store();
    let put = vec![(b"k".to_vec(), b"first".to_vec()), (b"k".to_vec(), b"second".to_vec())];
    applied(&store, Batch { put, ..Batch::default() }).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("second"));
}

pub async fn deleting_what_is_absent_is_no_error(b: impl Backend) {
    let store = b.store();
    applied(&store, delete("k")).await;
    applied(&store, put("k", "v")).await;
    applied(&store, delete("k")).await;
    assert_eq!(value(&store, "k").await, None);
}

pub async fn an_empty_batch_checks_its_expectations(b: impl Backend) {
    let store = b.store();
    applied(&store, put("k", "v")).await;
    applied(&store, Batch::default()).await;
    applied(&store, Batch::default().expecting("k", Some("v")).expecting("l", None)).await;
    conflicts(&store, Batch::default().expecting("k", None)).await;
    conflicts(&store, Batch::default().expecting("k", Some("w"))).await;
}

pub async fn a_record_of_the_largest_size_is_taken(b: impl Backend) {
    let store = b.store();
    let (key, most) = ("k".repeat(KEY_BYTES), "v".repeat(VALUE_BYTES));
    applied(&store, put(&key, &most)).await;
    assert_eq!(value(&store, &key).await, Some(most));
}

pub async fn a_larger_value_is_refused_and_nothing_of_its_batch_is_written(b: impl Backend) {
    let store = b.store();
    let mut batch = put("small", "v");
    batch.put.push((b"large".to_vec(), vec![0; VALUE_BYTES + 1]));
    assert_eq!(store.commit(batch).await, Err(StoreError::TooLarge { bytes: VALUE_BYTES + 1 }));
    assert_eq!(value(&store, "small").await, None);
    applied(&store, put("small", "the store goes on")).await;
}

pub async fn a_longer_key_is_refused_and_nothing_of_its_batch_is_written(b: impl Backend) {
    let store = b.store();
    let mut batch = put("short", "v");
    batch.put.push((vec![0; KEY_BYTES + 1], b"v".to_vec()));
    assert_eq!(store.commit(batch).await, Err(StoreError::KeyTooLong { bytes: KEY_BYTES + 1 }));
    assert_eq!(value(&store, "short").await, None);
}

pub async fn a_conflict_among_many_answers_only_its_caller(b: impl Backend) {
    let store = b.store();
    applied(&store, put("there", "v")).await;
    let outcomes = join_all((0..300).map(|i| {
        let batch = put(format!("row {i}"), "v");
        store.commit(if i % 3 == 0 { batch.expecting("there", None) } else { batch })
    }))
    .await;
    for (i, outcome) in outcomes.into_iter().enumerate() {
        let (expected, written) = if i % 3 == 0 { (Commit::Conflict, None) } else { (Commit::Applied, Some("v")) };
        assert_eq!(outcome, Ok(expected), "row {i}");
        assert_eq!(value(&store, format!("row {i}")).await.as_deref(), written, "row {i}");
    }
}

pub async fn a_batch_is_judged_on_what_the_ones_before_it_wrote(b: impl Backend) {
    let store = b.store();
    applied(&store, put("n", "0")).await;
    // Asked for all at once and in order, so that a backend which groups commits meets them in one group.
    let steps = (0..100).map(|i| put("n", (i + 1).to_string()).expecting("n", Some(&i.to_string())));
    let outcomes = join_all(steps.map(|step| store.commit(step))).await;
    assert_eq!(outcomes, vec![Ok(Commit::Applied); 100]);
    assert_eq!(value(&store, "n").await.as_deref(), Some("100"));

    let taken_back =
        [delete("n"), put("n", "fresh").expecting("n", None), put("n", "late").expecting("n", Some("100"))];
    let outcomes = join_all(taken_back.into_iter().map(|step| store.commit(step))).await;
    assert_eq!(outcomes, [Ok(Commit::Applied), Ok(Commit::Applied), Ok(Commit::Conflict)]);
    assert_eq!(value(&store, "n").await.as_deref(), Some("fresh"));
}

pub async fn of_two_that_race_exactly_one_wins(b: impl Backend) {
    let store = b.store();
    for round in 0..50 {
        let key = format!("round {round}");
        let race = ["left", "right"].map(|who| {
            let (store, batch) = (Arc::clone(&store), put(&key, who).expecting(&key, None));
            tokio::spawn(async move { (who, store.commit(batch).await.unwrap()) })
        });
        let mut winners = Vec::new();
        for racer in race {
            let (who, outcome) = racer.await.unwrap();
            if outcome == Commit::Applied {
                winners.push(who);
            }
        }
        assert_eq!(winners.len(), 1, "{key}");
        assert_eq!(value(&store, &key).await.as_deref(), Some(winners[0]), "{key}");
    }
}

pub async fn more_callers_than_the_queue_holds_are_all_answered(b: impl Backend) {
    let store = b.store();
    let outcomes = join_all((0..2500_u32).map(|i| store.commit(put(i.to_be_bytes(), "v")))).await;
    assert_eq!(outcomes, vec![Ok(Commit::Applied); 2500]);
    assert_eq!(keys(&store, b"", b"\xff", 5000).await.len(), 2500);
}

pub async fn a_commit_whose_caller_went_away_harms_no_one(b: impl Backend) {
    let store = b.store();
    for i in 0..20 {
        let mut left = store.commit(put("abandoned", i.to_string()));
        let _ = futures_util::poll!(&mut left);
        drop(left);
    }
    applied(&store, put("k", "v")).await;
    assert_eq!(value(&store, "k").await.as_deref(), Some("v"));
}

pub async fn what_was_answered_is_there_after_reopening(mut b: impl Backend) {
    for round in 0..3 {
        let store = b.store();
        let outcomes = join_all((0..50).map(|i| store.commit(put(format!("{round}/{i:02}"), format!("v{i}"))))).await;
        assert_eq!(outcomes, vec![Ok(Commit::Applied); 50]);
        drop(store);
        b = b.reopen();
        let store = b.store();
        for earlier in 0..=round {
            let found =
                store.scan(format!("{earlier}/").as_bytes(), format!("{earlier}0").as_bytes(), 99).await.unwrap();
            assert_eq!(found.len(), 50, "round {earlier} after reopening {round}");
            assert!(found.iter().enumerate().all(|(i, (_, value))| *value == format!("v{i}").as_bytes()));
        }
    }
}

pub async fn what_was_deleted_stays_deleted_after_reopening(b: impl Backend) {
    five(&b.store()).await;
    applied(&b.store(), delete("c")).await;
    let b = b.reopen();
    assert_eq!(keys(&b.store(), b"a", b"z", 99).await, [b"a", b"b", b"d", b"e"]);
}

pub async fn what_a_barrier_followed_is_there_after_reopening(b: impl Backend) {
    let store = b.store();
    assert_eq!(store.barrier().await, Ok(()));
    let writer = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.commit(put("k", "v")).await }
    });
    while store.get(b"k").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.barrier().await, Ok(()));
    writer.await.unwrap().unwrap();
    drop(store);
    assert_eq!(value(&b.reopen().store(), "k").await.as_deref(), Some("v"));
}
