//! What the vault sealed: grants, who we are to servers, the keys that we and people sign with; and with which key it did.
//!
//! The store never sees any of it open. It knows the names of keys, so that a change of key can be ended after a crash: while one is under
//! way both names are on record, and each sealed record says by itself which of them it is sealed with.

use super::Ledger;
use crate::clock::Timestamp;
use crate::credential::Signer;
use crate::id::AccountId;
use crate::person::GrantState;
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Sealed(pub(super) Vec<u8>);

impl Record for Sealed {
    const VERSION: u8 = 1;
}

/// Keeps the server's name too: what is sealed opens only for it.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedClient {
    server: String,
    sealed: Vec<u8>,
}

impl Record for SealedClient {
    const VERSION: u8 = 2;
}

/// Names a key; the key itself is never in the store.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedWith(KeyName);

impl Record for SealedWith {
    const VERSION: u8 = 1;
}

/// As the vault names its keys.
pub type KeyName = [u8; 4];

/// What a sealed record is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedFor {
    Grant(AccountId),
    /// Who we are to the server of this origin.
    Client(String),
    SigningKey,
    PushKey,
    VouchKey(Signer),
}

impl SealedFor {
    fn key(&self) -> layout::Key {
        match self {
            Self::Grant(id) => layout::grant(*id),
            Self::Client(server) => layout::client(server),
            Self::SigningKey => signing_key(),
            Self::PushKey => push_key(),
            Self::VouchKey(signer) => vouch_key(*signer),
        }
    }
}

fn vault_key() -> layout::Key {
    layout::meta("vault-key")
}

fn next_vault_key() -> layout::Key {
    layout::meta("vault-key-next")
}

fn signing_key() -> layout::Key {
    layout::meta("signing-key")
}

fn push_key() -> layout::Key {
    layout::meta("push-key")
}

fn vouch_key(signer: Signer) -> layout::Key {
    match signer {
        Signer::Instance => layout::meta("vouch-key"),
        Signer::Person(person) => layout::vouch_key(person),
    }
}

impl Ledger {
    /// The name of the vault key that was in use when gigcast last started; see [`Ledger::note_vault_key`].
    pub async fn vault_key(&self) -> Result<Option<KeyName>, StoreError> {
        Ok(self.read::<SealedWith>(&vault_key()).await?.map(|read| read.value.0))
    }

    /// The name of the key that is being changed to; nothing when none is.
    pub async fn next_vault_key(&self) -> Result<Option<KeyName>, StoreError> {
        Ok(self.read::<SealedWith>(&next_vault_key()).await?.map(|read| read.value.0))
    }

    /// Notes which vault key is in use, and that no change is under way. Done before the first grant can be sealed with it, and after the last
    /// has been sealed anew.
    pub async fn note_vault_key(&self, name: KeyName) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, vault_key(), &SealedWith(name), None);
        batch.delete.push(next_vault_key());
        self.store.commit(batch).await.map(drop)
    }

    /// Notes that a change to this key begins. Done before anything is sealed with it.
    pub async fn note_next_vault_key(&self, name: KeyName) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, next_vault_key(), &SealedWith(name), None);
        self.store.commit(batch).await.map(drop)
    }

    /// Who we are to a server, as the vault sealed it.
    pub async fn client(&self, server: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read::<SealedClient>(&layout::client(server)).await?.map(|read| read.value.sealed))
    }

    pub async fn keep_client(&self, server: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        let key = layout::client(server);
        let old = self.store.get(&key).await?;
        let mut batch = Batch::default();
        layout::put(&mut batch, key, &SealedClient { server: server.to_owned(), sealed }, old.as_ref());
        self.store.commit(batch).await.map(drop)
    }

    pub async fn signing_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read::<Sealed>(&signing_key()).await?.map(|read| read.value.0))
    }

    /// Keeps the first signing key; `Conflict` when there is one.
    pub async fn keep_signing_key(&self, sealed: Vec<u8>) -> Result<Commit, StoreError> {
        self.keep_first(signing_key(), sealed).await
    }

    pub async fn push_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read::<Sealed>(&push_key()).await?.map(|read| read.value.0))
    }

    /// Keeps the first push key; `Conflict` when there is one.
    pub async fn keep_push_key(&self, sealed: Vec<u8>) -> Result<Commit, StoreError> {
        self.keep_first(push_key(), sealed).await
    }

    pub async fn vouch_key(&self, signer: Signer) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read::<Sealed>(&vouch_key(signer)).await?.map(|read| read.value.0))
    }

    /// Keeps the first key with which somebody's vouches are signed; `Conflict` when there is one.
    pub async fn keep_vouch_key(&self, signer: Signer, sealed: Vec<u8>) -> Result<Commit, StoreError> {
        self.keep_first(vouch_key(signer), sealed).await
    }

    async fn keep_first(&self, key: layout::Key, sealed: Vec<u8>) -> Result<Commit, StoreError> {
        let mut batch = Batch::default();
        batch.expect.push((key.clone(), None));
        layout::put(&mut batch, key, &Sealed(sealed), None);
        self.store.commit(batch).await
    }

    pub async fn grant(&self, id: AccountId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read::<Sealed>(&layout::grant(id)).await?.map(|read| read.value.0))
    }

    /// Replaces the grant that was sealed as `before` by what renewing it gave; `Conflict` when its person has linked anew meanwhile.
    pub async fn renew_grant(&self, id: AccountId, before: &[u8], sealed: Vec<u8>) -> Result<Commit, StoreError> {
        self.reseal(&SealedFor::Grant(id), before, sealed).await
    }

    /// Whether anything sealed is kept: then the key that sealed it must be there as well.
    pub async fn anything_sealed(&self) -> Result<bool, StoreError> {
        let vouches = [vouch_key(Signer::Instance), layout::vouch_keys()];
        let others = [layout::grants(), layout::clients(), signing_key(), push_key()];
        for space in others.into_iter().chain(vouches) {
            if !self.keys(&space, 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All that is sealed.
    pub async fn all_sealed(&self) -> Result<Vec<(SealedFor, Vec<u8>)>, StoreError> {
        let mut all = Vec::new();
        for (key, head) in self.keys(&layout::grants(), usize::MAX).await? {
            let Some(id) = layout::read_grant(&key) else { continue };
            all.push((SealedFor::Grant(id), self.open::<Sealed>(&key, &head).await?.0));
        }
        for client in self.list::<SealedClient>(&layout::clients(), usize::MAX).await? {
            all.push((SealedFor::Client(client.server), client.sealed));
        }
        if let Some(sealed) = self.signing_key().await? {
            all.push((SealedFor::SigningKey, sealed));
        }
        if let Some(sealed) = self.push_key().await? {
            all.push((SealedFor::PushKey, sealed));
        }
        if let Some(sealed) = self.vouch_key(Signer::Instance).await? {
            all.push((SealedFor::VouchKey(Signer::Instance), sealed));
        }
        for (key, head) in self.keys(&layout::vouch_keys(), usize::MAX).await? {
            let Some(person) = layout::read_vouch_key(&key) else { continue };
            all.push((SealedFor::VouchKey(Signer::Person(person)), self.open::<Sealed>(&key, &head).await?.0));
        }
        Ok(all)
    }

    /// Forgets all that is sealed, since its key is lost: each account has to be linked anew, which `why` says. Answers how many accounts.
    pub async fn forget_sealed(&self, why: &str, now: Timestamp) -> Result<usize, StoreError> {
        let mut unlinked = 0;
        for account in self.accounts().await?.iter().filter(|account| account.grant == GrantState::Linked) {
            let needs = GrantState::NeedsRelink { since: now, said: why.to_owned() };
            self.note_grant_state(account, &needs, None).await?;
            unlinked += 1;
        }
        let mut keys = vec![signing_key(), push_key(), vouch_key(Signer::Instance), vault_key(), next_vault_key()];
        for space in [layout::grants(), layout::clients(), layout::vouch_keys()] {
            keys.extend(self.keys(&space, usize::MAX).await?.into_iter().map(|(key, _)| key.to_vec()));
        }
        for key in keys {
            let mut batch = Batch::default();
            let old = self.store.get(&key).await?;
            layout::remove(&mut batch, key, old.as_ref());
            self.store.commit(batch).await?;
        }
        Ok(unlinked)
    }

    /// Writes a sealed record anew that was sealed as `before`; `Conflict` when it has changed meanwhile.
    pub async fn reseal(&self, what: &SealedFor, before: &[u8], sealed: Vec<u8>) -> Result<Commit, StoreError> {
        let key = what.key();
        let mut batch = Batch::default();
        let head = match what {
            SealedFor::Client(server) => {
                let read = self.read::<SealedClient>(&key).await?.filter(|read| read.value.sealed == before);
                let Some(read) = read else { return Ok(Commit::Conflict) };
                let client = SealedClient { server: server.clone(), sealed };
                layout::put(&mut batch, key.clone(), &client, Some(&read.head));
                read.head
            }
            SealedFor::Grant(_) | SealedFor::SigningKey | SealedFor::PushKey | SealedFor::VouchKey(_) => {
                let read = self.read::<Sealed>(&key).await?.filter(|read| read.value.0 == before);
                let Some(read) = read else { return Ok(Commit::Conflict) };
                layout::put(&mut batch, key.clone(), &Sealed(sealed), Some(&read.head));
                read.head
            }
        };
        batch.expect.push((key, Some(head)));
        self.store.commit(batch).await
    }
}
