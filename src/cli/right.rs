//! What puts something right: `pause`, `resume`, `retry`, `cancel`, `replay`, `drain`, `reload`.

use super::client::{Client, segment};
use super::operate::done;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json, show};
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::duration;
use crate::web::admin::answers::{Done, PutRight, When};
use crate::web::admin::{CancelAsked, PauseAsked, PauseOf, ReplayAsked, Replaying};
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Write};

#[derive(Debug, clap::Args)]
pub(super) struct Pause {
    #[command(flatten)]
    what: What,
    /// Why, for the record
    #[arg(long, value_name = "REASON")]
    why: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    #[command(flatten)]
    what: What,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// An account, by its id or its handle, as `gigcast accounts` shows them
    account: Option<String>,
    /// Every account on this network
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// Every account and every source at this host
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// This source, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Everything: nothing is sent, looked at or read back
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Retry {
    /// The id of a delivery or a gig, or an account by its id or handle
    what: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Cancel {
    /// The id of a delivery or a gig
    what: String,
    /// Why, for the record
    #[arg(long, value_name = "REASON")]
    why: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Replay {
    /// Those given up since then: so long ago, as in 24h or 7d, a day as in 2026-11-21, or a moment as in 2026-11-21T09:00:00Z
    #[arg(long, value_name = "WHEN")]
    since: String,
    /// And until then, written in the same ways
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Only on this network
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// Only on this account, by its id or its handle
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Count and list them, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

fn written(asked: &impl Serialize) -> Result<String, Failed> {
    serde_json::to_string(asked).map_err(|cause| Failed::new(cause.to_string()))
}

impl What {
    fn named(&self) -> PauseOf {
        match (&self.account, &self.network, &self.host, &self.source) {
            (Some(account), ..) => PauseOf::Account(account.clone()),
            (_, Some(network), ..) => PauseOf::Network(network.clone()),
            (_, _, Some(host), _) => PauseOf::Host(host.clone()),
            (_, _, _, Some(source)) => PauseOf::Source(source.clone()),
            // The group wants exactly one.
            (None, None, None, None) => PauseOf::All,
        }
    }
}

pub(super) fn pause(loaded: &Loaded, form: Form, options: &Pause) -> Result<(), Failed> {
    let asked = PauseAsked { what: options.what.named(), by: me(), why: options.why.clone() };
    done(&Client::find(loaded)?.post("/api/pause", &written(&asked)?)?, form)
}

pub(super) fn resume(loaded: &Loaded, form: Form, options: &Resume) -> Result<(), Failed> {
    let asked = PauseAsked { what: options.what.named(), by: me(), why: None };
    done(&Client::find(loaded)?.post("/api/resume", &written(&asked)?)?, form)
}

/// Who types, as far as the system says.
fn me() -> Option<String> {
    std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).ok()
}

pub(super) fn retry(loaded: &Loaded, form: Form, options: &Retry) -> Result<(), Failed> {
    put_right(&Client::find(loaded)?.post(&format!("/api/retry/{}", segment(&options.what)), "")?, form)
}

pub(super) fn cancel(loaded: &Loaded, form: Form, options: &Cancel) -> Result<(), Failed> {
    let asked = CancelAsked { why: options.why.clone() };
    let path = format!("/api/cancel/{}", segment(&options.what));
    put_right(&Client::find(loaded)?.post(&path, &written(&asked)?)?, form)
}

/// Without `--yes` it counts first, and asks.
pub(super) fn replay(loaded: &Loaded, form: Form, options: &Replay) -> Result<(), Failed> {
    let now = SystemClock::default().now();
    let until = options.until.as_deref().map(|text| moment("--until", text, now)).transpose()?;
    let mut asked = ReplayAsked {
        since: When(moment("--since", &options.since, now)?),
        until: until.map(When),
        network: options.network.clone(),
        account: options.account.clone(),
        replay: if options.yes { Replaying::Now } else { Replaying::CountOnly },
    };
    let client = Client::find(loaded)?;
    let answer: PutRight = client.post("/api/replay", &written(&asked)?)?;
    put_right(&answer, form)?;
    if options.yes || options.dry_run || answer.count == 0 {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failed::new("nothing was opened: say --yes to do it, or --dry-run to count only"));
    }
    if !confirmed("Open them anew? [y/N] ")? {
        return say("Nothing was opened.\n");
    }
    // Those that were shown, and none that was given up meanwhile.
    (asked.until, asked.replay) = (answer.until, Replaying::Now);
    put_right(&client.post("/api/replay", &written(&asked)?)?, form)
}

fn confirmed(question: &str) -> Result<bool, Failed> {
    let unheard = |cause: io::Error| Failed::new(format!("the answer could not be read: {cause}"));
    let mut shown = io::stderr();
    shown.write_all(question.as_bytes()).and_then(|()| shown.flush()).map_err(unheard)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(unheard)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// A moment as people write it: so long ago, a day in the zone of whoever asks, or a moment of its own.
fn moment(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failed> {
    if let Some(ago) = duration(text) {
        return Ok(now.minus(ago));
    }
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Ok(at);
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    let begins = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::system()).ok());
    begins.map(|begins| Timestamp::from_jiff(begins.timestamp())).ok_or_else(|| {
        Failed::new(format!(
            "{option} {text}: write how long ago, as in 24h or 7d, a day as in 2026-11-21, or a moment as in 2026-11-21T09:00:00Z"
        ))
    })
}

fn put_right(answer: &PutRight, form: Form) -> Result<(), Failed> {
    match form {
        Form::Json => say_json(answer),
        Form::Text => say(&show::right::put_right(answer)),
    }
}

pub(super) fn reload(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    put_right(&Client::find(loaded)?.post("/api/reload", "")?, form)
}

/// Ends when the daemon has nothing on its way any more.
pub(super) fn drain(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let client = Client::find(loaded)?;
    let bar = patience("Waiting for what is on its way");
    let answer: Result<Done, Failed> = client.post("/api/drain", "");
    bar.finish_and_clear();
    done(&answer?, form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_moment_is_written_as_a_span_a_day_or_itself() {
        let now = Timestamp::from_millis(1_795_262_400_000);
        assert_eq!(moment("--since", "24h", now).unwrap(), now.minus(Duration::from_hours(24)));
        assert_eq!(moment("--since", "7d", now).unwrap(), now.minus(Duration::from_hours(7 * 24)));
        let noon = moment("--since", "2026-11-21T12:00:00Z", now).unwrap();
        assert_eq!(noon.to_string(), "2026-11-21T12:00:00.000Z");
        let day = moment("--since", "2026-11-21", now).unwrap();
        assert!(day.since(noon).max(noon.since(day)) <= Duration::from_hours(26), "{day}");
        assert!(
            moment("--since", "yesterday", now).unwrap_err().to_string().starts_with("--since yesterday: write how")
        );
    }
}
