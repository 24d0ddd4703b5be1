//! Proof of possession (DPoP, RFC 9449): each request shows, signed, that we hold the key its token is bound to.
//!
//! A stolen token is worth nothing without the key, and a proof is good for one request at one address for a minute.

use super::es256::{Es256, token_id};
use super::told::{News, Told};
use crate::base64url;
use crate::clock::Clock;
use crate::failure::{Failure, Why};
use crate::ports::{Method, Response};
use crate::secret::Secret;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use url::Url;

/// Signs for one grant. What servers tell is shared with the [`OAuth`](super::OAuth) it comes from.
#[derive(Clone)]
pub struct Prover {
    key: Es256,
    thumbprint: String,
    told: Arc<Told>,
    clock: Arc<dyn Clock>,
}

impl Prover {
    pub(super) fn new(key: Es256, told: Arc<Told>, clock: Arc<dyn Clock>) -> Self {
        Self { thumbprint: key.thumbprint(), key, told, clock }
    }

    /// A proof for one request. `token` is what the request carries to a resource; a request for tokens carries none.
    pub(in crate::wire) fn prove(&self, method: Method, url: &str, token: Option<&Secret>) -> Result<Secret, Failure> {
        let unreadable = |_| Failure::Permanent(Why::new("the request goes to what is not an address"));
        let mut address = Url::parse(url).map_err(unreadable)?;
        address.set_query(None);
        address.set_fragment(None);
        let mut claims = json!({
            "jti": token_id(),
            "htm": super::super::outgoing::method(method).as_str(),
            "htu": address.as_str(),
            "iat": self.told.now(url, &*self.clock).as_millis() / 1000,
        });
        if let Some(nonce) = self.told.nonce(url, &self.thumbprint) {
            claims["nonce"] = nonce.into();
        }
        if let Some(token) = token {
            claims["ath"] = token_hash(token).into();
        }
        Ok(Secret::new(self.key.sign(json!({ "typ": "dpop+jwt", "jwk": self.key.jwk() }), &claims)))
    }

    /// Notes what an answer says, and whether that was news.
    pub(in crate::wire) fn hear(&self, url: &str, answer: &Response) -> News {
        self.told.hear(url, Some(&self.thumbprint), answer)
    }

    /// Notes what a resource answered; says whether it refused only the proof, and would take a better one.
    pub(in crate::wire) fn wants_another(&self, url: &str, answer: &Response) -> bool {
        let news = self.hear(url, answer);
        answer.status == 401
            && match challenge(answer) {
                Some("use_dpop_nonce") => news.nonce,
                Some("invalid_dpop_proof") => news.nonce || news.time,
                _ => false,
            }
    }
}

impl fmt::Debug for Prover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prover").field(&self.thumbprint).finish()
    }
}

/// A hash of the token, which binds the proof to it.
fn token_hash(token: &Secret) -> String {
    base64url::encode(&Sha256::digest(token.expose()))
}

/// What a resource finds wrong with a request: `error` of its challenge.
fn challenge(answer: &Response) -> Option<&str> {
    let challenges = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
    let ours = challenges.filter_map(|(_, value)| {
        let at = value.to_ascii_lowercase().find("dpop ")?;
        value.get(at + 5..)
    });
    ours.flat_map(|parameters| parameters.split(','))
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("error"))
        .map(|(_, value)| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::super::es256::tests::verified;
    use super::*;
    use crate::clock::{ManualClock, Timestamp};
    use serde_json::Value;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn prover() -> (Prover, Value) {
        let (key, _) = Es256::generate();
        let jwk = key.jwk();
        (Prover::new(key, Arc::default(), Arc::new(ManualClock::at(NOON))), jwk)
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        Response::saying(status, "").under(headers)
    }

    #[test]
    fn a_proof_is_for_one_request_at_one_address() {
        let (prover, jwk) = prover();
        let url = "https://AS.example:443/token/a?code=x#y";
        let proof = prover.prove(Method::Post, url, None).unwrap();
        let (header, claims) = verified(proof.expose(), &jwk);
        assert_eq!(header, json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }));
        let id = claims["jti"].as_str().unwrap();
        assert!(id.len() >= 16);
        let expected =
            json!({ "jti": id, "htm": "POST", "htu": "https://as.example/token/a", "iat": 1_795_262_400_u64 });
        assert_eq!(claims, expected);
        let again = verified(prover.prove(Method::Post, url, None).unwrap().expose(), &jwk).1;
        assert_ne!(again["jti"], claims["jti"], "none is shown twice");
        assert!(prover.prove(Method::Get, "nowhere", None).is_err());
    }

    #[test]
    fn a_proof_names_its_token_by_the_hash_that_the_standard_gives() {
        let (prover, jwk) = prover();
        // RFC 9449, section 7.1.
        let token = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU");
        let proof = prover.prove(Method::Get, "https://rs.example/x", Some(&token)).unwrap();
        assert_eq!(verified(proof.expose(), &jwk).1["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    }

    #[test]
    fn the_next_proof_has_the_nonce_and_the_time_that_the_server_gave() {
        let (prover, jwk) = prover();
        let url = "https://rs.example/x";
        let date = ("date", "Sat, 21 Nov 2026 12:02:00 GMT");
        prover.hear(url, &answer(200, &[("dpop-nonce", "n-1"), date]));
        let claims = verified(prover.prove(Method::Get, url, None).unwrap().expose(), &jwk).1;
        assert_eq!(claims["nonce"], "n-1");
        assert_eq!(claims["iat"], NOON.plus(Duration::from_mins(2)).as_millis() / 1000);
    }

    #[test]
    fn another_proof_is_made_only_when_the_first_was_refused_and_something_is_new() {
        let nonce = |n: &'static str| ("dpop-nonce", n);
        let wants = |text: &'static str| ("www-authenticate", text);
        let asked = wants(r#"DPoP algs="ES256", error="use_dpop_nonce", error_description="x""#);
        for (status, headers, again) in [
            (401, vec![asked, nonce("n")], true),
            (401, vec![wants("Bearer realm=x, dpop error=use_dpop_nonce"), nonce("n")], true),
            (401, vec![asked], false),
            (200, vec![asked, nonce("n")], false),
            (401, vec![wants(r#"DPoP error="invalid_token""#), nonce("n")], false),
            (401, vec![wants(r#"Bearer error="use_dpop_nonce""#), nonce("n")], false),
            (401, vec![nonce("n")], false),
            (401, vec![wants(r#"DPoP error="invalid_dpop_proof""#)], false),
            (401, vec![wants(r#"DPoP error="invalid_dpop_proof""#), ("date", "Sat, 21 Nov 2026 13:00:00 GMT")], true),
        ] {
            let (prover, _) = prover();
            let said = prover.wants_another("https://rs.example/x", &answer(status, &headers));
            assert_eq!(said, again, "{status} {headers:?}");
            assert!(!prover.wants_another("https://rs.example/x", &answer(status, &headers)), "not for ever");
        }
    }
}
