//! The one door by which gigs come in, whichever source saw them.
//!
//! A sighting becomes a gig or a reason. When this answers, the gig is durable, and with it the note that it is to be planned.

use crate::clock::{Clock, Timestamp};
use crate::failure::Why;
use crate::fitness::Fitness;
use crate::gig::address::canonical_url;
use crate::gig::normalise::{Context, Outcome, normalise};
use crate::gig::{Gig, Republish, Sighting, Terms};
use crate::id::{GigId, PersonId, SourceId, digest};
use crate::person::Person;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::{Commit, StoreError};
use crate::store::{GigRecord, Heard, Ledger, Tale};
use std::sync::Arc;
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
        let source = SourceId::of(&[b"api", poster.as_bytes()]);
        Self { source, name: "its poster".to_owned(), poster, category: None }
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
}

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
            if known.is_none()
                && let Some(other) = self.elsewhere(stood_for, origin).await?
            {
                match self.seen_also(other, sighting, origin, now).await? {
                    Some(taken) => return Ok(taken),
                    None => continue,
                }
            }
            let outcome = match self.judge(sighting, origin, known.as_ref().map(|record| &record.gig), now) {
                Ok(outcome) => outcome,
                Err(why) => return Ok(Taken::Refused(why)),
            };
            let aliases: Vec<_> = page.into_iter().map(|page| (page, stood_for)).collect();
            let before = known.clone();
            let (taken, tale, heard) = match (outcome, known) {
                (Outcome::New(gig), _) => {
                    let tale = match heard {
                        Heard::News => Tale::Seen { source: origin.name.clone() },
                        Heard::Baseline => Tale::Baseline,
                    };
                    (Taken::New(gig), tale, heard)
                }
                (Outcome::Revised(gig), Some(record)) if gig.revision == record.gig.revision => {
                    let tale = Tale::Republish { may: gig.republish.clone() };
                    (Taken::Revised(gig), tale, record.heard)
                }
                (Outcome::Revised(gig), known) => {
                    let tale = Tale::Revised { revision: gig.revision, status: gig.status };
                    (Taken::Revised(gig), tale, known.map_or(heard, |record| record.heard))
                }
                (Outcome::Same, Some(record)) => return Ok(Taken::Same(record.gig)),
                (Outcome::Same, None) => return Ok(Taken::Refused(Why::new("it names no gig that is on record"))),
            };
            let (Taken::New(gig) | Taken::Revised(gig)) = &taken else { return Ok(taken) };
            let record = GigRecord { gig: gig.clone(), heard };
            if self.ledger.take_in(&record, before.as_ref(), &aliases, vec![tale], now).await? == Commit::Applied {
                say(&record, before.as_ref(), origin);
                self.bell.notify_one();
                return Ok(taken);
            }
        }
    }

    /// The gig that another source of the same poster brought with this page. Within one source its own ids decide: many a feed
    /// gives every item the same link.
    async fn elsewhere(&self, named: Option<GigId>, origin: &Origin) -> Result<Option<GigRecord>, StoreError> {
        let Some(id) = named else { return Ok(None) };
        Ok(self.ledger.gig(id).await?.filter(|record| record.gig.source != origin.source))
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
        let name = digest("seen as", &[origin.source.as_bytes(), sighting.native.as_bytes()]);
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

/// The name under which a poster's gig with this address is known, whichever source saw it.
fn alias(poster: PersonId, url: &str) -> [u8; 32] {
    digest("gig at", &[poster.as_bytes(), url.as_bytes()])
}

fn say(record: &GigRecord, before: Option<&GigRecord>, origin: &Origin) {
    let GigRecord { gig, heard } = record;
    let Terms { title, .. } = &gig.terms;
    let (source, revision) = (origin.name.as_str(), gig.revision.0);
    match (before, heard) {
        (None, Heard::Baseline) => {
            info!(gig.id = %gig.id, source, "{} ({title}) was there when {source} was first looked at; it is not announced", gig.id);
        }
        (None, Heard::News) => info!(gig.id = %gig.id, source, "{} ({title}) came in from {source}", gig.id),
        (Some(before), _) if before.gig.revision == gig.revision => {
            let may = if gig.republish == Republish::Allowed { "may" } else { "may not" };
            info!(gig.id = %gig.id, source, "{} ({title}) {may} be posted elsewhere now", gig.id);
        }
        (Some(_), _) => {
            info!(gig.id = %gig.id, source, revision, "{} ({title}) changed at {source}: now revision {revision}, {}", gig.id, gig.status.word());
        }
    }
}
