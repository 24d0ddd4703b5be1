//! By which ways people came to gigs, who would do them, and whose links lead there.
//!
//! Visits are numbers, added up elsewhere and brought here now and then. An interest is written together with the notice that tells it, once,
//! however often it is sent; it goes when it is withdrawn, when its person is forgotten, or when its time is over.

use super::{Counter, Ledger};
use crate::clock::Timestamp;
use crate::id::{Code, GigId, InterestId, PersonId};
use crate::notice::Notice;
use crate::ports::{Batch, Commit, StoreError};
use crate::referral::{Interest, Via};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

/// Kept for one gig at most: beyond it nobody reads, and whoever floods a poster stops here.
const MOST: usize = 500;
/// Ways written in one batch.
const AT_ONCE: usize = 256;

impl Record for Interest {
    const VERSION: u8 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whose(PersonId);

impl Record for Whose {
    const VERSION: u8 = 1;
}

/// What became of an interest that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterestKept {
    New,
    /// The same was sent before, and its poster was told then.
    Before,
    /// So many have said so that no more are taken.
    Full,
}

impl Ledger {
    /// Adds visits to those on record. Whoever counts them calls this one call at a time.
    pub async fn note_visits(&self, counted: &[((GigId, Via), u64)]) -> Result<(), StoreError> {
        for part in counted.chunks(AT_ONCE) {
            let mut batch = Batch::default();
            for ((gig, via), more) in part {
                let key = layout::visits(*gig, *via);
                let known = self.read::<Counter>(&key).await?.map_or(0, |read| read.value.0);
                layout::put(&mut batch, key, &Counter(known.saturating_add(*more)), None);
            }
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// How many came to a gig, by each way.
    pub async fn visits(&self, gig: GigId) -> Result<Vec<(Via, u64)>, StoreError> {
        let mut all = Vec::new();
        for (key, head) in self.keys(&layout::visits_of(gig), usize::MAX).await? {
            if let Some((_, via)) = layout::read_visits(&key) {
                all.push((via, self.open::<Counter>(&key, &head).await?.0));
            }
        }
        Ok(all)
    }

    /// Writes an interest down, and in the same breath that its gig's poster is to be told.
    pub async fn keep_interest(&self, interest: &Interest, notice: Notice) -> Result<InterestKept, StoreError> {
        let key = layout::interest(interest.gig, interest.id);
        if self.store.get(&key).await?.is_some() {
            // This was read, not written: whoever wrote it may still be waiting for the disk.
            self.barrier().await?;
            return Ok(InterestKept::Before);
        }
        if self.keys(&layout::interests_of(interest.gig), MOST).await?.len() >= MOST {
            return Ok(InterestKept::Full);
        }
        let mut batch = Batch::default();
        batch.expect.push((key.clone(), None));
        layout::put(&mut batch, key, interest, None);
        batch.put.push((layout::interest_by_time(interest.at, interest.gig, interest.id), Vec::new()));
        self.tell(&mut batch, notice);
        match self.store.commit(batch).await? {
            Commit::Applied => Ok(InterestKept::New),
            Commit::Conflict => Ok(InterestKept::Before),
        }
    }

    pub async fn interest(&self, gig: GigId, id: InterestId) -> Result<Option<Interest>, StoreError> {
        Ok(self.read(&layout::interest(gig, id)).await?.map(|read| read.value))
    }

    /// Who would do a gig, newest first.
    pub async fn interests(&self, gig: GigId) -> Result<Vec<Interest>, StoreError> {
        let mut all: Vec<Interest> = self.list(&layout::interests_of(gig), usize::MAX).await?;
        all.sort_by_key(|interest| (std::cmp::Reverse(interest.at), interest.id));
        Ok(all)
    }

    /// Takes an interest back; answers whether there was one.
    pub async fn withdraw_interest(&self, gig: GigId, id: InterestId) -> Result<bool, StoreError> {
        let key = layout::interest(gig, id);
        let Some(known) = self.read::<Interest>(&key).await? else { return Ok(false) };
        let mut batch = Batch::default();
        layout::remove(&mut batch, key, Some(&known.head));
        batch.delete.push(layout::interest_by_time(known.value.at, gig, id));
        self.store.commit(batch).await?;
        Ok(true)
    }

    /// Forgets interests that were sent before this time, at most `limit`. Answers how many.
    pub async fn forget_interests(&self, before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let (from, until) = layout::interests_before(before);
        let found = self.store.scan(&from, &until, limit).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let mut batch = Batch::default();
        for (by_time, _) in &found {
            if let Some(key) = layout::read_interest_by_time(by_time) {
                let old = self.store.get(&key).await?;
                layout::remove(&mut batch, key, old.as_ref());
            }
            batch.delete.push(by_time.to_vec());
        }
        self.store.commit(batch).await?;
        Ok(found.len())
    }

    /// Makes the code in this person's link to this gig stand for them.
    pub async fn make_link(&self, gig: GigId, person: PersonId) -> Result<Code, StoreError> {
        let code = Code::personal(gig, person);
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::personal_code(gig, &code), &Whose(person), None);
        self.store.commit(batch).await?;
        Ok(code)
    }

    /// Whose link to a gig carries this code.
    pub async fn whose_link(&self, gig: GigId, code: &Code) -> Result<Option<PersonId>, StoreError> {
        Ok(self.read::<Whose>(&layout::personal_code(gig, code)).await?.map(|read| read.value.0))
    }

    /// From now on the code stands for nobody, and what came by it came by the page.
    pub async fn take_back_link(&self, gig: GigId, person: PersonId) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.delete.push(layout::personal_code(gig, &Code::personal(gig, person)));
        self.strike_visits(&mut batch, gig, person).await?;
        self.store.commit(batch).await.map(drop)
    }

    async fn strike_visits(&self, batch: &mut Batch, gig: GigId, person: PersonId) -> Result<(), StoreError> {
        let (theirs, plain) = (layout::visits(gig, Via::Link(person)), layout::visits(gig, Via::Page));
        if let Some(counted) = self.read::<Counter>(&theirs).await? {
            let known = self.read::<Counter>(&plain).await?.map_or(0, |read| read.value.0);
            layout::put(batch, plain, &Counter(known.saturating_add(counted.value.0)), None);
            batch.delete.push(theirs);
        }
        Ok(())
    }

    /// Adds to a batch that nothing of this stands under a person's name any more. Looks through all of it: nobody is forgotten often.
    pub(super) async fn drop_referrals(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        for (key, head) in self.keys(&layout::personal_codes(), usize::MAX).await? {
            if self.open::<Whose>(&key, &head).await?.0 == person {
                batch.delete.push(key.to_vec());
            }
        }
        for (key, _) in self.keys(&layout::all_visits(), usize::MAX).await? {
            if let Some((gig, Via::Link(whose))) = layout::read_visits(&key)
                && whose == person
            {
                self.strike_visits(batch, gig, person).await?;
            }
        }
        for interest in self.list::<Interest>(&layout::all_interests(), usize::MAX).await? {
            let key = layout::interest(interest.gig, interest.id);
            if interest.person == Some(person) {
                let old = self.store.get(&key).await?;
                layout::remove(batch, key, old.as_ref());
                batch.delete.push(layout::interest_by_time(interest.at, interest.gig, interest.id));
            } else if interest.via == Via::Link(person) {
                let old = self.store.get(&key).await?;
                layout::put(batch, key, &Interest { via: Via::Page, ..interest }, old.as_ref());
            }
        }
        Ok(())
    }
}
