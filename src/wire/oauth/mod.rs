//! The one OAuth 2 client. It reads an [`AuthServer`] and knows no network.
//!
//! The `oauth2` crate does the authorization code, refresh and PKCE work, through an adapter over our own [`Wire`]. What it has
//! not is ours: pushed requests (RFC 9126), proof of possession (RFC 9449), signed client assertions (RFC 7523), revocation
//! over plain http on loopback. PKCE and `state` are always sent; a server that knows neither ignores them.

mod asking;
mod assertion;
mod dpop;
mod es256;
mod http;
mod refusal;
#[cfg(test)]
mod tests;
mod told;

pub use assertion::SigningKey;
pub use dpop::Prover;

use crate::clock::{Clock, Timestamp};
use crate::failure::{Failure, Why};
use crate::oauth::{AuthServer, Authorized, OAuthClient, TokenKind};
use crate::ports::{Response, Wire};
use crate::secret::Secret;
use asking::{Asking, Form};
use es256::Es256;
use http::{Http, NoAnswer};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use refusal::{Asked, refused, unreadable};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use told::Told;
use url::Url;

/// As many as a 256 bit key has: nobody guesses them.
const STATE_BYTES: u32 = 32;

/// An authorization request that is under way: what the browser needs, and what finishing it will need.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where the browser goes.
    pub url: String,
    /// Comes back with the browser, once; 256 random bits.
    pub state: Secret,
    /// Shows that whoever brings the code is who asked (PKCE).
    pub verifier: Secret,
    /// The key that the tokens will be bound to, where the server binds them.
    pub dpop: Option<Secret>,
    /// As asked: what is granted where the answer does not say.
    pub scopes: Vec<String>,
}

/// What a server granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access: Secret,
    /// Nothing when the answer had none: after a renewal the old one then goes on.
    pub refresh: Option<Secret>,
    /// When `access` ends by our clock, where the answer or [`Lifetimes`](crate::oauth::Lifetimes) says so.
    pub expires: Option<Timestamp>,
    /// As granted; as asked where the answer is silent.
    pub scopes: Vec<String>,
    /// Whose they are (`sub`), where the answer says so.
    pub subject: Option<String>,
    pub token_kind: TokenKind,
}

/// What standard answers lack.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    sub: Option<String>,
}

impl ExtraTokenFields for Extra {}

type Answer = StandardTokenResponse<Extra, BasicTokenType>;
type Library = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Asks authorization servers. One for the whole daemon: what servers tell of nonces and of their time is shared by all it does.
#[derive(Debug)]
pub struct OAuth {
    clock: Arc<dyn Clock>,
    signing: Option<SigningKey>,
    told: Arc<Told>,
}

impl OAuth {
    /// `signing` is this installation's key, for clients that show who they are by it. `clock` is the one that the wire goes by.
    pub fn new(clock: Arc<dyn Clock>, signing: Option<SigningKey>) -> Self {
        Self { clock, signing, told: Arc::default() }
    }

    /// Begins: PKCE, `state`, a fresh key where tokens are bound to one; and tells the server first where it wants that.
    /// `redirect` has to be one that the client has registered.
    pub async fn start(
        &self,
        wire: &dyn Wire,
        server: &AuthServer,
        client: &OAuthClient,
        redirect: &str,
        scopes: &[String],
        hint: Option<&str>,
    ) -> Result<Started, Failure> {
        if !client.redirects.iter().any(|registered| registered == redirect) {
            let said = format!("{redirect} is not registered with {} as an address to come back to", server.issuer);
            return Err(permanent(said));
        }
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| not_an_address(redirect))?;
        let library = library(server, client)?;
        let mut asked = library
            .authorize_url(|| CsrfToken::new_random_len(STATE_BYTES))
            .set_redirect_uri(Cow::Owned(redirect))
            .set_pkce_challenge(challenge)
            .add_scopes(scopes.iter().cloned().map(Scope::new));
        for (name, value) in &server.extra {
            asked = asked.add_extra_param(name, value);
        }
        if let Some(hint) = hint {
            asked = asked.add_extra_param("login_hint", hint);
        }
        let (mut url, state) = asked.url();
        let dpop = (server.tokens == TokenKind::Dpop).then(|| Es256::generate().1);
        if let Some(push) = &server.push {
            let form = added(&url, &server.authorize)?;
            let asking = self.asking(wire, server, client, dpop.as_ref())?;
            url = Self::push(&asking, push, &form, &server.authorize).await?;
        }
        let (state, verifier) = (Secret::new(state.secret()), Secret::new(verifier.secret()));
        Ok(Started { url: url.into(), state, verifier, dpop, scopes: scopes.to_vec() })
    }

    /// Hands the request to the server, and gets the address where the browser finds it.
    async fn push(asking: &Asking<'_>, push: &str, form: &Form, authorize: &str) -> Result<Url, Failure> {
        #[derive(Deserialize)]
        struct Pushed {
            request_uri: String,
        }
        let answer = asking.post(web(push)?, form).await?;
        if !answer.response.is_success() {
            return Err(refused(Asked::Begin, &answer.response, &answer.carried));
        }
        let pushed: Pushed = serde_json::from_slice(&answer.response.body).map_err(|_| unreadable(&answer.response))?;
        let mut url = Url::parse(authorize).map_err(|_| not_an_address(authorize))?;
        url.query_pairs_mut()
            .append_pair("client_id", &asking.client.id)
            .append_pair("request_uri", &pushed.request_uri);
        Ok(url)
    }

    /// Tokens for the code that the browser brought. Not asked twice with one code: servers take that for a theft.
    pub async fn exchange(
        &self,
        wire: &dyn Wire,
        server: &AuthServer,
        client: &OAuthClient,
        redirect: &str,
        started: &Started,
        code: &Secret,
    ) -> Result<Tokens, Failure> {
        let asking = self.asking(wire, server, client, started.dpop.as_ref())?;
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|_| not_an_address(redirect))?;
        let http = Http::new(&asking);
        let answer = library(server, client)?
            .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(started.verifier.expose().to_owned()))
            .set_redirect_uri(Cow::Owned(redirect))
            .request_async(&http)
            .await;
        tokens(Asked::Exchange, server, &started.scopes, answer, http)
    }

    /// New tokens for `refresh`. `RelinkNeeded` when only the person can help; `Unknown` when the answer was lost: the caller
    /// asks again with the same refresh token, and keeps it until an answer brings another.
    pub async fn refresh(&self, wire: &dyn Wire, had: &Authorized, refresh: &Secret) -> Result<Tokens, Failure> {
        if had.server.tokens == TokenKind::Dpop && had.dpop.is_none() {
            return Err(Failure::RelinkNeeded(Why::new("the key that the grant is bound to is not kept with it")));
        }
        let asking = self.asking(wire, &had.server, &had.client, had.dpop.as_ref())?;
        let http = Http::new(&asking);
        let answer = library(&had.server, &had.client)?
            .exchange_refresh_token(&RefreshToken::new(refresh.expose().to_owned()))
            .request_async(&http)
            .await;
        tokens(Asked::Renew, &had.server, &had.scopes, answer, http)
    }

    /// Gives the grant back: the refresh token first, since with it the server drops all that came from it. A server that
    /// has no way to revoke is `Permanent`.
    pub async fn revoke(
        &self,
        wire: &dyn Wire,
        had: &Authorized,
        access: &Secret,
        refresh: Option<&Secret>,
    ) -> Result<(), Failure> {
        let Some(url) = &had.server.revoke else {
            return Err(permanent("the authorization server has no way to revoke a grant".to_owned()));
        };
        let asking = self.asking(wire, &had.server, &had.client, had.dpop.as_ref())?;
        for (token, kind) in [(refresh, "refresh_token"), (Some(access), "access_token")] {
            let Some(token) = token else { continue };
            let form = [("token", token.expose()), ("token_type_hint", kind)];
            let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            let answer = asking.post(web(url)?, &form).await?;
            if !answer.response.is_success() {
                return Err(refused(Asked::Revoke, &answer.response, &answer.carried));
            }
        }
        Ok(())
    }

    /// A token for ourselves, which is let go of at once: some servers forget a client that never had one.
    pub async fn client_credentials(
        &self,
        wire: &dyn Wire,
        server: &AuthServer,
        client: &OAuthClient,
    ) -> Result<(), Failure> {
        let asking = self.asking(wire, server, client, None)?;
        let http = Http::new(&asking);
        let answer = library(server, client)?.exchange_client_credentials().request_async(&http).await;
        tokens(Asked::OwnToken, server, &[], answer, http).map(drop)
    }

    /// What signs the requests of a grant that is bound to this key: for [`SessionWire::bound`](super::SessionWire::bound).
    pub fn prover(&self, dpop: &Secret) -> Result<Prover, Failure> {
        let unreadable = || Failure::RelinkNeeded(Why::new("the key that the grant is bound to cannot be read"));
        let key = Es256::from_secret(dpop).ok_or_else(unreadable)?;
        Ok(Prover::new(key, Arc::clone(&self.told), Arc::clone(&self.clock)))
    }

    fn asking<'a>(
        &'a self,
        wire: &'a dyn Wire,
        server: &'a AuthServer,
        client: &'a OAuthClient,
        dpop: Option<&Secret>,
    ) -> Result<Asking<'a>, Failure> {
        let prover = dpop.map(|key| self.prover(key)).transpose()?;
        let (issuer, signing) = (server.issuer.as_str(), self.signing.as_ref());
        Ok(Asking { wire, issuer, client, signing, prover, told: &self.told, clock: &*self.clock })
    }
}

fn library(server: &AuthServer, client: &OAuthClient) -> Result<Library, Failure> {
    let (authorize, token) = (web(&server.authorize)?, web(&server.token)?);
    let authorize = AuthUrl::new(authorize.to_owned()).map_err(|_| not_an_address(authorize))?;
    let token = TokenUrl::new(token.to_owned()).map_err(|_| not_an_address(token))?;
    Ok(oauth2::Client::new(ClientId::new(client.id.clone())).set_auth_uri(authorize).set_token_uri(token))
}

/// The parameters that were added to an address: what is pushed instead of shown to the browser.
fn added(url: &Url, to: &str) -> Result<Form, Failure> {
    let before = Url::parse(to).map_err(|_| not_an_address(to))?.query_pairs().count();
    Ok(url.query_pairs().skip(before).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

fn tokens(
    asked: Asked,
    server: &AuthServer,
    scopes: &[String],
    answer: Result<Answer, RequestTokenError<NoAnswer, BasicErrorResponse>>,
    http: Http<'_>,
) -> Result<Tokens, Failure> {
    let answer = match (answer, http.into_answer()) {
        (Err(RequestTokenError::Request(NoAnswer(failure))), _) => return Err(failure),
        (Ok(answer), Some(came)) => (answer, came.response),
        (Err(_), Some(came)) if came.response.is_success() => return Err(unreadable(&came.response)),
        (Err(_), Some(came)) => return Err(refused(asked, &came.response, &came.carried)),
        (_, None) => return Err(permanent("the request for a token cannot be written".to_owned())),
    };
    let (answer, response) = answer;
    let kind = kind(answer.token_type());
    // A token for ourselves is never used, so its kind is nobody's matter.
    if asked != Asked::OwnToken && kind != Some(server.tokens) {
        let why = Why::new("the authorization server gave a token of another kind than it should");
        return Err(if asked == Asked::Renew { Failure::RelinkNeeded(why) } else { Failure::Permanent(why) });
    }
    // Servers that write two spaces mean no third scope.
    let granted = |scopes: &Vec<Scope>| {
        scopes.iter().map(|scope| scope.as_str().to_owned()).filter(|scope| !scope.is_empty()).collect()
    };
    Ok(Tokens {
        access: Secret::new(answer.access_token().secret()),
        refresh: answer.refresh_token().map(|token| Secret::new(token.secret())),
        expires: expires(&response, answer.expires_in().or(server.lifetimes.access)),
        scopes: answer.scopes().map_or_else(|| scopes.to_vec(), granted),
        subject: answer.extra_fields().sub.clone(),
        token_kind: server.tokens,
    })
}

fn expires(response: &Response, lives: Option<Duration>) -> Option<Timestamp> {
    lives.map(|lives| response.received.plus(lives))
}

fn kind(written: &BasicTokenType) -> Option<TokenKind> {
    match written {
        BasicTokenType::Bearer => Some(TokenKind::Bearer),
        BasicTokenType::Extension(other) if other.eq_ignore_ascii_case("dpop") => Some(TokenKind::Dpop),
        _ => None,
    }
}

/// An address that a server gave and a person may be sent to: it could be `javascript:`.
fn web(url: &str) -> Result<&str, Failure> {
    let is_web = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    if is_web { Ok(url) } else { Err(not_an_address(url)) }
}

fn not_an_address(written: &str) -> Failure {
    let shown: String = written.chars().take(80).collect();
    permanent(format!("`{shown}`, which the authorization server goes by, is not an address"))
}

fn permanent(said: String) -> Failure {
    Failure::Permanent(Why::new(said))
}
