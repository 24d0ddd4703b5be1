//! Who reshares whose gigs, by their own standing will; and which posts are still to be looked at for that.
//!
//! A relay is on while its row is here. Switching it off takes the row away, and from that moment nothing of it leaves: each reshare asks for the row
//! in its turn, before its claim. An account that is unlinked takes its relays along, and a person who is forgotten theirs.

use super::gigs::{Story, Tale};
use super::turns::Change;
use super::unreshare::ToUnreshare;
use super::{Ledger, Read};
use crate::clock::Timestamp;
use crate::gig::{Gig, Urgency};
use crate::id::{AccountId, DeliveryId, GigId, PersonId};
use crate::outbox::backoff::Dice;
use crate::outbox::{Announcement, Delivery, Event, Terms, Verb, Wanted, next};
use crate::person::Account;
use crate::plan::relay::Relay;
use crate::ports::{Batch, Commit, StoreError};
use crate::post::Receipt;
use crate::store::layout::{self, Record};
use std::collections::BTreeMap;

impl Record for Relay {
    const VERSION: u8 = 1;
}

/// A post that came out, and is to be looked at for those who reshare what its account posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToRelay {
    pub at: Timestamp,
    pub gig: GigId,
    /// On which it came out.
    pub account: AccountId,
}

/// A post that its poster has out, and others may reshare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    pub account: AccountId,
    /// The account's.
    pub network: String,
    pub server: String,
    /// Since when.
    pub out: Timestamp,
    pub post: Receipt,
}

/// Which of those that stand an account reshares: of what came out on its network since it was to, what its own server made, since other servers need not
/// know it; or else the first that came out.
pub fn nearest<'a>(stand: &'a [Original], account: &Account, since: Timestamp) -> Option<&'a Original> {
    let may = |one: &&Original| one.network == account.network && since <= one.out;
    stand.iter().filter(may).min_by_key(|one| (one.server != account.server, one.out))
}

impl Original {
    /// Whether this is what a delivery is to reshare.
    pub fn is_of(&self, reshare: &Delivery) -> bool {
        reshare.at.as_ref().is_some_and(|of| of.uri == self.post.uri)
    }
}

impl Ledger {
    /// Switches a relay on, or gives it other categories. One that is on keeps the time it is on since.
    pub async fn switch_relay_on(&self, relay: &Relay) -> Result<Relay, StoreError> {
        let key = layout::relay(relay.poster, relay.account);
        loop {
            let old = self.read::<Relay>(&key).await?;
            let same = old.as_ref().filter(|old| old.value.person == relay.person);
            let since = same.map_or(relay.since, |old| old.value.since);
            let now = Relay { since, ..relay.clone() };
            let mut batch = Batch::default();
            let head = old.map(|old| old.head);
            layout::put(&mut batch, key.clone(), &now, head.as_ref());
            batch.put.push((layout::relay_by(relay.account, relay.poster), Vec::new()));
            // An account that is being taken away takes this along, or is gone already.
            let account = self.store.get(&layout::account(relay.account)).await?;
            batch.expect.push((layout::account(relay.account), account));
            batch.expect.push((key.clone(), head));
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(now);
            }
        }
    }

    /// Switches a relay off; answers whether it was on. What it reshared stays.
    pub async fn switch_relay_off(&self, poster: PersonId, account: AccountId) -> Result<bool, StoreError> {
        self.end_relay(poster, account, None).await
    }

    /// The same, and notes in the same breath that what it reshared is to be taken back.
    pub async fn take_relay_back(
        &self,
        poster: PersonId,
        account: AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.end_relay(poster, account, Some(now)).await
    }

    async fn end_relay(
        &self,
        poster: PersonId,
        account: AccountId,
        takes_back: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let key = layout::relay(poster, account);
        loop {
            let Some(Read { value, head }) = self.read::<Relay>(&key).await? else { return Ok(false) };
            let mut batch = Batch::default();
            batch.expect.push((key.clone(), Some(head.clone())));
            layout::remove(&mut batch, key.clone(), Some(&head));
            batch.delete.push(layout::relay_by(account, poster));
            if let Some(until) = takes_back {
                let note = ToUnreshare { poster, account, since: value.since, until };
                layout::put(&mut batch, note.key(), &note, None);
            }
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(true);
            }
        }
    }

    pub async fn relay(&self, poster: PersonId, account: AccountId) -> Result<Option<Relay>, StoreError> {
        Ok(self.read(&layout::relay(poster, account)).await?.map(|read| read.value))
    }

    /// Everyone who reshares a poster's gigs.
    pub async fn relays_of(&self, poster: PersonId) -> Result<Vec<Relay>, StoreError> {
        self.list(&layout::relays_of(poster), usize::MAX).await
    }

    /// Whether anyone does.
    pub async fn is_relayed(&self, poster: PersonId) -> Result<bool, StoreError> {
        Ok(!self.keys(&layout::relays_of(poster), 1).await?.is_empty())
    }

    /// Whose gigs an account reshares.
    pub async fn relays_by(&self, account: AccountId) -> Result<Vec<Relay>, StoreError> {
        let mut relays = Vec::new();
        for (key, _) in self.keys(&layout::relays_by(account), usize::MAX).await? {
            if let Some(poster) = layout::read_relay_by(&key) {
                relays.extend(self.relay(poster, account).await?);
            }
        }
        Ok(relays)
    }

    /// Adds to a batch that an account reshares nobody's gigs any more.
    pub(super) async fn drop_relays_by(&self, batch: &mut Batch, account: AccountId) -> Result<(), StoreError> {
        for (key, _) in self.keys(&layout::relays_by(account), usize::MAX).await? {
            batch.delete.extend(layout::read_relay_by(&key).map(|poster| layout::relay(poster, account)));
            batch.delete.push(key.to_vec());
        }
        // It cannot speak any more, so nothing can be taken back through it.
        for (key, _) in self.keys(&layout::to_unreshare_by(account), usize::MAX).await? {
            batch.delete.push(key.to_vec());
        }
        Ok(())
    }

    /// Adds to a batch that what an account reshares is this person's will from now on. Gigs of their own it announces by itself.
    pub(super) async fn move_relays(
        &self,
        batch: &mut Batch,
        account: AccountId,
        is: PersonId,
    ) -> Result<(), StoreError> {
        for (of_account, _) in self.keys(&layout::relays_by(account), usize::MAX).await? {
            let Some(poster) = layout::read_relay_by(&of_account) else { continue };
            let key = layout::relay(poster, account);
            let Some(Read { value, head }) = self.read::<Relay>(&key).await? else { continue };
            // One that is switched off at this very moment stays off.
            batch.expect.push((key.clone(), Some(head.clone())));
            if poster == is {
                layout::remove(batch, key, Some(&head));
                batch.delete.push(of_account.to_vec());
            } else {
                layout::put(batch, key, &Relay { person: is, ..value }, Some(&head));
            }
        }
        Ok(())
    }

    /// Adds to a batch that nobody reshares the gigs of this person any more.
    pub(super) async fn drop_relays_of(&self, batch: &mut Batch, poster: PersonId) -> Result<(), StoreError> {
        for relay in self.relays_of(poster).await? {
            batch.delete.push(layout::relay(poster, relay.account));
            batch.delete.push(layout::relay_by(relay.account, poster));
        }
        for note in self.to_unreshare(usize::MAX).await?.into_iter().filter(|note| note.poster == poster) {
            batch.delete.push(note.key());
        }
        Ok(())
    }

    /// Posts that came out and are to be looked at for those who reshare them; oldest first.
    pub async fn to_relay(&self, limit: usize) -> Result<Vec<ToRelay>, StoreError> {
        let keys = self.keys(&layout::all_to_relay(), limit).await?;
        let read = keys.iter().filter_map(|(key, _)| layout::read_to_relay(key));
        Ok(read.map(|(at, gig, account)| ToRelay { at, gig, account }).collect())
    }

    /// All that such a post takes is durable.
    pub async fn relayed(&self, note: &ToRelay, tales: Vec<Tale>, now: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch { delete: vec![layout::to_relay(note.at, note.gig, note.account)], ..Batch::default() };
        for tale in tales {
            layout::put(&mut batch, self.story_key(note.gig, now), &Story { at: now, tale }, None);
        }
        self.store.commit(batch).await.map(drop)
    }

    /// Opens the reshare of a post on an account, behind what waits there: each gig goes once to each account. Nothing is opened
    /// - where one stands, stood, or was taken back;
    /// - where one was called off, refused or given up: that is for a person to take up again;
    /// - where the account has said the gig in words of its own;
    /// - where one waits. If its post is not among those that `stand`, it goes over to this one; one that may be out is looked for first, and finds
    ///   this one when its turn comes again.
    pub async fn open_reshare(
        &self,
        gig: &Gig,
        account: &Account,
        terms: Terms<'_>,
        of: &Receipt,
        stand: &[Original],
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        loop {
            let turn = self.turn_for(account.id, gig.id).await?;
            let known = turn.announcement().cloned();
            if let Some(waiting) = turn.delivery().filter(|waiting| !waiting.is_settled()) {
                if stand.iter().any(|one| one.is_of(waiting)) {
                    return Ok(None);
                }
                let after = next(waiting, Event::Gone { instead: Some(of.clone()) }, terms, now, Dice(0));
                // Also where it stays as it is: whoever has it in hand, and saw no post in its place, looks again.
                let change = Change { delivery: Some(after), ..Change::default() };
                if self.end_turn(&turn, change).await? == Commit::Applied {
                    return Ok(None);
                }
                continue;
            }
            if let Some(known) = &known {
                let is_wanted = matches!(known.wanted, Wanted::Reshared(_));
                if !is_wanted || known.open.is_some() || known.said.is_some() || self.is_let_be(known, gig).await? {
                    return Ok(None);
                }
            }
            let wanted = Wanted::Reshared(gig.revision);
            let mut announcement = known.unwrap_or_else(|| Announcement::new(gig.id, account.id, wanted));
            (announcement.wanted, announcement.given_up) = (wanted, None);
            let opened = Self::open_step_of(&mut announcement, gig, of, now);
            let change = Change { announcement: Some(announcement), opened: Some(opened.clone()), ..Change::default() };
            if self.end_turn(&turn, change).await? == Commit::Applied {
                return Ok(Some(opened));
            }
        }
    }

    /// Whether the last reshare of a gig ended for good without being out. What an earlier relay came to is no word on the one that is on.
    async fn is_let_be(&self, known: &Announcement, gig: &Gig) -> Result<bool, StoreError> {
        if known.given_up.is_none() {
            return Ok(false);
        }
        let last = self.delivery(DeliveryId::from_step(known.gig, known.account, known.step)).await?;
        let relay = self.relay(gig.poster, known.account).await?;
        Ok(last.zip(relay).is_none_or(|(last, relay)| relay.since <= last.stamp.opened))
    }

    /// The next step of an announcement, as the reshare of this post.
    pub(super) fn open_step_of(announcement: &mut Announcement, gig: &Gig, of: &Receipt, now: Timestamp) -> Delivery {
        let opened = Self::open_step(announcement, Verb::Reshare, gig.revision, gig.terms.closes, now);
        Delivery { at: Some(of.clone()), urgency: Urgency::Usual, ..opened }
    }

    /// The posts of a gig that its poster has out now and that others reshare. However many reshare them, only these are read.
    pub async fn originals(&self, gig: GigId) -> Result<Vec<Original>, StoreError> {
        let keys = self.keys(&layout::originals_of(gig), usize::MAX).await?;
        // Of each account the last one that came out is what may stand.
        let last: BTreeMap<_, _> = keys.iter().filter_map(|(key, _)| layout::read_original(key)).collect();
        let mut stand = Vec::new();
        for (account, out) in last {
            let announced = self.announcement(gig, account).await?.filter(|one| !one.wanted.is_reshared());
            let said = announced.and_then(|announcement| announcement.said);
            let Some((said, by)) = said.zip(self.account(account).await?) else { continue };
            stand.push(Original { account, network: by.network, server: by.server, out, post: said.receipt });
        }
        Ok(stand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::samples;

    /// That came out on such an account, so many minutes after noon.
    fn original(name: &str, server: &str, minutes: u64) -> Original {
        let out = samples::NOW.plus(std::time::Duration::from_mins(minutes));
        let uri = format!("https://{name}.example/1");
        let post = Receipt { id: name.to_owned(), uri, url: None, version: None, at: out };
        let account = AccountId::of(&[name.as_bytes()]);
        Original { account, network: samples::account("ann").network, server: server.to_owned(), out, post }
    }

    #[test]
    fn the_first_that_came_out_is_reshared_in_whatever_order_the_accounts_stand() {
        let ann = samples::account("ann");
        let near = ann.server.as_str();
        let far = [("one", 3), ("two", 1), ("three", 2)].map(|(name, out)| original(name, "https://far.example", out));
        let mut stand = far.to_vec();
        for _ in 0..3 {
            stand.rotate_left(1);
            assert_eq!(nearest(&stand, &ann, samples::NOW).unwrap().post.id, "two");
        }
        stand.extend([("four", 9), ("five", 8)].map(|(name, out)| original(name, near, out)));
        assert_eq!(nearest(&stand, &ann, samples::NOW).unwrap().post.id, "five");
        stand.reverse();
        assert_eq!(nearest(&stand, &ann, samples::NOW).unwrap().post.id, "five");
        let since = samples::NOW.plus(std::time::Duration::from_secs(90));
        assert_eq!(nearest(&far, &ann, since).unwrap().post.id, "three", "what came out before is no other");
    }
}
