//! `gigcast doctor`: what commonly keeps an install from working, looked at one by one, each with what to do.
//!
//! It needs no running daemon, since a daemon that does not start is what people come here with; where one runs, it is asked how it is.
//! It changes nothing. Sources and accounts are for `gigcast check`: they are other people's machines.

mod keeping;
mod reach;

use super::client::Client;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json, show};
use crate::web::admin::answers::{Checked, Verdict};

fn finding(what: &str, verdict: Verdict, said: impl Into<String>) -> Checked {
    Checked { what: what.to_owned(), verdict, said: said.into() }
}

pub(super) fn run(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let bar = patience("Looking this install over");
    let found = looked_over(loaded);
    bar.finish_and_clear();
    let trouble = found.iter().filter(|line| line.verdict == Verdict::Wrong).count();
    match form {
        Form::Json => say_json(&found)?,
        Form::Text => say(&format!("{}\n{}\n", show::checked(&found), summed(trouble)))?,
    }
    if trouble > 0 { Err(Failed::silent(1)) } else { Ok(()) }
}

fn summed(trouble: usize) -> String {
    match trouble {
        0 => "Nothing is wrong here. `gigcast check` asks every source and account as well.".to_owned(),
        1 => "One thing is wrong: see the line marked wrong.".to_owned(),
        n => format!("{n} things are wrong; mend them from the top, since one often comes of another."),
    }
}

fn looked_over(loaded: &Loaded) -> Vec<Checked> {
    let mut found = vec![match &loaded.file {
        Some(file) => finding("configuration", Verdict::Fine, format!("{} can be used", file.display())),
        None => finding(
            "configuration",
            Verdict::Note,
            "there is no gigcast.toml here and none was named, so all is as by default: name one with --config",
        ),
    }];
    found.extend(keeping::looked_over(&loaded.config));
    let daemon = Client::running(loaded);
    let runs = matches!(daemon, Ok(Some(_)));
    found.extend(how_it_is(daemon, loaded));
    found.extend(reach::looked_over(&loaded.config, runs));
    found
}

/// What the daemon says of itself.
fn how_it_is(daemon: Result<Option<Client>, Failed>, loaded: &Loaded) -> Vec<Checked> {
    let wrong = |said: String| vec![finding("daemon", Verdict::Wrong, said)];
    match daemon.and_then(|running| running.map(|client| client.ailments()).transpose()) {
        Ok(None) => {
            let said = format!("none runs on {}: start it with `{}`", shown_dir(loaded), loaded.start_command());
            vec![finding("daemon", Verdict::Note, said)]
        }
        Ok(Some(ailments)) if ailments.is_empty() => {
            vec![finding("daemon", Verdict::Fine, "it runs, and does its work")]
        }
        Ok(Some(ailments)) => ailments.into_iter().map(|said| finding("daemon", Verdict::Wrong, said)).collect(),
        Err(failed) => wrong(failed.to_string()),
    }
}

fn shown_dir(loaded: &Loaded) -> String {
    loaded.config.store.data_dir.display().to_string()
}

/// `gigcast ready`: for a container's health check and for scripts.
pub(super) fn ready(loaded: &Loaded) -> Result<(), Failed> {
    let ailments = Client::find(loaded)?.ailments()?;
    if ailments.is_empty() { say("ready\n") } else { Err(Failed::new(ailments.join("\n"))) }
}
