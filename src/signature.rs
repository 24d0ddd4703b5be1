//! Signatures of what others send us: computed over the very bytes that came, before anyone reads them, and compared in constant time.

use ring::{hmac, signature};
use std::fmt::Write as _;
use subtle::ConstantTimeEq;

/// What an HMAC is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// Of what hubs still send; as an HMAC it has not been broken.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By its word in `X-Hub-Signature`.
    pub fn named(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "sha1" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// The HMAC of these parts, one behind the other.
pub fn mac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hash.algorithm(), key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

/// Whether two texts or tags are the same; how long that takes says nothing about where they differ.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Whether whoever has the secret half of this ed25519 key signed the message. False too for what is no key and no signature.
pub fn is_signed_by(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    signature::UnparsedPublicKey::new(&signature::ED25519, public_key).verify(message, signature).is_ok()
}

/// Reads `sha256=0a1b..` as hubs write it, and says whether it is the HMAC of `body` under `key`.
pub fn is_hub_signature(written: &str, key: &[u8], body: &[u8]) -> bool {
    let read = || {
        let (method, tag) = written.trim().split_once('=')?;
        Some((Hash::named(method)?, unhex(tag)?))
    };
    read().is_some_and(|(hash, tag)| is_same(&mac(hash, key, &[body]), &tag))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Nothing for what is not written so; capitals are read too.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 (SHA-1) and RFC 4231 (the others), test case 2.
    #[test]
    fn each_hash_gives_what_its_standard_has() {
        for (hash, tag) in [
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                "SHA384",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                "sha512",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ] {
            let written = format!("{hash}={tag}");
            let said = b"what do ya want for nothing?";
            assert_eq!(hex(&mac(Hash::named(hash).unwrap(), b"Jefe", &[&said[..5], &said[5..]])), tag);
            assert!(is_hub_signature(&written, b"Jefe", said), "{hash}");
            assert!(!is_hub_signature(&written, b"Jefe", b"what do ya want for anything?"), "{hash}: other words");
            assert!(!is_hub_signature(&written, b"Jeff", said), "{hash}: another key");
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        for wrong in ["", "=", "sha256", "sha256=", "sha256=zz", "sha256=0", "md5=00", "sha1=effcdf6a", "sha256=é"] {
            assert!(!is_hub_signature(wrong, b"Jefe", b"what do ya want for nothing?"), "{wrong}");
        }
    }

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn a_signature_by_a_key_is_known_and_a_changed_one_is_not() {
        let key = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").unwrap();
        let signature = unhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00").unwrap();
        assert!(is_signed_by(&key, b"\x72", &signature));
        assert!(!is_signed_by(&key, b"\x73", &signature) && !is_signed_by(&key, b"\x72", &signature[1..]));
        assert!(!is_signed_by(b"", b"\x72", &signature));
    }
}
