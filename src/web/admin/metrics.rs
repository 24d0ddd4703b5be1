//! `/metrics`: what Prometheus scrapes, with the operator's token as its bearer token.

use super::{Admin, Refusal};
use crate::telemetry::openmetrics::{CLASSIC_TYPE, CONTENT_TYPE, classic};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

/// In the older form for whoever does not ask for the newer one, as a person with `curl` does.
pub(super) async fn scrape(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let newer = accepted.into_iter().any(|value| value.contains("application/openmetrics-text"));
    match admin.operator.metrics().await {
        Ok(text) if newer => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(text) => ([(header::CONTENT_TYPE, CLASSIC_TYPE)], classic(&text)).into_response(),
        Err(refusal) => Refusal::into_response(refusal),
    }
}
