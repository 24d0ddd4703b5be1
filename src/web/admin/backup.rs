//! The backup as it leaves: the file itself, piece by piece.

use super::{Admin, BackupAsked, read};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;
use tokio::sync::mpsc::Receiver;

pub async fn take(State(admin): State<Admin>, asked: Result<Json<BackupAsked>, JsonRejection>) -> Response {
    let pieces = match read(asked) {
        Ok(asked) => admin.operator.backup(asked).await,
        Err(refusal) => return refusal.into_response(),
    };
    match pieces {
        Ok(pieces) => file(pieces),
        Err(refusal) => refusal.into_response(),
    }
}

/// One that fails midway ends without its end, and is seen to.
pub(super) fn file(pieces: Receiver<Bytes>) -> Response {
    let body = stream::unfold(pieces, async |mut pieces| Some((pieces.recv().await?, pieces)));
    let body = Body::from_stream(body.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response()
}
