//! What has been over for longer than it is to be kept goes, a little at a time (docs/decisions/0026).
//!
//! A round goes through all gigs, then their other names, then what could not be taken in. Each step removes a few records in one batch, together with
//! the place where the next step goes on: stopped anywhere, the round goes on there. Whatever a step decides by, it expects unchanged.
//!
//! What somebody's standing rests on stays: a gig that a hire or a living vouch cites is kept whole, and evidence is never touched. Of a gig that goes a
//! small mark is left for good: its page can say so, its id is not given again, and a source that shows it once more announces nothing.

use super::gigs::{GigRecord, Named, RefusedItem};
use super::shelves::unshelve;
use super::turns::aside;
use super::{Ledger, PAGE, Read, Watched, by_actor};
use crate::clock::Timestamp;
use crate::config::Keep;
use crate::engagement::{Engagement, Vouch};
use crate::gig::Status;
use crate::id::{ActorId, DeliveryId, GigId, PersonId, SourceId};
use crate::outbox::{Announcement, Delivery, State};
use crate::ports::{Batch, Commit, StoreError};
use crate::profile::EngagementKind;
use crate::referral::Interest;
use crate::store::layout::{self, Key, Record};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

/// How much was removed, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removals {
    /// Gigs, each with all that belonged to it.
    pub gigs: u64,
    /// Reshares, quotes and replies of which the words, or all but the count, are gone.
    pub engagements: u64,
    /// Lines of gigs' stories.
    pub stories: u64,
    /// Deliveries whose tries are no longer told.
    pub tries: u64,
    /// Items that could not be taken in.
    pub refused: u64,
}

/// One round that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub began: Timestamp,
    pub ended: Timestamp,
    pub removals: Removals,
}

/// That a gig was here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub at: Timestamp,
    /// When a source last showed it all the same.
    pub seen: Timestamp,
    pub source: SourceId,
    pub poster: PersonId,
}

impl Record for Removed {
    const VERSION: u8 = 1;
}

/// How far the present round has come, and how the last one ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Round {
    began: Timestamp,
    /// Where it goes on; nothing once it is over.
    from: Option<Key>,
    removals: Removals,
    last: Option<Run>,
}

impl Record for Round {
    const VERSION: u8 = 1;
}

/// From the beginning of one round to that of the next.
const EVERY: Duration = Duration::from_hours(24);
/// So many keys are passed by in one step, if there is nothing to remove.
const LOOKED_AT_ONCE: usize = 1000;
/// A removed gig that is seen again is noted once in this time.
const SEEN_EVERY: Duration = Duration::from_hours(24);

/// Whether there is more to be done about the same thing.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    More,
}

/// What a step does, as it is put together.
struct Work<'a> {
    keep: &'a Keep,
    now: Timestamp,
    batch: Batch,
    /// So many records may still go.
    room: usize,
    removals: Removals,
    /// Gigs that are still to be planned: somebody is about to write of them.
    unplanned: BTreeSet<GigId>,
}

impl Ledger {
    /// One small step of a round: removes at most `limit` records, more only where a gig's last ones go together. Answers the round when this
    /// ended it. Between rounds, and where everything is kept for ever, it does nothing.
    pub async fn retain(&self, keep: &Keep, now: Timestamp, limit: usize) -> Result<Option<Run>, StoreError> {
        if *keep == Keep::default() {
            return Ok(None);
        }
        let key = layout::meta("retention");
        let known = self.read::<Round>(&key).await?;
        let (head, last) = (known.as_ref().map(|known| known.head.clone()), known.as_ref().and_then(|k| k.value.last));
        let mut round = match known.map(|known| known.value) {
            Some(round) if round.from.is_some() => round,
            // A round that began in the future was begun by a clock that has been set back.
            Some(round) if round.began <= now && now < round.began.plus(EVERY) => return Ok(None),
            Some(_) | None => Round { began: now, from: Some(layout::gigs()), removals: Removals::default(), last },
        };
        let from = round.from.take().unwrap_or_default();
        let unplanned = self.unplanned(usize::MAX).await?.into_iter().map(|note| note.gig).collect();
        let (batch, removals) = (Batch::default(), Removals::default());
        let mut work = Work { keep, now, batch, room: limit, removals, unplanned };
        round.from = self.go_on_clearing(&mut work, from).await?;
        round.removals += work.removals;
        let ended = Run { began: round.began, ended: now, removals: round.removals };
        if round.from.is_none() {
            round.last = Some(ended);
        }
        let is_over = round.from.is_none();
        let mut batch = work.batch;
        layout::put(&mut batch, key.clone(), &round, head.as_ref());
        batch.expect.push((key, head));
        // What changed meanwhile is looked at again by the next step.
        let applied = self.store.commit(batch).await? == Commit::Applied;
        Ok((applied && is_over).then_some(ended))
    }

    /// The last round that came to its end.
    pub async fn last_retention(&self) -> Result<Option<Run>, StoreError> {
        Ok(self.read::<Round>(&layout::meta("retention")).await?.and_then(|read| read.value.last))
    }

    /// Whether a gig was here and is on record no more.
    pub async fn removed(&self, gig: GigId) -> Result<Option<Removed>, StoreError> {
        Ok(self.read(&layout::removed(gig)).await?.map(|read| read.value))
    }

    /// How many gigs of this poster were here and are no more.
    pub async fn removed_of(&self, poster: PersonId) -> Result<usize, StoreError> {
        let all: Vec<Removed> = self.list(&layout::all_removed(), usize::MAX).await?;
        Ok(all.iter().filter(|mark| mark.poster == poster).count())
    }

    /// A source shows a gig that was removed: its other names are kept the longer for it.
    pub async fn note_seen_removed(&self, gig: GigId, removed: &Removed, now: Timestamp) -> Result<(), StoreError> {
        if now < removed.seen.plus(SEEN_EVERY) {
            return Ok(());
        }
        let mut batch = Batch::default();
        layout::put(&mut batch, layout::removed(gig), &Removed { seen: now, ..*removed }, None);
        self.store.commit(batch).await.map(drop)
    }

    /// Goes on from a key until the work fills its room, or enough was looked at. Answers where the next step goes on.
    async fn go_on_clearing(&self, work: &mut Work<'_>, mut from: Key) -> Result<Option<Key>, StoreError> {
        let mut looked = 0;
        let spaces = [layout::gigs(), layout::aliases(), layout::all_refused()];
        while let Some(space) = spaces.iter().find(|space| from < layout::end_of(space)) {
            let begin = from.clone().max(space.clone());
            let page = self.store.scan(&begin, &layout::end_of(space), PAGE).await?;
            if page.is_empty() {
                from = layout::end_of(space);
            }
            for (key, _) in page {
                if work.room == 0 || looked == LOOKED_AT_ONCE {
                    return Ok(Some(key.to_vec()));
                }
                let left = if *space == layout::gigs() {
                    self.clear_gig(work, &key).await?
                } else if *space == layout::aliases() {
                    self.clear_alias(work, key.to_vec()).await?
                } else {
                    self.clear_refused(work, key.to_vec()).await?
                };
                if left == Left::More {
                    return Ok(Some(key.to_vec()));
                }
                from = [key.as_ref(), &[0]].concat();
                looked += 1;
            }
        }
        Ok(None)
    }

    /// What is over of one gig; all of it, where that is due and nobody's standing rests on it.
    async fn clear_gig(&self, work: &mut Work<'_>, key: &[u8]) -> Result<Left, StoreError> {
        let (Some(id), Some(Read { value: record, head })) =
            (layout::read_gig(key), self.read::<GigRecord>(key).await?)
        else {
            return Ok(Left::Nothing);
        };
        let keep = work.keep;
        let times = [keep.closed_gigs, keep.engagements, keep.stories, keep.tries];
        let is_due = times.into_iter().any(|kept| work.is_over(kept, record.gig.revised));
        if record.gig.status == Status::Open || !is_due || work.unplanned.contains(&id) {
            return Ok(Left::Nothing);
        }
        let before = work.batch.expect.len();
        work.expect(key.to_vec(), Some(head.clone()));
        // All that a read of its posts writes, it writes with the watch: what is expected there fences off the rest.
        let mut announced = Vec::new();
        for (key, _) in self.keys(&layout::announcements_of(id), usize::MAX).await? {
            if let Some(Read { value, head }) = self.read::<Announcement>(&key).await? {
                work.expect(key.to_vec(), Some(head));
                announced.push(value);
            }
        }
        let cited = self.cited(id).await?;
        let is_free = cited.is_empty()
            && announced.iter().all(|announcement| announcement.open.is_none())
            && self.keys(&layout::hires_for(id), 1).await?.is_empty();
        let gone = is_free && work.is_over(work.keep.closed_gigs, record.gig.revised);
        let was = work.batch.put.len() + work.batch.delete.len();
        let left = if gone {
            self.remove_gig(work, &record, &head, &announced).await?
        } else {
            self.thin(work, &record, &announced, &cited).await?
        };
        if work.batch.put.len() + work.batch.delete.len() == was {
            // Nothing was decided, so nothing needs to stay as it is.
            work.batch.expect.truncate(before);
        }
        Ok(left)
    }

    /// By whom, and where, the vouches that live under a gig were said.
    async fn cited(&self, gig: GigId) -> Result<BTreeSet<(ActorId, String)>, StoreError> {
        let living = |vouch: &Vouch| vouch.undone.is_none();
        Ok(self.vouches(gig).await?.into_iter().filter(living).map(|vouch| (vouch.by, vouch.evidence)).collect())
    }

    /// What belongs to a gig goes first, as far as there is room; the gig itself, and what says what stands on the networks, goes with the last of it.
    async fn remove_gig(
        &self,
        work: &mut Work<'_>,
        record: &GigRecord,
        head: &bytes::Bytes,
        announced: &[Announcement],
    ) -> Result<Left, StoreError> {
        let gig = &record.gig;
        let steps: Vec<DeliveryId> = announced.iter().flat_map(steps).collect();
        for delivery in &steps {
            let key = layout::watched(*delivery);
            let watched = self.read::<Watched>(&key).await?;
            work.expect(key, watched.map(|watched| watched.head));
        }
        // Read behind the watches: a vouch that came with the last page counts.
        if !self.cited(gig.id).await?.is_empty() {
            return Ok(Left::Nothing);
        }
        let mut belongs = vec![
            layout::engagements_of(gig.id),
            layout::vouches_of(gig.id),
            layout::story_of(gig.id),
            layout::visits_of(gig.id),
            layout::interests_of(gig.id),
            layout::personal_codes_of(gig.id),
            layout::originals_of(gig.id),
        ];
        belongs.extend(steps.iter().map(|delivery| layout::all_deeds_of(*delivery)));
        for prefix in belongs {
            for (key, head) in self.keys(&prefix, work.room + 1).await? {
                if work.room == 0 {
                    return Ok(Left::More);
                }
                if prefix == layout::interests_of(gig.id) {
                    let interest: Interest = self.open(&key, &head).await?;
                    work.batch.delete.push(layout::interest_by_time(interest.at, gig.id, interest.id));
                }
                by_actor::remove(&mut work.batch, &key, self.actors_in(&key, &head).await?);
                layout::remove(&mut work.batch, key.to_vec(), Some(&head));
                work.room -= 1;
            }
        }
        for announcement in announced {
            work.batch.delete.push(layout::announcement(gig.id, announcement.account));
        }
        for id in steps {
            self.remove_delivery(work, id).await?;
        }
        let batch = &mut work.batch;
        unshelve(batch, gig);
        batch.delete.push(layout::gig_by_time(gig.first_seen, gig.id));
        batch.delete.push(layout::gig_of(gig.poster, gig.first_seen, gig.id));
        batch.delete.push(layout::on_list(gig.source, gig.id));
        layout::remove(batch, layout::gig(gig.id), Some(head));
        let mark = Removed { at: work.now, seen: work.now, source: gig.source, poster: gig.poster };
        layout::put(batch, layout::removed(gig.id), &mark, None);
        work.room = work.room.saturating_sub(1);
        work.removals.gigs += 1;
        Ok(Left::Nothing)
    }

    async fn remove_delivery(&self, work: &mut Work<'_>, id: DeliveryId) -> Result<(), StoreError> {
        let batch = &mut work.batch;
        if let Some(watched) = self.read::<Watched>(&layout::watched(id)).await? {
            batch.delete.extend(watched.value.due.map(|due| layout::watch(due, id)));
            layout::remove(batch, layout::watched(id), Some(&watched.head));
        }
        if let Some(post) = self.store.get(&layout::post(id)).await? {
            layout::remove(batch, layout::post(id), Some(&post));
        }
        if let Some(Read { value, head }) = self.read::<Delivery>(&layout::delivery(id)).await? {
            batch.delete.extend(aside(&value).map(|(which, since)| layout::aside(which, since, id)));
            layout::remove(batch, layout::delivery(id), Some(&head));
        }
        Ok(())
    }

    /// Of a gig that stays, what is over by itself.
    async fn thin(
        &self,
        work: &mut Work<'_>,
        record: &GigRecord,
        announced: &[Announcement],
        cited: &BTreeSet<(ActorId, String)>,
    ) -> Result<Left, StoreError> {
        let (gig, ended) = (record.gig.id, record.gig.revised);
        if work.is_over(work.keep.engagements, ended) {
            for (key, _) in self.keys(&layout::engagements_of(gig), usize::MAX).await? {
                let Some(Read { value: deed, head }) = self.read::<Engagement>(&key).await? else { continue };
                let kept = without_details(&deed, cited);
                if kept == deed {
                    continue;
                }
                if work.room == 0 {
                    return Ok(Left::More);
                }
                layout::put(&mut work.batch, key.to_vec(), &kept, Some(&head));
                work.expect(key.to_vec(), Some(head));
                work.room -= 1;
                work.removals.engagements += 1;
            }
        }
        if work.is_over(work.keep.stories, ended) {
            for (key, head) in self.keys(&layout::story_of(gig), work.room + 1).await? {
                if work.room == 0 {
                    return Ok(Left::More);
                }
                layout::remove(&mut work.batch, key.to_vec(), Some(&head));
                work.room -= 1;
                work.removals.stories += 1;
            }
        }
        if work.is_over(work.keep.tries, ended) {
            for id in announced.iter().flat_map(steps) {
                let key = layout::delivery(id);
                let Some(Read { value: delivery, head }) = self.read::<Delivery>(&key).await? else { continue };
                // What was given up is listed by its last try, with the network's words, for whoever tries it again.
                let settled = matches!(delivery.state, State::Delivered(_) | State::Dropped(_));
                if !settled || delivery.tries.is_empty() {
                    continue;
                }
                if work.room == 0 {
                    return Ok(Left::More);
                }
                let kept = Delivery { tries: Vec::new(), ..delivery };
                layout::put(&mut work.batch, key.clone(), &kept, Some(&head));
                work.expect(key, Some(head));
                work.room -= 1;
                work.removals.tries += 1;
            }
        }
        Ok(Left::Nothing)
    }

    /// Another name of a gig that was removed, once no source has shown it for as long as gigs are kept.
    async fn clear_alias(&self, work: &mut Work<'_>, key: Key) -> Result<Left, StoreError> {
        if work.keep.closed_gigs.is_none() {
            return Ok(Left::Nothing);
        }
        let Some(Read { value: Named(gig), head }) = self.read::<Named>(&key).await? else {
            return Ok(Left::Nothing);
        };
        if let Some(removed) = self.removed(gig).await?
            && work.is_over(work.keep.closed_gigs, removed.seen)
        {
            work.batch.delete.push(key.clone());
            work.expect(key, Some(head));
            work.room -= 1;
        }
        Ok(Left::Nothing)
    }

    async fn clear_refused(&self, work: &mut Work<'_>, key: Key) -> Result<Left, StoreError> {
        let Some(Read { value: item, head }) = self.read::<RefusedItem>(&key).await? else {
            return Ok(Left::Nothing);
        };
        if work.is_over(work.keep.refused, item.at) {
            layout::remove(&mut work.batch, key.clone(), Some(&head));
            work.expect(key, Some(head));
            work.room -= 1;
            work.removals.refused += 1;
        }
        Ok(Left::Nothing)
    }
}

impl Work<'_> {
    fn expect(&mut self, key: Key, head: Option<bytes::Bytes>) {
        self.batch.expect.push((key, head));
    }

    fn is_over(&self, kept: Option<Duration>, since: Timestamp) -> bool {
        kept.is_some_and(|kept| since.plus(kept) <= self.now)
    }
}

/// All deliveries that were ever opened for an announcement.
fn steps(announcement: &Announcement) -> impl Iterator<Item = DeliveryId> {
    let (gig, account) = (announcement.gig, announcement.account);
    (1..=announcement.step).map(move |step| DeliveryId::from_step(gig, account, step))
}

/// The words go, unless a living vouch was read from them; the address stays where the deed is evidence, which cites it.
fn without_details(deed: &Engagement, cited: &BTreeSet<(ActorId, String)>) -> Engagement {
    let is_cited = deed.evidence.clone().is_some_and(|evidence| cited.contains(&(deed.actor, evidence)));
    if is_cited {
        return deed.clone();
    }
    let is_evidence = deed.undone.is_none() && deed.kind != EngagementKind::Like;
    Engagement { words: None, evidence: deed.evidence.clone().filter(|_| is_evidence), ..deed.clone() }
}

impl AddAssign for Removals {
    fn add_assign(&mut self, more: Self) {
        self.gigs += more.gigs;
        self.engagements += more.engagements;
        self.stories += more.stories;
        self.tries += more.tries;
        self.refused += more.refused;
    }
}

impl Removals {
    pub fn all(&self) -> u64 {
        self.gigs + self.engagements + self.stories + self.tries + self.refused
    }
}

impl fmt::Display for Removals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.gigs, "gig", "gigs"),
            (self.engagements, "engagement's details", "engagements' details"),
            (self.stories, "line of a story", "lines of stories"),
            (self.tries, "delivery's tries", "deliveries' tries"),
            (self.refused, "refused item", "refused items"),
        ];
        let some: Vec<String> = kinds
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        f.write_str(if some.is_empty() { "nothing" } else { "" })?;
        f.write_str(&some.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_are_told_by_kind_and_nothing_is_told_as_such() {
        assert_eq!(Removals::default().to_string(), "nothing");
        let some = Removals { gigs: 1, engagements: 12, ..Removals::default() };
        assert_eq!((some.to_string().as_str(), some.all()), ("1 gig, 12 engagements' details", 13));
    }

    #[test]
    fn words_go_unless_a_living_vouch_was_read_from_them() {
        let actor = ActorId::of(&[b"bo"]);
        let deed = Engagement {
            id: crate::id::EngagementId::of(&[b"e"]),
            gig: GigId::of(&[b"g"]),
            account: crate::id::AccountId::of(&[b"a"]),
            kind: EngagementKind::Reply,
            actor,
            first_seen: Timestamp::EPOCH,
            at: None,
            evidence: Some("https://social.example/1".into()),
            undone: None,
            words: Some("I vouch for @cy".into()),
        };
        let cited = BTreeSet::from([(actor, "https://social.example/1".to_owned())]);
        assert_eq!(without_details(&deed, &cited), deed);
        let bare = without_details(&deed, &BTreeSet::new());
        assert_eq!((bare.words.as_deref(), bare.evidence.as_deref()), (None, Some("https://social.example/1")));
        let undone = Engagement { undone: Some(Timestamp::EPOCH), ..deed };
        assert_eq!(without_details(&undone, &BTreeSet::new()).evidence, None, "it is no evidence any more");
    }
}
