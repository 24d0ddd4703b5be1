//! What is pushed to us: which messages of hooks were taken in, and what hubs were asked for.
//!
//! No record holds a secret: addresses and secrets for hubs are made anew from the push key, the source and `nth`.

use super::{Ledger, RefusedItem};
use crate::clock::Timestamp;
use crate::id::SourceId;
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

/// What a source's feed offers, what its hub was asked, and what it granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub hub: String,
    pub topic: String,
    /// Whether the feed, when last read, still named this hub.
    pub is_offered: bool,
    /// Counts the subscriptions of this source: each has an address and a secret of its own.
    pub nth: u32,
    /// What our address began with when the hub was asked.
    pub base: String,
    /// A request that the hub has not confirmed yet, since then.
    pub asked: Option<Timestamp>,
    /// When the hub last asked whether we meant it, and was told so.
    pub confirmed: Option<Timestamp>,
    /// The hub pushes until then.
    pub until: Option<Timestamp>,
    /// When there is something to do about it again.
    pub due: Option<Timestamp>,
    /// Requests since the last that succeeded.
    pub failures: u16,
    /// What came of the last of them; or what the hub said when it ended the subscription.
    pub trouble: Option<String>,
    /// When something was last pushed that its hub had signed.
    pub pushed: Option<Timestamp>,
    /// The subscription before this one, of which the hub is to be told that it is no longer wanted.
    pub left: Option<Left>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub hub: String,
    pub topic: String,
    pub nth: u32,
    /// Since when the hub has been asked to confirm.
    pub asked: Option<Timestamp>,
}

impl Record for Subscription {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
pub(super) struct Message(Timestamp);

impl Record for Message {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub async fn subscription(&self, source: SourceId) -> Result<Option<Subscription>, StoreError> {
        Ok(self.read::<Subscription>(&layout::subscription(source)).await?.map(|read| read.value))
    }

    /// Those that there are, each with its source.
    pub async fn subscriptions(&self) -> Result<Vec<(SourceId, Subscription)>, StoreError> {
        let mut all = Vec::new();
        for (key, _) in self.keys(&layout::subscriptions(), usize::MAX).await? {
            let Some(source) = layout::read_subscription(&key) else { continue };
            all.extend(self.subscription(source).await?.map(|subscription| (source, subscription)));
        }
        Ok(all)
    }

    /// Changes a subscription, unless `change` makes nothing of it; decided anew when someone else changed it meanwhile. Answers what is on
    /// record then.
    pub async fn change_subscription(
        &self,
        source: SourceId,
        change: impl Fn(Option<&Subscription>) -> Option<Subscription> + Sync,
    ) -> Result<Option<Subscription>, StoreError> {
        let key = layout::subscription(source);
        loop {
            let old = self.read::<Subscription>(&key).await?;
            let Some(new) = change(old.as_ref().map(|old| &old.value)) else {
                return Ok(old.map(|old| old.value));
            };
            if old.as_ref().is_some_and(|old| old.value == new) {
                return Ok(Some(new));
            }
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), &new, old.as_ref().map(|old| &old.head));
            batch.expect.push((key.clone(), old.map(|old| old.head)));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Some(new));
            }
        }
    }

    /// What in something pushed was no gig.
    pub async fn note_refused(&self, source: SourceId, refused: &[RefusedItem]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for item in refused {
            layout::put(&mut batch, layout::refused(source, &item.what), item, None);
        }
        if refused.is_empty() { Ok(()) } else { self.store.commit(batch).await.map(drop) }
    }

    /// When this message was taken in, if it was.
    pub async fn message(&self, source: SourceId, id: &[u8; 16]) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read::<Message>(&layout::message(source, id)).await?.map(|read| read.value.0))
    }

    /// Notes that a message has been taken in, once all that it brought is on record.
    pub async fn note_message(&self, source: SourceId, id: &[u8; 16], now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::message(source, id), &Message(now), None);
        batch.put.push((layout::message_by_time(now, source, id), Vec::new()));
        self.store.commit(batch).await.map(drop)
    }

    /// Forgets messages that came before; at most `limit`. Answers how many.
    pub async fn forget_messages(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let (from, until) = layout::messages_before(before);
        let old = self.store.scan(&from, &until, limit).await?;
        let mut batch = Batch::default();
        for (key, _) in &old {
            batch.delete.extend(layout::read_message_by_time(key));
            batch.delete.push(key.to_vec());
        }
        if !old.is_empty() {
            self.store.commit(batch).await?;
        }
        Ok(old.len())
    }
}
