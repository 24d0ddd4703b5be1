//! How the program ends before its time, and what the next start finds.

use super::{Home, PROGRAM, token};
use gigcast::sandbox::{Fault, Kind, Sandbox, Settings};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use tokio::net::TcpListener;

/// A town that takes a post only once it is told to, and takes it all the same when nobody waits for the answer any more.
async fn slow_town() -> Sandbox {
    let late = Fault {
        verb: Some("POST".to_owned()),
        path: Some("/api/v1/statuses".to_owned()),
        count: Some(1),
        delay_ms: 3_600_000,
        ..Fault::new(Kind::LateAccept)
    };
    let settings = Settings { faults: vec![late], ..Settings::default() };
    Sandbox::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).unwrap()
}

/// Asks until it is so; often enough for a machine that answers within a millisecond.
fn wait_until(home: &Home, holds: impl Fn(&Value) -> bool) {
    for _ in 0..6000 {
        let status: Value = serde_json::from_str(&home.say(&["status", "--json"]).out).unwrap();
        if holds(&status) {
            return;
        }
        thread::yield_now();
    }
    panic!("it never came to that");
}

#[tokio::test(flavor = "multi_thread")]
async fn told_twice_to_stop_it_stops_at_once_and_the_next_start_finds_nothing_lost() {
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-TERM")] {
        let town = slow_town().await;
        let home = Home::new(&format!(
            "[wire]\ntrusted_origins = [\"{}\"]\ntotal_timeout = \"50m\"\n[outbox]\nlook_after = [\"1s\", \"2s\", \"4s\", \"8s\", \"1h\"]",
            town.url
        ));
        let running = home.start();
        let secret = token(&town, "acme").await;
        let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &secret);
        assert_eq!(said.code, 0, "{}", said.err);
        fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
        let posted = home.say(&["post", "logo.toml", "--poster", "acme", "--json"]);
        let gig: Value = serde_json::from_str(&posted.out).unwrap();
        held(&town).await;
        running.signal(first);
        // It waits for what is out, so it still runs; only the second one ends it.
        running.hears("Stopping: nothing new is started");
        running.signal(second);
        assert_eq!(running.ends(), 130, "{first} {second}");
        assert_eq!(posts(&town).await, 0);
        take_what_is_held(&town).await;

        let again = home.start();
        wait_until(&home, |_| home.say(&["why", gig["id"].as_str().unwrap()]).out.contains("It stands at "));
        assert_eq!(posts(&town).await, 1, "it was looked for, and not sent twice");
        again.signal("-TERM");
        assert_eq!(again.ends(), 0);
        town.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drained_it_starts_nothing_new_waits_for_what_is_out_and_ends_with_0() {
    let town = slow_town().await;
    let home = Home::new(&format!(
        "[wire]\ntrusted_origins = [\"{}\"]\ntotal_timeout = \"50m\"\n[outbox]\nlook_after = [\"1h\"]",
        town.url
    ));
    let running = home.start();
    let secret = token(&town, "acme").await;
    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &secret);
    assert_eq!(said.code, 0, "{}", said.err);
    let mut gigs = Vec::new();
    for name in ["one", "two"] {
        let file = format!("{name}.toml");
        fs::write(home.path(&file), format!("title = \"{name}\"\napply = \"jobs@acme.example\"\n")).unwrap();
        let posted = home.say(&["post", &file, "--poster", "acme", "--json"]);
        gigs.push(serde_json::from_str::<Value>(&posted.out).unwrap()["id"].as_str().unwrap().to_owned());
    }
    held(&town).await;
    let drain = home.command(&["drain"]).stdout(Stdio::piped()).spawn().unwrap();
    running.hears("Draining: nothing new is started");
    assert_eq!(posts(&town).await, 0);
    take_what_is_held(&town).await;
    let drained = drain.wait_with_output().unwrap();
    let said = String::from_utf8(drained.stdout).unwrap();
    assert_eq!(
        (drained.status.code(), said.as_str()),
        (Some(0), "1 delivery was on the way when it was asked, and all of it has ended. gigcast stops now.\n")
    );
    assert_eq!(running.ends(), 0);
    assert_eq!(posts(&town).await, 1, "the second was not begun");

    let again = home.start();
    let why = home.say(&["why", &gigs[0]]).out;
    assert!(why.contains("It stands at ") && !why.contains("gigcast stopped before"), "{why}");
    again.signal("-TERM");
    assert_eq!(again.ends(), 0);
    town.shutdown().await.unwrap();
}

/// Until the town holds a post: it has come whole, so that it will be taken whatever becomes of its sender.
async fn held(town: &Sandbox) {
    while books(town).await["holds"] != 1 {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The town takes what it holds, though nobody waits for an answer.
async fn take_what_is_held(town: &Sandbox) {
    let client = reqwest::Client::builder().build().unwrap();
    let answer = client.delete(format!("{}/sandbox/faults", town.url)).send().await.unwrap();
    assert!(answer.status().is_success());
    while posts(town).await == 0 {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The town's own books, which may be asked for without a limit.
async fn books(town: &Sandbox) -> Value {
    let client = reqwest::Client::builder().build().unwrap();
    let answer = client.get(format!("{}/sandbox/posts", town.url)).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// How often the town took a post.
pub(super) async fn posts(town: &Sandbox) -> u64 {
    books(town).await["creates"].as_u64().unwrap()
}

/// Gigs enough to outgrow any room that is left in the store's files.
fn many_gigs(home: &Home) -> usize {
    let gigs = 600;
    for n in 0..gigs {
        let mut text = format!("title = \"Gig number {n}\"\napply = \"https://acme.example/{n}\"\ndescription = \"");
        for word in 0..700 {
            let _ = write!(text, "word{} ", word * n);
        }
        fs::write(home.path(&format!("gigs/{n}.toml")), text + "\"\n").unwrap();
    }
    gigs
}

#[test]
fn a_store_that_cannot_be_written_ends_it_with_75_and_a_restart_recovers() {
    let home = Home::new("");
    let running = home.start();
    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    assert_eq!(home.say(&["post", "logo.toml", "--poster", "Acme"]).code, 0);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);

    // From here on no file may grow beyond what the store's log has already. Who is not to be ended for that ignores the signal.
    let log = fs::metadata(home.path("data/db")).unwrap().len();
    let said = fs::File::create(home.path("said")).unwrap();
    let mut process = Command::new("sh")
        .args(["-c", &format!("trap '' XFSZ; exec {PROGRAM} run")])
        .current_dir(home.dir.path())
        .env_remove("GIGCAST_VAULT_KEY")
        .stderr(said)
        .spawn()
        .unwrap();
    while !fs::read_to_string(home.path("said")).unwrap().contains("admin.address") {
        thread::yield_now();
    }
    let limit = Rlimit { current: Some(log), maximum: Some(log) };
    prlimit(Some(Pid::from_child(&process)), Resource::Fsize, limit).unwrap();
    let gigs = many_gigs(&home);
    let code = process.wait().unwrap().code();
    let said = fs::read_to_string(home.path("said")).unwrap();
    assert_eq!(code, Some(75), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("gigcast has stopped") && last.contains("a restart goes on from there"), "{last}");

    let running = home.start();
    wait_until(&home, |status| status["ailments"].as_array().is_some_and(Vec::is_empty));
    let known = || home.say(&["gigs", "--limit", "1000"]).out.lines().count();
    for _ in 0..6000 {
        if known() == gigs + 1 {
            break;
        }
    }
    assert_eq!(known(), gigs + 1, "what it had answered for and all that it was to take in");
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
}

#[test]
fn below_the_floor_of_free_space_it_is_not_ready_and_takes_nothing() {
    let home = Home::new("[store]\nfree_floor_mib = 1048576");
    fs::write(home.path("gigs/a.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let _running = home.start();
    let (status, body) = home.admin("/readyz", "host: HERE");
    assert_eq!(status, "HTTP/1.0 503 Service Unavailable");
    assert!(body.contains("The disk is nearly full: nothing is taken in or sent until there is room."), "{body}");
    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let said = home.say(&["post", "logo.toml", "--poster", "Acme"]);
    assert!(said.err.contains("nothing is taken in while the disk is nearly full"), "{}", said.err);
    assert_eq!(home.say(&["gigs", "--json"]).out.trim(), "[]");
}
