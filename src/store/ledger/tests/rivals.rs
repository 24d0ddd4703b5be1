//! Of two who write at once one is told so and looks again: it ends as if one had come after the other.

use super::{NOON, Rivalled, gig, hire, holding, import, interest, later, person, told};
use crate::community::{Act, Community, Entry, Member, Rank, Shown};
use crate::ports::Commit;
use crate::referral::Via;
use crate::secret::Secret;
use crate::store::ledger::catalogue::Kind;
use crate::store::ledger::sights::Sight;
use crate::store::ledger::{HireAnswer, Hiring, Import, InterestKept, Ledger, Statements, TakenIn};
use crate::store::volatile::{Stop, VolatileStore};
use crate::trust::Party;
use std::sync::Arc;

fn bo() -> Party {
    Party::Person(person("bo"))
}

async fn kinds(store: &Rivalled) -> Vec<&'static str> {
    super::rows(store).await.keys().map(|key| Kind::of(key).unwrap().name).collect()
}

#[tokio::test]
async fn a_hire_that_is_denied_while_it_is_said_again_stays_denied() {
    let (store, ledger) = Rivalled::pair();
    store.first(|other| async move {
        other.hire(&hire("a", bo())).await.unwrap();
        other.answer_hire(gig("a"), bo(), HireAnswer::Denied(NOON)).await.unwrap();
    });
    let said = ledger.hire(&hire("a", bo())).await.unwrap();
    assert!(matches!(said, Hiring::Denied(_)), "{said:?}");
    assert_eq!(ledger.evidence_about(bo()).await.unwrap(), []);
    assert!(matches!(ledger.hires_of(bo()).await.unwrap()[0].answer, HireAnswer::Denied(_)));
}

#[tokio::test]
async fn a_hire_that_is_taken_back_while_it_is_confirmed_is_gone() {
    let (store, ledger) = Rivalled::pair();
    assert!(matches!(ledger.hire(&hire("a", bo())).await, Ok(Hiring::Done(_))));
    assert!(matches!(ledger.hire(&hire("a", bo())).await, Ok(Hiring::Same(_))));
    store.first(|other| async move { drop(other.unhire(gig("a"), bo()).await.unwrap()) });
    assert_eq!(ledger.answer_hire(gig("a"), bo(), HireAnswer::Confirmed(NOON)).await, Ok(Hiring::Unknown));
    assert_eq!(kinds(&store).await, [""; 0]);
}

#[tokio::test]
async fn a_hire_that_is_denied_while_it_is_taken_back_stays_denied() {
    let (store, ledger) = Rivalled::pair();
    ledger.hire(&hire("a", bo())).await.unwrap();
    store.first(|other| async move {
        let denied = other.answer_hire(gig("a"), bo(), HireAnswer::Denied(NOON)).await.unwrap();
        assert!(matches!(denied, Hiring::Done(_)), "{denied:?}");
    });
    assert!(matches!(ledger.unhire(gig("a"), bo()).await, Ok(Hiring::Denied(_))));
    assert!(matches!(ledger.hire(&hire("a", bo())).await, Ok(Hiring::Denied(_))));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_is_told_once() {
    let (store, ledger) = Rivalled::pair();
    let sent = interest("a", person("bo"));
    let same = sent.clone();
    store
        .first(|other| async move { assert_eq!(other.keep_interest(&same, told(&same)).await, Ok(InterestKept::New)) });
    assert_eq!(ledger.keep_interest(&sent, told(&sent)).await, Ok(InterestKept::Before));
    assert_eq!(ledger.unsent().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_form_that_was_sent_before_is_on_disk_when_that_is_said() {
    let store = VolatileStore::new();
    store.stop_at(1, Stop::Unsynced);
    let (one, two) = (Ledger::new(Arc::new(store.clone())), Ledger::new(Arc::new(store.clone())));
    let sent = interest("a", person("bo"));
    let again = two.keep_interest(&sent, told(&sent));
    let (first, again) = tokio::join!(one.keep_interest(&sent, told(&sent)), again);
    assert!(first.is_err(), "the power went: {first:?}");
    assert_eq!(again, Ok(InterestKept::Before));
    let found = Ledger::new(Arc::new(store.reopen()));
    assert_eq!(found.interests(gig("a")).await.unwrap(), [sent]);
}

#[tokio::test]
async fn of_visits_that_are_added_at_once_none_is_lost() {
    let (store, ledger) = Rivalled::pair();
    ledger.note_visits(&[((gig("a"), Via::Page), 1)]).await.unwrap();
    store.first(|other| async move { other.note_visits(&[((gig("a"), Via::Page), 20)]).await.unwrap() });
    ledger.note_visits(&[((gig("a"), Via::Page), 300)]).await.unwrap();
    assert_eq!(ledger.visits(gig("a")).await.unwrap(), [(Via::Page, 321)]);
}

#[tokio::test]
async fn a_visit_that_is_noted_while_its_link_is_taken_back_came_by_the_page() {
    let (a, link) = (gig("a"), Via::Link(person("bo")));
    for noted_first in [true, false] {
        let (store, ledger) = Rivalled::pair();
        ledger.make_link(a, person("bo")).await.unwrap();
        ledger.note_visits(&[((a, link), 1)]).await.unwrap();
        if noted_first {
            store.first(
                |other| async move { other.note_visits(&[((a, link), 20), ((a, Via::Page), 300)]).await.unwrap() },
            );
            ledger.take_back_link(a, person("bo")).await.unwrap();
        } else {
            store.first(|other| async move { other.take_back_link(a, person("bo")).await.unwrap() });
            ledger.note_visits(&[((a, link), 20), ((a, Via::Page), 300)]).await.unwrap();
        }
        assert_eq!(ledger.visits(a).await.unwrap(), [(Via::Page, 321)], "noted first: {noted_first}");
    }
}

fn bern() -> Community {
    Community::new("Bern", "design", NOON)
}

fn member(name: &str, rank: Rank, since: u64) -> Member {
    Member { person: person(name), rank, since: later(since), entry: Entry::Founder, shown: Shown::Named }
}

fn enter() -> Act {
    Act::Enter(Entry::Invited, Shown::Named)
}

#[tokio::test]
async fn of_two_who_revise_a_community_each_finds_what_the_other_changed() {
    let (store, ledger) = Rivalled::pair();
    ledger.found_community(&bern(), None).await.unwrap();
    store.first(|other| async move {
        other.revise_community(bern().id, |it| it.about = "Drawing".to_owned()).await.unwrap();
    });
    let revised = ledger.revise_community(bern().id, |it| it.vouches = 5).await.unwrap().unwrap();
    assert_eq!((revised.about.as_str(), revised.vouches), ("Drawing", 5));
    assert_eq!(ledger.community(bern().id).await.unwrap(), Some(revised));
}

#[tokio::test]
async fn where_two_stewards_leave_at_once_somebody_looks_after_it_still() {
    let (store, ledger) = Rivalled::pair();
    ledger.found_community(&bern(), Some(member("ana", Rank::Steward, 0))).await.unwrap();
    for name in ["bo", "cy"] {
        ledger.act_in_community(bern().id, person(name), &enter(), later(1)).await.unwrap();
    }
    ledger.act_in_community(bern().id, person("bo"), &Act::Appoint, NOON).await.unwrap();
    store.first(|other| async move {
        other.act_in_community(bern().id, person("bo"), &Act::Leave, NOON).await.unwrap();
    });
    ledger.act_in_community(bern().id, person("ana"), &Act::Leave, NOON).await.unwrap();
    let left = ledger.members_of(bern().id).await.unwrap();
    assert_eq!(left.iter().map(|one| (one.person, one.is_steward())).collect::<Vec<_>>(), [(person("cy"), true)]);
}

#[tokio::test]
async fn nobody_comes_into_a_community_that_is_taken_away_meanwhile_nor_is_invited_to_it() {
    let (store, ledger) = Rivalled::pair();
    let found = async || ledger.found_community(&bern(), Some(member("ana", Rank::Steward, 0))).await;
    assert_eq!(found().await, Ok(Commit::Applied));
    store.first(|other| async move {
        other.act_in_community(bern().id, person("bo"), &enter(), NOON).await.unwrap();
        other.invite_to_community(bern().id, Party::Person(person("cy")), None, NOON).await.unwrap();
    });
    assert_eq!(ledger.drop_community(bern().id).await, Ok(true));
    assert_eq!(kinds(&store).await, [""; 0], "whoever came in first is out");

    assert_eq!(found().await, Ok(Commit::Applied));
    store.first(|other| async move { assert_eq!(other.drop_community(bern().id).await, Ok(true)) });
    ledger.invite_to_community(bern().id, bo(), None, NOON).await.unwrap();
    assert_eq!(kinds(&store).await, [""; 0], "or it would open the next one of that name");
}

#[tokio::test]
async fn a_vouch_that_is_brought_twice_at_once_is_one() {
    let (store, ledger) = Rivalled::pair();
    let brought = import("a", person("cy"));
    let same = brought.clone();
    store.first(|other| async move { assert_eq!(other.keep_import(&same).await, Ok(TakenIn::Kept)) });
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::Known));
}

#[tokio::test]
async fn a_vouch_that_is_brought_while_its_issuer_is_named_counts() {
    let (store, ledger) = Rivalled::pair();
    store.first(|other| async move { drop(other.know_issuer("did:key:issuer", bo()).await.unwrap()) });
    assert_eq!(ledger.keep_import(&import("a", person("cy"))).await, Ok(TakenIn::Counts(bo())));

    let (store, ledger) = Rivalled::pair();
    store.first(
        |other| async move { assert_eq!(other.keep_import(&import("a", person("cy"))).await, Ok(TakenIn::Kept)) },
    );
    assert_eq!(ledger.know_issuer("did:key:issuer", bo()).await, Ok(vec![person("cy")]));
    assert_eq!(ledger.imports_of(person("cy")).await.unwrap()[0].by, Some(bo()));
    assert_eq!(ledger.evidence_by(bo()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_vouch_that_is_dropped_while_its_issuer_is_named_stays_dropped() {
    let (store, ledger) = Rivalled::pair();
    ledger.keep_import(&import("a", person("cy"))).await.unwrap();
    store.first(|other| async move {
        assert!(other.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap().is_some());
    });
    assert_eq!(ledger.know_issuer("did:key:issuer", bo()).await, Ok(Vec::new()));
    assert_eq!(kinds(&store).await, ["known_issuer"]);
}

#[tokio::test]
async fn a_vouch_whose_issuer_is_named_while_it_is_dropped_leaves_no_evidence() {
    let (store, ledger) = Rivalled::pair();
    ledger.keep_import(&import("a", person("cy"))).await.unwrap();
    store.first(|other| async move { drop(other.know_issuer("did:key:issuer", bo()).await.unwrap()) });
    let dropped = ledger.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap().unwrap();
    assert_eq!(dropped.by, Some(bo()));
    assert_eq!(kinds(&store).await, ["known_issuer"]);
}

#[tokio::test]
async fn what_is_taken_back_while_it_would_be_believed_again_stays_taken_back() {
    let (store, ledger) = Rivalled::pair();
    ledger.know_issuer("did:key:bo", bo()).await.unwrap();
    let by = Sight::signer("did:key:bo");
    let seen = Some(Sight { by: vec![by], post: "https://there.example/g/a".to_owned() });
    let brought = Import { seen, ..import("a", person("cy")) };
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::Counts(bo())));
    assert_eq!(ledger.place_sights(|_| false).await, Ok(1));
    let post = brought.source();
    store.first(|other| async move {
        other.take_back(by, Party::Person(person("cy")), &post, NOON).await.unwrap();
    });
    assert_eq!(ledger.place_sights(|_| true).await, Ok(0));
    assert_eq!(ledger.evidence_by(bo()).await.unwrap(), []);
}

#[tokio::test]
async fn of_two_new_addresses_of_a_feed_one_holds() {
    let (store, ledger) = Rivalled::pair();
    let (ana, mine, theirs) = (person("ana"), Secret::new("mine"), Secret::new("theirs"));
    let token = theirs.clone();
    store.first(move |other| async move { other.readdress_feed(ana, Some(&token), NOON).await.unwrap() });
    ledger.readdress_feed(ana, Some(&mine), NOON).await.unwrap();
    assert_eq!(ledger.feed_reader(&mine).await.unwrap(), Some(ana));
    assert_eq!(ledger.feed_reader(&theirs).await.unwrap(), None);
    assert_eq!(kinds(&store).await.len(), 2);
}

#[tokio::test]
async fn of_two_statements_at_once_the_later_stands_and_nothing_of_the_other_is_left() {
    let (store, ledger) = Rivalled::pair();
    let ana = person("ana");
    store.first(move |other| async move {
        let long = Statements { skills: vec!["x".repeat(5000)], ..Statements::nothing(NOON) };
        other.state(ana, &long).await.unwrap();
    });
    let short = Statements { skills: vec!["drawing".to_owned()], ..Statements::nothing(later(1)) };
    ledger.state(ana, &short).await.unwrap();
    ledger.sweep(9).await.unwrap();
    assert_eq!(ledger.all_statements().await.unwrap(), [(ana, short)]);
    assert_eq!(kinds(&store).await, ["statements"]);
    assert_eq!(holding(&store, &[b"xxxxx".to_vec()]).await.len(), 0);
}
