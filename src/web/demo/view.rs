//! What the demo's page shows, out of the ledger and the operator's side, and how each part of it is written.

use super::Demo;
use crate::clock::Timestamp;
use crate::gig::head_start::Reader;
use crate::gig::{Gig, Revision, Status};
use crate::id::{AccountId, ActorId, PersonId};
use crate::ports::StoreError;
use crate::store::Ledger;
use crate::weave::{Eyes, Question};
use crate::web::admin::Refusal;
use crate::web::admin::answers::{AccountLine, DeliveryLine, Which};
use crate::web::card::{Card, posters};
use crate::web::people::{Face, deeds_of_others, faces, reshares};
use crate::web::picture::{Drawing, rings};
use crate::web::signed::circle;
use crate::web::words::{Moment, count, web_address};
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};

/// Gigs that are looked through for what people did; more than anyone follows with their eyes.
const LOOKED_THROUGH: usize = 30;
const ARRIVALS: usize = 9;
const CARDS: usize = 7;
const WAITING: usize = 5;
const RESHARED: usize = 5;
const VOUCHES: usize = 4;
const PICKED: usize = 4;
/// Of those who reshared a gig, so many are shown by face and name; the rest are counted.
const NAMED: usize = 4;

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
    pub circle: String,
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
            ("circle", self.circle),
            ("told", self.told),
        ])
    }
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
    posters: Vec<Business>,
}

struct Business {
    /// Of their page.
    id: PersonId,
    name: String,
    speakers: Vec<Speaker>,
}

struct Speaker {
    handle: String,
    url: String,
    town: &'static str,
    needs: Option<String>,
    newest: Option<Post>,
}

#[derive(Clone)]
struct Post {
    title: String,
    url: Option<String>,
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

/// A gig, and who passed it on, the latest first.
struct Reshared {
    gig: String,
    title: String,
    faces: Vec<Face>,
    /// As in `and 3 others`; empty when all are named.
    others: String,
    when: Moment,
}

#[derive(Template)]
#[template(path = "demo/circle.html")]
struct Circle {
    of: &'static str,
    /// Nothing while nobody is in it.
    drawing: Option<Drawing>,
    picked: Vec<Picked>,
}

struct Picked {
    face: Face,
    words: String,
    trusted: bool,
    /// By whom word of them came.
    path: String,
}

pub(super) async fn parts(demo: &Demo) -> Result<Parts, StoreError> {
    let (ledger, now) = (&demo.public.ledger, demo.public.clock.now());
    let records = ledger.newest_gigs(0, LOOKED_THROUGH).await?;
    let reader = Reader::anyone(now);
    let gigs: Vec<Gig> = records.into_iter().map(|record| record.gig).filter(|gig| reader.sees(gig)).collect();
    let names = posters(ledger, &gigs).await?;

    let mut newest: BTreeMap<AccountId, Post> = BTreeMap::new();
    let mut out = 0;
    for gig in &gigs {
        for announcement in ledger.announcements(gig.id).await? {
            let Some(said) = announcement.said.filter(|_| !announcement.wanted.is_reshared()) else { continue };
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
        circle: written(&circle(demo).await?),
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
    let (mut passed_on, mut words, mut resharers) = (Vec::new(), Vec::new(), BTreeSet::new());
    for gig in gigs {
        let engagements = ledger.engagements(gig.id).await?;
        for vouch in ledger.vouches(gig.id).await?.into_iter().filter(|vouch| vouch.undone.is_none()) {
            let reply = engagements.iter().find(|deed| deed.evidence.as_deref() == Some(&vouch.evidence));
            words.push((vouch, reply.and_then(|reply| reply.words.as_deref()).map(after_address)));
        }
        let latest_first: Vec<(Timestamp, ActorId)> = reshares(&deeds_of_others(ledger, gig).await?)
            .iter()
            .rev()
            .map(|deed| (deed.at.unwrap_or(deed.first_seen), deed.actor))
            .collect();
        resharers.extend(latest_first.iter().map(|(_, actor)| *actor));
        if let Some((latest, _)) = latest_first.first() {
            passed_on.push((*latest, gig, latest_first));
        }
    }
    passed_on.sort_by_key(|(latest, ..)| std::cmp::Reverse(*latest));
    words.sort_by_key(|(vouch, _)| std::cmp::Reverse(vouch.said));
    let vouched: BTreeSet<ActorId> = words.iter().map(|(vouch, _)| vouch.whom).collect();

    // Twice as many as are shown, for those who are not to be named.
    let wanted = words.iter().take(2 * VOUCHES).flat_map(|(vouch, _)| [vouch.by, vouch.whom]);
    let all = passed_on.iter().take(RESHARED).flat_map(|(.., people)| people.iter().take(2 * NAMED));
    let faces = faces(ledger, wanted.chain(all.map(|(_, actor)| *actor))).await?;
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
    let reshared = passed_on.iter().take(RESHARED).map(|(latest, gig, people)| {
        let named: Vec<Face> = people.iter().filter_map(|(_, actor)| faces.get(actor).cloned()).take(NAMED).collect();
        let others = match (named.len(), people.len() - named.len()) {
            (_, 0) => String::new(),
            (0, all) => count(all, "person who asks not to be named", "people who ask not to be named"),
            (_, more) => format!(" and {}", count(more, "other", "others")),
        };
        let (id, title) = (gig.id.to_string(), gig.terms.title.clone());
        Reshared { gig: id, title, faces: named, others, when: Moment::new(*latest, now) }
    });
    Ok(People {
        vouches: vouching.take(VOUCHES).collect(),
        reshares: reshared.collect(),
        resharers: resharers.len(),
        vouched: vouched.len(),
    })
}

/// A reply begins with whom it answers, which is known here.
fn after_address(words: &str) -> String {
    let rest = words.split_whitespace().skip_while(|word| word.starts_with('@'));
    rest.collect::<Vec<_>>().join(" ")
}

/// One line of what has come of it all so far.
fn sum(gigs: &[Gig], people: &People) -> String {
    let beyond = if gigs.len() == LOOKED_THROUGH { "The newest" } else { "So far" };
    let reshared = match people.resharers {
        0 => String::new(),
        n => format!(", reshared by {}", count(n, "person", "people")),
    };
    let vouched = match people.vouched {
        0 => String::new(),
        n => format!(", {} vouched for", count(n, "person", "people")),
    };
    format!("{beyond} {}{reshared}{vouched}.", count(gigs.len(), "gig", "gigs"))
}

async fn outbox(demo: &Demo, out: usize) -> Result<Outbox, StoreError> {
    let mut waiting = answered(demo.operator.deliveries(Which::Waiting).await)?;
    let more = waiting.len().saturating_sub(WAITING);
    waiting.truncate(WAITING);
    Ok(Outbox { waiting, more, out: count(out, "post is", "posts are") })
}

async fn accounts(demo: &Demo, newest: &BTreeMap<AccountId, Post>) -> Result<Accounts, StoreError> {
    let (mut posters, venues): (Vec<Business>, _) = (Vec::new(), demo.stage.venues());
    let lines = answered(demo.operator.accounts().await)?;
    // Whoever links an account of their own on this stage is not one of its businesses.
    for line in lines.into_iter().filter(|line| venues.iter().any(|venue| venue.poster == line.poster)) {
        let AccountLine { id, handle, url, poster, needs_person, waits, .. } = line;
        let newest = id.parse().ok().and_then(|id: AccountId| newest.get(&id)).cloned();
        let needs = needs_person.map(|said| format!("needs to be linked again: {said}")).or(waits);
        let url = web_address(&url).unwrap_or_default();
        let town = venues.iter().find(|venue| venue.handle == handle).map_or("", |venue| venue.town);
        let speaker = Speaker { handle, url, town, needs, newest };
        match posters.iter_mut().find(|business| business.name == poster) {
            Some(business) => business.speakers.push(speaker),
            None => posters.push(Business { id: PersonId::from_name(&poster), name: poster, speakers: vec![speaker] }),
        }
    }
    posters.sort_by(|a, b| a.name.cmp(&b.name));
    for Business { speakers, .. } in &mut posters {
        speakers.sort_by(|a, b| a.handle.cmp(&b.handle));
    }
    Ok(Accounts { posters })
}

/// The circle of the first business, and whom it would pick.
async fn circle(demo: &Demo) -> Result<Circle, StoreError> {
    let of = demo.stage.venues().first().map_or("", |venue| venue.poster);
    let (weave, poster) = (&demo.public.weave, PersonId::from_name(of));
    let rings = weave.rings(poster, None, rings::MOST, Eyes::Own).await.map_err(circle::fault)?;
    let question = Question { poster, category: None, without: None, top: PICKED };
    let picks = weave.whom(&question).await.map_err(circle::fault)?.picks;
    let picked = picks.into_iter().filter_map(|pick| {
        let steps = &pick.paths.first()?.steps;
        let path = steps.iter().map(|step| step.said.as_str()).collect::<Vec<_>>().join(" → ");
        Some(Picked { face: Face::from(&pick.who), words: pick.words, trusted: pick.trusted, path })
    });
    Ok(Circle {
        of,
        drawing: circle::pictured(&rings, Some(of)).map(|pictured| pictured.drawing),
        picked: picked.collect(),
    })
}

/// The operator's side refuses only what is asked wrongly; what it then has to tell is that the store failed.
fn answered<T>(answer: Result<Vec<T>, Refusal>) -> Result<Vec<T>, StoreError> {
    match answer {
        Ok(lines) => Ok(lines),
        Err(Refusal::Store(fault)) => Err(fault),
        Err(Refusal::Unknown(_) | Refusal::Refused(_)) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_vouch_are_shown_without_whom_they_answer() {
        assert_eq!(after_address("@acme@127.0.0.1:1 I vouch for @bo"), "I vouch for @bo");
        assert_eq!(after_address("I vouch for @bo"), "I vouch for @bo");
    }

    #[test]
    fn what_strangers_wrote_is_written_as_text() {
        let evil = "</li><script>alert(1)</script>\"'<img src=x onerror=alert(1)>";
        let face = || Face {
            id: evil.to_owned(),
            name: evil.to_owned(),
            handle: evil.to_owned(),
            url: web_address("javascript:alert(1)"),
            initials: "<b".to_owned(),
            hue: 0,
        };
        let when = || Moment::new(Timestamp::EPOCH, Timestamp::EPOCH);
        let vouch = Vouching {
            by: face(),
            whom: face(),
            words: Some(evil.to_owned()),
            evidence: None,
            work: None,
            when: when(),
        };
        let (gig, title, others) = ("gig_1".to_owned(), evil.to_owned(), String::new());
        let reshared = Reshared { gig, title, faces: vec![face()], others, when: when() };
        let post = Post { title: evil.to_owned(), url: None, changed: false };
        let speaker = Speaker {
            handle: evil.to_owned(),
            url: "http://127.0.0.1:1/".to_owned(),
            town: "the harbour",
            needs: Some(evil.to_owned()),
            newest: Some(post),
        };
        let business = Business { id: PersonId::from_name(evil), name: evil.to_owned(), speakers: vec![speaker] };
        for part in [
            written(&Vouches { vouches: vec![vouch] }),
            written(&Reshares { reshares: vec![reshared] }),
            written(&Accounts { posters: vec![business] }),
            written(&Told { told: evil.to_owned() }),
        ] {
            assert!(part.contains("alert(1)"), "it is said: {part}");
            assert!(!part.contains("<script") && !part.contains("<img") && !part.contains("javascript:"), "{part}");
        }
    }
}
