//! Linking in a browser: the server found by its domain, we registered with it, and what it is asked for.
//!
//! From version 4.3 on Mastodon describes itself; older servers, and most others that speak its API, have their endpoints where Mastodon
//! always had them. Every server has its own registration. Tokens do not end, except where the answer says so.
//!
//! What is asked for follows from what is called: posts are read and written (`read:statuses`, `write:statuses`), who boosted and who is named
//! is read (`read:accounts`: with a token that lacks it those lists are refused, though anyone may read them without one), and so is who
//! answered (`read:notifications`). A post of another server, to be boosted, is found by its address (`read:search`).

use super::answers::App;
use super::learn::{self, Make};
use crate::failure::{Failure, Native, Scope, Why};
use crate::networks::exchange::{address, by_status, host, origin, read, words};
use crate::networks::metadata;
use crate::oauth::{
    AuthServer, ClientAuth, ClientFrom, Door, IssParameter, Lifetimes, OAuthClient, OUT_OF_BAND, Purpose, TokenKind, Us,
};
use crate::ports::{Named, Request, Wire};

/// What every server of known make understands.
const FINE: [&str; 5] = ["read:accounts", "read:notifications", "read:search", "read:statuses", "write:statuses"];
/// What all others do: some of them refuse any other scope, or have none at all.
const COARSE: [&str; 2] = ["read", "write"];
/// Who someone is and no more, from Mastodon 4.3 on.
const PROFILE: &str = "profile";

/// How finely a server tells apart what it allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Coarse,
    Fine,
    FineWithProfile,
}

pub(super) async fn discover(wire: &dyn Wire, named: &Named, purpose: Purpose) -> Result<Door, Failure> {
    let server = server_of(named)?;
    let metadata = metadata::ask(wire, &server).await?;
    // A server that federates with a chosen few shows its instance document to members only, but still says where apps register.
    let registers = metadata.as_ref().is_some_and(|metadata| metadata.app_registration_endpoint.is_some());
    if !registers && learn::instance(wire, &server).await?.is_none() {
        return Err(Failure::Permanent(Why::new(format!(
            "{} does not answer like a Mastodon server: enter the address you sign in at, which may be longer than what \
             stands in your handle",
            host(&server)
        ))));
    }
    let (auth, grain) = match metadata {
        Some(metadata) => {
            let auth = metadata.auth_server(&server, TokenKind::Bearer, Lifetimes::default())?;
            let grain = match Grain::listed(&metadata.scopes_supported) {
                Some(grain) => grain,
                None => Grain::of(learn::software(wire, &server).await?.0),
            };
            (auth, grain)
        }
        None => (as_documented(&server), Grain::of(learn::software(wire, &server).await?.0)),
    };
    Ok(Door {
        auth,
        client: ClientFrom::Registration,
        scopes: grain.asked(purpose).into_iter().map(str::to_owned).collect(),
        server,
        hint: None,
        expects: None,
    })
}

/// For both purposes at once: a scope that was not registered cannot be asked for later.
pub(super) async fn register(wire: &dyn Wire, door: &Door, us: &Us) -> Result<OAuthClient, Failure> {
    let redirects = vec![us.redirect.clone(), OUT_OF_BAND.to_owned()];
    let fields = [
        ("client_name", "gigcast".to_owned()),
        ("website", us.base.clone()),
        ("redirect_uris", redirects.join("\n")),
        ("scopes", Grain::asked_for(&door.scopes).asked(Purpose::Link).join(" ")),
    ];
    let form = fields.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let url = address(&door.server, &["api", "v1", "apps"], &[])?;
    let response = wire.send(Request::post(url).form(form)).await?;
    if !response.is_success() {
        let native = Native::new(response.status, None, &words(&response));
        return Err(match response.status {
            429 | 500..=599 => by_status(&response, Scope::Host, native),
            _ => {
                let said = format!("{} does not let gigcast register with it", host(&door.server));
                Failure::Permanent(Why::new(said).with_native(native))
            }
        });
    }
    let app: App = read(&response)?;
    Ok(OAuthClient { id: app.client_id, auth: ClientAuth::Post(app.client_secret), redirects })
}

/// Where Mastodon has always had them.
fn as_documented(server: &str) -> AuthServer {
    AuthServer {
        issuer: server.to_owned(),
        authorize: format!("{server}/oauth/authorize"),
        token: format!("{server}/oauth/token"),
        revoke: Some(format!("{server}/oauth/revoke")),
        push: None,
        iss: IssParameter::Perhaps,
        tokens: TokenKind::Bearer,
        lifetimes: Lifetimes::default(),
        extra: Vec::new(),
    }
}

/// A domain, an address, or a handle in full, in whichever field it stands.
fn server_of(named: &Named) -> Result<String, Failure> {
    let entered = [&named.server, &named.identifier].map(|field| field.trim());
    let Some(entered) = entered.into_iter().find(|field| !field.is_empty()) else {
        return Err(Failure::Permanent(Why::new("enter your server, as in social.example, or your handle in full")));
    };
    if entered.contains('/') {
        return origin(entered);
    }
    match entered.rsplit_once('@') {
        None => origin(entered),
        Some((name, domain)) if !name.is_empty() => origin(domain),
        Some(_) => Err(Failure::Permanent(Why::new(
            "a handle does not say on which server it is unless it is written in full, as in @acme@social.example",
        ))),
    }
}

impl Grain {
    /// As the server itself lists its scopes; nothing where it lists none.
    fn listed(scopes: &[String]) -> Option<Self> {
        let has = |scope: &str| scopes.iter().any(|listed| listed == scope);
        if scopes.is_empty() {
            None
        } else if !FINE.into_iter().all(has) {
            Some(Self::Coarse)
        } else if has(PROFILE) {
            Some(Self::FineWithProfile)
        } else {
            Some(Self::Fine)
        }
    }

    /// Servers that do not list theirs. Mastodon has the finer ones since 2.4.3, Pleroma documents the same, and GoToSocial did not look
    /// at them before it began to list them. Of the others some know nothing but the coarse ones and refuse a request for more.
    fn of(make: Make) -> Self {
        match make {
            Make::Mastodon | Make::GoToSocial | Make::Pleroma => Self::Fine,
            Make::Other => Self::Coarse,
        }
    }

    /// As told by what was asked there.
    fn asked_for(scopes: &[String]) -> Self {
        let has = |scope: &str| scopes.iter().any(|asked| asked == scope);
        match (has(COARSE[0]), has(PROFILE)) {
            (true, _) => Self::Coarse,
            (false, true) => Self::FineWithProfile,
            (false, false) => Self::Fine,
        }
    }

    fn asked(self, purpose: Purpose) -> Vec<&'static str> {
        match (purpose, self) {
            (Purpose::SignIn, Self::FineWithProfile) => vec![PROFILE],
            (Purpose::SignIn, Self::Fine) => vec![FINE[0]],
            (Purpose::SignIn, Self::Coarse) => vec![COARSE[0]],
            (Purpose::Link, Self::FineWithProfile) => [PROFILE].into_iter().chain(FINE).collect(),
            (Purpose::Link, Self::Fine) => FINE.to_vec(),
            (Purpose::Link, Self::Coarse) => COARSE.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_its_domain_its_address_or_a_handle() {
        let named = |server: &str, identifier: &str| Named { server: server.into(), identifier: identifier.into() };
        for (server, identifier) in [
            ("social.example", ""),
            (" https://social.example/ ", ""),
            ("https://social.example/@acme", ""),
            ("social.example/@acme", ""),
            ("", "@acme@social.example"),
            ("acme@social.example", ""),
            ("social.example", "@acme"),
            ("social.example", "@acme@another.example"),
        ] {
            let found = server_of(&named(server, identifier));
            assert_eq!(found.unwrap(), "https://social.example", "{server} {identifier}");
        }
        assert_eq!(server_of(&named("http://127.0.0.1:4600", "")).unwrap(), "http://127.0.0.1:4600");
        for (wrong, advice) in [("", "enter your server"), ("@acme", "in full"), ("two words", "`two words`")] {
            let said = server_of(&named(wrong, "")).unwrap_err().to_string();
            assert!(said.contains(advice), "{said}");
        }
    }

    #[test]
    fn what_is_registered_covers_what_either_purpose_asks() {
        for grain in [Grain::Coarse, Grain::Fine, Grain::FineWithProfile] {
            let registered = grain.asked(Purpose::Link);
            for purpose in [Purpose::SignIn, Purpose::Link] {
                let asked: Vec<String> = grain.asked(purpose).into_iter().map(str::to_owned).collect();
                assert!(asked.iter().all(|scope| registered.contains(&&**scope)), "{grain:?} {purpose:?}");
                assert_eq!(Grain::asked_for(&asked), grain, "{purpose:?}");
            }
        }
    }

    #[test]
    fn scopes_are_as_fine_as_the_server_says_it_takes_them() {
        let listed = |scopes: &[&str]| Grain::listed(&scopes.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(listed(&[]), None);
        assert_eq!(listed(&["read", "write", "follow", "push"]), Some(Grain::Coarse));
        assert_eq!(listed(&FINE), Some(Grain::Fine));
        assert_eq!(listed(&[&FINE[..], &["profile", "read"]].concat()), Some(Grain::FineWithProfile));
        assert_eq!(Grain::of(Make::Other), Grain::Coarse);
    }
}
