//! Promise 8: a marked secret goes through everything that happens to a grant, and the mark is found nowhere.

use super::linking::{Town, acme};
use crate::support::fake_auth::{LIVES, Trick};
use crate::support::fake_network::{FakeNetwork, Fault, entered, profile};
use crate::support::lines::Lines;
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::failure::{Failure, Why};
use gigcast::grants::{For, Terms};
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
async fn what_a_server_grants_is_found_nowhere_whatever_becomes_of_it() {
    let (lines, _logging) = Lines::caught();
    let town = Town::marked(MARK).await;
    let mut shown = String::new();
    // Everything that can be refused on the way, with codes and tokens in hand.
    for trick in [Trick::Less, Trick::Broken, Trick::LostAfter, Trick::LostBefore] {
        town.auth.play([trick]);
        let refused = town.link(acme()).await.unwrap_err();
        write!(shown, "{refused:?} {}", refused.words()).unwrap();
    }
    let begun = town.begin(For::Link(acme())).await;
    let answer = town.auth.agree(&begun.url);
    let echoed = gigcast::grants::Answer {
        error: Some("server_error".into()),
        error_description: Some(format!("access_token={MARK}")),
        ..answer.clone()
    };
    write!(shown, "{begun:?} {answer:?} {:?}", town.finish(echoed).await).unwrap();
    town.auth.signed_in("bo");
    let begun = town.begin(For::SignIn).await;
    write!(shown, "{:?}", town.finish(town.auth.agree(&begun.url)).await).unwrap();
    town.auth.signed_in("ana");

    // Linked, renewed, refused, linked again, unlinked.
    let account = town.link(acme()).await.unwrap();
    town.world.clock.advance(LIVES);
    town.auth.play([Trick::LostBefore, Trick::Broken]);
    town.world.take(&sighting("1")).await.unwrap();
    town.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(town.world.is_delivered("1", &account).await);
    write!(shown, "{:?}", town.world.deliver.sessions.open(&account).await.unwrap()).unwrap();
    town.auth.revoke_all();
    write!(shown, "{:?}", town.world.deliver.sessions.open(&account).await).unwrap();
    town.world.take(&sighting("2")).await.unwrap();
    town.world.run_for(Duration::from_hours(2)).await.unwrap();
    let account = town.link(acme()).await.unwrap();
    let held = tokio::spawn(async move {
        let grant = Grant::entered(secret());
        panic!("a bug comes by {grant:?}")
    });
    let panicked = held.await.unwrap_err().into_panic();
    write!(shown, "{:?}", panicked.downcast_ref::<String>()).unwrap();
    write!(shown, "{:?} {:?}", town.world.linking, town.world.linking.unlink(&account).await).unwrap();

    let logged = lines.text();
    assert!(logged.contains("is unlinked"), "{logged}");
    assert!(shown.contains("ScopeMissing"), "{shown}");
    assert!(!logged.contains(MARK), "{logged}");
    assert!(shown.contains("a bug comes by") && shown.contains("Begun"), "{shown}");
    assert!(!shown.contains(MARK), "{shown}");
    for (key, value) in town.store.scan(&[], &[u8::MAX; 64], usize::MAX).await.unwrap() {
        assert!(!shows_mark(&key) && !shows_mark(&value), "{key:?} holds the mark");
    }
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
