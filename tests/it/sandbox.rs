//! The sandbox over HTTP: what clients and the other tests rely on. An independent client's view of it is `tests/tour`.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use gigcast::clock::{BoxFuture, Clock, ManualClock, Timestamp};
use gigcast::sandbox::{Fault, Kind, Limit, Limits, Lively, Sandbox, Settings, When};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// A running sandbox, and someone who lives there with a token.
struct Town {
    sandbox: Sandbox,
    client: reqwest::Client,
    token: String,
    id: String,
}

/// What came back: the status, the headers' words, the body as JSON where it is that.
struct Said {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
    text: String,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The address that the `Link` header gives for this relation.
    fn link(&self, rel: &str) -> Option<String> {
        let link = self.header("link").split(", ").find(|link| link.ends_with(&format!("rel=\"{rel}\"")))?;
        Some(link.trim_start_matches('<').split('>').next().unwrap().to_owned())
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn client() -> reqwest::Client {
    // Another test may have been first; either way there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

impl Town {
    async fn new(settings: Settings) -> Self {
        let sandbox = Sandbox::start(listener().await, settings).unwrap();
        let mut town = Self { sandbox, client: client(), token: String::new(), id: String::new() };
        (town.id, town.token) = town.person("ada").await;
        town
    }

    async fn person(&self, username: &str) -> (String, String) {
        let said = self.send(Method::POST, "/sandbox/people", "", Some(json!({ "username": username }))).await;
        let word = |field: &str| said.body[field].as_str().unwrap().to_owned();
        (word("id"), word("token"))
    }

    fn request(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> reqwest::RequestBuilder {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.sandbox.url) };
        let mut request = self.client.request(method, address);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        }
    }

    async fn send(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> Said {
        read(self.request(method, path, token, body).send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Said {
        self.send(Method::GET, path, &self.token, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Said {
        self.send(Method::POST, path, &self.token, Some(body)).await
    }

    /// One try to say something; with a key, as clients send it.
    async fn say(&self, text: &str, key: &str) -> Result<Said, reqwest::Error> {
        let request = self.request(Method::POST, "/api/v1/statuses", &self.token, Some(json!({ "status": text })));
        Ok(read(request.header("Idempotency-Key", key).timeout(Duration::from_millis(400)).send().await?).await)
    }

    async fn fault(&self, fault: Fault) {
        let said = self.post("/sandbox/faults", serde_json::to_value(fault).unwrap()).await;
        assert_eq!(said.status, 200, "{}", said.text);
    }

    /// How many posts were ever made.
    async fn creates(&self) -> u64 {
        self.get("/sandbox/posts").await.body["creates"].as_u64().unwrap()
    }
}

async fn read(response: Response) -> Said {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Said { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

fn id(said: &Said) -> String {
    said.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", said.text)).to_owned()
}

fn posting(kind: Kind) -> Fault {
    Fault {
        count: Some(1),
        verb: Some("POST".into()),
        path: Some("/api/v1/statuses".into()),
        delay_ms: 600,
        ..Fault::new(kind)
    }
}

#[tokio::test]
async fn a_repeated_key_gives_the_first_post() {
    let town = Town::new(Settings::default()).await;
    let first = town.say("a gig", "k1").await.unwrap();
    let again = town.say("a gig", "k1").await.unwrap();
    assert_eq!(id(&first), id(&again));
    assert_ne!(id(&first), id(&town.say("a gig", "k2").await.unwrap()));
    let seen = town.get("/sandbox/posts").await.body;
    assert_eq!((&seen["creates"], &seen["posts"][0]["idempotency_key"]), (&json!(2), &json!("k1")));
}

#[tokio::test]
async fn a_key_lives_for_an_hour() {
    let clock = ManualClock::at(NOON);
    let town = Town::new(Settings { clock: Arc::new(clock.clone()), ..Settings::default() }).await;
    let first = id(&town.say("a gig", "k").await.unwrap());
    clock.advance(Duration::from_mins(59));
    assert_eq!(id(&town.say("a gig", "k").await.unwrap()), first);
    clock.advance(Duration::from_mins(2));
    assert_ne!(id(&town.say("a gig", "k").await.unwrap()), first);
}

#[tokio::test]
async fn an_edit_is_kept_in_history_and_a_deleted_post_is_gone() {
    let town = Town::new(Settings::default()).await;
    let post = format!("/api/v1/statuses/{}", id(&town.say("open #gig", "k").await.unwrap()));
    let said = town.send(Method::PUT, &post, &town.token, Some(json!({ "status": "FILLED" }))).await;
    assert_eq!((said.status.as_u16(), said.body["content"].as_str()), (200, Some("<p>FILLED</p>")));
    assert!(said.body["edited_at"].is_string());
    let history = town.get(&format!("{post}/history")).await.body;
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert!(history[0]["content"].as_str().unwrap().contains("open"));
    assert_eq!(town.get(&format!("{post}/source")).await.body["text"], "FILLED");

    let (_, other) = town.person("ben").await;
    assert_eq!(town.send(Method::DELETE, &post, &other, None).await.status, 404);
    assert_eq!(town.send(Method::DELETE, &post, &town.token, None).await.body["text"], "FILLED");
    assert_eq!(town.get(&post).await.status, 404);
    assert_eq!(town.send(Method::DELETE, &post, &town.token, None).await.status, 404);
    let seen = town.get("/sandbox/posts").await.body;
    assert_eq!((&seen["creates"], &seen["deletes"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn boosters_are_walked_by_link_and_each_is_seen_once() {
    let town = Town::new(Settings::default()).await;
    let post = id(&town.say("a gig", "k").await.unwrap());
    for n in 0..95 {
        let (_, token) = town.person(&format!("booster_{n}")).await;
        let said = town.send(Method::POST, &format!("/api/v1/statuses/{post}/reblog"), &token, None).await;
        assert_eq!(said.body["reblog"]["id"], post.as_str());
    }
    let mut next = Some(format!("/api/v1/statuses/{post}/reblogged_by?limit=500"));
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    while let Some(path) = next {
        let page = town.send(Method::GET, &path, "", None).await;
        let accounts = page.body.as_array().unwrap().clone();
        pages.push(accounts.len());
        seen.extend(accounts.iter().map(|account| account["acct"].as_str().unwrap().to_owned()));
        next = page.link("next");
    }
    assert_eq!(pages, [80, 15], "the limit is 80 however much is asked for");
    assert_eq!(seen.first().map(String::as_str), Some("booster_94"), "the latest first");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 95);
}

#[tokio::test]
async fn notifications_are_walked_forward_without_gaps() {
    let town = Town::new(Settings::default()).await;
    let post = id(&town.say("a gig", "k").await.unwrap());
    let mut expected = Vec::new();
    for n in 0..7 {
        let (person, token) = town.person(&format!("p{n}")).await;
        town.send(Method::POST, &format!("/api/v1/statuses/{post}/reblog"), &token, None).await;
        town.send(Method::POST, &format!("/api/v1/statuses/{post}/favourite"), &token, None).await;
        expected.push(person);
    }
    let mut seen = Vec::new();
    let mut path = "/api/v1/notifications?types[]=reblog&limit=3&min_id=0".to_owned();
    loop {
        let page = town.get(&path).await;
        let mut people: Vec<String> =
            page.body.as_array().unwrap().iter().map(|n| n["account"]["id"].as_str().unwrap().to_owned()).collect();
        people.reverse();
        seen.extend(people);
        match page.link("prev") {
            Some(newer) => path = newer,
            None => break,
        }
    }
    assert_eq!(seen, expected);
    let newest = town.get("/api/v1/notifications?limit=1&since_id=0").await.body;
    assert_eq!(newest[0]["type"], "favourite");
}

#[tokio::test]
async fn a_mention_makes_a_link_and_a_notification_and_a_reply_joins_the_thread() {
    let town = Town::new(Settings::default()).await;
    let (ben, token) = town.person("ben").await;
    let post = id(&town.say("a gig", "k").await.unwrap());
    let host = town.sandbox.url.trim_start_matches("http://");
    let text = format!("@ada I vouch for @ben@{host} #Gig https://g.example/?a=1&b=<x>");
    let body = json!({ "status": text, "in_reply_to_id": post, "language": "en", "visibility": "unlisted" });
    let reply = town.send(Method::POST, "/api/v1/statuses", &token, Some(body)).await.body;
    let content = reply["content"].as_str().unwrap();
    assert!(content.contains(r#"class="u-url mention">@<span>ben</span>"#), "{content}");
    assert!(content.contains(r#"href="https://g.example/?a=1&amp;b=""#), "{content}");
    assert!(!content.contains("<x>"), "{content}");
    assert_eq!(reply["mentions"].as_array().unwrap().len(), 2);
    assert_eq!(reply["tags"][0]["name"], "gig");
    assert_eq!((&reply["in_reply_to_account_id"], &reply["language"]), (&json!(town.id), &json!("en")));
    let thread = town.get(&format!("/api/v1/statuses/{post}/context")).await.body;
    assert_eq!(thread["descendants"][0]["account"]["id"], ben.as_str());
    assert_eq!(town.get("/api/v1/notifications").await.body[0]["type"], "mention");
}

#[tokio::test]
async fn a_client_reads_what_this_server_takes_before_it_links() {
    let town = Town::new(Settings::default()).await;
    let links = town.get("/.well-known/nodeinfo").await.body;
    let nodeinfo = town.get(links["links"][0]["href"].as_str().unwrap()).await.body;
    assert_eq!(nodeinfo["software"]["name"], "mastodon");
    let instance = town.get("/api/v2/instance/").await.body;
    let statuses = &instance["configuration"]["statuses"];
    assert_eq!((&statuses["max_characters"], &statuses["characters_reserved_per_url"]), (&json!(500), &json!(23)));
    assert_eq!(instance["version"], town.get("/api/v1/instance").await.body["version"]);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_mastodons_statuses() {
    let town = Town::new(Settings::default()).await;
    let refused = |said: Said, status: u16| {
        assert_eq!(said.status.as_u16(), status, "{}", said.text);
        assert!(said.body["error"].is_string(), "{}", said.text);
    };
    refused(town.send(Method::POST, "/api/v1/statuses", "", Some(json!({ "status": "x" }))).await, 401);
    refused(town.send(Method::GET, "/api/v1/instance", "nonsense", None).await, 401);
    refused(town.post("/api/v1/statuses", json!({ "status": " " })).await, 422);
    refused(town.post("/api/v1/statuses", json!({ "status": "x".repeat(501) })).await, 422);
    refused(town.post("/api/v1/statuses", json!({ "status": "x", "visibility": "secret" })).await, 422);
    refused(town.post("/api/v1/statuses", json!({ "status": "x", "media_ids": ["1"] })).await, 422);
    refused(town.post("/api/v1/statuses", json!({ "status": "x", "in_reply_to_id": "12" })).await, 404);
    refused(town.get("/api/v1/statuses/not-an-id").await, 404);
    refused(town.get("/api/v1/nothing").await, 404);
    refused(town.get("/api/v1/statuses").await, 404);
    refused(town.get("/api/v1/timelines/public?limit=many").await, 400);
    refused(town.post("/sandbox/people", json!({ "username": "a b" })).await, 422);
    refused(town.post("/sandbox/faults", json!({ "kind": "earthquake" })).await, 422);
    let odd = town.request(Method::POST, "/api/v1/statuses", &town.token, None);
    let odd = read(odd.header("content-type", "text/plain").body("x").send().await.unwrap()).await;
    refused(odd, 415);
    let long_link = format!("https://g.example/{} {}", "y".repeat(400), "x".repeat(476));
    assert_eq!(town.post("/api/v1/statuses", json!({ "status": long_link })).await.status, 200);
    assert_eq!(town.creates().await, 1);
}

#[tokio::test]
async fn an_app_gets_a_token_by_asking_a_person_and_only_what_was_allowed() {
    let town = Town::new(Settings::default()).await;
    let back = "http://127.0.0.1:9/back";
    let app =
        town.post("/api/v1/apps", json!({ "client_name": "gigs", "redirect_uris": back, "scopes": "read" })).await.body;
    let (client_id, secret) = (app["client_id"].as_str().unwrap(), app["client_secret"].as_str().unwrap());
    let ask = json!({
        "response_type": "code", "client_id": client_id, "redirect_uri": back, "scope": "read:accounts", "state": "s&1",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    });
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(ask.as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap())))
        .finish();
    let page = town.send(Method::GET, &format!("/oauth/authorize?{query}"), "", None).await;
    assert!(page.text.contains("Let gigs act for you?"), "{}", page.text);
    assert!(page.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:9;"));

    let decide = |decision: &str| {
        let mut form = ask.clone();
        (form["decision"], form["person"]) = (json!(decision), json!("lena"));
        form
    };
    let no = town.send(Method::POST, "/oauth/authorize", "", Some(decide("deny"))).await;
    assert_eq!((no.status.as_u16(), no.header("location")), (302, &*format!("{back}?error=access_denied&state=s%261")));
    let yes = town.send(Method::POST, "/oauth/authorize", "", Some(decide("allow"))).await;
    let location = url::Url::parse(yes.header("location")).unwrap();
    let (_, code) = location.query_pairs().next().unwrap();

    let redeem = json!({
        "grant_type": "authorization_code", "code": code, "client_id": client_id, "client_secret": secret,
        "redirect_uri": back, "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    });
    let mut wrong = redeem.clone();
    wrong["client_secret"] = json!("guess");
    let said = town.post("/oauth/token", wrong).await;
    assert_eq!((said.status.as_u16(), &said.body["error"]), (401, &json!("invalid_client")));
    let granted = town.post("/oauth/token", redeem.clone()).await.body;
    assert_eq!((&granted["scope"], &granted["token_type"]), (&json!("read:accounts"), &json!("Bearer")));
    assert_eq!(town.post("/oauth/token", redeem).await.body["error"], "invalid_grant");

    let token = granted["access_token"].as_str().unwrap();
    let me = town.send(Method::GET, "/api/v1/accounts/verify_credentials", token, None).await;
    assert_eq!(me.body["acct"], "lena");
    let said = town.send(Method::POST, "/api/v1/statuses", token, Some(json!({ "status": "x" }))).await;
    assert_eq!(said.status, 403, "reading was allowed, not writing");
    let revoke = json!({ "client_id": client_id, "client_secret": secret, "token": token });
    assert_eq!(town.post("/oauth/revoke", revoke).await.body, json!({}));
    let said = town.send(Method::GET, "/api/v1/accounts/verify_credentials", token, None).await;
    assert_eq!((said.status.as_u16(), &said.body["error"]), (401, &json!("The access token was revoked")));

    let own = json!({ "grant_type": "client_credentials", "client_id": client_id, "client_secret": secret });
    let own = town.post("/oauth/token", own).await.body;
    let own = own["access_token"].as_str().unwrap();
    assert_eq!(town.send(Method::GET, "/api/v1/accounts/verify_credentials", own, None).await.status, 422);
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_was_not_registered() {
    let town = Town::new(Settings::default()).await;
    let path = "/oauth/authorize?response_type=code&client_id=unknown&redirect_uri=https://elsewhere.example/";
    for method in [Method::GET, Method::POST] {
        let said = town.send(method, path, "", None).await;
        assert_eq!((said.status.as_u16(), said.header("location")), (401, ""));
    }
}

#[tokio::test]
async fn the_limits_are_told_in_every_answer_and_kept() {
    let clock = ManualClock::at(NOON);
    let limits = Limits { says: Limit::new(2, Duration::from_hours(3)), ..Limits::default() };
    let settings = Settings { clock: Arc::new(clock.clone()), limits, ..Settings::default() };
    let town = Town::new(settings).await;
    let read = town.get("/api/v1/timelines/home").await;
    assert_eq!((read.header("x-ratelimit-limit"), read.header("x-ratelimit-remaining")), ("300", "299"));
    for left in ["1", "0"] {
        assert_eq!(town.say("a gig", left).await.unwrap().header("x-ratelimit-remaining"), left);
    }
    let said = town.say("a gig", "third").await.unwrap();
    assert_eq!((said.status.as_u16(), &said.body["error"]), (429, &json!("Too many requests")));
    assert_eq!(said.header("x-ratelimit-reset"), "2026-11-21T15:00:00.000000Z");
    assert_eq!(said.header("retry-after"), "");
    clock.advance(Duration::from_hours(3));
    assert_eq!(town.say("a gig", "third").await.unwrap().status, 200);
    assert_eq!(town.creates().await, 3);
}

#[tokio::test]
async fn a_rate_limit_on_demand_says_when_it_ends() {
    let clock = ManualClock::at(NOON);
    let town = Town::new(Settings { clock: Arc::new(clock), ..Settings::default() }).await;
    town.fault(Fault { delay_ms: 90_000, retry_after_s: Some(90), ..posting(Kind::RateLimit) }).await;
    let said = town.say("a gig", "k").await.unwrap();
    assert_eq!((said.status.as_u16(), said.header("retry-after")), (429, "90"));
    assert_eq!(said.header("x-ratelimit-remaining"), "0");
    assert_eq!(said.header("x-ratelimit-reset"), "2026-11-21T12:01:30.000000Z");
    assert_eq!(town.creates().await, 0);
    assert_eq!(town.say("a gig", "k").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_server_error_comes_before_or_after_the_post_was_accepted() {
    let town = Town::new(Settings::default()).await;
    for (when, status, creates) in [(When::Before, 503, 0), (When::After, 502, 1)] {
        town.fault(Fault { status, when, retry_after_s: Some(7), ..posting(Kind::ServerError) }).await;
        let said = town.say("a gig", "k").await.unwrap();
        assert_eq!((said.status.as_u16(), said.header("retry-after")), (status, "7"));
        assert_eq!(town.creates().await, creates);
    }
    assert_eq!(town.say("a gig", "k").await.unwrap().status, 200);
    assert_eq!(town.creates().await, 1);
}

#[tokio::test]
async fn a_delayed_request_whose_client_left_changes_nothing() {
    let clock = Stepped(ManualClock::at(NOON));
    let town = Town::new(Settings { clock: Arc::new(clock.clone()), ..Settings::default() }).await;
    town.fault(posting(Kind::Delay)).await;
    assert!(town.say("a gig", "k").await.err().unwrap().is_timeout());
    // The server hears of the leaving before the time is over.
    pause(Duration::from_millis(500)).await;
    clock.0.advance(Duration::from_secs(1));
    pause(Duration::from_millis(100)).await;
    assert_eq!(town.creates().await, 0);
}

#[tokio::test]
async fn a_late_request_is_accepted_though_its_client_left() {
    let clock = Stepped(ManualClock::at(NOON));
    let town = Town::new(Settings { clock: Arc::new(clock.clone()), ..Settings::default() }).await;
    town.fault(posting(Kind::LateAccept)).await;
    assert!(town.say("a gig", "k").await.err().unwrap().is_timeout());
    assert_eq!(town.creates().await, 0);
    clock.0.advance(Duration::from_secs(1));
    eventually("the post is made", async || town.creates().await == 1).await;
}

#[tokio::test]
async fn a_lost_answer_leaves_the_post_and_not_one_byte() {
    let town = Town::new(Settings::default()).await;
    town.fault(posting(Kind::AnswerLost)).await;
    let lost = town.say("a gig", "k").await.err().unwrap();
    assert!(!lost.is_timeout() && !lost.is_connect() && lost.status().is_none(), "{lost:?}");
    assert_eq!(town.creates().await, 1);
    assert_eq!(town.say("a gig", "k").await.unwrap().status, 200);
    assert_eq!(town.creates().await, 1, "the key is remembered though its answer was lost");
}

#[tokio::test]
async fn an_ignored_key_posts_twice_until_the_fault_is_taken_away() {
    let town = Town::new(Settings { faults: vec![Fault::new(Kind::KeyIgnored)], ..Settings::default() }).await;
    for creates in 1..=2 {
        town.say("a gig", "k").await.unwrap();
        assert_eq!(town.creates().await, creates);
    }
    assert_eq!(town.send(Method::DELETE, "/sandbox/faults", "", None).await.status, 204);
    for _ in 0..2 {
        town.say("a gig", "k").await.unwrap();
        assert_eq!(town.creates().await, 3);
    }
}

#[tokio::test]
async fn a_revoked_token_is_told_so_and_strangers_may_still_read() {
    let town = Town::new(Settings::default()).await;
    town.fault(Fault::new(Kind::RevokedToken)).await;
    let said = town.say("a gig", "k").await.unwrap();
    assert_eq!((said.status.as_u16(), &said.body["error"]), (401, &json!("The access token was revoked")));
    assert_eq!(town.send(Method::GET, "/api/v1/timelines/public", "", None).await.status, 200);
}

#[tokio::test]
async fn on_its_page_one_posts_boosts_likes_and_replies_as_anyone() {
    let town = Town::new(Settings::default()).await;
    let act = async |fields: Value| town.send(Method::POST, "/sandbox/act", "", Some(fields)).await;
    let said = act(json!({ "as": "acme", "do": "post", "text-new": "<script>alert(1)</script> #gig" })).await;
    let post = said.header("location").split("#p-").nth(1).unwrap().to_owned();
    for verb in ["boost", "like", "reply"] {
        let fields = json!({ "as": "ines", "do": format!("{verb}:{post}"), format!("text-{post}"): "Count me in" });
        assert_eq!(act(fields).await.status, 303);
    }
    let page = town.send(Method::GET, "/?as=omar", "", None).await;
    for shown in
        ["Boosted by Inês Duarte", "Liked by Inês Duarte", "Count me in", r#""omar" selected"#, "Asks not to be listed"]
    {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
    assert_eq!(act(json!({ "as": "nobody", "do": "post", "text-new": "x" })).await.status, 422);
    for path in [format!("/@acme/{post}"), "/@acme".into(), "/tags/gig".into(), "/sandbox/style.css".into()] {
        assert_eq!(town.send(Method::GET, &path, "", None).await.status, 200, "{path}");
    }
    assert_eq!(town.send(Method::GET, "/@nobody", "", None).await.status, 404);
}

#[tokio::test]
async fn a_long_timeline_comes_in_pages_of_less_than_60_kb() {
    let town = Town::new(Settings::default()).await;
    for n in 0..60 {
        town.say(&format!("gig number {n}. {}", "https://gigs.example/g/x ".repeat(4)), &n.to_string()).await.unwrap();
    }
    let (mut path, mut seen) = ("/".to_owned(), 0);
    loop {
        let page = town.send(Method::GET, &path, "", None).await.text;
        assert!(page.len() < 60_000, "{} bytes", page.len());
        seen += page.matches("gig number ").count();
        match page.split(r#"rel="next" href=""#).nth(1) {
            Some(rest) => path = format!("/{}", rest.split('"').next().unwrap()),
            None => break,
        }
    }
    assert_eq!(seen, 60);
}

#[tokio::test]
async fn lively_people_act_by_themselves() {
    let clock = Stepped(ManualClock::at(NOON));
    let lively = Lively::Yes { seed: 3 };
    let town = Town::new(Settings { clock: Arc::new(clock.clone()), lively, ..Settings::default() }).await;
    let post = id(&town.say("#gig #hiring #freelance #gigs #sound", "k").await.unwrap());
    eventually("all seven who have an eye for it boost", async || {
        clock.0.advance(Duration::from_secs(1));
        town.get(&format!("/api/v1/statuses/{post}")).await.body["reblogs_count"] == 7
    })
    .await;
}

#[tokio::test]
async fn it_listens_on_loopback_only_and_stops_when_asked() {
    let open = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = Sandbox::start(open, Settings::default()).unwrap_err();
    assert!(refused.to_string().contains("loopback only"), "{refused}");
    let town = Town::new(Settings::default()).await;
    let url = town.sandbox.url.clone();
    town.sandbox.shutdown().await.unwrap();
    assert!(client().get(url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
#[ignore = "needs the tour's Python: tests/run sets it up and runs it"]
async fn the_independent_client_passes_its_tour() {
    let python = std::env::var_os("GIGCAST_TOUR_PYTHON")
        .expect("GIGCAST_TOUR_PYTHON is the python of a venv that has tests/tour/requirements.txt");
    let sandbox = Sandbox::start(listener().await, Settings::default()).unwrap();
    let url = sandbox.url.clone();
    let tour = tokio::task::spawn_blocking(move || {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tour/tour.py");
        std::process::Command::new(python).arg(script).arg(url).output().unwrap()
    });
    let tour = tour.await.unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&tour.stdout), String::from_utf8_lossy(&tour.stderr));
    println!("{said}");
    assert!(tour.status.success(), "{said}\n{wrong}");
}

/// A clock that moves when told to, and wakes who waited for it.
#[derive(Debug, Clone)]
struct Stepped(ManualClock);

impl Clock for Stepped {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }

    fn sleep_until(&self, until: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            while self.now() < until {
                pause(Duration::from_millis(5)).await;
            }
        })
    }
}

async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        pause(Duration::from_millis(10)).await;
    }
    panic!("not within five seconds: {what}");
}

/// Real time: what a client's timeout runs on.
#[allow(clippy::disallowed_methods)] // the sandbox is tested from outside, with a client that has left
async fn pause(how_long: Duration) {
    tokio::time::sleep(how_long).await;
}
