//! The command line: one file for each family of commands.
//!
//! `run` is the daemon. All other commands ask a running daemon over its operator's side, since it alone holds the store; so they are
//! plain, blocking and quick. What goes wrong is one sentence and what to do about it.

mod backup;
mod client;
mod community;
mod console;
mod demo;
mod doctor;
mod forget;
mod gig;
mod inspect;
mod link;
mod log_file;
mod log_level;
mod logging;
mod logs;
mod operate;
mod paperwork;
mod right;
mod run;
mod sandbox;
mod settings;
mod show;
mod store;
mod trusting;
mod vault;
mod vouches;

use crate::daemon::spoken::in_zone;
use clap::{Parser, Subcommand};
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Announces your gigs on your social accounts, once each, and records who reshared and who vouched.
#[derive(Debug, Parser)]
#[command(name = "gigcast", version, disable_help_subcommand = true, max_term_width = 100)]
struct Arguments {
    /// The configuration; `gigcast.toml` in this directory when there is one
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run gigcast until it is stopped
    Run,
    /// See all of it live in half a minute: sample gigs, a small network, the real daemon between them
    Demo(demo::Options),
    /// Run a small social network on this machine, to try things on
    Sandbox(sandbox::Options),
    /// Link a social account of a poster, once
    Link(link::Options),
    /// Take an account away from its poster: revoked at the network too, and what waits is dropped
    Unlink(operate::OfAccount),
    /// Let nothing leave an account, a network or a host, take nothing in from a source, or stop everything, until it is resumed
    Pause(right::Pause),
    /// Let go on what was paused
    Resume(right::Resume),
    /// Try now what waits for its next try, and open anew what was given up; never sooner than a server asked
    Retry(right::Retry),
    /// Drop what waits of a gig, or one delivery, where it is surely not out
    Cancel(right::Cancel),
    /// Open anew all that was given up in a span of time: counted first, then done when you say so
    Replay(right::Replay),
    /// Read the configuration again: all of it is checked first, and each key that changed is named
    Reload,
    /// Start nothing new, wait for what is on its way, and stop
    Drain,
    /// Say how an account's posts follow their gigs: what becomes of them when those change, and when they end
    Follow(operate::Follow),
    /// Invite somebody to be a poster: prints an address that counts once
    Invite(operate::Invite),
    /// Show what each account would say of a gig, and when; sends nothing
    Plan(gig::Plan),
    /// Hand in a gig
    Post(gig::Post),
    /// Say that a gig is filled: what was posted of it follows
    Fill(gig::Fill),
    /// Take a gig back: what was posted of it follows
    Withdraw(gig::OfGig),
    /// Open a gig again that had ended
    Reopen(gig::OfGig),
    /// Change what a gig says: the fields in a file take the place of its own
    Edit(gig::Edit),
    /// List the newest gigs and where they stand
    Gigs(inspect::Gigs),
    /// Show one gig
    Gig(inspect::Gig),
    /// List the linked accounts and what waits for them
    Accounts,
    /// List the deliveries that wait
    Deliveries(inspect::Deliveries),
    /// Tell why a gig, a delivery, an account or a source is as it is, and what to do
    Why(inspect::Why),
    /// Tell whom a poster's circle would pick for a kind of work, and why
    Who(trusting::Who),
    /// Show what is on record of somebody
    Person(trusting::Person),
    /// Look after communities: named groups of people in one kind of work
    Community(community::Options),
    /// Take in vouches that were signed elsewhere, and say who signs by which key
    Vouches(vouches::Options),
    /// Forget somebody: all that names them goes, and nothing is collected about them again
    Forget(forget::Whom),
    /// Say whether a post is there that gigcast cannot look for
    Release(operate::Release),
    /// Show a post that waits for approval, or approve the version you have read
    Approve(operate::Approve),
    /// Decline a post that waits for approval
    Decline(operate::Decline),
    /// Show how gigcast is doing
    Status,
    /// Print an address that lets a browser into the operator's console, once
    Console,
    /// Show what gigcast said, and says
    Logs(logs::Options),
    /// Change how much a running gigcast writes into its log
    LogLevel(log_level::Options),
    /// Make an API token for a poster
    Token(operate::Token),
    /// Look after the key that grants are sealed with
    Vault(vault::Options),
    /// Write all that gigcast knows into one file, while it runs
    Backup(backup::Backup),
    /// Put a backup into an empty data directory; gigcast must not be running
    Restore(backup::Restore),
    /// Look at the store, check it, make it smaller, or bring an older one along; gigcast must not be running
    Store(store::Options),
    /// Write every record as a line of JSON
    Export(store::Export),
    /// Read an export into an empty data directory; gigcast must not be running
    Import(store::Import),
    /// Reach every source and account without posting anything
    Check,
    /// Look this install over for what commonly keeps one from working, and say what to do
    Doctor,
    /// Exit 0 when the running gigcast does its work: for health checks
    Ready,
    /// Say that the clock is right after it jumped
    ConfirmClock,
    /// Print every key of the configuration with its meaning and default
    Config,
    /// Print completions for a shell
    Completions(paperwork::Completions),
    /// Write manual pages
    Manual(paperwork::Manual),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
}

/// Why a command failed: what happened, what to do, and the exit code.
#[derive(Debug)]
struct Failed {
    said: String,
    code: u8,
}

/// The codes are those of sysexits.h.
impl Failed {
    const REFUSED: u8 = 1;
    const UNAVAILABLE: u8 = 69;
    const STORE: u8 = 75;
    const CONFIG: u8 = 78;

    fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), code: Self::REFUSED }
    }

    fn config(said: impl Into<String>) -> Self {
        Self { said: said.into(), code: Self::CONFIG }
    }

    /// There is nobody to ask.
    fn unavailable(said: impl Into<String>) -> Self {
        Self { said: said.into(), code: Self::UNAVAILABLE }
    }

    /// All has been said already.
    fn silent(code: u8) -> Self {
        Self { said: String::new(), code }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // What runs for long is read by many; what a command answers, by whoever gave it.
    let zone = match arguments.command {
        Command::Run | Command::Demo(_) | Command::Sandbox(_) => TimeZone::UTC,
        _ => readers_zone(),
    };
    match in_zone(zone, || carry_out(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            if !failed.said.is_empty() {
                let _ = writeln!(anstream::stderr(), "gigcast: {failed}");
            }
            ExitCode::from(failed.code)
        }
    }
}

/// That of this machine, or of TZ; one without a name could not be told to the daemon.
fn readers_zone() -> TimeZone {
    Some(TimeZone::system()).filter(|zone| zone.iana_name().is_some()).unwrap_or(TimeZone::UTC)
}

fn carry_out(arguments: &Arguments) -> Result<(), Failed> {
    let form = if arguments.json { Form::Json } else { Form::Text };
    let loaded = || settings::load(arguments.config.as_deref());
    match &arguments.command {
        Command::Run => run::run(&loaded()?),
        Command::Demo(options) => demo::run(options),
        Command::Sandbox(options) => sandbox::run(options),
        Command::Link(options) => link::run(&loaded()?, form, options),
        Command::Unlink(options) => operate::unlink(&loaded()?, form, options),
        Command::Pause(options) => right::pause(&loaded()?, form, options),
        Command::Resume(options) => right::resume(&loaded()?, form, options),
        Command::Retry(options) => right::retry(&loaded()?, form, options),
        Command::Cancel(options) => right::cancel(&loaded()?, form, options),
        Command::Replay(options) => right::replay(&loaded()?, form, options),
        Command::Reload => right::reload(&loaded()?, form),
        Command::Drain => right::drain(&loaded()?, form),
        Command::Follow(options) => operate::follow(&loaded()?, form, options),
        Command::Invite(options) => operate::invite(&loaded()?, form, options),
        Command::Plan(options) => gig::plan(&loaded()?, form, options),
        Command::Post(options) => gig::post(&loaded()?, form, options),
        Command::Fill(options) => gig::fill(&loaded()?, form, options),
        Command::Withdraw(options) => gig::withdraw(&loaded()?, form, options),
        Command::Reopen(options) => gig::reopen(&loaded()?, form, options),
        Command::Edit(options) => gig::edit(&loaded()?, form, options),
        Command::Gigs(options) => inspect::gigs(&loaded()?, form, options),
        Command::Gig(options) => inspect::gig(&loaded()?, form, options),
        Command::Accounts => inspect::accounts(&loaded()?, form),
        Command::Deliveries(options) => inspect::deliveries(&loaded()?, form, options),
        Command::Why(options) => inspect::why(&loaded()?, form, options),
        Command::Who(options) => trusting::who(&loaded()?, form, options),
        Command::Person(options) => trusting::person(&loaded()?, form, options),
        Command::Community(options) => community::run(&loaded()?, form, options),
        Command::Vouches(options) => vouches::run(&loaded()?, form, options),
        Command::Forget(options) => forget::run(&loaded()?, form, options),
        Command::Release(options) => operate::release(&loaded()?, form, options),
        Command::Approve(options) => operate::approve(&loaded()?, form, options),
        Command::Decline(options) => operate::decline(&loaded()?, form, options),
        Command::Status => inspect::status(&loaded()?, form),
        Command::Console => console::run(&loaded()?, form),
        Command::Logs(options) => logs::run(&loaded()?, form, options),
        Command::LogLevel(options) => log_level::run(&loaded()?, form, options),
        Command::Token(options) => operate::token(&loaded()?, form, options),
        Command::Vault(options) => vault::run(&loaded()?, form, options),
        Command::Backup(options) => backup::backup(&loaded()?, form, options),
        Command::Store(options) => store::run(&loaded()?, form, options),
        Command::Export(options) => store::export(&loaded()?, form, options),
        Command::Import(options) => store::import(&loaded()?, form, options),
        Command::Restore(options) => backup::restore(&loaded()?, form, options),
        Command::Check => operate::check(&loaded()?, form),
        Command::Doctor => doctor::run(&loaded()?, form),
        Command::Ready => doctor::ready(&loaded()?),
        Command::ConfirmClock => operate::confirm_clock(&loaded()?, form),
        Command::Config => say(crate::config::DEFAULT),
        Command::Completions(options) => paperwork::completions(options),
        Command::Manual(options) => paperwork::manual(options),
    }
}

/// Writes to standard output, with colours only on a terminal.
fn say(text: &str) -> Result<(), Failed> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Err(Failed::silent(0)),
        Err(cause) => Err(Failed::new(format!("the answer could not be written: {cause}"))),
        Ok(()) => Ok(()),
    }
}

fn say_json(answer: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string_pretty(answer).map_err(|cause| Failed::new(cause.to_string()))?;
    say(&(text + "\n"))
}

/// Shows on a terminal that something is under way; elsewhere it stays hidden.
fn patience(said: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(said);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
