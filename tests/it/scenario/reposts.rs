//! Where a change is told by deleting the post and making it anew, the old one stays until the new one may leave: until its person has
//! approved it, and until the account's own pace lets a new post out.

use super::review::{acme, desk, dropped, only, refusal, reviewed, say, takes, titled, waiting};
use super::{profile, world_of};
use crate::support::fake_network::{FakeNetwork, Fault};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::daemon::desk::story::standing;
use gigcast::gig::{Sighting, Status};
use gigcast::outbox::{Hold, State, Verb};
use gigcast::person::{Account, Changed, Ended, Mode, Pace, Policy, QuietHours};
use gigcast::ports::StoreError;
use gigcast::profile::{Profile, Support};
use gigcast::store::volatile::{Stop, VolatileStore};
use gigcast::web::approval::{Reviews, Words};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const ANEW: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete };
const TOLD: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Reply };

fn uneditable() -> Profile {
    Profile { edit: Support::No, ..profile() }
}

async fn follow_by(world: &World, account: &Account, policy: Policy) {
    world.ledger.revise_account(account.id, |account| account.policy = policy).await.unwrap();
}

/// A world where `ana`, in review, has "First thought" out, and the gig now says "Second thought".
async fn changed(policy: Policy) -> (World, Account, tempfile::TempDir) {
    let (world, dir) = world_of(uneditable()).await;
    let account = reviewed(&world, "ana").await;
    follow_by(&world, &account, policy).await;
    takes(&world, &titled("1", "First thought")).await;
    let first = only(&world).await;
    say(&world, &first, Words::Shown).await.unwrap();
    takes(&world, &titled("1", "Second thought")).await;
    (world, account, dir)
}

fn calls(world: &World) -> Vec<&'static str> {
    world.network.calls().into_iter().map(|(verb, ..)| verb).collect()
}

fn texts(world: &World) -> Vec<String> {
    world.network.standing("ana").into_iter().map(|stood| stood.post.text).collect()
}

/// The first words of all that stands.
fn stands(world: &World) -> Vec<String> {
    texts(world).iter().map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

async fn why(world: &World, account: &Account) -> String {
    let lane = world.ledger.turn(account.id).await.unwrap().lane;
    standing(&world.delivery("1", account).await, account, &lane, world.clock.now()).said
}

#[tokio::test]
async fn the_old_post_goes_when_the_new_one_is_approved_and_both_are_one_word() {
    let (world, account, _dir) = changed(ANEW).await;
    world.run_for(24 * HOUR).await.unwrap();
    assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
    assert!(why(&world, &account).await.ends_with("The post that is out stays until then."));
    let shown = only(&world).await;
    assert_eq!((shown.verb.as_str(), shown.text.lines().next()), ("re-post", Some("Second thought")));
    assert!(shown.replaces.is_some(), "it says which post goes for it");
    let own = format!("Draw for us\n{}", shown.link);
    say(&world, &shown, Words::Own(own.clone())).await.unwrap();
    assert_eq!((texts(&world), calls(&world)), (vec![own], vec!["create", "delete", "create"]));
    assert!(waiting(&world).await.is_empty(), "one word is enough");
    let last = world.delivery("1", &account).await;
    assert_eq!((last.verb, world.network.standing("ana")[0].post.code.clone()), (Verb::Create, Some(last.id.code())));
    // What is out now is followed like any other.
    takes(&world, &titled("1", "Third thought")).await;
    assert_eq!(only(&world).await.verb, "re-post");
}

#[tokio::test]
async fn declined_the_old_post_stays_and_why_says_so() {
    let (world, account, _dir) = changed(ANEW).await;
    let id = only(&world).await.delivery.parse().unwrap();
    desk(&world).decline(Some(acme()), id, "it was better before".into()).await.unwrap();
    world.run_for(24 * HOUR).await.unwrap();
    assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
    let said = why(&world, &account).await;
    assert!(said.ends_with("it was better before. The post that is out stays as it was."), "{said}");
    takes(&world, &titled("1", "Third thought")).await;
    say(&world, &only(&world).await, Words::Shown).await.unwrap();
    assert_eq!(stands(&world), ["Third thought"]);
}

#[tokio::test]
async fn edited_again_while_it_waits_the_newest_is_asked_about_and_the_old_post_stays() {
    let (world, _, _dir) = changed(ANEW).await;
    let second = only(&world).await;
    takes(&world, &titled("1", "Third thought")).await;
    let third = only(&world).await;
    assert_eq!((&third.delivery, third.text.lines().next()), (&second.delivery, Some("Third thought")));
    assert!(refusal(say(&world, &second, Words::Shown).await).starts_with("The gig has changed"));
    assert_eq!(stands(&world), ["First thought"]);
    say(&world, &third, Words::Shown).await.unwrap();
    assert_eq!((stands(&world), calls(&world)), (vec!["Third thought".to_owned()], vec!["create", "delete", "create"]));
}

#[tokio::test]
async fn filled_while_it_waits_it_ends_as_the_account_ends_its_gigs() {
    let (world, _, _dir) = changed(ANEW).await;
    takes(&world, &Sighting { status: Some(Status::Filled), ..titled("1", "Second thought") }).await;
    assert_eq!((stands(&world), calls(&world)), (vec![], vec!["create", "delete"]), "taking it away needs no word");
    assert!(waiting(&world).await.is_empty());

    let (world, _, _dir) = changed(TOLD).await;
    takes(&world, &Sighting { status: Some(Status::Filled), ..titled("1", "Second thought") }).await;
    assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
    assert_eq!(only(&world).await.verb, "reply");
}

#[tokio::test]
async fn a_deletion_that_waits_becomes_a_question_when_its_gig_opens_again() {
    let (world, account, _dir) = changed(ANEW).await;
    world.deliver.pause(account.id).await.unwrap();
    takes(&world, &Sighting { status: Some(Status::Filled), ..titled("1", "Second thought") }).await;
    assert_eq!(world.delivery("1", &account).await.verb, Verb::Delete);
    takes(&world, &Sighting { status: Some(Status::Open), ..titled("1", "Third thought") }).await;
    world.deliver.resume(account.id).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
    say(&world, &only(&world).await, Words::Shown).await.unwrap();
    assert_eq!(stands(&world), ["Third thought"]);
}

#[tokio::test]
async fn once_its_gig_has_closed_it_can_not_be_approved_and_the_old_post_is_left_to_its_end() {
    let (world, account, _dir) = changed(ANEW).await;
    let closes = Some(NOON.plus(2 * HOUR));
    takes(&world, &Sighting { closes, ..titled("1", "Second thought") }).await;
    let shown = only(&world).await;
    assert_eq!(shown.closes.map(|at| at.0), closes);
    world.run_for(3 * HOUR).await.unwrap();
    desk(&world).drop_closed().await.unwrap();
    assert_eq!(dropped(&world, "1", &account).await, "the gig closed before it was approved");
    assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
}

#[tokio::test]
async fn a_thread_is_taken_away_and_made_anew_by_one_word() {
    let replies = Policy { changed: Changed::Reply, ended: Ended::Delete };
    let (world, account, _dir) = changed(replies).await;
    say(&world, &only(&world).await, Words::Shown).await.unwrap();
    assert_eq!(texts(&world).len(), 2, "a post and a reply");
    follow_by(&world, &account, ANEW).await;
    takes(&world, &titled("1", "Third thought")).await;
    let shown = only(&world).await;
    assert_eq!(texts(&world).len(), 2);
    say(&world, &shown, Words::Shown).await.unwrap();
    assert_eq!((texts(&world), &calls(&world)[2..]), (vec![shown.text], &["delete", "delete", "create"][..]));
    assert!(waiting(&world).await.is_empty());
    let code = Some(world.delivery("1", &account).await.id.code());
    assert_eq!(world.network.standing("ana")[0].post.code, code, "its link leads back to what made it");
}

#[tokio::test]
async fn the_old_post_stays_while_the_pace_of_its_account_lets_no_new_one_out() {
    // Quiet until three.
    let quiet = Some(QuietHours { from: 11 * 60, until: 15 * 60 });
    for mode in [Mode::Auto, Mode::Review] {
        let (world, account, _dir) = changed(ANEW).await;
        let pace = Pace { quiet, gap: Duration::from_mins(10), ..brisk() };
        world.ledger.revise_account(account.id, |account| account.pace = pace.clone()).await.unwrap();
        let said = say(&world, &only(&world).await, Words::Shown).await.unwrap();
        assert!(said.contains("15:00"), "{said}");
        world.ledger.revise_account(account.id, |account| account.mode = mode).await.unwrap();
        world.run_for(2 * HOUR).await.unwrap();
        assert_eq!((stands(&world), calls(&world)), (vec!["First thought".to_owned()], vec!["create"]));
        assert_eq!(world.delivery("1", &account).await.state, State::Queued);
        if mode == Mode::Auto {
            // Others came while it waited; they do not come between its two halves.
            takes(&world, &sighting("2")).await;
        }
        world.run_for(HOUR + Duration::from_mins(5)).await.unwrap();
        assert_eq!(
            (stands(&world), calls(&world)),
            (vec!["Second thought".to_owned()], vec!["create", "delete", "create"])
        );
        // A word for this text is none for the next.
        takes(&world, &titled("1", "Third thought")).await;
        world.run_for(HOUR).await.unwrap();
        let held = world.delivery("1", &account).await.state == State::Held(Hold::Review);
        assert_eq!(held, mode == Mode::Review);
    }
}

/// One life of a daemon, in which the person reads and approves whatever waits.
async fn lived(
    store: &VolatileStore,
    network: &Arc<FakeNetwork>,
    clock: &ManualClock,
    dir: &tempfile::TempDir,
) -> Result<World, StoreError> {
    let world = World::start(Arc::new(store.clone()), Arc::clone(network), clock.clone(), dir.path()).await?;
    for title in ["First thought", "Second thought"] {
        if network.posts().iter().any(|stood| stood.post.text.starts_with("Own words on Second")) {
            break;
        }
        world.take(&titled("1", title)).await?;
        world.run_for(HOUR).await?;
        let held = world.ledger.set_aside(gigcast::store::layout::Aside::Held, 10).await?;
        for delivery in held {
            let desk = desk(&world);
            let read = match desk.one(Some(acme()), delivery.id).await {
                Ok(read) => read,
                Err(gigcast::web::admin::Refusal::Store(fault)) => return Err(fault),
                Err(refused) => panic!("{refused:?}"),
            };
            let own = Words::Own(format!("Own words on {title}\n{}", read.link));
            match desk.approve(Some(acme()), delivery.id, read.version, own).await {
                Ok(_) => {}
                Err(gigcast::web::admin::Refusal::Store(fault)) => return Err(fault),
                Err(refused) => panic!("{refused:?}"),
            }
        }
        world.run_for(HOUR).await?;
    }
    Ok(world)
}

#[tokio::test]
async fn stopped_at_any_commit_what_was_approved_stands_once_and_nothing_else() {
    for faults in [vec![], vec![Fault::LostAfter, Fault::LostBefore, Fault::Busy]] {
        for stop in Stop::ALL {
            let mut commit = 1;
            loop {
                let how = format!("{faults:?}, {stop:?} commit {commit}");
                let clock = ManualClock::at(NOON);
                let network = Arc::new(FakeNetwork::new(uneditable(), clock.clone()));
                let (store, dir) = (VolatileStore::new(), tempfile::tempdir().unwrap());
                let first = World::start(Arc::new(store.clone()), Arc::clone(&network), clock.clone(), dir.path());
                let world = first.await.unwrap();
                let account = reviewed(&world, "ana").await;
                follow_by(&world, &account, ANEW).await;
                drop(world);
                network.fail_next(faults.iter().copied());
                store.stop_at(store.commits() + commit, stop);
                let first = lived(&store, &network, &clock, &dir).await;
                let stopped = store.has_stopped();
                assert!(stopped || first.is_ok(), "{how}");
                let store = store.reopen();
                clock.advance(Duration::from_secs(7));
                let world =
                    lived(&store, &network, &clock, &dir).await.unwrap_or_else(|fault| panic!("{how}: {fault}"));
                assert_eq!(stands(&world), ["Own words on Second thought"], "{how}");
                assert!(waiting(&world).await.is_empty(), "{how}");
                assert_eq!(network.amiss(), Vec::<String>::new(), "{how}");
                assert_eq!(world.ledger.audit().await, Ok(Vec::new()), "{how}");
                if !stopped {
                    break;
                }
                commit += 1;
            }
            assert!(commit > 15, "it stopped at {commit} places only");
        }
    }
}

#[tokio::test]
async fn what_was_approved_is_not_said_of_a_gig_that_changed_while_its_old_post_went() {
    let (world, _, _dir) = changed(ANEW).await;
    let second = only(&world).await;
    // The answer to the deletion is lost, so it is made once more, and meanwhile the gig changes.
    world.network.fail_next([Fault::LostAfter]);
    say(&world, &second, Words::Shown).await.unwrap();
    takes(&world, &titled("1", "Third thought")).await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!((stands(&world), calls(&world)), (vec![], vec!["create", "delete", "delete"]));
    say(&world, &only(&world).await, Words::Shown).await.unwrap();
    assert_eq!(stands(&world), ["Third thought"]);
}
