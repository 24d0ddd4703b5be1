//! `gigcast link`: an account is linked once, and gigcast remembers.
//!
//! The token is asked for without showing it, or read from a pipe. It is never an argument: those stand in the shell's history
//! and in the list of processes.

use super::client::Client;
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form, patience};
use crate::networks;
use crate::profile::GrantShape;
use crate::secret::Secret;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The network
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(names()))]
    network: String,
    /// Whose account it is: the name that sources use too
    #[arg(long, value_name = "NAME")]
    poster: String,
    /// Where the account lives, as in https://social.example; needed on networks of many servers
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The account's handle, on networks that ask for it
    #[arg(long, value_name = "HANDLE")]
    identifier: Option<String>,
}

fn names() -> Vec<&'static str> {
    // They live as long as the process, which clap asks for.
    networks::ids().into_iter().map(|id| &*id.leak()).collect()
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    let registry = networks::registry();
    let shape = registry.get(&options.network).map(|network| network.profile().grant);
    let wanted = match shape {
        Some(GrantShape::Refreshing { .. }) => "App password",
        Some(GrantShape::Token) | None => "Access token",
    };
    let secret = read_secret(wanted)?;
    let body = serde_json::json!({
        "network": options.network,
        "poster": options.poster,
        "server": options.server.as_deref().unwrap_or_default(),
        "identifier": options.identifier.as_deref().unwrap_or_default(),
        "secret": secret.expose(),
    });
    let bar = patience("Asking the network whose it is");
    let answer = client.post("/api/link", &body.to_string());
    bar.finish_and_clear();
    done(&answer?, form)
}

/// From a terminal without showing it, else the first line that is piped in.
fn read_secret(wanted: &str) -> Result<Secret, Failed> {
    let stdin = io::stdin();
    let unread = |cause: io::Error| Failed::new(format!("nothing could be read: {cause}"));
    let mut line = zeroize::Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let shown = tcgetattr(&stdin).map_err(|cause| unread(cause.into()))?;
        let mut hidden = shown.clone();
        hidden.local_modes -= LocalModes::ECHO;
        hidden.local_modes |= LocalModes::ECHONL;
        tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|cause| unread(cause.into()))?;
        // Only now: what is pasted the moment it is asked for must neither show nor get lost.
        let _ = write!(io::stderr(), "{wanted} (not shown): ");
        let read = stdin.read_line(&mut line);
        tcsetattr(&stdin, OptionalActions::Flush, &shown).map_err(|cause| unread(cause.into()))?;
        read.map_err(unread)?;
    } else {
        stdin.read_line(&mut line).map_err(unread)?;
    }
    let secret = Secret::new(line.trim());
    if secret.is_empty() {
        let wanted = wanted.to_lowercase();
        return Err(Failed::new(format!("no {wanted} was given: type it when asked, or pipe it in as one line")));
    }
    Ok(secret)
}
