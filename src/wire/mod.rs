//! The only user of the HTTP client: caps, timeouts, the address guard, rate headers, and which failure is which.
//!
//! Everything gigcast says to the outside passes through [`Client`]. [`SessionWire`] stands before it where an account
//! speaks, and is the only place where a stored credential meets a request. [`oauth`] asks authorization servers for grants, over
//! either.

mod client;
mod guard;
pub mod oauth;
mod outgoing;
pub mod quota;
mod session;

pub use client::{BadWire, Client, Settings};
pub use session::SessionWire;

#[cfg(test)]
impl crate::ports::Response {
    /// An answer of which only this is known, as tests of all who read answers begin; they change what else they need.
    pub(crate) fn saying(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            received: crate::clock::Timestamp::from_millis(1_795_262_400_000),
            allowance: None,
            retry_after: None,
            excerpt: crate::redact::excerpt(body.as_bytes(), &[]),
            moved: None,
        }
    }

    /// The same with these headers.
    pub(crate) fn under(self, headers: &[(&str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { headers, ..self }
    }
}
