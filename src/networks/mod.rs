//! The networks we speak to: the registry, one line each.
//!
//! A network file imports none of its siblings and is given no HTTP client: it builds requests, hands them to the session's
//! wire, and reads the answers (`exchange` holds what is alike for all). What the core must know of it stands in its profile.

pub mod bluesky;
pub mod docs;
pub mod exchange;
pub mod mastodon;
pub mod metadata;

pub use bluesky::client_metadata;

use crate::config::NetworkSettings;
use crate::ports::Network;
use crate::profile::Profile;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Networks by the id of their profile.
pub type Networks = BTreeMap<String, Arc<dyn Network>>;

/// Every network we speak.
pub fn registry(settings: &NetworkSettings) -> Networks {
    let at = |network, key| settings.address(network, key);
    let networks: [Arc<dyn Network>; 2] = [
        Arc::new(bluesky::Bluesky::new(at("bluesky", "directory"), at("bluesky", "resolver"))),
        Arc::new(mastodon::Mastodon),
    ];
    networks.into_iter().map(|network| (network.profile().id.to_string(), network)).collect()
}

/// What each network can do, by its id.
pub fn profiles() -> &'static BTreeMap<String, Profile> {
    static PROFILES: LazyLock<BTreeMap<String, Profile>> = LazyLock::new(|| {
        let networks = registry(&NetworkSettings::default());
        networks.into_iter().map(|(id, network)| (id, network.profile().clone())).collect()
    });
    &PROFILES
}

/// The ids one may write into the config and onto the command line, in order.
pub fn ids() -> Vec<String> {
    profiles().keys().cloned().collect()
}
