//! Where a gig stands on each account, as far as it is anyone's business.
//!
//! What waits its turn is told with its reason; what failed, or waits for its poster to look after an account, is between the
//! poster and gigcast.

use super::words::{Moment, clock_time, web_address};
use crate::clock::Timestamp;
use crate::gig::Gig;
use crate::id::AccountId;
use crate::networks;
use crate::outbox::{Announcement, LaneWait, State, Verb, Wait};
use crate::ports::StoreError;
use crate::store::{Ledger, Turn, held_by};

#[derive(Debug, PartialEq, Eq)]
pub struct Posted {
    pub account: AccountId,
    /// As people write it.
    pub network: String,
    pub handle: String,
    /// The post, once it is out.
    pub url: Option<String>,
    pub state: Standing,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    Out {
        since: Moment,
        change_follows: bool,
    },
    /// As a clause: `waits until 14:00 UTC for ...`.
    Waits(String),
}

/// How many accounts it stands on.
pub async fn count(ledger: &Ledger, gig: &Gig) -> Result<usize, StoreError> {
    Ok(own(ledger, gig).await?.iter().filter(|announcement| announcement.said.is_some()).count())
}

/// What its poster says: a reshare by somebody else is theirs, and stands among those of all others.
async fn own(ledger: &Ledger, gig: &Gig) -> Result<Vec<Announcement>, StoreError> {
    let mut announced = ledger.announcements(gig.id).await?;
    announced.retain(|announcement| !announcement.wanted.is_reshared());
    Ok(announced)
}

pub async fn of(ledger: &Ledger, gig: &Gig, now: Timestamp) -> Result<Vec<Posted>, StoreError> {
    let (mut told, switches) = (Vec::new(), ledger.switches().await?);
    let is_for_a_community = gig.terms.ring.as_ref().is_some_and(|ring| ring.community().is_some());
    let first = if is_for_a_community { "the community that it goes to first" } else { "those that go first" };
    for announcement in own(ledger, gig).await? {
        let Some(account) = ledger.account(announcement.account).await? else { continue };
        let mut turn = ledger.turn_for(announcement.account, gig.id).await?;
        turn.lane.hold = held_by(&account, &turn.lane, &switches);
        let Some(state) = standing(&announcement, &turn, first, now) else { continue };
        let network = networks::profiles().get(&account.network).map(|profile| profile.name.to_string());
        told.push(Posted {
            account: account.id,
            network: network.unwrap_or(account.network),
            handle: account.handle,
            url: announcement.said.and_then(|said| said.receipt.url).as_deref().and_then(web_address),
            state,
        });
    }
    Ok(told)
}

fn standing(announcement: &Announcement, turn: &Turn, first: &str, now: Timestamp) -> Option<Standing> {
    let open = turn.delivery().filter(|delivery| !delivery.is_settled());
    if let Some(said) = &announcement.said {
        let change_follows = open.is_some_and(|delivery| {
            delivery.verb == Verb::Edit && matches!(delivery.state, State::Queued | State::Sending { .. })
        });
        return Some(Standing::Out { since: Moment::new(said.receipt.at, now), change_follows });
    }
    let delivery = open?;
    match delivery.state {
        State::Sending { .. } => Some(Standing::Waits("is going out now".to_owned())),
        State::Queued if turn.lane.hold.is_none() => {
            let (until, why) = turn.lane.rest(delivery.class());
            if delivery.wait == Wait::Ring && delivery.due > now && delivery.due > until {
                return Some(Standing::Waits(format!("goes out at {}, after {first}", clock_time(delivery.due, now))));
            }
            let parked = until > now && why != LaneWait::Nothing && until >= delivery.due;
            Some(Standing::Waits(if parked {
                format!("waits until {} for {}", clock_time(until, now), why.words())
            } else {
                "goes out soon".to_owned()
            }))
        }
        State::Queued
        | State::Unknown { .. }
        | State::Held(_)
        | State::Delivered(_)
        | State::Dropped(_)
        | State::Dead(_) => None,
    }
}
