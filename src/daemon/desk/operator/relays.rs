//! What an operator is told of relays: which an account has, and why it reshares what it does.

use super::Desk;
use crate::daemon::desk::story::GigFacts;
use crate::outbox::{Delivery, Verb};
use crate::person::Account;
use crate::plan::relay::{self, Relay};
use crate::web::admin::Refusal;
use crate::web::admin::answers::{Explanation, Told, When};

impl Desk {
    /// Adds to the story of a reshare what it is of, and by whose will.
    pub(super) async fn tell_relay(
        &self,
        delivery: &Delivery,
        account: &Account,
        story: &mut Explanation,
    ) -> Result<(), Refusal> {
        let (Some(of), Some(chapter)) = (&delivery.at, story.chapters.first_mut()) else { return Ok(()) };
        let address = of.url.as_deref().unwrap_or(&of.uri);
        let said = match delivery.verb {
            Verb::Reshare => format!("It reshares {address}."),
            Verb::Unreshare => {
                format!(
                    "It takes back the reshare of {address}: its person ended the relay, and wants nothing of it out."
                )
            }
            Verb::Create | Verb::Edit | Verb::Reply | Verb::Delete | Verb::Repost => return Ok(()),
        };
        let mut told = vec![Told { at: None, said }];
        if delivery.verb == Verb::Reshare
            && let Some(record) = self.daemon.deliver.ledger.gig(delivery.gig).await?
            && let Some(relay) = self.daemon.deliver.ledger.relay(record.gig.poster, account.id).await?
        {
            told.push(self.told(&relay).await?);
        }
        chapter.told.splice(0..0, told);
        Ok(())
    }

    /// Adds to the story of a gig who would reshare it, were there a post of it on their network.
    pub(super) async fn tell_unrelayed(&self, facts: &GigFacts, story: &mut Explanation) -> Result<(), Refusal> {
        let deliver = &self.daemon.deliver;
        let (gig, now) = (&facts.record.gig, deliver.clock.now());
        let own = || facts.places.iter().filter(|place| !place.announcement.wanted.is_reshared());
        let out = own().filter_map(|place| place.announcement.said.as_ref()).map(|said| said.receipt.at).min();
        if own().next().is_none() {
            return Ok(());
        }
        for relay in deliver.ledger.relays_of(gig.poster).await? {
            let account = deliver.ledger.account(relay.account).await?;
            let is_elsewhere = |account: &Account| own().all(|place| place.account.network != account.network);
            let Some(account) = account.filter(is_elsewhere) else { continue };
            let profile = deliver.sessions.known_profile(&account).await?;
            let clock = deliver.fitness.clock(now);
            let is_since = out.is_none_or(|out| relay.since <= out);
            if is_since && relay::refusal(&relay, &account, gig, &profile, &deliver.taxonomy, now, clock).is_none() {
                let (handle, poster, network) = (&account.handle, &facts.poster, &profile.name);
                let said = format!(
                    "{handle} does not relay it: {poster} has no post of it on {network}, so there is nothing there to reshare."
                );
                story.chapters[0].told.push(Told { at: None, said });
            }
        }
        Ok(())
    }

    /// Adds to the story of an account whose gigs it relays.
    pub(super) async fn tell_relays(&self, account: &Account, story: &mut Explanation) -> Result<(), Refusal> {
        for relay in self.daemon.deliver.ledger.relays_by(account.id).await? {
            let told = self.told(&relay).await?;
            if let Some(chapter) = story.chapters.first_mut() {
                chapter.told.push(told);
            }
        }
        Ok(())
    }

    async fn told(&self, relay: &Relay) -> Result<Told, Refusal> {
        let deliver = &self.daemon.deliver;
        let name = |person: Option<crate::person::Person>| person.map_or_else(|| "somebody".to_owned(), |one| one.name);
        let person = name(deliver.ledger.person(relay.person).await?);
        let poster = name(deliver.ledger.person(relay.poster).await?);
        let kinds = relay::kinds(relay, &deliver.taxonomy);
        Ok(Told {
            at: Some(When(relay.since)),
            said: format!("{person} relays what {poster} posts there: gigs {kinds}."),
        })
    }
}
