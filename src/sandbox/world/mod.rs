//! The state of the small network: who lives there, what was said, who boosted, liked and answered it.
//!
//! Pure: no sockets, no JSON, no clock. Every verb takes the time and either happens whole or is refused with a reason that the
//! API turns into a status. A boost is a status of its own that points at the original, as on Mastodon: that is where the
//! "internal ids" come from by which the lists of boosters are paged.

mod grants;
mod page;
mod said;
mod text;

pub(super) use grants::{App, Asked, Denied, Grants, KNOWN_SCOPES, OUT_OF_BAND, Scopes, Token};
pub(super) use page::Page;
pub(super) use said::{Draft, Edition, KeyRule, MAX_CHARACTERS};
pub(super) use text::{Piece, length, pieces};

use crate::clock::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Of anything in this world. Grows with time, like Mastodon's; outside it is an opaque string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u64);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Id {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indexing {
    Allowed,
    /// This person wants to be found by no search engine and listed in no index.
    Refused,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub id: Id,
    pub username: String,
    pub display_name: String,
    pub note: String,
    pub indexing: Indexing,
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Visibility {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Public, Self::Unlisted, Self::Private, Self::Direct].into_iter().find(|v| v.as_str() == name)
    }
}

/// How a status reads, now or before an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub at: Timestamp,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Status {
    pub id: Id,
    pub author: Id,
    pub at: Timestamp,
    /// Every version, oldest first; the last one is what is read. Never empty.
    versions: Vec<Version>,
    pub visibility: Visibility,
    pub in_reply_to: Option<Id>,
    pub boost_of: Option<Id>,
    /// The name and website of the app it was posted with.
    pub app: Option<(String, Option<String>)>,
    /// The `Idempotency-Key` it was posted with: tests look at it.
    pub key: Option<String>,
    pub mentions: BTreeSet<Id>,
    /// In lower case, in the order of their first use.
    pub tags: Vec<String>,
    /// The boosting status and who boosted.
    pub boosts: BTreeMap<Id, Id>,
    /// The like's own id and who liked.
    pub favourites: BTreeMap<Id, Id>,
    pub replies: BTreeSet<Id>,
}

impl Status {
    pub(super) fn current(&self) -> &Version {
        self.versions.last().expect("a status is made with its first version and never loses one")
    }

    pub(super) fn versions(&self) -> &[Version] {
        &self.versions
    }

    pub(super) fn edited_at(&self) -> Option<Timestamp> {
        (self.versions.len() > 1).then(|| self.current().at)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Mention,
    Reblog,
    Favourite,
    /// A post that this person boosted was edited.
    Update,
}

impl Event {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Reblog => "reblog",
            Self::Favourite => "favourite",
            Self::Update => "update",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Notification {
    pub id: Id,
    pub to: Id,
    pub by: Id,
    pub status: Id,
    pub event: Event,
    pub at: Timestamp,
}

/// Why a verb did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not there, or not for this person to see.
    NotFound,
    Forbidden,
    Invalid(String),
}

#[derive(Debug, Default)]
pub(super) struct World {
    people: BTreeMap<Id, Person>,
    statuses: BTreeMap<Id, Status>,
    /// Deleted ones; no API shows them, tests count them.
    gone: Vec<Status>,
    notifications: Vec<Notification>,
    keys: HashMap<(Id, String), (Timestamp, Id)>,
    pub grants: Grants,
    /// Host and port: what stands behind the second `@` of a handle.
    domain: String,
    last: u64,
}

impl World {
    pub(super) fn new(domain: &str) -> Self {
        Self { domain: domain.to_owned(), ..Self::default() }
    }

    /// Ids carry the time in their upper bits and never go back, even when the clock does.
    fn mint(&mut self, now: Timestamp) -> Id {
        self.last = (self.last + 1).max(now.as_millis() << 16);
        Id(self.last)
    }

    pub(super) fn domain(&self) -> &str {
        &self.domain
    }

    pub(super) fn register(
        &mut self,
        name: &str,
        website: Option<String>,
        redirect_uris: Vec<String>,
        scopes: Scopes,
        now: Timestamp,
    ) -> App {
        let id = self.mint(now);
        self.grants.register(id, name, website, redirect_uris, scopes)
    }

    // ---- people

    /// Someone moves in.
    pub(super) fn join(
        &mut self,
        username: &str,
        display_name: &str,
        note: &str,
        indexing: Indexing,
        now: Timestamp,
    ) -> Result<Id, Refused> {
        let plain = username.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if username.is_empty() || username.len() > 30 || !plain {
            return Err(Refused::Invalid("Username must be 1 to 30 letters, digits and underscores".into()));
        }
        if self.person_named(username).is_some() {
            return Err(Refused::Invalid(format!("Username {username} is already taken")));
        }
        let id = self.mint(now);
        let display_name = if display_name.is_empty() { username } else { display_name };
        let (username, display_name, note) = (username.to_owned(), display_name.to_owned(), note.to_owned());
        self.people.insert(id, Person { id, username, display_name, note, indexing, since: now });
        Ok(id)
    }

    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    pub(super) fn person(&self, id: Id) -> Option<&Person> {
        self.people.get(&id)
    }

    /// By username, or by a handle of this host, with or without the first `@`.
    pub(super) fn person_named(&self, name: &str) -> Option<&Person> {
        let name = name.strip_prefix('@').unwrap_or(name);
        let username = match name.split_once('@') {
            Some((username, domain)) if domain.eq_ignore_ascii_case(&self.domain) => username,
            Some(_) => return None,
            None => name,
        };
        self.people.values().find(|person| person.username.eq_ignore_ascii_case(username))
    }

    // ---- reading

    pub(super) fn status(&self, id: Id) -> Option<&Status> {
        self.statuses.get(&id)
    }

    /// Everything said, newest first, boosts included.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Status> {
        self.statuses.values().rev()
    }

    pub(super) fn gone(&self) -> &[Status] {
        &self.gone
    }

    /// In this small world everyone follows everyone: what is private may be seen by whoever has signed in.
    pub(super) fn may_see(&self, viewer: Option<Id>, status: &Status) -> bool {
        let visible = |s: &Status| match s.visibility {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Private => viewer.is_some(),
            Visibility::Direct => viewer.is_some_and(|v| v == s.author || s.mentions.contains(&v)),
        };
        visible(status) && status.boost_of.and_then(|of| self.status(of)).is_none_or(visible)
    }

    pub(super) fn visible(&self, viewer: Option<Id>, id: Id) -> Result<&Status, Refused> {
        self.status(id).filter(|status| self.may_see(viewer, status)).ok_or(Refused::NotFound)
    }

    /// What it answers, oldest first, and everything that answers it, each answer right after what it answers.
    pub(super) fn thread(&self, viewer: Option<Id>, id: Id) -> Result<(Vec<&Status>, Vec<&Status>), Refused> {
        let start = self.visible(viewer, id)?;
        let up = |s: &&Status| s.in_reply_to.and_then(|to| self.status(to));
        let mut above: Vec<_> = std::iter::successors(up(&start), up).collect();
        above.reverse();
        let mut below = Vec::new();
        let mut open: Vec<Id> = start.replies.iter().rev().copied().collect();
        while let Some(next) = open.pop().and_then(|id| self.status(id)) {
            open.extend(next.replies.iter().rev());
            below.push(next);
        }
        above.retain(|s| self.may_see(viewer, s));
        below.retain(|s| self.may_see(viewer, s));
        Ok((above, below))
    }

    /// Newest first.
    pub(super) fn notifications_to(&self, person: Id) -> impl Iterator<Item = &Notification> {
        self.notifications.iter().rev().filter(move |n| n.to == person)
    }

    fn notify(&mut self, event: Event, to: Id, by: Id, status: Id, now: Timestamp) {
        if to != by {
            let id = self.mint(now);
            self.notifications.push(Notification { id, to, by, status, event, at: now });
        }
    }

    // ---- boosts and likes

    /// Boosting again gives the boost that is there.
    pub(super) fn boost(&mut self, by: Id, of: Id, how: Visibility, now: Timestamp) -> Result<Id, Refused> {
        let original = self.original(by, of)?;
        let (of, author) = (original.id, original.author);
        if let Some((wrapper, _)) = original.boosts.iter().find(|(_, who)| **who == by) {
            return Ok(*wrapper);
        }
        if !matches!(original.visibility, Visibility::Public | Visibility::Unlisted) && author != by {
            return Err(Refused::Forbidden);
        }
        let id = self.mint(now);
        let nothing =
            Version { at: now, text: String::new(), spoiler_text: String::new(), sensitive: false, language: None };
        let mut wrapper = Status::new(id, by, now, nothing, how);
        wrapper.boost_of = Some(of);
        self.statuses.insert(id, wrapper);
        self.amend(of, |original| original.boosts.insert(id, by));
        self.notify(Event::Reblog, author, by, of, now);
        Ok(id)
    }

    /// Gives the original; taking back what is not there changes nothing.
    pub(super) fn unboost(&mut self, by: Id, of: Id) -> Result<Id, Refused> {
        let original = self.original(by, of)?;
        let of = original.id;
        if let Some(wrapper) = original.boosts.iter().find(|(_, who)| **who == by).map(|(id, _)| *id) {
            self.statuses.remove(&wrapper);
            self.amend(of, |original| original.boosts.remove(&wrapper));
            self.notifications.retain(|n| !(n.event == Event::Reblog && n.by == by && n.status == of));
        }
        Ok(of)
    }

    pub(super) fn favourite(&mut self, by: Id, of: Id, now: Timestamp) -> Result<Id, Refused> {
        let original = self.original(by, of)?;
        let (of, author) = (original.id, original.author);
        if !original.favourites.values().any(|who| *who == by) {
            let id = self.mint(now);
            self.amend(of, |original| original.favourites.insert(id, by));
            self.notify(Event::Favourite, author, by, of, now);
        }
        Ok(of)
    }

    pub(super) fn unfavourite(&mut self, by: Id, of: Id) -> Result<Id, Refused> {
        let of = self.original(by, of)?.id;
        self.amend(of, |original| original.favourites.retain(|_, who| *who != by));
        self.notifications.retain(|n| !(n.event == Event::Favourite && n.by == by && n.status == of));
        Ok(of)
    }

    /// A boost stands for what it boosts.
    fn original(&self, viewer: Id, id: Id) -> Result<&Status, Refused> {
        let status = self.visible(Some(viewer), id)?;
        status.boost_of.map_or(Ok(status), |of| self.visible(Some(viewer), of))
    }

    fn amend<T>(&mut self, id: Id, how: impl FnOnce(&mut Status) -> T) {
        self.statuses.get_mut(&id).map(how);
    }
}

/// How long an `Idempotency-Key` is remembered, as on Mastodon.
const KEY_LIVES: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests;
