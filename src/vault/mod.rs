//! Seals grants before they reach the store, and opens them for the wire.
//!
//! A sealed record is `version ‖ key id ‖ nonce ‖ ciphertext`, by XChaCha20-Poly1305 with a nonce of 24 random bytes, so that
//! no counter has to survive a crash. What it is for is sealed in with it ([`For`]): a record copied to another account does not
//! open there. The key id tells a wrong key from a damaged record, which call for different deeds, and lets two keys be in use while
//! one is changed for the other (`rotate`).

mod key;
mod plain;
mod rotate;
mod token;

pub use key::{KeyId, VAULT_KEY_ENV, VAULT_KEY_FILE, VAULT_KEY_NEXT_ENV, VAULT_KEY_NEXT_FILE};
pub use rotate::Afterwards;
pub use token::random_token;

use crate::credential::Signer;
use crate::id::{AccountId, digest};
use crate::oauth::OAuthClient;
use crate::person::Grant;
use crate::secret::Secret;
use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use key::{Found, Key, Origin};
use plain::{PlainClient, PlainGrant};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 1 + key::ID_BYTES + NONCE_BYTES;

/// Whether something sealed exists already, as the store knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing is sealed yet: a missing key may be made.
    New,
    /// Grants are sealed with this key: no other will do, and none may be made.
    Existing(KeyId),
    /// A change of key was begun: what is sealed, is sealed with one of these.
    Changing { from: KeyId, to: KeyId },
}

/// No variant holds a key or a grant.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(
        "the vault key {key_id} is missing, and linked accounts are sealed with it: put the key file back at {} or set \
         {VAULT_KEY_ENV}; without it every account has to be linked anew", .path.display()
    )]
    Missing { key_id: KeyId, path: PathBuf },
    #[error(
        "the vault key in {origin} is {have}, but linked accounts are sealed with {wanted}: put {wanted} there; without it \
         every account has to be linked anew"
    )]
    OtherKey { have: KeyId, wanted: KeyId, origin: String },
    #[error(
        "a change of the vault key was interrupted, and both keys are needed to end it: {missing} is missing. Give the \
         former one as before ({VAULT_KEY_ENV}, the credential, or {}) and the new one as {VAULT_KEY_NEXT_ENV} or in {}, \
         then start again", .dir.join(VAULT_KEY_FILE).display(), .dir.join(VAULT_KEY_NEXT_FILE).display()
    )]
    HalfChanged { missing: KeyId, dir: PathBuf },
    #[error(
        "the vault key is in {origin}, which gigcast does not write: set {VAULT_KEY_NEXT_ENV} to a new key of 64 \
         hexadecimal digits (`openssl rand -hex 32` makes one) and run this again"
    )]
    NoNextKey { origin: String },
    #[error(
        "the vault key is in {origin}, where gigcast puts the new one by itself: unset {VAULT_KEY_NEXT_ENV} and run this again"
    )]
    NextNotWanted { origin: String },
    #[error("the key to change to is the one in use, {0}: set {VAULT_KEY_NEXT_ENV} to another")]
    SameKey(KeyId),
    #[error("there is no vault key yet: linking the first account makes one")]
    NothingSealed,
    #[error("the key file {} can be read by others: chmod 600 {}", .path.display(), .path.display())]
    Readable { path: PathBuf },
    #[error("{origin} holds no vault key: it should be 64 hexadecimal digits")]
    NoKey { origin: String },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("the system gave no random bytes: {0}")]
    NoRandomness(String),
    #[error("this is sealed with the key {sealed_with}, and the vault has {have}")]
    WrongKey { sealed_with: KeyId, have: KeyId },
    #[error(
        "the sealed {what} is damaged or was made for something else; it cannot be used, and linking anew makes another"
    )]
    Damaged { what: String },
    #[error("this is too long to be sealed")]
    TooLong,
}

pub struct Vault {
    /// What is sealed from now on, is sealed with it.
    key: Key,
    origin: Origin,
    /// Opens what has not been sealed anew yet, while the key is changed.
    former: Option<Key>,
}

/// What a sealed record is for. It opens for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For<'a> {
    Grant(AccountId),
    /// Who we are to the server of this origin.
    Client(&'a str),
    /// The key by which this installation signs for itself.
    SigningKey,
    /// The key that addresses and secrets for hubs are made of.
    PushKey,
    /// The key that signs vouches which leave.
    VouchKey(Signer),
}

impl fmt::Display for For<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(account) => write!(f, "grant of {account}"),
            Self::Client(server) => write!(f, "registration with {server}"),
            Self::SigningKey => f.write_str("signing key"),
            Self::PushKey => f.write_str("push key"),
            Self::VouchKey(Signer::Instance) => f.write_str("key that signs what was seen here"),
            Self::VouchKey(Signer::Person(person)) => write!(f, "key that signs the vouches of {person}"),
        }
    }
}

impl Vault {
    /// Finds the master key: the variable [`VAULT_KEY_ENV`], else the systemd credential `gigcast-vault-key`, else the file
    /// [`VAULT_KEY_FILE`] in the data directory `dir`, which is made when nothing is sealed yet. Called with the store
    /// locked, so that no second process makes a key at the same time.
    pub fn unlock(dir: &Path, env: &dyn Fn(&str) -> Option<String>, expected: Expected) -> Result<Self, VaultError> {
        let found = key::find(dir, env)?;
        match expected {
            Expected::New => {
                let found = found.map_or_else(|| key::make(dir, VAULT_KEY_FILE), Ok)?;
                Ok(Self::with(found))
            }
            Expected::Existing(wanted) => Self::existing(dir, found, wanted),
            Expected::Changing { from, to } => Self::changing(dir, env, found, from, to),
        }
    }

    fn with(found: Found) -> Self {
        Self { key: found.key, origin: found.origin, former: None }
    }

    fn existing(dir: &Path, found: Option<Found>, wanted: KeyId) -> Result<Self, VaultError> {
        let missing = || VaultError::Missing { key_id: wanted, path: dir.join(VAULT_KEY_FILE) };
        match found {
            Some(found) if found.key.id() == wanted => Ok(Self::with(found)),
            Some(Found { key, origin: origin @ (Origin::Variable(_) | Origin::Credential(_)) }) => {
                Err(VaultError::OtherKey { have: key.id(), wanted, origin: origin.to_string() })
            }
            in_file => {
                // Everything was sealed anew, and only the file had not been put in its place.
                if key::find_next(dir, &|_| None)?.is_some_and(|next| next.key.id() == wanted) {
                    key::replace(dir)?;
                    return key::find(dir, &|_| None)?.map(Self::with).ok_or_else(missing);
                }
                Err(in_file.map_or_else(missing, |Found { key, origin }| VaultError::OtherKey {
                    have: key.id(),
                    wanted,
                    origin: origin.to_string(),
                }))
            }
        }
    }

    /// What the store keeps beside the first grant, and gives back as [`Expected::Existing`].
    pub fn key_id(&self) -> KeyId {
        self.key.id()
    }

    pub fn seal(&self, account: AccountId, grant: &Grant) -> Result<Vec<u8>, VaultError> {
        self.close(For::Grant(account), &PlainGrant::from(grant))
    }

    pub fn open(&self, account: AccountId, sealed: &[u8]) -> Result<Grant, VaultError> {
        let what = For::Grant(account);
        let text = self.unseal(what, sealed)?;
        read::<PlainGrant<'_>>(what, &text).map(Grant::from)
    }

    pub fn seal_client(&self, server: &str, client: &OAuthClient) -> Result<Vec<u8>, VaultError> {
        self.close(For::Client(server), &PlainClient::from(client))
    }

    pub fn open_client(&self, server: &str, sealed: &[u8]) -> Result<OAuthClient, VaultError> {
        let what = For::Client(server);
        let text = self.unseal(what, sealed)?;
        read::<PlainClient<'_>>(what, &text).map(OAuthClient::from)
    }

    pub fn seal_signing_key(&self, key: &Secret) -> Result<Vec<u8>, VaultError> {
        self.close(For::SigningKey, &key.expose())
    }

    pub fn open_signing_key(&self, sealed: &[u8]) -> Result<Secret, VaultError> {
        let text = self.unseal(For::SigningKey, sealed)?;
        read::<&str>(For::SigningKey, &text).map(Secret::new)
    }

    pub fn seal_push_key(&self, key: &Secret) -> Result<Vec<u8>, VaultError> {
        self.close(For::PushKey, &key.expose())
    }

    pub fn open_push_key(&self, sealed: &[u8]) -> Result<Secret, VaultError> {
        let text = self.unseal(For::PushKey, sealed)?;
        read::<&str>(For::PushKey, &text).map(Secret::new)
    }

    pub fn seal_vouch_key(&self, signer: Signer, key: &Secret) -> Result<Vec<u8>, VaultError> {
        self.close(For::VouchKey(signer), &key.expose())
    }

    pub fn open_vouch_key(&self, signer: Signer, sealed: &[u8]) -> Result<Secret, VaultError> {
        let text = self.unseal(For::VouchKey(signer), sealed)?;
        read::<&str>(For::VouchKey(signer), &text).map(Secret::new)
    }

    fn close(&self, what: For<'_>, plain: &impl Serialize) -> Result<Vec<u8>, VaultError> {
        // Sized first and never grown: growing would leave copies behind in freed memory.
        let size = postcard::experimental::serialized_size(plain).map_err(|_| VaultError::TooLong)?;
        let mut text = Zeroizing::new(Vec::with_capacity(size + TAG_BYTES));
        text.resize(size, 0);
        postcard::to_slice(plain, &mut text).map_err(|_| VaultError::TooLong)?;
        self.close_text(what, text)
    }

    fn close_text(&self, what: For<'_>, mut text: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| VaultError::NoRandomness(error.to_string()))?;
        cipher(&self.key)
            .encrypt_in_place(&XNonce::from(nonce), &bound_to(what, &self.key), &mut *text)
            .map_err(|_| VaultError::TooLong)?;
        Ok([&[VERSION], self.key.id().as_bytes().as_slice(), &nonce, &text].concat())
    }

    fn unseal(&self, what: For<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let damaged = || damaged(what);
        let (head, text) = sealed.split_first_chunk::<HEAD_BYTES>().ok_or_else(damaged)?;
        let [version, rest @ ..] = head;
        let (id, nonce) = rest.split_first_chunk::<{ key::ID_BYTES }>().ok_or_else(damaged)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| damaged())?;
        if *version != VERSION {
            return Err(damaged());
        }
        let sealed_with = KeyId::from_bytes(*id);
        let key = [Some(&self.key), self.former.as_ref()].into_iter().flatten().find(|key| key.id() == sealed_with);
        let key = key.ok_or_else(|| VaultError::WrongKey { sealed_with, have: self.key.id() })?;
        let mut text = Zeroizing::new(text.to_vec());
        cipher(key).decrypt_in_place(&XNonce::from(nonce), &bound_to(what, key), &mut *text).map_err(|_| damaged())?;
        Ok(text)
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.as_bytes().into())
}

/// What must be the same at opening as it was at sealing. Hashed part by part, so that no two of them run together.
fn bound_to(what: For<'_>, key: &Key) -> Vec<u8> {
    let (label, whose): (&[u8], &[u8]) = match &what {
        For::Grant(account) => (b"grant", account.as_bytes()),
        For::Client(server) => (b"client", server.as_bytes()),
        For::SigningKey => (b"signing key", b""),
        For::PushKey => (b"push key", b""),
        For::VouchKey(Signer::Instance) => (b"vouch key", b""),
        For::VouchKey(Signer::Person(person)) => (b"vouch key of a person", person.as_bytes()),
    };
    digest("gigcast seal", &[label, &[VERSION], whose, key.id().as_bytes()]).to_vec()
}

fn damaged(what: For<'_>) -> VaultError {
    VaultError::Damaged { what: what.to_string() }
}

fn read<'a, T: Deserialize<'a>>(what: For<'_>, text: &'a [u8]) -> Result<T, VaultError> {
    postcard::from_bytes(text).map_err(|_| damaged(what))
}

const TAG_BYTES: usize = 16;

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("key", &self.key.id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn vault_with(key: &str) -> Vault {
        let key = key.to_owned();
        let env = move |name: &str| (name == VAULT_KEY_ENV).then(|| key.clone());
        Vault::unlock(Path::new("/nowhere"), &env, Expected::New).unwrap()
    }

    fn vault() -> Vault {
        vault_with(KEY)
    }

    fn account(n: u8) -> AccountId {
        AccountId::of(&[&[n]])
    }

    fn grant() -> Grant {
        Grant {
            access: Secret::new("hunter2-access"),
            refresh: Some(Secret::new("hunter2-refresh")),
            password: None,
            expires: Some(Timestamp::from_millis(1_795_262_400_000)),
            authorized: None,
        }
    }

    #[test]
    fn a_sealed_grant_opens_for_its_account_and_shows_nothing() {
        let sealed = vault().seal(account(1), &grant()).unwrap();
        assert_eq!(vault().open(account(1), &sealed).unwrap(), grant());
        assert!(!sealed.windows(7).any(|w| w == b"hunter2"));
    }

    #[test]
    fn the_same_grant_never_looks_the_same_twice() {
        let (vault, grant) = (vault(), grant());
        assert_ne!(vault.seal(account(1), &grant).unwrap(), vault.seal(account(1), &grant).unwrap());
    }

    #[test]
    fn a_record_moved_to_another_account_does_not_open() {
        let sealed = vault().seal(account(1), &grant()).unwrap();
        assert!(matches!(vault().open(account(2), &sealed), Err(VaultError::Damaged { .. })));
    }

    #[test]
    fn a_flipped_bit_or_a_missing_byte_does_not_open() {
        let vault = vault();
        let sealed = vault.seal(account(1), &grant()).unwrap();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(vault.open(account(1), &flipped).is_err(), "byte {at}");
            assert!(matches!(vault.open(account(1), &sealed[..at]), Err(VaultError::Damaged { .. })), "cut at {at}");
        }
    }

    #[test]
    fn a_wrong_key_is_told_from_a_damaged_record() {
        let sealed = vault().seal(account(1), &grant()).unwrap();
        let other = vault_with(&KEY.replace("00", "ff"));
        let refused = other.open(account(1), &sealed).unwrap_err();
        assert!(matches!(refused, VaultError::WrongKey { .. }), "{refused}");
        assert!(refused.to_string().contains(&vault().key_id().to_string()), "{refused}");
    }

    #[test]
    fn nothing_printed_holds_a_key_or_a_grant() {
        let vault = vault();
        let mut sealed = vault.seal(account(1), &grant()).unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        let shown = format!("{vault:?} {:?} {:?}", grant(), vault.open(account(1), &sealed).unwrap_err());
        assert!(!shown.contains("hunter2") && !shown.contains(&KEY[..8]) && !shown.contains("[0, 1, 2"), "{shown}");
    }
}
