//! `vault rotate`, killed again and again: at every moment each grant opens, and in the end gigcast speaks with all of them.

use super::stopping::posts;
use super::{Home, PROGRAM, token};
use gigcast::clock::Timestamp;
use gigcast::id::{AccountId, PersonId};
use gigcast::person::{Account, Audience, Grant, GrantState, Mode, Person, Policy};
use gigcast::secret::Secret;
use gigcast::store::Ledger;
use gigcast::store::sled::SledStore;
use gigcast::vault::{Expected, KeyId, Vault};
use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Enough that sealing them anew takes a while.
const GRANTS: u16 = 150;

fn secret(n: u16) -> Grant {
    Grant::entered(Secret::new(format!("access {n}")))
}

fn account(n: u16, server: &str) -> Account {
    let native = format!("filler{n}");
    Account {
        id: AccountId::from_native("mastodon", server, &native),
        owner: PersonId::from_name("Bo"),
        network: "mastodon".into(),
        server: server.into(),
        handle: format!("@{native}"),
        url: server.into(),
        native,
        linked: Timestamp::EPOCH,
        grant: GrantState::Linked,
        policy: Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
        mode: Mode::Auto,
        pace: crate::support::world::brisk(),
        audience: Audience::default(),
    }
}

/// The store, with nobody else at work on it, and the vault with the key or the keys that it is sealed with.
async fn opened(home: &Home) -> (Ledger, Vault) {
    let dir = home.path("data");
    let ledger = Ledger::new(Arc::new(SledStore::open(&dir, 64 << 20).unwrap().store));
    let id = |name: Option<[u8; 4]>| name.map(KeyId::from_bytes);
    let in_use = id(ledger.vault_key().await.unwrap()).unwrap();
    let expected = match id(ledger.next_vault_key().await.unwrap()) {
        Some(to) => Expected::Changing { from: in_use, to },
        None => Expected::Existing(in_use),
    };
    (ledger, Vault::unlock(&dir, &|_| None, expected).unwrap())
}

/// Each grant opens; answers which key is in use, and whether a change of it is half done.
async fn each_opens(home: &Home, server: &str, how: &str) -> (KeyId, bool) {
    let (ledger, vault) = opened(home).await;
    for n in 0..GRANTS {
        let id = account(n, server).id;
        let sealed = ledger.grant(id).await.unwrap().unwrap();
        assert_eq!(vault.open(id, &sealed).unwrap(), secret(n), "{how}: grant {n}");
    }
    (vault.key_id(), vault.former_id().is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_changes_the_vaults_key_every_grant_opens_and_is_spoken_with() {
    let town = super::town().await;
    let home = Home::new(&format!("[wire]\ntrusted_origins = [\"{}\"]", town.url));
    let running = home.start();
    let entered = token(&town, "acme").await;
    let said = home.say_with(&["link", "mastodon", "--poster", "Acme", "--server", &town.url], &entered);
    assert_eq!(said.code, 0, "{}", said.err);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    {
        let (ledger, vault) = opened(&home).await;
        ledger.welcome(&Person::poster("Bo", Timestamp::EPOCH)).await.unwrap();
        for n in 0..GRANTS {
            let account = account(n, &town.url);
            ledger.link(&account, vault.seal(account.id, &secret(n)).unwrap()).await.unwrap();
        }
    }

    let (mut keys, mut half_done) = (BTreeSet::new(), 0);
    for round in 0..10_u64 {
        let mut process = Command::new(PROGRAM)
            .args(["vault", "rotate"])
            .current_dir(home.dir.path())
            .env_remove("GIGCAST_VAULT_KEY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        crate::kill::pause(Duration::from_millis(40 + 40 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        let (key, changing) = each_opens(&home, &town.url, &format!("round {round}")).await;
        keys.insert(key.to_string());
        half_done += usize::from(changing);
    }
    println!("10 kills, {half_done} of them in the midst of a change, {} keys", keys.len());
    assert!(half_done > 0, "no kill came in the midst of a change, so nothing was proven");

    // A start ends what was begun, and a gig goes out with the grant that was sealed anew.
    let running = home.start();
    fs::write(home.path("gig.toml"), "title = \"Logo\"\napply = \"jobs@acme.example\"\n").unwrap();
    let posted = home.say(&["post", "gig.toml", "--poster", "Acme", "--json"]);
    let gig: serde_json::Value = serde_json::from_str(&posted.out).unwrap();
    while !home.say(&["why", gig["id"].as_str().unwrap()]).out.contains("It stands at ") {}
    let (status, body) = home.admin("/readyz", "host: HERE");
    assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.0 200 OK", "ready\n"));
    assert_eq!(posts(&town).await, 1);
    running.signal("-TERM");
    assert_eq!(running.ends(), 0);
    let (_, changing) = each_opens(&home, &town.url, "in the end").await;
    assert!(!changing && !home.path("data/vault.key.next").exists(), "one key is left");
    let verified = home.say(&["store", "verify"]);
    assert!(verified.code == 0 && verified.out.contains("the outbox is sound"), "{verified:?}");
}
