//! What a delivery becomes: the few ways in which a transition writes its state, its due time and what it waits for.

use super::standing::{DROPPED, POST_GONE};
use super::{Delivery, Hold, State, TRIES_KEPT, Try, Wait, Wording};
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::{Revision, Status};
use crate::outbox::Verb;
use crate::post::Receipt;

pub(super) fn queued(mut d: Delivery, due: Timestamp, wait: Wait) -> Delivery {
    (d.state, d.due, d.wait) = (State::Queued, due, wait);
    d
}

/// From when on it may be said where other accounts go first, which they do with a first post and with nothing else. Where it waits for them no more, the moment
/// that ended its wait stays: from then on it is worth saying as long as any other.
pub(super) fn held_back(d: &Delivery, ring: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    ring.or_else(|| d.ring.map(|was| was.min(now))).filter(|_| d.verb == Verb::Create)
}

/// Where it stood before a person was waited for; or behind the accounts that go first, where these still do.
pub(super) fn in_place(d: Delivery, opened: Timestamp, now: Timestamp) -> Delivery {
    match d.ring.filter(|ring| d.verb == Verb::Create && *ring > now) {
        Some(ring) => queued(d, ring, Wait::Ring),
        None => queued(d, opened, Wait::Nothing),
    }
}

/// It says the newest of the gig; what was approved was another text.
pub(super) fn revised(mut d: Delivery, revision: Revision, now: Timestamp) -> Delivery {
    let other = d.revision != revision;
    d.revision = revision;
    if d.wait == Wait::Quiet && d.status != Status::Open {
        // That a gig has ended waits for nothing.
        (d.due, d.wait) = (d.due.min(now), Wait::Nothing);
    }
    if d.state == State::Queued && d.verb == Verb::Create {
        match (d.wait, d.ring.filter(|ring| *ring > now)) {
            (Wait::Nothing | Wait::Ring, Some(ring)) => (d.due, d.wait) = (ring, Wait::Ring),
            (Wait::Ring, None) => (d.due, d.wait) = (d.due.min(now), Wait::Nothing),
            _ => {}
        }
    }
    if other && d.wording == Wording::Approved {
        d.wording = Wording::Composed;
        let attempt = d.attempts;
        return held(tried(d, now, attempt, "outdated", format!("revision {}", revision.0)), Hold::Review);
    }
    d
}

pub(super) fn held(mut d: Delivery, hold: Hold) -> Delivery {
    (d.state, d.due, d.wait) = (State::Held(hold), Timestamp::NEVER, Wait::Person);
    d
}

fn ended(mut d: Delivery, state: State) -> Delivery {
    (d.state, d.due, d.wait) = (state, Timestamp::NEVER, Wait::Nothing);
    d
}

pub(super) fn delivered(d: Delivery, receipt: Receipt) -> Delivery {
    ended(d, State::Delivered(receipt))
}

/// That it was dropped is among its tries, as that has a time.
pub(super) fn dropped(d: Delivery, why: Why, now: Timestamp) -> Delivery {
    dropped_as(d, DROPPED, why, now)
}

/// A reshare whose post does not stand any more, with none in its place yet.
pub(super) fn without_its_post(d: Delivery, now: Timestamp) -> Delivery {
    dropped_as(d, POST_GONE, Why::new("the post it would reshare does not stand any more"), now)
}

fn dropped_as(d: Delivery, outcome: &str, why: Why, now: Timestamp) -> Delivery {
    let (attempt, said) = (d.attempts, short(&why));
    ended(tried(d, now, attempt, outcome, said), State::Dropped(why))
}

pub(super) fn dead(d: Delivery, why: Why) -> Delivery {
    ended(d, State::Dead(why))
}

pub(super) fn tried(mut d: Delivery, at: Timestamp, attempt: u16, outcome: &str, said: String) -> Delivery {
    if d.tries.len() == TRIES_KEPT {
        d.tries.remove(0);
    }
    d.tries.push(Try { at, attempt, outcome: outcome.to_owned(), said });
    d
}

/// A reason short enough to be kept five times beside a delivery.
pub(super) fn short(why: &Why) -> String {
    why.to_string().chars().take(200).collect()
}

pub(super) fn last_words(d: &Delivery) -> &str {
    d.tries.last().map_or("none", |last| last.said.as_str())
}
