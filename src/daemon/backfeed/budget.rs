//! How many requests reading back may make towards one host: a budget of its own, beside every limit of the network.
//!
//! A window that slides: no quarter of an hour, wherever it begins, holds more than the budget, but for the requests by which one
//! page turned out to need more than one; those are counted as well, and waited for afterwards. It lives in memory: a
//! restart begins it anew.

use crate::clock::Timestamp;
use crate::outbox::pace::budget::Left;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const WINDOW: Duration = Duration::from_mins(15);

#[derive(Debug)]
pub struct Budget {
    per_window: usize,
    /// When requests left, oldest first, by the origin of the server.
    spent: Mutex<HashMap<String, VecDeque<Timestamp>>>,
}

impl Budget {
    pub fn new(per_host_per_15m: u32) -> Self {
        Self { per_window: usize::try_from(per_host_per_15m.max(1)).unwrap_or(usize::MAX), spent: Mutex::default() }
    }

    /// How many requests may leave now, for whoever looks.
    pub fn left(&self, server: &str, now: Timestamp) -> Left {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = |at: &&Timestamp| **at <= now && at.plus(WINDOW) > now;
        let taken = spent.get(server).map_or(0, |left| left.iter().filter(counts).count());
        let of = u32::try_from(self.per_window).unwrap_or(u32::MAX);
        Left { left: of.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX)), of }
    }

    /// Takes one request, or says when there will be one.
    pub fn take(&self, server: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        // Times that lie ahead were written before someone set the clock back.
        let counts = |at: &Timestamp| *at <= now && at.plus(WINDOW) > now;
        spent.retain(|_, left| {
            left.retain(counts);
            !left.is_empty()
        });
        let left = spent.entry(server.to_owned()).or_default();
        if let Some(over) = left.len().checked_sub(self.per_window) {
            return Err(left[over].plus(WINDOW));
        }
        left.push_back(now);
        Ok(())
    }

    /// Counts requests that were made beyond the one taken.
    pub fn spend(&self, server: &str, more: u32, now: Timestamp) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let left = spent.entry(server.to_owned()).or_default();
        left.extend((0..more).map(|_| now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
    const HOST: &str = "https://a.example";

    fn after(minutes: u64) -> Timestamp {
        NOON.plus(Duration::from_mins(minutes))
    }

    #[test]
    fn a_spent_budget_says_when_the_next_request_may_leave() {
        let budget = Budget::new(2);
        assert_eq!(budget.take(HOST, NOON), Ok(()));
        assert_eq!(budget.take(HOST, after(5)), Ok(()));
        assert_eq!(budget.take(HOST, after(6)), Err(after(15)));
        assert_eq!(budget.take("https://b.example", after(6)), Ok(()), "another host has its own");
        assert_eq!(budget.take(HOST, after(15)), Ok(()));
        assert_eq!(budget.take(HOST, after(15)), Err(after(20)));
    }

    #[test]
    fn what_is_left_is_told_without_taking() {
        let budget = Budget::new(2);
        assert_eq!(budget.left(HOST, NOON), Left { left: 2, of: 2 });
        budget.take(HOST, NOON).unwrap();
        assert_eq!([budget.left(HOST, NOON).left, budget.left(HOST, NOON).left], [1, 1]);
        budget.spend(HOST, 3, after(1));
        assert_eq!(budget.left(HOST, after(1)).left, 0);
        assert_eq!(budget.left("https://b.example", after(1)).left, 2);
        assert_eq!(budget.left(HOST, after(16)).left, 2);
    }

    #[test]
    fn what_was_asked_beyond_the_one_taken_is_waited_for() {
        let budget = Budget::new(2);
        assert_eq!(budget.take(HOST, NOON), Ok(()));
        budget.spend(HOST, 3, after(1));
        assert_eq!(budget.take(HOST, after(2)), Err(after(16)));
        assert_eq!(budget.take(HOST, after(15)), Err(after(16)), "three are left of which one counts too many");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_lock_the_budget() {
        let budget = Budget::new(1);
        assert_eq!(budget.take(HOST, after(600)), Ok(()));
        assert_eq!(budget.take(HOST, NOON), Ok(()));
    }
}
