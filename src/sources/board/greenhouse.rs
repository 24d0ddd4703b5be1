//! Greenhouse: one answer with everything. Descriptions are HTML that is escaped once more.
//!
//! Its jobs name no kind of employment, except where a company keeps one among its own fields.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::Sighting;
use crate::gig::employment::Employment;
use crate::sources::offer::Offer;
use crate::sources::profile;
use crate::sources::reading::{Day, says_remote, text, texts, time};
use serde_json::Value;

pub(super) const SYSTEM: System = System {
    word: "greenhouse",
    profile: profile::board("Greenhouse", "https://developers.greenhouse.io/job-board.html"),
    endpoint: "https://boards-api.greenhouse.io/v1/boards/{board}/jobs?content=true",
    list: "jobs",
    paging: Paging::Whole,
    unknown: Unknown::NotFound,
    offer,
};

fn offer(job: &Value, _: &Listing<'_>) -> Result<Option<Offer>, String> {
    let location = text(&job["location"]["name"]);
    let fields = job["metadata"].as_array().into_iter().flatten();
    let mut kinds =
        fields.filter(|field| text(&field["name"]).is_some_and(|name| name.to_lowercase().contains("employment")));
    let employment = kinds.find_map(|field| texts(&field["value"]).iter().find_map(|kind| Employment::read(kind)));
    let sighting = Sighting {
        native: needed(job, "id")?,
        title: Some(needed(job, "title")?),
        url: Some(needed(job, "absolute_url")?),
        body: text(&job["content"]),
        organisation: text(&job["company_name"]),
        tags: texts(&job["departments"]),
        remote: location.as_deref().map(says_remote),
        locations: location.into_iter().collect(),
        language: text(&job["language"]),
        published: time(&job["first_published"], Day::Begins).or_else(|| time(&job["updated_at"], Day::Begins)),
        ..Sighting::default()
    };
    Ok(Some(Offer { sighting, employment }))
}
