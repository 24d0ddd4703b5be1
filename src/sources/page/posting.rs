//! One schema.org `JobPosting` as a [`Sighting`]. What it lacks stays out; nothing is made up.

use super::dates::{self, Edge};
use super::things::{Thing, Things, each};
use super::{json, salary};
use crate::gig::address::{canonical_url, is_mail_address};
use crate::gig::{Pay, Republish, Sighting, Urgency, plain};
use crate::id::digest;
use serde_json::Value;
use url::Url;

/// A longer id is not kept as it is.
const ID_BYTES: usize = 200;
/// A longer skill is a sentence, and no word to tag with.
const SKILL_CHARS: usize = 40;

/// The page that a posting stands on.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub url: &'a Url,
    /// Where relative addresses begin.
    pub base: &'a Url,
    pub language: Option<&'a str>,
}

/// What a posting turned out to be.
#[derive(Debug)]
pub(super) enum Read {
    Gig(Box<Sighting>),
    /// It stands here in short; the whole of it is there.
    Lead(Url),
}

pub(super) fn read<'a>(things: &Things<'a>, posting: &'a Thing, page: &Page<'_>) -> Result<Read, &'static str> {
    let text = |key| things.text_of(posting, key);
    let own = own_page(things, posting, page);
    let title = text("title").or_else(|| text("name"));
    let body = body(things, posting);
    if let (Some(own), true) = (&own, title.is_none() || body.is_none()) {
        return Ok(Read::Lead(own.clone()));
    }
    let title = title.ok_or("it has no `title`")?;
    let url = own.as_ref().unwrap_or(page.url).to_string();
    let organisation = text("hiringOrganization")
        .or_else(|| things.text_of(things.thing(posting.get("hiringOrganization")?)?, "legalName"));
    let employment = things.texts_of(posting, "employmentType");
    let volunteer = employment.iter().any(|kind| word(kind) == "volunteer");
    let (remote, locations) = place(things, posting);
    let mut tags = skills(things, posting);
    tags.extend(employment.iter().filter_map(|kind| employment_tag(kind)).map(str::to_owned));
    Ok(Read::Gig(Box::new(Sighting {
        republish: Republish::Allowed,
        urgency: Urgency::Usual,
        ring: None,
        native: native(things, posting, organisation.as_deref())
            .or_else(|| canonical_url(&url))
            .map_or_else(|| url.clone(), |id| short(&id)),
        title: Some(title),
        body,
        apply_url: apply(things, posting, page),
        url: Some(url),
        organisation,
        category: text("occupationalCategory")
            .or_else(|| text("industry"))
            .map(|said| plain::line(without_code(&said))),
        tags,
        pay: salary::read(things, posting).or(volunteer.then_some(Pay::Unpaid)),
        remote,
        locations,
        language: language(things, posting).or_else(|| page.language.map(str::to_owned)),
        published: posting.get("datePosted").and_then(|date| dates::read(first(date), Edge::Begin)),
        closes: posting.get("validThrough").and_then(|date| dates::read(first(date), Edge::End)),
        updated: None,
        openings: text("totalJobOpenings").and_then(|number| number.parse().ok()),
        status: None,
    })))
}

fn first(value: &Value) -> &Value {
    each(Some(value)).next().unwrap_or(value)
}

/// The address that the posting gives as its own; not the front page, which is given in its place too often.
fn own_page<'a>(things: &Things<'a>, posting: &'a Thing, page: &Page<'_>) -> Option<Url> {
    let named = things.text_of(posting, "url").or_else(|| match posting.get("@id") {
        Some(Value::String(id)) if id.starts_with("http") => Some(id.clone()),
        _ => None,
    })?;
    let mut url = address(&named, page)?;
    let is_front = url.path().trim_matches('/').is_empty() && url.query().is_none();
    url.set_fragment(url.fragment().map(str::to_owned).filter(|_| is_front).as_deref());
    (!is_front && canonical_url(url.as_str()) != canonical_url(page.url.as_str())).then_some(url)
}

fn address(written: &str, page: &Page<'_>) -> Option<Url> {
    let url = page.base.join(json::unescape(written.trim()).as_str()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The description; where there is none, the parts that should have stood in it.
fn body<'a>(things: &Things<'a>, posting: &'a Thing) -> Option<String> {
    let parts = |keys: &[&str]| {
        let parts: Vec<String> = keys.iter().flat_map(|key| things.texts_of(posting, key)).collect();
        (!parts.is_empty()).then(|| parts.join("\n\n"))
    };
    parts(&["description"]).or_else(|| parts(&["responsibilities", "qualifications", "experienceRequirements"]))
}

/// Who may be written to, when one doesn't apply on the page itself.
fn apply<'a>(things: &Things<'a>, posting: &'a Thing, page: &Page<'_>) -> Option<String> {
    let direct = posting.get("directApply").is_some_and(|direct| match direct {
        Value::Bool(direct) => *direct,
        other => other.as_str().is_some_and(|said| word(said) == "true"),
    });
    let contact = things.thing(posting.get("applicationContact")?).filter(|_| !direct)?;
    let url = things.text_of(contact, "url").and_then(|url| address(&url, page)).map(String::from);
    url.or_else(|| {
        let mail = things.text_of(contact, "email")?;
        let mail = mail.strip_prefix("mailto:").unwrap_or(&mail).trim();
        is_mail_address(mail).then(|| format!("mailto:{mail}"))
    })
}

/// The organisation's own id for the job: unless it is only the organisation's name, as it is on many pages.
fn native<'a>(things: &Things<'a>, posting: &'a Thing, organisation: Option<&str>) -> Option<String> {
    let identifier = posting.get("identifier")?;
    let id = match things.thing(identifier) {
        Some(thing) => things.text_of(thing, "value").or_else(|| things.text_of(thing, "@value")),
        None => things.text(identifier),
    }?;
    if organisation.is_some_and(|name| name.eq_ignore_ascii_case(&id)) {
        return None;
    }
    if id.starts_with("http") { canonical_url(&id) } else { Some(id) }
}

/// Long ids go by their digest.
pub(super) fn short(id: &str) -> String {
    if id.len() <= ID_BYTES { id.to_owned() } else { hash(&[id]) }
}

pub(super) fn hash(parts: &[&str]) -> String {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    digest("posting", &parts)[..16].iter().fold("hash:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// `15-1254.00 Web Developers` without its number.
fn without_code(said: &str) -> &str {
    let named = said.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | ' ' | ':'));
    if named.is_empty() { said } else { named }
}

/// Words in a list, or in one text separated by commas and the like.
fn skills<'a>(things: &Things<'a>, posting: &'a Thing) -> Vec<String> {
    let written = things.texts_of(posting, "skills");
    let plain = written.iter().map(|text| plain::text(text));
    let words: Vec<String> = plain
        .flat_map(|text| text.split([',', ';', '•', '·', '|', '\n']).map(str::to_owned).collect::<Vec<_>>())
        .map(|skill| skill.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '.')).to_owned())
        .collect();
    words.into_iter().filter(|skill| !skill.is_empty() && skill.chars().count() <= SKILL_CHARS).collect()
}

/// A word of a vocabulary, however it is written: `FULL_TIME`, `Full-time`, `https://schema.org/FullTime`.
fn word(written: &str) -> String {
    let last = written.trim().rsplit('/').next().unwrap_or(written);
    last.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn employment_tag(kind: &str) -> Option<&'static str> {
    Some(match word(kind).as_str() {
        "contractor" | "contract" => "contract",
        "freelance" | "freelancer" => "freelance",
        "temporary" | "temp" => "temporary",
        "parttime" => "part-time",
        "fulltime" => "full-time",
        "intern" | "internship" => "internship",
        "volunteer" => "volunteer",
        "perdiem" => "per diem",
        _ => return None,
    })
}

/// Whether it is done from anywhere, and where: of remote work, from where one may apply.
fn place<'a>(things: &Things<'a>, posting: &'a Thing) -> (Option<bool>, Vec<String>) {
    let remote = things
        .texts_of(posting, "jobLocationType")
        .iter()
        .any(|kind| matches!(word(kind).as_str(), "telecommute" | "remote"));
    let asked = if remote { things.texts_of(posting, "applicantLocationRequirements") } else { Vec::new() };
    let mut locations: Vec<String> = Vec::new();
    if asked.is_empty() {
        locations.extend(each(posting.get("jobLocation")).filter_map(|place| location(things, place)));
    } else {
        locations = asked;
    }
    let mut seen = std::collections::HashSet::new();
    locations.retain(|location| seen.insert(location.to_lowercase()));
    (remote.then_some(true), locations)
}

/// Town, region and country; streets are for those who come there.
fn location<'a>(things: &Things<'a>, place: &'a Value) -> Option<String> {
    let Some(thing) = things.thing(place) else { return things.text(place).map(|text| plain::line(&text)) };
    let address = thing.get("address").unwrap_or(place);
    let Some(address) = things.thing(address) else { return things.text(address).map(|text| plain::line(&text)) };
    let mut parts: Vec<String> = Vec::new();
    for key in ["addressLocality", "addressRegion", "addressCountry"] {
        let part = things.text_of(address, key).map(|part| plain::line(&part));
        parts.extend(
            part.filter(|part| !part.is_empty() && !parts.iter().any(|known| known.eq_ignore_ascii_case(part))),
        );
    }
    if parts.is_empty() { things.text_of(thing, "name").map(|name| plain::line(&name)) } else { Some(parts.join(", ")) }
}

/// A tag as in `de-AT`; a language is a thing as well, with the tag as its other name.
fn language<'a>(things: &Things<'a>, posting: &'a Thing) -> Option<String> {
    let said = posting.get("inLanguage")?;
    things.thing(said).and_then(|thing| things.text_of(thing, "alternateName")).or_else(|| things.text(said))
}
