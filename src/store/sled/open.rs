//! Opening: who may, what a crash left behind, and what must be durable before the first answer.

use super::SledStore;
use crate::clock::{Clock, SystemClock};
use ::sled::{Config, Db};
use rustix::fs::{FallocateFlags, FlockOperation, fallocate, flock, statvfs};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much is set aside, so that a store whose disk is full can still be opened.
pub const RESERVE_BYTES: u64 = 32 * 1024 * 1024;
/// Setting aside must not itself bring the disk near its end.
const ROOM_FOR_RESERVE: u64 = 4 * RESERVE_BYTES;
/// sled's background sync; nothing rests on it.
const FLUSH_EVERY_MS: u64 = 500;

/// A store that is open, and what had to be mended for it.
#[derive(Debug)]
pub struct Opened {
    pub store: SledStore,
    /// Half-written snapshots of an earlier opening that was cut short. Harmless once deleted.
    pub leftovers: usize,
    /// Snapshots that could not be used and were moved aside, under their new names. The rows were read from the log instead.
    pub set_aside: Vec<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the store in {dir} is in use by {owner}; stop that one first, or give this one its own data directory", dir = dir.display())]
    InUse { dir: PathBuf, owner: String },
    #[error("cannot keep a store in {dir}: {cause}; it needs a directory in which this user may write, with room left", dir = dir.display())]
    Unusable { dir: PathBuf, cause: io::Error },
    #[error(
        "the store in {dir} is damaged and cannot be opened: {cause}. To go on: move that directory away, keep it, and \
         restore the last backup with `gigcast restore`",
        dir = dir.display()
    )]
    Damaged { dir: PathBuf, cause: String },
    #[error(
        "a restore into {dir} was cut short, and what lies there is not whole: empty that directory, then run `gigcast restore` again",
        dir = dir.display()
    )]
    HalfRestored { dir: PathBuf },
    #[error(
        "{dir} is not empty (it holds {found}), and nothing is restored over what is there: move it away, or name another `store.data_dir`",
        dir = dir.display()
    )]
    NotEmpty { dir: PathBuf, found: String },
}

impl SledStore {
    /// Opens the store in `dir`, and creates it where there is none. `cache_bytes` bounds sled's page cache. Takes as long as
    /// reading the log does (seconds when it is large) and blocks meanwhile.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Opened, OpenError> {
        if restoring(dir).exists() {
            return Err(OpenError::HalfRestored { dir: dir.to_owned() });
        }
        Self::open_whatever(dir, cache_bytes)
    }

    /// Opens a new store in a directory that holds nothing, to be filled from a backup. Until [`SledStore::restored`] says that it is whole,
    /// nobody else opens it, whatever happens meanwhile.
    pub fn open_to_restore(dir: &Path, cache_bytes: u64) -> Result<Opened, OpenError> {
        let unusable = |cause| OpenError::Unusable { dir: dir.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        for entry in fs::read_dir(dir).map_err(unusable)? {
            let found = entry.map_err(unusable)?.file_name().to_string_lossy().into_owned();
            // A file system of its own has one.
            if found != "lost+found" {
                return Err(OpenError::NotEmpty { dir: dir.to_owned(), found });
            }
        }
        let mark = || {
            File::create_new(restoring(dir))?.sync_all()?;
            File::open(dir)?.sync_all()
        };
        mark().map_err(unusable)?;
        Self::open_whatever(dir, cache_bytes)
    }

    /// The store that was opened to be filled is whole.
    pub fn restored(&self) -> io::Result<()> {
        fs::remove_file(restoring(&self.dir))?;
        File::open(&self.dir)?.sync_all()
    }

    fn open_whatever(dir: &Path, cache_bytes: u64) -> Result<Opened, OpenError> {
        let unusable = |cause| OpenError::Unusable { dir: dir.to_owned(), cause };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unusable)?;
        let claim = Claim::take(dir)?;
        super::compact::finish(dir).map_err(unusable)?;
        let leftovers = remove_half_written_snapshots(dir).map_err(unusable)?;
        let (db, set_aside) = open_or_mend(dir, cache_bytes)?;
        let file = make_durable(dir, &db).map_err(unusable)?;
        set_reserve_aside(dir);
        let store = Self::start(db, file, dir.to_owned(), claim).map_err(unusable)?;
        Ok(Opened { store, leftovers, set_aside })
    }
}

/// Stands there while a restore is under way.
fn restoring(dir: &Path) -> PathBuf {
    dir.join("restoring")
}

/// The right to a directory, for one process at a time. sled has a lock of its own, which cannot say who holds it.
#[derive(Debug)]
pub(super) struct Claim {
    /// The lock goes when this is closed, however the process ends.
    _lock: File,
}

impl Claim {
    pub(super) fn take(dir: &Path) -> Result<Self, OpenError> {
        let unusable = |cause| OpenError::Unusable { dir: dir.to_owned(), cause };
        let owner = dir.join("owner");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join("lock"))
            .map_err(unusable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let owner = fs::read_to_string(owner).unwrap_or_default();
                let owner = if owner.is_empty() { "another process" } else { owner.trim_end() };
                return Err(OpenError::InUse { dir: dir.to_owned(), owner: owner.to_owned() });
            }
            Err(cause) => return Err(unusable(cause.into())),
        }
        // For people only, so it need not be durable, and a machine's clock is good enough.
        let line = format!("process {} since {}\n", std::process::id(), SystemClock::default().now());
        fs::write(owner, line).map_err(unusable)?;
        Ok(Self { _lock: lock })
    }
}

/// sled's own name for a snapshot, which ends in how far into the log it reaches: sixteen hexadecimal digits.
const SNAPSHOT: &str = "snap.";
/// What we call one that could not be used.
const SET_ASIDE: &str = "unusable.snap.";

/// The files whose names begin so, each with what follows.
fn named(dir: &Path, prefix: &str) -> io::Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if let Some(rest) = entry.file_name().to_str().and_then(|name| name.strip_prefix(prefix)) {
            found.push((entry.path(), rest.to_owned()));
        }
    }
    Ok(found)
}

/// How far into the log the newest snapshot of that name reaches; zero where there is none.
fn newest(dir: &Path, prefix: &str) -> io::Result<u64> {
    let reach = named(dir, prefix)?.into_iter().filter_map(|(_, rest)| u64::from_str_radix(&rest, 16).ok());
    Ok(reach.max().unwrap_or(0))
}

/// A kill while sled opens can leave one; it would be taken for the newest snapshot, and refused for ever after.
fn remove_half_written_snapshots(dir: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for (path, rest) in named(dir, SNAPSHOT)? {
        if rest.ends_with(".generating") {
            fs::remove_file(path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// A snapshot only saves reading the whole log, so one that cannot be used is moved out of sled's sight, once. Never wipes.
fn open_or_mend(dir: &Path, cache_bytes: u64) -> Result<(Db, Vec<PathBuf>), OpenError> {
    let unusable = |cause| OpenError::Unusable { dir: dir.to_owned(), cause };
    let (db, moved) = match open_tree(dir, cache_bytes) {
        Ok(db) => (db, Vec::new()),
        Err(OpenError::Damaged { .. }) => {
            let moved = move_snapshots_aside(dir).map_err(unusable)?;
            (open_tree(dir, cache_bytes)?, moved)
        }
        Err(other) => return Err(other),
    };
    // sled ends a log where it first fails to read it, and would now go on as if the rest had never been. What was set aside
    // says how far the log once reached; a store that forgot would announce everything again.
    let log_once_reached = newest(dir, SET_ASIDE).map_err(unusable)?;
    if log_once_reached > newest(dir, SNAPSHOT).map_err(unusable)? {
        let cause = "its log ends earlier than it once did, so rows are missing".to_owned();
        return Err(OpenError::Damaged { dir: dir.to_owned(), cause });
    }
    Ok((db, moved))
}

fn open_tree(dir: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    await_release(dir);
    let config = Config::new().path(dir).cache_capacity(cache_bytes).flush_every_ms(Some(FLUSH_EVERY_MS));
    judged(dir, || config.open())
}

/// What an opening came to. Over a damaged log sled panics about as often as it errs; nothing of what it was building is kept,
/// so going on after such a panic is sound.
fn judged(dir: &Path, open: impl FnOnce() -> ::sled::Result<Db>) -> Result<Db, OpenError> {
    let dir = dir.to_owned();
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(::sled::Error::Io(cause))) if !says_damaged(&cause) => Err(OpenError::Unusable { dir, cause }),
        Ok(Err(error)) => Err(OpenError::Damaged { dir, cause: error.to_string() }),
        Err(_) => Err(OpenError::Damaged { dir, cause: "sled panicked while it read the log".to_owned() }),
    }
}

fn says_damaged(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData)
}

/// A store that this process closed a moment ago may still be letting go of its file on sled's own threads. Waits up to two
/// seconds for that; if it is not that, sled says what it is.
pub(super) fn await_release(dir: &Path) {
    for _ in 0..200 {
        let Ok(file) = File::open(dir.join("db")) else { return };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(10)),
            _ => return,
        }
    }
}

fn move_snapshots_aside(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut moved = Vec::new();
    for (path, reach) in named(dir, SNAPSHOT)? {
        let aside = dir.join(format!("{SET_ASIDE}{reach}"));
        fs::rename(&path, &aside)?;
        moved.push(aside);
    }
    Ok(moved)
}

/// After a kill what the log holds may be only in the kernel's memory. It is readable from now on, so it must be on the disk
/// from now on; and so must the names of the files themselves. Gives the handle that every later sync uses.
fn make_durable(dir: &Path, db: &Db) -> io::Result<File> {
    db.flush()?;
    let file = OpenOptions::new().read(true).write(true).open(dir.join("db"))?;
    file.sync_all()?;
    File::open(dir.join("conf"))?.sync_all()?;
    File::open(dir)?.sync_all()?;
    if let Some(parent) = dir.canonicalize()?.parent() {
        // Not always ours to open; the directory's name is then the concern of whoever made it.
        if let Ok(parent) = File::open(parent) {
            parent.sync_all()?;
        }
    }
    Ok(file)
}

pub(super) fn free_bytes(dir: &Path) -> Option<u64> {
    statvfs(dir).ok().map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize))
}

fn reserve(dir: &Path) -> PathBuf {
    dir.join("reserve")
}

/// Without a reserve a full disk is harder to recover from, nothing more: no room, no reserve.
fn set_reserve_aside(dir: &Path) {
    let path = reserve(dir);
    if path.exists() || free_bytes(dir).is_none_or(|free| free < ROOM_FOR_RESERVE) {
        return;
    }
    let set_aside = File::create(&path)
        .and_then(|file| fallocate(&file, FallocateFlags::empty(), 0, RESERVE_BYTES).map_err(io::Error::from));
    if set_aside.is_err() {
        let _ = fs::remove_file(path);
    }
}

pub(super) fn give_up_reserve(dir: &Path) -> io::Result<()> {
    match fs::remove_file(reserve(dir)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_from_a_place_that_cannot_be_used() {
        let judged = |open: fn() -> ::sled::Result<Db>| judged(Path::new("here"), open).unwrap_err();
        assert!(matches!(judged(|| panic!("as sled does over a damaged log")), OpenError::Damaged { .. }));
        assert!(matches!(judged(|| Err(::sled::Error::Corruption { at: None, bt: () })), OpenError::Damaged { .. }));
        assert!(matches!(
            judged(|| Err(::sled::Error::Io(io::ErrorKind::UnexpectedEof.into()))),
            OpenError::Damaged { .. }
        ));
        assert!(matches!(
            judged(|| Err(::sled::Error::Io(io::ErrorKind::StorageFull.into()))),
            OpenError::Unusable { .. }
        ));
    }
}
