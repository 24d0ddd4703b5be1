//! A fault of gigcast's own, as a panic in a task: it costs a moment, and no restart.

use super::{world, world_of};
use crate::support::fake_network::profile;
use crate::support::lines::Lines;
use crate::support::watching::{watch, watched};
use crate::support::world::{World, brisk, origin, sighting};
use gigcast::clock::{BoxFuture, Clock};
use gigcast::failure::Failure;
use gigcast::outbox::State;
use gigcast::ports::{Cursor, Look, Source, Wire};
use gigcast::profile::Idempotency;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

async fn posted(world: &World, native: &str) {
    world.take(&sighting(native)).await.unwrap();
    world.settle().await.unwrap();
}

fn calls_of(world: &World, verb: &str) -> usize {
    world.network.calls().iter().filter(|(said, ..)| *said == verb).count()
}

#[tokio::test]
async fn a_panic_after_sending_began_is_looked_up_and_goes_on_without_a_restart() {
    let (lines, _logging) = Lines::caught();
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.panic_next("create");
    posted(&world, "1").await;
    assert!(matches!(world.delivery("1", &account).await.state, State::Unknown { .. }));
    posted(&world, "2").await;
    world.run_for(3 * MINUTE).await.unwrap();
    assert!(world.is_delivered("1", &account).await && world.is_delivered("2", &account).await);
    assert_eq!((world.network.posts().len(), calls_of(&world, "create")), (2, 2), "nothing went out twice");
    let said = lines.with("by a fault in gigcast");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("ERROR") && said[0].contains("@ana@fake.example"), "{said:?}");
    assert!(said[0].contains("the adapter stumbles over create"), "{said:?}");
}

#[tokio::test]
async fn a_panic_while_looking_is_a_failed_look_and_sends_nothing() {
    let (world, _dir) = world().await;
    let account = world.link("ana", brisk()).await;
    world.network.panic_next("create");
    world.network.panic_next("find");
    posted(&world, "1").await;
    world.run_for(10 * MINUTE).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
    assert_eq!((calls_of(&world, "create"), calls_of(&world, "find")), (1, 2));
}

#[tokio::test]
async fn a_delivery_that_cannot_be_taken_in_hand_is_given_up_and_holds_up_no_other() {
    let (world, _dir) = world_of(gigcast::profile::Profile { idempotency: Idempotency::None, ..profile() }).await;
    let account = world.link("ana", brisk()).await;
    for _ in 0..5 {
        world.network.panic_next("choose_id");
    }
    posted(&world, "1").await;
    assert_eq!(calls_of(&world, "create"), 0);
    assert_eq!(world.delivery("1", &account).await.attempts, 1, "not tried again at once");
    world.run_for(Duration::from_hours(2)).await.unwrap();
    let State::Dead(why) = world.delivery("1", &account).await.state else { panic!("it is given up") };
    assert!(why.said.contains("gigcast itself failed"), "{why}");
    posted(&world, "2").await;
    assert!(world.is_delivered("2", &account).await);
}

/// A source that stumbles over its first look.
struct Stumbling(AtomicBool);

impl Source for Stumbling {
    fn look<'a>(&'a self, _: &'a dyn Wire, _: &'a Cursor) -> BoxFuture<'a, Result<Look, Failure>> {
        Box::pin(async {
            assert!(self.0.swap(true, Ordering::AcqRel), "an item is stranger than any before");
            Ok(Look { sightings: vec![sighting("1")], ..Look::default() })
        })
    }
}

#[tokio::test]
async fn a_source_over_which_a_look_panics_is_looked_at_again_by_its_own_pace() {
    let (lines, _logging) = Lines::caught();
    let (world, _dir) = world().await;
    let watched = watched(Box::new(Stumbling(AtomicBool::new(false))));
    let watch = watch(&world.intake, vec![watched]);
    for _ in 0..3 {
        let idle = watch.step().await.unwrap();
        while watch.in_flight() > 0 {
            tokio::task::yield_now().await;
        }
        if let Some(due) = idle.next_due {
            world.clock.advance_to(due);
        }
    }
    assert_eq!(lines.with("by a fault in gigcast").len(), 1, "{}", lines.text());
    let state = world.ledger.source_state(origin().source).await.unwrap();
    assert_eq!((state.rhythm.failures, state.trouble), (0, None), "{}", world.clock.now());
    assert_eq!(world.gig("1").await.gig.terms.title, "Logo for bakery 1");
}
