//! What was given up, taken up again because a person wants it: as the next step of its announcement, with an id and a key of its own.

use super::Ledger;
use super::relays::nearest;
use super::turns::Change;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::{Gig, Status};
use crate::outbox::{Delivery, Terms, Verb, Wanted};
use crate::person::Account;
use crate::plan::relay::OFF;
use crate::ports::{Commit, StoreError};

/// What came of a wish to have something done after all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anew {
    /// By this new delivery.
    Opened(Box<Delivery>),
    /// It stays as it was.
    Kept(Why),
}

impl Ledger {
    /// Opens anew what `last` ended without doing, if that is still what its announcement wants.
    pub async fn announce_anew(
        &self,
        last: &Delivery,
        gig: &Gig,
        account: &Account,
        terms: Terms<'_>,
        now: Timestamp,
    ) -> Result<Anew, StoreError> {
        loop {
            let turn = self.turn_for(account.id, gig.id).await?;
            let Some(mut announcement) = turn.announcement().cloned() else {
                return Ok(Anew::Kept(Why::new("nothing of the gig is on record for this account")));
            };
            if let Err(why) = announcement.take_up_anew(last) {
                return Ok(Anew::Kept(why));
            }
            let opened = match last.verb {
                Verb::Reshare if gig.status == Status::Open && matches!(announcement.wanted, Wanted::Reshared(_)) => {
                    let Some(relay) = self.relay(gig.poster, account.id).await? else {
                        return Ok(Anew::Kept(Why::new(OFF)));
                    };
                    let stand = self.originals(gig.id).await?;
                    let Some(of) = nearest(&stand, account, relay.since) else {
                        return Ok(Anew::Kept(Why::new("no post stands that it could reshare")));
                    };
                    Some(Self::open_step_of(&mut announcement, gig, &of.post, now))
                }
                Verb::Reshare => None,
                _ => Self::open_next(&mut announcement, gig, account, terms, last.ring, now),
            };
            let Some(opened) = opened else {
                let why = format!("the gig is {}, and nothing is to be said of it there", gig.status.word());
                return Ok(Anew::Kept(Why::new(why)));
            };
            let change = Change { announcement: Some(announcement), opened: Some(opened.clone()), ..Change::default() };
            if self.end_turn(&turn, change).await? == Commit::Applied {
                return Ok(Anew::Opened(Box::new(opened)));
            }
        }
    }
}
