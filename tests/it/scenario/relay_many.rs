//! Many who relay one poster: what a gig costs grows with them, and not with their square.

use crate::support::fake_network::{FakeNetwork, profile};
use crate::support::through::{Alters, Through};
use crate::support::world::{NOON, World, brisk, sighting};
use bytes::Bytes;
use gigcast::clock::ManualClock;
use gigcast::gig::Sighting;
use gigcast::id::{AccountId, PersonId};
use gigcast::person::Person;
use gigcast::plan::relay::Relay;
use gigcast::ports::{Batch, BoxFuture, Commit, Store, StoreError};
use gigcast::store::memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The sub-space of announcements.
const ANNOUNCEMENT: u8 = 0x30;

/// Counts what is read of announcements by looking through those of a gig, and what is written.
#[derive(Debug, Default)]
struct Counting {
    behind: MemoryStore,
    announcements: AtomicUsize,
    commits: AtomicUsize,
}

impl Counting {
    /// So many announcements and commits since it was asked last.
    fn since(&self) -> (usize, usize) {
        (self.announcements.swap(0, Ordering::Relaxed), self.commits.swap(0, Ordering::Relaxed))
    }
}

impl Alters for Counting {
    fn behind(&self) -> &dyn Store {
        &self.behind
    }

    fn scanned<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        Box::pin(async move {
            let found = self.behind.scan(from, until, limit).await?;
            let announcements = found.iter().filter(|(key, _)| key.first() == Some(&ANNOUNCEMENT)).count();
            self.announcements.fetch_add(announcements, Ordering::Relaxed);
            Ok(found)
        })
    }

    fn committed(&self, batch: Batch) -> BoxFuture<'_, Result<Commit, StoreError>> {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.behind.commit(batch)
    }
}

/// What is planned in one moment is due in those behind it.
async fn settled(world: &World) {
    for _ in 0..2 {
        world.settle().await.unwrap();
        world.clock.advance(Duration::from_secs(1));
    }
    world.settle().await.unwrap();
}

/// What one gig reads and writes where so many relay its poster: until all have reshared it, and when it is changed then.
async fn counted(relaying: usize) -> [(usize, usize); 2] {
    let (clock, store) = (ManualClock::at(NOON), Arc::new(Through(Counting::default())));
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let world = World::start(Arc::<Through<Counting>>::clone(&store), network, clock, dir.path()).await.unwrap();
    world.link("acme", brisk()).await;
    for n in 0..relaying {
        let name = format!("r{n}");
        let person = Person::freelancer(AccountId::of(&[name.as_bytes()]), &name, NOON);
        world.ledger.welcome(&person).await.unwrap();
        let account = world.link_for(person.clone(), &name, brisk()).await.unwrap();
        let (poster, categories) = (PersonId::from_name("Acme"), Vec::new());
        let relay = Relay { poster, person: person.id, account: account.id, categories, since: NOON };
        world.ledger.switch_relay_on(&relay).await.unwrap();
    }
    store.since();
    world.take(&sighting("1")).await.unwrap();
    settled(&world).await;
    let out = store.since();
    let reshared = world.network.calls().into_iter().filter(|(verb, ..)| *verb == "reshare").count();
    assert_eq!(reshared, relaying, "all reshare it");
    world.take(&Sighting { title: Some("Logo and a sign for bakery 1".into()), ..sighting("1") }).await.unwrap();
    settled(&world).await;
    assert_eq!(world.network.standing("acme")[0].edits, 1);
    [out, store.since()]
}

#[tokio::test]
async fn what_a_gig_reads_grows_with_those_who_relay_it_and_no_faster() {
    let (one, two) = (counted(100).await, counted(200).await);
    let told = format!("announcements read and commits, of a post and of an edit: {one:?} for 100, {two:?} for 200");
    for n in 0..2 {
        assert!(two[n].0 <= 2 * one[n].0 + 10, "{told}");
        assert!(two[n].1 <= 2 * one[n].1 + 10, "{told}");
    }
    assert!(one[0].0 < 100, "nobody's turn looks at the others: {told}");
    assert!(two[1].1 < 20, "an edit writes nothing for those who have reshared it: {told}");
}
