//! Whatever an actor has part in is found by them, and nothing that is gone is.

use super::known::{self, HANDLE, actors, fill, filled, freelancer, linked, other, poster};
use super::{NOON, later, rows};
use crate::clock::WallClock;
use crate::config::Keep;
use crate::engagement::{Engagement, Vouch, Vouched};
use crate::gig::{Gig, Status};
use crate::id::{ActorId, DeliveryId, EngagementId};
use crate::person::Identity;
use crate::plan::samples;
use crate::ports::{Batch, Commit, Store};
use crate::profile::EngagementKind;
use crate::secret::Secret;
use crate::store::layout;
use crate::store::ledger::catalogue::Kind;
use crate::store::ledger::{
    Deed, DueWatch, End, GigRecord, Heard, Invite, Ledger, Listed, Owned, PostOf, Reading, Watching,
};
use crate::store::memory::MemoryStore;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const POST: &str = "https://town.example/@acme/1";

/// The keys by which rows are found.
async fn found(store: &MemoryStore) -> BTreeSet<Bytes> {
    let is_index = |key: &Bytes| Kind::of(key).unwrap().name == "by_actor";
    rows(store).await.into_keys().filter(is_index).collect()
}

/// Each row is found by those who have part in it, and by no one else. Answers how many of these keys there are.
async fn is_whole(store: &MemoryStore, ledger: &Ledger) -> usize {
    let mut wanted = BTreeSet::new();
    for (key, head) in rows(store).await {
        for actor in ledger.actors_in(&key, &head).await.unwrap() {
            wanted.insert(Bytes::from(layout::by_actor(actor, &key)));
        }
    }
    let found = found(store).await;
    assert_eq!(found, wanted);
    found.len()
}

fn empty() -> (MemoryStore, Ledger) {
    let store = MemoryStore::new();
    (store.clone(), Ledger::new(Arc::new(store)))
}

fn identity(url: &str) -> Identity {
    Identity {
        account: known::account(),
        person: freelancer().id,
        network: "town".to_owned(),
        server: "https://town.example".to_owned(),
        native: known::NATIVE.to_owned(),
        handle: HANDLE.to_owned(),
        url: url.to_owned(),
        since: NOON,
    }
}

#[tokio::test]
async fn what_is_somebodys_is_found_by_them_until_it_is_forgotten() {
    let (store, ledger) = filled().await;
    // Of each account its two names; two deeds of theirs and one of another's; two vouches with two parties each.
    assert_eq!(is_whole(&store, &ledger).await, 2 * 2 + 3 + 2 * 2);
    assert_eq!(ledger.vouches_with(&actors()).await.unwrap().len(), 2);
    assert_eq!(ledger.vouches_with(&[actors()[0], other()]).await.unwrap().len(), 2, "each once");
    assert!(
        ledger.person_of(actors()[1]).await.unwrap().is_some() && ledger.person_of(other()).await.unwrap().is_none()
    );

    let account = ledger.account(linked()).await.unwrap().unwrap();
    ledger.unlink(&account, NOON).await.unwrap();
    assert_eq!(is_whole(&store, &ledger).await, 2 + 3 + 2 * 2);
    ledger.forget_person(poster().id, NOON).await.unwrap().unwrap();
    assert_eq!(is_whole(&store, &ledger).await, 3, "what they did stays as a number");
    assert!(ledger.person_of(actors()[1]).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_becomes_a_poster_is_found_as_before() {
    let (store, ledger) = empty();
    fill(&store, &ledger, &freelancer()).await;
    let before = found(&store).await;
    let invite = Invite { name: "Lindqvist & Co".to_owned(), made: NOON, until: later(60) };
    ledger.keep_invite(&Secret::new("invitation"), &invite).await.unwrap();
    let (invitation, cookie) = (Secret::new("invitation"), Secret::new("cookie"));
    ledger.accept_invite(&invitation, &cookie, Some(freelancer().id), NOON).await.unwrap().unwrap();
    is_whole(&store, &ledger).await;
    assert_eq!(found(&store).await, before);
}

#[tokio::test]
async fn an_account_that_moved_is_found_by_its_new_address_alone() {
    let (store, ledger) = empty();
    let moved = "https://town.example/@ana";
    for url in [known::URL, moved] {
        assert_eq!(ledger.know(&freelancer(), &identity(url)).await, Ok(Owned::Theirs));
        assert_eq!(is_whole(&store, &ledger).await, 2);
    }
    let by = |url: &str| ActorId::from_uri("town", url);
    assert!(
        ledger.person_of(by(moved)).await.unwrap().is_some()
            && ledger.person_of(by(known::URL)).await.unwrap().is_none()
    );
}

#[tokio::test]
async fn what_lies_in_an_older_store_is_found_once_it_is_opened() {
    let (store, ledger) = filled().await;
    let whole = found(&store).await;
    store.commit(Batch { delete: whole.iter().map(|key| key.to_vec()).collect(), ..Batch::default() }).await.unwrap();
    assert_eq!(ledger.deeds_by(&actors()).await.unwrap(), [], "as an older gigcast left it");
    ledger.fill_by_actor().await.unwrap();
    assert_eq!(found(&store).await, whole);
    assert_eq!(is_whole(&store, &ledger).await, whole.len());
    let one = whole.first().unwrap().to_vec();
    store.commit(Batch { delete: vec![one], ..Batch::default() }).await.unwrap();
    ledger.fill_by_actor().await.unwrap();
    assert_eq!(found(&store).await.len(), whole.len() - 1, "once is enough");
}

/// A gig that is over, and its post, which is read back.
struct Read {
    ledger: Ledger,
    gig: Gig,
    watching: Watching,
}

impl Read {
    async fn of(store: &MemoryStore) -> Self {
        let ledger = Ledger::new(Arc::new(store.clone()));
        let gig = Gig { status: Status::Filled, ..samples::gig() };
        let record = GigRecord { gig: gig.clone(), heard: Heard::Baseline, source_says: None, said_at: None };
        assert_eq!(ledger.take_in(&record, None, &[], Vec::new(), NOON).await, Ok(Commit::Applied));
        let due = DueWatch { at: NOON, delivery: DeliveryId::of(&[b"delivery"]) };
        let watching = ledger.watching(due).await.unwrap();
        Self { ledger, gig, watching }
    }

    /// One page, which is all that stands under the post now.
    async fn page(&mut self, number: u64, page: Listed) {
        let (from, kinds) = (None, vec![EngagementKind::Reply]);
        self.watching.state.reading = Some(Reading { number, kinds, from, pages: 0, band: 0, unnamed_vouches: 0 });
        let (gig, account) = (self.gig.id, samples::account("1").id);
        let post = PostOf { gig, account, poster: self.gig.poster, category: None, uri: POST };
        let (end, clock) = (End::Whole, WallClock::Sound);
        self.ledger.keep_page(&mut self.watching, post, page, end, clock, NOON).await.unwrap().unwrap();
    }

    fn reply(&self, actor: ActorId, whom: Option<ActorId>) -> Listed {
        let address = format!("https://town.example/{actor}/1");
        let kind = EngagementKind::Reply;
        let engagement = Engagement {
            id: EngagementId::from_deed(POST, kind, actor, Some(&address)),
            gig: self.gig.id,
            account: samples::account("1").id,
            kind,
            actor,
            first_seen: NOON,
            at: None,
            evidence: Some(address),
            undone: None,
            words: None,
        };
        let vouched = whom.map(|whom| Vouched { whom, level: Vouch::WORKED_WITH }).into_iter().collect();
        Listed { deeds: vec![Deed { engagement, vouched }], ..Listed::default() }
    }
}

#[tokio::test]
async fn what_is_read_back_is_found_by_its_actors_until_its_gig_is_removed() {
    let store = MemoryStore::new();
    let mut read = Read::of(&store).await;
    let ledger = read.ledger.clone();
    let [ana, _] = actors();
    read.page(1, read.reply(ana, Some(other()))).await;
    assert_eq!(is_whole(&store, &ledger).await, 3);
    assert_eq!(ledger.deeds_by(&[ana]).await.unwrap().len(), 1);
    assert_eq!(ledger.vouches_with(&[other()]).await.unwrap()[0].by, ana);
    // Edited, it vouches no more; then its author is not to be named.
    read.page(2, read.reply(ana, None)).await;
    assert_eq!(is_whole(&store, &ledger).await, 3, "what is undone is held still");
    read.page(3, Listed { refused: BTreeSet::from([ana]), ..read.reply(ana, None) }).await;
    assert_eq!(is_whole(&store, &ledger).await, 1);

    let keep = Keep { closed_gigs: Some(Duration::from_hours(1)), ..Keep::default() };
    while ledger.retain(&keep, later(7200), 100).await.unwrap().is_none() {}
    assert!(ledger.gig(read.gig.id).await.unwrap().is_none(), "its time is over");
    assert_eq!(is_whole(&store, &ledger).await, 0);
}

#[tokio::test]
async fn a_gig_that_is_removed_with_a_vouch_that_is_over_leaves_nothing_to_be_found() {
    let store = MemoryStore::new();
    let mut read = Read::of(&store).await;
    let ledger = read.ledger.clone();
    read.page(1, read.reply(actors()[0], Some(other()))).await;
    read.page(2, read.reply(actors()[0], None)).await;
    let keep = Keep { closed_gigs: Some(Duration::from_hours(1)), ..Keep::default() };
    while ledger.retain(&keep, later(7200), 100).await.unwrap().is_none() {}
    assert_eq!(found(&store).await, BTreeSet::new());
    assert!(ledger.gig(read.gig.id).await.unwrap().is_none());
}
