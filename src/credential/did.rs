//! Who issues a credential: a key that is its own name (`did:key`), or a host that publishes its keys (`did:web`).
//!
//! Both are read in one spelling only. Two spellings of one issuer would be two issuers to whoever compares texts, and most do.

use super::key::PublicKey;
use std::fmt;
use std::str::FromStr;

/// Longer than any that a person or an instance has.
const MOST_BYTES: usize = 300;
const KEY: &str = "did:key:";
const WEB: &str = "did:web:";
/// How a colon before a port is written, since bare colons part what follows the host.
const COLON: &str = "%3A";

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Did {
    Key(PublicKey),
    Web(WebDid),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no issuer that we know: write did:key with an Ed25519 key (z6Mk...), or did:web with a host in lower case")]
pub struct BadDid;

impl Did {
    /// The name of a key of this issuer, as a proof cites it.
    pub fn method(&self, key: &PublicKey) -> String {
        format!("{self}#{}", key.multikey())
    }

    /// Whether a proof that cites `method` names this issuer, and if so, which of its keys.
    pub(super) fn fragment<'a>(&self, method: &'a str) -> Option<&'a str> {
        let fragment = method.strip_prefix(&self.to_string())?.strip_prefix('#')?;
        (is_name(fragment) && fragment.len() <= MOST_BYTES).then_some(fragment)
    }
}

impl FromStr for Did {
    type Err = BadDid;

    fn from_str(text: &str) -> Result<Self, BadDid> {
        match text.strip_prefix(KEY) {
            Some(key) => PublicKey::from_multikey(key).map(Self::Key).ok_or(BadDid),
            None => text.parse().map(Self::Web),
        }
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{KEY}{}", key.multikey()),
            Self::Web(web) => web.fmt(f),
        }
    }
}

/// `did:web:gigs.example`, `did:web:gigs.example%3A8443`, `did:web:gigs.example:people:alice`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebDid {
    /// Without the port.
    host: String,
    port: Option<u16>,
    path: Vec<String>,
}

impl WebDid {
    /// A host in lower case, without a path. Nothing for an IP address, which `did:web` does not allow.
    pub fn of_host(host: &str, port: Option<u16>) -> Option<Self> {
        (is_host(host) && port != Some(0)).then(|| Self { host: host.to_owned(), port, path: Vec::new() })
    }

    /// The host, and its port where it names one, as they stand in an address.
    pub fn authority(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.host)
    }

    /// Where the document with its keys is.
    pub fn document_url(&self) -> String {
        let path = if self.path.is_empty() { ".well-known".to_owned() } else { self.path.join("/") };
        format!("https://{}/{path}/did.json", self.authority())
    }

    /// Whether it stands for a whole host, as an instance does, and not for somebody at one.
    pub fn is_whole_host(&self) -> bool {
        self.path.is_empty()
    }
}

impl FromStr for WebDid {
    type Err = BadDid;

    fn from_str(text: &str) -> Result<Self, BadDid> {
        let rest = text.strip_prefix(WEB).filter(|_| text.len() <= MOST_BYTES).ok_or(BadDid)?;
        let mut parts = rest.split(':');
        let first = parts.next().unwrap_or_default();
        let (host, port) = match first.split_once(COLON) {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| BadDid)?)),
            None => (first, None),
        };
        let mut did = Self::of_host(host, port).ok_or(BadDid)?;
        did.path = parts.map(str::to_owned).collect();
        let well = did.path.iter().all(|part| is_name(part) && !part.starts_with('.'));
        // A port may be written in two ways (080, +80); the path cannot.
        if well && did.to_string() == text { Ok(did) } else { Err(BadDid) }
    }
}

impl fmt::Display for WebDid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{WEB}{}", self.host)?;
        if let Some(port) = self.port {
            write!(f, "{COLON}{port}")?;
        }
        self.path.iter().try_for_each(|part| write!(f, ":{part}"))
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// A domain name in lower case. Its last label is no number, or it would be an IP address to a browser.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    host.len() <= 253 && host.split('.').all(is_label) && !is_number
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::known_key;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_did_reads_back_as_it_was_written() {
        for text in [
            "did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
            "did:web:gigs.example",
            "did:web:gigs.example%3A8443",
            "did:web:localhost%3A3000",
            "did:web:gigs.example:people:alice",
            "did:web:xn--fa-hia.example",
        ] {
            assert_eq!(text.parse::<Did>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_spellings_and_other_kinds_are_refused() {
        let long = format!("did:web:{}", "a.".repeat(100_000));
        for text in [
            "",
            "did:key:",
            "did:key:6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
            "DID:web:gigs.example",
            "did:web:",
            "did:web:Gigs.example",
            "did:web:gigs.example%3a8443",
            "did:web:gigs.example%3A080",
            "did:web:gigs.example%3A0",
            "did:web:gigs.example%3A99999",
            "did:web:gigs.example%3A",
            "did:web:gigs.example%2Fevil",
            "did:web:gigs.example:",
            "did:web:gigs.example:..:x",
            "did:web:gigs.example/people",
            "did:web:gigs.example#key",
            "did:web:me@gigs.example",
            "did:web:gigs..example",
            "did:web:gigs.example.",
            "did:web:-gigs.example",
            "did:web:127.0.0.1",
            "did:web:gigs.0x7f",
            "did:web:2130706433",
            "did:web:faß.example",
            "did:jwk:eyJrdHkiOiJPS1AifQ",
            &long,
        ] {
            assert_eq!(text.parse::<Did>(), Err(BadDid), "{text}");
        }
    }

    #[test]
    fn a_host_is_told_where_its_document_is() {
        let url = |text: &str| text.parse::<WebDid>().unwrap().document_url();
        assert_eq!(url("did:web:gigs.example"), "https://gigs.example/.well-known/did.json");
        assert_eq!(url("did:web:gigs.example%3A8443"), "https://gigs.example:8443/.well-known/did.json");
        assert_eq!(url("did:web:gigs.example:people:alice"), "https://gigs.example/people/alice/did.json");
        assert_eq!(
            WebDid::of_host("gigs.example", Some(8443)).unwrap(),
            "did:web:gigs.example%3A8443".parse().unwrap()
        );
        assert_eq!(WebDid::of_host("127.0.0.1", None), None);
        assert_eq!(WebDid::of_host("[::1]", None), None);
    }

    #[test]
    fn a_proof_names_a_key_of_this_issuer_or_of_none() {
        let did: Did = "did:web:gigs.example".parse().unwrap();
        assert_eq!(did.fragment("did:web:gigs.example#key-1"), Some("key-1"));
        for other in [
            "did:web:gigs.example",
            "did:web:gigs.example#",
            "did:web:gigs.example.evil.example#key-1",
            "did:web:gigs.example:people:eve#key-1",
            "did:web:gigs.example#a#b",
            "#key-1",
        ] {
            assert_eq!(did.fragment(other), None, "{other}");
        }
        let key = known_key().public();
        let own = Did::Key(key);
        assert_eq!(own.fragment(&own.method(&key)), Some(key.multikey().as_str()));
    }

    proptest! {
        #[test]
        fn what_is_read_has_one_spelling(text in "(did:)?(key|web):[a-zA-Z0-9.:%#/-]{0,60}|\\PC{0,60}") {
            if let Ok(did) = text.parse::<Did>() {
                prop_assert_eq!(did.to_string(), text);
            }
        }
    }
}
