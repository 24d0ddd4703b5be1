//! What is over is kept as long as it is said to be kept, and no longer: three years by a clock moved by hand.

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::{Clock, ManualClock, Timestamp};
use gigcast::config::Keep;
use gigcast::daemon::upkeep::Upkeep;
use gigcast::engagement::{Engagement, Vouch};
use gigcast::failure::Why;
use gigcast::gig::Status;
use gigcast::id::{AccountId, ActorId, EngagementId, GigId, SourceId};
use gigcast::intake::{Origin, Taken};
use gigcast::person::{Account, Person};
use gigcast::plan::relay::Relay;
use gigcast::ports::{Batch, Store};
use gigcast::profile::EngagementKind;
use gigcast::referral::Via;
use gigcast::store::backup::{Header, Reader, put_back, take};
use gigcast::store::gate::Gate;
use gigcast::store::layout::{self, Key, Record};
use gigcast::store::memory::MemoryStore;
use gigcast::store::verify::survey;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::store::{Heard, Hire, HireAnswer, Ledger, RefusedItem, Removals, STORE_VERSION};
use gigcast::trust::Party;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

fn keep() -> Keep {
    let days = |days: u32| Some(DAY * days);
    Keep { closed_gigs: days(730), engagements: days(365), stories: days(365), tries: days(90), refused: days(90) }
}

struct Place {
    world: World,
    store: MemoryStore,
    upkeep: Upkeep,
    _dir: tempfile::TempDir,
}

fn id(native: &str) -> GigId {
    GigId::from_source(origin().source, native)
}

fn actor(name: &str) -> ActorId {
    ActorId::of(&[name.as_bytes()])
}

impl Place {
    async fn new(keep: Keep) -> Self {
        let (clock, store) = (ManualClock::at(NOON), MemoryStore::new());
        let (network, dir) = (Arc::new(FakeNetwork::new(profile(), clock.clone())), tempfile::tempdir().unwrap());
        let world = World::start(Arc::new(store.clone()), network, clock, dir.path()).await.unwrap();
        let upkeep = Upkeep {
            deliver: Arc::clone(&world.deliver),
            bell: Arc::default(),
            times: std::sync::Mutex::default(),
            access_from: std::sync::Mutex::default(),
            visits: Arc::default(),
            interests_kept: DAY * 180,
            keep,
        };
        Self { world, store, upkeep, _dir: dir }
    }

    /// Somebody reshares what is posted from now on.
    async fn relayed(&self) {
        let bo = Person::freelancer(AccountId::of(&[b"bo"]), "Bo", NOON);
        self.world.ledger.welcome(&bo).await.unwrap();
        let account = self.world.link_for(bo.clone(), "bo", brisk()).await.unwrap().id;
        let relay = Relay { poster: origin().poster, person: bo.id, account, categories: Vec::new(), since: NOON };
        self.world.ledger.switch_relay_on(&relay).await.unwrap();
    }

    /// Gigs that were posted on an account, of which all but the last one have been filled.
    async fn with_gigs(&self, natives: &[&str]) -> Account {
        let account = self.world.link("ana", brisk()).await;
        for native in natives {
            self.world.take(&sighting(native)).await.unwrap();
        }
        self.world.run_for(Duration::from_hours(2)).await.unwrap();
        for native in &natives[..natives.len() - 1] {
            self.world.becomes(native, Status::Filled).await;
        }
        self.world.run_for(Duration::from_hours(2)).await.unwrap();
        account
    }

    async fn put<R: Record>(&self, key: Key, record: &R) {
        let mut batch = Batch::default();
        layout::put(&mut batch, key, record, None);
        self.store.commit(batch).await.unwrap();
    }

    async fn replied(&self, native: &str, account: &Account, who: &str, words: &str) -> Engagement {
        let deed = Engagement {
            id: EngagementId::of(&[native.as_bytes(), who.as_bytes()]),
            gig: id(native),
            account: account.id,
            kind: EngagementKind::Reply,
            actor: actor(who),
            first_seen: NOON,
            at: None,
            evidence: Some(format!("https://social.example/{native}/{who}")),
            undone: None,
            words: Some(words.to_owned()),
        };
        self.put(layout::engagement(deed.gig, deed.id), &deed).await;
        deed
    }

    async fn vouched(&self, reply: &Engagement, whom: &str, undone: Option<Timestamp>) {
        let (by, whom, evidence) = (reply.actor, actor(whom), reply.evidence.clone().unwrap());
        let key = layout::vouch(reply.gig, by, whom, &evidence);
        let (gig, category) = (reply.gig, None);
        self.put(key, &Vouch { by, whom, gig, category, level: 1, evidence, said: NOON, undone }).await;
    }

    async fn hired(&self, native: &str, whom: &str) {
        let record = self.world.gig(native).await.gig;
        let hire = Hire {
            gig: record.id,
            poster: record.poster,
            whom: Party::Actor(actor(whom)),
            category: None,
            at: NOON,
            source: format!("https://gigs.example/g/{}", record.id),
            answer: HireAnswer::Open,
        };
        self.world.ledger.hire(&hire).await.unwrap();
    }

    /// Lets time pass with the upkeep going on: a whole round every ten days.
    async fn pass(&self, days: u32) -> Removals {
        let mut removals = Removals::default();
        for _ in 0..days / 10 {
            self.world.clock.advance(DAY * 10);
            let began = self.world.clock.now();
            while self.last().await.is_none_or(|last| last.began < began) {
                self.upkeep.step().await.unwrap();
                assert_eq!(self.world.ledger.audit().await, Ok(Vec::new()), "in the middle of a round");
            }
            removals += self.last().await.unwrap().removals;
        }
        removals
    }

    async fn last(&self) -> Option<gigcast::store::Run> {
        self.world.ledger.last_retention().await.unwrap()
    }

    async fn is_here(&self, native: &str) -> bool {
        self.world.ledger.gig(id(native)).await.unwrap().is_some()
    }

    /// Keys that name this gig anywhere.
    async fn keys_naming(&self, native: &str) -> Vec<u8> {
        let gig = id(native);
        let named = |key: &[u8]| key.windows(10).any(|part| part == gig.as_bytes());
        rows(&self.store).await.into_keys().filter(|key| named(key)).map(|key| key[0]).collect()
    }

    async fn is_sound(&self) {
        assert_eq!(self.world.ledger.audit().await, Ok(Vec::new()));
        while self.world.ledger.sweep(64).await.unwrap() > 0 {}
        assert_eq!(survey(&self.store).await.unwrap().findings, Vec::<String>::new());
    }
}

async fn rows(store: &dyn Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let all = store.scan(&[0], &[u8::MAX], usize::MAX).await.unwrap();
    all.into_iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[tokio::test]
async fn a_gig_goes_two_years_after_its_end_with_all_that_belonged_to_it_and_is_not_announced_again() {
    let place = Place::new(keep()).await;
    let world = &place.world;
    place.relayed().await;
    let account = place.with_gigs(&["1", "open"]).await;
    let original = layout::originals_of(id("1"))[0];
    assert!(place.keys_naming("1").await.contains(&original), "somebody reshares it");
    for n in 0..250 {
        place.replied("1", &account, &format!("p{n}"), "Nice.").await;
    }
    let reply = place.replied("1", &account, "bo", "I vouch for @cy").await;
    place.vouched(&reply, "cy", Some(NOON)).await;
    world.ledger.note_visits(&[((id("1"), Via::Page), 9)]).await.unwrap();
    world.ledger.make_link(id("1"), origin().poster).await.unwrap();
    assert!(place.keys_naming("1").await.len() > 260);
    let delivery = place.world.delivery("1", &account).await.id;

    let early = place.pass(720).await;
    assert!(place.is_here("1").await, "its time is not over");
    assert_eq!((early.gigs, early.engagements), (0, 251), "what was said goes before it");
    assert_eq!(world.ledger.engagements(id("1")).await.unwrap().len(), 251, "and is counted still");

    let late = place.pass(380).await;
    assert_eq!(late.gigs, 1);
    assert!(!place.is_here("1").await && place.is_here("open").await);
    let mark = layout::removed(id("1"));
    assert_eq!(place.keys_naming("1").await, [mark[0]], "only the mark is left");
    assert_eq!(world.ledger.delivery(delivery).await, Ok(None), "nor what was sent of it");
    assert!(!world.ledger.story(id("open")).await.unwrap().is_empty(), "what is open keeps its story");
    place.is_sound().await;

    let posts = world.network.posts().len();
    assert_eq!(world.take(&sighting("1")).await.unwrap(), Taken::Removed(id("1")));
    let mirror = Origin { source: SourceId::of(&[b"mirror"]), name: "mirror".into(), ..origin() };
    let copy = gigcast::gig::Sighting { native: "copy".into(), ..sighting("1") };
    assert_eq!(world.intake.take(&copy, &mirror, Heard::News).await.unwrap(), Taken::Removed(id("1")));
    world.run_for(DAY).await.unwrap();
    assert_eq!(world.network.posts().len(), posts, "nothing is announced");
}

#[tokio::test]
async fn other_names_of_a_removed_gig_stay_as_long_as_a_source_shows_it() {
    let place = Place::new(keep()).await;
    place.with_gigs(&["1", "open"]).await;
    let names = || async {
        let all = layout::aliases();
        place.store.scan(&all, &layout::end_of(&all), usize::MAX).await.unwrap().len()
    };
    let before = names().await;
    place.pass(760).await;
    assert!(!place.is_here("1").await);
    for _ in 0..8 {
        place.pass(100).await;
        assert!(matches!(place.world.take(&sighting("1")).await.unwrap(), Taken::Removed(_)));
    }
    assert_eq!(names().await, before, "it is shown still");
    place.pass(760).await;
    assert!(names().await < before, "nobody shows it any more");
    assert!(
        matches!(place.world.take(&sighting("1")).await.unwrap(), Taken::Removed(_)),
        "its id is never given again"
    );
    place.is_sound().await;
}

#[tokio::test]
async fn what_a_hire_or_a_living_vouch_rests_on_stays_and_no_evidence_changes() {
    let place = Place::new(keep()).await;
    let account = place.with_gigs(&["hired", "vouched", "open"]).await;
    place.hired("hired", "bo").await;
    let cited = place.replied("vouched", &account, "bo", "I vouch for @cy").await;
    place.vouched(&cited, "cy", None).await;
    let other = place.replied("vouched", &account, "di", "Looks good.").await;
    let open = place.replied("open", &account, "ed", "Is it remote?").await;
    let evidence = place.world.ledger.all_evidence().await.unwrap();
    place.pass(1100).await;

    assert!(place.is_here("hired").await && place.is_here("vouched").await);
    assert_eq!(place.world.ledger.all_evidence().await.unwrap(), evidence);
    let words = |all: Vec<Engagement>, of: &Engagement| all.into_iter().find(|deed| deed.id == of.id).unwrap().words;
    let under = place.world.ledger.engagements(id("vouched")).await.unwrap();
    assert_eq!(words(under.clone(), &cited).as_deref(), Some("I vouch for @cy"));
    assert_eq!(words(under, &other), None);
    let under = place.world.ledger.engagements(id("open")).await.unwrap();
    assert_eq!(words(under, &open).as_deref(), Some("Is it remote?"), "its gig is open");
    assert!(place.world.ledger.story(id("hired")).await.unwrap().is_empty());
    place.is_sound().await;
}

#[tokio::test]
async fn what_could_not_be_taken_in_goes_and_tries_of_what_was_sent_go() {
    let place = Place::new(keep()).await;
    let account = place.with_gigs(&["1", "open"]).await;
    let (source, at) = (origin().source, place.world.clock.now());
    let item = RefusedItem { what: "7".into(), why: Why::new("it has no title"), at };
    place.put(layout::refused(source, "7"), &item).await;
    assert!(!place.world.delivery("1", &account).await.tries.is_empty());
    assert_eq!(place.pass(80).await, Removals::default());
    let removals = place.pass(20).await;
    assert!(removals.refused == 1 && removals.tries > 0, "{removals}");
    assert!(place.world.ledger.refused(source, 10).await.unwrap().is_empty());
    assert!(place.world.delivery("1", &account).await.tries.is_empty());
    assert!(!place.world.delivery("open", &account).await.tries.is_empty(), "its gig is open");
    place.is_sound().await;
}

#[tokio::test]
async fn with_a_clock_in_doubt_or_kept_for_ever_nothing_is_removed() {
    let place = Place::new(keep()).await;
    place.with_gigs(&["1", "open"]).await;
    place.world.clock.jump_to(NOON.plus(DAY * 1100));
    for _ in 0..20 {
        place.upkeep.step().await.unwrap();
    }
    assert!(place.is_here("1").await && place.last().await.is_none());

    let place = Place::new(Keep::default()).await;
    place.with_gigs(&["1", "open"]).await;
    place.world.clock.advance(DAY * 1100);
    for _ in 0..20 {
        place.upkeep.step().await.unwrap();
    }
    assert!(place.is_here("1").await && place.last().await.is_none());
}

#[tokio::test]
async fn a_gig_that_opens_again_in_time_stays() {
    let place = Place::new(keep()).await;
    place.with_gigs(&["1", "open"]).await;
    place.pass(700).await;
    place.world.becomes("1", Status::Open).await;
    place.world.run_for(DAY).await.unwrap();
    place.pass(900).await;
    assert!(place.is_here("1").await);
}

/// A store three years on, of which much is to go.
async fn overdue() -> (BTreeMap<Vec<u8>, Vec<u8>>, Timestamp) {
    let place = Place::new(keep()).await;
    let account = place.with_gigs(&["1", "2", "vouched", "open"]).await;
    for n in 0..25 {
        place.replied("1", &account, &format!("p{n}"), "Nice.").await;
    }
    let cited = place.replied("vouched", &account, "bo", "I vouch for @cy").await;
    place.vouched(&cited, "cy", None).await;
    place.replied("vouched", &account, "di", "Looks good.").await;
    place
        .put(layout::refused(origin().source, "7"), &RefusedItem { what: "7".into(), why: Why::new("no"), at: NOON })
        .await;
    (rows(&place.store).await, NOON.plus(DAY * 1100))
}

async fn until_it_ends(store: &VolatileStore, now: Timestamp) -> Result<Removals, gigcast::ports::StoreError> {
    let ledger = Ledger::new(Arc::new(store.clone()));
    loop {
        if let Some(run) = ledger.retain(&keep(), now, 10).await? {
            return Ok(run.removals);
        }
        if let Some(last) = ledger.last_retention().await? {
            return Ok(last.removals);
        }
        assert_eq!(ledger.audit().await?, Vec::<String>::new());
    }
}

#[tokio::test]
async fn wherever_it_stops_it_comes_to_the_same_store() {
    let (before, now) = overdue().await;
    let filled = || async {
        let store = VolatileStore::new();
        let put = before.clone().into_iter().collect();
        store.commit(Batch { put, ..Batch::default() }).await.unwrap();
        store.reopen()
    };
    let calm = filled().await;
    let removals = until_it_ends(&calm, now).await.unwrap();
    assert_eq!((removals.gigs, removals.refused), (2, 1));
    let (commits, after) = (calm.commits(), rows(&calm).await);
    assert!(commits >= 5, "the round is long enough to stop in: {commits} commits");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let store = filled().await;
            store.stop_at(commit, stop);
            let first = until_it_ends(&store, now).await;
            assert!(first.is_err(), "it stopped {stop:?} at commit {commit}");
            let store = store.reopen();
            let ledger = Ledger::new(Arc::new(store.clone()));
            assert_eq!(ledger.audit().await, Ok(Vec::new()), "{stop:?} at commit {commit} of {commits}");
            until_it_ends(&store, now).await.unwrap();
            assert!(rows(&store).await == after, "{stop:?} at commit {commit} of {commits}");
        }
    }
}

#[tokio::test]
async fn a_backup_of_afterwards_restores_to_the_same_and_knows_what_was_removed() {
    let place = Place::new(keep()).await;
    place.with_gigs(&["1", "open"]).await;
    place.pass(760).await;
    let gate = Arc::new(Gate::new(Arc::new(place.store.clone())));
    let taken = place.world.clock.now();
    let header = Header { gigcast: "0.1.0".into(), store: STORE_VERSION, epoch: 1, taken };
    let (to, mut pieces) = tokio::sync::mpsc::channel(1024);
    take(gate.copy().await.unwrap().unwrap(), &header, None, &to).await.unwrap();
    drop(to);
    let mut file = Vec::new();
    while let Some(piece) = pieces.recv().await {
        file.extend(piece);
    }
    let restored = MemoryStore::new();
    put_back(&mut Reader::open(file.as_slice()).unwrap(), &restored).await.unwrap();
    assert!(rows(&restored).await == rows(&place.store).await);
    assert!(Ledger::new(Arc::new(restored)).removed(id("1")).await.unwrap().is_some());
}
