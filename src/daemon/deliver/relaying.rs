//! Reshares by somebody's standing will, as the lanes meet them: whether one is still wanted when its turn has come, and what becomes of those that wait
//! when the will ends.

use super::Deliver;
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::gig::Gig;
use crate::grants::Speaking;
use crate::id::PersonId;
use crate::outbox::backoff::Dice;
use crate::outbox::{Delivery, Event, Sent, State, Verb, next};
use crate::person::Account;
use crate::plan::relay::{self, OFF};
use crate::ports::StoreError;
use crate::post::{Post, Receipt};
use crate::profile::Profile;
use crate::store::layout::Aside;
use crate::store::nearest;

/// A reshare says nothing of its own, and nor does its end.
pub(super) fn nothing_of_our_own(delivery: &Delivery) -> Post {
    let link = delivery.at.as_ref().map_or_else(String::new, address);
    Post { text: String::new(), facets: Vec::new(), card: None, language: None, link, code: None }
}

fn address(of: &Receipt) -> String {
    of.url.clone().unwrap_or_else(|| of.uri.clone())
}

/// Looks for what a delivery was to make: its post, or its reshare of another one.
pub(super) async fn looked_for(
    speaking: &Speaking,
    delivery: &Delivery,
    post: &Post,
) -> Result<Option<Receipt>, Failure> {
    let (network, session) = (&speaking.network, speaking.session());
    match (delivery.verb, &delivery.at) {
        (Verb::Reshare, Some(of)) => network.find_reshare(session, of, &delivery.stamp).await,
        _ => network.find(session, post, &delivery.stamp).await,
    }
}

impl Deliver {
    /// Whether anybody reshares what this account posts.
    pub(super) async fn is_relayed(&self, account: &Account) -> Result<bool, StoreError> {
        self.ledger.is_relayed(account.owner).await
    }

    /// Why a reshare is not to leave any more: its person switched it off, or what it goes by has changed.
    pub(super) async fn relays_no_more(
        &self,
        account: &Account,
        profile: &Profile,
        gig: &Gig,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<Option<Why>, StoreError> {
        if delivery.verb != Verb::Reshare {
            return Ok(None);
        }
        let relay = self.ledger.relay(gig.poster, account.id).await?;
        // One that was switched on again since begins with the next post.
        let Some(relay) = relay.filter(|relay| relay.since <= delivery.stamp.opened) else {
            return Ok(Some(Why::new(OFF)));
        };
        let clock = self.fitness.clock(now);
        Ok(relay::refusal(&relay, account, gig, profile, &self.taxonomy, now, clock))
    }

    /// Whether a reshare is not wanted by what it goes by, and not since somebody called it off.
    pub(super) async fn kept_back(
        &self,
        account: &Account,
        profile: &Profile,
        gig: &Gig,
        delivery: &Delivery,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let Event::Unwanted(why) = event else { return Ok(false) };
        let refusal = self.relays_no_more(account, profile, gig, delivery, self.clock.now()).await?;
        Ok(refusal.as_ref() == Some(why))
    }

    /// A reshare as its turn finds it: of the post that stands now, where the one that it was of was taken away meanwhile, or where there is one on its own
    /// server by now.
    pub(super) async fn of_what_stands(
        &self,
        account: &Account,
        profile: &Profile,
        gig: &Gig,
        delivery: Delivery,
        now: Timestamp,
    ) -> Result<Delivery, StoreError> {
        if delivery.verb != Verb::Reshare {
            return Ok(delivery);
        }
        let stand = self.ledger.originals(gig.id).await?;
        let relay = self.ledger.relay(gig.poster, account.id).await?;
        let best = relay.and_then(|relay| nearest(&stand, account, relay.since));
        // What stands on its own server came out behind the one that it was opened for.
        let is_nearer = best.is_some_and(|best| best.server == account.server);
        let of = stand.iter().find(|one| one.is_of(&delivery));
        if of.is_some_and(|of| !is_nearer || of.server == account.server) {
            return Ok(delivery);
        }
        let instead = best.map(|best| best.post.clone());
        Ok(next(&delivery, Event::Gone { instead }, self.terms(profile), now, Dice(0)))
    }

    /// What an answer comes to: that the network knows no such post is no word on the gig where that post was taken away while the request was out, or is being
    /// so. Its next turn finds what stands in its place.
    pub(super) async fn heard(&self, sent: &Delivery, event: &Event) -> Result<Event, StoreError> {
        let Event::Answered(Err(Failure::Permanent(why))) = event else { return Ok(event.clone()) };
        if sent.verb == Verb::Reshare && !self.surely_stands(sent).await? {
            return Ok(Event::Answered(Err(Failure::Transient(why.clone()))));
        }
        Ok(event.clone())
    }

    /// Whether the post that a reshare is of stands, and nothing is on its way that takes it away.
    async fn surely_stands(&self, reshare: &Delivery) -> Result<bool, StoreError> {
        let stand = self.ledger.originals(reshare.gig).await?;
        let Some(of) = stand.iter().find(|one| one.is_of(reshare)) else { return Ok(false) };
        let open = self.ledger.announcement(reshare.gig, of.account).await?.and_then(|announced| announced.open);
        let Some(open) = open else { return Ok(true) };
        let next = self.ledger.delivery(open).await?;
        let takes_away = |next: &Delivery| {
            let may_have_left = next.unsure == Sent::Perhaps || matches!(next.state, State::Sending { .. });
            matches!(next.verb, Verb::Delete | Verb::Repost) && may_have_left
        };
        Ok(!next.as_ref().is_some_and(takes_away))
    }

    /// Drops what waits of a relay that was switched off. What may be out is noted, and dropped once it surely is not.
    pub(in crate::daemon) async fn drop_reshares(&self, account: &Account, poster: PersonId) -> Result<(), StoreError> {
        let profile = self.sessions.known_profile(account).await?;
        let held = self.ledger.set_aside(Aside::Held, usize::MAX).await?;
        let held = held.into_iter().filter(|delivery| delivery.account == account.id);
        let waiting = self.ledger.waiting_in(account.id, usize::MAX).await?.into_iter().chain(held);
        for delivery in waiting.filter(|delivery| delivery.verb == Verb::Reshare).collect::<Vec<_>>() {
            let gig = self.ledger.gig(delivery.gig).await?;
            if gig.is_none_or(|record| record.gig.poster == poster) {
                self.settle(account, &profile, delivery.id, Event::Unwanted(Why::new(OFF)), None, None).await?;
            }
        }
        self.bell.notify_one();
        self.to_plan.notify_one();
        Ok(())
    }
}
