//! A store restored from a backup: what went out after the backup was taken goes out no second time.

use crate::support::fake_network::{FakeNetwork, Fault, profile};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::ManualClock;
use gigcast::outbox::{Hold, State};
use gigcast::person::{Account, Mode};
use gigcast::ports::Store;
use gigcast::profile::{Profile, ReadBack};
use gigcast::store::backup::{Header, Reader, put_back, take};
use gigcast::store::gate::Gate;
use gigcast::store::memory::MemoryStore;
use gigcast::store::{Ledger, STORE_VERSION, SourceState};
use std::sync::Arc;
use std::time::Duration;

/// One gigcast after the other, on one network and by one clock.
struct Lives {
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    dir: tempfile::TempDir,
    store: MemoryStore,
}

impl Lives {
    fn on(profile: Profile) -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile, clock.clone()));
        Self { clock, network, dir: tempfile::tempdir().unwrap(), store: MemoryStore::new() }
    }

    async fn start(&self) -> World {
        let (store, network) = (Arc::new(self.store.clone()), Arc::clone(&self.network));
        World::start(store, network, self.clock.clone(), self.dir.path()).await.unwrap()
    }

    async fn backup(&self) -> Vec<u8> {
        use gigcast::clock::Clock;
        let gate = Arc::new(Gate::new(Arc::new(self.store.clone())));
        let header = Header { gigcast: "0.1.0".into(), store: STORE_VERSION, epoch: 1, taken: self.clock.now() };
        let (to, mut pieces) = tokio::sync::mpsc::channel(64);
        let copying = gate.copy().await.unwrap().unwrap();
        let mut file = Vec::new();
        let taking = async {
            take(copying, &header, None, &to).await.unwrap();
            drop(to);
        };
        let writing = async {
            while let Some(piece) = pieces.recv().await {
                file.extend(piece);
            }
        };
        tokio::join!(taking, writing);
        file
    }

    /// The old store is lost, and the backup takes its place.
    async fn restore(&mut self, file: &[u8]) -> usize {
        use gigcast::clock::Clock;
        self.store = MemoryStore::new();
        let mut reader = Reader::open(file).unwrap();
        let taken = reader.header().taken;
        put_back(&mut reader, &self.store).await.unwrap();
        let ledger = Ledger::new(Arc::new(self.store.clone()));
        ledger.begin().await.unwrap();
        let doubtful = ledger.note_restored(taken, self.clock.now()).await.unwrap();
        assert_eq!(ledger.audit().await.unwrap(), Vec::<String>::new(), "the restored outbox is sound");
        doubtful
    }

    fn finds(&self) -> usize {
        self.network.calls().iter().filter(|(verb, ..)| *verb == "find").count()
    }
}

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn what_waited_when_the_backup_was_taken_and_went_out_since_is_not_posted_again() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    let account = world.link("ann", brisk()).await;
    world.take(&sighting("one")).await.unwrap();
    world.announce.step().await.unwrap();
    let file = lives.backup().await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1);

    assert_eq!(lives.restore(&file).await, 1);
    let world = lives.start().await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1, "nothing twice");
    assert!(world.is_delivered("one", &account).await);
}

#[tokio::test]
async fn what_waited_and_never_went_out_is_posted_once() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    let account = world.link("ann", brisk()).await;
    world.take(&sighting("one")).await.unwrap();
    world.announce.step().await.unwrap();
    let file = lives.backup().await;

    lives.restore(&file).await;
    let world = lives.start().await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.standing("ann").len(), 1);
    assert!(world.is_delivered("one", &account).await);
    assert!(lives.finds() > 0, "it was looked for");
}

#[tokio::test]
async fn a_gig_that_came_in_after_the_backup_is_not_announced_again() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    let account = world.link("ann", brisk()).await;
    let file = lives.backup().await;
    world.take(&sighting("one")).await.unwrap();
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1);

    lives.restore(&file).await;
    let world = lives.start().await;
    lives.clock.advance(Duration::from_mins(5));
    world.take(&sighting("one")).await.unwrap();
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1, "nothing twice");
    assert!(world.is_delivered("one", &account).await);
    // It follows its gig as any other.
    world.becomes("one", gigcast::gig::Status::Filled).await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.standing("ann").iter().filter(|post| post.post.text.contains("Logo")).count(), 1);
}

#[tokio::test]
async fn a_post_that_was_under_way_in_the_backup_is_looked_for_as_after_any_stop() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    world.link("ann", brisk()).await;
    lives.network.fail_next([Fault::LostAfter]);
    world.take(&sighting("one")).await.unwrap();
    world.settle().await.unwrap();
    let file = lives.backup().await;

    lives.restore(&file).await;
    let world = lives.start().await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1);
}

#[tokio::test]
async fn what_is_new_once_a_source_was_seen_again_goes_out_without_a_look() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    let account = world.link("ann", brisk()).await;
    let file = lives.backup().await;
    lives.restore(&file).await;

    let world = lives.start().await;
    lives.clock.advance(Duration::from_mins(5));
    let seen = SourceState { seen: Some(NOON.plus(Duration::from_mins(5))), ..SourceState::default() };
    world.ledger.note_look(origin().source, &seen, &[]).await.unwrap();
    world.run_for(DAY * 2).await.unwrap();
    world.take(&sighting("new")).await.unwrap();
    world.run_for(Duration::from_mins(1)).await.unwrap();
    assert!(world.is_delivered("new", &account).await);
    assert_eq!(lives.finds(), 0);
}

#[tokio::test]
async fn where_a_post_is_found_only_by_a_key_of_its_time_a_person_is_asked() {
    let mut lives = Lives::on(Profile { read_back: ReadBack::ByKey, ..profile() });
    let world = lives.start().await;
    let account = world.link("ann", brisk()).await;
    let file = lives.backup().await;
    world.take(&sighting("one")).await.unwrap();
    world.run_for(DAY).await.unwrap();

    lives.restore(&file).await;
    let world = lives.start().await;
    world.take(&sighting("one")).await.unwrap();
    world.run_for(DAY).await.unwrap();
    assert_eq!(lives.network.posts().len(), 1);
    assert_eq!(world.delivery("one", &account).await.state, State::Held(Hold::Unconfirmed));
}

#[tokio::test]
async fn what_waited_for_approval_is_looked_for_and_then_waits_again() {
    let mut lives = Lives::on(profile());
    let world = lives.start().await;
    let account: Account = world.link("ann", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.mode = Mode::Review).await.unwrap();
    world.take(&sighting("one")).await.unwrap();
    world.settle().await.unwrap();
    assert_eq!(world.delivery("one", &account).await.state, State::Held(Hold::Review));
    let file = lives.backup().await;

    lives.restore(&file).await;
    let world = lives.start().await;
    world.run_for(DAY).await.unwrap();
    assert_eq!(world.delivery("one", &account).await.state, State::Held(Hold::Review));
    assert!(lives.finds() > 0 && lives.network.posts().is_empty());
}

#[tokio::test]
async fn a_backup_put_back_is_row_for_row_what_it_was_taken_of() {
    let lives = Lives::on(profile());
    let world = lives.start().await;
    world.link("ann", brisk()).await;
    world.take(&sighting("one")).await.unwrap();
    world.run_for(DAY).await.unwrap();
    let file = lives.backup().await;
    let store = MemoryStore::new();
    put_back(&mut Reader::open(file.as_slice()).unwrap(), &store).await.unwrap();
    let all = async |store: &MemoryStore| store.scan(&[0], &[0xff], usize::MAX).await.unwrap();
    assert_eq!(all(&store).await, all(&lives.store).await);
}
