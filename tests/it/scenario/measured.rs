//! What monitoring scrapes is what the ledger says.

use crate::support::desk::Seat;
use crate::support::fake_network::Fault;
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::outbox::State;
use gigcast::store::layout::Aside;
use gigcast::telemetry::throughput::Tally;
use gigcast::web::admin::Operator;
use std::time::Duration;

/// The value of one sample; nothing when it is not there.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test]
async fn what_is_scraped_is_what_the_ledger_says() {
    let seat = Seat::take(ManualClock::at(NOON), "").await;
    let account = seat.world.link("acme", brisk()).await;
    for (name, fault) in
        [("1", None), ("2", Some(Fault::Refused)), ("3", None), ("4", Some(Fault::Limited(Duration::from_mins(10))))]
    {
        seat.world.network.fail_next(fault);
        seat.world.take(&sighting(name)).await.unwrap();
        // Each gig is planned for a moment of its own, so the next is due a millisecond later.
        seat.world.clock.advance(Duration::from_mins(10));
        seat.world.settle().await.unwrap();
    }
    let text = seat.desk.metrics().await.unwrap();
    let ledger = &seat.world.ledger;
    let mut states = Vec::new();
    for name in ["1", "2", "3", "4"] {
        states.push(seat.world.delivery(name, &account).await.state);
    }
    let count = |is: fn(&State) -> bool| states.iter().filter(|state| is(state)).count();
    let (delivered, dead) = (count(|s| matches!(s, State::Delivered(_))), count(|s| matches!(s, State::Dead(_))));
    assert_eq!((delivered, dead), (2, 1), "{states:?}");
    let number = |sample: &str| value(&text, sample).unwrap_or_else(|| panic!("no {sample} in\n{text}"));
    let same = |sample: &str, count: usize| assert_eq!(format!("{}", number(sample)), count.to_string(), "{sample}");
    same("gigcast_deliveries_total{network=\"fake\",outcome=\"delivered\"}", delivered);
    same("gigcast_deliveries_total{network=\"fake\",outcome=\"dead\"}", dead);
    same("gigcast_deliveries_set_aside{state=\"dead\"}", ledger.set_aside(Aside::Dead, 9).await.unwrap().len());
    same("gigcast_deliveries_set_aside{state=\"held\"}", 0);
    same("gigcast_accounts{network=\"fake\",grant=\"linked\"}", ledger.accounts().await.unwrap().len());
    same("gigcast_waits_total{network=\"fake\",reason=\"rate_limited\"}", 1);
    same("gigcast_lanes_waiting{reason=\"rate_limited\"}", 1);
    same("gigcast_attempts_total{network=\"fake\"}", 4);
    let left = number("gigcast_rate_budget_left_ratio{network=\"fake\",scope=\"pace\"}");
    assert!((left - 0.99).abs() < 1e-9, "2 of 200 posts a day are used, and {left} is left");
    same("gigcast_oldest_due_age_seconds", 0);
    assert!(text.ends_with("# EOF\n"));

    // Later the lane is due, and nobody turns it: that is what an alert is for. A scan is shown again for a few seconds, and says its age.
    seat.world.clock.advance(Duration::from_secs(4));
    let soon = seat.desk.metrics().await.unwrap();
    assert_eq!(value(&soon, "gigcast_scan_age_seconds"), Some(4.0));
    seat.world.clock.advance(Duration::from_mins(11));
    let later = seat.desk.metrics().await.unwrap();
    let due = ledger.next_wake().await.unwrap().unwrap();
    let age = Duration::from_secs_f64(value(&later, "gigcast_oldest_due_age_seconds").unwrap());
    assert_eq!((value(&later, "gigcast_scan_age_seconds"), age), (Some(0.0), seat.world.clock.now().since(due)));
    assert!(age > Duration::from_secs(30));

    let history = seat.world.deliver.meters.history(seat.world.clock.now());
    assert_eq!(history.hours[23], Tally { delivered: 2, dropped: 0, dead: 1 });
    assert_eq!(history.minutes.iter().map(|minute| minute.delivered).sum::<u32>(), 2);
    assert_eq!(history.minutes[59], Tally::default());
}
