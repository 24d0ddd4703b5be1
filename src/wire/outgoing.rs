//! Turns a [`Request`] into what goes over the wire, and knows which secrets it carries.

use crate::failure::{Failure, Why};
use crate::ports::{Auth, Body, Method, Request};
use crate::redact;
use crate::secret::Secret;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
};
use serde_json::Value;

pub(super) fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// All headers of the first hop. `Permanent` for what no header can hold, and for a request that never met its session.
pub(super) fn headers(request: &Request) -> Result<HeaderMap, Failure> {
    let permanent = |said: String| Failure::Permanent(Why::new(said));
    let mut headers = HeaderMap::new();
    let content_type = match request.body {
        Body::Empty => None,
        Body::Json(_) => Some("application/json"),
        Body::Form(_) => Some("application/x-www-form-urlencoded"),
    };
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| permanent(format!("the value of the header {name} has characters that no header can hold")))?;
        value.set_sensitive(redact::names_a_credential(name));
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| permanent(format!("`{name}` is no name of a header")))?;
        headers.insert(name, value);
    }
    match &request.auth {
        Auth::None => {}
        Auth::Bearer(token) => {
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {}", token.expose()))?);
        }
        Auth::Dpop { token, proof } => {
            headers.insert(AUTHORIZATION, sensitive(&format!("DPoP {}", token.expose()))?);
            headers.insert(HeaderName::from_static("dpop"), sensitive(proof.expose())?);
        }
        Auth::Session => {
            let said = "the request wants an account's grant, but was not sent through that account's session";
            return Err(permanent(said.to_owned()));
        }
    }
    Ok(headers)
}

fn sensitive(value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Failure::Permanent(Why::new("the access token has characters that no header can hold")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// What goes along to another address: nothing that says who asks.
pub(super) fn headers_after_redirect(first: &HeaderMap) -> HeaderMap {
    [ACCEPT, IF_NONE_MATCH, IF_MODIFIED_SINCE]
        .into_iter()
        .filter_map(|name| first.get(&name).map(|value| (name, value.clone())))
        .collect()
}

pub(super) fn body(body: &Body) -> Option<Vec<u8>> {
    match body {
        Body::Empty => None,
        Body::Json(json) => Some(json.clone()),
        Body::Form(fields) => {
            Some(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes())
        }
    }
}

/// Every credential in the request, so that none can come back in an excerpt.
pub(super) fn carried(request: &Request) -> Vec<Secret> {
    let mut secrets = Vec::new();
    match &request.auth {
        Auth::None | Auth::Session => {}
        Auth::Bearer(token) => secrets.push(token.clone()),
        Auth::Dpop { token, proof } => secrets.extend([token.clone(), proof.clone()]),
    }
    for (name, value) in &request.headers {
        if redact::names_a_credential(name) {
            // The value alone, too, without the scheme before it.
            secrets.extend([value.as_str(), value.rsplit(' ').next().unwrap_or_default()].map(Secret::new));
        }
    }
    match &request.body {
        Body::Empty => {}
        Body::Form(fields) => {
            secrets.extend(fields.iter().filter(|(n, _)| redact::names_a_credential(n)).map(|(_, v)| Secret::new(v)));
        }
        Body::Json(json) => {
            if let Ok(json) = serde_json::from_slice(json) {
                in_json(&json, &mut secrets);
            }
        }
    }
    secrets
}

/// JSON this deep is none of ours, and the parser has refused anything deeper than 128.
fn in_json(value: &Value, secrets: &mut Vec<Secret>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if redact::names_a_credential(name) => secrets.push(Secret::new(text)),
                    value => in_json(value, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| in_json(value, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_credential_in_a_request_is_known() {
        let bearer = Request::get("https://h/").auth(Auth::Bearer(Secret::new("s-one")));
        let header = Request::get("https://h/").header("Authorization", "Basic s-two");
        let form = Request::post("https://h/")
            .form(vec![("client_secret".into(), "s-three".into()), ("grant_type".into(), "password".into())]);
        let json = Request::post("https://h/").json(&json!({"identifier": "bo", "in": [{"password": "s-four"}]}));
        let bound = Auth::Dpop { token: Secret::new("s-five"), proof: Secret::new("s-six") };
        let bound = || Request::get("https://h/").auth(bound.clone());
        let proof = Request::post("https://h/").header("DPoP", "s-seven");
        for (request, secret) in [
            (bearer, "s-one"),
            (header, "s-two"),
            (form, "s-three"),
            (json, "s-four"),
            (bound(), "s-five"),
            (bound(), "s-six"),
            (proof, "s-seven"),
        ] {
            assert!(carried(&request).contains(&Secret::new(secret)), "{secret}");
        }
        let headers = headers(&bound()).unwrap();
        assert_eq!(
            (&headers["authorization"], &headers["dpop"]),
            (&"DPoP s-five".parse().unwrap(), &"s-six".parse().unwrap())
        );
        assert!(headers.values().all(HeaderValue::is_sensitive), "{headers:?}");
        let plain = Request::post("https://h/").json(&json!({"status": "hello"})).header("Idempotency-Key", "k");
        assert!(carried(&plain).is_empty());
    }

    #[test]
    fn what_no_header_can_hold_is_refused_without_being_shown() {
        let split = Request::get("https://h/").auth(Auth::Bearer(Secret::new("hunter2\r\nx: y")));
        let split_header = Request::get("https://h/").header("Accept", "hunter2\r\nx: y");
        for request in [split, split_header] {
            let refused = headers(&request).unwrap_err();
            assert!(matches!(refused, Failure::Permanent(_)) && !refused.to_string().contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn a_redirect_takes_no_credential_along() {
        let request = Request::get("https://h/")
            .header("Accept", "application/atom+xml")
            .header("If-None-Match", "\"e\"")
            .header("Cookie", "a=b")
            .header("X-Api-Key", "k")
            .auth(Auth::Bearer(Secret::new("s-one")));
        let later = headers_after_redirect(&headers(&request).unwrap());
        let mut names: Vec<_> = later.keys().map(reqwest::header::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "if-none-match"]);
    }

    #[test]
    fn a_form_is_percent_encoded() {
        let form = Body::Form(vec![("a b".into(), "c&d=é".into())]);
        assert_eq!(body(&form).unwrap(), b"a+b=c%26d%3D%C3%A9");
    }
}
