//! What the world sees: pages, feeds, the API and health on one listener; the operator's side on another.

pub mod admin;

use crate::clock::Clock;
use crate::fitness::Fitness;
use crate::intake::Intake;
use crate::plan::taxonomy::Taxonomy;
use crate::ports::BoxFuture;
use crate::store::Ledger;
use std::fmt;
use std::sync::Arc;

/// What the public side reads from. It writes only through the intake.
#[derive(Debug, Clone)]
pub struct Public {
    pub ledger: Ledger,
    pub intake: Intake,
    pub taxonomy: Arc<Taxonomy>,
    pub clock: Arc<dyn Clock>,
    pub fitness: Arc<Fitness>,
    /// Where the world sees us, without a slash at the end; nothing when none is configured.
    pub public_url: Option<String>,
    pub health: Arc<dyn Health>,
}

/// Whether the daemon does what it is there for.
pub trait Health: Send + Sync + fmt::Debug {
    /// What is wrong, each in one sentence; empty when all is well.
    fn ailments(&self) -> BoxFuture<'_, Vec<String>>;
}
