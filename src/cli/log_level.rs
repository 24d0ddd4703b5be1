//! `gigcast log-level`: makes a running gigcast tell more or less, without a restart.

use super::client::Client;
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form};
use crate::web::admin::LevelAsked;
use crate::web::admin::answers::Done;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A level for all, as in `debug`, or for a subject, as in `outbox=trace`; it holds until gigcast ends. Without one, the present level is told
    #[arg(conflicts_with = "reset")]
    level: Option<String>,
    /// Back to what the configuration says
    #[arg(long)]
    reset: bool,
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    if options.level.is_none() && !options.reset {
        return done(&Client::find(loaded)?.get("/api/log-level")?, form);
    }
    let asked = LevelAsked { change: options.level.clone() };
    let body = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    let answer: Done = Client::find(loaded)?.post("/api/log-level", &body)?;
    done(&answer, form)
}
