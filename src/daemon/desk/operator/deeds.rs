//! What people did with a gig, as `why` tells it: who reshared, replied and vouched, who would do it, and who was hired.

use super::Desk;
use crate::engagement::Vouch;
use crate::gig::Gig;
use crate::id::ActorId;
use crate::person::shown_handle;
use crate::profile::EngagementKind;
use crate::store::Ledger;
use crate::weave::Stands;
use crate::web::admin::Refusal;
use crate::web::admin::answers::{Told, When};
use crate::web::referred::Referred;

impl Desk {
    /// In no order; each has its time.
    pub(super) async fn deeds_of(&self, gig: &Gig, poster: &str) -> Result<Vec<Told>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let mut deeds = Vec::new();
        for deed in ledger.engagements(gig.id).await? {
            let who = called(ledger, deed.actor).await?;
            let did = match deed.kind {
                EngagementKind::Reshare => "reshared it",
                EngagementKind::Quote => "quoted it",
                EngagementKind::Reply => "replied",
                EngagementKind::Like => "liked it",
            };
            let back = if deed.undone.is_some() { ", and took it back" } else { "" };
            let at = Some(When(deed.at.unwrap_or(deed.first_seen)));
            deeds.push(Told { at, said: format!("{who} {did}{back}.") });
        }
        for vouch in ledger.vouches(gig.id).await? {
            let (by, whom) = (called(ledger, vouch.by).await?, called(ledger, vouch.whom).await?);
            let did = match vouch.level {
                Vouch::WOULD_HIRE_AGAIN => "would hire again",
                Vouch::WORKED_WITH => "vouched, having worked with them, for",
                _ => "vouched for",
            };
            let back = if vouch.undone.is_some() { "; it does not stand any more" } else { "" };
            let said = format!("{by} {did} {whom} ({}){back}.", vouch.evidence);
            deeds.push(Told { at: Some(When(vouch.said)), said });
        }
        let visits = self.daemon.upkeep.visits.waiting(gig.id);
        for interest in Referred::of(ledger, gig.id, &visits).await?.interests {
            let said = format!("{} would do it, and came by {}.", interest.name, interest.came_by);
            deeds.push(Told { at: Some(interest.at), said });
        }
        for hire in self.weave.hires_for(gig.id).await? {
            let who = hire.whom.map_or_else(|| "somebody who is not named".to_owned(), |whom| whom.name);
            let said = match hire.stands {
                Stands::Said => format!("{poster} says that they hired {who}, who has not answered yet."),
                Stands::Confirmed => format!("{poster} hired {who}: both say so."),
                Stands::Denied => format!("{poster} says that they hired {who}, who denies it: it counts for nothing."),
            };
            deeds.push(Told { at: Some(When(hire.at)), said });
        }
        Ok(deeds)
    }
}

/// Somebody's handle, unless they are not to be named.
async fn called(ledger: &Ledger, actor: ActorId) -> Result<String, Refusal> {
    let known = ledger.actor(actor).await?;
    Ok(known.map_or_else(|| "Somebody who is not named".to_owned(), |actor| shown_handle(&actor.handle)))
}
