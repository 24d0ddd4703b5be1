//! Looks at the sources that are due, takes in what they saw, and writes down when to look again.
//!
//! Each look is a task of its own, so that a source that answers slowly or never ends delays no other. What a look saw is taken in before
//! its cursor is kept: a crash in between looks again, and finds the same gigs.

use super::listing::{Seen, compare};
use super::push::{Inbox, Lease, note_offer};
use super::{Idle, mishap};
use crate::clock::Timestamp;
use crate::config::FirstLook;
use crate::failure::{Failure, Why};
use crate::gig::{Sighting, Status};
use crate::id::GigId;
use crate::intake::{Intake, Origin, Taken};
use crate::outbox::backoff::asked_to_wait;
use crate::ports::{Completeness, Look, Source, StoreError, Wire};
use crate::pushing::Pushing;
use crate::store::{Heard, Listing, RefusedItem, SourceState};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};

/// A source, and how it is looked at.
pub struct Watched {
    pub origin: Origin,
    /// Its address, when it is at another host.
    pub address: Option<String>,
    pub source: Box<dyn Source>,
    pub first_look: FirstLook,
    pub every: Duration,
    /// What `check` and people who ask should know of how it is read, each a sentence.
    pub notes: Vec<String>,
    pub gone: Gone,
    /// Where it is posted to us, when it is not looked at.
    pub inbox: Option<Inbox>,
    /// Whether a hub pushes it.
    pub lease: Lease,
}

/// What it means that a source no longer lists a gig, and when that is believed.
#[derive(Debug, Clone, Copy)]
pub struct Gone {
    pub means: Status,
    /// Complete looks in a row.
    pub after: u16,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("origin", &self.origin).finish_non_exhaustive()
    }
}

pub struct Watch {
    pub intake: Intake,
    pub wire: Arc<dyn Wire>,
    pub watched: Vec<Arc<Watched>>,
    pub backoff_max: Duration,
    /// Rung when a look ended.
    pub bell: Arc<Notify>,
    pub tasks: TaskTracker,
    /// When each is due, as kept in the ledger; read from there once.
    pub due: Mutex<HashMap<usize, Timestamp>>,
    pub busy: Mutex<HashSet<usize>>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("sources", &self.watched.len()).finish_non_exhaustive()
    }
}

/// So many refused items of a source are looked through.
const REFUSED_KEPT: usize = 1_000;

impl Watch {
    pub async fn step(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let now = self.intake.clock.now();
        if let Some(until) = self.intake.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        let mut next_due = self.intake.expire().await?;
        for (n, watched) in self.watched.iter().enumerate() {
            let due = self.due_at(n, watched).await?;
            if due > now {
                next_due = next_due.into_iter().chain([due]).min();
                continue;
            }
            if !self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(n) {
                continue;
            }
            let (this, watched) = (Arc::clone(self), Arc::clone(watched));
            self.tasks.spawn(async move {
                let ended = match mishap::caught(Box::pin(this.look(n, &watched))).await {
                    Ok(ended) => ended,
                    Err(mishap) => this.stopped_short(n, &watched, &mishap).await,
                };
                if let Err(fault) = ended {
                    error!(
                        source = watched.origin.name.as_str(),
                        "The store failed while a source was looked at: {fault}"
                    );
                    this.intake.fitness.break_down(&fault);
                }
                this.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&n);
                this.bell.notify_one();
            });
        }
        Ok(Idle { next_due })
    }

    async fn due_at(&self, n: usize, watched: &Watched) -> Result<Timestamp, StoreError> {
        if let Some(due) = self.due.lock().unwrap_or_else(PoisonError::into_inner).get(&n) {
            return Ok(*due);
        }
        let state = self.intake.ledger.source_state(watched.origin.source).await?;
        let due = if watched.inbox.is_some() {
            Timestamp::NEVER
        } else if watched.address.is_none() {
            // Our own disk is no host to be polite to: it is looked at as soon as we start.
            Timestamp::EPOCH
        } else if state.ended {
            Timestamp::NEVER
        } else {
            watched.lease.look_due(&state, self.intake.clock.now()).unwrap_or(Timestamp::EPOCH)
        };
        self.due.lock().unwrap_or_else(PoisonError::into_inner).insert(n, due);
        Ok(due)
    }

    async fn look(&self, n: usize, watched: &Watched) -> Result<(), StoreError> {
        let (ledger, origin) = (&self.intake.ledger, &watched.origin);
        let before = ledger.source_state(origin.source).await?;
        let looked = watched.source.look(&*self.wire, &before.cursor).await;
        let now = self.intake.clock.now();
        let (state, refused) = match looked {
            Ok(look) => {
                // What is gone for good need not be pushed.
                let pushing = if look.ended { Pushing::Never } else { look.pushing.clone() };
                let saw = self.saw(watched, &before, look, now).await?;
                note_offer(&self.intake.ledger, watched, &pushing, now).await?;
                saw
            }
            Err(failure) => (self.failed(watched, before, &failure, now), Vec::new()),
        };
        ledger.note_look(origin.source, &state, &refused).await?;
        let due = if state.ended { Timestamp::NEVER } else { watched.lease.look_due(&state, now).unwrap_or(now) };
        self.due.lock().unwrap_or_else(PoisonError::into_inner).insert(n, due);
        Ok(())
    }

    /// Whether a hub pushes a source has changed, and with it when it is looked at.
    pub(super) fn reconsider(&self, watched: &Watched) {
        if let Some(n) = self.watched.iter().position(|other| other.origin.source == watched.origin.source) {
            self.due.lock().unwrap_or_else(PoisonError::into_inner).remove(&n);
            self.bell.notify_one();
        }
    }

    /// Looks at a source by its own pace again, whoever pushes it: at once where that is over.
    pub(super) async fn look_soon(&self, watched: &Watched) -> Result<(), StoreError> {
        let source = watched.origin.source;
        let state = self.intake.ledger.source_state(source).await?;
        if let Some(n) = self.watched.iter().position(|other| other.origin.source == source)
            && !state.ended
        {
            let due = state.due.unwrap_or(Timestamp::EPOCH);
            self.due.lock().unwrap_or_else(PoisonError::into_inner).insert(n, due);
            self.bell.notify_one();
        }
        Ok(())
    }

    /// A look ended in a panic: it is a failed one, and the next comes by the source's own pace.
    async fn stopped_short(&self, n: usize, watched: &Watched, mishap: &mishap::Mishap) -> Result<(), StoreError> {
        let (ledger, origin) = (&self.intake.ledger, &watched.origin);
        let name = origin.name.as_str();
        error!(source = name, "A look at {name} stopped short, by a fault in gigcast: {mishap}");
        let before = ledger.source_state(origin.source).await?;
        let failure = Failure::Transient(Why::new(format!("gigcast itself failed: {mishap}")));
        let state = self.failed(watched, before, &failure, self.intake.clock.now());
        ledger.note_look(origin.source, &state, &[]).await?;
        self.due.lock().unwrap_or_else(PoisonError::into_inner).extend(state.due.map(|due| (n, due)));
        Ok(())
    }

    /// Takes in what a look saw, or what was pushed in its place.
    pub(super) async fn saw(
        &self,
        watched: &Watched,
        before: &SourceState,
        look: Look,
        now: Timestamp,
    ) -> Result<(SourceState, Vec<RefusedItem>), StoreError> {
        let origin = &watched.origin;
        let name = origin.name.as_str();
        let news_from = match (before.seen, watched.first_look) {
            (_, FirstLook::All) => 0,
            (Some(_), _) => look.belated,
            (None, FirstLook::None) => look.sightings.len(),
            (None, FirstLook::Newest(n)) => {
                look.sightings.len().saturating_sub(usize::try_from(n).unwrap_or(usize::MAX))
            }
        };
        let seen = seen(&look, origin);
        let mut refused: Vec<RefusedItem> =
            look.refused.into_iter().map(|item| RefusedItem { what: item.what, why: item.why, at: now }).collect();
        let ledger = &self.intake.ledger;
        let listed = match look.complete {
            Completeness::Partial => None,
            Completeness::Complete | Completeness::AsBefore => Some(ledger.listed(origin.source).await?),
        };
        let (mut new, mut revised, mut taken) = (0u32, 0u32, HashSet::new());
        for (n, sighting) in look.sightings.iter().enumerate() {
            let heard = if n >= news_from { Heard::News } else { Heard::Baseline };
            let was =
                listed.as_ref().and_then(|listed| listed.get(&GigId::from_source(origin.source, &sighting.native)));
            // What was taken for gone, and is listed again, is open again.
            let back = sighting.status.is_none() && was.is_some_and(|was| was.gone.is_some());
            let status = if back { Some(Status::Open) } else { sighting.status };
            let sighting = &Sighting { status, ..sighting.clone() };
            match self.intake.take(sighting, origin, heard).await? {
                Taken::New(_) => {
                    new += 1;
                    taken.insert(sighting.native.clone());
                }
                Taken::Revised(_) => {
                    revised += 1;
                    taken.insert(sighting.native.clone());
                }
                Taken::Same(_) => {}
                Taken::Refused(why) => refused.push(RefusedItem { what: sighting.native.clone(), why, at: now }),
            }
        }
        if !taken.is_empty() {
            self.forgive(origin, &taken).await?;
        }
        let mut emptied = before.emptied;
        if let Some(listed) = listed {
            let (gone, since) = self.missing(watched, &listed, seen, before.emptied, now).await?;
            revised += gone;
            emptied = since;
        }
        for item in &refused {
            warn!(
                source = name,
                item = item.what.as_str(),
                "{name} holds something that is no gig ({}): {}",
                item.what,
                item.why
            );
        }
        if new + revised > 0 {
            info!(source = name, new, revised, "Looked at {name}: {new} new, {revised} changed");
        } else {
            debug!(source = name, "Looked at {name}: nothing new");
        }
        if look.ended {
            warn!(source = name, "{name} says it is gone for good; it is not looked at again");
        }
        let due = now.plus(watched.every).max(look.not_before.unwrap_or(now));
        let state = SourceState {
            cursor: look.cursor,
            seen: Some(now),
            due: Some(due),
            failures: 0,
            trouble: None,
            ended: look.ended,
            emptied,
        };
        Ok((state, refused))
    }

    /// Concludes from what a complete look did not see. Answers how many gigs that ended, and since when too much is missing to be believed.
    async fn missing(
        &self,
        watched: &Watched,
        listed: &BTreeMap<GigId, Listing>,
        mut seen: Seen,
        emptied: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(u32, Option<Timestamp>), StoreError> {
        let (ledger, Origin { source, name, .. }) = (&self.intake.ledger, &watched.origin);
        let as_before = seen == Seen::AsBefore;
        if let Seen::Exactly(seen) = &mut seen {
            // What stands there and cannot be read is there.
            let refused = ledger.refused(*source, REFUSED_KEPT).await?;
            seen.extend(
                refused.iter().flat_map(|item| named(&item.what)).map(|name| GigId::from_source(*source, name)),
            );
        }
        let compared = compare(listed, &seen, watched.gone.means, watched.gone.after);
        let mut ended = 0;
        for id in &compared.gone {
            ended += u32::from(self.intake.conclude(*id, watched.gone.means, name, watched.gone.after).await?);
        }
        // Written last: a crash before concludes the same again, which changes nothing twice.
        ledger.note_listed(*source, &compared.changes).await?;
        if as_before {
            return Ok((ended, emptied));
        }
        if compared.emptied && emptied.is_none() {
            warn!(
                source = name.as_str(),
                "More than half of the gigs of {name} vanished in one look; nothing is concluded from that. Look at the source: `gigcast why \"{name}\"`"
            );
        }
        Ok((ended, compared.emptied.then_some(emptied.unwrap_or(now))))
    }

    /// What was refused before and has been mended: an item by its id, a file by its name.
    async fn forgive(&self, origin: &Origin, taken: &HashSet<String>) -> Result<(), StoreError> {
        let ledger = &self.intake.ledger;
        for item in ledger.refused(origin.source, REFUSED_KEPT).await? {
            let stem = Path::new(&item.what).file_stem().and_then(|stem| stem.to_str());
            if taken.contains(&item.what) || stem.is_some_and(|stem| taken.contains(stem)) {
                ledger.unrefuse(origin.source, &item.what).await?;
            }
        }
        Ok(())
    }

    /// A failed look is repeated ever later, up to the longest wait, or the source's own pace where that is longer.
    fn failed(&self, watched: &Watched, before: SourceState, failure: &Failure, now: Timestamp) -> SourceState {
        let failures = before.failures.saturating_add(1);
        let due = match failure {
            Failure::RateLimited { until, .. } => asked_to_wait(*until, now),
            Failure::Permanent(_) | Failure::Transient(_) | Failure::RelinkNeeded(_) | Failure::Unknown(_) => {
                let doubled = watched.every.saturating_mul(1 << u32::from(failures.min(16)));
                now.plus(doubled.min(self.backoff_max.max(watched.every)))
            }
        };
        let name = watched.origin.name.as_str();
        warn!(source = name, due = %due, failures, "{name} could not be read, and is looked at again at {due}: {}", failure.why());
        SourceState { due: Some(due), failures, trouble: Some(failure.why().to_string()), ..before }
    }
}

/// What a look says of the whole list.
fn seen(look: &Look, origin: &Origin) -> Seen {
    if look.complete == Completeness::AsBefore {
        return Seen::AsBefore;
    }
    let natives = look.sightings.iter().map(|sighting| sighting.native.as_str());
    let refused = look.refused.iter().flat_map(|item| named(&item.what));
    Seen::Exactly(natives.chain(refused).map(|native| GigId::from_source(origin.source, native)).collect())
}

/// What an item that was refused goes by: its id, or the name of its file.
fn named(what: &str) -> impl Iterator<Item = &str> {
    [Some(what), Path::new(what).file_stem().and_then(|stem| stem.to_str())].into_iter().flatten()
}
