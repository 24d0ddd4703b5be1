//! Somebody sets the clock by a day, ahead or back, while all kinds of things wait.

use super::{HOUR, MINUTE, SECOND, Stage, natives, nothing};
use crate::support::fake_network::Fault;
use crate::support::world::{brisk, sighting};
use gigcast::clock::Clock;
use gigcast::gig::{Sighting, Status};
use gigcast::person::Pace;
use gigcast::web::admin::Operator;

const DAY: std::time::Duration = std::time::Duration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Set {
    Ahead,
    Back,
}

async fn a_day(set: Set) {
    let stage = Stage::set().await;
    let clock = &stage.world().clock;
    // One waits for its pace, one for its next try, and of one it is not known whether it is there.
    let paced = stage.link("a.example", "paced", Pace { gap: 30 * MINUTE, ..brisk() }).await;
    let failed = stage.link("b.example", "failed", brisk()).await;
    let lost = stage.link("c.example", "lost", brisk()).await;
    stage.network().weather("https://b.example", Some(Fault::Busy));
    stage.network().weather("https://c.example", Some(Fault::Late(20 * SECOND)));
    assert_eq!(stage.pass(10 * MINUTE).await, nothing(), "it has run for a while");
    stage.take("1").await;
    // It closes while the clock is wrong, and not while it is right.
    let closes = Some(clock.now().plus(12 * HOUR));
    stage.world().take(&Sighting { closes, ..sighting("2") }).await.unwrap();
    stage.turn().await.unwrap();
    for host in ["https://b.example", "https://c.example"] {
        stage.network().weather(host, None);
    }
    let accounts = [paced.clone(), failed.clone(), lost.clone()];

    let now = clock.now();
    clock.jump_to(if set == Set::Ahead { now.plus(DAY) } else { now.minus(DAY) });
    // Asked before any loop has had its turn by the new time.
    assert_eq!(stage.ailments().await, Vec::<String>::new(), "{set:?}: setting a clock is no standstill");
    let status = stage.seat.desk.status().await.unwrap();
    assert!(status.clock.is_some_and(|said| said.contains("The wall clock jumped")), "{set:?}");
    stage.turn().await.unwrap();
    if set == Set::Back {
        let why = stage.why("2", &paced).await;
        assert!(why.contains("for the account's gap between posts"), "{why}");
        let why = stage.why("1", &failed).await;
        assert!(why.contains("It is tried again at") && why.contains("refused the connection"), "{why}");
        let why = stage.why("1", &lost).await;
        assert!(why.contains("it may be there already"), "{why}");
    }
    assert_eq!(stage.pass(HOUR).await, nothing(), "{set:?}: sending goes on");
    assert_eq!(stage.world().gig("2").await.gig.status, Status::Open, "{set:?}: a doubtful clock ends nothing");

    // Set right again, and confirmed.
    let by = if set == Set::Ahead { clock.now().minus(DAY) } else { clock.now().plus(DAY) };
    clock.jump_to(by);
    assert_eq!(stage.ailments().await, Vec::<String>::new(), "{set:?}, and set right");
    assert_eq!(stage.pass(HOUR).await, nothing());
    stage.seat.desk.confirm_clock().await.unwrap();
    assert_eq!(stage.pass(2 * HOUR).await, nothing());
    assert_eq!(stage.seat.desk.status().await.unwrap().clock, None);
    // Each network keeps the time of the wrong clock: by it, all that was ever made has come.
    clock.advance(3 * DAY);
    stage.each_stands_once(&accounts, &natives(1..=2)).await;
    let why = stage.why("2", &paced).await;
    assert!(why.contains("It stands at "), "{why}");
}

#[tokio::test]
async fn a_clock_set_a_day_ahead_and_back_again_loses_and_doubles_nothing() {
    Box::pin(a_day(Set::Ahead)).await;
}

#[tokio::test]
async fn a_clock_set_a_day_back_and_ahead_again_loses_and_doubles_nothing() {
    Box::pin(a_day(Set::Back)).await;
}

#[tokio::test]
async fn a_sender_that_stands_still_is_told_though_the_clock_was_set_back() {
    let stage = Stage::set().await;
    let clock = &stage.world().clock;
    assert_eq!(stage.pass(MINUTE).await, nothing());
    clock.jump_to(clock.now().minus(DAY));
    clock.advance(61 * SECOND);
    assert_eq!(stage.ailments().await, ["The sender has not stepped for 61 seconds."]);
}
