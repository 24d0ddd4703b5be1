//! What stopped reading back, and how it goes on: a fault of our own, and an account that had to be linked again.

use super::{HERE, HOUR, MINUTE, NOON, Run, gig};
use crate::support::lines::Lines;
use gigcast::clock::Timestamp;
use gigcast::failure::{Failure, Why};
use gigcast::outbox::LaneWait;
use gigcast::store::Change;

#[tokio::test]
async fn a_post_over_which_a_read_panics_waits_as_after_any_failure_and_frees_its_account() {
    let (lines, _logging) = Lines::caught();
    let run = Run::new();
    run.town.reshared_by(&["ana"]);
    let account = run.account(HERE, "acme").await;
    run.post(&account, "drawing").await;
    run.post(&account, "painting").await;
    run.town.life().stumble = Some("reshare 0".into());
    run.live(5 * MINUTE).await;
    assert_eq!(run.backfeed.in_flight(), 0);
    let said = lines.with("by a fault in gigcast");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("ERROR") && said[0].contains("Reading back from acme"), "{said:?}");
    run.live(10 * MINUTE).await;
    for name in ["drawing", "painting"] {
        assert_eq!(run.ledger.engagements(gig(name).id).await.unwrap().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_account_linked_again_is_read_back_at_once() {
    let run = Run::new();
    let post = run.one_post().await;
    run.town.life().trouble = Some(("counts".into(), Failure::RelinkNeeded(Why::new("revoked"))));
    run.live(6 * MINUTE).await;
    run.town.life().trouble = None;
    let account = run.account(HERE, "acme").await;
    run.backfeed.relinked(account.id).await.unwrap();
    run.settle().await;
    assert!(run.ledger.watched(post).await.unwrap().unwrap().counts.is_some());
    let places = run.ledger.due_watches(Timestamp::NEVER, 10).await.unwrap();
    assert_eq!(places.len(), 1, "and waits in one place alone: {places:?}");
}

#[tokio::test]
async fn what_the_network_told_the_deliveries_holds_for_reading_as_well() {
    let run = Run::new();
    let account = run.account(HERE, "acme").await;
    run.post(&account, "drawing").await;
    let mut turn = run.ledger.turn(account.id).await.unwrap();
    turn.lane.park(NOON.plus(20 * MINUTE), LaneWait::RateLimited);
    run.ledger.end_turn(&turn, Change::default()).await.unwrap();
    run.live(19 * MINUTE).await;
    assert_eq!(run.town.asked(), Vec::<String>::new());
    run.live(2 * MINUTE).await;
    assert_eq!(run.town.asked().first().map(String::as_str), Some("counts"));
}

#[tokio::test]
async fn an_age_band_ends_by_a_clock_that_is_believed_alone() {
    let run = Run::new();
    run.town.reshared_by(&["ana", "bo"]);
    run.one_post().await;
    run.after(5 * MINUTE).await;
    run.town.asked();
    run.clock.jump_to(NOON.plus(2 * HOUR));
    run.settle().await;
    assert_eq!(run.town.asked(), ["counts"], "nothing moved, and no band is over by this clock");
    run.town.reshared_by(&["bo"]);
    run.live(HOUR).await;
    assert_eq!(run.undone("ana").await, None);
    run.backfeed.fitness.confirm_clock();
    run.live(HOUR).await;
    assert!(run.undone("ana").await.is_some(), "what was read in doubt is read anew");
}
