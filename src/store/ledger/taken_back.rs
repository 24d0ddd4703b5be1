//! Vouches that were said elsewhere than on a page, taken back by their author on one.
//!
//! The post still says it, and is read again; the signature still holds, and is brought again. So the vouch keeps a tombstone of its own kind, which no reading of that post
//! brings back to life, edited or not, and nobody who brings it: an edit mends a word, and whoever took one back has said what they mean. They vouch again in another post, or on
//! a page.

use super::evidence::{Piece, strike};
use super::{Import, Ledger, Read};
use crate::clock::Timestamp;
use crate::engagement::Vouch;
use crate::id::ActorId;
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout;
use crate::trust::{Deed, Evidence, Party};

impl Ledger {
    /// What this account vouched for that party in the post at this address counts no more, for good. Answers whether it stood.
    pub async fn take_back(&self, by: ActorId, about: Party, post: &str, now: Timestamp) -> Result<bool, StoreError> {
        loop {
            let mut batch = Batch::default();
            let author = Party::Actor(by);
            let mut said = self.evidence_between(author, about).await?;
            said.retain(|piece| matches!(piece.deed, Deed::Vouch(_)) && piece.source == post);
            self.bury_brought(&mut batch, &said).await?;
            for piece in said {
                strike(&mut batch, author, about, &Piece::from(piece));
            }
            if let Party::Actor(whom) = about {
                self.bury(&mut batch, (by, whom), post, now).await?;
            }
            let stood = !batch.delete.is_empty();
            // Whoever brings what another instance saw of this post brings nothing that counts.
            batch.put.push((layout::taken_back(by, post), Vec::new()));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(stood);
            }
        }
    }

    /// Adds to a batch that those of these words that were brought are not brought again.
    pub(super) async fn bury_brought(&self, batch: &mut Batch, words: &[Evidence]) -> Result<(), StoreError> {
        for word in words {
            let Party::Person(subject) = word.about else { continue };
            for import in self.imports_of(subject).await? {
                // No two that were brought have one source.
                if import.source() == word.source {
                    batch.put.extend(import.taken_back_keys().into_iter().map(|key| (key, Vec::new())));
                }
            }
        }
        Ok(())
    }

    /// Whether its author has said that it is not their word any more.
    pub async fn is_taken_back(&self, import: &Import) -> Result<bool, StoreError> {
        for key in import.taken_back_keys() {
            if self.store.get(&key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds to a batch the tombstone, under whichever gigs it was read.
    async fn bury(
        &self,
        batch: &mut Batch,
        (by, whom): (ActorId, ActorId),
        post: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for key in self.rows_of(&[by], layout::vouches_with).await? {
            if layout::read_vouch(&key) != Some((by, whom)) {
                continue;
            }
            let Some(Read { value, head }) = self.read::<Vouch>(&key).await? else { continue };
            if value.evidence == post && !value.is_taken_back() {
                layout::put(batch, key.clone(), &value.taken_back(now), Some(&head));
                batch.expect.push((key, Some(head)));
            }
        }
        Ok(())
    }
}
