//! What a network can do and what it allows, as data.
//!
//! The planner, the outbox, the pacer, backfeed, the contract tests and the generated docs all read this; none of them
//! knows a network's name. What a server tells at run time (its own text limit, its headers) replaces numbers in
//! here; it never adds a branch anywhere. `docs` and `checked` say where the numbers come from and when they were read.

use crate::failure::Scope;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Lower-case noun of the protocol or service; the module carries the same name.
    pub id: Cow<'static, str>,
    /// As people write it.
    pub name: Cow<'static, str>,
    /// The page that states the limits, and the date it was read (ISO 8601).
    pub docs: Cow<'static, str>,
    pub checked: Cow<'static, str>,
    pub text: TextLimit,
    /// Whether a link card (title, description) is ours to supply.
    pub card: Card,
    pub edit: Support,
    pub delete: Support,
    pub reply: Support,
    /// A reshare of its own, which can be taken back as well.
    pub reshare: Support,
    pub idempotency: Idempotency,
    pub read_back: ReadBack,
    pub engagement: Listening,
    pub quotas: Cow<'static, [Quota]>,
    pub grant: GrantShape,
    /// In words, where the network bills its API; nothing where it is free.
    pub price: Option<Cow<'static, str>>,
}

/// How long a post may be, and how that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLimit {
    pub max: u32,
    pub unit: Unit,
    pub link: LinkCost,
    /// A second limit on the bytes of UTF-8, where there is one.
    pub max_bytes: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    Graphemes,
    CodePoints,
    Utf16,
    Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkCost {
    /// The address counts in full.
    AsWritten,
    /// Every link counts the same, however long.
    Flat(u32),
    /// A link may stand behind other words; only these count.
    Hidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Card {
    /// The server reads the page itself.
    ByServer,
    /// The post must carry it.
    ByUs,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Support {
    Yes,
    No,
}

/// What makes sending the same thing again harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Idempotency {
    /// The server remembers a key for so long after a success, and answers a repeat with the first result.
    Key {
        lives: Duration,
        errors: Replay,
    },
    /// We choose the record's own key: the same record again changes nothing, however late.
    ClientChosenId,
    None,
}

/// Whether a server that remembers keys also repeats an error it once gave: then a new try needs a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Replay {
    SuccessOnly,
    ErrorsToo,
}

/// How an unknown outcome is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadBack {
    /// By the record's own key.
    ByKey,
    /// Among the account's own recent posts, by the delivery's code.
    ByRecentPosts,
    /// It cannot be: such a delivery is held for a person.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    pub kinds: Cow<'static, [Heard]>,
    /// Whether the network pushes engagements to us; everything can be polled that has a kind.
    pub push: Support,
}

/// One kind of engagement, and whether the network names who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    pub kind: EngagementKind,
    pub by: Identity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EngagementKind {
    Reshare,
    Quote,
    Reply,
    Like,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    Named,
    Counted,
}

/// So many of something in a window, over a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quota {
    pub action: Action,
    pub scope: Scope,
    pub max: u32,
    pub per: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// Any request at all.
    Request,
    /// A post is made or changed.
    Write,
    Delete,
    /// One page of a list is read.
    ReadPage,
}

/// What linking an account yields, and what keeps it alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantShape {
    /// A token that lives until it is revoked.
    Token,
    /// A short-lived token and one that renews it.
    Refreshing { lives: Duration },
}

impl Profile {
    /// Of a network that this gigcast does not speak, since an older one took the place of a newer: nothing can be done there.
    pub fn unspoken(id: &str) -> Self {
        Self {
            id: id.to_owned().into(),
            name: id.to_owned().into(),
            docs: "".into(),
            checked: "".into(),
            text: TextLimit { max: 0, unit: Unit::Graphemes, link: LinkCost::AsWritten, max_bytes: None },
            card: Card::None,
            edit: Support::No,
            delete: Support::No,
            reply: Support::No,
            reshare: Support::No,
            idempotency: Idempotency::None,
            read_back: ReadBack::None,
            engagement: Listening { kinds: Cow::Borrowed(&[]), push: Support::No },
            quotas: Cow::Borrowed(&[]),
            grant: GrantShape::Token,
            price: None,
        }
    }

    pub fn hears(&self, kind: EngagementKind) -> Option<Identity> {
        self.engagement.kinds.iter().find(|heard| heard.kind == kind).map(|heard| heard.by)
    }
}

impl EngagementKind {
    pub const ALL: [Self; 4] = [Self::Reshare, Self::Quote, Self::Reply, Self::Like];

    pub fn word(self) -> &'static str {
        match self {
            Self::Reshare => "reshare",
            Self::Quote => "quote",
            Self::Reply => "reply",
            Self::Like => "like",
        }
    }
}
