//! The pump that empties the lanes.
//!
//! A step looks which lanes are awake, gives each one a task of its own, and returns. A task takes one turn: it asks the paces, makes the
//! claim durable, sends, and makes the outcome durable; then it wakes the pump. Tasks never wait for each other: their syncs are
//! shared because the store's writer gathers what queued, and a slow host holds only its own slots.

mod holding;
mod outcome;
mod turn;

use super::Idle;
use crate::clock::Clock;
use crate::fitness::Fitness;
use crate::grants::Sessions;
use crate::id::AccountId;
use crate::outbox::backoff::Schedule;
use crate::outbox::pace::{Counted, Quotas};
use crate::outbox::{Epoch, Event, Lane, LaneHold, Terms};
use crate::person::{Account, GrantState};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::profile::Profile;
use crate::store::{Change, Ledger};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::error;

/// How an outcome is tried, looked up and paced; from the config.
#[derive(Debug, Clone)]
pub struct Settings {
    pub backoff: Schedule,
    pub look_after: Vec<Duration>,
    pub total_timeout: Duration,
    pub max_in_flight: usize,
    pub max_in_flight_per_host: usize,
    pub public_url: Option<String>,
    /// When the engagements of a new post are read first.
    pub first_backfeed: Duration,
}

#[derive(Debug)]
pub struct Deliver {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub sessions: Arc<Sessions>,
    pub quotas: Arc<Quotas>,
    pub taxonomy: Arc<Taxonomy>,
    pub settings: Settings,
    pub epoch: Epoch,
    pub fitness: Arc<Fitness>,
    /// Rung when a lane may have woken.
    pub bell: Arc<Notify>,
    pub tasks: TaskTracker,
    /// Lanes with a task, and the host each is busy with.
    pub busy: Mutex<HashMap<AccountId, String>>,
}

/// Whether a lane may have a task now, as far as its host does not matter.
enum Slot {
    Free,
    Busy,
    NoneLeft,
}

/// So many lanes are recovered at once, and share their syncs.
const RECOVERED_AT_ONCE: usize = 64;

impl Deliver {
    /// Settles what an earlier run left on its way, and makes every lane's wake key true. Once, before the first step.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let mut interrupted = 0;
        for some in self.ledger.lanes().await?.chunks(RECOVERED_AT_ONCE) {
            let mut lanes = Vec::with_capacity(some.len());
            for lane in some {
                lanes.push(self.recover_lane(lane));
            }
            interrupted += try_join_all(lanes).await?.into_iter().filter(|was| *was).count();
        }
        Ok(interrupted)
    }

    /// Answers whether something had been on its way.
    async fn recover_lane(&self, lane: &Lane) -> Result<bool, StoreError> {
        let account = self.ledger.account(lane.account).await?;
        let interrupted = lane.claim.filter(|claim| claim.epoch < self.epoch);
        if let Some(claim) = interrupted {
            if let Some(account) = &account {
                let profile = self.sessions.known_profile(account).await?;
                let event = Event::Restarted { epoch: self.epoch };
                self.settle(account, &profile, claim.delivery, event, None, None).await?;
            }
        } else {
            // Another writer cannot be there yet; a conflict would only mean that the key is true already.
            let turn = self.ledger.turn(lane.account).await?;
            self.ledger.end_turn(&turn, Change::default()).await?;
        }
        if let Some(account) = &account {
            let profile = self.sessions.known_profile(account).await?;
            self.quotas.replay(&profile.quotas, counted(account), lane);
            // The last run may have ended between what a person did and what follows from it.
            let outdated = match lane.hold {
                Some(LaneHold::Relink) => account.grant == GrantState::Linked,
                Some(LaneHold::Paused) | None => false,
            };
            if outdated {
                self.relinked(account).await?;
            }
            self.recover_unlinked(account).await?;
        }
        Ok(interrupted.is_some())
    }

    /// Starts the turns that are due and have a slot.
    pub async fn step(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let now = self.clock.now();
        if let Some(until) = self.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        let mut unlinked = false;
        let mut looked_at = self.settings.max_in_flight * 4;
        'slots: loop {
            let due = self.ledger.due_lanes(now, looked_at).await?;
            for wake in &due {
                match self.slot_for(wake.account) {
                    Slot::Free => {}
                    Slot::Busy => continue,
                    Slot::NoneLeft => break 'slots,
                }
                let Some(account) = self.ledger.account(wake.account).await? else {
                    // Its account was unlinked: nothing can leave, so nothing has to wake.
                    let mut turn = self.ledger.turn(wake.account).await?;
                    turn.lane.hold(LaneHold::Relink);
                    self.ledger.end_turn(&turn, Change::default()).await?;
                    unlinked = true;
                    continue;
                };
                if self.take_slot(&account) {
                    self.begin(account.id);
                }
            }
            if due.len() < looked_at {
                break;
            }
            // All of these may wait for one slow host: whoever is due behind them must not.
            looked_at *= 4;
        }
        // What is due by now has a task, or finds no slot: either way the end of a task rings the bell. What is due later must be
        // met in time, however long these tasks take.
        let later = self.ledger.next_wake_after(now).await?;
        Ok(Idle { next_due: if unlinked { Some(now) } else { later } })
    }

    fn begin(self: &Arc<Self>, id: AccountId) {
        let this = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(fault) = Box::pin(this.turn(id)).await {
                error!(account.id = %id, "The store failed while a delivery was in hand: {fault}");
                this.fitness.break_down(&fault);
            }
            this.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            this.bell.notify_one();
        });
    }

    pub fn in_flight(&self) -> usize {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What can be said before the account is read: most of what is due has a task already, or has to wait for one to end.
    fn slot_for(&self, account: AccountId) -> Slot {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.contains_key(&account) {
            Slot::Busy
        } else if busy.len() >= self.settings.max_in_flight {
            Slot::NoneLeft
        } else {
            Slot::Free
        }
    }

    fn take_slot(&self, account: &Account) -> bool {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let at_host = busy.values().filter(|server| **server == account.server).count();
        let free = busy.len() < self.settings.max_in_flight
            && at_host < self.settings.max_in_flight_per_host
            && !busy.contains_key(&account.id);
        if free {
            busy.insert(account.id, account.server.clone());
        }
        free
    }

    pub fn terms<'a>(&'a self, profile: &'a Profile) -> Terms<'a> {
        Terms {
            profile,
            backoff: &self.settings.backoff,
            look_after: &self.settings.look_after,
            total_timeout: self.settings.total_timeout,
            clock: self.fitness.clock(self.clock.now()),
        }
    }
}

fn counted(account: &Account) -> Counted<'_> {
    Counted { account: account.id, server: &account.server }
}
