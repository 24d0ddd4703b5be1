//! People and their accounts, and anyone seen on a network.
//!
//! A person is a poster, a freelancer, or both; an [`Account`] is one of their social accounts, linked once. An [`Actor`]
//! is anyone who reshared, replied or was named; actors that say they do not wish to be indexed are counted, never named.

use crate::clock::Timestamp;
use crate::id::{AccountId, ActorId, PersonId};
use crate::oauth::Authorized;
use crate::profile::{Profile, Support};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// As they wish to be called; also how config and CLI name a poster.
    pub name: String,
    pub since: Timestamp,
    pub role: Role,
    /// Where they want to be told when an account needs them; nothing when they only look here.
    pub email: Option<String>,
}

/// Everyone may read, vouch and look for work; posting takes the operator's invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Poster,
    Freelancer,
}

impl Person {
    /// Known by the name that the operator gave.
    pub fn poster(name: &str, since: Timestamp) -> Self {
        let name = name.trim().to_owned();
        Self { id: PersonId::from_name(&name), name, since, role: Role::Poster, email: None }
    }

    /// Known by the account they first signed in with.
    pub fn freelancer(account: AccountId, name: &str, since: Timestamp) -> Self {
        let id = PersonId::of(&[b"account", account.as_bytes()]);
        Self { id, name: name.to_owned(), since, role: Role::Freelancer, email: None }
    }
}

/// An account that says who someone is: by it they sign in. Each belongs to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: AccountId,
    pub person: PersonId,
    pub network: String,
    pub server: String,
    pub native: String,
    pub handle: String,
    pub url: String,
    pub since: Timestamp,
}

impl PersonId {
    /// A poster is found by the name the operator gave, whatever its case.
    pub fn from_name(name: &str) -> Self {
        Self::of(&[name.trim().to_lowercase().as_bytes()])
    }
}

/// One linked social account of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub owner: PersonId,
    /// The id of the network's profile.
    pub network: String,
    /// Scheme, host and port of the server that speaks for this account, without a slash at the end.
    pub server: String,
    /// The network's own, stable id of the account.
    pub native: String,
    /// As people write it, with the host: `@acme@social.example`, `acme.example`.
    pub handle: String,
    /// Where a person can look at it.
    pub url: String,
    pub linked: Timestamp,
    pub grant: GrantState,
    pub mode: Mode,
    pub pace: Pace,
    pub audience: Audience,
    pub policy: Policy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantState {
    Linked,
    /// The network refused the grant; only the person can mend it.
    NeedsRelink {
        since: Timestamp,
        said: String,
    },
    Revoked {
        since: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Auto,
    /// A person approves each post.
    Review,
}

/// How what stands on an account follows its gig, where more than one way is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The gig has changed, and the network cannot edit a post in place.
    pub changed: Changed,
    /// The gig is filled, expired or withdrawn.
    pub ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The change is told in a reply to the post.
    Reply,
    /// The post is taken away and made anew: its reshares are lost.
    DeleteAndRepost,
    /// The post stays as it was.
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The post says so in its first word, and keeps its reshares; a reply where the network cannot edit.
    Edit,
    /// A reply to the post says so.
    Reply,
    /// The post is taken away.
    Delete,
}

impl Changed {
    pub const ALL: [Self; 3] = [Self::Reply, Self::DeleteAndRepost, Self::Leave];

    /// As commands and forms name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::DeleteAndRepost => "repost",
            Self::Leave => "leave",
        }
    }
}

impl Ended {
    pub const ALL: [Self; 3] = [Self::Edit, Self::Reply, Self::Delete];

    /// As commands and forms name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Reply => "reply",
            Self::Delete => "delete",
        }
    }
}

impl Policy {
    /// What loses least on a network: an edit keeps reshares and reaches those who made them, a reply keeps the post.
    pub fn fitting(profile: &Profile) -> Self {
        let ended = match profile.edit {
            Support::Yes => Ended::Edit,
            Support::No => Ended::Reply,
        };
        Self { changed: Changed::Reply, ended }
    }
}

/// The poster's own courtesy, on top of every limit of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// In one day of the account's own zone.
    pub posts_per_day: u32,
    /// Between two posts.
    pub gap: Duration,
    pub quiet: Option<QuietHours>,
    /// IANA name of the zone that the account's day is in.
    pub zone: String,
}

/// Nothing is posted from `from` until `until`, wall time in the account's zone; it may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Minutes since midnight, 0 to 1439.
    pub from: u16,
    pub until: u16,
}

/// Against context collapse: what an account is for. Empty lists let everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audience {
    /// Category slugs; a parent includes its children.
    pub categories: Vec<String>,
    /// BCP 47 primary tags.
    pub languages: Vec<String>,
    /// Places as gigs name them (a city, a region, a country), and `remote`.
    pub places: Vec<String>,
    pub pay: Vec<PayKind>,
    /// Skills, of which a gig must have one.
    pub tags: Vec<String>,
    /// Skills that keep a gig away.
    pub not_tags: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayKind {
    Paid,
    Barter,
    Unpaid,
    /// The gig does not say.
    Unsaid,
}

/// Anyone seen on a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub id: ActorId,
    pub network: String,
    /// What the network keeps stable: an actor address, a DID.
    pub uri: String,
    /// With the host: `bo@remote.example`, `bo.example`.
    pub handle: String,
    pub name: String,
    pub url: Option<String>,
    pub indexing: Indexing,
}

/// What the profile says about being listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Indexing {
    Allowed,
    /// Counted, never named.
    Refused,
}

/// What linking yields. It exists in the open only between the vault and the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What requests carry.
    pub access: Secret,
    /// What renews it, where the network gives such a thing.
    pub refresh: Option<Secret>,
    /// What makes a new session when renewing fails: an app password.
    pub password: Option<Secret>,
    /// When `access` ends, where the network says so.
    pub expires: Option<Timestamp>,
    /// How it was had from an authorization server; nothing where it was entered by hand.
    pub authorized: Option<Authorized>,
}

impl Grant {
    /// A token entered by hand, which nothing renews.
    pub fn entered(access: Secret) -> Self {
        Self { access, refresh: None, password: None, expires: None, authorized: None }
    }
}
