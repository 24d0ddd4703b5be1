//! What has waited too long is not worth saying any more; and posts that leave only in the hours of an account's week.

use super::world;
use crate::support::world::{NOON, brisk, sighting};
use gigcast::outbox::State;
use gigcast::person::{Pace, PostingWindow};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn what_has_waited_longer_than_it_is_worth_is_dropped_with_a_reason() {
    let (world, _dir) = world().await;
    let slow = Pace { gap: DAY * 13, ..brisk() };
    let account = world.link("ana", slow).await;
    for native in ["1", "2", "3"] {
        world.take(&sighting(native)).await.unwrap();
        world.settle().await.unwrap();
    }
    world.run_for(DAY * 30).await.unwrap();
    assert_eq!(world.network.posts().len(), 2, "the second was still worth saying after 13 days");
    let State::Dropped(why) = world.delivery("3", &account).await.state else { panic!("it was not dropped") };
    assert_eq!(why.said, "it has waited longer than 14 days, and is not worth saying any more");
}

#[tokio::test]
async fn a_post_waits_for_the_window_of_its_account() {
    let (world, _dir) = world().await;
    // It is Saturday noon.
    let windows = vec![PostingWindow::parse("mon-fri 09:00-17:00").unwrap()];
    let account = world.link("ana", Pace { windows, ..brisk() }).await;
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    let lane = world.ledger.turn(account.id).await.unwrap().lane;
    assert_eq!(lane.shut_until, NOON.plus(Duration::from_hours(45)), "Monday at nine");
    world.run_for(Duration::from_hours(44)).await.unwrap();
    assert_eq!(world.network.posts().len(), 0);
    world.run_for(Duration::from_hours(2)).await.unwrap();
    assert_eq!(world.network.posts().len(), 1);
}
