//! `gigcast logs`: what the running gigcast said last, and says from now on.

use super::client::Client;
use super::settings::Loaded;
use super::{Failed, Form, logging, say};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Go on with each new line until interrupted
    #[arg(long, short)]
    follow: bool,
    /// So many of the last lines
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    lines: usize,
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let path = format!("/api/logs?lines={}&follow={}", options.lines, options.follow);
    for line in Client::find(loaded)?.lines(&path)? {
        match form {
            Form::Json => say(&format!("{line}\n"))?,
            Form::Text => say(&format!("{}\n", logging::text_of(&line)))?,
        }
    }
    Ok(())
}
