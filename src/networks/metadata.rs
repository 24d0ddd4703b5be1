//! What an authorization server says of itself (RFC 8414), and how much of it is believed.
//!
//! A server speaks for its own origin and no other. An endpoint elsewhere would let whoever writes this document send people to a form of
//! another's, and a code or a secret to a server that they were never meant for; so it is refused, and named.

use super::exchange::{address, document, host, origin};
use crate::failure::{Failure, Why};
use crate::oauth::{AuthServer, IssParameter, Lifetimes, TokenKind};
use crate::ports::Wire;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub revocation_endpoint: Option<String>,
    pub pushed_authorization_request_endpoint: Option<String>,
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    pub client_id_metadata_document_supported: bool,
    /// Where servers that speak Mastodon's API register apps; no standard has it.
    pub app_registration_endpoint: Option<String>,
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub dpop_signing_alg_values_supported: Vec<String>,
}

/// Nothing where this server has none.
pub async fn ask(wire: &dyn Wire, server: &str) -> Result<Option<Metadata>, Failure> {
    document(wire, address(server, &[".well-known", "oauth-authorization-server"], &[])?).await
}

impl Metadata {
    /// The server as data, once all that it names is known to be its own. `server` is the origin that was asked.
    pub fn auth_server(&self, server: &str, tokens: TokenKind, lifetimes: Lifetimes) -> Result<AuthServer, Failure> {
        let named = [
            Some(("is known as", &self.issuer)),
            Some(("asks people at", &self.authorization_endpoint)),
            Some(("gives tokens at", &self.token_endpoint)),
            self.revocation_endpoint.as_ref().map(|url| ("takes them back at", url)),
            self.pushed_authorization_request_endpoint.as_ref().map(|url| ("takes requests at", url)),
        ];
        for (does, url) in named.into_iter().flatten() {
            let theirs = origin(url).unwrap_or_default();
            if theirs != server {
                let shown: String = if theirs.is_empty() { url } else { &theirs }.chars().take(100).collect();
                return Err(Failure::Permanent(Why::new(format!(
                    "{} says that it {does} `{shown}`, which is not its own address: enter the one you sign in at",
                    host(server)
                ))));
            }
        }
        Ok(AuthServer {
            issuer: self.issuer.clone(),
            authorize: self.authorization_endpoint.clone(),
            token: self.token_endpoint.clone(),
            revoke: self.revocation_endpoint.clone(),
            push: self.pushed_authorization_request_endpoint.clone(),
            iss: if self.authorization_response_iss_parameter_supported {
                IssParameter::Always
            } else {
                IssParameter::Perhaps
            },
            tokens,
            lifetimes,
            extra: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "https://social.example";

    fn stated() -> Metadata {
        Metadata {
            issuer: "https://social.example/".into(),
            authorization_endpoint: "https://social.example/oauth/authorize".into(),
            token_endpoint: "https://social.example/oauth/token".into(),
            revocation_endpoint: Some("https://social.example/oauth/revoke".into()),
            ..Metadata::default()
        }
    }

    fn believed(metadata: &Metadata) -> Result<AuthServer, String> {
        metadata
            .auth_server(SERVER, TokenKind::Bearer, Lifetimes::default())
            .map_err(|failure| failure.why().said.clone())
    }

    #[test]
    fn the_issuer_is_kept_to_the_letter() {
        let server = believed(&stated()).unwrap();
        assert_eq!((&*server.issuer, server.iss), ("https://social.example/", IssParameter::Perhaps));
        let always = Metadata { authorization_response_iss_parameter_supported: true, ..stated() };
        assert_eq!(believed(&always).unwrap().iss, IssParameter::Always);
    }

    #[test]
    fn an_endpoint_elsewhere_is_refused_and_named() {
        let elsewhere = || "https://evil.example/oauth".to_owned();
        for (metadata, does) in [
            (Metadata { issuer: elsewhere(), ..stated() }, "known as"),
            (Metadata { authorization_endpoint: elsewhere(), ..stated() }, "asks people at"),
            (Metadata { token_endpoint: elsewhere(), ..stated() }, "gives tokens at"),
            (Metadata { revocation_endpoint: Some(elsewhere()), ..stated() }, "takes them back at"),
            (Metadata { pushed_authorization_request_endpoint: Some(elsewhere()), ..stated() }, "takes requests at"),
        ] {
            let said = believed(&metadata).unwrap_err();
            assert!(said.contains(does) && said.contains("`https://evil.example`"), "{said}");
        }
        for other in
            ["http://social.example/oauth", "https://social.example:8443/", "https://a.social.example/", "/x", ""]
        {
            assert!(believed(&Metadata { token_endpoint: other.into(), ..stated() }).is_err(), "{other}");
        }
    }
}
