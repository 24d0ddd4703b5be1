//! What servers told us that our next proof to them has to respect: the nonce they want in it, and what time it is there.
//!
//! Servers take a signed proof for a minute or less, and a machine whose clock is two minutes off could link nothing. Each answer
//! carries the server's own time, so proofs are dated by the clock of the one who reads them. Nothing here outlives the process:
//! what is not known costs one refusal.

use crate::clock::{Clock, Timestamp};
use crate::ports::Response;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Beyond this a clock counts as off. `Date` is in whole seconds, and an answer takes its time.
const CLOSE_ENOUGH: Duration = Duration::from_secs(10);
/// A nonce that is longer is not one.
const NONCE_BYTES: usize = 1024;
/// When there are more, all are forgotten and learnt again.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Told {
    /// The latest, by key and origin.
    nonces: Mutex<HashMap<(String, String), String>>,
    /// Our time and theirs at the same moment, by origin; absent where they agree.
    clocks: Mutex<HashMap<String, (Timestamp, Timestamp)>>,
}

/// What an answer told that was not known when the question was asked: with it the same question may well be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::wire) struct News {
    pub(in crate::wire) nonce: bool,
    pub(in crate::wire) time: bool,
}

impl Told {
    /// Notes what an answer says, whatever its status. `key` is the thumbprint of the key the request was proven with.
    pub(super) fn hear(&self, url: &str, key: Option<&str>, answer: &Response) -> News {
        let Some(origin) = origin(url) else { return News::default() };
        let time = self.hear_time(&origin, answer);
        let nonce = answer.header("dpop-nonce").filter(|nonce| !nonce.is_empty() && nonce.len() <= NONCE_BYTES);
        let nonce = key.zip(nonce).is_some_and(|(key, nonce)| {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            if nonces.len() >= MOST {
                nonces.clear();
            }
            let before = nonces.insert((key.to_owned(), origin), nonce.to_owned());
            before.as_deref() != Some(nonce)
        });
        News { nonce, time }
    }

    fn hear_time(&self, origin: &str, answer: &Response) -> bool {
        let Some(theirs) = answer.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
            return false;
        };
        let (ours, theirs) = (answer.received, Timestamp::from_jiff(theirs.timestamp()));
        let assumed = self.at(origin, ours);
        let is_off = |a: Timestamp, b: Timestamp| a.since(b).max(b.since(a)) > CLOSE_ENOUGH;
        let mut clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        if is_off(ours, theirs) {
            if clocks.len() >= MOST {
                clocks.clear();
            }
            clocks.insert(origin.to_owned(), (ours, theirs));
        } else {
            clocks.remove(origin);
        }
        is_off(assumed, theirs)
    }

    /// The nonce that the server behind this address wants to see in the next proof with this key.
    pub(super) fn nonce(&self, url: &str, key: &str) -> Option<String> {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.get(&(key.to_owned(), origin(url)?)).cloned()
    }

    /// The time by the clock of the server behind this address.
    pub(super) fn now(&self, url: &str, clock: &dyn Clock) -> Timestamp {
        let now = clock.now();
        origin(url).map_or(now, |origin| self.at(&origin, now))
    }

    fn at(&self, origin: &str, now: Timestamp) -> Timestamp {
        match self.clocks.lock().unwrap_or_else(PoisonError::into_inner).get(origin) {
            Some((ours, theirs)) if theirs > ours => now.plus(theirs.since(*ours)),
            Some((ours, theirs)) => now.minus(ours.since(*theirs)),
            None => now,
        }
    }
}

fn origin(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|url| url.origin()).filter(url::Origin::is_tuple).map(|o| o.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response::saying(200, "").under(headers)
    }

    #[test]
    fn the_latest_nonce_counts_for_its_key_and_its_server_alone() {
        let told = Told::default();
        let first = told.hear("https://a.example/token?x", Some("k1"), &answer(&[("dpop-nonce", "n1")]));
        assert_eq!(first, News { nonce: true, time: false });
        assert_eq!(told.hear("https://a.example/", Some("k1"), &answer(&[("dpop-nonce", "n1")])), News::default());
        assert!(told.hear("https://A.example:443/", Some("k1"), &answer(&[("dpop-nonce", "n2")])).nonce);
        assert_eq!(told.nonce("https://a.example/par", "k1").as_deref(), Some("n2"));
        assert_eq!(told.nonce("https://a.example/par", "k2"), None);
        assert_eq!(told.nonce("https://b.example/par", "k1"), None);
        told.hear("https://a.example/", Some("k1"), &answer(&[]));
        assert_eq!(
            told.nonce("https://a.example/", "k1").as_deref(),
            Some("n2"),
            "an answer without one changes nothing"
        );
        let long = "n".repeat(NONCE_BYTES + 1);
        assert!(!told.hear("https://a.example/", Some("k1"), &answer(&[("dpop-nonce", &long)])).nonce);
    }

    #[test]
    fn time_is_what_the_server_says_it_is() {
        let (told, clock) = (Told::default(), ManualClock::at(NOON));
        let url = "https://a.example/token";
        assert_eq!(told.now(url, &clock), NOON);
        for (date, theirs) in [
            ("Sat, 21 Nov 2026 12:02:00 GMT", NOON.plus(Duration::from_mins(2))),
            ("Sat, 21 Nov 2026 11:58:00 GMT", NOON.minus(Duration::from_mins(2))),
        ] {
            assert!(told.hear(url, None, &answer(&[("date", date)])).time, "{date}");
            assert_eq!(told.now(url, &clock), theirs);
            assert!(!told.hear(url, None, &answer(&[("date", date)])).time, "it is known by now");
        }
        assert_eq!(told.now("https://b.example/", &clock), NOON, "another server's time is its own");
        assert!(told.hear(url, None, &answer(&[("date", "Sat, 21 Nov 2026 12:00:09 GMT")])).time, "somebody set it");
        assert_eq!(told.now(url, &clock), NOON, "a few seconds are the way there and back");
        assert!(!told.hear(url, None, &answer(&[("date", "yesterday")])).time);
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let told = Told::default();
        for n in 0..=MOST {
            told.hear("https://a.example/", Some(&n.to_string()), &answer(&[("dpop-nonce", "n")]));
        }
        assert_eq!(told.nonces.lock().unwrap().len(), 1);
    }
}
