//! What a request carries: query, then form or JSON, as one list of names and values.
//!
//! Mastodon takes either form of body everywhere and writes lists as `types[]`; here the brackets are gone and a list is a name
//! that occurs more than once.

use super::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::Value;

#[derive(Debug, Default)]
pub(in crate::sandbox) struct Params(Vec<(String, String)>);

impl Params {
    pub(in crate::sandbox) fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The value; a missing one is refused by its name.
    pub(in crate::sandbox) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.one(name).ok_or_else(|| Refusal::bad_request(format!("Missing required parameter: {name}")))
    }

    pub(in crate::sandbox) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(in crate::sandbox) fn is_true(&self, name: &str) -> bool {
        matches!(self.one(name), Some("true" | "True" | "1" | "on"))
    }

    fn add_encoded(&mut self, encoded: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(encoded) {
            self.0.push((plain(&name), value.into_owned()));
        }
    }

    fn add_json(&mut self, name: &str, value: Value) {
        match value {
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) => self.0.push((plain(name), value.to_string())),
            Value::String(text) => self.0.push((plain(name), text)),
            Value::Array(values) => values.into_iter().for_each(|value| self.add_json(name, value)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    let whole = if name.is_empty() { field } else { format!("{name}[{field}]") };
                    self.add_json(&whole, value);
                }
            }
        }
    }
}

fn plain(name: &str) -> String {
    name.strip_suffix("[]").unwrap_or(name).to_owned()
}

impl<S: Send + Sync> FromRequest<S> for Params {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.add_encoded(request.uri().query().unwrap_or_default().as_bytes());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|refused| Refusal::new(refused.into_response().status(), "The body could not be read"))?;
        match kind.as_str() {
            _ if body.is_empty() => {}
            "application/json" => {
                let json = serde_json::from_slice(&body)
                    .map_err(|error| Refusal::bad_request(format!("The body is not JSON: {error}")))?;
                params.add_json("", json);
            }
            "" | "application/x-www-form-urlencoded" => params.add_encoded(&body),
            other => {
                let words = format!("A body of {other} is not taken here; send JSON or a form");
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, words));
            }
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_json_say_the_same() {
        let (mut form, mut json) = (Params::default(), Params::default());
        form.add_encoded(b"status=a+b&types[]=x&types[]=y&sensitive=true");
        json.add_json(
            "",
            serde_json::json!({ "status": "a b", "types": ["x", "y"], "sensitive": true, "language": null }),
        );
        for params in [form, json] {
            assert_eq!(params.one("status"), Some("a b"));
            assert_eq!(params.all("types").collect::<Vec<_>>(), ["x", "y"]);
            assert!(params.is_true("sensitive"));
            assert_eq!(params.one("language"), None);
        }
    }
}
