//! A town: a network whose people reshare and reply as a test tells them to. Its lists come in pages of two.
//!
//! Nothing leaves the process. Every request is noted with its server and time, so that a test can count them.
#![allow(clippy::unwrap_used)] // a test that cannot go on should stop

use bytes::Bytes;
use gigcast::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use gigcast::failure::{Failure, Scope, Why};
use gigcast::id::ActorId;
use gigcast::person::{Actor, Grant, Indexing};
use gigcast::ports::{
    Allowance, Counts, Entered, Linked, Mention, Network, Page, Recognised, Request, Response, Seen, Session, Wire,
    Words,
};
use gigcast::post::{Post, Receipt, Stamp};
use gigcast::profile::{
    Card, EngagementKind, GrantShape, Heard, Idempotency, Identity, LinkCost, Listening, Profile, ReadBack, Support,
    TextLimit, Unit,
};
use gigcast::secret::Secret;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

pub const PAGE: usize = 2;

/// A handle on the same town, shared by all who speak with it.
#[derive(Debug, Clone)]
pub struct Town {
    profile: Arc<Profile>,
    clock: ManualClock,
    pub life: Arc<Mutex<Life>>,
    /// Lets those go on who wait at a stuck server.
    pub unstuck: Arc<Notify>,
}

#[derive(Debug, Default)]
pub struct Life {
    pub reshares: Vec<String>,
    pub replies: Vec<Reply>,
    pub likes: u32,
    /// Where replies are to be read since their authors have another name; nothing while that is their own address.
    pub moved_to: Option<String>,
    /// Who calls themselves otherwise than their address does, and how.
    pub called: BTreeMap<String, String>,
    /// Who asks not to be indexed.
    pub shy: BTreeSet<String>,
    /// What the next requests for this (as noted) fail with.
    pub trouble: Option<(String, Failure)>,
    /// The request for this (as noted) over which the adapter itself panics, once.
    pub stumble: Option<String>,
    /// Servers that do not answer.
    pub stuck: BTreeSet<String>,
    /// How many requests such servers have taken.
    pub waiting: u32,
    /// What its server says of its limits in each answer, so many requests being left when it comes.
    pub states: Option<(VecDeque<u32>, Timestamp)>,
    pub refreshes: u32,
    pub requests: Vec<(Timestamp, String, String)>,
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub by: String,
    pub n: u32,
    pub text: String,
}

impl Town {
    pub fn new(clock: ManualClock) -> Self {
        let heard = |kind, by| Heard { kind, by };
        let profile = Profile {
            id: "town".into(),
            name: "Town".into(),
            docs: "https://town.example/limits".into(),
            checked: "2026-11-21".into(),
            text: TextLimit { max: 500, unit: Unit::Graphemes, link: LinkCost::Flat(23), max_bytes: None },
            card: Card::ByServer,
            edit: Support::No,
            delete: Support::No,
            reply: Support::No,
            reshare: Support::No,
            idempotency: Idempotency::ClientChosenId,
            read_back: ReadBack::ByKey,
            engagement: Listening {
                kinds: vec![
                    heard(EngagementKind::Reshare, Identity::Named),
                    heard(EngagementKind::Reply, Identity::Named),
                    heard(EngagementKind::Like, Identity::Counted),
                ]
                .into(),
                push: Support::No,
            },
            quotas: Vec::new().into(),
            grant: GrantShape::Token,
            price: None,
        };
        Self { profile: Arc::new(profile), clock, life: Arc::default(), unstuck: Arc::default() }
    }

    pub fn life(&self) -> MutexGuard<'_, Life> {
        self.life.lock().unwrap()
    }

    pub fn reshared_by(&self, names: &[&str]) {
        self.life().reshares = names.iter().map(ToString::to_string).collect();
    }

    /// The `n`th reply of someone; names in it are written `@name@town`.
    pub fn reply(&self, by: &str, n: u32, text: &str) {
        self.life().replies.push(Reply { by: by.into(), n, text: text.into() });
    }

    /// What was asked since the last time, as in `counts`, `reshare 2`.
    pub fn asked(&self) -> Vec<String> {
        self.life().requests.drain(..).map(|(_, _, what)| what).collect()
    }

    fn note(&self, server: &str, what: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let mut life = self.life();
        life.requests.push((at, server.to_owned(), what.to_owned()));
        if life.stumble.take_if(|over| over == what).is_some() {
            drop(life);
            panic!("the adapter stumbles over {what}");
        }
        match &life.trouble {
            Some((of, failure)) if of == what => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// A request that really leaves, where the server states its limits: what it says stands in the answer's headers.
    async fn hear(&self, s: Session<'_>) -> Result<(), Failure> {
        if self.life().states.is_some() {
            s.wire.send(Request::get(format!("{}/limits", s.account.server))).await?;
        }
        Ok(())
    }

    fn actor(&self, name: &str) -> Actor {
        let life = self.life();
        let known = actor(name, if life.shy.contains(name) { Indexing::Refused } else { Indexing::Allowed });
        match life.called.get(name) {
            Some(called) => Actor { name: called.clone(), handle: format!("{called}@town"), ..known },
            None => known,
        }
    }

    fn seen(&self, reply: &Reply) -> Seen {
        let mentions = reply.text.split_whitespace().filter_map(|word| {
            let name = word.strip_prefix('@')?.split('@').next()?;
            Some(Mention { written: format!("@{name}@town"), actor: self.actor(name) })
        });
        let mentions = mentions.collect();
        let uri = evidence(&reply.by, reply.n);
        let url = self.life().moved_to.as_ref().map(|place| format!("{place}/{}", reply.n));
        let words = Words { uri, url, text: reply.text.clone(), mentions };
        Seen { actor: self.actor(&reply.by), at: None, words: Some(words) }
    }
}

pub fn actor(name: &str, indexing: Indexing) -> Actor {
    let uri = format!("https://town.example/@{name}");
    Actor {
        id: ActorId::from_uri("town", &uri),
        network: "town".into(),
        url: Some(uri.clone()),
        uri,
        handle: format!("{name}@town"),
        name: name.to_owned(),
        indexing,
    }
}

/// Where a reply stands.
pub fn evidence(by: &str, n: u32) -> String {
    format!("https://town.example/@{by}/{n}")
}

impl Network for Town {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn learn<'a>(&'a self, _: &'a dyn Wire, _: &'a str) -> BoxFuture<'a, Result<Profile, Failure>> {
        Box::pin(async { Ok((*self.profile).clone()) })
    }

    fn link<'a>(&'a self, _: &'a dyn Wire, entered: &'a Entered) -> BoxFuture<'a, Result<Linked, Failure>> {
        Box::pin(async {
            let who = Recognised {
                server: entered.server.clone(),
                native: entered.identifier.clone(),
                handle: entered.identifier.clone(),
                url: entered.server.clone(),
                ..Recognised::default()
            };
            Ok(Linked { who, grant: Grant::entered(entered.secret.clone()) })
        })
    }

    fn refresh<'a>(&'a self, _: &'a dyn Wire, _: &'a str, grant: &'a Grant) -> BoxFuture<'a, Result<Grant, Failure>> {
        Box::pin(async {
            self.life().refreshes += 1;
            Ok(Grant { access: Secret::new("renewed"), ..grant.clone() })
        })
    }

    fn create<'a>(&'a self, _: Session<'a>, _: &'a Post, _: &'a Stamp) -> BoxFuture<'a, Result<Receipt, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("nobody posts here"))) })
    }

    fn counts<'a>(&'a self, s: Session<'a>, _: &'a Receipt) -> BoxFuture<'a, Result<Counts, Failure>> {
        Box::pin(async move {
            let server = s.account.server.as_str();
            if self.life().stuck.contains(server) {
                self.life().waiting += 1;
            }
            while self.life().stuck.contains(server) {
                self.unstuck.notified().await;
            }
            self.note(server, "counts")?;
            self.hear(s).await?;
            let life = self.life();
            let many = |n: usize| Some(u32::try_from(n).unwrap());
            Ok(Counts {
                reshares: many(life.reshares.len()),
                quotes: None,
                replies: many(life.replies.len()),
                likes: Some(life.likes),
            })
        })
    }

    fn engagements<'a>(
        &'a self,
        s: Session<'a>,
        _: &'a Receipt,
        kind: EngagementKind,
        from: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(async move {
            let start: usize = from.map_or(0, |from| from.parse().unwrap());
            self.note(&s.account.server, &format!("{} {start}", kind.word()))?;
            self.hear(s).await?;
            let (reshares, replies) = {
                let life = self.life();
                (life.reshares.clone(), life.replies.clone())
            };
            let all: Vec<Seen> = match kind {
                EngagementKind::Reshare => {
                    reshares.iter().map(|who| Seen { actor: self.actor(who), at: None, words: None }).collect()
                }
                EngagementKind::Reply => replies.iter().map(|reply| self.seen(reply)).collect(),
                EngagementKind::Quote | EngagementKind::Like => panic!("{kind:?} is not to be listed"),
            };
            let next = (start + PAGE < all.len()).then(|| (start + PAGE).to_string());
            Ok(Page { seen: all.into_iter().skip(start).take(PAGE).collect(), next })
        })
    }
}

/// Nothing leaves; what would is answered with what the server says of its limits.
impl Wire for Town {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let received = self.clock.now();
        let said = self.life().states.as_mut().and_then(|(left, reset)| {
            let remaining = left.pop_front()?;
            Some(Allowance { limit: Some(300), remaining: Some(remaining), reset: *reset })
        });
        Box::pin(async move {
            Ok(Response {
                status: 200,
                headers: Vec::new(),
                body: Bytes::new(),
                received,
                allowance: said,
                retry_after: None,
                excerpt: String::new(),
                moved: None,
            })
        })
    }
}

pub fn down() -> Failure {
    Failure::Transient(Why::new("the host refused the connection"))
}

pub fn asked_to_wait(until: Timestamp) -> Failure {
    Failure::RateLimited { until, scope: Scope::Account, why: Why::new("too many requests") }
}
