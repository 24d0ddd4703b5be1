//! What a delivery tells of itself as it stands.

use super::{Delivery, Sent, State, Wording};
use crate::clock::Timestamp;
use crate::outbox::Class;

/// How a try is noted that found its reshare standing by its person's own hand.
pub(super) const STOOD: &str = "stood";

/// How it is noted that something was dropped, and that a reshare was since its post is gone.
pub(super) const DROPPED: &str = "dropped";
pub(super) const POST_GONE: &str = "post_gone";

impl Delivery {
    /// Which of its lane's queues it waits in.
    pub fn class(&self) -> Class {
        Class::of(self.verb, self.urgency)
    }

    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Delivered(_) | State::Dropped(_) | State::Dead(_))
    }

    /// Whether it would say what nobody has seen: new words of ours, of which surely nothing is out.
    pub fn is_unseen(&self) -> bool {
        self.verb.has_words() && self.wording == Wording::Composed && self.unsure == Sent::SurelyNot
    }

    /// Whether there was nothing to do, as its person had reshared the post by hand. Known as soon as it has ended, and no longer than its tries
    /// are kept: its announcement remembers it.
    pub fn stood_already(&self) -> bool {
        self.is_settled() && self.tries.last().is_some_and(|last| last.outcome == STOOD)
    }

    /// Whether it was a reshare whose post was gone before its turn came: nobody called it off, so what takes the place of that post may be reshared.
    pub fn lost_its_post(&self) -> bool {
        matches!(self.state, State::Dropped(_)) && self.tries.last().is_some_and(|last| last.outcome == POST_GONE)
    }

    /// When it was settled, as far as that is on record: of what was dropped before that was noted it is not.
    pub fn settled_at(&self) -> Option<Timestamp> {
        let last = self.tries.last().filter(|_| self.is_settled())?;
        let is_noted = last.outcome == DROPPED || last.outcome == POST_GONE;
        (!matches!(self.state, State::Dropped(_)) || is_noted).then_some(last.at)
    }

    /// From when on nothing of its poster's kept it from leaving: opened, and behind the accounts that go first.
    pub fn may_leave_from(&self) -> Timestamp {
        self.ring.unwrap_or(self.stamp.opened).max(self.stamp.opened)
    }

    /// Whether it waits in its lane for a due time.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, State::Queued | State::Unknown { .. })
    }
}
