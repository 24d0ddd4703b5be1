//! Relays on a server that speaks Mastodon's API: one boost, whatever becomes of its answers.

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{ManualClock, SystemClock};
use gigcast::id::PersonId;
use gigcast::networks::Networks;
use gigcast::networks::mastodon::Mastodon;
use gigcast::outbox::State;
use gigcast::person::{Account, Audience, Person};
use gigcast::plan::relay::Relay;
use gigcast::ports::{Entered, Network, Wire};
use gigcast::sandbox::{Fault, Kind, Sandbox, Settings, When};
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use gigcast::wire::{Client, Settings as WireSettings};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A town where Acme posts and Ann relays, and the gigcast that does it.
pub(super) struct Town {
    pub(super) sandbox: Sandbox,
    client: reqwest::Client,
    clock: ManualClock,
    store: Arc<MemoryStore>,
    dir: TempDir,
    pub(super) ann: Value,
}

impl Town {
    /// With the first run of gigcast, in which both accounts are linked and the relay is on.
    pub(super) async fn begin() -> (Self, World, Account) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = ManualClock::at(NOON);
        let settings = Settings { clock: Arc::new(clock.clone()), ..Settings::default() };
        let mut town = Self {
            sandbox: Sandbox::start(listener, settings).unwrap(),
            client: reqwest::Client::builder().build().unwrap(),
            clock,
            store: Arc::default(),
            dir: tempfile::tempdir().unwrap(),
            ann: Value::Null,
        };
        let acme = town.ask(Method::POST, "/sandbox/people", "", Some(json!({ "username": "acme" }))).await;
        town.ann = town.ask(Method::POST, "/sandbox/people", "", Some(json!({ "username": "ann" }))).await;
        let world = town.run().await;
        let (poster, person) = (Person::poster("Acme", NOON), Person::poster("Ann", NOON));
        world.ledger.welcome(&person).await.unwrap();
        town.link(&world, poster, &acme).await;
        let ann = town.link(&world, person.clone(), &town.ann).await;
        let poster = PersonId::from_name("Acme");
        let relay = Relay { poster, person: person.id, account: ann.id, categories: Vec::new(), since: NOON };
        world.ledger.switch_relay_on(&relay).await.unwrap();
        (town, world, ann)
    }

    /// gigcast, on what an earlier run of it left.
    pub(super) async fn run(&self) -> World {
        let settings = WireSettings {
            trusted_origins: vec![self.sandbox.url.clone()],
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            user_agent: "gigcast/test".into(),
        };
        let wire: Arc<dyn Wire> = Arc::new(Client::new(settings, Arc::new(SystemClock::default())).unwrap());
        let networks: Networks = [("mastodon".to_owned(), Arc::new(Mastodon) as Arc<dyn Network>)].into();
        let fake = Arc::new(FakeNetwork::new(profile(), self.clock.clone()));
        let store = Arc::<MemoryStore>::clone(&self.store);
        World::start_among(store, fake, self.clock.clone(), self.dir.path(), wire, networks).await.unwrap()
    }

    async fn link(&self, world: &World, owner: Person, who: &Value) -> Account {
        let secret = Secret::new(who["token"].as_str().unwrap());
        let entered = Entered { server: self.sandbox.url.clone(), identifier: String::new(), secret };
        let terms = gigcast::grants::Terms { owner, pace: brisk(), audience: Audience::default() };
        world.deliver.sessions.link("mastodon", &entered, terms).await.unwrap()
    }

    pub(super) async fn ask(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url));
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap_or_default()
    }

    /// What befalls the next boost.
    pub(super) async fn befalls(&self, fault: Fault) {
        let fault = Fault { count: Some(1), verb: Some("POST".into()), ..fault };
        self.ask(Method::POST, "/sandbox/faults", "", Some(serde_json::to_value(fault).unwrap())).await;
    }

    /// What Ann has said and boosted, as her page lists it.
    pub(super) async fn shown(&self) -> Vec<Value> {
        let (id, token) = (self.ann["id"].as_str().unwrap(), self.ann["token"].as_str().unwrap());
        let listed = self.ask(Method::GET, &format!("/api/v1/accounts/{id}/statuses"), token, None).await;
        listed.as_array().unwrap().clone()
    }
}

/// Until Acme's post is out, and Ann's turn has not come.
pub(super) async fn posted(world: &World) {
    world.take(&sighting("1")).await.unwrap();
    world.announce.step().await.unwrap();
    world.deliver.step().await.unwrap();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
}

/// Of what was done, of what failed behind it, and of what failed before.
pub(super) fn lost_answers() -> [Fault; 3] {
    [
        Fault::new(Kind::AnswerLost),
        Fault { when: When::After, ..Fault::new(Kind::ServerError) },
        Fault { when: When::Before, ..Fault::new(Kind::ServerError) },
    ]
}

#[tokio::test]
async fn a_gig_is_boosted_once_with_a_lost_answer_and_a_restart_between() {
    for fault in lost_answers() {
        let (town, first, ann) = Town::begin().await;
        posted(&first).await;
        town.befalls(fault.clone()).await;
        first.run_for(Duration::from_secs(1)).await.unwrap();
        let state = first.delivery("1", &ann).await.state;
        assert!(matches!(state, State::Unknown { .. }), "{fault:?}: {state:?}");
        drop(first);
        let second = town.run().await;
        second.run_for(Duration::from_hours(1)).await.unwrap();
        assert!(second.is_delivered("1", &ann).await);
        let shown = town.shown().await;
        assert_eq!(shown.len(), 1, "{fault:?}: {shown:?}");
        assert_eq!(shown[0]["reblog"]["reblogs_count"], 1);
    }
}

#[tokio::test]
async fn what_its_person_boosted_by_hand_stays_one_boost() {
    let (town, world, ann) = Town::begin().await;
    posted(&world).await;
    let gig = world.gig("1").await.gig;
    let own = world.ledger.announcements(gig.id).await.unwrap().into_iter().find_map(|one| one.said).unwrap();
    let token = town.ann["token"].as_str().unwrap();
    town.ask(Method::POST, &format!("/api/v1/statuses/{}/reblog", own.receipt.id), token, None).await;
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.is_delivered("1", &ann).await);
    assert_eq!(town.shown().await.len(), 1);
}

#[tokio::test]
async fn what_stands_on_another_network_alone_is_not_reshared() {
    let (_town, world, ann) = Town::begin().await;
    for linked in world.ledger.accounts_of(PersonId::from_name("Acme")).await.unwrap() {
        world.ledger.unlink(&linked, NOON).await.unwrap();
    }
    let elsewhere = world.link("acme", brisk()).await;
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(world.is_delivered("1", &elsewhere).await);
    let gig = world.gig("1").await.gig;
    assert_eq!(world.ledger.announcement(gig.id, ann.id).await.unwrap(), None);
}
