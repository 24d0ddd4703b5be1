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
