//! Whom a vouch is about: anybody with an address, whether or not they have a key.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// As much as a store's record and a line on a page can bear.
const MOST_BYTES: usize = 400;

/// A DID of any kind, or an address on the web such as that of a profile; in the one spelling in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Party(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody that can be named: write a DID, or an address that begins with https://")]
pub struct BadParty;

impl Party {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether an address is one on the machine that reads it, as all are in the demo: elsewhere it names somebody else, or nobody.
pub fn is_on_this_machine(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    })
}

impl FromStr for Party {
    type Err = BadParty;

    fn from_str(text: &str) -> Result<Self, BadParty> {
        let well = text.len() <= MOST_BYTES && (is_did(text) || is_web_address(text));
        well.then(|| Self(text.to_owned())).ok_or(BadParty)
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_did(text: &str) -> bool {
    let Some((method, name)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) else { return false };
    let method_is_well = !method.is_empty() && method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"-._:%".contains(&b);
    method_is_well && !name.is_empty() && !name.ends_with(':') && name.bytes().all(is_letter)
}

/// Over TLS unless it never leaves the machine, without a password in it, and spelled as a browser would spell it.
pub(super) fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_on_this_machine(text));
        is_safe && url.username().is_empty() && url.password().is_none() && url.as_str() == text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_a_did_or_an_address_on_the_web() {
        for text in [
            "did:web:alice.example",
            "did:example:abc%20d",
            "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
            "https://social.example/users/alice",
            "https://social.example/@alice#me",
            "http://127.0.0.1:3000/users/alice",
            "http://localhost/@alice",
            "http://[::1]:3000/@alice",
        ] {
            assert_eq!(text.parse::<Party>().unwrap().as_str(), text);
        }
        let long = format!("https://social.example/{}", "a".repeat(MOST_BYTES));
        for text in [
            "",
            "alice",
            "did:",
            "did:web",
            "did:web:",
            "did:Web:alice",
            "did:web:alice#key",
            "did:web:a b",
            "http://social.example/alice",
            "http://10.0.0.1/alice",
            "http://localhost.example/alice",
            "ftp://localhost/alice",
            "HTTPS://social.example/alice",
            "https://Social.example/alice",
            "https://social.example",
            "https://me:pass@social.example/",
            "https://social.example/a/../b",
            "https://social.example/\u{202e}",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(text.parse::<Party>(), Err(BadParty), "{text}");
        }
    }
}
