//! The trust network as its operator wants it: the numbers, and whose circles make the community.

use super::Weave;
use crate::config::TrustConfig;
use crate::id::PersonId;
use crate::ports::StoreError;
use crate::trust::{Parameters, Party, Refused, Weighing};
use tracing::warn;

impl Weave {
    /// By the operator's own measure. Refused where a number would spoil every sum.
    pub fn tuned(self, parameters: Parameters, weighing: Weighing, roots: Vec<Party>) -> Result<Self, Refused> {
        Ok(Self { parameters: parameters.checked()?, weighing: weighing.checked()?, roots, ..self })
    }

    /// As the configuration says. A root that nobody goes by has no say; that is said at once.
    pub async fn configured(self, config: &TrustConfig) -> Result<Self, StoreError> {
        let mut roots = Vec::new();
        for name in &config.roots {
            let root = Party::parse(name).unwrap_or_else(|| Party::Person(PersonId::from_name(name)));
            if self.named(root).await?.is_none() {
                warn!(
                    event = "trust.unknown_root",
                    reason = "unknown_root",
                    "trust.roots names {name}, and nobody here goes by that; they have no say"
                );
            } else {
                roots.push(root);
            }
        }
        let tuned = self.tuned(config.into(), config.into(), roots);
        Ok(tuned.expect("the configuration refuses what would spoil a sum"))
    }
}
