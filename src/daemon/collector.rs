//! The collector that traces go to, as the configuration sets it up.

use super::assemble::{StartError, user_agent};
use super::{Daemon, Idle, Loop};
use crate::clock::Clock;
use crate::config::Config;
use crate::failure::Why;
use crate::ports::Auth;
use crate::secret::Secret;
use crate::telemetry::trace::{Collector, Traces};
use crate::web::admin::answers::{Checked, Verdict};
use crate::wire::{Client, Settings};
use std::sync::Arc;
use std::time::Duration;

/// A collector stands close by: one that takes longer is down.
const CONNECTED: Duration = Duration::from_secs(3);
const ANSWERED: Duration = Duration::from_secs(10);

/// Nothing where no collector is named.
///
/// Its wire is one of its own: the operator wrote this address, so it may be a private one, and no other request may go there for that.
pub fn collector(
    config: &Config,
    clock: Arc<dyn Clock>,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Option<Collector>, StartError> {
    let Some(otlp) = &config.otlp else { return Ok(None) };
    let auth = match &otlp.auth {
        None => Auth::None,
        Some(auth) => {
            let value = env(&auth.env).filter(|value| !value.is_empty()).ok_or_else(|| {
                StartError::Collector(Why::new(format!(
                    "telemetry.otlp_auth_env names the environment variable {}, and that is not set",
                    auth.env
                )))
            })?;
            Auth::Header { name: auth.header.clone(), value: Secret::new(value) }
        }
    };
    let settings = Settings {
        trusted_origins: vec![otlp.origin.clone()],
        connect_timeout: CONNECTED,
        total_timeout: ANSWERED,
        user_agent: user_agent(config),
    };
    let wire = Arc::new(Client::new(settings, Arc::clone(&clock))?);
    let mut resource = vec![
        ("service.name", otlp.service_name.as_str().into()),
        ("service.version", env!("CARGO_PKG_VERSION").into()),
    ];
    if let Some(url) = &config.server.public_url {
        resource.push(("service.instance.id", url.as_str().into()));
    }
    Ok(Some(Collector { wire, clock, endpoint: otlp.endpoint.clone(), auth, resource }))
}

/// Asks it, without a span.
pub async fn check(collector: &Collector) -> Checked {
    let what = "telemetry.otlp_endpoint".to_owned();
    match collector.asked().await {
        Ok(()) => Checked { what, verdict: Verdict::Fine, said: "the collector takes traces".to_owned() },
        Err(why) => Checked { what, verdict: Verdict::Wrong, said: format!("the collector takes no traces: {why}") },
    }
}

impl Daemon {
    /// Sends traces until the end. No task of the daemon's own: nothing waits for it when gigcast stops.
    pub(super) fn trace(&self) {
        if !self.traces().is_on() {
            return;
        }
        let (traces, clock) = (Arc::clone(self.traces()), Arc::clone(&self.clock));
        let turns = Loop {
            name: "traces",
            bell: Arc::clone(&traces.bell),
            clock: Arc::clone(&self.clock),
            stop: self.stop.clone(),
            fitness: Arc::clone(&self.fitness),
        };
        tokio::spawn(turns.run(move || {
            let (traces, clock) = (Arc::clone(&traces), Arc::clone(&clock));
            async move { Ok(Idle { next_due: traces.step().await.map(|wait| clock.now().plus(wait)) }) }
        }));
    }

    pub(super) fn traces(&self) -> &Arc<Traces> {
        &self.deliver.traces
    }
}
