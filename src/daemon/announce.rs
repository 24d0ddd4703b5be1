//! From a gig that was taken in to what each account is to say of it.
//!
//! Sources and the API only take gigs in; this step plans them, oldest first, and opens a delivery on every account that takes it.
//! A gig stays on the list until all of that is durable, so a crash in between plans it again, which changes nothing twice.

use super::spoken::counted;
use super::{Idle, deliver::Deliver};
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::person::Account;
use crate::plan::rings::said_first;
use crate::plan::{Plan, plan};
use crate::ports::StoreError;
use crate::store::{Tale, Unplanned};
use futures_util::{StreamExt, TryStreamExt, stream};
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

/// So many accounts of a gig are in hand at once, and share their syncs.
const LANES_AT_ONCE: usize = 64;

fn first_named(gig: &Gig) -> String {
    gig.terms.ring.as_ref().map(said_first).unwrap_or_default()
}

impl Announce {
    pub async fn step(&self) -> Result<Idle, StoreError> {
        let now = self.deliver.clock.now();
        if let Some(until) = self.deliver.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        let notes = self.deliver.ledger.unplanned(AT_ONCE).await?;
        for note in &notes {
            self.plan(note).await?;
        }
        if notes.is_empty() {
            return Ok(Idle { next_due: None });
        }
        self.deliver.bell.notify_one();
        Ok(Idle { next_due: Some(now) })
    }

    async fn plan(&self, note: &Unplanned) -> Result<(), StoreError> {
        let (ledger, clock) = (&self.deliver.ledger, &self.deliver.clock);
        let now = clock.now();
        let Some(record) = ledger.gig(note.gig).await? else {
            return ledger.planned(note, Vec::new(), now).await;
        };
        let gig = &record.gig;
        let mut accounts = ledger.accounts_of(gig.poster).await?;
        if accounts.is_empty() {
            info!(event = "gig.no_account", gig.id = %gig.id, "{} is on record, and its poster has no linked account to announce it on", gig.id);
        }
        let plan = plan(gig, &accounts, &self.deliver.taxonomy, now, self.deliver.fitness.clock(now));
        // What stands on the accounts of whom it belonged to before follows as well.
        for announcement in ledger.announcements(gig.id).await? {
            if !accounts.iter().any(|account| account.id == announcement.account) {
                accounts.extend(ledger.account(announcement.account).await?);
            }
        }
        let mut tales = Vec::new();
        let moment = self.moment(now);
        let mut opening = Vec::with_capacity(accounts.len());
        for account in &accounts {
            opening.push(self.open(gig, account, &plan, moment));
        }
        // Each account has a lane of its own, so they need not wait for each other's sync.
        let opened: Vec<bool> = stream::iter(opening).buffered(LANES_AT_ONCE).try_collect().await?;
        for (account, _) in accounts.iter().zip(&opened).filter(|(_, opened)| **opened) {
            tales.push(Tale::Announced { account: account.id });
        }
        let taken = tales.len();
        let widening = plan.widening.map(|widening| (widening.later.len(), widening.at));
        for skip in plan.skips {
            if ledger.announcement(gig.id, skip.account).await?.is_none() {
                info!(event = "gig.skipped", gig.id = %gig.id, account.id = %skip.account, "{} is not announced there: {}", gig.id, skip.why);
                tales.push(Tale::Skipped { account: skip.account, why: skip.why });
            }
        }
        if taken > 0 {
            let on = counted(taken, "account");
            info!(event = "gig.planned", gig.id = %gig.id, accounts = taken, "{} ({}) goes out on {on}", gig.id, gig.terms.title);
            if let Some((later, at)) = widening {
                info!(event = "gig.ringed", gig.id = %gig.id, accounts = later, due = %at, "{} ({}) goes first on {}, and on {} of its accounts not before {at}", gig.id, gig.terms.title, first_named(gig), later);
            }
        }
        ledger.planned(note, tales, now).await
    }

    /// Opens what the gig takes on one account; answers whether it took anything.
    async fn open(&self, gig: &Gig, account: &Account, plan: &Plan, at: Timestamp) -> Result<bool, StoreError> {
        let (ledger, takes) = (&self.deliver.ledger, plan.says.contains(&account.id));
        // What stands somewhere follows its gig, whatever the audience rules say of new ones.
        if !takes && ledger.announcement(gig.id, account.id).await?.is_none() {
            return Ok(false);
        }
        let profile = self.deliver.sessions.known_profile(account).await?;
        let opened =
            ledger.announce(gig, account, self.deliver.terms(&profile), plan.not_before(account.id), at).await?;
        if let Some(delivery) = &opened {
            self.deliver.note(account, delivery, None);
        }
        Ok(opened.is_some())
    }

    fn moment(&self, now: Timestamp) -> Timestamp {
        // Given out by a clock that was ahead and has been set back, it would keep all that follows waiting until then.
        let ahead = now.plus(FURTHEST_AHEAD).as_millis();
        let later = |last: u64| if last < ahead { now.as_millis().max(last + 1) } else { now.as_millis() };
        let last = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(later(last)));
        Timestamp::from_millis(later(last.unwrap_or_default()))
    }
}
