//! The lane: one account's own queue, and the memory of how it is paced.
//!
//! An account with ten thousand deliveries is parked by writing this one record. A lane has at most one request in flight; the
//! claim stands in here, so that whoever finds it after a restart knows what may have left.

use super::Class;
use crate::clock::Timestamp;
use crate::id::{AccountId, DeliveryId};
use crate::profile::Action;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which run of the daemon: a counter in the store that each start raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    pub account: AccountId,
    /// Counts the writes of this record, so that whoever decided on an older one is told.
    pub turn: u64,
    /// Nothing leaves before, or no new post where it is the poster's own pace; `why` says what it waits for.
    pub not_before: Timestamp,
    pub why: LaneWait,
    /// Only urgent ones among the new posts leave before: the quiet hours, or those between posting windows. Kept apart, so that what an
    /// urgent one waits for is never hidden behind them.
    pub shut_until: Timestamp,
    pub shut_for: LaneWait,
    pub hold: Option<LaneHold>,
    /// The time in this lane's wake key, when it has one: exactly one key, or none.
    pub wake: Option<Timestamp>,
    pub claim: Option<Claim>,
    /// When posts left in the last day: the courtesy pace counts them.
    pub posted: Vec<Timestamp>,
    /// The last requests, so that short windows hold across a restart.
    pub recent: Vec<(Timestamp, Action)>,
    /// Long windows: per quota of the profile, the time up to which it is used.
    pub used_until: Vec<(u64, Timestamp)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub delivery: DeliveryId,
    pub epoch: Epoch,
}

/// What the lane waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaneWait {
    Nothing,
    /// The poster's own gap between posts.
    Gap,
    /// The poster's own posts a day.
    DayFull,
    QuietHours,
    /// A documented limit of the network.
    Quota,
    /// The network said so: a 429, or a window with nothing left in it.
    RateLimited,
    /// Its server could not be reached to begin with.
    Host,
    /// A fault of our own ended the last turn before its time.
    Mishap,
    /// The account's next posting window.
    Window,
}

impl LaneWait {
    /// Whether only new posts wait for it: the poster's own pace, not a limit of the network.
    pub fn is_courtesy(self) -> bool {
        match self {
            Self::Gap | Self::DayFull | Self::QuietHours | Self::Window => true,
            Self::Nothing | Self::Quota | Self::RateLimited | Self::Host | Self::Mishap => false,
        }
    }

    /// Whether it is the hours of the day or the week that are waited for: an urgent post does not.
    pub fn is_hours(self) -> bool {
        matches!(self, Self::QuietHours | Self::Window)
    }

    /// As a clause: "waits for ..."; the poster's own pace is waited for by new posts alone.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Gap => "the account's gap between posts",
            Self::DayFull => "the next day, since today's posts are used up",
            Self::QuietHours => "the end of the account's quiet hours",
            Self::Window => "the account's next posting window",
            Self::Quota => "the network's documented limit",
            Self::RateLimited => "the time the network asked us to wait",
            Self::Host => "its server to be reachable again",
            Self::Mishap => "a moment to pass after a fault in gigcast itself, which the log tells",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaneHold {
    Relink,
    Paused,
    /// More than this account is paused: its network, its host or everything.
    Switched,
}

/// A lane that could not speak at all rests so long before it is tried again.
pub const MOMENT: Duration = Duration::from_mins(1);

/// So many recent requests are remembered: more than the courtesy pace lets through in a short window.
pub const RECENT_KEPT: usize = 64;

impl Lane {
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            turn: 0,
            not_before: Timestamp::EPOCH,
            why: LaneWait::Nothing,
            shut_until: Timestamp::EPOCH,
            shut_for: LaneWait::Nothing,
            hold: None,
            wake: None,
            claim: None,
            posted: Vec::new(),
            recent: Vec::new(),
            used_until: Vec::new(),
        }
    }

    /// When it next wants attention, given what is first due of each kind: never while something is in flight or a person is awaited.
    pub fn wakes_at(&self, first_due: impl IntoIterator<Item = (Class, Timestamp)>) -> Option<Timestamp> {
        if self.sleeps() {
            return None;
        }
        first_due.into_iter().map(|(class, due)| due.max(self.rests_until(class))).min()
    }

    /// Whether it wants no attention, whatever is due: something is in flight, or a person is awaited.
    pub fn sleeps(&self) -> bool {
        self.hold.is_some() || self.claim.is_some()
    }

    /// Before when nothing of this class leaves.
    pub fn rests_until(&self, class: Class) -> Timestamp {
        self.rest(class).0
    }

    /// Before when nothing of this class leaves, and what that waits for.
    pub fn rest(&self, class: Class) -> (Timestamp, LaneWait) {
        if self.why.is_courtesy() && !class.is_new_post() {
            (Timestamp::EPOCH, LaneWait::Nothing)
        } else if class == Class::Create && self.shut_until > self.not_before {
            (self.shut_until, self.shut_for)
        } else {
            (self.not_before, self.why)
        }
    }

    /// The poster's own pace is another now: what it made new posts wait for is asked anew.
    pub fn forget_courtesies(&mut self) {
        (self.shut_until, self.shut_for) = (Timestamp::EPOCH, LaneWait::Nothing);
        if self.why.is_courtesy() {
            (self.not_before, self.why) = (Timestamp::EPOCH, LaneWait::Nothing);
        }
    }

    /// Nothing leaves before `until`, or no new post where it is the poster's own pace. A shorter park never shortens a longer one;
    /// yet a limit of the network takes the place of any courtesy, which is asked again before the next post.
    pub fn park(&mut self, until: Timestamp, why: LaneWait) {
        if why.is_hours() {
            if until > self.shut_until {
                (self.shut_until, self.shut_for) = (until, why);
            }
        } else if until > self.not_before || (self.why.is_courtesy() && !why.is_courtesy()) {
            (self.not_before, self.why) = (until, why);
        }
    }

    /// Waits for a person. One who paused it is not overruled by anything that happens meanwhile.
    pub fn hold(&mut self, hold: LaneHold) {
        self.hold.get_or_insert(hold);
    }
}
