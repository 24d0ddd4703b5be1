//! Pages that change by themselves: each part is rendered here whenever it changed, and a small script puts it into its place.
//!
//! Without the script such a page shows the state when it was loaded. The element `live` says where the changes come from, and what to tell when they end.

use crate::clock::Clock;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Markup by the id of its element.
pub type Parts = BTreeMap<&'static str, String>;

/// Each part whenever it changed, as JSON from its id to its markup. It ends with `stop`, and when there is nothing to read: a store that fails ends the daemon too.
pub fn changes<F>(
    clock: Arc<dyn Clock>,
    every: Duration,
    stop: CancellationToken,
    read: impl Fn() -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Option<Parts>> + Send + 'static,
{
    let changes = stream::unfold((read, Parts::new()), move |(read, mut shown)| {
        let (clock, stop) = (Arc::clone(&clock), stop.clone());
        async move {
            loop {
                let parts = read().await?;
                let changed: BTreeMap<&str, &String> = parts
                    .iter()
                    .filter(|(id, markup)| shown.get(*id) != Some(*markup))
                    .map(|(id, m)| (*id, m))
                    .collect();
                if !changed.is_empty() {
                    let event = Event::default().data(serde_json::to_string(&changed).ok()?);
                    drop(changed);
                    shown = parts;
                    return Some((Ok::<_, Infallible>(event), (read, shown)));
                }
                tokio::select! {
                    () = stop.cancelled() => return None,
                    () = clock.sleep_until(clock.now().plus(every)) => {}
                }
            }
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::default()).into_response()
}

/// The script of all such pages.
pub async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("live.js"))
}

/// A file that belongs to one page.
pub fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
