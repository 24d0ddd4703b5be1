//! From a backup to a data directory that gigcast can start on. Nothing of gigcast may run on it meanwhile, and nothing may lie in it.

use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::Config;
use crate::ports::{Store, StoreError};
use crate::store::backup::{BackupError, Header, PutBackError, Reader, check, put_back};
use crate::store::export::{ImportError, Secrets, import as take_in};
use crate::store::memory::MemoryStore;
use crate::store::migrate::{MigrationError, Mode, migrate};
use crate::store::sled::{OpenError, SledStore};
use crate::store::{Ledger, STORE_VERSION};
use crate::vault::{KeyId, VAULT_KEY_FILE};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{} cannot be restored: {cause}", .file.display())]
    Backup { file: PathBuf, cause: BackupError },
    #[error("{} cannot be imported: {cause}", .file.display())]
    Import { file: PathBuf, cause: ImportError },
    #[error("{} holds a store of version {found}, and this gigcast reads up to {STORE_VERSION}: restore it with the gigcast that made it ({gigcast})", .file.display())]
    Newer { file: PathBuf, found: u32, gigcast: String },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{} cannot be written: {cause}", .path.display())]
    Write { path: PathBuf, cause: io::Error },
}

/// What becomes of what the vault sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Its key is at hand, or in the backup.
    Kept,
    /// Its key is lost: accounts have to be linked anew.
    Forgotten,
}

/// What was restored, and what is to be done next.
#[derive(Debug)]
pub struct Restored {
    /// When it was taken, and by which gigcast.
    pub taken: Timestamp,
    pub gigcast: String,
    /// Deliveries that are looked for before they are sent.
    pub doubtful: usize,
    /// The vault's key file was in the backup, and is in the data directory now.
    pub brought_key: bool,
    /// The key that grants are sealed with; nothing when nothing is sealed.
    pub key: Option<KeyId>,
    /// Accounts that have to be linked anew.
    pub unlinked: usize,
    /// What the audit of the outbox found.
    pub findings: Vec<String>,
}

pub async fn restore(config: &Config, file: &Path, sealed: Sealed) -> Result<Restored, RestoreError> {
    let bad = |cause| RestoreError::Backup { file: file.to_owned(), cause };
    let open = || File::open(file).map(BufReader::new).map_err(|cause| bad(cause.into()));
    // All of it is read before anything is written.
    let checked = check(open()?).map_err(bad)?;
    if checked.header.store > STORE_VERSION {
        let Header { store: found, gigcast, .. } = checked.header;
        return Err(RestoreError::Newer { file: file.to_owned(), found, gigcast });
    }
    let dir = &config.store.data_dir;
    let store = Arc::new(SledStore::open_to_restore(dir, config.store.cache_bytes)?.store);
    let mut reader = Reader::open(open()?).map_err(bad)?;
    let key_file = put_back(&mut reader, &*store).await.map_err(|error| match error {
        PutBackError::Backup(cause) => bad(cause),
        PutBackError::Store(fault) => fault.into(),
    })?;

    let mut restored = finish(&store, checked.header.taken, checked.header.gigcast, sealed).await?;
    if let (Some(key), Sealed::Kept) = (key_file, sealed) {
        let path = dir.join(VAULT_KEY_FILE);
        let write = || {
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
            file.write_all(key.expose().as_bytes())?;
            file.sync_all()
        };
        write().map_err(|cause| RestoreError::Write { path: path.clone(), cause })?;
        restored.brought_key = true;
    }
    store.restored().map_err(|cause| RestoreError::Write { path: dir.clone(), cause })?;
    Ok(restored)
}

/// The same with an export in the place of a backup.
pub async fn import(config: &Config, file: &Path) -> Result<Restored, RestoreError> {
    let bad = |cause| RestoreError::Import { file: file.to_owned(), cause };
    let opened = File::open(file).map_err(|cause| bad(ImportError::Unread(cause)))?;
    let mut lines = BufReader::new(opened);
    // All of it is read before anything is written where it stays.
    let heading = take_in(&mut lines, &MemoryStore::new()).await.map_err(bad)?;
    lines.rewind().map_err(|cause| bad(ImportError::Unread(cause)))?;
    let dir = &config.store.data_dir;
    let store = Arc::new(SledStore::open_to_restore(dir, config.store.cache_bytes)?.store);
    take_in(&mut lines, &*store).await.map_err(bad)?;
    let sealed = match heading.secrets {
        Secrets::Sealed => Sealed::Kept,
        Secrets::LeftOut => Sealed::Forgotten,
    };
    let restored = finish(&store, heading.taken, heading.gigcast, sealed).await?;
    store.restored().map_err(|cause| RestoreError::Write { path: dir.clone(), cause })?;
    Ok(restored)
}

/// From rows to a store that gigcast can start on.
async fn finish(
    store: &Arc<SledStore>,
    taken: Timestamp,
    gigcast: String,
    sealed: Sealed,
) -> Result<Restored, RestoreError> {
    migrate(&**store, Mode::Apply).await?;
    let now = SystemClock::default().now();
    let ledger = Ledger::new(Arc::clone(store) as Arc<dyn Store>);
    let doubtful = ledger.note_restored(taken, now).await?;
    let unlinked = match sealed {
        Sealed::Kept => 0,
        Sealed::Forgotten => forget(&ledger, now).await?,
    };
    let is_sealed = ledger.anything_sealed().await?;
    let key = if is_sealed { ledger.vault_key().await?.map(KeyId::from_bytes) } else { None };
    let findings = ledger.audit().await?;
    Ok(Restored { taken, gigcast, doubtful, brought_key: false, key, unlinked, findings })
}

async fn forget(ledger: &Ledger, now: Timestamp) -> Result<usize, StoreError> {
    ledger
        .forget_sealed(
            "gigcast was restored without the key that its grants are sealed with, or without the grants",
            now,
        )
        .await
}
