//! Whether gigcast does what it is there for, asked of the parts that do it.
//!
//! A process that answers is not yet one that delivers: a sender that hangs, a disk that does not sync or a lane that nobody
//! turns must not look healthy. A doubtful clock is no ailment: sending goes on, and `status` says what waits for it.

use super::Pulse;
use crate::clock::{Clock, Timestamp};
use crate::fitness::Fitness;
use crate::ports::{BoxFuture, StoreError};
use crate::store::Ledger;
use crate::web::Health;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub struct Vitals {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub fitness: Arc<Fitness>,
    pub pulse: Arc<Pulse>,
}

/// A lane that is due and not turned for so long is stuck, not busy.
const LATE: Duration = Duration::from_mins(2);
/// The sender steps four times a minute even when nothing is due.
const SILENT: Duration = Duration::from_mins(1);
/// A sync that takes longer is as good as none.
const SYNC: Duration = Duration::from_secs(5);

impl Health for Vitals {
    fn ailments(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async move {
            let mut ailments: Vec<String> = self.fitness.unfit_because().into_iter().collect();
            if self.fitness.fault().is_some() {
                return ailments;
            }
            let now = self.clock.now();
            ailments.extend(self.silent());
            ailments.extend(self.late(now).await);
            ailments.extend(self.unsynced().await);
            ailments
        })
    }
}

impl Vitals {
    fn silent(&self) -> Option<String> {
        let Some(last) = self.pulse.last() else { return Some("The sender has not begun yet.".to_owned()) };
        let silence = self.clock.monotonic().saturating_sub(last);
        (silence > SILENT).then(|| format!("The sender has not stepped for {} seconds.", silence.as_secs()))
    }

    async fn late(&self, now: Timestamp) -> Option<String> {
        // What came due while no gigcast ran, or was made due by setting the clock, could not leave before this run, or before that.
        let began = now.minus(self.clock.monotonic());
        let since = self.fitness.doubted_since(now).map_or(began, |doubted| doubted.max(began));
        match self.ledger.next_wake().await {
            Ok(Some(due)) if now.since(due.max(since)) > LATE && !self.fitness.is_short_of_room() => {
                Some(format!("A delivery has been due since {due} and has not left, though nothing parks it."))
            }
            Ok(_) => None,
            Err(fault) => Some(unreadable(&fault)),
        }
    }

    async fn unsynced(&self) -> Option<String> {
        match tokio::time::timeout(SYNC, self.ledger.barrier()).await {
            Ok(Ok(())) => None,
            Ok(Err(fault)) => Some(unreadable(&fault)),
            Err(_) => Some(format!("The disk did not sync within {} seconds.", SYNC.as_secs())),
        }
    }
}

fn unreadable(fault: &StoreError) -> String {
    format!("The store cannot be used: {fault}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::id::AccountId;
    use crate::outbox::Lane;
    use crate::store::Change;
    use crate::store::memory::MemoryStore;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn vitals() -> (Vitals, ManualClock) {
        let clock = ManualClock::at(NOON);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let fitness = Arc::new(Fitness::new(Arc::clone(&shared), Duration::from_mins(10), 1));
        let ledger = Ledger::new(Arc::new(MemoryStore::new()));
        (Vitals { ledger, clock: shared, fitness, pulse: Arc::default() }, clock)
    }

    #[tokio::test]
    async fn a_sender_that_steps_is_healthy_and_one_that_stopped_is_not() {
        let (vitals, clock) = vitals();
        assert_eq!(vitals.ailments().await, ["The sender has not begun yet."]);
        vitals.pulse.beat(&*vitals.clock);
        clock.advance(SILENT);
        assert!(vitals.ailments().await.is_empty());
        clock.advance(Duration::from_secs(1));
        assert_eq!(vitals.ailments().await, ["The sender has not stepped for 61 seconds."]);
    }

    #[tokio::test]
    async fn a_full_disk_and_a_broken_store_are_told() {
        let (vitals, _) = vitals();
        vitals.pulse.beat(&*vitals.clock);
        vitals.fitness.note_room(Some(0));
        assert!(vitals.ailments().await[0].contains("nearly full"));
        vitals.fitness.break_down(&StoreError::Closed);
        assert!(vitals.ailments().await[0].contains("the store is closed"));
    }

    #[tokio::test]
    async fn a_lane_that_is_due_and_not_turned_is_told_and_one_that_is_parked_is_not() {
        let (vitals, clock) = vitals();
        let account = AccountId::of(&[b"a"]);
        let mut turn = vitals.ledger.turn(account).await.unwrap();
        turn.lane = Lane::new(account);
        let mut announcement = crate::outbox::Announcement::new(
            crate::id::GigId::of(&[b"g"]),
            account,
            crate::outbox::Wanted::Revision(crate::gig::Revision::FIRST),
        );
        let opened = Ledger::open_step(
            &mut announcement,
            crate::outbox::Verb::Create,
            crate::gig::Revision::FIRST,
            None,
            NOON.plus(Duration::from_mins(1)),
        );
        let change = Change { opened: Some(opened), ..Change::default() };
        vitals.ledger.end_turn(&turn, change).await.unwrap();
        clock.advance(Duration::from_mins(3));
        vitals.pulse.beat(&clock);
        assert!(vitals.ailments().await.is_empty(), "two minutes late is not yet stuck");
        clock.advance(Duration::from_secs(1));
        assert!(vitals.ailments().await[0].contains("has been due since"));
    }
}
