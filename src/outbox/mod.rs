//! The outbox: what is wanted on each account, what has been said there, and the one delivery that closes the difference.
//!
//! An [`Announcement`] is one gig on one account. Its next step is a pure function of the difference between *wanted* and *said*, and
//! none opens before the last one is settled: so a delete never overtakes its create, and three edits in a row
//! become one. A [`Delivery`] is one such step and the unit of retry. Deliveries wait in [`Lane`]s, one per account.

mod announcement;
pub mod backoff;
mod delivery;
mod lane;
pub mod pace;

pub use announcement::{Announcement, Replied, Said, Wanted};
pub use delivery::{Delivery, Event, Hold, Sent, State, Terms, Try, Verdict, Wait, Wording, next, set_back};
pub use lane::{Claim, Epoch, Lane, LaneHold, LaneWait, MOMENT};

use crate::gig::Urgency;
use serde::{Deserialize, Serialize};

/// What a delivery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verb {
    Delete,
    Edit,
    /// Says under a post what has become of its gig.
    Reply,
    Create,
    /// Takes a post away so that it can be made anew, where it cannot be edited: one step to its person, who sees the new text before the
    /// old post goes. What makes the new post is the step behind it, in its place and its words.
    Repost,
    /// Makes another account's post of the gig seen here, by the network's own means and without a word of ours.
    Reshare,
    /// Ends a reshare that was made here, by the same means. The post itself is its author's, and stays.
    Unreshare,
}

impl Verb {
    /// Whether something comes to stand where nothing was: the same again would make a second one.
    pub fn makes_a_post(self) -> bool {
        match self {
            Self::Create | Self::Reply | Self::Reshare => true,
            Self::Edit | Self::Delete | Self::Repost | Self::Unreshare => false,
        }
    }

    /// Whether a new post comes of it, for which its gig has to be open still.
    pub fn posts_anew(self) -> bool {
        match self {
            Self::Create | Self::Repost => true,
            Self::Edit | Self::Delete | Self::Reply | Self::Reshare | Self::Unreshare => false,
        }
    }

    /// Whether what stands on the network is another once it is done, and stays as it was where it is not.
    pub fn changes_a_post(self) -> bool {
        match self {
            Self::Edit | Self::Repost => true,
            Self::Create | Self::Delete | Self::Reply | Self::Reshare | Self::Unreshare => false,
        }
    }

    /// Whether an account's followers are shown a gig by it that they were not shown before.
    pub fn is_news(self) -> bool {
        match self {
            Self::Create | Self::Reshare => true,
            Self::Edit | Self::Delete | Self::Reply | Self::Repost | Self::Unreshare => false,
        }
    }

    /// Whether it is about words of ours: a reshare and its end have none.
    pub fn has_words(self) -> bool {
        match self {
            Self::Create | Self::Edit | Self::Reply | Self::Repost => true,
            Self::Delete | Self::Reshare | Self::Unreshare => false,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Edit => "edit",
            Self::Reply => "reply",
            Self::Create => "post",
            Self::Repost => "re-post",
            Self::Reshare => "reshare",
            Self::Unreshare => "unreshare",
        }
    }
}

/// Which of a lane's queues a delivery waits in, and by that what it waits for. Lower ones go first: what takes a post away or mends
/// it must not wait behind new posts, and an urgent one not behind those that wait for the morning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Delete,
    Edit,
    Reply,
    /// A new post of an urgent gig, or what makes room for one.
    Urgent,
    Create,
}

impl Class {
    /// The order within a lane.
    pub const ALL: [Self; 5] = [Self::Delete, Self::Edit, Self::Reply, Self::Urgent, Self::Create];

    pub fn of(verb: Verb, urgency: Urgency) -> Self {
        match (verb, urgency) {
            (Verb::Delete | Verb::Unreshare, _) => Self::Delete,
            (Verb::Edit, _) => Self::Edit,
            (Verb::Reply, _) => Self::Reply,
            // A post is not taken away before its successor may leave.
            (Verb::Create | Verb::Repost, Urgency::Urgent) => Self::Urgent,
            // How urgent a gig is, its poster says; whoever relays it keeps hours of their own.
            (Verb::Create | Verb::Repost, Urgency::Usual) | (Verb::Reshare, _) => Self::Create,
        }
    }

    /// That of a gig's first post.
    pub fn of_new(urgency: Urgency) -> Self {
        Self::of(Verb::Create, urgency)
    }

    /// Whether it brings a new post, which the poster's own pace is about.
    pub fn is_new_post(self) -> bool {
        match self {
            Self::Urgent | Self::Create => true,
            Self::Delete | Self::Edit | Self::Reply => false,
        }
    }
}
