//! What was written last, kept beside sled.
//!
//! A turn reads what the turns before it have just written, and sled keeps every reader out while it applies a batch. So rows that are
//! fresh are answered from here, where nobody waits. Only the writer puts rows in, once sled has them: what is here is what sled
//! would say, and what falls out is read from sled again. Reads from sled put nothing in, since they could be overtaken.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Each of the two halves may weigh so much, keys included.
const HALF_BYTES: usize = 2 * 1024 * 1024;
/// What a row weighs beside its own bytes, about.
const ROW_BYTES: usize = 96;

/// Rows as they were written; nothing for one that was removed.
pub(super) type Rows = HashMap<Vec<u8>, Option<Bytes>>;

#[derive(Debug, Default)]
pub(super) struct Recent(RwLock<Halves>);

/// Who is full becomes the older half, and the older one is forgotten.
#[derive(Debug, Default)]
struct Halves {
    young: Rows,
    young_bytes: usize,
    old: Rows,
}

impl Recent {
    /// The row as it was last written, or its absence; nothing when it is not known here.
    pub(super) fn get(&self, key: &[u8]) -> Option<Option<Bytes>> {
        let halves = self.0.read().unwrap_or_else(PoisonError::into_inner);
        halves.young.get(key).or_else(|| halves.old.get(key)).cloned()
    }

    pub(super) fn put(&self, rows: Rows) {
        let mut halves = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in rows {
            halves.young_bytes += ROW_BYTES + key.len() + value.as_ref().map_or(0, Bytes::len);
            halves.young.insert(key, value);
        }
        if halves.young_bytes > HALF_BYTES {
            halves.old = std::mem::take(&mut halves.young);
            halves.young_bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: usize, value: &str) -> Rows {
        [(format!("key {n}").into_bytes(), Some(Bytes::copy_from_slice(value.as_bytes())))].into()
    }

    #[test]
    fn the_last_written_counts_and_what_was_removed_is_known_to_be_gone() {
        let recent = Recent::default();
        assert_eq!(recent.get(b"key 1"), None, "sled is asked");
        recent.put(row(1, "a"));
        recent.put(row(1, "b"));
        assert_eq!(recent.get(b"key 1"), Some(Some(Bytes::from_static(b"b"))));
        recent.put([(b"key 1".to_vec(), None)].into());
        assert_eq!(recent.get(b"key 1"), Some(None));
    }

    #[test]
    fn it_stays_within_its_room_and_a_newer_row_hides_an_older_one_in_the_other_half() {
        let recent = Recent::default();
        recent.put(row(0, "a"));
        let large = "x".repeat(4000);
        for n in 1..3000 {
            recent.put(row(n, &large));
            if n == 600 {
                recent.put(row(1, "b"));
                assert_eq!(recent.get(b"key 1"), Some(Some(Bytes::from_static(b"b"))));
            }
        }
        assert_eq!(recent.get(b"key 0"), None, "it fell out");
        assert!(recent.get(b"key 2999").is_some());
        let halves = recent.0.read().unwrap();
        let bytes: usize =
            [&halves.young, &halves.old].iter().flat_map(|half| half.values()).flatten().map(Bytes::len).sum();
        assert!(bytes <= 2 * HALF_BYTES, "{bytes}");
    }
}
