//! What the API answers, as far as we read it. Fields that some servers leave out are optional; unknown ones are passed over.

use crate::secret::Secret;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub id: String,
    pub uri: String,
    pub url: Option<String>,
    pub created_at: Option<String>,
    #[serde(default)]
    pub content: String,
    pub visibility: Option<String>,
    pub account: Option<Profile>,
    /// Whether it is only a boost of what somebody else said, which this content then is.
    #[serde(default, deserialize_with = "is_there")]
    pub reblog: bool,
    #[serde(default)]
    pub mentions: Vec<Mention>,
    pub reblogs_count: Option<u32>,
    pub quotes_count: Option<u32>,
    pub replies_count: Option<u32>,
    pub favourites_count: Option<u32>,
    /// Whether whoever asks boosts it.
    pub reblogged: Option<bool>,
}

/// The answer to a search.
#[derive(Debug, Deserialize)]
pub(super) struct Results {
    #[serde(default)]
    pub statuses: Vec<Status>,
}

/// The answer to `verify_credentials`.
#[derive(Debug, Deserialize)]
pub(super) struct Credentials {
    pub id: String,
    pub username: String,
    #[serde(default)]
    pub display_name: String,
    pub url: Option<String>,
    pub avatar: Option<String>,
}

/// The answer to `POST /api/v1/apps`.
#[derive(Debug, Deserialize)]
pub(super) struct App {
    pub client_id: String,
    pub client_secret: Secret,
}

/// Anyone's public profile.
#[derive(Debug, Deserialize)]
pub(super) struct Profile {
    pub id: String,
    /// With the host, except on the server's own people.
    pub acct: String,
    #[serde(default)]
    pub display_name: String,
    pub url: Option<String>,
    pub uri: Option<String>,
    /// The bio, in HTML.
    #[serde(default)]
    pub note: String,
    pub noindex: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Mention {
    pub id: String,
    pub username: String,
    pub url: String,
    pub acct: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Context {
    #[serde(default)]
    pub descendants: Vec<Status>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeInfoLinks {
    #[serde(default)]
    pub links: Vec<NodeInfoLink>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeInfoLink {
    pub rel: String,
    pub href: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NodeInfo {
    pub software: Software,
    #[serde(default, deserialize_with = "or_nothing")]
    pub metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Software {
    pub name: String,
    #[serde(default)]
    pub version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub upstream: Option<Upstream>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Upstream {
    pub name: String,
}

/// Both versions of the document about the server itself.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Instance {
    pub domain: Option<String>,
    /// Version 1's name for the domain; some write an address there.
    pub uri: Option<String>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub api_versions: Option<ApiVersions>,
    #[serde(default, deserialize_with = "or_nothing")]
    pub configuration: Option<Configuration>,
    /// A number, or on some servers a text.
    pub max_toot_chars: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ApiVersions {
    pub mastodon: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    pub statuses: Option<StatusLimits>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusLimits {
    pub max_characters: Option<u32>,
    pub characters_reserved_per_url: Option<u32>,
}

fn is_there<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(from)?.is_some())
}

/// A field of another shape than documented counts as left out: it must not cost us the whole document.
fn or_nothing<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(serde_json::Value::deserialize(from)?).ok())
}
