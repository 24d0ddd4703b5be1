//! What the demo's page shows, out of the ledger and the operator's side, and how each part of it is written.

use super::Demo;
use crate::clock::Timestamp;
use crate::gig::{Gig, Revision, Status};
use crate::id::{AccountId, ActorId};
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::web::admin::answers::{AccountLine, DeliveryLine, Which};
use crate::web::admin::Refusal;
use crate::web::card::{Card, posters};
use crate::web::people::{Face, faces, reshares};
use crate::web::words::{Moment, count, web_address};
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};

/// Gigs that are looked through for what people did; more than anyone follows with their eyes.
const LOOKED_THROUGH: usize = 30;
const ARRIVALS: usize = 9;
const CARDS: usize = 6;
const WAITING: usize = 5;
const RESHARES: usize = 7;
const VOUCHES: usize = 4;

/// The parts that change, each as markup, by the id of the element that holds it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub sum: String,
    pub source: String,
    pub gigs: String,
    pub outbox: String,
    pub accounts: String,
    pub vouches: String,
    pub reshares: String,
    pub told: String,
}

impl Parts {
    pub(super) fn by_id(self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("sum", self.sum),
            ("source", self.source),
            ("gigs", self.gigs),
            ("outbox", self.outbox),
            ("accounts", self.accounts),
            ("vouches", self.vouches),
            ("reshares", self.reshares),
            ("told", self.told),
        ])
    }
}

/// One server of those the demo plays, to be visited by hand.
pub(super) struct Town {
    pub handle: String,
    pub address: String,
}

#[derive(Template)]
#[template(path = "demo/source.html")]
struct Source {
    arrivals: Vec<Arrival>,
}

struct Arrival {
    id: String,
    title: String,
    language: String,
    by: String,
    when: Moment,
}

#[derive(Template)]
#[template(path = "demo/gigs.html")]
struct Gigs {
    cards: Vec<Shown>,
}

struct Shown {
    card: Card,
    ribbon: Option<String>,
}

#[derive(Template)]
#[template(path = "demo/outbox.html")]
struct Outbox {
    waiting: Vec<DeliveryLine>,
    more: usize,
    /// As in `33 posts`.
    out: String,
}

#[derive(Template)]
#[template(path = "demo/accounts.html")]
struct Accounts {
    posters: Vec<(String, Vec<Speaker>)>,
}

struct Speaker {
    handle: String,
    url: String,
    needs: Option<String>,
    newest: Option<Post>,
}

#[derive(Clone)]
struct Post {
    title: String,
    url: Option<String>,
    /// On how many gigs of those looked through.
    changed: bool,
}

#[derive(Template)]
#[template(path = "demo/vouches.html")]
struct Vouches {
    vouches: Vec<Vouching>,
}

struct Vouching {
    by: Face,
    whom: Face,
    words: Option<String>,
    evidence: Option<String>,
    work: Option<String>,
    when: Moment,
}

#[derive(Template)]
#[template(path = "demo/reshares.html")]
struct Reshares {
    reshares: Vec<Reshared>,
}

struct Reshared {
    face: Face,
    verb: &'static str,
    gig: String,
    title: String,
    when: Moment,
}

pub(super) async fn parts(demo: &Demo) -> Result<Parts, StoreError> {
    let (ledger, now) = (&demo.public.ledger, demo.public.clock.now());
    let records = ledger.newest_gigs(0, LOOKED_THROUGH).await?;
    let gigs: Vec<Gig> = records.into_iter().map(|record| record.gig).collect();
    let names = posters(ledger, &gigs).await?;

    let mut newest: BTreeMap<AccountId, Post> = BTreeMap::new();
    let mut out = 0;
    for gig in &gigs {
        for announcement in ledger.announcements(gig.id).await? {
            let Some(said) = announcement.said else { continue };
            out += 1;
            newest.entry(announcement.account).or_insert_with(|| Post {
                title: gig.terms.title.clone(),
                url: said.receipt.url.as_deref().and_then(web_address),
                changed: said.revision > Revision::FIRST,
            });
        }
    }

    let arrivals = gigs.iter().take(ARRIVALS).map(|gig| Arrival {
        id: gig.id.to_string(),
        title: gig.terms.title.clone(),
        language: gig.terms.language.clone().unwrap_or_default(),
        by: names[&gig.poster].clone(),
        when: Moment::new(gig.first_seen, now),
    });
    let source = Source { arrivals: arrivals.collect() };

    let mut latest: Vec<&Gig> = gigs.iter().collect();
    latest.sort_by_key(|gig| std::cmp::Reverse(gig.revised));
    let mut cards = Vec::new();
    for gig in latest.into_iter().take(CARDS) {
        let card = Card::of(ledger, gig, &names[&gig.poster], now).await?;
        cards.push(Shown { card, ribbon: ribbon(gig) });
    }

    let people = people(ledger, demo, &gigs, now).await?;
    let sum = sum(&gigs, &people);
    Ok(Parts {
        sum,
        source: written(&source),
        gigs: written(&Gigs { cards }),
        outbox: written(&outbox(demo, out).await?),
        accounts: written(&accounts(demo, &newest).await?),
        vouches: written(&Vouches { vouches: people.vouches }),
        reshares: written(&Reshares { reshares: people.reshares }),
        told: demo.stage.told().map(|told| written(&Told { told })).unwrap_or_default(),
    })
}

#[derive(Template)]
#[template(source = "<p class=\"told\">{{ told }}</p>", ext = "html")]
struct Told {
    told: String,
}

/// A template fails only when its values refuse to be written, and text does not.
fn written(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}

fn ribbon(gig: &Gig) -> Option<String> {
    match (gig.status, gig.revision) {
        (Status::Open, Revision::FIRST) => None,
        (Status::Open, _) => Some("Changed at its source; its posts follow".to_owned()),
        (Status::Filled, _) => Some("Filled; its posts say so".to_owned()),
        (Status::Expired, _) => Some("Expired".to_owned()),
        (Status::Withdrawn, _) => Some("Withdrawn".to_owned()),
    }
}

struct People {
    vouches: Vec<Vouching>,
    reshares: Vec<Reshared>,
    resharers: usize,
    vouched: usize,
}

async fn people(ledger: &Ledger, demo: &Demo, gigs: &[Gig], now: Timestamp) -> Result<People, StoreError> {
    let (mut deeds, mut words) = (Vec::new(), Vec::new());
    for gig in gigs {
        let engagements = ledger.engagements(gig.id).await?;
        for vouch in ledger.vouches(gig.id).await?.into_iter().filter(|vouch| vouch.undone.is_none()) {
            let reply = engagements.iter().find(|deed| deed.evidence.as_deref() == Some(&vouch.evidence));
            words.push((vouch, reply.and_then(|reply| reply.words.clone())));
        }
        let passed_on: Vec<_> = reshares(&engagements).into_iter().cloned().collect();
        deeds.extend(passed_on.into_iter().map(|deed| (deed, gig)));
    }
    deeds.sort_by_key(|(deed, _)| std::cmp::Reverse(deed.at.unwrap_or(deed.first_seen)));
    words.sort_by_key(|(vouch, _)| std::cmp::Reverse(vouch.said));
    let resharers: BTreeSet<ActorId> = deeds.iter().map(|(deed, _)| deed.actor).collect();
    let vouched: BTreeSet<ActorId> = words.iter().map(|(vouch, _)| vouch.whom).collect();

    // Twice as many as are shown, for those who are not to be named.
    let wanted = words.iter().take(2 * VOUCHES).flat_map(|(vouch, _)| [vouch.by, vouch.whom]);
    let wanted = wanted.chain(deeds.iter().take(2 * RESHARES).map(|(deed, _)| deed.actor));
    let faces = faces(ledger, wanted).await?;
    let vouching = words.into_iter().filter_map(|(vouch, words)| {
        Some(Vouching {
            by: faces.get(&vouch.by)?.clone(),
            whom: faces.get(&vouch.whom)?.clone(),
            words,
            evidence: web_address(&vouch.evidence),
            work: vouch.category.as_deref().and_then(|slug| demo.public.taxonomy.label(slug)).map(str::to_owned),
            when: Moment::new(vouch.said, now),
        })
    });
    let reshared = deeds.iter().filter_map(|(deed, gig)| {
        Some(Reshared {
            face: faces.get(&deed.actor)?.clone(),
            verb: if deed.kind == crate::profile::EngagementKind::Quote { "quoted" } else { "reshared" },
            gig: gig.id.to_string(),
            title: gig.terms.title.clone(),
            when: Moment::new(deed.at.unwrap_or(deed.first_seen), now),
        })
    });
    Ok(People {
        vouches: vouching.take(VOUCHES).collect(),
        reshares: reshared.take(RESHARES).collect(),
        resharers: resharers.len(),
        vouched: vouched.len(),
    })
}

/// One line of what has come of it all so far.
fn sum(gigs: &[Gig], people: &People) -> String {
    let beyond = if gigs.len() == LOOKED_THROUGH { "The newest " } else { "So far " };
    let mut said = format!("{beyond}{}", count(gigs.len(), "gig", "gigs"));
    if people.resharers > 0 {
        said += &format!(", reshared by {}", count(people.resharers, "person", "people"));
    }
    if people.vouched > 0 {
        said += &format!(", {} vouched for", count(people.vouched, "person", "people"));
    }
    said + "."
}

async fn outbox(demo: &Demo, out: usize) -> Result<Outbox, StoreError> {
    let mut waiting = answered(demo.operator.deliveries(Which::Held).await)?;
    waiting.extend(answered(demo.operator.deliveries(Which::Waiting).await)?);
    let more = waiting.len().saturating_sub(WAITING);
    waiting.truncate(WAITING);
    Ok(Outbox { waiting, more, out: count(out, "post is", "posts are") })
}

async fn accounts(demo: &Demo, newest: &BTreeMap<AccountId, Post>) -> Result<Accounts, StoreError> {
    let mut posters: Vec<(String, Vec<Speaker>)> = Vec::new();
    for line in answered(demo.operator.accounts().await)? {
        let AccountLine { id, handle, url, poster, needs_person, waits, .. } = line;
        let newest = id.parse().ok().and_then(|id: AccountId| newest.get(&id)).cloned();
        let needs = needs_person.map(|said| format!("needs to be linked again: {said}")).or(waits);
        let url = web_address(&url).unwrap_or_default();
        let speaker = Speaker { handle, url, needs, newest };
        match posters.iter_mut().find(|(name, _)| *name == poster) {
            Some((_, speakers)) => speakers.push(speaker),
            None => posters.push((poster, vec![speaker])),
        }
    }
    posters.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, speakers) in &mut posters {
        speakers.sort_by(|a, b| a.handle.cmp(&b.handle));
    }
    Ok(Accounts { posters })
}

pub(super) async fn towns(demo: &Demo) -> Result<Vec<Town>, StoreError> {
    let accounts = answered(demo.operator.accounts().await)?;
    let address = |handle: &str| {
        let url = url::Url::parse(&accounts.iter().find(|line| line.handle == handle)?.url).ok()?;
        Some(format!("{}/", url.origin().ascii_serialization()))
    };
    let handles = demo.stage.accounts();
    Ok(handles.into_iter().filter_map(|handle| Some(Town { address: address(&handle)?, handle })).collect())
}

/// The operator's side refuses only what is asked wrongly; what it then has to tell is that the store failed.
fn answered<T>(answer: Result<Vec<T>, Refusal>) -> Result<Vec<T>, StoreError> {
    match answer {
        Ok(lines) => Ok(lines),
        Err(Refusal::Store(fault)) => Err(fault),
        Err(Refusal::Unknown(_) | Refusal::Refused(_)) => Ok(Vec::new()),
    }
}
