//! What is inside a seal, as it is written: mirrors of the types that hold secrets, which can't be written by themselves.
//!
//! They exist only between a secret and the cipher. Fields are only ever added at the end, with a new version of the seal.

use crate::clock::Timestamp;
use crate::oauth::{AuthServer, Authorized, ClientAuth, OAuthClient};
use crate::person::Grant;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

#[derive(Serialize, Deserialize)]
pub(super) struct PlainGrant<'a> {
    access: &'a str,
    refresh: Option<&'a str>,
    password: Option<&'a str>,
    expires: Option<Timestamp>,
    #[serde(borrow)]
    authorized: Option<PlainAuthorized<'a>>,
}

#[derive(Serialize, Deserialize)]
struct PlainAuthorized<'a> {
    server: Cow<'a, AuthServer>,
    #[serde(borrow)]
    client: PlainClient<'a>,
    scopes: Cow<'a, [String]>,
    dpop: Option<&'a str>,
    ends: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PlainClient<'a> {
    id: &'a str,
    #[serde(borrow)]
    auth: PlainAuth<'a>,
    redirects: Cow<'a, [String]>,
}

#[derive(Serialize, Deserialize)]
enum PlainAuth<'a> {
    None,
    Basic(&'a str),
    Post(&'a str),
    Assertion,
}

impl<'a> From<&'a Grant> for PlainGrant<'a> {
    fn from(grant: &'a Grant) -> Self {
        Self {
            access: grant.access.expose(),
            refresh: grant.refresh.as_ref().map(Secret::expose),
            password: grant.password.as_ref().map(Secret::expose),
            expires: grant.expires,
            authorized: grant.authorized.as_ref().map(|had| PlainAuthorized {
                server: Cow::Borrowed(&had.server),
                client: (&had.client).into(),
                scopes: Cow::Borrowed(&had.scopes),
                dpop: had.dpop.as_ref().map(Secret::expose),
                ends: had.ends,
            }),
        }
    }
}

impl From<PlainGrant<'_>> for Grant {
    fn from(plain: PlainGrant<'_>) -> Self {
        Self {
            access: Secret::new(plain.access),
            refresh: plain.refresh.map(Secret::new),
            password: plain.password.map(Secret::new),
            expires: plain.expires,
            authorized: plain.authorized.map(|had| Authorized {
                server: had.server.into_owned(),
                client: had.client.into(),
                scopes: had.scopes.into_owned(),
                dpop: had.dpop.map(Secret::new),
                ends: had.ends,
            }),
        }
    }
}

impl<'a> From<&'a OAuthClient> for PlainClient<'a> {
    fn from(client: &'a OAuthClient) -> Self {
        let auth = match &client.auth {
            ClientAuth::None => PlainAuth::None,
            ClientAuth::Basic(secret) => PlainAuth::Basic(secret.expose()),
            ClientAuth::Post(secret) => PlainAuth::Post(secret.expose()),
            ClientAuth::Assertion => PlainAuth::Assertion,
        };
        Self { id: &client.id, auth, redirects: Cow::Borrowed(&client.redirects) }
    }
}

impl From<PlainClient<'_>> for OAuthClient {
    fn from(plain: PlainClient<'_>) -> Self {
        let auth = match plain.auth {
            PlainAuth::None => ClientAuth::None,
            PlainAuth::Basic(secret) => ClientAuth::Basic(Secret::new(secret)),
            PlainAuth::Post(secret) => ClientAuth::Post(Secret::new(secret)),
            PlainAuth::Assertion => ClientAuth::Assertion,
        };
        Self { id: plain.id.to_owned(), auth, redirects: plain.redirects.into_owned() }
    }
}
