//! The whole life of a gig under failures and restarts: in the end every copy says what its source last said.

use crate::support::fake_network::{FakeNetwork, Fault, Stood, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::gig::{Sighting, Status};
use gigcast::person::{Changed, Ended, Policy};
use gigcast::ports::StoreError;
use gigcast::profile::{Idempotency, Profile, Support};
use gigcast::store::volatile::{Stop, VolatileStore};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// A source and what it shows, an account and how it follows, a network that goes on through every stop of the daemon.
struct Life {
    shows: Vec<Sighting>,
    /// How far the source has come.
    at: AtomicUsize,
    policy: Policy,
    clock: ManualClock,
    network: Arc<FakeNetwork>,
    dir: tempfile::TempDir,
}

fn shown(title: &str, status: Status) -> Sighting {
    Sighting { title: Some(title.into()), status: Some(status), ..sighting("1") }
}

impl Life {
    fn of(shows: Vec<Sighting>, profile: Profile, policy: Policy) -> Self {
        let clock = ManualClock::at(NOON);
        let network = Arc::new(FakeNetwork::new(profile, clock.clone()));
        Self { shows, at: AtomicUsize::new(0), policy, clock, network, dir: tempfile::tempdir().unwrap() }
    }

    async fn start(&self, store: &VolatileStore) -> Result<World, StoreError> {
        let store = Arc::new(store.clone());
        World::start(store, Arc::clone(&self.network), self.clock.clone(), self.dir.path()).await
    }

    /// Lives from where its source is to the end, a while at each.
    async fn go_on(&self, store: &VolatileStore, between: Duration) -> Result<World, StoreError> {
        let world = self.start(store).await?;
        match world.try_link("ana", brisk()).await {
            Ok(account) => world.ledger.revise_account(account.id, |account| account.policy = self.policy).await?,
            Err(gigcast::grants::Trouble::Store(fault)) => return Err(fault),
            Err(refused) => panic!("{refused}"),
        };
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

    /// What is wrong with what stands now; empty when every copy is true.
    fn faults(&self) -> Vec<String> {
        let stands = self.network.standing("ana");
        let (last, ended) = (self.shows.last().unwrap(), self.shows.last().unwrap().status != Some(Status::Open));
        let (title, status) = (last.title.clone().unwrap(), last.status.unwrap());
        let roots = stands.iter().filter(|stood| stood.under.is_none()).count();
        let mut faults = Vec::new();
        let mut check = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{what}: {:?}", stands.iter().map(line).collect::<Vec<_>>()));
            }
        };
        if ended && self.policy.ended == Ended::Delete {
            check(stands.is_empty(), "nothing is to stand");
        } else if ended && stands.is_empty() {
            let said = self.network.posts_of("ana");
            let anew = self.policy.changed == Changed::DeleteAndRepost;
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
            check(begins && is_open != ended && words.ends_with(&title), "the last word is the source's last word");
        }
        faults
    }
}

fn line(stood: &Stood) -> String {
    stood.post.text.lines().next().unwrap_or_default().to_owned()
}

/// Posts in their thread: none is taken away before what stands under it, and each goes once.
fn in_order(calls: &[&str]) -> bool {
    let mut stand = 0i32;
    calls.iter().all(|verb| {
        stand += match *verb {
            "create" | "reply" => 1,
            "delete" => -1,
            _ => 0,
        };
        stand >= 0
    })
}

fn uneditable() -> Profile {
    Profile { edit: Support::No, ..profile() }
}

const BY_REPLY: Policy = Policy { changed: Changed::Reply, ended: Ended::Reply };
const BY_EDIT: Policy = Policy { changed: Changed::Reply, ended: Ended::Edit };
const ANEW: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete };

async fn sweep(profile: Profile, policy: Policy, faults: &[Fault]) {
    let shows = || {
        let open = |title| shown(title, Status::Open);
        vec![open("Logo"), open("Big logo"), shown("Big logo", Status::Filled), open("Bigger logo")]
    };
    let calm = VolatileStore::new();
    let life = Life::of(shows(), profile.clone(), policy);
    life.network.fail_next(faults.iter().copied());
    life.go_on(&calm, HOUR).await.unwrap();
    assert_eq!(life.faults(), Vec::<String>::new(), "undisturbed");
    let commits = calm.commits();
    assert!(commits > 20, "the story is long enough to stop in: {commits} commits");
    for stop in Stop::ALL {
        for commit in 1..=commits {
            let how = format!("{policy:?} {faults:?}, stopped {stop:?} at commit {commit} of {commits}");
            let life = Life::of(shows(), profile.clone(), policy);
            life.network.fail_next(faults.iter().copied());
            let store = VolatileStore::new();
            store.stop_at(commit, stop);
            let first = life.go_on(&store, HOUR).await;
            assert!(store.has_stopped() || first.is_ok(), "{how}");
            let store = store.reopen();
            life.clock.advance(Duration::from_secs(7));
            let world = life.go_on(&store, HOUR).await.unwrap_or_else(|fault| panic!("{how}: {fault}"));
            assert_eq!(life.faults(), Vec::<String>::new(), "{how}");
            let calls: Vec<_> = life.network.calls().into_iter().map(|(verb, ..)| verb).collect();
            // Deletes may be repeated after a stop; what counts is that none came first.
            assert!(
                calls.iter().position(|verb| *verb == "delete") > calls.iter().position(|verb| *verb == "create")
                    || !calls.contains(&"delete"),
                "{how}: {calls:?}"
            );
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

#[derive(Debug, Clone)]
enum Act {
    Says(&'static str, Status),
    Fails(Fault),
    /// The daemon is killed between two steps.
    Restarts,
    Waits(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let title = prop::sample::select(vec!["Logo", "Big logo", "Round logo"]);
    let ended = prop::sample::select(vec![Status::Open, Status::Filled, Status::Expired, Status::Withdrawn]);
    let late = Fault::Late(Duration::from_secs(50));
    let fault = prop::sample::select(vec![
        Fault::LostAfter,
        Fault::LostBefore,
        Fault::Busy,
        late,
        Fault::Limited(Duration::from_mins(20)),
    ]);
    prop_oneof![
        4 => (title, ended).prop_map(|(title, status)| Act::Says(title, status)),
        2 => fault.prop_map(Act::Fails),
        2 => Just(Act::Restarts),
        2 => (0u64..90).prop_map(Act::Waits),
    ]
}

async fn lived(acts: &[Act], profile: Profile, policy: Policy, quiet: Duration) -> Result<(), TestCaseError> {
    let mut life = Life::of(vec![shown("Logo", Status::Open)], profile, policy);
    let mut store = VolatileStore::new();
    let mut world = life.start(&store).await.unwrap();
    world.quiet(quiet);
    let account = world.link("ana", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.policy = policy).await.unwrap();
    world.take(&life.shows[0]).await.unwrap();
    let mut faults = 0;
    for act in acts {
        match act {
            Act::Says(title, status) => {
                life.shows = vec![shown(title, *status)];
                world.take(&life.shows[0]).await.unwrap();
                world.settle().await.unwrap();
            }
            Act::Fails(fault) if faults < 3 => {
                faults += 1;
                life.network.fail_next([*fault]);
            }
            Act::Fails(_) => {}
            Act::Restarts => {
                store = store.reopen();
                world = life.start(&store).await.unwrap();
                world.quiet(quiet);
            }
            Act::Waits(seconds) => world.run_for(Duration::from_secs(*seconds)).await.unwrap(),
        }
    }
    world.run_for(48 * HOUR).await.unwrap();
    prop_assert_eq!(life.faults(), Vec::<String>::new());
    let calls: Vec<_> = life.network.calls().into_iter().map(|(verb, ..)| verb).collect();
    prop_assert!(faults > 0 || in_order(&calls), "{:?}", calls);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_life_ends_with_every_copy_saying_what_the_source_last_said(
        acts in prop::collection::vec(act(), 1..14),
        way in 0usize..6,
        chosen in any::<bool>(),
    ) {
        let (profile, policy) = match way {
            0 => (profile(), BY_EDIT),
            1 => (profile(), BY_REPLY),
            2 => (profile(), ANEW),
            3 => (uneditable(), BY_EDIT),
            4 => (uneditable(), BY_REPLY),
            _ => (uneditable(), ANEW),
        };
        let idempotency = if chosen { Idempotency::ClientChosenId } else { Idempotency::None };
        let quiet = if acts.len() % 2 == 0 { Duration::ZERO } else { Duration::from_mins(2) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(lived(&acts, Profile { idempotency, ..profile }, policy, quiet))?;
    }
}
