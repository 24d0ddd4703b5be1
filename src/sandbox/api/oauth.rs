//! Registering a client, asking a person, handing out and revoking tokens.
//!
//! Whoever opens the authorize page picks which inhabitant to be: there are no passwords here.

use super::{Answer, Caller, Params, Refusal};
use crate::base64url;
use crate::clock::Timestamp;
use crate::sandbox::world::{App, Asked, Denied, Id, OUT_OF_BAND, Scopes, World};
use crate::sandbox::{Place, pages, render::Writer};
use crate::secret::Secret;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) fn router() -> Router<Arc<Place>> {
    Router::new()
        .route("/api/v1/apps", post(register))
        .route("/api/v1/apps/verify_credentials", get(verify_app))
        .route("/oauth/authorize", get(ask).post(answer))
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/userinfo", get(userinfo).post(userinfo))
}

async fn register(State(place): State<Arc<Place>>, params: Params) -> Answer {
    let name = params.one("client_name").unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Refusal::invalid("Validation failed: Application name can't be blank"));
    }
    let redirect_uris: Vec<String> =
        params.all("redirect_uris").flat_map(str::split_whitespace).map(str::to_owned).collect();
    if redirect_uris.is_empty() || !redirect_uris.iter().all(|uri| url::Url::parse(uri).is_ok()) {
        return Err(Refusal::invalid("Validation failed: Redirect URI must be an absolute URI."));
    }
    let website = params.one("website").filter(|site| !site.is_empty()).map(str::to_owned);
    if website.as_ref().is_some_and(|site| !site.starts_with("https://") && !site.starts_with("http://")) {
        return Err(Refusal::invalid("Validation failed: Application website must be a valid URL"));
    }
    let scopes = Scopes::parse(params.one("scopes").unwrap_or_default())
        .map_err(|_| Refusal::invalid("Validation failed: Scopes doesn't match configured on the server."))?;
    let app = place.world().register(name, website, redirect_uris, scopes, place.now());
    let mut json = Writer::app(&app);
    json["client_id"] = app.client_id.as_str().into();
    json["client_secret"] = app.client_secret.expose().into();
    json["client_secret_expires_at"] = 0.into();
    Ok(Json(json))
}

async fn verify_app(State(place): State<Arc<Place>>, caller: Caller) -> Answer {
    let app = caller.token()?.app;
    let world = place.world();
    world.grants.app(app).map(|app| Json(Writer::app(app))).ok_or_else(Refusal::not_found)
}

/// What a client asks for; nobody is sent anywhere before this has been checked.
fn asked(place: &Place, params: &Params) -> Result<Asked, Denied> {
    let one = |name| params.one(name).unwrap_or_default();
    if one("response_type") != "code" {
        return Err(Denied::InvalidRequest);
    }
    let challenge = params
        .one("code_challenge")
        .filter(|challenge| !challenge.is_empty())
        .map(|challenge| (challenge.to_owned(), params.one("code_challenge_method").unwrap_or("plain")));
    place.world().grants.ask(one("client_id"), one("redirect_uri"), one("scope"), challenge)
}

async fn ask(State(place): State<Arc<Place>>, params: Params) -> Response {
    match asked(&place, &params) {
        Ok(asked) => pages::authorize(&place, &asked, &params),
        Err(denied) => pages::not_asked_well(Refusal::from(denied)),
    }
}

async fn answer(State(place): State<Arc<Place>>, params: Params) -> Response {
    let asked = match asked(&place, &params) {
        Ok(asked) => asked,
        Err(denied) => return pages::not_asked_well(Refusal::from(denied)),
    };
    let person = params.one("person").and_then(|name| place.world().person_named(name).map(|person| person.id));
    let back = asked.redirect_uri.clone();
    let outcome = match (params.one("decision"), person) {
        (Some("allow"), Some(person)) => Ok(place.world().grants.allow(asked, person, place.now())),
        (Some("allow"), None) => {
            return pages::not_asked_well(Refusal::bad_request("person: nobody of that name lives here"));
        }
        _ => Err("access_denied"),
    };
    if back == OUT_OF_BAND {
        return pages::code(outcome.as_deref().ok());
    }
    sent_back(&back, outcome.as_deref(), params.one("state"))
}

/// To the client's own address, with the code or with the error, and its state.
fn sent_back(back: &str, outcome: Result<&str, &&str>, state: Option<&str>) -> Response {
    let Ok(mut to) = url::Url::parse(back) else {
        return pages::not_asked_well(Refusal::from(Denied::InvalidRedirect));
    };
    match outcome {
        Ok(code) => to.query_pairs_mut().append_pair("code", code),
        Err(error) => to.query_pairs_mut().append_pair("error", error),
    };
    if let Some(state) = state.filter(|state| !state.is_empty()) {
        to.query_pairs_mut().append_pair("state", state);
    }
    match HeaderValue::from_str(to.as_str()) {
        Ok(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Err(_) => pages::not_asked_well(Refusal::from(Denied::InvalidRedirect)),
    }
}

/// The client, by `Authorization: Basic` or by the fields of the form.
fn client(place: &Place, headers: &HeaderMap, params: &Params) -> Result<App, Denied> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic_pair);
    let one = |name| params.one(name).unwrap_or_default().to_owned();
    let (id, secret) = basic.unwrap_or_else(|| (one("client_id"), one("client_secret")));
    place.world().grants.client(&id, &Secret::new(secret)).cloned()
}

async fn token(State(place): State<Arc<Place>>, headers: HeaderMap, params: Params) -> Answer {
    let app = client(&place, &headers, &params)?;
    let now = place.now();
    let (word, token) = match params.one("grant_type") {
        Some("authorization_code") => {
            let (code, back) = (params.need("code")?, params.need("redirect_uri")?);
            place.world().grants.redeem(app.id, code, back, params.one("code_verifier"), now)?
        }
        Some("client_credentials") => {
            let scopes = params.one("scope").map_or(Ok(app.scopes.clone()), Scopes::parse)?;
            if !scopes.list().iter().all(|scope| app.scopes.covers(scope)) {
                return Err(Denied::InvalidScope.into());
            }
            place.world().grants.issue(app.id, None, scopes, now)
        }
        _ => {
            let mut refusal = Refusal::bad_request("unsupported_grant_type");
            refusal.description = Some("This server gives tokens for authorization_code and client_credentials.");
            return Err(refusal);
        }
    };
    Ok(Json(json!({
        "access_token": word,
        "token_type": "Bearer",
        "scope": token.scopes.joined(),
        "created_at": token.at.as_millis() / 1000,
    })))
}

async fn revoke(State(place): State<Arc<Place>>, headers: HeaderMap, params: Params) -> Answer {
    let app = client(&place, &headers, &params).map_err(|_| Denied::UnauthorizedClient)?;
    place.world().grants.revoke(app.id, params.one("token").unwrap_or_default())?;
    Ok(Json(Value::Object(serde_json::Map::new())))
}

async fn userinfo(State(place): State<Arc<Place>>, caller: Caller) -> Answer {
    let me = caller.person(&["profile"])?;
    let world = place.world();
    let person = world.person(me).ok_or_else(Refusal::not_found)?;
    Ok(Json(place.writer(&world, Some(me)).userinfo(person)))
}

/// `Basic` with the pair in base 64 (RFC 7617).
fn basic_pair(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let bytes = base64url::decode(&encoded.trim_end_matches('=').replace('+', "-").replace('/', "_"))?;
    let (id, secret) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The app of [`ready_token`].
pub(in crate::sandbox) fn own_app(world: &mut World, now: Timestamp) -> App {
    let scopes = Scopes::parse("read write profile push").expect("these are among the known scopes");
    world.register("the sandbox itself", None, vec![OUT_OF_BAND.into()], scopes, now)
}

/// A token for a person without the person being asked: for tests, through `POST /sandbox/people`.
pub(in crate::sandbox) fn ready_token(place: &Place, person: Id) -> String {
    let app = &place.own_app;
    place.world().grants.issue(app.id, Some(person), app.scopes.clone(), place.now()).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_name_itself_in_a_header() {
        let pair = Some(("user".to_owned(), "pass?>word".to_owned()));
        assert_eq!(basic_pair("Basic dXNlcjpwYXNzPz53b3Jk"), pair);
        assert_eq!(basic_pair("Bearer dXNlcjpwYXNzPz53b3Jk"), None);
        assert_eq!(basic_pair("Basic §"), None);
    }
}
