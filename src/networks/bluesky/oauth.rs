//! Linking in a browser, by the profile of OAuth that AT Protocol has.
//!
//! An account leads to its server, the server to the authorization server that speaks for it, and after the person has agreed the whole way
//! is gone once more from the account that was named then: an authorization server is believed about nobody but those whose own document
//! leads to it. We need no registration. Our client id is the address of a document of ours, or, where nobody could fetch that from us, the
//! one that the profile keeps for development on one machine.

use super::answers::{Profile, Resource};
use super::identity::{Identity, Registrar, is_did, is_loopback};
use super::query;
use crate::failure::{Failure, Why};
use crate::networks::exchange::{address, document, host, origin};
use crate::networks::metadata;
use crate::oauth::{AuthServer, ClientAuth, ClientFrom, Door, Lifetimes, OAuthClient, Purpose, TokenKind, Us};
use crate::ports::{Named, Recognised, Wire};
use serde_json::{Value, json};
use std::time::Duration;
use url::form_urlencoded;

/// To say who one is.
const IDENTITY: &str = "atproto";
/// To make posts, put them again and delete them.
const POSTS: &str = "repo:app.bsky.feed.post";
/// The same of reposts, for those who relay somebody's gigs.
const REPOSTS: &str = "repo:app.bsky.feed.repost";
/// To ask the `AppView` in the account's name who answered, whichever it is that the account's server works with. In the order in which
/// servers write it: they tell what was granted in their own spelling.
const READS: &str = "rpc?lxm=app.bsky.actor.getProfiles&lxm=app.bsky.feed.getPostThread&lxm=app.bsky.feed.getPosts\
                     &lxm=app.bsky.feed.getQuotes&lxm=app.bsky.feed.getRepostedBy&aud=*";

const DAY: Duration = Duration::from_hours(24);
const NAME_CHARS: usize = 100;

/// The server does not say which scopes of this kind it knows, since there is no end to them; so they are asked for unseen.
fn scopes(purpose: Purpose) -> Vec<String> {
    let asked = match purpose {
        Purpose::SignIn => &[IDENTITY][..],
        Purpose::Link => &[IDENTITY, POSTS, REPOSTS, READS],
    };
    asked.iter().map(|scope| (*scope).to_owned()).collect()
}

pub(super) async fn discover(
    registrar: &Registrar,
    wire: &dyn Wire,
    named: &Named,
    purpose: Purpose,
    us: &Us,
) -> Result<Door, Failure> {
    let scopes = scopes(purpose);
    let (client, lifetimes) = client(us, &scopes)?;
    let name = named.identifier.trim().trim_start_matches('@');
    let (server, hint, expects) = if !name.is_empty() {
        let (did, pds) = registrar.named(wire, name).await?;
        (pds, Some(if is_did(name) { did.clone() } else { name.to_ascii_lowercase() }), Some(did))
    } else if !named.server.trim().is_empty() {
        (origin(&named.server)?, None, None)
    } else {
        return Err(permanent("enter the account's handle, as in acme.bsky.social".into()));
    };
    let issuer = match issuer_of(wire, &server).await? {
        Some(issuer) => issuer,
        // A server may be named that has no accounts of its own and speaks for others.
        None if expects.is_none() => server.clone(),
        None => return Err(no_browser(&server)),
    };
    let auth = auth_server(wire, &issuer, lifetimes).await?;
    Ok(Door { auth, client: ClientFrom::Document(client), scopes, server, hint, expects })
}

/// `subject` came from the token endpoint itself; what is left to see is that this server may speak for it.
pub(super) async fn recognise(
    registrar: &Registrar,
    wire: &dyn Wire,
    door: &Door,
    subject: Option<&str>,
) -> Result<Recognised, Failure> {
    let told = host(&door.auth.issuer);
    let did = subject
        .filter(|subject| is_did(subject))
        .ok_or_else(|| permanent(format!("{told} did not say whose account it is that was agreed to")))?;
    let who = registrar.by_did(wire, did).await?;
    if issuer_of(wire, &who.pds).await?.as_ref() != Some(&door.auth.issuer) {
        let home = host(&who.pds);
        return Err(permanent(format!("{told} names the account {did}, which lives at {home} and does not know it")));
    }
    let (name, avatar) = profile(wire, &who).await;
    Ok(Recognised { url: format!("https://bsky.app/profile/{did}"), name, avatar, ..who.into() })
}

impl From<Identity> for Recognised {
    fn from(who: Identity) -> Self {
        Self { server: who.pds, native: who.did, handle: who.handle, ..Self::default() }
    }
}

/// The one authorization server that speaks for the accounts of this server; nothing where it does not say.
async fn issuer_of(wire: &dyn Wire, pds: &str) -> Result<Option<String>, Failure> {
    let url = address(pds, &[".well-known", "oauth-protected-resource"], &[])?;
    let Some(said) = document::<Resource>(wire, url).await? else { return Ok(None) };
    let whose = || permanent(format!("{} does not say rightly which server speaks for its accounts", host(pds)));
    let [issuer] = said.authorization_servers.as_slice() else { return Err(whose()) };
    let is_safe = issuer.starts_with("https://") || is_loopback(issuer);
    if origin(&said.resource).ok().as_deref() != Some(pds) || origin(issuer).as_ref() != Ok(issuer) || !is_safe {
        return Err(whose());
    }
    Ok(Some(issuer.clone()))
}

/// What the profile of OAuth demands of it is checked here, so that nothing begins that could not end well.
async fn auth_server(wire: &dyn Wire, issuer: &str, lifetimes: Lifetimes) -> Result<AuthServer, Failure> {
    let said = metadata::ask(wire, issuer).await?.ok_or_else(|| no_browser(issuer))?;
    let has = |list: &[String], item: &str| list.iter().any(|listed| listed == item);
    let wanting = [
        (said.issuer == issuer, "its own name as it was found by"),
        (said.pushed_authorization_request_endpoint.is_some(), "pushed requests"),
        (said.require_pushed_authorization_requests, "pushed requests for all"),
        (said.client_id_metadata_document_supported, "clients known by a document"),
        (said.authorization_response_iss_parameter_supported, "its name in its answers"),
        (has(&said.code_challenge_methods_supported, "S256"), "PKCE with S256"),
        (has(&said.dpop_signing_alg_values_supported, "ES256"), "DPoP with ES256"),
        (has(&said.scopes_supported, IDENTITY), "the scope `atproto`"),
    ];
    if let Some((_, what)) = wanting.into_iter().find(|(there, _)| !there) {
        let said = format!("{} cannot be linked in a browser: it does not offer {what}", host(issuer));
        return Err(permanent(said));
    }
    said.auth_server(issuer, TokenKind::Dpop, lifetimes)
}

/// Who we are, and how long what we are granted lasts.
fn client(us: &Us, scopes: &[String]) -> Result<(OAuthClient, Lifetimes), Failure> {
    let redirects = vec![us.redirect.clone()];
    if is_public(us) {
        let client = OAuthClient { id: document_id(us), auth: ClientAuth::Assertion, redirects };
        // The profile allows twice that; the reference server gives a quarter of a year.
        return Ok((client, Lifetimes { access: None, refresh: Some(90 * DAY), whole: None }));
    }
    let by_number = url::Url::parse(&us.redirect)
        .is_ok_and(|url| url.scheme() == "http" && !matches!(url.host(), Some(url::Host::Domain(_)) | None));
    if !by_number || !is_loopback(&us.redirect) {
        return Err(permanent(
            "this network takes people back only to an https address without a port, or to 127.0.0.1: set \
             server.public_url to one, or link with an app password"
                .into(),
        ));
    }
    let described = form_urlencoded::Serializer::new(String::new())
        .append_pair("redirect_uri", &us.redirect)
        .append_pair("scope", &scopes.join(" "))
        .finish();
    let client = OAuthClient { id: format!("http://localhost?{described}"), auth: ClientAuth::None, redirects };
    Ok((client, Lifetimes { access: None, refresh: Some(14 * DAY), whole: Some(14 * DAY) }))
}

/// Whether servers can fetch a document from us under an address that may be a client id.
fn is_public(us: &Us) -> bool {
    url::Url::parse(&us.base).is_ok_and(|url| {
        url.scheme() == "https" && url.port().is_none() && matches!(url.host(), Some(url::Host::Domain(_)))
    }) && us.redirect.starts_with("https://")
}

fn document_id(us: &Us) -> String {
    format!("{}/oauth/client.json", us.base)
}

/// What stands at the address that is our client id: who we are, where people are sent back to, the most we ask for, and our public keys.
pub fn client_metadata(us: &Us, jwks: &Value) -> Value {
    json!({
        "client_id": document_id(us),
        "client_name": "gigcast",
        "client_uri": us.base,
        "application_type": "web",
        "redirect_uris": [us.redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": scopes(Purpose::Link).join(" "),
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "dpop_bound_access_tokens": true,
        "jwks": jwks,
    })
}

/// Name and picture stand in the account's own repository, open to all, so that no scope is needed for them. Most often there are none yet,
/// or something else is amiss: linking does not depend on them.
async fn profile(wire: &dyn Wire, who: &Identity) -> (String, Option<String>) {
    let parameters = [("repo", &*who.did), ("collection", "app.bsky.actor.profile"), ("rkey", "self")];
    let Ok(request) = query(&who.pds, "com.atproto.repo.getRecord", &parameters) else { return Default::default() };
    let Ok(Some(found)) = document::<Profile>(wire, request.url).await else { return Default::default() };
    let name = found.value.display_name.unwrap_or_default().trim().chars().take(NAME_CHARS).collect();
    let picture = |cid: &str| query(&who.pds, "com.atproto.sync.getBlob", &[("did", &*who.did), ("cid", cid)]).ok();
    let avatar = found.value.avatar.and_then(|avatar| picture(&avatar.reference.link)).map(|request| request.url);
    (name, avatar)
}

fn no_browser(server: &str) -> Failure {
    permanent(format!(
        "{} does not answer like a server whose accounts can be linked in a browser: use an app password",
        host(server)
    ))
}

fn permanent(said: String) -> Failure {
    Failure::Permanent(Why::new(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(base: &str) -> Us {
        Us { base: base.into(), redirect: format!("{base}/link/callback") }
    }

    #[test]
    fn with_an_https_address_we_are_a_document_and_sign() {
        let (client, lifetimes) = client(&us("https://gigs.example/cast"), &scopes(Purpose::Link)).unwrap();
        assert_eq!(client.id, "https://gigs.example/cast/oauth/client.json");
        assert_eq!((client.auth, lifetimes.whole), (ClientAuth::Assertion, None));
        assert_eq!(client.redirects, ["https://gigs.example/cast/link/callback"]);
    }

    #[test]
    fn on_one_machine_the_client_id_says_it_all_and_ends_in_two_weeks() {
        let (client, lifetimes) = client(&us("http://127.0.0.1:8420"), &scopes(Purpose::SignIn)).unwrap();
        let described = "redirect_uri=http%3A%2F%2F127.0.0.1%3A8420%2Flink%2Fcallback&scope=atproto";
        assert_eq!(client.id, format!("http://localhost?{described}"));
        assert_eq!((client.auth, lifetimes.whole), (ClientAuth::None, Some(14 * DAY)));
    }

    #[test]
    fn anywhere_else_it_is_said_what_to_do() {
        for base in ["http://gigs.example", "https://gigs.example:8443", "http://localhost:8420", "https://192.0.2.1"] {
            let said = client(&us(base), &scopes(Purpose::Link)).unwrap_err().to_string();
            assert!(said.contains("server.public_url") && said.contains("app password"), "{base}: {said}");
        }
    }

    #[test]
    fn the_document_allows_whatever_is_asked() {
        let keys = json!({ "keys": [{ "kid": "1" }] });
        let document = client_metadata(&us("https://gigs.example"), &keys);
        let allowed: Vec<&str> = document["scope"].as_str().unwrap().split(' ').collect();
        for purpose in [Purpose::SignIn, Purpose::Link] {
            assert!(scopes(purpose).iter().all(|scope| allowed.contains(&&**scope)), "{purpose:?}");
        }
        let (client, _) = client(&us("https://gigs.example"), &[]).unwrap();
        assert_eq!(document["client_id"], *client.id);
        assert_eq!(document["redirect_uris"], json!(client.redirects));
        assert_eq!(document["jwks"], keys);
    }

    #[test]
    fn what_posts_need_is_asked_for() {
        assert_eq!(POSTS, format!("repo:{}", crate::networks::bluesky::COLLECTION));
    }
}
