//! Who said or did more on one day than counts, told once.

use super::told;
use crate::clock::Timestamp;
use crate::trust::{Admission, AsOf, Evidence, Party};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tracing::warn;

/// Which days are news: what happened in the evening is read back in the night.
const LATELY: Duration = Duration::from_hours(24);

/// Whose floods have been told, and of which day.
#[derive(Clone, Default)]
pub(super) struct Floods(Arc<Mutex<BTreeSet<(AsOf, Party)>>>);

impl Floods {
    /// Tells of whom so much came, today or yesterday, that the rest of the day counts for nothing. `evidence` may hold days long over.
    pub(super) fn tell(&self, evidence: &[Evidence], now: Timestamp) {
        let since = AsOf::day_of(now.minus(LATELY));
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(day, _)| *day >= since);
        for one in evidence.iter().filter(|one| one.admission != Admission::Counts) {
            let (by, day) = (one.by, AsOf::day_of(one.at));
            if day >= since && told.insert((day, by)) {
                warn!(
                    event = "trust.flood",
                    reason = "flood",
                    actor = %by,
                    "{by} said or did more on {} than counts in one day; the rest of it is on record with no weight",
                    told::day(one.at)
                );
            }
        }
    }
}
