//! What is counted while gigcast runs, beside what is on record: for monitoring, and for a look at the last hour.
//!
//! Noting costs a lock that is held for a few additions, and waits for nothing. Counts begin at zero with each run, as monitoring expects of
//! counters; what must survive stands in the ledger.

pub mod metrics;
pub mod openmetrics;
pub mod requests;
pub mod throughput;
pub mod trace;

use crate::clock::Timestamp;
use crate::outbox::{Delivery, Hold, State, Wait};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use throughput::{Ended, History, Throughput};

/// The upper ends of what a request's time is counted under, in milliseconds; there is one more for all above.
pub const LATENCY_MS: [u64; 8] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/// How long requests took: how many fell under each end, and all their time together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    pub under: [u64; LATENCY_MS.len() + 1],
    pub sum_ms: u64,
}

impl Latency {
    fn note(&mut self, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let place = LATENCY_MS.iter().position(|end| took <= *end).unwrap_or(LATENCY_MS.len());
        self.under[place] += 1;
        self.sum_ms = self.sum_ms.saturating_add(took);
    }
}

/// What was counted since the start, by network and by a word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub outcomes: BTreeMap<(String, &'static str), u64>,
    pub attempts: BTreeMap<String, u64>,
    pub waits: BTreeMap<(String, &'static str), u64>,
    /// By network, which is empty where a request is to none, and by what it was for.
    pub latency: BTreeMap<(String, &'static str), Latency>,
}

#[derive(Debug, Default)]
pub struct Meters(Mutex<(Counts, Throughput)>);

impl Meters {
    /// A change of a delivery that is durable.
    pub fn note(&self, network: &str, after: &Delivery, now: Timestamp) {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, throughput) = &mut *both;
        if let State::Sending { .. } = after.state {
            *counts.attempts.entry(network.to_owned()).or_default() += 1;
        } else if let Some(ended) = Ended::of(&after.state) {
            *counts.outcomes.entry((network.to_owned(), ended.word())).or_default() += 1;
            throughput.note(ended, now);
        } else if let Some(why) = waits_for(&after.state, after.wait) {
            *counts.waits.entry((network.to_owned(), why)).or_default() += 1;
        }
    }

    /// A request that was out so long, answered or not.
    pub fn request(&self, network: &str, purpose: &'static str, took: Duration) {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        both.0.latency.entry((network.to_owned(), purpose)).or_default().note(took);
    }

    pub fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// From here on it is counted what ends.
    pub fn begin(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.begin(now);
    }

    /// What ended before that, all of the last day.
    pub fn recall(&self, before: &[(Timestamp, Ended)]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.recall(before);
    }

    /// What ended in the last hour and the last day.
    pub fn history(&self, now: Timestamp) -> History {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.history(now)
    }
}

/// What a delivery waits for from now on, in one word; nothing where it only has its turn to wait for.
fn waits_for(state: &State, wait: Wait) -> Option<&'static str> {
    match state {
        State::Unknown { .. } => Some("unknown"),
        State::Held(Hold::Review) => Some("review"),
        State::Held(Hold::Relink) => Some("relink"),
        State::Held(Hold::Unconfirmed) => Some("unconfirmed"),
        State::Queued => match wait {
            Wait::Backoff => Some("backoff"),
            Wait::RateLimited => Some("rate_limited"),
            Wait::Quiet => Some("quiet"),
            Wait::Ring => Some("ring"),
            Wait::Nothing | Wait::LookUp | Wait::Person => None,
        },
        State::Sending { .. } | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_for_a_wait_is_told_where_its_metric_is_explained() {
        let turns = [Wait::Backoff, Wait::RateLimited, Wait::Quiet, Wait::Ring].map(|wait| (State::Queued, wait));
        let holds = [Hold::Review, Hold::Relink, Hold::Unconfirmed].map(|hold| (State::Held(hold), Wait::Person));
        for (state, wait) in turns.into_iter().chain(holds) {
            let word = waits_for(&state, wait).expect("it waits for something");
            assert!(metrics::WAITS.help.contains(word), "{word}");
        }
    }

    #[test]
    fn a_request_is_counted_under_the_first_end_that_it_does_not_pass() {
        let mut latency = Latency::default();
        for millis in [0, 50, 51, 10_000, 10_001] {
            latency.note(Duration::from_millis(millis));
        }
        assert_eq!(latency.under, [2, 1, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(latency.sum_ms, 20_102);
    }
}
