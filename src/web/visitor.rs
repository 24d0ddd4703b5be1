//! Who asks, as far as a page needs to know: under which address they see us, and which look they chose.

use super::Shared;
use super::signed::{SignedIn, Who};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use std::convert::Infallible;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct Visitor {
    /// Scheme, host and perhaps a path, without a slash at the end: what links in feeds and answers begin with.
    pub base: String,
    /// The path in `base`: what links within our pages begin with. Mostly empty.
    pub root: String,
    pub look: Look,
    /// The page asked for, with its query; where a form was sent, the page that it stood on. The switch of the look leads back to it.
    pub page: String,
    /// Who is signed in with this browser.
    pub signed: Option<Arc<SignedIn>>,
}

impl Visitor {
    /// What was typed on a page that led back here, by the name of its field; empty where nothing was.
    pub fn typed(&self, field: &str) -> String {
        let query = self.page.split_once('?').map_or("", |(_, query)| query);
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, _)| name == field).map(|(_, typed)| typed.into_owned()).unwrap_or_default()
    }
}

/// What a reader chose; `System` is whatever their machine prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    #[default]
    System,
    Light,
    Dark,
}

/// The cookie that keeps it.
pub const LOOK_COOKIE: &str = "look";

impl Look {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "As my system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|look| look.word() == word)
    }

    pub fn from_cookies(headers: &HeaderMap) -> Self {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == LOOK_COOKIE).and_then(|(_, word)| Self::from_word(word)).unwrap_or_default()
    }
}

impl FromRequestParts<Shared> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Self, Infallible> {
        let base = public.public_url.clone().unwrap_or_else(|| format!("http://{}", host(&parts.headers)));
        let root = root(&base);
        let page = if matches!(parts.method, Method::GET | Method::HEAD) {
            parts.uri.path_and_query().map_or("/", |page| page.as_str()).to_owned()
        } else {
            sent_from(&parts.headers, &base).unwrap_or_else(|| "/".to_owned())
        };
        let signed = match parts.extensions.get::<Who>() {
            Some(Who::Someone(signed)) => Some(Arc::clone(signed)),
            Some(Who::Unread(_)) | None => None,
        };
        Ok(Self { root, base, look: Look::from_cookies(&parts.headers), page, signed })
    }
}

/// The page of ours on which a form stood that was sent, as the browser says.
fn sent_from(headers: &HeaderMap, base: &str) -> Option<String> {
    let page = headers.get(header::REFERER)?.to_str().ok()?.strip_prefix(base)?;
    page.starts_with('/').then(|| page.to_owned())
}

/// The path in an address, without a slash at the end.
pub fn root(base: &str) -> String {
    let path = url::Url::parse(base).map(|url| url.path().trim_end_matches('/').to_owned());
    path.unwrap_or_default()
}

/// Where no public address is configured, whoever asks says how they reach us; nothing but a host and a port is believed.
fn host(headers: &HeaderMap) -> &str {
    let is_host =
        |host: &&str| host.len() <= 255 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    let written = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    written.filter(is_host).filter(|host| !host.is_empty()).unwrap_or("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_host_is_believed_only_when_it_looks_like_one() {
        for (written, believed) in
            [("127.0.0.1:8420", "127.0.0.1:8420"), ("[::1]:80", "[::1]:80"), ("x.example/\"><b>", "localhost")]
        {
            assert_eq!(host(&headers(header::HOST, written)), believed);
        }
    }

    #[test]
    fn the_look_is_found_among_other_cookies() {
        assert_eq!(Look::from_cookies(&headers(header::COOKIE, "a=b; look=dark")), Look::Dark);
        assert_eq!(Look::from_cookies(&headers(header::COOKIE, "look=purple")), Look::System);
    }

    #[test]
    fn the_root_is_the_path_of_the_address() {
        assert_eq!(root("https://gigs.example"), "");
        assert_eq!(root("https://gigs.example/cast"), "/cast");
    }
}
