//! Removes what is over for longer than it is to be kept, a little at each step of upkeep; the ledger knows what may go.

use crate::clock::Timestamp;
use crate::config::Keep;
use crate::ports::StoreError;
use crate::store::Ledger;
use tracing::info;

/// Small enough that nobody who writes meanwhile waits for it.
const REMOVED_AT_ONCE: usize = 100;

/// For a clock that is believed, and a disk with room: the caller knows.
pub(super) async fn step(ledger: &Ledger, keep: &Keep, now: Timestamp) -> Result<(), StoreError> {
    if let Some(run) = ledger.retain(keep, now, REMOVED_AT_ONCE).await? {
        let removed = run.removals.all();
        info!(event = "retention.done", removed, "What was over for long enough was removed: {}", run.removals);
    }
    Ok(())
}
