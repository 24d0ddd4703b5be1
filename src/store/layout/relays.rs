//! Where it lies who reshares whose gigs, and which posts are still to be looked at for that.

use super::{Key, key, space, time};
use crate::clock::Timestamp;
use crate::id::{AccountId, GigId, PersonId};

/// What stands in the sub-space of relays: the record under its poster, and its poster under the account that reshares; and what is to be taken back
/// of those that ended.
const RECORD: u8 = 0;
const BY_ACCOUNT: u8 = 1;
const TO_UNRESHARE: u8 = 2;

pub fn relay(poster: PersonId, account: AccountId) -> Key {
    key(space::RELAY, &[&[RECORD], poster.as_bytes(), account.as_bytes()])
}

pub fn relays_of(poster: PersonId) -> Key {
    key(space::RELAY, &[&[RECORD], poster.as_bytes()])
}

/// The same, to be found by account.
pub fn relay_by(account: AccountId, poster: PersonId) -> Key {
    key(space::RELAY, &[&[BY_ACCOUNT], account.as_bytes(), poster.as_bytes()])
}

pub fn relays_by(account: AccountId) -> Key {
    key(space::RELAY, &[&[BY_ACCOUNT], account.as_bytes()])
}

/// Whose gigs the account of this key reshares.
pub fn read_relay_by(key: &[u8]) -> Option<PersonId> {
    Some(PersonId::from_bytes(key.get(12..)?.try_into().ok()?))
}

/// That what this account reshared of this poster's is to be taken back, since the relay ended then.
pub fn to_unreshare(account: AccountId, ended: Timestamp, poster: PersonId) -> Key {
    key(space::RELAY, &[&[TO_UNRESHARE], account.as_bytes(), &time(ended), poster.as_bytes()])
}

pub fn all_to_unreshare() -> Key {
    key(space::RELAY, &[&[TO_UNRESHARE]])
}

pub fn to_unreshare_by(account: AccountId) -> Key {
    key(space::RELAY, &[&[TO_UNRESHARE], account.as_bytes()])
}

/// That the post of a gig on this account came out at this time, and others may reshare it.
pub fn to_relay(at: Timestamp, gig: GigId, account: AccountId) -> Key {
    key(space::TO_RELAY, &[&time(at), gig.as_bytes(), account.as_bytes()])
}

pub fn all_to_relay() -> Key {
    vec![space::TO_RELAY]
}

pub fn read_to_relay(key: &[u8]) -> Option<(Timestamp, GigId, AccountId)> {
    let (at, rest) = key.get(1..)?.split_at_checked(8)?;
    let (gig, account) = rest.split_at_checked(10)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((at, GigId::from_bytes(gig.try_into().ok()?), AccountId::from_bytes(account.try_into().ok()?)))
}

/// That the post of a gig on this account, which came out at this time, may be reshared while it stands; the last of each account behind those before it.
pub fn original(gig: GigId, account: AccountId, at: Timestamp) -> Key {
    key(space::ORIGINAL, &[gig.as_bytes(), account.as_bytes(), &time(at)])
}

pub fn originals_of(gig: GigId) -> Key {
    key(space::ORIGINAL, &[gig.as_bytes()])
}

pub fn read_original(key: &[u8]) -> Option<(AccountId, Timestamp)> {
    let (account, at) = key.get(11..)?.split_at_checked(10)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((AccountId::from_bytes(account.try_into().ok()?), at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_found_by_its_poster_and_by_its_account() {
        let (poster, account) = (PersonId::of(&[b"acme"]), AccountId::of(&[b"ann"]));
        assert!(relay(poster, account).starts_with(&relays_of(poster)));
        assert!(relay_by(account, poster).starts_with(&relays_by(account)));
        assert_eq!(read_relay_by(&relay_by(account, poster)), Some(poster));
    }

    #[test]
    fn posts_to_be_relayed_lie_in_the_order_in_which_they_came_out() {
        let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
        let at = Timestamp::from_millis(1_795_262_400_000);
        let key = to_relay(at, gig, account);
        assert_eq!(read_to_relay(&key), Some((at, gig, account)));
        assert!(key < to_relay(Timestamp::from_millis(1_795_262_400_001), gig, account));
    }

    #[test]
    fn what_may_be_reshared_of_a_gig_lies_by_account_and_time() {
        let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
        let at = Timestamp::from_millis(1_795_262_400_000);
        let key = original(gig, account, at);
        assert!(key.starts_with(&originals_of(gig)));
        assert_eq!(read_original(&key), Some((account, at)));
        assert!(key < original(gig, account, Timestamp::from_millis(1_795_262_400_001)));
    }
}
