//! Who was hired for which gig: the poster says so, and the one who was hired says whether it is so.
//!
//! The poster's word is evidence as long as nobody denies it. What the one who was hired answers stands beside it: a denial takes the evidence away
//! and stays, so that the same claim is not made again. Whatever changes here, the evidence changes in the same batch.

use super::Ledger;
use super::evidence::{Piece, record, strike};
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::id::{GigId, PersonId};
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use crate::trust::{Deed, Party};
use serde::{Deserialize, Serialize};

/// One person hired for one gig.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hire {
    pub gig: GigId,
    pub poster: PersonId,
    pub whom: Party,
    /// The gig's, when it was said.
    pub category: Option<String>,
    pub at: Timestamp,
    /// The page of the gig.
    pub source: String,
    pub answer: HireAnswer,
}

/// What the one who was hired says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HireAnswer {
    /// Nothing yet.
    Open,
    Confirmed(Timestamp),
    Denied(Timestamp),
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hiring {
    Done(Hire),
    /// It was so already.
    Same(Hire),
    /// The one who was hired denies it: the poster can neither say it again nor needs to take it back.
    Denied(Hire),
    Unknown,
}

impl Record for Hire {
    const VERSION: u8 = 1;
}

impl Hire {
    /// What a gig's poster says at this time. `base` is where browsers see us.
    pub fn claimed(gig: &Gig, whom: Party, at: Timestamp, base: &str) -> Self {
        Self {
            gig: gig.id,
            poster: gig.poster,
            whom,
            category: gig.terms.category.clone(),
            at,
            source: format!("{base}/g/{}", gig.id),
            answer: HireAnswer::Open,
        }
    }

    /// The evidence that it is; nothing while it is denied.
    fn piece(&self) -> Option<Piece> {
        let deed = match self.answer {
            HireAnswer::Open => Deed::Hired,
            HireAnswer::Confirmed(_) => Deed::Completed,
            HireAnswer::Denied(_) => return None,
        };
        Some(Piece { deed, category: self.category.clone(), at: self.at, source: self.source.clone() })
    }
}

impl Ledger {
    /// A poster says whom they hired. What is on record of it stays as it is.
    pub async fn hire(&self, hire: &Hire) -> Result<Hiring, StoreError> {
        let key = layout::hire(hire.gig, hire.whom);
        loop {
            if let Some(known) = self.read::<Hire>(&key).await?.map(|read| read.value) {
                let denied = matches!(known.answer, HireAnswer::Denied(_));
                return Ok(if denied { Hiring::Denied(known) } else { Hiring::Same(known) });
            }
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), None));
            write(&mut batch, hire);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Hiring::Done(hire.clone()));
            }
        }
    }

    /// Whoever was hired says whether it is so, or says nothing of it any more.
    pub async fn answer_hire(&self, gig: GigId, whom: Party, answer: HireAnswer) -> Result<Hiring, StoreError> {
        let key = layout::hire(gig, whom);
        loop {
            let Some(read) = self.read::<Hire>(&key).await? else { return Ok(Hiring::Unknown) };
            if std::mem::discriminant(&read.value.answer) == std::mem::discriminant(&answer) {
                return Ok(Hiring::Same(read.value));
            }
            let answered = Hire { answer, ..read.value.clone() };
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), Some(read.head)));
            erase(&mut batch, &read.value);
            write(&mut batch, &answered);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Hiring::Done(answered));
            }
        }
    }

    /// The poster takes it back.
    pub async fn unhire(&self, gig: GigId, whom: Party) -> Result<Hiring, StoreError> {
        let key = layout::hire(gig, whom);
        loop {
            let Some(read) = self.read::<Hire>(&key).await? else { return Ok(Hiring::Unknown) };
            if matches!(read.value.answer, HireAnswer::Denied(_)) {
                return Ok(Hiring::Denied(read.value));
            }
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), Some(read.head)));
            erase(&mut batch, &read.value);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Hiring::Done(read.value));
            }
        }
    }

    /// All that were hired for a gig, those who deny it included; in the order in which it was said.
    pub async fn hires_for(&self, gig: GigId) -> Result<Vec<Hire>, StoreError> {
        let mut hires: Vec<Hire> = self.list(&layout::hires_for(gig), usize::MAX).await?;
        hires.sort_by_key(|hire| (hire.at, hire.whom));
        Ok(hires)
    }

    /// The gigs that this party was hired for; newest first.
    pub async fn hires_of(&self, whom: Party) -> Result<Vec<Hire>, StoreError> {
        let mut hires = Vec::new();
        for (key, _) in self.keys(&layout::hires_of(whom), usize::MAX).await? {
            let Some((whom, gig)) = layout::read_hire_of(&key) else { continue };
            hires.extend(self.read::<Hire>(&layout::hire(gig, whom)).await?.map(|read| read.value));
        }
        hires.sort_by_key(|hire| std::cmp::Reverse((hire.at, hire.gig)));
        Ok(hires)
    }

    /// Whom this poster says to have hired; newest first. It goes through all hires.
    pub async fn hires_by(&self, poster: PersonId) -> Result<Vec<Hire>, StoreError> {
        let mut hires: Vec<Hire> = self.list(&layout::hires(), usize::MAX).await?;
        hires.retain(|hire| hire.poster == poster);
        hires.sort_by_key(|hire| std::cmp::Reverse((hire.at, hire.gig)));
        Ok(hires)
    }

    /// Adds to a batch that whoever was hired as one party is another from now on. The evidence of it is moved with all other.
    pub(super) async fn move_hires(&self, batch: &mut Batch, was: Party, is: Party) -> Result<(), StoreError> {
        for hire in self.hires_of(was).await? {
            remove(batch, &hire);
            let moved = Hire { whom: is, ..hire };
            layout::put(batch, layout::hire(moved.gig, is), &moved, None);
            batch.put.push((layout::hire_of(is, moved.gig), Vec::new()));
        }
        Ok(())
    }

    /// Adds to a batch that whoever saw the circle of one person sees that of another from now on.
    pub(super) async fn move_shown_circle(
        &self,
        batch: &mut Batch,
        was: PersonId,
        is: PersonId,
    ) -> Result<(), StoreError> {
        if self.shows_circle(was).await? {
            batch.delete.push(layout::circle_shown(was));
            batch.put.push((layout::circle_shown(is), Vec::new()));
        }
        Ok(())
    }

    /// Adds to a batch that nobody says of this party that they were hired, and that it says so of nobody.
    pub(super) async fn forget_hires(&self, batch: &mut Batch, party: Party) -> Result<(), StoreError> {
        for hire in self.hires_of(party).await? {
            erase(batch, &hire);
        }
        // Looks through all of them: a person is not forgotten often.
        if let Party::Person(person) = party {
            self.hires_by(person).await?.iter().for_each(|hire| erase(batch, hire));
        }
        Ok(())
    }

    /// Whether a person shows their circle to everyone.
    pub async fn shows_circle(&self, person: PersonId) -> Result<bool, StoreError> {
        Ok(self.store.get(&layout::circle_shown(person)).await?.is_some())
    }

    pub async fn show_circle(&self, person: PersonId, to: Audience) -> Result<(), StoreError> {
        let (key, mut batch) = (layout::circle_shown(person), Batch::default());
        match to {
            Audience::Everyone => batch.put.push((key, Vec::new())),
            Audience::Themselves => batch.delete.push(key),
        }
        self.store.commit(batch).await.map(drop)
    }
}

/// Who sees a person's circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    Themselves,
}

fn write(batch: &mut Batch, hire: &Hire) {
    layout::put(batch, layout::hire(hire.gig, hire.whom), hire, None);
    batch.put.push((layout::hire_of(hire.whom, hire.gig), Vec::new()));
    if let Some(piece) = hire.piece() {
        record(batch, Party::Person(hire.poster), hire.whom, &piece);
    }
}

fn erase(batch: &mut Batch, hire: &Hire) {
    remove(batch, hire);
    if let Some(piece) = hire.piece() {
        strike(batch, Party::Person(hire.poster), hire.whom, &piece);
    }
}

fn remove(batch: &mut Batch, hire: &Hire) {
    batch.delete.push(layout::hire(hire.gig, hire.whom));
    batch.delete.push(layout::hire_of(hire.whom, hire.gig));
}
