//! From what is on record to spans. Pure: the same records give the same spans, whichever run tells of them.
//!
//! ```text
//! gig                    from the sighting until it is planned; what all else hangs under
//! ├── plan               each later plan: it changed, was filled, came back
//! └── deliver post       from when it is queued until it is settled
//!     ├── attempt        from the durable intent until the durable outcome
//!     │   └── POST       each request of it
//!     └── look up        where an answer was lost
//! ```
//!
//! Only ids, words of closed lists, numbers and hosts: what a gig says, and what a server answers, is for the story and the log.

use super::span::{Attributes, Kind, Moment, Outcome, Place, Span, SpanId, TraceId};
use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::gig::Gig;
use crate::id::GigId;
use crate::outbox::{Delivery, Event, Hold, State, Wait};
use crate::person::Account;

/// A gig that was planned: which note asked for it, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    pub gig: &'a Gig,
    /// What names the note, and when it was made.
    pub note: &'a [u8],
    pub noted: Timestamp,
    /// On so many accounts something is to be said.
    pub accounts: usize,
    pub skipped: usize,
    /// Whether it was never planned before.
    pub first: bool,
}

/// The gig's own span where it was planned for the first time, else one under it.
pub fn planned(planned: Planned<'_>, now: Timestamp) -> Span {
    let Planned { gig, note, noted, accounts, skipped, first } = planned;
    let (root, trace) = (SpanId::gig(gig.id), TraceId::of(gig.id));
    let mut attributes: Attributes = vec![
        ("gigcast.gig.id", gig.id.to_string().into()),
        ("gigcast.gig.revision", gig.revision.0.into()),
        ("gigcast.gig.status", gig.status.word().into()),
        ("gigcast.source.id", gig.source.to_string().into()),
        ("gigcast.accounts", accounts.into()),
        ("gigcast.accounts.skipped", skipped.into()),
    ];
    if let Some(category) = &gig.terms.category {
        attributes.push(("gigcast.gig.category", category.as_str().into()));
    }
    Span {
        place: Place { trace, span: if first { root } else { SpanId::plan(gig.id, note) } },
        under: (!first).then_some(root),
        name: if first { "gig" } else { "plan" }.to_owned(),
        kind: Kind::Internal,
        start: noted,
        end: now.max(noted),
        attributes,
        moments: Vec::new(),
        outcome: Outcome::Fine,
    }
}

/// A delivery that is settled, with what is still known of its tries.
pub fn settled(account: &Account, delivery: &Delivery, now: Timestamp) -> Span {
    let end = now.max(delivery.stamp.opened);
    let (word, outcome) = match delivery.state {
        State::Delivered(_) => ("delivered", Outcome::Fine),
        State::Dropped(_) => ("dropped", Outcome::Fine),
        State::Dead(_) => ("dead", Outcome::Failed),
        State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => ("open", Outcome::Fine),
    };
    let mut attributes = whose(account, delivery);
    attributes.extend([
        ("gigcast.delivery.step", delivery.step.into()),
        ("gigcast.delivery.outcome", word.into()),
        ("gigcast.delivery.attempts", delivery.attempts.into()),
        ("gigcast.gig.revision", delivery.revision.0.into()),
        ("gigcast.gig.status", delivery.status.word().into()),
    ]);
    if outcome == Outcome::Failed {
        let class = delivery.tries.last().map_or("permanent", |last| last.outcome.as_str());
        attributes.push(("error.type", class.into()));
    }
    let moments = delivery.tries.iter().map(|one| Moment {
        at: one.at.clamp(delivery.stamp.opened, end),
        name: one.outcome.clone(),
        attributes: vec![("gigcast.attempt", one.attempt.into())],
    });
    Span {
        place: Place { trace: TraceId::of(delivery.gig), span: SpanId::delivery(delivery.id) },
        under: Some(SpanId::gig(delivery.gig)),
        name: format!("deliver {}", delivery.verb.word()),
        kind: Kind::Internal,
        start: delivery.stamp.opened,
        end,
        attributes,
        moments: moments.collect(),
        outcome,
    }
}

/// Where the requests of a try belong that is about to leave.
pub fn place_of_attempt(sending: &Delivery) -> Option<Place> {
    let span = SpanId::attempt(sending.id, sending.last_sent?);
    Some(Place { trace: TraceId::of(sending.gig), span })
}

/// Where the requests of a look-up belong that is due.
pub fn place_of_look(unknown: &Delivery) -> Place {
    Place { trace: TraceId::of(unknown.gig), span: SpanId::look_up(unknown.id, unknown.due) }
}

/// A try or a look-up that has ended by this event; nothing for what else may happen to a delivery. A look-up began at `since`: when a try
/// left is on record.
pub fn tried(
    account: &Account,
    before: &Delivery,
    event: &Event,
    after: &Delivery,
    since: Option<Timestamp>,
    now: Timestamp,
) -> Option<Span> {
    let (place, name, start) = match (&before.state, event) {
        (State::Sending { .. }, Event::Answered(_) | Event::Stood(_) | Event::Restarted { .. }) => {
            (place_of_attempt(before)?, "attempt", before.last_sent?)
        }
        (State::Unknown { .. }, Event::Looked(_)) => (place_of_look(before), "look up", since.unwrap_or(now)),
        _ => return None,
    };
    let (word, failure) = match event {
        Event::Answered(Ok(_)) => ("delivered", None),
        Event::Stood(_) => ("stood", None),
        Event::Looked(Ok(Some(_))) => ("found", None),
        Event::Looked(Ok(None)) => ("not_there", None),
        Event::Answered(Err(failure)) | Event::Looked(Err(failure)) => (failure.class(), Some(failure)),
        _ => ("interrupted", None),
    };
    let failed = failure.is_some() || word == "interrupted";
    let mut attributes = whose(account, before);
    if let State::Sending { attempt, .. } = before.state {
        attributes.push(("gigcast.attempt", attempt.into()));
    }
    attributes.push(("gigcast.attempt.outcome", word.into()));
    if failed {
        attributes.push(("error.type", word.into()));
    }
    if let Some(status) = failure.and_then(status) {
        attributes.push(("http.response.status_code", status.into()));
    }
    if let Some(reason) = waits_for(after) {
        attributes.push(("gigcast.wait.reason", reason.into()));
        if after.due != Timestamp::NEVER {
            attributes.push(("gigcast.wait.until", after.due.to_string().into()));
        }
    }
    Some(Span {
        place,
        under: Some(SpanId::delivery(before.id)),
        name: name.to_owned(),
        kind: Kind::Internal,
        start,
        end: now.max(start),
        attributes,
        moments: Vec::new(),
        outcome: if failed { Outcome::Failed } else { Outcome::Fine },
    })
}

fn whose(account: &Account, delivery: &Delivery) -> Attributes {
    vec![
        ("gigcast.gig.id", id(delivery.gig)),
        ("gigcast.delivery.id", delivery.id.to_string().into()),
        ("gigcast.account.id", account.id.to_string().into()),
        ("gigcast.network.id", account.network.as_str().into()),
    ]
}

fn id(gig: GigId) -> super::span::Value {
    gig.to_string().into()
}

/// The status that stands in what the network said; where it did not answer there is none.
fn status(failure: &Failure) -> Option<u16> {
    failure.why().native.as_ref().map(|native| native.status)
}

/// What it waits for from now on, in the words of `gigcast_waits`.
fn waits_for(after: &Delivery) -> Option<&'static str> {
    match (&after.state, after.wait) {
        (State::Queued, Wait::Backoff) => Some("backoff"),
        (State::Queued | State::Unknown { .. }, Wait::RateLimited) => Some("rate_limited"),
        (State::Unknown { .. }, _) => Some("unknown"),
        (State::Held(Hold::Relink), _) => Some("relink"),
        (State::Held(Hold::Review), _) => Some("review"),
        (State::Held(Hold::Unconfirmed), _) => Some("unconfirmed"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
