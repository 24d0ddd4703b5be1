//! A P-256 key of ours and what it signs: JSON web tokens with the algorithm ES256 (RFC 7518), which every server takes that
//! wants a signature of a client.

use crate::base64url;
use crate::secret::Secret;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// Wiped when it goes.
#[derive(Clone)]
pub(super) struct Es256 {
    key: SigningKey,
    x: String,
    y: String,
}

impl Es256 {
    /// A new key, and what has to be kept of it.
    pub(super) fn generate() -> (Self, Secret) {
        loop {
            let secret = random::<32>();
            // Numbers beyond the order of the curve are no keys: one draw in four thousand million.
            if let Some(made) = Self::from_scalar(&secret[..]) {
                return (made, Secret::new(base64url::encode(&secret[..])));
            }
        }
    }

    /// Nothing for what is no key.
    pub(super) fn from_secret(secret: &Secret) -> Option<Self> {
        let scalar = Zeroizing::new(base64url::decode(secret.expose())?);
        Self::from_scalar(&scalar)
    }

    fn from_scalar(scalar: &[u8]) -> Option<Self> {
        let key = SigningKey::from_slice(scalar).ok().filter(|_| scalar.len() == 32)?;
        let point = key.verifying_key().to_encoded_point(false);
        let (x, y) = (base64url::encode(point.x()?), base64url::encode(point.y()?));
        Some(Self { key, x, y })
    }

    /// The public half, as a JSON web key (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": self.x, "y": self.y })
    }

    pub(super) fn thumbprint(&self) -> String {
        thumbprint(&self.x, &self.y)
    }

    /// A signed token. `header` lacks the algorithm, which is the key's business.
    pub(super) fn sign(&self, mut header: Value, claims: &Value) -> String {
        header["alg"] = "ES256".into();
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", base64url::encode(&signature.to_bytes()))
    }
}

impl fmt::Debug for Es256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Es256").field(&self.thumbprint()).finish()
    }
}

/// The name that a key has by itself (RFC 7638): the hash of its members in alphabetical order.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    base64url::encode(&Sha256::digest(members))
}

/// Names a token, so that a server can tell when it is shown twice.
pub(super) fn token_id() -> String {
    base64url::encode(&random::<16>()[..])
}

pub(super) fn random<const BYTES: usize>() -> Zeroizing<[u8; BYTES]> {
    let mut bytes = Zeroizing::new([0; BYTES]);
    getrandom::fill(bytes.as_mut_slice()).expect("a system that has started gives random bytes");
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;
    use p256::{EncodedPoint, FieldBytes};

    /// Header and claims of a token, once its signature has been verified with the key in `jwk`.
    pub(in crate::wire) fn verified(token: &str, jwk: &Value) -> (Value, Value) {
        let field = |name: &str| {
            let bytes = base64url::decode(jwk[name].as_str().expect("a string")).expect("base 64");
            FieldBytes::from(<[u8; 32]>::try_from(bytes).expect("32 bytes"))
        };
        let point = EncodedPoint::from_affine_coordinates(&field("x"), &field("y"), false);
        let key = VerifyingKey::from_encoded_point(&point).expect("a point on the curve");
        let (signed, signature) = token.rsplit_once('.').expect("three parts");
        let signature = Signature::from_slice(&base64url::decode(signature).expect("base 64")).expect("a signature");
        key.verify(signed.as_bytes(), &signature).expect("it was signed with this key");
        let (header, claims) = signed.split_once('.').expect("three parts");
        (read(header), read(claims))
    }

    pub(in crate::wire) fn read(part: &str) -> Value {
        serde_json::from_slice(&base64url::decode(part).expect("base 64")).expect("JSON")
    }

    #[test]
    fn what_is_signed_verifies_with_the_public_key_and_with_no_other() {
        let (key, secret) = Es256::generate();
        let token = key.sign(json!({ "typ": "JWT" }), &json!({ "sub": "bo" }));
        let (header, claims) = verified(&token, &key.jwk());
        assert_eq!(header, json!({ "typ": "JWT", "alg": "ES256" }));
        assert_eq!(claims, json!({ "sub": "bo" }));
        let again = Es256::from_secret(&secret).unwrap();
        assert_eq!(again.jwk(), key.jwk(), "what is kept is the same key");
        let (other, _) = Es256::generate();
        assert_ne!(other.thumbprint(), key.thumbprint());
        assert!(std::panic::catch_unwind(|| verified(&token, &other.jwk())).is_err());
    }

    #[test]
    fn a_key_has_the_thumbprint_that_the_standard_gives_it() {
        // The key of RFC 9449, sections 4.2 and 6.1.
        let (x, y) = ("l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA");
        assert_eq!(thumbprint(x, y), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn what_is_no_key_is_not_taken_for_one() {
        let zero = base64url::encode(&[0; 32]);
        let too_large = base64url::encode(&[0xff; 32]);
        let short = base64url::encode(&[1; 31]);
        for wrong in ["", "not base 64", &zero, &too_large, &short] {
            assert!(Es256::from_secret(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_key_does_not_print() {
        let (key, secret) = Es256::generate();
        assert!(!format!("{key:?}").contains(secret.expose()));
        assert!(!key.jwk().to_string().contains(secret.expose()));
    }
}
