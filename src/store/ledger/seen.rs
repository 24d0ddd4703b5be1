//! What people did with our posts, as it is read: pages and feeds ask here, and only backfeed writes.

use super::Ledger;
use crate::engagement::{Engagement, Vouch};
use crate::id::{ActorId, GigId};
use crate::person::Actor;
use crate::ports::StoreError;
use crate::store::layout::{self, Record};

impl Record for Engagement {
    const VERSION: u8 = 1;
}

impl Record for Vouch {
    const VERSION: u8 = 1;
}

impl Record for Actor {
    const VERSION: u8 = 1;
}

impl Ledger {
    /// Everything anyone did to the posts of a gig, what was undone included.
    pub async fn engagements(&self, gig: GigId) -> Result<Vec<Engagement>, StoreError> {
        self.list(&layout::engagements_of(gig), usize::MAX).await
    }

    /// Every vouch said under a gig, what was taken back included.
    pub async fn vouches(&self, gig: GigId) -> Result<Vec<Vouch>, StoreError> {
        self.list(&layout::vouches_of(gig), usize::MAX).await
    }

    pub async fn actor(&self, id: ActorId) -> Result<Option<Actor>, StoreError> {
        Ok(self.read(&layout::actor(id)).await?.map(|read| read.value))
    }
}
