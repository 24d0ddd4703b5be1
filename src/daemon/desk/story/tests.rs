//! Each reason that the outbox knows, as a person reads it.

use super::source::{Way, of_source};
use super::*;
use crate::failure::Why;
use crate::gig::{Revision, Status};
use crate::outbox::{Claim, Class, Epoch, Hold, LaneHold, LaneWait, Verb, Wait, Wanted};
use crate::person::{GrantState, Mode, Person, QuietHours};
use crate::plan::Taxonomy;
use crate::plan::samples::{self, NOW};
use crate::polling::{Bound, Limits, Rhythm};
use crate::post::Receipt;
use crate::store::{Ledger, RefusedItem, SourceState};
use std::fmt::Write as _;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

fn place() -> PlaceFacts {
    let (gig, account) = (samples::gig(), samples::account("1"));
    let mut announcement = Announcement::new(gig.id, account.id, Wanted::Revision(Revision::FIRST));
    let delivery = Ledger::open_step(&mut announcement, Verb::Create, Revision::FIRST, None, NOW.minus(MINUTE * 5));
    let lane = Lane::new(account.id);
    PlaceFacts { account, owner: Person::poster("Acme", NOW), announcement, deliveries: vec![delivery], lane }
}

fn tried(outcome: &str, said: &str) -> Try {
    Try { at: NOW.minus(MINUTE * 4), attempt: 1, outcome: outcome.to_owned(), said: said.to_owned() }
}

fn receipt() -> Receipt {
    let url = Some("https://social.example/@acme/1".to_owned());
    Receipt { id: "1".to_owned(), uri: "https://social.example/1".to_owned(), url, version: None, at: NOW }
}

/// What is said of one delivery after `change`, and what is advised.
fn said(change: impl FnOnce(&mut PlaceFacts)) -> String {
    let mut place = place();
    change(&mut place);
    let standing = standing(&place.deliveries[0], &place.account, &place.lane, NOW);
    let (said, advice) = (&standing.said, standing.advice(&place.account, &place.owner));
    match advice {
        Some(advice) => format!("{said}\n    -> {advice}"),
        None => said.clone(),
    }
}

#[test]
fn every_state_and_wait_has_its_sentence() {
    let mut text = String::new();
    let mut line = |change: &dyn Fn(&mut PlaceFacts)| {
        let _ = writeln!(text, "{}", said(change));
    };
    line(&|_| {});
    line(&|p| p.deliveries[0].due = NOW.plus(MINUTE));
    line(&|p| {
        (p.deliveries[0].due, p.deliveries[0].wait) = (NOW.plus(MINUTE * 2), Wait::Backoff);
        p.deliveries[0].tries.push(tried("transient", "social.example refused the connection"));
    });
    line(&|p| {
        (p.deliveries[0].due, p.deliveries[0].wait) = (NOW.plus(MINUTE * 90), Wait::RateLimited);
        p.deliveries[0].tries.push(tried("rate_limited", "too many requests (429)"));
    });
    for why in [
        LaneWait::Gap,
        LaneWait::DayFull,
        LaneWait::QuietHours,
        LaneWait::Quota,
        LaneWait::RateLimited,
        LaneWait::Host,
        LaneWait::Mishap,
        LaneWait::Window,
    ] {
        line(&|p| p.lane.park(NOW.plus(MINUTE * 10), why));
    }
    line(&|p| p.lane.posted.push(NOW.minus(MINUTE)));
    line(&|p| p.account.pace.quiet = Some(QuietHours { from: 11 * 60, until: 14 * 60 }));
    line(&|p| {
        let other = DeliveryId::of(&[b"other"]);
        p.lane.claim = Some(Claim { delivery: other, epoch: Epoch(1) });
    });
    line(&|p| p.lane.hold = Some(LaneHold::Paused));
    line(&|p| {
        (p.deliveries[0].due, p.deliveries[0].wait) = (NOW.plus(MINUTE * 2), Wait::Backoff);
        p.lane.hold = Some(LaneHold::Switched);
    });
    line(&|p| {
        (p.deliveries[0].state, p.deliveries[0].due) = (State::Unknown { looked: 1 }, NOW.plus(MINUTE));
        p.lane.hold = Some(LaneHold::Paused);
    });
    line(&|p| p.account.grant = GrantState::NeedsRelink { since: NOW, said: "revoked (401)".to_owned() });
    line(&|p| p.deliveries[0].state = State::Sending { epoch: Epoch(1), attempt: 2 });
    for looked in [0, 1, 3] {
        line(&|p| (p.deliveries[0].state, p.deliveries[0].due) = (State::Unknown { looked }, NOW.plus(MINUTE)));
    }
    line(&|p| p.deliveries[0].state = State::Held(Hold::Unconfirmed));
    line(&|p| {
        p.deliveries[0].state = State::Held(Hold::Relink);
        p.deliveries[0].tries.push(tried("relink_needed", "the access was revoked (401)"));
    });
    line(&|p| p.deliveries[0].state = State::Held(Hold::Review));
    line(&|p| p.deliveries[0].state = State::Delivered(receipt()));
    line(&|p| (p.deliveries[0].verb, p.deliveries[0].state) = (Verb::Delete, State::Delivered(receipt())));
    line(&|p| p.deliveries[0].state = State::Dropped(Why::new("the gig is filled")));
    line(&|p| p.deliveries[0].state = State::Dead(Why::new("the network refused the post (422: too long)")));
    insta::assert_snapshot!(text);
}

fn facts(heard: Heard, story: Vec<Tale>, places: Vec<PlaceFacts>) -> GigFacts {
    let story = story.into_iter().map(|tale| Story { at: NOW.minus(MINUTE * 6), tale }).collect();
    let record = GigRecord { gig: samples::gig(), heard, source_says: None, said_at: None };
    let reshared = Told { at: Some(When(NOW)), said: "bo@remote.example reshared it.".to_owned() };
    let deeds = places.iter().map(|_| reshared.clone()).collect();
    GigFacts {
        record,
        poster: "Acme".to_owned(),
        accounts: vec![samples::account("1")],
        story,
        places,
        deeds,
        communities: BTreeMap::new(),
    }
}

fn told(story: &Explanation) -> String {
    let mut text = format!("{}\n", story.about);
    for chapter in &story.chapters {
        let _ = writeln!(text, "# {}", chapter.heading);
        for line in &chapter.told {
            let _ = writeln!(text, "{} {}", line.at.map_or_else(|| "now".to_owned(), |at| at.0.to_string()), line.said);
        }
    }
    for advice in &story.advice {
        let _ = writeln!(text, "-> {advice}");
    }
    text
}

#[test]
fn a_gigs_story_runs_from_the_source_to_where_it_stands() {
    let mut place = place();
    let account = place.account.id;
    place.deliveries[0].tries.push(tried("approved", "revision 1"));
    place.deliveries[0].tries.push(tried("outdated", "revision 2"));
    place.deliveries[0].tries.push(tried("unknown", "no answer from social.example within 30000 ms"));
    place.deliveries[0].tries.push(Try { at: NOW.minus(MINUTE), ..tried("found", "https://social.example/@acme/1") });
    place.deliveries[0].state = State::Delivered(receipt());
    let mut edit = Ledger::open_step(&mut place.announcement, Verb::Edit, Revision(2), None, NOW);
    edit.state = State::Held(Hold::Relink);
    edit.tries.push(tried("relink_needed", "the access was revoked (401)"));
    place.deliveries.push(edit);
    let skipped = Tale::Skipped { account, why: Why::new("this account takes only Design") };
    let tales = vec![
        Tale::Seen { source: "acme-jobs".to_owned() },
        Tale::Announced { account },
        skipped,
        Tale::SeenAlso { source: "board".to_owned() },
        Tale::Revised { revision: Revision(2), status: Status::Filled },
    ];
    insta::assert_snapshot!(told(&of_gig(&facts(Heard::News, tales, vec![place]), NOW)));
}

#[test]
fn a_gig_that_is_announced_nowhere_says_why() {
    let mut without = facts(Heard::News, vec![Tale::Seen { source: "acme-jobs".to_owned() }], Vec::new());
    without.accounts.clear();
    let story = of_gig(&without, NOW);
    assert!(story.advice[0].starts_with("Acme has no linked account. Link one with"), "{:?}", story.advice);
    let baseline = of_gig(&facts(Heard::Baseline, vec![Tale::Baseline], Vec::new()), NOW);
    assert!(baseline.advice.is_empty());
    assert!(baseline.chapters[0].told[0].said.contains("known and not announced"));
}

#[test]
fn an_accounts_story_says_its_pace_and_what_waits() {
    let mut place = place();
    let queue = Queue { waiting: 2, next: place.deliveries.pop(), held: 1 };
    place.account.mode = Mode::Review;
    place.account.audience.categories = vec!["design".to_owned()];
    place.account.audience.places = vec!["remote".to_owned()];
    place.account.grant = GrantState::NeedsRelink { since: NOW, said: "the access was revoked (401)".to_owned() };
    insta::assert_snapshot!(told(&of_account(
        &place.account,
        &place.owner,
        &place.lane,
        &queue,
        Taxonomy::builtin(),
        NOW
    )));
}

#[test]
fn an_account_that_only_reshares_is_told_as_one() {
    let mut place = place();
    place.account.grant = GrantState::NeedsRelink { since: NOW, said: "the access was revoked (401)".to_owned() };
    let lena = Person::freelancer(place.account.id, "Lena", NOW);
    let queue = Queue { waiting: 0, next: None, held: 0 };
    insta::assert_snapshot!(told(&of_account(&place.account, &lena, &place.lane, &queue, Taxonomy::builtin(), NOW)));
}

#[test]
fn a_source_says_how_often_it_is_read_and_why() {
    let limits = Limits::around(MINUTE * 60, MINUTE * 15, MINUTE * 360, MINUTE * 1440);
    let said = |wait: u32, quiet, bound| {
        let rhythm = Rhythm { wait: Some(MINUTE * wait), quiet, bound, ..Rhythm::default() };
        let state = SourceState { seen: Some(NOW), due: Some(NOW.plus(MINUTE)), rhythm, ..SourceState::default() };
        told(&of_source("board", Way::LookedAt, &[], &limits, &state, &[], NOW))
    };
    for (wait, quiet, bound, pace) in [
        (60, 0, Bound::Pace, "It is read every 60 minutes, its usual pace."),
        (15, 0, Bound::Pace, "It is read every 15 minutes, since its last look brought something new."),
        (18, 1, Bound::Pace, "It is read every 18 minutes, since it moved lately, though not in its last 1 look."),
        (180, 5, Bound::Pace, "It is read every 3 hours, since its last 5 looks brought nothing new."),
        (180, 0, Bound::Pace, "It is read every 3 hours, and more often with each look that brings something new."),
        (60, 0, Bound::Asked, "its usual pace. Now it waits for longer, since its server asked for that."),
        (60, 0, Bound::Backoff, "its usual pace. Now it waits for longer, since it could not be read."),
    ] {
        let said = said(wait, quiet, bound);
        assert!(said.contains(pace), "{said}");
    }
}

#[test]
fn a_source_that_is_amiss_says_what_is_wrong_and_what_to_do() {
    let limits = Limits::around(MINUTE * 60, MINUTE * 60, MINUTE * 60, MINUTE * 1440);
    let said = |way, state: &SourceState, refused: &[RefusedItem]| {
        told(&of_source("board", way, &["a hub tells of it".to_owned()], &limits, state, refused, NOW))
    };
    let fresh =
        SourceState { due: Some(NOW.plus(MINUTE * 10)), found: Some("a feed".to_owned()), ..Default::default() };
    let amiss = SourceState {
        seen: Some(NOW.minus(MINUTE * 60)),
        due: Some(NOW),
        rhythm: Rhythm { failures: 3, ..Rhythm::default() },
        trouble: Some("the server answered 503".to_owned()),
        emptied: Some(NOW.minus(MINUTE * 30)),
        ..Default::default()
    };
    let item = RefusedItem { what: "Item 7".to_owned(), why: Why::new("it has no title"), at: NOW };
    let ended = SourceState { ended: true, seen: Some(NOW), ..Default::default() };
    insta::assert_snapshot!(
        [
            said(Way::LookedAt, &fresh, &[]),
            said(Way::LookedAt, &amiss, &[item]),
            said(Way::LookedAt, &ended, &[]),
            said(Way::Paused, &fresh, &[]),
            said(Way::PostedTo("/hooks/desk"), &fresh, &[]),
        ]
        .join("\n")
    );
}

#[test]
fn only_new_posts_are_said_to_wait_for_the_posters_own_pace() {
    let mut place = place();
    let (account, until) = (&place.account, NOW.plus(MINUTE * 10));
    for why in [LaneWait::Gap, LaneWait::DayFull, LaneWait::QuietHours, LaneWait::Window] {
        let mut lane = Lane::new(account.id);
        lane.park(until, why);
        let said = lane_waits(account, &lane, Class::Create, NOW).unwrap();
        assert!(
            said.starts_with("New posts wait until 12:10 UTC") && said.ends_with("; edits and deletes do not."),
            "{said}"
        );
        place.deliveries[0].verb = Verb::Edit;
        let edit = standing(&place.deliveries[0], account, &lane, NOW).said;
        assert_eq!(edit, "It is due, and goes out as soon as its turn comes.");
    }
    for why in [LaneWait::Quota, LaneWait::RateLimited, LaneWait::Host, LaneWait::Mishap] {
        let mut lane = Lane::new(account.id);
        lane.park(until, why);
        let said = lane_waits(account, &lane, Class::Create, NOW).unwrap();
        assert!(said.starts_with("It waits until 12:10 UTC"), "{said}");
    }
}

#[test]
fn the_deliveries_of_an_announcement_are_found_by_their_steps() {
    let mut place = place();
    let edit = Ledger::open_step(&mut place.announcement, Verb::Edit, Revision(2), None, NOW);
    let ids: Vec<_> = deliveries_of(&place.announcement).collect();
    assert_eq!(ids, [place.deliveries[0].id, edit.id]);
}
