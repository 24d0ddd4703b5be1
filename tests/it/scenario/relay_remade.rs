//! A post that others reshare is taken away and made anew while their reshares wait, are under way, or got lost: what was out is not made again, and what surely was
//! not is of the post that stands.

use super::relay::{ann, came_out, posted, records, relays_in, shown, step, two_in, why_not};
use super::world_of;
use crate::support::fake_network::{Fault, SERVER, entered, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::gig::Sighting;
use gigcast::grants::Terms;
use gigcast::id::{AccountId, PersonId};
use gigcast::outbox::Sent;
use gigcast::person::{Account, Audience, Changed, Pace, Person, QuietHours};
use gigcast::plan::relay::Relay;
use gigcast::ports::Entered;
use gigcast::profile::{Profile, Support};
use std::time::Duration;
use tempfile::TempDir;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

fn until(hour: u16) -> Pace {
    Pace { quiet: Some(QuietHours { from: 11 * 60, until: hour * 60 }), ..brisk() }
}

fn changed() -> Sighting {
    Sighting { title: Some("Logo and a sign for bakery 1".into()), ..sighting("1") }
}

/// On a network without edits.
async fn uneditable(profile: Profile) -> (World, TempDir) {
    world_of(Profile { edit: Support::No, ..profile }).await
}

async fn makes_anew(world: &World, account: &Account) {
    world.ledger.revise_account(account.id, |one| one.policy.changed = Changed::DeleteAndRepost).await.unwrap();
}

#[tokio::test]
async fn a_lost_reshare_is_of_the_new_post_if_it_surely_was_not_out_and_else_not_made_again() {
    for profile in [profile(), records()] {
        let faults = [(Fault::LostBefore, "p2"), (Fault::LostAfter, "p1"), (Fault::Late(MINUTE / 3), "p1")];
        for (fault, shows) in faults {
            let (world, _dir) = uneditable(profile.clone()).await;
            let (acme, ann) = two_in(&world, brisk()).await;
            makes_anew(&world, &acme).await;
            relays_in(&world, &[]).await;
            came_out(&world, "1").await;
            world.network.fail_next([fault]);
            step(&world).await;
            let lost = world.delivery("1", &ann).await;
            assert_eq!(lost.unsure, Sent::Perhaps, "{fault:?}: {:?}", lost.state);
            world.take(&changed()).await.unwrap();
            world.run_for(HOUR * 24).await.unwrap();
            assert_eq!(world.network.standing("acme")[0].id, "p2");
            assert_eq!(shown(&world), [shows], "{fault:?}");
            assert!(world.is_delivered("1", &ann).await, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn a_reshare_that_is_refused_as_its_post_was_made_anew_meanwhile_is_of_the_new_one() {
    let (world, _dir) = uneditable(profile()).await;
    world.ledger.welcome(&ann()).await.unwrap();
    let acme = world.link("acme", brisk()).await;
    makes_anew(&world, &acme).await;
    let slow = "https://slow.example";
    let hers = Entered { server: slow.into(), ..entered("ann") };
    let terms = Terms { owner: ann(), pace: brisk(), audience: Audience::default() };
    world.deliver.sessions.link("fake", &hers, terms).await.unwrap();
    relays_in(&world, &[]).await;
    came_out(&world, "1").await;
    world.network.stall(slow);
    let asked = || world.network.calls().into_iter().filter(|(verb, ..)| *verb == "reshare").count();
    while asked() == 0 {
        world.announce.step().await.unwrap();
        world.clock.advance(Duration::from_millis(1));
        world.deliver.step().await.unwrap();
        tokio::task::yield_now().await;
    }
    world.take(&changed()).await.unwrap();
    let gig = world.gig("1").await.gig.id;
    let is_anew = async || {
        let said = world.ledger.announcement(gig, acme.id).await.unwrap().unwrap().said;
        said.is_some_and(|said| said.receipt.id == "p2") && world.ledger.to_relay(1).await.unwrap().is_empty()
    };
    while !is_anew().await {
        world.announce.step().await.unwrap();
        world.clock.advance(Duration::from_millis(1));
        world.deliver.step().await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!((asked(), shown(&world).len()), (1, 0), "it is under way, for the old one");
    world.network.release();
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world), ["p2"]);
}

#[tokio::test]
async fn between_two_posts_there_is_nothing_to_reshare_and_what_came_out_before_the_relay_is_no_other() {
    let (world, _dir) = uneditable(profile()).await;
    let (_, ann) = two_in(&world, until(14)).await;
    let bo = Person::freelancer(AccountId::of(&[b"bo"]), "Bo", NOON);
    world.ledger.welcome(&bo).await.unwrap();
    let hers = world.link_for(bo.clone(), "bo", brisk()).await.unwrap();
    let poster = PersonId::from_name("Acme");
    let relay = Relay { poster, person: bo.id, account: hers.id, categories: Vec::new(), since: NOON };
    world.ledger.switch_relay_on(&relay).await.unwrap();
    let (second, elsewhere) = (world.link("second", until(13)).await, world.link_on_other("elsewhere").await);
    makes_anew(&world, &second).await;
    let rests = |one: &mut Account| (one.pace, one.policy.changed) = (until(13), Changed::Leave);
    world.ledger.revise_account(elsewhere.id, rests).await.unwrap();
    let first = world.ledger.accounts_of(poster).await.unwrap().into_iter().find(|one| one.native == "acme").unwrap();
    world.ledger.revise_account(first.id, |one| one.policy.changed = Changed::Leave).await.unwrap();

    posted(&world, "1").await;
    assert_eq!(world.network.reshares_of("bo")[0].of, "p1");
    world.clock.advance(MINUTE);
    relays_in(&world, &[]).await;
    world.clock.advance_to(NOON.plus(HOUR + MINUTE));
    world.settle().await.unwrap();
    assert_eq!(world.network.posts_of("elsewhere").len(), 1);
    let since = world.network.standing("second")[0].id.clone();
    assert_eq!(
        world.delivery("1", &ann).await.at.unwrap().id,
        since,
        "it waits to reshare the one that came out since"
    );

    world.take(&changed()).await.unwrap();
    step(&world).await;
    world.network.weather(SERVER, Some(Fault::Busy));
    world.clock.advance_to(NOON.plus(HOUR * 2 + MINUTE));
    world.settle().await.unwrap();
    assert_eq!(why_not(&world, "1", &ann).await, "the post it would reshare does not stand any more");
    world.network.weather(SERVER, None);
    world.run_for(HOUR * 3).await.unwrap();
    let anew = world.network.standing("second")[0].id.clone();
    assert!(anew != since && shown(&world) == [anew], "{:?}", shown(&world));
    assert_eq!(world.network.reshares_of("bo").len(), 1, "each gig goes once to each account");
}
