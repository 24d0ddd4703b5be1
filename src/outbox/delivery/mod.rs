//! One intention for one announcement, and [`next`]: the only way its state ever changes.
//!
//! `next` is pure and exhaustive. It reads no clock, throws no dice and knows no network, so every path through a lost answer, a restart
//! or a closing gig is a line in a test. A word that comes too late (an answer to something already settled) changes nothing.

mod becomes;
mod set_back;
mod standing;

pub use set_back::set_back;

use super::backoff::{Dice, Schedule, asked_to_wait};
use super::{Epoch, Verb};
use crate::clock::{Timestamp, WallClock};
use crate::failure::{Failure, Why};
use crate::gig::{Gig, Revision, Status, Urgency};
use crate::id::{AccountId, DeliveryId, GigId};
use crate::post::{Receipt, Stamp};
use crate::profile::{Idempotency, Profile, ReadBack, Replay};
use becomes::{
    dead, delivered, dropped, held, held_back, in_place, last_words, queued, revised, short, tried, without_its_post,
};
use serde::{Deserialize, Serialize};
use standing::STOOD;
use std::time::Duration;

/// So many of the last tries are kept with a delivery.
pub const TRIES_KEPT: usize = 5;

/// "Not there" is believed only when it was asked so long after a request could last have been taken.
pub const SETTLING: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub gig: GigId,
    pub account: AccountId,
    pub step: u32,
    pub verb: Verb,
    /// What it will say, or has said.
    pub revision: Revision,
    /// The state of the gig in that revision.
    pub status: Status,
    /// How soon its gig is to be said.
    pub urgency: Urgency,
    pub wording: Wording,
    /// The post it changes, answers, takes away or reshares; nothing for a new one.
    pub at: Option<Receipt>,
    pub state: State,
    /// Tries that failed at a cost.
    pub attempts: u16,
    pub stamp: Stamp,
    /// When a request last left; with `stamp.first_sent` it bounds what may still be accepted.
    pub last_sent: Option<Timestamp>,
    /// An earlier try may have been accepted: a repeat must be harmless, or a look must come first.
    pub unsure: Sent,
    /// When it is looked at next, and why not before.
    pub due: Timestamp,
    pub wait: Wait,
    /// Not said before, as other accounts of its poster go first. Of a first post only, and kept when it is over.
    pub ring: Option<Timestamp>,
    /// After this moment it is no longer worth saying.
    pub closes: Option<Timestamp>,
    /// No longer wanted, but it may be out already: dropped as soon as a look says it is not.
    pub unwanted: Option<Why>,
    /// The last of them, newest at the end.
    pub tries: Vec<Try>,
}

/// Whose words it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wording {
    /// Made from the gig at each try, until one may be out.
    Composed,
    /// Those that a person approved for this revision: frozen then, and never composed anew.
    Approved,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sent {
    /// Nothing that left can have been accepted.
    SurelyNot,
    Perhaps,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Waits for `due`.
    Queued,
    /// A request is out. Ends by its outcome or by a newer epoch, never by time alone.
    Sending {
        epoch: Epoch,
        attempt: u16,
    },
    /// It may be there. Looked up `looked` times so far.
    Unknown {
        looked: u8,
    },
    /// Waits for a person.
    Held(Hold),
    Delivered(Receipt),
    /// No longer wanted.
    Dropped(Why),
    /// Given up, with the network's words.
    Dead(Why),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// It may be there and no one but a person can find out.
    Unconfirmed,
    /// The account's grant is dead.
    Relink,
    /// Its person has not approved what it says.
    Review,
}

/// Why `due` is not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    Nothing,
    /// More changes of the gig, so that several in a row become one.
    Quiet,
    Backoff,
    /// The network asked to wait.
    RateLimited,
    /// The next look-up of an unknown outcome.
    LookUp,
    Person,
    /// Other accounts of its poster, which go first.
    Ring,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    pub at: Timestamp,
    pub attempt: u16,
    /// One of the five classes, `delivered`, `stood`, `found`, `not_there`, `interrupted`, `dropped` or `post_gone`; or what a person's word did: `approved`, `outdated`,
    /// `hurried`, `seen`.
    pub outcome: String,
    pub said: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is about to leave.
    Claimed {
        epoch: Epoch,
    },
    Answered(Result<Receipt, Failure>),
    /// Nothing had to be done: the account reshares that post already, by its person's own hand.
    Stood(Receipt),
    /// A look-up ended.
    Looked(Result<Option<Receipt>, Failure>),
    /// A new run of the daemon found it on its way.
    Restarted {
        epoch: Epoch,
    },
    Relinked,
    /// A person wants it tried, or looked for, now.
    Hurried,
    /// Superseded, closed or cancelled.
    Unwanted(Why),
    /// A person has looked.
    Told(Verdict),
    /// Its account says nothing that its person has not approved.
    ForReview,
    /// Its person approved the text of this revision, which is frozen in the same breath.
    Approved {
        revision: Revision,
    },
    /// Its person does not want it said.
    Declined {
        why: Why,
    },
    /// The post that it was to reshare does not stand any more. Another stands in its place, or none does yet.
    Gone {
        instead: Option<Receipt>,
    },
    /// The gig has changed.
    Revised {
        revision: Revision,
        status: Status,
        closes: Option<Timestamp>,
        urgency: Urgency,
        ring: Option<Timestamp>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    There(Receipt),
    NotThere,
}

impl Event {
    /// The gig has changed, and is now so; on this account it is not said before `ring`.
    pub fn revised(gig: &Gig, ring: Option<Timestamp>) -> Self {
        let (closes, urgency) = (gig.terms.closes, gig.terms.urgency);
        Self::Revised { revision: gig.revision, status: gig.status, closes, urgency, ring }
    }
}

/// What the transition depends on besides the delivery.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub profile: &'a Profile,
    pub backoff: &'a Schedule,
    /// When an unknown outcome is looked up, counted from the last send; the last one repeats.
    pub look_after: &'a [Duration],
    /// The longest that one request may take.
    pub total_timeout: Duration,
    /// How long a change waits for the next one.
    pub edit_quiet: Duration,
    pub clock: WallClock,
}

/// The state after `event`. Pure; the only way a delivery changes.
#[must_use]
pub fn next(delivery: &Delivery, event: Event, terms: Terms<'_>, now: Timestamp, dice: Dice) -> Delivery {
    let step = Step { terms, now, dice };
    let d = delivery.clone();
    match (d.state.clone(), event) {
        (State::Queued, Event::Claimed { epoch }) => step.claim(d, epoch),

        (State::Sending { attempt, .. }, Event::Answered(Ok(receipt))) => {
            let said = receipt.url.clone().unwrap_or_else(|| receipt.uri.clone());
            delivered(tried(d, now, attempt, "delivered", said), receipt)
        }
        (State::Sending { attempt, .. }, Event::Stood(receipt)) => {
            let said = receipt.url.clone().unwrap_or_else(|| receipt.uri.clone());
            delivered(tried(d, now, attempt, STOOD, said), receipt)
        }
        (State::Sending { attempt, .. }, Event::Answered(Err(failure))) => {
            let noted = tried(d, now, attempt, failure.class(), short(failure.why()));
            step.fail(noted, failure)
        }
        (State::Sending { epoch: old, attempt }, Event::Restarted { epoch }) if old < epoch => {
            let noted = tried(d, now, attempt, "interrupted", "gigcast stopped before the answer was recorded".into());
            step.interrupted(noted)
        }
        (State::Queued | State::Held(Hold::Relink | Hold::Review), Event::Unwanted(why))
            if d.unsure == Sent::SurelyNot =>
        {
            dropped(d, why, now)
        }
        (State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_), Event::Unwanted(why)) => {
            Delivery { unwanted: Some(why), ..d }
        }

        (State::Unknown { .. }, Event::Looked(Ok(Some(receipt)))) => {
            let (attempt, said) = (d.attempts, receipt.url.clone().unwrap_or_else(|| receipt.uri.clone()));
            delivered(tried(d, now, attempt, "found", said), receipt)
        }
        (State::Unknown { looked }, Event::Looked(Ok(None))) => step.not_there(d, looked),
        (State::Unknown { looked }, Event::Looked(Err(failure))) => step.look_failed(d, looked, failure),

        (State::Held(Hold::Relink), Event::Relinked) => {
            // To where it stood before: what waited behind it in the lane still waits behind it.
            let opened = d.stamp.opened.min(now);
            in_place(d, opened, now)
        }
        // Only our own waits are cut short; one that a server asked for is kept.
        (State::Queued | State::Unknown { .. }, Event::Hurried)
            if matches!(d.wait, Wait::Backoff | Wait::LookUp) && d.due > now =>
        {
            let attempt = d.attempts;
            Delivery { due: now, ..tried(d, now, attempt, "hurried", "a person wants it now".into()) }
        }
        (State::Held(Hold::Unconfirmed), Event::Told(Verdict::There(receipt))) => {
            let (attempt, said) = (d.attempts, receipt.url.clone().unwrap_or_else(|| receipt.uri.clone()));
            delivered(tried(d, now, attempt, "seen", said), receipt)
        }
        (State::Held(Hold::Unconfirmed), Event::Told(Verdict::NotThere)) => step.told_not_there(d),

        (State::Queued, Event::ForReview) if d.is_unseen() => held(d, Hold::Review),
        (State::Held(Hold::Review), Event::Approved { revision })
            if revision == d.revision && !step.closed_by(&d, now) =>
        {
            let (opened, attempt) = (d.stamp.opened, d.attempts);
            let d = tried(d, now, attempt, "approved", format!("revision {}", revision.0));
            in_place(Delivery { wording: Wording::Approved, ..d }, opened, now)
        }
        (State::Held(Hold::Review), Event::Declined { why }) => dropped(d, why, now),
        (State::Queued | State::Held(Hold::Relink), Event::Gone { instead: Some(of) })
            if d.verb == Verb::Reshare && d.unsure == Sent::SurelyNot =>
        {
            Delivery { at: Some(of), ..d }
        }
        (State::Queued, Event::Gone { .. }) if d.verb == Verb::Reshare => match d.unsure {
            Sent::SurelyNot => without_its_post(d, now),
            // It may have gone out while the post stood; a repeat would tell nothing of that.
            Sent::Perhaps => step.must_look(d, now),
        },
        (
            State::Queued | State::Held(Hold::Relink | Hold::Review),
            Event::Revised { revision, status, closes, urgency, ring },
        ) if d.unsure == Sent::SurelyNot => {
            let ring = held_back(&d, ring, now);
            // It is what is wanted now, whatever was noted while it was on its way.
            revised(Delivery { status, closes, urgency, ring, unwanted: None, ..d }, revision, now)
        }
        // What may be out is followed by the next step, once it is settled; but how soon it is seen to is as the gig now is.
        (
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_),
            Event::Revised { urgency, .. },
        ) => Delivery { urgency, ..d },

        // Too late, or not for this state: what is settled stays settled.
        (
            State::Queued,
            Event::Answered(_)
            | Event::Stood(_)
            | Event::Looked(_)
            | Event::Restarted { .. }
            | Event::Relinked
            | Event::Told(_),
        )
        | (
            State::Sending { .. },
            Event::Claimed { .. } | Event::Looked(_) | Event::Restarted { .. } | Event::Relinked | Event::Told(_),
        )
        | (
            State::Unknown { .. },
            Event::Claimed { .. } | Event::Answered(_) | Event::Stood(_) | Event::Restarted { .. } | Event::Relinked | Event::Told(_),
        )
        | (
            State::Held(Hold::Relink),
            Event::Claimed { .. } | Event::Answered(_) | Event::Stood(_) | Event::Looked(_) | Event::Restarted { .. } | Event::Told(_),
        )
        | (
            State::Held(Hold::Unconfirmed),
            Event::Claimed { .. } | Event::Answered(_) | Event::Stood(_) | Event::Looked(_) | Event::Restarted { .. } | Event::Relinked,
        )
        | (
            State::Held(Hold::Review),
            Event::Claimed { .. }
            | Event::Answered(_)
            | Event::Stood(_)
            | Event::Looked(_)
            | Event::Restarted { .. }
            | Event::Relinked
            | Event::Told(_),
        )
        // A person's word on what does not wait for it, or on another revision than the one that waits.
        | (
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_),
            Event::Hurried
            | Event::ForReview
            | Event::Approved { .. }
            | Event::Declined { .. }
            | Event::Gone { .. },
        )
        | (State::Delivered(_) | State::Dropped(_) | State::Dead(_), _) => d,
    }
}

struct Step<'a> {
    terms: Terms<'a>,
    now: Timestamp,
    dice: Dice,
}

impl Step<'_> {
    fn claim(&self, mut d: Delivery, epoch: Epoch) -> Delivery {
        // The time in which a repeat was harmless may have passed while it waited.
        if d.unsure == Sent::Perhaps && !self.repeats_safely(&d, self.now) {
            return self.must_look(d, self.now);
        }
        if let Some(why) = d.unwanted.clone() {
            match d.unsure {
                Sent::SurelyNot => return dropped(d, why, self.now),
                // A repeat is harmless and yet unwanted: it may be out, so it has to be looked for.
                Sent::Perhaps if d.verb.makes_a_post() => return self.must_look(d, self.now),
                // A look finds the post, not whether it was changed: it is done for certain, and what is wanted now follows.
                Sent::Perhaps => {}
            }
        }
        d.state = State::Sending { epoch, attempt: d.attempts + 1 };
        d.stamp.first_sent = d.stamp.first_sent.or(Some(self.now));
        d.last_sent = Some(self.now);
        d.wait = Wait::Nothing;
        d
    }

    fn fail(&self, mut d: Delivery, failure: Failure) -> Delivery {
        match failure {
            // A refusal may be the answer to a repeat of what was already accepted.
            Failure::Permanent(_) if d.verb.makes_a_post() && d.unsure == Sent::Perhaps => {
                d.attempts += 1;
                self.must_look(d, self.now)
            }
            Failure::Permanent(why) => {
                d.attempts += 1;
                // The post is gone, or its poster shut this account out: there is nothing that anybody could mend.
                if d.verb == Verb::Reshare { dropped(d, why, self.now) } else { dead(d, why) }
            }
            Failure::Transient(_) => {
                d.attempts += 1;
                self.again(d)
            }
            Failure::RateLimited { until, .. } => queued(d, asked_to_wait(until, self.now), Wait::RateLimited),
            Failure::RelinkNeeded(_) => held(d, Hold::Relink),
            Failure::Unknown(_) => {
                d.attempts += 1;
                d.unsure = Sent::Perhaps;
                if self.repeats_safely(&d, self.now) {
                    return self.again(d);
                }
                let due = self.look_due(&d, 0);
                self.must_look(d, due)
            }
        }
    }

    fn interrupted(&self, mut d: Delivery) -> Delivery {
        d.attempts += 1;
        d.unsure = Sent::Perhaps;
        // A look finds the post, not whether it was changed: what may be repeated is repeated.
        if !d.verb.makes_a_post() {
            let due = d.due.min(self.now);
            return queued(d, due, Wait::Nothing);
        }
        match self.terms.profile.read_back {
            ReadBack::ByKey | ReadBack::ByRecentPosts => self.must_look(d, self.now),
            ReadBack::None if self.repeats_safely(&d, self.now) => self.again(d),
            ReadBack::None => held(d, Hold::Unconfirmed),
        }
    }

    /// Whether sending the very same thing at `when` could not make a second one.
    ///
    /// A key is only as good as the server that keeps it: some forget, some replay errors, and one that takes two repeats at a time
    /// may make two posts. So where it is possible to look, a look comes first, and the key is the second lock on the door.
    fn repeats_safely(&self, d: &Delivery, when: Timestamp) -> bool {
        match (d.verb, self.terms.profile.idempotency) {
            (Verb::Edit | Verb::Delete | Verb::Repost | Verb::Unreshare, _)
            | (Verb::Create | Verb::Reply | Verb::Reshare, Idempotency::ClientChosenId) => true,
            (Verb::Create | Verb::Reply, Idempotency::Key { lives, errors: Replay::SuccessOnly }) => {
                self.terms.profile.read_back == ReadBack::None
                    && self.terms.clock == WallClock::Sound
                    && d.stamp.first_sent.is_none_or(|first| when.since(first) < lives && first <= when)
            }
            (Verb::Create | Verb::Reply, Idempotency::Key { errors: Replay::ErrorsToo, .. } | Idempotency::None)
            // Keys are for posts: where a second reshare is the same as the first, a look says so as well.
            | (Verb::Reshare, Idempotency::Key { .. } | Idempotency::None) => false,
        }
    }

    /// Another try after a failed one, while the schedule and the gig last.
    fn again(&self, d: Delivery) -> Delivery {
        let Some(delay) = self.terms.backoff.delay(d.attempts, self.dice) else {
            let tries = if d.attempts == 1 { "1 try".to_owned() } else { format!("{} tries", d.attempts) };
            let why = Why::new(format!("given up after {tries}; the last answer: {}", last_words(&d)));
            // It may be there: that is worth a last look, not a burial.
            return match d.unsure {
                Sent::SurelyNot => dead(d, why),
                Sent::Perhaps if !d.verb.makes_a_post() => dead(d, why),
                Sent::Perhaps if self.terms.profile.read_back == ReadBack::None => held(d, Hold::Unconfirmed),
                Sent::Perhaps => self.must_look(d, self.now),
            };
        };
        let due = self.now.plus(delay);
        if d.unsure == Sent::SurelyNot {
            if let Some(why) = d.unwanted.clone() {
                return dropped(d, why, self.now);
            }
            if self.closed_by(&d, due) {
                return dropped(d, Why::new("the gig closes before the next try"), self.now);
            }
        }
        match d.ring.filter(|ring| d.verb == Verb::Create && d.unsure == Sent::SurelyNot && *ring > due) {
            // One that was looked for before its time, after a restore, is not said before it either.
            Some(ring) => queued(d, ring, Wait::Ring),
            None => queued(d, due, Wait::Backoff),
        }
    }

    fn must_look(&self, mut d: Delivery, due: Timestamp) -> Delivery {
        if self.terms.profile.read_back == ReadBack::None {
            return held(d, Hold::Unconfirmed);
        }
        (d.state, d.due, d.wait) = (State::Unknown { looked: 0 }, due, Wait::LookUp);
        d
    }

    /// When the look after `looked` others is due. The first may be at once, when the answer was long in getting lost; a later one is the
    /// next in the list that still lies ahead, and at its end the last wait repeats.
    fn look_due(&self, d: &Delivery, looked: u8) -> Timestamp {
        let sent = d.last_sent.unwrap_or(self.now);
        let mut dues = self.terms.look_after.iter().skip(usize::from(looked)).map(|delay| sent.plus(*delay));
        if looked == 0 {
            return dues.next().unwrap_or(self.now).max(self.now);
        }
        let repeat = self.terms.look_after.last().copied().unwrap_or_default().max(SETTLING);
        dues.find(|due| *due > self.now).unwrap_or(self.now.plus(repeat))
    }

    fn not_there(&self, d: Delivery, looked: u8) -> Delivery {
        let believed_from = d.last_sent.unwrap_or(Timestamp::EPOCH).plus(self.terms.total_timeout + SETTLING);
        if self.terms.clock == WallClock::Doubtful || self.now <= believed_from {
            return self.look_again(d, looked, believed_from);
        }
        let attempt = d.attempts;
        self.surely_not_there(tried(d, self.now, attempt, "not_there", "looked, and it is not there".into()))
    }

    fn look_again(&self, mut d: Delivery, looked: u8, not_before: Timestamp) -> Delivery {
        let due = self.look_due(&d, looked.saturating_add(1));
        // A look that could not yet be believed is repeated just after it can.
        let settled = not_before.plus(Duration::from_secs(1));
        d.due = if settled > self.now { due.min(settled) } else { due };
        (d.state, d.wait) = (State::Unknown { looked: looked.saturating_add(1) }, Wait::LookUp);
        d
    }

    fn surely_not_there(&self, d: Delivery) -> Delivery {
        self.again(self.unsent(d))
    }

    /// A person has looked: the tries begin anew, and at once.
    fn told_not_there(&self, d: Delivery) -> Delivery {
        let mut d = self.unsent(d);
        d.attempts = 0;
        match d.unwanted.clone() {
            Some(why) => dropped(d, why, self.now),
            None => in_place(d, self.now, self.now),
        }
    }

    /// Back to where nothing has left. The key stays, but on a server that would repeat the error it gave to it.
    fn unsent(&self, mut d: Delivery) -> Delivery {
        d.unsure = Sent::SurelyNot;
        d.stamp.first_sent = None;
        if let Idempotency::Key { errors: Replay::ErrorsToo, .. } = self.terms.profile.idempotency {
            d.stamp.key = d.stamp.key.renewed();
        }
        d
    }

    fn look_failed(&self, d: Delivery, looked: u8, failure: Failure) -> Delivery {
        let attempt = d.attempts;
        let mut d = tried(d, self.now, attempt, failure.class(), format!("while looking: {}", short(failure.why())));
        match failure {
            Failure::RateLimited { until, .. } => {
                (d.due, d.wait) = (asked_to_wait(until, self.now), Wait::RateLimited);
                d
            }
            Failure::RelinkNeeded(_) => held(d, Hold::Relink),
            Failure::Permanent(_) => held(d, Hold::Unconfirmed),
            Failure::Transient(_) | Failure::Unknown(_) => {
                // Looks that fail are spaced by the same schedule as tries; at its end a person has to look.
                match self.terms.backoff.delay(u16::from(looked) + 1, self.dice) {
                    None => held(d, Hold::Unconfirmed),
                    Some(delay) => {
                        d.state = State::Unknown { looked: looked.saturating_add(1) };
                        (d.due, d.wait) = (self.now.plus(delay), Wait::LookUp);
                        d
                    }
                }
            }
        }
    }

    fn closed_by(&self, d: &Delivery, when: Timestamp) -> bool {
        let has_to_be_open = d.verb.posts_anew() || d.verb == Verb::Reshare;
        self.terms.clock == WallClock::Sound && has_to_be_open && d.closes.is_some_and(|closes| closes <= when)
    }
}

#[cfg(test)]
pub(super) mod tests;
