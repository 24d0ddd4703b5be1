//! What others push to us, in place of being looked at: messages to hooks, and what hubs send of feeds (WebSub).
//!
//! Everything comes in by the source's own reader and the one intake, and is answered for once it is durable. A feed that is pushed is
//! still looked at now and then: hubs lose things.

mod inbox;
mod standing;
mod subscribe;

pub use inbox::{Inbox, Pushes};
pub use subscribe::Subscribe;

use super::spoken::{counted, relative};
use super::watch::Watched;
use crate::clock::Timestamp;
use crate::config::WireConfig;
use crate::id::SourceId;
use crate::ports::StoreError;
use crate::pushing::{Hub, Pushing};
use crate::store::{Ledger, SourceState, Subscription};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use url::Url;

/// How often a feed is looked at while it is pushed.
pub const SELDOM: Duration = Duration::from_hours(12);

/// What of a subscription steps must know at every turn: kept beside it, so that ten thousand of them need not be read.
#[derive(Debug)]
pub struct Lease {
    until: AtomicU64,
    due: AtomicU64,
    /// Rung when that changes.
    pub bell: Arc<Notify>,
}

impl Default for Lease {
    fn default() -> Self {
        Self::ringing(Arc::default())
    }
}

impl Lease {
    /// The one that rings this bell.
    pub fn ringing(bell: Arc<Notify>) -> Self {
        Self { until: AtomicU64::new(0), due: AtomicU64::new(Timestamp::NEVER.as_millis()), bell }
    }

    /// Whether a hub pushes the source now.
    pub fn holds(&self, now: Timestamp) -> bool {
        now.as_millis() < self.until.load(Ordering::Acquire)
    }

    fn due(&self) -> Timestamp {
        Timestamp::from_millis(self.due.load(Ordering::Acquire))
    }

    fn follow(&self, subscription: Option<&Subscription>) {
        let until = subscription.and_then(|s| s.until).unwrap_or(Timestamp::EPOCH);
        self.until.store(until.as_millis(), Ordering::Release);
        let due = subscription.map_or(Timestamp::NEVER, Subscription::next);
        self.due.store(due.as_millis(), Ordering::Release);
        self.bell.notify_one();
    }

    /// When a source is looked at again: by its own pace, and seldom while it is pushed and can be read.
    pub fn look_due(&self, state: &SourceState, now: Timestamp) -> Option<Timestamp> {
        match state.seen.filter(|_| state.rhythm.failures == 0 && self.holds(now)) {
            Some(seen) => state.due.max(Some(seen.plus(SELDOM))),
            None => state.due,
        }
    }
}

/// Changes a subscription and what is kept beside it.
async fn change(
    ledger: &Ledger,
    lease: &Lease,
    source: SourceId,
    change: impl Fn(Option<&Subscription>) -> Option<Subscription> + Sync,
) -> Result<Option<Subscription>, StoreError> {
    let now_is = ledger.change_subscription(source, change).await?;
    lease.follow(now_is.as_ref());
    Ok(now_is)
}

/// Writes down what a look said of a hub.
pub(super) async fn note_offer(
    ledger: &Ledger,
    watched: &Watched,
    pushing: &Pushing,
    now: Timestamp,
) -> Result<(), StoreError> {
    if *pushing == Pushing::Unsaid {
        return Ok(());
    }
    let offered = |before: Option<&Subscription>| Subscription::offered(before, pushing, now);
    change(ledger, &watched.lease, watched.origin.source, offered).await.map(drop)
}

/// After the clock was set back: what a hub granted by a clock that was ahead lasts no longer by the new one.
pub(super) async fn set_back(ledger: &Ledger, watched: &Watched, now: Timestamp) -> Result<(), StoreError> {
    if !watched.lease.holds(now) && watched.lease.due() == Timestamp::NEVER {
        return Ok(());
    }
    change(ledger, &watched.lease, watched.origin.source, |before| before?.set_back(now)).await.map(drop)
}

/// Where hubs find us, and which of them we go to.
#[derive(Debug, Clone)]
pub struct Reachable {
    /// Where the world sees us, without a slash at the end.
    pub public_url: Option<String>,
    /// See `wire.trusted_origins`.
    pub trusted_origins: Vec<String>,
}

impl Reachable {
    pub fn new(public_url: Option<&str>, wire: &WireConfig) -> Self {
        Self { public_url: public_url.map(str::to_owned), trusted_origins: wire.trusted_origins.clone() }
    }

    /// Why a hub that the feed at `feed` names is not subscribed to, as the end of a sentence.
    fn hindrance(&self, feed: Option<&str>, hub: &str) -> Option<&'static str> {
        let trusts = |url: &str| {
            Url::parse(url).is_ok_and(|url| self.trusted_origins.contains(&url.origin().ascii_serialization()))
        };
        if self.public_url.is_none() {
            return Some("`server.public_url` is empty, so that a hub cannot reach us");
        }
        match (trusts(hub), feed.is_some_and(trusts)) {
            (true, true) => None,
            // What is trusted is named by the operator, and by nobody else.
            (true, false) => {
                Some("the hub is at an address that only a feed you trust as well may name (`wire.trusted_origins`)")
            }
            (false, _) if hub.starts_with("https://") => None,
            (false, _) => Some("the hub is not reached by https, and what signs its messages is a secret"),
        }
    }

    /// What `check` says of a hub that a feed names: the end of a clause.
    pub fn offer(&self, hub: &Hub, feed: Option<&str>) -> String {
        match self.hindrance(feed, &hub.url) {
            None => format!(", pushed by the hub {}", hub.url),
            Some(why) => format!(", and the hub {}, which is not used: {why}", hub.url),
        }
    }

    /// How it stands with the subscription of a source, for people who ask: the end of a sentence.
    pub fn told(&self, subscription: &Subscription, feed: Option<&str>, now: Timestamp) -> String {
        let Subscription { hub, until, trouble, failures, pushed, .. } = subscription;
        if !subscription.is_offered {
            return "it named a hub once, and no longer does".to_owned();
        }
        if let Some(why) = self.hindrance(feed, hub) {
            return format!("it names a hub ({hub}) and is not subscribed to there: {why}");
        }
        let came = pushed.map_or_else(String::new, |at| format!(", something came {}", relative(at, now)));
        let trouble = trouble.as_ref().map_or_else(String::new, |why| {
            format!("; asked {} without success: {why}", counted(usize::from((*failures).max(1)), "time"))
        });
        match until.filter(|until| *until > now) {
            Some(until) => {
                format!("the hub {hub} pushes it until {until}{came}, and it is looked at now and then only{trouble}")
            }
            None if subscription.asked.is_some() => {
                format!("the hub {hub} was asked to push it and has not confirmed that yet{trouble}")
            }
            None => format!("the hub {hub} does not push it yet, so that it is looked at as ever{trouble}"),
        }
    }
}
