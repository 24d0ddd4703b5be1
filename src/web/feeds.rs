//! Feeds over HTTP: `/feeds/all.atom`, `/feeds/c/<category>.json`, `/feeds/community/<name>.atom` and so on, asked for often and answered cheaply.

use super::card::posters;
use super::community::{Gathering, shown_to_all};
use super::page::{self, FeedLink};
use super::shelf::{self, Which};
use super::visitor::Visitor;
use super::words::exact;
use super::{Public, Shared};
use crate::clock::Timestamp;
use crate::feeds::{ATOM_TYPE, Entry, Feed, JSON_TYPE, Standing};
use crate::gig::Gig;
use crate::gig::head_start::Reader;
use crate::id::digest;
use crate::plan::labels::Phrasebook;
use crate::plan::taxonomy::Category;
use crate::plan::terms;
use crate::ports::StoreError;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::time::Duration;

/// Gigs in one feed.
const ENTRIES: usize = 100;

/// For so long a feed tells the end of a gig that stands behind these, ...
const ENDS_TOLD: Duration = Duration::from_hours(30 * 24);
/// ... of so many that ended last, of whatever kind.
const ENDS: usize = 200;

/// Which gigs a feed is of.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    All,
    Category(&'a Category),
    Community(&'a Gathering),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Atom,
    Json,
}

pub async fn all_atom(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Response {
    answer(&public, &visitor, &headers, Of::All, Format::Atom).await
}

pub async fn all_json(State(public): State<Shared>, visitor: Visitor, headers: HeaderMap) -> Response {
    answer(&public, &visitor, &headers, Of::All, Format::Json).await
}

pub async fn category(
    State(public): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> Response {
    let atom = path.strip_suffix(".atom").map(|slug| (slug, Format::Atom));
    let asked = atom.or_else(|| path.strip_suffix(".json").map(|slug| (slug, Format::Json)));
    let found = asked.and_then(|(slug, format)| {
        let category = public.taxonomy.categories().iter().find(|category| category.slug == slug)?;
        Some((category, format))
    });
    let Some((category, format)) = found else {
        let words = "There is no such feed. Each page of a kind of work names its own, ending in .atom and .json.";
        return page::notice(&visitor, StatusCode::NOT_FOUND, "No such feed", words);
    };
    answer(&public, &visitor, &headers, Of::Category(category), format).await
}

/// The gigs of a community, newest first.
pub async fn community(
    State(public): State<Shared>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response {
    let atom = name.strip_suffix(".atom").map(|slug| (slug, Format::Atom));
    let asked = atom.or_else(|| name.strip_suffix(".json").map(|slug| (slug, Format::Json)));
    let found = match asked {
        Some((slug, format)) => Gathering::at(&public.ledger, slug).await.map(|found| found.map(|one| (one, format))),
        None => Ok(None),
    };
    match found {
        Ok(Some((gathering, format))) => answer(&public, &visitor, &headers, Of::Community(&gathering), format).await,
        Ok(None) => {
            let words = "There is no such feed. Each community's page names its own, ending in .atom and .json.";
            page::notice(&visitor, StatusCode::NOT_FOUND, "No such feed", words)
        }
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// The feeds that a page of these gigs points to.
pub fn links(base: &str, of: Of<'_>) -> Vec<FeedLink> {
    let own = |extension: &str| match of {
        Of::All => format!("{base}/feeds/all.{extension}"),
        Of::Category(category) => format!("{base}/feeds/c/{}.{extension}", category.slug),
        Of::Community(gathering) => format!("{base}/feeds/community/{}.{extension}", gathering.community.slug),
    };
    let name = title(of);
    [("Atom", "atom", "application/atom+xml"), ("JSON Feed", "json", "application/feed+json")]
        .map(|(format, extension, kind)| FeedLink {
            title: format!("{name} ({format})"),
            address: own(extension),
            kind,
        })
        .to_vec()
}

fn title(of: Of<'_>) -> String {
    match of {
        Of::All => "All gigs".to_owned(),
        Of::Category(category) => format!("Gigs: {}", category.label),
        Of::Community(gathering) => format!("Gigs of {}", gathering.community.name),
    }
}

async fn answer(public: &Public, visitor: &Visitor, headers: &HeaderMap, of: Of<'_>, format: Format) -> Response {
    match rendered(public, visitor, of, format).await {
        Ok((body, updated)) => conditional(headers, body, &updated, format, "public, max-age=300"),
        Err(fault) => page::unreadable(visitor, &fault),
    }
}

async fn rendered(
    public: &Public,
    visitor: &Visitor,
    of: Of<'_>,
    format: Format,
) -> Result<(String, String), StoreError> {
    let slug = match of {
        Of::All => None,
        Of::Category(category) => Some(category.slug.as_str()),
        Of::Community(gathering) => Some(gathering.community.category.as_str()),
    };
    let now = public.clock.now();
    let reader = match of {
        Of::All | Of::Category(_) => Reader::anyone(now),
        Of::Community(gathering) => gathering.reader(now),
    };
    let mut gigs = match of {
        Of::All | Of::Category(_) => shelf::browse(&public.ledger, 0, Which::Any, slug, ENTRIES, reader).await?.gigs,
        Of::Community(gathering) => gathering.gigs(&public.ledger, Which::Any, ENTRIES, now).await?,
    };
    let (among, since) = (gigs.len(), now.minus(ENDS_TOLD));
    let mut ended = shelf::ended(&public.ledger, since, slug, ENDS, reader).await?;
    if let Of::Community(gathering) = of {
        ended.retain(|gig| gathering.has(gig));
    }
    let behind: Vec<_> = ended.into_iter().filter(|gig| gigs.iter().all(|shown| shown.id != gig.id)).collect();
    gigs.extend(behind);
    let names = posters(&public.ledger, &gigs).await?;
    let mut entries = Vec::new();
    for (n, gig) in gigs.iter().enumerate() {
        entries.push(Entry {
            gig,
            standing: if n < among { Standing::Among } else { Standing::Behind },
            poster: gig.terms.organisation.as_deref().unwrap_or(&names[&gig.poster]),
            url: format!("{}/g/{}", visitor.base, gig.id),
            summary: line_of(gig, of, now),
            category: gig.terms.category.as_deref().and_then(|slug| public.taxonomy.label(slug)),
        });
    }
    let [atom, json] = [0, 1].map(|at| links(&visitor.base, of).swap_remove(at).address);
    let feed = Feed {
        title: title(of),
        page: match of {
            Of::All => format!("{}/", visitor.base),
            Of::Category(category) => format!("{}/c/{}", visitor.base, category.slug),
            Of::Community(gathering) => format!("{}/community/{}", visitor.base, gathering.community.slug),
        },
        address: if format == Format::Atom { atom } else { json },
        entries,
    };
    let updated = http_date(feed.updated());
    Ok((if format == Format::Atom { feed.atom() } else { feed.json() }, updated))
}

/// Pay, place and closing day; before them, in a community's feed, that it goes there first, and until when. That has its day in it, as a reader may
/// show it on another.
fn line_of(gig: &Gig, of: Of<'_>, now: Timestamp) -> String {
    let terms = terms::line(gig, Phrasebook::builtin().english(), &TimeZone::UTC);
    let first = match of {
        Of::All | Of::Category(_) => None,
        Of::Community(gathering) => shown_to_all(gig, now)
            .map(|ends| format!("First for {}; everyone sees it at {}", gathering.community.name, exact(ends))),
    };
    first.into_iter().chain(Some(terms).filter(|terms| !terms.is_empty())).collect::<Vec<_>>().join(" · ")
}

/// As headers write a time.
pub fn http_date(at: Timestamp) -> String {
    at.to_jiff().to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// An answer that a reader need not fetch again; `cache` says who may keep it, and how long.
pub fn conditional(headers: &HeaderMap, body: String, updated: &str, format: Format, cache: &'static str) -> Response {
    let hash = digest("feed", &[body.as_bytes()]);
    let hex = hash[..16].iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let etag = format!("\"{hex}\"");
    let known = knows(headers, &etag);
    let kind = if format == Format::Atom { ATOM_TYPE } else { JSON_TYPE };
    let said = [
        (header::ETAG, etag.as_str()),
        (header::LAST_MODIFIED, updated),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_TYPE, kind),
    ];
    let said: HeaderMap =
        said.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?))).collect();
    if known { (StatusCode::NOT_MODIFIED, said).into_response() } else { (said, body).into_response() }
}

/// Whether the reader has this version already; weak or strong is all the same for reading.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}
