//! What is pushed to us: the public side on a socket, the real sources, a clock that the test moves, and a wire that answers by script.
#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

mod exchange;
mod hooks;
mod websub;

use crate::support::site::{Ailing, Answer, NoGigs, ask, public};
use crate::support::watching::watch_over;
use gigcast::clock::{Clock, ManualClock, Timestamp};
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::push::{Pushes, Reachable, Subscribe};
use gigcast::daemon::sources::sources;
use gigcast::daemon::watch::Watch;
use gigcast::failure::{Failure, Why};
use gigcast::fitness::Fitness;
use gigcast::gig::Gig;
use gigcast::grants::PushKey;
use gigcast::id::SourceId;
use gigcast::intake::Intake;
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{BoxFuture, Request, Response, Store, Wire};
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Ledger, SourceState, Subscription};
use gigcast::vault::{Expected, Vault};
use gigcast::web::{Public, router};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// 2026-11-18 11:06:40 UTC, the time in the published vector of `hooks`.
const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const BASE: &str = "https://gigs.example";

type Answers = VecDeque<Result<Response, Failure>>;

/// Answers by address, the last of each again and again; and keeps what it was asked.
#[derive(Default)]
struct Web {
    answers: Mutex<Vec<(String, Answers)>>,
    asked: Mutex<Vec<Request>>,
}

impl Web {
    fn says(&self, url: &str, answers: impl IntoIterator<Item = Result<Response, Failure>>) {
        let mut all = self.answers.lock().unwrap();
        all.retain(|(known, _)| known != url);
        all.push((url.to_owned(), answers.into_iter().collect()));
    }

    /// How often this address was asked.
    fn asked(&self, url: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|request| request.url == url).count()
    }

    /// A field of the last form sent there.
    fn field(&self, url: &str, name: &str) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        let request = asked.iter().rev().find(|request| request.url == url)?;
        let gigcast::ports::Body::Form(fields) = &request.body else { return None };
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

impl Wire for Web {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        let mut all = self.answers.lock().unwrap();
        let answer = match all.iter_mut().find(|(url, _)| *url == request.url) {
            Some((_, answers)) if answers.len() > 1 => answers.pop_front().unwrap(),
            Some((_, answers)) => answers[0].clone(),
            None => Err(Failure::Transient(Why::new(format!("nobody is at {}", request.url)))),
        };
        self.asked.lock().unwrap().push(request);
        Box::pin(async move { answer })
    }
}

/// A gigcast without loops, over a store that outlives it.
struct Office {
    address: SocketAddr,
    clock: ManualClock,
    ledger: Ledger,
    fitness: Arc<Fitness>,
    web: Arc<Web>,
    watch: Arc<Watch>,
    subscribe: Arc<Subscribe>,
}

impl Office {
    async fn open(config: &str) -> Self {
        Self::reopen(config, Arc::new(MemoryStore::new()), ManualClock::at(START), Arc::default(), Some(BASE)).await
    }

    /// Starts on what an earlier one left.
    async fn reopen(
        text: &str,
        store: Arc<dyn Store>,
        clock: ManualClock,
        web: Arc<Web>,
        public_url: Option<&str>,
    ) -> Self {
        let config = Config::parse(&[ConfigFile { name: "test", text }], []).unwrap_or_else(|wrong| panic!("{wrong}"));
        let env = |name: &str| hooks::secret(name);
        let taxonomy = Arc::new(Taxonomy::builtin().clone());
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let ledger = Ledger::new(store);
        let fitness = Arc::new(Fitness::new(Arc::clone(&shared), Duration::from_mins(10), 1000));
        let watched = sources(&config, &taxonomy, &env).unwrap_or_else(|wrong| panic!("{wrong}"));
        let intake = Intake {
            ledger: ledger.clone(),
            clock: shared,
            taxonomy,
            fitness: Arc::clone(&fitness),
            bell: Arc::default(),
        };
        for source in &config.source {
            intake.welcome(&source.poster).await.unwrap();
        }
        let bell: Arc<Notify> = watched.first().map(|watched| Arc::clone(&watched.lease.bell)).unwrap_or_default();
        let watch = watch_over(&intake, Arc::<Web>::clone(&web), watched);
        let dir = tempfile::tempdir().unwrap();
        let sealed = "ab".repeat(32);
        let vault = Vault::unlock(dir.path(), &|_| Some(sealed.clone()), Expected::New).unwrap();
        let key = Arc::new(PushKey::of(&ledger, &vault).await.unwrap());
        let reach = Reachable::new(public_url, &config.wire);
        let subscribe = Arc::new(Subscribe {
            watch: Arc::clone(&watch),
            key: Arc::clone(&key),
            reach: reach.clone(),
            bell,
            busy: Mutex::default(),
        });
        subscribe.resume().await.unwrap();
        let pushes = Arc::new(Pushes { watch: Arc::clone(&watch), key, reach, max_feed_bytes: 64 * 1024 });
        let public = Public { pushes, ..public(&intake, Arc::new(Ailing::default()), Arc::new(NoGigs), public_url) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(public)).await });
        Self { address, clock, ledger, fitness, web, watch, subscribe }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, "POST", path, headers, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, &[], b"").await
    }

    /// Steps until nothing is due.
    async fn settle(&self) {
        for _ in 0..6 {
            self.watch.step().await.unwrap();
            self.subscribe.step();
            self.watch.tasks.close();
            self.watch.tasks.wait().await;
            self.watch.tasks.reopen();
        }
        assert_eq!(self.fitness.fault(), None);
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.settle().await;
    }

    async fn gigs(&self) -> Vec<Gig> {
        let records = self.ledger.newest_gigs(0, 100).await.unwrap();
        records.into_iter().map(|record| record.gig).collect()
    }

    async fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = self.gigs().await.into_iter().map(|gig| gig.terms.title).collect();
        titles.sort();
        titles
    }

    async fn state(&self, name: &str) -> SourceState {
        self.ledger.source_state(SourceId::from_name(name)).await.unwrap()
    }

    async fn refused(&self, name: &str) -> Vec<String> {
        let refused = self.ledger.refused(SourceId::from_name(name), 10).await.unwrap();
        refused.into_iter().map(|item| format!("{}: {}", item.what, item.why)).collect()
    }

    async fn subscription(&self, name: &str) -> Option<Subscription> {
        self.ledger.subscription(SourceId::from_name(name)).await.unwrap()
    }

    /// What `why` tells of it.
    async fn told(&self, name: &str) -> String {
        let watched = self.watch.watched.iter().find(|watched| watched.origin.name == name).unwrap();
        let subscription = self.subscription(name).await.unwrap();
        self.subscribe.reach.told(&subscription, watched.address.as_deref(), self.clock.now())
    }
}
