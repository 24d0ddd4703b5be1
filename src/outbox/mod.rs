//! The outbox: what is wanted on each account, what has been said there, and the one delivery that closes the difference.
//!
//! An [`Announcement`] is one gig on one account. Its next step is a pure function of the difference between *wanted* and *said*, and
//! none opens before the last one is settled: so a delete never overtakes its create, and three edits in a row
//! become one. A [`Delivery`] is one such step and the unit of retry. Deliveries wait in [`Lane`]s, one per account.

pub mod backoff;
mod delivery;
mod lane;
pub mod pace;

pub use delivery::{Delivery, Event, Hold, Sent, State, Terms, Try, Verdict, Wait, Wording, next, set_back};
pub use lane::{Claim, Epoch, Lane, LaneHold, LaneWait, MOMENT};

use crate::gig::{Revision, Status};
use crate::id::{AccountId, DeliveryId, GigId};
use crate::post::Receipt;
use crate::profile::{Profile, Support};
use serde::{Deserialize, Serialize};

/// One gig on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    pub gig: GigId,
    pub account: AccountId,
    pub wanted: Wanted,
    pub said: Option<Said>,
    /// Counts the deliveries ever opened here; with gig and account it makes each one's id and key.
    pub step: u32,
    /// At most one, by construction.
    pub open: Option<DeliveryId>,
    /// What was wanted when the last delivery ended without saying it; not tried again until something else is wanted.
    pub given_up: Option<Wanted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// That this revision stands there.
    Revision(Revision),
    /// That nothing stands there.
    Gone,
}

/// What stands on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub revision: Revision,
    pub receipt: Receipt,
    /// The delivery that made the post; its code is in the link.
    pub created_by: DeliveryId,
}

/// What a delivery does. Lower ones go first in a lane: what takes a post away or mends it must not wait behind new posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verb {
    Delete,
    Edit,
    Create,
}

impl Verb {
    pub fn word(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Edit => "edit",
            Self::Create => "post",
        }
    }
}

impl Announcement {
    pub fn new(gig: GigId, account: AccountId, wanted: Wanted) -> Self {
        Self { gig, account, wanted, said: None, step: 0, open: None, given_up: None }
    }

    /// What is to be done next: nothing while a delivery is open, or when what is wanted stands there, or was given up.
    pub fn next_step(&self, status: Status, profile: &Profile) -> Option<Verb> {
        if self.open.is_some() || self.given_up == Some(self.wanted) {
            return None;
        }
        match (self.wanted, &self.said) {
            (Wanted::Revision(_), None) => (status == Status::Open).then_some(Verb::Create),
            (Wanted::Revision(wanted), Some(said)) => {
                (said.revision < wanted && profile.edit == Support::Yes).then_some(Verb::Edit)
            }
            (Wanted::Gone, Some(_)) => (profile.delete == Support::Yes).then_some(Verb::Delete),
            (Wanted::Gone, None) => None,
        }
    }

    /// The id of the delivery that a new step would have.
    pub fn next_delivery(&self) -> DeliveryId {
        DeliveryId::from_step(self.gig, self.account, self.step + 1)
    }

    /// Takes in how its open delivery ended. Nothing happens for a delivery that is not the open one, or has not ended.
    pub fn settle(&mut self, delivery: &Delivery) {
        if self.open != Some(delivery.id) {
            return;
        }
        match &delivery.state {
            State::Delivered(receipt) => {
                self.said = match delivery.verb {
                    Verb::Delete => None,
                    Verb::Create => {
                        Some(Said { revision: delivery.revision, receipt: receipt.clone(), created_by: delivery.id })
                    }
                    Verb::Edit => self.said.take().map(|said| Said {
                        revision: delivery.revision,
                        receipt: receipt.clone(),
                        created_by: said.created_by,
                    }),
                };
                if delivery.verb == Verb::Delete {
                    self.given_up = Some(self.wanted);
                }
            }
            State::Dropped(_) | State::Dead(_) => self.given_up = Some(delivery.aims_at()),
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => return,
        }
        self.open = None;
    }
}

#[cfg(test)]
mod tests {
    use super::delivery::tests::{delivery, profile, receipt};
    use super::*;
    use crate::failure::Why;

    fn announcement(wanted: Wanted) -> Announcement {
        Announcement::new(GigId::of(&[b"g"]), AccountId::of(&[b"a"]), wanted)
    }

    fn with_said(wanted: Wanted, revision: u32) -> Announcement {
        let mut a = announcement(wanted);
        a.said = Some(Said { revision: Revision(revision), receipt: receipt(), created_by: DeliveryId::of(&[b"d"]) });
        a
    }

    #[test]
    fn the_next_step_is_the_difference_between_wanted_and_said() {
        let can = profile();
        let mut cannot = profile();
        (cannot.edit, cannot.delete) = (Support::No, Support::No);
        let second = Wanted::Revision(Revision(2));
        for (a, status, profile, expected) in [
            (announcement(second), Status::Open, &can, Some(Verb::Create)),
            (announcement(second), Status::Filled, &can, None),
            (announcement(Wanted::Gone), Status::Open, &can, None),
            (with_said(second, 1), Status::Open, &can, Some(Verb::Edit)),
            (with_said(second, 1), Status::Filled, &can, Some(Verb::Edit)),
            (with_said(second, 1), Status::Open, &cannot, None),
            (with_said(second, 2), Status::Open, &can, None),
            (with_said(Wanted::Gone, 2), Status::Open, &can, Some(Verb::Delete)),
            (with_said(Wanted::Gone, 2), Status::Open, &cannot, None),
        ] {
            assert_eq!(a.next_step(status, profile), expected, "{a:?} {status:?}");
        }
    }

    #[test]
    fn no_step_opens_while_one_is_open() {
        let mut a = with_said(Wanted::Gone, 1);
        a.open = Some(DeliveryId::of(&[b"d"]));
        assert_eq!(a.next_step(Status::Open, &profile()), None);
    }

    #[test]
    fn what_was_given_up_is_tried_again_only_when_something_else_is_wanted() {
        let mut a = announcement(Wanted::Revision(Revision::FIRST));
        let mut d = delivery(Verb::Create);
        a.open = Some(d.id);
        d.state = State::Dead(Why::new("refused"));
        a.settle(&d);
        assert_eq!((a.open, a.next_step(Status::Open, &profile())), (None, None));
        a.wanted = Wanted::Revision(Revision(2));
        assert_eq!(a.next_step(Status::Open, &profile()), Some(Verb::Create));
    }

    #[test]
    fn an_edit_keeps_the_link_to_the_delivery_that_made_the_post() {
        let mut a = with_said(Wanted::Revision(Revision(2)), 1);
        let maker = a.said.as_ref().map(|s| s.created_by);
        let mut d = delivery(Verb::Edit);
        a.open = Some(d.id);
        (d.revision, d.state) = (Revision(2), State::Delivered(receipt()));
        a.settle(&d);
        assert_eq!(a.said.as_ref().map(|s| s.created_by), maker);
        assert_eq!(a.said.as_ref().map(|s| s.revision), Some(Revision(2)));
        assert_eq!(a.next_step(Status::Open, &profile()), None);
    }

    #[test]
    fn a_stranger_delivery_settles_nothing() {
        let mut a = announcement(Wanted::Revision(Revision::FIRST));
        a.open = Some(DeliveryId::of(&[b"other"]));
        let before = a.clone();
        let mut d = delivery(Verb::Create);
        d.state = State::Delivered(receipt());
        a.settle(&d);
        assert_eq!(a, before);
    }
}
