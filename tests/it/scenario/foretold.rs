//! What is told of the time to come, and of who is needed, is one thing wherever it is told: pauses of any reach count in it, and the ledger agrees.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::Fault;
use crate::support::world::{NOON, brisk, origin, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::desk::gigs::OwnGigs;
use gigcast::daemon::recount::recount;
use gigcast::id::{AccountId, PersonId};
use gigcast::outbox::{LaneHold, Wait};
use gigcast::person::{Account, Mode, Person};
use gigcast::plan::relay::Relay;
use gigcast::store::Tale;
use gigcast::store::layout::Aside;
use gigcast::telemetry::Meters;
use gigcast::telemetry::throughput::Tally;
use gigcast::web::admin::answers::{Explanation, Which};
use gigcast::web::admin::{CancelAsked, Format, Operator, PauseAsked, PauseOf, PlanAsked, Planning, WrittenFile};
use gigcast::web::signed::gigs::Gigs;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FOLDER: &str = "[[source]]\nname = \"desk\"\nkind = \"folder\"\npath = \"@DIR/gigs\"\nposter = \"Acme\"\n";

fn asked(what: &PauseOf) -> PauseAsked {
    PauseAsked { what: what.clone(), by: None, why: None }
}

fn told(story: &Explanation) -> Vec<&str> {
    story.chapters.iter().flat_map(|chapter| &chapter.told).map(|told| told.said.as_str()).collect()
}

/// When a gig that is handed in now would leave, by the command and by the form.
async fn foretold(seat: &Seat) -> Vec<String> {
    let text = "title = \"Sign for a bakery\"\napply = \"jobs@acme.example\"\n".to_owned();
    let file = WrittenFile { name: "sign".into(), format: Format::Toml, text };
    let planned = seat.desk.plan(PlanAsked { gig: Planning::File(file), poster: None }).await.unwrap().remove(0);
    let form = OwnGigs { deliver: Arc::clone(&seat.world.deliver) };
    let preview = form.preview(origin().poster, &sighting("new")).await.unwrap().unwrap();
    planned.says.into_iter().map(|say| say.when).chain(preview.says.into_iter().map(|say| say.when)).collect()
}

#[tokio::test]
async fn a_pause_of_any_reach_is_in_all_that_is_foretold_before_any_turn_has_met_it() {
    let seat = Seat::take(ManualClock::at(NOON), FOLDER).await;
    std::fs::create_dir(seat.dir.path().join("gigs")).unwrap();
    seat.look().await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.network.fail_next([Fault::Busy]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let waits = seat.world.delivery("1", &account).await;
    assert_eq!(waits.wait, Wait::Backoff);
    let open = seat.desk.status().await.unwrap();
    assert_eq!(open.oldest_due.map(|due| due.0), seat.world.ledger.next_wake().await.unwrap());
    assert!(open.oldest_due.is_some() && open.sources[0].due.is_some());

    let host = account.server.trim_start_matches("https://").to_owned();
    for (what, sentence) in [
        (PauseOf::All, "It waits until the operator resumes what is paused."),
        (PauseOf::Network("fake".into()), "It waits until the operator resumes what is paused."),
        (PauseOf::Host(host), "It waits until the operator resumes what is paused."),
        (PauseOf::Account(account.handle.clone()), "The account is paused."),
    ] {
        seat.desk.pause(asked(&what)).await.unwrap();
        // No turn was taken: its lane does not know yet.
        for id in [waits.id.to_string(), gig("1").to_string()] {
            let story = seat.desk.why(&id, TimeZone::UTC).await.unwrap();
            assert!(told(&story).iter().any(|said| said.ends_with(sentence)), "{what:?}: {story:?}");
            assert!(!told(&story).iter().any(|said| said.contains("tried again at")), "{what:?}: {story:?}");
        }
        let status = seat.desk.status().await.unwrap();
        assert_eq!((status.oldest_due, status.accounts[0].next_due), (None, None), "{what:?}");
        assert!(
            status.figures.queue.iter().all(|line| line.oldest_due.is_none()),
            "{what:?}: {:?}",
            status.figures.queue
        );
        let foretold = foretold(&seat).await;
        assert_eq!(foretold, [sentence; 2], "{what:?}");
        seat.desk.resume(asked(&what)).await.unwrap();
    }

    // A source that is paused, alone or with all else, is not said to be read soon.
    for what in [PauseOf::All, PauseOf::Source("desk".into())] {
        seat.desk.pause(asked(&what)).await.unwrap();
        let line = seat.desk.status().await.unwrap().sources.remove(0);
        assert_eq!((line.due, line.paused), (None, true), "{what:?}");
        let story = seat.desk.why("desk", TimeZone::UTC).await.unwrap();
        assert!(told(&story).contains(&"It is not read until the operator resumes what is paused."), "{story:?}");
        seat.desk.resume(asked(&what)).await.unwrap();
    }
    let after = seat.desk.status().await.unwrap();
    assert_eq!(after.oldest_due, open.oldest_due);
    assert_eq!(foretold(&seat).await, ["It goes out after the one that waits already."; 2]);
    seat.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(seat.world.is_delivered("1", &account).await);
}

/// What nothing but a person moves on, counted out of the ledger by hand.
async fn awaited(seat: &Seat, dead: &Account) -> usize {
    let ledger = &seat.world.ledger;
    assert_eq!(ledger.turn(dead.id).await.unwrap().lane.hold, Some(LaneHold::Relink));
    ledger.set_aside(Aside::Held, 99).await.unwrap().len() + ledger.waiting_in(dead.id, 99).await.unwrap().len()
}

#[tokio::test]
async fn what_waits_for_a_person_is_the_same_wherever_one_looks() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let dead = seat.world.link("dead", brisk()).await;
    seat.world.network.fail_next([Fault::Revoked]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    // One alone is held, and nothing stands in the queue.
    let said = told_of(&seat, &dead).await;
    assert_eq!(said, ["1 delivery waits for a person. It waits until @dead@fake.example is linked again."]);
    let line = seat.desk.accounts().await.unwrap().remove(0);
    assert_eq!((line.waiting, line.held), (1, 1));
    assert!(line.waits.unwrap().ends_with("is linked again."));

    let shy = seat.world.link("shy", brisk()).await;
    seat.world.ledger.revise_account(shy.id, |account| account.mode = Mode::Review).await.unwrap();
    for name in ["2", "3"] {
        seat.world.take(&sighting(name)).await.unwrap();
    }
    seat.world.settle().await.unwrap();
    let count = awaited(&seat, &dead).await;
    assert_eq!(count, 5, "three on the one, two on the other");
    let status = seat.desk.status().await.unwrap();
    let listed = seat.desk.deliveries(Which::Held).await.unwrap();
    let queue: usize =
        status.figures.queue.iter().filter(|line| line.oldest_due.is_none()).map(|line| line.count).sum();
    let accounts: usize = status.accounts.iter().map(|line| line.held).sum();
    assert_eq!((status.held, listed.len(), queue, accounts), (count, count, count, count));
    assert!(status.accounts.iter().all(|line| line.held == line.waiting));
    assert!(told_of(&seat, &dead).await[0].starts_with("3 deliveries wait for a person."));
    assert_eq!(told_of(&seat, &shy).await, ["2 deliveries wait for a person."]);
    for line in seat.desk.gigs(9).await.unwrap() {
        assert_eq!((line.waiting, line.held), (0, if line.id == gig("1").to_string() { 1 } else { 2 }), "{line:?}");
    }
    // All that waits is listed once, and the advice names whose account it is.
    assert_eq!(seat.desk.deliveries(Which::Waiting).await.unwrap().len(), count);
    let advice = listed.iter().filter_map(|line| line.advice.as_deref()).find(|said| said.starts_with("Link")).unwrap();
    assert_eq!(
        advice,
        "Link @dead@fake.example again: `gigcast link fake --poster \"Acme\"`. What waits goes out then."
    );
}

/// What its story says that waits.
async fn told_of(seat: &Seat, account: &Account) -> Vec<String> {
    let story = seat.desk.why(&account.id.to_string(), TimeZone::UTC).await.unwrap();
    told(&story).into_iter().filter(|said| said.contains("wait")).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_ended_before_a_start_is_counted_after_it_as_the_one_before_had_counted_it() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let account = seat.world.link("acme", brisk()).await;
    for (name, fault) in [("1", None), ("2", Some(Fault::Refused)), ("3", None), ("4", Some(Fault::Busy))] {
        seat.world.network.fail_next(fault);
        seat.world.take(&sighting(name)).await.unwrap();
        seat.world.settle().await.unwrap();
        seat.world.clock.advance(Duration::from_secs(200));
    }
    seat.desk.cancel(&seat.world.delivery("4", &account).await.id.to_string(), CancelAsked::default()).await.unwrap();
    seat.world.clock.advance(Duration::from_hours(1));
    let start = seat.world.clock.now();
    let before = seat.world.deliver.meters.history(start);
    let sum = |of: fn(&Tally) -> u32| before.hours.iter().map(of).sum::<u32>();
    assert_eq!((sum(|t| t.delivered), sum(|t| t.dead), sum(|t| t.dropped)), (2, 1, 1));

    let after = Meters::default();
    after.begin(start);
    assert_eq!(after.history(start).counted_since, Some(start));
    recount(&after, &seat.world.ledger, &CancellationToken::new(), start).await.unwrap();
    assert_eq!(after.history(start), before);
    // A run that is stopped meanwhile tells nothing of a part.
    let (cut, stop) = (Meters::default(), CancellationToken::new());
    cut.begin(start);
    stop.cancel();
    recount(&cut, &seat.world.ledger, &stop, start).await.unwrap();
    assert_eq!(cut.history(start).counted_since, Some(start));
    // Each is found from its moment on, and before the moment that is asked for.
    let found = async |since, until| seat.world.ledger.settled_page(None, since, until).await.unwrap().settled.len();
    let first = seat.world.delivery("1", &account).await.settled_at().unwrap();
    let behind = first.plus(Duration::from_millis(1));
    assert_eq!((found(first, start).await, found(behind, start).await), (4, 3));
    assert_eq!((found(NOON.minus(Duration::from_hours(1)), first).await, found(first, behind).await), (0, 1));
    // What is older than a day is not counted, and what ends from the start on is counted as it ends.
    let (late, next) = (Meters::default(), start.plus(Duration::from_hours(30)));
    recount(&late, &seat.world.ledger, &CancellationToken::new(), next).await.unwrap();
    assert!(late.history(next).hours.iter().all(|hour| *hour == Tally::default()));
}

#[tokio::test]
async fn a_refusal_to_relay_is_told_once_where_the_poster_has_two_accounts_on_the_network() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    world.link("acme", brisk()).await;
    world.link("acme-too", brisk()).await;
    let ann = Person::freelancer(AccountId::of(&[b"ann"]), "Ann", NOON);
    world.ledger.welcome(&ann).await.unwrap();
    let account = world.link_for(ann.clone(), "ann", brisk()).await.unwrap();
    let (poster, since) = (PersonId::from_name("Acme"), world.clock.now());
    let relay = Relay { poster, person: ann.id, account: account.id, categories: vec!["legal".into()], since };
    world.ledger.switch_relay_on(&relay).await.unwrap();
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
    let story = world.ledger.story(world.gig("1").await.gig.id).await.unwrap();
    let refused = story.iter().filter(|told| matches!(told.tale, Tale::NotRelayed { .. })).count();
    assert_eq!((world.network.posts().len(), refused), (2, 1), "{story:?}");
}
