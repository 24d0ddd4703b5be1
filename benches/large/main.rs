//! What is asked of people and of their gigs, on a store that holds much: each answer on one tenth of it and on all of it, in one run.
//!
//! Whoever is asked about has as much on record in both. So an answer that costs the same in both costs what it shows, and one that costs ten times as
//! much goes through the whole store.

#![allow(clippy::unwrap_used)] // a benchmark that cannot go on should stop

#[path = "../support/mod.rs"]
mod bench;
mod filling;
#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code)] // of what the tests stand on, the pages need the site
mod support;

use bench::{CACHE_BYTES, setting};
use filling::{GIGS_EACH, Size, WITNESS};
use gigcast::clock::{Clock, SystemClock};
use gigcast::id::{AccountId, ActorId};
use gigcast::person::{Identity, Person};
use gigcast::store::sled::SledStore;
use gigcast::trust::Party;
use gigcast::weave::{Meant, Question};
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;
use support::site::{NOON, Site};

fn main() {
    if std::env::args().skip(1).any(|word| word == "--list" || word == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measured());
}

async fn measured() {
    let gigs = setting("GIGS", 20_000);
    let mut both = Vec::new();
    for gigs in [gigs / 10, gigs] {
        let size = Size::of(gigs);
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the disk has room");
        let store = SledStore::open(dir.path(), CACHE_BYTES).expect("the store opens").store;
        let site = Site::over(store, Some("https://gigs.example")).await;
        let clock = SystemClock::default();
        let began = clock.monotonic();
        size.fill(&site.ledger).await;
        println!(
            "{gigs} gigs of {} posters, {} people: filled in {:.0} s, {:.0} MiB",
            size.posters,
            size.people,
            clock.monotonic().saturating_sub(began).as_secs_f64(),
            size_of(dir.path())
        );
        site.weave.believe(vec![WITNESS.into()]).await.unwrap();
        both.push(answers(&site, size).await);
    }
    println!(
        "{:<44} {:>8} {:>8} {:>7} {:>8} {:>8}",
        "ms of the processor; by the clock at the end", "tenth", "whole", "grows", "p99", "clock99"
    );
    for (small, large) in both[0].iter().zip(&both[1]) {
        println!(
            "{:<44} {:>8.2} {:>8.2} {:>6.1}x {:>8.2} {:>8.2}",
            large.what,
            small.spent.0,
            large.spent.0,
            large.spent.0 / small.spent.0,
            large.spent.1,
            large.waited.1
        );
    }
}

#[allow(clippy::cast_precision_loss)] // sizes, to be printed in MiB
fn size_of(dir: &std::path::Path) -> f64 {
    std::fs::metadata(dir.join("db")).map_or(0.0, |file| file.len() as f64 / 1_048_576.0)
}

/// The p50 and the p99 of one answer, in ms.
struct Took {
    what: String,
    spent: (f64, f64),
    waited: (f64, f64),
}

async fn answers(site: &Site, size: Size) -> Vec<Took> {
    let (ledger, weave) = (&site.ledger, &site.weave);
    // One poster and one freelancer, who are there at any size.
    let (poster, freelancer) = (size.person(3).id, size.person(size.posters + 7).id);
    let theirs = format!("__Host-gigcast={}", filling::token(size.posters + 7).expose());
    let posters = format!("__Host-gigcast={}", filling::token(3).expose());
    let feed = format!("/feeds/me/{}.atom", filling::token(size.posters + 7).expose());
    let gig = filling::gig(3 + size.posters * (GIGS_EACH - 10));
    let mut all = Vec::new();
    // What has to be woven is woven before the first is asked.
    weave.held(Party::Person(poster)).await.unwrap();
    for (what, path, cookie) in [
        ("/healthz", "/healthz".to_owned(), ""),
        ("/me/record of a freelancer", "/me/record".to_owned(), theirs.as_str()),
        ("/me/record of a poster", "/me/record".to_owned(), posters.as_str()),
        ("/people/ a freelancer, seen by a poster", format!("/people/{freelancer}"), posters.as_str()),
        ("/people/ a poster, seen by nobody", format!("/people/{poster}"), ""),
        ("/people/ a poster, seen by a freelancer", format!("/people/{poster}"), theirs.as_str()),
        ("/circle", "/circle".to_owned(), posters.as_str()),
        ("a gig", format!("/g/{gig}"), theirs.as_str()),
        ("a feed of one's own", feed, ""),
        ("the board", "/".to_owned(), ""),
        ("one kind of work", "/c/design/brand".to_owned(), ""),
        ("all gigs as a feed", "/feeds/all.atom".to_owned(), ""),
        ("one kind as a feed", "/feeds/c/design/brand.atom".to_owned(), ""),
        ("a community", "/community/bern".to_owned(), ""),
        ("a community's feed", "/feeds/community/bern.atom".to_owned(), ""),
        ("/me", "/me".to_owned(), theirs.as_str()),
        ("/accounts", "/accounts".to_owned(), posters.as_str()),
    ] {
        let ask = async || {
            let answer = site.ask("GET", &path, &[("cookie", cookie), ("user-agent", "bench")], b"").await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        };
        all.push(took(what, ask).await);
    }
    let question = Question { poster, category: Some("design/brand".into()), top: 20, without: None };
    all.push(took("gigcast who", async || drop(weave.whom(&question).await.unwrap())).await);
    let handle = filling::handle(size.posters + 7);
    let asked = async || {
        let Meant::One(party) = weave.called(&handle).await.unwrap() else { panic!("{handle} is somebody") };
        weave.on_record(party).await.unwrap().unwrap();
    };
    all.push(took("gigcast person, by handle", asked).await);
    all.push(took("a poster's gigs, first page", async || drop(ledger.gigs_of(poster, 0, 25).await.unwrap())).await);
    all.push(took("a poster's accounts", async || drop(ledger.accounts_of(poster).await.unwrap())).await);
    let me = ActorId::from_uri("mastodon", &format!("https://social.example/users/p{}", size.posters + 7));
    all.push(took("  their deeds", async || drop(ledger.deeds_by(&[me]).await.unwrap())).await);
    all.push(took("  their vouches in posts", async || drop(ledger.vouches_with(&[me]).await.unwrap())).await);
    all.push(
        took("  their announcements", async || {
            ledger.announced_by(&[filling::account(3)]).await.unwrap();
        })
        .await,
    );
    all.push(took("  their interests", async || drop(ledger.interests_by(freelancer).await.unwrap())).await);
    all.push(took("  their links", async || drop(ledger.links_of(freelancer).await.unwrap())).await);
    all.push(took("  whom they hired", async || drop(ledger.hires_by(poster).await.unwrap())).await);
    all.push(took("  their sign-ins", async || drop(ledger.sign_ins_of(freelancer).await.unwrap())).await);
    all.push(took("  their imports", async || drop(ledger.imports_of(freelancer).await.unwrap())).await);
    let mut newcomers = 0;
    let newcomer = async || {
        newcomers += 1;
        let url = format!("https://social.example/users/new{newcomers}");
        let account = AccountId::of(&[url.as_bytes()]);
        let person = Person::freelancer(account, &url, NOON);
        let identity = Identity {
            account,
            person: person.id,
            network: "mastodon".into(),
            server: "https://social.example".into(),
            native: url.clone(),
            handle: url.clone(),
            url,
            since: NOON,
        };
        ledger.know(&person, &identity).await.unwrap();
        weave.whom(&question).await.unwrap();
    };
    all.push(took("somebody signs in first, and who is asked", newcomer).await);
    all
}

/// Asks so often, and at most for so long.
async fn took(what: &str, mut ask: impl AsyncFnMut()) -> Took {
    let clock = SystemClock::default();
    let (most, patience) = (setting("REQUESTS", 300), Duration::from_secs(3));
    let (mut spent, mut waited) = (Vec::new(), Vec::new());
    // The first one or two warm it up.
    ask().await;
    let began = clock.monotonic();
    while spent.len() < most && (spent.len() < 5 || clock.monotonic().saturating_sub(began) < patience) {
        let (at, was) = (clock.monotonic(), of_this_thread());
        ask().await;
        spent.push(of_this_thread().saturating_sub(was));
        waited.push(clock.monotonic().saturating_sub(at));
    }
    Took { what: what.to_owned(), spent: of(&mut spent), waited: of(&mut waited) }
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
