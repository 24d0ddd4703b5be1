//! Where each thing lies in the store, and how a record is written.
//!
//! One keyspace: a byte for the sub-space, then ids as they are and numbers big-endian, so that the order of bytes is the order that
//! scans want. A value begins with the version of its record. A record that grows beyond [`HEAD_BYTES`] lies apart in parts, under a name
//! made of its key and content, and its head only points there: values stay small, as the store needs them.

use crate::clock::Timestamp;
use crate::id::{AccountId, ActorId, DeliveryId, EngagementId, GigId, PersonId, SourceId, digest};
use crate::outbox::Verb;
use crate::ports::{Batch, StoreError};
use crate::profile::EngagementKind;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A record up to this size stands in its head.
const HEAD_BYTES: usize = 2048;
const PART_BYTES: usize = 3072;

/// Lanes are divided into so many shards by a hash of their account, so that several daemons can share them one day.
pub const SHARDS: u8 = 16;

/// Sub-spaces. A number once given is never given again.
mod space {
    pub(super) const META: u8 = 0x01;
    pub(super) const PART: u8 = 0x02;
    pub(super) const LITTER: u8 = 0x03;
    pub(super) const PERSON: u8 = 0x10;
    pub(super) const ACCOUNT: u8 = 0x11;
    pub(super) const GRANT: u8 = 0x12;
    pub(super) const TOKEN: u8 = 0x13;
    pub(super) const PROFILE: u8 = 0x14;
    pub(super) const GIG: u8 = 0x20;
    pub(super) const ALIAS: u8 = 0x21;
    pub(super) const GIG_BY_TIME: u8 = 0x22;
    pub(super) const STORY: u8 = 0x23;
    pub(super) const SOURCE: u8 = 0x24;
    pub(super) const REFUSED: u8 = 0x25;
    pub(super) const UNPLANNED: u8 = 0x26;
    pub(super) const SHELF: u8 = 0x27;
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

/// `hash` is what remains of an API token.
pub fn token(hash: &[u8; 32]) -> Key {
    key(space::TOKEN, &[hash])
}

pub fn tokens() -> Key {
    vec![space::TOKEN]
}

/// What a server said of its own limits and ways.
pub fn profile(network: &str, server: &str) -> Key {
    key(space::PROFILE, &[&digest("profile", &[network.as_bytes(), server.as_bytes()])])
}

pub fn gig(id: GigId) -> Key {
    key(space::GIG, &[id.as_bytes()])
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

/// The open gigs of every kind, those of one kind, or all that were ever of it; each newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf<'a> {
    Open,
    OpenOf(&'a str),
    AllOf(&'a str),
}

pub fn shelf(which: Shelf<'_>) -> Key {
    let (which, kind) = match which {
        Shelf::Open => (0, ""),
        Shelf::OpenOf(slug) => (1, slug),
        Shelf::AllOf(slug) => (2, slug),
    };
    key(space::SHELF, &[&[which], &digest("kind", &[kind.as_bytes()])[..8]])
}

pub fn on_shelf(which: Shelf<'_>, first_seen: Timestamp, id: GigId) -> Key {
    [shelf(which).as_slice(), &time_down(first_seen), id.as_bytes()].concat()
}

pub fn read_on_shelf(key: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(key.get(18..)?.try_into().ok()?))
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

pub fn read_unplanned(key: &[u8]) -> Option<GigId> {
    Some(GigId::from_bytes(key.get(13..)?.try_into().ok()?))
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

/// The order within a lane: by kind, then by due time.
pub fn queue(account: AccountId, verb: Verb, due: Timestamp, delivery: DeliveryId) -> Key {
    key(space::QUEUE, &[account.as_bytes(), &[class(verb)], &time(due), delivery.as_bytes()])
}

pub fn queue_of(account: AccountId, verb: Verb) -> Key {
    key(space::QUEUE, &[account.as_bytes(), &[class(verb)]])
}

/// The queue keys of one kind in a lane that are due behind `after`.
pub fn queue_behind(account: AccountId, verb: Verb, after: Timestamp) -> (Key, Key) {
    let all = queue_of(account, verb);
    let end = end_of(&all);
    let from = after
        .as_millis()
        .checked_add(1)
        .map_or(end.clone(), |next| key(space::QUEUE, &[account.as_bytes(), &[class(verb)], &next.to_be_bytes()]));
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

/// Kind, due time and delivery out of a queue key.
pub fn read_place(key: &[u8]) -> Option<(Verb, Timestamp, DeliveryId)> {
    let verb = [Verb::Delete, Verb::Edit, Verb::Create].into_iter().find(|verb| Some(&class(*verb)) == key.get(11))?;
    read_queue(key).map(|(due, id)| (verb, due, id))
}

fn class(verb: Verb) -> u8 {
    match verb {
        Verb::Delete => 0,
        Verb::Edit => 1,
        Verb::Create => 2,
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

/// Posts whose engagements are to be read again, by time.
pub fn watch(at: Timestamp, id: DeliveryId) -> Key {
    key(space::WATCH, &[&time(at), id.as_bytes()])
}

pub fn watches() -> Key {
    vec![space::WATCH]
}

/// The first watch key behind `until`.
pub fn watches_behind(until: Timestamp) -> Key {
    match until.as_millis().checked_add(1) {
        Some(next) => key(space::WATCH, &[&next.to_be_bytes()]),
        None => end_of(&watches()),
    }
}

pub fn read_watch(key: &[u8]) -> Option<(Timestamp, DeliveryId)> {
    let (at, id) = key.get(1..)?.split_at_checked(8)?;
    let at = Timestamp::from_millis(u64::from_be_bytes(at.try_into().ok()?));
    Some((at, DeliveryId::from_bytes(id.try_into().ok()?)))
}

pub fn watched(id: DeliveryId) -> Key {
    key(space::WATCHED, &[id.as_bytes()])
}

pub fn engagement(gig: GigId, id: EngagementId) -> Key {
    key(space::ENGAGEMENT, &[gig.as_bytes(), id.as_bytes()])
}

pub fn engagements_of(gig: GigId) -> Key {
    key(space::ENGAGEMENT, &[gig.as_bytes()])
}

pub fn actor(id: ActorId) -> Key {
    key(space::ACTOR, &[id.as_bytes()])
}

/// One per evidence, author and person named.
pub fn vouch(gig: GigId, by: ActorId, whom: ActorId, evidence: &str) -> Key {
    let evidence = digest("vouch", &[evidence.as_bytes()]);
    key(space::VOUCH, &[gig.as_bytes(), by.as_bytes(), whom.as_bytes(), &evidence[..10]])
}

pub fn vouches_of(gig: GigId) -> Key {
    key(space::VOUCH, &[gig.as_bytes()])
}

/// An engagement as it stands under the post of a delivery, with the read that saw it last.
pub fn deed(delivery: DeliveryId, kind: EngagementKind, id: EngagementId) -> Key {
    key(space::DEED, &[delivery.as_bytes(), &[listed(kind)], id.as_bytes()])
}

pub fn deeds_of(delivery: DeliveryId, kind: EngagementKind) -> Key {
    key(space::DEED, &[delivery.as_bytes(), &[listed(kind)]])
}

pub fn read_deed(key: &[u8]) -> Option<EngagementId> {
    Some(EngagementId::from_bytes(key.get(12..)?.try_into().ok()?))
}

fn listed(kind: EngagementKind) -> u8 {
    match kind {
        EngagementKind::Reshare => 0,
        EngagementKind::Quote => 1,
        EngagementKind::Reply => 2,
        EngagementKind::Like => 3,
    }
}

pub fn litter() -> Key {
    vec![space::LITTER]
}

pub fn parts_of(blob: &[u8]) -> Key {
    key(space::PART, &[blob])
}

// ---- records

/// What is kept, and in which version of its shape.
pub trait Record: Serialize + DeserializeOwned {
    const VERSION: u8;
}

#[derive(Serialize, Deserialize)]
enum Head<'a> {
    Here(&'a [u8]),
    Apart { blob: [u8; 16], bytes: u32, hash: [u8; 32] },
}

/// What a head says: the record itself, or where its parts lie.
#[derive(Debug)]
pub enum Found<R> {
    Here(R),
    Apart { blob: [u8; 16], bytes: u32, hash: [u8; 32] },
}

/// Adds the writing of `record` under `key`, in parts when it is long. `old` is the head it replaces; parts that
/// only the old one needed are left as litter for upkeep, since someone may be reading them.
pub fn put<R: Record>(batch: &mut Batch, key: Key, record: &R, old: Option<&Bytes>) {
    let bytes = postcard::to_stdvec(record).expect("records hold nothing that cannot be written");
    let head = if bytes.len() <= HEAD_BYTES {
        Head::Here(&bytes)
    } else {
        let hash = digest("blob", &[&bytes]);
        let mut blob = [0; 16];
        blob.copy_from_slice(&digest("blob of", &[&key, &hash])[..16]);
        for (n, part) in (0u16..).zip(bytes.chunks(PART_BYTES)) {
            batch.put.push((self::key(space::PART, &[&blob, &n.to_be_bytes()]), part.to_vec()));
        }
        Head::Apart { blob, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX), hash }
    };
    if let Some(old_blob) = old.and_then(|old| blob_of(old))
        && !matches!(&head, Head::Apart { blob, .. } if *blob == old_blob)
    {
        batch.put.push((self::key(space::LITTER, &[&old_blob]), Vec::new()));
    }
    let mut value = vec![R::VERSION];
    value.extend(postcard::to_stdvec(&head).expect("a head holds nothing that cannot be written"));
    batch.put.push((key, value));
}

/// Adds the removal of `key` and leaves its parts as litter.
pub fn remove(batch: &mut Batch, key: Key, old: Option<&Bytes>) {
    if let Some(blob) = old.and_then(|old| blob_of(old)) {
        batch.put.push((self::key(space::LITTER, &[&blob]), Vec::new()));
    }
    batch.delete.push(key);
}

fn blob_of(value: &[u8]) -> Option<[u8; 16]> {
    match postcard::from_bytes(value.get(1..)?).ok()? {
        Head::Here(_) => None,
        Head::Apart { blob, .. } => Some(blob),
    }
}

pub fn read<R: Record>(key: &[u8], value: &[u8]) -> Result<Found<R>, StoreError> {
    let (version, head) = value.split_first().ok_or_else(|| unreadable(key, "it is empty"))?;
    if *version != R::VERSION {
        return Err(unreadable(key, &format!("its version is {version}, this gigcast reads {}", R::VERSION)));
    }
    match postcard::from_bytes(head).map_err(|error| unreadable(key, &error.to_string()))? {
        Head::Here(bytes) => decode(key, bytes).map(Found::Here),
        Head::Apart { blob, bytes, hash } => Ok(Found::Apart { blob, bytes, hash }),
    }
}

/// Puts a record that lay apart together again.
pub fn join<R: Record>(key: &[u8], parts: &[u8], bytes: u32, hash: &[u8; 32]) -> Result<R, StoreError> {
    if parts.len() != bytes as usize || digest("blob", &[parts]) != *hash {
        return Err(unreadable(key, "its parts are not what its head says"));
    }
    decode(key, parts)
}

fn decode<R: Record>(key: &[u8], bytes: &[u8]) -> Result<R, StoreError> {
    postcard::from_bytes(bytes).map_err(|error| unreadable(key, &error.to_string()))
}

fn unreadable(key: &[u8], why: &str) -> StoreError {
    let mut hex = String::new();
    for byte in key {
        let _ = write!(hex, "{byte:02x}");
    }
    StoreError::Unreadable { key: hex, why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note(String);

    impl Record for Note {
        const VERSION: u8 = 3;
    }

    fn written(note: &Note, old: Option<&Bytes>) -> (Batch, Bytes) {
        let mut batch = Batch::default();
        put(&mut batch, meta("note"), note, old);
        let head = batch.put.last().map(|(_, value)| Bytes::from(value.clone())).expect("a head is written");
        (batch, head)
    }

    #[test]
    fn a_short_record_stands_in_its_head_and_a_long_one_in_parts() {
        let short = Note("hello".into());
        let (batch, head) = written(&short, None);
        assert_eq!(batch.put.len(), 1);
        assert!(matches!(read::<Note>(&meta("note"), &head), Ok(Found::Here(note)) if note == short));

        let long = Note("x".repeat(9_000));
        let (batch, head) = written(&long, None);
        assert_eq!(batch.put.len(), 4, "three parts and a head");
        assert!(batch.put.iter().all(|(_, value)| value.len() <= crate::ports::VALUE_BYTES));
        let Ok(Found::Apart { bytes, hash, .. }) = read::<Note>(&meta("note"), &head) else { panic!() };
        let parts: Vec<u8> = batch.put[..3].iter().flat_map(|(_, part)| part.clone()).collect();
        assert_eq!(join::<Note>(&meta("note"), &parts, bytes, &hash), Ok(long));
        assert!(join::<Note>(&meta("note"), &parts[1..], bytes, &hash).is_err());
    }

    #[test]
    fn parts_that_nothing_points_to_any_more_become_litter() {
        let (_, old) = written(&Note("x".repeat(9_000)), None);
        let (batch, _) = written(&Note("short".into()), Some(&old));
        assert!(batch.put.iter().any(|(key, _)| key[0] == space::LITTER));
        let (same, _) = written(&Note("x".repeat(9_000)), Some(&old));
        assert!(!same.put.iter().any(|(key, _)| key[0] == space::LITTER), "written again as it was");
    }

    #[test]
    fn a_record_of_another_version_is_refused_by_its_key() {
        let (_, head) = written(&Note("hello".into()), None);
        let mut other = head.to_vec();
        other[0] = 9;
        let refused = read::<Note>(&meta("note"), &other).unwrap_err().to_string();
        assert!(refused.contains("version is 9") && refused.contains("016e6f7465"), "{refused}");
    }

    proptest! {
        #[test]
        fn keys_sort_as_their_times_do_and_read_back(a in any::<u64>(), b in any::<u64>(), id in any::<[u8; 10]>()) {
            let (account, delivery) = (AccountId::from_bytes(id), DeliveryId::from_bytes(id));
            let (a, b) = (Timestamp::from_millis(a), Timestamp::from_millis(b));
            let queue_key = |at| queue(account, Verb::Create, at, delivery);
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
