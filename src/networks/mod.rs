//! The networks we speak to: the registry, one line each.
//!
//! A network file imports none of its siblings and is given no HTTP client: it builds requests, hands them to the session's
//! wire, and reads the answers (`exchange` holds what is alike for all). What the core must know of it stands in its profile.

pub mod bluesky;
pub mod docs;
pub mod exchange;
pub mod mastodon;

use crate::ports::Network;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Networks by the id of their profile.
pub type Networks = BTreeMap<String, Arc<dyn Network>>;

/// Every network we speak.
pub fn registry() -> Networks {
    let networks: [Arc<dyn Network>; 2] = [
        Arc::new(bluesky::Bluesky), //
        Arc::new(mastodon::Mastodon),
    ];
    networks.into_iter().map(|network| (network.profile().id.to_string(), network)).collect()
}

/// The ids one may write into the config and onto the command line, in order.
pub fn ids() -> Vec<String> {
    registry().into_keys().collect()
}
