//! The operator says in a poster's stead by whom a gig was filled, and it is the same word as the poster's own.

use super::relay::{ann, posted, two_in};
use crate::support::desk::Seat;
use crate::support::world::{BASE, NOON, brisk};
use gigcast::clock::ManualClock;
use gigcast::daemon::deliver::Settings;
use gigcast::trust::Party;
use gigcast::web::admin::{DecideAsked, Operator};

#[tokio::test]
async fn what_the_operator_says_of_a_hire_leads_to_the_page_that_browsers_see() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let world = &seat.world;
    let settings = &world.deliver.settings;
    settings.set(Settings { public_url: None, ..Settings::clone(settings) });
    two_in(world, brisk()).await;
    posted(world, "1").await;
    let gig = world.gig("1").await.gig.id;
    let done = seat.desk.decide(gig, DecideAsked::FillBy(ann().id.to_string())).await.unwrap();
    assert!(done.said.contains("On record as hired for it: Ann."), "{}", done.said);
    let hire = world.ledger.hires_for(gig).await.unwrap().remove(0);
    assert_eq!((hire.whom, hire.source), (Party::Person(ann().id), format!("{BASE}/g/{gig}")));
}
