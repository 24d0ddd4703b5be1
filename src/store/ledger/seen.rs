//! What was seen on the networks: who engaged with a gig's posts, who vouched for whom, and who they are.
//!
//! Only reading stands here; what is written, and when, stands with the watch (`engagements`).

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
    /// All that was done to the posts of a gig, what was undone included.
    pub async fn engagements(&self, gig: GigId) -> Result<Vec<Engagement>, StoreError> {
        self.list(&layout::engagements_of(gig), usize::MAX).await
    }

    /// All vouches read under a gig, those taken back included.
    pub async fn vouches(&self, gig: GigId) -> Result<Vec<Vouch>, StoreError> {
        self.list(&layout::vouches_of(gig), usize::MAX).await
    }

    /// Nothing for someone who asks not to be indexed: they are counted, never named.
    pub async fn actor(&self, id: ActorId) -> Result<Option<Actor>, StoreError> {
        Ok(self.read(&layout::actor(id)).await?.map(|read| read.value))
    }

    /// Everyone with this handle as people write it, with or without the leading `@`. Looks through all who are on record.
    pub async fn actors_called(&self, handle: &str) -> Result<Vec<Actor>, StoreError> {
        let bare = |handle: &str| handle.trim().trim_start_matches('@').to_lowercase();
        let wanted = bare(handle);
        let everyone: Vec<Actor> = self.list(&layout::actors(), usize::MAX).await?;
        Ok(everyone.into_iter().filter(|actor| bare(&actor.handle) == wanted).collect())
    }
}
