//! A WebSub hub on loopback, together with the one feed that it pushes.
//!
//! The hub's side of the standard, written after the standard and not after our subscriber: it takes a subscription, goes back to ask
//! whether it was meant, and signs what it sends by itself. A callback at any other address than loopback is refused.

use crate::clock::{Clock, SystemClock};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ring::hmac;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::{Url, form_urlencoded};

/// The longest that a subscriber may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running hub. Dropping it stops it too.
#[derive(Debug)]
pub struct Hub {
    /// Its origin, as in `http://127.0.0.1:4000`.
    pub url: String,
    place: Arc<Place>,
    stop: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

#[derive(Debug)]
struct Place {
    url: String,
    clock: Arc<dyn Clock>,
    /// What it grants, whatever was asked for.
    lease: Duration,
    state: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    items: Vec<Value>,
    /// By the address of its callback.
    subscribers: BTreeMap<String, Subscriber>,
    /// How often the feed was read.
    looks: usize,
}

#[derive(Debug, Clone)]
struct Subscriber {
    secret: Option<String>,
}

impl Hub {
    /// Serves on `listener` until told to stop, and grants leases of this length.
    pub fn start(listener: TcpListener, lease: Duration) -> io::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let place = Arc::new(Place { url: url.clone(), clock, lease, state: Mutex::default() });
        let stop = CancellationToken::new();
        let app =
            Router::new().route("/feed.json", get(feed)).route("/hub", post(subscribe)).with_state(Arc::clone(&place));
        let serve = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
        Ok(Self { url, place, stop, serving: tokio::spawn(async move { serve.await }) })
    }

    /// The address of the feed.
    pub fn feed(&self) -> String {
        format!("{}/feed.json", self.url)
    }

    /// Puts an item into the feed, before all others, and pushes the feed to every subscriber. Answers the status that each gave, by its
    /// callback; none where it could not be reached.
    pub async fn publish(&self, item: Value) -> Vec<(String, Option<u16>)> {
        self.place.state().items.insert(0, item);
        let subscribers = self.place.state().subscribers.clone();
        let mut answers = Vec::new();
        for (callback, subscriber) in subscribers {
            let body = self.place.document();
            let mut headers = vec![
                ("content-type", "application/feed+json".to_owned()),
                ("link", format!("<{}/hub>; rel=\"hub\", <{}>; rel=\"self\"", self.url, self.feed())),
            ];
            headers.extend(subscriber.secret.as_ref().map(|secret| ("x-hub-signature", signature(secret, &body))));
            let answer = ask(&callback, "POST", &headers, &body).await.map(|(status, _)| status);
            if answer == Some(410) {
                self.place.state().subscribers.remove(&callback);
            }
            answers.push((callback, answer));
        }
        answers
    }

    /// Puts an item into the feed and tells nobody.
    pub fn add(&self, item: Value) {
        self.place.state().items.insert(0, item);
    }

    /// How many subscriptions were confirmed.
    pub fn subscribers(&self) -> usize {
        self.place.state().subscribers.len()
    }

    /// How often the feed was read.
    pub fn looks(&self) -> usize {
        self.place.state().looks
    }

    pub async fn shutdown(mut self) -> io::Result<()> {
        self.stop.cancel();
        (&mut self.serving).await.map_err(io::Error::other)?
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Place {
    fn state(&self) -> MutexGuard<'_, Kept> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn document(&self) -> String {
        let items = self.state().items.clone();
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Gigs that are pushed",
            "feed_url": format!("{}/feed.json", self.url),
            "hubs": [{ "type": "WebSub", "url": format!("{}/hub", self.url) }],
            "items": items,
        });
        feed.to_string()
    }

    /// Goes back to the subscriber (WebSub, section 5.3).
    async fn verify(&self, mode: &str, topic: &str, callback: &str, secret: Option<String>) {
        let challenge = format!("challenge-{}", self.clock.now().as_millis());
        let Ok(mut url) = Url::parse(callback) else { return };
        url.query_pairs_mut()
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", topic)
            .append_pair("hub.challenge", &challenge)
            .append_pair("hub.lease_seconds", &self.lease.as_secs().to_string());
        let answer = ask(url.as_str(), "GET", &[], "").await;
        if !answer.is_some_and(|(status, body)| (200..300).contains(&status) && body == challenge) {
            return;
        }
        let mut state = self.state();
        match mode {
            "subscribe" => drop(state.subscribers.insert(callback.to_owned(), Subscriber { secret })),
            _ => drop(state.subscribers.remove(callback)),
        }
    }
}

async fn feed(State(place): State<Arc<Place>>) -> Response {
    place.state().looks += 1;
    ([(header::CONTENT_TYPE, "application/feed+json")], place.document()).into_response()
}

/// Takes a request, and goes to ask whether it was meant.
async fn subscribe(State(place): State<Arc<Place>>, form: String) -> Response {
    let fields: BTreeMap<String, String> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (mode, topic, callback) = (field("hub.mode"), field("hub.topic"), field("hub.callback"));
    let refused = |said: &'static str| (StatusCode::BAD_REQUEST, said).into_response();
    if !matches!(mode.as_str(), "subscribe" | "unsubscribe") {
        return refused("hub.mode should be subscribe or unsubscribe");
    }
    if topic != format!("{}/feed.json", place.url) {
        return refused("this hub pushes no such topic");
    }
    if loopback(&callback).is_none() {
        return refused("hub.callback should be on this machine");
    }
    let secret = fields.get("hub.secret").cloned();
    if secret.as_ref().is_some_and(|secret| secret.len() >= 200) {
        return refused("hub.secret should be shorter than 200 bytes");
    }
    tokio::spawn(async move { place.verify(&mode, &topic, &callback, secret).await });
    StatusCode::ACCEPTED.into_response()
}

fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    tag.as_ref().iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where a callback is, when that is on this machine.
fn loopback(callback: &str) -> Option<(SocketAddr, Url)> {
    let url = Url::parse(callback).ok().filter(|url| url.scheme() == "http")?;
    let address: SocketAddr = format!("{}:{}", url.host_str()?, url.port_or_known_default()?).parse().ok()?;
    address.ip().is_loopback().then_some((address, url))
}

/// One request on a connection of its own: its status and body, or nothing.
async fn ask(url: &str, method: &str, headers: &[(&str, String)], body: &str) -> Option<(u16, String)> {
    let (address, url) = loopback(url)?;
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        let _ = write!(request, "{name}: {value}\r\n");
    }
    let _ = write!(request, "content-length: {}\r\n\r\n{body}", body.len());
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    };
    tokio::time::timeout(PATIENCE, exchange).await.ok().flatten()
}
