//! The questions that put something right: pause and resume, retry, cancel, replay, reload, drain.

use super::{Admin, CancelAsked, PauseAsked, ReplayAsked, answer, read};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};

pub(super) fn routes() -> Router<Admin> {
    Router::new()
        .route("/api/pause", post(pause))
        .route("/api/resume", post(resume))
        .route("/api/retry/{what}", post(retry))
        .route("/api/cancel/{what}", post(cancel))
        .route("/api/replay", post(replay))
        .route("/api/reload", post(async |State(a): State<Admin>| answer(a.operator.reload().await)))
        .route("/api/drain", post(async |State(a): State<Admin>| answer(a.operator.drain().await)))
}

async fn pause(State(admin): State<Admin>, asked: Result<Json<PauseAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.pause(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn resume(State(admin): State<Admin>, asked: Result<Json<PauseAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.resume(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn retry(State(admin): State<Admin>, Path(what): Path<String>) -> Response {
    answer(admin.operator.retry(&what).await)
}

async fn cancel(
    State(admin): State<Admin>,
    Path(what): Path<String>,
    asked: Result<Json<CancelAsked>, JsonRejection>,
) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.cancel(&what, asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn replay(State(admin): State<Admin>, asked: Result<Json<ReplayAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.replay(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}
