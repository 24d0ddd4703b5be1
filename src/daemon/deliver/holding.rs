//! What a person does to an account, as its lane takes it: linked anew, unlinked, paused, resumed.

use super::Deliver;
use crate::clock::BoxFuture;
use crate::failure::Why;
use crate::grants::Queues;
use crate::id::AccountId;
use crate::outbox::{Event, LaneHold, State};
use crate::person::{Account, GrantState};
use crate::ports::{Commit, StoreError};
use crate::store::layout::Aside;
use crate::store::{Change, Switch, SwitchOf};

impl Deliver {
    /// Nothing leaves until somebody resumes it. What a person said before this is not asked.
    pub async fn pause(&self, account: AccountId) -> Result<(), StoreError> {
        self.hold(account, |_| Some(LaneHold::Paused)).await
    }

    /// Goes on. Whether it needs its person for something else is asked anew at its next turn.
    pub async fn resume(&self, account: AccountId) -> Result<(), StoreError> {
        self.hold(account, |hold| hold.filter(|hold| *hold != LaneHold::Paused)).await?;
        // The reason goes with the pause.
        self.ledger.switch_on(&SwitchOf::Account(account)).await?;
        self.bell.notify_one();
        Ok(())
    }

    /// The switch that holds this account with others, when there is one.
    pub(in crate::daemon) async fn switched_off(&self, account: &Account) -> Result<Option<Switch>, StoreError> {
        Ok(self.ledger.switches().await?.into_iter().find(|switch| switch.of.holds(account)))
    }

    /// A switch that held this account is gone; whether another does is asked at its next turn. Its lane is written in any case, so that
    /// a turn that still saw the switch is told.
    pub(in crate::daemon) async fn switched_on(&self, account: AccountId) -> Result<(), StoreError> {
        self.hold(account, |hold| hold.filter(|hold| *hold != LaneHold::Switched)).await
    }

    async fn hold(
        &self,
        account: AccountId,
        change: impl Fn(Option<LaneHold>) -> Option<LaneHold> + Sync,
    ) -> Result<(), StoreError> {
        loop {
            let mut turn = self.ledger.turn(account).await?;
            turn.lane.hold = change(turn.lane.hold);
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// Drops what waits on an account that was unlinked; answers how many that were. What may be out stays as it is, and is looked for should
    /// the account be linked again.
    pub(in crate::daemon) async fn drop_waiting(&self, account: &Account) -> Result<usize, StoreError> {
        let why = Why::new("its account was unlinked");
        let profile = self.sessions.known_profile(account).await?;
        let mut dropped = 0;
        loop {
            let held = self.ledger.set_aside(Aside::Held, usize::MAX).await?;
            let held = held.into_iter().filter(|delivery| delivery.account == account.id);
            let waiting = self.ledger.waiting_in(account.id, usize::MAX).await?.into_iter().chain(held);
            let before = dropped;
            for delivery in waiting.collect::<Vec<_>>() {
                self.settle(account, &profile, delivery.id, Event::Unwanted(why.clone()), None, None).await?;
                let after = self.ledger.delivery(delivery.id).await?;
                dropped += usize::from(after.is_some_and(|after| matches!(after.state, State::Dropped(_))));
            }
            // A gig that was changed meanwhile has its next step behind the one that was dropped.
            if dropped == before {
                break;
            }
        }
        // Nothing can be said or looked for without a grant; a pause does not outlive its account.
        self.hold(account.id, |_| Some(LaneHold::Relink)).await?;
        Ok(dropped)
    }

    /// The last run may have ended between an unlinking and what follows from it.
    pub(super) async fn recover_unlinked(&self, account: &Account) -> Result<(), StoreError> {
        if matches!(account.grant, GrantState::Revoked { .. }) {
            self.drop_waiting(account).await?;
        }
        Ok(())
    }
}

impl Queues for Deliver {
    fn linked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        self.relinked(account)
    }

    fn unlinked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<usize, StoreError>> {
        Box::pin(self.drop_waiting(account))
    }
}
