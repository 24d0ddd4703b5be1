//! A whole gigcast that tells a collector: what arrives there, and that nothing here waits for it.

#![allow(clippy::unwrap_used)] // test code that cannot go on should stop

use crate::kill::{Town, pause};
use crate::support::collector::{Collector, Mood, Span, amiss};
use crate::support::world::brisk;
use gigcast::clock::{Clock, SystemClock};
use gigcast::config::{Config, ConfigFile};
use gigcast::daemon::assemble::assemble;
use gigcast::grants::Terms;
use gigcast::outbox::State;
use gigcast::person::{Audience, Person};
use gigcast::ports::Entered;
use gigcast::sandbox::{Fault, Kind};
use gigcast::store::layout::Aside;
use gigcast::telemetry::Counts;
use gigcast::web::admin::Tail;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEADER: &str = "Bearer of-traces-and-nothing-else";

/// What one life left behind.
pub(crate) struct Life {
    pub(crate) counts: Counts,
    /// How many posts stand on each of the two servers.
    posts: Vec<usize>,
    /// What monitoring read at the end, and what it gets that does not know the newer form.
    pub(crate) metrics: String,
    pub(crate) classic: String,
    /// How long the stop took.
    stopping: Duration,
    secrets: Vec<String>,
}

/// A gig goes out on two servers, of which one loses its answer; as soon as it is on record there, gigcast is told to stop.
pub(crate) async fn life(endpoint: &str) -> Life {
    let lost = Fault {
        verb: Some("POST".into()),
        path: Some("/api/v1/statuses".into()),
        count: Some(1),
        ..Fault::new(Kind::AnswerLost)
    };
    let towns = [Town::start(vec![lost]).await, Town::start(Vec::new()).await];
    let dir = tempfile::tempdir().unwrap();
    let (data, gigs) = (dir.path().join("data"), dir.path().join("gigs"));
    std::fs::create_dir(&gigs).unwrap();
    std::fs::write(gigs.join("1.toml"), "title = \"Logo for a bakery\"\napply = \"https://acme.example/1\"\n").unwrap();
    let text = format!(
        "[server]\npublic_url = \"https://gigs.example\"\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [store]\ndata_dir = \"{}\"\nfree_floor_mib = 1\n[wire]\ntotal_timeout = \"5s\"\ntrusted_origins = [{:?}, {:?}]\n\
         [outbox]\nlook_after = [\"1s\", \"2s\", \"70s\"]\n\
         [telemetry]\notlp_endpoint = {endpoint:?}\notlp_auth_env = \"TRACES\"\n\
         [[source]]\nname = \"folder\"\nkind = \"folder\"\npath = \"{}\"\nposter = \"Acme\"\nfirst_look = \"all\"\n",
        data.display(),
        towns[0].sandbox.url,
        towns[1].sandbox.url,
        gigs.display(),
    );
    let config = Config::parse(&[ConfigFile { name: "test", text: &text }], []).unwrap();
    let env = |name: &str| (name == "TRACES").then(|| HEADER.to_owned());
    let assembled = assemble(&config, &env, Tail::default()).await.unwrap();
    let clock = SystemClock::default();
    let mut secrets = vec!["of-traces".to_owned()];
    for town in &towns {
        let secret = town.person("acme").await;
        secrets.push(secret.expose().to_owned());
        let entered = Entered { server: town.sandbox.url.clone(), identifier: "acme".into(), secret };
        let owner = Person::poster("Acme", clock.now());
        let terms = Terms { owner, pace: brisk(), audience: Audience::default() };
        assembled.daemon.deliver.sessions.link("mastodon", &entered, terms).await.unwrap();
    }
    let (daemon, public, admin) = (assembled.daemon.clone(), assembled.public.clone(), assembled.admin_at);
    let token = std::fs::read_to_string(data.join("admin.token")).unwrap();
    let running = tokio::spawn(assembled.run());
    let deadline = clock.now().plus(Duration::from_mins(1));
    loop {
        let gigs = public.ledger.newest_gigs(0, 2).await.unwrap();
        let mut said = 0;
        for gig in &gigs {
            let announcements = public.ledger.announcements(gig.gig.id).await.unwrap();
            said += announcements.iter().filter(|announcement| announcement.said.is_some()).count();
        }
        if said == 2 {
            break;
        }
        let dead = public.ledger.set_aside(Aside::Dead, 9).await.unwrap();
        assert!(dead.iter().all(|delivery| !matches!(delivery.state, State::Dead(_))), "{dead:?}");
        assert!(clock.now() < deadline, "only {said} of 2 are out");
        pause(Duration::from_millis(50)).await;
    }
    let scraped = async |accept: &str, form: &str| {
        let head =
            format!("GET /metrics HTTP/1.0\r\nhost: {admin}\r\nauthorization: Bearer {}\r\n{accept}\r\n", token.trim());
        let mut socket = TcpStream::connect(admin).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-type: {form}")), "{head}");
        body.to_owned()
    };
    // As Prometheus asks for it.
    let accept =
        "accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1\r\n";
    let metrics = scraped(accept, "application/openmetrics-text; version=1.0.0").await;
    let classic = scraped("", "text/plain; version=0.0.4").await;
    let told = clock.monotonic();
    daemon.stop.cancel();
    running.await.unwrap().unwrap();
    let mut posts = Vec::new();
    for town in &towns {
        posts.push(town.posts().await.len());
    }
    let stopping = clock.monotonic().saturating_sub(told);
    Life { counts: daemon.deliver.meters.counts(), posts, metrics, classic, stopping, secrets }
}

fn of<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_request_of_a_delivery_is_in_its_trace_and_what_waits_is_sent_before_the_end() {
    let collector = Collector::start(Mood::Takes).await;
    let life = life(&collector.endpoint).await;
    assert_eq!(life.posts, [1, 1]);
    let spans = collector.spans();
    assert_eq!(amiss(&spans), Vec::<String>::new());
    assert_eq!(spans.iter().map(|span| &span.trace).collect::<BTreeSet<_>>().len(), 1);

    // One answer was lost, and the post was found by looking.
    let (attempts, looks) = (of(&spans, "attempt"), of(&spans, "look up"));
    let outcomes: BTreeSet<String> = attempts.iter().map(|span| span.says("gigcast.attempt.outcome")).collect();
    assert_eq!(outcomes, ["delivered", "unknown"].map(str::to_owned).into());
    assert_eq!(looks.last().unwrap().says("gigcast.attempt.outcome"), "found");
    for (name, above, status) in [("POST", &attempts, "delivered"), ("GET", &looks, "found")] {
        let requests = of(&spans, name);
        assert!(!requests.is_empty(), "{name}");
        for request in &requests {
            let above = above.iter().find(|span| Some(&span.id) == request.under.as_ref()).unwrap();
            assert_eq!((request.whole["kind"].as_u64(), &*request.says("server.address")), (Some(3), "127.0.0.1"));
            assert_eq!(
                (request.says("http.request.method"), request.says("gigcast.network.id")),
                (name.into(), "mastodon".into())
            );
            let answered = above.says("gigcast.attempt.outcome") == status;
            assert_eq!(request.says("http.response.status_code") == "200", answered, "{}", request.whole);
            assert_eq!(request.says("error.type").is_empty(), answered, "{}", request.whole);
        }
    }
    let (told, bodies) = (collector.authorizations(), collector.bodies().concat());
    assert_eq!(told, [Some(HEADER.to_owned())].into());
    for never in life.secrets.iter().map(String::as_str).chain(["bakery", "/api/v1", "acme.example"]) {
        assert!(!bodies.contains(never), "{never} is in a trace");
    }

    // Monitoring knows each request by what it was for.
    for purpose in ["deliver", "look_up", "learn"] {
        assert!(life.counts.latency.contains_key(&("mastodon".to_owned(), purpose)), "{purpose} of {:?}", life.counts);
    }
    let posted = &life.counts.latency[&("mastodon".to_owned(), "deliver")];
    assert_eq!(posted.under.iter().sum::<u64>(), of(&spans, "POST").len() as u64);
    assert!(life.metrics.contains("gigcast_trace_spans_total{outcome=\"dropped\"} 0"), "{}", life.metrics);
    let synced = life.metrics.lines().find_map(|line| line.strip_prefix("gigcast_store_flushes_total "));
    assert!(synced.is_some_and(|count| count != "0"), "the store has waited for its disk: {synced:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_down_slow_or_busy_costs_no_delivery_and_holds_no_stop() {
    let down = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let slow = Collector::start(Mood::Hangs).await.endpoint;
    let busy = Collector::start(Mood::Answers(429, 3600)).await.endpoint;
    for endpoint in [down, slow, busy] {
        let life = life(&endpoint).await;
        assert_eq!(life.posts, [1, 1]);
        // Two seconds for what waits, one for open connections.
        assert!(life.stopping < Duration::from_secs(5), "{:?}", life.stopping);
    }
}
