//! What an instance says that it saw: whose word a vouch is that was brought here, and in which post it stands.
//!
//! It is the word of whoever wrote that post for as long as the operator believes that instance, and once its author is known here. Until then,
//! and from then on where either ends, it is kept and is nobody's. So what changes in the configuration or in who is known is followed, and nothing has to be brought
//! again.

use super::Ledger;
use super::evidence::{record, strike};
use super::imports::{Import, KnownIssuer};
use crate::id::ActorId;
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use crate::trust::Party;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// The author, as each network would know them by the address that the instance gives, and as a [`signer`](Self::signer) where it gives a key: at
    /// most one of these is anybody.
    pub by: Vec<ActorId>,
    pub post: String,
}

impl Sight {
    /// Among authors, whoever signs by this DID: of no network, since an issuer is of none.
    pub fn signer(did: &str) -> ActorId {
        ActorId::from_uri("", did)
    }
}

impl Record for Sight {
    const VERSION: u8 = 1;
}

impl Ledger {
    /// The same with what an instance saw of it.
    pub(super) async fn with_sight(&self, import: Import) -> Result<Import, StoreError> {
        let sight = self.read::<Sight>(&layout::sight(import.subject, &import.issuer, &import.id)).await?;
        Ok(Import { seen: sight.map(|read| read.value), ..import })
    }

    /// Whoever wrote it, if they are known here by their address or as an issuer, and may be named.
    pub(super) async fn author_of(&self, sight: &Sight) -> Result<Option<Party>, StoreError> {
        let unnamed = self.unnamed_among(sight.by.iter().copied()).await?;
        for actor in sight.by.iter().filter(|actor| !unnamed.contains(actor)) {
            if self.actor(*actor).await?.is_some() || self.person_of(*actor).await?.is_some() {
                return Ok(Some(Party::Actor(*actor)));
            }
        }
        for known in self.list::<KnownIssuer>(&layout::known_issuers(), usize::MAX).await? {
            if sight.by.contains(&Sight::signer(&known.issuer)) {
                return Ok(Some(known.party));
            }
        }
        Ok(None)
    }

    /// Makes what instances saw the word of its authors, as things are now: `believed` is asked for an issuer. Answers how many changed.
    pub async fn place_sights(&self, believed: impl Fn(&str) -> bool) -> Result<usize, StoreError> {
        let mut placed = 0;
        for (sight, _) in self.keys(&layout::sights(), usize::MAX).await? {
            let Some(key) = layout::import_of_sight(&sight) else { continue };
            while let Some(read) = self.read::<Import>(&key).await? {
                let import = self.with_sight(read.value).await?;
                let author = match &import.seen {
                    Some(sight) if believed(&import.issuer) => self.author_of(sight).await?,
                    _ => None,
                };
                // Whoever took it back here is not made to say it again.
                if author == import.by || self.is_taken_back(&import).await? {
                    break;
                }
                let (about, piece) = (Party::Person(import.subject), import.piece());
                let mut batch = Batch::default();
                batch.expect.push((key.clone(), Some(read.head)));
                batch.expect.extend(import.taken_back_keys().into_iter().map(|key| (key, None)));
                if let Some(before) = import.by {
                    strike(&mut batch, before, about, &piece);
                }
                if let Some(author) = author {
                    record(&mut batch, author, about, &piece);
                }
                layout::put(&mut batch, key.clone(), &Import { by: author, ..import }, None);
                if self.store.commit(batch).await? == Commit::Applied {
                    placed += 1;
                    break;
                }
            }
        }
        if placed > 0 {
            self.tied();
        }
        Ok(placed)
    }
}
