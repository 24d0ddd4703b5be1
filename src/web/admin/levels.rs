//! How much is written into the log: as the config says, until somebody changes it while gigcast runs.

use crate::config::{Levels, LogLevel};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, PoisonError, RwLock};

/// The levels that hold now. Copies share them.
#[derive(Debug, Clone)]
pub struct Loudness(Arc<RwLock<Both>>);

#[derive(Debug)]
struct Both {
    config: Levels,
    now: Levels,
}

impl Default for Loudness {
    fn default() -> Self {
        Self::of(Levels::only(LogLevel::Info))
    }
}

/// What is asked of the log: `debug`, `outbox=trace`, or nothing for what the config says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelAsked {
    pub change: Option<String>,
}

impl Loudness {
    pub fn of(config: Levels) -> Self {
        Self(Arc::new(RwLock::new(Both { now: config.clone(), config })))
    }

    pub fn now(&self) -> Levels {
        self.0.read().unwrap_or_else(PoisonError::into_inner).now.clone()
    }

    pub fn config(&self) -> Levels {
        self.0.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// Whether a line of this level about this subject is written.
    pub fn hears(&self, subject: &str, level: LogLevel) -> bool {
        level <= self.0.read().unwrap_or_else(PoisonError::into_inner).now.about(subject)
    }

    /// The config was read again. What was changed meanwhile by hand stays until it is reset.
    pub fn reconfigure(&self, config: Levels) {
        let mut both = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if both.now == both.config {
            both.now.clone_from(&config);
        }
        both.config = config;
        drop(both);
        tracing::callsite::rebuild_interest_cache();
    }

    /// Changes what holds until the end of this run, or a reset. An error names what is no level.
    pub fn change(&self, change: &str) -> Result<Levels, String> {
        let mut both = self.0.write().unwrap_or_else(PoisonError::into_inner);
        both.now = both.now.changed(change)?;
        let now = both.now.clone();
        drop(both);
        tracing::callsite::rebuild_interest_cache();
        Ok(now)
    }

    /// Back to what the config says.
    pub fn reset(&self) -> Levels {
        let mut both = self.0.write().unwrap_or_else(PoisonError::into_inner);
        both.now = both.config.clone();
        let now = both.now.clone();
        drop(both);
        tracing::callsite::rebuild_interest_cache();
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_holds_until_the_reset_whatever_the_config_says_meanwhile() {
        let loudness = Loudness::default();
        assert!(!loudness.hears("delivery", LogLevel::Debug));
        loudness.change("outbox=debug").unwrap();
        assert!(loudness.hears("delivery", LogLevel::Debug) && !loudness.hears("gig", LogLevel::Debug));
        loudness.reconfigure(Levels::only(LogLevel::Warn));
        assert!(loudness.hears("delivery", LogLevel::Debug) && loudness.hears("gig", LogLevel::Info));
        assert_eq!(loudness.reset().to_string(), "warn");
        loudness.reconfigure(Levels::only(LogLevel::Error));
        assert!(!loudness.hears("gig", LogLevel::Warn), "nothing was changed by hand");
        assert!(loudness.change("loud").is_err());
    }
}
