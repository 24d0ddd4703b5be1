//! What a form of ours sent, read; where it cannot be, a page says why in words, and leads back to the page that the form stood on.

use super::page::{self, Next};
use super::visitor::Visitor;
use super::{FORM_BYTES, Shared, look};
use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::error::Error;

/// The fields of a form that somebody filled in and sent.
#[derive(Debug)]
pub struct Filled<T>(pub T);

/// How much of a form is read at an address, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Most(usize);

/// Reads so much of the forms of a route; whoever sends more is told how much.
pub fn at_most(bytes: usize) -> (DefaultBodyLimit, Extension<Most>) {
    (DefaultBodyLimit::max(bytes), Extension(Most(bytes)))
}

impl<T: DeserializeOwned> FromRequest<Shared> for Filled<T> {
    type Rejection = Response;

    async fn from_request(request: Request, public: &Shared) -> Result<Self, Response> {
        let most = request.extensions().get::<Most>().map_or(FORM_BYTES, |most| most.0);
        let (mut parts, body) = request.into_parts();
        let visitor = match Visitor::from_request_parts(&mut parts, public).await {
            Ok(visitor) => visitor,
            Err(never) => match never {},
        };
        let filled = Form::from_request(Request::from_parts(parts, body), public).await;
        filled.map(|Form(filled)| Self(filled)).map_err(|rejection| unread(&visitor, &rejection, most))
    }
}

fn unread(visitor: &Visitor, rejection: &FormRejection, most: usize) -> Response {
    let (status, words) = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let words = format!(
            "This is longer than what is read of this form, {} KiB, so nothing was done. Go back, where your browser may still have \
             what you typed, and shorten it.",
            most / 1024
        );
        (StatusCode::PAYLOAD_TOO_LARGE, words)
    } else {
        let words = format!(
            "This did not come whole from a form here, so nothing was done: {}. Go back and send it once more.",
            cause(rejection)
        );
        (StatusCode::UNPROCESSABLE_ENTITY, words)
    };
    let next = Next::to(visitor, "Back to where you were", look::within(&visitor.page, "/"));
    page::notice_leading(visitor, status, "This could not be read", words, next)
}

/// The words of what went wrong first: of a field that is missing, its name.
fn cause(rejection: &FormRejection) -> String {
    let mut cause: &dyn Error = rejection;
    while let Some(before) = cause.source() {
        cause = before;
    }
    cause.to_string()
}
