//! The pump that empties the lanes.
//!
//! A step looks which lanes are awake, gives each one a task of its own, and returns. A task takes one turn: it asks the paces, makes the
//! claim durable, sends, and makes the outcome durable; then it wakes the pump. Tasks never wait for each other: their syncs are
//! shared because the store's writer gathers what queued, and a slow host holds only its own slots.

mod holding;
mod outcome;
mod relaying;
mod restored;
mod set_back;
mod turn;

use super::{Idle, journal, mishap};
use crate::clock::Clock;
use crate::config::Live;
use crate::fitness::Fitness;
use crate::grants::Sessions;
use crate::id::{AccountId, DeliveryId};
use crate::outbox::backoff::Schedule;
use crate::outbox::pace::{self, Counted, Quotas};
use crate::outbox::{Delivery, Epoch, Event, Lane, LaneHold, LaneWait, MOMENT, Terms};
use crate::person::{Account, GrantState};
use crate::plan::Speech;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::profile::Profile;
use crate::store::{Change, Ledger, Wake};
use crate::telemetry::Meters;
use crate::telemetry::trace::{Traces, facts};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// How long a change of a gig waits for the next one.
    pub edit_quiet: Duration,
    /// A new post that has waited longer is dropped.
    pub worth_saying_for: Duration,
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
    /// How accounts speak.
    pub speech: Arc<Live<Speech>>,
    pub settings: Live<Settings>,
    pub epoch: Epoch,
    pub fitness: Arc<Fitness>,
    /// Rung when a lane may have woken.
    pub bell: Arc<Notify>,
    /// Rung when there is something to plan: a post came out that others reshare.
    pub to_plan: Arc<Notify>,
    pub tasks: TaskTracker,
    pub slots: Mutex<Slots>,
    /// Counts what becomes of deliveries.
    pub meters: Arc<Meters>,
    /// Tells of what has ended, where a collector listens.
    pub traces: Arc<Traces>,
}

/// Who has a task, and who is next.
#[derive(Debug, Default)]
pub struct Slots {
    /// Lanes with a task, and the host each is busy with.
    busy: HashMap<AccountId, String>,
    /// Lanes that were due at the last look and found no slot, earliest first. They are due still, or their turn finds out that
    /// they are not: so while there are some, a task that ends costs no look at all the others.
    next: Vec<Wake>,
}

/// Whether a lane may have a task now, as far as its host does not matter.
enum Slot {
    Free,
    Busy,
    NoneLeft,
}

/// Which delivery a task has in hand, for whoever has to go on where a panic ends it.
#[derive(Debug, Default)]
struct Hand(Mutex<Option<DeliveryId>>);

impl Hand {
    fn take_up(&self, delivery: Option<&Delivery>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = delivery.map(|delivery| delivery.id);
    }

    fn holds(&self) -> Option<DeliveryId> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// So many lanes are recovered at once, and share their syncs.
const RECOVERED_AT_ONCE: usize = 64;

impl Deliver {
    /// Tells of a change that is durable, in the log, in the counts and, where it is the end, in the trace. `took` is how long its
    /// request was out.
    pub fn note(&self, account: &Account, after: &Delivery, took: Option<Duration>) {
        let now = self.clock.now();
        self.meters.note(&account.network, after, now);
        journal::changed(account, after, took);
        self.traces.tell(|| after.is_settled().then(|| facts::settled(account, after, now)));
    }

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
            self.mend(account, &profile, lane).await?;
            let lane = &pace::set_back(lane, &account.pace, &profile.quotas, self.clock.now());
            self.quotas.replay(&profile.quotas, counted(account), lane);
            // The last run may have ended between what a person did and what follows from it.
            let outdated = match lane.hold {
                Some(LaneHold::Relink) => account.grant == GrantState::Linked,
                Some(LaneHold::Paused | LaneHold::Switched) | None => false,
            };
            if outdated {
                self.relinked(account).await?;
            }
            if lane.hold == Some(LaneHold::Switched) && self.switched_off(account).await?.is_none() {
                self.switched_on(account.id).await?;
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
        let mut due = std::mem::take(&mut self.slots().next);
        let mut looked_at = self.settings.max_in_flight * 4;
        let mut seen_all = false;
        loop {
            for (n, wake) in due.iter().enumerate() {
                match self.slot_for(wake.account) {
                    Slot::Free => {}
                    Slot::Busy => continue,
                    Slot::NoneLeft => {
                        due.drain(..n);
                        self.slots().next = due;
                        // The end of a task rings the bell.
                        return Ok(Idle { next_due: unlinked.then_some(now) });
                    }
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
            if seen_all {
                break;
            }
            // While all of these may wait for one slow host, whoever is due behind them must not.
            due = self.ledger.due_lanes(now, looked_at).await?;
            seen_all = due.len() < looked_at;
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
            let hand = Hand::default();
            let ended = match mishap::caught(Box::pin(this.turn(id, &hand))).await {
                Ok(ended) => ended,
                Err(mishap) => this.stopped_short(id, hand.holds(), &mishap).await,
            };
            if let Err(fault) = ended {
                error!(event = "store.failed", account.id = %id, "The store failed while a delivery was in hand: {fault}");
                this.fitness.break_down(&fault);
            }
            this.slots().busy.remove(&id);
            this.bell.notify_one();
        });
    }

    /// A turn ended in a panic. What it had in hand goes on as after a crash, without a restart. Its lane rests for a moment first: a
    /// fault that comes back each time must not fill the log, nor knock at a host without end.
    async fn stopped_short(
        &self,
        id: AccountId,
        hand: Option<DeliveryId>,
        mishap: &mishap::Mishap,
    ) -> Result<(), StoreError> {
        let account = self.ledger.account(id).await?;
        let handle = account.as_ref().map_or("an account that is no longer on record", |account| &account.handle);
        let delivery = hand.map(tracing::field::display);
        error!(event = "delivery.fault", account.id = %id, delivery.id = delivery, "A delivery to {handle} stopped short, by a fault in gigcast: {mishap}");
        self.park(id, self.clock.now().plus(MOMENT), LaneWait::Mishap).await?;
        let (Some(account), Some(delivery)) = (account, hand) else { return Ok(()) };
        match mishap::caught(Box::pin(self.settle_interrupted(&account, delivery, mishap))).await {
            Ok(ended) => ended,
            Err(again) => {
                error!(event = "delivery.unsettled", account.id = %id, delivery.id = %delivery, "{delivery} could not be settled either, and may wait for the next start of gigcast: {again}");
                Ok(())
            }
        }
    }

    pub fn in_flight(&self) -> usize {
        self.slots().busy.len()
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What can be said before the account is read: most of what is due has a task already, or has to wait for one to end.
    fn slot_for(&self, account: AccountId) -> Slot {
        let slots = self.slots();
        let busy = &slots.busy;
        if busy.contains_key(&account) {
            Slot::Busy
        } else if busy.len() >= self.settings.max_in_flight {
            Slot::NoneLeft
        } else {
            Slot::Free
        }
    }

    fn take_slot(&self, account: &Account) -> bool {
        let mut slots = self.slots();
        let busy = &mut slots.busy;
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
            edit_quiet: self.settings.edit_quiet,
            clock: self.fitness.clock(self.clock.now()),
        }
    }
}

fn counted(account: &Account) -> Counted<'_> {
    Counted { account: account.id, server: &account.server }
}
