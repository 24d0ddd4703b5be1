//! Sends notices: one round over all that is due, each way on its own.
//!
//! Notices are few and wait in the store; a webhook that is slow delays other notices and nothing else. What no way takes is
//! tried for about a day, then given up aloud: the page and the log have said it all along.

use super::Idle;
use crate::clock::Clock;
use crate::config::Live;
use crate::courier::{Courier, Way};
use crate::failure::Failure;
use crate::outbox::backoff::{Dice, Schedule};
use crate::ports::StoreError;
use crate::store::{Kept, Ledger, Unsent};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify as Bell;
use tracing::{debug, warn};

#[derive(Debug)]
pub struct Notify {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub courier: Live<Courier>,
    pub backoff: Schedule,
    pub bell: Arc<Bell>,
}

impl Notify {
    /// The waits between rounds.
    pub fn schedule() -> Schedule {
        Schedule::new([1, 10, 60, 240, 1_080].map(Duration::from_mins).to_vec())
    }

    pub async fn step(&self) -> Result<Idle, StoreError> {
        let mut next_due = None;
        for kept in self.ledger.unsent().await? {
            let due = match kept.unsent().due {
                due if due > self.clock.now() => Some(due),
                _ => self.round(kept).await?,
            };
            next_due = next_due.into_iter().chain(due).min();
        }
        Ok(Idle { next_due })
    }

    /// Tries every way that has not taken it yet; answers when the next round is.
    async fn round(&self, kept: Kept) -> Result<Option<crate::clock::Timestamp>, StoreError> {
        let Unsent { notice, mut taken, tries, .. } = kept.unsent().clone();
        let person = self.ledger.person(notice.person).await?;
        let (name, email) = person.map(|person| (person.name, person.email)).unwrap_or_default();
        let mut left = 0;
        for way in self.courier.ways(email.as_deref()) {
            if taken.contains(&way.name()) {
                continue;
            }
            match self.courier.take(&way, &notice, &name).await {
                Ok(()) => {
                    debug!(event = "notice.sent", person.id = %notice.person, "{name} was told by {} about {}", way.name(), notice.about.name());
                    taken.push(way.name());
                }
                Err(failure) => {
                    say(&way, notice.about.name(), &failure);
                    // Refused for good: another round would be refused as well.
                    if matches!(failure, Failure::Permanent(_)) {
                        taken.push(way.name());
                    } else {
                        left += 1;
                    }
                }
            }
        }
        let tries = tries + 1;
        let delay = self.backoff.delay(tries, Dice(0)).filter(|_| left > 0);
        if left > 0 && delay.is_none() {
            warn!(event = "notice.given_up", person.id = %notice.person, "A notice about {} is given up: no way took it in {tries} rounds", notice.about.name());
        }
        let due = delay.map(|delay| self.clock.now().plus(delay));
        let after = due.map(|due| Unsent { notice, taken, tries, due });
        self.ledger.note_sent(kept, after).await?;
        Ok(due)
    }
}

fn say(way: &Way, about: &str, failure: &Failure) {
    warn!(event = "notice.failed", "A notice about {about} did not go out by {}: {}", way.name(), failure.why());
}
