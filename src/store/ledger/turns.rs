//! Turns: the one way that anything in the outbox is written.
//!
//! A [`Turn`] is a lane as it was read, and perhaps one of its deliveries with the announcement that it serves. [`Ledger::end_turn`]
//! writes what became of them in one batch that expects all of it unchanged, and keeps the two invariants by construction:
//! a delivery that waits has exactly one queue key, and a lane that has something waiting, is not held and has nothing in flight
//! has exactly one wake key. The queue key of a claimed delivery stays until its outcome, so that a claim is four writes.
//! Where one delivery ended and the next of its lane may leave at once, [`Ledger::end_and_take`] writes both turns in one batch.

use super::{Ledger, Read};
use crate::clock::Timestamp;
use crate::id::{AccountId, DeliveryId, GigId};
use crate::outbox::{Announcement, Class, Delivery, Lane, State};
use crate::ports::{Batch, Commit, StoreError};
use crate::post::Post;
use crate::store::layout::{self, Aside, Record};
use bytes::Bytes;

impl Record for Announcement {
    const VERSION: u8 = 2;
}

impl Record for Delivery {
    const VERSION: u8 = 5;
}

impl Record for Lane {
    const VERSION: u8 = 2;
}

impl Record for Post {
    const VERSION: u8 = 1;
}

/// A lane and what it has in hand, as they were read.
#[derive(Debug, Clone)]
pub struct Turn {
    pub lane: Lane,
    lane_head: Option<Bytes>,
    delivery: Option<Read<Delivery>>,
    announcement: Option<Read<Announcement>>,
}

/// What became of a turn. What is `None` stays as it was.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub delivery: Option<Delivery>,
    pub announcement: Option<Announcement>,
    /// The next step of the announcement, opened in the same breath.
    pub opened: Option<Delivery>,
    /// The text of what is opened, where a person has approved it already.
    pub worded: Option<Post>,
    /// The text, at its first claim or when a person approves it.
    pub frozen: Option<Post>,
    /// When the engagements of what was just delivered are to be read first.
    pub watch_at: Option<Timestamp>,
    /// When it was just delivered, and others reshare what its account posts.
    pub relay_at: Option<Timestamp>,
}

/// A lane that wants attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wake {
    pub at: Timestamp,
    pub account: AccountId,
}

impl Turn {
    pub fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref().map(|read| &read.value)
    }

    pub fn announcement(&self) -> Option<&Announcement> {
        self.announcement.as_ref().map(|read| &read.value)
    }
}

impl Ledger {
    /// The lanes that want attention by `now`, earliest first.
    pub async fn due_lanes(&self, now: Timestamp, limit: usize) -> Result<Vec<Wake>, StoreError> {
        let mut due = Vec::new();
        for shard in 0..layout::SHARDS {
            let (from, until) = layout::wakes_until(shard, now);
            due.extend(self.wakes(&from, &until, limit).await?);
        }
        due.sort_unstable();
        due.truncate(limit);
        Ok(due)
    }

    /// When the first lane wants attention that does not want it by `now` already; nothing when none does.
    pub async fn next_wake_after(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut first = None;
        for shard in 0..layout::SHARDS {
            let (from, until) = layout::wakes_after(shard, now);
            let here = self.wakes(&from, &until, 1).await?.first().map(|wake| wake.at);
            first = first.into_iter().chain(here).min();
        }
        Ok(first)
    }

    /// When the first lane wants attention; nothing when none does.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut first = None;
        for shard in 0..layout::SHARDS {
            let (from, until) = layout::wakes_until(shard, Timestamp::NEVER);
            let here = self.wakes(&from, &until, 1).await?.first().map(|wake| wake.at);
            first = first.into_iter().chain(here).min();
        }
        Ok(first)
    }

    async fn wakes(&self, from: &[u8], until: &[u8], limit: usize) -> Result<Vec<Wake>, StoreError> {
        let keys = self.store.scan(from, until, limit).await?;
        Ok(keys
            .iter()
            .filter_map(|(key, _)| layout::read_wake(key))
            .map(|(at, account)| Wake { at, account })
            .collect())
    }

    pub async fn lanes(&self) -> Result<Vec<Lane>, StoreError> {
        self.list(&layout::lanes(), usize::MAX).await
    }

    /// The lane alone.
    pub async fn turn(&self, account: AccountId) -> Result<Turn, StoreError> {
        let read = self.read::<Lane>(&layout::lane(account)).await?;
        let (lane, lane_head) = match read {
            Some(read) => (read.value, Some(read.head)),
            None => (Lane::new(account), None),
        };
        Ok(Turn { lane, lane_head, delivery: None, announcement: None })
    }

    /// The lane with one delivery in hand.
    pub async fn turn_with(&self, account: AccountId, delivery: DeliveryId) -> Result<Turn, StoreError> {
        let turn = self.turn(account).await?;
        let Some(read) = self.read::<Delivery>(&layout::delivery(delivery)).await? else { return Ok(turn) };
        let announcement = self.read(&layout::announcement(read.value.gig, read.value.account)).await?;
        Ok(Turn { delivery: Some(read), announcement, ..turn })
    }

    /// The lane with the announcement of a gig in hand, and its open delivery when it has one.
    pub async fn turn_for(&self, account: AccountId, gig: GigId) -> Result<Turn, StoreError> {
        let turn = self.turn(account).await?;
        self.with_gig(turn, gig).await
    }

    /// A lane that was read already, with the announcement of a gig in hand, and its open delivery when it has one.
    pub(super) async fn with_gig(&self, turn: Turn, gig: GigId) -> Result<Turn, StoreError> {
        let announcement = self.read::<Announcement>(&layout::announcement(gig, turn.lane.account)).await?;
        let open = announcement.as_ref().and_then(|read| read.value.open);
        let delivery = match open {
            Some(id) => self.read(&layout::delivery(id)).await?,
            None => None,
        };
        Ok(Turn { delivery, announcement, ..turn })
    }

    /// The lane with the delivery whose turn it is: of the lowest class whose head is due. Without one, when none is due.
    pub async fn turn_of_head(&self, account: AccountId, now: Timestamp) -> Result<Turn, StoreError> {
        for (_, due, id) in self.heads(account, &[]).await? {
            if due <= now {
                return self.turn_with(account, id).await;
            }
        }
        self.turn(account).await
    }

    /// The first delivery of each class that waits in a lane, the lowest first, as if `gone` were away. Classes lie behind each
    /// other, so a lane that holds only usual new posts costs one look.
    async fn heads(&self, account: AccountId, gone: &[Place]) -> Result<Vec<Place>, StoreError> {
        let mut heads = Vec::new();
        let lane = layout::queues_of(account);
        let (mut from, until) = (lane.clone(), layout::end_of(&lane));
        loop {
            let found = self.store.scan(&from, &until, 1 + gone.len()).await?;
            let places = found.iter().filter_map(|(key, _)| layout::read_place(key));
            let Some(head) = places.into_iter().find(|place| !gone.contains(place)) else { return Ok(heads) };
            heads.push(head);
            if head.0 == Class::Create {
                return Ok(heads);
            }
            from = layout::end_of(&layout::queue_of(account, head.0));
        }
    }

    /// The lane as `turn` leaves it, with the delivery whose turn it is then; nothing when none is due by `now`.
    pub async fn turn_behind(&self, turn: &Turn, now: Timestamp) -> Result<Option<Turn>, StoreError> {
        let ended: Vec<_> = turn.delivery().and_then(place).into_iter().collect();
        let heads = self.heads(turn.lane.account, &ended).await?;
        let Some((_, _, id)) = heads.into_iter().find(|(_, due, _)| *due <= now) else { return Ok(None) };
        let Some(delivery) = self.read::<Delivery>(&layout::delivery(id)).await? else { return Ok(None) };
        let announcement = self.read(&layout::announcement(delivery.value.gig, delivery.value.account)).await?;
        let (lane, lane_head) = (turn.lane.clone(), turn.lane_head.clone());
        Ok(Some(Turn { lane, lane_head, delivery: Some(delivery), announcement }))
    }

    /// Writes what became of a turn, all or nothing; `turn.lane` is written as it now is.
    pub async fn end_turn(&self, turn: &Turn, change: Change) -> Result<Commit, StoreError> {
        let written = self.write(&[(turn, &change)]).await?;
        Ok(if written.is_some() { Commit::Applied } else { Commit::Conflict })
    }

    /// As [`Ledger::end_turn`], and answers the turn as it stands from then on, so that it need not be read again; nothing on a
    /// conflict.
    pub async fn take_turn(&self, turn: &Turn, change: Change) -> Result<Option<Turn>, StoreError> {
        self.write(&[(turn, &change)]).await
    }

    /// Ends a turn and takes the one behind it ([`Ledger::turn_behind`]) in one batch: both stand, or neither. Answers the second as
    /// it stands from then on; nothing on a conflict.
    pub async fn end_and_take(
        &self,
        turn: &Turn,
        change: Change,
        behind: &Turn,
        taken: Change,
    ) -> Result<Option<Turn>, StoreError> {
        self.write(&[(turn, &change), (behind, &taken)]).await
    }

    /// Writes turns of one lane that follow each other, as the last of them leaves it.
    pub(super) async fn write(&self, turns: &[(&Turn, &Change)]) -> Result<Option<Turn>, StoreError> {
        let mut batch = Batch::default();
        let (mut moved, mut last) = (Moved::default(), None);
        for (turn, change) in turns {
            last = Some(self.record(&mut batch, turn, change, &mut moved).await?);
        }
        let Some(mut after) = last else { return Ok(None) };
        let account = after.lane.account;
        let lane = &mut after.lane;
        // While it sleeps, what waits in it moves no wake key and need not be looked at: so at every claim.
        let waiting = if lane.sleeps() { Vec::new() } else { self.heads(account, &moved.gone).await? };
        let wake = lane.wakes_at(waiting.iter().chain(&moved.come).map(|(class, due, _)| (*class, *due)));
        if lane.wake != wake {
            if let Some(old) = lane.wake {
                batch.delete.push(layout::wake(old, account));
            }
            if let Some(new) = wake {
                batch.put.push((layout::wake(new, account), Vec::new()));
            }
            lane.wake = wake;
        }
        for (class, due, id) in moved.gone {
            batch.delete.push(layout::queue(account, class, due, id));
        }
        for (class, due, id) in moved.come {
            batch.put.push((layout::queue(account, class, due, id), Vec::new()));
        }
        lane.turn += 1;
        let key = layout::lane(account);
        batch.expect.push((key.clone(), after.lane_head.clone()));
        after.lane_head = Some(put(&mut batch, key, lane, after.lane_head.as_ref()));
        let commit = self.store.commit(batch).await?;
        Ok((commit == Commit::Applied).then_some(after))
    }

    /// Adds what became of one turn, but for its lane. Answers how it stands then.
    async fn record(
        &self,
        batch: &mut Batch,
        turn: &Turn,
        change: &Change,
        moved: &mut Moved,
    ) -> Result<Turn, StoreError> {
        let mut after = turn.clone();
        if let Some(now) = &change.delivery {
            let key = layout::delivery(now.id);
            let before = turn.delivery.as_ref();
            batch.expect.push((key.clone(), before.map(|read| read.head.clone())));
            let head = put(batch, key, now, before.map(|read| &read.head));
            after.delivery = Some(Read { value: now.clone(), head });
            let before = before.map(|read| &read.value);
            let (was, is) = (before.and_then(place), place(now));
            if was != is {
                moved.gone.extend(was);
                moved.come.extend(is);
            }
            move_aside(batch, before, now);
        }
        if let Some(now) = &change.announcement {
            let key = layout::announcement(now.gig, now.account);
            let before = turn.announcement.as_ref();
            batch.expect.push((key.clone(), before.map(|read| read.head.clone())));
            let head = put(batch, key, now, before.map(|read| &read.head));
            after.announcement = Some(Read { value: now.clone(), head });
        }
        if let Some(opened) = &change.opened {
            let opened = &self.as_restored(opened).await?;
            let key = layout::delivery(opened.id);
            batch.expect.push((key.clone(), None));
            layout::put(batch, key, opened, None);
            moved.come.extend(place(opened));
            move_aside(batch, None, opened);
            if let Some(post) = &change.worded {
                layout::put(batch, layout::post(opened.id), post, None);
            }
        }
        if let (Some(post), Some(delivery)) = (&change.frozen, &change.delivery) {
            let key = layout::post(delivery.id);
            let old = self.store.get(&key).await?;
            layout::put(batch, key, post, old.as_ref());
        }
        if let (Some(at), Some(delivery)) = (change.watch_at, &change.delivery) {
            batch.put.push((layout::watch(at, delivery.id), Vec::new()));
        }
        if let (Some(at), Some(delivery)) = (change.relay_at, &change.delivery) {
            batch.put.push((layout::to_relay(at, delivery.gig, delivery.account), Vec::new()));
            batch.put.push((layout::original(delivery.gig, delivery.account, at), Vec::new()));
        }
        Ok(after)
    }

    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        Ok(self.read(&layout::delivery(id)).await?.map(|read| read.value))
    }

    /// The newest `limit` deliveries that stand aside.
    pub async fn set_aside(&self, which: Aside, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::asides(which), limit).await? {
            if let Some(id) = layout::read_aside(&key) {
                found.extend(self.delivery(id).await?);
            }
        }
        Ok(found)
    }

    /// What waits in a lane, in the order of classes and due times.
    pub async fn waiting_in(&self, account: AccountId, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for (key, _) in self.keys(&layout::queues_of(account), limit).await? {
            if let Some((_, id)) = layout::read_queue(&key) {
                found.extend(self.delivery(id).await?);
            }
        }
        Ok(found)
    }

    /// What is due in a lane only behind `after`, by class and then in the order of due times.
    pub async fn waiting_behind(&self, account: AccountId, after: Timestamp) -> Result<Vec<Delivery>, StoreError> {
        let mut found = Vec::new();
        for class in Class::ALL {
            let (from, until) = layout::queue_behind(account, class, after);
            for (key, _) in self.store.scan(&from, &until, usize::MAX).await? {
                if let Some((_, id)) = layout::read_queue(&key) {
                    found.extend(self.delivery(id).await?);
                }
            }
        }
        Ok(found)
    }

    /// How many stand in a lane's queues before or among those of this class; up to `limit`.
    pub async fn count_before(&self, account: AccountId, class: Class, limit: usize) -> Result<usize, StoreError> {
        let waiting = self.keys(&layout::queues_of(account), limit).await?;
        let before = |key: &Bytes| layout::read_place(key).is_some_and(|(theirs, ..)| theirs <= class);
        Ok(waiting.iter().filter(|(key, _)| before(key)).count())
    }

    /// How many wait in a lane, counted up to `limit`.
    pub async fn count_waiting(&self, account: AccountId, limit: usize) -> Result<usize, StoreError> {
        Ok(self.keys(&layout::queues_of(account), limit).await?.len())
    }

    /// The text of a delivery, once it is frozen.
    pub async fn post(&self, id: DeliveryId) -> Result<Option<Post>, StoreError> {
        Ok(self.read(&layout::post(id)).await?.map(|read| read.value))
    }

    pub async fn announcement(&self, gig: GigId, account: AccountId) -> Result<Option<Announcement>, StoreError> {
        Ok(self.read(&layout::announcement(gig, account)).await?.map(|read| read.value))
    }

    /// How many gigs these accounts have announced, or were to. It goes through all announcements, where any of them has a lane: without one there are none.
    pub async fn announced_by(&self, accounts: &[AccountId]) -> Result<usize, StoreError> {
        let mut speaking = Vec::new();
        for account in accounts {
            if self.store.get(&layout::lane(*account)).await?.is_some() {
                speaking.push(*account);
            }
        }
        if speaking.is_empty() {
            return Ok(0);
        }
        let all = self.keys(&layout::announcements(), usize::MAX).await?;
        let is_theirs = |key: &[u8]| speaking.iter().any(|account| key.ends_with(account.as_bytes()));
        Ok(all.iter().filter(|(key, _)| is_theirs(key)).count())
    }

    pub async fn announcements(&self, gig: GigId) -> Result<Vec<Announcement>, StoreError> {
        self.list(&layout::announcements_of(gig), usize::MAX).await
    }
}

pub(super) type Place = (Class, Timestamp, DeliveryId);

/// Which places in a lane's queue are left, and which are taken.
#[derive(Debug, Default)]
struct Moved {
    gone: Vec<Place>,
    come: Vec<Place>,
}

/// Adds the writing of a record, and answers its head.
fn put<R: Record>(batch: &mut Batch, key: layout::Key, record: &R, old: Option<&Bytes>) -> Bytes {
    layout::put(batch, key, record, old);
    batch.put.last().map(|(_, head)| Bytes::copy_from_slice(head)).expect("a head is written last")
}

/// Where a delivery stands in its lane's queue; nowhere when it waits for a person or has ended.
pub(super) fn place(delivery: &Delivery) -> Option<Place> {
    match delivery.state {
        State::Queued | State::Unknown { .. } | State::Sending { .. } => {
            Some((delivery.class(), delivery.due, delivery.id))
        }
        State::Held(_) | State::Delivered(_) | State::Dropped(_) | State::Dead(_) => None,
    }
}

/// The list that a delivery stands in when it needs a person or was given up, by the time of its last try.
pub(super) fn aside(delivery: &Delivery) -> Option<(Aside, Timestamp)> {
    let since = delivery.tries.last().map_or(delivery.stamp.opened, |last| last.at);
    match delivery.state {
        State::Held(_) => Some((Aside::Held, since)),
        State::Dead(_) => Some((Aside::Dead, since)),
        State::Queued | State::Unknown { .. } | State::Sending { .. } | State::Delivered(_) | State::Dropped(_) => None,
    }
}

fn move_aside(batch: &mut Batch, before: Option<&Delivery>, after: &Delivery) {
    let (was, is) = (before.and_then(aside), aside(after));
    if was == is {
        return;
    }
    if let Some((which, at)) = was {
        batch.delete.push(layout::aside(which, at, after.id));
    }
    if let Some((which, at)) = is {
        batch.put.push((layout::aside(which, at, after.id), Vec::new()));
    }
}
