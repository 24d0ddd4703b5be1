//! Linking: what a person begins in a browser, and what becomes of it.
//!
//! An attempt is begun towards one server and finished by the answer that the server sends through the person's browser. That answer is a
//! stranger's word until its state, its browser and its issuer have been checked; then the code is exchanged, what was granted is
//! compared with what was asked, and the account has to show itself. What is refused on the way is given back to the server.

use super::attempts::{Attempts, By, Stands, Way};
use super::{LinkError, Sessions, Terms, Trouble};
use crate::failure::{Failure, Why};
use crate::oauth::{OUT_OF_BAND, Us};
use crate::person::{Account, Audience, Pace, Person};
use crate::ports::{BoxFuture, Entered, Named, StoreError};
use crate::secret::Secret;
use std::fmt;
use std::sync::Arc;

/// Where authorization servers send people back to, behind our base.
pub const CALLBACK: &str = "/link/callback";

pub struct Linking {
    pub(super) sessions: Arc<Sessions>,
    pub(super) queues: Arc<dyn Queues>,
    base: String,
    pace: Pace,
    attempts: Attempts,
}

/// What linking and unlinking mean for the deliveries of an account: the daemon's business.
pub trait Queues: Send + Sync + fmt::Debug {
    /// What was held for the grant goes on.
    fn linked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>>;
    /// What waits is dropped with a reason; answers how many. What may be out stays on record as it is.
    fn unlinked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<usize, StoreError>>;
}

/// What the browser is there for.
#[derive(Debug, Clone)]
pub enum For {
    /// To find out who they are.
    SignIn,
    /// To link an account for this person, who is noted once it is linked.
    Link(Person),
}

/// Where the answer is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect {
    Callback,
    /// The server shows a code, which the person copies.
    OutOfBand,
}

/// Where the person has to go.
#[derive(Debug, Clone)]
pub struct Begun {
    pub url: String,
    /// The host they will see there.
    pub server: String,
    /// What a terminal asks with how things stand. In a browser nobody needs it.
    pub attempt: Secret,
}

/// What the server sent through the browser: the query of the callback.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub state: Option<Secret>,
    pub code: Option<Secret>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    SignedIn(Person),
    Linked(Account),
    /// For a terminal, which says the rest.
    Terminal(Account),
}

/// What became of an account that was unlinked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlinked {
    /// Whether the network said that the grant is void. A grant entered by hand is the person's to revoke.
    pub revoked: bool,
    /// Deliveries that waited and were dropped.
    pub dropped: usize,
    /// All of it in a sentence or two.
    pub said: String,
}

/// What is begun and not finished: keys and verifiers, alive only here.
#[derive(Debug)]
pub(super) struct Attempt {}

impl fmt::Debug for Linking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linking").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Linking {
    /// `base` is where browsers see us, without a slash at the end; `pace` is what a newly linked account starts with.
    pub fn new(sessions: Arc<Sessions>, queues: Arc<dyn Queues>, base: impl Into<String>, pace: Pace) -> Self {
        Self { sessions, queues, base: base.into(), pace, attempts: Attempts::default() }
    }

    /// Finds the server of the account that was named, and where its person has to go.
    pub async fn begin(
        &self,
        network: &str,
        _named: &Named,
        _purpose: For,
        _way: Way,
        redirect: Redirect,
    ) -> Result<Begun, Trouble> {
        let _us = self.us(redirect);
        self.sessions.network(network)?;
        Err(Failure::Permanent(Why::new("linking in a browser comes with the OAuth client")).into())
    }

    /// Reads the answer that came back. `binding` is what the browser's cookie holds.
    pub async fn finish(&self, answer: Answer, binding: Option<&Secret>) -> Result<Finished, LinkError> {
        let state = answer.state.ok_or(LinkError::NoState)?;
        let _attempt = self.attempts.take(&state, By::Browser(binding), self.sessions.clock.monotonic())?;
        Err(LinkError::UnknownState)
    }

    /// The code that a person copied into the terminal.
    pub async fn paste(&self, attempt: &Secret, _code: &Secret) -> Result<Account, LinkError> {
        let _attempt = self.attempts.take(attempt, By::Terminal, self.sessions.clock.monotonic())?;
        Err(LinkError::UnknownState)
    }

    /// How an attempt of a terminal stands. A terminal that stops asking has given it up.
    pub fn stands(&self, attempt: &Secret) -> Stands {
        self.attempts.stands(attempt, self.sessions.clock.monotonic())
    }

    /// Links by an access token or an app password, verified by a harmless call.
    pub async fn enter(&self, network: &str, entered: &Entered, owner: &Person) -> Result<Account, LinkError> {
        let account = self.sessions.link(network, entered, self.terms(owner)).await?;
        self.queues.linked(&account).await?;
        Ok(account)
    }

    fn terms(&self, owner: &Person) -> Terms {
        Terms { owner: owner.clone(), pace: self.pace.clone(), audience: Audience::default() }
    }

    fn us(&self, redirect: Redirect) -> Us {
        let redirect = match redirect {
            Redirect::Callback => format!("{}{CALLBACK}", self.base),
            Redirect::OutOfBand => OUT_OF_BAND.to_owned(),
        };
        Us { base: self.base.clone(), redirect }
    }

    /// Takes the account away from its person: revoked at the network as well, and what waits is dropped.
    pub async fn unlink(&self, account: &Account) -> Result<Unlinked, Trouble> {
        self.sessions.ledger.unlink(account.id, self.sessions.clock.now()).await?;
        let dropped = self.queues.unlinked(account).await?;
        Ok(Unlinked { revoked: false, dropped, said: format!("{} is unlinked.", account.handle) })
    }
}
