//! What waits for its person's word, and that word: the shapes shared by the page, the operator's side and whoever answers both.

use super::admin::answers::{Done, When};
use super::admin::{Answer, Refusal};
use crate::id::{DeliveryId, PersonId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Answered by the daemon. A person sees and decides what is theirs; the operator (`None`) all of it.
pub trait Reviews: Send + Sync + fmt::Debug {
    /// Oldest first, at most so many.
    fn waiting(&self, whose: PersonId, most: usize) -> Answer<'_, Vec<Pending>>;
    fn one(&self, whose: Option<PersonId>, id: DeliveryId) -> Answer<'_, Waiting>;
    /// `version` is that of the text that was read.
    fn approve(&self, whose: Option<PersonId>, id: DeliveryId, version: String, words: Words) -> Answer<'_, Done>;
    /// A word against needs no version: it silences whatever waits there.
    fn decline(&self, whose: Option<PersonId>, id: DeliveryId, why: String) -> Answer<'_, Done>;
}

/// What is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// The text as it was shown.
    Shown,
    /// The person's own text in its place.
    Own(String),
}

/// What waits for a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    Shown(Box<Waiting>),
    /// No text of it fits the account, so there is nothing to approve.
    Unfit(Unfit),
}

/// A post that cannot be worded, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub delivery: String,
    pub gig: String,
    pub title: String,
    pub handle: String,
    pub network: String,
    pub why: String,
}

/// A post that waits, as its network will show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub delivery: String,
    pub gig: String,
    pub title: String,
    pub handle: String,
    pub network: String,
    /// `post`, `edit`, `reply` or `re-post`.
    pub verb: String,
    /// What it takes the place of, where it changes a post that is out.
    pub replaces: Option<String>,
    pub text: String,
    /// The card below it, on networks where it is ours to supply.
    pub card: Option<CardShown>,
    /// What is read of the link in the text; it must stay in it.
    pub link: String,
    pub length: u32,
    pub limit: u32,
    pub unit: String,
    /// Names exactly this text.
    pub version: String,
    /// After this moment it can no longer be approved.
    pub closes: Option<When>,
    /// When it would go once it is approved, and why not at once.
    pub when: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardShown {
    pub title: String,
    pub description: String,
    /// Where it leads, by its host.
    pub host: String,
}

/// What the command line sends to approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    pub version: String,
}

/// What the command line sends to decline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    #[serde(default)]
    pub why: String,
}

impl Refusal {
    /// The sentence of a refusal that is no fault of the store.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Unknown(said) | Self::Refused(said) => Some(said),
            Self::Store(_) => None,
        }
    }
}
