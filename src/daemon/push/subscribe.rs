//! Subscribing to what hubs push: asking, renewing before the lease ends, and leaving.
//!
//! What is asked is written down first, since a hub may come back to confirm before it has answered. A hub that refuses, keeps silent or
//! is gone costs nothing but the push: the feed is looked at as ever.

use super::standing::LEASE;
use super::{Reachable, change};
use crate::clock::Timestamp;
use crate::daemon::watch::{Watch, Watched};
use crate::daemon::{Idle, mishap};
use crate::failure::Failure;
use crate::grants::{PushKey, Subscriber};
use crate::id::SourceId;
use crate::ports::{Request, Response, StoreError};
use crate::store::{Left, Subscription};
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;
use tracing::{error, info, warn};
use url::Url;

/// So many hubs are asked at a time: feeds often share one.
const AT_ONCE: usize = 8;

/// A hub that has moved says where to; so many moves are followed.
const MOVES: usize = 2;

pub struct Subscribe {
    pub watch: Arc<Watch>,
    pub key: Arc<PushKey>,
    pub reach: Reachable,
    pub bell: Arc<Notify>,
    pub busy: Mutex<HashSet<SourceId>>,
}

impl fmt::Debug for Subscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribe").field("reach", &self.reach).finish_non_exhaustive()
    }
}

enum Mode {
    Subscribe,
    Unsubscribe,
}

impl Subscribe {
    /// Takes up what an earlier run left, as the config is now. Before the first step of all.
    pub async fn resume(&self) -> Result<(), StoreError> {
        let ledger = &self.watch.intake.ledger;
        let now = self.watch.intake.clock.now();
        let base = self.reach.public_url.as_deref().unwrap_or_default();
        for (source, _) in ledger.subscriptions().await? {
            let Some(watched) = self.watch.watched.iter().find(|watched| watched.origin.source == source) else {
                continue;
            };
            change(ledger, &watched.lease, source, |before| {
                let before = before?;
                match self.reach.hindrance(watched.address.as_deref(), &before.hub) {
                    Some(_) => Some(before.hindered()),
                    None => before.resumed(base, now),
                }
            })
            .await?;
        }
        Ok(())
    }

    pub fn step(self: &Arc<Self>) -> Idle {
        let intake = &self.watch.intake;
        let now = intake.clock.now();
        if let Some(until) = intake.fitness.unfit_until(now) {
            return Idle { next_due: Some(until) };
        }
        let mut next_due = None;
        for watched in self.watch.watched.iter() {
            let source = watched.origin.source;
            let due = watched.lease.due();
            if due > now {
                next_due = next_due.into_iter().chain([due]).min();
                continue;
            }
            {
                let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
                if busy.len() >= AT_ONCE {
                    break;
                }
                if !busy.insert(source) {
                    continue;
                }
            }
            let (this, watched) = (Arc::clone(self), Arc::clone(watched));
            self.watch.tasks.spawn(async move {
                let name = watched.origin.name.as_str();
                match mishap::caught(this.turn(&watched)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(fault)) => {
                        error!(
                            event = "store.failed",
                            source = name,
                            "The store failed while a hub was asked: {fault}"
                        );
                        this.watch.intake.fitness.break_down(&fault);
                    }
                    Err(mishap) => {
                        error!(
                            event = "hub.fault",
                            source = name,
                            "Asking the hub of {name} stopped short, by a fault in gigcast: {mishap}"
                        );
                    }
                }
                this.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&source);
                this.bell.notify_one();
            });
        }
        Idle { next_due }
    }

    /// Does what is due for one source.
    async fn turn(&self, watched: &Watched) -> Result<(), StoreError> {
        let (ledger, clock) = (&self.watch.intake.ledger, &self.watch.intake.clock);
        let (source, name, lease) = (watched.origin.source, watched.origin.name.as_str(), &watched.lease);
        let now = clock.now();
        let before = ledger.subscription(source).await?;
        let after = change(ledger, lease, source, |before| before?.lapsed(now)).await?;
        if before.is_some_and(|before| before.until.is_some()) && after.as_ref().is_some_and(|s| s.until.is_none()) {
            warn!(
                event = "hub.lapsed",
                source = name,
                "The hub of {name} no longer pushes it: the lease was not renewed; it is looked at as ever"
            );
            self.watch.reconsider(watched).await?;
        }
        let Some(subscription) = after else { return Ok(()) };
        if let Some(left) = subscription.left.filter(|left| left.asked.is_none()) {
            change(ledger, lease, source, |before| {
                let before = before?;
                let left = before.left.clone().map(|left| Left { asked: Some(now), ..left });
                let due = before.due.filter(|_| before.is_offered);
                Some(Subscription { due, left, ..before.clone() })
            })
            .await?;
            let whose = Subscriber { source, nth: left.nth };
            if let Err(why) = self.ask(watched, &left.hub, &left.topic, whose, Mode::Unsubscribe).await {
                info!(
                    event = "hub.not_told",
                    source = name,
                    "The hub {} could not be told that {name} left it, and will find out: {why}",
                    left.hub
                );
            }
            return Ok(());
        }
        if subscription.is_offered && subscription.due.is_some_and(|due| due <= now) {
            return self.subscribe(watched, now).await;
        }
        Ok(())
    }

    async fn subscribe(&self, watched: &Watched, now: Timestamp) -> Result<(), StoreError> {
        let (ledger, lease) = (&self.watch.intake.ledger, &watched.lease);
        let (source, name) = (watched.origin.source, watched.origin.name.as_str());
        let base = self.reach.public_url.as_deref().unwrap_or_default();
        let asking = change(ledger, lease, source, |before| {
            let before = before?;
            Some(match self.reach.hindrance(watched.address.as_deref(), &before.hub) {
                // Nothing to be done until the config or the feed changes; a start looks again.
                Some(_) => before.hindered(),
                None => before.asking(base, now),
            })
        });
        let Some(subscription) = asking.await? else { return Ok(()) };
        if subscription.asked != Some(now) {
            return Ok(());
        }
        let whose = Subscriber { source, nth: subscription.nth };
        let asked = self.ask(watched, &subscription.hub, &subscription.topic, whose, Mode::Subscribe).await;
        let Err(why) = asked else {
            info!(event = "hub.asked", source = name, "The hub {} was asked to push {name}", subscription.hub);
            return Ok(());
        };
        warn!(
            event = "hub.declined",
            source = name,
            "The hub {} does not push {name}, which is looked at as ever: {why}",
            subscription.hub
        );
        change(ledger, lease, source, |before| {
            // It may have confirmed all the same, before it broke off.
            before.filter(|s| s.nth == whose.nth && s.asked == Some(now)).map(|s| s.refused(&why, now))
        })
        .await
        .map(drop)
    }

    /// One request; what is wrong, as the end of a sentence. A lost answer is none: if the hub took it, it comes back.
    async fn ask(
        &self,
        watched: &Watched,
        hub: &str,
        topic: &str,
        whose: Subscriber,
        mode: Mode,
    ) -> Result<(), String> {
        let token = self.key.token(whose);
        let secret = self.key.secret(whose);
        let base = self.reach.public_url.as_deref().unwrap_or_default();
        let word = match mode {
            Mode::Subscribe => "subscribe",
            Mode::Unsubscribe => "unsubscribe",
        };
        let mut form = vec![
            ("hub.mode".to_owned(), word.to_owned()),
            ("hub.topic".to_owned(), topic.to_owned()),
            ("hub.callback".to_owned(), format!("{base}/websub/{token}")),
        ];
        if matches!(mode, Mode::Subscribe) {
            form.push(("hub.lease_seconds".to_owned(), LEASE.as_secs().to_string()));
            form.push(("hub.secret".to_owned(), secret.expose().to_owned()));
        }
        let mut hub = hub.to_owned();
        for _ in 0..=MOVES {
            if let Some(why) = self.reach.hindrance(watched.address.as_deref(), &hub) {
                return Err(why.to_owned());
            }
            let answer = match self.watch.wire.send(Request::post(&hub).form(form.clone())).await {
                Ok(answer) => answer,
                Err(Failure::Unknown(_)) => return Ok(()),
                Err(failure) => return Err(failure.why().to_string()),
            };
            match (answer.status, moved(&hub, &answer)) {
                (200..300, _) => return Ok(()),
                (307 | 308, Some(to)) => hub = to,
                (status, _) => {
                    // A hub may repeat what it was sent.
                    let said = answer.excerpt.replace(&token, "…").replace(secret.expose(), "…");
                    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                    return Err(format!("the hub answers {status}{said}"));
                }
            }
        }
        Err("the hub sends us on too often".to_owned())
    }
}

fn moved(hub: &str, answer: &Response) -> Option<String> {
    let to = Url::parse(hub).ok()?.join(answer.header("location")?).ok()?;
    Some(to.to_string())
}
