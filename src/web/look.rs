//! How pages look: the one stylesheet, and the switch between light and dark.
//!
//! The stylesheet's address holds a hash of its content, so that browsers may keep it for ever and still see the next one at once.

use super::Shared;
use super::filled::Filled;
use super::first::First;
use super::visitor::{LOOK_COOKIE, Look, Visitor};
use crate::id::digest;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::fmt::Write as _;
use std::sync::LazyLock;

const STYLE: &str = include_str!("style.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| {
    digest("style", &[STYLE.as_bytes()])[..6].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
});

pub fn style_address(root: &str) -> String {
    format!("{root}/style.css?v={}", *STYLE_HASH)
}

#[derive(Debug, Default, Deserialize)]
pub struct Version {
    v: Option<String>,
}

pub async fn style(First(version): First<Version>) -> Response {
    let is_this = version.v.as_deref() == Some(STYLE_HASH.as_str());
    let keep = if is_this { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, keep)];
    (headers, STYLE).into_response()
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    look: String,
    #[serde(default)]
    back: String,
}

/// Keeps the choice for a year, and leads back to where it was made.
pub async fn choose(State(public): State<Shared>, visitor: Visitor, Filled(choice): Filled<Choice>) -> Response {
    let look = Look::from_word(&choice.look).unwrap_or_default();
    let path = if visitor.root.is_empty() { "/" } else { &visitor.root };
    let secure =
        if public.public_url.as_deref().is_some_and(|url| url.starts_with("https:")) { "; Secure" } else { "" };
    let cookie =
        format!("{LOOK_COOKIE}={}; Path={path}; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", look.word());
    let back = format!("{}{}", visitor.root, within(&choice.back, "/"));
    let headers = [header::SET_COOKIE, header::LOCATION].into_iter().zip([cookie, back]);
    let headers = headers.filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
    (StatusCode::SEE_OTHER, headers.collect::<HeaderMap>()).into_response()
}

/// Nobody is led away to another site: a path here and nothing else.
pub fn within<'a>(back: &'a str, otherwise: &'a str) -> &'a str {
    let elsewhere = !back.starts_with('/') || back.starts_with("//") || back.contains('\\');
    let plain = back.len() <= 2000 && back.bytes().all(|b| b.is_ascii_graphic());
    if elsewhere || !plain { otherwise } else { back }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_stays_light() {
        assert!(STYLE.len() < 15_000, "{} bytes", STYLE.len());
    }

    #[test]
    fn a_choice_leads_back_here_and_nowhere_else() {
        assert_eq!(within("/g/gig_1?v=x", "/"), "/g/gig_1?v=x");
        for back in ["", "https://evil.example/", "//evil.example", "/\\evil.example", "/a\r\nb"] {
            assert_eq!(within(back, "/"), "/", "{back:?}");
        }
    }
}
