//! A delivery that shows another account's post.

use super::*;

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
fn one_that_no_try_brings_out_is_let_be_for_there_is_nothing_to_mend() {
    let world = World::of(profile());
    let mut d = reshare();
    for _ in 0..4 {
        d = world.fail(&d, busy(), NOON);
    }
    assert!(matches!(&d.state, State::Dropped(why) if why.said.contains("given up after")), "{d:?}");
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
