//! Where people's browsers see us, and whether one can sign in there.
//!
//! A sign-in is a cookie, and a cookie is safe only over https or on this very machine; anywhere else signing in is refused with
//! words for the operator. On this machine our one address is `http://127.0.0.1:<port>`: some networks know a gigcast in
//! development by exactly that, so whoever comes by way of `localhost` is sent there.

use super::super::page;
use super::super::visitor::Visitor;
use super::super::{Shared, visitor};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    base: String,
    ground: Ground,
    /// Nobody configured a public address: people can reach us from this machine only.
    is_local: bool,
}

/// What cookies stand on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    Https,
    /// Plain http that never leaves this machine.
    Loopback,
    /// No cookie of ours is safe; why, for the operator.
    Unsafe(String),
}

/// By which name someone came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Here,
    /// To this machine, by another of its names.
    ByAnotherName,
    FromElsewhere,
}

impl Home {
    /// `at` is where the public listener is.
    pub fn new(public_url: Option<&str>, at: SocketAddr) -> Self {
        match public_url {
            Some(url) => Self { base: url.to_owned(), ground: ground_of(url), is_local: false },
            None => Self::local(at),
        }
    }

    fn local(at: SocketAddr) -> Self {
        let port = at.port();
        let (base, ground) = match at.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => (format!("http://{ip}:{port}"), Ground::Loopback),
            ip if ip.is_unspecified() => (format!("http://127.0.0.1:{port}"), Ground::Loopback),
            _ => {
                let why = format!(
                    "gigcast listens at {at} and no public address is configured. Set `server.public_url` to the \
                     https address that leads there."
                );
                (format!("http://{at}"), Ground::Unsafe(why))
            }
        };
        Self { base, ground, is_local: true }
    }

    /// What every address that leaves this house begins with, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Whether only a browser of this machine gets here.
    pub fn is_local(&self) -> bool {
        self.is_local || self.ground == Ground::Loopback
    }

    /// Scheme, host and port, as a browser writes them in `Origin`.
    pub fn origin(&self) -> String {
        Url::parse(&self.base).map_or_else(|_| self.base.clone(), |url| url.origin().ascii_serialization())
    }

    fn came(&self, headers: &HeaderMap) -> Came {
        // Where a public address is configured, the proxy before us has seen to it; what it says of the host may be anything.
        if !self.is_local {
            return Came::Here;
        }
        let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let Ok(url) = Url::parse(&format!("http://{named}")) else { return Came::FromElsewhere };
        let own = Url::parse(&self.base).ok();
        match url.host() {
            Some(Host::Ipv4(ip)) if own.and_then(|own| own.host_str().map(str::to_owned)) == Some(ip.to_string()) => {
                Came::Here
            }
            Some(Host::Ipv4(ip)) if ip.is_loopback() => Came::ByAnotherName,
            Some(Host::Ipv6(ip)) if ip.is_loopback() => Came::ByAnotherName,
            Some(Host::Domain("localhost")) => Came::ByAnotherName,
            _ => Came::FromElsewhere,
        }
    }
}

fn ground_of(public_url: &str) -> Ground {
    let url = Url::parse(public_url).ok();
    let is_loopback = match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url.as_ref().map(Url::scheme) {
        Some("https") => Ground::Https,
        _ if is_loopback => Ground::Loopback,
        _ => Ground::Unsafe(format!(
            "`server.public_url` is {public_url}, which is not https. Put a proxy that speaks https before gigcast, and set \
             `server.public_url` to the https address."
        )),
    }
}

/// Lets people in by the one address where their sign-in holds; tells the operator what is missing where there is none.
pub async fn by_the_door(State(public): State<Shared>, visitor: Visitor, request: Request, next: Next) -> Response {
    if let Ground::Unsafe(why) = public.home.ground() {
        let words =
            format!("Nobody can sign in here yet, since a sign-in is safe only over https. For the operator: {why}");
        return page::notice(&visitor, StatusCode::SERVICE_UNAVAILABLE, "No signing in here yet", words);
    }
    match public.home.came(request.headers()) {
        Came::Here => next.run(request).await,
        Came::ByAnotherName => {
            let read = matches!(*request.method(), Method::GET | Method::HEAD);
            let path = if read { visitor.page.as_str() } else { "/sign-in" };
            let place = HeaderValue::try_from(format!("{}{path}", public.home.base()));
            match place {
                Ok(place) => (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response(),
                Err(_) => StatusCode::BAD_REQUEST.into_response(),
            }
        }
        Came::FromElsewhere => {
            let words = format!(
                "Signing in works on the machine that gigcast runs on, at {}. For the operator: to let others in, set \
                 `server.public_url` to the https address that leads here.",
                public.home.base()
            );
            page::notice(&visitor, StatusCode::FORBIDDEN, "Not from here", words)
        }
    }
}

/// What links within our pages begin with.
pub fn root(home: &Home) -> String {
    visitor::root(home.base())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_sign_in_stands_on_https_or_on_this_machine() {
        let safe = |url: Option<&str>, address: &str| Home::new(url, at(address));
        assert_eq!(safe(Some("https://gigs.example/cast"), "127.0.0.1:80").ground, Ground::Https);
        for url in ["http://127.0.0.1:8420", "http://localhost:8420", "http://[::1]:8420"] {
            assert_eq!(safe(Some(url), "127.0.0.1:8420").ground, Ground::Loopback, "{url}");
        }
        for url in ["http://gigs.example", "http://192.0.2.1:8420", "http://127.0.0.1.gigs.example"] {
            assert!(matches!(safe(Some(url), "127.0.0.1:8420").ground, Ground::Unsafe(_)), "{url}");
        }
        assert_eq!(safe(None, "0.0.0.0:8420").base(), "http://127.0.0.1:8420");
        assert!(matches!(safe(None, "192.0.2.1:8420").ground, Ground::Unsafe(_)));
    }

    #[test]
    fn a_local_house_has_one_door() {
        let home = Home::new(None, at("127.0.0.1:8420"));
        let came = |host: &str| home.came(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]));
        assert_eq!(came("127.0.0.1:8420"), Came::Here);
        assert_eq!(came("127.0.0.1:9000"), Came::Here, "a tunnel may end at another port");
        for host in ["localhost:8420", "LOCALHOST", "[::1]:8420", "127.0.0.2:8420"] {
            assert_eq!(came(host), Came::ByAnotherName, "{host}");
        }
        for host in ["evil.example", "192.0.2.1:8420", "127.0.0.1.evil.example", "", "a b"] {
            assert_eq!(came(host), Came::FromElsewhere, "{host}");
        }
        let public = Home::new(Some("https://gigs.example"), at("127.0.0.1:8420"));
        assert_eq!(public.came(&HeaderMap::new()), Came::Here);
    }

    #[test]
    fn the_origin_is_written_as_browsers_write_it() {
        assert_eq!(
            Home::new(Some("https://Gigs.example:443/cast"), at("127.0.0.1:1")).origin(),
            "https://gigs.example"
        );
        assert_eq!(Home::new(None, at("127.0.0.1:8420")).origin(), "http://127.0.0.1:8420");
    }
}
