//! Gigs newest first, a page at a time, of one kind of work or of all.

use crate::gig::{Gig, Status};
use crate::plan::taxonomy::Taxonomy;
use crate::ports::StoreError;
use crate::store::Ledger;

#[derive(Debug)]
pub struct Shelf {
    pub gigs: Vec<Gig>,
    /// Where older ones begin, counted over all gigs; nothing when there are none.
    pub older: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Open,
    /// Those that have ended, too.
    Any,
}

/// Gigs read at once.
const CHUNK: usize = 100;

/// At most so many gigs are looked at for one page, whatever of them belongs on it: the page answers in time, and the link to
/// older ones goes on from there.
const LOOKED_AT: usize = 500;

/// Beyond this nobody pages; a number in an address may be anything.
const DEEPEST: usize = 100_000;

/// From the `from`th newest gig on, at most `most` that belong here.
pub async fn browse(
    ledger: &Ledger,
    from: usize,
    which: Which,
    category: Option<&str>,
    most: usize,
) -> Result<Shelf, StoreError> {
    let belongs = |gig: &Gig| {
        let kind = |wanted| gig.terms.category.as_deref().is_some_and(|slug| Taxonomy::includes(wanted, slug));
        (which == Which::Any || gig.status == Status::Open) && category.is_none_or(kind)
    };
    let (mut at, mut gigs) = (from.min(DEEPEST), Vec::new());
    let end = at + LOOKED_AT;
    while at < end {
        let read = ledger.newest_gigs(at, CHUNK).await?;
        let is_last = read.len() < CHUNK;
        for (place, record) in (at..).zip(read) {
            if belongs(&record.gig) {
                if gigs.len() == most {
                    return Ok(Shelf { gigs, older: Some(place) });
                }
                gigs.push(record.gig);
            }
        }
        if is_last {
            return Ok(Shelf { gigs, older: None });
        }
        at += CHUNK;
    }
    Ok(Shelf { gigs, older: Some(end) })
}
