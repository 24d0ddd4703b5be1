//! Whether it is safe to act at all: room on the disk, a store that works, a clock that may be believed.
//!
//! What cannot be recorded must not happen, so below the free-space floor nothing is taken in and nothing sent until room returns. A clock
//! that jumped stops expiry and everything else that cannot be taken back, until it is confirmed.

use crate::clock::{Clock, Drift, Timestamp, WallClock};
use crate::ports::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{info, warn};

#[derive(Debug)]
pub struct Fitness {
    clock: Arc<dyn Clock>,
    max_jump: Duration,
    floor_bytes: u64,
    state: Mutex<Condition>,
    /// Rung when the store failed: the daemon ends.
    pub broken: Notify,
}

#[derive(Debug)]
struct Condition {
    drift: Drift,
    doubted_since: Option<Timestamp>,
    short_of_room: bool,
    fault: Option<StoreError>,
}

/// How often room is looked for again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Fitness {
    pub fn new(clock: Arc<dyn Clock>, max_jump: Duration, floor_bytes: u64) -> Self {
        let drift = Drift::start(&*clock);
        let state = Condition { drift, doubted_since: None, short_of_room: false, fault: None };
        Self { clock, max_jump, floor_bytes, state: Mutex::new(state), broken: Notify::new() }
    }

    /// Takes note of the room that is left; says so when that changes anything.
    pub fn note_room(&self, free: Option<u64>) {
        let Some(free) = free else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let short = free < self.floor_bytes;
        if short != state.short_of_room {
            state.short_of_room = short;
            let (free_mib, floor_mib) = (free >> 20, self.floor_bytes >> 20);
            if short {
                warn!(
                    event = "disk.full",
                    free_mib,
                    floor_mib,
                    "The disk is nearly full ({free_mib} MiB left, {floor_mib} needed): nothing is taken in or sent until there is room"
                );
            } else {
                info!(
                    event = "disk.room",
                    free_mib, floor_mib, "There is room on the disk again ({free_mib} MiB): gigcast goes on"
                );
            }
        }
    }

    /// The store failed: nothing more may be caused.
    pub fn break_down(&self, fault: &StoreError) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fault = Some(fault.clone());
        self.broken.notify_waiters();
        self.broken.notify_one();
    }

    pub fn fault(&self) -> Option<StoreError> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    pub fn is_short_of_room(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).short_of_room
    }

    /// Why nothing may be taken in or sent, as a sentence; nothing when all is well.
    pub fn unfit_because(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.fault {
            Some(fault) => Some(format!("The store failed, and gigcast is stopping: {fault}.")),
            None if state.short_of_room => {
                Some("The disk is nearly full: nothing is taken in or sent until there is room.".to_owned())
            }
            None => None,
        }
    }

    /// When the wall clock jumped last, by that clock; nothing while it may be believed.
    pub fn doubted_since(&self, now: Timestamp) -> Option<Timestamp> {
        let _noticed = self.clock(now);
        self.state.lock().unwrap_or_else(PoisonError::into_inner).doubted_since
    }

    /// Until when nothing may be taken in or sent; nothing when all is well.
    pub fn unfit_until(&self, now: Timestamp) -> Option<Timestamp> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.fault.is_some() {
            return Some(Timestamp::NEVER);
        }
        state.short_of_room.then(|| now.plus(LOOK_AGAIN))
    }

    /// Whether the wall clock may be believed. Once in doubt it stays so until it is confirmed.
    pub fn clock(&self, now: Timestamp) -> WallClock {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(off) = state.drift.jumped(&*self.clock, self.max_jump) {
            // From here on the next jump is looked for: the one that sets it right again is one as well.
            state.drift = Drift::start(&*self.clock);
            state.doubted_since = Some(now);
            let off_s = off.as_secs();
            warn!(
                event = "clock.jumped",
                off_s,
                "The wall clock jumped by {off_s} s: nothing expires and nothing is deleted until it is confirmed (`gigcast status` says how)"
            );
        }
        if state.doubted_since.is_some() { WallClock::Doubtful } else { WallClock::Sound }
    }

    /// Two other hosts or the operator agree with the clock as it now is.
    pub fn confirm_clock(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.drift = Drift::start(&*self.clock);
        if state.doubted_since.take().is_some() {
            info!(event = "clock.confirmed", "The wall clock is confirmed: expiry and deletes go on");
        }
    }
}
