//! Promise 3 by policy: what each account does when its gig changes, ends or opens again.

use super::world_of;
use crate::support::fake_network::{Fault, profile};
use crate::support::world::{World, brisk, sighting};
use gigcast::gig::{Sighting, Status};
use gigcast::outbox::State;
use gigcast::person::{Changed, Ended, Policy};
use gigcast::profile::{Idempotency, Profile, Support};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

fn uneditable() -> Profile {
    Profile { edit: Support::No, ..profile() }
}

/// A world where `ana` has one gig out, and follows it so.
async fn posted(profile: Profile, policy: Policy) -> (World, tempfile::TempDir) {
    let (world, dir) = world_of(profile).await;
    let account = world.link("ana", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.policy = policy).await.unwrap();
    world.take(&sighting("1")).await.unwrap();
    world.run_for(MINUTE).await.unwrap();
    (world, dir)
}

async fn retitled(world: &World, title: &str) {
    world.take(&Sighting { title: Some(title.into()), ..sighting("1") }).await.unwrap();
    world.run_for(MINUTE).await.unwrap();
}

async fn becomes(world: &World, status: Status) {
    world.becomes("1", status).await;
    world.run_for(MINUTE).await.unwrap();
}

/// The first line of all that stands, a reply behind a mark.
fn said(world: &World) -> Vec<String> {
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let stands = world.network.standing("ana").into_iter();
    stands.map(|stood| format!("{}{}", if stood.under.is_some() { "> " } else { "" }, line(&stood.post.text))).collect()
}

fn calls(world: &World) -> Vec<&'static str> {
    world.network.calls().into_iter().map(|(verb, ..)| verb).collect()
}

const BY_REPLY: Policy = Policy { changed: Changed::Reply, ended: Ended::Reply };
const ANEW: Policy = Policy { changed: Changed::DeleteAndRepost, ended: Ended::Delete };
const LEFT: Policy = Policy { changed: Changed::Leave, ended: Ended::Edit };

#[tokio::test]
async fn where_it_cannot_be_edited_a_reply_tells_each_change_once_and_the_end() {
    let (world, _dir) = posted(uneditable(), BY_REPLY).await;
    retitled(&world, "Logo for a café").await;
    // Seen again, restarted, planned again: what has been replied is on record.
    world.take(&Sighting { title: Some("Logo for a café".into()), ..sighting("1") }).await.unwrap();
    world.run_for(MINUTE).await.unwrap();
    becomes(&world, Status::Filled).await;
    let told = ["Logo for bakery 1", "> Changed: Logo for a café", "> Filled: Logo for bakery 1"];
    assert_eq!(said(&world), told);
    becomes(&world, Status::Open).await;
    assert_eq!(said(&world)[3..], ["> Open again: Logo for bakery 1"]);
    let posts = world.network.standing("ana");
    assert!(
        posts[1..].iter().all(|reply| reply.under.as_deref() == Some(posts[0].id.as_str())),
        "under the post itself"
    );
    assert!(posts[2].post.text.lines().count() < posts[0].post.text.lines().count(), "{}", posts[2].post.text);
}

#[tokio::test]
async fn a_reply_whose_answer_was_lost_is_looked_for_by_its_own_code_and_not_said_twice() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Late(Duration::from_secs(50))] {
        let (world, _dir) = posted(uneditable(), BY_REPLY).await;
        world.network.fail_next([fault]);
        becomes(&world, Status::Filled).await;
        world.run_for(20 * MINUTE).await.unwrap();
        assert_eq!(said(&world), ["Logo for bakery 1", "> Filled: Logo for bakery 1"], "{fault:?}");
        let codes: Vec<_> = world.network.standing("ana").into_iter().map(|stood| stood.post.code).collect();
        assert_ne!(codes[0], codes[1]);
    }
}

#[tokio::test]
async fn deleted_and_made_anew_in_this_order_each_settled_before_the_next() {
    for faults in [vec![], vec![Fault::LostAfter, Fault::LostBefore], vec![Fault::Busy, Fault::LostAfter]] {
        let (world, _dir) = posted(uneditable(), ANEW).await;
        world.network.fail_next(faults.clone());
        retitled(&world, "Logo for a café").await;
        world.run_for(20 * MINUTE).await.unwrap();
        assert_eq!(said(&world), ["Logo for a café"], "{faults:?}");
        let calls = calls(&world);
        let last_delete = calls.iter().rposition(|verb| *verb == "delete").unwrap();
        let creates: Vec<_> = calls.iter().enumerate().filter(|(_, verb)| **verb == "create").map(|(n, _)| n).collect();
        assert!(creates[1..].iter().all(|again| *again > last_delete), "{calls:?}");
    }
}

#[tokio::test]
async fn an_account_that_leaves_its_posts_still_says_when_a_gig_has_ended() {
    let (world, _dir) = posted(uneditable(), LEFT).await;
    retitled(&world, "Logo for a café").await;
    assert_eq!(said(&world), ["Logo for bakery 1"]);
    becomes(&world, Status::Filled).await;
    assert_eq!(said(&world), ["Logo for bakery 1", "> Filled: Logo for bakery 1"]);
}

#[tokio::test]
async fn a_post_that_was_deleted_for_its_end_is_made_anew_when_the_gig_opens_again() {
    for ended in [Status::Filled, Status::Expired, Status::Withdrawn] {
        let (world, _dir) = posted(profile(), Policy { changed: Changed::Reply, ended: Ended::Delete }).await;
        becomes(&world, ended).await;
        assert_eq!(said(&world), Vec::<String>::new(), "{ended:?}");
        world.run_for(60 * MINUTE).await.unwrap();
        assert_eq!(calls(&world), ["create", "delete"]);
        becomes(&world, Status::Open).await;
        assert_eq!(said(&world), ["Logo for bakery 1"], "{ended:?}");
    }
}

#[tokio::test]
async fn a_post_that_was_edited_for_its_end_is_edited_back() {
    let (world, _dir) = posted(profile(), Policy::fitting(&profile())).await;
    becomes(&world, Status::Filled).await;
    assert_eq!(said(&world), ["Filled: Logo for bakery 1"]);
    becomes(&world, Status::Open).await;
    assert_eq!(said(&world), ["Logo for bakery 1"]);
    assert_eq!(calls(&world), ["create", "edit", "edit"]);
}

#[tokio::test]
async fn a_delete_never_overtakes_the_post_it_takes_away() {
    let (world, _dir) = world_of(Profile { idempotency: Idempotency::None, ..profile() }).await;
    let account = world.link("ana", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.policy = ANEW).await.unwrap();
    world.network.fail_next([Fault::Late(Duration::from_secs(80))]);
    world.take(&sighting("1")).await.unwrap();
    world.settle().await.unwrap();
    world.becomes("1", Status::Withdrawn).await;
    world.run_for(30 * MINUTE).await.unwrap();
    assert_eq!(said(&world), Vec::<String>::new());
    assert_eq!(calls(&world).last(), Some(&"delete"), "it was found first: {:?}", calls(&world));
    assert_eq!(calls(&world).iter().filter(|verb| **verb == "create").count(), 1);
}

#[tokio::test]
async fn a_delete_that_has_not_left_is_dropped_when_the_gig_opens_again() {
    let (world, _dir) = posted(profile(), ANEW).await;
    world.network.fail_next([Fault::Limited(60 * MINUTE)]);
    world.becomes("1", Status::Filled).await;
    world.run_for(MINUTE).await.unwrap();
    becomes(&world, Status::Open).await;
    world.run_for(120 * MINUTE).await.unwrap();
    assert_eq!(said(&world), ["Logo for bakery 1"]);
    assert_eq!(world.network.posts_of("ana").len(), 1, "the very post that stood");
}

#[tokio::test]
async fn several_changes_in_a_short_time_become_one_and_the_last_wins() {
    for profile in [profile(), uneditable()] {
        let (mut world, _dir) = posted(profile.clone(), BY_REPLY).await;
        world.quiet(2 * MINUTE);
        for title in ["Second thought", "Third thought", "Fourth thought"] {
            world.take(&Sighting { title: Some(title.into()), ..sighting("1") }).await.unwrap();
            world.run_for(Duration::from_secs(30)).await.unwrap();
        }
        assert_eq!(calls(&world), ["create"], "nothing leaves in the quiet time");
        world.run_for(2 * MINUTE).await.unwrap();
        assert_eq!(calls(&world).len(), 2);
        assert!(said(&world).last().is_some_and(|last| last.ends_with("Fourth thought")), "{:?}", said(&world));
    }
}

#[tokio::test]
async fn an_end_is_not_kept_waiting_by_a_change_that_waits_for_more() {
    for policy in [Policy::fitting(&profile()), BY_REPLY, ANEW] {
        let (mut world, _dir) = posted(profile(), policy).await;
        world.quiet(10 * MINUTE);
        world.take(&Sighting { title: Some("Second thought".into()), ..sighting("1") }).await.unwrap();
        world.settle().await.unwrap();
        world.becomes("1", Status::Filled).await;
        world.run_for(Duration::from_secs(1)).await.unwrap();
        assert_eq!(calls(&world).len(), 2, "at once, and nothing else with it: {policy:?} {:?}", calls(&world));
        world.run_for(60 * MINUTE).await.unwrap();
        assert_eq!(calls(&world).len(), 2, "{policy:?}");
    }
}

#[tokio::test]
async fn nothing_that_waits_goes_out_once_the_gig_has_ended() {
    let (world, _dir) = world_of(uneditable()).await;
    let account = world.link("ana", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.policy = ANEW).await.unwrap();
    world.network.fail_next([Fault::Limited(60 * MINUTE)]);
    for native in ["1", "2"] {
        world.take(&sighting(native)).await.unwrap();
    }
    world.settle().await.unwrap();
    for native in ["1", "2"] {
        world.becomes(native, Status::Withdrawn).await;
    }
    world.run_for(300 * MINUTE).await.unwrap();
    assert_eq!(said(&world), Vec::<String>::new());
    for native in ["1", "2"] {
        assert!(matches!(world.delivery(native, &account).await.state, State::Dropped(_)));
    }
}
