//! `store`, `export` and `import`, as an operator types them.

use super::{Home, PROGRAM};
use gigcast::ports::{Batch, Store};
use gigcast::store::sled::SledStore;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A store that a gigcast has left, with one gig in it.
fn with_gig() -> Home {
    let home = Home::new("");
    fs::write(home.path("gigs/logo.toml"), "title = \"Logo for a bakery\"\napply = \"jobs@acme.example\"\n").unwrap();
    let running = home.start();
    while !home.say(&["gigs"]).out.contains("Logo for a bakery") {}
    let refused = home.say(&["store", "verify"]);
    assert!(refused.code == 1 && refused.err.contains("in use"), "{refused:?}");
    let taken = home.say(&["backup", "all.backup"]);
    assert_eq!(taken.code, 0, "{taken:?}");
    drop(running);
    home
}

fn rows(hex: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = |hex: &str| {
        let pairs = (0..hex.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    hex.lines().map(|row| row.split_once(' ').unwrap()).map(|(key, value)| (bytes(key), bytes(value))).collect()
}

async fn written(dir: &Path, put: Vec<(Vec<u8>, Vec<u8>)>) {
    let store = SledStore::open(dir, 64 << 20).unwrap().store;
    store.commit(Batch { put, ..Batch::default() }).await.unwrap();
    store.close().unwrap();
}

#[test]
fn a_store_is_counted_verified_compacted_exported_and_imported() {
    let home = with_gig();
    let stats = home.say(&["store", "stats", "--json"]);
    let stats: Value = serde_json::from_str(&stats.out).unwrap();
    assert_eq!(stats["kinds"]["gig"]["rows"], 1);
    let verified = home.say(&["store", "verify"]);
    assert!(verified.code == 0 && verified.out.contains("the outbox is sound"), "{verified:?}");
    let compacted = home.say(&["store", "compact"]);
    assert_eq!(compacted.code, 0, "{compacted:?}");
    assert_eq!(home.say(&["store", "verify"]).out, verified.out);

    let of_store = home.say(&["export", "store.jsonl", "--with-secrets"]);
    assert_eq!(of_store.code, 0, "{of_store:?}");
    let of_backup = home.say(&["export", "backup.jsonl", "--from", "all.backup"]);
    assert_eq!(of_backup.code, 0, "{of_backup:?}");
    let lines = fs::read_to_string(home.path("backup.jsonl")).unwrap();
    assert!(lines.contains("Logo for a bakery") && !lines.contains("signing"), "{lines}");

    let refused = home.say(&["import", "backup.jsonl"]);
    assert!(refused.code == 1 && refused.err.contains("is not empty"), "{refused:?}");
    fs::rename(home.path("data"), home.path("old")).unwrap();
    let imported = home.say(&["import", "backup.jsonl"]);
    assert_eq!(imported.code, 0, "{imported:?}");
    let _running = home.start();
    assert!(home.say(&["gigs"]).out.contains("Logo for a bakery"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_an_older_gigcast_is_tried_and_then_brought_along() {
    let home = Home::new("");
    fs::create_dir(home.path("data")).unwrap();
    written(&home.path("data"), rows(include_str!("../../fixtures/stores/before-urgency.rows"))).await;
    let old = home.say(&["store", "verify"]);
    assert!(old.code == 1 && old.out.contains("its version is 3"), "{old:?}");
    let tried = home.say(&["store", "migrate", "--dry-run"]);
    assert!(tried.code == 0 && tried.out.contains("it can be done. Nothing was written."), "{tried:?}");
    assert_eq!(home.say(&["store", "verify"]).out, old.out);
    let done = home.say(&["store", "migrate"]);
    assert!(done.code == 0 && done.out.contains("is of version"), "{done:?}");
    let verified = home.say(&["store", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// Killed again and again while it brings an old store along, a start goes on where the last one stood.
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_migrates_it_goes_on() {
    let home = Home::new("");
    fs::create_dir(home.path("data")).unwrap();
    written(&home.path("data"), rows(include_str!("../../fixtures/stores/before-urgency.rows"))).await;
    for round in 0..5_u64 {
        let mut process = silent(&home, &["store", "migrate"]);
        crate::kill::pause(Duration::from_millis(12 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }
    assert_eq!(home.say(&["store", "migrate"]).code, 0);
    let verified = home.say(&["store", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

/// Whenever it is killed, what is there afterwards is one whole store with every row.
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_compacts_one_good_store_is_left() {
    let home = with_gig();
    // Litter is a kind that any gigcast knows; enough of it that a compaction takes a while.
    let litter = (0..20_000_u32).map(|n| ([&[3], n.to_be_bytes().as_slice(), &[0; 12]].concat(), Vec::new())).collect();
    written(&home.path("data"), litter).await;
    let whole = home.say(&["store", "verify"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    for round in 0..10_u64 {
        let mut process = silent(&home, &["store", "compact"]);
        crate::kill::pause(Duration::from_millis(20 + 60 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(home.say(&["store", "verify"]).out, whole.out, "round {round}");
    }
}

fn silent(home: &Home, arguments: &[&str]) -> std::process::Child {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(home.dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
