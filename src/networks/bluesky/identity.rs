//! Who an account is, and which server speaks for it, by what the network itself knows: never by what a server says of its own accounts.
//!
//! A handle points at a DID, the DID's document names the server and the handle. Each side must name the other: anyone can point a domain at
//! somebody's DID, and anyone can write somebody's handle into their own document. Of the two ways by which a handle points, DNS is not
//! read here; the resolver reads it for us.

use super::answers::{DidDocument, Resolved};
use crate::failure::{Failure, Native, Scope, Why};
use crate::networks::exchange::{by_status, document, origin, read, words};
use crate::ports::{Request, Wire};

/// What the network calls a handle that does not hold.
const INVALID: &str = "handle.invalid";
/// More than any DID has.
const DID_BYTES: usize = 2048;

/// Who is asked.
#[derive(Debug, Clone)]
pub(super) struct Registrar {
    /// Of `did:plc` identities.
    pub directory: String,
    /// Where a handle points when its own host does not say.
    pub resolver: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub did: String,
    /// Checked both ways, else [`INVALID`].
    pub handle: String,
    /// Origin of the account's own server.
    pub pds: String,
}

impl Registrar {
    /// The account that a person named, by handle or DID: its DID and the origin of its server.
    pub(super) async fn named(&self, wire: &dyn Wire, name: &str) -> Result<(String, String), Failure> {
        if is_did(name) {
            let home = self.document(wire, name).await?.home(name)?;
            return Ok((name.to_owned(), home));
        }
        let handle = name.to_ascii_lowercase();
        if !is_handle(&handle) {
            let shown: String = name.chars().take(80).collect();
            return Err(permanent(format!("`{shown}` is not a handle: write it in full, as in acme.bsky.social")));
        }
        let did = self.points_at(wire, &handle).await?;
        let found = self.document(wire, &did).await?;
        if !found.handles().any(|own| own == handle) {
            return Err(permanent(format!(
                "{handle} points at an account that does not go by that name: set the handle right at the network, or \
                 enter the account's DID"
            )));
        }
        let home = found.home(&did)?;
        Ok((did, home))
    }

    /// Shown as invalid is a handle that points elsewhere, or nowhere.
    pub(super) async fn by_did(&self, wire: &dyn Wire, did: &str) -> Result<Identity, Failure> {
        let found = self.document(wire, did).await?;
        let pds = found.home(did)?;
        let claimed = found.handles().next().filter(|handle| is_handle(handle));
        let handle = match claimed {
            None => INVALID.to_owned(),
            Some(handle) => match self.points_at(wire, &handle).await {
                Ok(other) if other == did => handle,
                Ok(_) | Err(Failure::Permanent(_)) => INVALID.to_owned(),
                Err(failure) => return Err(failure),
            },
        };
        Ok(Identity { did: did.to_owned(), handle, pds })
    }

    /// The handle's own host first. Whatever goes wrong there, the handle may still be set up by DNS, so the resolver has the last word.
    async fn points_at(&self, wire: &dyn Wire, handle: &str) -> Result<String, Failure> {
        let mut request = Request::get(format!("https://{handle}/.well-known/atproto-did"));
        request.max_bytes = DID_BYTES;
        if let Ok(response) = wire.send(request).await
            && response.is_success()
        {
            let said = String::from_utf8_lossy(&response.body);
            if is_did(said.trim()) {
                return Ok(said.trim().to_owned());
            }
        }
        let method = "com.atproto.identity.resolveHandle";
        let response = wire.send(Request::get(format!("{}/xrpc/{method}?handle={handle}", self.resolver))).await?;
        let native = || Native::new(response.status, None, &words(&response));
        match response.status {
            200..=299 => read::<Resolved>(&response).ok().map(|resolved| resolved.did).filter(|did| is_did(did)),
            429 => return Err(by_status(&response, Scope::Host, native())),
            500..=599 => {
                let why = Why::new(format!("nobody can say just now where {handle} points")).with_native(native());
                return Err(Failure::Transient(why));
            }
            _ => None,
        }
        .ok_or_else(|| {
            permanent(format!("there is no account with the handle {handle}: see whether it is spelled right"))
        })
    }

    async fn document(&self, wire: &dyn Wire, did: &str) -> Result<DidDocument, Failure> {
        let address = match did.split_once(':').map(|(_, rest)| rest.split_once(':')) {
            Some(Some(("plc", _))) => format!("{}/{did}", self.directory),
            Some(Some(("web", host))) => match host.split_once("%3A") {
                // A port is for development, where there is no certificate either; the wire decides whether it may be gone to.
                Some(("localhost", port)) => format!("http://localhost:{port}/.well-known/did.json"),
                Some(_) => return Err(permanent(format!("{did} is not an identity of this network"))),
                None => format!("https://{host}/.well-known/did.json"),
            },
            _ => return Err(permanent("the account's identity is of a kind that this network does not have".into())),
        };
        let found: Option<DidDocument> = document(wire, address).await?;
        found
            .filter(|found| found.id == did)
            .ok_or_else(|| permanent(format!("the account {did} is not in the directory: it may be closed")))
    }
}

impl DidDocument {
    fn handles(&self) -> impl Iterator<Item = String> {
        self.also_known_as.iter().filter_map(|name| name.strip_prefix("at://")).map(str::to_ascii_lowercase)
    }

    /// The account's server. Over plain HTTP only on this machine, and there only if the wire may go there.
    fn home(&self, did: &str) -> Result<String, Failure> {
        let named = self.service.iter().find(|service| {
            service.id.strip_prefix(did).unwrap_or(&service.id) == "#atproto_pds"
                && service.kind == "AtprotoPersonalDataServer"
        });
        named
            .and_then(|service| origin(service.endpoint.as_str()?).ok())
            .filter(|home| home.starts_with("https://") || is_loopback(home))
            .ok_or_else(|| permanent(format!("the account {did} has no server that gigcast can speak with")))
    }
}

/// Whether it leads to this very machine.
pub(super) fn is_loopback(origin: &str) -> bool {
    url::Url::parse(origin).is_ok_and(|url| match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    })
}

/// A host name of two labels or more; the last begins with a letter, so it is no number.
pub(super) fn is_handle(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(label)
        && text.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Of the two methods that the network has, and of letters that need no care in an address.
pub(super) fn is_did(text: &str) -> bool {
    match text.strip_prefix("did:").and_then(|rest| rest.split_once(':')) {
        Some(("plc", id)) => !id.is_empty() && id.len() < 100 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
        Some(("web", host)) => match host.split_once("%3A") {
            Some((host, port)) => host == "localhost" && port.parse::<u16>().is_ok(),
            None => is_handle(host),
        },
        _ => false,
    }
}

fn permanent(said: String) -> Failure {
    Failure::Permanent(Why::new(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_a_host_name_that_is_no_address() {
        for good in ["acme.bsky.social", "acme.example", "a-b.c1.xn--p1ai"] {
            assert!(is_handle(good), "{good}");
        }
        for bad in [
            "acme",
            "",
            ".",
            "a..b",
            "-a.b",
            "a-.b",
            "127.0.0.1",
            "a.b/c",
            "a.b:80",
            "a.b?x",
            "A.b",
            "a.b@c",
            "a b.c",
            "acme.example.",
            "[::1].a",
            "a.0x7f",
        ] {
            assert!(!is_handle(bad), "{bad}");
        }
        assert!(!is_handle(&format!("{}.b", "a".repeat(64))));
    }

    #[test]
    fn a_did_is_of_one_of_two_kinds() {
        for good in ["did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did:web:acme.example", "did:web:localhost%3A2583"] {
            assert!(is_did(good), "{good}");
        }
        for bad in [
            "did:plc:",
            "did:plc:a/../b",
            "did:key:zabc",
            "did:web:acme.example%3A80",
            "did:web:127.0.0.1",
            "did:web:localhost%3A2583/x",
            "did:web:a.b:c",
            "acme.example",
            "did:plc:a?b",
        ] {
            assert!(!is_did(bad), "{bad}");
        }
    }

    #[test]
    fn a_server_is_reached_over_tls_or_on_this_machine() {
        const PDS: &str = "AtprotoPersonalDataServer";
        let home = |id: &str, kind: &str, endpoint: &str| {
            let json = format!(
                r##"{{"id":"did:plc:a","service":[{{"id":"#other","type":"X","serviceEndpoint":{{"a":1}}}},
                {{"id":"{id}","type":"{kind}","serviceEndpoint":"{endpoint}"}}]}}"##
            );
            serde_json::from_str::<DidDocument>(&json).unwrap().home("did:plc:a").ok()
        };
        for (id, kind, endpoint, origin) in [
            ("#atproto_pds", PDS, "https://pds.example/x", Some("https://pds.example")),
            ("did:plc:a#atproto_pds", PDS, "https://pds.example", Some("https://pds.example")),
            ("did:plc:b#atproto_pds", PDS, "https://pds.example", None),
            ("#atproto_pds", "AtprotoLabeler", "https://pds.example", None),
            ("#atproto_pds", PDS, "http://localhost:2583", Some("http://localhost:2583")),
            ("#atproto_pds", PDS, "http://127.0.0.1:2583", Some("http://127.0.0.1:2583")),
            ("#atproto_pds", PDS, "http://pds.example", None),
            ("#atproto_pds", PDS, "http://localhost.pds.example", None),
            ("#atproto_pds", PDS, "ftp://pds.example", None),
        ] {
            assert_eq!(home(id, kind, endpoint).as_deref(), origin, "{id} {kind} {endpoint}");
        }
    }
}
