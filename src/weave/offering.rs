//! What people say that they offer: by it they are candidates for a kind of work, as by what others say of them.

use super::Weave;
use crate::id::PersonId;
use crate::ports::StoreError;
use crate::store::Statements;
use crate::trust::Party;

/// Whether somebody says that they do this kind of work; any at all where none is asked for.
pub(super) fn states(said: Option<&Statements>, category: Option<&str>) -> bool {
    said.is_some_and(|said| category.map_or(!said.categories.is_empty(), |category| said.offer(category)))
}

impl Weave {
    /// Keeps what somebody says of themselves, and answers by it from now on.
    pub async fn state(&self, person: PersonId, said: &Statements) -> Result<(), StoreError> {
        // Whoever weaves anew at this moment would read what was said before.
        let _weaving = self.weaving.lock().await;
        self.ledger.state(person, said).await?;
        self.with(|woven| woven.stated.insert(Party::Person(person), said.clone()));
        Ok(())
    }
}
