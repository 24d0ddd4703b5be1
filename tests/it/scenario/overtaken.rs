//! What happens meanwhile: a gig, a policy or an account's rules change while something waits or is on its way.

use super::{world, world_of};
use crate::support::fake_network::{Fault, SERVER, profile};
use crate::support::world::{World, brisk, origin, sighting};
use gigcast::failure::Why;
use gigcast::gig::{Republish, Sighting, Status};
use gigcast::id::PersonId;
use gigcast::intake::Origin;
use gigcast::outbox::State;
use gigcast::person::{Account, Changed, Ended, Policy};
use gigcast::profile::{Profile, Support};
use gigcast::store::Heard;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

const BY_REPLY: Policy = Policy { changed: Changed::Reply, ended: Ended::Reply };
const BY_EDIT: Policy = Policy { changed: Changed::Reply, ended: Ended::Edit };
const AWAY: Policy = Policy { changed: Changed::Reply, ended: Ended::Delete };

async fn follows(world: &World, account: &Account, policy: Policy) {
    world.ledger.revise_account(account.id, |account| account.policy = policy).await.unwrap();
}

/// `ana` has one gig out, and follows it so.
async fn posted(policy: Policy) -> (World, Account, tempfile::TempDir) {
    let (world, dir) = world().await;
    let account = world.link("ana", brisk()).await;
    follows(&world, &account, policy).await;
    world.take(&sighting("1")).await.unwrap();
    world.run_for(MINUTE).await.unwrap();
    (world, account, dir)
}

fn titled(title: &str, status: Status) -> Sighting {
    Sighting { title: Some(title.into()), status: Some(status), ..sighting("1") }
}

/// Starts what is due, and leaves it on its way.
async fn begin(world: &World) {
    world.announce.step().await.unwrap();
    world.deliver.step().await.unwrap();
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn said(world: &World) -> Vec<String> {
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    world.network.standing("ana").iter().map(|stood| line(&stood.post.text)).collect()
}

fn count(world: &World, verb: &str) -> usize {
    world.network.calls().iter().filter(|(said, ..)| *said == verb).count()
}

#[tokio::test]
async fn a_step_that_is_overtaken_on_its_way_and_then_limited_gives_way_to_the_next() {
    let (world, _, _dir) = posted(AWAY).await;
    world.network.stall(SERVER);
    world.take(&titled("Second thought", Status::Open)).await.unwrap();
    begin(&world).await;
    world.take(&titled("Second thought", Status::Filled)).await.unwrap();
    begin(&world).await;
    world.network.fail_next([Fault::Limited(HOUR)]);
    world.network.release();
    world.run_for(3 * HOUR).await.unwrap();
    assert_eq!(said(&world), Vec::<String>::new(), "{:?}", world.network.calls());
}

#[tokio::test]
async fn a_step_that_is_wanted_again_while_it_is_limited_is_taken() {
    let (world, _, _dir) = posted(AWAY).await;
    world.network.stall(SERVER);
    world.take(&titled("Second thought", Status::Open)).await.unwrap();
    begin(&world).await;
    world.take(&titled("Second thought", Status::Filled)).await.unwrap();
    begin(&world).await;
    world.network.fail_next([Fault::Limited(HOUR)]);
    world.network.release();
    world.settle().await.unwrap();
    world.take(&titled("Third thought", Status::Open)).await.unwrap();
    world.run_for(3 * HOUR).await.unwrap();
    assert_eq!(said(&world), ["Third thought"], "{:?}", world.network.calls());
}

#[tokio::test]
async fn a_post_that_was_overtaken_while_its_answer_was_a_refusal_of_the_moment_comes_when_the_gig_opens_again() {
    let (world, _dir) = world().await;
    world.link("ana", brisk()).await;
    world.network.stall(SERVER);
    world.take(&sighting("1")).await.unwrap();
    begin(&world).await;
    world.becomes("1", Status::Withdrawn).await;
    begin(&world).await;
    world.network.fail_next([Fault::Limited(HOUR)]);
    world.network.release();
    world.run_for(3 * HOUR).await.unwrap();
    assert_eq!(said(&world), Vec::<String>::new());
    world.becomes("1", Status::Open).await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!(said(&world), ["Logo for bakery 1"]);
}

#[tokio::test]
async fn what_waits_follows_the_policy_as_it_is_when_it_leaves() {
    for (queued_by, left_by, stands) in [
        (AWAY, BY_REPLY, vec!["Logo for bakery 1", "Filled: Logo for bakery 1"]),
        (AWAY, BY_EDIT, vec!["Filled: Logo for bakery 1"]),
        (BY_REPLY, AWAY, vec![]),
        (BY_EDIT, BY_REPLY, vec!["Logo for bakery 1", "Filled: Logo for bakery 1"]),
    ] {
        let (world, account, _dir) = posted(queued_by).await;
        world.network.fail_next([Fault::Limited(HOUR)]);
        world.becomes("1", Status::Filled).await;
        world.run_for(MINUTE).await.unwrap();
        follows(&world, &account, left_by).await;
        world.run_for(3 * HOUR).await.unwrap();
        assert_eq!(said(&world), stands, "{queued_by:?} {left_by:?} {:?}", world.network.calls());
    }
}

#[tokio::test]
async fn a_gig_that_opens_and_ends_again_before_that_could_be_told_is_not_told_to_have_ended_twice() {
    for profile in [profile(), Profile { edit: Support::No, ..profile() }] {
        let (world, _dir) = world_of(profile).await;
        let account = world.link("ana", brisk()).await;
        follows(&world, &account, BY_REPLY).await;
        world.take(&sighting("1")).await.unwrap();
        world.run_for(MINUTE).await.unwrap();
        world.becomes("1", Status::Filled).await;
        world.run_for(MINUTE).await.unwrap();
        world.network.fail_next([Fault::Limited(HOUR)]);
        world.becomes("1", Status::Open).await;
        world.run_for(MINUTE).await.unwrap();
        world.becomes("1", Status::Filled).await;
        world.run_for(3 * HOUR).await.unwrap();
        assert_eq!(said(&world), ["Logo for bakery 1", "Filled: Logo for bakery 1"]);
        // And it goes on from there.
        world.becomes("1", Status::Open).await;
        world.run_for(HOUR).await.unwrap();
        assert_eq!(said(&world)[2..], ["Open again: Logo for bakery 1"]);
    }
}

#[tokio::test]
async fn what_waits_to_be_posted_is_held_to_what_its_account_and_its_source_allow_when_it_leaves() {
    let in_german = Sighting { language: Some("de".into()), ..sighting("1") };
    let kept = Sighting { republish: Republish::Refused(Why::new("its terms forbid it")), ..in_english() };
    for (becomes, why) in [(in_german, "German"), (kept, "its terms forbid it")] {
        let (world, _dir) = world().await;
        let account = world.link("ana", brisk()).await;
        let english = |account: &mut Account| account.audience.languages = vec!["en".into()];
        world.ledger.revise_account(account.id, english).await.unwrap();
        world.network.fail_next([Fault::Limited(HOUR)]);
        world.take(&in_english()).await.unwrap();
        world.run_for(MINUTE).await.unwrap();
        world.take(&becomes).await.unwrap();
        world.run_for(3 * HOUR).await.unwrap();
        assert_eq!(said(&world), Vec::<String>::new());
        let State::Dropped(dropped) = world.delivery("1", &account).await.state else { panic!() };
        assert!(dropped.said.contains(why) || dropped.said.contains("de"), "{dropped}");
    }
}

fn in_english() -> Sighting {
    Sighting { language: Some("en".into()), ..sighting("1") }
}

#[tokio::test]
async fn what_stands_follows_its_gig_though_its_source_was_given_to_another_poster() {
    let (world, _, _dir) = posted(BY_EDIT).await;
    let given = Origin { poster: PersonId::from_name("Globex"), ..origin() };
    let filled = titled("Logo for bakery 1", Status::Filled);
    world.intake.take(&filled, &given, Heard::News).await.unwrap();
    world.run_for(HOUR).await.unwrap();
    assert_eq!(said(&world), ["Filled: Logo for bakery 1"]);
    assert_eq!(count(&world, "create"), 1);
}
