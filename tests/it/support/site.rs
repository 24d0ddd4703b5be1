//! The public side on a socket of its own, over a store and a clock that the test holds, and a client that hides nothing.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use super::reception::Reception;
use super::review_tray::ReviewTray;
use super::whole::is_whole;
use gigcast::clock::{BoxFuture, ManualClock, Timestamp};
use gigcast::engagement::{Engagement, Vouch};
use gigcast::fitness::Fitness;
use gigcast::gig::{Gig, Revision, Sighting, Status};
use gigcast::grants::VouchKeys;
use gigcast::id::{AccountId, ActorId, DeliveryId, EngagementId, PersonId, SourceId};
use gigcast::intake::{Intake, Origin, Taken};
use gigcast::outbox::{Announcement, Said, Wanted};
use gigcast::person::{Account, Actor, Audience, GrantState, Indexing, Mode, Pace, Person};
use gigcast::plan::taxonomy::Taxonomy;
use gigcast::ports::{Batch, Store, StoreError};
use gigcast::post::Receipt;
use gigcast::profile::EngagementKind;
use gigcast::pushing::Pushed;
use gigcast::secret::Secret;
use gigcast::sources::written;
use gigcast::store::layout::{self, Record};
use gigcast::store::{GigRecord, Heard, Ledger};
use gigcast::vault::{Expected, VAULT_KEY_ENV, Vault};
use gigcast::web::pushed::{Intention, NotTaken, Pushes, Received, Taking};
use gigcast::web::signed::Home;
use gigcast::web::{Health, Public, router};
use http::HeaderMap;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// The token of the poster `Acme`.
pub const TOKEN: &str = "gct_0123456789abcdef";

/// A gig without anything unusual about it.
pub fn logo() -> Value {
    json!({
        "id": "81", "title": "Logo for a bakery", "description": "SVG & PNG.\n\nTwo sketches.",
        "apply": "https://acme.example/apply?a=1&b=2", "category": "design/brand", "skills": ["svg"],
        "pay": "$40/hour", "remote": true, "locations": ["Berlin"], "closes": "2026-11-24T12:00:00Z", "language": "en",
    })
}

/// Ailments that a test sets.
#[derive(Debug, Default)]
pub struct Ailing(pub Mutex<Vec<String>>);

impl Health for Ailing {
    fn ailments(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(async { self.0.lock().unwrap().clone() })
    }
}

pub struct Site {
    pub address: SocketAddr,
    pub store: Arc<dyn Store>,
    pub ledger: Ledger,
    pub clock: ManualClock,
    pub fitness: Arc<Fitness>,
    pub health: Arc<Ailing>,
    pub poster: PersonId,
    pub reception: Arc<Reception>,
    pub tray: Arc<ReviewTray>,
    pub visits: Arc<gigcast::web::visits::Visits>,
    /// That of the pages.
    pub weave: gigcast::weave::Weave,
    intake: Intake,
}

/// An account without anything unusual about it.
pub fn account(owner: &Person, network: &str, handle: &str) -> Account {
    Account {
        id: AccountId::from_native(network, "social.example", handle),
        owner: owner.id,
        network: network.into(),
        server: "https://social.example".into(),
        native: "1".into(),
        handle: handle.into(),
        url: "https://social.example/@acme".into(),
        linked: NOON,
        grant: GrantState::Linked,
        policy: gigcast::person::Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
        mode: Mode::Auto,
        pace: Pace {
            posts_per_day: 24,
            gap: Duration::from_mins(10),
            quiet: None,
            windows: Vec::new(),
            zone: "UTC".into(),
            worth_saying_for: None,
        },
        audience: Audience::default(),
    }
}

impl Site {
    /// Free space below which nothing may be written; nothing is measured until the test says so.
    pub const FLOOR: u64 = 1000;

    pub async fn over(store: impl Store + 'static, public_url: Option<&str>) -> Self {
        let store: Arc<dyn Store> = Arc::new(store);
        let (ledger, clock) = (Ledger::new(Arc::clone(&store)), ManualClock::at(NOON));
        let shared: Arc<dyn gigcast::clock::Clock> = Arc::new(clock.clone());
        let fitness = Arc::new(Fitness::new(Arc::clone(&shared), Duration::from_mins(10), Self::FLOOR));
        let taxonomy = Arc::new(Taxonomy::builtin().clone());
        let intake = Intake {
            ledger: ledger.clone(),
            clock: shared,
            taxonomy,
            fitness: Arc::clone(&fitness),
            bell: Arc::default(),
        };
        let health = Arc::new(Ailing::default());
        let poster = intake.welcome("Acme").await.unwrap();
        ledger.keep_token(&Secret::new(TOKEN), poster).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let reception = Arc::new(Reception::new(ledger.clone(), NOON));
        let posters = Arc::<Reception>::clone(&reception);
        let tray = Arc::<ReviewTray>::default();
        let public = Public {
            home: Home::new(public_url, address),
            posters,
            reviews: Arc::<ReviewTray>::clone(&tray),
            ..public(&intake, Arc::clone(&health), Arc::new(NoGigs), public_url)
        };
        let (visits, weave) = (Arc::clone(&public.visits), public.weave.clone());
        let pages = router(public).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Self { address, store, ledger, clock, fitness, health, poster, reception, tray, visits, weave, intake }
    }

    /// Takes a gig in, written as the API would have it.
    pub async fn take(&self, gig: &Value) -> Gig {
        self.see(&written::from_json(&gig.to_string()).unwrap().sighting(None)).await
    }

    /// Takes a gig in as a source saw it.
    pub async fn see(&self, sighting: &Sighting) -> Gig {
        let origin =
            Origin { source: SourceId::of(&[b"test"]), name: "test".into(), poster: self.poster, category: None };
        match self.intake.take(sighting, &origin, Heard::News).await.unwrap() {
            Taken::New(gig) | Taken::Revised(gig) | Taken::Same(gig) => gig,
            Taken::Refused(why) => panic!("refused: {why}"),
            Taken::Removed(id) => panic!("removed: {id}"),
        }
    }

    pub async fn put<R: Record>(&self, key: layout::Key, record: &R) {
        let mut batch = Batch::default();
        layout::put(&mut batch, key, record, None);
        self.store.commit(batch).await.unwrap();
    }

    /// The same, found by those who have part in it.
    pub async fn put_found<R: Record>(&self, key: layout::Key, record: &R, by: &[ActorId]) {
        let found = by.iter().map(|actor| (layout::by_actor(*actor, &key), Vec::new()));
        let mut batch = Batch { put: found.collect(), ..Batch::default() };
        layout::put(&mut batch, key, record, None);
        self.store.commit(batch).await.unwrap();
    }

    pub async fn link(&self, network: &str, handle: &str) -> AccountId {
        let owner = self.ledger.person(self.poster).await.unwrap().unwrap();
        let account = account(&owner, network, handle);
        self.ledger.link(&account, b"sealed".to_vec()).await.unwrap();
        account.id
    }

    /// As if the gig had been posted there.
    pub async fn posted(&self, gig: &Gig, account: AccountId, url: &str) {
        let receipt =
            Receipt { id: "1".into(), uri: url.into(), url: Some(url.into()), version: None, at: gig.first_seen };
        let mut announcement = Announcement::new(gig.id, account, Wanted::Revision(gig.revision));
        announcement.said = Some(Said {
            revision: Revision::FIRST,
            status: Status::Open,
            receipt,
            created_by: DeliveryId::of(&[b"delivery"]),
            replies: Vec::new(),
        });
        self.put(layout::announcement(gig.id, account), &announcement).await;
    }

    pub async fn meet(&self, name: &str, indexing: Indexing) -> ActorId {
        let slug: String = name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let id = ActorId::from_uri("mastodon", name);
        let actor = Actor {
            id,
            network: "mastodon".into(),
            uri: format!("https://remote.example/users/{slug}"),
            handle: format!("{slug}@remote.example"),
            name: name.into(),
            url: Some(format!("https://remote.example/@{slug}")),
            indexing,
        };
        self.put(layout::actor(id), &actor).await;
        id
    }

    pub async fn did(&self, gig: &Gig, kind: EngagementKind, actor: ActorId) {
        let id = EngagementId::from_deed("post", kind, actor, None);
        let engagement = Engagement {
            id,
            gig: gig.id,
            account: AccountId::of(&[b"a"]),
            kind,
            actor,
            first_seen: gig.first_seen,
            at: None,
            evidence: None,
            undone: None,
            words: None,
        };
        self.put_found(layout::engagement(gig.id, id), &engagement, &[actor]).await;
    }

    pub async fn vouched(&self, gig: &Gig, by: ActorId, whom: ActorId, evidence: &str) {
        let vouch = Vouch {
            by,
            whom,
            gig: gig.id,
            category: gig.terms.category.clone(),
            level: Vouch::KNOWS_THE_WORK,
            evidence: evidence.into(),
            said: gig.first_seen,
            undone: None,
        };
        self.put_found(layout::vouch(gig.id, by, whom, evidence), &vouch, &[by, whom]).await;
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"").await
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, method, path, headers, body).await
    }
}

/// One request on a connection of its own.
pub async fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let named = headers.iter().any(|(name, _)| *name == "host");
    let host = if named { String::new() } else { format!("host: {address}\r\n") };
    let mut head = format!("{method} {path} HTTP/1.1\r\n{host}connection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "content-length: {}\r\n\r\n", body.len()).unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses a long body need not read it.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = Answer::read(&answer);
    if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
        is_whole(&answer.body);
    }
    answer
}

/// The public side over an intake: what the tests of its pages have in common.
pub fn public(
    intake: &Intake,
    health: Arc<Ailing>,
    gigs: Arc<dyn gigcast::web::signed::gigs::Gigs>,
    public_url: Option<&str>,
) -> Public {
    Public {
        ledger: intake.ledger.clone(),
        intake: intake.clone(),
        taxonomy: Arc::clone(&intake.taxonomy),
        clock: Arc::clone(&intake.clock),
        fitness: Arc::clone(&intake.fitness),
        public_url: public_url.map(str::to_owned),
        health,
        home: Home::new(public_url, ([127, 0, 0, 1], 80).into()),
        weave: gigcast::weave::Weave::new(
            intake.ledger.clone(),
            Arc::clone(&intake.clock),
            Arc::clone(&intake.taxonomy),
        ),
        vouch_keys: VouchKeys::new(intake.ledger.clone(), vault(), public_url),
        posters: Arc::new(Reception::new(intake.ledger.clone(), NOON)),
        tries: Arc::default(),
        reviews: Arc::<ReviewTray>::default(),
        gigs,
        pushes: Arc::new(NoPushes),
        visits: Arc::default(),
    }
}

/// A vault whose key is no secret.
pub fn vault() -> Vault {
    let key = |name: &str| (name == VAULT_KEY_ENV).then(|| "0d".repeat(32));
    Vault::unlock(Path::new("/nowhere"), &key, Expected::New).unwrap()
}

/// Where nothing is pushed.
#[derive(Debug)]
struct NoPushes;

impl Pushes for NoPushes {
    fn has_hook(&self, _: &str) -> bool {
        false
    }

    fn receive<'a>(
        &'a self,
        _: &'a str,
        _: &'a HeaderMap,
        _: bytes::Bytes,
    ) -> BoxFuture<'a, Result<Received, NotTaken>> {
        Box::pin(async { Err(NotTaken::Unknown) })
    }

    fn confirm<'a>(&'a self, _: &'a str, _: &'a Intention) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async { Ok(false) })
    }

    fn is_callback(&self, _: &str) -> bool {
        false
    }

    fn most_bytes(&self) -> usize {
        0
    }

    fn distribute<'a>(
        &'a self,
        _: &'a str,
        _: Option<&'a str>,
        _: Pushed,
    ) -> BoxFuture<'a, Result<Taking, StoreError>> {
        Box::pin(async { Ok(Taking::Unknown) })
    }
}

/// Where nobody has a gig of their own.
#[derive(Debug)]
pub struct NoGigs;

impl gigcast::web::signed::gigs::Gigs for NoGigs {
    fn worth_saying_for(&self) -> Duration {
        Duration::from_hours(14 * 24)
    }

    fn preview<'a>(
        &'a self,
        _: PersonId,
        _: &'a Sighting,
    ) -> BoxFuture<'a, Result<Result<gigcast::web::signed::gigs::Preview, String>, StoreError>> {
        Box::pin(async { Ok(Err("there are no gigs in this test".to_owned())) })
    }

    fn places<'a>(
        &'a self,
        _: PersonId,
        _: &'a [GigRecord],
    ) -> BoxFuture<'a, Result<Vec<Vec<gigcast::web::signed::gigs::Place>>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn rewritten<'a>(
        &'a self,
        gig: &'a gigcast::gig::Gig,
    ) -> BoxFuture<'a, Result<gigcast::web::signed::gigs::Preview, StoreError>> {
        let gig = gig.clone();
        Box::pin(async { Ok(gigcast::web::signed::gigs::Preview { gig, says: Vec::new(), skips: Vec::new() }) })
    }

    fn zone(&self, _: PersonId) -> BoxFuture<'_, Result<String, StoreError>> {
        Box::pin(async { Ok("UTC".to_owned()) })
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
