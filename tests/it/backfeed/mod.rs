//! Reading back: who reshared and replied is named, whoever takes it back is noticed, and nobody is named who does not wish it.
#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

mod community;
mod forgetting;
mod interrupted;
mod many;
mod naming;
mod taking_back;
mod weaving;

use crate::support::town::{Town, actor, asked_to_wait, down, evidence};
use gigcast::clock::{Clock, ManualClock, Timestamp};
use gigcast::config::{AgeBand, Backfeed as Rules, Live};
use gigcast::daemon::backfeed::{Backfeed, Budget};
use gigcast::engagement::{Engagement, VouchWords};
use gigcast::failure::{Failure, Why};
use gigcast::fitness::Fitness;
use gigcast::gig::{Gig, Place, Revision, Status, Terms as GigTerms};
use gigcast::grants::{Sessions, Terms};
use gigcast::id::{AccountId, ActorId, DeliveryId, GigId, PersonId, SourceId};
use gigcast::networks::Networks;
use gigcast::outbox::{Announcement, Said, State, Verb, Wanted};
use gigcast::person::{Account, Audience, GrantState, Identity, Indexing, Pace, Person};
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{Entered, Network, Store};
use gigcast::post::Receipt;
use gigcast::profile::EngagementKind;
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Change, Ended, GigRecord, Heard, Ledger};
use gigcast::vault::{Expected, VAULT_KEY_ENV, Vault};
use gigcast::weave::Weave;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const HERE: &str = "https://here.example";

/// One run of the daemon, as far as it reads back.
struct Run {
    clock: ManualClock,
    town: Town,
    store: Arc<dyn Store>,
    ledger: Ledger,
    sessions: Arc<Sessions>,
    backfeed: Arc<Backfeed>,
}

/// By which account somebody signs in here.
fn identity(person: PersonId, native: &str, url: String) -> Identity {
    Identity {
        account: AccountId::of(&[native.as_bytes()]),
        person,
        network: "town".into(),
        server: HERE.into(),
        native: native.into(),
        handle: format!("@{native}@here.example"),
        url,
        since: NOON,
    }
}

fn rules(budget: u32) -> Rules {
    let band = |younger_than, every| AgeBand { younger_than, every };
    Rules {
        ages: vec![band(HOUR, 5 * MINUTE), band(DAY, 30 * MINUTE), band(30 * DAY, 6 * HOUR)],
        budget_per_host_per_15m: budget,
        vouch_reread: 30 * DAY,
    }
}

impl Run {
    fn new() -> Self {
        let clock = ManualClock::at(NOON);
        Self::over(Arc::new(MemoryStore::new()), &Town::new(clock.clone()), &clock, 10_000)
    }

    /// A new run over what another left.
    fn over(store: Arc<dyn Store>, town: &Town, clock: &ManualClock, budget: u32) -> Self {
        let clock = clock.clone();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ledger = Ledger::new(Arc::clone(&store));
        let key = |name: &str| (name == VAULT_KEY_ENV).then(|| "5a".repeat(32));
        let vault = Vault::unlock(Path::new("/nowhere"), &key, Expected::New).unwrap();
        let network: Arc<dyn Network> = Arc::new(town.clone());
        let networks = Networks::from([("town".to_owned(), network)]);
        let sessions =
            Arc::new(Sessions::new(networks, ledger.clone(), vault, Arc::new(town.clone()), Arc::clone(&shared)));
        let backfeed = Arc::new(Backfeed {
            ledger: ledger.clone(),
            weave: Weave::new(ledger.clone(), Arc::clone(&shared), Arc::new(Taxonomy::builtin().clone())),
            clock: Arc::clone(&shared),
            sessions: Arc::clone(&sessions),
            quotas: Arc::default(),
            words: Live::new(VouchWords::builtin().clone()),
            rules: Live::new(rules(budget)),
            budget: Budget::new(budget),
            fitness: Arc::new(Fitness::new(shared, 10 * MINUTE, 0)),
            bell: Arc::default(),
            tasks: tokio_util::task::TaskTracker::new(),
            stop: tokio_util::sync::CancellationToken::new(),
            state: std::sync::Mutex::default(),
        });
        Self { clock, town: town.clone(), store, ledger, sessions, backfeed }
    }

    fn restarted(&self) -> Self {
        Self::over(Arc::clone(&self.store), &self.town, &self.clock, 10_000)
    }

    async fn account(&self, server: &str, name: &str) -> Account {
        let owner = Person::poster("Acme", NOON);
        let pace = Pace {
            posts_per_day: 9,
            gap: MINUTE,
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".into(),
            worth_saying_for: None,
        };
        let terms = Terms { owner, pace, audience: Audience::default() };
        let entered = Entered { server: server.into(), identifier: name.into(), secret: Secret::new("token") };
        self.sessions.link("town", &entered, terms).await.unwrap()
    }

    /// A gig whose post is out on this account, to be read first in five minutes.
    async fn post(&self, account: &Account, name: &str) -> DeliveryId {
        let gig = gig(name);
        let record = GigRecord { gig: gig.clone(), heard: Heard::Baseline, source_says: None, said_at: None };
        self.ledger.take_in(&record, None, &[], Vec::new(), NOON).await.unwrap();
        let mut announcement = Announcement::new(gig.id, account.id, Wanted::Revision(Revision::FIRST));
        let now = self.clock.now();
        let mut delivery = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, now);
        let uri = format!("{}/posts/{name}", account.server);
        let receipt = Receipt { id: name.into(), uri, url: None, version: None, at: now };
        delivery.state = State::Delivered(receipt.clone());
        delivery.last_sent = Some(now);
        announcement.open = None;
        let (revision, status, created_by) = (Revision::FIRST, Status::Open, delivery.id);
        announcement.said = Some(Said { revision, status, receipt, created_by, replies: Vec::new() });
        let turn = self.ledger.turn(account.id).await.unwrap();
        let id = delivery.id;
        let change = Change {
            delivery: Some(delivery),
            announcement: Some(announcement),
            watch_at: Some(now.plus(5 * MINUTE)),
            ..Change::default()
        };
        self.ledger.end_turn(&turn, change).await.unwrap();
        id
    }

    async fn one_post(&self) -> DeliveryId {
        let account = self.account(HERE, "acme").await;
        self.post(&account, "drawing").await
    }

    /// Steps until nothing is due any more at this moment.
    async fn settle(&self) {
        loop {
            if self.backfeed.step().await.is_err() {
                return;
            }
            while self.backfeed.in_flight() > 0 {
                tokio::task::yield_now().await;
            }
            let broken = self.backfeed.fitness.fault().is_some();
            if broken || self.ledger.due_watches(self.clock.now(), 1).await.unwrap().is_empty() {
                return;
            }
        }
    }

    async fn after(&self, time: Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    /// From due time to due time, until this much has passed.
    async fn live(&self, time: Duration) {
        let end = self.clock.now().plus(time);
        while let Some(due) = self.ledger.next_watch(self.clock.now()).await.unwrap().filter(|due| *due <= end) {
            self.clock.advance_to(due);
            self.settle().await;
        }
        self.clock.advance_to(end);
    }

    async fn deeds(&self) -> Vec<Engagement> {
        self.ledger.engagements(gig("drawing").id).await.unwrap()
    }

    /// Names of those who reshared and still do, in order.
    async fn resharers(&self) -> Vec<String> {
        let mut names = Vec::new();
        for deed in self.deeds().await {
            if deed.kind == EngagementKind::Reshare && deed.undone.is_none() {
                names.push(self.ledger.actor(deed.actor).await.unwrap().unwrap().name);
            }
        }
        names.sort_unstable();
        names
    }

    async fn undone(&self, name: &str) -> Option<Timestamp> {
        self.deeds().await.into_iter().find(|deed| deed.actor == id(name)).expect("it is on record").undone
    }

    /// Live vouches as author, person, evidence.
    async fn vouches(&self) -> Vec<(ActorId, ActorId, String)> {
        let all = self.ledger.vouches(gig("drawing").id).await.unwrap();
        all.into_iter().filter(|v| v.undone.is_none()).map(|v| (v.by, v.whom, v.evidence)).collect()
    }

    /// Whether these bytes stand anywhere in the store.
    async fn holds(&self, words: &str) -> bool {
        let rows = self.store.scan(&[0], &[0xff], usize::MAX).await.unwrap();
        let has = |bytes: &[u8]| bytes.windows(words.len()).any(|window| window == words.as_bytes());
        rows.iter().any(|(key, value)| has(key) || has(value))
    }
}

fn gig(name: &str) -> Gig {
    let source = SourceId::of(&[b"board"]);
    Gig {
        id: GigId::from_source(source, name),
        revision: Revision::FIRST,
        status: Status::Open,
        poster: PersonId::from_name("Acme"),
        source,
        native: name.into(),
        terms: GigTerms {
            title: name.into(),
            description: String::new(),
            category: Some("design/illustration".into()),
            skills: Vec::new(),
            pay: None,
            place: Place::default(),
            language: None,
            organisation: None,
            closes: None,
            openings: None,
            apply_url: "https://acme.example/apply".into(),
            published: None,
            urgency: gigcast::gig::Urgency::Usual,
            ring: None,
        },
        republish: gigcast::gig::Republish::Allowed,
        first_seen: NOON,
        revised: NOON,
    }
}

fn id(name: &str) -> ActorId {
    actor(name, Indexing::Allowed).id
}

const FIVE: [&str; 5] = ["ana", "bo", "cy", "dov", "eve"];
const LISTS: [&str; 2] = ["reshare 0", "reply 0"];

#[tokio::test]
async fn everyone_on_every_page_is_named_and_likes_are_only_counted() {
    let run = Run::new();
    run.town.reshared_by(&FIVE);
    run.town.reply("fay", 1, "how much?");
    run.town.life().likes = 40;
    let post = run.one_post().await;
    run.settle().await;
    assert_eq!(run.town.asked(), Vec::<String>::new(), "it is not due yet");
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts", "reshare 0", "reshare 2", "reshare 4", "reply 0"]);
    assert_eq!(run.resharers().await, FIVE);
    let deeds = run.deeds().await;
    assert_eq!(deeds.len(), 6, "no like is among them");
    assert!(deeds.iter().all(|deed| deed.first_seen == NOON.plus(5 * MINUTE) && deed.undone.is_none()));
    let reply = deeds.iter().find(|deed| deed.kind == EngagementKind::Reply).unwrap();
    assert_eq!((reply.words.as_deref(), reply.evidence.clone()), (Some("how much?"), Some(evidence("fay", 1))));
    let watched = run.ledger.watched(post).await.unwrap().unwrap();
    assert_eq!(watched.counts.and_then(|counts| counts.likes), Some(40));
    assert_eq!((watched.reading, watched.due), (None, Some(NOON.plus(10 * MINUTE))));
}

#[tokio::test]
async fn lists_are_read_when_a_count_moved_and_not_otherwise() {
    let run = Run::new();
    run.town.reshared_by(&["ana"]);
    run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.asked();
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts"]);
    run.town.life().likes = 9;
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts"], "likes alone are no reason");
    run.town.reshared_by(&["ana", "bo"]);
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts", LISTS[0], LISTS[1]]);
    let first_seen: Vec<_> = run.deeds().await.iter().map(|deed| deed.first_seen).collect();
    assert!(first_seen.contains(&NOON.plus(5 * MINUTE)) && first_seen.contains(&NOON.plus(20 * MINUTE)));
}

#[tokio::test]
async fn each_age_band_ends_with_one_read_of_the_lists_and_then_it_is_over() {
    let run = Run::new();
    let post = run.one_post().await;
    run.live(40 * DAY).await;
    let read: Vec<_> = {
        let life = run.town.life();
        let lists = life.requests.iter().filter(|(_, _, what)| what == LISTS[0]);
        lists.map(|(at, _, _)| at.since(NOON)).collect()
    };
    assert_eq!(read, [5 * MINUTE, HOUR, DAY, 30 * DAY]);
    assert_eq!(run.town.asked().iter().filter(|what| *what == "counts").count(), 12 + 46 + 116);
    let watched = run.ledger.watched(post).await.unwrap().unwrap();
    assert_eq!((watched.due, watched.ended), (None, Some(Ended::Aged)));
}

#[tokio::test]
async fn a_reshare_taken_back_becomes_a_tombstone_and_coming_back_lifts_it() {
    let run = Run::new();
    run.town.reshared_by(&FIVE);
    run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.reshared_by(&["ana", "bo", "dov", "eve"]);
    run.after(5 * MINUTE).await;
    assert_eq!(run.undone("cy").await, Some(NOON.plus(10 * MINUTE)));
    assert_eq!(run.resharers().await, ["ana", "bo", "dov", "eve"]);
    run.town.reshared_by(&FIVE);
    run.after(5 * MINUTE).await;
    assert_eq!(run.undone("cy").await, None);
    let cy = run.deeds().await.into_iter().find(|deed| deed.actor == id("cy")).unwrap();
    assert_eq!((cy.first_seen, run.deeds().await.len()), (NOON.plus(5 * MINUTE), 5), "the same one, known again");
}

#[tokio::test]
async fn a_read_that_was_cut_short_buries_nobody_and_goes_on_after_a_restart() {
    let run = Run::new();
    run.town.reshared_by(&FIVE);
    let post = run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.reshared_by(&["bo", "cy", "dov", "eve"]);
    run.town.life().trouble = Some(("reshare 2".into(), down()));
    run.town.asked();
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts", "reshare 0", "reshare 2"]);
    assert_eq!(run.undone("ana").await, None, "the list was not read to its end");
    let watched = run.ledger.watched(post).await.unwrap().unwrap();
    assert_eq!(watched.reading.and_then(|reading| reading.from).as_deref(), Some("2"));
    assert_eq!((watched.failures, watched.due), (1, Some(NOON.plus(12 * MINUTE))));

    run.town.life().trouble = None;
    let run = run.restarted();
    run.after(2 * MINUTE).await;
    assert_eq!(run.town.asked(), ["reshare 2", "reply 0"]);
    assert_eq!(run.undone("ana").await, Some(NOON.plus(12 * MINUTE)));
    assert_eq!(run.resharers().await, ["bo", "cy", "dov", "eve"]);
}

#[tokio::test]
async fn a_list_that_is_closed_to_us_concludes_nothing_and_holds_up_no_other() {
    let run = Run::new();
    run.town.reshared_by(&FIVE);
    run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.reshared_by(&[]);
    run.town.reply("fay", 1, "I vouch for @ana@town");
    run.town.life().trouble = Some(("reshare 0".into(), Failure::Permanent(Why::new("not for you"))));
    run.after(5 * MINUTE).await;
    assert_eq!(run.resharers().await, FIVE);
    assert_eq!(run.vouches().await, [(id("fay"), id("ana"), evidence("fay", 1))]);
}

#[tokio::test]
async fn a_vouch_is_recorded_by_its_author_in_the_gigs_category_with_the_reply_as_evidence() {
    let run = Run::new();
    run.town.reply("ana", 1, "I vouch for @bo@town and @cy@town");
    run.town.reply("cy", 1, "I vouch for @cy@town");
    run.town.reply("di", 1, "I can't vouch for @bo@town");
    run.town.reshared_by(&["eve"]);
    run.one_post().await;
    run.after(5 * MINUTE).await;
    let mut expected = [(id("ana"), id("bo"), evidence("ana", 1)), (id("ana"), id("cy"), evidence("ana", 1))];
    expected.sort();
    let mut found = run.vouches().await;
    found.sort();
    assert_eq!(found, expected);
    let all = run.ledger.vouches(gig("drawing").id).await.unwrap();
    assert!(all.iter().all(|vouch| vouch.category.as_deref() == Some("design/illustration") && vouch.level == 1));
    assert_eq!(run.ledger.actor(id("bo")).await.unwrap().map(|bo| bo.handle).as_deref(), Some("bo@town"));
}

#[tokio::test]
async fn a_vouch_that_is_no_longer_said_is_undone_and_one_said_again_stands() {
    let run = Run::new();
    run.town.reply("ana", 1, "I vouch for @bo@town");
    run.town.reply("cy", 1, "I vouch for @bo@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    assert_eq!(run.vouches().await.len(), 2);
    run.town.life().replies[0].text = "never mind".into();
    run.after(5 * MINUTE).await; // an edit moves no count, and what a vouch rests on is read all the same
    assert_eq!(run.vouches().await, [(id("cy"), id("bo"), evidence("cy", 1))]);
    assert_eq!(run.undone("ana").await, None, "the reply itself still stands");
    run.town.life().replies.remove(1);
    run.town.reply("eve", 1, "lovely"); // as many as before
    run.after(5 * MINUTE).await;
    assert_eq!(run.vouches().await, []);
    assert!(run.undone("cy").await.is_some());
    run.town.life().replies[0].text = "I vouch for @bo@town".into();
    run.town.reply("di", 1, "so do I");
    run.after(5 * MINUTE).await;
    assert_eq!(run.vouches().await, [(id("ana"), id("bo"), evidence("ana", 1))]);
    assert_eq!(run.ledger.vouches(gig("drawing").id).await.unwrap().len(), 2, "tombstones stay");
}

#[tokio::test]
async fn who_refuses_to_be_indexed_is_counted_and_stands_nowhere_by_name() {
    let run = Run::new();
    run.town.life().shy.insert("zzyxa".into());
    run.town.reshared_by(&["ana", "zzyxa"]);
    run.town.reply("zzyxa", 1, "I vouch for @ana@town");
    run.town.reply("ana", 1, "I vouch for @zzyxa@town");
    let post = run.one_post().await;
    run.after(5 * MINUTE).await;
    let deeds = run.deeds().await;
    assert_eq!(deeds.iter().filter(|deed| deed.actor == id("zzyxa")).count(), 2, "the reshare and the reply count");
    assert_eq!(run.ledger.watched(post).await.unwrap().unwrap().unnamed_vouches, 2);
    assert_eq!(run.vouches().await, []);
    assert!(run.holds("ana@town").await, "what is looked for can be found");
    assert!(!run.holds("zzyxa").await);
}

#[tokio::test]
async fn who_refuses_later_is_unnamed_from_then_on() {
    let run = Run::new();
    run.town.reshared_by(&["ana", "zzyxa"]);
    run.town.reply("zzyxa", 1, "I vouch for @ana@town");
    run.town.reply("ana", 1, "I vouch for @zzyxa@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    assert_eq!(run.vouches().await.len(), 2);
    assert!(run.holds("zzyxa").await);
    run.town.life().shy.insert("zzyxa".into());
    run.live(HOUR).await;
    assert_eq!(run.vouches().await, []);
    assert!(!run.holds("zzyxa").await);
    assert_eq!(run.deeds().await.len(), 4, "still counted");
}

#[tokio::test]
async fn no_host_is_asked_more_often_than_its_budget_and_none_waits_for_another() {
    let clock = ManualClock::at(NOON);
    let town = Town::new(clock.clone());
    let run = Run::over(Arc::new(MemoryStore::new()), &town, &clock, 4);
    town.reshared_by(&FIVE);
    for (server, name) in [(HERE, "acme"), (HERE, "bolt"), ("https://far.example", "acme")] {
        let account = run.account(server, name).await;
        run.post(&account, &format!("{name} of {server}")).await;
    }
    run.after(5 * MINUTE).await;
    let asked_of = |server: &str| town.life().requests.iter().filter(|(_, of, _)| of == server).count();
    assert_eq!((asked_of(HERE), asked_of("https://far.example")), (4, 4));
    run.live(HOUR).await;
    for server in [HERE, "https://far.example"] {
        let times: Vec<_> =
            town.life().requests.iter().filter(|(_, of, _)| of == server).map(|(at, _, _)| *at).collect();
        assert!(times.windows(5).all(|five| five[4].since(five[0]) >= 15 * MINUTE), "{server}: {times:?}");
    }
    for (server, name) in [(HERE, "acme"), (HERE, "bolt"), ("https://far.example", "acme")] {
        let deeds = run.ledger.engagements(gig(&format!("{name} of {server}")).id).await.unwrap();
        assert_eq!(deeds.len(), 5, "{name} of {server} is read to its end");
    }
}

#[tokio::test]
async fn a_host_that_does_not_answer_holds_up_no_other() {
    let run = Run::new();
    run.town.reshared_by(&["ana"]);
    let slow = run.account("https://slow.example", "acme").await;
    run.post(&slow, "slow").await;
    run.post(&slow, "slow too").await;
    let quick = run.account(HERE, "acme").await;
    run.post(&quick, "quick").await;
    run.town.life().stuck.insert(slow.server.clone());
    run.clock.advance(5 * MINUTE);
    for _ in 0..50 {
        run.backfeed.step().await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(run.ledger.engagements(gig("quick").id).await.unwrap().len(), 1);
    assert_eq!((run.backfeed.in_flight(), run.town.life().waiting), (1, 1), "one at a time per account");
    run.town.life().stuck.clear();
    run.town.unstuck.notify_waiters();
    run.settle().await;
    assert_eq!(run.ledger.engagements(gig("slow too").id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_post_that_a_vouch_rests_on_is_read_again_each_month() {
    let run = Run::new();
    run.town.reply("ana", 1, "I vouch for @bo@town");
    let post = run.one_post().await;
    run.live(31 * DAY).await;
    let due = run.ledger.watched(post).await.unwrap().unwrap().due;
    assert_eq!(due, Some(NOON.plus(60 * DAY)));
    run.town.life().replies[0].text = "never mind".into();
    run.town.asked();
    run.live(30 * DAY).await;
    assert_eq!(run.town.asked(), ["counts", LISTS[0], LISTS[1]]);
    assert_eq!(run.vouches().await, []);
    let watched = run.ledger.watched(post).await.unwrap().unwrap();
    assert_eq!((watched.due, watched.ended), (None, Some(Ended::Aged)), "nothing rests on it any more");
}

#[tokio::test]
async fn a_post_that_is_gone_is_read_no_more_and_what_was_seen_stays() {
    let run = Run::new();
    run.town.reshared_by(&["ana"]);
    let post = run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.life().trouble = Some(("counts".into(), Failure::Permanent(Why::new("no such post"))));
    run.after(5 * MINUTE).await;
    assert_eq!(run.ledger.watched(post).await.unwrap().unwrap().ended, Some(Ended::Gone));
    assert_eq!(run.resharers().await, ["ana"]);
    assert_eq!(run.ledger.next_watch(Timestamp::EPOCH).await.unwrap(), None);
}

#[tokio::test]
async fn a_limit_is_waited_out_in_full_by_every_post_of_the_account() {
    let run = Run::new();
    let account = run.account(HERE, "acme").await;
    run.post(&account, "drawing").await;
    run.post(&account, "painting").await;
    let until = NOON.plus(2 * HOUR);
    run.town.life().trouble = Some(("counts".into(), asked_to_wait(until)));
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts"], "the second is not even tried");
    assert_eq!(run.ledger.next_watch(run.clock.now()).await.unwrap(), Some(until));
    run.town.life().trouble = None;
    run.after(2 * HOUR).await;
    assert_eq!(run.town.asked().iter().filter(|what| *what == "counts").count(), 2);
}

#[tokio::test]
async fn a_dead_grant_is_renewed_once_and_then_the_watch_waits_for_its_person() {
    let run = Run::new();
    let post = run.one_post().await;
    run.town.life().trouble = Some(("counts".into(), Failure::RelinkNeeded(Why::new("revoked"))));
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked().len(), 2);
    assert_eq!(run.town.life().refreshes, 1);
    let account = run.ledger.accounts().await.unwrap().remove(0);
    assert!(matches!(account.grant, GrantState::NeedsRelink { .. }));
    run.live(3 * HOUR).await;
    assert_eq!(run.town.asked().len(), 0, "nothing is asked with a dead grant");
    run.town.life().trouble = None;
    run.account(HERE, "acme").await;
    run.live(HOUR).await;
    assert!(run.ledger.watched(post).await.unwrap().unwrap().counts.is_some());
}

#[tokio::test]
async fn on_a_doubtful_clock_nobody_is_gone_and_nothing_ends() {
    let run = Run::new();
    run.town.reshared_by(&["ana", "bo"]);
    let post = run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.reshared_by(&["bo"]);
    run.clock.jump_to(NOON.plus(90 * DAY));
    run.settle().await;
    assert_eq!(run.undone("ana").await, None);
    let watched = run.ledger.watched(post).await.unwrap().unwrap();
    assert_eq!((watched.ended, watched.due), (None, Some(run.clock.now().plus(HOUR))));
    run.backfeed.fitness.confirm_clock();
    run.after(HOUR).await;
    assert_eq!(run.undone("ana").await, Some(run.clock.now()));
    assert_eq!(run.ledger.watched(post).await.unwrap().unwrap().ended, Some(Ended::Aged));
}
