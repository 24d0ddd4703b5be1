//! Where a gig is looked for: among the open ones, and among those of its kind of work, which includes every kind above it.
//!
//! Each gig stands on its shelves by a key without a value, written and taken away in the same breath as the gig itself, so that a page
//! of one kind costs what it shows, however many others there are. What a community is shown first stands where it will when everyone is; whoever reads before
//! passes it over by its key, so that no moment has to be waited for and nothing to be moved.

use super::{GigRecord, Ledger};
use crate::clock::Timestamp;
use crate::gig::head_start::Reader;
use crate::gig::{Gig, Status};
use crate::id::{GigId, ID_BYTES};
use crate::ports::{Batch, StoreError};
use crate::store::layout::{self, Key, Record, Shelf};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whether the gigs of a store from before there were shelves, or the one of all, have been put on them.
#[derive(Serialize, Deserialize)]
pub(super) struct Filled;

impl Record for Filled {
    const VERSION: u8 = 1;
}

const FILLED_AT_ONCE: usize = 256;

impl Ledger {
    /// Gigs on a shelf that this reader is shown, newest first, from the `skip`th on.
    pub async fn gigs_on(
        &self,
        shelf: Shelf<'_>,
        skip: usize,
        limit: usize,
        reader: Reader<'_>,
    ) -> Result<Vec<GigRecord>, StoreError> {
        let wanted = skip.saturating_add(limit);
        let mut room = wanted;
        loop {
            let keys = self.keys(&layout::shelf(shelf), room).await?;
            let mut shown = Vec::new();
            for (key, _) in &keys {
                let Some((id, start)) = layout::read_on_shelf(key) else { continue };
                if !start.is_some_and(|start| start.is_on(reader.now)) || self.is_shown(id, reader).await? {
                    shown.push(id);
                }
            }
            if keys.len() < room || shown.len() >= wanted {
                let mut found = Vec::new();
                for id in shown.into_iter().skip(skip).take(limit) {
                    found.extend(self.gig(id).await?);
                }
                return Ok(found);
            }
            room = room.saturating_mul(2);
        }
    }

    /// Whether a gig in its head start is shown to this reader.
    async fn is_shown(&self, id: GigId, reader: Reader<'_>) -> Result<bool, StoreError> {
        if reader.within.is_empty() {
            return Ok(false);
        }
        Ok(self.gig(id).await?.is_some_and(|record| reader.sees(&record.gig)))
    }

    /// Gigs that have ended since, those that ended last first, as many as are shown at most: what is not is passed over, and takes nobody's place.
    pub async fn ended_since(
        &self,
        since: Timestamp,
        limit: usize,
        is_shown: impl Fn(&Gig) -> bool + Sync,
    ) -> Result<Vec<GigRecord>, StoreError> {
        let mut from = layout::shelf(Shelf::Ended);
        let until =
            layout::end_of(&layout::on_shelf(Shelf::Ended, since, GigId::from_bytes([u8::MAX; ID_BYTES]), None));
        let mut found: Vec<GigRecord> = Vec::new();
        loop {
            let page = self.store.scan(&from, &until, limit).await?;
            for (key, _) in &page {
                let Some((id, _)) = layout::read_on_shelf(key) else { continue };
                let record = self.gig(id).await?.filter(|record| record.gig.status != Status::Open);
                found.extend(record.filter(|record| is_shown(&record.gig)));
                if found.len() == limit {
                    return Ok(found);
                }
            }
            let Some((last, _)) = page.last() else { return Ok(found) };
            from = [last, &[0][..]].concat();
        }
    }

    /// Gigs that this community alone is shown now.
    pub async fn only_for(&self, community: &str, now: Timestamp) -> Result<Vec<Gig>, StoreError> {
        let shelf = layout::shelf(Shelf::All);
        let from_now = layout::on_shelf(Shelf::All, now, GigId::from_bytes([u8::MAX; ID_BYTES]), None);
        let mut found = Vec::new();
        for (key, _) in self.store.scan(&shelf, &from_now, usize::MAX).await? {
            let Some((id, Some(_))) = layout::read_on_shelf(&key) else { continue };
            found.extend(self.gig(id).await?.map(|record| record.gig));
        }
        found.retain(|gig| gig.only_for(now) == Some(community));
        Ok(found)
    }

    /// Puts the gigs of an older store on their shelves; once, before anything else is written.
    pub async fn fill_shelves(&self) -> Result<(), StoreError> {
        let done = layout::meta("shelf-of-all");
        if self.store.get(&done).await?.is_some() {
            return Ok(());
        }
        let mut from = 0;
        loop {
            let some = self.newest_gigs(from, FILLED_AT_ONCE).await?;
            let keys = some.iter().flat_map(|record| shelves(&record.gig)).map(|key| (key, Vec::new()));
            let mut batch = Batch { put: keys.collect(), ..Batch::default() };
            let is_last = some.len() < FILLED_AT_ONCE;
            if is_last {
                layout::put(&mut batch, done.clone(), &Filled, None);
            }
            self.store.commit(batch).await?;
            if is_last {
                return Ok(());
            }
            from += FILLED_AT_ONCE;
        }
    }
}

/// Moves a gig from the shelves it stood on to those it belongs on now.
pub(super) fn reshelve(batch: &mut Batch, before: Option<&Gig>, after: &Gig) {
    let (was, is) = (before.map(shelves).unwrap_or_default(), shelves(after));
    batch.delete.extend(was.difference(&is).cloned());
    batch.put.extend(is.difference(&was).map(|key| (key.clone(), Vec::new())));
}

/// Takes a gig off all its shelves.
pub(super) fn unshelve(batch: &mut Batch, gig: &Gig) {
    batch.delete.extend(shelves(gig));
}

fn shelves(gig: &Gig) -> BTreeSet<Key> {
    let slug = gig.terms.category.as_deref().unwrap_or_default();
    let above = slug.match_indices('/').map(|(end, _)| &slug[..end]);
    let mut on: Vec<Shelf<'_>> = above
        .chain([slug])
        .filter(|kind| !kind.is_empty())
        .flat_map(|kind| [Shelf::AllOf(kind), Shelf::OpenOf(kind)])
        .collect();
    on.extend([Shelf::All, Shelf::Open, Shelf::Ended]);
    let start = gig.head_start();
    let belongs = |shelf: &Shelf<'_>| {
        // What we may read and not show stands on no shelf; what ended unseen, with what is over alone.
        let stands = match shelf {
            Shelf::All | Shelf::AllOf(_) => !gig.ended_unseen(),
            Shelf::Open | Shelf::OpenOf(_) => gig.status == Status::Open,
            Shelf::Ended => gig.status != Status::Open,
        };
        gig.republish.is_allowed() && stands
    };
    let key = |shelf| match start {
        _ if matches!(shelf, Shelf::Ended) => layout::on_shelf(shelf, gig.revised, gig.id, None),
        Some(start) => layout::on_shelf(shelf, start.ends, gig.id, Some(start.lasts)),
        None => layout::on_shelf(shelf, gig.first_seen, gig.id, None),
    };
    on.into_iter().filter(belongs).map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::rings::Ring;
    use crate::plan::samples;
    use crate::store::Heard;
    use crate::store::memory::MemoryStore;
    use std::sync::Arc;
    use std::time::Duration;

    const MINUTE: Duration = Duration::from_mins(1);

    /// A gig that ended so many minutes after noon, while this community alone was shown it or when everyone was.
    fn ended(minutes: u32, within: Option<&str>) -> GigRecord {
        let mut gig = Gig { id: GigId::of(&[&minutes.to_be_bytes()]), ..samples::gig() };
        let first = within.map(|name| vec![name.to_owned()]);
        gig.terms.ring = first.map(|first| Ring { first, widen_after: MINUTE * 600 });
        (gig.status, gig.first_seen) = (Status::Filled, samples::NOW);
        gig.revised = samples::NOW.plus(MINUTE * minutes);
        GigRecord { gig, heard: Heard::News, source_says: None, said_at: None }
    }

    #[tokio::test]
    async fn what_ended_unseen_takes_the_place_of_nothing_that_is_shown() {
        let ledger = Ledger::new(Arc::new(MemoryStore::new()));
        for (minutes, within) in (1..=4).map(|at| (at, None)).chain((5..=30).map(|at| (at, Some("community/bern")))) {
            ledger.take_in(&ended(minutes, within), None, &[], Vec::new(), samples::NOW).await.unwrap();
        }
        let after = async |since: u32, limit, within: &[String]| -> Vec<u32> {
            let (now, since) = (samples::NOW.plus(MINUTE * 60), samples::NOW.plus(MINUTE * since));
            let reader = Reader { now, within };
            let found = ledger.ended_since(since, limit, |gig| reader.sees(gig)).await.unwrap();
            found.iter().map(|one| u32::try_from(one.gig.revised.since(samples::NOW).as_secs() / 60).unwrap()).collect()
        };
        assert_eq!(after(0, 3, &[]).await, [4, 3, 2]);
        assert_eq!(after(3, 9, &[]).await, [4, 3], "what ended before is not asked for");
        assert_eq!(after(0, 0, &[]).await, [0; 0]);
        assert_eq!(after(0, 2, &["bern".to_owned()]).await, [30, 29], "those who were shown it are told");
    }
}
