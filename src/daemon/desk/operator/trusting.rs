//! `who` and `person`: what the trust network says, for the operator.

use super::Desk;
use crate::store::{Forgot, NotForgotten};
use crate::trust::Party;
use crate::weave::{Cut, Meant, OnRecord, Portable, Question, Unanswered, WhoseCircle};
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
        Ok(self.weave.whom(&self.question(asked).await?).await?)
    }

    pub(super) async fn cut_from(&self, asked: WhoAsked) -> Result<Cut, Refusal> {
        let Some(who) = asked.cut.clone() else {
            return Err(Refusal::Refused("say who is to be left out: `cut` is a handle, a name or an id".to_owned()));
        };
        let who = self.party(&who).await?;
        Ok(self.weave.cut(&self.question(asked).await?, who).await?)
    }

    async fn question(&self, asked: WhoAsked) -> Result<Question, Refusal> {
        let poster = self.poster(&asked.poster).await?;
        if let Some(slug) = &asked.category {
            self.known_category(slug)?;
        }
        Ok(Question { poster: poster.id, category: asked.category, top: asked.top, without: None })
    }

    /// Refuses a category that there is none of, with those that there are.
    pub(super) fn known_category(&self, slug: &str) -> Result<(), Refusal> {
        let taxonomy = &self.daemon.deliver.taxonomy;
        if taxonomy.label(slug).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = taxonomy.categories().iter().map(|category| category.slug.as_str()).collect();
        Err(Refusal::Unknown(format!("there is no category `{slug}`; the categories are: {}", known.join(", "))))
    }

    /// `what` is the id of a person or an actor, a handle, or a poster's name.
    pub(super) async fn on_record(&self, what: &str) -> Result<OnRecord, Refusal> {
        let party = self.party(what).await?;
        self.weave.on_record(party).await?.ok_or_else(|| unknown(what))
    }

    /// The vouches of whoever that is, as they take them along.
    pub(super) async fn portable(&self, what: &str) -> Result<Portable, Refusal> {
        let party = self.party(what).await?;
        self.weave.portable(party, &self.vouch_keys).await?.ok_or_else(|| unknown(what))
    }

    /// Takes away all that names whoever that is.
    pub(super) async fn forgotten(&self, what: &str) -> Result<Forgot, Refusal> {
        let party = self.party(what).await?;
        let forgot = self.weave.forget(party, None, self.daemon.clock.now()).await?.map_err(|why| match why {
            NotForgotten::Unknown => unknown(what),
            NotForgotten::StillLinked(handles) => Refusal::Refused(format!(
                "{} {} still linked: unlink first, so that the networks are told too; nothing was taken away",
                handles.join(", "),
                if handles.len() == 1 { "is" } else { "are" }
            )),
        })?;
        tracing::info!(event = "person.forgotten", about = %party, "{party} is forgotten: nothing is collected about them any more");
        Ok(forgot)
    }

    /// The one whom a handle, a name or an id means.
    pub(super) async fn party(&self, what: &str) -> Result<Party, Refusal> {
        match self.weave.called(what).await? {
            Meant::One(party) => Ok(party),
            Meant::Nobody => Err(unknown(what)),
            Meant::Several => Err(Refusal::Refused(format!("more than one on record goes by `{what}`: give an id"))),
        }
    }
}

fn unknown(what: &str) -> Refusal {
    Refusal::Unknown(format!(
        "nobody on record goes by `{what}`: give a handle with its server, a poster's name, or an id"
    ))
}
