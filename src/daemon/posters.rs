//! Answers people's pages: what `web::signed` asks, out of linking and the lanes.

use super::deliver::Deliver;
use crate::clock::Timestamp;
use crate::failure::Why;
use crate::grants::{Answer, Begun, Finished, For, LinkError, Linking, Queues, Redirect, Trouble, Unlinked, Way};
use crate::networks;
use crate::outbox::{Event, Lane, LaneHold, LaneWait, State};
use crate::person::{Account, Person};
use crate::ports::{BoxFuture, Commit, Entered, Named, StoreError};
use crate::secret::Secret;
use crate::store::Change;
use crate::store::layout::Aside;
use crate::web::signed::{Offer, Posters};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

pub struct Reception {
    pub deliver: Arc<Deliver>,
    pub linking: Arc<Linking>,
}

impl fmt::Debug for Reception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reception")
    }
}

impl Posters for Reception {
    fn networks(&self) -> Vec<Offer> {
        let offer = |profile: &crate::profile::Profile, asks| Offer {
            id: profile.id.to_string(),
            name: profile.name.to_string(),
            asks,
        };
        let networks = networks::registry();
        networks.values().filter_map(|network| Some(offer(network.profile(), network.asks()?))).collect()
    }

    fn begin<'a>(
        &'a self,
        network: &'a str,
        named: &'a Named,
        purpose: For,
        browser: Secret,
    ) -> BoxFuture<'a, Result<Begun, Trouble>> {
        let way = Way::Browser { binding: browser };
        Box::pin(self.linking.begin(network, named, purpose, way, Redirect::Callback))
    }

    fn finish(&self, answer: Answer, browser: Option<Secret>) -> BoxFuture<'_, Result<Finished, LinkError>> {
        Box::pin(async move { self.linking.finish(answer, browser.as_ref()).await })
    }

    fn enter<'a>(
        &'a self,
        network: &'a str,
        entered: &'a Entered,
        owner: &'a Person,
    ) -> BoxFuture<'a, Result<Account, LinkError>> {
        Box::pin(self.linking.enter(network, entered, owner))
    }

    fn unlink<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Unlinked, Trouble>> {
        Box::pin(self.linking.unlink(account))
    }

    fn pause<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        // In place of any other hold: what it was for is asked anew at the first turn after.
        Box::pin(self.deliver.change_lane(account, |lane| lane.hold = Some(LaneHold::Paused)))
    }

    fn resume<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(
            self.deliver.change_lane(account, |lane| lane.hold = lane.hold.filter(|hold| *hold != LaneHold::Paused)),
        )
    }

    fn revised<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        // The courtesy it waits for may be no longer wanted. Whether posts need approval is asked of each at its turn.
        Box::pin(self.deliver.change_lane(account, |lane| {
            if lane.why.is_courtesy() {
                (lane.not_before, lane.why) = (Timestamp::EPOCH, LaneWait::Nothing);
            }
        }))
    }

    fn ends<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Option<Timestamp>, Trouble>> {
        Box::pin(self.deliver.sessions.ends(account))
    }

    fn client_document(&self) -> Option<Value> {
        None
    }

    fn keys(&self) -> BoxFuture<'_, Result<Value, Trouble>> {
        Box::pin(async { Ok(serde_json::json!({ "keys": [] })) })
    }
}

impl Deliver {
    /// Changes how a lane is held or parked, whatever happens to it meanwhile, and has it looked at anew.
    async fn change_lane(&self, account: &Account, change: impl Fn(&mut Lane) + Send + Sync) -> Result<(), StoreError> {
        loop {
            let mut turn = self.ledger.turn(account.id).await?;
            change(&mut turn.lane);
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                self.bell.notify_one();
                return Ok(());
            }
        }
    }
}

/// What linking and unlinking mean for the lanes.
#[derive(Debug)]
pub struct Lanes(pub Arc<Deliver>);

impl Queues for Lanes {
    fn linked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        self.0.relinked(account)
    }

    fn unlinked<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<usize, StoreError>> {
        Box::pin(async move {
            let deliver = &self.0;
            let profile = deliver.sessions.known_profile(account).await?;
            let mut waiting = deliver.ledger.waiting_in(account.id, usize::MAX).await?;
            let held = deliver.ledger.set_aside(Aside::Held, usize::MAX).await?;
            waiting.extend(held.into_iter().filter(|delivery| delivery.account == account.id));
            // What may be out is looked for by nobody any more; it stays on record as it is.
            waiting.retain(|delivery| matches!(delivery.state, State::Queued | State::Held(_)));
            for delivery in &waiting {
                let why = Why::new("its account was unlinked");
                deliver.settle(account, &profile, delivery.id, Event::Unwanted(why), None, None).await?;
            }
            Ok(waiting.len())
        })
    }
}
