//! What the XRPC methods answer, as far as we read it.
//!
//! Typed all through: a stranger's record may carry fields of any depth, and unknown ones are passed over without being built.

use crate::secret::Secret;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub error: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SessionAnswer {
    pub did: String,
    #[serde(rename = "accessJwt")]
    pub access: Secret,
    #[serde(rename = "refreshJwt")]
    pub refresh: Secret,
    pub active: Option<bool>,
}

/// Of an identity: what it goes by, and which server is its own.
#[derive(Debug, Deserialize)]
pub(super) struct DidDocument {
    pub id: String,
    #[serde(default, rename = "alsoKnownAs")]
    pub also_known_as: Vec<String>,
    #[serde(default)]
    pub service: Vec<Service>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Service {
    pub id: String,
    #[serde(default, rename = "type")]
    pub kind: Value,
    /// Other services than ours may have something else here than an address.
    #[serde(rename = "serviceEndpoint")]
    pub endpoint: Value,
}

/// The answer to `resolveHandle`, and to `getSession` as far as we read it.
#[derive(Debug, Deserialize)]
pub(super) struct Resolved {
    pub did: String,
}

/// What a server says of itself as one that takes tokens (RFC 9728).
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    pub resource: String,
    pub authorization_servers: Vec<String>,
}

/// The answer to `getRecord` for the account's profile.
#[derive(Debug, Deserialize)]
pub(super) struct Profile {
    pub value: ProfileRecord,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileRecord {
    pub display_name: Option<String>,
    pub avatar: Option<Blob>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Blob {
    #[serde(rename = "ref")]
    pub reference: Link,
}

#[derive(Debug, Deserialize)]
pub(super) struct Link {
    #[serde(rename = "$link")]
    pub link: String,
}

/// The answer to `putRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Put {
    pub uri: String,
    pub cid: String,
}

/// The answer to `getRecord`.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    pub uri: String,
    pub cid: String,
    pub value: Value,
}

impl Found {
    /// Whether this is the record we meant to put: the same words, or the same post reshared, of the same moment.
    pub(super) fn is(&self, record: &Value) -> bool {
        ["text", "subject", "createdAt"].iter().all(|field| self.value.get(field) == record.get(field))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Posts {
    pub posts: Vec<PostView>,
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostView {
    pub uri: String,
    pub author: ProfileView,
    pub record: Record,
    pub indexed_at: Option<String>,
    pub repost_count: Option<u32>,
    pub quote_count: Option<u32>,
    pub reply_count: Option<u32>,
    pub like_count: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub facets: Vec<Facet>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Facet {
    pub index: Slice,
    #[serde(default)]
    pub features: Vec<Feature>,
}

/// Bytes of the text, the end excluded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Slice {
    pub byte_start: usize,
    pub byte_end: usize,
}

/// A mention is the one feature with a `did`.
#[derive(Debug, Deserialize)]
pub(super) struct Feature {
    pub did: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileView {
    pub did: String,
    pub handle: String,
    pub display_name: Option<String>,
    #[serde(default)]
    pub labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Label {
    pub val: String,
    /// This one takes an earlier one back.
    #[serde(default)]
    pub neg: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepostedBy {
    pub reposted_by: Vec<ProfileView>,
    pub cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Profiles {
    pub profiles: Vec<ProfileView>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Thread {
    pub thread: Node,
}

/// A post that is gone or blocked stands here without its `post`.
#[derive(Debug, Deserialize)]
pub(super) struct Node {
    pub post: Option<PostView>,
    #[serde(default)]
    pub replies: Vec<Node>,
}
