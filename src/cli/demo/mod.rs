//! `gigcast demo`: a job board, nine small networks and the real daemon between them, in one process and on this machine alone.
//!
//! Nothing in here is a short cut: the daemon is assembled as `run` does it, reads its feeds over HTTP, links its accounts with
//! tokens, and keeps every documented limit. What is different stands in `config/demo.toml` and in the text made here.

mod scratch;
mod stage;

use super::logging::{self, Shown};
use super::run::{refused, runtime, stop_on_signal};
use super::{Failed, say};
use crate::config::{self, Config, ConfigFile};
use crate::daemon::assemble::assemble;
use crate::id::PersonId;
use crate::sandbox::board::Board;
use crate::store::Audience;
use crate::web::admin::{Loudness, Tail};
use crate::web::demo::{self, Demo};
use scratch::Scratch;
use stage::{POSTERS, Towns};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The port of the pages; any free one when it is taken
    #[arg(long, value_name = "PORT", default_value_t = 8420)]
    port: u16,
}

/// Whose lines a newcomer wants to read: a gig goes out, a gig changes, someone vouches.
const TOLD: Shown = Shown::Sentences { about: &["accounts", "revision", "whom"] };

/// What of the stage has not ended by then is left to end with the process.
const CLOSING: Duration = Duration::from_secs(1);

pub(super) fn run(options: &Options) -> Result<(), Failed> {
    let scratch = Scratch::new().map_err(|cause| Failed::new(format!("no directory for the demo: {cause}")))?;
    let played = runtime()?.block_on(play(options, &scratch));
    let removed = scratch.remove();
    played?;
    removed.map_err(|cause| Failed::new(format!("{cause}; what the demo left there may be deleted")))?;
    say("The demo has ended, and nothing of it is left.\n")
}

async fn play(options: &Options, scratch: &Scratch) -> Result<(), Failed> {
    let board = Board::start(any_port().await?).map_err(|cause| Failed::new(format!("no job board: {cause}")))?;
    let towns = Towns::start().await?;
    let listen = free(options.port).await?;
    let text = written(scratch, listen, &board, &towns);
    std::fs::write(scratch.config(), &text)
        .map_err(|cause| Failed::new(format!("{}: {cause}", scratch.config().display())))?;
    let files =
        [ConfigFile { name: "demo.toml", text: config::DEMO }, ConfigFile { name: "gigcast.toml", text: &text }];
    let config = Config::parse(&files, []).map_err(|wrong| Failed::config(format!("the demo's own: {wrong}")))?;

    let tail = Tail::new(Loudness::of(config.log.level.clone()));
    logging::start_showing(&config.log, &tail, TOLD)?;
    let assembled = assemble(&config, &|_| None, tail).await.map_err(refused)?;
    let stop = assembled.daemon.stop.clone();
    stop_on_signal(stop.clone(), || {}, scratch.remover())?;
    for poster in POSTERS {
        // Nobody here is a stranger: a newcomer sees each circle with one click.
        let shown = assembled.public.ledger.show_circle(PersonId::from_name(poster.name), Audience::Everyone).await;
        shown.map_err(|fault| Failed { said: format!("the demo's store: {fault}"), code: Failed::STORE })?;
    }
    let stage = Arc::new(towns.link(board, &assembled, &config.pace).await?);
    let (public, operator) = (assembled.public.clone(), Arc::clone(&assembled.operator));
    let demo = Demo { public, operator, stage: Arc::<stage::Linked>::clone(&stage), stop };
    say(&welcome(listen, scratch))?;

    let outcome = assembled.with_pages(demo::router(demo)).run().await;
    // What the stage has to say at the end concerns nobody any more.
    let _ = tokio::time::timeout(CLOSING, stage.shutdown()).await;
    outcome.map_err(|fault| Failed { said: format!("{fault}. The demo has stopped"), code: Failed::STORE })
}

async fn any_port() -> Result<TcpListener, Failed> {
    listener(0).await.map_err(|cause| Failed::new(format!("nothing can listen on this machine: {cause}")))
}

async fn listener(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

/// This port or any other that is free. The daemon binds it itself, a moment later.
async fn free(port: u16) -> Result<SocketAddr, Failed> {
    let bound = match listener(port).await {
        Ok(bound) => bound,
        Err(_) => any_port().await?,
    };
    bound.local_addr().map_err(|cause| Failed::new(cause.to_string()))
}

/// What only this run knows, as a configuration: one could start `gigcast run` with it.
fn written(scratch: &Scratch, listen: SocketAddr, board: &Board, towns: &Towns) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let origins: Vec<String> = towns.urls().chain([board.url.as_str()]).map(quoted).collect();
    let mut text = format!(
        "[server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\nadmin_listen = \"127.0.0.1:0\"\n\n\
         [store]\ndata_dir = {}\nfree_floor_mib = 16\n\n[wire]\ntrusted_origins = [{}]\n",
        quoted(&scratch.data().to_string_lossy()),
        origins.join(", ")
    );
    for (n, poster) in POSTERS.iter().enumerate() {
        let _ = write!(
            text,
            "\n[[source]]\nname = {}\nkind = \"feed\"\nurl = {}\nposter = {}\n",
            quoted(poster.username),
            quoted(&board.feed(n)),
            quoted(poster.name)
        );
    }
    text
}

fn welcome(listen: SocketAddr, scratch: &Scratch) -> String {
    format!(
        "\n  Look at http://{listen}/demo\n\n  \
         Three businesses offer gigs, gigcast announces them on nine accounts, and people pass them on, all on this machine.\n  \
         Ask it anything from another terminal: gigcast --config {} gigs\n  \
         Ctrl-C ends it and deletes what it wrote.\n\n",
        scratch.config().display()
    )
}
