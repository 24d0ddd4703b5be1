//! `gigcast console`: an address that lets one browser into the operator's console, once.
//!
//! The code in it is made by the running daemon and lives in its memory for a few minutes, so an address that stays behind in a terminal or
//! in a browser's history opens nothing.

use super::client::Client;
use super::settings::Loaded;
use super::{Failed, Form, say, say_json};
use crate::web::admin::answers::ConsoleDoor;

pub(super) fn run(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let door: ConsoleDoor = Client::find(loaded)?.post("/api/console", "")?;
    match form {
        Form::Json => say_json(&door),
        Form::Text => say(&shown(&door)),
    }
}

fn shown(door: &ConsoleDoor) -> String {
    let ConsoleDoor { url, .. } = door;
    format!("Open this in a browser on this machine. It works once, for five minutes:\n  {url}\n")
}
