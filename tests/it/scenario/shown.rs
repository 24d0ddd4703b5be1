//! What an operator is shown: everything that waits, in an order that says what is next, and everyone who had to do with a gig.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::{FakeNetwork, Fault, entered, profile};
use crate::support::hub::subscription;
use crate::support::lines::Lines;
use crate::support::through::{Alters, Through};
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{ManualClock, Timestamp};
use gigcast::engagement::Engagement;
use gigcast::failure::Scope;
use gigcast::grants::Terms;
use gigcast::id::{ActorId, EngagementId, PersonId};
use gigcast::person::{Audience, Person};
use gigcast::ports::{Batch, BoxFuture, Store, StoreError};
use gigcast::profile::{Action, EngagementKind, Profile, Quota};
use gigcast::store::layout;
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Hire, HireAnswer};
use gigcast::trust::Party;
use gigcast::web::admin::answers::{Planned, Which};
use gigcast::web::admin::{
    Format, IssuerAsked, Operator, PauseAsked, PauseOf, PlanAsked, Planning, PostAsked, WrittenFile,
};
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const FOLDER: &str = "[[source]]\nname = \"desk\"\nkind = \"folder\"\npath = \"@DIR/gigs\"\nposter = \"Acme\"\n";

async fn seat() -> Seat {
    Seat::take(ManualClock::at(NOON), "").await
}

#[tokio::test]
async fn what_waits_on_several_accounts_is_listed_by_when_it_is_due() {
    let seat = seat().await;
    for name in ["one", "two", "three", "four"] {
        seat.world.link(name, brisk()).await;
    }
    seat.world.network.fail_next([30, 10, 40, 20].map(|minutes| Fault::Limited(Duration::from_mins(minutes))));
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let lines = seat.desk.deliveries(Which::Waiting).await.unwrap();
    let due: Vec<Timestamp> = lines.iter().map(|line| line.due.unwrap().0).collect();
    assert!(due.len() == 4 && due.is_sorted(), "{due:?}");
}

#[tokio::test]
async fn the_queue_is_told_by_its_reasons_the_most_first_and_what_is_left_of_each_long_limit() {
    let clock = ManualClock::at(NOON);
    let quota = Quota { action: Action::Write, scope: Scope::Account, max: 40, per: Duration::from_hours(3) };
    let limited = Profile { quotas: vec![quota].into(), ..profile() };
    let network = Arc::new(FakeNetwork::new(limited, clock.clone()));
    let (store, dir) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
    let seat = Seat::on(store, network, clock, dir, String::new()).await;
    seat.world.link("acme", brisk()).await;
    seat.world.network.fail_next([Fault::Busy]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    for native in ["2", "3"] {
        seat.world.take(&sighting(native)).await.unwrap();
        seat.world.announce.step().await.unwrap();
    }
    seat.world.clock.advance(Duration::from_secs(1));
    let figures = seat.desk.status().await.unwrap().figures;
    let queue: Vec<_> = figures.queue.iter().map(|line| (line.reason.as_str(), line.count)).collect();
    assert_eq!(queue, [("their turn", 2), ("their next try", 1)]);
    let budgets: Vec<_> = figures.budgets.iter().map(|line| (line.what.as_str(), line.of)).collect();
    assert_eq!(budgets, [("posts today", 200), ("posts and changes at once (40 in 3 hours)", 10)]);
}

#[tokio::test]
async fn what_is_paused_is_told_in_the_order_in_which_it_was_paused() {
    let seat = seat().await;
    seat.world.link("acme", brisk()).await;
    let asked = |what: &PauseOf| PauseAsked { what: what.clone(), by: None, why: None };
    let both = [PauseOf::Network("fake".into()), PauseOf::Host("fake.example".into())];
    for [first, second] in [[&both[0], &both[1]], [&both[1], &both[0]]] {
        for what in [first, second] {
            seat.desk.pause(asked(what)).await.unwrap();
            seat.world.clock.advance(Duration::from_mins(1));
        }
        let paused: Vec<PauseOf> =
            seat.desk.status().await.unwrap().paused.into_iter().map(|line| line.of.unwrap()).collect();
        assert_eq!([&paused[0], &paused[1]], [first, second]);
        for what in [first, second] {
            seat.desk.resume(asked(what)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn why_a_gig_names_who_engaged_with_it_and_who_was_hired() {
    let seat = seat().await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let deed = Engagement {
        id: EngagementId::of(&[b"1"]),
        gig: gig("1"),
        account: account.id,
        kind: EngagementKind::Reshare,
        actor: ActorId::of(&[b"bo"]),
        first_seen: NOON,
        at: None,
        evidence: None,
        undone: Some(NOON),
        words: None,
    };
    let mut batch = Batch::default();
    layout::put(&mut batch, layout::engagement(deed.gig, deed.id), &deed, None);
    seat.store.commit(batch).await.unwrap();
    let hire = Hire {
        gig: gig("1"),
        poster: PersonId::from_name("Acme"),
        whom: Party::Actor(ActorId::of(&[b"bo"])),
        category: None,
        at: NOON,
        source: "https://gigs.example/g/1".into(),
        answer: HireAnswer::Open,
    };
    seat.world.ledger.hire(&hire).await.unwrap();
    let told = seat.desk.why(&gig("1").to_string(), TimeZone::UTC).await.unwrap();
    let said: Vec<&str> = told.chapters.iter().flat_map(|c| &c.told).map(|told| told.said.as_str()).collect();
    assert!(said.contains(&"Somebody who is not named reshared it, and took it back."), "{said:?}");
    assert!(
        said.contains(&"Acme says that they hired somebody who is not named, who has not answered yet."),
        "{said:?}"
    );
    assert!(told.chapters.iter().all(|chapter| chapter.heading != "What is paused"), "{told:?}");
}

#[tokio::test]
async fn why_a_source_says_that_it_names_a_hub() {
    let seat = Seat::take(ManualClock::at(NOON), FOLDER).await;
    let source = seat.desk.daemon.watch.watched[0].origin.source;
    seat.world.ledger.change_subscription(source, |_| Some(subscription("https://gigs.example", None))).await.unwrap();
    let told = seat.desk.why("desk", TimeZone::UTC).await.unwrap();
    let said: Vec<&str> = told.chapters.iter().flat_map(|c| &c.told).map(|told| told.said.as_str()).collect();
    assert!(said.iter().any(|said| said.contains("hub (https://hub.example)")), "{said:?}");
}

async fn planned(seat: &Seat, poster: Option<&str>) -> Planned {
    let text = "title = \"Logo   for a bakery\"\napply = \"jobs@acme.example\"\n".to_owned();
    let file = WrittenFile { name: "logo".into(), format: Format::Toml, text };
    let asked = PlanAsked { gig: Planning::File(file), poster: poster.map(str::to_owned) };
    seat.desk.plan(asked).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_plan_asks_each_account_once_and_with_a_poster_only_theirs() {
    let seat = seat().await;
    let nobody = planned(&seat, None).await;
    assert_eq!(nobody.note.as_deref(), Some("No account is linked, so nobody would say anything."));
    assert!(nobody.gig.is_some() && nobody.title == "Logo for a bakery", "it is read all the same: {nobody:?}");

    seat.world.link("one", brisk()).await;
    seat.world.link("two", brisk()).await;
    let terms = Terms { owner: Person::poster("Bo", NOON), pace: brisk(), audience: Audience::default() };
    seat.world.deliver.sessions.link("fake", &entered("bo"), terms).await.unwrap();
    let handles = |planned: &Planned| {
        let mut handles: Vec<_> = planned.says.iter().map(|say| say.handle.clone()).collect();
        handles.extend(planned.skips.iter().map(|skip| skip.handle.clone()));
        handles.sort();
        handles
    };
    let all = planned(&seat, None).await;
    assert_eq!(handles(&all), ["@bo@fake.example", "@one@fake.example", "@two@fake.example"], "{all:?}");
    assert_eq!(handles(&planned(&seat, Some("Bo")).await), ["@bo@fake.example"]);
    assert!(seat.desk.gigs(9).await.unwrap().is_empty(), "nothing is taken in by it");
}

#[tokio::test]
async fn that_an_issuer_became_known_and_that_somebody_was_forgotten_is_in_the_log() {
    let seat = Seat::take(ManualClock::at(NOON), FOLDER).await;
    let (lines, _caught) = Lines::caught();
    let asked = IssuerAsked { issuer: "did:web:gigs.example".into(), who: "Acme".into() };
    seat.desk.know_issuer(asked).await.unwrap();
    assert!(lines.with("vouch.issuer_known")[0].contains("did:web:gigs.example"), "{}", lines.text());
    seat.desk.forget("Acme").await.unwrap();
    let told = lines.with("person.forgotten");
    assert!(told.len() == 1 && !told[0].contains("Acme"), "by their id, not by their name: {told:?}");
}

/// A store whose disk stops syncing when it is told to.
#[derive(Debug, Default)]
struct Unsynced {
    rows: MemoryStore,
    broken: AtomicBool,
}

impl Alters for Unsynced {
    fn behind(&self) -> &dyn Store {
        &self.rows
    }

    fn synced(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let broken = self.broken.load(Ordering::Relaxed);
        Box::pin(async move { if broken { Err(StoreError::Io("no sync".into())) } else { Ok(()) } })
    }
}

#[tokio::test]
async fn that_a_gig_is_on_record_already_is_said_only_once_the_disk_has_it() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (Arc::new(Through(Unsynced::default())), tempfile::tempdir().unwrap());
    let shared: Arc<dyn Store> = Arc::<Through<Unsynced>>::clone(&store);
    let seat = Seat::on(shared, network, clock, dir, FOLDER.to_owned()).await;
    let post = async || {
        let text = "title = \"Logo\"\napply = \"jobs@acme.example\"\n".to_owned();
        let gig = WrittenFile { name: "logo".into(), format: Format::Toml, text };
        seat.desk.post(PostAsked { gig, poster: "Acme".into(), first: Vec::new(), widen_after: None }).await
    };
    assert!(post().await.unwrap().said.contains("came in"));
    assert!(post().await.unwrap().said.contains("is on record already"));
    store.broken.store(true, Ordering::Relaxed);
    assert!(post().await.is_err(), "whoever wrote it may still be waiting for the disk");
}
