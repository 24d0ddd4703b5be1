//! Client assertions (`private_key_jwt`, RFC 7523): a signed statement in the place of a client secret.
//!
//! Servers find the public key where our client document says, so no server holds a secret of ours.

use super::es256::{Es256, token_id};
use crate::clock::Timestamp;
use crate::secret::Secret;
use serde_json::{Value, json};
use std::time::Duration;

/// What the parameter `client_assertion_type` says.
pub(super) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How long a server may take it for good. Some refuse what claims to live longer.
const LIVES: Duration = Duration::from_mins(1);
/// It is dated back by this, since a server whose clock is a little behind takes none from the future.
const BACKDATED: Duration = Duration::from_secs(10);

/// The key by which this installation says who it is.
#[derive(Debug, Clone)]
pub struct SigningKey(Es256);

impl SigningKey {
    /// A new key, and what has to be kept of it.
    pub fn generate() -> (Self, Secret) {
        let (key, secret) = Es256::generate();
        (Self(key), secret)
    }

    /// Nothing when it is no key.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        Es256::from_secret(secret).map(Self)
    }

    /// The public half, with its name (`kid`), as it stands in our key set.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.0.jwk();
        jwk["kid"] = self.0.thumbprint().into();
        jwk["alg"] = "ES256".into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// That we are `client_id`, said to the server `issuer` and to no other. `now` is the time there.
    pub(super) fn assert(&self, client_id: &str, issuer: &str, now: Timestamp) -> Secret {
        let issued = now.minus(BACKDATED);
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "jti": token_id(),
            "iat": issued.as_millis() / 1000,
            "exp": issued.plus(LIVES).as_millis() / 1000,
        });
        Secret::new(self.0.sign(json!({ "typ": "JWT", "kid": self.0.thumbprint() }), &claims))
    }
}

#[cfg(test)]
mod tests {
    use super::super::es256::tests::verified;
    use super::*;

    #[test]
    fn it_says_who_we_are_to_one_server_for_a_minute() {
        let (key, _) = SigningKey::generate();
        let now = Timestamp::from_millis(1_795_262_400_000);
        let made =
            || verified(key.assert("https://gigs.example/c.json", "https://as.example", now).expose(), &key.jwk());
        let (header, claims) = made();
        assert_eq!(header, json!({ "typ": "JWT", "alg": "ES256", "kid": key.jwk()["kid"] }));
        assert_eq!(claims["iss"], "https://gigs.example/c.json");
        assert_eq!(claims["sub"], claims["iss"]);
        assert_eq!(claims["aud"], "https://as.example");
        assert_eq!(claims["iat"], 1_795_262_390_u64);
        assert_eq!(claims["exp"], 1_795_262_450_u64);
        assert_ne!(made().1["jti"], claims["jti"]);
    }

    #[test]
    fn the_key_set_shows_the_public_half_alone() {
        let (key, secret) = SigningKey::generate();
        let jwk = key.jwk();
        let mut members: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!(SigningKey::from_secret(&secret).unwrap().jwk(), jwk, "its name stays when it is read again");
        assert!(SigningKey::from_secret(&Secret::new("nonsense")).is_none());
    }
}
