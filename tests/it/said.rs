//! What somebody said in public, read without any grant: at a sandbox, as anyone sees it.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use gigcast::asks::Named;
use gigcast::clock::SystemClock;
use gigcast::failure::Failure;
use gigcast::id::ActorId;
use gigcast::networks::mastodon::Mastodon;
use gigcast::person::Actor;
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

fn wire(town: &str) -> Arc<dyn Wire> {
    let settings = WireSettings {
        trusted_origins: vec![town.to_owned()],
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        user_agent: "gigcast/test".into(),
    };
    Arc::new(Client::new(settings, Arc::new(SystemClock::default())).unwrap())
}

#[tokio::test]
async fn whoever_says_a_code_in_public_is_known_by_the_address_that_reading_back_gives_them() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(TcpListener::bind("127.0.0.1:0").await.unwrap(), Settings::default()).unwrap();
    let (client, town) = (reqwest::Client::builder().build().unwrap(), sandbox.url.clone());
    let bo = post(&client, format!("{town}/sandbox/people"), None, json!({ "username": "bo" })).await;
    let wire = wire(&town);
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

/// What is found at a server that lists these as the posts of Bo.
async fn looked_among(listed: Result<Value, StatusCode>) -> Result<Option<Actor>, Failure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let town = format!("http://{}", listener.local_addr().unwrap());
    let bo = json!({ "id": "7", "username": "bo", "acct": "bo", "url": format!("{town}/@bo") });
    let router = Router::new()
        .route("/api/v1/accounts/lookup", get(async || Json(bo)))
        .route("/api/v1/accounts/7/statuses", get(async || listed.map(Json)));
    tokio::spawn(async { axum::serve(listener, router).await });
    let named = Mastodon.asks().unwrap().named(&format!("{town}/@bo"));
    Mastodon.says(&*wire(&town), &named, "gigcast-c0de").await
}

fn said(reblog: Value) -> Value {
    let author = json!({ "id": "7", "username": "bo", "acct": "bo" });
    let text = "<p>Mine, gigcast-c0de</p>";
    json!([{ "id": "1", "uri": "https://social.example/1", "content": text, "account": author, "reblog": reblog }])
}

#[tokio::test]
async fn what_an_account_boosts_shows_nothing_of_it_even_where_the_server_lists_it() {
    assert!(looked_among(Ok(said(Value::Null))).await.unwrap().is_some());
    assert_eq!(looked_among(Ok(said(json!({ "id": "2" })))).await, Ok(None));
}

#[tokio::test]
async fn posts_that_a_server_keeps_to_itself_are_told_from_a_code_that_is_not_posted() {
    let hidden = looked_among(Err(StatusCode::UNAUTHORIZED)).await.unwrap_err();
    assert!(
        matches!(&hidden, Failure::Permanent(why) if why.said.contains("to nobody who is not signed in")),
        "{hidden:?}"
    );
}
