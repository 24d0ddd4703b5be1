//! A delivery that takes back what was reshared.

use super::*;
use crate::outbox::Class;

fn unreshare() -> Delivery {
    Delivery { at: Some(receipt()), ..delivery(Verb::Unreshare) }
}

#[test]
fn it_is_done_again_after_a_lost_answer_or_a_restart_since_what_is_undone_already_stays_so() {
    for profile in [profile(), choosing(), honouring()] {
        let world = World::of(profile);
        let lost = world.fail(&unreshare(), lost(), NOON);
        assert_eq!((&lost.state, lost.wait, lost.unsure), (&State::Queued, Wait::Backoff, Sent::Perhaps));
        let out = world.next(&unreshare(), Event::Claimed { epoch: Epoch(1) }, NOON);
        let again = world.next(&out, Event::Restarted { epoch: Epoch(2) }, NOON);
        assert_eq!((&again.state, again.due <= NOON), (&State::Queued, true));
    }
}

#[test]
fn what_the_network_refuses_is_given_up_for_its_person_to_see() {
    let refused = World::of(profile()).fail(&unreshare(), refused(), NOON);
    assert!(matches!(refused.state, State::Dead(_)), "{:?}", refused.state);
}

#[test]
fn it_asks_its_person_nothing_and_waits_neither_for_new_posts_nor_for_the_gig_to_be_open() {
    let world = World::of(profile());
    assert_eq!(world.next(&unreshare(), Event::ForReview, NOON), unreshare());
    let urgent = Delivery { urgency: Urgency::Urgent, ..unreshare() };
    assert_eq!([unreshare().class(), urgent.class()], [Class::Delete; 2]);
    let closed = Delivery { closes: Some(NOON), ..unreshare() };
    assert_eq!(world.fail(&closed, busy(), NOON).state, State::Queued, "it is tried again behind the end of its gig");
    let verb = Verb::Unreshare;
    assert!(!verb.makes_a_post() && !verb.posts_anew() && !verb.changes_a_post() && !verb.is_news());
}
