//! One trace per gig, from its sighting to its last receipt, sent to a collector where one is set up.
//!
//! Nothing waits for it. A span is put into a short queue when what it tells is durable; a loop of its own sends what queued, and what
//! finds the queue full is counted and gone. A collector that is down, slow or asks for patience costs spans, never a delivery.

pub mod facts;
pub mod otlp;
pub mod span;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::ports::{Auth, Request, Wire};
use span::{Attributes, Span};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tracing::{info, warn};

/// So many spans wait at most: those of a few hundred gigs, some hundred kilobytes.
pub const QUEUE: usize = 2048;
/// So many are sent together; so many are not kept waiting for more.
pub const BATCH: usize = 512;
/// So long a span waits for others to go with it.
pub const GATHERED: Duration = Duration::from_secs(5);
/// What a collector that does not take them is left alone for, to begin with and at most; what it asks for itself is kept in full.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// When gigcast ends, so long it tries to get rid of what still waits.
pub const PARTING: Duration = Duration::from_secs(2);

/// Where spans go.
pub struct Collector {
    /// Trusts this endpoint alone, and waits for it no longer than a few seconds.
    pub wire: Arc<dyn Wire>,
    pub clock: Arc<dyn Clock>,
    /// The whole address, `/v1/traces` included.
    pub endpoint: String,
    pub auth: Auth,
    /// Who speaks: `service.name` and its like.
    pub resource: Attributes,
}

/// What became of spans since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fates {
    pub sent: u64,
    /// The queue was full, or gigcast ended.
    pub dropped: u64,
    /// The collector will not have them.
    pub refused: u64,
}

/// Off, unless a collector is set up: then whatever is told is passed over, and costs nothing.
#[derive(Default)]
pub struct Traces {
    to: Option<Collector>,
    queue: Mutex<Queue>,
    /// One at a time, so that no batch is on its way twice.
    sending: tokio::sync::Mutex<()>,
    /// Rung when there are spans enough to send.
    pub bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Queue {
    /// With the moment each came in, by the clock that nobody can set.
    waiting: VecDeque<(Duration, Span)>,
    fates: Fates,
    /// How often in a row it was not taken, and until when the collector is left alone.
    failures: u32,
    not_before: Duration,
    /// Whether the log has been told that spans are lost, and that they are not taken; each once, until they are taken again.
    told_full: bool,
    told_ailing: bool,
}

enum Due {
    Now(Vec<Span>),
    In(Duration),
    Never,
}

/// What a collector made of a batch.
enum Taken {
    /// All but so many.
    But(u64),
    /// Again, not before this wait where it says so.
    Later(Option<Duration>, String),
    Never(String),
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Traces {
    pub fn to(collector: Collector) -> Self {
        Self { to: Some(collector), ..Self::default() }
    }

    pub fn is_on(&self) -> bool {
        self.to.is_some()
    }

    pub fn collector(&self) -> Option<&Collector> {
        self.to.as_ref()
    }

    /// Tells of something that has ended. Waits for nothing.
    pub fn tell(&self, span: impl FnOnce() -> Option<Span>) {
        let Some(to) = &self.to else { return };
        let Some(span) = span() else { return };
        let mut queue = self.queue();
        if queue.waiting.len() >= QUEUE {
            queue.fates.dropped += 1;
            if !queue.told_full {
                queue.told_full = true;
                warn!(
                    event = "traces.dropped",
                    spans = 1_u64,
                    "{QUEUE} spans wait for the collector already: what comes now is in no trace, and is counted"
                );
            }
            return;
        }
        queue.waiting.push_back((to.clock.monotonic(), span));
        let waiting = queue.waiting.len();
        drop(queue);
        if waiting == 1 || waiting == BATCH {
            self.bell.notify_one();
        }
    }

    pub fn fates(&self) -> Fates {
        self.queue().fates
    }

    pub fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// Sends what is due; answers after what time there is more to do.
    pub async fn step(&self) -> Option<Duration> {
        let to = self.to.as_ref()?;
        let _one_at_a_time = self.sending.lock().await;
        loop {
            let due = self.queue().due(to.clock.monotonic(), GATHERED);
            match due {
                Due::Now(batch) => self.send(to, &batch).await,
                Due::In(wait) => return Some(wait),
                Due::Never => return None,
            }
        }
    }

    /// At the end: sends what waits, as long as it is taken and no longer than [`PARTING`].
    pub async fn part(&self) {
        let Some(to) = &self.to else { return };
        let _ = tokio::time::timeout(PARTING, async {
            let _one_at_a_time = self.sending.lock().await;
            loop {
                let due = self.queue().due(to.clock.monotonic(), Duration::ZERO);
                let Due::Now(batch) = due else { return };
                self.send(to, &batch).await;
            }
        })
        .await;
        let mut queue = self.queue();
        let left = queue.waiting.len() as u64;
        if left > 0 {
            queue.waiting.clear();
            queue.fates.dropped += left;
            drop(queue);
            warn!(
                event = "traces.dropped",
                spans = left,
                "{left} spans were not taken before the end, and are in no trace"
            );
        }
    }

    /// They stand at the front of the queue until it is known what became of them.
    async fn send(&self, to: &Collector, batch: &[Span]) {
        let taken = to.take(batch).await;
        let count = batch.len() as u64;
        let mut queue = self.queue();
        match taken {
            Taken::But(rejected) => {
                queue.answered(batch.len());
                let rejected = rejected.min(count);
                queue.fates.sent += count - rejected;
                queue.fates.refused += rejected;
                queue.failures = 0;
                let dropped = queue.fates.dropped;
                if rejected == 0 && (queue.told_ailing || queue.told_full) {
                    (queue.told_ailing, queue.told_full) = (false, false);
                    info!(
                        event = "traces.resumed",
                        spans = dropped,
                        "The collector takes spans again; {dropped} were dropped since the start"
                    );
                } else if rejected > 0 && !queue.told_ailing {
                    queue.told_ailing = true;
                    warn!(event = "traces.failing", "The collector refused {rejected} of {count} spans");
                }
            }
            Taken::Later(asked, why) => {
                let wait =
                    asked.unwrap_or_else(|| PATIENCE.0.saturating_mul(1 << queue.failures.min(16)).min(PATIENCE.1));
                queue.failures += 1;
                queue.not_before = to.clock.monotonic() + wait;
                if !queue.told_ailing {
                    queue.told_ailing = true;
                    let seconds = wait.as_secs();
                    warn!(
                        event = "traces.failing",
                        "The collector takes no spans, and is asked again in {seconds} s: {why}"
                    );
                }
            }
            Taken::Never(why) => {
                queue.answered(batch.len());
                queue.fates.refused += count;
                if !queue.told_ailing {
                    queue.told_ailing = true;
                    warn!(event = "traces.failing", "The collector refused {count} spans: {why}");
                }
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// So many at its front need not wait any more. They are fewer where the end came before the answer.
    fn answered(&mut self, count: usize) {
        let count = count.min(self.waiting.len());
        self.waiting.drain(..count);
    }

    fn due(&self, now: Duration, gathered: Duration) -> Due {
        let Some((since, _)) = self.waiting.front() else { return Due::Never };
        let whole = self.waiting.len() >= BATCH;
        let from = if whole { *since } else { *since + gathered }.max(self.not_before);
        if from > now {
            return Due::In(from.saturating_sub(now));
        }
        Due::Now(self.waiting.iter().take(BATCH).map(|(_, span)| span.clone()).collect())
    }
}

impl Collector {
    fn request(&self, body: &serde_json::Value) -> Request {
        Request::post(&self.endpoint).auth(self.auth.clone()).json(body)
    }

    /// Asks whether it listens, and takes what we send: a request without spans.
    pub async fn asked(&self) -> Result<(), String> {
        match self.exchange(&otlp::empty()).await {
            Taken::But(_) => Ok(()),
            Taken::Later(_, why) | Taken::Never(why) => Err(why),
        }
    }

    async fn take(&self, batch: &[Span]) -> Taken {
        self.exchange(&otlp::request(&self.resource, batch)).await
    }

    async fn exchange(&self, body: &serde_json::Value) -> Taken {
        match self.wire.send(self.request(body)).await {
            Ok(answer) if answer.is_success() => Taken::But(otlp::rejected(&answer.body)),
            Ok(answer) => {
                let why = format!("it answered {}", answer.status);
                match answer.status {
                    429 | 502 | 503 | 504 => {
                        let asked = answer.retry_after.map(|until| until.since(self.clock.now()));
                        Taken::Later(asked, why)
                    }
                    _ => Taken::Never(why),
                }
            }
            // As often as it is sent, it is the same span: so an answer that was lost is no trouble.
            Err(Failure::Permanent(why)) => Taken::Never(why.to_string()),
            Err(failure) => Taken::Later(None, failure.why().to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
