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
use std::collections::BTreeMap;

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
    /// Adds visits to those on record. Those by a link that was taken back since they were counted came by the page.
    pub async fn note_visits(&self, counted: &[((GigId, Via), u64)]) -> Result<(), StoreError> {
        for part in counted.chunks(AT_ONCE) {
            loop {
                let (mut batch, mut sums) = (Batch::default(), BTreeMap::new());
                for ((gig, via), more) in part {
                    let sum: &mut u64 =
                        sums.entry((*gig, self.present_way(&mut batch, *gig, *via).await?)).or_default();
                    *sum = sum.saturating_add(*more);
                }
                for ((gig, via), more) in sums {
                    let key = layout::visits(gig, via);
                    let known = self.read::<Counter>(&key).await?;
                    let sum = known.as_ref().map_or(0, |read| read.value.0).saturating_add(more);
                    layout::put(&mut batch, key.clone(), &Counter(sum), None);
                    batch.expect.push((key, known.map(|read| read.head)));
                }
                if self.store.commit(batch).await? == Commit::Applied {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The way as it is on record now, which the batch expects to stay so.
    async fn present_way(&self, batch: &mut Batch, gig: GigId, via: Via) -> Result<Via, StoreError> {
        let Via::Link(person) = via else { return Ok(via) };
        let key = layout::personal_code(gig, &Code::personal(gig, person));
        let whose = self.read::<Whose>(&key).await?;
        let way = whose.as_ref().map_or(Via::Page, |read| Via::Link(read.value.0));
        batch.expect.push((key, whose.map(|read| read.head)));
        Ok(way)
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

    /// How many came to a gig by one way.
    pub async fn visits_by(&self, gig: GigId, via: Via) -> Result<u64, StoreError> {
        Ok(self.read::<Counter>(&layout::visits(gig, via)).await?.map_or(0, |read| read.value.0))
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

    /// How many would do a gig.
    pub async fn interested(&self, gig: GigId) -> Result<usize, StoreError> {
        Ok(self.keys(&layout::interests_of(gig), usize::MAX).await?.len())
    }

    /// How many have said since then that they would do a gig, of each gig of which anyone did.
    pub async fn interested_since(&self, at: Timestamp) -> Result<BTreeMap<GigId, usize>, StoreError> {
        let (mut from, until) = layout::interests_since(at);
        let mut since = BTreeMap::new();
        loop {
            let found = self.store.scan(&from, &until, AT_ONCE).await?;
            let Some((last, _)) = found.last() else { return Ok(since) };
            from = [&last[..], &[0]].concat();
            for gig in found.iter().filter_map(|(key, _)| layout::read_gig_by_time(key)) {
                *since.entry(gig).or_default() += 1;
            }
        }
    }

    /// The gigs that this person would do, newest first. It goes through all interests, as does all that is asked of a person alone here.
    pub async fn interests_by(&self, person: PersonId) -> Result<Vec<Interest>, StoreError> {
        let mut all: Vec<Interest> = self.list(&layout::all_interests(), usize::MAX).await?;
        all.retain(|interest| interest.person == Some(person));
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

    /// The gigs to which this person made a link of their own, with the codes in them.
    pub async fn links_of(&self, person: PersonId) -> Result<Vec<(GigId, Code)>, StoreError> {
        let mut links = Vec::new();
        for (key, head) in self.keys(&layout::personal_codes(), usize::MAX).await? {
            if self.open::<Whose>(&key, &head).await?.0 == person {
                links.extend(layout::read_personal_code(&key));
            }
        }
        Ok(links)
    }

    /// Whose link to a gig carries this code.
    pub async fn whose_link(&self, gig: GigId, code: &Code) -> Result<Option<PersonId>, StoreError> {
        Ok(self.read::<Whose>(&layout::personal_code(gig, code)).await?.map(|read| read.value.0))
    }

    /// From now on the code stands for nobody, and what came by it came by the page.
    pub async fn take_back_link(&self, gig: GigId, person: PersonId) -> Result<(), StoreError> {
        loop {
            let mut batch = Batch::default();
            // One of them may be of who they were before they became somebody's poster.
            self.drop_codes(&mut batch, &layout::personal_codes_of(gig), person).await?;
            self.move_visits(&mut batch, gig, person, Via::Page).await?;
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    async fn drop_codes(&self, batch: &mut Batch, prefix: &[u8], person: PersonId) -> Result<(), StoreError> {
        for (key, head) in self.keys(prefix, usize::MAX).await? {
            if self.open::<Whose>(&key, &head).await?.0 == person {
                batch.delete.push(key.to_vec());
            }
        }
        Ok(())
    }

    async fn move_visits(&self, batch: &mut Batch, gig: GigId, was: PersonId, to: Via) -> Result<(), StoreError> {
        let (theirs, others) = (layout::visits(gig, Via::Link(was)), layout::visits(gig, to));
        if let Some(counted) = self.read::<Counter>(&theirs).await? {
            let known = self.read::<Counter>(&others).await?;
            let sum = known.as_ref().map_or(0, |read| read.value.0).saturating_add(counted.value.0);
            layout::put(batch, others.clone(), &Counter(sum), None);
            batch.expect.push((others, known.map(|read| read.head)));
            batch.delete.push(theirs.clone());
            batch.expect.push((theirs, Some(counted.head)));
        }
        Ok(())
    }

    async fn move_all_visits(&self, batch: &mut Batch, was: PersonId, to: Via) -> Result<(), StoreError> {
        for (key, _) in self.keys(&layout::all_visits(), usize::MAX).await? {
            if let Some((gig, via)) = layout::read_visits(&key)
                && via == Via::Link(was)
            {
                self.move_visits(batch, gig, was, to).await?;
            }
        }
        Ok(())
    }

    /// Adds to a batch that the links of one person are another's from now on, and so is their interest in gigs. Where both would do a gig, the word
    /// of the one that it becomes stays.
    pub(super) async fn move_referrals(
        &self,
        batch: &mut Batch,
        was: PersonId,
        is: PersonId,
    ) -> Result<(), StoreError> {
        for (key, head) in self.keys(&layout::personal_codes(), usize::MAX).await? {
            let Some((gig, _)) = layout::read_personal_code(&key) else { continue };
            if self.open::<Whose>(&key, &head).await?.0 == was {
                // The links that are out go on to lead here, and the page shows the one that is made of who they are now.
                layout::put(batch, key.to_vec(), &Whose(is), None);
                layout::put(batch, layout::personal_code(gig, &Code::personal(gig, is)), &Whose(is), None);
            }
        }
        self.move_all_visits(batch, was, Via::Link(is)).await?;
        for interest in self.list::<Interest>(&layout::all_interests(), usize::MAX).await? {
            let moved = interest.clone().moved(was, is);
            let (from, to) = (layout::interest(interest.gig, interest.id), layout::interest(moved.gig, moved.id));
            if moved == interest {
                continue;
            }
            let old = self.store.get(&from).await?;
            if from == to {
                layout::put(batch, to, &moved, old.as_ref());
                continue;
            }
            layout::remove(batch, from, old.as_ref());
            batch.delete.push(layout::interest_by_time(interest.at, interest.gig, interest.id));
            if self.store.get(&to).await?.is_none() {
                layout::put(batch, to, &moved, None);
                batch.put.push((layout::interest_by_time(moved.at, moved.gig, moved.id), Vec::new()));
            }
        }
        Ok(())
    }

    /// Adds to a batch that nothing of this stands under a person's name any more. Looks through all of it: nobody is forgotten often.
    pub(super) async fn drop_referrals(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        self.drop_codes(batch, &layout::personal_codes(), person).await?;
        self.move_all_visits(batch, person, Via::Page).await?;
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
