//! The names of things: prefixed newtype ids, and the keys derived from them.
//!
//! Every id is ten bytes of SHA-256 over what makes the thing itself (a gig: its source and the source's own id for it; an
//! account: its network and native id). So seeing a thing again finds it without a look-up, a crash between two
//! writes cannot make a second one, and no clock or dice are needed. Written as `gig_` and sixteen letters
//! of a base 32 alphabet without look-alikes; the prefix says what kind of thing a log line names.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// Bytes in an id. Eighty bits: no accident makes two alike, and sixteen letters still fit a link.
pub const ID_BYTES: usize = 10;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is not {kind}: it should be `{prefix}_` and sixteen letters or digits")]
pub struct BadId {
    written: String,
    kind: &'static str,
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal, $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; ID_BYTES]);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// The id of the thing made of these parts, in this order.
            pub fn of(parts: &[&[u8]]) -> Self {
                Self(first_bytes(&digest($prefix, parts)))
            }

            pub const fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
                Self(bytes)
            }

            pub const fn as_bytes(&self) -> &[u8; ID_BYTES] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(written: &str) -> Result<Self, BadId> {
                written
                    .strip_prefix(concat!($prefix, "_"))
                    .and_then(unbase32)
                    .map(Self)
                    .ok_or_else(|| BadId { written: written.chars().take(60).collect(), kind: $kind, prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; ID_BYTES]>::deserialize(from).map(Self)
                }
            }
        }
    )*};
}

ids! {
    /// A gig: derived from its source and the source's own id for it.
    GigId, "gig", "the id of a gig";
    /// A person: a poster, a freelancer, or both.
    PersonId, "per", "the id of a person";
    /// One linked social account: derived from network, host and native id, so that linking again finds it.
    AccountId, "acc", "the id of an account";
    /// One intention for one announcement: derived from gig, account and step.
    DeliveryId, "dlv", "the id of a delivery";
    /// Anyone seen on a network, linked or not.
    ActorId, "act", "the id of an actor";
    /// One thing one actor did to one of our posts.
    EngagementId, "eng", "the id of an engagement";
    /// Where gigs come from: derived from its name in the config.
    SourceId, "src", "the id of a source";
    /// One thing a person is told once: derived from whom, about what, and when it came up.
    NoticeId, "ntc", "the id of a notice";
    /// A named group of people: derived from its address.
    CommunityId, "com", "the id of a community";
    /// That somebody would do a gig: derived from the gig and who says so, or a word that only they know.
    InterestId, "int", "the id of an interest";
}

impl GigId {
    pub fn from_source(source: SourceId, native: &str) -> Self {
        Self::of(&[source.as_bytes(), native.as_bytes()])
    }
}

impl CommunityId {
    pub fn from_slug(slug: &str) -> Self {
        Self::of(&[slug.as_bytes()])
    }
}

impl SourceId {
    /// By its name in the config, whatever its case.
    pub fn from_name(name: &str) -> Self {
        Self::of(&[name.trim().to_lowercase().as_bytes()])
    }

    /// What a poster hands in, by whatever way: they are its source themselves.
    pub fn by_hand(poster: PersonId) -> Self {
        Self::of(&[b"api", poster.as_bytes()])
    }
}

impl AccountId {
    pub fn from_native(network: &str, host: &str, native: &str) -> Self {
        Self::of(&[network.as_bytes(), host.as_bytes(), native.as_bytes()])
    }
}

impl ActorId {
    /// `uri` is whatever the network keeps stable for an actor: an ActivityPub actor address, a DID.
    pub fn from_uri(network: &str, uri: &str) -> Self {
        Self::of(&[network.as_bytes(), uri.as_bytes()])
    }
}

impl InterestId {
    /// That of somebody who is signed in: they say it once.
    pub fn from_person(gig: GigId, person: PersonId) -> Self {
        Self::of(&[gig.as_bytes(), b"person", person.as_bytes()])
    }
}

impl DeliveryId {
    pub fn from_step(gig: GigId, account: AccountId, step: u32) -> Self {
        Self::of(&[gig.as_bytes(), account.as_bytes(), &step.to_be_bytes()])
    }

    /// The key that every try of this delivery carries. It is globally unique, since some servers do not keep it per user.
    pub fn idempotency_key(self) -> IdempotencyKey {
        IdempotencyKey(base32(&digest("key", &[&self.0])[..20]))
    }

    /// The short code in this delivery's link: by it a post is found again, and later a referral credited.
    pub fn code(self) -> Code {
        Code(base32(&self.0[..5]))
    }
}

/// The same for every try of a delivery; what a network may use to recognise a repeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Another key, for a server that would answer this one with the error it once gave.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self(base32(&digest("key", &[self.0.as_bytes()])[..20]))
    }

    /// A number spread evenly over the keys: a clock id where a network's record key wants one, dice where jitter does.
    pub fn number(&self) -> u64 {
        let bytes = digest("num", &[self.0.as_bytes()]);
        u64::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
    }
}

/// Eight letters that stand for one delivery in a link.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Code(String);

impl Code {
    /// That of one person's link to one gig.
    pub fn personal(gig: GigId, person: PersonId) -> Self {
        Self(base32(&digest("link", &[gig.as_bytes(), person.as_bytes()])[..5]))
    }

    /// As it stands in a link; nothing for what cannot be one.
    pub fn parse(written: &str) -> Option<Self> {
        let is_code = written.len() == 8 && written.bytes().all(|letter| ALPHABET.contains(&letter));
        is_code.then(|| Self(written.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 over a label and parts, each with its length, so that no two lists of parts run together.
pub fn digest(label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&label.as_bytes()).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn first_bytes(hash: &[u8; 32]) -> [u8; ID_BYTES] {
    let mut bytes = [0; ID_BYTES];
    bytes.copy_from_slice(&hash[..ID_BYTES]);
    bytes
}

/// Five bytes become eight letters; every length used here is a multiple of five.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() / 5 * 8);
    for five in bytes.chunks_exact(5) {
        let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for shift in (0..8).rev() {
            text.push(char::from(ALPHABET[(bits >> (shift * 5) & 31) as usize]));
        }
    }
    text
}

fn unbase32(text: &str) -> Option<[u8; ID_BYTES]> {
    if text.len() != ID_BYTES / 5 * 8 {
        return None;
    }
    let mut bytes = [0; ID_BYTES];
    for (eight, five) in text.as_bytes().chunks_exact(8).zip(bytes.chunks_exact_mut(5)) {
        let mut bits = 0u64;
        for letter in eight {
            bits = bits << 5 | ALPHABET.iter().position(|l| l == letter)? as u64;
        }
        five.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = GigId::from_source(SourceId::of(&[b"board"]), "81");
        assert_eq!(id.to_string().len(), 4 + 16);
        assert_eq!(id.to_string().parse::<GigId>(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused_by_name() {
        let account = AccountId::from_native("x", "h", "1").to_string();
        let refused = account.parse::<GigId>().unwrap_err().to_string();
        assert!(refused.contains(&account) && refused.contains("the id of a gig"), "{refused}");
        assert!("gig_short".parse::<GigId>().is_err());
        assert!("gig_iiiiiiiiiiiiiiii".parse::<GigId>().is_err(), "i is not in the alphabet");
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(AccountId::from_native("ab", "c", "1"), AccountId::from_native("a", "bc", "1"));
    }

    #[test]
    fn each_step_has_its_own_key_and_code() {
        let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
        let (one, two) = (DeliveryId::from_step(gig, account, 1), DeliveryId::from_step(gig, account, 2));
        assert_ne!(one.idempotency_key(), two.idempotency_key());
        assert_ne!(one.code(), two.code());
        assert_eq!(one.code().as_str().len(), 8);
        assert_eq!(one.idempotency_key(), DeliveryId::from_step(gig, account, 1).idempotency_key());
    }

    #[test]
    fn ids_are_text_in_json_and_ten_bytes_in_records() {
        let id = PersonId::of(&[b"acme"]);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
        let record = postcard::to_stdvec(&id).unwrap();
        assert_eq!(record.len(), ID_BYTES);
        assert_eq!(postcard::from_bytes::<PersonId>(&record).unwrap(), id);
    }
}
