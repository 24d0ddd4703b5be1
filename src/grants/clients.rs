//! Who we are to authorization servers: registered once with each that wants that, kept sealed, and looked at again before it is used.

use super::{Sessions, Trouble};
use crate::failure::{Failure, Why};
use crate::oauth::{ClientFrom, Door, OAuthClient, Us};
use crate::ports::{Commit, Network, StoreError};
use crate::store::Ledger;
use crate::vault::Vault;
use crate::wire::oauth::SigningKey;
use tracing::{debug, warn};

/// As servers write it when they do not know us (RFC 6749).
const UNKNOWN_CLIENT: &str = "invalid_client";

/// Raised whenever a network asks for more than before: a server grants no scope that was not registered.
const REGISTERED_FOR: u8 = 2;

/// What a registration is kept under.
fn kept_as(door: &Door) -> String {
    format!("{} for {REGISTERED_FOR}", door.auth.issuer)
}

impl Sessions {
    /// Who we are to the server behind this door.
    pub(super) async fn client(&self, network: &dyn Network, door: &Door, us: &Us) -> Result<OAuthClient, Trouble> {
        match &door.client {
            ClientFrom::Document(client) => Ok(client.clone()),
            ClientFrom::Registration => {
                if let Some(client) = self.kept_client(door, us).await?
                    && self.is_known(door, &client).await
                {
                    return Ok(client);
                }
                let client = network.register(&*self.wire, door, us).await?;
                self.is_known(door, &client).await;
                let sealed = self.vault.seal_client(&kept_as(door), &client).map_err(unsealed)?;
                self.ledger.keep_client(&kept_as(door), sealed).await?;
                debug!(
                    event = "client.registered",
                    server = door.auth.issuer.as_str(),
                    "We are registered with {}",
                    door.auth.issuer
                );
                Ok(client)
            }
        }
    }

    /// The registration that is kept, where it still fits: servers take people back to registered addresses only.
    async fn kept_client(&self, door: &Door, us: &Us) -> Result<Option<OAuthClient>, StoreError> {
        let Some(sealed) = self.ledger.client(&kept_as(door)).await? else { return Ok(None) };
        match self.vault.open_client(&kept_as(door), &sealed) {
            Ok(client) => Ok(Some(client).filter(|client| client.redirects.contains(&us.redirect))),
            Err(error) => {
                warn!(
                    event = "client.anew",
                    server = door.auth.issuer.as_str(),
                    "We register anew with {}: {error}",
                    door.auth.issuer
                );
                Ok(None)
            }
        }
    }

    /// Asks the server for a token of our own. Some servers forget a client that never had one, and show a person whom they do not know us to
    /// an error page without a way back; so this is asked first. Any other answer than "unknown" is no reason to register again.
    async fn is_known(&self, door: &Door, client: &OAuthClient) -> bool {
        match self.oauth.client_credentials(&*self.wire, &door.auth, client).await {
            Ok(()) => true,
            Err(failure) => {
                debug!(
                    event = "client.no_token",
                    server = door.auth.issuer.as_str(),
                    "{} gave us no token of our own: {failure}",
                    door.auth.issuer
                );
                failure.why().native.as_ref().and_then(|native| native.code.as_deref()) != Some(UNKNOWN_CLIENT)
            }
        }
    }
}

/// The key by which this installation signs for itself: made once, sealed, kept.
pub async fn signing_key(ledger: &Ledger, vault: &Vault) -> Result<SigningKey, Trouble> {
    loop {
        if let Some(sealed) = ledger.signing_key().await? {
            let secret = vault.open_signing_key(&sealed).map_err(unsealed)?;
            let unreadable = || Failure::Permanent(Why::new("the signing key that is kept cannot be read"));
            return Ok(SigningKey::from_secret(&secret).ok_or_else(unreadable)?);
        }
        let (key, secret) = SigningKey::generate();
        let sealed = vault.seal_signing_key(&secret).map_err(unsealed)?;
        if ledger.keep_signing_key(sealed).await? == Commit::Applied {
            return Ok(key);
        }
    }
}

fn unsealed(error: crate::vault::VaultError) -> Failure {
    Failure::Transient(Why::new(error.to_string()))
}
