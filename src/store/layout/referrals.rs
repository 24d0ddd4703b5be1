//! Where it lies by which ways people came to a gig, who said that they would do it, and whose links lead to it.

use super::{Key, key, space, time};
use crate::clock::Timestamp;
use crate::id::{AccountId, Code, GigId, InterestId, PersonId};
use crate::referral::Via;

/// A way is eleven bytes: of which sort it is, then its id.
fn way(via: Via) -> [u8; 11] {
    let (sort, id) = match via {
        Via::Page => (0, [0; 10]),
        Via::Post(id) => (1, *id.as_bytes()),
        Via::Link(id) => (2, *id.as_bytes()),
    };
    let mut bytes = [sort; 11];
    bytes[1..].copy_from_slice(&id);
    bytes
}

pub fn visits(gig: GigId, via: Via) -> Key {
    key(space::VISITS, &[gig.as_bytes(), &way(via)])
}

pub fn visits_of(gig: GigId) -> Key {
    key(space::VISITS, &[gig.as_bytes()])
}

pub fn all_visits() -> Key {
    vec![space::VISITS]
}

/// The gig and the way of a key of visits.
pub fn read_visits(key: &[u8]) -> Option<(GigId, Via)> {
    let gig = GigId::from_bytes(key.get(1..11)?.try_into().ok()?);
    let (sort, id) = key.get(11..)?.split_first()?;
    let id: [u8; 10] = id.try_into().ok()?;
    let via = match sort {
        0 => Via::Page,
        1 => Via::Post(AccountId::from_bytes(id)),
        2 => Via::Link(PersonId::from_bytes(id)),
        _ => return None,
    };
    Some((gig, via))
}

pub fn interest(gig: GigId, id: InterestId) -> Key {
    key(space::INTEREST, &[&[0], gig.as_bytes(), id.as_bytes()])
}

pub fn interests_of(gig: GigId) -> Key {
    key(space::INTEREST, &[&[0], gig.as_bytes()])
}

pub fn all_interests() -> Key {
    key(space::INTEREST, &[&[0]])
}

/// The same, to be forgotten in the order they came.
pub fn interest_by_time(at: Timestamp, gig: GigId, id: InterestId) -> Key {
    key(space::INTEREST, &[&[1], &time(at), gig.as_bytes(), id.as_bytes()])
}

pub fn interests_before(at: Timestamp) -> (Key, Key) {
    (key(space::INTEREST, &[&[1]]), key(space::INTEREST, &[&[1], &time(at)]))
}

pub fn interests_since(at: Timestamp) -> (Key, Key) {
    (key(space::INTEREST, &[&[1], &time(at)]), key(space::INTEREST, &[&[2]]))
}

/// The gig that an interest, in the order they came, is in.
pub fn read_gig_by_time(by_time: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(by_time.get(10..20)?.try_into().ok()?))
}

/// The key of the interest itself.
pub fn read_interest_by_time(by_time: &[u8]) -> Option<Key> {
    Some(key(space::INTEREST, &[&[0], by_time.get(10..)?]))
}

/// Whose link carries this code.
pub fn personal_code(gig: GigId, code: &Code) -> Key {
    key(space::PERSONAL_CODE, &[gig.as_bytes(), code.as_str().as_bytes()])
}

/// The gig of a key of a code.
pub fn read_personal_code(key: &[u8]) -> Option<(GigId, Code)> {
    let gig = GigId::from_bytes(key.get(1..11)?.try_into().ok()?);
    Some((gig, Code::parse(std::str::from_utf8(key.get(11..)?).ok()?)?))
}

pub fn personal_codes() -> Key {
    vec![space::PERSONAL_CODE]
}
