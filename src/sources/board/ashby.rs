//! Ashby: one answer with everything, jobs that are not to be listed among it.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::employment::Employment;
use crate::gig::{Pay, Sighting, pay};
use crate::sources::offer::Offer;
use crate::sources::profile;
use crate::sources::reading::{Day, salary, text, texts, time, truth};
use serde_json::Value;

pub(super) const SYSTEM: System = System {
    word: "ashby",
    profile: profile::board("Ashby", "https://developers.ashbyhq.com/docs/public-job-posting-api"),
    endpoint: "https://api.ashbyhq.com/posting-api/job-board/{board}?includeCompensation=true",
    list: "jobs",
    paging: Paging::Whole,
    unknown: Unknown::NotFound,
    offer,
};

fn offer(job: &Value, _: &Listing<'_>) -> Result<Option<Offer>, String> {
    if job["isListed"] == Value::Bool(false) {
        return Ok(None);
    }
    let elsewhere = job["secondaryLocations"].as_array().into_iter().flatten();
    let locations = elsewhere.filter_map(|place| text(&place["location"]).or_else(|| text(place)));
    let native = match text(&job["id"]) {
        Some(id) => id,
        None => needed(job, "jobUrl")?,
    };
    let sighting = Sighting {
        native,
        title: Some(needed(job, "title")?),
        url: Some(needed(job, "jobUrl")?),
        apply_url: text(&job["applyUrl"]),
        body: text(&job["descriptionHtml"]).or_else(|| text(&job["descriptionPlain"])),
        tags: [&job["department"], &job["team"]].into_iter().flat_map(texts).collect(),
        pay: compensation(&job["compensation"]),
        remote: truth(&job["isRemote"]).or_else(|| truth(&job["workplaceType"])),
        locations: texts(&job["location"]).into_iter().chain(locations).collect(),
        published: time(&job["publishedAt"], Day::Begins),
        ..Sighting::default()
    };
    let employment = text(&job["employmentType"]).as_deref().and_then(Employment::read);
    Ok(Some(Offer { sighting, employment }))
}

/// The salary alone, with the interval it names (`1 YEAR`): equity and bonuses are other things, and a summary in words has no unit.
fn compensation(told: &Value) -> Option<Pay> {
    let mut parts = told["summaryComponents"].as_array()?.iter();
    let part = parts.find(|part| text(&part["compensationType"]).as_deref() == Some("Salary"))?;
    let interval = text(&part["interval"])?.to_lowercase();
    let per = interval.strip_prefix("1 ").and_then(pay::unit)?;
    salary(&part["minValue"], &part["maxValue"], &part["currencyCode"], Some(per))
}
