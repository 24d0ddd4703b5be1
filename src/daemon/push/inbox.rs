//! What is posted to us: looked at by whoever may open it, read by its source, taken in, and only then answered for.

use super::{Reachable, change};
use crate::clock::Timestamp;
use crate::daemon::watch::{Watch, Watched};
use crate::failure::Why;
use crate::grants::PushKey;
use crate::polling::Rhythm;
use crate::ports::{BoxFuture, Look, StoreError};
use crate::pushing::Pushed;
use crate::signature::is_hub_signature;
use crate::sources::hook::{Admitted, Door, Turned};
use crate::store::{RefusedItem, SourceState, Subscription};
use crate::web::pushed::{Intent, Intention, NotTaken, Received, Taking};
use axum::http::HeaderMap;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::{error, info, warn};

/// Where messages to one hook are posted, and who may.
#[derive(Debug)]
pub struct Inbox {
    pub door: Door,
    /// The whole address, for people.
    pub address: String,
    /// When it was last said that a message was turned away.
    said: AtomicU64,
}

/// Anyone may knock, and nobody may fill the log by it.
const SAID_EVERY: Duration = Duration::from_mins(1);

impl Inbox {
    pub fn new(door: Door, address: String) -> Self {
        Self { door, address, said: AtomicU64::new(0) }
    }

    fn turn_away(&self, name: &str, turned: Turned, now: Timestamp) {
        let last = Timestamp::from_millis(self.said.load(Ordering::Acquire));
        if now.since(last) >= SAID_EVERY {
            self.said.store(now.as_millis(), Ordering::Release);
            info!(event = "hook.turned_away", source = name, "A message to {name} was turned away: {}", turned.said());
        }
    }
}

/// What a message is called among the things that are no gigs.
const MESSAGE: &str = "a message";
const UNSIGNED: &str = "a push without the hub's signature";

/// Answers the public side.
pub struct Pushes {
    pub watch: Arc<Watch>,
    pub key: Arc<PushKey>,
    pub reach: Reachable,
    /// What a hub may send at once.
    pub max_feed_bytes: usize,
}

impl fmt::Debug for Pushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushes").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl crate::web::pushed::Pushes for Pushes {
    fn has_hook(&self, name: &str) -> bool {
        self.hook(name).is_some()
    }

    fn receive<'a>(
        &'a self,
        name: &'a str,
        headers: &'a HeaderMap,
        body: Bytes,
    ) -> BoxFuture<'a, Result<Received, NotTaken>> {
        Box::pin(self.post(name, headers, body))
    }

    fn confirm<'a>(&'a self, token: &'a str, intention: &'a Intention) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(self.intends(token, intention))
    }

    fn is_callback(&self, token: &str) -> bool {
        self.key.read_token(token).is_some()
    }

    fn most_bytes(&self) -> usize {
        self.max_feed_bytes
    }

    fn distribute<'a>(
        &'a self,
        token: &'a str,
        signature: Option<&'a str>,
        pushed: Pushed,
    ) -> BoxFuture<'a, Result<Taking, StoreError>> {
        Box::pin(self.take(token, signature, pushed))
    }
}

impl Pushes {
    fn hook(&self, name: &str) -> Option<(&Watched, &Inbox)> {
        let watched = self.watch.watched.iter().find(|watched| watched.origin.name == name)?;
        Some((watched, watched.inbox.as_ref()?))
    }

    fn now(&self) -> Timestamp {
        self.watch.intake.clock.now()
    }

    async fn post(&self, name: &str, headers: &HeaderMap, body: Bytes) -> Result<Received, NotTaken> {
        let (intake, now) = (&self.watch.intake, self.now());
        let (watched, inbox) = self.hook(name).ok_or(NotTaken::Unknown)?;
        let source = watched.origin.source;
        let Admitted { id, sent } = inbox.door.admit(headers, &body, now).map_err(|turned| {
            inbox.turn_away(name, turned, now);
            NotTaken::Turned(turned)
        })?;
        if let Some(until) = intake.fitness.unfit_until(now) {
            return Err(NotTaken::Unfit { until });
        }
        if let Some(until) = self.watch.shut_until(watched, now).await? {
            return Err(NotTaken::Unfit { until });
        }
        if intake.ledger.message(source, &id.0).await?.is_some() {
            // This was read, not written: whoever wrote it may still be waiting for the disk.
            intake.ledger.barrier().await?;
            return Ok(Received { gigs: 0, refused: Vec::new(), again: true });
        }
        let before = intake.ledger.source_state(source).await?;
        let pushed = Pushed { content_type: String::new(), body, received: now };
        let look = match watched.source.read_pushed(&pushed) {
            Ok(mut look) => {
                for sighting in &mut look.sightings {
                    sighting.updated = sighting.updated.or(sent);
                }
                look
            }
            Err(failure) => return Err(self.unreadable(watched, before, failure.why().clone(), now).await?),
        };
        let (seen, unread) = (look.sightings.len(), look.refused.len());
        if seen == 0 && unread == 0 {
            let why = Why::new("none of the fields that the mapping names is in it");
            info!(event = "hook.no_gig", source = name, "A message to {name} holds no gig: {why}");
            self.refuse(watched, MESSAGE, why, now).await?;
        } else {
            intake.ledger.unrefuse(source, MESSAGE).await?;
        }
        let refused = self.take_in(watched, &before, look, now).await?;
        let gigs = seen + unread - refused.len();
        if gigs == 0 && !refused.is_empty() {
            let said = refused.iter().map(|item| format!("{}: {}", item.what, item.why)).collect::<Vec<_>>().join("; ");
            return Err(self.unreadable(watched, before, Why::new(said), now).await?);
        }
        let rhythm = Rhythm { failures: 0, ..before.rhythm };
        let state = SourceState { seen: Some(now), rhythm, trouble: None, ..before };
        intake.ledger.note_look(source, &state, &[]).await?;
        // Last: a crash before this is answered by the sender with the same message, which changes nothing twice.
        intake.ledger.note_message(source, &id.0, now).await?;
        let refused = refused.into_iter().map(|item| (item.what, item.why.to_string())).collect();
        Ok(Received { gigs, refused, again: false })
    }

    /// A signed message that we cannot make sense of: either side has to mend something.
    async fn unreadable(
        &self,
        watched: &Watched,
        before: SourceState,
        why: Why,
        now: Timestamp,
    ) -> Result<NotTaken, StoreError> {
        let name = watched.origin.name.as_str();
        error!(
            event = "hook.unreadable",
            source = name,
            "A message to {name} was signed as it should be, and cannot be read: {why}"
        );
        let rhythm = Rhythm { failures: before.rhythm.failures.saturating_add(1), ..before.rhythm };
        let state = SourceState { seen: Some(now), rhythm, trouble: Some(why.to_string()), ..before };
        self.watch.intake.ledger.note_look(watched.origin.source, &state, &[]).await?;
        Ok(NotTaken::Unreadable(why))
    }

    async fn take_in(
        &self,
        watched: &Watched,
        before: &SourceState,
        look: Look,
        now: Timestamp,
    ) -> Result<Vec<RefusedItem>, StoreError> {
        let (_, refused) = self.watch.saw(watched, before, look, now).await?;
        self.watch.intake.ledger.note_refused(watched.origin.source, &refused).await?;
        Ok(refused)
    }

    async fn refuse(&self, watched: &Watched, what: &str, why: Why, at: Timestamp) -> Result<(), StoreError> {
        let item = RefusedItem { what: what.to_owned(), why, at };
        self.watch.intake.ledger.note_refused(watched.origin.source, &[item]).await
    }

    /// What a hub says it was asked to do; whether it was.
    async fn intends(&self, token: &str, intention: &Intention) -> Result<bool, StoreError> {
        let Some(whose) = self.key.read_token(token) else { return Ok(false) };
        let Some(watched) = self.watch.watched.iter().find(|watched| watched.origin.source == whose.source) else {
            return Ok(false);
        };
        let (now, topic) = (self.now(), intention.topic.as_str());
        let decide = |before: &Subscription| match &intention.intent {
            Intent::Subscribe { lease } => before.confirmed(whose.nth, topic, *lease, now),
            Intent::Unsubscribe => before.left(whose.nth, topic),
            Intent::Denied { reason } => before.denied(whose.nth, topic, reason, now),
        };
        let ledger = &self.watch.intake.ledger;
        let Some(before) = ledger.subscription(whose.source).await? else { return Ok(false) };
        if decide(&before).is_none() {
            return Ok(false);
        }
        let after = change(ledger, &watched.lease, whose.source, |before| decide(before?)).await?;
        let name = watched.origin.name.as_str();
        match (&intention.intent, after) {
            (Intent::Subscribe { .. }, Some(Subscription { until: Some(until), hub, .. })) => {
                info!(event = "hub.granted", source = name, until = %until, "The hub {hub} pushes {name} until {until}; it is looked at seldom meanwhile");
            }
            (Intent::Denied { .. }, Some(Subscription { until: None, trouble: Some(why), .. })) => {
                warn!(event = "hub.refused", source = name, "{name} is looked at as ever: {why}");
            }
            _ => {}
        }
        self.watch.reconsider(watched).await?;
        Ok(true)
    }

    /// What a hub sends of a feed. Whatever is wrong with it, sending it again would not mend it.
    async fn take(&self, token: &str, signature: Option<&str>, pushed: Pushed) -> Result<Taking, StoreError> {
        let (ledger, now) = (&self.watch.intake.ledger, self.now());
        let Some(whose) = self.key.read_token(token) else { return Ok(Taking::Unknown) };
        let watched = self.watch.watched.iter().find(|watched| watched.origin.source == whose.source);
        let subscription = ledger.subscription(whose.source).await?;
        let (Some(watched), Some(subscription)) = (watched, subscription) else { return Ok(Taking::Over) };
        if subscription.nth != whose.nth || !subscription.is_offered || subscription.until.is_none() {
            return Ok(Taking::Over);
        }
        if let Some(until) = self.watch.intake.fitness.unfit_until(now) {
            return Ok(Taking::Unfit { until });
        }
        if let Some(until) = self.watch.shut_until(watched, now).await? {
            return Ok(Taking::Unfit { until });
        }
        let name = watched.origin.name.as_str();
        let secret = self.key.secret(whose);
        if !signature.is_some_and(|written| is_hub_signature(written, secret.expose().as_bytes(), &pushed.body)) {
            warn!(
                event = "hub.unsigned",
                source = name,
                "Something was pushed to {name} that its hub did not sign; it is passed over"
            );
            self.refuse(watched, UNSIGNED, Why::new("it is passed over"), now).await?;
            return Ok(Taking::Taken);
        }
        match watched.source.read_pushed(&pushed) {
            Ok(look) => {
                let before = ledger.source_state(whose.source).await?;
                // The feed itself is asked whether it has ended.
                let ended = look.ended;
                self.take_in(watched, &before, Look { ended: false, ..look }, now).await?;
                change(ledger, &watched.lease, whose.source, |before| {
                    Some(Subscription { pushed: Some(now), ..before?.clone() })
                })
                .await?;
                if ended {
                    self.watch.look_soon(watched).await?;
                }
            }
            Err(failure) => {
                error!(
                    event = "hub.unreadable",
                    source = name,
                    "What the hub pushed of {name} cannot be read, so the feed itself is looked at: {}",
                    failure.why()
                );
                self.refuse(watched, "what the hub pushed", failure.why().clone(), now).await?;
                self.watch.look_soon(watched).await?;
            }
        }
        Ok(Taking::Taken)
    }
}
