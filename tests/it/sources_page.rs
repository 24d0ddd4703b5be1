//! Pages with jobs in them against what the world sends: every fixture is read, listings are followed politely, and each thing that can happen to
//! a page happens once.
#![allow(clippy::unwrap_used)] // a test that finds no fixture of its own can only stop

use crate::support::answers;
use crate::support::watching::watched;
use bytes::Bytes;
use gigcast::clock::{Timestamp, WallClock};
use gigcast::daemon::check;
use gigcast::daemon::watch::Watched;
use gigcast::failure::{Failure, Scope};
use gigcast::gig::normalise::{Context, Outcome, normalise};
use gigcast::gig::{Sighting, Status, Terms};
use gigcast::id::{PersonId, SourceId};
use gigcast::intake::Origin;
use gigcast::ports::{BoxFuture, Cursor, Look, Request, Response, Source, Wire};
use gigcast::sources::{self, page};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const HOME: &str = "https://acme.example/jobs";

/// A host that gives the pages it has, with a tag made of their content, and knows what it was asked.
#[derive(Default)]
struct Host {
    pages: Mutex<BTreeMap<String, Response>>,
    asked: Mutex<Vec<Request>>,
    now: Mutex<Option<Timestamp>>,
}

impl Host {
    fn with(pages: &[(&str, &str)]) -> Self {
        let host = Self::default();
        for (url, fixture) in pages {
            host.put(url, 200, read(fixture));
        }
        host
    }

    fn put(&self, url: &str, status: u16, body: impl Into<Bytes>) {
        self.pages.lock().unwrap().insert(url.to_owned(), answer(status, body));
    }

    /// What was asked since the last time, without scheme and host.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.iter().map(|request| request.url.replace("https://acme.example", "")).collect()
    }

    fn at(&self, now: Timestamp) {
        *self.now.lock().unwrap() = Some(now);
    }
}

impl Wire for Host {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let mut found =
            self.pages.lock().unwrap().get(&request.url).cloned().unwrap_or_else(|| answer(404, "no such page"));
        found.received = self.now.lock().unwrap().unwrap_or(NOON);
        let tag = format!("\"{}-{}\"", found.body.len(), found.body.iter().map(|b| u64::from(*b)).sum::<u64>());
        if found.status == 200 {
            let known = request.headers.iter().any(|(name, value)| *name == "if-none-match" && *value == tag);
            found = if known { answer(304, "") } else { found };
            found.received = self.now.lock().unwrap().unwrap_or(NOON);
            found.headers.push(("etag".to_owned(), tag));
        }
        self.asked.lock().unwrap().push(request);
        Box::pin(async { Ok(found) })
    }
}

fn answer(status: u16, body: impl Into<Bytes>) -> Response {
    answers::answer(status, &[], body)
}

fn read(fixture: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources/page").join(fixture)).unwrap()
}

/// A page with one job of this id.
fn job(id: &str) -> String {
    let job = json!({"@type": "JobPosting", "title": format!("Job {id}"), "description": "Work.", "identifier": id});
    format!("<script type='application/ld+json'>{job}</script>")
}

/// Job 7, say, at `/jobs/7`.
fn page_of(n: usize) -> String {
    format!("https://acme.example/jobs/{n}")
}

fn sitemap(pages: impl IntoIterator<Item = usize>) -> String {
    let urls: Vec<String> = pages.into_iter().map(|n| format!("<url><loc>{}</loc></url>", page_of(n))).collect();
    format!("<urlset>{}</urlset>", urls.concat())
}

/// A source, and what it remembers.
struct Watcher {
    source: Box<dyn Source>,
    cursor: Cursor,
}

impl Watcher {
    fn new() -> Self {
        Self { source: sources::open("page", HOME).unwrap(), cursor: Cursor::default() }
    }

    fn look(&mut self, host: &Host) -> Look {
        let look = self.try_look(host).unwrap();
        self.cursor = look.cursor.clone();
        look
    }

    fn try_look(&self, host: &Host) -> Result<Look, Failure> {
        wait(self.source.look(host, &self.cursor))
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn natives(look: &Look) -> Vec<&str> {
    look.sightings.iter().map(|s| s.native.as_str()).collect()
}

fn why(look: &Look) -> Vec<String> {
    look.refused.iter().map(|r| format!("{}: {}", r.what, r.why)).collect()
}

/// What readers get.
fn terms(sighting: &Sighting) -> Result<Terms, String> {
    let context = Context {
        poster: PersonId::of(&[b"acme"]),
        source: SourceId::of(&[b"page"]),
        now: NOON,
        wall: WallClock::Sound,
        known: None,
        classify: &|_, _, _, _| None,
    };
    match normalise(sighting, &context) {
        Ok(Outcome::New(gig)) => Ok(gig.terms),
        Ok(other) => Err(format!("{other:?}")),
        Err(why) => Err(why.said),
    }
}

fn found(fixture: &str) -> page::Found {
    page::postings(&read(fixture), Some("text/html"), &format!("{HOME}/81"))
}

// ---- one page

#[test]
fn every_page_is_read_as_it_was_meant() {
    for name in [
        "job.html",
        "graph.html",
        "several.html",
        "broken-json.html",
        "escaped-json.html",
        "microdata.html",
        "hostile.html",
    ] {
        let found = found(name);
        let readers: Vec<_> = found.sightings.iter().map(|s| terms(s).map(|t| (t.title, t.description))).collect();
        let refused: Vec<_> = found.refused.iter().map(|r| format!("{}: {}", r.what, r.why)).collect();
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        let said = json!({"sightings": found.sightings, "readers": readers, "refused": refused});
        settings.bind(|| insta::assert_json_snapshot!(format!("page-{name}"), said));
    }
}

#[test]
fn the_bytes_of_a_page_are_believed_before_what_it_says_of_them() {
    for name in ["wrong-charset.html", "bom.html"] {
        assert_eq!(found(name).sightings[0].title.as_deref(), Some("Schild für die Bäckerei"), "{name}");
    }
}

#[test]
fn what_is_cut_short_is_no_job_and_its_source_says_why() {
    let cut = found("cut-short.html");
    assert!(cut.sightings.is_empty(), "{:?}", cut.sightings);
    let failure = Watcher::new().try_look(&Host::with(&[(HOME, "cut-short.html")])).unwrap_err();
    let Failure::Permanent(why) = &failure else { panic!("{failure}") };
    assert!(why.said.contains("a text has no end"), "{why}");
}

#[test]
fn a_page_without_jobs_or_links_is_named_for_what_it_is() {
    let host = Host::with(&[(HOME, "no-jobs.html")]);
    let failure = Watcher::new().try_look(&host).unwrap_err();
    assert!(matches!(&failure, Failure::Permanent(why) if why.said.contains("gigcast runs none")), "{failure}");
    assert!(sources::open("page", "acme.example").err().unwrap().said.contains("https://"));
}

#[test]
fn a_page_with_a_job_is_not_followed_and_not_sent_again_while_it_stays() {
    let host = Host::with(&[(HOME, "job.html")]);
    let mut watcher = Watcher::new();
    assert_eq!(natives(&watcher.look(&host)), ["81"]);
    assert!(watcher.look(&host).sightings.is_empty());
    assert_eq!(host.asked(), ["/jobs", "/jobs"], "it links to another");
    host.put(HOME, 200, job("81"));
    let look = watcher.look(&host);
    assert_eq!((natives(&look), look.belated), (vec!["81"], 0));
    assert_eq!(look.found.as_deref(), Some("a page with JobPosting in it"));
}

#[test]
fn a_page_that_lost_its_job_says_nothing_and_one_that_is_gone_ends_it() {
    let host = Host::with(&[(HOME, "job.html")]);
    let mut watcher = Watcher::new();
    watcher.look(&host);
    host.put(HOME, 200, read("links.html"));
    let look = watcher.look(&host);
    assert!(look.sightings.is_empty() && !look.ended, "{look:?}");
    assert_eq!(host.asked(), ["/jobs", "/jobs"], "nor does it become a listing");
    host.put(HOME, 404, "");
    assert!(matches!(watcher.try_look(&host), Err(Failure::Permanent(_))));
    host.put(HOME, 410, "");
    let look = watcher.look(&host);
    assert!(look.ended);
    let ended = Sighting { native: "81".into(), status: Some(Status::Expired), ..Sighting::default() };
    assert_eq!(look.sightings, [ended]);
}

// ---- listings

#[test]
fn a_list_is_followed_on_its_own_host_and_each_page_once() {
    let host = Host::with(&[(HOME, "listing.html")]);
    host.put(&page_of(1), 200, job("1"));
    host.put(&page_of(2), 200, job("2"));
    let mut watcher = Watcher::new();
    let look = watcher.look(&host);
    assert_eq!(natives(&look), ["2", "1"], "in the order of the list, as far as no date says otherwise");
    assert_eq!(host.asked(), ["/jobs", "/jobs/2", "/jobs/1"]);
    assert!(look.found.unwrap().contains("a listing that leads to 2 pages of its host: 2 read so far, 2 with"));
    host.put(&page_of(1), 200, job("1").replace("Work", "Much work"));
    assert_eq!(natives(&watcher.look(&host)), ["1"], "what has not changed is not sent again");
}

#[test]
fn links_are_tried_the_likeliest_first_and_those_without_jobs_are_left_alone_for_a_week() {
    let host = Host::with(&[(HOME, "links.html")]);
    host.put(&page_of(1), 200, job("1"));
    host.put("https://acme.example/about", 200, "<p>About us</p>");
    let mut watcher = Watcher::new();
    assert_eq!(natives(&watcher.look(&host)), ["1"]);
    assert_eq!(host.asked(), ["/jobs", "/jobs/1", "/", "/about"], "no paper, no mail, no script, no other host");
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs", "/jobs/1"]);
    host.at(NOON.plus(Duration::from_hours(7 * 24)));
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs", "/jobs/1", "/", "/about"]);
}

#[test]
fn a_sitemap_leads_to_its_jobs_first_and_its_dates_save_requests() {
    let host = Host::with(&[(HOME, "sitemap.xml")]);
    host.put(&page_of(1), 200, job("1"));
    host.put("https://acme.example/jobs/2?a=1&b=2", 200, job("2"));
    let mut watcher = Watcher::new();
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs", "/jobs/2?a=1&b=2", "/jobs/1", "/about"]);
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs"], "no date has moved");
    let moved = String::from_utf8(read("sitemap.xml")).unwrap().replace("2026-11-01", "2026-11-22");
    host.put(HOME, 200, moved);
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs", "/jobs/1"]);
}

#[test]
fn an_index_leads_to_its_sitemaps_and_one_that_fails_keeps_what_it_said() {
    let jobs = "https://acme.example/sitemap-jobs.xml";
    let host = Host::with(&[(HOME, "sitemap-index.xml")]);
    host.put(jobs, 200, sitemap([1, 2]));
    host.put("https://acme.example/sitemap-news.xml", 200, "<html>no sitemap</html>");
    host.put(&page_of(1), 200, job("1"));
    host.put(&page_of(2), 200, job("2"));
    let mut watcher = Watcher::new();
    let look = watcher.look(&host);
    assert_eq!(natives(&look), ["1", "2"]);
    assert!(why(&look)[0].contains("sitemap-news.xml: it is no sitemap"), "{:?}", why(&look));
    assert_eq!(host.asked()[..3], ["/jobs", "/sitemap-jobs.xml", "/sitemap-news.xml"]);
    host.put(jobs, 500, "");
    watcher.look(&host);
    assert_eq!(host.asked(), ["/jobs", "/sitemap-jobs.xml", "/sitemap-news.xml", "/jobs/1", "/jobs/2"]);
    host.put(jobs, 200, sitemap([2]));
    watcher.look(&host);
    assert!(watcher.cursor.0.contains_key(&format!("page:{}", page_of(1))), "it takes its leave first");
}

#[test]
fn many_pages_are_spread_over_looks_and_what_was_there_at_first_is_never_news() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=50));
    for n in 0..=50 {
        host.put(&page_of(n), 200, job(&n.to_string()));
    }
    let mut watcher = Watcher::new();
    let first = watcher.look(&host);
    assert_eq!((first.sightings.len(), first.belated), (19, 19));
    assert_eq!(host.asked().len(), page::REQUESTS);
    host.put(HOME, 200, sitemap(0..=50));
    let (mut belated, mut news) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        let look = watcher.look(&host);
        assert!(host.asked().len() <= page::REQUESTS);
        let natives: Vec<usize> = natives(&look).iter().map(|n| n.parse().unwrap()).collect();
        belated.extend_from_slice(&natives[..look.belated]);
        news.extend_from_slice(&natives[look.belated..]);
    }
    assert_eq!(belated, (20..=50).collect::<Vec<_>>());
    assert_eq!(news, [0], "the only one that came since");
}

#[test]
fn a_longer_listing_than_is_followed_says_so_once() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=page::PAGES + 7));
    let mut watcher = Watcher::new();
    let look = watcher.look(&host);
    assert!(why(&look)[0].contains("more than 500 pages; 7 are not followed"), "{:?}", why(&look));
    host.put(HOME, 200, sitemap(2..=page::PAGES + 8));
    assert!(why(&watcher.look(&host)).is_empty());
}

#[test]
fn a_page_that_is_gone_ends_its_gigs_and_one_that_is_only_missing_does_not() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=3));
    for n in 1..=3 {
        host.put(&page_of(n), 200, job(&n.to_string()));
    }
    let mut watcher = Watcher::new();
    watcher.look(&host);
    host.put(&page_of(1), 410, "");
    host.put(&page_of(2), 404, "");
    host.put(&page_of(3), 200, "<p>Nothing here</p>");
    let look = watcher.look(&host);
    assert_eq!(natives(&look), ["1"]);
    assert_eq!(look.sightings[0].status, Some(Status::Expired));
    host.put(&page_of(2), 410, "");
    host.put(HOME, 200, sitemap([1, 3]));
    let look = watcher.look(&host);
    assert_eq!(natives(&look), ["2"], "asked once more when the listing dropped it");
}

#[test]
fn a_job_that_has_closed_says_so_by_its_date() {
    let closed = read("job.html");
    let closed = String::from_utf8(closed).unwrap().replace("2026-12-12", "2026-11-01");
    let found = page::postings(closed.as_bytes(), None, HOME);
    let context = Context {
        poster: PersonId::of(&[b"acme"]),
        source: SourceId::of(&[b"page"]),
        now: NOON,
        wall: WallClock::Sound,
        known: None,
        classify: &|_, _, _, _| None,
    };
    let Ok(Outcome::New(gig)) = normalise(&found.sightings[0], &context) else { panic!("a gig") };
    assert_eq!(gig.status, Status::Expired);
}

#[test]
fn pages_that_all_give_one_id_are_told_apart_for_good() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=2));
    host.put(&page_of(1), 200, job("acme-inc"));
    host.put(&page_of(2), 200, job("acme-inc").replace("Work", "Other work"));
    let mut watcher = Watcher::new();
    assert_eq!(natives(&watcher.look(&host)), ["acme-inc", "https://acme.example/jobs/2"]);
    host.put(HOME, 200, sitemap([2]));
    host.put(&page_of(1), 404, "");
    host.put(&page_of(2), 200, job("acme-inc").replace("Work", "Yet other work"));
    assert_eq!(natives(&watcher.look(&host)), ["https://acme.example/jobs/2"]);
}

#[test]
fn check_says_what_an_address_turned_out_to_be() {
    let host = Host::with(&[(HOME, "sitemap.xml")]);
    host.put(&page_of(1), 200, job("1"));
    let origin = Origin::by_hand(PersonId::of(&[b"acme"]));
    let source = sources::open("page", HOME).unwrap();
    let reach = gigcast::daemon::push::Reachable { public_url: None, trusted_origins: Vec::new() };
    let watched = Watched { origin, address: Some(HOME.to_owned()), ..watched(source) };
    let checked = wait(check::source(&watched, &host, &reach));
    assert_eq!(
        checked.said,
        "it can be read: 1 gig (a sitemap that leads to 3 pages of its host: 3 read so far, 1 with JobPosting in them)"
    );
}

// ---- manners

#[test]
fn a_server_that_asks_us_to_wait_is_left_alone_and_what_was_read_is_kept() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=9));
    for n in 1..=9 {
        host.put(&page_of(n), 200, job(&n.to_string()));
    }
    let until = NOON.plus(Duration::from_mins(7));
    host.pages.lock().unwrap().insert(page_of(3), Response { retry_after: Some(until), ..answer(429, "") });
    let mut watcher = Watcher::new();
    let look = watcher.look(&host);
    assert_eq!((natives(&look), look.not_before), (vec!["1", "2"], Some(until)));
    assert_eq!(host.asked(), ["/jobs", "/jobs/1", "/jobs/2", "/jobs/3"]);
    host.put(&page_of(3), 200, job("3"));
    assert_eq!(watcher.look(&host).belated, 7, "the rest of what was there at first");

    host.pages.lock().unwrap().insert(HOME.to_owned(), Response { retry_after: Some(until), ..answer(503, "") });
    let failure = watcher.try_look(&host).unwrap_err();
    assert!(matches!(failure, Failure::RateLimited { until: told, scope: Scope::Host, .. } if told == until));
}

#[test]
fn a_server_in_trouble_is_spared_after_three_pages() {
    let host = Host::default();
    host.put(HOME, 200, sitemap(1..=9));
    for n in 1..=9 {
        host.put(&page_of(n), 502, "");
    }
    assert!(Watcher::new().look(&host).sightings.is_empty());
    assert_eq!(host.asked().len(), 4);
}

#[test]
fn what_led_somewhere_before_may_do_so_again() {
    let host = Host::with(&[(HOME, "listing.html")]);
    host.put(&page_of(1), 200, job("1"));
    let mut watcher = Watcher::new();
    watcher.look(&host);
    host.put(HOME, 200, "<p>We are moving house.</p>");
    assert!(matches!(watcher.try_look(&host), Err(Failure::Transient(_))));
    host.put(HOME, 403, "");
    assert!(matches!(watcher.try_look(&host), Err(Failure::Permanent(_))));
}

proptest! {
    #[test]
    fn a_page_that_was_damaged_on_its_way_makes_nothing_panic(
        which in 0usize..9,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~\\x00\u{e9}]{0,6}"), 1..8),
        noise in any::<Vec<u8>>(),
    ) {
        let names = ["job.html", "graph.html", "several.html", "broken-json.html", "escaped-json.html", "microdata.html", "hostile.html", "bom.html", "listing.html"];
        let mut body = read(names[which]);
        for (at, gone, come) in damage {
            let at = at.index(body.len());
            let end = (at + gone).min(body.len());
            body.splice(at..end, come.bytes());
        }
        for body in [&body, &noise] {
            let found = page::postings(body, None, HOME);
            for sighting in &found.sightings {
                prop_assert!(!sighting.native.is_empty() && sighting.native.len() <= 300);
                let _ = terms(sighting);
            }
            for url in found.leads.iter().chain(&found.links) {
                prop_assert!(url.starts_with("http"), "{}", url);
            }
        }
    }
}
