//! How a subscription stands, and how that changes: by what the feed offers, by what we ask, by what the hub says, and by time. Pure; all
//! that is written down of a subscription comes from here.

use crate::clock::Timestamp;
use crate::pushing::{Hub, Pushing};
use crate::store::{Left, Subscription};
use std::time::Duration;

/// What a hub is asked for; it may grant another.
pub(super) const LEASE: Duration = Duration::from_hours(10 * 24);

/// Less is not believed: it would have us ask without end.
const SHORTEST_LEASE: Duration = Duration::from_mins(1);
/// More is not believed: hubs forget.
const LONGEST_LEASE: Duration = Duration::from_hours(30 * 24);

/// How long a hub has to confirm before it is asked again, and the first wait after it refused; then twice as long each time.
const ASK_AGAIN: Duration = Duration::from_mins(5);
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// A hub that did not get our answer asks the same again within this time.
const REPEATED: Duration = Duration::from_mins(10);

/// What a hub said is kept up to this length.
const SAID_LETTERS: usize = 200;

impl Subscription {
    /// After a look at the feed; nothing where that changes nothing.
    pub(super) fn offered(before: Option<&Self>, pushing: &Pushing, now: Timestamp) -> Option<Self> {
        match (before, pushing) {
            (_, Pushing::Unsaid) | (None, Pushing::Never) => None,
            (None, Pushing::By(hub)) => Some(Self::new(hub, 1, now)),
            (Some(before), Pushing::Never) if !before.is_offered => None,
            (Some(before), Pushing::Never) => Some(Self { is_offered: false, ..before.leave(now) }),
            (Some(before), Pushing::By(hub)) if before.hub == hub.url && before.topic == hub.topic => {
                (!before.is_offered).then(|| Self { is_offered: true, due: Some(now), ..before.clone() })
            }
            (Some(before), Pushing::By(hub)) => {
                let left = before.leave(now);
                Some(Self { left: left.left, ..Self::new(hub, left.nth, now) })
            }
        }
    }

    fn new(hub: &Hub, nth: u32, now: Timestamp) -> Self {
        Self {
            hub: hub.url.clone(),
            topic: hub.topic.clone(),
            is_offered: true,
            nth,
            base: String::new(),
            asked: None,
            confirmed: None,
            until: None,
            due: Some(now),
            failures: 0,
            trouble: None,
            pushed: None,
            left: None,
        }
    }

    /// Its address is used no more: what it may still be subscribed to is taken leave of.
    fn leave(&self, now: Timestamp) -> Self {
        let held = self.until.is_some() || self.asked.is_some();
        let left = Left { hub: self.hub.clone(), topic: self.topic.clone(), nth: self.nth, asked: None };
        Self {
            nth: self.nth.saturating_add(1),
            asked: None,
            confirmed: None,
            until: None,
            due: held.then_some(now),
            failures: 0,
            trouble: None,
            left: held.then_some(left).or(self.left.clone()),
            ..self.clone()
        }
    }

    /// It cannot be had as things are: there is nothing to do until the config or the feed changes.
    pub(super) fn hindered(&self) -> Self {
        Self { asked: None, confirmed: None, until: None, due: None, ..self.clone() }
    }

    /// After a start, where nothing hinders it. Nothing when all is as it was left.
    pub(super) fn resumed(&self, base: &str, now: Timestamp) -> Option<Self> {
        let held = self.until.is_some() || self.asked.is_some();
        if held && self.base != base {
            // The hub knows us by an address that is no longer ours.
            return Some(Self { due: Some(now), left: None, ..self.leave(now) });
        }
        (self.is_offered && self.due.is_none()).then(|| Self { due: Some(now), ..self.clone() })
    }

    /// Before a request leaves: what the hub answers may come before its answer to us.
    pub(super) fn asking(&self, base: &str, now: Timestamp) -> Self {
        let unconfirmed = self.asked.is_some();
        let failures = self.failures.saturating_add(u16::from(unconfirmed));
        let trouble = if unconfirmed {
            Some("the hub took our request, and did not come back to confirm it".to_owned())
        } else {
            self.trouble.clone()
        };
        let due = Some(now.plus(wait(failures)));
        Self { base: base.to_owned(), asked: Some(now), due, failures, trouble, ..self.clone() }
    }

    /// The hub does not want to, or could not be asked.
    pub(super) fn refused(&self, why: &str, now: Timestamp) -> Self {
        let failures = self.failures.saturating_add(1);
        let due = Some(now.plus(wait(failures)));
        Self { asked: None, due, failures, trouble: Some(why.to_owned()), ..self.clone() }
    }

    /// The hub asks whether we meant it. Nothing when we did not.
    pub(super) fn confirmed(&self, nth: u32, topic: &str, lease: Option<Duration>, now: Timestamp) -> Option<Self> {
        let repeated = self.until.is_some() && self.confirmed.is_some_and(|at| now.since(at) < REPEATED);
        if nth != self.nth || topic != self.topic || !self.is_offered || !(self.asked.is_some() || repeated) {
            return None;
        }
        let lease = lease.unwrap_or(LEASE).clamp(SHORTEST_LEASE, LONGEST_LEASE);
        Some(Self {
            asked: None,
            confirmed: Some(now),
            until: Some(now.plus(lease)),
            due: Some(now.plus(lease * 4 / 5)),
            failures: 0,
            trouble: None,
            ..self.clone()
        })
    }

    /// The hub asks whether we mean to leave. Nothing when we don't.
    pub(super) fn left(&self, nth: u32, topic: &str) -> Option<Self> {
        let left = self.left.as_ref()?;
        let meant = left.nth == nth && left.topic == topic && left.asked.is_some();
        meant.then(|| Self { left: None, ..self.clone() })
    }

    /// The hub ends it, or never began. Nothing when it is about something else.
    pub(super) fn denied(&self, nth: u32, topic: &str, reason: &str, now: Timestamp) -> Option<Self> {
        if self.left.as_ref().is_some_and(|left| left.nth == nth && left.topic == topic) {
            return Some(Self { left: None, ..self.clone() });
        }
        if nth != self.nth || topic != self.topic || !(self.asked.is_some() || self.until.is_some()) {
            return None;
        }
        let reason: String = reason.chars().filter(|letter| !letter.is_control()).take(SAID_LETTERS).collect();
        let said =
            if reason.trim().is_empty() { "and gives no reason".to_owned() } else { format!("and says: {reason}") };
        Some(Self {
            until: None,
            confirmed: None,
            trouble: Some(format!("the hub denies the subscription {said}")),
            asked: None,
            due: Some(now.plus(LONGEST_WAIT)),
            failures: self.failures.saturating_add(1),
            ..self.clone()
        })
    }

    /// The lease is over, and nobody renewed it.
    pub(super) fn lapsed(&self, now: Timestamp) -> Option<Self> {
        let over = self.until.is_some_and(|until| until <= now);
        over.then(|| Self { until: None, confirmed: None, ..self.clone() })
    }

    /// By a clock that was ahead when it was asked for: what is left of the lease, and of the wait, counts from now on. Nothing where all
    /// fits.
    pub(super) fn set_back(&self, now: Timestamp) -> Option<Self> {
        let newest = [self.asked, self.confirmed].into_iter().flatten().max().unwrap_or(now);
        let ahead = newest.since(now);
        let past = |at: Option<Timestamp>| at.map(|at| at.min(now));
        let coming = |at: Option<Timestamp>, longest: Duration| at.map(|at| at.minus(ahead).min(now.plus(longest)));
        let until = coming(self.until, LONGEST_LEASE);
        let (asked, confirmed, pushed) = (past(self.asked), past(self.confirmed), past(self.pushed));
        let longest = until.map_or(LONGEST_WAIT, |_| LONGEST_LEASE);
        let mended = Self { asked, confirmed, pushed, until, due: coming(self.due, longest), ..self.clone() };
        (mended != *self).then_some(mended)
    }

    /// When to look at it again.
    pub(super) fn next(&self) -> Timestamp {
        let leaving = self.left.as_ref().filter(|left| left.asked.is_none()).and(self.due);
        let asking = self.due.filter(|_| self.is_offered);
        [leaving, asking, self.until].into_iter().flatten().min().unwrap_or(Timestamp::NEVER)
    }
}

fn wait(failures: u16) -> Duration {
    ASK_AGAIN.saturating_mul(1 << u32::from(failures.min(12))).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
    const TOPIC: &str = "https://acme.example/feed";
    const BASE: &str = "https://gigs.example";

    fn by(hub: &str) -> Pushing {
        Pushing::By(Hub { url: hub.to_owned(), topic: TOPIC.to_owned() })
    }

    fn fresh() -> Subscription {
        Subscription::offered(None, &by("https://hub.example/"), NOON).unwrap()
    }

    fn held() -> Subscription {
        fresh().asking(BASE, NOON).confirmed(1, TOPIC, Some(Duration::from_hours(10)), NOON).unwrap()
    }

    #[test]
    fn only_what_was_asked_for_is_confirmed() {
        let asked = fresh().asking(BASE, NOON);
        let lease = Some(Duration::from_hours(10));
        assert_eq!(fresh().confirmed(1, TOPIC, lease, NOON), None, "nothing was asked");
        assert_eq!(asked.confirmed(2, TOPIC, lease, NOON), None, "another address");
        assert_eq!(asked.confirmed(1, "https://acme.example/feed/", lease, NOON), None, "another topic");
        let held = asked.confirmed(1, TOPIC, lease, NOON).unwrap();
        assert_eq!(
            (held.until, held.due),
            (Some(NOON.plus(Duration::from_hours(10))), Some(NOON.plus(Duration::from_hours(8))))
        );
        let soon = NOON.plus(Duration::from_mins(9));
        assert!(held.confirmed(1, TOPIC, lease, soon).is_some(), "a hub that lost our answer asks again");
        assert_eq!(
            held.confirmed(1, TOPIC, lease, NOON.plus(Duration::from_mins(10))),
            None,
            "nothing was asked since"
        );
    }

    #[test]
    fn a_lease_that_cannot_be_meant_is_bounded() {
        let until = |lease: Option<u64>| {
            fresh()
                .asking(BASE, NOON)
                .confirmed(1, TOPIC, lease.map(Duration::from_secs), NOON)
                .unwrap()
                .until
                .unwrap()
                .since(NOON)
        };
        assert_eq!(until(Some(0)), Duration::from_mins(1));
        assert_eq!(until(Some(u64::MAX)), Duration::from_hours(30 * 24));
        assert_eq!(until(None), LEASE);
    }

    #[test]
    fn it_is_renewed_before_it_ends_and_lapses_when_nobody_does() {
        let held = held();
        assert_eq!(held.next(), NOON.plus(Duration::from_hours(8)));
        let asked = held.asking(BASE, NOON.plus(Duration::from_hours(8)));
        assert_eq!((asked.until, asked.failures), (held.until, 0), "it goes on while it is renewed");
        let again = asked.asking(BASE, asked.next());
        assert_eq!(again.failures, 1);
        assert!(again.trouble.as_ref().unwrap().contains("did not come back"));
        assert_eq!(again.lapsed(NOON.plus(Duration::from_hours(9))), None);
        assert_eq!(again.lapsed(NOON.plus(Duration::from_hours(10))).unwrap().until, None);
    }

    #[test]
    fn what_was_granted_by_a_clock_that_was_ahead_lasts_no_longer_by_the_true_one() {
        let held = held();
        assert_eq!(held.set_back(NOON), None);
        assert_eq!(held.set_back(NOON.plus(Duration::from_hours(1))), None);
        let before = NOON.minus(Duration::from_hours(24 * 400));
        let mended = held.set_back(before).unwrap();
        assert_eq!((mended.confirmed, mended.until), (Some(before), Some(before.plus(Duration::from_hours(10)))));
        assert_eq!(mended.next(), before.plus(Duration::from_hours(8)), "it is renewed in time");
        let refused = fresh().asking(BASE, NOON).refused("no", NOON).set_back(before).unwrap();
        assert_eq!(refused.next(), before.plus(LONGEST_WAIT), "nor does it wait for the old time to be asked again");
    }

    #[test]
    fn waits_grow_up_to_a_day() {
        let mut asked = fresh();
        let mut waits = Vec::new();
        for _ in 0..12 {
            asked = asked.refused("no", NOON);
            waits.push(asked.due.unwrap().since(NOON).as_secs() / 60);
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]);
    }

    #[test]
    fn a_denial_ends_it_and_one_of_something_else_does_not() {
        let denied = held().denied(1, TOPIC, "not\u{7} today", NOON).unwrap();
        assert_eq!((denied.until, denied.asked), (None, None));
        assert_eq!(denied.trouble.as_deref(), Some("the hub denies the subscription and says: not today"));
        assert_eq!(denied.due, Some(NOON.plus(Duration::from_hours(24))));
        assert_eq!(held().denied(1, "https://acme.example/other", "x", NOON), None);
        assert_eq!(held().denied(2, TOPIC, "x", NOON), None);
    }

    #[test]
    fn a_start_takes_it_up_unless_our_own_address_has_changed() {
        assert_eq!(held().resumed(BASE, NOON), None);
        let moved = held().resumed("https://new.example", NOON).unwrap();
        assert_eq!((moved.nth, moved.until, moved.due), (2, None, Some(NOON)));
        let hindered = held().hindered();
        assert_eq!((hindered.until, hindered.next()), (None, Timestamp::NEVER));
        assert_eq!(hindered.resumed(BASE, NOON).unwrap().due, Some(NOON), "what hindered it is gone");
    }

    #[test]
    fn another_hub_gets_another_address_and_the_old_one_is_told() {
        let moved = Subscription::offered(Some(&held()), &by("https://new.example/"), NOON).unwrap();
        assert_eq!((moved.nth, moved.until, moved.hub.as_str()), (2, None, "https://new.example/"));
        let left = moved.left.clone().unwrap();
        assert_eq!((left.hub.as_str(), left.nth), ("https://hub.example/", 1));
        assert_eq!(moved.left(1, TOPIC), None, "it has not been asked yet");
        let asked = Subscription { left: Some(Left { asked: Some(NOON), ..left }), ..moved };
        assert_eq!((asked.left(2, TOPIC), asked.left(1, "https://acme.example/other")), (None, None));
        assert_eq!(asked.left(1, TOPIC).unwrap().left, None);
        assert_eq!(Subscription::offered(Some(&held()), &by("https://hub.example/"), NOON), None, "all as before");
        let gone = Subscription::offered(Some(&held()), &Pushing::Never, NOON).unwrap();
        assert!(!gone.is_offered && gone.until.is_none() && gone.left.is_some());
        assert_eq!(Subscription::offered(Some(&gone), &Pushing::Never, NOON), None);
        assert_eq!(Subscription::offered(Some(&gone), &by("https://hub.example/"), NOON).unwrap().nth, 2);
        assert_eq!(Subscription::offered(Some(&held()), &Pushing::Unsaid, NOON), None);
    }
}
