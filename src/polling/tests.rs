//! What the pace of a source comes to.

use super::*;
use proptest::prelude::*;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const MINUTE: Duration = Duration::from_mins(1);

fn limits() -> Limits {
    Limits::around(60 * MINUTE, 15 * MINUTE, 360 * MINUTE, 1440 * MINUTE)
}

/// The waits that these looks lead to, in minutes, without chance.
fn waits(looks: &[Looked]) -> Vec<u64> {
    let mut rhythm = Rhythm::default();
    let wait = |looked: &Looked| {
        let (due, after) = next_look(rhythm, *looked, &limits(), Asks::default(), Dice(0), NOON);
        rhythm = after;
        due.since(NOON).as_secs() / 60
    };
    looks.iter().map(wait).collect()
}

#[test]
fn where_gigs_arrive_it_is_looked_at_sooner_and_where_nothing_changes_later() {
    use Looked::{First, News, Nothing};
    assert_eq!(waits(&[First, News, News, News, Nothing, Nothing]), [60, 30, 15, 15, 18, 23]);
    assert_eq!(waits(&[First, Nothing, Nothing, News]), [60, 75, 93, 46]);
    assert_eq!(waits(&[&[First][..], &[Nothing; 12]].concat()).last(), Some(&324), "the ceiling, less room for chance");
}

#[test]
fn looks_that_fail_wait_ever_longer_and_the_pace_they_had_comes_back() {
    use Looked::{Failed, First, News, Nothing};
    assert_eq!(waits(&[First, News, Failed, Failed, Failed, Nothing]), [60, 30, 60, 120, 240, 37]);
    assert_eq!(waits(&[Failed; 40]).last(), Some(&1296), "a day, less room for chance");
}

#[test]
fn a_source_that_asks_for_more_gets_it_and_one_that_asks_for_less_does_not() {
    let due = |looked, not_before| {
        let asks = Asks { not_before, ..Asks::default() };
        let (due, rhythm) = next_look(Rhythm::default(), looked, &limits(), asks, Dice(0), NOON);
        (due.since(NOON).as_secs() / 60, rhythm.bound)
    };
    let after = |minutes: u32| Some(NOON.plus(minutes * MINUTE));
    assert_eq!(due(Looked::First, after(600)), (600, Bound::Asked));
    assert_eq!(due(Looked::First, after(5)), (60, Bound::Pace));
    assert_eq!(due(Looked::Refused(NOON.plus(600 * MINUTE)), None), (600, Bound::Asked));
    assert_eq!(
        due(Looked::Refused(NOON.plus(MINUTE)), None),
        (75, Bound::Pace),
        "too often is a reason to come less often"
    );
    assert_eq!(due(Looked::Failed, after(5)), (120, Bound::Backoff));
}

#[test]
fn hours_and_days_that_a_source_skips_are_left_out() {
    let open = |skips: Skips, at: &str| skips.open_from(Timestamp::parse_rfc3339(at).unwrap()).to_string();
    // 21 November 2026 is a Saturday.
    let nights = Skips::of([22, 23, 0, 1, 99], []);
    assert_eq!(open(nights, "2026-11-21T22:20:00Z"), "2026-11-22T02:20:00.000Z");
    assert_eq!(open(nights, "2026-11-21T21:59:00Z"), "2026-11-21T21:59:00.000Z");
    let weekends = Skips::of([0], [5, 6]);
    assert_eq!(open(weekends, "2026-11-21T12:34:00Z"), "2026-11-23T01:34:00.000Z");
    assert!(Skips::of(0..24, 0..7).is_none(), "who skips all says nothing");
}

#[test]
fn a_start_with_few_sources_looks_at_once_and_with_many_spreads_them() {
    let source = |n: u32| SourceId::of(&[&n.to_be_bytes()]);
    let hour = 60 * MINUTE;
    assert!((0..32).all(|n| after_start(source(n), 32, hour).is_zero()));
    let mut minutes = [0u32; 60];
    for n in 0..10_000 {
        let wait = after_start(source(n), 10_000, hour);
        assert_eq!(wait, after_start(source(n), 10_000, hour));
        minutes[usize::try_from(wait.as_secs() / 60).unwrap()] += 1;
    }
    assert!(minutes[..49].iter().all(|count| (140..270).contains(count)), "{minutes:?}");
    assert!(after_start(source(1), 10_000, MINUTE) <= MINUTE);
}

fn looked() -> impl Strategy<Value = Looked> {
    prop_oneof![
        Just(Looked::First),
        Just(Looked::News),
        Just(Looked::Nothing),
        Just(Looked::Failed),
        (0u64..100_000).prop_map(|s| Looked::Refused(NOON.plus(Duration::from_secs(s)))),
    ]
}

proptest! {
    #[test]
    fn no_look_comes_before_the_floor_or_what_was_asked_and_none_after_the_ceiling_without_a_reason(
        looks in proptest::collection::vec((looked(), any::<u64>(), proptest::option::of(0u64..200_000)), 1..40),
        bounds in (1u64..100_000, 1u64..100_000, 1u64..200_000, 1u64..200_000),
    ) {
        let seconds = Duration::from_secs;
        let limits = Limits::around(seconds(bounds.0), seconds(bounds.1), seconds(bounds.2), seconds(bounds.3));
        let (mut rhythm, mut now) = (Rhythm::default(), NOON);
        for (looked, throw, asked) in looks {
            let asks = Asks { not_before: asked.map(|s| now.plus(seconds(s))), ..Asks::default() };
            let (due, after) = next_look(rhythm, looked, &limits, asks, Dice(throw), now);
            prop_assert_eq!((due, after), next_look(rhythm, looked, &limits, asks, Dice(throw), now));
            let wait = due.since(now);
            prop_assert!(wait >= limits.floor && wait >= seconds(bounds.1));
            prop_assert!(asked.is_none_or(|s| matches!(looked, Looked::Refused(_)) || wait >= seconds(s)));
            let asked = match looked {
                Looked::Refused(until) => asked_to_wait(until, now).since(now),
                _ => seconds(asked.unwrap_or(0)),
            };
            let own = if looked == Looked::Failed { limits.backoff_max.max(limits.ceiling) } else { limits.ceiling };
            prop_assert!(wait <= own.max(asked), "{wait:?} after {looked:?} within {limits:?}");
            (rhythm, now) = (after, due);
        }
    }

    #[test]
    fn what_opens_is_open_and_within_a_week(hours in proptest::collection::vec(0u8..30, 0..30), days in proptest::collection::vec(0u8..9, 0..9), at in 0u64..1 << 41) {
        let skips = Skips::of(hours, days);
        let at = Timestamp::from_millis(at);
        let open = skips.open_from(at);
        prop_assert!(open >= at && open.since(at) < Duration::from_hours(7 * 24));
        prop_assert_eq!(skips.open_from(open), open);
    }
}
