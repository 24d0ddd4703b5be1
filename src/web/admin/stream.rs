//! The log as it is read from outside: as lines at once, or as server-sent events for as long as the reader likes.

use super::levels::LevelAsked;
use super::tail::{self, Filter, Followed, Line, Tail};
use super::{Admin, Refusal};
use crate::web::admin::answers::Done;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// A connection that says nothing for so long may be gone: a comment finds out.
const SILENCE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
pub(super) struct HowMany {
    #[serde(default)]
    lines: usize,
    #[serde(default)]
    follow: bool,
}

/// The last lines that the filter wants; with `follow`, as server-sent events that go on until either side ends it.
pub(super) async fn logs(
    State(admin): State<Admin>,
    Query(asked): Query<HowMany>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Response {
    if let Some(wrong) = filter.wrong() {
        return Refusal::Refused(wrong).into_response();
    }
    if !asked.follow {
        return lines(&admin.tail, asked.lines, &filter);
    }
    let had = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let followed = had.and_then(|id| admin.tail.resume(id)).unwrap_or_else(|| {
        let mut all = admin.tail.follow(usize::MAX);
        all.last.retain(|line| filter.wants(&line.json));
        all.last.drain(..all.last.len().saturating_sub(asked.lines));
        all
    });
    events(admin.tail, followed, filter, admin.stop)
}

/// One JSON object a line.
fn lines(tail: &Tail, most: usize, filter: &Filter) -> Response {
    let mut last = tail.follow(usize::MAX).last;
    last.retain(|line| filter.wants(&line.json));
    let body: String = last.iter().skip(last.len().saturating_sub(most)).fold(String::new(), |mut body, line| {
        body.push_str(&line.json);
        body.push('\n');
        body
    });
    ([(header::CONTENT_TYPE, "application/jsonl")], body).into_response()
}

/// Every line is an event with its id. One that was missed is told as `event: missed`; who is too slow is told `event: cut`, and comes back.
fn events(tail: Tail, followed: Followed, filter: Filter, stop: CancellationToken) -> Response {
    let told = tail::missed(&followed).map(|said| Bytes::from(format!("event: missed\ndata: {said}\n\n")));
    let Followed { last, news, .. } = followed;
    let kept: Vec<Bytes> = last.iter().filter(|line| filter.wants(&line.json)).map(|line| event(&tail, line)).collect();
    let to_come = stream::unfold(Some((news, stop, tail, filter)), async |state| {
        let (mut news, stop, tail, filter) = state?;
        loop {
            let heard = tokio::select! {
                () = stop.cancelled() => return None,
                heard = tokio::time::timeout(SILENCE, news.recv()) => heard,
            };
            let said = match heard {
                Err(_) => Bytes::from_static(b":\n\n"),
                Ok(Ok(line)) if filter.wants(&line.json) => event(&tail, &line),
                Ok(Ok(_)) => continue,
                Ok(Err(RecvError::Lagged(_))) => {
                    let cut = "event: cut\ndata: too slow; come back with Last-Event-ID for what is still kept\n\n";
                    return Some((Bytes::from_static(cut.as_bytes()), None));
                }
                Ok(Err(RecvError::Closed)) => return None,
            };
            return Some((said, Some((news, stop, tail, filter))));
        }
    });
    let all = stream::iter(told.into_iter().chain(kept)).chain(to_come);
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(all.map(Ok::<_, Infallible>))).into_response()
}

fn event(tail: &Tail, line: &Line) -> Bytes {
    // JSON has no bare ends of lines.
    Bytes::from(format!("id: {}\ndata: {}\n\n", tail.id(line), line.json))
}

/// The level that holds.
pub(super) async fn level_now(State(admin): State<Admin>) -> Json<Done> {
    let (now, config) = (admin.tail.loudness.now(), admin.tail.loudness.config());
    Json(Done { id: now.to_string(), said: format!("The log is written at {now}. The config says {config}.") })
}

/// Changes the level of the log, or sets it back.
pub(super) async fn level(State(admin): State<Admin>, asked: Result<Json<LevelAsked>, JsonRejection>) -> Response {
    let Ok(Json(LevelAsked { change })) = asked else {
        return Refusal::Refused("this is no level to set the log to".to_owned()).into_response();
    };
    let loudness = &admin.tail.loudness;
    let now = match change.as_deref().map(|change| loudness.change(change)) {
        None => loudness.reset(),
        Some(Ok(now)) => now,
        Some(Err(wrong)) => return Refusal::Refused(wrong).into_response(),
    };
    info!(event = "log.level", level = %now, "The log is written at {now} from now on, until it is reset or gigcast ends");
    Json(Done {
        id: now.to_string(),
        said: format!("The log is written at {now} from now on. The config says {}.", loudness.config()),
    })
    .into_response()
}
