//! Vouches that leave the house: W3C Verifiable Credentials 2.0 with a proof that anyone can check (docs/CREDENTIALS.md).
//!
//! A vouch is worth most where its person goes next, so it must hold without us: the document says who vouches for whom, and its proof says
//! so with the key that the issuer's name *is* (`did:key`) or publishes (`did:web`). What comes back in is a stranger's file; it is read strictly,
//! and each reason to refuse it is a class of its own ([`Refused`]). Nothing here reads a clock, throws dice or asks another machine:
//! keys, times and documents come in as parameters.

pub mod brought;
pub mod did;
mod fields;
pub mod id;
pub mod instance;
pub mod jcs;
pub mod key;
pub mod party;
pub mod proof;
mod refused;
pub mod vouch;

#[cfg(test)]
mod tests;

pub use did::{BadDid, Did, WebDid};
pub use id::CredentialId;
pub use key::{PublicKey, Signer, SigningKey};
pub use party::Party;
pub use refused::Refused;
pub use vouch::{Basis, Credential, Level, Presented, Seen, Vouch};
