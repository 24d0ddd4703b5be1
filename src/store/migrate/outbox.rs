//! Deliveries 3 and lanes 1: before a gig could be urgent. Deliveries 4: before a gig could go first to some accounts.
//!
//! Urgent posts got a class of their own in each lane, between the replies and the other new posts: so the queue keys of new posts moved one class down. And
//! lanes keep the hours in which only urgent posts leave in a field of its own.

use super::Old;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::{Revision, Status, Urgency};
use crate::id::{AccountId, DeliveryId, GigId};
use crate::outbox::{Claim, Class, Delivery, Lane, LaneHold, LaneWait, Sent, State, Try, Verb, Wait, Wording};
use crate::ports::{Batch, StoreError};
use crate::post::{Receipt, Stamp};
use crate::profile::Action;
use crate::store::layout;
use serde::Deserialize;

/// The number that new posts had in queue keys: urgent ones have it now.
const CREATE_WAS: u8 = 3;

#[derive(Deserialize)]
struct Delivery3 {
    id: DeliveryId,
    gig: GigId,
    account: AccountId,
    step: u32,
    verb: Verb,
    revision: Revision,
    status: Status,
    wording: Wording,
    at: Option<Receipt>,
    state: State,
    attempts: u16,
    stamp: Stamp,
    last_sent: Option<Timestamp>,
    unsure: Sent,
    due: Timestamp,
    wait: Wait,
    closes: Option<Timestamp>,
    unwanted: Option<Why>,
    tries: Vec<Try>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Delivery4 {
    pub id: DeliveryId,
    pub gig: GigId,
    pub account: AccountId,
    pub step: u32,
    pub verb: Verb,
    pub revision: Revision,
    pub status: Status,
    pub urgency: Urgency,
    pub wording: Wording,
    pub at: Option<Receipt>,
    pub state: State,
    pub attempts: u16,
    pub stamp: Stamp,
    pub last_sent: Option<Timestamp>,
    pub unsure: Sent,
    pub due: Timestamp,
    pub wait: Wait,
    pub closes: Option<Timestamp>,
    pub unwanted: Option<Why>,
    pub tries: Vec<Try>,
}

impl From<Delivery4> for Delivery {
    fn from(was: Delivery4) -> Self {
        Self {
            id: was.id,
            gig: was.gig,
            account: was.account,
            step: was.step,
            verb: was.verb,
            revision: was.revision,
            status: was.status,
            urgency: was.urgency,
            wording: was.wording,
            at: was.at,
            state: was.state,
            attempts: was.attempts,
            stamp: was.stamp,
            last_sent: was.last_sent,
            unsure: was.unsure,
            due: was.due,
            wait: was.wait,
            ring: None,
            closes: was.closes,
            unwanted: was.unwanted,
            tries: was.tries,
        }
    }
}

/// With its place in the queue, in the same batch: so whoever is killed in between finds both old, or both new.
pub(super) fn delivery(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
    if old.version == 4 {
        let was: Delivery4 = old.read()?;
        return Ok(Some(old.replaced_by(&Delivery::from(was))));
    }
    if old.version != 3 {
        return Ok(None);
    }
    let was: Delivery3 = old.read()?;
    let delivery = Delivery {
        id: was.id,
        gig: was.gig,
        account: was.account,
        step: was.step,
        verb: was.verb,
        revision: was.revision,
        status: was.status,
        urgency: Urgency::Usual,
        wording: was.wording,
        at: was.at,
        state: was.state,
        attempts: was.attempts,
        stamp: was.stamp,
        last_sent: was.last_sent,
        unsure: was.unsure,
        due: was.due,
        wait: was.wait,
        ring: None,
        closes: was.closes,
        unwanted: was.unwanted,
        tries: was.tries,
    };
    let mut batch = old.replaced_by(&delivery);
    let waits = match delivery.state {
        State::Queued | State::Unknown { .. } | State::Sending { .. } => true,
        State::Held(_) | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => false,
    };
    if waits && delivery.verb == Verb::Create {
        let now = layout::queue(delivery.account, Class::Create, delivery.due, delivery.id);
        batch.delete.push(layout::with_class(&now, CREATE_WAS));
        batch.put.push((now, Vec::new()));
    }
    Ok(Some(batch))
}

#[derive(Deserialize)]
struct Lane1 {
    account: AccountId,
    turn: u64,
    not_before: Timestamp,
    why: LaneWait,
    hold: Option<LaneHold>,
    wake: Option<Timestamp>,
    claim: Option<Claim>,
    posted: Vec<Timestamp>,
    recent: Vec<(Timestamp, Action)>,
    used_until: Vec<(u64, Timestamp)>,
}

pub(super) fn lane(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
    if old.version != 1 {
        return Ok(None);
    }
    let was: Lane1 = old.read()?;
    let nothing = (Timestamp::EPOCH, LaneWait::Nothing);
    let ((not_before, why), (shut_until, shut_for)) =
        if was.why.is_hours() { (nothing, (was.not_before, was.why)) } else { ((was.not_before, was.why), nothing) };
    let lane = Lane {
        account: was.account,
        turn: was.turn,
        not_before,
        why,
        shut_until,
        shut_for,
        hold: was.hold,
        wake: was.wake,
        claim: was.claim,
        posted: was.posted,
        recent: was.recent,
        used_until: was.used_until,
    };
    Ok(Some(old.replaced_by(&lane)))
}
