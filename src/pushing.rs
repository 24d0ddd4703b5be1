//! What it takes to be told instead of asking: whether a source offers that, and what then comes to us.

use crate::clock::Timestamp;
use bytes::Bytes;

/// Whether a source offers to push what is new, instead of being asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Pushing {
    /// This look did not say.
    #[default]
    Unsaid,
    Never,
    By(Hub),
}

/// Who pushes a source to its subscribers, and under which address it is known there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    pub url: String,
    pub topic: String,
}

/// What came to us without our asking.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// As its header says; empty where there is none.
    pub content_type: String,
    pub body: Bytes,
    pub received: Timestamp,
}
