//! The one door by which gigs come in, whichever source saw them.
//!
//! A sighting becomes a gig or a reason. When this answers, the gig is durable, and with it the note that it is to be planned.

pub mod first;

use crate::clock::{Clock, Timestamp, WallClock};
use crate::failure::Why;
use crate::fitness::Fitness;
use crate::gig::address::canonical_url;
use crate::gig::heard::{Decision, Version};
use crate::gig::normalise::{Context, Outcome, normalise};
use crate::gig::same::{same, title_key};
use crate::gig::{Gig, Republish, Revision, Sighting, Status, Terms};
use crate::id::{GigId, PersonId, SourceId, digest};
use crate::person::Person;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Commit, StoreError};
use crate::store::{GigRecord, Heard, Ledger, Removed, Tale};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::info;

#[derive(Debug, Clone)]
pub struct Intake {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub taxonomy: Arc<Taxonomy>,
    pub fitness: Arc<Fitness>,
    /// Rung when there is something to plan.
    pub bell: Arc<Notify>,
}

/// Whose gigs a source brings, and what it is called.
#[derive(Debug, Clone)]
pub struct Origin {
    pub source: SourceId,
    pub name: String,
    pub poster: PersonId,
    /// Overrules what the gig or the taxonomy says.
    pub category: Option<String>,
}

impl Origin {
    /// What a poster hands in, be it by command or by the API: the same id is the same gig by either way.
    pub fn by_hand(poster: PersonId) -> Self {
        Self { source: SourceId::by_hand(poster), name: "its poster".to_owned(), poster, category: None }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    New(Gig),
    Revised(Gig),
    /// Nothing a reader would notice has changed.
    Same(Gig),
    /// It is no gig; the reason names the field.
    Refused(Why),
    /// It was here, ended, and was removed when its time was over: it is not announced again.
    Removed(GigId),
}

/// What whoever hands in a gig that was removed is told.
pub const REMOVED: &str = "a gig with this id was here, ended, and was removed when its time was over; an id is given once, so hand it in under a new one";

/// What became of a person's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    Done(Gig),
    /// It was so already.
    Same(Gig),
    /// It has changed since they looked; as it is now.
    Outdated(Gig),
    Refused(Why),
    /// There is no such gig.
    Unknown,
}

/// So many closing days are looked at together.
const EXPIRED_AT_ONCE: usize = 64;

impl Intake {
    /// Makes sure that the poster is on record.
    pub async fn welcome(&self, name: &str) -> Result<PersonId, StoreError> {
        let id = PersonId::from_name(name);
        self.ledger.welcome(&Person::poster(name, self.clock.now())).await?;
        Ok(id)
    }

    pub async fn take(&self, sighting: &Sighting, origin: &Origin, heard: Heard) -> Result<Taken, StoreError> {
        loop {
            let now = self.clock.now();
            let by_source = GigId::from_source(origin.source, &sighting.native);
            let known = self.ledger.gig(by_source).await?;
            let page = sighting.url.as_deref().and_then(canonical_url).map(|url| alias(origin.poster, &url));
            let stood_for = match &page {
                Some(page) => self.ledger.gig_named(page).await?,
                None => None,
            };
            if known.is_none() {
                match self.known_elsewhere(by_source, stood_for, sighting, origin, now).await? {
                    Elsewhere::Known(taken) => return Ok(*taken),
                    Elsewhere::Changing => continue,
                    Elsewhere::Nowhere => {}
                }
            }
            let made = sighting.updated.map(|made| made.min(now));
            if let Some(newer) = known.as_ref().filter(|known| is_stale(known, made)) {
                let (id, source) = (newer.gig.id, origin.name.as_str());
                info!(event = "gig.stale", gig.id = %id, source, "What {source} says of {id} is older than what it said before, and is passed over");
                return Ok(Taken::Same(newer.gig.clone()));
            }
            let as_said = known.as_ref().map(GigRecord::as_said);
            let outcome = match self.judge(sighting, origin, as_said.as_ref(), now) {
                Ok(outcome) => outcome,
                Err(why) => return Ok(Taken::Refused(why)),
            };
            let mut aliases: Vec<Named> = page.into_iter().map(|page| (page, stood_for)).collect();
            if let Outcome::New(gig) | Outcome::Revised(gig) = &outcome {
                if let Some(why) = self.amiss(gig, as_said.as_ref().map(|said| &said.terms)).await? {
                    return Ok(Taken::Refused(why));
                }
                let (namesakes, name) = self.namesakes(gig, now).await?;
                let twin = namesakes.into_iter().find(|record| {
                    known.is_none() && record.gig.source != origin.source && same(&record.as_said().terms, &gig.terms)
                });
                if let Some(twin) = twin {
                    match self.seen_also(twin, sighting, origin, now).await? {
                        Some(taken) => return Ok(taken),
                        None => continue,
                    }
                }
                aliases.extend(name);
            }
            let before = known.clone();
            let Entry { record, taken, tale } = entry(outcome, known, made, origin, heard, now);
            let Some(record) = record else { return Ok(taken) };
            let news = tale.is_some();
            let tales = tale.into_iter().collect();
            if self.ledger.take_in(&record, before.as_ref(), &aliases, tales, now).await? == Commit::Applied {
                if news {
                    say(&record, before.as_ref(), origin);
                }
                self.bell.notify_one();
                return Ok(taken);
            }
        }
    }

    /// Its source no longer has it, which means `status`: which so many looks in a row saw. Answers whether that was news.
    pub async fn conclude(&self, id: GigId, status: Status, source: &str, looks: u16) -> Result<bool, StoreError> {
        let ended = self
            .change(id, |record, now| {
                let said = record.source_says.clone().unwrap_or_else(|| Version::of(&record.gig));
                if said.status != Status::Open {
                    return None;
                }
                let after = record.followed(&Version { status, ..said }, record.gig.poster, now);
                let (source, revision) = (source.to_owned(), after.gig.revision);
                let tale = Tale::Dropped { source, looks, revision, status: after.gig.status };
                Some((after, tale))
            })
            .await?;
        if let Some(gig) = &ended {
            let (title, word) = (&gig.terms.title, gig.status.word());
            info!(event = "gig.gone", gig.id = %id, source, "{id} ({title}) is no longer at {source}: now revision {}, {word}", gig.revision.0);
        }
        Ok(ended.is_some())
    }

    /// Ends the gigs whose closing day has passed, and answers when the next one does. A doubtful clock ends nothing.
    pub async fn expire(&self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        if self.fitness.clock(now) == WallClock::Doubtful {
            return Ok(None);
        }
        loop {
            let closing = self.ledger.closing(EXPIRED_AT_ONCE).await?;
            for (at, id) in &closing {
                if *at > now {
                    return Ok(Some(*at));
                }
                let expired = self.change(*id, |record, now| {
                    let ours = Version::of(&record.gig);
                    let over = ours.status == Status::Open && ours.terms.closes.is_some_and(|closes| closes <= now);
                    let after = over.then(|| record.expired(now))?;
                    let tale = Tale::Closed { revision: after.gig.revision };
                    Some((after, tale))
                });
                if let Some(gig) = expired.await? {
                    info!(event = "gig.expired", gig.id = %id, "{id} ({}) has closed: now revision {}, expired", gig.terms.title, gig.revision.0);
                }
            }
            if closing.len() < EXPIRED_AT_ONCE {
                return Ok(None);
            }
        }
    }

    /// What a gig would say, were it written so: judged as if it came from its own source.
    pub fn terms_of(&self, sighting: &Sighting, gig: &Gig) -> Result<Terms, Why> {
        let origin = Origin { source: gig.source, name: String::new(), poster: gig.poster, category: None };
        match self.judge(sighting, &origin, None, self.clock.now())? {
            Outcome::New(new) | Outcome::Revised(new) => Ok(Terms { published: gig.terms.published, ..new.terms }),
            Outcome::Same => Ok(gig.terms.clone()),
        }
    }

    /// What a person decides about a gig. `read` is the revision they looked at, where they said so.
    pub async fn decide(&self, id: GigId, read: Option<Revision>, decision: &Decision) -> Result<Decided, StoreError> {
        loop {
            let now = self.clock.now();
            let Some(record) = self.ledger.gig(id).await? else { return Ok(Decided::Unknown) };
            if read.is_some_and(|read| read != record.gig.revision) {
                return Ok(Decided::Outdated(record.gig));
            }
            let ours = Version::of(&record.gig);
            let decided = match decision.on(&ours, now) {
                Ok(decided) if decided == ours => return Ok(Decided::Same(record.gig)),
                Ok(decided) => decided,
                Err(why) => return Ok(Decided::Refused(Why::new(why))),
            };
            if let Some(why) = self.amiss(&decided.on(&record.gig), Some(&ours.terms)).await? {
                return Ok(Decided::Refused(why));
            }
            let after = record.decided(&decided, now);
            let (revision, status) = (after.gig.revision, after.gig.status);
            let tale = if revision == record.gig.revision {
                Tale::said_otherwise(&record.gig, &after.gig)
            } else {
                Tale::Decided { verb: decision.done().to_owned(), revision, status }
            };
            if self.ledger.take_in(&after, Some(&record), &[], vec![tale], now).await? == Commit::Applied {
                let (title, verb) = (&after.gig.terms.title, decision.done());
                info!(event = "gig.decided", gig.id = %id, "A person {verb} {id} ({title}): now revision {}, {}", revision.0, status.word());
                self.bell.notify_one();
                return Ok(Decided::Done(after.gig));
            }
        }
    }

    /// Changes what is on record of a gig, unless `change` finds nothing to do. Answers the gig as it then is.
    async fn change(
        &self,
        id: GigId,
        change: impl Fn(&GigRecord, Timestamp) -> Option<(GigRecord, Tale)>,
    ) -> Result<Option<Gig>, StoreError> {
        loop {
            let now = self.clock.now();
            let Some(record) = self.ledger.gig(id).await? else { return Ok(None) };
            let Some((after, tale)) = change(&record, now) else { return Ok(None) };
            let news = after.gig.revision != record.gig.revision;
            let tales = if news { vec![tale] } else { Vec::new() };
            if self.ledger.take_in(&after, Some(&record), &[], tales, now).await? == Commit::Applied {
                self.bell.notify_one();
                return Ok(news.then_some(after.gig));
            }
        }
    }

    /// Whether what this source never brought is known all the same: by its page, or as what it was once the same as, which it stays whatever its second
    /// source makes of its words; or as a gig that was removed.
    async fn known_elsewhere(
        &self,
        by_source: GigId,
        stood_for: Option<GigId>,
        sighting: &Sighting,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Elsewhere, StoreError> {
        let seen_before = self.ledger.gig_named(&second_name(origin.source, &sighting.native)).await?;
        let other = match self.elsewhere(stood_for, origin).await? {
            Some(other) => Some(other),
            None => self.elsewhere(seen_before, origin).await?,
        };
        if let Some(other) = other {
            let taken = self.seen_also(other, sighting, origin, now).await?;
            return Ok(taken.map_or(Elsewhere::Changing, |taken| Elsewhere::Known(Box::new(taken))));
        }
        let names = [stood_for, seen_before].into_iter().flatten();
        if let Some((id, removed)) = self.removed(by_source, names, origin).await? {
            self.ledger.note_seen_removed(id, &removed, now).await?;
            return Ok(Elsewhere::Known(Box::new(Taken::Removed(id))));
        }
        Ok(Elsewhere::Nowhere)
    }

    /// The gig that another source of the same poster brought with this page. Within one source its own ids decide: many a feed
    /// gives every item the same link.
    async fn elsewhere(&self, named: Option<GigId>, origin: &Origin) -> Result<Option<GigRecord>, StoreError> {
        let Some(id) = named else { return Ok(None) };
        let theirs = |record: &GigRecord| record.gig.source != origin.source && record.gig.poster == origin.poster;
        Ok(self.ledger.gig(id).await?.filter(theirs))
    }

    /// The gig that this was, before it was removed: by its own id, or by a name that another source of the same poster brought it under.
    async fn removed(
        &self,
        own: GigId,
        names: impl Iterator<Item = GigId>,
        origin: &Origin,
    ) -> Result<Option<(GigId, Removed)>, StoreError> {
        if let Some(removed) = self.ledger.removed(own).await? {
            return Ok(Some((own, removed)));
        }
        for id in names {
            let removed = self.ledger.removed(id).await?;
            let theirs = |gig: &Removed| gig.source != origin.source && gig.poster == origin.poster;
            if let Some(removed) = removed.filter(theirs) {
                return Ok(Some((id, removed)));
            }
        }
        Ok(None)
    }

    /// Gigs of the same poster and title that are open, or were until lately; and a name under which this one will be found with them, where it
    /// has none yet and one is free. Whoever takes the same name meanwhile has to look again: so no two sources bring a gig at once.
    async fn namesakes(&self, gig: &Gig, now: Timestamp) -> Result<(Vec<GigRecord>, Option<Named>), StoreError> {
        let (mut found, mut free, mut named) = (Vec::new(), None, false);
        for nth in 0..NAMESAKES {
            let name = title_name(gig.poster, &gig.terms.title, nth);
            let Some(id) = self.ledger.gig_named(&name).await? else {
                free = free.or(Some((name, None)));
                break;
            };
            named |= id == gig.id;
            let record = self.ledger.gig(id).await?;
            let counts = |record: &GigRecord| {
                record.gig.poster == gig.poster
                    && (record.gig.status == Status::Open || record.gig.revised.plus(LATELY) > now)
            };
            match record.filter(counts) {
                Some(record) => found.push(record),
                None => free = free.or(Some((name, Some(id)))),
            }
        }
        Ok((found, free.filter(|_| !named)))
    }

    /// One gig, seen by a second source. The first one's words stand: two sources that differ a little would edit for ever. Nothing,
    /// when someone changed it meanwhile.
    async fn seen_also(
        &self,
        record: GigRecord,
        sighting: &Sighting,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Option<Taken>, StoreError> {
        let name = second_name(origin.source, &sighting.native);
        if self.ledger.gig_named(&name).await?.is_none() {
            let tale = Tale::SeenAlso { source: origin.name.clone() };
            if self.ledger.take_in(&record, Some(&record), &[(name, None)], vec![tale], now).await? == Commit::Conflict
            {
                return Ok(None);
            }
        }
        Ok(Some(Taken::Same(record.gig)))
    }

    fn judge(&self, sighting: &Sighting, origin: &Origin, known: Option<&Gig>, now: Timestamp) -> Result<Outcome, Why> {
        let classify = |category: Option<&str>, tags: &[String], title: &str, description: &str| match &origin.category
        {
            Some(category) => Some(category.clone()),
            None => self.taxonomy.classify(category, tags, title, description),
        };
        let wall = self.fitness.clock(now);
        let context = Context { poster: origin.poster, source: origin.source, now, wall, known, classify: &classify };
        normalise(sighting, &context)
    }
}

/// What is known already of a gig that its source brings for the first time.
enum Elsewhere {
    Known(Box<Taken>),
    /// Somebody changed it at this very moment: it has to be looked at again.
    Changing,
    Nowhere,
}

/// What is to be on record of a sighting, and what is answered and told then.
struct Entry {
    /// Nothing where it stays as it is.
    record: Option<GigRecord>,
    taken: Taken,
    /// Nothing where it is no news.
    tale: Option<Tale>,
}

/// Whether a source made what it says now before what it said last.
fn is_stale(known: &GigRecord, made: Option<Timestamp>) -> bool {
    known.said_at.zip(made).is_some_and(|(last, made)| made < last)
}

/// How an outcome goes on record. `made` is when the source made what it says.
fn entry(
    outcome: Outcome,
    known: Option<GigRecord>,
    made: Option<Timestamp>,
    origin: &Origin,
    heard: Heard,
    now: Timestamp,
) -> Entry {
    let stays = |taken| Entry { record: None, taken, tale: None };
    match (outcome, known) {
        (Outcome::New(gig), _) => {
            let tale = match heard {
                Heard::News => Tale::Seen { source: origin.name.clone() },
                Heard::Baseline => Tale::Baseline,
            };
            let record = GigRecord { gig: gig.clone(), heard, source_says: None, said_at: made };
            Entry { record: Some(record), taken: Taken::New(gig), tale: Some(tale) }
        }
        (Outcome::Revised(said), Some(known)) => {
            let mut record = known.followed(&Version::of(&said), said.poster, now);
            record.said_at = made.or(known.said_at);
            // Whether it may be posted elsewhere is its source's to say, whatever a person made of its words.
            record.gig.republish = said.republish;
            let gig = record.gig.clone();
            let tale = if gig.revision != known.gig.revision {
                Some(Tale::Revised { revision: gig.revision, status: gig.status })
            } else if !gig.terms.is_said_as(&known.gig.terms) {
                Some(Tale::said_otherwise(&known.gig, &gig))
            } else if gig.republish != known.gig.republish {
                Some(Tale::Republish { may: gig.republish.clone() })
            } else {
                None
            };
            let taken = if tale.is_some() { Taken::Revised(gig) } else { Taken::Same(gig) };
            Entry { record: Some(record), taken, tale }
        }
        (Outcome::Same, Some(record)) if made <= record.said_at => stays(Taken::Same(record.gig)),
        (Outcome::Same, Some(record)) => {
            let taken = Taken::Same(record.gig.clone());
            Entry { record: Some(GigRecord { said_at: made, ..record }), taken, tale: None }
        }
        (Outcome::Revised(_), None) => stays(Taken::Refused(Why::new("it changes a gig that is not on record"))),
        (Outcome::Same, None) => stays(Taken::Refused(Why::new("it names no gig that is on record"))),
    }
}

/// A name of a gig, and the gig it stands for by now.
type Named = ([u8; 32], Option<GigId>);

/// So many gigs of one title are compared with a new one.
const NAMESAKES: u8 = 16;

/// So long after its end a gig is known again: other sources learn of it late, or never.
const LATELY: Duration = Duration::from_hours(30 * 24);

/// The name of what a second source showed of a gig.
fn second_name(source: SourceId, native: &str) -> [u8; 32] {
    digest("seen as", &[source.as_bytes(), native.as_bytes()])
}

/// The `nth` name for gigs of a poster that have this title.
fn title_name(poster: PersonId, title: &str, nth: u8) -> [u8; 32] {
    digest("gig titled", &[poster.as_bytes(), title_key(title).as_bytes(), &[nth]])
}

/// The name under which a poster's gig with this address is known, whichever source saw it.
fn alias(poster: PersonId, url: &str) -> [u8; 32] {
    digest("gig at", &[poster.as_bytes(), url.as_bytes()])
}

fn say(record: &GigRecord, before: Option<&GigRecord>, origin: &Origin) {
    let GigRecord { gig, heard, .. } = record;
    let Terms { title, .. } = &gig.terms;
    let (source, revision) = (origin.name.as_str(), gig.revision.0);
    match (before, heard) {
        (None, Heard::Baseline) => {
            info!(event = "gig.baseline", gig.id = %gig.id, source, "{} ({title}) was there when {source} was first looked at; it is not announced", gig.id);
        }
        (None, Heard::News) => {
            info!(event = "gig.new", gig.id = %gig.id, source, "{} ({title}) came in from {source}", gig.id);
        }
        (Some(before), _) if before.gig.revision == gig.revision && before.gig.republish == gig.republish => {
            info!(event = "gig.pace_changed", gig.id = %gig.id, source, "{} ({title}) reads the same, and is said sooner, later or on other accounts first now", gig.id);
        }
        (Some(before), _) if before.gig.revision == gig.revision => {
            let may = if gig.republish == Republish::Allowed { "may" } else { "may not" };
            info!(event = "gig.rights_changed", gig.id = %gig.id, source, "{} ({title}) {may} be posted elsewhere now", gig.id);
        }
        (Some(_), _) => {
            info!(event = "gig.changed", gig.id = %gig.id, source, revision, "{} ({title}) changed at {source}: now revision {revision}, {}", gig.id, gig.status.word());
        }
    }
}
