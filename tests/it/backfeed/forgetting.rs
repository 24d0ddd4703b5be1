//! Whoever asked to be forgotten is not collected again: the posts are read back as before, the counts stay, and nobody is named.

use super::{MINUTE, Run, gig, id};
use crate::support::town::Town;
use gigcast::clock::{Clock, ManualClock};
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::store::{Ledger, Wish};
use gigcast::trust::Party;

#[tokio::test]
async fn whoever_is_forgotten_stays_forgotten_when_the_post_is_read_again() {
    let run = Run::new();
    run.town.reshared_by(&["bo", "cy"]);
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.town.reply("cy", 2, "I vouch for @bo@town");
    let gig = gig("drawing").id;
    run.one_post().await;
    run.after(5 * MINUTE).await;
    assert_eq!(run.vouches().await.len(), 2);
    let before = run.ledger.engagements(gig).await.unwrap().len();

    let forgot = run.backfeed.weave.forget(Party::Actor(id("bo")), None, run.clock.now()).await.unwrap().unwrap();
    assert_eq!((forgot.vouches, forgot.deeds, forgot.mentions), (2, 2, 1), "{forgot:?}");
    assert!(run.ledger.actor(id("bo")).await.unwrap().is_none());
    let nowhere = async |run: &Run| {
        for (key, value) in run.store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap() {
            let shown = String::from_utf8_lossy(&value).into_owned();
            assert!(!shown.contains("bo@") && !shown.contains("@bo"), "{key:02x?} names them: {shown}");
        }
    };
    nowhere(&run).await;

    run.town.reshared_by(&["bo", "cy", "dee"]);
    run.town.reply("bo", 3, "I vouch for @ana@town once more");
    run.after(5 * MINUTE).await;
    nowhere(&run).await;
    assert!(run.vouches().await.is_empty());
    assert!(run.ledger.evidence_by(Party::Actor(id("bo"))).await.unwrap().is_empty());
    let deeds = run.ledger.engagements(gig).await.unwrap();
    assert_eq!(deeds.len(), before + 2, "what they do is counted still");
    assert!(run.ledger.actor(id("cy")).await.unwrap().is_some(), "others are named as before");
    assert_eq!(run.ledger.wish(Party::Actor(id("bo"))).await.unwrap(), Some(Wish::Forgotten));
    assert!(run.ledger.wish(Party::Actor(id("cy"))).await.unwrap().is_none());
}

/// A town with bo in it, read back over this store, and bo forgotten as far as the store allows.
async fn forgetting(store: &VolatileStore) -> (Run, bool) {
    let clock = ManualClock::at(super::NOON);
    let run = Run::over(std::sync::Arc::new(store.clone()), &Town::new(clock.clone()), &clock, 10_000);
    run.town.reshared_by(&["bo", "cy"]);
    run.town.reply("bo", 1, "I vouch for @ana@town");
    run.town.reply("cy", 2, "I vouch for @bo@town");
    run.one_post().await;
    run.after(5 * MINUTE).await;
    let forgot = run.ledger.forget_actor(id("bo"), None, run.clock.now()).await;
    (run, forgot.is_ok())
}

#[tokio::test]
async fn a_forgetting_that_was_interrupted_at_any_commit_is_ended_by_the_next_start() {
    let whole = VolatileStore::new();
    forgetting(&whole).await;
    let all = whole.commits();
    let mut swept = 0;
    for commit in (1..=all).rev() {
        for stop in Stop::ALL {
            let store = VolatileStore::new();
            store.stop_at(commit, stop);
            let (_, finished) = forgetting(&store).await;
            let reopened = store.reopen();
            let ledger = Ledger::new(std::sync::Arc::new(reopened));
            if finished {
                continue;
            }
            let begun = ledger.wish(Party::Actor(id("bo"))).await.unwrap().is_some();
            ledger.resume_forgetting().await.unwrap();
            if !begun {
                // Not even the wish was written: before it nothing is taken away.
                return assert!(swept >= 6, "only {swept} places were tried");
            }
            swept += 1;
            assert!(ledger.actor(id("bo")).await.unwrap().is_none());
            assert!(ledger.evidence_by(Party::Actor(id("bo"))).await.unwrap().is_empty());
            assert!(ledger.evidence_about(Party::Actor(id("bo"))).await.unwrap().is_empty());
            assert!(ledger.vouches(gig("drawing").id).await.unwrap().is_empty(), "commit {commit} {stop:?}");
            let words = ledger.engagements(gig("drawing").id).await.unwrap();
            assert!(words.iter().all(|deed| !format!("{:?}", deed.words).contains("bo@")), "{words:?}");
            assert_eq!(ledger.resume_forgetting().await.unwrap(), 0, "all is done");
        }
    }
}
