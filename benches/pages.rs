//! How long the pages take that show most: a gig that nobody or three hundred people carried on, a poster's circle of three hundred,
//! the board. And what they weigh.
//!
//! Client and server share one thread, so a request costs one core all that is measured; each page is asked for in turns with `/healthz`,
//! which does nothing but answer, and stands beside it as a ratio. The processor's time of the thread is measured besides the clock on the
//! wall: on a machine where others build, a p99 by the wall is the scheduler's turn of somebody else.

#![allow(clippy::unwrap_used)] // a benchmark that cannot go on should stop

#[path = "support/mod.rs"]
mod bench;
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code)] // of what the tests stand on, the pages need the site
mod support;

use gigcast::clock::{Clock, SystemClock};
use gigcast::secret::Secret;
use gigcast::store::Invite;
use gigcast::store::memory::MemoryStore;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use std::time::Duration;
use support::crowd;
use support::site::{NOON, Site, logo};

const PEOPLE: usize = 300;
const GIGS: usize = 300;
const DAY: Duration = Duration::from_hours(24);

fn main() {
    if std::env::args().skip(1).any(|word| word == "--list" || word == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measured());
}

async fn measured() {
    let site = Site::over(MemoryStore::new(), Some("https://gigs.example")).await;
    let cookie = signed_in(&site).await;
    let persons = site.ledger.persons().await.unwrap();
    let poster = persons.into_iter().find(|one| one.name == "Studio").unwrap().id;
    crowd::weave(&site.ledger, poster, PEOPLE).await;
    let account = site.link("mastodon", "@acme@social.example").await;
    println!("pages: {PEOPLE} people, {GIGS} gigs; by the processor of one thread, then by the clock on the wall; ms");
    println!("{:<36} {:>7} {:>7} {:>8} {:>7} {:>7} {:>8}", "", "p50", "p99", "x alive", "p50", "p99", "bytes");
    for carried in [0, 3, PEOPLE] {
        let gig = site.take(&with(&logo(), "id", &format!("carried-{carried}"))).await;
        site.posted(&gig, account, "https://social.example/@acme/1").await;
        crowd::carried_on(&site, &gig, account, carried).await;
        tell(&site, &format!("a gig, {carried} carried it on"), &format!("/g/{}", gig.id), &cookie).await;
    }
    tell(&site, "a poster's circle", "/circle", &cookie).await;
    for n in 0..GIGS {
        site.take(&with(&logo(), "id", &n.to_string())).await;
    }
    tell(&site, "the board", "/", &cookie).await;
    tell(&site, "one kind of work", "/c/design/brand", &cookie).await;
}

fn with(gig: &serde_json::Value, field: &str, value: &str) -> serde_json::Value {
    let mut gig = gig.clone();
    gig[field] = json!(value);
    gig
}

/// Accepts an invitation, as a browser does; answers the cookie.
async fn signed_in(site: &Site) -> String {
    let token = Secret::new("invite-to-be-measured");
    let invite = Invite { name: "Studio".into(), made: NOON, until: NOON.plus(DAY) };
    site.ledger.keep_invite(&token, &invite).await.unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let accepted = site.ask("POST", &format!("/invite/{}", token.expose()), &headers, b"").await;
    assert_eq!(accepted.status, 303, "{}", accepted.body);
    let set = accepted.header("set-cookie").expect("it signs in");
    set.split(';').next().unwrap().to_owned()
}

/// One page in turns with the one that does nothing.
async fn tell(site: &Site, what: &str, path: &str, cookie: &str) {
    let requests = bench::setting("REQUESTS", 1000);
    let (mut page, mut alive) = (Taken::default(), Taken::default());
    let mut weighs = 0;
    for n in 0..requests + 20 {
        let answer = page.ask(site, path, cookie).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        weighs = answer.body.len();
        alive.ask(site, "/healthz", cookie).await;
        if n == 19 {
            // What was asked so far warmed it up.
            (page, alive) = Default::default();
        }
    }
    let (spent, waited) = (page.spent(), page.waited());
    let ratio = spent.0 / alive.spent().0;
    println!(
        "{what:<36} {:>7.2} {:>7.2} {ratio:>8.1} {:>7.2} {:>7.2} {weighs:>8}",
        spent.0, spent.1, waited.0, waited.1
    );
}

/// How long each request took.
#[derive(Default)]
struct Taken {
    processor: Vec<Duration>,
    wall: Vec<Duration>,
}

impl Taken {
    async fn ask(&mut self, site: &Site, path: &str, cookie: &str) -> support::site::Answer {
        let clock = SystemClock::default();
        let (begun, spent) = (clock.monotonic(), of_this_thread());
        let answer = site.ask("GET", path, &[("cookie", cookie), ("user-agent", "bench")], b"").await;
        self.processor.push(of_this_thread().saturating_sub(spent));
        self.wall.push(clock.monotonic().saturating_sub(begun));
        answer
    }

    fn spent(&mut self) -> (f64, f64) {
        of(&mut self.processor)
    }

    fn waited(&mut self) -> (f64, f64) {
        of(&mut self.wall)
    }
}

/// The p50 and the p99, in ms.
fn of(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}

fn of_this_thread() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or_default())
}
