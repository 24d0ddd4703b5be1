//! Authorization servers and what they grant, as data.
//!
//! One generic client (`wire::oauth`) reads an [`AuthServer`] and knows no network: where each request goes, how we show who we
//! are, whether tokens are bound to a key. A network finds these out for one server (`Network::discover`); what a server can
//! no longer do, or does differently, is another value in here and never a branch in the client.

use crate::clock::Timestamp;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An authorization server: its addresses, and how a grant is had from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthServer {
    /// Its identifier. An answer that carries `iss` must carry this very text.
    pub issuer: String,
    pub authorize: String,
    pub token: String,
    pub revoke: Option<String>,
    /// Where the request is pushed first (RFC 9126), on servers that want it so.
    pub push: Option<String>,
    pub iss: IssParameter,
    pub tokens: TokenKind,
    pub lifetimes: Lifetimes,
    /// Parameters of the authorization request beyond the standard ones, as in `prompt=consent`.
    pub extra: Vec<(String, String)>,
}

/// Whether the answer in the browser names the server that gave it (RFC 9207), which defeats mix-up attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssParameter {
    /// An answer without it is not believed.
    Always,
    /// Checked where it is sent.
    Perhaps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKind {
    Bearer,
    /// Bound to a key of ours; each request proves that we hold it (RFC 9449).
    Dpop,
}

/// What holds where an answer does not say otherwise; nothing means for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lifetimes {
    pub access: Option<Duration>,
    /// Of each refresh token; using it gives another.
    pub refresh: Option<Duration>,
    /// Of the whole grant, however often it is renewed.
    pub whole: Option<Duration>,
}

/// Who we are to one authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClient {
    pub id: String,
    pub auth: ClientAuth,
    /// Exactly as registered: an authorization request names one of these.
    pub redirects: Vec<String>,
}

/// How we show that we are who the client id says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuth {
    /// A public client: the client id alone.
    None,
    /// `client_secret_basic`
    Basic(Secret),
    /// `client_secret_post`
    Post(Secret),
    /// `private_key_jwt`, signed with this installation's key.
    Assertion,
}

/// What a grant from an authorization server needs beyond its tokens to be renewed and revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized {
    pub server: AuthServer,
    pub client: OAuthClient,
    /// As granted, which may be less than was asked.
    pub scopes: Vec<String>,
    /// The private key that the tokens are bound to (a P-256 scalar, base 64 url).
    pub dpop: Option<Secret>,
    /// When the person has to link again whatever we do.
    pub ends: Option<Timestamp>,
}

/// What a person is asked to allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To say who they are, and nothing else; what is granted is given back at once.
    SignIn,
    /// To speak through the account for as long as they let us.
    Link,
}

/// How a network can be asked for one account: the server found, and what is to be asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    pub auth: AuthServer,
    pub client: ClientFrom,
    pub scopes: Vec<String>,
    /// The origin that the account lives on, where its name told; else the one that will be asked who it is.
    pub server: String,
    /// Fills in the sign-in form there (`login_hint`).
    pub hint: Option<String>,
    /// The network's own id of the account that was named; linking another one instead is refused.
    pub expects: Option<String>,
}

/// Where our client id for a server comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrom {
    /// We register once with each server, and keep what it gives.
    Registration,
    /// The address of a document of ours; or the well-known client for development.
    Document(OAuthClient),
}

/// What we tell of ourselves to servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Us {
    /// Where browsers see us, without a slash at the end.
    pub base: String,
    /// Where authorization servers send people back to.
    pub redirect: String,
}

/// The redirect address of servers that show the code to be copied by hand.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
