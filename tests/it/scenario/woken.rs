//! Whatever a person puts right begins at once: the steps that it is about are woken, instead of coming round by themselves some time.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::world::{NOON, brisk, sighting};
use futures_util::FutureExt;
use gigcast::clock::{Clock, ManualClock};
use gigcast::outbox::{Hold, State, Wait};
use gigcast::profile::{Profile, ReadBack};
use gigcast::store::memory::MemoryStore;
use gigcast::web::admin::answers::When;
use gigcast::web::admin::{Operator, PauseAsked, PauseOf, ReplayAsked, Replaying, Seen};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// What is done rings this bell, which was silent before.
async fn rings<T>(bell: &Notify, deed: impl Future<Output = T>) -> T {
    let _ = bell.notified().now_or_never();
    assert!(bell.notified().now_or_never().is_none(), "nobody else rings it");
    let done = deed.await;
    assert!(bell.notified().now_or_never().is_some(), "whoever waits for it is not woken");
    done
}

#[tokio::test]
async fn what_an_operator_puts_right_wakes_the_sender_and_a_pause_that_ends_the_reader_too() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let account = seat.world.link("acme", brisk()).await;
    let bell = &seat.world.deliver.bell;

    seat.world.network.fail_next([Fault::Busy]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    assert_eq!(seat.world.delivery("1", &account).await.wait, Wait::Backoff);
    rings(bell, seat.desk.retry(&gig("1").to_string())).await.unwrap();
    seat.world.settle().await.unwrap();

    seat.world.network.fail_next([Fault::Refused]);
    seat.world.take(&sighting("2")).await.unwrap();
    seat.world.run_for(Duration::from_secs(1)).await.unwrap();
    let all = ReplayAsked {
        since: When(NOON),
        until: Some(When(seat.world.clock.now())),
        network: None,
        account: None,
        replay: Replaying::Now,
    };
    assert_eq!(rings(bell, seat.desk.replay(all)).await.unwrap().count, 1);

    let network = || PauseAsked { what: PauseOf::Network("fake".into()), by: None, why: None };
    let backfeed = &seat.desk.daemon.backfeed.bell;
    seat.desk.pause(network()).await.unwrap();
    rings(bell, rings(backfeed, seat.desk.resume(network()))).await.unwrap();

    seat.world.clock.jump_to(NOON.plus(Duration::from_hours(48)));
    let said = rings(bell, seat.desk.confirm_clock()).await.unwrap().said;
    assert!(said.starts_with("The clock is taken to be right"), "{said}");
}

#[tokio::test]
async fn a_post_that_a_person_saw_nowhere_is_sent_again_at_once() {
    let clock = ManualClock::at(NOON);
    let blind = Profile { read_back: ReadBack::None, ..profile() };
    let network = Arc::new(FakeNetwork::new(blind, clock.clone()));
    let (store, dir) = (Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap());
    let seat = Seat::on(store, network, clock, dir, String::new()).await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.network.fail_next([Fault::LostBefore]);
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();
    let held = seat.world.delivery("1", &account).await;
    assert_eq!(held.state, State::Held(Hold::Unconfirmed));
    rings(&seat.world.deliver.bell, seat.desk.release(held.id, Seen::NotThere)).await.unwrap();
    seat.world.settle().await.unwrap();
    assert_eq!(seat.world.network.posts().len(), 1);
}
