//! Gigs newest first, a page at a time, of one kind of work or of all.

use crate::clock::Timestamp;
use crate::gig::head_start::Reader;
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
    reader: Reader<'_>,
) -> Result<Shelf, StoreError> {
    let from = from.min(DEEPEST);
    let place = match (which, category) {
        (Which::Any, None) => Place::All,
        (Which::Any, Some(slug)) => Place::AllOf(slug),
        (Which::Open, None) => Place::Open,
        (Which::Open, Some(slug)) => Place::OpenOf(slug),
    };
    let mut found = ledger.gigs_on(place, from, most + 1, reader).await?;
    let older = (found.len() > most).then_some(from + most);
    found.truncate(most);
    // A shelf is no snapshot: one that ended or moved while this was read is left out.
    let stays = |gig: &Gig| which == Which::Any || gig.status == Status::Open;
    let belongs = |gig: &Gig| stays(gig) && is_of(gig, category) && reader.sees(gig);
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
    reader: Reader<'_>,
) -> Result<Vec<Gig>, StoreError> {
    let ended = ledger.ended_since(since, most, |gig| is_of(gig, category) && reader.sees(gig)).await?;
    Ok(ended.into_iter().map(|record| record.gig).collect())
}
