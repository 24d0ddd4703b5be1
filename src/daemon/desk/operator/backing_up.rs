//! The backup that the operator asks for.

use super::Desk;
use crate::secret::Secret;
use crate::store::STORE_VERSION;
use crate::store::backup::{Header, Untaken, take};
use crate::vault::VAULT_KEY_FILE;
use crate::web::admin::{BackupAsked, Refusal};
use bytes::Bytes;
use std::io;
use tokio::sync::mpsc::{Receiver, channel};
use tracing::{info, warn};

/// So many pieces may wait for whoever writes them down.
const AHEAD: usize = 4;

impl Desk {
    pub(super) async fn begin_backup(&self, asked: BackupAsked) -> Result<Receiver<Bytes>, Refusal> {
        let key_file = if asked.with_key { Some(self.key_file().await?) } else { None };
        let header = Header {
            gigcast: env!("CARGO_PKG_VERSION").to_owned(),
            store: STORE_VERSION,
            epoch: self.daemon.deliver.epoch.0,
            taken: self.now(),
        };
        let Some(copying) = self.gate.copy().await? else {
            let said = "another backup is being taken; try again when it is done";
            return Err(Refusal::Refused(said.to_owned()));
        };
        let (to, pieces) = channel(AHEAD);
        self.daemon.tasks.spawn(async move {
            match take(copying, &header, key_file.as_ref(), &to).await {
                Ok(()) => info!(event = "backup.taken", "A backup was taken"),
                Err(Untaken::Unwanted) => {
                    warn!(event = "backup.left", "A backup was begun, and whoever asked for it went away");
                }
                Err(untaken) => warn!(event = "backup.failed", "No backup could be taken: {untaken}"),
            }
        });
        Ok(pieces)
    }

    async fn key_file(&self) -> Result<Secret, Refusal> {
        let path = self.data_dir.join(VAULT_KEY_FILE);
        match tokio::fs::read_to_string(&path).await {
            Ok(key) => Ok(Secret::new(key)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(Refusal::Refused(format!(
                "there is no {}: the vault key comes from elsewhere, or there is none yet. Take the backup without it, and keep the key where it is",
                path.display()
            ))),
            Err(cause) => Err(Refusal::Refused(format!("{} cannot be read: {cause}", path.display()))),
        }
    }
}
