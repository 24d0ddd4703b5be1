//! SmartRecruiters: pages of a list that has no descriptions, and an empty list where there is no such board.
//!
//! Descriptions would cost a request for each job at each look, so gigs of these boards have none: their page is one click away.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::Sighting;
use crate::gig::employment::Employment;
use crate::sources::offer::Offer;
use crate::sources::profile;
use crate::sources::reading::{Day, place, text, texts, time, truth};
use serde_json::Value;

pub(super) const SYSTEM: System = System {
    word: "smartrecruiters",
    profile: profile::board("SmartRecruiters", "https://developers.smartrecruiters.com/docs/posting-api"),
    endpoint: "https://api.smartrecruiters.com/v1/companies/{board}/postings",
    list: "content",
    paging: Paging::From { parameter: "offset", size: 100 },
    unknown: Unknown::EmptyList,
    offer,
};

fn offer(posting: &Value, listing: &Listing<'_>) -> Result<Option<Offer>, String> {
    let id = needed(posting, "id")?;
    // Its own `ref` is an address for programs.
    if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(format!("its `id` cannot be a part of its page's address: {id}"));
    }
    let at = &posting["location"];
    let sighting = Sighting {
        title: Some(needed(posting, "name")?),
        url: Some(format!("https://jobs.smartrecruiters.com/{}/{id}", listing.board)),
        native: id,
        organisation: text(&posting["company"]["name"]),
        tags: [&posting["department"], &posting["function"]].into_iter().flat_map(texts).collect(),
        remote: truth(&at["remote"]),
        locations: place(&[&at["city"], &at["region"], &at["country"]]).into_iter().collect(),
        published: time(&posting["releasedDate"], Day::Begins),
        ..Sighting::default()
    };
    let kinds = texts(&posting["typeOfEmployment"]).into_iter().chain(text(&posting["typeOfEmployment"]["id"]));
    let employment = kinds.into_iter().find_map(|kind| Employment::read(&kind));
    Ok(Some(Offer { sighting, employment }))
}
