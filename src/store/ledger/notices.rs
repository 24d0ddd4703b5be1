//! Notices that are still to be sent, each until every way has taken it or has been given up.

use super::{Ledger, Read};
use crate::clock::Timestamp;
use crate::id::{AccountId, PersonId};
use crate::notice::{News, Notice};
use crate::ports::{Batch, Commit, StoreError};
use crate::referral::{Interest, Via};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

/// A notice on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub notice: Notice,
    /// The ways that have taken it.
    pub taken: Vec<String>,
    /// Rounds in which some way did not.
    pub tries: u16,
    pub due: Timestamp,
}

impl Record for Unsent {
    const VERSION: u8 = 2;
}

/// The end of a link that its person has been told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EndTold(Timestamp);

impl Record for EndTold {
    const VERSION: u8 = 1;
}

/// Whether something is told now, or has been before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Now,
    Before,
}

/// An [`Unsent`] with its place in the store.
#[derive(Debug)]
pub struct Kept {
    key: layout::Key,
    read: Read<Unsent>,
}

impl Kept {
    pub fn unsent(&self) -> &Unsent {
        &self.read.value
    }
}

impl Ledger {
    /// Adds to a batch that this is to be told.
    pub(super) fn tell(&self, batch: &mut Batch, notice: Notice) {
        let key = layout::notice(notice.at, self.next_told());
        let due = notice.at;
        layout::put(batch, key, &Unsent { notice, taken: Vec::new(), tries: 0, due }, None);
    }

    /// Keeps a notice that a link ends then, once for each link and end, whoever asks and however often.
    pub async fn tell_end(&self, account: AccountId, notice: Notice, ends: Timestamp) -> Result<Told, StoreError> {
        let key = layout::end_told(account);
        loop {
            let known = self.read::<EndTold>(&key).await?;
            if known.as_ref().is_some_and(|known| known.value == EndTold(ends)) {
                return Ok(Told::Before);
            }
            let head = known.map(|known| known.head);
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), &EndTold(ends), head.as_ref());
            batch.expect.push((key.clone(), head));
            self.tell(&mut batch, notice.clone());
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Told::Now);
            }
        }
    }

    /// The end of an account's link that its person has been told of.
    pub async fn end_told(&self, account: AccountId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read::<EndTold>(&layout::end_told(account)).await?.map(|read| read.value.0))
    }

    /// What is still to be told to this person, and to others of them; oldest first.
    pub async fn notices_with(&self, person: PersonId) -> Result<Vec<Unsent>, StoreError> {
        let names = |notice: &Notice| match &notice.news {
            _ if notice.person == person => true,
            News::Interested { interest, .. } => interest.person == Some(person),
            News::NeedsRelink { .. } | News::EndsSoon { .. } => false,
        };
        let all = self.unsent().await?.into_iter().map(|kept| kept.read.value);
        Ok(all.filter(|unsent| names(&unsent.notice)).collect())
    }

    /// Adds to a batch that nothing is told to a person any more, nor that they are interested in a gig, nor that others came by their link.
    pub(super) async fn drop_notices(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        for Kept { key, read: Read { value: unsent, head } } in self.unsent().await? {
            let theirs = unsent.notice.person == person;
            match &unsent.notice.news {
                News::Interested { interest, .. } if !theirs && interest.person != Some(person) => {
                    if interest.via == Via::Link(person) {
                        let interest = Interest { via: Via::Page, ..interest.clone() };
                        let news = News::Interested { interest, by: "somebody's link".to_owned() };
                        let notice = Notice { news, ..unsent.notice };
                        layout::put(batch, key.clone(), &Unsent { notice, ..unsent }, Some(&head));
                        batch.expect.push((key, Some(head)));
                    }
                }
                News::Interested { .. } => layout::remove(batch, key, Some(&head)),
                News::NeedsRelink { .. } | News::EndsSoon { .. } if theirs => layout::remove(batch, key, Some(&head)),
                News::NeedsRelink { .. } | News::EndsSoon { .. } => {}
            }
        }
        Ok(())
    }

    /// Adds to a batch that what is still to be told of one person, and to them, is of another and to that one.
    pub(super) async fn move_notices(&self, batch: &mut Batch, was: PersonId, is: PersonId) -> Result<(), StoreError> {
        let renamed = |person: PersonId| if person == was { is } else { person };
        for Kept { key, read: Read { value: before, head } } in self.unsent().await? {
            let mut unsent = before.clone();
            unsent.notice.person = renamed(unsent.notice.person);
            if let News::Interested { interest, .. } = &mut unsent.notice.news {
                *interest = interest.clone().moved(was, is);
            }
            if unsent != before {
                layout::put(batch, key.clone(), &unsent, Some(&head));
                batch.expect.push((key, Some(head)));
            }
        }
        Ok(())
    }

    /// All that is still to be sent, oldest first.
    pub async fn unsent(&self) -> Result<Vec<Kept>, StoreError> {
        let mut kept = Vec::new();
        for (key, _) in self.keys(&layout::notices(), usize::MAX).await? {
            if let Some(read) = self.read(&key).await? {
                kept.push(Kept { key: key.to_vec(), read });
            }
        }
        Ok(kept)
    }

    /// Writes down how a round ended; nothing more to do when `after` is nothing.
    pub async fn note_sent(&self, kept: Kept, after: Option<Unsent>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        match after {
            Some(unsent) => layout::put(&mut batch, kept.key.clone(), &unsent, Some(&kept.read.head)),
            None => layout::remove(&mut batch, kept.key.clone(), Some(&kept.read.head)),
        }
        batch.expect.push((kept.key, Some(kept.read.head)));
        self.store.commit(batch).await.map(drop)
    }
}
