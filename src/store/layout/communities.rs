//! Where communities lie, who is in them, and whom their stewards invited.

use super::seen::{party, read_party};
use super::{Key, key, space};
use crate::id::{CommunityId, PersonId};
use crate::trust::Party;

pub fn community(id: CommunityId) -> Key {
    key(space::COMMUNITY, &[id.as_bytes()])
}

pub fn communities() -> Key {
    vec![space::COMMUNITY]
}

pub fn member(of: CommunityId, person: PersonId) -> Key {
    key(space::MEMBER, &[of.as_bytes(), person.as_bytes()])
}

pub fn members_of(id: CommunityId) -> Key {
    key(space::MEMBER, &[id.as_bytes()])
}

/// The same, to be found by person.
pub fn membership(person: PersonId, of: CommunityId) -> Key {
    key(space::MEMBERSHIP, &[person.as_bytes(), of.as_bytes()])
}

pub fn memberships_of(person: PersonId) -> Key {
    key(space::MEMBERSHIP, &[person.as_bytes()])
}

pub fn read_membership(key: &[u8]) -> Option<CommunityId> {
    Some(CommunityId::from_bytes(key.get(11..)?.try_into().ok()?))
}

/// That a steward invited whoever that is.
pub fn invited(to: CommunityId, whom: Party) -> Key {
    key(space::INVITED, &[to.as_bytes(), &party(whom)])
}

pub fn invited_to(id: CommunityId) -> Key {
    key(space::INVITED, &[id.as_bytes()])
}

pub fn all_invited() -> Key {
    vec![space::INVITED]
}

pub fn read_invited(key: &[u8]) -> Option<(CommunityId, Party)> {
    let (id, whom) = key.get(1..)?.split_at_checked(10)?;
    Some((CommunityId::from_bytes(id.try_into().ok()?), read_party(whom)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_found_by_its_person() {
        let (id, person) = (CommunityId::from_slug("bern"), PersonId::of(&[b"ana"]));
        let key = membership(person, id);
        assert_eq!(read_membership(&key), Some(id));
        assert!(key.starts_with(&memberships_of(person)));
        assert!(member(id, person).starts_with(&members_of(id)));
    }
}
