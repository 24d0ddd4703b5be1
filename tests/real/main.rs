//! gigcast against servers that others wrote: what the tapes in tests/fixtures say of a network is true, or it fails here.
//!
//! Everything is real but the store, which lives in memory: the clock, the sockets, the grants in their vault, the steps of the daemon.

mod bluesky;
mod bluesky_oauth;
mod browser;
mod kepi;
mod lossy;
mod oidc;
mod ours;
mod peer;
