//! `retry`: what waits by our own schedule goes now, and what was given up is opened anew. What a server asked us to wait for is waited
//! for, and what may be out is looked for first: neither is anybody's to hurry.

use super::Desk;
use crate::daemon::desk::story::standing;
use crate::daemon::journal;
use crate::id::{AccountId, DeliveryId, GigId};
use crate::outbox::{Delivery, Event, State, Wait};
use crate::person::{Account, GrantState};
use crate::store::Anew;
use crate::store::layout::Aside;
use crate::web::admin::Refusal;
use crate::web::admin::answers::{Done, PutRight};

/// What somebody named.
pub(super) enum Named {
    Delivery(Box<Delivery>),
    Gig(GigId),
    Account(Box<Account>),
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Hurried,
    Anew,
    Kept,
}

impl Desk {
    pub(super) async fn try_now(&self, what: &str) -> Result<PutRight, Refusal> {
        let named = self.thing(what).await?;
        let deliveries = match &named {
            Named::Delivery(delivery) => vec![Delivery::clone(delivery)],
            Named::Gig(gig) => self.last_of(*gig).await?,
            Named::Account(account) => self.unfinished(account.id).await?,
        };
        let (mut lines, mut hurried, mut anew, mut kept) = (Vec::new(), 0, 0, 0);
        for delivery in deliveries {
            // Of a gig or an account, what a person has called off stays so.
            let called_off = matches!(delivery.state, State::Dropped(_)) && !matches!(named, Named::Delivery(_));
            if called_off {
                continue;
            }
            let (became, said) = self.hurry(&delivery).await?;
            match became {
                Became::Hurried => hurried += 1,
                Became::Anew => anew += 1,
                Became::Kept => kept += 1,
            }
            // Of an account, what waits for its turn anyway is no news.
            if became != Became::Kept || !matches!(named, Named::Account(_)) {
                lines.push(Done { id: delivery.id.to_string(), said });
            }
        }
        self.daemon.deliver.bell.notify_one();
        let said = match (hurried, anew, kept) {
            (0, 0, 0) => "There is nothing to try again.".to_owned(),
            (0, 0, kept) => format!("Nothing is tried sooner by this; {} as before.", stay(kept)),
            (hurried, anew, kept) => {
                let mut parts = Vec::new();
                parts.extend((hurried > 0).then(|| format!("{hurried} tried now")));
                parts.extend((anew > 0).then(|| format!("{anew} opened anew")));
                parts.extend((kept > 0).then(|| format!("{} as before", stay(kept))));
                format!("{}.", parts.join(", "))
            }
        };
        Ok(PutRight { said, count: hurried + anew, lines, until: None })
    }

    /// One delivery, as soon as may be.
    async fn hurry(&self, delivery: &Delivery) -> Result<(Became, String), Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let Some(account) = deliver.ledger.account(delivery.account).await? else {
            return Ok((Became::Kept, "Its account is not on record any more.".to_owned()));
        };
        let ours = matches!(delivery.wait, Wait::Backoff | Wait::LookUp) && delivery.due > now;
        match &delivery.state {
            State::Queued | State::Unknown { .. } if ours => {
                let profile = deliver.sessions.known_profile(&account).await?;
                deliver.settle(&account, &profile, delivery.id, Event::Hurried, None, None).await?;
                let after = deliver.ledger.delivery(delivery.id).await?.unwrap_or_else(|| delivery.clone());
                let lane = deliver.ledger.lane_of(&account).await?;
                let first = match after.state {
                    State::Unknown { .. } => {
                        "It is looked for now, and sent again only if it is surely not there.".to_owned()
                    }
                    _ => format!(
                        "It does not wait for its next try any more. {}",
                        standing(&after, &account, &lane, now).said
                    ),
                };
                Ok((Became::Hurried, first))
            }
            State::Dead(_) | State::Dropped(_) => self.open_anew(delivery, &account).await,
            _ => Ok((Became::Kept, self.stands(delivery, &account).await?)),
        }
    }

    /// What was given up, as a new delivery of its announcement.
    pub(super) async fn reopen(&self, delivery: &Delivery) -> Result<Option<String>, Refusal> {
        let Some(account) = self.daemon.deliver.ledger.account(delivery.account).await? else { return Ok(None) };
        let (became, said) = self.open_anew(delivery, &account).await?;
        Ok((became == Became::Anew).then_some(said))
    }

    async fn open_anew(&self, delivery: &Delivery, account: &Account) -> Result<(Became, String), Refusal> {
        let (deliver, now) = (&self.daemon.deliver, self.now());
        let kept = |why: String| Ok((Became::Kept, format!("It stays as it is: {why}.")));
        if account.grant != GrantState::Linked {
            return kept(format!("{} must be linked again first", account.handle));
        }
        let Some(record) = deliver.ledger.gig(delivery.gig).await? else {
            return kept("its gig is not on record any more".to_owned());
        };
        let profile = deliver.sessions.known_profile(account).await?;
        let terms = deliver.terms(&profile);
        match deliver.ledger.announce_anew(delivery, &record.gig, account, terms, now).await? {
            Anew::Kept(why) => kept(why.to_string()),
            Anew::Opened(opened) => {
                journal::changed(account, &opened, None);
                let lane = deliver.ledger.lane_of(account).await?;
                let stands = standing(&opened, account, &lane, now).said;
                Ok((Became::Anew, format!("It is opened anew as {}. {stands}", opened.id)))
            }
        }
    }

    /// Where it stands, and what a person can do about it.
    pub(super) async fn stands(&self, delivery: &Delivery, account: &Account) -> Result<String, Refusal> {
        let lane = self.daemon.deliver.ledger.lane_of(account).await?;
        let standing = standing(delivery, account, &lane, self.now());
        let owner = self.daemon.deliver.owner_of(account).await?;
        Ok(match standing.advice(account, &owner) {
            Some(advice) => format!("{} {advice}", standing.said),
            None => standing.said,
        })
    }

    pub(super) async fn thing(&self, what: &str) -> Result<Named, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        if let Ok(id) = what.parse::<DeliveryId>() {
            let unknown = || Refusal::Unknown(format!("there is no delivery {id}; `gigcast deliveries` lists them"));
            return Ok(Named::Delivery(Box::new(ledger.delivery(id).await?.ok_or_else(unknown)?)));
        }
        if let Ok(id) = what.parse::<GigId>() {
            let unknown = || Refusal::Unknown(format!("there is no gig {id}; `gigcast gigs` lists them"));
            ledger.gig(id).await?.ok_or_else(unknown)?;
            return Ok(Named::Gig(id));
        }
        Ok(Named::Account(Box::new(self.named(what).await?)))
    }

    /// The last delivery of a gig on each account.
    pub(super) async fn last_of(&self, gig: GigId) -> Result<Vec<Delivery>, Refusal> {
        let places = self.daemon.deliver.places(gig).await?;
        Ok(places.into_iter().filter_map(|mut place| place.deliveries.pop()).collect())
    }

    /// What waits on an account or was given up there, and no later delivery has taken the place of.
    async fn unfinished(&self, account: AccountId) -> Result<Vec<Delivery>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let mut all = ledger.waiting_in(account, usize::MAX).await?;
        all.extend(ledger.set_aside(Aside::Held, usize::MAX).await?.into_iter().filter(|d| d.account == account));
        all.extend(self.dead(|d| d.account == account).await?);
        Ok(all)
    }

    /// What was given up and has no successor, as it was given up, the oldest first: what was opened anew is history.
    pub(super) async fn dead(&self, meant: impl Fn(&Delivery) -> bool) -> Result<Vec<Delivery>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let mut dead = Vec::new();
        for delivery in ledger.set_aside(Aside::Dead, usize::MAX).await?.into_iter().filter(|d| meant(d)) {
            let announcement = ledger.announcement(delivery.gig, delivery.account).await?;
            if announcement.is_none_or(|announcement| announcement.step == delivery.step) {
                dead.push(delivery);
            }
        }
        Ok(dead)
    }
}

fn stay(count: usize) -> String {
    if count == 1 { "1 stays".to_owned() } else { format!("{count} stay") }
}
