//! The keys of a host, as `did:web` publishes them: ours to be served, and another's to be looked into.

use super::did::{Did, WebDid};
use super::key::PublicKey;
use super::refused::Refused;
use serde::Deserialize;
use serde_json::json;

/// Where an instance serves its document, below its own origin.
pub const PATH: &str = "/.well-known/did.json";
pub const MEDIA_TYPE: &str = "application/did+json";
/// A document of another host may name many keys; this much is read.
pub const MOST_BYTES: usize = 64 * 1024;

/// The document of a host with these keys, the one that signs now first. Keys that signed earlier stay in it for as long as their vouches
/// shall hold; one that leaked is left out, and with it falls all that it signed.
pub fn document_of(host: &WebDid, keys: &[PublicKey]) -> String {
    let did = Did::Web(host.clone());
    let methods: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "id": did.method(key),
                "type": "Multikey",
                "controller": did.to_string(),
                "publicKeyMultibase": key.multikey(),
            })
        })
        .collect();
    let names: Vec<_> = keys.iter().map(|key| did.method(key)).collect();
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did.to_string(),
        "verificationMethod": methods,
        "assertionMethod": names,
    })
    .to_string()
}

/// What we look for in another's document; it may say much more.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    id: String,
    #[serde(default)]
    verification_method: Vec<Method>,
    #[serde(default)]
    assertion_method: Vec<Assertion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    id: String,
    /// Keys of other kinds are written otherwise.
    public_key_multibase: Option<String>,
}

/// By name, or on the spot.
#[derive(Deserialize)]
#[serde(untagged)]
enum Assertion {
    Named(String),
    Here(Method),
}

/// The key that `host` publishes by this name for what it asserts. Whether the document came from [`WebDid::document_url`] is for the
/// caller to know.
pub fn published_key(document: &[u8], host: &WebDid, method: &str) -> Result<PublicKey, Refused> {
    if document.len() > MOST_BYTES {
        return Err(Refused::TooBig { bytes: document.len(), most: MOST_BYTES });
    }
    let read: Document = serde_json::from_slice(document).map_err(|_| Refused::Document)?;
    if read.id != host.to_string() {
        return Err(Refused::Document);
    }
    let is_it = |name: &str| name == method || (name.starts_with('#') && format!("{host}{name}") == method);
    let here = read.assertion_method.iter().filter_map(|assertion| match assertion {
        Assertion::Here(own) => Some(own),
        Assertion::Named(_) => None,
    });
    let is_named = read.assertion_method.iter().any(|a| matches!(a, Assertion::Named(name) if is_it(name)));
    let named = read.verification_method.iter().filter(|_| is_named);
    let mut found = here.chain(named).filter(|own| is_it(&own.id));
    match (found.next(), found.next()) {
        (Some(own), None) => {
            own.public_key_multibase.as_deref().and_then(PublicKey::from_multikey).ok_or(Refused::Issuer)
        }
        // Of two keys with one name, neither is meant for sure.
        _ => Err(Refused::Issuer),
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::known_key;
    use super::*;
    use proptest::prelude::*;

    const MULTIKEY: &str = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";

    fn host() -> WebDid {
        "did:web:gigs.example".parse().unwrap()
    }

    #[test]
    fn an_instance_publishes_its_key_under_its_own_name() {
        let document: serde_json::Value = serde_json::from_str(&document_of(&host(), &[known_key().public()])).unwrap();
        let method = format!("did:web:gigs.example#{MULTIKEY}");
        assert_eq!(
            document,
            json!({
                "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
                "id": "did:web:gigs.example",
                "verificationMethod": [{
                    "id": method, "type": "Multikey", "controller": "did:web:gigs.example", "publicKeyMultibase": MULTIKEY,
                }],
                "assertionMethod": [method],
            })
        );
    }

    #[test]
    fn a_published_key_is_found_by_its_name() {
        let old = super::super::SigningKey::from_seed(&[3; 32]).0.public();
        let keys = [known_key().public(), old];
        let document = document_of(&host(), &keys);
        for key in keys {
            let method = Did::Web(host()).method(&key);
            assert_eq!(published_key(document.as_bytes(), &host(), &method), Ok(key));
        }
        let other = "did:web:other.example".parse().unwrap();
        let method = Did::Web(host()).method(&old);
        assert_eq!(published_key(document.as_bytes(), &other, &method), Err(Refused::Document), "of another host");
        assert_eq!(published_key(document.as_bytes(), &host(), "did:web:gigs.example#x"), Err(Refused::Issuer));
        let big = vec![b' '; MOST_BYTES + 1];
        assert!(matches!(published_key(&big, &host(), &method), Err(Refused::TooBig { .. })));
    }

    #[test]
    fn a_document_that_others_wrote_is_read_by_what_it_grants() {
        let found = |document: serde_json::Value| {
            published_key(document.to_string().as_bytes(), &host(), "did:web:gigs.example#a").is_ok()
        };
        let method = |id: &str| json!({ "id": id, "type": "Multikey", "publicKeyMultibase": MULTIKEY, "more": true });
        let jwk = json!({ "id": "#b", "publicKeyJwk": { "kty": "OKP" } });
        let id = "did:web:gigs.example";
        assert!(found(
            json!({ "id": id, "verificationMethod": [jwk, method("#a")], "assertionMethod": ["#a"], "service": [] })
        ));
        assert!(found(json!({ "id": id, "assertionMethod": [method("did:web:gigs.example#a")] })));
        assert!(
            !found(json!({ "id": id, "verificationMethod": [method("#a")], "assertionMethod": [] })),
            "not to assert"
        );
        assert!(!found(json!({ "id": id, "verificationMethod": [method("#a")], "authentication": ["#a"] })));
        assert!(!found(
            json!({ "id": id, "verificationMethod": [method("#a"), method("#a")], "assertionMethod": ["#a"] })
        ));
        assert!(!found(json!({ "id": id, "verificationMethod": [jwk], "assertionMethod": ["#a"] })));
        assert!(!found(json!({ "id": id, "verificationMethod": method("#a"), "assertionMethod": ["#a"] })));
        assert!(!found(json!({ "verificationMethod": [method("#a")], "assertionMethod": ["#a"] })), "nameless");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(published_key(&bytes, &host(), "did:web:gigs.example#a").is_err());
        }
    }
}
