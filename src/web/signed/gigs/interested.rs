//! Who would do a gig, as its poster reads it: those whom their circle speaks for first, and who each of them is or only says to be. Whoever was
//! signed in is put down with one click as who the gig was filled by; what was typed alone is nobody, so it cannot be.

use crate::clock::Timestamp;
use crate::gig::{Gig, Status};
use crate::weave::Stands;
use crate::web::hiring::HireLine;
use crate::web::paging::Paging;
use crate::web::referred::Told;
use crate::web::signed::circle::Shown;
use crate::web::words::Moment;

/// So many on one page, as it may weigh.
const SHOWN: usize = 40;

pub struct Interested {
    pub rows: Vec<Row>,
    pub paging: Paging,
    pub naming: Naming,
}

pub struct Row {
    pub told: Told,
    pub when: Moment,
    /// Where they stand in the poster's circle, of those of whom that may be told.
    pub shown: Option<Shown>,
    /// By which the poster names them as who was hired; nothing where that is not to be said.
    pub whom: Option<String>,
}

/// What it means to name one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The gig is filled with that.
    Fills,
    /// It is filled already, and nobody was named.
    Filled,
    /// More are wanted: the gig stays open.
    Hires,
    /// It was said who does the work, or nobody will.
    Nobody,
}

impl Naming {
    fn of(gig: &Gig, hires: &[HireLine]) -> Self {
        let named = hires.iter().filter(|hire| hire.stands != Stands::Denied).count();
        let wanted = gig.terms.openings.unwrap_or(1).max(1) as usize;
        match gig.status {
            Status::Open if wanted > 1 && named < wanted => Self::Hires,
            Status::Open if named == 0 => Self::Fills,
            Status::Filled if named == 0 => Self::Filled,
            Status::Open | Status::Filled | Status::Expired | Status::Withdrawn => Self::Nobody,
        }
    }

    /// Where the form of a gig's page goes that says so.
    pub fn form(self) -> &'static str {
        if self == Self::Fills { "decide" } else { "hires" }
    }

    /// What its button says.
    pub fn button(self) -> &'static str {
        if self == Self::Hires { "I hired them" } else { "Filled by them" }
    }
}

impl Interested {
    pub fn of(gig: &Gig, told: Vec<Told>, hires: &[HireLine], query: Option<&str>, now: Timestamp) -> Self {
        let paging = Paging::of(query, &format!("/gigs/{}", gig.id), &[told.len()], SHOWN);
        let naming = Naming::of(gig, hires);
        let is_named = |id: &str| hires.iter().any(|hire| hire.id.as_deref() == Some(id));
        let row = |told: &Told| {
            // Whoever does not wish to be listed is found by their handle alone; a name that was typed is nobody's.
            let by = if told.circle.is_some() { &told.person } else { &told.handle };
            let may_be = naming != Naming::Nobody && !told.person.as_deref().is_some_and(is_named);
            Row {
                when: Moment::new(told.at.0, now),
                shown: told.circle.clone().map(Shown::of),
                whom: by.clone().filter(|_| may_be),
                told: told.clone(),
            }
        };
        Self { rows: paging.rows(&told).iter().map(row).collect(), paging, naming }
    }
}
