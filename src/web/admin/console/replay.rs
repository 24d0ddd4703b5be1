//! The page between the wish to send again what failed and the deed: it counts and lists, by the same verb as `gigcast replay`, and does nothing.

use super::{Console, Head, html, parts, unanswered};
use crate::config::duration;
use crate::web::admin::answers::{PutRight, When};
use crate::web::admin::{Refusal, ReplayAsked, Replaying};
use crate::web::visitor::Look;
use crate::web::words::exact;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

/// So many are listed; the rest are counted.
const SHOWN: usize = 50;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// So long ago, as in `24h`.
    #[serde(default)]
    since: String,
    /// Empty for all of them.
    #[serde(default)]
    network: String,
}

#[derive(Template)]
#[template(path = "admin/replay.html")]
struct Counted {
    head: Head,
    since: When,
    /// The same in words.
    since_words: String,
    /// Up to when it was counted: what is sent again then is the same.
    until: When,
    network: String,
    counted: PutRight,
}

pub(super) async fn count(State(console): State<Console>, Query(asked): Query<Asked>, headers: HeaderMap) -> Response {
    let Some(ago) = duration(asked.since.trim()) else {
        let said = match asked.since.trim() {
            "" => "no time is given: write how long ago, as in 24h or 7d".to_owned(),
            typed => format!("`{typed}` is no time: write how long ago, as in 24h or 7d"),
        };
        return unanswered(&headers, Refusal::Refused(said));
    };
    // The desk's own time is what it measures by.
    let now = match console.admin.operator.status().await {
        Ok(status) => status.now.0,
        Err(refusal) => return unanswered(&headers, refusal),
    };
    let (since, network) = (When(now.minus(ago)), asked.network.trim().to_owned());
    let asked = ReplayAsked {
        since,
        until: None,
        network: Some(network.clone()).filter(|network| !network.is_empty()),
        account: None,
        replay: Replaying::CountOnly,
    };
    match console.admin.operator.replay(asked).await {
        Ok(counted) => {
            let until = counted.until.unwrap_or(When(now));
            let head = Head::new(&headers, "Send again", "/");
            html(StatusCode::OK, &Counted { head, since, since_words: exact(since.0), until, network, counted })
        }
        Err(refusal) => unanswered(&headers, refusal),
    }
}
