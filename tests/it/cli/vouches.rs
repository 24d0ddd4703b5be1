//! `gigcast vouches`: what was signed elsewhere is taken in at a terminal, and somebody says who signs by a key.

use super::Home;
use gigcast::clock::{Clock, SystemClock, Timestamp};
use gigcast::credential::brought::{FILE_BYTES, MOST};
use gigcast::credential::key::SEED_BYTES;
use gigcast::credential::{Basis, Did, Level, SigningKey, Vouch};
use gigcast::id::{AccountId, ActorId};
use gigcast::person::{Actor, Identity, Indexing, Person};
use gigcast::ports::{Batch, Store};
use gigcast::store::sled::SledStore;
use gigcast::store::{Ledger, layout};
use gigcast::vault::{Expected, Vault};
use serde_json::Value;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

const ALICE: &str = "https://remote.example/users/alice";
const HANDLE: &str = "alice@remote.example";
const DAY: Duration = Duration::from_hours(24);

/// Alice has signed in, Bo was seen under a post, and Acme has a folder.
async fn home() -> Home {
    let home = Home::new("");
    let dir = home.path("data");
    fs::create_dir(&dir).unwrap();
    let store = Arc::new(SledStore::open(&dir, 64 << 20).unwrap().store);
    let ledger = Ledger::new(Arc::clone(&store) as Arc<dyn Store>);
    let key = Vault::unlock(&dir, &|_| None, Expected::New).unwrap().key_id();
    ledger.note_vault_key(*key.as_bytes()).await.unwrap();
    let account = AccountId::of(&[b"alice"]);
    let alice = Person::freelancer(account, "Alice", now());
    let identity = Identity {
        account,
        person: alice.id,
        network: "mastodon".into(),
        server: "https://remote.example".into(),
        native: ALICE.into(),
        handle: HANDLE.into(),
        url: ALICE.into(),
        since: now(),
    };
    ledger.know(&alice, &identity).await.unwrap();
    let uri = "https://remote.example/users/bo".to_owned();
    let bo = Actor {
        id: ActorId::from_uri("mastodon", &uri),
        network: "mastodon".into(),
        uri,
        handle: "bo@remote.example".into(),
        name: "Bo".into(),
        url: None,
        indexing: Indexing::Allowed,
    };
    let mut batch = Batch::default();
    layout::put(&mut batch, layout::actor(bo.id), &bo, None);
    store.commit(batch).await.unwrap();
    home
}

fn now() -> Timestamp {
    SystemClock::default().now()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; SEED_BYTES]).0
}

fn issuer() -> String {
    Did::Key(key().public()).to_string()
}

/// What the key says of Alice.
fn vouch(level: Level) -> String {
    let vouch = Vouch {
        issuer: Did::Key(key().public()),
        subject: ALICE.parse().unwrap(),
        category: "design/illustration".into(),
        level,
        basis: Basis::Word,
        valid_from: now().minus(DAY),
        valid_until: now().plus(DAY * 365),
        seen: None,
    };
    vouch.into_credential().sign(&key(), now()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_vouch_of_a_file_says_what_became_of_it_and_counts_once_its_issuer_is_somebody() {
    let home = home().await;
    let _running = home.start();
    let changed = vouch(Level::KnowsTheWork).replace("\"level\":1", "\"level\":2");
    fs::write(home.path("alice.json"), format!("[{},{changed}]", vouch(Level::WorkedWith))).unwrap();
    let bring = ["vouches", "bring", "alice.json", "--for", HANDLE];
    let said = home.say(&bring);
    assert_eq!(
        (said.code, said.out.as_str()),
        (
            0,
            "1: kept; it counts once it is known here whose word it is\n\
             2: refused: the signature does not fit: the document was changed, or another key made it\n"
        ),
        "{said:?}"
    );
    let said = home.say(&bring);
    assert!(said.out.starts_with("1: refused: it is here already: "), "{said:?}");
    assert_eq!((said.code, said.err.as_str()), (1, "gigcast: none of them was taken in\n"), "{said:?}");

    let is = |who: &str| home.say(&["vouches", "issuer", &issuer(), "--is", who]);
    assert_eq!(is("Acme").out, format!("{} is known as Acme; vouches that count by it now: 1\n", issuer()));
    let told = home.say(&["person", HANDLE]).out;
    assert!(told.contains("Acme"), "{told}");
    fs::write(home.path("more.json"), vouch(Level::WouldHireAgain)).unwrap();
    let more = ["--json", "vouches", "bring", "more.json", "--for", HANDLE];
    let said: Value = serde_json::from_str(&home.say(&more).out).unwrap();
    assert_eq!(said, serde_json::json!([{ "at": 1, "became": "counts" }]));
    let said: Value = serde_json::from_str(&home.say(&more).out).unwrap();
    assert!(said[0]["became"]["refused"].as_str().unwrap().contains("it is here already"), "{said}");

    // A mistake is set right, by an account that was only ever seen as well.
    let said = home.say(&["--json", "vouches", "issuer", &issuer(), "--is", "bo@remote.example"]).out;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["said"], format!("{} is known as Bo; vouches that count by it now: 2", issuer()));
    let told = home.say(&["person", HANDLE]).out;
    assert!(told.contains("Bo") && !told.contains("Acme"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_brought_or_said_is_refused_by_name_and_with_what_to_do() {
    let home = home().await;
    fs::write(home.path("alice.json"), vouch(Level::WorkedWith)).unwrap();
    let unheard = home.say(&["vouches", "bring", "alice.json", "--for", HANDLE]);
    assert!(unheard.code != 0 && unheard.err.contains("gigcast run"), "{unheard:?}");

    let _running = home.start();
    fs::write(home.path("words.json"), "no vouches").unwrap();
    fs::write(home.path("picture.json"), [0xff, 0xfe]).unwrap();
    fs::write(home.path("big.json"), " ".repeat(FILE_BYTES + 1)).unwrap();
    fs::write(home.path("many.json"), format!("[{}{{}}]", "{},".repeat(MOST))).unwrap();
    let bring = |file, who| vec!["vouches", "bring", file, "--for", who];
    let key = issuer();
    for (arguments, said) in [
        (bring("none.json", HANDLE), &["none.json cannot be read", "No such file"][..]),
        (bring("gigs", HANDLE), &["gigs cannot be read", "directory"]),
        (bring("picture.json", HANDLE), &["picture.json cannot be read", "UTF-8"]),
        (bring("words.json", HANDLE), &["words.json", "no JSON"]),
        (bring("big.json", HANDLE), &["big.json", "at most 262144 are read"]),
        (bring("many.json", HANDLE), &["many.json", "holds 201 vouches", "divide it"]),
        (bring("alice.json", "Nobody"), &["nobody on record goes by `Nobody`", "give a handle with its server"]),
        (
            bring("alice.json", "bo@remote.example"),
            &["`bo@remote.example` has not signed in here", "for people who have"],
        ),
        (
            vec!["vouches", "issuer", "did:key:zzz", "--is", "Acme"],
            &["`did:key:zzz` is no issuer", "write did:key with"],
        ),
        (
            vec!["vouches", "issuer", "did:web:GIGS.example", "--is", "Acme"],
            &["`did:web:GIGS.example` is no issuer", "in lower case"],
        ),
        (vec!["vouches", "issuer", &key, "--is", "Nobody"], &["nobody on record goes by `Nobody`"]),
        (vec!["vouches", "issuer", &key], &["--is <WHO>"]),
        (vec!["vouches", "bring", "alice.json"], &["--for <WHO>"]),
    ] {
        let refused = home.say(&arguments);
        let names = said.iter().all(|words| refused.err.contains(words));
        assert!(refused.code != 0 && refused.out.is_empty() && names, "{arguments:?}: {refused:?}");
    }
    let said = home.say(&["vouches", "bring", "alice.json", "--for", "Acme"]);
    assert!(said.out.starts_with("1: refused: it is about somebody else"), "{said:?}");
}
