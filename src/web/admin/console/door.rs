//! How a browser is let into the console: by the operator's token once, or by a code that `gigcast console` prints.
//!
//! A browser cannot send the token with each request, so it gets a cookie with a random key instead. Keys and codes live in memory alone:
//! the end of the daemon ends them all, and nothing of them is written anywhere.

use crate::clock::{Clock, SystemClock};
use crate::secret::Secret;
use crate::vault::random_token;
use axum::http::{HeaderMap, HeaderValue, header};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// For so long a code lets a browser in.
pub const CODE_LIVES: Duration = Duration::from_mins(5);
/// So many codes wait, and so many browsers are in, at most; the oldest goes first.
const CODES: usize = 8;
const BROWSERS: usize = 32;

pub struct Door {
    pub clock: Arc<dyn Clock>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    /// Each with the monotonic time at which it is over.
    codes: VecDeque<(Secret, Duration)>,
    browsers: VecDeque<Browser>,
}

/// One that was let in.
struct Browser {
    key: Secret,
    /// What came of the last button, to be shown once.
    said: Option<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub words: String,
    pub refused: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::default()))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, inside: Mutex::default() }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A code that lets one browser in; nothing where the system gives no random bytes.
    pub fn code(&self) -> Option<Secret> {
        let code = random_token("").ok()?;
        let until = self.clock.monotonic() + CODE_LIVES;
        let mut inside = self.inside();
        if inside.codes.len() == CODES {
            inside.codes.pop_front();
        }
        inside.codes.push_back((code.clone(), until));
        Some(code)
    }

    /// Uses a code up. Nothing for one that is unknown, used or over.
    pub fn use_code(&self, code: &Secret) -> Option<Secret> {
        let now = self.clock.monotonic();
        {
            let mut inside = self.inside();
            inside.codes.retain(|(_, until)| *until > now);
            let at = inside.codes.iter().position(|(known, _)| known == code)?;
            inside.codes.remove(at);
        }
        self.let_in()
    }

    /// The key of a browser that has shown who it is.
    pub fn let_in(&self) -> Option<Secret> {
        let key = random_token("").ok()?;
        let mut inside = self.inside();
        if inside.browsers.len() == BROWSERS {
            inside.browsers.pop_front();
        }
        inside.browsers.push_back(Browser { key: key.clone(), said: None });
        Some(key)
    }

    pub fn knows(&self, key: &Secret) -> bool {
        self.inside().browsers.iter().any(|browser| browser.key == *key)
    }

    pub fn leave(&self, key: &Secret) {
        self.inside().browsers.retain(|browser| browser.key != *key);
    }

    pub fn note(&self, key: &Secret, said: Said) {
        if let Some(browser) = self.inside().browsers.iter_mut().find(|browser| browser.key == *key) {
            browser.said = Some(said);
        }
    }

    /// What was noted, once.
    pub fn noted(&self, key: &Secret) -> Option<Said> {
        self.inside().browsers.iter_mut().find(|browser| browser.key == *key)?.said.take()
    }
}

/// Cookies do not tell ports apart, so the name does: two gigcasts on one machine have a cookie each.
fn cookie_name(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    format!("gigcast-console-{}", port.unwrap_or("80"))
}

/// What the browser shows for itself.
pub fn key_of(headers: &HeaderMap) -> Option<Secret> {
    let name = cookie_name(headers);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(named, _)| *named == name).map(|(_, key)| Secret::new(key))
}

/// Ends with the browser, or with gigcast. An empty key takes it away.
pub fn cookie(headers: &HeaderMap, key: &Secret) -> HeaderValue {
    let end = if key.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{}={}; Path=/; HttpOnly; SameSite=Strict{end}", cookie_name(headers), key.expose());
    let mut cookie = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    cookie.set_sensitive(true);
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Timestamp};

    fn door() -> (ManualClock, Door) {
        let clock = ManualClock::at(Timestamp::from_millis(1_795_262_400_000));
        (clock.clone(), Door::new(Arc::new(clock)))
    }

    #[test]
    fn a_code_lets_one_browser_in_once_and_not_for_long() {
        let (clock, door) = door();
        let code = door.code().unwrap();
        let key = door.use_code(&code).unwrap();
        assert!(door.knows(&key) && !door.knows(&code));
        assert!(door.use_code(&code).is_none(), "it is used");
        let late = door.code().unwrap();
        clock.advance(CODE_LIVES);
        assert!(door.use_code(&late).is_none(), "it is over");
        assert!(door.use_code(&Secret::new("")).is_none());
        door.leave(&key);
        assert!(!door.knows(&key));
    }

    #[test]
    fn what_came_of_a_button_is_shown_once_and_to_that_browser_alone() {
        let (_, door) = door();
        let (one, two) = (door.let_in().unwrap(), door.let_in().unwrap());
        let said = Said { words: "1 tried now.".to_owned(), refused: false };
        door.note(&one, said.clone());
        assert_eq!((door.noted(&two), door.noted(&one), door.noted(&one)), (None, Some(said), None));
    }

    #[test]
    fn the_oldest_browser_goes_when_there_are_too_many() {
        let (_, door) = door();
        let first = door.let_in().unwrap();
        let second = door.let_in().unwrap();
        for _ in 0..BROWSERS - 1 {
            door.let_in().unwrap();
        }
        assert!(!door.knows(&first) && door.knows(&second));
    }

    #[test]
    fn each_port_has_a_cookie_of_its_own_that_no_log_shows() {
        let headers = |host: &'static str, cookies: &'static str| {
            HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static(host)),
                (header::COOKIE, HeaderValue::from_static(cookies)),
            ])
        };
        let both = "gigcast-console-1=ab; gigcast-console-2=cd";
        assert_eq!(key_of(&headers("127.0.0.1:2", both)), Some(Secret::new("cd")));
        assert_eq!(key_of(&headers("[::1]:3", both)), None);
        let cookie = cookie(&headers("127.0.0.1:2", ""), &Secret::new("ef"));
        assert_eq!(cookie, "gigcast-console-2=ef; Path=/; HttpOnly; SameSite=Strict");
        assert!(!format!("{cookie:?}").contains("ef;"));
    }

    #[test]
    fn the_oldest_code_is_worth_nothing_when_there_are_too_many() {
        let (_, door) = door();
        let codes: Vec<Secret> = (0..=CODES).map(|_| door.code().unwrap()).collect();
        let lets_in: Vec<bool> = codes.iter().map(|code| door.use_code(code).is_some()).collect();
        assert_eq!((lets_in[0], &lets_in[1..]), (false, &[true; CODES][..]));
    }
}
