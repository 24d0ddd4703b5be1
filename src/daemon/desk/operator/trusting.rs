//! `who` and `person`: what the trust network says, for the operator.

use super::Desk;
use crate::id::PersonId;
use crate::store::{Forgot, NotForgotten};
use crate::trust::Party;
use crate::weave::{OnRecord, Portable, Question, Unanswered, WhoseCircle};
use crate::web::admin::{Refusal, WhoAsked};

impl From<Unanswered> for Refusal {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Store(fault) => fault.into(),
            Unanswered::Evidence(refused) => Self::Refused(refused.to_string()),
        }
    }
}

impl Desk {
    pub(super) async fn whose_circle(&self, asked: WhoAsked) -> Result<WhoseCircle, Refusal> {
        let poster = self.poster(&asked.poster).await?;
        let taxonomy = &self.daemon.deliver.taxonomy;
        if let Some(slug) = &asked.category
            && taxonomy.label(slug).is_none()
        {
            let known: Vec<&str> = taxonomy.categories().iter().map(|category| category.slug.as_str()).collect();
            return Err(Refusal::Unknown(format!(
                "there is no category `{slug}`; the categories are: {}",
                known.join(", ")
            )));
        }
        let question = Question { poster: poster.id, category: asked.category, top: asked.top };
        Ok(self.weave.whom(&question).await?)
    }

    /// `what` is the id of a person or an actor, a handle, or a poster's name.
    pub(super) async fn on_record(&self, what: &str) -> Result<OnRecord, Refusal> {
        let party = self.party(what).await?.ok_or_else(|| unknown(what))?;
        self.weave.on_record(party).await?.ok_or_else(|| unknown(what))
    }

    /// The vouches of whoever that is, as they take them along.
    pub(super) async fn portable(&self, what: &str) -> Result<Portable, Refusal> {
        let party = self.party(what).await?.ok_or_else(|| unknown(what))?;
        self.weave.portable(party, &self.vouch_keys).await?.ok_or_else(|| unknown(what))
    }

    /// Takes away all that names whoever that is.
    pub(super) async fn forgotten(&self, what: &str) -> Result<Forgot, Refusal> {
        let party = self.party(what).await?.ok_or_else(|| unknown(what))?;
        let forgot = self.weave.forget(party, None, self.daemon.clock.now()).await?.map_err(|why| match why {
            NotForgotten::Unknown => unknown(what),
            NotForgotten::StillLinked(handles) => Refusal::Refused(format!(
                "{} still linked: unlink first, so that the networks are told too; nothing was taken away",
                handles.join(", ")
            )),
        })?;
        tracing::info!(who = %party, "{party} is forgotten: nothing is collected about them any more");
        Ok(forgot)
    }

    async fn party(&self, what: &str) -> Result<Option<Party>, Refusal> {
        if let Some(party) = Party::parse(what) {
            return Ok(Some(party));
        }
        let ledger = &self.daemon.deliver.ledger;
        if let Some(poster) = ledger.person(PersonId::from_name(what)).await? {
            return Ok(Some(Party::Person(poster.id)));
        }
        Ok(ledger.actor_called(what).await?.map(|actor| Party::Actor(actor.id)))
    }
}

fn unknown(what: &str) -> Refusal {
    Refusal::Unknown(format!(
        "nobody on record goes by `{what}`: give a handle with its server, a poster's name, or an id"
    ))
}
