//! Proofs in a document (W3C Data Integrity) by `eddsa-jcs-2022`: Ed25519 over the hash of the proof's own options and the hash of the document,
//! each in its canonical form. The document stays plain JSON that anyone can read, in whatever order and with whatever blanks it arrives.

use super::did::Did;
use super::fields::{Fields, time_text};
use super::jcs::{Json, Object, canonical, object};
use super::key::{PublicKey, SIGNATURE_BYTES, SigningKey, base58, from_base58};
use super::refused::Refused;
use crate::clock::Timestamp;
use sha2::{Digest, Sha256};

const KIND: &str = "DataIntegrityProof";
const SUITE: &str = "eddsa-jcs-2022";
const PURPOSE: &str = "assertionMethod";
const CONTEXT: &str = "@context";
const PROOF: &str = "proof";
const VALUE: &str = "proofValue";

/// The document with a proof that `key`, by the name `method`, asserts it. A proof that it had is replaced.
pub fn sign(mut document: Object, method: &str, created: Timestamp, key: &SigningKey) -> Object {
    document.remove(PROOF);
    let mut options = object([
        ("type", Json::text(KIND)),
        ("cryptosuite", Json::text(SUITE)),
        ("created", Json::text(time_text(created))),
        ("verificationMethod", Json::text(method)),
        ("proofPurpose", Json::text(PURPOSE)),
    ]);
    // So that the terms in the proof mean what they mean in the document.
    if let Some(context) = document.get(CONTEXT) {
        options.insert(CONTEXT.to_owned(), context.clone());
    }
    let signature = key.sign(&hashes(&options, &document));
    options.insert(VALUE.to_owned(), Json::Text(base58(&signature)));
    document.insert(PROOF.to_owned(), Json::Object(options));
    document
}

/// What is signed: the options first, then the document, each without any signature.
fn hashes(options: &Object, document: &Object) -> [u8; 64] {
    let mut both = [0; 64];
    both[..32].copy_from_slice(&Sha256::digest(canonical(options)));
    both[32..].copy_from_slice(&Sha256::digest(canonical(document)));
    both
}

/// A proof as it was found, and what it is a proof of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Which key is said to have made it.
    pub method: String,
    pub created: Timestamp,
    hashes: [u8; 64],
    signature: [u8; SIGNATURE_BYTES],
}

impl Proof {
    /// Takes the proof out of the document. There is one, of our kind, in no other contexts and with nothing added.
    pub fn taken_from(document: &mut Object) -> Result<Self, Refused> {
        let Some(proof) = document.remove(PROOF) else { return Err(Refused::Missing(PROOF.to_owned())) };
        let Json::Object(mut options) = proof else {
            return Err(Refused::Field { field: PROOF.to_owned(), wanted: "one object" });
        };
        let value = options.remove(VALUE).ok_or_else(|| Refused::Missing(format!("{PROOF}.{VALUE}")))?;
        let hashes = hashes(&options, document);
        let mut fields = Fields::of("proof.", options);
        for (name, ours) in [("type", KIND), ("cryptosuite", SUITE), ("proofPurpose", PURPOSE)] {
            if fields.text(name)? != ours {
                return Err(Refused::Proof);
            }
        }
        // It repeats those of the document, or has none, as in an earlier revision of the standard; the document's are signed either way.
        if let Some(context) = fields.if_there(CONTEXT)
            && Some(&context) != document.get(CONTEXT)
        {
            return Err(Refused::Context("proof.@context"));
        }
        let (method, created) = (fields.text("verificationMethod")?, fields.time("created")?);
        let signature = match &value {
            Json::Text(text) => from_base58(text),
            _ => None,
        };
        let signature =
            signature.ok_or_else(|| fields.wrong(VALUE, "a signature of 64 bytes in base 58, after a z"))?;
        fields.end()?;
        Ok(Self { method, created, hashes, signature })
    }

    /// The name, within its issuer's keys, of the key that made it.
    pub fn key_of<'a>(&'a self, issuer: &Did) -> Result<&'a str, Refused> {
        issuer.fragment(&self.method).ok_or(Refused::Issuer)
    }

    pub fn verify(&self, key: &PublicKey) -> Result<(), Refused> {
        if key.verifies(&self.hashes, &self.signature) { Ok(()) } else { Err(Refused::Signature) }
    }
}
