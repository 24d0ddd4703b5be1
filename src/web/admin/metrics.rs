//! `/metrics`: what Prometheus scrapes, with the operator's token as its bearer token.

use super::{Admin, Refusal};
use crate::telemetry::openmetrics::CONTENT_TYPE;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(super) async fn scrape(State(admin): State<Admin>) -> Response {
    match admin.operator.metrics().await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(refusal) => Refusal::into_response(refusal),
    }
}
