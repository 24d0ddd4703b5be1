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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{BoxFuture, ManualClock, Timestamp};
    use crate::config::ConfigFile;
    use crate::failure::Failure;
    use crate::ports::{Request, Response, Wire};
    use crate::telemetry::trace::span::Value;

    fn set_up(env: Option<&str>) -> Result<Option<Collector>, StartError> {
        let text = "[server]\npublic_url = \"https://gigs.example\"\n[telemetry]\n\
                    otlp_endpoint = \"http://127.0.0.1:4318\"\notlp_auth_env = \"TRACES\"\n";
        let config = Config::parse(&[ConfigFile { name: "test", text }], []).unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::EPOCH));
        collector(&config, clock, &|_| env.map(str::to_owned))
    }

    #[test]
    fn a_credential_that_is_not_there_or_empty_is_missed_by_its_name() {
        for env in [None, Some("")] {
            let said = set_up(env).unwrap_err().to_string();
            assert!(said.contains("the environment variable TRACES, and that is not set"), "{env:?}: {said}");
        }
    }

    #[test]
    fn who_speaks_is_told_from_others_by_the_address_that_the_world_sees() {
        let collector = set_up(Some("Bearer 1")).unwrap().unwrap();
        let told: Vec<&str> = collector.resource.iter().map(|(key, _)| *key).collect();
        assert_eq!(told, ["service.name", "service.version", "service.instance.id"]);
        assert_eq!(collector.resource[2].1, Value::Text("https://gigs.example".to_owned()));
    }

    struct Answering(u16);

    impl Wire for Answering {
        fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Failure>> {
            Box::pin(async { Ok(Response::saying(self.0, "")) })
        }
    }

    #[tokio::test]
    async fn a_collector_that_takes_nothing_is_wrong_in_a_check_with_what_it_said() {
        let well = set_up(Some("Bearer 1")).unwrap().unwrap();
        for (status, verdict, said) in [(200, Verdict::Fine, "takes traces"), (401, Verdict::Wrong, "it answered 401")]
        {
            let wire: Arc<dyn Wire> = Arc::new(Answering(status));
            let clock = Arc::clone(&well.clock);
            let asked =
                Collector { wire, clock, endpoint: well.endpoint.clone(), auth: Auth::None, resource: Vec::new() };
            let checked = check(&asked).await;
            assert!(checked.verdict == verdict && checked.said.contains(said), "{status}: {checked:?}");
        }
    }
}
