//! The gig: as a source saw it ([`Sighting`]), and as it is meant ([`Gig`]).
//!
//! A gig's id survives re-sighting; its [`Revision`] is a counter that moves only when a reader would notice, a change of status
//! included. A sighting is untouched by us; `normalise` makes a gig of it or says, naming the field, why it cannot.

pub mod address;
pub mod employment;
pub mod head_start;
pub mod heard;
pub mod language;
pub mod normalise;
pub mod pay;
pub mod plain;
pub mod rings;
pub mod same;
pub mod zones;

use crate::clock::Timestamp;
use crate::failure::Why;
use crate::id::{GigId, PersonId, SourceId};
use serde::{Deserialize, Serialize};

/// What a source saw, untouched. Texts may still hold markup; `normalise` is the only reader.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sighting {
    /// The source's own id for it, stable across looks.
    pub native: String,
    pub title: Option<String>,
    /// HTML or plain text.
    pub body: Option<String>,
    /// The page of the gig.
    pub url: Option<String>,
    /// Where to apply, when that is another page or an e-mail address.
    pub apply_url: Option<String>,
    pub organisation: Option<String>,
    /// A category slug, when the source names one of ours.
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub pay: Option<Pay>,
    pub remote: Option<bool>,
    pub locations: Vec<String>,
    pub language: Option<String>,
    pub published: Option<Timestamp>,
    pub closes: Option<Timestamp>,
    /// When the source last changed what it says of it, where sightings may come in another order than they were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    pub openings: Option<u32>,
    pub status: Option<Status>,
    pub republish: Republish,
    pub urgency: Urgency,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<rings::Ring>,
}

/// Whether what a source shows may be posted elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Republish {
    #[default]
    Allowed,
    /// Its terms forbid it, or give no leave; the reason is a sentence for people.
    Refused(Why),
}

/// A counter of what a reader would notice; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u32);

impl Revision {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The thing offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gig {
    pub id: GigId,
    pub revision: Revision,
    pub status: Status,
    pub poster: PersonId,
    pub source: SourceId,
    /// The source's own id for it.
    pub native: String,
    /// What is said of it: kept apart, since it may be long and changes as one.
    pub terms: Terms,
    /// Of no interest to readers, so that a change of it is no revision.
    pub republish: Republish,
    pub first_seen: Timestamp,
    /// When the present revision was made.
    pub revised: Timestamp,
}

/// What a reader is told, and how soon. Two gigs with equal terms read the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub title: String,
    /// Plain text, paragraphs separated by an empty line.
    pub description: String,
    /// `parent/child` or `parent`; nothing when the taxonomy found none.
    pub category: Option<String>,
    /// In the order given; they become tags where a network has these.
    pub skills: Vec<String>,
    pub pay: Option<Pay>,
    pub place: Place,
    /// BCP 47.
    pub language: Option<String>,
    pub organisation: Option<String>,
    /// After this moment it is no longer posted.
    pub closes: Option<Timestamp>,
    pub openings: Option<u32>,
    /// `https:`, `http:` or `mailto:`.
    pub apply_url: String,
    pub published: Option<Timestamp>,
    /// Of no interest to readers, so that a change of it alone is no revision.
    pub urgency: Urgency,
    /// Who says it first; of no interest to readers either.
    pub ring: Option<rings::Ring>,
}

/// Whether a gig's first posts may leave in the hours that its accounts keep free of posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    #[default]
    Usual,
    /// Quiet hours and posting windows do not hold it. All else does: the gap, the posts a day, each network's limits, review and
    /// pause.
    Urgent,
}

impl Urgency {
    pub fn is_urgent(self) -> bool {
        self == Self::Urgent
    }
}

impl Terms {
    /// Whether a reader would notice no difference.
    pub fn reads_as(&self, other: &Self) -> bool {
        *self == Self { urgency: self.urgency, ring: self.ring.clone(), ..other.clone() }
    }

    /// Whether it is to be said as soon, and on the same accounts first.
    pub fn is_said_as(&self, other: &Self) -> bool {
        self.urgency == other.urgency && self.ring == other.ring
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    Filled,
    Expired,
    Withdrawn,
}

impl Republish {
    /// Whether people other than the poster and the operator may be shown it.
    pub fn is_allowed(&self) -> bool {
        *self == Self::Allowed
    }
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Filled => "filled",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Money as the source said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pay {
    /// Amounts are whole units of the currency (ISO 4217), as people write them.
    Fixed {
        amount: u64,
        currency: String,
    },
    Range {
        min: u64,
        max: u64,
        currency: String,
        per: PayUnit,
    },
    Rate {
        amount: u64,
        currency: String,
        per: PayUnit,
    },
    Barter,
    Unpaid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayUnit {
    Hour,
    Day,
    Week,
    Month,
    Year,
    Project,
}

impl PayUnit {
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
            Self::Project => "project",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    pub remote: bool,
    /// As the source wrote them.
    pub locations: Vec<String>,
    /// Where these, or the description's line about the place, say it plainly.
    pub zones: Option<zones::Zones>,
}
