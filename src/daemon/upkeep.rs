//! What has to be done now and then: look how much room is left, forget what no longer counts, drop what waited for its person for too
//! long, tell whose link will end, clear away what nothing points to, remove what has been over for long enough.

use super::Idle;
use super::deliver::Deliver;
use super::desk::review::ReviewDesk;
use super::retention;
use crate::clock::{Timestamp, WallClock};
use crate::config::Keep;
use crate::ports::StoreError;
use crate::store::layout::Key;
use crate::web::signed::is_over;
use crate::web::visits::Visits;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::debug;

#[derive(Debug)]
pub struct Upkeep {
    pub deliver: Arc<Deliver>,
    pub bell: Arc<Notify>,
    /// What the clock said when it was last looked at, and when the slower half is due again.
    pub times: Mutex<Times>,
    /// Where the look for invitations and sign-ins that are over goes on.
    pub access_from: Mutex<Option<Key>>,
    /// What was counted on gigs' pages since the last time.
    pub visits: Arc<Visits>,
    /// So long it is kept that somebody is interested.
    pub interests_kept: Duration,
    /// How long what is over is kept.
    pub keep: Keep,
}

#[derive(Debug)]
pub struct Times {
    seen: Timestamp,
    tidy_due: Timestamp,
    ends_due: Timestamp,
    visits_due: Timestamp,
}

/// What a step finds to be done.
struct Due {
    set_back: bool,
    tidy: bool,
    /// All grants are opened for it, so it is done more rarely.
    ends: bool,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            seen: Timestamp::EPOCH,
            tidy_due: Timestamp::EPOCH,
            ends_due: Timestamp::EPOCH,
            visits_due: Timestamp::EPOCH,
        }
    }
}

const ROOM_EVERY: Duration = Duration::from_secs(5);
const TIDY_EVERY: Duration = Duration::from_mins(5);
const ENDS_EVERY: Duration = Duration::from_hours(1);
/// What is lost of the count, at most, when the process is killed.
const VISITS_EVERY: Duration = Duration::from_mins(1);
const SWEPT_AT_ONCE: usize = 64;
/// A clock that goes back by less than this was corrected, not set: waits that are longer by as much do no harm.
const CORRECTED: Duration = Duration::from_mins(1);
const LOOKED_AT_ONCE: usize = 1000;
/// Longer than senders go on sending one message again: four days, as Standard Webhooks advises.
const MESSAGES_KEPT: Duration = Duration::from_hours(7 * 24);

impl Upkeep {
    pub async fn step(&self) -> Result<Idle, StoreError> {
        let Deliver { ledger, clock, fitness, quotas, bell, .. } = &*self.deliver;
        let now = clock.now();
        let was_short = fitness.is_short_of_room();
        fitness.note_room(ledger.free_bytes());
        if was_short && !fitness.is_short_of_room() {
            bell.notify_one();
        }
        let wall = fitness.clock(now);
        if !fitness.is_short_of_room() {
            let due = self.due(now);
            if due.set_back {
                self.deliver.clock_was_set_back().await?;
            }
            self.bring_visits(now).await?;
            if due.tidy {
                quotas.tidy(now);
                ReviewDesk { deliver: Arc::clone(&self.deliver) }.drop_closed().await?;
                while ledger.sweep(SWEPT_AT_ONCE).await? == SWEPT_AT_ONCE {}
                // By a clock that is wrong, everything is over.
                if wall == WallClock::Sound {
                    self.clear_access(now).await?;
                    ledger.forget_messages(now.minus(MESSAGES_KEPT), LOOKED_AT_ONCE).await?;
                    ledger.forget_interests(now.minus(self.interests_kept), LOOKED_AT_ONCE).await?;
                }
            }
            // As with all that time alone decides: not by a clock that is in doubt.
            if wall == WallClock::Sound {
                retention::step(ledger, &self.keep, now).await?;
            }
            if due.ends && wall == WallClock::Sound {
                self.deliver.sessions.tell_ends().await?;
            }
        }
        Ok(Idle { next_due: Some(now.plus(ROOM_EVERY)) })
    }

    /// Whether the clock was set back since the last time, and what it is time for.
    fn due(&self, now: Timestamp) -> Due {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let set_back = now.plus(CORRECTED) < times.seen;
        let tidy = times.tidy_due <= now || set_back;
        times.seen = now;
        if tidy {
            times.tidy_due = now.plus(TIDY_EVERY);
        }
        let ends = times.ends_due <= now || set_back;
        if ends {
            times.ends_due = now.plus(ENDS_EVERY);
        }
        if set_back {
            times.visits_due = now;
        }
        Due { set_back, tidy, ends }
    }

    async fn bring_visits(&self, now: Timestamp) -> Result<(), StoreError> {
        {
            let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
            if times.visits_due > now {
                return Ok(());
            }
            times.visits_due = now.plus(VISITS_EVERY);
        }
        self.deliver.ledger.note_visits(&self.visits.take()).await
    }

    /// A part of those there are, so that many of them hold nothing up.
    async fn clear_access(&self, now: Timestamp) -> Result<(), StoreError> {
        let from = self.access_from.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ledger = &self.deliver.ledger;
        let cleared = ledger.clear_access(from, LOOKED_AT_ONCE, now, |sign_in| is_over(sign_in, now)).await?;
        if cleared.removed > 0 {
            debug!(
                event = "sign_in.cleared",
                removed = cleared.removed,
                "Sign-ins and invitations that were over are cleared away"
            );
        }
        *self.access_from.lock().unwrap_or_else(PoisonError::into_inner) = cleared.next;
        Ok(())
    }
}
