//! How a delivery ended, and all that follows from it: its announcement, its lane, and whoever shares a limit or waited for a person.

use super::Deliver;
use super::turn::{Leaving, outdated};
use crate::clock::{BoxFuture, Timestamp};
use crate::daemon::mishap::Mishap;
use crate::failure::{Failure, Scope, Why};
use crate::grants::Speaking;
use crate::id::{AccountId, DeliveryId};
use crate::outbox::backoff::{Dice, asked_to_wait};
use crate::outbox::pace::{self};
use crate::outbox::{Delivery, Event, Hold, Lane, LaneHold, LaneWait, Sent, State, Verb, next};
use crate::person::Account;
use crate::ports::{Allowance, Commit, StoreError};
use crate::profile::Profile;
use crate::store::layout::Aside;
use crate::store::{Change, GrantNoted, Ledger, Turn};
use crate::telemetry::trace::facts;
use std::time::Duration;

/// What happened to a delivery, what the server told of its limits meanwhile, and when its request was out.
pub(super) struct Outcome {
    pub(super) event: Event,
    pub(super) told: Option<Allowance>,
    pub(super) out: Option<Out>,
}

/// When a request left, and how long it was out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out {
    pub since: Timestamp,
    pub took: Duration,
}

impl Deliver {
    /// Ends a try that never left: it cannot be said at all, or not now.
    pub(super) async fn settle_unsent(
        &self,
        account: &Account,
        profile: &Profile,
        turn: &Turn,
        claimed: Delivery,
        failure: Failure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let after = next(&claimed, Event::Answered(Err(failure)), self.terms(profile), now, Dice(0));
        self.end_unsent(account, turn, after).await
    }

    /// Ends a turn in which nothing left, as it was read: should something have changed since, all of it is asked anew.
    pub(super) async fn end_unsent(&self, account: &Account, turn: &Turn, after: Delivery) -> Result<(), StoreError> {
        let announcement = turn.announcement().filter(|_| after.is_settled()).cloned().map(|mut announcement| {
            announcement.settle(&after);
            announcement
        });
        let change = Change { delivery: Some(after.clone()), announcement, ..Change::default() };
        if self.ledger.end_turn(turn, change).await? == Commit::Applied {
            self.note(account, &after, None);
        }
        Ok(())
    }

    /// A panic took the task away that had this delivery in hand. What was on its way may have arrived, and what was looked for may
    /// be there; what had not left yet is a failed try, so that a delivery that cannot be taken in hand at all is given up one day.
    pub(super) async fn settle_interrupted(
        &self,
        account: &Account,
        id: DeliveryId,
        mishap: &Mishap,
    ) -> Result<(), StoreError> {
        let profile = self.sessions.known_profile(account).await?;
        let why = Why::new(format!("gigcast itself failed: {mishap}"));
        let turn = self.ledger.turn_with(account.id, id).await?;
        let Some(before) = turn.delivery() else { return Ok(()) };
        match before.state {
            State::Sending { .. } => {
                let lost = Event::Answered(Err(Failure::Unknown(why)));
                self.settle(account, &profile, id, lost, None, None).await
            }
            State::Unknown { .. } => {
                self.settle(account, &profile, id, Event::Looked(Err(Failure::Unknown(why))), None, None).await
            }
            State::Queued => {
                let now = self.clock.now();
                let claimed = next(before, Event::Claimed { epoch: self.epoch }, self.terms(&profile), now, Dice(0));
                self.settle_unsent(account, &profile, &turn, claimed, Failure::Transient(why), now).await
            }
            State::Held(_) | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => Ok(()),
        }
    }

    /// Makes what happened to a delivery durable, with all that follows from it.
    pub async fn settle(
        &self,
        account: &Account,
        profile: &Profile,
        id: DeliveryId,
        event: Event,
        told: Option<Allowance>,
        out: Option<Out>,
    ) -> Result<(), StoreError> {
        let turn = self.ledger.turn_with(account.id, id).await?;
        Box::pin(self.settle_turn(account, profile, turn, Outcome { event, told, out }, None)).await.map(drop)
    }

    /// As [`Deliver::settle`], from a turn that was read or written already. With `onward`, what may leave next from this lane
    /// through that session is claimed in the same commit, and answered.
    pub(super) async fn settle_turn(
        &self,
        account: &Account,
        profile: &Profile,
        mut turn: Turn,
        outcome: Outcome,
        mut onward: Option<&Speaking>,
    ) -> Result<Option<Leaving>, StoreError> {
        let Outcome { event, told, out } = outcome;
        loop {
            let now = self.clock.now();
            let Some(before) = turn.delivery().cloned() else { return Ok(None) };
            let id = before.id;
            let event = self.heard(&before, &event).await?;
            let after = next(&before, event.clone(), self.terms(profile), now, dice(&before));
            if turn.lane.claim.is_some_and(|claim| claim.delivery == id) {
                turn.lane.claim = None;
            }
            follow(&mut turn.lane, &before, &after, &event, told, now);
            let mut change = Change { delivery: Some(after.clone()), ..Change::default() };
            if let Some(mut announcement) = turn.announcement().cloned() {
                announcement.settle(&after);
                if after.is_settled()
                    && announcement.is_behind()
                    && let Some(record) = self.ledger.gig(after.gig).await?
                {
                    let dropped = matches!(after.state, State::Dropped(_));
                    if dropped
                        && (outdated(&turn, account, &before, &record.gig, profile).is_some()
                            || self.kept_back(account, profile, &record.gig, &before, &event).await?)
                    {
                        // Another step takes its place, or the next post is another question: that is no giving up.
                        announcement.given_up = None;
                    }
                    let terms = self.terms(profile);
                    let opened = Ledger::open_next(&mut announcement, &record.gig, account, terms, before.ring, now);
                    (change.opened, change.worded) = match opened {
                        Some(opened) if remakes(&after) => {
                            let (opened, worded) = self.ledger.remake(&before, opened, now).await?;
                            (Some(opened), worded)
                        }
                        opened => (opened, None),
                    };
                }
                change.announcement = after.is_settled().then_some(announcement);
            }
            if matches!(after.state, State::Delivered(_)) && after.verb == Verb::Create {
                change.watch_at = Some(now.plus(self.settings.first_backfeed));
                change.relay_at = self.is_relayed(account).await?.then_some(now);
            }
            let is_relayed = change.relay_at.is_some();
            // What opens in the same breath may have to go before what waits already: that is for a look of its own.
            let behind = match onward.take().filter(|_| after.is_settled() && change.opened.is_none()) {
                Some(speaking) => self.behind(speaking, &turn, now).await,
                None => None,
            };
            let written = match behind {
                Some((account, behind, post, taken)) => {
                    let taken = self.ledger.end_and_take(&turn, change, &behind, taken).await?;
                    taken.map(|turn| Some(Leaving { account, turn, post }))
                }
                None => self.ledger.take_turn(&turn, change).await?.map(|_| None),
            };
            if let Some(leaving) = written {
                if is_relayed {
                    self.to_plan.notify_one();
                }
                self.traces.tell(|| facts::tried(account, &before, &event, &after, out.map(|out| out.since), now));
                if after != before {
                    self.note(account, &after, out.map(|out| out.took));
                }
                self.heed(account, &before, &after, &event).await?;
                return Ok(leaving);
            }
            turn = self.ledger.turn_with(account.id, id).await?;
        }
    }

    /// What an outcome means beyond its own lane.
    async fn heed(
        &self,
        account: &Account,
        before: &Delivery,
        after: &Delivery,
        event: &Event,
    ) -> Result<(), StoreError> {
        let failure = match event {
            Event::Answered(Err(failure)) | Event::Looked(Err(failure)) if after != before => failure,
            _ => return Ok(()),
        };
        match failure {
            Failure::RelinkNeeded(why) => match self.sessions.needs_relink(account, why).await? {
                // It was the old grant that died: nothing has to wait for a person.
                GrantNoted::Overtaken => self.relinked(account).await,
                GrantNoted::News | GrantNoted::Known => Ok(()),
            },
            Failure::RateLimited { until, scope, .. } => {
                self.park_scope(account, *scope, asked_to_wait(*until, self.clock.now())).await
            }
            Failure::Permanent(_) | Failure::Transient(_) | Failure::Unknown(_) => Ok(()),
        }
    }

    /// Whoever shares the limit with this account waits as well.
    pub(super) async fn park_scope(&self, account: &Account, scope: Scope, until: Timestamp) -> Result<(), StoreError> {
        if scope == Scope::Account {
            return Ok(());
        }
        for other in self.ledger.accounts().await? {
            if other.server == account.server && other.id != account.id {
                self.park(other.id, until, LaneWait::RateLimited).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn park(&self, account: AccountId, until: Timestamp, why: LaneWait) -> Result<(), StoreError> {
        loop {
            let mut turn = self.ledger.turn(account).await?;
            turn.lane.park(until, why);
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// An account was linked again: what it holds goes on, in order.
    pub fn relinked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        // Boxed, since what is settled here may end here again.
        Box::pin(async move {
            let profile = self.sessions.known_profile(account).await?;
            for delivery in self.ledger.set_aside(Aside::Held, usize::MAX).await? {
                if delivery.account == account.id && delivery.state == State::Held(Hold::Relink) {
                    self.settle(account, &profile, delivery.id, Event::Relinked, None, None).await?;
                }
            }
            loop {
                let mut turn = self.ledger.turn(account.id).await?;
                turn.lane.hold = turn.lane.hold.filter(|hold| *hold == LaneHold::Paused);
                if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                    self.bell.notify_one();
                    return Ok(());
                }
            }
        })
    }
}

/// What an outcome means for the lane it came through.
fn follow(
    lane: &mut Lane,
    before: &Delivery,
    after: &Delivery,
    event: &Event,
    told: Option<Allowance>,
    now: Timestamp,
) {
    // A post counts from when it may first be out, found or not: else lost answers would let them leave at once one after the other. What its person
    // had reshared by hand is no post of ours.
    let is_out = matches!(after.state, State::Delivered(_)) && !after.stood_already();
    let may_be_out = is_out || after.unsure == Sent::Perhaps;
    let leaving = matches!(before.state, State::Sending { .. }) && before.unsure == Sent::SurelyNot;
    if after.verb.is_news() && leaving && may_be_out {
        pace::note_post(lane, now);
    }
    match event {
        Event::Answered(Err(failure)) | Event::Looked(Err(failure)) => match failure {
            Failure::RateLimited { until, .. } => lane.park(asked_to_wait(*until, now), LaneWait::RateLimited),
            Failure::RelinkNeeded(_) => lane.hold(LaneHold::Relink),
            Failure::Permanent(_) | Failure::Transient(_) | Failure::Unknown(_) => {}
        },
        _ => {}
    }
    if let Some(Allowance { remaining: Some(0), reset, .. }) = told {
        lane.park(reset, LaneWait::RateLimited);
    }
}

/// Whether what opens behind it makes the post anew that it has taken away.
fn remakes(ended: &Delivery) -> bool {
    ended.verb == Verb::Repost && matches!(ended.state, State::Delivered(_))
}

/// Spread by the delivery's own key and try, so that the same delivery always jitters alike and no dice are thrown.
fn dice(delivery: &Delivery) -> Dice {
    Dice(delivery.stamp.key.number().rotate_left(u32::from(delivery.attempts % 64)))
}
