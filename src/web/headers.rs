//! What goes around every answer: headers that keep a page to itself, a limit on addresses, a limit on time.

use super::page;
use super::problem::Problem;
use super::visitor::{Look, Visitor};
use axum::extract::{Request, State};
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

/// Pages that ask other servers before they answer, and the longest that these may take. Of several servers all are asked at once.
const ASKING: [&str; 6] = ["/sign-in", "/link", "/link/enter", "/forget", "/forget/look", "/me/bring"];
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

/// Who asked for what, to be told that it was too much.
struct Asker {
    path: String,
    look: Look,
    root: String,
}

impl Asker {
    /// To a program as a problem, to a reader as a page.
    fn refused(self, status: StatusCode, title: &str, said: &str) -> Response {
        if ["/api/", "/hooks/", "/websub/"].iter().any(|program| self.path.starts_with(program)) {
            return Problem::new(status, said).into_response();
        }
        let Self { look, root, .. } = self;
        let mut sentence = said.chars();
        let first = sentence.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        let visitor = Visitor { base: String::new(), root, look, page: "/".to_owned(), signed: None };
        page::notice(&visitor, status, title, format!("{first}{}.", sentence.as_str()))
    }
}

/// Holds every request to the longest address and the longest time. `root` is what links within our pages begin with.
pub async fn limit(State(root): State<String>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let asker = Asker { path, look: Look::from_cookies(request.headers()), root };
    if request.uri().path_and_query().is_some_and(|asked| asked.as_str().len() > ADDRESS_BYTES) {
        let said = format!("the address is longer than {ADDRESS_BYTES} bytes; nothing here has such a long one");
        return asker.refused(StatusCode::URI_TOO_LONG, "Too long an address", &said);
    }
    let time = time_for(&asker.path);
    if let Ok(response) = tokio::time::timeout(time, next.run(request)).await {
        return response;
    }
    let said = format!("this took longer than {} s and was given up; try again", time.as_secs());
    asker.refused(StatusCode::GATEWAY_TIMEOUT, "Given up", &said)
}

fn time_for(path: &str) -> Duration {
    let asks = ASKING.contains(&path)
        || path.starts_with("/link/callback")
        || path.ends_with("/relink")
        || path.ends_with("/unlink");
    if asks { TIME_TO_ASK } else { TIME }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_ask_other_servers_first_have_the_time_for_it() {
        for path in ["/forget", "/forget/look", "/me/bring", "/sign-in", "/link/callback/x", "/accounts/acc_x/unlink"] {
            assert_eq!(time_for(path), TIME_TO_ASK, "{path}");
        }
        for path in ["/", "/forget/forget", "/me/bring/drop", "/api/v1/gigs"] {
            assert_eq!(time_for(path), TIME, "{path}");
        }
    }
}
