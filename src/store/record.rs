//! How a record is written.
//!
//! A value begins with the version of its record. A record that grows beyond [`HEAD_BYTES`] lies apart in parts, under a name
//! made of its key and content, and its head only points there: values stay small, as the store needs them.

use super::layout::{self, Key};
use crate::id::digest;
use crate::ports::{Batch, Store, StoreError};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A record up to this size stands in its head.
const HEAD_BYTES: usize = 2048;
const PART_BYTES: usize = 3072;

/// What is kept, and in which version of its shape.
pub trait Record: Serialize + DeserializeOwned {
    const VERSION: u8;
}

#[derive(Serialize, Deserialize)]
enum Head<'a> {
    Here(&'a [u8]),
    Apart { blob: [u8; 16], bytes: u32, hash: [u8; 32] },
}

/// What a head says: the record itself, or where its parts lie.
#[derive(Debug)]
pub enum Found<R> {
    Here(R),
    Apart { blob: [u8; 16], bytes: u32, hash: [u8; 32] },
}

/// Adds the writing of `record` under `key`, in parts when it is long. `old` is the head it replaces; parts that
/// only the old one needed are left as litter for upkeep, since someone may be reading them.
pub fn put<R: Record>(batch: &mut Batch, key: Key, record: &R, old: Option<&Bytes>) {
    let bytes = postcard::to_stdvec(record).expect("records hold nothing that cannot be written");
    put_written(batch, key, R::VERSION, &bytes, old);
}

/// As [`put`], of a record that was written already.
pub fn put_written(batch: &mut Batch, key: Key, version: u8, bytes: &[u8], old: Option<&Bytes>) {
    let head = if bytes.len() <= HEAD_BYTES {
        Head::Here(bytes)
    } else {
        let hash = digest("blob", &[bytes]);
        let mut blob = [0; 16];
        blob.copy_from_slice(&digest("blob of", &[&key, &hash])[..16]);
        for (n, part) in (0u16..).zip(bytes.chunks(PART_BYTES)) {
            batch.put.push((layout::part(&blob, n), part.to_vec()));
        }
        Head::Apart { blob, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash }
    };
    if let Some(old_blob) = old.and_then(|old| blob_of(old))
        && !matches!(&head, Head::Apart { blob, .. } if *blob == old_blob)
    {
        batch.put.push((layout::litter_of(&old_blob), Vec::new()));
    }
    let mut value = vec![version];
    value.extend(postcard::to_stdvec(&head).expect("a head holds nothing that cannot be written"));
    batch.put.push((key, value));
}

/// Adds the removal of `key` and leaves its parts as litter.
pub fn remove(batch: &mut Batch, key: Key, old: Option<&Bytes>) {
    if let Some(blob) = old.and_then(|old| blob_of(old)) {
        batch.put.push((layout::litter_of(&blob), Vec::new()));
    }
    batch.delete.push(key);
}

/// The name of the parts that a head points to, when its record lies apart.
pub fn blob_of(value: &[u8]) -> Option<[u8; 16]> {
    match postcard::from_bytes(value.get(1..)?).ok()? {
        Head::Here(_) => None,
        Head::Apart { blob, .. } => Some(blob),
    }
}

pub fn read<R: Record>(key: &[u8], value: &[u8]) -> Result<Found<R>, StoreError> {
    let (version, head) = value.split_first().ok_or_else(|| unreadable(key, "it is empty"))?;
    if *version != R::VERSION {
        return Err(unreadable(key, &format!("its version is {version}, this gigcast reads {}", R::VERSION)));
    }
    match postcard::from_bytes(head).map_err(|error| unreadable(key, &error.to_string()))? {
        Head::Here(bytes) => decode(key, bytes).map(Found::Here),
        Head::Apart { blob, bytes, hash } => Ok(Found::Apart { blob, bytes, hash }),
    }
}

/// Puts a record that lay apart together again.
pub fn join<R: Record>(key: &[u8], parts: &[u8], bytes: u32, hash: &[u8; 32]) -> Result<R, StoreError> {
    check_parts(key, parts, bytes, hash)?;
    decode(key, parts)
}

/// A record as it was written, of whatever version, and put together where it lies apart.
pub async fn whole(store: &dyn Store, key: &[u8], head: &Bytes) -> Result<(u8, Vec<u8>), StoreError> {
    let (version, rest) = head.split_first().ok_or_else(|| unreadable(key, "it is empty"))?;
    match postcard::from_bytes(rest).map_err(|error| unreadable(key, &error.to_string()))? {
        Head::Here(bytes) => Ok((*version, bytes.to_vec())),
        Head::Apart { blob, bytes, hash } => {
            let prefix = layout::parts_of(&blob);
            let parts = store.scan(&prefix, &layout::end_of(&prefix), usize::MAX).await?;
            let joined: Vec<u8> = parts.iter().flat_map(|(_, part)| part.iter().copied()).collect();
            check_parts(key, &joined, bytes, &hash)?;
            Ok((*version, joined))
        }
    }
}

fn check_parts(key: &[u8], parts: &[u8], bytes: u32, hash: &[u8; 32]) -> Result<(), StoreError> {
    if parts.len() != bytes as usize || digest("blob", &[parts]) != *hash {
        return Err(unreadable(key, "its parts are not what its head says"));
    }
    Ok(())
}

fn decode<R: Record>(key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
    postcard::from_bytes(bytes).map_err(|error| unreadable(key, &error.to_string()))
}

pub(super) fn unreadable(key: &[u8], why: &str) -> StoreError {
    let mut hex = String::new();
    for byte in key {
        let _ = write!(hex, "{byte:02x}");
    }
    StoreError::Unreadable { key: hex, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note(String);

    impl Record for Note {
        const VERSION: u8 = 3;
    }

    fn written(note: &Note, old: Option<&Bytes>) -> (Batch, Bytes) {
        let mut batch = Batch::default();
        put(&mut batch, layout::meta("note"), note, old);
        let head = batch.put.last().map(|(_, value)| Bytes::from(value.clone())).expect("a head is written");
        (batch, head)
    }

    #[test]
    fn a_short_record_stands_in_its_head_and_a_long_one_in_parts() {
        let short = Note("hello".into());
        let (batch, head) = written(&short, None);
        assert_eq!(batch.put.len(), 1);
        assert!(matches!(read::<Note>(&layout::meta("note"), &head), Ok(Found::Here(note)) if note == short));

        let long = Note("x".repeat(9_000));
        let (batch, head) = written(&long, None);
        assert_eq!(batch.put.len(), 4, "three parts and a head");
        assert!(batch.put.iter().all(|(_, value)| value.len() <= crate::ports::VALUE_BYTES));
        let Ok(Found::Apart { bytes, hash, .. }) = read::<Note>(&layout::meta("note"), &head) else { panic!() };
        let parts: Vec<u8> = batch.put[..3].iter().flat_map(|(_, part)| part.clone()).collect();
        assert_eq!(join::<Note>(&layout::meta("note"), &parts, bytes, &hash), Ok(long));
        assert!(join::<Note>(&layout::meta("note"), &parts[1..], bytes, &hash).is_err());
    }

    #[test]
    fn parts_that_nothing_points_to_any_more_become_litter() {
        let (_, old) = written(&Note("x".repeat(9_000)), None);
        let (batch, _) = written(&Note("short".into()), Some(&old));
        assert!(batch.put.iter().any(|(key, _)| key[0] == layout::litter()[0]));
        let (same, _) = written(&Note("x".repeat(9_000)), Some(&old));
        assert!(!same.put.iter().any(|(key, _)| key[0] == layout::litter()[0]), "written again as it was");
    }

    #[test]
    fn a_record_of_another_version_is_refused_by_its_key() {
        let (_, head) = written(&Note("hello".into()), None);
        let mut other = head.to_vec();
        other[0] = 9;
        let refused = read::<Note>(&layout::meta("note"), &other).unwrap_err().to_string();
        assert!(refused.contains("version is 9") && refused.contains("016e6f7465"), "{refused}");
    }
}
