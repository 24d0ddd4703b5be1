//! Unlinking: the grant is given back, the account is nobody's here any more, and what waited for it is dropped.
//!
//! The network is asked first, since afterwards we hold nothing to ask it with. It is asked once: a person who unlinks is not kept waiting
//! for a server that is gone, and is told what is left for them to do there.

use super::{Linking, Sessions, Trouble};
use crate::person::{Account, Grant, GrantState};
use crate::telemetry::requests::{self, Purpose};
use tracing::{debug, info};

/// What became of an account that was unlinked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlinked {
    /// Whether the network said that the grant is void. A grant entered by hand is the person's to revoke.
    pub revoked: bool,
    /// Deliveries that waited and were dropped.
    pub dropped: usize,
    /// All of it in a sentence or two.
    pub said: String,
}

impl Linking {
    /// Takes the account away from its person. What it has said stays where it stands, and on record.
    pub async fn unlink(&self, account: &Account) -> Result<Unlinked, Trouble> {
        let sessions = &self.sessions;
        let renewing = sessions.renewing(account.id);
        // A renewal that is under way ends first, so that what it brings is what is given back.
        let one_at_a_time = renewing.lock().await;
        if !sessions.stands(account).await? {
            let said = format!("{} had been unlinked before.", account.handle);
            return Ok(Unlinked { revoked: false, dropped: 0, said });
        }
        let revoked = match sessions.kept(account).await {
            Ok((_, grant)) if grant.authorized.is_some() => {
                requests::on(Purpose::Link, &account.network, sessions.give_back(&grant)).await
            }
            Ok(_) | Err(Trouble::Refused(_)) => false,
            Err(fault) => return Err(fault),
        };
        sessions.ledger.unlink(account, sessions.clock.now()).await?;
        drop(one_at_a_time);
        let dropped = self.queues.unlinked(account).await?;
        let handle = &account.handle;
        let there = if revoked {
            "Its server has been told, and our access is void.".to_owned()
        } else {
            format!("Our access could not be revoked from here: take it back on {}, among its apps.", account.server)
        };
        let waited = match dropped {
            0 => String::new(),
            1 => " One delivery that waited for it was dropped.".to_owned(),
            many => format!(" {many} deliveries that waited for it were dropped."),
        };
        let said = format!("{handle} is unlinked. {there}{waited}");
        info!(event = "account.unlinked", account.id = %account.id, network.id = account.network.as_str(), deliveries = dropped, "{said}");
        Ok(Unlinked { revoked, dropped, said })
    }
}

impl Sessions {
    /// Whether this link still holds: the account may have been unlinked since it was read, and linked anew by its person or another.
    async fn stands(&self, account: &Account) -> Result<bool, Trouble> {
        let known = self.ledger.account(account.id).await?;
        Ok(known.is_some_and(|known| {
            (known.owner, known.linked) == (account.owner, account.linked)
                && !matches!(known.grant, GrantState::Revoked { .. })
        }))
    }

    /// Gives a grant back to its server; answers whether the server said that it is void.
    pub(super) async fn give_back(&self, grant: &Grant) -> bool {
        let Some(had) = &grant.authorized else { return false };
        let given = self.oauth.revoke(&*self.wire, had, &grant.access, grant.refresh.as_ref()).await;
        if let Err(failure) = &given {
            debug!(
                event = "grant.not_returned",
                server = had.server.issuer.as_str(),
                "A grant could not be given back: {failure}"
            );
        }
        given.is_ok()
    }
}
