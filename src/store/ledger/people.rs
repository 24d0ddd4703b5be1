//! People, their accounts, what linking yielded, and the tokens by which posters reach the API.

use super::Ledger;
use super::access::{LastWayIn, Owned, WayIn};
use super::sealed::Sealed;
use crate::clock::Timestamp;
use crate::id::{AccountId, PersonId, digest};
use crate::notice::Notice;
use crate::person::{Account, GrantState, Person, Role};
use crate::ports::{Batch, Commit, StoreError};
use crate::profile::Profile;
use crate::secret::Secret;
use crate::store::layout::{self, Record};
use serde::{Deserialize, Serialize};

impl Record for Person {
    const VERSION: u8 = 1;
}

impl Record for Account {
    const VERSION: u8 = 4;
}

impl Record for Profile {
    const VERSION: u8 = 1;
}

/// What a word about an account's grant was worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantNoted {
    News,
    Known,
    /// The account has been linked anew since: the word is about a grant that is gone.
    Overtaken,
}

#[derive(Serialize, Deserialize)]
pub(super) struct TokenOwner(PersonId);

impl Record for TokenOwner {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        Ok(self.read(&layout::person(id)).await?.map(|read| read.value))
    }

    pub async fn persons(&self) -> Result<Vec<Person>, StoreError> {
        self.list(&layout::persons(), usize::MAX).await
    }

    /// Notes a person; one that is known stays as it is.
    pub async fn welcome(&self, person: &Person) -> Result<(), StoreError> {
        let key = layout::person(person.id);
        let mut batch = Batch::default();
        batch.expect.push((key.clone(), None));
        layout::put(&mut batch, key, person, None);
        self.store.commit(batch).await?;
        Ok(())
    }

    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.read(&layout::account(id)).await?.map(|read| read.value))
    }

    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.list(&layout::accounts(), usize::MAX).await
    }

    pub async fn accounts_of(&self, owner: PersonId) -> Result<Vec<Account>, StoreError> {
        Ok(self.accounts().await?.into_iter().filter(|account| account.owner == owner).collect())
    }

    /// Links an account: the account, its sealed grant, and that its owner is known by it; together or not at all.
    pub async fn link(&self, account: &Account, sealed: Vec<u8>) -> Result<Owned, StoreError> {
        let identity = account.identity(account.linked);
        loop {
            let mut batch = Batch::default();
            if self.claim(&mut batch, &identity).await? == Owned::Anothers {
                return Ok(Owned::Anothers);
            }
            let (account_key, grant_key) = (layout::account(account.id), layout::grant(account.id));
            let (old, old_grant) = (self.store.get(&account_key).await?, self.store.get(&grant_key).await?);
            layout::put(&mut batch, account_key, account, old.as_ref());
            layout::put(&mut batch, grant_key, &Sealed(sealed.clone()), old_grant.as_ref());
            // Whoever was quicker may have been the same person, who clicked twice: the next look tells.
            if self.store.commit(batch).await? == Commit::Applied {
                self.tied();
                return Ok(Owned::Theirs);
            }
        }
    }

    /// Adds to a batch that linked accounts, and what they reshare, are another's from now on.
    pub(super) async fn move_accounts(&self, batch: &mut Batch, was: PersonId, is: PersonId) -> Result<(), StoreError> {
        for account in self.accounts_of(was).await? {
            let key = layout::account(account.id);
            let Some(read) = self.read::<Account>(&key).await?.filter(|read| read.value.owner == was) else { continue };
            layout::put(batch, key.clone(), &Account { owner: is, ..read.value }, Some(&read.head));
            batch.expect.push((key, Some(read.head)));
            self.move_relays(batch, account.id, is).await?;
        }
        Ok(())
    }

    /// Takes a linked account away from its person: the grant is gone, and so is signing in by it, in every browser. What it has said stays on
    /// record. One that was linked anew since `account` was read is another's business, and stays.
    ///
    /// A freelancer whom nothing else lets in goes on signing in by it: nobody could invite them back, and what is held about them would be
    /// out of their own reach for good.
    pub async fn unlink(&self, account: &Account, now: Timestamp) -> Result<WayIn, StoreError> {
        let (id, key) = (account.id, layout::account(account.id));
        loop {
            let read = self.read::<Account>(&key).await?;
            let is_same = |known: &Account| (known.owner, known.linked) == (account.owner, account.linked);
            let Some(mut read) = read.filter(|read| is_same(&read.value)) else { return Ok(WayIn::Kept) };
            read.value.grant = GrantState::Revoked { since: now };
            let mut batch = Batch::default();
            let owner = self.person(account.owner).await?;
            let last = match owner.map(|owner| owner.role) {
                Some(Role::Freelancer) => LastWayIn::Stays,
                Some(Role::Poster) | None => LastWayIn::MayGo,
            };
            let way_in = self.close_way_in(&mut batch, account.owner, id, last).await?;
            self.drop_relays_by(&mut batch, id).await?;
            layout::put(&mut batch, key.clone(), &read.value, Some(&read.head));
            batch.expect.push((key.clone(), Some(read.head)));
            let grant = layout::grant(id);
            let sealed = self.store.get(&grant).await?;
            layout::remove(&mut batch, grant, sealed.as_ref());
            let avatar = layout::avatar(id);
            let picture = self.store.get(&avatar).await?;
            layout::remove(&mut batch, avatar, picture.as_ref());
            let end_told = layout::end_told(id);
            let told = self.store.get(&end_told).await?;
            layout::remove(&mut batch, end_told, told.as_ref());
            if self.store.commit(batch).await? == Commit::Applied {
                self.tied();
                return Ok(way_in);
            }
        }
    }

    /// Changes what a person may change of an account; `Conflict` when it was linked anew meanwhile.
    pub async fn revise_account(&self, id: AccountId, change: impl Fn(&mut Account)) -> Result<Commit, StoreError> {
        let key = layout::account(id);
        let Some(mut read) = self.read::<Account>(&key).await? else { return Ok(Commit::Conflict) };
        change(&mut read.value);
        let mut batch = Batch::default();
        layout::put(&mut batch, key.clone(), &read.value, Some(&read.head));
        batch.expect.push((key, Some(read.head)));
        self.store.commit(batch).await
    }

    /// Writes down what became of the grant that `account` spoke with, and in the same breath that its person is to be told.
    pub async fn note_grant_state(
        &self,
        account: &Account,
        state: &GrantState,
        notice: Option<Notice>,
    ) -> Result<GrantNoted, StoreError> {
        let key = layout::account(account.id);
        loop {
            let Some(mut read) = self.read::<Account>(&key).await? else { return Ok(GrantNoted::Known) };
            if read.value.linked != account.linked {
                return Ok(GrantNoted::Overtaken);
            }
            // What its person took away needs no mending.
            if matches!(read.value.grant, GrantState::Revoked { .. }) {
                return Ok(GrantNoted::Known);
            }
            if std::mem::discriminant(&read.value.grant) == std::mem::discriminant(state) {
                return Ok(GrantNoted::Known);
            }
            read.value.grant = state.clone();
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), &read.value, Some(&read.head));
            batch.expect.push((key.clone(), Some(read.head)));
            if let Some(notice) = &notice {
                self.tell(&mut batch, notice.clone());
            }
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(GrantNoted::News);
            }
        }
    }

    pub async fn profile(&self, network: &str, server: &str) -> Result<Option<Profile>, StoreError> {
        Ok(self.read(&layout::profile(network, server)).await?.map(|read| read.value))
    }

    pub async fn keep_profile(&self, server: &str, profile: &Profile) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::profile(&profile.id, server), profile, None);
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Keeps what remains of a poster's API token: its hash.
    pub async fn keep_token(&self, token: &Secret, owner: PersonId) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::token(&hash(token)), &TokenOwner(owner), None);
        self.store.commit(batch).await?;
        Ok(())
    }

    /// How many API tokens of this person count.
    pub async fn tokens_of(&self, owner: PersonId) -> Result<usize, StoreError> {
        let all: Vec<TokenOwner> = self.list(&layout::tokens(), usize::MAX).await?;
        Ok(all.iter().filter(|token| token.0 == owner).count())
    }

    /// Adds to a batch that no API token of this person counts any more.
    pub(super) async fn drop_tokens(&self, batch: &mut Batch, owner: PersonId) -> Result<(), StoreError> {
        for (key, head) in self.keys(&layout::tokens(), usize::MAX).await? {
            if self.open::<TokenOwner>(&key, &head).await?.0 == owner {
                batch.delete.push(key.to_vec());
            }
        }
        Ok(())
    }

    pub async fn token_owner(&self, token: &Secret) -> Result<Option<PersonId>, StoreError> {
        Ok(self.read::<TokenOwner>(&layout::token(&hash(token))).await?.map(|read| read.value.0))
    }
}

fn hash(token: &Secret) -> [u8; 32] {
    digest("api token", &[token.expose().as_bytes()])
}
