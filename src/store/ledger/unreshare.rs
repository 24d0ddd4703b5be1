//! What a relay reshared is taken back, where its person ended it so.
//!
//! That it is to be is noted with the end of the relay, in one batch, and the note stays until each step that it takes is durable: a crash in between goes through
//! it again, which opens nothing twice. What is taken back is what this relay made, from when it was switched on: neither what an earlier one left out, nor
//! what its person reshares by hand.

use super::Ledger;
use super::turns::{Change, Turn};
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::Gig;
use crate::id::{AccountId, GigId, PersonId};
use crate::outbox::{Delivery, Event, Terms, Wanted, backoff::Dice, next};
use crate::person::Account;
use crate::plan::relay::{OFF, Relay};
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Key, Record};
use serde::{Deserialize, Serialize};

/// A relay that ended, of which nothing is to stay out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToUnreshare {
    pub poster: PersonId,
    pub account: AccountId,
    /// From when to when it was on. It is looked at before anything is reshared by one that is on since.
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Record for ToUnreshare {
    const VERSION: u8 = 1;
}

impl ToUnreshare {
    pub(super) fn key(&self) -> Key {
        layout::to_unreshare(self.account, self.until, self.poster)
    }

    /// Whether a reshare that was opened then is of this relay, and not of one before it or of the one that may be on since.
    fn opened(&self, at: Timestamp, anew: Option<&Relay>) -> bool {
        self.since <= at && anew.is_none_or(|anew| at < anew.since)
    }
}

impl Ledger {
    /// Relays that ended, of which what they reshared is to be taken back.
    pub async fn to_unreshare(&self, limit: usize) -> Result<Vec<ToUnreshare>, StoreError> {
        self.list(&layout::all_to_unreshare(), limit).await
    }

    /// All that this takes is durable.
    pub async fn unreshared(&self, note: &ToUnreshare) -> Result<(), StoreError> {
        let batch = Batch { delete: vec![note.key()], ..Batch::default() };
        self.store.commit(batch).await.map(drop)
    }

    /// A poster's gigs that this account reshares, or is to.
    pub async fn reshared_by(&self, account: AccountId, poster: PersonId) -> Result<Vec<GigId>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::gigs_of(poster), usize::MAX).await? {
            let Some(gig) = layout::read_gig_of(&key) else { continue };
            let announcement = self.announcement(gig, account).await?;
            let is_reshared = announcement.is_some_and(|one| matches!(one.wanted, Wanted::Reshared(_)));
            found.extend(is_reshared.then_some(gig));
        }
        Ok(found)
    }

    /// Makes an account want nothing of these gigs that the relay reshared, and opens what that takes, in one batch. What waits is dropped; what may be out is
    /// followed once it is settled. Answers what was dropped or opened.
    pub async fn unreshare(
        &self,
        gigs: &[GigId],
        note: &ToUnreshare,
        account: &Account,
        terms: Terms<'_>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, StoreError> {
        loop {
            let lane = self.turn(account.id).await?;
            let anew = self.relay(note.poster, account.id).await?;
            let mut turns = Vec::with_capacity(gigs.len());
            for gig in gigs {
                let Some(record) = self.gig(*gig).await? else { continue };
                let turn = self.with_gig(lane.clone(), *gig).await?;
                let opened = self.reshare_opened(&turn).await?;
                if opened.is_some_and(|at| note.opened(at, anew.as_ref())) {
                    turns.extend(take_back(&turn, &record.gig, account, terms, now).map(|change| (turn, change)));
                }
            }
            let turns: Vec<_> = turns.iter().map(|(turn, change)| (turn, change)).collect();
            if turns.is_empty() || self.write(&turns).await?.is_some() {
                let changes = turns.into_iter().map(|(_, change)| change);
                let told =
                    changes.filter_map(|one| one.delivery.as_ref().filter(|d| d.is_settled()).or(one.opened.as_ref()));
                return Ok(told.cloned().collect());
            }
        }
    }

    /// When the reshare of this gig was opened that is under way or out; nothing where there is none of ours.
    async fn reshare_opened(&self, turn: &Turn) -> Result<Option<Timestamp>, StoreError> {
        let ours = turn.announcement().filter(|one| matches!(one.wanted, Wanted::Reshared(_)));
        let Some(ours) = ours else { return Ok(None) };
        if let Some(waiting) = turn.delivery().filter(|waiting| !waiting.is_settled()) {
            return Ok(Some(waiting.stamp.opened));
        }
        let Some(said) = &ours.said else { return Ok(None) };
        let made = self.delivery(said.created_by).await?;
        Ok(Some(made.map_or(said.receipt.at, |made| made.stamp.opened)))
    }
}

fn take_back(turn: &Turn, gig: &Gig, account: &Account, terms: Terms<'_>, now: Timestamp) -> Option<Change> {
    let mut announcement = turn.announcement()?.clone();
    let mut change = Change::default();
    if let Some(waiting) = turn.delivery().filter(|waiting| !waiting.is_settled()) {
        let after = next(waiting, Event::Unwanted(Why::new(OFF)), terms, now, Dice(0));
        announcement.settle(&after);
        if !after.is_settled() {
            announcement.wanted = Wanted::TakenBack(gig.revision);
        }
        change.delivery = Some(after);
    } else {
        (announcement.wanted, announcement.given_up) = (Wanted::TakenBack(gig.revision), None);
        change.opened = Ledger::open_next(&mut announcement, gig, account, terms, None, now);
    }
    change.announcement = Some(announcement);
    Some(change)
}
