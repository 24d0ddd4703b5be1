//! The cookies of a person: one says who is signed in, one which browser began to link, one which began to show whose an account is.
//!
//! Over https their names begin with `__Host-`: then a browser takes them from this host alone, over https alone, and for all of it, so
//! that no neighbour under the same domain can plant one. On this machine, over plain http, that name is refused by
//! browsers, and another one is used.

use super::home::{Ground, Home};
use crate::secret::Secret;
use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    SignIn,
    /// Whoever began to show that an account is theirs, without signing in.
    Proof,
    /// Binds an attempt to link to the browser that began it.
    Link,
}

impl Cookie {
    pub fn name(self, home: &Home) -> &'static str {
        match (self, home.ground()) {
            (Self::SignIn, Ground::Https) => "__Host-gigcast",
            (Self::SignIn, _) => "gigcast",
            (Self::Proof, Ground::Https) => "__Host-gigcast-proof",
            (Self::Proof, _) => "gigcast-proof",
            (Self::Link, Ground::Https) => "__Host-gigcast-link",
            (Self::Link, _) => "gigcast-link",
        }
    }

    pub fn read(self, home: &Home, headers: &HeaderMap) -> Option<Secret> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name(home)).map(|(_, value)| Secret::new(value))
    }

    /// `value` is of hexadecimal digits, dots and percent signs: nothing that would end a cookie.
    pub fn set(self, home: &Home, value: &Secret, lives: Duration) -> HeaderValue {
        self.written(home, value.expose(), lives.as_secs())
    }

    /// Takes it away from the browser.
    pub fn clear(self, home: &Home) -> HeaderValue {
        self.written(home, "", 0)
    }

    fn written(self, home: &Home, value: &str, seconds: u64) -> HeaderValue {
        let secure = if *home.ground() == Ground::Https { "; Secure" } else { "" };
        let name = self.name(home);
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(url: &str) -> Home {
        Home::new(Some(url), "127.0.0.1:8420".parse().unwrap())
    }

    #[test]
    fn over_https_a_cookie_is_this_hosts_alone() {
        let (home, token) = (home("https://gigs.example/cast"), Secret::new("ab12"));
        assert_eq!(
            Cookie::SignIn.set(&home, &token, Duration::from_hours(1)),
            "__Host-gigcast=ab12; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            Cookie::Link.clear(&home),
            "__Host-gigcast-link=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn a_cookie_is_known_by_its_whole_name() {
        let home = home("http://127.0.0.1:8420");
        let headers = |text: &'static str| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
        let read = |text| Cookie::SignIn.read(&home, &headers(text)).map(|secret| secret.expose().to_owned());
        assert_eq!(read("look=dark; gigcast=ab"), Some("ab".to_owned()));
        for none in ["gigcast-link=ab", "xgigcast=ab", "__Host-gigcast=ab", ""] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_logged_of_a_cookie_is_not_its_value() {
        let shown =
            format!("{:?}", Cookie::SignIn.set(&home("https://gigs.example"), &Secret::new("ab12"), Duration::ZERO));
        assert!(!shown.contains("ab12"), "{shown}");
    }
}
