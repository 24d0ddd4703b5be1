//! What is left of a lane's limits at a moment, for whoever looks: nothing is taken by asking.

use super::stated::Window;
use super::{Counted, LONG, Moment, Quotas, key, name, posted_today, spread, zone_of};
use crate::clock::Timestamp;
use crate::outbox::{Lane, LaneWait};
use crate::person::{Account, Pace};
use crate::profile::{Action, Quota};
use std::time::Duration;

/// So many of so many are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    pub left: u32,
    pub of: u32,
}

/// New posts that the poster's own pace still lets out today, in the account's own day.
pub fn posts_today(pace: &Pace, lane: &Lane, now: Timestamp) -> Left {
    let ((posted, _), of) = (posted_today(&zone_of(pace), lane, now), pace.posts_per_day);
    Left { left: of.saturating_sub(posted), of }
}

/// What a documented limit lets through at once; nothing for one over a short window, which only its limiter counts.
pub fn at_once(quota: &Quota, lane: &Lane, now: Timestamp) -> Option<Left> {
    if quota.per < LONG {
        return None;
    }
    let (burst, spacing) = spread(quota);
    let name = name(quota);
    let used = lane.used_until.iter().find(|(of, _)| *of == name).map_or(now, |(_, until)| *until);
    Some(at_once_of(burst.get(), spacing, used.since(now)))
}

/// One limit that may make an account wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    pub what: Limiting,
    pub left: Left,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limiting {
    /// The poster's own posts a day.
    Pace,
    /// What the network documents, by our own count.
    Documented(Quota),
    /// What the account's server said itself when this was last asked for, until then.
    Stated(Action, Timestamp),
    /// The server asked to be left alone until then; of how much, it did not say.
    Asked(Timestamp),
}

impl Quotas {
    /// All that may make this account wait, and what is left of each: of a documented limit what it lets through at once, of the others all.
    pub fn limits(
        &self,
        account: &Account,
        quotas: &[Quota],
        lane: &Lane,
        stated: &[Window],
        now: Timestamp,
    ) -> Vec<Limit> {
        let who = Counted { account: account.id, server: &account.server };
        let mut limits = vec![Limit { what: Limiting::Pace, left: posts_today(&account.pace, lane, now) }];
        limits.extend(
            quotas.iter().map(|quota| Limit {
                what: Limiting::Documented(quota.clone()),
                left: self.left(quota, who, lane, now),
            }),
        );
        limits.extend(
            stated
                .iter()
                .filter(|said| said.until > now)
                .map(|said| Limit { what: Limiting::Stated(said.action, said.until), left: said.left }),
        );
        // What it waits for is known from the lane alone after a restart, and where the server named no number.
        let said = stated.iter().any(|said| said.left.left == 0 && said.until >= lane.not_before);
        if lane.why == LaneWait::RateLimited && lane.not_before > now && !said {
            limits.push(Limit { what: Limiting::Asked(lane.not_before), left: Left { left: 0, of: 0 } });
        }
        limits
    }

    /// As [`at_once`], of a limit over whatever window.
    fn left(&self, quota: &Quota, who: Counted<'_>, lane: &Lane, now: Timestamp) -> Left {
        if let Some(left) = at_once(quota, lane, now) {
            return left;
        }
        let (burst, spacing) = spread(quota);
        let windows = self.windows();
        let used = windows.get(quota).and_then(|window| {
            let moment = Moment(now.plus(window.ahead).as_millis());
            let until = window.used_until.get(&key(quota, who))?;
            Some(Duration::from_millis(until.0.saturating_sub(moment.0)))
        });
        at_once_of(burst.get(), spacing, used.unwrap_or_default())
    }
}

/// Each that was taken fills one spacing, and each spacing that passes frees one.
fn at_once_of(burst: u32, spacing: Duration, used: Duration) -> Left {
    let taken = used.as_millis().div_ceil(spacing.as_millis());
    let left = u128::from(burst).saturating_sub(taken);
    Left { left: u32::try_from(left).unwrap_or(0), of: burst }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Scope;
    use crate::id::AccountId;
    use crate::outbox::pace::May;
    use crate::profile::Action;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    #[test]
    fn what_is_left_of_a_limit_is_what_the_limit_then_lets_through() {
        let quota = Quota { action: Action::Write, scope: Scope::Account, max: 40, per: Duration::from_hours(3) };
        let mut lane = Lane::new(AccountId::from_native("fake", "https://x.example", "1"));
        let (quotas, who) = (Quotas::default(), Counted { account: lane.account, server: "x.example" });
        let ask = |lane: &mut Lane, now| quotas.ask(std::slice::from_ref(&quota), &[Action::Write], who, lane, now);
        let mut now = NOON;
        for _ in 0..3 {
            let told = at_once(&quota, &lane, now).unwrap();
            assert_eq!(told.of, 10, "a quarter of it may go at once");
            for _ in 0..told.left {
                assert_eq!(ask(&mut lane, now), May::Now);
            }
            assert!(matches!(ask(&mut lane, now), May::NotBefore(..)), "and no more than it told");
            assert_eq!(at_once(&quota, &lane, now).unwrap().left, 0);
            now = now.plus(Duration::from_mins(20));
        }
        let hourly = Quota { per: Duration::from_hours(1), ..quota.clone() };
        assert_eq!(at_once(&hourly, &lane, now), Some(Left { left: 10, of: 10 }), "each limit has its own count");
        let short = Quota { per: Duration::from_mins(5), ..quota.clone() };
        assert_eq!(at_once(&short, &lane, now), None);
    }

    #[test]
    fn each_limit_that_may_make_an_account_wait_is_told_and_the_servers_word_beside_our_count() {
        let quota = |scope, per| Quota { action: Action::Write, scope, max: 40, per };
        let documented = [quota(Scope::Account, Duration::from_hours(3)), quota(Scope::Host, Duration::from_mins(5))];
        let account = crate::plan::samples::account("1");
        let mut lane = Lane::new(account.id);
        let (quotas, who) = (Quotas::default(), Counted { account: account.id, server: &account.server });
        assert_eq!(quotas.ask(&documented, &[Action::Write], who, &mut lane, NOON), May::Now);
        let told = |lane: &Lane, stated: &[Window], now| quotas.limits(&account, &documented, lane, stated, now);
        let pace = Limit { what: Limiting::Pace, left: posts_today(&account.pace, &lane, NOON) };
        let counted =
            |n: usize, left| Limit { what: Limiting::Documented(documented[n].clone()), left: Left { left, of: 10 } };
        let ours = vec![pace, counted(0, 9), counted(1, 9)];
        assert_eq!(told(&lane, &[], NOON), ours, "a long and a short window alike");

        let soon = NOON.plus(Duration::from_mins(5));
        let said = |left| Window { action: Action::Request, left: Left { left, of: 300 }, until: soon };
        let stated = |left| Limit { what: Limiting::Stated(Action::Request, soon), left: Left { left, of: 300 } };
        assert_eq!(told(&lane, &[said(2)], NOON), [ours.clone(), vec![stated(2)]].concat());
        assert_eq!(told(&lane, &[said(2)], soon).len(), 3, "its window is over, and so is its word");

        // It waits because the server said so: by the header while that is known, by the lane after a restart.
        lane.park(soon, LaneWait::RateLimited);
        assert_eq!(told(&lane, &[said(0)], NOON), [ours.clone(), vec![stated(0)]].concat());
        let asked = Limit { what: Limiting::Asked(soon), left: Left { left: 0, of: 0 } };
        assert_eq!(told(&lane, &[], NOON), [ours.clone(), vec![asked.clone()]].concat());
        assert_eq!(told(&lane, &[], soon).len(), 3);
        // What a header said of something else, or of a shorter time, does not account for it.
        let early = Window { until: NOON.plus(Duration::from_mins(1)), ..said(0) };
        assert_eq!(told(&lane, &[said(2)], NOON), [ours.clone(), vec![stated(2), asked.clone()]].concat());
        assert_eq!(told(&lane, &[early], NOON).last(), Some(&asked));
        // A wait for anything else is no word of a server.
        let mut other = Lane { not_before: Timestamp::EPOCH, why: LaneWait::Nothing, ..lane.clone() };
        other.park(soon, LaneWait::Gap);
        assert_eq!(told(&other, &[], NOON), ours);
    }

    #[test]
    fn a_short_window_is_asked_without_taking_and_is_shared_by_those_it_counts_together() {
        let quota = |scope| Quota { action: Action::Write, scope, max: 40, per: Duration::from_mins(5) };
        let (own, shared) = (quota(Scope::Account), quota(Scope::Host));
        let both = [own.clone(), shared.clone()];
        let lane_of = |name: &str| Lane::new(AccountId::from_native("fake", "https://x.example", name));
        let (mut one, other) = (lane_of("1"), lane_of("2"));
        let quotas = Quotas::default();
        let who = |lane: &Lane| Counted { account: lane.account, server: "x.example" };
        let left = |lane: &Lane, quota: &Quota, now| quotas.left(quota, who(lane), lane, now);
        assert_eq!(left(&one, &own, NOON), Left { left: 10, of: 10 });
        for taken in 1..=10_u32 {
            let who = Counted { account: one.account, server: "x.example" };
            assert_eq!(quotas.ask(&both, &[Action::Write], who, &mut one, NOON), May::Now);
            assert_eq!(left(&one, &own, NOON).left, 10 - taken);
            assert_eq!(left(&one, &own, NOON).left, 10 - taken, "asking takes nothing");
        }
        assert_eq!((left(&other, &own, NOON).left, left(&other, &shared, NOON).left), (10, 0));
        assert_eq!(left(&other, &shared, NOON.plus(Duration::from_secs(50))).left, 5);
        let later = NOON.plus(Duration::from_mins(6));
        let who = Counted { account: one.account, server: "x.example" };
        assert_eq!(quotas.ask(&both, &[Action::Write], who, &mut one, later), May::Now);
        assert_eq!(left(&one, &own, later).left, 9, "what was used long ago is free again, and no more than that");
        quotas.tidy(NOON.plus(Duration::from_mins(12)));
        assert_eq!(left(&one, &own, NOON.plus(Duration::from_mins(12))).left, 10);
    }
}
