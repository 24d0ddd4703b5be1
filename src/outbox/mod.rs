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

use serde::{Deserialize, Serialize};

/// What a delivery does. Lower ones go first in a lane: what takes a post away or mends it must not wait behind new posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verb {
    Delete,
    Edit,
    /// Says under a post what has become of its gig.
    Reply,
    Create,
}

impl Verb {
    /// The order within a lane.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Edit, Self::Reply, Self::Create];

    /// Whether something comes to stand where nothing was: the same again would make a second one.
    pub fn makes_a_post(self) -> bool {
        match self {
            Self::Create | Self::Reply => true,
            Self::Edit | Self::Delete => false,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Edit => "edit",
            Self::Reply => "reply",
            Self::Create => "post",
        }
    }
}
