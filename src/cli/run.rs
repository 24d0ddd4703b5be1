//! `gigcast run`: the daemon in the foreground, ended by a signal, and by another told to read its configuration again.

use super::settings::{self, Loaded};
use super::{Failed, logging};
use crate::config::Read;
use crate::daemon::assemble::{StartError, assemble};
use crate::daemon::reload::{Reload, Ways};
use crate::web::admin::{Loudness, Tail};
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// What a shell reports for a process that was interrupted.
const INTERRUPTED: i32 = 130;

pub(super) fn run(loaded: &Loaded) -> Result<(), Failed> {
    let tail = Tail::new(Loudness::of(loaded.config.log.level.clone()));
    let loudness = tail.loudness.clone();
    logging::start(&loaded.config.log, &tail)?;
    runtime()?.block_on(async {
        let assembled = assemble(&loaded.config, &env, tail).await.map_err(refused)?;
        let daemon = Arc::clone(&assembled.daemon);
        stop_on_signal(daemon.stop.clone(), move || daemon.patience.lose(), || {})?;
        let file = loaded.file.clone();
        let ways = Ways {
            read: Box::new(move || settings::read(file.as_deref())),
            env,
            log_levels: Box::new(move |levels| loudness.reconfigure(levels)),
        };
        let started_with = Read { config: loaded.config.clone(), keys: loaded.keys.clone() };
        assembled.reload.begin(started_with, ways).await;
        reload_on_signal(Arc::clone(&assembled.reload))?;
        let outcome = assembled.run().await;
        outcome.map_err(|fault| Failed {
            said: format!(
                "{fault}. gigcast has stopped; what it had promised is kept, and a restart goes on from there"
            ),
            code: Failed::STORE,
        })
    })
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Each hangup reads the configuration again. What comes of it is in the log.
fn reload_on_signal(reload: Arc<Reload>) -> Result<(), Failed> {
    let mut hangup = hear(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // Said there already.
            let _ = reload.again().await;
        }
    });
    Ok(())
}

fn hear(kind: SignalKind) -> Result<Signal, Failed> {
    signal(kind).map_err(|cause| Failed::new(format!("signals cannot be heard: {cause}")))
}

pub(super) fn runtime() -> Result<Runtime, Failed> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(crate::daemon::threads())
        .enable_all()
        .build()
        .map_err(|cause| Failed::new(format!("no threads could be started: {cause}")))
}

pub(super) fn refused(error: StartError) -> Failed {
    let code = if error.is_config() { Failed::CONFIG } else { Failed::STORE };
    Failed { said: error.to_string(), code }
}

/// The first signal asks everything to end in order; the second ends the process where it stands, which is as safe as a crash.
pub(super) fn stop_on_signal(
    stop: CancellationToken,
    on_first: impl FnOnce() + Send + 'static,
    on_second: impl FnOnce() + Send + 'static,
) -> Result<(), Failed> {
    let (mut terminate, mut interrupt) = (hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?);
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        on_first();
        stop.cancel();
        either(&mut terminate, &mut interrupt).await;
        warn!(
            event = "daemon.stopping_at_once",
            "Told twice to stop: stopping at once; what is out is looked up at the next start"
        );
        on_second();
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
