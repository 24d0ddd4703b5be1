//! What stands between a request and the API: the rate limits, always, and the faults that are on.

use super::api::{KeysIgnored, Refusal, bearer};
use super::faults::{Fault, Kind, When};
use super::limits::{Family, Quota, reset_words};
use super::{Place, Stopping};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Counts the request and tells the tightest window in the answer.
pub(super) async fn limits(State(place): State<Arc<Place>>, request: Request, next: Next) -> Response {
    let who = bearer(request.headers())
        .and_then(|word| place.world().grants.token(word).cloned())
        .map_or_else(String::new, |token| token.person.unwrap_or(token.app).to_string());
    let uri = request.uri();
    let family = Family::of(request.method(), uri.path(), uri.query().unwrap_or_default());
    let quota = place.counts().count(&who, family, &place.limits, place.now());
    let mut answer = if quota.exceeded { too_many() } else { next.run(request).await };
    tell(answer.headers_mut(), quota);
    answer
}

fn too_many() -> Response {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests").into_response()
}

/// A fault that told its own limit is not contradicted.
fn tell(headers: &mut HeaderMap, quota: Quota) {
    let words = [
        ("x-ratelimit-limit", quota.limit.to_string()),
        ("x-ratelimit-remaining", quota.remaining.to_string()),
        ("x-ratelimit-reset", reset_words(quota.reset)),
    ];
    for (name, value) in words {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.entry(name).or_insert(value);
        }
    }
}

/// Lets the faults strike that fit this request.
pub(super) async fn faults(State(place): State<Arc<Place>>, mut request: Request, next: Next) -> Response {
    let has_token = bearer(request.headers()).is_some();
    let struck = place.faults().strike(request.method().as_str(), request.uri().path(), has_token);
    let of = |kind: Kind| struck.iter().find(|fault| fault.kind == kind);

    if let Some(delay) = of(Kind::Delay)
        && let Err(Stopping) = place.wait(Duration::from_millis(delay.delay_ms)).await
    {
        return lost();
    }
    if let Some(fault) = of(Kind::RateLimit) {
        return asked_to_wait(&place, fault);
    }
    if of(Kind::RevokedToken).is_some() {
        return Refusal::revoked().into_response();
    }
    let broken = of(Kind::ServerError);
    if let Some(fault) = broken.filter(|fault| fault.when == When::Before) {
        return server_error(fault);
    }
    if of(KeysIgnored::FAULT).is_some() {
        request.extensions_mut().insert(KeysIgnored);
    }
    let answer = match of(Kind::LateAccept) {
        Some(late) => accepted_late(place.clone(), late.delay_ms, request, next).await,
        None => next.run(request).await,
    };
    if of(Kind::AnswerLost).is_some() {
        return lost();
    }
    broken.map_or(answer, server_error)
}

/// In a task of its own: it goes on when the client has left and this future is dropped with the connection.
async fn accepted_late(place: Arc<Place>, delay_ms: u64, request: Request, next: Next) -> Response {
    // The whole body must be here before the client may go.
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 2 << 20).await else { return lost() };
    let request = Request::from_parts(parts, Body::from(body));
    let accepting = tokio::spawn(async move {
        match place.wait(Duration::from_millis(delay_ms)).await {
            Ok(()) => next.run(request).await,
            Err(Stopping) => lost(),
        }
    });
    accepting.await.unwrap_or_else(|_| lost())
}

fn asked_to_wait(place: &Place, fault: &Fault) -> Response {
    let reset = place.now().plus(Duration::from_millis(fault.delay_ms));
    let mut answer = too_many();
    tell(answer.headers_mut(), Quota { limit: 300, remaining: 0, reset, exceeded: true });
    with_retry_after(answer, fault)
}

/// An HTML body, as a proxy before a broken server sends it.
fn server_error(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = axum::response::Html(format!("<h1>{status}</h1>"));
    with_retry_after((status, page).into_response(), fault)
}

fn with_retry_after(mut answer: Response, fault: &Fault) -> Response {
    if let Some(seconds) = fault.retry_after_s {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// No answer at all: a body that fails before its first byte makes the server drop the connection with nothing written.
fn lost() -> Response {
    let failing = futures_util::stream::iter([Err::<Bytes, _>(io::Error::other("lost on demand"))]);
    Body::from_stream(failing).into_response()
}
