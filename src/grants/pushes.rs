//! The key that addresses and secrets for hubs are made of: one for the installation, sealed, so that no record of a subscription holds a
//! secret and a restart knows them all again.

use super::Trouble;
use crate::failure::{Failure, Why};
use crate::id::SourceId;
use crate::ports::Commit;
use crate::secret::Secret;
use crate::signature::{Hash, hex, is_same, mac};
use crate::store::Ledger;
use crate::vault::{Vault, VaultError, random_token};
use std::fmt;

/// Sixteen bytes cannot be guessed, and an address stays short.
const TOKEN_BYTES: usize = 16;

pub struct PushKey(Secret);

/// Which subscription of which source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscriber {
    pub source: SourceId,
    pub nth: u32,
}

impl PushKey {
    /// The one that is kept, or a new one when there is none.
    pub async fn of(ledger: &Ledger, vault: &Vault) -> Result<Self, Trouble> {
        let unsealed = |error: VaultError| Failure::Transient(Why::new(error.to_string()));
        loop {
            if let Some(sealed) = ledger.push_key().await? {
                return Ok(Self(vault.open_push_key(&sealed).map_err(unsealed)?));
            }
            let key = random_token("").map_err(without_chance)?;
            let sealed = vault.seal_push_key(&key).map_err(unsealed)?;
            if ledger.keep_push_key(sealed).await? == Commit::Applied {
                return Ok(Self(key));
            }
        }
    }

    /// One for this run alone, where nobody could reach us by what is made of it.
    pub fn passing() -> Result<Self, Failure> {
        random_token("").map(Self).map_err(without_chance)
    }

    /// What stands at the end of the address that a hub pushes to.
    pub fn token(&self, whose: Subscriber) -> String {
        let tag = self.tag(b"address", whose);
        format!("{}-{}-{}", whose.source, whose.nth, hex(&tag[..TOKEN_BYTES]))
    }

    /// Whose address this is; nothing when we never made it.
    pub fn read_token(&self, token: &str) -> Option<Subscriber> {
        let mut parts = token.split('-');
        let whose = Subscriber { source: parts.next()?.parse().ok()?, nth: parts.next()?.parse().ok()? };
        is_same(self.token(whose).as_bytes(), token.as_bytes()).then_some(whose)
    }

    /// What this subscription's hub signs with.
    pub fn secret(&self, whose: Subscriber) -> Secret {
        Secret::new(hex(&self.tag(b"secret", whose)))
    }

    fn tag(&self, what: &[u8], whose: Subscriber) -> Vec<u8> {
        mac(Hash::Sha256, self.0.expose().as_bytes(), &[what, b"\0", whose.source.as_bytes(), &whose.nth.to_be_bytes()])
    }
}

impl fmt::Debug for PushKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushKey")
    }
}

fn without_chance(error: getrandom::Error) -> Failure {
    Failure::Transient(Why::new(format!("the system gave no random bytes: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_subscription_and_cannot_be_made_by_others() {
        let key = PushKey(Secret::new("k"));
        let whose = Subscriber { source: SourceId::from_name("feed"), nth: 3 };
        let token = key.token(whose);
        assert_eq!(key.read_token(&token), Some(whose));
        let next = token.replace("-3-", "-4-");
        let changed = format!("{}0", &token[..token.len() - 1]);
        for wrong in [
            "",
            "-",
            "src_-1-00",
            &next,
            &changed,
            &format!("{token}-"),
            &token.to_uppercase(),
            &token.replace("-3-", "-03-"),
        ] {
            assert!(key.read_token(wrong).is_none() || wrong == token, "{wrong}");
        }
        assert_eq!(PushKey(Secret::new("other")).read_token(&token), None);
        let other = Subscriber { nth: 4, ..whose };
        assert!(key.secret(whose) != key.secret(other) && !token.contains(key.secret(whose).expose()));
    }
}
