//! What is wrong with a request, for programs: `application/problem+json` (RFC 9457), with the field and the line at fault.

use crate::ports::StoreError;
use crate::sources::written::WrittenError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::time::Duration;
use tracing::error;

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// What is wrong and what to do.
    said: String,
    field: Option<String>,
    line: Option<usize>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(status: StatusCode, said: impl Into<String>) -> Self {
        Self { status, said: said.into(), field: None, line: None, headers: Vec::new() }
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.headers.push((header::RETRY_AFTER, HeaderValue::from(wait.as_secs().clamp(1, 3600))));
        self
    }

    /// The store failed: what was asked for may be asked again as it is.
    pub fn store(fault: &StoreError) -> Self {
        error!(event = "store.failed", "A request could not be answered, since the store failed: {fault}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "this cannot be written down at the moment; send it again later")
            .retry_after(Duration::from_mins(1))
    }
}

/// What cannot be read at all is a bad request; a gig with a fault in it is one that cannot be taken.
impl From<WrittenError> for Problem {
    fn from(error: WrittenError) -> Self {
        let status = match error.field {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::BAD_REQUEST,
        };
        Self { field: error.field.clone(), line: error.line, ..Self::new(status, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.said,
        });
        if let Some(field) = self.field {
            body["field"] = field.into();
        }
        if let Some(line) = self.line {
            body["line"] = line.into();
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, self.headers.into_iter().collect::<HeaderMap>(), body.to_string()).into_response()
    }
}
