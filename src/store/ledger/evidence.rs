//! What anyone did for or against anyone, as the trust network reads it: one piece per deed, under both names.
//!
//! A piece is written in the very batch that writes what it was read from (a reshare, a vouch in a reply, a click on a page), and goes in the
//! batch that undoes it: undone evidence is as if it had never been. What it was read from keeps its own tombstone.

use super::Ledger;
use crate::clock::Timestamp;
use crate::engagement::{Engagement, Vouch};
use crate::id::{ActorId, PersonId, digest};
use crate::ports::{Batch, Commit, StoreError};
use crate::profile::EngagementKind;
use crate::store::layout::{self, Record};
use crate::trust::{AsOf, Deed, Dispute, Evidence, Kind, Level, Over, Party, admit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One piece of evidence without its two parties, who are its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) deed: Deed,
    pub(super) category: Option<String>,
    pub(super) at: Timestamp,
    pub(super) source: String,
}

impl From<Evidence> for Piece {
    fn from(evidence: Evidence) -> Self {
        let Evidence { deed, category, at, source, .. } = evidence;
        Self { deed, category, at, source }
    }
}

impl Record for Piece {
    const VERSION: u8 = 1;
}

/// What somebody says of somebody on a page of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub by: PersonId,
    pub about: Party,
    pub deed: Deed,
    pub category: Option<String>,
    pub at: Timestamp,
    /// The page it was said on.
    pub source: String,
}

impl Word {
    fn as_piece(&self, deed: Deed) -> Piece {
        Piece { deed, category: self.category.clone(), at: self.at, source: self.source.clone() }
    }
}

/// What takes the place of what, where both are said on one page for one kind of work.
fn same_sort(deed: Deed) -> Vec<Deed> {
    match deed {
        Deed::Vouch(_) => [Level::KnowsTheWork, Level::WorkedWith, Level::WouldHireAgain].map(Deed::Vouch).to_vec(),
        other => vec![other],
    }
}

impl Ledger {
    /// What this party did, oldest first.
    pub async fn evidence_by(&self, by: Party) -> Result<Vec<Evidence>, StoreError> {
        let mut found = Vec::new();
        for (key, value) in self.keys(&layout::evidence_by(by), usize::MAX).await? {
            found.extend(self.piece(&key, &value).await?);
        }
        Ok(admitted(found))
    }

    /// What was done for and against this party, and for its gigs.
    pub async fn evidence_about(&self, about: Party) -> Result<Vec<Evidence>, StoreError> {
        let mut found = Vec::new();
        for by in self.authors_about(about).await? {
            found.extend(self.evidence_between(by, about).await?);
        }
        Ok(found)
    }

    /// In which kinds of work anyone speaks for this party.
    pub async fn kinds_of_work(&self, about: Party) -> Result<BTreeSet<Option<String>>, StoreError> {
        let mut kinds = BTreeSet::new();
        for by in self.authors_about(about).await? {
            // Whether they count plays no part, so what else their author said is not read.
            for (key, value) in self.keys(&layout::evidence_between(by, about), usize::MAX).await? {
                let piece = self.piece(&key, &value).await?;
                kinds.extend(piece.filter(|piece| piece.deed.is_of_work()).map(|piece| piece.category));
            }
        }
        Ok(kinds)
    }

    async fn authors_about(&self, about: Party) -> Result<BTreeSet<Party>, StoreError> {
        let rows = self.keys(&layout::evidence_about_all(about), usize::MAX).await?;
        Ok(rows.iter().filter_map(|(key, _)| layout::read_evidence(key)).map(|(_, by)| by).collect())
    }

    /// All that the one did for and against the other.
    pub async fn evidence_between(&self, by: Party, about: Party) -> Result<Vec<Evidence>, StoreError> {
        // Whether a piece counts depends on what else its author did that day.
        Ok(self.evidence_by(by).await?.into_iter().filter(|piece| piece.about == about).collect())
    }

    /// All evidence on record.
    pub async fn all_evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        let mut authors: BTreeMap<Party, Vec<Evidence>> = BTreeMap::new();
        for (key, value) in self.keys(&layout::all_evidence(), usize::MAX).await? {
            if let Some(piece) = self.piece(&key, &value).await? {
                authors.entry(piece.by).or_default().push(piece);
            }
        }
        Ok(authors.into_values().flat_map(admitted).collect())
    }

    /// Somebody says something of somebody here. A vouch takes the place of the one they said here before for the same kind of work.
    pub async fn say(&self, word: &Word) -> Result<(), StoreError> {
        loop {
            let mut batch = Batch::default();
            self.drop_words(&mut batch, word).await?;
            record(&mut batch, Party::Person(word.by), word.about, &word.as_piece(word.deed));
            // Where the same person says two things at once, the later one takes the place of the earlier.
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(());
            }
        }
    }

    /// Takes back what was said here of this sort. Answers whether there was anything.
    pub async fn unsay(&self, word: &Word) -> Result<bool, StoreError> {
        loop {
            let mut batch = Batch::default();
            self.drop_words(&mut batch, word).await?;
            let any = !batch.delete.is_empty();
            if self.store.commit(batch).await? == Commit::Applied {
                return Ok(any);
            }
        }
    }

    async fn drop_words(&self, batch: &mut Batch, word: &Word) -> Result<(), StoreError> {
        let by = Party::Person(word.by);
        // Expect the keys that a competing word would use, so that two at once conflict.
        for deed in same_sort(word.deed) {
            let key = layout::evidence(by, word.about, &id(by, &word.as_piece(deed)));
            let known = self.store.get(&key).await?;
            batch.expect.push((key, known));
        }
        let mut dropped = Vec::new();
        // Whether they count plays no part, so what else its author said that day is not read.
        for (key, value) in self.keys(&layout::evidence_between(by, word.about), usize::MAX).await? {
            let Some(piece) = self.piece(&key, &value).await? else { continue };
            let same_sort = match (piece.deed, word.deed) {
                (Deed::Vouch(_), Deed::Vouch(_)) => piece.category == word.category,
                (Deed::Dispute(..), Deed::Dispute(..)) => true,
                (one, other) => one == other && piece.category == word.category,
            };
            if same_sort {
                dropped.push(piece);
            }
        }
        self.bury_brought(batch, &dropped).await?;
        for piece in dropped {
            strike(batch, by, word.about, &Piece::from(piece));
        }
        Ok(())
    }

    /// Adds to a batch that all that one party did, and all that was done to it, is another's from now on.
    pub(super) async fn move_evidence(&self, batch: &mut Batch, was: Party, is: Party) -> Result<(), StoreError> {
        let renamed = |party: Party| if party == was { is } else { party };
        let (by, about) = (self.evidence_by(was).await?, self.evidence_about(was).await?);
        for one in by.into_iter().chain(about) {
            let (by, about, piece) = (one.by, one.about, Piece::from(one));
            strike(batch, by, about, &piece);
            record(batch, renamed(by), renamed(about), &piece);
        }
        self.move_imports(batch, was, is).await?;
        self.move_hires(batch, was, is).await
    }

    /// Adds to a batch that nothing is on record of what a party did or what was done to it.
    pub(super) async fn forget_evidence(&self, batch: &mut Batch, party: Party) -> Result<(), StoreError> {
        let (by, about) = (self.evidence_by(party).await?, self.evidence_about(party).await?);
        for one in by.into_iter().chain(about) {
            strike(batch, one.by, one.about, &Piece::from(one));
        }
        self.forget_hires(batch, party).await
    }

    async fn piece(&self, key: &[u8], value: &bytes::Bytes) -> Result<Option<Evidence>, StoreError> {
        let Some((by, about)) = layout::read_evidence(key) else { return Ok(None) };
        let Piece { deed, category, at, source } = self.open(key, value).await?;
        Ok(Some(Evidence { by, about, category, deed, at, source, admission: admit(deed, 0) }))
    }
}

/// Oldest first, and beyond so many a day without weight.
fn admitted(mut of_one: Vec<Evidence>) -> Vec<Evidence> {
    of_one.sort_by(|a, b| (a.at, a.about, a.deed, &a.source).cmp(&(b.at, b.about, b.deed, &b.source)));
    let mut day = None;
    let mut counts: BTreeMap<bool, u32> = BTreeMap::new();
    for piece in &mut of_one {
        let today = AsOf::day_of(piece.at);
        if day.replace(today) != Some(today) {
            counts.clear();
        }
        let earlier = counts.entry(piece.deed.kind() == Kind::Help).or_default();
        piece.admission = admit(piece.deed, *earlier);
        *earlier += 1;
    }
    of_one
}

/// Adds to a batch that an engagement of a poster's gig is evidence, or is none any more.
pub(super) fn engaged(batch: &mut Batch, engagement: &Engagement, post: &Of<'_>, named: Named) {
    let Some(piece) = piece_of(engagement, post) else { return };
    let stands = engagement.undone.is_none() && named == Named::May;
    write(batch, engagement.actor, Party::Person(post.poster), &piece, stands);
}

/// Adds to a batch that an engagement is no evidence as it was known before: it may be to be read elsewhere now.
pub(super) fn was_engaged(batch: &mut Batch, engagement: &Engagement, post: &Of<'_>) {
    let Some(piece) = piece_of(engagement, post) else { return };
    write(batch, engagement.actor, Party::Person(post.poster), &piece, false);
}

fn piece_of(engagement: &Engagement, post: &Of<'_>) -> Option<Piece> {
    let deed = match engagement.kind {
        EngagementKind::Reshare => Deed::Reshare,
        EngagementKind::Quote => Deed::Quote,
        EngagementKind::Reply => Deed::Reply,
        EngagementKind::Like => return None,
    };
    let source = engagement.evidence.clone().unwrap_or_else(|| post.uri.to_owned());
    let at = engagement.at.unwrap_or(engagement.first_seen);
    Some(Piece { deed, category: post.category.map(str::to_owned), at, source })
}

/// Whether a vouch is still on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// It may have been taken back by its author.
    AsSaid,
    Forgotten,
}

/// Adds to a batch that a vouch is evidence, or is none any more.
pub(super) fn vouched(batch: &mut Batch, vouch: &Vouch, stands: Stands) {
    let Some(level) = Level::from_number(vouch.level) else { return };
    let (category, source) = (vouch.category.clone(), vouch.evidence.clone());
    let piece = Piece { deed: Deed::Vouch(level), category, at: vouch.said, source };
    write(batch, vouch.by, Party::Actor(vouch.whom), &piece, stands == Stands::AsSaid && vouch.undone.is_none());
}

/// Whose post was engaged with.
pub(super) struct Of<'a> {
    pub poster: PersonId,
    pub category: Option<&'a str>,
    pub uri: &'a str,
}

/// Whether someone may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    May,
    Refuses,
}

fn write(batch: &mut Batch, by: ActorId, about: Party, piece: &Piece, stands: bool) {
    let by = Party::Actor(by);
    if stands { record(batch, by, about, piece) } else { strike(batch, by, about, piece) }
}

pub(super) fn record(batch: &mut Batch, by: Party, about: Party, piece: &Piece) {
    let id = id(by, piece);
    layout::put(batch, layout::evidence(by, about, &id), piece, None);
    batch.put.push((layout::evidence_about(about, by, &id), Vec::new()));
}

pub(super) fn strike(batch: &mut Batch, by: Party, about: Party, piece: &Piece) {
    let id = id(by, piece);
    batch.delete.push(layout::evidence(by, about, &id));
    batch.delete.push(layout::evidence_about(about, by, &id));
}

/// By what was done and where it is to be read: a deed that is heard of twice is one piece.
fn id(by: Party, piece: &Piece) -> [u8; 10] {
    // Of one another people have one warning at a time, whatever it is over and for which kind of work.
    let (deed, category) = match (by, piece.deed) {
        (Party::Person(_), Deed::Dispute(..)) => (Deed::Dispute(Dispute::Grave, Over::BadWork), ""),
        // One page takes somebody's word for several kinds of work. A post is about one gig, whose kind may be set right later.
        (Party::Person(_), deed) => (deed, piece.category.as_deref().unwrap_or_default()),
        (Party::Actor(_), deed) => (deed, ""),
    };
    let deed = postcard::to_stdvec(&deed).expect("a deed holds nothing that cannot be written");
    let mut id = [0; 10];
    id.copy_from_slice(&digest("evidence", &[&deed, category.as_bytes(), piece.source.as_bytes()])[..10]);
    id
}
