//! The command line: one file for each family of commands.
//!
//! `run` is the daemon. All other commands ask a running daemon over its operator's side, since it alone holds the store; so they are
//! plain, blocking and quick. What goes wrong is one sentence and what to do about it.

mod logging;
mod run;
mod sandbox;
mod settings;

use clap::{Parser, Subcommand};
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

/// Announces your gigs on your social accounts, once each, and records who reshared and who vouched.
#[derive(Debug, Parser)]
#[command(name = "gigcast", version, propagate_version = true, disable_help_subcommand = true)]
struct Arguments {
    /// The configuration; `gigcast.toml` in this directory when there is one
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run gigcast until it is stopped
    Run,
    /// Run a small social network on this machine, to try things on
    Sandbox(sandbox::Options),
}

/// Why a command failed: what happened, what to do, and the exit code.
#[derive(Debug)]
struct Failed {
    said: String,
    code: u8,
}

/// What sysexits.h calls them.
impl Failed {
    const STORE: u8 = 75;
    const CONFIG: u8 = 78;

    fn new(said: impl Into<String>) -> Self {
        Self { said: said.into(), code: 1 }
    }

    fn config(said: impl Into<String>) -> Self {
        Self { said: said.into(), code: Self::CONFIG }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Run => settings::load(arguments.config.as_deref()).and_then(|loaded| run::run(&loaded)),
        Command::Sandbox(options) => sandbox::run(options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            anstream::eprintln!("gigcast: {failed}");
            ExitCode::from(failed.code)
        }
    }
}
