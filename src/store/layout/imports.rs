//! Where vouches lie that were signed elsewhere and brought here, what an instance saw of them, and who is known to sign by which key.

use super::{Key, key, space};
use crate::id::{ActorId, PersonId, digest};

const BROUGHT: u8 = 0;
const ISSUER: u8 = 1;

/// One per issuer and id, under whoever brought it.
pub fn import(subject: PersonId, issuer: &str, id: &str) -> Key {
    let name = digest("import", &[issuer.as_bytes(), id.as_bytes()]);
    key(space::IMPORT, &[&[BROUGHT], subject.as_bytes(), &name[..16]])
}

pub fn imports_of(subject: PersonId) -> Key {
    key(space::IMPORT, &[&[BROUGHT], subject.as_bytes()])
}

pub fn imports() -> Key {
    vec![space::IMPORT, BROUGHT]
}

/// Where an instance says that it saw what an import says; named as that is.
pub fn sight(subject: PersonId, issuer: &str, id: &str) -> Key {
    let import = import(subject, issuer, id);
    key(space::SIGHT, &[&import[2..]])
}

pub fn sights() -> Key {
    vec![space::SIGHT]
}

/// Of which import a sight is.
pub fn import_of_sight(sight: &[u8]) -> Option<Key> {
    sight.strip_prefix(&[space::SIGHT]).map(|name| key(space::IMPORT, &[&[BROUGHT], name]))
}

/// That an author has taken back what they vouch for in a post: by its address up to a fragment, behind which it is said by whom it was brought.
pub fn taken_back(by: ActorId, post: &str) -> Key {
    let address = post.split_once('#').map_or(post, |(address, _)| address);
    key(space::TAKEN_BACK, &[&digest("taken back", &[by.as_bytes(), address.as_bytes()])[..16]])
}

/// That the one who signed a vouch elsewhere has taken it back.
pub fn word_taken_back(issuer: &str, id: &str) -> Key {
    key(space::TAKEN_BACK, &[&digest("word taken back", &[issuer.as_bytes(), id.as_bytes()])[..16]])
}

/// Who an issuer is here.
pub fn known_issuer(issuer: &str) -> Key {
    key(space::IMPORT, &[&[ISSUER], &digest("issuer", &[issuer.as_bytes()])[..16]])
}

pub fn known_issuers() -> Key {
    vec![space::IMPORT, ISSUER]
}
