//! Changing the master key: both keys are at hand until everything is sealed with the new one.
//!
//! The new key lies beside the old one, or in the operator's hands, before anything is sealed with it; the old one goes when nothing needs
//! it any more. What is sealed is the store's, so the order of steps is kept by whoever has both (`grants::rotation`).

use super::key::{self, Found, Origin, VAULT_KEY_NEXT_FILE};
use super::{For, KeyId, Vault, VaultError};
use std::path::Path;

/// What the operator has to do once the key has been changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// The new key lies where the old one lay.
    Nothing,
    /// The new key is where the operator put it, and has to take the old one's place there.
    Replace { variable: bool },
}

impl Vault {
    /// Finds both keys of a change that was interrupted.
    pub(super) fn changing(
        dir: &Path,
        env: &dyn Fn(&str) -> Option<String>,
        found: Option<Found>,
        from: KeyId,
        to: KeyId,
    ) -> Result<Self, VaultError> {
        let (mut former, mut next) = (None, None);
        for one in [found, key::find_next(dir, env)?].into_iter().flatten() {
            match one.key.id() {
                id if id == from => former = Some(one),
                id if id == to => next = Some(one),
                _ => {}
            }
        }
        let missing = |missing| VaultError::HalfChanged { missing, dir: dir.to_owned() };
        let former = former.ok_or_else(|| missing(from))?;
        let next = next.ok_or_else(|| missing(to))?;
        Ok(Self { key: next.key, origin: former.origin, former: Some(former.key) })
    }

    /// Readies another key, made here or given by the operator, to take the place of this one. Nothing is sealed with it yet, and asking again
    /// finds the same key.
    pub fn change(self, dir: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, VaultError> {
        if self.former.is_some() {
            return Ok(self);
        }
        let origin = self.origin.to_string();
        let next = match (&self.origin, key::find_next(dir, env)?) {
            (Origin::File(_), Some(Found { origin: Origin::Variable(_), .. })) => {
                return Err(VaultError::NextNotWanted { origin });
            }
            (Origin::File(_), None) => key::make(dir, VAULT_KEY_NEXT_FILE)?,
            (Origin::Variable(_) | Origin::Credential(_), None | Some(Found { origin: Origin::File(_), .. })) => {
                return Err(VaultError::NoNextKey { origin });
            }
            (_, Some(next)) => next,
        };
        if next.key.id() == self.key.id() {
            return Err(VaultError::SameKey(self.key.id()));
        }
        Ok(Self { key: next.key, origin: self.origin, former: Some(self.key) })
    }

    /// The key that is on its way out.
    pub fn former_id(&self) -> Option<KeyId> {
        self.former.as_ref().map(super::Key::id)
    }

    /// Seals anew what the former key has sealed; nothing where the present one has.
    pub fn reseal(&self, what: For<'_>, sealed: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        if sealed.get(1..=key::ID_BYTES) == Some(self.key.id().as_bytes().as_slice()) {
            return self.unseal(what, sealed).map(|_| None);
        }
        let text = self.unseal(what, sealed)?;
        self.close_text(what, text).map(Some)
    }

    /// Ends the change: the former key is let go of. Only once nothing is sealed with it, and the store says so.
    pub fn changed(mut self, dir: &Path) -> Result<(Self, Afterwards), VaultError> {
        let afterwards = match &self.origin {
            Origin::File(_) if self.former.is_some() => {
                key::replace(dir)?;
                Afterwards::Nothing
            }
            Origin::File(_) => Afterwards::Nothing,
            Origin::Variable(_) => Afterwards::Replace { variable: true },
            Origin::Credential(_) => Afterwards::Replace { variable: false },
        };
        self.former = None;
        Ok((self, afterwards))
    }
}
