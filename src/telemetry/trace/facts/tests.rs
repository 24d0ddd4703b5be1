//! Records as a life leaves them, and what is told of each.

use super::super::span::Value;
use super::*;
use crate::failure::{Native, Why};
use crate::gig::Revision;
use crate::outbox::{Announcement, Epoch, Try, Verb, Wanted};
use crate::plan::samples::{self, NOW};
use crate::store::Ledger;
use std::time::Duration;

fn delivery() -> Delivery {
    let gig = samples::gig();
    let wanted = Wanted::Revision(Revision::FIRST);
    let mut announcement = Announcement::new(gig.id, samples::account("1").id, wanted);
    Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, NOW)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn says(span: &Span, key: &str) -> Option<Value> {
    span.attributes.iter().find(|(known, _)| *known == key).map(|(_, value)| value.clone())
}

fn text(word: &str) -> Value {
    word.into()
}

/// What is told of a try that ended by `event`, and of the delivery that it left so.
fn told(before: &Delivery, event: &Event, state: State, wait: Wait, due: Timestamp) -> Span {
    let after = Delivery { state, due, wait, ..before.clone() };
    tried(&samples::account("1"), before, event, &after, Some(NOW), NOW.plus(seconds(3))).expect("a try has ended")
}

fn sending() -> Delivery {
    Delivery {
        state: State::Sending { epoch: Epoch(1), attempt: 4 },
        last_sent: Some(NOW.plus(seconds(1))),
        ..delivery()
    }
}

fn unknown() -> Delivery {
    Delivery { state: State::Unknown { looked: 1 }, ..delivery() }
}

#[test]
fn a_span_ends_after_it_began_though_the_clock_was_set_back() {
    let gig = samples::gig();
    let plan = Planned { gig: &gig, note: b"n", noted: NOW, accounts: 1, skipped: 0, first: true };
    let before = NOW.minus(seconds(60));
    let tried =
        tried(&samples::account("1"), &sending(), &Event::Restarted { epoch: Epoch(2) }, &unknown(), None, before);
    let settled = Delivery { state: State::Dropped(Why::new("withdrawn")), ..delivery() };
    for span in [planned(plan, before), tried.unwrap(), super::settled(&samples::account("1"), &settled, before)] {
        assert!(span.end == span.start && span.start >= NOW, "{span:?}");
    }
    assert_eq!(planned(plan, NOW.plus(seconds(2))).end, NOW.plus(seconds(2)));
}

#[test]
fn a_gig_is_told_with_its_kind_of_work_where_it_has_one() {
    let mut gig = samples::gig();
    gig.terms.category = Some("design".to_owned());
    let told = |gig: &Gig| {
        let plan = Planned { gig, note: b"n", noted: NOW, accounts: 1, skipped: 0, first: true };
        says(&planned(plan, NOW), "gigcast.gig.category")
    };
    assert_eq!(told(&gig), Some(text("design")));
    gig.terms.category = None;
    assert_eq!(told(&gig), None);
}

#[test]
fn a_delivery_that_was_given_up_says_by_which_sort_of_failure_and_its_tries_lie_within_it() {
    let one = |at, outcome: &str| Try { at, attempt: 2, outcome: outcome.to_owned(), said: String::new() };
    let (early, late) = (NOW.minus(seconds(9)), NOW.plus(seconds(99)));
    let dead = Delivery {
        state: State::Dead(Why::new("no")),
        tries: vec![one(early, "transient"), one(late, "unknown")],
        ..delivery()
    };
    let end = NOW.plus(seconds(30));
    let span = settled(&samples::account("1"), &dead, end);
    assert_eq!((span.outcome, says(&span, "error.type")), (Outcome::Failed, Some(text("unknown"))));
    assert_eq!(span.moments.iter().map(|moment| moment.at).collect::<Vec<_>>(), [NOW, end]);
    let untried = settled(&samples::account("1"), &Delivery { tries: Vec::new(), ..dead.clone() }, end);
    assert_eq!(says(&untried, "error.type"), Some(text("permanent")));
    let dropped = settled(&samples::account("1"), &Delivery { state: State::Dropped(Why::new("gone")), ..dead }, end);
    assert_eq!((dropped.outcome, says(&dropped, "error.type")), (Outcome::Fine, None));
}

#[test]
fn a_try_says_its_number_what_the_network_answered_and_that_an_interrupted_one_failed() {
    let native = Native { status: 422, code: None, excerpt: String::new() };
    let refused = Event::Answered(Err(Failure::Permanent(Why::new("no").with_native(native))));
    let span = told(&sending(), &refused, State::Dead(Why::new("no")), Wait::Nothing, Timestamp::NEVER);
    let keys = ["gigcast.attempt", "http.response.status_code", "error.type", "gigcast.wait.reason"];
    assert_eq!(
        keys.map(|key| says(&span, key)),
        [Some(4_u16.into()), Some(422_u16.into()), Some(text("permanent")), None]
    );
    let restarted = Event::Restarted { epoch: Epoch(2) };
    let span = told(&sending(), &restarted, State::Queued, Wait::Nothing, NOW);
    assert_eq!((span.outcome, says(&span, "error.type")), (Outcome::Failed, Some(text("interrupted"))));
    let found = told(&unknown(), &Event::Looked(Ok(None)), State::Queued, Wait::Nothing, NOW);
    assert_eq!((found.outcome, found.start, says(&found, "gigcast.attempt")), (Outcome::Fine, NOW, None));
    assert!(tried(&samples::account("1"), &sending(), &Event::Hurried, &unknown(), None, NOW).is_none());
}

#[test]
fn what_is_waited_for_from_then_on_is_told_in_the_words_of_the_counts_and_until_when() {
    let (limit, later) = (Event::Answered(Err(Failure::Transient(Why::new("busy")))), NOW.plus(seconds(60)));
    let unsure = State::Unknown { looked: 1 };
    for (state, wait, due, reason) in [
        (State::Queued, Wait::Backoff, later, Some("backoff")),
        (State::Queued, Wait::RateLimited, later, Some("rate_limited")),
        (unsure.clone(), Wait::RateLimited, later, Some("rate_limited")),
        (unsure, Wait::LookUp, later, Some("unknown")),
        (State::Held(Hold::Relink), Wait::Person, Timestamp::NEVER, Some("relink")),
        (State::Held(Hold::Review), Wait::Person, Timestamp::NEVER, Some("review")),
        (State::Held(Hold::Unconfirmed), Wait::Person, Timestamp::NEVER, Some("unconfirmed")),
        (State::Queued, Wait::Nothing, later, None),
    ] {
        let span = told(&sending(), &limit, state.clone(), wait, due);
        let until = (reason.is_some() && due == later).then(|| later.to_string().into());
        assert_eq!(says(&span, "gigcast.wait.reason"), reason.map(Into::into), "{state:?} {wait:?}");
        assert_eq!(says(&span, "gigcast.wait.until"), until, "{state:?} {wait:?}");
    }
}
