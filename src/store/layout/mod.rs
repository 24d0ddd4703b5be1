//! Where each thing lies in the store.
//!
//! One keyspace: a byte for the sub-space, then ids as they are and numbers big-endian, so that the order of bytes is the order that
//! scans want. How a value is written is `record`'s business.

mod access;
mod communities;
mod hires;
mod imports;
mod keeping;
mod own;
mod referrals;
mod relays;
mod removed;
mod seen;
mod switches;

pub use super::record::{Found, Record, join, put, read, remove};
use crate::clock::Timestamp;
use crate::gig::head_start::HeadStart;
use crate::id::{AccountId, DeliveryId, GigId, PersonId, SourceId, digest};
use crate::outbox::Class;
pub use access::*;
pub use communities::*;
pub use hires::*;
pub use imports::*;
pub use keeping::*;
pub use own::*;
pub use referrals::*;
pub use relays::*;
pub use removed::*;
pub use seen::*;
use std::time::Duration;
pub use switches::*;

/// Lanes are divided into so many shards by a hash of their account, so that several daemons can share them one day.
pub const SHARDS: u8 = 16;

/// Sub-spaces. A number once given is never given again.
mod space {
    pub(super) const META: u8 = 0x01;
    pub(super) const PART: u8 = 0x02;
    pub(super) const LITTER: u8 = 0x03;
    pub(super) const KEEPING: u8 = 0x04;
    pub(super) const SWITCH: u8 = 0x05;
    pub(super) const PERSON: u8 = 0x10;
    pub(super) const ACCOUNT: u8 = 0x11;
    pub(super) const GRANT: u8 = 0x12;
    pub(super) const TOKEN: u8 = 0x13;
    pub(super) const PROFILE: u8 = 0x14;
    pub(super) const CLIENT: u8 = 0x15;
    pub(super) const IDENTITY: u8 = 0x16;
    pub(super) const IDENTITY_OF: u8 = 0x17;
    pub(super) const INVITE: u8 = 0x18;
    pub(super) const SIGN_IN: u8 = 0x19;
    pub(super) const AVATAR: u8 = 0x1a;
    pub(super) const NOTICE: u8 = 0x1b;
    pub(super) const END_TOLD: u8 = 0x1c;
    pub(super) const VOUCH_KEY: u8 = 0x1d;
    pub(super) const STATEMENTS: u8 = 0x1e;
    pub(super) const FEED_ADDRESS: u8 = 0x1f;
    pub(super) const GIG: u8 = 0x20;
    pub(super) const ALIAS: u8 = 0x21;
    pub(super) const GIG_BY_TIME: u8 = 0x22;
    pub(super) const STORY: u8 = 0x23;
    pub(super) const SOURCE: u8 = 0x24;
    pub(super) const REFUSED: u8 = 0x25;
    pub(super) const UNPLANNED: u8 = 0x26;
    pub(super) const SHELF: u8 = 0x27;
    pub(super) const GIG_OF_POSTER: u8 = 0x28;
    pub(super) const LISTED: u8 = 0x29;
    pub(super) const CLOSING: u8 = 0x2a;
    pub(super) const SUBSCRIPTION: u8 = 0x2b;
    pub(super) const MESSAGE: u8 = 0x2c;
    pub(super) const MESSAGE_BY_TIME: u8 = 0x2d;
    pub(super) const REMOVED: u8 = 0x2e;
    pub(super) const ANNOUNCEMENT: u8 = 0x30;
    pub(super) const DELIVERY: u8 = 0x31;
    pub(super) const QUEUE: u8 = 0x32;
    pub(super) const LANE: u8 = 0x33;
    pub(super) const WAKE: u8 = 0x34;
    pub(super) const POST: u8 = 0x35;
    pub(super) const ASIDE: u8 = 0x36;
    pub(super) const WATCH: u8 = 0x40;
    pub(super) const WATCHED: u8 = 0x41;
    pub(super) const ENGAGEMENT: u8 = 0x42;
    pub(super) const ACTOR: u8 = 0x43;
    pub(super) const VOUCH: u8 = 0x44;
    pub(super) const DEED: u8 = 0x45;
    pub(super) const EVIDENCE: u8 = 0x46;
    pub(super) const EVIDENCE_ABOUT: u8 = 0x47;
    pub(super) const HIRE: u8 = 0x48;
    pub(super) const CIRCLE_SHOWN: u8 = 0x49;
    pub(super) const VISITS: u8 = 0x4a;
    pub(super) const INTEREST: u8 = 0x4b;
    pub(super) const PERSONAL_CODE: u8 = 0x4c;
    pub(super) const RELAY: u8 = 0x4d;
    pub(super) const WISH: u8 = 0x4e;
    pub(super) const IMPORT: u8 = 0x4f;
    pub(super) const PROOF: u8 = 0x50;
    pub(super) const COMMUNITY: u8 = 0x51;
    pub(super) const MEMBER: u8 = 0x52;
    pub(super) const MEMBERSHIP: u8 = 0x53;
    pub(super) const INVITED: u8 = 0x54;
    pub(super) const TO_RELAY: u8 = 0x55;
    pub(super) const ORIGINAL: u8 = 0x56;
    pub(super) const SIGHT: u8 = 0x57;
    pub(super) const TAKEN_BACK: u8 = 0x58;
    pub(super) const BY_ACTOR: u8 = 0x59;
}

pub type Key = Vec<u8>;

fn key(space: u8, parts: &[&[u8]]) -> Key {
    let mut key = vec![space];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

/// The first key behind all that begin with `prefix`.
pub fn end_of(prefix: &[u8]) -> Key {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

fn time(at: Timestamp) -> [u8; 8] {
    at.as_millis().to_be_bytes()
}

/// Newest first.
fn time_down(at: Timestamp) -> [u8; 8] {
    (!at.as_millis()).to_be_bytes()
}

fn read_time_down(bytes: &[u8]) -> Option<Timestamp> {
    Some(Timestamp::from_millis(!u64::from_be_bytes(bytes.try_into().ok()?)))
}

pub fn meta(name: &str) -> Key {
    key(space::META, &[name.as_bytes()])
}

pub fn person(id: PersonId) -> Key {
    key(space::PERSON, &[id.as_bytes()])
}

pub fn persons() -> Key {
    vec![space::PERSON]
}

pub fn account(id: AccountId) -> Key {
    key(space::ACCOUNT, &[id.as_bytes()])
}

pub fn accounts() -> Key {
    vec![space::ACCOUNT]
}

pub fn grant(id: AccountId) -> Key {
    key(space::GRANT, &[id.as_bytes()])
}

pub fn grants() -> Key {
    vec![space::GRANT]
}

pub fn read_grant(key: &[u8]) -> Option<AccountId> {
    Some(AccountId::from_bytes(key.get(1..)?.try_into().ok()?))
}

/// Who we are to the authorization server of this origin.
pub fn client(server: &str) -> Key {
    key(space::CLIENT, &[&digest("client", &[server.as_bytes()])])
}

pub fn clients() -> Key {
    vec![space::CLIENT]
}

pub fn avatar(id: AccountId) -> Key {
    key(space::AVATAR, &[id.as_bytes()])
}

/// What a person's vouches are signed with.
pub fn vouch_key(person: PersonId) -> Key {
    key(space::VOUCH_KEY, &[person.as_bytes()])
}

pub fn vouch_keys() -> Key {
    vec![space::VOUCH_KEY]
}

pub fn read_vouch_key(key: &[u8]) -> Option<PersonId> {
    Some(PersonId::from_bytes(key.get(1..)?.try_into().ok()?))
}

/// What a person is still to be told, in the order it came up.
pub fn notice(at: Timestamp, n: u32) -> Key {
    key(space::NOTICE, &[&time(at), &n.to_be_bytes()])
}

pub fn notices() -> Key {
    vec![space::NOTICE]
}

/// Which end of an account's link its person has been told of.
pub fn end_told(id: AccountId) -> Key {
    key(space::END_TOLD, &[id.as_bytes()])
}

/// What a server said of its own limits and ways.
pub fn profile(network: &str, server: &str) -> Key {
    key(space::PROFILE, &[&digest("profile", &[network.as_bytes(), server.as_bytes()])])
}

pub fn gig(id: GigId) -> Key {
    key(space::GIG, &[id.as_bytes()])
}

pub fn gigs() -> Key {
    vec![space::GIG]
}

/// Another name by which a gig may be seen again.
pub fn alias(hash: &[u8; 32]) -> Key {
    key(space::ALIAS, &[hash])
}

pub fn gig_by_time(first_seen: Timestamp, id: GigId) -> Key {
    key(space::GIG_BY_TIME, &[&time_down(first_seen), id.as_bytes()])
}

pub fn gigs_by_time() -> Key {
    vec![space::GIG_BY_TIME]
}

/// The open gigs of every kind, those of one kind, or all that were ever of it; each newest first, by when everyone may be shown them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf<'a> {
    /// Whatever may be shown, of every kind.
    All,
    Open,
    OpenOf(&'a str),
    AllOf(&'a str),
    /// Those that are over, by when that was told.
    Ended,
}

pub fn shelf(which: Shelf<'_>) -> Key {
    let (which, kind) = match which {
        Shelf::Open => (0, ""),
        Shelf::OpenOf(slug) => (1, slug),
        Shelf::AllOf(slug) => (2, slug),
        Shelf::Ended => (3, ""),
        Shelf::All => (4, ""),
    };
    key(space::SHELF, &[&[which], &digest("kind", &[kind.as_bytes()])[..8]])
}

/// Where a gig stands on a shelf. `lasts` is how long a community alone is shown it, up to `at`.
pub fn on_shelf(which: Shelf<'_>, at: Timestamp, id: GigId, lasts: Option<Duration>) -> Key {
    let seconds = lasts.map(|lasts| u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX).to_be_bytes());
    let mut key = [shelf(which).as_slice(), &time_down(at), id.as_bytes()].concat();
    key.extend(seconds.into_iter().flatten());
    key
}

/// The gig that stands there, and its head start where it has one.
pub fn read_on_shelf(key: &[u8]) -> Option<(GigId, Option<HeadStart>)> {
    let (id, rest) = key.get(18..)?.split_first_chunk()?;
    let ends = read_time_down(key.get(10..18)?)?;
    let lasts: Option<[u8; 4]> = rest.try_into().ok();
    let start = lasts.map(|lasts| HeadStart { ends, lasts: Duration::from_secs(u32::from_be_bytes(lasts).into()) });
    Some((GigId::from_bytes(*id), start))
}

/// One poster's gigs, newest first.
pub fn gig_of(poster: PersonId, first_seen: Timestamp, id: GigId) -> Key {
    key(space::GIG_OF_POSTER, &[poster.as_bytes(), &time_down(first_seen), id.as_bytes()])
}

pub fn gigs_of(poster: PersonId) -> Key {
    key(space::GIG_OF_POSTER, &[poster.as_bytes()])
}

pub fn read_gig_of(key: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(key.get(19..)?.try_into().ok()?))
}

/// `n` parts what happened in one millisecond.
pub fn story(gig: GigId, at: Timestamp, n: u32) -> Key {
    key(space::STORY, &[gig.as_bytes(), &time(at), &n.to_be_bytes()])
}

pub fn story_of(gig: GigId) -> Key {
    key(space::STORY, &[gig.as_bytes()])
}

pub fn source(id: SourceId) -> Key {
    key(space::SOURCE, &[id.as_bytes()])
}

pub fn refused(source: SourceId, what: &str) -> Key {
    key(space::REFUSED, &[source.as_bytes(), &digest("refused", &[what.as_bytes()])[..10]])
}

pub fn refused_of(source: SourceId) -> Key {
    key(space::REFUSED, &[source.as_bytes()])
}

/// Gigs whose present revision has not been planned yet, in the order they came.
pub fn unplanned(at: Timestamp, n: u32, gig: GigId) -> Key {
    key(space::UNPLANNED, &[&time(at), &n.to_be_bytes(), gig.as_bytes()])
}

pub fn unplanned_all() -> Key {
    vec![space::UNPLANNED]
}

/// When it was noted, and the gig.
pub fn read_unplanned(key: &[u8]) -> Option<(Timestamp, GigId)> {
    let at = u64::from_be_bytes(key.get(1..9)?.try_into().ok()?);
    Some((Timestamp::from_millis(at), GigId::from_bytes(key.get(13..)?.try_into().ok()?)))
}

/// A gig that a source lists.
pub fn on_list(source: SourceId, gig: GigId) -> Key {
    key(space::LISTED, &[source.as_bytes(), gig.as_bytes()])
}

pub fn list_of(source: SourceId) -> Key {
    key(space::LISTED, &[source.as_bytes()])
}

pub fn read_on_list(source: SourceId, key: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(key.get(list_of(source).len()..)?.try_into().ok()?))
}

/// An open gig, by the time at which it closes.
pub fn closing(at: Timestamp, gig: GigId) -> Key {
    key(space::CLOSING, &[&time(at), gig.as_bytes()])
}

pub fn closings() -> Key {
    vec![space::CLOSING]
}

pub fn read_closing(key: &[u8]) -> Option<(Timestamp, GigId)> {
    let (at, gig) = key.get(1..)?.split_at_checked(8)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((at, GigId::from_bytes(gig.try_into().ok()?)))
}

/// What a source's hub was asked for, and what it granted.
pub fn subscription(source: SourceId) -> Key {
    key(space::SUBSCRIPTION, &[source.as_bytes()])
}

pub fn subscriptions() -> Key {
    vec![space::SUBSCRIPTION]
}

pub fn read_subscription(key: &[u8]) -> Option<SourceId> {
    Some(SourceId::from_bytes(key.get(1..)?.try_into().ok()?))
}

/// A message that was posted to a hook and taken in.
pub fn message(source: SourceId, id: &[u8; 16]) -> Key {
    key(space::MESSAGE, &[source.as_bytes(), id])
}

/// The same, to be forgotten in the order they came.
pub fn message_by_time(at: Timestamp, source: SourceId, id: &[u8; 16]) -> Key {
    key(space::MESSAGE_BY_TIME, &[&time(at), source.as_bytes(), id])
}

pub fn messages_before(at: Timestamp) -> (Key, Key) {
    (vec![space::MESSAGE_BY_TIME], key(space::MESSAGE_BY_TIME, &[&time(at)]))
}

/// The key of the message itself.
pub fn read_message_by_time(by_time: &[u8]) -> Option<Key> {
    Some(key(space::MESSAGE, &[by_time.get(9..)?]))
}

pub fn announcement(gig: GigId, account: AccountId) -> Key {
    key(space::ANNOUNCEMENT, &[gig.as_bytes(), account.as_bytes()])
}

pub fn announcements_of(gig: GigId) -> Key {
    key(space::ANNOUNCEMENT, &[gig.as_bytes()])
}

pub fn announcements() -> Key {
    vec![space::ANNOUNCEMENT]
}

pub fn delivery(id: DeliveryId) -> Key {
    key(space::DELIVERY, &[id.as_bytes()])
}

pub fn deliveries() -> Key {
    vec![space::DELIVERY]
}

/// The order within a lane: by class, then by due time.
pub fn queue(account: AccountId, class: Class, due: Timestamp, delivery: DeliveryId) -> Key {
    key(space::QUEUE, &[account.as_bytes(), &[number(class)], &time(due), delivery.as_bytes()])
}

pub fn queue_of(account: AccountId, class: Class) -> Key {
    key(space::QUEUE, &[account.as_bytes(), &[number(class)]])
}

/// The queue keys of one class in a lane that are due behind `after`.
pub fn queue_behind(account: AccountId, class: Class, after: Timestamp) -> (Key, Key) {
    let all = queue_of(account, class);
    let end = end_of(&all);
    let from = after
        .as_millis()
        .checked_add(1)
        .map_or(end.clone(), |next| key(space::QUEUE, &[account.as_bytes(), &[number(class)], &next.to_be_bytes()]));
    (from, end)
}

pub fn queues() -> Key {
    vec![space::QUEUE]
}

pub fn queues_of(account: AccountId) -> Key {
    key(space::QUEUE, &[account.as_bytes()])
}

/// Due time and delivery out of a queue key.
pub fn read_queue(key: &[u8]) -> Option<(Timestamp, DeliveryId)> {
    let rest = key.get(12..)?;
    let (due, id) = rest.split_at_checked(8)?;
    let due = Timestamp::from_millis(u64::from_be_bytes(due.try_into().ok()?));
    Some((due, DeliveryId::from_bytes(id.try_into().ok()?)))
}

/// Class, due time and delivery out of a queue key.
pub fn read_place(key: &[u8]) -> Option<(Class, Timestamp, DeliveryId)> {
    let class = Class::ALL.into_iter().find(|class| Some(&number(*class)) == key.get(11))?;
    read_queue(key).map(|(due, id)| (class, due, id))
}

/// A queue key as one of another class, by its number.
pub fn with_class(key: &[u8], number: u8) -> Key {
    let mut other = key.to_vec();
    other[11] = number;
    other
}

fn number(class: Class) -> u8 {
    match class {
        Class::Delete => 0,
        Class::Edit => 1,
        Class::Reply => 2,
        Class::Urgent => 3,
        Class::Create => 4,
    }
}

pub fn lane(account: AccountId) -> Key {
    key(space::LANE, &[account.as_bytes()])
}

pub fn lanes() -> Key {
    vec![space::LANE]
}

pub fn shard(account: AccountId) -> u8 {
    account.as_bytes()[0] % SHARDS
}

pub fn wake(at: Timestamp, account: AccountId) -> Key {
    key(space::WAKE, &[&[shard(account)], &time(at), account.as_bytes()])
}

pub fn wakes() -> Key {
    vec![space::WAKE]
}

/// The wake keys of one shard from the beginning until `until` (included).
pub fn wakes_until(shard: u8, until: Timestamp) -> (Key, Key) {
    let from = key(space::WAKE, &[&[shard]]);
    let behind = match until.as_millis().checked_add(1) {
        Some(next) => key(space::WAKE, &[&[shard], &next.to_be_bytes()]),
        None => end_of(&from),
    };
    (from, behind)
}

/// The wake keys of one shard behind `after`.
pub fn wakes_after(shard: u8, after: Timestamp) -> (Key, Key) {
    (wakes_until(shard, after).1, end_of(&key(space::WAKE, &[&[shard]])))
}

pub fn read_wake(key: &[u8]) -> Option<(Timestamp, AccountId)> {
    let (at, id) = key.get(2..)?.split_at_checked(8)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((at, AccountId::from_bytes(id.try_into().ok()?)))
}

/// The text of a delivery, frozen at its first claim.
pub fn post(id: DeliveryId) -> Key {
    key(space::POST, &[id.as_bytes()])
}

/// Deliveries that wait for a person, or were given up: what `deliveries --held` and `--dead` list.
pub fn aside(which: Aside, at: Timestamp, id: DeliveryId) -> Key {
    key(space::ASIDE, &[&[which as u8], &time(at), id.as_bytes()])
}

pub fn asides(which: Aside) -> Key {
    key(space::ASIDE, &[&[which as u8]])
}

pub fn read_aside(key: &[u8]) -> Option<DeliveryId> {
    Some(DeliveryId::from_bytes(key.get(10..)?.try_into().ok()?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    Held = 0,
    Dead = 1,
}

pub fn litter() -> Key {
    vec![space::LITTER]
}

pub fn parts_of(blob: &[u8]) -> Key {
    key(space::PART, &[blob])
}

/// One part of a record that lies apart.
pub fn part(blob: &[u8], n: u16) -> Key {
    key(space::PART, &[blob, &n.to_be_bytes()])
}

/// Says that nothing needs the parts of this record any more.
pub fn litter_of(blob: &[u8]) -> Key {
    key(space::LITTER, &[blob])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_their_times_do_and_read_back(a in any::<u64>(), b in any::<u64>(), id in any::<[u8; 10]>()) {
            let (account, delivery) = (AccountId::from_bytes(id), DeliveryId::from_bytes(id));
            let (a, b) = (Timestamp::from_millis(a), Timestamp::from_millis(b));
            let queue_key = |at| queue(account, Class::Create, at, delivery);
            prop_assert_eq!(queue_key(a).cmp(&queue_key(b)), a.cmp(&b));
            prop_assert_eq!(wake(a, account).cmp(&wake(b, account)), a.cmp(&b));
            prop_assert_eq!(gig_by_time(a, GigId::from_bytes(id)).cmp(&gig_by_time(b, GigId::from_bytes(id))), b.cmp(&a));
            prop_assert_eq!(read_queue(&queue_key(a)), Some((a, delivery)));
            prop_assert_eq!(read_wake(&wake(a, account)), Some((a, account)));
            prop_assert_eq!(read_watch(&watch(a, delivery)), Some((a, delivery)));
            let (from, until) = wakes_until(shard(account), a);
            let inside = |at| { let key = wake(at, account); from <= key && key < until };
            prop_assert!(inside(a));
            prop_assert_eq!(inside(b), b <= a);
        }

        #[test]
        fn all_keys_of_a_prefix_lie_before_its_end(prefix in prop::collection::vec(any::<u8>(), 1..6), rest in prop::collection::vec(any::<u8>(), 0..6)) {
            let end = end_of(&prefix);
            let key: Vec<u8> = prefix.iter().chain(&rest).copied().collect();
            prop_assert!(end.is_empty() || key < end);
        }
    }
}
