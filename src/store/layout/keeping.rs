//! Where the store keeps what it knows of itself.

use super::{Key, key, space};
use crate::id::SourceId;

/// That a source has been looked at since the store was restored from a backup.
pub fn seen_again(source: SourceId) -> Key {
    key(space::KEEPING, &[&[1], source.as_bytes()])
}

/// All sources that have been.
pub fn seen_again_all() -> (Key, Key) {
    (key(space::KEEPING, &[&[1]]), key(space::KEEPING, &[&[2]]))
}
