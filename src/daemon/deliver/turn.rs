//! One turn of one lane: the look at its head, the paces, the durable claim, and what then leaves.
//!
//! Nothing leaves before its claim is durable, and what may be out is never worded anew. How it ended is `outcome`'s business.
//! Where more of a lane may leave at once, one commit settles what was answered and claims what is next: half the commits, and
//! still each intent is durable before it leaves, and each answer before anything else happens in its lane.

use super::outcome::{Out, Outcome};
use super::relaying::{looked_for, nothing_of_our_own};
use super::{Deliver, Hand, counted};
use crate::clock::{Timestamp, WallClock};
use crate::daemon::spoken::span;
use crate::daemon::{journal, mishap};
use crate::failure::{Failure, Scope, Why};
use crate::gig::Gig;
use crate::grants::{Speaking, Trouble};
use crate::id::AccountId;
use crate::outbox::backoff::{Dice, asked_to_wait};
use crate::outbox::pace::{self, May};
use crate::outbox::{
    Announcement, Claim, Delivery, Event, LaneHold, LaneWait, MOMENT, Sent, State, Verb, Wording, next,
};
use crate::person::{Account, GrantState, Mode};
use crate::plan::compose::{self, Link};
use crate::plan::plan;
use crate::ports::{Commit, Reshared, StoreError};
use crate::post::Post;
use crate::profile::{Action, Profile};
use crate::store::{Change, GrantNoted, Turn, held_by};
use crate::telemetry::requests::{self, Purpose};
use crate::telemetry::trace::facts;
use std::slice;
use std::time::Duration;
use tracing::warn;

/// So many deliveries of one lane leave in one turn at most, and none begins after so long: then others have the slot.
const AT_A_STRETCH: u32 = 32;
const STRETCH: Duration = Duration::from_millis(500);

/// What the delivery at the head of a lane comes to, before anything of it is written.
enum Weighed {
    /// Its claim is in the lane, and its text is this.
    Ready(Post, Box<Change>),
    /// The operator has paused more than its account.
    Switched,
    /// It is not to be said any more.
    Unwanted(Why),
    /// Its person is to see it first.
    ForReview(Delivery),
    PutOff(Timestamp, LaneWait),
    /// The time in which a repeat was harmless is over, and it has to be looked up; or what it is of is gone.
    Unsure(Delivery),
    /// It can never be said.
    Unsayable(Delivery, Why),
}

/// What leaves now: its claim is durable, and the turn is as it stands in the store.
pub(super) struct Leaving {
    pub(super) account: Account,
    pub(super) turn: Turn,
    pub(super) post: Post,
}

/// Whether the commit that settles a delivery may claim the next of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Onward {
    MayGoOn,
    Ends,
}

impl Deliver {
    /// One turn of one lane, from the look at its head to the durable outcome, and on while more may leave at once.
    /// `hand` is told which delivery it took, for whoever has to go on where a panic ended it.
    pub(super) async fn turn(&self, id: AccountId, hand: &Hand) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut turn = self.ledger.turn_of_head(id, now).await?;
        if turn.lane.claim.is_some() || turn.lane.hold.is_some() {
            return Ok(());
        }
        // Read after its lane: who links an account writes both in this order, and is not overruled by what was read before.
        let Some(account) = self.ledger.account(id).await? else { return Ok(()) };
        turn.lane.hold = held_by(&account, &turn.lane, &self.ledger.switches().await?);
        let ready =
            turn.delivery().filter(|next| turn.lane.hold.is_none() && turn.lane.rests_until(next.class()) <= now);
        let Some(delivery) = ready.cloned() else {
            // Nothing may leave now: writing the turn makes its wake key true again.
            return self.ledger.end_turn(&turn, Change::default()).await.map(drop);
        };
        hand.take_up(Some(&delivery));
        let Some(record) = self.ledger.gig(delivery.gig).await? else {
            let why = Why::new("its gig is not on record");
            let profile = self.sessions.known_profile(&account).await?;
            return self.settle(&account, &profile, delivery.id, Event::Unwanted(why), None, None).await;
        };
        let speaking = match self.sessions.open(&account).await {
            Ok(speaking) => speaking,
            Err(Trouble::Store(fault)) => return Err(fault),
            Err(Trouble::Refused(failure)) => return self.cannot_open(account, turn, failure, now).await,
        };
        // A server may have been asked for its ways meanwhile: what is counted from here on is counted by the time it really leaves.
        match delivery.state {
            State::Unknown { .. } => {
                let (place, network) = (Some(facts::place_of_look(&delivery)), account.network.as_str());
                let look = Box::pin(self.look(&account, &speaking, turn, delivery, &record.gig));
                requests::under(place, Purpose::LookUp, network, look).await
            }
            State::Queued => Box::pin(self.send(account, &speaking, turn, delivery, record.gig, hand)).await,
            // A claim of an older run would have been settled by `recover`; one of this run is in `busy`.
            State::Sending { .. } | State::Held(_) | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => Ok(()),
        }
    }

    async fn cannot_open(
        &self,
        account: Account,
        mut turn: Turn,
        failure: Failure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match failure {
            Failure::RelinkNeeded(why) => {
                if self.sessions.needs_relink(&account, &why).await? == GrantNoted::Overtaken {
                    return Ok(());
                }
                turn.lane.hold(LaneHold::Relink);
            }
            Failure::RateLimited { until, scope, .. } => {
                let until = asked_to_wait(until, now);
                turn.lane.park(until, LaneWait::RateLimited);
                self.park_scope(&account, scope, until).await?;
            }
            Failure::Permanent(why) | Failure::Transient(why) | Failure::Unknown(why) => {
                warn!(event = "account.silent", account.id = %account.id, network.id = account.network.as_str(), "{} cannot speak now: {why}", account.handle);
                turn.lane.park(now.plus(MOMENT), LaneWait::Host);
            }
        }
        self.ledger.end_turn(&turn, Change::default()).await.map(drop)
    }

    async fn send(
        &self,
        account: Account,
        speaking: &Speaking,
        mut turn: Turn,
        delivery: Delivery,
        gig: Gig,
        hand: &Hand,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let profile = &speaking.profile;
        let (post, change) = match self.weigh(&account, speaking, &mut turn, &delivery, &gig, now).await? {
            Weighed::Ready(post, change) => (post, change),
            Weighed::Switched => {
                turn.lane.hold(LaneHold::Switched);
                return self.ledger.end_turn(&turn, Change::default()).await.map(drop);
            }
            Weighed::Unwanted(why) => {
                return self.settle(&account, profile, delivery.id, Event::Unwanted(why), None, None).await;
            }
            Weighed::ForReview(held) => return self.hold_for_review(&account, &turn, held).await,
            Weighed::PutOff(until, why) => return self.put_off(&account, turn, until, why).await,
            Weighed::Unsure(unsure) => {
                return self.end_unsent(&account, &turn, unsure).await;
            }
            Weighed::Unsayable(claimed, why) => {
                return self.settle_unsent(&account, profile, &turn, claimed, Failure::Permanent(why), now).await;
            }
        };
        let mut leaving = match self.ledger.take_turn(&turn, *change).await? {
            Some(turn) => Some(Leaving { account, turn, post }),
            None => return Ok(()),
        };
        // What is next in the lane is claimed by the commit that settles what was before it. Not for long: others wait for the slot.
        let began = self.clock.monotonic();
        let mut sent = 0;
        while let Some(now_leaving) = leaving {
            hand.take_up(now_leaving.turn.delivery());
            sent += 1;
            let onward = || {
                let more = sent < AT_A_STRETCH && self.clock.monotonic().saturating_sub(began) < STRETCH;
                if more { Onward::MayGoOn } else { Onward::Ends }
            };
            let place = now_leaving.turn.delivery().and_then(facts::place_of_attempt);
            let exchange = Box::pin(self.exchange(speaking, now_leaving, onward));
            leaving = requests::under(place, Purpose::Deliver, &speaking.account.network, exchange).await?;
        }
        Ok(())
    }

    /// What the delivery at the head of a lane comes to. When it may leave, the lane counts it, and holds its claim.
    async fn weigh(
        &self,
        account: &Account,
        speaking: &Speaking,
        turn: &mut Turn,
        delivery: &Delivery,
        gig: &Gig,
        now: Timestamp,
    ) -> Result<Weighed, StoreError> {
        if self.switched_off(account).await?.is_some() {
            return Ok(Weighed::Switched);
        }
        let profile = &speaking.profile;
        let outdated = || outdated(turn, account, delivery, gig, profile);
        let unwanted = match &delivery.unwanted {
            // Noted while it was on its way, and by now it surely is not out.
            Some(why) => (delivery.unsure == Sent::SurelyNot).then(|| why.clone()),
            None => match self.relays_no_more(account, profile, gig, delivery, now).await? {
                Some(why) => Some(why),
                None => self
                    .unfit(account, gig, delivery, now)
                    .or_else(|| self.stale(account, delivery, now))
                    .or_else(outdated),
            },
        };
        if let Some(why) = unwanted {
            return Ok(Weighed::Unwanted(why));
        }
        let seen = self.as_seen(account, delivery, gig, profile, now);
        if matches!(seen.state, State::Held(_)) {
            return Ok(Weighed::ForReview(seen));
        }
        let seen = self.of_what_stands(account, profile, gig, seen, now).await?;
        if seen.state != State::Queued {
            return Ok(Weighed::Unsure(seen));
        }
        if let May::NotBefore(until, why) = pace::courtesy(&account.pace, &turn.lane, seen.class(), now) {
            return Ok(Weighed::PutOff(until, why));
        }
        let mut claimed = next(&seen, Event::Claimed { epoch: self.epoch }, self.terms(profile), now, Dice(0));
        let State::Sending { .. } = claimed.state else { return Ok(Weighed::Unsure(claimed)) };
        let (post, frozen) = match self.text(account, &seen, gig, profile).await? {
            Ok(text) => text,
            Err(why) => return Ok(Weighed::Unsayable(claimed, why)),
        };
        if !frozen && delivery.verb == Verb::Reply && self.says_again(turn, &post).await? {
            return Ok(Weighed::Unwanted(Why::new("the last reply says the same already")));
        }
        // Asked last, when all else is ready to leave. Should the commit of it still conflict, a cell of a short window is spent on
        // nothing: that sends one request less than the network allows, never one more. The long windows stand in the lane, and are
        // spent only when the claim is.
        let actions = pace::actions_of(delivery);
        if let May::NotBefore(until, why) =
            self.quotas.ask(&profile.quotas, actions, counted(account), &mut turn.lane, now)
        {
            return Ok(Weighed::PutOff(until, why));
        }
        if claimed.stamp.chosen_id.is_none() {
            claimed.stamp.chosen_id = speaking.network.choose_id(&claimed.stamp);
        }
        turn.lane.claim = Some(Claim { delivery: claimed.id, epoch: self.epoch });
        let change = Change {
            announcement: now_wanted(turn, &seen),
            frozen: (!frozen).then(|| post.clone()),
            delivery: Some(claimed),
            ..Change::default()
        };
        Ok(Weighed::Ready(post, Box::new(change)))
    }

    /// What may leave as soon as `turn` has ended: the next of its lane. Anything that is not ready is left for a turn of its own. Errors here
    /// are swallowed on purpose, since that turn meets them again, and the delivery that has just been answered must not suffer by them.
    pub(super) async fn behind(
        &self,
        speaking: &Speaking,
        turn: &Turn,
        now: Timestamp,
    ) -> Option<(Account, Turn, Post, Change)> {
        match mishap::caught(Box::pin(self.next_ready(speaking, turn, now))).await {
            Ok(Ok(ready)) => ready,
            Ok(Err(_)) | Err(_) => None,
        }
    }

    async fn next_ready(
        &self,
        speaking: &Speaking,
        turn: &Turn,
        now: Timestamp,
    ) -> Result<Option<(Account, Turn, Post, Change)>, StoreError> {
        let stopping = self.tasks.is_closed();
        if stopping || self.fitness.unfit_until(now).is_some() || turn.lane.sleeps() || !speaking.lasts(now) {
            return Ok(None);
        }
        let Some(mut behind) = self.ledger.turn_behind(turn, now).await? else { return Ok(None) };
        let ready = behind.delivery().filter(|d| d.state == State::Queued && behind.lane.rests_until(d.class()) <= now);
        let Some(delivery) = ready.cloned() else { return Ok(None) };
        let account = self.ledger.account(delivery.account).await?;
        let Some(account) = account.filter(|account| account.grant == GrantState::Linked) else { return Ok(None) };
        let Some(record) = self.ledger.gig(delivery.gig).await? else { return Ok(None) };
        let weighed = self.weigh(&account, speaking, &mut behind, &delivery, &record.gig, now).await?;
        Ok(match weighed {
            Weighed::Ready(post, change) => Some((account, behind, post, *change)),
            Weighed::Switched
            | Weighed::Unwanted(_)
            | Weighed::ForReview(_)
            | Weighed::PutOff(..)
            | Weighed::Unsure(_)
            | Weighed::Unsayable(..) => None,
        })
    }

    /// Its intent is durable; only now does anything leave. Answers what leaves next, when that is durable too.
    async fn exchange(
        &self,
        speaking: &Speaking,
        leaving: Leaving,
        onward: impl Fn() -> Onward,
    ) -> Result<Option<Leaving>, StoreError> {
        let Leaving { account, turn, post } = leaving;
        let (account, profile) = (&account, &speaking.profile);
        let Some(claimed) = turn.delivery().cloned() else { return Ok(None) };
        self.note(account, &claimed, None);
        let (since, started) = (self.clock.now(), self.clock.monotonic());
        let mut answer = self.speak(speaking, &claimed, &post).await;
        let mut told = speaking.allowance();
        if let Event::Answered(Err(Failure::RelinkNeeded(refused))) = &answer {
            // Surely not accepted, so once the grant is renewed the same request may go at once.
            match self.sessions.renew(account, speaking, refused).await {
                Ok(renewed) => match self.count_again(account, profile, pace::actions_of(&claimed)).await? {
                    Ok(()) => {
                        answer = self.speak(&renewed, &claimed, &post).await;
                        told = renewed.allowance();
                    }
                    Err(limited) => answer = Event::Answered(Err(limited)),
                },
                Err(Trouble::Store(fault)) => return Err(fault),
                Err(Trouble::Refused(failure @ (Failure::RelinkNeeded(_) | Failure::RateLimited { .. }))) => {
                    answer = Event::Answered(Err(failure));
                }
                // The renewal itself failed for a while; nothing was accepted.
                Err(Trouble::Refused(failure)) => {
                    answer = Event::Answered(Err(Failure::Transient(failure.why().clone())));
                }
            }
            let out = Out { since, took: self.clock.monotonic().saturating_sub(started) };
            self.settle(account, profile, claimed.id, answer, told, Some(out)).await?;
            return Ok(None);
        }
        let out = Out { since, took: self.clock.monotonic().saturating_sub(started) };
        let failed = matches!(answer, Event::Answered(Err(_)));
        let onward = (!failed && onward() == Onward::MayGoOn).then_some(speaking);
        let outcome = Outcome { event: answer, told, out: Some(out) };
        Box::pin(self.settle_turn(account, profile, turn, outcome, onward)).await
    }

    async fn put_off(
        &self,
        account: &Account,
        mut turn: Turn,
        until: Timestamp,
        why: LaneWait,
    ) -> Result<(), StoreError> {
        turn.lane.park(until, why);
        if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
            journal::waits(account, until, why);
        }
        Ok(())
    }

    /// The same request once more, with a renewed grant, counts once more, and stands in the lane before it leaves.
    async fn count_again(
        &self,
        account: &Account,
        profile: &Profile,
        actions: &[Action],
    ) -> Result<Result<(), Failure>, StoreError> {
        loop {
            let mut turn = self.ledger.turn(account.id).await?;
            let now = self.clock.now();
            let may = self.quotas.ask(&profile.quotas, actions, counted(account), &mut turn.lane, now);
            if let May::NotBefore(until, _) = may {
                let why =
                    Why::new("the access was renewed, and the network's documented limit leaves no second request");
                return Ok(Err(Failure::RateLimited { until, scope: Scope::Account, why }));
            }
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                return Ok(Ok(()));
            }
        }
    }

    async fn look(
        &self,
        account: &Account,
        speaking: &Speaking,
        mut turn: Turn,
        delivery: Delivery,
        gig: &Gig,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let profile = &speaking.profile;
        let reads = [Action::Request, Action::ReadPage];
        if let May::NotBefore(until, why) =
            self.quotas.ask(&profile.quotas, &reads, counted(account), &mut turn.lane, now)
        {
            return self.put_off(account, turn, until, why).await;
        }
        let sought = self.sought(account, &delivery, gig, profile).await?;
        let change = sought.as_ref().map(|(_, change)| change.clone()).unwrap_or_default();
        // What was counted stands in the lane before it leaves, as a claim would have it.
        if self.ledger.end_turn(&turn, change).await? == Commit::Conflict {
            return Ok(());
        }
        let post = match sought {
            Ok((post, _)) => post,
            Err(why) => {
                let failure = Event::Looked(Err(Failure::Permanent(why)));
                return self.settle(account, profile, delivery.id, failure, None, None).await;
            }
        };
        let (since, started) = (self.clock.now(), self.clock.monotonic());
        let mut found = looked_for(speaking, &delivery, &post).await;
        let mut told = speaking.allowance();
        if let Err(Failure::RelinkNeeded(refused)) = &found {
            match self.sessions.renew(account, speaking, refused).await {
                Ok(renewed) => match self.count_again(account, profile, &reads).await? {
                    Ok(()) => {
                        found = looked_for(&renewed, &delivery, &post).await;
                        told = renewed.allowance();
                    }
                    Err(limited) => found = Err(limited),
                },
                Err(Trouble::Store(fault)) => return Err(fault),
                Err(Trouble::Refused(failure)) => found = Err(failure),
            }
        }
        let out = Out { since, took: self.clock.monotonic().saturating_sub(started) };
        self.settle(account, profile, delivery.id, Event::Looked(found), told, Some(out)).await
    }

    /// The text to send, and whether it stands frozen already. What may be out is never worded anew.
    async fn text(
        &self,
        account: &Account,
        delivery: &Delivery,
        gig: &Gig,
        profile: &Profile,
    ) -> Result<Result<(Post, bool), Why>, StoreError> {
        if matches!(delivery.verb, Verb::Reshare | Verb::Unreshare) {
            return Ok(Ok((nothing_of_our_own(delivery), true)));
        }
        let frozen = self.ledger.post(delivery.id).await?;
        match (&frozen, delivery.unsure, delivery.wording) {
            (Some(post), Sent::Perhaps, _) | (Some(post), _, Wording::Approved) => return Ok(Ok((post.clone(), true))),
            (None, _, Wording::Approved) => return Ok(Err(Why::new("the text that was approved is not on record"))),
            (_, _, Wording::Composed) => {}
        }
        Ok(self.composed(account, delivery, gig, profile).await?.map(|post| {
            let same = frozen.as_ref() == Some(&post);
            (post, same)
        }))
    }

    /// What gigcast itself would say of the gig as it now is.
    pub(in crate::daemon) async fn composed(
        &self,
        account: &Account,
        delivery: &Delivery,
        gig: &Gig,
        profile: &Profile,
    ) -> Result<Result<Post, Why>, StoreError> {
        let announcement = match delivery.verb {
            Verb::Create | Verb::Reshare | Verb::Unreshare => None,
            Verb::Edit | Verb::Delete | Verb::Reply | Verb::Repost => {
                self.ledger.announcement(delivery.gig, delivery.account).await?
            }
        };
        let remade_by = announcement.as_ref().map(|announcement| announcement.remade_by(delivery));
        let said = announcement.and_then(|announcement| announcement.said);
        let creator = match (&said, delivery.verb) {
            // The code in the link stays that of the delivery that made the post.
            (Some(said), Verb::Edit | Verb::Delete) => said.created_by,
            (_, Verb::Repost) => remade_by.unwrap_or(delivery.id),
            (_, Verb::Create | Verb::Reply | Verb::Reshare | Verb::Unreshare) | (None, _) => delivery.id,
        };
        let link = match &self.settings.public_url {
            Some(url) => {
                let code = creator.code();
                Link { url: format!("{url}/g/{}?v={code}", gig.id), code: Some(code) }
            }
            None => Link { url: gig.terms.apply_url.clone(), code: None },
        };
        let manner = self.speech.manner(gig, account, &self.taxonomy);
        let composed = match (&said, delivery.verb) {
            (Some(said), Verb::Reply) => compose::follow_up(gig, said.told().1, &link, profile, &manner),
            _ => compose::compose(gig, &link, profile, &manner),
        };
        Ok(composed.map_err(|small| Why::new(small.to_string())))
    }

    /// The delivery as its turn finds it: held where its account's person must see it first, or has approved an older revision.
    fn as_seen(
        &self,
        account: &Account,
        delivery: &Delivery,
        gig: &Gig,
        profile: &Profile,
        now: Timestamp,
    ) -> Delivery {
        let newest = next(delivery, Event::revised(gig, delivery.ring), self.terms(profile), now, Dice(0));
        match account.mode {
            Mode::Auto => newest,
            Mode::Review => next(&newest, Event::ForReview, self.terms(profile), now, Dice(0)),
        }
    }

    async fn hold_for_review(&self, account: &Account, turn: &Turn, held: Delivery) -> Result<(), StoreError> {
        let change =
            Change { delivery: Some(held.clone()), announcement: now_wanted(turn, &held), ..Change::default() };
        if self.ledger.end_turn(turn, change).await? == Commit::Applied {
            self.note(account, &held, None);
        }
        Ok(())
    }

    /// What came of the request, as the delivery takes it.
    async fn speak(&self, speaking: &Speaking, delivery: &Delivery, post: &Post) -> Event {
        let (network, session) = (&speaking.network, speaking.session());
        Event::Answered(match (delivery.verb, &delivery.at) {
            (Verb::Create, _) => network.create(session, post, &delivery.stamp).await,
            (Verb::Edit, Some(at)) => network.edit(session, at, post, &delivery.stamp).await,
            (Verb::Delete | Verb::Repost, Some(at)) => network.delete(session, at).await.map(|()| at.clone()),
            (Verb::Reply, Some(to)) => network.reply(session, to, post, &delivery.stamp).await,
            (Verb::Reshare, Some(of)) => match network.reshare(session, of, &delivery.stamp).await {
                Ok(Reshared::Already(receipt)) => return Event::Stood(receipt),
                Ok(Reshared::Now(receipt)) => Ok(receipt),
                Err(failure) => Err(failure),
            },
            (Verb::Unreshare, Some(at)) => network.unreshare(session, at).await.map(|()| at.clone()),
            (Verb::Edit | Verb::Delete | Verb::Reply | Verb::Repost | Verb::Reshare | Verb::Unreshare, None) => {
                Err(Failure::Permanent(Why::new("there is no post to change")))
            }
        })
    }

    /// Why a new post comes too late, counted from when it might first leave; not where a person has just approved it, and not by a doubtful clock.
    fn stale(&self, account: &Account, delivery: &Delivery, now: Timestamp) -> Option<Why> {
        let (worth, rule) = match account.pace.worth_saying_for {
            Some(own) => (own, "by its account's own settings"),
            None => (self.settings.worth_saying_for, "by outbox.worth_saying_for in the configuration"),
        };
        let waits = delivery.verb.is_news()
            && delivery.wording == Wording::Composed
            && delivery.unsure == Sent::SurelyNot
            && self.fitness.clock(now) == WallClock::Sound;
        (waits && delivery.may_leave_from().plus(worth) <= now).then(|| {
            Why::new(format!("it has waited longer than {}, and is not worth saying any more {rule}", span(worth)))
        })
    }

    /// Why a new post is not to be said any more, by the rules that planned it: the gig, or what its account is for, may have changed
    /// since. A doubtful clock closes nothing.
    pub(in crate::daemon) fn unfit(
        &self,
        account: &Account,
        gig: &Gig,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Option<Why> {
        if !delivery.verb.posts_anew() {
            return None;
        }
        let plan = plan(gig, slice::from_ref(account), &self.taxonomy, now, self.fitness.clock(now));
        plan.skips.into_iter().next().map(|skip| skip.why)
    }

    /// Whether a reply would repeat the last one, word by word: a gig that opened and ended again before that could be told.
    async fn says_again(&self, turn: &Turn, post: &Post) -> Result<bool, StoreError> {
        let said = turn.announcement().and_then(|announcement| announcement.said.as_ref());
        let Some(last) = said.and_then(|said| said.replies.last()) else { return Ok(false) };
        Ok(self.ledger.post(last.by).await?.is_some_and(|last| words(&last) == words(post)))
    }
}

/// What a post says, but for the code in its link, which is another in each.
fn words(post: &Post) -> String {
    post.code.as_ref().map_or_else(|| post.text.clone(), |code| post.text.replace(code.as_str(), ""))
}

/// Why its step is not to be taken any more, as the gig now is. What may be out goes on to its end.
pub(super) fn outdated(
    turn: &Turn,
    account: &Account,
    delivery: &Delivery,
    gig: &Gig,
    profile: &Profile,
) -> Option<Why> {
    let mut announcement = turn.announcement().filter(|_| delivery.unsure == Sent::SurelyNot)?.clone();
    announcement.wanted = announcement.wanted.after(gig, account.policy, profile);
    announcement.outdates(delivery, gig.status, profile, account.policy)
}

/// What a delivery says in the end is what is wanted, though the gig's newest revision may not be planned yet: else what is given up
/// would be another revision than was tried. What may be out keeps its older words, and is followed by what is wanted.
fn now_wanted(turn: &Turn, seen: &Delivery) -> Option<Announcement> {
    let announcement = turn.announcement().filter(|announcement| announcement.wanted.revision() < seen.revision)?;
    Some(Announcement { wanted: announcement.wanted.of_revision(seen.revision), ..announcement.clone() })
}
