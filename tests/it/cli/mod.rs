//! The program itself, as a person at a terminal meets it: its words, its exit codes, its files.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

mod backup;
mod communities;
mod doctoring;
mod faults;
mod linking;
mod reloading;
mod rotating;
mod stopping;
mod store;
mod terminal;
mod vouches;

use gigcast::sandbox::{Sandbox, Settings};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use tempfile::TempDir;
use tokio::net::TcpListener;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gigcast");

/// A directory with a configuration, where nothing runs yet.
struct Home {
    dir: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
struct Said {
    out: String,
    err: String,
    code: i32,
}

/// A running gigcast; killed when dropped.
struct Running {
    process: Child,
    /// What it said until it was ready.
    first_lines: Vec<Value>,
    /// What it says from then on, line by line.
    later: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Home {
    fn new(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("gigs")).unwrap();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n{more}\n\
             [[source]]\nname = \"desk\"\nkind = \"folder\"\npath = \"gigs\"\nposter = \"Acme\"\nfirst_look = \"all\"\n"
        );
        fs::write(dir.path().join("gigcast.toml"), config).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.dir.path()).env_remove("GIGCAST_VAULT_KEY");
        command
    }

    fn say(&self, arguments: &[&str]) -> Said {
        self.say_with(arguments, "")
    }

    fn say_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        // It may end without having read all of it.
        let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
        let output = process.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }

    fn start(&self) -> Running {
        Running::begun(self.command(&["run"]))
    }

    /// The status line of the answer to a gig that is handed in with this token.
    fn hand_in(&self, token: &str) -> String {
        let addresses: Value = serde_json::from_slice(&fs::read(self.path("data/addresses.json")).unwrap()).unwrap();
        let address = addresses["public"].as_str().unwrap();
        let body = "{\"title\": \"Logo\", \"apply\": \"jobs@acme.example\"}";
        let mut socket = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /api/v1/gigs HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: one\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap().to_owned()
    }

    /// The status line and the body of an answer from the operator's side.
    fn admin(&self, path: &str, headers: &str) -> (String, String) {
        let addresses: Value = serde_json::from_slice(&fs::read(self.path("data/addresses.json")).unwrap()).unwrap();
        let address = addresses["admin"].as_str().unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        let headers = headers.replace("HERE", address);
        socket.write_all(format!("GET {path} HTTP/1.0\r\n{headers}\r\n\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), body.to_owned())
    }
}

impl Running {
    fn begun(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut first_lines = Vec::new();
        for line in lines.by_ref() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let ready = line.get("admin.address").is_some();
            first_lines.push(line);
            if ready {
                break;
            }
        }
        // Read on, or a full pipe would stop it.
        let (tell, later) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(tell.send(line))));
        Self { process, first_lines, later }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it says this, or fails where it ends without having said it.
    fn hears(&self, words: &str) {
        assert!(self.later.iter().any(|line| line.contains(words)), "it never said `{words}`");
    }

    fn ends(mut self) -> i32 {
        self.process.wait().unwrap().code().unwrap_or(-1)
    }
}

async fn town() -> Sandbox {
    Sandbox::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), Settings::default()).unwrap()
}

async fn token(town: &Sandbox, username: &str) -> String {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().build().unwrap();
    let url = format!("{}/sandbox/people", town.url);
    let answer = client.post(url).body(format!("username={username}"));
    let answer = answer.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// The lines that `gigcast logs` shows, until one holds these words.
fn until(lines: &mut BufReader<ChildStdout>, words: &str) -> String {
    let mut line = String::new();
    while lines.read_line(&mut line).unwrap() > 0 {
        if line.contains(words) {
            return line;
        }
        line.clear();
    }
    panic!("the log ended without `{words}`");
}

#[test]
fn help_names_every_command_in_a_sentence() {
    let home = Home::new("");
    let mut text = home.say(&["--help"]).out;
    for command in ["link", "invite", "vault", "plan", "release", "deliveries", "logs"] {
        text = format!("{text}\n$ gigcast {command} --help\n{}", home.say(&[command, "--help"]).out);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_key_that_is_not_known_is_told_with_its_place_and_exit_78() {
    let home = Home::new("");
    fs::write(home.path("bad.toml"), "[server]\nlissten = \"127.0.0.1:1\"\n").unwrap();
    let said = home.say(&["run", "--config", "bad.toml"]);
    assert_eq!(said.code, 78);
    assert_eq!(
        said.err,
        "gigcast: the configuration cannot be used.\nunknown key `lissten` in [server], bad.toml line 2: did you mean \
         `listen`?\n"
    );
    let said = home.say(&["status", "--config", "none.toml"]);
    assert_eq!(said.code, 78);
    assert!(said.err.starts_with("gigcast: the configuration none.toml cannot be read: "), "{}", said.err);
}

#[test]
fn a_source_that_cannot_be_meant_is_a_config_error() {
    let home = Home::new("");
    let text = fs::read_to_string(home.path("gigcast.toml")).unwrap() + "category = \"nonsense\"\n";
    fs::write(home.path("gigcast.toml"), text).unwrap();
    let said = home.say(&["run"]);
    assert_eq!(said.code, 78);
    assert_eq!(said.err, "gigcast: the source `desk`: its category `nonsense` is not among the categories\n");
}

#[test]
fn without_a_daemon_each_command_says_how_to_start_one() {
    let home = Home::new("");
    for command in [
        &["status"][..],
        &["gigs"],
        &["why", "gig_0123456789abcdef"],
        &["link", "mastodon", "--poster", "Acme"],
        &["release", "dlv_0123456789abcdef", "--not-there"],
        &["logs", "-f"],
        &["token", "Acme"],
    ] {
        let said = home.say(command);
        assert_eq!(said.err, "gigcast: no gigcast runs on data: start it with `gigcast run`\n", "{command:?}");
        assert_eq!((said.code, said.out.as_str()), (69, ""), "{command:?}");
    }
    fs::rename(home.path("gigcast.toml"), home.path("other.toml")).unwrap();
    let said = home.say(&["status", "--config", "other.toml"]);
    assert_eq!(said.err, "gigcast: no gigcast runs on data: start it with `gigcast run --config other.toml`\n");
}

#[test]
fn an_address_that_a_crash_left_behind_is_nobody() {
    let home = Home::new("");
    let running = home.start();
    running.signal("-KILL");
    running.ends();
    assert!(home.path("data/addresses.json").exists());
    assert_eq!(home.say(&["status"]).err, "gigcast: no gigcast runs on data: start it with `gigcast run`\n");
}

#[test]
fn a_second_daemon_on_the_same_data_is_refused_and_names_the_first() {
    let home = Home::new("");
    let running = home.start();
    let said = home.say(&["run"]);
    let first = format!("gigcast: the store in data is in use by process {} since ", running.process.id());
    assert!(said.err.starts_with(&first), "{}", said.err);
    assert_eq!(said.code, 75);
    assert_eq!(home.say(&["status"]).code, 0, "the first goes on");
}

#[test]
fn a_signal_to_stop_ends_it_in_order() {
    for signal in ["-TERM", "-INT"] {
        let home = Home::new("");
        let running = home.start();
        assert_eq!(running.first_lines.last().unwrap()["level"], "info");
        running.signal(signal);
        assert_eq!(running.ends(), 0, "{signal}");
        assert!(!home.path("data/addresses.json").exists());
    }
}

#[test]
fn the_operators_side_opens_to_the_token_and_to_this_machines_name_alone() {
    let home = Home::new("");
    let _running = home.start();
    let mode = fs::metadata(home.path("data/admin.token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = fs::read_to_string(home.path("data/admin.token")).unwrap();
    let token = token.trim();
    assert_eq!(token.len(), 64);

    assert_eq!(home.admin("/healthz", "host: HERE").0, "HTTP/1.0 200 OK");
    for path in ["/api/status", "/api/gigs", "/api/logs", "/api/check"] {
        assert_eq!(home.admin(path, "host: HERE").0, "HTTP/1.0 401 Unauthorized", "{path}");
    }
    let wrong = format!("host: HERE\r\nauthorization: Bearer {}", "0".repeat(64));
    assert_eq!(home.admin("/api/status", &wrong).0, "HTTP/1.0 401 Unauthorized");
    let right = format!("host: HERE\r\nauthorization: Bearer {token}");
    assert_eq!(home.admin("/api/status", &right).0, "HTTP/1.0 200 OK");
    let rebound = format!("host: evil.example\r\nauthorization: Bearer {token}");
    assert_eq!(home.admin("/api/status", &rebound).0, "HTTP/1.0 421 Misdirected Request");
    assert_eq!(home.admin("/healthz", "host: evil.example").0, "HTTP/1.0 421 Misdirected Request");
}

#[test]
fn check_without_a_daemon_reaches_the_sources_and_says_what_it_left_out() {
    let home = Home::new("");
    fs::write(home.path("gigs/a.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let said = home.say(&["check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    insta::assert_snapshot!(said.out);
    fs::remove_dir_all(home.path("gigs")).unwrap();
    let said = home.say(&["check"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("wrong source desk: the folder gigs cannot be read"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_linked_account_to_a_post_that_is_out() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let _running = home.start();
    let secret = token(&town, "acme").await;
    let host = town.url.trim_start_matches("http://");

    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], "not-a-token\n");
    assert_eq!(said.code, 1);
    assert!(said.err.starts_with("gigcast: ") && !said.err.contains("not-a-token"), "{}", said.err);
    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], "");
    assert_eq!(said.err, "gigcast: no access token was given: type it when asked, or pipe it in as one line\n");
    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &secret);
    assert_eq!(said.out, format!("@acme@{host} is linked. New gigs of Acme are announced there.\n"), "{}", said.err);

    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\npay = \"EUR 300\"\n").unwrap();
    let said = home.say(&["plan", "logo.toml"]);
    insta::assert_snapshot!("plan", said.out.replace(host, "HOST"));

    let mut follow = home.command(&["logs", "--follow", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap());
    assert!(until(&mut lines, "admin.address").contains("\"level\":\"info\""));
    let said = home.say(&["post", "logo.toml", "--poster", "acme", "--json"]);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    let gig = answer["id"].as_str().unwrap().to_owned();
    let line: Value = serde_json::from_str(&until(&mut lines, "is out on")).unwrap();
    assert_eq!(line["gig.id"], gig.as_str());
    let address = line["address"].as_str().unwrap().to_owned();
    follow.kill().unwrap();
    follow.wait().unwrap();

    let why = home.say(&["why", &gig]).out;
    for words in [
        format!("Logo ({gig}) is open, revision 1, by Acme."),
        "It came in from its poster.".to_owned(),
        format!("@acme@{host} takes it."),
        "Try 1 arrived.".to_owned(),
        format!("It stands at {address}."),
    ] {
        assert!(why.contains(&words), "{words}\n{why}");
    }
    let said = home.say(&["gigs"]);
    assert_eq!(said.out, format!("{gig}  open  out on 1  Logo\n"));
    let status = home.say(&["status"]).out;
    assert!(
        status.contains("All is well.") && status.contains(&format!("@acme@{host} on mastodon for Acme")),
        "{status}"
    );
    let account = home.say(&["why", "@acme"]).out;
    assert!(account.contains("It posts at most 24 times a day, 10 minutes apart."), "{account}");

    let said = home.say(&["post", "logo.toml", "--poster", "acme"]);
    assert!(said.out.starts_with("Logo is on record already, and nothing in it has changed."), "{}", said.out);
    let said = home.say(&["post", "logo.toml", "--poster", "Acmee"]);
    assert!(said.err.starts_with("gigcast: there is no poster called Acmee; known: Acme."), "{}", said.err);
    let said = home.say(&["who", "--for", "Acme", "--top", "0"]);
    assert!(said.err.contains("'0' for '--top <COUNT>'"), "{}", said.err);
    let checked = home.say(&["check"]);
    assert!(checked.out.contains("its server answers and the access is good"), "{}", checked.out);
    assert!(checked.out.contains("source desk: "), "{}", checked.out);
    let delivery = line["delivery.id"].as_str().unwrap();
    let said = home.say(&["release", delivery, "--not-there"]);
    assert_eq!(said.err, format!("gigcast: {delivery} does not wait for anyone to look. It stands at {address}.\n"));

    for file in fs::read_dir(home.path("data")).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            let held = fs::read(&file).unwrap();
            assert!(!held.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", file.display());
        }
    }
    town.shutdown().await.unwrap();
}

#[test]
fn who_follows_the_log_goes_on_behind_a_restart_and_is_told_of_it() {
    let home = Home::new("");
    let running = home.start();
    let mut follow = home.command(&["logs", "-f", "--event", "daemon"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap());
    until(&mut lines, "runs: pages at");
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    let _again = home.start();
    until(&mut lines, "gigcast was started again");
    until(&mut lines, "runs: pages at");
    follow.kill().unwrap();
    follow.wait().unwrap();
}

#[test]
fn the_level_of_the_log_changes_while_gigcast_runs_and_goes_back() {
    let home = Home::new("file = \"gigcast.log\"");
    let running = home.start();
    let said = home.say(&["log-level", "source=debug"]);
    assert_eq!(
        said.out, "The log is written at info,source=debug from now on. The config says info.\n",
        "{}",
        said.err
    );
    running.hears("log.level");
    let said = home.say(&["log-level", "loud"]);
    assert!(said.code == 1 && said.err.contains("`loud` is no level"), "{}", said.err);
    // Asked without a level, it tells and changes nothing.
    let said = home.say(&["log-level"]);
    assert_eq!(said.out, "The log is written at info,source=debug. The config says info.\n", "{}", said.err);
    let said = home.say(&["log-level", "--reset"]);
    assert_eq!(said.out, "The log is written at info from now on. The config says info.\n");
    let shown = home.say(&["logs", "--json", "--event", "log.level", "--text", "SOURCE=debug"]).out;
    assert_eq!(shown.lines().count(), 1, "{shown}");
    let written = fs::read_to_string(home.path("gigcast.log")).unwrap();
    assert!(written.contains("daemon.runs") && written.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn an_address_that_is_taken_is_told_with_its_key() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let home = Home::new("");
    let text = fs::read_to_string(home.path("gigcast.toml")).unwrap();
    let text = text.replace("admin_listen = \"127.0.0.1:0\"", &format!("admin_listen = \"{address}\""));
    fs::write(home.path("gigcast.toml"), text).unwrap();
    let said = home.say(&["run"]);
    assert_eq!(said.code, 75);
    let told = format!("gigcast: `server.admin_listen` is {address}, and nothing can listen there: ");
    assert!(said.err.starts_with(&told), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_access_holds_what_waits_until_the_account_is_linked_again() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let _running = home.start();
    let secret = token(&town, "acme").await;
    let link = ["link", "mastodon", "--poster", "Acme", "--server", &town.url];
    assert_eq!(home.say_with(&link, &secret).code, 0);
    let client = reqwest::Client::builder().build().unwrap();
    let faults = format!("{}/sandbox/faults", town.url);
    client.post(&faults).body(r#"{"kind": "revoked_token"}"#).send().await.unwrap();

    let mut follow = home.command(&["logs", "-f", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap());
    fs::write(home.path("gigs/logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    until(&mut lines, "needs to be linked again");
    let accounts = home.say(&["accounts"]).out;
    assert!(accounts.contains("It needs its person:") && accounts.contains("gigcast link mastodon"), "{accounts}");
    let why = home.say(&["why", "@acme"]).out;
    assert!(why.contains("The network refused our access:") && why.contains("What to do"), "{why}");

    client.delete(&faults).send().await.unwrap();
    assert_eq!(home.say_with(&link, &secret).code, 0);
    until(&mut lines, "is out on");
    let accounts = home.say(&["accounts"]).out;
    assert!(accounts.contains("nothing waits") && !accounts.contains("needs its person"), "{accounts}");
    follow.kill().unwrap();
    follow.wait().unwrap();
    town.shutdown().await.unwrap();
}

#[test]
fn why_a_source_names_what_is_no_gig_there_until_it_is_mended() {
    let home = Home::new("");
    fs::write(home.path("gigs/nameless.toml"), "apply = \"jobs@acme.example\"\n").unwrap();
    let _running = home.start();
    let mut follow = home.command(&["logs", "-f", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follow.stdout.take().unwrap());
    until(&mut lines, "holds something that is no gig");
    let why = || home.say(&["why", "desk"]).out;
    for _ in 0..200 {
        if why().contains("nameless.toml") {
            break;
        }
    }
    assert!(why().contains("nameless.toml") && why().contains("title") && why().contains("What to do"), "{}", why());
    fs::write(home.path("gigs/nameless.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    until(&mut lines, "Looked at desk: 1 new");
    for _ in 0..200 {
        if !why().contains("nameless.toml") {
            break;
        }
    }
    assert!(!why().contains("nameless.toml"), "{}", why());
    follow.kill().unwrap();
    follow.wait().unwrap();
}

#[test]
fn a_token_is_made_for_a_poster_who_is_known() {
    let home = Home::new("");
    let _running = home.start();
    let answer: Value = serde_json::from_str(&home.say(&["token", "acme", "--json"]).out).unwrap();
    assert_eq!(answer["poster"], "Acme");
    let token = answer["token"].as_str().unwrap();
    assert!(token.starts_with("gct_") && token.len() == 68, "{}", token.len());
    assert_eq!(home.hand_in(token), "HTTP/1.0 201 Created");
    assert_eq!(home.hand_in(&format!("gct_{}", "0".repeat(64))), "HTTP/1.0 401 Unauthorized");
    assert_eq!(home.say(&["token", "Nobody"]).code, 1);
}

/// Links an account of the sandbox, with its token piped in.
async fn link(home: &Home, town: &Sandbox) -> Said {
    let token = token(town, "ana").await;
    home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &token)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_paused_resumed_and_unlinked_by_its_handle() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]\n", town.url));
    let _running = home.start();
    let linked = link(&home, &town).await;
    assert_eq!(linked.code, 0, "{linked:?}");
    let paused = home.say(&["pause", "ana"]);
    assert!(paused.out.contains("is paused: nothing leaves it until `gigcast resume acc_"), "{paused:?}");
    fs::write(home.path("logo.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let plan = || home.say(&["plan", "logo.toml"]).out;
    let is_paused = || plan().contains("The account is paused.");
    assert!(is_paused(), "{}", plan());
    assert!(home.say(&["resume", "ana"]).out.contains("goes on with what waits"));
    assert!(!is_paused());
    let unlinked = home.say(&["unlink", "ana"]);
    assert!(unlinked.out.contains("is unlinked. Our access could not be revoked from here"), "{unlinked:?}");
    assert!(home.say(&["unlink", "ana"]).out.contains("was unlinked before"));
    let unknown = home.say(&["pause", "nobody"]);
    assert_eq!(unknown.err, "gigcast: no account is known as nobody; `gigcast accounts` lists them\n");
}

#[test]
fn an_invitation_is_an_address_that_only_a_hash_is_kept_of() {
    let home = Home::new("");
    let running = home.start();
    let invited: Value = serde_json::from_str(&home.say(&["invite", "Acme Studio", "--json"]).out).unwrap();
    let url = invited["url"].as_str().unwrap();
    let (base, token) = url.split_once("/invite/").unwrap();
    assert!(base.starts_with("http://127.0.0.1:") && token.len() == 64, "{url}");
    assert!(invited["until"].as_str().unwrap() > "2026" && invited["poster"] == "Acme Studio");
    assert!(home.say(&["invite", " "]).err.contains("say who is invited"));
    drop(running);
    for file in fs::read_dir(home.path("data")).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(64).any(|window| window == token.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vault_key_changes_while_gigcast_stands_still_and_a_kill_midway_harms_nothing() {
    let town = town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]\n", town.url));
    assert!(home.say(&["vault", "rotate"]).err.contains("there is no vault key yet"));
    let running = home.start();
    assert_eq!(link(&home, &town).await.code, 0);
    let busy = home.say(&["vault", "rotate"]);
    assert_eq!(busy.code, 75);
    assert!(busy.err.contains("is in use by process") && busy.err.contains("stop that one first"), "{busy:?}");
    running.signal("-TERM");
    running.ends();

    let key = fs::read(home.path("data/vault.key")).unwrap();
    let rotated = home.say(&["vault", "rotate"]);
    assert!(rotated.code == 0 && rotated.out.contains("1 record is sealed anew"), "{rotated:?}");
    assert_ne!(fs::read(home.path("data/vault.key")).unwrap(), key);
    assert!(!home.path("data/vault.key.next").exists());
    for wait in 0..12 {
        let mut process =
            home.command(&["vault", "rotate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(std::time::Duration::from_millis(wait * 4));
        let _ = process.kill();
        let _ = process.wait();
    }
    // The former key is of no use any more, and is refused with what to do.
    let running = home.start();
    let checked = home.say(&["check"]);
    assert!(checked.out.contains("ana") && checked.code == 0, "{checked:?}");
    drop(running);
    fs::write(home.path("data/vault.key"), &key).unwrap();
    let refused = home.say(&["run"]);
    assert_eq!(refused.code, 78);
    assert!(refused.err.contains("linked accounts are sealed with"), "{refused:?}");
}
