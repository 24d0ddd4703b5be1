//! What the log says of a collector that takes spans and of one that does not, and what is told of each request that leaves.

use crate::support::answers::answer;
use crate::support::lines::Lines;
use crate::support::world::NOON;
use gigcast::clock::ManualClock;
use gigcast::failure::Failure;
use gigcast::id::GigId;
use gigcast::ports::{Auth, Body, BoxFuture, Request, Response, Wire};
use gigcast::telemetry::requests::{Observed, Purpose, on, under};
use gigcast::telemetry::trace::span::{Kind, Outcome, Place, Span, SpanId, TraceId};
use gigcast::telemetry::trace::{Collector, QUEUE, Traces};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TOOK: Duration = Duration::from_millis(7);

/// Answers what a test has written down, and then that all is well; each after a while.
struct Script {
    clock: ManualClock,
    answers: Mutex<VecDeque<(u16, &'static str)>>,
    asked: Mutex<Vec<Request>>,
}

impl Script {
    fn of(clock: &ManualClock, answers: &[(u16, &'static str)]) -> Arc<Self> {
        let answers = Mutex::new(answers.iter().copied().collect());
        Arc::new(Self { clock: clock.clone(), answers, asked: Mutex::default() })
    }

    /// All spans that it was sent.
    fn spans(&self) -> Vec<Value> {
        let of = |request: &Request| {
            let Body::Json(body) = &request.body else { panic!("no JSON") };
            let body: Value = serde_json::from_slice(body).unwrap();
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
        };
        self.asked.lock().unwrap().iter().flat_map(of).collect()
    }
}

impl Wire for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.clock.advance(TOOK);
        self.asked.lock().unwrap().push(request);
        let (status, body) = self.answers.lock().unwrap().pop_front().unwrap_or((200, "{}"));
        Box::pin(async move { Ok(answer(status, &[], body)) })
    }
}

fn traces(answers: &[(u16, &'static str)]) -> (Traces, Arc<Script>, ManualClock) {
    let clock = ManualClock::at(NOON);
    let script = Script::of(&clock, answers);
    let collector = Collector {
        wire: Arc::clone(&script) as Arc<dyn Wire>,
        clock: Arc::new(clock.clone()),
        endpoint: "http://127.0.0.1:4318/v1/traces".to_owned(),
        auth: Auth::None,
        resource: Vec::new(),
    };
    (Traces::to(collector), script, clock)
}

fn place() -> Place {
    let gig = GigId::of(&[b"logo"]);
    Place { trace: TraceId::of(gig), span: SpanId::gig(gig) }
}

fn tell(traces: &Traces, count: usize) {
    for _ in 0..count {
        traces.tell(|| {
            Some(Span {
                place: place(),
                under: None,
                name: "gig".to_owned(),
                kind: Kind::Internal,
                start: NOON,
                end: NOON,
                attributes: Vec::new(),
                moments: Vec::new(),
                outcome: Outcome::Fine,
            })
        });
    }
}

#[tokio::test]
async fn what_becomes_of_a_collector_is_told_once_and_that_it_is_well_again_once() {
    const PART: &str = r#"{"partialSuccess":{"rejectedSpans":"1"}}"#;
    let (lines, _logging) = Lines::caught();
    let answers =
        [(503, ""), (503, ""), (200, ""), (400, ""), (400, ""), (200, ""), (200, PART), (200, PART), (200, "")];
    let (traces, _, clock) = traces(&answers);
    let told = |event: &str| lines.with(event).len();
    let mut each = Vec::new();
    for _ in answers {
        tell(&traces, 1);
        clock.advance(Duration::from_mins(2));
        traces.step().await;
        each.push((told("traces.failing"), told("traces.resumed")));
    }
    assert_eq!(each, [(1, 0), (1, 0), (1, 1), (2, 1), (2, 1), (2, 2), (3, 2), (3, 2), (3, 3)]);

    for full in 1..=2 {
        tell(&traces, QUEUE + 3);
        assert_eq!(told("traces.dropped"), full, "once for all three");
        clock.advance(Duration::from_mins(2));
        traces.step().await;
        assert_eq!(told("traces.resumed"), 3 + full);
    }
    traces.part().await;
    assert_eq!(told("traces.dropped"), 2, "nothing was left at the end");
}

#[tokio::test]
async fn each_request_of_an_errand_is_in_its_trace_by_a_name_of_its_own_whatever_it_is_for() {
    let (traces, told, clock) = traces(&[]);
    let traces = Arc::new(traces);
    let web = Script::of(&clock, &[(200, ""), (400, ""), (399, "")]);
    let (meters, time) = (Arc::default(), Arc::new(clock.clone()));
    let wire = Observed { inner: web, clock: time, meters, traces: Arc::clone(&traces) };
    let ask = || wire.send(Request::get("https://social.example:8443/api"));
    under(Some(place()), Purpose::Deliver, "town", async {
        ask().await.unwrap();
        // A grant is renewed on the way.
        on(Purpose::Renew, "town", ask()).await.unwrap();
        ask().await.unwrap();
    })
    .await;
    ask().await.unwrap();
    traces.part().await;
    let spans = told.spans();
    let ids: BTreeSet<&str> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
    assert_eq!((spans.len(), ids.len()), (3, 3), "what is no errand's is in no trace: {spans:#?}");
    for (span, (purpose, status)) in spans.iter().zip([("deliver", 200), ("renew", 400), ("deliver", 399)]) {
        assert_eq!(span["parentSpanId"], place().span.to_string());
        let says = |key: &str| {
            let all = span["attributes"].as_array().unwrap();
            all.iter().find(|one| one["key"] == key).map(|one| one["value"].clone()).unwrap_or_default()
        };
        assert_eq!(says("gigcast.request.purpose")["stringValue"], purpose);
        assert_eq!(says("http.response.status_code")["intValue"], status.to_string());
        assert_eq!(says("server.port")["intValue"], "8443");
        assert_eq!(span["status"]["code"] == 2, status == 400, "{span}");
        let nanos = |key: &str| span[key].as_str().unwrap().parse::<u128>().unwrap();
        assert_eq!(nanos("endTimeUnixNano") - nanos("startTimeUnixNano"), TOOK.as_nanos());
    }
}
