//! The pump that empties the lanes.
//!
//! A step looks which lanes are awake, gives each one a task of its own, and returns. A task takes one turn: it asks the paces, makes the
//! claim durable, sends, and makes the outcome durable; then it wakes the pump. Tasks never wait for each other: their syncs are
//! shared because the store's writer gathers what queued, and a slow host holds only its own slots.

use super::{Idle, journal};
use crate::clock::{BoxFuture, Clock, Timestamp, WallClock};
use crate::failure::{Failure, Scope, Why};
use crate::fitness::Fitness;
use crate::gig::{Gig, Status};
use crate::grants::{Sessions, Speaking, Trouble};
use crate::id::{AccountId, DeliveryId};
use crate::outbox::backoff::{Dice, Schedule, asked_to_wait};
use crate::outbox::pace::{self, Counted, May, Quotas};
use crate::outbox::{Claim, Delivery, Epoch, Event, Hold, Lane, LaneHold, LaneWait, Sent, State, Terms, Verb, next};
use crate::person::{Account, GrantState, Mode};
use crate::plan::compose::{Link, compose};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Allowance, Commit, StoreError};
use crate::post::{Post, Receipt};
use crate::profile::{Action, Profile};
use crate::store::layout::Aside;
use crate::store::{Change, GrantNoted, Ledger, Turn};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};

/// How an outcome is tried, looked up and paced; from the config.
#[derive(Debug, Clone)]
pub struct Settings {
    pub backoff: Schedule,
    pub look_after: Vec<Duration>,
    pub total_timeout: Duration,
    pub max_in_flight: usize,
    pub max_in_flight_per_host: usize,
    pub public_url: Option<String>,
    /// When the engagements of a new post are read first.
    pub first_backfeed: Duration,
}

#[derive(Debug)]
pub struct Deliver {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub sessions: Arc<Sessions>,
    pub quotas: Arc<Quotas>,
    pub taxonomy: Arc<Taxonomy>,
    pub settings: Settings,
    pub epoch: Epoch,
    pub fitness: Arc<Fitness>,
    /// Rung when a lane may have woken.
    pub bell: Arc<Notify>,
    pub tasks: TaskTracker,
    /// Lanes with a task, and the host each is busy with.
    pub busy: Mutex<HashMap<AccountId, String>>,
}

/// Whether a lane may have a task now, as far as its host does not matter.
enum Slot {
    Free,
    Busy,
    NoneLeft,
}

/// So many lanes are recovered at once, and share their syncs.
const RECOVERED_AT_ONCE: usize = 64;

/// A host that cannot be reached keeps a lane waiting so long before it is asked for its ways again.
const UNREACHED: Duration = Duration::from_mins(1);

impl Deliver {
    /// Settles what an earlier run left on its way, and makes every lane's wake key true. Once, before the first step.
    pub async fn recover(&self) -> Result<usize, StoreError> {
        let mut interrupted = 0;
        for some in self.ledger.lanes().await?.chunks(RECOVERED_AT_ONCE) {
            let mut lanes = Vec::with_capacity(some.len());
            for lane in some {
                lanes.push(self.recover_lane(lane));
            }
            interrupted += try_join_all(lanes).await?.into_iter().filter(|was| *was).count();
        }
        Ok(interrupted)
    }

    /// Answers whether something had been on its way.
    async fn recover_lane(&self, lane: &Lane) -> Result<bool, StoreError> {
        let account = self.ledger.account(lane.account).await?;
        let interrupted = lane.claim.filter(|claim| claim.epoch < self.epoch);
        if let Some(claim) = interrupted {
            if let Some(account) = &account {
                let profile = self.sessions.known_profile(account).await?;
                let event = Event::Restarted { epoch: self.epoch };
                self.settle(account, &profile, claim.delivery, event, None, None).await?;
            }
        } else {
            // Another writer cannot be there yet; a conflict would only mean that the key is true already.
            let turn = self.ledger.turn(lane.account).await?;
            self.ledger.end_turn(&turn, Change::default()).await?;
        }
        if let Some(account) = &account {
            let profile = self.sessions.known_profile(account).await?;
            self.quotas.replay(&profile.quotas, counted(account), lane);
            // The last run may have ended between what a person did and what follows from it.
            let outdated = match lane.hold {
                Some(LaneHold::Relink) => account.grant == GrantState::Linked,
                Some(LaneHold::Review) => account.mode == Mode::Auto,
                Some(LaneHold::Paused) | None => false,
            };
            if outdated {
                self.relinked(account).await?;
            }
        }
        Ok(interrupted.is_some())
    }

    /// Starts the turns that are due and have a slot.
    pub async fn step(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let now = self.clock.now();
        if let Some(until) = self.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        let mut unlinked = false;
        let mut looked_at = self.settings.max_in_flight * 4;
        'slots: loop {
            let due = self.ledger.due_lanes(now, looked_at).await?;
            for wake in &due {
                match self.slot_for(wake.account) {
                    Slot::Free => {}
                    Slot::Busy => continue,
                    Slot::NoneLeft => break 'slots,
                }
                let Some(account) = self.ledger.account(wake.account).await? else {
                    // Its account was unlinked: nothing can leave, so nothing has to wake.
                    let mut turn = self.ledger.turn(wake.account).await?;
                    turn.lane.hold(LaneHold::Relink);
                    self.ledger.end_turn(&turn, Change::default()).await?;
                    unlinked = true;
                    continue;
                };
                if self.take_slot(&account) {
                    self.begin(account.id);
                }
            }
            if due.len() < looked_at {
                break;
            }
            // All of these may wait for one slow host: whoever is due behind them must not.
            looked_at *= 4;
        }
        // What is due by now has a task, or finds no slot: either way the end of a task rings the bell. What is due later must be
        // met in time, however long these tasks take.
        let later = self.ledger.next_wake_after(now).await?;
        Ok(Idle { next_due: if unlinked { Some(now) } else { later } })
    }

    fn begin(self: &Arc<Self>, id: AccountId) {
        let this = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(fault) = Box::pin(this.turn(id)).await {
                error!(account.id = %id, "The store failed while a delivery was in hand: {fault}");
                this.fitness.break_down(&fault);
            }
            this.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            this.bell.notify_one();
        });
    }

    pub fn in_flight(&self) -> usize {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What can be said before the account is read: most of what is due has a task already, or has to wait for one to end.
    fn slot_for(&self, account: AccountId) -> Slot {
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if busy.contains_key(&account) {
            Slot::Busy
        } else if busy.len() >= self.settings.max_in_flight {
            Slot::NoneLeft
        } else {
            Slot::Free
        }
    }

    fn take_slot(&self, account: &Account) -> bool {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let at_host = busy.values().filter(|server| **server == account.server).count();
        let free = busy.len() < self.settings.max_in_flight
            && at_host < self.settings.max_in_flight_per_host
            && !busy.contains_key(&account.id);
        if free {
            busy.insert(account.id, account.server.clone());
        }
        free
    }

    /// One turn of one lane, from the look at its head to the durable outcome.
    async fn turn(&self, id: AccountId) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut turn = self.ledger.turn_of_head(id, now).await?;
        if turn.lane.claim.is_some() || turn.lane.hold.is_some() {
            return Ok(());
        }
        // Read after its lane: who links an account writes both in this order, and is not overruled by what was read before.
        let Some(account) = self.ledger.account(id).await? else { return Ok(()) };
        if account.grant != GrantState::Linked {
            turn.lane.hold(LaneHold::Relink);
        } else if account.mode == Mode::Review {
            turn.lane.hold(LaneHold::Review);
        }
        let ready = turn.delivery().filter(|next| turn.lane.hold.is_none() && turn.lane.rests_until(next.verb) <= now);
        let Some(delivery) = ready.cloned() else {
            // Nothing may leave now: writing the turn makes its wake key true again.
            return self.ledger.end_turn(&turn, Change::default()).await.map(drop);
        };
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
        match delivery.state {
            State::Unknown { .. } => self.look(&account, &speaking, turn, delivery, now).await,
            State::Queued => self.send(&account, &speaking, turn, delivery, record.gig, now).await,
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
                warn!(account.id = %account.id, network.id = account.network.as_str(), "{} cannot speak now: {why}", account.handle);
                turn.lane.park(now.plus(UNREACHED), LaneWait::Host);
            }
        }
        self.ledger.end_turn(&turn, Change::default()).await.map(drop)
    }

    async fn send(
        &self,
        account: &Account,
        speaking: &Speaking,
        mut turn: Turn,
        delivery: Delivery,
        gig: Gig,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let profile = &speaking.profile;
        if let Some(why) = self.closed(&gig, &delivery, now) {
            return self.settle(account, profile, delivery.id, Event::Unwanted(why), None, None).await;
        }
        let may = match pace::courtesy(&account.pace, &turn.lane, delivery.verb, now) {
            May::Now => {
                self.quotas.ask(&profile.quotas, pace::actions_of(&delivery), counted(account), &mut turn.lane, now)
            }
            wait @ May::NotBefore(..) => wait,
        };
        if let May::NotBefore(until, why) = may {
            turn.lane.park(until, why);
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                journal::waits(account, until, why);
            }
            return Ok(());
        }

        let mut claimed = next(&delivery, Event::Claimed { epoch: self.epoch }, self.terms(profile), now, Dice(0));
        let State::Sending { .. } = claimed.state else {
            // The time in which a repeat was harmless is over: it has to be looked up.
            if self.ledger.end_turn(&turn, Change { delivery: Some(claimed.clone()), ..Change::default() }).await?
                == Commit::Applied
            {
                journal::changed(account, &claimed, None);
            }
            return Ok(());
        };
        let mut change = Change::default();
        let post = match self.text(&delivery, &gig, profile).await? {
            Ok((post, frozen)) => {
                change.frozen = (!frozen).then(|| post.clone());
                post
            }
            Err(why) => {
                let failure = Failure::Permanent(why);
                return self.settle_unsent(account, profile, &turn, claimed, failure, now).await;
            }
        };
        if claimed.stamp.chosen_id.is_none() {
            claimed.stamp.chosen_id = speaking.network.choose_id(&claimed.stamp);
        }
        turn.lane.claim = Some(Claim { delivery: claimed.id, epoch: self.epoch });
        change.delivery = Some(claimed.clone());
        if self.ledger.end_turn(&turn, change).await? == Commit::Conflict {
            return Ok(());
        }
        journal::changed(account, &claimed, None);

        // The intent is durable; only now does anything leave.
        let started = self.clock.monotonic();
        let mut answer = self.speak(speaking, &claimed, &post).await;
        let mut told = speaking.allowance();
        if let Err(Failure::RelinkNeeded(_)) = &answer {
            // Surely not accepted, so once the grant is renewed the same request may go at once.
            match self.sessions.renew(account, speaking).await {
                Ok(renewed) => {
                    answer = self.speak(&renewed, &claimed, &post).await;
                    told = renewed.allowance();
                }
                Err(Trouble::Store(fault)) => return Err(fault),
                Err(Trouble::Refused(Failure::RelinkNeeded(why))) => answer = Err(Failure::RelinkNeeded(why)),
                Err(Trouble::Refused(limited @ Failure::RateLimited { .. })) => answer = Err(limited),
                // The renewal itself failed for a while; nothing was accepted.
                Err(Trouble::Refused(failure)) => answer = Err(Failure::Transient(failure.why().clone())),
            }
        }
        let took = self.clock.monotonic().saturating_sub(started);
        self.settle(account, profile, claimed.id, Event::Answered(answer), told, Some(took)).await
    }

    async fn look(
        &self,
        account: &Account,
        speaking: &Speaking,
        mut turn: Turn,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let profile = &speaking.profile;
        let reads = [Action::Request, Action::ReadPage];
        if let May::NotBefore(until, why) =
            self.quotas.ask(&profile.quotas, &reads, counted(account), &mut turn.lane, now)
        {
            turn.lane.park(until, why);
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                journal::waits(account, until, why);
            }
            return Ok(());
        }
        let Some(post) = self.ledger.post(delivery.id).await? else {
            let failure = Failure::Permanent(Why::new("its text is not on record, so it cannot be looked for"));
            return self.settle(account, profile, delivery.id, Event::Looked(Err(failure)), None, None).await;
        };
        let started = self.clock.monotonic();
        let mut found = speaking.network.find(speaking.session(), &post, &delivery.stamp).await;
        let mut told = speaking.allowance();
        if let Err(Failure::RelinkNeeded(_)) = &found {
            match self.sessions.renew(account, speaking).await {
                Ok(renewed) => {
                    found = renewed.network.find(renewed.session(), &post, &delivery.stamp).await;
                    told = renewed.allowance();
                }
                Err(Trouble::Store(fault)) => return Err(fault),
                Err(Trouble::Refused(failure)) => found = Err(failure),
            }
        }
        let took = self.clock.monotonic().saturating_sub(started);
        self.settle(account, profile, delivery.id, Event::Looked(found), told, Some(took)).await
    }

    /// The text to send, and whether it stands frozen already. What may be out is never worded anew.
    async fn text(
        &self,
        delivery: &Delivery,
        gig: &Gig,
        profile: &Profile,
    ) -> Result<Result<(Post, bool), Why>, StoreError> {
        let frozen = self.ledger.post(delivery.id).await?;
        if let (Sent::Perhaps, Some(post)) = (delivery.unsure, &frozen) {
            return Ok(Ok((post.clone(), true)));
        }
        let creator = match delivery.verb {
            Verb::Create => delivery.id,
            // The code in the link stays that of the delivery that made the post.
            Verb::Edit | Verb::Delete => self
                .ledger
                .announcement(delivery.gig, delivery.account)
                .await?
                .and_then(|announcement| announcement.said)
                .map_or(delivery.id, |said| said.created_by),
        };
        let link = match &self.settings.public_url {
            Some(url) => {
                let code = creator.code();
                Link { url: format!("{url}/g/{}?v={code}", gig.id), code: Some(code) }
            }
            None => Link { url: gig.terms.apply_url.clone(), code: None },
        };
        Ok(compose(gig, &link, profile, &self.taxonomy).map_err(|small| Why::new(small.to_string())).map(|post| {
            let same = frozen.as_ref() == Some(&post);
            (post, same)
        }))
    }

    async fn speak(&self, speaking: &Speaking, delivery: &Delivery, post: &Post) -> Result<Receipt, Failure> {
        let (network, session) = (&speaking.network, speaking.session());
        match (delivery.verb, &delivery.at) {
            (Verb::Create, _) => network.create(session, post, &delivery.stamp).await,
            (Verb::Edit, Some(at)) => network.edit(session, at, post, &delivery.stamp).await,
            (Verb::Delete, Some(at)) => network.delete(session, at).await.map(|()| at.clone()),
            (Verb::Edit | Verb::Delete, None) => Err(Failure::Permanent(Why::new("there is no post to change"))),
        }
    }

    /// Ends a delivery that was never claimed, since it cannot be said at all.
    async fn settle_unsent(
        &self,
        account: &Account,
        profile: &Profile,
        turn: &Turn,
        claimed: Delivery,
        failure: Failure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let after = next(&claimed, Event::Answered(Err(failure)), self.terms(profile), now, Dice(0));
        let announcement = turn.announcement().cloned().map(|mut announcement| {
            announcement.settle(&after);
            announcement
        });
        let change = Change { delivery: Some(after.clone()), announcement, ..Change::default() };
        if self.ledger.end_turn(turn, change).await? == Commit::Applied {
            journal::changed(account, &after, None);
        }
        Ok(())
    }

    /// Makes what happened to a delivery durable, with all that follows from it.
    pub async fn settle(
        &self,
        account: &Account,
        profile: &Profile,
        id: DeliveryId,
        event: Event,
        told: Option<Allowance>,
        took: Option<Duration>,
    ) -> Result<(), StoreError> {
        loop {
            let now = self.clock.now();
            let mut turn = self.ledger.turn_with(account.id, id).await?;
            let Some(before) = turn.delivery().cloned() else { return Ok(()) };
            let after = next(&before, event.clone(), self.terms(profile), now, dice(&before));
            if turn.lane.claim.is_some_and(|claim| claim.delivery == id) {
                turn.lane.claim = None;
            }
            follow(&mut turn.lane, &before, &after, &event, told, now);
            let mut change = Change { delivery: Some(after.clone()), ..Change::default() };
            if let Some(mut announcement) = turn.announcement().cloned() {
                announcement.settle(&after);
                // Whatever follows an open gig includes whatever follows one that is not: mostly nothing, and the gig is not read.
                if after.is_settled()
                    && announcement.next_step(Status::Open, profile).is_some()
                    && let Some(record) = self.ledger.gig(after.gig).await?
                    && let Some(verb) = announcement.next_step(record.gig.status, profile)
                {
                    let (revision, closes) = (record.gig.revision, record.gig.terms.closes);
                    change.opened = Some(Ledger::open_step(&mut announcement, verb, revision, closes, now));
                }
                change.announcement = after.is_settled().then_some(announcement);
            }
            if matches!(after.state, State::Delivered(_)) && after.verb == Verb::Create {
                change.watch_at = Some(now.plus(self.settings.first_backfeed));
            }
            if self.ledger.end_turn(&turn, change).await? == Commit::Applied {
                if after != before {
                    journal::changed(account, &after, took);
                }
                return self.heed(account, &before, &after, &event).await;
            }
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
    async fn park_scope(&self, account: &Account, scope: Scope, until: Timestamp) -> Result<(), StoreError> {
        if scope == Scope::Account {
            return Ok(());
        }
        for other in self.ledger.accounts().await? {
            if other.server == account.server && other.id != account.id {
                self.park(other.id, until).await?;
            }
        }
        Ok(())
    }

    async fn park(&self, account: AccountId, until: Timestamp) -> Result<(), StoreError> {
        loop {
            let mut turn = self.ledger.turn(account).await?;
            turn.lane.park(until, LaneWait::RateLimited);
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
                // Whether its posts need approval is asked anew at its next turn.
                turn.lane.hold = turn.lane.hold.filter(|hold| *hold == LaneHold::Paused);
                if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                    self.bell.notify_one();
                    return Ok(());
                }
            }
        })
    }

    /// Why a new post is not worth saying any more; a doubtful clock closes nothing.
    fn closed(&self, gig: &Gig, delivery: &Delivery, now: Timestamp) -> Option<Why> {
        if delivery.verb != Verb::Create {
            return None;
        }
        if gig.status != Status::Open {
            return Some(Why::new(format!("the gig is {}", gig.status.word())));
        }
        let closed =
            self.fitness.clock(now) == WallClock::Sound && gig.terms.closes.is_some_and(|closes| closes <= now);
        closed.then(|| Why::new("the gig has closed"))
    }

    pub fn terms<'a>(&'a self, profile: &'a Profile) -> Terms<'a> {
        Terms {
            profile,
            backoff: &self.settings.backoff,
            look_after: &self.settings.look_after,
            total_timeout: self.settings.total_timeout,
            clock: self.fitness.clock(self.clock.now()),
        }
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
    // A post counts from when it may first be out, found or not: else lost answers would let them leave at once one after the other.
    let may_be_out = matches!(after.state, State::Delivered(_)) || after.unsure == Sent::Perhaps;
    let leaving = matches!(before.state, State::Sending { .. }) && before.unsure == Sent::SurelyNot;
    if after.verb == Verb::Create && leaving && may_be_out {
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

/// Spread by the delivery's own key and try, so that the same delivery always jitters alike and no dice are thrown.
fn dice(delivery: &Delivery) -> Dice {
    Dice(delivery.stamp.key.number().rotate_left(u32::from(delivery.attempts % 64)))
}

fn counted(account: &Account) -> Counted<'_> {
    Counted { account: account.id, server: &account.server }
}
