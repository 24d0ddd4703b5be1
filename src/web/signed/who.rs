//! Who is signed in with this browser: a cookie holds a random token, the store its hash and whose it is.
//!
//! Looked up once for each request, before anything else. A sign-in ends after two weeks without use, and after sixty days in any
//! case. A cookie that leads to nobody (it is over, or of another installation) signs nobody in and is taken away.

use super::super::page::{self, Frame};
use super::super::visitor::Visitor;
use super::super::{Public, Shared};
use super::cookie::Cookie;
use crate::clock::{Timestamp, WallClock};
use crate::id::PersonId;
use crate::person::{Person, Role};
use crate::ports::StoreError;
use crate::secret::Secret;
use crate::store::SignIn;
use crate::web::admin::random_token;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tracing::error;

/// Unused for so long, it is over.
pub const IDLE: Duration = Duration::from_hours(14 * 24);
/// Over in any case.
pub const ABSOLUTE: Duration = Duration::from_hours(60 * 24);
/// That it is in use is written down no more often.
const NOTED_EVERY: Duration = Duration::from_hours(1);

/// Whether nobody can come in by it any more.
pub fn is_over(sign_in: &SignIn, now: Timestamp) -> bool {
    now.since(sign_in.seen) >= IDLE || now.since(sign_in.since) >= ABSOLUTE
}

/// Someone who is signed in, and the token they came with.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: Person,
    pub token: Secret,
}

/// A signed-in person who may post.
#[derive(Debug, Clone)]
pub struct Poster(pub Person);

/// What was found out of a request, for all who ask later.
#[derive(Debug, Clone)]
pub enum Who {
    Someone(Arc<SignedIn>),
    /// The store could not be read.
    Unread(StoreError),
}

/// Finds out who is signed in. What they are shown is kept by no one.
pub async fn recognise(State(public): State<Shared>, mut request: Request, next: Next) -> Response {
    let Some(token) = Cookie::SignIn.read(&public.home, request.headers()) else { return next.run(request).await };
    let found = lookup(&public, &token).await;
    let is_known = !matches!(found, Ok(None));
    match found {
        Ok(Some(person)) => {
            request.extensions_mut().insert(Who::Someone(Arc::new(SignedIn { person, token })));
        }
        Ok(None) => {}
        Err(fault) => {
            error!(event = "store.failed", "Who is signed in could not be read, since the store failed: {fault}");
            request.extensions_mut().insert(Who::Unread(fault));
        }
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // By a clock that is wrong everything looks old: then the browser keeps what it has.
    if !is_known && !headers.contains_key(header::SET_COOKIE) && is_sound(&public) {
        headers.append(header::SET_COOKIE, Cookie::SignIn.clear(&public.home));
    }
    if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    response
}

fn is_sound(public: &Public) -> bool {
    public.fitness.clock(public.clock.now()) == WallClock::Sound
}

async fn lookup(public: &Public, token: &Secret) -> Result<Option<Person>, StoreError> {
    let (ledger, now) = (&public.ledger, public.clock.now());
    let Some(sign_in) = ledger.sign_in(token).await?.filter(|sign_in| !is_over(sign_in, now)) else {
        return Ok(None);
    };
    let person = ledger.person(sign_in.person).await?;
    // Where nothing can be written, one stays signed in all the same.
    if now.since(sign_in.seen) >= NOTED_EVERY && public.fitness.unfit_until(now).is_none() {
        ledger.note_seen(token, now).await?;
    }
    Ok(person)
}

/// Signs a person in with this browser, under a token that nobody has seen before; what the browser had until then is over.
pub async fn sign_in(public: &Public, person: PersonId, had: Option<Secret>) -> Result<HeaderValue, StoreError> {
    let token = fresh_token()?;
    public.ledger.begin_sign_in(&token, person, public.clock.now()).await?;
    if let Some(had) = had {
        public.ledger.end_sign_in(&had).await?;
    }
    Ok(cookie_of(public, &token))
}

/// This browser goes on, where what it asked for ended every sign-in of its person.
pub async fn stay(public: &Public, signed: &SignedIn, mut response: Response) -> Result<Response, StoreError> {
    if public.ledger.sign_in(&signed.token).await?.is_none() {
        response.headers_mut().append(header::SET_COOKIE, sign_in(public, signed.person.id, None).await?);
    }
    Ok(response)
}

pub fn cookie_of(public: &Public, token: &Secret) -> HeaderValue {
    Cookie::SignIn.set(&public.home, token, ABSOLUTE)
}

/// 256 random bits, as text.
pub fn fresh_token() -> Result<Secret, StoreError> {
    random_token("").map_err(|error| StoreError::Io(format!("the system gave no random bytes: {error}")))
}

/// Leads to `path` within our pages.
pub fn go(public: &Public, path: &str) -> Response {
    let place = format!("{}{path}", super::home::root(&public.home));
    let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

impl FromRequestParts<Shared> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Self, Response> {
        match parts.extensions.get::<Who>() {
            Some(Who::Someone(signed)) => return Ok(Self::clone(signed)),
            Some(Who::Unread(fault)) => {
                let fault = fault.clone();
                return Err(page::unreadable(&visitor(parts, public).await, &fault));
            }
            None => {}
        }
        let visitor = visitor(parts, public).await;
        if matches!(parts.method, Method::GET | Method::HEAD) {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("back", &visitor.page).finish();
            return Err(go(public, &format!("/sign-in?{query}")));
        }
        Err(signed_out(&visitor))
    }
}

impl FromRequestParts<Shared> for Poster {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Self, Response> {
        let signed = <SignedIn as FromRequestParts<Shared>>::from_request_parts(parts, public).await?;
        match signed.person.role {
            Role::Poster => Ok(Self(signed.person)),
            Role::Freelancer => {
                let words = format!(
                    "Posting gigs takes an invitation from whoever runs this gigcast, and {} has none yet. Ask them for one; it \
                     is an address that you open in this browser.",
                    signed.person.name
                );
                let visitor = visitor(parts, public).await;
                let next = page::Next::to(&visitor, "See your own page", "/me");
                Err(page::notice_leading(&visitor, StatusCode::FORBIDDEN, "For those who post", words, next))
            }
        }
    }
}

/// A form came from a browser in which nobody is signed in any more. What was typed is in that browser alone, so it is not led away from it.
fn signed_out(visitor: &Visitor) -> Response {
    let words = "Nobody is signed in with this browser any more, so nothing was done. What you sent is not lost: sign in in another \
                 tab, come back to this one, and load it anew; your browser then sends the same again.";
    let next = page::Next { label: "Sign in", address: Frame::new(visitor, "").sign_in() };
    page::notice_leading(visitor, StatusCode::FORBIDDEN, "You are signed out", words, next)
}

async fn visitor(parts: &mut Parts, public: &Shared) -> Visitor {
    match Visitor::from_request_parts(parts, public).await {
        Ok(visitor) => visitor,
        Err(never) => match never {},
    }
}

/// For pages that anyone may see, and that say more to some.
impl OptionalFromRequestParts<Shared> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, public: &Shared) -> Result<Option<Self>, Response> {
        match parts.extensions.get::<Who>() {
            Some(Who::Someone(signed)) => Ok(Some(Self::clone(signed))),
            Some(Who::Unread(fault)) => {
                let fault = fault.clone();
                Err(page::unreadable(&visitor(parts, public).await, &fault))
            }
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PersonId;

    #[test]
    fn a_sign_in_is_over_when_it_was_not_used_for_long_and_at_last_in_any_case() {
        let since = Timestamp::from_millis(1_795_262_400_000);
        let a_moment = Duration::from_millis(1);
        let is_over = |seen: Duration, now: Duration| {
            is_over(&SignIn { person: PersonId::from_name("ana"), since, seen: since.plus(seen) }, since.plus(now))
        };
        assert!(!is_over(Duration::ZERO, IDLE.saturating_sub(a_moment)) && is_over(Duration::ZERO, IDLE));
        let used = ABSOLUTE.saturating_sub(a_moment);
        assert!(!is_over(used, used) && is_over(used, ABSOLUTE));
    }
}
