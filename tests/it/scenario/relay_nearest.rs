//! Where a business has a gig out on several servers, each account reshares what stands on its own; what no try brought out is told as given up, and is tried
//! once more when a person says so.

use super::relay::{ann, posted, relays_in, shown, two_in};
use super::world;
use crate::support::desk::Seat;
use crate::support::fake_network::{Fault, SERVER, entered};
use crate::support::world::{NOON, World, brisk, sighting};
use gigcast::clock::ManualClock;
use gigcast::gig::{Sighting, Status};
use gigcast::grants::Terms;
use gigcast::id::PersonId;
use gigcast::outbox::State;
use gigcast::person::{Account, Audience, Pace, Person, QuietHours};
use gigcast::ports::Entered;
use gigcast::web::admin::Operator;
use gigcast::web::admin::answers::Which;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

fn until(hour: u16) -> Pace {
    Pace { quiet: Some(QuietHours { from: 11 * 60, until: hour * 60 }), ..brisk() }
}

/// An account of Acme's on another server than Ann's.
async fn elsewhere(world: &World, name: &str, pace: Pace) -> Account {
    let far = Entered { server: format!("https://{name}.example"), ..entered(name) };
    let terms = Terms { owner: Person::poster("Acme", NOON), pace, audience: Audience::default() };
    world.deliver.sessions.link("fake", &far, terms).await.unwrap()
}

/// The post of an account that stands.
fn post_of(world: &World, name: &str) -> Vec<String> {
    world.network.standing(name).iter().map(|post| post.id.clone()).collect()
}

#[tokio::test]
async fn what_its_own_server_made_is_reshared_though_another_came_out_first() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, until(15)).await;
    let acme = world.ledger.accounts_of(PersonId::from_name("Acme")).await.unwrap().remove(0);
    world.ledger.revise_account(acme.id, |one| one.pace = until(14)).await.unwrap();
    let far = ["north", "south", "east", "west"];
    for name in far {
        elsewhere(&world, name, brisk()).await;
    }
    relays_in(&world, &[]).await;
    posted(&world, "1").await;
    assert_eq!((far.map(|name| post_of(&world, name).len()), post_of(&world, "acme").len()), ([1; 4], 0));
    let waits = world.delivery("1", &ann).await.at.unwrap().id;
    assert!(far.iter().any(|name| post_of(&world, name).contains(&waits)), "until there is a nearer one");
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(post_of(&world, "acme").len(), 1);
    assert_eq!(shown(&world), post_of(&world, "acme"));
}

#[tokio::test]
async fn where_there_is_none_on_its_own_server_another_is_reshared() {
    let (world, _dir) = world().await;
    world.ledger.welcome(&ann()).await.unwrap();
    elsewhere(&world, "far", brisk()).await;
    world.link_for(ann(), "ann", brisk()).await.unwrap();
    relays_in(&world, &[]).await;
    posted(&world, "1").await;
    assert_eq!((shown(&world), shown(&world).len()), (post_of(&world, "far"), 1));
}

#[tokio::test]
async fn what_may_be_out_stays_with_the_post_that_it_is_of() {
    let (world, _dir) = world().await;
    let (_, ann) = two_in(&world, brisk()).await;
    let acme = world.ledger.accounts_of(PersonId::from_name("Acme")).await.unwrap().remove(0);
    world.ledger.revise_account(acme.id, |one| one.pace = until(14)).await.unwrap();
    elsewhere(&world, "far", brisk()).await;
    relays_in(&world, &[]).await;
    world.network.weather(SERVER, Some(Fault::LostAfter));
    posted(&world, "1").await;
    world.network.weather(SERVER, None);
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(post_of(&world, "acme").len(), 1);
    assert_eq!(shown(&world), post_of(&world, "far"), "and it is not made twice");
    assert!(world.is_delivered("1", &ann).await);
}

#[tokio::test]
async fn what_no_try_brings_out_is_given_up_and_tried_once_more_when_a_person_says_so() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let (_, ann) = two_in(world, until(13)).await;
    let relay = relays_in(world, &[]).await;
    posted(world, "1").await;
    world.network.weather(SERVER, Some(Fault::Busy));
    world.run_for(HOUR * 48).await.unwrap();
    let given_up = world.delivery("1", &ann).await;
    assert!(matches!(given_up.state, State::Dead(_)), "{:?}", given_up.state);
    let listed = seat.desk.deliveries(Which::Dead).await.unwrap();
    assert_eq!(listed.iter().map(|line| line.id.clone()).collect::<Vec<_>>(), [given_up.id.to_string()]);
    let what = given_up.id.to_string();
    let told = seat.desk.why(&what, jiff::tz::TimeZone::UTC).await.unwrap();
    assert_eq!(told.advice, [format!("`gigcast retry {what}` tries it once more.")]);

    world.network.weather(SERVER, None);
    world.ledger.switch_relay_off(relay.poster, relay.account).await.unwrap();
    let answer = seat.desk.retry(&what).await.unwrap();
    assert_eq!((answer.count, answer.lines[0].said.as_str()), (0, "It stays as it is: the relay was switched off."));
    relays_in(world, &[]).await;
    let answer = seat.desk.retry(&what).await.unwrap();
    let said = "It stays as it is: no post stands that it could reshare.";
    assert_eq!((answer.count, answer.lines[0].said.as_str()), (0, said), "it came out before the relay was on again");
    world.ledger.switch_relay_off(relay.poster, relay.account).await.unwrap();
    world.ledger.switch_relay_on(&relay).await.unwrap();
    seat.desk.retry(&what).await.unwrap();
    world.run_for(HOUR * 24).await.unwrap();
    assert_eq!(shown(world), ["p1"]);
    let again = seat.desk.retry(&what).await.unwrap();
    assert_eq!((again.count, shown(world).len()), (0, 1), "{again:?}");
}

#[tokio::test]
async fn what_was_given_up_of_a_gig_that_has_ended_since_stays_as_it_is() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let (_, ann) = two_in(world, until(13)).await;
    relays_in(world, &[]).await;
    posted(world, "1").await;
    world.network.weather(SERVER, Some(Fault::Busy));
    world.run_for(HOUR * 48).await.unwrap();
    let given_up = world.delivery("1", &ann).await.id;
    world.network.weather(SERVER, None);
    world.take(&Sighting { status: Some(Status::Filled), ..sighting("1") }).await.unwrap();
    world.settle().await.unwrap();
    let answer = seat.desk.retry(&given_up.to_string()).await.unwrap();
    let said = "It stays as it is: the gig is filled, and nothing is to be said of it there.";
    assert_eq!((answer.count, answer.lines[0].said.as_str()), (0, said));
    assert_eq!(world.delivery("1", &ann).await.id, given_up);
}
