//! What ended before this start, counted out of the ledger: so that the console's last hour and last day are true after a restart.
//!
//! It runs beside the work, a page at a time, and looks at so many deliveries at most. Until it is done, and where there are more, the console says
//! from when on it counts.

use super::Daemon;
use crate::clock::Timestamp;
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::telemetry::Meters;
use crate::telemetry::throughput::Ended;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing::error;

const A_DAY: Duration = Duration::from_hours(24);
/// More than these are not looked through: some seconds of reading.
const LOOKED_THROUGH: usize = 200_000;

impl Daemon {
    /// What ends from `start` on is counted as it ends; the rest of the day is counted beside the work.
    pub(super) fn begin_counting(&self, start: Timestamp) {
        let (meters, ledger, stop) = (Arc::clone(&self.deliver.meters), self.deliver.ledger.clone(), self.stop.clone());
        let fitness = Arc::clone(&self.fitness);
        meters.begin(start);
        self.tasks.spawn(async move {
            if let Err(fault) = recount(&meters, &ledger, &stop, start).await {
                error!(event = "store.failed", "The store failed while it was counted what had ended: {fault}");
                fitness.break_down(&fault);
            }
        });
    }
}

/// Nothing is told of a part: a chart that lacks some looks as one that lacks none.
pub async fn recount(
    meters: &Meters,
    ledger: &Ledger,
    stop: &CancellationToken,
    start: Timestamp,
) -> Result<(), StoreError> {
    let (mut ended, mut looked_at, mut from) = (Vec::new(), 0, None);
    loop {
        let page = ledger.settled_page(from, start.minus(A_DAY), start).await?;
        ended.extend(page.settled.iter().filter_map(|(at, state)| Some((*at, Ended::of(state)?))));
        looked_at += page.looked_at;
        from = page.from;
        if from.is_none() {
            meters.recall(&ended);
            return Ok(());
        }
        if looked_at >= LOOKED_THROUGH || stop.is_cancelled() {
            return Ok(());
        }
    }
}
