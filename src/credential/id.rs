//! The id of a credential: a UUID made of what is said, so that the same vouch exported twice is known as one.

use crate::id::digest;
use std::fmt;
use std::str::FromStr;

const URN: &str = "urn:uuid:";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialId([u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no id of a credential: write urn:uuid: and a UUID in lower case")]
pub struct BadCredentialId;

impl CredentialId {
    /// Version 8 of RFC 9562, for ids made in a way of one's own.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest("credential", parts)[..16]);
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl FromStr for CredentialId {
    type Err = BadCredentialId;

    fn from_str(text: &str) -> Result<Self, BadCredentialId> {
        let digits: String =
            text.strip_prefix(URN).ok_or(BadCredentialId)?.chars().filter(|c| *c != '-').take(33).collect();
        let id =
            u128::from_str_radix(&digits, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| BadCredentialId)?;
        // Dashes elsewhere, capitals, a sign: none of these is how we would write it.
        if id.to_string() == text { Ok(id) } else { Err(BadCredentialId) }
    }
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(URN)?;
        for (n, byte) in self.0.iter().enumerate() {
            let dash = if [4, 6, 8, 10].contains(&n) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_vouch_has_the_same_id_and_another_another() {
        let id = CredentialId::of(&[b"a", b"bc"]);
        assert_eq!(id, CredentialId::of(&[b"a", b"bc"]));
        assert_ne!(id, CredentialId::of(&[b"ab", b"c"]));
        let text = id.to_string();
        assert_eq!((&text[23..24], text.len()), ("8", URN.len() + 36), "{text}");
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = "urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b11";
        assert_eq!(id.parse::<CredentialId>().unwrap().to_string(), id);
        for wrong in [
            "",
            "urn:uuid:",
            "7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b11",
            "urn:uuid:7B1E0F5A-2A0E-4D0C-9A51-3F1D8F0C2B11",
            "urn:uuid:7b1e0f5a2a0e4d0c9a513f1d8f0c2b11",
            "urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b1",
            "urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b111",
            "urn:uuid:+b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2b11",
            "urn:uuid:7b1e0f5a-2a0e-4d0c-9a51-3f1d8f0c2bé1",
        ] {
            assert_eq!(wrong.parse::<CredentialId>(), Err(BadCredentialId), "{wrong}");
        }
    }
}
