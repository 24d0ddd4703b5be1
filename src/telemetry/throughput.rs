//! How many deliveries ended in each minute of the last hour and each hour of the last day; in memory alone.
//!
//! After a start it is counted out of the ledger what had ended before; until that is done, what is told says from when on it counts.

use crate::clock::Timestamp;
use crate::outbox::State;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Delivered,
    Dropped,
    Dead,
}

impl Ended {
    pub const ALL: [Self; 3] = [Self::Delivered, Self::Dropped, Self::Dead];

    /// How one that is in this state ended; nothing where it has not.
    pub fn of(state: &State) -> Option<Self> {
        match state {
            State::Delivered(_) => Some(Self::Delivered),
            State::Dropped(_) => Some(Self::Dropped),
            State::Dead(_) => Some(Self::Dead),
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
            Self::Dead => "dead",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub delivered: u32,
    pub dropped: u32,
    pub dead: u32,
}

impl Tally {
    fn note(&mut self, ended: Ended) {
        match ended {
            Ended::Delivered => self.delivered += 1,
            Ended::Dropped => self.dropped += 1,
            Ended::Dead => self.dead += 1,
        }
    }
}

/// Oldest first; the last one is the minute and the hour that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub minutes: [Tally; 60],
    pub hours: [Tally; 24],
    /// What ended before this is not counted; nothing where all of the last day is.
    pub counted_since: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub struct Throughput {
    minutes: VecDeque<(u64, Tally)>,
    hours: VecDeque<(u64, Tally)>,
    counted_since: Option<Timestamp>,
}

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

impl Throughput {
    pub fn note(&mut self, ended: Ended, now: Timestamp) {
        for (spans, length, most) in [(&mut self.minutes, MINUTE_MS, 60), (&mut self.hours, HOUR_MS, 24)] {
            let span = now.as_millis() / length;
            // A clock that was set back goes on counting where it was.
            if spans.back().is_none_or(|(last, _)| *last < span) {
                spans.push_back((span, Tally::default()));
                if spans.len() > most {
                    spans.pop_front();
                }
            }
            if let Some((_, tally)) = spans.back_mut() {
                tally.note(ended);
            }
        }
    }

    /// From here on it is counted.
    pub fn begin(&mut self, now: Timestamp) {
        self.counted_since = Some(now);
    }

    /// What ended before it was counted, all of the last day.
    pub fn recall(&mut self, before: &[(Timestamp, Ended)]) {
        for (at, ended) in before {
            recalled(&mut self.minutes, at.as_millis() / MINUTE_MS, 60, *ended);
            recalled(&mut self.hours, at.as_millis() / HOUR_MS, 24, *ended);
        }
        self.counted_since = None;
    }

    pub fn history(&self, now: Timestamp) -> History {
        History {
            minutes: laid_out(&self.minutes, now, MINUTE_MS),
            hours: laid_out(&self.hours, now, HOUR_MS),
            counted_since: self.counted_since,
        }
    }
}

/// Into its own span, which is made where it is missing; what is older than all that is kept is left out.
fn recalled(spans: &mut VecDeque<(u64, Tally)>, span: u64, most: usize, ended: Ended) {
    let at = match spans.binary_search_by_key(&span, |(known, _)| *known) {
        Ok(at) => at,
        Err(0) if spans.len() == most => return,
        Err(at) => {
            let full = spans.len() == most;
            if full {
                spans.pop_front();
            }
            let at = at - usize::from(full);
            spans.insert(at, (span, Tally::default()));
            at
        }
    };
    spans[at].1.note(ended);
}

/// Each span in its place before the one that runs; what is older than all of them is left out.
fn laid_out<const N: usize>(spans: &VecDeque<(u64, Tally)>, now: Timestamp, length: u64) -> [Tally; N] {
    let running = now.as_millis() / length;
    let mut places = [Tally::default(); N];
    for (span, tally) in spans {
        let back = usize::try_from(running.saturating_sub(*span)).unwrap_or(usize::MAX);
        if let Some(place) = N.checked_sub(back.saturating_add(1)) {
            places[place] = *tally;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn what_ended_stands_in_its_minute_and_its_hour_until_they_are_over() {
        let mut throughput = Throughput::default();
        throughput.note(Ended::Delivered, NOON);
        throughput.note(Ended::Delivered, NOON.plus(Duration::from_secs(59)));
        throughput.note(Ended::Dead, NOON.plus(Duration::from_secs(61)));
        let history = throughput.history(NOON.plus(Duration::from_mins(2)));
        assert_eq!((history.minutes[57].delivered, history.minutes[58].dead), (2, 1));
        assert_eq!(history.minutes[59], Tally::default());
        assert_eq!(history.hours[23], Tally { delivered: 2, dropped: 0, dead: 1 });
        let later = throughput.history(NOON.plus(Duration::from_hours(3)));
        assert_eq!((later.minutes, later.hours[20].delivered), ([Tally::default(); 60], 2));
        assert_eq!(throughput.history(NOON.plus(Duration::from_hours(24))).hours, [Tally::default(); 24]);
    }

    #[test]
    fn what_had_ended_before_a_start_stands_where_it_ended() {
        let mut throughput = Throughput::default();
        throughput.begin(NOON);
        throughput.note(Ended::Delivered, NOON.plus(Duration::from_secs(5)));
        let now = NOON.plus(Duration::from_secs(30));
        assert_eq!(throughput.history(now).counted_since, Some(NOON));
        let before =
            [(30, Ended::Dead), (90, Ended::Dropped), (25 * 60, Ended::Delivered), (30 * 3600, Ended::Delivered)];
        throughput.recall(&before.map(|(seconds, ended)| (NOON.minus(Duration::from_secs(seconds)), ended)));
        let history = throughput.history(now);
        assert_eq!((history.minutes[59].delivered, history.minutes[58].dead, history.minutes[57].dropped), (1, 1, 1));
        assert_eq!((history.minutes[34].delivered, history.hours[23].delivered), (1, 1));
        assert_eq!((history.hours[22], history.counted_since), (Tally { delivered: 1, dropped: 1, dead: 1 }, None));
    }

    #[test]
    fn no_more_than_an_hour_and_a_day_is_kept() {
        let mut throughput = Throughput::default();
        for minute in 0..3000 {
            throughput.note(Ended::Dropped, NOON.plus(Duration::from_mins(minute)));
        }
        assert_eq!((throughput.minutes.len(), throughput.hours.len()), (60, 24));
    }
}
