//! In which time zones a gig is to be done: told wherever the gig is, and said anew when its source says another.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::site::{Site, logo};
use gigcast::store::memory::MemoryStore;
use serde_json::{Value, json};

#[tokio::test]
async fn time_zones_are_told_on_the_page_in_the_feed_and_by_the_api() {
    let site = Site::over(MemoryStore::new(), Some("https://gigs.example")).await;
    let mut gig = logo();
    gig["description"] = "Flour all over.\n\nTime zone: CET ± 2 hours".into();
    let id = site.take(&gig).await.id;
    let wanted = json!({ "from_minutes": -60, "to_minutes": 180, "overlap_minutes": null });
    let page = site.get(&format!("/g/{id}")).await.body;
    assert!(page.contains("Time zones: UTC−1 to UTC+3"), "{page}");
    let told: Value = site.get(&format!("/api/v1/gigs/{id}")).await.json();
    assert_eq!(told["time_zones"], wanted);
    let feed: Value = site.get("/feeds/all.json").await.json();
    assert_eq!(feed["items"][0]["_gig"]["time_zones"], wanted);

    gig["locations"] = json!(["Remote, at least 4 hours of overlap with US Eastern"]);
    let revised = site.take(&gig).await;
    assert_eq!(revised.revision.0, 2, "a reader would notice");
    let page = site.get(&format!("/g/{id}")).await.body;
    assert!(page.contains("Time zones: 4 hours of overlap with UTC−5"), "{page}");
}
