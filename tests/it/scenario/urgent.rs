//! An urgent gig does not wait for the hours that its accounts keep free of posts; for all else it does.

use super::world;
use crate::support::fake_network::Fault;
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::Clock;
use gigcast::daemon::desk::rehearsal::Would;
use gigcast::gig::{Sighting, Urgency};
use gigcast::id::GigId;
use gigcast::intake::Decided;
use gigcast::outbox::{Hold, State};
use gigcast::person::{Account, Mode, Pace, PostingWindow, QuietHours};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// It is noon, and quiet until three.
fn quiet() -> Pace {
    Pace { quiet: Some(QuietHours { from: 11 * 60, until: 15 * 60 }), ..brisk() }
}

fn urgent(native: &str) -> Sighting {
    Sighting { urgency: Urgency::Urgent, ..sighting(native) }
}

async fn takes(world: &World, sighting: &Sighting) {
    world.take(sighting).await.unwrap();
    // What comes in together falls due a millisecond apart.
    world.run_for(Duration::from_secs(1)).await.unwrap();
}

/// Minutes since noon at which posts were made.
fn left(world: &World) -> Vec<u64> {
    world.network.calls().iter().map(|(_, at, _)| at.since(NOON).as_secs() / 60).collect()
}

async fn state(world: &World, native: &str, account: &Account) -> State {
    world.delivery(native, account).await.state
}

#[tokio::test]
async fn an_urgent_gig_leaves_in_the_quiet_hours_while_the_others_wait() {
    let (world, _dir) = world().await;
    let account = world.link("ana", quiet()).await;
    takes(&world, &sighting("1")).await;
    takes(&world, &sighting("2")).await;
    assert!(left(&world).is_empty(), "the lane rests");
    takes(&world, &urgent("3")).await;
    assert!(world.is_delivered("3", &account).await);
    assert_eq!(left(&world), [0]);
    world.run_for(3 * 60 * MINUTE).await.unwrap();
    assert_eq!(left(&world), [0, 180, 180], "the others wait for the end of the quiet hours");
}

#[tokio::test]
async fn an_urgent_gig_leaves_outside_of_the_posting_windows() {
    let (world, _dir) = world().await;
    let windows = vec![PostingWindow::parse("mon-fri 09:00-17:00").unwrap()];
    let account = world.link("ana", Pace { windows, ..brisk() }).await;
    takes(&world, &sighting("1")).await;
    takes(&world, &urgent("2")).await;
    assert!(world.is_delivered("2", &account).await);
    assert_eq!(state(&world, "1", &account).await, State::Queued);
}

#[tokio::test]
async fn the_gap_and_the_posts_of_a_day_hold_for_urgent_gigs_as_well() {
    let (world, _dir) = world().await;
    world.link("ana", Pace { gap: 25 * MINUTE, posts_per_day: 3, ..quiet() }).await;
    takes(&world, &sighting("0")).await;
    for native in ["1", "2", "3", "4"] {
        takes(&world, &urgent(native)).await;
    }
    world.run_for(12 * 60 * MINUTE).await.unwrap();
    assert_eq!(left(&world), [0, 25, 50, 720], "the fourth leaves at midnight, when a new day begins");
}

#[tokio::test]
async fn a_limit_of_the_network_holds_for_urgent_gigs_as_well() {
    let (world, _dir) = world().await;
    world.link("ana", quiet()).await;
    world.network.fail_next([Fault::Limited(40 * MINUTE)]);
    takes(&world, &urgent("1")).await;
    takes(&world, &urgent("2")).await;
    world.run_for(39 * MINUTE).await.unwrap();
    assert_eq!(left(&world), [0], "refused, and nothing since");
    world.run_for(2 * MINUTE).await.unwrap();
    assert_eq!(left(&world), [0, 40, 40]);
}

#[tokio::test]
async fn an_urgent_gig_waits_for_its_persons_approval() {
    let (world, _dir) = world().await;
    let account = world.link("ana", quiet()).await;
    world.ledger.revise_account(account.id, |account| account.mode = Mode::Review).await.unwrap();
    takes(&world, &urgent("1")).await;
    world.run_for(24 * 60 * MINUTE).await.unwrap();
    assert_eq!(state(&world, "1", &account).await, State::Held(Hold::Review));
    assert!(left(&world).is_empty());
}

#[tokio::test]
async fn a_gig_that_becomes_urgent_while_it_waits_leaves_and_is_no_new_revision() {
    let (world, _dir) = world().await;
    let account = world.link("ana", quiet()).await;
    for native in ["1", "2", "3"] {
        takes(&world, &sighting(native)).await;
    }
    let before = world.gig("2").await.gig;
    takes(&world, &urgent("2")).await;
    assert!(world.is_delivered("2", &account).await);
    assert_eq!(world.gig("2").await.gig.revision, before.revision, "a reader notices nothing");
    assert_eq!(state(&world, "1", &account).await, State::Queued);
    // Said by its person, it is the same; and said again of what is out, it changes no post.
    let mut terms = world.gig("3").await.gig.terms;
    terms.urgency = Urgency::Urgent;
    let id: GigId = world.gig("3").await.gig.id;
    let edit = gigcast::gig::heard::Decision::Edit(Box::new(terms));
    assert!(matches!(world.intake.decide(id, None, &edit).await.unwrap(), Decided::Done(_)));
    world.settle().await.unwrap();
    assert!(world.is_delivered("3", &account).await);
    takes(&world, &sighting("2")).await;
    assert_eq!(left(&world), [0, 0]);
    assert_eq!(world.ledger.audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_gig_that_is_urgent_no_more_waits_with_the_others() {
    let (world, _dir) = world().await;
    let account = world.link("ana", Pace { gap: 25 * MINUTE, ..quiet() }).await;
    takes(&world, &urgent("1")).await;
    takes(&world, &urgent("2")).await;
    takes(&world, &sighting("2")).await;
    world.run_for(60 * MINUTE).await.unwrap();
    assert_eq!(state(&world, "2", &account).await, State::Queued);
    world.run_for(3 * 60 * MINUTE).await.unwrap();
    assert_eq!(left(&world), [0, 180]);
}

#[tokio::test]
async fn an_urgent_gig_is_not_said_to_leave_after_those_it_overtakes() {
    let (world, _dir) = world().await;
    let account = world.link("ana", quiet()).await;
    takes(&world, &sighting("1")).await;
    takes(&world, &sighting("2")).await;
    let now = world.clock.now();
    let gig = world.deliver.as_meant(&urgent("3"), account.owner, origin().source, now).unwrap();
    let voices = world.deliver.voices(&gig, vec![account], now).await.unwrap();
    let Would::Say(saying) = &voices[0].would else { panic!("it takes it: {voices:?}") };
    assert_eq!(saying.when, "It goes out at once.");
}
