//! After a restore: what was said between the backup and its restore is on the networks, and not in this store.
//!
//! So a post that may have gone out in that time is looked for before it is sent: whatever was still to be sent when the backup was taken, and
//! whatever is opened later of a gig that was on record then, or may have come in afterwards and is only met again. The latter is
//! known by its source: what it brings at its first look since was perhaps there before; what it brings later was not. Where nothing is ever
//! looked at (gigs handed in, or pushed), whoever was to send them again does so within a day, or not at all.
//!
//! Such a delivery is as one whose answer was lost ([`State::Unknown`]); nothing else in the outbox has to know.

use super::turns::Change;
use super::{Ledger, PAGE};
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::id::SourceId;
use crate::outbox::{Delivery, Hold, Sent, State, Wait, Wording};
use crate::ports::{Batch, StoreError};
use crate::store::SourceState;
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A store that was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When its backup was taken; earlier, where that backup was itself of a store restored shortly before.
    pub taken: Timestamp,
    pub at: Timestamp,
}

impl Record for Restored {
    const VERSION: u8 = 1;
}

/// When a source was first looked at since.
#[derive(Serialize, Deserialize)]
pub(super) struct SeenAgain(Timestamp);

impl Record for SeenAgain {
    const VERSION: u8 = 1;
}

/// What is handed in or pushed again comes within this time.
const SENT_AGAIN: Duration = Duration::from_hours(24);
/// A gig of a look may be written down so long after the time that the look notes.
const ONE_LOOK: Duration = Duration::from_hours(1);
/// A restore before this one still counts when it was so shortly before the backup.
const SHORTLY: Duration = Duration::from_hours(7 * 24);

impl Restored {
    /// As it is on record that a request last left: an earlier run may have sent until the restore.
    pub fn is_guess(&self, delivery: &Delivery) -> bool {
        delivery.last_sent == Some(self.at)
    }

    fn perhaps_out(&self, mut delivery: Delivery) -> Delivery {
        delivery.unsure = Sent::Perhaps;
        (delivery.state, delivery.wait) = (State::Unknown { looked: 0 }, Wait::LookUp);
        delivery.due = self.at;
        // It counts as a try, as any other whose end nobody knows.
        delivery.attempts = delivery.attempts.max(1);
        delivery.last_sent = Some(self.at);
        delivery.stamp.first_sent = Some(delivery.stamp.first_sent.unwrap_or(self.taken).min(self.taken));
        delivery
    }
}

fn restored_key() -> layout::Key {
    layout::meta("restored")
}

impl Ledger {
    /// The restore that this store comes from; nothing when it comes from none.
    pub async fn restored(&self) -> Result<Option<Restored>, StoreError> {
        let read = async || Ok(self.read::<Restored>(&restored_key()).await?.map(|read| read.value));
        self.restored.get_or_try_init(read).await.copied()
    }

    /// Notes that this store has just been restored from a backup taken then, before anything else uses it. Answers how many deliveries are to be
    /// looked for.
    pub async fn note_restored(&self, taken: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
        let before = self.read::<Restored>(&restored_key()).await?.map(|read| read.value);
        let still = before.filter(|before| before.at.plus(SHORTLY) > taken);
        let taken = still.map_or(taken, |before| before.taken.min(taken));
        let restored = Restored { taken, at: now.max(taken) };
        let mut batch = Batch::default();
        layout::put(&mut batch, restored_key(), &restored, None);
        let (from, until) = layout::seen_again_all();
        batch.delete = self.store.scan(&from, &until, usize::MAX).await?.iter().map(|(key, _)| key.to_vec()).collect();
        self.store.commit(batch).await?;

        let mut doubtful = 0;
        let (mut from, until) = (layout::deliveries(), layout::end_of(&layout::deliveries()));
        loop {
            let page = self.store.scan(&from, &until, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(doubtful) };
            from = [last.as_ref(), &[0]].concat();
            for (key, head) in &page {
                let delivery: Delivery = self.open(key, head).await?;
                doubtful += usize::from(self.doubt(&restored, &delivery).await?);
            }
        }
    }

    async fn doubt(&self, restored: &Restored, delivery: &Delivery) -> Result<bool, StoreError> {
        let after = match delivery.state {
            _ if !delivery.verb.makes_a_post() => return Ok(false),
            State::Queued | State::Held(Hold::Review | Hold::Relink) => restored.perhaps_out(delivery.clone()),
            // These are looked for in any case, and an absence is believed no sooner than it should be.
            State::Unknown { .. } | State::Sending { .. } => {
                Delivery { last_sent: Some(restored.at), ..delivery.clone() }
            }
            State::Held(Hold::Unconfirmed) | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => {
                return Ok(false);
            }
        };
        if delivery.unsure == Sent::SurelyNot && delivery.wording == Wording::Composed {
            self.unfreeze_text(delivery).await?;
        }
        let turn = self.turn_with(delivery.account, delivery.id).await?;
        self.end_turn(&turn, Change { delivery: Some(after), ..Change::default() }).await?;
        Ok(true)
    }

    /// Text that carries no code is looked for word by word, and may have been worded anew before it went out: a look for it would prove nothing.
    async fn unfreeze_text(&self, delivery: &Delivery) -> Result<(), StoreError> {
        let key = layout::post(delivery.id);
        if self.post(delivery.id).await?.is_some_and(|post| post.code.is_none()) {
            let mut batch = Batch::default();
            let old = self.store.get(&key).await?;
            layout::remove(&mut batch, key, old.as_ref());
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// A delivery as it is opened: in a store that was restored it may have gone out before.
    pub(super) async fn as_restored(&self, opened: &Delivery) -> Result<Delivery, StoreError> {
        let Some(restored) = self.restored().await?.filter(|_| opened.verb.makes_a_post()) else {
            return Ok(opened.clone());
        };
        let may_be_out = match self.gig(opened.gig).await? {
            Some(record) => self.was_perhaps_known(&restored, &record.gig).await?,
            None => true,
        };
        Ok(if may_be_out { restored.perhaps_out(opened.clone()) } else { opened.clone() })
    }

    async fn was_perhaps_known(&self, restored: &Restored, gig: &Gig) -> Result<bool, StoreError> {
        if gig.first_seen <= restored.at.plus(SENT_AGAIN) {
            return Ok(true);
        }
        let known = match self.read::<SeenAgain>(&layout::seen_again(gig.source)).await? {
            Some(again) => gig.first_seen <= again.value.0.plus(ONE_LOOK),
            None => self.source_state(gig.source).await?.looked.is_some(),
        };
        Ok(known)
    }

    /// Adds to what a look left that it was the first since the restore, when it was and brought an answer.
    pub(super) async fn note_seen_again(
        &self,
        batch: &mut Batch,
        source: SourceId,
        state: &SourceState,
    ) -> Result<(), StoreError> {
        let Some(restored) = self.restored().await? else { return Ok(()) };
        let key = layout::seen_again(source);
        if let Some(seen) = state.seen.filter(|seen| *seen > restored.at)
            && self.store.get(&key).await?.is_none()
        {
            layout::put(batch, key, &SeenAgain(seen), None);
        }
        Ok(())
    }
}
