//! A feed of one's own: gigs of whom the reader's circle trusts first, then the work that the reader offers, each with the reason why it is there.
//!
//! A feed reader cannot sign in, so the address is the key: it is written into no log, no page but the one that made it, and nobody in between may
//! keep what it answers. The same gigs stand in it as in the public feeds; a gig that ends keeps its place and says so.

use super::feeds::{Format, conditional, http_date};
use super::visitor::Visitor;
use super::words::{count, exact};
use super::{Public, Shared, page, people};
use crate::clock::Timestamp;
use crate::community::Community;
use crate::feeds::{Entry as Item, Feed, Standing};
use crate::gig::Gig;
use crate::gig::head_start::Reader;
use crate::id::{ActorId, GigId, PersonId};
use crate::person::Audience;
use crate::plan::labels::Phrasebook;
use crate::plan::taxonomy::Taxonomy;
use crate::plan::{audience, terms};
use crate::ports::StoreError;
use crate::secret::Secret;
use crate::store::layout::Shelf;
use crate::store::{Ledger, Statements};
use crate::trust::Party;
use crate::weave::{Near, Nearness, Unanswered};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::tz::TimeZone;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// Gigs in the feed.
const ENTRIES: usize = 100;
/// The newest of all, and of each kind of work that the reader offers: what is chosen from.
const NEWEST: usize = 300;
const NEWEST_OF_KIND: usize = 100;
/// Nobody in between keeps it, and a reader that asks more often gets what it has.
const CACHE: &str = "private, max-age=300";

pub const OPML_TYPE: &str = "text/x-opml; charset=utf-8";

/// Why a gig is in the feed; the first that holds, best first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// It goes first to this community, which the reader is in, and to everyone at that time; nothing of that where it has ended.
    First(String, Option<Timestamp>),
    /// Whose gig it is, or who reshared it, is known to the reader, or trusted by those who are.
    Posted(Nearness, String),
    Reshared(Nearness, String),
    /// The label of what the reader offers.
    Kind(String),
    /// The skill that it asks for.
    Skill(String),
    /// The reader has named no kind of work.
    Anything,
}

impl Why {
    fn place(&self) -> u8 {
        match self {
            Self::First(..) => 0,
            Self::Posted(Nearness::Known, _) => 1,
            Self::Reshared(Nearness::Known, _) => 2,
            Self::Posted(Nearness::Heard, _) => 3,
            Self::Reshared(Nearness::Heard, _) => 4,
            Self::Kind(_) => 5,
            Self::Skill(_) => 6,
            Self::Anything => 7,
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::First(community, None) => format!("First for {community}, where you are a member"),
            Self::First(community, Some(ends)) => {
                format!("First for {community}, where you are a member; everyone sees it at {}", exact(*ends))
            }
            Self::Posted(_, who) => format!("{who}, posted it"),
            Self::Reshared(_, who) => format!("{who}, reshared it"),
            Self::Kind(label) => format!("In {label}, which you offer"),
            Self::Skill(skill) => format!("It asks for {skill}, which you know"),
            Self::Anything => "You have named no kind of work, so all gigs are here".to_owned(),
        }
    }
}

/// `/feeds/me/<token>.atom`, `.json`, or `.opml`: that one lists this feed and the public ones of what its reader offers.
pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    asked: HeaderMap,
    Path(file): Path<String>,
) -> Response {
    let mut response = answer(&public, &visitor, &asked, &file).await;
    // Where one goes from there learns nothing of the address.
    let said = response.headers_mut();
    said.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    said.insert("x-robots-tag", HeaderValue::from_static("noindex"));
    response
}

async fn answer(public: &Public, visitor: &Visitor, asked: &HeaderMap, file: &str) -> Response {
    let gone = || {
        let words =
            "There is no feed at this address. It may have been replaced by a new one: your own page makes one.";
        let mut response = page::notice(visitor, StatusCode::NOT_FOUND, "No such feed", words);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        response
    };
    let Some((token, extension)) = file.rsplit_once('.') else { return gone() };
    let token = Secret::new(token);
    let reader = match public.ledger.feed_reader(&token).await {
        Ok(Some(reader)) => reader,
        Ok(None) => return gone(),
        Err(fault) => return page::unreadable(visitor, &fault),
    };
    let format = match extension {
        "atom" => Format::Atom,
        "json" => Format::Json,
        "opml" => return list(public, visitor, reader, &token).await,
        _ => return gone(),
    };
    match rendered(public, visitor, reader, &token, format).await {
        Ok((body, updated)) => conditional(asked, body, &updated, format, CACHE),
        Err(unanswered) => page::unreadable(visitor, &super::signed::fault(unanswered)),
    }
}

async fn rendered(
    public: &Public,
    visitor: &Visitor,
    reader: PersonId,
    token: &Secret,
    format: Format,
) -> Result<(String, String), Unanswered> {
    let said = public.ledger.statements(reader).await?.unwrap_or(Statements::nothing(crate::clock::Timestamp::EPOCH));
    let chosen = chosen(public, reader, &said).await?;
    let gigs: Vec<&Gig> = chosen.iter().map(|(gig, _)| gig).collect();
    let mut names = BTreeMap::new();
    for gig in &gigs {
        if let Entry::Vacant(free) = names.entry(gig.poster) {
            free.insert(super::card::poster(&public.ledger, gig).await?);
        }
    }
    let entries = chosen.iter().map(|(gig, why)| {
        let terms = terms::line(gig, Phrasebook::builtin().english(), &TimeZone::UTC);
        let line = [why.sentence(), terms];
        Item {
            gig,
            standing: Standing::Among,
            poster: gig.terms.organisation.as_deref().unwrap_or(&names[&gig.poster]),
            url: format!("{}/g/{}", visitor.base, gig.id),
            summary: line.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
            category: gig.terms.category.as_deref().and_then(|slug| public.taxonomy.label(slug)),
        }
    });
    let extension = if format == Format::Atom { "atom" } else { "json" };
    let feed = Feed {
        title: "Gigs for you".to_owned(),
        page: format!("{}/me", visitor.base),
        address: address(&visitor.base, token, extension),
        entries: entries.collect(),
    };
    let updated = http_date(feed.updated().max(said.revised));
    Ok((if format == Format::Atom { feed.atom() } else { feed.json() }, updated))
}

/// Where the feed of whoever has this token is.
pub fn address(base: &str, token: &Secret, extension: &str) -> String {
    format!("{base}/feeds/me/{}.{extension}", token.expose())
}

/// The gigs of this reader's feed with the reason for each, nearest first, and the newest first among equals.
async fn chosen(public: &Public, reader: PersonId, said: &Statements) -> Result<Vec<(Gig, Why)>, Unanswered> {
    let (ledger, now) = (&public.ledger, public.clock.now());
    let communities = communities(ledger, reader).await?;
    let names: Vec<String> = communities.iter().map(|community| community.slug.clone()).collect();
    let within = Reader { now, within: &names };
    let mut pool: BTreeMap<GigId, Gig> = BTreeMap::new();
    let mut found = ledger.gigs_on(Shelf::All, 0, NEWEST, within).await?;
    for slug in &said.categories {
        found.extend(ledger.gigs_on(Shelf::AllOf(slug), 0, NEWEST_OF_KIND, within).await?);
    }
    let belongs = |gig: &Gig| gig.republish.is_allowed() && gig.poster != reader && suits(said, gig, &public.taxonomy);
    pool.extend(found.into_iter().map(|record| record.gig).filter(belongs).map(|gig| (gig.id, gig)));
    // As on the community's page: the gig of whoever is no member any more is not its.
    let mut first: BTreeMap<GigId, &str> = BTreeMap::new();
    for gig in pool.values() {
        let Some(name) = gig.only_for(now) else { continue };
        let Some(community) = communities.iter().find(|community| community.slug == name) else { continue };
        if community.is_about(gig.terms.category.as_deref()) && ledger.is_inside(community.id, gig.poster).await? {
            first.insert(gig.id, &community.name);
        }
    }
    pool.retain(|id, gig| gig.only_for(now).is_none() || first.contains_key(id));

    let mut resharers: BTreeMap<GigId, Vec<ActorId>> = BTreeMap::new();
    for (id, gig) in &pool {
        let engagements = people::deeds_of_others(ledger, gig).await?;
        let reshared: Vec<ActorId> = people::reshares(&engagements).iter().map(|deed| deed.actor).collect();
        if !reshared.is_empty() {
            resharers.insert(*id, reshared);
        }
    }
    let posters = pool.values().map(|gig| Party::Person(gig.poster));
    let whom: BTreeSet<Party> = posters.chain(resharers.values().flatten().map(|actor| Party::Actor(*actor))).collect();
    let near = public.weave.near(reader, &whom).await?;
    let mut chosen: Vec<(Gig, Why)> = pool
        .into_values()
        .filter_map(|gig| {
            let who = resharers.get(&gig.id).map(Vec::as_slice).unwrap_or_default();
            let why = match first.get(&gig.id) {
                Some(community) => Why::First((*community).to_owned(), super::community::shown_to_all(&gig, now)),
                None => reason(&gig, who, said, &near, &public.taxonomy)?,
            };
            Some((gig, why))
        })
        .collect();
    chosen.sort_by_key(|(gig, why)| (why.place(), Reverse(gig.first_seen), gig.id));
    chosen.truncate(ENTRIES);
    Ok(chosen)
}

/// Nothing for a gig that has no place in the feed.
fn reason(
    gig: &Gig,
    resharers: &[ActorId],
    said: &Statements,
    near: &BTreeMap<Party, Near>,
    taxonomy: &Taxonomy,
) -> Option<Why> {
    let posted = near.get(&Party::Person(gig.poster)).map(|near| Why::Posted(near.nearness, near.said.clone()));
    let of = resharers.iter().filter_map(|actor| near.get(&Party::Actor(*actor)));
    let reshared = of.min_by_key(|near| near.nearness).map(|near| Why::Reshared(near.nearness, near.said.clone()));
    let terms = &gig.terms;
    let kind = || {
        let slug = terms.category.as_deref()?;
        let offered = said.categories.iter().any(|own| Taxonomy::includes(own, slug));
        offered.then(|| Why::Kind(taxonomy.label(slug).unwrap_or(slug).to_owned()))
    };
    let skill = || {
        let asked =
            terms.skills.iter().find(|skill| said.skills.contains(&skill.trim_start_matches('#').to_lowercase()));
        asked.map(|skill| Why::Skill(skill.clone()))
    };
    let anything = (said.categories.is_empty() && said.skills.is_empty()).then_some(Why::Anything);
    posted.into_iter().chain(reshared).chain(kind()).chain(skill()).chain(anything).min_by_key(Why::place)
}

/// Whether language and place are the reader's, as far as both sides say.
fn suits(said: &Statements, gig: &Gig, taxonomy: &Taxonomy) -> bool {
    let terms = &gig.terms;
    let languages = terms.language.as_ref().map(|_| said.languages.clone()).unwrap_or_default();
    let says_where = terms.place.remote || !terms.place.locations.is_empty();
    let places = if says_where { said.places.clone() } else { Vec::new() };
    let wanted = Audience { languages, places, ..Audience::default() };
    audience::refusal(&wanted, terms, taxonomy).is_none()
}

async fn list(public: &Public, visitor: &Visitor, reader: PersonId, token: &Secret) -> Response {
    let own = Outline { title: "Gigs for you".to_owned(), address: address(&visitor.base, token, "atom") };
    match opml(public, &visitor.base, reader, Some(own)).await {
        Ok(list) => list,
        Err(fault) => page::unreadable(visitor, &fault),
    }
}

/// The communities that somebody is in, as they stand in a list.
pub async fn communities(ledger: &Ledger, person: PersonId) -> Result<Vec<Community>, StoreError> {
    let mut own: Vec<Community> =
        ledger.communities_of(person).await?.into_iter().map(|(community, _)| community).collect();
    own.sort_by(|one, other| (&one.name, &one.slug).cmp(&(&other.name, &other.slug)));
    Ok(own)
}

/// One feed in the list.
pub struct Outline {
    title: String,
    address: String,
}

/// The feeds that somebody follows, as a file that feed readers take in: one for each kind of work that they offer, and one for each community that
/// they are in.
pub async fn opml(public: &Public, base: &str, reader: PersonId, own: Option<Outline>) -> Result<Response, StoreError> {
    let said = public.ledger.statements(reader).await?;
    let kinds = said.iter().flat_map(|said| &said.categories);
    let of_kinds = kinds.filter_map(|slug| {
        let label = public.taxonomy.label(slug)?;
        Some(Outline { title: format!("Gigs: {label}"), address: format!("{base}/feeds/c/{slug}.atom") })
    });
    let mut outlines: Vec<Outline> = own.into_iter().chain(of_kinds).collect();
    // A community is one part of the work: whoever has named no kind follows all gigs beside it.
    if outlines.is_empty() {
        outlines.push(Outline { title: "All gigs".to_owned(), address: format!("{base}/feeds/all.atom") });
    }
    outlines.extend(communities(&public.ledger, reader).await?.into_iter().map(|Community { name, slug, .. }| {
        Outline { title: format!("Gigs of {name}"), address: format!("{base}/feeds/community/{slug}.atom") }
    }));
    let headers = [
        (header::CONTENT_TYPE, OPML_TYPE),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"gigcast.opml\""),
    ];
    Ok((headers, written(&outlines, base).expect("writing into memory does not fail")).into_response())
}

fn written(outlines: &[Outline], base: &str) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    writer.create_element("opml").with_attribute(("version", "2.0")).write_inner_content(|to| {
        to.create_element("head").write_inner_content(|to| {
            let title = format!("{} at {base}", count(outlines.len(), "feed", "feeds"));
            to.create_element("title").write_text_content(BytesText::new(&title)).map(drop)
        })?;
        to.create_element("body").write_inner_content(|to| {
            outlines.iter().try_for_each(|Outline { title, address }| {
                let said = [("type", "rss"), ("text", title.as_str()), ("xmlUrl", address.as_str())];
                to.create_element("outline").with_attributes(said).write_empty().map(drop)
            })
        })?;
        Ok(())
    })?;
    Ok(writer.into_inner())
}
