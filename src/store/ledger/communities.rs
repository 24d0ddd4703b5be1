//! Communities and their members, as the rules of `community` change them.
//!
//! Every change of members raises the community's turn in the same batch: so of two stewards who leave at once, one is decided again.

use super::Ledger;
use crate::clock::Timestamp;
use crate::community::{Act, Change, Community, Member, after, after_becoming};
use crate::gig::rings::Ring;
use crate::id::{CommunityId, PersonId};
use crate::ports::{Batch, Commit, StoreError};
use crate::store::layout::{self, Record};
use crate::trust::Party;
use serde::{Deserialize, Serialize};

impl Record for Community {
    const VERSION: u8 = 1;
}

impl Record for Member {
    const VERSION: u8 = 1;
}

#[derive(Serialize, Deserialize)]
pub(super) struct Invited {
    by: Option<PersonId>,
    at: Timestamp,
}

impl Record for Invited {
    const VERSION: u8 = 1;
}

/// That somebody is wanted in a community and has not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    pub to: CommunityId,
    pub whom: Party,
    /// The steward who said so; nobody where it was the operator, or a steward who is forgotten.
    pub by: Option<PersonId>,
    pub at: Timestamp,
}

/// What became of a change in a community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    Done(Change),
    /// It cannot be; the end of a sentence.
    Refused(&'static str),
    Unknown,
}

impl Ledger {
    pub async fn communities(&self) -> Result<Vec<Community>, StoreError> {
        let mut all: Vec<Community> = self.list(&layout::communities(), usize::MAX).await?;
        all.sort_by(|one, other| (&one.name, &one.slug).cmp(&(&other.name, &other.slug)));
        Ok(all)
    }

    pub async fn community(&self, id: CommunityId) -> Result<Option<Community>, StoreError> {
        Ok(self.read(&layout::community(id)).await?.map(|read| read.value))
    }

    /// Everyone who is or was taken out of it, in the order of their ids.
    pub async fn members_of(&self, id: CommunityId) -> Result<Vec<Member>, StoreError> {
        self.list(&layout::members_of(id), usize::MAX).await
    }

    /// Whether somebody is in it now.
    pub async fn is_inside(&self, id: CommunityId, person: PersonId) -> Result<bool, StoreError> {
        let member = self.read::<Member>(&layout::member(id, person)).await?;
        Ok(member.is_some_and(|read| read.value.is_inside()))
    }

    /// The communities that somebody is in.
    pub async fn communities_of(&self, person: PersonId) -> Result<Vec<(Community, Member)>, StoreError> {
        let mut known = self.memberships_of(person).await?;
        known.retain(|(_, member)| member.is_inside());
        Ok(known)
    }

    /// The same, with those that took them out.
    pub async fn memberships_of(&self, person: PersonId) -> Result<Vec<(Community, Member)>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::memberships_of(person), usize::MAX).await? {
            let Some(id) = layout::read_membership(&key) else { continue };
            let member = self.read::<Member>(&layout::member(id, person)).await?.map(|read| read.value);
            if let (Some(community), Some(member)) = (self.community(id).await?, member) {
                found.push((community, member));
            }
        }
        Ok(found)
    }

    /// The invitations that are open and that this picks.
    pub async fn invitations(&self, picks: impl Fn(&Invitation) -> bool) -> Result<Vec<Invitation>, StoreError> {
        let mut all = self.invitations_under(&layout::all_invited()).await?;
        all.retain(picks);
        Ok(all)
    }

    async fn invitations_under(&self, space: &[u8]) -> Result<Vec<Invitation>, StoreError> {
        let mut all = Vec::new();
        for (key, head) in self.keys(space, usize::MAX).await? {
            let Some((to, whom)) = layout::read_invited(&key) else { continue };
            let Invited { by, at } = self.open(&key, &head).await?;
            all.push(Invitation { to, whom, by, at });
        }
        Ok(all)
    }

    /// Puts a new community on record, with its founder where it has one. `Conflict` when its address is taken.
    pub async fn found_community(&self, community: &Community, founder: Option<Member>) -> Result<Commit, StoreError> {
        let (mut batch, key) = (Batch::default(), layout::community(community.id));
        batch.expect.push((key.clone(), None));
        layout::put(&mut batch, key, community, None);
        write(&mut batch, community.id, Change { now: founder.into_iter().collect(), gone: Vec::new() });
        self.store.commit(batch).await
    }

    /// Changes what it is called, says of itself or asks for. Answers it as it then is.
    pub async fn revise_community(
        &self,
        id: CommunityId,
        change: impl Fn(&mut Community),
    ) -> Result<Option<Community>, StoreError> {
        loop {
            let key = layout::community(id);
            let Some(read) = self.read::<Community>(&key).await? else { return Ok(None) };
            let mut community = read.value;
            change(&mut community);
            let mut batch = Batch::default();
            layout::put(&mut batch, key.clone(), &community, Some(&read.head));
            batch.expect.push((key, Some(read.head)));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Some(community));
            }
        }
    }

    /// Does what the rules make of an act of, or about, somebody. Whoever comes in uses up their invitation.
    pub async fn act_in_community(
        &self,
        id: CommunityId,
        who: PersonId,
        act: &Act,
        now: Timestamp,
    ) -> Result<Grouping, StoreError> {
        loop {
            let key = layout::community(id);
            let Some(read) = self.read::<Community>(&key).await? else { return Ok(Grouping::Unknown) };
            let members = self.members_of(id).await?;
            let change = match after(&members, who, act.clone(), now) {
                Ok(change) => change,
                Err(why) => return Ok(Grouping::Refused(why)),
            };
            let mut batch = Batch::default();
            let community = Community { turn: read.value.turn + 1, ..read.value };
            layout::put(&mut batch, key.clone(), &community, Some(&read.head));
            batch.expect.push((key, Some(read.head)));
            write(&mut batch, id, change.clone());
            if matches!(act, Act::Enter(..)) {
                self.uninvite(&mut batch, id, who).await?;
            }
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(Grouping::Done(change));
            }
        }
    }

    /// That a steward, or the operator, wants somebody in.
    pub async fn invite_to_community(
        &self,
        id: CommunityId,
        whom: Party,
        by: Option<PersonId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        loop {
            let key = layout::community(id);
            // Into one that is gone nobody comes.
            let Some(head) = self.store.get(&key).await? else { return Ok(()) };
            let mut batch = Batch::default();
            batch.expect.push((key, Some(head)));
            layout::put(&mut batch, layout::invited(id, whom), &Invited { by, at: now }, None);
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// Whether somebody is invited, by any of the accounts that are theirs.
    pub async fn is_invited(&self, id: CommunityId, who: PersonId) -> Result<bool, StoreError> {
        for party in self.parties_of(who).await? {
            if self.store.get(&layout::invited(id, party)).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Who is invited to it and has not come in, the latest first.
    pub async fn invitations_to(&self, id: CommunityId) -> Result<Vec<Invitation>, StoreError> {
        let mut all = self.invitations_under(&layout::invited_to(id)).await?;
        all.sort_by_key(|one| std::cmp::Reverse(one.at));
        Ok(all)
    }

    /// The communities that somebody is invited to, by any of the accounts that are theirs, and is not in.
    pub async fn invitations_of(&self, who: PersonId) -> Result<Vec<Community>, StoreError> {
        let mut inviting = Vec::new();
        for community in self.communities().await? {
            if self.is_invited(community.id, who).await? && !self.is_inside(community.id, who).await? {
                inviting.push(community);
            }
        }
        Ok(inviting)
    }

    /// Takes an invitation back; answers whether there was one.
    pub async fn uninvite_from_community(&self, id: CommunityId, whom: Party) -> Result<bool, StoreError> {
        loop {
            let key = layout::invited(id, whom);
            let Some(head) = self.store.get(&key).await? else { return Ok(false) };
            let mut batch = Batch::default();
            batch.delete.push(key.clone());
            batch.expect.push((key, Some(head)));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(true);
            }
        }
    }

    /// The community that a gig with this ring goes first to; nothing where accounts go first, or it is gone.
    pub async fn first_community(&self, ring: Option<&Ring>) -> Result<Option<Community>, StoreError> {
        match ring.and_then(Ring::community) {
            Some(slug) => self.community(CommunityId::from_slug(slug)).await,
            None => Ok(None),
        }
    }

    /// Takes a community away, with all that is known of who was in it.
    pub async fn drop_community(&self, id: CommunityId) -> Result<bool, StoreError> {
        loop {
            let key = layout::community(id);
            let Some(read) = self.read::<Community>(&key).await? else { return Ok(false) };
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), Some(read.head.clone())));
            layout::remove(&mut batch, key, Some(&read.head));
            let gone = self.members_of(id).await?.into_iter().map(|member| member.person).collect();
            write(&mut batch, id, Change { now: Vec::new(), gone });
            let invited = self.keys(&layout::invited_to(id), usize::MAX).await?;
            batch.delete.extend(invited.into_iter().map(|(key, _)| key.to_vec()));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(true);
            }
        }
    }

    /// Takes somebody who is to be forgotten out of every community, those that took them out included.
    pub(super) async fn forget_memberships(&self, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
        for (key, _) in self.keys(&layout::memberships_of(person), usize::MAX).await? {
            let Some(id) = layout::read_membership(&key) else { continue };
            self.act_in_community(id, person, &Act::Leave, now).await?;
            let mut batch = Batch::default();
            write(&mut batch, id, Change { now: Vec::new(), gone: vec![person] });
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    /// Adds to a batch that none of these parties is invited anywhere, and that what they invited others to is nobody's invitation.
    pub(super) async fn forget_invitations(&self, batch: &mut Batch, parties: &[Party]) -> Result<(), StoreError> {
        for (key, head) in self.keys(&layout::all_invited(), usize::MAX).await? {
            let Invited { by, at } = self.open(&key, &head).await?;
            if layout::read_invited(&key).is_some_and(|(_, whom)| parties.contains(&whom)) {
                batch.delete.push(key.to_vec());
            } else if by.is_some_and(|by| parties.contains(&Party::Person(by))) {
                layout::put(batch, key.to_vec(), &Invited { by: None, at }, None);
            }
        }
        Ok(())
    }

    /// Adds to a batch that one person is another in every community, and in every invitation.
    pub(super) async fn move_memberships(
        &self,
        batch: &mut Batch,
        was: PersonId,
        is: PersonId,
    ) -> Result<(), StoreError> {
        for (community, _) in self.memberships_of(was).await? {
            let (id, key) = (community.id, layout::community(community.id));
            let Some(read) = self.read::<Community>(&key).await? else { continue };
            write(batch, id, after_becoming(&self.members_of(id).await?, was, is));
            layout::put(batch, key.clone(), &Community { turn: read.value.turn + 1, ..read.value }, Some(&read.head));
            batch.expect.push((key, Some(read.head)));
        }
        for (key, head) in self.keys(&layout::all_invited(), usize::MAX).await? {
            let Some((id, whom)) = layout::read_invited(&key) else { continue };
            let Invited { by, at } = self.open(&key, &head).await?;
            let now = if whom == Party::Person(was) { Party::Person(is) } else { whom };
            let by_now = if by == Some(was) { Some(is) } else { by };
            if (now, by_now) != (whom, by) {
                batch.delete.push(key.to_vec());
                layout::put(batch, layout::invited(id, now), &Invited { by: by_now, at }, None);
            }
        }
        Ok(())
    }

    async fn uninvite(&self, batch: &mut Batch, id: CommunityId, who: PersonId) -> Result<(), StoreError> {
        for party in self.parties_of(who).await? {
            batch.delete.push(layout::invited(id, party));
        }
        Ok(())
    }

    async fn parties_of(&self, who: PersonId) -> Result<Vec<Party>, StoreError> {
        let actors = self.actors_of(who).await?.into_iter().map(Party::Actor);
        Ok(actors.chain([Party::Person(who)]).collect())
    }
}

fn write(batch: &mut Batch, id: CommunityId, change: Change) {
    for member in change.now {
        batch.put.push((layout::membership(member.person, id), Vec::new()));
        layout::put(batch, layout::member(id, member.person), &member, None);
    }
    for person in change.gone {
        batch.delete.push(layout::member(id, person));
        batch.delete.push(layout::membership(person, id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::community::{Entry, Rank, Shown};
    use crate::store::memory::MemoryStore;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn founder(name: &str) -> Member {
        let person = PersonId::from_name(name);
        Member { person, rank: Rank::Steward, since: NOON, entry: Entry::Founder, shown: Shown::Named }
    }

    async fn bern() -> (Ledger, Community) {
        let ledger = Ledger::new(Arc::new(MemoryStore::new()));
        let community = Community::new("Bern", "design", NOON);
        assert_eq!(ledger.found_community(&community, Some(founder("ana"))).await, Ok(Commit::Applied));
        (ledger, community)
    }

    #[tokio::test]
    async fn an_address_is_given_once() {
        let (ledger, community) = bern().await;
        let other = Community { name: "Bern again".to_owned(), ..community };
        assert_eq!(ledger.found_community(&other, None).await, Ok(Commit::Conflict));
        assert_eq!(ledger.communities().await.unwrap()[0].name, "Bern");
    }

    #[tokio::test]
    async fn whoever_comes_in_uses_up_their_invitation_and_leaves_when_they_like() {
        let (ledger, community) = bern().await;
        let (id, zoe) = (community.id, PersonId::from_name("zoe"));
        ledger.invite_to_community(id, Party::Person(zoe), None, NOON).await.unwrap();
        assert!(ledger.is_invited(id, zoe).await.unwrap());
        let enter = Act::Enter(Entry::Invited, Shown::Counted);
        assert!(matches!(ledger.act_in_community(id, zoe, &enter, NOON).await, Ok(Grouping::Done(_))));
        assert!(!ledger.is_invited(id, zoe).await.unwrap());
        assert_eq!(ledger.communities_of(zoe).await.unwrap().len(), 1);
        assert!(matches!(ledger.act_in_community(id, zoe, &Act::Leave, NOON).await, Ok(Grouping::Done(_))));
        assert_eq!(ledger.communities_of(zoe).await.unwrap(), []);
        assert_eq!(ledger.members_of(id).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn who_is_invited_is_known_until_they_come_in_or_it_is_taken_back() {
        let (ledger, community) = bern().await;
        let (id, [zoe, cyd]) = (community.id, ["zoe", "cyd"].map(PersonId::from_name));
        let ana = Some(PersonId::from_name("ana"));
        ledger.invite_to_community(id, Party::Person(zoe), ana, NOON).await.unwrap();
        let later = NOON.plus(std::time::Duration::from_secs(1));
        ledger.invite_to_community(id, Party::Person(cyd), None, later).await.unwrap();
        let known = ledger.invitations_to(id).await.unwrap();
        let whom: Vec<_> = known.iter().map(|one| (one.whom, one.by)).collect();
        assert_eq!(whom, [(Party::Person(cyd), None), (Party::Person(zoe), ana)], "the latest first");
        let hers = ledger.invitations(|one| one.by == ana).await.unwrap();
        assert_eq!(
            hers.iter().map(|one| one.whom).collect::<Vec<_>>(),
            [Party::Person(zoe)],
            "those that are asked for"
        );
        assert_eq!(ledger.invitations_of(zoe).await.unwrap().len(), 1);
        assert_eq!(ledger.invitations_of(PersonId::from_name("dee")).await.unwrap(), []);
        assert!(ledger.uninvite_from_community(id, Party::Person(zoe)).await.unwrap());
        assert!(!ledger.uninvite_from_community(id, Party::Person(zoe)).await.unwrap(), "it is gone already");
        assert_eq!(ledger.invitations_of(zoe).await.unwrap(), []);
        let enter = Act::Enter(Entry::Invited, Shown::Counted);
        ledger.act_in_community(id, cyd, &enter, NOON).await.unwrap();
        assert_eq!(ledger.invitations_to(id).await.unwrap(), [], "who came in is no longer awaited");
    }

    #[tokio::test]
    async fn whoever_is_forgotten_is_in_none_of_them_and_nothing_is_left_without_a_steward() {
        let (ledger, community) = bern().await;
        let (id, zoe) = (community.id, PersonId::from_name("zoe"));
        let enter = Act::Enter(Entry::Invited, Shown::Counted);
        ledger.act_in_community(id, zoe, &enter, NOON).await.unwrap();
        ledger.forget_memberships(PersonId::from_name("ana"), NOON).await.unwrap();
        let members = ledger.members_of(id).await.unwrap();
        assert_eq!((members.len(), members[0].person, &members[0].rank), (1, zoe, &Rank::Steward));
        ledger.act_in_community(id, zoe, &Act::Remove { why: "x".to_owned() }, NOON).await.unwrap();
        ledger.forget_memberships(zoe, NOON).await.unwrap();
        assert_eq!(ledger.members_of(id).await.unwrap(), [], "nor why they were taken out");
    }

    #[tokio::test]
    async fn a_steward_who_turns_out_to_be_one_who_was_taken_out_leaves_it_to_the_eldest() {
        let (ledger, community) = bern().await;
        let (id, [ana, zoe, out]) = (community.id, ["ana", "zoe", "out"].map(PersonId::from_name));
        for who in [zoe, out] {
            ledger.act_in_community(id, who, &Act::Enter(Entry::Invited, Shown::Named), NOON).await.unwrap();
        }
        ledger.act_in_community(id, out, &Act::Remove { why: "spam".to_owned() }, NOON).await.unwrap();
        let mut batch = Batch::default();
        ledger.move_memberships(&mut batch, ana, out).await.unwrap();
        ledger.store.commit(batch).await.unwrap();
        let members: BTreeMap<PersonId, Member> =
            ledger.members_of(id).await.unwrap().into_iter().map(|member| (member.person, member)).collect();
        assert_eq!(members.len(), 2, "{members:?}");
        assert!(!members[&out].is_inside(), "whoever was taken out stays so under another name");
        assert!(members[&zoe].is_steward(), "and nothing is left without a steward: {members:?}");
    }

    #[tokio::test]
    async fn whoever_is_inside_already_is_not_told_that_they_are_invited() {
        let (ledger, community) = bern().await;
        let ana = PersonId::from_name("ana");
        ledger.invite_to_community(community.id, Party::Person(ana), None, NOON).await.unwrap();
        assert_eq!(ledger.invitations_of(ana).await.unwrap(), []);
    }

    #[tokio::test]
    async fn who_invited_somebody_is_forgotten_and_who_invited_others_is_not() {
        let (ledger, community) = bern().await;
        let [ana, bo, zoe, cyd] = ["ana", "bo", "zoe", "cyd"].map(PersonId::from_name);
        for (whom, by) in [(zoe, ana), (cyd, bo)] {
            ledger.invite_to_community(community.id, Party::Person(whom), Some(by), NOON).await.unwrap();
        }
        let mut batch = Batch::default();
        ledger.forget_invitations(&mut batch, &[Party::Person(ana)]).await.unwrap();
        ledger.store.commit(batch).await.unwrap();
        let mut known = ledger.invitations_to(community.id).await.unwrap();
        known.sort_by_key(|one| one.by);
        let known: Vec<_> = known.iter().map(|one| (one.whom, one.by)).collect();
        assert_eq!(known, [(Party::Person(zoe), None), (Party::Person(cyd), Some(bo))]);
    }

    #[tokio::test]
    async fn what_is_taken_away_leaves_nothing() {
        let (ledger, community) = bern().await;
        assert!(ledger.drop_community(community.id).await.unwrap());
        assert!(!ledger.drop_community(community.id).await.unwrap());
        assert_eq!(ledger.communities_of(PersonId::from_name("ana")).await.unwrap(), []);
    }
}
