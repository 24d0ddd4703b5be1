//! Stop at every commit, in every way a commit can stop; reopen, go on: nothing is lost and nothing is there twice.
//!
//! Stopping before a commit is also stopping between an answer and its record; stopping after one that is durable but unanswered is also
//! stopping between a claim and its request. The network goes on through all of it and remembers every post it took.

use super::profile;
use crate::support::fake_network::{FakeNetwork, Fault};
use crate::support::world::{NOON, World, brisk, origin, sighting};
use gigcast::clock::ManualClock;
use gigcast::daemon::desk::review::ReviewDesk;
use gigcast::person::Mode;
use gigcast::ports::StoreError;
use gigcast::profile::{Idempotency, Profile, Replay};
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::web::admin::Refusal;
use gigcast::web::approval::{Pending, Reviews, Words};
use std::sync::Arc;
use std::time::Duration;

const ACCOUNTS: [&str; 2] = ["ana", "bo"];
const GIGS: [&str; 3] = ["1", "2", "3"];

/// How the gigs come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrival {
    OneByOne,
    /// Then each lane has several to send, and one commit settles one and claims the next.
    AtOnce,
}

/// One life of the daemon: links what is not linked, sees what the source shows, and works for six hours. On accounts in review, its
/// person approves in words of their own whatever waits.
async fn live(world: &World, mode: Mode, arrival: Arrival) -> Result<(), StoreError> {
    for name in ACCOUNTS {
        match world.try_link(name, brisk()).await {
            Ok(account) => world.ledger.revise_account(account.id, |account| account.mode = mode).await?,
            Err(gigcast::grants::Trouble::Store(fault)) => return Err(fault),
            Err(refused) => panic!("{refused}"),
        };
    }
    for native in GIGS {
        world.take(&sighting(native)).await?;
        if arrival == Arrival::OneByOne {
            world.settle().await?;
            approve_all(world).await?;
        }
    }
    world.announce.step().await?;
    // They fall due a millisecond apart; by now all of them are.
    world.clock.advance(Duration::from_secs(1));
    world.settle().await?;
    approve_all(world).await?;
    world.run_for(Duration::from_hours(6)).await
}

async fn approve_all(world: &World) -> Result<(), StoreError> {
    let desk = ReviewDesk { deliver: Arc::clone(&world.deliver) };
    let stored = |refusal| match refusal {
        Refusal::Store(fault) => fault,
        refused => panic!("{refused:?}"),
    };
    for pending in desk.waiting(origin().poster, 100).await.map_err(stored)? {
        let Pending::Shown(waiting) = pending else { panic!("it can be worded: {pending:?}") };
        let (id, words) = (waiting.delivery.parse().unwrap(), Words::Own(own_words(&waiting.link)));
        desk.approve(None, id, waiting.version, words).await.map_err(stored)?;
        world.settle().await?;
    }
    Ok(())
}

fn own_words(link: &str) -> String {
    format!("In my own words: {link}")
}

struct Story {
    mode: Mode,
    arrival: Arrival,
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    dir: tempfile::TempDir,
}

impl Story {
    fn of(mode: Mode, arrival: Arrival, idempotency: Idempotency, faults: &[Fault]) -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(Profile { idempotency, ..profile() }, clock.clone()));
        network.fail_next(faults.iter().copied());
        Self { mode, arrival, clock, network, dir: tempfile::tempdir().unwrap() }
    }

    async fn run(&self, store: &VolatileStore) -> Result<World, StoreError> {
        let store = Arc::new(store.clone());
        let world = World::start(store, Arc::clone(&self.network), self.clock.clone(), self.dir.path()).await?;
        live(&world, self.mode, self.arrival).await.map(|()| world)
    }

    async fn ended_well(&self, world: &World, how: &str) {
        for name in ACCOUNTS {
            let account = world.link(name, brisk()).await;
            for native in GIGS {
                let delivery = world.delivery(native, &account).await;
                assert!(world.is_delivered(native, &account).await, "{how}: {delivery:?}");
                let code = delivery.id.code();
                let posts: Vec<_> =
                    self.network.posts_of(name).into_iter().filter(|p| p.post.code.as_ref() == Some(&code)).collect();
                assert_eq!(posts.len(), 1, "{how}: {native} on {name}: {posts:?}");
                let post = &posts[0].post;
                assert_eq!(post.text == own_words(&post.link), self.mode == Mode::Review, "{how}: {}", post.text);
            }
        }
        assert_eq!(self.network.posts().len(), ACCOUNTS.len() * GIGS.len(), "{how}");
        assert_eq!(world.ledger.audit().await, Ok(Vec::new()), "{how}");
    }
}

async fn sweep(idempotency: Idempotency, faults: &[Fault]) {
    for arrival in [Arrival::OneByOne, Arrival::AtOnce] {
        sweep_in(Mode::Auto, arrival, idempotency, faults).await;
    }
}

async fn sweep_in(mode: Mode, arrival: Arrival, idempotency: Idempotency, faults: &[Fault]) {
    let calm = VolatileStore::new();
    let story = Story::of(mode, arrival, idempotency, faults);
    let world = story.run(&calm).await.unwrap();
    story.ended_well(&world, "undisturbed").await;
    let commits = calm.commits();
    assert!(commits > 25, "the story is long enough to stop in: {commits} commits");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let how =
                format!("{arrival:?} {idempotency:?} {faults:?}, stopped {stop:?} at commit {commit} of {commits}");
            let story = Story::of(mode, arrival, idempotency, faults);
            let store = VolatileStore::new();
            store.stop_at(commit, stop);
            let first = story.run(&store).await;
            assert!(store.has_stopped() || first.is_ok(), "{how}");
            let store = store.reopen();
            // Someone notices after a while and starts it again.
            story.clock.advance(Duration::from_secs(7));
            let world = story.run(&store).await.unwrap_or_else(|fault| panic!("{how}: {fault}"));
            story.ended_well(&world, &how).await;
        }
    }
}

#[tokio::test]
async fn a_network_that_ignores_keys_never_gets_a_post_twice() {
    sweep(Idempotency::None, &[]).await;
}

#[tokio::test]
async fn lost_answers_and_late_acceptance_on_top_of_a_crash_make_no_second_post() {
    let late = Fault::Late(Duration::from_secs(80));
    sweep(Idempotency::None, &[Fault::LostAfter, late, Fault::Busy, Fault::LostBefore]).await;
}

#[tokio::test]
async fn a_network_that_honours_keys_or_takes_our_ids_is_no_worse_off() {
    let key = Idempotency::Key { lives: Duration::from_mins(50), errors: Replay::SuccessOnly };
    for idempotency in [key, Idempotency::ClientChosenId] {
        sweep(idempotency, &[Fault::LostAfter, Fault::LostBefore]).await;
    }
}

#[tokio::test]
async fn what_its_person_approved_is_said_once_and_in_their_words_wherever_it_stops() {
    for arrival in [Arrival::OneByOne, Arrival::AtOnce] {
        let faults = [Fault::LostAfter, Fault::Busy, Fault::LostBefore];
        sweep_in(Mode::Review, arrival, Idempotency::None, &faults).await;
    }
}
