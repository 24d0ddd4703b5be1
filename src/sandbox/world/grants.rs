//! Apps, codes and tokens: the OAuth 2 of this server, authorization code with PKCE (RFC 7636) and client credentials.
//!
//! Codes and tokens are kept as hashes only, so that no dump of the world gives one away.

use super::Id;
use crate::base64url;
use crate::clock::Timestamp;
use crate::secret::Secret;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// The redirect address that means: show the code to the person.
pub(in crate::sandbox) const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";

const CODE_LIVES: Duration = Duration::from_mins(10);

/// What this server can be asked for.
pub(in crate::sandbox) const KNOWN_SCOPES: [&str; 14] = [
    "read",
    "read:accounts",
    "read:favourites",
    "read:notifications",
    "read:search",
    "read:statuses",
    "write",
    "write:accounts",
    "write:favourites",
    "write:media",
    "write:statuses",
    "follow",
    "push",
    "profile",
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Scopes(Vec<String>);

impl Scopes {
    /// Separated by spaces. What this server does not know is refused.
    pub(in crate::sandbox) fn parse(text: &str) -> Result<Self, Denied> {
        let asked: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if asked.iter().all(|scope| KNOWN_SCOPES.contains(&scope.as_str())) {
            Ok(Self(if asked.is_empty() { vec!["read".into()] } else { asked }))
        } else {
            Err(Denied::InvalidScope)
        }
    }

    /// `write` covers `write:statuses`.
    pub(in crate::sandbox) fn covers(&self, scope: &str) -> bool {
        let whole = scope.split(':').next().unwrap_or(scope);
        self.0.iter().any(|granted| granted == scope || granted == whole)
    }

    fn covers_all(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.covers(scope))
    }

    pub(in crate::sandbox) fn list(&self) -> &[String] {
        &self.0
    }

    pub(in crate::sandbox) fn joined(&self) -> String {
        self.0.join(" ")
    }
}

/// One registered client.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct App {
    pub id: Id,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: Scopes,
    pub client_id: String,
    pub client_secret: Secret,
}

/// What a client sends a person to `/oauth/authorize` with, checked.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Asked {
    pub app: App,
    pub redirect_uri: String,
    pub scopes: Scopes,
    /// The S256 challenge, when the client sent one.
    pub challenge: Option<String>,
}

#[derive(Debug)]
struct Code {
    asked: Asked,
    person: Id,
    at: Timestamp,
}

#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Token {
    pub app: Id,
    /// Nobody, when the app speaks for itself.
    pub person: Option<Id>,
    pub scopes: Scopes,
    pub at: Timestamp,
    pub revoked: bool,
}

/// The error codes of RFC 6749.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Denied {
    InvalidClient,
    InvalidGrant,
    InvalidRedirect,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
}

type Hash = [u8; 32];

#[derive(Debug, Default)]
pub(in crate::sandbox) struct Grants {
    apps: Vec<App>,
    codes: HashMap<Hash, Code>,
    tokens: HashMap<Hash, Token>,
}

impl Grants {
    pub(in crate::sandbox) fn register(
        &mut self,
        id: Id,
        name: &str,
        website: Option<String>,
        redirect_uris: Vec<String>,
        scopes: Scopes,
    ) -> App {
        let (client_id, client_secret) = (fresh(), Secret::new(fresh()));
        let app = App { id, name: name.to_owned(), website, redirect_uris, scopes, client_id, client_secret };
        self.apps.push(app.clone());
        app
    }

    pub(in crate::sandbox) fn app(&self, id: Id) -> Option<&App> {
        self.apps.iter().find(|app| app.id == id)
    }

    /// The client, once its secret is right.
    pub(in crate::sandbox) fn client(&self, client_id: &str, client_secret: &Secret) -> Result<&App, Denied> {
        self.apps
            .iter()
            .find(|app| app.client_id == client_id && app.client_secret == *client_secret)
            .ok_or(Denied::InvalidClient)
    }

    /// Checks what a client asks a person for, before that person is shown anything.
    pub(in crate::sandbox) fn ask(
        &self,
        client_id: &str,
        redirect_uri: &str,
        scope: &str,
        challenge: Option<(String, &str)>,
    ) -> Result<Asked, Denied> {
        let app = self.apps.iter().find(|app| app.client_id == client_id).ok_or(Denied::InvalidClient)?;
        if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
            return Err(Denied::InvalidRedirect);
        }
        let scopes = Scopes::parse(scope)?;
        if !app.scopes.covers_all(&scopes) {
            return Err(Denied::InvalidScope);
        }
        let challenge = match challenge {
            Some((challenge, "S256")) => Some(challenge),
            Some(_) => return Err(Denied::InvalidRequest),
            None => None,
        };
        Ok(Asked { app: app.clone(), redirect_uri: redirect_uri.to_owned(), scopes, challenge })
    }

    /// The person said yes: a code, good once and for ten minutes.
    pub(in crate::sandbox) fn allow(&mut self, asked: Asked, person: Id, now: Timestamp) -> String {
        let code = fresh();
        self.codes.insert(hash(&code), Code { asked, person, at: now });
        code
    }

    /// A code for a token. Whatever comes of it, the code is spent.
    pub(in crate::sandbox) fn redeem(
        &mut self,
        app: Id,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<(String, Token), Denied> {
        let Code { asked, person, at } = self.codes.remove(&hash(code)).ok_or(Denied::InvalidGrant)?;
        let proven = match (&asked.challenge, verifier) {
            (Some(challenge), Some(verifier)) => *challenge == base64url::encode(&Sha256::digest(verifier)),
            (Some(_), None) => false,
            (None, _) => true,
        };
        if asked.app.id != app || asked.redirect_uri != redirect_uri || !proven || now.since(at) > CODE_LIVES {
            return Err(Denied::InvalidGrant);
        }
        Ok(self.issue(app, Some(person), asked.scopes, now))
    }

    pub(in crate::sandbox) fn issue(
        &mut self,
        app: Id,
        person: Option<Id>,
        scopes: Scopes,
        now: Timestamp,
    ) -> (String, Token) {
        let (word, token) = (fresh(), Token { app, person, scopes, at: now, revoked: false });
        self.tokens.insert(hash(&word), token.clone());
        (word, token)
    }

    /// A revoked one is still known, so that the answer can say so.
    pub(in crate::sandbox) fn token(&self, word: &str) -> Option<&Token> {
        self.tokens.get(&hash(word))
    }

    /// What is unknown or revoked already is fine; another client's is not.
    pub(in crate::sandbox) fn revoke(&mut self, app: Id, word: &str) -> Result<(), Denied> {
        match self.tokens.get_mut(&hash(word)) {
            Some(token) if token.app != app => Err(Denied::UnauthorizedClient),
            Some(token) => {
                token.revoked = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Who lets which app act for them now, each pair once.
    pub(in crate::sandbox) fn given(&self) -> BTreeSet<(Id, Id)> {
        let living = self.tokens.values().filter(|token| !token.revoked);
        living.filter_map(|token| Some((token.person?, token.app))).collect()
    }

    /// A person no longer lets an app act for them.
    pub(in crate::sandbox) fn take_back(&mut self, person: Id, app: Id) {
        for token in self.tokens.values_mut().filter(|token| token.person == Some(person) && token.app == app) {
            token.revoked = true;
        }
    }
}

fn hash(word: &str) -> Hash {
    Sha256::digest(word).into()
}

/// 256 bits that nobody can guess.
fn fresh() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    base64url::encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn registered() -> (Grants, App) {
        let mut grants = Grants::default();
        let scopes = Scopes::parse("read write:statuses").unwrap();
        let app = grants.register(Id(1), "gigs", None, vec!["https://gigs.example/back".into()], scopes);
        (grants, app)
    }

    #[test]
    fn a_verifier_proves_the_challenge_of_the_standard() {
        // The pair printed in RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let (mut grants, app) = registered();
        for (verifier, good) in [(Some(verifier), true), (Some("guess"), false), (None, false)] {
            let asked =
                grants.ask(&app.client_id, "https://gigs.example/back", "read", Some((challenge.into(), "S256")));
            let code = grants.allow(asked.unwrap(), Id(7), NOON);
            let token = grants.redeem(app.id, &code, "https://gigs.example/back", verifier, NOON);
            assert_eq!(token.is_ok(), good, "{verifier:?}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_ten_minutes() {
        let (mut grants, app) = registered();
        let back = "https://gigs.example/back";
        let asked = grants.ask(&app.client_id, back, "read", None).unwrap();
        let code = grants.allow(asked.clone(), Id(7), NOON);
        assert!(grants.redeem(app.id, &code, back, None, NOON).is_ok());
        assert_eq!(grants.redeem(app.id, &code, back, None, NOON).unwrap_err(), Denied::InvalidGrant);
        let late = grants.allow(asked, Id(7), NOON);
        let eleven = NOON.plus(Duration::from_mins(11));
        assert_eq!(grants.redeem(app.id, &late, back, None, eleven).unwrap_err(), Denied::InvalidGrant);
    }

    #[test]
    fn nothing_is_granted_beyond_what_was_registered() {
        let (grants, app) = registered();
        let ask = |uri: &str, scope: &str| grants.ask(&app.client_id, uri, scope, None).map(|_| ());
        assert_eq!(ask("https://gigs.example/back", "read:statuses write:statuses"), Ok(()));
        assert_eq!(ask("https://gigs.example/back", "write"), Err(Denied::InvalidScope));
        assert_eq!(ask("https://gigs.example/back", "admin"), Err(Denied::InvalidScope));
        assert_eq!(ask("https://elsewhere.example/", "read"), Err(Denied::InvalidRedirect));
    }

    #[test]
    fn a_person_takes_back_what_they_gave_and_nobody_elses() {
        let (mut grants, app) = registered();
        let give = |grants: &mut Grants, person| grants.issue(app.id, Some(person), app.scopes.clone(), NOON).0;
        let (first, second, other) = (give(&mut grants, Id(7)), give(&mut grants, Id(7)), give(&mut grants, Id(8)));
        assert_eq!(grants.given().into_iter().collect::<Vec<_>>(), [(Id(7), app.id), (Id(8), app.id)]);
        grants.take_back(Id(7), app.id);
        let revoked = |word: &str| grants.token(word).unwrap().revoked;
        assert_eq!((revoked(&first), revoked(&second), revoked(&other)), (true, true, false));
        assert_eq!(grants.given().into_iter().collect::<Vec<_>>(), [(Id(8), app.id)]);
    }

    #[test]
    fn a_token_is_revoked_by_its_own_client_only() {
        let (mut grants, app) = registered();
        let (word, _) = grants.issue(app.id, Some(Id(7)), app.scopes.clone(), NOON);
        assert_eq!(grants.revoke(Id(99), &word), Err(Denied::UnauthorizedClient));
        assert!(!grants.token(&word).unwrap().revoked);
        assert_eq!(grants.revoke(app.id, &word), Ok(()));
        assert!(grants.token(&word).unwrap().revoked);
        assert_eq!(grants.revoke(app.id, &word), Ok(()));
    }
}
