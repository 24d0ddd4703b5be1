//! The keys that vouches leave with: one for what was seen here, one for each person, made when they are first needed, sealed, kept.
//!
//! Whoever reads a vouch knows its issuer by this key alone (`did:key`) or by the host that publishes it (`did:web`), so a key is never
//! made twice: of two that are made at once, the first to be kept is the one.

use crate::credential::key::SEED_BYTES;
use crate::credential::party::is_on_this_machine;
use crate::credential::{Did, Signer, SigningKey, WebDid, instance};
use crate::ports::{Commit, StoreError};
use crate::store::{Ledger, SealedFor};
use crate::vault::Vault;
use std::fmt;
use std::sync::Arc;
use url::{Host, Url};
use zeroize::Zeroizing;

#[derive(Clone)]
pub struct VouchKeys {
    ledger: Ledger,
    vault: Arc<Vault>,
    host: Option<WebDid>,
    reach: Reach,
}

/// Who may see this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    World,
    /// The machine that it runs on, as in the demo.
    ThisMachine,
}

impl VouchKeys {
    /// `public_url` is where the world sees us, if anywhere.
    pub fn new(ledger: Ledger, vault: impl Into<Arc<Vault>>, public_url: Option<&str>) -> Self {
        let reach = if public_url.is_none_or(is_on_this_machine) { Reach::ThisMachine } else { Reach::World };
        Self { ledger, vault: vault.into(), host: public_url.and_then(host_of), reach }
    }

    /// Whether this address says something to those who get what is signed here: one on this machine only to who is on it too.
    pub fn may_sign(&self, address: &str) -> bool {
        self.reach == Reach::ThisMachine || !is_on_this_machine(address)
    }

    /// The key of this signer, the same every time.
    pub async fn of(&self, signer: Signer) -> Result<SigningKey, StoreError> {
        let unreadable = |why: String| StoreError::Unreadable { key: format!("{signer:?}"), why };
        loop {
            if let Some(sealed) = self.ledger.vouch_key(signer).await? {
                let secret =
                    self.vault.open_vouch_key(signer, &sealed).map_err(|wrong| unreadable(wrong.to_string()))?;
                return SigningKey::from_secret(&secret).ok_or_else(|| unreadable("it is no key".to_owned()));
            }
            let mut seed = Zeroizing::new([0; SEED_BYTES]);
            getrandom::fill(seed.as_mut_slice())
                .map_err(|error| StoreError::Io(format!("the system gave no random bytes: {error}")))?;
            let (key, secret) = SigningKey::from_seed(&seed);
            let sealed =
                self.vault.seal_vouch_key(signer, &secret).map_err(|wrong| StoreError::Io(wrong.to_string()))?;
            if self.ledger.keep_vouch_key(signer, sealed).await? == Commit::Applied {
                return Ok(key);
            }
        }
    }

    /// By which name the instance says what it saw, and the key that it signs with: its host's where that is public, else the key's own.
    pub async fn instance(&self) -> Result<(Did, SigningKey), StoreError> {
        let key = self.of(Signer::Instance).await?;
        let name = self.host.clone().map_or_else(|| Did::Key(key.public()), Did::Web);
        Ok((name, key))
    }

    /// Whether this instance, or somebody here, signs by this name: then what was signed so is on record here already.
    pub async fn is_ours(&self, issuer: &Did) -> Result<bool, StoreError> {
        let key = match issuer {
            Did::Key(key) => key,
            Did::Web(host) => return Ok(self.host.as_ref() == Some(host)),
        };
        for (what, _) in self.ledger.all_sealed().await? {
            if let SealedFor::VouchKey(signer) = what
                && self.of(signer).await?.public() == *key
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What stands at [`instance::PATH`]; nothing where the instance has no name that others could look up.
    pub async fn document(&self) -> Result<Option<String>, StoreError> {
        let Some(host) = &self.host else { return Ok(None) };
        let key = self.of(Signer::Instance).await?;
        Ok(Some(instance::document_of(host, &[key.public()])))
    }
}

/// Its name in `did:web`: for a host of its own that has a name and speaks https. Below a path the document would stand elsewhere.
fn host_of(public_url: &str) -> Option<WebDid> {
    let url = Url::parse(public_url).ok().filter(|url| url.scheme() == "https" && url.path() == "/")?;
    match url.host()? {
        Host::Domain(name) => WebDid::of_host(name, url.port()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

impl fmt::Debug for VouchKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VouchKeys").field("host", &self.host).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_named_host_of_its_own_with_https_has_a_name_in_did_web() {
        let named = |url: &str| host_of(url).map(|did| did.to_string());
        assert_eq!(named("https://gigs.example").as_deref(), Some("did:web:gigs.example"));
        assert_eq!(named("https://gigs.example:8443").as_deref(), Some("did:web:gigs.example%3A8443"));
        for url in
            ["http://gigs.example", "https://192.0.2.1", "https://[2001:db8::1]", "https://gigs.example/cast", ""]
        {
            assert_eq!(named(url), None, "{url}");
        }
    }
}
