//! Where what people say of themselves lies: what they offer, the address of their own feed, and whom we are not to name.

use super::seen::{evidence, evidence_about, evidence_about_all, party, read_evidence, read_party};
use super::{Key, key, space};
use crate::id::{ActorId, PersonId};
use crate::trust::Party;

/// What somebody offers.
pub fn statements(person: PersonId) -> Key {
    key(space::STATEMENTS, &[person.as_bytes()])
}

pub fn all_statements() -> Key {
    vec![space::STATEMENTS]
}

pub fn read_statements(key: &[u8]) -> Option<PersonId> {
    Some(PersonId::from_bytes(key.get(1..)?.try_into().ok()?))
}

/// `hash` is what remains of the token in the address of a feed.
pub fn feed_address(hash: &[u8; 32]) -> Key {
    key(space::FEED_ADDRESS, &[&[0], hash])
}

/// The same, to be found by person.
pub fn feed_address_of(person: PersonId) -> Key {
    key(space::FEED_ADDRESS, &[&[1], person.as_bytes()])
}

/// That a party is not to be named.
pub fn wish(of: Party) -> Key {
    key(space::WISH, &[&party(of)])
}

pub fn wishes() -> Key {
    vec![space::WISH]
}

pub fn read_wish(key: &[u8]) -> Option<Party> {
    read_party(key.get(1..)?)
}

/// `hash` is what remains of the token of a browser whose visitor says that an account is theirs.
pub fn proof(hash: &[u8; 32]) -> Key {
    key(space::PROOF, &[hash])
}

pub fn proofs() -> Key {
    vec![space::PROOF]
}

/// Where all engagements lie, then all vouches; what lies between them is neither.
pub fn engagements() -> Key {
    vec![space::ENGAGEMENT]
}

pub fn vouches() -> Key {
    vec![space::VOUCH]
}

/// By whom and for whom a vouch is.
pub fn read_vouch(key: &[u8]) -> Option<(ActorId, ActorId)> {
    let id = |range: std::ops::Range<usize>| Some(ActorId::from_bytes(key.get(range)?.try_into().ok()?));
    Some((id(11..21)?, id(21..31)?))
}

/// The same piece of evidence by its other key, given either: by whom it is, or about whom.
pub fn other_key_of_evidence(key: &[u8]) -> Option<Key> {
    let (one, other) = read_evidence(key)?;
    let id = key.get(23..33)?.try_into().ok()?;
    let is_about = key.first() == evidence_about_all(one).first();
    Some(if is_about { evidence(other, one, id) } else { evidence_about(other, one, id) })
}
