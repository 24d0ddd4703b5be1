//! Gigs 2 to 4: before a gig could be urgent (2), before it was known in which time zones it may be done and when its source said so (2 and 3), and before
//! it could go first to some accounts (all).

use super::Old;
use crate::clock::Timestamp;
use crate::gig::heard::Version;
use crate::gig::{Gig, Pay, Place, Republish, Revision, Status, Terms, Urgency, zones};
use crate::id::{GigId, PersonId, SourceId};
use crate::ports::{Batch, StoreError};
use crate::store::{GigRecord, Heard};
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct OldRecord<T> {
    gig: OldGig<T>,
    heard: Heard,
    source_says: Option<OldVersion<T>>,
}

#[derive(Deserialize)]
struct OldGig<T> {
    id: GigId,
    revision: Revision,
    status: Status,
    poster: PersonId,
    source: SourceId,
    native: String,
    terms: T,
    republish: Republish,
    first_seen: Timestamp,
    revised: Timestamp,
}

#[derive(Deserialize)]
struct OldVersion<T> {
    terms: T,
    status: Status,
}

#[derive(Deserialize)]
struct Terms2 {
    title: String,
    description: String,
    category: Option<String>,
    skills: Vec<String>,
    pay: Option<Pay>,
    place: Place3,
    language: Option<String>,
    organisation: Option<String>,
    closes: Option<Timestamp>,
    openings: Option<u32>,
    apply_url: String,
    published: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Terms3 {
    before: Terms2,
    urgency: Urgency,
}

#[derive(Deserialize)]
struct Place3 {
    remote: bool,
    locations: Vec<String>,
}

impl From<Terms2> for Terms {
    fn from(old: Terms2) -> Self {
        // As a look would find it now: a gig that reads as before must not seem to have changed.
        let zones = zones::of(&old.place.locations, &old.description);
        Self {
            title: old.title,
            description: old.description,
            category: old.category,
            skills: old.skills,
            pay: old.pay,
            place: Place { remote: old.place.remote, locations: old.place.locations, zones },
            language: old.language,
            organisation: old.organisation,
            closes: old.closes,
            openings: old.openings,
            apply_url: old.apply_url,
            published: old.published,
            urgency: Urgency::Usual,
            ring: None,
        }
    }
}

impl From<Terms3> for Terms {
    fn from(old: Terms3) -> Self {
        Self { urgency: old.urgency, ..old.before.into() }
    }
}

/// A record that knows when its source said so.
#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Record4 {
    pub gig: Gig4,
    pub heard: Heard,
    pub source_says: Option<Version4>,
    pub said_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Gig4 {
    pub id: GigId,
    pub revision: Revision,
    pub status: Status,
    pub poster: PersonId,
    pub source: SourceId,
    pub native: String,
    pub terms: Terms4,
    pub republish: Republish,
    pub first_seen: Timestamp,
    pub revised: Timestamp,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Version4 {
    pub terms: Terms4,
    pub status: Status,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
pub(super) struct Terms4 {
    pub title: String,
    pub description: String,
    pub category: Option<String>,
    pub skills: Vec<String>,
    pub pay: Option<Pay>,
    pub place: Place,
    pub language: Option<String>,
    pub organisation: Option<String>,
    pub closes: Option<Timestamp>,
    pub openings: Option<u32>,
    pub apply_url: String,
    pub published: Option<Timestamp>,
    pub urgency: Urgency,
}

impl From<Terms4> for Terms {
    fn from(old: Terms4) -> Self {
        Self {
            title: old.title,
            description: old.description,
            category: old.category,
            skills: old.skills,
            pay: old.pay,
            place: old.place,
            language: old.language,
            organisation: old.organisation,
            closes: old.closes,
            openings: old.openings,
            apply_url: old.apply_url,
            published: old.published,
            urgency: old.urgency,
            ring: None,
        }
    }
}

fn brought4(old: &Old<'_>) -> Result<Batch, StoreError> {
    let Record4 { gig, heard, source_says, said_at } = old.read()?;
    let source_says = source_says.map(|said| Version { terms: said.terms.into(), status: said.status });
    let Gig4 { id, revision, status, poster, source, native, terms, republish, first_seen, revised } = gig;
    let terms = terms.into();
    let gig = Gig { id, revision, status, poster, source, native, terms, republish, first_seen, revised };
    Ok(old.replaced_by(&GigRecord { gig, heard, source_says, said_at }))
}

pub(super) fn gig(old: &Old<'_>) -> Result<Option<Batch>, StoreError> {
    match old.version {
        2 => brought::<Terms2>(old).map(Some),
        3 => brought::<Terms3>(old).map(Some),
        4 => brought4(old).map(Some),
        _ => Ok(None),
    }
}

fn brought<T: DeserializeOwned + Into<Terms>>(old: &Old<'_>) -> Result<Batch, StoreError> {
    let OldRecord::<T> { gig, heard, source_says } = old.read()?;
    let source_says = source_says.map(|said| Version { terms: said.terms.into(), status: said.status });
    let OldGig { id, revision, status, poster, source, native, terms, republish, first_seen, revised } = gig;
    let terms = terms.into();
    let gig = Gig { id, revision, status, poster, source, native, terms, republish, first_seen, revised };
    Ok(old.replaced_by(&GigRecord { gig, heard, source_says, said_at: None }))
}
