//! The whole life of a gig under failures and restarts: in the end every copy says what its source last said.

use crate::support::fake_network::{FakeNetwork, Fault, SERVER, Stood, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::gig::{Sighting, Status};
use gigcast::person::{Changed, Ended, Policy};
use gigcast::ports::{Network, StoreError};
use gigcast::profile::{Idempotency, Profile, Support};
use gigcast::store::volatile::{Stop, VolatileStore};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A source and what it shows, accounts and how each follows, a network that goes on through every stop of the daemon.
struct Life {
    shows: Vec<Sighting>,
    /// How far the source has come.
    at: AtomicUsize,
    accounts: Vec<(&'static str, Policy)>,
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    dir: tempfile::TempDir,
}

fn shown(title: &str, status: Status) -> Sighting {
    Sighting { title: Some(title.into()), status: Some(status), ..sighting("1") }
}

impl Life {
    fn of(shows: Vec<Sighting>, profile: Profile, accounts: &[(&'static str, Policy)]) -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile, clock.clone()));
        let (accounts, dir) = (accounts.to_vec(), tempfile::tempdir().unwrap());
        Self { shows, at: AtomicUsize::new(0), accounts, clock, network, dir }
    }

    async fn start(&self, store: &VolatileStore) -> Result<World, StoreError> {
        let store = Arc::new(store.clone());
        World::start(store, Arc::clone(&self.network), self.clock.clone(), self.dir.path()).await
    }

    async fn link(&self, world: &World) -> Result<(), StoreError> {
        for (name, policy) in &self.accounts {
            match world.try_link(name, brisk()).await {
                Ok(account) => world.ledger.revise_account(account.id, |account| account.policy = *policy).await?,
                Err(gigcast::grants::Trouble::Store(fault)) => return Err(fault),
                Err(refused) => panic!("{refused}"),
            };
        }
        Ok(())
    }

    /// Lives from where its source is to the end, a while at each.
    async fn go_on(&self, store: &VolatileStore, between: Duration) -> Result<World, StoreError> {
        let world = self.start(store).await?;
        self.link(&world).await?;
        loop {
            let at = self.at.load(Ordering::Relaxed);
            world.take(&self.shows[at]).await?;
            world.run_for(between).await?;
            if at + 1 == self.shows.len() {
                world.run_for(12 * HOUR).await?;
                return Ok(world);
            }
            self.at.store(at + 1, Ordering::Relaxed);
        }
    }

    /// What is wrong with what stands now; empty when every copy is true, and everything was done in order.
    fn faults(&self) -> Vec<String> {
        let untrue = self.accounts.iter().flat_map(|(name, policy)| self.untrue(name, *policy));
        untrue.chain(self.network.amiss()).collect()
    }

    fn untrue(&self, name: &str, policy: Policy) -> Vec<String> {
        let stands = self.network.standing(name);
        let last = self.shows.last().unwrap();
        let (title, status) = (last.title.clone().unwrap(), last.status.unwrap());
        let ended = status != Status::Open;
        let roots = stands.iter().filter(|stood| stood.under.is_none()).count();
        let mut faults = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                let lines: Vec<_> = stands.iter().map(line).collect();
                faults.push(format!("{what}, on {name} by {policy:?}: {lines:?}"));
            }
        };
        if ended && policy.ended == Ended::Delete {
            check(stands.is_empty(), "nothing is to stand");
        } else if ended && stands.is_empty() {
            let said = self.network.posts_of(name);
            let anew = policy.changed == Changed::DeleteAndRepost;
            check(said.is_empty() || anew, "what had ended before it was said is not said, and nothing else is away");
        } else {
            check(roots == 1, "one gig, one account, one post");
            let words = stands.last().map(line).unwrap_or_default();
            let begins = match status {
                Status::Open => true,
                Status::Filled => words.starts_with("Filled: "),
                Status::Expired => words.starts_with("Expired: "),
                Status::Withdrawn => words.starts_with("Withdrawn: "),
            };
            let is_open = ["Filled: ", "Expired: ", "Withdrawn: "].iter().all(|word| !words.starts_with(word));
            // Whoever leaves its posts as they are tells how a gig stands, and not what else has changed.
            let left = policy.changed == Changed::Leave && !ended && self.network.profile().edit == Support::No;
            let says = words.ends_with(&title) || left;
            check(begins && is_open != ended && says, "the last word is the source's last word");
        }
        faults
    }
}

fn line(stood: &Stood) -> String {
    stood.post.text.lines().next().unwrap_or_default().to_owned()
}

fn uneditable() -> Profile {
    Profile { edit: Support::No, ..profile() }
}

const BY_REPLY: Policy = Policy { changed: Changed::Reply, ended: Ended::Reply };
const BY_EDIT: Policy = Policy { changed: Changed::Reply, ended: Ended::Edit };
const ANEW: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete };
const THREAD: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Reply };
const LEFT: Policy = Policy { changed: Changed::Leave, ended: Ended::Edit };

/// One for each way to follow a gig.
const ALL: [(&str, Policy); 5] = [("ana", BY_EDIT), ("bo", BY_REPLY), ("cy", ANEW), ("di", THREAD), ("eva", LEFT)];

async fn sweep(profile: Profile, policy: Policy, faults: &[Fault]) {
    let shows = || {
        let open = |title| shown(title, Status::Open);
        vec![open("Logo"), open("Big logo"), shown("Big logo", Status::Filled), open("Bigger logo")]
    };
    let calm = VolatileStore::new();
    let life = Life::of(shows(), profile.clone(), &[("ana", policy)]);
    life.network.fail_next(faults.iter().copied());
    life.go_on(&calm, HOUR).await.unwrap();
    assert_eq!(life.faults(), Vec::<String>::new(), "undisturbed");
    let commits = calm.commits();
    assert!(commits > 20, "the story is long enough to stop in: {commits} commits");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let how = format!("{policy:?} {faults:?}, stopped {stop:?} at commit {commit} of {commits}");
            let life = Life::of(shows(), profile.clone(), &[("ana", policy)]);
            life.network.fail_next(faults.iter().copied());
            let store = VolatileStore::new();
            store.stop_at(commit, stop);
            let first = life.go_on(&store, HOUR).await;
            assert!(store.has_stopped() || first.is_ok(), "{how}");
            let store = store.reopen();
            life.clock.advance(Duration::from_secs(7));
            let world = life.go_on(&store, HOUR).await.unwrap_or_else(|fault| panic!("{how}: {fault}"));
            assert_eq!(life.faults(), Vec::<String>::new(), "{how}");
            assert_eq!(world.ledger.audit().await, Ok(Vec::new()), "{how}");
        }
    }
}

#[tokio::test]
async fn an_edited_life_survives_a_stop_at_every_commit() {
    sweep(profile(), BY_EDIT, &[Fault::LostAfter, Fault::LostBefore, Fault::Busy]).await;
}

#[tokio::test]
async fn a_life_told_in_replies_survives_a_stop_at_every_commit() {
    sweep(uneditable(), BY_REPLY, &[Fault::LostAfter, Fault::LostAfter, Fault::LostBefore]).await;
}

#[tokio::test]
async fn a_life_of_deleting_and_posting_anew_survives_a_stop_at_every_commit() {
    sweep(uneditable(), ANEW, &[Fault::LostAfter, Fault::LostAfter, Fault::LostBefore]).await;
}

#[tokio::test]
async fn a_thread_that_is_taken_away_and_begun_anew_survives_a_stop_at_every_commit() {
    sweep(uneditable(), THREAD, &[Fault::LostAfter, Fault::LostBefore]).await;
}

#[derive(Debug, Clone)]
enum Act {
    Says(&'static str, Status),
    /// It says one thing, and another while the first is on its way.
    Overtakes(&'static str, Status, &'static str, Status),
    Fails(Fault),
    /// The daemon is killed between two steps.
    Restarts,
    /// The power goes at so many commits from now.
    StopsAt(u64, Stop),
    Waits(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let title = || prop::sample::select(vec!["Logo", "Big logo", "Round logo"]);
    let ended = || prop::sample::select(vec![Status::Open, Status::Filled, Status::Expired, Status::Withdrawn]);
    let late = Fault::Late(Duration::from_secs(50));
    let fault = prop::sample::select(vec![
        Fault::LostAfter,
        Fault::LostBefore,
        Fault::Busy,
        late,
        Fault::Limited(Duration::from_mins(20)),
    ]);
    prop_oneof![
        5 => (title(), ended()).prop_map(|(title, status)| Act::Says(title, status)),
        3 => (title(), ended(), title(), ended()).prop_map(|(a, b, c, d)| Act::Overtakes(a, b, c, d)),
        2 => fault.prop_map(Act::Fails),
        1 => Just(Act::Restarts),
        2 => (1u64..40, prop::sample::select(Stop::ALL.to_vec())).prop_map(|(commit, stop)| Act::StopsAt(commit, stop)),
        2 => (0u64..90).prop_map(Act::Waits),
    ]
}

async fn said(world: &World, shows: &Sighting) -> Result<(), StoreError> {
    world.take(shows).await?;
    world.settle().await
}

/// What is due for the one is on its way when the other is planned.
async fn begun(world: &World, one: &Sighting, other: &Sighting) -> Result<(), StoreError> {
    for shows in [one, other] {
        world.take(shows).await?;
        world.announce.step().await?;
        world.deliver.step().await?;
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

/// Each kind of mishap so often at most: more than these, and a delivery may rightly be given up.
const MISHAPS: usize = 2;

async fn lived(acts: &[Act], profile: Profile, quiet: Duration) -> Result<(), TestCaseError> {
    let mut life = Life::of(vec![shown("Logo", Status::Open)], profile, &ALL);
    let mut store = VolatileStore::new();
    let mut world = life.start(&store).await.unwrap();
    world.quiet(quiet);
    life.link(&world).await.unwrap();
    world.take(&life.shows[0]).await.unwrap();
    let (mut faults, mut stops) = (0, 0);
    let end = [Act::Waits(48 * 3600)];
    for act in acts.iter().chain(&end) {
        loop {
            let done = match act {
                Act::Says(title, status) => {
                    life.shows = vec![shown(title, *status)];
                    said(&world, &life.shows[0]).await
                }
                Act::Overtakes(title, status, then, ended) => {
                    life.shows = vec![shown(then, *ended)];
                    life.network.stall(SERVER);
                    let begun = begun(&world, &shown(title, *status), &life.shows[0]).await;
                    life.network.release();
                    match begun {
                        Ok(()) => said(&world, &life.shows[0]).await,
                        Err(fault) => Err(fault),
                    }
                }
                Act::Fails(fault) => {
                    faults += 1;
                    life.network.fail_next((faults <= MISHAPS).then_some(*fault));
                    Ok(())
                }
                Act::StopsAt(commit, stop) => {
                    stops += 1;
                    if stops <= MISHAPS {
                        store.stop_at(store.commits() + commit, *stop);
                    }
                    Ok(())
                }
                Act::Restarts => {
                    store = store.reopen();
                    world = life.start(&store).await.unwrap();
                    world.quiet(quiet);
                    Ok(())
                }
                Act::Waits(seconds) => world.run_for(Duration::from_secs(*seconds)).await,
            };
            if done.is_ok() {
                break;
            }
            prop_assert!(store.has_stopped(), "{:?}", done);
            store = store.reopen();
            world = life.start(&store).await.unwrap();
            world.quiet(quiet);
        }
    }
    prop_assert_eq!(life.faults(), Vec::<String>::new());
    prop_assert_eq!(world.ledger.audit().await, Ok(Vec::new()));
    Ok(())
}

/// What a run of made-up lives found: the repeat of a post by its own id was answered, and the post was said to stand only when its
/// first try would have come through.
#[tokio::test]
async fn a_post_whose_repeat_overtakes_its_first_try_stands_from_then_on() {
    let says = |title, times| std::iter::repeat_n(Act::Says(title, Status::Open), times);
    let first = [
        Act::Fails(Fault::Late(Duration::from_secs(50))),
        Act::Overtakes("Logo", Status::Filled, "Logo", Status::Open),
    ];
    let acts: Vec<_> = first
        .into_iter()
        .chain(says("Logo", 2))
        .chain([Act::Waits(35)])
        .chain(says("Logo", 4))
        .chain(says("Big logo", 1))
        .collect();
    let profile = Profile { idempotency: Idempotency::ClientChosenId, ..uneditable() };
    lived(&acts, profile, Duration::ZERO).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_life_ends_with_every_copy_saying_what_the_source_last_said(
        acts in prop::collection::vec(act(), 1..14),
        edits in any::<bool>(),
        chosen in any::<bool>(),
    ) {
        let profile = if edits { profile() } else { uneditable() };
        let idempotency = if chosen { Idempotency::ClientChosenId } else { Idempotency::None };
        let quiet = if acts.len() % 2 == 0 { Duration::ZERO } else { Duration::from_mins(2) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(lived(&acts, Profile { idempotency, ..profile }, quiet))?;
    }
}
