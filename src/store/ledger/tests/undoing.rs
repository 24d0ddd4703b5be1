//! What is done and taken back leaves the store as it was, to the row.

use super::{NOON, gig, hire, import, interest, later, person, rows, told};
use crate::community::{Act, Community, Entry, Member, Rank, Shown};
use crate::store::ledger::catalogue::Kind;
use crate::store::ledger::imports::MOST;
use crate::store::ledger::{Audience, HireAnswer, Hiring, Ledger, Switch, SwitchOf, TakenIn};
use crate::store::memory::MemoryStore;
use crate::trust::Party;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;

fn empty() -> (MemoryStore, Ledger) {
    let store = MemoryStore::new();
    (store.clone(), Ledger::new(Arc::new(store)))
}

fn bo() -> Party {
    Party::Person(person("bo"))
}

async fn rows_but(store: &MemoryStore, kind: &str) -> BTreeMap<Bytes, Bytes> {
    let mut all = rows(store).await;
    all.retain(|key, _| Kind::of(key).unwrap().name != kind);
    all
}

#[tokio::test]
async fn a_hire_that_is_taken_back_leaves_nothing_whatever_was_answered() {
    let (store, ledger) = empty();
    for answers in [&[][..], &[HireAnswer::Confirmed(NOON)], &[HireAnswer::Denied(NOON), HireAnswer::Open]] {
        ledger.hire(&hire("a", bo())).await.unwrap();
        for answer in answers {
            assert!(matches!(ledger.answer_hire(gig("a"), bo(), *answer).await, Ok(Hiring::Done(_))));
            assert!(matches!(ledger.answer_hire(gig("a"), bo(), *answer).await, Ok(Hiring::Same(_))));
        }
        assert!(matches!(ledger.unhire(gig("a"), bo()).await, Ok(Hiring::Done(_))));
        assert_eq!(ledger.unhire(gig("a"), bo()).await, Ok(Hiring::Unknown));
        assert_eq!(rows(&store).await, BTreeMap::new(), "{answers:?}");
    }
}

#[tokio::test]
async fn an_interest_that_is_taken_back_or_over_leaves_only_what_is_still_to_be_told() {
    let (store, ledger) = empty();
    let sent = interest("a", person("bo"));
    ledger.keep_interest(&sent, told(&sent)).await.unwrap();
    assert_eq!(ledger.withdraw_interest(sent.gig, sent.id).await, Ok(true));
    assert_eq!(ledger.withdraw_interest(sent.gig, sent.id).await, Ok(false));
    assert_eq!(rows_but(&store, "notice").await, BTreeMap::new());

    for (name, at) in [("a", 0), ("b", 1), ("c", 2)] {
        let sent = crate::referral::Interest { at: later(at), ..interest(name, person("bo")) };
        ledger.keep_interest(&sent, told(&sent)).await.unwrap();
    }
    assert_eq!(ledger.forget_interests(later(2), 1).await, Ok(1));
    assert_eq!(ledger.forget_interests(later(2), 9).await, Ok(1));
    assert_eq!(ledger.forget_interests(later(2), 9).await, Ok(0));
    assert_eq!(ledger.interests(gig("c")).await.unwrap().len(), 1);
    assert_eq!(ledger.forget_interests(later(3), 9).await, Ok(1));
    assert_eq!(rows_but(&store, "notice").await, BTreeMap::new());
}

#[tokio::test]
async fn a_link_a_circle_and_a_switch_that_are_taken_back_leave_nothing() {
    let (store, ledger) = empty();
    ledger.make_link(gig("a"), person("bo")).await.unwrap();
    ledger.take_back_link(gig("a"), person("bo")).await.unwrap();
    ledger.show_circle(person("bo"), Audience::Everyone).await.unwrap();
    ledger.show_circle(person("bo"), Audience::Themselves).await.unwrap();
    let off = Switch { of: SwitchOf::All, since: NOON, by: None, why: Some("x".repeat(5000)) };
    ledger.switch_off(&off).await.unwrap();
    let newer = Switch { why: Some("y".repeat(5000)), ..off };
    ledger.switch_off(&newer).await.unwrap();
    assert_eq!(ledger.switch_on(&SwitchOf::All).await, Ok(Some(newer)));
    assert_eq!(ledger.switch_on(&SwitchOf::All).await, Ok(None));
    while ledger.sweep(9).await.unwrap() > 0 {}
    assert_eq!(rows(&store).await, BTreeMap::new());
}

fn bern() -> Community {
    Community::new("Bern", "design", NOON)
}

async fn founded(ledger: &Ledger) {
    let (rank, entry) = (Rank::Steward, Entry::Founder);
    let ana = Member { person: person("ana"), rank, since: NOON, entry, shown: Shown::Named };
    ledger.found_community(&bern(), Some(ana)).await.unwrap();
}

#[tokio::test]
async fn whoever_leaves_a_community_and_a_community_that_is_taken_away_leave_nothing() {
    let (store, ledger) = empty();
    founded(&ledger).await;
    let enter = Act::Enter(Entry::Invited, Shown::Counted);
    let before = rows_but(&store, "community").await;
    ledger.act_in_community(bern().id, person("bo"), &enter, NOON).await.unwrap();
    ledger.act_in_community(bern().id, person("bo"), &Act::Leave, NOON).await.unwrap();
    assert_eq!(rows_but(&store, "community").await, before);
    ledger.act_in_community(bern().id, person("bo"), &enter, NOON).await.unwrap();
    ledger.invite_to_community(bern().id, Party::Person(person("cy")), None, NOON).await.unwrap();
    assert_eq!(ledger.drop_community(bern().id).await, Ok(true));
    assert_eq!(rows(&store).await, BTreeMap::new());
}

#[tokio::test]
async fn whoever_was_taken_out_of_a_community_is_not_in_it_and_it_is_known() {
    let (_, ledger) = empty();
    founded(&ledger).await;
    let enter = Act::Enter(Entry::Invited, Shown::Counted);
    ledger.act_in_community(bern().id, person("bo"), &enter, NOON).await.unwrap();
    assert_eq!(ledger.communities_of(person("bo")).await.unwrap().len(), 1);
    let out = Act::Remove { why: "x".to_owned() };
    ledger.act_in_community(bern().id, person("bo"), &out, NOON).await.unwrap();
    assert_eq!(ledger.communities_of(person("bo")).await.unwrap(), []);
    assert_eq!(ledger.memberships_of(person("bo")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_vouch_that_was_brought_goes_with_its_evidence_and_its_time() {
    let (store, ledger) = empty();
    ledger.know_issuer("did:key:issuer", bo()).await.unwrap();
    let before = rows(&store).await;
    for (id, until) in [("a", 10), ("b", 20), ("c", 30)] {
        let brought = crate::store::Import { until: later(until), ..import(id, person("cy")) };
        ledger.keep_import(&brought).await.unwrap();
    }
    assert_eq!(ledger.drop_ended_imports(later(9)).await, Ok(0));
    assert_eq!(ledger.drop_ended_imports(later(20)).await, Ok(2));
    assert!(ledger.drop_import(person("cy"), "did:key:issuer", "c").await.unwrap().is_some());
    assert_eq!(ledger.drop_import(person("cy"), "did:key:issuer", "c").await, Ok(None));
    assert_eq!(rows(&store).await, before);
}

#[tokio::test]
async fn an_issuer_that_is_somebody_else_after_all_speaks_for_that_one_alone() {
    let (store, ledger) = empty();
    ledger.keep_import(&import("a", person("cy"))).await.unwrap();
    let dee = Party::Person(person("dee"));
    ledger.know_issuer("did:key:issuer", dee).await.unwrap();
    let before = rows(&store).await;
    assert_eq!(ledger.know_issuer("did:key:issuer", bo()).await, Ok(vec![person("cy")]));
    assert_eq!(ledger.evidence_by(dee).await.unwrap(), []);
    assert_eq!(ledger.evidence_by(bo()).await.unwrap().len(), 1);
    assert_eq!(ledger.know_issuer("did:key:issuer", bo()).await, Ok(Vec::new()), "it was so already");
    ledger.know_issuer("did:key:issuer", dee).await.unwrap();
    assert_eq!(rows(&store).await, before);
}

#[tokio::test]
async fn of_as_many_as_are_kept_one_is_dropped_before_another_is_brought() {
    let (_, ledger) = empty();
    for n in 0..MOST {
        assert_eq!(ledger.keep_import(&import(&n.to_string(), person("cy"))).await, Ok(TakenIn::Kept));
    }
    assert_eq!(ledger.keep_import(&import("more", person("cy"))).await, Ok(TakenIn::Full));
    assert_eq!(ledger.keep_import(&import("more", person("bo"))).await, Ok(TakenIn::Kept), "those are another's");
    ledger.drop_import(person("cy"), "did:key:issuer", "7").await.unwrap();
    assert_eq!(ledger.keep_import(&import("more", person("cy"))).await, Ok(TakenIn::Kept));
}
