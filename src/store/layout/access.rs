//! Where it lies who may come in: tokens of programs, invitations, the accounts by which people are known, and the browsers they came in with.

use super::{Key, key, space};
use crate::id::{AccountId, PersonId};

/// `hash` is what remains of an API token.
pub fn token(hash: &[u8; 32]) -> Key {
    key(space::TOKEN, &[hash])
}

pub fn tokens() -> Key {
    vec![space::TOKEN]
}

/// The account by which someone is known.
pub fn identity(id: AccountId) -> Key {
    key(space::IDENTITY, &[id.as_bytes()])
}

pub fn identities() -> Key {
    vec![space::IDENTITY]
}

/// The same, to be found by person.
pub fn identity_of(person: PersonId, id: AccountId) -> Key {
    key(space::IDENTITY_OF, &[person.as_bytes(), id.as_bytes()])
}

pub fn identities_of(person: PersonId) -> Key {
    key(space::IDENTITY_OF, &[person.as_bytes()])
}

pub fn read_identity_of(key: &[u8]) -> Option<AccountId> {
    Some(AccountId::from_bytes(key.get(11..)?.try_into().ok()?))
}

/// `hash` is what remains of an invitation's token.
pub fn invite(hash: &[u8; 32]) -> Key {
    key(space::INVITE, &[hash])
}

pub fn invites() -> Key {
    vec![space::INVITE]
}

/// `hash` is what remains of the token in a browser's cookie.
pub fn sign_in(hash: &[u8; 32]) -> Key {
    key(space::SIGN_IN, &[hash])
}

pub fn sign_ins() -> Key {
    vec![space::SIGN_IN]
}
