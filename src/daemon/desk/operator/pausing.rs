//! Pausing and resuming: an account, a network, a host, a source, or everything; each with who did it and why, as far as they say.

use super::Desk;
use super::doable::{asked_as, to_paused};
use crate::networks;
use crate::outbox::LaneHold;
use crate::person::Account;
use crate::store::{Switch, SwitchOf};
use crate::web::admin::answers::{Chapter, Done, Explanation, PausedLine, Told, When};
use crate::web::admin::{PauseAsked, PauseOf, Refusal};
use tracing::info;

/// A reason is a sentence, a name no longer than one.
const SENTENCE: usize = 300;

impl Desk {
    pub(super) async fn switch_off(&self, asked: PauseAsked) -> Result<Done, Refusal> {
        let short = |text: Option<String>| {
            text.map(|text| text.trim().chars().take(SENTENCE).collect::<String>()).filter(|text| !text.is_empty())
        };
        let of = self.meant(&asked.what).await?;
        let switch = Switch { of, since: self.now(), by: short(asked.by), why: short(asked.why) };
        self.daemon.switch_off(&switch).await?;
        let (what, named) = self.told_as(&switch.of).await?;
        info!(event = "pause.set", by = switch.by.as_deref(), "{what} is paused{}", because(switch.why.as_deref()));
        let left = match &switch.of {
            SwitchOf::Account(_) | SwitchOf::Network(_) => "nothing leaves it",
            SwitchOf::Source(_) => "nothing is taken in from it",
            SwitchOf::Host(_) => "nothing is sent to it or read from it",
            SwitchOf::All => "nothing is sent, looked at or read back",
        };
        let said = format!("{what} is paused: {left} until `gigcast resume {named}`. What is on its way ends.");
        Ok(Done { id: named, said })
    }

    pub(super) async fn switch_on(&self, asked: PauseAsked) -> Result<Done, Refusal> {
        let of = self.meant(&asked.what).await?;
        let paused_by_lane = match of {
            SwitchOf::Account(id) => self.daemon.deliver.ledger.turn(id).await?.lane.hold == Some(LaneHold::Paused),
            _ => false,
        };
        let was = self.daemon.switch_on(&of).await?;
        let (what, named) = self.told_as(&of).await?;
        if was.is_none() && !paused_by_lane {
            return Err(Refusal::Refused(format!("{what} is not paused; `gigcast status` names what is")));
        }
        info!(event = "pause.lifted", by = asked.by.as_deref(), "{what} goes on");
        let mut said = format!("{what} goes on with what waits.");
        let rest: Vec<String> = self.paused().await?.iter().map(|line| line.what.clone()).collect();
        if !rest.is_empty() {
            said = format!("{said} Still paused: {}.", rest.join(", "));
        }
        Ok(Done { id: named, said })
    }

    /// What was named, if there is such a thing: a slip of the pen must not look like a pause.
    async fn meant(&self, what: &PauseOf) -> Result<SwitchOf, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        // What is paused may have gone meanwhile, and can be resumed all the same.
        let known = |of: &SwitchOf, switches: &[Switch]| switches.iter().any(|switch| switch.of == *of);
        let switches = ledger.switches().await?;
        Ok(match what {
            PauseOf::All => SwitchOf::All,
            PauseOf::Account(what) => SwitchOf::Account(self.named(what).await?.id),
            PauseOf::Network(name) => {
                let of = SwitchOf::Network(name.trim().to_lowercase());
                if !known(&of, &switches) {
                    self.spoken(&name.trim().to_lowercase()).await?;
                }
                of
            }
            PauseOf::Source(name) => {
                let watched = &self.daemon.watch.watched;
                let of = SwitchOf::Source(name.trim().to_lowercase());
                if !watched.iter().any(|watched| of.shuts(&watched.origin.name, None)) && !known(&of, &switches) {
                    let names: Vec<&str> = watched.iter().map(|watched| watched.origin.name.as_str()).collect();
                    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                    return Err(Refusal::Refused(format!("there is no source {name}; the configuration has {names}")));
                }
                of
            }
            PauseOf::Host(name) => {
                let bare = name.trim().trim_start_matches("https://").trim_start_matches("http://");
                let of = SwitchOf::Host(bare.trim_end_matches('/').to_lowercase());
                let accounts = ledger.accounts().await?;
                let shuts = |of: &SwitchOf| {
                    let watched = &self.daemon.watch.watched;
                    watched.iter().any(|watched| watched.address.is_some() && of.shuts("", watched.address.as_deref()))
                };
                if !accounts.iter().any(|account| of.holds(account)) && !shuts(&of) && !known(&of, &switches) {
                    return Err(Refusal::Refused(format!(
                        "no account and no source is at {name}; `gigcast accounts` and `gigcast status` name their hosts"
                    )));
                }
                of
            }
        })
    }

    /// Refuses a network that is none of ours.
    pub(super) async fn spoken(&self, network: &str) -> Result<(), Refusal> {
        let accounts = self.daemon.deliver.ledger.accounts().await?;
        let spoken = networks::ids();
        if spoken.iter().any(|id| *id == network) || accounts.iter().any(|account| account.network == network) {
            return Ok(());
        }
        Err(Refusal::Refused(format!("gigcast does not speak {network}; it speaks {}", spoken.join(", "))))
    }

    /// As a sentence begins with it, and as the command line names it.
    async fn told_as(&self, of: &SwitchOf) -> Result<(String, String), Refusal> {
        let quoted = |name: &str| if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() };
        Ok(match of {
            SwitchOf::Account(id) => {
                let account = self.daemon.deliver.ledger.account(*id).await?;
                (account.map_or_else(|| id.to_string(), |account| account.handle), id.to_string())
            }
            SwitchOf::All => (of.to_string(), "--all".to_owned()),
            SwitchOf::Network(name) => (of.to_string(), format!("--network {}", quoted(name))),
            SwitchOf::Host(name) => (of.to_string(), format!("--host {}", quoted(name))),
            SwitchOf::Source(name) => (of.to_string(), format!("--source {}", quoted(name))),
        })
    }

    /// All that is paused, the latest last.
    pub(super) async fn paused(&self) -> Result<Vec<PausedLine>, Refusal> {
        let ledger = &self.daemon.deliver.ledger;
        let mut switches = ledger.switches().await?;
        switches.sort_by_key(|switch| switch.since);
        let mut lines = Vec::new();
        for switch in switches {
            // A poster may have resumed their own account meanwhile.
            if let SwitchOf::Account(id) = switch.of
                && ledger.turn(id).await?.lane.hold != Some(LaneHold::Paused)
            {
                continue;
            }
            let (what, named) = self.told_as(&switch.of).await?;
            let Switch { of, since, by, why } = switch;
            let of = Some(asked_as(&of));
            lines.push(PausedLine { what, since: When(since), by, why, resume: format!("gigcast resume {named}"), of });
        }
        Ok(lines)
    }

    /// Adds to a story what stops everything, and what is paused of this account: since when, by whom and why, and how it goes on.
    pub(super) async fn tell_paused(
        &self,
        mut story: Explanation,
        concerns: impl Fn(&SwitchOf) -> bool,
    ) -> Result<Explanation, Refusal> {
        let mut told = Vec::new();
        for switch in self.daemon.deliver.ledger.switches().await?.into_iter().filter(|switch| concerns(&switch.of)) {
            let (what, named) = self.told_as(&switch.of).await?;
            let by = switch.by.map_or_else(String::new, |by| format!(" by {by}"));
            let said = format!("{what} was paused{by}{}.", because(switch.why.as_deref()));
            told.push(Told { at: Some(When(switch.since)), said });
            let advice = format!("`gigcast resume {named}` lets it go on.");
            if !story.advice.contains(&advice) {
                story.advice.push(advice);
            }
            let resume = to_paused(asked_as(&switch.of), &what, true);
            if !story.doable.iter().any(|doable| doable.verb == resume.verb) {
                story.doable.push(resume);
            }
        }
        if !told.is_empty() {
            story.chapters.push(Chapter { heading: "What is paused".to_owned(), told });
        }
        if let Some(said) = self.daemon.fitness.unfit_because() {
            let told = vec![Told { at: None, said }];
            story.chapters.push(Chapter { heading: "What stops everything".to_owned(), told });
        }
        Ok(story)
    }
}

/// Whether a switch is about this account, its own pause included.
pub(super) fn concerns(of: &SwitchOf, account: &Account) -> bool {
    of.holds(account) || *of == SwitchOf::Account(account.id)
}

fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(" ({why})"))
}
