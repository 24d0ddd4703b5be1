//! Where what was seen on the networks lies: posts that are watched, who engaged with them, who vouches for whom, and the evidence of it all.

use super::{Key, end_of, key, space, time};
use crate::clock::Timestamp;
use crate::id::{ActorId, DeliveryId, EngagementId, GigId, PersonId, digest};
use crate::profile::EngagementKind;
use crate::trust::Party;

/// Posts whose engagements are to be read again, by time.
pub fn watch(at: Timestamp, id: DeliveryId) -> Key {
    key(space::WATCH, &[&time(at), id.as_bytes()])
}

pub fn watches() -> Key {
    vec![space::WATCH]
}

/// The first watch key behind `until`.
pub fn watches_behind(until: Timestamp) -> Key {
    match until.as_millis().checked_add(1) {
        Some(next) => key(space::WATCH, &[&next.to_be_bytes()]),
        None => end_of(&watches()),
    }
}

pub fn read_watch(key: &[u8]) -> Option<(Timestamp, DeliveryId)> {
    let (at, id) = key.get(1..)?.split_at_checked(8)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((at, DeliveryId::from_bytes(id.try_into().ok()?)))
}

pub fn watched(id: DeliveryId) -> Key {
    key(space::WATCHED, &[id.as_bytes()])
}

pub fn engagement(gig: GigId, id: EngagementId) -> Key {
    key(space::ENGAGEMENT, &[gig.as_bytes(), id.as_bytes()])
}

pub fn engagements_of(gig: GigId) -> Key {
    key(space::ENGAGEMENT, &[gig.as_bytes()])
}

pub fn actor(id: ActorId) -> Key {
    key(space::ACTOR, &[id.as_bytes()])
}

pub fn actors() -> Key {
    vec![space::ACTOR]
}

/// One per evidence, author and person named.
pub fn vouch(gig: GigId, by: ActorId, whom: ActorId, evidence: &str) -> Key {
    let evidence = digest("vouch", &[evidence.as_bytes()]);
    key(space::VOUCH, &[gig.as_bytes(), by.as_bytes(), whom.as_bytes(), &evidence[..10]])
}

pub fn vouches_of(gig: GigId) -> Key {
    key(space::VOUCH, &[gig.as_bytes()])
}

/// An engagement as it stands under the post of a delivery, with the read that saw it last.
pub fn deed(delivery: DeliveryId, kind: EngagementKind, id: EngagementId) -> Key {
    key(space::DEED, &[delivery.as_bytes(), &[listed(kind)], id.as_bytes()])
}

pub fn deeds_of(delivery: DeliveryId, kind: EngagementKind) -> Key {
    key(space::DEED, &[delivery.as_bytes(), &[listed(kind)]])
}

pub fn read_deed(key: &[u8]) -> Option<EngagementId> {
    Some(EngagementId::from_bytes(key.get(12..)?.try_into().ok()?))
}

fn listed(kind: EngagementKind) -> u8 {
    match kind {
        EngagementKind::Reshare => 0,
        EngagementKind::Quote => 1,
        EngagementKind::Reply => 2,
        EngagementKind::Like => 3,
    }
}

/// That an actor has part in a row, to be found by them: in an engagement of theirs, in a vouch by them or for them, in an identity that says which person
/// here they are.
pub fn by_actor(actor: ActorId, row: &[u8]) -> Key {
    key(space::BY_ACTOR, &[actor.as_bytes(), row])
}

pub fn engagements_by(actor: ActorId) -> Key {
    by_actor(actor, &[space::ENGAGEMENT])
}

pub fn vouches_with(actor: ActorId) -> Key {
    by_actor(actor, &[space::VOUCH])
}

pub fn identities_as(actor: ActorId) -> Key {
    by_actor(actor, &[space::IDENTITY])
}

/// The key of the row itself.
pub fn read_by_actor(key: &[u8]) -> Option<&[u8]> {
    key.get(11..)
}

/// A party is eleven bytes: what sort it is, then its id.
pub(super) fn party(party: Party) -> [u8; 11] {
    let (sort, id) = match &party {
        Party::Person(id) => (0, id.as_bytes()),
        Party::Actor(id) => (1, id.as_bytes()),
    };
    let mut bytes = [sort; 11];
    bytes[1..].copy_from_slice(id);
    bytes
}

pub(super) fn read_party(bytes: &[u8]) -> Option<Party> {
    let (sort, id) = bytes.split_first()?;
    let id = id.try_into().ok()?;
    match sort {
        0 => Some(Party::Person(PersonId::from_bytes(id))),
        1 => Some(Party::Actor(ActorId::from_bytes(id))),
        _ => None,
    }
}

/// One piece of evidence; `id` parts those of one pair.
pub fn evidence(by: Party, about: Party, id: &[u8; 10]) -> Key {
    key(space::EVIDENCE, &[&party(by), &party(about), id])
}

pub fn evidence_between(by: Party, about: Party) -> Key {
    key(space::EVIDENCE, &[&party(by), &party(about)])
}

pub fn evidence_by(by: Party) -> Key {
    key(space::EVIDENCE, &[&party(by)])
}

pub fn all_evidence() -> Key {
    vec![space::EVIDENCE]
}

/// The same, to be found by whom it is about.
pub fn evidence_about(about: Party, by: Party, id: &[u8; 10]) -> Key {
    key(space::EVIDENCE_ABOUT, &[&party(about), &party(by), id])
}

pub fn evidence_about_all(about: Party) -> Key {
    key(space::EVIDENCE_ABOUT, &[&party(about)])
}

/// The two parties of a key of evidence, in the order in which it names them.
pub fn read_evidence(key: &[u8]) -> Option<(Party, Party)> {
    Some((read_party(key.get(1..12)?)?, read_party(key.get(12..23)?)?))
}
