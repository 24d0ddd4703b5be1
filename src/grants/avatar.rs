//! The picture of an account, fetched once when it is linked and shown by us: whoever looks at a page tells nobody else.

use super::Sessions;
use crate::person::Account;
use crate::ports::{Follow, Request};
use crate::store::Avatar;
use std::time::Duration;
use tracing::debug;

const MOST_BYTES: usize = 128 * 1024;
/// Somebody waits for the page that comes after.
const PATIENCE: Duration = Duration::from_secs(5);

/// Linking does not depend on it: what goes wrong is a debug line.
pub(super) async fn keep(sessions: &Sessions, account: &Account, url: &str) {
    let mut request = Request::get(url);
    (request.max_bytes, request.follow) = (MOST_BYTES, Follow::Upto(2));
    let said = match tokio::time::timeout(PATIENCE, sessions.wire.send(request)).await {
        Err(_) => "it took too long".to_owned(),
        Ok(Err(failure)) => failure.to_string(),
        Ok(Ok(answer)) if !answer.is_success() => format!("the server answered {}", answer.status),
        Ok(Ok(answer)) => match kind(&answer.body) {
            None => "it is no picture that browsers show".to_owned(),
            Some(kind) => {
                let avatar = Avatar { kind: kind.to_owned(), bytes: answer.body.to_vec() };
                match sessions.ledger.keep_avatar(account.id, &avatar).await {
                    Ok(()) => return,
                    Err(fault) => fault.to_string(),
                }
            }
        },
    };
    debug!(event = "avatar.not_kept", account.id = %account.id, "The picture of {} is not kept: {said}", account.handle);
}

/// By its first bytes, whatever the server calls it: an SVG holds scripts.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(kind(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(kind(b"GIF89a"), Some("image/gif"));
        assert_eq!(kind(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some("image/webp"));
        for other in [&b"<svg xmlns="[..], b"<html>", b"", b"RIFF1234WAVE", b"GIF88a"] {
            assert_eq!(kind(other), None);
        }
    }
}
