//! Two people and what stands between them: how the one is called, what the other says of them now and may take back, and whether they vouch for them, by whichever of their accounts.

use super::{Named, Piece, Unanswered, Weave};
use crate::id::PersonId;
use crate::ports::StoreError;
use crate::trust::{Deed, Evidence, Party};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

impl Weave {
    /// How somebody is called where they have been named by whoever reads: by their handle as well, where they have one.
    pub async fn called_by(&self, party: Party) -> Result<String, StoreError> {
        Ok(match self.named(party).await? {
            Some(Named { name, handle: Some(handle), .. }) if name != handle => format!("{name} ({handle})"),
            Some(named) => named.name,
            None => "somebody who does not wish to be named".to_owned(),
        })
    }

    /// What one says of another now and did for their gigs, newest first: each as it stands on record, and in words to the one who said it.
    pub async fn words_between(&self, by: PersonId, about: Party) -> Result<Vec<(Evidence, Piece)>, Unanswered> {
        let me = Party::Person(by);
        let (own, theirs) = self.ask(|woven| (woven.aliases(me).1, woven.aliases(about).1)).await?;
        let mut words = Vec::new();
        for party in theirs {
            for one in self.ledger.evidence_about(party).await?.into_iter().filter(|one| own.contains(&one.by)) {
                let told = self.told_to(me, vec![one.clone()]).await?;
                words.extend(told.into_iter().map(|piece| (one.clone(), piece)));
            }
        }
        words.sort_by_key(|(one, _)| Reverse(one.at));
        Ok(words)
    }

    /// Of those whom one may vouch for, which is nobody's own: whether one has, in this kind of work, on a page or in a reply.
    pub async fn vouched(
        &self,
        by: PersonId,
        category: &str,
        whom: &BTreeSet<Party>,
    ) -> Result<BTreeMap<Party, bool>, Unanswered> {
        let (me, mine) = self.ask(|woven| woven.aliases(Party::Person(by))).await?;
        let mut said = Vec::new();
        for party in mine {
            said.extend(self.ledger.evidence_by(party).await?);
        }
        said.retain(|one| matches!(one.deed, Deed::Vouch(_)) && one.category.as_deref() == Some(category));
        self.ask(|woven| {
            let said: BTreeSet<Party> = said.iter().map(|one| woven.joined.node(one.about)).collect();
            let nodes = whom.iter().map(|party| (*party, woven.joined.node(*party)));
            nodes.filter(|(_, node)| *node != me).map(|(party, node)| (party, said.contains(&node))).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::id::{AccountId, ActorId};
    use crate::person::{Actor, Indexing, Person};
    use crate::plan::samples::NOW;
    use crate::plan::taxonomy::Taxonomy;
    use crate::ports::{Batch, Store};
    use crate::store::memory::MemoryStore;
    use crate::store::{Ledger, Word, layout};
    use crate::trust::Level;
    use std::sync::Arc;

    async fn weave(actors: &[Actor]) -> Weave {
        let store = MemoryStore::new();
        let mut batch = Batch::default();
        for actor in actors {
            layout::put(&mut batch, layout::actor(actor.id), actor, None);
        }
        store.commit(batch).await.unwrap();
        let ledger = Ledger::new(Arc::new(store));
        Weave::new(ledger, Arc::new(ManualClock::at(NOW)), Arc::new(Taxonomy::builtin().clone()))
    }

    fn actor(handle: &str, name: &str) -> Actor {
        Actor {
            id: ActorId::from_uri("town", handle),
            network: "town".to_owned(),
            uri: handle.to_owned(),
            handle: handle.to_owned(),
            name: name.to_owned(),
            url: None,
            indexing: Indexing::Allowed,
        }
    }

    #[tokio::test]
    async fn somebody_is_called_by_name_and_handle_each_once() {
        let (bo, cy) = (actor("bo@town.example", "Bo"), actor("cy@town.example", ""));
        let weave = weave(&[bo.clone(), cy.clone()]).await;
        let called = async |party| weave.called_by(party).await.unwrap();
        assert_eq!(called(Party::Actor(bo.id)).await, "Bo (@bo@town.example)");
        assert_eq!(called(Party::Actor(cy.id)).await, "@cy@town.example");
        let acme = Person::poster("Acme", NOW);
        weave.ledger.welcome(&acme).await.unwrap();
        assert_eq!(called(Party::Person(acme.id)).await, "Acme");
        let nobody = Party::Actor(ActorId::from_uri("town", "nobody"));
        assert_eq!(called(nobody).await, "somebody who does not wish to be named");
    }

    #[tokio::test]
    async fn a_vouch_is_given_in_its_own_kind_of_work_alone_and_by_no_other_word() {
        let weave = weave(&[]).await;
        let [me, bo, cy, dee] = ["me", "bo", "cy", "dee"].map(|name| {
            let account = AccountId::of(&[name.as_bytes()]);
            Person::freelancer(account, name, NOW)
        });
        let said = [
            (&bo, Deed::Vouch(Level::WorkedWith), Some("design")),
            (&cy, Deed::Vouch(Level::WorkedWith), Some("legal")),
            (&dee, Deed::Hired, Some("design")),
        ];
        for (about, deed, category) in said {
            weave.ledger.welcome(about).await.unwrap();
            let (about, category) = (Party::Person(about.id), category.map(str::to_owned));
            let source = format!("https://gigs.example/people/{about}");
            weave.say(&Word { by: me.id, about, deed, category, at: NOW, source }).await.unwrap();
        }
        let parties = [&me, &bo, &cy, &dee].map(|one| Party::Person(one.id));
        let vouched = weave.vouched(me.id, "design", &BTreeSet::from(parties)).await.unwrap();
        let [_, bo, cy, dee] = parties;
        assert_eq!(vouched, BTreeMap::from([(bo, true), (cy, false), (dee, false)]), "and nobody vouches for oneself");
    }
}
