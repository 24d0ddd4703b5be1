//! Workable: one answer with everything. It lists a job once for each of its places, and asks for patience when it is asked often.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::Sighting;
use crate::gig::employment::Employment;
use crate::sources::offer::Offer;
use crate::sources::profile::{self, SourceProfile};
use crate::sources::reading::{Day, place, text, texts, time, truth};
use serde_json::Value;
use std::time::Duration;

pub(super) const SYSTEM: System = System {
    word: "workable",
    profile: SourceProfile {
        poll_floor: Duration::from_hours(1),
        ..profile::board("Workable", "https://help.workable.com")
    },
    endpoint: "https://apply.workable.com/api/v1/widget/accounts/{board}?details=true",
    list: "jobs",
    paging: Paging::Whole,
    unknown: Unknown::NotFound,
    offer,
};

fn offer(job: &Value, listing: &Listing<'_>) -> Result<Option<Offer>, String> {
    let native = match text(&job["shortcode"]) {
        Some(code) => code,
        None => needed(job, "url")?,
    };
    let parts = ["description", "requirements", "benefits"].iter().filter_map(|part| text(&job[*part]));
    let sighting = Sighting {
        native,
        title: Some(needed(job, "title")?),
        url: Some(needed(job, "url")?),
        apply_url: text(&job["application_url"]),
        body: Some(parts.collect::<Vec<_>>().join("\n\n")).filter(|body| !body.is_empty()),
        organisation: text(&listing.document["name"]),
        tags: texts(&job["department"]),
        remote: truth(&job["telecommuting"]),
        locations: place(&[&job["city"], &job["state"], &job["country"]]).into_iter().collect(),
        published: time(&job["published_on"], Day::Begins).or_else(|| time(&job["created_at"], Day::Begins)),
        ..Sighting::default()
    };
    let employment = text(&job["employment_type"]).as_deref().and_then(Employment::read);
    Ok(Some(Offer { sighting, employment }))
}
