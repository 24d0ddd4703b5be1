//! The daemon: everything assembled from the config, its loops supervised, and shut down in order.
//!
//! Work is steps, not loops. Each step starts what is due and says when to be called again; the loop around it is four lines: register
//! for the bell, step, then wait for a due time, the bell or the end. Tests call the same steps with a clock of their own.

pub mod agenda;
pub mod announce;
pub mod assemble;
pub mod backfeed;
pub mod check;
pub mod collector;
pub mod deliver;
pub mod desk;
mod ending;
pub mod health;
pub mod journal;
mod listing;
mod mishap;
pub mod notify;
pub mod push;
pub mod recount;
mod relay;
pub mod reload;
pub mod restore;
mod retelling;
mod retention;
pub mod sources;
pub mod spoken;
mod switches;
pub mod unlocking;
mod unreshare;
pub mod upkeep;
pub mod watch;

pub use ending::Patience;

use crate::clock::{BoxFuture, Clock, Timestamp};
use crate::fitness::Fitness;
use crate::grants::Queues;
use crate::person::Account;
use crate::ports::StoreError;
use crate::store::SwitchOf;
use crate::web::words::count;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

/// Nothing more is due before then; never, when nothing waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    pub next_due: Option<Timestamp>,
}

/// The steps of one daemon, and what ends them.
#[derive(Debug)]
pub struct Daemon {
    pub clock: Arc<dyn Clock>,
    pub fitness: Arc<Fitness>,
    pub deliver: Arc<deliver::Deliver>,
    pub announce: Arc<announce::Announce>,
    pub watch: Arc<watch::Watch>,
    pub subscribe: Arc<push::Subscribe>,
    pub backfeed: Arc<backfeed::Backfeed>,
    pub upkeep: Arc<upkeep::Upkeep>,
    pub notify: Arc<notify::Notify>,
    pub pulse: Arc<Pulse>,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    pub patience: Patience,
}

/// When the sender last stepped: a sender that hangs or is gone must not look healthy. Counted by the time that nobody can set, or a
/// clock set forward would make it look dead, and one set back would make it look alive.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Option<Duration>>);

impl Pulse {
    pub fn beat(&self, clock: &dyn Clock) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock.monotonic());
    }

    /// As time since the process began; nothing before the first step.
    pub fn last(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every loop steps at least this often, whatever it waits for: a lost bell or a set clock heals by itself.
const AT_LEAST_EVERY: Duration = Duration::from_secs(15);

/// How many threads a daemon's runtime wants: two a core. A read of the store holds its thread while the store's writer changes
/// pages, and with one a core there are moments when nobody is left to read what the networks answered.
pub fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

impl Queues for Daemon {
    fn linked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.relinked(account))
    }

    fn unlinked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<usize, StoreError>> {
        Box::pin(self.deliver.drop_waiting(account))
    }
}

impl Daemon {
    /// Runs until it is told to stop or the store fails. Then starts nothing new, and waits up to `grace` for what is out.
    pub async fn run(&self, grace: Duration) -> Result<(), StoreError> {
        self.begin_counting(self.clock.now());
        let interrupted = self.deliver.recover().await?;
        self.announce.tell_again().await?;
        if interrupted > 0 {
            info!(
                event = "daemon.interrupted",
                deliveries = interrupted,
                "{} on the way when gigcast last stopped; each is looked up before anything is sent again",
                count(interrupted, "delivery was", "deliveries were")
            );
        }
        let deliver = Arc::clone(&self.deliver);
        let (pulse, clock) = (Arc::clone(&self.pulse), Arc::clone(&self.clock));
        self.tend("deliver", &self.deliver.bell, move || {
            pulse.beat(&*clock);
            let deliver = Arc::clone(&deliver);
            async move { deliver.step().await }
        });
        let announce = Arc::clone(&self.announce);
        self.tend("announce", &self.watch.intake.bell, move || {
            let announce = Arc::clone(&announce);
            async move { announce.step().await }
        });
        let watch = Arc::clone(&self.watch);
        self.tend("watch", &self.watch.bell, move || {
            let watch = Arc::clone(&watch);
            async move { watch.step().await }
        });
        let subscribe = Arc::clone(&self.subscribe);
        self.tend("subscribe", &self.subscribe.bell, move || {
            let subscribe = Arc::clone(&subscribe);
            async move {
                // A hub is asked nothing while everything is paused.
                let paused = subscribe.watch.intake.ledger.switches().await?;
                let all = paused.iter().any(|switch| switch.of == SwitchOf::All);
                Ok(if all { Idle { next_due: None } } else { subscribe.step() })
            }
        });
        let backfeed = Arc::clone(&self.backfeed);
        self.tend("backfeed", &self.backfeed.bell, move || {
            let backfeed = Arc::clone(&backfeed);
            async move { backfeed.step().await }
        });
        let upkeep = Arc::clone(&self.upkeep);
        self.tend("upkeep", &self.upkeep.bell, move || {
            let upkeep = Arc::clone(&upkeep);
            async move { upkeep.step().await }
        });

        self.trace();
        let notify = Arc::clone(&self.notify);
        self.tend("notify", &self.notify.bell, move || {
            let notify = Arc::clone(&notify);
            async move { notify.step().await }
        });

        tokio::select! {
            () = self.stop.cancelled() => info!(event = "daemon.stopping", "Stopping: nothing new is started, what is out is waited for"),
            () = self.fitness.broken.notified() => self.stop.cancel(),
        }
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = self.out_of_time(grace) => {
                let out = self.deliver.in_flight();
                warn!(event = "daemon.left_out", deliveries = out, "{} still out when the time to stop was up; the next start looks for it", count(out, "delivery was", "deliveries were"));
            }
        }
        self.traces().part().await;
        match self.fitness.fault() {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// An account was linked, or linked again: what waited for that goes on at once, both ways.
    pub async fn relinked(&self, account: &Account) -> Result<(), StoreError> {
        self.deliver.relinked(account).await?;
        self.backfeed.relinked(account.id).await
    }

    /// Starts nothing new, and answers once all that was on its way has ended, however long that takes.
    pub async fn drain(&self) {
        self.patience.begin();
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn out_of_time(&self, grace: Duration) {
        tokio::select! {
            () = self.patience.over() => {}
            () = self.fitness.broken.notified() => {}
        }
        let deadline = self.clock.now().plus(grace);
        while self.clock.now() < deadline {
            self.clock.sleep_until(deadline).await;
        }
    }

    fn tend<F, S>(&self, name: &'static str, bell: &Arc<Notify>, step: F)
    where
        F: FnMut() -> S + Send + 'static,
        S: Future<Output = Result<Idle, StoreError>> + Send + 'static,
    {
        let turns = Loop {
            name,
            bell: Arc::clone(bell),
            clock: Arc::clone(&self.clock),
            stop: self.stop.clone(),
            fitness: Arc::clone(&self.fitness),
        };
        self.tasks.spawn(turns.run(step));
    }
}

/// One step, taken again and again until the end.
struct Loop {
    name: &'static str,
    bell: Arc<Notify>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    fitness: Arc<Fitness>,
}

impl Loop {
    async fn run<F, S>(self, mut step: F)
    where
        F: FnMut() -> S,
        S: Future<Output = Result<Idle, StoreError>>,
    {
        let Self { name, bell, clock, stop, fitness } = self;
        while !stop.is_cancelled() {
            let rung = bell.notified();
            let idle = match mishap::caught(async { step().await }).await {
                Ok(Ok(idle)) => idle,
                Ok(Err(fault)) => {
                    error!(event = "store.failed", "The store failed under the {name} step: {fault}");
                    return fitness.break_down(&fault);
                }
                Err(mishap) => {
                    error!(
                        event = "daemon.fault",
                        "The {name} step stopped short, by a fault in gigcast, and is taken again: {mishap}"
                    );
                    Idle { next_due: None }
                }
            };
            let latest = clock.now().plus(AT_LEAST_EVERY);
            let until = idle.next_due.map_or(latest, |due| due.min(latest));
            tokio::select! {
                () = stop.cancelled() => {}
                () = rung => {}
                () = clock.sleep_until(until) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_step_that_panics_is_taken_again() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::EPOCH));
        let (bell, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let fitness = Arc::new(Fitness::new(Arc::clone(&clock), Duration::from_mins(10), 0));
        let turns = Loop { name: "test", bell: Arc::clone(&bell), clock, stop: stop.clone(), fitness };
        let taken = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&taken);
        let running = tokio::spawn(turns.run(move || {
            let n = counted.fetch_add(1, Ordering::AcqRel);
            async move {
                assert!(n > 0, "the first step stumbles");
                Ok(Idle { next_due: None })
            }
        }));
        while taken.load(Ordering::Acquire) < 2 && !running.is_finished() {
            bell.notify_one();
            tokio::task::yield_now().await;
        }
        stop.cancel();
        assert!(running.await.is_ok() && taken.load(Ordering::Acquire) >= 2);
    }
}
