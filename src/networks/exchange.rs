//! What every network file needs to speak HTTP: addresses built safely, answers read once, and what a bare status means.
//!
//! Ids come from servers and are opaque, so they enter a path or a query only escaped. A success that cannot be read is
//! `Unknown`, never a failure to send: the post may well be there. The meaning of a status is decided here once; a network
//! with error codes of its own looks at these first and leaves the rest to [`by_status`].

use crate::failure::{Failure, Native, Scope, Why};
use crate::ports::{Request, Response, Wire};
use crate::redact;
use serde::de::DeserializeOwned;
use url::Url;

/// Scheme, host and port of what a person entered; a bare host means https.
pub fn origin(entered: &str) -> Result<String, Failure> {
    let entered = entered.trim();
    let written = if entered.contains("://") { entered.to_owned() } else { format!("https://{entered}") };
    Url::parse(&written)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
        .map(|url| url.origin().ascii_serialization())
        .ok_or_else(|| {
            let shown: String = entered.chars().take(80).collect();
            Failure::Permanent(Why::new(format!(
                "`{shown}` is not the address of a server: it should look like https://social.example"
            )))
        })
}

/// An address on this server. Each piece of the path stands for itself, whatever is in it.
pub fn address(server: &str, path: &[&str], query: &[(&str, &str)]) -> Result<String, Failure> {
    let not_an_address = || Failure::Permanent(Why::new("the account's server is not an address one can ask"));
    let mut url = Url::parse(server).map_err(|_| not_an_address())?;
    url.path_segments_mut().map_err(|()| not_an_address())?.clear().extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url.into())
}

/// The path and query of an address that a server gave us, to be asked of that server again and of no other.
pub fn path_and_query(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    Some(match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    })
}

/// The host of a server's address, with its port where that is not the usual one.
pub fn host(server: &str) -> &str {
    server.split_once("://").map_or(server, |(_, rest)| rest).trim_end_matches('/')
}

/// An address that may stand behind a link on a page: strangers also send `javascript:`.
pub fn web(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| address.to_owned())
}

/// Reads the answer to a request that was taken. What cannot be read is not shown either: it may hold a token.
pub fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Failure> {
    serde_json::from_slice(&response.body).map_err(|_| {
        let native = Native::new(response.status, None, "");
        Failure::Unknown(Why::new("the server said yes, but the rest of its answer cannot be read").with_native(native))
    })
}

/// A public document, asked without any credential. Nothing where the server has no such page, or it is none that can be read: many answer
/// anything at all with a page for people.
pub async fn document<T: DeserializeOwned>(wire: &dyn Wire, url: String) -> Result<Option<T>, Failure> {
    let response = wire.send(Request::get(url)).await?;
    let native = || Native::new(response.status, None, &words(&response));
    match response.status {
        200..=299 => Ok(read(&response).ok()),
        429 => Err(by_status(&response, Scope::Host, native())),
        // Nothing was to be done but read, so there is nothing to doubt.
        500..=599 => Err(Failure::Transient(Why::new("the server is out of order just now").with_native(native()))),
        _ => Ok(None),
    }
}

/// The server's own words about a refusal: the text in its JSON, or a line of plain text, with what looks like a credential
/// masked; a web page says nothing.
pub fn words(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let said = match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(body) => ["message", "error_description", "error"]
            .iter()
            .find_map(|field| body.get(field)?.as_str())
            .unwrap_or_default()
            .to_owned(),
        Err(_) if text.trim_start().starts_with('<') => String::new(),
        Err(_) => text.into_owned(),
    };
    redact::excerpt(said.as_bytes(), &[])
}

/// What a refusal means when nothing but its status is known.
///
/// | status | class | because |
/// |---|---|---|
/// | 401, 403 | `RelinkNeeded` | the grant is dead, too narrow, or the account is closed: only the person can mend any of these |
/// | 3xx | `RelinkNeeded` | an API does not redirect: the server has moved, or shows its login page to a dead token |
/// | 429 | `RateLimited` | until the later of what its headers say |
/// | 503 with Retry-After | `Transient` | a server that names a time has not taken the request |
/// | 408, other 5xx | `Unknown` | it may have been done before it broke |
/// | the rest | `Permanent` | the same request will be refused again |
pub fn by_status(response: &Response, scope: Scope, native: Native) -> Failure {
    let why = |said: &str| Why::new(said).with_native(native);
    match response.status {
        300..=399 => Failure::RelinkNeeded(why("the server sent us to another page: its address or the grant is old")),
        401 => Failure::RelinkNeeded(why("the network no longer accepts the grant")),
        403 => Failure::RelinkNeeded(why("the network does not allow this to the grant or the account")),
        429 => Failure::RateLimited { until: response.wait_until(), scope, why: why("the network asked us to wait") },
        503 if response.retry_after.is_some() => Failure::Transient(why("the server is overloaded and said so")),
        408 | 500..=599 => Failure::Unknown(why("the server broke off: it may have been done or not")),
        _ => Failure::Permanent(why("the network refused the request as it is")),
    }
}

/// A refusal of one post of somebody else's: its author may have shut this account out, or the grant may not reach so far. Nothing else that the account
/// says has to wait for either.
pub fn of_this_post(failure: Failure) -> Failure {
    let said = "the network does not allow this account to reshare this post; a grant of before gigcast could reshare is mended by linking \
                the account again";
    forbidden_here(failure, said)
}

/// The same of a reshare that is to end.
pub fn of_this_reshare(failure: Failure) -> Failure {
    let said = "the network does not let this account take its reshare of this post back; it may be done on the post itself, in an app";
    forbidden_here(failure, said)
}

fn forbidden_here(failure: Failure, said: &str) -> Failure {
    match failure {
        Failure::RelinkNeeded(why) if why.native.as_ref().is_some_and(|native| native.status == 403) => {
            Failure::Permanent(Why { said: said.to_owned(), ..why })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use std::time::Duration;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn every_status_has_its_class() {
        for (status, class) in [
            (302, "relink_needed"),
            (400, "permanent"),
            (401, "relink_needed"),
            (403, "relink_needed"),
            (404, "permanent"),
            (408, "unknown"),
            (410, "permanent"),
            (422, "permanent"),
            (429, "rate_limited"),
            (500, "unknown"),
            (502, "unknown"),
            (503, "unknown"),
            (504, "unknown"),
        ] {
            let failure = by_status(&Response::saying(status, ""), Scope::Account, Native::new(status, None, ""));
            assert_eq!(failure.class(), class, "{status}");
        }
        let mut busy = Response::saying(503, "");
        busy.retry_after = Some(NOON.plus(Duration::from_secs(30)));
        assert_eq!(by_status(&busy, Scope::Host, Native::new(503, None, "")).class(), "transient");
    }

    #[test]
    fn what_is_forbidden_of_one_post_says_nothing_of_the_grant() {
        let refused = |status| by_status(&Response::saying(status, ""), Scope::Account, Native::new(status, None, ""));
        assert_eq!(of_this_post(refused(403)).class(), "permanent");
        assert_eq!(of_this_post(refused(401)).class(), "relink_needed");
        assert_eq!(of_this_post(refused(500)).class(), "unknown");
    }

    #[test]
    fn ids_cannot_leave_their_place_in_an_address() {
        let built = address("https://a.example", &["api", "statuses", "1/../../x?y#z"], &[("q", "a&b=c")]).unwrap();
        assert_eq!(built, "https://a.example/api/statuses/1%2F..%2F..%2Fx%3Fy%23z?q=a%26b%3Dc");
        assert!(address("nonsense", &["a"], &[]).is_err());
    }

    #[test]
    fn a_server_is_entered_with_or_without_its_scheme() {
        assert_eq!(origin(" social.example ").unwrap(), "https://social.example");
        assert_eq!(origin("http://127.0.0.1:3010/web/").unwrap(), "http://127.0.0.1:3010");
        for wrong in ["", "ftp://a.example", "two words"] {
            let failure = origin(wrong).unwrap_err().to_string();
            assert!(failure.contains(&format!("`{wrong}`")), "{failure}");
        }
    }

    #[test]
    fn the_servers_words_are_found_and_pages_are_not_words() {
        for (body, said) in [
            (r#"{"error":"InvalidRequest","message":"too long"}"#, "too long"),
            (r#"{"error":"Validation failed"}"#, "Validation failed"),
            (r#"{"error":{"detail":"x"}}"#, ""),
            ("<!doctype html><p>Bad gateway", ""),
            ("Throttled", "Throttled"),
        ] {
            assert_eq!(words(&Response::saying(500, body)), said);
        }
    }

    #[test]
    fn an_unreadable_success_is_unknown_and_shows_nothing() {
        let failure = read::<Vec<u8>>(&Response::saying(200, r#"{"accessJwt":"geheim"}"#)).unwrap_err();
        assert_eq!(failure.class(), "unknown");
        assert!(!format!("{failure:?}").contains("geheim"));
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(web("javascript:alert(1)"), None);
        assert_eq!(web("https://a.example/@bo").as_deref(), Some("https://a.example/@bo"));
    }
}
