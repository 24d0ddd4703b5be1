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
    let rule = "by outbox.worth_saying_for in the configuration";
    assert_eq!(why.said, format!("it has waited longer than 14 days, and is not worth saying any more {rule}"));
}

#[tokio::test]
async fn an_account_that_says_so_itself_drops_sooner_or_later_than_the_others() {
    let (world, _dir) = world().await;
    let slow = Pace { gap: DAY * 13, ..brisk() };
    let (days, weeks) = (Some(DAY * 2), Some(DAY * 40));
    let sooner = world.link("ana", Pace { worth_saying_for: days, ..slow.clone() }).await;
    let later = world.link("bo", Pace { worth_saying_for: weeks, ..slow.clone() }).await;
    let usual = world.link("cy", slow).await;
    for native in ["1", "2", "3"] {
        world.take(&sighting(native)).await.unwrap();
        world.settle().await.unwrap();
    }
    world.run_for(DAY * 30).await.unwrap();
    let said = async |native: &str, account| match world.delivery(native, account).await.state {
        State::Delivered(_) => "said".to_owned(),
        State::Dropped(why) => why.said,
        state => panic!("{state:?}"),
    };
    let own = "it has waited longer than 2 days, and is not worth saying any more by its account's own settings";
    assert_eq!((said("2", &sooner).await.as_str(), said("3", &sooner).await.as_str()), (own, own));
    assert_eq!((said("2", &later).await.as_str(), said("3", &later).await.as_str()), ("said", "said"));
    assert_eq!(said("2", &usual).await, "said");
    assert!(said("3", &usual).await.ends_with("by outbox.worth_saying_for in the configuration"));
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
