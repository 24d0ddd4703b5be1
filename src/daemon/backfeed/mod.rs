//! Reads back what people did to each post: who reshared, quoted and replied, by name, and who vouched for whom.
//!
//! A step gives each post that is due a task of its own, one at a time per account, and returns. A task asks the counts, which is one
//! request; only when one of them moved, or an age band ended, it reads the lists, page by page. Each page is durable before the next
//! is asked for. Nothing here waits: a spent budget, a limit, a dead grant or a host that is down each give the post a later due
//! time, and deliveries go their own way meanwhile.

pub mod budget;
mod reading;
mod schedule;
mod set_back;
mod telling;

pub use budget::Budget;

use super::{Idle, mishap};
use crate::clock::{Clock, Timestamp, WallClock};
use crate::config::{self, Live};
use crate::engagement::VouchWords;
use crate::failure::{Failure, Scope, Why};
use crate::fitness::Fitness;
use crate::gig::Gig;
use crate::grants::{Sessions, Speaking, Trouble};
use crate::id::{AccountId, PersonId};
use crate::outbox::pace::{Counted, May, Quotas};
use crate::outbox::{Delivery, Lane, LaneWait};
use crate::person::{Account, GrantState};
use crate::ports::{Allowance, Commit, Counts, Page, StoreError};
use crate::post::Receipt;
use crate::profile::{Action, EngagementKind};
use crate::store::{DueWatch, End, Ended, Ledger, Listed, News, PostOf, Reading, Watching};
use crate::telemetry::requests::{self, Purpose};
use crate::trust::Party;
use crate::weave::Weave;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};

#[derive(Debug)]
pub struct Backfeed {
    pub ledger: Ledger,
    /// Hears what everyone did.
    pub weave: Weave,
    pub clock: Arc<dyn Clock>,
    pub sessions: Arc<Sessions>,
    /// Shared with the deliveries: what a network documents holds for all that we ask of it.
    pub quotas: Arc<Quotas>,
    pub words: Live<VouchWords>,
    pub rules: Live<config::Backfeed>,
    pub budget: Budget,
    pub fitness: Arc<Fitness>,
    /// Rung when a post may have become due, or a task ended.
    pub bell: Arc<Notify>,
    pub tasks: TaskTracker,
    /// Between two pages a task looks whether it is to end.
    pub stop: CancellationToken,
    pub state: Mutex<Held>,
}

/// What is known only while the process lives.
#[derive(Debug, Default)]
pub struct Held {
    /// What the clock said at the last step.
    seen: Option<Timestamp>,
    /// Accounts with a task.
    busy: HashSet<AccountId>,
    /// Until when nothing more is asked of an account or of a host.
    accounts: HashMap<AccountId, Timestamp>,
    hosts: HashMap<String, Timestamp>,
    /// The memory of long quotas, apart from the lanes: what is read must not use up what is to be sent.
    lanes: HashMap<AccountId, Lane>,
}

/// So many posts are read at once.
const AT_ONCE: usize = 8;
/// So many due posts are looked through for those whose turn it is.
const LOOKED_THROUGH: usize = 1024;
/// A list that goes on for longer than this many pages is cut.
const MOST_PAGES: u32 = 1000;
/// The longest address of a next page.
const CURSOR_BYTES: usize = 2048;
/// An account that cannot speak, and a clock that is not believed, are looked at again after this.
const LATER: Duration = Duration::from_hours(1);

/// What is asked of a network.
enum Question {
    Counts,
    Page { kind: EngagementKind, from: Option<String> },
}

enum Answer {
    Counts(Counts),
    Page(Page),
}

/// Whether a task has more to do.
enum Go {
    On,
    Done,
}

/// A post in hand, with all that belongs to it.
struct Hand {
    account: Account,
    gig: Gig,
    post: Receipt,
    /// By our own clock, since another one could make a post young for ever.
    posted: Timestamp,
    watching: Watching,
}

impl Backfeed {
    pub async fn step(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let now = self.clock.now();
        if let Some(until) = self.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        self.heed_clock(now).await?;
        let switches = self.ledger.switches().await?;
        for due in self.ledger.due_watches(now, LOOKED_THROUGH).await? {
            if self.in_flight() >= AT_ONCE || self.stop.is_cancelled() {
                break;
            }
            let Some(delivery) = self.ledger.delivery(due.delivery).await? else {
                self.end_unseen(due).await?;
                continue;
            };
            let Some(account) = self.ledger.account(delivery.account).await? else {
                self.end_unseen(due).await?;
                continue;
            };
            if account.grant != GrantState::Linked {
                self.put_off(due, now.plus(LATER)).await?;
                continue;
            }
            if switches.iter().any(|switch| switch.of.holds(&account)) {
                self.put_off(due, now.plus(LATER)).await?;
                continue;
            }
            if let Some(until) = self.held_until(&account, now) {
                self.put_off(due, until).await?;
                continue;
            }
            if !self.take_slot(account.id) {
                continue;
            }
            let this = Arc::clone(self);
            self.tasks.spawn(async move {
                let id = account.id;
                let handle = account.handle.clone();
                let network = account.network.clone();
                let reading = Box::pin(this.read_back(due, delivery, account));
                let reading = requests::on(Purpose::Backfeed, &network, reading);
                let ended = match mishap::caught(reading).await {
                    Ok(ended) => ended,
                    Err(mishap) => this.stopped_short(due, id, &handle, &mishap).await,
                };
                if let Err(fault) = ended {
                    error!(event = "store.failed", account.id = %id, "The store failed while engagements were read: {fault}");
                    this.fitness.break_down(&fault);
                }
                this.state().busy.remove(&id);
                this.bell.notify_one();
            });
        }
        // What is due and found no slot is waited for by the bell that its predecessor rings.
        Ok(Idle { next_due: self.ledger.next_watch(now).await? })
    }

    /// An account was linked again: those of its posts that were put off meanwhile are read now. They are among what is due within
    /// [`LATER`]; one that was due then anyway is merely read a little sooner.
    pub async fn relinked(&self, account: AccountId) -> Result<(), StoreError> {
        self.go_on(|id| id == account).await
    }

    /// The same, of all these accounts.
    pub(super) async fn go_on(&self, may: impl Fn(AccountId) -> bool) -> Result<(), StoreError> {
        let now = self.clock.now();
        for due in self.ledger.due_watches(now.plus(LATER), usize::MAX).await?.into_iter().filter(|due| due.at > now) {
            let delivery = self.ledger.delivery(due.delivery).await?;
            if delivery.is_some_and(|delivery| may(delivery.account)) && !self.has_moved_on(due).await? {
                self.put_off(due, now).await?;
            }
        }
        self.bell.notify_one();
        Ok(())
    }

    pub fn in_flight(&self) -> usize {
        self.state().busy.len()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_slot(&self, account: AccountId) -> bool {
        let mut state = self.state();
        state.busy.len() < AT_ONCE && state.busy.insert(account)
    }

    fn held_until(&self, account: &Account, now: Timestamp) -> Option<Timestamp> {
        let state = self.state();
        let until = state.accounts.get(&account.id).max(state.hosts.get(&account.server)).copied();
        until.filter(|until| *until > now)
    }

    fn hold(&self, account: &Account, scope: Scope, until: Timestamp) {
        let mut state = self.state();
        let held = match scope {
            Scope::Account => state.accounts.entry(account.id).or_insert(until),
            Scope::App | Scope::Host => state.hosts.entry(account.server.clone()).or_insert(until),
        };
        *held = until.max(*held);
    }

    /// One post, from where its watch stands to where it has to wait again.
    async fn read_back(&self, due: DueWatch, delivery: Delivery, account: Account) -> Result<(), StoreError> {
        let mut watching = self.ledger.watching(due).await?;
        let now = self.clock.now();
        let (gig, said) =
            (self.ledger.gig(delivery.gig).await?, self.ledger.announcement(delivery.gig, account.id).await?);
        let Some(record) = gig else {
            return self.end(&account, delivery.gig, &mut watching, Ended::Orphaned).await;
        };
        let said = said.and_then(|announcement| announcement.said).filter(|said| said.created_by == delivery.id);
        let Some(said) = said else {
            return self.end(&account, delivery.gig, &mut watching, Ended::TakenDown).await;
        };
        let posted = delivery.last_sent.unwrap_or(delivery.stamp.opened);
        let mut hand = Hand { gig: record.gig, post: said.receipt, posted, watching, account };
        let mut speaking = match self.sessions.open(&hand.account).await {
            Ok(speaking) => speaking,
            Err(Trouble::Store(fault)) => return Err(fault),
            Err(Trouble::Refused(failure)) => return self.failed(&mut hand, &failure, now).await,
        };
        if speaking.profile.engagement.kinds.is_empty() {
            return self.end(&hand.account, hand.gig.id, &mut hand.watching, Ended::Unheard).await;
        }
        // What the network told the deliveries of this account holds for reading as well.
        let lane = self.ledger.turn(hand.account.id).await?.lane;
        if lane.why == LaneWait::RateLimited && lane.not_before > now {
            return self.wait(&mut hand, lane.not_before).await;
        }
        loop {
            if self.stop.is_cancelled() || self.fitness.unfit_until(self.clock.now()).is_some() {
                return Ok(()); // Its due time stands, so the next run goes on with it.
            }
            if let Go::Done = self.one_request(&mut hand, &mut speaking).await? {
                return Ok(());
            }
        }
    }

    async fn one_request(&self, hand: &mut Hand, speaking: &mut Speaking) -> Result<Go, StoreError> {
        let question = match &hand.watching.state.reading {
            Some(Reading { kinds, from, .. }) => match kinds.first() {
                Some(kind) => Question::Page { kind: *kind, from: from.clone() },
                None => return self.conclude(hand).await.map(|()| Go::Done),
            },
            None => Question::Counts,
        };
        // What the last answer said holds for the next question, not only for the next post.
        if let Some(until) = self.held_until(&hand.account, self.clock.now()) {
            return self.wait(hand, until).await.map(|()| Go::Done);
        }
        if let Err(until) = self.may_ask(&hand.account, speaking, self.clock.now()) {
            self.hold(&hand.account, Scope::Host, until);
            return self.wait(hand, until).await.map(|()| Go::Done);
        }
        let answer = self.ask(hand, speaking, &question).await?;
        let now = self.clock.now();
        if let Some(Allowance { remaining: Some(0), reset, .. }) = speaking.allowance() {
            self.hold(&hand.account, Scope::Account, reset);
        }
        match (answer, &question) {
            (Ok(Answer::Counts(counts)), _) => self.counted(hand, speaking, counts, now).await,
            (Ok(Answer::Page(page)), Question::Page { kind, from }) => {
                let end = end_of(&page, from.as_deref(), hand.watching.state.reading.as_ref());
                let of = post_of(&hand.gig, &hand.account, &hand.post);
                let mut others = reading::telling(page.seen, &hand.account, &self.words);
                let unnamed = self.ledger.unnamed_among(reading::actors(&others)).await?;
                reading::refuse(&mut others, &unnamed);
                let listed = reading::listed(&others, of, *kind, &self.words, now);
                self.keep(hand, listed, end, now).await
            }
            (Err(Failure::Permanent(why)), Question::Page { kind, .. }) => {
                // The list is closed to us, or has forgotten where we were: it is left, and concludes nothing.
                debug!(event = "backfeed.unlisted", account.id = %hand.account.id, gig.id = %hand.gig.id, "The list of each {} could not be read: {why}", kind.word());
                self.keep(hand, Listed::default(), End::Cut, now).await
            }
            (Err(Failure::Permanent(_)), Question::Counts) => {
                self.end(&hand.account, hand.gig.id, &mut hand.watching, Ended::Gone).await.map(|()| Go::Done)
            }
            (Err(failure), _) => self.failed(hand, &failure, now).await.map(|()| Go::Done),
            // No answer is of another kind than its question.
            (Ok(Answer::Page(_)), Question::Counts) => Ok(Go::Done),
        }
    }

    /// Our own budget first, since it is the tighter one; then what the network documents.
    fn may_ask(&self, account: &Account, speaking: &Speaking, now: Timestamp) -> Result<(), Timestamp> {
        self.budget.take(&account.server, now)?;
        let mut state = self.state();
        let lane = state.lanes.entry(account.id).or_insert_with(|| Lane::new(account.id));
        let who = Counted { account: account.id, server: &account.server };
        match self.quotas.ask(&speaking.profile.quotas, &[Action::Request, Action::ReadPage], who, lane, now) {
            May::Now => Ok(()),
            May::NotBefore(until, _) => Err(until),
        }
    }

    /// What one question took beyond the request that was asked for: it has left, so it is counted, and waited for afterwards.
    fn count_more(&self, account: &Account, speaking: &Speaking, more: u32) {
        let now = self.clock.now();
        self.budget.spend(&account.server, more, now);
        let mut state = self.state();
        let lane = state.lanes.entry(account.id).or_insert_with(|| Lane::new(account.id));
        let who = Counted { account: account.id, server: &account.server };
        for _ in 0..more {
            // A window that is full already says no, which is all that matters.
            let _ = self.quotas.ask(&speaking.profile.quotas, &[Action::Request, Action::ReadPage], who, lane, now);
        }
    }

    /// Asks once; after a refused token once more, with a renewed one.
    async fn ask(
        &self,
        hand: &Hand,
        speaking: &mut Speaking,
        question: &Question,
    ) -> Result<Result<Answer, Failure>, StoreError> {
        let before = speaking.answers();
        let mut answer = put(speaking, &hand.post, question).await;
        // The first one has been taken from the budget.
        let mut more = speaking.answers().saturating_sub(before).saturating_sub(1);
        if let Err(Failure::RelinkNeeded(refused)) = &answer {
            match self.sessions.renew(&hand.account, speaking, refused).await {
                Ok(renewed) => {
                    *speaking = renewed;
                    // The renewal was a request of its own; the question asked again has to be allowed again.
                    more += 1;
                    if let Err(until) = self.may_ask(&hand.account, speaking, self.clock.now()) {
                        let why = Why::new("the access was renewed, and the limits leave no second request");
                        answer = Err(Failure::RateLimited { until, scope: Scope::Account, why });
                    } else {
                        answer = put(speaking, &hand.post, question).await;
                        more += speaking.answers().saturating_sub(1);
                    }
                }
                Err(Trouble::Store(fault)) => return Err(fault),
                Err(Trouble::Refused(failure)) => answer = Err(failure),
            }
        }
        self.count_more(&hand.account, speaking, more);
        Ok(answer)
    }

    /// The counts are here: either the lists are to be read, which is written down before the first is asked for, or that was all.
    async fn counted(
        &self,
        hand: &mut Hand,
        speaking: &Speaking,
        counts: Counts,
        now: Timestamp,
    ) -> Result<Go, StoreError> {
        let sound = self.fitness.clock(now) == WallClock::Sound;
        let kinds = schedule::named_kinds(&speaking.profile);
        let band = schedule::band(&self.rules, now.since(hand.posted));
        let state = &mut hand.watching.state;
        let before = state.counts.replace(counts);
        (state.counted, state.failures, state.trouble) = (Some(now), 0, None);
        let moved = before.is_none_or(|before| schedule::moved(&kinds, before, counts));
        let band_ended = sound && state.band != Some(band);
        // Beyond all bands a post is due only because a vouch rests on it: its words are what is asked after.
        let reread = usize::from(band) == self.rules.ages.len();
        let kinds = if state.reads == 0 || moved || band_ended || reread {
            kinds
        } else if self.ledger.is_cited(hand.watching.delivery, hand.gig.id).await? {
            // A reply that was edited moves no count, nor does one that was deleted as another came: the words of a vouch are asked after.
            vec![EngagementKind::Reply]
        } else {
            return self.rest(hand, now).await.map(|()| Go::Done);
        };
        state.reading =
            Some(Reading { number: state.reads + 1, kinds, from: None, pages: 0, band, unnamed_vouches: 0 });
        let commit = self.ledger.keep_watching(&mut hand.watching).await?;
        Ok(if commit == Commit::Applied { Go::On } else { Go::Done })
    }

    async fn keep(&self, hand: &mut Hand, listed: Listed, end: End, now: Timestamp) -> Result<Go, StoreError> {
        let clock = self.fitness.clock(now);
        let of = post_of(&hand.gig, &hand.account, &hand.post);
        match self.ledger.keep_page(&mut hand.watching, of, listed, end, clock, now).await? {
            Some(news) => {
                telling::tell(&self.ledger, &hand.account, hand.watching.delivery, &news).await?;
                self.weave_in(hand.gig.poster, &news).await?;
                Ok(Go::On)
            }
            None => Ok(Go::Done),
        }
    }

    /// What was done is evidence, or is none any more.
    async fn weave_in(&self, poster: PersonId, news: &[News]) -> Result<(), StoreError> {
        let pairs: BTreeSet<(Party, Party)> = news
            .iter()
            .map(|one| match one {
                News::Engaged(deed) | News::Returned(deed) | News::Undone(deed) => {
                    (Party::Actor(deed.actor), Party::Person(poster))
                }
                News::Vouched(vouch) | News::Reworded(vouch) | News::Unsaid(vouch) => {
                    (Party::Actor(vouch.by), Party::Actor(vouch.whom))
                }
            })
            .collect();
        for (by, about) in pairs {
            self.weave.heard(by, about).await?;
        }
        Ok(())
    }

    /// All lists have been gone through.
    async fn conclude(&self, hand: &mut Hand) -> Result<(), StoreError> {
        let now = self.clock.now();
        let state = &mut hand.watching.state;
        if let Some(reading) = state.reading.take() {
            state.reads = reading.number;
            state.unnamed_vouches = reading.unnamed_vouches;
            // By a doubtful clock no band is over and nobody is gone: what was left open is read anew once it is believed.
            state.band = (self.fitness.clock(now) == WallClock::Sound).then_some(reading.band);
        }
        (state.failures, state.trouble) = (0, None);
        self.rest(hand, now).await
    }

    /// Until its next time; for good, when there is none.
    async fn rest(&self, hand: &mut Hand, now: Timestamp) -> Result<(), StoreError> {
        let old = usize::from(schedule::band(&self.rules, now.since(hand.posted))) == self.rules.ages.len();
        let cited = old && self.ledger.is_cited(hand.watching.delivery, hand.gig.id).await?;
        match schedule::next_due(&self.rules, hand.posted, cited, now) {
            Some(due) => self.wait(hand, due).await,
            None => self.end(&hand.account, hand.gig.id, &mut hand.watching, Ended::Aged).await,
        }
    }

    async fn failed(&self, hand: &mut Hand, failure: &Failure, now: Timestamp) -> Result<(), StoreError> {
        let account = &hand.account;
        let due = match failure {
            Failure::RateLimited { until, scope, .. } => {
                self.hold(account, *scope, *until);
                *until
            }
            Failure::RelinkNeeded(why) => {
                self.sessions.needs_relink(account, why).await?;
                now.plus(LATER)
            }
            Failure::Permanent(_) | Failure::Transient(_) | Failure::Unknown(_) => {
                let state = &mut hand.watching.state;
                state.failures = state.failures.saturating_add(1);
                now.plus(schedule::backoff(state.failures))
            }
        };
        hand.watching.state.trouble = Some(failure.to_string());
        warn!(event = "backfeed.failed",
            gig.id = %hand.gig.id,
            delivery.id = %hand.watching.delivery,
            account.id = %account.id,
            network.id = account.network.as_str(),
            failures = hand.watching.state.failures,
            due = %due,
            "Who engaged with {} on {} could not be read, and is asked again at {due}: {}",
            hand.gig.id,
            account.handle,
            failure.why()
        );
        self.wait(hand, due.max(now.plus(Duration::from_secs(1)))).await
    }

    async fn wait(&self, hand: &mut Hand, until: Timestamp) -> Result<(), StoreError> {
        hand.watching.state.due = Some(until);
        self.ledger.keep_watching(&mut hand.watching).await.map(drop)
    }

    /// Reading one post ended in a panic. Unless it had got as far as its next due time, it waits as after any failure.
    async fn stopped_short(
        &self,
        due: DueWatch,
        id: AccountId,
        handle: &str,
        mishap: &mishap::Mishap,
    ) -> Result<(), StoreError> {
        error!(event = "backfeed.fault", account.id = %id, delivery.id = %due.delivery, "Reading back from {handle} stopped short, by a fault in gigcast: {mishap}");
        if self.has_moved_on(due).await? {
            return Ok(());
        }
        let mut watching = self.ledger.watching(due).await?;
        let state = &mut watching.state;
        state.failures = state.failures.saturating_add(1);
        state.due = Some(self.clock.now().plus(schedule::backoff(state.failures)));
        state.trouble = Some(format!("gigcast itself failed: {mishap}"));
        self.ledger.keep_watching(&mut watching).await.map(drop)
    }

    /// Whether the watch has come to stand elsewhere since it was found there.
    async fn has_moved_on(&self, due: DueWatch) -> Result<bool, StoreError> {
        Ok(self.ledger.watched(due.delivery).await?.is_some_and(|watched| watched.due != Some(due.at)))
    }

    async fn put_off(&self, due: DueWatch, until: Timestamp) -> Result<(), StoreError> {
        let mut watching = self.ledger.watching(due).await?;
        watching.state.due = Some(until);
        self.ledger.keep_watching(&mut watching).await.map(drop)
    }

    /// Its delivery or account is no longer on record, so there is no one to name.
    async fn end_unseen(&self, due: DueWatch) -> Result<(), StoreError> {
        let mut watching = self.ledger.watching(due).await?;
        (watching.state.due, watching.state.ended) = (None, Some(Ended::Orphaned));
        info!(event = "backfeed.unlinked", delivery.id = %due.delivery, "The post of {} is read back no more, since its account is no longer on record", due.delivery);
        self.ledger.keep_watching(&mut watching).await.map(drop)
    }

    async fn end(
        &self,
        account: &Account,
        gig: crate::id::GigId,
        watching: &mut Watching,
        ended: Ended,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        if self.fitness.clock(now) == WallClock::Doubtful {
            watching.state.due = Some(now.plus(LATER));
            return self.ledger.keep_watching(watching).await.map(drop);
        }
        watching.state.due = None;
        watching.state.reading = None;
        watching.state.ended = Some(ended);
        if self.ledger.keep_watching(watching).await? == Commit::Applied {
            telling::ended(account, gig, watching.delivery, ended);
        }
        Ok(())
    }
}

fn post_of<'a>(gig: &'a Gig, account: &Account, post: &'a Receipt) -> PostOf<'a> {
    PostOf {
        gig: gig.id,
        account: account.id,
        poster: gig.poster,
        category: gig.terms.category.as_deref(),
        uri: &post.uri,
    }
}

async fn put(speaking: &Speaking, post: &Receipt, question: &Question) -> Result<Answer, Failure> {
    let (network, session) = (&speaking.network, speaking.session());
    match question {
        Question::Counts => network.counts(session, post).await.map(Answer::Counts),
        Question::Page { kind, from } => {
            network.engagements(session, post, *kind, from.as_deref()).await.map(Answer::Page)
        }
    }
}

/// What follows this page. A list that names the same page again, or never ends, is cut.
fn end_of(page: &Page, from: Option<&str>, reading: Option<&Reading>) -> End {
    let pages = reading.map_or(0, |reading| reading.pages);
    match &page.next {
        None => End::Whole,
        Some(next) if Some(next.as_str()) == from || next.len() > CURSOR_BYTES || pages >= MOST_PAGES => End::Cut,
        Some(next) => End::More(next.clone()),
    }
}
