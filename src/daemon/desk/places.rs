//! Where a gig stands on each account, as it is read from the ledger: for the operator's `why` and for its poster's own pages.

use super::story::{PlaceFacts, deliveries_of};
use crate::daemon::deliver::Deliver;
use crate::id::GigId;
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
            let lane = self.ledger.turn(account.id).await?.lane;
            places.push(PlaceFacts { account, announcement, deliveries, lane });
        }
        Ok(places)
    }
}
