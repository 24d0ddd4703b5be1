//! What servers say is left of their own limits, in the headers of their answers.
//!
//! A server counts what we cannot: other clients of the same person, other machines behind the same address, limits that nobody documents. Its
//! word is kept beside our count and never mixed into it, since no header says which of the documented limits it means. It holds until its
//! window is over, and lives in memory; what it makes us wait for is kept by whoever waits, in a lane or a watch.

use super::budget::Left;
use crate::clock::Timestamp;
use crate::id::AccountId;
use crate::profile::Action;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Two resets so near are one: seconds that are left are counted from when an answer came.
const ONE_RESET: Duration = Duration::from_secs(1);

/// What was said last when such an action was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub action: Action,
    /// Of none where the server did not say of how many.
    pub left: Left,
    /// When the window begins anew.
    pub until: Timestamp,
}

/// The word of each account's server.
#[derive(Debug, Default)]
pub struct Stated(Mutex<HashMap<AccountId, Vec<Window>>>);

impl Stated {
    /// Takes the place of what was said before of the same action, and of the same window under another: that one was counted on since.
    pub fn note(&self, account: AccountId, said: Window, now: Timestamp) {
        let mut stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let windows = stated.entry(account).or_default();
        windows.retain(|old| old.action != said.action && !is_one(old, &said));
        windows.push(said);
        stated.retain(|_, windows| windows.iter().any(|window| window.until > now));
    }

    /// The windows that run.
    pub fn of(&self, account: AccountId, now: Timestamp) -> Vec<Window> {
        let stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stated.get(&account).into_iter().flatten().filter(|window| window.until > now).copied().collect()
    }
}

fn is_one(old: &Window, new: &Window) -> bool {
    old.left.of == new.left.of && old.until <= new.until.plus(ONE_RESET) && new.until <= old.until.plus(ONE_RESET)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn window(action: Action, left: u32, minutes: u64) -> Window {
        Window { action, left: Left { left, of: 300 }, until: NOON.plus(Duration::from_mins(minutes)) }
    }

    fn account(name: &str) -> AccountId {
        AccountId::from_native("fake", "https://x.example", name)
    }

    #[test]
    fn the_last_word_on_an_action_holds_until_its_window_is_over() {
        let (stated, ana) = (Stated::default(), account("ana"));
        stated.note(ana, window(Action::Request, 200, 5), NOON);
        stated.note(ana, window(Action::Write, 7, 180), NOON);
        stated.note(ana, window(Action::Request, 199, 6), NOON);
        let (write, read) = (window(Action::Write, 7, 180), window(Action::Request, 199, 6));
        assert_eq!(stated.of(ana, NOON), [write, read]);
        assert_eq!(stated.of(ana, NOON.plus(Duration::from_mins(6))), [write]);
        assert_eq!(stated.of(account("bo"), NOON), [], "another account has its own");
        stated.note(account("bo"), window(Action::Request, 1, 600), NOON.plus(Duration::from_mins(181)));
        assert_eq!(stated.0.lock().unwrap().len(), 1, "what is over for all actions takes no room");
    }

    #[test]
    fn one_window_that_was_told_with_two_actions_is_shown_once_as_it_was_told_last() {
        let (stated, ana) = (Stated::default(), account("ana"));
        stated.note(ana, window(Action::Request, 200, 5), NOON);
        let later = Window { until: NOON.plus(Duration::from_secs(301)), ..window(Action::Write, 150, 5) };
        stated.note(ana, later, NOON);
        assert_eq!(stated.of(ana, NOON), [later]);
        // Seconds that are left are rounded, to either side.
        let sooner = Window { until: NOON.plus(Duration::from_mins(5)), ..window(Action::Delete, 149, 5) };
        stated.note(ana, sooner, NOON);
        assert_eq!(stated.of(ana, NOON), [sooner]);
        stated.note(ana, later, NOON);
        let other = Window { left: Left { left: 20, of: 30 }, ..window(Action::Delete, 0, 5) };
        stated.note(ana, other, NOON);
        assert_eq!(stated.of(ana, NOON), [later, other], "a window of another size is another");
        let long = window(Action::Request, 299, 180);
        stated.note(ana, long, NOON);
        assert_eq!(stated.of(ana, NOON), [later, other, long], "and so is one that begins anew at another time");
    }
}
