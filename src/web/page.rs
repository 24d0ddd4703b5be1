//! The frame that every page stands in, and the pages that have nothing but words: not found, trouble.

use super::visitor::{Look, Visitor};
use super::words::coded;
use super::{Public, look};
use crate::person::Role;
use crate::ports::StoreError;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tracing::error;
use url::form_urlencoded;

/// What the frame around a page says.
#[derive(Debug)]
pub struct Frame {
    pub title: String,
    /// For search engines and for cards on networks.
    pub description: String,
    /// The one address of this page; nothing for a page that is not to be found again.
    pub canonical: Option<String>,
    pub feeds: Vec<FeedLink>,
    /// What links begin with.
    pub root: String,
    pub look: Look,
    /// Where the switch of the look leads back to.
    pub back: String,
    pub signed: Option<Signed>,
}

/// Whoever is signed in, as every page says.
#[derive(Debug)]
pub struct Signed {
    pub name: String,
    pub may_post: bool,
}

/// Where a page of words leads on to.
#[derive(Debug)]
pub struct Next {
    pub label: &'static str,
    pub address: String,
}

impl Next {
    /// A page of ours.
    pub fn to(visitor: &Visitor, label: &'static str, path: &str) -> Self {
        Self { label, address: format!("{}{path}", visitor.root) }
    }

    /// A page of ours, at this place in it, with what was typed there for [`Visitor::typed`].
    pub fn with_typed(visitor: &Visitor, label: &'static str, path: &str, typed: (&str, &str), place: &str) -> Self {
        let (name, words) = typed;
        if words.is_empty() {
            return Self::to(visitor, label, &format!("{path}#{place}"));
        }
        let words: String = words.chars().take(TYPED_CHARS).collect();
        let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, &words).finish();
        Self::to(visitor, label, &format!("{path}?{query}#{place}"))
    }
}

/// The longest way back that an address is given along: addresses have an end ([`super::headers`]).
const BACK_BYTES: usize = 1500;

/// So much of what was typed is led back with, in an address.
const TYPED_CHARS: usize = 300;

#[derive(Debug, Clone)]
pub struct FeedLink {
    pub title: String,
    pub address: String,
    pub kind: &'static str,
}

impl Frame {
    pub fn new(visitor: &Visitor, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: String::new(),
            canonical: None,
            feeds: Vec::new(),
            root: visitor.root.clone(),
            look: visitor.look,
            back: visitor.page.clone(),
            signed: visitor.signed.as_ref().map(|signed| Signed {
                name: signed.person.name.clone(),
                may_post: signed.person.role == Role::Poster,
            }),
        }
    }

    /// Where one signs in, to come back to this page. From the front page nobody has gone anywhere yet: one's own page comes next.
    pub fn sign_in(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("back", &self.back).finish();
        let leads_back = self.back != "/" && query.len() <= BACK_BYTES;
        format!("{}/sign-in{}", self.root, if leads_back { format!("?{query}") } else { String::new() })
    }

    pub fn style(&self) -> String {
        look::style_address(&self.root)
    }
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    frame: Frame,
    words: String,
    next: Next,
    /// The code, small behind the words.
    status: u16,
}

/// A page that a reader may see differently on the next visit.
pub fn html(status: StatusCode, page: &impl Template) -> Response {
    let Ok(text) = page.render() else {
        // A template fails only when its values refuse to be written, and text does not.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::VARY, HeaderValue::from_static("cookie")),
    ];
    (status, headers, Html(text)).into_response()
}

/// A page of one sentence or two: what happened, and what to do.
pub fn notice(visitor: &Visitor, status: StatusCode, title: &str, words: impl Into<String>) -> Response {
    let next = Next { label: "See open gigs", address: format!("{}/", visitor.root) };
    notice_leading(visitor, status, title, words, next)
}

/// The same, leading on to where one goes from there.
pub fn notice_leading(
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    words: impl Into<String>,
    next: Next,
) -> Response {
    let frame = Frame::new(visitor, title);
    html(status, &Notice { frame, words: words.into(), next, status: status.as_u16() })
}

/// What was asked for cannot be: why, and the way back to where it was asked.
pub fn refused(visitor: &Visitor, title: &str, words: impl Into<String>, back: Next) -> Response {
    notice_leading(visitor, StatusCode::UNPROCESSABLE_ENTITY, title, words, back)
}

/// The store could not be read: said in the log, and in kinder words to the reader.
pub fn unreadable(visitor: &Visitor, fault: &StoreError) -> Response {
    error!(event = "store.failed", "A page could not be made, since the store failed: {fault}");
    not_now(visitor, "What this page shows cannot be read at the moment. Nothing is lost. Try again in a minute.")
}

/// What is answered while nothing can be written down.
pub fn unwritable(public: &Public, visitor: &Visitor) -> Option<Response> {
    let words = "Nothing can be written down at the moment. Try again in a few minutes.";
    public.fitness.unfit_until(public.clock.now()).map(|_| not_now(visitor, words))
}

/// It would be done at another time; the way leads back to where it was asked.
pub fn not_now(visitor: &Visitor, words: &str) -> Response {
    let again = Next { label: "Try again", address: format!("{}{}", visitor.root, look::within(&visitor.page, "/")) };
    let mut response = notice_leading(visitor, StatusCode::SERVICE_UNAVAILABLE, "Not at the moment", words, again);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_has_what_was_typed_as_far_as_it_goes_into_an_address() {
        let visitor = Visitor {
            base: "https://gigs.example/here".to_owned(),
            root: "/here".to_owned(),
            look: Look::System,
            page: String::new(),
            signed: None,
        };
        let back = |typed: &str| Next::with_typed(&visitor, "Back", "/communities", ("name", typed), "found").address;
        assert_eq!(back(""), "/here/communities#found");
        assert_eq!(back("A & B"), "/here/communities?name=A+%26+B#found");
        assert_eq!(back(&"x".repeat(301)), format!("/here/communities?name={}#found", "x".repeat(300)));
    }
}
