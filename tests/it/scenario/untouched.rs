//! What `retry`, `replay` and `cancel` must leave as it is, whoever asks for them, and in which order they take the rest.

use crate::support::desk::{Seat, gig};
use crate::support::fake_network::Fault;
use crate::support::lines::Lines;
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::gig::Status;
use gigcast::outbox::{Hold, State, Verb, Wait};
use gigcast::person::{Account, Ended, Mode};
use gigcast::web::admin::answers::{When, Which};
use gigcast::web::admin::{CancelAsked, Operator, Refusal, ReplayAsked, Replaying};
use std::time::Duration;

/// What comes to a lane one after the other is due a little apart, to be in order.
const MOMENT: Duration = Duration::from_secs(1);

async fn seat() -> Seat {
    Seat::take(ManualClock::at(NOON), "").await
}

async fn reviews(seat: &Seat, account: &Account, mode: Mode) {
    seat.world.ledger.revise_account(account.id, |account| account.mode = mode).await.unwrap();
}

fn everything(replay: Replaying) -> ReplayAsked {
    ReplayAsked { since: When(NOON), until: None, network: None, account: None, replay }
}

#[tokio::test]
async fn calling_a_gig_off_never_calls_off_the_delete_that_takes_its_post_away() {
    let seat = seat().await;
    let account = seat.world.link("acme", brisk()).await;
    seat.world.ledger.revise_account(account.id, |account| account.policy.ended = Ended::Delete).await.unwrap();
    seat.world.take(&sighting("1")).await.unwrap();
    seat.world.settle().await.unwrap();

    // What stands is no wait, and not a word is said of it.
    let idle = seat.desk.cancel(&gig("1").to_string(), CancelAsked::default()).await.unwrap();
    assert_eq!((idle.said.as_str(), idle.lines.len()), ("Nothing of it waits, so nothing is called off.", 0));

    seat.world.network.fail_next([Fault::Busy]);
    seat.world.becomes("1", Status::Withdrawn).await;
    seat.world.run_for(MOMENT).await.unwrap();
    let before = seat.world.delivery("1", &account).await;
    assert_eq!((before.verb, before.wait), (Verb::Delete, Wait::Backoff));
    let kept = seat.desk.cancel(&gig("1").to_string(), CancelAsked::default()).await.unwrap();
    assert_eq!((kept.count, kept.lines.len()), (0, 0));
    assert_eq!(seat.world.delivery("1", &account).await, before);
    seat.world.run_for(Duration::from_hours(1)).await.unwrap();
    assert!(seat.world.network.standing("acme").is_empty(), "it was taken away");
}

#[tokio::test]
async fn of_an_account_what_a_person_has_to_decide_stays_and_another_account_is_not_touched() {
    let seat = seat().await;
    let (one, two) = (seat.world.link("one", brisk()).await, seat.world.link("two", brisk()).await);
    for account in [&one, &two] {
        reviews(&seat, account, Mode::Review).await;
    }
    seat.world.take(&sighting("held")).await.unwrap();
    seat.world.settle().await.unwrap();
    let only_held = seat.desk.retry(&one.handle).await.unwrap();
    assert_eq!(only_held.said, "Nothing is tried sooner by this; 1 stays as before.");

    for account in [&one, &two] {
        reviews(&seat, account, Mode::Auto).await;
    }
    seat.world.network.fail_next([Fault::Busy; 2]);
    seat.world.take(&sighting("late")).await.unwrap();
    seat.world.run_for(MOMENT).await.unwrap();
    let others = [seat.world.delivery("held", &two).await, seat.world.delivery("late", &two).await];
    let held = seat.world.delivery("held", &one).await;
    assert_eq!((held.state.clone(), others[1].wait), (State::Held(Hold::Review), Wait::Backoff));

    let both = seat.desk.retry(&one.handle).await.unwrap();
    assert_eq!((both.count, both.said.as_str()), (1, "1 tried now, 1 stays as before."));
    assert_eq!(seat.world.delivery("held", &one).await, held);
    seat.world.settle().await.unwrap();
    assert!(seat.world.is_delivered("late", &one).await);
    assert_eq!([seat.world.delivery("held", &two).await, seat.world.delivery("late", &two).await], others);
}

#[tokio::test]
async fn a_gig_or_a_network_that_is_not_known_is_refused_rather_than_found_to_hold_nothing() {
    let seat = seat().await;
    let nothing = gig("none").to_string();
    let said = format!("there is no gig {nothing}; `gigcast gigs` lists them");
    let refused = [
        seat.desk.retry(&nothing).await.unwrap_err(),
        seat.desk.cancel(&nothing, CancelAsked::default()).await.unwrap_err(),
    ];
    assert_eq!(refused, [Refusal::Unknown(said.clone()), Refusal::Unknown(said)]);
    let asked = ReplayAsked { network: Some("myspace".into()), ..everything(Replaying::CountOnly) };
    let refused = seat.desk.replay(asked).await.unwrap_err();
    assert!(matches!(&refused, Refusal::Refused(said) if said.contains("gigcast does not speak myspace")));
}

#[tokio::test]
async fn a_replay_goes_oldest_first_and_each_that_it_opens_is_in_the_log() {
    let seat = seat().await;
    let account = seat.world.link("acme", brisk()).await;
    let natives = ["first", "second", "third"];
    seat.world.network.fail_next([Fault::Refused; 3]);
    let mut given_up = Vec::new();
    for native in natives {
        seat.world.take(&sighting(native)).await.unwrap();
        seat.world.settle().await.unwrap();
        given_up.push(seat.world.delivery(native, &account).await.id.to_string());
        seat.world.clock.advance(Duration::from_hours(1));
    }
    let listed = seat.desk.deliveries(Which::Dead).await.unwrap();
    assert_eq!(listed.into_iter().map(|line| line.id).collect::<Vec<_>>(), given_up);
    let (lines, _caught) = Lines::caught();
    for replay in [Replaying::CountOnly, Replaying::Now] {
        let asked = ReplayAsked { until: Some(When(seat.world.clock.now())), ..everything(replay) };
        let answer = seat.desk.replay(asked).await.unwrap();
        assert_eq!(answer.lines.into_iter().map(|line| line.id).collect::<Vec<_>>(), given_up);
    }
    for native in natives {
        let opened = seat.world.delivery(native, &account).await.id.to_string();
        let told = lines.with("delivery.queued").iter().filter(|line| line.contains(&opened)).count();
        assert_eq!(told, 1, "{native}: {}", lines.text());
    }
    seat.world.settle().await.unwrap();
    assert_eq!(seat.world.network.posts().len(), 3);
}
