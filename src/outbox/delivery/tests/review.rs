//! A delivery that waits for its person's word.

use super::*;

/// A delivery that waits for its person.
fn in_review(verb: Verb) -> Delivery {
    World::of(profile()).next(&delivery(verb), Event::ForReview, NOON)
}

fn approved(d: &Delivery) -> Delivery {
    World::of(profile()).next(d, Event::Approved { revision: d.revision }, after(60))
}

fn revised(revision: u32) -> Event {
    Event::Revised {
        revision: Revision(revision),
        status: Status::Open,
        closes: None,
        urgency: Urgency::Usual,
        ring: None,
    }
}

#[test]
fn what_says_something_waits_for_its_person_and_a_delete_does_not() {
    for verb in [Verb::Create, Verb::Edit] {
        let d = in_review(verb);
        assert_eq!((&d.state, d.due, d.wait), (&State::Held(Hold::Review), Timestamp::NEVER, Wait::Person));
        let d = approved(&d);
        assert_eq!((&d.state, d.due, d.wording), (&State::Queued, NOON, Wording::Approved), "in its old place");
        assert_eq!(World::of(profile()).next(&d, Event::ForReview, after(61)), d, "asked once is enough");
    }
    assert_eq!(in_review(Verb::Delete), delivery(Verb::Delete));
}

#[test]
fn only_the_revision_that_waits_can_be_approved() {
    let world = World::of(profile());
    let d = world.next(&in_review(Verb::Create), revised(2), after(1));
    assert_eq!((&d.state, d.revision), (&State::Held(Hold::Review), Revision(2)));
    for other in [Revision(1), Revision(3)] {
        assert_eq!(world.next(&d, Event::Approved { revision: other }, after(2)), d);
    }
    assert_eq!(approved(&d).state, State::Queued);
}

#[test]
fn what_was_approved_waits_again_when_the_gig_changes_before_it_leaves() {
    let world = World::of(profile());
    let d = world.next(&approved(&in_review(Verb::Create)), revised(2), after(70));
    assert_eq!((&d.state, d.revision, d.wording), (&State::Held(Hold::Review), Revision(2), Wording::Composed));
    let dead_grant = Failure::RelinkNeeded(Why::new("revoked"));
    let d = world.fail(&approved(&in_review(Verb::Create)), dead_grant, after(70));
    assert_eq!((&d.state, d.wording), (&State::Held(Hold::Relink), Wording::Approved));
    assert_eq!(world.next(&d, revised(1), after(80)), d, "nothing has changed");
    assert_eq!(world.next(&d, revised(2), after(80)).state, State::Held(Hold::Review));
}

#[test]
fn only_a_first_post_waits_for_the_accounts_that_go_first() {
    let world = World::of(profile());
    let ring = Event::Revised {
        revision: Revision(1),
        status: Status::Open,
        closes: None,
        urgency: Urgency::Usual,
        ring: Some(after(600)),
    };
    for (verb, wait) in [(Verb::Create, Wait::Ring), (Verb::Edit, Wait::Nothing), (Verb::Reply, Wait::Nothing)] {
        let d = approved(&world.next(&in_review(verb), ring.clone(), after(1)));
        assert_eq!((&d.state, d.wait), (&State::Queued, wait), "{verb:?}");
        // On record since before that was so.
        let old = Delivery { ring: Some(after(600)), ..in_review(verb) };
        assert_eq!(approved(&old).wait, wait, "{verb:?}");
    }
}

#[test]
fn what_waits_for_a_ring_no_more_keeps_when_that_ended() {
    let world = World::of(profile());
    let held = Delivery { ring: Some(after(600)), ..in_review(Verb::Create) };
    for (now, ended) in [(after(60), after(60)), (after(900), after(600))] {
        let d = world.next(&held, revised(2), now);
        assert_eq!((d.ring, world.next(&d, revised(3), after(999)).ring), (Some(ended), Some(ended)));
    }
}

#[test]
fn what_may_be_out_is_not_held_and_not_revised() {
    let world = World::of(choosing());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert_eq!((&d.state, d.unsure), (&State::Queued, Sent::Perhaps));
    for event in [Event::ForReview, revised(2)] {
        assert_eq!(world.next(&d, event, after(1)), d);
    }
}

#[test]
fn what_is_declined_or_no_longer_wanted_while_it_waits_is_dropped() {
    let world = World::of(profile());
    let why = Why::new("declined by its person: too early");
    let d = world.next(&in_review(Verb::Create), Event::Declined { why: why.clone() }, after(1));
    assert_eq!(d.state, State::Dropped(why));
    let d = world.next(&in_review(Verb::Create), Event::Unwanted(Why::new("filled")), after(1));
    assert!(matches!(d.state, State::Dropped(_)));
}

#[test]
fn a_new_post_is_not_approved_once_its_gig_has_closed_and_a_correction_is() {
    let world = World::of(profile());
    for (verb, state) in [(Verb::Create, State::Held(Hold::Review)), (Verb::Edit, State::Queued)] {
        let d = Delivery { closes: Some(after(60)), ..in_review(verb) };
        let approval = Event::Approved { revision: d.revision };
        assert_eq!(world.next(&d, approval.clone(), after(59)).state, State::Queued);
        assert_eq!(world.next(&d, approval.clone(), after(60)).state, state, "{verb:?}");
        let unsure = World { clock: WallClock::Doubtful, ..World::of(profile()) };
        assert_eq!(unsure.next(&d, approval, after(60)).state, State::Queued, "a doubtful clock closes nothing");
    }
}

/// What can happen to a delivery of an account in review.
#[derive(Debug, Clone, Copy)]
enum Act {
    Revise,
    Approve,
    ApproveTheOneBefore,
    Decline,
    Fill,
    Turn(Fate),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let turn = fates().prop_map(|fates| Act::Turn(fates[0]));
    let one = prop_oneof![
        3 => Just(Act::Revise), 4 => Just(Act::Approve), 2 => Just(Act::ApproveTheOneBefore),
        1 => Just(Act::Decline), 1 => Just(Act::Fill), 8 => turn,
    ];
    prop::collection::vec(one, 1..40)
}

proptest! {
    /// Whatever is revised, approved, declined or lost on the way: only what was approved leaves, as it was approved.
    #[test]
    fn nothing_leaves_that_its_person_has_not_approved(acts in acts(), by_id in any::<bool>()) {
        let world = World::of(if by_id { choosing() } else { profile() });
        let (mut d, mut now, mut epoch, mut there) = (in_review(Verb::Create), NOON, 1u64, false);
        let mut approved: Option<Revision> = None;
        for act in acts {
            now = now.plus(Duration::from_mins(5));
            let before = d.clone();
            let event = match act {
                Act::Revise => Event::Revised { revision: d.revision.next(), status: Status::Open, closes: None, urgency: Urgency::Usual, ring: None },
                Act::Approve => Event::Approved { revision: d.revision },
                Act::ApproveTheOneBefore => Event::Approved { revision: Revision(d.revision.0 - 1) },
                Act::Decline => Event::Declined { why: Why::new("declined") },
                Act::Fill => Event::Unwanted(Why::new("filled")),
                Act::Turn(fate) => {
                    if let State::Unknown { .. } = d.state {
                        d = world.next(&d, Event::Looked(Ok(there.then(receipt))), now);
                        continue;
                    }
                    if d.state != State::Queued { continue; }
                    // What a turn does before anything leaves.
                    d = world.next(&d, Event::ForReview, now);
                    d = world.next(&d, Event::Claimed { epoch: Epoch(epoch) }, now);
                    if !matches!(d.state, State::Sending { .. }) { continue; }
                    prop_assert_eq!(d.wording, Wording::Approved);
                    prop_assert_eq!(Some(d.revision), approved, "it says another revision than was approved");
                    match fate {
                        Fate::Answered => { there = true; Event::Answered(Ok(receipt())) }
                        Fate::TakenButLost => { there = true; Event::Answered(Err(lost())) }
                        Fate::NotTakenAndLost => Event::Answered(Err(lost())),
                        Fate::Refused if !there => Event::Answered(Err(refused())),
                        Fate::Refused | Fate::Busy | Fate::Limited => Event::Answered(Err(busy())),
                        Fate::KilledAfterTaken => { there = true; epoch += 1; Event::Restarted { epoch: Epoch(epoch) } }
                        Fate::KilledBeforeTaken => { epoch += 1; Event::Restarted { epoch: Epoch(epoch) } }
                    }
                }
            };
            d = world.next(&d, event, now);
            if before.state == State::Held(Hold::Review) && d.state == State::Queued {
                prop_assert!(matches!(act, Act::Approve), "{:?} let it go", act);
                approved = Some(d.revision);
            }
            if d.state == State::Held(Hold::Review) {
                prop_assert_eq!((d.wording, d.unsure), (Wording::Composed, Sent::SurelyNot));
            }
            if d.is_settled() { break; }
        }
        if let State::Dropped(_) | State::Dead(_) = d.state {
            prop_assert!(!there, "a post stands that the record denies: {:?}", d);
        }
    }
}
