//! What stopped reading back, and how it goes on: a fault of our own, an account that had to be linked again, a clock that was ahead.

use super::{DAY, HERE, MINUTE, NOON, Run, gig};
use crate::support::lines::Lines;
use gigcast::clock::{Clock, Timestamp};
use gigcast::failure::{Failure, Why};

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
async fn a_clock_that_was_ahead_and_is_set_back_keeps_no_post_waiting_for_the_old_time() {
    for restarted in [false, true] {
        let mut run = Run::new();
        run.clock.jump_to(NOON.plus(400 * DAY));
        let post = run.one_post().await;
        run.settle().await;
        run.clock.jump_to(NOON);
        if restarted {
            run = run.restarted();
        }
        run.settle().await;
        let due = run.ledger.watched(post).await.unwrap().unwrap().due.unwrap();
        assert!(due.since(run.clock.now()) <= 5 * MINUTE, "{due}");
        run.live(6 * MINUTE).await;
        assert!(run.ledger.watched(post).await.unwrap().unwrap().counts.is_some());
    }
}
