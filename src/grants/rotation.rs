//! A new master key for all that is sealed.
//!
//! In small durable steps, each of which may be the last before a crash. First the new key exists and the store names it; then each record
//! is sealed anew by itself; then all of them are opened once more; then the store names the new key alone; and only then the old one
//! goes. Whoever finds a change half done (the next start, or the next `vault rotate`) goes on where it stood.

use crate::ports::Commit;
use crate::store::{Ledger, SealedFor};
use crate::vault::{Afterwards, For, KeyId, Vault, VaultError};
use std::path::Path;

/// Why a key could not be changed. All that is sealed still opens, with the keys that are there.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] crate::ports::StoreError),
    /// Nobody else may write while a key is changed.
    #[error("{0:?} changed while the vault key was being changed: is another gigcast at work here?")]
    Disturbed(SealedFor),
}

/// A change of key that is done.
#[derive(Debug)]
pub struct Rotated {
    pub vault: Vault,
    pub from: KeyId,
    pub to: KeyId,
    /// Records that were sealed anew by this run.
    pub sealed: usize,
    pub afterwards: Afterwards,
}

/// Changes the key of all that is sealed, from the one that `vault` has to the one it was readied for ([`Vault::change`]). Whoever calls has the
/// store to themselves.
pub async fn rotate(ledger: &Ledger, vault: Vault, dir: &Path) -> Result<Rotated, RotationError> {
    let to = vault.key_id();
    let from = vault.former_id().unwrap_or(to);
    ledger.note_next_vault_key(*to.as_bytes()).await?;
    let mut sealed = 0;
    for (what, before) in ledger.all_sealed().await? {
        let Some(after) = vault.reseal(purpose(&what), &before)? else { continue };
        if ledger.reseal(&what, &before, after).await? == Commit::Conflict {
            return Err(RotationError::Disturbed(what));
        }
        sealed += 1;
    }
    // Opened as they now stand on disk: the old key does not go on trust.
    for (what, standing) in ledger.all_sealed().await? {
        if vault.reseal(purpose(&what), &standing)?.is_some() {
            return Err(RotationError::Disturbed(what));
        }
    }
    ledger.note_vault_key(*to.as_bytes()).await?;
    let (vault, afterwards) = vault.changed(dir)?;
    Ok(Rotated { vault, from, to, sealed, afterwards })
}

fn purpose(what: &SealedFor) -> For<'_> {
    match what {
        SealedFor::Grant(account) => For::Grant(*account),
        SealedFor::Client(server) => For::Client(server),
        SealedFor::SigningKey => For::SigningKey,
        SealedFor::PushKey => For::PushKey,
        SealedFor::VouchKey(signer) => For::VouchKey(*signer),
    }
}
