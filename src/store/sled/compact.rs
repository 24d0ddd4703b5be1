//! Giving back the room that sled keeps: its log only grows, and what was removed from it is not.
//!
//! All rows are copied into a new store beside the old one, in `compact.new`, and compared. Only then its files take the place of the old ones: first the
//! old ones go into `compact.old`, all of them, then the new ones come in. Which half of that is under way stands in the name of a file, so
//! that an opening after a kill goes on where it stood: before that file is there the old store is whole and in its place, and from then on the new one is
//! whole and on its way.

use super::open::Claim;
use super::{OpenError, Opened, SledStore};
use crate::ports::{Batch, Store, StoreError};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const NEW: &str = "compact.new";
const OLD: &str = "compact.old";
/// The old files go.
const GOING: &str = "compact.going";
/// The new ones come.
const COMING: &str = "compact.coming";
/// So many rows share a sync.
const AT_ONCE: usize = 1_000;

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    pub rows: u64,
    pub bytes_before: u64,
    pub bytes_after: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{} cannot be written: {cause}. The store is as it was", .path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("the copy is not what the store holds, and was not used. The store is as it was")]
    Differs,
}

/// Compacts the store in a directory that nobody else has open. Needs as much room again as the rows take.
pub async fn compact(dir: &Path, cache_bytes: u64) -> Result<Compacted, CompactError> {
    let write = |cause| CompactError::Write { path: dir.to_owned(), cause };
    let old = SledStore::open(dir, cache_bytes)?.store;
    let bytes_before = size(dir).map_err(write)?;
    let new_dir = dir.join(NEW);
    let Opened { store: new, .. } = SledStore::open(&new_dir, cache_bytes)?;
    let (rows, copied) = copy(&old, &new).await?;
    new.close()?;
    // What lies on the disk is compared, not what was just written.
    let new = SledStore::open(&new_dir, cache_bytes)?.store;
    if hashed(&new).await? != (rows, copied) {
        return Err(CompactError::Differs);
    }
    new.close()?;
    let claim = old.close_and_keep_claim()?;
    let swap = || {
        sync_files(&new_dir)?;
        mark(dir, GOING)?;
        finish(dir)
    };
    swap().map_err(write)?;
    let bytes_after = size(dir).map_err(write)?;
    drop(claim);
    Ok(Compacted { rows, bytes_before, bytes_after })
}

async fn copy(from: &SledStore, to: &SledStore) -> Result<(u64, [u8; 32]), StoreError> {
    let (mut hash, mut rows, mut next) = (Sha256::new(), 0, vec![0]);
    loop {
        let page = from.scan(&next, &[u8::MAX], AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok((rows, hash.finalize().into())) };
        next = [last.as_ref(), &[0]].concat();
        for (key, value) in &page {
            add(&mut hash, key, value);
            rows += 1;
        }
        let put = page.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        to.commit(Batch { put, ..Batch::default() }).await?;
    }
}

async fn hashed(store: &SledStore) -> Result<(u64, [u8; 32]), StoreError> {
    let (mut hash, mut rows, mut next) = (Sha256::new(), 0, vec![0]);
    loop {
        let page = store.scan(&next, &[u8::MAX], AT_ONCE).await?;
        let Some((last, _)) = page.last() else { return Ok((rows, hash.finalize().into())) };
        next = [last.as_ref(), &[0]].concat();
        for (key, value) in &page {
            add(&mut hash, key, value);
            rows += 1;
        }
    }
}

fn add(hash: &mut Sha256, key: &[u8], value: &[u8]) {
    for bytes in [key, value] {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
}

/// What sled calls its own, and the snapshots of it that were set aside: these tell how far a log once reached, and belong to that log.
fn is_sleds(name: &str) -> bool {
    matches!(name, "db" | "conf" | "blobs") || name.starts_with("snap.") || name.starts_with("unusable.snap.")
}

fn files(dir: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| is_sleds(name)));
    }
    names.sort();
    Ok(names)
}

fn size(dir: &Path) -> io::Result<u64> {
    files(dir)?.iter().map(|name| fs::metadata(dir.join(name)).map(|about| about.len())).sum()
}

fn sync_files(dir: &Path) -> io::Result<()> {
    for name in files(dir)? {
        File::open(dir.join(name))?.sync_all()?;
    }
    File::open(dir)?.sync_all()
}

fn mark(dir: &Path, name: &str) -> io::Result<()> {
    File::create(dir.join(name))?.sync_all()?;
    File::open(dir)?.sync_all()
}

fn move_files(from: &Path, to: &Path) -> io::Result<()> {
    for name in files(from)? {
        fs::rename(from.join(&name), to.join(&name))?;
    }
    File::open(to)?.sync_all()?;
    File::open(from)?.sync_all()
}

/// Ends a swap that was begun, and clears away what was left of one that was not, or is over. Called by whoever has the right to the directory.
pub(super) fn finish(dir: &Path) -> io::Result<()> {
    let (new, old) = (dir.join(NEW), dir.join(OLD));
    let (going, coming) = (dir.join(GOING), dir.join(COMING));
    if going.exists() {
        fs::create_dir_all(&old)?;
        move_files(dir, &old)?;
        fs::rename(&going, &coming)?;
        File::open(dir)?.sync_all()?;
    }
    if coming.exists() {
        move_files(&new, dir)?;
        fs::remove_file(&coming)?;
        File::open(dir)?.sync_all()?;
    }
    for left in [new, old] {
        match fs::remove_dir_all(left) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
    }
    Ok(())
}

impl SledStore {
    /// As [`SledStore::close`], and nobody else may open the directory yet.
    fn close_and_keep_claim(mut self) -> Result<Option<Claim>, StoreError> {
        self.end();
        self.usable()?;
        // sled lets go of its files on threads of its own.
        super::open::await_release(&self.dir);
        Ok(self.claim.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const CACHE: u64 = 16 << 20;

    async fn filled(dir: &Path) -> Vec<(Bytes, Bytes)> {
        let store = SledStore::open(dir, CACHE).unwrap().store;
        for round in 0..40_u8 {
            let put = (0..200_u16).map(|n| (n.to_be_bytes().to_vec(), vec![round; 500])).collect();
            let delete = (100..190_u16).map(|n| n.to_be_bytes().to_vec()).collect();
            store.commit(Batch { put, ..Batch::default() }).await.unwrap();
            store.commit(Batch { delete, ..Batch::default() }).await.unwrap();
        }
        let rows = all(&store).await;
        store.close().unwrap();
        rows
    }

    async fn all(store: &SledStore) -> Vec<(Bytes, Bytes)> {
        store.scan(&[0], &[u8::MAX], usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn a_compacted_store_is_smaller_and_holds_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let rows = filled(dir.path()).await;
        let compacted = compact(dir.path(), CACHE).await.unwrap();
        assert_eq!(compacted.rows, rows.len() as u64);
        assert!(compacted.bytes_after < compacted.bytes_before, "{compacted:?}");
        let store = SledStore::open(dir.path(), CACHE).unwrap().store;
        assert_eq!(all(&store).await, rows);
        assert!(!dir.path().join(NEW).exists() && !dir.path().join(OLD).exists());
    }

    /// A copy that is ready to take its place, and the number of renames that takes.
    async fn ready(dir: &Path) -> (Vec<(Bytes, Bytes)>, usize) {
        let rows = filled(dir).await;
        let old = SledStore::open(dir, CACHE).unwrap().store;
        let new = SledStore::open(&dir.join(NEW), CACHE).unwrap().store;
        copy(&old, &new).await.unwrap();
        new.close().unwrap();
        old.close().unwrap();
        for dir in [dir.to_owned(), dir.join(NEW)] {
            super::super::open::await_release(&dir);
        }
        let steps = files(dir).unwrap().len() + files(&dir.join(NEW)).unwrap().len();
        (rows, steps)
    }

    /// Whatever was done of it when the power went, an opening finds all rows.
    #[tokio::test]
    async fn a_swap_cut_short_anywhere_is_ended_by_the_next_opening() {
        let mut done = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let dir = dir.path();
            let (rows, steps) = ready(dir).await;
            mark(dir, GOING).unwrap();
            fs::create_dir_all(dir.join(OLD)).unwrap();
            let (old, new) = (files(dir).unwrap(), files(&dir.join(NEW)).unwrap());
            for (n, name) in old.iter().enumerate() {
                if n < done {
                    fs::rename(dir.join(name), dir.join(OLD).join(name)).unwrap();
                }
            }
            if done > old.len() {
                fs::rename(dir.join(GOING), dir.join(COMING)).unwrap();
            }
            for (n, name) in new.iter().enumerate() {
                if n + old.len() + 1 < done {
                    fs::rename(dir.join(NEW).join(name), dir.join(name)).unwrap();
                }
            }
            let store = SledStore::open(dir, CACHE).unwrap().store;
            assert_eq!(all(&store).await, rows, "after {done} of {steps} steps");
            assert!(!dir.join(GOING).exists() && !dir.join(COMING).exists() && !dir.join(OLD).exists());
            done += 1;
            if done > steps + 1 {
                return;
            }
        }
    }

    #[tokio::test]
    async fn a_copy_cut_short_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let rows = filled(dir.path()).await;
        let half = SledStore::open(&dir.path().join(NEW), CACHE).unwrap().store;
        half.commit(Batch { put: vec![(vec![1], vec![2])], ..Batch::default() }).await.unwrap();
        half.close().unwrap();
        let store = SledStore::open(dir.path(), CACHE).unwrap().store;
        assert_eq!(all(&store).await, rows);
        assert!(!dir.path().join(NEW).exists());
    }
}
