//! A fault of gigcast's own must cost one piece of work, not the account or the source that it was for.
//!
//! Each task and each step runs inside [`caught`]. Going on after a panic is sound: what tasks share stands in the store, which takes a
//! batch whole or not at all, or behind locks that are never held across anything that may panic half-way.

use futures_util::FutureExt;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;

/// What a panic said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mishap(String);

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs `work` to its end, or to its panic.
pub async fn caught<F: Future>(work: F) -> Result<F::Output, Mishap> {
    AssertUnwindSafe(work).catch_unwind().await.map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        Mishap(said.unwrap_or("it does not say which").to_owned())
    })
}
