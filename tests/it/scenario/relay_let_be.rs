//! A reshare that was called off, refused or given up is let be, whatever of its gig comes out next; one that only lost its post, its relay or its rules is not.

use super::relay::{ann, came_out, posted, relays_in, shown, step, two_in, why_not};
use super::{world, world_of};
use crate::support::desk::Seat;
use crate::support::fake_network::{Fault, entered, profile};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::failure::Why;
use gigcast::gig::Sighting;
use gigcast::grants::Terms;
use gigcast::id::PersonId;
use gigcast::outbox::{Event, State};
use gigcast::person::{Account, Audience, Changed, Pace, QuietHours};
use gigcast::plan::relay::OFF;
use gigcast::ports::Entered;
use gigcast::profile::{Profile, Support};
use gigcast::web::admin::{CancelAsked, Operator};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);
const NOTHING: [&str; 0] = [];

fn until(hour: u16) -> Pace {
    Pace { quiet: Some(QuietHours { from: 11 * 60, until: hour * 60 }), ..brisk() }
}

/// The gig comes out on a second account of the poster's as well.
async fn comes_out_elsewhere(world: &World) {
    world.run_for(HOUR * 24).await.unwrap();
    let second = world.ledger.accounts_of(PersonId::from_name("Acme")).await.unwrap();
    let second = second.into_iter().find(|account| account.native == "second").unwrap();
    assert!(world.is_delivered("1", &second).await);
}

/// Ann, on a server of her own.
async fn ann_elsewhere(world: &World, server: &str, pace: Pace) -> Account {
    world.ledger.welcome(&ann()).await.unwrap();
    let hers = Entered { server: server.into(), ..entered("ann") };
    let terms = Terms { owner: ann(), pace, audience: Audience::default() };
    world.deliver.sessions.link("fake", &hers, terms).await.unwrap()
}

#[tokio::test]
async fn what_was_called_off_stays_so_when_the_gig_comes_out_on_another_account() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let (_, ann) = two_in(world, until(18)).await;
    world.link("second", until(14)).await;
    relays_in(world, &[]).await;
    posted(world, "1").await;
    let waits = world.delivery("1", &ann).await;
    let answer = seat.desk.cancel(&waits.id.to_string(), CancelAsked::default()).await.unwrap();
    let said = "It is dropped: the gig is not reshared there, unless `gigcast retry";
    assert!(answer.lines[0].said.starts_with(said), "{}", answer.lines[0].said);
    comes_out_elsewhere(world).await;
    assert_eq!((world.delivery("1", &ann).await.id, shown(world)), (waits.id, Vec::new()));
    // Who called it off may have it after all: of what came out first.
    assert_eq!(seat.desk.retry(&waits.id.to_string()).await.unwrap().count, 1);
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(shown(world), ["p1"]);
}

#[tokio::test]
async fn what_the_network_refused_is_let_be_when_the_gig_comes_out_on_another_account() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, brisk()).await;
    world.link("second", until(14)).await;
    relays_in(&world, &[]).await;
    came_out(&world, "1").await;
    world.network.fail_next([Fault::Refused]);
    step(&world).await;
    comes_out_elsewhere(&world).await;
    assert_eq!(why_not(&world, "1", &ann).await, "the text breaks a rule");
    assert_eq!(shown(&world), NOTHING);
}

#[tokio::test]
async fn what_no_try_brought_out_waits_for_a_person_though_its_post_is_made_anew() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let (world, slow) = (&seat.world, "https://slow.example");
    let ann = ann_elsewhere(world, slow, brisk()).await;
    world.link("acme", brisk()).await;
    world.link("second", until(14)).await;
    relays_in(world, &[]).await;
    let second = world.ledger.accounts_of(PersonId::from_name("Acme")).await.unwrap();
    let second = second.into_iter().find(|account| account.native == "second").unwrap();
    world.deliver.pause(second.id).await.unwrap();
    world.network.weather(slow, Some(Fault::Busy));
    posted(world, "1").await;
    world.run_for(HOUR * 48).await.unwrap();
    let dead = world.delivery("1", &ann).await;
    assert!(matches!(dead.state, State::Dead(_)), "{:?}", dead.state);
    world.network.weather(slow, None);
    world.deliver.resume(second.id).await.unwrap();
    comes_out_elsewhere(world).await;
    assert_eq!((world.delivery("1", &ann).await.id, shown(world)), (dead.id, Vec::new()));
    assert_eq!(seat.desk.retry(&dead.id.to_string()).await.unwrap().count, 1);
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(world), ["p1"]);
}

#[tokio::test]
async fn a_relay_that_is_on_again_takes_what_comes_out_from_then_on() {
    for takes_back in [false, true] {
        let (world, _dir) = world().await;
        let (_, ann) = two_in(&world, until(18)).await;
        world.link("second", until(14)).await;
        let relay = relays_in(&world, &[]).await;
        posted(&world, "1").await;
        if takes_back {
            world.ledger.take_relay_back(relay.poster, relay.account, world.clock.now()).await.unwrap();
        } else {
            world.ledger.switch_relay_off(relay.poster, relay.account).await.unwrap();
            let off = Event::Unwanted(Why::new(OFF));
            let waits = world.delivery("1", &ann).await.id;
            world.deliver.settle(&ann, &profile(), waits, off, None, None).await.unwrap();
        }
        world.clock.advance(MINUTE);
        world.settle().await.unwrap();
        relays_in(&world, &[]).await;
        comes_out_elsewhere(&world).await;
        assert_eq!(shown(&world), ["p2"], "{takes_back}");
    }
}

#[tokio::test]
async fn what_its_own_rules_kept_back_is_decided_anew_by_the_next_post() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, until(13)).await;
    world.link("second", until(14)).await;
    relays_in(&world, &[]).await;
    posted(&world, "1").await;
    let only = |account: &mut Account, kinds: &[&str]| {
        account.audience.categories = kinds.iter().map(|&kind| kind.to_owned()).collect();
    };
    world.ledger.revise_account(ann.id, |account| only(account, &["legal"])).await.unwrap();
    world.run_for(HOUR + MINUTE).await.unwrap();
    assert!(matches!(world.delivery("1", &ann).await.state, State::Dropped(_)));
    world.ledger.revise_account(ann.id, |account| only(account, &[])).await.unwrap();
    comes_out_elsewhere(&world).await;
    assert_eq!(shown(&world), ["p2"]);
}

#[tokio::test]
async fn what_is_refused_while_its_post_may_be_on_its_way_out_is_of_the_one_in_its_place() {
    let (world, _dir) = world_of(Profile { edit: Support::No, ..profile() }).await;
    ann_elsewhere(&world, "https://slow.example", until(13)).await;
    let acme = world.link("acme", brisk()).await;
    world.ledger.revise_account(acme.id, |one| one.policy.changed = Changed::DeleteAndRepost).await.unwrap();
    relays_in(&world, &[]).await;
    posted(&world, "1").await;
    world.clock.advance_to(NOON.plus(MINUTE * 59 + MINUTE / 60 * 58));
    // The old post is gone, and the answer to that got lost: on record it stands still when the reshare of it leaves.
    world.network.fail_next([Fault::LostAfter]);
    let title = Some("Logo and a sign for bakery 1".into());
    world.take(&Sighting { title, ..sighting("1") }).await.unwrap();
    step(&world).await;
    assert!(world.network.standing("acme").is_empty());
    world.clock.advance_to(NOON.plus(HOUR));
    world.deliver.step().await.unwrap();
    while world.deliver.in_flight() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(world.network.calls().iter().any(|(verb, ..)| *verb == "reshare"));
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(shown(&world), ["p2"]);
}

#[tokio::test]
async fn what_was_reshared_by_hand_uses_up_no_post_of_the_day() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, Pace { posts_per_day: 1, ..brisk() }).await;
    relays_in(&world, &[]).await;
    came_out(&world, "1").await;
    world.network.reshare_by_hand("ann", "p1");
    posted(&world, "2").await;
    world.run_for(HOUR).await.unwrap();
    assert!(world.is_delivered("2", &ann).await);
    assert_eq!(shown(&world), ["p1", "p2"]);
    posted(&world, "3").await;
    world.run_for(HOUR).await.unwrap();
    assert_eq!(shown(&world).len(), 2, "and what left counts");
}
