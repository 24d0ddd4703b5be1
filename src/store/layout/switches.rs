//! Where what the operator has switched off lies: so few keys that each look reads them all.

use super::{Key, key, space};
use crate::id::digest;

/// One per thing that is switched off; `name` parts those of one sort.
pub fn switch(sort: &str, name: &[u8]) -> Key {
    let hash = digest("switch", &[sort.as_bytes(), name]);
    key(space::SWITCH, &[&hash[..10]])
}

pub fn switches() -> Key {
    vec![space::SWITCH]
}
