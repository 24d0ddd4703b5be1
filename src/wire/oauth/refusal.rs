//! What a refusal of an authorization server means, by its status and its error code (RFC 6749, section 5.2).
//!
//! | answer | while renewing | else | because |
//! |---|---|---|---|
//! | 429 | `RateLimited` | same | until the later of what its headers say |
//! | 503 with Retry-After, `temporarily_unavailable` | `Transient` | same | it has not been done |
//! | 408, other 5xx, `server_error` | `Unknown` | same | it may have been done before it broke |
//! | `use_dpop_nonce`, `invalid_dpop_proof` | `Transient` | same | only what we signed was refused |
//! | all others | `RelinkNeeded` | `Permanent` | asked again, it will be refused again |
//!
//! A renewal that ends as `Unknown` may have used the refresh token up. It is asked again with the same one: servers that
//! lost the answer as we did still take it, and for all others the answer is `RelinkNeeded`, which is then the truth.

use crate::failure::{Failure, Native, Scope, Why};
use crate::ports::Response;
use crate::redact;
use crate::secret::Secret;
use serde::Deserialize;

/// What was asked of the server; it decides what a refusal means for the grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To take the request before the browser goes there.
    Begin,
    /// Tokens for a code.
    Exchange,
    /// New tokens for the old.
    Renew,
    /// To forget a token.
    Revoke,
    /// A token for ourselves.
    OwnToken,
}

/// The server's words, fit to be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) code: Option<String>,
    pub(super) words: String,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    error_description: Option<String>,
}

/// Longer ones are no codes.
const CODE_BYTES: usize = 60;

pub(super) fn said(response: &Response, carried: &[Secret]) -> Said {
    if response.is_success() {
        return Said { code: None, words: String::new() };
    }
    let known: Vec<&Secret> = carried.iter().collect();
    let shown = |text: &str| redact::excerpt(text.as_bytes(), &known);
    match serde_json::from_slice::<Body>(&response.body) {
        Ok(body) => {
            let is_code = |c: u8| c.is_ascii_lowercase() || matches!(c, b'_' | b'.' | b'-');
            let code = body.error.len() <= CODE_BYTES && body.error.bytes().all(is_code);
            let words = body.error_description.unwrap_or_else(|| if code { String::new() } else { body.error.clone() });
            Said { code: code.then_some(body.error), words: shown(&words) }
        }
        Err(_) => Said { code: None, words: response.excerpt.clone() },
    }
}

/// The class of anything but a 2xx.
pub(super) fn refused(asked: Asked, response: &Response, carried: &[Secret]) -> Failure {
    let Said { code, words } = said(response, carried);
    let why = |said: &str| Why::new(said).with_native(Native::new(response.status, code.as_deref(), &words));
    let for_good = |why| if asked == Asked::Renew { Failure::RelinkNeeded(why) } else { Failure::Permanent(why) };
    match (response.status, code.as_deref().unwrap_or_default()) {
        (429, _) => {
            let why = why("the authorization server asked us to wait");
            Failure::RateLimited { until: response.wait_until(), scope: Scope::Account, why }
        }
        (503, _) if response.retry_after.is_some() => {
            Failure::Transient(why("the authorization server is overloaded and said so"))
        }
        (_, "temporarily_unavailable") => Failure::Transient(why("the authorization server is busy")),
        (408 | 500..=599, _) | (_, "server_error") => {
            Failure::Unknown(why("the authorization server broke off: it may have been done or not"))
        }
        (_, "use_dpop_nonce") => Failure::Transient(why("the authorization server wants yet another nonce")),
        (_, "invalid_dpop_proof") => {
            Failure::Transient(why("the authorization server did not take our proof; is this machine's clock right?"))
        }
        (_, "invalid_client" | "unauthorized_client") => for_good(why(
            "the authorization server does not know us any more, or not by what we showed: the registration is gone",
        )),
        (300..=399, _) => for_good(why("the authorization server sent us to another page: its address is an old one")),
        (_, code) => for_good(why(match (asked, code) {
            (Asked::Renew, _) => "the authorization server no longer accepts the grant",
            (Asked::Exchange, "invalid_grant") => "the code is used up, too old, or was given for another request",
            (_, "invalid_scope") => "the authorization server does not give what was asked for",
            (Asked::Begin, _) => "the authorization server did not take the request",
            (Asked::Exchange | Asked::OwnToken, _) => "the authorization server gave no token",
            (Asked::Revoke, _) => "the authorization server did not revoke the token",
        })),
    }
}

/// A yes that cannot be read. It is not shown, since it may hold a token.
pub(super) fn unreadable(response: &Response) -> Failure {
    let why = Why::new("the authorization server said yes, but the rest of its answer cannot be read");
    Failure::Unknown(why.with_native(Native::new(response.status, None, "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn error(code: &str) -> String {
        format!(r#"{{"error":"{code}"}}"#)
    }

    #[test]
    fn every_refusal_has_its_class() {
        for (status, body, renewing, else_) in [
            (400, error("invalid_grant"), "relink_needed", "permanent"),
            (401, error("invalid_client"), "relink_needed", "permanent"),
            (400, error("unauthorized_client"), "relink_needed", "permanent"),
            (400, error("invalid_request"), "relink_needed", "permanent"),
            (400, error("invalid_scope"), "relink_needed", "permanent"),
            (401, String::new(), "relink_needed", "permanent"),
            (403, "<h1>no".to_owned(), "relink_needed", "permanent"),
            (404, String::new(), "relink_needed", "permanent"),
            (302, String::new(), "relink_needed", "permanent"),
            (400, error("use_dpop_nonce"), "transient", "transient"),
            (400, error("invalid_dpop_proof"), "transient", "transient"),
            (400, error("temporarily_unavailable"), "transient", "transient"),
            (400, error("server_error"), "unknown", "unknown"),
            (408, String::new(), "unknown", "unknown"),
            (429, error("slow_down"), "rate_limited", "rate_limited"),
            (500, error("invalid_grant"), "unknown", "unknown"),
            (503, String::new(), "unknown", "unknown"),
        ] {
            let answer = Response::saying(status, &body);
            assert_eq!(refused(Asked::Renew, &answer, &[]).class(), renewing, "{status} {body}");
            for asked in [Asked::Begin, Asked::Exchange, Asked::Revoke, Asked::OwnToken] {
                assert_eq!(refused(asked, &answer, &[]).class(), else_, "{asked:?} {status} {body}");
            }
        }
        let mut busy = Response::saying(503, "");
        busy.retry_after = Some(NOON.plus(Duration::from_secs(30)));
        assert_eq!(refused(Asked::Renew, &busy, &[]).class(), "transient");
        let mut wait = Response::saying(429, "");
        wait.retry_after = busy.retry_after;
        let Failure::RateLimited { until, .. } = refused(Asked::Renew, &wait, &[]) else { panic!("it asked to wait") };
        assert_eq!(until, NOON.plus(Duration::from_secs(30)));
    }

    #[test]
    fn the_servers_words_are_told_without_what_we_sent() {
        let secret = Secret::new("s-12345");
        let body = r#"{"error":"invalid_grant","error_description":"s-12345 is too old, refresh_token=abc"}"#;
        let failure = refused(Asked::Renew, &Response::saying(400, body), std::slice::from_ref(&secret));
        let native = failure.why().native.as_ref().unwrap();
        assert_eq!(native.code.as_deref(), Some("invalid_grant"));
        assert_eq!(native.excerpt, "… is too old, refresh_token=…");
        let prose = refused(Asked::Renew, &Response::saying(400, &error("Token s-12345 Expired")), &[secret]);
        assert_eq!(prose.why().native, Some(Native::new(400, None, "Token … Expired")));
        let page = refused(Asked::Renew, &Response::saying(502, "<p>Bad gateway"), &[]);
        assert_eq!(page.why().native, Some(Native::new(502, None, "Bad gateway")));
    }

    #[test]
    fn a_success_says_nothing() {
        let answer = Response::saying(200, r#"{"error":"x","access_token":"geheim"}"#);
        assert_eq!(said(&answer, &[]), Said { code: None, words: String::new() });
        assert!(!unreadable(&answer).to_string().contains("geheim"));
    }
}
