//! Ed25519 keys: the kept half, which signs, and the public half, as others write it.

use crate::base64url;
use crate::id::PersonId;
use crate::secret::Secret;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;
use zeroize::Zeroizing;

pub const SEED_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
pub(super) const SIGNATURE_BYTES: usize = 64;

/// "An Ed25519 public key follows", as multicodec numbers it (0xed, as a varint).
const MULTICODEC: [u8; 2] = [0xed, 0x01];
/// "Base 58 in Bitcoin's alphabet follows", as multibase has it.
const BASE58: char = 'z';

/// What signatures are checked with. Its text is a *multikey*: `z6Mk` and some more letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// Nothing for what is no Ed25519 key.
    pub fn from_multikey(text: &str) -> Option<Self> {
        let bytes: [u8; MULTICODEC.len() + KEY_BYTES] = from_base58(text)?;
        let key = bytes.strip_prefix(&MULTICODEC)?;
        key.try_into().ok().map(Self)
    }

    pub fn multikey(&self) -> String {
        base58(&[&MULTICODEC[..], &self.0].concat())
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

/// Whose key it is that signs a vouch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// For what was seen here.
    Instance,
    /// For what this person says.
    Person(PersonId),
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.multikey())
    }
}

/// What a person or an installation signs its vouches with.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// A key made of 32 bytes of chance, and what has to be kept of it.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> (Self, Secret) {
        let secret = Secret::new(base64url::encode(seed));
        (Self::from_secret(&secret).expect("every 32 bytes are a seed"), secret)
    }

    /// `secret` is the seed in base 64 as for URLs. Nothing for what is no seed.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let seed = Zeroizing::new(base64url::decode(secret.expose())?);
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    pub fn public(&self) -> PublicKey {
        self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.pair.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public).finish()
    }
}

pub(super) fn base58(bytes: &[u8]) -> String {
    format!("{BASE58}{}", bs58::encode(bytes).into_string())
}

/// Exactly `N` bytes. Longer texts are not even begun with: reading them takes time with the square of their length.
pub(super) fn from_base58<const N: usize>(text: &str) -> Option<[u8; N]> {
    let letters = text.strip_prefix(BASE58).filter(|letters| letters.len() <= N * 2)?;
    let mut bytes = [0; N];
    (bs58::decode(letters).onto(&mut bytes[..]).ok()? == N).then_some(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The bytes 00 to 1f.
    pub(in super::super) fn known_key() -> SigningKey {
        let seed: [u8; SEED_BYTES] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        SigningKey::from_seed(&seed).0
    }

    #[test]
    fn a_kept_seed_gives_the_same_key_again() {
        let (key, secret) = SigningKey::from_seed(&[7; SEED_BYTES]);
        assert_eq!(SigningKey::from_secret(&secret).unwrap().public(), key.public());
        assert!(!format!("{key:?}").contains(secret.expose()));
        for wrong in ["", "nonsense!", "AAAA", &base64url::encode(&[7; 33])] {
            assert!(SigningKey::from_secret(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_public_key_is_written_as_others_write_it() {
        let written = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
        assert_eq!(known_key().public().multikey(), written);
        assert_eq!(PublicKey::from_multikey(written), Some(known_key().public()));
    }

    #[test]
    fn what_is_no_ed25519_key_is_none() {
        let long = format!("z{}", "1".repeat(100_000));
        let x25519 = base58(&[&[0xec, 0x01][..], &[9; 32]].concat());
        let short = base58(&[&MULTICODEC[..], &[9; 31]].concat());
        for wrong in ["", "z", "6Mkeh", "z6Mkeh", "f00", "z0OIl", "zé", &long, &x25519, &short] {
            assert_eq!(PublicKey::from_multikey(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_signature_holds_for_one_message_and_one_key() {
        let (key, other) = (known_key(), SigningKey::from_seed(&[7; SEED_BYTES]).0);
        let mut signature = key.sign(b"so");
        assert!(key.public().verifies(b"so", &signature));
        assert!(!key.public().verifies(b"not so", &signature));
        assert!(!other.public().verifies(b"so", &signature));
        signature[9] ^= 1;
        assert!(!key.public().verifies(b"so", &signature));
    }

    proptest! {
        #[test]
        fn a_key_reads_back_and_stands_for_one_text(bytes in any::<[u8; KEY_BYTES]>()) {
            let key = PublicKey(bytes);
            prop_assert_eq!(PublicKey::from_multikey(&key.multikey()), Some(key));
        }

        #[test]
        fn no_text_makes_it_panic(text in "z?[1-9A-Za-z]{0,80}|\\PC{0,40}") {
            if let Some(key) = PublicKey::from_multikey(&text) {
                prop_assert_eq!(key.multikey(), text);
            }
        }
    }
}
