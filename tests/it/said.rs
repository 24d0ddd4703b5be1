//! What somebody said in public, read without any grant: at a sandbox, as anyone sees it.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test

use gigcast::asks::Named;
use gigcast::clock::SystemClock;
use gigcast::failure::Failure;
use gigcast::id::ActorId;
use gigcast::networks::mastodon::Mastodon;
use gigcast::ports::{Network, Wire};
use gigcast::sandbox::{Sandbox, Settings};
use gigcast::wire::{Client, Settings as WireSettings};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

async fn post(client: &reqwest::Client, address: String, token: Option<&str>, body: Value) -> Value {
    let mut request = client.post(address).header("content-type", "application/json").body(body.to_string());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn whoever_says_a_code_in_public_is_known_by_the_address_that_reading_back_gives_them() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), Settings::default()).unwrap();
    let (client, town) = (reqwest::Client::builder().build().unwrap(), sandbox.url.clone());
    let bo = post(&client, format!("{town}/sandbox/people"), None, json!({ "username": "bo" })).await;
    let settings = WireSettings {
        trusted_origins: vec![town.clone()],
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        user_agent: "gigcast/test".into(),
    };
    let wire: Arc<dyn Wire> = Arc::new(Client::new(settings, Arc::new(SystemClock::default())).unwrap());
    let named = |handle: &str| Mastodon.asks().unwrap().named(&format!("@{handle}@{town}"));
    let looked = async |handle: &str| Mastodon.says(&*wire, &named(handle), "gigcast-c0de").await;

    assert_eq!(looked("bo").await, Ok(None), "nothing has been said yet");
    let status = |text: &str, visibility: &str| json!({ "status": text, "visibility": visibility });
    let statuses = format!("{town}/api/v1/statuses");
    post(&client, statuses.clone(), bo["token"].as_str(), status("psst: gigcast-c0de", "private")).await;
    assert_eq!(looked("bo").await, Ok(None), "what is said in confidence is said to nobody here");
    post(&client, statuses, bo["token"].as_str(), status("Mine, gigcast-c0de, see?", "public")).await;
    let actor = looked("bo").await.unwrap().expect("the code is there");
    assert_eq!(actor.id, ActorId::from_uri("mastodon", &actor.uri));
    assert!(actor.uri.starts_with(&town) && actor.handle.starts_with("bo@"), "{actor:?}");
    assert!(matches!(looked("nobody").await, Err(Failure::Permanent(_))));
    let bare = Named { server: town.clone(), identifier: String::new() };
    assert!(matches!(Mastodon.says(&*wire, &bare, "x").await, Err(Failure::Permanent(_))), "a server is no account");
}
