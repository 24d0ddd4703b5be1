//! `replay`: what was given up in a span of time, opened anew; counted and listed first, and done only when that is asked.

use super::Desk;
use crate::outbox::Delivery;
use crate::web::admin::answers::{Done, PutRight, When};
use crate::web::admin::{Refusal, ReplayAsked, Replaying};
use crate::web::words::count as count_of;
use tracing::info;

impl Desk {
    pub(super) async fn replay_dead(&self, asked: ReplayAsked) -> Result<PutRight, Refusal> {
        let ReplayAsked { since: When(since), until, network, account, replay } = asked;
        let until = until.map_or_else(|| self.now(), |until| until.0);
        if until < since {
            return Err(Refusal::Refused(
                "the span to replay ends before it begins: see --since and --until".to_owned(),
            ));
        }
        if let Some(network) = &network {
            self.spoken(network).await?;
        }
        let account = match &account {
            Some(what) => Some(self.named(what).await?.id),
            None => None,
        };
        let ledger = &self.daemon.deliver.ledger;
        let on: Vec<_> = ledger
            .accounts()
            .await?
            .into_iter()
            .filter(|one| network.as_ref().is_none_or(|network| one.network == *network))
            .filter(|one| account.is_none_or(|id| one.id == id))
            .collect();
        let within = |delivery: &Delivery| {
            let ended = delivery.tries.last().map_or(delivery.stamp.opened, |last| last.at);
            since <= ended && ended <= until && on.iter().any(|account| account.id == delivery.account)
        };
        let dead = self.dead(within).await?;
        let (mut lines, mut count) = (Vec::new(), 0);
        for delivery in &dead {
            let said = match replay {
                Replaying::CountOnly => {
                    count += 1;
                    self.delivery_line(delivery)
                        .await
                        .map(|line| format!("the {} of {} on {}. {}", line.verb, line.title, line.handle, line.said))?
                }
                Replaying::Now => match self.reopen(delivery).await? {
                    Some(said) => {
                        count += 1;
                        said
                    }
                    None => "It stays as it is; `gigcast retry` of it says why.".to_owned(),
                },
            };
            lines.push(Done { id: delivery.id.to_string(), said });
        }
        let deliveries = count_of(count, "delivery", "deliveries");
        let said = match replay {
            Replaying::CountOnly => format!("{deliveries} would be opened anew."),
            Replaying::Now => {
                self.daemon.deliver.bell.notify_one();
                info!(
                    event = "delivery.replayed",
                    deliveries = count,
                    "{deliveries} opened anew that had been given up"
                );
                match dead.len() - count {
                    0 => format!("{deliveries} opened anew."),
                    kept => format!("{deliveries} opened anew, {kept} left as before."),
                }
            }
        };
        Ok(PutRight { said, count, lines, until: Some(When(until)) })
    }
}
