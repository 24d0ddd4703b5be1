//! `reload`: the configuration read again, with what became of each key that changed.

use super::Desk;
use crate::config::Changed;
use crate::daemon::reload::{NotReloaded, Reloaded};
use crate::web::admin::Refusal;
use crate::web::admin::answers::{Done, PutRight};

impl Desk {
    pub(super) async fn read_config_again(&self) -> Result<PutRight, Refusal> {
        let Reloaded { applied, waiting } = self.reload.again().await.map_err(|refused| match refused {
            NotReloaded::Store(fault) => fault.into(),
            NotReloaded::NoWay | NotReloaded::Unusable(_) => Refusal::Refused(refused.to_string()),
        })?;
        let line =
            |changed: &Changed, when: &str| Done { id: changed.key.clone(), said: format!("{changed}: {when}.") };
        let mut lines: Vec<Done> = applied.iter().map(|changed| line(changed, "from now on")).collect();
        lines.extend(waiting.iter().map(|changed| line(changed, "after a restart")));
        let said = match (applied.len(), waiting.len()) {
            (0, 0) => "The configuration says what it said before; files that it names were read again.".to_owned(),
            (n, 0) => format!("{n} changed, and hold from now on."),
            (0, n) => format!("{n} changed, and need a restart."),
            (n, left) => format!("{n} changed, and hold from now on; {left} need a restart."),
        };
        Ok(PutRight { said, count: applied.len(), lines, until: None })
    }
}
