//! The real binary, killed again and again while it posts to the sandbox: nothing is lost and nothing is there twice.
//!
//! Three ways, from kind to cruel: the server honours Idempotency-Key; it ignores it; it ignores it and accepts a post only after
//! our own timeout. Gigs keep coming in from a folder, several servers keep several lanes busy, and every request takes a
//! while, so that a kill mostly finds something on its way. GIGCAST_KILLS says how many kills each way gets.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use crate::support::world::brisk;
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::{Assembled, assemble};
use gigcast::grants::Terms;
use gigcast::id::AccountId;
use gigcast::person::{Account, Audience, Person};
use gigcast::ports::Entered;
use gigcast::sandbox::{Fault, Kind, Limit, Limits, Sandbox, Settings};
use gigcast::secret::Secret;
use gigcast::store::Ledger;
use gigcast::web::admin::Tail;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpListener;

/// Many, since what a server documents for one address is kept here as well.
const SERVERS: usize = 10;
const ACCOUNTS_EACH: usize = 1;
const DEADLINE: Duration = Duration::from_mins(5);

struct Way {
    faults: fn() -> Vec<Fault>,
    total_timeout_ms: u64,
}

fn on_posting(kind: Kind, delay_ms: u64) -> Fault {
    Fault { verb: Some("POST".into()), path: Some("/api/v1/statuses".into()), delay_ms, ..Fault::new(kind) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_server_honours_keys() {
    let faults = || vec![on_posting(Kind::LateAccept, 90)];
    endure("honoured", Way { faults, total_timeout_ms: 5_000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_server_ignores_keys() {
    let faults = || vec![on_posting(Kind::LateAccept, 90), Fault::new(Kind::KeyIgnored)];
    endure("ignored", Way { faults, total_timeout_ms: 5_000 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_server_ignores_keys_and_accepts_after_our_timeout() {
    let faults = || vec![on_posting(Kind::LateAccept, 1_500), Fault::new(Kind::KeyIgnored)];
    endure("late", Way { faults, total_timeout_ms: 600 }).await;
}

/// Repeatable in what it does, if not in when.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

pub(crate) async fn pause(by: Duration) {
    let clock = SystemClock::default();
    clock.sleep_until(clock.now().plus(by)).await;
}

pub(crate) struct Town {
    pub(crate) sandbox: Sandbox,
    client: reqwest::Client,
}

impl Town {
    pub(crate) async fn start(faults: Vec<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Whoever looks a lost post up may ask often; limits are another test's business.
        let ample = Limit::new(1_000_000, Duration::from_mins(5));
        let limits = Limits { all: ample, paged: ample, says: ample, takes_back: ample };
        let sandbox = Sandbox::start(listener, Settings { limits, faults, ..Settings::default() }).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { sandbox, client: reqwest::Client::builder().build().unwrap() }
    }

    pub(crate) async fn person(&self, name: &str) -> Secret {
        let url = format!("{}/sandbox/people", self.sandbox.url);
        let body = json!({ "username": name }).to_string();
        let answer = self.client.post(url).header("content-type", "application/json").body(body).send().await.unwrap();
        let person: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        Secret::new(person["token"].as_str().unwrap())
    }

    pub(crate) async fn posts(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/posts", self.sandbox.url);
        let answer = self.client.get(url).send().await.unwrap().bytes().await.unwrap();
        let posts: Value = serde_json::from_slice(&answer).unwrap();
        posts["posts"].as_array().unwrap().clone()
    }
}

struct Site {
    dir: tempfile::TempDir,
    config: PathBuf,
}

impl Site {
    fn new(towns: &[Town], way: &Way) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let origins: Vec<String> = towns.iter().map(|town| format!("{:?}", town.sandbox.url)).collect();
        let settle_s = 62 + way.total_timeout_ms / 1_000;
        let text = format!(
            r#"
[server]
public_url = "https://gigs.example"
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[store]
data_dir = {data:?}
free_floor_mib = 1
[wire]
connect_timeout = "500ms"
total_timeout = "{timeout}ms"
trusted_origins = [{origins}]
[outbox]
backoff = ["1s", "2s", "3s", "5s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s", "10s"]
look_after = ["2s", "5s", "{settle_s}s"]
[[source]]
name = "folder"
kind = "folder"
path = {gigs:?}
poster = "Acme"
first_look = "all"
"#,
            data = dir.path().join("data").display().to_string(),
            timeout = way.total_timeout_ms,
            origins = origins.join(", "),
            gigs = dir.path().join("gigs").display().to_string(),
        );
        fs::create_dir(dir.path().join("gigs")).unwrap();
        let config = dir.path().join("gigcast.toml");
        fs::write(&config, text).unwrap();
        Self { dir, config }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    fn write_gig(&self, n: usize) {
        let draft = self.dir.path().join("gigs").join(format!(".{n}"));
        let text = format!("title = \"Logo for bakery {n}\"\napply = \"https://acme.example/apply/{n}\"\n");
        fs::write(&draft, text).unwrap();
        fs::rename(draft, self.dir.path().join("gigs").join(format!("{n}.toml"))).unwrap();
    }

    /// Opens the store as the daemon would, without running it.
    async fn open(&self) -> Assembled {
        let text = fs::read_to_string(&self.config).unwrap();
        let files = [ConfigFile { name: "gigcast.toml", text: &text }];
        let config = Config::parse(&files, []).unwrap();
        assemble(&config, &|_| None, Tail::default()).await.unwrap()
    }

    fn start(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        Command::new(env!("CARGO_BIN_EXE_gigcast"))
            .args(["run", "--config"])
            .arg(&self.config)
            .env("GIGCAST__LOG__FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn logged(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        // The last line of a life may have been cut by the kill.
        log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

async fn link(assembled: &Assembled, town: &Town, name: &str) -> Account {
    let entered =
        Entered { server: town.sandbox.url.clone(), identifier: name.into(), secret: town.person(name).await };
    let owner = Person::poster("Acme", SystemClock::default().now());
    let terms = Terms { owner, pace: brisk(), audience: Audience::default() };
    assembled.daemon.deliver.sessions.link("mastodon", &entered, terms).await.unwrap()
}

pub(crate) fn kill(mut daemon: Child) {
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

async fn endure(name: &str, way: Way) {
    let kills: usize = std::env::var("GIGCAST_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(50);
    let mut towns = Vec::new();
    for _ in 0..SERVERS {
        towns.push(Town::start((way.faults)()).await);
    }
    let site = Site::new(&towns, &way);
    let mut accounts = Vec::new();
    {
        let assembled = site.open().await;
        for town in &towns {
            for n in 0..ACCOUNTS_EACH {
                accounts.push(link(&assembled, town, &format!("acme{n}")).await);
            }
        }
    }

    let mut chance = Chance(u64::try_from(kills).unwrap() + u64::try_from(name.len()).unwrap());
    // Each account may post 75 times before a documented limit slows it down, and a long campaign is not to wait for that.
    let kills_per_gig = (kills / 50).max(3);
    let mut gigs = 0;
    for round in 0..kills {
        if round % kills_per_gig == 0 {
            site.write_gig(gigs);
            gigs += 1;
        }
        let daemon = site.start();
        wait_for_file(&site.data().join("addresses.json")).await;
        pause(Duration::from_millis(chance.below(300))).await;
        kill(daemon);
        // A killed daemon leaves its note of where it listened.
        let _ = fs::remove_file(site.data().join("addresses.json"));
    }

    let daemon = site.start();
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    while !nothing_waits(&site, gigs) && clock.now() < deadline {
        pause(Duration::from_secs(1)).await;
    }
    // What was accepted late must have had the time to show, before it is said that nothing is there twice.
    pause(Duration::from_secs(3)).await;
    kill(daemon);
    verify(&site, &towns, &accounts, gigs, kills).await;
}

async fn wait_for_file(path: &Path) {
    let clock = SystemClock::default();
    let deadline = clock.now().plus(Duration::from_mins(1));
    while !path.exists() {
        assert!(clock.now() < deadline, "the daemon did not come up");
        pause(Duration::from_millis(5)).await;
    }
}

/// Whether every gig is in and nothing waits any more; only says when to stop waiting, the record is checked afterwards.
fn nothing_waits(site: &Site, gigs: usize) -> bool {
    let list = |command: &[&str]| -> Option<usize> {
        let out = Command::new(env!("CARGO_BIN_EXE_gigcast"))
            .args(command)
            .args(["--json", "--config"])
            .arg(&site.config)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        serde_json::from_slice::<Vec<Value>>(&out.stdout).ok().map(|list| list.len())
    };
    list(&["gigs", "--limit", "1000"]) == Some(gigs) && list(&["deliveries"]) == Some(0)
}

async fn verify(site: &Site, towns: &[Town], accounts: &[Account], gigs: usize, kills: usize) {
    let mut posts: BTreeMap<(AccountId, String), Vec<String>> = BTreeMap::new();
    let mut stood = 0;
    for town in towns {
        for post in town.posts().await {
            stood += 1;
            let acct = post["acct"].as_str().unwrap();
            let account = accounts
                .iter()
                .find(|a| a.server == town.sandbox.url && a.handle.trim_start_matches('@').starts_with(acct))
                .unwrap();
            let text = post["text"].as_str().unwrap();
            let code = text.split("?v=").nth(1).unwrap()[..8].to_owned();
            posts.entry((account.id, code)).or_default().push(post["id"].as_str().unwrap().to_owned());
        }
    }
    let assembled = site.open().await;
    let ledger: &Ledger = &assembled.public.ledger;
    let records = ledger.newest_gigs(0, 10_000).await.unwrap();
    assert_eq!(records.len(), gigs, "every gig file became one gig");
    for record in &records {
        for account in accounts {
            let announcement = ledger.announcement(record.gig.id, account.id).await.unwrap().unwrap();
            let said = announcement.said.unwrap_or_else(|| panic!("lost: {} on {}", record.gig.id, account.handle));
            let there = posts.get(&(account.id, said.created_by.code().to_string())).cloned().unwrap_or_default();
            assert_eq!(
                there,
                [said.receipt.id],
                "{} on {}: one post, and the record names it",
                record.gig.id,
                account.handle
            );
        }
    }
    assert_eq!(stood, gigs * accounts.len(), "no post that the record does not know");

    let interrupted: u64 = site
        .logged()
        .iter()
        .filter_map(|line| line.get("deliveries").or_else(|| line.get("fields")?.get("deliveries"))?.as_u64())
        .sum();
    println!("{kills} kills, {} deliveries, {interrupted} interruptions: 0 lost, 0 doubled", gigs * accounts.len());
    assert!(interrupted > 0, "no kill found anything on its way, so nothing was proven");
}
