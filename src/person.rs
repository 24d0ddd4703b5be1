//! People and their accounts, and anyone seen on a network.
//!
//! A person is a poster, a freelancer, or both; an [`Account`] is one of their social accounts, linked once. An [`Actor`]
//! is anyone who reshared, replied or was named; actors that say they do not wish to be indexed are counted, never named.

use crate::clock::Timestamp;
use crate::id::{AccountId, ActorId, PersonId};
use crate::oauth::Authorized;
use crate::profile::{Profile, Support};
use crate::redact;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// As they wish to be called; also how config and CLI name a poster.
    #[serde(deserialize_with = "redact::kept_line")]
    pub name: String,
    pub since: Timestamp,
    pub role: Role,
    /// Where they want to be told when an account needs them; nothing when they only look here.
    pub email: Option<String>,
}

/// Everyone may read, vouch and look for work; posting takes the operator's invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Poster,
    Freelancer,
}

impl Person {
    /// Known by the name that the operator gave.
    pub fn poster(name: &str, since: Timestamp) -> Self {
        Self { id: PersonId::from_name(name), name: redact::line(name), since, role: Role::Poster, email: None }
    }

    /// Whoever signs in by an account that says who nobody is yet. The moment is in the id, so that an account gives nobody's id back: it may
    /// have been lost or sold since it was unlinked, and whoever holds it then is not let in as the one who left it. Who somebody is, their
    /// [`Identity`] alone tells.
    pub fn freelancer(account: AccountId, name: &str, since: Timestamp) -> Self {
        let id = PersonId::of(&[b"account", account.as_bytes(), &since.as_millis().to_be_bytes()]);
        Self { id, name: redact::line(name), since, role: Role::Freelancer, email: None }
    }
}

/// An account that says who someone is: by it they sign in. Each belongs to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub account: AccountId,
    pub person: PersonId,
    pub network: String,
    pub server: String,
    pub native: String,
    pub handle: String,
    pub url: String,
    pub since: Timestamp,
}

impl PersonId {
    /// A poster is found by the name the operator gave, whatever its case.
    pub fn from_name(name: &str) -> Self {
        Self::of(&[name.trim().to_lowercase().as_bytes()])
    }
}

impl Identity {
    /// As whom the networks may name this account: by an address, or by an id of their own; nobody else has either.
    pub fn actors(&self) -> [ActorId; 2] {
        [&self.url, &self.native].map(|name| ActorId::from_uri(&self.network, name))
    }
}

impl Account {
    /// That it says who its owner is.
    pub fn identity(&self, since: Timestamp) -> Identity {
        Identity {
            account: self.id,
            person: self.owner,
            network: self.network.clone(),
            server: self.server.clone(),
            native: self.native.clone(),
            handle: self.handle.clone(),
            url: self.url.clone(),
            since,
        }
    }
}

/// One linked social account of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub owner: PersonId,
    /// The id of the network's profile.
    pub network: String,
    /// Scheme, host and port of the server that speaks for this account, without a slash at the end.
    pub server: String,
    /// The network's own, stable id of the account.
    pub native: String,
    /// As people write it, with the host: `@acme@social.example`, `acme.example`.
    pub handle: String,
    /// Where a person can look at it.
    pub url: String,
    pub linked: Timestamp,
    pub grant: GrantState,
    pub mode: Mode,
    pub pace: Pace,
    pub audience: Audience,
    pub policy: Policy,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantState {
    Linked,
    /// The network refused the grant; only the person can mend it.
    NeedsRelink {
        since: Timestamp,
        said: String,
    },
    Revoked {
        since: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Auto,
    /// A person approves each post.
    Review,
}

/// How what stands on an account follows its gig, where more than one way is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The gig has changed, and the network cannot edit a post in place.
    pub changed: Changed,
    /// The gig is filled, expired or withdrawn.
    pub ended: Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The change is told in a reply to the post.
    Reply,
    /// The post is taken away and made anew: its reshares are lost.
    DeleteAndRepost,
    /// The post stays as it was.
    Leave,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The post says so in its first word, and keeps its reshares; a reply where the network cannot edit.
    Edit,
    /// A reply to the post says so.
    Reply,
    /// The post is taken away.
    Delete,
}

impl Changed {
    pub const ALL: [Self; 3] = [Self::Reply, Self::DeleteAndRepost, Self::Leave];

    /// As commands and forms name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::DeleteAndRepost => "repost",
            Self::Leave => "leave",
        }
    }
}

impl Ended {
    pub const ALL: [Self; 3] = [Self::Edit, Self::Reply, Self::Delete];

    /// As commands and forms name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Reply => "reply",
            Self::Delete => "delete",
        }
    }
}

impl Policy {
    /// What loses least on a network: an edit keeps reshares and reaches those who made them, a reply keeps the post.
    pub fn fitting(profile: &Profile) -> Self {
        let ended = match profile.edit {
            Support::Yes => Ended::Edit,
            Support::No => Ended::Reply,
        };
        Self { changed: Changed::Reply, ended }
    }
}

/// The poster's own courtesy, on top of every limit of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// In one day of the account's own zone.
    pub posts_per_day: u32,
    /// Between two posts.
    pub gap: Duration,
    pub quiet: Option<QuietHours>,
    /// Posts leave only in these; at any time where there are none.
    pub windows: Vec<PostingWindow>,
    /// IANA name of the zone that the account's day is in.
    pub zone: String,
    /// A new post that has waited longer is dropped; nothing where what holds for every account holds here.
    pub worth_saying_for: Option<Duration>,
}

/// Nothing is posted from `from` until `until`, wall time in the account's zone; it may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// Minutes since midnight, 0 to 1439.
    pub from: u16,
    pub until: u16,
}

/// Days of the week on which posts leave from `from` until `until`, wall time in the account's zone; it may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostingWindow {
    /// A bit for each day on which it opens; Monday is the lowest.
    days: u8,
    /// Minutes since midnight, 0 to 1439. One that ends when it begins, or before, ends on the next day.
    pub from: u16,
    pub until: u16,
}

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl PostingWindow {
    /// As people write it: `mon-fri 09:00-17:00`, `sat,sun 10:00-12:00`, `daily 08:00-20:00`; otherwise a clause that says what it must be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let must =
            || "it must be days and hours, such as \"mon-fri 09:00-17:00\" or \"sat,sun 10:00-12:00\"".to_owned();
        let text = text.trim().to_lowercase();
        let (days, hours) = text.split_once(' ').ok_or_else(must)?;
        let (from, until) = hours.trim().split_once('-').ok_or_else(must)?;
        let (from, until) = (minutes(from).ok_or_else(must)?, minutes(until).ok_or_else(must)?);
        let days = days.split(',').try_fold(0, |days, part| Some(days | some_days(part.trim())?));
        // 24:00 is the next day's 00:00.
        Ok(Self { days: days.ok_or_else(must)?, from: from % MINUTES_A_DAY, until: until % MINUTES_A_DAY })
    }

    /// Whether it lies wholly in these quiet hours, so that nothing could ever leave in it.
    pub fn lies_in(self, quiet: QuietHours) -> bool {
        let after = |from: u16, until: u16| (until + MINUTES_A_DAY - from) % MINUTES_A_DAY;
        let long = match after(self.from, self.until) {
            0 => MINUTES_A_DAY,
            long => long,
        };
        after(quiet.from, self.from) + long <= after(quiet.from, quiet.until)
    }

    /// Whether it opens on this day; Monday is 0.
    pub fn opens_on(self, weekday: u8) -> bool {
        weekday < 7 && self.days & (1 << weekday) != 0
    }
}

const MINUTES_A_DAY: u16 = 24 * 60;

fn minutes(clock: &str) -> Option<u16> {
    let (hours, minutes) = clock.trim().split_once(':')?;
    let plain = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let (hours, minutes): (u16, u16) =
        (hours.parse().ok().filter(|_| plain(hours))?, minutes.parse().ok().filter(|_| plain(minutes))?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= MINUTES_A_DAY).then_some(all)
}

/// The bits of `daily`, of a day, or of a run of them, which may go on over the week's end.
fn some_days(text: &str) -> Option<u8> {
    let day = |name: &str| WEEK.iter().position(|day| *day == name);
    if text == "daily" {
        return Some(0b111_1111);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first)?, day(last)?);
    let run = (0..7).map(|nth| (first + nth) % 7);
    let length = (last + 7 - first) % 7 + 1;
    Some(run.take(length).fold(0, |days, day| days | 1 << day))
}

impl fmt::Display for PostingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> =
            WEEK.iter().enumerate().filter(|(nth, _)| self.days & (1 << nth) != 0).map(|(_, day)| *day).collect();
        let days = if days.len() == 7 { "daily".to_owned() } else { days.join(",") };
        // An end at midnight is read more easily as the end of its day.
        let until = if self.until == 0 { MINUTES_A_DAY } else { self.until };
        let (from, until) = ((self.from / 60, self.from % 60), (until / 60, until % 60));
        write!(f, "{days} {:02}:{:02}-{:02}:{:02}", from.0, from.1, until.0, until.1)
    }
}

/// Against context collapse: what an account is for. Empty lists let everything through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Audience {
    /// Category slugs; a parent includes its children.
    pub categories: Vec<String>,
    /// BCP 47 primary tags.
    pub languages: Vec<String>,
    /// Places as gigs name them (a city, a region, a country), and `remote`.
    pub places: Vec<String>,
    pub pay: Vec<PayKind>,
    /// Skills, of which a gig must have one.
    pub tags: Vec<String>,
    /// Skills that keep a gig away.
    pub not_tags: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayKind {
    Paid,
    Barter,
    Unpaid,
    /// The gig does not say.
    Unsaid,
}

/// Anyone seen on a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub id: ActorId,
    pub network: String,
    /// What the network keeps stable: an actor address, a DID.
    pub uri: String,
    /// With the host: `bo@remote.example`, `bo.example`.
    pub handle: String,
    pub name: String,
    pub url: Option<String>,
    pub indexing: Indexing,
}

/// A handle as people read it, however it was written down: `@bo@remote.example`, `@bo`, and `bo.example` where a domain is all of it.
pub fn shown_handle(written: &str) -> String {
    let bare = written.trim_start_matches('@');
    let is_domain = bare.contains('.') && !bare.contains('@');
    if bare.is_empty() || is_domain { bare.to_owned() } else { format!("@{bare}") }
}

/// What the profile says about being listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Indexing {
    Allowed,
    /// Counted, never named.
    Refused,
}

/// What linking yields. It exists in the open only between the vault and the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What requests carry.
    pub access: Secret,
    /// What renews it, where the network gives such a thing.
    pub refresh: Option<Secret>,
    /// What makes a new session when renewing fails: an app password.
    pub password: Option<Secret>,
    /// When `access` ends, where the network says so.
    pub expires: Option<Timestamp>,
    /// How it was had from an authorization server; nothing where it was entered by hand.
    pub authorized: Option<Authorized>,
}

impl Grant {
    /// A token entered by hand, which nothing renews.
    pub fn entered(access: Secret) -> Self {
        Self { access, refresh: None, password: None, expires: None, authorized: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_in_which_it_is_always_quiet_is_told_from_one_that_opens() {
        let quiet = |from: u16, until: u16| QuietHours { from: from * 60, until: until * 60 };
        for (window, hours, shut) in [
            ("mon-fri 23:00-06:00", quiet(22, 7), true),
            ("daily 22:00-07:00", quiet(22, 7), true),
            ("daily 00:00-06:00", quiet(22, 7), true),
            ("daily 22:00-24:00", quiet(22, 7), true),
            ("daily 22:00-07:01", quiet(22, 7), false),
            ("daily 21:59-23:00", quiet(22, 7), false),
            ("daily 09:00-17:00", quiet(22, 7), false),
            ("daily 00:00-24:00", quiet(22, 7), false),
            ("sat 12:00-13:00", quiet(9, 17), true),
            ("sat 16:00-10:00", quiet(9, 17), false),
        ] {
            assert_eq!(PostingWindow::parse(window).unwrap().lies_in(hours), shut, "{window}");
        }
    }

    #[test]
    fn a_handle_is_shown_in_one_way_however_it_was_written_down() {
        for (written, shown) in [
            ("bo@remote.example", "@bo@remote.example"),
            ("@bo@remote.example", "@bo@remote.example"),
            ("bo.example", "bo.example"),
            ("@bo.example", "bo.example"),
            ("bo", "@bo"),
            ("", ""),
        ] {
            assert_eq!(shown_handle(written), shown);
        }
    }

    #[test]
    fn a_posting_window_reads_back_as_it_is_shown() {
        for (written, shown) in [
            ("mon-fri 09:00-17:00", "mon,tue,wed,thu,fri 09:00-17:00"),
            ("SAT,sun 10:00-12:00", "sat,sun 10:00-12:00"),
            ("fri-mon 22:00-02:00", "mon,fri,sat,sun 22:00-02:00"),
            ("daily 00:00-24:00", "daily 00:00-24:00"),
        ] {
            let window = PostingWindow::parse(written).unwrap();
            assert_eq!(window.to_string(), shown);
            assert_eq!(PostingWindow::parse(shown), Ok(window));
        }
        for wrong in [
            "",
            "mon",
            "mon 9:00-17:00",
            "mo 09:00-17:00",
            "mon 09:00",
            "mon 09:00-25:00",
            "mon 09:60-10:00",
            "-fri 09:00-10:00",
        ] {
            assert!(PostingWindow::parse(wrong).is_err(), "{wrong}");
        }
    }
}
