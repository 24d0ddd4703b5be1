//! Who may come in: the accounts that say who someone is, invitations, and sign-ins.
//!
//! Of tokens only a hash is kept, so that whoever reads the store cannot come in with what it holds. An identity belongs to one
//! person: two who claim it at the same time are told apart here, by expectation.

use super::{Ledger, by_actor};
use crate::clock::Timestamp;
use crate::id::{AccountId, PersonId, digest};
use crate::person::{Account, GrantState, Identity, Person, Role};
use crate::ports::{Batch, Commit, StoreError};
use crate::secret::Secret;
use crate::store::layout::{self, Key, Record};
use crate::trust::Party;
use serde::{Deserialize, Serialize};

impl Record for Identity {
    const VERSION: u8 = 1;
}

/// An invitation to become a poster; its token is in the address that the operator hands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The poster's name.
    pub name: String,
    pub made: Timestamp,
    pub until: Timestamp,
}

impl Record for Invite {
    const VERSION: u8 = 1;
}

/// A browser that someone has signed in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    pub person: PersonId,
    pub since: Timestamp,
    /// When it was last used, to the hour or so.
    pub seen: Timestamp,
}

impl Record for SignIn {
    const VERSION: u8 = 1;
}

/// A picture of an account, as it was when the account was linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Avatar {
    /// Its media type, as its own bytes say.
    pub kind: String,
    pub bytes: Vec<u8>,
}

impl Record for Avatar {
    const VERSION: u8 = 1;
}

/// What a look through invitations and sign-ins came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    pub removed: usize,
    /// Where the next look goes on; nothing when all have been looked at.
    pub next: Option<Key>,
}

/// Whose an account is, after someone claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owned {
    /// The claimant's, now or already.
    Theirs,
    /// Another person's; nothing was written.
    Anothers,
}

/// What became of signing in by an account that its person takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// Nobody comes in by it any more, and every browser that was signed in as this person is not.
    Closed,
    /// All is as it was: it is the only way in that they have, or was none of theirs.
    Kept,
}

/// Whether a person may be left without any account that says who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LastWayIn {
    Stays,
    /// An invitation brings them back.
    MayGo,
}

impl Ledger {
    pub async fn identity(&self, account: AccountId) -> Result<Option<Identity>, StoreError> {
        Ok(self.read(&layout::identity(account)).await?.map(|read| read.value))
    }

    pub async fn identities_of(&self, person: PersonId) -> Result<Vec<Identity>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::identities_of(person), usize::MAX).await? {
            let Some(account) = layout::read_identity_of(&key) else { continue };
            found.extend(self.identity(account).await?);
        }
        Ok(found)
    }

    /// Notes that this account says who `person` is, and the person where they are new.
    pub async fn know(&self, person: &Person, identity: &Identity) -> Result<Owned, StoreError> {
        let mut batch = Batch::default();
        if self.claim(&mut batch, identity).await? == Owned::Anothers {
            return Ok(Owned::Anothers);
        }
        if self.person(person.id).await?.is_none() {
            layout::put(&mut batch, layout::person(person.id), person, None);
        }
        let commit = self.store.commit(batch).await?;
        self.tied();
        Ok(owned(commit))
    }

    /// Adds to a batch that `identity` is its person's, and nobody else's.
    pub(super) async fn claim(&self, batch: &mut Batch, identity: &Identity) -> Result<Owned, StoreError> {
        let key = layout::identity(identity.account);
        let known = self.read::<Identity>(&key).await?;
        if known.as_ref().is_some_and(|known| known.value.person != identity.person) {
            return Ok(Owned::Anothers);
        }
        // The same account may be named otherwise than when it was claimed before.
        by_actor::remove(batch, &key, known.iter().flat_map(|known| known.value.actors()));
        by_actor::note(batch, &key, identity.actors());
        layout::put(batch, key.clone(), identity, known.as_ref().map(|known| &known.head));
        batch.expect.push((key, known.map(|known| known.head)));
        batch.put.push((layout::identity_of(identity.person, identity.account), Vec::new()));
        Ok(Owned::Theirs)
    }

    /// An account that is not linked says no more who this person is, as long as another does.
    pub async fn disown(&self, person: PersonId, account: AccountId) -> Result<WayIn, StoreError> {
        loop {
            let place = layout::account(account);
            let linked = self.read::<Account>(&place).await?;
            if linked.as_ref().is_some_and(|linked| {
                linked.value.owner == person && !matches!(linked.value.grant, GrantState::Revoked { .. })
            }) {
                return Ok(WayIn::Kept);
            }
            let mut batch = Batch::default();
            batch.expect.push((place, linked.map(|linked| linked.head)));
            if self.close_way_in(&mut batch, person, account, LastWayIn::Stays).await? == WayIn::Kept {
                return Ok(WayIn::Kept);
            }
            if self.store.commit(batch).await? == Commit::Applied {
                self.tied();
                return Ok(WayIn::Closed);
            }
        }
    }

    /// Adds to a batch that nobody signs in by this account any more. Of those who are signed in nobody knows by which account they came, so
    /// that all of this person's sign-ins end: the account may be in other hands.
    pub(super) async fn close_way_in(
        &self,
        batch: &mut Batch,
        person: PersonId,
        account: AccountId,
        last: LastWayIn,
    ) -> Result<WayIn, StoreError> {
        if self.identity(account).await?.is_none_or(|known| known.person != person) {
            return Ok(WayIn::Kept);
        }
        if last == LastWayIn::Stays {
            let mut other = None;
            for identity in self.identities_of(person).await?.into_iter().filter(|one| one.account != account) {
                let key = layout::identity(identity.account);
                other = self.read::<Identity>(&key).await?.map(|read| (key, Some(read.head)));
                if other.is_some() {
                    break;
                }
            }
            // It may be taken away at this very moment: of two that are each other's reason to go, one stays.
            let Some(other) = other else { return Ok(WayIn::Kept) };
            batch.expect.push(other);
        }
        self.disclaim(batch, account).await?;
        self.drop_sign_ins(batch, person).await?;
        Ok(WayIn::Closed)
    }

    async fn drop_sign_ins(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        for (key, head) in self.keys(&layout::sign_ins(), usize::MAX).await? {
            if self.open::<SignIn>(&key, &head).await?.person == person {
                batch.delete.push(key.to_vec());
            }
        }
        Ok(())
    }

    /// Adds to a batch that the account says nothing of anyone any more.
    pub(super) async fn disclaim(&self, batch: &mut Batch, account: AccountId) -> Result<(), StoreError> {
        let key = layout::identity(account);
        if let Some(known) = self.read::<Identity>(&key).await? {
            batch.delete.push(layout::identity_of(known.value.person, account));
            by_actor::remove(batch, &key, known.value.actors());
            layout::remove(batch, key.clone(), Some(&known.head));
            batch.expect.push((key, Some(known.head)));
        }
        Ok(())
    }

    /// Writes what a person changed of themselves. One who is gone meanwhile stays gone.
    pub async fn revise_person(&self, id: PersonId, change: impl Fn(&mut Person)) -> Result<(), StoreError> {
        let key = layout::person(id);
        loop {
            let Some(mut read) = self.read::<Person>(&key).await? else { return Ok(()) };
            change(&mut read.value);
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), &read.value, Some(&read.head));
            batch.expect.push((key.clone(), Some(read.head)));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    pub async fn keep_invite(&self, token: &Secret, invite: &Invite) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::invite(&hash(token)), invite, None);
        self.store.commit(batch).await.map(drop)
    }

    /// The invitation behind a token, while it holds. Looking changes nothing.
    pub async fn invite(&self, token: &Secret, now: Timestamp) -> Result<Option<Invite>, StoreError> {
        let read = self.read::<Invite>(&layout::invite(&hash(token))).await?;
        Ok(read.map(|read| read.value).filter(|invite| now < invite.until))
    }

    /// Uses an invitation up: whoever is first becomes the poster it names and is signed in with `sign_in`. Nothing for all later ones.
    /// A freelancer who accepts it becomes that poster with the accounts they are known by; who they were until then is gone, and so is
    /// every other sign-in of theirs. All of it in one commit.
    pub async fn accept_invite(
        &self,
        token: &Secret,
        sign_in: &Secret,
        freelancer: Option<PersonId>,
        now: Timestamp,
    ) -> Result<Option<Person>, StoreError> {
        let key = layout::invite(&hash(token));
        loop {
            let Some(invite) = self.read::<Invite>(&key).await?.filter(|read| now < read.value.until) else {
                return Ok(None);
            };
            let mut batch = Batch::default();
            batch.delete.push(key.clone());
            batch.expect.push((key.clone(), Some(invite.head)));
            let invited = Person::poster(&invite.value.name, now);
            let place = layout::person(invited.id);
            let known = self.read::<Person>(&place).await?;
            batch.expect.push((place.clone(), known.as_ref().map(|known| known.head.clone())));
            let old = known.as_ref().map(|known| known.head.clone());
            let mut person = known.map_or(invited, |known| Person { role: Role::Poster, ..known.value });
            if let Some(was) = freelancer {
                self.become_poster(&mut batch, was, &mut person).await?;
            }
            layout::put(&mut batch, place, &person, old.as_ref());
            let begun = SignIn { person: person.id, since: now, seen: now };
            layout::put(&mut batch, layout::sign_in(&hash(sign_in)), &begun, None);
            // Whoever was quicker used it up, or wrote something of the person: the next look tells.
            if self.store.commit(batch).await? == Commit::Applied {
                self.tied();
                return Ok(Some(person));
            }
        }
    }

    /// Adds to a batch that a freelancer is `poster` from now on. One who is gone, or is none, is left alone.
    async fn become_poster(&self, batch: &mut Batch, was: PersonId, poster: &mut Person) -> Result<(), StoreError> {
        let place = layout::person(was);
        let Some(freelancer) = self.read::<Person>(&place).await? else { return Ok(()) };
        if freelancer.value.role != Role::Freelancer || was == poster.id {
            return Ok(());
        }
        poster.email = poster.email.take().or(freelancer.value.email);
        layout::remove(batch, place.clone(), Some(&freelancer.head));
        batch.expect.push((place, Some(freelancer.head)));
        for (of_was, _) in self.keys(&layout::identities_of(was), usize::MAX).await? {
            let Some(account) = layout::read_identity_of(&of_was) else { continue };
            let key = layout::identity(account);
            let Some(known) = self.read::<Identity>(&key).await? else { continue };
            let theirs = Identity { person: poster.id, ..known.value };
            layout::put(batch, key.clone(), &theirs, Some(&known.head));
            batch.expect.push((key, Some(known.head)));
            batch.delete.push(of_was.to_vec());
            batch.put.push((layout::identity_of(poster.id, account), Vec::new()));
        }
        // Sealed for them alone: the poster signs with a key of their own.
        batch.delete.push(layout::vouch_key(was));
        self.move_accounts(batch, was, poster.id).await?;
        self.move_evidence(batch, Party::Person(was), Party::Person(poster.id)).await?;
        self.move_own(batch, was, poster.id).await?;
        self.move_shown_circle(batch, was, poster.id).await?;
        self.move_memberships(batch, was, poster.id).await?;
        self.move_referrals(batch, was, poster.id).await?;
        self.move_notices(batch, was, poster.id).await?;
        self.drop_sign_ins(batch, was).await
    }

    pub async fn begin_sign_in(&self, token: &Secret, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let begun = SignIn { person, since: now, seen: now };
        layout::put(&mut batch, layout::sign_in(&hash(token)), &begun, None);
        self.store.commit(batch).await.map(drop)
    }

    pub async fn sign_in(&self, token: &Secret) -> Result<Option<SignIn>, StoreError> {
        Ok(self.read(&layout::sign_in(&hash(token))).await?.map(|read| read.value))
    }

    /// Notes that a sign-in was used; one that has ended meanwhile stays ended.
    pub async fn note_seen(&self, token: &Secret, now: Timestamp) -> Result<(), StoreError> {
        let key = layout::sign_in(&hash(token));
        let Some(mut read) = self.read::<SignIn>(&key).await? else { return Ok(()) };
        read.value.seen = now;
        let mut batch = Batch::default();
        layout::put(&mut batch, key.clone(), &read.value, None);
        batch.expect.push((key, Some(read.head)));
        self.store.commit(batch).await.map(drop)
    }

    /// The browsers in which a person is signed in.
    pub async fn sign_ins_of(&self, person: PersonId) -> Result<Vec<SignIn>, StoreError> {
        let all: Vec<SignIn> = self.list(&layout::sign_ins(), usize::MAX).await?;
        Ok(all.into_iter().filter(|sign_in| sign_in.person == person).collect())
    }

    /// The invitations to become this poster, those that are over included until they are cleared.
    pub async fn invites_of(&self, person: PersonId) -> Result<Vec<Invite>, StoreError> {
        let all: Vec<Invite> = self.list(&layout::invites(), usize::MAX).await?;
        Ok(all.into_iter().filter(|invite| PersonId::from_name(&invite.name) == person).collect())
    }

    pub async fn end_sign_in(&self, token: &Secret) -> Result<(), StoreError> {
        let batch = Batch { delete: vec![layout::sign_in(&hash(token))], ..Batch::default() };
        self.store.commit(batch).await.map(drop)
    }

    /// Ends every sign-in that `over` picks; answers how many.
    pub async fn end_sign_ins(&self, over: impl Fn(&SignIn) -> bool) -> Result<usize, StoreError> {
        let mut batch = Batch::default();
        for (key, head) in self.keys(&layout::sign_ins(), usize::MAX).await? {
            if over(&self.open::<SignIn>(&key, &head).await?) {
                batch.delete.push(key.to_vec());
            }
        }
        let ended = batch.delete.len();
        if ended > 0 {
            self.store.commit(batch).await?;
        }
        Ok(ended)
    }

    /// Adds to a batch that nobody comes in as this person any more: no browser, no program, no invitation, and no picture shows them.
    pub(super) async fn drop_access(&self, batch: &mut Batch, person: PersonId) -> Result<(), StoreError> {
        self.drop_sign_ins(batch, person).await?;
        for (key, head) in self.keys(&layout::invites(), usize::MAX).await? {
            if PersonId::from_name(&self.open::<Invite>(&key, &head).await?.name) == person {
                batch.delete.push(key.to_vec());
            }
        }
        for identity in self.identities_of(person).await? {
            let key = layout::avatar(identity.account);
            if let Some(picture) = self.store.get(&key).await? {
                layout::remove(batch, key, Some(&picture));
            }
        }
        self.drop_tokens(batch, person).await
    }

    /// Looks through at most `limit` invitations and sign-ins, from `from` on, and removes what nobody can come in by any more.
    pub async fn clear_access(
        &self,
        from: Option<Key>,
        limit: usize,
        now: Timestamp,
        over: impl Fn(&SignIn) -> bool,
    ) -> Result<Cleared, StoreError> {
        // Invitations lie right before sign-ins.
        let (from, until) = (from.unwrap_or_else(layout::invites), layout::end_of(&layout::sign_ins()));
        let found = self.store.scan(&from, &until, limit).await?;
        let mut batch = Batch::default();
        for (key, head) in &found {
            let is_over = if key.starts_with(&layout::invites()) {
                self.open::<Invite>(key, head).await?.until <= now
            } else {
                over(&self.open::<SignIn>(key, head).await?)
            };
            if is_over {
                batch.delete.push(key.to_vec());
                batch.expect.push((key.to_vec(), Some(head.clone())));
            }
        }
        let (looked_at, mut removed) = (found.len(), batch.delete.len());
        // Someone who comes in at this very moment is not thrown out: the next round looks again.
        if removed > 0 && self.store.commit(batch).await? == Commit::Conflict {
            removed = 0;
        }
        let next = found.last().filter(|_| looked_at == limit).map(|(key, _)| [key.as_ref(), &[0]].concat());
        Ok(Cleared { removed, next })
    }

    pub async fn avatar(&self, account: AccountId) -> Result<Option<Avatar>, StoreError> {
        Ok(self.read(&layout::avatar(account)).await?.map(|read| read.value))
    }

    pub async fn has_avatar(&self, account: AccountId) -> Result<bool, StoreError> {
        Ok(self.store.get(&layout::avatar(account)).await?.is_some())
    }

    pub async fn keep_avatar(&self, account: AccountId, avatar: &Avatar) -> Result<(), StoreError> {
        let key = layout::avatar(account);
        let old = self.store.get(&key).await?;
        let mut batch = Batch::default();
        layout::put(&mut batch, key, avatar, old.as_ref());
        self.store.commit(batch).await.map(drop)
    }
}

fn owned(commit: Commit) -> Owned {
    match commit {
        Commit::Applied => Owned::Theirs,
        // Someone else was quicker; who, the next look tells.
        Commit::Conflict => Owned::Anothers,
    }
}

fn hash(token: &Secret) -> [u8; 32] {
    digest("sign-in token", &[token.expose().as_bytes()])
}
