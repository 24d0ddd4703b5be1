//! The operator's side: health, and everything the command line asks a running gigcast.
//!
//! It listens where only the operator can reach it. Health is for anyone who can; all else wants the token that `run` leaves in the data
//! directory, readable by its owner alone. A request must also name this machine as its host: a web page that points its own
//! name at 127.0.0.1 is refused.

mod guard;
mod tail;

pub use guard::{Guard, TOKEN_FILE};
pub use tail::{Line, Tail};

use super::Health;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use std::sync::Arc;

/// What the operator's side is made of.
#[derive(Debug, Clone)]
pub struct Admin {
    pub guard: Arc<Guard>,
    pub health: Arc<dyn Health>,
    pub tail: Tail,
}

pub fn router(admin: Admin) -> Router {
    let open = Router::new().route("/healthz", get(alive)).route("/readyz", get(ready));
    let guard = Arc::clone(&admin.guard);
    open.with_state(admin).layer(from_fn_with_state(guard, guard::host))
}

/// The process answers.
async fn alive() -> &'static str {
    "alive\n"
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
