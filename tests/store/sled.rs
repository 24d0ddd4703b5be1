//! What only the embedded store on disk must do: leftovers, locks, and errors an operator can act on.

use super::CACHE_BYTES;
use super::cases::{put, value};
use gigcast::ports::Store;
use gigcast::store::sled::{OpenError, Opened, RESERVE_BYTES, SledStore};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn open(dir: &Path) -> Result<Opened, OpenError> {
    SledStore::open(dir, CACHE_BYTES)
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A store with one row, closed; opened once more so that it has a snapshot.
async fn with_a_row(dir: &Path) {
    let store: Arc<dyn Store> = Arc::new(open(dir).unwrap().store);
    store.commit(put("k", "v")).await.unwrap();
    drop(store);
    open(dir).unwrap().store.close().unwrap();
}

/// Gives its name.
fn spoil_the_snapshot(dir: &Path) -> String {
    let snapshot = names(dir).into_iter().find(|name| name.starts_with("snap.")).expect("a snapshot");
    fs::write(dir.join(&snapshot), b"this is no snapshot, but long enough for one").unwrap();
    snapshot
}

async fn row(store: SledStore) -> Option<String> {
    let store: Arc<dyn Store> = Arc::new(store);
    value(&store, "k").await
}

#[tokio::test]
async fn a_half_written_snapshot_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    with_a_row(dir.path()).await;
    fs::write(dir.path().join("snap.FFFFFFFFFFFF0000.generating"), b"cut short").unwrap();

    let opened = open(dir.path()).unwrap();
    assert_eq!((opened.leftovers, opened.set_aside.len()), (1, 0));
    assert!(!names(dir.path()).iter().any(|name| name.ends_with(".generating")));
    assert_eq!(row(opened.store).await.as_deref(), Some("v"));
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_set_aside_and_no_row_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    with_a_row(dir.path()).await;
    let snapshot = spoil_the_snapshot(dir.path());

    let opened = open(dir.path()).unwrap();
    assert_eq!(opened.set_aside, [dir.path().join(format!("unusable.{snapshot}"))]);
    assert!(opened.set_aside[0].exists(), "moved, not deleted");
    assert_eq!(row(opened.store).await.as_deref(), Some("v"));

    let again = open(dir.path()).unwrap();
    assert!(again.set_aside.is_empty(), "mended once and for all");
    assert_eq!(row(again.store).await.as_deref(), Some("v"));
}

#[tokio::test]
async fn a_store_that_lost_its_log_is_refused_at_every_start() {
    let dir = tempfile::tempdir().unwrap();
    with_a_row(dir.path()).await;
    spoil_the_snapshot(dir.path());
    let log = dir.path().join("db");
    let bytes = fs::read(&log).unwrap().len();
    fs::write(&log, vec![0x5a; bytes]).unwrap();

    // A supervisor starts it again and again; it must never come up empty.
    for _ in 0..3 {
        match open(dir.path()) {
            Err(e @ OpenError::Damaged { .. }) => {
                assert!(e.to_string().contains(&dir.path().display().to_string()), "{e}");
                assert!(e.to_string().contains("gigcast restore"), "{e}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_second_opening_names_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path()).unwrap();
    let refused = open(dir.path()).unwrap_err();
    let OpenError::InUse { owner, .. } = &refused else { panic!("{refused:?}") };
    assert!(owner.starts_with(&format!("process {} since 20", std::process::id())), "{owner}");
    assert!(refused.to_string().contains(owner.as_str()), "{refused}");
    drop(first);
}

#[tokio::test]
async fn once_closed_it_opens_again_at_once() {
    let dir = tempfile::tempdir().unwrap();
    with_a_row(dir.path()).await;
    for _ in 0..20 {
        let store = open(dir.path()).unwrap().store;
        store.commit(put("k", "v")).await.unwrap();
        store.close().unwrap();
    }
    drop(open(dir.path()).unwrap());
    assert_eq!(row(open(dir.path()).unwrap().store).await.as_deref(), Some("v"));
}

#[test]
fn a_place_that_cannot_hold_a_store_gives_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a-file");
    fs::write(&file, b"in the way").unwrap();
    for place in [file.clone(), file.join("below")] {
        let refused = open(&place).unwrap_err();
        assert!(matches!(refused, OpenError::Unusable { .. }), "{refused:?}");
        assert!(refused.to_string().contains(&place.display().to_string()), "{refused}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"in the way");
}

#[test]
fn a_missing_directory_is_made_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("new/store");
    let opened = open(&place).unwrap();
    assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    drop(opened);
}

#[test]
fn a_reserve_is_set_aside_and_can_be_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).unwrap().store;
    let before = store.free_bytes().unwrap();
    if before < 4 * RESERVE_BYTES {
        return; // no room here to set anything aside
    }
    let reserve = dir.path().join("reserve");
    assert_eq!(fs::metadata(&reserve).unwrap().len(), RESERVE_BYTES);
    store.give_up_reserve().unwrap();
    assert!(!reserve.exists());
    store.give_up_reserve().unwrap();
    store.close().unwrap();
    drop(open(dir.path()).unwrap());
    assert!(reserve.exists(), "set aside anew at the next opening");
}
