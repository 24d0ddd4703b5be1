//! Attempts: what someone has begun in a browser and not finished yet.
//!
//! In memory alone, since an attempt holds a verifier and perhaps a private key. It is found by its `state` (256 random bits, of which
//! only a hash is kept), counts once, and for ten minutes. What is left of one that is over holds no secret: it only lets us tell an old
//! answer from one that was never asked for.

use super::LinkError;
use super::linking::Attempt;
use crate::id::{PersonId, digest};
use crate::person::Account;
use crate::secret::Secret;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So long a person may take to say yes.
pub(super) const LIVES: Duration = Duration::from_mins(10);
/// So long an attempt is remembered in all.
const REMEMBERED: Duration = Duration::from_hours(1);
const MOST: usize = 10_000;
/// A terminal asks every second how things stand. One that has not asked for so long is gone, and what it began with it.
const TERMINAL_GONE: Duration = Duration::from_secs(30);

/// Whose attempt it is.
#[derive(Debug, Clone)]
pub enum Way {
    /// The browser's whose cookie holds `binding`: no other can finish it.
    Browser { binding: Secret },
    /// The terminal's that waits for it. Any browser may finish it, while the terminal waits.
    Terminal,
}

/// Who wants to finish an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// With what its cookie holds, and who is signed in with it.
    Browser {
        binding: Option<&'a Secret>,
        signed: Option<PersonId>,
    },
    Terminal,
}

/// How an attempt of a terminal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    Waiting,
    Linked(Box<Account>),
    Failed(LinkError),
}

/// Times are of the monotonic clock: no jump of the wall clock ends an attempt, or keeps one alive.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<[u8; 32], Kept>>);

struct Kept {
    begun: Duration,
    owner: Owner,
    phase: Phase,
}

enum Owner {
    Browser { binding: [u8; 32] },
    Terminal { asked: Duration },
}

enum Phase {
    Open(Box<Attempt>),
    Used,
    Linked(Box<Account>),
    Failed(LinkError),
}

/// Ten thousand people are in the middle of it.
#[derive(Debug)]
pub(super) struct Full;

impl Attempts {
    pub(super) fn begin(&self, state: &Secret, way: &Way, attempt: Attempt, now: Duration) -> Result<(), Full> {
        let mut kept = self.kept(now);
        if kept.len() >= MOST {
            kept.retain(|_, one| matches!(one.phase, Phase::Open(_)));
        }
        if kept.len() >= MOST {
            return Err(Full);
        }
        let owner = match way {
            Way::Browser { binding } => Owner::Browser { binding: hash("link binding", binding) },
            Way::Terminal => Owner::Terminal { asked: now },
        };
        kept.insert(hash("link state", state), Kept { begun: now, owner, phase: Phase::Open(Box::new(attempt)) });
        Ok(())
    }

    /// Hands an attempt out, once. Whoever may not finish it leaves it as it is.
    pub(super) fn take(&self, state: &Secret, by: By<'_>, now: Duration) -> Result<Box<Attempt>, LinkError> {
        let mut kept = self.kept(now);
        let one = kept.get_mut(&hash("link state", state)).ok_or(LinkError::UnknownState)?;
        match (&one.owner, by) {
            (Owner::Terminal { .. }, By::Terminal) => {}
            (Owner::Terminal { asked }, By::Browser { .. }) if now.saturating_sub(*asked) <= TERMINAL_GONE => {}
            (Owner::Terminal { .. }, By::Browser { .. }) => return Err(LinkError::NobodyWaits),
            (Owner::Browser { binding: own }, By::Browser { binding: Some(binding), .. })
                if hash("link binding", binding) == *own => {}
            (Owner::Browser { .. }, By::Browser { .. } | By::Terminal) => return Err(LinkError::OtherBrowser),
        }
        match std::mem::replace(&mut one.phase, Phase::Used) {
            Phase::Open(attempt) => Ok(attempt),
            over @ (Phase::Used | Phase::Linked(_) | Phase::Failed(_)) => {
                let expired = matches!(over, Phase::Failed(LinkError::Expired));
                one.phase = over;
                Err(if expired { LinkError::Expired } else { LinkError::Used })
            }
        }
    }

    /// Notes how an attempt ended, for the terminal that waits.
    pub(super) fn settle(&self, state: &Secret, ended: Result<Account, LinkError>, now: Duration) {
        if let Some(one) = self.kept(now).get_mut(&hash("link state", state)) {
            one.phase = match ended {
                Ok(account) => Phase::Linked(Box::new(account)),
                Err(error) => Phase::Failed(error),
            };
        }
    }

    /// Asked by the terminal, which thereby says that it is still there.
    pub(super) fn stands(&self, state: &Secret, now: Duration) -> Stands {
        let mut kept = self.kept(now);
        let one = kept.get_mut(&hash("link state", state));
        let Some(Kept { owner: Owner::Terminal { asked }, phase, .. }) = one else {
            return Stands::Failed(LinkError::UnknownState);
        };
        *asked = now;
        match phase {
            Phase::Open(_) | Phase::Used => Stands::Waiting,
            Phase::Linked(account) => Stands::Linked(account.clone()),
            Phase::Failed(error) => Stands::Failed(error.clone()),
        }
    }

    /// Without what is over: secrets of what is too old are wiped, and what is older still is forgotten.
    fn kept(&self, now: Duration) -> MutexGuard<'_, HashMap<[u8; 32], Kept>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| {
            let age = now.saturating_sub(one.begun);
            if age > LIVES && matches!(one.phase, Phase::Open(_)) {
                one.phase = Phase::Failed(LinkError::Expired);
            }
            age <= REMEMBERED
        });
        kept
    }
}

fn hash(label: &str, secret: &Secret) -> [u8; 32] {
    digest(label, &[secret.expose().as_bytes()])
}
