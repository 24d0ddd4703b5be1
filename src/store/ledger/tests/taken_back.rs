//! What somebody signed elsewhere and took back here stays taken back, whoever brings it and however often.

use super::{NOON, import, later, person};
use crate::id::ActorId;
use crate::person::{Actor, Indexing};
use crate::ports::{Batch, Store};
use crate::store::layout;
use crate::store::ledger::sights::Sight;
use crate::store::ledger::{Import, Ledger, TakenIn, Word};
use crate::store::memory::MemoryStore;
use crate::trust::{Deed, Level, Party};
use std::sync::Arc;

fn empty() -> (MemoryStore, Ledger) {
    let store = MemoryStore::new();
    (store.clone(), Ledger::new(Arc::new(store)))
}

/// What somebody says of Cy on a page, in the kind of work in which all that is brought vouches.
fn word(by: &str, level: Level) -> Word {
    Word {
        by: person(by),
        about: Party::Person(person("cy")),
        deed: Deed::Vouch(level),
        category: Some("design".to_owned()),
        at: later(1),
        source: "a page".to_owned(),
    }
}

fn party(name: &str) -> Party {
    Party::Person(person(name))
}

#[tokio::test]
async fn a_word_by_a_key_is_taken_back_for_good_and_others_by_the_same_key_stand() {
    let (_, ledger) = empty();
    ledger.know_issuer("did:key:issuer", party("bo")).await.unwrap();
    let bring = async |id| ledger.keep_import(&import(id, person("cy"))).await.unwrap();
    assert_eq!(bring("a").await, TakenIn::Counts(party("bo")));
    assert_eq!(ledger.unsay(&word("dee", Level::WorkedWith)).await, Ok(false), "it is not hers");
    assert_eq!(ledger.evidence_by(party("bo")).await.unwrap().len(), 1);
    assert_eq!(ledger.unsay(&word("bo", Level::WorkedWith)).await, Ok(true));
    assert_eq!(ledger.evidence_by(party("bo")).await.unwrap(), []);

    assert_eq!(bring("a").await, TakenIn::Known);
    ledger.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap();
    assert_eq!(bring("a").await, TakenIn::TakenBack);
    assert_eq!(ledger.know_issuer("did:key:issuer", party("bo")).await, Ok(Vec::new()));
    assert_eq!(ledger.evidence_by(party("bo")).await.unwrap(), []);
    assert_eq!(bring("b").await, TakenIn::Counts(party("bo")), "that is another word");
    let dee = ledger.keep_import(&Import { issuer: "did:key:other".to_owned(), ..import("a", person("cy")) }).await;
    assert_eq!(dee, Ok(TakenIn::Kept), "another issuer may use the same id");
}

#[tokio::test]
async fn what_is_taken_back_in_one_kind_of_work_stands_in_another() {
    let (_, ledger) = empty();
    ledger.know_issuer("did:key:issuer", party("bo")).await.unwrap();
    let coded = Import { category: "code".to_owned(), ..import("b", person("cy")) };
    for brought in [&import("a", person("cy")), &coded] {
        ledger.keep_import(brought).await.unwrap();
    }
    assert_eq!(ledger.unsay(&word("bo", Level::WorkedWith)).await, Ok(true));
    ledger.drop_import(person("cy"), "did:key:issuer", "b").await.unwrap();
    assert_eq!(ledger.keep_import(&coded).await, Ok(TakenIn::Counts(party("bo"))));
}

#[tokio::test]
async fn an_account_that_is_known_to_sign_by_a_key_takes_its_word_back_for_good() {
    let (_, ledger) = empty();
    let ana = ActorId::from_uri("town", "ana");
    ledger.know_issuer("did:key:issuer", Party::Actor(ana)).await.unwrap();
    let brought = import("a", person("cy"));
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::Counts(Party::Actor(ana))));
    assert_eq!(ledger.take_back(ana, party("cy"), &brought.source(), NOON).await, Ok(true));
    ledger.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap();
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::TakenBack));
}

#[tokio::test]
async fn a_word_on_a_page_takes_the_place_of_one_that_was_brought_for_good() {
    let (_, ledger) = empty();
    ledger.know_issuer("did:key:issuer", party("bo")).await.unwrap();
    ledger.keep_import(&import("a", person("cy"))).await.unwrap();
    ledger.say(&word("bo", Level::WouldHireAgain)).await.unwrap();
    ledger.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap();
    assert_eq!(ledger.keep_import(&import("a", person("cy"))).await, Ok(TakenIn::TakenBack));
    let stands: Vec<Deed> = ledger.evidence_by(party("bo")).await.unwrap().iter().map(|one| one.deed).collect();
    assert_eq!(stands, [Deed::Vouch(Level::WouldHireAgain)]);
}

#[tokio::test]
async fn whoever_is_taken_for_its_author_by_mistake_takes_nothing_back_from_the_true_one() {
    let (_, ledger) = empty();
    ledger.know_issuer("did:key:issuer", party("bo")).await.unwrap();
    ledger.keep_import(&import("a", person("cy"))).await.unwrap();
    ledger.unsay(&word("bo", Level::WorkedWith)).await.unwrap();
    assert_eq!(ledger.know_issuer("did:key:issuer", party("dee")).await, Ok(vec![person("cy")]));
    assert_eq!(ledger.evidence_by(party("dee")).await.unwrap().len(), 1);
    ledger.drop_import(person("cy"), "did:key:issuer", "a").await.unwrap();
    assert_eq!(ledger.keep_import(&import("a", person("cy"))).await, Ok(TakenIn::Counts(party("dee"))));
}

#[tokio::test]
async fn a_word_by_a_key_that_an_instance_saw_is_taken_back_for_good() {
    let (_, ledger) = empty();
    ledger.know_issuer("did:key:bo", party("bo")).await.unwrap();
    let seen = |page: &str| Some(Sight { by: vec![Sight::signer("did:key:bo")], post: page.to_owned() });
    let page = "https://there.example/g/a";
    let brought = Import { issuer: "did:web:there".to_owned(), seen: seen(page), ..import("seen", person("cy")) };
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::Counts(party("bo"))));
    assert_eq!(ledger.unsay(&word("bo", Level::WorkedWith)).await, Ok(true));
    assert_eq!(ledger.place_sights(|_| false).await, Ok(0), "whose word it was is not touched any more");
    assert_eq!(ledger.place_sights(|_| true).await, Ok(0));
    ledger.drop_import(person("cy"), "did:web:there", "seen").await.unwrap();
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::TakenBack));
    assert_eq!(ledger.evidence_by(party("bo")).await.unwrap(), []);
    let other = Import { id: "other".to_owned(), seen: seen("https://there.example/g/b"), ..brought };
    assert_eq!(ledger.keep_import(&other).await, Ok(TakenIn::Counts(party("bo"))), "another page is another word");
}

#[tokio::test]
async fn what_its_author_took_back_does_not_count_however_often_it_is_brought() {
    let (store, ledger) = empty();
    let (author, bo) = (ActorId::from_uri("town", "ana"), person("bo"));
    let ana = Actor {
        id: author,
        network: "town".to_owned(),
        uri: "ana".to_owned(),
        handle: "ana@town.example".to_owned(),
        name: "Ana".to_owned(),
        url: None,
        indexing: Indexing::Allowed,
    };
    let mut batch = Batch::default();
    layout::put(&mut batch, layout::actor(author), &ana, None);
    store.commit(batch).await.unwrap();
    let post = "https://town.example/@ana/9";
    let seen = |post: &str| Some(Sight { by: vec![author], post: post.to_owned() });
    let brought = Import { issuer: "did:web:there".to_owned(), seen: seen(post), ..import("seen", bo) };
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::Counts(Party::Actor(author))));

    assert_eq!(ledger.take_back(author, Party::Person(bo), &brought.source(), NOON).await, Ok(true));
    ledger.drop_import(bo, &brought.issuer, &brought.id).await.unwrap();
    assert_eq!(ledger.keep_import(&brought).await, Ok(TakenIn::TakenBack));
    assert_eq!(ledger.place_sights(|_| true).await, Ok(0));
    assert_eq!(ledger.evidence_by(Party::Actor(author)).await.unwrap().len(), 0);
    let other = Import { id: "other".to_owned(), seen: seen("https://town.example/@ana/10"), ..brought };
    assert_eq!(
        ledger.keep_import(&other).await,
        Ok(TakenIn::Counts(Party::Actor(author))),
        "another post is another word"
    );
}
