//! Answers people's pages: what `web::signed` asks, out of linking and the lanes.

use crate::clock::Timestamp;
use crate::config::NetworkSettings;
use crate::daemon::deliver::Deliver;
use crate::failure::Failure;
use crate::grants::{Answer, Begun, Finished, For, LinkError, Linking, Redirect, Trouble, Unlinked, Way};
use crate::id::PersonId;
use crate::networks;
use crate::person::{Account, Actor, Person};
use crate::ports::{BoxFuture, Commit, Entered, Named, StoreError};
use crate::secret::Secret;
use crate::store::Change;
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
        let networks = networks::registry(&NetworkSettings::default());
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

    fn finish(
        &self,
        answer: Answer,
        browser: Option<Secret>,
        signed: Option<PersonId>,
    ) -> BoxFuture<'_, Result<Finished, LinkError>> {
        Box::pin(async move { self.linking.finish(answer, browser.as_ref(), signed).await })
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
        Box::pin(self.deliver.pause(account.id))
    }

    fn resume<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.deliver.resume(account.id))
    }

    fn revised<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.deliver.look_anew(account))
    }

    fn relay_ended<'a>(&'a self, account: &'a Account, poster: PersonId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.deliver.drop_reshares(account, poster))
    }

    fn ends<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Option<Timestamp>, Trouble>> {
        Box::pin(self.deliver.sessions.ends(account))
    }

    fn says<'a>(
        &'a self,
        network: &'a str,
        named: &'a Named,
        words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>> {
        Box::pin(self.deliver.sessions.says(network, named, words))
    }

    fn client_document(&self) -> Option<Value> {
        let us = self.linking.us();
        us.base.starts_with("https://").then(|| networks::client_metadata(&us, &self.linking.jwks()))
    }

    fn keys(&self) -> Value {
        self.linking.jwks()
    }
}

impl Deliver {
    /// Its person has changed what an account is for, or its pace: a courtesy that it waits for may be no longer wanted.
    async fn look_anew(&self, account: &Account) -> Result<(), StoreError> {
        loop {
            let mut turn = self.ledger.turn(account.id).await?;
            turn.lane.forget_courtesies();
            if self.ledger.end_turn(&turn, Change::default()).await? == Commit::Applied {
                self.bell.notify_one();
                return Ok(());
            }
        }
    }
}
