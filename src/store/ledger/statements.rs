//! What people say of themselves: the work they offer, and where they may follow it.
//!
//! A feed of one's own is read by programs that cannot sign in, so its address is the key to it. Of the address only a hash is kept: whoever
//! reads the store cannot read the feed. Each person has one address; a new one ends the old.

use super::Ledger;
use crate::clock::Timestamp;
use crate::id::{PersonId, digest};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Batch, Commit, StoreError};
use crate::redact;
use crate::secret::Secret;
use crate::store::layout::{self, Record};
use crate::trust::Party;
use serde::{Deserialize, Serialize};

/// What a person offers, in their own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    /// Category slugs; a parent includes its children.
    pub categories: Vec<String>,
    #[serde(deserialize_with = "redact::kept_lines")]
    pub skills: Vec<String>,
    /// BCP 47 primary tags.
    pub languages: Vec<String>,
    /// Cities, regions or countries, and `remote`.
    #[serde(deserialize_with = "redact::kept_lines")]
    pub places: Vec<String>,
    pub availability: Availability,
    pub revised: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    #[default]
    Unsaid,
    Now,
    Soon,
    NotNow,
}

impl Availability {
    pub const ALL: [Self; 4] = [Self::Unsaid, Self::Now, Self::Soon, Self::NotNow];

    /// As forms name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Now => "now",
            Self::Soon => "soon",
            Self::NotNow => "not-now",
        }
    }

    /// As people read it; empty where nothing was said.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unsaid => "",
            Self::Now => "available now",
            Self::Soon => "available soon",
            Self::NotNow => "not available at the moment",
        }
    }
}

impl Statements {
    pub fn nothing(revised: Timestamp) -> Self {
        let (categories, skills, languages, places) = Default::default();
        Self { categories, skills, languages, places, availability: Availability::Unsaid, revised }
    }

    /// Whether they say that they do this kind of work, or some part of it.
    pub fn offer(&self, category: &str) -> bool {
        self.categories.iter().any(|own| Taxonomy::includes(own, category) || Taxonomy::includes(category, own))
    }
}

impl Record for Statements {
    const VERSION: u8 = 1;
}

/// That somebody has a feed of their own, and since when. Its address is known to them alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedAddress {
    pub person: PersonId,
    pub made: Timestamp,
    hash: [u8; 32],
}

impl Record for FeedAddress {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub async fn statements(&self, person: PersonId) -> Result<Option<Statements>, StoreError> {
        Ok(self.read(&layout::statements(person)).await?.map(|read| read.value))
    }

    pub async fn all_statements(&self) -> Result<Vec<(PersonId, Statements)>, StoreError> {
        let mut all = Vec::new();
        for (key, _) in self.keys(&layout::all_statements(), usize::MAX).await? {
            let Some(person) = layout::read_statements(&key) else { continue };
            all.extend(self.statements(person).await?.map(|said| (person, said)));
        }
        Ok(all)
    }

    /// Keeps what somebody says of themselves; it takes the place of what they said before.
    pub async fn state(&self, person: PersonId, said: &Statements) -> Result<(), StoreError> {
        let key = layout::statements(person);
        loop {
            let old = self.store.get(&key).await?;
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), said, old.as_ref());
            // Of what takes the place of another the parts are known to be litter.
            batch.expect.push((key.clone(), old));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// Whether somebody has a feed of their own.
    pub async fn feed_of(&self, person: PersonId) -> Result<Option<FeedAddress>, StoreError> {
        Ok(self.read(&layout::feed_address_of(person)).await?.map(|read| read.value))
    }

    /// Whose feed it is.
    pub async fn feed_reader(&self, token: &Secret) -> Result<Option<PersonId>, StoreError> {
        let read = self.read::<FeedAddress>(&layout::feed_address(&hash(token))).await?;
        Ok(read.map(|read| read.value.person))
    }

    /// Gives somebody's feed this address, and ends the one it had. Nothing for `token`: it has none from now on.
    pub async fn readdress_feed(
        &self,
        person: PersonId,
        token: Option<&Secret>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let of = layout::feed_address_of(person);
        loop {
            let had = self.read::<FeedAddress>(&of).await?;
            let mut batch = Batch::default();
            batch.expect.push((of.clone(), had.as_ref().map(|had| had.head.clone())));
            batch.delete.push(of.clone());
            batch.delete.extend(had.map(|had| layout::feed_address(&had.value.hash)));
            if let Some(token) = token {
                let address = FeedAddress { person, made: now, hash: hash(token) };
                layout::put(&mut batch, of.clone(), &address, None);
                layout::put(&mut batch, layout::feed_address(&address.hash), &address, None);
            }
            // Whoever pressed the same button elsewhere was quicker: the next look ends that address too.
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// Adds to a batch that what one person said of themselves, their feed and their wish, is another's from now on. What that one said already stays.
    pub(super) async fn move_own(&self, batch: &mut Batch, was: PersonId, is: PersonId) -> Result<(), StoreError> {
        if self.statements(is).await?.is_none()
            && let Some(said) = self.statements(was).await?
        {
            layout::put(batch, layout::statements(is), &said, None);
        }
        if self.feed_of(is).await?.is_none()
            && let Some(had) = self.feed_of(was).await?
        {
            // The key is put after it is deleted, so it stays.
            let address = FeedAddress { person: is, ..had };
            layout::put(batch, layout::feed_address_of(is), &address, None);
            layout::put(batch, layout::feed_address(&address.hash), &address, None);
        }
        let (wish, wished) = (layout::wish(Party::Person(was)), layout::wish(Party::Person(is)));
        if let Some(unlisted) = self.store.get(&wish).await? {
            batch.put.push((wished, unlisted.to_vec()));
            batch.delete.push(wish);
        }
        self.drop_own(batch, was).await
    }

    /// Adds to a batch that nothing is kept of what somebody said of themselves, and that their feed has no address.
    pub(super) async fn drop_own(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        let key = layout::statements(person);
        if let Some(old) = self.store.get(&key).await? {
            layout::remove(batch, key, Some(&old));
        }
        if let Some(had) = self.feed_of(person).await? {
            batch.delete.extend([layout::feed_address_of(person), layout::feed_address(&had.hash)]);
        }
        Ok(())
    }
}

fn hash(token: &Secret) -> [u8; 32] {
    digest("feed address", &[token.expose().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Store as _;
    use crate::store::memory::MemoryStore;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_new_address_ends_the_old_one_and_neither_is_kept_in_the_open() {
        let store = Arc::new(MemoryStore::new());
        let ledger = Ledger::new(store.clone());
        let (ana, first, second) = (PersonId::of(&[b"ana"]), Secret::new("first-token"), Secret::new("second-token"));
        ledger.readdress_feed(ana, Some(&first), Timestamp::EPOCH).await.unwrap();
        assert_eq!(ledger.feed_reader(&first).await.unwrap(), Some(ana));
        ledger.readdress_feed(ana, Some(&second), Timestamp::EPOCH).await.unwrap();
        assert_eq!(ledger.feed_reader(&first).await.unwrap(), None);
        assert_eq!(ledger.feed_reader(&second).await.unwrap(), Some(ana));
        for (key, value) in store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap() {
            let shows = |bytes: &[u8]| bytes.windows(12).any(|part| part == b"second-token");
            assert!(!shows(&key) && !shows(&value));
        }
        ledger.readdress_feed(ana, None, Timestamp::EPOCH).await.unwrap();
        assert_eq!((ledger.feed_reader(&second).await.unwrap(), ledger.feed_of(ana).await.unwrap()), (None, None));
    }

    #[test]
    fn whoever_states_a_kind_of_work_offers_its_parts_and_is_found_by_its_parent() {
        let said = Statements {
            categories: vec!["design/illustration".into(), "writing".into()],
            ..Statements::nothing(Timestamp::EPOCH)
        };
        for (asked, offered) in [
            ("design/illustration", true),
            ("design", true),
            ("design/brand", false),
            ("writing/copy", true),
            ("writing", true),
        ] {
            assert_eq!(said.offer(asked), offered, "{asked}");
        }
    }
}
