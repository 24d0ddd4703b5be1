//! Gigs by HTTP: `POST /api/v1/gigs` takes one in, `GET /api/v1/gigs/<id>` tells one, `PATCH` changes it.
//!
//! A gig goes in with its poster's token and comes back with its id only once it is durable; so whoever got no answer may send the
//! same again and makes no second gig: it goes by its own `id`, by the `Idempotency-Key`, or by what is written in it.

use super::card::poster;
use super::problem::Problem;
use super::referred::Referred;
use super::visitor::Visitor;
use super::{Public, Shared, hiring};
use crate::gig::heard::Decision;
use crate::gig::{Gig, Revision};
use crate::id::{GigId, PersonId};
use crate::intake::{Decided, Origin, REMOVED, Taken};
use crate::secret::Secret;
use crate::sources::written::{self, Written};
use crate::store::{GigRecord, Heard, Hiring};
use crate::trust::Party;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::json;
use std::time::Duration;

/// The longest gig that is read: several times the longest text that is kept.
const BODY_BYTES: usize = 256 * 1024;

/// The longest that its reading may take.
const BODY_TIME: Duration = Duration::from_secs(10);

const KEY: &str = "idempotency-key";
const KEY_BYTES: usize = 200;

pub async fn post(State(public): State<Shared>, visitor: Visitor, request: Request) -> Response {
    taken_in(&public, &visitor, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn taken_in(public: &Public, visitor: &Visitor, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let poster = owner(public, &head.headers).await?;
    let now = public.clock.now();
    if let Some(until) = public.fitness.unfit_until(now) {
        let said = "nothing can be written down at the moment, so nothing is taken in; send it again later";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, said).retry_after(until.since(now)));
    }
    is_json(&head.headers)?;
    let key = key(&head.headers)?;
    let text = String::from_utf8(read(&head.headers, body).await?)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body should be JSON in UTF-8, and is not UTF-8"))?;
    if text.trim().is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the body is empty: send the gig as JSON"));
    }
    let mut gig = written::from_json(&text)?;
    gig.id = gig.id.or(key.map(|key| format!("key:{key}")));
    let origin = Origin::by_hand(poster);
    let taken = public.intake.take(&gig.sighting(None), &origin, Heard::News).await;
    let (status, gig) = match taken.map_err(|fault| Problem::store(&fault))? {
        Taken::New(gig) => (StatusCode::CREATED, gig),
        Taken::Revised(gig) => (StatusCode::OK, gig),
        Taken::Same(gig) => {
            // This was read, not written: whoever wrote it may still be waiting for the disk.
            public.ledger.barrier().await.map_err(|fault| Problem::store(&fault))?;
            (StatusCode::OK, gig)
        }
        Taken::Refused(why) => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.said)),
        Taken::Removed(_) => return Err(Problem::new(StatusCode::GONE, REMOVED)),
    };
    let answer = json!({
        "id": gig.id,
        "url": format!("{}/g/{}", visitor.base, gig.id),
        "revision": gig.revision,
        "status": gig.status,
    });
    let place = format!("{}/api/v1/gigs/{}", visitor.base, gig.id);
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::LOCATION, place)];
    Ok((status, headers, answer.to_string()).into_response())
}

/// Whose token it is. The token itself is never told again, neither in an answer nor in a log.
async fn owner(public: &Public, headers: &HeaderMap) -> Result<PersonId, Problem> {
    let refused = |said: &'static str, challenge: &'static str| {
        Problem::new(StatusCode::UNAUTHORIZED, said).header(header::WWW_AUTHENTICATE, challenge)
    };
    let written = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        written.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = bearer.filter(|(_, token)| !token.trim().is_empty()) else {
        return Err(refused("a poster's token is needed: send it as `Authorization: Bearer <token>`", "Bearer"));
    };
    let owner = public.ledger.token_owner(&Secret::new(token.trim())).await.map_err(|fault| Problem::store(&fault))?;
    owner.ok_or_else(|| {
        refused("this token belongs to no poster here: make a new one", "Bearer error=\"invalid_token\"")
    })
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let said = "a gig is sent as JSON: set `Content-Type: application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, said).header(header::ACCEPT, "application/json"))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(written) = headers.get(KEY) else { return Ok(None) };
    let key = written.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > KEY_BYTES || !key.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        let said = format!("`Idempotency-Key` should be between 1 and {KEY_BYTES} printable ASCII characters");
        return Err(Problem::new(StatusCode::BAD_REQUEST, said).field("Idempotency-Key"));
    }
    Ok(Some(key.to_owned()))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_long = || {
        let said = format!("a gig may be {} KiB long, and this one is longer", BODY_BYTES / 1024);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, said)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES) {
        return Err(too_long());
    }
    let whole = async {
        let (mut whole, mut parts) = (Vec::new(), body.into_data_stream());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body ended before its end"))?;
            if whole.len() + part.len() > BODY_BYTES {
                return Err(too_long());
            }
            whole.extend_from_slice(&part);
        }
        Ok(whole)
    };
    tokio::time::timeout(BODY_TIME, whole).await.unwrap_or_else(|_| {
        let said = format!("the body took longer than {} s to arrive; send it again", BODY_TIME.as_secs());
        Err(Problem::new(StatusCode::REQUEST_TIMEOUT, said))
    })
}

pub async fn get(State(public): State<Shared>, visitor: Visitor, Path(id): Path<String>) -> Response {
    told(&public, &visitor, &id).await.unwrap_or_else(IntoResponse::into_response)
}

async fn told(public: &Public, visitor: &Visitor, id: &str) -> Result<Response, Problem> {
    let id: GigId = id.parse().map_err(|bad| Problem::new(StatusCode::NOT_FOUND, format!("{bad}")))?;
    let record = public.ledger.gig(id).await.map_err(|fault| Problem::store(&fault))?;
    let Some(record) = record.filter(|record| record.gig.republish.is_allowed()) else {
        return Err(nowhere(public, id).await);
    };
    let poster = poster(&public.ledger, &record.gig).await.map_err(|fault| Problem::store(&fault))?;
    let Gig { id, revision, status, terms, first_seen, revised, .. } = &record.gig;
    let gig = json!({
        "id": id,
        "url": format!("{}/g/{id}", visitor.base),
        "revision": revision,
        "status": status,
        "title": terms.title,
        "description": terms.description,
        "apply": terms.apply_url,
        "category": terms.category,
        "skills": terms.skills,
        "pay": terms.pay,
        "remote": terms.place.remote,
        "locations": terms.place.locations,
        "time_zones": terms.place.zones.map(|zones| crate::feeds::time_zones(&zones)),
        "language": terms.language,
        "organisation": terms.organisation,
        "poster": poster,
        "closes": terms.closes.map(|at| at.to_string()),
        "openings": terms.openings,
        "published": terms.published.unwrap_or(*first_seen).to_string(),
        "revised": revised.to_string(),
    });
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, [(header::ETAG, etag(*revision))], gig.to_string()).into_response())
}

/// By which ways people came to a gig, and who would do it: for its poster.
pub async fn interests(State(public): State<Shared>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    referred(&public, &headers, &id).await.unwrap_or_else(IntoResponse::into_response)
}

async fn referred(public: &Public, headers: &HeaderMap, id: &str) -> Result<Response, Problem> {
    let poster = owner(public, headers).await?;
    let id: GigId = id.parse().map_err(|bad| Problem::new(StatusCode::NOT_FOUND, format!("{bad}")))?;
    let gig = public.ledger.gig(id).await.map_err(|fault| Problem::store(&fault))?.map(|record| record.gig);
    let Some(gig) = gig else { return Err(nowhere(public, id).await) };
    if gig.poster != poster {
        return Err(Problem::new(StatusCode::FORBIDDEN, "this token belongs to another poster than the gig"));
    }
    let waiting = public.visits.waiting(id);
    let told = Referred::of(&public.ledger, &public.weave, &gig, &waiting, Some(public.home.base())).await;
    let told = told.map_err(|unanswered| Problem::store(&super::signed::fault(unanswered)))?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "private, no-store")];
    Ok((headers, json!(told).to_string()).into_response())
}

/// Of a gig that is not on record: whether it ever was.
async fn nowhere(public: &Public, id: GigId) -> Problem {
    match public.ledger.removed(id).await {
        Ok(Some(removed)) => {
            let said = format!("{id} was here, ended, and was removed on {}, when its time was over", removed.at);
            Problem::new(StatusCode::GONE, said)
        }
        Ok(None) => Problem::new(StatusCode::NOT_FOUND, format!("there is no gig {id}")),
        Err(fault) => Problem::store(&fault),
    }
}

fn etag(revision: Revision) -> String {
    format!("\"{}\"", revision.0)
}

pub async fn patch(
    State(public): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    changed(&public, &visitor, &id, request).await.unwrap_or_else(IntoResponse::into_response)
}

/// Either its state alone, or fields of it: RFC 7396. Whoever changes a gig names the revision they have read.
async fn changed(public: &Public, visitor: &Visitor, id: &str, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let poster = owner(public, &head.headers).await?;
    let now = public.clock.now();
    if let Some(until) = public.fitness.unfit_until(now) {
        let said = "nothing can be written down at the moment, so nothing is changed; send it again later";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, said).retry_after(until.since(now)));
    }
    let id: GigId = id.parse().map_err(|bad| Problem::new(StatusCode::NOT_FOUND, format!("{bad}")))?;
    let known = public.ledger.gig(id).await.map_err(|fault| Problem::store(&fault))?;
    let Some(GigRecord { gig, .. }) = known else { return Err(nowhere(public, id).await) };
    if gig.poster != poster {
        return Err(Problem::new(StatusCode::FORBIDDEN, "this token belongs to another poster than the gig"));
    }
    let outdated = |gig: &Gig| {
        let said = format!("the gig has changed since: it is at revision {}; read it again", gig.revision.0);
        Problem::new(StatusCode::PRECONDITION_FAILED, said)
    };
    if read_revision(&head.headers)?.is_some_and(|read| read != gig.revision) {
        return Err(outdated(&gig));
    }
    is_json(&head.headers)?;
    let text = String::from_utf8(read(&head.headers, body).await?)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body should be JSON in UTF-8, and is not UTF-8"))?;
    let Change { decision, by } = decision(public, &gig, &text)?;
    let hired = match &by {
        Some(what) => Some(meant(public, &gig, what).await?),
        None => None,
    };
    let decided =
        public.intake.decide(id, Some(gig.revision), &decision).await.map_err(|fault| Problem::store(&fault))?;
    let gig = match decided {
        Decided::Done(gig) => gig,
        Decided::Same(gig) => {
            public.ledger.barrier().await.map_err(|fault| Problem::store(&fault))?;
            gig
        }
        Decided::Outdated(gig) => return Err(outdated(&gig)),
        Decided::Refused(why) => return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.said)),
        Decided::Unknown => return Err(nowhere(public, id).await),
    };
    if let Some(whom) = hired {
        let hired = hiring::hire(public, &gig, whom).await.map_err(|fault| Problem::store(&fault))?;
        if matches!(hired, Hiring::Denied(_)) {
            return Err(Problem::new(StatusCode::CONFLICT, hiring::DENIED).field("filled_by"));
        }
    }
    let answer = json!({
        "id": gig.id,
        "url": format!("{}/g/{}", visitor.base, gig.id),
        "revision": gig.revision,
        "status": gig.status,
    });
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::ETAG, etag(gig.revision))];
    Ok((headers, answer.to_string()).into_response())
}

/// Nothing for `*`: whatever it is.
fn read_revision(headers: &HeaderMap) -> Result<Option<Revision>, Problem> {
    let Some(written) = headers.get(header::IF_MATCH) else {
        let said = "name the revision you have read, so that nobody's change is lost: `If-Match: \"<revision>\"`";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, said));
    };
    let written = written.to_str().unwrap_or_default().trim();
    if written == "*" {
        return Ok(None);
    }
    let number = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|n| n.parse().ok());
    number.map(|number| Some(Revision(number))).ok_or_else(|| {
        let said = "`If-Match` should be the gig's ETag: its revision in quotes, as in \"3\"";
        Problem::new(StatusCode::BAD_REQUEST, said).field("If-Match")
    })
}

/// What a request asks for.
struct Change {
    decision: Decision,
    /// Whom the poster hired.
    by: Option<String>,
}

impl From<Decision> for Change {
    fn from(decision: Decision) -> Self {
        Self { decision, by: None }
    }
}

async fn meant(public: &Public, gig: &Gig, what: &str) -> Result<Party, Problem> {
    let meant = hiring::meant(public, gig, what).await.map_err(|fault| Problem::store(&fault))?;
    meant.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why).field("filled_by"))
}

fn decision(public: &Public, gig: &Gig, text: &str) -> Result<Change, Problem> {
    let unreadable = |error: serde_json::Error| {
        Problem::new(StatusCode::BAD_REQUEST, format!("the body should be a JSON object: {error}"))
    };
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).map_err(unreadable)?;
    if let Some(status) = fields.get("status") {
        let by = match fields.get("filled_by") {
            None => None,
            Some(serde_json::Value::String(by)) if status == "filled" && !by.trim().is_empty() => Some(by.clone()),
            Some(_) => {
                let said = "`filled_by` should be a handle, a name or an id, and goes with `status` \"filled\" alone";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, said).field("filled_by"));
            }
        };
        if fields.len() > 1 + usize::from(by.is_some()) {
            let said = "`status` is changed alone: send the other fields in a request of their own";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, said).field("status"));
        }
        return match status.as_str() {
            Some("filled") => Ok(Change { decision: Decision::Fill, by }),
            Some("withdrawn") => Ok(Decision::Withdraw.into()),
            Some("open") => Ok(Decision::Reopen.into()),
            _ => {
                let said = "`status` should be \"filled\", \"withdrawn\" or \"open\"";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, said).field("status"))
            }
        };
    }
    let written = written::changed(&gig.terms, text, Written::Json)?;
    let terms = public.intake.terms_of(&written.sighting(Some(&gig.native)), gig);
    let terms = terms.map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why.said))?;
    Ok(Decision::Edit(Box::new(terms)).into())
}
