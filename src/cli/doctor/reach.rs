//! Who reaches whom: whether our ports are free or ours, and whether the public address leads here and not somewhere else.

use super::finding;
use crate::cli::run::runtime;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::Config;
use crate::daemon::assemble;
use crate::ports::{Request, Response, Wire};
use crate::web::ALIVE;
use crate::web::admin::answers::{Checked, Verdict};
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// More than this between our clock and that of what stands before us is worth a word.
const CLOCKS_APART: Duration = Duration::from_secs(30);

pub(super) fn looked_over(config: &Config, runs: bool) -> Vec<Checked> {
    let mut found = Vec::new();
    if !runs {
        found.push(port("server.listen", config.server.listen));
        found.push(port("server.admin_listen", config.server.admin_listen));
    }
    if !config.server.admin_listen.ip().is_loopback() {
        let said = format!(
            "the operator's side listens at {}, where other machines can reach it: bind it to 127.0.0.1 and come by SSH",
            config.server.admin_listen
        );
        found.push(finding("server.admin_listen", Verdict::Note, said));
    }
    found.extend(public(config, runs));
    found
}

/// Whether `run` could listen there. Binding and letting go tells, and leaves nothing.
fn port(key: &str, at: SocketAddr) -> Checked {
    match TcpListener::bind(at) {
        Ok(_) => finding(key, Verdict::Fine, format!("{at} is free")),
        Err(cause) => {
            let said = match cause.kind() {
                ErrorKind::AddrInUse => {
                    format!("another program listens at {at}: stop it, or set {key} to another port")
                }
                ErrorKind::PermissionDenied => {
                    format!(
                        "this user may not listen at {at}: ports below 1024 are the proxy's; set {key} to one above"
                    )
                }
                ErrorKind::AddrNotAvailable => {
                    format!("{at} is no address of this machine: set {key} to one, or to 127.0.0.1")
                }
                _ => format!("gigcast cannot listen at {at}: {cause}"),
            };
            finding(key, Verdict::Wrong, said)
        }
    }
}

fn public(config: &Config, runs: bool) -> Vec<Checked> {
    let what = "server.public_url";
    let Some(url) = &config.server.public_url else {
        let said = "it is empty: posts link to where one applies instead of to the gig's page, and nobody can sign in from elsewhere";
        return vec![finding(what, Verdict::Note, said)];
    };
    if !runs {
        return vec![finding(what, Verdict::Note, format!("{url} was not tried, since no gigcast runs"))];
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let answered = assemble::wire(config, Arc::clone(&clock)).map_err(|wrong| wrong.to_string()).and_then(|wire| {
        let runtime = runtime().map_err(|failed| failed.to_string())?;
        let wire: &dyn Wire = &wire;
        runtime.block_on(wire.send(Request::get(format!("{url}/healthz")))).map_err(|failure| failure.why().to_string())
    });
    match answered {
        Ok(answer) => led_to(url, &answer, clock.now()),
        Err(why) => {
            let said = format!(
                "{url} cannot be reached from here: {why}. If the world reaches it nevertheless, all is well; else look at DNS, the proxy and its certificate"
            );
            vec![finding(what, Verdict::Note, said)]
        }
    }
}

/// What the answer to `/healthz` tells.
fn led_to(url: &str, answer: &Response, now: Timestamp) -> Vec<Checked> {
    let what = "server.public_url";
    let mut found = vec![if answer.status == 200 && answer.body == ALIVE {
        finding(what, Verdict::Fine, format!("{url} leads here"))
    } else {
        let said = format!(
            "something else answers at {url} (status {}): let the proxy pass its requests on to server.listen, path and all",
            answer.status
        );
        finding(what, Verdict::Wrong, said)
    }];
    if url.starts_with("http://") {
        let said = format!(
            "{url} is not encrypted: networks refuse to link accounts by it; put a proxy with TLS before gigcast"
        );
        found.push(finding(what, Verdict::Note, said));
    }
    let date = answer.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let theirs = date.map(|date| Timestamp::from_jiff(date.timestamp()));
    if let Some(theirs) = theirs
        && theirs.since(now).max(now.since(theirs)) > CLOCKS_APART
    {
        let said = format!("its clock says {theirs} and ours {now}: let a time service keep both");
        found.push(finding("clock", Verdict::Wrong, said));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    /// What was found at this address, as `what`, the verdict and the first words.
    fn found(url: &str, status: u16, body: &'static str, date: &str) -> Vec<(String, Verdict)> {
        let answer = Response::saying(status, body).under(&[("date", date)]);
        led_to(url, &answer, NOON).into_iter().map(|found| (found.what, found.verdict)).collect()
    }

    #[test]
    fn where_the_public_address_leads_is_told_by_what_answers_there() {
        let (https, http) = ("https://gigs.example", "http://gigs.example");
        let (right, late) = ("Sat, 21 Nov 2026 12:00:20 +0000", "Sat, 21 Nov 2026 12:05:00 +0000");
        let url = |verdict| ("server.public_url".to_owned(), verdict);
        assert_eq!(found(https, 200, ALIVE, right), [url(Verdict::Fine)]);
        assert_eq!(found(https, 200, "a page of somebody else's", right), [url(Verdict::Wrong)]);
        assert_eq!(found(https, 502, ALIVE, right), [url(Verdict::Wrong)]);
        assert_eq!(found(http, 200, ALIVE, right), [url(Verdict::Fine), url(Verdict::Note)]);
        assert_eq!(found(https, 200, ALIVE, late), [url(Verdict::Fine), ("clock".to_owned(), Verdict::Wrong)]);
    }
}
