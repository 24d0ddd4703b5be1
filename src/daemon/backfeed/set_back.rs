//! After the wall clock was ahead and has been set back: no post waits to be read until the old time comes again.
//!
//! Gone through at the first step, and whenever a step sees that the clock went back. What waits within the longest wait there can be is
//! left alone; of the rest each gets the due time that its age gives it now.

use super::{Backfeed, schedule};
use crate::clock::Timestamp;
use crate::ports::StoreError;
use crate::store::DueWatch;
use crate::web::words::count;
use std::time::Duration;
use tracing::info;

/// A clock that goes back by less than this was corrected, not set.
const CORRECTED: Duration = Duration::from_mins(1);

impl Backfeed {
    pub(super) async fn heed_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        let seen = self.state().seen.replace(now);
        if seen.is_some_and(|seen| seen <= now.plus(CORRECTED)) {
            return Ok(());
        }
        if let Some(seen) = seen {
            // What was asked of us is kept in full: it is over as much later as it was.
            let back = seen.since(now);
            let mut state = self.state();
            state.accounts.values_mut().for_each(|until| *until = until.minus(back));
            state.hosts.values_mut().for_each(|until| *until = until.minus(back));
        }
        let by_age = self.rules.ages.iter().map(|band| band.every).max().unwrap_or_default();
        let longest = by_age.max(schedule::backoff(u16::MAX));
        let mut mended = 0u32;
        for due in self.ledger.watches_behind(now.plus(longest)).await? {
            let fitting = self.fitting(due, now).await?;
            if due.at > fitting {
                self.put_off(due, fitting).await?;
                mended += 1;
            }
        }
        if mended > 0 {
            info!(
                event = "clock.set_back",
                mended,
                "The wall clock was ahead and has been set back; {} read back by the new time",
                count(mended, "post is", "posts are")
            );
        }
        Ok(())
    }

    /// When a post would be read by now, had it just been.
    async fn fitting(&self, due: DueWatch, now: Timestamp) -> Result<Timestamp, StoreError> {
        let Some(delivery) = self.ledger.delivery(due.delivery).await? else { return Ok(now) };
        let posted = delivery.last_sent.unwrap_or(delivery.stamp.opened).min(now);
        let cited = self.ledger.is_cited(due.delivery, delivery.gig).await?;
        Ok(schedule::next_due(&self.rules, posted, cited, now).unwrap_or(now))
    }
}
