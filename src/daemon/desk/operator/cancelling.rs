//! `cancel`: what is surely not out is dropped, with the reason. What may be out is only noted: it is dropped once it is surely not there.

use super::Desk;
use super::retrying::Named;
use crate::failure::Why;
use crate::outbox::{Delivery, Event, Hold, Sent, State, Verb};
use crate::web::admin::answers::{Done, PutRight};
use crate::web::admin::{CancelAsked, Refusal};

impl Desk {
    pub(super) async fn call_off(&self, what: &str, asked: CancelAsked) -> Result<PutRight, Refusal> {
        let named = self.thing(what).await?;
        let deliveries = match &named {
            Named::Delivery(delivery) => vec![Delivery::clone(delivery)],
            // What takes a post or a reshare away is not what somebody means who calls a gig off.
            Named::Gig(gig) => {
                let mut open = self.last_of(*gig).await?;
                open.retain(|delivery| {
                    !delivery.is_settled() && !matches!(delivery.verb, Verb::Delete | Verb::Unreshare)
                });
                open
            }
            Named::Account(account) => {
                return Err(Refusal::Refused(format!(
                    "{} is an account: `gigcast pause {}` keeps what waits there from leaving, and `gigcast unlink` drops it",
                    account.handle, account.id
                )));
            }
        };
        let reason = asked.why.as_deref().map(str::trim).filter(|why| !why.is_empty());
        let why = reason.map_or_else(
            || "cancelled by the operator".to_owned(),
            |why| format!("cancelled by the operator: {}", why.chars().take(200).collect::<String>()),
        );
        let (mut lines, mut dropped, mut noted) = (Vec::new(), 0, 0);
        for delivery in deliveries {
            let (after, said) = self.drop_unless_out(&delivery, Why::new(why.clone())).await?;
            if !delivery.is_settled() {
                if after.is_settled() { dropped += 1 } else { noted += 1 }
            }
            lines.push(Done { id: delivery.id.to_string(), said });
        }
        let said = match (dropped, noted) {
            (0, 0) => "Nothing of it waits, so nothing is called off.".to_owned(),
            (dropped, 0) => format!("{dropped} dropped."),
            (0, noted) => format!("{noted} may be out already, and will be dropped once it surely is not."),
            (dropped, noted) => {
                format!("{dropped} dropped, {noted} may be out already and will be dropped once it surely is not.")
            }
        };
        Ok(PutRight { said, count: dropped + noted, lines, until: None })
    }

    async fn drop_unless_out(&self, delivery: &Delivery, why: Why) -> Result<(Delivery, String), Refusal> {
        let deliver = &self.daemon.deliver;
        let Some(account) = deliver.ledger.account(delivery.account).await? else {
            return Ok((delivery.clone(), "Its account is not on record any more.".to_owned()));
        };
        if !delivery.is_settled() {
            let profile = deliver.sessions.known_profile(&account).await?;
            deliver.settle(&account, &profile, delivery.id, Event::Unwanted(why), None, None).await?;
        }
        let after = deliver.ledger.delivery(delivery.id).await?.unwrap_or_else(|| delivery.clone());
        let gig = delivery.gig;
        let said = match &after.state {
            _ if delivery.is_settled() => {
                format!("It has ended already. {}", self.stands(&after, &account).await?)
            }
            State::Dropped(_) if after.verb == Verb::Unreshare => "It is dropped: that reshare stays out.".to_owned(),
            State::Dropped(_) if after.verb == Verb::Reshare => {
                format!(
                    "It is dropped: the gig is not reshared there, unless `gigcast retry {}` takes it up again.",
                    after.id
                )
            }
            State::Dropped(_) => {
                "It is dropped. Should its gig change, what is to be said there is decided anew.".to_owned()
            }
            State::Held(Hold::Unconfirmed) => format!(
                "It may be there, and only a person can tell: that it is not wanted is noted. {}",
                self.stands(&after, &account).await?
            ),
            State::Sending { .. } | State::Unknown { .. } | State::Held(_) | State::Queued
                if after.unsure == Sent::Perhaps || matches!(after.state, State::Sending { .. }) =>
            {
                format!(
                    "It may be out already: that it is not wanted is noted, and it is dropped once it is surely not there. \
                     Should it be there, it stands: `gigcast withdraw {gig}` says so there, or takes it away."
                )
            }
            _ => self.stands(&after, &account).await?,
        };
        Ok((after, said))
    }
}
