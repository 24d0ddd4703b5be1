//! What stopped reading back, and how it goes on: a fault of our own, an account that had to be linked again, a clock that was ahead.

use super::{DAY, FIVE, HERE, HOUR, MINUTE, NOON, Run, gig};
use crate::support::lines::Lines;
use crate::support::town::Town;
use gigcast::clock::{Clock, ManualClock, Timestamp};
use gigcast::failure::{Failure, Why};
use gigcast::outbox::LaneWait;
use gigcast::outbox::pace::budget::Left;
use gigcast::outbox::pace::stated::Window;
use gigcast::profile::Action;
use gigcast::store::Change;
use gigcast::store::volatile::{Stop, VolatileStore};
use std::sync::Arc;

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

/// A town whose second read has something of everything: new, gone, come back, unsaid, said again, unnamed.
async fn second_read(store: &VolatileStore) -> Run {
    let clock = ManualClock::at(NOON);
    let town = Town::new(clock.clone());
    let run = Run::over(Arc::new(store.clone()), &town, &clock, 10_000);
    town.reshared_by(&FIVE);
    town.reply("ana", 1, "I vouch for @bo@town");
    town.reply("cy", 1, "I vouch for @bo@town");
    town.reply("zzyxa", 1, "I vouch for @bo@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    town.reshared_by(&["ana", "bo", "dov", "eve"]);
    run.after(5 * MINUTE).await;
    town.reshared_by(&["gil", "ana", "cy", "bo", "eve", "hal"]);
    town.life().replies[0].text = "never mind".into();
    town.life().replies.remove(1);
    town.life().shy.insert("zzyxa".into());
    town.reply("dov", 1, "I vouch for @eve@town, @ana@town");
    run
}

/// All that reading back has written, as bytes.
async fn record(run: &Run) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = run.store.scan(&[0x40], &[0x50], usize::MAX).await.unwrap();
    rows.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

#[tokio::test]
async fn stopped_at_any_commit_and_started_anew_the_record_is_the_same() {
    let store = VolatileStore::new();
    let run = second_read(&store).await;
    let before = store.commits();
    run.after(5 * MINUTE).await;
    let commits = store.commits() - before;
    let expected = record(&run).await;
    assert!(commits > 6, "{commits} commits are too few to say anything");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let store = VolatileStore::new();
            let run = second_read(&store).await;
            store.stop_at(store.commits() + commit, stop);
            run.after(5 * MINUTE).await;
            assert!(store.has_stopped(), "{stop:?} {commit}");
            let again = Run::over(Arc::new(store.reopen()), &run.town, &run.clock, 10_000);
            again.settle().await;
            assert!(record(&again).await == expected, "{stop:?} at commit {commit} leaves another record");
        }
    }
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
async fn a_window_with_nothing_left_stops_the_reading_of_a_list_at_once() {
    let run = Run::new();
    run.town.reshared_by(&["ana", "bo", "cy", "dov", "eve"]);
    run.one_post().await;
    let reset = NOON.plus(12 * MINUTE);
    // One is left after the first page of the list; none after the second.
    run.town.life().states = Some(([9, 1, 0].into(), reset));
    run.after(5 * MINUTE).await;
    assert_eq!(run.town.asked(), ["counts", "reshare 0", "reshare 2"], "and not the third page");
    let account = run.ledger.accounts().await.unwrap()[0].id;
    let said = run.sessions.stated.of(account, run.clock.now());
    assert_eq!(said, [Window { action: Action::Request, left: Left { left: 0, of: 300 }, until: reset }]);
    run.town.life().states = None;
    run.live(6 * MINUTE).await;
    assert_eq!(run.town.asked(), Vec::<String>::new(), "the window runs");
    run.live(MINUTE).await;
    assert_eq!(run.town.asked().first().map(String::as_str), Some("reshare 4"), "it goes on where it was");
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
