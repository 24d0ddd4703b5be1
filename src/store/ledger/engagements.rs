//! The watch over each post: when it is read again, how far a read has come, and what each page of it changed.
//!
//! A page is one batch: what was done, by whom, the vouches in it, and where the next page begins. So a restart goes on at the page it
//! stood at, with nothing lost and nothing twice. Under each post a small mark per engagement names the read that saw it last; once a
//! list has been read whole, a mark of an older read tells who is gone. A list that was cut short tells nothing.
//!
//! Of someone who asks not to be indexed only an [`ActorId`] is kept, a hash of their address: it tells two of them apart, so that they
//! can be counted, and names neither. No address, words or vouch of theirs is kept with it.

use super::evidence::{self, Named, Stands};
use super::{Ledger, Read, by_actor};
use crate::clock::{Timestamp, WallClock};
use crate::engagement::{Engagement, Vouch, Vouched};
use crate::id::{AccountId, ActorId, DeliveryId, EngagementId, GigId, PersonId};
use crate::person::Actor;
use crate::ports::{Batch, Commit, Counts, StoreError};
use crate::profile::EngagementKind;
use crate::store::layout::{self, Record};
use crate::trust::Party;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a watched post.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watched {
    /// As the network last gave them, and when. Likes are here and nowhere else.
    pub counts: Option<Counts>,
    pub counted: Option<Timestamp>,
    /// The age band (its place in the config) in which the lists were last read to their end.
    pub band: Option<u16>,
    /// How often the lists were read to their end.
    pub reads: u64,
    /// A read that is under way.
    pub reading: Option<Reading>,
    /// When it is looked at next; nothing once it is watched no more.
    pub due: Option<Timestamp>,
    /// Tries that failed since one did not, and why the last one did.
    pub failures: u16,
    pub trouble: Option<String>,
    /// Vouches by or for people who are not to be named: counted at the last read, recorded nowhere.
    pub unnamed_vouches: u32,
    pub ended: Option<Ended>,
}

/// Why a post is watched no more. What was seen under it stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ended {
    /// The network says that it is gone.
    Gone,
    /// We took it down ourselves.
    TakenDown,
    /// Older than all age bands, and no vouch rests on it.
    Aged,
    /// Its account was unlinked, or its gig forgotten.
    Orphaned,
    /// Its network tells nothing about a post.
    Unheard,
}

/// How far a read of the lists has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// One more than the last; marks carry it.
    pub number: u64,
    /// Lists still to be read, the present one first; none when only the conclusion is left.
    pub kinds: Vec<EngagementKind>,
    /// Where the next page of the present list begins.
    pub from: Option<String>,
    /// Pages of the present list read so far.
    pub pages: u32,
    /// The age band it is for.
    pub band: u16,
    pub unnamed_vouches: u32,
}

impl Record for Watched {
    const VERSION: u8 = 1;
}

/// The read that saw an engagement last.
#[derive(Serialize, Deserialize)]
pub(super) struct LastSeen(u64);

impl Record for LastSeen {
    const VERSION: u8 = 1;
}

/// A post that is due, by its place in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueWatch {
    pub at: Timestamp,
    pub delivery: DeliveryId,
}

/// A watched post in hand; whoever writes it expects it as it was read.
#[derive(Debug, Clone)]
pub struct Watching {
    pub delivery: DeliveryId,
    pub state: Watched,
    at: Timestamp,
    head: Option<Bytes>,
}

/// Whose post a page is of.
#[derive(Debug, Clone, Copy)]
pub struct PostOf<'a> {
    pub gig: GigId,
    pub account: AccountId,
    pub poster: PersonId,
    /// The gig's: vouches under it are for this kind of work.
    pub category: Option<&'a str>,
    /// The receipt's.
    pub uri: &'a str,
}

/// One page, made fit to keep.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub deeds: Vec<Deed>,
    /// Those who may be named.
    pub people: Vec<Actor>,
    /// Those of whom no name may be kept, nor anything that tells it.
    pub refused: BTreeSet<ActorId>,
    /// Vouches left out for that.
    pub unnamed_vouches: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub engagement: Engagement,
    /// Whom the author vouches for in it.
    pub vouched: Vec<Vouched>,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The next page begins here.
    More(String),
    /// The list is read to its end: who is not in it is gone.
    Whole,
    /// It could not be read to its end, and tells nothing about who is gone.
    Cut,
}

/// What a page changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Engaged(Engagement),
    /// An engagement that was undone stands again.
    Returned(Engagement),
    Undone(Engagement),
    Vouched(Vouch),
    /// The post that a vouch rests on was edited, and says another level now.
    Reworded(Vouch),
    /// A vouch that is no longer said.
    Unsaid(Vouch),
}

impl Ledger {
    /// The posts whose time to be read has come, longest waiting first.
    pub async fn due_watches(&self, now: Timestamp, limit: usize) -> Result<Vec<DueWatch>, StoreError> {
        let found = self.store.scan(&layout::watches(), &layout::watches_behind(now), limit).await?;
        Ok(found
            .iter()
            .filter_map(|(key, _)| layout::read_watch(key))
            .map(|(at, delivery)| DueWatch { at, delivery })
            .collect())
    }

    /// The posts that are due behind `from`.
    pub async fn watches_behind(&self, from: Timestamp) -> Result<Vec<DueWatch>, StoreError> {
        let (from, until) = (layout::watches_behind(from), layout::end_of(&layout::watches()));
        let found = self.store.scan(&from, &until, usize::MAX).await?;
        let read = found.iter().filter_map(|(key, _)| layout::read_watch(key));
        Ok(read.map(|(at, delivery)| DueWatch { at, delivery }).collect())
    }

    /// When the first post behind `now` is due.
    pub async fn next_watch(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let from = layout::watches_behind(now);
        let found = self.store.scan(&from, &layout::end_of(&layout::watches()), 1).await?;
        Ok(found.first().and_then(|(key, _)| layout::read_watch(key)).map(|(at, _)| at))
    }

    pub async fn watched(&self, delivery: DeliveryId) -> Result<Option<Watched>, StoreError> {
        Ok(self.read(&layout::watched(delivery)).await?.map(|read| read.value))
    }

    pub async fn watching(&self, due: DueWatch) -> Result<Watching, StoreError> {
        let read = self.read::<Watched>(&layout::watched(due.delivery)).await?;
        let (mut state, head) = match read {
            Some(Read { value, head }) => (value, Some(head)),
            None => (Watched::default(), None),
        };
        state.due = Some(due.at);
        Ok(Watching { delivery: due.delivery, state, at: due.at, head })
    }

    /// Writes the watch as it now is, and its place in the index.
    pub async fn keep_watching(&self, watching: &mut Watching) -> Result<Commit, StoreError> {
        self.commit_watching(watching, Batch::default()).await
    }

    /// Writes down one page of the list that is in hand, with all that follows from it, and how the read goes on.
    /// Nothing when someone else wrote the watch in the meantime.
    ///
    /// With a doubtful clock nothing is concluded to be gone.
    pub async fn keep_page(
        &self,
        watching: &mut Watching,
        post: PostOf<'_>,
        page: Listed,
        end: End,
        clock: WallClock,
        now: Timestamp,
    ) -> Result<Option<Vec<News>>, StoreError> {
        let Some(reading) = watching.state.reading.clone() else { return Ok(Some(Vec::new())) };
        let Some(&kind) = reading.kinds.first() else { return Ok(Some(Vec::new())) };
        let mut change = Page {
            batch: Batch::default(),
            news: Vec::new(),
            post,
            clock,
            now,
            vouches: self.known_vouches(post.gig).await?,
            refused: &page.refused,
        };

        for person in &page.people {
            // Whoever asked to be forgotten since this page was read is not written down by it.
            change.batch.expect.push((layout::wish(Party::Actor(person.id)), None));
            let key = layout::actor(person.id);
            let known = self.read::<Actor>(&key).await?;
            if known.as_ref().is_none_or(|known| known.value != *person) {
                layout::put(&mut change.batch, key, person, known.as_ref().map(|known| &known.head));
            }
        }
        let mut forgets = false;
        for id in &page.refused {
            let key = layout::actor(*id);
            if let Some(known) = self.store.get(&key).await? {
                layout::remove(&mut change.batch, key, Some(&known));
            }
            let before = change.batch.delete.len();
            self.forget_evidence(&mut change.batch, Party::Actor(*id)).await?;
            forgets |= change.batch.delete.len() > before;
        }
        change.forget_vouches_of(&page.refused);

        let mut seen = BTreeSet::new();
        for Deed { engagement, vouched } in page.deeds {
            if !seen.insert(engagement.id) {
                continue;
            }
            let mark = layout::deed(watching.delivery, kind, engagement.id);
            layout::put(&mut change.batch, mark, &LastSeen(reading.number), None);
            let old = self.read::<Engagement>(&layout::engagement(post.gig, engagement.id)).await?;
            change.keep(engagement, &vouched, old);
        }
        if end == End::Whole && clock == WallClock::Sound {
            for (key, value) in self.keys(&layout::deeds_of(watching.delivery, kind), usize::MAX).await? {
                let LastSeen(last) = self.open(&key, &value).await?;
                let Some(id) = layout::read_deed(&key) else { continue };
                if last == reading.number || seen.contains(&id) {
                    continue;
                }
                change.batch.delete.push(key.to_vec());
                if let Some(old) = self.read::<Engagement>(&layout::engagement(post.gig, id)).await? {
                    change.undo(old);
                }
            }
        }

        let Page { mut batch, news, vouches, .. } = change;
        for ((by, whom, evidence), known) in vouches {
            let head = known.before.as_ref().map(|before| before.head.clone());
            batch.expect.push((layout::vouch(post.gig, by, whom, &evidence), head));
            known.write(&mut batch, layout::vouch(post.gig, by, whom, &evidence));
        }
        watching.state.reading = Some(reading.after(end, page.unnamed_vouches));
        let applied = self.commit_watching(watching, batch).await? == Commit::Applied;
        if applied && forgets {
            self.tied();
        }
        Ok(applied.then_some(news))
    }

    /// Whether a live vouch rests on a reply that stands under this post.
    pub async fn is_cited(&self, delivery: DeliveryId, gig: GigId) -> Result<bool, StoreError> {
        let live: BTreeSet<(ActorId, String)> = self
            .vouches(gig)
            .await?
            .into_iter()
            .filter(|vouch| vouch.undone.is_none())
            .map(|vouch| (vouch.by, vouch.evidence))
            .collect();
        if live.is_empty() {
            return Ok(false);
        }
        for (key, _) in self.keys(&layout::deeds_of(delivery, EngagementKind::Reply), usize::MAX).await? {
            let Some(id) = layout::read_deed(&key) else { continue };
            let reply = self.read::<Engagement>(&layout::engagement(gig, id)).await?.map(|read| read.value);
            if let Some(Engagement { actor, evidence: Some(evidence), .. }) = reply
                && live.contains(&(actor, evidence))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn known_vouches(&self, gig: GigId) -> Result<BTreeMap<VouchKey, KnownVouch>, StoreError> {
        let mut known = BTreeMap::new();
        for (key, _) in self.keys(&layout::vouches_of(gig), usize::MAX).await? {
            if let Some(Read { value, head }) = self.read::<Vouch>(&key).await? {
                let name = (value.by, value.whom, value.evidence.clone());
                known.insert(name, KnownVouch { after: Some(value.clone()), before: Some(Read { value, head }) });
            }
        }
        Ok(known)
    }

    async fn commit_watching(&self, watching: &mut Watching, mut batch: Batch) -> Result<Commit, StoreError> {
        let key = layout::watched(watching.delivery);
        let due = watching.state.due;
        if due != Some(watching.at) {
            batch.delete.push(layout::watch(watching.at, watching.delivery));
            if let Some(at) = due {
                batch.put.push((layout::watch(at, watching.delivery), Vec::new()));
            }
        }
        batch.expect.push((key.clone(), watching.head.clone()));
        layout::put(&mut batch, key, &watching.state, watching.head.as_ref());
        let head = batch.put.last().map(|(_, head)| Bytes::copy_from_slice(head));
        let commit = self.store.commit(batch).await?;
        if commit == Commit::Applied {
            watching.head = head;
            watching.at = due.unwrap_or(watching.at);
        }
        Ok(commit)
    }
}

impl Reading {
    fn after(mut self, end: End, unnamed_vouches: u32) -> Self {
        self.unnamed_vouches = self.unnamed_vouches.saturating_add(unnamed_vouches);
        match end {
            End::More(next) => {
                self.from = Some(next);
                self.pages += 1;
            }
            End::Whole | End::Cut => {
                self.kinds.remove(0);
                (self.from, self.pages) = (None, 0);
            }
        }
        self
    }
}

/// By whom, for whom, on what evidence.
type VouchKey = (ActorId, ActorId, String);

/// A vouch as it is stored, and as it will be.
struct KnownVouch {
    before: Option<Read<Vouch>>,
    after: Option<Vouch>,
}

impl KnownVouch {
    fn write(&self, batch: &mut Batch, key: layout::Key) {
        let head = self.before.as_ref().map(|read| &read.head);
        match &self.after {
            Some(after) if self.before.as_ref().is_none_or(|read| read.value != *after) => {
                // Of another level it is another piece.
                if let Some(before) = &self.before {
                    evidence::vouched(batch, &before.value, Stands::Forgotten);
                }
                evidence::vouched(batch, after, Stands::AsSaid);
                by_actor::note(batch, &key, [after.by, after.whom]);
                layout::put(batch, key, after, head);
            }
            None => {
                if let Some(before) = &self.before {
                    evidence::vouched(batch, &before.value, Stands::Forgotten);
                    by_actor::remove(batch, &key, [before.value.by, before.value.whom]);
                    layout::remove(batch, key, head);
                }
            }
            Some(_) => {}
        }
    }
}

/// What a page changes, as it is put together.
struct Page<'a> {
    batch: Batch,
    news: Vec<News>,
    post: PostOf<'a>,
    clock: WallClock,
    now: Timestamp,
    vouches: BTreeMap<VouchKey, KnownVouch>,
    refused: &'a BTreeSet<ActorId>,
}

impl Page<'_> {
    fn keep(&mut self, fresh: Engagement, vouched: &[Vouched], old: Option<Read<Engagement>>) {
        // Where the evidence moved, or its author is no longer to be named, vouches may rest on the former address.
        let mut addresses: BTreeSet<String> = fresh.evidence.iter().cloned().collect();
        if let Some(Read { value: old, head }) = old {
            addresses.extend(old.evidence.clone());
            let kept = Engagement { first_seen: old.first_seen, at: fresh.at.or(old.at), ..fresh.clone() };
            if kept != old {
                if kept.evidence != old.evidence {
                    // The same deed at another address is one piece still.
                    evidence::was_engaged(&mut self.batch, &old, &self.post.evidence());
                }
                self.put(&kept, Some(&head));
            }
            if old.undone.is_some() {
                self.news.push(News::Returned(kept));
            }
        } else {
            self.put(&fresh, None);
            self.news.push(News::Engaged(fresh.clone()));
        }
        if let Some(evidence) = &fresh.evidence {
            for one in vouched {
                if !self.stays_taken_back(&fresh, one.whom, evidence, &addresses) {
                    self.vouch(&fresh, *one, evidence);
                }
            }
        }
        self.unsay(fresh.actor, &addresses, |whom, evidence| {
            vouched.iter().any(|one| one.whom == whom) && fresh.evidence.as_deref() == Some(evidence)
        });
    }

    /// Whether its author took back what this post says of somebody; then it stays so where the post is to be read elsewhere now.
    fn stays_taken_back(
        &mut self,
        reply: &Engagement,
        whom: ActorId,
        evidence: &str,
        addresses: &BTreeSet<String>,
    ) -> bool {
        let buried = addresses.iter().find_map(|address| {
            let known = self.vouches.get(&(reply.actor, whom, address.clone()))?;
            known.after.clone().filter(Vouch::is_taken_back)
        });
        let Some(buried) = buried else { return false };
        let moved = Vouch { evidence: evidence.to_owned(), ..buried };
        let name = (reply.actor, whom, evidence.to_owned());
        self.vouches.entry(name).or_insert(KnownVouch { before: None, after: Some(moved) });
        true
    }

    fn vouch(&mut self, reply: &Engagement, Vouched { whom, level }: Vouched, evidence: &str) {
        let known = self
            .vouches
            .entry((reply.actor, whom, evidence.to_owned()))
            .or_insert(KnownVouch { before: None, after: None });
        match &mut known.after {
            Some(vouch) if vouch.undone.is_none() && vouch.level == level => return,
            Some(vouch) if vouch.undone.is_none() => {
                vouch.level = level;
                self.news.push(News::Reworded(vouch.clone()));
                return;
            }
            Some(vouch) => (vouch.undone, vouch.level) = (None, level),
            None => {
                known.after = Some(Vouch {
                    by: reply.actor,
                    whom,
                    gig: self.post.gig,
                    category: self.post.category.map(str::to_owned),
                    level,
                    evidence: evidence.to_owned(),
                    said: reply.at.unwrap_or(self.now),
                    undone: None,
                });
            }
        }
        self.news.extend(known.after.clone().map(News::Vouched));
    }

    /// The vouches of one author that rest on one of these addresses, but for those that are still said.
    fn unsay(&mut self, by: ActorId, addresses: &BTreeSet<String>, said: impl Fn(ActorId, &str) -> bool) {
        if self.clock == WallClock::Doubtful {
            return;
        }
        for ((author, whom, evidence), known) in &mut self.vouches {
            let Some(vouch) = known.after.as_mut().filter(|vouch| vouch.undone.is_none()) else { continue };
            if *author == by && addresses.contains(evidence) && !said(*whom, evidence) {
                vouch.undone = Some(self.now);
                self.news.push(News::Unsaid(vouch.clone()));
            }
        }
    }

    fn undo(&mut self, old: Read<Engagement>) {
        let Read { value: mut gone, head } = old;
        if gone.undone.is_some() {
            return;
        }
        gone.undone = Some(self.now);
        self.put(&gone, Some(&head));
        self.unsay(gone.actor, &gone.evidence.iter().cloned().collect(), |_, _| false);
        self.news.push(News::Undone(gone));
    }

    /// Their evidence names people who no longer wish it, so these go without a tombstone.
    fn forget_vouches_of(&mut self, refused: &BTreeSet<ActorId>) {
        for ((by, whom, _), known) in &mut self.vouches {
            if refused.contains(by) || refused.contains(whom) {
                known.after = None;
            }
        }
    }

    fn put(&mut self, engagement: &Engagement, head: Option<&Bytes>) {
        let key = layout::engagement(self.post.gig, engagement.id);
        by_actor::note(&mut self.batch, &key, [engagement.actor]);
        layout::put(&mut self.batch, key, engagement, head);
        let named = if self.refused.contains(&engagement.actor) { Named::Refuses } else { Named::May };
        evidence::engaged(&mut self.batch, engagement, &self.post.evidence(), named);
    }
}

impl PostOf<'_> {
    fn evidence(&self) -> evidence::Of<'_> {
        evidence::Of { poster: self.poster, category: self.category, uri: self.uri }
    }

    /// The id of what someone did to this post; `address` is that of the reply or quote.
    pub fn deed(&self, kind: EngagementKind, actor: ActorId, address: Option<&str>) -> EngagementId {
        EngagementId::from_deed(self.uri, kind, actor, address)
    }
}
