//! What an actor has part in, found by them: what they did under posts, the vouches by them and for them, and which person here they are.
//!
//! Each of these lies where it is read most, under its gig or its account; beside it lies a key without a value that names its actor first. It is written and taken
//! away in the batch that writes or takes away the row, and says nothing that the row does not. So what is held of somebody costs what is held of
//! them, however much is held of others.

use super::Ledger;
use super::shelves::Filled;
use crate::engagement::{Engagement, Vouch};
use crate::id::{ActorId, PersonId};
use crate::person::Identity;
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Key};
use bytes::Bytes;
use std::collections::BTreeSet;

/// Adds to a batch that these have part in a row.
pub(super) fn note(batch: &mut Batch, row: &[u8], actors: impl IntoIterator<Item = ActorId>) {
    batch.put.extend(actors.into_iter().map(|actor| (layout::by_actor(actor, row), Vec::new())));
}

/// Adds to a batch that the row of these is gone.
pub(super) fn remove(batch: &mut Batch, row: &[u8], actors: impl IntoIterator<Item = ActorId>) {
    batch.delete.extend(actors.into_iter().map(|actor| layout::by_actor(actor, row)));
}

impl Ledger {
    /// What these actors did under posts of gigs.
    pub async fn deeds_by(&self, actors: &[ActorId]) -> Result<Vec<Engagement>, StoreError> {
        let mut deeds = Vec::new();
        for key in self.rows_of(actors, layout::engagements_by).await? {
            deeds.extend(self.read::<Engagement>(&key).await?.map(|read| read.value));
        }
        Ok(deeds)
    }

    /// All vouches read from posts that are by one of these or for one, those taken back included.
    pub async fn vouches_with(&self, actors: &[ActorId]) -> Result<Vec<Vouch>, StoreError> {
        let mut found = Vec::new();
        for key in self.rows_of(actors, layout::vouches_with).await? {
            found.extend(self.read::<Vouch>(&key).await?.map(|read| read.value));
        }
        Ok(found)
    }

    /// Who here has shown to be this actor.
    pub async fn person_of(&self, actor: ActorId) -> Result<Option<PersonId>, StoreError> {
        for key in self.rows_of(&[actor], layout::identities_as).await? {
            if let Some(known) = self.read::<Identity>(&key).await? {
                return Ok(Some(known.value.person));
            }
        }
        Ok(None)
    }

    /// The keys of all rows of one kind in which these have part, each once.
    pub(super) async fn rows_of(
        &self,
        actors: &[ActorId],
        kind: fn(ActorId) -> Key,
    ) -> Result<BTreeSet<Key>, StoreError> {
        let mut rows = BTreeSet::new();
        for actor in actors {
            let keys = self.keys(&kind(*actor), usize::MAX).await?;
            rows.extend(keys.iter().filter_map(|(key, _)| layout::read_by_actor(key).map(<[u8]>::to_vec)));
        }
        Ok(rows)
    }

    /// Who has part in a row; nobody in one of any other kind.
    pub(super) async fn actors_in(&self, key: &[u8], head: &Bytes) -> Result<Vec<ActorId>, StoreError> {
        Ok(if key.starts_with(&layout::engagements()) {
            vec![self.open::<Engagement>(key, head).await?.actor]
        } else if key.starts_with(&layout::vouches()) {
            layout::read_vouch(key).map(|(by, whom)| vec![by, whom]).unwrap_or_default()
        } else if key.starts_with(&layout::identities()) {
            self.open::<Identity>(key, head).await?.actors().to_vec()
        } else {
            Vec::new()
        })
    }

    /// Makes what lies in an older store to be found by its actors; once, before anything else is written.
    pub async fn fill_by_actor(&self) -> Result<(), StoreError> {
        let done = layout::meta("by-actor");
        if self.store.get(&done).await?.is_some() {
            return Ok(());
        }
        for space in [layout::identities(), layout::engagements(), layout::vouches()] {
            let (mut from, until) = (space.clone(), layout::end_of(&space));
            loop {
                let page = self.store.scan(&from, &until, super::PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                from = [last, &[0][..]].concat();
                let mut batch = Batch::default();
                for (key, head) in &page {
                    note(&mut batch, key, self.actors_in(key, head).await?);
                }
                self.store.commit(batch).await?;
            }
        }
        let mut batch = Batch::default();
        layout::put(&mut batch, done, &Filled, None);
        self.store.commit(batch).await.map(drop)
    }
}
