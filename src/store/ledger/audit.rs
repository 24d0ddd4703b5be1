//! An audit of the whole outbox: does every key say what its records say?
//!
//! The turns keep these rules by construction; the audit reads everything and checks them from outside, so that a test, or an
//! operator in doubt, need not trust the construction. It reads without a snapshot: run it while nothing else writes.

use super::Ledger;
use super::turns::{Place, aside, place};
use crate::clock::Timestamp;
use crate::id::{AccountId, DeliveryId};
use crate::outbox::{Announcement, Delivery, Hold, Lane, State, Wording};
use crate::ports::StoreError;
use crate::store::layout::{self, Aside};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// All there is of the outbox, as it was read.
struct Outbox {
    lanes: BTreeMap<AccountId, Lane>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    announcements: Vec<Announcement>,
    findings: Vec<String>,
}

impl Ledger {
    /// What is wrong with the outbox, a sentence each; empty when all is well.
    pub async fn audit(&self) -> Result<Vec<String>, StoreError> {
        let lanes: Vec<Lane> = self.list(&layout::lanes(), usize::MAX).await?;
        let deliveries: Vec<Delivery> = self.list(&layout::deliveries(), usize::MAX).await?;
        let mut outbox = Outbox {
            lanes: lanes.into_iter().map(|lane| (lane.account, lane)).collect(),
            deliveries: deliveries.into_iter().map(|delivery| (delivery.id, delivery)).collect(),
            announcements: self.list(&layout::announcements(), usize::MAX).await?,
            findings: Vec::new(),
        };
        outbox.check_queues(&self.names(&layout::queues()).await?);
        let mut asides = self.names(&layout::asides(Aside::Held)).await?;
        asides.extend(self.names(&layout::asides(Aside::Dead)).await?);
        outbox.check_asides(&asides);
        outbox.check_wakes(&self.names(&layout::wakes()).await?);
        outbox.check_claims();
        outbox.check_announcements();
        outbox.check_reviews();
        for delivery in outbox.deliveries.values().filter(|d| !d.is_settled() && d.wording == Wording::Approved) {
            if self.store.get(&layout::post(delivery.id)).await?.is_none() {
                outbox
                    .findings
                    .push(format!("{} is approved, and the text that was approved is not on record", delivery.id));
            }
        }
        Ok(outbox.findings)
    }

    async fn names(&self, prefix: &[u8]) -> Result<BTreeSet<Bytes>, StoreError> {
        Ok(self.keys(prefix, usize::MAX).await?.into_iter().map(|(key, _)| key).collect())
    }
}

impl Outbox {
    /// A delivery that waits has exactly one queue key, and no other delivery has any.
    fn check_queues(&mut self, found: &BTreeSet<Bytes>) {
        let mut due = BTreeSet::new();
        for delivery in self.deliveries.values() {
            let Some((class, at, id)) = place(delivery) else { continue };
            let key = Bytes::from(layout::queue(delivery.account, class, at, id));
            if !found.contains(&key) {
                self.findings.push(format!("{id} waits, and has no queue key where it stands ({at})"));
            }
            due.insert(key);
        }
        for key in found.difference(&due) {
            let said = match layout::read_queue(key) {
                None => format!("a queue key of {} bytes cannot be read", key.len()),
                Some((_, id)) if !self.deliveries.contains_key(&id) => {
                    format!("a queue key names {id}, which is not on record")
                }
                Some((at, id)) => format!("a queue key has {id} wait where it does not stand ({at})"),
            };
            self.findings.push(said);
        }
    }

    /// What needs a person or was given up stands in its list once, and nothing else does.
    fn check_asides(&mut self, found: &BTreeSet<Bytes>) {
        let mut due = BTreeSet::new();
        for delivery in self.deliveries.values() {
            let Some((which, since)) = aside(delivery) else { continue };
            let key = Bytes::from(layout::aside(which, since, delivery.id));
            if !found.contains(&key) {
                self.findings.push(format!("{} is {which:?}, and is not in that list", delivery.id));
            }
            due.insert(key);
        }
        for key in found.difference(&due) {
            let named = layout::read_aside(key).map_or_else(|| "nothing readable".to_owned(), |id| id.to_string());
            self.findings.push(format!("a list of what stands aside names {named}, which does not belong there"));
        }
    }

    /// A lane that should wake has exactly the wake key for it, and no other lane has any.
    fn check_wakes(&mut self, found: &BTreeSet<Bytes>) {
        let mut waiting: BTreeMap<AccountId, Vec<Place>> = BTreeMap::new();
        for delivery in self.deliveries.values() {
            waiting.entry(delivery.account).or_default().extend(place(delivery));
        }
        for (account, places) in &waiting {
            if !places.is_empty() && !self.lanes.contains_key(account) {
                self.findings.push(format!("{} wait in a lane of {account} that is not on record", places.len()));
            }
        }
        let mut due = BTreeSet::new();
        for (account, lane) in &self.lanes {
            let places = waiting.get(account).map(Vec::as_slice).unwrap_or_default();
            let wake = lane.wakes_at(places.iter().map(|(class, due, _)| (*class, *due)));
            if lane.wake != wake {
                let (says, should) = (moment(lane.wake), moment(wake));
                self.findings.push(format!("the lane of {account} says it wakes at {says}, and should at {should}"));
            }
            let Some(at) = wake else { continue };
            let key = Bytes::from(layout::wake(at, *account));
            if !found.contains(&key) {
                self.findings.push(format!("the lane of {account} should wake at {at}, and has no key for it"));
            }
            due.insert(key);
        }
        for key in found.difference(&due) {
            let said = match layout::read_wake(key) {
                None => format!("a wake key of {} bytes cannot be read", key.len()),
                Some((at, account)) if self.lanes.contains_key(&account) => {
                    format!("a wake key has the lane of {account} wake at {at}, and it should not")
                }
                Some((at, account)) => format!("a wake key for {at} names {account}, which has no lane"),
            };
            self.findings.push(said);
        }
    }

    /// What is on its way is claimed by its lane, and what a lane has claimed is on its way.
    fn check_claims(&mut self) {
        for delivery in self.deliveries.values() {
            let claim = self.lanes.get(&delivery.account).and_then(|lane| lane.claim);
            let claimed = claim.is_some_and(|claim| claim.delivery == delivery.id);
            let sending = matches!(delivery.state, State::Sending { .. });
            let said = match (sending, claimed) {
                (true, false) => "is on its way, and its lane does not claim it",
                (false, true) => "is claimed by its lane, and is not on its way",
                (true, true) | (false, false) => continue,
            };
            self.findings.push(format!("{} {said}", delivery.id));
        }
        for (account, lane) in &self.lanes {
            if let Some(claim) = lane.claim.filter(|claim| !self.deliveries.contains_key(&claim.delivery)) {
                self.findings.push(format!("the lane of {account} claims {}, which is not on record", claim.delivery));
            }
        }
    }

    /// An announcement's open delivery is not settled, and a delivery that is not settled is its announcement's open one.
    fn check_announcements(&mut self) {
        let mut open = BTreeSet::new();
        for announcement in &self.announcements {
            let Some(id) = announcement.open else { continue };
            open.insert(id);
            let said = match self.deliveries.get(&id) {
                None => "which is not on record",
                Some(delivery) if delivery.is_settled() => "which is settled",
                Some(_) => continue,
            };
            let Announcement { gig, account, .. } = announcement;
            self.findings.push(format!("the announcement of {gig} on {account} has {id} open, {said}"));
        }
        for delivery in self.deliveries.values() {
            if !delivery.is_settled() && !open.contains(&delivery.id) {
                self.findings.push(format!("{} is not settled, and no announcement has it open", delivery.id));
            }
        }
    }

    /// What waits for a person's word is new words of ours, and surely not out.
    fn check_reviews(&mut self) {
        let waiting = self.deliveries.values().filter(|delivery| delivery.state == State::Held(Hold::Review));
        for delivery in waiting.filter(|delivery| !delivery.is_unseen()) {
            self.findings.push(format!("{} waits for approval, and has it, or needs none, or may be out", delivery.id));
        }
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "no time".to_owned(), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gig::Revision;
    use crate::id::GigId;
    use crate::outbox::{Claim, Class, Epoch, Verb, Wanted};
    use crate::ports::{Batch, Store};
    use crate::store::Change;
    use crate::store::memory::MemoryStore;
    use std::sync::Arc;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    fn account() -> AccountId {
        AccountId::of(&[b"a"])
    }

    /// A store with one delivery that waits, as the turns leave it.
    async fn sound() -> (MemoryStore, Ledger, Delivery) {
        let store = MemoryStore::new();
        let ledger = Ledger::new(Arc::new(store.clone()));
        let gig = GigId::of(&[b"g"]);
        let mut announcement = Announcement::new(gig, account(), Wanted::Revision(Revision::FIRST));
        let opened = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, NOON);
        let turn = ledger.turn_for(account(), gig).await.unwrap();
        let change = Change { announcement: Some(announcement), opened: Some(opened.clone()), ..Change::default() };
        ledger.end_turn(&turn, change).await.unwrap();
        (store, ledger, opened)
    }

    async fn damaged(damage: impl FnOnce(&Delivery, &mut Batch)) -> Vec<String> {
        let (store, ledger, delivery) = sound().await;
        let mut batch = Batch::default();
        damage(&delivery, &mut batch);
        store.commit(batch).await.unwrap();
        ledger.audit().await.unwrap()
    }

    fn rewritten(batch: &mut Batch, delivery: &Delivery) {
        layout::put(batch, layout::delivery(delivery.id), delivery, None);
    }

    fn lane(batch: &mut Batch, change: impl FnOnce(&mut Lane)) {
        let mut lane = Lane { wake: Some(NOON), turn: 1, ..Lane::new(account()) };
        change(&mut lane);
        layout::put(batch, layout::lane(account()), &lane, None);
    }

    #[tokio::test]
    async fn what_the_turns_leave_is_sound() {
        assert_eq!(damaged(|_, _| {}).await, Vec::<String>::new());
        assert_eq!(
            damaged(|_, batch| lane(batch, |_| {})).await,
            Vec::<String>::new(),
            "the lane as the tests write it"
        );
    }

    #[tokio::test]
    async fn each_kind_of_damage_is_found() {
        let later = NOON.plus(std::time::Duration::from_secs(1));
        let why = || crate::failure::Why::new("refused");
        let place = |d: &Delivery| layout::queue(account(), Class::Create, NOON, d.id);
        let found = |found: Vec<String>, part: &str| {
            assert!(found.iter().any(|said| said.contains(part)), "{part}: {found:?}");
        };
        found(damaged(|d, b| b.delete.push(place(d))).await, "has no queue key where it stands");
        found(
            damaged(|d, b| b.put.push((layout::queue(account(), Class::Edit, NOON, d.id), Vec::new()))).await,
            "wait where it does not stand",
        );
        found(damaged(|d, b| b.delete.push(layout::delivery(d.id))).await, "which is not on record");
        found(damaged(|_, b| b.delete.push(layout::wake(NOON, account()))).await, "has no key for it");
        found(damaged(|_, b| b.put.push((layout::wake(later, account()), Vec::new()))).await, "and it should not");
        found(damaged(|_, b| b.delete.push(layout::lane(account()))).await, "which has no lane");
        found(damaged(|_, b| b.delete.push(layout::lane(account()))).await, "in a lane of");
        found(damaged(|_, b| lane(b, |lane| lane.wake = Some(later))).await, "says it wakes at");
        found(
            damaged(|d, b| {
                lane(b, |lane| lane.claim = Some(Claim { delivery: d.id, epoch: Epoch(1) }));
            })
            .await,
            "is claimed by its lane, and is not on its way",
        );
        found(
            damaged(|d, b| {
                rewritten(b, &Delivery { state: State::Sending { epoch: Epoch(1), attempt: 1 }, ..d.clone() });
            })
            .await,
            "its lane does not claim it",
        );
        let dead = |d: &Delivery| Delivery { state: State::Dead(why()), ..d.clone() };
        found(damaged(|d, b| rewritten(b, &dead(d))).await, "open, which is settled");
        found(damaged(|d, b| rewritten(b, &dead(d))).await, "is not in that list");
        found(
            damaged(|d, b| b.put.push((layout::aside(Aside::Held, NOON, d.id), Vec::new()))).await,
            "does not belong there",
        );
        let approved = |d: &Delivery| Delivery { wording: Wording::Approved, ..d.clone() };
        found(damaged(|d, b| rewritten(b, &approved(d))).await, "the text that was approved is not on record");
        let held = |d: Delivery| Delivery { state: State::Held(Hold::Review), ..d };
        found(damaged(|d, b| rewritten(b, &held(approved(d)))).await, "waits for approval, and has it");
        found(
            damaged(|d, b| b.delete.push(layout::announcement(d.gig, d.account))).await,
            "no announcement has it open",
        );
    }
}
