//! Looks at the sources that are due, takes in what they saw, and writes down when to look again.
//!
//! Each look is a task of its own, so that a source that answers slowly or never ends delays no other. What a look saw is taken in before
//! its cursor is kept: a crash in between looks again, and finds the same gigs.

use super::agenda::{Agenda, Item};
use super::listing::{Seen, compare};
use super::push::{self, Inbox, Lease, note_offer};
use super::{Idle, mishap};
use crate::clock::Timestamp;
use crate::config::{FirstLook, Live};
use crate::failure::{Failure, Why};
use crate::gig::{Sighting, Status};
use crate::id::GigId;
use crate::intake::{Intake, Origin, Taken};
use crate::outbox::MOMENT;
use crate::polling::{Asks, Limits, Looked, after_start, dice, next_look};
use crate::ports::{Completeness, Look, Source, StoreError, Wire};
use crate::pushing::Pushing;
use crate::store::{Heard, Listing, RefusedItem, SourceState, Switch, SwitchOf};
use crate::telemetry::requests::{self, Purpose};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info, warn};
use url::Url;

/// A source, and how it is looked at.
pub struct Watched {
    pub origin: Origin,
    /// Its address, when it is at another host.
    pub address: Option<String>,
    pub source: Box<dyn Source>,
    pub first_look: FirstLook,
    pub limits: Limits,
    /// The least time between two looks at its host.
    pub apart: Duration,
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
    /// As they stand in the configuration.
    pub watched: Live<Vec<Arc<Watched>>>,
    /// Rung when a look ended.
    pub bell: Arc<Notify>,
    pub tasks: TaskTracker,
    /// When each is due, as kept in the ledger; read from there at the first step.
    pub agenda: Mutex<Plan>,
}

/// The agenda, and the time at which it was last asked.
#[derive(Debug, Default)]
pub struct Plan {
    agenda: Option<Agenda>,
    /// Whom each number in the agenda stands for, those included that are looked at no more.
    entered: Vec<Arc<Watched>>,
    asked: Option<Timestamp>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("sources", &self.watched.len()).finish_non_exhaustive()
    }
}

fn item(watched: &Watched, due: Timestamp) -> Item {
    Item { host: watched.address.as_deref().map(host), apart: watched.apart, due }
}

/// Whether the operator has paused a source.
fn shut(switches: &[Switch], watched: &Watched) -> bool {
    switches.iter().any(|switch| switch.of.shuts(&watched.origin.name, watched.address.as_deref()))
}

/// When a source is looked at again: as things stand, and by its own pace, were nobody to push it.
#[derive(Debug, Clone, Copy)]
struct Next {
    due: Timestamp,
    own_pace: Timestamp,
}

impl Next {
    const NEVER: Self = Self { due: Timestamp::NEVER, own_pace: Timestamp::NEVER };
}

/// A clock that goes back by less than this was corrected, not set.
const CORRECTED: Duration = Duration::from_mins(1);

/// So many refused items of a source are looked through.
const REFUSED_KEPT: usize = 1_000;

impl Watch {
    pub async fn step(self: &Arc<Self>) -> Result<Idle, StoreError> {
        let now = self.intake.clock.now();
        if let Some(until) = self.intake.fitness.unfit_until(now) {
            return Ok(Idle { next_due: Some(until) });
        }
        self.open_agenda(now).await?;
        let closing = self.intake.expire().await?;
        let switches = self.intake.ledger.switches().await?;
        while let Some((n, watched)) = self.take(now) {
            if shut(&switches, &watched) {
                let later = now.plus(MOMENT);
                self.put_back(n, &watched, Next { due: later, own_pace: later });
                continue;
            }
            let this = Arc::clone(self);
            self.tasks.spawn(async move {
                let look = requests::on(Purpose::Source, "", Box::pin(this.look(&watched)));
                let ended = match mishap::caught(look).await {
                    Ok(ended) => ended,
                    Err(mishap) => this.stopped_short(&watched, &mishap).await,
                };
                let next = ended.unwrap_or_else(|fault| {
                    error!(
                        event = "store.failed",
                        source = watched.origin.name.as_str(),
                        "The store failed while a source was looked at: {fault}"
                    );
                    this.intake.fitness.break_down(&fault);
                    Next::NEVER
                });
                this.put_back(n, &watched, next);
                this.bell.notify_one();
            });
        }
        let next = self.plan().agenda.as_ref().and_then(Agenda::next);
        Ok(Idle { next_due: closing.into_iter().chain(next).min() })
    }

    /// Looks that are out.
    pub fn in_flight(&self) -> usize {
        self.plan().agenda.as_ref().map_or(0, Agenda::out)
    }

    fn take(&self, now: Timestamp) -> Option<(usize, Arc<Watched>)> {
        let mut plan = self.plan();
        let n = plan.agenda.as_mut()?.take(now)?;
        Some((n, Arc::clone(&plan.entered[n])))
    }

    /// What was taken is due again then; never, where the configuration does not have it any more.
    fn put_back(&self, n: usize, watched: &Arc<Watched>, next: Next) {
        let mut plan = self.plan();
        let next = if self.has(watched) { next } else { Next::NEVER };
        if let Some(agenda) = &mut plan.agenda {
            agenda.back(n, next.due, next.own_pace);
        }
    }

    fn has(&self, watched: &Arc<Watched>) -> bool {
        self.watched.iter().any(|held| Arc::ptr_eq(held, watched))
    }

    /// From here on these are looked at, and no others. Who is among those before is left as it is; a look that is out ends.
    pub async fn reseat(&self, watched: Vec<Arc<Watched>>) -> Result<(), StoreError> {
        let now = self.intake.clock.now();
        let mut dues = Vec::new();
        for new in watched.iter().filter(|new| !self.has(new)) {
            dues.push((Arc::clone(new), self.due(new, now).await?));
        }
        let mut plan = self.plan();
        self.watched.set(watched);
        let Plan { agenda, entered, .. } = &mut *plan;
        // Without an agenda, the first step makes it of what is there then.
        if let Some(agenda) = agenda {
            for (n, old) in entered.iter().enumerate().filter(|(_, old)| !self.has(old)) {
                agenda.moved(n, Timestamp::NEVER);
                debug!(
                    event = "source.removed",
                    source = old.origin.name.as_str(),
                    "{} is looked at no more",
                    old.origin.name
                );
            }
            for (new, due) in dues {
                agenda.enter(item(&new, due));
                entered.push(new);
            }
        }
        drop(plan);
        self.bell.notify_one();
        Ok(())
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads when each source is due: at the first step, and again when the clock was set back since the last.
    async fn open_agenda(&self, now: Timestamp) -> Result<(), StoreError> {
        let asked = self.plan().asked.replace(now);
        let set_back = asked.is_some_and(|asked| now.plus(CORRECTED) < asked);
        if asked.is_some() && !set_back {
            return Ok(());
        }
        let entered = match &*self.plan() {
            Plan { agenda: Some(_), entered, .. } => entered.clone(),
            Plan { agenda: None, .. } => self.watched.to_vec(),
        };
        let mut dues = Vec::with_capacity(entered.len());
        for (n, watched) in entered.iter().enumerate() {
            push::set_back(&self.intake.ledger, watched, now).await?;
            // What is out writes its own state, and says when it is due again: it may do so before all others are read.
            let is_out = self.plan().agenda.as_ref().is_some_and(|agenda| agenda.is_out(n));
            dues.push(if is_out { None } else { Some(self.due(watched, now).await?) });
        }
        let overdue = dues.iter().zip(&entered);
        let overdue = overdue.filter(|(due, watched)| due.is_some_and(|due| due <= now) && watched.address.is_some());
        let overdue = overdue.count();
        for (due, watched) in dues.iter_mut().zip(&entered).filter_map(|(due, w)| Some((due.as_mut()?, w))) {
            // Our own disk is no host to be polite to: it is looked at as soon as we start.
            if watched.address.is_none() && watched.inbox.is_none() {
                *due = Timestamp::EPOCH;
            } else if *due <= now {
                *due = now.plus(after_start(watched.origin.source, overdue, watched.limits.usual));
            }
        }
        let mut plan = self.plan();
        if let Some(agenda) = &mut plan.agenda {
            agenda.set_back(now);
            for (n, due) in dues.into_iter().enumerate() {
                if let Some(due) = due.filter(|_| self.has(&entered[n])) {
                    agenda.moved(n, due);
                }
            }
        } else {
            // Without an agenda nothing is out, and each has been read.
            let items = entered.iter().zip(dues).map(|(watched, due)| item(watched, due.unwrap_or(now)));
            plan.agenda = Some(Agenda::of(items));
            plan.entered = entered;
        }
        Ok(())
    }

    /// When a source is due, by a clock that may have been ahead when that was written down.
    async fn due(&self, watched: &Watched, now: Timestamp) -> Result<Timestamp, StoreError> {
        if watched.inbox.is_some() {
            return Ok(Timestamp::NEVER);
        }
        let source = watched.origin.source;
        let mut state = self.intake.ledger.source_state(source).await?;
        if let Some(mended) = state.set_back(now) {
            self.intake.ledger.note_look(source, &mended, &[]).await?;
            state = mended;
        }
        Ok(if state.ended { Timestamp::NEVER } else { watched.lease.look_due(&state, now).unwrap_or(Timestamp::EPOCH) })
    }

    /// Looks, takes in what was seen, and answers when the next look is due.
    async fn look(&self, watched: &Watched) -> Result<Next, StoreError> {
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
            Err(failure) => (failed(watched, before, &failure, now), Vec::new()),
        };
        ledger.note_look(origin.source, &state, &refused).await?;
        if state.ended {
            return Ok(Next::NEVER);
        }
        let due = watched.lease.look_due(&state, now).unwrap_or(now);
        Ok(Next { due, own_pace: state.due.unwrap_or(due) })
    }

    /// Whether a hub pushes a source has changed, and with it when it is looked at.
    pub(super) async fn reconsider(&self, watched: &Watched) -> Result<(), StoreError> {
        let due = self.due(watched, self.intake.clock.now()).await?;
        self.move_to(watched, due);
        Ok(())
    }

    /// Looks at a source by its own pace again, whoever pushes it: at once where that is over.
    pub(super) async fn look_soon(&self, watched: &Watched) -> Result<(), StoreError> {
        let state = self.intake.ledger.source_state(watched.origin.source).await?;
        if !state.ended {
            self.move_to(watched, state.due.unwrap_or(Timestamp::EPOCH));
        }
        Ok(())
    }

    /// Until when nothing of this source is taken in, as it is paused; nothing when it is not.
    pub(super) async fn shut_until(&self, watched: &Watched, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let switches = self.intake.ledger.switches().await?;
        Ok(shut(&switches, watched).then(|| now.plus(MOMENT)))
    }

    /// A switch is gone: the sources that it shut are looked at when they are due.
    pub(super) async fn switched_on(&self, of: &SwitchOf) -> Result<(), StoreError> {
        for watched in self.watched.iter() {
            if of.shuts(&watched.origin.name, watched.address.as_deref()) {
                self.reconsider(watched).await?;
            }
        }
        Ok(())
    }

    fn move_to(&self, watched: &Watched, due: Timestamp) {
        let mut plan = self.plan();
        // The last one entered is the one that holds.
        let n = plan.entered.iter().rposition(|other| other.origin.source == watched.origin.source);
        if let Some((n, agenda)) = n.zip(plan.agenda.as_mut()) {
            agenda.moved(n, due);
        }
        drop(plan);
        self.bell.notify_one();
    }

    /// A look ended in a panic: it is a failed one, and the next comes by the source's own pace.
    async fn stopped_short(&self, watched: &Watched, mishap: &mishap::Mishap) -> Result<Next, StoreError> {
        let (ledger, origin) = (&self.intake.ledger, &watched.origin);
        let name = origin.name.as_str();
        error!(
            event = "source.fault",
            source = name,
            "A look at {name} stopped short, by a fault in gigcast: {mishap}"
        );
        let before = ledger.source_state(origin.source).await?;
        let failure = Failure::Transient(Why::new(format!("gigcast itself failed: {mishap}")));
        let now = self.intake.clock.now();
        let state = failed(watched, before, &failure, now);
        ledger.note_look(origin.source, &state, &[]).await?;
        let due = state.due.unwrap_or(now);
        Ok(Next { due, own_pace: due })
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
            // What was taken for gone, and is listed again, is open again. That it was missed is enough to know: the last run may have
            // ended between concluding and writing that down.
            let back = sighting.status.is_none() && was.is_some_and(|was| was.missed > 0);
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
                Taken::Same(_) => drop(taken.insert(sighting.native.clone())),
                Taken::Refused(why) => refused.push(RefusedItem { what: sighting.native.clone(), why, at: now }),
                Taken::Removed(_) => {}
            }
        }
        for what in &look.cleared {
            // Only what still stands there, though it cannot be read, keeps its gig open.
            ledger.unrefuse(origin.source, what).await?;
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
                event = "source.refused",
                source = name,
                item = item.what.as_str(),
                "{name} holds something that is no gig ({}): {}",
                item.what,
                item.why
            );
        }
        if new + revised > 0 {
            info!(
                event = "source.looked",
                source = name,
                new,
                revised,
                "Looked at {name}: {new} new, {revised} changed"
            );
        } else {
            debug!(event = "source.unchanged", source = name, "Looked at {name}: nothing new");
        }
        if look.ended {
            warn!(event = "source.ended", source = name, "{name} says it is gone for good; it is not looked at again");
        }
        let looked = match (before.seen, new + revised) {
            (None, _) => Looked::First,
            (Some(_), 0) => Looked::Nothing,
            (Some(_), _) => Looked::News,
        };
        let asks = Asks { not_before: look.not_before, skips: look.skips };
        let dice = dice(origin.source, now);
        let (due, rhythm) = next_look(before.rhythm, looked, &watched.limits, asks, dice, now);
        let state = SourceState {
            cursor: look.cursor,
            seen: Some(now),
            looked: Some(now),
            due: Some(due),
            rhythm,
            trouble: None,
            ended: look.ended,
            emptied,
            found: look.found,
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
                event = "source.emptied",
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
}

/// The state after a look that failed.
fn failed(watched: &Watched, before: SourceState, failure: &Failure, now: Timestamp) -> SourceState {
    let looked = match failure {
        Failure::RateLimited { until, .. } => Looked::Refused(*until),
        Failure::Permanent(_) | Failure::Transient(_) | Failure::RelinkNeeded(_) | Failure::Unknown(_) => {
            Looked::Failed
        }
    };
    let dice = dice(watched.origin.source, now);
    let (due, rhythm) = next_look(before.rhythm, looked, &watched.limits, Asks::default(), dice, now);
    let (name, failures) = (watched.origin.name.as_str(), rhythm.failures);
    warn!(event = "source.failed", source = name, due = %due, failures, "{name} could not be read, and is looked at again at {due}: {}", failure.why());
    let trouble = Some(failure.why().to_string());
    SourceState { looked: Some(now), due: Some(due), rhythm, trouble, ..before }
}

/// Whom a look at this address asks.
fn host(address: &str) -> String {
    let parsed = Url::parse(address).ok();
    parsed.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| address.to_owned())
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
