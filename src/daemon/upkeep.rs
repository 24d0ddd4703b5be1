//! What has to be done now and then: look how much room is left, forget what no longer counts, drop what waited for its person for too
//! long, clear away what nothing points to.

use super::Idle;
use super::deliver::Deliver;
use super::review::ReviewDesk;
use crate::clock::Timestamp;
use crate::ports::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

#[derive(Debug)]
pub struct Upkeep {
    pub deliver: Arc<Deliver>,
    pub bell: Arc<Notify>,
    /// When the slower half is due again.
    pub tidy_due: Mutex<Timestamp>,
}

const ROOM_EVERY: Duration = Duration::from_secs(5);
const TIDY_EVERY: Duration = Duration::from_mins(5);
const SWEPT_AT_ONCE: usize = 64;

impl Upkeep {
    pub async fn step(&self) -> Result<Idle, StoreError> {
        let Deliver { ledger, clock, fitness, quotas, bell, .. } = &*self.deliver;
        let now = clock.now();
        let was_short = fitness.is_short_of_room();
        fitness.note_room(ledger.free_bytes());
        if was_short && !fitness.is_short_of_room() {
            bell.notify_one();
        }
        fitness.clock(now);
        let tidy = {
            let mut due = self.tidy_due.lock().unwrap_or_else(PoisonError::into_inner);
            let tidy = *due <= now;
            if tidy {
                *due = now.plus(TIDY_EVERY);
            }
            tidy
        };
        if tidy && !fitness.is_short_of_room() {
            quotas.tidy(now);
            ReviewDesk { deliver: Arc::clone(&self.deliver) }.drop_closed().await?;
            while ledger.sweep(SWEPT_AT_ONCE).await? == SWEPT_AT_ONCE {}
        }
        Ok(Idle { next_due: Some(now.plus(ROOM_EVERY)) })
    }
}
