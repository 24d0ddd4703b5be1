//! What the operator decides in a poster's stead: about a gig, and how an account follows its gigs.

use super::Desk;
use crate::daemon::desk::story::policy;
use crate::daemon::spoken::span;
use crate::gig::Gig;
use crate::gig::heard::Decision;
use crate::id::GigId;
use crate::intake::Decided;
use crate::person::Account;
use crate::ports::Commit;
use crate::sources::written::{self, Written};
use crate::store::{Hire, Hiring};
use crate::trust::Party;
use crate::web::admin::answers::Done;
use crate::web::admin::{DecideAsked, FollowAsked, Format, Refusal, WrittenFile};
use tracing::info;

impl Desk {
    /// What waits follows by it too; what stands follows from its gig's next change on.
    pub(super) async fn follow_by(&self, what: &str, asked: FollowAsked) -> Result<Done, Refusal> {
        let (id, ledger) = (self.named(what).await?.id, &self.daemon.deliver.ledger);
        let follows = |account: &mut Account| {
            account.policy.changed = asked.changed.unwrap_or(account.policy.changed);
            account.policy.ended = asked.ended.unwrap_or(account.policy.ended);
        };
        while ledger.revise_account(id, follows).await? == Commit::Conflict {}
        let account = self.named(&id.to_string()).await?;
        info!(event = "account.settings", account.id = %id, "{} follows its gigs otherwise now", account.handle);
        let said = format!("{}: {}", account.handle, policy(account.policy));
        Ok(Done { id: id.to_string(), said })
    }

    /// Writes down that the gig's poster hired this party, and says so.
    async fn hired(&self, gig: &Gig, whom: Party) -> Result<String, Refusal> {
        let hire = Hire::claimed(gig, whom, self.now(), self.linking.base());
        Ok(match self.weave.hire(&hire).await? {
            Hiring::Denied(_) => " Whom you name denies it, so nobody sees it and it counts for nothing.".to_owned(),
            Hiring::Done(_) | Hiring::Same(_) | Hiring::Unknown => {
                let named = self.weave.named(whom).await?;
                format!(" On record as hired for it: {}.", named.map_or_else(|| whom.to_string(), |named| named.name))
            }
        })
    }

    pub(super) async fn decide_on(&self, id: GigId, asked: DecideAsked) -> Result<Done, Refusal> {
        let intake = &self.daemon.watch.intake;
        if let Some(until) = intake.fitness.unfit_until(self.now()) {
            let wait = span(until.since(self.now()));
            return Err(Refusal::Refused(format!(
                "nothing is written down while the disk is nearly full; try again in {wait}"
            )));
        }
        let mut hired = None;
        let (read, decision) = match asked {
            DecideAsked::FillBy(what) => {
                let record = intake.ledger.gig(id).await?;
                let gig = record.ok_or_else(|| Refusal::Unknown(format!("there is no gig {id}")))?.gig;
                let meant = self.weave.whom_to_hire(gig.poster, &what).await?;
                hired = Some(meant.map_err(|why| Refusal::Refused(why.to_string()))?);
                (None, Decision::Fill)
            }
            DecideAsked::Fill => (None, Decision::Fill),
            DecideAsked::Withdraw => (None, Decision::Withdraw),
            DecideAsked::Reopen => (None, Decision::Reopen),
            DecideAsked::Edit(WrittenFile { name, format, text }) => {
                let record = intake.ledger.gig(id).await?;
                let gig = record.ok_or_else(|| Refusal::Unknown(format!("there is no gig {id}")))?.gig;
                let format = match format {
                    Format::Toml => Written::Toml,
                    Format::Json => Written::Json,
                };
                let wrong = |said: String| Refusal::Refused(format!("{name}: {said}"));
                let written = written::changed(&gig.terms, &text, format).map_err(|error| wrong(error.to_string()))?;
                let terms = intake.terms_of(&written.sighting(Some(&gig.native)), &gig);
                (Some(gig.revision), Decision::Edit(Box::new(terms.map_err(|why| wrong(why.to_string()))?)))
            }
        };
        let (gig, said) = match intake.decide(id, read, &decision).await? {
            Decided::Done(gig) => {
                let said = format!("is {} now, revision {}", gig.status.word(), gig.revision.0);
                (gig, said)
            }
            Decided::Same(gig) => (gig, "is so already".to_owned()),
            Decided::Outdated(_) => {
                return Err(Refusal::Refused("the gig has changed at this very moment; try again".to_owned()));
            }
            Decided::Refused(why) => return Err(Refusal::Refused(why.to_string())),
            Decided::Unknown => return Err(Refusal::Unknown(format!("there is no gig {id}"))),
        };
        let hired = match hired {
            Some(whom) => self.hired(&gig, whom).await?,
            None => String::new(),
        };
        let said = format!("{} {said}.{hired} `gigcast why {id}` tells how its posts follow.", gig.terms.title);
        Ok(Done { id: id.to_string(), said })
    }
}
