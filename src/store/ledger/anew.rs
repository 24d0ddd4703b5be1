//! What was given up, taken up again because a person wants it: as the next step of its announcement, with an id and a key of its own.

use super::Ledger;
use super::turns::Change;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::gig::Gig;
use crate::outbox::{Delivery, Terms};
use crate::person::Account;
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
            let Some(opened) = Self::open_next(&mut announcement, gig, account, terms, last.ring, now) else {
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
