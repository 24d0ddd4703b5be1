//! Random histories: whatever is asked of a store, it gives what a plain sorted map gives, across reopenings too.

use super::Backend;
use bytes::Bytes;
use gigcast::ports::{Batch, Commit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Debug, Clone)]
enum Step {
    Commit { expect: Vec<(Vec<u8>, Expected)>, put: Vec<(Vec<u8>, Vec<u8>)>, delete: Vec<Vec<u8>> },
    Scan { from: Vec<u8>, until: Vec<u8>, limit: usize },
    Reopen,
}

#[derive(Debug, Clone)]
enum Expected {
    /// What the model holds, so that most batches go through.
    WhatIsThere,
    This(Option<Vec<u8>>),
}

/// Few keys, so that histories meet them again: prefixes of each other, the lowest and the highest byte, the empty key.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop::sample::select(vec![0_u8, 1, 127, 255]), 0..4)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..3), vec(any::<u8>(), 200..600)]
}

fn step() -> impl Strategy<Value = Step> {
    let expected =
        prop_oneof![4 => Just(Expected::WhatIsThere), 1 => prop::option::of(value()).prop_map(Expected::This)];
    prop_oneof![
        12 => (vec((key(), expected), 0..3), vec((key(), value()), 0..12), vec(key(), 0..4))
            .prop_map(|(expect, put, delete)| Step::Commit { expect, put, delete }),
        4 => (key(), key(), 0..40_usize).prop_map(|(from, until, limit)| Step::Scan { from, until, limit }),
        1 => Just(Step::Reopen),
    ]
}

pub fn compare<B: Backend>() {
    // No file of failed cases: a test leaves nothing behind. What failed is printed, shrunk.
    let config = Config { cases: B::HISTORIES, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime for the test");
    TestRunner::new(config)
        .run(&vec(step(), 1..40), |history| runtime.block_on(replay::<B>(history)))
        .unwrap_or_else(|failure| panic!("{failure}"));
}

async fn replay<B: Backend>(history: Vec<Step>) -> Result<(), TestCaseError> {
    let mut backend = B::fresh();
    let mut model = Model::new();
    for step in history {
        match step {
            Step::Reopen => backend = backend.reopen(),
            Step::Scan { from, until, limit } => {
                let found = backend.store().scan(&from, &until, limit).await.unwrap();
                prop_assert_eq!(found, rows(&model, |key| *key >= from && *key < until, limit));
            }
            Step::Commit { expect, put, delete } => {
                let expect: Vec<_> = expect
                    .into_iter()
                    .map(|(key, expected)| match expected {
                        Expected::WhatIsThere => (key.clone(), model.get(&key).cloned().map(Bytes::from)),
                        Expected::This(value) => (key, value.map(Bytes::from)),
                    })
                    .collect();
                let met = expect.iter().all(|(key, value)| model.get(key).map(Vec::as_slice) == value.as_deref());
                if met {
                    model.retain(|key, _| !delete.contains(key));
                    model.extend(put.iter().cloned());
                }
                let outcome = backend.store().commit(Batch { expect, put, delete }).await;
                prop_assert_eq!(outcome, Ok(if met { Commit::Applied } else { Commit::Conflict }));
            }
        }
    }
    let backend = backend.reopen();
    let all = backend.store().scan(b"", &[255; 8], usize::MAX).await.unwrap();
    prop_assert_eq!(all, rows(&model, |_| true, usize::MAX));
    for key in model.keys() {
        let found = backend.store().get(key).await.unwrap();
        prop_assert_eq!(found.as_deref(), model.get(key).map(Vec::as_slice));
    }
    Ok(())
}

fn rows(model: &Model, within: impl Fn(&Vec<u8>) -> bool, limit: usize) -> Vec<(Bytes, Bytes)> {
    let rows = model.iter().filter(|(key, _)| within(key)).take(limit);
    rows.map(|(key, value)| (Bytes::from(key.clone()), Bytes::from(value.clone()))).collect()
}
