//! Keeps strangers' addresses away from our own network (SSRF).
//!
//! A URL may come from a feed, a redirect or a form. A literal address in it is checked here, and a name is resolved here:
//! the addresses that pass are the very ones that get connected to, so a name cannot answer differently a second time.
//! The one exception is an origin (exact scheme, host and port) that the operator has written in `wire.trusted_origins`.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Where a request may go, once its URL has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Public addresses only.
    Public,
    /// Anywhere, since the operator trusts this very origin.
    Trusted,
}

/// Why a URL is not gone to. The words name the host, never the rest of the URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("this is not a web address: {0}")]
    Malformed(url::ParseError),
    #[error("only http and https addresses are gone to, not {0}:")]
    Scheme(String),
    #[error("the address of {0} has a user name or password in it; that is refused")]
    Userinfo(String),
    #[error("{0} is not a public address; only origins in wire.trusted_origins may be private")]
    Private(String),
}

/// Origins the operator trusts, in the one spelling that URLs are compared in.
#[derive(Debug, Default)]
pub(super) struct Trusted(HashSet<String>);

impl Trusted {
    /// `Err` is the entry that is no origin.
    pub(super) fn new(written: &[String]) -> Result<Self, String> {
        written.iter().map(|entry| origin(entry).ok_or_else(|| entry.clone())).collect::<Result<_, _>>().map(Self)
    }

    /// Looks at a URL that our own side names.
    pub(super) fn check(&self, url: &str) -> Result<(Url, Reach), Refused> {
        let url = Url::parse(url).map_err(Refused::Malformed)?;
        let reach = self.reach(&url, Reach::Trusted)?;
        Ok((url, reach))
    }

    /// How far a URL reaches when it is named by someone who reaches as far as `named_by`: a public server must not
    /// redirect us to an origin that only the operator may name.
    pub(super) fn reach(&self, url: &Url, named_by: Reach) -> Result<Reach, Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        let host = url.host().ok_or(Refused::Malformed(url::ParseError::EmptyHost))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Userinfo(host.to_string()));
        }
        if named_by == Reach::Trusted && self.0.contains(&url.origin().ascii_serialization()) {
            return Ok(Reach::Trusted);
        }
        if is_public_host(&host) { Ok(Reach::Public) } else { Err(Refused::Private(host.to_string())) }
    }
}

/// Scheme, host and port, and nothing else: a path or a user name would suggest a limit that is not kept.
fn origin(written: &str) -> Option<String> {
    let url = Url::parse(written).ok()?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && bare).then(|| url.origin().ascii_serialization())
}

/// A name passes for now: its addresses are checked when it is resolved.
fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => is_public(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => is_public(IpAddr::V6(*ip)),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name != "localhost" && !name.ends_with(".localhost")
        }
    }
}

/// IPv4 that is not globally reachable, by the IANA special-purpose registry: network and prefix length.
const CLOSED_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // "this network"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, and the metadata service of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, retired
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarking
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, broadcast
];

/// What is closed inside 2000::/3; all else outside it is closed too, which covers loopback, unique-local, link-local,
/// site-local, multicast, IPv4-mapped and NAT64.
const CLOSED_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarking, ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: carries any IPv4 address inside
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            !CLOSED_V4.iter().any(|(net, prefix)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *prefix)
        }
        IpAddr::V6(ip) => {
            let within = |(net, prefix): &(Ipv6Addr, u32)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *prefix;
            within(&GLOBAL_V6) && !CLOSED_V6.iter().any(within)
        }
    }
}

/// Every address a name has is a private one. Found in the error chain, it makes the failure permanent.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to private addresses only")]
pub(super) struct OnlyPrivate;

/// Resolves with the system, and passes on public addresses only.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.iter().copied().filter(|addr| is_public(addr.ip())).collect();
            if public.is_empty() && !found.is_empty() {
                return Err(OnlyPrivate.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(url: &str) -> Result<Reach, Refused> {
        Trusted::default().check(url).map(|(_, reach)| reach)
    }

    #[test]
    fn addresses_that_are_not_public_are_refused_and_their_public_neighbours_are_not() {
        let closed = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for ip in closed {
            assert!(!is_public(ip.parse().unwrap()), "{ip} should be refused");
        }
        let open = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
        ];
        for ip in open {
            assert!(is_public(ip.parse().unwrap()), "{ip} should pass");
        }
    }

    #[test]
    fn an_odd_spelling_of_an_address_is_still_that_address() {
        for url in [
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://127.0.0.1:8080/",
            "https://[::1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://１２７.0.0.1/",
            "http://127。0。0。1/",
            "http:/127.0.0.1/",
            "http:\\\\127.0.0.1\\",
            "HTTP://localhost/",
            "http://localhost.:80/",
            "http://metrics.LOCALHOST/",
            "http://ⓛocalhost/",
        ] {
            assert!(matches!(reach(url), Err(Refused::Private(_))), "{url}: {:?}", reach(url));
        }
    }

    #[test]
    fn names_pass_to_the_resolver_and_unicode_names_are_the_same_as_their_punycode() {
        assert_eq!(reach("https://social.example/api"), Ok(Reach::Public));
        assert_eq!(reach("https://social.example./api"), Ok(Reach::Public));
        let trusted = Trusted::new(&["https://bücher.example".to_owned()]).unwrap();
        assert_eq!(trusted.check("https://xn--bcher-kva.example/").unwrap().1, Reach::Trusted);
    }

    #[test]
    fn what_is_no_plain_web_address_is_refused() {
        for url in ["file:///etc/passwd", "ftp://social.example/", "gopher://social.example/", "data:text/plain,x"] {
            assert!(matches!(reach(url), Err(Refused::Scheme(_))), "{url}");
        }
        for url in ["http://social.example@127.0.0.1/", "http://a:b@social.example/", "http://a@social.example/"] {
            assert!(matches!(reach(url), Err(Refused::Userinfo(_))), "{url}");
        }
        for url in ["", "social.example", "http://", "http://[fe80::1%25eth0]/", "http://a b/"] {
            assert!(matches!(reach(url), Err(Refused::Malformed(_))), "{url}: {:?}", reach(url));
        }
    }

    #[test]
    fn trust_is_for_one_scheme_host_and_port() {
        let trusted = Trusted::new(&["http://127.0.0.1:3000".to_owned(), "https://localhost/".to_owned()]).unwrap();
        for url in ["http://127.0.0.1:3000/a?b", "http://127.1:3000/", "https://localhost:443/x"] {
            assert_eq!(trusted.check(url).unwrap().1, Reach::Trusted, "{url}");
        }
        for url in [
            "http://127.0.0.1:3001/",
            "https://127.0.0.1:3000/",
            "http://127.0.0.2:3000/",
            "http://localhost/",
            "https://localhost./",
        ] {
            assert!(trusted.check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_public_server_does_not_lend_itself_the_operators_trust() {
        let trusted = Trusted::new(&["http://127.0.0.1:3000".to_owned(), "https://own.example".to_owned()]).unwrap();
        let reach = |url: &str, named_by| trusted.reach(&Url::parse(url).unwrap(), named_by);
        assert!(reach("http://127.0.0.1:3000/", Reach::Public).is_err());
        assert_eq!(reach("http://127.0.0.1:3000/", Reach::Trusted), Ok(Reach::Trusted));
        assert_eq!(reach("https://own.example/", Reach::Public), Ok(Reach::Public), "resolved like any other name");
    }

    #[test]
    fn an_entry_that_is_more_or_less_than_an_origin_is_named() {
        for entry in ["127.0.0.1:3000", "http://h/path", "http://h/?q", "ftp://h", "http://a@h", "*", ""] {
            assert_eq!(Trusted::new(&[entry.to_owned()]).unwrap_err(), entry);
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_refused_when_it_is_resolved() {
        let refused = PublicOnly.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.is::<OnlyPrivate>(), "{refused}");
    }
}
