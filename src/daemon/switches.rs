//! What an operator pauses and resumes beyond one account. The steps ask the ledger before they speak or look, so that to pause is one
//! record; to resume is to take it away and to wake whoever was put off by it.

use super::Daemon;
use crate::ports::StoreError;
use crate::store::{Switch, SwitchOf};
use std::collections::HashSet;

impl Daemon {
    /// Nothing of this begins from now on; what is on its way ends.
    pub async fn switch_off(&self, switch: &Switch) -> Result<(), StoreError> {
        let ledger = &self.deliver.ledger;
        ledger.switch_off(switch).await?;
        if let SwitchOf::Account(id) = switch.of {
            self.deliver.pause(id).await?;
        }
        Ok(())
    }

    /// Goes on where it was. Answers what was off, when it was.
    pub async fn switch_on(&self, of: &SwitchOf) -> Result<Option<Switch>, StoreError> {
        let ledger = &self.deliver.ledger;
        let was = ledger.switch_on(of).await?;
        if let SwitchOf::Account(id) = *of {
            self.deliver.resume(id).await?;
            return Ok(was);
        }
        if was.is_some() {
            let accounts = ledger.accounts().await?;
            let held: HashSet<_> = accounts.iter().filter(|account| of.holds(account)).map(|held| held.id).collect();
            for account in &held {
                self.deliver.switched_on(*account).await?;
            }
            self.deliver.bell.notify_one();
            self.watch.switched_on(of).await?;
            self.backfeed.go_on(|account| held.contains(&account)).await?;
        }
        Ok(was)
    }
}
