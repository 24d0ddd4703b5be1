//! How fast gigs fan out: N gigs on M accounts, each announced once, against a sink in a process of its own; beside it a bare
//! loop that sends the same bytes to the same sink from one keep-alive client and remembers nothing.
//!
//! Every round is a process of its own, so that peak memory and the bytes written are its own, and rounds of all kinds alternate, so
//! that a busy machine is unkind to all of them alike. `docs/BENCHMARKS.md` says how to run it and what it said.

#![allow(clippy::cast_precision_loss)] // rates and sizes, to be printed

#[path = "../support/mod.rs"]
mod support;

mod bare;
mod counting;
mod round;
mod sink;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use support::setting;

const ROLE: &str = "FANOUT_ROLE";
const TASK: &str = "FANOUT_TASK";
const AGENT: &str = "gigcast-bench/0";

/// What a round is to do; handed to its process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    origins: Vec<String>,
    gigs: usize,
    accounts: usize,
    /// On a real disk: on one in memory nothing would ever be waited for.
    dir: PathBuf,
}

impl Task {
    fn origin_of(&self, account: usize) -> &str {
        &self.origins[account % self.origins.len()]
    }
}

/// The token of an account, by which the sink also knows it.
fn token(account: usize) -> String {
    format!("acct-{account}")
}

fn main() {
    match std::env::var(ROLE) {
        Ok(role) => play(&role),
        Err(_) => direct(),
    }
}

fn play(role: &str) {
    let task = || -> Task {
        serde_json::from_str(&std::env::var(TASK).expect("the task is in the environment")).expect("it is one")
    };
    let report = match role.split_once(' ').unwrap_or((role, "")) {
        ("sink", hosts) => return sink::run(hosts.parse().expect("a number of hosts")),
        ("gigcast", _) => round::run(&task()),
        ("bare", at_once) => bare::run(&task(), at_once.parse().expect("a number of requests")),
        _ => panic!("no such role: {role}"),
    };
    println!("{report}");
}

fn direct() {
    // What is asked of every benchmark at once (`cargo bench -- --list`, a filter) is not meant for this one.
    if std::env::args().skip(1).any(|word| word == "--list" || word == "--test") {
        return;
    }
    let (gigs, accounts, hosts) = (setting("GIGS", 100), setting("ACCOUNTS", 64), setting("HOSTS", 8));
    let at_once = setting("IN_FLIGHT", support::IN_FLIGHT);
    let (mut sink, origins) = start_sink(hosts);
    let dir = std::env::var_os("DIR").map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let task = Task { origins, gigs, accounts, dir };
    let counted = |role: &str| {
        let report = play_elsewhere(role, &task);
        (report, asked_of_the_sink(&task.origins[0]))
    };
    println!("fanout: {gigs} gigs on {accounts} accounts at {hosts} hosts, at most {at_once} requests at once");

    let (mut alone, mut together, mut ours) = (Vec::new(), Vec::new(), Vec::new());
    for n in 1..=setting("ROUNDS", 3) {
        let (bare, bytes) = counted("bare 1");
        let (report, our_bytes) = counted("gigcast");
        let (many, many_bytes) = counted(&format!("bare {at_once}"));
        assert_eq!((&bytes, &bytes), (&our_bytes, &many_bytes), "all three sent as many posts, and the same bytes");
        println!(
            "round {n}: bare loop {:.0}/s, {at_once} at once {:.0}/s, gigcast {:.0}/s  (posts and bytes: {bytes})",
            rate(&bare),
            rate(&many),
            rate(&report)
        );
        alone.push(bare);
        together.push(many);
        ours.push(report);
    }
    let best =
        |reports: &[Value]| reports.iter().max_by(|a, b| rate(a).total_cmp(&rate(b))).cloned().unwrap_or_default();
    tell(&best(&ours), rate(&best(&alone)), rate(&best(&together)), at_once);
    drop(sink.stdin.take());
    let _ = sink.wait();
}

fn rate(report: &Value) -> f64 {
    report["deliveries"].as_f64().unwrap_or(0.0) / report["seconds"].as_f64().unwrap_or(f64::INFINITY)
}

fn tell(best: &Value, alone: f64, together: f64, at_once: usize) {
    let number = |name: &str| best[name].as_f64().unwrap_or(0.0);
    let (all, seconds) = (number("deliveries"), number("seconds"));
    let each = |name: &str| number(name) / all;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("ratio to the bare loop, one request at a time: {:.2}", rate(best) / alone);
    println!("ratio to the bare loop, as many at once:       {:.2}", rate(best) / together);
    println!("deliveries a second:       {:.0} (best round)", rate(best));
    println!(
        "a delivery:                {:.2} commits, {:.3} syncs ({:.1} commits a sync), {:.1} reads, {:.1} KiB written",
        each("commits"),
        each("syncs"),
        number("commits") / number("syncs"),
        each("reads"),
        each("written_bytes") / 1024.0
    );
    tell_rows(best, all);
    println!("peak memory:               {:.0} MiB", number("peak_kib") / 1024.0);
    println!(
        "processor:                 {:.0} us of our code and {:.0} us of the kernel's a delivery; {:.0} % of {cores} cores",
        each("user_ms") * 1e3,
        each("system_ms") * 1e3,
        (number("user_ms") + number("system_ms")) / 10.0 / seconds / f64::from(u32::try_from(cores).unwrap_or(1))
    );
    println!("busiest threads:           {}", best["threads"]);
    println!("turns at once:             {:.1} of {at_once} (mean)", number("in_flight"));
    println!("from sync to sync:         {:.2} ms", seconds * 1e3 / number("syncs"));
    if best["idle_kib"].is_array() {
        println!("memory while idle, KiB, a minute apart: {}", best["idle_kib"]);
    }
}

/// What a delivery has the store write, by kind of row. A batch names each row once; what sled makes of it on the disk is told above.
fn tell_rows(best: &Value, deliveries: f64) {
    let mut rows: Vec<(&str, f64, f64, f64)> = best["rows"].as_array().map_or_else(Vec::new, |rows| {
        let number = |row: &Value, n: usize| row[n].as_f64().unwrap_or(0.0) / deliveries;
        rows.iter()
            .map(|row| (row[0].as_str().unwrap_or("?"), number(row, 1), number(row, 2), number(row, 3)))
            .collect()
    });
    rows.sort_by(|a, b| b.3.total_cmp(&a.3));
    let bytes: f64 = rows.iter().map(|row| row.3).sum();
    println!("asked to be written:       {bytes:.0} bytes a delivery, of these (rows put, rows deleted, bytes)");
    for (kind, put, deleted, bytes) in rows.iter().filter(|row| row.3 >= 1.0) {
        println!("                           {kind:<14} {put:>5.2} {deleted:>5.2} {bytes:>6.0}");
    }
}

fn start_sink(hosts: usize) -> (Child, Vec<String>) {
    let mut sink = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(ROLE, format!("sink {hosts}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the sink starts");
    let mut line = String::new();
    BufReader::new(sink.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("the sink says where it is");
    let origins = line.split_whitespace().map(str::to_owned).collect();
    (sink, origins)
}

fn play_elsewhere(role: &str, task: &Task) -> Value {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(ROLE, role)
        .env(TASK, serde_json::to_string(task).expect("a task is plain"))
        .stderr(Stdio::inherit())
        .output()
        .expect("a round starts");
    assert!(output.status.success(), "the round `{role}` failed");
    serde_json::from_slice(&output.stdout).expect("a round says what it took")
}

/// Posts and bytes since the last time it was asked.
fn asked_of_the_sink(origin: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let answer = bare::client().get(format!("{origin}/counted")).send().await.expect("the sink answers");
        answer.text().await.expect("in words")
    })
}
