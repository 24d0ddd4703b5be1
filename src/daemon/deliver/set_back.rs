//! After the wall clock was ahead and has been set back: what was to wait by the old time waits by the new one.
//!
//! A lane that sleeps until a day that is years away is never turned, so nothing of this can be left to its turn. It is gone through at
//! each start, and whenever upkeep sees the clock go back.

use super::Deliver;
use crate::clock::Timestamp;
use crate::outbox::{Lane, pace, set_back};
use crate::person::Account;
use crate::ports::{Commit, StoreError};
use crate::profile::Profile;
use crate::store::{Change, Turn};
use std::time::Duration;
use tracing::info;

impl Deliver {
    /// Goes through all lanes, and says so when anything waited for too long.
    pub async fn clock_was_set_back(&self) -> Result<(), StoreError> {
        let mut mended = 0;
        for lane in self.ledger.lanes().await? {
            if let Some(account) = self.ledger.account(lane.account).await? {
                let profile = self.sessions.known_profile(&account).await?;
                mended += self.mend(&account, &profile, &lane).await?;
            }
        }
        if mended > 0 {
            info!(
                event = "clock.set_back",
                mended,
                "The wall clock was ahead and has been set back; {mended} waits by the old time are made to fit the new one"
            );
            self.bell.notify_one();
        }
        Ok(())
    }

    /// Answers how many waits were too long.
    pub(super) async fn mend(&self, account: &Account, profile: &Profile, lane: &Lane) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let fits = |turn: &Turn| pace::set_back(&turn.lane, &account.pace, &profile.quotas, now) == turn.lane;
        let mut mended = 0;
        if pace::set_back(lane, &account.pace, &profile.quotas, now) != *lane {
            mended += 1;
            loop {
                let mut turn = self.ledger.turn(account.id).await?;
                if fits(&turn) {
                    break;
                }
                turn.lane = pace::set_back(&turn.lane, &account.pace, &profile.quotas, now);
                if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                    break;
                }
            }
        }
        let waiting = self.ledger.waiting_behind(account.id, now).await?;
        for (n, delivery) in (0..).zip(waiting).filter(|(_, delivery)| delivery.is_waiting()) {
            // In the order they stood in.
            let at = now.plus(Duration::from_millis(n));
            mended += usize::from(self.mend_delivery(account, profile, delivery.id, at).await?);
        }
        Ok(mended)
    }

    async fn mend_delivery(
        &self,
        account: &Account,
        profile: &Profile,
        id: crate::id::DeliveryId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        loop {
            let turn = self.ledger.turn_with(account.id, id).await?;
            let Some(before) = turn.delivery().filter(|delivery| delivery.is_waiting()) else { return Ok(false) };
            let after = set_back(before, self.terms(profile), at);
            if after == *before {
                return Ok(false);
            }
            let change = Change { delivery: Some(after), ..Change::default() };
            if self.ledger.end_turn(&turn, change).await? == Commit::Applied {
                return Ok(true);
            }
        }
    }
}
