//! What authorization servers fetch to learn who we are: the client document and our public keys.

use super::super::Shared;
use super::super::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

pub async fn document(State(public): State<Shared>) -> Response {
    if let Some(document) = public.posters.client_document() {
        return told(&document);
    }
    let said = "there is no client document here: it takes a `server.public_url` that begins with https";
    Problem::new(StatusCode::NOT_FOUND, said).into_response()
}

pub async fn keys(State(public): State<Shared>) -> Response {
    told(&public.posters.keys())
}

fn told(document: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, document.to_string()).into_response()
}
