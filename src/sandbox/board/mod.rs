//! A job board on loopback: three feeds of sample gigs, one for each of three businesses, with a new gig every few seconds.
//!
//! What it says follows from the time since it began (which gigs are out, which has changed, which is filled), but for those that
//! were asked for besides. Whoever asks with the validator of the last answer is told when nothing is new. The feeds are
//! JSON Feeds with what a gig needs beyond a title and a text: pay, closing time, status.

use crate::clock::{Clock, SystemClock, Timestamp};
use crate::id::digest;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const GIGS: &str = include_str!("gigs.toml");

/// Businesses with a feed of their own.
pub const BUSINESSES: usize = 3;

/// The sample gigs come this close together, until all have been out once ...
const QUICK: Duration = Duration::from_secs(5);
/// ... and then begin anew at this pace, each as a new gig: a network's limits would bear no more.
const CALM: Duration = Duration::from_secs(40);
/// A feed shows this many of its gigs, the newest.
const SHOWN: usize = 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    gig: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    by: usize,
    title: String,
    text: String,
    category: String,
    skills: Vec<String>,
    pay: Value,
    #[serde(default)]
    remote: bool,
    language: Option<String>,
    closes: u64,
    changed: Option<Changed>,
    filled: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    after: u64,
    title: String,
    pay: Option<Value>,
}

/// A running board. Dropping it stops it too.
#[derive(Debug)]
pub struct Board {
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
    began: Timestamp,
    samples: Vec<Sample>,
    /// Of which business one more gig was asked for, and when.
    besides: Mutex<Vec<(usize, Timestamp)>>,
}

impl Board {
    /// Serves on `listener` until told to stop; the first gigs are out from the start.
    pub fn start(listener: TcpListener) -> io::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let place = Arc::new(Place::new(url.clone(), clock));
        let stop = CancellationToken::new();
        let app = Router::new()
            .route("/feeds/{feed}", get(feed))
            .route("/gigs/{id}", get(page))
            .with_state(Arc::clone(&place));
        let serve = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned());
        Ok(Self { url, place, stop, serving: tokio::spawn(async move { serve.await }) })
    }

    /// The address of the feed of one of the [`BUSINESSES`].
    pub fn feed(&self, business: usize) -> String {
        format!("{}/feeds/{business}.json", self.url)
    }

    /// Publishes one more gig of this business now.
    pub fn publish(&self, business: usize) {
        self.place.besides().push((business, self.place.clock.now()));
    }

    pub async fn shutdown(mut self) -> io::Result<()> {
        self.stop.cancel();
        (&mut self.serving).await.map_err(io::Error::other)?
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A gig that has been published.
struct Out<'a> {
    sample: &'a Sample,
    id: String,
    at: Timestamp,
}

impl Place {
    fn new(url: String, clock: Arc<dyn Clock>) -> Self {
        let Sheet { gig: samples } = toml::from_str(GIGS).expect("the compiled-in gigs are TOML: a test reads them");
        Self { url, began: clock.now(), clock, samples, besides: Mutex::default() }
    }

    fn besides(&self) -> MutexGuard<'_, Vec<(usize, Timestamp)>> {
        self.besides.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that have been published, oldest first.
    fn out(&self, now: Timestamp) -> Vec<Out<'_>> {
        let mut out: Vec<Out<'_>> = self.in_order(now).collect();
        for (n, (business, at)) in self.besides().iter().enumerate() {
            let own: Vec<&Sample> = self.samples.iter().filter(|sample| sample.by == *business).collect();
            // From behind, where the order of its own has not been lately.
            if let Some(sample) = own.len().checked_sub(n % own.len().max(1) + 1).and_then(|at| own.get(at)) {
                out.push(Out { sample, id: format!("extra-{}", n + 1), at: *at });
            }
        }
        out.sort_by_key(|out| out.at);
        out
    }

    fn in_order(&self, now: Timestamp) -> impl Iterator<Item = Out<'_>> {
        let passed = now.since(self.began);
        let count = |time: Duration, pace: Duration| usize::try_from(time.as_millis() / pace.as_millis()).unwrap_or(0);
        let round = QUICK * u32::try_from(self.samples.len()).unwrap_or(u32::MAX);
        let quick = (count(passed, QUICK) + 1).min(self.samples.len());
        let published = quick + count(passed.saturating_sub(round), CALM);
        (0..published).map(move |n| {
            let again = u32::try_from(n.saturating_sub(self.samples.len()) + 1).unwrap_or(u32::MAX);
            let behind = if n < self.samples.len() {
                QUICK * u32::try_from(n).unwrap_or(u32::MAX)
            } else {
                round + CALM * again
            };
            let id = format!("gig-{}", n + 1);
            Out { sample: &self.samples[n % self.samples.len()], id, at: self.began.plus(behind) }
        })
    }

    fn item(&self, out: &Out<'_>, now: Timestamp) -> Value {
        let (sample, age) = (out.sample, now.since(out.at).as_secs());
        let changed = sample.changed.as_ref().filter(|changed| age >= changed.after);
        let filled = sample.filled.is_some_and(|after| age >= after);
        let closes = out.at.plus(Duration::from_hours(24) * u32::try_from(sample.closes).unwrap_or(1));
        json!({
            "id": out.id,
            "url": format!("{}/gigs/{}", self.url, out.id),
            "title": changed.map_or(&sample.title, |changed| &changed.title),
            "content_text": sample.text,
            "date_published": out.at.to_string(),
            "language": sample.language.as_deref().unwrap_or("en"),
            "tags": sample.skills,
            "_gig": {
                "category": sample.category,
                "budget": changed.and_then(|changed| changed.pay.as_ref()).unwrap_or(&sample.pay),
                "remote": sample.remote,
                "expires_at": closes.to_string(),
                "status": if filled { "filled" } else { "open" },
            },
        })
    }

    fn feed(&self, business: usize, now: Timestamp) -> String {
        let own = self.out(now).into_iter().rev().filter(|out| out.sample.by == business).take(SHOWN);
        let items: Vec<Value> = own.map(|out| self.item(&out, now)).collect();
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Sample gigs",
            "feed_url": format!("{}/feeds/{business}.json", self.url),
            "items": items,
        });
        feed.to_string()
    }
}

async fn feed(State(place): State<Arc<Place>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let business = name.strip_suffix(".json").and_then(|n| n.parse().ok()).filter(|n| *n < BUSINESSES);
    let Some(business) = business else { return nothing_here() };
    let body = place.feed(business, place.clock.now());
    let mark = digest("board", &[body.as_bytes()])[..8].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let mark = format!("\"{mark}\"");
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(&mark);
    let said = [(header::ETAG, mark), (header::CONTENT_TYPE, "application/feed+json".to_owned())];
    if known { (StatusCode::NOT_MODIFIED, said).into_response() } else { (said, body).into_response() }
}

/// Where one would apply, as plain text: the board is a stage, and there is nobody behind it.
async fn page(State(place): State<Arc<Place>>, Path(id): Path<String>) -> Response {
    let now = place.clock.now();
    let Some(out) = place.out(now).into_iter().find(|out| out.id == id) else { return nothing_here() };
    let (title, text) = (&out.sample.title, &out.sample.text);
    let words = format!("{title}\n\n{text}\n\nThis is a sample. Here one would apply, if anyone were looking.\n");
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], words).into_response()
}

fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn board() -> (Place, ManualClock) {
        let clock = ManualClock::at(NOON);
        (Place::new("http://127.0.0.1:1".to_owned(), Arc::new(clock.clone())), clock)
    }

    fn items(place: &Place, business: usize, after: u64) -> Vec<Value> {
        let feed: Value = serde_json::from_str(&place.feed(business, NOON.plus(Duration::from_secs(after)))).unwrap();
        feed["items"].as_array().unwrap().clone()
    }

    #[test]
    fn thirty_gigs_come_quickly_and_then_calmly_again_each_as_a_new_one() {
        let (place, _) = board();
        let count = |seconds| place.out(NOON.plus(Duration::from_secs(seconds))).len();
        assert_eq!([0, 4, 5, 145, 149, 150, 189, 190, 230].map(count), [1, 1, 2, 30, 30, 30, 30, 31, 32]);
        let last = place.out(NOON.plus(Duration::from_secs(190))).pop().unwrap();
        assert_eq!((last.id.as_str(), &last.sample.title), ("gig-31", &place.samples[0].title));
        assert_eq!(last.at, NOON.plus(Duration::from_secs(190)));
    }

    #[test]
    fn every_business_offers_something_and_every_sample_is_of_one_of_them() {
        let (place, _) = board();
        assert_eq!(place.samples.len(), 30);
        for business in 0..BUSINESSES {
            assert!(!items(&place, business, 15).is_empty());
            assert_eq!(items(&place, business, 100_000).len(), SHOWN);
        }
        assert!(place.samples.iter().all(|sample| sample.by < BUSINESSES && !sample.skills.is_empty()));
    }

    #[test]
    fn a_gig_changes_and_another_is_filled_after_a_while() {
        let (place, _) = board();
        let changed = |after| items(&place, 2, after).into_iter().find(|item| item["id"] == "gig-3").unwrap();
        assert_ne!(changed(11)["title"], changed(41)["title"]);
        let filled = |after| items(&place, 0, after).into_iter().find(|item| item["id"] == "gig-4").unwrap();
        assert_eq!((&filled(20)["_gig"]["status"], &filled(60)["_gig"]["status"]), (&json!("open"), &json!("filled")));
    }

    #[test]
    fn one_more_is_published_when_asked_for_and_it_is_that_of_the_business() {
        let (place, _) = board();
        let before = items(&place, 1, 20).len();
        place.besides().push((1, NOON.plus(Duration::from_secs(20))));
        let after = items(&place, 1, 20);
        assert_eq!((after.len(), &after[0]["id"]), (before + 1, &json!("extra-1")));
        assert!(items(&place, 0, 20).iter().all(|item| item["id"] != "extra-1"));
    }

    #[tokio::test]
    async fn who_knows_the_feed_already_is_told_so() {
        let (place, clock) = board();
        let place = Arc::new(place);
        let ask = async |mark: Option<HeaderValue>| {
            let headers = HeaderMap::from_iter(mark.map(|mark| (header::IF_NONE_MATCH, mark)));
            feed(State(Arc::clone(&place)), Path("0.json".to_owned()), headers).await
        };
        let first = ask(None).await;
        assert_eq!(first.status(), StatusCode::OK);
        let mark = first.headers()[header::ETAG].clone();
        assert_eq!(ask(Some(mark.clone())).await.status(), StatusCode::NOT_MODIFIED);
        clock.advance(Duration::from_mins(1));
        assert_eq!(ask(Some(mark)).await.status(), StatusCode::OK);
    }
}
