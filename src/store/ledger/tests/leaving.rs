//! By which accounts somebody comes in: of those a freelancer has, one is always left.

use super::{NOON, Rivalled, later};
use crate::id::AccountId;
use crate::person::{Account, Person};
use crate::plan::samples;
use crate::secret::Secret;
use crate::store::ledger::{Ledger, WayIn};

fn account(name: &str) -> Account {
    let account = samples::account(name);
    Account { owner: freelancer().id, url: format!("https://town.example/{name}"), ..account }
}

fn freelancer() -> Person {
    Person::freelancer(AccountId::of(&[b"bo"]), "Bo", NOON)
}

async fn link(ledger: &Ledger, name: &str) -> Account {
    let account = account(name);
    let identity = account.identity(NOON);
    ledger.know(&freelancer(), &identity).await.unwrap();
    ledger.link(&account, b"sealed".to_vec()).await.unwrap();
    account
}

#[tokio::test]
async fn of_two_accounts_that_are_unlinked_at_once_one_goes_on_letting_its_freelancer_in() {
    let (store, ledger) = Rivalled::pair();
    let (one, two) = (link(&ledger, "1").await, link(&ledger, "2").await);
    let other = two.clone();
    store.first(|rival| async move { assert_eq!(rival.unlink(&other, NOON).await, Ok(WayIn::Closed)) });
    assert_eq!(ledger.unlink(&one, NOON).await, Ok(WayIn::Kept));
    let left: Vec<AccountId> =
        ledger.identities_of(freelancer().id).await.unwrap().into_iter().map(|identity| identity.account).collect();
    assert_eq!(left, [one.id]);
}

#[tokio::test]
async fn sign_ins_end_with_the_account_and_stay_with_one_that_goes_on() {
    let (_, ledger) = Rivalled::pair();
    let (one, two) = (link(&ledger, "1").await, link(&ledger, "2").await);
    let token = Secret::new("cookie");
    ledger.begin_sign_in(&token, freelancer().id, NOON).await.unwrap();
    assert_eq!(ledger.disown(freelancer().id, one.id).await, Ok(WayIn::Kept), "it is linked");
    assert_eq!(ledger.unlink(&one, NOON).await, Ok(WayIn::Closed));
    assert_eq!(ledger.sign_in(&token).await, Ok(None), "nobody knows by which account it began");
    ledger.begin_sign_in(&token, freelancer().id, later(1)).await.unwrap();
    assert_eq!(ledger.unlink(&two, NOON).await, Ok(WayIn::Kept));
    assert_eq!(ledger.disown(freelancer().id, two.id).await, Ok(WayIn::Kept));
    assert!(ledger.sign_in(&token).await.unwrap().is_some());
}
