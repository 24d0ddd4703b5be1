//! The real binary, two networks of different kinds, a feed: a gig is edited and then filled at its source, and both copies follow by
//! themselves and in order, though the daemon is killed in the middle of each.
//!
//! One network is the sandbox, whose posts can be edited; the other is a small server that keeps records as Bluesky's does, where a
//! change is told in a reply. Each kill comes once that reply has arrived and before it is answered, which its server keeps back until
//! then; the edit is mostly on its way by then, too, since the sandbox takes a while over it.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use crate::kill::{Town, kill, pause};
use crate::support::world::brisk;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::assemble;
use gigcast::grants::Terms;
use gigcast::person::{Audience, Person};
use gigcast::ports::Entered;
use gigcast::sandbox::{Fault, Kind};
use gigcast::secret::Secret;
use gigcast::web::admin::Tail;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// On a slow machine that does something else meanwhile, and with time to believe that what was sent has not arrived.
const DEADLINE: Duration = Duration::from_mins(5);
/// From the arrival of an edit at the sandbox to its answer.
const ANSWERS_AFTER: Duration = Duration::from_millis(700);
const TICK: Duration = Duration::from_millis(10);

/// What the gig's page and the records' server are made of: one small server is both.
#[derive(Clone)]
struct Place {
    address: String,
    said: Arc<Mutex<Said>>,
    /// Whether a record that has arrived is answered for.
    answers: Arc<watch::Sender<bool>>,
}

#[derive(Default)]
struct Said {
    /// Title and status of the one gig in the feed.
    gig: (String, String),
    /// As they came: key, record.
    records: Vec<(String, Value)>,
    /// Records that stood and were taken away.
    deleted: usize,
}

impl Place {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let place = Self { address, said: Arc::default(), answers: Arc::new(watch::Sender::new(true)) };
        let session = async |State(place): State<Self>| Json(place.session());
        let router = Router::new()
            .route("/feed.json", get(feed))
            .route("/.well-known/did.json", get(identity))
            .route("/xrpc/com.atproto.server.createSession", post(session))
            .route("/xrpc/com.atproto.server.refreshSession", post(session))
            .route("/xrpc/com.atproto.server.getSession", get(session))
            .route("/xrpc/com.atproto.repo.putRecord", post(put_record))
            .route("/xrpc/com.atproto.repo.getRecord", get(get_record))
            .route("/xrpc/com.atproto.repo.deleteRecord", post(delete_record))
            .with_state(place.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        place
    }

    fn did(&self) -> String {
        format!("did:web:localhost%3A{}", self.address.rsplit(':').next().unwrap())
    }

    fn session(&self) -> Value {
        json!({ "did": self.did(), "accessJwt": "access", "refreshJwt": "refresh", "active": true })
    }

    fn uri(&self, key: &str) -> String {
        format!("at://{}/app.bsky.feed.post/{key}", self.did())
    }

    fn shows(&self, title: &str, status: &str) {
        self.said.lock().unwrap().gig = (title.into(), status.into());
    }

    fn records(&self) -> Vec<(String, Value)> {
        self.said.lock().unwrap().records.clone()
    }

    fn lines(&self) -> Vec<String> {
        self.records().iter().map(|(_, record)| line(record["text"].as_str().unwrap())).collect()
    }
}

async fn feed(State(place): State<Place>) -> Response {
    let (title, status) = place.said.lock().unwrap().gig.clone();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Acme's gigs",
        "items": [{
            "id": "81", "url": "https://acme.example/gigs/81", "title": title, "content_text": "Warm and hand-drawn.",
            "_gig": { "status": status },
        }],
    });
    ([(header::CONTENT_TYPE, "application/feed+json")], feed.to_string()).into_response()
}

async fn identity(State(place): State<Place>) -> Json<Value> {
    let home =
        json!({ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": place.address.clone() });
    Json(json!({ "id": place.did(), "alsoKnownAs": [], "service": [home] }))
}

fn refused(name: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": name, "message": name }))).into_response()
}

async fn put_record(State(place): State<Place>, Json(asked): Json<Value>) -> Response {
    let (key, record) = (asked["rkey"].as_str().unwrap().to_owned(), asked["record"].clone());
    {
        let mut said = place.said.lock().unwrap();
        match said.records.iter().find(|(known, _)| *known == key) {
            Some((_, known)) if *known != record => return refused("InvalidSwap"),
            Some(_) => {}
            None => said.records.push((key.clone(), record)),
        }
    }
    place.answers.subscribe().wait_for(|answers| *answers).await.unwrap();
    Json(json!({ "uri": place.uri(&key), "cid": format!("cid-{key}") })).into_response()
}

async fn get_record(State(place): State<Place>, Query(asked): Query<HashMap<String, String>>) -> Response {
    let key = &asked["rkey"];
    match place.records().into_iter().find(|(known, _)| known == key) {
        Some((key, value)) => {
            Json(json!({ "uri": place.uri(&key), "cid": format!("cid-{key}"), "value": value })).into_response()
        }
        None => refused("RecordNotFound"),
    }
}

async fn delete_record(State(place): State<Place>, Json(asked): Json<Value>) -> Json<Value> {
    let mut said = place.said.lock().unwrap();
    let before = said.records.len();
    said.records.retain(|(key, _)| asked["rkey"] != **key);
    said.deleted += before - said.records.len();
    Json(json!({}))
}

fn line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The config that both networks and the feed are reached by.
fn configured(dir: &Path, town: &Town, place: &Place) -> PathBuf {
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
total_timeout = "20s"
trusted_origins = [{town:?}, {place:?}]
[network.bluesky]
directory = {place:?}
resolver = {place:?}
[outbox]
edit_quiet = "300ms"
backoff = ["500ms", "1s", "2s", "3s"]
look_after = ["1s", "81s"]
[sources]
poll_floor = "250ms"
poll_every = "250ms"
[[source]]
name = "acme"
kind = "feed"
url = "{place}/feed.json"
poster = "Acme"
first_look = "all"
"#,
        data = dir.join("data").display().to_string(),
        town = town.sandbox.url,
        place = place.address,
    );
    let config = dir.join("gigcast.toml");
    fs::write(&config, text).unwrap();
    config
}

async fn link(config: &Path, town: &Town, place: &Place) {
    let text = fs::read_to_string(config).unwrap();
    let config = Config::parse(&[ConfigFile { name: "gigcast.toml", text: &text }], []).unwrap();
    let assembled = assemble(&config, &|_| None, Tail::default()).await.unwrap();
    let enters = [
        ("mastodon", town.sandbox.url.clone(), "acme".to_owned(), town.person("acme").await),
        ("bluesky", place.address.clone(), place.did(), Secret::new("app password")),
    ];
    for (network, server, identifier, secret) in enters {
        let owner = Person::poster("Acme", SystemClock::default().now());
        let terms = Terms { owner, pace: brisk(), audience: Audience::default() };
        let entered = Entered { server, identifier, secret };
        assembled.daemon.deliver.sessions.link(network, &entered, terms).await.unwrap();
    }
}

fn start(dir: &Path, config: &Path) -> Child {
    let log = File::options().create(true).append(true).open(dir.join("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_gigcast"))
        .args(["run", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_copies_follow_an_edit_and_an_end_in_order_though_the_daemon_is_killed_in_each() {
    // An edit is made late, and even when whoever asked for it is gone.
    let slow = Fault {
        verb: Some("PUT".into()),
        path: Some("/api/v1/statuses".into()),
        delay_ms: u64::try_from(ANSWERS_AFTER.as_millis()).unwrap(),
        ..Fault::new(Kind::LateAccept)
    };
    let (town, place, dir) = (Town::start(vec![slow]).await, Place::start().await, tempfile::tempdir().unwrap());
    let config = configured(dir.path(), &town, &place);
    link(&config, &town, &place).await;
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    let edited = async || town.posts().await.first().map(|post| line(post["text"].as_str().unwrap()));
    let read = || fs::read_to_string(dir.path().join("log")).unwrap_or_default();
    let until = async |told: usize, head: &str| {
        loop {
            let (lines, post) = (place.lines(), edited().await);
            if lines.len() == told && post.as_deref() == Some(head) {
                return;
            }
            assert!(clock.now() < deadline, "{lines:?} {post:?}\n{}", read());
            pause(TICK).await;
        }
    };
    // The change has been told and is not answered for, and its edit was sent.
    let killed_midway = async |daemon: Child, told: usize, title: &str, status: &str| {
        place.answers.send_replace(false);
        let before = read().len();
        place.shows(title, status);
        let sends = |line: &str| line.contains("delivery.sending") && line.contains("\"mastodon\"");
        while place.lines().len() < told || !read()[before..].lines().any(sends) {
            assert!(clock.now() < deadline, "{}", read());
            pause(TICK).await;
        }
        kill(daemon);
        place.answers.send_replace(true);
        start(dir.path(), &config)
    };

    place.shows("A logo", "open");
    let daemon = start(dir.path(), &config);
    until(1, "A logo").await;
    let daemon = killed_midway(daemon, 2, "A bigger logo", "open").await;
    until(2, "A bigger logo").await;
    let daemon = killed_midway(daemon, 3, "A bigger logo", "filled").await;
    until(3, "Filled: A bigger logo").await;
    // What is too much would come now.
    pause(Duration::from_secs(2)).await;
    kill(daemon);

    assert_eq!(place.lines(), ["A logo", "Changed: A bigger logo", "Filled: A bigger logo"]);
    assert_eq!(place.said.lock().unwrap().deleted, 0);
    let records = place.records();
    for (_, reply) in &records[1..] {
        assert_eq!(reply["reply"]["parent"]["uri"], json!(place.uri(&records[0].0)), "under the post itself");
    }
    let posts = town.posts().await;
    assert_eq!(posts.len(), 1, "one gig, one account, one post: {posts:?}");
    assert_eq!(line(posts[0]["text"].as_str().unwrap()), "Filled: A bigger logo");
    let log = fs::read_to_string(dir.path().join("log")).unwrap();
    let found = log.matches("on the way when gigcast last stopped").count();
    assert_eq!(found, 2, "each kill found something on its way:\n{log}");
}
