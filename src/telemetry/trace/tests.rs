//! A collector by script, and a clock moved by hand.

use super::span::{Kind, Outcome, Place, SpanId, TraceId};
use super::*;
use crate::clock::{BoxFuture, ManualClock, Timestamp};
use crate::failure::Why;
use crate::id::GigId;
use crate::ports::{Body, Response};
use futures_util::FutureExt;
use serde_json::Value;

const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// A collector that answers what a test has written down, and then takes everything.
#[derive(Default)]
struct Script(Mutex<VecDeque<Result<Response, Failure>>>, Mutex<Vec<Request>>);

impl Wire for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        self.1.lock().unwrap().push(request);
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(async { answer.unwrap_or_else(|| Ok(Response::saying(200, "{}"))) })
    }
}

impl Script {
    /// The ids of the spans in each request so far.
    fn sent(&self) -> Vec<Vec<String>> {
        let ids = |request: &Request| {
            let Body::Json(body) = &request.body else { panic!("no JSON") };
            let body: Value = serde_json::from_slice(body).unwrap();
            let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
            spans.iter().map(|span| span["spanId"].as_str().unwrap().to_owned()).collect()
        };
        self.1.lock().unwrap().iter().map(ids).collect()
    }
}

fn traces(answers: Vec<Result<Response, Failure>>) -> (Traces, Arc<Script>, ManualClock) {
    let (script, clock) = (Arc::new(Script(Mutex::new(answers.into()), Mutex::default())), ManualClock::at(NOON));
    let collector = Collector {
        wire: Arc::clone(&script) as Arc<dyn Wire>,
        clock: Arc::new(clock.clone()),
        endpoint: "http://127.0.0.1:4318/v1/traces".to_owned(),
        auth: Auth::None,
        resource: vec![("service.name", "gigcast".into())],
    };
    (Traces::to(collector), script, clock)
}

fn span(n: usize) -> Span {
    let gig = GigId::of(&[&n.to_be_bytes()]);
    Span {
        place: Place { trace: TraceId::of(gig), span: SpanId::gig(gig) },
        under: None,
        name: "gig".to_owned(),
        kind: Kind::Internal,
        start: NOON,
        end: NOON,
        attributes: Vec::new(),
        moments: Vec::new(),
        outcome: Outcome::Fine,
    }
}

fn tell(traces: &Traces, count: usize) {
    for n in 0..count {
        traces.tell(|| Some(span(n)));
    }
}

#[tokio::test]
async fn spans_go_together_after_a_few_seconds_or_as_soon_as_they_are_many() {
    let (traces, script, clock) = traces(Vec::new());
    assert_eq!(traces.step().await, None);
    tell(&traces, 3);
    assert_eq!(traces.step().await, Some(GATHERED));
    clock.advance(Duration::from_secs(2));
    tell(&traces, 1);
    assert_eq!(traces.step().await, Some(Duration::from_secs(3)));
    clock.advance(Duration::from_secs(3));
    assert_eq!(traces.step().await, None);
    tell(&traces, BATCH + 1);
    assert_eq!(traces.step().await, Some(GATHERED));
    let sizes: Vec<usize> = script.sent().iter().map(Vec::len).collect();
    assert_eq!((sizes, traces.fates().sent), (vec![4, BATCH], 516));
}

#[tokio::test]
async fn what_finds_the_queue_full_is_counted_and_gone() {
    let (traces, script, clock) = traces(Vec::new());
    tell(&traces, QUEUE + 7);
    assert_eq!((traces.waiting(), traces.fates().dropped), (QUEUE, 7));
    clock.advance(GATHERED);
    assert_eq!(traces.step().await, None);
    assert_eq!(traces.fates(), Fates { sent: QUEUE as u64, dropped: 7, refused: 0 });
    assert_eq!(script.sent().len(), QUEUE / BATCH);
}

#[tokio::test]
async fn a_collector_that_asks_for_patience_gets_the_same_spans_later() {
    let busy = Response { retry_after: Some(NOON.plus(Duration::from_mins(2))), ..Response::saying(429, "") };
    let down = || Err(Failure::Transient(Why::new("refused")));
    let lost = Err(Failure::Unknown(Why::new("no answer")));
    let (traces, script, clock) = traces(vec![Ok(busy), Ok(Response::saying(503, "")), down(), lost]);
    tell(&traces, 2);
    clock.advance(GATHERED);
    assert_eq!(traces.step().await, Some(Duration::from_secs(115)), "as long as it said, counted from its answer");
    clock.advance(Duration::from_secs(115));
    for wait in [2, 4, 8] {
        assert_eq!(traces.step().await, Some(Duration::from_secs(wait)));
        clock.advance(Duration::from_secs(wait));
    }
    assert_eq!(traces.step().await, None);
    let sent = script.sent();
    assert!(sent.len() == 5 && sent.iter().all(|batch| *batch == sent[0]), "{sent:?}");
    assert_eq!(traces.fates(), Fates { sent: 2, dropped: 0, refused: 0 });
}

#[tokio::test]
async fn what_a_collector_will_not_have_is_counted_and_not_sent_again() {
    let part = Response::saying(200, r#"{"partialSuccess":{"rejectedSpans":"1"}}"#);
    let (traces, script, clock) = traces(vec![Ok(Response::saying(400, "")), Ok(part)]);
    for _ in 0..2 {
        tell(&traces, 2);
        clock.advance(GATHERED);
        assert_eq!(traces.step().await, None);
    }
    assert_eq!((traces.fates(), script.sent().len()), (Fates { sent: 1, dropped: 0, refused: 3 }, 2));
}

#[tokio::test]
async fn whoever_sends_is_woken_by_the_first_span_and_as_soon_as_they_are_many() {
    let (traces, _, _) = traces(Vec::new());
    let is_woken = || traces.bell.notified().now_or_never().is_some();
    let mut woken = Vec::new();
    for count in [1, BATCH - 2, 1, 1] {
        tell(&traces, count);
        woken.push(is_woken());
    }
    assert_eq!(woken, [true, false, true, false]);
}

#[tokio::test]
async fn a_collector_is_asked_less_and_less_often_up_to_once_a_minute_and_at_once_again_when_it_was_well() {
    let ailing = || Ok(Response::saying(503, ""));
    let (traces, _, clock) =
        traces((0..8).map(|_| ailing()).chain([Ok(Response::saying(200, "{}")), ailing()]).collect());
    let mut waits = Vec::new();
    tell(&traces, 1);
    clock.advance(GATHERED);
    while let Some(wait) = traces.step().await {
        waits.push(wait.as_secs());
        clock.advance(wait);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    tell(&traces, 1);
    clock.advance(GATHERED);
    assert_eq!(traces.step().await, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn what_was_not_taken_this_time_is_told_from_what_never_will_be() {
    for status in [429, 502, 503, 504] {
        let (traces, _, clock) = traces(vec![Ok(Response::saying(status, ""))]);
        tell(&traces, 1);
        clock.advance(GATHERED);
        assert_eq!((traces.step().await, traces.waiting()), (Some(Duration::from_secs(1)), 1), "{status}");
    }
    // An address that may not be asked is no better the next time.
    let never = [Ok(Response::saying(500, "")), Err(Failure::Permanent(Why::new("a private address")))];
    for answer in never {
        let (traces, _, clock) = traces(vec![answer]);
        tell(&traces, 2);
        clock.advance(GATHERED);
        assert_eq!(traces.step().await, None);
        assert_eq!(traces.fates(), Fates { sent: 0, dropped: 0, refused: 2 });
    }
}

#[tokio::test]
async fn a_collector_that_rejects_more_than_it_was_sent_has_rejected_all() {
    let part = Response::saying(200, r#"{"partialSuccess":{"rejectedSpans":"9"}}"#);
    let (traces, _, clock) = traces(vec![Ok(part)]);
    tell(&traces, 2);
    clock.advance(GATHERED);
    assert_eq!(traces.step().await, None);
    assert_eq!(traces.fates(), Fates { sent: 0, dropped: 0, refused: 2 });
}

/// A collector that answers once it is let.
#[derive(Default)]
struct Slow(Notify);

impl Wire for Slow {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
        Box::pin(async {
            self.0.notified().await;
            Ok(Response::saying(200, "{}"))
        })
    }
}

#[tokio::test]
async fn an_answer_that_comes_when_the_end_has_dropped_its_spans_harms_nothing() {
    let (traces, _, clock) = traces(Vec::new());
    let slow = Arc::new(Slow::default());
    let to = Collector { wire: Arc::clone(&slow) as Arc<dyn Wire>, ..traces.to.unwrap() };
    let traces = Traces::to(to);
    tell(&traces, 3);
    clock.advance(GATHERED);
    let mut sending = Box::pin(traces.step());
    assert!(sending.as_mut().now_or_never().is_none());
    traces.queue().waiting.clear();
    slow.0.notify_one();
    assert_eq!((sending.await, traces.waiting()), (None, 0));
}

#[tokio::test]
async fn at_the_end_what_waits_is_sent_at_once_and_a_collector_that_is_down_is_asked_once() {
    let (traces, script, _) = traces(vec![Err(Failure::Transient(Why::new("refused")))]);
    tell(&traces, BATCH + 1);
    traces.part().await;
    assert_eq!((script.sent().len(), traces.waiting(), traces.fates().dropped), (1, 0, BATCH as u64 + 1));
    tell(&traces, 1);
    traces.part().await;
    assert_eq!(traces.fates().sent, 0, "it is left alone for as long as it was to be");
    assert_eq!(traces.waiting(), 0);
}

#[test]
fn without_a_collector_nothing_is_made() {
    let traces = Traces::default();
    traces.tell(|| panic!("nobody wants it"));
    assert_eq!((traces.is_on(), traces.waiting()), (false, 0));
}
