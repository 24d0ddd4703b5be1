//! Who is let in by an account after its person unlinked it: it may have been lost or sold since.

use super::linking::{Town, acme};
use crate::support::world::NOON;
use gigcast::grants::{Finished, For};
use gigcast::person::{Account, GrantState, Person};
use std::time::Duration;

impl Town {
    /// Whoever that is on the network signs in here.
    async fn comes(&self, who: &str) -> Person {
        self.world.clock.advance(Duration::from_mins(1));
        self.auth.signed_in(who);
        let begun = self.begin(For::SignIn).await;
        match self.finish(self.auth.agree(&begun.url)).await {
            Ok(Finished::SignedIn(person)) => person,
            other => panic!("{other:?}"),
        }
    }

    async fn links(&self, who: &str, owner: &Person) -> Account {
        self.auth.signed_in(who);
        self.link(owner.clone()).await.unwrap()
    }

    async fn signs_in_by(&self, person: &Person) -> Vec<String> {
        let mut all = self.world.ledger.identities_of(person.id).await.unwrap();
        all.sort_by_key(|identity| identity.since);
        all.into_iter().map(|identity| identity.handle).collect()
    }
}

#[tokio::test]
async fn whoever_comes_by_an_account_that_was_unlinked_is_somebody_else() {
    let town = Town::open().await;
    let bo = town.comes("bo").await;
    let lost = town.links("bo", &bo).await;
    town.links("cy", &bo).await;
    town.world.linking.unlink(&lost).await.unwrap();
    let stranger = town.comes("bo").await;
    assert_ne!(stranger.id, bo.id, "the account is in other hands");
    assert_eq!(town.signs_in_by(&bo).await, ["@cy@fake.example"]);
    assert_eq!(town.comes("cy").await, bo, "who bo is, the other account says");
    assert_eq!(town.comes("bo").await, stranger, "and the stranger is known again");

    // From one hand to the next.
    let theirs = town.links("bo", &stranger).await;
    town.links("dee", &stranger).await;
    town.world.linking.unlink(&theirs).await.unwrap();
    let third = town.comes("bo").await;
    assert!(third.id != stranger.id && third.id != bo.id);
}

#[tokio::test]
async fn the_only_account_of_a_freelancer_goes_on_letting_them_in() {
    let town = Town::open().await;
    let bo = town.comes("bo").await;
    let linked = town.links("bo", &bo).await;
    town.world.linking.unlink(&linked).await.unwrap();
    let left = town.world.ledger.account(linked.id).await.unwrap().unwrap();
    assert!(matches!(left.grant, GrantState::Revoked { .. }), "nothing is said through it any more");
    assert_eq!((town.world.ledger.grant(linked.id).await.unwrap(), town.auth.live_tokens()), (None, 0));
    assert_eq!(town.comes("bo").await, bo, "nobody could invite them back");
}

#[tokio::test]
async fn whoever_was_forgotten_is_not_met_again_under_the_old_name() {
    let town = Town::open().await;
    let bo = town.comes("bo").await;
    town.world.ledger.forget_person(bo.id, NOON).await.unwrap().unwrap();
    let back = town.comes("bo").await;
    assert_ne!(back.id, bo.id, "what others keep of the one names nobody here");
    assert!(town.world.ledger.has_been_forgotten(back.id).await.unwrap(), "the wish is the account's, and holds");
}

#[tokio::test]
async fn what_an_account_did_before_it_was_unlinked_is_forgotten_with_its_person() {
    let town = Town::open().await;
    let bo = town.comes("bo").await;
    let left = town.links("bo", &bo).await;
    let also = town.links("cy", &bo).await;
    let sold = town.links("dee", &bo).await;
    for account in [&left, &also, &sold] {
        town.world.linking.unlink(account).await.unwrap();
    }
    assert_eq!(town.signs_in_by(&bo).await, ["@dee@fake.example"], "the last one goes on");
    let holder = town.comes("cy").await;
    town.world.ledger.forget_person(bo.id, NOON).await.unwrap().unwrap();
    for (who, forgotten) in [("bo", true), ("dee", true), ("cy", false)] {
        let back = town.comes(who).await;
        assert_eq!(town.world.ledger.has_been_forgotten(back.id).await.unwrap(), forgotten, "{who}");
    }
    assert_eq!(town.comes("cy").await, holder, "who holds it by now asked for nothing");
}

#[tokio::test]
async fn an_account_that_was_moved_to_a_poster_and_unlinked_lets_a_stranger_in_as_nobody_who_was() {
    let town = Town::open().await;
    let acme = acme();
    let first = town.links("ana", &acme).await;
    town.world.linking.unlink(&first).await.unwrap();
    let stranger = town.comes("ana").await;
    assert_ne!(stranger.id, acme.id);
    assert_eq!(town.signs_in_by(&acme).await, [""; 0], "an invitation brings a poster back");
}
