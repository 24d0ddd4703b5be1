//! Where it lies that a gig was here once, and under which prefixes stands what goes with it.

use super::{Key, key, space};
use crate::id::{DeliveryId, GigId};

/// That a gig was on record and is no more.
pub fn removed(id: GigId) -> Key {
    key(space::REMOVED, &[id.as_bytes()])
}

pub fn all_removed() -> Key {
    vec![space::REMOVED]
}

/// The other names of all gigs.
pub fn aliases() -> Key {
    vec![space::ALIAS]
}

/// What could not be taken in, of every source.
pub fn all_refused() -> Key {
    vec![space::REFUSED]
}

/// The gig of the key of its record.
pub fn read_gig(key: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(key.get(1..)?.try_into().ok()?))
}

/// The marks of all that stands under the post of a delivery.
pub fn all_deeds_of(delivery: DeliveryId) -> Key {
    key(space::DEED, &[delivery.as_bytes()])
}

/// The codes of all personal links to a gig.
pub fn personal_codes_of(gig: GigId) -> Key {
    key(space::PERSONAL_CODE, &[gig.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::super::{deed, gig, personal_code};
    use super::*;
    use crate::id::{AccountId, Code, EngagementId, PersonId};
    use crate::profile::EngagementKind;

    #[test]
    fn what_goes_with_a_gig_stands_under_its_prefixes() {
        let id = GigId::of(&[b"g"]);
        assert_eq!(read_gig(&gig(id)), Some(id));
        let delivery = DeliveryId::from_step(id, AccountId::of(&[b"a"]), 1);
        for kind in EngagementKind::ALL {
            assert!(deed(delivery, kind, EngagementId::of(&[b"e"])).starts_with(&all_deeds_of(delivery)));
        }
        let code = Code::personal(id, PersonId::of(&[b"p"]));
        assert!(personal_code(id, &code).starts_with(&personal_codes_of(id)));
    }
}
