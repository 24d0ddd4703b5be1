//! Vouches that were read from a post, taken back by their author on a page.
//!
//! The post still says it, and is read again. So the vouch keeps a tombstone of its own kind, which no reading of that post brings back to life, edited or
//! not: an edit mends a word, and whoever took one back has said what they mean. They vouch again in another post, or on a page.

use super::evidence::{Piece, strike};
use super::{Ledger, Read};
use crate::clock::Timestamp;
use crate::engagement::Vouch;
use crate::id::ActorId;
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout;
use crate::trust::{Deed, Party};

impl Ledger {
    /// What this account vouched for that party in the post at this address counts no more, for good. Answers whether it stood.
    pub async fn take_back(&self, by: ActorId, about: Party, post: &str, now: Timestamp) -> Result<bool, StoreError> {
        loop {
            let mut batch = Batch::default();
            let author = Party::Actor(by);
            for piece in self.evidence_between(author, about).await? {
                if matches!(piece.deed, Deed::Vouch(_)) && piece.source == post {
                    strike(&mut batch, author, about, &Piece::from(piece));
                }
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
