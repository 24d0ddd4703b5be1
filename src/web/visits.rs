//! Counts visits of gigs' pages by the way they came, in memory: a visit costs no write, and upkeep brings the sums to the store.
//!
//! A number for each gig and way is all there is. Whose visit it was is not known afterwards, nor whether two were one person's.

use crate::id::GigId;
use crate::referral::Via;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub struct Visits(Mutex<HashMap<(GigId, Via), u64>>);

impl Visits {
    pub fn count(&self, gig: GigId, via: Via) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((gig, via)).or_default() += 1;
    }

    /// All since the last time.
    pub fn take(&self) -> Vec<((GigId, Via), u64)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    /// Those of one gig that are not in the store yet.
    pub fn waiting(&self, gig: GigId) -> Vec<(Via, u64)> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.iter().filter(|((of, _), _)| *of == gig).map(|((_, via), n)| (*via, *n)).collect()
    }
}
