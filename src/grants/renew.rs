//! From tokens to a grant, when it is first had and each time it is renewed.
//!
//! A renewed grant is sealed and durable before its new token is used, and two renewals of one grant never race: whoever comes second finds
//! the first one's result. An answer that leaves out the refresh token leaves the old one in force. When the answer itself is lost, the old
//! pair stays and is tried again. A server that had given out another one meanwhile then says `invalid_grant`, as it does after a crash
//! between its answer and our commit; so that costs a person one more link, and nothing else.

use super::sessions::Speaking;
use super::{Sessions, Trouble};
use crate::clock::Timestamp;
use crate::failure::{Failure, Why};
use crate::id::AccountId;
use crate::oauth::{Authorized, Door, OAuthClient};
use crate::person::{Account, Grant};
use crate::ports::{Commit, Network};
use crate::secret::Secret;
use crate::telemetry::requests::{self, Purpose};
use crate::wire::oauth::{Started, Tokens};
use std::sync::{Arc, PoisonError};
use tracing::debug;

/// A grant that was just had, and whose the server says it is.
pub(super) struct Granted {
    pub(super) grant: Grant,
    pub(super) subject: Option<String>,
    scopes: Vec<String>,
}

impl Granted {
    pub(super) fn new(door: &Door, client: &OAuthClient, started: &Started, tokens: Tokens, now: Timestamp) -> Self {
        let whole = door.auth.lifetimes.whole.map(|lives| now.plus(lives));
        // What nothing renews ends with its token.
        let alone = tokens.expires.filter(|_| tokens.refresh.is_none());
        let authorized = Authorized {
            server: door.auth.clone(),
            client: client.clone(),
            scopes: tokens.scopes.clone(),
            dpop: started.dpop.clone(),
            ends: [whole, alone].into_iter().flatten().min(),
        };
        let grant = Grant {
            access: tokens.access,
            refresh: tokens.refresh,
            password: None,
            expires: tokens.expires,
            authorized: Some(authorized),
        };
        Self { grant, subject: tokens.subject, scopes: tokens.scopes }
    }

    pub(super) fn scopes(&self) -> &[String] {
        &self.scopes
    }
}

impl Sessions {
    /// Renews after the network refused the token of this session. `RelinkNeeded` when only the person can; where nobody was asked for another
    /// token, what the network said when it refused this one is all there is to tell them.
    pub async fn renew(&self, account: &Account, stale: &Speaking, refused: &Why) -> Result<Speaking, Trouble> {
        let renewed = self.renew_from(account, Arc::clone(&stale.network), &stale.access).await;
        renewed.map_err(|trouble| match trouble {
            Trouble::Refused(Failure::RelinkNeeded(why)) => Failure::RelinkNeeded(why.or_words_of(refused)).into(),
            other => other,
        })
    }

    pub(super) async fn renew_from(
        &self,
        account: &Account,
        network: Arc<dyn Network>,
        stale: &Secret,
    ) -> Result<Speaking, Trouble> {
        let lock = self.renewing(account.id);
        let _one_at_a_time = lock.lock().await;
        let (before, mut grant) = self.kept(account).await?;
        if grant.access == *stale {
            grant = self.renewed(account, &*network, grant).await?;
            let sealed = self.seal(account.id, &grant)?;
            if self.ledger.renew_grant(account.id, &before, sealed).await? == Commit::Conflict {
                // Linked anew meanwhile: what its person entered counts.
                grant = self.grant(account).await?;
            }
            debug!(event = "grant.renewed", account.id = %account.id, network.id = account.network.as_str(), "The grant of {} is renewed", account.handle);
        }
        let profile = self.profile(account, &*network).await?;
        Ok(self.speaking(account, network, profile, grant)?)
    }

    /// Held by whoever turns a grant over, or gives it back.
    pub(super) fn renewing(&self, account: AccountId) -> Arc<tokio::sync::Mutex<()>> {
        let mut renewing = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(renewing.entry(account).or_default())
    }

    /// What the server gives for the old grant. What its answer leaves out, it does not take away.
    async fn renewed(&self, account: &Account, network: &dyn Network, had: Grant) -> Result<Grant, Failure> {
        let Some(authorized) = had.authorized else {
            let renewed = network.refresh(&*self.wire, &account.server, &had);
            let renewed = requests::on(Purpose::Renew, &account.network, renewed).await?;
            return Ok(Grant {
                access: renewed.access,
                refresh: renewed.refresh.or(had.refresh),
                password: renewed.password.or(had.password),
                expires: renewed.expires,
                authorized: renewed.authorized,
            });
        };
        let Some(refresh) = &had.refresh else {
            let why = "the network does not take our access any more";
            return Err(Failure::RelinkNeeded(Why::new(why)));
        };
        let tokens = self.oauth.refresh(&*self.wire, &authorized, refresh);
        let tokens = requests::on(Purpose::Renew, &account.network, tokens).await?;
        Ok(Grant {
            access: tokens.access,
            refresh: tokens.refresh.or(had.refresh),
            password: had.password,
            expires: tokens.expires,
            authorized: Some(Authorized { scopes: tokens.scopes, ..authorized }),
        })
    }

    /// When the person has to link again whatever we do, where that is known.
    pub async fn ends(&self, account: &Account) -> Result<Option<Timestamp>, Trouble> {
        Ok(self.grant(account).await?.authorized.and_then(|authorized| authorized.ends))
    }
}
