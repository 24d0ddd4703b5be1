//! A collector of traces on loopback: keeps what it is sent, or behaves as badly as a test wants.

#![allow(clippy::unwrap_used)] // what a test stands on may stop the test, as its own lines may

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use gigcast::clock::{Clock, SystemClock};
use gigcast::ports::Auth;
use gigcast::telemetry::trace;
use gigcast::wire::{Client, Settings};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Takes,
    /// This status, and a `Retry-After` of so many seconds.
    Answers(u16, u32),
    Hangs,
}

#[derive(Debug, Clone)]
pub struct Collector {
    pub endpoint: String,
    pub kept: Arc<Kept>,
}

#[derive(Debug)]
pub struct Kept {
    mood: Mood,
    /// Each request as it came, and the value of its `Authorization`.
    requests: Mutex<Vec<(String, Option<String>)>>,
}

/// One span, as far as tests look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub under: Option<String>,
    pub name: String,
    pub start: u64,
    pub end: u64,
    pub attributes: BTreeMap<String, Value>,
    pub whole: Value,
}

impl Span {
    /// As text, whatever it is.
    pub fn says(&self, key: &str) -> String {
        match self.attributes.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    fn of(whole: &Value) -> Self {
        let text = |key: &str| whole[key].as_str().unwrap().to_owned();
        let nanos = |key: &str| whole[key].as_str().unwrap().parse().unwrap();
        let attribute = |one: &Value| {
            let value = one["value"].as_object().unwrap().values().next().unwrap().clone();
            (one["key"].as_str().unwrap().to_owned(), value)
        };
        Self {
            trace: text("traceId"),
            id: text("spanId"),
            under: whole["parentSpanId"].as_str().map(str::to_owned),
            name: text("name"),
            start: nanos("startTimeUnixNano"),
            end: nanos("endTimeUnixNano"),
            attributes: whole["attributes"].as_array().unwrap().iter().map(attribute).collect(),
            whole: whole.clone(),
        }
    }
}

async fn take(State(kept): State<Arc<Kept>>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    kept.requests.lock().unwrap().push((String::from_utf8(body.to_vec()).unwrap(), authorization));
    let json = [("content-type", "application/json".to_owned())];
    match kept.mood {
        Mood::Takes => (StatusCode::OK, json, "{}").into_response(),
        Mood::Answers(status, after) => {
            (StatusCode::from_u16(status).unwrap(), [("retry-after", after.to_string())], "").into_response()
        }
        Mood::Hangs => std::future::pending().await,
    }
}

impl Collector {
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let kept = Arc::new(Kept { mood, requests: Mutex::default() });
        let router = axum::Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&kept));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, kept }
    }

    /// Traces that come here, by this clock.
    pub fn traces(&self, clock: Arc<dyn Clock>) -> trace::Traces {
        let settings = Settings {
            trusted_origins: vec![self.endpoint.clone()],
            connect_timeout: Duration::from_secs(2),
            total_timeout: Duration::from_secs(4),
            user_agent: "gigcast/0".to_owned(),
        };
        let wire = Client::new(settings, Arc::new(SystemClock::default())).unwrap();
        trace::Traces::to(trace::Collector {
            wire: Arc::new(wire),
            clock,
            endpoint: format!("{}/v1/traces", self.endpoint),
            auth: Auth::None,
            resource: vec![("service.name", "gigcast".into())],
        })
    }

    /// The requests so far, as they came.
    pub fn bodies(&self) -> Vec<String> {
        self.kept.requests.lock().unwrap().iter().map(|(body, _)| body.clone()).collect()
    }

    pub fn authorizations(&self) -> BTreeSet<Option<String>> {
        self.kept.requests.lock().unwrap().iter().map(|(_, authorization)| authorization.clone()).collect()
    }

    pub fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for body in self.bodies() {
            let body: Value = serde_json::from_str(&body).unwrap();
            for resource in body["resourceSpans"].as_array().unwrap() {
                let scopes = resource["scopeSpans"].as_array().unwrap();
                let within = scopes.iter().flat_map(|scope| scope["spans"].as_array().unwrap());
                spans.extend(within.map(Span::of));
            }
        }
        spans
    }
}

/// What every trace is, whatever happened: empty when all is well.
pub fn amiss(spans: &[Span]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut by_id: BTreeMap<(&str, &str), &Span> = BTreeMap::new();
    for span in spans {
        if let Some(known) = by_id.insert((&span.trace, &span.id), span)
            && known != span
        {
            wrong.push(format!("two spans go by one id:\n{}\n{}", known.whole, span.whole));
        }
        if span.end < span.start {
            wrong.push(format!("it ends before it begins: {}", span.whole));
        }
    }
    let mut roots: BTreeMap<&str, u32> = BTreeMap::new();
    for span in by_id.values() {
        let Some(under) = &span.under else {
            *roots.entry(&span.trace).or_default() += 1;
            continue;
        };
        match by_id.get(&(&*span.trace, under.as_str())) {
            None => wrong.push(format!("it stands under what is not there: {}", span.whole)),
            Some(above) if span.start < above.start => {
                wrong.push(format!("it begins before what it stands under:\n{}\n{}", above.whole, span.whole));
            }
            // What follows a gig, or is looked up for a delivery, comes after it; a request is part of its try.
            Some(above) if span.whole["kind"] == 3 && span.end > above.end => {
                wrong.push(format!("it ends after what it is part of:\n{}\n{}", above.whole, span.whole));
            }
            Some(_) => {}
        }
    }
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    wrong.extend(
        traces.iter().filter(|trace| roots.get(*trace) != Some(&1)).map(|trace| format!("{trace} has not one root")),
    );
    wrong
}
