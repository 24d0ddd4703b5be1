//! Linking: what a person begins in a browser, and what becomes of it.
//!
//! An attempt is begun towards one server and finished by the answer that the server sends through the person's browser. That answer is a
//! stranger's word until its state, its browser and its issuer have been checked; then the code is exchanged, what was granted is
//! compared with what was asked, and the account has to show itself. What is refused on the way is given back to the server.

use super::attempts::{Attempts, By, Full, Stands, Way};
use super::renew::Granted;
use super::{LinkError, Sessions, Terms, Trouble, avatar};
use crate::base64url;
use crate::config::Live;
use crate::failure::{Failure, Scope, Why};
use crate::id::{AccountId, PersonId, digest};
use crate::oauth::{ClientFrom, Door, IssParameter, OAuthClient, OUT_OF_BAND, Purpose, Us};
use crate::person::{Account, Audience, Identity, Pace, Person};
use crate::ports::{BoxFuture, Entered, Linked, Named, Recognised, StoreError};
use crate::redact;
use crate::secret::Secret;
use crate::store::Owned;
use crate::telemetry::requests;
use crate::wire::oauth::Started;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tracing::{info, warn};
use url::Url;

/// Where authorization servers send people back to, behind our base.
pub const CALLBACK: &str = "/link/callback";

/// As much of a server's words as a page shows.
const WORDS: usize = 200;
/// When a place among the attempts will be free.
const CROWDED: Duration = Duration::from_mins(10);

pub struct Linking {
    pub(super) sessions: Arc<Sessions>,
    pub(super) queues: Arc<dyn Queues>,
    base: String,
    pace: Live<Pace>,
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
#[allow(clippy::large_enum_variant)] // lives as long as one attempt, which is boxed
pub enum For {
    /// To find out who they are.
    SignIn,
    /// To link an account for this person, who is noted once it is linked.
    Link(Person),
    /// To link this account of theirs again, and no other.
    Relink(Person, Account),
}

impl For {
    /// What requests are made for on the way.
    fn errand(&self) -> requests::Purpose {
        match self {
            Self::SignIn => requests::Purpose::SignIn,
            Self::Link(_) | Self::Relink(..) => requests::Purpose::Link,
        }
    }
}

/// Where the answer is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirect {
    Callback,
    /// The server shows a code, which the person copies.
    OutOfBand,
}

/// Where the person has to go.
#[derive(Clone)]
pub struct Begun {
    pub url: String,
    /// The host they will see there.
    pub server: String,
    /// What a terminal asks with how things stand. In a browser nobody needs it.
    pub attempt: Secret,
}

/// The address holds the state.
impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What the server sent through the browser: the query of the callback.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub state: Option<Secret>,
    pub code: Option<Secret>,
    pub iss: Option<String>,
    pub error: Option<String>,
    pub error_description: Option<String>,
    /// What stood behind our callback in its address: which server was told to send people there.
    pub at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    SignedIn(Person),
    Linked(Account),
    /// For a terminal, which says the rest.
    Terminal(Account),
}

/// What is begun and not finished: keys and verifiers, alive only here.
pub(super) struct Attempt {
    network: String,
    door: Door,
    client: OAuthClient,
    redirect: String,
    started: Started,
    purpose: For,
    for_terminal: bool,
}

impl Attempt {
    /// What is linked becomes a way in. Whoever finds the address in a browser that its person has left gets none by it.
    fn is_for(&self, by: By<'_>) -> Result<(), LinkError> {
        match (&self.purpose, by) {
            (For::Link(owner) | For::Relink(owner, _), By::Browser { signed, .. })
                if !self.for_terminal && signed != Some(owner.id) =>
            {
                Err(LinkError::SignedOut)
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Linking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linking").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Linking {
    /// Where browsers see us, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `base` is where browsers see us, without a slash at the end; `pace` is what a newly linked account starts with.
    pub fn new(sessions: Arc<Sessions>, queues: Arc<dyn Queues>, base: impl Into<String>, pace: Pace) -> Self {
        Self { sessions, queues, base: base.into(), pace: Live::new(pace), attempts: Attempts::default() }
    }

    /// From here on a newly linked account starts with this.
    pub fn start_with(&self, pace: Pace) {
        self.pace.set(pace);
    }

    /// What we tell of ourselves to servers that send people back to our callback.
    pub fn us(&self) -> Us {
        self.us_at(Redirect::Callback)
    }

    /// The public part of the key that we sign with, as a set of keys; empty where we have none.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": self.sessions.public_key().into_iter().collect::<Vec<_>>() })
    }

    fn us_at(&self, redirect: Redirect) -> Us {
        let redirect = match redirect {
            Redirect::Callback => format!("{}{CALLBACK}", self.base),
            Redirect::OutOfBand => OUT_OF_BAND.to_owned(),
        };
        Us { base: self.base.clone(), redirect }
    }

    /// Finds the server of the account that was named, and where its person has to go. The binding of a browser that has begun something
    /// already should be the same again, so that either can be finished.
    pub async fn begin(
        &self,
        network: &str,
        named: &Named,
        purpose: For,
        way: Way,
        redirect: Redirect,
    ) -> Result<Begun, Trouble> {
        let errand = purpose.errand();
        requests::on(errand, network, Box::pin(self.set_out(network, named, purpose, way, redirect))).await
    }

    async fn set_out(
        &self,
        network: &str,
        named: &Named,
        purpose: For,
        way: Way,
        redirect: Redirect,
    ) -> Result<Begun, Trouble> {
        let (sessions, us) = (&self.sessions, self.us_at(redirect));
        let speaker = sessions.network(network)?;
        let asked = match purpose {
            For::SignIn => Purpose::SignIn,
            For::Link(_) | For::Relink(..) => Purpose::Link,
        };
        let door = speaker.discover(&*sessions.wire, named, asked, &us).await?;
        let us = Us { redirect: redirect_of(&us, &door), ..us };
        let client = sessions.client(&*speaker, &door, &us).await?;
        if !client.redirects.contains(&us.redirect) {
            let said = "this network cannot show a code to copy: open the address on a machine whose browser reaches this gigcast";
            return Err(Failure::Permanent(Why::new(said)).into());
        }
        let hint = door.hint.as_deref();
        let started =
            sessions.oauth.start(&*sessions.wire, &door.auth, &client, &us.redirect, &door.scopes, hint).await?;
        let begun = Begun { url: started.url.clone(), server: host(&started.url), attempt: started.state.clone() };
        let attempt = Attempt {
            network: network.to_owned(),
            door,
            client,
            redirect: us.redirect,
            started,
            purpose,
            for_terminal: matches!(way, Way::Terminal),
        };
        self.attempts.begin(&begun.attempt, &way, attempt, sessions.clock.monotonic()).map_err(|Full| {
            let why = Why::new("too many people are linking accounts at this moment");
            Failure::RateLimited { until: sessions.clock.now().plus(CROWDED), scope: Scope::Host, why }
        })?;
        Ok(begun)
    }

    /// Reads the answer that came back. `binding` is what the browser's cookie holds, `signed` whoever is signed in with it: an account
    /// is linked for nobody who has left meanwhile. What went wrong is logged by whoever tells the person.
    pub async fn finish(
        &self,
        answer: Answer,
        binding: Option<&Secret>,
        signed: Option<PersonId>,
    ) -> Result<Finished, LinkError> {
        self.finish_by(answer, By::Browser { binding, signed }).await
    }

    /// The code that a person copied into the terminal.
    pub async fn paste(&self, attempt: &Secret, code: &Secret) -> Result<Account, LinkError> {
        let answer = Answer { state: Some(attempt.clone()), code: Some(code.clone()), ..Answer::default() };
        match self.finish_by(answer, By::Terminal).await {
            Ok(Finished::Terminal(account) | Finished::Linked(account)) => Ok(account),
            Ok(Finished::SignedIn(_)) => Err(LinkError::UnknownState),
            Err(error) => {
                warn!(event = "link.refused", reason = error.reason(), "Nothing was linked: {}", error.words());
                Err(error)
            }
        }
    }

    /// How an attempt of a terminal stands. A terminal that stops asking has given it up.
    pub fn stands(&self, attempt: &Secret) -> Stands {
        self.attempts.stands(attempt, self.sessions.clock.monotonic())
    }

    async fn finish_by(&self, answer: Answer, by: By<'_>) -> Result<Finished, LinkError> {
        let now = || self.sessions.clock.monotonic();
        let state = answer.state.clone().ok_or(LinkError::NoState)?;
        let attempt = self.attempts.take(&state, by, now())?;
        let ended = match attempt.is_for(by).and_then(|()| self.answer_of(answer, &attempt, by)) {
            Ok(code) => {
                let exchange = Box::pin(self.exchange(&attempt, &code));
                requests::on(attempt.purpose.errand(), &attempt.network, exchange).await
            }
            Err(error) => Err(error),
        };
        if !attempt.for_terminal {
            return ended;
        }
        let linked = match &ended {
            Ok(Finished::Linked(account) | Finished::Terminal(account)) => Ok(account.clone()),
            Ok(Finished::SignedIn(_)) => Err(LinkError::UnknownState),
            Err(error) => Err(error.clone()),
        };
        self.attempts.settle(&state, linked, now());
        ended.map(|finished| match finished {
            Finished::Linked(account) => Finished::Terminal(account),
            other => other,
        })
    }

    async fn exchange(&self, attempt: &Attempt, code: &Secret) -> Result<Finished, LinkError> {
        let Attempt { network, door, client, redirect, started, .. } = attempt;
        let (sessions, wire) = (&self.sessions, &*self.sessions.wire);
        let tokens = sessions.oauth.exchange(wire, &door.auth, client, redirect, started, code).await;
        let tokens = tokens.map_err(|failure| match failure {
            Failure::Permanent(why) => LinkError::CodeRefused { said: why.to_string() },
            other => other.into(),
        })?;
        let granted = Granted::new(door, client, started, tokens, sessions.clock.now());
        let ended = match self.recognise(attempt, &granted).await {
            Ok(who) => match &attempt.purpose {
                For::SignIn => self.sign_in(network, who).await.map(Finished::SignedIn),
                For::Link(owner) | For::Relink(owner, _) => {
                    self.link(network, who, &granted, owner).await.map(Finished::Linked)
                }
            },
            Err(error) => Err(error),
        };
        match ended {
            // Kept; or perhaps, where the disk did not say: then the next start may find it, and it had better be good.
            Ok(Finished::Linked(_)) | Err(LinkError::Trouble(Trouble::Store(_))) => {}
            // Signing in wants to know who it is, and nothing more; and what is refused is not kept either.
            Ok(_) | Err(_) => {
                sessions.give_back(&granted.grant).await;
            }
        }
        ended
    }

    /// Whose grant it is, and that it is what was asked for.
    async fn recognise(&self, attempt: &Attempt, granted: &Granted) -> Result<Recognised, LinkError> {
        let Attempt { network, door, purpose, .. } = attempt;
        if !matches!(purpose, For::SignIn) {
            let missing: Vec<String> =
                door.scopes.iter().filter(|scope| !granted.scopes().contains(scope)).cloned().collect();
            if !missing.is_empty() {
                return Err(LinkError::ScopeMissing { missing });
            }
        }
        let speaker = self.sessions.network(network)?;
        let wire = self.sessions.wire_of(&door.server, &granted.grant)?;
        let who = presentable(speaker.recognise(&wire, door, granted.subject.as_deref()).await?);
        let other = match (&door.expects, purpose) {
            (Some(native), _) => *native != who.native,
            (None, For::Relink(_, account)) => AccountId::from_native(network, &who.server, &who.native) != account.id,
            (None, For::SignIn | For::Link(_)) => false,
        };
        if other { Err(LinkError::WrongAccount { handle: who.handle }) } else { Ok(who) }
    }

    /// The person who is known by this account, or who is from now on.
    async fn sign_in(&self, network: &str, who: Recognised) -> Result<Person, LinkError> {
        let (ledger, now) = (&self.sessions.ledger, self.sessions.clock.now());
        let account = AccountId::from_native(network, &who.server, &who.native);
        let name = if who.name.trim().is_empty() { &who.handle } else { &who.name };
        let newcomer = Person::freelancer(account, name, now);
        loop {
            if let Some(known) = ledger.identity(account).await?
                && let Some(person) = ledger.person(known.person).await?
            {
                info!(event = "sign_in.known", account.id = %account, network.id = network, "{} signed in as {}", person.name, who.handle);
                return Ok(person);
            }
            let identity = Identity {
                account,
                person: newcomer.id,
                network: network.to_owned(),
                server: who.server.clone(),
                native: who.native.clone(),
                handle: who.handle.clone(),
                url: who.url.clone(),
                since: now,
            };
            // Another browser may have been quicker: then they are known already.
            if ledger.know(&newcomer, &identity).await? == Owned::Theirs {
                info!(event = "sign_in.first", account.id = %account, network.id = network, "{} signed in for the first time", who.handle);
                return Ok(ledger.person(newcomer.id).await?.unwrap_or(newcomer));
            }
        }
    }

    async fn link(
        &self,
        network: &str,
        who: Recognised,
        granted: &Granted,
        owner: &Person,
    ) -> Result<Account, LinkError> {
        let avatar = who.avatar.clone();
        let linked = Linked { who, grant: granted.grant.clone() };
        let account = self.sessions.keep(network, linked, self.terms(owner)).await?;
        self.queues.linked(&account).await?;
        self.keep_avatar(&account, avatar).await;
        Ok(account)
    }

    /// Links by an access token or an app password, verified by a harmless call.
    pub async fn enter(&self, network: &str, entered: &Entered, owner: &Person) -> Result<Account, LinkError> {
        let speaker = self.sessions.network(network)?;
        let linked =
            requests::on(requests::Purpose::Link, network, speaker.link(&*self.sessions.wire, entered)).await?;
        let avatar = linked.who.avatar.clone();
        let account = self.sessions.keep(network, linked, self.terms(owner)).await?;
        self.queues.linked(&account).await?;
        requests::on(requests::Purpose::Link, network, self.keep_avatar(&account, avatar)).await;
        Ok(account)
    }

    async fn keep_avatar(&self, account: &Account, url: Option<String>) {
        if let Some(url) = url {
            avatar::keep(&self.sessions, account, &url).await;
        }
    }

    /// The code out of an answer that is worth believing. A code that a person copied names no server, and needs none: they saw it.
    fn answer_of(&self, answer: Answer, attempt: &Attempt, by: By<'_>) -> Result<Secret, LinkError> {
        let callback = self.us().redirect;
        let came_to = answer.at.as_ref().map_or_else(|| callback.clone(), |at| format!("{callback}/{at}"));
        let believed = match (&answer.iss, attempt.door.auth.iss, by) {
            (_, _, By::Terminal) => true,
            (Some(iss), _, _) if *iss != attempt.door.auth.issuer => false,
            (None, IssParameter::Always, _) => false,
            _ => came_to == attempt.redirect,
        };
        if !believed {
            return Err(LinkError::OtherServer);
        }
        match (answer.error, answer.code) {
            (Some(error), _) if error == "access_denied" => Err(LinkError::Denied),
            (Some(error), _) => Err(LinkError::Refused { said: words(&error, answer.error_description.as_deref()) }),
            (None, Some(code)) if !code.is_empty() => Ok(code),
            (None, _) => Err(LinkError::Refused { said: "it sent neither a code nor a reason".to_owned() }),
        }
    }

    fn terms(&self, owner: &Person) -> Terms {
        Terms { owner: owner.clone(), pace: Pace::clone(&self.pace), audience: Audience::default() }
    }
}

/// A server that does not name itself in its answers sends people back to an address that is its alone: no other is registered there, so
/// that one server's code cannot be brought to us as the answer of another (RFC 9700, section 4.4.2.2).
fn redirect_of(us: &Us, door: &Door) -> String {
    match (&door.client, door.auth.iss) {
        (ClientFrom::Registration, IssParameter::Perhaps) if us.redirect != OUT_OF_BAND => {
            let own = digest("callback of", &[door.auth.issuer.as_bytes()]);
            format!("{}/{}", us.redirect, base64url::encode(&own[..9]))
        }
        _ => us.redirect.clone(),
    }
}

/// What came in an address is anybody's words: one line, no credentials, and not much of it.
fn words(error: &str, description: Option<&str>) -> String {
    let said = match description {
        Some(description) => format!("{description} ({error})"),
        None => error.to_owned(),
    };
    redact::excerpt(said.as_bytes(), &[]).chars().take(WORDS).collect()
}

fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    match url.as_ref().and_then(Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// What a server says of an account is a stranger's text: from here on it stands in lines of the log and on pages.
fn presentable(who: Recognised) -> Recognised {
    Recognised { handle: redact::name(&who.handle), name: redact::name(&who.name), ..who }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_is_called_breaks_no_line_and_turns_nothing() {
        let (handle, name) = ("ana@social.example\u{202e}".to_owned(), "\u{2066}Ana\n\u{1b}[31m WARN".to_owned());
        let who = presentable(Recognised { handle, name, ..Recognised::default() });
        assert_eq!((who.handle.as_str(), who.name.as_str()), ("ana@social.example", "Ana [31m WARN"));
    }
    use crate::oauth::{AuthServer, Lifetimes, TokenKind};

    #[test]
    fn each_server_that_does_not_name_itself_has_an_address_of_its_own_to_send_people_to() {
        let us = Us { base: "https://gigs.example".into(), redirect: "https://gigs.example/link/callback".into() };
        let door = |issuer: &str, iss| Door {
            auth: AuthServer {
                issuer: issuer.into(),
                authorize: String::new(),
                token: String::new(),
                revoke: None,
                push: None,
                iss,
                tokens: TokenKind::Bearer,
                lifetimes: Lifetimes::default(),
                extra: Vec::new(),
            },
            client: ClientFrom::Registration,
            scopes: Vec::new(),
            server: issuer.into(),
            hint: None,
            expects: None,
        };
        let of = |us: &Us, issuer, iss| redirect_of(us, &door(issuer, iss));
        let [one, two] =
            ["https://a.example", "https://b.example"].map(|issuer| of(&us, issuer, IssParameter::Perhaps));
        assert!(one != two && one.starts_with("https://gigs.example/link/callback/"), "{one} {two}");
        assert_eq!(of(&us, "https://a.example", IssParameter::Always), us.redirect);
        let by_hand = Us { redirect: OUT_OF_BAND.into(), ..us };
        assert_eq!(of(&by_hand, "https://a.example", IssParameter::Perhaps), OUT_OF_BAND);
    }
}
