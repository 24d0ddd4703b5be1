//! Who was hired for a gig, as pages tell it, and the words in which a poster's claim is refused.

use super::Public;
use super::words::Moment;
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::id::GigId;
use crate::ports::StoreError;
use crate::store::{Hire, Hiring};
use crate::trust::Party;
use crate::weave::{HireTold, Stands};

/// One hire on a page.
pub struct HireLine {
    pub gig: String,
    pub title: String,
    /// By which answers and takings back name it.
    pub key: String,
    pub poster: String,
    pub poster_id: String,
    /// Of someone who is not to be named: "somebody".
    pub name: String,
    /// Where their page is; nothing for someone who is not to be named.
    pub id: Option<String>,
    pub when: Moment,
    pub stands: Stands,
}

impl HireLine {
    fn of(told: HireTold, title: &str, now: Timestamp) -> Self {
        let (id, name) = told.whom.map(|whom| (whom.id, whom.name)).unzip();
        Self {
            gig: told.gig.to_string(),
            title: title.to_owned(),
            key: told.key,
            poster: told.poster.name,
            poster_id: told.poster.id,
            name: name.unwrap_or_else(|| "somebody who does not wish to be named".to_owned()),
            id,
            when: Moment::new(told.at, now),
            stands: told.stands,
        }
    }

    /// For everyone: who says so.
    pub fn said(&self) -> String {
        match self.stands {
            Stands::Said => format!("{} says so", self.poster),
            Stands::Confirmed => "both say so".to_owned(),
            Stands::Denied => "denied".to_owned(),
        }
    }
}

/// Whom a gig's poster hired, as everyone may know it; with `of_poster` also what was denied.
pub async fn of_gig(public: &Public, gig: &Gig, of_poster: bool) -> Result<Vec<HireLine>, StoreError> {
    let weave = &public.weave;
    let hires = if of_poster { weave.hires_for(gig.id).await? } else { weave.public_hires_for(gig.id).await? };
    let now = public.clock.now();
    Ok(hires.into_iter().map(|told| HireLine::of(told, &gig.terms.title, now)).collect())
}

/// What a person was hired for.
pub async fn of_person(public: &Public, person: crate::id::PersonId) -> Result<Vec<HireLine>, StoreError> {
    let now = public.clock.now();
    let mut lines = Vec::new();
    for told in public.weave.hires_of(person).await? {
        let gig = public.ledger.gig(told.gig).await?;
        let title = gig.map_or_else(|| "a gig that is no longer on record".to_owned(), |record| record.gig.terms.title);
        lines.push(HireLine::of(told, &title, now));
    }
    Ok(lines)
}

/// What a person was hired for by one gig, as whichever of their accounts.
pub async fn of_person_for(
    public: &Public,
    person: crate::id::PersonId,
    gig: GigId,
) -> Result<Vec<HireLine>, StoreError> {
    let mut lines = of_person(public, person).await?;
    lines.retain(|line| line.gig == gig.to_string());
    Ok(lines)
}

/// Whom the poster of this gig means; else a sentence that says why nobody.
pub async fn meant(public: &Public, gig: &Gig, what: &str) -> Result<Result<Party, String>, StoreError> {
    Ok(public.weave.whom_to_hire(gig.poster, what).await?.map_err(|why| why.to_string()))
}

/// Writes down that a gig's poster hired this party.
pub async fn hire(public: &Public, gig: &Gig, whom: Party) -> Result<Hiring, StoreError> {
    public.weave.hire(&Hire::claimed(gig, whom, public.clock.now(), public.home.base())).await
}

/// Said to a poster whose claim was denied.
pub const DENIED: &str = "They say that they were not hired for this, so it is shown to nobody else and counts for nothing. Only they can change that.";
