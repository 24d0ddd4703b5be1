//! Where it lies who was hired for which gig, and which people show their circle to everyone.

use super::seen::{party, read_party};
use super::{Key, key, space};
use crate::id::{GigId, PersonId};
use crate::trust::Party;

/// What stands in the sub-space of hires: the record under its gig, and its gig under whoever was hired.
const RECORD: u8 = 0;
const BY_PARTY: u8 = 1;

pub fn hire(gig: GigId, whom: Party) -> Key {
    key(space::HIRE, &[&[RECORD], gig.as_bytes(), &party(whom)])
}

pub fn hires() -> Key {
    key(space::HIRE, &[&[RECORD]])
}

pub fn hires_for(gig: GigId) -> Key {
    key(space::HIRE, &[&[RECORD], gig.as_bytes()])
}

/// The same, to be found by whoever was hired.
pub fn hire_of(whom: Party, gig: GigId) -> Key {
    key(space::HIRE, &[&[BY_PARTY], &party(whom), gig.as_bytes()])
}

pub fn hires_of(whom: Party) -> Key {
    key(space::HIRE, &[&[BY_PARTY], &party(whom)])
}

pub fn read_hire_of(key: &[u8]) -> Option<(Party, GigId)> {
    let (whom, gig) = key.get(2..)?.split_at_checked(11)?;
    Some((read_party(whom)?, GigId::from_bytes(gig.try_into().ok()?)))
}

/// That a person shows their circle to everyone.
pub fn circle_shown(person: PersonId) -> Key {
    key(space::CIRCLE_SHOWN, &[person.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ActorId;

    #[test]
    fn a_hire_is_found_by_whoever_was_hired() {
        let (gig, whom) = (GigId::of(&[b"g"]), Party::Actor(ActorId::of(&[b"ana"])));
        assert_eq!(read_hire_of(&hire_of(whom, gig)), Some((whom, gig)));
        assert!(hire_of(whom, gig).starts_with(&hires_of(whom)));
        assert!(hire(gig, whom).starts_with(&hires_for(gig)));
    }
}
