//! In a world with something of everything, each line that monitoring reads is what the ledger or the world says, and there is no other line.

use crate::support::desk::Seat;
use crate::support::fake_network::{FakeNetwork, Fault, SERVER, profile};
use crate::support::through::{Alters, Through};
use crate::support::world::{NOON, brisk, sighting};
use gigcast::clock::{Clock, ManualClock};
use gigcast::person::{Account, GrantState};
use gigcast::ports::{Batch, Store, StoreVitals};
use gigcast::store::SourceState;
use gigcast::store::layout::{self, Aside};
use gigcast::store::memory::MemoryStore;
use gigcast::telemetry::metrics::{METRICS, SPANS};
use gigcast::web::admin::Operator;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const SOURCES: &str = "
[[source]]
name = \"read\"
kind = \"folder\"
path = \"@DIR/read\"
poster = \"Acme\"
[[source]]
name = \"down\"
kind = \"folder\"
path = \"@DIR/down\"
poster = \"Acme\"
[[source]]
name = \"over\"
kind = \"folder\"
path = \"@DIR/over\"
poster = \"Acme\"
";

/// A store that says of itself what one on a disk says.
#[derive(Debug, Default)]
struct OnDisk(MemoryStore);

impl Alters for OnDisk {
    fn behind(&self) -> &dyn Store {
        &self.0
    }

    fn lives(&self) -> StoreVitals {
        StoreVitals { bytes: Some(4096), syncs: 7, syncing: Duration::from_millis(1250) }
    }

    fn free(&self) -> Option<u64> {
        Some(1_000_000)
    }
}

async fn regrant(seat: &Seat, account: &Account, grant: GrantState) {
    let mut batch = Batch::default();
    layout::put(&mut batch, layout::account(account.id), &Account { grant, ..account.clone() }, None);
    seat.store.commit(batch).await.unwrap();
}

/// One was read five minutes ago, one half an hour ago and fails since, one has ended long ago.
async fn looked(seat: &Seat) {
    let now = seat.world.clock.now();
    for watched in seat.desk.daemon.watch.watched.iter() {
        let (minutes, trouble) = match watched.origin.name.as_str() {
            "read" => (5, None),
            "down" => (30, Some("nobody answers".to_owned())),
            _ => (500, None),
        };
        let (seen, ended) = (Some(now.minus(Duration::from_mins(minutes))), minutes == 500);
        let state = SourceState { seen, trouble, ended, ..SourceState::default() };
        seat.world.ledger.note_look(watched.origin.source, &state, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn each_sample_is_what_the_ledger_or_the_world_says_and_each_family_is_there() {
    let clock = ManualClock::at(NOON);
    let network = Arc::new(FakeNetwork::new(profile(), clock.clone()));
    let dir = tempfile::tempdir().unwrap();
    let seat = Seat::on(Arc::new(Through(OnDisk::default())), network, clock, dir, SOURCES.to_owned()).await;
    let (world, ledger) = (&seat.world, &seat.world.ledger);
    world.link("acme", brisk()).await;
    for (name, fault) in [("1", None), ("2", Some(Fault::Refused)), ("3", Some(Fault::LostAfter))] {
        world.network.fail_next(fault);
        world.take(&sighting(name)).await.unwrap();
        world.clock.advance(Duration::from_mins(10));
        world.settle().await.unwrap();
    }
    looked(&seat).await;
    let meters = &world.deliver.meters;
    meters.request("fake", "deliver", Duration::from_millis(70));
    meters.request("", "source", Duration::from_secs(12));
    // The look for what was lost is out and not answered yet.
    world.network.stall(SERVER);
    world.take(&sighting("4")).await.unwrap();
    world.clock.advance(Duration::from_mins(10));
    world.announce.step().await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    world.deliver.step().await.unwrap();
    let (lost, left) = (world.link("lost", brisk()).await, world.link("left", brisk()).await);
    let since = world.clock.now();
    regrant(&seat, &lost, GrantState::NeedsRelink { since, said: "no".into() }).await;
    regrant(&seat, &left, GrantState::Revoked { since }).await;

    let text = seat.desk.metrics().await.unwrap();
    let now = world.clock.now();
    let age = |at| format!("{:.3}", now.since(at).as_secs_f64());
    let watch = ledger.due_watches(now, 1).await.unwrap()[0].at;
    let due = ledger.next_wake().await.unwrap().filter(|due| *due <= now).map_or_else(|| "0.000".to_owned(), age);
    let (held, dead) =
        (ledger.set_aside(Aside::Held, 9).await.unwrap().len(), ledger.set_aside(Aside::Dead, 9).await.unwrap().len());
    assert!(watch < now && dead == 1, "the world has something of everything");
    let mut expected = vec![
        "gigcast_accounts{network=\"fake\",grant=\"linked\"} 1".to_owned(),
        "gigcast_accounts{network=\"fake\",grant=\"needs_relink\"} 1".to_owned(),
        "gigcast_accounts{network=\"fake\",grant=\"revoked\"} 1".to_owned(),
        "gigcast_attempts_total{network=\"fake\"} 3".to_owned(),
        format!("gigcast_backfeed_lag_seconds {}", age(watch)),
        "gigcast_deliveries_total{network=\"fake\",outcome=\"dead\"} 1".to_owned(),
        "gigcast_deliveries_total{network=\"fake\",outcome=\"delivered\"} 1".to_owned(),
        format!("gigcast_oldest_due_age_seconds {due}"),
        "gigcast_in_flight 1".to_owned(),
        // Of 200 posts a day.
        "gigcast_rate_budget_left_ratio{network=\"fake\",scope=\"pace\"} 0.990".to_owned(),
        "gigcast_scan_age_seconds 0.000".to_owned(),
        format!("gigcast_deliveries_set_aside{{state=\"held\"}} {held}"),
        format!("gigcast_deliveries_set_aside{{state=\"dead\"}} {dead}"),
        "gigcast_sources{state=\"ok\"} 1".to_owned(),
        "gigcast_sources{state=\"failing\"} 1".to_owned(),
        "gigcast_sources{state=\"ended\"} 1".to_owned(),
        // Half an hour, and the eleven minutes since; the one that has ended is waited for no more.
        "gigcast_source_staleness_seconds 2401.000".to_owned(),
        "gigcast_store_size_bytes 4096".to_owned(),
        "gigcast_store_free_bytes 1000000".to_owned(),
        "gigcast_store_flushes_total 7".to_owned(),
        "gigcast_store_flush_seconds_total 1.250".to_owned(),
        "gigcast_waits_total{network=\"fake\",reason=\"unknown\"} 1".to_owned(),
    ];
    for (labels, sum, least) in [
        ("network=\"\",purpose=\"source\"", "12.000", None),
        ("network=\"fake\",purpose=\"deliver\"", "0.070", Some("0.1")),
    ] {
        let name = "gigcast_request_duration_seconds";
        let mut reached = false;
        for end in ["0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"] {
            reached |= least == Some(end) || end == "+Inf";
            expected.push(format!("{name}_bucket{{{labels},le=\"{end}\"}} {}", u8::from(reached)));
        }
        expected.extend([format!("{name}_sum{{{labels}}} {sum}"), format!("{name}_count{{{labels}}} 1")]);
    }
    let samples: BTreeSet<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    let (untrue, untold) = (samples.difference(&expected), expected.difference(&samples));
    assert_eq!((untrue.collect::<Vec<_>>(), untold.collect::<Vec<_>>()), (Vec::new(), Vec::new()));

    let families: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let known: Vec<&str> = METRICS.iter().filter(|one| **one != SPANS).map(|one| one.name).collect();
    assert_eq!(families, known, "no collector of traces is set up");
    world.network.release();
    world.settle().await.unwrap();
}
