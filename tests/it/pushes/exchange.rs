//! The real daemon and a hub that is not ours to fool, over loopback: an item that is pushed is a gig within seconds, and nobody looked.

use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::assemble;
use gigcast::sandbox::hub::Hub;
use gigcast::web::admin::Tail;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// On a slow machine that builds something else meanwhile.
const DEADLINE: Duration = Duration::from_secs(30);

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let clock = SystemClock::default();
    let deadline = clock.now().plus(DEADLINE);
    while !is_so().await {
        assert!(clock.now() < deadline, "{what}: not in time");
        clock.sleep_until(clock.now().plus(Duration::from_millis(20))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pushed_item_is_a_gig_within_seconds_and_without_a_look() {
    let hub = Hub::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), Duration::from_hours(1)).unwrap();
    hub.add(json!({ "id": "old", "title": "There before", "url": "https://acme.example/old" }));
    // A hub has to be told where we are before we are there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "[server]\npublic_url = 'http://127.0.0.1:{port}'\nlisten = '127.0.0.1:{port}'\nadmin_listen = '127.0.0.1:0'\n\
         [store]\ndata_dir = '{}'\n[wire]\ntrusted_origins = ['{}']\n\
         [[source]]\nname = 'pushed'\nurl = '{}'\nposter = 'Acme'\n",
        dir.path().join("data").display(),
        hub.url,
        hub.feed()
    );
    let config = Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap();
    let assembled = assemble(&config, &|_| None, Tail::default()).await.unwrap();
    let (ledger, stop) = (assembled.public.ledger.clone(), assembled.daemon.stop.clone());
    let running = tokio::spawn(assembled.run());
    let hub = Arc::new(hub);

    until("the hub confirms the subscription", async || hub.subscribers() == 1).await;
    assert_eq!(hub.looks(), 1);
    let answers =
        hub.publish(json!({ "id": "new", "title": "Fresh from the hub", "url": "https://acme.example/new" })).await;
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0].1, Some(202));
    // What was answered for is durable: there is nothing to wait for.
    let gigs = ledger.newest_gigs(0, 10).await.unwrap();
    let titles: Vec<&str> = gigs.iter().map(|record| record.gig.terms.title.as_str()).collect();
    assert_eq!(titles, ["Fresh from the hub", "There before"]);
    let heard: Vec<_> = gigs.iter().map(|record| record.heard).collect();
    assert_eq!(heard, [gigcast::store::Heard::News, gigcast::store::Heard::Baseline]);
    assert_eq!(hub.looks(), 1, "nobody looked");

    stop.cancel();
    running.await.unwrap().unwrap();
}
