//! A made-up network with a server behind it that can be told how to fail, and remembers every post it ever took.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use gigcast::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use gigcast::failure::{Failure, Native, Scope, Why};
use gigcast::oauth::{ClientAuth, Door, OAuthClient, OUT_OF_BAND, Purpose, Us};
use gigcast::person::Grant;
use gigcast::ports::{Auth, Entered, Linked, Named, Network, Recognised, Request, Reshared as Came, Session, Wire};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::{
    Card, GrantShape, Idempotency, LinkCost, Listening, Profile, ReadBack, Support, TextLimit, Unit,
};
use gigcast::secret::Secret;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub const SERVER: &str = "https://fake.example";

/// What the server does with the next request that makes or changes a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Takes it; the answer is lost.
    LostAfter,
    /// Does not take it; no answer comes.
    LostBefore,
    /// Takes it so long after; no answer comes.
    Late(Duration),
    Busy,
    /// Its name leads nowhere.
    Nameless,
    Limited(Duration),
    /// The same, for everybody who comes to this host.
    HostLimited(Duration),
    Refused,
    Revoked,
}

#[derive(Debug, Clone)]
pub struct Stood {
    pub account: String,
    pub post: Post,
    pub key: String,
    pub id: String,
    pub from: Timestamp,
    pub deleted: bool,
    pub edits: u32,
    /// The id of the post it stands under.
    pub under: Option<String>,
}

/// A post of another account, shown on this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reshared {
    pub account: String,
    /// The id of the post.
    pub of: String,
    pub key: String,
    pub from: Timestamp,
}

#[derive(Debug, Default)]
struct Server {
    posts: Vec<Stood>,
    reshares: Vec<Reshared>,
    faults: VecDeque<Fault>,
    /// What befalls each request to a host, for as long as it stands here.
    weather: HashMap<String, Fault>,
    /// Writes and looks, in the order they came.
    calls: Vec<(&'static str, Timestamp, String)>,
    /// Answers nothing and takes nothing while it stands here.
    stalled: Option<String>,
    /// In which of its verbs the adapter itself panics next.
    panics: VecDeque<&'static str>,
    /// What was asked in the wrong order, a sentence each.
    amiss: Vec<String>,
    /// How renewals end, in turn.
    renewals: VecDeque<Result<(), Failure>>,
}

impl Server {
    /// What becomes of the next request to this host.
    fn befalls(&mut self, host: &str) -> Option<Fault> {
        self.faults.pop_front().or_else(|| self.weather.get(host).copied())
    }
}

#[derive(Debug)]
pub struct FakeNetwork {
    profile: Profile,
    clock: ManualClock,
    server: Mutex<Server>,
    /// Where its grants come from, when they come from a server.
    door: Mutex<Option<Door>>,
}

pub fn profile() -> Profile {
    Profile {
        id: "fake".into(),
        name: "Fake".into(),
        docs: "https://fake.example/limits".into(),
        checked: "2026-11-21".into(),
        text: TextLimit { max: 500, unit: Unit::Graphemes, link: LinkCost::Flat(23), max_bytes: None },
        card: Card::ByServer,
        edit: Support::Yes,
        delete: Support::Yes,
        reply: Support::Yes,
        reshare: Support::Yes,
        idempotency: Idempotency::None,
        read_back: ReadBack::ByRecentPosts,
        engagement: Listening { kinds: Vec::new().into(), push: Support::No },
        quotas: Vec::new().into(),
        grant: GrantShape::Token,
        price: None,
    }
}

impl FakeNetwork {
    pub fn new(profile: Profile, clock: ManualClock) -> Self {
        Self { profile, clock, server: Mutex::default(), door: Mutex::default() }
    }

    /// Links through this door, and its server then looks at the token of each new post.
    pub fn behind(&self, door: Door) {
        *self.door.lock().unwrap_or_else(PoisonError::into_inner) = Some(door);
    }

    fn door(&self) -> Option<Door> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(wire: &dyn Wire, request: Request) -> Result<serde_json::Value, Failure> {
        let answer = wire.send(request).await?;
        match answer.status {
            200 => Ok(serde_json::from_slice(&answer.body).unwrap()),
            401 => Err(Failure::RelinkNeeded(Why::new("the token is not good"))),
            status => Err(Failure::Permanent(Why::new(format!("the server answered {status}")))),
        }
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.server().faults.extend(faults);
    }

    /// From now on this befalls each request to this host that makes or changes a post, or nothing does.
    pub fn weather(&self, host: &str, fault: Option<Fault>) {
        let weather = &mut self.server().weather;
        match fault {
            Some(fault) => drop(weather.insert(host.to_owned(), fault)),
            None => drop(weather.remove(host)),
        }
    }

    /// The adapter panics when it next comes to this verb: `choose_id` before anything leaves, `create` after the post was taken.
    pub fn panic_next(&self, verb: &'static str) {
        self.server().panics.push_back(verb);
    }

    fn may_panic(&self, verb: &str) {
        let panics = self.server().panics.front() == Some(&verb);
        if panics {
            self.server().panics.pop_front();
            panic!("the adapter stumbles over {verb}");
        }
    }

    /// Requests to this server that make or change a post hang until it is released.
    pub fn stall(&self, server: &str) {
        self.server().stalled = Some(server.to_owned());
    }

    pub fn release(&self) {
        self.server().stalled = None;
    }

    async fn hang(&self, server: &str) {
        while self.server().stalled.as_deref() == Some(server) {
            tokio::task::yield_now().await;
        }
    }

    pub fn fail_next_renewal(&self, failure: Failure) {
        self.server().renewals.push_back(Err(failure));
    }

    pub fn grant_next_renewal(&self) {
        self.server().renewals.push_back(Ok(()));
    }

    /// All that stands or stood, the deleted included.
    pub fn posts(&self) -> Vec<Stood> {
        let now = self.clock.now();
        self.server().posts.iter().filter(|post| post.from <= now).cloned().collect()
    }

    pub fn posts_of(&self, account: &str) -> Vec<Stood> {
        self.posts().into_iter().filter(|post| post.account == account).collect()
    }

    /// What stands now: each post as a reader sees it, in the order they were made.
    pub fn standing(&self, account: &str) -> Vec<Stood> {
        self.posts_of(account).into_iter().filter(|post| !post.deleted).collect()
    }

    /// What this account shows of others, in the order in which it came to.
    pub fn reshares_of(&self, account: &str) -> Vec<Reshared> {
        let now = self.clock.now();
        let server = self.server();
        server.reshares.iter().filter(|one| one.account == account && one.from <= now).cloned().collect()
    }

    /// Somebody takes a post away on the network itself.
    pub fn vanish(&self, id: &str) {
        for stood in self.server().posts.iter_mut().filter(|stood| stood.id == id) {
            stood.deleted = true;
        }
    }

    /// Somebody reshares a post by hand, in their app.
    pub fn reshare_by_hand(&self, account: &str, of: &str) {
        let from = self.clock.now();
        let (account, of, key) = (account.to_owned(), of.to_owned(), "by hand".to_owned());
        self.server().reshares.push(Reshared { account, of, key, from });
    }

    fn is_same(&self, one: &Reshared, account: &str, of: &str, key: &str) -> bool {
        // Where we choose the key, a reshare is a record of its own under it; elsewhere there is one of each post.
        one.account == account && if self.chooses_keys() { one.key == key } else { one.of == of }
    }

    fn chooses_keys(&self) -> bool {
        self.profile.idempotency == Idempotency::ClientChosenId
    }

    /// By what a reshare is found again.
    fn reshared(&self, of: &Receipt, key: &str, at: Timestamp) -> Receipt {
        let id = if self.chooses_keys() { key.to_owned() } else { of.id.clone() };
        Receipt { id, at, ..of.clone() }
    }

    /// What was asked in the wrong order: empty when nothing was taken away before it stood, or from above what stands under it.
    pub fn amiss(&self) -> Vec<String> {
        self.server().amiss.clone()
    }

    pub fn calls(&self) -> Vec<(&'static str, Timestamp, String)> {
        self.server().calls.clone()
    }

    fn receipt(stood: &Stood) -> Receipt {
        let url = format!("{SERVER}/{}", stood.id);
        Receipt { id: stood.id.clone(), uri: url.clone(), url: Some(url), version: None, at: stood.from }
    }

    fn knows_repeats(&self) -> bool {
        !matches!(self.profile.idempotency, Idempotency::None)
    }

    /// Takes a post, or a reply to one.
    async fn publish(
        &self,
        verb: &'static str,
        s: Session<'_>,
        post: &Post,
        stamp: &Stamp,
        to: Option<&Receipt>,
    ) -> Result<Receipt, Failure> {
        let now = self.clock.now();
        self.server().calls.push((verb, now, s.account.native.clone()));
        self.hang(&s.account.server).await;
        if self.door().is_some() {
            Self::ask(s.wire, Request::get(format!("{SERVER}/me")).auth(Auth::Session)).await?;
        }
        let mut server = self.server();
        let fault = server.befalls(&s.account.server);
        if to.is_some_and(|to| !server.posts.iter().any(|stood| stood.id == to.id && !stood.deleted)) {
            return Err(Failure::Permanent(Why::new("there is nothing to reply to")));
        }
        if let Some(failure) = fault.and_then(|fault| Self::refuse(fault, now)) {
            return Err(failure);
        }
        let key = stamp.key.as_str().to_owned();
        let knows = self.knows_repeats();
        let known = server.posts.iter_mut().find(|p| knows && p.account == s.account.native && p.key == key);
        let stood = if let Some(known) = known {
            // A repeat that overtakes its first try makes the post; what comes late is known then.
            known.from = known.from.min(now);
            known.clone()
        } else {
            let from = if let Some(Fault::Late(by)) = fault { now.plus(by) } else { now };
            let id = format!("p{}", server.posts.len() + 1);
            let (account, under) = (s.account.native.clone(), to.map(|to| to.id.clone()));
            let stood = Stood { account, post: post.clone(), key, id, from, deleted: false, edits: 0, under };
            server.posts.push(stood.clone());
            stood
        };
        drop(server);
        self.may_panic(verb);
        match fault {
            None => Ok(Self::receipt(&stood)),
            Some(_) => Err(Failure::Unknown(Why::new("the answer was lost"))),
        }
    }

    fn refuse(fault: Fault, now: Timestamp) -> Option<Failure> {
        Some(match fault {
            Fault::LostBefore => Failure::Unknown(Why::new("no answer came")),
            Fault::Busy => Failure::Transient(Why::new("the host refused the connection")),
            Fault::Nameless => Failure::Transient(Why::new("the name of the host could not be resolved")),
            Fault::Limited(by) | Fault::HostLimited(by) => {
                let scope = if matches!(fault, Fault::Limited(_)) { Scope::Account } else { Scope::Host };
                Failure::RateLimited { until: now.plus(by), scope, why: Why::new("too many requests") }
            }
            Fault::Refused => Failure::Permanent(Why::new("the text breaks a rule")),
            Fault::Revoked => Failure::RelinkNeeded(Why::new("the token was refused").with_native(Native::new(
                401,
                None,
                "The access token was revoked",
            ))),
            Fault::LostAfter | Fault::Late(_) => return None,
        })
    }
}

impl Network for FakeNetwork {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn learn<'a>(&'a self, _: &'a dyn Wire, _: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async { Ok(self.profile.clone()) })
    }

    fn link<'a>(&'a self, _: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(async move {
            Ok(Linked {
                who: Recognised {
                    server: entered.server.clone(),
                    native: entered.identifier.clone(),
                    handle: format!("@{}@fake.example", entered.identifier),
                    url: format!("{SERVER}/@{}", entered.identifier),
                    ..Recognised::default()
                },
                grant: Grant {
                    access: entered.secret.clone(),
                    refresh: Some(entered.secret.clone()),
                    password: Some(entered.secret.clone()),
                    expires: None,
                    authorized: None,
                },
            })
        })
    }

    fn discover<'a>(
        &'a self,
        _: &'a dyn Wire,
        named: &'a Named,
        purpose: Purpose,
        _: &'a Us,
    ) -> BoxFuture<'a, Result<Door, Failure>> {
        Box::pin(async move {
            let mut door = self.door().ok_or_else(|| Failure::Permanent(Why::new("there is no door")))?;
            door.expects = Some(named.identifier.clone()).filter(|name| !name.is_empty());
            if purpose == Purpose::SignIn {
                door.scopes.truncate(1);
            }
            Ok(door)
        })
    }

    fn register<'a>(
        &'a self,
        wire: &'a dyn Wire,
        door: &'a Door,
        us: &'a Us,
    ) -> BoxFuture<'a, Result<OAuthClient, Failure>> {
        Box::pin(async move {
            let said = Self::ask(wire, Request::post(format!("{}/register", door.auth.issuer))).await?;
            let id = said["client_id"].as_str().unwrap().to_owned();
            Ok(OAuthClient {
                id,
                auth: ClientAuth::Post(Secret::new("client secret")),
                redirects: vec![us.redirect.clone(), OUT_OF_BAND.into()],
            })
        })
    }

    fn recognise<'a>(
        &'a self,
        wire: &'a dyn Wire,
        door: &'a Door,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Recognised, Failure>> {
        Box::pin(async move {
            let said = Self::ask(wire, Request::get(format!("{}/me", door.server)).auth(Auth::Session)).await?;
            let id = said["id"].as_str().unwrap();
            Ok(Recognised {
                server: door.server.clone(),
                native: id.into(),
                handle: format!("@{id}@fake.example"),
                url: format!("{SERVER}/@{id}"),
                name: String::new(),
                avatar: said["avatar"].as_str().map(str::to_owned),
            })
        })
    }

    fn refresh<'a>(&'a self, _: &'a dyn Wire, _: &'a str, grant: &'a Grant) -> BoxFuture<'a, Result<Grant, Failure>> {
        let ended = self.server().renewals.pop_front();
        let nothing = || Err(Failure::RelinkNeeded(Why::new("there is nothing to renew it with")));
        let ended = ended.unwrap_or_else(nothing).map(|()| grant.clone());
        Box::pin(async { ended })
    }

    fn choose_id(&self, stamp: &Stamp) -> Option<String> {
        self.may_panic("choose_id");
        (self.profile.idempotency == Idempotency::ClientChosenId).then(|| stamp.key.as_str().to_owned())
    }

    fn create<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(self.publish("create", s, post, stamp, None))
    }

    fn reply<'a>(
        &'a self,
        s: Session<'a>,
        to: &'a Receipt,
        post: &'a Post,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(self.publish("reply", s, post, stamp, Some(to)))
    }

    fn edit<'a>(
        &'a self,
        s: Session<'a>,
        at: &'a Receipt,
        post: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async move {
            let now = self.clock.now();
            self.server().calls.push(("edit", now, s.account.native.clone()));
            self.hang(&s.account.server).await;
            let mut server = self.server();
            let fault = server.befalls(&s.account.server);
            if let Some(failure) = fault.and_then(|fault| Self::refuse(fault, now)) {
                return Err(failure);
            }
            let Some(stood) = server.posts.iter_mut().find(|stood| stood.id == at.id && !stood.deleted) else {
                return Err(Failure::Permanent(Why::new("there is no such post")));
            };
            stood.post = post.clone();
            stood.edits += 1;
            match fault {
                None => Ok(Self::receipt(stood)),
                Some(_) => Err(Failure::Unknown(Why::new("the answer was lost"))),
            }
        })
    }

    fn delete<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let now = self.clock.now();
            self.server().calls.push(("delete", now, s.account.native.clone()));
            self.hang(&s.account.server).await;
            let mut server = self.server();
            let fault = server.befalls(&s.account.server);
            if let Some(failure) = fault.and_then(|fault| Self::refuse(fault, now)) {
                return Err(failure);
            }
            if !server.posts.iter().any(|stood| stood.id == at.id && stood.from <= now) {
                server.amiss.push(format!("{} is taken away before it stands", at.id));
            }
            let under = |stood: &&Stood| stood.under.as_deref() == Some(at.id.as_str()) && !stood.deleted;
            if let Some(left) = server.posts.iter().find(under).map(|left| left.id.clone()) {
                server.amiss.push(format!("{} is taken away from above {left}", at.id));
            }
            if let Some(stood) = server.posts.iter_mut().find(|stood| stood.id == at.id) {
                stood.deleted = true;
            }
            match fault {
                None => Ok(()),
                Some(_) => Err(Failure::Unknown(Why::new("the answer was lost"))),
            }
        })
    }

    fn reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Came, Failure>> {
        Box::pin(async move {
            let (now, account, key) = (self.clock.now(), &s.account.native, stamp.key.as_str());
            self.server().calls.push(("reshare", now, account.clone()));
            self.hang(&s.account.server).await;
            let mut server = self.server();
            let fault = server.befalls(&s.account.server);
            if let Some(failure) = fault.and_then(|fault| Self::refuse(fault, now)) {
                return Err(failure);
            }
            if !server.posts.iter().any(|stood| stood.id == of.id && !stood.deleted) {
                return Err(Failure::Permanent(Why::new("there is no such post")));
            }
            // One that a lost request of ours made is not found standing: it is looked for before another leaves.
            if server.reshares.iter().any(|one| self.is_same(one, account, &of.id, key)) {
                let is_ours = self.chooses_keys();
                let receipt = self.reshared(of, key, now);
                return Ok(if is_ours { Came::Now(receipt) } else { Came::Already(receipt) });
            }
            let from = if let Some(Fault::Late(by)) = fault { now.plus(by) } else { now };
            let (account, id) = (account.clone(), of.id.clone());
            server.reshares.push(Reshared { account, of: id, key: key.to_owned(), from });
            match fault {
                None => Ok(Came::Now(self.reshared(of, key, now))),
                Some(_) => Err(Failure::Unknown(Why::new("the answer was lost"))),
            }
        })
    }

    fn unreshare<'a>(&'a self, s: Session<'a>, at: &'a Receipt) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let (now, account) = (self.clock.now(), &s.account.native);
            self.server().calls.push(("unreshare", now, account.clone()));
            self.hang(&s.account.server).await;
            let mut server = self.server();
            let fault = server.befalls(&s.account.server);
            if let Some(failure) = fault.and_then(|fault| Self::refuse(fault, now)) {
                return Err(failure);
            }
            let (of, key) = if self.chooses_keys() { ("", at.id.as_str()) } else { (at.id.as_str(), "") };
            server.reshares.retain(|one| !self.is_same(one, account, of, key));
            match fault {
                None => Ok(()),
                Some(_) => Err(Failure::Unknown(Why::new("the answer was lost"))),
            }
        })
    }

    fn find_reshare<'a>(
        &'a self,
        s: Session<'a>,
        of: &'a Receipt,
        stamp: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(async move {
            let (now, account) = (self.clock.now(), &s.account.native);
            let mut server = self.server();
            server.calls.push(("find reshare", now, account.clone()));
            let there = |one: &Reshared| one.from <= now && self.is_same(one, account, &of.id, stamp.key.as_str());
            Ok(server.reshares.iter().any(there).then(|| self.reshared(of, stamp.key.as_str(), of.at)))
        })
    }

    fn find<'a>(
        &'a self,
        s: Session<'a>,
        post: &'a Post,
        _: &'a Stamp,
    ) -> BoxFuture<'a, Result<Option<Receipt>, Failure>> {
        Box::pin(async move {
            let now = self.clock.now();
            self.server().calls.push(("find", now, s.account.native.clone()));
            self.may_panic("find");
            Ok(self
                .server()
                .posts
                .iter()
                .filter(|stood| stood.account == s.account.native && stood.from <= now && !stood.deleted)
                .find(|stood| stood.post.code == post.code)
                .map(Self::receipt))
        })
    }
}

/// A secret to link with.
pub fn entered(name: &str) -> Entered {
    Entered { server: SERVER.into(), identifier: name.into(), secret: Secret::new(format!("token of {name}")) }
}
