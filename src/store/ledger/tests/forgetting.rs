//! Of whoever is forgotten nothing is found anywhere but what is promised to stay.

use super::known::{self, EMAIL, HANDLE, actors, fill, filled, freelancer, linked, mention, names, poster};
use super::{NOON, Rivalled, gig, holding, import, later, person};
use crate::engagement::Engagement;
use crate::id::PersonId;
use crate::person::GrantState;
use crate::ports::{Batch, Store};
use crate::referral::Via;
use crate::secret::Secret;
use crate::store::layout;
use crate::store::ledger::catalogue::KINDS;
use crate::store::ledger::{HireAnswer, Hiring, Ledger, NotForgotten, Proof, Wish};
use crate::store::memory::MemoryStore;
use crate::trust::Party;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Kinds of rows that say nothing of anybody but the posters whose gigs and posts they are, whose gigs stay on record as long as gigs do.
const OF_NOBODY: [&str; 49] = [
    "by_actor_filled",
    "epoch",
    "push_key",
    "shelf_of_all_filled",
    "restored",
    "retention",
    "shelves_filled",
    "signing_key",
    "store_version",
    "vault_key_next",
    "vault_key",
    "instance_vouch_key",
    "litter",
    "source_seen_again",
    "switch",
    "profile",
    "client",
    "gig",
    "alias",
    "gig_by_time",
    "story",
    "source",
    "refused",
    "unplanned",
    "shelf",
    "gig_of_poster",
    "listed",
    "closing",
    "subscription",
    "message",
    "message_by_time",
    "removed",
    "announcement",
    "delivery",
    "queue",
    "lane",
    "wake",
    "post",
    "aside",
    "watch",
    "watched",
    "deed",
    "to_relay",
    "original",
    "interest_by_time",
    "community",
    // Gone with the link of an account, which comes first.
    "grant",
    "end_told",
    // A hash of author and post.
    "taken_back",
];
/// An hour.
const SHORT_LIVED: &str = "proof";

/// All bytes by which somebody could be found.
fn traces(who: PersonId) -> Vec<Vec<u8>> {
    let ids = actors().map(|id| id.as_bytes().to_vec()).into_iter().chain([who.as_bytes().to_vec()]);
    ids.chain([known::account().as_bytes().to_vec()]).chain(names()).collect()
}

async fn swept(ledger: &Ledger) {
    while ledger.sweep(100).await.unwrap() > 0 {}
}

#[tokio::test]
async fn whoever_is_forgotten_is_found_nowhere_but_where_it_is_promised() {
    let (store, ledger) = filled().await;
    let me = poster().id;
    let still = ledger.forget_person(me, NOON).await.unwrap();
    assert_eq!(still, Err(NotForgotten::StillLinked(vec![HANDLE.to_owned()])));
    let account = ledger.account(linked()).await.unwrap().unwrap();
    ledger.unlink(&account, NOON).await.unwrap();
    // That ended every sign-in; they came again.
    ledger.begin_sign_in(&Secret::new("cookie"), me, NOON).await.unwrap();

    let held: BTreeSet<&str> = holding(&store, &traces(me)).await.into_keys().collect();
    let all: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let of_people: BTreeSet<&str> = all
        .iter()
        .copied()
        .filter(|kind| !OF_NOBODY.contains(kind) && *kind != SHORT_LIVED && *kind != "wish")
        .collect();
    assert_eq!(held, of_people, "everything is held that can be, or the list says that it is of nobody");

    let forgot = ledger.forget_person(me, NOON).await.unwrap().unwrap();
    swept(&ledger).await;
    assert_eq!(holding(&store, &names()).await, BTreeMap::new(), "nothing names them");
    let kept = [
        // What they posted stays the gigs'.
        ("account", 1),
        // Their deeds are counted, and are found by whoever comes back.
        ("by_actor", 2),
        ("engagement", 2),
        // And these stop us from collecting it again.
        ("wish", 3),
    ];
    assert_eq!(holding(&store, &traces(me)).await, BTreeMap::from(kept));
    assert_eq!((forgot.vouches, forgot.deeds, forgot.mentions), (2, 2, 1), "{forgot:?}");
    assert_eq!(forgot.evidence, 7 + 4, "with what was brought; that of hires goes with these: {forgot:?}");

    let account = ledger.account(linked()).await.unwrap().unwrap();
    assert!(matches!(account.grant, GrantState::Revoked { .. }));
    assert_eq!((account.handle.as_str(), account.url.as_str(), account.native.as_str()), ("forgotten", "", ""));
    let visits = ledger.visits(gig("passed-on")).await.unwrap();
    assert_eq!(visits, [(Via::Page, 7)], "the numbers stay");
    assert_eq!(ledger.interests(gig("passed-on")).await.unwrap()[0].via, Via::Page);
    assert_eq!(ledger.unsent().await.unwrap().len(), 1, "Acme is told of cy still");
    assert_eq!(ledger.forget_interests(later(1), 9).await, Ok(1), "that of cy alone is left, and its place in time");
    assert_eq!(ledger.forget_person(me, NOON).await, Ok(Err(NotForgotten::Unknown)));
}

#[tokio::test]
async fn others_lose_nothing_by_it_but_the_name() {
    let (store, ledger) = filled().await;
    let account = ledger.account(linked()).await.unwrap().unwrap();
    ledger.unlink(&account, NOON).await.unwrap();
    ledger.forget_person(poster().id, NOON).await.unwrap().unwrap();
    let words: Vec<Engagement> = ledger.deeds_by(&[known::other()]).await.unwrap();
    let words: Vec<&str> = words.iter().filter_map(|deed| deed.words.as_deref()).collect();
    assert_eq!(words, ["I vouch for @…, @… at https://town.example/@…, not @lindqvist_2"], "of {}", mention());
    let theirs = crate::community::Community::new("Theirs", "design", NOON).id;
    let members = ledger.members_of(theirs).await.unwrap();
    assert!(members.len() == 1 && members[0].is_steward(), "bo looks after it now: {members:?}");
    assert!(ledger.is_invited(theirs, person("cy")).await.unwrap(), "whoever was invited still is");
    assert_eq!(ledger.imports_of(person("bo")).await.unwrap(), []);
    assert_eq!(holding(&store, &[b"did:key:issuer".to_vec()]).await, BTreeMap::from([("known_issuer", 1)]));
}

#[tokio::test]
async fn a_hire_of_whoever_is_forgotten_cannot_be_confirmed_any_more() {
    let (_, ledger) = filled().await;
    let account = ledger.account(linked()).await.unwrap().unwrap();
    ledger.unlink(&account, NOON).await.unwrap();
    ledger.forget_person(poster().id, NOON).await.unwrap().unwrap();
    let bo = Party::Person(person("bo"));
    let answered = ledger.answer_hire(gig("theirs"), bo, HireAnswer::Confirmed(NOON)).await.unwrap();
    assert_eq!(answered, Hiring::Unknown, "or it would be evidence by somebody who is forgotten");
    assert_eq!(ledger.evidence_about(bo).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_counted_before_comes_to_nobodys_link_afterwards() {
    let (store, ledger) = filled().await;
    let account = ledger.account(linked()).await.unwrap().unwrap();
    ledger.unlink(&account, NOON).await.unwrap();
    let me = poster().id;
    ledger.forget_person(me, NOON).await.unwrap().unwrap();
    ledger.note_visits(&[((gig("passed-on"), Via::Link(me)), 2), ((gig("passed-on"), Via::Page), 1)]).await.unwrap();
    assert_eq!(ledger.visits(gig("passed-on")).await.unwrap(), [(Via::Page, 10)]);
    assert_eq!(holding(&store, &[me.as_bytes().to_vec()]).await.get("visits"), None);
}

#[tokio::test]
async fn an_account_without_a_person_is_forgotten_with_its_invitations() {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    fill(&store, &ledger, &freelancer()).await;
    let [actor, _] = actors();
    ledger.forget_actor(actor, None, NOON).await.unwrap();
    // One of the first leads to the identity of this test, which no account without a person has.
    let kept = BTreeMap::from([("by_actor", 3), ("engagement", 2), ("wish", 1)]);
    assert_eq!(holding(&store, &[actor.as_bytes().to_vec()]).await, kept);
    assert_eq!(ledger.ties(), 4, "whoever holds the network in memory looks again");
}

#[tokio::test]
async fn whoever_is_not_to_be_listed_any_more_may_be_again() {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let me = freelancer().id;
    fill(&store, &ledger, &freelancer()).await;
    let before = ledger.ties();
    ledger.unlist(me, NOON).await.unwrap();
    assert_eq!(ledger.wish(Party::Person(me)).await.unwrap(), Some(Wish::Unlisted));
    assert_eq!(ledger.unnamed_among(actors()).await.unwrap(), BTreeSet::from(actors()));
    let between = ledger.ties();
    assert!(between > before, "whoever holds the network in memory looks again");
    ledger.relist(me).await.unwrap();
    assert!(ledger.ties() > between);
    assert_eq!(holding(&store, &traces(me)).await.get("wish"), None);
    assert_eq!(ledger.unnamed_among(actors()).await.unwrap(), BTreeSet::new());
}

#[tokio::test]
async fn whoever_signs_in_while_they_are_forgotten_is_forgotten_all_the_same() {
    let (store, ledger) = Rivalled::pair();
    fill(&store, &ledger, &freelancer()).await;
    let me = freelancer().id;
    // Three of them take them out of their communities.
    store.after(5, move |other| async move {
        let identity = other.identity(known::account()).await.unwrap().unwrap();
        let renamed = crate::person::Identity { handle: "@ana@town.example".to_owned(), ..identity };
        other.know(&freelancer(), &renamed).await.unwrap();
    });
    ledger.forget_person(me, NOON).await.unwrap().unwrap();
    swept(&ledger).await;
    assert!(store.is_over());
    assert_eq!(holding(&store, &traces(me)).await, BTreeMap::from([("by_actor", 2), ("engagement", 2), ("wish", 3)]));
}

#[tokio::test]
async fn a_wish_that_is_taken_back_while_it_is_fulfilled_stays_taken_back() {
    for after in 1..6 {
        let (store, ledger) = Rivalled::pair();
        fill(&store, &ledger, &freelancer()).await;
        let me = freelancer().id;
        store.after(after, move |other| async move { other.relist(me).await.unwrap() });
        ledger.unlist(me, NOON).await.unwrap();
        assert!(store.is_over(), "{after}");
        assert_eq!(holding(&store, &traces(me)).await.get("wish"), None, "{after}");
    }
}

#[tokio::test]
async fn what_is_undone_while_a_name_is_taken_out_of_it_stays_undone() {
    let cy = known::other();
    for after in 1..12 {
        let (store, ledger) = Rivalled::pair();
        fill(&store, &ledger, &freelancer()).await;
        let inner = store.inner.clone();
        store.after(after, move |other| async move {
            let deed = other.deeds_by(&[cy]).await.unwrap().swap_remove(0);
            let mut batch = Batch::default();
            let undone = Engagement { undone: Some(later(9)), ..deed };
            layout::put(&mut batch, layout::engagement(undone.gig, undone.id), &undone, None);
            inner.commit(batch).await.unwrap();
        });
        ledger.forget_actor(actors()[0], None, NOON).await.unwrap();
        let deed = ledger.deeds_by(&[cy]).await.unwrap().swap_remove(0);
        assert!(!deed.words.unwrap().contains("@lindqvist@"), "{after}");
        assert_eq!(deed.undone, store.is_over().then_some(later(9)), "{after}");
    }
}

#[tokio::test]
async fn what_somebody_shows_an_account_by_goes_when_its_hour_is_over() {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let proof = |until| Proof {
        network: "town".to_owned(),
        handle: HANDLE.to_owned(),
        code: EMAIL.to_owned(),
        until,
        shown: None,
    };
    ledger.keep_proof(&Secret::new("one"), &proof(later(10)), NOON).await.unwrap();
    ledger.keep_proof(&Secret::new("two"), &proof(later(30)), later(9)).await.unwrap();
    assert_eq!(holding(&store, &names()).await, BTreeMap::from([("proof", 2)]));
    assert!(ledger.proof(&Secret::new("one"), later(10)).await.unwrap().is_none());
    ledger.keep_proof(&Secret::new("two"), &proof(later(30)), later(10)).await.unwrap();
    assert_eq!(holding(&store, &names()).await, BTreeMap::from([("proof", 1)]));
    assert!(ledger.proof(&Secret::new("two"), later(29)).await.unwrap().is_some());
}

#[tokio::test]
async fn what_a_forgotten_issuer_signed_goes_with_whoever_brought_it_keeping_the_rest() {
    let store = MemoryStore::new();
    let ledger = Ledger::new(Arc::new(store.clone()));
    let (bo, cy) = (person("bo"), person("cy"));
    ledger.know_issuer("did:key:issuer", Party::Person(bo)).await.unwrap();
    ledger.keep_import(&import("by-bo", cy)).await.unwrap();
    let other = crate::store::Import { issuer: "did:key:other".to_owned(), ..import("by-nobody", cy) };
    ledger.keep_import(&other).await.unwrap();
    ledger.welcome(&crate::person::Person::poster("bo", NOON)).await.unwrap();
    ledger.forget_person(bo, NOON).await.unwrap().unwrap();
    assert_eq!(ledger.imports_of(cy).await.unwrap(), [other]);
    assert_eq!(holding(&store, &[bo.as_bytes().to_vec()]).await, BTreeMap::from([("wish", 1)]));
}
