//! The courtesy pace through both changes of the clocks, and quotas through restarts.

use super::*;
use crate::person::Account;
use crate::plan::samples;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("a time")
}

fn lane() -> Lane {
    Lane::new(AccountId::of(&[b"a"]))
}

fn pace(quiet: Option<(u16, u16)>) -> Pace {
    Pace {
        posts_per_day: 3,
        gap: Duration::from_mins(10),
        quiet: quiet.map(|(from, until)| QuietHours { from, until }),
        windows: Vec::new(),
        zone: "Europe/Berlin".into(),
        worth_saying_for: None,
    }
}

const ELEVEN_TO_SEVEN: Option<(u16, u16)> = Some((23 * 60, 7 * 60));

fn asked(pace: &Pace, now: &str) -> May {
    courtesy(pace, &lane(), Class::Create, at(now))
}

fn quiet_till(until: &str) -> May {
    May::NotBefore(at(until), LaneWait::QuietHours)
}

#[test]
fn quiet_hours_span_midnight_in_the_accounts_own_zone() {
    let pace = pace(ELEVEN_TO_SEVEN);
    assert_eq!(asked(&pace, "2026-11-21T21:59:00Z"), May::Now, "22:59 in Berlin");
    assert_eq!(asked(&pace, "2026-11-21T22:00:00Z"), quiet_till("2026-11-22T06:00:00Z"));
    assert_eq!(asked(&pace, "2026-11-22T05:59:00Z"), quiet_till("2026-11-22T06:00:00Z"));
    assert_eq!(asked(&pace, "2026-11-22T06:00:00Z"), May::Now);
}

fn window_at(opens: &str) -> May {
    May::NotBefore(at(opens), LaneWait::Window)
}

#[test]
fn posts_go_only_in_the_windows_of_the_accounts_own_week() {
    let windows = ["mon-fri 09:00-17:00", "sat 22:00-02:00"].map(|text| PostingWindow::parse(text).unwrap());
    let pace = Pace { windows: windows.to_vec(), ..pace(None) };
    for (now, opens) in [
        // 21 November 2026 is a Saturday; Berlin is one hour ahead.
        ("2026-11-20T07:59:00Z", Some("2026-11-20T08:00:00Z")),
        ("2026-11-20T08:00:00Z", None),
        ("2026-11-20T15:59:00Z", None),
        ("2026-11-20T16:00:00Z", Some("2026-11-21T21:00:00Z")),
        ("2026-11-21T23:30:00Z", None),
        ("2026-11-22T01:00:00Z", Some("2026-11-23T08:00:00Z")),
    ] {
        assert_eq!(asked(&pace, now), opens.map_or(May::Now, window_at), "{now}");
    }
    let edit = courtesy(&pace, &lane(), Class::Edit, at("2026-11-20T16:00:00Z"));
    assert_eq!(edit, May::Now, "what is out follows its gig at any hour");
}

#[test]
fn the_first_window_to_open_is_the_one_that_is_waited_for() {
    for (windows, opens) in [
        // 20 November 2026 is a Friday.
        (["fri 17:00-18:00", "fri 09:00-10:00"], "2026-11-20T08:00:00Z"),
        // From midnight to midnight is a whole day.
        (["mon 09:00-10:00", "sat 00:00-24:00"], "2026-11-20T23:00:00Z"),
    ] {
        let windows = windows.map(|text| PostingWindow::parse(text).unwrap()).to_vec();
        assert_eq!(asked(&Pace { windows, ..pace(None) }, "2026-11-20T06:00:00Z"), window_at(opens));
    }
}

#[test]
fn a_window_that_lies_in_the_missing_hour_opens_a_week_later() {
    let windows = vec![PostingWindow::parse("sun 02:10-02:50").unwrap()];
    assert_eq!(asked(&Pace { windows, ..pace(None) }, "2026-03-29T00:30:00Z"), window_at("2026-04-05T00:10:00Z"));
}

#[test]
fn an_urgent_post_waits_for_the_gap_and_for_no_hours() {
    let windows = vec![PostingWindow::parse("mon 09:00-10:00").unwrap()];
    let pace = Pace { windows, ..pace(ELEVEN_TO_SEVEN) };
    let (mut lane, now) = (lane(), at("2026-11-21T22:05:00Z"));
    assert_eq!(courtesy(&pace, &lane, Class::Urgent, now), May::Now);
    note_post(&mut lane, at("2026-11-21T22:00:00Z"));
    let gap = May::NotBefore(at("2026-11-21T22:10:00Z"), LaneWait::Gap);
    assert_eq!(courtesy(&pace, &lane, Class::Urgent, now), gap);
}

#[test]
fn a_window_in_the_missing_hour_opens_at_the_change() {
    let windows = vec![PostingWindow::parse("sun 02:30-04:00").unwrap()];
    let pace = Pace { windows, ..pace(None) };
    assert_eq!(asked(&pace, "2026-03-29T00:59:00Z"), window_at("2026-03-29T01:00:00Z"));
    assert_eq!(asked(&pace, "2026-03-29T01:00:00Z"), May::Now);
}

#[test]
fn quiet_hours_hold_within_a_window() {
    let windows = vec![PostingWindow::parse("daily 00:00-24:00").unwrap()];
    let pace = Pace { windows, ..pace(ELEVEN_TO_SEVEN) };
    assert_eq!(asked(&pace, "2026-11-21T22:00:00Z"), quiet_till("2026-11-22T06:00:00Z"));
    assert_eq!(asked(&pace, "2026-11-22T06:00:00Z"), May::Now);
}

#[test]
fn an_end_in_the_missing_hour_is_the_moment_of_the_change() {
    // On 29 March 2026 Berlin goes from 02:00 to 03:00 at 01:00 UTC; 02:30 does not exist.
    let pace = pace(Some((22 * 60, 2 * 60 + 30)));
    assert_eq!(asked(&pace, "2026-03-29T00:59:00Z"), quiet_till("2026-03-29T01:00:00Z"));
    assert_eq!(asked(&pace, "2026-03-29T01:00:00Z"), May::Now);
}

#[test]
fn a_beginning_in_the_missing_hour_is_the_moment_of_the_change() {
    let pace = pace(Some((2 * 60 + 30, 6 * 60)));
    assert_eq!(asked(&pace, "2026-03-29T00:59:00Z"), May::Now);
    assert_eq!(asked(&pace, "2026-03-29T01:00:00Z"), quiet_till("2026-03-29T04:00:00Z"));
}

#[test]
fn of_the_doubled_hour_the_second_ends_the_quiet_and_the_first_begins_it() {
    // On 25 October 2026 Berlin goes from 03:00 back to 02:00 at 01:00 UTC; 02:30 comes at 00:30 and at 01:30 UTC.
    let ends = pace(Some((22 * 60, 2 * 60 + 30)));
    assert_eq!(asked(&ends, "2026-10-25T00:40:00Z"), quiet_till("2026-10-25T01:30:00Z"), "02:40, the first time");
    assert_eq!(asked(&ends, "2026-10-25T01:30:00Z"), May::Now);
    let begins = pace(Some((2 * 60 + 30, 6 * 60)));
    assert_eq!(asked(&begins, "2026-10-25T00:29:00Z"), May::Now);
    assert_eq!(asked(&begins, "2026-10-25T00:30:00Z"), quiet_till("2026-10-25T05:00:00Z"));
    assert_eq!(asked(&begins, "2026-10-25T01:10:00Z"), quiet_till("2026-10-25T05:00:00Z"), "02:10, the second time");
}

#[test]
fn the_gap_and_the_posts_of_a_day_are_kept() {
    let pace = pace(None);
    let mut lane = lane();
    note_post(&mut lane, at("2026-11-21T12:00:00Z"));
    let gap = May::NotBefore(at("2026-11-21T12:10:00Z"), LaneWait::Gap);
    assert_eq!(courtesy(&pace, &lane, Class::Create, at("2026-11-21T12:09:00Z")), gap);
    note_post(&mut lane, at("2026-11-21T13:00:00Z"));
    note_post(&mut lane, at("2026-11-21T14:00:00Z"));
    let full = May::NotBefore(at("2026-11-21T23:00:00Z"), LaneWait::DayFull);
    assert_eq!(courtesy(&pace, &lane, Class::Create, at("2026-11-21T15:00:00Z")), full, "midnight in Berlin");
    assert_eq!(courtesy(&pace, &lane, Class::Create, at("2026-11-21T23:00:00Z")), May::Now);
}

#[test]
fn a_day_counts_its_own_posts_from_its_first_moment_on() {
    let (mut pace, mut lane) = (pace(None), lane());
    for minute in ["2026-11-20T22:59:59Z", "2026-11-20T23:00:00Z"] {
        note_post(&mut lane, at(minute));
    }
    let noon = at("2026-11-21T11:00:00Z");
    assert_eq!(
        budget::posts_today(&pace, &lane, noon),
        budget::Left { left: 2, of: 3 },
        "one was yesterday's in Berlin"
    );
    for (posts_per_day, may) in [(2, May::Now), (1, May::NotBefore(at("2026-11-21T23:00:00Z"), LaneWait::DayFull))] {
        pace.posts_per_day = posts_per_day;
        assert_eq!(courtesy(&pace, &lane, Class::Create, noon), may);
    }
}

#[test]
fn the_day_of_a_change_has_its_own_length() {
    let pace = pace(None);
    let mut lane = lane();
    for hour in ["02", "08", "09"] {
        note_post(&mut lane, at(&format!("2026-10-25T{hour}:00:00Z")));
    }
    let full = May::NotBefore(at("2026-10-25T23:00:00Z"), LaneWait::DayFull);
    assert_eq!(courtesy(&pace, &lane, Class::Create, at("2026-10-25T12:00:00Z")), full);
}

#[test]
fn what_follows_the_truth_is_not_slowed_by_courtesy() {
    let pace = pace(ELEVEN_TO_SEVEN);
    for verb in [Class::Edit, Class::Delete] {
        assert_eq!(courtesy(&pace, &lane(), verb, at("2026-11-21T23:00:00Z")), May::Now);
    }
}

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

fn quota(max: u32, per: Duration) -> Quota {
    Quota { action: Action::Write, scope: Scope::Account, max, per }
}

fn who(account: &[u8]) -> Counted<'static> {
    Counted { account: AccountId::of(&[account]), server: "https://s.example" }
}

#[test]
fn a_refusal_names_the_moment_and_takes_nothing() {
    let quotas = Quotas::default();
    let mut lane = lane();
    let limits = [quota(4, Duration::from_mins(5))];
    assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    let before = lane.clone();
    let May::NotBefore(until, LaneWait::Quota) = quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON)
    else {
        panic!("the burst is one")
    };
    assert_eq!((until.since(NOON), &lane), (Duration::from_secs(100), &before));
    assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, until), May::Now);
}

#[test]
fn one_limited_account_slows_no_other_and_a_host_quota_slows_all_of_the_host() {
    let quotas = Quotas::default();
    let own = [quota(4, Duration::from_mins(5))];
    let shared = [Quota { scope: Scope::Host, ..own[0].clone() }];
    for (limits, other) in
        [(&own, May::Now), (&shared, May::NotBefore(NOON.plus(Duration::from_secs(100)), LaneWait::Quota))]
    {
        assert_eq!(quotas.ask(limits, &[Action::Write], who(b"a"), &mut lane(), NOON), May::Now);
        assert_eq!(quotas.ask(limits, &[Action::Write], who(b"b"), &mut lane(), NOON), other);
    }
}

#[test]
fn short_windows_hold_across_a_restart() {
    let limits = [quota(4, Duration::from_mins(5))];
    let mut lane = lane();
    assert_eq!(Quotas::default().ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    let reborn = Quotas::default();
    reborn.replay(&limits, who(b"a"), &lane);
    let soon = NOON.plus(Duration::from_secs(1));
    assert!(matches!(reborn.ask(&limits, &[Action::Write], who(b"a"), &mut lane, soon), May::NotBefore(..)));
}

#[test]
fn long_windows_are_stored_with_the_lane() {
    let limits = [quota(4, Duration::from_hours(24))];
    let mut lane = lane();
    assert_eq!(Quotas::default().ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    let next_day = NOON.plus(Duration::from_hours(8));
    assert_eq!(
        Quotas::default().ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON),
        May::NotBefore(next_day, LaneWait::Quota)
    );
    assert_eq!(Quotas::default().ask(&limits, &[Action::Write], who(b"a"), &mut lane, next_day), May::Now);
}

#[test]
fn a_window_of_an_hour_is_stored_and_counted_once() {
    let limits = [quota(8, Duration::from_hours(1))];
    let (quotas, mut lane) = (Quotas::default(), lane());
    for _ in 0..2 {
        assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    }
    assert!(quotas.windows().is_empty(), "its count is in the lane, and nowhere else");
    Quotas::default().replay(&limits, who(b"a"), &lane);
    let reborn = Quotas::default();
    reborn.replay(&limits, who(b"a"), &lane);
    assert!(reborn.windows().is_empty());
    assert!(matches!(reborn.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::NotBefore(..)));
}

#[test]
fn each_long_window_has_its_own_count_in_the_lane() {
    let (few, many) = (quota(4, Duration::from_hours(24)), quota(40, Duration::from_hours(3)));
    let (quotas, mut lane) = (Quotas::default(), lane());
    let ahead = NOON.plus(Duration::from_hours(24 * 365));
    let limits = [many.clone(), few.clone()];
    assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    assert!(matches!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::NotBefore(..)));
    assert_eq!(budget::at_once(&many, &lane, NOON).unwrap().left, 9, "a refusal takes nothing of another limit");
    assert_eq!(quotas.ask(&[many], &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    // After a clock was set back, asking for the one leaves the other as it is.
    let mut lane = Lane::new(lane.account);
    assert_eq!(quotas.ask(std::slice::from_ref(&few), &[Action::Write], who(b"a"), &mut lane, ahead), May::Now);
    let before = lane.used_until.clone();
    assert_eq!(quotas.ask(&limits[..1], &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    assert_eq!(lane.used_until[..1], before);
}

#[test]
fn a_refusal_by_a_longer_window_wastes_nothing_of_a_shorter_one() {
    let limits = [quota(4, Duration::from_mins(1)), quota(4, Duration::from_mins(5))];
    let (quotas, mut lane) = (Quotas::default(), lane());
    let ask = |lane: &mut Lane, limits: &[Quota], now| quotas.ask(limits, &[Action::Write], who(b"a"), lane, now);
    assert_eq!(ask(&mut lane, &limits, NOON), May::Now);
    let later = NOON.plus(Duration::from_secs(30));
    assert!(matches!(ask(&mut lane, &limits, later), May::NotBefore(..)), "the longer is full yet");
    assert_eq!(ask(&mut lane, &limits[..1], later), May::Now);
}

#[test]
fn a_small_quota_is_spread_over_its_whole_window() {
    for (max, next) in [(1, Duration::from_millis(300_001)), (3, Duration::from_secs(150))] {
        let limits = [quota(max, Duration::from_mins(5))];
        let (quotas, mut lane) = (Quotas::default(), lane());
        assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
        let may = quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON);
        assert_eq!(may, May::NotBefore(NOON.plus(next), LaneWait::Quota), "of {max}");
    }
}

#[test]
fn what_no_longer_counts_takes_no_room_and_what_counts_stays() {
    let limits = [quota(8, Duration::from_mins(5))];
    let (quotas, mut lane) = (Quotas::default(), lane());
    assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON), May::Now);
    let kept = || {
        let windows = quotas.windows();
        let window = &windows[&limits[0]];
        (window.used_until.len(), window.limiter.len())
    };
    quotas.tidy(NOON.plus(Duration::from_secs(1)));
    assert_eq!(kept(), (1, 1));
    quotas.tidy(NOON.plus(Duration::from_hours(1)));
    assert_eq!(kept(), (0, 0));
}

#[test]
fn a_lane_remembers_as_long_and_as_much_as_counts() {
    let mut lane = lane();
    let at = |n: usize| NOON.plus(Duration::from_millis(u64::try_from(n).unwrap()));
    for n in 0..=RECENT_KEPT {
        remember(&mut lane, at(n), Action::Write);
    }
    assert_eq!((lane.recent.len(), lane.recent[0].0), (RECENT_KEPT, at(1)), "the oldest goes first");
    remember(&mut lane, at(2).plus(LONG), Action::Write);
    assert_eq!((lane.recent.len(), lane.recent[0].0), (RECENT_KEPT - 1, at(3)), "an hour at most");
    for hours in [0, 25, 26] {
        note_post(&mut lane, NOON.plus(Duration::from_hours(hours)));
    }
    assert_eq!(lane.posted, [25, 26].map(|hours| NOON.plus(Duration::from_hours(hours))));
}

#[test]
fn what_was_done_before_a_clock_was_set_back_was_done_when_it_was() {
    let (mut lane, earlier) = (lane(), NOON.minus(Duration::from_mins(30)));
    note_post(&mut lane, earlier);
    remember(&mut lane, earlier, Action::Write);
    let after = set_back(&lane, &pace(None), &[], NOON);
    assert_eq!((after.posted, after.recent), (lane.posted, lane.recent));
}

#[test]
fn what_a_clock_ahead_has_left_in_a_lane_is_bounded_by_its_own_rules() {
    let quotas = [quota(4, Duration::from_mins(5)), quota(9, Duration::from_hours(3))];
    let quiet = pace(Some((11 * 60, 14 * 60))); // 12:00 UTC is 13:00 in Berlin
    let ahead = NOON.plus(Duration::from_hours(24 * 365));
    for (why, pace, minutes) in [
        (LaneWait::Nothing, &pace(None), 0),
        (LaneWait::Gap, &pace(None), 10),
        (LaneWait::DayFull, &pace(None), 10),
        (LaneWait::QuietHours, &quiet, 60),
        (LaneWait::Quota, &pace(None), 180),
        (LaneWait::RateLimited, &pace(None), 30 * 24 * 60),
        (LaneWait::Host, &pace(None), 1),
        (LaneWait::Mishap, &pace(None), 1),
    ] {
        let mut lane = lane();
        note_post(&mut lane, ahead);
        lane.recent.push((ahead, Action::Write));
        lane.park(ahead, why);
        let after = set_back(&lane, pace, &quotas, NOON);
        assert_eq!(after.rests_until(Class::Create).since(NOON), Duration::from_mins(minutes), "{why:?}");
        assert_eq!((after.posted.as_slice(), after.recent[0].0), ([NOON].as_slice(), NOON));
        assert_eq!(set_back(&after, pace, &quotas, NOON), after, "once is enough");
    }
}

#[test]
fn after_a_clock_was_set_back_a_whole_window_is_waited_for_and_then_the_quota_is_whole() {
    for per in [Duration::from_mins(5), Duration::from_hours(1), Duration::from_hours(3)] {
        let limits = [quota(8, per)];
        let (quotas, mut lane) = (Quotas::default(), lane());
        let ahead = NOON.plus(Duration::from_hours(24 * 365));
        while quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, ahead) == May::Now {}
        let may = quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON);
        assert_eq!(may, May::NotBefore(NOON.plus(per), LaneWait::Quota));
        let half = NOON.plus(per / 2);
        let may = quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, half);
        assert_eq!(may, May::NotBefore(NOON.plus(per), LaneWait::Quota), "asking again makes it no longer");
        let account = Account { id: lane.account, server: who(b"a").server.to_owned(), ..samples::account("a") };
        let left = |now| quotas.limits(&account, &limits, &lane, &[], now)[1].left.left;
        assert_eq!((left(half), left(NOON.plus(per))), (0, 1), "and what is left is told by the same time");
        assert_eq!(quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, NOON.plus(per)), May::Now);
    }
}

proptest! {
    /// However the asking falls, no window of the quota's length holds more than the quota.
    #[test]
    fn no_window_ever_holds_more_than_the_quota(
        max in 1u32..40,
        minutes in prop_oneof![Just(5u64), Just(180)],
        waits in prop::collection::vec(0u64..40_000, 1..200),
    ) {
        let per = Duration::from_mins(minutes);
        let limits = [quota(max, per)];
        let (quotas, mut lane, mut now, mut granted) = (Quotas::default(), lane(), NOON, Vec::new());
        for wait in waits {
            now = now.plus(Duration::from_millis(wait));
            match quotas.ask(&limits, &[Action::Write], who(b"a"), &mut lane, now) {
                May::Now => granted.push(now),
                May::NotBefore(until, _) => prop_assert!(until > now),
            }
        }
        for (n, first) in granted.iter().enumerate() {
            let in_window = granted[n..].iter().take_while(|at| at.since(*first) < per).count();
            prop_assert!(in_window <= max as usize, "{in_window} in {per:?}, {max} allowed");
        }
    }
}
