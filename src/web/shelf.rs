//! Gigs newest first, a page at a time, of one kind of work or of all.

use crate::clock::Timestamp;
use crate::gig::{Gig, Status};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::store::layout::Shelf as Place;

#[derive(Debug)]
pub struct Shelf {
    pub gigs: Vec<Gig>,
    /// Where older ones begin, counted over those that belong here; nothing when there are none.
    pub older: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Open,
    /// Those that have ended, too.
    Any,
}

/// Beyond this nobody pages; a number in an address may be anything.
const DEEPEST: usize = 100_000;

/// From the `from`th newest gig that belongs here on, at most `most`.
pub async fn browse(
    ledger: &Ledger,
    from: usize,
    which: Which,
    category: Option<&str>,
    most: usize,
) -> Result<Shelf, StoreError> {
    let from = from.min(DEEPEST);
    let mut found = match (which, category) {
        (Which::Any, None) => ledger.newest_gigs(from, most + 1).await?,
        (Which::Any, Some(slug)) => ledger.gigs_on(Place::AllOf(slug), from, most + 1).await?,
        (Which::Open, None) => ledger.gigs_on(Place::Open, from, most + 1).await?,
        (Which::Open, Some(slug)) => ledger.gigs_on(Place::OpenOf(slug), from, most + 1).await?,
    };
    let older = (found.len() > most).then_some(from + most);
    found.truncate(most);
    // A shelf is no snapshot: one that ended or moved while this was read is left out.
    let belongs = |gig: &Gig| (which == Which::Any || gig.status == Status::Open) && is_of(gig, category);
    Ok(Shelf { gigs: found.into_iter().map(|record| record.gig).filter(belongs).collect(), older })
}

/// Whether it may be shown, and is of this kind of work.
fn is_of(gig: &Gig, category: Option<&str>) -> bool {
    let kind = |wanted| gig.terms.category.as_deref().is_some_and(|slug| Taxonomy::includes(wanted, slug));
    gig.republish.is_allowed() && category.is_none_or(kind)
}

/// Those that have ended since, the last first; of one kind of work or of all.
pub async fn ended(
    ledger: &Ledger,
    since: Timestamp,
    category: Option<&str>,
    most: usize,
) -> Result<Vec<Gig>, StoreError> {
    let ended = ledger.ended_since(since, most).await?.into_iter().map(|record| record.gig);
    Ok(ended.filter(|gig| is_of(gig, category)).collect())
}
