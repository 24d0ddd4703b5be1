//! One form sent to one endpoint of an authorization server: with what shows who we are, and with a proof where tokens are
//! bound to a key.
//!
//! All four ways to show who we are stand here, for every endpoint alike. Assertions and proofs are made anew for each
//! request, since servers take each only once; that is why a refused one can be followed by another.

use super::assertion::{self, SigningKey};
use super::dpop::Prover;
use super::refusal::{Said, said};
use super::told::{News, Told};
use crate::base64url;
use crate::clock::Clock;
use crate::failure::{Failure, Why};
use crate::oauth::{ClientAuth, OAuthClient};
use crate::ports::{Method, Request, Response, Wire};
use crate::secret::Secret;
use crate::wire::outgoing::carried;
use url::form_urlencoded::byte_serialize;

/// No answer with tokens is longer.
const ANSWER_BYTES: usize = 64 * 1024;

pub(super) type Form = Vec<(String, String)>;

/// Who asks, and whom.
pub(super) struct Asking<'a> {
    pub(super) wire: &'a dyn Wire,
    pub(super) issuer: &'a str,
    pub(super) client: &'a OAuthClient,
    pub(super) signing: Option<&'a SigningKey>,
    pub(super) prover: Option<Prover>,
    pub(super) told: &'a Told,
    pub(super) clock: &'a dyn Clock,
}

/// What came back, and what must not be shown of it.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) carried: Vec<Secret>,
}

impl Asking<'_> {
    /// Sends the form. A server that refused nothing but the nonce or the time in what we signed is asked once more, for each
    /// of the two: it has done nothing with the first.
    pub(super) async fn post(&self, url: &str, form: &Form) -> Result<Answered, Failure> {
        let mut left = News { nonce: self.prover.is_some(), time: true };
        loop {
            let request = self.request(url, form.clone())?;
            let carried = carried(&request);
            let response = self.wire.send(request).await?;
            let news = match &self.prover {
                Some(prover) => prover.hear(url, &response),
                None => self.told.hear(url, None, &response),
            };
            let Said { code, .. } = said(&response, &carried);
            let refused = matches!(response.status, 400 | 401);
            match code.as_deref() {
                Some("use_dpop_nonce") if refused && news.nonce && left.nonce => left.nonce = false,
                Some("invalid_client" | "invalid_dpop_proof") if refused && news.time && left.time => left.time = false,
                _ => return Ok(Answered { response, carried }),
            }
        }
    }

    fn request(&self, url: &str, mut form: Form) -> Result<Request, Failure> {
        let mut request = Request::post(url).header("Accept", "application/json");
        request.max_bytes = ANSWER_BYTES;
        let id = &self.client.id;
        // A pushed request has named its client already, whoever shows it how.
        let mut add = |name: &str, value: &str| {
            if !form.iter().any(|(there, _)| there == name) {
                form.push((name.to_owned(), value.to_owned()));
            }
        };
        match &self.client.auth {
            ClientAuth::None => add("client_id", id),
            ClientAuth::Basic(secret) => request = request.header("Authorization", basic(id, secret)),
            ClientAuth::Post(secret) => {
                add("client_id", id);
                add("client_secret", secret.expose());
            }
            ClientAuth::Assertion => {
                let missing = || {
                    Failure::Permanent(Why::new("the server knows us by a signing key, and this installation has none"))
                };
                let now = self.told.now(url, self.clock);
                add("client_id", id);
                add("client_assertion_type", assertion::KIND);
                add("client_assertion", self.signing.ok_or_else(missing)?.assert(id, self.issuer, now).expose());
            }
        }
        if let Some(prover) = &self.prover {
            request = request.header("DPoP", prover.prove(Method::Post, url, None)?.expose());
        }
        Ok(request.form(form))
    }
}

/// `client_secret_basic`: both halves escaped first, as RFC 6749 has it in section 2.3.1, then base 64 of the common kind.
fn basic(id: &str, secret: &Secret) -> String {
    let escaped = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let mut coded = base64url::encode(format!("{}:{}", escaped(id), escaped(secret.expose())).as_bytes());
    coded = coded.replace('-', "+").replace('_', "/");
    while !coded.len().is_multiple_of(4) {
        coded.push('=');
    }
    format!("Basic {coded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_written_as_the_standard_has_it() {
        // RFC 6749, section 2.3.1.
        let secret = Secret::new("7Fjfp0ZBr1KtDRbnfVdmIw");
        assert_eq!(basic("s6BhdRkqt3", &secret), "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3");
        assert_eq!(basic("a:b", &Secret::new("c d?")), "Basic YSUzQWI6YytkJTNG");
        assert_eq!(basic("a", &Secret::new("b")), "Basic YTpi");
        assert_eq!(basic("a", &Secret::new("bc")), "Basic YTpiYw==");
    }
}
