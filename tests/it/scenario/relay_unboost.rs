//! Relays that end on a server that speaks Mastodon's API: what was boosted is unboosted, and what its person boosted by hand is told from it.

use super::relay_boost::{Town, posted};
use crate::support::world::World;
use gigcast::clock::Clock;
use gigcast::id::PersonId;
use gigcast::outbox::Verb;
use gigcast::person::Account;
use gigcast::sandbox::{Fault, Kind, When};
use reqwest::Method;
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
    for fault in [
        Fault::new(Kind::AnswerLost),
        Fault { when: When::After, ..Fault::new(Kind::ServerError) },
        Fault { when: When::Before, ..Fault::new(Kind::ServerError) },
    ] {
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
