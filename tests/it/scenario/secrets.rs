//! Promise 8: a marked secret goes through everything that happens to a grant, and the mark is found nowhere.

use crate::support::fake_network::{FakeNetwork, Fault, entered, profile};
use crate::support::lines::Lines;
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::failure::{Failure, Why};
use gigcast::grants::Terms;
use gigcast::person::{Account, Audience, Grant, GrantState, Person};
use gigcast::ports::{Auth, Entered, Request, Store};
use gigcast::secret::Secret;
use gigcast::store::memory::MemoryStore;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

const MARK: &str = "marked-4c1f-never-to-be-seen";

fn secret() -> Secret {
    Secret::new(MARK)
}

fn shows_mark(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// Links with the marked secret.
async fn link(world: &World) -> Account {
    let entered = Entered { secret: secret(), ..entered("ana") };
    let owner = Person::poster("Acme", NOON);
    let terms = Terms { owner, pace: brisk(), audience: Audience::default() };
    let account = world.deliver.sessions.link("fake", &entered, terms).await.unwrap();
    world.deliver.relinked(&account).await.unwrap();
    account
}

/// What a careless log line or error would print of all that comes near a grant.
async fn debugged(world: &World, account: &Account) -> String {
    let grant =
        Grant { access: secret(), refresh: Some(secret()), password: Some(secret()), expires: None, authorized: None };
    let entered = Entered { secret: secret(), ..entered("ana") };
    let form = vec![("refresh_token".to_owned(), MARK.to_owned())];
    let json = serde_json::json!({ "password": MARK });
    let requests = [
        Request::post("https://fake.example/token").auth(Auth::Bearer(secret())).form(form),
        Request::post("https://fake.example/session").header("authorization", MARK).json(&json),
    ];
    let speaking = world.deliver.sessions.open(account).await.unwrap();
    let turn = world.ledger.turn(account.id).await.unwrap();
    let bodies: Vec<_> = requests.iter().map(|request| (&request.body, &request.auth)).collect();
    let session = speaking.session();
    let deliver = &world.deliver;
    format!(
        "{grant:?} {entered:?} {requests:?} {bodies:?} {speaking:?} {session:?} {account:?} {turn:?} {deliver:?} {grant:#?}"
    )
}

#[tokio::test]
async fn a_marked_secret_is_found_nowhere_but_sealed() {
    let (lines, _logging) = Lines::caught();

    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let (store, dir) = (MemoryStore::new(), tempfile::tempdir().unwrap());
    let world = World::start(Arc::new(store.clone()), network, clock, dir.path()).await.unwrap();

    // Linked, and spoken with.
    let account = link(&world).await;
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.is_delivered("1", &account).await);
    // Refused, with a renewal that fails for a while; then refused for good, and linked anew.
    world.network.fail_next([Fault::Revoked, Fault::Revoked]);
    world.network.fail_next_renewal(Failure::Transient(Why::new("the server was not reachable")));
    world.take(&sighting("2")).await.unwrap();
    world.run_for(Duration::from_hours(1)).await.unwrap();
    let known = world.ledger.account(account.id).await.unwrap().unwrap();
    assert!(matches!(known.grant, GrantState::NeedsRelink { .. }), "{known:?}");
    let mut shown = debugged(&world, &known).await;
    let account = link(&world).await;
    world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(world.is_delivered("2", &account).await);
    shown.push_str(&debugged(&world, &account).await);
    for native in ["1", "2"] {
        let told = world.ledger.story(world.gig(native).await.gig.id).await.unwrap();
        let delivery = world.delivery(native, &account).await;
        write!(shown, "{told:?} {delivery:?}").unwrap();
    }

    let logged = lines.text();
    assert!(logged.contains("needs to be linked again"), "the lines are caught: {logged}");
    assert!(!logged.contains(MARK), "{logged}");
    assert!(shown.contains("Grant") && shown.contains("Speaking"), "{shown}");
    assert!(!shown.contains(MARK), "{shown}");
    let rows = store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap();
    assert!(rows.len() > 20, "everything is read: {} rows", rows.len());
    for (key, value) in &rows {
        assert!(!shows_mark(key) && !shows_mark(value), "{key:?} holds the mark");
    }
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        assert!(!shows_mark(&std::fs::read(&path).unwrap_or_default()), "{} holds the mark", path.display());
    }
    assert!(shows_mark(format!("x{MARK}y").as_bytes()), "the mark would be seen");
}
