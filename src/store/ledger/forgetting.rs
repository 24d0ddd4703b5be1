//! Wishes not to be named, and what is taken away for them.
//!
//! A wish is written first, and from that moment on nobody collects anything of its party ([`Ledger::unnamed_among`]). Then all that names them
//! goes, in small batches, each with the place that the next one begins at: a crash in between goes on there. What is left is the wish under a hash
//! of their address, and their deeds without a name, so that counts stay true.

use super::{Ledger, PAGE, Read, by_actor};
use crate::clock::Timestamp;
use crate::engagement::Engagement;
use crate::id::{ActorId, PersonId, digest};
use crate::person::{Account, Actor, GrantState, Identity, Person};
use crate::ports::{Batch, Commit, StoreError};
use crate::secret::Secret;
use crate::store::layout::{self, Key, Record};
use crate::trust::Party;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// How somebody asked not to be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wish {
    /// They are here, counted, and named to nobody.
    Unlisted,
    /// Nothing is kept of them.
    Forgotten,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wished {
    wish: Wish,
    since: Timestamp,
    /// What is still to be gone through; nothing when all is done.
    left: Option<Left>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Left {
    /// As others may have written them, longest first. Gone when all is done.
    names: Vec<String>,
    from: Key,
}

impl Record for Wished {
    const VERSION: u8 = 1;
}

/// What was taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Forgot {
    /// Pieces of evidence by them and about them, and vouches that were brought, whether they counted or not.
    pub evidence: usize,
    /// Vouches in replies, by them and for them.
    pub vouches: usize,
    /// Deeds of theirs that are counted and nameless now.
    pub deeds: usize,
    /// Words of others in which their name stood.
    pub mentions: usize,
}

impl AddAssign for Forgot {
    fn add_assign(&mut self, more: Self) {
        self.evidence += more.evidence;
        self.vouches += more.vouches;
        self.deeds += more.deeds;
        self.mentions += more.mentions;
    }
}

/// Why somebody could not be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotForgotten {
    /// These accounts are still linked: their networks have to be told first.
    StillLinked(Vec<String>),
    Unknown,
}

/// Somebody without a sign-in says that an account is theirs, and shows it by a code that they post there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub network: String,
    pub handle: String,
    pub code: String,
    pub until: Timestamp,
    /// Whose account it is, once the post was found.
    pub shown: Option<ActorId>,
}

impl Record for Proof {
    const VERSION: u8 = 1;
}

impl Ledger {
    pub async fn wish(&self, of: Party) -> Result<Option<Wish>, StoreError> {
        Ok(self.read::<Wished>(&layout::wish(of)).await?.map(|read| read.value.wish))
    }

    /// Those of these who are not to be named.
    pub async fn unnamed_among(
        &self,
        actors: impl IntoIterator<Item = ActorId>,
    ) -> Result<BTreeSet<ActorId>, StoreError> {
        let mut unnamed = BTreeSet::new();
        for actor in actors.into_iter().collect::<BTreeSet<_>>() {
            if self.store.get(&layout::wish(Party::Actor(actor))).await?.is_some() {
                unnamed.insert(actor);
            }
        }
        Ok(unnamed)
    }

    /// The actors that a person has shown to be, under each name that networks use for them.
    pub async fn actors_of(&self, person: PersonId) -> Result<Vec<ActorId>, StoreError> {
        Ok(self.identities_of(person).await?.iter().flat_map(Identity::actors).collect())
    }

    /// From now on a person is counted here and named to nobody; what was collected of their accounts goes.
    pub async fn unlist(&self, person: PersonId, now: Timestamp) -> Result<Forgot, StoreError> {
        let mut batch = Batch::default();
        let wished = Wished { wish: Wish::Unlisted, since: now, left: None };
        layout::put(&mut batch, layout::wish(Party::Person(person)), &wished, None);
        let actors = self.wish_for_actors(&mut batch, person, now).await?;
        self.store.commit(batch).await?;
        self.finish_all(actors.into_iter().map(Party::Actor)).await
    }

    /// Whether somebody who is here asked once to be forgotten, by this person or by an account that is theirs: then nothing is collected of them.
    pub async fn has_been_forgotten(&self, person: PersonId) -> Result<bool, StoreError> {
        Ok(match self.wish(Party::Person(person)).await? {
            Some(wish) => wish == Wish::Forgotten,
            None => !self.unnamed_among(self.actors_of(person).await?).await?.is_empty(),
        })
    }

    /// A person may be named again, and what their accounts do is collected from now on. Nothing of before comes back.
    pub async fn relist(&self, person: PersonId) -> Result<(), StoreError> {
        let actors = self.actors_of(person).await?.into_iter().map(Party::Actor);
        let mut batch = Batch::default();
        for party in actors.chain([Party::Person(person)]) {
            let key = layout::wish(party);
            let wished = self.read::<Wished>(&key).await?;
            // What a crash left over goes before the wish that says so does.
            if wished.is_some_and(|wished| wished.value.left.is_some()) {
                self.finish(party).await?;
            }
            batch.delete.push(key);
        }
        self.store.commit(batch).await?;
        self.tied();
        Ok(())
    }

    /// Forgets an account that nobody has signed in with: nothing that names it stays, and nothing is collected of it again.
    /// `handle` is how it calls itself, where that is not on record.
    pub async fn forget_actor(
        &self,
        actor: ActorId,
        handle: Option<&str>,
        now: Timestamp,
    ) -> Result<Forgot, StoreError> {
        let mut batch = Batch::default();
        self.forget_invitations(&mut batch, &[Party::Actor(actor)]).await?;
        self.wish_for_actor(&mut batch, actor, handle.into_iter().flat_map(names_of).collect(), now).await?;
        self.store.commit(batch).await?;
        self.finish_all([Party::Actor(actor)]).await
    }

    /// Forgets a person: who they are, what they said, what was said of them, and every account that showed who they are.
    pub async fn forget_person(
        &self,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Result<Forgot, NotForgotten>, StoreError> {
        loop {
            let key = layout::person(person);
            let Some(known) = self.read::<Person>(&key).await? else { return Ok(Err(NotForgotten::Unknown)) };
            let mut accounts = Vec::new();
            for account in self.accounts_of(person).await? {
                accounts.extend(self.read::<Account>(&layout::account(account.id)).await?);
            }
            let is_linked = |account: &&Read<Account>| !matches!(account.value.grant, GrantState::Revoked { .. });
            let linked: Vec<String> =
                accounts.iter().filter(is_linked).map(|account| account.value.handle.clone()).collect();
            if !linked.is_empty() {
                return Ok(Err(NotForgotten::StillLinked(linked)));
            }
            // Asked for again, it begins here again.
            self.forget_memberships(person, now).await?;
            let mut batch = Batch::default();
            let actors = self.forget_who(&mut batch, &known, accounts, now).await?;
            // Somebody signed in, or linked an account, at this very moment: all of it is looked at again.
            if self.store.commit(batch).await? == Commit::Applied {
                let parties = actors.into_iter().map(Party::Actor).chain([Party::Person(person)]);
                return self.finish_all(parties).await.map(Ok);
            }
        }
    }

    /// Adds to a batch the wish of a person, and that all goes by which it is known who they are. Answers the accounts that were theirs.
    async fn forget_who(
        &self,
        batch: &mut Batch,
        known: &Read<Person>,
        accounts: Vec<Read<Account>>,
        now: Timestamp,
    ) -> Result<Vec<ActorId>, StoreError> {
        let person = known.value.id;
        let left = Some(Left { names: Vec::new(), from: layout::engagements() });
        let wished = Wished { wish: Wish::Forgotten, since: now, left };
        layout::put(batch, layout::wish(Party::Person(person)), &wished, None);
        let mut actors = self.wish_for_actors(batch, person, now).await?;
        actors.extend(self.wish_for_unlinked(batch, &accounts, now).await?);
        layout::remove(batch, layout::person(person), Some(&known.head));
        batch.expect.push((layout::person(person), Some(known.head.clone())));
        self.drop_own(batch, person).await?;
        self.drop_referrals(batch, person).await?;
        self.drop_notices(batch, person).await?;
        self.drop_relays_of(batch, person).await?;
        let parties: Vec<Party> = actors.iter().copied().map(Party::Actor).chain([Party::Person(person)]).collect();
        self.forget_invitations(batch, &parties).await?;
        for identity in self.identities_of(person).await? {
            self.disclaim(batch, identity.account).await?;
        }
        batch.delete.push(layout::vouch_key(person));
        self.drop_access(batch, person).await?;
        for Read { value: mut account, head } in accounts {
            // What it posted stays the gig's; whose it was is nobody's business any more.
            let place = layout::account(account.id);
            (account.handle, account.url, account.native) = ("forgotten".to_owned(), String::new(), String::new());
            layout::put(batch, place.clone(), &account, Some(&head));
            batch.expect.push((place, Some(head)));
        }
        Ok(actors)
    }

    /// Goes on with every forgetting that a crash interrupted; answers how many there were.
    pub async fn resume_forgetting(&self) -> Result<usize, StoreError> {
        let mut interrupted = Vec::new();
        for (key, head) in self.keys(&layout::wishes(), usize::MAX).await? {
            if self.open::<Wished>(&key, &head).await?.left.is_some() {
                interrupted.extend(layout::read_wish(&key));
            }
        }
        let count = interrupted.len();
        self.finish_all(interrupted).await?;
        Ok(count)
    }

    async fn wish_for_actors(
        &self,
        batch: &mut Batch,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Vec<ActorId>, StoreError> {
        let mut names: Vec<String> =
            self.identities_of(person).await?.iter().flat_map(|identity| names_of(&identity.handle)).collect();
        names.extend(self.person(person).await?.and_then(|known| whole_name(&known.name)));
        let actors = self.actors_of(person).await?;
        for actor in &actors {
            self.wish_for_actor(batch, *actor, names.clone(), now).await?;
        }
        Ok(actors)
    }

    /// What accounts did that were unlinked before is forgotten with the rest, unless they are somebody else's by now.
    async fn wish_for_unlinked(
        &self,
        batch: &mut Batch,
        accounts: &[Read<Account>],
        now: Timestamp,
    ) -> Result<Vec<ActorId>, StoreError> {
        let mut unlinked = Vec::new();
        for Read { value: account, .. } in accounts {
            if self.identity(account.id).await?.is_some() {
                continue;
            }
            batch.expect.push((layout::identity(account.id), None));
            for actor in [&account.url, &account.native].map(|name| ActorId::from_uri(&account.network, name)) {
                self.wish_for_actor(batch, actor, names_of(&account.handle), now).await?;
                unlinked.push(actor);
            }
        }
        Ok(unlinked)
    }

    async fn wish_for_actor(
        &self,
        batch: &mut Batch,
        actor: ActorId,
        mut names: Vec<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = layout::actor(actor);
        if let Some(known) = self.read::<Actor>(&key).await? {
            names.extend(names_of(&known.value.handle));
            names.extend(whole_name(&known.value.name));
            layout::remove(batch, key, Some(&known.head));
        }
        // A short name may be the beginning of a long one.
        names.sort_by_key(|name| (std::cmp::Reverse(name.len()), name.clone()));
        names.dedup();
        let left = Some(Left { names, from: layout::engagements() });
        let wished = Wished { wish: Wish::Forgotten, since: now, left };
        layout::put(batch, layout::wish(Party::Actor(actor)), &wished, None);
        Ok(())
    }

    async fn finish_all(&self, parties: impl IntoIterator<Item = Party>) -> Result<Forgot, StoreError> {
        let mut forgot = Forgot::default();
        for party in parties {
            forgot += self.finish(party).await?;
        }
        self.tied();
        Ok(forgot)
    }

    /// Takes away all that names a party, until nothing is left. Each batch can be the last one before a crash.
    async fn finish(&self, party: Party) -> Result<Forgot, StoreError> {
        let mut forgot = Forgot { evidence: self.strike_all(party).await?, ..Forgot::default() };
        while let Some(wished) = self.read::<Wished>(&layout::wish(party)).await? {
            let Some(left) = wished.value.left.clone() else { break };
            // Only an account has done something on a network.
            let walked = match party {
                Party::Actor(actor) => self.walk(actor, &left).await?,
                Party::Person(_) => Walked::default(),
            };
            let Walked { mut batch, forgot: more, next } = walked;
            let left = next.map(|from| Left { from, ..left });
            let key = layout::wish(party);
            layout::put(&mut batch, key.clone(), &Wished { left, ..wished.value }, Some(&wished.head));
            batch.expect.push((key, Some(wished.head)));
            // Somebody engaged with the same posts meanwhile: the page is looked at again.
            if self.store.commit(batch).await? == Commit::Applied {
                forgot += more;
            }
        }
        Ok(forgot)
    }

    async fn strike_all(&self, party: Party) -> Result<usize, StoreError> {
        let mut hires = Batch::default();
        self.forget_hires(&mut hires, party).await?;
        let mut struck = self.forget_imports(&mut hires, party).await?;
        if let Party::Person(person) = party {
            hires.delete.push(layout::circle_shown(person));
        }
        self.store.commit(hires).await?;
        for prefix in [layout::evidence_by(party), layout::evidence_about_all(party)] {
            loop {
                let page = self.keys(&prefix, PAGE).await?;
                if page.is_empty() {
                    break;
                }
                struck += page.len();
                let mut batch = Batch::default();
                for (key, _) in page {
                    batch.delete.extend(layout::other_key_of_evidence(&key));
                    batch.delete.push(key.to_vec());
                }
                self.store.commit(batch).await?;
            }
        }
        Ok(struck)
    }

    /// One page of what people did and of whom they vouch for.
    async fn walk(&self, actor: ActorId, left: &Left) -> Result<Walked, StoreError> {
        let (mut batch, mut forgot) = (Batch::default(), Forgot::default());
        let among_vouches = left.from.first() == layout::vouches().first();
        let space = if among_vouches { layout::vouches() } else { layout::engagements() };
        let page = self.store.scan(&left.from, &layout::end_of(&space), PAGE).await?;
        for (key, head) in &page {
            if among_vouches {
                let parties = layout::read_vouch(key).map(|(by, whom)| [by, whom]);
                if let Some(parties) = parties.filter(|parties| parties.contains(&actor)) {
                    by_actor::remove(&mut batch, key, parties);
                    layout::remove(&mut batch, key.to_vec(), Some(head));
                    forgot.vouches += 1;
                }
                continue;
            }
            let Some(Read { value: deed, head }) = self.read::<Engagement>(key).await? else { continue };
            let kept = if deed.actor == actor {
                Engagement { words: None, evidence: None, ..deed.clone() }
            } else {
                let words = deed.words.as_deref().map(|words| masked(words, &left.names));
                Engagement { words, ..deed.clone() }
            };
            if deed.actor == actor {
                forgot.deeds += 1;
            } else if kept != deed {
                forgot.mentions += 1;
            }
            if kept != deed {
                layout::put(&mut batch, key.to_vec(), &kept, Some(&head));
                batch.expect.push((key.to_vec(), Some(head)));
            }
        }
        let next = match page.last() {
            Some((last, _)) => Some([last.as_ref(), &[0]].concat()),
            None if among_vouches => None,
            None => Some(layout::vouches()),
        };
        Ok(Walked { batch, forgot, next })
    }

    pub async fn keep_proof(&self, token: &Secret, proof: &Proof, now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for (key, head) in self.keys(&layout::proofs(), PAGE).await? {
            if self.open::<Proof>(&key, &head).await?.until <= now {
                batch.delete.push(key.to_vec());
            }
        }
        layout::put(&mut batch, layout::proof(&hash(token)), proof, None);
        self.store.commit(batch).await.map(drop)
    }

    /// What the visitor with this token says and has shown, while it holds.
    pub async fn proof(&self, token: &Secret, now: Timestamp) -> Result<Option<Proof>, StoreError> {
        let read = self.read::<Proof>(&layout::proof(&hash(token))).await?;
        Ok(read.map(|read| read.value).filter(|proof| now < proof.until))
    }

    pub async fn drop_proof(&self, token: &Secret) -> Result<(), StoreError> {
        let batch = Batch { delete: vec![layout::proof(&hash(token))], ..Batch::default() };
        self.store.commit(batch).await.map(drop)
    }
}

#[derive(Default)]
struct Walked {
    batch: Batch,
    forgot: Forgot,
    next: Option<Key>,
}

/// How others write somebody: `@bo@remote.example`, `bo@remote.example`, `@bo`.
fn names_of(handle: &str) -> Vec<String> {
    let handle = handle.trim_start_matches('@');
    let local = handle.split('@').next().unwrap_or(handle);
    [format!("@{handle}"), handle.to_owned(), format!("@{local}")].into_iter().filter(|name| name.len() > 2).collect()
}

/// A name of several words names them wherever it stands; one of a single word may be any word.
fn whole_name(name: &str) -> Option<String> {
    let name = name.trim();
    name.contains(char::is_whitespace).then(|| name.to_owned())
}

/// Without these names where they stand as whole words.
fn masked(words: &str, names: &[String]) -> String {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    names.iter().fold(words.to_owned(), |text, name| {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(name.as_str()) {
            let (before, found) = rest.split_at(at);
            let behind = &found[name.len()..];
            let is_whole = !behind.starts_with(goes_on) && !before.ends_with(goes_on);
            masked.push_str(before);
            masked.push_str(if is_whole { "@…" } else { name });
            rest = behind;
        }
        masked + rest
    })
}

fn hash(token: &Secret) -> [u8; 32] {
    digest("proof token", &[token.expose().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_masked_where_it_stands_alone_and_left_within_another() {
        let names = names_of("@bo@remote.example");
        let masked = |words| super::masked(words, &names);
        assert_eq!(masked("I vouch for @bo@remote.example, and @bo knows"), "I vouch for @…, and @… knows");
        assert_eq!(masked("@bob and @bo_x stay"), "@bob and @bo_x stay");
    }
}
