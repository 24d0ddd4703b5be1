//! The vault's key at the start: found, made once, and changed.

use super::assemble::{StartError, open};
use crate::config::Config;
use crate::grants::{Rotated, rotate};
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::store::migrate;
use crate::vault::{Expected, KeyId, Vault, VaultError};
use std::path::Path;
use std::sync::Arc;
use tracing::info;

/// Changes the vault key, with the store to itself: nothing of gigcast may run on it.
pub async fn rotate_vault(
    config: &Config,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Rotated, StartError> {
    let dir = config.store.data_dir.clone();
    let store = open(dir.clone(), config.store.cache_bytes).await?;
    migrate::migrate(&store, migrate::Mode::Apply).await?;
    let ledger = Ledger::new(Arc::new(store));
    if !ledger.anything_sealed().await? {
        return Err(VaultError::NothingSealed.into());
    }
    // Where a change was interrupted this ends it, and begins no other.
    let vault = find_key(&ledger, &dir, env).await?.change(&dir, &env)?;
    Ok(rotate(&ledger, vault, &dir).await?)
}

/// The vault's key: the one that grants are sealed with, or a new one when there are none. A change of key that was interrupted is ended.
pub(super) async fn unlock(
    ledger: &Ledger,
    dir: &Path,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Vault, StartError> {
    let vault = find_key(ledger, dir, env).await?;
    if vault.former_id().is_some() {
        let rotated = rotate(ledger, vault, dir).await?;
        info!(
            event = "vault.rotated",
            "The change of the vault key from {} to {} was interrupted, and is done now", rotated.from, rotated.to
        );
        return Ok(rotated.vault);
    }
    let in_use = *vault.key_id().as_bytes();
    if ledger.vault_key().await? != Some(in_use) {
        ledger.note_vault_key(in_use).await?;
    }
    Ok(vault)
}

async fn find_key(
    ledger: &Ledger,
    dir: &Path,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Vault, StartError> {
    let noted = ledger.vault_key().await?;
    let next = ledger.next_vault_key().await?.map(KeyId::from_bytes);
    let expected = match (ledger.anything_sealed().await?, noted.map(KeyId::from_bytes), next) {
        (false, _, _) => Expected::New,
        (true, Some(from), Some(to)) => Expected::Changing { from, to },
        (true, Some(id), None) => Expected::Existing(id),
        (true, None, _) => {
            let why = "grants are kept, and not the id of the key that sealed them".to_owned();
            return Err(StoreError::Unreadable { key: "vault-key".to_owned(), why }.into());
        }
    };
    Ok(Vault::unlock(dir, &env, expected)?)
}
