//! The manners of every source that asks a server: what has not changed is not sent again, what is asked for is obeyed, and a refusal
//! is classed by what it means for the next look.

use crate::clock::Timestamp;
use crate::failure::{Failure, Native, Scope, Why};
use crate::ports::{Cursor, Request, Response, Wire};
use std::time::Duration;

/// A cache lifetime may ask us to stay away for so long; more would make a source look dead.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// A longer validator is not kept.
const VALIDATOR_BYTES: usize = 500;

/// The cursor's keys for them.
const ETAG: &str = "etag";
const LAST_MODIFIED: &str = "last_modified";

/// Asks once. Reading changes nothing, so a lost answer is no riddle.
pub(super) async fn ask(wire: &dyn Wire, request: Request) -> Result<Response, Failure> {
    wire.send(request).await.map_err(|failure| match failure {
        Failure::Unknown(why) => Failure::Transient(why),
        known => known,
    })
}

/// The request with the validators of the last answer.
pub(super) fn only_if_changed(mut request: Request, since: &Cursor) -> Request {
    for (header, key) in [("if-none-match", ETAG), ("if-modified-since", LAST_MODIFIED)] {
        if let Some(value) = since.0.get(key) {
            request = request.header(header, value);
        }
    }
    request
}

/// Validators are opaque: kept to the letter, weak mark and quotes included.
pub(super) fn keep_validators(cursor: &mut Cursor, answer: &Response) {
    for (header, key) in [("etag", ETAG), ("last-modified", LAST_MODIFIED)] {
        if let Some(value) = answer.header(header).filter(|v| v.len() <= VALIDATOR_BYTES) {
            cursor.0.insert(key.to_owned(), value.to_owned());
        }
    }
}

/// Until when the answer asks to be left alone: its own lifetime or `asked`, the longer of both, and what it asks outright.
pub(super) fn not_before(answer: &Response, asked: Option<Duration>) -> Option<Timestamp> {
    let max_age = answer
        .header("cache-control")
        .and_then(|value| value.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok()))
        .map(Duration::from_secs);
    let lifetime = max_age.max(asked).filter(|l| !l.is_zero()).map(|l| answer.received.plus(l.min(LONGEST_LIFETIME)));
    lifetime.max(answer.retry_after)
}

/// What an answer that is no success means. `what` is the noun for what was asked for, as in "feed".
pub(super) fn refusal(answer: &Response, what: &str) -> Failure {
    let why = |said: String| Why::new(said).with_native(Native::new(answer.status, None, &answer.excerpt));
    match (answer.status, answer.retry_after) {
        (429, _) | (503, Some(_)) => Failure::RateLimited {
            until: answer.wait_until(),
            scope: Scope::Host,
            why: why(format!("the server of the {what} asks us to wait")),
        },
        (408 | 425 | 500..=599, _) => Failure::Transient(why(format!("the server of the {what} is in trouble"))),
        (401 | 403, _) => Failure::Permanent(why(format!("the {what} is not open to us"))),
        (404, _) => Failure::Permanent(why(format!("there is no {what} at this address"))),
        (300..=399, _) => Failure::Permanent(why(format!("the {what}'s address leads on too often, or to nowhere"))),
        _ => Failure::Permanent(why(format!("the server of the {what} refuses the request"))),
    }
}
