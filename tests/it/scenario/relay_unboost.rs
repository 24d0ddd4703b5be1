//! Relays that end on a server that speaks Mastodon's API: what was boosted is unboosted, and what its person boosted by hand is told from it.

use super::relay_boost::{Town, lost_answers, posted};
use crate::support::world::World;
use gigcast::clock::Clock;
use gigcast::config::{AgeBand, Backfeed as Rules, Live};
use gigcast::daemon::backfeed::{Backfeed, Budget};
use gigcast::engagement::VouchWords;
use gigcast::id::PersonId;
use gigcast::outbox::Verb;
use gigcast::person::Account;
use gigcast::profile::EngagementKind;
use gigcast::trust::Party;
use gigcast::weave::Weave;
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

async fn takes_back(world: &World, ann: &Account) {
    let (acme, now) = (PersonId::from_name("Acme"), world.clock.now());
    assert!(world.ledger.take_relay_back(acme, ann.id, now).await.unwrap());
}

/// The post that Acme has out.
async fn original(world: &World) -> String {
    let gig = world.gig("1").await.gig;
    let announced = world.ledger.announcements(gig.id).await.unwrap();
    let own = announced.into_iter().find(|one| !one.wanted.is_reshared()).unwrap();
    own.said.unwrap().receipt.id
}

#[tokio::test]
async fn a_boost_is_undone_with_a_lost_answer_and_a_restart_between() {
    for fault in lost_answers() {
        let (town, first, ann) = Town::begin().await;
        posted(&first).await;
        first.run_for(Duration::from_mins(1)).await.unwrap();
        assert_eq!(town.shown().await.len(), 1);
        town.befalls(fault.clone()).await;
        takes_back(&first, &ann).await;
        first.settle().await.unwrap();
        drop(first);
        let second = town.run().await;
        second.run_for(HOUR).await.unwrap();
        assert_eq!(second.delivery("1", &ann).await.verb, Verb::Unreshare);
        assert!(second.is_delivered("1", &ann).await, "{fault:?}");
        assert_eq!(town.shown().await.len(), 0, "{fault:?}");
        let token = town.ann["token"].as_str().unwrap();
        let place = format!("/api/v1/statuses/{}", original(&second).await);
        let post = town.ask(Method::GET, &place, token, None).await;
        assert_eq!((&post["reblogs_count"], &post["reblogged"]), (&0.into(), &false.into()), "the post is still there");
    }
}

#[tokio::test]
async fn what_its_person_boosted_by_hand_before_our_turn_came_stays() {
    let (town, world, ann) = Town::begin().await;
    posted(&world).await;
    let token = town.ann["token"].as_str().unwrap();
    let place = format!("/api/v1/statuses/{}/reblog", original(&world).await);
    town.ask(Method::POST, &place, token, None).await;
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.is_delivered("1", &ann).await);
    takes_back(&world, &ann).await;
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!((town.shown().await.len(), world.delivery("1", &ann).await.verb), (1, Verb::Reshare));
}

#[tokio::test]
async fn what_was_unboosted_by_hand_meanwhile_is_a_success() {
    let (town, world, ann) = Town::begin().await;
    posted(&world).await;
    world.run_for(Duration::from_mins(1)).await.unwrap();
    let token = town.ann["token"].as_str().unwrap();
    let place = format!("/api/v1/statuses/{}/unreblog", original(&world).await);
    town.ask(Method::POST, &place, token, None).await;
    takes_back(&world, &ann).await;
    world.run_for(HOUR).await.unwrap();
    assert!(world.is_delivered("1", &ann).await && town.shown().await.is_empty());
}

/// What reads back in this world, every hour.
fn reading(world: &World) -> Arc<Backfeed> {
    let (deliver, ledger) = (&world.deliver, world.ledger.clone());
    let clock: Arc<dyn Clock> = Arc::clone(&deliver.clock);
    Arc::new(Backfeed {
        weave: Weave::new(ledger.clone(), Arc::clone(&clock), Arc::clone(&deliver.taxonomy)),
        ledger,
        clock,
        sessions: Arc::clone(&deliver.sessions),
        quotas: Arc::clone(&deliver.quotas),
        words: Live::new(VouchWords::builtin().clone()),
        rules: Live::new(Rules {
            ages: vec![AgeBand { younger_than: HOUR * 24, every: HOUR }],
            budget_per_host_per_15m: 60,
            vouch_reread: HOUR * 24,
        }),
        budget: Budget::new(60),
        fitness: Arc::clone(&world.fitness),
        bell: Arc::default(),
        tasks: tokio_util::task::TaskTracker::new(),
        stop: tokio_util::sync::CancellationToken::new(),
        state: std::sync::Mutex::default(),
    })
}

async fn read_back(world: &World, backfeed: &Arc<Backfeed>) {
    world.run_for(HOUR).await.unwrap();
    while !world.ledger.due_watches(world.clock.now(), 1).await.unwrap().is_empty() {
        backfeed.step().await.unwrap();
        while backfeed.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn the_evidence_of_a_boost_that_was_taken_back_is_struck_as_of_any_that_somebody_undoes() {
    let (_town, world, ann) = Town::begin().await;
    posted(&world).await;
    let backfeed = reading(&world);
    let gig = world.gig("1").await.gig.id;
    let on_record = async || {
        let deeds = world.ledger.engagements(gig).await.unwrap();
        let boost = deeds.into_iter().find(|deed| deed.kind == EngagementKind::Reshare).expect("it is on record");
        let counted = world.ledger.evidence_by(Party::Actor(boost.actor)).await.unwrap();
        (boost.undone.is_some(), counted.len())
    };
    read_back(&world, &backfeed).await;
    assert_eq!(on_record().await, (false, 1));
    takes_back(&world, &ann).await;
    read_back(&world, &backfeed).await;
    assert_eq!(on_record().await, (true, 0));
}
