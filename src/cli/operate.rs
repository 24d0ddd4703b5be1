//! What an operator does: `release`, `approve`, `decline`, `invite`, `token`, `unlink`, `follow`, `confirm-clock`, `check`.

use super::client::{Client, segment};
use super::run::runtime;
use super::settings::Loaded;
use super::{Failed, Form, patience, say, say_json, show};
use crate::clock::{Clock, SystemClock};
use crate::daemon::push::Reachable;
use crate::daemon::sources::sources;
use crate::daemon::{assemble, check, collector};
use crate::person::{Changed, Ended};
use crate::web::admin::answers::{Checked, Done, Invitation, NewToken, Verdict};
use crate::web::admin::{FollowAsked, Seen};
use crate::web::approval::{Approval, Declined, Waiting};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// Its id, as `gigcast deliveries --held` shows it
    delivery: String,
    /// The post is there, at this address
    #[arg(long, value_name = "ADDRESS", required_unless_present = "not_there", conflicts_with = "not_there")]
    there: Option<String>,
    /// The post is not there: send it
    #[arg(long)]
    not_there: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Approve {
    /// Its id, as `gigcast deliveries --held` shows it
    delivery: String,
    /// The version that you have read; without it, the text and its version are shown and nothing is approved
    version: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Decline {
    /// Its id, as `gigcast deliveries --held` shows it
    delivery: String,
    /// Why, for the record
    #[arg(long, value_name = "REASON")]
    why: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Token {
    /// The poster that the token speaks for
    poster: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Invite {
    /// The poster's name, as sources use it too
    name: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Follow {
    /// Its id or its handle, as `gigcast accounts` shows them
    account: String,
    /// What becomes of a post whose gig has changed, where the network cannot edit it
    #[arg(long, value_name = "HOW", required_unless_present = "ended", value_parser = Changed::ALL.map(Changed::word))]
    changed: Option<String>,
    /// What becomes of a post whose gig is filled or has ended
    #[arg(long, value_name = "HOW", value_parser = Ended::ALL.map(Ended::word))]
    ended: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct OfAccount {
    /// Its id or its handle, as `gigcast accounts` shows them
    account: String,
}

pub(super) fn done(answer: &Done, form: Form) -> Result<(), Failed> {
    match form {
        Form::Json => say_json(answer),
        Form::Text => say(&format!("{}\n", answer.said)),
    }
}

pub(super) fn release(loaded: &Loaded, form: Form, options: &Release) -> Result<(), Failed> {
    let seen = match &options.there {
        Some(address) => Seen::There { address: address.clone() },
        None => Seen::NotThere,
    };
    let body = serde_json::to_string(&seen).map_err(|cause| Failed::new(cause.to_string()))?;
    let path = format!("/api/release/{}", segment(&options.delivery));
    done(&Client::find(loaded)?.post(&path, &body)?, form)
}

/// Without a version it shows the text, and how to approve it.
pub(super) fn approve(loaded: &Loaded, form: Form, options: &Approve) -> Result<(), Failed> {
    let (client, delivery) = (Client::find(loaded)?, segment(&options.delivery));
    let Some(version) = options.version.clone() else {
        let waiting: Waiting = client.get(&format!("/api/review/{delivery}"))?;
        return match form {
            Form::Json => say_json(&waiting),
            Form::Text => say(&show::review(&waiting, SystemClock::default().now())),
        };
    };
    let body = serde_json::to_string(&Approval { version }).map_err(|cause| Failed::new(cause.to_string()))?;
    done(&client.post(&format!("/api/approve/{delivery}"), &body)?, form)
}

pub(super) fn decline(loaded: &Loaded, form: Form, options: &Decline) -> Result<(), Failed> {
    let asked = Declined { why: options.why.clone().unwrap_or_default() };
    let body = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    done(&Client::find(loaded)?.post(&format!("/api/decline/{}", segment(&options.delivery)), &body)?, form)
}

pub(super) fn token(loaded: &Loaded, form: Form, options: &Token) -> Result<(), Failed> {
    let answer: NewToken = Client::find(loaded)?.post(&format!("/api/token/{}", segment(&options.poster)), "")?;
    match form {
        Form::Json => say_json(&answer),
        Form::Text => say(&format!(
            "{}\nThis is the API token of {}. It is not shown again: gigcast keeps only its hash.\n",
            answer.token, answer.poster
        )),
    }
}

pub(super) fn invite(loaded: &Loaded, form: Form, options: &Invite) -> Result<(), Failed> {
    let asked = serde_json::json!({ "poster": options.name });
    let answer: Invitation = Client::find(loaded)?.post("/api/invite", &asked.to_string())?;
    match form {
        Form::Json => say_json(&answer),
        Form::Text => say(&format!(
            "{}\nWhoever opens this is {}, once, until {}. It is not shown again: gigcast keeps only its hash.\n",
            answer.url, answer.poster, answer.until.0
        )),
    }
}

pub(super) fn unlink(loaded: &Loaded, form: Form, options: &OfAccount) -> Result<(), Failed> {
    to_account(loaded, form, "unlink", options)
}

pub(super) fn follow(loaded: &Loaded, form: Form, options: &Follow) -> Result<(), Failed> {
    let asked = FollowAsked {
        changed: Changed::ALL.into_iter().find(|changed| options.changed.as_deref() == Some(changed.word())),
        ended: Ended::ALL.into_iter().find(|ended| options.ended.as_deref() == Some(ended.word())),
    };
    let body = serde_json::to_string(&asked).map_err(|cause| Failed::new(cause.to_string()))?;
    let path = format!("/api/follow/{}", segment(&options.account));
    done(&Client::find(loaded)?.post(&path, &body)?, form)
}

fn to_account(loaded: &Loaded, form: Form, verb: &str, options: &OfAccount) -> Result<(), Failed> {
    let path = format!("/api/{verb}/{}", segment(&options.account));
    done(&Client::find(loaded)?.post(&path, "")?, form)
}

pub(super) fn confirm_clock(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    done(&Client::find(loaded)?.post("/api/confirm-clock", "")?, form)
}

/// The configuration has been read already, or we would not be here.
pub(super) fn check(loaded: &Loaded, form: Form) -> Result<(), Failed> {
    let bar = patience("Reaching every source and account");
    let checked = match Client::running(loaded)? {
        Some(client) => client.post("/api/check", "")?,
        None => alone(loaded)?,
    };
    bar.finish_and_clear();
    match form {
        Form::Json => say_json(&checked)?,
        Form::Text => say(&show::checked(&checked))?,
    }
    if checked.iter().any(|line| line.verdict == Verdict::Wrong) {
        return Err(Failed::silent(1));
    }
    Ok(())
}

/// Without a daemon the store stays closed, and with it the accounts.
fn alone(loaded: &Loaded) -> Result<Vec<Checked>, Failed> {
    let config = &loaded.config;
    let taxonomy = assemble::taxonomy(config.categories_file.as_deref()).map_err(|e| Failed::config(e.to_string()))?;
    assemble::speech(config).map_err(|e| Failed::config(e.to_string()))?;
    let env = |name: &str| std::env::var(name).ok();
    let sources = sources(config, &taxonomy, &env).map_err(|e| Failed::config(e.to_string()))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let collector =
        collector::collector(config, Arc::clone(&clock), &env).map_err(|e| Failed::config(e.to_string()))?;
    let wire = assemble::wire(config, clock).map_err(|e| Failed::config(e.to_string()))?;
    let mut checked = vec![Checked {
        what: "accounts".to_owned(),
        verdict: Verdict::Note,
        said: format!("they were not asked, since no gigcast runs: start it with `{}`", loaded.start_command()),
    }];
    checked.extend(check::settings(config.server.public_url.as_deref(), sources.len()));
    let reach = Reachable::new(config.server.public_url.as_deref(), &config.wire);
    runtime()?.block_on(async {
        for source in &sources {
            checked.push(check::source(source, &wire, &reach).await);
        }
        if let Some(collector) = &collector {
            checked.push(collector::check(collector).await);
        }
    });
    Ok(checked)
}
