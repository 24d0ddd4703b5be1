//! Lever, and its European house: pages of an array, the description in parts, pay as a range with its interval.

use super::{Listing, Paging, System, Unknown, needed};
use crate::gig::employment::Employment;
use crate::gig::{Sighting, pay, plain};
use crate::sources::offer::Offer;
use crate::sources::profile;
use crate::sources::reading::{Day, salary, says_remote, text, texts, time};
use serde_json::Value;

pub(super) const SYSTEM: System = System {
    word: "lever",
    profile: profile::board("Lever", "https://github.com/lever/postings-api"),
    endpoint: "https://api.lever.co/v0/postings/{board}?mode=json",
    list: "",
    paging: Paging::From { parameter: "skip", size: 100 },
    unknown: Unknown::NotFound,
    offer,
};

pub(super) const EUROPE: System =
    System { word: "lever-eu", endpoint: "https://api.eu.lever.co/v0/postings/{board}?mode=json", ..SYSTEM };

fn offer(posting: &Value, _: &Listing<'_>) -> Result<Option<Offer>, String> {
    let categories = &posting["categories"];
    let locations = match texts(&categories["allLocations"]) {
        some if some.is_empty() => texts(&categories["location"]),
        all => all,
    };
    let workplace = text(&posting["workplaceType"]).map(|kind| kind.eq_ignore_ascii_case("remote"));
    let range = &posting["salaryRange"];
    // `per-year-salary`, `per-hour-wage`, `one-time`.
    let per = text(&range["interval"]).and_then(|interval| interval.split('-').find_map(pay::unit));
    let sighting = Sighting {
        native: needed(posting, "id")?,
        title: Some(needed(posting, "text")?),
        url: Some(needed(posting, "hostedUrl")?),
        apply_url: text(&posting["applyUrl"]),
        body: Some(description(posting)).filter(|body| !body.is_empty()),
        tags: [&categories["team"], &categories["department"]].into_iter().flat_map(texts).collect(),
        pay: salary(&range["min"], &range["max"], &range["currency"], per),
        remote: workplace.or_else(|| (!locations.is_empty()).then(|| locations.iter().any(|place| says_remote(place)))),
        locations,
        published: time(&posting["createdAt"], Day::Begins),
        ..Sighting::default()
    };
    let employment = text(&categories["commitment"]).as_deref().and_then(Employment::read);
    Ok(Some(Offer { sighting, employment }))
}

/// The opening, each list under its heading, the closing: plain text and HTML side by side.
fn description(posting: &Value) -> String {
    let plain =
        |plain: &str, html: &str| text(&posting[plain]).or_else(|| text(&posting[html])).map(|said| plain::text(&said));
    let lists = posting["lists"].as_array().into_iter().flatten().map(|list| {
        let (heading, items) = (text(&list["text"]), text(&list["content"]));
        [heading, items].into_iter().flatten().map(|said| plain::text(&said)).collect::<Vec<_>>().join("\n")
    });
    let parts =
        plain("descriptionPlain", "description").into_iter().chain(lists).chain(plain("additionalPlain", "additional"));
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}
