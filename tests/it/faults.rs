//! When something breaks behind a page: whoever asked is told so politely, and the next one is answered.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::support::site::{Answer, Site, logo};
use crate::support::through::{Alters, Through};
use bytes::Bytes;
use gigcast::ports::{BoxFuture, Store, StoreError};
use gigcast::store::memory::MemoryStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WELL: u8 = 0;
const PANICS: u8 = 1;
const HANGS: u8 = 2;

/// A store whose scans do what the test says.
#[derive(Debug, Clone, Default)]
struct Moody {
    store: MemoryStore,
    mood: Arc<AtomicU8>,
}

impl Alters for Moody {
    fn behind(&self) -> &dyn Store {
        &self.store
    }

    fn scanned<'a>(
        &'a self,
        from: &'a [u8],
        until: &'a [u8],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(Bytes, Bytes)>, StoreError>> {
        match self.mood.load(Ordering::Acquire) {
            PANICS => Box::pin(async { panic!("a shelf broke down") }),
            HANGS => Box::pin(std::future::pending()),
            _ => self.store.scan(from, until, limit),
        }
    }
}

async fn moody() -> (Site, Arc<AtomicU8>) {
    let store = Moody::default();
    let mood = Arc::clone(&store.mood);
    let site = Site::over(Through(store), Some("https://gigs.example")).await;
    site.take(&logo()).await;
    (site, mood)
}

fn keeps_to_itself(answer: &Answer) {
    for name in ["content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy"] {
        assert!(answer.header(name).is_some(), "{name} is missing: {answer:?}");
    }
}

#[tokio::test]
async fn a_page_that_panics_says_that_it_is_our_fault_and_the_next_one_works() {
    let (site, mood) = moody().await;
    for path in ["/", "/c/design", "/feeds/all.atom"] {
        mood.store(PANICS, Ordering::Release);
        let answer = site.get(path).await;
        assert_eq!(answer.status, 500, "{path}");
        keeps_to_itself(&answer);
        assert!(answer.body.contains("by a fault of ours") && answer.body.contains("</html>"), "{}", answer.body);
        assert!(!answer.body.contains("a shelf broke down"), "what went wrong is for the log alone");
        mood.store(WELL, Ordering::Release);
        assert_eq!(site.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_page_that_takes_too_long_is_given_up_in_time_and_says_so() {
    let (site, mood) = moody().await;
    mood.store(HANGS, Ordering::Release);
    let answer = site.get("/").await;
    assert_eq!(answer.status, 504);
    keeps_to_itself(&answer);
    assert!(answer.body.contains("longer than 15 s") && answer.body.contains("try again"), "{}", answer.body);
    assert!(answer.body.contains("</html>"), "to a reader it is a page: {}", answer.body);
    mood.store(WELL, Ordering::Release);
    assert_eq!(site.get("/").await.status, 200);
}

#[tokio::test]
async fn too_long_an_address_is_a_page_to_a_reader_and_a_problem_to_a_program() {
    let (site, _) = moody().await;
    let long = "x".repeat(3000);
    let read = site.get(&format!("/{long}")).await;
    assert!(read.status == 414 && read.body.contains("</html>") && read.body.contains("2000 bytes"), "{}", read.body);
    let asked = site.get(&format!("/api/v1/gigs/{long}")).await;
    assert_eq!((asked.status, asked.header("content-type")), (414, Some("application/problem+json")));
}
