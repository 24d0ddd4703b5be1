//! The operator's side: health, and everything the command line asks a running gigcast.
//!
//! It listens where only the operator can reach it. Health is for anyone who can; all else wants the token that `run` leaves in the data
//! directory, readable by its owner alone. A request must also name this machine as its host: a web page that points its own
//! name at 127.0.0.1 is refused.

pub mod answers;
mod backup;
mod communities;
mod console;
mod guard;
mod levels;
mod metrics;
mod operator;
mod right;
mod standing;
mod stream;
mod tail;
mod vouches;

pub use crate::vault::random_token;
pub use communities::{CommunityAsked, CommunityLine, CommunityView, InvitedLine, MemberLine};
pub use guard::{Guard, TOKEN_FILE};
pub use levels::{LevelAsked, Loudness};
pub use operator::{
    Answer, AnswerTo, BackupAsked, BeginLinkAsked, CancelAsked, DecideAsked, FollowAsked, Format, InviteAsked,
    LinkAsked, Operator, PasteAsked, PauseAsked, PauseOf, PlanAsked, Planning, PostAsked, Refusal, ReplayAsked,
    Replaying, Seen, StandsAsked, WhoAsked, WrittenFile,
};
pub use tail::{Filter, Followed, Line, Tail};
pub use vouches::{BringAsked, IssuerAsked};

use super::Health;
use super::approval::{Approval, Declined};
use crate::id::{DeliveryId, GigId};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::str::FromStr;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the operator's side is made of.
#[derive(Debug, Clone)]
pub struct Admin {
    pub guard: Arc<Guard>,
    pub health: Arc<dyn Health>,
    pub operator: Arc<dyn Operator>,
    pub tail: Tail,
    /// Ends what would else go on for ever.
    pub stop: CancellationToken,
}

/// A gig file, or a token: nothing asked here is longer.
const ASKED_BYTES: usize = 2 * 1024 * 1024;
const GIGS_SHOWN: usize = 50;

pub fn router(admin: Admin) -> Router {
    let door = Arc::new(console::Door::default());
    let open = Router::new().route("/healthz", get(alive)).route("/readyz", get(ready));
    let closed = Router::new()
        .route("/api/status", get(async |State(a): State<Admin>| answer(a.operator.status().await)))
        .route("/api/gigs", get(gigs))
        .route("/api/gigs/{id}", get(gig))
        .route("/api/accounts", get(async |State(a): State<Admin>| answer(a.operator.accounts().await)))
        .route("/api/deliveries/{which}", get(deliveries))
        .route("/api/release/{id}", post(release))
        .route("/api/review/{id}", get(review))
        .route("/api/approve/{id}", post(approve))
        .route("/api/decline/{id}", post(decline))
        .route("/api/why/{what}", get(why))
        .route("/api/who", post(who))
        .route("/api/who/cut", post(cut))
        .route("/api/person/{what}", get(person))
        .route("/api/person/{what}/vouches", get(vouches))
        .route("/api/forget/{what}", post(forget))
        .route("/api/link", post(link))
        .route("/api/link/begin", post(begin_link))
        .route("/api/link/stands", post(link_stands))
        .route("/api/link/paste", post(paste_code))
        .route("/api/invite", post(invite))
        .route("/api/unlink/{account}", post(unlink))
        .merge(right::routes())
        .merge(communities::routes())
        .merge(console::asked_for(&door))
        .merge(vouches::routes())
        .route("/api/follow/{account}", post(follow))
        .route("/api/plan", post(plan))
        .route("/api/post", post(hand_in))
        .route("/api/decide/{id}", post(decide))
        .route("/api/token/{poster}", post(token))
        .route("/api/confirm-clock", post(async |State(a): State<Admin>| answer(a.operator.confirm_clock().await)))
        .route("/api/check", post(async |State(a): State<Admin>| answer(a.operator.check().await)))
        .route("/api/backup", post(backup::take))
        .route("/metrics", get(metrics::scrape))
        .route("/api/logs", get(stream::logs))
        .route("/api/log-level", get(stream::level_now).post(stream::level))
        .layer(from_fn_with_state(Arc::clone(&admin.guard), guard::token));
    let guard = Arc::clone(&admin.guard);
    open.merge(closed)
        .merge(console::routes(&admin, &door))
        .with_state(admin)
        .layer(DefaultBodyLimit::max(ASKED_BYTES))
        .layer(from_fn_with_state(guard, guard::host))
}

fn answer<T: serde::Serialize>(answered: Result<T, Refusal>) -> Response {
    match answered {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn read<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refusal> {
    body.map(|Json(asked)| asked).map_err(|wrong| Refusal::Refused(wrong.body_text()))
}

fn id<I: FromStr<Err = crate::id::BadId>>(written: &str) -> Result<I, Refusal> {
    written.parse().map_err(|bad: crate::id::BadId| Refusal::Refused(bad.to_string()))
}

/// The process answers.
async fn alive() -> &'static str {
    super::ALIVE
}

/// 200 when gigcast does its work; 503 with one sentence a line when it does not.
async fn ready(State(admin): State<Admin>) -> (StatusCode, String) {
    let ailments = admin.health.ailments().await;
    if ailments.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, ailments.join("\n") + "\n")
    }
}

#[derive(Debug, Deserialize)]
struct HowMany {
    limit: Option<usize>,
}

async fn gigs(State(admin): State<Admin>, Query(asked): Query<HowMany>) -> Response {
    answer(admin.operator.gigs(asked.limit.unwrap_or(GIGS_SHOWN)).await)
}

async fn gig(State(admin): State<Admin>, Path(written): Path<String>) -> Response {
    match id::<GigId>(&written) {
        Ok(id) => answer(admin.operator.gig(id).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn deliveries(State(admin): State<Admin>, Path(which): Path<answers::Which>) -> Response {
    answer(admin.operator.deliveries(which).await)
}

async fn release(
    State(admin): State<Admin>,
    Path(written): Path<String>,
    seen: Result<Json<Seen>, JsonRejection>,
) -> Response {
    match id::<DeliveryId>(&written).and_then(|id| Ok((id, read(seen)?))) {
        Ok((id, seen)) => answer(admin.operator.release(id, seen).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn review(State(admin): State<Admin>, Path(written): Path<String>) -> Response {
    match id::<DeliveryId>(&written) {
        Ok(id) => answer(admin.operator.review(id).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn approve(
    State(admin): State<Admin>,
    Path(written): Path<String>,
    asked: Result<Json<Approval>, JsonRejection>,
) -> Response {
    match id::<DeliveryId>(&written).and_then(|id| Ok((id, read(asked)?))) {
        Ok((id, asked)) => answer(admin.operator.approve(id, asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn decline(
    State(admin): State<Admin>,
    Path(written): Path<String>,
    asked: Result<Json<Declined>, JsonRejection>,
) -> Response {
    match id::<DeliveryId>(&written).and_then(|id| Ok((id, read(asked)?))) {
        Ok((id, asked)) => answer(admin.operator.decline(id, asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Reader {
    zone: Option<String>,
}

async fn why(State(admin): State<Admin>, Path(what): Path<String>, Query(reader): Query<Reader>) -> Response {
    match reader.zone.as_deref().map_or(Ok(TimeZone::UTC), TimeZone::get) {
        Ok(zone) => answer(admin.operator.why(&what, zone).await),
        Err(_) => Refusal::Refused("there is no such time zone: write its IANA name, as in Europe/Berlin".to_owned())
            .into_response(),
    }
}

async fn who(State(admin): State<Admin>, asked: Result<Json<WhoAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.who(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn cut(State(admin): State<Admin>, asked: Result<Json<WhoAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.cut(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn person(State(admin): State<Admin>, Path(what): Path<String>) -> Response {
    answer(admin.operator.person(&what).await)
}

async fn vouches(State(admin): State<Admin>, Path(what): Path<String>) -> Response {
    answer(admin.operator.vouches(&what).await)
}

async fn forget(State(admin): State<Admin>, Path(what): Path<String>) -> Response {
    answer(admin.operator.forget(&what).await)
}

async fn link(State(admin): State<Admin>, asked: Result<Json<LinkAsked>, JsonRejection>) -> Response {
    match asked {
        Ok(Json(asked)) => answer(admin.operator.link(asked).await),
        // The reader's own words may quote the body, which holds a secret.
        Err(_) => Refusal::Refused("this is no request to link an account".to_owned()).into_response(),
    }
}

async fn begin_link(State(admin): State<Admin>, asked: Result<Json<BeginLinkAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.begin_link(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

/// These two hold secrets as well.
async fn link_stands(State(admin): State<Admin>, asked: Result<Json<StandsAsked>, JsonRejection>) -> Response {
    match asked {
        Ok(Json(asked)) => answer(admin.operator.link_stands(asked.attempt).await),
        Err(_) => Refusal::Refused("this is no question how a link stands".to_owned()).into_response(),
    }
}

async fn paste_code(State(admin): State<Admin>, asked: Result<Json<PasteAsked>, JsonRejection>) -> Response {
    match asked {
        Ok(Json(asked)) => answer(admin.operator.paste_code(asked).await),
        Err(_) => Refusal::Refused("this is no code to link an account with".to_owned()).into_response(),
    }
}

async fn invite(State(admin): State<Admin>, asked: Result<Json<InviteAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.invite(&asked.poster).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn unlink(State(admin): State<Admin>, Path(account): Path<String>) -> Response {
    answer(admin.operator.unlink(&account).await)
}

async fn follow(
    State(admin): State<Admin>,
    Path(account): Path<String>,
    asked: Result<Json<FollowAsked>, JsonRejection>,
) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.follow(&account, asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn plan(State(admin): State<Admin>, asked: Result<Json<PlanAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.plan(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn hand_in(State(admin): State<Admin>, asked: Result<Json<PostAsked>, JsonRejection>) -> Response {
    match read(asked) {
        Ok(asked) => answer(admin.operator.post(asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn decide(
    State(admin): State<Admin>,
    Path(written): Path<String>,
    asked: Result<Json<DecideAsked>, JsonRejection>,
) -> Response {
    match id::<GigId>(&written).and_then(|id| Ok((id, read(asked)?))) {
        Ok((id, asked)) => answer(admin.operator.decide(id, asked).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn token(State(admin): State<Admin>, Path(poster): Path<String>) -> Response {
    answer(admin.operator.token(&poster).await)
}
