//! The bare loop: the same posts from one keep-alive client that remembers nothing. What a script would do.

use super::support::{Steps, owner, sighting};
use super::{Task, counting::Unmetered};
use gigcast::clock::{Clock, SystemClock};
use gigcast::failure::{Failure, Why};
use gigcast::id::{AccountId, DeliveryId};
use gigcast::intake::Taken;
use gigcast::networks::Networks;
use gigcast::plan::labels::Phrasebook;
use gigcast::plan::{Link, Manner, Taxonomy, compose};
use gigcast::ports::{BoxFuture, Network, Request, Response, Wire};
use gigcast::store::Heard;
use gigcast::store::memory::MemoryStore;
use jiff::tz::TimeZone;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
struct NoWire;

impl Wire for NoWire {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async { Err(Failure::Permanent(Why::new("nothing is sent while the posts are written"))) })
    }
}

/// One request, ready to go.
struct Ready {
    url: String,
    token: String,
    key: String,
    body: Vec<u8>,
}

/// Sends them `at_once` at a time.
pub fn run(task: &Task, at_once: usize) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let ready = Arc::new(posts(task).await);
        let client = client();
        let clock = SystemClock::default();
        let next = Arc::new(AtomicUsize::new(0));
        let began = clock.monotonic();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..at_once {
            let (ready, client, next) = (Arc::clone(&ready), client.clone(), Arc::clone(&next));
            tasks.spawn(async move {
                while let Some(post) = ready.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let request = client
                        .post(&post.url)
                        .header(CONTENT_TYPE, "application/json")
                        .header(AUTHORIZATION, format!("Bearer {}", post.token))
                        .header("idempotency-key", &post.key)
                        .body(post.body.clone());
                    let answer = request.send().await.expect("the sink answers");
                    let read: Value = serde_json::from_slice(&answer.bytes().await.expect("whole")).expect("as JSON");
                    assert!(read["id"].is_string());
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.expect("no task panics");
        }
        let took = clock.monotonic().saturating_sub(began);
        json!({ "seconds": took.as_secs_f64(), "deliveries": ready.len() })
    })
}

pub fn client() -> reqwest::Client {
    // Fails only when one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().user_agent(super::AGENT).no_proxy().build().expect("a client is built")
}

/// The very posts that gigcast will send, composed before any time is taken.
async fn posts(task: &Task) -> Vec<Ready> {
    let dir = tempfile::tempdir_in(&task.dir).expect("the disk has room");
    let network = Unmetered::new();
    let profile = network.profile().clone();
    let networks: Networks = [("mastodon".to_owned(), Arc::new(network) as Arc<dyn Network>)].into();
    let steps = Steps::assemble(
        Arc::new(MemoryStore::new()),
        networks,
        Arc::new(NoWire),
        Arc::new(SystemClock::default()),
        dir.path(),
    )
    .await
    .expect("memory works");
    let (taxonomy, labels) = (Taxonomy::builtin(), Phrasebook::builtin().english());
    let manner = Manner { taxonomy, labels, zone: TimeZone::UTC, template: None };
    let mut ready = Vec::new();
    for n in 0..task.gigs {
        let taken =
            steps.intake.take(&sighting(n), &super::support::origin(), Heard::News).await.expect("memory works");
        let Taken::New(gig) = taken else { panic!("each gig is new to {}", owner().name) };
        for account in 0..task.accounts {
            let (server, token) = (task.origin_of(account), super::token(account));
            let id = DeliveryId::from_step(gig.id, AccountId::from_native("mastodon", server, &token), 1);
            let code = id.code();
            let link = Link { url: format!("{}/g/{}?v={code}", super::support::PUBLIC_URL, gig.id), code: Some(code) };
            let post = compose(&gig, &link, &profile, &manner).expect("it fits");
            let body = json!({ "status": post.text, "visibility": "public", "language": post.language });
            ready.push(Ready {
                url: format!("{server}/api/v1/statuses"),
                token,
                key: id.idempotency_key().as_str().to_owned(),
                body: body.to_string().into_bytes(),
            });
        }
    }
    ready
}
