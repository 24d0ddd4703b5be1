//! Which gigs stand in a feed of one's own, in which order; and what its address gives away.

use super::{Browser, site};
use crate::support::site::logo;
use serde_json::json;
use std::time::Duration;

async fn feed(browser: &mut Browser<'_>) -> String {
    let page = browser.post("/me/feed", &[]).await.body;
    let at = page.find("/feeds/me/").expect("the address is shown");
    page[at..].split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn it_has_the_newest_hundred_and_newer_gigs_of_other_work_push_none_of_ones_own_out() {
    let site = site().await;
    let mut titles = Vec::new();
    for n in 0..=300 {
        let category = if n == 0 { "design/illustration" } else { "web/frontend" };
        let (title, apply) = (format!("Work {n}"), format!("https://acme.example/{n}"));
        let mut gig = logo();
        (gig["id"], gig["title"], gig["category"]) = (json!(n.to_string()), json!(title), json!(category));
        (gig["skills"], gig["apply"]) = (json!([]), json!(apply));
        site.take(&gig).await;
        titles.push(title);
        site.clock.advance(Duration::from_secs(1));
    }
    let (mut ana, mut bo) = (Browser::at(&site), Browser::at(&site));
    ana.sign_in("ana").await;
    bo.sign_in("bo").await;
    assert_eq!(ana.post("/me", &[("categories", "design/illustration")]).await.status, 303);
    let shown = async |browser: &mut Browser<'_>| -> Vec<String> {
        let read = site.get(&format!("{}.json", feed(browser).await)).await.json();
        read["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(shown(&mut ana).await, ["Work 0"]);
    let newest: Vec<String> = titles.into_iter().rev().take(100).collect();
    assert_eq!(shown(&mut bo).await, newest, "who names no kind of work has all, newest first");
}

#[tokio::test]
async fn no_search_engine_and_nobody_in_between_keeps_what_stands_at_an_address() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    let path = feed(&mut ana).await;
    for (file, status) in [
        (format!("{path}.atom"), 200),
        (format!("{path}.json"), 200),
        (format!("{path}.opml"), 200),
        (format!("{path}.rss"), 404),
        ("/feeds/me/guessed.atom".to_owned(), 404),
        ("/feeds/me/guessed".to_owned(), 404),
    ] {
        let answer = site.get(&file).await;
        assert_eq!(answer.status, status, "{file}");
        assert_eq!(answer.header("x-robots-tag"), Some("noindex"), "{file}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{file}");
        let kept = answer.header("cache-control").unwrap();
        // What is gone may be there again at once, and a reader that is told so asks anew.
        let expected =
            if file.ends_with("atom") || file.ends_with("json") { "private, max-age=300" } else { "private, no-store" };
        assert_eq!(kept, if status == 404 { "private, no-store" } else { expected }, "{file}");
    }
}

#[tokio::test]
async fn the_list_of_feeds_has_each_kind_of_work_and_the_feed_of_all_gigs_for_whoever_named_none() {
    let site = site().await;
    let mut ana = Browser::at(&site);
    ana.sign_in("ana").await;
    let none = ana.get("/me/feeds.opml").await.body;
    assert!(none.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>"), "{none}");
    let all = "text=\"All gigs\" xmlUrl=\"https://gigs.example/feeds/all.atom\"";
    assert!(none.contains("<title>1 feed at https://gigs.example</title>") && none.contains(all), "{none}");
    let offer = [("categories", "design/illustration"), ("categories", "web")];
    assert_eq!(ana.post("/me", &offer).await.status, 303);
    let some = ana.get("/me/feeds.opml").await.body;
    assert!(some.contains("<title>2 feeds at") && !some.contains("All gigs"), "{some}");
    for slug in ["design/illustration", "web"] {
        assert!(some.contains(&format!("xmlUrl=\"https://gigs.example/feeds/c/{slug}.atom\"")), "{slug}: {some}");
    }
}
