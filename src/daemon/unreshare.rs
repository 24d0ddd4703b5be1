//! From a relay that its person ended, and wants back what it reshared, to the steps that take it back.
//!
//! The note of it was written with the end of the relay. Each reshare that this relay made gets a step in the lane of its own account; the note goes when all of them are
//! durable.

use super::announce::Announce;
use crate::person::GrantState;
use crate::ports::StoreError;
use crate::store::ToUnreshare;

/// So many ended relays are looked at in one step.
const AT_ONCE: usize = 16;

/// So many reshares are taken back in one commit.
const TOGETHER: usize = 16;

impl Announce {
    /// Looks at the relays that ended so; answers whether there may be more.
    pub(super) async fn unreshare(&self) -> Result<bool, StoreError> {
        let notes = self.deliver.ledger.to_unreshare(AT_ONCE).await?;
        for note in &notes {
            self.unreshare_one(note).await?;
            self.deliver.ledger.unreshared(note).await?;
            self.deliver.bell.notify_one();
        }
        Ok(notes.len() == AT_ONCE)
    }

    async fn unreshare_one(&self, note: &ToUnreshare) -> Result<(), StoreError> {
        let deliver = &self.deliver;
        let account = deliver.ledger.account(note.account).await?;
        let can_speak = |account: &crate::person::Account| !matches!(account.grant, GrantState::Revoked { .. });
        let Some(account) = account.filter(can_speak) else { return Ok(()) };
        let profile = deliver.sessions.known_profile(&account).await?;
        for some in deliver.ledger.reshared_by(account.id, note.poster).await?.chunks(TOGETHER) {
            let now = deliver.clock.now();
            for told in deliver.ledger.unreshare(some, note, &account, deliver.terms(&profile), now).await? {
                deliver.note(&account, &told, None);
            }
        }
        Ok(())
    }
}
