//! Recruitee: one answer with everything, at a host of the company's own.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::Sighting;
use crate::gig::employment::Employment;
use crate::sources::offer::Offer;
use crate::sources::profile;
use crate::sources::reading::{Day, place, text, texts, time, truth};
use serde_json::Value;

pub(super) const SYSTEM: System = System {
    word: "recruitee",
    profile: profile::board("Recruitee", "https://docs.recruitee.com/reference/offers"),
    endpoint: "https://{board}.recruitee.com/api/offers/",
    list: "offers",
    paging: Paging::Whole,
    unknown: Unknown::NotFound,
    offer,
};

fn offer(offer: &Value, _: &Listing<'_>) -> Result<Option<Offer>, String> {
    if text(&offer["status"]).is_some_and(|status| status != "published") {
        return Ok(None);
    }
    let url = needed(offer, "careers_url")?;
    let parts = ["description", "requirements"].iter().filter_map(|part| text(&offer[*part]));
    let locations = match place(&[&offer["city"], &offer["country"]]) {
        Some(place) => vec![place],
        None => texts(&offer["location"]),
    };
    let sighting = Sighting {
        native: text(&offer["id"]).unwrap_or_else(|| url.clone()),
        title: Some(needed(offer, "title")?),
        url: Some(url),
        apply_url: text(&offer["careers_apply_url"]),
        body: Some(parts.collect::<Vec<_>>().join("\n\n")).filter(|body| !body.is_empty()),
        organisation: text(&offer["company_name"]),
        tags: texts(&offer["department"]),
        remote: truth(&offer["remote"]),
        locations,
        published: time(&offer["published_at"], Day::Begins),
        ..Sighting::default()
    };
    let employment = text(&offer["employment_type_code"]).as_deref().and_then(Employment::read);
    Ok(Some(Offer { sighting, employment }))
}
