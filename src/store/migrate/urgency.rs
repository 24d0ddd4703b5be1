//! Gigs 2, deliveries 3 and lanes 1: before a gig could be urgent.
//!
//! Urgent posts got a class of their own in each lane, between the replies and the other new posts: so the queue keys of new posts moved one class down. And
//! lanes keep the hours in which only urgent posts leave in a field of its own.

use super::Old;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::heard::Version;
use crate::gig::{Gig, Pay, Place, Republish, Revision, Status, Terms, Urgency};
use crate::id::{AccountId, DeliveryId, GigId, PersonId, SourceId};
use crate::outbox::{Claim, Class, Delivery, Lane, LaneHold, LaneWait, Sent, State, Try, Verb, Wait, Wording};
use crate::ports::{Batch, StoreError};
use crate::post::{Receipt, Stamp};
use crate::profile::Action;
use crate::store::layout;
use crate::store::{GigRecord, Heard};
use serde::{Deserialize, Serialize};

/// The number that new posts had in queue keys: urgent ones have it now.
const CREATE_WAS: u8 = 3;

#[derive(Serialize, Deserialize)]
pub(super) struct GigRecord2 {
    pub(super) gig: Gig2,
    pub(super) heard: Heard,
    pub(super) source_says: Option<Version2>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Gig2 {
    pub(super) id: GigId,
    pub(super) revision: Revision,
    pub(super) status: Status,
    pub(super) poster: PersonId,
    pub(super) source: SourceId,
    pub(super) native: String,
    pub(super) terms: Terms2,
    pub(super) republish: Republish,
    pub(super) first_seen: Timestamp,
    pub(super) revised: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Version2 {
    pub(super) terms: Terms2,
    pub(super) status: Status,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Terms2 {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) category: Option<String>,
    pub(super) skills: Vec<String>,
    pub(super) pay: Option<Pay>,
    pub(super) place: Place,
    pub(super) language: Option<String>,
    pub(super) organisation: Option<String>,
    pub(super) closes: Option<Timestamp>,
    pub(super) openings: Option<u32>,
    pub(super) apply_url: String,
    pub(super) published: Option<Timestamp>,
}

impl From<Terms2> for Terms {
    fn from(old: Terms2) -> Self {
        Self {
            title: old.title,
            description: old.description,
            category: old.category,
            skills: old.skills,
            pay: old.pay,
            place: old.place,
            language: old.language,
            organisation: old.organisation,
            closes: old.closes,
            openings: old.openings,
            apply_url: old.apply_url,
            published: old.published,
            urgency: Urgency::Usual,
        }
    }
}

pub(super) fn gig(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
    if old.version != 2 {
        return Ok(None);
    }
    let GigRecord2 { gig, heard, source_says } = old.read()?;
    let source_says = source_says.map(|said| Version { terms: said.terms.into(), status: said.status });
    let Gig2 { id, revision, status, poster, source, native, terms, republish, first_seen, revised } = gig;
    let terms = terms.into();
    let gig = Gig { id, revision, status, poster, source, native, terms, republish, first_seen, revised };
    Ok(Some(old.replaced_by(&GigRecord { gig, heard, source_says })))
}

#[derive(Serialize, Deserialize)]
pub(super) struct Delivery3 {
    pub(super) id: DeliveryId,
    pub(super) gig: GigId,
    pub(super) account: AccountId,
    pub(super) step: u32,
    pub(super) verb: Verb,
    pub(super) revision: Revision,
    pub(super) status: Status,
    pub(super) wording: Wording,
    pub(super) at: Option<Receipt>,
    pub(super) state: State,
    pub(super) attempts: u16,
    pub(super) stamp: Stamp,
    pub(super) last_sent: Option<Timestamp>,
    pub(super) unsure: Sent,
    pub(super) due: Timestamp,
    pub(super) wait: Wait,
    pub(super) closes: Option<Timestamp>,
    pub(super) unwanted: Option<Why>,
    pub(super) tries: Vec<Try>,
}

/// With its place in the queue, in the same batch: so whoever is killed in between finds both old, or both new.
pub(super) fn delivery(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
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

#[derive(Serialize, Deserialize)]
pub(super) struct Lane1 {
    pub(super) account: AccountId,
    pub(super) turn: u64,
    pub(super) not_before: Timestamp,
    pub(super) why: LaneWait,
    pub(super) hold: Option<LaneHold>,
    pub(super) wake: Option<Timestamp>,
    pub(super) claim: Option<Claim>,
    pub(super) posted: Vec<Timestamp>,
    pub(super) recent: Vec<(Timestamp, Action)>,
    pub(super) used_until: Vec<(u64, Timestamp)>,
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
