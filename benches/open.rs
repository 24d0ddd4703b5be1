//! How long an opening takes with many settled deliveries: sled alone, the store around it, and all that the daemon does until its
//! first step is over. Beside each other in one run, best of three each: after a clean close, and after a kill -9 of the process
//! that wrote them, while it was still writing.
//!
//! An opening mends what a kill left, so after a kill each one gets a copy of its own of what lay there.

#![allow(clippy::cast_precision_loss)] // sizes, to be printed in MiB

mod support;

use gigcast::clock::{Clock, SystemClock};
use gigcast::ports::{Batch, Store};
use gigcast::store::sled::SledStore;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use support::stock::{self, Instantly};
use support::{CACHE_BYTES, Steps, setting};
use tokio::runtime::Runtime;

const ROLE: &str = "OPEN_WRITES_TO";

fn main() {
    if std::env::args().skip(1).any(|word| word == "--list" || word == "--test") {
        return;
    }
    let count = setting("DELIVERIES", 100_000);
    if let Some(dir) = std::env::var_os(ROLE) {
        return write_until_killed(Path::new(&dir), count);
    }
    let clock = SystemClock::default();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the disk has room");
    let began = clock.monotonic();
    kill_while_writing(dir.path());
    println!(
        "open: {count} settled deliveries, {:.0} MiB, written in {:.1} s; best and worst in ms",
        std::fs::metadata(dir.path().join("db")).map_or(0.0, |file| file.len() as f64 / 1_048_576.0),
        clock.monotonic().saturating_sub(began).as_secs_f64()
    );
    tell(&clock, "after a kill", || copy_of(dir.path()));
    // The first opening mends it; from then on every close is clean.
    close(open(dir.path()));
    tell(&clock, "after a clean close", || dir.path().to_owned());
    println!("peak memory: {:.0} MiB (the writing is another process's)", support::proc::peak_kib() as f64 / 1024.0);
}

/// A kind of opening, by name.
type Kind<'a> = (&'a str, &'a dyn Fn(&Path));

/// Times each kind of opening in what `place` gives, in turns.
fn tell(clock: &SystemClock, when: &str, place: impl Fn() -> PathBuf) {
    let runtime = Runtime::new().expect("a runtime starts");
    let alone = |dir: &Path| {
        drop(sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).open().expect("sled opens it"));
    };
    let store = |dir: &Path| close(open(dir));
    let daemon = |dir: &Path| {
        let store = open(dir);
        runtime.block_on(first_step(Arc::clone(&store) as Arc<dyn Store>, dir));
        close(store);
    };
    let kinds: [Kind<'_>; 3] =
        [("sled alone", &alone), ("the store", &store), ("the daemon, first step over", &daemon)];
    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..setting("ROUNDS", 3) {
        for ((_, kind), took) in kinds.iter().zip(&mut took) {
            let dir = place();
            took.push(timed(clock, || kind(&dir)));
        }
    }
    for ((name, _), took) in kinds.iter().zip(&took) {
        println!("{when:<20} {name:<28} {:>7.0} {:>7.0}", best(took), worst(took));
    }
    let more = best(&took[2]) - best(&took[0]);
    println!("{when:<20} the daemon takes {more:.0} ms more than sled alone (at most 1000 is the aim)");
}

/// Has another process write the deliveries, and kills it once they are all durable and it goes on writing.
fn kill_while_writing(dir: &Path) {
    let mut writer = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(ROLE, dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the writer starts");
    let mut line = String::new();
    BufReader::new(writer.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says when it is done");
    assert_eq!(line.trim(), "written");
    writer.kill().expect("it is killed");
    writer.wait().expect("it is gone");
}

fn write_until_killed(dir: &Path, count: usize) {
    let runtime = Runtime::new().expect("a runtime starts");
    let store = open(dir) as Arc<dyn Store>;
    runtime.block_on(async {
        stock::settled(&store, count).await;
        println!("written");
        loop {
            let batch = Batch { put: vec![(b"\x01still writing".to_vec(), vec![0; 512])], ..Batch::default() };
            store.commit(batch).await.expect("the store works");
        }
    });
}

/// What lies in `dir`, in a directory beside it that is gone with the benchmark's own.
fn copy_of(dir: &Path) -> PathBuf {
    let copy = dir.join("copy");
    let _ = std::fs::remove_dir_all(&copy);
    std::fs::create_dir(&copy).expect("the disk has room");
    for entry in std::fs::read_dir(dir).expect("it can be listed").flatten() {
        // sled's blobs would be a directory; there are none, since no value is that large.
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).expect("the disk has room");
        }
    }
    std::fs::File::open(copy.join("db")).and_then(|file| file.sync_all()).expect("it reaches the disk");
    copy
}

fn open(dir: &Path) -> Arc<SledStore> {
    Arc::new(SledStore::open(dir, CACHE_BYTES).expect("the store opens").store)
}

/// Closing is timed as well: sled's own does it too.
fn close(store: Arc<SledStore>) {
    Arc::into_inner(store).expect("no one else holds it").close().expect("it closes");
}

async fn first_step(store: Arc<dyn Store>, dir: &Path) {
    let networks = [("instant".to_owned(), Arc::new(Instantly::default()) as _)].into();
    let clock = Arc::new(SystemClock::default());
    let steps = Steps::assemble(store, networks, Arc::new(stock::NoWire), clock, dir).await.expect("the store works");
    steps.deliver.recover().await.expect("the store works");
    steps.announce.step().await.expect("the store works");
    steps.deliver.step().await.expect("the store works");
}

fn timed(clock: &SystemClock, what: impl FnOnce()) -> Duration {
    let began = clock.monotonic();
    what();
    clock.monotonic().saturating_sub(began)
}

fn best(took: &[Duration]) -> f64 {
    took.iter().min().map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

fn worst(took: &[Duration]) -> f64 {
    took.iter().max().map_or(0.0, |took| took.as_secs_f64() * 1e3)
}
