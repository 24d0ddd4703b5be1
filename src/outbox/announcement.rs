//! One gig on one account: what is wanted there, what has been said, and which step closes the difference.
//!
//! What was said is a short thread: the post, and under it what was replied where the network, or the account's policy, has no edit. Its last
//! word counts. A thread that has begun goes on in replies, since that is how it is read; it is taken away from its end.

use super::{Delivery, Sent, State, Verb};
use crate::failure::Why;
use crate::gig::{Gig, Revision, Status};
use crate::id::{AccountId, DeliveryId, GigId};
use crate::person::{Changed, Ended, Policy};
use crate::post::Receipt;
use crate::profile::{Profile, Support};
use serde::{Deserialize, Serialize};

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
    /// The revision for which the last delivery ended without doing it; not tried again before the next one. Of a reshare, that it is let be.
    pub given_up: Option<Revision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// That this revision is told there.
    Revision(Revision),
    /// That nothing stands there, since this revision.
    Gone(Revision),
    /// That another account's post of the gig is reshared there, once. The gig was of this revision when it was looked at last.
    Reshared(Revision),
    /// Nothing: its person reshares that post by hand, which was seen when our turn came. It is theirs to take back.
    ByHand(Revision),
    /// That no reshare of ours stands there any more, nor ever again: its person ended the relay so.
    TakenBack(Revision),
}

impl Wanted {
    pub fn of(gig: &Gig, policy: Policy, profile: &Profile) -> Self {
        let away = gig.status != Status::Open && policy.ended == Ended::Delete && profile.delete == Support::Yes;
        if away { Self::Gone(gig.revision) } else { Self::Revision(gig.revision) }
    }

    /// The same, for what the gig now is: what is reshared follows its original by itself.
    #[must_use]
    pub fn after(self, gig: &Gig, policy: Policy, profile: &Profile) -> Self {
        match self {
            Self::Revision(_) | Self::Gone(_) => Self::of(gig, policy, profile),
            Self::Reshared(_) | Self::ByHand(_) | Self::TakenBack(_) => self.of_revision(gig.revision),
        }
    }

    /// The same, of this revision.
    #[must_use]
    pub fn of_revision(self, revision: Revision) -> Self {
        match self {
            Self::Revision(_) => Self::Revision(revision),
            Self::Gone(_) => Self::Gone(revision),
            Self::Reshared(_) => Self::Reshared(revision),
            Self::ByHand(_) => Self::ByHand(revision),
            Self::TakenBack(_) => Self::TakenBack(revision),
        }
    }

    /// Whether it is about another account's post, and not about one of our own.
    pub fn is_reshared(self) -> bool {
        matches!(self, Self::Reshared(_) | Self::ByHand(_) | Self::TakenBack(_))
    }

    pub fn revision(self) -> Revision {
        match self {
            Self::Revision(revision)
            | Self::Gone(revision)
            | Self::Reshared(revision)
            | Self::ByHand(revision)
            | Self::TakenBack(revision) => revision,
        }
    }
}

/// What stands on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What the post itself says.
    pub revision: Revision,
    pub status: Status,
    pub receipt: Receipt,
    /// The delivery that made the post; its code is in the link.
    pub created_by: DeliveryId,
    /// What stands under it, in order.
    pub replies: Vec<Replied>,
}

/// One reply to a post of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replied {
    pub revision: Revision,
    pub status: Status,
    pub receipt: Receipt,
    pub by: DeliveryId,
}

impl Said {
    /// What whoever reads to the end knows of the gig.
    pub fn told(&self) -> (Revision, Status) {
        self.replies.last().map_or((self.revision, self.status), |last| (last.revision, last.status))
    }

    /// What is taken away first.
    fn end(&self) -> &Receipt {
        self.replies.last().map_or(&self.receipt, |last| &last.receipt)
    }

    fn correction(&self, status: Status, profile: &Profile, policy: Policy) -> Option<Verb> {
        let edit = (profile.edit == Support::Yes && self.replies.is_empty()).then_some(Verb::Edit);
        let reply = (profile.reply == Support::Yes).then_some(Verb::Reply);
        if status != Status::Open {
            return match policy.ended {
                Ended::Reply => reply.or(edit),
                Ended::Edit | Ended::Delete => edit.or(reply),
            };
        }
        edit.or_else(|| match policy.changed {
            Changed::DeleteAndRepost => (profile.delete == Support::Yes).then_some(Verb::Repost),
            // To leave a post that says the gig has ended would leave a lie.
            Changed::Leave if self.told().1 == Status::Open => None,
            Changed::Leave | Changed::Reply => reply,
        })
    }
}

impl Announcement {
    pub fn new(gig: GigId, account: AccountId, wanted: Wanted) -> Self {
        Self { gig, account, wanted, said: None, step: 0, open: None, given_up: None }
    }

    /// Whether what is wanted is not what is told.
    pub fn is_behind(&self) -> bool {
        match (self.wanted, &self.said) {
            (Wanted::Revision(_) | Wanted::Reshared(_), None) | (Wanted::Gone(_) | Wanted::TakenBack(_), Some(_)) => {
                true
            }
            (Wanted::Revision(wanted), Some(said)) => said.told().0 < wanted,
            (Wanted::Gone(_) | Wanted::TakenBack(_), None)
            | (Wanted::Reshared(_), Some(_))
            | (Wanted::ByHand(_), _) => false,
        }
    }

    /// A reshare of which nothing is under way: whatever becomes of its gig, nothing follows here.
    pub fn is_at_rest(&self) -> bool {
        self.wanted.is_reshared() && self.open.is_none()
    }

    /// What is to be done next: nothing while a delivery is open, or when what is wanted stands there, or was given up. A reshare is opened by
    /// the post that it is of, and by nothing else.
    pub fn next_step(&self, status: Status, profile: &Profile, policy: Policy) -> Option<Verb> {
        if self.open.is_some() || self.given_up == Some(self.wanted.revision()) || !self.is_behind() {
            return None;
        }
        match (self.wanted, &self.said) {
            (Wanted::Revision(_), None) => (status == Status::Open).then_some(Verb::Create),
            (Wanted::Revision(_), Some(said)) => said.correction(status, profile, policy),
            (Wanted::Gone(_), Some(_)) => (profile.delete == Support::Yes).then_some(Verb::Delete),
            (Wanted::TakenBack(_), Some(_)) => (profile.reshare == Support::Yes).then_some(Verb::Unreshare),
            (Wanted::Gone(_) | Wanted::TakenBack(_), None) | (Wanted::Reshared(_) | Wanted::ByHand(_), _) => None,
        }
    }

    /// Why the open step is not the one to take any more, since the gig has moved on or its account follows it otherwise now; nothing
    /// while it is.
    pub fn outdates(&self, open: &Delivery, status: Status, profile: &Profile, policy: Policy) -> Option<Why> {
        if open.verb == Verb::Reshare {
            return (status != Status::Open).then(|| Why::new(format!("the gig is {}", status.word())));
        }
        let anew = Self { open: None, given_up: None, ..self.clone() }.next_step(status, profile, policy);
        let ended = open.verb == Verb::Create && status != Status::Open;
        (ended || anew != Some(open.verb)).then(|| Why::new(format!("the gig is {}", status.word())))
    }

    /// The post that a step of this kind is about: the one to change, to answer, or to take away first.
    pub fn at(&self, verb: Verb) -> Option<&Receipt> {
        let said = self.said.as_ref()?;
        Some(match verb {
            Verb::Delete | Verb::Repost => said.end(),
            Verb::Create | Verb::Edit | Verb::Reply | Verb::Reshare | Verb::Unreshare => &said.receipt,
        })
    }

    /// The delivery that makes the post which a re-post makes room for: the one behind what takes away all that was said.
    pub fn remade_by(&self, repost: &Delivery) -> DeliveryId {
        let more = self.said.as_ref().map_or(0, |said| u32::try_from(said.replies.len()).unwrap_or(u32::MAX));
        DeliveryId::from_step(self.gig, self.account, repost.step.saturating_add(more).saturating_add(1))
    }

    /// The id of the delivery that a new step would have.
    pub fn next_delivery(&self) -> DeliveryId {
        DeliveryId::from_step(self.gig, self.account, self.step + 1)
    }

    /// A person wants done what its last delivery ended without doing: that it was given up is forgotten, so that the next step opens
    /// anew. What may be out already is never taken up like that.
    pub fn take_up_anew(&mut self, last: &Delivery) -> Result<(), Why> {
        let kept = |why: &str| Err(Why::new(why));
        if last.step != self.step {
            return kept("a later delivery has taken its place");
        }
        match last.state {
            State::Dead(_) | State::Dropped(_) if last.verb.makes_a_post() && last.unsure == Sent::Perhaps => {
                kept("it may be out already")
            }
            State::Dead(_) | State::Dropped(_) => {
                self.given_up = None;
                Ok(())
            }
            State::Delivered(_) => kept("it has arrived"),
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => kept("it is under way"),
        }
    }

    /// Takes in how its open delivery ended. Nothing happens for a delivery that is not the open one, or has not ended.
    pub fn settle(&mut self, delivery: &Delivery) {
        if self.open != Some(delivery.id) {
            return;
        }
        let Delivery { revision, status, id, .. } = *delivery;
        match &delivery.state {
            State::Delivered(receipt) => {
                let receipt = receipt.clone();
                if delivery.stood_already() {
                    self.wanted = Wanted::ByHand(self.wanted.revision());
                }
                self.said = match (delivery.verb, self.said.take()) {
                    (Verb::Create | Verb::Reshare, _) => {
                        Some(Said { revision, status, receipt, created_by: id, replies: Vec::new() })
                    }
                    (Verb::Edit, said) => said.map(|said| Said { revision, status, receipt, ..said }),
                    (Verb::Reply, said) => said.map(|mut said| {
                        said.replies.push(Replied { revision, status, receipt, by: id });
                        said
                    }),
                    (Verb::Unreshare, _) => None,
                    (Verb::Delete | Verb::Repost, said) => said.and_then(|mut said| said.replies.pop().map(|_| said)),
                };
            }
            State::Dropped(_) if delivery.lost_its_post() => {}
            State::Dropped(_) | State::Dead(_) => self.given_up = Some(revision),
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => return,
        }
        self.open = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::delivery::tests::{delivery, profile, receipt};
    use super::*;

    const BY_REPLY: Policy = Policy { changed: Changed::Reply, ended: Ended::Reply };
    const BY_EDIT: Policy = Policy { changed: Changed::Reply, ended: Ended::Edit };
    const ANEW: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete };
    const LEFT: Policy = Policy { changed: Changed::Leave, ended: Ended::Edit };

    fn announcement(wanted: Wanted) -> Announcement {
        Announcement::new(GigId::of(&[b"g"]), AccountId::of(&[b"a"]), wanted)
    }

    fn with_said(wanted: Wanted, revision: u32) -> Announcement {
        let mut a = announcement(wanted);
        a.said = Some(Said {
            revision: Revision(revision),
            status: Status::Open,
            receipt: receipt(),
            created_by: DeliveryId::of(&[b"d"]),
            replies: Vec::new(),
        });
        a
    }

    fn with_reply(wanted: Wanted, revision: u32, status: Status) -> Announcement {
        let mut a = with_said(wanted, 1);
        let receipt = Receipt { id: "reply".into(), ..receipt() };
        let reply = Replied { revision: Revision(revision), status, receipt, by: DeliveryId::of(&[b"r"]) };
        a.said.as_mut().unwrap().replies.push(reply);
        a
    }

    #[test]
    fn the_next_step_is_the_difference_between_wanted_and_said() {
        use Verb::{Create, Delete, Edit, Reply, Repost};
        let can = profile();
        let uneditable = Profile { edit: Support::No, ..profile() };
        let cannot = Profile { delete: Support::No, reply: Support::No, ..uneditable.clone() };
        let (second, gone) = (Wanted::Revision(Revision(2)), Wanted::Gone(Revision(2)));
        let (open, filled) = (Status::Open, Status::Filled);
        for (a, status, profile, policy, expected) in [
            (announcement(second), open, &can, BY_EDIT, Some(Create)),
            (announcement(second), filled, &can, BY_EDIT, None),
            (announcement(gone), filled, &can, ANEW, None),
            (with_said(second, 2), open, &can, BY_EDIT, None),
            // Where it can be edited, a change is an edit whatever the policy says of where it cannot.
            (with_said(second, 1), open, &can, ANEW, Some(Edit)),
            (with_said(second, 1), filled, &can, BY_EDIT, Some(Edit)),
            (with_said(second, 1), filled, &can, BY_REPLY, Some(Reply)),
            (with_said(gone, 1), filled, &can, ANEW, Some(Delete)),
            (with_said(second, 1), open, &uneditable, BY_REPLY, Some(Reply)),
            (with_said(second, 1), open, &uneditable, ANEW, Some(Repost)),
            (with_said(second, 1), open, &uneditable, LEFT, None),
            (with_said(second, 1), filled, &uneditable, LEFT, Some(Reply)),
            (with_said(second, 1), open, &cannot, BY_REPLY, None),
            (with_said(second, 1), open, &cannot, ANEW, None),
            (with_said(second, 1), filled, &cannot, BY_EDIT, None),
            (with_said(gone, 1), filled, &cannot, ANEW, None),
            // A thread goes on in replies, and ends where its last word ends.
            (with_reply(second, 2, filled), filled, &can, BY_EDIT, None),
            (with_reply(Wanted::Revision(Revision(3)), 2, filled), open, &can, BY_EDIT, Some(Reply)),
            (with_reply(Wanted::Revision(Revision(3)), 2, filled), open, &uneditable, LEFT, Some(Reply)),
            (with_reply(Wanted::Revision(Revision(3)), 2, open), open, &uneditable, LEFT, None),
        ] {
            assert_eq!(a.next_step(status, profile, policy), expected, "{a:?} {status:?} {policy:?}");
        }
    }

    #[test]
    fn what_is_reshared_follows_its_original_by_itself_and_is_dropped_with_the_gig_while_it_waits() {
        let mut a = announcement(Wanted::Reshared(Revision::FIRST));
        let next = |a: &Announcement, status| a.next_step(status, &profile(), ANEW);
        assert_eq!((next(&a, Status::Open), next(&a, Status::Filled)), (None, None));
        let gig = Gig { status: Status::Filled, revision: Revision(2), ..crate::plan::samples::gig() };
        assert_eq!(a.wanted.after(&gig, ANEW, &profile()), Wanted::Reshared(Revision(2)));
        let mut d = delivery(Verb::Reshare);
        assert_eq!(a.outdates(&d, Status::Open, &profile(), ANEW), None);
        assert!(a.outdates(&d, Status::Filled, &profile(), ANEW).is_some());
        a.open = Some(d.id);
        d.state = State::Delivered(receipt());
        a.settle(&d);
        assert_eq!(a.said.as_ref().map(|said| &said.receipt), Some(&receipt()));
        a.wanted = Wanted::Reshared(Revision(2));
        assert!(!a.is_behind() && next(&a, Status::Filled).is_none());
    }

    #[test]
    fn what_is_taken_back_is_undone_once_where_the_network_can_and_then_nothing_follows() {
        let mut a = with_said(Wanted::TakenBack(Revision(1)), 1);
        let next = |a: &Announcement, status| a.next_step(status, &profile(), BY_EDIT);
        for status in [Status::Open, Status::Filled] {
            assert_eq!(next(&a, status), Some(Verb::Unreshare));
        }
        assert_eq!(a.next_step(Status::Open, &Profile { reshare: Support::No, ..profile() }, BY_EDIT), None);
        let gig = Gig { revision: Revision(2), ..crate::plan::samples::gig() };
        assert_eq!(a.wanted.after(&gig, ANEW, &profile()), Wanted::TakenBack(Revision(2)));
        let mut d = delivery(Verb::Unreshare);
        assert_eq!(a.outdates(&d, Status::Filled, &profile(), ANEW), None);
        assert_eq!(a.at(Verb::Unreshare), Some(&receipt()));
        a.open = Some(d.id);
        d.state = State::Delivered(receipt());
        a.settle(&d);
        assert_eq!((&a.said, a.is_behind(), next(&a, Status::Open)), (&None, false, None));
        assert!(a.wanted.is_reshared() && a.is_at_rest());
    }

    #[test]
    fn what_stood_by_its_persons_own_hand_is_not_taken_back() {
        let mut a = announcement(Wanted::TakenBack(Revision(3)));
        let mut d = delivery(Verb::Reshare);
        a.open = Some(d.id);
        let stood = crate::outbox::Try { at: receipt().at, attempt: 1, outcome: "stood".into(), said: String::new() };
        (d.state, d.tries) = (State::Delivered(receipt()), vec![stood]);
        a.settle(&d);
        assert_eq!(a.wanted, Wanted::ByHand(Revision(3)));
        assert!(a.said.is_some() && !a.is_behind() && a.wanted.is_reshared());
        assert_eq!(a.next_step(Status::Open, &profile(), BY_EDIT), None);
    }

    #[test]
    fn a_reshare_is_taken_up_anew_unless_it_may_be_out_and_so_is_its_end() {
        let mut a = announcement(Wanted::Reshared(Revision::FIRST));
        let mut d = Delivery { state: State::Dropped(Why::new("refused")), ..delivery(Verb::Reshare) };
        (a.step, a.given_up) = (d.step, Some(d.revision));
        let unsure = Delivery { unsure: Sent::Perhaps, ..d.clone() };
        assert_eq!(a.take_up_anew(&unsure), Err(Why::new("it may be out already")));
        for verb in [Verb::Reshare, Verb::Unreshare] {
            (a.given_up, d.verb) = (Some(d.revision), verb);
            assert_eq!((a.take_up_anew(&d), a.given_up), (Ok(()), None));
        }
    }

    #[test]
    fn where_nothing_can_be_taken_away_an_end_is_told() {
        let gig = Gig { status: Status::Filled, revision: Revision(2), ..crate::plan::samples::gig() };
        let wanted = |gig: &Gig, profile: &Profile| Wanted::of(gig, ANEW, profile);
        assert_eq!(wanted(&gig, &profile()), Wanted::Gone(Revision(2)));
        let stays = Profile { delete: Support::No, ..profile() };
        assert_eq!(wanted(&gig, &stays), Wanted::Revision(Revision(2)));
        assert_eq!(wanted(&Gig { status: Status::Open, ..gig }, &profile()), Wanted::Revision(Revision(2)));
    }

    #[test]
    fn no_step_opens_while_one_is_open() {
        let mut a = with_said(Wanted::Gone(Revision(2)), 1);
        a.open = Some(DeliveryId::of(&[b"d"]));
        assert_eq!(a.next_step(Status::Filled, &profile(), ANEW), None);
    }

    #[test]
    fn what_was_given_up_is_tried_again_only_for_another_revision() {
        let mut a = announcement(Wanted::Revision(Revision::FIRST));
        let mut d = delivery(Verb::Create);
        a.open = Some(d.id);
        d.state = State::Dead(Why::new("refused"));
        a.settle(&d);
        assert_eq!((a.open, a.next_step(Status::Open, &profile(), BY_EDIT)), (None, None));
        a.wanted = Wanted::Revision(Revision(2));
        assert_eq!(a.next_step(Status::Open, &profile(), BY_EDIT), Some(Verb::Create));
    }

    #[test]
    fn what_was_given_up_is_taken_up_anew_unless_it_may_be_out_or_another_took_its_place() {
        let mut a = announcement(Wanted::Revision(Revision::FIRST));
        let mut d = delivery(Verb::Create);
        (a.open, a.step) = (Some(d.id), d.step);
        assert_eq!(a.take_up_anew(&d), Err(Why::new("it is under way")));
        d.state = State::Dead(Why::new("refused"));
        a.settle(&d);
        let unsure = Delivery { unsure: Sent::Perhaps, ..d.clone() };
        assert_eq!(a.take_up_anew(&unsure), Err(Why::new("it may be out already")));
        assert_eq!(a.next_step(Status::Open, &profile(), BY_EDIT), None);
        assert_eq!(a.take_up_anew(&d), Ok(()));
        assert_eq!(a.next_step(Status::Open, &profile(), BY_EDIT), Some(Verb::Create));
        assert_eq!(a.next_step(Status::Filled, &profile(), BY_EDIT), None, "there is nothing to say of it any more");
        a.step += 1;
        assert_eq!(a.take_up_anew(&d), Err(Why::new("a later delivery has taken its place")));
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
        assert_eq!(a.next_step(Status::Open, &profile(), BY_EDIT), None);
    }

    #[test]
    fn what_was_replied_is_on_record_and_is_not_replied_twice() {
        let mut a = with_said(Wanted::Revision(Revision(2)), 1);
        let mut d = delivery(Verb::Reply);
        a.open = Some(d.id);
        (d.revision, d.status, d.state) = (Revision(2), Status::Filled, State::Delivered(receipt()));
        a.settle(&d);
        let said = a.said.as_ref().unwrap();
        assert_eq!((said.revision, said.told()), (Revision(1), (Revision(2), Status::Filled)));
        assert_eq!(a.next_step(Status::Filled, &profile(), BY_REPLY), None);
    }

    #[test]
    fn a_thread_is_taken_away_from_its_end_and_then_made_anew() {
        let uneditable = Profile { edit: Support::No, ..profile() };
        let mut a = with_reply(Wanted::Revision(Revision(3)), 2, Status::Open);
        let mut left = Vec::new();
        while let Some(verb @ Verb::Repost) = a.next_step(Status::Open, &uneditable, ANEW) {
            left.push(a.at(verb).unwrap().id.clone());
            let mut d = delivery(verb);
            (d.revision, d.state) = (Revision(3), State::Delivered(a.at(verb).unwrap().clone()));
            a.open = Some(d.id);
            a.settle(&d);
        }
        assert_eq!(left, ["reply", "1"]);
        assert_eq!(a.next_step(Status::Open, &uneditable, ANEW), Some(Verb::Create));
    }

    #[test]
    fn an_open_step_is_outdated_when_another_would_be_opened_now() {
        let filled =
            |a: &Announcement, d: &Delivery| a.outdates(d, Status::Filled, &profile(), ANEW).map(|why| why.said);
        let said = Some("the gig is filled".to_owned());
        let a = with_said(Wanted::Gone(Revision(2)), 1);
        assert_eq!(filled(&a, &delivery(Verb::Edit)), said, "a change, of what is to go");
        assert_eq!(filled(&a, &Delivery { revision: Revision(2), ..delivery(Verb::Delete) }), None);
        assert_eq!(filled(&announcement(Wanted::Gone(Revision(2))), &delivery(Verb::Create)), said);
        let a = with_said(Wanted::Revision(Revision(3)), 1);
        let away = Delivery { revision: Revision(2), ..delivery(Verb::Delete) };
        let opened_again = a.outdates(&away, Status::Open, &profile(), ANEW);
        assert_eq!(opened_again.map(|why| why.said), Some("the gig is open".to_owned()));
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
