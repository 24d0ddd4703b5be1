//! A feed that has moved for good (301, 308) is asked at its new address, once it has said so three times in a row.
//!
//! Three, since a server that is set up wrongly for an hour must not take a feed away; and where the new address turns out to be none,
//! the old one is asked again.

use crate::gig::address::publishable;
use crate::ports::{Cursor, Look};

/// Believed after so many looks in a row.
const BELIEVED: u8 = 3;

const TO: &str = "moved_to";
const TIMES: &str = "moved_times";

#[derive(Debug, Default)]
pub(super) struct Moves {
    to: Option<String>,
    times: u8,
}

impl Moves {
    pub(super) fn of(since: &Cursor) -> Self {
        let times = since.0.get(TIMES).and_then(|times| times.parse().ok()).unwrap_or(0);
        Self { to: since.0.get(TO).cloned(), times }
    }

    /// The new address, when it is believed.
    pub(super) fn home(&self) -> Option<&str> {
        self.to.as_deref().filter(|_| self.times >= BELIEVED)
    }

    /// The same after another look at the old address, whose redirects led there for good.
    pub(super) fn seen(self, moved: Option<&str>) -> Self {
        match moved.and_then(|to| publishable(to).ok()) {
            None => Self::default(),
            Some(to) if self.to.as_ref() == Some(&to) => Self { to: Some(to), times: self.times.saturating_add(1) },
            Some(to) => Self { to: Some(to), times: 1 },
        }
    }

    /// The look, with what is to be known of this the next time, and by people.
    pub(super) fn told(&self, mut look: Look) -> Look {
        let written = [(TO, self.to.clone()), (TIMES, self.to.as_ref().map(|_| self.times.to_string()))];
        for (key, value) in written {
            match value {
                Some(value) => look.cursor.0.insert(key.to_owned(), value),
                None => look.cursor.0.remove(key),
            };
        }
        look.found = self.to.as_ref().map(|to| match self.home() {
            Some(_) => format!("asked at {to}, where it said {BELIEVED} times that it has moved for good"),
            None => format!(
                "saying that it has moved for good, to {to}, and asked there once it has said so {BELIEVED} times"
            ),
        });
        look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "https://new.example/feed";

    #[test]
    fn an_address_is_believed_after_three_looks_in_a_row() {
        let after = |looks: &[Option<&str>]| looks.iter().fold(Moves::default(), |moves, to| moves.seen(*to));
        assert_eq!(after(&[Some(NEW), Some(NEW)]).home(), None);
        assert_eq!(after(&[Some(NEW), Some(NEW), Some(NEW)]).home(), Some(NEW));
        assert_eq!(after(&[Some(NEW), Some(NEW), None, Some(NEW)]).home(), None);
        assert_eq!(after(&[Some(NEW), Some(NEW), Some("https://other.example/"), Some(NEW)]).home(), None);
        assert_eq!(
            after(&[Some("https://bo:word@new.example/"); 3]).home(),
            None,
            "an address with a login is no address"
        );
        let kept = after(&[Some(NEW); 3]).told(Look::default());
        assert_eq!(Moves::of(&kept.cursor).home(), Some(NEW));
        assert!(kept.found.is_some_and(|found| found.contains(NEW)));
        let gone = Moves::default().told(Look { cursor: kept.cursor, ..Look::default() });
        assert_eq!((gone.cursor, gone.found), (Cursor::default(), None));
    }
}
