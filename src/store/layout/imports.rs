//! Where vouches lie that were signed elsewhere and brought here, and who is known to sign by which key.

use super::{Key, key, space};
use crate::id::{PersonId, digest};

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

/// Who an issuer is here.
pub fn known_issuer(issuer: &str) -> Key {
    key(space::IMPORT, &[&[ISSUER], &digest("issuer", &[issuer.as_bytes()])[..16]])
}

pub fn known_issuers() -> Key {
    vec![space::IMPORT, ISSUER]
}
