//! Why a credential is refused.

use super::jcs::JsonError;
use crate::clock::Timestamp;

/// Each variant is one reason, and its words say what would have to be otherwise. What strangers wrote stands in them cut short and escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the file has {bytes} bytes, and at most {most} are read")]
    TooBig { bytes: usize, most: usize },
    #[error("the file holds {count} vouches, and at most {most} are looked at: divide it")]
    TooMany { count: usize, most: usize },
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Something is there that we do not know, and so cannot say what was meant by it.
    #[error("`{0}` is no field of a vouch: nothing may be added to it")]
    UnknownField(String),
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("`{field}` should be {wanted}")]
    Field { field: String, wanted: &'static str },
    #[error(
        "`{0}` names other contexts than the two that a vouch has: the W3C's for credentials, and the vocabulary of gigcast"
    )]
    Context(&'static str),
    #[error("this is another kind of document: a vouch has the types VerifiableCredential and VouchCredential")]
    Type,
    #[error("the proof is of another kind: it should be a DataIntegrityProof by eddsa-jcs-2022, to assert something")]
    Proof,
    /// The proof was made by somebody else than the document says, or by a key that is not (or no longer) the issuer's.
    #[error("the proof does not name a key of the issuer")]
    Issuer,
    /// What stands where the issuer's keys should be is something else.
    #[error("what the host of the issuer publishes is no document of its own keys")]
    Document,
    #[error("the signature does not fit: the document was changed, or another key made it")]
    Signature,
    /// A key says what it saw of others, and nobody can look up whose key that is.
    #[error(
        "a key alone says what it saw of somebody else: that is taken from hosts that publish their keys (did:web), and from people only what they say themselves"
    )]
    Witness,
    #[error("nobody vouches for themselves: issuer and subject are the same")]
    OwnWord,
    #[error("the vouch holds from {from} on, and that is still to come")]
    NotYetValid { from: Timestamp },
    #[error("the vouch held until {until}")]
    Expired { until: Timestamp },
}
