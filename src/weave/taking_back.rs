//! A person takes back what their accounts said in posts.

use super::Weave;
use crate::id::PersonId;
use crate::ports::StoreError;
use crate::trust::{Deed, Party};

impl Weave {
    /// What an account of theirs vouched for this party in one post. Answers whether it stood.
    pub async fn take_back(&self, person: PersonId, about: Party, post: &str) -> Result<bool, StoreError> {
        let (mut stood, now) = (false, self.clock.now());
        for actor in self.ledger.actors_of(person).await? {
            stood |= self.ledger.take_back(actor, about, post, now).await?;
        }
        self.heard(Party::Person(person), about).await?;
        Ok(stood)
    }

    /// The same in all their posts, for one kind of work. Answers whether any stood.
    pub async fn take_back_all(
        &self,
        person: PersonId,
        about: Party,
        category: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut stood = false;
        let whom = [vec![about], self.accounts_of(about).await?].concat();
        for actor in self.ledger.actors_of(person).await? {
            for one in self.ledger.evidence_by(Party::Actor(actor)).await? {
                let is_it = matches!(one.deed, Deed::Vouch(_)) && one.category.as_deref() == category;
                if is_it && whom.contains(&one.about) {
                    stood |= self.take_back(person, one.about, &one.source).await?;
                }
            }
        }
        Ok(stood)
    }
}
