//! What goes around every answer: headers that keep a page to itself, a limit on addresses, a limit on time.

use super::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// A page is rendered on the server and needs nothing else: no script, no frame, nothing from another site.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// A page that shows what happens while it happens has one script, and listens to us; nothing else differs.
const LIVE_POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                           img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(&str, &str); 5] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Longer than any address of ours, with room for what others append.
const ADDRESS_BYTES: usize = 2000;

/// The longest that an answer may take, the reading of its request included.
const TIME: Duration = Duration::from_secs(15);

/// Pages that ask other servers before they answer, and the longest that these may take.
const ASKING: [&str; 4] = ["/sign-in", "/link", "/link/enter", "/forget/look"];
const TIME_TO_ASK: Duration = Duration::from_mins(1);

pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in ALWAYS {
        response.headers_mut().entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// For what is one person's: nobody in between keeps it, nor does the browser.
pub async fn keep_nowhere(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("cache-control", HeaderValue::from_static("private, no-store"));
    response
}

/// For pages whose address is a secret: where one goes from there learns nothing of it.
pub async fn tell_no_one(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response
}

/// The same for pages that are live.
pub async fn guard_live(request: Request, next: Next) -> Response {
    let mut response = guard(request, next).await;
    response.headers_mut().insert("content-security-policy", HeaderValue::from_static(LIVE_POLICY));
    response
}

pub async fn limit(request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|asked| asked.as_str().len() > ADDRESS_BYTES) {
        let said = format!("the address is longer than {ADDRESS_BYTES} bytes; nothing here has such a long one");
        return Problem::new(StatusCode::URI_TOO_LONG, said).into_response();
    }
    let path = request.uri().path();
    let asks = ASKING.contains(&path)
        || path.starts_with("/link/callback")
        || path.ends_with("/relink")
        || path.ends_with("/unlink");
    let time = if asks { TIME_TO_ASK } else { TIME };
    if let Ok(response) = tokio::time::timeout(time, next.run(request)).await {
        return response;
    }
    let said = format!("this took longer than {} s and was given up; try again", time.as_secs());
    Problem::new(StatusCode::GATEWAY_TIMEOUT, said).into_response()
}
