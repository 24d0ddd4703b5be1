//! `gigcast logs`: what the running gigcast said last, and says from now on.
//!
//! Following goes on over drops and restarts: it comes back by itself with the id of the last line it has, and tells what is missing.

use super::client::{Client, segment};
use super::settings::Loaded;
use super::{Failed, Form, logging, say};
use crate::config::LogLevel;
use std::io::{BufRead, Write};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Go on with each new line until interrupted
    #[arg(long, short)]
    follow: bool,
    /// So many of the last lines
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    lines: usize,
    /// Only about this gig, by its id
    #[arg(long, value_name = "ID")]
    gig: Option<String>,
    /// Only about this account, by its id or its handle
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Only about accounts of this network
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// Only about this source, by its name
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Only this event, as in `delivery.dead`, or those of one subject, as in `delivery`
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Only what weighs so much, or more
    #[arg(long, value_name = "LEVEL", value_parser = LogLevel::ALL.map(LogLevel::word))]
    level: Option<String>,
    /// Only lines with these words, in upper or lower case
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
}

/// Between two tries to come back.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let path = options.path();
    if !options.follow {
        for line in Client::find(loaded)?.lines(&path)? {
            show(&line, form)?;
        }
        return Ok(());
    }
    let mut had = None;
    let client = Client::find(loaded)?;
    follow(&client, &path, form, &mut had)?;
    loop {
        let client = back(loaded)?;
        match follow(&client, &path, form, &mut had) {
            // One that is about to stop takes the call and does not answer it.
            Err(failed) if failed.code == Failed::UNAVAILABLE => std::thread::sleep(PAUSE),
            followed => followed?,
        }
    }
}

/// Until the connection ends, for whatever reason.
fn follow(client: &Client, path: &str, form: Form, had: &mut Option<String>) -> Result<(), Failed> {
    let (mut id, mut kind) = (None, String::new());
    let stream = client.stream(path, had.as_deref())?;
    for line in stream.lines().map_while(Result::ok) {
        match line.split_once(": ") {
            Some(("id", value)) => id = Some(value.to_owned()),
            Some(("event", value)) => value.clone_into(&mut kind),
            Some(("data", _)) if kind == "cut" => {}
            Some(("data", said)) => {
                show(said, form)?;
                if let Some(id) = id.take() {
                    *had = Some(id);
                }
            }
            _ if line.is_empty() => kind.clear(),
            _ => {}
        }
    }
    Ok(())
}

/// The gigcast that runs now, as soon as one does.
fn back(loaded: &Loaded) -> Result<Client, Failed> {
    let mut told = false;
    loop {
        // What cannot be reached just now is waited for; what was broken before the first line has been told by then.
        if let Ok(Some(client)) = Client::running(loaded) {
            return Ok(client);
        }
        if !told {
            let _ = writeln!(anstream::stderr(), "gigcast: it is not running any more; waiting for it to come back");
            told = true;
        }
        std::thread::sleep(PAUSE);
    }
}

fn show(line: &str, form: Form) -> Result<(), Failed> {
    match form {
        Form::Json => say(&format!("{line}\n")),
        Form::Text => say(&format!("{}\n", logging::text_of(line))),
    }
}

impl Options {
    fn path(&self) -> String {
        let asked = [
            ("gig", &self.gig),
            ("account", &self.account),
            ("network", &self.network),
            ("source", &self.source),
            ("event", &self.event),
            ("level", &self.level),
            ("text", &self.text),
        ];
        let mut path = format!("/api/logs?lines={}&follow={}", self.lines, self.follow);
        for (name, value) in asked {
            path.extend(value.iter().map(|value| format!("&{name}={}", segment(value))));
        }
        path
    }
}
