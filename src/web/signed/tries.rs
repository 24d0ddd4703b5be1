//! How often one visitor may try to sign in or to link: each try makes us ask other servers.
//!
//! Counted by the address that someone comes from; an IPv6 network counts as one, since its owner has all of it. Behind a proxy everyone
//! comes from the proxy, so where the operator has named it (`server.trusted_proxies`) it is asked for whom; from anyone else that
//! header is a stranger's word. Kept in memory, by a clock that only goes forward, and never for more than [`MOST`] visitors.

use super::super::visitor::Visitor;
use super::super::words::Moment;
use super::super::{Public, Shared, page};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tracing::warn;

/// A try is given back so soon ...
const EVERY: Duration = Duration::from_secs(6);
/// ... and so many may come at once.
const AT_ONCE: u32 = 20;
/// So many tries it is to have somebody told something.
const TOLD: u32 = 4;
/// Visitors that are counted one by one; those beyond share what one has.
const MOST: usize = 10_000;
/// The longest list that proxies write of whom they stand for.
const FORWARDED_BYTES: usize = 2048;
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Until when each visitor has used up what they may.
#[derive(Debug, Default)]
pub struct Tries {
    used: Mutex<HashMap<IpAddr, Duration>>,
    proxies: Vec<IpAddr>,
}

impl Tries {
    /// `proxies` are believed when they say for whom they ask.
    pub fn new(proxies: &[IpAddr]) -> Self {
        Self { used: Mutex::default(), proxies: proxies.iter().map(IpAddr::to_canonical).collect() }
    }

    /// Counts so many tries, all or none; or answers how long there are none. `now` is of the monotonic clock.
    fn take(&self, visitor: IpAddr, tries: u32, now: Duration) -> Result<(), Duration> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MOST {
            used.retain(|_, until| *until > now);
        }
        let visitor =
            if used.len() < MOST || used.contains_key(&visitor) { visitor } else { Ipv4Addr::UNSPECIFIED.into() };
        let until = used.entry(visitor).or_insert(now);
        let after = (*until).max(now) + EVERY * tries;
        match after.checked_sub(now + EVERY * AT_ONCE) {
            Some(over) if !over.is_zero() => Err(over),
            _ => {
                *until = after;
                Ok(())
            }
        }
    }

    /// Whoever stands behind the proxies that are believed.
    fn visitor(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let written = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let written: Vec<&str> = written.filter(|value| value.len() <= FORWARDED_BYTES).collect();
        // The nearest stands last. Who is not believed is the visitor, and what stands before is their word.
        let mut behind = written.iter().rev().flat_map(|value| value.rsplit(','));
        let mut visitor = peer.to_canonical();
        while self.proxies.contains(&visitor) {
            match behind.next().and_then(|written| written.trim().parse::<IpAddr>().ok()) {
                Some(next) => visitor = next.to_canonical(),
                None => break,
            }
        }
        match visitor {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
            v4 @ IpAddr::V4(_) => v4,
        }
    }
}

/// Who sent a request.
fn sender(public: &Public, known: &Extensions, headers: &HeaderMap) -> IpAddr {
    let peer = known.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(address)| address.ip());
    public.tries.visitor(peer, headers)
}

/// Where a request came from, for what is counted only once it turns out to be whole.
#[derive(Debug, Clone, Copy)]
pub struct Sender(IpAddr);

impl FromRequestParts<Shared> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Self, Infallible> {
        Ok(Self(sender(public, &parts.extensions, &parts.headers)))
    }
}

/// Counts what goes on to somebody who then reads it, as [`TOLD`] tries; or answers that much was sent. Who sent it is not said in the log.
pub fn tell(public: &Public, visitor: &Visitor, Sender(from): Sender) -> Option<Response> {
    public.tries.take(from, TOLD, public.clock.monotonic()).err().map(|wait| {
        let words = "Too much was sent from your address just now, so this was not sent. Wait a minute, go back and send it again.";
        let mut response = page::notice(visitor, StatusCode::TOO_MANY_REQUESTS, "One moment", words);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
        response
    })
}

/// Lets a try through, or says when to come back. Looking at a page is none.
pub async fn limit(State(public): State<Shared>, visitor: Visitor, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let from = sender(&public, request.extensions(), request.headers());
    match public.tries.take(from, 1, public.clock.monotonic()) {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            warn!(
                event = "web.too_many",
                reason = "too_many",
                "Too many tries to sign in or link came from {from}: this one was not made"
            );
            // Whole seconds, and not too early.
            let seconds = wait.as_secs() + 1;
            let now = public.clock.now();
            let when = Moment::new(now.plus(Duration::from_secs(seconds)), now).words;
            let words = format!(
                "Many tries to sign in or to link an account came from your address, so this one was not made. Come back {when}."
            );
            let mut response = page::notice(&visitor, StatusCode::TOO_MANY_REQUESTS, "One moment", words);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(written: &str) -> IpAddr {
        written.parse().unwrap()
    }

    #[test]
    fn a_visitor_may_try_some_times_at_once_and_then_every_few_seconds() {
        let (tries, one, other) = (Tries::default(), ip("192.0.2.1"), ip("192.0.2.2"));
        let begun = Duration::from_secs(100);
        for n in 0..AT_ONCE {
            assert_eq!(tries.take(one, 1, begun), Ok(()), "{n}");
        }
        assert_eq!(tries.take(one, 1, begun), Err(EVERY));
        assert_eq!(tries.take(other, 1, begun), Ok(()), "another is not held up");
        assert_eq!(tries.take(one, 1, begun + Duration::from_secs(5)), Err(Duration::from_secs(1)));
        assert_eq!(tries.take(one, 1, begun + EVERY), Ok(()), "what was refused did not count");
        assert_eq!(tries.take(one, 1, begun + EVERY), Err(EVERY));
    }

    #[test]
    fn a_crowd_of_addresses_takes_no_more_room_and_frees_nobody() {
        let (tries, now) = (Tries::default(), Duration::from_secs(1));
        let nth = |n: u32| IpAddr::from(Ipv4Addr::from_bits(0x0a00_0000 + n));
        for n in 0..u32::try_from(MOST).unwrap() {
            tries.take(nth(n), 1, now).unwrap();
        }
        let through = (0..100).filter(|n| tries.take(nth(1_000_000 + n), 1, now).is_ok()).count();
        assert_eq!(through, AT_ONCE as usize, "newcomers share one");
        assert_eq!(tries.used.lock().unwrap().len(), MOST + 1);
        let later = now + EVERY * AT_ONCE;
        assert_eq!(tries.take(nth(1_000_000), 1, later), Ok(()));
        assert_eq!(tries.used.lock().unwrap().len(), 1, "who has not come for a while is forgotten");
    }

    #[test]
    fn only_a_proxy_that_is_named_is_believed_about_whom_it_stands_for() {
        let headers = |lines: &[&'static str]| {
            let pair =
                |line: &&'static str| (header::HeaderName::from_static(FORWARDED_FOR), HeaderValue::from_static(line));
            lines.iter().map(pair).collect::<HeaderMap>()
        };
        let tries = Tries::new(&[ip("127.0.0.1"), ip("10.0.0.7")]);
        let from = |peer: &str, lines: &[&'static str]| tries.visitor(ip(peer), &headers(lines)).to_string();
        assert_eq!(
            from("127.0.0.1", &["198.51.100.9, 192.0.2.1"]),
            "192.0.2.1",
            "what stands before is their own word"
        );
        assert_eq!(from("::ffff:127.0.0.1", &["9.9.9.9", "192.0.2.1, 10.0.0.7"]), "192.0.2.1");
        assert_eq!(from("192.0.2.5", &["198.51.100.9"]), "192.0.2.5", "a stranger is not believed");
        for nothing in [&[][..], &["nonsense"], &[""]] {
            assert_eq!(from("127.0.0.1", nothing), "127.0.0.1");
        }
        assert_eq!(from("127.0.0.1", &["2001:db8:1:2:3:4:5:6"]), "2001:db8:1:2::");
    }
}
