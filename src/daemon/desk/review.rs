//! A person's word on what would be said in their name.
//!
//! What waits is composed anew each time it is looked at, so that it shows the newest of the gig; an approval names the version that was
//! read and is refused for any other. What is approved is frozen in the same batch that queues it, and from then on nobody words it anew.

use super::story::{leaves, standing};
use crate::clock::WallClock;
use crate::daemon::deliver::Deliver;
use crate::failure::Why;
use crate::gig::Gig;
use crate::id::{DeliveryId, PersonId};
use crate::outbox::backoff::Dice;
use crate::outbox::{Delivery, Event, Hold, State, Wanted, next};
use crate::person::Account;
use crate::plan::clean;
use crate::plan::length::{measure, unit_word};
use crate::plan::reword::{reword, shown, version};
use crate::ports::{Commit, StoreError};
use crate::post::Post;
use crate::profile::Profile;
use crate::store::Change;
use crate::store::layout::Aside;
use crate::web::admin::answers::{Done, When};
use crate::web::admin::{Answer, Refusal};
use crate::web::approval::{CardShown, Pending, Reviews, Unfit, Waiting, Words};
use std::fmt;
use std::sync::Arc;

pub struct ReviewDesk {
    pub deliver: Arc<Deliver>,
}

impl fmt::Debug for ReviewDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReviewDesk")
    }
}

/// A reason that a person gives is kept up to here.
const WHY_LETTERS: usize = 200;

/// All there is to know of what waits, but its text.
struct Asked {
    account: Account,
    profile: Profile,
    delivery: Delivery,
    gig: Gig,
}

/// With the text that it would have now.
struct Draft {
    asked: Asked,
    composed: Post,
}

impl Reviews for ReviewDesk {
    fn waiting(&self, whose: PersonId, most: usize) -> Answer<'_, Vec<Pending>> {
        Box::pin(async move {
            let mut held = self.held().await?;
            let theirs: Vec<_> =
                self.deliver.ledger.accounts_of(whose).await?.iter().map(|account| account.id).collect();
            held.retain(|delivery| theirs.contains(&delivery.account));
            held.sort_by_key(|delivery| (delivery.stamp.opened, delivery.id));
            let mut waiting = Vec::new();
            for delivery in held {
                if waiting.len() == most {
                    break;
                }
                let asked = match self.asked(Some(whose), delivery.id).await {
                    Ok(asked) => asked,
                    // Decided since it was listed.
                    Err(Refusal::Unknown(_) | Refusal::Refused(_)) => continue,
                    Err(fault @ Refusal::Store(_)) => return Err(fault),
                };
                waiting.push(match self.composed(&asked).await? {
                    Ok(composed) => Pending::Shown(Box::new(self.show(&Draft { asked, composed }).await?)),
                    Err(why) => Pending::Unfit(unfit(&asked, &why)),
                });
            }
            Ok(waiting)
        })
    }

    fn one(&self, whose: Option<PersonId>, id: DeliveryId) -> Answer<'_, Waiting> {
        Box::pin(async move { self.show(&self.draft(whose, id).await?).await })
    }

    fn approve(&self, whose: Option<PersonId>, id: DeliveryId, read: String, words: Words) -> Answer<'_, Done> {
        Box::pin(async move {
            loop {
                if let Some(done) = self.try_approve(whose, id, &read, &words).await? {
                    return Ok(done);
                }
            }
        })
    }

    fn decline(&self, whose: Option<PersonId>, id: DeliveryId, why: String) -> Answer<'_, Done> {
        Box::pin(async move {
            let reason: String = clean::line(&why).chars().take(WHY_LETTERS).collect();
            let why = match reason.trim_end_matches('.') {
                "" => "declined by its person".to_owned(),
                reason => format!("declined by its person: {reason}"),
            };
            loop {
                let asked = self.asked(whose, id).await?;
                let event = Event::Declined { why: Why::new(why.clone()) };
                self.deliver.settle(&asked.account, &asked.profile, id, event, None, None).await?;
                // Another tab may have approved it in between: then the next look says so.
                let after = self.deliver.ledger.delivery(id).await?;
                if after.is_none_or(|after| matches!(after.state, State::Dropped(_))) {
                    self.deliver.bell.notify_one();
                    let said = format!("“{}” is not said on {}.", asked.gig.terms.title, asked.account.handle);
                    return Ok(Done { id: id.to_string(), said });
                }
            }
        })
    }
}

impl ReviewDesk {
    async fn held(&self) -> Result<Vec<Delivery>, StoreError> {
        let mut held = self.deliver.ledger.set_aside(Aside::Held, usize::MAX).await?;
        held.retain(|delivery| delivery.state == State::Held(Hold::Review));
        Ok(held)
    }

    /// What waits for this person. One that cannot be approved any more is refused, and dropped.
    async fn asked(&self, whose: Option<PersonId>, id: DeliveryId) -> Result<Asked, Refusal> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let unknown = || Refusal::Unknown(format!("there is no delivery {id}"));
        let delivery = deliver.ledger.delivery(id).await?.ok_or_else(unknown)?;
        let account = deliver.ledger.account(delivery.account).await?.ok_or_else(unknown)?;
        if whose.is_some_and(|person| person != account.owner) {
            return Err(unknown());
        }
        if delivery.state != State::Held(Hold::Review) {
            let lane = deliver.ledger.lane_of(&account).await?;
            let said = standing(&delivery, &account, &lane, now).said;
            return Err(Refusal::Refused(format!("It does not wait for approval any more. {said}")));
        }
        let gig = deliver.ledger.gig(delivery.gig).await?.ok_or_else(unknown)?.gig;
        let profile = deliver.sessions.known_profile(&account).await?;
        if let Some(why) = deliver.unfit(&account, &gig, &delivery, now) {
            let refused = Refusal::Refused(format!("It can no longer be approved: {why}."));
            deliver.settle(&account, &profile, id, Event::Unwanted(why), None, None).await?;
            return Err(refused);
        }
        Ok(Asked { account, profile, delivery, gig })
    }

    async fn composed(&self, asked: &Asked) -> Result<Result<Post, Why>, StoreError> {
        self.deliver.composed(&asked.account, &asked.delivery, &asked.gig, &asked.profile).await
    }

    async fn draft(&self, whose: Option<PersonId>, id: DeliveryId) -> Result<Draft, Refusal> {
        let asked = self.asked(whose, id).await?;
        let composed = self.composed(&asked).await?.map_err(|why| Refusal::Refused(why.to_string()))?;
        Ok(Draft { asked, composed })
    }

    async fn show(&self, draft: &Draft) -> Result<Waiting, Refusal> {
        let Draft { asked: Asked { account, profile, delivery, gig }, composed } = draft;
        let ledger = &self.deliver.ledger;
        let lane = ledger.lane_of(account).await?;
        let ahead = ledger.count_before(account.id, delivery.class(), 1000).await?;
        let host = |url: &str| url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or(url).to_owned();
        let at = delivery.at.as_ref();
        Ok(Waiting {
            delivery: delivery.id.to_string(),
            gig: gig.id.to_string(),
            title: gig.terms.title.clone(),
            handle: account.handle.clone(),
            network: profile.name.clone().into_owned(),
            verb: delivery.verb.word().to_owned(),
            replaces: at.map(|receipt| receipt.url.clone().unwrap_or_else(|| receipt.uri.clone())),
            text: composed.text.clone(),
            card: composed.card.as_ref().map(|card| CardShown {
                title: card.title.clone(),
                description: card.description.clone(),
                host: host(&card.url),
            }),
            link: shown(composed).to_owned(),
            length: measure(&composed.text, &profile.text),
            limit: profile.text.max,
            unit: unit_word(profile.text.unit).to_owned(),
            version: version(gig.revision, composed),
            closes: gig.terms.closes.filter(|_| delivery.verb.posts_anew()).map(When),
            when: leaves(account, &lane, delivery.class(), ahead, self.deliver.clock.now()),
        })
    }

    /// Nothing when somebody else wrote the same lane meanwhile.
    async fn try_approve(
        &self,
        whose: Option<PersonId>,
        id: DeliveryId,
        read: &str,
        words: &Words,
    ) -> Result<Option<Done>, Refusal> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        let draft = self.draft(whose, id).await?;
        let Draft { asked: Asked { account, profile, delivery, gig }, composed } = &draft;
        let current = version(gig.revision, composed);
        if read != current {
            let same_gig = read.split('-').next() == current.split('-').next();
            let changed = if same_gig { "The text" } else { "The gig" };
            return Err(Refusal::Refused(format!(
                "{changed} has changed since you read it, so nothing was approved. Read it as it is now."
            )));
        }
        let post = match words {
            Words::Shown => composed.clone(),
            Words::Own(text) => reword(text, composed, profile).map_err(|unfit| Refusal::Refused(unfit.to_string()))?,
        };
        let turn = deliver.ledger.turn_with(account.id, id).await?;
        if turn.delivery() != Some(delivery) {
            return Ok(None);
        }
        let revised = Event::revised(gig, delivery.ring);
        let newest = next(delivery, revised, deliver.terms(profile), now, Dice(0));
        let approval = Event::Approved { revision: gig.revision };
        let after = next(&newest, approval, deliver.terms(profile), now, Dice(0));
        if after.state != State::Queued {
            return Err(Refusal::Refused("It can no longer be approved: the gig has closed.".to_owned()));
        }
        // What was approved is what is wanted, though the gig's newest revision may not be planned yet.
        let announcement = turn.announcement().cloned().map(|mut announcement| {
            announcement.wanted = Wanted::Revision(after.revision);
            announcement
        });
        let length = measure(&post.text, &profile.text);
        let change = Change { delivery: Some(after.clone()), announcement, frozen: Some(post), ..Change::default() };
        if deliver.ledger.end_turn(&turn, change).await? == Commit::Conflict {
            return Ok(None);
        }
        deliver.note(account, &after, None);
        deliver.bell.notify_one();
        let ahead = deliver.ledger.count_before(account.id, delivery.class(), 1000).await?.saturating_sub(1);
        let (limit, unit) = (profile.text.max, unit_word(profile.text.unit));
        let when = leaves(account, &turn.lane, delivery.class(), ahead, now);
        let said = format!("Approved for {}, {length} of {limit} {unit}. {when}", account.handle);
        Ok(Some(Done { id: id.to_string(), said }))
    }

    /// Drops what waited for its person until the gig closed. A doubtful clock closes nothing.
    pub async fn drop_closed(&self) -> Result<(), StoreError> {
        let (deliver, now) = (&self.deliver, self.deliver.clock.now());
        if deliver.fitness.clock(now) == WallClock::Doubtful {
            return Ok(());
        }
        let has_closed =
            |delivery: &Delivery| delivery.verb.posts_anew() && delivery.closes.is_some_and(|closes| closes <= now);
        for delivery in self.held().await?.into_iter().filter(has_closed) {
            let Some(account) = deliver.ledger.account(delivery.account).await? else { continue };
            let profile = deliver.sessions.known_profile(&account).await?;
            let why = Why::new("the gig closed before it was approved");
            deliver.settle(&account, &profile, delivery.id, Event::Unwanted(why), None, None).await?;
        }
        Ok(())
    }
}

fn unfit(asked: &Asked, why: &Why) -> Unfit {
    Unfit {
        delivery: asked.delivery.id.to_string(),
        gig: asked.gig.id.to_string(),
        title: asked.gig.terms.title.clone(),
        handle: asked.account.handle.clone(),
        network: asked.profile.name.clone().into_owned(),
        why: why.quoted(),
    }
}
