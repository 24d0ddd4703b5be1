//! Reading the configuration again while the daemon runs: all of it is validated before any of it is applied, each key that changed is
//! named, and what only a restart can change is said to wait for one.
//!
//! What is applied are values that steps read each time they act. Whatever a listener, the store, the wire or a running limit was made
//! with stays as it is until a restart: half of a change would be worse than none.

use super::Daemon;
use super::assemble::{self, StartError, courier, delivery_settings, speech, vouch_words};
use super::deliver::Settings;
use super::sources::sources_ringing;
use super::watch::Watched;
use crate::config::{Changed, Config, Keys, Levels, Read, Server};
use crate::courier::Courier;
use crate::grants::Linking;
use crate::ports::StoreError;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio::sync::Mutex;
use tracing::{error, info, warn};

/// What the process knows and the daemon does not: where its configuration is written, and how its log is told.
pub struct Ways {
    /// Reads it all again, or says what is wrong with it.
    pub read: Box<dyn Fn() -> Result<Read, String> + Send + Sync>,
    pub env: fn(&str) -> Option<String>,
    pub log_levels: Box<dyn Fn(Levels) + Send + Sync>,
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ways")
    }
}

pub struct Reload {
    pub daemon: Arc<Daemon>,
    pub linking: Arc<Linking>,
    /// What holds now; and one reading at a time.
    standing: Mutex<Option<Standing>>,
    ways: OnceLock<Ways>,
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

#[derive(Debug)]
struct Standing {
    keys: Keys,
    /// As this run was started with it.
    server: Server,
}

/// What a reading came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// These hold from now on.
    pub applied: Vec<Changed>,
    /// These hold after a restart, and are named again until then.
    pub waiting: Vec<Changed>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReloaded {
    #[error("this gigcast was not started from a configuration that could be read again")]
    NoWay,
    #[error("nothing is changed: {0}")]
    Unusable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What can be applied while it runs: keys, or all of a section.
const AT_ONCE: [&str; 12] = [
    "outbox",
    "pace",
    "notice",
    "wording",
    "labels.file",
    "vouch.file",
    "backfeed.ages",
    "backfeed.vouch_reread",
    "trust.instances",
    "log.level",
    "sources",
    "source",
];

impl Reload {
    pub fn new(daemon: Arc<Daemon>, linking: Arc<Linking>) -> Self {
        Self { daemon, linking, standing: Mutex::default(), ways: OnceLock::new() }
    }

    /// Before the run: what it was started with, and how that is read again.
    pub async fn begin(&self, started_with: Read, ways: Ways) {
        let Read { config, keys } = started_with;
        *self.standing.lock().await = Some(Standing { keys, server: config.server });
        // Once; whoever began it first stays.
        let _ = self.ways.set(ways);
    }

    /// Reads everything again, and says what became of it here and in the log.
    pub async fn again(&self) -> Result<Reloaded, NotReloaded> {
        let outcome = self.read_again().await;
        match &outcome {
            Ok(Reloaded { applied, waiting }) if applied.is_empty() && waiting.is_empty() => {
                info!(event = "config.same", "The configuration was read again: it says what it said before");
            }
            Ok(Reloaded { applied, waiting }) => {
                for changed in applied {
                    info!(
                        event = "config.applied",
                        key = changed.key.as_str(),
                        "The configuration was read again: {changed}, from now on"
                    );
                }
                for changed in waiting {
                    warn!(
                        event = "config.needs_restart",
                        key = changed.key.as_str(),
                        "The configuration was read again: {changed}, after a restart"
                    );
                }
            }
            Err(refused) => error!(event = "config.refused", "The configuration was read again, and {refused}"),
        }
        outcome
    }

    async fn read_again(&self) -> Result<Reloaded, NotReloaded> {
        let ways = self.ways.get().ok_or(NotReloaded::NoWay)?;
        let mut standing = self.standing.lock().await;
        let standing = standing.as_mut().ok_or(NotReloaded::NoWay)?;
        let Read { config, keys } = (ways.read)().map_err(NotReloaded::Unusable)?;
        let unusable = |error: StartError| NotReloaded::Unusable(error.to_string());
        let (speech, vouch_words) =
            (speech(&config).map_err(unusable)?, vouch_words(config.vouch_file.as_deref()).map_err(unusable)?);
        let told_by = courier(&config, Arc::clone(&self.daemon.watch.wire), &ways.env).map_err(unusable)?;
        let changes = standing.keys.changes(&keys);
        let watched = self.seats(&config, standing, &changes, &ways.env).map_err(unusable)?;
        for source in &config.source {
            self.daemon.watch.intake.welcome(&source.poster).await?;
        }

        // From here on nothing but the store can fail, and that ends the run.
        let (mut reloaded, deliver) = (Reloaded::default(), &self.daemon.deliver);
        let slower = changes.iter().any(|changed| changed.key == "wire.total_timeout");
        for changed in changes {
            let key = changed.key.as_str();
            // "Not there" is believed by the longest request, which stays what it is: so do the looks that go by it.
            let waits = !is_at_once(key)
                || (slower && key == "outbox.look_after")
                || (watched.is_none() && (key.starts_with("source.") || key.starts_with("sources.")));
            if waits {
                reloaded.waiting.push(changed);
            } else {
                standing.keys.adopt(key, &keys);
                reloaded.applied.push(changed);
            }
        }
        if let Some(watched) = watched {
            self.daemon.watch.reseat(watched).await?;
            self.daemon.subscribe.resume().await?;
        }
        let old = Settings::clone(&deliver.settings);
        let fresh = delivery_settings(&config);
        deliver.settings.set(Settings {
            look_after: if slower { old.look_after } else { fresh.look_after.clone() },
            total_timeout: old.total_timeout,
            public_url: old.public_url,
            ..fresh
        });
        deliver.speech.set(speech);
        let backfeed = &self.daemon.backfeed;
        backfeed.words.set(vouch_words);
        backfeed.rules.set(config.backfeed.clone());
        backfeed.weave.believe(config.trust.instances.clone()).await?;
        let base = self.daemon.notify.courier.base.clone();
        self.daemon.notify.courier.set(Courier { base, ..told_by });
        self.linking.start_with(config.pace.clone());
        (ways.log_levels)(config.log.level.clone());
        for bell in [&deliver.bell, &backfeed.bell, &self.daemon.notify.bell, &self.daemon.subscribe.bell] {
            bell.notify_one();
        }
        Ok(reloaded)
    }

    /// The sources as they are to be from now on: those of which nothing changed as they stand. Nothing where they go by categories that
    /// only a restart brings.
    fn seats(
        &self,
        config: &Config,
        standing: &Standing,
        changes: &[Changed],
        env: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Vec<Arc<Watched>>>, StartError> {
        // Whole, by its own categories, before anything else.
        let taxonomy = assemble::taxonomy(config.categories_file.as_deref())?;
        let bell = &self.daemon.subscribe.bell;
        // Where messages are posted to is where this run listens.
        let config = Config { server: standing.server.clone(), ..config.clone() };
        let opened = sources_ringing(&config, &taxonomy, env, bell)?;
        if sources_ringing(&config, &self.daemon.deliver.taxonomy, env, bell).is_err() {
            return Ok(None);
        }
        let all = changes.iter().any(|changed| changed.key.starts_with("sources."));
        let same = |new: &Arc<Watched>| {
            let name = &new.origin.name;
            let touched = all || changes.iter().any(|changed| changed.key.strip_prefix("source.") == Some(name));
            let old = self.daemon.watch.watched.iter().find(|old| old.origin.name == *name);
            old.filter(|_| !touched).map_or_else(|| Arc::clone(new), Arc::clone)
        };
        Ok(Some(opened.iter().map(same).collect()))
    }
}

fn is_at_once(key: &str) -> bool {
    AT_ONCE.iter().any(|known| key == *known || key.strip_prefix(known).is_some_and(|rest| rest.starts_with('.')))
}
