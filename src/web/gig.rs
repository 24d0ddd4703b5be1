//! The page of one gig: what is offered, where it was posted, who passed it on, who vouched for whom, and how it changed.

use super::card::{Said, poster};
use super::feeds::{Of, links};
use super::hiring::{self, HireLine};
use super::interest::{self, Interested, OwnLink};
use super::page::{self, Frame};
use super::people::{People, page_in};
use super::picture::Drawing;
use super::picture::cascade::{Brought, Cascade, PostedOn, Row};
use super::posted::{self, Posted, Standing};
use super::referred::{by, code_in, via};
use super::signed::fault;
use super::visitor::{Look, Visitor};
use super::vouching::{self, Vouchable};
use super::words::{Moment, clock_time};
use super::{Public, Shared, job_posting};
use crate::clock::Timestamp;
use crate::gig::plain;
use crate::gig::{Gig, Status};
use crate::id::{CommunityId, GigId};
use crate::ports::StoreError;
use crate::referral::{Via, is_reader};
use crate::store::{Ledger, Story, Tale};
use crate::trust::Party;
use crate::weave::Stands;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use std::collections::BTreeMap;

/// Changes told on the page; the newest are.
const CHANGES: usize = 30;

#[derive(Template)]
#[template(path = "gig.html")]
struct Page {
    frame: Frame,
    id: GigId,
    said: Said,
    /// The name of the poster, where that is not whom the gig names.
    through: Option<String>,
    /// Where the poster is to be found here; nothing for those who wish not to be listed.
    poster_page: Option<String>,
    category: Option<Category>,
    openings: Option<u32>,
    /// In which time zones, or with how much overlap.
    zones: Option<String>,
    /// `Filled`, `Expired` or `Withdrawn`.
    ribbon: Option<&'static str>,
    apply: Apply,
    paragraphs: Vec<String>,
    posted: Vec<Posted>,
    people: People,
    /// Nothing before the first post is out.
    cascade: Option<Pictured>,
    hired: Vec<HireLine>,
    /// The visitor's own work for it, to confirm or deny.
    hires: Vec<HireLine>,
    /// Nothing where nobody is asked any more.
    interested: Option<Interested>,
    own_link: Option<OwnLink>,
    history: Vec<Change>,
    /// The community that alone is shown it now, and what is said of that.
    first: Option<First>,
    /// JSON that is safe in a script element; nothing while search engines are not to find it.
    job: Option<String>,
    open_graph: String,
}

/// How the gig travelled, drawn and in words.
struct Pictured {
    drawing: Drawing,
    rows: Vec<Row>,
    more: String,
}

struct First {
    /// Nothing where there is no such community any more.
    community: Option<(String, String)>,
    /// Goes on from its name; or is a sentence of its own.
    until: Option<String>,
}

struct Category {
    slug: String,
    label: String,
    address: String,
}

struct Apply {
    address: String,
    /// The host or mail address that it leads to.
    to: String,
}

struct Change {
    when: Moment,
    what: String,
}

pub async fn show(
    State(public): State<Shared>,
    visitor: Visitor,
    method: Method,
    headers: HeaderMap,
    uri: Uri,
    Path(id): Path<String>,
) -> Response {
    let code = code_in(uri.query());
    let found = match id.parse::<GigId>() {
        Ok(id) => page(&public, &visitor, id, code.as_deref(), page_in(uri.query())).await,
        Err(_) => Ok(None),
    };
    let found = match found {
        Ok(Some((gig, page))) => {
            let is_own = visitor.signed.as_ref().is_some_and(|signed| signed.person.id == gig.poster);
            // Who turns the pages of its people reads on, and is no other visit.
            let is_first = page.people.page == 1;
            if method == Method::GET && is_first && !is_own && is_visit(&headers) {
                match via(&public, gig.id, code.as_deref()).await {
                    Ok(via) => public.visits.count(gig.id, via),
                    Err(fault) => return page::unreadable(&visitor, &fault),
                }
            }
            Ok(Some(page))
        }
        Ok(None) => Ok(None),
        Err(fault) => Err(fault),
    };
    match found {
        Ok(Some(page)) => page::html(StatusCode::OK, &page),
        Ok(None) => match was_removed(&public, &id).await {
            Ok(true) => {
                let words =
                    "This gig has ended, and what was kept of it is removed. The front page shows what is open now.";
                page::notice(&visitor, StatusCode::GONE, "This gig is gone", words)
            }
            Ok(false) => {
                let words = "Nothing stands at this address. Links to gigs end in gig_ and sixteen letters or digits: look whether \
                             yours was cut short. The front page shows what is open now.";
                page::notice(&visitor, StatusCode::NOT_FOUND, "No such gig", words)
            }
            Err(fault) => page::unreadable(&visitor, &fault),
        },
        Err(fault) => page::unreadable(&visitor, &fault),
    }
}

/// Whether a gig with this id was here, and its time is over.
async fn was_removed(public: &Public, id: &str) -> Result<bool, StoreError> {
    match id.parse::<GigId>() {
        Ok(id) => Ok(public.ledger.removed(id).await?.is_some()),
        Err(_) => Ok(false),
    }
}

/// Whether somebody reads the page now, as far as its request tells.
fn is_visit(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    is_reader(said("user-agent"), said("sec-purpose").or(said("purpose")).or(said("x-moz")))
}

async fn page(
    public: &Public,
    visitor: &Visitor,
    id: GigId,
    code: Option<&str>,
    page_of_people: usize,
) -> Result<Option<(Gig, Page)>, StoreError> {
    let ledger = &public.ledger;
    let Some(record) = ledger.gig(id).await?.filter(|record| record.gig.republish.is_allowed()) else {
        return Ok(None);
    };
    let (gig, now) = (record.gig, public.clock.now());
    let poster = poster(ledger, &gig).await?;
    let mut said = Said::of(&gig, &poster, now);
    let is_named = public.weave.named(Party::Person(gig.poster)).await?.is_some();
    let poster_page = is_named.then(|| format!("{}/people/{}", visitor.root, gig.poster));
    said.by_page = poster_page.clone().filter(|_| said.by == poster);
    let url = format!("{}/g/{id}", visitor.base);
    let slug = gig.terms.category.as_deref();
    let category = public.taxonomy.categories().iter().find(|category| Some(category.slug.as_str()) == slug);
    let label = category.map(|category| category.label.as_str());

    let mut frame = Frame::new(visitor, said.title.clone());
    frame.description = description(&said, &gig);
    frame.feeds = links(&visitor.base, category.map_or(Of::All, Of::Category));
    let first = first(ledger, &gig, now).await?;
    // Whoever has its address may read it; nobody is led to it.
    frame.canonical = first.is_none().then(|| url.clone());
    let posted = posted::of(ledger, &gig, now).await?;
    let mut people = People::of(ledger, &gig, page_of_people, now).await?;
    vouching::offer(public, visitor, &gig, &mut people).await.map_err(fault)?;
    let cascade = pictured(&poster, &posted, &mut people, brought(ledger, id).await?);
    let page = Page {
        id,
        interested: interest::of_page(public, visitor, &gig, code.unwrap_or_default()).await?,
        own_link: interest::own_link(public, visitor, &gig).await?,
        job: first.is_none().then(|| job_posting::json_ld(&gig, &poster, &url, label)),
        first,
        open_graph: url,
        through: (said.by != poster).then_some(poster),
        poster_page,
        category: category.map(|category| Category {
            label: category.label.clone(),
            address: format!("{}/c/{}", visitor.root, category.slug),
            slug: category.slug.clone(),
        }),
        openings: gig.terms.openings.filter(|n| *n > 1),
        zones: gig.terms.place.zones.map(|zones| zones.to_string()),
        ribbon: ribbon(gig.status),
        apply: apply(&gig.terms.apply_url),
        paragraphs: paragraphs(&gig),
        hired: hiring::of_gig(public, &gig, false).await?,
        hires: match &visitor.signed {
            Some(signed) => hiring::of_person_for(public, signed.person.id, id).await?,
            None => Vec::new(),
        },
        posted,
        people,
        cascade,
        history: history(&gig, &ledger.story(id).await?, now),
        frame,
        said,
    };
    Ok(Some((gig, page)))
}

/// What is said of a gig that a community alone is shown; nothing of one that everyone is.
async fn first(ledger: &Ledger, gig: &Gig, now: Timestamp) -> Result<Option<First>, StoreError> {
    let Some(slug) = gig.only_for(now) else { return Ok(None) };
    let community = ledger.community(CommunityId::from_slug(slug)).await?;
    let ends = gig.head_start().filter(|_| gig.status == Status::Open).map(|start| clock_time(start.ends, now));
    Ok(Some(First { community: community.map(|one| (one.slug, one.name)), until: ends }))
}

/// How many are interested, by the way they came; those by which most did first.
async fn brought(ledger: &Ledger, gig: GigId) -> Result<Vec<Brought>, StoreError> {
    let mut sums: BTreeMap<Via, usize> = BTreeMap::new();
    for interest in ledger.interests(gig).await? {
        *sums.entry(interest.via).or_default() += 1;
    }
    let mut brought = Vec::new();
    for (via, interested) in sums {
        let (account, by) = match via {
            Via::Post(account) => (Some(account), "this post".to_owned()),
            Via::Page | Via::Link(_) => (None, by(ledger, via).await?),
        };
        brought.push(Brought { account, by, interested });
    }
    brought.sort_by_key(|one| std::cmp::Reverse(one.interested));
    Ok(brought)
}

fn pictured(poster: &str, posted: &[Posted], people: &mut People, brought: Vec<Brought>) -> Option<Pictured> {
    let out = posted.iter().filter(|post| matches!(post.state, Standing::Out { .. }));
    let accounts =
        out.map(|post| PostedOn { id: post.account, network: post.network.clone(), handle: post.handle.clone() });
    let cascade = Cascade {
        poster: poster.to_owned(),
        accounts: accounts.collect(),
        vouched_for: std::mem::take(&mut people.by_poster),
        carriers: std::mem::take(&mut people.carriers),
        unnamed: people.unnamed,
        brought,
    };
    let pictured = || Pictured { drawing: cascade.drawn(), rows: cascade.rows(), more: cascade.more() };
    (!cascade.is_empty()).then(pictured)
}

pub fn paragraphs(gig: &Gig) -> Vec<String> {
    gig.terms.description.split("\n\n").filter(|p| !p.is_empty()).map(str::to_owned).collect()
}

fn ribbon(status: Status) -> Option<&'static str> {
    match status {
        Status::Open => None,
        Status::Filled => Some("Filled"),
        Status::Expired => Some("Expired"),
        Status::Withdrawn => Some("Withdrawn"),
    }
}

/// One line for search engines and link cards: by whom, pay, place, and how the description begins.
fn description(said: &Said, gig: &Gig) -> String {
    let facts = [Some(&said.by), said.pay.as_ref(), said.place.as_ref()];
    let facts: Vec<&str> = facts.into_iter().flatten().map(String::as_str).collect();
    let words = gig.terms.description.split_whitespace().collect::<Vec<_>>().join(" ");
    plain::cut(format!("{}. {words}", facts.join(" · ")), 200)
}

fn apply(address: &str) -> Apply {
    let url = url::Url::parse(address).ok();
    let to = url.and_then(|url| match url.scheme() {
        "mailto" => Some(url.path().to_owned()),
        _ => url.host_str().map(str::to_owned),
    });
    Apply { address: address.to_owned(), to: to.unwrap_or_default() }
}

/// What a reader would have noticed, newest first. Which sources saw it is the poster's own business.
fn history(gig: &Gig, story: &[Story], now: Timestamp) -> Vec<Change> {
    let mut before = Status::Open;
    let told = |story: &Story| {
        let what = match story.tale.revised() {
            Some((_, status)) => match (ribbon(status), std::mem::replace(&mut before, status)) {
                (None, Status::Open) => "Changed".to_owned(),
                (None, _) => "Open again".to_owned(),
                (Some(ended), _) => ended.to_owned(),
            },
            None if matches!(story.tale, Tale::Seen { .. } | Tale::Baseline) => "Came in".to_owned(),
            None => return None,
        };
        Some(Change { when: Moment::new(story.at, now), what })
    };
    let mut changes: Vec<Change> = story.iter().filter_map(told).collect();
    changes.reverse();
    changes.truncate(CHANGES);
    if changes.is_empty() {
        changes.push(Change { when: Moment::new(gig.first_seen, now), what: "Came in".to_owned() });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_apply_is_told_by_where_it_leads() {
        assert_eq!(apply("mailto:jobs@acme.example?subject=Logo").to, "jobs@acme.example");
        assert_eq!(apply("https://acme.example/apply?id=1").to, "acme.example");
    }
}
