//! `gigcast link`: an account is linked once, and gigcast remembers.
//!
//! On a terminal the person gets an address to open in a browser, on this machine or another, and the command waits for what comes of it. A
//! token, an app password or a code is asked for without showing it, or read from a pipe. It is never an argument: those stand in
//! the shell's history and in the list of processes.

use super::client::Client;
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form, patience};
use crate::networks;
use crate::profile::GrantShape;
use crate::secret::Secret;
use crate::web::admin::answers::{LinkBegun, LinkStands};
use crate::web::admin::{AnswerTo, BeginLinkAsked};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

/// How often the daemon is asked whether the person has said yes. One that is not asked any more forgets what was begun: a command that was
/// stopped leaves nothing behind.
const ASKED_EVERY: Duration = Duration::from_secs(1);

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
    /// Open an address in a browser and wait for the answer; so it is on a terminal when nothing else is said
    #[arg(long, group = "way")]
    browser: bool,
    /// Open an address in a browser anywhere, and copy the code that the network shows there
    #[arg(long, group = "way")]
    paste: bool,
    /// Enter an access token or an app password; so it is when it is piped in
    #[arg(long, group = "way")]
    secret: bool,
}

fn names() -> Vec<&'static str> {
    // They live as long as the process, which clap asks for.
    networks::ids().into_iter().map(|id| &*id.leak()).collect()
}

pub(super) fn run(loaded: &Loaded, form: Form, options: &Options) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    if options.browser || options.paste || (!options.secret && io::stdin().is_terminal()) {
        return in_browser(&client, form, options);
    }
    let shape = networks::profiles().get(&options.network).map(|profile| profile.grant);
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

fn in_browser(client: &Client, form: Form, options: &Options) -> Result<(), Failed> {
    let asked = BeginLinkAsked {
        network: options.network.clone(),
        poster: options.poster.clone(),
        server: options.server.clone().unwrap_or_default(),
        identifier: options.identifier.clone().unwrap_or_default(),
        answer: if options.paste { AnswerTo::Terminal } else { AnswerTo::Browser },
    };
    let asked = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    let bar = patience("Finding where to go");
    let begun = client.post::<LinkBegun>("/api/link/begin", &asked);
    bar.finish_and_clear();
    let LinkBegun { url, server, attempt } = begun?;
    // Beside the answer, which may be read by a program.
    let _ = writeln!(anstream::stderr(), "Open this address in a browser, and say yes on {server}:\n\n  {url}\n");
    if options.paste {
        let code = read_secret("Code")?;
        let body = serde_json::json!({ "attempt": attempt, "code": code.expose() });
        return done(&client.post("/api/link/paste", &body.to_string())?, form);
    }
    let body = serde_json::json!({ "attempt": attempt }).to_string();
    let bar = patience("Waiting for the answer from the browser");
    let ended = loop {
        match client.post("/api/link/stands", &body) {
            Ok(LinkStands::Waiting) => thread::sleep(ASKED_EVERY),
            Ok(LinkStands::Linked(answer)) => break Ok(answer),
            Ok(LinkStands::Failed { said }) => break Err(Failed::new(said)),
            Err(failed) => break Err(failed),
        }
    };
    bar.finish_and_clear();
    done(&ended?, form)
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
