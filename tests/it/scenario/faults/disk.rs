//! The disk fills up, and has room again; the store takes no writes any more.

use super::{HOUR, MINUTE, Stage, natives, nothing};
use crate::support::fake_network::SERVER;
use crate::support::world::brisk;
use std::collections::BTreeSet;

const FULL: &str = "The disk is nearly full: nothing is taken in or sent until there is room.";

#[tokio::test]
async fn a_disk_that_fills_up_and_has_room_again_is_told_and_costs_no_post() {
    let stage = Stage::set().await;
    let accounts = [stage.link("a.example", "ana", brisk()).await, stage.link("b.example", "bo", brisk()).await];
    stage.take("1").await;
    assert_eq!(stage.pass(MINUTE).await, nothing());
    stage.take("2").await;
    stage.world().announce.step().await.unwrap();

    stage.disk.fill();
    assert_eq!(stage.pass(HOUR).await, BTreeSet::from([FULL.to_owned()]), "and nothing else is wrong");
    assert_eq!(stage.asked(&accounts).len(), 2, "nothing left");
    for account in &accounts {
        let why = stage.why("2", account).await;
        assert!(why.contains(FULL), "{why}");
    }

    stage.disk.empty();
    assert_eq!(stage.pass(MINUTE).await, nothing());
    stage.each_stands_once(&accounts, &natives(1..=2)).await;
    let why = stage.why("2", &accounts[0]).await;
    assert!(why.contains("It stands at ") && !why.contains(FULL), "{why}");
}

#[tokio::test]
async fn a_store_that_turns_read_only_sends_nothing_more_and_the_next_start_goes_on() {
    let stage = Stage::set().await;
    let accounts = [stage.link("a.example", "ana", brisk()).await];
    stage.take("1").await;
    assert_eq!(stage.pass(MINUTE).await, nothing());
    stage.take("2").await;
    stage.world().announce.step().await.unwrap();

    stage.disk.take_writes(false);
    assert!(stage.turn().await.is_err(), "the daemon ends");
    let said = stage.ailments().await;
    assert!(said.len() == 1 && said[0].contains("gigcast is stopping: the store could not read or write"), "{said:?}");
    let why = stage.why("2", &accounts[0]).await;
    assert!(why.contains("Read-only file system"), "{why}");
    assert_eq!(stage.asked(&accounts).len(), 1, "what cannot be recorded is not sent");

    stage.disk.take_writes(true);
    let stage = stage.restarted().await;
    assert_eq!(stage.pass(MINUTE).await, nothing());
    stage.each_stands_once(&accounts, &natives(1..=2)).await;
}

#[tokio::test]
async fn an_answer_that_a_read_only_store_could_not_keep_is_looked_up_by_the_next_start() {
    let stage = Stage::set().await;
    let accounts = [stage.link("fake.example", "ana", brisk()).await];
    stage.network().stall(SERVER);
    stage.take("1").await;
    stage.turn_with_some_out().await;
    stage.disk.take_writes(false);
    stage.network().release();
    while stage.world().deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(stage.turn().await.is_err());
    assert!(!stage.ailments().await.is_empty());

    stage.disk.take_writes(true);
    let stage = stage.restarted().await;
    stage.beat();
    let why = stage.why("1", &accounts[0]).await;
    assert!(why.contains("gigcast stopped before the answer to try 1 was recorded"), "{why}");
    assert!(why.contains("it may be there already"), "{why}");
    assert_eq!(stage.pass(10 * MINUTE).await, nothing());
    assert_eq!(stage.asked(&accounts).len(), 1, "it was looked for, and not sent again");
    stage.each_stands_once(&accounts, &natives(1..=1)).await;
}
