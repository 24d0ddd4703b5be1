//! Every path a delivery can take, one line or one test each.

mod reshare;
mod review;
mod unreshare;

use super::*;
use crate::failure::{Native, Scope};
use crate::outbox::Verb;
use crate::profile::{Card, GrantShape, LinkCost, Listening, Profile, Support, TextLimit, Unit};
use proptest::prelude::*;

pub(crate) const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const NONE: Dice = Dice(0);

pub(crate) fn profile() -> Profile {
    Profile {
        id: "made-up".into(),
        name: "Made up".into(),
        docs: "https://example.org/limits".into(),
        checked: "2026-11-21".into(),
        text: TextLimit { max: 500, unit: Unit::Graphemes, link: LinkCost::Flat(23), max_bytes: None },
        card: Card::ByServer,
        edit: Support::Yes,
        delete: Support::Yes,
        reply: Support::Yes,
        reshare: Support::Yes,
        idempotency: Idempotency::None,
        read_back: ReadBack::ByRecentPosts,
        engagement: Listening { kinds: Vec::new().into(), push: Support::No },
        quotas: Vec::new().into(),
        grant: GrantShape::Token,
        price: None,
    }
}

/// Keys are honoured, and there is no way to look.
fn honouring() -> Profile {
    Profile {
        read_back: ReadBack::None,
        idempotency: Idempotency::Key { lives: Duration::from_mins(50), errors: Replay::SuccessOnly },
        ..profile()
    }
}

/// We choose the post's own id.
fn choosing() -> Profile {
    Profile { idempotency: Idempotency::ClientChosenId, ..profile() }
}

pub(crate) fn receipt() -> Receipt {
    Receipt { id: "1".into(), uri: "https://s.example/1".into(), url: None, version: None, at: NOON }
}

pub(crate) fn delivery(verb: Verb) -> Delivery {
    let (gig, account) = (GigId::of(&[b"g"]), AccountId::of(&[b"a"]));
    let id = DeliveryId::from_step(gig, account, 1);
    Delivery {
        id,
        gig,
        account,
        step: 1,
        verb,
        revision: Revision::FIRST,
        status: Status::Open,
        urgency: Urgency::Usual,
        wording: Wording::Composed,
        at: None,
        state: State::Queued,
        attempts: 0,
        stamp: Stamp { key: id.idempotency_key(), opened: NOON, chosen_id: None, first_sent: None },
        last_sent: None,
        unsure: Sent::SurelyNot,
        due: NOON,
        wait: Wait::Nothing,
        ring: None,
        closes: None,
        unwanted: None,
        tries: Vec::new(),
    }
}

struct World {
    profile: Profile,
    backoff: Schedule,
    clock: WallClock,
}

const LOOKS: [Duration; 3] = [Duration::from_secs(15), Duration::from_mins(2), Duration::from_mins(10)];
const TIMEOUT: Duration = Duration::from_secs(30);

impl World {
    fn of(profile: Profile) -> Self {
        let backoff = Schedule::new([30, 120, 600].map(Duration::from_secs).to_vec());
        Self { profile, backoff, clock: WallClock::Sound }
    }

    fn next(&self, d: &Delivery, event: Event, now: Timestamp) -> Delivery {
        let terms = Terms {
            profile: &self.profile,
            backoff: &self.backoff,
            look_after: &LOOKS,
            total_timeout: TIMEOUT,
            edit_quiet: Duration::from_mins(2),
            clock: self.clock,
        };
        next(d, event, terms, now, NONE)
    }

    fn claim(&self, d: &Delivery, now: Timestamp) -> Delivery {
        self.next(d, Event::Claimed { epoch: Epoch(1) }, now)
    }

    /// Claims and fails with this.
    fn fail(&self, d: &Delivery, failure: Failure, now: Timestamp) -> Delivery {
        self.next(&self.claim(d, now), Event::Answered(Err(failure)), now)
    }
}

fn after(seconds: u64) -> Timestamp {
    NOON.plus(Duration::from_secs(seconds))
}

fn lost() -> Failure {
    Failure::Unknown(Why::new("no answer came"))
}

fn refused() -> Failure {
    Failure::Permanent(Why::new("too long").with_native(Native::new(422, None, "Validation failed")))
}

fn busy() -> Failure {
    Failure::Transient(Why::new("the host refused the connection"))
}

#[test]
fn an_accepted_post_is_delivered_with_its_receipt() {
    let world = World::of(profile());
    let sent = world.claim(&delivery(Verb::Create), NOON);
    assert_eq!(sent.state, State::Sending { epoch: Epoch(1), attempt: 1 });
    assert_eq!((sent.stamp.first_sent, sent.last_sent), (Some(NOON), Some(NOON)));
    let done = world.next(&sent, Event::Answered(Ok(receipt())), after(1));
    assert_eq!(done.state, State::Delivered(receipt()));
    assert_eq!(done.tries.last().map(|t| t.outcome.as_str()), Some("delivered"));
}

#[test]
fn a_person_cuts_short_our_own_waits_and_nobody_elses() {
    let world = World::of(profile());
    let hurry = |d: &Delivery| world.next(d, Event::Hurried, after(5));
    let backoff = world.fail(&delivery(Verb::Create), busy(), NOON);
    let hurried = hurry(&backoff);
    assert_eq!((hurried.due, &hurried.state, hurried.attempts), (after(5), &State::Queued, backoff.attempts));
    assert_eq!(hurried.tries.last().map(|t| t.outcome.as_str()), Some("hurried"));
    assert_eq!(hurry(&hurried), hurried, "it is due already");
    let unsure = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert_eq!((hurry(&unsure).due, hurry(&unsure).state), (after(5), State::Unknown { looked: 0 }));
    let early = world.next(&hurry(&unsure), Event::Looked(Ok(None)), after(5));
    assert!(matches!(early.state, State::Unknown { .. }), "what is not there yet may still come");
    let limit = Failure::RateLimited { until: after(60), scope: Scope::Account, why: Why::new("too many") };
    let limited = world.fail(&delivery(Verb::Create), limit, NOON);
    assert_eq!(hurry(&limited), limited);
    let dead = world.fail(&delivery(Verb::Create), refused(), NOON);
    assert_eq!(hurry(&dead), dead);
}

#[test]
fn a_refusal_is_the_end_with_the_networks_words() {
    let d = World::of(profile()).fail(&delivery(Verb::Create), refused(), NOON);
    let State::Dead(why) = &d.state else { panic!("{d:?}") };
    assert!(why.to_string().contains("Validation failed") && d.attempts == 1);
}

#[test]
fn a_transient_failure_is_tried_again_until_the_schedule_ends() {
    let world = World::of(profile());
    let mut d = delivery(Verb::Create);
    for (attempts, seconds) in [(1, 30), (2, 120), (3, 600)] {
        d = world.fail(&d, busy(), NOON);
        assert_eq!((&d.state, d.attempts, d.due, d.wait), (&State::Queued, attempts, after(seconds), Wait::Backoff));
    }
    d = world.fail(&d, busy(), NOON);
    assert!(matches!(&d.state, State::Dead(why) if why.said.contains("refused the connection")), "{d:?}");
}

#[test]
fn a_gig_that_closes_before_the_next_try_is_not_tried_again() {
    let d = Delivery { closes: Some(after(20)), ..delivery(Verb::Create) };
    assert!(matches!(World::of(profile()).fail(&d, busy(), NOON).state, State::Dropped(_)));
    let later = Delivery { closes: Some(after(31)), ..delivery(Verb::Create) };
    assert_eq!(World::of(profile()).fail(&later, busy(), NOON).state, State::Queued);
}

#[test]
fn a_doubtful_clock_drops_nothing() {
    let mut world = World::of(profile());
    world.clock = WallClock::Doubtful;
    let d = Delivery { closes: Some(after(20)), ..delivery(Verb::Create) };
    assert_eq!(world.fail(&d, busy(), NOON).state, State::Queued);
}

#[test]
fn being_asked_to_wait_costs_no_attempt_and_is_obeyed_whole() {
    let until = after(7_200);
    let failure = Failure::RateLimited { until, scope: Scope::Account, why: Why::new("too many") };
    let d = World::of(profile()).fail(&delivery(Verb::Create), failure, NOON);
    assert_eq!((d.state, d.due, d.wait, d.attempts), (State::Queued, until, Wait::RateLimited, 0));
}

#[test]
fn a_dead_grant_holds_the_delivery_at_no_cost_until_the_person_relinks() {
    let world = World::of(profile());
    let d = world.fail(&delivery(Verb::Create), Failure::RelinkNeeded(Why::new("revoked")), NOON);
    assert_eq!((&d.state, d.attempts, d.due), (&State::Held(Hold::Relink), 0, Timestamp::NEVER));
    let d = world.next(&d, Event::Relinked, after(60));
    assert_eq!((d.state, d.due), (State::Queued, NOON), "to its old place in the lane");
}

#[test]
fn a_lost_answer_is_looked_up_before_anything_is_sent_again() {
    let world = World::of(profile());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert_eq!((&d.state, d.due, d.unsure), (&State::Unknown { looked: 0 }, after(15), Sent::Perhaps));
    let found = world.next(&d, Event::Looked(Ok(Some(receipt()))), after(15));
    assert_eq!(found.state, State::Delivered(receipt()));
}

#[test]
fn not_there_is_believed_only_after_the_timeout_and_a_minute() {
    let world = World::of(profile());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    let early = world.next(&d, Event::Looked(Ok(None)), after(15));
    assert_eq!((&early.state, early.due), (&State::Unknown { looked: 1 }, after(91)), "one second past 30 s + 60 s");
    assert!(matches!(world.next(&early, Event::Looked(Ok(None)), after(90)).state, State::Unknown { .. }));
    let believed = world.next(&early, Event::Looked(Ok(None)), after(91));
    assert_eq!((&believed.state, believed.unsure), (&State::Queued, Sent::SurelyNot));
    assert_eq!(believed.stamp.key, d.stamp.key, "a resend keeps its key");
}

#[test]
fn one_that_is_surely_not_there_is_not_said_before_its_ring_widens() {
    let world = World::of(profile());
    let lost = Delivery { ring: Some(after(6000)), ..world.fail(&delivery(Verb::Create), lost(), NOON) };
    let looked = world.next(&lost, Event::Looked(Ok(None)), after(91));
    assert_eq!((looked.state, looked.due, looked.wait), (State::Queued, after(6000), Wait::Ring));
    let asked = Delivery { state: State::Held(Hold::Unconfirmed), ..lost.clone() };
    let told = world.next(&asked, Event::Told(Verdict::NotThere), after(91));
    assert_eq!((told.state, told.due, told.wait), (State::Queued, after(6000), Wait::Ring));
    let late = world.next(&asked, Event::Told(Verdict::NotThere), after(6001));
    assert_eq!((late.due, late.wait), (after(6001), Wait::Nothing));
}

#[test]
fn an_answer_that_was_long_in_getting_lost_is_looked_up_at_once_and_then_as_planned() {
    let world = World::of(profile());
    let sent = world.claim(&delivery(Verb::Create), NOON);
    let d = world.next(&sent, Event::Answered(Err(lost())), after(30));
    assert_eq!((&d.state, d.due), (&State::Unknown { looked: 0 }, after(30)));
    let d = world.next(&d, Event::Looked(Ok(None)), after(30));
    assert_eq!((&d.state, d.due), (&State::Unknown { looked: 1 }, after(91)));
    let unsure = World { clock: WallClock::Doubtful, ..World::of(profile()) };
    let d = unsure.next(&d, Event::Looked(Ok(None)), after(100));
    assert_eq!(d.due, after(600), "the next in the list that still lies ahead");
}

#[test]
fn not_there_is_not_believed_by_a_doubtful_clock() {
    let mut world = World::of(profile());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    world.clock = WallClock::Doubtful;
    assert!(matches!(world.next(&d, Event::Looked(Ok(None)), after(86_400)).state, State::Unknown { looked: 1 }));
}

#[test]
fn where_errors_are_replayed_a_resend_takes_a_new_key_and_a_look_comes_first() {
    let key = Idempotency::Key { lives: Duration::from_hours(6), errors: Replay::ErrorsToo };
    let world = World::of(Profile { idempotency: key, ..profile() });
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert!(matches!(d.state, State::Unknown { .. }));
    let again = world.next(&d, Event::Looked(Ok(None)), after(200));
    assert!(again.state == State::Queued && again.stamp.key != d.stamp.key);
}

#[test]
fn what_can_be_repeated_safely_is_repeated_without_a_look() {
    for (profile, verb) in
        [(honouring(), Verb::Create), (choosing(), Verb::Create), (profile(), Verb::Edit), (profile(), Verb::Delete)]
    {
        let d = World::of(profile).fail(&delivery(verb), lost(), NOON);
        assert_eq!((d.state, d.wait, d.attempts), (State::Queued, Wait::Backoff, 1), "{verb:?}");
    }
}

#[test]
fn a_key_that_has_outlived_its_time_is_no_excuse_to_send_blindly() {
    let world = World::of(honouring());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert!(matches!(world.claim(&d, after(49 * 60)).state, State::Sending { .. }));
    assert_eq!(world.claim(&d, after(50 * 60)).state, State::Held(Hold::Unconfirmed));
}

#[test]
fn where_it_is_possible_to_look_no_key_is_trusted_instead() {
    let world = World::of(Profile { read_back: ReadBack::ByRecentPosts, ..honouring() });
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert_eq!((&d.state, d.due), (&State::Unknown { looked: 0 }, after(15)));
    let again = world.next(&d, Event::Looked(Ok(None)), after(200));
    assert_eq!((&again.state, &again.stamp.key), (&State::Queued, &d.stamp.key), "the key stays, as the second lock");
}

#[test]
fn without_a_way_to_look_or_repeat_a_person_is_asked() {
    let world = World::of(Profile { read_back: ReadBack::None, ..profile() });
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    assert_eq!(d.state, State::Held(Hold::Unconfirmed));
    let there = world.next(&d, Event::Told(Verdict::There(receipt())), after(60));
    assert_eq!(there.state, State::Delivered(receipt()));
    let not = world.next(&d, Event::Told(Verdict::NotThere), after(60));
    assert_eq!((not.state, not.due, not.attempts), (State::Queued, after(60), 0));
}

#[test]
fn a_refusal_of_a_repeat_is_looked_up_since_the_first_may_be_there() {
    let world = World::of(choosing());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    let d = world.fail(&d, refused(), after(30));
    assert!(matches!(d.state, State::Unknown { .. }), "{d:?}");
    let gone = world.next(&d, Event::Looked(Ok(None)), after(300));
    assert!(matches!(world.fail(&gone, refused(), after(400)).state, State::Dead(_)));
}

#[test]
fn tries_used_up_while_unsure_end_in_a_look_not_in_a_burial() {
    let world = World::of(choosing());
    let mut d = delivery(Verb::Create);
    for n in 0..4 {
        d = world.fail(&d, lost(), after(n));
    }
    assert!(matches!(d.state, State::Unknown { .. }), "{d:?}");
    let found = world.next(&d, Event::Looked(Ok(Some(receipt()))), after(10));
    assert_eq!(found.state, State::Delivered(receipt()));
    assert!(matches!(world.next(&d, Event::Looked(Ok(None)), after(1_000)).state, State::Dead(_)));
}

#[test]
fn a_restart_makes_what_was_on_its_way_unknown_and_is_noted_once() {
    let world = World::of(profile());
    let sent = world.claim(&delivery(Verb::Create), NOON);
    assert_eq!(world.next(&sent, Event::Restarted { epoch: Epoch(1) }, after(5)), sent, "its own run");
    let d = world.next(&sent, Event::Restarted { epoch: Epoch(2) }, after(5));
    assert_eq!((&d.state, d.due, d.attempts), (&State::Unknown { looked: 0 }, after(5), 1));
    assert_eq!(world.next(&d, Event::Restarted { epoch: Epoch(3) }, after(9)), d);
}

#[test]
fn unwanted_before_it_left_is_dropped_and_unwanted_after_is_looked_up_first() {
    let world = World::of(profile());
    let filled = || Event::Unwanted(Why::new("the gig is filled"));
    assert!(matches!(world.next(&delivery(Verb::Create), filled(), NOON).state, State::Dropped(_)));
    let sent = world.claim(&delivery(Verb::Create), NOON);
    let d = world.next(&sent, filled(), after(1));
    assert!(matches!(d.state, State::Sending { .. }));
    let d = world.next(&d, Event::Answered(Err(lost())), after(2));
    assert!(matches!(d.state, State::Unknown { .. }));
    assert_eq!(world.next(&d, Event::Looked(Ok(Some(receipt()))), after(20)).state, State::Delivered(receipt()));
    assert!(matches!(world.next(&d, Event::Looked(Ok(None)), after(200)).state, State::Dropped(_)));
}

#[test]
fn unwanted_while_a_safe_repeat_waits_is_looked_up_not_repeated() {
    let world = World::of(choosing());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    let d = world.next(&d, Event::Unwanted(Why::new("filled")), after(1));
    assert_eq!(d.state, State::Queued);
    assert!(matches!(world.claim(&d, after(40)).state, State::Unknown { .. }));
}

#[test]
fn a_look_that_fails_is_never_taken_for_an_answer() {
    let world = World::of(profile());
    let mut d = world.fail(&delivery(Verb::Create), lost(), NOON);
    for seconds in [1_000, 2_000, 3_000] {
        d = world.next(&d, Event::Looked(Err(busy())), after(seconds));
        assert!(matches!(d.state, State::Unknown { .. }), "{d:?}");
    }
    d = world.next(&d, Event::Looked(Err(busy())), after(4_000));
    assert_eq!(d.state, State::Held(Hold::Unconfirmed), "looks used up: a person has to look");
    assert_eq!(d.attempts, 1);
}

#[test]
fn a_look_with_a_dead_grant_is_held_and_looks_again_after_relinking() {
    let world = World::of(profile());
    let d = world.fail(&delivery(Verb::Create), lost(), NOON);
    let d = world.next(&d, Event::Looked(Err(Failure::RelinkNeeded(Why::new("revoked")))), after(15));
    assert_eq!(d.state, State::Held(Hold::Relink));
    let d = world.next(&d, Event::Relinked, after(60));
    assert!(matches!(world.claim(&d, after(61)).state, State::Unknown { .. }), "sent once already, so it looks");
}

#[test]
fn only_the_last_tries_are_kept() {
    let world = World { backoff: Schedule::new(vec![Duration::from_secs(1); 20]), ..World::of(profile()) };
    let mut d = delivery(Verb::Create);
    for n in 0..12 {
        d = world.fail(&d, busy(), after(n));
    }
    assert_eq!((d.tries.len(), d.tries[TRIES_KEPT - 1].attempt), (TRIES_KEPT, 12));
}

/// A network that either took the post or not, for the property below.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    TakenButLost,
    NotTakenAndLost,
    Refused,
    Busy,
    Limited,
    KilledAfterTaken,
    KilledBeforeTaken,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    use Fate::*;
    let one = prop_oneof![
        Just(Answered),
        Just(TakenButLost),
        Just(NotTakenAndLost),
        Just(Refused),
        Just(Busy),
        Just(Limited),
        Just(KilledAfterTaken),
        Just(KilledBeforeTaken),
    ];
    prop::collection::vec(one, 1..30)
}

proptest! {
    /// Whatever happens on the way: never two posts, and what is said about the one is true.
    #[test]
    fn no_sequence_of_faults_makes_two_posts_or_a_false_record(fates in fates(), shape in 0..4u8) {
        let key = |errors| Idempotency::Key { lives: Duration::from_mins(50), errors };
        let idempotency = match shape {
            0 => Idempotency::None,
            1 => key(Replay::SuccessOnly),
            2 => key(Replay::ErrorsToo),
            _ => Idempotency::ClientChosenId,
        };
        let world = World::of(Profile { idempotency, ..profile() });
        // A server that honours keys knows a repeat as long as the key lives; one that lets us choose the id, for ever.
        let knows = |first: Option<Timestamp>, now: Timestamp| match idempotency {
            Idempotency::Key { lives, errors: Replay::SuccessOnly } => first.is_some_and(|at| now.since(at) < lives),
            Idempotency::ClientChosenId => true,
            Idempotency::Key { errors: Replay::ErrorsToo, .. } | Idempotency::None => false,
        };
        let (mut d, mut now, mut posts, mut taken_at, mut epoch) = (delivery(Verb::Create), NOON, 0u32, None, 1u64);
        for fate in fates {
            if !d.is_waiting() { break; }
            now = now.max(d.due).plus(Duration::from_secs(1));
            if let State::Unknown { .. } = d.state {
                let there = (posts > 0).then(receipt);
                d = world.next(&d, Event::Looked(Ok(there)), now);
                continue;
            }
            d = world.next(&d, Event::Claimed { epoch: Epoch(epoch) }, now);
            if !matches!(d.state, State::Sending { .. }) { continue; }
            let nothing_there = posts == 0;
            let mut take = || {
                if posts == 0 || !knows(taken_at, now) { posts += 1; taken_at = taken_at.or(Some(now)); }
            };
            let event = match fate {
                Fate::Answered => { take(); Event::Answered(Ok(receipt())) }
                Fate::TakenButLost => { take(); Event::Answered(Err(lost())) }
                Fate::NotTakenAndLost => Event::Answered(Err(lost())),
                Fate::Refused if nothing_there => Event::Answered(Err(refused())),
                Fate::Refused | Fate::Busy => Event::Answered(Err(busy())),
                Fate::Limited => Event::Answered(Err(Failure::RateLimited {
                    until: now.plus(Duration::from_mins(5)), scope: Scope::Account, why: Why::new("too many"),
                })),
                Fate::KilledAfterTaken => { take(); epoch += 1; Event::Restarted { epoch: Epoch(epoch) } }
                Fate::KilledBeforeTaken => { epoch += 1; Event::Restarted { epoch: Epoch(epoch) } }
            };
            d = world.next(&d, event, now);
        }
        prop_assert!(posts <= 1, "{posts} posts: {d:?}");
        match &d.state {
            State::Delivered(_) => prop_assert_eq!(posts, 1),
            State::Dead(_) | State::Dropped(_) => prop_assert_eq!(posts, 0, "a post stands that the record denies: {:?}", d),
            State::Queued | State::Sending { .. } | State::Unknown { .. } | State::Held(_) => {}
        }
    }
}
