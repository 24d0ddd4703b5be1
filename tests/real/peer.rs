//! A server that others wrote, as a child process of one test.
//!
//! Its start script prints one JSON line when it answers and ends when its standard input does, so a peer outlives neither its test nor,
//! when that is killed, the test's process. `tests/peers/install` brings what the scripts need.

use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Seconds on an idle machine, a minute on a busy one.
const STARTS_WITHIN: Duration = Duration::from_mins(4);
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Peer {
    pub url: String,
    /// Where its accounts' identities stand, when that is a server of its own.
    pub directory: Option<String>,
    accounts: Vec<Owner>,
    child: Child,
    lines: Receiver<String>,
    /// What it stands on, stopped after it.
    _needs: Option<Box<Peer>>,
}

/// Someone with an account there.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    pub name: String,
    pub id: String,
    pub password: String,
}

/// What the start script prints.
#[derive(Deserialize)]
struct Ready {
    url: String,
    directory: Option<String>,
    accounts: Vec<Owner>,
}

impl Peer {
    /// Bluesky's PDS with its directory and an `AppView`, all on a PostgreSQL of their own.
    pub fn bluesky() -> Self {
        let postgres = Self::postgres();
        let [plc, pds, app_view] = free_ports();
        let home = installed("atproto-appview");
        let mut command = Command::new(home.join("node_modules/.bin/node"));
        command
            .args(["--preserve-symlinks-main", "start.mjs"])
            .current_dir(home)
            .env("DB_POSTGRES_URL", &postgres.url)
            .env("LOG_ENABLED", "false")
            .env("PLC_PORT", plc)
            .env("PDS_PORT", pds)
            .env("APPVIEW_PORT", app_view);
        Self::start(command, "atproto-appview", Some(Box::new(postgres)))
    }

    /// kepi, which speaks Mastodon's client API.
    pub fn kepi() -> Self {
        let [port] = free_ports();
        let mut command = Command::new(installed("kepi").join("bin/python"));
        command.arg(scripts("kepi/start.py")).env("PORT", port).env("PYTHONDONTWRITEBYTECODE", "1");
        Self::start(command, "kepi", None)
    }

    /// An authorization server. `settings` are variables of its environment, as its README lists them.
    pub fn oidc_provider(settings: &[(&str, &str)]) -> Self {
        let [port] = free_ports();
        let mut command = Command::new("node");
        command
            .args(["--preserve-symlinks-main", "start.mjs"])
            .current_dir(installed("oidc-provider"))
            .envs(settings.iter().copied())
            .env("PORT", port);
        Self::start(command, "oidc-provider", None)
    }

    fn postgres() -> Self {
        let [port] = free_ports();
        let mut command = Command::new("sh");
        command.arg(scripts("postgres/start.sh")).env("PORT", port);
        Self::start(command, "postgres", None)
    }

    fn start(mut command: Command, name: &str, needs: Option<Box<Self>>) -> Self {
        let complaints = peers().join(format!("{name}.log"));
        let log =
            File::create(&complaints).unwrap_or_else(|e| panic!("{}: {e}; {}", complaints.display(), bring(name)));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = spawned.unwrap_or_else(|e| panic!("{name} does not start: {e}; {}", bring(name)));
        let (said, lines) = channel();
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        // Reads to the end, so that the end is noticed, and a server that goes on talking is never held up.
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(|line| drop(said.send(line))));
        let mut peer = Self { url: String::new(), directory: None, accounts: Vec::new(), child, lines, _needs: needs };
        loop {
            let line = peer.lines.recv_timeout(STARTS_WITHIN).unwrap_or_else(|end| {
                let why = std::fs::read_to_string(&complaints).unwrap_or_default();
                panic!("{name} was not ready ({end}); it said:\n{why}")
            });
            // Libraries may chat first.
            if let Ok(ready) = serde_json::from_str::<Ready>(&line) {
                (peer.url, peer.directory, peer.accounts) = (ready.url, ready.directory, ready.accounts);
                return peer;
            }
        }
    }

    /// The account whose name begins like this.
    pub fn owner(&self, name: &str) -> &Owner {
        let found = self.accounts.iter().find(|owner| owner.name.split('.').next() == Some(name));
        found.unwrap_or_else(|| panic!("nobody is called {name} at {}", self.url))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        while self.lines.recv_timeout(STOPS_WITHIN).is_ok() {}
        // It has ended by itself, or has had its time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bring(name: &str) -> String {
    format!("`tests/peers/install {name}` brings it")
}

fn scripts(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(path)
}

fn peers() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is a folder in the target folder").join("peers")
}

fn installed(name: &str) -> PathBuf {
    let home = peers().join(name);
    assert!(home.join(".made-from").exists(), "{} is not whole; {}", home.display(), bring(name));
    home
}

/// Ports that are free now, all different.
fn free_ports<const N: usize>() -> [String; N] {
    let taken = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    taken.map(|port| port.local_addr().expect("it is bound").port().to_string())
}
