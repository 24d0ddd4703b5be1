//! `backup` and `restore`, as an operator types them.

use super::{Home, PROGRAM};
use gigcast::ports::{Batch, Store};
use gigcast::store::backup::check;
use gigcast::store::sled::SledStore;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn with_gig() -> Home {
    let home = Home::new("");
    fs::write(home.path("gigs/logo.toml"), "title = \"Logo for a bakery\"\napply = \"jobs@acme.example\"\n").unwrap();
    home
}

#[test]
fn a_backup_of_a_running_gigcast_is_restored_into_an_empty_directory() {
    let home = with_gig();
    let running = home.start();
    while !home.say(&["gigs"]).out.contains("Logo for a bakery") {}
    let taken = home.say(&["backup", "all.backup"]);
    assert_eq!(taken.code, 0, "{taken:?}");
    assert!(taken.out.contains("The vault's key is not in it"), "{taken:?}");
    assert_eq!(fs::metadata(home.path("all.backup")).unwrap().permissions().mode() & 0o777, 0o600);
    let again = home.say(&["backup", "all.backup"]);
    assert!(again.code == 1 && again.err.contains("is not overwritten"), "{again:?}");
    assert!(!home.path("all.backup.partial").exists());

    let there = home.say(&["restore", "all.backup"]);
    assert!(there.code == 1 && there.err.contains("is not empty"), "{there:?}");
    drop(running);
    fs::rename(home.path("data"), home.path("old")).unwrap();
    let whole = fs::read(home.path("all.backup")).unwrap();
    fs::write(home.path("half.backup"), &whole[..whole.len() / 2]).unwrap();
    let half = home.say(&["restore", "half.backup"]);
    assert!(half.code == 1 && half.err.contains("cut short") && !home.path("data").exists(), "{half:?}");

    let restored = home.say(&["restore", "all.backup"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(restored.out.contains("The outbox is sound.") && restored.out.contains("gigcast run"), "{restored:?}");
    let _running = home.start();
    let gigs = home.say(&["gigs"]);
    assert!(gigs.out.contains("Logo for a bakery"), "{gigs:?}");
}

#[test]
fn with_its_key_a_backup_says_how_dear_it_is() {
    let home = with_gig();
    let running = home.start();
    let none = home.say(&["backup", "--with-key", "keyed.backup"]);
    if none.code == 0 {
        assert!(none.out.contains("can speak for every linked account"), "{none:?}");
        drop(running);
        fs::rename(home.path("data"), home.path("old")).unwrap();
        let restored = home.say(&["restore", "keyed.backup"]);
        assert_eq!(restored.code, 0, "{restored:?}");
        let key = |dir: &str| fs::read(home.path(dir).join("vault.key")).unwrap();
        assert_eq!(key("data"), key("old"));
        assert_eq!(fs::metadata(home.path("data/vault.key")).unwrap().permissions().mode() & 0o777, 0o600);
    } else {
        assert!(none.err.contains("vault.key"), "{none:?}");
    }
}

#[test]
fn a_restore_that_was_cut_short_is_not_started_on() {
    let home = with_gig();
    fs::create_dir(home.path("data")).unwrap();
    File::create(home.path("data/restoring")).unwrap();
    let refused = home.say(&["run"]);
    assert!(refused.code == 75 && refused.err.contains("was cut short"), "{refused:?}");
}

/// Enough that a backup takes a while.
async fn fill(dir: &Path) {
    let store = SledStore::open(dir, 64 << 20).unwrap().store;
    for chunk in 0..80_u16 {
        let row = |n: u16| ([&[0xf0], chunk.to_be_bytes().as_slice(), &n.to_be_bytes()].concat(), vec![7; 2_000]);
        store.commit(Batch { put: (0..128).map(row).collect(), ..Batch::default() }).await.unwrap();
    }
    store.close().unwrap();
}

/// Whichever side is killed, what bears the name of the backup is whole.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_no_half_backup_bears_its_name() {
    let home = with_gig();
    fill(&home.path("data")).await;
    let mut kept = 0;
    for round in 0..8_u64 {
        let mut running = home.start();
        let file = home.path(&format!("{round}.backup"));
        let mut taking = Command::new(PROGRAM)
            .args(["backup", file.to_str().unwrap()])
            .current_dir(home.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        crate::kill::pause(Duration::from_millis(15 + 40 * round)).await;
        if round % 2 == 0 {
            taking.kill().unwrap();
        } else {
            running.process.kill().unwrap();
        }
        taking.wait().unwrap();
        if file.exists() {
            check(File::open(&file).unwrap()).unwrap();
            kept += 1;
        }
    }
    let _running = home.start();
    let taken = home.say(&["backup", "last.backup"]);
    assert_eq!(taken.code, 0, "{taken:?}");
    assert!(kept < 8, "some were cut short");
}
