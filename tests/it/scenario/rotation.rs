//! The vault key is changed, and the power goes at every step of it: afterwards all that was sealed opens, with one key.

use gigcast::clock::Timestamp;
use gigcast::credential::Signer;
use gigcast::grants::{RotationError, rotate};
use gigcast::id::{AccountId, PersonId};
use gigcast::oauth::{ClientAuth, OAuthClient};
use gigcast::person::{Account, Audience, Grant, GrantState, Mode};
use gigcast::ports::StoreError;
use gigcast::secret::Secret;
use gigcast::store::Ledger;
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::vault::{Afterwards, Expected, KeyId, VAULT_KEY_ENV, VAULT_KEY_NEXT_ENV, Vault, VaultError};
use std::path::Path;
use std::sync::Arc;

const ACCOUNTS: u8 = 5;
/// Who signs vouches: the instance, and people.
fn signers() -> [Signer; 3] {
    [Signer::Instance, Signer::Person(PersonId::from_name("Acme")), Signer::Person(PersonId::from_name("Bo"))]
}

const SERVER: &str = "https://social.example";

fn nothing(_: &str) -> Option<String> {
    None
}

fn grant(n: u8) -> Grant {
    Grant { refresh: Some(Secret::new(format!("refresh {n}"))), ..Grant::entered(Secret::new(format!("access {n}"))) }
}

fn client() -> OAuthClient {
    OAuthClient {
        id: "us".into(),
        auth: ClientAuth::Post(Secret::new("shh")),
        redirects: vec!["https://a.example".into()],
    }
}

fn account(n: u8) -> Account {
    Account {
        id: AccountId::of(&[&[n]]),
        owner: PersonId::from_name("Acme"),
        network: "fake".into(),
        server: SERVER.into(),
        native: n.to_string(),
        handle: format!("@{n}"),
        url: SERVER.into(),
        linked: Timestamp::EPOCH,
        grant: GrantState::Linked,
        policy: gigcast::person::Policy::fitting(&gigcast::profile::Profile::unspoken("any")),
        mode: Mode::Auto,
        pace: crate::support::world::brisk(),
        audience: Audience::default(),
    }
}

/// As a start does.
async fn unlocked(ledger: &Ledger, dir: &Path) -> Result<Vault, RotationError> {
    let id = |name: Option<[u8; 4]>| name.map(KeyId::from_bytes);
    let expected = match (id(ledger.vault_key().await?), id(ledger.next_vault_key().await?)) {
        (None, _) => Expected::New,
        (Some(from), Some(to)) => Expected::Changing { from, to },
        (Some(key), None) => Expected::Existing(key),
    };
    let vault = Vault::unlock(dir, &nothing, expected)?;
    if vault.former_id().is_some() {
        return Ok(rotate(ledger, vault, dir).await?.vault);
    }
    Ok(vault)
}

async fn filled(dir: &Path) -> (VolatileStore, KeyId) {
    let store = VolatileStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let vault = unlocked(&ledger, dir).await.unwrap();
    ledger.note_vault_key(*vault.key_id().as_bytes()).await.unwrap();
    for n in 0..ACCOUNTS {
        let account = account(n);
        ledger.link(&account, vault.seal(account.id, &grant(n)).unwrap()).await.unwrap();
    }
    ledger.keep_client(SERVER, vault.seal_client(SERVER, &client()).unwrap()).await.unwrap();
    ledger.keep_signing_key(vault.seal_signing_key(&Secret::new("signs")).unwrap()).await.unwrap();
    ledger.keep_push_key(vault.seal_push_key(&Secret::new("pushes")).unwrap()).await.unwrap();
    for signer in signers() {
        let sealed = vault.seal_vouch_key(signer, &Secret::new(format!("{signer:?}"))).unwrap();
        ledger.keep_vouch_key(signer, sealed).await.unwrap();
    }
    (store.reopen(), vault.key_id())
}

async fn all_opens(ledger: &Ledger, vault: &Vault, how: &str) {
    for n in 0..ACCOUNTS {
        let id = account(n).id;
        let sealed = ledger.grant(id).await.unwrap().unwrap();
        assert_eq!(vault.open(id, &sealed).unwrap(), grant(n), "{how}");
    }
    let sealed = ledger.client(SERVER).await.unwrap().unwrap();
    assert_eq!(vault.open_client(SERVER, &sealed).unwrap(), client(), "{how}");
    let sealed = ledger.signing_key().await.unwrap().unwrap();
    assert_eq!(vault.open_signing_key(&sealed).unwrap(), Secret::new("signs"), "{how}");
    let sealed = ledger.push_key().await.unwrap().unwrap();
    assert_eq!(vault.open_push_key(&sealed).unwrap(), Secret::new("pushes"), "{how}");
    assert!(vault.open_signing_key(&sealed).is_err(), "{how}: one does not open as the other");
    for signer in signers() {
        let sealed = ledger.vouch_key(signer).await.unwrap().unwrap();
        assert_eq!(vault.open_vouch_key(signer, &sealed).unwrap(), Secret::new(format!("{signer:?}")), "{how}");
        for other in signers().into_iter().filter(|other| *other != signer) {
            assert!(vault.open_vouch_key(other, &sealed).is_err(), "{how}: {signer:?} does not open as {other:?}");
        }
    }
}

async fn change(ledger: &Ledger, dir: &Path) -> Result<KeyId, RotationError> {
    let vault = unlocked(ledger, dir).await?.change(dir, &nothing)?;
    Ok(rotate(ledger, vault, dir).await?.to)
}

#[tokio::test]
async fn a_change_of_key_seals_everything_anew_and_leaves_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let (store, old) = filled(dir.path()).await;
    let ledger = Ledger::new(Arc::new(store.clone()));
    let new = change(&ledger, dir.path()).await.unwrap();
    assert_ne!(old, new);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the old key is gone");
    let vault = unlocked(&ledger, dir.path()).await.unwrap();
    assert_eq!((vault.key_id(), vault.former_id()), (new, None));
    all_opens(&ledger, &vault, "changed").await;
}

#[tokio::test]
async fn power_that_goes_at_any_commit_leaves_every_grant_openable() {
    let dir = tempfile::tempdir().unwrap();
    let (calm, _) = filled(dir.path()).await;
    change(&Ledger::new(Arc::new(calm.clone())), dir.path()).await.unwrap();
    let commits = calm.commits();
    assert_eq!(commits, u64::from(ACCOUNTS) + 5 + 3, "the new name, each record, and the new name alone");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let how = format!("stopped {stop:?} at commit {commit} of {commits}");
            let dir = tempfile::tempdir().unwrap();
            let (store, old) = filled(dir.path()).await;
            store.stop_at(commit, stop);
            let stopped = change(&Ledger::new(Arc::new(store.clone())), dir.path()).await.unwrap_err();
            assert!(matches!(stopped, RotationError::Store(StoreError::Closed)), "{how}: {stopped}");

            let ledger = Ledger::new(Arc::new(store.reopen()));
            let vault = unlocked(&ledger, dir.path()).await.unwrap_or_else(|error| panic!("{how}: {error}"));
            all_opens(&ledger, &vault, &how).await;
            // Where the change had not begun the old key holds; else the new one, alone. Either way it can be changed again.
            assert_eq!(vault.former_id(), None, "{how}");
            let again = change(&ledger, dir.path()).await.unwrap_or_else(|error| panic!("{how}: {error}"));
            assert_ne!(again, old, "{how}");
            let vault = unlocked(&ledger, dir.path()).await.unwrap();
            all_opens(&ledger, &vault, &how).await;
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "{how}");
        }
    }
}

#[tokio::test]
async fn a_half_changed_key_with_one_of_the_two_missing_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = filled(dir.path()).await;
    store.stop_at(4, Stop::Unanswered);
    change(&Ledger::new(Arc::new(store.clone())), dir.path()).await.unwrap_err();
    let store = store.reopen();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let next = dir.path().join("vault.key.next");
    let away = dir.path().join("elsewhere");
    std::fs::rename(&next, &away).unwrap();
    let refused = unlocked(&ledger, dir.path()).await.unwrap_err();
    assert!(matches!(refused, RotationError::Vault(VaultError::HalfChanged { .. })), "{refused}");
    assert!(refused.to_string().contains(VAULT_KEY_NEXT_ENV), "{refused}");
    assert_eq!(store.commits(), 0, "nothing was written");
    std::fs::rename(&away, &next).unwrap();
    let vault = unlocked(&ledger, dir.path()).await.unwrap();
    all_opens(&ledger, &vault, "put back").await;
}

#[tokio::test]
async fn a_key_in_a_variable_changes_to_the_one_the_operator_gives() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = ("0a".repeat(32), "0b".repeat(32));
    let env = |next: Option<String>| {
        let old = old.clone();
        move |name: &str| match name {
            VAULT_KEY_ENV => Some(old.clone()),
            VAULT_KEY_NEXT_ENV => next.clone(),
            _ => None,
        }
    };
    let vault = |next: Option<String>| Vault::unlock(dir.path(), &env(next), Expected::New).unwrap();
    let ledger = Ledger::new(Arc::new(VolatileStore::new()));
    let sealed = vault(None).seal(account(1).id, &grant(1)).unwrap();
    ledger.link(&account(1), sealed).await.unwrap();

    let refused = vault(None).change(dir.path(), &env(None)).unwrap_err();
    assert!(matches!(refused, VaultError::NoNextKey { .. }), "{refused}");
    let refused = vault(None).change(dir.path(), &env(Some(old.clone()))).unwrap_err();
    assert!(matches!(refused, VaultError::SameKey(_)), "{refused}");
    let ready = vault(None).change(dir.path(), &env(Some(new.clone()))).unwrap();
    let rotated = rotate(&ledger, ready, dir.path()).await.unwrap();
    assert_eq!(rotated.afterwards, Afterwards::Replace { variable: true });
    let sealed = ledger.grant(account(1).id).await.unwrap().unwrap();
    assert_eq!(rotated.vault.open(account(1).id, &sealed).unwrap(), grant(1));
    // The variable still holds the former key: said, and nothing is touched.
    let refused = Vault::unlock(dir.path(), &env(None), Expected::Existing(rotated.to)).unwrap_err();
    assert!(refused.to_string().contains(&rotated.to.to_string()), "{refused}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "no key was written anywhere");
}
