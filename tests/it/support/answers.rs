//! Answers of servers that are none.

use bytes::Bytes;
use gigcast::clock::Timestamp;
use gigcast::ports::Response;

/// At noon, with nothing that the wire reads out of it; a test changes what else it needs.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = body.into();
    let excerpt = if status < 300 { String::new() } else { String::from_utf8_lossy(&body).into_owned() };
    let received = Timestamp::from_millis(1_795_262_400_000);
    Response { status, headers, body, received, allowance: None, retry_after: None, excerpt, moved: None }
}
