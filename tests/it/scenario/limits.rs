//! What is left of limits: the console, the command and monitoring say the same of every limit that may make an account wait, and a server's own
//! word is obeyed and shown as its own.

use crate::support::desk::Seat;
use crate::support::fake_network::{FakeNetwork, SERVER, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::failure::Scope;
use gigcast::grants::Terms;
use gigcast::networks::Networks;
use gigcast::networks::mastodon::Mastodon;
use gigcast::outbox::LaneWait;
use gigcast::outbox::pace::budget::Left;
use gigcast::outbox::pace::stated::Window;
use gigcast::person::{Audience, Person};
use gigcast::ports::{Entered, Network, Wire};
use gigcast::profile::{Action, EngagementKind, Heard, Identity, Listening, Profile, Quota, Support};
use gigcast::sandbox::{Limit, Limits, Sandbox, Settings};
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use gigcast::web::admin::Operator;
use gigcast::web::admin::answers::{BudgetLine, CountedBy, When};
use gigcast::wire::{Client, Settings as WireSettings};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// One account, limited over short and long windows, its own and its host's, and read back.
async fn seat() -> Seat {
    let clock = ManualClock::at(NOON);
    let quota = |action, scope, max, per| Quota { action, scope, max, per };
    let quotas = vec![
        quota(Action::Write, Scope::Account, 40, Duration::from_hours(3)),
        quota(Action::Request, Scope::Account, 80, FIVE_MINUTES),
        quota(Action::Request, Scope::Host, 16, Duration::from_mins(1)),
    ];
    let kinds = vec![Heard { kind: EngagementKind::Reshare, by: Identity::Named }].into();
    let engagement = Listening { kinds, push: Support::No };
    let limited = Profile { quotas: quotas.into(), engagement, ..profile() };
    let network = Arc::new(FakeNetwork::new(limited, clock.clone()));
    let (store, dir) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
    Seat::on(store, network, clock, dir, String::new()).await
}

async fn budgets(seat: &Seat) -> Vec<BudgetLine> {
    seat.desk.status().await.unwrap().figures.budgets
}

fn left<'a>(budgets: &'a [BudgetLine], handle: &str) -> Vec<(&'a str, u32, u32)> {
    let own = budgets.iter().filter(|line| line.handle == handle);
    own.map(|line| (line.what.as_str(), line.left, line.of)).collect()
}

/// By scope, as monitoring reads it.
async fn measured(seat: &Seat) -> BTreeMap<String, String> {
    // What was read from the store is shown for a few seconds.
    seat.world.clock.advance(Duration::from_secs(6));
    let text = seat.desk.metrics().await.unwrap();
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("gigcast_rate_budget_left_ratio{network=\"fake\",scope=\""));
    lines
        .filter_map(|line| line.split_once("\"} "))
        .map(|(scope, share)| (scope.to_owned(), share.to_owned()))
        .collect()
}

/// The least of each scope in what the command and the console are told.
async fn told(seat: &Seat) -> BTreeMap<String, String> {
    let mut least: BTreeMap<String, f64> = BTreeMap::new();
    for line in budgets(seat).await {
        let share = least.entry(line.scope.clone()).or_insert(1.0);
        *share = share.min(line.share());
    }
    least.into_iter().map(|(scope, share)| (scope, format!("{share:.3}"))).collect()
}

#[tokio::test]
async fn each_limit_that_may_make_an_account_wait_is_told_over_whatever_window() {
    let seat = seat().await;
    let (acme, other) = (seat.world.link("acme", brisk()).await, seat.world.link("other", brisk()).await);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let lines = budgets(&seat).await;
    let reading = "looks at who engaged, of all accounts at its server (60 in 15 minutes)";
    let expected = vec![
        ("posts today", 199, 200),
        ("posts and changes at once (40 in 3 hours)", 9, 10),
        ("requests at once (80 in 5 minutes)", 19, 20),
        // Both have posted there.
        ("requests at once, of all accounts at its server (16 in a minute)", 2, 4),
        (reading, 60, 60),
    ];
    for account in [&acme, &other] {
        assert_eq!(left(&lines, &account.handle), expected);
    }
    seat.desk.daemon.backfeed.budget.take(SERVER, NOON).unwrap();
    let lines = budgets(&seat).await;
    assert_eq!(left(&lines, &acme.handle)[4], (reading, 59, 60));
    let measured = measured(&seat).await;
    assert_eq!(measured, told(&seat).await, "monitoring says what is said to people");
    assert_eq!(measured.keys().collect::<Vec<_>>(), ["account", "host", "pace", "reading"]);
    seat.world.clock.advance(Duration::from_hours(3));
    let whole = |line: &BudgetLine| line.scope == "pace" || line.left == line.of;
    assert!(budgets(&seat).await.iter().all(whole), "what was taken comes back: {:?}", budgets(&seat).await);
}

#[tokio::test]
async fn where_a_server_says_less_than_we_count_its_word_is_shown_as_its_own() {
    let seat = seat().await;
    let acme = seat.world.link("acme", brisk()).await;
    let until = NOON.plus(FIVE_MINUTES);
    let window = Window { action: Action::Request, left: Left { left: 3, of: 300 }, until };
    seat.world.deliver.sessions.stated.note(acme.id, window, NOON);
    let lines = budgets(&seat).await;
    let said = lines.iter().find(|line| line.counted_by == CountedBy::Server).unwrap();
    assert_eq!((said.words().as_str(), said.until), ("3 of 300 requests, its server says", Some(When(until))));
    let ours = lines.iter().filter(|line| line.counted_by == CountedBy::Gigcast);
    assert!(ours.clone().count() == 5 && ours.into_iter().all(|line| line.left == line.of), "{lines:?}");
    let measured = measured(&seat).await;
    assert_eq!((measured.get("server").map(String::as_str), &measured), (Some("0.010"), &told(&seat).await));
    seat.world.clock.advance(FIVE_MINUTES);
    assert!(!told(&seat).await.contains_key("server"), "its window is over");
}

#[tokio::test]
async fn what_a_server_asked_for_is_told_after_a_restart_as_well() {
    let seat = seat().await;
    let acme = seat.world.link("acme", brisk()).await;
    let mut turn = seat.world.ledger.turn(acme.id).await.unwrap();
    turn.lane.park(NOON.plus(FIVE_MINUTES), LaneWait::RateLimited);
    seat.world.ledger.end_turn(&turn, gigcast::store::Change::default()).await.unwrap();
    let seat = seat.restarted().await;
    let lines = budgets(&seat).await;
    let said = lines.iter().find(|line| line.counted_by == CountedBy::Server).unwrap();
    assert_eq!(said.words(), "no requests, since its server asked to wait");
    assert_eq!(measured(&seat).await.get("server").map(String::as_str), Some("0.000"));
}

/// A server that speaks Mastodon's API and lets three posts through in three hours, which it says in its headers. We know of three hundred.
#[tokio::test]
async fn a_window_that_a_server_says_is_empty_is_waited_for_before_it_has_to_refuse() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = ManualClock::at(NOON);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let limits = Limits { says: Limit::new(3, Duration::from_hours(3)), ..Limits::default() };
    let settings = Settings { clock: Arc::new(clock.clone()), limits, ..Settings::default() };
    let sandbox = Sandbox::start(listener, settings).unwrap();
    let client = reqwest::Client::builder().build().unwrap();
    let ask = async |path: &str, body: &'static str| {
        let request = client.post(format!("{}{path}", sandbox.url)).header("content-type", "application/json");
        let text = request.body(body).send().await.unwrap().text().await.unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default()
    };
    let person = ask("/sandbox/people", "{\"username\":\"acme\"}").await;
    let settings = WireSettings {
        trusted_origins: vec![sandbox.url.clone()],
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        user_agent: "gigcast/test".into(),
    };
    let wire: Arc<dyn Wire> = Arc::new(Client::new(settings, Arc::new(clock.clone())).unwrap());
    let networks: Networks = [("mastodon".to_owned(), Arc::new(Mastodon) as Arc<dyn Network>)].into();
    let (fake, dir) = (Arc::new(FakeNetwork::new(profile(), clock.clone())), tempfile::tempdir().unwrap());
    let store = Arc::new(MemoryStore::new());
    let world = World::start_among(store, fake, clock.clone(), dir.path(), wire, networks).await.unwrap();
    let secret = Secret::new(person["token"].as_str().unwrap());
    let entered = Entered { server: sandbox.url.clone(), identifier: String::new(), secret };
    let terms = Terms { owner: Person::poster("Acme", NOON), pace: brisk(), audience: Audience::default() };
    let account = world.deliver.sessions.link("mastodon", &entered, terms).await.unwrap();

    let out = async || {
        let mut out = 0;
        for native in ["1", "2", "3", "4", "5"] {
            out += usize::from(world.is_delivered(native, &account).await);
        }
        out
    };
    for native in ["1", "2", "3", "4", "5"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.run_for(Duration::from_secs(1)).await.unwrap();
    assert_eq!(out().await, 3);
    let reset = NOON.plus(Duration::from_hours(3));
    let said = world.deliver.sessions.stated.of(account.id, world.clock.now());
    let spent = Window { action: Action::Write, left: Left { left: 0, of: 3 }, until: reset };
    assert!(said.contains(&spent), "{said:?}");
    let lane = world.ledger.turn(account.id).await.unwrap().lane;
    assert_eq!((lane.why, lane.not_before), (LaneWait::RateLimited, reset));
    world.run_for(Duration::from_mins(170)).await.unwrap();
    assert_eq!(out().await, 3);
    let waits = world.deliver.meters.counts().waits;
    assert!(waits.keys().all(|(_, reason)| *reason != "rate_limited"), "it never had to say no: {waits:?}");
    world.run_for(Duration::from_mins(11)).await.unwrap();
    assert_eq!(out().await, 5);
}
