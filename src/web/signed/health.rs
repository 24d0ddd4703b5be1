//! How an account is, and what it is for, in words: what a card on `/accounts` says.

use super::super::words::{Moment, count};
use crate::clock::Timestamp;
use crate::notice::ENDS_SOON;
use crate::outbox::{Class, Lane, LaneHold};
use crate::person::{Account, Audience, GrantState, Mode, Pace};
use crate::plan::audience::words;
use crate::plan::taxonomy::Taxonomy;
use jiff::tz::TimeZone;
use std::time::Duration;

/// Within these a weekday says enough.
const A_WEEK: Duration = Duration::from_hours(6 * 24);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub state: State,
    /// One to three sentences.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Works,
    Paused,
    /// Its person has to do something.
    NeedsYou,
}

impl State {
    /// What stands before the words, so that colour is never alone.
    pub fn label(self) -> &'static str {
        match self {
            Self::Works => "Works",
            Self::Paused => "Paused",
            Self::NeedsYou => "Needs you",
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Self::Works => "well",
            Self::Paused => "quiet",
            Self::NeedsYou => "waits",
        }
    }
}

/// All that health is read from.
#[derive(Debug)]
pub struct Facts<'a> {
    pub account: &'a Account,
    pub lane: &'a Lane,
    /// Gigs that wait for this account, those that wait for its person included.
    pub waiting: usize,
    /// When it has to be linked again, where the network says so.
    pub ends: Option<Timestamp>,
    pub now: Timestamp,
}

pub fn of(facts: &Facts<'_>) -> Health {
    let Facts { account, lane, waiting, ends, now } = *facts;
    match &account.grant {
        GrantState::NeedsRelink { since, said } => {
            let since = since_when(*since, now, &account.pace);
            let rest = match waiting {
                0 => "Nothing is waiting for it. Re-link it, and new gigs go out again.".to_owned(),
                1 => "1 gig is waiting for this account. Re-link it and it goes out.".to_owned(),
                n => format!("{n} gigs are waiting for this account. Re-link it and they go out."),
            };
            let words = format!("It needs re-linking since {since}: {}. {rest}", said.trim_end_matches('.'));
            Health { state: State::NeedsYou, words }
        }
        GrantState::Revoked { .. } => Health { state: State::NeedsYou, words: "It is unlinked.".to_owned() },
        GrantState::Linked if lane.hold == Some(LaneHold::Paused) => {
            let words = match waiting {
                0 => "By you. Nothing waits for it.".to_owned(),
                n => format!("By you. {} until you resume it.", wait(n)),
            };
            Health { state: State::Paused, words }
        }
        GrantState::Linked if lane.hold == Some(LaneHold::Switched) => {
            let words = match waiting {
                0 => "By whoever runs this gigcast. Nothing waits for it.".to_owned(),
                n => format!("By whoever runs this gigcast. {} until they resume it.", wait(n)),
            };
            Health { state: State::Paused, words }
        }
        GrantState::Linked => match ends.filter(|ends| ends.since(now) <= ENDS_SOON) {
            Some(ends) => {
                let day = day_of(ends, &account.pace);
                let words = format!("It works, and the link ends on {day}: link it again before then.");
                Health { state: State::NeedsYou, words }
            }
            None => Health { state: State::Works, words: working(lane, waiting, account, now) },
        },
    }
}

fn working(lane: &Lane, waiting: usize, account: &Account, now: Timestamp) -> String {
    let last = match lane.posted.iter().max() {
        Some(at) => format!("Last post {}.", Moment::new(*at, now).words),
        None => "Nothing posted yet.".to_owned(),
    };
    let (until, why) = lane.rest(Class::Create);
    let queue = match waiting {
        0 => String::new(),
        n if until > now => {
            let at = time_of(until, now, &account.pace);
            format!(" {} until {at}, for {}.", wait(n), why.words())
        }
        n => format!(" {} their turn.", wait(n)).replace("gig waits their", "gig waits its"),
    };
    last + &queue
}

fn wait(n: usize) -> String {
    format!("{} {}", count(n, "gig", "gigs"), if n == 1 { "waits" } else { "wait" })
}

/// The weekday, as long as that is clear; then the date.
fn since_when(at: Timestamp, now: Timestamp, pace: &Pace) -> String {
    let form = if now.since(at) < A_WEEK { "%A" } else { "%-d %B %Y" };
    here(at, pace).strftime(form).to_string()
}

fn day_of(at: Timestamp, pace: &Pace) -> String {
    here(at, pace).strftime("%-d %B").to_string()
}

/// In the account's own zone: `14:00`, `22 November, 07:00`.
fn time_of(at: Timestamp, now: Timestamp, pace: &Pace) -> String {
    let (at, now) = (here(at, pace), here(now, pace));
    let form = if at.date() == now.date() { "%H:%M" } else { "%-d %B, %H:%M" };
    format!("{} ({})", at.strftime(form), pace.zone)
}

fn here(at: Timestamp, pace: &Pace) -> jiff::Zoned {
    at.to_jiff().to_zoned(TimeZone::get(&pace.zone).unwrap_or(TimeZone::UTC))
}

/// What the account is for, in one sentence.
pub fn audience(audience: &Audience, taxonomy: &Taxonomy) -> String {
    match words(audience, taxonomy) {
        rules if rules.is_empty() => "Every gig".to_owned(),
        rules => format!("Gigs {}", rules.join(", ")),
    }
}

/// How often it posts, and when not.
pub fn pace(pace: &Pace) -> String {
    let day = usize::try_from(pace.posts_per_day).unwrap_or(usize::MAX);
    let gap = match pace.gap.as_secs() / 60 {
        0 => String::new(),
        minutes => format!(", {} apart", count(usize::try_from(minutes).unwrap_or(usize::MAX), "minute", "minutes")),
    };
    let quiet = pace.quiet.map_or_else(String::new, |quiet| {
        format!("; quiet from {} until {} ({})", clock(quiet.from), clock(quiet.until), pace.zone)
    });
    let windows: Vec<String> = pace.windows.iter().map(ToString::to_string).collect();
    let windows =
        if windows.is_empty() { String::new() } else { format!("; only {} ({})", windows.join("; "), pace.zone) };
    let worth = pace.worth_saying_for.map_or_else(String::new, |worth| {
        let hours = usize::try_from(hours(worth)).unwrap_or(usize::MAX);
        format!("; dropped after waiting {}", count(hours, "hour", "hours"))
    });
    format!("At most {} a day{gap}{quiet}{windows}{worth}", count(day, "post", "posts"))
}

/// Whole hours, and what is left of one as one more.
pub fn hours(length: Duration) -> u64 {
    length.as_secs().div_ceil(60 * 60)
}

/// Minutes since midnight, as on a clock.
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "By itself",
        Mode::Review => "Each post waits until you approve it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, PersonId};
    use crate::outbox::LaneWait;
    use crate::person::{PayKind, QuietHours};

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn account(grant: GrantState) -> Account {
        Account {
            id: AccountId::of(&[b"a"]),
            owner: PersonId::of(&[b"p"]),
            network: "net".into(),
            server: "https://social.example".into(),
            native: "1".into(),
            handle: "@acme@social.example".into(),
            url: String::new(),
            linked: NOON,
            grant,
            policy: crate::person::Policy::fitting(&crate::profile::Profile::unspoken("")),
            mode: Mode::Auto,
            pace: Pace {
                posts_per_day: 6,
                gap: Duration::from_mins(10),
                quiet: None,
                windows: Vec::new(),
                zone: "Europe/Berlin".into(),
                worth_saying_for: None,
            },
            audience: Audience::default(),
        }
    }

    fn said(
        grant: GrantState,
        waiting: usize,
        ends: Option<Timestamp>,
        change: impl FnOnce(&mut Lane),
    ) -> (State, String) {
        let account = account(grant);
        let mut lane = Lane::new(account.id);
        change(&mut lane);
        let health = of(&Facts { account: &account, lane: &lane, waiting, ends, now: NOON });
        (health.state, health.words)
    }

    #[test]
    fn what_works_says_when_it_last_posted() {
        let hours = |n| Duration::from_hours(n);
        let (state, words) =
            said(GrantState::Linked, 0, None, |lane| lane.posted = vec![NOON.minus(hours(9)), NOON.minus(hours(3))]);
        assert_eq!((state, words.as_str()), (State::Works, "Last post 3 hours ago."));
        assert_eq!(said(GrantState::Linked, 0, None, |_| {}).1, "Nothing posted yet.");
        assert_eq!(said(GrantState::Linked, 1, None, |_| {}).1, "Nothing posted yet. 1 gig waits its turn.");
        let parked = said(GrantState::Linked, 3, None, |lane| lane.park(NOON.plus(hours(2)), LaneWait::Gap));
        assert_eq!(
            parked.1,
            "Nothing posted yet. 3 gigs wait until 15:00 (Europe/Berlin), for the account's gap between posts."
        );
    }

    #[test]
    fn a_dead_grant_says_since_when_why_and_what_to_do() {
        let dead = |days: u64| GrantState::NeedsRelink {
            since: NOON.minus(Duration::from_hours(24 * days)),
            said: "the network said the token was revoked".into(),
        };
        assert_eq!(
            said(dead(4), 4, None, |_| {}),
            (
                State::NeedsYou,
                "It needs re-linking since Tuesday: the network said the token was revoked. 4 gigs are waiting for this \
                 account. Re-link it and they go out."
                    .into()
            )
        );
        assert!(said(dead(18), 1, None, |_| {}).1.contains("since 3 November 2026: "));
        assert!(said(dead(1), 1, None, |lane| lane.hold(LaneHold::Paused)).1.contains("1 gig is waiting"));
    }

    #[test]
    fn a_pause_and_a_link_that_ends_soon_are_told() {
        let paused = said(GrantState::Linked, 2, None, |lane| lane.hold(LaneHold::Paused));
        assert_eq!(paused, (State::Paused, "By you. 2 gigs wait until you resume it.".into()));
        let soon = Some(NOON.plus(Duration::from_hours(6 * 24)));
        assert_eq!(
            said(GrantState::Linked, 0, soon, |_| {}),
            (State::NeedsYou, "It works, and the link ends on 27 November: link it again before then.".into())
        );
        assert_eq!(said(GrantState::Linked, 0, Some(NOON.plus(Duration::from_hours(24 * 30))), |_| {}).0, State::Works);
    }

    #[test]
    fn rules_are_said_in_one_sentence() {
        let taxonomy = Taxonomy::builtin();
        assert_eq!(audience(&Audience::default(), taxonomy), "Every gig");
        let own = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
        let rules = Audience {
            categories: own(&["design", "legal"]),
            languages: own(&["de"]),
            places: own(&["Berlin", "remote"]),
            pay: vec![PayKind::Paid],
            tags: own(&["svg", "logo", "print"]),
            not_tags: own(&["nft"]),
        };
        assert_eq!(
            audience(&rules, taxonomy),
            "Gigs in Design or Legal, written in DE, remote or in Berlin, paid, about svg, logo or print, not about nft"
        );
        let mut slow = account(GrantState::Linked).pace;
        assert_eq!(pace(&slow), "At most 6 posts a day, 10 minutes apart");
        let fresh = Pace { worth_saying_for: Some(Duration::from_mins(90)), ..slow.clone() };
        assert_eq!(pace(&fresh), "At most 6 posts a day, 10 minutes apart; dropped after waiting 2 hours");
        slow.quiet = Some(QuietHours { from: 22 * 60, until: 7 * 60 + 30 });
        assert!(pace(&slow).ends_with("; quiet from 22:00 until 07:30 (Europe/Berlin)"));
    }
}
