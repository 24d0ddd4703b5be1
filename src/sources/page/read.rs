//! What one page says: its jobs, and where it leads. Pure: bytes in, sightings out.

use super::things::{Things, is_a};
use super::{charset, json, markup, posting};
use crate::failure::Why;
use crate::gig::Sighting;
use crate::ports::Refused;
use posting::{Page, Read};
use serde_json::Value;
use std::collections::BTreeSet;
use url::Url;

/// More jobs of one page are not read.
pub const POSTINGS: usize = 500;

/// What was found on one page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// In the order of the page.
    pub sightings: Vec<Sighting>,
    pub refused: Vec<Refused>,
    /// Pages of jobs that a list names, whole and in its order; on any host.
    pub leads: Vec<String>,
    /// All links, whole and in their order.
    pub links: Vec<String>,
}

/// Reads a page of HTML that was found at this address. JSON-LD is asked first; microdata only where that holds no job.
pub fn postings(html: &[u8], content_type: Option<&str>, url: &str) -> Found {
    let mut found = Found::default();
    let Ok(url) = Url::parse(url) else { return found };
    let markup = markup::read(&charset::decode(html, content_type));
    let base = markup.base.as_deref().and_then(|base| url.join(base).ok());
    let base = base.filter(|base| matches!(base.scheme(), "http" | "https")).unwrap_or_else(|| url.clone());
    let page = Page { url: &url, base: &base, language: markup.language.as_deref() };
    found.links = whole(&markup.links, &base);

    let mut documents = Vec::new();
    for (n, script) in markup.scripts.iter().enumerate() {
        match json::documents(script) {
            Ok(read) => documents.extend(read),
            Err(said) if script.contains("JobPosting") => {
                let what = format!("{url} (data script {})", n + 1);
                found.refused.push(Refused { what, why: Why::new(format!("its JSON cannot be read: {said}")) });
            }
            // Menus and breadcrumbs are none of ours.
            Err(_) => {}
        }
    }
    take(&mut found, &documents, &page);
    if found.sightings.is_empty() && found.leads.is_empty() {
        let items: Vec<Value> = markup.items;
        take(&mut found, &items, &page);
    }
    found
}

fn take(found: &mut Found, documents: &[Value], page: &Page<'_>) {
    let things = Things::of(documents);
    let mut leads = things.leads.clone();
    for (n, thing) in things.postings.iter().copied().enumerate() {
        debug_assert!(is_a(thing, "JobPosting"));
        if found.sightings.len() == POSTINGS {
            let why = Why::new(format!("the page holds more than {POSTINGS} jobs; the others are not read"));
            found.refused.push(Refused { what: page.url.to_string(), why });
            break;
        }
        match posting::read(&things, thing, page) {
            Ok(Read::Gig(sighting)) => add(&mut found.sightings, *sighting),
            Ok(Read::Lead(url)) => leads.push(url.into()),
            Err(said) => {
                let what = format!("{} (job {})", page.url, n + 1);
                found.refused.push(Refused { what, why: Why::new(said) });
            }
        }
    }
    found.leads = whole(&leads, page.base);
}

/// One job that is written once for each of its places is one; two jobs under one id are two.
fn add(sightings: &mut Vec<Sighting>, mut sighting: Sighting) {
    let id = sighting.native.clone();
    if let Some(same) = sightings.iter_mut().find(|other| other.native == id) {
        if same.title == sighting.title {
            sighting.locations.retain(|location| !same.locations.contains(location));
            same.locations.append(&mut sighting.locations);
            return;
        }
        sighting.native = posting::hash(&[&id, sighting.title.as_deref().unwrap_or_default()]);
        if sightings.iter().any(|other| other.native == sighting.native) {
            return;
        }
    }
    sightings.push(sighting);
}

/// Each address once, without what stands behind `#`.
fn whole(written: &[String], base: &Url) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let addresses =
        written.iter().filter_map(|address| base.join(json::unescape(address).trim()).ok()).map(|mut url| {
            url.set_fragment(None);
            String::from(url)
        });
    addresses.filter(|url| url.starts_with("http") && seen.insert(url.clone())).collect()
}
