//! Where a gig stands on each account, as it is read from the ledger: for the operator's `why` and for its poster's own pages.

use super::story::{PlaceFacts, deliveries_of};
use crate::daemon::deliver::Deliver;
use crate::id::GigId;
use crate::person::{Account, Person};
use crate::ports::StoreError;

impl Deliver {
    /// Every account that a gig was ever to be announced on.
    pub async fn places(&self, gig: GigId) -> Result<Vec<PlaceFacts>, StoreError> {
        let mut places = Vec::new();
        for announcement in self.ledger.announcements(gig).await? {
            let Some(account) = self.ledger.account(announcement.account).await? else { continue };
            let mut deliveries = Vec::new();
            for id in deliveries_of(&announcement) {
                deliveries.extend(self.ledger.delivery(id).await?);
            }
            let lane = self.ledger.lane_of(&account).await?;
            let owner = self.owner_of(&account).await?;
            places.push(PlaceFacts { account, owner, announcement, deliveries, lane });
        }
        Ok(places)
    }

    /// Whoever an account speaks for; one who is not known any more goes by their id.
    pub async fn owner_of(&self, account: &Account) -> Result<Person, StoreError> {
        let person = self.ledger.person(account.owner).await?;
        Ok(person.unwrap_or_else(|| Person::poster(&account.owner.to_string(), account.linked)))
    }
}
