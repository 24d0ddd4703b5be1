//! A post that waits for its person's word, and of which no text fits the account.

use super::{profile, world_of};
use crate::support::world::{brisk, origin, sighting};
use gigcast::daemon::desk::review::ReviewDesk;
use gigcast::id::DeliveryId;
use gigcast::outbox::State;
use gigcast::person::Mode;
use gigcast::profile::{Profile, TextLimit};
use gigcast::web::approval::{Pending, Reviews, Words};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_post_that_cannot_be_worded_is_shown_with_its_reason_and_can_be_declined() {
    let narrow = Profile { text: TextLimit { max: 10, ..profile().text }, ..profile() };
    let (world, _dir) = world_of(narrow).await;
    let account = world.link("ana", brisk()).await;
    world.ledger.revise_account(account.id, |account| account.mode = Mode::Review).await.unwrap();
    world.take(&sighting("1")).await.unwrap();
    world.run_for(Duration::from_secs(1)).await.unwrap();
    let (desk, acme) = (ReviewDesk { deliver: Arc::clone(&world.deliver) }, origin().poster);
    let pending = desk.waiting(acme, 100).await.unwrap();
    let [Pending::Unfit(unfit)] = pending.as_slice() else { panic!("{pending:?}") };
    assert!(unfit.title == "Logo for bakery 1" && unfit.why.contains("10"), "{unfit:?}");
    let id: DeliveryId = unfit.delivery.parse().unwrap();
    let refused = desk.approve(Some(acme), id, String::new(), Words::Shown).await.unwrap_err();
    assert_eq!(refused.words(), Some(unfit.why.as_str()), "there is nothing to approve");
    desk.decline(Some(acme), id, String::new()).await.unwrap();
    let State::Dropped(why) = world.delivery("1", &account).await.state else { panic!("it waits no more") };
    assert_eq!(why.said, "declined by its person");
    assert!(desk.waiting(acme, 100).await.unwrap().is_empty());
}
