//! Pages by the `Link` header: the only way to walk a list of boosters, whose ids are nobody's account id.

use super::{Params, Refusal, id_from};
use crate::sandbox::world::{Id, Page};
use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What stands in the link to what is newer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Newer {
    Min,
    Since,
}

/// `limit`, `max_id`, `since_id`, `min_id`, with this list's usual and greatest limit.
pub(super) fn page(params: &Params, usual: usize, most: usize) -> Result<Page, Refusal> {
    let limit = match params.one("limit") {
        Some(text) => text.parse().map_err(|_| Refusal::bad_request("limit: not a number"))?,
        None => usual,
    };
    let id = |name| params.one(name).map(id_from).transpose();
    Ok(Page { limit: limit.clamp(1, most), max: id("max_id")?, since: id("since_id")?, min: id("min_id")? })
}

/// A page as JSON. `rest` are the parameters that the next page needs too, encoded, or nothing.
pub(super) fn paged(rows: Vec<(Id, Value)>, page: Page, newer: Newer, at: &str, rest: &str) -> Response {
    let mut links = Vec::new();
    let rest = if rest.is_empty() { String::new() } else { format!("{rest}&") };
    if let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) {
        let limit = page.limit;
        if rows.len() == limit {
            links.push(format!("<{at}?{rest}limit={limit}&max_id={last}>; rel=\"next\""));
        }
        let name = match newer {
            Newer::Min => "min_id",
            Newer::Since => "since_id",
        };
        links.push(format!("<{at}?{rest}limit={limit}&{name}={first}>; rel=\"prev\""));
    }
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&links.join(", "))
        && !links.is_empty()
    {
        headers.insert(header::LINK, value);
    }
    (headers, Json(rows.into_iter().map(|(_, value)| value).collect::<Value>())).into_response()
}

/// These parameters, encoded for a link.
pub(super) fn kept(params: &Params, names: &[&str]) -> String {
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    for name in names {
        let values: Vec<&str> = params.all(name).collect();
        let list = matches!(*name, "types" | "exclude_types" | "any" | "all" | "none");
        for value in values {
            kept.append_pair(&if list { format!("{name}[]") } else { (*name).to_owned() }, value);
        }
    }
    kept.finish()
}
