//! A kind of work has its own page and feeds, and they are right however many other gigs came since.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::site::{Site, logo};
use gigcast::failure::Why;
use gigcast::gig::{Republish, Sighting};
use gigcast::ports::{Batch, Store};
use gigcast::sources::written::from_json;
use gigcast::store::layout::{self, Shelf};
use gigcast::store::memory::MemoryStore;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

async fn site() -> Site {
    Site::over(MemoryStore::new(), Some("https://gigs.example")).await
}

fn gig(id: &str, category: &str) -> Value {
    let mut gig = logo();
    (gig["id"], gig["title"]) = (id.into(), format!("Gig {id}.").into());
    (gig["apply"], gig["category"]) = (format!("https://acme.example/{id}").into(), category.into());
    gig
}

/// Which of these addresses show it.
async fn shows(site: &Site, id: &str, paths: &[&str]) -> Vec<bool> {
    let mut shown = Vec::new();
    for path in paths {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        shown.push(answer.body.contains(&format!("Gig {id}.")));
    }
    shown
}

const WRITING: [&str; 4] = ["/c/writing", "/c/writing/copy", "/feeds/c/writing.atom", "/feeds/c/writing/copy.json"];
const DESIGN: [&str; 3] = ["/c/design", "/feeds/c/design.json", "/feeds/c/design/brand.atom"];

#[tokio::test]
async fn the_oldest_gig_of_a_kind_is_found_behind_six_hundred_of_another() {
    let site = site().await;
    site.take(&gig("old", "writing/copy")).await;
    for n in 0..600 {
        site.clock.advance(Duration::from_secs(1));
        site.take(&gig(&n.to_string(), "design/brand")).await;
    }
    assert_eq!(shows(&site, "old", &WRITING).await, [true; 4]);
    assert_eq!(shows(&site, "old", &DESIGN).await, [false; 3]);
    assert!(!site.get("/c/writing").await.body.contains("rel=\"next\""), "there is no older one of its kind");
}

#[tokio::test]
async fn open_gigs_are_found_behind_six_hundred_that_have_ended() {
    let site = site().await;
    site.take(&gig("open", "writing/copy")).await;
    for n in 0..600 {
        site.clock.advance(Duration::from_secs(1));
        let mut ended = gig(&n.to_string(), "writing/copy");
        ended["status"] = "filled".into();
        site.take(&ended).await;
    }
    assert_eq!(shows(&site, "open", &["/", "/c/writing", "/c/writing/copy"]).await, [true; 3]);
}

#[tokio::test]
async fn a_gig_moves_with_its_category_and_leaves_the_board_when_it_ends() {
    let site = site().await;
    site.take(&gig("1", "writing/copy")).await;
    site.take(&gig("1", "design/brand")).await;
    assert_eq!(shows(&site, "1", &WRITING).await, [false; 4]);
    assert_eq!(shows(&site, "1", &DESIGN).await, [true; 3]);
    let mut filled = gig("1", "design/brand");
    filled["status"] = "filled".into();
    site.take(&filled).await;
    assert_eq!(shows(&site, "1", &DESIGN).await, [false, true, true], "feeds tell how it ended");
    assert_eq!(shows(&site, "1", &["/"]).await, [false]);
}

#[tokio::test]
async fn the_end_of_a_gig_behind_a_hundred_newer_ones_is_told_for_a_month() {
    let site = site().await;
    site.take(&gig("old", "writing/copy")).await;
    site.take(&gig("older kind", "design/brand")).await;
    for n in 0..101 {
        site.clock.advance(std::time::Duration::from_secs(1));
        site.take(&gig(&n.to_string(), "writing/copy")).await;
    }
    let feeds = ["/feeds/all.json", "/feeds/c/writing.json", "/feeds/c/design.json"];
    assert_eq!(shows(&site, "old", &feeds).await, [false; 3], "newer ones have taken its place");
    let mut filled = gig("old", "writing/copy");
    filled["status"] = "filled".into();
    let id = site.take(&filled).await.id;
    assert_eq!(shows(&site, "old", &feeds).await, [true, true, false]);
    let atom = site.get("/feeds/all.atom").await.body;
    assert!(atom.contains(&format!("<at:deleted-entry ref=\"urn:gigcast:{id}\"")), "{atom}");
    site.clock.advance(std::time::Duration::from_hours(31 * 24));
    assert_eq!(shows(&site, "old", &feeds).await, [false; 3]);
}

#[tokio::test]
async fn the_gigs_of_a_store_from_before_there_were_shelves_are_put_on_them() {
    let store = MemoryStore::new();
    let site = Site::over(store.clone(), None).await;
    for n in 0..300 {
        site.take(&gig(&n.to_string(), "writing/copy")).await;
    }
    let everything = layout::shelf(Shelf::Open)[..1].to_vec();
    let keys = store.scan(&everything, &layout::end_of(&everything), usize::MAX).await.unwrap();
    let delete = keys.iter().map(|(key, _)| key.to_vec()).collect();
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    shared.commit(Batch { delete, ..Batch::default() }).await.unwrap();
    assert_eq!(shows(&site, "7", &["/feeds/c/writing.atom"]).await, [false]);
    site.ledger.fill_shelves().await.unwrap();
    let again = store.scan(&everything, &layout::end_of(&everything), usize::MAX).await.unwrap();
    assert_eq!(again, keys, "each as if it had been there from the beginning");
    shared.commit(Batch { delete: vec![again[0].0.to_vec()], ..Batch::default() }).await.unwrap();
    site.ledger.fill_shelves().await.unwrap();
    let left = store.scan(&everything, &layout::end_of(&everything), usize::MAX).await.unwrap();
    assert_eq!(left.len(), keys.len() - 1, "once is enough");
}

#[tokio::test]
async fn what_may_not_be_posted_elsewhere_is_shown_nowhere() {
    let site = site().await;
    let seen = |republish| Sighting {
        republish,
        ..from_json(&gig("theirs", "writing/copy").to_string()).unwrap().sighting(None)
    };
    let kept = site.see(&seen(Republish::Refused(Why::new("Jobs & Co forbids it")))).await;
    let pages = ["/", "/feeds/all.atom", "/feeds/all.json", "/c/writing", "/feeds/c/writing.atom"];
    assert_eq!(shows(&site, "theirs", &pages).await, [false; 5]);
    for path in [format!("/g/{}", kept.id), format!("/api/v1/gigs/{}", kept.id)] {
        assert_eq!(site.get(&path).await.status, 404, "{path}");
    }
    site.see(&seen(Republish::Allowed)).await;
    assert_eq!(shows(&site, "theirs", &pages).await, [true; 5]);
    assert_eq!(site.get(&format!("/g/{}", kept.id)).await.status, 200);
}
