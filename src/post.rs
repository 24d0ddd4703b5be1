//! What is said, what is meant, and what came back.
//!
//! A [`Post`] is fitted to one network and frozen at the first claim, so that every try sends the same bytes. An [`Intent`] is one
//! thing to do on a network. A [`Receipt`] is all we keep to find, change or reply to what was made.

use crate::clock::Timestamp;
use crate::id::{Code, IdempotencyKey};
use serde::{Deserialize, Serialize};

/// A message fitted to one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    pub text: String,
    /// In order, never overlapping; offsets are bytes of `text` in UTF-8.
    pub facets: Vec<Facet>,
    pub card: Option<LinkCard>,
    /// BCP 47, where it is known.
    pub language: Option<String>,
    /// The one link in it, whole; `find` looks for it.
    pub link: String,
    /// The delivery's code inside `link`; nothing where the link is the poster's own address, since no public URL is configured.
    pub code: Option<Code>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    pub start: u32,
    /// Exclusive.
    pub end: u32,
    pub feature: Feature,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feature {
    Link(String),
    /// Without the `#`.
    Tag(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCard {
    pub url: String,
    pub title: String,
    pub description: String,
}

/// One thing to do on a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    Create(Post),
    Edit { at: Receipt, post: Post },
    Delete { at: Receipt },
    Reply { to: Receipt, post: Post },
    Reshare { of: Receipt },
    Unreshare { of: Receipt },
}

/// What the network gave back: enough to find the post, change it, and tell a person where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The network's own id, opaque.
    pub id: String,
    /// The address that stays the same across servers, where the network has one.
    pub uri: String,
    /// Where a person can look at it.
    pub url: Option<String>,
    /// The version that a reply or a compare-and-swap must name (a CID).
    pub version: Option<String>,
    /// When the network said it was made, else when we heard.
    pub at: Timestamp,
}

/// What identifies one delivery to the network: fixed and durable before the first request, the same for every try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub key: IdempotencyKey,
    /// When the step was opened: the only time a network file may put into what it sends.
    pub opened: Timestamp,
    /// The record key, on networks that let us choose it; computed once and stored.
    pub chosen_id: Option<String>,
    /// When the first request left, once one has; `find` need not look at anything older.
    pub first_sent: Option<Timestamp>,
}
