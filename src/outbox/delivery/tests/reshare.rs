//! A delivery that shows another account's post.

use super::*;
use crate::outbox::Class;

fn reshare() -> Delivery {
    Delivery { at: Some(receipt()), ..delivery(Verb::Reshare) }
}

#[test]
fn a_lost_answer_is_looked_up_where_the_server_counts_and_sent_again_where_we_chose_the_key() {
    let lost_on = |profile: Profile| World::of(profile).fail(&reshare(), lost(), NOON);
    assert_eq!(lost_on(profile()).state, State::Unknown { looked: 0 });
    let again = lost_on(choosing());
    assert_eq!((again.state, again.wait, again.unsure), (State::Queued, Wait::Backoff, Sent::Perhaps));
    // A key is for posts: no server says that it knows a boost by it.
    assert_eq!(lost_on(honouring()).state, State::Held(Hold::Unconfirmed));
}

#[test]
fn what_the_network_refuses_is_let_be_and_waits_for_nobody() {
    let refused = World::of(profile()).fail(&reshare(), refused(), NOON);
    assert!(matches!(refused.state, State::Dropped(_)), "{:?}", refused.state);
}

#[test]
fn one_that_no_try_brings_out_is_given_up() {
    let world = World::of(profile());
    let mut d = reshare();
    for _ in 0..4 {
        d = world.fail(&d, busy(), NOON);
    }
    assert!(matches!(&d.state, State::Dead(why) if why.said.contains("given up after")), "{d:?}");
}

#[test]
fn it_asks_its_person_nothing_since_it_says_nothing() {
    let d = World::of(profile()).next(&reshare(), Event::ForReview, NOON);
    assert_eq!(d, reshare());
}

#[test]
fn one_that_surely_did_not_leave_goes_over_to_the_post_that_was_made_anew() {
    let world = World::of(profile());
    let other = Receipt { id: "2".into(), uri: "https://s.example/2".into(), ..receipt() };
    let remade = || Event::Gone { instead: Some(other.clone()) };
    let held = Delivery { state: State::Held(Hold::Relink), ..reshare() };
    for waits in [reshare(), held] {
        let after = world.next(&waits, remade(), NOON);
        assert_eq!(after, Delivery { at: Some(other.clone()), ..waits });
    }
    let out = world.claim(&reshare(), NOON);
    assert_eq!(world.next(&out, remade(), NOON), out, "what is out is of the post that it left for");
    assert_eq!(world.next(&delivery(Verb::Create), remade(), NOON).at, None, "a post is nobody else's");
}

#[test]
fn one_whose_post_is_gone_is_dropped_if_it_surely_did_not_leave_and_else_looked_for() {
    let world = World::of(choosing());
    let gone = |d: &Delivery, instead| world.next(d, Event::Gone { instead }, NOON);
    let dropped = gone(&reshare(), None);
    assert!(matches!(&dropped.state, State::Dropped(why) if why.said.contains("does not stand")), "{dropped:?}");
    let unsure = world.fail(&reshare(), lost(), NOON);
    for instead in [None, Some(receipt())] {
        let looks = gone(&unsure, instead);
        assert_eq!((looks.state, looks.due, looks.at), (State::Unknown { looked: 0 }, NOON, Some(receipt())));
    }
    let held = Delivery { state: State::Held(Hold::Relink), ..reshare() };
    assert_eq!(gone(&held, None), held, "what stands when it goes on is asked then");
    assert_eq!(gone(&delivery(Verb::Create), None).state, State::Queued);
}

#[test]
fn how_urgent_a_gig_is_does_not_count() {
    let urgent = Delivery { urgency: Urgency::Urgent, ..reshare() };
    assert_eq!(urgent.class(), Class::Create);
}

#[test]
fn one_that_may_be_out_is_looked_for_before_it_counts_as_refused_given_up_or_unwanted() {
    let world = World::of(choosing());
    let unsure = world.fail(&reshare(), lost(), NOON);
    assert_eq!((unsure.state.clone(), unsure.unsure), (State::Queued, Sent::Perhaps), "it may be put again");
    let looks = |d: &Delivery| matches!(d.state, State::Unknown { looked: 0 });
    assert!(looks(&world.fail(&unsure, refused(), NOON)), "that may be the answer to a repeat");
    let unwanted = world.next(&unsure, Event::Unwanted(Why::new("ended")), NOON);
    assert!(looks(&world.next(&unwanted, Event::Claimed { epoch: Epoch(1) }, NOON)), "it is not put again");
    let out = world.next(&reshare(), Event::Claimed { epoch: Epoch(1) }, NOON);
    assert!(looks(&world.next(&out, Event::Restarted { epoch: Epoch(2) }, NOON)));
}

#[test]
fn one_that_stands_by_its_persons_own_hand_is_done_and_says_so() {
    let world = World::of(profile());
    let out = world.claim(&reshare(), NOON);
    let stood = world.next(&out, Event::Stood(receipt()), NOON);
    assert!(stood.stood_already() && stood.state == State::Delivered(receipt()), "{stood:?}");
    let made = world.next(&out, Event::Answered(Ok(receipt())), NOON);
    assert!(!made.stood_already() && made.is_settled());
    assert_eq!(world.next(&made, Event::Stood(receipt()), NOON), made, "too late");
    assert_eq!(world.next(&reshare(), Event::Stood(receipt()), NOON), reshare());
}
