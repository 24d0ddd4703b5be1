//! Vouches that were signed elsewhere, for the operator: taken in for somebody, and heard once their issuer is known.

use super::Desk;
use crate::credential::{BadDid, Did};
use crate::trust::Party;
use crate::weave::Brought;
use crate::web::admin::answers::Done;
use crate::web::admin::{BringAsked, IssuerAsked, Refusal};

impl Desk {
    pub(super) async fn bring_for(&self, asked: BringAsked) -> Result<Vec<Brought>, Refusal> {
        let Party::Person(person) = self.party(&asked.person).await? else {
            return Err(Refusal::Refused(format!(
                "`{}` has not signed in here: vouches are taken in for people who have",
                asked.person
            )));
        };
        let brought = self.weave.bring(person, asked.file.as_bytes(), &self.vouch_keys).await?;
        brought.map_err(|refused| Refusal::Refused(refused.to_string()))
    }

    pub(super) async fn issuer_is(&self, asked: IssuerAsked) -> Result<Done, Refusal> {
        let is_bad = |bad: BadDid| Refusal::Refused(format!("`{}` is {bad}", asked.issuer));
        let issuer: Did = asked.issuer.parse().map_err(is_bad)?;
        let party = self.party(&asked.who).await?;
        let count = self.weave.know_issuer(&issuer, party).await?;
        tracing::info!(event = "vouch.issuer_known", about = %party, "{party} is known to sign vouches by {issuer}");
        let named = self.weave.named(party).await?.map_or_else(|| party.to_string(), |named| named.name);
        let said = format!("{issuer} is known as {named}; vouches that count by it now: {count}");
        Ok(Done { id: party.to_string(), said })
    }
}
