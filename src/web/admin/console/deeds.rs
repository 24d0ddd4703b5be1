//! The console's buttons: each is one verb of [`Operator`](crate::web::admin::Operator), as a command is. What came of it stands on the page that follows.

use super::door::Said;
use super::{Console, Known, words};
use crate::id::DeliveryId;
use crate::web::admin::answers::{Done, PutRight, When};
use crate::web::admin::{
    BackupAsked, CancelAsked, PauseAsked, PauseOf, Refusal, ReplayAsked, Replaying, Seen, backup, id,
};
use crate::web::look;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::Deserialize;

/// Who did it, as the log and `why` tell.
const BY: &str = "the console";

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/do/retry", post(retry))
        .route("/do/cancel", post(cancel))
        .route("/do/release", post(release))
        .route("/do/pause", post(pause))
        .route("/do/resume", post(resume))
        .route("/do/replay", post(replay))
        .route("/do/backup", post(back_up))
        .route("/do/confirm-clock", post(confirm_clock))
}

type Asker = Extension<Known>;

/// Notes what came of it for this browser, and leads back to the page that the button stood on.
fn back(console: &Console, asker: Asker, page: &str, came: Result<String, Refusal>) -> Redirect {
    let Extension(Known(key)) = asker;
    let said = match came {
        Ok(words) => Said { words, refused: false },
        Err(refusal) => Said { words: words(refusal), refused: true },
    };
    console.door.note(&key, said);
    Redirect::to(&format!("{}#said", look::within(page, "/")))
}

/// The sentence of each that was looked at, where they are few, else their sum.
fn told(right: PutRight) -> String {
    match right.lines.as_slice() {
        [one] => one.said.clone(),
        _ => right.said,
    }
}

#[derive(Debug, Deserialize)]
struct What {
    what: String,
    /// Of a release: where the post stands; empty when it stands nowhere.
    #[serde(default)]
    address: String,
    /// The page that the button stood on, the console where it does not say.
    #[serde(default)]
    back: String,
}

async fn retry(State(console): State<Console>, asker: Asker, Form(asked): Form<What>) -> Redirect {
    let came = console.admin.operator.retry(&asked.what).await.map(told);
    back(&console, asker, &asked.back, came)
}

async fn cancel(State(console): State<Console>, asker: Asker, Form(asked): Form<What>) -> Redirect {
    let why = CancelAsked { why: Some(format!("by {BY}")) };
    let came = console.admin.operator.cancel(&asked.what, why).await.map(told);
    back(&console, asker, &asked.back, came)
}

async fn release(State(console): State<Console>, asker: Asker, Form(asked): Form<What>) -> Redirect {
    let seen = match asked.address.trim() {
        "" => Seen::NotThere,
        address => Seen::There { address: address.to_owned() },
    };
    let came = match id::<DeliveryId>(&asked.what) {
        Ok(delivery) => console.admin.operator.release(delivery, seen).await.map(|Done { said, .. }| said),
        Err(refusal) => Err(refusal),
    };
    back(&console, asker, &asked.back, came)
}

/// What a form pauses or resumes: one of the words of [`kind`], and its name where it has one.
#[derive(Debug, Deserialize)]
struct Switch {
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    back: String,
}

impl Switch {
    fn asked(self) -> Result<PauseAsked, Refusal> {
        let what = match self.kind.as_str() {
            "all" => PauseOf::All,
            "network" => PauseOf::Network(self.name),
            "host" => PauseOf::Host(self.name),
            "source" => PauseOf::Source(self.name),
            "account" => PauseOf::Account(self.name),
            other => return Err(Refusal::Refused(format!("nothing called `{other}` can be paused"))),
        };
        Ok(PauseAsked { what, by: Some(BY.to_owned()), why: Some(self.why).filter(|why| !why.trim().is_empty()) })
    }
}

/// How a form writes what is paused: its kind and its name.
pub(super) fn kind(of: &PauseOf) -> (&'static str, &str) {
    match of {
        PauseOf::All => ("all", ""),
        PauseOf::Network(name) => ("network", name),
        PauseOf::Host(name) => ("host", name),
        PauseOf::Source(name) => ("source", name),
        PauseOf::Account(name) => ("account", name),
    }
}

async fn pause(State(console): State<Console>, asker: Asker, Form(switch): Form<Switch>) -> Redirect {
    let page = switch.back.clone();
    let came = match switch.asked() {
        Ok(asked) => console.admin.operator.pause(asked).await.map(|Done { said, .. }| said),
        Err(refusal) => Err(refusal),
    };
    back(&console, asker, &page, came)
}

async fn resume(State(console): State<Console>, asker: Asker, Form(switch): Form<Switch>) -> Redirect {
    let page = switch.back.clone();
    let came = match switch.asked() {
        Ok(asked) => console.admin.operator.resume(asked).await.map(|Done { said, .. }| said),
        Err(refusal) => Err(refusal),
    };
    back(&console, asker, &page, came)
}

/// What the page of a replay shows, and its button asks for.
#[derive(Debug, Deserialize)]
struct Replay {
    since: When,
    until: When,
    /// Empty for all of them.
    #[serde(default)]
    network: String,
}

async fn replay(State(console): State<Console>, asker: Asker, Form(asked): Form<Replay>) -> Redirect {
    let network = Some(asked.network).filter(|network| !network.is_empty());
    let (since, until) = (asked.since, Some(asked.until));
    let asked = ReplayAsked { since, until, network, account: None, replay: Replaying::Now };
    let came = console.admin.operator.replay(asked).await.map(|PutRight { said, .. }| said);
    back(&console, asker, "/", came)
}

/// A file to keep, as it is read out of the store. Without the vault's key: a browser's downloads are no place for it.
async fn back_up(State(console): State<Console>, asker: Asker) -> Response {
    let day = console.door.clock.now().to_jiff().strftime("%Y-%m-%d-%H%M");
    match console.admin.operator.backup(BackupAsked { with_key: false }).await {
        Ok(pieces) => {
            let name = format!("attachment; filename=\"gigcast-{day}.backup\"");
            ([(header::CONTENT_DISPOSITION, name)], backup::file(pieces)).into_response()
        }
        Err(refusal) => back(&console, asker, "/", Err(refusal)).into_response(),
    }
}

async fn confirm_clock(State(console): State<Console>, asker: Asker) -> Redirect {
    let came = console.admin.operator.confirm_clock().await.map(|Done { said, .. }| said);
    back(&console, asker, "/", came)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_paused_is_resumed_by_what_its_form_says() {
        let name = |of: fn(String) -> PauseOf| of("x".to_owned());
        let all = [name(PauseOf::Network), name(PauseOf::Host), name(PauseOf::Source), name(PauseOf::Account)];
        for of in all.into_iter().chain([PauseOf::All]) {
            let (kind, name) = kind(&of);
            let switch =
                Switch { kind: kind.to_owned(), name: name.to_owned(), why: " ".to_owned(), back: String::new() };
            assert_eq!(switch.asked().unwrap(), PauseAsked { what: of, by: Some(BY.to_owned()), why: None });
        }
        let switch = Switch { kind: "world".to_owned(), name: String::new(), why: String::new(), back: String::new() };
        assert!(switch.asked().is_err());
    }
}
