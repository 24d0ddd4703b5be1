//! From a gig that was taken in to what each account is to say of it, and from its posts to those who reshare them ([`relay`](super::relay)), and back
//! ([`unreshare`](super::unreshare)).
//!
//! Sources and the API only take gigs in; this step plans them, oldest first, and opens a delivery on every account that takes it.
//! A gig stays on the list until all of that is durable, so a crash in between plans it again, which changes nothing twice.

use super::spoken::counted;
use super::{Idle, deliver::Deliver};
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::id::{AccountId, GigId};
use crate::person::Account;
use crate::plan::rings::to_first;
use crate::plan::{Plan, plan};
use crate::ports::StoreError;
use crate::store::{Tale, ToAnnounce, Unplanned};
use crate::telemetry::trace::facts;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::info;

#[derive(Debug)]
pub struct Announce {
    pub deliver: Arc<Deliver>,
    /// The last moment given to a gig: each gets its own, so that in every lane a burst leaves in the order it came.
    pub last: AtomicU64,
}

/// A burst of sixty thousand in one millisecond is not to be expected; a clock that was ahead is.
const FURTHEST_AHEAD: Duration = Duration::from_mins(1);

/// So many gigs are planned in one step.
const AT_ONCE: usize = 64;

/// So many gigs are planned together: on each account they are one commit. The first of them leaves when all of these are on record, so they are
/// few.
const TOGETHER: usize = 16;

/// So many accounts are in hand at once, and share their syncs.
const LANES_AT_ONCE: usize = 64;

/// One gig, as its plan has it.
struct Planned<'n> {
    note: &'n Unplanned,
    gig: Gig,
    /// Its place in the order of all lanes.
    moment: Timestamp,
    plan: Plan,
    /// Whom it is told to, and those on whom it stands since before it changed hands.
    accounts: Vec<Account>,
    /// For its trace: whether it was never planned before.
    first: bool,
}

fn first_named(gig: &Gig) -> String {
    gig.terms.ring.as_ref().map(|ring| to_first(ring, None)).unwrap_or_default()
}

impl Announce {
    pub async fn step(&self) -> Result<Idle, StoreError> {
        let now = self.deliver.clock.now();
        if let Some(until) = self.deliver.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        let notes = self.deliver.ledger.unplanned(AT_ONCE).await?;
        for some in notes.chunks(TOGETHER) {
            self.plan(some).await?;
            self.deliver.bell.notify_one();
        }
        let more = Box::pin(self.relay()).await? | Box::pin(self.unreshare()).await?;
        Ok(Idle { next_due: (more || !notes.is_empty()).then_some(now) })
    }

    async fn plan(&self, notes: &[Unplanned]) -> Result<(), StoreError> {
        let ledger = &self.deliver.ledger;
        let mut planned: Vec<Planned<'_>> = Vec::with_capacity(notes.len());
        for note in notes {
            // Of a gig that was noted twice the second note waits for the next step: one batch writes one record once.
            if !planned.iter().any(|one| one.gig.id == note.gig) {
                planned.extend(self.plan_one(note).await?);
            }
        }
        let mut lanes: BTreeMap<AccountId, (&Account, Vec<&Planned<'_>>)> = BTreeMap::new();
        for one in &planned {
            for account in &one.accounts {
                lanes.entry(account.id).or_insert((account, Vec::new())).1.push(one);
            }
        }
        let mut opening = Vec::with_capacity(lanes.len());
        for (account, gigs) in lanes.values() {
            opening.push(self.open(account, gigs));
        }
        // Each account has a lane of its own, so they need not wait for each other's sync.
        let opened: Vec<Vec<(GigId, AccountId)>> = stream::iter(opening).buffered(LANES_AT_ONCE).try_collect().await?;
        let opened: BTreeSet<(GigId, AccountId)> = opened.into_iter().flatten().collect();
        let now = self.deliver.clock.now();
        let mut noted = Vec::with_capacity(planned.len());
        for one in &planned {
            let tales = self.tell(one, &opened).await?;
            noted.push(ledger.planned(one.note, tales, now));
        }
        try_join_all(noted).await?;
        for one in planned.iter().filter(|_| self.deliver.traces.is_on()) {
            let accounts = opened.iter().filter(|(gig, _)| *gig == one.gig.id).count();
            let skipped = one.plan.skips.len();
            let (gig, note) = (&one.gig, one.note);
            let planned =
                facts::Planned { gig, note: note.name(), noted: note.at, accounts, skipped, first: one.first };
            self.deliver.traces.tell(|| Some(facts::planned(planned, now)));
        }
        Ok(())
    }

    /// Nothing when the gig is not on record any more; then its note is gone too.
    async fn plan_one<'n>(&self, note: &'n Unplanned) -> Result<Option<Planned<'n>>, StoreError> {
        let (ledger, clock) = (&self.deliver.ledger, &self.deliver.clock);
        let now = clock.now();
        let Some(record) = ledger.gig(note.gig).await? else {
            return ledger.planned(note, Vec::new(), now).await.map(|()| None);
        };
        let gig = record.gig;
        let mut accounts = ledger.accounts_of(gig.poster).await?;
        if accounts.is_empty() {
            info!(event = "gig.no_account", gig.id = %gig.id, "{} is on record, and its poster has no linked account to announce it on", gig.id);
        }
        let plan = plan(&gig, &accounts, &self.deliver.taxonomy, now, self.deliver.fitness.clock(now));
        // What stands on the accounts of whom it belonged to before follows as well, and so does what waits to reshare it.
        for announcement in ledger.announcements(gig.id).await? {
            if !announcement.is_at_rest() && !accounts.iter().any(|account| account.id == announcement.account) {
                accounts.extend(ledger.account(announcement.account).await?);
            }
        }
        // Noted when it was first seen; and in the same moment perhaps once more.
        let noted_first = self.deliver.traces.is_on() && note.at == gig.first_seen;
        let is_plan = |tale: &Tale| matches!(tale, Tale::Announced { .. } | Tale::Skipped { .. });
        let first = noted_first && !ledger.story(gig.id).await?.iter().any(|story| is_plan(&story.tale));
        Ok(Some(Planned { note, gig, moment: self.moment(now), plan, accounts, first }))
    }

    /// Opens what these gigs take on one account; answers which of them took something.
    async fn open(&self, account: &Account, planned: &[&Planned<'_>]) -> Result<Vec<(GigId, AccountId)>, StoreError> {
        let ledger = &self.deliver.ledger;
        let mut gigs = Vec::with_capacity(planned.len());
        for one in planned {
            // What stands somewhere follows its gig, whatever the audience rules say of new ones.
            let known = ledger.announcement(one.gig.id, account.id).await?;
            if one.plan.says.contains(&account.id) || known.is_some_and(|known| !known.is_at_rest()) {
                gigs.push(ToAnnounce { gig: &one.gig, ring: one.plan.not_before(account.id), at: one.moment });
            }
        }
        let profile = self.deliver.sessions.known_profile(account).await?;
        let followed = ledger.announce_all(&gigs, account, self.deliver.terms(&profile)).await?;
        for delivery in followed.iter().flat_map(|one| [&one.dropped, &one.opened]).flatten() {
            self.deliver.note(account, delivery, None);
        }
        let opened = followed.into_iter().filter_map(|one| one.opened);
        Ok(opened.map(|delivery| (delivery.gig, account.id)).collect())
    }

    /// What is told of one gig's plan, in the log and in its story.
    async fn tell(&self, one: &Planned<'_>, opened: &BTreeSet<(GigId, AccountId)>) -> Result<Vec<Tale>, StoreError> {
        let gig = &one.gig;
        let takes = one.accounts.iter().filter(|account| opened.contains(&(gig.id, account.id)));
        let mut tales: Vec<Tale> = takes.map(|account| Tale::Announced { account: account.id }).collect();
        let taken = tales.len();
        let widening = one.plan.widening.as_ref().map(|widening| (widening.later.len(), widening.at));
        for skip in &one.plan.skips {
            if self.deliver.ledger.announcement(gig.id, skip.account).await?.is_none() {
                info!(event = "gig.skipped", gig.id = %gig.id, account.id = %skip.account, "{} is not announced there: {}", gig.id, skip.why);
                tales.push(Tale::Skipped { account: skip.account, why: skip.why.clone() });
            }
        }
        if taken > 0 {
            let on = counted(taken, "account");
            info!(event = "gig.planned", gig.id = %gig.id, accounts = taken, "{} ({}) goes out on {on}", gig.id, gig.terms.title);
            if let Some((later, at)) = widening {
                info!(event = "gig.ringed", gig.id = %gig.id, accounts = later, due = %at, "{} ({}) goes first {}, and on {} of its accounts not before {at}", gig.id, gig.terms.title, first_named(gig), later);
            }
        }
        Ok(tales)
    }

    pub(super) fn moment(&self, now: Timestamp) -> Timestamp {
        // Given out by a clock that was ahead and has been set back, it would keep all that follows waiting until then.
        let ahead = now.plus(FURTHEST_AHEAD).as_millis();
        let later = |last: u64| if last < ahead { now.as_millis().max(last + 1) } else { now.as_millis() };
        let last = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(later(last)));
        Timestamp::from_millis(later(last.unwrap_or_default()))
    }
}
