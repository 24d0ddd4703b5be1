//! Whether it runs (`/healthz`), and whether it does what it is there for (`/readyz`), in plain text.

use super::Shared;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What both listeners say to `/healthz`; by it one knows that it is gigcast who answers.
pub const ALIVE: &str = "alive\n";

/// As long as it answers, it runs.
pub async fn alive() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], ALIVE).into_response()
}

pub async fn ready(State(public): State<Shared>) -> Response {
    let mut ailments = public.health.ailments().await;
    if ailments.is_empty() && public.fitness.unfit_until(public.clock.now()).is_some() {
        ailments.push("Nothing can be written down at the moment, so nothing is taken in or sent.".to_owned());
    }
    let status = if ailments.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let text = if ailments.is_empty() { "ready".to_owned() } else { ailments.join("\n") };
    (status, [(header::CACHE_CONTROL, "no-store")], text + "\n").into_response()
}
