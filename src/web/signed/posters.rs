//! What people's pages ask of the daemon, beyond what stands in the ledger.

use crate::clock::Timestamp;
use crate::failure::Failure;
use crate::grants::{Answer, Begun, Finished, For, LinkError, Trouble, Unlinked};
use crate::id::PersonId;
use crate::person::{Account, Actor, Person};
use crate::ports::{Asks, BoxFuture, Entered, Named, StoreError};
use crate::secret::Secret;
use serde_json::Value;
use std::fmt;

pub trait Posters: Send + Sync + fmt::Debug {
    /// The networks that one can sign in with and link, in the order in which they are shown.
    fn networks(&self) -> Vec<Offer>;

    /// `browser` is what the browser's cookie holds: no other can finish it.
    fn begin<'a>(
        &'a self,
        network: &'a str,
        named: &'a Named,
        purpose: For,
        browser: Secret,
    ) -> BoxFuture<'a, Result<Begun, Trouble>>;

    /// `signed` is who is signed in with that browser.
    fn finish(
        &self,
        answer: Answer,
        browser: Option<Secret>,
        signed: Option<PersonId>,
    ) -> BoxFuture<'_, Result<Finished, LinkError>>;

    /// Links by a token or app password that was typed in.
    fn enter<'a>(
        &'a self,
        network: &'a str,
        entered: &'a Entered,
        owner: &'a Person,
    ) -> BoxFuture<'a, Result<Account, LinkError>>;

    fn unlink<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Unlinked, Trouble>>;

    /// Nothing leaves through the account until it is resumed, whatever happens meanwhile.
    fn pause<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>>;

    fn resume<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The person has changed what the account is for, or its pace: what waits is looked at anew.
    fn revised<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The person relays nothing of this poster's with the account any more: what waits of it is dropped.
    fn relay_ended<'a>(&'a self, account: &'a Account, poster: PersonId) -> BoxFuture<'a, Result<(), StoreError>>;

    /// When the person has to link it again whatever we do, where the network says so.
    fn ends<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Option<Timestamp>, Trouble>>;

    /// Whose account it is that was named, if it has lately said these words in public; asked without any grant.
    fn says<'a>(
        &'a self,
        network: &'a str,
        named: &'a Named,
        words: &'a str,
    ) -> BoxFuture<'a, Result<Option<Actor>, Failure>>;

    /// What we tell authorization servers of ourselves, for those that fetch it; nothing without a public https address.
    fn client_document(&self) -> Option<Value>;

    /// The public half of the keys that we sign with, as a JSON Web Key Set.
    fn keys(&self) -> Value;
}

/// A network as it stands in a form.
#[derive(Debug, Clone)]
pub struct Offer {
    pub id: String,
    /// As people write it.
    pub name: String,
    pub asks: Asks,
}
