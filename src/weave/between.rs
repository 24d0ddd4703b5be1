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
